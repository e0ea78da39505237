//! `POST /auth/login`, `/auth/refresh`, `/auth/logout`, and who is logged in.
//!
//! The access token is good for fifteen minutes. The refresh token is a cookie that scripts cannot read; it changes
//! with every use, and a used one that comes back ends its family: somebody copied it. That holds for a client too that
//! repeats a refresh whose answer was lost; it has to log in again. A grace time for the last token would be one for
//! the thief, and a lost answer is rare between a desk and its server.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use sync_core::base::{Digest, OfficerId, UtcMs};

use super::prove::{Account, bad_credentials, stands, use_step};
use super::throttle::Attempt;
use crate::access::{Access, AnyUser, Public};
use crate::app::App;
use crate::audit::Deed;
use crate::base::keys::random;
use crate::base::problem::Problem;
use crate::base::token::{Bad, RefreshClaims, USER_SECONDS, UserClaims};
use crate::on;
use crate::schema::{officer, refresh_family};
use crate::sync::store::{StoreError, Want, Working};

const COOKIE: &str = "zhifa_refresh";
/// Twelve hours: a shift.
pub(crate) const REFRESH_SECONDS: i64 = 12 * 3_600;

/// `POST /auth/login`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Who.
    pub(crate) officer: OfficerId,
    /// His password.
    pub(crate) password: String,
    /// The present code of the second factor, of whoever has one.
    #[serde(default)]
    pub(crate) otp: Option<String>,
}

fn token_hash(token: &str) -> Vec<u8> {
    Digest::tagged("zhifa.refresh.v1", &[token.as_bytes()]).0.to_vec()
}

fn session(family: &[u8]) -> String {
    hex::encode(family).chars().take(8).collect()
}

/// Logs in: 200 with an access token and the refresh cookie.
pub async fn login(access: Access<Public>, request: HttpRequest, body: web::Json<Login>) -> Result<HttpResponse, Problem> {
    let (app, login) = (access.app, body.into_inner());
    let who = login.officer.clone();
    let (refresh, now) = app.begin_login(&request, login, |family, now| app.new_refresh(family, now)).await?;
    app.logged_in(who, refresh, now)
}

fn begin_family(store: &mut Working<'_, '_>, account: &Account, family: &[u8], hash: &[u8], attempt: &Attempt) -> Result<(), StoreError> {
    let (district, who) = (store.district, &account.officer);
    on!(store.tx, |c| diesel::insert_into(refresh_family::table)
        .values((
            refresh_family::district.eq(district),
            refresh_family::family.eq(family),
            refresh_family::officer.eq(who.as_str()),
            refresh_family::current_hash.eq(hash),
            refresh_family::issued_ms.eq(attempt.now.0),
            refresh_family::expires_ms.eq(attempt.now.0 + REFRESH_SECONDS * 1_000),
        ))
        .execute(c))?;
    attempt.succeed(store.tx, district)?;
    store.note(Deed::of(who, "login.done", format!("officer:{who}")).with(json!({ "address": attempt.address, "session": session(family) })));
    Ok(())
}

/// What becomes of a refresh token.
enum Turn {
    Rotated(OfficerId),
    Reused,
    Over,
}

/// Gives a new access token and a new refresh cookie for the present one.
pub async fn refresh(access: Access<Public>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let app = access.app;
    let now = app.now();
    let (old, family) = app.presented(&request, now)?;
    let fresh = app.new_refresh(&family, now)?;
    let (old_hash, new_hash) = (token_hash(&old), token_hash(&fresh));
    let turn = app.committer.run(Want::default(), move |store| turn(store, &family, &old_hash, &new_hash, now)).await?;
    app.current().await?;
    match turn {
        Turn::Rotated(who) if app.live.officer(&who).is_some_and(|o| !o.suspended) => app.logged_in(who, fresh, now),
        Turn::Rotated(_) => Err(Problem::new("forbidden", "the account is suspended")),
        Turn::Reused => Err(Problem::new("token_reused", "this log-in was used from two places and has been ended; log in again")),
        Turn::Over => Err(Problem::new("token_expired", "log in again")),
    }
}

