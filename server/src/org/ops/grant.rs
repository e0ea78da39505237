//! Which buckets an officer may hold and write, and since when. Ended, never removed: late work is judged by them.

use diesel::prelude::*;
use sync_core::base::ids::is_token;
use sync_core::base::{OfficerId, UtcMs};
use sync_core::record::Bucket;

use super::{Op, known};
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::on;
use crate::schema::officer_grant;
use crate::sync::store::Working;

pub(super) fn bad_bucket(bucket: &Bucket) -> Option<Problem> {
    let good = match bucket.0.split_once(':') {
        None => &*bucket.0 == "r",
        Some(("o" | "u" | "a", rest)) => is_token(rest),
        Some(_) => false,
    };
    (!good).then(|| Problem::field("buckets", format!("{:.80} is no bucket; write r, o:<officer>, u:<unit> or a:<unit>", bucket.0)))
}

/// Grants a bucket from now on, or (with `until`) ends a standing grant at that instant.
pub fn grant(store: &mut Working<'_, '_>, by: &str, who: &OfficerId, bucket: &Bucket, until: Option<UtcMs>) -> Op<()> {
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
    let action = match until {
        Some(until) => {
            if open == 0 {
                return Ok(Err(Problem::not_found("standing grant of this bucket")));
            }
            on!(store.tx, |c| diesel::update(standing).set(officer_grant::until_ms.eq(until.0)).execute(c))?;
            "grant.ended"
        }
        None if open > 0 => return Ok(Ok(())),
        None => {
            on!(store.tx, |c| diesel::insert_into(officer_grant::table)
                .values((officer_grant::district.eq(district), officer_grant::officer.eq(who.as_str()), officer_grant::bucket.eq(&*bucket.0), officer_grant::from_ms.eq(now),))
                .on_conflict((officer_grant::district, officer_grant::officer, officer_grant::bucket, officer_grant::from_ms))
                .do_update()
                .set(officer_grant::until_ms.eq(None::<i64>))
                .execute(c))?;
            "grant.given"
        }
    };
    store.note(Deed::by(by, action, format!("officer:{who}")).with(serde_json::json!({ "bucket": bucket.0 })));
    store.roster_written();
    Ok(Ok(()))
}
