//! The calls: leasing to handhelds, the account, making numbers void, finding a record by its code.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::Date;
use sync_core::base::RecordId;
use sync_core::dated::Book;
use sync_core::law::policy::code_format;
use sync_core::number::{Series, Sort};
use sync_core::org::{Unit, in_name_of};
use sync_core::protocol::{Bytes, NumbersRequest, NumbersResponse, SealImage};

use super::account::{self, Scope};
use super::{BlockRow, lease, row};
use crate::access::{Access, DeviceReads, ReadsQueue, ReadsRecords, Reviews, UserActor};
use crate::app::App;
use crate::audit::Deed;
use crate::base::body;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::document::seal as seals;
use crate::on;
use crate::org::ops::Op;
use crate::schema::{feed, listing};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want, Working};

/// Longest reason, in characters.
const MAX_REASON: usize = 500;
/// Bytes of a handheld's request.
const LIMIT: usize = 160 << 10;

/// `POST /sync/v1/numbers`: blocks for a handheld. A revoked one gets none: it may not fetch.
pub async fn numbers(access: Access<DeviceReads>, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let raw = body::read(&request, payload, LIMIT).await?;
    let asked: NumbersRequest = web::block(move || {
        let bytes = raw.open()?;
        serde_json::from_slice(&bytes).map_err(|e| Problem::new(if e.is_data() { "invalid_field" } else { "bad_request" }, format!("numbers: {e}")))
    })
    .await??;
    let (app, device) = (access.app, access.actor);
    app.current().await?;
    let officer = app.live.device(device).ok_or_else(|| Problem::not_found("device"))?.officer;
    let unit = app.live.officer(&officer).map(|known| known.unit).ok_or_else(|| Problem::not_found("officer of the device"))?;
    let law = app.law();
    let want = Want { devices: vec![device], ..Want::default() };
    let given = app.committer.run(want, move |store| lease::lease(store, &law.book, device, &unit, &asked)).await??;
    let (law, keys, today) = (app.law(), app.keys.clone(), app.today());
    let organs: BTreeSet<String> = given.blocks.iter().filter(|block| block.series().is_ok_and(|series| series.sort() != Sort::ACT)).map(|block| block.organ.clone()).collect();
    let images =
        app.read(move |tx, district| organs.iter().filter_map(|organ| seal_of_today(tx, district, organ, &law.book, today).transpose()).collect::<Result<Vec<_>, _>>()).await?;
    let law = app.law();
    // Signing is done outside the transaction: nobody waits for it but this handheld.
    let answer = web::block(move || {
        let image = |block: &BlockRow| images.iter().find(|(organ, _)| *organ == block.organ).map(|(_, seal)| seal.digest);
        let blocks = given.blocks.iter().map(|block| block.lease(&law.book, today, &keys.receipt, image(block))).collect::<Result<_, _>>().map_err(Problem::from)?;
        let mut seals: Vec<SealImage> = images.iter().map(|(_, seal)| seal.clone()).collect();
        seals.dedup_by_key(|seal| seal.digest);
        serde_json::to_vec(&NumbersResponse { blocks, noted: given.noted, seals, closed: given.closed }).map_err(Problem::internal)
    });
    Ok(body::json(answer.await??, body::takes_zstd(&request)))
}

/// The seal of the organ in whose name another acts, as it is today.
fn seal_of_today(tx: &mut Tx<'_>, district: i64, organ: &str, book: &Book, day: Date) -> Result<Option<(String, SealImage)>, StoreError> {
    let sealing = in_name_of(book, organ, day).map_or_else(|| organ.to_owned(), |(code, _)| code.to_string());
    let Some(digest) = seals::seal_of(tx, district, &sealing, &day.to_string())? else { return Ok(None) };
    let png = seals::images(tx, district, &[digest])?.remove(&digest);
    Ok(png.map(|png| (organ.to_owned(), SealImage { digest, png: Bytes(png) })))
}

fn scope(app: &App, actor: &UserActor) -> Scope {
    let (law, today) = (app.law(), app.today());
    let units = actor.reach.units().map(|(units, _)| units).unwrap_or_default();
    let organs: BTreeSet<String> = units.iter().filter_map(|unit| Some(law.book.get::<Unit>(unit, today)?.organ.to_string())).collect();
    Scope { reach: actor.reach.clone(), organs: organs.into_iter().collect() }
}

/// `GET /api/v1/numbers`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only of this series.
    series: Option<Series>,
    /// `next` of the page before.
    after: Option<String>,
    /// Blocks of a page, at most 100.
    limit: Option<u32>,
}

/// What became of every number, block by block, within reach.
pub async fn list(access: Access<ReadsQueue>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let place = |text: &str| text.rsplit_once(':').and_then(|(series, first)| Some((series.to_owned(), first.parse::<i64>().ok()?)));
    let after = match query.after.as_deref() {
        None => None,
        Some(text) => Some(place(text).ok_or_else(|| Problem::field("after", "send what the page before gave as next"))?),
    };
    let scope = scope(&access.app, &access.actor);
    let series = query.series.map(|s| s.to_string());
    let page = access.app.read(move |tx, district| account::page(tx, district, series.as_deref(), after, query.limit, &scope)).await?;
    Ok(HttpResponse::Ok().json(page))
}

