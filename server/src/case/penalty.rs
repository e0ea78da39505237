//! The penalty of a case: which law applies, what is suggested and why, and what is proposed (`domain.md` §0.1, §5.8).
//!
//! What is asked here is asked again by the findings, so that a way around this call ends there. Deliberately absent: the notice and
//! the decision, which are acts, and reckoning, which is `sync_core::case::discretion`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::money::Fen;
use sync_core::base::{Date, RecordId, date::day_of};
use sync_core::case::discretion::{self, CIRCUMSTANCES, Input, Leniency, Place, Silent, Suggestion};
use sync_core::case::finding::Facts;
use sync_core::case::law_choice::{self, Refused, Side, Unknown};
use sync_core::case::read::View;
use sync_core::case::{self, fast, stage};
use sync_core::catalogue::choice::{Choice, NoLaw, Rule, Version};
use sync_core::catalogue::matter::{Matter, PenaltyKind};
use sync_core::record::Record;

use super::ops::{find, given, hand_in, put, words};
use crate::access::{Access, ReadsRecords, UserActor, Writes};
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::{Order, Written, who};
use crate::sync::store::{Want, Working};

/// Stages at which a penalty is still a proposal.
const OPEN: &[&str] = &[
    stage::CLUE,
    stage::FILED,
    stage::INVESTIGATING,
    stage::INVESTIGATED,
    stage::CASE_REVIEWED,
    stage::LEGAL_REVIEWED,
    stage::PRE_NOTICED,
    stage::DEFENCE_CLOSED,
    stage::HEARD,
    stage::DISCUSSED,
    stage::FAST_OFFERED,
    stage::CONSENTED,
    stage::FAST_RUNNING,
    stage::CONVERTED,
];
/// Most further penalties beside the main one.
const MAX_FURTHER: usize = 12;

/// `GET /api/v1/cases/{id}/penalty`: what is to be tried instead of what stands on the case.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    amount_fen: Option<i64>,
    /// Codes of circumstances or words of tiers, with commas between.
    circumstances: Option<String>,
    count: Option<i64>,
    leniency: Option<String>,
    tier: Option<usize>,
}

/// A further penalty.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Further {
    id: String,
    kind: String,
    amount_fen: Option<i64>,
    basis: Option<String>,
    detail: Option<String>,
    months: Option<i64>,
}

/// `POST /api/v1/cases/{id}/penalty`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PenaltyBody {
    kind: String,
    amount_fen: Option<i64>,
    basis: Option<String>,
    basis_evidence: Option<String>,
    count: Option<i64>,
    detail: Option<String>,
    #[serde(default)]
    circumstances: Vec<String>,
    deviation: Option<String>,
    ground: Option<String>,
    leniency: Option<String>,
    reason: String,
    tier: Option<usize>,
    #[serde(default)]
    further: Vec<Further>,
}

/// `POST /api/v1/cases/{id}/law-choice`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceBody {
    chosen: String,
    reason: String,
}

/// The explained suggestion: both laws and which applies, range, tier, band, reasons, and what an amount would mean. 404 for a case
/// out of reach.
pub async fn show(access: Access<ReadsRecords>, which: web::Path<RecordId>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let (id, query, actor) = (which.into_inner(), query.into_inner(), access.actor);
    let app = access.app;
    let deed = Deed::of(&actor.officer, "record.read", format!("record:{id}"));
    let shown = app.case_read(actor, id, move |record, ground, today| explain(record, ground, today, &query)).await??;
    app.note(deed).await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// Proposes a penalty: 200. 409 before a law is chosen where an officer has to choose, and once the case is decided; 422 by field
/// for what the law or the record does not allow.
pub async fn propose(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<PenaltyBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| write_penalty(store, actor, id, &body, ground)).await
}

/// Chooses the law: 200. 409 where it did not change, 422 against a rule that leaves none open.
pub async fn choose(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ChoiceBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| write_choice(store, actor, id, &body, ground)).await
}

impl App {
    /// Reads a case within reach, with the book and today.
    pub(super) async fn case_read<T: Send + 'static>(
        &self,
        actor: UserActor,
        id: RecordId,
        mut read: impl FnMut(&Record, &Ground<'_>, Date) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let (keys, law) = (self.keys.clone(), self.law());
        let want = Want { records: vec![id], ..Want::default() };
        let found = self.committer.run(want, move |store| {
            let record = given!(find(store, &actor, id)?);
            let today = day_of(store.now).unwrap_or(Date::MIN);
            Op::Ok(Ok(read(&record, &Ground { law: &law, keys: &keys }, today)))
        });
        found.await?
    }
}