fn turn(store: &mut Working<'_, '_>, family: &[u8], old_hash: &[u8], new_hash: &[u8], now: UtcMs) -> Result<Turn, StoreError> {
    let key = (store.district, family);
    let open = refresh_family::table.find(key).filter(refresh_family::ended_ms.is_null());
    let row: Option<(String, i64)> = on!(store.tx, |c| open.select((refresh_family::officer, refresh_family::expires_ms)).first(c).optional())?;
    let Some((who, expires)) = row else { return Ok(Turn::Over) };
    if expires <= now.0 {
        return Ok(Turn::Over);
    }
    let who: OfficerId = who.parse().map_err(|e| StoreError::Broken(format!("officer: {e}")))?;
    let turned = on!(store.tx, |c| diesel::update(open.filter(refresh_family::current_hash.eq(old_hash))).set(refresh_family::current_hash.eq(new_hash)).execute(c))?;
    if turned == 1 {
        return Ok(Turn::Rotated(who));
    }
    on!(store.tx, |c| diesel::update(open).set(refresh_family::ended_ms.eq(now.0)).execute(c))?;
    store.note(Deed::by("anonymous", "login.reused", format!("officer:{who}")).with(json!({ "session": session(family) })));
    store.raise("token_reused", format!("token_reused:{who}:{}", session(family)));
    Ok(Turn::Reused)
}

/// Ends the log-in: 204, whether there was one or not.
pub async fn logout(access: Access<Public>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let app = access.app;
    if let Ok((_, family)) = app.presented(&request, app.now()) {
        app.end_login(family).await?;
    }
    Ok(HttpResponse::NoContent().cookie(app.cookie(String::new(), 0)).finish())
}

/// Who is logged in.
pub async fn me(access: Access<AnyUser>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "officer": access.actor.officer, "roles": access.actor.roles }))
}

impl App {
    /// Shows who somebody is by password and second factor, and begins a log-in whose first token `token` makes of its family.
    pub(crate) async fn begin_login(&self, request: &HttpRequest, login: Login, token: impl FnOnce(&[u8], UtcMs) -> Result<String, Problem>) -> Result<(String, UtcMs), Problem> {
        let attempt = self.attempt(&login.officer, request).await?;
        let account = self.prove_active(&attempt, &login.password).await?;
        let step = self.second_factor(&attempt, &account, login.otp.as_deref()).await?;
        let family = random::<16>().map_err(Problem::internal)?.to_vec();
        let token = token(&family, attempt.now)?;
        let (hash, trying) = (token_hash(&token), attempt.clone());
        let done = self.committer.run(Want::default(), move |store| {
            if !stands(store, &account)? {
                return Ok(false);
            }
            if let (Some(step), Some(sealed)) = (step, &account.sealed)
                && !use_step(store, &account.officer, sealed, step)?
            {
                return Ok(false);
            }
            begin_family(store, &account, &family, &hash, &trying)?;
            Ok(true)
        });
        if !done.await? {
            self.refused(&attempt, "second_factor").await?;
            return Err(bad_credentials());
        }
        Ok((token, attempt.now))
    }

    /// Whose log-in a family is and what he is called, as long as it stands and `token` is its present one.
    pub(crate) async fn standing_login(&self, family: Vec<u8>, token: &str) -> Result<Option<(OfficerId, String)>, Problem> {
        let (hash, now) = (token_hash(token), self.now().0);
        let found: Option<(String, String)> = self
            .read(move |tx, district| {
                let open = refresh_family::table.find((district, family.as_slice())).filter(refresh_family::current_hash.eq(&hash));
                let open = open.filter(refresh_family::ended_ms.is_null()).filter(refresh_family::expires_ms.gt(now));
                let who = officer::table.on(officer::district.eq(refresh_family::district).and(officer::id.eq(refresh_family::officer)));
                Ok(on!(tx, |c| open.inner_join(who).select((officer::id, officer::name)).first(c).optional())?)
            })
            .await?;
        let Some((who, name)) = found else { return Ok(None) };
        Ok(Some((who.parse().map_err(|e| Problem::internal(format!("officer: {e}")))?, name)))
    }

