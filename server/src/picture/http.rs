//! `GET /api/v1/records/{id}/files/{sha256}/{form}`: copies of pictures; and what is told of files beside the record's own words.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::date::clock_text;
use sync_core::base::geo::Point;
use sync_core::base::{Digest, RecordId, UtcMs};
use sync_core::evidence::custody::What;
use sync_core::evidence::{self, Exhibit};
use sync_core::law::policy::get;
use sync_core::picture::MAX_PHOTO_BYTES;
use sync_core::protocol::codes::EVIDENCE;
use sync_core::record::Record;

use super::copy::{self, Form};
use super::row::{self, FactRow};
use crate::access::{Access, ReadsRecords, UserActor};
use crate::app::App;
use crate::base::problem::Problem;
use crate::custody;
use crate::file::of_record::{named, within};
use crate::file::row::FileRow;
use crate::file::{receive, record_http, thumbnail};
use crate::on;
use crate::org::reach::Reach;
use crate::schema::{file_use, listing, officer};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want, Working};
use crate::web::session::Page;

/// Other records that are named with a page of files.
const MOST_OTHERS: i64 = 100;

/// What is found of a file for a copy.
enum Found {
    /// What the handheld showed, before the original comes.
    Early(Vec<u8>),
    /// The original, and what is written on a copy of it.
    There(FileRow, Vec<String>),
}

fn none() -> Problem {
    Problem::not_found("such file of this record, or its original is not here yet")
}

fn no_copy(why: &str) -> Problem {
    Problem::new("no_copy", why.to_owned())
}

/// What stands on a watermarked copy: when and where, by whom, of which record, and the beginning of the original's digest.
fn lines(store: &mut Working<'_, '_>, record: &Record, sha256: Digest, exhibits: &[Exhibit], fact: Option<&FactRow>) -> Result<Vec<String>, StoreError> {
    let (district, key) = (store.district, record.id.to_bytes().to_vec());
    let told = |ms: i64| clock_text(UtcMs(ms));
    let mut out = Vec::new();
    match (exhibits.iter().find_map(|e| e.taken_ms), fact.and_then(|f| f.taken_ms)) {
        (Some(ms), _) => out.push(format!("拍摄时间：{}", told(ms))),
        (None, Some(ms)) => out.push(format!("拍摄时间（相机记载）：{}", told(ms))),
        (None, None) => {}
    }
    let place = exhibits.iter().find_map(|e| e.place).or_else(|| fact.and_then(|f| f.lon_e7.zip(f.lat_e7)));
    if let Some((lon, lat)) = place {
        out.push(format!("拍摄地点：东经{:.6}°　北纬{:.6}°", lon as f64 / 1e7, lat as f64 / 1e7));
    }
    let keys: BTreeSet<String> = exhibits.iter().flat_map(|e| [e.by.clone(), e.second.clone()]).flatten().collect();
    let names: BTreeMap<String, String> = on!(store.tx, |c| officer::table
        .filter(officer::district.eq(district))
        .filter(officer::id.eq_any(&keys))
        .select((officer::id, officer::name))
        .load::<(String, String)>(c))?
    .into_iter()
    .collect();
    if !keys.is_empty() {
        let names: Vec<&str> = keys.iter().map(|key| names.get(key).unwrap_or(key).as_str()).collect();
        out.push(format!("执法人员：{}", names.join("、")));
    }
    let listed: Option<(String, Option<String>)> = on!(store.tx, |c| listing::table.find((district, &key)).select((listing::title, listing::code)).first(c).optional())?;
    if let Some((title, code)) = listed {
        let code = code.filter(|code| *code != title).map(|code| format!("　{code}")).unwrap_or_default();
        out.push(format!("记录：{title}{code}"));
    }
    out.push(format!("原件 SHA-256：{}…", hex::encode(sha256.0.get(..8).unwrap_or_default())));
    Ok(out)
}

