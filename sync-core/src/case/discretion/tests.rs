//! Suggestions on matters with every shape of a fine.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::base::date::date;
use crate::case::law_choice::tests::{BOOK, case_of};
use crate::catalogue::matter::Trigger;
use crate::catalogue::matter::tests::slurry;

const YUAN: i64 = 100;

fn matter(code: &str) -> Matter {
    BOOK.get::<Matter>(code, date(2026, 9, 21)).unwrap()
}

fn tiered() -> Matter {
    let tier = |words: &str, min: i64, max: i64| Tier { circumstance: words.into(), min: min * YUAN, max: max * YUAN };
    Matter { tiers: vec![tier("不足10立方米", 100_000, 300_000), tier("10至50立方米", 300_000, 600_000), tier("50立方米以上", 600_000, 1_000_000)], ..slurry() }
}

fn picked(circumstances: &[&str]) -> Input {
    Input { circumstances: circumstances.iter().map(|c| (*c).to_owned()).collect(), ..Input::default() }
}

fn band(matter: &Matter, input: &Input) -> (i64, i64) {
    let band = suggest(matter, input).unwrap().band;
    (band.min / YUAN, band.max / YUAN)
}

#[test]
fn the_circumstances_pick_the_tier_under_article_34() {
    let tiered = tiered();
    assert_eq!(band(&tiered, &picked(&[])), (300_000, 600_000), "none: the middle");
    assert_eq!(band(&tiered, &picked(&["50立方米以上"])), (600_000, 1_000_000), "the tier's own words");
    assert_eq!(band(&tiered, &picked(&["removed_harm"])), (100_000, 300_000), "行政处罚法 32 (一)");
    assert_eq!(band(&tiered, &picked(&["obstructed"])), (600_000, 1_000_000));
    assert_eq!(band(&tiered, &picked(&["removed_harm", "obstructed"])), (300_000, 600_000), "they pull different ways");
    assert_eq!(band(&tiered, &Input { tier: Some(0), ..picked(&["50立方米以上"]) }), (100_000, 300_000), "what was picked goes first");
    assert_eq!(suggest(&tiered, &Input { tier: Some(3), ..Input::default() }), Err(Silent::Tier));
    let why = suggest(&tiered, &picked(&["merit"])).unwrap().reasons;
    assert_eq!(
        why.iter().map(|r| r.basis.as_str()).collect::<Vec<_>>(),
        ["《生态环境法典》第一千一百三十六条第一款第(五)项", "行政处罚法第三十二条第四项", "行政处罚法第三十四条（裁量基准）"]
    );
}

#[test]
fn without_tiers_the_range_is_halved_by_leniency() {
    assert_eq!(band(&slurry(), &picked(&[])), (100_000, 1_000_000));
    assert_eq!(band(&slurry(), &picked(&["minor"])), (100_000, 550_000), "行政处罚法 30");
    assert_eq!(band(&slurry(), &picked(&["emergency"])), (550_000, 1_000_000), "行政处罚法 49");
}

#[test]
fn below_the_minimum_needs_a_ground_of_article_32() {
    let mitigated = |circumstances: &[&str]| Input { leniency: Some(Leniency::Mitigated), ..picked(circumstances) };
    assert_eq!(suggest(&slurry(), &mitigated(&[])), Err(Silent::NoGround));
    assert_eq!(suggest(&slurry(), &mitigated(&["obstructed"])), Err(Silent::NoGround));
    assert_eq!(suggest(&slurry(), &mitigated(&["coerced"])).unwrap().band, Range { min: 0, max: 100_000 * YUAN - 1 });
    let open = Matter { fine: slurry().fine.map(|fine| crate::catalogue::matter::Fine { min: 0, ..fine }), ..slurry() };
    assert_eq!(suggest(&open, &mitigated(&["coerced"])), Err(Silent::NothingBelow));
}

#[test]
fn a_ratio_is_taken_of_its_base_and_units_are_counted() {
    let of = |code: &str, count: i64| suggest(&matter(code), &Input { count: Some(count), ..Input::default() }).map(|s| (s.range.min, s.range.max));
    assert_eq!(of("HC-001", 12_345_678_900), Ok((123_456_789, 246_913_578)), "建设工程质量管理条例 57: 1–2 % of the contract");
    assert_eq!(of("HC-001", 101), Ok((2, 2)), "up at the lower bound, down at the upper one");
    assert_eq!(of("WR-005", 30), Ok((30_000, 60_000)), "水土保持法 55: 10–20 yuan for each cubic metre");
    assert_eq!(of("EE-009", 3), Ok((1_500_000, 1_500_000)), "生态环境法典 1127: 5,000 yuan a machine");
    assert_eq!(of("HC-001", 0), Err(Silent::Count));
    assert_eq!(of("WR-005", i64::MAX), Err(Silent::TooLarge));
    assert_eq!(suggest(&matter("HC-001"), &Input::default()), Err(Silent::Count));
}

