//! Who said what on a step: opinions, reviews, the hearing, the discussion, services, urging and the court.

use serde_json::{Map, Value as Json, json};

use super::case::{chosen, refusal, refused_line};
use super::words::{self, said};
use super::{Facts, Source, day_at, number, put, sentence, taken, word, yes};
use crate::case::stage;
use crate::document::filters::day;
use crate::document::type_of;

pub(super) fn add(source: &Source<'_>, out: &mut Facts) {
    let mut steps = Map::new();
    for (key, _) in source.all("opinions.") {
        let Some((step, _)) = key.rsplit_once('.') else { continue };
        // A measure's step names the measure: registration-m1 is told as registration.
        let (name, of) = step.split_once('-').map_or((step, None), |(name, id)| (name, Some(id)));
        let other = of.is_some() && source.about.is_some_and(|about| of != Some(about) && source.all("measures.").iter().any(|(id, _)| *id == about));
        if !other && let Some(found) = opinions(source, step) {
            steps.insert(name.to_owned(), found);
        }
    }
    out.insert("opinions".to_owned(), Json::Object(steps));
    for (key, name) in [("case_review", "case_review"), ("legal_review", "legal")] {
        let json = source.json(key);
        let mut facts = taken(&json, &["at_ms", "certificate", "opinion"]);
        put(&mut facts, "issues", Some(word(&json, "issues").unwrap_or("未发现问题").to_owned()).filter(|_| !json.is_null()));
        put(&mut facts, "outcome", said(words::OUTCOMES, word(&json, "outcome")));
        put(&mut facts, "by", word(&json, "by").and_then(|by| source.name(by)));
        if !json.is_null() {
            out.insert(name.to_owned(), Json::Object(facts));
        }
    }
    hearing(source, out);
    discussion(source, out);
    service(source, out);
    let urge = source.json("urge");
    if let Some(served) = day_at(&urge, "served_ms") {
        let defence = word(&urge, "defence").map_or_else(|| "被催告人未提出陈述、申辩".to_owned(), |d| format!("被催告人提出：{}", sentence(d).trim_end_matches('。')));
        out.insert("urge".to_owned(), json!({ "day": served.to_string(), "defence": defence }));
    }
    let court = source.json("court");
    if !court.is_null() {
        out.insert("court_case".to_owned(), Json::Object(taken(&court, &["court"])));
    }
    let substitute = source.json("substitute");
    if !substitute.is_null() {
        out.insert("substitute".to_owned(), Json::Object(taken(&substitute, &["agent", "basis", "budget_fen", "day", "object", "reason", "way"])));
    }
}

/// The rows of a step: handler, section and head always, other voices where they spoke. Nothing if nobody spoke.
pub(super) fn opinions(source: &Source<'_>, step: &str) -> Option<Json> {
    let mut any = false;
    let rows: Vec<Json> = words::VOICES
        .iter()
        .filter_map(|(voice, label)| {
            let json = source.json(&format!("opinions.{step}.{voice}"));
            if json.is_null() {
                return ["handler", "section", "head"].contains(voice).then(|| json!({ "label": label, "text": "", "name": "", "day": "" }));
            }
            any = true;
            let agreed = if yes(&json, "agrees") { "同意。" } else { "不同意。" };
            let late = word(&json, "late").map(|reason| format!("（补办：{reason}）")).unwrap_or_default();
            let mut row = Map::new();
            put(&mut row, "label", Some(*label));
            put(&mut row, "text", Some(format!("{}{late}", word(&json, "text").map_or_else(|| agreed.to_owned(), sentence))));
            put(&mut row, "name", word(&json, "by").and_then(|by| source.name(by)));
            put(&mut row, "day", day_at(&json, "at_ms").map(day));
            Some(Json::Object(row))
        })
        .collect();
    any.then_some(Json::Array(rows))
}

fn hearing(source: &Source<'_>, out: &mut Facts) {
    let json = source.json("hearing");
    if json.is_null() {
        return;
    }
    let mut facts = taken(&json, &["at_ms", "ended_ms", "opinion", "place", "record", "requested_ms"]);
    put(&mut facts, "chair", word(&json, "chair").and_then(|by| source.name(by)));
    put(&mut facts, "recorder", word(&json, "recorder").and_then(|by| source.name(by)));
    // Public unless a secret or privacy forbids it (行政处罚法第六十四条第三项).
    put(&mut facts, "mode", Some(if json.get("open").and_then(Json::as_bool) == Some(false) { "不公开" } else { "公开" }));
    put(&mut facts, "sign", Some(super::case::party_signature(source, "hearing")));
    out.insert("hearing".to_owned(), Json::Object(facts));
}

