//! The kind `course`: a training course from its plan to the hours that were credited (`domain.md` §12: 三级学习, 每月一课, 周五云课堂,
//! 专题, 案例分享).
//!
//! A sign-in is an edit that a handheld may write without a network: the code that was on the screen, and when. Whether the code was
//! right is the office's to say once the edit has come (`verdicts.*`), also after the course was closed. Answers of a quiz are not in
//! the record: a question holds a digest of them with the server's secret. Deliberately absent: compulsion to answer an invitation.

mod fields;
mod guards;
mod stages;

pub use fields::{KINDS, LEVELS, OPTIONS, VERDICTS};
pub(super) use guards::members;

use crate::record::{Bucket, Kind, Record};

/// Name of the kind.
pub const NAME: &str = "course";

/// Stages.
pub mod stage {
    /// It is planned.
    pub const PLANNED: &str = "PLANNED";
    /// Departments were asked for lecturers (培训邀请函).
    pub const INVITED: &str = "INVITED";
    /// Who teaches what, when and where is settled.
    pub const CONFIRMED: &str = "CONFIRMED";
    /// It took place.
    pub const HELD: &str = "HELD";
    /// Hours are credited.
    pub const CLOSED: &str = "CLOSED";
    /// It does not take place.
    pub const CANCELLED: &str = "CANCELLED";
}

/// Stages at which it took place.
pub const TAUGHT: &[&str] = &[stage::HELD, stage::CLOSED];

/// Pass mark of a quiz whose course names none, in per cent.
pub const PASS: i64 = 60;

/// The kind `course`.
pub static KIND: Kind = Kind { name: NAME, schema: 1, fields: fields::FIELDS, groups: fields::GROUPS, acts: stages::ACTS, initial: stage::PLANNED, buckets, upcasts: &[] };

/// The unit that holds it, the units whose officers are to attend, and the departments that are asked. Once it is over, it is in the
/// archive of the departments; of those who attend it is only if it was called off, since a sign-in of somebody without a network
/// may come long after the course was closed, and must find it.
fn buckets(record: &Record) -> Vec<Bucket> {
    let cancelled = record.stage() == stage::CANCELLED;
    let over = cancelled || record.stage() == stage::CLOSED;
    let bucket = |code: &str, archived: bool| if archived { Bucket::archive(code) } else { Bucket::unit(code) };
    let holds = record.register("unit").into_iter().flat_map(|r| r.candidates()).filter_map(|c| c.value.as_text());
    let mut out: Vec<Bucket> = holds.map(|code| bucket(&code, cancelled)).collect();
    out.extend(guards::members(record, "audience.").map(|(unit, _)| bucket(unit, cancelled)));
    let asked = guards::members(record, "invitations.").filter_map(|(_, json)| Some(bucket(json.get("unit")?.as_str()?, over)));
    out.extend(asked);
    out.sort();
    out.dedup();
    out
}
