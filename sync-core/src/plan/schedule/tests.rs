//! Schedules that can be carried out, and bounds that hold against trying everything.

use super::*;
use crate::base::date::date;
use crate::fixtures::law::calendar;
use crate::plan::Risk;
use proptest::prelude::*;

fn open() -> OpenDays {
    OpenDays::of(&calendar().unwrap(), date(2026, 1, 5), date(2026, 1, 23), &BTreeSet::new()).unwrap()
}

fn visit(id: &str, area: &str, from: i8, to: i8, minutes: u32, officers: u8) -> Visit {
    Visit {
        id: id.into(),
        object: id.into(),
        area: area.into(),
        from: date(2026, 1, from),
        to: date(2026, 1, to),
        entries: vec![id.into()],
        organs: vec!["fire".into()],
        lead: "fire".into(),
        risk: Risk::Low,
        minutes,
        officers,
        after: Vec::new(),
        why: Vec::new(),
    }
}

fn squad(id: &str, areas: &[&str], officers: u8) -> Squad {
    Squad { id: id.into(), areas: areas.iter().map(|area| (*area).to_owned()).collect(), officers, minutes: 240, closed: BTreeSet::new() }
}

fn codes(found: &Schedule) -> Vec<(usize, String)> {
    found.unplaced.iter().map(|unplaced| (unplaced.visit, unplaced.why.code())).collect()
}

#[test]
fn what_ends_first_goes_first_and_what_does_not_fit_says_why() {
    let mut closed = squad("b", &["meixu"], 2);
    closed.closed = BTreeSet::from([date(2026, 1, 5)]);
    let visits = [
        visit("late", "juxian", 5, 23, 240, 2),
        visit("soon", "juxian", 5, 5, 240, 2),
        visit("full", "juxian", 5, 5, 60, 2),
        visit("nobody", "guisi", 5, 9, 60, 2),
        visit("many", "juxian", 5, 9, 60, 3),
        visit("long", "juxian", 5, 9, 241, 2),
        visit("closed", "meixu", 5, 5, 60, 2),
    ];
    let found = schedule(&visits, &[squad("a", &["juxian"], 2), closed], &open());
    let days: Vec<(usize, Date)> = found.placed.iter().map(|placed| (placed.visit, placed.day)).collect();
    assert_eq!(days, [(0, date(2026, 1, 6)), (1, date(2026, 1, 5))]);
    let expected = [(2, "full"), (3, "no_squad"), (4, "too_few_officers"), (5, "too_long"), (6, "closed")];
    assert_eq!(codes(&found), expected.map(|(n, code)| (n, code.to_owned())));
    assert_eq!((found.bound, found.gap()), (5, 0));
}

#[test]
fn a_visit_moves_to_make_room() {
    // Earliest deadline first fills the 5th with a and e; then b, which could have shared that day with one of them, finds none.
    let long = [("a", 5, 6, 100), ("e", 5, 6, 100), ("b", 5, 7, 140), ("c", 6, 6, 140), ("d", 7, 7, 240)];
    let visits = long.map(|(id, from, to, minutes)| visit(id, "juxian", from, to, minutes, 2));
    let found = schedule(&visits, &[squad("x", &["juxian"], 2)], &open());
    assert!(found.unplaced.is_empty(), "{found:?}");
    assert_eq!(found.placed[2].why, Reason::Moved { squad: "x".into(), day: date(2026, 1, 5), visit: "a".into() });
    assert_eq!(found.placed[0].day, date(2026, 1, 6));
}

#[test]
fn visits_to_one_object_keep_their_distance() {
    let mut visits = [visit("s#1", "juxian", 5, 9, 60, 2), visit("s#2", "juxian", 5, 23, 60, 2)];
    visits[1].after = vec![(0, 10)];
    let found = schedule(&visits, &[squad("a", &["juxian"], 2)], &open());
    assert_eq!(found.placed.iter().map(|placed| placed.day).collect::<Vec<_>>(), [date(2026, 1, 5), date(2026, 1, 15)]);
}

#[test]
fn a_squad_without_officers_is_refused_by_field() {
    let mut faulty = squad("a b", &[], 0);
    faulty.minutes = 0;
    assert_eq!(faulty.flaws().into_iter().map(|flaw| flaw.field).collect::<Vec<_>>(), ["id", "areas", "officers", "minutes"]);
    assert_eq!(squad("a", &["juxian"], 2).flaws(), []);
}

