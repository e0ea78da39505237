//! All rows in order of kind, key and day: what was in force when.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Body, Kind, Row};
use crate::base::{Date, Validity};

/// Why a row cannot be entered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// Another row of the same thing holds on some of these days.
    #[error("{key}: a row from {} holds on some of these days; end it first, or choose other days", .with.from)]
    Overlap {
        /// The thing.
        key: Box<str>,
        /// The days of the row that is there.
        with: Validity,
    },
    /// The row ends before it begins.
    #[error("{0}: until must be later than from")]
    NoDays(Box<str>),
    /// There is no such row.
    #[error("{0}: there is no row from this day")]
    Unknown(Box<str>),
}

/// The rows of one thing by their first day.
type Days = BTreeMap<Date, Row>;

/// Rows by kind, key and first day. Rows of one thing never overlap.
///
/// Maps in maps, so that a look-up borrows its key; an inner map is never empty, so that equal books are equal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    rows: BTreeMap<Kind, BTreeMap<Box<str>, Days>>,
    len: usize,
}

impl Book {
    /// An empty book.
    pub fn new() -> Book {
        Book::default()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Enters a row. The same row again changes nothing.
    pub fn insert(&mut self, row: Row) -> Result<(), BookError> {
        if !row.valid.is_sound() {
            return Err(BookError::NoDays(row.key));
        }
        let things = self.rows.entry(row.kind).or_default().entry(row.key.clone()).or_default();
        if things.get(&row.valid.from) == Some(&row) {
            return Ok(());
        }
        // Rows do not overlap each other, so only the last that begins before our end can overlap ours.
        let before_our_end = match row.valid.until {
            Some(until) => things.range((Bound::Unbounded, Bound::Excluded(until))).next_back(),
            None => things.last_key_value(),
        };
        if let Some((_, other)) = before_our_end.filter(|(_, other)| other.valid.overlaps(&row.valid)) {
            return Err(BookError::Overlap { key: row.key, with: other.valid });
        }
        things.insert(row.valid.from, row);
        self.len += 1;
        Ok(())
    }

    /// Takes a row out: it was withdrawn before its first day, or is about to be replaced.
    pub fn remove(&mut self, kind: Kind, key: &str, from: Date) -> Result<Row, BookError> {
        let unknown = || BookError::Unknown(key.into());
        let keys = self.rows.get_mut(&kind).ok_or_else(unknown)?;
        let days = keys.get_mut(key).ok_or_else(unknown)?;
        let row = days.remove(&from).ok_or_else(unknown)?;
        if days.is_empty() {
            keys.remove(key);
        }
        if keys.is_empty() {
            self.rows.remove(&kind);
        }
        self.len -= 1;
        Ok(row)
    }

    fn days(&self, kind: Kind, key: &str) -> Option<&Days> {
        self.rows.get(&kind)?.get(key)
    }

    /// All rows of one thing, oldest first.
    pub fn history<'a>(&'a self, kind: Kind, key: &str) -> impl DoubleEndedIterator<Item = &'a Row> + use<'a> {
        self.days(kind, key).into_iter().flat_map(BTreeMap::values)
    }

    /// The row of one thing in force on a day.
    pub fn at(&self, kind: Kind, key: &str, day: Date) -> Option<&Row> {
        on(self.days(kind, key)?, day)
    }

    /// What holds of one thing on a day, typed.
    pub fn get<B: Body>(&self, key: &str, day: Date) -> Option<B> {
        self.at(B::KIND, key, day)?.typed()
    }

    /// All rows of a kind, in order of key and day.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Row> {
        self.rows.get(&kind).into_iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values)
    }

    /// The rows of a kind in force on a day, in order of key.
    pub fn in_force(&self, kind: Kind, day: Date) -> impl Iterator<Item = &Row> {
        self.rows.get(&kind).into_iter().flat_map(BTreeMap::values).filter_map(move |days| on(days, day))
    }

    /// The things of a kind that have at least one row, in order.
    pub fn keys(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &str> {
        self.rows.get(&kind).into_iter().flat_map(BTreeMap::keys).map(|key| &**key)
    }

    /// All rows.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Row> {
        self.rows.values().flat_map(BTreeMap::values).flat_map(BTreeMap::values)
    }

    /// The days between rows of one thing on which nothing holds. Before its first row and after its last end there is none.
    pub fn gaps(&self, kind: Kind, key: &str) -> Vec<Validity> {
        let rows: Vec<&Row> = self.history(kind, key).collect();
        let pairs = rows.iter().zip(rows.iter().skip(1));
        pairs.filter_map(|(before, after)| Validity::between(before.valid.until?, after.valid.from)).collect()
    }
}

