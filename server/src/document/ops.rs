//! Drawing up, sealing, serving and voiding documents: each is a change of the office, so that what there is stands on the
//! record and in the log.
//!
//! Two steps, so that a number is never given for nothing and nobody waits for a PDF in the committer's queue: with the number goes
//! the model, in one transaction; the file is drawn outside and sealed in a second one. A crash in between leaves a model
//! without a file, which is drawn later, to the same bytes.

use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::keys::{ED25519, PublicKey, Signer as _};
use sync_core::base::{Date, DeviceId, Digest, DistrictId, RecordId};
use sync_core::district::{OfficeWrite, office_write};
use sync_core::document::{Document, DocumentType, Template, template_of, type_of};
use sync_core::number::SealToken;
use sync_core::record::{Draft, Record};
use sync_core::{case, visit};

use super::gather::{self, Sealing};
use super::row::{self, DocumentRow, FileRow};
use crate::access::UserActor;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::number::document_void;
use crate::on;
use crate::org::ops::{Op, SYSTEM};
use crate::react::Ground;
use crate::record::who;
use crate::record::write::within;
use crate::schema::{document, document_file};
use crate::sync::store::{StoreError, Working};

/// Most documents of one record, void ones among them.
const MOST: usize = 500;
/// Most characters of a reason.
const MAX_REASON: usize = 600;

/// The class of notices about papers whose seal is not that of their number on their handheld.
pub const SEAL_REFUSED: &str = "paper_seal_refused";

/// What is to be drawn up.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its type, a code of `document::TYPES`.
    pub sort: String,
    /// What it is about: an order's id, an inquiry's; `None` for the record as a whole.
    pub of: Option<String>,
    /// What the desk adds: facts that neither the record nor the book has, such as when somebody is summoned to where.
    pub desk: Json,
}

/// A document that is there: newly made, or made before.
#[derive(Debug, Clone, Serialize)]
pub struct Made {
    /// The record.
    pub record: RecordId,
    /// Its id on the record: `documents.<id>`.
    pub id: String,
    /// What stands there.
    pub document: Json,
    /// Whether it was there before.
    pub already: bool,
}

macro_rules! given {
    ($made:expr) => {
        match $made {
            Ok(value) => value,
            Err(problem) => return Ok(Err(problem)),
        }
    };
}
pub(super) use given;

/// A case, visit or course within somebody's reach.
pub fn find(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId) -> Op<Record> {
    let found = store.look(id)?.filter(|record| [case::NAME, visit::NAME, sync_core::training::course::NAME].contains(&&*record.kind));
    let reached = found.is_some() && within(store, actor, id)?;
    Ok(found.filter(|_| reached).ok_or_else(|| Problem::not_found("such case, visit or course")))
}

/// The documents of a record that stand: id and value.
pub fn standing(record: &Record) -> impl Iterator<Item = (&str, Json)> {
    case::standing(record, "documents.")
}

/// Puts a member into a map.
fn set(map: &mut Json, member: &str, value: Json) {
    if let Some(members) = map.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
}

fn word<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str)
}

/// Whether a document counts: it is not void.
fn counts(document: &Json) -> bool {
    word(document, "state") != Some("void")
}

/// The type and the template of a day.
pub fn template(sort: &str, day: Date) -> Result<(&'static DocumentType, &'static Template), Problem> {
    let known = type_of(sort).ok_or_else(|| Problem::field("type", "is not a type of document; GET /api/v1/documents/types lists them"))?;
    let template = template_of(sort, day).ok_or_else(|| Problem::field("type", format!("has no template that is in force on {day}")))?;
    Ok((known, template))
}

/// What would stand on a document if it were drawn up now, without a number.
pub fn draft(store: &mut Working<'_, '_>, record: &Record, wanted: &Wanted, ground: &Ground<'_>) -> Op<Document> {
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let (_, template) = given!(template(&wanted.sort, today));
    let facts = given!(gather::facts(store, record, wanted, None, Sealing::Organ, today, ground)?);
    Ok(template.render(&facts).map_err(|missing| lacks(&wanted.sort, &missing)))
}

