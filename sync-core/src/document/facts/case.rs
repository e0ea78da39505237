//! The facts of a case: party, clue, law, evidence, measures, and how it ended.

use serde_json::{Map, Value as Json, json};

use super::words::{self, said};
use super::{Facts, Source, cited, clauses, day_at, filled, instant_at, length, matter, number, penalty, put, sentence, steps, taken, word, yes};
use crate::base::Date;
use crate::case::{read::View, stage};
use crate::law::Calendar;
use crate::law::period::{Period, Side, deadline};

pub(super) fn add(source: &Source<'_>, out: &mut Facts) {
    party(source, out);
    put(out, "cause", source.text("title"));
    put(out, "case_no", source.text("case_no"));
    put(out, "filed", source.text("filed_date"));
    put(out, "act_date", source.text("act_date"));
    put(out, "facts", source.text("facts"));
    put(out, "place", source.text("place").or_else(|| source.text("area").map(|_| out.get("area").and_then(filled).unwrap_or_default())).filter(|p| !p.is_empty()));
    officers(source, out);
    clue(source, out);
    law(source, out);
    evidence(source, out);
    for kind in crate::case::MEASURES {
        measure(source, kind, out);
    }
    inquiry(source, out);
    lists(source, out);
    order(source, out);
    exemption(source, out);
    told(source, out);
    penalty::add(source, out);
    steps::add(source, out);
    ended(source, out);
}

/// The party, with what identifies it by its kind; `natural` repeats what the public may not read of a natural person (§5.9).
fn party(source: &Source<'_>, out: &mut Facts) {
    let kind = source.text("party.kind");
    let citizen = kind.as_deref() == Some("citizen");
    let mut party = Map::new();
    for member in ["name", "address", "phone"] {
        put(&mut party, member, source.text(&format!("party.{member}")));
    }
    put(&mut party, "kind", said(words::PARTIES, kind.as_deref()));
    let (id, uscc) = (source.text("party.id_no"), source.text("party.uscc"));
    let (label, id) = match (citizen, id, uscc) {
        (true, Some(id), _) => ("身份证件号码", Some(id)),
        (_, _, Some(uscc)) => ("统一社会信用代码", Some(uscc)),
        (true, None, None) => ("身份证件号码", None),
        (false, id, None) => (if id.is_some() { "证件号码" } else { "统一社会信用代码" }, id),
    };
    put(&mut party, "id_label", Some(label));
    put(&mut party, "id", id);
    let rep = source.text("party.legal_rep").filter(|_| !citizen);
    put(&mut party, "legal_rep", rep);
    let birth = source.text("party.birth").and_then(|d| d.parse::<Date>().ok());
    let minor = citizen && birth.and_then(|b| b.checked_add(jiff::Span::new().years(18)).ok()).is_some_and(|grown| grown > source.day);
    if minor {
        party.insert("minor".to_owned(), Json::Bool(true));
    }
    if citizen {
        let mut natural: Facts = party.iter().filter(|(m, _)| ["name", "id", "address", "phone"].contains(&m.as_str())).map(|(m, v)| (m.clone(), v.clone())).collect();
        if minor {
            natural.insert("minor".to_owned(), Json::Bool(true));
        }
        out.insert("natural".to_owned(), Json::Object(natural));
    }
    out.insert("party".to_owned(), Json::Object(party));
}

fn officers(source: &Source<'_>, out: &mut Facts) {
    let handlers = source.officers(View::of(source.record).handlers().into_iter());
    if handlers.is_empty() {
        return;
    }
    // A name that is unknown is left for `officers` to report.
    let of = |o: &Json| Some((word(o, "name")?.to_owned(), word(o, "certificate")?.to_owned()));
    if let Some(known) = handlers.iter().map(of).collect::<Option<Vec<_>>>() {
        put(out, "officer_names", Some(known.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join("、")));
        put(out, "officer_line", Some(known.iter().map(|(n, c)| format!("{n}（执法证号：{c}）")).collect::<Vec<_>>().join("、")));
    }
    out.insert("officers".to_owned(), Json::Array(handlers));
}

