//! Choice of law: the old clause, unless the new one is lighter (从旧兼从轻, 行政处罚法 art 37; 生态环境法典 art 1057).
//!
//! The law of the act applies; a continuing act counts by the day on which it ended. If that law is no longer in force when
//! the decision is made, and the new one is lighter or does not punish the act any more, the new one applies. What was in
//! force only in between counts for nothing: the article compares two days.
//!
//! Two versions are compared by what may be imposed, by the fine (its upper bound, then its lower), by its bounds after an
//! order to correct, and by when a penalty may follow. Where these point in different ways or cannot be compared, nothing
//! is guessed: an officer chooses, with reasons, and legal review sees both. A result always carries both versions.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::Serialize;

use super::matter::{Matter, Range, Trigger};
use crate::base::{Date, Validity};
use crate::dated::{Body, Book};

/// When an act was committed, as far as it matters for the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// First day.
    pub start: Date,
    /// Last day; the same for an act of one day.
    pub end: Date,
    /// Whether an order to correct has run out or was refused; `None` while that is not known. It says which bounds of a
    /// fine are compared: those after an order, those without one, or both.
    pub refused: Option<bool>,
}

impl Act {
    /// An act of one day.
    pub fn on(day: Date) -> Act {
        Act { start: day, end: day, refused: None }
    }

    /// A continuing act.
    pub fn during(start: Date, end: Date) -> Act {
        Act { start, end, refused: None }
    }
}

/// A version of a matter with its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its days.
    pub valid: Validity,
    /// What it says.
    pub matter: Matter,
}

/// The outcome of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// One version was in force on both days.
    Unchanged,
    /// The law changed and is not lighter: the law of the act applies.
    Old,
    /// The law changed and is lighter: the law of the decision applies.
    NewIsLighter,
    /// The law of the decision does not punish the act any more: no penalty.
    Decriminalised,
    /// The versions cannot be compared: an officer's reasoned choice is needed.
    Undetermined,
}

/// What the versions differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// The kinds of penalty.
    Kinds,
    /// The bounds of the fine.
    Fine,
    /// The bounds after an order to correct.
    Overdue,
    /// When a penalty may follow.
    Trigger,
}

/// How the new version stands to the old one in one aspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// The new one is lighter.
    Lighter,
    /// Both are alike.
    Same,
    /// The new one is heavier.
    Heavier,
    /// They cannot be compared, such as a ratio and a fixed sum.
    Incomparable,
}

/// Which law applies, and why. Both versions are always there for legal review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The outcome.
    pub rule: Rule,
    /// The version of the act's last day.
    pub then: Version,
    /// The version of the day of decision; absent if there is none any more.
    pub now: Option<Version>,
    /// The aspects that were compared; empty where there was nothing to compare.
    pub because: Vec<(Aspect, Weight)>,
}

impl Choice {
    /// The version that applies; `None` if nothing is punished any more or an officer has to choose.
    pub fn law(&self) -> Option<&Version> {
        match self.rule {
            Rule::Old | Rule::Unchanged => Some(&self.then),
            Rule::NewIsLighter => self.now.as_ref(),
            Rule::Decriminalised | Rule::Undetermined => None,
        }
    }

    /// The version that does not apply: the one that legal review compares with. `None` if there is no second one, or none was chosen.
    pub fn other(&self) -> Option<&Version> {
        match self.rule {
            Rule::Old => self.now.as_ref(),
            Rule::NewIsLighter | Rule::Decriminalised => Some(&self.then),
            Rule::Unchanged | Rule::Undetermined => None,
        }
    }
}

/// Why there is no law to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum NoLaw {
    /// The days are in the wrong order.
    #[error("{field}: the act ends no earlier than it starts, and the decision follows its end; correct the days")]
    Order {
        /// The day that is too early.
        field: &'static str,
    },
    /// No version in force on the act's last day punishes it: what no law forbade cannot be punished.
    #[error("on {day} no law punished this; an act is punished only under the law of its day")]
    NotThen {
        /// The act's last day.
        day: Date,
    },
    /// A version is there that this program cannot read.
    #[error("the version from {from} was written by a later program; update this one")]
    Unreadable {
        /// Its first day.
        from: Date,
    },
}

