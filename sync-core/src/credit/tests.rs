//! Regimes by day, categories by sector and measure, the longest of several, conditions with their facts, terms; and what holds of any days.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::chain::chain;
use super::condition::{self, conditions, eligible};
use super::repair::stage;
use super::*;
use crate::base::date::{date, start_of};
use crate::base::{Date, DeviceId, RecordId, Validity};
use crate::case::fast::State;
use crate::case::read::View;
use crate::dated::{Book, Kind, Row};
use crate::law::Calendar;
use crate::law::policy::setting::Setting;
use crate::law::policy::{Category, Policy, Shown};
use crate::record::{Candidate, Dot, Record, Value};

type Fields = Vec<(&'static str, Json)>;

static BOOK: LazyLock<Book> = LazyLock::new(|| {
    let mut book = Book::new();
    crate::fixtures::rows().unwrap().into_iter().for_each(|row| book.insert(row).unwrap());
    book
});
static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| Calendar::of(&BOOK));

fn with_policy(key: &str, from: Date, value: Setting) -> Book {
    let mut book = BOOK.clone();
    // In the place of the program's own rows.
    let own: Vec<Date> = book.history(Kind::Policy, key).map(|row| row.valid.from).filter(|own| *own >= from).collect();
    own.into_iter().for_each(|own| drop(book.remove(Kind::Policy, key, own).unwrap()));
    let open = book.history(Kind::Policy, key).find(|row| row.valid.contains(from)).cloned();
    if let Some(mut row) = open {
        book.remove(Kind::Policy, key, row.valid.from).unwrap();
        row.valid.until = Some(from);
        book.insert(row).unwrap();
    }
    let policy = Policy { doubt: false, note: String::new(), owner: "法制".into(), source: "测试".into(), value };
    book.insert(Row::new(key, Validity::from(from), &policy).unwrap()).unwrap();
    book
}

fn decided(day: &str, more: Fields) -> Record {
    let base: Fields = vec![
        ("decided_date", json!(day)),
        ("matter", json!("UM-006")),
        ("party.kind", json!("organisation")),
        ("penalty", json!({ "amount_fen": 100_000, "kind": "fine" })),
        ("procedure", json!("general")),
    ];
    let fields: Fields = base.into_iter().filter(|(key, _)| !more.iter().any(|(other, _)| other == key)).chain(more.clone()).collect();
    case_of("SERVED", &fields)
}

fn found_by(book: &Book, record: &Record, today: Date) -> Assessment {
    assess(&View::of(record), book, &CALENDAR, today).unwrap().unwrap()
}

fn found(record: &Record, today: Date) -> Assessment {
    found_by(&BOOK, record, today)
}

#[test]
fn a_decision_the_day_before_and_on_2026_04_01_each_has_its_own_rules() {
    let (before, on) = (decided("2026-03-31", vec![]), decided("2026-04-01", vec![]));
    let (old, new) = (found(&before, date(2026, 3, 31)), found(&on, date(2026, 4, 1)));
    assert_eq!((old.regime.own.as_str(), old.regime.applies.as_str()), ("order_58", "order_58"));
    assert_eq!((new.regime.own.as_str(), new.regime.applies.as_str()), ("order_36", "order_36"));
    assert_eq!((old.shortest.count, old.longest.count), (3, 36));
    assert_eq!((new.shortest.count, new.longest.count), (3, 12));
    assert_eq!((old.earliest, old.latest), (Some(date(2026, 6, 30)), Some(date(2029, 3, 31))), "the last day of June stands for the 31st");
    assert_eq!((new.earliest, new.latest), (Some(date(2026, 7, 1)), Some(date(2027, 4, 1))));
    assert_eq!((old.materials.len(), new.materials.len()), (6, 2), "Order 58 asks for six, Order 36 for two");
}

#[test]
fn a_record_from_before_stands_under_the_newer_rules_only_where_the_policy_says_so() {
    let before = decided("2026-03-31", vec![]);
    let today = date(2026, 9, 21);
    let newer = found(&before, today);
    assert_eq!((newer.regime.own.as_str(), newer.regime.applies.as_str(), newer.longest.count), ("order_58", "order_36", 12), "domain.md §7.2: newer by default");
    assert!(newer.doubtful, "§14 item 4");
    let older = found_by(&with_policy("credit.transition", date(2026, 4, 1), Setting::Choice("older".into())), &before, today);
    assert_eq!((older.regime.applies.as_str(), older.longest.count), ("order_58", 36));
}

