//! The table of policies, walked row by row; refusals; what answers when.

use std::collections::{BTreeMap, BTreeSet};

use super::known::Preset;
use super::setting::{ColumnType, Label};
use super::*;
use crate::base::date::date;
use crate::base::money::Fen;
use crate::fixtures::law::policies;
use crate::law::period::Period;
use crate::law::surcharge::{Base, Terms};

/// Every number or rule that `domain.md` marks `[?]` or `[K]`, by place, and the policies that hold it.
///
/// Marks that are no setting are left out: the end of a month (§0.2) and the penalty letters of a plate's prefix are reckoned in
/// code; the digits of matter codes (§2), 等保 and 国密 (§11), peer software (§13) and amendments of laws (§14.9) are facts, not rules.
const MARKED: &[(&str, &[&str])] = &[
    ("§1 powers of the guidance office [K]", &["organ.guidance.powers"]),
    ("§2 pending cases at a transfer [?]", &["transfer.pending_cases"]),
    ("§3.2 wording of the five bans and eight must-nots [?]", &["inspection.bans", "inspection.must_nots"]),
    ("§3.3 report 24 h, alert 12 h [?]", &["inspection.urgent.report", "inspection.urgent.alert"]),
    ("§3.4 what counts towards the cap, re-checks [?]", &["inspection.cap"]),
    ("§3.5 50 m between sites [?]", &["inspection.merge.distance"]),
    ("§3.6 publish within 20 WD [K]", &["inspection.random.publish"]),
    ("§3.8 layout of the code [?]", &["inspection.code.pattern"]),
    ("§4 times of an invitation [?]", &["invitation.accept", "invitation.dispatch", "invitation.claim", "invitation.visit", "invitation.report", "invitation.follow_up"]),
    ("§4 minor problems first found by appointment [?]", &["invitation.minor_problems"]),
    ("§5.1 check 15 + 10 CD [K]", &["penalty.check", "penalty.check.extension"]),
    ("§5.2 individual businesses [?], report 3 WD [K]", &["penalty.simple.individual_business", "penalty.simple.report"]),
    ("§5.3 legal review and statement [config]", &["penalty.legal_review", "penalty.statement"]),
    ("§5.3 archive 30 CD [K]", &["penalty.archive"]),
    ("§5.3 +30 and +60 CD, excluded time [K?]", &["penalty.general.extension.head", "penalty.general.extension.collective", "penalty.general.excluded"]),
    ("§5.5 larger fines [?], three members [K]", &["penalty.hearing.threshold", "penalty.discussion.members"]),
    ("§5.7 base after part payment [?]", &["penalty.surcharge.base"]),
    ("§5.9 7 and 20 WD [K]", &["publicity.penalty", "publicity.other"]),
    ("§6 limit 7 WD [?]", &["fast.period"]),
    ("§6 consent, threshold, exclusions, merged steps [K]", &["fast.consent_withdrawable", "fast.below_hearing", "fast.exclusions", "fast.merged_steps"]),
    ("§7.2 start, several, transition [?], minor [K]", &["credit.display.start", "credit.several", "credit.transition", "credit.minor.repairable_at_once"]),
    ("§7.2 categories, §14.4 [?]", &["credit.category", "credit.huge_fine"]),
    ("§7.2 whose records [K]", &["credit.parties"]),
    ("§7.2 times of a repair [?]", &["credit.accept", "credit.result", "credit.result.extensions", "credit.sync"]),
    ("§8 case cause [K]", &["document.cause.pattern"]),
    ("§9 certificate, zone code, grid [?]", &["certificate.pattern", "area.platform_code", "geo.cadastral_grid"]),
    ("§9 plates [K]", &["plate.pattern", "plate.pattern.new_energy_small", "plate.pattern.new_energy_large"]),
    ("§10, §14.5 gate guards [?]", &["checklist.gate_guard"]),
    ("§11 signatures, body cameras, retention [K]", &["signature.trace", "recording.upload", "retention"]),
    ("§11 bundle 72 h [?]", &["bundle.expiry"]),
    ("§12 60 h of training [K]", &["training.hours"]),
    ("§14.6 noise [?]", &["evidence.noise_monitor", "noise.limit.day", "noise.limit.night"]),
];

