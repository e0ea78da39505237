//! What the office adds to training: verdicts on sign-ins, whenever they come; hours of those that came after the course was closed; the
//! day by which departments answer. And first cases of a squad on a transferred matter: the proposal that the former department advises
//! (首案共办), and who handles and decides the case, so that no advisor is among them.

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, Digest, RecordId};
use sync_core::case::read::View;
use sync_core::catalogue::holder::authority;
use sync_core::catalogue::matter::Matter;
use sync_core::catalogue::power::{Power, PowerType, Transfer, power_key};
use sync_core::dated::{Book, Kind};
use sync_core::index::members;
use sync_core::law::policy;
use sync_core::org::Unit;
use sync_core::record::{Candidate, Draft, Record};
use sync_core::training::cohandling;
use sync_core::training::course::{self, stage};

use super::invitation::{digest, reads};
use super::{Ground, derived_id, put};
use crate::case::gate::Edits;
use crate::invitation::speaks::{home, unit_of};
use crate::on;
use crate::schema::{case_party, device, stage_move};
use crate::sync::store::rows::id;
use crate::sync::store::{StoreError, Working};
use crate::training::secret;

/// What the reaction to a course rests on.
pub fn basis_of_course(record: &Record) -> Digest {
    digest(record, &["attendance.", "credits.", "due", "from_ms", "hours", "invitations.", "replies.", "results.", "until_ms", "verdicts."])
}

/// What the reaction to a case rests on.
pub fn basis_of_case(record: &Record) -> Digest {
    digest(record, &["area", "handlers.", "matter", "opinions.", "unit"])
}

/// The hours of a course, from and until.
pub fn hours_of(record: &Record) -> Option<(i64, i64)> {
    let ms = |key: &str| reads(record, &course::KIND, key).and_then(|json| json.as_i64());
    ms("from_ms").zip(ms("until_ms"))
}

/// How wrong a clock may be, in milliseconds.
pub fn doubt_ms(book: &Book, day: Date) -> i64 {
    policy::get::<i64>(book, "clock.doubt", day).map_or(300_000, |answer| answer.value.saturating_mul(60_000))
}

/// Everything that a course wants written.
pub fn react_course(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    let mut edits = verdicts(store, record, ground)?;
    let mut after = record.clone();
    after.preview(&edits);
    // Who was offline while the others were credited is credited by the same rule as soon as his sign-in comes.
    if record.stage() == stage::CLOSED {
        for (officer, credit) in crate::training::ops::due_credits(&after, store.now.0) {
            edits.extend(put(&after, &format!("credits.{officer}"), Some(&credit)));
        }
    }
    let open = |organ: &str| !members(record, "replies.").any(|(from, _)| from == organ);
    let day = members(record, "invitations.").filter(|(organ, _)| record.stage() == stage::INVITED && open(organ));
    let day = day.filter_map(|(_, letter)| letter.get("answer_by")?.as_str().map(str::to_owned)).min();
    edits.extend(put(record, "due", day.map(|day| json!({ "day": day, "for": stage::INVITED })).as_ref()));
    Ok(if edits.is_empty() { Vec::new() } else { vec![Draft { edits, ..Draft::of(record.id, course::NAME) }] })
}

