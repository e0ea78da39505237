use super::*;
use proptest::prelude::*;

const SITE: &str = "site";
const SUBJECT: &str = "subject";

fn entry(id: u128, aliases: &[(AliasKind, &str)], place: Option<(i64, i64)>) -> Entry {
    let aliases = aliases.iter().filter_map(|(kind, written)| Alias::new(*kind, written)).collect();
    Entry { record: RecordId(id), root: RecordId(id), aliases, place: place.map(|(lon, lat)| Point::new(lon, lat).unwrap()), apart: BTreeSet::new() }
}

fn named(id: u128, name: &str, place: (i64, i64)) -> Entry {
    entry(id, &[(AliasKind::Name, name)], Some(place))
}

fn pairs_of(found: &Found) -> Vec<(u128, u128)> {
    found.proposals.iter().map(|p| (p.one.0, p.other.0)).collect()
}

/// 新达工地, roughly.
const HERE: (i64, i64) = (1_216_300_000, 299_000_000);

#[test]
fn one_permit_is_one_site_however_its_number_is_written() {
    let sites = [
        entry(2, &[(AliasKind::Permit, "３３０２９９２０２４０３１２０１０１"), (AliasKind::Name, "甲")], None),
        entry(1, &[(AliasKind::Permit, "330299 2024-0312 0101"), (AliasKind::Name, "乙")], None),
    ];
    let found = duplicates(SITE, &sites, 50);
    let number = Evidence::SameNumber { kind: AliasKind::Permit, value: "330299202403120101".into() };
    assert_eq!(found.proposals, [Proposal { one: RecordId(1), other: RecordId(2), evidence: BTreeSet::from([number]) }]);
}

#[test]
fn a_renamed_site_is_found_under_its_former_name() {
    let renamed = entry(1, &[(AliasKind::Name, "新达科创园"), (AliasKind::Name, "新达 工地")], None);
    let found = duplicates(SITE, &[renamed, entry(2, &[(AliasKind::Name, "新达工地")], None)], 50);
    assert_eq!(found.proposals[0].evidence, BTreeSet::from([Evidence::SameName { value: "新达工地".into() }]));
}

#[test]
fn two_firms_of_one_name_with_two_codes_are_two_firms() {
    let firm = |id, code: Option<&str>| {
        let mut aliases = vec![(AliasKind::Name, "宁波新达建设有限公司")];
        aliases.extend(code.map(|c| (AliasKind::Uscc, c)));
        entry(id, &aliases, None)
    };
    let (one, other) = ("91330201MA2GT0006Q", "91330201MA2GT0014L");
    assert!(duplicates(SUBJECT, &[firm(1, Some(one)), firm(2, Some(other))], 50).proposals.is_empty());
    assert_eq!(pairs_of(&duplicates(SUBJECT, &[firm(1, Some(one)), firm(2, None)], 50)), [(1, 2)], "a code that is missing contradicts nothing");
    assert_eq!(pairs_of(&duplicates(SUBJECT, &[firm(1, Some(one)), firm(2, Some(&one.to_lowercase()))], 50)), [(1, 2)]);
    assert!(
        duplicates(SITE, &[firm(1, Some(one)), firm(2, Some(one))], 50).proposals.iter().all(|p| p.evidence.iter().all(|e| matches!(e, Evidence::SameName { .. }))),
        "a firm may have several sites under its code"
    );
}

#[test]
fn phases_next_to_each_other_are_two_sites_and_spellings_of_one_name_are_one() {
    let near = (HERE.0 + 2_000, HERE.1);
    let pair = |a: &str, b: &str, there| pairs_of(&duplicates(SITE, &[named(1, a, HERE), named(2, b, there)], 50));
    assert_eq!(pair("新达工地", "新达工地项目部", near), [(1, 2)]);
    assert_eq!(pair("新达工地一期", "新达工地1期项目", near), [(1, 2)]);
    assert!(pair("新达工地一期", "新达工地二期", near).is_empty());
    assert!(pair("新达工地", "凌云路改造", near).is_empty());
    assert!(pair("新达工地", "新达工地项目部", (HERE.0 + 20_000, HERE.1)).is_empty(), "some 190 m apart");
}

#[test]
fn what_is_joined_or_said_to_be_two_is_not_proposed() {
    let mut sites = vec![named(1, "新达工地", HERE), named(2, "新达工地", HERE)];
    sites[1].apart.insert(RecordId(1));
    assert!(duplicates(SITE, &sites, 50).proposals.is_empty(), "said of the other one");
    sites[1].apart.clear();
    assert_eq!(duplicates(SITE, &sites, 50).proposals.len(), 1);
    sites[1].root = RecordId(1);
    assert!(duplicates(SITE, &sites, 50).proposals.is_empty());
}

#[test]
fn what_everybody_bears_says_nothing_and_is_named() {
    let all: Vec<Entry> = (0..=MAX_BUCKET as u128).map(|n| entry(n + 1, &[(AliasKind::Permit, "无")], Some(HERE))).collect();
    let found = duplicates(SITE, &all, 50);
    assert!(found.proposals.is_empty());
    assert_eq!(found.crowded, [Alias { kind: AliasKind::Permit, value: "无".into() }]);
    assert_eq!(duplicates(SITE, &all[..MAX_BUCKET], 50).proposals.len(), MAX_BUCKET * (MAX_BUCKET - 1) / 2);
}

