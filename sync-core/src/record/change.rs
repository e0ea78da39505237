//! The change: what one device did to one record, in the exact bytes that the device wrote and signed.

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::fmt;
use xxhash_rust::xxh3::xxh3_64;

use super::value::check_canonical;
use super::{ActCall, Dot, FieldKey, Kind, Reject, Value, layout};
use crate::base::keys::{SignError, Signer};
use crate::base::{DeviceId, Digest, OfficerId, RecordId, Stamp};

/// A change is at most 256 KiB.
pub const MAX_CHANGE_BYTES: usize = 256 * 1024;

/// Most edits in one change; `after` and `needs` are bounded alike.
pub(super) const MAX_ITEMS: usize = 4_096;

/// Domain tags: what is hashed and what is signed can be taken for nothing else.
const HASH_TAG: &str = "zhifa.change.v1";

/// The hash of a change: SHA-256 over the tag and the exact bytes. It is the leaf of the Merkle log and
/// `prev` of the device's next change.
pub fn change_hash(bytes: &[u8]) -> Digest {
    Digest::tagged(HASH_TAG, &[bytes])
}

/// What a device signs for a change: the tag `zhifa.sign.v1` and the change's hash.
pub fn signing_input(hash: &Digest) -> [u8; 46] {
    let mut out = [0u8; 46];
    let (tag, rest) = out.split_at_mut(14);
    tag.copy_from_slice(b"\x0dzhifa.sign.v1");
    rest.copy_from_slice(&hash.0);
    out
}

/// Why bytes are not a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

impl Malformed {
    fn at(what: &str, why: impl fmt::Display) -> Malformed {
        Malformed(format!("{what}: {why}"))
    }
}

/// Where something was captured. Degrees × 10⁷, centimetres; `crs` names the reference system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Longitude, degrees × 10⁷.
    pub lon_e7: i64,
    /// Latitude, degrees × 10⁷.
    pub lat_e7: i64,
    /// Radius of uncertainty in centimetres.
    pub accuracy_cm: i64,
    /// `wgs84` or `cgcs2000`; GCJ-02 is converted at the edge and never stored (`domain.md` §9).
    pub crs: Box<str>,
}

/// One write: the field, its new value, the candidates that its author was shown, and a reason if one was given.
///
/// JSON: `[field, value, [replaced…]]` or `[field, value, [replaced…], reason]`. A replaced dot of the
/// author's own device is its number alone; any other is `[device, seq]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit<'a> {
    /// The field's key.
    pub field: &'a str,
    /// The canonical text of the new value.
    pub value: &'a str,
    /// The candidates it replaces, as shown to its author.
    pub replaces: Vec<Dot>,
    /// Why, where the author gave a reason (a resolution always does).
    pub reason: Option<std::borrow::Cow<'a, str>>,
}

/// A decoded change, borrowing from the bytes it was decoded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'a> {
    /// The device that wrote it.
    pub device: DeviceId,
    /// Dense from 1 per device: with `device`, the idempotency key.
    pub seq: u64,
    /// Hash of this device's previous change.
    pub prev: Digest,
    /// The record it belongs to.
    pub record: RecordId,
    /// That record's kind.
    pub kind: &'a str,
    /// Version of the field table that the author's program had.
    pub schema: u32,
    /// This device's previous number on this record, 0 if none.
    pub prior: u64,
    /// The newest change per other device that its author had seen on this record since its last own one.
    pub after: Vec<Dot>,
    /// What the device knew of the time.
    pub time: Stamp,
    /// Who did it.
    pub officer: OfficerId,
    /// Where.
    pub place: Option<Place>,
    /// The writes.
    pub edits: Vec<Edit<'a>>,
    /// The act that moves the stage, if any.
    pub act: Option<ActCall>,
    /// Dots of other records that the act's guard read.
    pub needs: Vec<Dot>,
}

