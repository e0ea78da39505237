//! An organisation as the zone has it, and the questions about it.

use super::*;
use crate::base::date::date;
use crate::base::geo::{Point, Polygon};
use crate::base::{Date, OfficerId, Validity};
use crate::dated::{Body, Book, Kind, Row};
use proptest::prelude::*;

const BEGIN: Date = date(2022, 1, 1);
const TODAY: Date = date(2026, 11, 22);

fn enter<B: Body>(book: &mut Book, key: &str, from: Date, until: Option<Date>, body: &B) {
    book.insert(Row::new(key, Validity { from, until }, body).unwrap_or_else(|e| panic!("{key}: {e}"))).unwrap();
}

fn officer(id: &str) -> OfficerId {
    id.parse().unwrap()
}

fn organ(kind: OrganKind, name: &str, parent: Option<&str>) -> Organ {
    Organ { areas: vec!["nb-gaoxin".into()], kind, name: name.into(), parent: parent.map(Into::into), prefix: None, seal: None }
}

fn unit(kind: UnitKind, name: &str, parent: Option<&str>, posted_to: Option<&str>) -> Unit {
    Unit { command_org: None, home_org: None, kind, name: name.into(), organ: "team".into(), parent: parent.map(Into::into), posted_to: posted_to.map(Into::into) }
}

fn post(unit: &str) -> Post {
    Post { command_org: None, liaison_of: None, posted_to: None, unit: unit.into() }
}

fn certificate(holder: &str, holder_kind: HolderKind) -> Certificate {
    Certificate { areas: None, holder_kind, issuer: "浙江省人民政府".into(), levels: None, officer: officer(holder), suspended: false }
}

fn area(name: &str, functional: bool, parents: &[&str], corners: &[(i64, i64)]) -> Area {
    let corners: Vec<Point> = corners.iter().map(|&(lon, lat)| Point::new(lon, lat).unwrap()).collect();
    let polygon = if corners.is_empty() { None } else { Some(Polygon::new(corners).unwrap()) };
    Area { functional, name: name.into(), parents: parents.iter().map(|p| (*p).into()).collect(), polygon }
}

/// A square of corners.
fn square(from: i64, to: i64) -> [(i64, i64); 4] {
    [(from, from), (to, from), (to, to), (from, to)]
}

fn zone() -> Book {
    let mut book = Book::new();
    enter(&mut book, "nb-gaoxin", BEGIN, None, &area("宁波国家高新技术产业开发区", true, &["330211", "330212"], &square(20, 40)));
    enter(&mut book, "330212", BEGIN, None, &area("鄞州区", false, &["330200"], &square(0, 100)));
    enter(&mut book, "juxian-area", BEGIN, None, &area("聚贤街道辖区", false, &["nb-gaoxin"], &square(20, 30)));
    enter(&mut book, "committee", BEGIN, None, &organ(OrganKind::Committee, "宁波国家高新区管理委员会", None));
    enter(&mut book, "team", BEGIN, None, &organ(OrganKind::Team, "宁波国家高新区综合行政执法队", Some("committee")));
    enter(&mut book, "juxian", BEGIN, None, &organ(OrganKind::Subdistrict, "聚贤街道", Some("committee")));
    enter(&mut book, "team-office", BEGIN, None, &unit(UnitKind::Headquarters, "机关", None, None));
    enter(&mut book, "squad-juxian", BEGIN, None, &unit(UnitKind::Squad, "聚贤中队", Some("team-office"), Some("juxian")));
    enter(&mut book, "squad-juxian-1", BEGIN, Some(date(2024, 1, 1)), &unit(UnitKind::Section, "聚贤一组", Some("squad-juxian"), None));
    for id in ["a", "b", "helper"] {
        enter(&mut book, id, BEGIN, None, &post("squad-juxian"));
    }
    enter(&mut book, "1001", BEGIN, None, &certificate("a", HolderKind::Officer));
    enter(&mut book, "1002", BEGIN, Some(date(2026, 1, 1)), &certificate("b", HolderKind::Officer));
    enter(&mut book, "1003", BEGIN, None, &certificate("helper", HolderKind::Auxiliary));
    book
}

