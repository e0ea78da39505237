//! The operations, each over the open transaction of the committer.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::ids::is_token;
use sync_core::base::{DeviceId, Digest, OfficerId, UtcMs};
use sync_core::district::{DeviceState, Store as _};
use sync_core::protocol::Command;
use sync_core::record::Bucket;

use super::Role;
use crate::base::problem::Problem;
use crate::on;
use crate::schema::{command, enrolment_code, officer, officer_grant};
use crate::sync::store::rows::{id, int};
use crate::sync::store::{StoreError, Working};

/// What an operation gives: an answer or a problem, unless the database failed.
pub type Op<T> = Result<Result<T, Problem>, StoreError>;

/// A new officer or office user.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOfficer {
    /// Key of the roster.
    pub officer: OfficerId,
    /// Name, at most 60 characters.
    pub name: String,
    /// Unit, a token.
    pub unit: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// Buckets granted from now on, beside the officer's own.
    #[serde(default)]
    pub buckets: Vec<Bucket>,
}

/// Most buckets of one officer in one request.
const MAX_BUCKETS: usize = 200;
/// Hours for which an enrolment code is good, at most.
pub const MAX_CODE_HOURS: u32 = 24 * 14;

fn bad_bucket(bucket: &Bucket) -> Option<Problem> {
    let good = match bucket.0.split_once(':') {
        None => &*bucket.0 == "r",
        Some(("o" | "u" | "a", rest)) => is_token(rest),
        Some(_) => false,
    };
    (!good).then(|| Problem::field("buckets", format!("{:.80} is no bucket; write r, o:<officer>, u:<unit> or a:<unit>", bucket.0)))
}