impl Change<'_> {
    /// Its name for ever.
    pub fn dot(&self) -> Dot {
        Dot::new(self.device, self.seq)
    }
}

/// What is about to become a change: everything that its author decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: Box<str>,
    /// Field, value, the dots of what was shown, and a reason.
    pub edits: Vec<(FieldKey, Value, Vec<Dot>, Option<String>)>,
    /// The act, if any.
    pub act: Option<ActCall>,
    /// Dots of other records that the act's guard read.
    pub needs: Vec<Dot>,
    /// Where it happened.
    pub place: Option<Place>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Wire<'a> {
    v: u32,
    device: DeviceId,
    seq: u64,
    prev: Digest,
    record: RecordId,
    kind: &'a str,
    schema: u32,
    #[serde(default)]
    prior: u64,
    #[serde(default)]
    after: Vec<Dot>,
    time: Stamp,
    officer: OfficerId,
    #[serde(default)]
    place: Option<Place>,
    #[serde(borrow, default)]
    edits: Vec<WireEdit<'a>>,
    #[serde(default)]
    act: Option<ActCall>,
    #[serde(default)]
    needs: Vec<Dot>,
}

struct WireEdit<'a> {
    field: &'a str,
    value: &'a RawValue,
    replaces: Vec<WireDot>,
    reason: Option<std::borrow::Cow<'a, str>>,
}

#[derive(Clone, Copy)]
enum WireDot {
    Own(u64),
    Of(DeviceId, u64),
}

/// By hand: the derived reader of an untagged enum copies every value before it looks at it.
impl<'de> Deserialize<'de> for WireDot {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = WireDot;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of the author's own, or [device, number]")
            }
            fn visit_u64<E: de::Error>(self, seq: u64) -> Result<WireDot, E> {
                Ok(WireDot::Own(seq))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<WireDot, A::Error> {
                let short = |n| de::Error::invalid_length(n, &"a device and a number");
                Ok(WireDot::Of(seq.next_element()?.ok_or_else(|| short(0))?, seq.next_element()?.ok_or_else(|| short(1))?))
            }
        }
        d.deserialize_any(Either)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireEdit<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Parts;
        impl<'de> Visitor<'de> for Parts {
            type Value = WireEdit<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an edit [field, value, [replaced…], reason?]")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let missing = |n| de::Error::invalid_length(n, &"an edit of three or four parts");
                Ok(WireEdit {
                    field: seq.next_element()?.ok_or_else(|| missing(0))?,
                    value: seq.next_element()?.ok_or_else(|| missing(1))?,
                    replaces: seq.next_element()?.ok_or_else(|| missing(2))?,
                    reason: seq.next_element::<Reason<'de>>()?.map(|r| r.0),
                })
            }
        }
        d.deserialize_seq(Parts)
    }
}

#[derive(Deserialize)]
struct Reason<'a>(#[serde(borrow)] std::borrow::Cow<'a, str>);

/// Longest reason, in bytes.
const MAX_REASON: usize = 2_000;