/// The row in force on a day: rows do not overlap, so only the last that has begun can be.
fn on(days: &Days, day: Date) -> Option<&Row> {
    let (_, row) = days.range(..=day).next_back()?;
    row.valid.contains(day).then_some(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use crate::record::Value;
    use proptest::prelude::*;

    fn row(key: &str, from: Date, until: Option<Date>, body: i64) -> Row {
        Row { kind: Kind::Organ, key: key.into(), valid: Validity { from, until }, body: Value::int(body) }
    }

    #[test]
    fn what_was_in_force_when() {
        let mut book = Book::new();
        let change = date(2024, 1, 1);
        book.insert(row("a", date(2020, 1, 1), Some(change), 1)).unwrap();
        book.insert(row("a", change, None, 2)).unwrap();
        let on = |day| book.at(Kind::Organ, "a", day).map(|r| r.body.as_json().to_owned());
        assert_eq!(on(date(2019, 12, 31)), None);
        assert_eq!(on(date(2023, 12, 31)).as_deref(), Some("1"));
        assert_eq!(on(change).as_deref(), Some("2"));
        assert_eq!(book.in_force(Kind::Organ, change).count(), 1);
        assert!(book.gaps(Kind::Organ, "a").is_empty());
        assert_eq!(book.of_kind(Kind::Area).count() + book.of_kind(Kind::Unit).count(), 0);
    }

    #[test]
    fn a_gap_is_named_and_an_overlap_refused() {
        let mut book = Book::new();
        book.insert(row("a", date(2020, 1, 1), Some(date(2021, 1, 1)), 1)).unwrap();
        book.insert(row("a", date(2021, 1, 11), None, 2)).unwrap();
        assert_eq!(book.gaps(Kind::Organ, "a"), [Validity::between(date(2021, 1, 1), date(2021, 1, 11)).unwrap()]);
        let open = Validity::from(date(2021, 1, 11));
        assert_eq!(book.insert(row("a", date(2020, 6, 1), Some(date(2022, 1, 1)), 3)), Err(BookError::Overlap { key: "a".into(), with: open }));
        assert_eq!(book.insert(row("a", date(2021, 1, 11), None, 2)), Ok(()), "the same again");
        assert_eq!(book.len(), 2);
        assert_eq!(book.keys(Kind::Organ).collect::<Vec<_>>(), ["a"]);
        assert!(book.remove(Kind::Organ, "a", date(2021, 1, 11)).is_ok());
        assert_eq!(book.insert(row("a", date(2021, 1, 1), None, 3)), Ok(()));
    }

    proptest! {
        #[test]
        fn whatever_is_entered_no_day_has_two_rows(rows in proptest::collection::vec((0i16..60, proptest::option::of(1i16..30)), 1..25)) {
            let mut book = Book::new();
            let day = |n: i16| date(2024, 1, 1).saturating_add(jiff::Span::new().days(n));
            let mut taken = std::collections::BTreeSet::new();
            for (n, (from, length)) in rows.into_iter().enumerate() {
                let until = length.map(|l| from + l);
                let days: Vec<i16> = (from..until.unwrap_or(200)).collect();
                let free = days.iter().all(|d| !taken.contains(d));
                let entered = book.insert(row("a", day(from), until.map(day), n as i64));
                prop_assert_eq!(entered.is_ok(), free);
                if free {
                    taken.extend(days);
                }
            }
            for n in 0..100 {
                prop_assert_eq!(book.at(Kind::Organ, "a", day(n)).is_some(), taken.contains(&n));
            }
        }
    }
}
