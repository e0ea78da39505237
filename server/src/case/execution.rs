//! Service, payment, instalments, remedies, what is owed, and the archive (`domain.md` §5.6, §5.7).
//!
//! Each call writes one entry of its own; what follows from it (the effective day, the surcharge, the window of the court) is reckoned
//! when asked for. Deliberately absent: taking money, and judging whether a remedy was well-founded.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::money::Fen;
use sync_core::base::{Date, Digest, RecordId, UtcMs};
use sync_core::case::execution::{Account, account, file_class, instalments, remedies, window};
use sync_core::case::read::View;
use sync_core::case::{KIND, WAYS, service, stage as s, standing, together};
use sync_core::law::{Calendar, policy};
use sync_core::record::{FieldKey, Record, Value};

use super::investigation::{as_before, one, only};
use super::ops::{find, given, hand_in, not_his_own, put, words};
use crate::access::{Access, ReadsRecords, Reviews, UserActor, Writes};
use crate::base::problem::Problem;
use crate::org::Role;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::{Order, Written};
use crate::sync::store::{StoreError, Working};

/// Who keeps the account of a case.
const KEEPERS: &[Role] = &[Role::Head, Role::SectionHead, Role::SquadLeader, Role::Reviewer];
/// Stages at which a decision binds and money is asked for.
const BINDING: &[&str] = &[s::SERVED, s::PARTIAL, s::OVERDUE, s::URGED, s::COURT_APPLIED, s::PERFORMED, s::ENFORCED];
/// Most instalments of a fine.
const MOST_INSTALMENTS: usize = 60;
/// The type under which the file of a case stands among its documents.
const FILE: &str = "file_cover";

fn today(store: &Working<'_, '_>) -> Date {
    day_of(store.now).unwrap_or(Date::MAX)
}

/// A key of an entry that follows from what names it, so that the same is entered once.
fn derived(what: &str, name: &str) -> String {
    let digest = Digest::tagged(what, &[name.trim().as_bytes()]).to_string();
    digest.chars().take(20).collect()
}

