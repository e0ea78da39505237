//! What every request may know without asking the database: heads of buckets, devices with their keys, officers.
//!
//! On SQLite this process is the only writer and what stands here is what is stored. On PostgreSQL one read of the
//! district's head says whether it is ([`Live::current`]).

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use diesel::prelude::*;
use serde::Serialize;
use sync_core::base::keys::PublicKey;
use sync_core::base::{DeviceId, OfficerId, UtcMs};
use sync_core::district::{BucketHead, DeviceState, Grant};
use sync_core::protocol::Cursor;
use sync_core::record::Bucket;
use tokio::sync::watch;

use super::store::rows::{HeadRow, StoredDevice, nat};
use super::store::{Outcome, StoreError, load};
use crate::base::db::{Db, Tx};
use crate::law::live::LiveLaw;
use crate::on;
use crate::org::{Role, Scope};
use crate::schema::{device, officer, officer_grant};

/// A device as access control sees it.
#[derive(Clone)]
pub struct LiveDevice {
    /// Its officer.
    pub officer: OfficerId,
    /// Its key.
    pub key: Option<PublicKey>,
    /// Its signature algorithm.
    pub alg: Box<str>,
    /// How it stands.
    pub state: DeviceState,
}

/// An officer as access control sees him.
#[derive(Clone)]
pub struct LiveOfficer {
    /// Whether he is suspended.
    pub suspended: bool,
    /// The unit that the roster gives him.
    pub unit: String,
    /// How far his data reaches.
    pub scope: Scope,
    /// What he may do in the back office.
    pub roles: Vec<Role>,
    grants: Vec<Grant>,
}

#[derive(Default)]
struct State {
    epoch: u32,
    commit: u64,
    moves: u64,
    roster: i64,
    buckets: HashMap<Bucket, BucketHead>,
    devices: HashMap<DeviceId, LiveDevice>,
    officers: HashMap<OfficerId, LiveOfficer>,
}

/// The shared memory of one district.
pub struct Live {
    /// The book of everything that has days.
    pub law: LiveLaw,
    district: i64,
    state: RwLock<State>,
    news: watch::Sender<u64>,
}

#[derive(Serialize)]
struct Nothing<'a> {
    items: [(); 0],
    epoch: u32,
    dropped: [(); 0],
    moves: [(); 0],
    cursor: &'a str,
    more: bool,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    sums: std::collections::BTreeMap<&'a Bucket, u64>,
}

