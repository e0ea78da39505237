//! The case: a suspected violation from clue to closing (`domain.md` §5.3), as far as its first table goes.
//!
//! It carries the general procedure's spine: filing, investigation, notice, decision, service, closing. What
//! `domain.md` §11 makes server-only is written and done by the office only.
//!
//! Deliberately absent: periods and deadlines (they need calendar and policy rows), document numbers, and every
//! special procedure; none of them needs another form of record.

mod fields;
mod guards;
mod stages;

pub use fields::{PENALTIES, SOURCES};

use crate::record::{Bucket, Kind, Record};

/// Stages, by the names of `domain.md` §5.3.
pub mod stage {
    /// A clue is on record.
    pub const CLUE: &str = "CLUE";
    /// The head has approved the filing.
    pub const FILED: &str = "FILED";
    /// The head has declined to file.
    pub const NOT_FILED: &str = "NOT_FILED";
    /// Handed to the competent organ.
    pub const TRANSFERRED: &str = "TRANSFERRED";
    /// Two officers are at work.
    pub const INVESTIGATING: &str = "INVESTIGATING";
    /// Facts and evidence are complete.
    pub const INVESTIGATED: &str = "INVESTIGATED";
    /// The party knows proposal, facts, reasons, basis and rights.
    pub const PRE_NOTICED: &str = "PRE_NOTICED";
    /// Statement reviewed, waived, or the period is over.
    pub const DEFENCE_CLOSED: &str = "DEFENCE_CLOSED";
    /// The head has signed the penalty.
    pub const DECIDED: &str = "DECIDED";
    /// The head has signed that nothing is punished.
    pub const NOT_PUNISHED: &str = "NOT_PUNISHED";
    /// The decision has reached the party.
    pub const SERVED: &str = "SERVED";
    /// Paid and corrected.
    pub const PERFORMED: &str = "PERFORMED";
    /// Done.
    pub const CLOSED: &str = "CLOSED";
    /// Filing withdrawn.
    pub const WITHDRAWN: &str = "WITHDRAWN";
}

/// Name of the kind.
pub const NAME: &str = "case";

/// The kind `case`.
pub static KIND: Kind = Kind { name: NAME, schema: 1, fields: fields::FIELDS, groups: fields::GROUPS, acts: stages::ACTS, initial: stage::CLUE, buckets, upcasts: &[] };

/// Every handler's bucket, and that of each unit that stands as a candidate; archives once it is over.
fn buckets(record: &Record) -> Vec<Bucket> {
    let over = [stage::NOT_FILED, stage::TRANSFERRED, stage::NOT_PUNISHED, stage::CLOSED, stage::WITHDRAWN].contains(&record.stage());
    let handlers = record.with_prefix("handlers.").filter(|(_, r)| r.candidates().iter().any(|c| !c.value.is_null()));
    let mut out: Vec<Bucket> = handlers.filter_map(|(key, _)| key.strip_prefix("handlers.")).map(Bucket::officer).collect();
    for unit in record.register("unit").into_iter().flat_map(|r| r.candidates()).filter_map(|c| c.value.as_text()) {
        out.push(if over { Bucket::archive(&unit) } else { Bucket::unit(&unit) });
    }
    out.sort();
    out.dedup();
    out
}
