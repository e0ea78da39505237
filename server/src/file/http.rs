//! `/files`: tus 1.0 for handhelds and for people at desks.

use std::time::{Duration, SystemTime};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, HttpDate};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};

use super::ops;
use super::receive::drain;
use super::row::Upload;
use super::tus::{self, Checksum, Wanted};
use crate::access::{Access, Public, Uploads};
use crate::app::App;
use crate::base::keys::random;
use crate::base::problem::Problem;
use crate::org::reach::Reach;
use crate::sync::store::Want;

/// Says in every answer, refusals too, which version is spoken; and to who spoke another, which ones are.
pub async fn speak(request: ServiceRequest, next: Next<impl MessageBody>) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    let mut response = next.call(request).await?;
    let refused = response.status() == StatusCode::PRECONDITION_FAILED;
    let version = HeaderValue::from_static(tus::VERSION);
    response.headers_mut().insert(HeaderName::from_static("tus-resumable"), version.clone());
    if refused {
        response.headers_mut().insert(HeaderName::from_static("tus-version"), version);
    }
    Ok(response)
}

fn answer(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, "no-store"));
    response
}

/// When an upload goes if nothing more comes, as an HTTP date.
fn expires(upload: &Upload) -> String {
    let since = Duration::from_millis(u64::try_from(upload.expires_ms).unwrap_or(0));
    HttpDate::from(SystemTime::UNIX_EPOCH + since).to_string()
}

/// What is spoken here.
pub async fn options(access: Access<Public>) -> HttpResponse {
    let mut response = answer(StatusCode::NO_CONTENT);
    response.insert_header(("Tus-Version", tus::VERSION)).insert_header(("Tus-Extension", tus::EXTENSIONS));
    response.insert_header(("Tus-Checksum-Algorithm", tus::ALGORITHMS)).insert_header(("Tus-Max-Size", access.app.file_limit.to_string()));
    response.finish()
}

/// Begins an upload: 201 with its address. What the caller handed in before is whole at once, and so is nothing else.
pub async fn create(access: Access<Uploads>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    tus::speaks(&request)?;
    let (app, owner) = (access.app, access.actor);
    let wanted = Wanted::read(request.headers())?;
    if wanted.size == 0 {
        return Err(Problem::field("Upload-Length", "an empty file is no evidence"));
    }
    if wanted.size > app.file_limit {
        return Err(Problem::new("body_too_large", format!("a file has at most {} bytes; this one {}", app.file_limit, wanted.size)));
    }
    let id = hex::encode(random::<16>().map_err(Problem::internal)?);
    let known = app.live.officer(&owner).ok_or_else(|| Problem::new("unauthorized", "this server knows no such officer"))?;
    let (reach, want) = (Reach::of(&app, &owner, &known), Want { records: wanted.record.into_iter().collect(), ..Want::default() });
    let upload = app.committer.run(want, move |store| ops::begin(store, owner.as_str(), &id, &wanted, &reach)).await??;
    let mut response = answer(StatusCode::CREATED);
    response.insert_header(("Location", format!("/files/{}", upload.id))).insert_header(("Upload-Expires", expires(&upload)));
    Ok(response.insert_header(("Upload-Offset", upload.at.to_string())).finish())
}

fn gone() -> Problem {
    Problem::not_found("such upload of yours; it is over, was ended, or never begun: begin anew")
}

impl App {
    async fn upload(&self, owner: &str, id: &str) -> Result<Upload, Problem> {
        let (owner, id) = (owner.to_owned(), id.to_owned());
        self.read(move |tx, district| ops::find(tx, district, &owner, &id)).await?.ok_or_else(gone)
    }