fn all() -> impl Iterator<Item = &'static Known> {
    POLICIES.iter().copied().flatten()
}

fn body(value: Setting) -> Policy {
    Policy { doubt: false, note: String::new(), owner: "法制部门".into(), source: "测试".into(), value }
}

fn row(key: &str, from: Date, until: Option<Date>, value: Setting) -> Row {
    Row::new(key, Validity { from, until }, &body(value)).unwrap_or_else(|flaw| panic!("{key}: {flaw}"))
}

fn book(rows: impl IntoIterator<Item = Row>) -> Book {
    let mut book = Book::new();
    for row in rows {
        book.insert(row).unwrap();
    }
    book
}

fn labelled(what: &str, zh: &str, en: &str) {
    assert!(zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{what} has no Chinese label");
    assert!(en.chars().next().is_some_and(char::is_alphabetic) && !en.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{what} has no English label");
}

fn choices_labelled(what: &str, labels: &[Label]) {
    let codes: BTreeSet<&str> = labels.iter().map(|(code, ..)| *code).collect();
    assert!(codes.len() == labels.len() && labels.len() > 1, "{what}: every choice once, and more than one");
    for (code, zh, en) in labels {
        assert!(is_token(code), "{what}: {code}");
        labelled(&format!("{what}: {code}"), zh, en);
    }
}

#[test]
fn every_policy_is_complete() {
    let mut keys = BTreeSet::new();
    for known in all() {
        let key = known.key;
        assert!(keys.insert(key), "{key} stands twice");
        assert!(key.split('.').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')), "{key}");
        labelled(key, known.zh, known.en);
        assert!(!known.basis.is_empty() && known.place.starts_with('§'), "{key} names no source or place");
        if known.mark == Mark::Text {
            assert!(known.basis.contains('第') && known.basis.contains('条'), "{key}: checked against a text, so name the article");
        }
        match known.ty {
            Type::Choice(labels) | Type::Choices(labels) => choices_labelled(key, labels),
            Type::Table(columns) => {
                for column in columns {
                    labelled(&format!("{key}.{}", column.key), column.zh, column.en);
                    if let ColumnType::Choice(labels) = column.ty {
                        choices_labelled(&format!("{key}.{}", column.key), labels);
                    }
                }
                if let Preset::Table(of, rows) = known.preset {
                    assert!(of == columns && rows.iter().all(|row| row.len() == columns.len()), "{key}: a default row has a cell for every column");
                }
            }
            Type::Integer { min, max, .. } | Type::Integers { min, max, .. } => assert!(min < max, "{key}"),
            Type::Period { min, max } => assert!(min < max, "{key}"),
            Type::Money { min, max } => assert!(min < max, "{key}"),
            Type::Text { min, max } => assert!(min < max, "{key}"),
        }
    }
}

#[test]
fn every_default_fits_its_type_and_survives_the_book() {
    for known in all() {
        let from = date(2026, 1, 1);
        let book = book([row(known.key, from, None, known.default())]);
        let answer = policy(&book, known.key, from).unwrap();
        assert_eq!(answer.value, known.default(), "{}", known.key);
        let name = serde_json::to_value(known.default()).unwrap();
        assert_eq!(name.as_object().unwrap().keys().collect::<Vec<_>>(), [known.ty.name()], "{}", known.key);
    }
}

#[test]
fn every_mark_of_the_domain_has_its_policy_and_every_doubtful_policy_its_mark() {
    let listed: BTreeSet<&str> = MARKED.iter().flat_map(|(_, keys)| keys.iter().copied()).collect();
    for (place, keys) in MARKED {
        for key in *keys {
            let known = known(key).unwrap_or_else(|| panic!("{place}: {key} is missing"));
            assert!(known.mark.doubtful(), "{place}: {key} does not say that it is in doubt");
        }
    }
    let doubtful: BTreeSet<&str> = all().filter(|known| known.mark.doubtful()).map(|known| known.key).collect();
    assert_eq!(doubtful, listed);
    for item in ["§14.1", "§14.2", "§14.3", "§14.4", "§14.5", "§14.6", "§14.7", "§14.8"] {
        assert!(all().any(|known| known.place.contains(item)), "no policy for {item} of the doubt register");
    }
}

#[test]
fn a_value_that_does_not_fit_is_refused_with_reason_and_remedy() {
    let refused = |key: &str, json: &str, field: &str, why: &str| {
        let flaw = body(serde_json::from_str(json).unwrap()).check(key, &Validity::from(date(2026, 1, 1))).unwrap_err();
        assert_eq!(flaw.field, field, "{key} {json}");
        assert!(flaw.why.contains(why), "{key} {json}: {}", flaw.why);
    };
    refused("penalty.surcharge.rate", r#"{"integer": 101}"#, "value", "101 is out of bounds; give 0 to 100 percent");
    refused("penalty.surcharge.rate", r#"{"money": 3}"#, "value", r#"give {"integer": …}"#);
    refused("fast.period", r#"{"period": {"count": 16, "unit": "working_days"}}"#, "value", "16 is out of bounds; give 3 to 15");
    refused("fast.period", r#"{"period": {"count": 2, "unit": "working_days"}}"#, "value", "give 3 to 15");
    refused("penalty.simple.person", r#"{"money": -1}"#, "value", "-0.01 is out of bounds; give 0.00 to 100000.00 yuan");
    refused("transfer.pending_cases", r#"{"choice": "drop"}"#, "value", "'drop' is no choice; give one of stay, move");
    refused("penalty.general.excluded", r#"{"choices": ["test", "test"]}"#, "value", "stands twice");
    refused("penalty.general.excluded", r#"{"choices": ["holiday"]}"#, "value", "one of hearing, test, appraisal, announcement");
    refused("court.alerts", r#"{"integers": [60, 7, 60]}"#, "value", "stands twice");
    refused("court.alerts", r#"{"integers": []}"#, "value", "give 1 to 20 numbers");
    refused("court.alerts", r#"{"integers": [-7]}"#, "value", "give 0 to 366 days before");
    refused("certificate.pattern", r#"{"text": ""}"#, "value", "give 1 to 200 bytes");
    refused("certificate.pattern", r#"{"text": "[0-9]+"}"#, "value", "digits, or digits and letters, and how many");
    refused("document.number.pattern", r#"{"text": ".*"}"#, "value", "characters before 字");
    refused("retention", r#"{"table": []}"#, "value", "give 1 to 500 rows");
    refused("retention", r#"{"table": [{"what": "log", "months": 6}, {"what": "log"}]}"#, "value.1.months", "missing");
    refused("retention", r#"{"table": [{"what": "log", "months": "six"}]}"#, "value.0.months", "no whole number");
    refused("retention", r#"{"table": [{"what": "logs", "months": 6}]}"#, "value.0.what", "no choice");
    refused("retention", r#"{"table": [{"what": "log", "months": -1}]}"#, "value.0.months", "give 0 to 1200 months");
    refused("retention", r#"{"table": [{"what": "log", "months": 6, "days": 1}]}"#, "value.0.days", "no column");
    refused("penalty.hearing.threshold", r#"{"table": [{"area": "", "domain": "*", "person": 1, "organisation": 1}]}"#, "value.0.area", "give 1 to 64 bytes");
    refused("penalty.hearing.threshold", r#"{"table": [{"area": "*", "domain": "*", "person": -1, "organisation": 1}]}"#, "value.0.person", "give 0 to");
    refused("penalty.paid", r#"{"integer": 1}"#, "key", "no policy of this program");
    refused("penalty.surcharge.rate@", r#"{"integer": 3}"#, "key", "after '@'");
    refused("penalty.surcharge.rate@a b", r#"{"integer": 3}"#, "key", "after '@'");
    let flaw = Policy { owner: " ".into(), ..body(Setting::Integer(3)) }.check("penalty.surcharge.rate", &Validity::from(date(2026, 1, 1))).unwrap_err();
    assert_eq!(flaw.field, "owner");
    assert!(serde_json::from_str::<Setting>(r#"{"integer": 3.5}"#).is_err(), "no floats");
}

#[test]
fn the_nearest_row_answers_and_the_default_only_where_none_is_in_force() {
    let (start, end) = (date(2024, 1, 1), date(2025, 1, 1));
    let days = |n| Setting::Period(Period::calendar_days(n));
    let book = book([row("penalty.general", start, Some(end), days(80)), row("penalty.general@fire", start, None, days(60))]);
    let ask = |scopes: &[&str], day| get_for::<Period>(&book, "penalty.general", scopes, day).unwrap();
    assert_eq!(ask(&[], start).value, Period::calendar_days(80));
    assert_eq!(ask(&["fire"], start).value, Period::calendar_days(60));
    assert_eq!(ask(&["water", "fire"], start).value, Period::calendar_days(60), "the first scope that has a row");
    assert_eq!(ask(&["water"], start).value, Period::calendar_days(80));
    assert_eq!(ask(&["water"], start).source, Source::Row { key: "penalty.general".into(), valid: Validity { from: start, until: Some(end) }, source: "测试".into() });
    let default = ask(&[], end);
    assert_eq!((default.value, default.source, default.doubtful), (Period::calendar_days(90), Source::Default { basis: "行政处罚法第六十条" }, false));
    assert!(get::<String>(&book, "penalty.surcharge.base", end).unwrap().doubtful, "a default marked [?]");
    assert!(!get::<i64>(&book, "penalty.surcharge.rate", end).unwrap().doubtful);
}

#[test]
fn a_row_says_itself_whether_it_is_in_doubt() {
    let from = date(2024, 1, 1);
    let settled = book([row("penalty.surcharge.base", from, None, Setting::Choice("whole_fine".into()))]);
    assert!(!policy(&settled, "penalty.surcharge.base", from).unwrap().doubtful);
    let doubtful = Policy { doubt: true, ..body(Setting::Integer(3)) };
    let book = book([Row::new("penalty.surcharge.rate", Validity::from(from), &doubtful).unwrap()]);
    assert!(policy(&book, "penalty.surcharge.rate", from).unwrap().doubtful);
}

#[test]
fn what_cannot_be_read_is_an_error_and_no_default() {
    let from = date(2024, 1, 1);
    let later = Row { kind: Kind::Policy, key: "penalty.pay".into(), valid: Validity::from(from), body: crate::record::Value::parse(r#"{"value":{"formula":"x"}}"#).unwrap() };
    let moved = Row { key: "penalty.serve".into(), ..row("training.hours", from, None, Setting::Integer(40)) };
    let book = book([later, moved]);
    assert!(matches!(policy(&book, "penalty.pay", from), Err(PolicyError::Unusable { why, .. }) if why.contains("form")));
    assert!(matches!(policy(&book, "penalty.serve", from), Err(PolicyError::Unusable { why, .. }) if why.contains("another type")));
    assert_eq!(policy(&book, "nothing", from), Err(PolicyError::Unknown("nothing".into())));
    assert_eq!(get::<i64>(&book, "fast.period", from), Err(PolicyError::OtherType { key: "fast.period", is: "period" }));
}

#[test]
fn order_58_gave_way_to_order_36_on_2026_04_01() {
    let book = book(policies().unwrap());
    let (before, after) = (date(2026, 3, 31), date(2026, 4, 1));
    let on = |category, day| display(&book, category, day).unwrap().value;
    assert_eq!(on(Category::General, before), Display { shown: Shown::Yes, shortest: Period::months(3), longest: Period::months(36) });
    assert_eq!(on(Category::General, after), Display { shown: Shown::Yes, shortest: Period::months(3), longest: Period::months(12) });
    assert_eq!(on(Category::Minor, before).shown, Shown::No);
    assert_eq!(on(Category::Minor, after), Display { shown: Shown::IfNeeded, shortest: Period::months(0), longest: Period::months(3) });
    assert_eq!(on(Category::Serious, before), on(Category::Serious, after));
    let materials = |day| get::<Vec<String>>(&book, "credit.materials", day).unwrap().value.len();
    assert_eq!((materials(before), materials(after)), (6, 2));
    let of = |domain: &str, measures: &[&str], day| credit_category(&book, &[domain], measures, day).unwrap().value;
    assert_eq!(of("fire", &["fine"], before), Category::Serious, "by field under Order 58");
    assert_eq!(of("fire", &["fine"], after), Category::General, "by measure under Order 36");
    assert_eq!(of("fire", &["warning"], before), Category::Minor);
    assert_eq!(of("urban", &["warning", "fine", "revocation"], after), Category::Serious, "the gravest of several");
    assert!(matches!(credit_category(&book, &["urban"], &[], after), Err(PolicyError::NoRow { key: "credit.category", .. })));
}

#[test]
fn the_penalty_law_of_2021_raised_the_limits_on_2021_07_15() {
    let book = book(policies().unwrap());
    let yuan = |key, day| get::<Fen>(&book, key, day).unwrap().value.to_string();
    let (before, after) = (date(2021, 7, 14), date(2021, 7, 15));
    assert_eq!((yuan("penalty.simple.person", before), yuan("penalty.simple.person", after)), ("50.00".into(), "200.00".into()), "art. 33 old, 51 new");
    assert_eq!((yuan("penalty.simple.organisation", before), yuan("penalty.simple.organisation", after)), ("1000.00".into(), "3000.00".into()));
    assert_eq!((yuan("penalty.collect.limit", before), yuan("penalty.collect.limit", after)), ("20.00".into(), "100.00".into()), "art. 47 old, 68 new");
    let period = |key, day| get::<Period>(&book, key, day).unwrap().value;
    assert_eq!(period("penalty.limitation.environment", date(2026, 8, 14)), Period::years(2));
    assert_eq!(period("penalty.limitation.environment", date(2026, 8, 15)), Period::years(5), "Code art. 1054");
    assert_eq!(period("service.public_notice", date(2021, 12, 31)), Period::calendar_days(60));
    assert_eq!(period("service.public_notice", date(2022, 1, 1)), Period::calendar_days(30));
}

#[test]
fn the_defaults_say_what_the_dated_rows_say_now() {
    let mut last: BTreeMap<Box<str>, Row> = BTreeMap::new();
    for row in policies().unwrap() {
        last.insert(row.key.clone(), row);
    }
    let book = book(policies().unwrap());
    for (key, row) in last {
        assert!(row.valid.until.is_none() && book.gaps(Kind::Policy, &key).is_empty(), "{key} has a gap or an end");
        assert_eq!(row.typed::<Policy>().unwrap().value, known(&key).unwrap().default(), "{key}");
    }
}

#[test]
fn two_visits_a_year_of_daily_and_own_special_inspections() {
    let (today, empty) = (date(2026, 11, 22), Book::new());
    let default = cap(&empty, &["nb-gaoxin"], &["fire"], "high", today).unwrap();
    assert_eq!(default.value, Cap { max: 2, counts: vec![VisitKind::Daily, VisitKind::SpecialOwn], year: YearBasis::Calendar });
    assert!(default.doubtful);
    let rule = |area: &str, risk: &str, max: i64, year: &str| -> TableRow {
        let mut row: TableRow = VisitKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), Cell::Word("no".into()))).collect();
        row.extend([("area", area), ("domain", "*"), ("risk", risk), ("year", year)].map(|(k, v)| (k.to_owned(), Cell::Word(v.into()))));
        row.insert("max".into(), Cell::Number(max));
        row
    };
    let own = book([row("inspection.cap", today, None, Setting::Table(vec![rule("nb-gaoxin", "high", 4, "rolling"), rule("nb-gaoxin", "*", 1, "calendar")]))]);
    let ask = |area: &str, risk| cap(&own, &[area], &["fire"], risk, today).map(|answer| (answer.value.max, answer.value.year));
    assert_eq!(ask("nb-gaoxin", "high"), Ok((4, YearBasis::Rolling)), "the first row that fits");
    assert_eq!(ask("nb-gaoxin", "low"), Ok((1, YearBasis::Calendar)));
    assert!(matches!(ask("330212", "low"), Err(PolicyError::NoRow { key: "inspection.cap", .. })), "no row, no guess");
}

#[test]
fn apl_63_the_lowest_threshold_of_all_that_apply() {
    let today = date(2026, 11, 22);
    let ask = |book: &Book, domain: &str| hearing_threshold(book, &["nb-gaoxin"], &[domain], today).map(|answer| (answer.value.person.0, answer.value.organisation.0));
    assert_eq!(ask(&Book::new(), "emergency"), Ok((500_000, 5_000_000)), "the general row is lower than the sector's 20,000");
    let rule = |domain: &str, person: i64, organisation: i64| -> TableRow {
        let cells = [("area", Cell::Word("*".into())), ("domain", Cell::Word(domain.into())), ("person", Cell::Number(person)), ("organisation", Cell::Number(organisation))];
        cells.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
    };
    let mixed = book([row("penalty.hearing.threshold", today, None, Setting::Table(vec![rule("housing", 300, 2_000), rule("housing", 200, 3_000), rule("fire", 100, 100)]))]);
    assert_eq!(ask(&mixed, "housing"), Ok((200, 2_000)), "each of its own");
    assert!(ask(&mixed, "water").is_err());
}

#[test]
fn files_of_major_cases_are_kept_for_ever() {
    let keep = |what| retention(&Book::new(), what, date(2026, 11, 22)).map(|answer| answer.value);
    assert_eq!(keep("simple"), Ok(Some(Period::months(120))));
    assert_eq!(keep("major"), Ok(None));
    assert!(keep("gossip").is_err());
}

#[test]
fn apl_72_the_terms_of_the_surcharge_are_policies() {
    let from = date(2024, 1, 1);
    let default = surcharge_terms(&Book::new(), from).unwrap();
    assert_eq!((default.value, default.doubtful), (Terms { percent: 3, base: Base::UnpaidPart }, true));
    let settled = book([row("penalty.surcharge.base", from, None, Setting::Choice("whole_fine".into()))]);
    let terms = surcharge_terms(&settled, from).unwrap();
    assert_eq!((terms.value, terms.doubtful), (Terms { percent: 3, base: Base::WholeFine }, false));
    assert!(matches!(terms.source, Source::Row { .. }), "the base is what was decided");
}

#[test]
fn certificate_numbers_look_as_the_policy_of_the_day_says() {
    let mut book = Book::new();
    let day = date(2026, 11, 22);
    let default = certificate_format(&book, day).unwrap();
    assert_eq!((default.value, default.doubtful), (CertificateFormat::default(), true), "domain.md §14 item 3: in doubt until confirmed");
    let value = Setting::Text("^[0-9A-Za-z]{8,20}$".into());
    let policy = Policy { value, owner: "法制科".into(), note: String::new(), doubt: false, source: "省司法厅通知".into() };
    book.insert(Row::new("certificate.pattern", Validity::from(date(2027, 1, 1)), &policy).unwrap()).unwrap();
    assert_eq!(certificate_format(&book, day).unwrap().value, CertificateFormat::default(), "not yet");
    let later = certificate_format(&book, date(2027, 1, 1)).unwrap();
    assert_eq!((later.value, later.doubtful), (CertificateFormat { letters: true, max: 20, min: 8 }, false));
}

#[test]
fn codes_of_acts_look_as_the_policy_of_the_day_says() {
    let day = date(2026, 3, 1);
    let default = code_format(&Book::new(), day).unwrap();
    assert_eq!((default.value, default.doubtful), (CodeFormat::default(), true), "domain.md §14 item 3: in doubt until confirmed");
    let own = book([row("inspection.code.pattern", day, None, Setting::Text("甬{yyyy}-{organ}-{seq}".into()))]);
    assert_eq!(code_format(&own, day).unwrap().value.pattern(), "甬{yyyy}-{organ}-{seq}");
    let flaw = Row::new("inspection.code.pattern", Validity::from(day), &body(Setting::Text("{organ}-{yyyy}-{number}".into()))).unwrap_err();
    assert!(flaw.why.starts_with("{number} means nothing here"), "{}", flaw.why);
}

#[test]
fn the_pattern_of_document_numbers_can_be_read_and_narrowed() {
    let mut book = Book::new();
    let day = date(2026, 9, 21);
    let written = get::<String>(&book, "document.number.pattern", day).unwrap().value;
    assert_eq!(written.parse::<NumberFormat>(), Ok(NumberFormat::default()));
    let value = Setting::Text(r"^[\u4e00-\u9fa5]{3,12}字〔20\d{2}〕第\d{4}号$".into());
    let policy = Policy { doubt: false, note: String::new(), owner: "法制".into(), source: "测试".into(), value };
    book.insert(Row::new("document.number.pattern", Validity::from(date(2026, 1, 1)), &policy).unwrap()).unwrap();
    assert_ne!(number_format(&book, day).unwrap().value, NumberFormat::default());
}
