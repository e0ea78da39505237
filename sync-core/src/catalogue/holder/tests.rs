//! Both sides of a transfer, gaps, fallback, pending cases.

use proptest::prelude::*;

use super::*;
use crate::base::date::date;
use crate::catalogue::lineage::tests::area_row;

const REFORM: Date = date(2024, 1, 1);

fn power(matter: &str, area: &str, kind: PowerType, valid: Validity, organ: &str, transfer: Option<&str>) -> Row {
    let body = Power { organ: organ.into(), power: kind, scope: Scope::Whole, legal_doc: "文件".into(), transfer: transfer.map(Into::into) };
    Row::new(&power_key(matter, area, kind), valid, &body).unwrap()
}

fn penalty(matter: &str, valid: Validity, organ: &str, transfer: Option<&str>) -> Row {
    power(matter, "zone", PowerType::Penalty, valid, organ, transfer)
}

fn transfer(code: &str, from: &str, to: &str, day: Date, pending: Pending) -> Row {
    let body = Transfer { name: "划转".into(), day, from: Some(from.into()), to: to.into(), area: "zone".into(), legal_doc: "通知".into(), pending };
    Row::new(code, Validity::from(day), &body).unwrap()
}

fn book(rows: impl IntoIterator<Item = Row>) -> Book {
    let mut book = Book::new();
    for row in rows {
        book.insert(row).unwrap();
    }
    book
}

fn until(day: Date) -> Validity {
    Validity::between(date(2022, 1, 1), day).unwrap()
}

/// A power that goes from the water department to the team on 2024-01-01.
fn handed(pending: Pending) -> Book {
    book([penalty("m", until(REFORM), "water", None), penalty("m", Validity::from(REFORM), "team", Some("t1")), transfer("t1", "water", "team", REFORM, pending)])
}

#[test]
fn the_holder_changes_with_the_day_of_the_transfer() {
    let book = handed(Pending::Stay);
    let on = |day| authority(&book, "m", "zone", PowerType::Penalty, day);
    assert_eq!(on(date(2023, 12, 31)).unwrap().organ, "water");
    assert_eq!(on(REFORM).map(|h| (h.organ, h.since, h.ground)), Ok(("team".into(), REFORM, Ground::Row)));
    assert_eq!(on(date(2021, 12, 31)), Err(NoHolder::NotYet { from: date(2022, 1, 1) }));
    assert_eq!(authority(&book, "other", "zone", PowerType::Penalty, REFORM), Err(NoHolder::Unknown));
}

#[test]
fn a_transferred_power_to_punish_brings_inspection_and_coercion_under_article_8() {
    let book = handed(Pending::Stay);
    let on = |power, day| authority(&book, "m", "zone", power, day).map(|h| (h.organ, h.ground));
    for power in [PowerType::Inspection, PowerType::Coercion] {
        assert_eq!(on(power, REFORM), Ok(("team".into(), Ground::Related)));
    }
    let eve = date(2023, 12, 31);
    assert_eq!(on(PowerType::Inspection, eve), Ok(("water".into(), Ground::Supervision)));
    assert_eq!(on(PowerType::Coercion, eve), Err(NoHolder::Unknown), "coercion needs a row where nothing was transferred");
}

#[test]
fn a_row_of_inspection_goes_before_the_rule() {
    let mut book = handed(Pending::Stay);
    book.insert(power("m", "zone", PowerType::Inspection, Validity::from(REFORM), "water", None)).unwrap();
    assert_eq!(authority(&book, "m", "zone", PowerType::Inspection, REFORM).map(|h| (h.organ, h.ground)), Ok(("water".into(), Ground::Row)));
}

