//! Why a proposal is as it is: codes with their facts, and their words in two languages from one table.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Risk;
use crate::base::Date;

/// One reason. Its fields are the facts; `organs`, `entries` and the like are codes, as in the plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// Windows of several organs meet on these days (浙江省综合行政执法条例第十四条).
    Joint {
        /// The organs.
        organs: Vec<String>,
        /// First day that all windows share.
        from: Date,
        /// Last such day.
        to: Date,
    },
    /// Several entries of one organ are one visit (第十三条).
    OneOrgan {
        /// The organ.
        organ: String,
        /// Its entries.
        entries: Vec<String>,
    },
    /// No other entry's window meets this one.
    Alone {
        /// The entry.
        entry: String,
    },
    /// Whose windows bound the days.
    Bound {
        /// The entry that begins last.
        first: String,
        /// The entry that ends first.
        last: String,
    },
    /// One of several visits that an entry wants.
    Repeat {
        /// The entry.
        entry: String,
        /// Which.
        nth: usize,
        /// Of how many.
        of: u8,
        /// Days between two of them.
        apart: u16,
    },
    /// The organ of the riskiest matter leads.
    Lead {
        /// The organ.
        organ: String,
        /// The entry that decided.
        entry: String,
        /// Its risk.
        risk: Risk,
    },
    /// Several organs' matters are equally risky: the rule proposes one, the guidance office (指导办) decides.
    LeadTie {
        /// The organ with more matters, else the earlier end, else the code that comes first.
        organ: String,
        /// All of them.
        organs: Vec<String>,
        /// Their risk.
        risk: Risk,
    },
    /// The cap leaves the organ nothing after this visit.
    LastOfCap {
        /// The organ.
        organ: String,
        /// Most visits of the year.
        max: u32,
    },
    /// The visit before it is near: one window a little wider would save a visit.
    Near {
        /// That visit.
        visit: String,
        /// Days between the end of one and the beginning of the other.
        days: i32,
    },
    /// The object has more visits than the proven bound.
    NotProven {
        /// Visits.
        visits: usize,
        /// No fewer would do.
        least: usize,
    },
    /// The first day on which a squad had room, the visits that end earlier placed before it.
    Day {
        /// The squad.
        squad: String,
        /// The day.
        day: Date,
    },
    /// Another visit that could move made room.
    Moved {
        /// The squad.
        squad: String,
        /// The day.
        day: Date,
        /// The visit that moved.
        visit: String,
    },
    /// The window has too few working days for the visits wanted.
    NoOpenDay {
        /// The entry.
        entry: String,
        /// Visits wanted.
        wanted: u32,
        /// Visits possible.
        possible: u32,
    },
    /// Its objects are to be drawn, and no draw was made.
    NotDrawn {
        /// The entry.
        entry: String,
    },
    /// The cap is reached; an override needs a reason.
    Cap {
        /// The entry.
        entry: String,
        /// The organ.
        organ: String,
        /// Visits that count, taken place or planned.
        used: u32,
        /// Most of them.
        max: u32,
    },
    /// No squad works in the area.
    NoSquad {
        /// The area.
        area: String,
    },
    /// No squad of the area has as many officers.
    TooFewOfficers {
        /// Wanted.
        officers: u8,
    },
    /// The visit is longer than any squad's day.
    TooLong {
        /// Its minutes.
        minutes: u32,
    },
    /// The squads of the area are closed on all days of the window.
    Closed {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// The squads of the area are full on all days of the window.
    Full {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
}

/// Code, Chinese, English; `{name}` stands for a fact.
pub const TEXTS: &[(&str, &str, &str)] = &[
    ("joint", "{organs}的检查时间窗在{from}至{to}重合，合并为一次联合检查", "the windows of {organs} meet from {from} to {to}: one joint visit"),
    ("one_organ", "{organ}对同一对象的多项计划（{entries}）合并为一次检查", "several entries of {organ} ({entries}) are one visit"),
    ("alone", "无其他计划与{entry}的时间窗重合", "no other entry's window meets that of {entry}"),
    ("bound", "可选日期由{first}的开始日和{last}的截止日限定", "the days are bounded by the beginning of {first} and the end of {last}"),
    ("repeat", "{entry}要求的第{nth}次（共{of}次，间隔不少于{apart}日）", "visit {nth} of {of} that {entry} wants, at least {apart} days apart"),
    ("lead", "{organ}牵头：其{entry}风险等级最高（{risk}）", "{organ} leads: its {entry} has the highest risk ({risk})"),
    ("lead_tie", "{organs}风险等级相同（{risk}），建议{organ}牵头，由指导办确定", "{organs} have the same risk ({risk}); {organ} is proposed, the guidance office decides"),
    ("last_of_cap", "此后{organ}本年度频次上限（{max}次）用尽", "after it {organ} has used its cap of {max} for the year"),
    ("near", "与{visit}仅隔{days}日，调整时间窗可再减少一次", "only {days} days from {visit}: a wider window would save a visit"),
    ("not_proven", "该对象{visits}次，可证明的下限为{least}次", "{visits} visits to this object; the proven bound is {least}"),
    ("day", "{day}为{squad}最早有余力的工作日，截止日更早的检查优先", "{day} is the first day on which {squad} has room, visits that end earlier going first"),
    ("moved", "{visit}改期后，{squad}在{day}腾出余力", "{visit} moved and made room for it with {squad} on {day}"),
    ("no_open_day", "{entry}需{wanted}次，时间窗内的工作日只容{possible}次", "{entry} wants {wanted} visits, the working days of its window allow {possible}"),
    ("not_drawn", "{entry}按比例抽查，尚未抽取对象", "the objects of {entry} are to be drawn, and none were yet"),
    (
        "cap",
        "{entry}：{organ}对该对象的频次已达上限（{used}/{max}），突破须说明理由",
        "{entry}: {organ} has reached the cap for this object ({used} of {max}); an override needs a reason",
    ),
    ("no_squad", "没有中队负责{area}", "no squad works in {area}"),
    ("too_few_officers", "没有中队能同时派出{officers}名执法人员", "no squad has {officers} officers at once"),
    ("too_long", "检查需{minutes}分钟，超过任何中队的一日时长", "{minutes} minutes are more than any squad's day"),
    ("closed", "{from}至{to}负责该区域的中队均不执勤", "the area's squads are closed from {from} to {to}"),
    ("full", "{from}至{to}负责该区域的中队均已排满", "the area's squads are full from {from} to {to}"),
];

/// A language of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 中文.
    Chinese,
    /// English.
    English,
}

