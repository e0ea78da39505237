//! Certificates (执法证), and who may act with them on which day.
//!
//! An act belongs to the organ that holds the power; a certificate says only that a person may take part (ZJ Reg art 29).
//! Deliberately absent: recusal, which belongs to a case, and the names of holders.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::check::{words, words_if};
use crate::base::{Date, OfficerId, Validity};
use crate::dated::{Body, Book, Flaw, Kind, Row};
use crate::identity::CertificateNumber;

/// A certificate. Key: its number. Its days are those on which it is valid; a suspension is a row of its own with its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The areas it names, as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub areas: Option<String>,
    /// What it makes of its holder.
    pub holder_kind: HolderKind,
    /// The organ that issued it, as printed.
    pub issuer: String,
    /// The levels or domains it names, as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<String>,
    /// Its holder.
    pub officer: OfficerId,
    /// Whether it is suspended (暂扣) on these days.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
}

/// What a certificate makes of its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderKind {
    /// 执法人员: may act.
    Officer,
    /// 辅助人员: helps under command, never counts (ZJ Reg art 30).
    Auxiliary,
    /// 执法监督员: supervises.
    Supervisor,
    /// 法制审核员: reviews (APL art 58).
    LegalReviewer,
}

impl Body for Certificate {
    const KIND: Kind = Kind::Certificate;

    fn check(&self, key: &str, _: &Validity) -> Result<(), Flaw> {
        let number: CertificateNumber = key.parse().map_err(|e| Flaw::new("key", format!("{e}")))?;
        if number.as_str() != key {
            return Err(Flaw::new("key", "write the number in half width, without white space around it"));
        }
        words("issuer", &self.issuer, 100)?;
        words_if("areas", self.areas.as_deref(), 200)?;
        words_if("levels", self.levels.as_deref(), 200)
    }
}

/// Why a person may not act as an officer on a day. Names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is no certificate of this person at all.
    #[error("holds no certificate; enter it, or let a certified officer act")]
    NoCertificate,
    /// The last one ended.
    #[error("the certificate ended on {since}; enter its renewal, or let another officer act")]
    Ended {
        /// The first day on which it was no longer valid.
        since: Date,
    },
    /// The first one begins later.
    #[error("the certificate is valid from {from} only; let another officer act until then")]
    NotYet {
        /// Its first day.
        from: Date,
    },
    /// It is suspended on this day.
    #[error("the certificate is suspended on this day; let another officer act")]
    Suspended,
    /// It is no officer's certificate (auxiliaries: ZJ Reg art 30).
    #[error("holds the certificate of another kind of person, which does not count as an officer's; let a certified officer act")]
    NotAnOfficer(HolderKind),
}

/// Fewer than two officers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{acting} certified officers, and the law asks for two at least (APL art 42); add another, auxiliaries do not count")]
pub struct TooFew {
    /// How many may act.
    pub acting: usize,
}

/// The certificates of one person among rows, in their order.
fn held_by<'a>(officer: &'a OfficerId, rows: impl Iterator<Item = &'a Row>) -> impl Iterator<Item = (&'a Row, Certificate)> {
    // A body is canonical JSON and an id has no escapes: what does not contain this text need not be read.
    let named = format!("\"officer\":\"{officer}\"");
    rows.filter(move |row| row.body.as_json().contains(&named))
        .filter_map(|row| Some((row, row.typed::<Certificate>()?)))
        .filter(move |(_, certificate)| certificate.officer == *officer)
}

/// Whether a person may act as an officer on a day: holds an officer's certificate that is valid and not suspended then
/// (APL art 42, ZJ Reg arts 29 and 30). Another certificate beside it, such as a reviewer's, takes nothing away.
pub fn may_act(book: &Book, officer: &OfficerId, day: Date) -> Result<(), Unfit> {
    let mut why = None;
    for (_, certificate) in held_by(officer, book.in_force(Kind::Certificate, day)) {
        match (certificate.holder_kind, certificate.suspended) {
            (HolderKind::Officer, false) => return Ok(()),
            (HolderKind::Officer, true) => why = Some(Unfit::Suspended),
            (other, _) => why = why.or(Some(Unfit::NotAnOfficer(other))),
        }
    }
    Err(why.unwrap_or_else(|| not_in_force(book, officer, day)))
}

/// Why there is no certificate of a person in force on a day.
fn not_in_force(book: &Book, officer: &OfficerId, day: Date) -> Unfit {
    let rows: Vec<&Row> = held_by(officer, book.of_kind(Kind::Certificate)).map(|(row, _)| row).collect();
    let since = rows.iter().filter_map(|row| row.valid.until).filter(|until| *until <= day).max();
    let from = rows.iter().map(|row| row.valid.from).filter(|from| *from > day).min();
    match (since, from) {
        (Some(since), _) => Unfit::Ended { since },
        (None, Some(from)) => Unfit::NotYet { from },
        (None, None) => Unfit::NoCertificate,
    }
}

/// How many of these people may act as officers on a day, each counted once.
pub fn acting<'a>(book: &Book, officers: impl IntoIterator<Item = &'a OfficerId>, day: Date) -> usize {
    let distinct: BTreeSet<&OfficerId> = officers.into_iter().collect();
    distinct.into_iter().filter(|officer| may_act(book, officer, day).is_ok()).count()
}

/// Whether these people are enough to inspect, investigate and serve on a day: two officers at least (APL art 42).
pub fn two_officers<'a>(book: &Book, officers: impl IntoIterator<Item = &'a OfficerId>, day: Date) -> Result<(), TooFew> {
    let acting = acting(book, officers, day);
    if acting >= 2 { Ok(()) } else { Err(TooFew { acting }) }
}
