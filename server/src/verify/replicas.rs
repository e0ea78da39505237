//! A handheld's mirror against the server's records and feed, as far as the handheld has been told.

use std::time::{SystemTime, UNIX_EPOCH};

use diesel::prelude::*;
use std::collections::BTreeSet;
use sync_core::base::pack::unpack;
use sync_core::base::{OfficerId, RecordId};
use sync_core::record::{Bucket, Record};
use sync_core::replica::{Meta, Mirror, Store as _};
use zhifa_mobile::device::store::Tx;

use super::finding::{Code, Finding, Findings};
use super::handhelds::Ended;
use super::source::PAGE;
use super::{Ground, Server};
use crate::on;
use crate::schema::{bucket_head, feed, officer, officer_grant, record};
use crate::sync::store::rows::{StoredFeed, int, nat, record_id};

/// Most bytes of an inflated record.
const MAX_STATE: usize = 64 << 20;
/// Records of one page of a mirror.
const MIRRORS: usize = 200;

/// Compares; says whether the handheld holds all that it should and nothing else. One that may not read any more
/// need not be up to date.
pub fn check(ground: &mut Ground<'_, '_>, server: &Server, tx: &mut Tx<'_>, meta: &Meta, epoch: i64, found: &mut Findings) -> Result<bool, Ended> {
    let scope = scope(ground, server, meta)?;
    if i64::from(meta.cursor.epoch) != epoch {
        return Ok(scope.is_none());
    }
    let mut replica = Replica { ground, tx, meta, found, equal: true };
    replica.told()?;
    replica.held()?;
    let behind = match scope {
        Some(scope) => replica.behind(&scope)?,
        None => false,
    };
    Ok(replica.equal && !behind)
}

/// The buckets that the device is given now; `None` if it may not read.
fn scope(ground: &mut Ground<'_, '_>, server: &Server, meta: &Meta) -> Result<Option<BTreeSet<Bucket>>, Ended> {
    let Some(who) = server.roster.get(&meta.device).filter(|d| !d.revoked) else { return Ok(None) };
    let district = ground.district;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| int(d.as_millis() as u64));
    let suspended: i64 = on!(ground.tx, |c| officer::table
        .filter(officer::district.eq(district))
        .filter(officer::id.eq(&who.officer))
        .filter(officer::suspended_ms.is_not_null())
        .count()
        .get_result(c))?;
    if suspended > 0 {
        return Ok(None);
    }
    let granted: Vec<String> = on!(ground.tx, |c| officer_grant::table
        .filter(officer_grant::district.eq(district))
        .filter(officer_grant::officer.eq(&who.officer))
        .filter(officer_grant::from_ms.le(now))
        .filter(officer_grant::until_ms.is_null().or(officer_grant::until_ms.gt(now)))
        .select(officer_grant::bucket)
        .load(c))?;
    let own = who.officer.parse::<OfficerId>().ok().map(|o| Bucket::officer(o.as_str()));
    Ok(Some(granted.into_iter().map(|b| Bucket(b.into())).chain(own).collect()))
}

struct Replica<'a, 't, 'c, 'd> {
    ground: &'a mut Ground<'t, 'c>,
    tx: &'a mut Tx<'d>,
    meta: &'a Meta,
    found: &'a mut Findings,
    equal: bool,
}

impl Replica<'_, '_, '_, '_> {
    fn wrong(&mut self, code: Code, id: RecordId, field: Option<&str>, what: &str) {
        self.equal = false;
        let finding = Finding::new(code, format!("handheld {}: record {id} {what}", self.meta.device)).of(self.meta.device).on(id);
        self.found.add(match field {
            Some(field) => finding.field(field),
            None => finding,
        });
    }