/// The problem of a fact that is not there.
pub fn lacks(sort: &str, missing: &sync_core::document::Missing) -> Problem {
    let title = type_of(sort).map_or("", |t| t.title_zh);
    Problem::field(&missing.fact, format!("{title} needs it ({}); enter it on the record and draw it up again", missing.reason))
}

/// Draws a document up: takes its number if its type has one, keeps its model, and writes it on the record as `numbered`. Asked
/// again for the same type and the same thing, gives what is there.
pub fn make(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, wanted: &Wanted, ground: &Ground<'_>) -> Op<Made> {
    let record = given!(find(store, actor, id)?);
    given!(who::may_write(&actor.roles, &record.kind));
    let known = given!(type_of(&wanted.sort).ok_or_else(|| Problem::field("type", "is not a type of document; GET /api/v1/documents/types lists them")));
    given!(super::when::ripe(&record, known));
    let same = |document: &Json| counts(document) && word(document, "type") == Some(&*wanted.sort) && word(document, "of") == wanted.of.as_deref();
    if let Some((there, document)) = standing(&record).find(|(_, document)| same(document)) {
        return Ok(Ok(Made { record: id, id: there.to_owned(), document, already: true }));
    }
    let Composed { id: made, document } = given!(compose(store, &record, wanted, None, ground, actor.officer.as_str())?);
    let mut edits = vec![(format!("documents.{made}"), document.clone())];
    // A void document names the one in its place.
    let void = |document: &Json| !counts(document) && word(document, "type") == Some(&*wanted.sort) && word(document, "of") == wanted.of.as_deref();
    for (there, mut replaced) in standing(&record).filter(|(_, document)| void(document) && document.get("replaced_by").is_none()) {
        set(&mut replaced, "replaced_by", json!(made));
        edits.push((format!("documents.{there}"), replaced));
    }
    if let (true, Some(no)) = (wanted.sort == "penalty_decision", document.get("no")) {
        edits.push(("decision_no".to_owned(), no.clone()));
    }
    given!(put(store, &record, edits, actor.officer.as_str(), ground)?);
    Ok(Ok(Made { record: id, id: made, document, already: false }))
}

/// The number of a paper, as its handheld took it.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Its id: `papers.<id>`.
    pub id: String,
    /// What stands there.
    pub paper: Json,
    /// The handheld that wrote it.
    pub device: DeviceId,
}

/// A document whose model is kept and whose line on the record is yet to be written.
pub struct Composed {
    /// Its id.
    pub id: String,
    /// What is to stand in `documents.<id>`.
    pub document: Json,
}

/// Makes the office's document, of a wish or of a paper that a handheld numbered: renders it, takes its number, keeps its model.
pub fn compose(store: &mut Working<'_, '_>, record: &Record, wanted: &Wanted, paper: Option<&Paper>, ground: &Ground<'_>, by: &str) -> Op<Composed> {
    let told_day = paper.and_then(|p| p.paper.get("at_ms")).and_then(Json::as_i64).and_then(|ms| day_of(sync_core::base::UtcMs(ms)));
    let day = told_day.or_else(|| day_of(store.now)).unwrap_or(Date::MAX);
    let (known, template) = given!(template(&wanted.sort, day));
    let count = standing(record).count();
    if count >= MOST {
        return Ok(Err(Problem::new("conflict", format!("a record has at most {MOST} documents"))));
    }
    let sealing = paper.map_or(Sealing::Organ, |paper| leased_seal(store, paper, ground));
    // Before a number is spent on it.
    let facts = given!(gather::facts(store, record, wanted, None, sealing, day, ground)?);
    given!(template.render(&facts).map_err(|missing| lacks(&wanted.sort, &missing)));
    let number = match paper {
        Some(paper) => paper.paper.get("number").cloned(),
        None if known.zi.is_some() => Some(given!(gather::number(store, record, known, ground)?)),
        None => None,
    };
    let facts = given!(gather::facts(store, record, wanted, number.as_ref(), sealing, day, ground)?);
    let model = given!(template.render(&facts).map_err(|missing| lacks(&wanted.sort, &missing)));
    let id = format!("{}-{}", wanted.sort, count + 1);
    let mut value = json!({
        "at_ms": store.now.0, "by": by, "model": model.digest().to_string(), "state": "numbered", "type": wanted.sort, "version": model.version,
    });
    let members = [
        ("no", number.as_ref().and_then(|n| n.get("no")).cloned()),
        ("seq", number.as_ref().and_then(|n| n.get("seq")).cloned()),
        ("series", number.as_ref().and_then(|n| n.get("series")).cloned()),
        ("of", wanted.of.clone().map(Json::from)),
        ("paper", paper.map(|p| Json::from(p.id.clone()))),
        ("reason", paper.and_then(|p| doubts(&p.paper, &model, sealing))),
    ];
    for (member, member_value) in members {
        if let Some(member_value) = member_value {
            set(&mut value, member, member_value);
        }
    }
    let json = String::from_utf8(model.to_json()).map_err(|e| StoreError::Broken(e.to_string()))?;
    let (district, record_key) = (store.district, record.id.to_bytes().to_vec());
    let row = DocumentRow { district, record: record_key, id: id.clone(), sort: wanted.sort.clone(), model: json, made_ms: store.now.0, made_by: by.to_owned() };
    on!(store.tx, |c| diesel::insert_into(document::table).values(&row).execute(c))?;
    if let Some(paper) = paper.filter(|_| sealing == Sealing::Refused) {
        store.raise(SEAL_REFUSED, format!("{SEAL_REFUSED}:{}:{}", record.id, paper.id));
    }
    store.note(Deed::by(whose(by), "document.numbered", format!("record:{}", record.id)).with(json!({ "id": id, "no": value.get("no"), "model": value.get("model") })));
    Ok(Ok(Composed { id, document: value }))
}

