//! The code of an act as a picture, and the check of somebody else's, both without a network.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::keys::PublicKey;
use sync_core::base::{RecordId, qr};
use sync_core::number::{BadToken, Token, public_address, token_in};
use sync_core::record::read_field;
use sync_core::replica::{Store, view};

use crate::device::capture::check_version;
use crate::device::enrol::SERVER;
use crate::device::error::{Code, DeviceError, Result};
use crate::device::runtime::Device;

/// Longest text of a scanner.
const MAX_SCANNED: usize = 2_000;

/// Whose code is shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The record.
    pub record: RecordId,
    /// The field; `code` if left out.
    #[serde(default)]
    pub field: Option<String>,
    /// The address under which the public reaches the server; the one of enrolment if left out.
    #[serde(default)]
    pub server: Option<String>,
}

/// What a scanner read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The text of a QR: an address, or a token alone.
    pub scanned: String,
}

impl Device {
    /// `{no, series, seq, address, svg}`: the code of a record, to be shown to whoever is inspected.
    pub fn code_qr(&self, input: &CodeInput) -> Result<Json> {
        check_version(input.v)?;
        self.may_read()?;
        let given = input.server.as_deref().map(crate::device::http::check_server).transpose()?;
        self.read(|tx| -> Result<Json> {
            let Some(record) = view(tx, self.kinds(), input.record)? else {
                return Err(DeviceError::new(Code::Unknown, "record: not known here; sync, or import the colleague's bundle"));
            };
            let Some(kind) = self.kinds().get(&record.kind) else {
                return Err(DeviceError::new(Code::Unknown, "kind: not known to this app; update the app"));
            };
            let field = input.field.as_deref().unwrap_or("code");
            let value = read_field(&record, kind, field).value().map(|v| v.to_json()).unwrap_or_default();
            let Some(token) = value.get("token").and_then(Json::as_str) else {
                let message = "field: this record has no code, or more than one; capture it with a number, settle the clash, or sync after the office gave one";
                return Err(DeviceError::new(Code::Unknown, message));
            };
            let server = match given {
                Some(server) => server,
                None => tx.setting(SERVER)?.ok_or_else(|| DeviceError::argument("server", "none is kept; give the server's public address"))?,
            };
            let address = public_address(&server, token);
            let picture = qr(&address).map_err(|e| DeviceError::argument("server", e))?;
            Ok(json!({ "v": 1, "no": value.get("no"), "series": value.get("series"), "seq": value.get("seq"), "address": address, "svg": picture }))
        })
    }

    /// `{genuine, why, district, series, seq}`: whether this store's office gave a code. Needs nothing but the key that enrolment left here.
    pub fn code_verify(&self, input: &VerifyInput) -> Result<Json> {
        check_version(input.v)?;
        self.may_capture()?;
        if input.scanned.len() > MAX_SCANNED {
            return Err(DeviceError::argument("scanned", format_args!("longer than {MAX_SCANNED} bytes; it is no code of an act")));
        }
        let enrolled = self.read(|tx| tx.meta())?.enrolled;
        let Some(server) = PublicKey::new(&enrolled.server_alg, &enrolled.server_key.0) else {
            return Err(DeviceError::new(Code::Store, "the server's key cannot be read; enrol anew"));
        };
        let read = Token::verify(token_in(&input.scanned), &server);
        Ok(match read {
            Ok(token) if token.district == enrolled.district => {
                json!({ "v": 1, "genuine": true, "why": null, "district": token.district, "series": token.series, "seq": token.seq })
            }
            Ok(_) => json!({ "v": 1, "genuine": false, "why": "other_district" }),
            Err(BadToken::Form) => json!({ "v": 1, "genuine": false, "why": "form" }),
            Err(BadToken::Signature) => json!({ "v": 1, "genuine": false, "why": "signature" }),
        })
    }
}