impl Live {
    /// Reads everything once.
    pub fn open(db: &Db, district: i64) -> Result<Live, StoreError> {
        let live = Live { law: LiveLaw::default(), district, state: RwLock::default(), news: watch::channel(0).0 };
        db.read(|tx| live.reload(tx))?;
        Ok(live)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn reload(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let head = load::head(tx, self.district, false)?;
        let (known_commit, known_roster, first) = {
            let state = self.read();
            (state.commit, state.roster, state.epoch == 0)
        };
        let heads = if first || nat(head.commit_seq) != known_commit { load::buckets(tx, self.district, None)? } else { Vec::new() };
        let roster = if first || head.roster != known_roster {
            self.law.reload(tx, self.district)?;
            Some(self.load_roster(tx)?)
        } else {
            None
        };
        let mut state = self.write();
        set_head(&mut state, &head);
        state.buckets.extend(heads);
        if let Some((devices, officers)) = roster {
            (state.devices, state.officers) = (devices, officers);
        }
        drop(state);
        self.announce();
        Ok(())
    }

    #[allow(clippy::type_complexity, reason = "two maps, named where they are kept")]
    fn load_roster(&self, tx: &mut Tx<'_>) -> Result<(HashMap<DeviceId, LiveDevice>, HashMap<OfficerId, LiveOfficer>), StoreError> {
        let officer_id = |text: &str| text.parse::<OfficerId>().map_err(|e| StoreError::Broken(format!("officer: {e}")));
        let mut devices = HashMap::new();
        let rows: Vec<StoredDevice> = on!(tx, |c| device::table.filter(device::district.eq(self.district)).select(StoredDevice::as_select()).load(c))?;
        for row in rows {
            let row = row.row()?;
            devices.insert(row.device, LiveDevice { officer: row.officer, key: PublicKey::new(&row.alg, &row.public_key), alg: row.alg, state: row.state });
        }
        let mut officers: HashMap<OfficerId, LiveOfficer> = HashMap::new();
        let rows: Vec<(String, String, String, String, Option<i64>)> = on!(tx, |c| officer::table
            .filter(officer::district.eq(self.district))
            .select((officer::id, officer::unit, officer::roles, officer::scope, officer::suspended_ms))
            .load(c))?;
        for (who, unit, roles, scope, suspended) in rows {
            let roles = serde_json::from_str(&roles).map_err(|e| StoreError::Broken(format!("roles: {e}")))?;
            let scope = serde_json::from_str(&scope).map_err(|e| StoreError::Broken(format!("scope: {e}")))?;
            officers.insert(officer_id(&who)?, LiveOfficer { suspended: suspended.is_some(), unit, scope, roles, grants: Vec::new() });
        }
        let rows: Vec<(String, String, i64, Option<i64>)> = on!(tx, |c| officer_grant::table
            .filter(officer_grant::district.eq(self.district))
            .select((officer_grant::officer, officer_grant::bucket, officer_grant::from_ms, officer_grant::until_ms))
            .load(c))?;
        for (who, bucket, from, until) in rows {
            if let Some(officer) = officers.get_mut(&officer_id(&who)?) {
                officer.grants.push(Grant { bucket: Bucket(bucket.into()), from: UtcMs(from), until: until.map(UtcMs) });
            }
        }
        Ok((devices, officers))
    }

    /// Takes in what was committed by this process.
    pub fn committed(&self, db: &Db, outcome: &Outcome) -> Result<(), StoreError> {
        let behind = outcome.roster_written || self.read().roster != outcome.roster || (!db.sole_writer() && self.read().commit < outcome.head.commit);
        if behind {
            db.read(|tx| self.reload(tx))?;
        } else {
            let mut state = self.write();
            (state.epoch, state.commit, state.moves) = (outcome.head.epoch, outcome.head.commit, outcome.head.moves);
            for (bucket, head) in &outcome.buckets {
                state.buckets.insert(bucket.clone(), *head);
            }
            for row in &outcome.devices {
                let key = PublicKey::new(&row.alg, &row.public_key);
                state.devices.insert(row.device, LiveDevice { officer: row.officer.clone(), key, alg: row.alg.clone(), state: row.state });
            }
        }
        self.announce();
        Ok(())
    }

    fn announce(&self) {
        let state = self.read();
        let version = state.commit.wrapping_add(state.moves);
        drop(state);
        self.news.send_if_modified(|known| std::mem::replace(known, version) != version);
    }

    /// Sees to it that what stands here is what is stored. Free on SQLite; one indexed read on PostgreSQL.
    pub fn current(&self, db: &Db) -> Result<(), StoreError> {
        if db.sole_writer() {
            return Ok(());
        }
        db.read(|tx| {
            let head = load::head(tx, self.district, false)?;
            let same = {
                let state = self.read();
                (i64::from(state.epoch), state.commit, state.moves, state.roster) == (head.epoch, nat(head.commit_seq), nat(head.moves), head.roster)
            };
            if same { Ok(()) } else { self.reload(tx) }
        })
    }

    /// Changes whenever there may be something to pull.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// The district's epoch.
    pub fn epoch(&self) -> u32 {
        self.read().epoch
    }

    /// A device.
    pub fn device(&self, device: DeviceId) -> Option<LiveDevice> {
        self.read().devices.get(&device).cloned()
    }

    /// A device's key.
    pub fn key(&self, device: DeviceId) -> Option<PublicKey> {
        self.read().devices.get(&device).and_then(|d| d.key.clone())
    }

    /// An officer.
    pub fn officer(&self, officer: &OfficerId) -> Option<LiveOfficer> {
        self.read().officers.get(officer).cloned()
    }

    /// The buckets that a device is given now, in the order in which they are served; none if it is revoked or its
    /// officer suspended.
    pub fn scope(&self, device: DeviceId, now: UtcMs) -> Vec<Bucket> {
        scope_in(&self.read(), device, now)
    }

    /// The page that says that nothing is new, if that is so; else `None`. `text` is the cursor as it came.
    pub fn nothing_new(&self, device: DeviceId, cursor: &Cursor, text: &str, now: UtcMs) -> Option<Vec<u8>> {
        let state = self.read();
        if cursor.epoch != state.epoch || cursor.moves != state.moves {
            return None;
        }
        let scope = scope_in(&state, device, now);
        if cursor.buckets.len() != scope.len() {
            return None;
        }
        let mut sums = std::collections::BTreeMap::new();
        for bucket in &scope {
            let told = *cursor.buckets.get(bucket)?;
            let head = state.buckets.get(bucket).copied().unwrap_or_default();
            if head.last > told.at || told.at > state.commit || told.base > told.at {
                return None;
            }
            if head.last > 0 {
                sums.insert(bucket, head.sum);
            }
        }
        serde_json::to_vec(&Nothing { items: [], epoch: state.epoch, dropped: [], moves: [], cursor: text, more: false, sums }).ok()
    }
}

fn set_head(state: &mut State, head: &HeadRow) {
    state.epoch = u32::try_from(head.epoch).unwrap_or(u32::MAX);
    (state.commit, state.moves, state.roster) = (nat(head.commit_seq), nat(head.moves), head.roster);
}

fn scope_in(state: &State, device: DeviceId, now: UtcMs) -> Vec<Bucket> {
    let Some(device) = state.devices.get(&device).filter(|d| d.state != DeviceState::Revoked) else { return Vec::new() };
    let officer = state.officers.get(&device.officer);
    if officer.is_some_and(|o| o.suspended) {
        return Vec::new();
    }
    let grants = officer.map(|o| o.grants.as_slice()).unwrap_or_default();
    let mut scope: Vec<Bucket> = grants.iter().filter(|g| g.from <= now && g.until.is_none_or(|u| u > now)).map(|g| g.bucket.clone()).collect();
    scope.push(Bucket::officer(device.officer.as_str()));
    scope.sort_by(|a, b| (a.rank(), a).cmp(&(b.rank(), b)));
    scope.dedup();
    scope
}
