//! Draws replay, weights show in what is drawn, and whatever is changed is found.

use super::*;
use proptest::prelude::*;
use serde_json::Value as Json;

fn seed(n: u64) -> Digest {
    Digest::plain(&n.to_be_bytes())
}

fn object(key: &str, weight: u32) -> Object {
    Object { key: key.into(), weight, excluded: None }
}

fn inspector(key: &str, most: u32) -> Inspector {
    Inspector { key: key.into(), most, excluded: None }
}

fn list() -> List {
    let mut list = List {
        title: "2026年第四季度双随机".into(),
        draw: 3,
        team: 2,
        objects: ["s1", "s2", "s3", "s4", "s5", "s6"].into_iter().zip([1, 2, 3, 4, 5, 6]).map(|(key, weight)| object(key, weight)).collect(),
        inspectors: ["a", "b", "c", "d", "e"].into_iter().map(|key| inspector(key, 3)).collect(),
        recusals: vec![Recusal { inspector: "a".into(), object: "s2".into(), reason: "近亲属任职".into() }],
    };
    list.objects[5].excluded = Some(Exclusion { why: Why::Undisturbed, reason: "无事不扰名单".into() });
    list.inspectors[4].excluded = Some(Exclusion { why: Why::Certificate, reason: "证件到期".into() });
    list
}

/// Σ (seen − expected)² / expected for expected shares that sum to 1.
fn chi_square(seen: &[u32], shares: &[f64]) -> f64 {
    let total: u32 = seen.iter().sum();
    seen.iter().zip(shares).map(|(seen, share)| (f64::from(*seen) - share * f64::from(total)).powi(2) / (share * f64::from(total))).sum()
}

#[test]
fn the_commitment_is_sha_256_of_seed_and_list_hash_as_anyone_can_compute_it() {
    // printf of 64 bytes: 32 of 0x01, 32 of 0x02, through sha256sum.
    let found = commitment(&Digest([1; 32]), &Digest([2; 32]));
    assert_eq!(hex::encode(found.0), SHA256_OF_ONES_AND_TWOS);
}

const SHA256_OF_ONES_AND_TWOS: &str = "f818afd37a6dc3bc92fb44731011277006db4efa6e9023cd7468c02335d22a4d";

#[test]
fn a_draw_keeps_to_exclusions_recusals_and_loads() {
    for n in 0..500 {
        let drawn = draw(list(), seed(n)).unwrap();
        assert_eq!(drawn.result.len(), 3);
        let objects: BTreeSet<&str> = drawn.result.iter().map(|d| &*d.object).collect();
        assert_eq!(objects.len(), 3, "without replacement");
        assert!(!objects.contains("s6"));
        for one in &drawn.result {
            assert_eq!(one.inspectors.len(), 2);
            assert_ne!(one.inspectors[0], one.inspectors[1]);
            assert!(!one.inspectors.contains(&"e".to_owned()));
            assert!(one.object != "s2" || !one.inspectors.contains(&"a".to_owned()), "回避");
        }
        assert_eq!(replay(&drawn), Ok(()));
    }
    let mut few = list();
    few.inspectors.iter_mut().for_each(|inspector| inspector.most = 1);
    let drawn = draw(few, seed(1)).unwrap();
    assert_eq!(drawn.result.iter().map(|d| d.inspectors.len()).collect::<Vec<_>>(), [2, 2, 0], "four are free once each; the third object has nobody, and stays on the result");
}

#[test]
fn the_first_drawn_is_distributed_as_the_weights() {
    let mut seen = [0_u32; 4];
    for n in 0..20_000 {
        let mut stream = List { draw: 1, team: 1, objects: list().objects[..4].to_vec(), inspectors: vec![], recusals: vec![], ..list() };
        stream.title = "分布".into();
        let drawn = draw(stream, seed(n)).unwrap();
        let at = ["s1", "s2", "s3", "s4"].iter().position(|key| *key == drawn.result[0].object).unwrap();
        seen[at] += 1;
    }
    // 99.9 % of fair draws lie below 16.27 (three degrees of freedom).
    assert!(chi_square(&seen, &[0.1, 0.2, 0.3, 0.4]) < 16.27, "{seen:?}");
}

#[test]
fn the_second_drawn_is_distributed_as_the_weights_that_are_left() {
    let mut seen = BTreeMap::<(String, String), u32>::new();
    for n in 0..20_000 {
        let two = List { draw: 2, team: 1, objects: list().objects[..3].to_vec(), inspectors: vec![], recusals: vec![], ..list() };
        let drawn = draw(two, seed(n)).unwrap();
        *seen.entry((drawn.result[0].object.clone(), drawn.result[1].object.clone())).or_default() += 1;
    }
    let weight = |key: &str| f64::from(list().objects.iter().find(|object| object.key == key).unwrap().weight);
    let shares: Vec<f64> = seen.keys().map(|(first, second)| weight(first) / 6.0 * weight(second) / (6.0 - weight(first))).collect();
    assert_eq!(shares.len(), 6);
    // 99.9 % of fair draws lie below 20.52 (five degrees of freedom).
    assert!(chi_square(&seen.values().copied().collect::<Vec<_>>(), &shares) < 20.52, "{seen:?}");
}