#[test]
fn administrative_penalty_law_article_42_wants_two_officers_on_that_day() {
    let book = zone();
    let all = [officer("a"), officer("b"), officer("helper")];
    assert_eq!(two_officers(&book, &all, date(2025, 12, 31)), Ok(()));
    assert_eq!(two_officers(&book, &all, date(2026, 1, 1)), Err(TooFew { acting: 1 }), "b's certificate ended; the helper never counts");
    let twice = [officer("a"), officer("a")];
    assert_eq!(acting(&book, &twice, TODAY), 1, "nobody is two");
    assert_eq!(acting(&book, &[], TODAY), 0);
}

#[test]
fn zhejiang_regulation_article_30_an_auxiliary_never_counts() {
    assert_eq!(may_act(&zone(), &officer("helper"), TODAY), Err(Unfit::NotAnOfficer(HolderKind::Auxiliary)));
}

#[test]
fn who_may_not_act_is_told_why() {
    let mut book = zone();
    let b = officer("b");
    assert_eq!(may_act(&book, &b, date(2026, 1, 1)), Err(Unfit::Ended { since: date(2026, 1, 1) }));
    assert_eq!(may_act(&book, &b, date(2021, 12, 31)), Err(Unfit::NotYet { from: BEGIN }));
    assert_eq!(may_act(&book, &officer("nobody"), TODAY), Err(Unfit::NoCertificate));
    let suspended = Certificate { suspended: true, ..certificate("b", HolderKind::Officer) };
    enter(&mut book, "1002", date(2026, 3, 1), Some(date(2026, 4, 1)), &suspended);
    enter(&mut book, "1002", date(2026, 4, 1), None, &certificate("b", HolderKind::Officer));
    assert_eq!(may_act(&book, &b, date(2026, 3, 31)), Err(Unfit::Suspended));
    assert_eq!(may_act(&book, &b, date(2026, 4, 1)), Ok(()));
    assert_eq!(may_act(&book, &b, date(2026, 2, 1)), Err(Unfit::Ended { since: date(2026, 1, 1) }), "between two certificates");
    for (key, kind) in [("2001", HolderKind::Supervisor), ("2002", HolderKind::LegalReviewer)] {
        enter(&mut book, key, BEGIN, None, &certificate(&format!("p{key}"), kind));
        assert_eq!(may_act(&book, &officer(&format!("p{key}")), TODAY), Err(Unfit::NotAnOfficer(kind)));
    }
    enter(&mut book, "2003", BEGIN, None, &certificate("a", HolderKind::LegalReviewer));
    assert_eq!(may_act(&book, &officer("a"), TODAY), Ok(()), "a reviewer's certificate beside an officer's takes nothing away");
    let said = Unfit::Ended { since: TODAY }.to_string();
    assert!(said.contains("2026-11-22"), "{said}");
}

#[test]
fn an_id_that_contains_another_is_not_mistaken_for_it() {
    let mut book = zone();
    enter(&mut book, "3001", BEGIN, None, &certificate("ab", HolderKind::Officer));
    assert_eq!(may_act(&book, &officer("ab"), TODAY), Ok(()));
    book.remove(Kind::Certificate, "1001", BEGIN).unwrap();
    assert_eq!(may_act(&book, &officer("a"), TODAY), Err(Unfit::NoCertificate));
}

#[test]
fn a_subtree_is_that_of_its_day() {
    let book = zone();
    let names = |unit: &str, day| subtree(&book, unit, day).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(names("team-office", date(2023, 12, 31)), "squad-juxian squad-juxian-1 team-office");
    assert_eq!(names("team-office", TODAY), "squad-juxian team-office");
    assert_eq!(names("squad-juxian", TODAY), "squad-juxian");
    assert_eq!(names("squad-juxian-1", TODAY), "", "ended");
    assert_eq!(names("nowhere", TODAY), "");
}