impl<'a> Change<'a> {
    /// Decodes the bytes of a change and checks everything that needs no other knowledge: limits, the
    /// canonical form of values, keys, and that no field is written twice. Members this version does not
    /// know are passed over here and live on in the bytes.
    pub fn decode(bytes: &'a [u8]) -> Result<Change<'a>, Malformed> {
        if bytes.len() > MAX_CHANGE_BYTES {
            return Err(Malformed::at("change", format_args!("larger than {MAX_CHANGE_BYTES} bytes")));
        }
        let change = match layout::read(bytes) {
            Some(change) => change,
            None => Change::decode_any(bytes)?,
        };
        change.check()?;
        Ok(change)
    }

    /// Decodes a change in any layout that format 1 permits.
    pub(super) fn decode_any(bytes: &'a [u8]) -> Result<Change<'a>, Malformed> {
        let text = std::str::from_utf8(bytes).map_err(|e| Malformed::at("change", format_args!("not UTF-8 at byte {}", e.valid_up_to())))?;
        let wire: Wire<'a> = serde_json::from_str(text).map_err(|e| Malformed::at("change", e))?;
        if SignedChange::peek(bytes) != Some(Dot::new(wire.device, wire.seq)) {
            return Err(Malformed::at("change", "must begin with its version, device and number"));
        }
        if wire.v != 1 {
            return Err(Malformed::at("v", "only format 1 is known"));
        }
        let mut edits: Vec<Edit<'a>> = Vec::with_capacity(wire.edits.len());
        for e in wire.edits {
            check_canonical(e.value.get()).map_err(|b| Malformed::at(e.field, b))?;
            let replaces = e.replaces.iter().map(|d| match *d {
                WireDot::Own(seq) => Dot::new(wire.device, seq),
                WireDot::Of(device, seq) => Dot::new(device, seq),
            });
            edits.push(Edit { field: e.field, value: e.value.get(), replaces: replaces.collect(), reason: e.reason });
        }
        Ok(Change {
            device: wire.device,
            seq: wire.seq,
            prev: wire.prev,
            record: wire.record,
            kind: wire.kind,
            schema: wire.schema,
            prior: wire.prior,
            after: wire.after,
            time: wire.time,
            officer: wire.officer,
            place: wire.place,
            edits,
            act: wire.act,
            needs: wire.needs,
        })
    }

    /// Whether everything in it is within the limits; values are known to be canonical.
    fn check(&self) -> Result<(), Malformed> {
        if self.seq == 0 || self.seq > i64::MAX as u64 || self.prior >= self.seq {
            return Err(Malformed::at("seq", "must be at least 1 and greater than prior"));
        }
        for (what, n) in [("edits", self.edits.len()), ("after", self.after.len()), ("needs", self.needs.len())] {
            if n > MAX_ITEMS {
                return Err(Malformed::at(what, format_args!("more than {MAX_ITEMS}")));
            }
        }
        if self.edits.is_empty() && self.act.is_none() {
            return Err(Malformed::at("edits", "a change without edits needs an act"));
        }
        for e in &self.edits {
            if !FieldKey::is_valid(e.field) {
                return Err(Malformed::at("edits", "a field key is 1 to 160 letters, digits, '_', '-' and '.'"));
            }
            if e.reason.as_ref().is_some_and(|r| r.len() > MAX_REASON) {
                return Err(Malformed::at(e.field, format_args!("the reason is longer than {MAX_REASON} bytes")));
            }
        }
        if let Some(twice) = written_twice(&self.edits) {
            return Err(Malformed::at(twice, "written twice in one change"));
        }
        if self.after.iter().any(|d| d.device == self.device) {
            return Err(Malformed::at("after", "names the author's own device"));
        }
        Ok(())
    }

    /// Writes the bytes of a change. Fails only for what [`Change::decode`] would refuse.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        self.check()?;
        if self.kind.bytes().any(|b| b < 0x20 || b == b'"' || b == b'\\') {
            return Err(Malformed::at("kind", "must need no escape"));
        }
        for e in &self.edits {
            check_canonical(e.value).map_err(|b| Malformed::at(e.field, b))?;
        }
        let bytes = layout::write(self).map_err(|e| Malformed::at("change", e))?;
        if bytes.len() > MAX_CHANGE_BYTES {
            return Err(Malformed::at("change", format_args!("larger than {MAX_CHANGE_BYTES} bytes")));
        }
        Ok(bytes)
    }

    /// Checks a new change against its kind's tables, writes its bytes and has them signed: its hash, and what is
    /// stored and sent.
    pub fn sign(&self, kind: &Kind, signer: &dyn Signer) -> Result<(Digest, SignedChange), Unwritten> {
        kind.check(self)?;
        let bytes = self.encode()?;
        let hash = change_hash(&bytes);
        let signature = signer.sign(&signing_input(&hash))?;
        Ok((hash, SignedChange { alg: signer.alg().into(), signature, bytes }))
    }
}

/// Why a change was not written. Nothing was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritten {
    /// The tables forbid it: field, reason and remedy are for its author.
    #[error(transparent)]
    Rejected(#[from] Reject),
    /// The content cannot be written as a change.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The key could not sign.
    #[error(transparent)]
    Unsigned(#[from] SignError),
}

impl Draft {
    /// A draft that does nothing yet to a record.
    pub fn of(record: RecordId, kind: &str) -> Draft {
        Draft { record, kind: kind.into(), edits: Vec::new(), act: None, needs: Vec::new(), place: None }
    }

    /// Its writes, as they stand in a change.
    pub(crate) fn as_edits(&self) -> Vec<Edit<'_>> {
        let edits = self.edits.iter().map(|(field, value, replaces, reason)| Edit {
            field: field.as_str(),
            value: value.as_json(),
            replaces: replaces.clone(),
            reason: reason.as_deref().map(Into::into),
        });
        edits.collect()
    }
}

/// A field that is written twice. Keys are compared by hash first: of some thousands, all differ but by design.
fn written_twice<'a>(edits: &[Edit<'a>]) -> Option<&'a str> {
    if edits.len() < 2 {
        return None;
    }
    let mut hashes: Vec<u64> = edits.iter().map(|e| xxh3_64(e.field.as_bytes())).collect();
    hashes.sort_unstable();
    if hashes.windows(2).all(|w| w.first() != w.last()) {
        return None;
    }
    let mut keys: Vec<&str> = edits.iter().map(|e| e.field).collect();
    keys.sort_unstable();
    keys.windows(2).find(|w| w.first() == w.last()).and_then(|w| w.first().copied())
}

