//! One-time codes: by one a handheld is enrolled, a second factor bound, or a password set.

use diesel::prelude::*;
use sync_core::base::{Digest, OfficerId, UtcMs};

use super::{Op, known};
use crate::audit::Deed;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::schema::enrolment_code;
use crate::sync::store::{StoreError, Working};

/// Hours for which a code is good, at most.
pub const MAX_CODE_HOURS: u32 = 24 * 14;

/// How a code is kept.
pub fn code_hash(code: &str) -> Digest {
    Digest::tagged("zhifa.code.v1", &[code.as_bytes()])
}

/// Keeps a one-time code; gives the instant at which it expires.
pub fn issue_code(store: &mut Working<'_, '_>, by: &str, who: &OfficerId, code: &str, hours: u32) -> Op<UtcMs> {
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
    store.note(Deed::by(by, "code.issued", format!("officer:{who}")).with(serde_json::json!({ "expires_ms": expires.0 })));
    Ok(Ok(expires))
}

/// Uses up a one-time code of somebody; says whether it was good. A handheld's code is used up by its enrolment.
pub fn use_code(store: &mut Working<'_, '_>, who: &OfficerId, hash: &[u8]) -> Result<bool, StoreError> {
    let (district, now) = (store.district, store.now.0);
    let good = enrolment_code::table
        .find((district, hash))
        .filter(enrolment_code::officer.eq(who.as_str()))
        .filter(enrolment_code::used_ms.is_null())
        .filter(enrolment_code::expires_ms.gt(now));
    Ok(on!(store.tx, |c| diesel::update(good).set(enrolment_code::used_ms.eq(now)).execute(c))? == 1)
}

/// Whether a code would be good now.
pub fn is_good(tx: &mut Tx<'_>, district: i64, who: &OfficerId, hash: &[u8], now: UtcMs) -> Result<bool, StoreError> {
    let good = enrolment_code::table
        .find((district, hash))
        .filter(enrolment_code::officer.eq(who.as_str()))
        .filter(enrolment_code::used_ms.is_null())
        .filter(enrolment_code::expires_ms.gt(now.0));
    Ok(on!(tx, |c| good.select(enrolment_code::expires_ms).first::<i64>(c).optional())?.is_some())
}
