//! Slices, refused deltas, and deltas from any revision against whole packs.

use super::*;
use crate::base::Validity;
use crate::base::date::date;
use crate::catalogue::lineage::tests::area_row;
use crate::catalogue::power::{Pending, PowerType, Scope, power_key};
use crate::record::Value;
use proptest::prelude::*;

const DISTRICT: DistrictId = DistrictId(7);

fn areas(codes: &[&str]) -> BTreeSet<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

fn plain(kind: Kind, key: &str, body: serde_json::Value) -> Row {
    Row { kind, key: key.into(), valid: Validity::from(date(2022, 1, 1)), body: Value::from_json(&body).unwrap() }
}

fn power(matter: &str, area: &str, valid: Validity, organ: &str) -> Row {
    let body = Power { organ: organ.into(), power: PowerType::Penalty, scope: Scope::Whole, legal_doc: "文件".into(), transfer: None };
    Row::new(&power_key(matter, area, PowerType::Penalty), valid, &body).unwrap()
}

fn transfer(area: &str) -> Row {
    let day = date(2024, 1, 1);
    let body = Transfer { name: "划转".into(), day, from: None, to: "team".into(), area: area.into(), legal_doc: "通知".into(), pending: Pending::Stay };
    Row::new(&format!("t-{area}"), Validity::from(day), &body).unwrap()
}

fn book(rows: impl IntoIterator<Item = Row>) -> Book {
    let mut book = Book::new();
    for row in rows {
        book.insert(row).unwrap();
    }
    book
}

fn base() -> Vec<Row> {
    let since = Validity::from(date(2022, 1, 1));
    vec![
        area_row("zone", &["330211"]),
        area_row("far", &["330225"]),
        plain(Kind::Organ, "team", serde_json::json!(1)),
        plain(Kind::Matter, "a", serde_json::json!(1)),
        plain(Kind::Matter, "b", serde_json::json!(1)),
        plain(Kind::Matter, "c", serde_json::json!(1)),
        power("a", "zone", since, "team"),
        power("b", "330211", since, "team"),
        power("c", "far", since, "team"),
        transfer("zone"),
        transfer("far"),
    ]
}

#[test]
fn a_slice_holds_what_the_areas_need_and_no_more() {
    let book = book(base());
    let rows = slice(&book, &areas(&["zone"]));
    let keys: Vec<&str> = rows.iter().map(|row| &*row.key).collect();
    assert_eq!(keys, ["far", "zone", "team", "a", "b", "a/zone/penalty", "b/330211/penalty", "t-zone"]);
}

#[test]
fn a_wrong_delta_is_refused_and_leaves_the_book_alone() {
    let zone = areas(&["zone"]);
    let mut source = Source::new();
    source.advance(book(base()));
    let day = date(2024, 1, 1);
    let whole = source.delta(source.manifest(DISTRICT, day, &zone), &zone, None);
    let mut held = Book::new();
    let manifest = apply(&mut held, None, &zone, whole.clone()).unwrap();
    let before = held.clone();
    let mut next = source.book().clone();
    next.insert(power("c", "zone", Validity::from(day), "team")).unwrap();
    source.advance(next);
    let delta = source.delta(source.manifest(DISTRICT, day, &zone), &zone, Some(manifest.rev));
    assert_eq!(delta.put.iter().map(|row| &*row.key).collect::<Vec<_>>(), ["c", "c/zone/penalty"], "an old matter comes with its first holder here");

    let spoilt = |spoil: fn(&mut Delta)| {
        let mut delta = delta.clone();
        spoil(&mut delta);
        delta
    };
    let cases = [
        (spoilt(|d| d.put.truncate(1)), PackError::Count { expected: 10, found: 8 }),
        (spoilt(|d| d.put[0].body = Value::int(2)), PackError::Sum),
        (spoilt(|d| d.from = Some(0)), PackError::OtherBase),
        (spoilt(|d| d.manifest.district = DistrictId(8)), PackError::OtherBase),
        (spoilt(|d| d.manifest.slice = Digest::ZERO), PackError::OtherBase),
        (spoilt(|d| d.put.push(power("c", "zone", Validity::from(date(2023, 1, 1)), "team"))), PackError::Contradiction),
    ];
    for (wrong, why) in cases {
        assert_eq!(apply(&mut held, Some(&manifest), &zone, wrong), Err(why));
        assert_eq!(held, before);
    }
    assert_eq!(apply(&mut held, None, &zone, delta.clone()), Err(PackError::OtherBase), "a delta needs a pack to build on");
    assert!(apply(&mut held, Some(&manifest), &zone, delta).is_ok());
    assert_eq!(held.len(), 10);
}