#[test]
fn the_range_after_an_order_applies_to_what_was_not_put_right_alone() {
    let of = |refused| suggest(&matter("EE-015"), &Input { refused, ..Input::default() }).unwrap();
    assert_eq!((of(false).range.min / YUAN, of(false).range.max / YUAN, of(false).overdue), (50_000, 200_000, false));
    assert_eq!((of(true).range.min / YUAN, of(true).range.max / YUAN, of(true).overdue), (200_000, 1_000_000, true), "生态环境法典 1175");
    let tiered = Matter { overdue: Some(Range { min: 1_000_000 * YUAN, max: 2_000_000 * YUAN }), ..tiered() };
    let after = suggest(&tiered, &Input { refused: true, ..Input::default() }).unwrap();
    assert_eq!((after.tier, after.band), (None, Range { min: 1_000_000 * YUAN, max: 2_000_000 * YUAN }), "tiers divide the plain range only");
}

#[test]
fn what_has_no_fine_or_none_that_is_entered_gets_no_suggestion() {
    let warned = Matter { kinds: vec![PenaltyKind::Warning], fine: None, trigger: Trigger::Immediate, ..slurry() };
    assert_eq!(suggest(&warned, &Input::default()), Err(Silent::NoFine));
    assert_eq!(suggest(&matter("UM-018"), &Input::default()), Err(Silent::NotEntered), "the amounts stand in a local rule");
}

#[test]
fn every_kind_of_a_case_is_one_of_the_catalogue_and_every_ground_has_its_article() {
    let kinds: std::collections::BTreeSet<_> = crate::case::PENALTIES.iter().map(|word| kind(word).unwrap_or_else(|| panic!("{word}"))).collect();
    assert_eq!(kinds.len(), crate::case::PENALTIES.len());
    assert_eq!(Leniency::ALL.iter().map(|l| l.as_str()).collect::<Vec<_>>(), crate::case::LENIENCIES);
    assert!(CIRCUMSTANCES.iter().all(|one| circumstance(one.code) == Some(one) && !one.basis.is_empty()));
}

#[test]
fn gains_are_what_was_not_given_back_under_article_28() {
    let record = case_of("INVESTIGATED", &[("gains", json!({ "amount_fen": 5_000, "refunded_fen": 2_000 }))]);
    assert_eq!(gains(&View::of(&record)), Fen(3_000));
}

proptest! {
    #[test]
    fn a_band_lies_in_the_range_unless_it_lies_below_on_a_ground(
        code in proptest::sample::select(vec!["EE-015", "EE-012", "HC-001", "WR-005", "SYN-CONSTRUCTION-0001", "SYN-CONSTRUCTION-0004"]),
        count in 1i64..1_000_000_000,
        refused in any::<bool>(),
        circumstances in proptest::sample::subsequence(CIRCUMSTANCES.iter().map(|c| c.code.to_owned()).collect::<Vec<_>>(), 0..4),
        leniency in proptest::option::of(proptest::sample::select(Leniency::ALL.to_vec())),
    ) {
        let input = Input { circumstances, tier: None, leniency, count: Some(count), refused };
        match suggest(&matter(code), &input) {
            Ok(s) if s.leniency == Leniency::Mitigated => {
                prop_assert!(input.may_mitigate() && s.band.max < s.range.min);
                prop_assert_eq!(place(Fen(s.band.max), s.range, false), Place::Below);
            }
            Ok(s) => {
                // A ratio of next to nothing has no whole fen between its bounds.
                prop_assert!(s.range.min > s.range.max || (s.range.min <= s.band.min && s.band.min <= s.band.max && s.band.max <= s.range.max), "{s:?}");
                prop_assert_eq!(place(Fen(s.range.max + 1), s.range, true), Place::Above, "above is never legal");
            }
            Err(why) => prop_assert!(matches!(why, Silent::NoGround | Silent::NothingBelow), "{why}"),
        }
    }
}