/// `POST /api/v1/numbers/void`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoidBody {
    series: Series,
    seq: u32,
    reason: String,
}

/// Makes a number void that no record uses: 204, also if it was void before with the same reason.
pub async fn void(access: Access<Reviews>, body: web::Json<VoidBody>) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let length = body.reason.trim().chars().count();
    if length == 0 || length > MAX_REASON {
        return Err(Problem::field("reason", format!("say in 1 to {MAX_REASON} characters what became of the number")));
    }
    let (scope, actor) = (scope(&access.app, &access.actor), access.actor);
    access.app.committer.run(Want::default(), move |store| make_void(store, &actor, &scope, &body)).await??;
    Ok(HttpResponse::NoContent().finish())
}

fn make_void(store: &mut Working<'_, '_>, actor: &UserActor, scope: &Scope, body: &VoidBody) -> Op<()> {
    store.flush()?;
    let (district, series, seq, reason) = (store.district, body.series.to_string(), i64::from(body.seq), body.reason.trim());
    // Whoever does not see the organ's numbers is told the same as if there were none.
    let block = row::block_of(store.tx, district, &series, seq)?.filter(|b| scope.reach.is_whole() || scope.organs.contains(&b.organ));
    if block.is_none() {
        return Ok(Err(Problem::not_found("leased number of this series")));
    }
    if let Some(records) = row::used(store.tx, district, &series, seq, seq)?.remove(&seq) {
        let records: Vec<String> = records.iter().map(RecordId::to_string).collect();
        return Ok(Err(Problem::new("conflict", format!("number {seq} of {series} is used by {}; correct the record first", records.join(", ")))));
    }
    match row::voided(store.tx, district, &series, seq, seq)?.remove(&seq) {
        Some((before, ..)) if before == reason => Ok(Ok(())),
        Some((before, by, _)) => Ok(Err(Problem::new("conflict", format!("number {seq} of {series} is void already, by {by}: {before}")))),
        None => {
            row::make_void(store, &series, &BTreeSet::from([seq]), reason, &actor.name())?;
            store.note(Deed::of(&actor.officer, "numbers.void", format!("series:{series}")).with(serde_json::json!({ "seq": seq })));
            Ok(Ok(()))
        }
    }
}

/// A record that bears a code.
#[derive(Debug, Serialize)]
pub struct Found {
    record: RecordId,
    kind: String,
    stage: String,
    title: String,
    code: String,
}

/// `GET /api/v1/codes/{code}`: the records within reach that bear a code. A mistyped code is told by its check character.
pub async fn by_code(access: Access<ReadsRecords>, code: web::Path<String>) -> Result<HttpResponse, Problem> {
    let (app, reach, code) = (access.app, access.actor.reach, code.into_inner());
    let law = app.law();
    let format = code_format(&law.book, app.today()).map(|answer| answer.value).unwrap_or_default();
    let asked = format.read(&code);
    // As it was typed, and as it is spelled.
    let spelled = asked.as_ref().ok().and_then(|code| format.print(code).ok());
    let texts: Vec<String> = spelled.into_iter().chain([code.trim().chars().take(100).collect()]).collect();
    let buckets: Option<Vec<String>> = reach.buckets().map(|all| all.iter().map(|b| b.0.to_string()).collect());
    let found = app.read(move |tx, district| {
        type Row = (Vec<u8>, String, String, String, Option<String>);
        let rows: Vec<Row> = on!(tx, |c| {
            let mut q = listing::table
                .filter(listing::district.eq(district))
                .filter(listing::code.eq_any(&texts))
                .order(listing::record)
                .limit(20)
                .select((listing::record, listing::kind, listing::stage, listing::title, listing::code))
                .into_boxed();
            if let Some(buckets) = buckets {
                let held = feed::table.filter(feed::district.eq(district)).filter(feed::bucket.eq_any(buckets)).filter(feed::has_left.eq(false)).select(feed::record);
                q = q.filter(listing::record.eq_any(held));
            }
            q.load(c)
        })?;
        let one = |(record, kind, stage, title, code): Row| Ok(Found { record: record_id(&record)?, kind, stage, title, code: code.unwrap_or_default() });
        rows.into_iter().map(one).collect::<Result<Vec<_>, _>>()
    });
    let found = found.await?;
    // A code of an earlier layout is found as it stands; only what is not found is read by the layout of today.
    match (found.is_empty(), asked) {
        (false, _) => Ok(HttpResponse::Ok().json(serde_json::json!({ "items": found }))),
        (true, Err(fault)) => Err(Problem::field("code", fault.to_string())),
        (true, Ok(_)) => Err(Problem::not_found("record with this code within your reach")),
    }
}
