//! `POST /auth/login`, `/auth/refresh`, `/auth/logout`, and who is logged in.
//!
//! The access token is good for fifteen minutes. The refresh token is a cookie that scripts cannot read; it changes
//! with every use, and a used one that comes back ends its family: somebody copied it.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use serde::Deserialize;
use sync_core::base::{Digest, OfficerId, UtcMs};

use crate::access::{Access, AnyUser, Public};
use crate::app::App;
use crate::base::keys::random;
use crate::base::problem::Problem;
use crate::base::token::{Bad, RefreshClaims, USER_SECONDS, UserClaims};
use crate::on;
use crate::schema::{officer, refresh_family};
use crate::sync::store::StoreError;

const COOKIE: &str = "zhifa_refresh";
/// Twelve hours: a shift.
const REFRESH_SECONDS: i64 = 12 * 3_600;

/// `POST /auth/login`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    officer: OfficerId,
    password: String,
}

fn token_hash(token: &str) -> Vec<u8> {
    Digest::tagged("zhifa.refresh.v1", &[token.as_bytes()]).0.to_vec()
}

fn cookie(value: String, seconds: i64) -> Cookie<'static> {
    Cookie::build(COOKIE, value).path("/auth").http_only(true).same_site(SameSite::Strict).max_age(Duration::seconds(seconds)).finish()
}

/// Logs in: 200 with an access token and the refresh cookie.
pub async fn login(access: Access<Public>, body: web::Json<Login>) -> Result<HttpResponse, Problem> {
    let (app, login) = (access.app, body.into_inner());
    let now = app.now();
    app.throttle.check(&login.officer, now)?;
    let who = login.officer.clone();
    let found: Option<(String, Option<i64>)> = app
        .read(move |tx, district| Ok(on!(tx, |c| officer::table.find((district, who.as_str())).select((officer::password_hash, officer::suspended_ms)).first(c).optional())?))
        .await?;
    let suspended = found.as_ref().is_some_and(|f| f.1.is_some());
    let good = app.passwords.verify(&login.password, found.map(|f| f.0)).await?;
    app.throttle.note(&login.officer, good, now);
    if !good {
        return Err(Problem::new("bad_credentials", "account or password is not right"));
    }
    if suspended {
        return Err(Problem::new("forbidden", "the account is suspended"));
    }
    let family = random::<16>().map_err(Problem::internal)?.to_vec();
    let refresh = app.new_refresh(&family, now)?;
    let (district, who, hash) = (i64::from(app.district.0), login.officer.clone(), token_hash(&refresh));
    let db = app.db.clone();
    let write = move || {
        db.write(|tx| {
            on!(tx, |c| diesel::insert_into(refresh_family::table)
                .values((
                    refresh_family::district.eq(district),
                    refresh_family::family.eq(&family),
                    refresh_family::officer.eq(who.as_str()),
                    refresh_family::current_hash.eq(&hash),
                    refresh_family::issued_ms.eq(now.0),
                    refresh_family::expires_ms.eq(now.0 + REFRESH_SECONDS * 1_000),
                ))
                .execute(c))?;
            Ok::<_, StoreError>(())
        })
    };
    web::block(write).await??;
    app.logged_in(login.officer, refresh, now)
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
    let (district, db) = (i64::from(app.district.0), app.db.clone());
    let (old_hash, new_hash) = (token_hash(&old), token_hash(&fresh));
    let turn = web::block(move || {
        db.write(|tx| {
            let row: Option<(String, i64, Option<i64>)> = on!(tx, |c| refresh_family::table
                .find((district, family.as_slice()))
                .select((refresh_family::officer, refresh_family::expires_ms, refresh_family::ended_ms))
                .first(c)
                .optional())?;
            let Some((who, expires, None)) = row else { return Ok(Turn::Over) };
            if expires <= now.0 {
                return Ok(Turn::Over);
            }
            let current = refresh_family::table.find((district, family.as_slice())).filter(refresh_family::current_hash.eq(&old_hash)).filter(refresh_family::ended_ms.is_null());
            let turned = on!(tx, |c| diesel::update(current).set(refresh_family::current_hash.eq(&new_hash)).execute(c))?;
            if turned == 1 {
                return who.parse().map(Turn::Rotated).map_err(|e| StoreError::Broken(format!("officer: {e}")));
            }
            on!(tx, |c| diesel::update(refresh_family::table.find((district, family.as_slice()))).set(refresh_family::ended_ms.eq(now.0)).execute(c))?;
            Ok::<_, StoreError>(Turn::Reused)
        })
    })
    .await??;
    match turn {
        Turn::Rotated(who) if app.live.officer(&who).is_some_and(|o| !o.suspended) => app.logged_in(who, fresh, now),
        Turn::Rotated(_) => Err(Problem::new("forbidden", "the account is suspended")),
        Turn::Reused => Err(Problem::new("token_reused", "this log-in was used from two places and has been ended; log in again")),
        Turn::Over => Err(Problem::new("token_expired", "log in again")),
    }
}

/// Ends the log-in: 204, whether there was one or not.
pub async fn logout(access: Access<Public>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let app = access.app;
    let now = app.now();
    if let Ok((_, family)) = app.presented(&request, now) {
        let (district, db) = (i64::from(app.district.0), app.db.clone());
        let end = move || {
            db.write(|tx| {
                on!(tx, |c| diesel::update(refresh_family::table.find((district, family.as_slice()))).set(refresh_family::ended_ms.eq(now.0)).execute(c))?;
                Ok::<_, StoreError>(())
            })
        };
        web::block(end).await??;
    }
    Ok(HttpResponse::NoContent().cookie(cookie(String::new(), 0)).finish())
}

/// Who is logged in.
pub async fn me(access: Access<AnyUser>) -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "officer": access.actor.officer, "roles": access.actor.roles }))
}

impl App {
    fn new_refresh(&self, family: &[u8], now: UtcMs) -> Result<String, Problem> {
        let jti = hex::encode(random::<16>().map_err(Problem::internal)?);
        self.tokens.make(RefreshClaims { fam: hex::encode(family), jti }, REFRESH_SECONDS, now).ok_or_else(|| Problem::internal("no token could be made"))
    }

    fn presented(&self, request: &HttpRequest, now: UtcMs) -> Result<(String, Vec<u8>), Problem> {
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
        Ok(HttpResponse::Ok().cookie(cookie(refresh, REFRESH_SECONDS)).json(serde_json::json!({ "access_token": token, "expires_in": USER_SECONDS })))
    }
}
