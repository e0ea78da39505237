//! The investigation (`domain.md` §5.4): who was where and when, what was approved before it was done, what has to be decided in
//! time, and what may not be relied on.
//!
//! Deliberately absent: what the record alone answers (every fact proven, everything that was taken ruled on: guards), and undoing
//! what took place. A record that was made wrongly stays, and says so.

mod taken;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Code, Facts, Found, Topic, Weight};
use crate::base::date::day_of;
use crate::base::{Date, OfficerId, UtcMs};
use crate::case::read::View;
use crate::case::stage;
use crate::identity::CitizenId;
use crate::identity::citizen_id::Age;
use crate::law::policy;
use crate::law::{Calendar, Period, Side, Suspension, deadline};
use crate::org::acting;

/// The topic.
pub const TOPIC: Topic = Topic { codes: CODES, look };

/// Acts that rest on what was found out.
const RESTING: &[&str] = &["conclude", "decide"];
/// The decision, also that nothing is punished.
const DECIDING: &[&str] = &["decide", "not_punish"];

const fn block(code: &'static str, bars: &'static [&'static str], basis: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { code, weight: Weight::Block, bars, basis, zh, en }
}

const fn warn(code: &'static str, basis: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { code, weight: Weight::Warn, bars: &[], basis, zh, en }
}

const CODES: &[Code] = &[
    block("inquiry_overlap", RESTING, "行政处罚法 42, 55; domain.md §5.4", "同一执法人员的询问或者调查措施时间重叠", "One officer's inquiries or measures overlap in time"),
    block("in_two_places", RESTING, "行政处罚法 42; domain.md §5.4", "执法人员同一时间在另一处执法", "An officer was elsewhere at the time"),
    block("too_few_officers", RESTING, "行政处罚法 42; 浙江省综合行政执法条例 30", "当日有执法资格的执法人员不足两人", "Fewer than two certified officers on the day"),
    block("no_guardian", RESTING, "domain.md §5.4 (询问未成年人监护人到场)", "询问未成年人，监护人未到场", "A minor was asked without a guardian"),
    warn("inquiry_several", "domain.md §5.4 (询问应当个别进行)", "一份询问笔录只能询问一人", "An inquiry is of one person at a time"),
    warn("inquiry_unidentified", "行政处罚法 55; domain.md §5.4", "未核对被询问人身份", "The identity of the person was not checked"),
    warn("inquiry_rights_untold", "行政处罚法 43, 55", "询问前未告知权利义务", "The person was not told of rights and duties"),
    warn("inquiry_certificates", "行政处罚法 55", "询问时未出示执法证件", "Certificates were not shown"),
    warn("inquiry_not_read_back", "domain.md §5.4", "笔录未经被询问人核对", "The record was not read back"),
    warn("inquiry_unsigned", "行政处罚法 55; domain.md §5.4", "笔录未签名，也未注明拒签并由见证人签名", "The record is neither signed nor is the refusal witnessed"),
    warn("time_unknown", "行政处罚法 46, 47; domain.md §5.4", "起止时间或者地点未记载", "Beginning, end or place is not on record"),
    warn("nobody_present", "行政强制法 18; domain.md §5.4", "当事人未到场，也没有见证人", "Neither the party nor a witness was there"),
    warn("av_missing", "行政处罚法 47", "应当音像记录的环节没有音像记录", "There is no recording of a step that has to be recorded"),
    warn("av_unfiled", "行政处罚法 46, 47", "所列音像记录不在证据之中", "The recording that is named is not among the evidence"),
    warn("one_collector", "行政处罚法 42; domain.md §11", "证据由一名执法人员单独收集", "Evidence was collected by one officer alone"),
    warn("list_missing", "行政处罚法 56; 行政强制法 24", "没有物品清单", "There is no list of items"),
    warn("result_untold", "domain.md §5.4 (抽样结果告知当事人)", "抽样检测结果未告知当事人", "The party was not told the result of the sample"),
    block("registration_unapproved", RESTING, "行政处罚法 56", "先行登记保存未经负责人事先批准", "Evidence was registered without the head's prior approval"),
    block("registration_expired", RESTING, "行政处罚法 56", "先行登记保存逾期未作处理决定，应当解除", "Registered evidence was not decided on in time and has to be released"),
    warn("registration_late", "行政处罚法 56", "先行登记保存的处理决定逾期作出", "Registered evidence was decided on too late"),
    block("seizure_powerless", RESTING, "行政强制法 17, 70; 浙江省综合行政执法条例 8", "承办机关无查封扣押的职权", "The organ has no statutory power to seize"),
    block("seizure_unapproved", RESTING, "行政强制法 18, 19", "查封扣押未经负责人批准，也未补办", "The seizure was neither approved before nor made up for"),
    block("seizure_unreported", RESTING, "行政强制法 19", "紧急查封扣押未在二十四小时内向负责人报告", "An urgent seizure was not reported within 24 hours"),
    block("seizure_expired", RESTING, "行政强制法 25, 27, 28", "查封扣押期限届满，应当解除", "The seizure has lasted its time and has to be lifted"),
    warn("seizure_late", "行政强制法 25, 27", "查封扣押逾期作出处理决定", "The seizure was decided on too late"),
    block("recusal_open", DECIDING, "行政处罚法 43", "回避申请尚未决定", "The head has not ruled on a recusal"),
    block("recused_acted", RESTING, "行政处罚法 43", "决定回避后仍参与调查", "An officer went on after his recusal was granted"),
    warn("evidence_excluded", "行政处罚法 46 (非法证据排除)", "认定事实引用了已排除的证据", "A fact names evidence that was excluded"),
];

/// Stages at which nothing of it matters any more.
const OVER: &[&str] = &[stage::NOT_FILED, stage::TRANSFERRED, stage::WITHDRAWN, stage::TERMINATED, stage::ARCHIVED];

fn look(view: &View<'_>, facts: &Facts<'_>, found: &mut Found) {
    if OVER.contains(&view.stage()) {
        return;
    }
    let spans = spans(view);
    overlaps(&spans, facts, found);
    spans.iter().for_each(|span| present(span, facts, found));
    inquiries(view, found);
    measures(view, found);
    taken::look(view, facts, found);
    recusals(view, &spans, found);
    recorded(view, found);
    collected(view, found);
    excluded(view, found);
}

/// An inquiry or a measure: who was at it, from when to when.
struct Span {
    id: String,
    by: Vec<String>,
    from: Option<i64>,
    until: Option<i64>,
    placed: bool,
}

fn words<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str).filter(|text| !text.trim().is_empty())
}

