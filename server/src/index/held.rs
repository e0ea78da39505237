//! Lines and deadlines under the name of each that holds their record, so that whoever reaches a part of the district reads his own in order.
//!
//! Both tables say what `feed` says together with `listing` and with `deadline`, and are written from these, in the transaction in which one of
//! them changed. A unit holds what lies in its archive as it holds what it works on: whoever reaches the one reaches the other.
//! Deliberately absent: what figures count, which they read by day.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use sync_core::record::Bucket;

use super::deadline;
use super::write::Line;
use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::schema::{deadline as deadlines_of, feed, held_deadline, held_line, listing};
use crate::sync::store::StoreError;

/// The holder of what lies in a bucket, as the database works it out of `feed.bucket`; as [`holder`] does.
const HOLDER: &str = "CASE WHEN substr(feed.bucket, 1, 2) = 'a:' THEN 'u:' || substr(feed.bucket, 3) ELSE feed.bucket END";

/// The holder of what lies in a bucket.
pub fn holder(bucket: &Bucket) -> String {
    bucket.0.strip_prefix("a:").map_or_else(|| bucket.0.to_string(), |unit| Bucket::unit(unit).0.to_string())
}

/// A line under the name of one that holds its record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Queryable, Selectable)]
#[diesel(table_name = held_line)]
pub(crate) struct HeldLine {
    district: i64,
    record: Vec<u8>,
    holder: String,
    kind: String,
    stage: String,
    changed: i64,
    day: Option<String>,
    due: Option<String>,
    awaits: Option<String>,
    matter: Option<String>,
    opens: Option<String>,
    flags: i64,
}

impl HeldLine {
    /// A line under a holder's name.
    pub(crate) fn of(line: &Line, holder: &str) -> HeldLine {
        let Line { district, record, kind, stage, changed, day, due, awaits, matter, opens, flags, .. } = line.clone();
        HeldLine { district, record, holder: holder.to_owned(), kind, stage, changed, day, due, awaits, matter, opens, flags }
    }
}

/// What is or was due, under the name of one that holds its record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Queryable, Selectable)]
#[diesel(table_name = held_deadline)]
pub(crate) struct HeldDeadline {
    record: Vec<u8>,
    holder: String,
    code: String,
    about: String,
    done: bool,
    lapses: bool,
    due: Option<String>,
    alert: Option<String>,
}

impl HeldDeadline {
    /// A deadline under a holder's name.
    pub(crate) fn of(line: &deadline::Line, holder: &str) -> HeldDeadline {
        let deadline::Line { record, code, about, lapses, due, alert, done, .. } = line.clone();
        HeldDeadline { record, holder: holder.to_owned(), code, about, done: done.is_some(), lapses, due, alert }
    }
}

/// Writes the lines of records under their holders' names, in place of what stood there.
pub(crate) fn lines(tx: &mut Tx<'_>, district: i64, records: &[Vec<u8>]) -> Result<(), StoreError> {
    for part in records.chunks(ROWS) {
        on!(tx, |c| diesel::delete(held_line::table.filter(held_line::district.eq(district)).filter(held_line::record.eq_any(part))).execute(c))?;
        on!(tx, |c| feed::table
            .inner_join(listing::table.on(listing::district.eq(feed::district).and(listing::record.eq(feed::record))))
            .filter(feed::district.eq(district))
            .filter(feed::record.eq_any(part))
            .filter(feed::has_left.eq(false))
            .select((
                feed::district,
                feed::record,
                sql::<Text>(HOLDER),
                listing::kind,
                listing::stage,
                listing::changed,
                listing::day,
                listing::due,
                listing::awaits,
                listing::matter,
                listing::opens,
                listing::flags,
            ))
            .distinct()
            .insert_into(held_line::table)
            .into_columns((
                held_line::district,
                held_line::record,
                held_line::holder,
                held_line::kind,
                held_line::stage,
                held_line::changed,
                held_line::day,
                held_line::due,
                held_line::awaits,
                held_line::matter,
                held_line::opens,
                held_line::flags,
            ))
            .execute(c))?;
    }
    Ok(())
}

/// Writes what is due of records under their holders' names, in place of what stood there.
pub(crate) fn deadlines(tx: &mut Tx<'_>, district: i64, records: &[Vec<u8>]) -> Result<(), StoreError> {
    for part in records.chunks(ROWS) {
        on!(tx, |c| diesel::delete(held_deadline::table.filter(held_deadline::district.eq(district)).filter(held_deadline::record.eq_any(part))).execute(c))?;
        on!(tx, |c| feed::table
            .inner_join(deadlines_of::table.on(deadlines_of::district.eq(feed::district).and(deadlines_of::record.eq(feed::record))))
            .filter(feed::district.eq(district))
            .filter(feed::record.eq_any(part))
            .filter(feed::has_left.eq(false))
            .select((
                feed::district,
                feed::record,
                sql::<Text>(HOLDER),
                deadlines_of::code,
                deadlines_of::about,
                deadlines_of::done.is_not_null(),
                deadlines_of::lapses,
                deadlines_of::due,
                deadlines_of::alert,
            ))
            .distinct()
            .insert_into(held_deadline::table)
            .into_columns((
                held_deadline::district,
                held_deadline::record,
                held_deadline::holder,
                held_deadline::code,
                held_deadline::about,
                held_deadline::done,
                held_deadline::lapses,
                held_deadline::due,
                held_deadline::alert,
            ))
            .execute(c))?;
    }
    Ok(())
}

/// Empties both tables of a district.
pub(super) fn clear(tx: &mut Tx<'_>, district: i64) -> Result<(), StoreError> {
    on!(tx, |c| diesel::delete(held_line::table.filter(held_line::district.eq(district))).execute(c))?;
    on!(tx, |c| diesel::delete(held_deadline::table.filter(held_deadline::district.eq(district))).execute(c))?;
    Ok(())
}
