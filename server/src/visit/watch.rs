//! Urgent starts whose approval is not made up for: a reminder after the hours of `inspection.urgent.alert`, and another notice
//! once those of `inspection.urgent.report` have run out (国办发〔2024〕54号: 及时补办).
//!
//! The reaction to the visit writes by when (`due`); here the clock is looked at. Each notice is raised once, whoever looks and
//! however often. Deliberately absent: anything that happens to the visit by itself.

use diesel::prelude::*;
use serde_json::Value as Json;
use sync_core::base::date::day_of;
use sync_core::base::{RecordId, UtcMs};

use super::ops::of_field;
use crate::app::App;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::schema::listing;
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want, Working};

/// Most visits that are looked at in one go; the most pressing come first.
const MOST: i64 = 500;
/// The longest time that policy allows for a report, in milliseconds: an alert comes before the day that the index knows.
const AHEAD_MS: i64 = 8 * 24 * 3_600_000;

/// The visits of which something is due by now or soon.
fn pressing(tx: &mut Tx<'_>, district: i64, now: UtcMs) -> Result<Vec<RecordId>, StoreError> {
    let until = day_of(UtcMs(now.0.saturating_add(AHEAD_MS))).map(|day| day.to_string()).unwrap_or_default();
    let rows: Vec<Vec<u8>> = on!(tx, |c| listing::table
        .filter(listing::district.eq(district))
        .filter(listing::kind.eq(sync_core::visit::NAME))
        .filter(listing::due.le(&until))
        .order(listing::due.asc())
        .limit(MOST)
        .select(listing::record)
        .load(c))?;
    rows.iter().map(|row| record_id(row)).collect()
}

/// Raises what is to be raised of these visits; gives those that are over their time.
fn raise(store: &mut Working<'_, '_>, visits: &[RecordId]) -> Result<Vec<RecordId>, StoreError> {
    let (now, mut over) = (store.now.0, Vec::new());
    for id in visits {
        let Some(record) = store.look(*id)? else { continue };
        let Some(due) = of_field(&record, "due").find(|due| due.get("for").and_then(Json::as_str) == Some("formalities")) else { continue };
        let at = |member: &str| due.get(member).and_then(Json::as_i64).unwrap_or(i64::MAX);
        if now >= at("at_ms") {
            store.raise("formalities_overdue", format!("formalities_overdue:{id}"));
            over.push(*id);
        } else if now >= at("alert_ms") {
            store.raise("formalities_due", format!("formalities_due:{id}"));
        }
    }
    Ok(over)
}

impl App {
    /// Looks at all urgent starts that wait for their approval; gives those that are over their time.
    pub async fn watch_urgent(&self) -> Result<Vec<RecordId>, Problem> {
        let now = self.now();
        let visits = self.read(move |tx, district| pressing(tx, district, now)).await?;
        if visits.is_empty() {
            return Ok(visits);
        }
        Ok(self.committer.run(Want { records: visits.clone(), ..Want::default() }, move |store| raise(store, &visits)).await?)
    }
}
