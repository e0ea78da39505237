//! `/api/v1/matchings`: runs of matching, their proposals, words on them, and the visits that are made of them.
//!
//! Whoever reaches the whole district sees all proposals; others see those in which an organ of their units takes part, and
//! speak for that organ alone.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::{Date, Digest, RecordId};
use sync_core::dated::Book;
use sync_core::district::{OfficeWrite, office_write};
use sync_core::org::{Organ, Post, Unit};
use sync_core::plan::gain::Refused;
use sync_core::plan::kind::KIND;
use sync_core::plan::{Gain, Language, Outcome, Reason};
use sync_core::record::Draft;

use super::matching::{self, Run, Wanted};
use super::proposal::{Decision, total};
use super::table::{self, Filter, Stored};
use super::task::{self, Place};
use crate::access::{Access, CoordinatesPlans, Dispatches, ReadsRecords, UserActor};
use crate::app::App;
use crate::audit::Deed;
use crate::base::keys::ServerKeys;
use crate::base::problem::Problem;
use crate::law::live::Edition;
use crate::org::ops::{self, Op};
use crate::react::put;
use crate::record::id_or_fresh;
use crate::record::write::MAX_REASON;
use crate::sync::store::{StoreError, Want, Working};

/// `POST /api/v1/matchings`: matches plans and keeps what was found: 201 with the figures. 409 where a plan is not at MATCHING,
/// 412 where one changed meanwhile.
pub async fn make(access: Access<Dispatches>, body: web::Json<Wanted>) -> Result<HttpResponse, Problem> {
    access.actor.reach.whole()?;
    access.app.current().await?;
    let (wanted, law, kinds) = (body.into_inner(), access.app.law(), access.app.kinds.clone());
    let edition = law.clone();
    let basis = access.app.read(move |tx, district| matching::gather(tx, district, &kinds, &wanted, &edition)).await??;
    let edition = law.clone();
    let run = web::block(move || matching::work_out(basis, &edition)).await??;
    let id = id_or_fresh(None)?;
    let want = Want { records: run.body.basis.plans.iter().map(|plan| plan.record).collect(), ..Want::default() };
    let (actor, keys) = (access.actor, access.app.keys.clone());
    access.app.committer.run(want, move |store| keep(store, &actor, id, &run, &keys)).await??;
    let found = access.app.read(move |tx, district| shown(tx, district, id, &law)).await?;
    Ok(HttpResponse::Created().json(found.ok_or_else(|| Problem::not_found("such matching"))?))
}

/// Keeps a run, and notes it on its plans.
fn keep(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, run: &Run, keys: &ServerKeys) -> Op<()> {
    if let Err(problem) = matching::unchanged(store, &run.body.basis.plans)? {
        return Ok(Err(problem));
    }
    store.flush()?;
    table::keep(store.tx, store.district, id, run, &actor.officer, store.now)?;
    let (kinds, now) = (store.kinds, store.now);
    for plan in &run.body.basis.plans {
        let Some(record) = store.look(plan.record)? else { continue };
        let edits = put(&record, "matching", Some(&json!(id))).into_iter().collect();
        let draft = Draft { edits, ..Draft::of(plan.record, KIND.name) };
        if let Err(why) = office_write(store, kinds, &OfficeWrite { draft, officer: actor.officer.clone() }, &keys.receipt, now)? {
            return Err(StoreError::Broken(format!("a matching could not be noted on its plan: {why}")));
        }
    }
    let plans: Vec<RecordId> = run.body.basis.plans.iter().map(|plan| plan.record).collect();
    store.note(Deed::of(&actor.officer, "matching.made", format!("matching:{id}")).with(json!({ "plans": plans, "before": run.body.before, "after": run.body.after })));
    Ok(Ok(()))
}

/// A page of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    after: Option<String>,
    limit: Option<u32>,
}

/// `GET /api/v1/matchings`: runs, newest first.
pub async fn list(access: Access<ReadsRecords>, query: web::Query<PageQuery>) -> Result<HttpResponse, Problem> {
    let limit = ops::page(query.limit);
    let after = match &query.after {
        Some(text) => {
            Some(text.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?))).ok_or_else(|| Problem::field("after", "give `next` of the page before"))?)
        }
        None => None,
    };
    let items = access.app.read(move |tx, district| table::headers(tx, district, after, limit)).await?;
    let next = items.last().filter(|_| items.len() as i64 == limit).map(|last| format!("{}.{}", last.made_ms, last.id));
    Ok(HttpResponse::Ok().json(json!({ "items": items, "next": next })))
}

/// `GET /api/v1/matchings/{id}`: what a run went by, its figures, and what it could not satisfy.
pub async fn read(access: Access<ReadsRecords>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let (id, law) = (which.into_inner(), access.app.law());
    let found = access.app.read(move |tx, district| shown(tx, district, id, &law)).await?;
    Ok(HttpResponse::Ok().json(found.ok_or_else(|| Problem::not_found("such matching"))?))
}

