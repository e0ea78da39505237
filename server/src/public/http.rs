//! The calls: the page, the rating, the QR code.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use diesel::prelude::*;
use serde::Deserialize;
use sync_core::base::{Date, RecordId, qr};
use sync_core::dated::Book;
use sync_core::law::policy;
use sync_core::number::{Token, public_address};
use sync_core::record::{Kinds, Record};
use sync_core::visit::{self, stage};

use super::page::{self, About, Place, Trust};
use super::rating::{self, MAX_TEXT, Outcome, Rating};
use super::view::view;
use super::words::{Lang, words};
use crate::access::{Access, Public};
use crate::app::App;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::index::write::first_at;
use crate::number::lease::LOST;
use crate::on;
use crate::schema::{number_block, number_void};
use crate::sync::store::{Memory, StoreError, Want, Working};

/// What a token leads to.
enum Found {
    /// Nothing that this server signed.
    Invalid,
    /// A number that was made void or lost, and that no record uses.
    Withdrawn,
    /// A number of which nothing has arrived.
    Waiting,
    /// A number of several acts.
    Twice,
    /// A visit, and when its result was issued.
    Visit(Box<Record>, Option<i64>),
}

/// `?lang=en&rated=1`.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    lang: Option<String>,
    rated: Option<String>,
}

/// The rating's form. What is missing or too much is told on the page, not as a problem document.
#[derive(Debug, Default, Deserialize)]
pub struct Form {
    lang: Option<String>,
    score: Option<String>,
    text: Option<String>,
}

/// The page behind a code.
pub async fn page(access: Access<Public>, token: web::Path<String>, query: web::Query<Query>) -> HttpResponse {
    let place = Place { lang: Lang::of(query.lang.as_deref()), token: token.into_inner() };
    match find(&access.app, &place.token).await {
        Ok(found) => shown(&access.app, &place, &found, StatusCode::OK, |about| about.thanks = query.rated.is_some() && about.rated.is_some()),
        Err(problem) => failed(&place, &problem),
    }
}

/// Takes a rating: 303 back to the page, or the page again with what is wrong.
pub async fn rate(access: Access<Public>, request: HttpRequest, token: web::Path<String>, form: Result<web::Form<Form>, actix_web::Error>) -> HttpResponse {
    let form = form.map(web::Form::into_inner).unwrap_or_default();
    let place = Place { lang: Lang::of(form.lang.as_deref()), token: token.into_inner() };
    match take(&access.app, &request, &place, form).await {
        Ok(response) => response,
        Err(problem) => failed(&place, &problem),
    }
}

async fn take(app: &App, request: &HttpRequest, place: &Place, form: Form) -> Result<HttpResponse, Problem> {
    let found = find(app, &place.token).await?;
    let Found::Visit(record, _) = &found else { return Ok(shown(app, place, &found, StatusCode::NOT_FOUND, |_| {})) };
    let w = words(place.lang);
    let text = clean(form.text.as_deref().unwrap_or_default());
    let score = form.score.as_deref().and_then(|s| s.parse::<u8>().ok()).filter(|score| (1..=5).contains(score));
    let again = |status: StatusCode, mistake: &'static str, typed: String| {
        shown(app, place, &found, status, |about| {
            about.mistake = mistake;
            about.typed = typed;
        })
    };
    let Some(score) = score else { return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, w.bad_score, text)) };
    if text.chars().count() > MAX_TEXT {
        return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, w.bad_text, text));
    }
    if !app.may_rate(request).await? {
        return Ok(again(StatusCode::TOO_MANY_REQUESTS, w.too_many, text));
    }
    let (id, law, keys, given) = (record.id, app.law(), app.keys.clone(), Rating { score, text: text.clone() });
    let want = Want { records: vec![id], ..Want::default() };
    let outcome = app.committer.run(want, move |store| rating::write(store, &law.book, &keys, id, &given)).await?;
    Ok(match outcome {
        Outcome::Taken => {
            let back = format!("/c/{}?lang={}&rated=1", place.token, place.lang.code());
            HttpResponse::SeeOther().insert_header((LOCATION, back)).insert_header((CACHE_CONTROL, "no-store")).insert_header((REFERRER_POLICY, "no-referrer")).finish()
        }
        Outcome::Early => again(StatusCode::CONFLICT, w.rate_early, text),
        Outcome::Over => again(StatusCode::CONFLICT, w.rate_over, text),
    })
}

/// The text of a form without what cannot be seen; browsers send line ends as two characters.
fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").chars().filter(|c| !c.is_control() || *c == '\n').collect::<String>().trim().to_owned()
}

