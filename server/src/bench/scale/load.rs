//! Loads made-up records by way of the committer's own working set: records, moves, index, facts, deadlines and feed are written by the
//! functions that write those of a district.
//!
//! Deliberately absent: changes with signatures, so that there is no log to verify, and reactions. A database that was loaded so is for
//! measuring and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::sync_channel;

use diesel::connection::SimpleConnection as _;
use serde_json::json;
use sync_core::base::time::Interval;
use sync_core::base::{OfficerId, RecordId};
use sync_core::district::{BucketHead, FeedRow, StageMove, Store as _};
use sync_core::fixtures::scale::{Made, Plan, Unfit, records};
use sync_core::record::Bucket;

use super::super::Failure;
use crate::app::App;
use crate::audit::Deed;
use crate::base::db::Tx;
use crate::index::deadline;
use crate::sync::store::{Memory, StoreError, Want, Working};

/// Records of one transaction: every index is touched all over by each, so that few large ones write far less than many small ones.
const BATCH: usize = 8_000;
/// Batches that are made before the one that is written.
const AHEAD: usize = 1;
/// How a connection to SQLite keeps what it reads and writes, while it loads.
const LITE: &str = "PRAGMA cache_size=-1048576; PRAGMA wal_autocheckpoint=40000";

/// What was loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Records, of all kinds.
    pub records: u64,
    /// The commit of the newest change.
    pub commit: u64,
}

/// Loads what is planned, behind what there is. Memory holds a few batches, however much is planned.
pub fn load(app: &App, plan: Plan) -> Result<Loaded, Failure> {
    let begun = app.db.read(|tx| crate::sync::store::load::head(tx, i64::from(app.district.0), false))?;
    let stream = records(plan, u64::try_from(begun.commit_seq)?)?;
    std::thread::scope(|scope| {
        let (send, receive) = sync_channel::<Result<Vec<Made>, Unfit>>(AHEAD);
        scope.spawn(move || {
            let mut stream = stream;
            loop {
                let batch: Result<Vec<Made>, Unfit> = stream.by_ref().take(BATCH).collect();
                let last = batch.as_ref().map_or(true, Vec::is_empty);
                // Whoever takes them has failed, and says why.
                if send.send(batch).is_err() || last {
                    return;
                }
            }
        });
        let (mut loaded, mut heads) = (Loaded::default(), BTreeMap::new());
        for batch in receive {
            let batch = batch?;
            let Some(last) = batch.last() else { break };
            (loaded.records, loaded.commit) = (loaded.records + batch.len() as u64, last.record.commit());
            app.db.write(|tx| {
                if let Tx::Lite(c) = &mut *tx {
                    c.batch_execute(LITE)?;
                }
                let mut store = Working::begin(tx, i64::from(app.district.0), &app.kinds, app.now(), Memory::default(), true)?;
                write(&mut store, batch, &mut heads)?;
                deadline::follow(&mut store, &app.law())?;
                store.audit(&app.keys.receipt)?;
                store.finish().map(|_| ())
            })?;
        }
        Ok(loaded)
    })
}

/// Hands a batch to the working set.
fn write(store: &mut Working<'_, '_>, batch: Vec<Made>, heads: &mut BTreeMap<Bucket, BucketHead>) -> Result<(), StoreError> {
    let clerk: OfficerId = "sc-office".parse().map_err(|e| StoreError::Broken(format!("{e}")))?;
    let ids: Vec<RecordId> = batch.iter().map(|made| made.record.id).collect();
    store.prefetch(&Want { records: ids, ..Want::default() })?;
    let (mut touched, mut head) = (BTreeSet::new(), store.head()?);
    for made in batch {
        let Made { record, steps, feed } = made;
        for step in steps {
            let when = Interval { earliest: step.at, latest: step.at, clock_doubtful: false };
            store.stage_moved(StageMove { record: record.id, dot: step.dot, commit: step.commit, from: step.from, to: step.to, when, shown: step.at })?;
        }
        for row in feed {
            let head: &mut BucketHead = heads.entry(row.bucket.clone()).or_default();
            head.last = head.last.max(row.last);
            head.sum = head.sum.wrapping_add(if row.left { 0 } else { record.checksum() });
            touched.insert(row.bucket.clone());
            store.put_feed_row(&FeedRow { bucket: row.bucket, record: record.id, entered: row.entered, last: row.last, left: row.left })?;
        }
        head.commit = record.commit();
        store.note(Deed::of(&clerk, "record.decided", format!("record:{}", record.id)).with(json!({ "act": null })));
        store.put_record(record)?;
    }
    for bucket in touched {
        let head = heads.get(&bucket).copied().unwrap_or_default();
        store.put_bucket(&bucket, head)?;
    }
    store.put_head(&head)
}