fn discussion(source: &Source<'_>, out: &mut Facts) {
    let json = source.json("discussion");
    if json.is_null() {
        return;
    }
    let mut facts = taken(&json, &["at_ms", "decision", "place", "recorder", "votes_against", "votes_for"]);
    put(&mut facts, "chair", word(&json, "chair").and_then(|by| source.name(by)));
    let members: Option<Vec<String>> = json.get("members").and_then(Json::as_array).map(|all| all.iter().filter_map(|id| source.name(id.as_str()?)).collect());
    put(&mut facts, "members", members.filter(|m| !m.is_empty()).map(|m| m.join("、")));
    let views: Vec<Json> = source
        .all("views.")
        .into_iter()
        .map(|(id, view)| {
            let mut row = taken(&view, &["view"]);
            put(&mut row, "name", word(&view, "name").map(str::to_owned).or_else(|| source.name(id)));
            put(&mut row, "against", Some(if yes(&view, "against") { "是" } else { "否" }));
            Json::Object(row)
        })
        .collect();
    if !views.is_empty() {
        facts.insert("views".to_owned(), Json::Array(views));
    }
    out.insert("discussion".to_owned(), Json::Object(facts));
}

/// The service that the document is about, else that of the decision (民事诉讼法第八十七条至第九十五条).
fn service(source: &Source<'_>, out: &mut Facts) {
    let other = source.about.map(|id| source.json(&format!("services.{id}"))).filter(|json| !json.is_null());
    let main = Some(source.json("served")).filter(|json| !json.is_null());
    let Some(json) = other.or(main).or_else(|| chosen(source, source.all("services."), "at_ms").map(|(_, json)| json)) else { return };
    let mut facts = taken(&json, &["posted", "system", "to", "tracking", "witness"]);
    let document = word(&json, "document").map(|id| source.json(&format!("documents.{id}"))).filter(|d| !d.is_null());
    let decided = match source.record.stage() {
        stage::NOT_PUNISHED => "no_penalty_decision",
        _ if source.text("procedure").as_deref() == Some("simple") => "spot_decision",
        _ => "penalty_decision",
    };
    let sort = document.as_ref().and_then(|d| word(d, "type")).or(Some(decided).filter(|_| word(&json, "document").is_none()));
    put(&mut facts, "title", sort.and_then(type_of).map(|t| t.title_zh));
    // Everything that one receipt is for stands on it, in its order.
    let together: Vec<Json> = json
        .get("documents")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .map(|id| source.json(&format!("documents.{id}")))
        .filter(|d| !d.is_null())
        .collect();
    if !together.is_empty() {
        let join = |words: Vec<String>| Some(words.join("、")).filter(|text| !text.is_empty());
        put(&mut facts, "title", join(together.iter().filter_map(|d| Some(format!("《{}》", source.title(type_of(word(d, "type")?)?)))).collect()));
        put(&mut facts, "no", join(together.iter().filter_map(|d| word(d, "no").map(str::to_owned)).collect()));
        return rest(source, out, &json, facts);
    }
    let no = document.as_ref().and_then(|d| word(d, "no")).map(str::to_owned).or_else(|| source.text("decision_no").filter(|_| document.is_none()));
    put(&mut facts, "no", no);
    rest(source, out, &json, facts);
}

/// How it was served, whatever it was.
fn rest(source: &Source<'_>, out: &mut Facts, json: &Json, mut facts: Facts) {
    put(&mut facts, "way", said(words::WAYS, word(json, "way")));
    put(&mut facts, "at_ms", number(json, "received_ms").or_else(|| number(json, "at_ms")));
    put(&mut facts, "relation", Some(word(json, "relation").unwrap_or("本人").to_owned()));
    put(&mut facts, "place", source.json("service_address").get("address").and_then(super::filled));
    if yes(json, "refused") || word(json, "way") == Some("lien") {
        put(&mut facts, "refused", Some(word(json, "reason").unwrap_or("受送达人拒绝签收").to_owned()));
        if word(json, "video").is_some() && word(json, "witness").is_none() {
            put(&mut facts, "witness", Some("采用拍照、录像方式记录送达过程"));
        }
        put(&mut facts, "sign", Some(refused_line(out, "refused-service", &refusal(word(json, "witness")))));
    } else {
        put(&mut facts, "sign", Some(source.sign(json, "signature")));
    }
    out.insert("service".to_owned(), Json::Object(facts));
}