fn version(book: &Book, matter: &str, day: Date) -> Result<Option<Version>, NoLaw> {
    let Some(row) = book.at(Matter::KIND, matter, day) else { return Ok(None) };
    let matter = row.typed().ok_or(NoLaw::Unreadable { from: row.valid.from })?;
    Ok(Some(Version { valid: row.valid, matter }))
}

/// Chooses the law for an act that is decided on a day.
pub fn choose(book: &Book, matter: &str, act: Act, decision_day: Date) -> Result<Choice, NoLaw> {
    if act.end < act.start {
        return Err(NoLaw::Order { field: "act_end" });
    }
    if decision_day < act.end {
        return Err(NoLaw::Order { field: "decision_day" });
    }
    let then = version(book, matter, act.end)?.filter(|v| v.matter.punishable()).ok_or(NoLaw::NotThen { day: act.end })?;
    let now = version(book, matter, decision_day)?;
    let (rule, because) = match &now {
        Some(now) if now.valid.from == then.valid.from => (Rule::Unchanged, vec![]),
        Some(now) if now.matter.punishable() => {
            let because = compare(&then.matter, &now.matter, act.refused);
            (outcome(&because), because)
        }
        _ => (Rule::Decriminalised, vec![]),
    };
    Ok(Choice { rule, then, now, because })
}

fn outcome(because: &[(Aspect, Weight)]) -> Rule {
    let has = |weight| because.iter().any(|(_, w)| *w == weight);
    match (has(Weight::Incomparable), has(Weight::Lighter), has(Weight::Heavier)) {
        (true, ..) | (_, true, true) => Rule::Undetermined,
        (_, true, false) => Rule::NewIsLighter,
        (_, false, _) => Rule::Old,
    }
}

/// How a new version of a matter stands to the old one, aspect by aspect. `refused` as in [`Act`].
pub fn compare(old: &Matter, new: &Matter, refused: Option<bool>) -> Vec<(Aspect, Weight)> {
    let mut out = vec![(Aspect::Kinds, kinds(old, new))];
    let comparable = match (&old.fine, &new.fine) {
        (Some(a), Some(b)) => (a.shape, &a.unit, &a.base) == (b.shape, &b.unit, &b.base),
        // Where one of them has no fine at all, the kinds say so; where its amounts are not entered, nobody can compare.
        (a, b) => a.is_some() == fined(old) && b.is_some() == fined(new),
    };
    if !comparable {
        out.push((Aspect::Fine, Weight::Incomparable));
    } else if let (Some(a), Some(b)) = (&old.fine, &new.fine) {
        let after = |matter: &Matter, plain: Range| matter.overdue.unwrap_or(plain);
        if refused != Some(true) {
            out.push((Aspect::Fine, ranges(a.range(), b.range())));
        }
        if refused != Some(false) && (old.overdue.is_some() || new.overdue.is_some()) {
            out.push((Aspect::Overdue, ranges(after(old, a.range()), after(new, b.range()))));
        } else if refused == Some(true) {
            out.push((Aspect::Fine, ranges(a.range(), b.range())));
        }
    }
    if refused != Some(true) {
        out.push((Aspect::Trigger, weight(mildness(new.trigger).cmp(&mildness(old.trigger)))));
    }
    out
}

fn fined(matter: &Matter) -> bool {
    matter.kinds.contains(&super::matter::PenaltyKind::Fine)
}

fn weight(new_to_old: Ordering) -> Weight {
    match new_to_old {
        Ordering::Less => Weight::Lighter,
        Ordering::Equal => Weight::Same,
        Ordering::Greater => Weight::Heavier,
    }
}

/// Upper bounds first, then lower ones.
fn ranges(old: Range, new: Range) -> Weight {
    weight((new.max, new.min).cmp(&(old.max, old.min)))
}

