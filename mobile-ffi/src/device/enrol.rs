//! Enrolment: a one-time code and the officer's password make this store a device of a district.
//!
//! The id and the key are the same at every attempt, so an enrolment whose answer was lost is repeated, not doubled.

use serde::Deserialize;
use serde_json::{Value, json};
use sync_core::base::keys::{PublicKey, Signer};
use sync_core::base::{DeviceId, Digest, OfficerId};
use sync_core::protocol::{Bytes, Certificate, Cursor, DEFAULT_LEASE_MS, EnrolRequest, Enrolled, Limits, enrol_digest};
use sync_core::replica::{Lease, Meta, Standing, Store};

use super::error::{Code, DeviceError, Result};
use super::http::{Cancel, NoAnswer, Transport, check_server};
use super::runtime::Device;
use super::wire::{WireAnswer, WireRequest, as_error};

/// Names of settings.
pub(super) const SERVER: &str = "server";
const DEVICE: &str = "device";

/// What the officer enters, or scans.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The server's address, `https://host[:port]`.
    pub server: String,
    /// The one-time code.
    pub code: String,
    /// The officer.
    pub officer: OfficerId,
    /// His password. Never kept.
    pub password: String,
    /// A name for the office's lists.
    pub label: String,
    /// Head of the chain that this store continues after a fork or a restored backup.
    #[serde(default)]
    pub continues: Option<Digest>,
}

impl Device {
    /// The request that enrols this store, for a host that sends it itself.
    pub fn enrol_request(&self, input: &EnrolInput) -> Result<WireRequest> {
        for (name, text, max) in [("code", &input.code, 200), ("password", &input.password, 1_000), ("label", &input.label, 200)] {
            if text.is_empty() || text.len() > max {
                return Err(DeviceError::argument(name, format_args!("must have 1 to {max} bytes")));
            }
        }
        let server = check_server(&input.server)?;
        let fresh = DeviceId::handheld(getrandom::u64().map_err(|e| DeviceError::new(Code::Internal, e.to_string()))?);
        let device = self.write(|tx| -> Result<DeviceId> {
            if tx.is_enrolled()? {
                return Err(DeviceError::new(Code::Enrolled, "this store is enrolled already; another officer or district needs another store"));
            }
            tx.put_setting(SERVER, &server)?;
            let known = tx.setting(DEVICE)?.and_then(|d| d.parse().ok());
            let device = known.unwrap_or(fresh);
            tx.put_setting(DEVICE, &device.to_string())?;
            Ok(device)
        })?;
        let (alg, public_key, proof) = self.with_signer(|s| (s.alg().to_owned(), s.public_key(), s.sign(&enrol_digest(&input.code, device).0)));
        let proof = proof.map_err(|e| DeviceError::new(Code::Signing, e.to_string()))?;
        let request = EnrolRequest {
            code: input.code.clone(),
            officer: input.officer.clone(),
            password: input.password.clone(),
            device,
            alg,
            public_key: Bytes(public_key),
            proof: Bytes(proof),
            label: input.label.clone(),
            continues: input.continues,
        };
        let body = serde_json::to_vec(&request).map_err(|e| DeviceError::new(Code::Internal, e.to_string()))?;
        Ok(WireRequest::new("POST", "/sync/v1/enrol".into(), "application/json", body, None))
    }

    /// Takes the server's answer in. Only a certificate for this device and key, signed by the key that comes with
    /// it, is taken; that key is the server from then on.
    pub fn enrol_accept(&self, answer: &WireAnswer) -> Result<Value> {
        // Codes and passwords are checked by this very call, so a 401 is a refusal and not an expired token.
        if let Some(failure) = answer.failure() {
            return Err(as_error(&failure, answer.problem()));
        }
        let not_ours = || DeviceError::new(Code::NotTheServer, "the answer is not an enrolment of this device; check the server's address");
        let body = answer.inflated().ok_or_else(not_ours)?;
        let enrolled: Enrolled = serde_json::from_slice(&body).map_err(|_| not_ours())?;
        let server_key = PublicKey::new(&enrolled.server_alg, &enrolled.server_key.0).ok_or_else(not_ours)?;
        let certificate: Certificate = enrolled.certificate.open(&server_key).ok_or_else(not_ours)?;
        let ours = self.with_signer(|s| s.public_key() == certificate.public_key.0 && s.alg() == certificate.alg);
        // The first contact begins the first lease; the next session says how long it is.
        let now = self.now();
        let lease = Lease::begin(DEFAULT_LEASE_MS, now.wall, now);
        let answer = self.write(|tx| -> Result<Value> {
            let device: Option<DeviceId> = tx.setting(DEVICE)?.and_then(|d| d.parse().ok());
            if !ours || device != Some(certificate.device) || certificate.district != enrolled.district {
                return Err(not_ours());
            }
            if !tx.is_enrolled()? {
                tx.put_meta(&Meta {
                    device: certificate.device,
                    epoch: enrolled.epoch,
                    enrolled: enrolled.clone(),
                    seq: 0,
                    head: certificate.first_prev,
                    receipt: None,
                    cursor: Cursor::default(),
                    refetching: Vec::new(),
                    limits: Limits::default(),
                    contact: None,
                    done: Vec::new(),
                    frozen: false,
                    complete_sessions: 0,
                    standing: Standing { lease: Some(lease.clone()), ..Standing::default() },
                })?;
            }
            Ok(json!({ "v": 1, "device": certificate.device, "officer": certificate.officer, "district": certificate.district, "epoch": enrolled.epoch }))
        })?;
        self.begin()?;
        Ok(answer)
    }

    /// Enrols by the library's own transport.
    pub fn enrol(&self, input: &EnrolInput, cancel: &Cancel) -> Result<Value> {
        let request = self.enrol_request(input)?;
        let transport = Transport::new(&input.server, self.options().roots_pem.as_deref())?;
        match transport.send(&request, cancel) {
            Ok(answer) => self.enrol_accept(&answer),
            Err(NoAnswer::Cancelled) => Err(DeviceError::new(Code::Cancelled, "cancelled; the same code can be used again on this device")),
            Err(NoAnswer::Lost) => Err(DeviceError::new(Code::Offline, "the server did not answer; the same code can be used again on this device")),
        }
    }
}
