//! What the page shows of a visit: a reading of the record and the book, with nothing personal of the party in it.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use sync_core::base::Date;
use sync_core::catalogue::Matter;
use sync_core::dated::Book;
use sync_core::index::members;
use sync_core::org::{Organ, Unit};
use sync_core::record::{Record, read_field};
use sync_core::visit::{self, deadline_of, stage};

/// Most rows of one part: a page is for people.
const MOST: usize = 100;

/// An organ that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganView {
    /// Its name.
    pub name: String,
    /// Whether it leads.
    pub leads: bool,
    /// On what it acts.
    pub basis: String,
    /// Names of the matters that it inspects.
    pub matters: Vec<String>,
}

/// Somebody who comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficerView {
    /// His name, as on his certificate.
    pub name: String,
    /// Its number; empty if none is on record.
    pub certificate: String,
    /// The name of his organ.
    pub organ: String,
}

/// How an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderState {
    /// Not re-checked.
    Open,
    /// Corrected.
    Corrected,
    /// Given more time.
    Extended,
    /// Re-checked and not corrected.
    NotCorrected,
}

/// An order to correct, without what it demands in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderView {
    /// The organ that gave it.
    pub organ: String,
    /// Its basis.
    pub basis: String,
    /// By when.
    pub deadline: Option<Date>,
    /// How it stands.
    pub state: OrderState,
}

/// How many items were answered how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that were answered.
    pub examined: usize,
    /// 符合.
    pub ok: usize,
    /// 不符合.
    pub bad: usize,
    /// 不适用.
    pub na: usize,
    /// 未查.
    pub unchecked: usize,
}

/// A visit as the public sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its stage.
    pub stage: String,
    /// Its mode; empty if it has none.
    pub mode: String,
    /// The name of the place.
    pub site: String,
    /// The day for which it is planned.
    pub planned: Option<Date>,
    /// Organs, the lead first.
    pub organs: Vec<OrganView>,
    /// Officers, the lead first.
    pub officers: Vec<OfficerView>,
    /// Auxiliaries who come along.
    pub auxiliaries: usize,
    /// What is told once the result is issued.
    pub result: Option<ResultView>,
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultView {
    /// The conclusion as delivered; empty if there is none.
    pub conclusion: String,
    /// The answers.
    pub counts: Counts,
    /// The orders.
    pub orders: Vec<OrderView>,
}

/// Whether a stage is one after the result was issued.
pub fn has_result(at: &str) -> bool {
    [stage::RESULT_ISSUED, stage::RECTIFYING, stage::REVIEWED, stage::CLOSED].contains(&at)
}

fn text(json: &Json, member: &str) -> String {
    json.get(member).and_then(Json::as_str).unwrap_or_default().trim().to_owned()
}

/// Members of a collection, the first candidate of each.
fn each<'a>(record: &'a Record, prefix: &'a str) -> BTreeMap<&'a str, Json> {
    let mut out = BTreeMap::new();
    for (key, json) in members(record, prefix) {
        out.entry(key).or_insert(json);
    }
    out
}

/// Reads a visit for the page, on a day.
pub fn view(record: &Record, book: &Book, day: Date) -> View {
    let field = |key: &str| read_field(record, &visit::KIND, key).value().map(|v| v.to_json());
    let word = |key: &str| field(key).and_then(|j| j.as_str().map(str::to_owned)).unwrap_or_default();
    let organ_name = |code: &str| book.get::<Organ>(code, day).map_or_else(|| code.to_owned(), |organ| organ.name);
    let lead_organ = book.get::<Unit>(&word("unit"), day).map(|unit| unit.organ.to_string()).unwrap_or_default();
    let matter_name = |code: &str| book.get::<Matter>(code, day).map_or_else(|| code.to_owned(), |matter| matter.name);
    let mut organs: Vec<OrganView> = each(record, "organs.")
        .into_iter()
        .take(MOST)
        .map(|(code, json)| OrganView {
            name: organ_name(code),
            leads: code == lead_organ,
            basis: text(&json, "basis"),
            matters: json.get("matters").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).take(MOST).map(matter_name).collect(),
        })
        .collect();
    if organs.is_empty() && !lead_organ.is_empty() {
        organs.push(OrganView { name: organ_name(&lead_organ), leads: true, basis: String::new(), matters: Vec::new() });
    }
    organs.sort_by_key(|organ| !organ.leads);
    let participants = each(record, "participants.");
    let is = |json: &Json, role: &str| json.get("role").and_then(Json::as_str) == Some(role);
    let mut officers: Vec<&Json> = participants.values().filter(|p| !is(p, "auxiliary")).take(MOST).collect();
    officers.sort_by_key(|p| !is(p, "lead"));
    View {
        stage: record.stage().to_owned(),
        mode: word("mode"),
        site: word("site.name"),
        planned: word("planned_date").parse().ok(),
        organs,
        auxiliaries: participants.values().filter(|p| is(p, "auxiliary")).count(),
        officers: officers.iter().map(|p| OfficerView { name: text(p, "name"), certificate: text(p, "certificate"), organ: organ_name(&text(p, "department")) }).collect(),
        result: has_result(record.stage()).then(|| ResultView {
            conclusion: field("result").map(|json| text(&json, "conclusion")).unwrap_or_default(),
            counts: counts(record),
            orders: orders(record, organ_name),
        }),
    }
}

fn counts(record: &Record) -> Counts {
    let mut counts = Counts::default();
    for json in each(record, "answers.").values() {
        counts.examined += 1;
        match json.get("result").and_then(Json::as_str) {
            Some("ok") => counts.ok += 1,
            Some("bad") => counts.bad += 1,
            Some("na") => counts.na += 1,
            _ => counts.unchecked += 1,
        }
    }
    counts
}

fn orders(record: &Record, organ_name: impl Fn(&str) -> String) -> Vec<OrderView> {
    let rechecks = each(record, "rechecks.");
    let state = |id: &str| match rechecks.get(id).and_then(|json| json.get("result")).and_then(Json::as_str) {
        Some("corrected") => OrderState::Corrected,
        Some("extended") => OrderState::Extended,
        Some("not_corrected") => OrderState::NotCorrected,
        _ => OrderState::Open,
    };
    let order =
        |(id, json): (&str, Json)| OrderView { organ: organ_name(&text(&json, "department")), basis: text(&json, "basis"), deadline: deadline_of(record, id), state: state(id) };
    each(record, "orders.").into_iter().take(MOST).map(order).collect()
}
