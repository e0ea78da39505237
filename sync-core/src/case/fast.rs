//! Fast handling (简案快办, `domain.md` §6): whether a case may be handled fast, each condition with the fact that it rests on.
//!
//! It stays a general procedure: what is never skipped (two officers, the notice, hearing the party, a mandatory legal review, the
//! head's decision, its document, service) the guards see to. Which cases are excluded is the policy `fast.exclusions`. An unknown
//! fact is told as unknown and bars like one that is not met, save what only comes later: consent, and evidence before it is
//! verified. Deliberately absent: the period of seven working days (a deadline), and offering, consenting and converting (acts).

use serde::Serialize;
use serde_json::Value as Json;

use super::discretion::{self, Input};
use super::finding::Facts;
use super::law_choice;
use super::party;
use super::read::View;
use super::stage;
use crate::base::Date;
use crate::base::money::Fen;
use crate::catalogue::lineage::lineage;
use crate::catalogue::matter::Matter;
use crate::identity::citizen_id::Age;
use crate::law::policy;

/// Source of what is not in a statute.
const LOCAL: &str = "杭综法〔2024〕14号";

/// Whether a condition is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is.
    Met,
    /// It is not.
    NotMet,
    /// The record does not say.
    Unknown,
}

impl State {
    fn of(met: Option<bool>) -> State {
        met.map_or(State::Unknown, |met| if met { State::Met } else { State::NotMet })
    }
}

/// A condition as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// Its code; an exclusion's is its word in the policy.
    pub code: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// Statute article or source.
    pub basis: &'static str,
    /// Whether it is met. An exclusion is met where it does not apply.
    pub state: State,
    /// The fact that it rests on.
    pub fact: String,
}

/// Conditions and exclusions of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Eligibility {
    /// What must be so, in the order of `domain.md` §6.
    pub conditions: Vec<Condition>,
    /// What must not be so, in the order of the policy.
    pub exclusions: Vec<Condition>,
    /// It may be offered: everything is met but consent and verification, which come later.
    pub may_offer: bool,
    /// It may be run: everything is met.
    pub may_run: bool,
    /// The list of exclusions, or what the rest goes by, is in doubt.
    pub doubtful: bool,
}

impl Eligibility {
    /// The exclusions that apply.
    pub fn excluded(&self) -> impl Iterator<Item = &Condition> {
        self.exclusions.iter().filter(|one| one.state == State::NotMet)
    }
}

/// Conditions that are met only after the offer.
const LATER: &[&str] = &["consent", "conclusive"];

/// Code, Chinese, English and source of each exclusion.
pub const EXCLUSIONS: &[(&str, &str, &str, &str)] = &[
    ("minor", "当事人不是未成年人", "The party is no minor", LOCAL),
    ("blind", "当事人不是盲人", "The party is not blind", LOCAL),
    ("deaf", "当事人不是聋（哑）人", "The party is not deaf or deaf-mute", LOCAL),
    ("limited_capacity", "当事人不是限制行为能力人", "The party's capacity is not limited", LOCAL),
    ("disputed", "当事人对违法事实没有争议", "The facts are not disputed", LOCAL),
    ("crime", "不涉嫌犯罪", "No crime is suspected", "行政处罚法 27"),
    ("complex", "不属于重大、复杂或者须集体讨论的案件", "Neither major nor complex, nor to be discussed collectively", "行政处罚法 57"),
    ("hearing", "当事人没有要求听证", "No hearing was asked for", "行政处罚法 63, 64"),
    ("public_notice", "不须公告送达", "No service by public notice", "民事诉讼法 95"),
    ("unidentified", "当事人身份明确", "The party is identified", LOCAL),
    ("joint", "不是共同违法", "No joint offenders", LOCAL),
    ("impact", "没有较大社会影响", "No strong social impact", LOCAL),
];

/// Whether the case is, or is about to be, handled fast.
pub fn concerned(view: &View<'_>) -> bool {
    let offered = view.number("fast", "offered_ms").is_some() && view.number("fast", "converted_ms").is_none();
    match view.stage() {
        stage::FAST_OFFERED | stage::CONSENTED | stage::FAST_RUNNING => true,
        stage::CLUE | stage::FILED | stage::INVESTIGATING => offered,
        _ => false,
    }
}

