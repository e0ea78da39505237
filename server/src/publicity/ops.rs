//! Publishing, correcting and withdrawing a decision.

use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId};
use sync_core::case::read::View;
use sync_core::case::stage;
use sync_core::record::Record;

use super::mask::{Masker, Shown, is_minor, shown};
use super::read::{CORRECTED, PUBLISHED, Version, WITHDRAWN, newest};
use crate::access::UserActor;
use crate::base::problem::Problem;
use crate::case::ops::{find, given, hand_in, put, words};
use crate::on;
use crate::org::Role;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::Order;
use crate::schema::publication;
use crate::sync::store::Working;

/// Stages at which a decision has reached its party and binds.
const SERVED: &[&str] = &[stage::SERVED, stage::PERFORMED, stage::PARTIAL, stage::OVERDUE, stage::URGED, stage::COURT_APPLIED, stage::ENFORCED, stage::CLOSED, stage::ARCHIVED];
/// Most texts that are masked besides what the case itself says.
const MOST_SECRETS: usize = 50;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Published for the first time, or anew after a withdrawal.
    Publish {
        /// Texts that are masked too, such as trade secrets.
        secrets: Vec<String>,
    },
    /// Not published: why.
    Exempt {
        /// In words.
        reason: String,
    },
    /// Another text.
    Correct {
        /// What was wrong.
        reason: String,
        /// Texts that are masked too.
        secrets: Vec<String>,
        /// What takes the place of what the case says: facts, basis, outcome, title.
        instead: Instead,
    },
    /// Taken back.
    Withdraw {
        /// Why, for everybody to read.
        reason: String,
    },
}

/// Texts in the place of the case's own; they are masked like these.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    /// Title.
    #[serde(default)]
    pub title: Option<String>,
    /// Facts.
    #[serde(default)]
    pub facts: Option<String>,
    /// Basis.
    #[serde(default)]
    pub basis: Option<String>,
    /// What was decided.
    #[serde(default)]
    pub outcome: Option<String>,
}

fn secrets_fit(secrets: &[String]) -> Result<(), Problem> {
    if secrets.len() > MOST_SECRETS {
        return Err(Problem::field("secrets", format!("at most {MOST_SECRETS}")));
    }
    secrets.iter().try_for_each(|secret| words("secrets", secret, 200).map(|_| ()))
}

/// Why a decision cannot be shown to the public; nothing if it can.
pub fn against(record: &Record, today: Date) -> Option<Problem> {
    let view = View::of(record);
    let conflict = |why: &str| Some(Problem::new("conflict", why.to_owned()));
    let unpunished = record.stage() == stage::NOT_PUNISHED && view.word("served", "way").is_some();
    if view.day("decided_date").is_none() || !(SERVED.contains(&record.stage()) || unpunished) {
        return conflict("a decision is published once it is served and as long as it stands (行政处罚法 48)");
    }
    if is_minor(&view, today) {
        return conflict("the party was a minor: such a decision is never published; send `exempt` with the reason (未成年人保护法 103)");
    }
    None
}

/// The masked text with its corrections, every one of them masked too.
fn text(record: &Record, ground: &Ground<'_>, today: Date, secrets: &[String], instead: &Instead) -> Result<Shown, Problem> {
    let view = View::of(record);
    let masker = Masker::of(&view, secrets);
    let mut shown = shown(&view, &ground.law.book, today, secrets);
    for (name, given, member, most) in [
        ("instead.title", &instead.title, &mut shown.title, 200),
        ("instead.facts", &instead.facts, &mut shown.facts, 8_000),
        ("instead.basis", &instead.basis, &mut shown.basis, 2_000),
        ("instead.outcome", &instead.outcome, &mut shown.outcome, 4_000),
    ] {
        if let Some(given) = given {
            *member = masker.over(words(name, given, most)?);
        }
    }
    Ok(shown)
}

