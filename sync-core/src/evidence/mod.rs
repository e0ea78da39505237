//! What a record names as evidence, and what of it is there (`domain.md` §11, `sync.md` §4).
//!
//! A record holds facts about a file, never its bytes; the office says of each original, in the record itself, that it has it. So the
//! handheld and the server count alike, a handheld may delete its copy only once that word has come back to it, and what rests on the
//! evidence waits for all of it. Two registers may name one file: it is counted once. A digest that cannot be read is a file that
//! cannot come. Deliberately absent: any file, and whether somebody may see it.

pub mod custody;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use crate::base::Digest;
use crate::record::{Guard, Record, Type};

/// Prefix of what a visit's officers took.
const PHOTOS: &str = "photos.";
/// Prefix of a case's evidence.
const EVIDENCE: &str = "evidence.";
/// Prefix of the office's word on originals.
pub const FILES: &str = "files.";
/// Fields beside evidence that name files, alone or in lists: materials of an application, of a course, what a firm hands in.
const PAPERS: &[&str] = &["application", "attachments.", "materials."];

/// The office's word on an original: received as it was announced, or `lost` and why it never comes.
pub const FILE: Type = Type::Map(&[
    ("at_ms", Type::Int(0, 253_402_300_799_000)),
    ("by", Type::Token),
    ("lost", Type::Text(500)),
    ("mime", Type::Text(40)),
    ("sha256", Type::Token),
    ("size", Type::Int(0, 1 << 40)),
]);

/// A file as a record names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    /// The register that names it.
    pub field: String,
    /// Its digest; `None` if what stands there is no SHA-256, so that no file can ever be it.
    pub sha256: Option<Digest>,
    /// Its SM3 as worked out when it was captured, if it was (GB/T 32905).
    pub sm3: Option<Digest>,
    /// Bytes, as announced.
    pub size: Option<i64>,
    /// Its type, as announced.
    pub mime: Option<String>,
    /// The kind of evidence (行政处罚法 46); `photo` of what is taken on a visit.
    pub kind: String,
    /// Who collected it.
    pub by: Option<String>,
    /// Who collected it with him (行政处罚法 42).
    pub second: Option<String>,
    /// UTC milliseconds at which it was taken.
    pub taken_ms: Option<i64>,
    /// Where it was taken, as longitude and latitude in 1e-7 degrees.
    pub place: Option<(i64, i64)>,
    /// What it proves.
    pub fact: Option<String>,
}

impl Exhibit {
    fn of(field: &str, value: &Json) -> Exhibit {
        let text = |member: &str| value.get(member).and_then(Json::as_str).map(str::to_owned);
        let number = |member: &str| value.get(member).and_then(Json::as_i64);
        Exhibit {
            field: field.to_owned(),
            sha256: text("sha256").as_deref().and_then(digest),
            sm3: text("sm3").as_deref().and_then(digest),
            size: number("size"),
            mime: text("mime"),
            kind: text("kind").unwrap_or_else(|| "photo".to_owned()),
            by: text("by"),
            second: text("second"),
            taken_ms: number("taken_ms"),
            place: number("lon_e7").zip(number("lat_e7")),
            fact: text("fact"),
        }
    }
}

/// A digest as handhelds write it (43 characters of URL-safe base64) or as programs do (64 hexadecimal digits).
pub fn digest(text: &str) -> Option<Digest> {
    if text.len() != 64 {
        return Digest::parse(text);
    }
    let mut out = [0u8; 32];
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Digest(out))
}