/// What is known beside a case for a look that needs no other case.
pub(super) fn alone<'a>(ground: &'a Ground<'_>, area: &'a str, today: Date) -> Facts<'a> {
    Facts { book: &ground.law.book, area, organ: None, today, others: &[], elsewhere: &[] }
}

/// The area of a case: its own, or the district's.
pub(super) fn area(view: &View<'_>, ground: &Ground<'_>, today: Date) -> String {
    view.text("area").unwrap_or_else(|| crate::react::visit::home(&ground.law.book, today))
}

fn offered(view: &View<'_>, ground: &Ground<'_>, today: Date) -> Result<Choice, Problem> {
    law_choice::offer(view, &ground.law.book, today).map_err(|why| match why {
        Unknown::Matter => Problem::field("matter", why.to_string()),
        Unknown::Day => Problem::field("act_date", why.to_string()),
        Unknown::Law(NoLaw::Order { field }) => Problem::field(field, why.to_string()),
        Unknown::Law(_) => Problem::new("conflict", why.to_string()),
    })
}

/// The version that applies, or why none does.
fn applies<'c>(view: &View<'_>, choice: &'c Choice) -> Result<&'c Version, Problem> {
    law_choice::version(view, choice).ok_or_else(|| {
        Problem::new(
            "conflict",
            match choice.rule {
                Rule::Decriminalised => "the law of the decision does not punish the act any more; end the case without a penalty (行政处罚法 37)",
                _ => "the two laws cannot be compared; choose one with reasons by POST /api/v1/cases/{id}/law-choice first",
            },
        )
    })
}

fn side(version: &Version) -> Json {
    json!({ "from": version.valid.from, "until": version.valid.until, "clause": law_choice::clause(&version.matter), "range": law_choice::range_words(&version.matter), "trigger": version.matter.trigger, "kinds": version.matter.kinds })
}

fn explain(record: &Record, ground: &Ground<'_>, today: Date, query: &Query) -> Result<Json, Problem> {
    let view = View::of(record);
    let choice = offered(&view, ground, today)?;
    let applied = law_choice::version(&view, &choice);
    let standing = law_choice::standing(&view, &choice);
    let (zh, en) = law_choice::explained(choice.rule);
    let law = json!({
        "rule": choice.rule, "zh": zh, "en": en, "because": choice.because,
        "then": side(&choice.then), "now": choice.now.as_ref().map(side),
        "bound": law_choice::bound(&choice), "chosen": standing,
        "applies": applied.map(|version| if version.valid.from == choice.then.valid.from { Side::Then } else { Side::Now }),
    });
    let mut input = Input::of(&view);
    if let Some(list) = &query.circumstances {
        input.circumstances = list.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        (input.tier, input.leniency) = (None, None);
    }
    input.count = query.count.or(input.count);
    input.tier = query.tier.or(input.tier);
    input.leniency = leniency(query.leniency.as_deref())?.or(input.leniency);
    let amount = query.amount_fen.map_or_else(|| view.fines(), Fen);
    if amount < Fen::ZERO {
        return Err(Problem::field("amount_fen", "an amount in fen, not below 0"));
    }
    let area = area(&view, ground, today);
    let hearing = fast::threshold(&view, &alone(ground, &area, today));
    let hearing = hearing.map(|limit| json!({ "from_fen": limit.fen, "reached": amount >= limit.fen, "doubtful": limit.doubtful, "basis": "行政处罚法第六十三条" }));
    let suggested = applied.map(|version| discretion::suggest(&version.matter, &input));
    let verdict = suggested.as_ref().and_then(|s| s.as_ref().ok()).filter(|_| amount > Fen::ZERO).map(|s| verdict(s, &input, amount));
    Ok(json!({
        "law": law,
        "suggestion": suggested.as_ref().and_then(|s| s.as_ref().ok()),
        "silent": suggested.as_ref().and_then(|s| s.as_ref().err()).map(Silent::to_string),
        "tiers": applied.map(|version| &version.matter.tiers),
        "circumstances": CIRCUMSTANCES,
        "amount": verdict,
        "hearing": hearing,
    }))
}

