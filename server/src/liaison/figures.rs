//! The figures of liaison: what was asked and answered, and the technical support given on site.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value as Json;
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId, UtcMs};
use sync_core::index::members;
use sync_core::liaison::{KIND, NAME, stage};
use sync_core::record::{Kinds, Record, read_field};
use sync_core::visit;

use crate::base::db::Tx;
use crate::on;
use crate::org::reach::Reach;
use crate::schema::{listing, visit_part};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, load};

/// Records that are read at once.
const STEP: usize = 500;

/// What one organ was asked.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Replies {
    /// Requests to it.
    pub asked: u32,
    /// Answered by the day that was given, or at all where none was.
    pub in_time: u32,
    /// Answered later.
    pub late: u32,
    /// Not answered so far.
    pub open: u32,
    /// Answered with yes.
    pub agreed: u32,
}

/// Requests of a span of days, by organ asked, and support on visits of these days, by department.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Requests; those taken back are not counted.
    pub requests: u32,
    /// Requests that all organs answered in time.
    pub answered_in_time: u32,
    /// By organ.
    pub replies: BTreeMap<String, Replies>,
    /// Technical support (技术支持和帮扶指导), by department; one that names none stands under an empty name.
    pub support: BTreeMap<String, u32>,
}

impl Figures {
    fn add_request(&mut self, record: &Record) {
        if record.stage() == stage::WITHDRAWN {
            return;
        }
        self.requests += 1;
        let answer_by = read_field(record, &KIND, "answer_by").value().and_then(|v| v.as_text()).and_then(|day| day.parse::<Date>().ok());
        let mut all_in_time = true;
        for (organ, _) in members(record, "organs.") {
            let one = self.replies.entry(organ.to_owned()).or_default();
            one.asked += 1;
            let Some((_, reply)) = members(record, "replies.").find(|(from, _)| *from == organ) else {
                (one.open, all_in_time) = (one.open + 1, false);
                continue;
            };
            let day = reply.get("ms").and_then(Json::as_i64).and_then(|ms| day_of(UtcMs(ms)));
            if answer_by.is_none_or(|by| day.is_some_and(|day| day <= by)) {
                one.in_time += 1;
            } else {
                (one.late, all_in_time) = (one.late + 1, false);
            }
            one.agreed += u32::from(reply.get("agreed").and_then(Json::as_bool) == Some(true));
        }
        self.answered_in_time += u32::from(all_in_time);
    }

    fn add_visit(&mut self, record: &Record) {
        for (_, support) in members(record, "support.") {
            let department = support.get("department").and_then(Json::as_str).unwrap_or_default();
            *self.support.entry(department.to_owned()).or_default() += 1;
        }
    }
}

/// Counts the days from `from` to `to`, of what is within reach.
pub fn figures(tx: &mut Tx<'_>, district: i64, kinds: &Kinds, reach: &Reach, from: Date, to: Date) -> Result<Figures, StoreError> {
    let (first, last) = (from.to_string(), to.to_string());
    let requests: Vec<Vec<u8>> = on!(tx, |c| listing::table
        .filter(listing::district.eq(district))
        .filter(listing::kind.eq(NAME))
        .filter(listing::day.between(&first, &last))
        .order(listing::record)
        .select(listing::record)
        .load(c))?;
    let visits: Vec<Vec<u8>> = on!(tx, |c| visit_part::table
        .filter(visit_part::district.eq(district))
        .filter(visit_part::day.between(&first, &last))
        .order(visit_part::visit)
        .select(visit_part::visit)
        .distinct()
        .load(c))?;
    let mut out = Figures::default();
    for (ids, kind) in [(requests, NAME), (visits, visit::NAME)] {
        let ids: Vec<RecordId> = ids.iter().map(|id| record_id(id)).collect::<Result<_, _>>()?;
        for part in ids.chunks(STEP) {
            for record in load::records(tx, district, part, kinds)?.iter().filter(|record| *record.kind == *kind) {
                let Some(kind) = kinds.get(&record.kind) else { continue };
                if !reach.holds((kind.buckets)(record).iter()) {
                    continue;
                }
                if kind.name == NAME { out.add_request(record) } else { out.add_visit(record) }
            }
        }
    }
    Ok(out)
}
