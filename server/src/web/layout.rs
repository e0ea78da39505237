//! What stands around every page: who is logged in, language, log-out, the style sheet, and headers that let nothing else in.

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use askama::Template;
use sync_core::base::Digest;
use sync_core::protocol::codes::PROBLEMS;

use super::words::{Words, words};
use crate::access::{Access, Public};
use crate::base::problem::Problem;
use crate::public::Lang;

/// The style sheet of all pages.
const STYLE: &str = include_str!("../../templates/app/style.css");

/// Its address, which changes with what it says, so that browsers keep it for good.
static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| format!("/app/style.css?{:016x}", Digest::plain(STYLE.as_bytes()).short()));

/// Keys for lists and choices, as a script.
const KEYS: &str = include_str!("../../templates/app/keys.js");

/// Its address, likewise.
static KEYS_ADDRESS: LazyLock<String> = LazyLock::new(|| format!("/app/keys.js?{:016x}", Digest::plain(KEYS.as_bytes()).short()));

/// Nothing but our own style and script; forms go back here; nobody frames a page. No script in a page, and so none that a text could smuggle in.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The cookie that remembers the language.
const LANGUAGE: &str = "zhifa_lang";

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Who {
    /// His id.
    pub id: String,
    /// His name.
    pub name: String,
    /// The token for the forms of his session.
    pub form: String,
    /// Whether he reads the queue.
    pub queue: bool,
    /// Whether he reads records, and so figures.
    pub figures: bool,
    /// Whether he reads who is there.
    pub people: bool,
    /// Whether he reads the audit.
    pub audit: bool,
}

/// What stands around a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The language.
    pub lang: Lang,
    /// The fixed texts in it.
    pub w: &'static Words,
    /// Who is logged in.
    pub who: Option<Who>,
    /// This page's address with the other language.
    pub other: String,
    /// Whether the language is to be remembered: it was asked for in the address.
    remember: bool,
}

impl Frame {
    /// The frame of a request in which nobody is logged in yet.
    pub fn of(request: &HttpRequest) -> Frame {
        let mut pairs = pairs(request.query_string());
        let asked = pairs.iter().find(|(name, _)| name == "lang").map(|(_, value)| value.clone());
        let kept = request.cookie(LANGUAGE).map(|cookie| cookie.value().to_owned());
        let lang = Lang::of(asked.as_deref().or(kept.as_deref()));
        pairs.retain(|(name, _)| name != "lang");
        pairs.push(("lang".into(), lang.pick("en", "zh").into()));
        // What cannot be got again by a link is not linked to.
        let path = if request.method() == actix_web::http::Method::GET { request.path() } else { "/app" };
        Frame { lang, w: words(lang), who: None, other: with_query(path, &pairs), remember: asked.is_some() }
    }

    /// The same, once it is known who is logged in.
    pub fn of_somebody(self, who: Who) -> Frame {
        Frame { who: Some(who), ..self }
    }

    /// The tag of the language.
    pub fn tag(&self) -> &'static str {
        self.lang.tag()
    }

    /// The code of the other language.
    pub fn other_code(&self) -> &'static str {
        self.lang.pick("en", "zh")
    }

    /// The address of the style sheet.
    pub fn style(&self) -> &'static str {
        &STYLE_ADDRESS
    }

    /// The address of the script.
    pub fn keys(&self) -> &'static str {
        &KEYS_ADDRESS
    }
}

/// What somebody filled in, if it is anything.
pub fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The pairs of a query string.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://h/?{query}"));
    url.map(|url| url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()).unwrap_or_default()
}

/// An address with a query.
pub fn with_query<N: AsRef<str>, V: AsRef<str>>(path: &str, pairs: &[(N, V)]) -> String {
    // The host stands for none: only the query is taken.
    let Ok(mut url) = reqwest::Url::parse("http://h/") else { return path.to_owned() };
    url.query_pairs_mut().extend_pairs(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
    match url.query() {
        Some(query) if !pairs.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// A page with its headers.
pub fn answer(status: StatusCode, frame: &Frame, page: &impl Template) -> HttpResponse {
    let html = match page.render() {
        Ok(html) => html,
        Err(why) => return Problem::internal(why).error_response(),
    };
    let mut response = HttpResponse::build(status);
    response
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_LANGUAGE, frame.tag()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        // Not `no-referrer`: browsers would send forms with `Origin: null` then, which cannot be told from another site's.
        .insert_header((REFERRER_POLICY, "same-origin"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"))
        .insert_header(("X-Robots-Tag", "noindex, nofollow"));
    if frame.remember {
        let cookie = actix_web::cookie::Cookie::build(LANGUAGE, frame.lang.code()).path("/app").http_only(true).same_site(actix_web::cookie::SameSite::Lax);
        response.cookie(cookie.max_age(actix_web::cookie::time::Duration::days(365)).finish());
    }
    response.body(html)
}

#[derive(Template)]
#[template(path = "app/notice.html")]
struct Notice<'a> {
    f: &'a Frame,
    title: &'a str,
    why: &'a str,
    detail: &'a str,
}

fn name_of(frame: &Frame, problem: &Problem) -> &'static str {
    PROBLEMS.iter().find(|row| row.0 == problem.code()).map_or(frame.w.failed, |row| frame.lang.pick(row.2, row.3))
}

/// A problem in a line: what it is called, and its detail.
pub fn told(frame: &Frame, problem: &Problem) -> String {
    format!("{}: {}", name_of(frame, problem), problem.detail())
}

/// A problem as a page, with its status.
pub fn said(frame: &Frame, problem: &Problem) -> HttpResponse {
    let w = frame.w;
    let title = name_of(frame, problem);
    let why = match problem.code() {
        "forbidden" => w.forbidden_why,
        "not_found" => w.missing_why,
        "unavailable" | "internal" => w.failed_why,
        _ => "",
    };
    let page = Notice { f: frame, title, why, detail: &problem.to_string() };
    let mut response = answer(problem.status_code(), frame, &page);
    if let Some(seconds) = problem.error_response().headers().get("retry-after") {
        response.headers_mut().insert(actix_web::http::header::RETRY_AFTER, seconds.clone());
    }
    response
}

/// The style sheet. Its address names what it says, so it may be kept.
pub async fn style(_: Access<Public>) -> HttpResponse {
    kept("text/css; charset=utf-8", STYLE)
}

/// The script. Its address names what it says, too.
pub async fn keys(_: Access<Public>) -> HttpResponse {
    kept("text/javascript; charset=utf-8", KEYS)
}

fn kept(mime: &'static str, body: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, mime))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_written_so_that_it_is_read_as_it_was() {
        let made = with_query("/app/figures", &[("object", "甲&乙 #1"), ("from", "2024-01-01")]);
        let (_, query) = made.split_once('?').unwrap();
        assert!(made.is_ascii() && !made.contains(' ') && !made.contains('#'), "{made}");
        assert_eq!(pairs(query), [("object".to_owned(), "甲&乙 #1".to_owned()), ("from".to_owned(), "2024-01-01".to_owned())]);
        assert_eq!(with_query::<&str, &str>("/app", &[]), "/app");
    }
}