#[test]
fn inspectors_are_equally_likely() {
    let mut seen = BTreeMap::<String, u32>::new();
    for n in 0..10_000 {
        let one = List { draw: 1, objects: list().objects[..1].to_vec(), recusals: vec![], ..list() };
        let mut pair = draw(one, seed(n)).unwrap().result.remove(0).inspectors;
        pair.sort();
        *seen.entry(pair.concat()).or_default() += 1;
    }
    assert_eq!(seen.len(), 6, "pairs of four");
    assert!(chi_square(&seen.values().copied().collect::<Vec<_>>(), &[1.0 / 6.0; 6]) < 20.52, "{seen:?}");
}

#[test]
fn numbers_below_a_bound_are_even_where_the_bound_does_not_divide() {
    let mut stream = Stream::new(seed(7), seed(8));
    let bound = (1 << 63) + (1 << 62);
    let high = (0..4_000).filter(|_| stream.below(bound) >= bound / 2).count();
    // Without rejection the lower half would be met in two thirds of the cases.
    assert!((1_850..2_150).contains(&high), "{high}");
    assert_eq!(stream.below(1), 0);
}

#[test]
fn a_faulty_list_is_refused_by_place() {
    let refused = |change: fn(&mut List)| {
        let mut list = list();
        change(&mut list);
        draw(list, seed(1)).unwrap_err().at
    };
    assert_eq!(refused(|l| l.objects.swap(0, 1)), "objects.1.key");
    assert_eq!(refused(|l| l.objects[2].weight = 0), "objects.2.weight");
    assert_eq!(refused(|l| l.inspectors[1].key = "a".into()), "inspectors.1.key");
    assert_eq!(refused(|l| l.recusals[0].object = "s9".into()), "recusals.0");
    assert_eq!(refused(|l| l.objects[5].excluded.as_mut().unwrap().reason.clear()), "objects.5.excluded.reason");
    assert_eq!(refused(|l| l.team = 0), "team");
}

#[test]
fn what_was_changed_is_named() {
    let found = |change: fn(&mut Transcript)| {
        let mut transcript = draw(list(), seed(3)).unwrap();
        change(&mut transcript);
        replay(&transcript).unwrap_err()
    };
    let section = |part| Finding::Section { part };
    assert_eq!(found(|t| t.list.objects[0].weight = 9), section(Part::Weights));
    assert_eq!(found(|t| t.list.objects[5].excluded = None), section(Part::Exclusions));
    assert_eq!(found(|t| t.list.recusals.clear()), section(Part::Recusals));
    assert_eq!(found(|t| t.list.inspectors[0].most = 1), section(Part::Candidates));
    assert_eq!(found(|t| t.list.draw = 2), section(Part::Terms));
    assert_eq!(found(|t| t.list_hash = seed(1)), Finding::ListHash);
    assert_eq!(found(|t| t.commitment = seed(1)), Finding::Commitment);
    assert_eq!(found(|t| t.seed = seed(99)), Finding::Seed);
    assert!(matches!(found(|t| t.result[1].inspectors.reverse()), Finding::Result { at: 1, .. }));
    assert!(matches!(found(|t| drop(t.result.pop())), Finding::Result { at: 2, .. }));
    let rehashed = found(|t| {
        t.list.objects[0].weight = 1_000;
        t.hashes = t.list.section_hashes();
        t.list_hash = t.hashes.whole();
    });
    assert_eq!(rehashed, Finding::Seed, "a list with new hashes is not the one that was committed to");
}

/// All places of a document that hold a number or a text.
fn leaves(json: &Json, at: &str, out: &mut Vec<String>) {
    match json {
        Json::Object(map) => map.iter().for_each(|(key, value)| leaves(value, &format!("{at}/{key}"), out)),
        Json::Array(list) => list.iter().enumerate().for_each(|(n, value)| leaves(value, &format!("{at}/{n}"), out)),
        _ => out.push(at.to_owned()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_single_change_of_a_transcript_is_found(n in any::<u64>(), at in any::<prop::sample::Index>(), letter in "[a-zA-Z0-9]", step in 1u64..5) {
        let honest = serde_json::to_value(draw(list(), seed(n)).unwrap()).unwrap();
        let mut places = Vec::new();
        leaves(&honest, "", &mut places);
        for place in &places {
            let mut changed = honest.clone();
            let value = changed.pointer_mut(place).unwrap();
            *value = match value.clone() {
                Json::String(text) => {
                    let mut letters: Vec<char> = text.chars().collect();
                    let at = at.index(letters.len());
                    letters[at] = letter.chars().next().unwrap();
                    Json::from(letters.into_iter().collect::<String>())
                }
                other => Json::from(other.as_u64().unwrap() + step),
            };
            if changed != honest {
                let found = serde_json::from_value::<Transcript>(changed).map_or(true, |transcript| replay(&transcript).is_err());
                prop_assert!(found, "a change of {} was not found", place);
            }
        }
    }
}