fn clue(source: &Source<'_>, out: &mut Facts) {
    let json = source.json("clue");
    let mut clue = taken(&json, &["fact", "ref"]);
    put(&mut clue, "source", said(words::SOURCES, word(&json, "source")));
    put(&mut clue, "found", instant_at(&json, "found_ms").or_else(|| source.text("found_date").and_then(|d| d.parse().ok()).map(super::super::filters::day)));
    let handling = if source.record.stage() == stage::TRANSFERRED { "建议移送有管辖权的机关处理" } else { "建议依法核查处理" };
    put(&mut clue, "handling", Some(handling));
    out.insert("clue".to_owned(), Json::Object(clue));
    let transferred = source.json("transferred");
    if !transferred.is_null() {
        let mut transfer = taken(&transferred, &["reason"]);
        let to = word(&transferred, "to").map(|to| source.book.get::<crate::org::Organ>(to, source.day).map_or(to.to_owned(), |o| o.name));
        put(&mut transfer, "to", to);
        out.insert("transfer".to_owned(), Json::Object(transfer));
    }
    let crime = source.json("crime");
    if !crime.is_null() {
        out.insert("crime".to_owned(), Json::Object(taken(&crime, &["offence", "to", "decided_ms"])));
    }
}

/// The matter and its clauses as they stood on the day whose law was chosen, else on the day of the act (行政处罚法第三十七条).
fn law(source: &Source<'_>, out: &mut Facts) {
    let choice = source.json("law_choice");
    let then = word(&choice, "chosen").map(|c| c == "then");
    let named = |member| word(&choice, member).and_then(|d| d.parse::<Date>().ok());
    let of_act = ["act_end", "act_date"].iter().find_map(|key| source.text(key)?.parse().ok());
    let day = then.and_then(|then| named(if then { "then_from" } else { "now_from" })).or(of_act).unwrap_or(source.day);
    if let Some(found) = source.text("matter").and_then(|code| matter(source, &code, day)) {
        put(out, "clause", clauses(&found.violation));
        put(out, "basis", clauses(&found.penalty));
        out.insert("matter".to_owned(), json!({ "name": found.name }));
    }
    let basis = source.json("penalty");
    if let Some(basis) = word(&basis, "basis") {
        put(out, "basis", Some(basis));
    }
    if let Some(then) = then {
        let mut said = taken(&choice, &["then_clause", "now_clause", "reason"]);
        put(&mut said, "chosen", Some(if then { "行为时的规定" } else { "处理时的规定" }));
        out.insert("choice".to_owned(), Json::Object(said));
    }
}

/// Evidence that was not excluded, and what each fact rests on (行政处罚法第四十六条).
fn evidence(source: &Source<'_>, out: &mut Facts) {
    let excluded = |id: &str| yes(&source.json(&format!("verified.{id}")), "excluded");
    let all: Vec<_> = source.all("evidence.").into_iter().filter(|(id, _)| !excluded(id)).collect();
    let elements = source.all("elements.");
    let named = |json: &Json| {
        let kind = said(words::EVIDENCE, word(json, "kind")).unwrap_or_default();
        word(json, "from").map_or_else(|| kind.to_owned(), |from| from.to_owned())
    };
    let list: Vec<Json> = all
        .iter()
        .map(|(id, json)| {
            let mut one = Map::new();
            put(&mut one, "name", Some(named(json)));
            put(&mut one, "kind", said(words::EVIDENCE, word(json, "kind")));
            let of: Vec<String> = elements.iter().filter(|(_, e)| names(e, "evidence", id)).filter_map(|(_, e)| word(e, "fact").map(str::to_owned)).collect();
            put(&mut one, "proves", word(json, "fact").map(str::to_owned).or_else(|| Some(of.join("；")).filter(|t| !t.is_empty())));
            Json::Object(one)
        })
        .collect();
    let electronic: Vec<Json> = all
        .iter()
        .filter(|(_, json)| word(json, "kind") == Some("electronic"))
        .map(|(_, json)| {
            let mut one = taken(json, &["sha256", "size"]);
            put(&mut one, "name", Some(named(json)));
            Json::Object(one)
        })
        .collect();
    let appraised: Vec<String> = all.iter().filter(|(_, j)| word(j, "kind") == Some("appraisal")).filter_map(|(_, j)| word(j, "fact").map(str::to_owned)).collect();
    if !appraised.is_empty() {
        put(out, "appraised", Some(appraised.join("；")));
    }
    for (key, list) in [("evidence", list), ("electronic", electronic)] {
        if !list.is_empty() {
            out.insert(key.to_owned(), Json::Array(list));
        }
    }
    let elements: Vec<Json> = elements
        .iter()
        .map(|(_, e)| {
            let of: Vec<String> = all.iter().filter(|(id, _)| names(e, "evidence", id)).map(|(_, json)| named(json)).collect();
            json!({ "fact": word(e, "fact").unwrap_or_default(), "evidence": of.join("、") })
        })
        .collect();
    if !elements.is_empty() {
        out.insert("elements".to_owned(), Json::Array(elements));
    }
}

