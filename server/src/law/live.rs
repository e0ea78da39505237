//! The book in memory, one edition per revision.

use std::sync::{Arc, PoisonError, RwLock};

use diesel::prelude::*;
use sync_core::base::{Date, Validity};
use sync_core::catalogue::search::Index;
use sync_core::dated::{Book, Kind, Row};
use sync_core::record::Value;

use super::find::Finder;
use crate::base::db::Tx;
use crate::on;
use crate::schema::{dated, dated_withdrawn, law_head};
use crate::sync::store::StoreError;

/// The book as of one revision.
#[derive(Debug, Clone, Default)]
pub struct Edition {
    /// Its revision: counts changes of the book; 0 is the empty one.
    pub rev: i64,
    /// All rows.
    pub book: Book,
}

/// The newest edition. Whoever took one keeps it whole, whatever is written meanwhile.
#[derive(Default)]
pub struct LiveLaw(RwLock<Arc<Edition>>, Finder);

/// A row as it is stored: kind, key, first day, end, body.
type Stored = (String, String, String, Option<String>, String);

pub(super) fn day(text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|e| StoreError::Broken(format!("dated: {text} is no day: {e}")))
}

pub(super) fn kind(word: &str) -> Result<Kind, StoreError> {
    Kind::parse(word).ok_or_else(|| StoreError::Broken(format!("dated: this program knows no kind {word:.40}")))
}

pub(super) fn row_of((word, key, from, until, body): Stored) -> Result<Row, StoreError> {
    let valid = Validity { from: day(&from)?, until: until.as_deref().map(day).transpose()? };
    let body = Value::parse(&body).map_err(|e| StoreError::Broken(format!("dated {word} {key}: {e}")))?;
    Ok(Row { kind: kind(&word)?, key: key.into(), valid, body })
}

/// The revision of the book.
pub fn revision(tx: &mut Tx<'_>, district: i64) -> Result<i64, StoreError> {
    Ok(on!(tx, |c| law_head::table.find(district).select(law_head::rev).first(c).optional())?.unwrap_or(0))
}

/// Rows written after a revision, with the revision of each.
pub fn rows_since(tx: &mut Tx<'_>, district: i64, rev: i64) -> Result<Vec<(i64, Row)>, StoreError> {
    let rows: Vec<(i64, String, String, String, Option<String>, String)> = on!(tx, |c| dated::table
        .filter(dated::district.eq(district))
        .filter(dated::rev.gt(rev))
        .order((dated::kind, dated::key, dated::from_day))
        .select((dated::rev, dated::kind, dated::key, dated::from_day, dated::until_day, dated::body))
        .load(c))?;
    rows.into_iter().map(|(rev, kind, key, from, until, body)| Ok((rev, row_of((kind, key, from, until, body))?))).collect()
}

/// What names a row: kind, key, first day.
pub type Name = (Kind, Box<str>, Date);

/// Rows withdrawn after a revision.
pub fn withdrawn_since(tx: &mut Tx<'_>, district: i64, rev: i64) -> Result<Vec<Name>, StoreError> {
    let rows: Vec<(String, String, String)> = on!(tx, |c| dated_withdrawn::table
        .filter(dated_withdrawn::district.eq(district))
        .filter(dated_withdrawn::rev.gt(rev))
        .select((dated_withdrawn::kind, dated_withdrawn::key, dated_withdrawn::from_day))
        .load(c))?;
    rows.into_iter().map(|(word, key, from)| Ok((kind(&word)?, key.into(), day(&from)?))).collect()
}

impl LiveLaw {
    /// The newest edition.
    pub fn edition(&self) -> Arc<Edition> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The index over the matters of an edition; the newest one is kept.
    pub fn index(&self, edition: &Arc<Edition>) -> Arc<Index> {
        self.1.index(edition)
    }

    /// Takes in what was written since: cost grows with what changed, and once with the book for the new edition.
    pub fn reload(&self, tx: &mut Tx<'_>, district: i64) -> Result<(), StoreError> {
        let rev = revision(tx, district)?;
        let known = self.edition();
        if known.rev == rev {
            return Ok(());
        }
        // A smaller revision than the one known is a restored database: everything is read anew.
        let mut edition = if rev > known.rev { (*known).clone() } else { Edition::default() };
        let since = edition.rev;
        for (kind, key, from) in withdrawn_since(tx, district, since)? {
            // It may have been entered and withdrawn since we last looked.
            let _ = edition.book.remove(kind, &key, from);
        }
        let rows = rows_since(tx, district, since)?;
        for (_, row) in &rows {
            let _ = edition.book.remove(row.kind, &row.key, row.valid.from);
        }
        for (_, row) in rows {
            edition.book.insert(row).map_err(|e| StoreError::Broken(format!("dated: {e}")))?;
        }
        edition.rev = rev;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(edition);
        Ok(())
    }
}