#[test]
fn a_source_that_was_loaded_answers_like_the_one_that_was_stored() {
    let zone = areas(&["zone"]);
    let mut source = Source::new();
    source.advance(book(base()));
    source.advance(book(base().into_iter().skip(2)));
    let rows: Vec<(u64, Row)> = source.book.iter().map(|row| (source.revs[&id(row)], row.clone())).collect();
    let gone: Vec<(u64, RowId)> = source.withdrawn.iter().map(|(id, rev)| (*rev, id.clone())).collect();
    let loaded = Source::load(source.rev, rows, gone).unwrap();
    for from in [None, Some(0), Some(1), Some(2), Some(3)] {
        let delta = |s: &Source| s.delta(s.manifest(DISTRICT, date(2024, 1, 1), &zone), &zone, from);
        assert_eq!(delta(&loaded), delta(&source));
    }
}

/// One edit: which thing, whether it is there, and what it says.
type Edit = (u8, bool, u8);

/// A row for an edit: few things, so that edits meet.
fn edited((thing, _, says): Edit) -> Row {
    let from = |day| Validity::from(date(2024, 1, day));
    match thing % 10 {
        0 => area_row("zone", if says % 2 == 0 { &["330211"] } else { &["far"] }),
        1 => plain(Kind::Policy, "p", serde_json::json!(says)),
        n @ 2..=4 => plain(Kind::Matter, ["a", "b", "c"][usize::from(n) - 2], serde_json::json!(says)),
        n @ 5..=7 => power(["a", "b", "c"][usize::from(n) - 5], ["zone", "330211", "far"][usize::from(says) % 3], from(1), "team"),
        8 => power("a", "zone", from(2), ["team", "water"][usize::from(says) % 2]),
        _ => transfer(["zone", "far"][usize::from(says) % 2]),
    }
}

proptest! {
    #[test]
    fn deltas_from_any_revision_give_the_same_book_as_the_whole_pack(edits in proptest::collection::vec(any::<Edit>(), 1..40)) {
        let (zone, day) = (areas(&["zone"]), date(2024, 1, 1));
        let mut source = Source::new();
        // What a replica held at each revision.
        let mut held: Vec<(Book, Manifest)> = Vec::new();
        for edit in edits {
            let row = edited(edit);
            let mut next = source.book().clone();
            if has(&next, row.kind, &row.key, row.valid.from) {
                next.remove(row.kind, &row.key, row.valid.from).unwrap();
            }
            if edit.1 && let Err(crate::dated::BookError::Overlap { with, .. }) = next.insert(row.clone()) {
                // The later row makes the earlier one end, or the earlier one is entered with an end.
                let (mut first, second) = if with.from < row.valid.from { (next.remove(row.kind, &row.key, with.from).unwrap(), Some(row.clone())) } else { (row.clone(), None) };
                first.valid.until = Some(with.from.max(row.valid.from));
                next.insert(first).unwrap();
                second.into_iter().for_each(|row| next.insert(row).unwrap());
            }
            source.advance(next);
            let manifest = source.manifest(DISTRICT, day, &zone);
            let mut whole = Book::new();
            apply(&mut whole, None, &zone, source.delta(manifest.clone(), &zone, None)).unwrap();
            let rows: Vec<&Row> = slice(source.book(), &zone);
            prop_assert_eq!(whole.iter().collect::<Vec<_>>(), rows);
            for (book, had) in &held {
                let mut book = book.clone();
                let delta = source.delta(manifest.clone(), &zone, Some(had.rev));
                prop_assert_eq!(&apply(&mut book, Some(had), &zone, delta), &Ok(manifest.clone()));
                prop_assert_eq!(&book, &whole);
            }
            held.push((whole, manifest));
        }
    }
}