fn names(json: &Json, list: &str, id: &str) -> bool {
    json.get(list).and_then(Json::as_array).is_some_and(|all| all.iter().any(|one| one.as_str() == Some(id)))
}

/// The entry that a document is about, or the latest by an instant.
pub(super) fn chosen<'a>(source: &Source<'a>, all: Vec<(&'a str, Json)>, at: &str) -> Option<(&'a str, Json)> {
    let about = all.iter().position(|(id, _)| Some(*id) == source.about);
    let latest = || all.iter().enumerate().max_by_key(|(_, (_, json))| number(json, at)).map(|(n, _)| n);
    let found = about.or_else(latest)?;
    all.into_iter().nth(found)
}

/// A measure under the name by which the templates know it, with its end reckoned (行政处罚法第五十六条; 行政强制法第二十五条).
fn measure(source: &Source<'_>, kind: &str, out: &mut Facts) {
    let all = source.all("measures.").into_iter().filter(|(_, m)| word(m, "kind") == Some(kind)).collect();
    let Some((id, json)) = chosen(source, all, "began_ms") else { return };
    let mut facts = taken(&json, &["basis", "began_ms", "custodian", "detail", "ended_ms", "lab", "place", "reason", "witness"]);
    if let Some(items) = json.get("items").and_then(Json::as_array).filter(|items| !items.is_empty()) {
        let row = |item: &Json| {
            let mut row = Map::new();
            for member in ["count", "name", "note", "seal_no"] {
                put(&mut row, member, Some(word(item, member).unwrap_or_default()));
            }
            Json::Object(row)
        };
        let rows: Vec<Json> = items.iter().map(row).collect();
        out.entry("item_list").or_insert_with(|| Json::Array(Vec::new())).as_array_mut().into_iter().for_each(|list| list.extend(rows.clone()));
        facts.insert("items".to_owned(), Json::Array(rows));
    }
    facts.insert("officers".to_owned(), Json::Array(source.officers(json.get("by").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str))));
    put(&mut facts, "present", json.get("party_present").and_then(Json::as_bool).map(|p| if p { "在场" } else { "不在场" }));
    put(&mut facts, "sign", Some(party_signature(source, &format!("measure-{id}"))));
    let ruling = source.all("rulings.").into_iter().find(|(_, r)| word(r, "of") == Some(id));
    if let Some((_, ruling)) = ruling {
        put(&mut facts, "disposal", said(words::DISPOSALS, word(&ruling, "disposal")));
        put(&mut facts, "disposal_reason", word(&ruling, "reason").map(str::to_owned));
    }
    put(&mut facts, "result", out.get("appraised").and_then(filled).filter(|_| kind == "appraisal").map(|text| sentence(&text)));
    let policy = match kind {
        "registration" => Some("evidence.registration"),
        "seizure" => Some("coercion.seizure"),
        _ => None,
    };
    let reckoned = policy.and_then(|key| end(source, source.period(key)?, day_at(&json, "began_ms")?, Side::Organ)).map(|d| d.to_string());
    put(&mut facts, "until", reckoned.or_else(|| word(&json, "term").map(str::to_owned)));
    let name = if kind == "electronic_extraction" { "extraction" } else { kind };
    out.insert(name.to_owned(), Json::Object(facts));
}

