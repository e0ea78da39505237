//! What records say to statistics (`domain.md` §12): dated facts, and the indicators that count them.
//!
//! A fact is a pure reading of one record, so that a table of facts beside the records can be rebuilt and compared, and every number
//! can be opened down to the rows it counts. What was cancelled, and what bears the tag `test`, says nothing; what is contested is no
//! fact. Deliberately absent: the table, and any indicator by officer: nobody is ranked by fines or counts.

mod indicators;
mod training;

pub use indicators::{By, Formula, INDICATORS, Indicator, Measure, Term, indicator};

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::base::date::day_of;
use crate::base::{Date, RecordId, UtcMs};
use crate::case::{self, read::View, stage};
use crate::credit::repair;
use crate::index::{Parts, members, parts, repair_entry};
use crate::invitation;
use crate::record::{Record, read_field};
use crate::training::{cohandling, course};
use crate::visit;

/// One row of statistics.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// A name of [`FACTS`].
    pub what: &'static str,
    /// What of the record it is about: an item, an order, an organ; empty if the record itself.
    pub about: String,
    /// The day that it is counted on.
    pub day: Date,
    /// The organ.
    pub organ: Option<String>,
    /// The unit in charge.
    pub unit: Option<String>,
    /// The area.
    pub area: Option<String>,
    /// The site or subject.
    pub object: Option<RecordId>,
    /// The matter.
    pub matter: Option<String>,
    /// How much: 1, or days, or points.
    pub amount: i64,
}

/// Every fact: its name, and what it says in Chinese and English.
pub static FACTS: &[(&str, &str, &str)] = &[
    ("advised", "上门服务提出的合规建议", "A suggestion given on a visit by invitation"),
    ("case_court", "申请法院强制执行的案件", "A case in which a court was asked to enforce"),
    ("case_decided", "作出决定的案件", "A case that was decided"),
    ("case_fast", "适用简案快办作出决定的案件；数量为立案至决定的日数", "A case decided by fast handling; the amount is days from filing to decision"),
    ("case_filed", "立案的案件", "A case that was filed"),
    ("case_first", "首违不罚的案件", "A case in which a first violation was not punished"),
    ("case_ordinary", "按普通程序作出决定的案件；数量为立案至决定的日数", "A case decided by the general procedure; the amount is days from filing to decision"),
    ("case_punished", "作出行政处罚的案件", "A case that ended in a penalty"),
    ("code_shown", "亮码的检查", "A visit on which a code of the act was shown"),
    ("cohandling", "首案共办", "A first case on a transferred matter that the former department advises on"),
    ("cohandling_lesson", "首案共办的办案要点", "A lesson of such a case"),
    ("course", "举办的培训", "A course that was held"),
    ("examined", "上门服务检查的事项", "An item examined on a visit by invitation"),
    ("invitation", "企业邀约", "An invitation by an enterprise"),
    ("invited", "参加上门服务的部门", "A department that came on an invitation"),
    ("joint", "联合检查", "A joint visit: one organ's part in it to one object"),
    ("joint_round", "联合检查行动；同一牵头单位同日为同一任务进行的为一次", "A joint visit; those of one lead unit on one day for one task are one round"),
    ("opined", "上门服务提出的整改意见", "A rectification opinion given on a visit by invitation"),
    ("order", "责令改正", "An order to correct"),
    ("order_corrected", "已改正的责令改正", "An order that was found to be met"),
    ("planned", "列入计划的检查", "A visit with an entry in a plan: one organ's part in it to one object"),
    ("problem", "检出问题的检查", "A visit on which something was found wrong"),
    ("quiz", "参加培训测验", "An officer who took the quiz of a course"),
    ("quiz_passed", "培训测验合格", "An officer who passed it"),
    ("rating", "企业评价；数量为分值", "A rating by an enterprise; the amount is its points"),
    ("remedy", "审结的复议或者诉讼", "A review or suit that ended"),
    ("remedy_lost", "被撤销或者变更的复议或者诉讼", "A review or suit that the organ lost"),
    ("repair", "完成的信用修复；数量为申请至批准的日数", "A credit record that was repaired; the amount is days from application to approval"),
    ("repair_applied", "申请信用修复", "An application for credit repair"),
    ("repair_open", "可以申请信用修复", "A credit record that could be repaired"),
    ("spared", "减少的入企检查", "A separate visit to one object that was spared"),
    ("support", "技术支持和帮扶指导", "Technical support given on site"),
    ("training_expert", "外请授课专家；一人一名", "Somebody of a department who taught, known by his name on its letter"),
    ("training_hours", "认定的学时；数量为学时", "An officer's credit for a course; the amount is hours"),
    ("training_letter", "培训邀请函；一个部门一件，所涉领域", "A letter by which a department was asked to teach, with its field of law"),
    ("visit", "现场检查", "A visit on site: one organ's part in it to one object"),
];

/// The tag that keeps a record out of every figure.
const TEST: &str = "tags.test";

