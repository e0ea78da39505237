//! Who is logged in, as pages know it, and whether a form is one of ours.
//!
//! The cookie is signed and names the family of a log-in (`auth::browser`), which expires after a shift and ends with log-out, suspension, a new
//! password or a reset second factor. It does not rotate: the family is looked up with every request instead, by its key. A form is taken
//! only if the browser says that it comes from this site, as far as it says anything, and if it holds the token that was made for this session.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderMap, LOCATION, ORIGIN};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sync_core::base::UtcMs;

use super::layout::{Frame, Who, said};
use super::login::address;
use crate::access::{Access, People, Public, ReadsAudit, ReadsPeople, ReadsQueue, ReadsRecords, UserActor};
use crate::app::App;
use crate::auth::browser::REFRESH_SECONDS;
use crate::base::problem::Problem;
use crate::base::token::{FormClaims, PageClaims};
use crate::org::Role;

/// The cookie of the session.
const SESSION: &str = "zhifa_session";
/// Where its cookies go.
const PATH: &str = "/app";

/// A request of somebody who is logged in and holds permission `P`.
pub struct Page<P: People> {
    /// The program's parts.
    pub app: Arc<App>,
    /// Who asks.
    pub actor: UserActor,
    /// What stands around the page.
    pub frame: Frame,
    family: Vec<u8>,
    permission: std::marker::PhantomData<P>,
}

/// A form that somebody who holds permission `P` sent from a page of his session.
pub struct Posted<P: People, T> {
    /// Who sent it.
    pub page: Page<P>,
    /// What stood in it.
    pub form: T,
}

/// Why a page is not shown: an answer in its place.
pub struct Refusal(Box<Why>);

enum Why {
    /// Nobody is logged in: where to go.
    LogIn(String),
    /// Something else, said as a page.
    Said(Frame, Problem),
}

impl Refusal {
    /// A problem, said as a page in this frame.
    pub fn said(frame: Frame, problem: Problem) -> Refusal {
        Refusal(Box::new(Why::Said(frame, problem)))
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Why::LogIn(_) => f.write_str("log in first"),
            Why::Said(_, problem) => problem.fmt(f),
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match &*self.0 {
            Why::LogIn(_) => StatusCode::SEE_OTHER,
            Why::Said(_, problem) => problem.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        match &*self.0 {
            Why::LogIn(to) => see(to).finish(),
            Why::Said(frame, problem) => said(frame, problem),
        }
    }
}

/// A way to another page of this site.
pub fn see(to: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((LOCATION, to)).insert_header(("Cache-Control", "no-store"));
    response
}

/// Whether an address leads to a page of the back office, and nowhere else.
pub fn is_local(to: &str) -> bool {
    let plain = to.len() <= 2_000 && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    plain && (to == PATH || to.starts_with("/app/") || to.starts_with("/app?")) && !to.starts_with("/app/log")
}

/// A cookie of the pages, for `seconds`.
pub fn cookie(app: &App, name: &'static str, value: String, seconds: i64) -> Cookie<'static> {
    // Lax, so that a link in a letter finds its reader logged in; what writes is a form, and those are checked.
    let cookie = Cookie::build(name, value).path(PATH).http_only(true).secure(app.secure).same_site(SameSite::Lax);
    cookie.max_age(Duration::seconds(seconds)).finish()
}

/// The cookie of a session that begins.
pub fn begun(app: &App, token: String) -> Cookie<'static> {
    cookie(app, SESSION, token, REFRESH_SECONDS)
}

/// The token of a session that begins.
pub fn session_token(app: &App, family: &[u8], now: UtcMs) -> Result<String, Problem> {
    app.tokens.make(PageClaims { fam: hex::encode(family) }, REFRESH_SECONDS, now).ok_or_else(|| Problem::internal("no token could be made"))
}

/// The token that stands in the forms of a session.
pub fn form_token(app: &App, of: &str) -> String {
    // Without one the form is refused, which is what should happen then.
    app.tokens.make(FormClaims { of: of.to_owned() }, REFRESH_SECONDS, app.now()).unwrap_or_default()
}

/// Refuses a form that another site sent, or that is none of this session.
pub fn is_ours(app: &App, headers: &HeaderMap, token: &str, of: &str) -> bool {
    let ours = app.tokens.read::<FormClaims>(token, app.now()).is_ok_and(|claims| claims.of == of);
    ours && from_here(app, headers)
}

/// Whether the browser says that a form comes from this site, or says nothing of it.
fn from_here(app: &App, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = text(ORIGIN.as_str()) else { return true };
    let here = text(HOST.as_str()).is_some_and(|host| origin.split_once("://").is_some_and(|(_, from)| from == host));
    here || app.public_url.as_deref().is_some_and(|url| url == origin || url.strip_prefix(origin).is_some_and(|rest| rest.starts_with('/')))
}

impl<P: People> Page<P> {
    /// What binds a form to this session.
    fn binding(family: &[u8]) -> String {
        format!("session:{}", hex::encode(family))
    }