/// A copy of a picture that a record names: `thumbnail`, `view`, `watermarked` or `public`, as a JPEG. 404 `no_copy` for what has none, such as
/// films and HEIC. The making of a copy that may leave the house stands on the chain of custody.
pub async fn form(access: Access<ReadsRecords>, path: web::Path<(RecordId, String, String)>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    shown(&access.app, &access.actor, path.into_inner(), &request).await
}

/// The same for a page of somebody who is logged in.
pub async fn page_form(page: Page<ReadsRecords>, path: web::Path<(RecordId, String, String)>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    shown(&page.app, &page.actor, path.into_inner(), &request).await
}

async fn shown(app: &App, actor: &UserActor, (id, text, name): (RecordId, String, String), request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let sha256 = record_http::digest(&text)?;
    let form = Form::ALL.into_iter().find(|form| form.name() == name);
    let form = form.ok_or_else(|| Problem::not_found("such copy; ask for thumbnail, view, watermarked or public"))?;
    let found = app.of_files(actor, id, move |store, record| {
        let district = store.district;
        if let Err(problem) = custody::admit(store.tx, district, sha256)? {
            return Ok(Err(problem));
        }
        if let Some((exhibits, row)) = named(store.tx, district, record, sha256)? {
            let facts = row::facts(store.tx, district, &[sha256.0.to_vec()])?;
            let lines = if form == Form::Watermarked { lines(store, record, sha256, &exhibits, facts.first())? } else { Vec::new() };
            return Ok(Ok(Found::There(row, lines)));
        }
        let early = if form == Form::Thumbnail && evidence::named(record).contains(&sha256) { thumbnail::early(store.tx, district, id, sha256)? } else { None };
        Ok(early.map(Found::Early).ok_or_else(none))
    });
    let (row, lines) = match found.await? {
        Found::Early(jpeg) => return Ok(answer(Bytes::from(jpeg), &format!("\"{sha256}-early\""), request)),
        Found::There(row, lines) => (row, lines),
    };
    if !matches!(row.mime.as_str(), "image/jpeg" | "image/png" | "image/webp") {
        return Err(no_copy(&format!("a file of the type {} has no copy to look at; fetch the original, without {name} in the address", row.mime)));
    }
    // What is written on it is part of what it is.
    let kept = match form {
        Form::Watermarked => format!("{name}-{}", hex::encode(Digest::plain(lines.join("\n").as_bytes()).0.get(..8).unwrap_or_default())),
        _ => name,
    };
    let tag = format!("\"{sha256}-{kept}\"");
    if let Some(bytes) = app.files.get_derived(sha256, &kept).await.map_err(receive::disk)? {
        return Ok(answer(bytes, &tag, request));
    }
    let bytes = app.copy(sha256, form, lines).await?;
    app.files.put_derived(sha256, &kept, bytes.clone()).await.map_err(receive::disk)?;
    if form.leaves() {
        let by = actor.officer.to_string();
        let detail = BTreeMap::from([("form".to_owned(), form.name().to_owned()), ("sha256".to_owned(), Digest::plain(&bytes).to_string())]);
        app.committer.run(Want::default(), move |store| custody::note(store, sha256, What::Derived, &by, Some(id), detail.clone())).await?;
    }
    Ok(answer(bytes, &tag, request))
}

fn answer(bytes: Bytes, tag: &str, request: &HttpRequest) -> HttpResponse {
    if request.headers().get(IF_NONE_MATCH).and_then(|t| t.to_str().ok()) == Some(tag) {
        return HttpResponse::NotModified().insert_header((ETAG, tag)).finish();
    }
    let mut response = HttpResponse::Ok();
    response.content_type("image/jpeg").insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, "private, no-cache"));
    response.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff")).insert_header((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"));
    response.body(bytes)
}