fn number(json: &Json, member: &str) -> Option<i64> {
    json.get(member).and_then(Json::as_i64)
}

fn yes(json: &Json, member: &str) -> bool {
    json.get(member).and_then(Json::as_bool) == Some(true)
}

fn spans(view: &View<'_>) -> Vec<Span> {
    let span = |id: &str, json: &Json, began: &str| Span {
        id: id.to_owned(),
        by: json.get("by").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect(),
        from: number(json, began),
        until: number(json, "ended_ms"),
        placed: words(json, "place").is_some(),
    };
    let inquiries = view.all("inquiries.").map(|(id, json)| span(id, &json, "started_ms"));
    // An appraisal is done by a laboratory, and what is asked for but not begun is no measure yet. What was registered or seized
    // stays so for days and binds nobody, so only its beginning counts.
    let begun = view.all("measures.").filter(|(_, m)| words(m, "kind") != Some("appraisal") && number(m, "began_ms").is_some());
    let begun = begun.map(|(id, json)| {
        let whole = span(id, &json, "began_ms");
        if matches!(words(&json, "kind"), Some("registration" | "seizure")) { Span { until: whole.from, ..whole } } else { whole }
    });
    inquiries.chain(begun).collect()
}

/// Half-open: what ends as the other begins does not overlap.
fn meet(a: (i64, i64), b: (i64, i64)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

/// A span under its id: from when to when, UTC milliseconds.
type Spell<'a> = (&'a str, (i64, i64));