#[test]
fn gaps_are_named_and_alerted() {
    let (end, again, over) = (date(2024, 1, 1), date(2024, 2, 1), date(2025, 1, 1));
    let mut book = book([penalty("m", until(end), "water", None), penalty("m", Validity::between(again, over).unwrap(), "team", None)]);
    let on = |day| authority(&book, "m", "zone", PowerType::Penalty, day);
    assert_eq!(on(date(2024, 1, 31)), Err(NoHolder::Gap { from: end, until: again }));
    assert_eq!(on(again).unwrap().organ, "team");
    assert_eq!(on(over), Err(NoHolder::Ended { until: over }));
    let alert = |days| GapAlert { matter: "m".into(), power: PowerType::Penalty, days };
    let between = alert(Validity::between(end, again).unwrap());
    assert_eq!(gaps(&book, "zone"), std::slice::from_ref(&between), "a matter that is not in force any more needs no holder");
    book.insert(Row::new("m", Validity::from(date(2022, 1, 1)), &crate::catalogue::matter::tests::slurry()).unwrap()).unwrap();
    assert_eq!(gaps(&book, "zone"), [between, alert(Validity::from(over))]);
    assert!(gaps(&book, "elsewhere").is_empty());
}

#[test]
fn an_area_without_a_row_of_its_own_falls_back_to_its_parents() {
    let in_area = |area: &str, organ: &str, valid| power("m", area, PowerType::Penalty, valid, organ, None);
    let since = Validity::from(date(2022, 1, 1));
    let areas = [area_row("zone", &["330211", "330212"]), area_row("330200", &["zone"])];
    let ask = |rows: &[Row]| authority(&book(areas.iter().chain(rows).cloned()), "m", "zone", PowerType::Penalty, REFORM).map(|h| (h.organ, h.area));
    assert_eq!(ask(&[]), Err(NoHolder::Unknown), "a loop among areas ends");
    let (city, one, two) = (in_area("330200", "city", since), in_area("330211", "one", since), in_area("330212", "two", since));
    assert_eq!(ask(std::slice::from_ref(&city)), Ok(("city".into(), "330200".into())));
    assert_eq!(ask(&[city.clone(), one.clone()]), Ok(("one".into(), "330211".into())), "the nearer goes first");
    assert_eq!(ask(&[one, two]), Err(NoHolder::Several { organs: vec!["one".into(), "two".into()] }));
    let own = in_area("zone", "team", Validity::from(date(2024, 6, 1)));
    assert_eq!(ask(&[city, own]), Err(NoHolder::NotYet { from: date(2024, 6, 1) }), "an area with rows of its own does not fall back");
}

#[test]
fn a_pending_case_stays_or_moves_as_the_transfer_says() {
    let filed = date(2023, 11, 1);
    let decide = |pending, filed, today| case_authority(&handed(pending), "m", "zone", filed, today).unwrap();
    let stays = decide(Pending::Stay, filed, date(2024, 3, 1));
    assert_eq!((&*stays.organ, &*stays.filed_with), ("water", "water"));
    assert_eq!(stays.passed, [("t1".to_owned(), Pending::Stay)]);
    let moves = decide(Pending::Move, filed, date(2024, 3, 1));
    assert_eq!((&*moves.organ, &*moves.filed_with), ("team", "water"));
    assert_eq!(decide(Pending::Move, filed, date(2023, 12, 31)).organ, "water", "not before the day of the transfer");
    assert_eq!(decide(Pending::Move, REFORM, date(2024, 3, 1)).passed, [], "filed after it");
    assert!(case_authority(&handed(Pending::Move), "m", "zone", date(2021, 1, 1), REFORM).is_err(), "nobody could file it");
}

#[test]
fn a_case_left_behind_is_not_moved_by_a_later_transfer() {
    let second = date(2024, 7, 1);
    let mut book = handed(Pending::Stay);
    let mut first = book.remove(Kind::Power, &power_key("m", "zone", PowerType::Penalty), REFORM).unwrap();
    first.valid.until = Some(second);
    for row in [first, penalty("m", Validity::from(second), "street", Some("t2")), transfer("t2", "team", "street", second, Pending::Move)] {
        book.insert(row).unwrap();
    }
    let organ = |filed| case_authority(&book, "m", "zone", filed, second).unwrap().organ;
    assert_eq!(organ(date(2023, 11, 1)), "water");
    assert_eq!(organ(date(2024, 2, 1)), "street");
}