/// The QR code of a genuine token: the page's address as SVG.
pub async fn picture(access: Access<Public>, request: HttpRequest, token: web::Path<String>) -> Result<HttpResponse, Problem> {
    let app = access.app;
    let token = token.into_inner();
    if genuine(&app, &token).is_none() {
        return Err(Problem::not_found("code of this server with this token"));
    }
    let server = app.public_url.clone().unwrap_or_else(|| {
        let info = request.connection_info();
        format!("{}://{}", info.scheme(), info.host())
    });
    let picture = qr(&public_address(&server, &token)).map_err(Problem::internal)?;
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer"), (CONTENT_SECURITY_POLICY, "default-src 'none'")];
    let mut response = HttpResponse::Ok();
    headers.into_iter().for_each(|header| {
        response.insert_header(header);
    });
    Ok(response.body(picture))
}

fn genuine(app: &App, token: &str) -> Option<Token> {
    Token::verify(token, &app.keys.receipt_public).ok().filter(|token| token.district == app.district)
}

async fn find(app: &App, token: &str) -> Result<Found, Problem> {
    let Some(token) = genuine(app, token) else { return Ok(Found::Invalid) };
    let (kinds, now) = (app.kinds.clone(), app.now());
    app.read(move |tx, district| look_up(tx, district, &kinds, now, &token)).await
}

fn look_up(tx: &mut Tx<'_>, district: i64, kinds: &Kinds, now: sync_core::base::UtcMs, token: &Token) -> Result<Found, StoreError> {
    let (series, seq) = (token.series.to_string(), i64::from(token.seq));
    let ids: Vec<RecordId> = crate::number::used_by(tx, district, &series, seq)?;
    let mut records = Vec::new();
    for id in ids.iter().take(20) {
        let mut store = Working::begin(tx, district, kinds, now, Memory::default(), false)?;
        records.extend(store.look(*id)?.filter(|record| *record.kind == *visit::NAME));
    }
    // A visit that was joined into another one of them is that one.
    let here: Vec<RecordId> = records.iter().map(|r| r.id).collect();
    if records.len() > 1 {
        records.retain(|record| !sync_core::index::parts(record).joined.is_some_and(|into| here.contains(&into)));
    }
    match (records.pop(), records.is_empty()) {
        (Some(record), true) => {
            let issued = issued_ms(tx, district, record.id)?;
            Ok(Found::Visit(Box::new(record), issued))
        }
        (Some(_), false) => Ok(Found::Twice),
        (None, _) => Ok(if is_withdrawn(tx, district, &series, seq)? { Found::Withdrawn } else { Found::Waiting }),
    }
}

fn is_withdrawn(tx: &mut Tx<'_>, district: i64, series: &str, seq: i64) -> Result<bool, StoreError> {
    let void: i64 = on!(tx, |c| number_void::table.find((district, series, seq)).count().get_result(c))?;
    let lost: i64 = on!(tx, |c| number_block::table
        .filter(number_block::district.eq(district))
        .filter(number_block::series.eq(series))
        .filter(number_block::first.le(seq))
        .filter(number_block::last.ge(seq))
        .filter(number_block::closed_why.eq_any(LOST))
        .count()
        .get_result(c))?;
    Ok(void + lost > 0)
}

/// When a visit's result was first issued.
pub(super) fn issued_ms(tx: &mut Tx<'_>, district: i64, id: RecordId) -> Result<Option<i64>, StoreError> {
    Ok(first_at(tx, district, &[id], stage::RESULT_ISSUED)?.remove(&id).map(|(shown, _)| shown.0))
}

fn shown(app: &App, place: &Place, found: &Found, status: StatusCode, adjust: impl FnOnce(&mut About)) -> HttpResponse {
    let w = words(place.lang);
    match found {
        Found::Invalid => page::notice(StatusCode::NOT_FOUND, &Place { token: String::new(), ..place.clone() }, Trust::Bad, w.invalid, w.invalid_why, ""),
        Found::Withdrawn => page::notice(StatusCode::GONE, place, Trust::Bad, w.withdrawn, w.withdrawn_why, ""),
        Found::Waiting => page::notice(status, place, Trust::Mind, w.genuine, w.waiting_why, w.waiting),
        Found::Twice => page::notice(status, place, Trust::Bad, w.twice, w.twice_why, ""),
        Found::Visit(record, issued) => {
            let (law, today) = (app.law(), app.today());
            let mut about = about(record, *issued, &law.book, today);
            adjust(&mut about);
            page::visit(status, place, &view(record, &law.book, today), &about)
        }
    }
}

fn about(record: &Record, issued: Option<i64>, book: &Book, today: Date) -> About {
    let text = |key: &str| policy::get::<String>(book, key, today).map(|answer| answer.value).unwrap_or_default();
    let until = rating::last_day(record, book, issued, today);
    About {
        code: sync_core::index::listing(record, &visit::KIND).code.unwrap_or_default(),
        bans: text("inspection.bans"),
        must_nots: text("inspection.must_nots"),
        rate_until: until,
        rate_over: until.is_some_and(|last| today > last),
        rated: rating::standing(record),
        ..About::default()
    }
}

/// What is out of order is told as a page, with the status of the problem.
fn failed(place: &Place, problem: &Problem) -> HttpResponse {
    let w = words(place.lang);
    page::notice(problem.status_code(), place, Trust::Mind, w.unavailable, w.unavailable_why, "")
}
