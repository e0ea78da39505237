//! What an import would change, shown before it takes effect.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Book, BookError, Kind, Row};
use crate::base::Date;

/// What would become of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Difference {
    /// It is new.
    Added {
        /// The row.
        row: Row,
    },
    /// The thing has a row from this day that says something else.
    Changed {
        /// As it stands.
        before: Row,
        /// As it would stand.
        after: Row,
    },
    /// The row in force before it ends on the new row's first day.
    Succeeded {
        /// As it stands, open or longer.
        before: Row,
        /// Its new end.
        until: Date,
    },
    /// The row is taken out before its first day.
    Withdrawn {
        /// The row.
        row: Row,
    },
}

/// What entering `rows` into `book` would change, in the order of `rows`; rows that are there already are left out.
///
/// A row that begins inside an open row of the same thing succeeds it: the older one ends on that day. Rows of one import
/// are compared with each other too, as they stand in it: of a new matter, the second version succeeds the first.
pub fn differences(book: &Book, rows: &[Row]) -> Vec<Difference> {
    // The rows that the import touches, as they become on the way.
    let mut work = Book::new();
    let touched: BTreeSet<(Kind, &str)> = rows.iter().map(|row| (row.kind, &*row.key)).collect();
    for row in touched.into_iter().flat_map(|(kind, key)| book.history(kind, key)) {
        // They come from a book, so none can be refused.
        let _ = work.insert(row.clone());
    }
    let mut out = Vec::new();
    for row in rows {
        let found = match work.at(row.kind, &row.key, row.valid.from) {
            Some(there) if there == row => vec![],
            Some(there) if there.valid.from == row.valid.from => vec![Difference::Changed { before: there.clone(), after: row.clone() }],
            Some(there) => vec![Difference::Succeeded { before: there.clone(), until: row.valid.from }, Difference::Added { row: row.clone() }],
            None => vec![Difference::Added { row: row.clone() }],
        };
        // A row that clashes with a later one is refused when it is carried out; here it changes nothing for those after it.
        let _ = work.carry_out(&found);
        out.extend(found);
    }
    out
}

impl Difference {
    fn row(&self) -> &Row {
        match self {
            Difference::Added { row } | Difference::Withdrawn { row } => row,
            Difference::Changed { before, .. } | Difference::Succeeded { before, .. } => before,
        }
    }
}

impl Book {
    /// Carries differences out in their order, all or none: on an error the book is as it was.
    pub fn carry_out(&mut self, differences: &[Difference]) -> Result<(), BookError> {
        let touched: BTreeSet<(Kind, &str)> = differences.iter().map(|difference| (difference.row().kind, &*difference.row().key)).collect();
        let before: Vec<(Kind, &str, Vec<Row>)> = touched.into_iter().map(|(kind, key)| (kind, key, self.history(kind, key).cloned().collect())).collect();
        let done = differences.iter().try_for_each(|difference| self.carry_out_one(difference));
        if done.is_err() {
            for (kind, key, rows) in before {
                let now: Vec<Date> = self.history(kind, key).map(|row| row.valid.from).collect();
                // Neither can fail: these rows are there, and those stood beside each other before.
                now.into_iter().for_each(|from| drop(self.remove(kind, key, from)));
                rows.into_iter().for_each(|row| drop(self.insert(row)));
            }
        }
        done
    }

    fn carry_out_one(&mut self, difference: &Difference) -> Result<(), BookError> {
        match difference {
            Difference::Added { row } => self.insert(row.clone()),
            Difference::Changed { before, after } => {
                self.remove(before.kind, &before.key, before.valid.from)?;
                self.insert(after.clone())
            }
            Difference::Succeeded { before, until } => {
                let mut ended = self.remove(before.kind, &before.key, before.valid.from)?;
                ended.valid.until = Some(*until);
                self.insert(ended)
            }
            Difference::Withdrawn { row } => self.remove(row.kind, &row.key, row.valid.from).map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Validity;
    use crate::base::date::date;
    use crate::record::Value;

    fn row(key: &str, from: Date, body: i64) -> Row {
        Row { kind: Kind::Organ, key: key.into(), valid: Validity::from(from), body: Value::int(body) }
    }

    #[test]
    fn an_import_is_compared_and_then_carried_out() {
        let mut book = Book::new();
        let (old, new) = (date(2020, 1, 1), date(2024, 1, 1));
        let before = [row("same", old, 1), row("changed", old, 1), row("succeeded", old, 1)];
        for row in &before {
            book.insert(row.clone()).unwrap();
        }
        let rows = [row("same", old, 1), row("changed", old, 2), row("succeeded", new, 2), row("added", new, 1)];
        let found = differences(&book, &rows);
        assert_eq!(found.len(), 4, "one change, one succession of two parts, one addition");
        book.carry_out(&found).unwrap();
        assert_eq!(book.at(Kind::Organ, "succeeded", date(2023, 12, 31)).unwrap().body, Value::int(1));
        assert_eq!(book.at(Kind::Organ, "succeeded", new).unwrap().body, Value::int(2));
        assert!(differences(&book, &rows).is_empty(), "carried out, nothing is left");
    }

    #[test]
    fn an_import_of_both_versions_succeeds_the_first_by_the_second() {
        let rows = [row("m", date(2020, 1, 1), 1), row("m", date(2024, 1, 1), 2)];
        let mut book = Book::new();
        book.carry_out(&differences(&book, &rows)).unwrap();
        let days: Vec<Validity> = book.history(Kind::Organ, "m").map(|row| row.valid).collect();
        assert_eq!(days, [Validity::between(date(2020, 1, 1), date(2024, 1, 1)).unwrap(), Validity::from(date(2024, 1, 1))]);
    }

    #[test]
    fn an_import_that_clashes_leaves_the_book_as_it_was() {
        let mut book = Book::new();
        book.insert(row("b", date(2024, 1, 1), 1)).unwrap();
        let before = book.clone();
        let rows = [row("a", date(2020, 1, 1), 1), row("b", date(2020, 1, 1), 2)];
        let found = differences(&book, &rows);
        assert!(book.carry_out(&found).is_err(), "b would hold twice from 2024-01-01 on");
        assert_eq!(book, before);
    }
}
