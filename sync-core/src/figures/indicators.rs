//! The indicators: what each counts, as a formula that is shown with its number.

use super::Dim;

/// How the rows of a fact are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Each row.
    Rows,
    /// Each record once.
    Records,
    /// Each record once for each object (户次).
    Pairs,
    /// Each object once.
    Objects,
    /// Each thing that the rows are about, once.
    Abouts,
    /// The amounts of the rows.
    Sum,
}

/// A fact, counted in a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// A name of [`super::FACTS`].
    pub what: &'static str,
    /// How.
    pub by: By,
}

/// How an indicator comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula {
    /// The count itself.
    Count(Term),
    /// One count in another.
    Ratio(Term, Term),
    /// Objects to which rows of the fact by more than one organ belong.
    Several(&'static str),
    /// One less this period's count in that of the year before.
    Drop(Term),
    /// Deadlines that were met in those that were met or missed.
    InTime,
    /// Matters that the organ may punish on the last day of the period, by the book.
    Matters,
    /// Those of them that stand on the unified list of province and city.
    MattersListed,
    /// Officers whose credited hours of the calendar year reach the yearly goal by the last day of the period, in all officers.
    HoursGoal,
}

/// What a number is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Things, counted.
    Count,
    /// A part of a whole, shown in per cent.
    Share,
    /// So many for each.
    Mean,
    /// Days.
    Days,
}

/// An indicator.
#[derive(Debug, Clone, Copy)]
pub struct Indicator {
    /// Stable code.
    pub code: &'static str,
    /// What a number is of.
    pub measure: Measure,
    /// How it comes about.
    pub formula: Formula,
    /// In Chinese, and its formula.
    pub zh: (&'static str, &'static str),
    /// In English, and its formula.
    pub en: (&'static str, &'static str),
    /// Where it is from.
    pub source: &'static str,
}

const fn term(what: &'static str, by: By) -> Term {
    Term { what, by }
}

const fn of(code: &'static str, measure: Measure, formula: Formula, zh: (&'static str, &'static str), en: (&'static str, &'static str), source: &'static str) -> Indicator {
    Indicator { code, measure, formula, zh, en, source }
}

impl Formula {
    /// The facts that it counts.
    pub fn facts(&self) -> Vec<&'static str> {
        match *self {
            Count(a) | Drop(a) => vec![a.what],
            Ratio(a, b) if a.what == b.what => vec![a.what],
            Ratio(a, b) => vec![a.what, b.what],
            Several(what) => vec![what],
            InTime | Matters | MattersListed | HoursGoal => Vec::new(),
        }
    }

    /// What it can be narrowed by: what every fact that it counts knows. Of a deadline, unit and object are known beside the record; a
    /// matter is held by an organ in an area, by no unit and of no object.
    pub fn by(&self) -> Vec<Dim> {
        match self {
            InTime => vec![Dim::Organ, Dim::Unit, Dim::Object],
            // Of one organ alone nothing is compared with another's.
            Several(_) => vec![Dim::Area, Dim::Object],
            Matters | MattersListed => vec![Dim::Area, Dim::Organ, Dim::Matter],
            HoursGoal => vec![Dim::Organ, Dim::Unit],
            Count(_) | Ratio(..) | Drop(_) => {
                let knows = |what: &str, dim: Dim| super::known(what).is_some_and(|fact| fact.by.contains(&dim));
                Dim::ALL.into_iter().filter(|dim| self.facts().iter().all(|what| knows(what, *dim))).collect()
            }
        }
    }
}

/// The indicator of a code.
pub fn indicator(code: &str) -> Option<&'static Indicator> {
    INDICATORS.iter().find(|i| i.code == code)
}

use By::{Abouts, Objects, Pairs, Records, Rows, Sum};
use Formula::{Count, Drop, HoursGoal, InTime, Matters, MattersListed, Ratio, Several};

