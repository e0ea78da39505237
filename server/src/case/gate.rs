//! What the book, the day and other cases say against an act on a case, asked afresh every time: a limitation that ran out
//! yesterday bars today, whatever the flags say.
//!
//! Cases of the same party are found across organs, also where the firm was renamed or stands in two records (行政处罚法 29).
//! Deliberately absent: overriding. A finding is settled with a reason by somebody who does not handle the case, or it bars; what
//! stands in `UNHEALED` bars whatever is said of it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId};
use sync_core::case::finding::{self, Elsewhere, Facts, Finding, Other, TOPICS, Weight};
use sync_core::case::read::View;
use sync_core::case::{party, standing, together};
use sync_core::dated::Book;
use sync_core::index::{busy, object_entry};
use sync_core::object::{SITE, SUBJECT};
use sync_core::org::Unit;
use sync_core::record::{Dot, FieldKey, Record, Value};

use crate::base::db::{ROWS, Tx};
use crate::base::problem::Problem;
use crate::index::family::family_of;
use crate::index::write::CaseLine;
use crate::on;
use crate::org::ops::Op;
use crate::react::{put, visit::home};
use crate::record::write::EditBody;
use crate::schema::{case_party, object, object_alias, officer_time};
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Working};

/// Edits of the office: field, value, what it replaces, why.
pub type Edits = Vec<(FieldKey, Value, Vec<Dot>, Option<String>)>;

/// Findings that no reason heals, each with the article that leaves no choice: what is wrong has to be mended on the case. The statutory
/// range and the kinds of penalty are the law's own bounds, so a reviewer's reason would put his word in its place.
pub const UNHEALED: &[(&str, &str)] = &[
    ("case_not_allowed", "行政处罚法 4, 38"),
    ("fast.crime", "行政处罚法 27"),
    ("fast.hearing", "行政处罚法 63, 64"),
    ("kind_not_allowed", "行政处罚法 4, 9, 38"),
    ("law_unknown", "行政处罚法 4, 38"),
    ("not_punishable", "行政处罚法 37"),
    ("out_of_range", "行政处罚法 4, 32, 34"),
];

/// The article by which no reason heals a finding; none where a reviewer may let it stand.
pub fn unhealed(code: &str) -> Option<&'static str> {
    UNHEALED.iter().find(|(one, _)| *one == code).map(|(_, basis)| *basis)
}

/// Most other cases of one party that are looked at; the newest come first.
const MOST: i64 = 500;

/// Subjects that bear one of these credit codes, and everything that is one with them: the keys of all.
fn family_keys(tx: &mut Tx<'_>, district: i64, named: BTreeSet<RecordId>, codes: &BTreeSet<String>) -> Result<BTreeSet<String>, StoreError> {
    let mut subjects = named;
    for part in codes.iter().collect::<Vec<_>>().chunks(ROWS) {
        let rows: Vec<Vec<u8>> = on!(tx, |c| object_alias::table
            .filter(object_alias::district.eq(district))
            .filter(object_alias::kind.eq("uscc"))
            .filter(object_alias::value.eq_any(part.iter().map(|code| code.as_str())))
            // Asked of each bearer: a join may begin at the objects, and read them all.
            .filter(diesel::dsl::exists(object::table.filter(object::district.eq(district)).filter(object::record.eq(object_alias::record)).filter(object::kind.eq(SUBJECT.name))))
            .select(object_alias::record)
            .load(c))?;
        subjects.extend(rows.iter().map(|r| record_id(r)).collect::<Result<Vec<_>, _>>()?);
    }
    let mut members = BTreeSet::new();
    for subject in subjects {
        if !members.contains(&subject) {
            members.extend(family_of(tx, district, subject)?.members);
        }
    }
    let mut keys: BTreeSet<String> = members.iter().copied().map(party::of_subject).collect();
    let all: Vec<Vec<u8>> = members.iter().map(|m| m.to_bytes().to_vec()).collect();
    for part in all.chunks(ROWS) {
        let codes: Vec<String> = on!(tx, |c| object_alias::table
            .filter(object_alias::district.eq(district))
            .filter(object_alias::kind.eq("uscc"))
            .filter(object_alias::record.eq_any(part))
            .select(object_alias::value)
            .load(c))?;
        keys.extend(codes.iter().filter_map(|code| party::of_uscc(code)));
    }
    Ok(keys)
}

/// All keys under which cases of somebody stand who is known by these, with those of his family.
pub fn widened(tx: &mut Tx<'_>, district: i64, own: BTreeSet<String>) -> Result<BTreeSet<String>, StoreError> {
    let subjects = own.iter().filter_map(|key| key.strip_prefix("subject:")?.parse().ok()).collect();
    let codes = own.iter().filter_map(|key| key.strip_prefix("uscc:").map(str::to_owned)).collect();
    let mut keys = family_keys(tx, district, subjects, &codes)?;
    keys.extend(own);
    Ok(keys)
}