    /// Whether there is something to pull, or something given or taken since.
    fn behind(&mut self, scope: &BTreeSet<Bucket>) -> Result<bool, Ended> {
        let cursor: BTreeSet<Bucket> = self.meta.cursor.buckets.keys().cloned().collect();
        if cursor != *scope || !self.meta.refetching.is_empty() {
            return Ok(true);
        }
        for (bucket, position) in &self.meta.cursor.buckets {
            let district = self.ground.district;
            let last: Option<i64> = on!(self.ground.tx, |c| bucket_head::table.find((district, &*bucket.0)).select(bucket_head::last).first(c).optional())?;
            if last.map_or(0, nat) > position.at {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Everything that the handheld was told of is there, and what left is not.
    fn told(&mut self) -> Result<(), Ended> {
        let (district, meta) = (self.ground.district, self.meta);
        for (bucket, position) in &meta.cursor.buckets {
            let mut after: Vec<u8> = Vec::new();
            loop {
                let rows: Vec<StoredFeed> = on!(self.ground.tx, |c| feed::table
                    .filter(feed::district.eq(district))
                    .filter(feed::bucket.eq(&*bucket.0))
                    .filter(feed::record.gt(&after))
                    .order(feed::record)
                    .limit(PAGE)
                    .select(StoredFeed::as_select())
                    .load(c))?;
                let Some(last) = rows.last() else { break };
                after = last.record.clone();
                for row in rows.iter().filter(|r| nat(r.last) <= position.at) {
                    let Ok(id) = record_id(&row.record) else { continue };
                    let here = self.tx.mirror(id)?.is_some_and(|m| m.buckets.contains_key(bucket));
                    if here && row.has_left {
                        self.wrong(Code::ReplicaUnexplained, id, None, &format!("left bucket {}, and it still holds it there", bucket.0));
                    } else if !here && !row.has_left {
                        self.wrong(Code::ReplicaMissing, id, None, &format!("is in bucket {}, it was told so, and does not hold it", bucket.0));
                    }
                }
            }
        }
        Ok(())
    }

    /// Everything that it holds is the server's, unless the server has moved on since.
    fn held(&mut self) -> Result<(), Ended> {
        let mut after = None;
        loop {
            let ids = self.tx.mirrored_after(after, MIRRORS)?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = Some(*last);
            for id in ids {
                if let Some(mirror) = self.tx.mirror(id)? {
                    self.one(id, &mirror)?;
                }
            }
        }
    }

    fn one(&mut self, id: RecordId, mirror: &Mirror) -> Result<(), Ended> {
        let (district, key) = (self.ground.district, id.to_bytes().to_vec());
        let rows: Vec<StoredFeed> = on!(self.ground.tx, |c| feed::table.filter(feed::district.eq(district)).filter(feed::record.eq(&key)).select(StoredFeed::as_select()).load(c))?;
        let mut current = false;
        for bucket in mirror.buckets.keys() {
            let Some(position) = self.meta.cursor.buckets.get(bucket) else { continue };
            match rows.iter().find(|r| *r.bucket == *bucket.0) {
                None => self.wrong(Code::ReplicaUnexplained, id, None, &format!("was never in bucket {}, and it holds it there", bucket.0)),
                Some(row) => current |= !row.has_left && nat(row.last) <= position.at,
            }
        }
        if !current {
            return Ok(());
        }
        let state: Option<Vec<u8>> = on!(self.ground.tx, |c| record::table.find((district, &key)).select(record::state).first(c).optional())?;
        let stored = state.and_then(|s| unpack(&s, MAX_STATE).ok()).and_then(|s| Record::from_state(id, &s, &self.ground.kinds).ok());
        // A record that is gone or unreadable has been named by the walk over the records.
        let Some(stored) = stored else { return Ok(()) };
        if mirror.record == stored && mirror.record.checksum() == mirror.record.recompute_checksum() {
            return Ok(());
        }
        let fields: BTreeSet<&str> = stored.registers().chain(mirror.record.registers()).map(|(k, _)| k).collect();
        let differs = fields.into_iter().find(|f| stored.register(f) != mirror.record.register(f));
        self.wrong(Code::ReplicaDiffers, id, differs, "is not what the server holds");
        Ok(())
    }
}