/// Looks at every condition and exclusion.
pub fn eligibility(view: &View<'_>, facts: &Facts<'_>) -> Eligibility {
    let read = policy::get::<Vec<String>>(facts.book, "fast.exclusions", facts.today);
    let doubtful = read.as_ref().map_or(true, |answer| answer.doubtful);
    // A policy that cannot be read excludes as much as there is to exclude.
    let listed = |code: &str| read.as_ref().map_or(true, |answer| answer.value.iter().any(|one| one == code));
    let exclusions: Vec<Condition> = EXCLUSIONS.iter().filter(|row| listed(row.0)).map(|row| exclusion(view, facts, row)).collect();
    let conditions = conditions(view, facts);
    let all = || conditions.iter().chain(&exclusions);
    let may_offer = all().all(|one| one.state == State::Met || LATER.contains(&one.code));
    let may_run = all().all(|one| one.state == State::Met);
    Eligibility { may_offer, may_run, doubtful, conditions, exclusions }
}

fn conditions(view: &View<'_>, facts: &Facts<'_>) -> Vec<Condition> {
    let one = |code, zh, en, basis, (met, fact): (Option<bool>, String)| Condition { code, zh, en, basis, state: State::of(met), fact };
    let mut out = vec![
        one("listed", "事项在简案快办清单内", "The matter is on the local list", "杭综法〔2024〕14号（清单制）", on_the_list(view, facts)),
        one("clear", "违法事实清楚", "The facts are clear", "行政处罚法 40", clear(view)),
        one("conclusive", "证据确凿", "The evidence is conclusive", "行政处罚法 40, 46", conclusive(view)),
        one("identified", "当事人明确", "The party is identified", LOCAL, identified(view)),
        one("undisputed", "对违法事实没有争议", "The facts are not disputed", LOCAL, undisputed(view)),
        one("consent", "当事人签署自愿适用同意书", "The party has consented in writing", "杭综法〔2024〕14号（自愿适用）", consent(view)),
        one("no_appraisal", "不须检验、检测、检疫或者鉴定", "No test or appraisal is needed", LOCAL, no_appraisal(view)),
    ];
    let limited = policy::get::<String>(facts.book, "fast.below_hearing", facts.today);
    if limited.map_or(true, |answer| answer.value == "yes") {
        out.push(one("below_hearing", "拟作处罚未达听证标准", "The expected penalty gives no right to a hearing", "行政处罚法 63", below_hearing(view, facts)));
    }
    out
}

/// The version of the matter that is likely to apply: that which the choice of law gives, or today's while the day of the act is open.
fn matter(view: &View<'_>, facts: &Facts<'_>) -> Option<Matter> {
    match law_choice::offer(view, facts.book, facts.today) {
        Ok(choice) => Some(law_choice::version(view, &choice).unwrap_or(&choice.then).matter.clone()),
        Err(_) => facts.book.get::<Matter>(&view.text("matter")?, facts.today),
    }
}

fn on_the_list(view: &View<'_>, facts: &Facts<'_>) -> (Option<bool>, String) {
    let Some(code) = view.text("matter") else { return (None, "未选择处罚事项".into()) };
    match matter(view, facts) {
        Some(matter) => (Some(matter.fast_case && matter.case_allowed), format!("{code} {}", matter.name)),
        None => (Some(false), format!("{code} 不在目录内")),
    }
}

fn clear(view: &View<'_>) -> (Option<bool>, String) {
    let facts = view.text("facts").or_else(|| view.word("clue", "fact"));
    facts.map_or((Some(false), "没有记录违法事实".into()), |facts| (Some(true), facts.chars().take(60).collect()))
}

/// Each element rests on evidence that was verified and not excluded.
fn conclusive(view: &View<'_>) -> (Option<bool>, String) {
    let elements: Vec<Json> = view.all("elements.").map(|(_, element)| element).collect();
    let stands: Vec<&str> = view.all("evidence.").map(|(id, _)| id).collect();
    let verified = |id: &str| {
        let key = format!("verified.{id}");
        stands.contains(&id) && view.word(&key, "by").is_some() && !view.yes(&key, "excluded")
    };
    let proven = elements.iter().filter(|one| one.get("evidence").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).any(verified)).count();
    (Some(proven > 0 && proven == elements.len()), format!("{proven}/{} 项事实有经查证属实的证据", elements.len()))
}