/// The other cases of a case's party, in the district.
fn others(tx: &mut Tx<'_>, district: i64, record: &Record, book: &Book, today: Date) -> Result<Vec<Other>, StoreError> {
    let keys: Vec<String> = widened(tx, district, party::keys(record))?.into_iter().collect();
    let own = record.id.to_bytes().to_vec();
    let mut lines: BTreeMap<RecordId, CaseLine> = BTreeMap::new();
    // Key by key, each a range of the index: of several at once in this order SQLite goes through the cases of everybody.
    for key in &keys {
        let rows: Vec<CaseLine> = on!(tx, |c| case_party::table
            .filter(case_party::district.eq(district))
            .filter(case_party::party.eq(key))
            .filter(case_party::record.ne(&own))
            .order(case_party::record.desc())
            .limit(MOST)
            .select(CaseLine::as_select())
            .load(c))?;
        for row in rows {
            lines.insert(record_id(&row.record)?, row);
        }
    }
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    // A site that is one with this case's is this case's.
    let site: Option<RecordId> = View::of(record).text("site").and_then(|id| id.parse().ok());
    let family = site.map(|site| family_of(tx, district, site)).transpose()?.map(|family| family.members).unwrap_or_default();
    let day = |text: Option<String>| text.and_then(|text| text.parse().ok());
    let mut out = Vec::with_capacity(lines.len());
    for (id, line) in lines {
        let theirs = line.site.as_deref().map(record_id).transpose()?;
        out.push(Other {
            record: id,
            organ: book.get::<Unit>(&line.unit, today).map_or(line.unit, |unit| unit.organ.to_string()),
            matter: line.matter,
            stage: line.stage,
            act_day: day(line.act_day),
            act_end: day(line.act_end),
            decided: day(line.decided_day),
            fine_fen: line.fine_fen,
            punished: line.punished,
            exemption: line.exemption,
            site: if theirs.is_some_and(|theirs| family.contains(&theirs)) { site } else { theirs },
        });
    }
    Ok(out)
}

/// What the officers of a case's inquiries and measures did in other records while these lasted.
fn elsewhere(tx: &mut Tx<'_>, district: i64, record: &Record) -> Result<Vec<Elsewhere>, StoreError> {
    let own = busy(record);
    let officers: BTreeSet<&str> = own.iter().map(|b| b.officer.as_str()).collect();
    let (Some(first), Some(last)) = (own.iter().map(|b| b.from_ms).min(), own.iter().map(|b| b.until_ms).max()) else { return Ok(Vec::new()) };
    let (officers, key): (Vec<&str>, Vec<u8>) = (officers.into_iter().collect(), record.id.to_bytes().to_vec());
    let mut out = Vec::new();
    for part in officers.chunks(ROWS) {
        type Row = (String, Vec<u8>, String, i64, i64);
        let rows: Vec<Row> = on!(tx, |c| officer_time::table
            .filter(officer_time::district.eq(district))
            .filter(officer_time::officer.eq_any(part))
            .filter(officer_time::record.ne(&key))
            .filter(officer_time::from_ms.le(last))
            .filter(officer_time::until_ms.ge(first))
            .order((officer_time::officer, officer_time::from_ms, officer_time::record, officer_time::entry))
            .limit(MOST)
            .select((officer_time::officer, officer_time::record, officer_time::entry, officer_time::from_ms, officer_time::until_ms))
            .load(c))?;
        for (officer, record, entry, from_ms, until_ms) in rows {
            let meets = own.iter().any(|b| b.officer == officer && b.from_ms <= until_ms && from_ms <= b.until_ms);
            if meets {
                out.push(Elsewhere { what: format!("{}/{entry}", record_id(&record)?), officer, from_ms, until_ms });
            }
        }
    }
    Ok(out)
}

/// Everything that is wrong with a case today.
pub fn judge(store: &mut Working<'_, '_>, record: &Record, book: &Book) -> Result<Vec<Finding>, StoreError> {
    store.flush()?;
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let view = View::of(record);
    let site = view.text("site").and_then(|id| id.parse().ok()).map(|site| store.look(site)).transpose()?.flatten();
    let area = view.text("area").or_else(|| object_entry(site.as_ref()?, &SITE).area).unwrap_or_else(|| home(book, today));
    let organ = view.text("unit").and_then(|unit| book.get::<Unit>(&unit, today)).map(|unit| unit.organ.to_string());
    let others = others(store.tx, store.district, record, book, today)?;
    let elsewhere = elsewhere(store.tx, store.district, record)?;
    Ok(finding::findings(&view, &Facts { book, area: &area, organ: organ.as_deref(), today, others: &others, elsewhere: &elsewhere }))
}