#[test]
fn a_transfer_is_previewed_before_it_is_entered() {
    let book = book([penalty("b", until(REFORM), "water", None), penalty("a", Validity::from(date(2022, 1, 1)), "team", None)]);
    let rows = [
        penalty("c", Validity::from(REFORM), "team", Some("t1")),
        penalty("b", Validity::from(REFORM), "team", Some("t1")),
        penalty("a", Validity::from(REFORM), "team", Some("t1")),
        transfer("t1", "water", "team", REFORM, Pending::Stay),
    ];
    let seen: Vec<(String, Option<String>, String)> = preview(&book, &rows).into_iter().map(|h| (h.matter, h.from, h.to)).collect();
    assert_eq!(seen, [("b".into(), Some("water".into()), "team".into()), ("c".into(), None, "team".into())], "the team has a already");
}

#[test]
fn what_an_organ_holds_is_counted_by_area_power_and_day() {
    let mut book = handed(Pending::Stay);
    book.insert(power("m", "elsewhere", PowerType::Penalty, Validity::from(REFORM), "team", None)).unwrap();
    book.insert(power("m", "zone", PowerType::Coercion, Validity::from(REFORM), "team", None)).unwrap();
    let count = |organ, day| held(&book, organ, "zone", PowerType::Penalty, day).count();
    assert_eq!((count("water", date(2023, 12, 31)), count("team", date(2023, 12, 31))), (1, 0));
    assert_eq!((count("water", REFORM), count("team", REFORM)), (0, 1));
    assert_eq!(held(&book, "team", "zone", PowerType::Penalty, REFORM).map(|(matter, _)| matter).collect::<Vec<_>>(), ["m"]);
}

#[test]
fn a_row_of_a_later_program_is_not_passed_over() {
    let since = Validity::from(date(2022, 1, 1));
    let mut later = power("m", "330211", PowerType::Penalty, since, "team", None);
    later.body = crate::record::Value::from_json(&serde_json::json!({ "organ": "team", "shares": [] })).unwrap();
    let book = book([area_row("zone", &["330211"]), later, power("m", "330200", PowerType::Penalty, since, "city", None)]);
    assert_eq!(authority(&book, "m", "zone", PowerType::Penalty, REFORM), Err(NoHolder::Unreadable));
}

proptest! {
    #[test]
    fn on_every_day_the_holder_is_the_one_row_that_counts_that_day(rows in proptest::collection::vec((0i16..60, 1i16..12, 0usize..3), 1..8)) {
        let day = |n: i16| date(2024, 1, 1).saturating_add(jiff::Span::new().days(n));
        let mut book = Book::new();
        let mut holders: Vec<Option<&str>> = vec![None; 90];
        for (from, length, organ) in rows {
            let organ = ["water", "team", "street"][organ];
            let until = from + length;
            if book.insert(penalty("m", Validity::between(day(from), day(until)).unwrap(), organ, None)).is_ok() {
                (from..until).for_each(|n| holders[n as usize] = Some(organ));
            }
        }
        let alerts = gaps(&book, "zone");
        for n in 0..90 {
            let held = holders.iter().enumerate().filter(|(_, organ)| organ.is_some()).map(|(n, _)| n as i16);
            let (first, last) = (held.clone().min().unwrap(), held.max().unwrap());
            let answer = authority(&book, "m", "zone", PowerType::Penalty, day(n));
            match holders[n as usize] {
                Some(organ) => prop_assert_eq!(answer.map(|holder| holder.organ), Ok(organ.to_owned())),
                None if n < first => prop_assert_eq!(answer, Err(NoHolder::NotYet { from: day(first) })),
                None if n > last => prop_assert_eq!(answer, Err(NoHolder::Ended { until: day(last + 1) })),
                None => {
                    let Err(NoHolder::Gap { from, until }) = answer else { return Err(TestCaseError::fail("a gap")) };
                    let within = Validity::between(from, until).unwrap();
                    prop_assert!(within.contains(day(n)) && alerts.iter().any(|alert| alert.days == within));
                }
            }
        }
    }
}
