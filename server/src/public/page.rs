//! The page as HTML: templates that escape what they are given, one style sheet in the page, headers that let nothing else in.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use askama::Template;
use sync_core::base::{Date, Digest};
use sync_core::visit::stage as at;

use super::view::{OrderState, View};
use super::words::{self, Lang, Words, words};
use crate::base::problem::Problem;

/// The style sheet. It stands in the page, so that the page is one request.
pub(crate) const STYLE: &str = include_str!("../../templates/public/style.css");

/// Nothing but this page's own style and pictures of this server; its form goes back here; nobody frames it.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = Digest::plain(STYLE.as_bytes()).to_string().replace('-', "+").replace('_', "/");
    format!("default-src 'none'; style-src 'sha256-{hash}='; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
});

/// How much a verdict is to be trusted: its colour and sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Genuine.
    Good,
    /// Genuine, with something to mind.
    Mind,
    /// Not to be relied on.
    Bad,
}

impl Trust {
    fn class(self) -> &'static str {
        match self {
            Trust::Good => "good",
            Trust::Mind => "mind",
            Trust::Bad => "bad",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Trust::Good => "✓",
            Trust::Mind => "!",
            Trust::Bad => "✕",
        }
    }
}

/// Where the page stands: language, and the token for its links.
#[derive(Debug, Clone)]
pub struct Place {
    /// The language.
    pub lang: Lang,
    /// The token; empty where there is no other page to lead to.
    pub token: String,
}

/// A page that says one thing.
#[derive(Template)]
#[template(path = "public/notice.html")]
struct NoticePage<'a> {
    w: &'static Words,
    lang: &'static str,
    other: &'static str,
    token: &'a str,
    style: &'static str,
    trust: &'static str,
    sign: &'static str,
    heading: &'a str,
    text: &'a str,
    code: &'a str,
}

/// A page that says one thing: what the code is worth and what to do.
pub fn notice(status: StatusCode, place: &Place, trust: Trust, heading: &str, text: &str, code: &str) -> HttpResponse {
    let (lang, other) = (place.lang.tag(), other(place.lang));
    let page = NoticePage { w: words(place.lang), lang, other, token: &place.token, style: STYLE, trust: trust.class(), sign: trust.sign(), heading, text, code };
    answer(status, place.lang, page.render())
}

/// What a visit's page needs besides the visit.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The code as printed.
    pub code: String,
    /// Text of the five bans; empty if it is not entered.
    pub bans: String,
    /// Text of the eight must-nots; empty if it is not entered.
    pub must_nots: String,
    /// The last day on which it can be rated; `None` before its result.
    pub rate_until: Option<Date>,
    /// Whether that day is past.
    pub rate_over: bool,
    /// The score that stands.
    pub rated: Option<u8>,
    /// Whether a rating was just taken.
    pub thanks: bool,
    /// What is wrong with the form.
    pub mistake: &'static str,
    /// What stood in the form.
    pub typed: String,
}

/// An order, in words.
struct OrderLine<'a> {
    organ: &'a str,
    basis: &'a str,
    deadline: String,
    state: &'static str,
}

#[derive(Template)]
#[template(path = "public/visit.html")]
struct VisitPage<'a> {
    w: &'static Words,
    lang: &'static str,
    lang_code: &'static str,
    other: &'static str,
    token: &'a str,
    style: &'static str,
    trust: &'static str,
    sign: &'static str,
    warning: &'static str,
    stage: &'static str,
    mode: &'static str,
    planned: String,
    view: &'a View,
    about: &'a About,
    orders: Vec<OrderLine<'a>>,
    before: bool,
    scores: Vec<(&'static str, &'static str)>,
    rate_until: String,
}

/// The page of a visit.
pub fn visit(status: StatusCode, place: &Place, view: &View, about: &About) -> HttpResponse {
    let w = words(place.lang);
    let (trust, warning) = match view.stage.as_str() {
        // 国办发〔2024〕54号: approved beforehand, but for an emergency.
        at::CREATED => (Trust::Mind, w.unapproved),
        at::CANCELLED => (Trust::Bad, w.cancelled),
        at::ABORTED => (Trust::Mind, w.aborted),
        _ => (Trust::Good, ""),
    };
    let state = |state| match state {
        OrderState::Open => w.open,
        OrderState::Corrected => w.corrected,
        OrderState::Extended => w.extended,
        OrderState::NotCorrected => w.not_corrected,
    };
    let orders = view.result.iter().flat_map(|r| &r.orders);
    let orders =
        orders.map(|o| OrderLine { organ: &o.organ, basis: &o.basis, deadline: o.deadline.map_or_else(|| w.no_deadline.to_owned(), |d| d.to_string()), state: state(o.state) });
    let page = VisitPage {
        w,
        lang: place.lang.tag(),
        lang_code: place.lang.code(),
        other: other(place.lang),
        token: &place.token,
        style: STYLE,
        trust: trust.class(),
        sign: trust.sign(),
        warning,
        stage: words::stage(&view.stage, place.lang),
        mode: words::mode(&view.mode, place.lang),
        planned: view.planned.map(|d| d.to_string()).unwrap_or_default(),
        view,
        about,
        orders: orders.collect(),
        before: [at::CREATED, at::APPROVED, at::NOTIFIED, at::CHECKED_IN, at::RECORDING].contains(&view.stage.as_str()),
        scores: w.scores.split('|').filter_map(|score| score.split_once(' ')).collect(),
        rate_until: about.rate_until.map(|d| d.to_string()).unwrap_or_default(),
    };
    answer(status, place.lang, page.render())
}

fn other(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "en",
        Lang::En => "zh",
    }
}

/// A page with its headers.
pub(crate) fn answer(status: StatusCode, lang: Lang, page: askama::Result<String>) -> HttpResponse {
    let html = match page {
        Ok(html) => html,
        Err(why) => return actix_web::ResponseError::error_response(&Problem::internal(why)),
    };
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_LANGUAGE, lang.tag()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY.as_str()))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header(("X-Robots-Tag", "noindex, nofollow"))
        .body(html)
}