/// Refuses where an entry with other words stands, and answers as before where the same does.
fn same(record: &Record, key: &str, value: &Json, leave_out: &[&str]) -> Result<Option<Written>, Problem> {
    let Some(before) = one(record, key)? else { return Ok(None) };
    let bare = |json: &Json| -> Map<String, Json> {
        json.as_object().into_iter().flatten().filter(|(k, v)| !leave_out.contains(&k.as_str()) && !v.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    if bare(&before) != bare(value) {
        return Err(Problem::new("conflict", "this was entered before, and otherwise; read the case again"));
    }
    Ok(as_before(record, key))
}

/// `POST /api/v1/cases/{id}/services`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceBody {
    /// It is the decision: the act `serve` goes with it.
    #[serde(default)]
    decision: bool,
    /// The id of the entry; it follows from the document, the way and the day if left out.
    #[serde(default)]
    service: Option<String>,
    /// The document, by its id on the case.
    #[serde(default)]
    document: Option<String>,
    /// Everything that is handed over with one receipt, by the ids on the case: with a decision, what has to be served together with it.
    #[serde(default)]
    documents: Vec<String>,
    /// A word of `case::WAYS`.
    way: String,
    /// When it was handed over, sent or posted, UTC milliseconds.
    #[serde(default)]
    at_ms: Option<i64>,
    /// When it was received, left, or arrived.
    #[serde(default)]
    received_ms: Option<i64>,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    relation: Option<String>,
    /// The signature of whoever received it: an id of `signatures.*`.
    #[serde(default)]
    signature: Option<String>,
    #[serde(default)]
    refused: Option<bool>,
    #[serde(default)]
    witness: Option<String>,
    #[serde(default)]
    video: Option<String>,
    #[serde(default)]
    tracking: Option<String>,
    #[serde(default)]
    system: Option<String>,
    #[serde(default)]
    posted: Option<Date>,
    #[serde(default)]
    reason: Option<String>,
}

impl ServiceBody {
    fn entry(&self) -> Json {
        let mut out = Map::new();
        let texts = [
            ("document", &self.document),
            ("reason", &self.reason),
            ("relation", &self.relation),
            ("signature", &self.signature),
            ("system", &self.system),
            ("to", &self.to),
            ("tracking", &self.tracking),
            ("video", &self.video),
            ("witness", &self.witness),
        ];
        for (member, text) in texts {
            out.extend(text.as_ref().map(|t| t.trim()).filter(|t| !t.is_empty()).map(|t| (member.to_owned(), t.into())));
        }
        out.extend([("at_ms", self.at_ms), ("received_ms", self.received_ms)].into_iter().filter_map(|(member, at)| Some((member.to_owned(), at?.into()))));
        out.extend(self.refused.map(|refused| ("refused".to_owned(), refused.into())));
        if !self.documents.is_empty() {
            out.insert("documents".into(), json!(self.documents));
        }
        out.extend(self.posted.map(|day| ("posted".to_owned(), day.to_string().into())));
        out.insert("way".into(), self.way.as_str().into());
        Json::Object(out)
    }
}

fn serve_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &ServiceBody, ground: &Ground<'_>) -> Op<Written> {
    given!(only(actor, &[Role::Head, Role::SectionHead, Role::SquadLeader, Role::Reviewer, Role::Officer], "your roles enter no services"));
    if !WAYS.contains(&body.way.as_str()) {
        return Ok(Err(Problem::field("way", format!("one of {}", WAYS.join(", ")))));
    }
    let record = given!(find(store, actor, id)?);
    let (view, now) = (View::of(&record), store.now.0);
    for (name, at) in [("at_ms", body.at_ms), ("received_ms", body.received_ms)] {
        if at.is_some_and(|at| at < 0 || at > now) {
            return Ok(Err(Problem::field(name, "lies in the future; a service is entered once it took place")));
        }
    }
    if body.posted.is_some_and(|posted| posted > today(store)) {
        return Ok(Err(Problem::field("posted", "lies in the future; enter the notice once it is posted")));
    }
    if let Some(document) = &body.document
        && !standing(&record, "documents.").chain(standing(&record, "papers.")).any(|(of, _)| of == document)
    {
        return Ok(Err(Problem::field("document", "no such document stands on the case")));
    }
    let there = |id: &str| standing(&record, "documents.").any(|(of, _)| of == id);
    if body.documents.len() > 8 || !body.documents.iter().all(|id| there(id)) {
        return Ok(Err(Problem::field("documents", "at most 8, each a document that stands on the case")));
    }
    let value = body.entry();
    if let Some(lack) = service::lacks(&view, &value).first() {
        return Ok(Err(Problem::field(lack.member, format!("{} ({}): {}", lack.zh, lack.en, lack.basis))));
    }
    if body.decision {
        let act = given!(decision_is_open(&record));
        if let Some(written) = act {
            return if one(&record, "served").ok().flatten().as_ref() == Some(&value) {
                Ok(Ok(written))
            } else {
                Ok(Err(Problem::new("conflict", "the decision was served before")))
            };
        }
        let mut after = record.clone();
        let edit = put(&record, "served", value.clone(), None);
        after.preview(&[(
            "served".parse().map_err(|e| StoreError::Broken(format!("{e}")))?,
            Value::from_json(&value).map_err(|e| StoreError::Broken(e.to_string()))?,
            edit.replaces.clone(),
            None,
        )]);
        let missing = together::missing(&after);
        if !missing.is_empty() {
            let said = missing.join(", ");
            return Ok(Err(Problem::field("documents", format!("三书同达: seal these and name them with the decision on this receipt: {said} (国办发〔2025〕22号)"))));
        }
        let order = Order { edits: vec![edit], act: Some("serve".into()), ..Order::of(id) };
        return hand_in(store, actor, &order, ground, "case.served", json!({ "way": body.way, "decision": true }));
    }
    let name = [body.document.as_deref().unwrap_or_default(), &body.way, &body.received_ms.or(body.at_ms).map(|at| at.to_string()).unwrap_or_default()].join("|");
    let name = body.posted.map_or(name.clone(), |posted| format!("{name}|{posted}"));
    let key = format!("services.{}", body.service.clone().unwrap_or_else(|| derived("zhifa.service.v1", &name)));
    if key.parse::<FieldKey>().is_err() {
        return Ok(Err(Problem::field("service", "letters, digits and hyphens, at most 64")));
    }
    if let Some(written) = given!(same(&record, &key, &value, &[])) {
        return Ok(Ok(written));
    }
    let order = Order { edits: vec![put(&record, key, value, None)], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.served", json!({ "way": body.way, "document": body.document }))
}

/// Whether the decision waits for its service; the answer of then where it was served.
fn decision_is_open(record: &Record) -> Result<Option<Written>, Problem> {
    if KIND.act("serve").any(|row| row.from.contains(&record.stage())) {
        return Ok(None);
    }
    let before = as_before(record, "served").filter(|_| BINDING.contains(&record.stage()));
    before.map(Some).ok_or_else(|| Problem::new("conflict", format!("there is no decision to be served; the case is at {}", record.stage())))
}

/// `POST /api/v1/cases/{id}/payments`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentBody {
    /// The number of the receipt: the same one twice is one payment.
    receipt: String,
    day: Date,
    amount_fen: i64,
    /// `fine`, `surcharge` or `gains`.
    #[serde(rename = "for")]
    purpose: String,
    /// `bank`, `platform`, or another token.
    #[serde(default)]
    way: Option<String>,
}

