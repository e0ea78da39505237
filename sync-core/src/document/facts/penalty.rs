//! The penalty in words, figures and capitals, what is told of it, and what is owed of it on a day.

use serde_json::{Map, Value as Json, json};

use super::words::{self, said};
use super::{Facts, Source, day_at, filled, number, put, sentence, taken, word, yes};
use crate::base::date::{Validity, next};
use crate::base::money::Fen;
use crate::base::{Date, UtcMs};
use crate::case::read::View;
use crate::credit::assess::assess;
use crate::credit::condition::opens;
use crate::document::filters::{capital, day, instant, money};
use crate::law::period::Side;
use crate::law::{Calendar, policy, surcharge};

pub(super) fn add(source: &Source<'_>, out: &mut Facts) {
    let mut all = vec![source.json("penalty")];
    all.extend(source.all("penalties.").into_iter().map(|(_, p)| p));
    all.retain(|p| word(p, "kind").is_some());
    let texts: Vec<String> = all.iter().filter_map(in_words).collect();
    if !texts.is_empty() {
        put(out, "proposal", Some(sentence(&texts.join("；"))));
        let last = texts.len() - 1;
        let ended: Vec<String> = texts.into_iter().enumerate().map(|(n, t)| format!("{t}{}", if n == last { "。" } else { "；" })).collect();
        put(out, "penalties", Some(ended));
    }
    let fine = View::of(source.record).fines();
    if fine.0 > 0 {
        put(out, "fine", Some(fine.0));
    }
    discretion(source, out);
    decision(source, out);
    notice(source, out);
    owed(source, out, fine);
    let collected = source.json("collected");
    if let Some(ground) = said(words::COLLECTIONS, word(&collected, "ground")) {
        let mut facts = taken(&collected, &["receipt"]);
        put(&mut facts, "ground", Some(ground));
        out.insert("collected".to_owned(), Json::Object(facts));
    }
    instalments(source, out);
    credit(source, out);
    advice(source, out);
}

