//! Which units' data somebody reaches, worked out from his scope and the organisation as of today.

use std::collections::BTreeSet;

use sync_core::base::{Date, DeviceId, OfficerId};
use sync_core::dated::{Book, Kind, Row};
use sync_core::org::{self, Organ, Unit};
use sync_core::record::Bucket;

use super::Scope;
use crate::app::App;
use crate::base::problem::Problem;
use crate::index::held::holder;
use crate::sync::live::LiveOfficer;

/// How far somebody's data reaches, as units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    officer: OfficerId,
    /// `None` is the whole district.
    units: Option<BTreeSet<String>>,
}

/// Most holders whose lines are read side by side: one read for each.
const MOST_HOLDERS: usize = 6;

/// How a page of lines within reach is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Road {
    /// All lines are within reach.
    Whole,
    /// Of each of these holders the first lines, which are then merged ([`merged`]): a page costs what it shows.
    Held(Vec<String>),
    /// The lines of all in order, of each whether its record lies in one of these buckets (`held!`): of many units most lines are.
    Asked(Vec<String>),
}

impl Road {
    /// The buckets of which each line is asked: also on a road by holders, where a list has none for what is wanted.
    pub fn asked(&self) -> Option<Vec<String>> {
        match self {
            Road::Whole => None,
            Road::Held(holders) => {
                Some(holders.iter().flat_map(|holder| [Some(holder.clone()), holder.strip_prefix("u:").map(|unit| Bucket::archive(unit).0.to_string())]).flatten().collect())
            }
            Road::Asked(buckets) => Some(buckets.clone()),
        }
    }
}

/// Rows of several holders, of which each came in order, as one page: in that order, each once.
pub fn merged<R, K: Ord>(mut rows: Vec<R>, limit: i64, key: impl Fn(&R) -> K) -> Vec<R> {
    rows.sort_by_cached_key(&key);
    rows.dedup_by(|b, a| key(b) == key(a));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    rows
}

impl Reach {
    /// The reach of an officer today.
    pub fn of(app: &App, officer: &OfficerId, known: &LiveOfficer) -> Reach {
        let units = match &known.scope {
            Scope::District => None,
            Scope::Own => Some(BTreeSet::new()),
            Scope::Unit => Some(BTreeSet::from([known.unit.clone()])),
            Scope::Subtree { of } => Some(subtree(&app.law().book, of.as_deref().unwrap_or(&known.unit), app.today())),
            Scope::Area { of } => Some(in_area(&app.law().book, of, app.today())),
        };
        Reach { officer: officer.clone(), units }
    }

    /// Whether it is the whole district.
    pub fn is_whole(&self) -> bool {
        self.units.is_none()
    }

    /// Whether an officer's data is within reach.
    pub fn takes(&self, officer: &str, unit: &str) -> bool {
        self.officer.as_str() == officer || self.units.as_ref().is_none_or(|units| units.contains(unit))
    }

    /// The units, and the officer himself; `None` if everything is within reach.
    pub fn units(&self) -> Option<(Vec<String>, &OfficerId)> {
        self.units.as_ref().map(|units| (units.iter().cloned().collect(), &self.officer))
    }

    /// The buckets whose records are within reach; `None` if all are.
    pub fn buckets(&self) -> Option<Vec<Bucket>> {
        let units = self.units.as_ref()?;
        let own = [Bucket::officer(self.officer.as_str()), Bucket::reference()].into_iter();
        Some(own.chain(units.iter().flat_map(|u| [Bucket::unit(u), Bucket::archive(u)])).collect())
    }

    /// The names of these buckets, as the feed has them.
    pub fn names(&self) -> Option<Vec<String>> {
        self.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect())
    }

    /// How a page of lines within reach is read.
    pub fn road(&self) -> Road {
        let Some(buckets) = self.buckets() else { return Road::Whole };
        let holders: BTreeSet<String> = buckets.iter().map(holder).collect();
        if holders.len() <= MOST_HOLDERS { Road::Held(holders.into_iter().collect()) } else { Road::Asked(buckets.iter().map(|b| b.0.to_string()).collect()) }
    }

    /// Whether a record in these buckets is within reach.
    pub fn holds<'a>(&self, mut of: impl Iterator<Item = &'a Bucket>) -> bool {
        let Some(mine) = self.buckets() else { return true };
        of.any(|bucket| mine.contains(bucket))
    }

    /// Refuses an officer who is out of reach, as one who is not there.
    pub async fn officer(&self, app: &App, who: &OfficerId) -> Result<(), Problem> {
        app.current().await?;
        let known = app.live.officer(who).filter(|known| self.takes(who.as_str(), &known.unit));
        known.map(|_| ()).ok_or_else(|| Problem::not_found("such officer"))
    }

    /// Refuses a device whose officer is out of reach, as one that is not there.
    pub async fn device(&self, app: &App, device: DeviceId) -> Result<(), Problem> {
        app.current().await?;
        let unknown = || Problem::not_found("such device");
        let known = app.live.device(device).filter(|_| !device.is_office()).ok_or_else(unknown)?;
        self.officer(app, &known.officer).await.map_err(|_| unknown())
    }

    /// Refuses whoever does not reach the whole district.
    pub fn whole(&self) -> Result<(), Problem> {
        if self.is_whole() { Ok(()) } else { Err(Problem::new("forbidden", "this concerns the whole district and your data reaches a part of it; ask the security administrator")) }
    }
}

/// A unit with all below it; the unit alone where the book does not know it.
fn subtree(book: &Book, unit: &str, day: Date) -> BTreeSet<String> {
    std::iter::once(unit.to_owned()).chain(org::subtree(book, unit, day).into_iter().map(String::from)).collect()
}

/// The units of organs that work in an area.
fn in_area(book: &Book, area: &str, day: Date) -> BTreeSet<String> {
    let works_there = |organ: &str| book.get::<Organ>(organ, day).is_some_and(|o| o.areas.iter().any(|a| &**a == area));
    let of = |row: &Row| row.typed::<Unit>().filter(|unit| works_there(&unit.organ)).map(|_| row.key.to_string());
    book.in_force(Kind::Unit, day).filter_map(of).collect()
}

/// A condition on a query's rows: that the record of this column lies in one of these buckets. It asks of one row at a time by the feed's
/// key, so that a page costs what it shows and not what is within reach.
macro_rules! held {
    ($district:expr, $buckets:expr, $record:expr) => {{
        use crate::schema::feed;
        diesel::dsl::exists(
            feed::table.filter(feed::district.eq($district)).filter(feed::bucket.eq_any($buckets)).filter(feed::record.eq($record)).filter(feed::has_left.eq(false)),
        )
    }};
}
pub(crate) use held;