impl App {
    /// Makes a copy of a picture, when there is a place for it.
    async fn copy(&self, sha256: Digest, form: Form, lines: Vec<String>) -> Result<Bytes, Problem> {
        let face = match form {
            Form::Watermarked => {
                let press = self.press()?;
                Some(press.label().ok_or_else(|| Problem::new("unavailable", "no font is here to write on pictures with; install the package fonts-noto-cjk"))?)
            }
            _ => None,
        };
        let place = self.darkroom.place().await.map_err(Problem::internal)?;
        let most = MAX_PHOTO_BYTES as u64;
        if self.files.len(sha256).await.map_err(receive::disk)?.is_some_and(|size| size > most) {
            return Err(no_copy(&format!("the picture is larger than {} MiB; fetch the original", most >> 20)));
        }
        let bytes = self.files.bytes(sha256, most).await.map_err(receive::disk)?;
        let turn = self.darkroom.turn(&bytes).await.map_err(Problem::internal)?;
        let made = web::block(move || {
            let _held = (place, turn);
            copy::make(&bytes, form, &lines, face.as_ref())
        });
        Ok(Bytes::from(made.await?.map_err(|fault| no_copy(&fault.why))?))
    }
}

/// What is told of a file: facts, and warnings, each with its code, words in both languages, and what was found.
#[derive(Debug, Default)]
pub struct About {
    /// What its bytes tell; `null` until they were read.
    pub facts: Json,
    /// What somebody should look at.
    pub warnings: Vec<Json>,
}

fn warning(code: &str, found: Json) -> Json {
    let (zh, en) = EVIDENCE.iter().find(|row| row.0 == code).map_or(("", ""), |row| (row.1, row.2));
    let mut out = json!({ "code": code, "zh": zh, "en": en });
    if let (Some(out), Json::Object(found)) = (out.as_object_mut(), found) {
        out.extend(found);
    }
    out
}

/// From when on what a camera wrote is told to differ.
pub struct Bounds {
    /// Bits by which pictures may differ and are alike.
    alike: i64,
    /// Minutes between camera and handheld.
    minutes: i64,
    /// Metres between them.
    metres: i64,
}

impl Bounds {
    /// As the district has set them.
    pub fn of(app: &App) -> Bounds {
        let (law, today) = (app.law(), app.today());
        let value = |key: &str, usual: i64| get::<i64>(&law.book, key, today).map_or(usual, |answer| answer.value);
        Bounds { alike: value("evidence.alike", 5), minutes: value("evidence.camera.minutes", 30), metres: value("evidence.camera.metres", 500) }
    }
}

/// How what the bytes tell differs from what the record says.
fn compare(exhibit: &Exhibit, fact: &FactRow, mime: &str, bounds: &Bounds) -> Vec<Json> {
    let mut out = Vec::new();
    if exhibit.mime.as_deref().is_some_and(|told| told != mime && !(told == "image/heic" && mime == "image/heif")) {
        out.push(warning("type_differs", json!({ "told": exhibit.mime, "is": mime })));
    }
    if let Some(apart) = exhibit.taken_ms.zip(fact.taken_ms).map(|(told, is)| told.abs_diff(is) / 60_000)
        && apart > bounds.minutes.unsigned_abs()
    {
        out.push(warning("camera_time", json!({ "minutes": apart, "camera": fact.taken })));
    }
    let point = |place: Option<(i64, i64)>| place.and_then(|place| Point::try_from(place).ok());
    if let Some(apart) = point(exhibit.place).zip(point(fact.lon_e7.zip(fact.lat_e7))).map(|(told, is)| told.metres_to(&is))
        && apart > bounds.metres
    {
        out.push(warning("camera_place", json!({ "metres": apart })));
    }
    if let Some(problem) = &fact.problem {
        out.push(warning(problem, json!({ "found": fact.detail })));
    }
    out
}