/// Whether a schedule can be carried out: in range, in the area, no officer twice at a time, distances kept.
fn sound(found: &Schedule, visits: &[Visit], squads: &[Squad]) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.placed.len() + found.unplaced.len(), visits.len(), "nothing is dropped");
    for placed in &found.placed {
        let (visit, squad) = (&visits[placed.visit], &squads[placed.squad]);
        prop_assert!((visit.from..=visit.to).contains(&placed.day) && open().days().contains(&number(placed.day)));
        prop_assert!(squad.areas.contains(&visit.area) && !squad.closed.contains(&placed.day));
        prop_assert!(u32::from(placed.start) + visit.minutes <= u32::from(squad.minutes));
        for minute in u32::from(placed.start)..u32::from(placed.start) + visit.minutes {
            let same = found.placed.iter().filter(|other| (other.day, other.squad) == (placed.day, placed.squad));
            let busy: u32 = same
                .filter(|other| (u32::from(other.start)..u32::from(other.start) + visits[other.visit].minutes).contains(&minute))
                .map(|other| u32::from(visits[other.visit].officers))
                .sum();
            prop_assert!(busy <= u32::from(squad.officers));
        }
        for (before, gap) in &visit.after {
            if let Some(other) = found.placed.iter().find(|other| other.visit == *before) {
                prop_assert!(number(placed.day) - number(other.day) >= *gap);
            }
        }
    }
    Ok(())
}

/// The fewest visits without a place, by trying every assignment.
fn least(visits: &[Visit], squads: &[Squad], n: usize, days: &mut BTreeMap<(Date, usize), Vec<usize>>) -> usize {
    let Some(visit) = visits.get(n) else { return 0 };
    let mut best = 1 + least(visits, squads, n + 1, days);
    for day in open().days().iter().map(|day| date_of(*day)).filter(|day| (visit.from..=visit.to).contains(day)) {
        for (s, squad) in squads.iter().enumerate().filter(|(_, squad)| squad.areas.contains(&visit.area) && !squad.closed.contains(&day)) {
            let there = days.entry((day, s)).or_default();
            there.push(n);
            let list = there.iter().map(|n| (*n, visits[*n].minutes, visits[*n].officers)).collect();
            if Slot::pack(squad.officers, squad.minutes, list).is_some() {
                best = best.min(least(visits, squads, n + 1, days));
            }
            if let Some(there) = days.get_mut(&(day, s)) {
                there.pop();
            }
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_schedule_can_be_carried_out_and_its_bound_holds(
        list in proptest::collection::vec((0usize..2, 5i8..8, 0i8..3, 1u32..5, 2u8..4), 1..6),
        links in proptest::collection::vec(0i32..6, 6),
        officers in 2u8..5,
        shared in any::<bool>(),
        closed in any::<bool>(),
    ) {
        let visits: Vec<Visit> = list.iter().enumerate()
            .map(|(n, (area, from, length, quarters, officers))| visit(&format!("v{n}"), ["juxian", "meixu"][*area], *from, from + length, quarters * 60, *officers)).collect();
        let mut squads = vec![squad("a", &["juxian"], officers), squad("b", if shared { &["juxian", "meixu"] } else { &["meixu"] }, 2)];
        if closed {
            squads[0].closed.insert(date(2026, 1, 6));
        }
        let found = schedule(&visits, &squads, &open());
        sound(&found, &visits, &squads)?;
        let best = least(&visits, &squads, 0, &mut BTreeMap::new());
        prop_assert!(found.bound <= best, "bound {} of {}", found.bound, best);
        let mut linked = visits;
        linked.iter_mut().zip(links).enumerate().skip(1).filter(|(_, (_, gap))| *gap > 0).for_each(|(n, (visit, gap))| {
            visit.to = date(2026, 1, 16);
            visit.after = vec![(n - 1, 1), (n - 1, gap)];
        });
        sound(&schedule(&linked, &squads, &open()), &linked, &squads)?;
    }

    #[test]
    fn visits_of_one_length_and_one_squad_are_placed_as_many_as_can_be(list in proptest::collection::vec((5i8..8, 0i8..4), 1..8)) {
        let visits: Vec<Visit> = list.iter().enumerate().map(|(n, (from, length))| visit(&format!("v{n}"), "juxian", *from, from + length, 120, 2)).collect();
        let squads = [squad("a", &["juxian"], 2)];
        let found = schedule(&visits, &squads, &open());
        sound(&found, &visits, &squads)?;
        prop_assert_eq!(found.unplaced.len(), least(&visits, &squads, 0, &mut BTreeMap::new()));
    }
}