fn pay_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &PaymentBody, ground: &Ground<'_>) -> Op<Written> {
    let receipt = given!(words("receipt", &body.receipt, 80));
    given!(only(actor, KEEPERS, "payments are entered by the head, heads of sections and squads, and reviewers"));
    let record = given!(find(store, actor, id)?);
    let view = View::of(&record);
    if !["fine", "surcharge", "gains"].contains(&body.purpose.as_str()) {
        return Ok(Err(Problem::field("for", "fine, surcharge or gains")));
    }
    if body.amount_fen <= 0 || body.amount_fen > 1_000_000_000_000 {
        return Ok(Err(Problem::field("amount_fen", "more than nothing, in fen")));
    }
    let decided = view.day("decided_date");
    if body.day > today(store) || decided.is_some_and(|decided| body.day < decided) {
        return Ok(Err(Problem::field("day", "a day from the decision up to today")));
    }
    let mut value = json!({ "amount_fen": body.amount_fen, "day": body.day.to_string(), "for": body.purpose, "receipt": receipt });
    if let (Some(way), Some(object)) = (&body.way, value.as_object_mut()) {
        object.insert("way".into(), way.as_str().into());
    }
    if Value::from_json(&value).is_err() || body.way.as_ref().is_some_and(|way| !sync_core::base::ids::is_token(way)) {
        return Ok(Err(Problem::field("way", "a short word such as bank or platform")));
    }
    let key = format!("payments.{}", derived("zhifa.receipt.v1", receipt));
    // The same receipt that was entered from a handheld or by a form is the same payment too.
    for (other, payment) in standing(&record, "payments.") {
        let theirs = payment.get("receipt").and_then(Json::as_str).is_some_and(|no| no.trim() == receipt);
        if theirs && let Some(written) = given!(same(&record, &format!("payments.{other}"), &value, &["way"])) {
            return Ok(Ok(written));
        }
    }
    if !BINDING.contains(&record.stage()) && ![s::CLOSED, s::DECIDED].contains(&record.stage()) {
        return Ok(Err(Problem::new("conflict", format!("there is no decision to pay under; the case is at {}", record.stage()))));
    }
    let order = Order { edits: vec![put(&record, key, value, None)], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.paid", json!({ "for": body.purpose, "amount_fen": body.amount_fen, "day": body.day.to_string() }))
}

/// An instalment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    day: Date,
    amount_fen: i64,
}

/// `POST /api/v1/cases/{id}/instalments`: one entry puts the payment off, several divide it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstalmentsBody {
    reason: String,
    items: Vec<Part>,
}