#[test]
fn pairs_looked_at_grow_with_the_objects_and_not_with_their_square() {
    let sites = |n: u128| -> Vec<Entry> {
        (0..n)
            .map(|i| {
                let place = (HERE.0 + (i % 100) as i64 * 3_000, HERE.1 + (i / 100) as i64 * 3_000);
                entry(i + 1, &[(AliasKind::Name, &format!("工地{}", i / 3)), (AliasKind::Permit, &format!("P{}", i / 2))], Some(place))
            })
            .collect()
    };
    let compared = |n| duplicates(SITE, &sites(n), 50).compared;
    let (small, large) = (compared(2_000), compared(20_000));
    assert!(large < 11 * small, "{small} pairs of 2,000 objects, {large} of 20,000");
    assert!(small < 10 * 2_000, "{small}");
}

#[test]
fn likeness_of_names_is_symmetric_and_bounded() {
    assert_eq!(similarity("新达工地", "新达工地"), 1_000);
    assert_eq!(similarity("新达工地", "新达工地项目"), 2_000 * 3 / 8);
    assert_eq!(similarity("工", "地"), 0);
    assert_eq!(similarity("甲乙甲乙", "甲乙"), 2_000 / 4, "a pair counts as often as both have it");
}

/// Compares everything with everything, by the definitions alone.
fn by_force(kind: &str, entries: &[Entry], metres: i64) -> BTreeMap<(RecordId, RecordId), BTreeSet<Evidence>> {
    let mut out: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for one in entries {
        for other in entries.iter().filter(|o| one.record < o.record) {
            if one.root == other.root || one.apart.contains(&other.record) || other.apart.contains(&one.record) {
                continue;
            }
            let shared: Vec<&Alias> = one.aliases.iter().filter(|a| other.aliases.contains(a)).collect();
            let numbers: Vec<&Alias> = shared.iter().copied().filter(|a| a.kind.identifies(kind)).collect();
            let differs = |k: AliasKind| one.aliases.iter().any(|a| a.kind == k) && other.aliases.iter().any(|a| a.kind == k);
            let contradicted = numbers.is_empty() && AliasKind::ALL.iter().any(|k| k.identifies(kind) && differs(*k));
            let mut evidence: BTreeSet<Evidence> = numbers.iter().map(|a| Evidence::SameNumber { kind: a.kind, value: a.value.clone() }).collect();
            if !contradicted {
                evidence.extend(shared.iter().filter(|a| a.kind == AliasKind::Name).map(|a| Evidence::SameName { value: a.value.clone() }));
                let apart = one.place.zip(other.place).map(|(a, b)| a.metres_to(&b)).filter(|m| *m <= metres);
                let names = |e: &Entry| e.aliases.iter().filter(|a| a.kind == AliasKind::Name).map(|a| a.value.clone()).collect::<Vec<_>>();
                let alike = names(one).iter().flat_map(|a| names(other).into_iter().map(|b| similarity(a, &b)).collect::<Vec<_>>()).max().filter(|s| *s >= SIMILAR);
                evidence.extend(apart.zip(alike).map(|(metres, similarity)| Evidence::NearAndSimilar { metres, similarity }));
            }
            if !evidence.is_empty() {
                out.insert((one.record, other.record), evidence);
            }
        }
    }
    out
}

prop_compose! {
    fn any_entry(at: u128)(
        name in "[新达工地]{1,4}[一二]?", number in proptest::option::of((0usize..AliasKind::ALL.len(), 0u8..6)), joined in proptest::option::weighted(0.1, 1u128..24),
        place in proptest::option::weighted(0.8, (-9_000i64..9_000, -9_000i64..9_000)), apart in proptest::option::weighted(0.2, 1u128..24), south: bool,
    ) -> Entry {
        // Around the equator a row of the grid has a negative number; at 60° a degree of longitude is half as long.
        let origin = if south { (0, 0) } else { (HERE.0, 600_000_000) };
        let mut aliases = vec![(AliasKind::Name, name)];
        aliases.extend(number.map(|(kind, n)| (AliasKind::ALL[kind], n.to_string())));
        let aliases: Vec<(AliasKind, &str)> = aliases.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let mut entry = entry(at, &aliases, place.map(|(lon, lat)| (origin.0 + lon, origin.1 + lat)));
        entry.aliases.sort();
        entry.root = RecordId(joined.unwrap_or(at));
        entry.apart.extend(apart.map(RecordId));
        entry
    }
}

proptest! {
    #[test]
    fn buckets_find_what_comparing_everything_finds(
        entries in (1..24u128).map(any_entry).collect::<Vec<_>>(), metres in 1i64..150, subjects: bool,
    ) {
        let kind = if subjects { SUBJECT } else { SITE };
        let found = duplicates(kind, &entries, metres);
        prop_assert!(found.crowded.is_empty() && found.crowded_places.is_empty());
        let found: BTreeMap<_, _> = found.proposals.into_iter().map(|p| ((p.one, p.other), p.evidence)).collect();
        prop_assert_eq!(found, by_force(kind, &entries, metres));
    }
}