#[test]
fn zhejiang_regulation_article_9_the_subdistrict_commands_a_posted_squad() {
    let mut book = zone();
    let a = officer("a");
    assert_eq!(unit_of(&book, &a, TODAY).as_deref(), Some("squad-juxian"));
    assert_eq!(commander_of(&book, &a, TODAY).as_deref(), Some("juxian"));
    let alone = Post { posted_to: Some("xinming".into()), ..post("squad-juxian") };
    enter(&mut book, "c", BEGIN, None, &alone);
    enter(&mut book, "d", BEGIN, None, &Post { command_org: Some("committee".into()), ..alone });
    enter(&mut book, "e", BEGIN, None, &post("team-office"));
    for (who, commander) in [("c", "xinming"), ("d", "committee"), ("e", "team")] {
        assert_eq!(commander_of(&book, &officer(who), TODAY).as_deref(), Some(commander), "{who}");
    }
    assert_eq!(unit_of(&book, &officer("nobody"), TODAY), None);
    assert_eq!(unit_of(&book, &a, date(2021, 12, 31)), None, "before the first day of the post");
}

#[test]
fn a_team_acts_in_the_name_of_the_committee() {
    let mut book = zone();
    let name = |book: &Book, organ: &str| in_name_of(book, organ, TODAY).map(|(code, _)| code.to_string());
    assert_eq!(name(&book, "team").as_deref(), Some("committee"));
    assert_eq!(name(&book, "juxian").as_deref(), Some("juxian"));
    enter(&mut book, "x", BEGIN, None, &organ(OrganKind::Team, "甲", Some("y")));
    enter(&mut book, "y", BEGIN, None, &organ(OrganKind::Team, "乙", Some("x")));
    assert_eq!(name(&book, "x"), None, "a circle names nobody");
}

#[test]
fn a_point_lies_in_the_innermost_area() {
    let mut book = zone();
    let all = |book: &Book, n: i64| areas_of(book, &Point::new(n, n).unwrap(), TODAY).join(" ");
    assert_eq!(all(&book, 25), "juxian-area nb-gaoxin 330212");
    assert_eq!(all(&book, 30), "juxian-area nb-gaoxin 330212", "the boundary belongs to it");
    assert_eq!(all(&book, 35), "nb-gaoxin 330212");
    assert_eq!(all(&book, 50), "330212");
    assert_eq!(all(&book, 101), "");
    assert_eq!(area_of(&book, &Point::new(25, 25).unwrap(), TODAY).as_deref(), Some("juxian-area"));
    assert_eq!(area_of(&book, &Point::new(25, 25).unwrap(), date(2021, 1, 1)), None);
    enter(&mut book, "no-shape", BEGIN, None, &area("无界", true, &["330212"], &[]));
    assert_eq!(all(&book, 25), "juxian-area nb-gaoxin 330212", "what has no polygon is not found");
}

#[test]
fn what_an_area_lies_in_follows_parents_and_gb_t_2260() {
    let above = |area: &str| ancestors(&zone(), area, TODAY).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(above("juxian-area"), "330000 330200 330211 330212 nb-gaoxin");
    assert_eq!(above("330212"), "330000 330200");
    assert_eq!(above("330000"), "");
}

#[test]
fn references_that_lead_nowhere_are_named() {
    let mut book = zone();
    assert_eq!(dangling(&book, TODAY), []);
    enter(&mut book, "lost", BEGIN, None, &post("squad-juxian-1"));
    enter(&mut book, "4001", BEGIN, None, &certificate("gone", HolderKind::Officer));
    let said: Vec<String> = dangling(&book, TODAY).iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("post lost: unit names unit squad-juxian-1"), "{said:?}");
    assert!(said[1].starts_with("certificate 4001: officer names post gone"), "{said:?}");
    assert_eq!(dangling(&book, date(2023, 12, 31)).len(), 1, "on that day the unit was there");
}