/// Writes fields of a record as somebody of the office, in the place of what stands there.
pub(super) fn put(store: &mut Working<'_, '_>, record: &Record, edits: Vec<(String, Json)>, by: &str, ground: &Ground<'_>) -> Op<()> {
    let officer = by.parse().map_err(|e| StoreError::Broken(format!("{by}: {e}")))?;
    let edits = edits.iter().filter_map(|(key, value)| crate::react::put(record, key, Some(value))).collect();
    let draft = Draft { edits, ..Draft::of(record.id, &record.kind) };
    let (kinds, now) = (store.kinds, store.now);
    Ok(office_write(store, kinds, &OfficeWrite { draft, officer }, &ground.keys.receipt, now)?.map(|_| ()).map_err(Problem::from))
}

/// Who it was, as the audit names him.
fn whose(by: &str) -> String {
    format!("officer:{by}")
}

/// What is to be said of a paper that was shown otherwise than it is drawn, or bears a seal that is not its own.
fn doubts(paper: &Json, model: &Document, sealing: Sealing) -> Option<Json> {
    let shown = word(paper, "sha256").filter(|shown| **shown != model.digest().to_string());
    let other = shown.map(|shown| format!("与现场出示的文书不一致 (shown: {shown})"));
    let seal = (sealing == Sealing::Refused).then(|| "印章校验不符，未盖章 (the seal is not that of this number on this handheld)".to_owned());
    let all: Vec<String> = other.into_iter().chain(seal).collect();
    if all.is_empty() { None } else { Some(json!(all.join("; "))) }
}

/// The seal that came with a leased number, if it is good for this number on this handheld.
fn leased_seal(store: &Working<'_, '_>, paper: &Paper, ground: &Ground<'_>) -> Sealing {
    let number = paper.paper.get("number").cloned().unwrap_or_default();
    let bound = || {
        let district = u32::try_from(store.district).ok().map(DistrictId)?;
        let seq = number.get("seq").and_then(Json::as_u64).and_then(|seq| u32::try_from(seq).ok())?;
        Some(SealToken { district, series: word(&number, "series")?.parse().ok()?, seq, device: paper.device })
    };
    let key = PublicKey::new(ED25519, &ground.keys.receipt.public_key());
    match (bound(), key, word(&number, "seal")) {
        (Some(bound), Some(key), Some(seal)) => bound.verify(seal, &key).map_or(Sealing::Refused, Sealing::Leased),
        _ => Sealing::Refused,
    }
}