    /// Ends a log-in, if it has not ended.
    pub(crate) async fn end_login(&self, family: Vec<u8>) -> Result<(), Problem> {
        let now = self.now();
        let ended = self.committer.run(Want::default(), move |store| {
            let open = refresh_family::table.find((store.district, family.as_slice())).filter(refresh_family::ended_ms.is_null());
            let who: Option<String> = on!(store.tx, |c| open.select(refresh_family::officer).first(c).optional())?;
            if let Some(who) = who {
                on!(store.tx, |c| diesel::update(open).set(refresh_family::ended_ms.eq(now.0)).execute(c))?;
                let who = format!("officer:{who}");
                store.note(Deed::by(who.clone(), "login.ended", who).with(json!({ "session": session(&family) })));
            }
            Ok(())
        });
        Ok(ended.await?)
    }

    /// Checks the code of the second factor; gives the step that it uses up, of whoever has one.
    async fn second_factor(&self, attempt: &Attempt, account: &Account, otp: Option<&str>) -> Result<Option<i64>, Problem> {
        if !account.confirmed {
            if account.roles.iter().any(|r| r.needs_second_factor()) {
                self.forgive(attempt).await?;
                self.refused(attempt, "no_second_factor").await?;
                return Err(Problem::new(
                    "second_factor_missing",
                    "your role needs a second factor: ask the security administrator for a one-time code and bind one with POST /auth/second-factor",
                ));
            }
            return Ok(None);
        }
        let kept = account.kept(self)?.ok_or_else(|| Problem::internal("a confirmed second factor is not there"))?;
        let Some(otp) = otp else {
            self.forgive(attempt).await?;
            return Err(Problem::new("second_factor_required", "send the present code of your authenticator as otp"));
        };
        match kept.factor.step_of(otp, attempt.now) {
            Some(step) => Ok(Some(step)),
            None => {
                self.refused(attempt, "second_factor").await?;
                Err(bad_credentials())
            }
        }
    }

    fn cookie(&self, value: String, seconds: i64) -> Cookie<'static> {
        let cookie = Cookie::build(COOKIE, value).path("/auth").http_only(true).secure(self.secure).same_site(SameSite::Strict);
        cookie.max_age(Duration::seconds(seconds)).finish()
    }

    fn new_refresh(&self, family: &[u8], now: UtcMs) -> Result<String, Problem> {
        let jti = hex::encode(random::<16>().map_err(Problem::internal)?);
        self.tokens.make(RefreshClaims { fam: hex::encode(family), jti }, REFRESH_SECONDS, now).ok_or_else(|| Problem::internal("no token could be made"))
    }

    /// The refresh token that comes with a request, and its family.
    pub(super) fn presented(&self, request: &HttpRequest, now: UtcMs) -> Result<(String, Vec<u8>), Problem> {
        let token = request.cookie(COOKIE).map(|c| c.value().to_owned()).ok_or_else(|| Problem::new("unauthorized", "log in first"))?;
        let claims = self.tokens.read::<RefreshClaims>(&token, now).map_err(|bad| match bad {
            Bad::Expired => Problem::new("token_expired", "log in again"),
            Bad::Invalid => Problem::new("unauthorized", "log in first"),
        })?;
        let family = hex::decode(&claims.fam).map_err(|_| Problem::new("unauthorized", "log in first"))?;
        Ok((token, family))
    }

    fn logged_in(&self, who: OfficerId, refresh: String, now: UtcMs) -> Result<HttpResponse, Problem> {
        let token = self.tokens.make(UserClaims { sub: who }, USER_SECONDS, now).ok_or_else(|| Problem::internal("no token could be made"))?;
        Ok(HttpResponse::Ok().cookie(self.cookie(refresh, REFRESH_SECONDS)).json(json!({ "access_token": token, "expires_in": USER_SECONDS })))
    }
}
