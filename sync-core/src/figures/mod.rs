//! What records say to statistics (`domain.md` §12): dated facts, and the indicators that count them.
//!
//! A fact is a pure reading of one record, so that a table of facts beside the records can be rebuilt and compared, and every number
//! can be opened down to the rows it counts. What was cancelled, and what bears the tag `test`, says nothing; what is contested is no
//! fact. Each kind of fact says what it can be narrowed by ([`Dim`]): an organ, unit, area, object or matter that its record does not
//! know is no ground for leaving it out in silence. Where a record concerns several objects, a row of the whole record names none, and
//! belongs to each of them. Deliberately absent: the table, and any indicator by officer: nobody is ranked by fines or counts.

mod case;
mod indicators;
mod plan;
mod repair;
mod training;
mod visit;

pub use indicators::{By, Formula, INDICATORS, Indicator, Measure, Term, indicator};

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::base::{Date, RecordId};
use crate::record::{Record, read_field};
use crate::training::{cohandling, course};

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

/// What a fact can be narrowed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dim {
    /// The area.
    Area,
    /// The organ: the one that the fact names, else that of the unit in charge.
    Organ,
    /// The unit in charge.
    Unit,
    /// The site or subject.
    Object,
    /// The matter.
    Matter,
}

impl Dim {
    /// All of them, in the order in which they are named.
    pub const ALL: [Dim; 5] = [Dim::Area, Dim::Organ, Dim::Unit, Dim::Object, Dim::Matter];

    /// The name of its filter.
    pub fn as_str(self) -> &'static str {
        match self {
            Dim::Area => "area",
            Dim::Organ => "organ",
            Dim::Unit => "unit",
            Dim::Object => "object",
            Dim::Matter => "matter",
        }
    }
}

/// A kind of fact.
#[derive(Debug, Clone, Copy)]
pub struct What {
    /// Its name.
    pub name: &'static str,
    /// What one row says.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// What its rows know, as far as their record does.
    pub by: &'static [Dim],
}

const fn what(name: &'static str, by: &'static [Dim], zh: &'static str, en: &'static str) -> What {
    What { name, zh, en, by }
}

/// The kind of fact of a name.
pub fn known(name: &str) -> Option<&'static What> {
    FACTS.iter().find(|fact| fact.name == name)
}

const VISIT: &[Dim] = &[Dim::Area, Dim::Organ, Dim::Unit, Dim::Object];
/// An answer to a firm about a visit to several is nobody's in particular.
const RATING: &[Dim] = &[Dim::Area, Dim::Organ, Dim::Unit];
const CASE: &[Dim] = &[Dim::Area, Dim::Organ, Dim::Unit, Dim::Object, Dim::Matter];
const COURSE: &[Dim] = &[Dim::Organ, Dim::Unit];
const COHANDLING: &[Dim] = &[Dim::Organ, Dim::Unit, Dim::Matter];