/// Carries a wish out; gives the version that stands. The same again changes nothing.
pub fn publicise(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, wish: &Wish, ground: &Ground<'_>) -> Op<Json> {
    let record = given!(find(store, actor, id)?);
    if !actor.roles.iter().any(|role| [Role::Reviewer, Role::SectionHead, Role::Head].contains(role)) {
        return Ok(Err(Problem::new("forbidden", "decisions are published by a reviewer, the head of a section or the head")));
    }
    let (now, today) = (store.now.0, day_of(store.now).unwrap_or(Date::MAX));
    store.flush()?;
    let before = newest(store.tx, store.district, id)?;
    let in_view = before.as_ref().filter(|v| v.state != WITHDRAWN);
    let mut field = View::of(&record).json("publicity");
    if !field.is_object() {
        field = json!({});
    }
    let (state, shown, reason) = match wish {
        Wish::Exempt { reason } => {
            let reason = given!(words("exempt", reason, 600));
            if in_view.is_some() {
                return Ok(Err(Problem::new("conflict", "it is published; withdraw it with the reason")));
            }
            let value = json!({ "at_ms": now, "reason": reason, "state": "exempt" });
            if field.get("state").and_then(Json::as_str) == Some("exempt") && field.get("reason").and_then(Json::as_str) == Some(reason) {
                return Ok(Ok(json!({ "record": id, "state": "exempt", "reason": reason })));
            }
            let order = Order { edits: vec![put(&record, "publicity", value, Some(reason))], ..Order::of(id) };
            given!(hand_in(store, actor, &order, ground, "case.published", json!({ "state": "exempt", "reason": reason }))?);
            return Ok(Ok(json!({ "record": id, "state": "exempt", "reason": reason })));
        }
        Wish::Publish { secrets } => {
            given!(secrets_fit(secrets));
            if let Some(why) = against(&record, today) {
                return Ok(Err(why));
            }
            let shown = given!(text(&record, ground, today, secrets, &Instead::default()));
            if let Some(there) = in_view {
                let same = there.shown()? == shown;
                return Ok(if same { Ok(there.whole()?) } else { Err(Problem::new("conflict", "it is published with another text; correct it, with the reason")) });
            }
            (PUBLISHED, shown, None)
        }
        Wish::Correct { reason, secrets, instead } => {
            let reason = given!(words("reason", reason, 600));
            given!(secrets_fit(secrets));
            let Some(there) = in_view else { return Ok(Err(Problem::new("conflict", "nothing is published that could be corrected"))) };
            if let Some(why) = against(&record, today) {
                return Ok(Err(why));
            }
            let shown = given!(text(&record, ground, today, secrets, instead));
            if there.shown()? == shown {
                let same = there.reason.as_deref() == Some(reason);
                return Ok(if same { Ok(there.whole()?) } else { Err(Problem::field("instead", "the text would stay as it is; say what is right")) });
            }
            (CORRECTED, shown, Some(reason))
        }
        Wish::Withdraw { reason } => {
            let reason = given!(words("reason", reason, 600));
            let Some(there) = &before else { return Ok(Err(Problem::new("conflict", "nothing is published that could be withdrawn"))) };
            if there.state == WITHDRAWN {
                let same = there.reason.as_deref() == Some(reason);
                return Ok(if same { Ok(there.whole()?) } else { Err(Problem::new("conflict", "it is withdrawn already")) });
            }
            (WITHDRAWN, there.shown()?, Some(reason))
        }
    };
    // The public reads the reason too.
    let secrets: &[String] = match wish {
        Wish::Publish { secrets } | Wish::Correct { secrets, .. } => secrets,
        _ => &[],
    };
    let told = reason.map(|reason| Masker::of(&View::of(&record), secrets).over(reason));
    if let Some(members) = field.as_object_mut() {
        let keep = if state == WITHDRAWN { "withdrawn" } else { "published" };
        members.insert("state".into(), keep.into());
        match state {
            PUBLISHED => {
                members.retain(|name, _| name == "state");
                members.insert("at_ms".into(), now.into());
            }
            CORRECTED => {
                members.insert("corrected_ms".into(), now.into());
            }
            _ => {
                members.insert("withdrawn_ms".into(), now.into());
            }
        }
        if let Some(told) = &told {
            members.insert("reason".into(), told.chars().take(600).collect::<String>().into());
        }
    }
    let order = Order { edits: vec![put(&record, "publicity", field, reason)], ..Order::of(id) };
    let version = before.as_ref().map_or(1, |v| v.version + 1);
    given!(hand_in(store, actor, &order, ground, "case.published", json!({ "state": state, "version": version, "reason": told }))?);
    let row = Version {
        district: store.district,
        record: id.to_bytes().to_vec(),
        version,
        state: state.to_owned(),
        title: shown.title.clone(),
        day: before.map_or_else(|| shown.decided.clone(), |v| v.day),
        body: serde_json::to_string(&shown).map_err(|e| crate::sync::store::StoreError::Broken(e.to_string()))?,
        reason: told,
        at_ms: now,
        by_whom: actor.officer.to_string(),
    };
    on!(store.tx, |c| diesel::RunQueryDsl::execute(diesel::insert_into(publication::table).values(&row), c))?;
    Ok(Ok(row.whole()?))
}
