//! What an import would change, shown before it takes effect.

use serde::Serialize;

use super::{Book, Row};
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
/// A row that begins inside an open row of the same thing succeeds it: the older one ends on that day.
pub fn differences(book: &Book, rows: &[Row]) -> Vec<Difference> {
    let mut out = Vec::new();
    for row in rows {
        match book.at(row.kind, &row.key, row.valid.from) {
            Some(there) if there == row => {}
            Some(there) if there.valid.from == row.valid.from => out.push(Difference::Changed { before: there.clone(), after: row.clone() }),
            Some(there) => {
                out.push(Difference::Succeeded { before: there.clone(), until: row.valid.from });
                out.push(Difference::Added { row: row.clone() });
            }
            None => out.push(Difference::Added { row: row.clone() }),
        }
    }
    out
}

impl Book {
    /// Carries differences out; on an error the book is as it was before the failing one.
    pub fn carry_out(&mut self, differences: &[Difference]) -> Result<(), super::BookError> {
        for difference in differences {
            match difference {
                Difference::Added { row } => self.insert(row.clone())?,
                Difference::Changed { before, after } => {
                    self.remove(before.kind, &before.key, before.valid.from)?;
                    self.insert(after.clone())?;
                }
                Difference::Succeeded { before, until } => {
                    let mut ended = self.remove(before.kind, &before.key, before.valid.from)?;
                    ended.valid.until = Some(*until);
                    self.insert(ended)?;
                }
                Difference::Withdrawn { row } => {
                    self.remove(row.kind, &row.key, row.valid.from)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Validity;
    use crate::base::date::date;
    use crate::dated::Kind;
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
}
