//! What a repair needs: each condition met, not met or unknown, with the fact that it rests on.

use serde_json::Value as Json;

use super::assess::Assessment;
use crate::base::Date;
use crate::base::UtcMs;
use crate::base::date::day_of;
use crate::base::money::Fen;
use crate::case::execution::account;
use crate::case::fast::{Condition, State};
use crate::case::read::View;
use crate::case::stage;
use crate::dated::Book;
use crate::law::Calendar;
use crate::law::policy;
use crate::law::policy::{Category, Shown};
use crate::record::Record;

/// Source of the conditions under both orders.
const BASIS: &str = "国家发展改革委令2023年第58号；国家发展改革委令2025年第36号";

fn state(met: Option<bool>) -> State {
    met.map_or(State::Unknown, |met| if met { State::Met } else { State::NotMet })
}

/// Whether the duties of the decision are done: everything paid, a surcharge with it, and what takes no money performed.
pub fn duties(view: &View<'_>, book: &Book, calendar: &Calendar, today: Date) -> (Option<bool>, String) {
    let performed = view.day_of("performed", "done_ms");
    let kinds = std::iter::once(view.json("penalty")).chain(view.all("penalties.").map(|(_, p)| p));
    let other = |p: &Json| p.get("kind").and_then(Json::as_str).is_some_and(|kind| !matches!(kind, "confiscation" | "criticism" | "fine" | "warning"));
    if kinds.into_iter().any(|p| other(&p)) && performed.is_none() {
        return (Some(false), "没有履行记录".into());
    }
    let owed = account(view, book, calendar, today);
    match (&owed.unknown, owed.owed_fen) {
        (Some(why), _) => (None, why.chars().take(200).collect()),
        (None, 0) => (Some(true), if owed.paid_fen > 0 { format!("已缴清{}元", Fen(owed.paid_fen)) } else { "没有应缴未缴款项".into() }),
        (None, fen) => (Some(false), format!("尚欠{}元", Fen(fen))),
    }
}

/// Whether the violation is corrected: a re-check says so, or else the record of performance.
pub fn corrected(view: &View<'_>) -> (Option<bool>, String) {
    match view.word("order", "recheck").as_deref() {
        Some("corrected") => return (Some(true), "经复查已改正".into()),
        Some(_) => return (Some(false), "经复查未改正".into()),
        None => {}
    }
    match view.json("performed").get("corrected").and_then(Json::as_bool) {
        Some(true) => (Some(true), "履行情况记载已改正".into()),
        Some(false) => (Some(false), "履行情况记载未改正".into()),
        None => (None, "没有改正或者复查的记录".into()),
    }
}

/// Whether the decision was taken back, by the organ, upon review or by the court; also after the case was closed upon it.
pub fn undone(view: &View<'_>) -> bool {
    view.stage() == stage::REVOKED || (view.word("ended", "authority").is_some() && view.json("opinions.change_decision.head").is_null())
}

/// Whether the decision stands: it was served and nobody took it back. One that was changed waits for its service.
pub fn stands(view: &View<'_>) -> (bool, String) {
    match view.stage() {
        _ if undone(view) => (false, "决定已被撤销".into()),
        stage::CHANGED => (false, "决定已变更，尚未重新送达".into()),
        stage::SERVED | stage::PERFORMED | stage::PARTIAL | stage::OVERDUE | stage::URGED | stage::COURT_APPLIED | stage::ENFORCED | stage::CLOSED | stage::ARCHIVED => {
            (true, "决定已送达生效".into())
        }
        other => (false, format!("案件在{other}阶段，决定尚未送达")),
    }
}

/// Whether there is a display that a repair could end.
fn displayed(view: &View<'_>, found: &Assessment, today: Date) -> (Option<bool>, String) {
    if found.latest.is_some_and(|latest| today >= latest) {
        return (Some(false), "最长公示期已届满，自动停止公示".into());
    }
    match found.shown {
        Shown::Yes => (Some(true), "依规定公示".into()),
        Shown::No => (Some(false), "依规定不公示，无须修复".into()),
        Shown::IfNeeded => match view.word("publicity", "state").as_deref() {
            Some("published") => (Some(true), "已经公示".into()),
            Some(_) => (Some(false), "没有公示，无须修复".into()),
            None => (None, "是否公示没有记录".into()),
        },
    }
}

/// From when on an application is possible. A minor record can be repaired once performed where the policy says so.
pub fn opens(found: &Assessment, book: &Book) -> Option<Date> {
    let at_once = found.category == Category::Minor && policy::get::<String>(book, "credit.minor.repairable_at_once", found.regime.day).is_ok_and(|answer| answer.value == "yes");
    if at_once { found.start } else { found.earliest }
}

/// Every condition of a repair. `repair` is the record of it, whose application says what the party has promised and handed in.
pub fn conditions(view: &View<'_>, repair: Option<&Record>, found: &Assessment, book: &Book, calendar: &Calendar, today: Date) -> Vec<Condition> {
    let one = |code, zh, en, (met, fact): (Option<bool>, String)| Condition { code, zh, en, basis: BASIS, state: state(met), fact };
    let (stands, stands_why) = stands(view);
    let period = match opens(found, book) {
        Some(from) => (Some(today >= from), if today >= from { format!("自{from}起可以申请") } else { format!("{from}起方可申请") }),
        None => (None, "公示起算日不明".into()),
    };
    let application = repair.map(|record| super::repair::read(record, "application")).unwrap_or_default();
    let applied = application.get("at_ms").and_then(Json::as_i64).and_then(|ms| day_of(UtcMs(ms)));
    let promised = match (applied, application.get("public").and_then(Json::as_bool)) {
        (None, _) => (None, "尚未申请".into()),
        (Some(day), Some(true)) => (Some(true), format!("{day}作出信用承诺并同意公开")),
        (Some(_), _) => (Some(false), "没有同意公开信用承诺".into()),
    };
    let handed: Vec<&str> = application.get("materials").and_then(Json::as_array).into_iter().flatten().filter_map(|m| m.get("kind").and_then(Json::as_str)).collect();
    let missing: Vec<&str> = found.materials.iter().map(String::as_str).filter(|needed| !handed.contains(needed)).collect();
    let materials = match (applied, missing.is_empty()) {
        (None, _) => (None, "尚未申请".into()),
        (Some(_), true) => (Some(true), format!("{}份材料齐备", handed.len())),
        (Some(_), false) => (Some(false), format!("缺少{}", missing.join(", "))),
    };
    vec![
        one("stands", "处罚决定生效", "The decision stands", (Some(stands), stands_why)),
        one("displayed", "信息处于公示状态", "The record is displayed", displayed(view, found, today)),
        one("duties", "履行处罚决定规定的义务", "The duties are done", duties(view, book, calendar, today)),
        one("corrected", "纠正违法行为", "The violation is corrected", corrected(view)),
        one("period", "达到最短公示期", "The shortest display is over", period),
        one("commitment", "公开作出信用承诺", "A public commitment is made", promised),
        one("materials", "申请材料齐备", "The materials are complete", materials),
    ]
}

/// Conditions that are asked for only when somebody applies.
pub const OF_APPLICATION: &[&str] = &["commitment", "materials"];

/// Whether an application is possible: everything is met but what comes with it.
pub fn eligible(conditions: &[Condition]) -> bool {
    conditions.iter().filter(|one| !OF_APPLICATION.contains(&one.code)).all(|one| one.state == State::Met)
}