/// Fewer kinds are lighter; kinds of which neither list holds the other cannot be compared.
fn kinds(old: &Matter, new: &Matter) -> Weight {
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (old.kinds.iter().collect(), new.kinds.iter().collect());
    match (new.is_subset(&old), old.is_subset(&new)) {
        (true, true) => Weight::Same,
        (true, false) => Weight::Lighter,
        (false, true) => Weight::Heavier,
        (false, false) => Weight::Incomparable,
    }
}

/// How readily a penalty follows: the more must happen first, the milder. Not the same as gravity, hence an aspect of its own.
fn mildness(trigger: Trigger) -> u8 {
    match trigger {
        Trigger::None => 0,
        Trigger::AfterOverdue | Trigger::OnRefusal => 1,
        Trigger::Optional => 2,
        Trigger::Immediate => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use crate::catalogue::matter::tests::slurry;
    use crate::catalogue::matter::{Clause, Fine, PenaltyKind, Shape};
    use crate::dated::Row;

    /// 生态环境法典 is in force from this day.
    const CODE: Date = date(2026, 8, 15);
    const YUAN: i64 = 100;

    fn fine(min: i64, max: i64) -> Option<Fine> {
        Some(Fine { shape: Shape::Fixed, unit: "CNY".into(), min: min * YUAN, max: max * YUAN, base: None })
    }

    /// 水污染防治法 art 85: 20,000 to 200,000 yuan.
    fn article_85() -> Matter {
        let penalty = vec![Clause { law: "水污染防治法".into(), article: "第八十五条第一款第(四)项".into(), text: None }];
        Matter { penalty, fine: fine(20_000, 200_000), ..slurry() }
    }

    fn book(old: &Matter, new: Option<&Matter>) -> Book {
        let mut book = Book::new();
        book.insert(Row::new("m", Validity::between(date(2018, 1, 1), CODE).unwrap(), old).unwrap()).unwrap();
        if let Some(new) = new {
            book.insert(Row::new("m", Validity::from(CODE), new).unwrap()).unwrap();
        }
        book
    }

    fn choice(old: &Matter, new: &Matter) -> Choice {
        choose(&book(old, Some(new)), "m", Act::on(date(2026, 8, 14)), CODE).unwrap()
    }

    #[test]
    fn slurry_into_water_before_the_code_is_fined_under_article_85() {
        let book = book(&article_85(), Some(&slurry()));
        let law = |act, decided| {
            let choice = choose(&book, "m", act, decided).unwrap();
            let fine = choice.law().unwrap().matter.fine.as_ref().unwrap().range();
            assert_eq!(choice.other().is_some(), choice.rule == Rule::Old, "both clauses are at hand");
            (choice.rule, fine.min / YUAN, fine.max / YUAN)
        };
        assert_eq!(law(Act::on(date(2026, 8, 14)), date(2026, 11, 2)), (Rule::Old, 20_000, 200_000));
        assert_eq!(law(Act::on(date(2026, 8, 14)), date(2026, 8, 14)), (Rule::Unchanged, 20_000, 200_000));
        assert_eq!(law(Act::on(CODE), date(2026, 11, 2)), (Rule::Unchanged, 100_000, 1_000_000));
        assert_eq!(law(Act::during(date(2026, 7, 1), CODE), date(2026, 11, 2)), (Rule::Unchanged, 100_000, 1_000_000), "a continuing act counts by its last day");
        assert_eq!(law(Act::during(date(2026, 7, 1), date(2026, 8, 14)), date(2026, 11, 2)), (Rule::Old, 20_000, 200_000));
    }

    #[test]
    fn a_lighter_law_applies_to_acts_before_it_under_article_37() {
        let lighter = choice(&slurry(), &article_85());
        assert_eq!(lighter.rule, Rule::NewIsLighter);
        assert_eq!(lighter.law().unwrap().matter, article_85());
        assert_eq!(lighter.other().unwrap().matter, slurry());
        let min_only = Matter { fine: fine(50_000, 1_000_000), ..slurry() };
        assert_eq!(choice(&slurry(), &min_only).rule, Rule::NewIsLighter, "the same upper bound, a lower one below");
        assert_eq!(choice(&min_only, &slurry()).rule, Rule::Old);
        let after_order = Matter { trigger: Trigger::AfterOverdue, ..slurry() };
        assert_eq!(choice(&slurry(), &after_order).rule, Rule::NewIsLighter, "an order to correct comes first");
        let fewer = Matter { kinds: vec![PenaltyKind::Warning], fine: None, ..slurry() };
        let both = Matter { kinds: vec![PenaltyKind::Warning, PenaltyKind::Fine], ..slurry() };
        assert_eq!(choice(&both, &fewer).rule, Rule::NewIsLighter);
        assert_eq!(choice(&slurry(), &slurry()).rule, Rule::Old, "alike is not lighter");
    }

    #[test]
    fn what_is_not_punished_any_more_is_not_punished() {
        let gone = choose(&book(&slurry(), None), "m", Act::on(date(2026, 8, 14)), CODE).unwrap();
        assert_eq!((gone.rule, gone.law(), gone.now.as_ref()), (Rule::Decriminalised, None, None));
        assert!(gone.other().is_some());
        let toothless = Matter { kinds: vec![], fine: None, trigger: Trigger::None, penalty: vec![], case_allowed: false, ..slurry() };
        assert_eq!(choice(&slurry(), &toothless).rule, Rule::Decriminalised);
    }

    #[test]
    fn what_cannot_be_compared_needs_a_reasoned_choice() {
        let ratio = Matter { fine: Some(Fine { shape: Shape::Ratio, unit: "percent".into(), min: 100, max: 200, base: Some("工程合同价款".into()) }), ..slurry() };
        let other_kinds = Matter { kinds: vec![PenaltyKind::StopProduction], fine: None, ..slurry() };
        let lower_but_more = Matter { kinds: vec![PenaltyKind::Fine, PenaltyKind::RevokeLicence], ..article_85() };
        let unknown = Matter { fine: None, ..slurry() };
        for new in [ratio, other_kinds, lower_but_more, unknown] {
            let choice = choice(&slurry(), &new);
            assert_eq!((choice.rule, choice.law()), (Rule::Undetermined, None), "{new:?}");
            assert!(choice.now.is_some());
        }
    }

    #[test]
    fn bounds_after_an_order_count_when_there_was_one() {
        // 固体废物污染环境防治法 art 112 and 生态环境法典 art 1175: 100,000–1,000,000, then 50,000–200,000 and 200,000–1,000,000 on refusal.
        let old = Matter { fine: fine(100_000, 1_000_000), ..slurry() };
        let new = Matter { fine: fine(50_000, 200_000), overdue: Some(Range { min: 200_000 * YUAN, max: 1_000_000 * YUAN }), ..slurry() };
        let rule = |refused| choose(&book(&old, Some(&new)), "m", Act { refused, ..Act::on(date(2026, 8, 14)) }, CODE).unwrap().rule;
        assert_eq!(rule(Some(false)), Rule::NewIsLighter);
        assert_eq!(rule(Some(true)), Rule::Old, "its lower bound is above the old one");
        assert_eq!(rule(None), Rule::Undetermined, "as long as nobody knows");
    }

    #[test]
    fn an_act_before_any_law_and_days_out_of_order_are_refused() {
        let book = book(&article_85(), Some(&slurry()));
        assert_eq!(choose(&book, "m", Act::on(date(2017, 12, 31)), CODE), Err(NoLaw::NotThen { day: date(2017, 12, 31) }));
        assert_eq!(choose(&book, "m", Act::during(CODE, date(2026, 8, 1)), CODE), Err(NoLaw::Order { field: "act_end" }));
        assert_eq!(choose(&book, "m", Act::on(CODE), date(2026, 8, 14)), Err(NoLaw::Order { field: "decision_day" }));
    }
}