/// What is told of these exhibits of a record, by digest, of those whose originals the office has received for it.
pub fn about(store: &mut Working<'_, '_>, reach: &Reach, record: &Record, exhibits: &[&Exhibit], bounds: &Bounds) -> Result<BTreeMap<Digest, About>, StoreError> {
    let district = store.district;
    let there: BTreeMap<Digest, &Exhibit> = exhibits.iter().filter_map(|e| e.sha256.map(|d| (d, *e))).filter(|(d, _)| evidence::received(record, *d)).collect();
    let keys: Vec<Vec<u8>> = there.keys().map(|d| d.0.to_vec()).collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mimes: BTreeMap<Vec<u8>, String> = {
        use crate::schema::file;
        on!(store.tx, |c| file::table.filter(file::district.eq(district)).filter(file::sha256.eq_any(&keys)).select((file::sha256, file::mime)).load::<(Vec<u8>, String)>(c))?
    }
    .into_iter()
    .collect();
    let mut out: BTreeMap<Digest, About> = BTreeMap::new();
    for fact in row::facts(store.tx, district, &keys)? {
        let Some((sha256, exhibit)) = fact.sha256.clone().try_into().ok().map(Digest).and_then(|d| there.get_key_value(&d)) else { continue };
        let mime = mimes.get(&fact.sha256).map_or("", String::as_str);
        let about = About { facts: facts_json(&fact), warnings: compare(exhibit, &fact, mime, bounds) };
        out.insert(*sha256, about);
    }
    for (sha256, other, differ) in elsewhere(store, record.id, &keys, bounds)? {
        let code = if differ == 0 && sha256 == other.0 { "photo_elsewhere" } else { "photo_alike" };
        let Ok(of) = sha256.try_into().map(Digest) else { continue };
        let Some(used) = store.look(other.1)? else { continue };
        if !<[u8; 32]>::try_from(other.0.as_slice()).is_ok_and(|d| evidence::named(&used).contains(&Digest(d))) {
            continue;
        }
        // That there is one is told; which, only to whoever reaches it.
        let named = within(store, reach, other.1)?.then_some(other.1);
        let told = warning(code, json!({ "record": named, "kind": named.map(|_| used.kind.to_string()), "differ": differ }));
        let about = out.entry(of).or_default();
        if !about.warnings.contains(&told) {
            about.warnings.push(told);
        }
    }
    Ok(out)
}

fn facts_json(fact: &FactRow) -> Json {
    json!({ "width": fact.width, "height": fact.height, "taken": fact.taken, "taken_ms": fact.taken_ms, "lon_e7": fact.lon_e7, "lat_e7": fact.lat_e7, "device": fact.device })
}

/// A file of these, another file and a record that named it, and by how many bits the two differ.
type Elsewhere = (Vec<u8>, (Vec<u8>, RecordId), i64);

/// Other records that named these files, or files that look like them.
fn elsewhere(store: &mut Working<'_, '_>, record: RecordId, keys: &[Vec<u8>], bounds: &Bounds) -> Result<Vec<Elsewhere>, StoreError> {
    let district = store.district;
    let mut pairs: Vec<row::Pair> = keys.iter().map(|key| (key.clone(), key.clone(), 0)).collect();
    pairs.extend(row::alike(store.tx, district, keys, bounds.alike, MOST_OTHERS)?);
    let wanted: BTreeSet<Vec<u8>> = pairs.iter().map(|pair| pair.1.clone()).collect();
    let own = record.to_bytes().to_vec();
    let uses: Vec<(Vec<u8>, Vec<u8>)> = on!(store.tx, |c| file_use::table
        .filter(file_use::district.eq(district))
        .filter(file_use::sha256.eq_any(&wanted))
        .filter(file_use::record.ne(&own))
        .order((file_use::sha256, file_use::record))
        .limit(MOST_OTHERS)
        .select((file_use::sha256, file_use::record))
        .load(c))?;
    let mut out = Vec::new();
    for (sha256, other, differ) in pairs {
        for (_, named) in uses.iter().filter(|(of, _)| *of == other) {
            out.push((sha256.clone(), (other.clone(), record_id(named)?), differ));
        }
    }
    Ok(out)
}