fn identified(view: &View<'_>) -> (Option<bool>, String) {
    let missing: Vec<&str> = [("party.name", "姓名或者名称"), ("party.kind", "当事人类型")].into_iter().filter(|(key, _)| view.text(key).is_none()).map(|(_, zh)| zh).collect();
    let number = view.text("party.uscc").is_some() || view.text("party.id_no").is_some();
    let lacks = missing.into_iter().chain((!number).then_some("证件号码或者统一社会信用代码")).collect::<Vec<_>>();
    if lacks.is_empty() { (Some(true), "名称、类型和证件号码齐备".into()) } else { (Some(false), format!("缺少{}", lacks.join("、"))) }
}

/// What officers have said of a circumstance of fast handling.
fn said(view: &View<'_>, member: &str) -> Option<bool> {
    view.json("fast").get(member).and_then(Json::as_bool)
}

fn undisputed(view: &View<'_>) -> (Option<bool>, String) {
    match said(view, "facts_disputed") {
        Some(disputed) => (Some(!disputed), if disputed { "当事人有争议" } else { "当事人无争议" }.into()),
        None => (None, "未询问当事人".into()),
    }
}

fn consent(view: &View<'_>) -> (Option<bool>, String) {
    if view.number("fast", "withdrawn_ms").is_some() {
        return (Some(false), "同意已撤回".into());
    }
    if view.number("fast", "consent_ms").is_some() { (Some(true), "已签署同意书".into()) } else { (None, "尚未签署同意书".into()) }
}

fn no_appraisal(view: &View<'_>) -> (Option<bool>, String) {
    if view.all("measures.").any(|(_, measure)| measure.get("kind").and_then(Json::as_str) == Some("appraisal")) {
        return (Some(false), "已委托鉴定".into());
    }
    match said(view, "needs_appraisal") {
        Some(needed) => (Some(!needed), if needed { "须鉴定" } else { "不须鉴定" }.into()),
        None => (None, "未说明是否须鉴定".into()),
    }
}

/// Penalties that give a right to a hearing whatever their amount (行政处罚法 63).
const HEARD: &[&str] = &["lower_grade", "revocation", "stop_production", "close_down", "practice_ban"];

/// How an amount stands to the threshold of a hearing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Threshold {
    /// From this amount on, in fen.
    pub fen: Fen,
    /// The table is in doubt.
    pub doubtful: bool,
}

/// The threshold for the party of a case: that for organisations is for these alone, so that everybody else rather has a hearing.
pub fn threshold(view: &View<'_>, facts: &Facts<'_>) -> Option<Threshold> {
    let areas: Vec<String> = lineage(facts.book, facts.area, facts.today).into_iter().flatten().collect();
    let areas: Vec<&str> = areas.iter().map(String::as_str).collect();
    let domain = matter(view, facts).map(|matter| matter.domain);
    let answer = policy::hearing_threshold(facts.book, &areas, &domain.as_deref().into_iter().collect::<Vec<_>>(), facts.today).ok()?;
    let organisation = view.text("party.kind").as_deref() == Some("organisation");
    Some(Threshold { fen: if organisation { answer.value.organisation } else { answer.value.person }, doubtful: answer.doubtful })
}

fn below_hearing(view: &View<'_>, facts: &Facts<'_>) -> (Option<bool>, String) {
    let Some(Threshold { fen: limit, .. }) = threshold(view, facts) else { return (None, "没有适用的听证标准".into()) };
    let proposed = discretion::proposed(view);
    if let Some(heavy) = proposed.iter().find(|kind| HEARD.contains(&kind.as_str())) {
        return (Some(false), format!("拟处 {heavy}"));
    }
    let taken = discretion::confiscated(view).max(discretion::gains(view));
    if taken >= limit {
        return (Some(false), format!("没收 {taken} 元，听证标准 {limit} 元"));
    }
    if !proposed.is_empty() {
        let fine = view.fines();
        return (Some(fine < limit), format!("拟处罚款 {fine} 元，听证标准 {limit} 元"));
    }
    let Some(suggested) = matter(view, facts).and_then(|matter| discretion::suggest(&matter, &Input::of(view)).ok()) else {
        return (None, format!("尚无处罚建议，听证标准 {limit} 元"));
    };
    let (min, max) = (Fen(suggested.band.min), Fen(suggested.band.max));
    let met = if min >= limit { Some(false) } else { Some(true).filter(|_| max < limit) };
    (met, format!("裁量幅度 {min} 至 {max} 元，听证标准 {limit} 元"))
}

