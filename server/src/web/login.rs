//! `/app/login`, `/app/logout` and `/app`: the same proof of who somebody is as `POST /auth/login` asks for, in a form.
//!
//! The form of the log-in is bound to a cookie of its own, since there is no session yet: nobody logs a browser in as somebody else.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use askama::Template;
use serde::Deserialize;

use super::layout::{Frame, answer, said, with_query};
use super::session::{Posted, begun, cookie, form_token, is_local, is_ours, see, session_token};
use crate::access::{Access, AnyUser, Public};
use crate::app::App;
use crate::auth::browser::Login;
use crate::base::keys::random;
use crate::base::problem::Problem;

/// The cookie that the form of the log-in is bound to.
const BEFORE: &str = "zhifa_before";
/// How long it is kept; a form left open for longer is shown again.
const BEFORE_SECONDS: i64 = 12 * 3_600;
/// Where a log-in leads that came from nowhere.
const HOME: &str = "/app";

/// Where to log in, to get to a page afterwards.
pub fn address(next: &str) -> String {
    if is_local(next) { with_query("/app/login", &[("next", next)]) } else { "/app/login".into() }
}

/// `?next=/app/…`.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    next: Option<String>,
}

/// What stands in the form.
#[derive(Debug, Default, Deserialize)]
pub struct Form {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    officer: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    otp: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "app/login.html")]
struct LoginPage<'a> {
    f: &'a Frame,
    csrf: String,
    next: &'a str,
    officer: &'a str,
    mistake: &'a str,
    /// Which field to look at: `otp`, or none.
    field: &'static str,
}

/// What a browser has from before its log-in, or something new.
fn before(request: &HttpRequest) -> Result<String, Problem> {
    let kept = request.cookie(BEFORE).map(|cookie| cookie.value().to_owned());
    match kept.filter(|kept| kept.len() == 32 && kept.bytes().all(|b| b.is_ascii_hexdigit())) {
        Some(kept) => Ok(kept),
        None => Ok(hex::encode(random::<16>().map_err(Problem::internal)?)),
    }
}

fn binding(before: &str) -> String {
    format!("login:{before}")
}

fn shown(app: &App, before: String, status: StatusCode, mut page: LoginPage<'_>) -> HttpResponse {
    page.csrf = form_token(app, &binding(&before));
    let mut response = answer(status, page.f, &page);
    if let Err(why) = response.add_cookie(&cookie(app, BEFORE, before, BEFORE_SECONDS)) {
        return said(page.f, &Problem::internal(why));
    }
    response
}

/// The form.
pub async fn form(access: Access<Public>, request: HttpRequest, query: Option<web::Query<Query>>) -> HttpResponse {
    let frame = Frame::of(&request);
    let next = query.and_then(|query| query.into_inner().next).filter(|next| is_local(next)).unwrap_or_default();
    match before(&request) {
        Ok(before) => shown(&access.app, before, StatusCode::OK, LoginPage { f: &frame, csrf: String::new(), next: &next, officer: "", mistake: "", field: "" }),
        Err(problem) => said(&frame, &problem),
    }
}

/// Logs in: 303 to where it was wanted, or the form again with what is wrong.
pub async fn log_in(access: Access<Public>, request: HttpRequest, form: Result<web::Form<Form>, actix_web::Error>) -> HttpResponse {
    let (app, form) = (access.app, form.map(web::Form::into_inner).unwrap_or_default());
    let mut frame = Frame::of(&request);
    frame.other = with_query("/app/login", &[("next", form.next.as_str()), ("lang", frame.other_code())]);
    let before = match before(&request) {
        Ok(before) => before,
        Err(problem) => return said(&frame, &problem),
    };
    let (w, next) = (frame.w, Some(form.next.as_str()).filter(|next| is_local(next)).unwrap_or_default());
    let again = |status: StatusCode, mistake: &str, field: &'static str| {
        let page = LoginPage { f: &frame, csrf: String::new(), next, officer: &form.officer, mistake, field };
        shown(&app, before.clone(), status, page)
    };
    if request.cookie(BEFORE).is_none_or(|cookie| cookie.value() != before) || !is_ours(&app, request.headers(), &form.csrf, &binding(&before)) {
        return again(StatusCode::FORBIDDEN, w.foreign, "");
    }
    // What is no account's name is the name of no account.
    let Ok(officer) = form.officer.trim().parse() else { return again(StatusCode::UNAUTHORIZED, w.bad_credentials, "") };
    let otp = Some(form.otp.split_whitespace().collect::<String>()).filter(|otp| !otp.is_empty());
    let login = Login { officer, password: form.password.clone(), otp };
    match app.begin_login(&request, login, |family, now| session_token(&app, family, now)).await {
        Ok((token, _)) => {
            let to = if next.is_empty() { HOME } else { next };
            see(to).cookie(begun(&app, token)).cookie(cookie(&app, BEFORE, String::new(), 0)).finish()
        }
        Err(problem) => {
            let (mistake, field) = match problem.code() {
                "bad_credentials" => (w.bad_credentials, ""),
                "second_factor_required" => (w.needs_otp, "otp"),
                "second_factor_missing" => (w.no_factor, ""),
                "too_many_requests" => (w.too_many, ""),
                "forbidden" => (w.suspended, ""),
                _ => return said(&frame, &problem),
            };
            let mut response = again(problem.status_code(), mistake, field);
            if let Some(seconds) = problem.error_response().headers().get("retry-after") {
                response.headers_mut().insert(actix_web::http::header::RETRY_AFTER, seconds.clone());
            }
            response
        }
    }
}

/// A form without fields of its own.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

/// Ends the session: 303 to the log-in.
pub async fn log_out(posted: Posted<AnyUser, Nothing>) -> HttpResponse {
    let frame = posted.page.frame.clone();
    match posted.page.end().await {
        Ok(cookie) => see("/app/login").cookie(cookie).finish(),
        Err(problem) => said(&frame, &problem),
    }
}