#[test]
fn a_decision_from_before_all_rules_stands_under_the_first() {
    let found = found(&decided("2022-06-01", vec![]), date(2024, 1, 10));
    assert_eq!((found.regime.own.as_str(), found.longest.count), ("order_58", 36));
    assert_eq!(found.earliest, Some(date(2022, 9, 1)), "its days run from the decision all the same");
}

#[test]
fn the_category_follows_sector_measure_and_amount() {
    let of = |day: &str, today, more| {
        let found = found(&decided(day, more), today);
        (found.category, found.shown)
    };
    let (old, new) = (date(2024, 5, 1), date(2026, 9, 21));
    let fire = BOOK.in_force(Kind::Matter, old).find(|row| row.key.starts_with("FR-")).unwrap().key.to_string();
    assert_eq!(of("2024-05-01", old, vec![("matter", json!(fire.clone()))]), (Category::Serious, Shown::Yes), "fire: by sector under Order 58");
    assert_eq!(of("2026-09-21", new, vec![("matter", json!(fire))]), (Category::General, Shown::Yes), "by measure under Order 36");
    assert_eq!(of("2024-05-01", old, vec![("procedure", json!("simple"))]), (Category::Minor, Shown::No));
    assert_eq!(of("2026-09-21", new, vec![("procedure", json!("simple"))]), (Category::Minor, Shown::IfNeeded));
    let huge = json!({ "amount_fen": 100_000_000, "kind": "fine" });
    assert_eq!(of("2026-09-21", new, vec![("penalty", huge)]).0, Category::Serious, "a million yuan");
    assert_eq!(of("2026-09-21", new, vec![("penalty", json!({ "amount_fen": 99_999_999, "kind": "fine" }))]).0, Category::General, "a fen less");
}

#[test]
fn of_several_penalties_the_longest_counts() {
    let today = date(2026, 9, 21);
    let several = decided("2026-09-21", vec![("penalties.p1", json!({ "kind": "warning" })), ("penalties.p2", json!({ "kind": "revocation" }))]);
    let all = found(&several, today);
    assert_eq!((all.category, all.shortest.count, all.longest.count), (Category::Serious, 12, 36));
    assert!(all.lines.iter().all(|line| line.earliest == Some(date(2027, 9, 21))), "{:?}", all.lines);
    let each = found_by(&with_policy("credit.several", date(2026, 9, 1), Setting::Choice("each".into())), &several, today);
    assert_eq!(each.earliest, Some(date(2027, 9, 21)), "the decision as a whole is displayed as long as any part of it");
    assert_eq!(each.lines.iter().find(|line| line.measure == "fine").unwrap().earliest, Some(date(2026, 12, 21)));
}

#[test]
fn days_run_from_the_publication_where_the_policy_says_so() {
    let book = with_policy("credit.display.start", date(2026, 4, 1), Setting::Choice("publication".into()));
    let hidden = decided("2026-09-21", vec![]);
    assert_eq!(found_by(&book, &hidden, date(2026, 9, 21)).earliest, None, "nothing is published yet");
    let shown = decided("2026-09-21", vec![("publicity", json!({ "at_ms": start_of(date(2026, 9, 28)).0, "state": "published" }))]);
    assert_eq!(found_by(&book, &shown, date(2026, 9, 28)).earliest, Some(date(2026, 12, 28)));
}

fn case_of(stage: &str, fields: &[(&str, Json)]) -> Record {
    record_of(&crate::case::KIND, stage, fields)
}

fn record_of(kind: &'static crate::record::Kind, stage: &str, fields: &[(&str, Json)]) -> Record {
    let mut record = Record::new(RecordId(1), kind.name, kind.initial);
    for (n, (key, json)) in (1u64..).zip(fields) {
        let value = Value::from_json(json).unwrap();
        kind.field(key).unwrap_or_else(|| panic!("{key}")).ty.check(value.as_json()).unwrap_or_else(|e| panic!("{key}: {e}"));
        record.write(key, &[], Some(Candidate { dot: Dot::new(DeviceId(n), 1), commit: n, value, by: None }), n);
    }
    record.set_stage(stage);
    record
}

fn repair(stage: &str, fields: &[(&str, Json)]) -> Record {
    record_of(&repair::KIND, stage, fields)
}

fn state_of(record: &Record, repair: Option<&Record>, code: &str, today: Date) -> (State, String) {
    let all = conditions(&View::of(record), repair, &found(record, today), &BOOK, &CALENDAR, today);
    let one = all.into_iter().find(|one| one.code == code).unwrap();
    (one.state, one.fact)
}

