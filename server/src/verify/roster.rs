//! Devices and their certificates: whose signature counts.

use std::collections::BTreeMap;

use diesel::prelude::*;
use sync_core::base::keys::PublicKey;
use sync_core::base::{DeviceId, Digest};
use sync_core::protocol::{Certificate, Signed};

use super::finding::{Code, Finding, Findings};
use super::{Ground, VerifyError};
use crate::on;
use crate::schema::device;
use crate::sync::store::rows::{StoredDevice, device_id, nat};

/// A device as the checker believes it.
pub struct Enrolled {
    /// Its officer.
    pub officer: String,
    /// Its key: the certificate's where there is one, else the row's.
    pub key: Option<PublicKey>,
    /// `prev` of its first change.
    pub first_prev: Digest,
    /// From this number on its chain is frozen.
    pub frozen_from: Option<u64>,
    /// Whether it was withdrawn.
    pub revoked: bool,
    /// Up to here the server says to hold everything.
    pub through: u64,
    /// The hash that the server says its last change there has.
    pub head: Vec<u8>,
}

/// All devices of the district, each compared with its certificate.
pub fn check(ground: &mut Ground<'_, '_>, found: &mut Findings) -> Result<BTreeMap<DeviceId, Enrolled>, VerifyError> {
    let district = ground.district;
    let rows: Vec<StoredDevice> = on!(ground.tx, |c| device::table.filter(device::district.eq(district)).select(StoredDevice::as_select()).load(c))?;
    let mut roster = BTreeMap::new();
    for row in rows {
        let id = device_id(row.id);
        let certificate = certificate(&row, id, ground, found);
        let (alg, raw) = certificate.as_ref().map_or((row.alg.as_str(), row.public_key.as_slice()), |c| (c.alg.as_str(), c.public_key.0.as_slice()));
        let first_prev = match &certificate {
            Some(c) => c.first_prev,
            None => row.first_prev.as_slice().try_into().map(Digest).unwrap_or_default(),
        };
        let enrolled = Enrolled {
            key: PublicKey::new(alg, raw),
            first_prev,
            frozen_from: row.frozen_from.filter(|_| row.state == "frozen").map(nat),
            revoked: row.state == "revoked",
            through: nat(row.through_seq),
            officer: row.officer,
            head: row.head_hash,
        };
        roster.insert(id, enrolled);
    }
    Ok(roster)
}

/// The certificate of a row, if it has one that the server signed. Devices that a restored server adopted again and
/// the office's own chains have none; the latter must bear the server's key.
fn certificate(row: &StoredDevice, id: DeviceId, ground: &Ground<'_, '_>, found: &mut Findings) -> Option<Certificate> {
    let mut wrong = |what: &str| found.add(Finding::new(Code::CertificateMismatch, format!("device {id}: {what}")).of(id));
    if id.is_office() {
        if row.public_key != ground.server_raw {
            wrong("an office chain does not bear the server's key");
        }
        return None;
    }
    if row.certificate.is_empty() {
        return None;
    }
    let signed = serde_json::from_str::<Signed>(&row.certificate).ok();
    let Some(certificate) = signed.and_then(|s| s.open::<Certificate>(&ground.server_key)) else {
        wrong("its certificate does not bear the server's signature");
        return None;
    };
    for (same, what) in [
        (certificate.device == id, "its certificate is another device's"),
        (i64::from(certificate.district.0) == ground.district, "its certificate is of another district"),
        (certificate.officer.as_str() == row.officer, "its row names another officer than its certificate"),
        (certificate.alg == row.alg && certificate.public_key.0 == row.public_key, "its row has another key than its certificate"),
        (certificate.first_prev.0 == row.first_prev.as_slice(), "its row has another first_prev than its certificate"),
    ] {
        if !same {
            wrong(what);
        }
    }
    Some(certificate)
}
