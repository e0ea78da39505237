//! The library's own transport. Redirects are not followed (a portal redirects, the server never does), nothing is
//! inflated beyond its limit, and a cancelled request ends at once.

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use super::error::{Code, DeviceError, Result};
use super::wire::{MAX_ANSWER, WireAnswer, WireRequest};

const CONNECT: Duration = Duration::from_secs(15);
/// No byte for so long ends a request: a thin network is slow, a dead one is silent.
const SILENCE: Duration = Duration::from_secs(60);
/// How long a connection on which nothing is asked is used again: less than servers keep one, or a request may go where nobody listens.
const IDLE: Duration = Duration::from_secs(3);

/// Cancels whatever holds a clone of it. Can be used from any thread, once for all.
#[derive(Clone, Default)]
pub struct Cancel(Arc<(AtomicBool, Notify)>);

impl Cancel {
    /// Cancels, for good.
    pub fn cancel(&self) {
        self.0.0.store(true, Ordering::SeqCst);
        self.0.1.notify_waiters();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    async fn cancelled(&self) {
        let notified = self.0.1.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
    }
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The caller cancelled.
    Cancelled,
    /// No network, a broken connection, a time-out, an answer beyond the limit.
    Lost,
}

/// A connection pool to one server.
pub struct Transport {
    runtime: Runtime,
    client: reqwest::Client,
    server: String,
}

impl Transport {
    /// A transport to `server` (`https://host[:port]`). With `roots_pem` only those certificates are trusted.
    pub fn new(server: &str, roots_pem: Option<&str>) -> Result<Transport> {
        let server = check_server(server)?;
        let mut builder = reqwest::Client::builder().redirect(Policy::none()).connect_timeout(CONNECT).read_timeout(SILENCE).pool_idle_timeout(IDLE).no_proxy();
        if let Some(pem) = roots_pem {
            let roots = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(|_| DeviceError::argument("options.roots_pem", "must be PEM certificates"))?;
            builder = builder.tls_certs_only(roots);
        }
        let client = builder.build().map_err(|e| DeviceError::new(Code::Internal, format!("the HTTP client could not be made: {e}")))?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|e| DeviceError::new(Code::Internal, format!("no event loop: {e}")))?;
        Ok(Transport { runtime, client, server })
    }

    /// Sends a request and waits for its whole answer, or until cancelled.
    pub fn send(&self, request: &WireRequest, cancel: &Cancel) -> std::result::Result<WireAnswer, NoAnswer> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = cancel.cancelled() => Err(NoAnswer::Cancelled),
                answer = self.exchange(request) => answer.ok_or(NoAnswer::Lost),
            }
        })
    }

    async fn exchange(&self, request: &WireRequest) -> Option<WireAnswer> {
        let url = format!("{}{}", self.server, request.path);
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).ok()?;
        let mut builder = self.client.request(method, url);
        if !matches!(request.method, "GET" | "HEAD") {
            builder = builder.body(request.body.clone());
        }
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let mut response = builder.header("accept-encoding", "zstd").send().await.ok()?;
        let mut answer = read_head(response.status().as_u16(), response.headers());
        while let Some(chunk) = response.chunk().await.ok()? {
            if answer.body.len() + chunk.len() > MAX_ANSWER {
                return None;
            }
            answer.body.extend_from_slice(&chunk);
        }
        Some(answer)
    }
}

fn read_head(status: u16, headers: &HeaderMap) -> WireAnswer {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    let retry_after_s = text(RETRY_AFTER).and_then(|v| v.trim().parse().ok());
    let (location, upload_offset) = (text(LOCATION).map(str::to_owned), headers.get("upload-offset").and_then(|v| v.to_str().ok()?.trim().parse().ok()));
    WireAnswer { status, content_type: text(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase(), retry_after_s, location, upload_offset, body: Vec::new() }
}

/// A server's address without a trailing slash.
pub fn check_server(server: &str) -> Result<String> {
    let bad = |why: &str| DeviceError::argument("server", format_args!("{why}; expected https://host[:port]"));
    if server.len() > 500 {
        return Err(bad("longer than 500 bytes"));
    }
    let url = reqwest::Url::parse(server).map_err(|e| bad(&e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || url.query().is_some() || url.fragment().is_some() {
        return Err(bad("not an address of a server"));
    }
    Ok(server.trim_end_matches('/').to_owned())
}
