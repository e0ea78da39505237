//! Vectors of 行政处罚法 art 37 and 生态环境法典 art 1057.

use proptest::prelude::*;

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

/// Some matter: a frame of a fine, kinds, and a trigger.
fn any_matter() -> impl Strategy<Value = Matter> {
    let frame = (0i64..4, 1i64..4).prop_map(|(min, more)| fine(min, min + more));
    let kinds = proptest::sample::subsequence(vec![PenaltyKind::Warning, PenaltyKind::StopProduction, PenaltyKind::Close], 0..3);
    let trigger = proptest::sample::select(vec![Trigger::Immediate, Trigger::AfterOverdue, Trigger::Optional]);
    (frame, kinds, trigger).prop_map(|(fine, mut kinds, trigger)| {
        kinds.push(PenaltyKind::Fine);
        kinds.sort_unstable();
        Matter { fine, kinds, trigger, ..slurry() }
    })
}

proptest! {
    #[test]
    fn the_new_law_applies_only_if_it_is_nowhere_heavier(old in any_matter(), new in any_matter()) {
        let bounds = |matter: &Matter| matter.fine.as_ref().map(|fine| (fine.max, fine.min)).unwrap();
        let milder_kinds = new.kinds.iter().all(|kind| old.kinds.contains(kind));
        let nowhere_heavier = bounds(&new) <= bounds(&old) && milder_kinds && mildness(new.trigger) <= mildness(old.trigger);
        let alike = (bounds(&new), &new.kinds, new.trigger) == (bounds(&old), &old.kinds, old.trigger);
        let forth = choice(&old, &new).rule;
        prop_assert_eq!(forth == Rule::NewIsLighter, nowhere_heavier && !alike);
        let back = choice(&new, &old).rule;
        prop_assert!(forth != Rule::NewIsLighter || back == Rule::Old, "lighter one way is heavier the other");
        prop_assert_eq!(forth == Rule::Undetermined, back == Rule::Undetermined);
    }
}