    async fn open(request: &HttpRequest) -> Result<Page<P>, Refusal> {
        let frame = Frame::of(request);
        let public = Access::<Public>::extract(request).await.map_err(|problem| Refusal::said(frame.clone(), problem))?;
        let app = public.app;
        let next = if request.method() == actix_web::http::Method::GET { request.uri().path_and_query().map_or(PATH, |to| to.as_str()) } else { PATH };
        let log_in = || Refusal(Box::new(Why::LogIn(address(next))));
        let token = request.cookie(SESSION).map(|cookie| cookie.value().to_owned()).ok_or_else(log_in)?;
        let claims = app.tokens.read::<PageClaims>(&token, app.now()).map_err(|_| log_in())?;
        let family = hex::decode(&claims.fam).map_err(|_| log_in())?;
        let said = |problem| Refusal::said(frame.clone(), problem);
        let (officer, name) = app.standing_login(family.clone(), &token).await.map_err(said)?.ok_or_else(log_in)?;
        app.current().await.map_err(said)?;
        let form = form_token(&app, &Self::binding(&family));
        let roles = app.live.officer(&officer).map(|known| known.roles).unwrap_or_default();
        let holds = |wanted: &[Role]| roles.iter().any(|role| wanted.contains(role));
        let (queue, figures, people, audit) = (holds(ReadsQueue::ROLES), holds(ReadsRecords::ROLES), holds(ReadsPeople::ROLES), holds(ReadsAudit::ROLES));
        let frame = frame.of_somebody(Who { id: officer.to_string(), name, form, queue, figures, people, audit });
        let actor = P::admit_user(&app, officer).map_err(|problem| Refusal::said(frame.clone(), problem))?;
        Ok(Page { app, actor, frame, family, permission: std::marker::PhantomData })
    }

    /// A problem, said as a page.
    pub fn failed(&self, problem: &Problem) -> HttpResponse {
        said(&self.frame, problem)
    }

    /// Ends the session.
    pub async fn end(self) -> Result<Cookie<'static>, Problem> {
        self.app.end_login(self.family).await?;
        Ok(cookie(&self.app, SESSION, String::new(), 0))
    }
}

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Refusal>>>>;

impl<P: People> FromRequest for Page<P> {
    type Error = Refusal;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Page::open(&request).await })
    }
}

#[derive(Deserialize)]
struct Guarded<T> {
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    form: T,
}

impl<P: People, T: DeserializeOwned + 'static> FromRequest for Posted<P, T> {
    type Error = Refusal;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let page = Page::<P>::open(&request).await?;
            let body = web::Form::<Guarded<T>>::from_request(&request, &mut payload).await;
            let guarded = body.map_err(|why| Refusal::said(page.frame.clone(), Problem::new("bad_request", format!("not a form of this page: {why}"))))?.into_inner();
            if !is_ours(&page.app, request.headers(), &guarded.csrf, &Page::<P>::binding(&page.family)) {
                return Err(Refusal::said(page.frame.clone(), foreign()));
            }
            Ok(Posted { page, form: guarded.form })
        })
    }
}

/// What is said of a form that is none of ours.
pub fn foreign() -> Problem {
    Problem::new("forbidden", "the form did not come from this site or from this log-in; open the page again and send it from there")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_back_office_are_gone_to_after_a_log_in() {
        for good in ["/app", "/app/figures", "/app/figures?from=2024-01-01&to=2024-06-30", "/app?lang=en", "/app/x//y"] {
            assert!(is_local(good), "{good}");
        }
        for bad in
            ["", "/", "//evil.example", "/\\evil.example", "/app\\evil", "https://evil.example/app/", "/apple", "/app/login", "/app/logout", "/app/x y", "/app/\r\nX: y", "/app/数"]
        {
            assert!(!is_local(bad), "{bad}");
        }
        assert!(!is_local(&format!("/app/{}", "x".repeat(2_000))));
    }
}
