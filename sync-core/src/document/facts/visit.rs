//! The facts of a visit: what is inspected by whom, what the form says, what was ordered, and how it was re-checked.

use serde_json::{Map, Value as Json, json};

use super::case::{chosen, matter_row, refusal, refused_line};
use super::words::{self, said};
use super::{Facts, Source, day_at, filled, number, put, taken, word, yes};
use crate::base::Date;
use crate::document::filters::day;
use crate::org::Organ;

pub(super) fn add(source: &Source<'_>, out: &mut Facts) {
    object(source, out);
    put(out, "mode", said(words::MODES, source.text("mode").as_deref()));
    put(out, "way", Some("现场检查"));
    put(out, "planned", source.text("planned_date"));
    let triggered = source.json("source");
    let task = source.text("task").or_else(|| {
        let kind = said(words::VISIT_SOURCES, word(&triggered, "kind"))?;
        Some(word(&triggered, "text").map_or_else(|| kind.to_owned(), |text| format!("{kind}：{text}")))
    });
    put(out, "task", task.or_else(|| source.all("organs.").iter().any(|(_, o)| word(o, "plan").is_some()).then(|| "年度检查计划".to_owned())));
    put(out, "urgent", word(&source.json("urgent"), "reason").map(str::to_owned));
    people(source, out);
    matters(source, out);
    for (key, field) in [("start_ms", "started_ms"), ("end_ms", "finished_ms")] {
        put(out, key, source.json(field).as_i64());
    }
    let findings = findings(source);
    out.insert("findings".to_owned(), Json::Array(findings));
    let photos = source.all("photos.");
    put(out, "photos", Some(if photos.is_empty() { String::new() } else { format!("共{}张", photos.len()) }));
    let summary = source.text("summary");
    if let Some(summary) = &summary {
        out.insert("paragraphs".to_owned(), summary.lines().filter(|l| !l.trim().is_empty()).map(|l| json!(l)).collect());
    }
    put(out, "conclusion", word(&source.json("result"), "conclusion").map(str::to_owned));
    party(source, out);
    orders(source, out);
    signers(source, out);
    let bans = crate::law::policy::get::<String>(source.book, "inspection.bans", source.day).ok().map(|a| a.value).filter(|t| !t.trim().is_empty());
    put(out, "bans", bans);
    put(out, "materials", Some("与上述检查事项有关的证照、台账、记录等材料。"));
    let blank = |label: &str| json!({ "label": label, "text": "", "name": "", "day": "" });
    let made_up = source.json("regularised");
    let mut head = Map::new();
    put(&mut head, "label", Some("负责人审批意见"));
    put(&mut head, "text", Some(word(&made_up, "reason").map(|r| format!("同意补办审批：{r}")).unwrap_or_default()));
    put(&mut head, "name", Some(word(&made_up, "by").and_then(|by| source.name(by)).unwrap_or_default()));
    put(&mut head, "day", Some(day_at(&made_up, "at_ms").map(day).unwrap_or_default()));
    out.insert("opinions".to_owned(), json!({ "approve": [blank("承办人意见"), blank("承办机构意见"), head] }));
    out.insert("receipt".to_owned(), json!({ "sign": source.sign(&source.json("party"), "signature") }));
}

fn object(source: &Source<'_>, out: &mut Facts) {
    let first = source.all("subjects.").into_iter().map(|(_, s)| s).next().unwrap_or_default();
    let mut facts = Map::new();
    put(&mut facts, "name", source.text("site.name").or_else(|| word(&first, "name").map(str::to_owned)));
    put(&mut facts, "address", source.text("site.address"));
    put(&mut facts, "id", Some(word(&first, "uscc").map(str::to_owned).or_else(|| source.text("permit_no")).unwrap_or_default()));
    out.insert("object".to_owned(), Json::Object(facts));
    let at = |key: &str| source.json(key).as_i64();
    let degrees = |e7: i64| format!("{}.{:07}", e7 / 10_000_000, e7.unsigned_abs() % 10_000_000);
    let place = source.text("site.address").or_else(|| source.text("site.name"));
    let place = match (place, at("site.lon_e7"), at("site.lat_e7")) {
        (Some(place), Some(lon), Some(lat)) => Some(format!("{place}（东经{}度，北纬{}度）", degrees(lon), degrees(lat))),
        (place, _, _) => place,
    };
    put(out, "place", place);
}