/// What an amount means: its place in the range, and whether it leaves the band.
fn verdict(suggested: &Suggestion, input: &Input, amount: Fen) -> Json {
    let mitigated = suggested.leniency == Leniency::Mitigated && input.may_mitigate();
    let within = (suggested.band.min..=suggested.band.max).contains(&amount.0);
    json!({ "fen": amount, "place": discretion::place(amount, suggested.range, mitigated), "within_band": within, "deviation_due": !within })
}

fn leniency(word: Option<&str>) -> Result<Option<Leniency>, Problem> {
    let known = || Leniency::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ");
    word.map(|word| Leniency::parse(word).ok_or_else(|| Problem::field("leniency", format!("one of {}", known())))).transpose()
}

fn silent(why: Silent) -> Problem {
    let field = match why {
        Silent::NoFine | Silent::NotEntered => "kind",
        Silent::Count | Silent::TooLarge => "count",
        Silent::Tier => "tier",
        Silent::NoGround | Silent::NothingBelow => "leniency",
    };
    Problem::field(field, why.to_string())
}

/// A case that somebody may write a proposal into.
fn open(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId) -> Op<Record> {
    given!(who::may_write(&actor.roles, case::NAME));
    let record = given!(find(store, actor, id)?);
    if !OPEN.contains(&record.stage()) {
        return Ok(Err(Problem::new("conflict", format!("at the stage {} nothing is proposed any more; reopen the case or change the decision", record.stage()))));
    }
    Ok(Ok(record))
}

fn write_choice(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &ChoiceBody, ground: &Ground<'_>) -> Op<Written> {
    let record = given!(open(store, actor, id)?);
    let view = View::of(&record);
    let today = day_of(store.now).unwrap_or(Date::MIN);
    let choice = given!(offered(&view, ground, today));
    let Some(chosen) = Side::parse(&body.chosen) else { return Ok(Err(Problem::field("chosen", "then or now"))) };
    let value = given!(law_choice::value(&choice, chosen, &body.reason, actor.officer.as_str(), store.now, today).map_err(|why| match why {
        Refused::Unchanged => Problem::new("conflict", why.to_string()),
        Refused::Bound(_) => Problem::field("chosen", why.to_string()),
        Refused::Reason => Problem::field("reason", why.to_string()),
    }));
    let law = value.get(if chosen == Side::Then { "then_clause" } else { "now_clause" }).cloned().unwrap_or_default();
    let edits = vec![put(&record, "law", law, None), put(&record, "law_choice", value, None)];
    let detail = json!({ "rule": choice.rule, "chosen": chosen });
    hand_in(store, actor, &Order { edits, ..Order::of(id) }, ground, "case.law_chosen", detail)
}

