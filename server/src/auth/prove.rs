//! Showing who somebody is: password, then what his roles ask beside it. Refusals are audited, at most one entry for
//! one account (or, of accounts that are not there, one address) in a minute.

use diesel::prelude::*;
use serde_json::json;
use sync_core::base::OfficerId;

use super::throttle::Attempt;
use super::totp::{Factor, SECRET_BYTES};
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::base::seal::SealError;
use crate::on;
use crate::org::Role;
use crate::schema::{audit, officer};
use crate::sync::store::{StoreError, Want, Working};

/// Milliseconds between two entries about refusals of one subject.
const QUIET_MS: i64 = 60_000;

/// An account whose password was right.
pub(super) struct Account {
    /// Whose.
    pub officer: OfficerId,
    /// Its hash, so that a later write can name what was proved.
    pub password_hash: String,
    /// Whether it is suspended.
    pub suspended: bool,
    /// What it may do.
    pub roles: Vec<Role>,
    /// The second factor, sealed.
    pub sealed: Option<Vec<u8>>,
    /// Whether that was confirmed.
    pub confirmed: bool,
}

/// What is sealed in the officer's row: the secret, and before it is confirmed the hash of the code that began it.
pub(super) struct Kept {
    /// The factor.
    pub factor: Factor,
    /// Hash of the one-time code.
    pub code: Vec<u8>,
}

pub(super) fn row(officer: &OfficerId) -> String {
    format!("officer:{officer}:totp")
}

impl Account {
    /// Opens the second factor, if there is one.
    pub fn kept(&self, app: &App) -> Result<Option<Kept>, Problem> {
        let Some(sealed) = &self.sealed else { return Ok(None) };
        let plain = app.keys.sealer.open(&row(&self.officer), sealed).map_err(Problem::internal)?;
        let (secret, code) = plain.split_first_chunk::<SECRET_BYTES>().ok_or_else(|| Problem::internal(SealError::Broken(row(&self.officer))))?;
        Ok(Some(Kept { factor: Factor::new(*secret, self.officer.as_str())?, code: code.to_vec() }))
    }
}

/// Whether an account is still as it was when its password was looked at: neither suspended nor with another password.
pub(super) fn stands(store: &mut Working<'_, '_>, account: &Account) -> Result<bool, StoreError> {
    let row = officer::table.find((store.district, account.officer.as_str()));
    let same = row.filter(officer::password_hash.eq(&account.password_hash)).filter(officer::suspended_ms.is_null());
    let count: i64 = on!(store.tx, |c| same.count().get_result(c))?;
    Ok(count == 1)
}

/// Uses up the step of a second factor; says whether it was newer than the last one used. `sealed` is the factor that
/// was looked at: one that was reset since then is another.
pub(super) fn use_step(store: &mut Working<'_, '_>, who: &OfficerId, sealed: &[u8], step: i64) -> Result<bool, StoreError> {
    let district = store.district;
    let newer = officer::table.find((district, who.as_str())).filter(officer::totp.eq(sealed)).filter(officer::totp_step.lt(step));
    Ok(on!(store.tx, |c| diesel::update(newer).set(officer::totp_step.eq(step)).execute(c))? == 1)
}

impl App {
    /// Checks a password. A wrong one is audited and answered `bad_credentials`, as an account that is not there.
    pub(super) async fn prove(&self, attempt: &Attempt, password: &str) -> Result<Account, Problem> {
        type Row = (String, Option<i64>, String, Option<Vec<u8>>, Option<i64>);
        let who = attempt.officer.clone();
        let columns = (officer::password_hash, officer::suspended_ms, officer::roles, officer::totp, officer::totp_confirmed_ms);
        let found: Option<Row> = self.read(move |tx, district| Ok(on!(tx, |c| officer::table.find((district, who.as_str())).select(columns).first(c).optional())?)).await?;
        let good = self.passwords.verify(password, found.as_ref().map(|f| f.0.clone())).await?;
        let Some((password_hash, suspended, roles, sealed, confirmed)) = found.filter(|_| good) else {
            self.refused(attempt, "password").await?;
            return Err(bad_credentials());
        };
        let roles = serde_json::from_str(&roles).map_err(|e| Problem::internal(format!("roles: {e}")))?;
        Ok(Account { officer: attempt.officer.clone(), password_hash, suspended: suspended.is_some(), roles, sealed, confirmed: confirmed.is_some() })
    }

    /// As [`App::prove`], and the account is not suspended.
    pub(super) async fn prove_active(&self, attempt: &Attempt, password: &str) -> Result<Account, Problem> {
        let account = self.prove(attempt, password).await?;
        if account.suspended {
            self.forgive(attempt).await?;
            self.refused(attempt, "suspended").await?;
            return Err(Problem::new("forbidden", "the account is suspended; ask the security administrator"));
        }
        Ok(account)
    }

    /// Audits that somebody was not let in, and why in one word.
    pub(crate) async fn refused(&self, attempt: &Attempt, why: &'static str) -> Result<(), Problem> {
        let attempt = attempt.clone();
        let noted = self.committer.run(Want::default(), move |store| {
            let (district, now) = (store.district, store.now.0);
            let known: i64 = on!(store.tx, |c| officer::table.find((district, attempt.officer.as_str())).count().get_result(c))?;
            // A name that is nobody's may be anything, such as a password in the wrong field.
            let (object, account) = if known > 0 { (format!("officer:{}", attempt.officer), "known") } else { (format!("address:{}", attempt.address), "unknown") };
            let recent: Option<i64> = on!(store.tx, |c| audit::table
                .filter(audit::district.eq(district))
                .filter(audit::object.eq(&object))
                .filter(audit::action.eq("login.refused"))
                .order(audit::seq.desc())
                .select(audit::at_ms)
                .first(c)
                .optional())?;
            if recent.is_none_or(|at| at <= now - QUIET_MS) {
                store.note(Deed::by("anonymous", "login.refused", object).with(json!({ "address": attempt.address, "account": account, "why": why })));
            }
            Ok(())
        });
        Ok(noted.await?)
    }
}

/// What is said of a wrong password, of a wrong code of the second factor, and of an account that is not there.
pub(super) fn bad_credentials() -> Problem {
    Problem::new("bad_credentials", "account, password or the code of the second factor is not right; a code is good once, wait for the next one")
}

/// What is said of a one-time code that is not good.
pub(super) fn bad_code() -> Problem {
    Problem::new("bad_code", "the code is unknown, used, expired or of another officer; ask for a new one")
}