fn figures(gain: Gain) -> Json {
    json!({ "before": gain.before, "after": gain.after, "saved": gain.saved(), "reduction": gain.reduction() })
}

/// A run as it is told: `proposed` are its figures when it was made, `decided` those after all decisions.
fn shown(tx: &mut crate::base::db::Tx<'_>, district: i64, id: RecordId, law: &Edition) -> Result<Option<Json>, StoreError> {
    let Some((header, body, hash)) = table::run(tx, district, id)? else { return Ok(None) };
    let all = table::proposals(tx, district, id, &Filter::default(), usize::MAX)?;
    let decided = total(all.iter().map(|stored| (&stored.line, &stored.decisions[..]))).map_err(|e| StoreError::Broken(format!("proposal: {e}")))?;
    let names = Names::of(&law.book, body.basis.days.0, BTreeMap::new());
    let unmet: Vec<Json> = body.unmet.iter().map(|(entry, why)| json!({ "entry": entry, "why": names.told(why) })).collect();
    let open = all.iter().filter(|stored| stored.decisions.is_empty()).count();
    Ok(Some(json!({
        "id": header.id, "made_ms": header.made_ms, "made_by": header.made_by, "first": header.first, "last": header.last, "law_rev": header.law_rev,
        "plans": body.basis.plans, "squads": body.basis.squads, "apart": body.basis.apart, "near": body.basis.near, "entries": body.basis.entries.len(),
        "past": body.basis.past.len(),
        "proposed": figures(Gain { before: body.before, after: body.after }), "decided": figures(decided), "proposals": all.len(), "open": open,
        "least": body.least, "unplaced": body.unplaced, "bound": body.bound, "gap": body.unplaced.saturating_sub(body.bound), "unmet": unmet,
        "hash": <[u8; 32]>::try_from(hash).ok().map(|bytes| Digest(bytes).to_string()),
    })))
}

/// Names of organs, units, words of risk, and objects.
struct Names<'b> {
    book: &'b Book,
    day: Date,
    objects: BTreeMap<String, String>,
}

impl<'b> Names<'b> {
    fn of(book: &'b Book, day: Date, objects: BTreeMap<String, String>) -> Names<'b> {
        Names { book, day, objects }
    }

    fn zh(&self, code: &str) -> String {
        if let Some((key, n)) = code.split_once('#') {
            return self.objects.get(key).map_or_else(|| code.to_owned(), |name| format!("{name}#{n}"));
        }
        let words = [("low", "低"), ("medium", "中"), ("high", "高")];
        let word = words.iter().find(|(word, _)| *word == code).map(|(_, zh)| (*zh).to_owned());
        let organ = || self.book.get::<Organ>(code, self.day).map(|organ| organ.name);
        let unit = || self.book.get::<Unit>(code, self.day).map(|unit| unit.name);
        word.or_else(organ).or_else(unit).unwrap_or_else(|| code.to_owned())
    }

    /// A reason with its facts and its words in both languages.
    fn told(&self, why: &Reason) -> Json {
        let mut json = serde_json::to_value(why).unwrap_or_default();
        if let Some(map) = json.as_object_mut() {
            map.insert("zh".into(), why.text(Language::Chinese, &|code| self.zh(code)).into());
            map.insert("en".into(), why.text(Language::English, &|code| code.to_owned()).into());
        }
        json
    }

    fn proposal(&self, stored: &Stored) -> Result<Json, StoreError> {
        let line = &stored.line;
        let proposal = line.decided("", &stored.decisions).map_err(|e| StoreError::Broken(format!("proposal: {e}")))?;
        let fates: BTreeMap<&str, _> = proposal.matched.iter().map(|m| (&*m.entry, m.fate)).collect();
        let matched: Vec<Json> = line
            .matched
            .iter()
            .map(|m| {
                let mut json = serde_json::to_value(m).unwrap_or_default();
                if let Some(map) = json.as_object_mut() {
                    map.insert("fate".into(), json!(fates.get(&*m.entry)));
                }
                json
            })
            .collect();
        Ok(json!({
            "number": stored.number, "object": line.object, "name": self.objects.get(&line.object), "area": line.area, "from": line.from, "to": line.to,
            "day": line.day, "squad": line.squad, "start": line.start, "joint": line.organs.len() > 1, "organs": line.organs, "lead": line.lead, "risk": line.risk,
            "minutes": line.minutes, "officers": line.officers, "matched": matched, "why": line.why.iter().map(|why| self.told(why)).collect::<Vec<_>>(),
            "decisions": stored.decisions, "accepted": super::proposal::accepted(&proposal, &stored.decisions), "gain": figures(proposal.gain()), "visit": stored.visit,
        }))
    }
}

/// Which organs somebody sees and speaks for; `None` where he reaches the whole district.
fn organs_of(app: &App, actor: &UserActor) -> Option<BTreeSet<String>> {
    let (units, officer) = actor.reach.units()?;
    let (law, today) = (app.law(), app.today());
    let of_units = units.iter().filter_map(|unit| law.book.get::<Unit>(unit, today)).map(|unit| unit.organ.to_string());
    let liaison = law.book.get::<Post>(officer.as_str(), today).and_then(|post| post.liaison_of).map(String::from);
    Some(of_units.chain(liaison).collect())
}

/// Filters of a list of proposals; `after` is the number that the page before ended with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposalQuery {
    day: Option<Date>,
    squad: Option<String>,
    organ: Option<String>,
    after: Option<i64>,
    limit: Option<u32>,
}