fn paid() -> Fields {
    vec![
        ("payments.y1", json!({ "amount_fen": 100_000, "day": "2026-09-25", "for": "fine", "receipt": "R1" })),
        ("performed", json!({ "corrected": true, "done_ms": start_of(date(2026, 9, 25)).0, "paid_fen": 100_000 })),
        ("served", json!({ "received_ms": start_of(date(2026, 9, 22)).0, "to": "王某", "way": "direct" })),
    ]
}

#[test]
fn each_condition_is_met_unmet_or_unknown_with_its_fact() {
    let (early, ripe) = (date(2026, 12, 20), date(2026, 12, 21));
    let open = decided("2026-09-21", vec![]);
    assert_eq!(state_of(&open, None, "duties", ripe), (State::NotMet, "尚欠1000.00元".into()));
    assert_eq!(state_of(&open, None, "corrected", ripe).0, State::Unknown);
    assert_eq!(state_of(&open, None, "commitment", ripe).0, State::Unknown);
    let done = decided("2026-09-21", paid());
    assert_eq!(state_of(&done, None, "duties", ripe).0, State::Met);
    assert_eq!(state_of(&done, None, "corrected", ripe).0, State::Met);
    assert_eq!(state_of(&done, None, "period", early), (State::NotMet, "2026-12-21起方可申请".into()), "a day early is refused with the day it opens");
    assert_eq!(state_of(&done, None, "period", ripe).0, State::Met);
    assert_eq!(state_of(&done, None, "displayed", date(2027, 9, 21)).0, State::NotMet, "after the longest display nothing is left to repair");
    let all = |today| eligible(&conditions(&View::of(&done), None, &found(&done, today), &BOOK, &CALENDAR, today));
    assert_eq!((all(early), all(ripe), all(date(2027, 9, 20)), all(date(2027, 9, 21))), (false, true, true, false));
    let application = json!({ "at_ms": start_of(ripe).0, "channel": "portal", "commitment": "依法经营", "materials": [{ "kind": "commitment" }], "public": true });
    let applied = repair(stage::APPLIED, &[("application", application)]);
    assert_eq!(state_of(&done, Some(&applied), "commitment", ripe).0, State::Met);
    assert_eq!(state_of(&done, Some(&applied), "materials", ripe), (State::NotMet, "缺少performance".into()));
}

#[test]
fn a_minor_record_that_was_published_can_be_repaired_once_performed() {
    let mut fields = paid();
    fields.push(("procedure", json!("simple")));
    fields.push(("publicity", json!({ "at_ms": start_of(date(2026, 9, 22)).0, "state": "published" })));
    let minor = decided("2026-09-21", fields);
    let today = date(2026, 9, 26);
    let found = found(&minor, today);
    assert_eq!((found.category, condition::opens(&found, &BOOK)), (Category::Minor, Some(date(2026, 9, 21))));
    assert!(eligible(&conditions(&View::of(&minor), None, &found, &BOOK, &CALENDAR, today)));
    let hidden = decided("2026-09-21", paid().into_iter().chain([("procedure", json!("simple")), ("publicity", json!({ "state": "exempt" }))]).collect());
    assert_eq!(state_of(&hidden, None, "displayed", today).0, State::NotMet, "what is not displayed needs no repair");
}

#[test]
fn a_decision_that_was_undone_leaves_nothing_to_repair() {
    let mut record = decided("2026-09-21", paid());
    assert!(condition::stands(&View::of(&record)).0);
    record.set_stage("REVOKED");
    assert!(!condition::stands(&View::of(&record)).0);
    let closed = decided("2026-09-21", vec![("ended", json!({ "authority": "行政复议决定", "reason": "事实不清" }))]);
    assert!(!condition::stands(&View::of(&closed)).0, "also after the case was closed upon it");
}

