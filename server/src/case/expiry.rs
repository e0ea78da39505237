//! What was registered or seized and not decided on in time: the task to let it go (行政处罚法 56: 七日; 行政强制法 25, 27).
//!
//! Each is raised once, whoever looks and however often; the ruling is one call, `POST /api/v1/cases/{id}/measures/{m}/rulings` with
//! the disposal `released`. Deliberately absent: letting it go by itself. Somebody has to give it back and have that signed for.

use std::collections::BTreeSet;

use diesel::prelude::*;
use sync_core::base::RecordId;
use sync_core::case::{self, stage};
use sync_core::dated::Book;

use super::gate;
use crate::app::App;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::schema::officer_time;
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want, Working};

const DAY_MS: i64 = 24 * 3_600_000;
/// No period of a measure is shorter than this, and none with its extension and a test goes on for longer than that.
const WINDOW_MS: [i64; 2] = [2 * DAY_MS, 400 * DAY_MS];
/// Most cases that are looked at in one go; the newest come first.
const MOST: i64 = 500;

/// Cases with a measure that began long enough ago.
fn pressing(tx: &mut Tx<'_>, district: i64, now: i64) -> Result<Vec<RecordId>, StoreError> {
    let [shortest, longest] = WINDOW_MS;
    let rows: Vec<(Vec<u8>, i64)> = on!(tx, |c| officer_time::table
        .filter(officer_time::district.eq(district))
        .filter(officer_time::entry.like("measures.%"))
        .filter(officer_time::from_ms.between(now.saturating_sub(longest), now.saturating_sub(shortest)))
        .order((officer_time::from_ms.desc(), officer_time::record))
        .limit(MOST)
        .select((officer_time::record, officer_time::from_ms))
        .load(c))?;
    let records: BTreeSet<RecordId> = rows.iter().map(|(row, _)| record_id(row)).collect::<Result<_, _>>()?;
    Ok(records.into_iter().collect())
}

/// Raises what is over its time; gives how much that is.
fn raise(store: &mut Working<'_, '_>, cases: &[RecordId], book: &Book) -> Result<usize, StoreError> {
    let mut over = 0;
    for id in cases {
        let Some(record) = store.look(*id)?.filter(|r| *r.kind == *case::NAME && !stage::OVER.contains(&r.stage())) else { continue };
        for finding in gate::judge(store, &record, book)? {
            let class = match finding.code {
                "registration_expired" => "registration_expired",
                "seizure_expired" => "seizure_expired",
                _ => continue,
            };
            store.raise(class, format!("{class}:{id}:{}", finding.about));
            over += 1;
        }
    }
    Ok(over)
}

impl App {
    /// Looks at everything that was registered or seized; gives how much of it is over its time. Doing it again raises nothing twice.
    pub async fn watch_taken(&self) -> Result<usize, Problem> {
        let now = self.now().0;
        let cases = self.read(move |tx, district| pressing(tx, district, now)).await?;
        if cases.is_empty() {
            return Ok(0);
        }
        let law = self.law();
        Ok(self.committer.run(Want { records: cases.clone(), ..Want::default() }, move |store| raise(store, &cases, &law.book)).await?)
    }
}
