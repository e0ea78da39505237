//! What is counted of training, from rows: hours of officers against the yearly goal, and courses with whom they asked and who taught.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde::Serialize;
use sync_core::base::{Date, RecordId};
use sync_core::training::course::TAUGHT;

use super::index::{INVITED, TEACHER};
use crate::base::db::Tx;
use crate::on;
use crate::org::reach::Reach;
use crate::schema::{attendance, course, course_part, feed, officer};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// An officer's year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Year {
    /// Who.
    pub officer: String,
    /// His name.
    pub name: String,
    /// His unit.
    pub unit: String,
    /// Hours credited.
    pub hours: i64,
    /// Courses for which hours were credited.
    pub courses: i64,
    /// Hours that are missing from the goal.
    pub missing: i64,
}

/// Hours of the officers within reach in a year, in order of id, `limit` of them after one.
pub fn hours(tx: &mut Tx<'_>, district: i64, reach: &Reach, year: i16, goal: i64, after: &str, limit: i64) -> Result<Vec<Year>, StoreError> {
    let people: Vec<(String, String, String)> = on!(tx, |c| {
        let mut q = officer::table
            .filter(officer::district.eq(district))
            .filter(officer::id.gt(after))
            .order(officer::id)
            .limit(limit)
            .select((officer::id, officer::name, officer::unit))
            .into_boxed();
        if let Some((units, own)) = reach.units() {
            q = q.filter(officer::unit.eq_any(units).or(officer::id.eq(own.as_str().to_owned())));
        }
        q.load(c)
    })?;
    let ids: Vec<&str> = people.iter().map(|(id, ..)| id.as_str()).collect();
    let (from, to) = (format!("{year:04}-01-01"), format!("{year:04}-12-31"));
    let rows: Vec<(String, i64)> = on!(tx, |c| attendance::table
        .filter(attendance::district.eq(district))
        .filter(attendance::officer.eq_any(&ids))
        .filter(attendance::day.between(&from, &to))
        .filter(attendance::hours.gt(0))
        .select((attendance::officer, attendance::hours.assume_not_null()))
        .load(c))?;
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for (officer, hours) in rows {
        let sum = sums.entry(officer).or_default();
        (sum.0, sum.1) = (sum.0.saturating_add(hours), sum.1 + 1);
    }
    let year = |(officer, name, unit): (String, String, String)| {
        let (hours, courses) = sums.get(&officer).copied().unwrap_or_default();
        Year { officer, name, unit, hours, courses, missing: (goal - hours).max(0) }
    };
    Ok(people.into_iter().map(year).collect())
}

/// Somebody who taught.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Taught {
    /// The course.
    pub course: RecordId,
    /// His department; empty for one of the team's own.
    pub department: String,
    /// His name.
    pub name: String,
}

/// A department that was asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Asked {
    /// The course.
    pub course: RecordId,
    /// The department.
    pub department: String,
    /// The field of law.
    pub domain: String,
    /// What it replied; absent so far.
    pub accepted: Option<bool>,
}

/// Courses of a span of days, and the rows that are counted.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Courses that were held, by kind.
    pub held: BTreeMap<String, u32>,
    /// Fields of law for which departments were asked to teach (邀请领域).
    pub fields_invited: BTreeSet<String>,
    /// Letters to departments.
    pub invitations: Vec<Asked>,
    /// Who taught in courses that were held, by department.
    pub experts: BTreeMap<String, u32>,
    /// Those who taught.
    pub taught: Vec<Taught>,
    /// Attendances that were found right.
    pub attendances: i64,
    /// Hours that were credited.
    pub hours: i64,
}

/// Counts the courses of the days from `from` to `to` that are within reach. A course that was called off is not counted, nor whom it asked.
pub fn figures(tx: &mut Tx<'_>, district: i64, reach: &Reach, from: Date, to: Date) -> Result<Figures, StoreError> {
    let (from, to) = (from.to_string(), to.to_string());
    let buckets: Option<Vec<String>> = reach.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect());
    let courses: Vec<(Vec<u8>, String, String)> = on!(tx, |c| {
        let mut q = course::table
            .filter(course::district.eq(district))
            .filter(course::day.between(&from, &to))
            .filter(course::stage.ne(sync_core::training::course::stage::CANCELLED))
            .order(course::record)
            .select((course::record, course::kind, course::stage))
            .into_boxed();
        if let Some(buckets) = &buckets {
            let held = feed::table.filter(feed::district.eq(district)).filter(feed::bucket.eq_any(buckets)).filter(feed::has_left.eq(false)).select(feed::record);
            q = q.filter(course::record.eq_any(held));
        }
        q.load(c)
    })?;
    let mut out = Figures::default();
    for part in courses.chunks(crate::base::db::ROWS) {
        let keys: Vec<&[u8]> = part.iter().map(|(id, ..)| id.as_slice()).collect();
        let held: BTreeSet<&[u8]> = part.iter().filter(|(_, _, stage)| TAUGHT.contains(&stage.as_str())).map(|(id, ..)| id.as_slice()).collect();
        for (_, kind, _) in part.iter().filter(|(id, ..)| held.contains(id.as_slice())) {
            *out.held.entry(kind.clone()).or_default() += 1;
        }
        type Row = (Vec<u8>, String, String, String, String, Option<bool>);
        let rows: Vec<Row> = on!(tx, |c| course_part::table
            .filter(course_part::district.eq(district))
            .filter(course_part::record.eq_any(&keys))
            .order((course_part::record, course_part::role, course_part::entry))
            .select((course_part::record, course_part::role, course_part::organ, course_part::domain, course_part::name, course_part::accepted))
            .load(c))?;
        for (id, role, department, domain, name, accepted) in rows {
            let course = record_id(&id)?;
            if role == INVITED {
                out.fields_invited.insert(domain.clone());
                out.invitations.push(Asked { course, department, domain, accepted });
            } else if role == TEACHER && held.contains(id.as_slice()) {
                *out.experts.entry(department.clone()).or_default() += 1;
                out.taught.push(Taught { course, department, name });
            }
        }
        let rows: Vec<(Option<String>, Option<i64>)> = on!(tx, |c| attendance::table
            .filter(attendance::district.eq(district))
            .filter(attendance::record.eq_any(&keys))
            .select((attendance::word, attendance::hours))
            .load(c))?;
        out.attendances += i64::try_from(rows.iter().filter(|(word, _)| word.as_deref() == Some("right")).count()).unwrap_or(i64::MAX);
        out.hours += rows.iter().filter_map(|(_, hours)| *hours).sum::<i64>();
    }
    Ok(out)
}
