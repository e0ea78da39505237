//! Photos' facts: what a photo is and where it belongs is captured with its thumbnail in one transaction.
//!
//! The original is hashed as the camera wrote it, by SHA-256 and SM3, and kept in the same transaction until the office has it. Deliberately
//! absent: a re-encoded picture; the thumbnail is for finding it.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::ids::is_token;
use sync_core::base::{Digest, RecordId};
use sync_core::evidence;
use sync_core::record::{Draft, FieldKey, Place, Value};
use sync_core::replica::{Store, view};

use super::capture::{capture_in, check_version};
use super::error::{Code, DeviceError, Result};
use super::originals::{Digests, keep_in};
use super::runtime::{Device, HostTime, officer, stamp};
use super::store::originals::Whole;
use sync_core::picture::{self, Picture};

/// Where a photo belongs, and when and where it was taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// The question that it shows: a token of at most 64 characters without dots.
    pub item: String,
    /// UTC milliseconds; the time of this capture if left out.
    #[serde(default)]
    pub taken_ms: Option<i64>,
    /// Where it was taken.
    #[serde(default)]
    pub place: Option<Place>,
    /// Who took it with him (行政处罚法 42): an officer's id.
    #[serde(default)]
    pub second: Option<String>,
    /// The host keeps the file itself and hands it in elsewhere: no copy is kept here.
    #[serde(default)]
    pub elsewhere: bool,
    /// When it was registered, where the host knows better than the system.
    #[serde(default)]
    pub time: Option<HostTime>,
}

/// The field of a photo of an item. Its id is of the content, so that one file registered again, by whomever, is the
/// same photo.
fn field_of(item: &str, photo: Digest) -> Result<FieldKey> {
    if !is_token(item) || item.contains('.') {
        return Err(DeviceError::argument("item", "must be 1 to 64 letters, digits, hyphens or underscores"));
    }
    let id = photo.0.get(..16).map(hex::encode).unwrap_or_default();
    format!("photos.{item}.{id}").parse().map_err(|e| DeviceError::argument("item", e))
}

impl Device {
    /// Registers a photo: `{record, field, dot, sha256, size, mime, width, height, known}` comes back once facts and
    /// thumbnail are on disk. `known`: this photo was registered for this item before, and nothing was written.
    pub fn photo(&self, input: PhotoInput, photo: &[u8]) -> Result<Json> {
        check_version(input.v)?;
        self.may_capture()?;
        // Decoding takes its time; officers go on capturing meanwhile.
        let Picture { mime, width, height, thumbnail } =
            picture::read(photo).map_err(|fault| DeviceError::new(Code::BadPhoto, format!("photo: {fault}")).with(json!({ "code": fault.code })))?;
        let (sha256, sm3) = Digests::of(photo);
        let field = field_of(&input.item, sha256)?;
        let answer = self.with_signer(|signer| {
            self.write(|tx| -> Result<Json> {
                let Some(record) = view(tx, self.kinds(), input.record)? else {
                    return Err(DeviceError::new(Code::Unknown, "record: not known here; sync, or import the colleague's bundle, then register the photo"));
                };
                let candidates = record.register(field.as_str()).map(|r| r.candidates()).unwrap_or_default();
                let whole = Whole { sha256, sm3, size: photo.len() as u64, mime: mime.to_owned(), name: String::new() };
                let known = candidates.iter().find(|c| c.value.to_json().get("sha256") == Some(&json!(sha256))).map(|c| c.dot);
                let dot = match known {
                    Some(dot) => dot,
                    None => {
                        let by = officer(&tx.meta()?)?;
                        let taken = input.taken_ms.unwrap_or(stamp(tx, input.time)?.wall);
                        let mut facts = json!({ "by": by, "mime": mime, "sha256": sha256, "size": photo.len(), "sm3": sm3, "taken_ms": taken });
                        if let (Some(place), Some(facts)) = (&input.place, facts.as_object_mut()) {
                            facts.insert("lat_e7".into(), place.lat_e7.into());
                            facts.insert("lon_e7".into(), place.lon_e7.into());
                        }
                        if let (Some(second), Some(facts)) = (&input.second, facts.as_object_mut()) {
                            facts.insert("second".into(), second.as_str().into());
                        }
                        let facts = Value::from_json(&facts).map_err(|e| DeviceError::new(Code::Internal, format!("a photo's facts: {e}")))?;
                        let edits = vec![(field.clone(), facts, vec![], None)];
                        let draft = Draft { record: input.record, kind: input.kind.as_str().into(), edits, act: None, needs: vec![], place: input.place.clone() };
                        capture_in(tx, self.kinds(), signer, &draft, input.time)?.dot
                    }
                };
                if !input.elsewhere && !view(tx, self.kinds(), input.record)?.is_some_and(|record| evidence::received(&record, sha256)) {
                    keep_in(tx, input.record, self.now().wall, &whole, photo)?;
                }
                tx.put_thumbnail(sha256, &thumbnail)?;
                Ok(json!({
                    "v": 1, "record": input.record, "field": field.as_str(), "dot": dot, "sha256": sha256, "size": photo.len(), "mime": mime, "width": width, "height": height,
                    "known": known.is_some(),
                }))
            })
        })?;
        self.seal_captured();
        Ok(answer)
    }

    /// The thumbnail of a photo by the text form of its SHA-256: a JPEG of at most 320 pixels a side.
    pub fn photo_thumbnail(&self, sha256: &str) -> Result<Vec<u8>> {
        let photo = Digest::parse(sha256).ok_or_else(|| DeviceError::argument("sha256", "must be 43 characters of URL-safe base64, as in the photo's facts"))?;
        self.may_read()?;
        let found = self.read(|tx| tx.thumbnail(photo))?;
        found.ok_or_else(|| DeviceError::new(Code::Unknown, "sha256: no thumbnail of this photo is here"))
    }
}
