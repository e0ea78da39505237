//! Which acts a record stands before, and what stands against each: the stage table asked without anything being done.
//!
//! The same rows and guards as in [`apply`](super::apply::apply), so that what is said here beforehand is what comes of it. Deliberately absent: what
//! the book or other records say (`admission`), and acts of reviewers about a dot.

use super::apply::unmet;
use super::{ActCall, ActRow, Change, Kind, Place, Reason, Record, Weight, Writer};
use crate::base::{DeviceId, Digest, OfficerId, Stamp};

/// Who would act, and where he stands.
#[derive(Debug, Clone)]
pub struct Actor<'a> {
    /// His handheld, or the office.
    pub device: DeviceId,
    /// The officer.
    pub officer: &'a OfficerId,
    /// Where, if that is known.
    pub place: Option<&'a Place>,
}

/// An act that has a row from the present stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prospect {
    /// Its name.
    pub act: &'static str,
    /// The stage it would lead to; `None` stays.
    pub to: Option<&'static str>,
    /// Whether it could be refused.
    pub weight: Weight,
    /// Whether it carries a seal.
    pub seals: bool,
    /// Statute article or source of its row.
    pub basis: &'static str,
    /// What stands against it, each with the source of the guard where a guard says so; empty if nothing does.
    pub against: Vec<(Reason, &'static str)>,
}

/// Every act that an actor may begin from the record's stage, in the order of the table. `call` says part and reason, as they
/// would be given.
pub fn possible(record: &Record, kind: &Kind, actor: &Actor<'_>, call: &ActCall) -> Vec<Prospect> {
    let change = Change {
        device: actor.device,
        seq: 0,
        prev: Digest::ZERO,
        record: record.id,
        kind: kind.name,
        schema: kind.schema,
        prior: 0,
        after: Vec::new(),
        time: Stamp { wall: 0, mono: 0, boot: 0, server: None, gnss: None },
        officer: actor.officer.clone(),
        place: actor.place.cloned(),
        edits: Vec::new(),
        act: None,
        needs: Vec::new(),
    };
    let mut out: Vec<Prospect> = Vec::new();
    for row in kind.acts.iter().filter(|row| row.starts_from(record.stage()) && (row.writer == Writer::Anyone || actor.device.is_office())) {
        // Of two rows of one act the first that fits is walked.
        if out.iter().any(|known| known.act == row.act) {
            continue;
        }
        let act = ActCall { name: row.act.into(), ..call.clone() };
        let basis = |code: &str| row.guards.iter().find(|g| g.code == code).map_or("", |g| g.basis);
        let against = unmet(record, kind, row, &change, &act).into_iter().map(|reason| (reason.clone(), basis(&reason.code))).collect();
        out.push(Prospect { act: row.act, to: row.to, weight: row.weight, seals: row.seals, basis: row.basis, against });
    }
    out
}

impl ActRow {
    /// Whether it starts from a stage.
    pub(super) fn starts_from(&self, stage: &str) -> bool {
        self.from.is_empty() || self.from.contains(&stage)
    }
}