/// Verdicts on sign-ins that were not looked at, or that changed since.
fn verdicts(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Edits, StoreError> {
    let doubt = doubt_ms(&ground.law.book, day_of(store.now).unwrap_or(Date::MAX));
    let (course_hours, now) = (hours_of(record), store.now.0);
    let mut edits = Edits::new();
    for (key, register) in record.with_prefix("attendance.") {
        let Some(officer) = key.strip_prefix("attendance.") else { continue };
        let mut signed: Vec<&Candidate> = register.candidates().iter().filter(|c| !c.value.is_null()).collect();
        signed.sort_by_key(|c| (c.commit, c.dot));
        // The hours belong to it: a course that was put off is judged anew.
        let mut parts: Vec<Vec<u8>> = vec![format!("{course_hours:?}").into_bytes()];
        parts.extend(signed.iter().map(|c| [c.dot.device.0.to_be_bytes(), c.dot.seq.to_be_bytes()].concat()));
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let of = Digest::tagged("zhifa.training.verdict.v1", &parts).to_string();
        let verdict_key = format!("verdicts.{officer}");
        let standing = reads(record, &course::KIND, &verdict_key);
        if standing.as_ref().and_then(|v| v.get("of")?.as_str()) == Some(&of) {
            continue;
        }
        let mut found: Option<(&str, i64)> = None;
        for one in signed {
            let json = one.value.to_json();
            let ms = json.get("ms").and_then(Json::as_i64).unwrap_or(0);
            let word = if by_himself(store, one, officer)? {
                secret::verdict(ground.keys, record.id, course_hours, json.get("code").and_then(Json::as_str).unwrap_or_default(), ms, doubt)
            } else {
                "another"
            };
            if found.is_none_or(|(before, _)| before != "right") {
                found = Some((word, ms));
            }
        }
        let verdict = found.map(|(word, ms)| json!({ "arrived_ms": now, "of": of, "signed_ms": ms, "word": word }));
        edits.extend(put(record, &verdict_key, verdict.as_ref()));
    }
    Ok(edits)
}

/// Whether a sign-in is by the officer himself: from a handheld of his, or through his own log-in, which the call of the office asks.
fn by_himself(store: &mut Working<'_, '_>, one: &Candidate, officer: &str) -> Result<bool, StoreError> {
    if one.dot.device.is_office() {
        return Ok(true);
    }
    let district = store.district;
    let holder: Option<String> = on!(store.tx, |c| device::table.find((district, id(one.dot.device))).select(device::officer).first(c).optional())?;
    Ok(holder.as_deref() == Some(officer))
}

/// The co-handling of a squad and a matter: one for ever, so that the second case proposes nothing.
pub fn first_case_id(unit: &str, matter: &str) -> RecordId {
    derived_id("zhifa.first-case.v1", RecordId(0), &format!("{unit}/{matter}"))
}

/// What a case says to 首案共办: a proposal if it is the squad's first on a transferred matter, and who handles and decides it.
pub fn follow_case(store: &mut Working<'_, '_>, record: &Record, ground: &Ground<'_>) -> Result<Vec<Draft>, StoreError> {
    let view = View::of(record);
    let (Some(unit), Some(matter)) = (view.text("unit"), view.text("matter")) else { return Ok(Vec::new()) };
    let there = first_case_id(&unit, &matter);
    if let Some(found) = store.look(there)? {
        let mine = reads(&found, &cohandling::KIND, "case").and_then(|case| case.as_str()?.parse().ok()) == Some(record.id);
        let edits = if mine && !cohandling::OVER.contains(&found.stage()) { deciders(&found, record) } else { Edits::new() };
        return Ok(if edits.is_empty() { Vec::new() } else { vec![Draft { edits, ..Draft::of(there, cohandling::NAME) }] });
    }
    if ![sync_core::case::stage::FILED, sync_core::case::stage::FAST_RUNNING].contains(&record.stage()) {
        return Ok(Vec::new());
    }
    let book = &ground.law.book;
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let day = view.day("filed_date").unwrap_or(today);
    let Some(area) = view.text("area").or_else(|| home(book, day)) else { return Ok(Vec::new()) };
    let Some(brought) = transferred(book, &unit, &matter, &area, day) else { return Ok(Vec::new()) };
    if filed_before(store, record.id, &unit, &matter)? {
        return Ok(Vec::new());
    }
    let name = book.get::<Matter>(&matter, day);
    let title = format!("首案共办：{}", name.as_ref().map_or(matter.as_str(), |m| m.name.as_str()));
    let empty = Record::new(there, cohandling::NAME, cohandling::KIND.initial);
    let mut fields = vec![
        ("case".to_owned(), json!(record.id)),
        ("day".to_owned(), json!(day)),
        ("former".to_owned(), json!(brought.former)),
        ("matter".to_owned(), json!(matter)),
        ("title".to_owned(), json!(title.chars().take(200).collect::<String>())),
        ("transfer".to_owned(), json!(brought.transfer)),
        ("unit".to_owned(), json!(unit)),
    ];
    fields.extend(name.map(|m| ("domain".to_owned(), json!(m.domain))));
    fields.extend(unit_of(book, &brought.former, None, today).ok().map(|unit| ("former_unit".to_owned(), json!(unit))));
    let mut edits: Edits = fields.iter().filter_map(|(key, value)| put(&empty, key, Some(value))).collect();
    edits.extend(deciders(&empty, record));
    store.raise("first_case", format!("first_case:{there}"));
    Ok(vec![Draft { edits, ..Draft::of(there, cohandling::NAME) }])
}

/// Who handles and decides the case now; who did once stays, since what he did stands.
fn deciders(found: &Record, case: &Record) -> Edits {
    let known = |who: &str| members(found, "deciders.").any(|(there, _)| there == who);
    let new = cohandling::deciders(case).into_iter().filter(|who| !known(who));
    new.filter_map(|who| put(found, &format!("deciders.{who}"), Some(&json!({ "case": case.id })))).collect()
}

/// By which transfer an organ has a matter, and from whom.
struct Brought {
    transfer: String,
    former: String,
}

/// The transfer that brought a matter to the squad's organ, if one did and it is known who had it before.
fn transferred(book: &Book, unit: &str, matter: &str, area: &str, day: Date) -> Option<Brought> {
    let own = book.get::<Unit>(unit, day)?.organ;
    let holder = authority(book, matter, area, PowerType::Penalty, day).ok().filter(|holder| *holder.organ == *own)?;
    let row = book.at(Kind::Power, &power_key(matter, &holder.area, PowerType::Penalty), day)?;
    let code = row.typed::<Power>()?.transfer?;
    let transfer = book.get::<Transfer>(&code, row.valid.from);
    let before = || authority(book, matter, &holder.area, PowerType::Penalty, row.valid.from.yesterday().ok()?).ok().map(|before| before.organ);
    let former = transfer.and_then(|t| t.from).or_else(before).filter(|former| **former != *own)?;
    Some(Brought { transfer: code, former })
}

/// Whether the squad filed another case on the matter.
fn filed_before(store: &mut Working<'_, '_>, case: RecordId, unit: &str, matter: &str) -> Result<bool, StoreError> {
    store.flush()?;
    let (district, own) = (store.district, case.to_bytes().to_vec());
    let filed = stage_move::table
        .filter(stage_move::district.eq(district))
        .filter(stage_move::to_stage.eq_any([sync_core::case::stage::FILED, sync_core::case::stage::FAST_RUNNING]))
        .select(stage_move::record);
    let other: Option<Vec<u8>> = on!(store.tx, |c| case_party::table
        .filter(case_party::district.eq(district))
        .filter(case_party::matter.eq(matter))
        .filter(case_party::unit.eq(unit))
        .filter(case_party::record.ne(&own))
        .filter(case_party::record.eq_any(filed))
        .select(case_party::record)
        .first(c)
        .optional())?;
    Ok(other.is_some())
}
