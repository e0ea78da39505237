//! A rating of a visit by whoever was visited (查后评码): one per visit, written by the office as a change of its own.
//!
//! The token is the only thing asked for: who was visited has no account. So there is one rating per visit; a later one
//! replaces it within the policy's period from the day of the result (`inspection.rating.days`), and after that none is taken. The record's ledger
//! keeps what was replaced.

use serde_json::{Value as Json, json};
use sync_core::base::date::{day_of, start_of};
use sync_core::base::{Date, RecordId};
use sync_core::dated::Book;
use sync_core::district::{OfficeWrite, office_write};
use sync_core::law::policy;
use sync_core::record::{Draft, Record, read_field};
use sync_core::visit;

use super::view::has_result;
use crate::audit::Deed;
use crate::base::keys::ServerKeys;
use crate::org::ops::SYSTEM;
use crate::react::put;
use crate::sync::store::{StoreError, Working};

/// Longest text, in characters.
pub const MAX_TEXT: usize = 500;
/// Milliseconds of a day; Asia/Shanghai has no others.
const DAY_MS: i64 = 86_400_000;
/// The field that holds it.
const KEY: &str = "ratings.page";

/// A rating as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// 1 to 5, five is best.
    pub score: u8,
    /// In words; may be empty.
    pub text: String,
}

/// What came of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It stands.
    Taken,
    /// The result is not issued yet.
    Early,
    /// The period is over.
    Over,
}

/// The score that stands.
pub fn standing(record: &Record) -> Option<u8> {
    let value = read_field(record, &visit::KIND, KEY).value()?.to_json();
    value.get("score").and_then(Json::as_u64).and_then(|score| u8::try_from(score).ok())
}

/// The last day on which a visit can be rated. `None` before its result is issued, or if nobody noted when that was.
pub fn last_day(record: &Record, book: &Book, issued_ms: Option<i64>, today: Date) -> Option<Date> {
    if !has_result(record.stage()) {
        return None;
    }
    let delivered = || read_field(record, &visit::KIND, "result").value()?.to_json().get("delivered_ms")?.as_i64();
    let issued = day_of(sync_core::base::UtcMs(issued_ms.or_else(delivered)?))?;
    let days = policy::get::<i64>(book, "inspection.rating.days", today).map_or(30, |answer| answer.value);
    day_of(sync_core::base::UtcMs(start_of(issued).0.saturating_add(days.saturating_mul(DAY_MS))))
}

/// Writes a rating into a visit, unless the very same stands already.
pub fn write(store: &mut Working<'_, '_>, book: &Book, keys: &ServerKeys, id: RecordId, rating: &Rating) -> Result<Outcome, StoreError> {
    let Some(record) = store.look(id)? else { return Ok(Outcome::Early) };
    if !has_result(record.stage()) {
        return Ok(Outcome::Early);
    }
    let today = day_of(store.now).unwrap_or(Date::MAX);
    store.flush()?;
    let issued = super::http::issued_ms(store.tx, store.district, id)?;
    if last_day(&record, book, issued, today).is_none_or(|last| today > last) {
        return Ok(Outcome::Over);
    }
    let mut value = json!({ "ms": store.now.0, "score": rating.score });
    if let (false, Some(members)) = (rating.text.is_empty(), value.as_object_mut()) {
        members.insert("text".into(), Json::from(rating.text.clone()));
    }
    // A form that was sent twice is one rating: the instant alone is no difference.
    let before = read_field(&record, &visit::KIND, KEY).value().map(|v| v.to_json());
    let same = before.is_some_and(|b| b.get("score") == value.get("score") && b.get("text") == value.get("text"));
    if same {
        return Ok(Outcome::Taken);
    }
    let draft = Draft { edits: put(&record, KEY, Some(&value)).into_iter().collect(), ..Draft::of(id, visit::NAME) };
    let officer = SYSTEM.parse().map_err(|e| StoreError::Broken(format!("{e}")))?;
    let (kinds, now) = (store.kinds, store.now);
    office_write(store, kinds, &OfficeWrite { draft, officer }, &keys.receipt, now)?.map_err(|e| StoreError::Broken(e.to_string()))?;
    store.note(Deed::by("anonymous", "visit.rated", format!("record:{id}")).with(json!({ "score": rating.score })));
    Ok(Outcome::Taken)
}