/// A change as it is stored and forwarded: the author's bytes, never re-encoded, and the signature over them.
///
/// On the wire one line of JSON: `["<alg>", "<signature>", <the change>]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedChange {
    /// Signature algorithm: `ed25519`.
    pub alg: Box<str>,
    /// The signature by the device key, over [`signing_input`] of the hash.
    pub signature: Vec<u8>,
    /// The exact bytes that the device wrote.
    pub bytes: Vec<u8>,
}

impl SignedChange {
    /// The hash of the bytes.
    pub fn hash(&self) -> Digest {
        change_hash(&self.bytes)
    }

    /// Reads the dot from the fixed beginning `{"v":1,"device":"…","seq":N,` without decoding the rest.
    pub fn peek(bytes: &[u8]) -> Option<Dot> {
        let rest = bytes.strip_prefix(b"{\"v\":1,\"device\":\"")?;
        let (device, rest) = rest.split_at_checked(16)?;
        let rest = rest.strip_prefix(b"\",\"seq\":")?;
        let end = rest.iter().position(|b| !b.is_ascii_digit())?;
        let seq = std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()?;
        Some(Dot::new(std::str::from_utf8(device).ok()?.parse().ok()?, seq))
    }

    /// One line for a batch, without the line feed.
    pub fn to_line(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(self.bytes.len() + 128);
        line.extend_from_slice(b"[\"");
        line.extend_from_slice(self.alg.as_bytes());
        line.extend_from_slice(b"\",\"");
        line.extend_from_slice(crate::base::b64::encode(&self.signature).as_bytes());
        line.extend_from_slice(b"\",");
        line.extend_from_slice(&self.bytes);
        line.push(b']');
        line
    }