/// Every indicator of `domain.md` §12 and of the article, in the order in which they are shown.
pub static INDICATORS: &[Indicator] = &[
    of(
        "matters",
        Measure::Count,
        Matters,
        ("行政处罚事项", "期末由本机关行使的处罚事项数"),
        ("Matters held", "Matters that the organ may punish at the end of the period"),
        "高新区文章",
    ),
    of(
        "matters_listed",
        Measure::Count,
        MattersListed,
        ("其中：省市统一划转事项", "期末由本机关行使的处罚事项中，列入省、市统一划转目录的事项数"),
        ("Matters of the unified list", "Of the matters held at the end of the period, those on the unified list of province and city"),
        "高新区文章",
    ),
    of(
        "visits",
        Measure::Count,
        Count(term("visit", Records)),
        ("现场检查次数", "现场检查的次数，并入的不重复计"),
        ("Visits on site", "Visits, each once; those joined into another are not counted"),
        "domain.md §12",
    ),
    of(
        "visits_per_firm",
        Measure::Mean,
        Ratio(term("visit", Pairs), term("visit", Objects)),
        ("户均检查次数", "检查户次 ÷ 检查户数"),
        ("Visits per enterprise", "Visits, one for each object ÷ objects"),
        "domain.md §12",
    ),
    of(
        "frequency_drop",
        Measure::Share,
        Drop(term("visit", Records)),
        ("频次下降率", "1 − 本期现场检查次数 ÷ 上年同期"),
        ("Fall in frequency", "1 − visits of this period ÷ of the year before"),
        "domain.md §12",
    ),
    of("sites", Measure::Count, Count(term("visit", Objects)), ("检查户数", "检查过的对象数"), ("Objects visited", "Objects that were visited, each once"), "高新区文章"),
    of(
        "joint",
        Measure::Count,
        Count(term("joint_round", Abouts)),
        ("联合检查次数", "两个以上机关参加的检查；同一牵头单位同日为同一任务进行的计一次"),
        ("Joint inspections", "Visits in which two organs or more took part; those of one lead unit on one day for one task count once"),
        "高新区文章",
    ),
    of(
        "joint_sites",
        Measure::Count,
        Count(term("joint", Objects)),
        ("联合检查户数", "联合检查过的对象数，每户计一次"),
        ("Objects of joint visits", "Objects to which a joint visit was made, each once"),
        "高新区文章",
    ),
    of(
        "joint_objects",
        Measure::Count,
        Count(term("joint", Pairs)),
        ("联合检查户次", "联合检查次数 × 对象"),
        ("Joint visits by object", "Joint visits × objects"),
        "domain.md §12",
    ),
    of(
        "spared",
        Measure::Count,
        Count(term("spared", Rows)),
        ("减少企业干扰户次", "Σ(联合检查主体数 − 1) + 取消的重复检查"),
        ("Visits spared", "Σ (organs − 1) over joint visits + duplicates cancelled"),
        "domain.md §12",
    ),
    of(
        "joint_share",
        Measure::Share,
        Ratio(term("joint_planned", Records), term("planned", Records)),
        ("联合检查实施率", "计划内联合检查 ÷ 计划内现场检查"),
        ("Share of joint visits", "Planned joint visits ÷ planned visits on site"),
        "浙江省 2027 年目标 ≥80%",
    ),
    of(
        "planned_share",
        Measure::Share,
        Ratio(term("planned", Records), term("visit", Records)),
        ("按计划检查率", "计划内检查 ÷ 全部检查"),
        ("Share of planned visits", "Planned visits ÷ all visits"),
        "宁波“三升一降”",
    ),
    of(
        "off_site_share",
        Measure::Share,
        Ratio(term("plan_off_site", Rows), term("plan_entry", Rows)),
        ("非现场占比", "以非现场方式进行的条目 ÷ 已公布计划中期内开始的全部条目"),
        ("Share off site", "Entries carried out off site ÷ all entries of published plans that begin in the period"),
        "domain.md §12",
    ),
    of(
        "warned_many",
        Measure::Count,
        Several("alone"),
        ("多头检查预警", "期内被两个以上机关分别单独检查的对象数"),
        ("Visited by several organs apart", "Objects that two organs or more visited in the period, each on its own"),
        "domain.md §12",
    ),
    of(
        "warned_repeat",
        Measure::Count,
        Count(term("warned_repeat", Rows)),
        ("重复检查预警", "同日重复检查的预警数"),
        ("Warnings of repetition", "Flags that an object was already visited on the day"),
        "domain.md §12",
    ),
    of(
        "warned_often",
        Measure::Count,
        Count(term("warned_often", Rows)),
        ("高频检查预警", "达到年度检查频次上限的预警数"),
        ("Warnings of frequency", "Flags that the cap on visits of the year was reached"),
        "domain.md §12",
    ),
    of(
        "firms_warned",
        Measure::Count,
        Count(term("warned", Objects)),
        ("预警企业", "有重复、高频检查预警的对象数，每户计一次"),
        ("Objects warned of", "Objects with a warning of repetition or frequency, each once"),
        "domain.md §12",
    ),
    of(
        "code_share",
        Measure::Share,
        Ratio(term("code_shown", Records), term("visit", Records)),
        ("亮码检查率", "亮码检查 ÷ 全部检查"),
        ("Share with a code shown", "Visits with a code shown ÷ all visits"),
        "宁波“三升一降”",
    ),
    of(
        "problem_share",
        Measure::Share,
        Ratio(term("problem", Records), term("visit", Records)),
        ("问题检出率", "检出问题的检查 ÷ 全部检查"),
        ("Share with a problem", "Visits with a problem ÷ all visits"),
        "domain.md §12",
    ),
    of(
        "corrected_share",
        Measure::Share,
        Ratio(term("order_corrected", Rows), term("order", Rows)),
        ("监管纠正率", "已改正 ÷ 责令改正"),
        ("Share corrected", "Orders met ÷ orders given"),
        "宁波“三升一降”",
    ),
    of(
        "support",
        Measure::Count,
        Count(term("support", Rows)),
        ("技术支持和帮扶指导", "现场给予的技术支持和帮扶指导"),
        ("Technical support", "Support given on site"),
        "高新区文章",
    ),
    of("rating", Measure::Mean, Ratio(term("rating", Sum), term("rating", Rows)), ("企业评价", "分值之和 ÷ 评价数"), ("Rating", "Points ÷ ratings"), "domain.md §12"),
    of("invitations", Measure::Count, Count(term("invitation", Records)), ("企业邀约", "收到的邀约"), ("Invitations", "Invitations received"), "高新区文章"),
    of(
        "invited_departments",
        Measure::Count,
        Count(term("invited", Rows)),
        ("上门体检部门", "应邀上门的部门数"),
        ("Departments that came", "Departments that came on invitations"),
        "高新区文章",
    ),
    of("invited_items", Measure::Count, Count(term("examined", Rows)), ("上门检查事项", "应邀检查的事项数"), ("Items examined", "Items examined on invitation"), "高新区文章"),
    of("opinions", Measure::Count, Count(term("opined", Rows)), ("整改意见", "应邀检查提出的整改意见"), ("Rectification opinions", "Opinions given on invitation"), "高新区文章"),
    of("advice", Measure::Count, Count(term("advised", Rows)), ("合规建议", "应邀检查提出的合规建议"), ("Compliance suggestions", "Suggestions given on invitation"), "高新区文章"),
    of("clues", Measure::Count, Count(term("clue", Records)), ("案件线索", "期内发现的线索"), ("Clues", "Clues to cases found in the period"), "domain.md §5.1"),
    of("cases_filed", Measure::Count, Count(term("case_filed", Records)), ("立案数", "立案的案件"), ("Cases filed", "Cases filed"), "domain.md §12"),
    of("cases_decided", Measure::Count, Count(term("case_decided", Records)), ("办结决定数", "作出决定的案件"), ("Cases decided", "Cases decided"), "domain.md §12"),
    of("fast_cases", Measure::Count, Count(term("case_fast", Records)), ("简案快办", "适用简案快办的案件"), ("Fast cases", "Cases decided by fast handling"), "高新区文章"),
    of(
        "fast_share",
        Measure::Share,
        Ratio(term("case_fast", Records), term("case_decided", Records)),
        ("简案快办占比", "简案快办 ÷ 作出决定的案件"),
        ("Share of fast cases", "Fast cases ÷ cases decided"),
        "domain.md §12",
    ),
    of(
        "fast_days",
        Measure::Days,
        Ratio(term("case_fast", Sum), term("case_fast", Rows)),
        ("简案快办平均用时", "立案至决定日数之和 ÷ 简案快办案件"),
        ("Days of a fast case", "Days from filing to decision ÷ fast cases"),
        "domain.md §12",
    ),
    of(
        "ordinary_days",
        Measure::Days,
        Ratio(term("case_ordinary", Sum), term("case_ordinary", Rows)),
        ("普通程序平均用时", "立案至决定日数之和 ÷ 普通程序案件"),
        ("Days of a general case", "Days from filing to decision ÷ general cases"),
        "domain.md §12",
    ),
    of(
        "first_share",
        Measure::Share,
        Ratio(term("case_first", Records), term("case_decided", Records)),
        ("首违不罚占比", "首违不罚 ÷ 作出决定的案件"),
        ("Share of first violations not punished", "First violations not punished ÷ cases decided"),
        "domain.md §12",
    ),
    of(
        "review_share",
        Measure::Share,
        Ratio(term("case_reviewed", Records), term("case_decided", Records)),
        ("线上法制审核占比", "线上完成法制审核的案件 ÷ 作出决定的案件"),
        ("Share with a legal review online", "Cases whose legal review is on record here ÷ cases decided"),
        "浙江省综合行政执法条例 24",
    ),
    of(
        "court_share",
        Measure::Share,
        Ratio(term("case_court", Records), term("case_punished", Records)),
        ("非诉执行占比", "申请强制执行 ÷ 作出处罚的案件"),
        ("Share brought to court", "Cases in which a court was asked ÷ cases punished"),
        "domain.md §12",
    ),
    of(
        "remedy_lost_share",
        Measure::Share,
        Ratio(term("remedy_lost", Rows), term("remedy", Rows)),
        ("复议诉讼败诉率", "被纠错 ÷ 审结的复议和诉讼"),
        ("Share of remedies lost", "Lost ÷ reviews and suits that ended"),
        "domain.md §12",
    ),
    of("in_time", Measure::Share, InTime, ("期限遵守率", "按期完成 ÷ (按期完成 + 逾期)"), ("Deadlines met", "Met ÷ (met + missed)"), "domain.md §12"),
    of(
        "repairs",
        Measure::Count,
        Count(term("repair", Records)),
        ("信用修复", "完成修复的失信信息，撤销的不计"),
        ("Credit repairs", "Records repaired, but for those taken back"),
        "高新区文章",
    ),
    of(
        "repair_days",
        Measure::Days,
        Ratio(term("repair", Sum), term("repair", Rows)),
        ("信用修复平均用时", "申请至批准日数之和 ÷ 修复数"),
        ("Days of a repair", "Days from application to approval ÷ repairs"),
        "domain.md §12",
    ),
    of(
        "repairs_revoked",
        Measure::Count,
        Count(term("repair_revoked", Records)),
        ("撤销的修复", "因虚假承诺撤销的修复"),
        ("Repairs taken back", "Repairs revoked for a false commitment"),
        "domain.md §7.2",
    ),
    of(
        "assists",
        Measure::Count,
        Count(term("assist", Rows)),
        ("企业帮扶", "处罚后上门帮扶的次数"),
        ("Visits to help", "Visits to help enterprises after a penalty"),
        "高新区文章",
    ),
    of(
        "repair_open",
        Measure::Count,
        Count(term("repair_open", Records)),
        ("可修复", "期内可以申请修复的失信信息"),
        ("Could be repaired", "Records that could be repaired in the period"),
        "domain.md §7.2",
    ),
    of(
        "repair_applied",
        Measure::Count,
        Count(term("repair_applied", Records)),
        ("已申请修复", "期内申请修复的失信信息"),
        ("Repair applied for", "Records for which repair was applied"),
        "domain.md §7.2",
    ),
    of(
        "training_courses",
        Measure::Count,
        Count(term("course", Records)),
        ("举办培训", "已举办的培训课程，取消的不计"),
        ("Courses held", "Courses that took place"),
        "domain.md §12",
    ),
    of(
        "training_fields",
        Measure::Count,
        Count(term("training_letter", Abouts)),
        ("培训邀请领域", "期内发出培训邀请函所涉执法领域数，每个领域计一次"),
        ("Fields invited", "Fields of law for which departments were asked in the period to teach, each once"),
        "高新区文章",
    ),
    of(
        "training_experts",
        Measure::Count,
        Count(term("training_expert", Abouts)),
        ("授课专家", "已举办培训的外请授课人数，一人计一名"),
        ("Experts who taught", "People of other departments who taught in courses that took place, each once"),
        "高新区文章",
    ),
    of(
        "training_hours",
        Measure::Count,
        Count(term("training_hours", Sum)),
        ("培训学时", "认定的学时之和"),
        ("Hours of training", "Hours credited, all officers together"),
        "domain.md §12",
    ),
    of(
        "training_goal_share",
        Measure::Share,
        HoursGoal,
        ("年度学时达标率", "期末所在年度内累计学时达到年度目标的人员 ÷ 全体人员"),
        ("Share that reached the yearly goal", "Officers whose hours of the calendar year, up to the end of the period, reach the goal ÷ all officers"),
        "domain.md §12",
    ),
    of(
        "quiz_share",
        Measure::Share,
        Ratio(term("quiz_passed", Rows), term("quiz", Rows)),
        ("培训测验合格率", "测验合格人次 ÷ 参加测验人次"),
        ("Share of quizzes passed", "Quizzes passed ÷ quizzes taken"),
        "domain.md §12",
    ),
    of(
        "cohandlings",
        Measure::Count,
        Count(term("cohandling", Records)),
        ("首案共办", "原主管部门同意共办的首案"),
        ("First cases handled with advice", "First cases on transferred matters on which the former department agreed to advise"),
        "domain.md §12",
    ),
    of(
        "cohandling_lessons",
        Measure::Count,
        Count(term("cohandling_lesson", Rows)),
        ("首案办案要点", "首案共办形成的办案要点"),
        ("Lessons of first cases", "Lessons recorded of first cases handled with advice"),
        "domain.md §12",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::figures::FACTS;

    #[test]
    fn every_indicator_counts_facts_that_there_are_and_every_fact_is_counted() {
        let mut counted = BTreeSet::new();
        let mut codes = BTreeSet::new();
        for i in INDICATORS {
            assert!(codes.insert(i.code), "{}", i.code);
            for text in [i.zh.0, i.zh.1, i.en.0, i.en.1, i.source] {
                assert!(!text.is_empty(), "{}", i.code);
            }
            counted.extend(i.formula.facts());
            assert!(i.formula.by().len() > 1, "{}", i.code);
        }
        let known: BTreeSet<&str> = FACTS.iter().map(|f| f.name).collect();
        assert_eq!(known.len(), FACTS.len());
        assert!(FACTS.is_sorted_by_key(|f| f.name));
        assert_eq!(counted, known);
    }

    #[test]
    fn no_indicator_is_of_an_officer_or_of_fines() {
        for i in INDICATORS {
            assert!(!i.code.contains("officer") && !i.code.contains("fine") && !i.zh.0.contains("罚款"), "{}", i.code);
        }
    }
}