impl Reason {
    /// Its code.
    pub fn code(&self) -> String {
        self.json().get("code").and_then(Json::as_str).unwrap_or_default().to_owned()
    }

    fn json(&self) -> Json {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// In words. `name` gives the name of a code, or the code itself.
    pub fn text(&self, language: Language, name: &dyn Fn(&str) -> String) -> String {
        let json = self.json();
        let code = json.get("code").and_then(Json::as_str).unwrap_or_default();
        let row = TEXTS.iter().find(|(known, ..)| *known == code);
        let mut text = row.map(|(_, zh, en)| if language == Language::Chinese { *zh } else { *en }).unwrap_or_default().to_owned();
        let joint = if language == Language::Chinese { "、" } else { ", " };
        for (key, value) in json.as_object().into_iter().flatten() {
            let words = match value {
                Json::String(word) => name(word),
                Json::Array(list) => list.iter().filter_map(Json::as_str).map(name).collect::<Vec<_>>().join(joint),
                other => other.to_string(),
            };
            text = text.replace(&format!("{{{key}}}"), &words);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use std::collections::BTreeSet;

    fn all() -> Vec<Reason> {
        let (from, to) = (date(2026, 1, 5), date(2026, 1, 9));
        let (organ, entry, squad, visit) = ("fire".to_owned(), "e1".to_owned(), "squad-juxian".to_owned(), "site-1#1".to_owned());
        let organs = vec![organ.clone(), "ecology".to_owned()];
        vec![
            Reason::Joint { organs: organs.clone(), from, to },
            Reason::OneOrgan { organ: organ.clone(), entries: vec![entry.clone()] },
            Reason::Alone { entry: entry.clone() },
            Reason::Bound { first: entry.clone(), last: entry.clone() },
            Reason::Repeat { entry: entry.clone(), nth: 1, of: 2, apart: 30 },
            Reason::Lead { organ: organ.clone(), entry: entry.clone(), risk: Risk::High },
            Reason::LeadTie { organ: organ.clone(), organs, risk: Risk::Low },
            Reason::LastOfCap { organ: organ.clone(), max: 2 },
            Reason::Near { visit: visit.clone(), days: 3 },
            Reason::NotProven { visits: 3, least: 2 },
            Reason::Day { squad: squad.clone(), day: from },
            Reason::Moved { squad, day: from, visit },
            Reason::NoOpenDay { entry: entry.clone(), wanted: 2, possible: 1 },
            Reason::NotDrawn { entry: entry.clone() },
            Reason::Cap { entry, organ, used: 2, max: 2 },
            Reason::NoSquad { area: "juxian".into() },
            Reason::TooFewOfficers { officers: 9 },
            Reason::TooLong { minutes: 900 },
            Reason::Closed { from, to },
            Reason::Full { from, to },
        ]
    }

    #[test]
    fn every_code_has_words_in_both_languages_and_every_fact_its_place() {
        let codes: BTreeSet<String> = all().iter().map(Reason::code).collect();
        assert_eq!(codes, TEXTS.iter().map(|(code, ..)| (*code).to_owned()).collect());
        for reason in all() {
            for language in [Language::Chinese, Language::English] {
                let text = reason.text(language, &|code| code.to_owned());
                assert!(!text.is_empty() && !text.contains(['{', '}']), "{text}");
            }
        }
        let said = all()[0].text(Language::Chinese, &|code| if code == "fire" { "消防".to_owned() } else { code.to_owned() });
        assert_eq!(said, "消防、ecology的检查时间窗在2026-01-05至2026-01-09重合，合并为一次联合检查");
    }
}
