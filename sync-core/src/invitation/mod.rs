//! The invitation (邀约式检查, in Ningbo 预约式行政指导服务): a firm asks departments for a check-up of its site (`domain.md` §4).
//!
//! Fields, stage table and guards are data and pure functions over the record alone. What was examined stands on the visit that
//! the invitation leads to; the report counts it. Which department an officer may speak for, and whether a department works
//! in the area, needs the book and is asked by the server before it writes; so everything but arriving on site and what
//! follows a report there is an act of the office.
//!
//! Deliberately absent: compulsion. What must be ordered is ordered on the visit, and only if that is an inspection.

mod fields;
mod guards;
mod problem;
mod stages;
mod term;
mod themes;

pub use fields::MODES;
pub use problem::{Found, Handling, handling};
pub use term::{Term, TermError, due, term};
pub use themes::{BadThemes, Theme, Themes, themes};

use crate::record::{Bucket, Kind, Record};

/// Name of the kind.
pub const NAME: &str = "invitation";

/// Stages, by the names of `domain.md` §4.
pub mod stage {
    /// 企业点单: the firm asks.
    pub const SUBMITTED: &str = "SUBMITTED";
    /// The guidance office takes it on.
    pub const ACCEPTED: &str = "ACCEPTED";
    /// The guidance office declines, with a reason.
    pub const REJECTED: &str = "REJECTED";
    /// 指导办派单: departments are invited.
    pub const DISPATCHED: &str = "DISPATCHED";
    /// A department declined, with a reason; it waits for being dispatched anew.
    pub const DECLINED: &str = "DECLINED";
    /// Every invited department has claimed it.
    pub const CLAIMED: &str = "CLAIMED";
    /// A day is set, and there is a visit for it.
    pub const SCHEDULED: &str = "SCHEDULED";
    /// 组团上门体检: the departments are on site.
    pub const ON_SITE: &str = "ON_SITE";
    /// The firm has the report.
    pub const REPORT_ISSUED: &str = "REPORT_ISSUED";
    /// The firm corrects what was found.
    pub const RECTIFYING: &str = "RECTIFYING";
    /// 回访: every opinion was followed up.
    pub const FOLLOWED_UP: &str = "FOLLOWED_UP";
    /// The firm has rated the service.
    pub const RATED: &str = "RATED";
    /// Done.
    pub const CLOSED: &str = "CLOSED";
    /// The firm took it back before anybody came.
    pub const WITHDRAWN: &str = "WITHDRAWN";
}

/// The kind `invitation`.
pub static KIND: Kind = Kind { name: NAME, schema: 1, fields: fields::FIELDS, groups: fields::GROUPS, acts: stages::ACTS, initial: stage::SUBMITTED, buckets, upcasts: &[] };

/// The unit of the guidance office, and the units and officers of the departments that are invited and have not declined;
/// archives of the units once it is over.
fn buckets(record: &Record) -> Vec<Bucket> {
    let over = [stage::CLOSED, stage::REJECTED, stage::WITHDRAWN].contains(&record.stage());
    let unit = |code: &str| if over { Bucket::archive(code) } else { Bucket::unit(code) };
    let standing = |key: &str| record.register(key).into_iter().flat_map(|r| r.candidates()).filter_map(|c| c.value.as_text()).collect::<Vec<_>>();
    let mut out: Vec<Bucket> = standing("unit").iter().map(|code| unit(code)).collect();
    for (_, json) in guards::departments(record).filter(|(_, json)| !guards::filled(json, "declined")) {
        out.extend(guards::word(&json, "unit").map(unit));
        out.extend(guards::word(&json, "officer").map(Bucket::officer));
    }
    out.sort();
    out.dedup();
    out
}
