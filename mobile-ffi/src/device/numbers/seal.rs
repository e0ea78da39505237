//! The seal of a paper that was drawn up in the field, checked and shown without a network.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::keys::PublicKey;
use sync_core::base::{Digest, RecordId};
use sync_core::number::{BadSeal, SealToken, Series};
use sync_core::record::{Reading, Record, read_field};
use sync_core::replica::{Store, view};

use super::fetch::seal_setting;
use crate::device::capture::check_version;
use crate::device::error::{Code, DeviceError, Result};
use crate::device::runtime::Device;
use crate::device::store::Tx;

/// Whose seal is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperSealInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The record.
    pub record: RecordId,
    /// The id of the paper: `papers.<id>`.
    pub paper: String,
}

/// The image that the seal of a paper is of, as far as it is the office's for this number on a handheld that wrote the paper.
fn read_seal(tx: &mut Tx<'_>, record: &Record, field: &str, paper: &Json) -> Result<std::result::Result<Option<Digest>, BadSeal>> {
    let enrolled = tx.meta()?.enrolled;
    let Some(server) = PublicKey::new(&enrolled.server_alg, &enrolled.server_key.0) else {
        return Err(DeviceError::new(Code::Store, "the server's key cannot be read; enrol anew"));
    };
    let number = paper.get("number").cloned().unwrap_or_default();
    let text = |member: &str| number.get(member).and_then(Json::as_str);
    let seq = number.get("seq").and_then(Json::as_u64).and_then(|seq| u32::try_from(seq).ok());
    let bound = text("series").and_then(|s| s.parse::<Series>().ok()).zip(seq);
    // Several may have written the same; the seal is that of the one whose handheld took the number.
    let mut read = Err(BadSeal::Form);
    let authors = record.register(field).map(|r| r.candidates()).unwrap_or_default().iter().filter(|c| c.value.to_json() == *paper);
    if let (Some((series, seq)), Some(seal)) = (bound, text("seal")) {
        for author in authors.map(|c| c.dot.device) {
            read = SealToken { district: enrolled.district, series: series.clone(), seq, device: author }.verify(seal, &server);
            if read.is_ok() {
                break;
            }
        }
    }
    Ok(read)
}

/// The seal that stands on a paper: `Some` if it is good for its number there, with the digest of its image if the organ uploaded one.
pub(in crate::device) fn seal_on(tx: &mut Tx<'_>, record: &Record, field: &str, paper: &Json) -> Result<Option<Option<Digest>>> {
    Ok(read_seal(tx, record, field, paper)?.ok())
}

impl Device {
    /// `{no, series, seq, genuine, why, digest, png}`: whether the seal of a paper is the office's for this number on the handheld that wrote
    /// the paper, and its image.
    pub fn paper_seal(&self, input: &PaperSealInput) -> Result<Json> {
        check_version(input.v)?;
        self.may_read()?;
        self.read(|tx| -> Result<Json> {
            let Some(record) = view(tx, self.kinds(), input.record)? else {
                return Err(DeviceError::new(Code::Unknown, "record: not known here; sync, or import the colleague's bundle"));
            };
            let Some(kind) = self.kinds().get(&record.kind) else {
                return Err(DeviceError::new(Code::Unknown, "kind: not known to this app; update the app"));
            };
            let field = format!("papers.{}", input.paper);
            let Reading::One(written) = read_field(&record, kind, &field) else {
                return Err(DeviceError::new(Code::Unknown, "paper: not on this record, or written twice; settle the clash first"));
            };
            let paper = written.value.to_json();
            let number = paper.get("number").filter(|number| number.is_object());
            let number = number.ok_or_else(|| DeviceError::new(Code::Unknown, "paper: has no number; capture it with one, or the office gives it one"))?;
            let read = read_seal(tx, &record, &field, &paper)?;
            let (genuine, why, digest) = match read {
                Ok(image) => (true, None, image),
                Err(BadSeal::Form) => (false, Some("form"), None),
                Err(BadSeal::Bound) => (false, Some("bound"), None),
            };
            let png = digest.map(|digest: Digest| tx.setting(&seal_setting(&digest))).transpose()?.flatten();
            Ok(json!({
                "v": 1, "no": number.get("no"), "series": number.get("series"), "seq": number.get("seq"), "genuine": genuine, "why": why, "digest": digest, "png": png,
            }))
        })
    }
}