/// The last day of a period, if the calendar knows its years.
pub(super) fn end(source: &Source<'_>, period: Period, start: Date, side: Side) -> Option<Date> {
    deadline(&Calendar::of(source.book), period, start, side, &[]).ok()?.deadline().map(|d| d.due)
}

/// The signature that the party gave for a thing: by its role on the record, `party` or the thing itself.
pub(super) fn party_signature(source: &Source<'_>, role: &str) -> String {
    let all = source.all("signatures.");
    all.iter().find(|(_, s)| word(s, "role") == Some(role)).map(|(id, _)| (*id).to_owned()).unwrap_or_default()
}

fn inquiry(source: &Source<'_>, out: &mut Facts) {
    let Some((_, json)) = chosen(source, source.all("inquiries."), "started_ms") else { return };
    let mut facts = taken(&json, &["ended_ms", "guardian", "id_no", "name", "place", "qa", "relation", "started_ms"]);
    let officers = source.officers(json.get("by").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str));
    let numbers: Option<Vec<&str>> = officers.iter().map(|o| word(o, "certificate")).collect();
    put(&mut facts, "certificates", numbers.filter(|n| !n.is_empty()).map(|n| n.join("、")));
    facts.insert("officers".to_owned(), Json::Array(officers.clone()));
    // What was answered to the two standing questions is said only if the record says that they were put.
    put(&mut facts, "shown", yes(&json, "certificates_shown").then_some("已看清，确认无误。"));
    put(&mut facts, "told", yes(&json, "rights_told").then_some("听清了。"));
    put(&mut facts, "sign", Some(source.sign(&json, "signature")));
    out.insert("inquiry".to_owned(), Json::Object(facts));
}

/// What was done, one line each, for reports.
fn lists(source: &Source<'_>, out: &mut Facts) {
    let mut measures: Vec<(Option<i64>, Json)> = source
        .all("measures.")
        .into_iter()
        .map(|(_, m)| {
            let place = word(&m, "place").map(|p| format!("（{p}）")).unwrap_or_default();
            (
                number(&m, "began_ms"),
                json!({ "began": instant_at(&m, "began_ms").unwrap_or_default(), "name": said(words::MEASURES, word(&m, "kind")).unwrap_or_default(), "place": place }),
            )
        })
        .collect();
    measures.sort_by_key(|(at, _)| *at);
    let mut inquiries: Vec<(Option<i64>, Json)> = source
        .all("inquiries.")
        .into_iter()
        .map(|(_, i)| {
            let text = |member| word(&i, member).unwrap_or_default().to_owned();
            (number(&i, "started_ms"), json!({ "began": instant_at(&i, "started_ms").unwrap_or_default(), "name": text("name"), "relation": text("relation") }))
        })
        .collect();
    inquiries.sort_by_key(|(at, _)| *at);
    out.insert("measures".to_owned(), measures.into_iter().map(|(_, m)| m).collect());
    out.insert("inquiries".to_owned(), inquiries.into_iter().map(|(_, i)| i).collect());
    let titles = crate::case::standing(source.record, "documents.").filter(|(_, d)| word(d, "state") != Some("void"));
    let titles: Vec<String> = titles.filter_map(|(_, d)| Some(crate::document::type_of(word(&d, "type")?)?.title_zh.to_owned())).collect();
    let evidence: Vec<String> = out.get("evidence").and_then(Json::as_array).into_iter().flatten().filter_map(|e| word(e, "name").map(str::to_owned)).collect();
    let material: Vec<String> = titles.into_iter().chain(evidence).collect();
    put(out, "materials", Some(if material.is_empty() { "无".to_owned() } else { material.join("、") }));
    if !material.is_empty() {
        put(out, "material_list", Some(material));
    }
}