/// The officers' own records against one another, and against what they did elsewhere.
fn overlaps(spans: &[Span], facts: &Facts<'_>, found: &mut Found) {
    let mut by_officer: BTreeMap<&str, Vec<Spell<'_>>> = BTreeMap::new();
    for span in spans {
        let (Some(from), Some(until)) = (span.from, span.until) else { continue };
        span.by.iter().for_each(|officer| by_officer.entry(officer).or_default().push((&span.id, (from, until))));
    }
    for (officer, mut all) in by_officer {
        all.sort_unstable();
        all.dedup();
        let mut pairs = Vec::new();
        for (n, (id, time)) in all.iter().enumerate() {
            pairs.extend(all.iter().skip(n + 1).filter(|(_, other)| meet(*time, *other)).map(|(other, _)| format!("{id} × {other}")));
        }
        if !pairs.is_empty() {
            found.add("inquiry_overlap", officer, pairs.join(", ").chars().take(400).collect::<String>());
        }
        let there = facts.elsewhere.iter().filter(|e| e.officer == officer);
        let elsewhere: Vec<&str> = there.filter(|e| all.iter().any(|(_, time)| meet(*time, (e.from_ms, e.until_ms)))).map(|e| e.what.as_str()).collect();
        if !elsewhere.is_empty() {
            found.add("in_two_places", officer, elsewhere.join(", ").chars().take(400).collect::<String>());
        }
    }
}

/// Two certified officers on the day, and time and place on record.
fn present(span: &Span, facts: &Facts<'_>, found: &mut Found) {
    let ordered = matches!((span.from, span.until), (Some(from), Some(until)) if from <= until);
    if !ordered || !span.placed {
        found.add("time_unknown", &*span.id, "");
    }
    let Some(day) = span.from.and_then(|ms| day_of(UtcMs(ms))) else { return };
    let officers: Vec<OfficerId> = span.by.iter().filter_map(|id| id.parse().ok()).collect();
    let able = acting(facts.book, &officers, day);
    if able < 2 {
        found.add("too_few_officers", &*span.id, format!("{able} / 2, {day}"));
    }
}

fn inquiries(view: &View<'_>, found: &mut Found) {
    for (id, inquiry) in view.all("inquiries.") {
        let name = words(&inquiry, "name").unwrap_or_default();
        if name.contains(['、', ',', '，', ';', '；', '/']) {
            found.add("inquiry_several", id, "");
        }
        if name.is_empty() || words(&inquiry, "id_no").is_none() {
            found.add("inquiry_unidentified", id, "");
        }
        for (member, code) in [("rights_told", "inquiry_rights_untold"), ("certificates_shown", "inquiry_certificates"), ("read_back", "inquiry_not_read_back")] {
            if !yes(&inquiry, member) {
                found.add(code, id, "");
            }
        }
        let signed = words(&inquiry, "signature").is_some_and(|of| view.all("signatures.").any(|(there, _)| there == of));
        let refused = yes(&inquiry, "refused") && words(&inquiry, "witness").is_some();
        if !signed && !refused {
            found.add("inquiry_unsigned", id, "");
        }
        // What the identity number says of the age goes before what was ticked.
        let birth = words(&inquiry, "id_no").and_then(|no| no.parse::<CitizenId>().ok()).map(|no| no.birth());
        let day = number(&inquiry, "started_ms").and_then(|ms| day_of(UtcMs(ms)));
        let young = birth.zip(day).and_then(|(birth, day)| Age::on(birth, day)).is_some_and(|age| matches!(age, Age::Under14 | Age::Under18));
        if (young || yes(&inquiry, "minor")) && words(&inquiry, "guardian").is_none() {
            found.add("no_guardian", id, "");
        }
    }
}

/// What every measure at a place needs: somebody of the party or a witness, a list of what was taken, a recording.
fn measures(view: &View<'_>, found: &mut Found) {
    for (id, measure) in view.all("measures.").filter(|(_, m)| number(m, "began_ms").is_some()) {
        let kind = words(&measure, "kind").unwrap_or_default();
        let on_site = matches!(kind, "inspection" | "sampling" | "registration" | "seizure" | "electronic_extraction");
        if on_site && !yes(&measure, "party_present") && words(&measure, "witness").is_none() {
            found.add("nobody_present", id, kind);
        }
        let listed = measure.get("items").and_then(Json::as_array).is_some_and(|items| !items.is_empty());
        if matches!(kind, "sampling" | "registration" | "seizure") && !listed {
            found.add("list_missing", id, kind);
        }
        if matches!(kind, "inspection" | "registration" | "seizure") {
            recording(view, words(&measure, "recording"), id, kind, found);
        }
        if kind == "sampling" && number(&measure, "ended_ms").is_some() && number(&measure, "told_ms").is_none() {
            found.add("result_untold", id, "");
        }
    }
}

