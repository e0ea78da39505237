//! The port to the credit site: JSON over HTTP, version 1.
//!
//! `POST <site>/v1/repairs` with `Content-Type: application/json`, `Authorization: Bearer <token>` where one is configured, and
//! `Idempotency-Key: <key>`. The body:
//!
//! ```json
//! {"v": 1, "key": "repair-…", "action": "repair", "decision": {"day": "2026-04-01", "number": "…"},
//!  "subject": {"name": "…", "uscc": "…"}, "category": "general", "regime": "order_36", "organ": "…", "approved": "2026-07-09"}
//! ```
//!
//! `action` is `repair` (stop showing the record) or `restore` (show it again; then with `revoked` and `reason`). The site answers 200 or
//! 201 with `{"receipt": "…"}`; to a key that it has seen, with the receipt of then, as 200 or 409. 408, 425, 429 and 5xx, no answer
//! in time, and an answer that cannot be read are tried again under the same key (`Retry-After` in seconds is obeyed), as are 401 and 403,
//! which are for the administrator to mend. Any other answer refuses the message for good. Redirects are not followed: they would
//! take personal data elsewhere.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, StatusCode};
use serde::Deserialize;

/// Most bytes of an answer.
const MOST: usize = 64 * 1024;

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The site has it.
    Confirmed {
        /// Its receipt.
        receipt: String,
    },
    /// Later again.
    Failed {
        /// What it met, without personal data.
        why: String,
        /// What the site asked to wait, milliseconds.
        after_ms: Option<i64>,
    },
    /// The site does not take it.
    Refused {
        /// What it said.
        why: String,
    },
}

/// The credit site.
pub struct Site {
    client: Client,
    url: String,
    token: Option<String>,
    /// Held by whoever tells it something.
    pub telling: tokio::sync::Mutex<()>,
}

#[derive(Deserialize)]
struct Answer {
    receipt: String,
}

impl Site {
    /// A site at an address without a slash at its end; `None` if there is no client to be had.
    pub fn new(url: &str, token: Option<&str>, timeout: Duration) -> Option<Site> {
        let client = Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none()).no_proxy().build().ok()?;
        Some(Site { client, url: url.trim_end_matches('/').to_owned(), token: token.map(str::to_owned), telling: tokio::sync::Mutex::new(()) })
    }

    /// Tells it one message.
    pub async fn tell(&self, key: &str, body: &str) -> Told {
        let mut request = self.client.post(format!("{}/v1/repairs", self.url)).header(CONTENT_TYPE, "application/json").header("Idempotency-Key", key).body(body.to_owned());
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let failed = |why: String| Told::Failed { why, after_ms: None };
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return failed(if error.is_timeout() { "no answer in time".into() } else { "the site cannot be reached".into() }),
        };
        let status = response.status();
        let after_ms = response.headers().get(RETRY_AFTER).and_then(|h| h.to_str().ok()?.parse::<i64>().ok()).map(|seconds| seconds.saturating_mul(1_000));
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() <= MOST => bytes.extend_from_slice(&chunk),
                Ok(Some(_)) => return failed(format!("{status}: the answer is longer than {MOST} bytes")),
                Ok(None) => break,
                Err(_) => return failed(format!("{status}: the answer broke off")),
            }
        }
        let receipt = serde_json::from_slice::<Answer>(&bytes).ok().map(|answer| answer.receipt).filter(|receipt| !receipt.trim().is_empty() && receipt.chars().count() <= 120);
        match (status, receipt) {
            (StatusCode::OK | StatusCode::CREATED | StatusCode::CONFLICT, Some(receipt)) => Told::Confirmed { receipt },
            (StatusCode::OK | StatusCode::CREATED | StatusCode::CONFLICT, None) => failed(format!("{status} without a receipt")),
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS, _) => {
                Told::Failed { why: status.to_string(), after_ms }
            }
            (status, _) if status.is_server_error() => Told::Failed { why: status.to_string(), after_ms },
            (status, _) => Told::Refused { why: status.to_string() },
        }
    }
}
