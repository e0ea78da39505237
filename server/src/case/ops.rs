//! Opinions on the steps of a case, findings settled, and what every operation about cases begins and ends with.
//!
//! The fields that these write are the office's alone and written one after another, so what stands is what is replaced; history
//! stays in the ledger. Nobody approves what he handles or submitted (`domain.md` §0.3).

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::case::finding::Weight;
use sync_core::case::read::View;
use sync_core::case::{self, standing};
use sync_core::record::Record;

use super::gate;
use crate::access::UserActor;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::org::Role;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::write::{EditBody, within};
use crate::record::{Order, Written, write};
use crate::sync::store::Working;

/// Unwraps the inner result of an operation, or ends with its problem.
macro_rules! given {
    ($made:expr) => {
        match $made {
            Ok(value) => value,
            Err(problem) => return Ok(Err(problem)),
        }
    };
}
pub(crate) use given;

/// A text that has to say something in at most so many characters. `field` is named where it does not.
pub fn words<'a>(field: &str, text: &'a str, most: usize) -> Result<&'a str, Problem> {
    match text.trim() {
        "" => Err(Problem::field(field, "must not be empty; it stays on the case")),
        long if long.chars().count() > most => Err(Problem::field(field, format!("at most {most} characters"))),
        fits => Ok(fits),
    }
}

/// A case within somebody's reach; not found otherwise.
pub fn find(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId) -> Op<Record> {
    let found = store.look(id)?.filter(|record| *record.kind == *case::NAME);
    let reached = found.is_some() && within(store, actor, id)?;
    Ok(found.filter(|_| reached).ok_or_else(|| Problem::not_found(&format!("case {id}"))))
}

/// Whether somebody handles a case: whoever is named as a handler, in whatever part.
pub fn handles(record: &Record, officer: &str) -> bool {
    standing(record, "handlers.").any(|(id, _)| id == officer)
}

/// Refuses whoever handles the case (行政处罚法 57: 调查与决定分离).
pub fn not_his_own(record: &Record, actor: &UserActor) -> Result<(), Problem> {
    if handles(record, actor.officer.as_str()) {
        return Err(Problem::new("forbidden", "you handle this case; somebody else decides on it (谁都不能审批自己经办的事项)"));
    }
    Ok(())
}

/// An edit that takes the place of what stands.
pub fn put(record: &Record, field: impl Into<String>, value: Json, why: Option<&str>) -> EditBody {
    let field = field.into();
    let replaces = record.register(&field).map(|r| r.dots()).unwrap_or_default();
    EditBody { field, value, replaces, reason: why.map(str::to_owned) }
}

/// Hands an order in, and notes what it was in the audit.
pub fn hand_in(store: &mut Working<'_, '_>, actor: &UserActor, order: &Order, ground: &Ground<'_>, action: &'static str, detail: Json) -> Op<Written> {
    let order = &Order { of_feature: true, ..order.clone() };
    let written = given!(write(store, actor, order, ground)?);
    store.note(Deed::of(&actor.officer, action, format!("record:{}", order.record)).with(detail));
    Ok(Ok(written))
}

/// An opinion as it is given.
#[derive(Debug, Clone)]
pub struct Opinion {
    /// The act that it is on.
    pub step: String,
    /// In which part, a word of `case::VOICES`; the actor's own if left out.
    pub voice: Option<String>,
    /// Whether it agrees.
    pub agrees: bool,
    /// What it says.
    pub text: String,
    /// Why it is given only after the step was done (补办).
    pub late: Option<String>,
}

/// The roles that speak with a voice (`domain.md` §0.3, §1).
fn speakers(voice: &str) -> &'static [Role] {
    match voice {
        "handler" => &[Role::Officer, Role::SquadLeader, Role::SectionHead],
        "section" => &[Role::SectionHead, Role::SquadLeader],
        "reviewer" => &[Role::Reviewer, Role::SectionHead],
        "legal" => &[Role::Reviewer],
        "head" => &[Role::Head],
        _ => &[],
    }
}

/// The voice with which somebody speaks: the one named, if it is his; else a handler's of whoever handles the case, and the highest
/// of his roles of anybody else.
fn voice<'a>(record: &Record, actor: &UserActor, named: Option<&'a str>) -> Result<&'a str, Problem> {
    let his = |voice: &str| actor.roles.iter().any(|role| speakers(voice).contains(role));
    let Some(voice) = named else {
        let handler = Some("handler").filter(|_| handles(record, actor.officer.as_str()));
        let highest = ["head", "section", "reviewer", "handler"].into_iter().find(|voice| his(voice));
        return handler.or(highest).ok_or_else(|| Problem::new("forbidden", "your roles give no opinions on cases"));
    };
    if !case::VOICES.contains(&voice) {
        return Err(Problem::field("voice", format!("one of {}", case::VOICES.join(", "))));
    }
    if !his(voice) {
        return Err(Problem::new("forbidden", format!("the voice {voice} is not of your roles; leave it out to speak with your own")));
    }
    Ok(voice)
}

