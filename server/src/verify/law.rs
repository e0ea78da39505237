//! Rows with days are what was entered, and the days of one thing do not overlap.

use diesel::prelude::*;
use std::collections::BTreeMap;

use super::finding::{Code, Finding, Findings};
use super::{Ground, VerifyError};
use crate::law::live;
use crate::on;
use crate::schema::dated;
use sync_core::base::Date;
use sync_core::dated::Book;

/// Checks every row's hash, the days, and the revision.
pub fn check(ground: &mut Ground<'_, '_>, found: &mut Findings) -> Result<(), VerifyError> {
    let district = ground.district;
    let rev = match live::revision(ground.tx, district) {
        Ok(rev) => rev,
        Err(cause) => return Err(broken(cause)),
    };
    let hashes: Vec<(String, String, String, Vec<u8>)> =
        on!(ground.tx, |c| dated::table.filter(dated::district.eq(district)).select((dated::kind, dated::key, dated::from_day, dated::hash)).load(c))?;
    let hashes: BTreeMap<(String, String, Option<Date>), Vec<u8>> = hashes.into_iter().map(|(kind, key, from, hash)| ((kind, key, from.parse().ok()), hash)).collect();
    let rows = match live::rows_since(ground.tx, district, 0) {
        Ok(rows) => rows,
        Err(cause) => {
            found.add(Finding::new(Code::DatedAltered, cause.to_string()));
            return Ok(());
        }
    };
    let mut book = Book::new();
    for (written, row) in rows {
        let name = format!("{} {} from {}", row.kind.as_str(), row.key, row.valid.from);
        if hashes.get(&(row.kind.as_str().to_owned(), row.key.to_string(), Some(row.valid.from))).is_none_or(|stored| stored.as_slice() != row.hash().0) {
            found.add(Finding::new(Code::DatedAltered, format!("{name}: is not what was entered")));
        }
        if written > rev {
            found.add(Finding::new(Code::DatedAltered, format!("{name}: is of revision {written}, and the book is at {rev}")));
        }
        if let Err(cause) = book.insert(row) {
            found.add(Finding::new(Code::DatedOverlap, cause.to_string()));
        }
    }
    Ok(())
}

fn broken(cause: crate::sync::store::StoreError) -> VerifyError {
    match cause {
        crate::sync::store::StoreError::Db(cause) => VerifyError::Database(cause),
        other => VerifyError::Connect(other.to_string()),
    }
}