#[test]
fn a_faulty_body_is_refused_by_field() {
    fn flaw<B: Body>(key: &str, body: &B) -> String {
        Row::new(key, Validity::from(BEGIN), body).unwrap_err().field
    }
    assert_eq!(flaw("330299", &area("某区", true, &["330200"], &[])), "key", "a zone has no GB/T 2260 code");
    assert_eq!(flaw("zone", &area("某区", true, &[], &[])), "parents");
    assert_eq!(flaw("zone", &area("某区", true, &["330200", "330204"], &[])), "parents.1", "江东 ended in 2016");
    assert_eq!(flaw("zone", &area("某区", true, &["zone"], &[])), "parents.0");
    assert_eq!(flaw("zone", &area("某区", true, &["330200", "330200"], &[])), "parents.1");
    assert_eq!(flaw("zone", &area(" 某区", true, &["330200"], &[])), "name");
    assert_eq!(flaw("zone", &area("", true, &["330200"], &[])), "name");
    assert_eq!(flaw("区", &area("某区", false, &[], &[])), "key");
    assert_eq!(flaw("t", &organ(OrganKind::Team, "执法队", None)), "parent");
    assert_eq!(flaw("t", &organ(OrganKind::Team, "执法队", Some("t"))), "parent");
    assert_eq!(flaw("c", &Organ { prefix: Some("甬高新综执罚决字".into()), ..organ(OrganKind::Committee, "管委会", None) }), "prefix");
    assert_eq!(flaw("c", &Organ { prefix: Some("YGX".into()), ..organ(OrganKind::Committee, "管委会", None) }), "prefix");
    assert_eq!(flaw("c", &Organ { seal: Some("".into()), ..organ(OrganKind::Committee, "管委会", None) }), "seal");
    assert_eq!(flaw("u", &Unit { command_org: Some("juxian".into()), ..unit(UnitKind::Squad, "中队", None, None) }), "command_org");
    assert_eq!(flaw("u", &unit(UnitKind::Squad, "中队", Some("u"), None)), "parent");
    assert_eq!(flaw("陈", &post("u")), "key");
    assert_eq!(flaw("a", &post("")), "unit");
    assert_eq!(flaw("1 2", &certificate("a", HolderKind::Officer)), "key");
    assert_eq!(flaw("１２", &certificate("a", HolderKind::Officer)), "key");
    assert_eq!(flaw("12", &Certificate { issuer: "甲".repeat(101), ..certificate("a", HolderKind::Officer) }), "issuer");
}

#[test]
fn a_misspelt_field_is_not_swallowed() {
    assert!(serde_json::from_str::<Post>(r#"{"unit":"u","postedto":"juxian"}"#).is_err());
    assert!(serde_json::from_str::<Certificate>(r#"{"holder_kind":"chief","issuer":"x","officer":"a"}"#).is_err());
    let read: Certificate = serde_json::from_str(r#"{"holder_kind":"legal_reviewer","issuer":"x","officer":"a"}"#).unwrap();
    assert_eq!((read.holder_kind, read.suspended), (HolderKind::LegalReviewer, false));
}

#[test]
fn the_largest_polygon_fits_into_one_row() {
    let corners: Vec<(i64, i64)> = (0..crate::base::geo::MAX_POINTS as i64).map(|n| (-1_799_990_000 + n, -899_999_000 + n % 2)).collect();
    assert!(Row::new("big", Validity::from(BEGIN), &area(&"区".repeat(100), true, &["330200"], &corners)).is_ok());
}

proptest! {
    /// Parents at random, circles among them.
    #[test]
    fn subtree_agrees_with_climbing_from_every_unit(parents in proptest::collection::vec(proptest::option::of(0usize..8), 8), root in 0usize..8) {
        let mut book = Book::new();
        for (n, parent) in parents.iter().enumerate() {
            let parent = parent.filter(|p| *p != n).map(|p| format!("u{p}"));
            enter(&mut book, &format!("u{n}"), BEGIN, None, &unit(UnitKind::Section, "组", parent.as_deref(), None));
        }
        let found = subtree(&book, &format!("u{root}"), TODAY);
        for n in 0..8 {
            // At most eight steps lead up before a circle closes.
            let mut at = Some(n);
            let mut below = false;
            for _ in 0..9 {
                below |= at == Some(root);
                at = at.and_then(|a| parents[a].filter(|p| *p != a));
            }
            prop_assert_eq!(found.contains(format!("u{n}").as_str()), below, "u{} under u{} in {:?}", n, root, parents);
        }
    }
}
