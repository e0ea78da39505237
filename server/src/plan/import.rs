//! `POST /api/v1/plans/{id}/entries`: entries of one plan from XLSX or CSV, shown first, and then written all or none.
//!
//! An object may be named by anything that it is known by. A row that the file does not name stays as it is; a row that says
//! what stands already is not written again, so that the same file twice changes nothing.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sync_core::base::{Digest, RecordId};
use sync_core::district::{OfficeWrite, office_write};
use sync_core::plan::kind::{KIND, Planned, is_open, planned};
use sync_core::record::{Draft, Record, read_field};

use super::gate::{AUTHORS, within_bounds};
use super::{objects, read};
use crate::access::{Access, UserActor, Writes};
use crate::audit::Deed;
use crate::base::body;
use crate::base::keys::ServerKeys;
use crate::base::problem::Problem;
use crate::import::report::{CellError, SHOWN};
use crate::import::sheet::{self, MAX_FILE};
use crate::org::ops::Op;
use crate::react::put;
use crate::sync::store::{StoreError, Want, Working, load};

/// Most bytes of the values of one change; beside them stand keys, dots and frame, of at most 300 bytes an edit.
const CHUNK: usize = 128 * 1024;
/// Most edits of one change.
const EDITS: usize = 300;

/// What goes with a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Whether it is to take effect.
    #[serde(default)]
    apply: bool,
    /// `plan` of the preview.
    plan: Option<Digest>,
}

/// What a file would do or has done.
#[derive(Debug, Serialize)]
struct Report {
    /// Names file and plan as they were looked at; `apply` wants it.
    plan: Digest,
    /// Rows of the file.
    rows: usize,
    /// Entries that are new.
    added: usize,
    /// Entries that change.
    changed: usize,
    /// Entries of the plan afterwards.
    entries: usize,
    /// The first of those that are new or change, as they will stand.
    differences: Vec<Json>,
    /// What is wrong, cell by cell.
    errors: Vec<CellError>,
    /// Whether it took effect.
    applied: bool,
}

/// A plan that is there and within reach.
pub(super) async fn plan_within(access: &Access<Writes>, id: RecordId) -> Result<Record, Problem> {
    let (kinds, reach) = (access.app.kinds.clone(), access.actor.reach.clone());
    let found = access.app.read(move |tx, district| {
        let rows = load::feed_rows(tx, district, &[id])?;
        let held = reach.holds(rows.iter().filter(|row| !row.left).map(|row| &row.bucket));
        Ok(load::records(tx, district, &[id], &kinds)?.pop().filter(|record| held && *record.kind == *KIND.name))
    });
    found.await?.ok_or_else(|| Problem::not_found("such plan"))
}

/// Shows what a file would do, or does it: 200, or 422 with every wrong cell where `apply` was asked for and there is one.
/// 412 if file or plan are not those of the preview.
pub async fn import(access: Access<Writes>, which: web::Path<RecordId>, query: web::Query<Query>, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let (id, query) = (which.into_inner(), query.into_inner());
    let file = body::read(&request, payload, MAX_FILE).await?.open()?;
    let record = plan_within(&access, id).await?;
    if !access.actor.roles.iter().any(|role| AUTHORS.contains(role)) {
        return Err(Problem::new("forbidden", "entries of a plan are not written by your roles"));
    }
    if !is_open(record.stage()) {
        return Err(Problem::new("conflict", format!("entries are written in DRAFT and ADJUSTING; this plan is at {}; send it back first", record.stage())));
    }
    let organ = read_field(&record, &KIND, "organ").value().and_then(|v| v.as_text()).ok_or_else(|| Problem::field("organ", "name the plan's organ before its entries"))?;
    let sheet = web::block(move || sheet::read(&file)).await??;
    let names = read::named(&sheet);
    let known = access.app.read(move |tx, district| objects::resolve(tx, district, &names)).await?;
    let (edition, rows) = (access.app.law(), sheet.lines.len());
    let found = web::block(move || read::planned(&sheet, &edition.book, &read::Form { organ: Some(&organ), objects: Some(&known) })).await??;
    let (entries, errors) = match found {
        Ok(entries) => (entries, Vec::new()),
        Err(errors) => (Vec::new(), errors),
    };
    let mut report = report(&record, &entries, rows, errors)?;
    if !query.apply {
        return Ok(HttpResponse::Ok().json(report));
    }
    let shown = query.plan.ok_or_else(|| Problem::new("precondition_required", "send plan= as the preview answered it"))?;
    if !report.errors.is_empty() {
        return Ok(HttpResponse::UnprocessableEntity().json(report));
    }
    if shown != report.plan {
        return Err(Problem::new("precondition_failed", "file or plan are not those that were shown; look at the differences again"));
    }
    let (actor, keys, commit) = (access.actor, access.app.keys.clone(), record.commit());
    let detail = json!({ "rows": report.rows, "added": report.added, "changed": report.changed });
    let written = access.app.committer.run(Want { records: vec![id], ..Want::default() }, move |store| write(store, &actor, id, commit, &entries, &keys, &detail));
    written.await??;
    report.applied = true;
    Ok(HttpResponse::Ok().json(report))
}

