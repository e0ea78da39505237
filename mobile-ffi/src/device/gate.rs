//! What may be done with an open store now: the offline lease, the office's lock, and whether it is still there.
//!
//! Once the lease has lapsed, everything that answers with data is refused until the server was heard. Capturing,
//! registering photos, delivering, taking a colleague's bundle over, counting what is unsent and changing the PIN go on: what
//! happens on site must not be lost for want of a network, and who captures tells the store something and not the other
//! way round. A locked store does nothing but deliver and count.

use serde_json::{Value as Json, json};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use sync_core::replica::{Lease, Store};

use super::erase::Tombstone;
use super::error::{Code, DeviceError, Result};
use super::runtime::Device;
use super::store::StoreError;

/// So much time passes before what was counted of a lease is written down again.
const COUNTED_EVERY_MS: i64 = 60_000;

impl Device {
    /// Refuses reading where it is not permitted now.
    pub(super) fn may_read(&self) -> Result<()> {
        self.may_capture()?;
        match self.lease_now()? {
            Some(lease) if lease.has_lapsed() => {
                let message = "nothing may be read for want of contact with the office: connect once. What is unsent is kept, can be delivered, and capturing goes on";
                Err(DeviceError::new(Code::LeaseLapsed, message))
            }
            _ => Ok(()),
        }
    }

    /// Refuses everything that a locked or erased store does not do.
    pub(super) fn may_capture(&self) -> Result<()> {
        self.is_there()?;
        if self.locked.load(Ordering::SeqCst) {
            return Err(DeviceError::new(Code::Locked, "the office locked this store: close it and open it by the PIN. What is unsent is kept and can be delivered"));
        }
        Ok(())
    }

    /// Refuses everything once the store is erased.
    pub(super) fn is_there(&self) -> Result<()> {
        match Tombstone::stands(self.path()) {
            true => Err(StoreError::Erased(self.epitaph()).into()),
            false => Ok(()),
        }
    }

    /// What is left of an erased store, for its error.
    pub(super) fn epitaph(&self) -> Option<Box<Tombstone>> {
        Tombstone::read(self.path()).ok().flatten().map(Box::new)
    }

    /// The lease with the time up to now counted. What was counted is written down at least every minute of it, and when it
    /// lapses, so that a restart of the app gives nothing back.
    fn lease_now(&self) -> Result<Option<Lease>> {
        let mut kept = self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((lease, written_ms)) = kept.as_mut() else { return Ok(None) };
        let had_lapsed = lease.has_lapsed();
        lease.observe(self.now());
        if lease.used_ms - *written_ms >= COUNTED_EVERY_MS || lease.has_lapsed() != had_lapsed {
            let counted = lease.clone();
            self.write(|tx| -> Result<()> {
                let mut meta = tx.meta()?;
                // A session may have begun a new one meanwhile.
                if meta.standing.lease.as_ref().is_some_and(|l| l.from == counted.from && l.used_ms < counted.used_ms) {
                    meta.standing.lease = Some(counted);
                    tx.put_meta(&meta)?;
                }
                Ok(())
            })?;
            *written_ms = lease.used_ms;
        }
        Ok(Some(lease.clone()))
    }

    /// Takes over the lease as the last session or an earlier run of the app left it.
    pub(super) fn take_lease(&self, lease: Option<Lease>) {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = lease.map(|l| {
            let written_ms = l.used_ms;
            (l, written_ms)
        });
    }

    /// `{lapsed, left_ms}`; null without one.
    pub(super) fn lease_json(&self) -> Result<Json> {
        Ok(self.lease_now()?.map_or(Json::Null, |l| json!({ "lapsed": l.has_lapsed(), "left_ms": l.left_ms() })))
    }
}