/// A step that has to be recorded names a recording, and that is a file among the evidence.
fn recording(view: &View<'_>, named: Option<&str>, id: &str, what: &str, found: &mut Found) {
    let Some(named) = named else { return found.add("av_missing", id, what) };
    let filed = view.json(&format!("evidence.{named}"));
    if !matches!(words(&filed, "kind"), Some("audiovisual" | "electronic")) || words(&filed, "sha256").is_none() {
        found.add("av_unfiled", id, named);
    }
}

/// The other steps that have to be recorded in sound and vision: lien service and the hearing.
fn recorded(view: &View<'_>, found: &mut Found) {
    let served = std::iter::once(("served", view.json("served"))).chain(view.all("services."));
    for (id, served) in served {
        if words(&served, "way") == Some("lien") || yes(&served, "refused") {
            recording(view, words(&served, "video"), id, "lien", found);
        }
    }
    if view.number("hearing", "ended_ms").is_some() {
        recording(view, view.word("hearing", "recording").as_deref(), "hearing", "hearing", found);
    }
}

/// What officers take, seize or draw up themselves is collected by two. Who collected what others gave is not asked.
fn collected(view: &View<'_>, found: &mut Found) {
    for (id, evidence) in view.all("evidence.") {
        let own = matches!(words(&evidence, "kind"), Some("physical" | "audiovisual" | "electronic" | "site_record"));
        let (by, second) = (words(&evidence, "by"), words(&evidence, "second"));
        if own && by.is_some() && (second.is_none() || second == by) {
            found.add("one_collector", id, "");
        }
    }
}

/// The ruling on something: on a measure, a recusal.
fn ruling(view: &View<'_>, of: &str) -> Option<Json> {
    view.all("rulings.").find(|(_, r)| words(r, "of") == Some(of)).map(|(_, r)| r)
}

/// The head rules on every recusal before the decision; until then the investigation goes on, afterwards without him.
fn recusals(view: &View<'_>, spans: &[Span], found: &mut Found) {
    for (officer, _) in view.all("recusals.") {
        let Some(ruling) = ruling(view, officer) else {
            found.add("recusal_open", officer, "");
            continue;
        };
        let Some(since) = number(&ruling, "at_ms").filter(|_| yes(&ruling, "granted")) else { continue };
        let acted = spans.iter().filter(|span| span.from.is_some_and(|from| from > since) && span.by.iter().any(|by| by == officer)).map(|span| span.id.clone());
        let took = |e: &Json| words(e, "by") == Some(officer) || words(e, "second") == Some(officer);
        let took = view.all("evidence.").filter(|(_, e)| number(e, "taken_ms").is_some_and(|at| at > since) && took(e)).map(|(id, _)| id.to_owned());
        let all: Vec<String> = acted.chain(took).collect();
        if !all.is_empty() {
            found.add("recused_acted", officer, all.join(", ").chars().take(400).collect::<String>());
        }
    }
}

/// Facts that still name what was excluded.
fn excluded(view: &View<'_>, found: &mut Found) {
    for (id, element) in view.all("elements.") {
        let named = element.get("evidence").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        let out: Vec<&str> = named.filter(|evidence| view.yes(&format!("verified.{evidence}"), "excluded")).collect();
        if !out.is_empty() {
            found.add("evidence_excluded", id, out.join(", "));
        }
    }
}

/// The last day of a period of an organ that began on a day, time that does not count left out.
fn last_day(facts: &Facts<'_>, key: &str, from: Date, out: &[Suspension]) -> Option<Date> {
    let period = policy::get::<Period>(facts.book, key, from).ok()?.value;
    deadline(&Calendar::of(facts.book), period, from, Side::Organ, out).ok()?.deadline().map(|end| end.unshifted_due)
}

#[cfg(test)]
mod tests;
