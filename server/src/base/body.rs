//! Request bodies: bounded in every form, inflated only where a route says so.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt as _;
use sync_core::base::pack::{UnpackError, pack, unpack};

use super::problem::Problem;

/// Routes that inflate within their own limits.
const INFLATING: [&str; 4] = ["/sync/v1/push", "/sync/v1/salvage", "/sync/v1/session", "/sync/v1/thumbnails"];

/// A small answer is sent as it is.
const WORTH_PACKING: usize = 1_024;

fn encoding(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_ENCODING).map(|v| v.to_str().unwrap_or("?").trim()).filter(|v| !v.eq_ignore_ascii_case("identity"))
}

/// Refuses compressed bodies everywhere else: extractors would inflate them before any limit holds.
pub async fn refuse_encoded<B: MessageBody + 'static>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, actix_web::Error> {
    let inflates = INFLATING.contains(&request.path());
    match encoding(request.headers()) {
        None => next.call(request).await,
        Some("zstd") if inflates => next.call(request).await,
        Some(_) if inflates => Err(Problem::new("encoding_not_accepted", "send the body as it is, or Content-Encoding: zstd").into()),
        Some(_) => Err(Problem::new("encoding_not_accepted", "send the body without Content-Encoding").into()),
    }
}

/// A body as it arrived, and whether it is packed.
pub struct RawBody {
    bytes: web::BytesMut,
    packed: bool,
    limit: usize,
}

/// Reads a body of at most `limit` bytes, as it travels.
pub async fn read(request: &HttpRequest, mut payload: web::Payload, limit: usize) -> Result<RawBody, Problem> {
    let mut bytes = web::BytesMut::new();
    while let Some(part) = payload.next().await {
        let part = part.map_err(|_| Problem::new("body_broken", "the body ended early; send it again"))?;
        if bytes.len() + part.len() > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(RawBody { bytes, packed: encoding(request.headers()).is_some(), limit })
}

fn too_large(limit: usize) -> Problem {
    Problem::new("body_too_large", format!("at most {limit} bytes, inflated; send less at a time"))
}

impl RawBody {
    /// The body as it was meant. Blocks the thread for as long as inflating takes.
    pub fn open(self) -> Result<Vec<u8>, Problem> {
        if !self.packed {
            return Ok(self.bytes.to_vec());
        }
        unpack(&self.bytes, self.limit).map_err(|e| match e {
            UnpackError::TooLarge { .. } => too_large(self.limit),
            UnpackError::Broken => Problem::new("body_broken", "not a complete zstd frame; send it again"),
        })
    }
}

/// Whether the caller takes zstd.
pub fn takes_zstd(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok());
    accepted.is_some_and(|v| v.split(',').any(|part| part.split(';').next().is_some_and(|name| name.trim() == "zstd")))
}

/// JSON text as an answer, packed where the caller takes that and it is worth it.
pub fn json(text: Vec<u8>, zstd: bool) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    if zstd && text.len() > WORTH_PACKING {
        return response.insert_header((CONTENT_ENCODING, "zstd")).body(pack(&text, 3));
    }
    response.body(text)
}