fn exclusion(view: &View<'_>, facts: &Facts<'_>, row: &(&'static str, &'static str, &'static str, &'static str)) -> Condition {
    let (applies, fact) = applies(view, facts, row.0);
    Condition { code: row.0, zh: row.1, en: row.2, basis: row.3, state: State::of(applies.map(|applies| !applies)), fact }
}

/// Whether an exclusion applies, and the fact that it rests on.
fn applies(view: &View<'_>, facts: &Facts<'_>, code: &str) -> (Option<bool>, String) {
    let not = |(met, fact): (Option<bool>, String)| (met.map(|met| !met), fact);
    let weighty = |words: &[&str]| -> Vec<String> {
        let all = view.json("weighty");
        all.as_array().into_iter().flatten().filter_map(Json::as_str).filter(|word| words.contains(word)).map(str::to_owned).collect()
    };
    match code {
        "minor" => minor(view, facts.today),
        "blind" => condition(view, &["blind"]),
        "deaf" => condition(view, &["deaf_mute"]),
        "limited_capacity" => condition(view, &["limited_capacity", "no_capacity"]),
        "disputed" => not(undisputed(view)),
        "crime" => {
            let suspected = view.number("crime", "suspected_ms").is_some() && view.word("crime", "answer").as_deref() != Some("declined");
            (Some(suspected), view.word("crime", "offence").unwrap_or_else(|| if suspected { "涉嫌犯罪" } else { "没有犯罪嫌疑" }.into()))
        }
        "complex" => {
            let reasons = weighty(&["public_interest", "many_relations", "doubtful", "heavy_penalty"]);
            let discussed = view.number("discussion", "at_ms").is_some();
            let fact = if discussed {
                "已集体讨论".into()
            } else if reasons.is_empty() {
                "没有重大、复杂情形".into()
            } else {
                reasons.join(", ")
            };
            (Some(discussed || !reasons.is_empty()), fact)
        }
        "hearing" => {
            let asked = view.number("hearing", "requested_ms").is_some() && !view.yes("hearing", "withdrawn");
            (Some(asked), if asked { "当事人要求听证" } else { "没有听证要求" }.into())
        }
        "public_notice" => {
            let way = |json: &Json| json.get("way").and_then(Json::as_str) == Some("public_notice");
            let posted = way(&view.json("served")) || view.all("services.").any(|(_, service)| way(&service));
            (Some(posted), if posted { "公告送达" } else { "没有公告送达" }.into())
        }
        "unidentified" => not(identified(view)),
        "joint" => (said(view, "joint_offenders"), told(view, "joint_offenders", "共同违法")),
        "impact" => {
            let told_so = !weighty(&["impact"]).is_empty();
            (if told_so { Some(true) } else { said(view, "impact") }, told(view, "impact", "社会影响较大"))
        }
        _ => (None, String::new()),
    }
}

fn told(view: &View<'_>, member: &str, zh: &str) -> String {
    match said(view, member) {
        Some(true) => zh.to_owned(),
        Some(false) => format!("非{zh}"),
        None => format!("未说明是否{zh}"),
    }
}

/// Under eighteen on the day of the act or today (行政处罚法 30): by the day of birth, or that in the number of the identity card.
fn minor(view: &View<'_>, today: Date) -> (Option<bool>, String) {
    if view.text("party.kind").as_deref() == Some("organisation") {
        return (Some(false), "当事人为法人或者其他组织".into());
    }
    let Some(birth) = party::birth(view) else { return (None, "出生日期不明".into()) };
    let days = [view.day("act_date"), view.day("act_end"), Some(today)];
    let minor = days.into_iter().flatten().any(|day| Age::on(birth, day).is_some_and(|age| age != Age::Adult));
    // The day itself is personal and stays where it is.
    (Some(minor), if minor { "未满十八周岁" } else { "已满十八周岁" }.into())
}

fn condition(view: &View<'_>, words: &[&str]) -> (Option<bool>, String) {
    if view.text("party.kind").as_deref() == Some("organisation") {
        return (Some(false), "当事人为法人或者其他组织".into());
    }
    match view.text("party.condition") {
        Some(condition) => (Some(words.contains(&condition.as_str())), condition),
        None => (None, "当事人身心状况未记录".into()),
    }
}

#[cfg(test)]
pub(in crate::case) mod tests;