/// What a record says to statistics, in order.
pub fn facts(record: &Record) -> Vec<Fact> {
    let tagged = record.register(TEST).is_some_and(|r| r.candidates().iter().any(|c| c.value.to_json() == Json::Bool(true)));
    if tagged {
        return Vec::new();
    }
    let mut out = BTreeSet::new();
    match &*record.kind {
        kind if *kind == *visit::NAME => of_visit(record, &mut out),
        kind if *kind == *case::NAME => of_case(record, &mut out),
        kind if *kind == *invitation::NAME => of_invitation(record, &mut out),
        kind if *kind == *repair::NAME => of_repair(record, &mut out),
        kind if *kind == *course::NAME => training::of_course(record, &mut out),
        kind if *kind == *cohandling::NAME => training::of_cohandling(record, &mut out),
        _ => {}
    }
    out.into_iter().collect()
}

type Out = BTreeSet<Fact>;

/// The same day a year before; of 29 February the 28th.
pub fn year_before(day: Date) -> Date {
    day.checked_sub(jiff::Span::new().years(1)).unwrap_or(Date::MIN)
}

/// Days from one to the other.
pub fn days(from: Date, until: Date) -> i64 {
    until.duration_since(from).as_hours() / 24
}

fn blank(what: &'static str, day: Date) -> Fact {
    Fact { what, about: String::new(), day, organ: None, unit: None, area: None, object: None, matter: None, amount: 1 }
}

fn ms(json: &Json, member: &str) -> Option<i64> {
    json.get(member).and_then(Json::as_i64)
}

fn word<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str)
}

fn text(record: &Record, kind: &'static crate::record::Kind, key: &str) -> Option<String> {
    read_field(record, kind, key).value().and_then(|v| v.as_text()).map(|t| t.to_string())
}

/// Stages of a visit that takes place nowhere.
const NOWHERE: &[&str] = &[visit::stage::CANCELLED];

fn of_visit(record: &Record, out: &mut Out) {
    let parts = parts(record);
    let json = |key: &str| read_field(record, &visit::KIND, key).value().map(|v| v.to_json()).unwrap_or_default();
    let begun = members(record, "participants.").filter_map(|(_, p)| ms(&p, "checked_in_ms")).min().or_else(|| ms(&json("urgent"), "at_ms"));
    let planned = text(record, &visit::KIND, "planned_date").and_then(|day| day.parse().ok());
    let Some(day) = begun.and_then(|at| day_of(UtcMs(at))).or(planned) else { return };
    let (unit, area) = (text(record, &visit::KIND, "unit"), text(record, &visit::KIND, "area"));
    let all = |what, day| Fact { unit: unit.clone(), area: area.clone(), ..blank(what, day) };
    if NOWHERE.contains(&record.stage()) {
        // A duplicate that was cancelled because another visit covers it.
        if parts.joined.is_some() {
            spread(&parts, |organ, object| _ = out.insert(Fact { about: organ.to_owned(), organ: Some(organ.to_owned()), object, ..all("spared", day) }));
        }
        return;
    }
    if !parts.checked_in || parts.joined.is_some() {
        return;
    }
    // Guidance that a firm asked for is no inspection (domain.md §4): it counts as what it gave, never as a visit.
    let inspects = text(record, &visit::KIND, "mode").as_deref() != Some("guidance");
    let plan = |organ: &str| json(&format!("organs.{organ}")).get("plan").is_some_and(|plan| !plan.is_null());
    let joint = inspects && parts.organs.len() > 1;
    if inspects {
        spread(&parts, |organ, object| {
            let row = |what| Fact { about: organ.to_owned(), organ: Some(organ.to_owned()), object, ..all(what, day) };
            out.insert(row("visit"));
            if plan(organ) {
                out.insert(row("planned"));
            }
            if joint {
                out.insert(row("joint"));
            }
        });
    }
    // Each organ but the first would have come on its own.
    let others: BTreeSet<&String> = parts.organs.keys().skip(1).filter(|_| inspects).collect();
    for organ in others {
        for object in objects(&parts) {
            out.insert(Fact { about: organ.clone(), organ: Some(organ.clone()), object, ..all("spared", day) });
        }
    }
    let object = objects(&parts).into_iter().next().flatten();
    let whole = |what| Fact { object, ..all(what, day) };
    let part = |what, about: &str, organ: Option<&str>| Fact { about: about.to_owned(), organ: organ.map(str::to_owned), ..whole(what) };
    if joint {
        let task = text(record, &visit::KIND, "task").filter(|task| !task.is_empty());
        let round = task.map_or_else(|| record.id.to_string(), |task| format!("{task} {day} {}", unit.as_deref().unwrap_or_default()));
        out.insert(part("joint_round", &round, None));
    }
    if inspects && members(record, "participants.").any(|(_, p)| p.get("code_shown") == Some(&Json::Bool(true))) {
        out.insert(whole("code_shown"));
    }
    let answers: Vec<(&str, Json)> = members(record, "answers.").collect();
    if inspects && answers.iter().any(|(_, answer)| word(answer, "result") == Some("bad")) {
        out.insert(whole("problem"));
    }
    for (id, order) in members(record, "orders.") {
        out.insert(part("order", id, word(&order, "department")));
        if word(&json(&format!("rechecks.{id}")), "result") == Some("corrected") {
            out.insert(part("order_corrected", id, word(&order, "department")));
        }
    }
    for (id, support) in members(record, "support.") {
        out.insert(part("support", id, word(&support, "department")));
    }
    for (id, rating) in members(record, "ratings.") {
        if let Some(score) = ms(&rating, "score") {
            out.insert(Fact { amount: score, ..part("rating", id, None) });
        }
    }
    if word(&json("source"), "kind") == Some("invitation") {
        for (code, _) in answers.iter().filter(|(_, answer)| matches!(word(answer, "result"), Some("ok" | "bad"))) {
            out.insert(part("examined", code, None));
        }
        for (what, prefix) in [("advised", "advice."), ("opined", "opinions.")] {
            for (id, given) in members(record, prefix) {
                out.insert(part(what, id, word(&given, "department")));
            }
        }
        for organ in parts.organs.keys() {
            out.insert(part("invited", organ, Some(organ)));
        }
    }
}

