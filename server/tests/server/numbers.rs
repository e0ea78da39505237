//! Blocks of numbers: leased once, refilled, spoiled, lost with a handheld; every number in one state of the account.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use sync_core::base::date::date;
use sync_core::base::{DeviceId, RecordId, UtcMs, Validity};
use sync_core::catalogue::any;
use sync_core::dated::{Difference, Kind};
use sync_core::district::{OfficeWrite, office_write};
use sync_core::number::{MAX_BLOCKS, NewCode, Series, Sort, Stock, Token};
use sync_core::protocol::{Command, NumbersRequest, NumbersResponse};
use sync_core::record::{ActCall, Draft, Value};
use zhifa_server::law::ops::{Author, carry_out};
use zhifa_server::number::lose_erased;
use zhifa_server::org::{Role, Scope, ops};
use zhifa_server::sync::store::Want;

use crate::harness::{Bent, Handheld, Site, ok, problem, record};
use crate::on_both;

/// The day on which the tests begin.
pub const TODAY: sync_core::base::Date = date(2026, 9, 21);

fn row(kind: Kind, key: &str, body: &Json) -> Difference {
    Difference::Added { row: any::row(kind, key, Validity::from(date(2020, 1, 1)), body).unwrap() }
}

fn carry(site: &Site, differences: Vec<Difference>) {
    let seen = site.running().app.law().rev;
    let author = Author { actor: "system".into(), reason: "test".into() };
    site.running().app.committer.run_blocking(Want::default(), move |store| carry_out(store, seen, &differences, &author)).unwrap().unwrap();
}

/// A zone with the team, whose unit `u1` is, and the fire brigade, whose unit `u2` is.
pub fn enter_book(site: &Site) {
    enter_book_with(site, &json!({}));
}