/// Grants instalments upon the party's application, by the head (行政处罚法 66 第二款).
fn instalments_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &InstalmentsBody, ground: &Ground<'_>) -> Op<Written> {
    let reason = given!(words("reason", &body.reason, 600));
    given!(only(actor, &[Role::Head], "instalments are granted by the head (行政处罚法 66 第二款)"));
    let record = given!(find(store, actor, id)?);
    given!(not_his_own(&record, actor));
    let (view, day) = (View::of(&record), today(store));
    let already = instalments(&view);
    if !already.is_empty() {
        let told = already.iter().map(|i| (i.day, i.amount)).eq(body.items.iter().map(|i| (i.day, i.amount_fen)));
        if told && let Some(written) = already.first().and_then(|first| as_before(&record, &format!("instalments.{}", first.key))) {
            return Ok(Ok(written));
        }
        return Ok(Err(Problem::new("conflict", "instalments were granted before; they are granted once")));
    }
    if ![s::SERVED, s::PARTIAL, s::OVERDUE].contains(&record.stage()) {
        return Ok(Err(Problem::new("conflict", format!("instalments are of a decision that was served and is not before the court; the case is at {}", record.stage()))));
    }
    if body.items.is_empty() || body.items.len() > MOST_INSTALMENTS {
        return Ok(Err(Problem::field("items", format!("1 to {MOST_INSTALMENTS}"))));
    }
    let in_order = body.items.windows(2).all(|pair| matches!(pair, [a, b] if a.day < b.day));
    if !in_order || body.items.iter().any(|i| i.day <= day || i.amount_fen <= 0) {
        return Ok(Err(Problem::field("items", "days after today, ascending, and amounts in fen, more than nothing")));
    }
    let book = &ground.law.book;
    let owed = account(&view, book, &Calendar::of(book), day);
    let sum = body.items.iter().map(|i| i.amount_fen).fold(0_i64, i64::saturating_add);
    if sum != owed.unpaid_fine_fen {
        return Ok(Err(Problem::field("items", format!("add up to {} yuan, and {} yuan of the fine are unpaid", Fen(sum), Fen(owed.unpaid_fine_fen)))));
    }
    let one = |(n, part): (usize, &Part)| {
        let value = json!({ "amount_fen": part.amount_fen, "at_ms": store.now.0, "by": actor.officer, "day": part.day.to_string(), "reason": reason });
        put(&record, format!("instalments.i{:02}", n + 1), value, Some(reason))
    };
    let order = Order { edits: body.items.iter().enumerate().map(one).collect(), ..Order::of(id) };
    let last = body.items.last().map(|i| i.day.to_string());
    hand_in(store, actor, &order, ground, "case.instalments", json!({ "items": body.items.len(), "until": last }))
}

/// `POST /api/v1/cases/{id}/remedies`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemedyBody {
    /// `review` or `suit`.
    kind: String,
    filed: Date,
}

/// `POST /api/v1/cases/{id}/remedies/{key}/end`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemedyEndBody {
    ended: Date,
    /// `upheld`, `changed`, `revoked` or `withdrawn`.
    outcome: String,
}

const REMEDY_KEEPERS: &[Role] = &[Role::Head, Role::SectionHead, Role::Reviewer];

fn remedy_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &RemedyBody, ground: &Ground<'_>) -> Op<Written> {
    given!(only(actor, REMEDY_KEEPERS, "remedies are entered by a reviewer, the head of a section or the head"));
    let record = given!(find(store, actor, id)?);
    let view = View::of(&record);
    if !["review", "suit"].contains(&body.kind.as_str()) {
        return Ok(Err(Problem::field("kind", "review or suit")));
    }
    let book = &ground.law.book;
    let served = service::of_decision(&view, book, &Calendar::of(book)).ok().flatten().map(|effect| effect.day);
    if body.filed > today(store) || served.is_none_or(|served| body.filed < served) {
        return Ok(Err(Problem::field("filed", "a day from the service of the decision up to today")));
    }
    let key = format!("remedies.{}-{}", body.kind, body.filed);
    let value = json!({ "filed": body.filed.to_string(), "kind": body.kind });
    if let Some(written) = given!(same(&record, &key, &value, &["ended", "outcome"])) {
        return Ok(Ok(written));
    }
    if let Some(pending) = remedies(&view).into_iter().find(|r| r.ended.is_none()) {
        return Ok(Err(Problem::new("conflict", format!("the {} filed on {} is pending; enter its end first", pending.kind, pending.filed))));
    }
    let order = Order { edits: vec![put(&record, key, value, None)], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.remedy", json!({ "kind": body.kind, "filed": body.filed.to_string() }))
}