    /// Takes a piece in once it is its turn; gives the upload as it stands then.
    async fn take_piece(&self, owner: &str, id: &str, offset: i64, checksum: Option<Checksum>, payload: &mut web::Payload) -> Result<Upload, Problem> {
        let lease = self.leases.take(id).await;
        let found = self.upload(owner, id).await;
        if found.is_err() {
            self.leases.forget(id);
        }
        let upload = found?;
        if offset != upload.at {
            return Err(Problem::new("upload_offset", format!("the upload stands at {}, not at {offset}; go on from there", upload.at)));
        }
        let taken = if upload.whole() { Ok(upload.size) } else { self.receive(&upload, lease, payload, checksum).await };
        let refused = |problem: &Problem| matches!(problem.code(), "digest_mismatch" | "file_type");
        if taken.as_ref().map_or_else(refused, |at| *at == upload.size) {
            self.leases.forget(id);
        }
        let at = taken?;
        let lives = if at == upload.size { ops::KNOWN_MS } else { ops::WAITS_MS };
        Ok(Upload { at, expires_ms: self.now().0 + lives, ..upload })
    }
}

/// How far an upload is, and what was said of it when it was begun.
pub async fn head(access: Access<Uploads>, request: HttpRequest, which: web::Path<String>) -> Result<HttpResponse, Problem> {
    tus::speaks(&request)?;
    let upload = access.app.upload(access.actor.as_str(), &which).await?;
    let mut response = answer(StatusCode::OK);
    response.insert_header(("Upload-Offset", upload.at.to_string())).insert_header(("Upload-Length", upload.size.to_string()));
    response.insert_header(("Upload-Metadata", upload.metadata.as_str()));
    Ok(response.insert_header(("Upload-Expires", expires(&upload))).finish())
}

/// Takes a piece in: 204 with how far it is. 409 from another offset than it stands at; 460 if the piece is not what its checksum says;
/// 422 `digest_mismatch` if the whole is not what was announced.
pub async fn patch(access: Access<Uploads>, request: HttpRequest, which: web::Path<String>, payload: web::Payload) -> Result<HttpResponse, Problem> {
    tus::speaks(&request)?;
    let (app, owner) = (access.app, access.actor);
    let (offset, checksum) = (tus::offset(request.headers())?, Checksum::read(request.headers())?);
    // Whose it is comes first: nobody takes over what is not his.
    app.upload(owner.as_str(), &which).await?;
    // By itself: what came is written down though nobody waits for the answer any more.
    let taken = actix_web::rt::spawn(async move {
        let mut payload = payload;
        let taken = app.take_piece(owner.as_str(), &which, offset, checksum, &mut payload).await;
        if taken.is_err() {
            drain(&mut payload).await;
        }
        taken
    });
    let upload = taken.await.map_err(Problem::internal)??;
    Ok(answer(StatusCode::NO_CONTENT).insert_header(("Upload-Offset", upload.at.to_string())).insert_header(("Upload-Expires", expires(&upload))).finish())
}

/// What comes as POST from where only that goes through; `X-HTTP-Method-Override` says what it is.
pub async fn overridden(access: Access<Uploads>, request: HttpRequest, which: web::Path<String>, payload: web::Payload) -> Result<HttpResponse, Problem> {
    tus::speaks(&request)?;
    match request.headers().get("x-http-method-override").map(HeaderValue::as_bytes) {
        Some(b"PATCH") => patch(access, request, which, payload).await,
        Some(b"HEAD") => head(access, request, which).await,
        Some(b"DELETE") => delete(access, request, which).await,
        _ => Err(Problem::field("X-HTTP-Method-Override", "say PATCH, HEAD or DELETE; an upload is begun by POST to /files")),
    }
}

/// Ends an upload that is not whole yet: 204. One that is whole has become a file, which nobody deletes: 409.
pub async fn delete(access: Access<Uploads>, request: HttpRequest, which: web::Path<String>) -> Result<HttpResponse, Problem> {
    tus::speaks(&request)?;
    let (app, owner) = (access.app, access.actor);
    app.upload(owner.as_str(), &which).await?;
    let lease = app.leases.take(&which).await;
    let upload = app.upload(owner.as_str(), &which).await?;
    if upload.whole() {
        return Err(Problem::new("conflict", "the upload is whole and has become a file; evidence is not deleted"));
    }
    app.files.discard(&upload.id).await.map_err(super::receive::disk)?;
    let id = upload.id.clone();
    app.committer.run(Want::default(), move |store| ops::end(store, &id)).await?;
    drop(lease);
    app.leases.forget(&upload.id);
    Ok(answer(StatusCode::NO_CONTENT).finish())
}