/// Gives an opinion on a step: `opinions.<step>.<voice>`. As long as the step can be done, a second one of the same voice takes the
/// place of the first; once it is done, what was said stands.
pub fn opinion(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, word: &Opinion, ground: &Ground<'_>) -> Op<Written> {
    let text = given!(words("text", &word.text, 2_000));
    let late = given!(word.late.as_deref().map(|late| words("late", late, 500)).transpose());
    let record = given!(find(store, actor, id)?);
    let step = word.step.as_str();
    if case::KIND.act(step).next().is_none() {
        let acts: std::collections::BTreeSet<&str> = case::KIND.acts.iter().map(|row| row.act).collect();
        return Ok(Err(Problem::field("step", format!("one of {}", acts.into_iter().collect::<Vec<_>>().join(", ")))));
    }
    let voice = given!(voice(&record, actor, word.voice.as_deref()));
    let key = format!("opinions.{step}.{voice}");
    let said = record.register(&key).is_some_and(|r| r.candidates().iter().any(|c| !c.value.is_null()));
    let open = case::KIND.act(step).any(|row| row.from.is_empty() || row.from.contains(&record.stage()));
    match (open, said, late) {
        (true, _, Some(_)) => return Ok(Err(Problem::field("late", "the step is still open, so the opinion is not late; leave it out"))),
        (false, true, _) => return Ok(Err(Problem::new("conflict", format!("{voice} has spoken on {step}, and the step is over; an opinion is not changed afterwards")))),
        (false, false, None) => {
            let why = format!("{step} cannot be done at the stage {}; if its approval is made up for, say in `late` why it comes late", record.stage());
            return Ok(Err(Problem::new("conflict", why)));
        }
        _ => {}
    }
    if voice != "handler" {
        given!(not_his_own(&record, actor));
        // Whoever submitted a step does not judge it in another part.
        let submitted = View::of(&record).word(&format!("opinions.{step}.handler"), "by");
        if submitted.as_deref() == Some(actor.officer.as_str()) {
            return Ok(Err(Problem::new("forbidden", "you submitted this step; somebody else gives the opinion on it (谁都不能审批自己经办的事项)")));
        }
    }
    let mut value = json!({ "agrees": word.agrees, "at_ms": store.now.0, "by": actor.officer, "text": text });
    if let (Some(late), Some(members)) = (late, value.as_object_mut()) {
        members.insert("late".into(), late.into());
    }
    let order = Order { edits: vec![put(&record, key, value, late)], ..Order::of(id) };
    let detail = json!({ "step": step, "voice": voice, "agrees": word.agrees, "late": late.is_some() });
    hand_in(store, actor, &order, ground, "case.opinion", detail)
}

/// Lets a finding stand: its flag gets `settled` with the reason, and `settled_by`. The key is without `flags.`.
pub fn settle(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, key: &str, why: &str, ground: &Ground<'_>) -> Op<Written> {
    let why = given!(words("reason", why, 500));
    let record = given!(find(store, actor, id)?);
    given!(not_his_own(&record, actor));
    let mut flag = standing(&record, "flags.").find(|(of, _)| *of == key).map(|(_, flag)| flag);
    if flag.is_none() {
        // What came to be wrong since somebody last wrote has no flag yet.
        let found = gate::judge(store, &record, &ground.law.book)?;
        let fresh = found.iter().find(|f| f.weight == Weight::Block && f.key().strip_prefix("flags.") == Some(key));
        flag = fresh.map(|finding| gate::flag(finding, store.now.0));
    }
    let Some(mut flag) = flag else { return Ok(Err(Problem::not_found(&format!("finding {key:.120} on this case")))) };
    if let Some(code) = flag.get("code").and_then(Json::as_str)
        && let Some(basis) = gate::unhealed(code)
    {
        return Ok(Err(Problem::new("not_settleable", format!("no reason lets {code} stand ({basis}); change what it is about on the case"))));
    }
    if let Some(before) = flag.get("settled").and_then(Json::as_str) {
        return Ok(Err(Problem::new("conflict", format!("the finding is settled: {before}"))));
    }
    if let Some(members) = flag.as_object_mut() {
        members.insert("settled".into(), why.into());
        members.insert("settled_by".into(), json!(actor.officer));
    }
    let order = Order { edits: vec![put(&record, format!("flags.{key}"), flag, Some(why))], ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.settled", json!({ "flag": key, "reason": why }))
}