/// 责令改正 (行政处罚法第二十八条) and its re-check.
fn order(source: &Source<'_>, out: &mut Facts) {
    let json = source.json("order");
    let mut facts = taken(&json, &["deadline", "demand"]);
    if !facts.contains_key("demand") {
        return;
    }
    put(&mut facts, "fact", source.text("facts"));
    put(&mut facts, "clause", out.get("clause").and_then(filled));
    let demand = word(&json, "demand").unwrap_or_default();
    let until = word(&json, "deadline").and_then(|d| d.parse().ok()).map(super::super::filters::day);
    put(
        out,
        "performance",
        Some(sentence(&match &until {
            Some(day) => format!("你（单位）应当于{day}前改正违法行为：{demand}"),
            None => format!("你（单位）应当改正违法行为：{demand}"),
        })),
    );
    put(out, "performance_told", out.get("performance").and_then(filled).map(|text| text.replace("你（单位）", "当事人")));
    if let Some(at) = number(&json, "rechecked_ms") {
        out.insert("recheck".to_owned(), json!({ "at_ms": at }));
        let result = said(words::RECHECKS, word(&json, "recheck")).unwrap_or_default();
        out.insert("rechecks".to_owned(), json!([{ "demand": demand, "deadline": until.unwrap_or_else(|| "立即".to_owned()), "result": result, "note": "" }]));
        put(out, "correction", Some(result).filter(|r| !r.is_empty()));
    }
    out.insert("order".to_owned(), Json::Object(facts));
    out.insert("photos".to_owned(), json!(""));
}

/// Ground of no penalty, and how the party was taught (行政处罚法第三十三条).
fn exemption(source: &Source<'_>, out: &mut Facts) {
    let json = source.json("exemption");
    if let Some(clause) = said(words::EXEMPTIONS, word(&json, "clause")) {
        let mut facts = taken(&json, &["reason"]);
        put(&mut facts, "clause", Some(clause));
        out.insert("exemption".to_owned(), Json::Object(facts));
    }
    let education = source.json("education");
    put(out, "education", word(&education, "text").map(sentence));
}

/// Rights, address, consent: what the party was told and signed.
fn told(source: &Source<'_>, out: &mut Facts) {
    let rights = source.json("rights");
    let mut facts = taken(&rights, &["at_ms"]);
    put(&mut facts, "sign", Some(source.sign(&rights, "signature")));
    out.insert("rights".to_owned(), Json::Object(facts));
    let asked = source.all("recusals.");
    let recusal = if asked.is_empty() {
        "不申请回避。".to_owned()
    } else {
        asked.iter().filter_map(|(_, r)| word(r, "reason")).map(|r| format!("申请回避，理由：{}", sentence(r))).collect()
    };
    put(out, "recusal", Some(recusal).filter(|r| !r.is_empty()));
    let address = source.json("service_address");
    if !address.is_null() {
        let mut facts = taken(&address, &["address", "system"]);
        put(&mut facts, "electronic", Some(if yes(&address, "electronic") { "同意电子送达" } else { "不同意电子送达" }));
        put(&mut facts, "sign", Some(source.sign(&address, "signature")));
        out.insert("service_address".to_owned(), Json::Object(facts));
    }
    let fast = source.json("fast");
    if !fast.is_null() {
        let mut facts = taken(&fast, &["consent_ms"]);
        put(&mut facts, "sign", Some(source.sign(&fast, "consent_signature")));
        out.insert("fast".to_owned(), Json::Object(facts));
    }
    let simple = source.json("simple");
    if !simple.is_null() {
        let mut facts = Map::new();
        put(&mut facts, "statement", word(&simple, "statement").map(sentence).or_else(|| yes(&simple, "heard").then(|| "无陈述、申辩意见。".to_owned())));
        let refused = yes(&simple, "refused").then(|| refusal(word(&simple, "witness")));
        put(&mut facts, "sign", Some(refused.map_or_else(|| source.sign(&simple, "signature"), |text| refused_line(out, "refused-simple", &text))));
        out.insert("simple".to_owned(), Json::Object(facts));
    }
    out.insert("receipt".to_owned(), json!({ "sign": party_signature(source, "receipt") }));
    for (key, policy) in [("statement_term", "penalty.statement"), ("hearing_term", "penalty.hearing.request"), ("urge_term", "court.urge")] {
        put(out, key, source.period(policy).map(length));
    }
    put(out, "pay_days", source.period("penalty.pay").map(|p| p.count));
}

pub(super) fn refusal(witness: Option<&str>) -> String {
    format!("拒绝签名{}", witness.map(|w| format!("，见证人：{w}")).unwrap_or_default())
}