    /// Takes a line apart without interpreting the change in it, so that a broken one harms no other.
    pub fn from_line(line: &[u8]) -> Option<SignedChange> {
        let rest = line.strip_prefix(b"[\"")?;
        let end = rest.iter().position(|&b| b == b'"')?;
        let (alg, rest) = rest.split_at_checked(end)?;
        let rest = rest.strip_prefix(b"\",\"")?;
        let end = rest.iter().position(|&b| b == b'"')?;
        let (signature, rest) = rest.split_at_checked(end)?;
        let bytes = rest.strip_prefix(b"\",")?.strip_suffix(b"]")?;
        let alg = std::str::from_utf8(alg).ok().filter(|a| crate::base::ids::is_token(a))?;
        let signature = crate::base::b64::decode(std::str::from_utf8(signature).ok()?)?;
        Some(SignedChange { alg: alg.into(), signature, bytes: bytes.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        r#"{"v":1,"device":"00000000000000ab","seq":7,"prev":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","record":"0123456789abcdef0123456789abcdef","kind":"visit","schema":1,"prior":5,"after":[["00000000000000cd",3]],"time":{"wall":1,"mono":2,"boot":3},"officer":"zj-1","edits":[["site.name","新达工地",[5,["00000000000000cd",2]],"\n改正"],["answers.SW-03",{"result":"ok"},[]]]}"#.as_bytes().to_vec()
    }

    #[test]
    fn decode_and_encode_are_inverse() {
        let bytes = sample();
        let change = Change::decode(&bytes).unwrap();
        assert_eq!(change.edits[0].replaces, [Dot::new(DeviceId(0xab), 5), Dot::new(DeviceId(0xcd), 2)]);
        assert_eq!(change.edits[0].reason.as_deref(), Some("\n改正"));
        assert_eq!(String::from_utf8(change.encode().unwrap()).unwrap(), String::from_utf8(bytes).unwrap());
    }

    #[test]
    fn a_line_keeps_the_exact_bytes() {
        let signed = SignedChange { alg: "ed25519".into(), signature: vec![1; 64], bytes: sample() };
        assert_eq!(SignedChange::from_line(&signed.to_line()), Some(signed.clone()));
        assert_eq!(SignedChange::peek(&signed.bytes), Some(Dot::new(DeviceId(0xab), 7)));
        let broken = SignedChange { bytes: b"{\"v\":1,\"device\":\"00000000000000ab\",\"seq\":9,\xff".to_vec(), ..signed };
        assert_eq!(SignedChange::from_line(&broken.to_line()), Some(broken.clone()));
        assert_eq!(SignedChange::peek(&broken.bytes), Some(Dot::new(DeviceId(0xab), 9)));
    }

    #[test]
    fn what_is_malformed_is_named() {
        let text = String::from_utf8(sample()).unwrap();
        for (from, to, why) in [
            ("\"v\":1", "\"v\":2", "begin"),
            ("\"seq\":7", "\"seq\":0", "at least 1"),
            ("\"prior\":5", "\"prior\":7", "greater than prior"),
            ("{\"result\":\"ok\"}", "{\"result\": \"ok\"}", "answers.SW-03"),
            ("{\"result\":\"ok\"}", "1.5", "floats"),
            ("新达", "\\u0000", "NUL"),
            ("answers.SW-03", "site.name", "written twice"),
            ("answers.SW-03", "$seal", "field key"),
            ("00000000000000cd\",3", "00000000000000ab\",3", "own device"),
            ("\"kind\":\"visit\",", "", "kind"),
            ("\"kind\":\"visit\",", "\"kind\":\"visit\",\"kind\":\"visit\",", "duplicate"),
        ] {
            let bad = text.replacen(from, to, 1);
            let said = Change::decode(bad.as_bytes()).map(|_| String::new()).unwrap_or_else(|e| e.0);
            assert!(said.contains(why), "{to}: {said}");
        }
        let with_new_member = text.replacen("\"prior\"", "\"later_idea\":{\"x\":1},\"prior\"", 1);
        assert!(Change::decode(with_new_member.as_bytes()).is_ok(), "members of later versions survive");
        assert!(Change::decode(&vec![b'x'; MAX_CHANGE_BYTES + 1]).unwrap_err().0.contains("larger"));
    }
}