fn remedy_end_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, which: &str, body: &RemedyEndBody, ground: &Ground<'_>) -> Op<Written> {
    given!(only(actor, REMEDY_KEEPERS, "remedies are entered by a reviewer, the head of a section or the head"));
    let record = given!(find(store, actor, id)?);
    if !["upheld", "changed", "revoked", "withdrawn"].contains(&body.outcome.as_str()) {
        return Ok(Err(Problem::field("outcome", "upheld, changed, revoked or withdrawn")));
    }
    let key = format!("remedies.{which}");
    let Some(remedy) = remedies(&View::of(&record)).into_iter().find(|r| r.key == which) else {
        return Ok(Err(Problem::not_found(&format!("remedy {which:.80} on this case"))));
    };
    if body.ended > today(store) || body.ended < remedy.filed {
        return Ok(Err(Problem::field("ended", "a day from the filing up to today")));
    }
    let value = json!({ "ended": body.ended.to_string(), "filed": remedy.filed.to_string(), "kind": remedy.kind, "outcome": body.outcome });
    if remedy.ended.is_some()
        && let Some(written) = given!(same(&record, &key, &value, &[]))
    {
        return Ok(Ok(written));
    }
    let order = Order { edits: vec![put(&record, key, value, None)], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.remedy", json!({ "of": which, "ended": body.ended.to_string(), "outcome": body.outcome }))
}

/// `GET /api/v1/cases/{id}/account`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountQuery {
    /// At the end of which day; today if left out.
    day: Option<String>,
}

fn account_of(record: &Record, ground: &Ground<'_>, day: Date) -> Json {
    let (view, book) = (View::of(record), &ground.law.book);
    let calendar = Calendar::of(book);
    let account: Account = account(&view, book, &calendar, day);
    let (window, unknown) = match window(&view, book, &calendar) {
        Ok(window) => (window, None),
        Err(why) => (None, Some(why)),
    };
    let open = window.as_ref().map(|window| window.contains(day));
    let served = service::of_decision(&view, book, &calendar).ok().flatten();
    let way = service::way(&view.json("served"));
    json!({ "account": account, "court": { "open": open, "unknown": unknown, "window": window }, "service": { "effect": served, "way": way }, "stage": record.stage() })
}