/// A line that says that the signature was refused; gives its id among the signatures.
pub(super) fn refused_line(out: &mut Facts, id: &str, text: &str) -> String {
    let signatures = out.entry("signatures").or_insert_with(|| json!({}));
    if let Some(all) = signatures.as_object_mut() {
        all.insert(id.to_owned(), json!({ "refused": text }));
    }
    id.to_owned()
}

/// How it ended: transferred, undone, closed, archived.
fn ended(source: &Source<'_>, out: &mut Facts) {
    if source.record.stage() == stage::NOT_FILED {
        out.insert("not_filed".to_owned(), Json::Bool(true));
    }
    let said_so = |act: &str| ["handler", "section", "head"].iter().find_map(|v| word(&source.json(&format!("opinions.{act}.{v}")), "text").map(str::to_owned));
    let filing = said_so(if out.contains_key("not_filed") { "not_file" } else { "file" });
    put(out, "filing_reason", filing);
    let json = source.json("ended");
    if !json.is_null() {
        let mut facts = taken(&json, &["authority", "reason", "ref"]);
        if source.record.stage() == stage::CHANGED || !source.json("opinions.change_decision.head").is_null() {
            facts.insert("changed".to_owned(), Json::Bool(true));
        }
        out.insert("ended".to_owned(), Json::Object(facts));
    }
    for (stage, act, kind) in [(stage::SUSPENDED, "suspend", "案件中止"), (stage::TERMINATED, "terminate", "案件终止"), (stage::WITHDRAWN, "withdraw", "撤销立案")] {
        let opinions = steps::opinions(source, act);
        if source.record.stage() != stage && opinions.is_none() {
            continue;
        }
        let standstill = source.all("standstills.").into_iter().filter(|(_, s)| word(s, "ground") == Some("suspension")).max_by_key(|(_, s)| word(s, "from").map(str::to_owned));
        let mut facts = Map::new();
        put(&mut facts, "kind", Some(kind));
        put(&mut facts, "opinions", opinions);
        let stood = standstill.filter(|_| act == "suspend").map(|(_, s)| s).unwrap_or_default();
        put(&mut facts, "from", word(&stood, "from"));
        put(&mut facts, "reason", word(&stood, "reason").map(str::to_owned).or_else(|| word(&json, "reason").map(str::to_owned)).or_else(|| said_so(act)));
        out.insert("stay".to_owned(), Json::Object(facts));
    }
    let rulings: Vec<String> = source.all("rulings.").into_iter().filter_map(|(_, r)| said(words::DISPOSALS, word(&r, "disposal")).map(str::to_owned)).collect();
    put(out, "disposals", Some(if rulings.is_empty() { "无涉案财物".to_owned() } else { rulings.join("、") }));
    put(out, "closing_reason", said_so("close"));
    put(out, "closed", day_at(&source.json("opinions.close.head"), "at_ms").map(|d| d.to_string()));
    let archive = source.json("archive");
    let mut facts = taken(&archive, &["pages"]);
    put(&mut facts, "day", day_at(&archive, "at_ms").map(|d| d.to_string()));
    put(&mut facts, "by", word(&archive, "by").and_then(|by| source.name(by)));
    let retention = word(&archive, "retention").and_then(|what| crate::law::policy::retention(source.book, what, source.day).ok());
    put(&mut facts, "retention", retention.map(|r| r.value.map_or_else(|| "永久".to_owned(), years)));
    put(&mut facts, "count", Some(source.all("documents.").iter().filter(|(_, d)| word(d, "state") != Some("void")).count()));
    put(&mut facts, "note", Some("无"));
    put(&mut facts, "checker", Some(""));
    out.insert("archive".to_owned(), Json::Object(facts));
}

fn years(period: Period) -> String {
    if period.unit == crate::law::period::Unit::Months && period.count.is_multiple_of(12) { format!("{}年", period.count / 12) } else { length(period) }
}

/// The clauses of a list of matters, for forms: name and clause.
pub(super) fn matter_row(source: &Source<'_>, code: &str) -> Option<Json> {
    let found = matter(source, code, source.day)?;
    Some(json!({ "name": found.name, "clause": found.violation.iter().map(cited).collect::<Vec<_>>().join("、") }))
}
