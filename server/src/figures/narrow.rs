//! What is asked for: a period, and the filters that apply to facts and deadlines.
//!
//! A filter applies to what an indicator counts, or the indicator has no number ([`Query::unfit`]); none is passed over in silence.

use std::collections::BTreeSet;

use serde::Deserialize;
use sync_core::base::{Date, RecordId};
use sync_core::dated::{Book, Kind};
use sync_core::figures::{Dim, Indicator, days, year_before};
use sync_core::org::Unit;

use crate::base::problem::Problem;
use crate::org::reach::Reach;

/// Which facts: all filters that are given must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// First day of the period.
    pub from: Date,
    /// Last day of the period.
    pub to: Date,
    /// Only of this area.
    pub area: Option<String>,
    /// Only of this organ: of what names none, that of the unit in charge.
    pub organ: Option<String>,
    /// Only of this unit.
    pub unit: Option<String>,
    /// Only of this site or subject.
    pub object: Option<RecordId>,
    /// Only of this matter.
    pub matter: Option<String>,
    /// Rows: `next` of the page before.
    pub after: Option<String>,
    /// Rows of a page.
    pub limit: Option<u32>,
}

/// Longest period: what is compared is a year, and what is charted is some of them.
const LONGEST: i64 = 3_660;

impl Query {
    /// Refuses a period that is none or has no end.
    pub fn sound(&self) -> Result<(), Problem> {
        match days(self.from, self.to) {
            days if days < 0 => Err(Problem::field("to", format!("is before {}; the last day of the period is not before its first", self.from))),
            days if days > LONGEST => Err(Problem::field("from", format!("the period has {days} days; ask for at most {LONGEST}"))),
            _ => Ok(()),
        }
    }

    /// The same period of the year before: 29 February becomes the 28th.
    pub fn year_before(&self) -> Query {
        Query { from: year_before(self.from), to: year_before(self.to), ..self.clone() }
    }

    /// The day before the period.
    pub fn day_before(&self) -> Option<Query> {
        let day = self.from.yesterday().ok()?;
        Some(Query { from: day, to: day, ..self.clone() })
    }

    /// The filters that are given.
    fn given(&self) -> impl Iterator<Item = Dim> {
        let given = [self.area.is_some(), self.organ.is_some(), self.unit.is_some(), self.object.is_some(), self.matter.is_some()];
        Dim::ALL.into_iter().zip(given).filter(|(_, given)| *given).map(|(dim, _)| dim)
    }

    /// The filters that are given and by which an indicator cannot be narrowed: it has no number then.
    pub fn unfit(&self, indicator: &Indicator) -> Vec<&'static str> {
        let by = indicator.formula.by();
        self.given().filter(|dim| !by.contains(dim)).map(Dim::as_str).collect()
    }
}

/// Second names of tables, for what a record is looked up by inside a filter.
mod aliases {
    use crate::schema::{fact, listing};

    diesel::alias!(fact as concerns: Concerns, listing as named: Named);
}
pub(super) use aliases::{concerns, named};

/// A query with what it needs of book and organisation.
pub struct Asked<'q> {
    /// What is asked for.
    pub query: &'q Query,
    /// Units that were the organ's on a day of the period.
    pub units: Vec<String>,
    /// The buckets within reach of whoever asks; `None` if all are.
    pub buckets: Option<Vec<String>>,
}

impl<'q> Asked<'q> {
    /// What somebody asks by a book.
    pub fn of(query: &'q Query, reach: &Reach, book: &Book) -> Asked<'q> {
        let within = |row: &sync_core::dated::Row| row.valid.from <= query.to && row.valid.until.is_none_or(|until| query.from < until);
        let of = |row: &sync_core::dated::Row| row.typed::<Unit>().is_some_and(|unit| query.organ.as_deref() == Some(&*unit.organ));
        let units = book.of_kind(Kind::Unit).filter(|row| query.organ.is_some() && within(row) && of(row));
        let units: BTreeSet<String> = units.map(|row| row.key.to_string()).collect();
        Asked { query, units: units.into_iter().collect(), buckets: reach.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect()) }
    }
}

/// The filters of a query on the rows of `fact`, and the reach of whoever asks. A row without organ is its unit's; one that names no
/// object is of each object that its record names.
macro_rules! narrowed {
    ($rows:expr, $district:expr, $asked:expr) => {{
        use crate::figures::narrow::concerns;
        use crate::schema::fact;
        let (query, asked) = ($asked.query, $asked);
        let mut rows = $rows.filter(fact::district.eq($district)).filter(fact::day.ge(query.from.to_string())).filter(fact::day.le(query.to.to_string()));
        if let Some(area) = &query.area {
            rows = rows.filter(fact::area.eq(area));
        }
        if let Some(organ) = &query.organ {
            rows = rows.filter(fact::organ.eq(organ).or(fact::organ.is_null().and(fact::unit.eq_any(&asked.units))));
        }
        if let Some(unit) = &query.unit {
            rows = rows.filter(fact::unit.eq(unit));
        }
        if let Some(object) = query.object {
            let object = object.to_bytes().to_vec();
            let concern =
                concerns.filter(concerns.field(fact::district).eq($district)).filter(concerns.field(fact::object).eq(object.clone())).select(concerns.field(fact::record));
            rows = rows.filter(fact::object.eq(object).or(fact::object.is_null().and(fact::record.eq_any(concern))));
        }
        if let Some(matter) = &query.matter {
            rows = rows.filter(fact::matter.eq(matter));
        }
        if let Some(buckets) = &asked.buckets {
            rows = rows.filter(crate::org::reach::held!($district, buckets, fact::record));
        }
        rows
    }};
}

/// The filters of a query on the rows of `deadline` whose last day is in the period: a right that lapses is none.
macro_rules! narrowed_deadlines {
    ($rows:expr, $district:expr, $asked:expr) => {{
        use crate::schema::deadline;
        let query = $asked.query;
        let rows = $rows.filter(deadline::district.eq($district)).filter(deadline::lapses.eq(false)).filter(deadline::due.between(query.from.to_string(), query.to.to_string()));
        crate::figures::narrow::of_deadlines!(rows, $district, $asked)
    }};
}

/// The filters of a query on deadlines beside their days: for rows that another table gives in the order of days, so that no index of theirs tempts a
/// planner to begin with them.
macro_rules! of_deadlines {
    ($rows:expr, $district:expr, $asked:expr) => {{
        use crate::figures::narrow::named;
        use crate::schema::{deadline, fact, listing as lines_of};
        let (query, asked) = ($asked.query, $asked);
        let mut rows = $rows;
        if query.organ.is_some() {
            rows = rows.filter(deadline::unit.eq_any(&asked.units));
        }
        if let Some(unit) = &query.unit {
            rows = rows.filter(deadline::unit.eq(unit));
        }
        if let Some(object) = query.object {
            let object = object.to_bytes().to_vec();
            let listed = named.filter(named.field(lines_of::district).eq($district)).filter(named.field(lines_of::object).eq(object.clone())).select(named.field(lines_of::record));
            let concern = fact::table.filter(fact::district.eq($district)).filter(fact::object.eq(object)).select(fact::record);
            rows = rows.filter(deadline::record.eq_any(listed).or(deadline::record.eq_any(concern)));
        }
        if let Some(buckets) = &asked.buckets {
            rows = rows.filter(crate::org::reach::held!($district, buckets, deadline::record));
        }
        rows
    }};
}

pub(super) use {narrowed, narrowed_deadlines, of_deadlines};
