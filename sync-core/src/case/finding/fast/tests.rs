//! Every exclusion by its name, at the offer and when it is found later.

use serde_json::{Value as Json, json};

use crate::case::fast::EXCLUSIONS;
use crate::case::fast::tests::{eligible, said, with};
use crate::case::law_choice::tests::found;

type Fields = Vec<(&'static str, Json)>;

/// What brings each exclusion about.
fn cases() -> Vec<(&'static str, Vec<(&'static str, Json)>)> {
    vec![
        ("minor", vec![("party.birth", json!("2012-01-01"))]),
        ("blind", vec![("party.condition", json!("blind"))]),
        ("deaf", vec![("party.condition", json!("deaf_mute"))]),
        ("limited_capacity", vec![("party.condition", json!("limited_capacity"))]),
        ("disputed", vec![said("facts_disputed", json!(true))]),
        ("crime", vec![("crime", json!({ "offence": "污染环境罪", "suspected_ms": 9 }))]),
        ("complex", vec![("weighty", json!(["doubtful"]))]),
        ("hearing", vec![("hearing", json!({ "requested_ms": 9 }))]),
        ("public_notice", vec![("services.s1", json!({ "posted": "2026-09-10", "reason": "下落不明", "way": "public_notice" }))]),
        ("unidentified", vec![("party.name", Json::Null)]),
        ("joint", vec![said("joint_offenders", json!(true))]),
        ("impact", vec![said("impact", json!(true))]),
    ]
}

fn codes(stage: &str, fields: &Fields) -> Vec<String> {
    found(stage, fields, "fast.").into_iter().map(|f| f.code.to_owned()).collect()
}

#[test]
fn each_exclusion_bars_the_offer_by_its_name() {
    assert_eq!(cases().iter().map(|(code, _)| *code).collect::<Vec<_>>(), EXCLUSIONS.iter().map(|row| row.0).collect::<Vec<_>>());
    assert_eq!(codes("CLUE", &eligible()), Vec::<String>::new());
    for (code, facts) in cases() {
        let against = found("CLUE", &with(eligible(), &facts), "fast.");
        let named = against.iter().find(|f| f.code == format!("fast.{code}")).unwrap_or_else(|| panic!("{code}: {against:?}"));
        assert!(["offer_fast", "run_fast", "decide"].iter().all(|act| named.bars.contains(act)), "{code}");
        assert_eq!(against.len(), 1, "{code} alone: {against:?}");
    }
}

#[test]
fn what_is_found_after_consent_makes_conversion_due() {
    for (code, facts) in cases() {
        for stage in ["CONSENTED", "FAST_RUNNING"] {
            let against = codes(stage, &with(eligible(), &facts));
            assert_eq!(
                against,
                {
                    let mut both = vec!["fast.convert_due".to_owned(), format!("fast.{code}")];
                    both.sort();
                    both
                },
                "{stage}"
            );
        }
    }
    assert_eq!(codes("FAST_RUNNING", &with(eligible(), &[said("withdrawn_ms", json!(9))])), ["fast.convert_due"]);
    assert_eq!(codes("FAST_RUNNING", &eligible()), Vec::<String>::new());
}

#[test]
fn conditions_that_are_not_met_are_named() {
    assert_eq!(codes("FAST_RUNNING", &with(eligible(), &[("matter", json!("EE-009"))])), ["fast.convert_due", "fast.not_listed"]);
    let dear = ("penalty", json!({ "amount_fen": 500_000, "basis": "x", "kind": "fine" }));
    assert_eq!(codes("CLUE", &with(eligible(), &[dear])), ["fast.above_hearing"]);
    assert_eq!(codes("CLUE", &with(eligible(), &[said("needs_appraisal", json!(true))])), ["fast.appraisal"]);
    assert_eq!(codes("CONSENTED", &with(eligible(), &[("verified.e1", Json::Null)])), ["fast.inconclusive"], "that can still be mended");
    let unsaid = found("CLUE", &with(eligible(), &[("party.condition", Json::Null)]), "fast.");
    assert_eq!(unsaid.iter().map(|f| f.key()).collect::<Vec<_>>(), ["flags.fast.unclear.blind", "flags.fast.unclear.deaf", "flags.fast.unclear.limited_capacity"]);
}

#[test]
fn nothing_is_asked_of_a_case_that_is_not_handled_fast() {
    let mut fast = eligible().into_iter().find(|(key, _)| *key == "fast").unwrap().1;
    let minor = ("party.birth", json!("2012-01-01"));
    assert_eq!(codes("INVESTIGATING", &with(eligible(), &[minor.clone(), ("fast", json!({}))])), Vec::<String>::new());
    fast["converted_ms"] = json!(9);
    assert_eq!(codes("INVESTIGATING", &with(eligible(), &[minor.clone(), ("fast", fast)])), Vec::<String>::new());
    for stage in ["CONVERTED_TO_NORMAL", "DECIDED"] {
        assert_eq!(codes(stage, &with(eligible(), std::slice::from_ref(&minor))), Vec::<String>::new(), "{stage}");
    }
}
