//! Binding a second factor: begun with password and a one-time code of the security administrator, confirmed with the
//! first code of the authenticator. The one-time code is used up by the confirmation, so that a closed window in
//! between costs nothing. A lost authenticator is reset by the security administrator, who then issues a new code.

use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use serde::Deserialize;
use sync_core::base::{OfficerId, qr};

use super::prove::{Account, bad_code, bad_credentials, row};
use super::totp::Factor;
use crate::access::{Access, Public, SecurityAdmin};
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops::{Op, SYSTEM, code_hash, end_families, is_good, use_code};
use crate::schema::officer;
use crate::sync::store::{Want, Working};

/// `POST /auth/second-factor`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    officer: OfficerId,
    password: String,
    code: String,
}

fn bound() -> Problem {
    Problem::new("conflict", "a second factor is bound already; if it is lost, ask the security administrator to reset it")
}

/// Begins: 200 with the secret as text, as `otpauth://` address and as a QR code (SVG). Begun again it is another one.
pub async fn begin(access: Access<Public>, request: HttpRequest, body: web::Json<Begin>) -> Result<HttpResponse, Problem> {
    let (app, body) = (access.app, body.into_inner());
    let attempt = app.attempt(&body.officer, &request).await?;
    let account = app.prove_active(&attempt, &body.password).await?;
    let hash = code_hash(&body.code).0;
    let (who, now) = (account.officer.clone(), attempt.now);
    if !app.read(move |tx, district| is_good(tx, district, &who, &hash, now)).await? {
        app.refused(&attempt, "code").await?;
        return Err(bad_code());
    }
    if account.confirmed {
        app.forgive(&attempt).await?;
        return Err(bound());
    }
    let factor = Factor::fresh(&account.officer)?;
    let plain = [factor.secret().as_slice(), &hash].concat();
    let sealed = app.keys.sealer.seal(&row(&account.officer), &plain).map_err(Problem::internal)?;
    app.committer.run(Want::default(), move |store| begin_factor(store, &account, &sealed)).await??;
    app.forgive(&attempt).await?;
    let uri = factor.uri()?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "secret": factor.to_base32(), "qr": qr(&uri).map_err(Problem::internal)?, "uri": uri })))
}

fn begin_factor(store: &mut Working<'_, '_>, account: &Account, sealed: &[u8]) -> Op<()> {
    let (district, who) = (store.district, &account.officer);
    let unbound = officer::table.find((district, who.as_str())).filter(officer::totp_confirmed_ms.is_null());
    if on!(store.tx, |c| diesel::update(unbound).set((officer::totp.eq(sealed), officer::totp_step.eq(0))).execute(c))? == 0 {
        return Ok(Err(bound()));
    }
    store.note(Deed::of(who, "second_factor.begun", format!("officer:{who}")));
    Ok(Ok(()))
}

/// `POST /auth/second-factor/confirm`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    officer: OfficerId,
    password: String,
    otp: String,
}

/// Confirms with a code of the authenticator, and uses both codes up: 204.
pub async fn confirm(access: Access<Public>, request: HttpRequest, body: web::Json<Confirm>) -> Result<HttpResponse, Problem> {
    let (app, body) = (access.app, body.into_inner());
    let attempt = app.attempt(&body.officer, &request).await?;
    let account = app.prove_active(&attempt, &body.password).await?;
    if account.confirmed {
        app.forgive(&attempt).await?;
        return Err(bound());
    }
    let Some(kept) = account.kept(&app)? else {
        app.forgive(&attempt).await?;
        return Err(Problem::new("conflict", "no second factor was begun; begin with the one-time code of the security administrator"));
    };
    let Some(step) = kept.factor.step_of(&body.otp, attempt.now) else {
        app.refused(&attempt, "second_factor").await?;
        return Err(bad_credentials());
    };
    let sealed = app.keys.sealer.seal(&row(&account.officer), kept.factor.secret()).map_err(Problem::internal)?;
    let confirmed = attempt.clone();
    let done = app.committer.run(Want::default(), move |store| {
        let (district, now, who) = (store.district, store.now.0, &account.officer);
        if !use_code(store, who, &kept.code)? {
            return Ok(Err(bad_code()));
        }
        let begun = officer::table.find((district, who.as_str())).filter(officer::totp_confirmed_ms.is_null()).filter(officer::totp.eq(account.sealed.as_deref()));
        let set = (officer::totp.eq(&sealed), officer::totp_confirmed_ms.eq(now), officer::totp_step.eq(step));
        if on!(store.tx, |c| diesel::update(begun).set(set).execute(c))? == 0 {
            return Err(crate::sync::store::StoreError::Broken("a second factor was begun anew while it was confirmed".into()));
        }
        confirmed.succeed(store.tx, district)?;
        store.note(Deed::of(who, "second_factor.confirmed", format!("officer:{who}")));
        Ok(Ok(()))
    });
    done.await??;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes somebody's second factor away and ends his log-ins: 204. Nobody resets his own.
pub async fn reset(access: Access<SecurityAdmin>, who: web::Path<OfficerId>) -> Result<HttpResponse, Problem> {
    access.actor.reach.officer(&access.app, &who).await?;
    let (by, who) = (access.actor.officer, who.into_inner());
    if by == who {
        return Err(Problem::new("forbidden", "nobody resets his own second factor; ask another security administrator"));
    }
    access.app.committer.run(Want::default(), move |store| reset_factor(store, &format!("officer:{by}"), &who)).await??;
    Ok(HttpResponse::NoContent().finish())
}

fn reset_factor(store: &mut Working<'_, '_>, by: &str, who: &OfficerId) -> Op<()> {
    let district = store.district;
    let none = (officer::totp.eq(None::<Vec<u8>>), officer::totp_confirmed_ms.eq(None::<i64>), officer::totp_step.eq(0));
    let changed = on!(store.tx, |c| diesel::update(officer::table.find((district, who.as_str()))).set(none).execute(c))?;
    if changed == 0 {
        return Ok(Err(Problem::not_found("such officer")));
    }
    end_families(store, who, None)?;
    store.note(Deed::by(by, "second_factor.reset", format!("officer:{who}")));
    Ok(Ok(()))
}

impl App {
    /// Binds a fresh second factor at once, in place of any other: for the first administrator and for the last one who
    /// lost his, by whoever works on the machine itself. Gives the factor to be shown once.
    pub fn bind_second_factor(&self, who: &OfficerId) -> Result<Factor, Problem> {
        let factor = Factor::fresh(who)?;
        let sealed = self.keys.sealer.seal(&row(who), factor.secret()).map_err(Problem::internal)?;
        let who = who.clone();
        let done = self.committer.run_blocking(Want::default(), move |store| {
            if let Err(problem) = reset_factor(store, SYSTEM, &who)? {
                return Ok(Err(problem));
            }
            let (district, now) = (store.district, store.now.0);
            let set = (officer::totp.eq(&sealed), officer::totp_confirmed_ms.eq(now));
            on!(store.tx, |c| diesel::update(officer::table.find((district, who.as_str()))).set(set).execute(c))?;
            store.note(Deed::by(SYSTEM, "second_factor.confirmed", format!("officer:{who}")));
            Ok(Ok(()))
        });
        done.map_err(Problem::from)??;
        Ok(factor)
    }
}
