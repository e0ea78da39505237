//! Requests as any transport can send them, and what an answer's status means.

use serde_json::{Value, json};
use std::borrow::Cow;
use sync_core::base::pack;
use sync_core::replica::Failure;

use super::error::{Code, DeviceError};

/// Bodies above this travel compressed.
const COMPRESS_ABOVE: usize = 1024;

/// Largest answer taken, inflated.
pub const MAX_ANSWER: usize = 32 << 20;

/// First bytes of a zstd frame (RFC 8878 §3.1.1); no JSON text begins so.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A request ready to be sent: nothing needs to be added but the server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireRequest {
    /// `GET`, `POST`, `PATCH` or `HEAD`.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body as it travels; empty for `GET`.
    pub body: Vec<u8>,
}

impl WireRequest {
    /// A request. With a token a larger body is compressed: only those routes inflate, within their limits.
    pub fn new(method: &'static str, path: String, content_type: &'static str, body: Vec<u8>, token: Option<&str>) -> WireRequest {
        let mut headers = Vec::new();
        if !body.is_empty() {
            headers.push(("content-type", content_type.to_owned()));
        }
        if let Some(token) = token {
            headers.push(("authorization", format!("Bearer {token}")));
        }
        let body = if token.is_some() && body.len() > COMPRESS_ABOVE {
            headers.push(("content-encoding", "zstd".to_owned()));
            pack::pack(&body, 3)
        } else {
            body
        };
        WireRequest { method, path, headers, body }
    }
}

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WireAnswer {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`, lower case.
    pub content_type: String,
    /// `Retry-After` in seconds, where it was given as a number.
    pub retry_after_s: Option<u64>,
    /// `Location`: where an upload stands.
    pub location: Option<String>,
    /// `Upload-Offset`: how far it is.
    pub upload_offset: Option<u64>,
    /// The body.
    pub body: Vec<u8>,
}

impl WireAnswer {
    /// The body inflated, if it was compressed; `None` if it is broken or too large.
    pub fn inflated(&self) -> Option<Cow<'_, [u8]>> {
        if self.body.starts_with(&ZSTD_MAGIC) {
            return pack::unpack(&self.body, MAX_ANSWER).ok().map(Cow::Owned);
        }
        (self.body.len() <= MAX_ANSWER).then_some(Cow::Borrowed(&self.body))
    }

    /// The server's problem document, if this is one.
    pub fn problem(&self) -> Option<Value> {
        self.content_type.starts_with("application/problem+json").then(|| serde_json::from_slice(&self.inflated()?).ok()).flatten()
    }

    /// What the status means; `None` is an answer to be read.
    ///
    /// A refusal counts only in the server's own words: what a captive portal answers, whatever its status, is no
    /// refusal. Every 5xx is transient, known or not.
    pub fn failure(&self) -> Option<Failure> {
        match self.status {
            200..=299 => None,
            401 => Some(Failure::Unauthorized),
            413 => Some(Failure::TooLarge),
            408 | 425 | 429 | 500.. => Some(Failure::Transient(self.status)),
            status if self.problem().is_some() => Some(Failure::Refused(status)),
            _ => Some(Failure::NotAReceipt),
        }
    }
}

/// A failed request as an error for the caller.
pub fn as_error(failure: &Failure, problem: Option<Value>) -> DeviceError {
    let (code, remedy) = match failure {
        Failure::NoAnswer | Failure::Transient(_) => (Code::Offline, "what is captured is kept; try again later"),
        Failure::TooLarge => (Code::Refused, "a single change is larger than the server takes; it stays here, report it to the office"),
        Failure::Unauthorized | Failure::Refused(_) => (Code::Refused, "what is captured is kept; read detail.problem"),
        Failure::NotAReceipt => (Code::NotTheServer, "check the server's address, or log in to the network first; what is captured is kept"),
    };
    DeviceError::new(code, format!("{failure}; {remedy}")).with(json!({ "problem": problem }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str) -> WireAnswer {
        WireAnswer { status, content_type: content_type.into(), body: b"{}".to_vec(), ..WireAnswer::default() }
    }

    #[test]
    fn every_5xx_is_transient_and_a_portal_refuses_nothing() {
        for status in [500, 502, 503, 504, 511, 599, 408, 425, 429] {
            assert_eq!(answer(status, "text/html").failure(), Some(Failure::Transient(status)));
        }
        for status in [302, 303, 307, 403, 404] {
            assert_eq!(answer(status, "text/html").failure(), Some(Failure::NotAReceipt));
        }
        assert_eq!(answer(403, "application/problem+json").failure(), Some(Failure::Refused(403)));
        assert_eq!(answer(401, "text/html").failure(), Some(Failure::Unauthorized));
        assert_eq!(answer(413, "").failure(), Some(Failure::TooLarge));
        assert_eq!(answer(200, "text/html").failure(), None, "whether it is a receipt, its signature says");
    }

    #[test]
    fn a_large_body_travels_compressed_and_a_small_one_as_it_is() {
        let large = WireRequest::new("POST", "/x".into(), "application/json", vec![b'a'; 5000], Some("t"));
        assert!(large.body.len() < 100 && large.headers.contains(&("content-encoding", "zstd".into())));
        let unknown = WireRequest::new("POST", "/x".into(), "application/json", vec![b'a'; 5000], None);
        assert_eq!((unknown.body.len(), unknown.headers.len()), (5000, 1), "who shows no token is not inflated by the server");
        let small = WireRequest::new("POST", "/x".into(), "application/json", b"{}".to_vec(), Some("t"));
        assert_eq!((small.body.as_slice(), small.headers.len()), (b"{}".as_slice(), 2));
    }

    #[test]
    fn a_bomb_is_no_answer() {
        let bomb = WireAnswer { status: 200, body: pack::pack(&vec![0; MAX_ANSWER + 1], 3), ..WireAnswer::default() };
        assert!(bomb.body.len() < 10_000);
        assert_eq!(bomb.inflated(), None);
    }
}
