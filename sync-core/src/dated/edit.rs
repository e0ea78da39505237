//! What somebody wants to enter, as differences from the book as it stands.
//!
//! Wishes are tried on a copy, one after another, so that each is refused for itself and with the words of the book.
//! The differences are then those between the two books: a file may name one thing several times.

use std::collections::BTreeSet;

use super::{Book, BookError, Difference, Kind, Row};
use crate::base::Date;

/// A book that is being changed.
pub struct Edit<'b> {
    before: &'b Book,
    /// The book as it would be.
    pub after: Book,
    touched: BTreeSet<(Kind, Box<str>)>,
}

impl<'b> Edit<'b> {
    /// Begins with a book.
    pub fn of(before: &'b Book) -> Edit<'b> {
        Edit { before, after: before.clone(), touched: BTreeSet::new() }
    }

    fn touch(&mut self, row: &Row) {
        self.touched.insert((row.kind, row.key.clone()));
    }

    /// Enters a row. What it begins inside of ends on its first day; what begins on that day is corrected. Refused, it
    /// changes nothing.
    pub fn enter(&mut self, row: &Row) -> Result<(), BookError> {
        self.touch(row);
        let there = self.after.at(row.kind, &row.key, row.valid.from).cloned();
        match there {
            Some(there) if there == *row => Ok(()),
            Some(there) if there.valid.from == row.valid.from => self.replace(row.clone()),
            Some(there) => {
                let mut ended = self.after.remove(there.kind, &there.key, there.valid.from)?;
                ended.valid.until = Some(row.valid.from);
                self.after.insert(ended)?;
                self.after.insert(row.clone()).or_else(|why| {
                    self.after.remove(there.kind, &there.key, there.valid.from)?;
                    self.after.insert(there)?;
                    Err(why)
                })
            }
            None => self.after.insert(row.clone()),
        }
    }

    /// Puts a row in the place of the one that begins on the same day.
    pub fn replace(&mut self, row: Row) -> Result<(), BookError> {
        self.touch(&row);
        let before = self.after.remove(row.kind, &row.key, row.valid.from)?;
        self.after.insert(row).or_else(|why| {
            self.after.insert(before)?;
            Err(why)
        })
    }

    /// Takes a row out.
    pub fn withdraw(&mut self, kind: Kind, key: &str, from: Date) -> Result<(), BookError> {
        let row = self.after.remove(kind, key, from)?;
        self.touch(&row);
        Ok(())
    }

    /// What has become different, in the order in which it can be carried out: first what makes room.
    pub fn differences(&self) -> Vec<Difference> {
        let (mut withdrawn, mut changed, mut added) = (Vec::new(), Vec::new(), Vec::new());
        for (kind, key) in &self.touched {
            for row in self.before.history(*kind, key) {
                match self.after.history(*kind, key).find(|new| new.valid.from == row.valid.from) {
                    None => withdrawn.push(Difference::Withdrawn { row: row.clone() }),
                    Some(new) if new == row => {}
                    Some(new) => changed.push(match new.valid.until {
                        Some(until) if new.body == row.body && row.valid.until.is_none_or(|was| until < was) => Difference::Succeeded { before: row.clone(), until },
                        _ => Difference::Changed { before: row.clone(), after: new.clone() },
                    }),
                }
            }
            let is_new = |row: &&Row| self.before.history(*kind, key).all(|old| old.valid.from != row.valid.from);
            added.extend(self.after.history(*kind, key).filter(is_new).map(|row| Difference::Added { row: row.clone() }));
        }
        withdrawn.into_iter().chain(changed).chain(added).collect()
    }

    /// Days on which a thing held before and holds no more, in words.
    pub fn new_gaps(&self) -> Vec<String> {
        let mut out = Vec::new();
        for (kind, key) in &self.touched {
            let known = self.before.gaps(*kind, key);
            for gap in self.after.gaps(*kind, key).into_iter().filter(|gap| !known.contains(gap)) {
                let until = gap.until.map(|d| d.to_string()).unwrap_or_default();
                out.push(format!("{} {key}: nothing holds from {} up to {until}", kind.as_str(), gap.from));
            }
            let end = |book: &Book| book.history(*kind, key).next_back().map(|row| row.valid.until);
            if let (Some(Some(until)), Some(was)) = (end(&self.after), end(self.before))
                && was.is_none_or(|was| until < was)
            {
                out.push(format!("{} {key}: nothing holds from {until} on", kind.as_str()));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Validity;
    use crate::base::date::date;
    use crate::record::Value;

    /// Carries differences out one after another, as a store does.
    fn carry_out(book: &mut Book, differences: &[Difference]) -> Result<(), BookError> {
        differences.iter().try_for_each(|difference| match difference {
            Difference::Added { row } => book.insert(row.clone()),
            Difference::Changed { before, after } => {
                book.remove(before.kind, &before.key, before.valid.from)?;
                book.insert(after.clone())
            }
            Difference::Succeeded { before, until } => {
                let mut ended = book.remove(before.kind, &before.key, before.valid.from)?;
                ended.valid.until = Some(*until);
                book.insert(ended)
            }
            Difference::Withdrawn { row } => book.remove(row.kind, &row.key, row.valid.from).map(drop),
        })
    }

    fn row(from: Date, until: Option<Date>, body: i64) -> Row {
        Row { kind: Kind::Organ, key: "a".into(), valid: Validity { from, until }, body: Value::int(body) }
    }

    fn book(rows: &[Row]) -> Book {
        let mut book = Book::new();
        rows.iter().for_each(|row| book.insert(row.clone()).unwrap());
        book
    }

    const A: Date = date(2020, 1, 1);
    const B: Date = date(2022, 1, 1);
    const C: Date = date(2024, 1, 1);

    #[test]
    fn several_rows_of_one_thing_become_one_difference_each() {
        let empty = Book::new();
        let mut edit = Edit::of(&empty);
        edit.enter(&row(A, None, 1)).unwrap();
        edit.enter(&row(B, None, 2)).unwrap();
        let wanted = [Difference::Added { row: row(A, Some(B), 1) }, Difference::Added { row: row(B, None, 2) }];
        assert_eq!(edit.differences(), wanted, "the first ends where the second begins");
        let open = book(&[row(A, None, 1)]);
        let mut edit = Edit::of(&open);
        edit.enter(&row(A, Some(C), 9)).unwrap();
        edit.enter(&row(B, Some(C), 2)).unwrap();
        let wanted = [Difference::Changed { before: row(A, None, 1), after: row(A, Some(B), 9) }, Difference::Added { row: row(B, Some(C), 2) }];
        assert_eq!(edit.differences(), wanted, "what the file corrected is not undone by what it succeeded with");
    }

    #[test]
    fn what_is_carried_out_is_the_book_that_was_shown() {
        let before = book(&[row(A, Some(B), 1), row(C, None, 3)]);
        let mut edit = Edit::of(&before);
        edit.withdraw(Kind::Organ, "a", C).unwrap();
        edit.replace(row(A, None, 1)).unwrap();
        let mut carried = before.clone();
        carry_out(&mut carried, &edit.differences()).unwrap();
        assert_eq!(carried, edit.after);
        assert!(edit.new_gaps().is_empty());
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let before = book(&[row(A, Some(C), 1), row(C, None, 3)]);
        let mut edit = Edit::of(&before);
        assert!(matches!(edit.enter(&row(B, None, 2)), Err(BookError::Overlap { .. })));
        assert!(matches!(edit.enter(&row(A, None, 2)), Err(BookError::Overlap { .. })));
        assert!(edit.replace(row(A, None, 2)).is_err());
        assert_eq!(edit.after, before);
        assert!(edit.differences().is_empty());
    }

    #[test]
    fn an_end_leaves_a_gap_that_is_named() {
        let before = book(&[row(A, Some(C), 1), row(C, None, 3)]);
        let mut edit = Edit::of(&before);
        edit.replace(row(A, Some(B), 1)).unwrap();
        assert_eq!(edit.differences(), [Difference::Succeeded { before: row(A, Some(C), 1), until: B }]);
        assert_eq!(edit.new_gaps(), ["organ a: nothing holds from 2022-01-01 up to 2024-01-01"]);
        let mut edit = Edit::of(&before);
        edit.replace(row(C, Some(date(2025, 1, 1)), 3)).unwrap();
        assert_eq!(edit.new_gaps(), ["organ a: nothing holds from 2025-01-01 on"]);
    }

    fn of(key: &str, from: Date, body: i64) -> Row {
        Row { key: key.into(), ..row(from, None, body) }
    }

    fn entered(book: &Book, rows: &[Row]) -> Vec<Difference> {
        let mut edit = Edit::of(book);
        rows.iter().for_each(|row| edit.enter(row).unwrap());
        edit.differences()
    }

    #[test]
    fn an_import_is_compared_and_then_carried_out() {
        let (old, new) = (date(2020, 1, 1), date(2024, 1, 1));
        let mut book = book(&[of("same", old, 1), of("changed", old, 1), of("succeeded", old, 1)]);
        let rows = [of("same", old, 1), of("changed", old, 2), of("succeeded", new, 2), of("added", new, 1)];
        let found = entered(&book, &rows);
        assert_eq!(found.len(), 4, "one change, one succession of two parts, one addition");
        carry_out(&mut book, &found).unwrap();
        assert_eq!(book.at(Kind::Organ, "succeeded", date(2023, 12, 31)).unwrap().body, Value::int(1));
        assert_eq!(book.at(Kind::Organ, "succeeded", new).unwrap().body, Value::int(2));
        assert!(entered(&book, &rows).is_empty(), "carried out, nothing is left");
    }

    #[test]
    fn an_import_of_both_versions_succeeds_the_first_by_the_second() {
        let mut book = Book::new();
        let found = entered(&book, &[of("m", date(2020, 1, 1), 1), of("m", date(2024, 1, 1), 2)]);
        carry_out(&mut book, &found).unwrap();
        let days: Vec<Validity> = book.history(Kind::Organ, "m").map(|row| row.valid).collect();
        assert_eq!(days, [Validity::between(date(2020, 1, 1), date(2024, 1, 1)).unwrap(), Validity::from(date(2024, 1, 1))]);
    }
}