/// The same; `more` are further members of the team's row.
pub fn enter_book_with(site: &Site, more: &Json) {
    let organ = |key: &str, name: &str| {
        let mut body = json!({ "kind": "department", "name": name, "areas": ["zone"] });
        if key == "team" {
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        row(Kind::Organ, key, &body)
    };
    let unit = |key: &str, organ: &str| row(Kind::Unit, key, &json!({ "kind": "squad", "name": format!("{organ}中队"), "organ": organ }));
    carry(
        site,
        vec![
            row(Kind::Area, "zone", &json!({ "functional": true, "name": "高新区", "parents": ["330211", "330212"] })),
            organ("team", "综合行政执法队"),
            organ("fire", "消防救援大队"),
            unit("u1", "team"),
            unit("u2", "fire"),
        ],
    );
}

pub fn policy(site: &Site, key: &str, value: Json) {
    carry(site, vec![row(Kind::Policy, key, &json!({ "doubt": false, "owner": "法制", "source": "测试", "value": value }))]);
}

pub fn ask(site: &Site, handheld: &Handheld, request: &NumbersRequest) -> NumbersResponse {
    ok(site.post("/sync/v1/numbers").bearer_auth(&handheld.token).json(request).send().unwrap())
}

/// Asks with what a stock has, and takes the answer in.
pub fn refill(site: &Site, handheld: &Handheld, stock: &mut Stock) -> NumbersResponse {
    let answer = ask(site, handheld, &request(stock));
    stock.absorb(answer.blocks.clone(), &answer.noted, &answer.closed);
    answer
}

fn request(stock: &Stock) -> NumbersRequest {
    NumbersRequest { have: stock.standings(), spoiled: stock.spoiled().to_vec(), sorts: Vec::new() }
}

/// A visit of unit `u1` under a code, captured on a handheld.
fn visit(handheld: &Handheld, id: RecordId, code: &NewCode) -> sync_core::record::SignedChange {
    let bent = Bent { kind: "visit", ..Bent::default() };
    handheld.write_bent(id, &[("code", Value::from_json(&code.to_json()).unwrap().as_json(), &[]), ("unit", "\"u1\"", &[])], &bent)
}

pub fn account(site: &Site, token: &str, series: &str) -> Vec<Json> {
    let (mut blocks, mut after) = (Vec::new(), String::new());
    loop {
        let page: Json = ok(site.get(&format!("/api/v1/numbers?series={series}&limit=2{after}")).bearer_auth(token).send().unwrap());
        blocks.extend(page["blocks"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return blocks,
        }
    }
}

/// Somebody who sees every number.
pub fn head_of_all(site: &Site) -> String {
    site.log_in(&site.officer_of("boss", &[Role::Head], "u1", Some(Scope::District), &[]))
}

/// What the account says of every number of a series; a number that stands in it twice fails the test.
pub fn fates(blocks: &[Json]) -> BTreeMap<i64, String> {
    let mut out = BTreeMap::new();
    for block in blocks {
        let (first, last) = (block["first"].as_i64().unwrap(), block["last"].as_i64().unwrap());
        let mut here: BTreeMap<i64, String> = (first..=last).map(|n| (n, "used".to_owned())).collect();
        for gap in block["gaps"].as_array().unwrap() {
            for n in gap["from"].as_i64().unwrap()..=gap["to"].as_i64().unwrap() {
                assert_eq!(here.insert(n, gap["fate"].as_str().unwrap().to_owned()).as_deref(), Some("used"), "{n} stands twice: {block}");
            }
        }
        for fate in ["used", "twice", "void", "lost", "unknown", "out"] {
            assert_eq!(block[fate].as_u64().unwrap() as usize, here.values().filter(|f| *f == fate).count(), "{fate} of {block}");
        }
        for (n, fate) in here {
            assert_eq!(out.insert(n, fate), None, "{n} is in two blocks");
        }
    }
    out
}

on_both! {
    fn a_handheld_is_leased_a_block_and_the_same_request_gives_the_same(site) {
        enter_book(&site);
        let handheld = site.handheld("field");
        let mut stock = Stock::default();
        let first = ask(&site, &handheld, &request(&stock));
        assert_eq!(ask(&site, &handheld, &request(&stock)), first, "the answer was lost");
        let [block] = first.blocks.as_slice() else { panic!("{first:?}") };
        assert_eq!((block.series.to_string().as_str(), block.first, block.last), ("XW-team-2026", 1, 50));
        stock.absorb(first.blocks.clone(), &[], &[]);
        let code = stock.take(Sort::ACT, "team", TODAY).unwrap();
        assert!(code.no.starts_with("XW-330200-team-20260921-00001-"), "{}", code.no);
        let told = Token::verify(&code.token, handheld.server.as_ref().unwrap()).unwrap();
        assert_eq!((told.seq, told.series), (1, code.series.clone()));
        assert_eq!(ask(&site, &handheld, &request(&stock)), NumbersResponse::default(), "49 left are enough");
        let other = site.handheld_of("second", "u1");
        assert_eq!(ask(&site, &other, &NumbersRequest::default()).blocks[0].first, 51);
        for _ in 0..29 {
            stock.take(Sort::ACT, "team", TODAY).unwrap();
        }
        let more = refill(&site, &handheld, &mut stock);
        assert_eq!((more.blocks[0].first, stock.left(Sort::ACT, "team", 2026)), (101, 70), "20 left are few");
    }

    fn what_is_asked_wrongly_is_told_by_its_field(site) {
        let handheld = site.handheld("field");
        let send = |body: Json| problem(site.post("/sync/v1/numbers").bearer_auth(&handheld.token).json(&body).send().unwrap());
        assert_eq!(send(json!({ "have": [] })), (409, "conflict".into()), "the book does not know the unit");
        enter_book(&site);
        let standing = |first: u32, next: u32| json!({ "series": "XW-team-2026", "first": first, "next": next });
        for have in [vec![standing(1, 0)], vec![standing(0, 1)], vec![standing(1, 502)], vec![standing(1, 2); MAX_BLOCKS + 1]] {
            assert_eq!(send(json!({ "have": have })), (422, "invalid_field".into()), "{have:?}");
        }
        assert_eq!(send(json!({ "have": [{ "series": "team", "first": 1, "next": 1 }] })), (422, "invalid_field".into()));
        assert_eq!(send(json!({ "have": [], "spoiled": [{ "series": "XW-team-2026", "seq": 1, "reason": " " }] })), (422, "invalid_field".into()));
        assert_eq!(send(json!({ "have": [], "more": 1 })), (422, "invalid_field".into()));
    }

    fn a_handheld_that_uses_numbers_without_delivering_them_gets_no_end_of_them(site) {
        enter_book(&site);
        let handheld = site.handheld("field");
        let mut stock = Stock::default();
        let mut taken = 0;
        for _ in 0..40 {
            refill(&site, &handheld, &mut stock);
            while stock.take(Sort::ACT, "team", TODAY).is_ok() {
                taken += 1;
            }
        }
        assert_eq!(taken, 500, "ten blocks");
    }

    fn the_numbers_of_a_revoked_or_erased_handheld_are_lost_with_the_reason(site) {
        enter_book(&site);
        let token = head_of_all(&site);
        let (revoked, erased) = (site.handheld("revoked"), site.handheld("erased"));
        let mut stock = Stock::default();
        refill(&site, &revoked, &mut stock);
        let codes: Vec<NewCode> = (0..2).map(|_| stock.take(Sort::ACT, "team", TODAY).unwrap()).collect();
        site.push_one(&revoked, &visit(&revoked, record(1), &codes[0]));
        ask(&site, &erased, &NumbersRequest::default());
        let (one, other) = (revoked.device, erased.device);
        site.running().app.committer.run_blocking(Want::default(), move |store| ops::revoke_device(store, ops::SYSTEM, one)).unwrap().unwrap();
        let order = site.running().app.committer.run_blocking(Want::default(), move |store| ops::order(store, ops::SYSTEM, other, Command::EraseNow)).unwrap().unwrap();
        let done = site.running().app.committer.run_blocking(Want::default(), move |store| {
            lose_erased(store, other)?;
            sync_core::district::erased(store, other, order, (0, sync_core::base::Digest::ZERO), store.now)?;
            lose_erased(store, other)
        });
        done.unwrap();
        assert_eq!(problem(site.post("/sync/v1/numbers").bearer_auth(&revoked.token).json(&json!({ "have": [] })).send().unwrap()), (403, "device_revoked".into()));
        let blocks = account(&site, &token, "XW-team-2026");
        assert_eq!(blocks[0]["gaps"][0]["reason"], "device_revoked");
        assert_eq!((blocks[0]["used"].as_i64(), blocks[0]["lost"].as_i64()), (Some(1), Some(49)));
        assert_eq!((blocks[1]["closed_why"].as_str(), blocks[1]["lost"].as_i64()), (Some("device_erased"), Some(50)));
        assert_eq!(site.audited("numbers.lost").len(), 2);
    }

    fn the_year_ends_and_december_has_both(site) {
        enter_book(&site);
        let token = head_of_all(&site);
        let handheld = site.handheld("field");
        site.clock.set(UtcMs(sync_core::base::date::start_of(date(2026, 12, 30)).0 + 1));
        let handheld = Handheld { token: site.device_token(&handheld), ..handheld };
        let mut stock = Stock::default();
        let answer = refill(&site, &handheld, &mut stock);
        assert_eq!(answer.blocks.iter().map(|b| b.series.to_string()).collect::<Vec<_>>(), ["XW-team-2026", "XW-team-2027"]);
        let old = stock.take(Sort::ACT, "team", date(2026, 12, 31)).unwrap();
        assert_eq!(stock.take(Sort::ACT, "team", date(2027, 1, 1)).unwrap().series.year(), 2027, "without a network at New Year");
        site.clock.set(UtcMs(sync_core::base::date::start_of(date(2027, 1, 2)).0));
        let handheld = Handheld { token: site.device_token(&handheld), ..handheld };
        let answer = refill(&site, &handheld, &mut stock);
        assert_eq!(answer.closed.iter().map(|b| b.series.to_string()).collect::<Vec<_>>(), ["XW-team-2026"]);
        assert_eq!(stock.left(Sort::ACT, "team", 2026), 0);
        let late = site.push_one(&handheld, &visit(&handheld, record(1), &old));
        assert_eq!(late["state"], "applied", "{late}");
        let boss = site.log_in(&"boss".parse().unwrap());
        assert_ne!(boss, token);
        let blocks = account(&site, &boss, "XW-team-2026");
        assert_eq!((blocks[0]["used"].as_i64(), blocks[0]["void"].as_i64(), blocks[0]["out"].as_i64()), (Some(1), Some(49), Some(0)));
        assert_eq!(blocks[0]["gaps"][0]["reason"], "year_over");
    }

    fn an_approved_visit_is_given_a_code_by_the_office(site) {
        enter_book(&site);
        let token = head_of_all(&site);
        // Two in one transaction: the second must not get the first one's number.
        let done = site.running().app.committer.run_blocking(Want::default(), {
            let keys = site.running().app.keys.clone();
            move |store| {
                for n in 1..=2 {
                    let kinds = store.kinds;
                    let text = |text: &str| Value::from_json(&json!(text)).unwrap();
                    let edits = [("unit", "u1"), ("site.name", "新达工地"), ("site", "s1")];
                    let source = Value::from_json(&json!({ "kind": "complaint", "ref": "12345-1", "text": "扬尘" })).unwrap();
                    let edits = edits.iter().map(|(k, v)| (k.parse().unwrap(), text(v), vec![], None)).chain([("source".parse().unwrap(), source, vec![], None)]);
                    let draft = Draft { edits: edits.collect(), act: Some(ActCall::new("approve")), ..Draft::of(record(n), "visit") };
                    let now = store.now;
                    let (_, became) = office_write(store, kinds, &OfficeWrite { draft, officer: "system".parse().unwrap() }, &keys.receipt, now)?.unwrap();
                    assert_eq!(serde_json::to_value(&became).unwrap()["state"], "applied", "{became:?}");
                }
                Ok(())
            }
        });
        done.unwrap();
        for (n, seq) in [(1u128, "00001"), (2, "00002")] {
            let read: Json = ok(site.get(&format!("/api/v1/records/{}", record(n))).bearer_auth(&token).send().unwrap());
            assert!(read.to_string().contains(&format!("XW-330200-team-20260921-{seq}-")), "{read}");
        }
        let blocks = account(&site, &token, "XW-team-2026");
        assert_eq!((blocks.len(), blocks[0]["last"].as_i64(), blocks[0]["used"].as_i64()), (1, Some(2), Some(2)), "{blocks:?}");
        assert!(blocks[0]["device"].is_null());
    }

    fn a_code_leads_to_its_record_and_a_slip_is_told(site) {
        enter_book(&site);
        let token = head_of_all(&site);
        let handheld = site.handheld("field");
        let mut stock = Stock::default();
        refill(&site, &handheld, &mut stock);
        let code = stock.take(Sort::ACT, "team", TODAY).unwrap();
        site.push_one(&handheld, &visit(&handheld, record(7), &code));
        let get = |code: &str, token: &str| site.get(&format!("/api/v1/codes/{code}")).bearer_auth(token).send().unwrap();
        for typed in [code.no.clone(), code.no.to_lowercase(), format!("%20{}", code.no)] {
            let found: Json = ok(get(&typed, &token));
            assert_eq!(found["items"][0]["record"], json!(record(7)), "{typed}");
        }
        assert_eq!(problem(get(&code.no.replace("00001", "00007"), &token)), (422, "invalid_field".into()), "the check character");
        let unused = stock.take(Sort::ACT, "team", TODAY).unwrap();
        assert_eq!(problem(get(&unused.no, &token)), (404, "not_found".into()));
        let stranger = site.log_in(&site.officer_of("fireman", &[Role::Reviewer], "u2", Some(Scope::Unit), &[]));
        assert_eq!(problem(get(&code.no, &stranger)), (404, "not_found".into()), "out of reach");
    }

    fn a_number_is_made_void_once_by_who_sees_it_and_not_if_it_is_used(site) {
        enter_book(&site);
        let token = head_of_all(&site);
        let handheld = site.handheld("field");
        let mut stock = Stock::default();
        refill(&site, &handheld, &mut stock);
        let (used, broken) = (stock.take(Sort::ACT, "team", TODAY).unwrap(), stock.take(Sort::ACT, "team", TODAY).unwrap());
        site.push_one(&handheld, &visit(&handheld, record(1), &used));
        let void = |token: &str, seq: u32, reason: &str| {
            site.post("/api/v1/numbers/void").bearer_auth(token).json(&json!({ "series": used.series, "seq": seq, "reason": reason })).send().unwrap()
        };
        assert_eq!(problem(void(&token, used.seq, "误用")), (409, "conflict".into()));
        assert_eq!(problem(void(&token, 900, "误用")), (404, "not_found".into()));
        assert_eq!(problem(void(&token, broken.seq, " ")), (422, "invalid_field".into()));
        assert_eq!(void(&token, broken.seq, "打印污损").status(), 204);
        assert_eq!(void(&token, broken.seq, "打印污损").status(), 204, "repeated");
        assert_eq!(problem(void(&token, broken.seq, "其他")), (409, "conflict".into()));
        assert_eq!(site.audited("numbers.void").len(), 1);
        let fireman = site.log_in(&site.officer_of("fireman", &[Role::Reviewer], "u2", Some(Scope::Unit), &[]));
        assert_eq!(problem(void(&fireman, 3, "误用")), (404, "not_found".into()), "another organ's");
        assert_eq!(account(&site, &fireman, "XW-team-2026"), Vec::<Json>::new());
        let gap = &account(&site, &token, "XW-team-2026")[0]["gaps"][0];
        assert_eq!((gap["fate"].as_str(), gap["reason"].as_str(), gap["by"].as_str()), (Some("void"), Some("打印污损"), Some("officer:boss")));
    }

    fn a_block_of_a_lost_timeline_is_entered_and_not_given_again(site) {
        enter_book(&site);
        let token = head_of_all(&site);
        let (old, new) = (site.handheld("old"), site.handheld("new"));
        let mut stock = Stock::default();
        refill(&site, &old, &mut stock);
        for _ in 0..3 {
            stock.take(Sort::ACT, "team", TODAY).unwrap();
        }
        // The backup is from before the lease.
        site.sql("DELETE FROM number_block");
        let answer = refill(&site, &old, &mut stock);
        assert_eq!((answer.closed.len(), answer.blocks[0].first), (1, 4));
        assert_eq!(ask(&site, &new, &NumbersRequest::default()).blocks[0].first, 54);
        let blocks = account(&site, &token, "XW-team-2026");
        assert_eq!((blocks[0]["closed_why"].as_str(), blocks[0]["out"].as_i64()), (Some("restored"), Some(3)));
    }

    fn every_leased_number_is_accounted_for_once_whatever_was_played(site) {
        enter_book(&site);
        policy(&site, "inspection.code.block", json!({ "integer": 6 }));
        policy(&site, "inspection.code.refill", json!({ "integer": 2 }));
        let token = head_of_all(&site);
        let series: Series = "XW-team-2026".parse().unwrap();
        let mut players: Vec<(Handheld, Stock)> = (0..3).map(|n| (site.handheld(&format!("field-{n}")), Stock::default())).collect();
        let (mut used, mut spoiled, mut out) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (mut next, mut chance) = (1u128, 0x2545_f491_4f6c_dd1d_u64);
        for _ in 0..160 {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            let (handheld, stock) = &mut players[(chance % 3) as usize];
            match (chance >> 8) % 8 {
                0 => drop(ask(&site, handheld, &request(stock))),
                1 | 2 => drop(refill(&site, handheld, stock)),
                what => {
                    let Ok(code) = stock.take(Sort::ACT, "team", TODAY) else { continue };
                    let seq = i64::from(code.seq);
                    match what {
                        3 => assert!(stock.spoil(&series, code.seq, "打印污损") && spoiled.insert(seq)),
                        4 => assert!(out.insert(seq)),
                        _ => {
                            let became = site.push_one(handheld, &visit(handheld, record(next), &code));
                            assert_eq!(became["state"], "applied", "{became}");
                            next += 1;
                            assert!(used.insert(seq), "{seq} was given twice");
                        }
                    }
                }
            }
        }
        for (handheld, stock) in &mut players {
            refill(&site, handheld, stock);
        }
        // One number on two records, and the last handheld is revoked.
        let (handheld, _) = &players[0];
        let again = players[0].1.clone().take(Sort::ACT, "team", TODAY).unwrap();
        for n in 0..2 {
            site.push_one(handheld, &visit(handheld, record(next + n), &again));
        }
        let gone: DeviceId = players[2].0.device;
        site.running().app.committer.run_blocking(Want::default(), move |store| ops::revoke_device(store, ops::SYSTEM, gone)).unwrap().unwrap();

        let blocks = account(&site, &token, "XW-team-2026");
        let fates = fates(&blocks);
        assert!(fates.len() > 40 && used.len() > 20 && !spoiled.is_empty() && !out.is_empty(), "the play was too short: {fates:?}");
        assert_eq!(fates.keys().copied().collect::<Vec<_>>(), (1..=fates.len() as i64).collect::<Vec<_>>(), "no number is missing between blocks");
        let of = |fate: &str| fates.iter().filter(|(_, f)| *f == fate).map(|(n, _)| *n).collect::<BTreeSet<i64>>();
        assert_eq!(of("used"), used);
        assert_eq!(of("void"), spoiled);
        assert_eq!(of("twice"), BTreeSet::from([i64::from(again.seq)]));
        let revoked: BTreeSet<i64> = blocks.iter().filter(|b| b["device"] == json!(gone)).flat_map(|b| b["first"].as_i64().unwrap()..=b["last"].as_i64().unwrap()).collect();
        assert!(of("lost").is_subset(&revoked) && !of("lost").is_empty());
        assert!(out.iter().all(|n| fates[n] == if revoked.contains(n) { "lost" } else { "out" }));
    }
}
