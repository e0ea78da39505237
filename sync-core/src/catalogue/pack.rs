//! What handhelds get of the book: the slice of their areas, whole or as what changed since a revision.
//!
//! A slice is a rule over a book and never over the calendar: it holds all versions and all holders, past and future, so that
//! a case of last year finds its law offline and nothing has to be sent because a day has passed. A pack says how many rows
//! it holds and a sum over them. Whoever applies a delta compares both; a delta that does not lead there is refused, the book
//! stays as it was, and a whole pack is asked for. Nothing about a person but ids: names stand on the roster.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::lineage::ever;
use super::power::{Power, Transfer, parse_power_key};
use crate::base::{Date, Digest, DistrictId};
use crate::dated::{Body, Book, Kind, Row};

/// Names a row whatever it says: kind, key and first day.
pub type RowId = (Kind, Box<str>, Date);

fn id(row: &Row) -> RowId {
    (row.kind, row.key.clone(), row.valid.from)
}

/// What is in a slice.
struct Slice<'a> {
    areas: BTreeSet<String>,
    matters: BTreeSet<&'a str>,
}

impl<'a> Slice<'a> {
    fn of(book: &'a Book, areas: &BTreeSet<String>) -> Slice<'a> {
        let areas = ever(book, areas);
        let matters = book.keys(Kind::Power).filter_map(parse_power_key).filter(|(_, area, _)| areas.contains(*area)).map(|(matter, ..)| matter).collect();
        Slice { areas, matters }
    }

    fn holds(&self, row: &Row) -> bool {
        match row.kind {
            Kind::Matter => self.matters.contains(&*row.key),
            Kind::Power => parse_power_key(&row.key).is_some_and(|(_, area, _)| self.areas.contains(area)),
            // A transfer that this program cannot read is left out; its powers are there.
            Kind::Transfer => row.typed::<Transfer>().is_some_and(|transfer| self.areas.contains(&transfer.area)),
            // A kind that is added later stays `false` here until every handheld asks by a later version of the call: an app
            // that does not know a kind can read no row of it, and its sum would not agree.
            Kind::Area | Kind::Organ | Kind::Unit | Kind::Post | Kind::Certificate | Kind::Year | Kind::Policy => true,
            // Advice is drawn up at a desk.
            Kind::Guidance => false,
        }
    }
}

/// The rows of a book that handhelds in these areas need, in order of kind, key and day: powers and transfers of the areas
/// and of what they lie in, every version of each matter that is or was held there or will be, and all areas, organs,
/// units, posts, certificates, years and policies.
pub fn slice<'a>(book: &'a Book, areas: &BTreeSet<String>) -> Vec<&'a Row> {
    let slice = Slice::of(book, areas);
    book.iter().filter(|row| slice.holds(row)).collect()
}

/// Says which areas a slice is of.
pub fn slice_name(areas: &BTreeSet<String>) -> Digest {
    let parts: Vec<&[u8]> = areas.iter().flat_map(|area| [area.as_bytes(), b"\n"]).collect();
    Digest::tagged("zhifa.slice.v1", &parts)
}

/// SHA-256 over the rows' hashes in ascending order.
pub fn sum<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Digest {
    let mut hashes: Vec<Digest> = rows.into_iter().map(Row::hash).collect();
    hashes.sort_unstable();
    let parts: Vec<&[u8]> = hashes.iter().map(|hash| &hash.0[..]).collect();
    Digest::tagged("zhifa.pack.v1", &parts)
}

/// What a pack claims to hold. The server signs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The district whose book it is.
    pub district: DistrictId,
    /// Revision of the district's book.
    pub rev: u64,
    /// The day on which it was made.
    pub day: Date,
    /// Which areas: [`slice_name`].
    pub slice: Digest,
    /// How many rows.
    pub rows: u64,
    /// Over all rows: [`sum`].
    pub sum: Digest,
}

/// What leads from a revision to the manifest's, or a whole pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delta {
    /// What stands at the end.
    pub manifest: Manifest,
    /// The revision that it builds on; a whole pack if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// Rows to enter, each in place of one with the same kind, key and first day; in that order.
    pub put: Vec<Row>,
    /// Rows to take out, in order of kind, key and first day.
    pub removed: Vec<RowId>,
}

/// Why a delta was refused. In every case the remedy is to ask for a whole pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// It builds on another revision, district or slice than the book's.
    #[error("the delta builds on another pack than the one that is here; ask for a whole one")]
    OtherBase,
    /// Rows overlap, or end before they begin.
    #[error("the delta's rows contradict each other or those that are here; ask for a whole pack")]
    Contradiction,
    /// The result has another number of rows.
    #[error("the result has {found} rows where the manifest says {expected}; ask for a whole pack")]
    Count {
        /// By the manifest.
        expected: u64,
        /// After applying it.
        found: u64,
    },
    /// The result is not what the manifest says.
    #[error("the sum over the rows is not the manifest's; ask for a whole pack")]
    Sum,
}

/// A district's book with the revision at which each row was last written: the server's half.
#[derive(Debug, Clone, Default)]
pub struct Source {
    book: Book,
    revs: BTreeMap<RowId, u64>,
    withdrawn: BTreeMap<RowId, u64>,
    rev: u64,
}

impl Source {
    /// An empty book at revision 0.
    pub fn new() -> Source {
        Source::default()
    }

