//! Problem documents (RFC 9457). The codes are `sync_core::protocol::codes::PROBLEMS`; nothing personal goes in.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde::Serialize;
use sync_core::protocol::codes::PROBLEMS;

/// An error as the caller reads it: a stable code, and what was wrong, where, and what to do.
#[derive(Debug, Clone)]
pub struct Problem {
    code: &'static str,
    detail: String,
    field: Option<String>,
    retry_after: Option<u32>,
    findings: Option<serde_json::Value>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    code: &'a str,
    status: u16,
    title: &'a str,
    title_en: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<&'a serde_json::Value>,
}

impl Problem {
    /// A problem of a code of the table, with field, reason and remedy in words.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Problem {
        Problem { code, detail: detail.into(), field: None, retry_after: None, findings: None }
    }

    /// A field that is not valid.
    pub fn field(name: &str, detail: impl Into<String>) -> Problem {
        Problem { field: Some(name.to_owned()), ..Problem::new("invalid_field", detail) }
    }

    /// With what stands against it, one by one, so that a program need not read the words.
    pub fn because(self, findings: serde_json::Value) -> Problem {
        Problem { findings: Some(findings), ..self }
    }

    /// With the number of seconds after which to try again.
    pub fn after(self, seconds: u32) -> Problem {
        Problem { retry_after: Some(seconds), ..self }
    }

    /// Not available for the moment; try again after so many seconds.
    pub fn unavailable(detail: impl Into<String>, retry_after: u32) -> Problem {
        Problem { retry_after: Some(retry_after), ..Problem::new("unavailable", detail) }
    }

    /// A fault of ours. The cause goes to the log, not to the caller.
    pub fn internal(cause: impl fmt::Display) -> Problem {
        tracing::error!(%cause, "internal error");
        Problem::new("internal", "the cause is in the server's log; repeat the request later")
    }

    /// No such thing.
    pub fn not_found(what: &str) -> Problem {
        Problem::new("not_found", format!("there is no {what}"))
    }

    /// Its stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Field, reason and remedy.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    fn row(&self) -> (u16, &'static str, &'static str) {
        PROBLEMS.iter().find(|r| r.0 == self.code).map_or((500, "服务器内部错误", "Internal error"), |r| (r.1, r.2, r.3))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.row().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let (status, title, title_en) = self.row();
        let mut response = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        let document = Document {
            r#type: format!("urn:zhifa:problem:{}", self.code),
            code: self.code,
            status,
            title,
            title_en,
            detail: &self.detail,
            field: self.field.as_deref(),
            findings: self.findings.as_ref(),
        };
        response.content_type("application/problem+json").body(serde_json::to_vec(&document).unwrap_or_default())
    }
}

impl From<actix_web::error::BlockingError> for Problem {
    fn from(_: actix_web::error::BlockingError) -> Problem {
        Problem::unavailable("the server is stopping or a worker failed; repeat the request", 5)
    }
}

/// Most bytes of a JSON body outside sync.
pub const JSON_LIMIT: usize = 256 * 1024;

/// Error handlers of all extractors, so that every refusal is a problem document.
pub fn extractors(config: &mut web::ServiceConfig) {
    config
        .app_data(web::JsonConfig::default().limit(JSON_LIMIT).error_handler(|e, _| json_problem(&e).into()))
        .app_data(web::PathConfig::default().error_handler(|e, _| Problem::new("not_found", e.to_string()).into()))
        .app_data(web::QueryConfig::default().error_handler(|e, _| Problem::field("query", format!("{e}; see the API description")).into()));
}

fn json_problem(error: &actix_web::error::JsonPayloadError) -> Problem {
    use actix_web::error::JsonPayloadError as E;
    match error {
        E::OverflowKnownLength { .. } | E::Overflow { .. } => Problem::new("body_too_large", format!("a JSON body holds at most {JSON_LIMIT} bytes")),
        E::ContentType => Problem::new("bad_request", "send Content-Type: application/json"),
        E::Deserialize(e) if e.is_data() => Problem::new("invalid_field", format!("{e}; see the API description")),
        E::Deserialize(e) => Problem::new("bad_request", format!("not JSON: {e}")),
        _ => Problem::new("body_broken", "the body ended early; send it again"),
    }
}

/// What answers where no route does.
pub async fn no_route(request: HttpRequest) -> HttpResponse {
    Problem::new("not_found", format!("there is nothing at {:.200}", request.path())).error_response()
}

/// What answers for a known path under another method.
pub async fn no_method(request: HttpRequest) -> HttpResponse {
    let mut response = Problem::new("method_not_allowed", format!("{} is not possible here", request.method())).error_response();
    response.headers_mut().insert(ALLOW, actix_web::http::header::HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
    response
}