/// Enters an officer. `password_hash` is a PHC string of argon2id.
pub fn create_officer(store: &mut Working<'_, '_>, new: &NewOfficer, password_hash: &str) -> Op<()> {
    if new.name.trim().is_empty() || new.name.chars().count() > 60 {
        return Ok(Err(Problem::field("name", "give a name of 1 to 60 characters")));
    }
    if !is_token(&new.unit) {
        return Ok(Err(Problem::field("unit", "a unit is 1 to 64 letters, digits, '.', '_' or '-'")));
    }
    if new.roles.is_empty() || new.roles.len() > 3 {
        return Ok(Err(Problem::field("roles", "give one to three of officer, reviewer, admin")));
    }
    if new.buckets.len() > MAX_BUCKETS {
        return Ok(Err(Problem::field("buckets", format!("at most {MAX_BUCKETS} in one request"))));
    }
    if let Some(problem) = new.buckets.iter().find_map(bad_bucket) {
        return Ok(Err(problem));
    }
    let (district, now) = (store.district, store.now.0);
    let roles = serde_json::to_string(&new.roles).map_err(|e| StoreError::Broken(e.to_string()))?;
    let inserted = on!(store.tx, |c| diesel::insert_into(officer::table)
        .values((
            officer::district.eq(district),
            officer::id.eq(new.officer.as_str()),
            officer::name.eq(&new.name),
            officer::unit.eq(&new.unit),
            officer::password_hash.eq(password_hash),
            officer::roles.eq(&roles),
            officer::created_ms.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    if inserted == 0 {
        return Ok(Err(Problem::new("conflict", "there is an officer of this id already; choose another, or change that one")));
    }
    store.roster_written();
    for bucket in &new.buckets {
        if let Err(problem) = grant(store, &new.officer, bucket, None)? {
            return Ok(Err(problem));
        }
    }
    Ok(Ok(()))
}

fn known(store: &mut Working<'_, '_>, who: &OfficerId) -> Result<bool, StoreError> {
    let district = store.district;
    let count: i64 = on!(store.tx, |c| officer::table.find((district, who.as_str())).count().get_result(c))?;
    Ok(count > 0)
}

/// Grants a bucket from now on, or (with `until`) ends a standing grant at that instant.
pub fn grant(store: &mut Working<'_, '_>, who: &OfficerId, bucket: &Bucket, until: Option<UtcMs>) -> Op<()> {
    if let Some(problem) = bad_bucket(bucket) {
        return Ok(Err(problem));
    }
    if !known(store, who)? {
        return Ok(Err(Problem::not_found("such officer")));
    }
    let (district, now) = (store.district, store.now.0);
    let standing = officer_grant::table
        .filter(officer_grant::district.eq(district))
        .filter(officer_grant::officer.eq(who.as_str()))
        .filter(officer_grant::bucket.eq(&*bucket.0))
        .filter(officer_grant::until_ms.is_null());
    let open: i64 = on!(store.tx, |c| standing.count().get_result(c))?;
    match until {
        Some(until) => {
            if open == 0 {
                return Ok(Err(Problem::not_found("standing grant of this bucket")));
            }
            on!(store.tx, |c| diesel::update(standing).set(officer_grant::until_ms.eq(until.0)).execute(c))?;
        }
        None if open > 0 => {}
        None => {
            on!(store.tx, |c| diesel::insert_into(officer_grant::table)
                .values((officer_grant::district.eq(district), officer_grant::officer.eq(who.as_str()), officer_grant::bucket.eq(&*bucket.0), officer_grant::from_ms.eq(now),))
                .on_conflict((officer_grant::district, officer_grant::officer, officer_grant::bucket, officer_grant::from_ms))
                .do_update()
                .set(officer_grant::until_ms.eq(None::<i64>))
                .execute(c))?;
        }
    }
    store.roster_written();
    Ok(Ok(()))
}

/// How an enrolment code is kept.
pub fn code_hash(code: &str) -> Digest {
    Digest::tagged("zhifa.code.v1", &[code.as_bytes()])
}

/// Keeps a one-time enrolment code.
pub fn issue_code(store: &mut Working<'_, '_>, who: &OfficerId, code: &str, hours: u32) -> Op<UtcMs> {
    if !(1..=MAX_CODE_HOURS).contains(&hours) {
        return Ok(Err(Problem::field("hours", format!("give 1 to {MAX_CODE_HOURS} hours"))));
    }
    if !known(store, who)? {
        return Ok(Err(Problem::not_found("such officer")));
    }
    let expires = UtcMs(store.now.0 + i64::from(hours) * 3_600_000);
    let district = store.district;
    on!(store.tx, |c| diesel::insert_into(enrolment_code::table)
        .values((
            enrolment_code::district.eq(district),
            enrolment_code::code_hash.eq(code_hash(code).0.to_vec()),
            enrolment_code::officer.eq(who.as_str()),
            enrolment_code::expires_ms.eq(expires.0),
        ))
        .execute(c))?;
    Ok(Ok(expires))
}

/// Suspends an officer, or lets him work again. What he sends while suspended goes to quarantine.
pub fn suspend(store: &mut Working<'_, '_>, who: &OfficerId, suspended: bool) -> Op<()> {
    let (district, now) = (store.district, store.now.0);
    let changed = on!(store.tx, |c| diesel::update(officer::table.find((district, who.as_str()))).set(officer::suspended_ms.eq(suspended.then_some(now))).execute(c))?;
    if changed == 0 {
        return Ok(Err(Problem::not_found("such officer")));
    }
    store.roster_written();
    Ok(Ok(()))
}

/// Withdraws a device. What it sends from now on goes to quarantine.
pub fn revoke_device(store: &mut Working<'_, '_>, device: DeviceId) -> Op<()> {
    let Some(mut row) = store.device(device)?.filter(|d| !d.device.is_office()) else { return Ok(Err(Problem::not_found("such device"))) };
    row.state = DeviceState::Revoked;
    store.put_device(&row)?;
    store.flush()?;
    store.roster_written();
    Ok(Ok(()))
}

/// Orders something of a device; it is told in its next session until it acknowledges. Gives the order's number.
pub fn order(store: &mut Working<'_, '_>, device: DeviceId, what: Command) -> Op<u64> {
    if store.device(device)?.filter(|d| !d.device.is_office()).is_none() {
        return Ok(Err(Problem::not_found("such device")));
    }
    let (district, now) = (store.district, store.now.0);
    let last: Option<i64> =
        on!(store.tx, |c| command::table.filter(command::district.eq(district)).filter(command::device.eq(id(device))).select(diesel::dsl::max(command::number)).first(c))?;
    let number = last.unwrap_or(0) + 1;
    let body = serde_json::to_string(&what).map_err(|e| StoreError::Broken(e.to_string()))?;
    on!(store.tx, |c| diesel::insert_into(command::table)
        .values((command::district.eq(district), command::device.eq(id(device)), command::number.eq(number), command::body.eq(&body), command::issued_ms.eq(now),))
        .execute(c))?;
    Ok(Ok(number.cast_unsigned()))
}

/// What enrolment writes beside the engine's row.
pub fn describe_device(store: &mut Working<'_, '_>, device: DeviceId, label: &str, certificate: &str) -> Result<(), StoreError> {
    use crate::schema::device as table;
    store.flush()?;
    let district = store.district;
    on!(store.tx, |c| diesel::update(table::table.find((district, id(device)))).set((table::label.eq(label), table::certificate.eq(certificate))).execute(c))?;
    store.roster_written();
    Ok(())
}

/// The number of a page, within its bounds.
pub fn page(limit: Option<u32>) -> i64 {
    int(u64::from(limit.unwrap_or(100).clamp(1, 500)))
}
