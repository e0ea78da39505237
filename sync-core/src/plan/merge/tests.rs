//! Proposals against every set of days, and against the articles they carry out.

use super::*;
use crate::base::date::date;
use crate::fixtures::law::calendar;
use crate::law::policy::VisitKind;
use crate::plan::entry::tests::entry;
use proptest::prelude::*;

fn january() -> OpenDays {
    OpenDays::of(&calendar().unwrap(), date(2026, 1, 1), date(2026, 1, 31), &BTreeSet::from([date(2026, 1, 14)])).unwrap()
}

fn merged_with(entries: &[Entry], past: &[Past], apart: u16) -> Merged {
    let (book, open) = (Book::new(), january());
    merge(entries, &Ground { book: &book, open: &open, past, risks: &BTreeMap::new(), apart, near: 3 }).unwrap()
}

fn merged(entries: &[Entry]) -> Merged {
    merged_with(entries, &[], 1)
}

fn past(visit: &str, organ: &str) -> Past {
    Past { visit: visit.into(), organ: organ.into(), object: "s".into(), day: date(2026, 1, 2), kind: VisitKind::Daily, checked_in: true }
}

#[test]
fn zj_regulation_article_14_windows_of_several_organs_that_meet_are_one_joint_visit() {
    let mut entries = vec![entry("c", "construction", "s", 5, 16), entry("e", "ecology", "s", 8, 30), entry("f", "fire", "s", 6, 12), entry("x", "fire", "t", 5, 9)];
    entries[1].risk = Risk::High;
    let found = merged(&entries);
    assert_eq!((found.before, found.visits.len(), found.least), (4, 2, 2));
    let joint = &found.visits[0];
    assert!(joint.joint());
    assert_eq!((joint.id.as_str(), joint.from, joint.to), ("s#1", date(2026, 1, 8), date(2026, 1, 12)));
    assert_eq!((joint.entries.join(","), joint.lead.as_str(), joint.minutes, joint.officers), ("c,e,f".into(), "ecology", 180, 2));
    assert!(joint.why.contains(&Reason::Bound { first: "e".into(), last: "f".into() }));
    assert!(joint.why.contains(&Reason::Lead { organ: "ecology".into(), entry: "e".into(), risk: Risk::High }));
}

#[test]
fn zj_regulation_article_13_one_organ_and_one_object_are_one_visit() {
    let found = merged(&[entry("a", "fire", "s", 5, 16), entry("b", "fire", "s", 12, 20)]);
    assert_eq!(found.visits.len(), 1);
    assert!(!found.visits[0].joint());
    assert!(found.visits[0].why.contains(&Reason::OneOrgan { organ: "fire".into(), entries: vec!["a".into(), "b".into()] }));
}

#[test]
fn among_equal_risks_more_matters_lead_and_the_guidance_office_decides() {
    let mut entries = vec![entry("a", "construction", "s", 5, 16), entry("b", "fire", "s", 5, 16)];
    entries[1].matters.push("FR-001".into());
    let found = merged(&entries);
    assert_eq!(found.visits[0].lead, "fire");
    assert!(found.visits[0].why.contains(&Reason::LeadTie { organ: "fire".into(), organs: vec!["construction".into(), "fire".into()], risk: Risk::Low }));
}

#[test]
fn an_off_site_entry_needs_no_visit_and_an_impossible_one_is_listed() {
    let mut entries = vec![entry("a", "fire", "s", 5, 16), entry("b", "water", "s", 17, 18), entry("c", "water", "s", 13, 15)];
    entries[0].mode = Mode::OffSite;
    entries[2].visits = 3;
    let found = merged(&entries);
    assert_eq!((found.visits.len(), found.before), (0, 0));
    let no_day = |entry: &str, wanted, possible| Unmet { entry: entry.into(), why: Reason::NoOpenDay { entry: entry.into(), wanted, possible } };
    assert_eq!(found.unmet, [no_day("b", 1, 0), no_day("c", 3, 2)], "17 and 18 January 2026 are a weekend; the 14th is closed");
}