/// Every kind of fact, by name.
pub static FACTS: &[What] = &[
    what("advised", VISIT, "上门服务提出的合规建议", "A suggestion given on a visit by invitation"),
    what("alone", VISIT, "一个机关单独进行的检查", "A visit of one organ alone to one object"),
    what("assist", CASE, "企业帮扶", "A visit to help an enterprise after a penalty"),
    what("case_court", CASE, "申请法院强制执行的案件", "A case in which a court was asked to enforce"),
    what("case_decided", CASE, "作出决定的案件", "A case that was decided"),
    what("case_fast", CASE, "适用简案快办作出决定的案件；数量为立案至决定的日数", "A case decided by fast handling; the amount is days from filing to decision"),
    what("case_filed", CASE, "立案的案件", "A case that was filed"),
    what("case_first", CASE, "首违不罚的案件", "A case in which a first violation was not punished"),
    what("case_ordinary", CASE, "按普通程序作出决定的案件；数量为立案至决定的日数", "A case decided by the general procedure; the amount is days from filing to decision"),
    what("case_punished", CASE, "作出行政处罚的案件", "A case that ended in a penalty"),
    what("case_reviewed", CASE, "线上完成法制审核后作出决定的案件", "A case that was decided after a review of its legality on record here"),
    what("clue", CASE, "案件线索：所涉对象各一行", "A clue to a case: one row for each object that it concerns"),
    what("code_shown", VISIT, "亮码的检查", "A visit on which a code of the act was shown: one organ's part in it to one object"),
    what("cohandling", COHANDLING, "首案共办", "A first case on a transferred matter that the former department advises on"),
    what("cohandling_lesson", COHANDLING, "首案共办的办案要点", "A lesson of such a case"),
    what("course", COURSE, "举办的培训", "A course that was held"),
    what("examined", VISIT, "上门服务检查的事项", "An item examined on a visit by invitation"),
    what("invitation", VISIT, "企业邀约：所涉对象各一行", "An invitation by an enterprise: one row for each object that it concerns"),
    what("invited", VISIT, "参加上门服务的部门", "A department that came on an invitation"),
    what("joint", VISIT, "联合检查", "A joint visit: one organ's part in it to one object"),
    what("joint_planned", VISIT, "列入计划的联合检查", "A joint visit with an entry in a plan: one organ's part in it to one object"),
    what("joint_round", VISIT, "联合检查行动；同一牵头单位同日为同一任务进行的为一次", "A joint visit; those of one lead unit on one day for one task are one round"),
    what("opined", VISIT, "上门服务提出的整改意见", "A rectification opinion given on a visit by invitation"),
    what("order", VISIT, "责令改正", "An order to correct"),
    what("order_corrected", VISIT, "已改正的责令改正", "An order that was found to be met"),
    what("plan_entry", VISIT, "已公布计划中的检查条目", "An entry of a plan that was published"),
    what("plan_off_site", VISIT, "已公布计划中以非现场方式进行的检查条目", "An entry of a published plan that is carried out off site"),
    what("planned", VISIT, "列入计划的检查", "A visit with an entry in a plan: one organ's part in it to one object"),
    what("problem", VISIT, "检出问题的检查", "A visit on which something was found wrong: one organ's part in it to one object"),
    what("quiz", COURSE, "参加培训测验", "An officer who took the quiz of a course"),
    what("quiz_passed", COURSE, "培训测验合格", "An officer who passed it"),
    what("rating", RATING, "企业评价；数量为分值", "A rating by an enterprise; the amount is its points"),
    what("remedy", CASE, "审结的复议或者诉讼", "A review or suit that ended"),
    what("remedy_lost", CASE, "被撤销或者变更的复议或者诉讼", "A review or suit that the organ lost"),
    what("repair", CASE, "完成的信用修复；数量为申请至批准的日数", "A credit record that was repaired; the amount is days from application to approval"),
    what("repair_applied", CASE, "申请信用修复", "An application for credit repair"),
    what("repair_open", CASE, "可以申请信用修复：所涉对象各一行", "A credit record that could be repaired: one row for each object that it concerns"),
    what("repair_revoked", CASE, "因虚假承诺撤销的信用修复", "A repair that was taken back for a false commitment"),
    what("spared", VISIT, "减少的入企检查", "A separate visit to one object that was spared"),
    what("support", VISIT, "技术支持和帮扶指导", "Technical support given on site"),
    what("training_expert", COURSE, "外请授课专家；一人一名", "Somebody of a department who taught, known by his name on its letter"),
    what("training_hours", COURSE, "认定的学时；数量为学时", "An officer's credit for a course; the amount is hours"),
    what("training_letter", COURSE, "培训邀请函；一个部门一件，所涉领域", "A letter by which a department was asked to teach, with its field of law"),
    what("visit", VISIT, "现场检查", "A visit on site: one organ's part in it to one object"),
    what("warned", VISIT, "预警：重复检查、高频检查", "An object of which it was flagged that it is visited again or too often"),
    what("warned_often", VISIT, "高频预警：达到年度检查频次上限后的检查", "A flag that the cap on visits of the year was reached"),
    what("warned_repeat", VISIT, "重复预警：同日重复检查", "A flag that the object was already visited on the day"),
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
        kind if *kind == *crate::visit::NAME => visit::of_visit(record, &mut out),
        kind if *kind == *crate::invitation::NAME => visit::of_invitation(record, &mut out),
        kind if *kind == *crate::case::NAME => case::of_case(record, &mut out),
        kind if *kind == *crate::credit::repair::NAME => repair::of_repair(record, &mut out),
        kind if *kind == *crate::plan::kind::NAME => plan::of_plan(record, &mut out),
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

/// The objects that a record names, each once; where there is only one, every row of the record is about it.
fn only(objects: &BTreeSet<RecordId>) -> Option<RecordId> {
    objects.first().copied().filter(|_| objects.len() == 1)
}

#[cfg(test)]
mod order;
#[cfg(test)]
mod tests;