/// `GET /api/v1/matchings/{id}/proposals`: proposals by number, each with its matched set and why.
pub async fn proposals(access: Access<ReadsRecords>, which: web::Path<RecordId>, query: web::Query<ProposalQuery>) -> Result<HttpResponse, Problem> {
    let (id, query, law) = (which.into_inner(), query.into_inner(), access.app.law());
    let own = organs_of(&access.app, &access.actor);
    let organs = match (query.organ, own) {
        (Some(organ), None) => Some(BTreeSet::from([organ])),
        (Some(organ), Some(own)) => Some(own.into_iter().filter(|mine| *mine == organ).collect()),
        (None, own) => own,
    };
    let filter = Filter { day: query.day.map(|day| day.to_string()), squad: query.squad, organs, after: query.after.unwrap_or(0) };
    let limit = usize::try_from(ops::page(query.limit)).unwrap_or(100);
    let page = access.app.read(move |tx, district| {
        let Some((_, body, _)) = table::run(tx, district, id)? else { return Ok(None) };
        let all = table::proposals(tx, district, id, &filter, limit)?;
        let objects = matching::names(tx, district, all.iter().map(|stored| stored.line.object.clone()))?;
        let names = Names::of(&law.book, body.basis.days.0, objects);
        let items = all.iter().map(|stored| names.proposal(stored)).collect::<Result<Vec<_>, StoreError>>()?;
        let next = all.last().filter(|_| all.len() == limit).map(|last| last.number);
        Ok(Some(json!({ "items": items, "next": next })))
    });
    Ok(HttpResponse::Ok().json(page.await?.ok_or_else(|| Problem::not_found("such matching"))?))
}

/// What is decided about a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    #[serde(alias = "ACCEPT")]
    Accept,
    #[serde(alias = "SPLIT")]
    Split,
    #[serde(alias = "CANCEL_ITEM")]
    CancelItem,
    #[serde(alias = "CONVERT_TO_OFFSITE")]
    ConvertToOffsite,
}

/// `POST /api/v1/matchings/{id}/proposals/{n}/decide`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecideBody {
    outcome: Word,
    /// Which entries, by their ids in the run; nothing for an acceptance.
    #[serde(default)]
    entries: BTreeSet<String>,
    /// The organ that speaks; absent for the guidance office.
    #[serde(default)]
    organ: Option<String>,
    #[serde(default)]
    reason: String,
}

impl DecideBody {
    fn outcome(&self) -> Outcome {
        let entries = self.entries.clone();
        match self.outcome {
            Word::Accept => Outcome::Accept,
            Word::Split => Outcome::Split { entries, reason: self.reason.clone() },
            Word::CancelItem => Outcome::CancelItem { entries },
            Word::ConvertToOffsite => Outcome::ConvertToOffsite { entries },
        }
    }
}

fn refused(why: &Refused) -> Problem {
    let field = if *why == Refused::NoReason { "reason" } else { "entries" };
    Problem::field(field, why.to_string())
}