/// Leaves members out that say nothing.
fn compact(mut value: Json) -> Json {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// Checks a kind against the clause; illegal gains are confiscated whether it says so or not (行政处罚法 28 第二款).
fn allowed(field: &str, word: &str, matter: &Matter, gains: Fen) -> Result<(), Problem> {
    let Some(kind) = discretion::kind(word) else { return Err(Problem::field(field, format!("one of {}", case::PENALTIES.join(", ")))) };
    if matter.kinds.contains(&kind) || (kind == PenaltyKind::Confiscate && gains > Fen::ZERO) {
        return Ok(());
    }
    Err(Problem::field(field, format!("{} does not provide {word} (行政处罚法 38); choose one that it does", law_choice::cited(&matter.penalty))))
}

/// The suggestion that a proposed sum of fines stands against, or why the sum cannot be.
fn judged(matter: &Matter, input: &Input, total: Fen, body: &PenaltyBody) -> Result<Option<Suggestion>, Problem> {
    let suggested = match discretion::suggest(matter, input) {
        Ok(suggested) => suggested,
        // The amounts are in a rule that the catalogue does not hold: the officer's word, with a finding that says so.
        Err(Silent::NotEntered) => return Ok(None),
        Err(why) => return Err(silent(why)),
    };
    let mitigated = suggested.leniency == Leniency::Mitigated && input.may_mitigate();
    let (min, max) = (Fen(suggested.range.min), Fen(suggested.range.max));
    match discretion::place(total, suggested.range, mitigated) {
        Place::Above => {
            return Err(Problem::field("amount_fen", format!("{total} yuan lies above the statutory range {min} to {max}; nothing lets a fine go above it (行政处罚法 4)")));
        }
        Place::Below => {
            let why = format!("{total} yuan lies below the statutory range {min} to {max}; that needs leniency mitigated with a ground of 行政处罚法 32");
            return Err(Problem::field("amount_fen", why));
        }
        Place::Legal => {}
    }
    if mitigated && body.ground.as_deref().is_none_or(|ground| ground.trim().is_empty()) {
        return Err(Problem::field("ground", "name the article on which the penalty goes below the range (行政处罚法 32)"));
    }
    let within = (suggested.band.min..=suggested.band.max).contains(&total.0);
    if !within && body.deviation.as_deref().is_none_or(|why| why.trim().is_empty()) {
        let why = format!("{total} yuan leaves the suggested band {} to {}; say why, and a reviewer has to agree", Fen(suggested.band.min), Fen(suggested.band.max));
        return Err(Problem::field("deviation", why));
    }
    Ok(Some(suggested))
}

fn write_penalty(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &PenaltyBody, ground: &Ground<'_>) -> Op<Written> {
    let record = given!(open(store, actor, id)?);
    let view = View::of(&record);
    let today = day_of(store.now).unwrap_or(Date::MIN);
    let reason = given!(words("reason", &body.reason, 2_000));
    let choice = given!(offered(&view, ground, today));
    let matter = &given!(applies(&view, &choice)).matter;
    let gains = discretion::gains(&view);
    given!(allowed("kind", &body.kind, matter, gains));
    if body.further.len() > MAX_FURTHER {
        return Ok(Err(Problem::field("further", format!("at most {MAX_FURTHER} penalties beside the main one"))));
    }
    for one in &body.further {
        given!(allowed("further", &one.kind, matter, gains));
    }
    let fines = body.further.iter().map(|one| (&one.kind, one.amount_fen)).chain([(&body.kind, body.amount_fen)]).filter(|(kind, _)| *kind == "fine");
    let (mut total, mut fined) = (Fen::ZERO, false);
    for (_, amount) in fines {
        let Some(amount) = amount.filter(|fen| *fen > 0) else { return Ok(Err(Problem::field("amount_fen", "a fine needs an amount in fen above 0"))) };
        let Some(sum) = total.checked_add(Fen(amount)) else { return Ok(Err(Problem::field("amount_fen", "too large; check the digits"))) };
        (total, fined) = (sum, true);
    }
    let input = Input {
        circumstances: body.circumstances.clone(),
        tier: body.tier,
        leniency: given!(leniency(body.leniency.as_deref())),
        count: body.count,
        refused: law_choice::refused(&view) == Some(true),
    };
    let suggested = if fined { given!(judged(matter, &input, total, body)) } else { None };
    let clause = law_choice::cited(&matter.penalty);
    let penalty = compact(json!({
        "amount_fen": body.amount_fen, "basis": body.basis.as_ref().unwrap_or(&clause), "basis_evidence": body.basis_evidence, "count": body.count,
        "detail": body.detail, "kind": body.kind, "surcharge_told": fined.then_some(true),
    }));
    let discretion = compact(json!({
        "at_ms": store.now.0, "by": actor.officer, "circumstances": body.circumstances, "deviation": body.deviation, "ground": body.ground, "reason": reason,
        "leniency": suggested.as_ref().map_or(body.leniency.as_deref(), |s| Some(s.leniency.as_str())),
        "suggested_max": suggested.as_ref().map(|s| s.band.max), "suggested_min": suggested.as_ref().map(|s| s.band.min),
        "tier": suggested.as_ref().and_then(|s| s.tier),
    }));
    let mut edits = vec![put(&record, "penalty", penalty, None), put(&record, "discretion", discretion, None)];
    if view.text("law").is_none() {
        edits.push(put(&record, "law", law_choice::clause(matter).into(), None));
    }
    for one in &body.further {
        let value = compact(json!({ "amount_fen": one.amount_fen, "basis": one.basis.as_ref().unwrap_or(&clause), "detail": one.detail, "kind": one.kind, "months": one.months }));
        edits.push(put(&record, format!("penalties.{}", one.id), value, None));
    }
    // What was proposed before and is no more.
    let dropped = view.all("penalties.").map(|(key, _)| key).filter(|key| body.further.iter().all(|one| one.id != *key));
    edits.extend(dropped.map(|key| put(&record, format!("penalties.{key}"), Json::Null, None)));
    let detail = json!({ "kind": body.kind, "amount_fen": total, "deviates": body.deviation.is_some() });
    hand_in(store, actor, &Order { edits, ..Order::of(id) }, ground, "case.penalty_proposed", detail)
}
