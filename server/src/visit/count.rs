//! Visits to an object as they are counted: each once, as the one that it was joined into.
//!
//! A visit counts as another one only if that was to the same object on the same day: one entry is one visit (进一次门). What
//! somebody wrote into `joined_into` cannot take a visit out of the count otherwise. Deliberately absent: what the cap says.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use sync_core::base::{Date, RecordId};
use sync_core::law::policy::VisitKind;
use sync_core::plan::cap::{Past, YEAR_BACK};

use crate::base::db::Tx;
use crate::on;
use crate::schema::visit_part;
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// A line of the index: one organ's part in a visit to one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The visit.
    pub visit: RecordId,
    /// The organ.
    pub organ: String,
    /// Why it took part.
    pub kind: VisitKind,
    /// The day of the event.
    pub day: Date,
    /// What it was joined into.
    pub joined: Option<RecordId>,
    /// The commit from which it counts.
    pub since: i64,
}

/// Visits to any of these objects, a year before and after a day. `alone`: only those that named no subject.
pub fn lines(tx: &mut Tx<'_>, district: i64, objects: &BTreeSet<RecordId>, alone: bool, day: Date) -> Result<Vec<Line>, StoreError> {
    type Row = (Vec<u8>, String, String, String, Option<Vec<u8>>, i64);
    let keys: Vec<Vec<u8>> = objects.iter().map(|m| m.to_bytes().to_vec()).collect();
    let (first, last) = (day.saturating_sub(YEAR_BACK).to_string(), day.saturating_add(YEAR_BACK).to_string());
    let rows: Vec<Row> = on!(tx, |c| {
        let mut query = visit_part::table
            .filter(visit_part::district.eq(district))
            .filter(visit_part::object.eq_any(&keys))
            .filter(visit_part::day.between(&first, &last))
            .select((visit_part::visit, visit_part::organ, visit_part::kind, visit_part::day, visit_part::joined, visit_part::since))
            .into_boxed();
        if alone {
            query = query.filter(visit_part::alone.eq(true));
        }
        query.load(c)
    })?;
    rows.into_iter()
        .map(|(visit, organ, kind, day, joined, since)| {
            let kind = VisitKind::parse(&kind).unwrap_or(VisitKind::Daily);
            let day = day.parse().map_err(|e| StoreError::Broken(format!("visit_part: {e}")))?;
            Ok(Line { visit: record_id(&visit)?, organ, kind, day, joined: joined.as_deref().map(record_id).transpose()?, since })
        })
        .collect()
}

/// Day and `joined_into` of visits to one object.
type Heads = BTreeMap<RecordId, (Date, Option<RecordId>)>;

/// The visit as which one counts; of visits joined in a circle, the least.
fn counts_as(heads: &Heads, visit: RecordId) -> RecordId {
    let (mut at, mut way) = (visit, vec![visit]);
    while let Some((day, Some(next))) = heads.get(&at) {
        if heads.get(next).is_none_or(|(other, _)| other != day) {
            break;
        }
        if let Some(begin) = way.iter().position(|seen| seen == next) {
            return way.get(begin..).and_then(|circle| circle.iter().min()).copied().unwrap_or(at);
        }
        way.push(*next);
        at = *next;
    }
    at
}

/// The visit that is judged.
#[derive(Debug, Clone, Copy)]
pub struct Own {
    /// It.
    pub visit: RecordId,
    /// Its day.
    pub day: Date,
    /// What it was joined into.
    pub joined: Option<RecordId>,
    /// The commit from which it counts; `None` before it takes place.
    pub since: Option<i64>,
}

/// What was counted before a visit, under the key of one object, without itself and what counts as the same.
pub fn before(lines: &[Line], own: &Own, key: &str) -> Vec<Past> {
    let mut heads: Heads = lines.iter().map(|line| (line.visit, (line.day, line.joined))).collect();
    heads.insert(own.visit, (own.day, own.joined));
    let root = counts_as(&heads, own.visit);
    let counted = lines.iter().filter(|line| line.visit != own.visit && own.since.is_none_or(|since| line.since < since));
    let told = counted.map(|line| (counts_as(&heads, line.visit), line)).filter(|(as_one, _)| *as_one != root);
    told.map(|(as_one, line)| Past { visit: as_one.to_string(), organ: line.organ.clone(), object: key.to_owned(), day: line.day, kind: line.kind, checked_in: true }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::base::date::date;

    fn line(visit: u128, day: i8, joined: Option<u128>, since: i64) -> Line {
        Line { visit: RecordId(visit), organ: "fire".into(), kind: VisitKind::Daily, day: date(2026, 6, day), joined: joined.map(RecordId), since }
    }

    fn told(lines: &[Line], own: Own) -> Vec<String> {
        let all: BTreeSet<String> = before(lines, &own, "x").into_iter().map(|past| past.visit).collect();
        all.into_iter().map(|id| id.trim_start_matches('0').to_owned()).collect()
    }

    fn own(visit: u128, day: i8, joined: Option<u128>, since: Option<i64>) -> Own {
        Own { visit: RecordId(visit), day: date(2026, 6, day), joined: joined.map(RecordId), since }
    }

    #[test]
    fn what_was_joined_on_the_same_day_is_one_visit_and_on_another_day_is_not() {
        let same = [line(1, 1, None, 1), line(2, 1, Some(1), 2), line(3, 1, Some(2), 3)];
        assert_eq!(told(&same, own(9, 5, None, None)), ["1"], "along the whole chain");
        let other = [line(1, 1, None, 1), line(2, 2, Some(1), 2)];
        assert_eq!(told(&other, own(9, 5, None, None)), ["1", "2"], "two days are two entries, whatever was written");
        assert_eq!(told(&[line(2, 2, Some(77), 2)], own(9, 5, None, None)), ["2"], "nor does a visit vanish into one that was not to this object");
    }

    #[test]
    fn a_visit_is_not_counted_against_what_it_was_joined_with() {
        let lines = [line(1, 1, None, 1), line(2, 1, Some(1), 2)];
        assert!(told(&lines, own(2, 1, Some(1), Some(2))).is_empty());
        assert!(told(&lines, own(1, 1, None, Some(1))).is_empty());
        assert_eq!(told(&lines, own(2, 1, None, Some(2))), ["1"], "taken apart again it repeats");
    }

    #[test]
    fn only_what_came_to_be_counted_before_is_counted_before() {
        let lines = [line(1, 1, None, 1), line(3, 3, None, 3)];
        assert_eq!(told(&lines, own(2, 2, None, Some(2))), ["1"]);
        assert_eq!(told(&lines, own(2, 2, None, None)), ["1", "3"], "one that is planned comes after all of them");
    }

    #[test]
    fn a_circle_is_one_visit() {
        let lines = [line(1, 1, Some(2), 1), line(2, 1, Some(1), 2)];
        assert_eq!(told(&lines, own(9, 5, None, None)), ["1"]);
    }
}
