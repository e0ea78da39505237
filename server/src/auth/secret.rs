//! Setting a password: by the old one, or by a one-time code of the security administrator for an account that has
//! none yet or whose password was forgotten. Either ends the account's other log-ins. The second factor stays.

use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use sync_core::base::OfficerId;

use super::prove::bad_code;
use crate::access::{Access, AnyUser, Public};
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops::{code_hash, end_families, use_code};
use crate::schema::officer;
use crate::sync::store::{StoreError, Want, Working};

fn set(store: &mut Working<'_, '_>, who: &OfficerId, hash: &str, save: Option<&[u8]>, how: &str) -> Result<(), StoreError> {
    let district = store.district;
    on!(store.tx, |c| diesel::update(officer::table.find((district, who.as_str()))).set(officer::password_hash.eq(hash)).execute(c))?;
    end_families(store, who, save)?;
    store.note(Deed::of(who, "password.changed", format!("officer:{who}")).with(json!({ "by": how })));
    Ok(())
}

/// `POST /auth/password`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    old: String,
    new: String,
}

/// Changes one's own password: 204. All other log-ins end; the one whose refresh cookie comes with the call goes on.
pub async fn change(access: Access<AnyUser>, request: HttpRequest, body: web::Json<Change>) -> Result<HttpResponse, Problem> {
    let (app, who, body) = (access.app, access.actor.officer, body.into_inner());
    let attempt = app.attempt(&who, &request).await?;
    app.prove(&attempt, &body.old).await?;
    app.forgive(&attempt).await?;
    let hash = app.passwords.hash(&body.new).await?;
    let save = app.presented(&request, attempt.now).ok().map(|(_, family)| family);
    let done = app.committer.run(Want::default(), move |store| set(store, &who, &hash, save.as_deref(), "old password"));
    done.await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /auth/first-password`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct First {
    officer: OfficerId,
    code: String,
    password: String,
}

/// Sets the password of an account by a one-time code, which is used up: 204.
pub async fn first(access: Access<Public>, request: HttpRequest, body: web::Json<First>) -> Result<HttpResponse, Problem> {
    let (app, body) = (access.app, body.into_inner());
    let attempt = app.attempt(&body.officer, &request).await?;
    let hash = match app.passwords.hash(&body.password).await {
        Ok(hash) => hash,
        Err(problem) => {
            app.forgive(&attempt).await?;
            return Err(problem);
        }
    };
    let (code, trying) = (code_hash(&body.code).0, attempt.clone());
    let done = app.committer.run(Want::default(), move |store| {
        let (district, who) = (store.district, &trying.officer);
        let active = officer::table.find((district, who.as_str())).filter(officer::suspended_ms.is_null());
        let active: i64 = on!(store.tx, |c| active.count().get_result(c))?;
        if active == 0 || !use_code(store, who, &code)? {
            return Ok(false);
        }
        set(store, who, &hash, None, "one-time code")?;
        trying.succeed(store.tx, district)?;
        Ok(true)
    });
    if done.await? {
        return Ok(HttpResponse::NoContent().finish());
    }
    app.refused(&attempt, "code").await?;
    Err(bad_code())
}