/// Seals a document whose file was drawn: the file, and digest and pages on the record. Sealing twice changes nothing.
pub fn seal(store: &mut Working<'_, '_>, record: RecordId, id: &str, pdf: &[u8], pages: i64, ground: &Ground<'_>) -> Op<()> {
    if row::file(store.tx, store.district, record, id)?.is_some() {
        return Ok(Ok(()));
    }
    let Some(found) = store.look(record)? else { return Ok(Err(Problem::not_found("such record"))) };
    let digest = Digest::plain(pdf);
    let file =
        FileRow { district: store.district, record: record.to_bytes().to_vec(), id: id.to_owned(), pdf: pdf.to_vec(), sha256: digest.0.to_vec(), pages, sealed_ms: store.now.0 };
    on!(store.tx, |c| diesel::insert_into(document_file::table).values(&file).execute(c))?;
    if let Some((_, mut document)) = standing(&found).find(|(there, _)| *there == id) {
        set(&mut document, "digest", json!(digest.to_string()));
        set(&mut document, "pages", json!(pages));
        if word(&document, "state") == Some("numbered") {
            set(&mut document, "state", json!("sealed"));
        }
        given!(put(store, &found, vec![(format!("documents.{id}"), document)], SYSTEM, ground)?);
    }
    store.note(Deed::by(whose(SYSTEM), "document.sealed", format!("record:{record}")).with(json!({ "id": id, "digest": digest.to_string(), "pages": pages })));
    Ok(Ok(()))
}

/// A document as it stands.
pub fn read(store: &mut Working<'_, '_>, actor: &UserActor, record: RecordId, id: &str) -> Op<Made> {
    let found = given!(find(store, actor, record)?);
    let there = standing(&found).find(|(there, _)| *there == id).map(|(_, document)| document);
    Ok(there.map(|document| Made { record, id: id.to_owned(), document, already: true }).ok_or_else(|| Problem::not_found("such document on this record")))
}

/// What befalls a sealed document.
#[derive(Debug, Clone)]
pub enum Step {
    /// Signed by whom it asks for.
    Signed,
    /// Delivered, at an instant (UTC milliseconds).
    Served(i64),
    /// Void, with the reason; its number is never used again.
    Void(String),
}

/// Moves a document on. A void one stays void; one that is not sealed cannot be signed or served.
pub fn step(store: &mut Working<'_, '_>, actor: &UserActor, record: RecordId, id: &str, step: &Step, ground: &Ground<'_>) -> Op<Made> {
    let found = given!(find(store, actor, record)?);
    given!(who::may_write(&actor.roles, &found.kind));
    let there = standing(&found).find(|(there, _)| *there == id).map(|(_, document)| document);
    let Some(mut document) = there else { return Ok(Err(Problem::not_found("such document on this record"))) };
    let state = word(&document, "state").unwrap_or_default().to_owned();
    let (from, to, action): (&[&str], &str, &'static str) = match step {
        Step::Signed => (&["sealed"], "signed", "document.signed"),
        Step::Served(_) => (&["sealed", "signed"], "served", "document.served"),
        Step::Void(_) => (&["numbered", "sealed", "signed"], "void", "document.void"),
    };
    if state == to {
        return Ok(Ok(Made { record, id: id.to_owned(), document, already: true }));
    }
    if !from.contains(&&*state) {
        return Ok(Err(Problem::new("conflict", format!("the document is {state}; from there it cannot become {to}"))));
    }
    set(&mut document, "state", json!(to));
    match step {
        Step::Served(ms) => set(&mut document, "served_ms", json!(ms)),
        Step::Void(why) => {
            let why = why.trim();
            if why.is_empty() || why.chars().count() > MAX_REASON {
                return Ok(Err(Problem::field("reason", format!("say in 1 to {MAX_REASON} characters why it is void; it stays with the number"))));
            }
            set(&mut document, "reason", json!(why));
            if let (Some(series), Some(seq)) = (word(&document, "series"), document.get("seq").and_then(Json::as_i64)) {
                document_void(store, series, seq, why, actor.officer.as_str())?;
            }
        }
        Step::Signed => {}
    }
    given!(put(store, &found, vec![(format!("documents.{id}"), document.clone())], actor.officer.as_str(), ground)?);
    store.note(Deed::of(&actor.officer, action, format!("record:{record}")).with(json!({ "id": id, "no": document.get("no"), "reason": document.get("reason") })));
    Ok(Ok(Made { record, id: id.to_owned(), document, already: false }))
}
