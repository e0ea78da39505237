//! What tus 1.0.0 says in headers, read and written: no state, no bytes of files.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::Digest as _;
use sha2::Sha256;
use sync_core::base::{Digest, RecordId};

use crate::base::problem::Problem;

/// The version of the protocol.
pub const VERSION: &str = "1.0.0";
/// What is spoken beside its core.
pub const EXTENSIONS: &str = "creation,checksum,termination,expiration";
/// Algorithms of checksums of pieces.
pub const ALGORITHMS: &str = "sha256,sha1";
/// Longest `Upload-Metadata`.
const MOST_METADATA: usize = 4_096;

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// Refuses another version of the protocol: 412.
pub fn speaks(request: &HttpRequest) -> Result<(), Problem> {
    match text(request.headers(), "tus-resumable") {
        Some(VERSION) => Ok(()),
        told => Err(Problem::new("tus_version", format!("send Tus-Resumable: {VERSION}, not {:.20}", told.unwrap_or("none")))),
    }
}

fn number(headers: &HeaderMap, name: &str) -> Result<i64, Problem> {
    let told = text(headers, name).ok_or_else(|| Problem::field(name, "is missing; send it as a number of bytes"))?;
    told.parse().ok().filter(|n| *n >= 0).ok_or_else(|| Problem::field(name, format!("`{told:.20}` is no number of bytes")))
}

/// What somebody wants to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Bytes of the whole.
    pub size: i64,
    /// Its digest: metadata `sha256`.
    pub sha256: Digest,
    /// What it was called where it comes from: metadata `filename`. A word for people, never a path.
    pub name: String,
    /// The record whose evidence it is, if it says so: metadata `record`.
    pub record: Option<RecordId>,
    /// `Upload-Metadata` as it was written.
    pub metadata: String,
}

/// The last part of a name, without what could lead elsewhere or hide: at most 120 characters.
pub fn plain_name(told: &str) -> String {
    let last = told.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name: String = last.chars().filter(|c| !c.is_control() && !"<>:\"|?*".contains(*c) && !is_bidi(*c)).take(120).collect();
    while name.starts_with('.') {
        name.remove(0);
    }
    name.trim().to_owned()
}

/// Characters that turn the direction of what follows, and so can show another ending than a name has.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl Wanted {
    /// Reads `Upload-Length` and `Upload-Metadata` of a creation. A length that comes later is not taken: a photo's is known.
    pub fn read(headers: &HeaderMap) -> Result<Wanted, Problem> {
        if headers.contains_key("upload-defer-length") {
            return Err(Problem::field("Upload-Defer-Length", "is not taken; send Upload-Length"));
        }
        let size = number(headers, "Upload-Length")?;
        let told = text(headers, "upload-metadata").unwrap_or_default();
        if told.len() > MOST_METADATA {
            return Err(Problem::field("Upload-Metadata", format!("is longer than {MOST_METADATA} bytes")));
        }
        let (mut sha256, mut name, mut record) = (None, String::new(), None);
        for pair in told.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
            let bad = |why: &str| Problem::field("Upload-Metadata", format!("{key:.40}: {why}"));
            let value = STANDARD.decode(value.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| bad("is not base64 of UTF-8"))?;
            match key {
                "sha256" => sha256 = Some(digest(&value).ok_or_else(|| bad("is no SHA-256; write 64 hexadecimal digits, or 43 characters of URL-safe base64"))?),
                "filename" | "name" => name = plain_name(&value),
                "record" => record = Some(value.parse().map_err(|_| bad("is no id of a record"))?),
                // Clients add what they like, such as `filetype`; what a file is, its bytes say.
                _ => {}
            }
        }
        let sha256 = sha256.ok_or_else(|| Problem::field("Upload-Metadata", "has no sha256: name the digest of the whole file, which is compared at the end"))?;
        Ok(Wanted { size, sha256, name, record, metadata: told.to_owned() })
    }
}

/// A SHA-256 as people and programs write it.
fn digest(text: &str) -> Option<Digest> {
    if text.len() == 64 {
        let bytes: [u8; 32] = hex::decode(text).ok()?.try_into().ok()?;
        return Some(Digest(bytes));
    }
    Digest::parse(text)
}

/// A checksum that was announced for a piece.
#[derive(Clone)]
pub enum Checksum {
    /// SHA-1: what clients send who know no other.
    Sha1(Sha1, Vec<u8>),
    /// SHA-256.
    Sha256(Sha256, Vec<u8>),
}

