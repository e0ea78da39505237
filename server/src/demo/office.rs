//! The reviewer at his desk: logs in and decides through the public API.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value as Json, json};
use sync_core::base::Digest;

use super::Failure;
use super::factor::Factors;

/// How long a connection on which nothing is asked is used again: less than the server keeps one, or a request may go where nobody listens.
pub const IDLE: Duration = Duration::from_secs(3);

/// A logged-in reviewer.
pub struct Desk {
    client: Client,
    url: String,
    token: String,
}

/// One clash as the reviewer settled it.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The field.
    pub field: String,
    /// The values that stood, each with its author.
    pub values: Vec<(String, Json)>,
    /// What stands now.
    pub chosen: Json,
}

impl Desk {
    /// Logs in with password and, where he has one, the second factor.
    pub fn log_in(url: &str, officer: &str, password: &str, factors: &Factors) -> Result<Desk, Failure> {
        let client = Client::builder().pool_idle_timeout(IDLE).build()?;
        let log_in = |otp: Option<&str>| checked(client.post(format!("{url}/auth/login")).json(&json!({ "officer": officer, "password": password, "otp": otp })));
        let answer = if factors.has(officer) {
            let [present, next] = factors.codes(officer)?;
            log_in(Some(&present)).or_else(|_| log_in(Some(&next)))?
        } else {
            log_in(None)?
        };
        let token = answer.get("access_token").and_then(Json::as_str).ok_or("the log-in gave no token")?.to_owned();
        Ok(Desk { client, url: url.to_owned(), token })
    }

    /// What a call answers.
    pub fn get(&self, path: &str) -> Result<Json, Failure> {
        checked(self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token))
    }

    /// What a call answers that writes; a change that was refused or excepted is a failure.
    pub fn call(&self, path: &str, body: &Json) -> Result<Json, Failure> {
        let done = checked(self.post(path, body)).map_err(|why| format!("{path}: {why}"))?;
        let stands = |kind: &str| done.get("disposition").and_then(|d| d.get(kind)).and_then(Json::as_array).is_some_and(|all| !all.is_empty());
        if stands("refused") || stands("excepted") {
            return Err(format!("{path}: {done}").into());
        }
        Ok(done)
    }

    /// Hands an original in for a record, by tus; what the office has already is not sent.
    pub fn hand_in(&self, record: &str, bytes: &[u8]) -> Result<(), Failure> {
        let tus = |request: RequestBuilder| request.bearer_auth(&self.token).header("Tus-Resumable", "1.0.0");
        let sha256 = hex::encode(Digest::plain(bytes).0);
        let metadata = format!("sha256 {},record {}", STANDARD.encode(sha256), STANDARD.encode(record));
        let begun = tus(self.client.post(format!("{}/files", self.url))).header("Upload-Length", bytes.len()).header("Upload-Metadata", metadata).send()?.error_for_status()?;
        let header = |name: &str| begun.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (path, at) = (header("location").ok_or("the upload has no place")?, header("upload-offset").and_then(|at| at.parse().ok()).unwrap_or(0));
        let rest = bytes.get(at..).unwrap_or_default().to_vec();
        if !rest.is_empty() {
            let piece = tus(self.client.patch(format!("{}{path}", self.url))).header("Upload-Offset", at).header("Content-Type", "application/offset+octet-stream");
            piece.body(rest).send()?.error_for_status()?;
        }
        Ok(())
    }

    fn post(&self, path: &str, body: &Json) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body)
    }

    /// Enters an object under an id of its own, unless an earlier run in this folder did.
    pub fn enter(&self, kind: &str, record: &str, fields: &[(&str, Json)]) -> Result<(), Failure> {
        let edits: Vec<Json> = fields.iter().map(|(field, value)| json!({ "field": field, "value": value, "replaces": [] })).collect();
        let answer = self.post("/api/v1/records", &json!({ "kind": kind, "record": record, "edits": edits })).send()?;
        match answer.status().as_u16() {
            201 | 409 => Ok(()),
            status => Err(format!("{status}: {}", answer.text()?).into()),
        }
    }

    /// Approves a visit. What stands against it, as in a second run on the same day, is let through with the reason.
    pub fn approve(&self, visit: &str, reason: &str) -> Result<Json, Failure> {
        let found = self.get(&format!("/api/v1/visits/{visit}/admission"))?;
        let findings = found.get("findings").and_then(Json::as_array).into_iter().flatten();
        let blocks = findings.filter(|f| f.get("weight").and_then(Json::as_str) == Some("block")).filter_map(|f| f.get("key")?.as_str());
        let overrides: serde_json::Map<String, Json> = blocks.map(|key| (key.to_owned(), Json::from(reason))).collect();
        let done = checked(self.post(&format!("/api/v1/records/{visit}/acts"), &json!({ "act": "approve", "reason": reason, "overrides": overrides })))?;
        match done.pointer("/disposition/refused") {
            Some(why) => Err(format!("the visit was not approved: {why}").into()),
            None => Ok(done),
        }
    }

    /// Settles every contested field of a record by the strictest finding, citing exactly what the page showed.
    pub fn settle(&self, record: &str, reason: &str) -> Result<Vec<Settled>, Failure> {
        let page = self.get(&format!("/api/v1/records/{record}"))?;
        let mut settled = Vec::new();
        for field in page.get("fields").and_then(Json::as_array).into_iter().flatten() {
            if field.get("reading").and_then(Json::as_str) != Some("contested") {
                continue;
            }
            let key = field.get("key").and_then(Json::as_str).unwrap_or_default();
            let etag = field.get("etag").and_then(Json::as_str).unwrap_or_default();
            let candidates = field.get("candidates").and_then(Json::as_array).cloned().unwrap_or_default();
            let values: Vec<(String, Json)> =
                candidates.iter().map(|c| (c.get("officer").and_then(Json::as_str).unwrap_or("?").to_owned(), c.get("value").cloned().unwrap_or_default())).collect();
            let strict = values.iter().find(|(_, v)| v.get("result").and_then(Json::as_str) == Some("bad"));
            let Some((_, chosen)) = strict.or_else(|| values.first()).cloned() else { continue };
            let call = self.client.put(format!("{}/api/v1/records/{record}/fields/{key}", self.url)).bearer_auth(&self.token).header("If-Match", etag);
            checked(call.json(&json!({ "value": chosen, "reason": reason })))?;
            settled.push(Settled { field: key.to_owned(), values, chosen });
        }
        Ok(settled)
    }
}

fn checked(call: RequestBuilder) -> Result<Json, Failure> {
    let answer = call.send()?;
    let status = answer.status();
    let body: Json = answer.json()?;
    match status.is_success() {
        true => Ok(body),
        false => Err(format!("{status}: {body}").into()),
    }
}