#[test]
fn what_is_over_the_cap_of_zhejiang_2025_no_5_is_listed_and_the_riskier_stay() {
    let mut entries = vec![entry("a", "fire", "s", 5, 6), entry("b", "fire", "s", 12, 13), entry("c", "fire", "s", 19, 20)];
    entries[2].risk = Risk::High;
    let found = merged(&entries);
    assert_eq!(found.visits.len(), 2);
    assert!(found.visits[1].why.contains(&Reason::LastOfCap { organ: "fire".into(), max: 2 }));
    assert!(matches!(&found.unmet[0].why, Reason::Cap { used: 2, max: 2, .. }));
    let over = |found: Merged| found.unmet.into_iter().map(|unmet| unmet.entry).collect::<Vec<_>>();
    assert_eq!(over(found), ["b"], "a and b are of low risk, and b can wait longer");
    assert_eq!(over(merged_with(&entries[..2], &[past("v", "fire")], 1)), ["b"]);
    assert_eq!(over(merged_with(&entries[..2], &[past("v", "water")], 1)), [""; 0], "another organ's visits are its own");
    entries[1].kind = VisitKind::Triggered;
    assert_eq!(over(merged(&entries)), [""; 0], "a triggered inspection is outside the cap");
}

#[test]
fn an_organ_is_not_put_over_its_cap_by_the_days_of_others() {
    let entries = [entry("a", "fire", "s", 5, 12), entry("b", "fire", "s", 12, 20), entry("c", "water", "s", 5, 7)];
    let found = merged_with(&entries, &[past("v", "fire")], 1);
    assert_eq!(found.unmet, []);
    let fire: Vec<&Visit> = found.visits.iter().filter(|visit| visit.organs.contains(&"fire".to_owned())).collect();
    assert_eq!((found.visits.len(), fire.len()), (2, 1), "both of its entries on the 12th, the other organ on the 7th");
}

#[test]
fn near_visits_are_pointed_out() {
    let found = merged(&[entry("a", "fire", "s", 5, 7), entry("b", "water", "s", 9, 12)]);
    assert!(found.visits[1].why.contains(&Reason::Near { visit: "s#1".into(), days: 2 }));
}

/// The least number of open days on which all entries have theirs, by trying every set of days.
fn brute(entries: &[Entry], open: &[Day], apart: u16) -> usize {
    let needs: Vec<Need> = entries.iter().map(|entry| need(entry, apart)).collect();
    let sets = (0_u32..1 << open.len()).map(|set| open.iter().enumerate().filter(|(n, _)| set & (1 << n) != 0).map(|(_, day)| *day).collect::<Vec<Day>>());
    sets.filter(|days| needs.iter().all(|need| stab::possible(days, need) >= need.times)).map(|days| days.len()).min().unwrap()
}