/// The kind of file that the case makes, if it is said how long such a one is kept (policy `retention`).
fn retention(record: &Record, ground: &Ground<'_>, day: Date) -> Result<&'static str, Problem> {
    let class = file_class(&View::of(record));
    policy::retention(&ground.law.book, class, day).map(|_| class).map_err(|why| Problem::new("conflict", format!("how long the file is kept cannot be said: {why}")))
}

/// What a case lacks before its file can go into the archive.
fn unfiled(record: &Record) -> Result<(i64, String), Problem> {
    let word = |document: &Json, member: &str| document.get(member).and_then(Json::as_str).unwrap_or_default().to_owned();
    let all: Vec<(&str, Json)> = standing(record, "documents.").collect();
    let drafts: Vec<&str> = all.iter().filter(|(_, d)| matches!(word(d, "state").as_str(), "draft" | "numbered")).map(|(id, _)| *id).collect();
    if !drafts.is_empty() {
        return Err(Problem::new("conflict", format!("documents are not sealed: {}; seal them or make them void", drafts.join(", "))));
    }
    let files = || all.iter().filter(|(_, d)| word(d, "type") == FILE && word(d, "state") != "void");
    let last = files().max_by_key(|(_, d)| d.get("at_ms").and_then(Json::as_i64));
    let Some((_, file)) = last else {
        return Err(Problem::new("conflict", format!("the file is not put together; POST /api/v1/records/{}/dossier first (档案法 37)", record.id)));
    };
    let at = |d: &Json| d.get("at_ms").and_then(Json::as_i64).unwrap_or(0);
    let newer: Vec<&str> = all.iter().filter(|(_, d)| word(d, "type") != FILE && word(d, "state") != "void" && at(d) > at(file)).map(|(id, _)| *id).collect();
    if !newer.is_empty() {
        return Err(Problem::new("conflict", format!("documents came after the file was put together: {}; put it together anew", newer.join(", "))));
    }
    let (pages, digest) = (file.get("pages").and_then(Json::as_i64).unwrap_or(0), word(file, "digest"));
    if pages < 1 || digest.is_empty() {
        return Err(Problem::new("conflict", "the file has neither pages nor a digest; put it together anew"));
    }
    Ok((pages, digest))
}

fn archive_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, ground: &Ground<'_>) -> Op<Written> {
    let record = given!(find(store, actor, id)?);
    given!(only(actor, &[Role::Reviewer, Role::SectionHead], "files are archived by a reviewer or the head of a section"));
    let (pages, digest) = given!(unfiled(&record));
    if record.stage() == s::ARCHIVED {
        let before = one(&record, "archive").ok().flatten().and_then(|a| a.get("digest").and_then(Json::as_str).map(str::to_owned));
        return match as_before(&record, "archive").filter(|_| before.as_deref() == Some(&*digest)) {
            Some(written) => Ok(Ok(written)),
            None => Ok(Err(Problem::new("conflict", "the case is in the archive with another file"))),
        };
    }
    if !KIND.act("archive").any(|row| row.from.contains(&record.stage())) {
        return Ok(Err(Problem::new("conflict", format!("a case is archived once it is over; it is at {}", record.stage()))));
    }
    let what = given!(retention(&record, ground, today(store)));
    let value = json!({ "at_ms": store.now.0, "by": actor.officer, "digest": digest, "pages": pages, "retention": what });
    let order = Order { edits: vec![put(&record, "archive", value, None)], act: Some("archive".into()), ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.archived", json!({ "pages": pages, "retention": what }))
}

/// Enters a service, and of the decision does the act: 200, the same again too. 422 names what the way lacks by its article.
pub async fn serve(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ServiceBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| serve_op(store, actor, id, &body, ground)).await
}

/// Enters a payment: 200; the same receipt again changes nothing, with other figures it is a conflict.
pub async fn pay(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<PaymentBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| pay_op(store, actor, id, &body, ground)).await
}

/// Grants instalments, by the head: 200, the same again too. 422 unless they add up to what is unpaid.
pub async fn divide(access: Access<Reviews>, which: web::Path<RecordId>, body: web::Json<InstalmentsBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| instalments_op(store, actor, id, &body, ground)).await
}

/// Enters a review or suit: 200, the same again too. 409 while another is pending.
pub async fn remedy(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<RemedyBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| remedy_op(store, actor, id, &body, ground)).await
}

/// Enters the end of a review or suit: 200, the same again too. 404 without it, 409 if it ended otherwise.
pub async fn remedy_end(access: Access<Writes>, path: web::Path<(RecordId, String)>, body: web::Json<RemedyEndBody>) -> Result<HttpResponse, Problem> {
    let ((id, which), body) = (path.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| remedy_end_op(store, actor, id, &which, &body, ground)).await
}

/// What is owed at the end of a day, line by line, with the effective day of the service and the window of the court.
pub async fn owed(access: Access<ReadsRecords>, which: web::Path<RecordId>, query: web::Query<AccountQuery>) -> Result<HttpResponse, Problem> {
    let (id, app, actor) = (which.into_inner(), access.app, access.actor);
    let day = match &query.day {
        None => app.today(),
        Some(day) => day.parse().map_err(|_| Problem::field("day", "give a day as 2026-01-31"))?,
    };
    // A day too far away is reckoned day by day for nothing.
    if day > day_of(UtcMs(app.now().0.saturating_add(3_660 * 24 * 3_600_000))).unwrap_or(Date::MAX) {
        return Err(Problem::field("day", "at most ten years from today"));
    }
    let shown = app.case_read(actor, id, move |record, ground, _| account_of(record, ground, day)).await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// Puts the file of a case that is over into the archive: 200, the same again too. 409 names what is missing.
pub async fn archive(access: Access<Writes>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let id = which.into_inner();
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| archive_op(store, actor, id, ground)).await
}