/// Adds a word on a proposal: 200 with the proposal as it is now. Whoever splits off gives a reason (浙江省综合行政执法条例第十三条).
/// Once it is accepted and its plans are public, its visits are made.
pub async fn decide(access: Access<CoordinatesPlans>, path: web::Path<(RecordId, i64)>, body: web::Json<DecideBody>) -> Result<HttpResponse, Problem> {
    let ((id, number), body) = (path.into_inner(), body.into_inner());
    if body.reason.len() > MAX_REASON {
        return Err(Problem::field("reason", format!("at most {MAX_REASON} bytes")));
    }
    if body.outcome == Word::Accept && !body.entries.is_empty() {
        return Err(Problem::field("entries", "an acceptance is of the whole proposal; leave them out"));
    }
    let (app, actor) = (access.app, access.actor);
    let organ = speaks_for(&app, &actor, body.organ.as_deref())?;
    let (keys, law) = (app.keys.clone(), app.law());
    let done = app.committer.run(Want::default(), move |store| {
        store.flush()?;
        let Some(mut stored) = table::proposal(store.tx, store.district, id, number)? else { return Ok(Err(Problem::not_found("such proposal"))) };
        if stored.visit.is_some() {
            return Ok(Err(Problem::new("conflict", "its visit is made; change or cancel the visit")));
        }
        if let Err(problem) = may_speak(&stored, organ.as_deref(), &body.entries) {
            return Ok(Err(problem));
        }
        let decision = Decision { at_ms: store.now.0, by: actor.officer.clone(), organ: organ.clone(), reason: body.reason.trim().to_owned(), outcome: body.outcome() };
        // The same word twice is a repeated request.
        let repeated = stored.decisions.last().is_some_and(|last| last.outcome == decision.outcome && last.organ == decision.organ && last.by == decision.by);
        if !repeated {
            stored.decisions.push(decision);
            if let Err(why) = stored.line.decided("", &stored.decisions) {
                return Ok(Err(refused(&why)));
            }
            table::decide(store.tx, store.district, id, number, &stored.decisions)?;
            let detail = json!({ "number": number, "outcome": body.outcome(), "organ": organ });
            store.note(Deed::of(&actor.officer, "proposal.decided", format!("matching:{id}")).with(detail));
        }
        let proposal = stored.line.decided("", &stored.decisions).map_err(|e| StoreError::Broken(format!("proposal: {e}")))?;
        let placed = stored.line.day.is_some() && stored.line.squad.is_some();
        if super::proposal::accepted(&proposal, &stored.decisions) && placed && task::plans_are_public(store, &stored.line)?.is_ok() {
            if let Err(problem) = task::make(store, &actor, id, &stored, &Place::default(), &keys)? {
                tracing::warn!(%problem, "the visits of an accepted proposal have to be asked for");
            }
            store.flush()?;
            stored = table::proposal(store.tx, store.district, id, number)?.unwrap_or(stored);
        }
        let objects = matching::names(store.tx, store.district, std::iter::once(stored.line.object.clone()))?;
        Ok(Ok(Names::of(&law.book, stored.line.from, objects).proposal(&stored)?))
    });
    Ok(HttpResponse::Ok().json(done.await??))
}

/// The organ for which somebody speaks: any, or none, where he reaches the whole district; else one of his own.
fn speaks_for(app: &App, actor: &UserActor, organ: Option<&str>) -> Result<Option<String>, Problem> {
    match (organs_of(app, actor), organ) {
        (None, organ) => Ok(organ.map(str::to_owned)),
        (Some(own), Some(organ)) if own.contains(organ) => Ok(Some(organ.to_owned())),
        (Some(own), Some(_)) => Err(Problem::new("forbidden", format!("you speak for {}", own.into_iter().collect::<Vec<_>>().join(", ")))),
        (Some(own), None) if own.len() == 1 => Ok(own.into_iter().next()),
        (Some(_), None) => Err(Problem::field("organ", "name the organ that you speak for")),
    }
}

/// An organ speaks in a proposal that it is part of, and of its own entries.
fn may_speak(stored: &Stored, organ: Option<&str>, entries: &BTreeSet<String>) -> Result<(), Problem> {
    let Some(organ) = organ else { return Ok(()) };
    if !stored.line.organs.iter().any(|part| part == organ) {
        return Err(Problem::field("organ", format!("{organ} takes no part in this proposal")));
    }
    match stored.line.matched.iter().find(|m| entries.contains(&m.entry) && m.organ != organ) {
        Some(other) => Err(Problem::field("entries", format!("{} is an entry of {}; {organ} decides on its own", other.entry, other.organ))),
        None => Ok(()),
    }
}

/// `POST /api/v1/matchings/{id}/proposals/{n}/task`: a day and a unit where none were proposed, or others.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskBody {
    #[serde(default)]
    day: Option<Date>,
    #[serde(default)]
    unit: Option<String>,
}

/// Makes the visits of an accepted proposal: 200 with their records; asked again, the same.
pub async fn make_task(access: Access<Dispatches>, path: web::Path<(RecordId, i64)>, body: web::Json<TaskBody>) -> Result<HttpResponse, Problem> {
    let ((id, number), body) = (path.into_inner(), body.into_inner());
    access.actor.reach.whole()?;
    let (actor, keys, place) = (access.actor, access.app.keys.clone(), Place { day: body.day, unit: body.unit });
    let made = access.app.committer.run(Want::default(), move |store| {
        store.flush()?;
        let Some(stored) = table::proposal(store.tx, store.district, id, number)? else { return Ok(Err(Problem::not_found("such proposal"))) };
        task::make(store, &actor, id, &stored, &place, &keys)
    });
    Ok(HttpResponse::Ok().json(json!({ "visits": made.await?? })))
}