/// One penalty: 罚款人民币贰仟元整（2,000.00元）. A fine without its amount says nothing.
fn in_words(json: &Json) -> Option<String> {
    let kind = word(json, "kind")?;
    let name = said(words::PENALTIES, Some(kind))?;
    let amount = number(json, "amount_fen").map(|fen| format!("{}（{}）", capital(Fen(fen)), money(Fen(fen))));
    let detail = word(json, "detail").map(str::to_owned).unwrap_or_default();
    Some(match (kind, amount) {
        ("fine", amount) => format!("罚款人民币{}", amount?),
        ("confiscation", Some(amount)) => format!("没收违法所得人民币{amount}{detail}"),
        ("other", _) if !detail.is_empty() => detail,
        (_, _) => [name, detail.as_str()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("："),
    })
}

fn discretion(source: &Source<'_>, out: &mut Facts) {
    let json = source.json("discretion");
    let circumstances: Vec<&str> = json.get("circumstances").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
    let parts = [
        circumstances.join("、"),
        word(&json, "reason").unwrap_or_default().to_owned(),
        word(&json, "ground").unwrap_or_default().to_owned(),
        word(&json, "deviation").unwrap_or_default().to_owned(),
    ];
    let parts: Vec<&str> = parts.iter().map(|p| p.trim().trim_end_matches('。')).filter(|p| !p.is_empty()).collect();
    if parts.is_empty() {
        return;
    }
    let end = said(words::LENIENCIES, word(&json, "leniency")).filter(|l| !l.is_empty()).map(|l| format!("，决定予以{l}")).unwrap_or_default();
    put(out, "discretion", Some(format!("根据当事人违法行为的事实、性质、情节以及社会危害程度，{}{end}。", parts.join("；"))));
}

/// Number, day and service of the decision, and its outcome in one sentence.
fn decision(source: &Source<'_>, out: &mut Facts) {
    let on_record = |sort: &[&str]| {
        let standing = source.all("documents.").into_iter().chain(source.all("papers."));
        let mut of = standing.filter(|(_, d)| word(d, "state") != Some("void") && word(d, "type").is_some_and(|t| sort.contains(&t)));
        of.find_map(|(_, d)| word(&d, "no").or_else(|| d.get("number").and_then(|n| word(n, "no"))).map(str::to_owned))
    };
    let no = source.text("decision_no").or_else(|| on_record(&["penalty_decision", "spot_decision", "no_penalty_decision"]));
    let mut facts = Map::new();
    put(&mut facts, "no", no);
    put(&mut facts, "day", source.text("decided_date"));
    put(&mut facts, "served", served(source).map(|d| d.to_string()));
    if facts.contains_key("no") {
        out.insert("decision".to_owned(), Json::Object(facts));
    }
    let spared = source.json("exemption");
    let result = match (out.get("proposal").and_then(filled), word(&spared, "clause")) {
        (_, Some(_)) => Some("不予行政处罚。".to_owned()),
        (Some(text), None) => Some(text),
        (None, None) => source.json("transferred").get("reason").and_then(filled).or_else(|| source.json("ended").get("reason").and_then(filled)),
    };
    put(out, "result", result);
}

/// The day on which the decision counts as served.
fn served(source: &Source<'_>) -> Option<Date> {
    let json = source.json("served");
    day_at(&json, "received_ms").or_else(|| day_at(&json, "at_ms"))
}

/// What the party was told and answered, as a decision says it (行政处罚法第四十四条、第四十五条、第五十九条).
fn notice(source: &Source<'_>, out: &mut Facts) {
    let told = source.json("pre_notice");
    if yes(&told, "hearing_told") {
        out.insert("hearing_told".to_owned(), Json::Bool(true));
    }
    let Some(at) = day_at(&told, "served_ms") else { return };
    out.insert("notice".to_owned(), json!({ "day": at.to_string() }));
    let hearing_right = if yes(&told, "hearing_told") { "、要求听证" } else { "" };
    let mut text =
        format!("本机关于{}依法向你（单位）送达《行政处罚事先告知书》，告知拟作出行政处罚的内容及事实、理由、依据，以及依法享有的陈述、申辩{hearing_right}的权利。", day(at));
    let defence = source.json("defence");
    match word(&defence, "statement") {
        Some(statement) => {
            let adopted = if yes(&defence, "adopted") { "本机关予以采纳" } else { "本机关不予采纳" };
            let review = word(&defence, "review").map(|r| format!("经复核，{}", sentence(r))).unwrap_or_default();
            text.push_str(&format!("你（单位）提出陈述、申辩：{}{review}{adopted}。", sentence(statement)));
        }
        None if yes(&defence, "waived") => text.push_str("你（单位）书面声明放弃陈述、申辩。"),
        None => text.push_str("你（单位）在规定期限内未提出陈述、申辩。"),
    }
    let hearing = source.json("hearing");
    if number(&hearing, "requested_ms").is_some() {
        let at = number(&hearing, "at_ms").and_then(|ms| instant(UtcMs(ms)));
        match (yes(&hearing, "withdrawn"), yes(&hearing, "absent"), at) {
            (true, _, _) => text.push_str("你（单位）提出听证要求后撤回。"),
            (_, true, _) => text.push_str("你（单位）要求听证，但无正当理由未出席，视为放弃听证权利。"),
            (_, _, Some(at)) => {
                text.push_str(&format!("应你（单位）要求，本机关于{at}举行听证。"));
                if let Some(opinion) = word(&hearing, "opinion") {
                    text.push_str(&format!("听证意见：{}", sentence(opinion)));
                }
            }
            _ => {}
        }
    } else if yes(&told, "hearing_told") {
        text.push_str("你（单位）未要求听证。");
    }
    // Others than the party read it in the third person.
    put(out, "defence_told", Some(text.replace("你（单位）", "当事人")));
    put(out, "defence", Some(text));
    if word(&defence, "statement").is_some() {
        let mut facts = taken(&defence, &["at_ms", "review"]);
        put(&mut facts, "text", word(&defence, "statement"));
        put(&mut facts, "adopted", defence.get("adopted").and_then(Json::as_bool).map(|a| if a { "采纳" } else { "不采纳" }));
        put(&mut facts, "reviewer", word(&defence, "reviewer").and_then(|r| source.name(r)));
        put(&mut facts, "sign", Some(source.sign(&defence, "signature")));
        out.insert("statement".to_owned(), Json::Object(facts));
    }
}

/// What is unpaid, and the surcharge up to the day of the document (行政处罚法第七十二条、第七十三条).
fn owed(source: &Source<'_>, out: &mut Facts, fine: Fen) {
    let payments: Vec<(String, surcharge::Payment)> = source
        .all("payments.")
        .into_iter()
        .filter_map(|(_, p)| {
            Some((word(&p, "for").unwrap_or("fine").to_owned(), surcharge::Payment { day: word(&p, "day")?.parse().ok()?, amount: Fen(number(&p, "amount_fen")?) }))
        })
        .collect();
    let paid = |what: &str| payments.iter().filter(|(w, _)| w == what).map(|(_, p)| p.amount.0).fold(0, i64::saturating_add);
    let total: i64 = paid("fine").saturating_add(paid("gains")).saturating_add(paid("surcharge"));
    let said = if total > 0 {
        format!("已缴纳{}。", money(Fen(total)))
    } else if fine.0 > 0 {
        "尚未缴纳。".to_owned()
    } else {
        "无罚没款。".to_owned()
    };
    put(out, "payment", Some(said));
    let pay = || super::case::end(source, source.period("penalty.pay")?, served(source)?, Side::Party);
    let last = source.all("instalments.").into_iter().filter_map(|(_, i)| word(&i, "day")?.parse::<Date>().ok()).max();
    let Some(due) = last.or_else(pay).filter(|_| fine.0 > 0) else { return };
    let Ok(terms) = policy::surcharge_terms(source.book, source.day) else { return };
    let pauses: Vec<Validity> = source
        .all("remedies.")
        .into_iter()
        .filter_map(|(_, r)| Some(Validity { from: word(&r, "filed")?.parse().ok()?, until: word(&r, "ended").and_then(|d| d.parse().ok()).map(next) }))
        .collect();
    let to_fine: Vec<surcharge::Payment> = payments.iter().filter(|(w, _)| w == "fine").map(|(_, p)| *p).collect();
    let told = yes(&source.json("penalty"), "surcharge_told");
    let found = surcharge::surcharge(surcharge::Fine { amount: fine, due, told }, terms.value, &to_fine, &pauses, source.day);
    let gains = confiscated(source).saturating_sub(paid("gains")).max(0);
    let unpaid = found.unpaid.0.saturating_add(gains);
    let added = found.amount.0.saturating_sub(paid("surcharge")).max(0);
    put(out, "unpaid", Some(unpaid));
    put(out, "surcharge", Some(added));
    put(out, "surcharge_from", Some(next(due).to_string()));
    put(out, "owed", Some(unpaid.saturating_add(added)));
}

fn confiscated(source: &Source<'_>) -> i64 {
    let all = std::iter::once(source.json("penalty")).chain(source.all("penalties.").into_iter().map(|(_, p)| p));
    all.filter(|p| word(p, "kind") == Some("confiscation")).filter_map(|p| number(&p, "amount_fen")).fold(0, i64::saturating_add)
}

fn instalments(source: &Source<'_>, out: &mut Facts) {
    let mut all: Vec<(String, Json)> =
        source.all("instalments.").into_iter().filter_map(|(_, i)| Some((word(&i, "day")?.to_owned(), Json::Object(taken(&i, &["amount_fen", "day"]))))).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    if all.is_empty() {
        return;
    }
    out.insert("instalments".to_owned(), all.into_iter().map(|(_, i)| i).collect());
    let asked = ["handler", "head"].iter().find_map(|v| word(&source.json(&format!("opinions.instalment.{v}")), "text").map(str::to_owned));
    put(out, "instalment_reason", asked);
}

/// Category and display of the decision's record, and from when on its repair may be asked for (`domain.md` §7.2): by the rules of the
/// day of the document.
fn credit(source: &Source<'_>, out: &mut Facts) {
    let calendar = Calendar::of(source.book);
    let Ok(Some(found)) = assess(&View::of(source.record), source.book, &calendar, source.day) else { return };
    let materials: Vec<&str> = found.materials.iter().filter_map(|m| said(words::MATERIALS, Some(m))).collect();
    let mut facts = Map::new();
    put(&mut facts, "category", said(words::CATEGORIES, Some(found.category.as_str())));
    put(&mut facts, "min", Some(super::length(found.shortest)));
    put(&mut facts, "max", Some(super::length(found.longest)));
    put(&mut facts, "from", Some(if found.runs_from == "publication" { "公示之日" } else { "行政处罚决定作出之日" }));
    put(&mut facts, "earliest", opens(&found, source.book).map(day));
    put(&mut facts, "materials", Some(materials).filter(|m| !m.is_empty()));
    out.insert("credit".to_owned(), Json::Object(facts));
}

/// The advice as it was put together for the case (合规建议书).
fn advice(source: &Source<'_>, out: &mut Facts) {
    let json = source.json("advice");
    if json.is_null() {
        return;
    }
    let lines = |member: &str| -> Vec<String> { json.get(member).and_then(Json::as_array).into_iter().flatten().filter_map(filled).collect() };
    let mut facts = taken(&json, &["summary"]);
    put(&mut facts, "cause", Some(lines("causes").join("；")).filter(|c| !c.is_empty()).map(|c| sentence(&c)));
    put(&mut facts, "measures", Some(lines("measures")).filter(|m| !m.is_empty()));
    put(&mut facts, "checks", Some(lines("checks")).filter(|c| !c.is_empty()));
    put(&mut facts, "follow_up", word(&json, "follow_up").and_then(|d| d.parse().ok()).map(|d: Date| format!("{}前", day(d))));
    out.insert("advice".to_owned(), Json::Object(facts));
    let more = lines("clauses");
    if !more.is_empty() {
        let own = out.get("clause").and_then(filled);
        put(out, "clause", Some(own.into_iter().chain(more).collect::<Vec<_>>().join("、")));
    }
}