/// The part of a register's key that names a file: the first half of its digest, as hexadecimal digits.
pub fn id_of(sha256: Digest) -> String {
    sha256.0.iter().take(16).fold(String::with_capacity(32), |mut out, byte| {
        use std::fmt::Write as _;
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The register of the office's word on an original.
pub fn file_field(sha256: Digest) -> String {
    format!("{FILES}{}", id_of(sha256))
}

/// Every file that a record names as evidence, under whichever value that stands; in the order of their registers. Evidence of a case that
/// is no file (an object, a witness) names none; a photo is always one.
pub fn exhibits(record: &Record) -> Vec<Exhibit> {
    let standing = |prefix: &'static str| record.with_prefix(prefix).flat_map(|(key, r)| r.candidates().iter().map(move |c| (key, c.value.to_json())));
    let is_file = |key: &str, value: &Json| value.get("sha256").is_some() || (key.starts_with(PHOTOS) && !value.is_null());
    standing(EVIDENCE).chain(standing(PHOTOS)).filter(|(key, value)| is_file(key, value)).map(|(key, value)| Exhibit::of(key, &value)).collect()
}

/// The digests of every file that a record names, evidence or not: who reads the record may read these.
pub fn named(record: &Record) -> BTreeSet<Digest> {
    let mut out: BTreeSet<Digest> = exhibits(record).into_iter().filter_map(|exhibit| exhibit.sha256).collect();
    for (_, register) in PAPERS.iter().flat_map(|prefix| record.with_prefix(prefix)) {
        for candidate in register.candidates() {
            gather(&candidate.value.to_json(), &mut out);
        }
    }
    out
}

fn gather(value: &Json, out: &mut BTreeSet<Digest>) {
    match value {
        Json::Object(map) => {
            out.extend(map.get("sha256").and_then(Json::as_str).and_then(digest));
            map.values().for_each(|inner| gather(inner, out));
        }
        Json::Array(list) => list.iter().for_each(|inner| gather(inner, out)),
        _ => {}
    }
}

/// How much of a record's evidence is there: `evidence 12/14`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Standing {
    /// Files that the record names, each once.
    pub named: usize,
    /// Those of which the office has the original.
    pub there: usize,
    /// Those of which somebody said, with a reason, that they never come.
    pub lost: usize,
    /// Registers of those that are awaited.
    pub awaited: Vec<String>,
}

impl Standing {
    /// Whether nothing is awaited.
    pub fn is_complete(&self) -> bool {
        self.awaited.is_empty()
    }
}

/// What the office says of originals: the digest, and whether it is lost.
fn words(record: &Record) -> BTreeMap<Digest, bool> {
    let values = record.with_prefix(FILES).flat_map(|(_, r)| r.candidates()).map(|c| c.value.to_json());
    let word = |value: Json| {
        let lost = value.get("lost").and_then(Json::as_str).is_some_and(|why| !why.trim().is_empty());
        value.get("sha256").and_then(Json::as_str).and_then(digest).map(|sha256| (sha256, lost))
    };
    let mut out = BTreeMap::new();
    for (sha256, lost) in values.filter_map(word) {
        // What came after all is there.
        out.entry(sha256).and_modify(|was| *was &= lost).or_insert(lost);
    }
    out
}

/// Whether the office has said of a file that its original is there: the receipt against which a handheld may delete its copy.
pub fn received(record: &Record, sha256: Digest) -> bool {
    words(record).get(&sha256) == Some(&false)
}

/// Counts a record's evidence.
pub fn standing(record: &Record) -> Standing {
    let words = words(record);
    let mut out = Standing::default();
    let mut seen = BTreeSet::new();
    for exhibit in exhibits(record) {
        // What names no digest is each a file of its own.
        if exhibit.sha256.is_some_and(|sha256| !seen.insert(sha256)) {
            continue;
        }
        out.named += 1;
        match exhibit.sha256.and_then(|sha256| words.get(&sha256)) {
            Some(false) => out.there += 1,
            Some(true) => out.lost += 1,
            None => out.awaited.push(exhibit.field),
        }
    }
    out
}

/// Evidence is there before what rests on it is decided, closed or archived. An act that was captured under a field table from before
/// originals were received is judged as it was then.
pub const fn there<const SINCE: u32>() -> Guard {
    Guard { code: "evidence_awaited", basis: "行政处罚法 40, 46; sync.md §4", holds: |i| i.change.schema < SINCE || standing(i.record).is_complete() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, RecordId};
    use crate::record::{Candidate, Dot, Value};
    use serde_json::json;

    const ONE: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    const ONE_HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// A record into which each field is written by a device of its own, without having seen what stands.
    fn record(fields: &[(&str, Json)]) -> Record {
        let mut record = Record::new(RecordId(1), "case", "FILED");
        for (n, (key, value)) in (1..).zip(fields) {
            record.write(key, &[], Some(Candidate { dot: Dot::new(DeviceId(n), 1), commit: n, value: Value::from_json(value).unwrap(), by: None }), n);
        }
        record
    }

    #[test]
    fn a_file_is_counted_once_whoever_names_it_and_however() {
        let record = record(&[
            ("evidence.e1", json!({"fact": "泥浆入河", "kind": "audiovisual", "sha256": ONE, "second": "wang", "by": "li"})),
            ("evidence.e2", json!({"fact": "泥浆入河", "kind": "audiovisual", "sha256": ONE_HEX})),
            ("evidence.e3", json!({"fact": "证人", "kind": "testimony"})),
            ("photos.F-1.p1", json!({"sha256": ONE, "size": 0, "taken_ms": 7, "lat_e7": 2, "lon_e7": 1})),
            ("photos.F-1.p2", json!(null)),
        ]);
        assert_eq!(standing(&record), Standing { named: 1, awaited: vec!["evidence.e1".into()], ..Standing::default() });
        let all = exhibits(&record);
        assert_eq!(all.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(), ["evidence.e1", "evidence.e2", "photos.F-1.p1"]);
        assert_eq!((all[0].second.as_deref(), all[2].place, all[2].kind.as_str()), (Some("wang"), Some((1, 2)), "photo"));
        assert_eq!(named(&record), BTreeSet::from([Digest::plain(b"")]));
        assert_eq!(file_field(Digest::plain(b"")), format!("files.{}", &ONE_HEX[..32]));
    }

    #[test]
    fn what_is_no_digest_is_awaited_for_ever_and_a_word_of_the_office_ends_waiting() {
        let (one, bad) = (("evidence.e1", json!({"sha256": ONE})), ("evidence.e2", json!({"sha256": "00"})));
        let there = ("files.a", json!({"at_ms": 5, "sha256": ONE_HEX}));
        let lost = ("files.a", json!({"at_ms": 5, "sha256": ONE, "lost": "终端落水"}));
        let blank = ("files.a", json!({"at_ms": 5, "sha256": ONE, "lost": " "}));
        assert!(standing(&record(&[])).is_complete());
        assert!(standing(&record(&[one.clone(), there.clone()])).is_complete() && received(&record(std::slice::from_ref(&there)), Digest::plain(b"")));
        let gone = record(&[one.clone(), lost.clone()]);
        assert!(standing(&gone).is_complete() && standing(&gone).lost == 1 && !received(&gone, Digest::plain(b"")));
        // It came after all, beside the word that it never would: it is there.
        let came = record(&[one.clone(), lost, blank]);
        assert!(standing(&came).there == 1 && received(&came, Digest::plain(b"")));
        assert_eq!(standing(&record(&[one, bad, there])).awaited, ["evidence.e2"]);
    }

    #[test]
    fn papers_that_are_no_evidence_are_named_and_awaited_by_nobody() {
        let record = record(&[
            ("application", json!({"materials": [{"name": "承诺书", "sha256": ONE}]})),
            ("documents.d", json!({"sha256": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFA"})),
        ]);
        assert_eq!(named(&record), BTreeSet::from([Digest::plain(b"")]));
        assert!(standing(&record).is_complete());
    }
}