    /// From what is stored: rows, and what was taken out, each with its revision; `rev` is the book's.
    pub fn load(rev: u64, rows: impl IntoIterator<Item = (u64, Row)>, withdrawn: impl IntoIterator<Item = (u64, RowId)>) -> Result<Source, crate::dated::BookError> {
        let mut source = Source { rev, ..Source::default() };
        for (at, row) in rows {
            source.revs.insert(id(&row), at);
            source.book.insert(row)?;
        }
        source.withdrawn = withdrawn.into_iter().map(|(at, id)| (id, at)).filter(|(id, _)| !source.revs.contains_key(id)).collect();
        Ok(source)
    }

    /// The book.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// The revision.
    pub fn rev(&self) -> u64 {
        self.rev
    }

    /// Replaces the book by its next state at the next revision; rows that are alike keep theirs.
    pub fn advance(&mut self, next: Book) {
        self.rev += 1;
        let gone: Vec<RowId> = self.book.iter().map(id).filter(|(kind, key, from)| !has(&next, *kind, key, *from)).collect();
        for id in gone {
            self.revs.remove(&id);
            self.withdrawn.insert(id, self.rev);
        }
        for row in next.iter().filter(|row| self.book.at(row.kind, &row.key, row.valid.from) != Some(row)) {
            self.withdrawn.remove(&id(row));
            self.revs.insert(id(row), self.rev);
        }
        self.book = next;
    }

    /// What a pack of these areas holds now.
    pub fn manifest(&self, district: DistrictId, day: Date, areas: &BTreeSet<String>) -> Manifest {
        let rows = slice(&self.book, areas);
        Manifest { district, rev: self.rev, day, slice: slice_name(areas), rows: rows.len() as u64, sum: sum(rows) }
    }

    /// What a replica needs that holds the slice of revision `from`: a whole pack if that is absent, later than ours, or if
    /// areas have changed since, for then other parents' rows may belong to it that are older than `from`.
    pub fn delta(&self, manifest: Manifest, areas: &BTreeSet<String>, from: Option<u64>) -> Delta {
        let since = |kind: Kind, from: u64| {
            let changed = |map: &BTreeMap<RowId, u64>| map.range((kind, Box::default(), Date::MIN)..).take_while(|((k, ..), _)| *k == kind).any(|(_, rev)| *rev > from);
            changed(&self.revs) || changed(&self.withdrawn)
        };
        let from = from.filter(|from| *from <= self.rev && !since(Kind::Area, *from));
        let slice = slice(&self.book, areas);
        let Some(since) = from else {
            return Delta { manifest, from: None, put: slice.into_iter().cloned().collect(), removed: vec![] };
        };
        let newer = |row: &Row| self.revs.get(&id(row)).is_none_or(|rev| *rev > since);
        // A matter enters the slice when somebody first holds it here, however old its own rows are.
        let entering: BTreeSet<&str> =
            slice.iter().filter(|row| row.kind == Power::KIND && newer(row)).filter_map(|row| parse_power_key(&row.key)).map(|(matter, ..)| matter).collect();
        let put = slice.into_iter().filter(|row| newer(row) || row.kind == Kind::Matter && entering.contains(&*row.key)).cloned().collect();
        // Powers of other areas are none of the replica's affair.
        let here = ever(&self.book, areas);
        let elsewhere = |(kind, key, _): &RowId| *kind == Kind::Power && parse_power_key(key).is_some_and(|(_, area, _)| !here.contains(area));
        let removed = self.withdrawn.iter().filter(|(id, rev)| **rev > since && !elsewhere(id)).map(|(id, _)| id.clone()).collect();
        Delta { manifest, from, put, removed }
    }
}

fn has(book: &Book, kind: Kind, key: &str, from: Date) -> bool {
    book.at(kind, key, from).is_some_and(|row| row.valid.from == from)
}

/// Applies a delta to the slice that a replica holds. `held` is the manifest of `book`, none if it has no pack yet, and
/// `areas` are the replica's own. On an error the book is as it was.
pub fn apply(book: &mut Book, held: Option<&Manifest>, areas: &BTreeSet<String>, delta: Delta) -> Result<Manifest, PackError> {
    let manifest = delta.manifest;
    if manifest.slice != slice_name(areas) {
        return Err(PackError::OtherBase);
    }
    let mut next = match (delta.from, held) {
        (None, _) => Book::new(),
        (Some(from), Some(held)) if held.rev == from && (held.district, held.slice) == (manifest.district, manifest.slice) => book.clone(),
        _ => return Err(PackError::OtherBase),
    };
    // What is replaced goes first: a row that ends earlier makes room for the one that follows it. What is named but not
    // here was outside the slice.
    for (kind, key, from) in delta.put.iter().map(id).chain(delta.removed) {
        if has(&next, kind, &key, from) {
            next.remove(kind, &key, from).map_err(|_| PackError::Contradiction)?;
        }
    }
    for row in delta.put {
        next.insert(row).map_err(|_| PackError::Contradiction)?;
    }
    // A matter leaves the slice with the last row by which anybody held it.
    let slice = Slice::of(&next, areas);
    let outside: Vec<RowId> = next.iter().filter(|row| !slice.holds(row)).map(id).collect();
    for (kind, key, from) in outside {
        next.remove(kind, &key, from).map_err(|_| PackError::Contradiction)?;
    }
    let found = next.len() as u64;
    if found != manifest.rows {
        return Err(PackError::Count { expected: manifest.rows, found });
    }
    if sum(next.iter()) != manifest.sum {
        return Err(PackError::Sum);
    }
    *book = next;
    Ok(manifest)
}

#[cfg(test)]
mod tests;