/// Puts each visit on the first, or the last, day that its range and the visits before it leave.
fn placed(visits: &[Visit], open: &[Day], late: bool) -> Vec<Day> {
    let mut days = vec![0; visits.len()];
    let order: Vec<usize> = if late { (0..visits.len()).rev().collect() } else { (0..visits.len()).collect() };
    for n in order {
        let (mut from, mut to) = (number(visits[n].from), number(visits[n].to));
        if late {
            let later = visits.iter().enumerate().flat_map(|(m, visit)| visit.after.iter().filter(move |(before, _)| *before == n).map(move |(_, gap)| (m, *gap)));
            later.for_each(|(m, gap)| to = to.min(days[m] - gap));
        } else {
            visits[n].after.iter().for_each(|(before, gap)| from = from.max(days[*before] + gap));
        }
        let free = within(open, from, to);
        days[n] = *if late { free.last() } else { free.first() }.unwrap_or_else(|| panic!("no day is left for {}", visits[n].id));
    }
    days
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn the_proposal_is_the_least_and_keeps_every_entry_on_whatever_days_of_its_ranges(
        list in proptest::collection::vec((0usize..4, 5i8..22, 5i8..22, 1u8..4), 1..7),
        apart in 1u16..6,
    ) {
        let open = january();
        let days = within(open.days(), number(date(2026, 1, 5)), number(date(2026, 1, 21)));
        let entries: Vec<Entry> = list.into_iter().enumerate().map(|(n, (organ, a, b, visits))| Entry {
            visits,
            kind: VisitKind::Triggered,
            ..entry(&format!("e{n}"), ["construction", "ecology", "fire", "water"][organ], "s", a.min(b), a.max(b))
        }).collect();
        let found = merged_with(&entries, &[], apart);
        let live: Vec<Entry> = entries.iter().filter(|entry| !found.unmet.iter().any(|unmet| unmet.entry == entry.id)).cloned().collect();
        for unmet in &found.unmet {
            let is_impossible = matches!(unmet.why, Reason::NoOpenDay { wanted, possible, .. } if possible < wanted);
            prop_assert!(is_impossible);
        }
        prop_assert_eq!(found.visits.len(), brute(&live, days, apart));
        prop_assert_eq!(found.least, found.visits.len());
        prop_assert_eq!(found.before, live.iter().map(|entry| usize::from(entry.visits)).sum::<usize>());
        for late in [false, true] {
            let placed = placed(&found.visits, open.days(), late);
            prop_assert!(placed.windows(2).all(|pair| pair[0] < pair[1]), "one visit a day");
            for entry in &live {
                let own: Vec<Day> = found.visits.iter().zip(&placed).filter(|(visit, _)| visit.entries.contains(&entry.id)).map(|(_, day)| *day).collect();
                prop_assert_eq!(own.len(), usize::from(entry.visits), "{}", entry.id);
                prop_assert_eq!(stab::possible(&own, &need(entry, apart)), u32::from(entry.visits), "{} on {:?}", entry.id, own);
            }
        }
    }
}

#[test]
fn a_cap_of_a_city_and_a_domain_binds_in_its_zone_and_for_its_matters() {
    let mut book = Book::new();
    crate::fixtures::rows().unwrap().into_iter().filter(|row| !row.key.starts_with("inspection.cap")).for_each(|row| book.insert(row).unwrap());
    let row = |area: &str, domain: &str, max: u32| serde_json::json!({ "area": area, "domain": domain, "risk": "*", "max": max, "daily": "yes", "special_own": "yes", "special_superior": "no", "triggered": "no", "appointment": "no", "recheck": "no", "year": "calendar" });
    let day = date(2026, 1, 5);
    let matter = |domain: bool| {
        let all = book.of_kind(crate::dated::Kind::Matter).filter(|row| row.valid.contains(day)).filter_map(|row| Some((row.key.to_string(), row.typed::<Matter>()?.domain)));
        all.filter(|(_, found)| (found == "ecology") == domain).map(|(code, _)| code).next().unwrap()
    };
    let (inside, outside) = (matter(true), matter(false));
    let table = serde_json::json!({ "policies": [{ "key": "inspection.cap", "from": "2026-01-01", "owner": "x", "doubt": true, "source": "x", "value": { "table": [row("330200", "ecology", 1), row("*", "*", 2)] } }] });
    policy::rows(&table.to_string()).unwrap().into_iter().for_each(|row| book.insert(row).unwrap());
    let unmet = |area: &str, matter: &str| {
        let entries: Vec<Entry> =
            ["a", "b"].into_iter().zip([5, 20]).map(|(id, from)| Entry { matters: vec![matter.into()], area: area.into(), ..entry(id, "ecology", "s", from, from + 3) }).collect();
        merge(&entries, &Ground { book: &book, open: &january(), past: &[], risks: &BTreeMap::new(), apart: 1, near: 3 }).unwrap().unmet.len()
    };
    assert_eq!((unmet("nb-gaoxin", &inside), unmet("nb-gaoxin", &outside), unmet("elsewhere", &inside)), (1, 0, 0));
}
