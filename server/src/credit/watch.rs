//! What a new day changes: a repair opens, a display ends by itself, newer rules come into force; and reminders before a repair opens
//! (`credit.reminders`: 30, 7 and 0 days).

use std::collections::BTreeSet;

use diesel::prelude::*;
use sync_core::base::date::{day_of, start_of};
use sync_core::base::{Date, RecordId, UtcMs};
use sync_core::credit::repair::{OPEN, stage};
use sync_core::law::policy;

use crate::app::App;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::react::{self, Ground};
use crate::schema::repair;
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want};

/// The class of reminders.
pub const CLASS: &str = "repair_due";
/// Records that are looked at at once.
const STEP: i64 = 200;

/// Repairs that a day has changed: open by now and not found so, over by now, or under rules that no longer apply.
fn changed(tx: &mut Tx<'_>, district: i64, today: Date, regime: Option<&str>, after: &[u8]) -> Result<Vec<RecordId>, StoreError> {
    let today = today.to_string();
    let mut waiting = vec![stage::NOT_ELIGIBLE];
    waiting.extend(OPEN);
    let rows: Vec<Vec<u8>> = on!(tx, |c| {
        let opened = repair::stage.eq(stage::NOT_ELIGIBLE).and(repair::opens.le(&today));
        let over = repair::latest.le(&today);
        let base = repair::table.filter(repair::district.eq(district)).filter(repair::stage.eq_any(&waiting)).filter(repair::record.gt(after));
        let q = base.order(repair::record).limit(STEP).select(repair::record).into_boxed();
        match regime {
            Some(regime) => q.filter(opened.or(over).or(repair::regime.ne(regime))).load(c),
            None => q.filter(opened.or(over)).load(c),
        }
    })?;
    rows.iter().map(|row| record_id(row)).collect()
}

/// What opens within a span of days: the record and its day.
fn opening(tx: &mut Tx<'_>, district: i64, from: Date, to: Date, after: &(String, Vec<u8>)) -> Result<Vec<(Vec<u8>, String)>, StoreError> {
    let (first, last) = (from.to_string(), to.to_string());
    let rows: Vec<(Vec<u8>, Option<String>)> = on!(tx, |c| repair::table
        .filter(repair::district.eq(district))
        .filter(repair::stage.eq_any([stage::NOT_ELIGIBLE, stage::ELIGIBLE]))
        .filter(repair::opens.between(&first, &last))
        .filter(repair::opens.gt(&after.0).or(repair::opens.eq(&after.0).and(repair::record.gt(&after.1))))
        .order((repair::opens, repair::record))
        .limit(STEP)
        .select((repair::record, repair::opens))
        .load(c))?;
    Ok(rows.into_iter().filter_map(|(record, opens)| Some((record, opens?))).collect())
}

/// The tightest reminder that is reached with so many days left.
fn reached(reminders: &[i64], left: i64) -> Option<i64> {
    reminders.iter().copied().filter(|days| left <= *days).min()
}

impl App {
    /// Reckons every repair anew that a day has changed; gives how many were looked at. Doing it again on the same day changes nothing.
    pub async fn watch_repairs(&self) -> Result<usize, Problem> {
        let (law, today) = (self.law(), self.today());
        let newer = policy::get::<String>(&law.book, "credit.transition", today).is_ok_and(|answer| answer.value == "newer");
        let regime = policy::get::<String>(&law.book, "credit.regime", today).ok().map(|answer| answer.value).filter(|_| newer);
        let (mut done, mut after) = (0, Vec::new());
        loop {
            let (from, rules) = (after.clone(), regime.clone());
            let records = self.read(move |tx, district| changed(tx, district, today, rules.as_deref(), &from)).await?;
            let Some(last) = records.last() else { return Ok(done) };
            after = last.to_bytes().to_vec();
            done += records.len();
            let (keys, law) = (self.keys.clone(), law.clone());
            let want = Want { records: records.clone(), ..Want::default() };
            let reckon = self.committer.run(want, move |store| {
                let ground = Ground { law: &law, keys: &keys };
                for id in &records {
                    let Some(record) = store.look(*id)? else { continue };
                    for draft in react::repair::react(store, &record, &ground)? {
                        react::write(store, draft, &keys)?;
                    }
                }
                Ok::<_, StoreError>(())
            });
            reckon.await?;
        }
    }

    /// Reminds of what is about to open, once for each reminder; gives how many notices were asked for. A reminder that was missed is not
    /// made up for beside the next one.
    pub async fn remind_repairs(&self) -> Result<usize, Problem> {
        let (law, today) = (self.law(), self.today());
        let reminders = policy::get::<Vec<i64>>(&law.book, "credit.reminders", today).map_err(Problem::internal)?.value;
        let Some(furthest) = reminders.iter().copied().max() else { return Ok(0) };
        let shifted = |days: i64| day_of(UtcMs(start_of(today).0.saturating_add(days.saturating_mul(86_400_000)))).unwrap_or(today);
        // Looked at for a week after it opened, in case nobody looked on the day.
        let (from, to) = (shifted(-7), shifted(furthest));
        let (mut raised, mut after) = (0, (String::new(), Vec::new()));
        loop {
            let since = after.clone();
            let rows = self.read(move |tx, district| opening(tx, district, from, to, &since)).await?;
            let Some((record, opens)) = rows.last() else { return Ok(raised) };
            after = (opens.clone(), record.clone());
            let mut subjects = BTreeSet::new();
            for (record, opens) in &rows {
                let Some(left) = opens.parse::<Date>().ok().and_then(|day| today.until(day).ok()).map(|span| i64::from(span.get_days())) else { continue };
                if let Some(days) = reached(&reminders, left) {
                    subjects.insert(format!("repair:{}:{days}:{opens}", record_id(record)?));
                }
            }
            raised += subjects.len();
            let raise = self.committer.run(Want::default(), move |store| {
                subjects.iter().for_each(|subject| store.raise(CLASS, subject.clone()));
                Ok::<_, StoreError>(())
            });
            raise.await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tightest_reminder_that_is_reached_is_given() {
        let all = [30, 7, 0];
        assert_eq!([31, 30, 29, 8, 7, 1, 0, -3].map(|left| reached(&all, left)), [None, Some(30), Some(30), Some(30), Some(7), Some(7), Some(0), Some(0)]);
    }
}