fn report(record: &Record, entries: &[Planned], rows: usize, errors: Vec<CellError>) -> Result<Report, Problem> {
    let before: std::collections::BTreeMap<String, Option<Planned>> = planned(record).into_iter().map(|(id, entry)| (id, entry.ok())).collect();
    let (mut added, mut changed, mut differences) = (0, 0, Vec::new());
    for planned in entries {
        match before.get(&planned.entry.id) {
            Some(Some(same)) if same == planned => continue,
            Some(_) => changed += 1,
            None => added += 1,
        }
        if differences.len() < SHOWN {
            differences.push(json!({ "id": planned.entry.id, "entry": planned.to_json() }));
        }
    }
    within_bounds(before.len() + added)?;
    let texts: Vec<String> = entries.iter().map(|planned| format!("{}\n{}", planned.entry.id, planned.to_json())).collect();
    let mut parts: Vec<Vec<u8>> = vec![record.id.to_bytes().to_vec(), record.commit().to_be_bytes().to_vec()];
    parts.extend(texts.into_iter().map(String::into_bytes));
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let plan = Digest::tagged("zhifa.plan.entries.v1", &parts);
    Ok(Report { plan, rows, added, changed, entries: before.len() + added, differences, errors, applied: false })
}

/// Writes entries in as many changes as it takes, in one transaction.
pub(super) fn write(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, commit: u64, entries: &[Planned], keys: &ServerKeys, detail: &Json) -> Op<()> {
    let Some(record) = store.look(id)? else { return Ok(Err(Problem::not_found("such plan"))) };
    if record.commit() != commit {
        return Ok(Err(Problem::new("precondition_failed", "the plan has changed since; look at the differences again")));
    }
    let mut edits = Vec::new();
    for planned in entries {
        let (key, json) = (format!("entries.{}", planned.entry.id), planned.to_json());
        let value = KIND.field(&key).map_or(Ok(()), |row| row.ty.check(&json.to_string()));
        if let Err(why) = value {
            return Ok(Err(Problem::field(&key, why)));
        }
        edits.extend(put(&record, &key, Some(&json)));
    }
    if edits.is_empty() {
        return Ok(Ok(()));
    }
    let (kinds, now) = (store.kinds, store.now);
    let mut edits = edits.into_iter().peekable();
    while edits.peek().is_some() {
        let (mut chunk, mut size) = (Vec::new(), 0);
        while let Some(edit) = edits.next_if(|edit| chunk.len() < EDITS && size + edit.1.as_json().len() <= CHUNK) {
            size += edit.1.as_json().len();
            chunk.push(edit);
        }
        let draft = Draft { edits: chunk, ..Draft::of(id, KIND.name) };
        // Everything was checked above; a refusal half-way must undo what is written, and only a failed transaction does.
        if let Err(why) = office_write(store, kinds, &OfficeWrite { draft, officer: actor.officer.clone() }, &keys.receipt, now)? {
            return Err(StoreError::Broken(format!("entries of a plan were checked and could not be written: {why}")));
        }
    }
    store.note(Deed::of(&actor.officer, "plan.imported", format!("record:{id}")).with(detail.clone()));
    Ok(Ok(()))
}