/// Flags that stand, by whole key.
pub fn flags(record: &Record) -> BTreeMap<String, Json> {
    standing(record, "flags.").map(|(key, flag)| (format!("flags.{key}"), flag)).collect()
}

/// Whether somebody said why a flag stands.
pub fn is_settled(flag: &Json) -> bool {
    flag.get("settled").and_then(Json::as_str).is_some_and(|why| !why.trim().is_empty())
}

/// A finding as it is kept on the case.
pub fn flag(finding: &Finding, at_ms: i64) -> Json {
    let detail: String = finding.detail.chars().take(500).collect();
    json!({
        "about": finding.about.chars().take(200).collect::<String>(), "at_ms": at_ms, "bars": finding.bars, "basis": finding.basis, "code": finding.code,
        "detail": detail, "weight": finding.weight.as_str(),
    })
}

/// Edits that clear the flags that nobody settled and that hold no more.
pub fn stale(record: &Record, found: &[Finding]) -> Edits {
    let hold: BTreeSet<String> = found.iter().filter(|f| f.weight == Weight::Block).map(Finding::key).collect();
    flags(record).into_iter().filter(|(key, flag)| !is_settled(flag) && !hold.contains(key)).filter_map(|(key, _)| put(record, &key, None)).collect()
}

/// Refuses an act that a finding of today bars and nobody settled. Gives the edits that clear what holds no more, so that an old flag
/// does not bar it either. `edits` are those that come with the act.
pub fn admit(store: &mut Working<'_, '_>, record: &Record, edits: &[EditBody], act: &str, book: &Book) -> Op<Edits> {
    let mut after = record.clone();
    let given = edits.iter().filter_map(|e| Some((e.field.parse().ok()?, Value::from_json(&e.value).ok()?, e.replaces.clone(), None)));
    after.preview(&given.collect::<Vec<_>>());
    // A deed of a handheld stands as an exception until somebody decides; the office waits until everything is on one receipt.
    let apart = if act == "serve" { together::missing(&after) } else { Vec::new() };
    if !apart.is_empty() {
        let detail = apart.join(", ");
        let said = format!("三书同达: seal these and name them with the decision on one receipt: {detail}");
        let listed = json!([{ "about": "", "basis": "国办发〔2025〕22号", "code": "documents_apart", "detail": detail, "en": "Not served together", "key": "documents_apart", "zh": "未一并送达" }]);
        return Ok(Err(Problem::new("not_admitted", said).because(listed)));
    }
    let found = judge(store, &after, book)?;
    let standing = flags(record);
    let open = |f: &&Finding| f.weight != Weight::Warn && f.bars.contains(&act) && (unhealed(f.code).is_some() || !standing.get(&f.key()).is_some_and(is_settled));
    let against: Vec<&Finding> = found.iter().filter(open).collect();
    if against.is_empty() {
        return Ok(Ok(stale(record, &found)));
    }
    let said = |f: &&Finding| format!("{} {} ({})", f.key().trim_start_matches("flags."), words(f.code).0, if f.detail.is_empty() { f.basis } else { &f.detail });
    let listed = |f: &&Finding| {
        let (zh, en) = words(f.code);
        json!({ "about": f.about, "basis": f.basis, "code": f.code, "detail": f.detail, "en": en, "key": f.key().trim_start_matches("flags."), "zh": zh })
    };
    let findings: Vec<Json> = against.iter().map(listed).collect();
    let against: Vec<String> = against.iter().map(said).collect();
    let said = format!("{}; mend it, or have it settled with a reason: POST /api/v1/cases/{}/flags/{{key}}/settle", against.join("; "), record.id);
    Ok(Err(Problem::new("not_admitted", said).because(Json::Array(findings))))
}

/// What a code says in Chinese and English; what a later program flagged has no words here.
pub fn words(code: &str) -> (&'static str, &'static str) {
    TOPICS.iter().flat_map(|topic| topic.codes).find(|row| row.code == code).map_or(("", ""), |row| (row.zh, row.en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_reason_heals_is_a_finding_that_blocks_and_rests_on_the_article_that_is_named() {
        for (code, basis) in UNHEALED {
            let row = TOPICS.iter().flat_map(|topic| topic.codes).find(|row| row.code == *code);
            let row = row.unwrap_or_else(|| panic!("{code} is no finding"));
            assert_eq!(row.weight, Weight::Block, "{code}");
            assert!(row.basis.starts_with(basis), "{code}: {} is not {basis}", row.basis);
            assert_eq!(unhealed(code), Some(*basis));
        }
        assert_eq!((unhealed("simple.over_limit"), unhealed("double_fine")), (None, None), "a reviewer may say why these stand");
    }
}
