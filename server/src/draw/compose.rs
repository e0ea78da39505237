//! Who of the candidates can be drawn, with what weight, and why the others cannot. Pure.

use std::collections::BTreeSet;

use sync_core::base::RecordId;
use sync_core::law::policy::Weights;
use sync_core::plan::cap::{Standing, Verdict};
use sync_core::plan::draw::{Exclusion, Object, Why};

use super::Amount;

/// A family of objects that could be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The key under which it is counted.
    pub key: RecordId,
    /// The lists that its members are on (`object::LISTS`).
    pub lists: BTreeSet<String>,
    /// Its risk.
    pub risk: String,
    /// The worst credit of a member; empty if none is given.
    pub credit: String,
    /// Where the organ stands with it under the cap, if a cap holds.
    pub standing: Option<Standing>,
}

/// Why a candidate is not drawn: covered in full, left alone, or visited as often as the cap lets the organ.
fn exclusion(one: &Candidate) -> Option<Exclusion> {
    if one.lists.contains("key") {
        return Some(Exclusion { why: Why::FullCoverage, reason: "重点监管对象，全覆盖检查，不参加抽取 Under key supervision: covered in full".into() });
    }
    if one.lists.contains("left_alone") {
        return Some(Exclusion { why: Why::Undisturbed, reason: "无事不扰对象，不参加抽取 Left alone without cause".into() });
    }
    let standing = one.standing.as_ref().filter(|standing| standing.verdict == Verdict::Blocked)?;
    let (used, max) = (standing.used, standing.max);
    Some(Exclusion { why: Why::Cap, reason: format!("已达年度检查频次上限：{used}/{max} The cap of the year is reached: {used} of {max}") })
}

/// The objects of a list, in order. `Err` names risk and credit for which the policy has no weight.
pub fn objects(candidates: &[Candidate], weights: &Weights) -> Result<Vec<Object>, String> {
    let mut out = Vec::with_capacity(candidates.len());
    for one in candidates {
        let weight = weights.of(&one.risk, &one.credit).ok_or_else(|| format!("risk {}, credit {}", one.risk, if one.credit.is_empty() { "unknown" } else { &one.credit }))?;
        out.push(Object { key: one.key.to_string(), weight, excluded: exclusion(one) });
    }
    out.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(out)
}

/// How many are drawn of those that can be; `None` if there are too few, or none is asked for.
pub fn number(amount: Amount, eligible: usize) -> Option<u32> {
    let eligible = u32::try_from(eligible).unwrap_or(u32::MAX);
    let wanted = match amount {
        Amount::Count(n) => n,
        Amount::Percent(p) if p <= 100 => u32::try_from((u64::from(eligible) * u64::from(p)).div_ceil(100)).unwrap_or(u32::MAX),
        Amount::Percent(_) => return None,
    };
    (1..=eligible).contains(&wanted).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::base::Digest;
    use sync_core::base::date::date;
    use sync_core::dated::Book;
    use sync_core::law::policy::random_weights;
    use sync_core::plan::draw::{Inspector, List, draw, replay};

    fn weights() -> Weights {
        random_weights(&Book::new(), date(2026, 6, 1)).unwrap().value
    }

    fn candidate(n: u128, lists: &[&str], risk: &str, credit: &str, used: u32) -> Candidate {
        let verdict = if used >= 2 { Verdict::Blocked } else { Verdict::Free };
        let lists = lists.iter().map(|l| (*l).to_owned()).collect();
        Candidate { key: RecordId(n), lists, risk: risk.into(), credit: credit.into(), standing: Some(Standing { verdict, used, max: 2, counted: vec![] }) }
    }

    #[test]
    fn high_risk_and_bad_credit_weigh_more_and_good_credit_less() {
        let weights = weights();
        let of = |risk: &str, credit: &str| weights.of(risk, credit).unwrap();
        for credit in ["a", "", "b", "c", "d"] {
            assert!(of("low", credit) < of("medium", credit) && of("medium", credit) < of("high", credit), "{credit}");
        }
        for risk in ["low", "medium", "high"] {
            assert!(of(risk, "a") < of(risk, "b") && of(risk, "b") == of(risk, "") && of(risk, "b") < of(risk, "c") && of(risk, "c") < of(risk, "d"), "{risk}");
        }
    }

    #[test]
    fn whoever_is_left_alone_is_never_drawn_nor_who_is_covered_in_full_or_at_the_cap() {
        let all = [
            candidate(1, &["left_alone"], "high", "d", 0),
            candidate(2, &["key"], "high", "d", 0),
            candidate(3, &["random"], "high", "d", 2),
            candidate(4, &["random", "left_alone"], "high", "d", 0),
            candidate(5, &["random"], "low", "a", 0),
            candidate(6, &[], "medium", "", 1),
        ];
        let objects = objects(&all, &weights()).unwrap();
        let whys: Vec<Option<Why>> = objects.iter().map(|o| o.excluded.as_ref().map(|e| e.why)).collect();
        assert_eq!(whys, [Some(Why::Undisturbed), Some(Why::FullCoverage), Some(Why::Cap), Some(Why::Undisturbed), None, None]);
        assert!(objects[2].excluded.as_ref().unwrap().reason.contains("2/2"), "the numbers are told");
        let inspectors = ["a", "b"].map(|key| Inspector { key: key.into(), most: 9, excluded: None }).to_vec();
        let list = List { title: "抽查".into(), draw: 2, team: 2, objects, inspectors, recusals: vec![] };
        let mut seen = BTreeSet::new();
        for n in 0_u64..10_000 {
            let drawn = draw(list.clone(), Digest::plain(&n.to_be_bytes())).unwrap();
            seen.extend(drawn.result.iter().map(|d| d.object.clone()));
            if n < 100 {
                assert_eq!(replay(&drawn), Ok(()));
            }
        }
        assert_eq!(seen, [5, 6].map(|n| RecordId(n).to_string()).into());
    }

    #[test]
    fn a_share_is_rounded_up_and_more_than_there_are_is_refused() {
        assert_eq!(number(Amount::Percent(5), 41), Some(3));
        assert_eq!(number(Amount::Percent(100), 7), Some(7));
        assert_eq!(number(Amount::Count(7), 7), Some(7));
        assert!([number(Amount::Count(8), 7), number(Amount::Count(0), 7), number(Amount::Percent(101), 7), number(Amount::Percent(10), 0)].iter().all(Option::is_none));
    }
}