impl Checksum {
    /// Reads `Upload-Checksum`, if there is one.
    pub fn read(headers: &HeaderMap) -> Result<Option<Checksum>, Problem> {
        let Some(told) = text(headers, "upload-checksum") else { return Ok(None) };
        let (algorithm, value) = told.split_once(' ').unwrap_or((told, ""));
        let value = STANDARD.decode(value.trim()).map_err(|_| Problem::field("Upload-Checksum", "is not `<algorithm> <base64>`"))?;
        match algorithm {
            "sha1" => Ok(Some(Checksum::Sha1(Sha1::new(), value))),
            "sha256" => Ok(Some(Checksum::Sha256(Sha256::new(), value))),
            other => Err(Problem::field("Upload-Checksum", format!("`{other:.20}` is not taken; use one of {ALGORITHMS}"))),
        }
    }

    /// Takes bytes of the piece in.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Checksum::Sha1(state, _) => state.update(bytes),
            Checksum::Sha256(state, _) => state.update(bytes),
        }
    }

    /// Whether the piece is what was announced.
    pub fn holds(self) -> bool {
        match self {
            Checksum::Sha1(state, told) => state.finalize().as_slice() == told,
            Checksum::Sha256(state, told) => state.finalize().as_slice() == told,
        }
    }
}

/// What a piece says of itself: `Upload-Offset` and its content type.
pub fn offset(headers: &HeaderMap) -> Result<i64, Problem> {
    match text(headers, "content-type") {
        Some("application/offset+octet-stream") => number(headers, "Upload-Offset"),
        _ => Err(Problem::new("media_type", "send a piece as Content-Type: application/offset+octet-stream")),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect()
    }

    fn metadata(pairs: &[(&str, &str)]) -> String {
        pairs.iter().map(|(key, value)| format!("{key} {}", STANDARD.encode(value))).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn a_wish_names_size_and_digest_and_its_name_leads_nowhere() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let told = metadata(&[("sha256", hex), ("filename", "../../etc/pass\u{202e}gpj.exe"), ("filetype", "image/jpeg")]);
        let wanted = Wanted::read(&headers(&[("upload-length", "12"), ("upload-metadata", &told)])).unwrap();
        assert_eq!((wanted.size, wanted.sha256, wanted.name.as_str(), wanted.record, wanted.metadata), (12, Digest::plain(b""), "passgpj.exe", None, told));
        for name in ["C:\\fakepath\\工地.jpg", "工地.jpg", "..工地.jpg"] {
            assert_eq!(plain_name(name), "工地.jpg");
        }
        for (length, told, field) in [
            ("x", metadata(&[("sha256", hex)]), "Upload-Length"),
            ("-1", metadata(&[("sha256", hex)]), "Upload-Length"),
            ("1", metadata(&[("sha256", "ab")]), "sha256"),
            ("1", metadata(&[("filename", "a.jpg")]), "has no sha256"),
            ("1", "sha256 *".to_owned(), "is not base64"),
            ("1", metadata(&[("sha256", hex), ("record", "7")]), "record"),
            ("1", "x".repeat(5_000), "longer"),
        ] {
            let said = Wanted::read(&headers(&[("upload-length", length), ("upload-metadata", &told)])).unwrap_err();
            assert!(format!("{said:?}").contains(field), "{said:?}");
        }
        assert!(Wanted::read(&headers(&[("upload-length", "1"), ("upload-defer-length", "1")])).is_err());
    }

    #[test]
    fn a_checksum_of_a_piece_is_compared_by_either_algorithm() {
        for (told, holds) in
            [("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", true), ("sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=", false), ("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", true)]
        {
            let mut checksum = Checksum::read(&headers(&[("upload-checksum", told)])).unwrap().unwrap();
            checksum.update(b"hello ");
            checksum.update(b"world");
            assert_eq!(checksum.holds(), holds, "{told}");
        }
        assert!(Checksum::read(&headers(&[("upload-checksum", "crc32 AA==")])).is_err());
        assert!(Checksum::read(&headers(&[])).unwrap().is_none());
        assert_eq!(offset(&headers(&[("content-type", "application/offset+octet-stream"), ("upload-offset", "7")])).unwrap(), 7);
        assert!(offset(&headers(&[("content-type", "application/json"), ("upload-offset", "7")])).is_err());
    }
}