/// Officers with certificates: auxiliaries and who is recused do not act (行政处罚法第四十二条、第四十三条).
fn people(source: &Source<'_>, out: &mut Facts) {
    let recused: Vec<&str> = source.all("recusals.").into_iter().map(|(id, _)| id).collect();
    let mut all = source.all("participants.");
    all.retain(|(id, p)| word(p, "role") != Some("auxiliary") && word(p, "certificate").is_some() && !recused.contains(id));
    all.sort_by_key(|(id, p)| (word(p, "role") != Some("lead"), (*id).to_owned()));
    if all.is_empty() {
        return;
    }
    let officers: Vec<Json> = source.officers(all.iter().map(|(id, _)| *id));
    if let Some(names) = officers.iter().map(|o| word(o, "name")).collect::<Option<Vec<_>>>() {
        put(out, "officer_names", Some(names.join("、")));
    }
    out.insert("officers".to_owned(), Json::Array(officers));
}

fn matters(source: &Source<'_>, out: &mut Facts) {
    let organs = source.all("organs.");
    let name = |code: &str| source.book.get::<Organ>(code, source.day).map_or_else(|| code.to_owned(), |o| o.name);
    let shares: Vec<String> = organs.iter().map(|(code, o)| format!("{}{}", name(code), word(o, "basis").map(|b| format!("（{b}）")).unwrap_or_default())).collect();
    put(out, "organs", Some(shares.join("；")).filter(|t| !t.is_empty()));
    let codes = organs.iter().flat_map(|(_, o)| o.get("matters").and_then(Json::as_array).into_iter().flatten()).filter_map(Json::as_str);
    let mut rows: Vec<Json> = Vec::new();
    for row in codes.filter_map(|code| matter_row(source, code)) {
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    let laws: Vec<String> = organs.iter().filter_map(|(_, o)| word(o, "basis").map(str::to_owned)).collect();
    let cited = rows.iter().filter_map(|r| word(r, "clause").map(str::to_owned)).collect::<Vec<_>>().join("、");
    put(out, "basis", Some(if laws.is_empty() { cited } else { laws.join("、") }).filter(|t| !t.is_empty()));
    if !rows.is_empty() {
        out.insert("matters".to_owned(), Json::Array(rows));
    }
}

/// One line per item of the form, department by department, with its measure.
fn findings(source: &Source<'_>) -> Vec<Json> {
    let items = source.all("items.");
    let mut rows: Vec<(String, Json)> = source
        .all("answers.")
        .into_iter()
        .filter_map(|(id, answer)| {
            let item = items.iter().find(|(of, _)| *of == id).map(|(_, i)| i);
            let departments = item.and_then(|i| i.get("departments")).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect::<Vec<_>>().join("、");
            let measured = number(&answer, "measure").map(|m| {
                let (sign, m) = if m < 0 { ("-", m.unsigned_abs()) } else { ("", m.unsigned_abs()) };
                let figure = format!("{sign}{}.{:03}", m / 1000, m % 1000);
                format!("实测{}{}", figure.trim_end_matches('0').trim_end_matches('.'), word(&answer, "unit").unwrap_or_default())
            });
            let detail = [measured, word(&answer, "reason").map(str::to_owned)].into_iter().flatten().collect::<Vec<_>>().join("；");
            let title = item.and_then(|i| word(i, "title")).unwrap_or(id).to_owned();
            let verdict = said(words::RESULTS, word(&answer, "result"))?;
            Some((departments, json!({ "item": title, "verdict": verdict, "detail": detail })))
        })
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The person on site and what he said; for orders, the firm is the party.
fn party(source: &Source<'_>, out: &mut Facts) {
    let json = source.json("party");
    let mut person = taken(&json, &["name", "role"]);
    put(&mut person, "phone", source.text("contact.phone"));
    if !person.contains_key("name") {
        put(&mut person, "name", source.text("contact.name"));
    }
    out.insert("person".to_owned(), Json::Object(person));
    // What he did not say is a line to write on, never words put into his mouth.
    let opinion = source.all("notes.").into_iter().find(|(id, _)| *id == "party").and_then(|(_, n)| filled(&n));
    put(out, "opinion", opinion.or_else(|| (!json.is_null()).then(String::new)));
    let object = out.get("object").cloned().unwrap_or_default();
    let mut firm = taken(&object, &["name", "address"]);
    if let Some(id) = word(&object, "id") {
        put(&mut firm, "id_label", Some(if id.len() == 18 { "统一社会信用代码" } else { "施工许可证号" }));
        put(&mut firm, "id", Some(id));
    }
    out.insert("party".to_owned(), Json::Object(firm));
    let shown = source.all("participants.").iter().any(|(_, p)| yes(p, "code_shown"));
    let organ = out.get("organ").and_then(|o| word(o, "name")).unwrap_or_default().to_owned();
    let told = [
        (format!("我们是{organ}的执法人员，这是我们的执法证件{}，请你确认。", if shown { "和行政行为码" } else { "" }), "已看清，没有异议。"),
        ("现依法对你单位进行检查，请予配合。你享有陈述、申辩的权利，认为检查人员与检查事项有直接利害关系的，可以申请回避。是否申请回避？".to_owned(), "清楚，不申请回避。"),
    ];
    out.insert("told".to_owned(), told.into_iter().map(|(said, answer)| json!({ "said": said, "answer": answer })).collect());
}

fn orders(source: &Source<'_>, out: &mut Facts) {
    let all = source.all("orders.");
    let until = |o: &Json| word(o, "deadline").and_then(|d| d.parse::<Date>().ok()).map(day);
    let row = |o: &Json| json!({ "demand": word(o, "demand").unwrap_or_default(), "basis": word(o, "basis").unwrap_or_default(), "deadline": until(o).unwrap_or_else(|| "立即".to_owned()) });
    out.insert("orders".to_owned(), all.iter().map(|(_, o)| row(o)).collect());
    let items = source.all("items.");
    let rechecks: Vec<(&str, Json)> = source.all("rechecks.");
    let rows: Vec<Json> = rechecks
        .iter()
        .filter_map(|(id, r)| {
            let order = all.iter().find(|(of, _)| of == id).map(|(_, o)| row(o))?;
            Some(json!({ "demand": order.get("demand"), "deadline": order.get("deadline"), "result": said(words::RECHECKS, word(r, "result")).unwrap_or_default(), "note": word(r, "note").unwrap_or_default() }))
        })
        .collect();
    if !rows.is_empty() {
        out.insert("rechecks".to_owned(), Json::Array(rows));
    }
    if let Some(at) = rechecks.iter().filter_map(|(_, r)| number(r, "done_ms")).max() {
        out.insert("recheck".to_owned(), json!({ "at_ms": at }));
    }
    let Some((_, order)) = chosen(source, all, "at_ms") else { return };
    let mut facts = taken(&order, &["deadline", "demand"]);
    put(&mut facts, "clause", word(&order, "basis").map(str::to_owned));
    let of = |id: &str| {
        let title = items.iter().find(|(of, _)| *of == id).and_then(|(_, i)| word(i, "title")).unwrap_or(id);
        let reason = source.json(&format!("answers.{id}")).get("reason").and_then(filled);
        reason.map_or_else(|| title.to_owned(), |reason| format!("{title}：{reason}"))
    };
    let found: Vec<String> = order.get("items").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).map(of).collect();
    put(&mut facts, "fact", Some(found.join("；")).filter(|t| !t.is_empty()).or_else(|| source.text("summary")));
    out.insert("order".to_owned(), Json::Object(facts));
}

/// Who signs the record: the person on site, or that he refused, and the officers.
fn signers(source: &Source<'_>, out: &mut Facts) {
    let json = source.json("party");
    let id = if yes(&json, "refused") { refused_line(out, "refused-party", &refusal(word(&json, "witness"))) } else { source.sign(&json, "signature") };
    let mut all = vec![json!({ "label": "被检查人（现场负责人）", "id": id })];
    for officer in out.get("officers").and_then(Json::as_array).into_iter().flatten() {
        all.push(json!({ "label": "执法人员", "id": word(officer, "sign").unwrap_or_default() }));
    }
    if let Some(witness) = word(&json, "witness") {
        all.push(json!({ "label": format!("见证人（{witness}）"), "id": "" }));
    }
    out.insert("signers".to_owned(), Json::Array(all));
}