/// The objects of a visit: its subjects, or its site; one that is not known is one.
fn objects(parts: &Parts) -> Vec<Option<RecordId>> {
    let known: Vec<_> = parts.objects().into_iter().map(Some).collect();
    if known.is_empty() { vec![None] } else { known }
}

fn spread(parts: &Parts, mut row: impl FnMut(&str, Option<RecordId>)) {
    for organ in parts.organs.keys() {
        objects(parts).into_iter().for_each(|object| row(organ, object));
    }
}

fn of_invitation(record: &Record, out: &mut Out) {
    let field = |key: &str| text(record, &invitation::KIND, key);
    let Some(day) = field("day").and_then(|day| day.parse().ok()).filter(|_| record.stage() != invitation::stage::WITHDRAWN) else { return };
    let object = field("site").or_else(|| field("firm")).and_then(|id| id.parse().ok());
    out.insert(Fact { object, unit: field("unit"), area: field("area"), ..blank("invitation", day) });
}

fn of_case(record: &Record, out: &mut Out) {
    let view = View::of(record);
    let object = view.text("site").or_else(|| view.text("party.subject")).and_then(|id| id.parse().ok());
    let row = |what, day| Fact { unit: view.text("unit"), area: view.text("area"), object, matter: view.text("matter"), ..blank(what, day) };
    let (filed, decided) = (view.day("filed_date"), view.day("decided_date"));
    if let Some(day) = filed {
        out.insert(row("case_filed", day));
    }
    let dropped = [stage::WITHDRAWN, stage::TERMINATED, stage::TRANSFERRED, stage::TO_POLICE, stage::NOT_FILED, stage::REVOKED].contains(&record.stage());
    if let Some(day) = decided.filter(|_| !dropped) {
        out.insert(row("case_decided", day));
        let exempt = view.word("exemption", "clause");
        if exempt.as_deref() == Some("first_time") {
            out.insert(row("case_first", day));
        }
        if exempt.is_none() && view.word("penalty", "kind").is_some() {
            out.insert(row("case_punished", day));
        }
        let lasted = filed.map_or(0, |filed| days(filed, day));
        let fast = ms(&view.json("fast"), "started_ms").is_some() && ms(&view.json("fast"), "converted_ms").is_none();
        if fast {
            out.insert(Fact { amount: lasted, ..row("case_fast", day) });
        } else if filed.is_some() {
            out.insert(Fact { amount: lasted, ..row("case_ordinary", day) });
        }
    }
    if let Some(day) = view.day_of("court", "applied_ms") {
        out.insert(row("case_court", day));
    }
    for (id, remedy) in view.all("remedies.") {
        let Some(day) = word(&remedy, "ended").and_then(|day| day.parse().ok()) else { continue };
        out.insert(Fact { about: id.to_owned(), ..row("remedy", day) });
        if matches!(word(&remedy, "outcome"), Some("changed" | "revoked")) {
            out.insert(Fact { about: id.to_owned(), ..row("remedy_lost", day) });
        }
    }
}

fn of_repair(record: &Record, out: &mut Out) {
    let entry = repair_entry(record);
    let row = |what, day| Fact { unit: Some(entry.unit.clone()).filter(|unit| !unit.is_empty()), object: None, ..blank(what, day) };
    if let Some(day) = entry.opens {
        out.insert(row("repair_open", day));
    }
    if let Some(day) = entry.applied {
        out.insert(row("repair_applied", day));
    }
    if let Some(day) = entry.approved {
        out.insert(Fact { amount: entry.applied.map_or(0, |applied| days(applied, day)), ..row("repair", day) });
    }
}

#[cfg(test)]
mod tests;