#[test]
fn the_organ_has_three_ten_and_three_working_days() {
    let at = |day: Date| start_of(day).0;
    let due = |record: &Record| term::due(record, &BOOK, &CALENDAR).unwrap().map(|due| (due.code, due.day));
    let application = || ("application", json!({ "at_ms": at(date(2026, 9, 28)), "channel": "portal" }));
    assert_eq!(due(&repair(stage::APPLIED, &[application()])), Some(("accept", date(2026, 10, 8))), "国庆 is off");
    let accepted = ("acceptance", json!({ "accepted": true, "at_ms": at(date(2026, 9, 30)) }));
    let under_review = [application(), accepted.clone()];
    assert_eq!(due(&repair(stage::UNDER_REVIEW, &under_review)), Some(("result", date(2026, 10, 20))));
    let extended = [application(), accepted.clone(), ("extensions.1", json!({ "at_ms": at(date(2026, 10, 15)), "reason": "核实" }))];
    assert_eq!(due(&repair(stage::UNDER_REVIEW, &extended)), Some(("result", date(2026, 11, 3))), "as long again");
    let earlier = [application(), accepted, ("extensions.1", json!({ "at_ms": at(date(2026, 6, 1)), "reason": "核实" }))];
    assert_eq!(due(&repair(stage::UNDER_REVIEW, &earlier)), Some(("result", date(2026, 10, 20))), "one of an earlier application is over");
    assert_eq!(
        due(&repair(stage::APPROVED, &[("result", json!({ "approved": true, "at_ms": at(date(2026, 10, 9)) }))])),
        Some(("sync", date(2026, 10, 13))),
        "the Saturday is worked"
    );
    assert_eq!(due(&repair(stage::SYNCED, &[])), None);
}

#[test]
fn the_way_of_an_enterprise_is_read_from_case_and_repair() {
    let today = date(2026, 12, 28);
    let mut fields = paid();
    fields.push(("guidance", json!({ "at_ms": start_of(date(2026, 9, 23)).0, "by": "chen", "text": "上门讲解" })));
    fields.push(("assists.a2", json!({ "day": "2026-10-20", "help": "复核台账" })));
    fields.push(("assists.a1", json!({ "day": "2026-10-10", "help": "指导建立台账" })));
    let record = decided("2026-09-21", fields);
    let done =
        |repair: Option<&Record>| -> Vec<&'static str> { chain(&View::of(&record), repair, &BOOK, &CALENDAR, today).into_iter().filter(|s| s.done).map(|s| s.code).collect() };
    assert_eq!(done(None), ["SERVED", "GUIDANCE_DONE", "ASSIST_VISIT", "RECTIFIED"]);
    let at = |day| json!({ "at_ms": start_of(day).0 });
    let applied = [("application", at(date(2026, 12, 21)))];
    assert_eq!(done(Some(&repair(stage::ELIGIBLE, &[]))).len(), 5);
    assert_eq!(done(Some(&repair(stage::APPLIED, &applied))).last(), Some(&"APPLIED"));
    assert_eq!(done(Some(&repair(stage::SYNCED, &applied))).last(), Some(&"REPAIRED"), "closed only with the case");
    let help = chain::assists(&View::of(&record));
    assert_eq!(help.iter().map(|a| a.key.as_str()).collect::<Vec<_>>(), ["a1", "a2"], "by day");
}

proptest! {
    /// Whatever the day, the measure and the policy: the shortest is never after the longest, nothing opens before the decision, and
    /// what opens on a day is closed on the day before.
    #[test]
    fn nothing_opens_before_its_day(offset in 0i32..1_200, kind in proptest::sample::select(vec!["warning", "fine", "confiscation", "revocation", "practice_ban"]), amount in 0i64..200_000_000, later in 0i32..1_500) {
        let day = date(2023, 5, 1).checked_add(jiff::Span::new().days(offset)).unwrap();
        let today = day.checked_add(jiff::Span::new().days(later)).unwrap();
        let mut fields = paid();
        fields.push(("penalty", json!({ "amount_fen": amount, "kind": kind })));
        fields.push(("performed", json!({ "corrected": true, "done_ms": start_of(day).0, "paid_fen": amount })));
        let fields: Fields = fields.into_iter().rev().fold(Vec::new(), |mut out, one| { if !out.iter().any(|(key, _): &(&str, Json)| *key == one.0) { out.push(one); } out });
        let record = decided(&day.to_string(), fields);
        let found = found(&record, today);
        prop_assert!(found.earliest <= found.latest && found.earliest >= Some(day));
        prop_assert!(found.regime.day == day || found.regime.day == today);
        let opens = condition::opens(&found, &BOOK).unwrap();
        let all = conditions(&View::of(&record), None, &found, &BOOK, &CALENDAR, today);
        let period = all.iter().find(|one| one.code == "period").unwrap();
        prop_assert_eq!(period.state == State::Met, today >= opens);
        prop_assert!(!eligible(&all) || (today >= opens && found.latest.is_none_or(|latest| today < latest)));
    }
}
