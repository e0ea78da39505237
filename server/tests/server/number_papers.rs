//! Numbers of documents: leased with seals that are bound to their handheld, taken by the office, void and replaced; the images of seals.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use image::{ImageFormat, RgbaImage};
use reqwest::blocking::Response;
use serde_json::{Value as Json, json};
use sync_core::base::{DeviceId, Digest, RecordId, UtcMs};
use sync_core::number::{NewCode, SealToken, Series, Sort, Stock};
use sync_core::protocol::{NumbersRequest, NumbersResponse};
use sync_core::record::{SignedChange, Value};
use sync_core::testing::PROBE_V2;
use zhifa_server::number::{document_take, keep_back};
use zhifa_server::org::{Role, Scope, ops};
use zhifa_server::sync::store::Want;

use crate::harness::{Bent, Handheld, Site, ok, problem, record};
use crate::numbers::{TODAY, account, ask, enter_book, enter_book_with, fates, head_of_all, policy};
use crate::on_both;

const PREFIXES: [&str; 4] = ["DF", "XD", "XJ", "ZG"];

fn sort(prefix: &str) -> Sort {
    Sort::with_prefix(prefix).unwrap()
}

/// The team with a prefix for its documents.
fn enter(site: &Site) {
    enter_book_with(site, &json!({ "prefix": "甬高新综执" }));
}

fn request(stock: &Stock) -> NumbersRequest {
    NumbersRequest { have: stock.standings(), spoiled: stock.spoiled().to_vec(), sorts: PREFIXES.iter().chain(&["??"]).map(|p| (*p).to_owned()).collect() }
}

fn refill(site: &Site, handheld: &Handheld, stock: &mut Stock) -> NumbersResponse {
    let answer = ask(site, handheld, &request(stock));
    stock.absorb(answer.blocks.clone(), &answer.noted, &answer.closed);
    answer
}

/// A visit of unit `u1` with a site, an order, and a paper that bears a number.
fn visit(handheld: &Handheld, id: RecordId, number: &NewCode) -> SignedChange {
    let code = sort(number.series.sort().prefix()).documents()[0];
    let order = json!({ "basis": "《宁波市市容和环境卫生管理条例》第三十条", "deadline": "2026-09-30", "demand": "清洗道口", "department": "team" });
    let paper = json!({ "at_ms": UtcMs(1_790_000_000_000).0, "by": handheld.officer, "number": number.to_json(), "of": "o1", "type": code, "version": 1 });
    let fields = [
        ("orders.o1", order),
        ("papers.p1", paper),
        ("participants.chen", json!({ "certificate": "A20193302000001", "name": "陈一帆", "role": "officer" })),
        ("site.address", json!("聚贤路100号")),
        ("site.name", json!("新达工地")),
        ("summary", json!("道口积泥")),
        ("unit", json!("u1")),
    ];
    let values: Vec<Value> = fields.iter().map(|(_, json)| Value::from_json(json).unwrap()).collect();
    let edits: Vec<_> = fields.iter().zip(&values).map(|((key, _), value)| (*key, value.as_json(), &[][..])).collect();
    handheld.write_bent(id, &edits, &Bent { kind: "visit", schema: sync_core::visit::KIND.schema, ..Bent::default() })
}

fn push(site: &Site, handheld: &Handheld, change: &SignedChange) {
    let became = site.push_one(handheld, change);
    assert_eq!(became["state"], "applied", "{became}");
}

fn office(site: &Site, code: &'static str) -> Result<Json, String> {
    let law = site.running().app.law();
    site.running().app.committer.run_blocking(Want::default(), move |store| document_take(store, &law.book, "u1", code, TODAY)).unwrap()
}

fn png(side: u32, shade: u8) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    RgbaImage::from_pixel(side, side, image::Rgba([200, shade, shade, 255])).write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

fn upload(site: &Site, token: &str, organ: &str, png: Vec<u8>) -> Response {
    site.post(&format!("/api/v1/organs/{organ}/seal")).bearer_auth(token).header("content-type", "image/png").body(png).send().unwrap()
}

fn system(site: &Site) -> String {
    site.log_in(&site.officer_of("system", &[Role::SystemAdmin], "u1", Some(Scope::District), &[]))
}

/// The documents of a record, by id.
fn documents(site: &Site, token: &str, id: RecordId) -> BTreeMap<String, Json> {
    let page: Json = ok(site.get(&format!("/api/v1/records/{id}/documents")).bearer_auth(token).send().unwrap());
    page["items"].as_array().unwrap().iter().map(|line| (line["id"].as_str().unwrap().to_owned(), line["document"].clone())).collect()
}

fn notices(site: &Site, token: &str) -> Vec<String> {
    let page: Json = ok(site.get("/api/v1/queue?class=notices").bearer_auth(token).send().unwrap());
    page["items"].as_array().unwrap().iter().map(|n| n["subject"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    fn a_seal_is_a_png_within_bounds_from_a_day_on_and_may_come_back(site) {
        enter(&site);
        let (token, boss) = (system(&site), head_of_all(&site));
        let shown = || site.get("/api/v1/organs/team/seal").bearer_auth(&boss).send().unwrap();
        assert_eq!(problem(shown()), (404, "not_found".into()), "drawn");
        assert_eq!(problem(upload(&site, &boss, "team", png(50, 0))).0, 403, "only the administrator of the system");
        assert_eq!(problem(upload(&site, &token, "nobody", png(50, 0))), (404, "not_found".into()));
        for (bad, why) in [(png(601, 0), "601 pixels"), (b"no picture".to_vec(), "no PNG"), (vec![0; 70_000], "too many bytes"), (Vec::new(), "nothing")] {
            assert_eq!(problem(upload(&site, &token, "team", bad)), (422, "invalid_field".into()), "{why}");
        }
        let (one, other) = (png(300, 10), png(300, 20));
        assert_eq!(upload(&site, &token, "team", one.clone()).status(), 201);
        assert_eq!(upload(&site, &token, "team", one.clone()).status(), 200, "the same again");
        assert_eq!(shown().bytes().unwrap(), one);
        site.clock.advance(1_000);
        assert_eq!(upload(&site, &token, "team", other.clone()).status(), 201);
        assert_eq!(shown().bytes().unwrap(), other);
        site.clock.advance(1_000);
        assert_eq!(upload(&site, &token, "team", one.clone()).status(), 201, "the old one is used again");
        assert_eq!(shown().bytes().unwrap(), one);
        assert_eq!(site.audited("seal.uploaded").len(), 3);
    }

    fn papers_are_leased_with_seals_that_are_good_on_their_handheld_only(site) {
        enter(&site);
        let image = png(200, 30);
        assert_eq!(upload(&site, &system(&site), "team", image.clone()).status(), 201);
        let (first, second) = (site.handheld("field"), site.handheld("second"));
        let old = ask(&site, &site.handheld("old"), &NumbersRequest::default());
        assert_eq!(old.blocks.iter().map(|b| b.series.to_string()).collect::<Vec<_>>(), ["XW-team-2026"], "an app that knows no documents");
        assert_eq!(old.seals, []);
        let mut stock = Stock::default();
        let answer = refill(&site, &first, &mut stock);
        let again = ask(&site, &first, &NumbersRequest { sorts: request(&stock).sorts, ..Default::default() });
        assert!(again == answer, "the answer was lost");
        let spans: Vec<(String, u32, u32)> = answer.blocks.iter().map(|b| (b.series.to_string(), b.first, b.last)).collect();
        let papers = PREFIXES.map(|prefix| (format!("{prefix}-team-2026"), 1, 20));
        assert!(papers.iter().all(|paper| spans.contains(paper)) && spans.len() == 5, "{spans:?}");
        assert_eq!((answer.seals.len(), answer.seals[0].digest, &answer.seals[0].png.0), (1, Digest::plain(&image), &image), "once, whatever bears it");
        let number = stock.take(sort("DF"), "team", TODAY).unwrap();
        assert_eq!(number.no, "甬高新综执当罚字〔2026〕第0001号");
        let key = first.server.as_ref().unwrap();
        let district = first.enrolled.as_ref().map(|_| sync_core::base::DistrictId(1)).unwrap();
        let bound = |seq, device| SealToken { district, series: number.series.clone(), seq, device }.verify(&number.token, key);
        assert_eq!(bound(1, first.device), Ok(Some(Digest::plain(&image))));
        assert!(bound(2, first.device).is_err() && bound(1, second.device).is_err());
        let theirs = ask(&site, &second, &request(&Stock::default()));
        assert!(theirs.blocks.iter().filter(|b| b.series.sort() != Sort::ACT).all(|b| b.first == 21), "nobody else's numbers");
        assert_eq!(refill(&site, &first, &mut stock).seals, [], "nothing new, so no image");
        assert_eq!(office(&site, "order_to_correct").unwrap()["no"], "甬高新综执责改字〔2026〕第0041号", "the office goes on in the same series");
        assert_eq!(office(&site, "penalty_decision").unwrap()["no"], "甬高新综执罚决字〔2026〕第0001号");
        assert_eq!(office(&site, "penalty_decision").unwrap()["series"], "FJ-team-2026");
        assert_eq!(office(&site, "penalty_decision").unwrap()["seq"], 3, "no gap");
    }

    fn an_organ_whose_numbers_would_not_be_of_the_pattern_gives_none_and_says_why(site) {
        enter_book(&site);
        let handheld = site.handheld("field");
        let answer = ask(&site, &handheld, &request(&Stock::default()));
        assert_eq!(answer.blocks.len(), 1, "without a prefix only acts are numbered");
        let why = office(&site, "penalty_decision").unwrap_err();
        assert!(why.contains("no prefix (代字)") && why.contains("administrator"), "{why}");
    }

    fn the_pattern_of_the_book_is_kept_to(site) {
        enter(&site);
        let handheld = site.handheld("field");
        policy(&site, "document.number.pattern", json!({ "text": r"^[\u4e00-\u9fa5]{3,7}字〔20\d{2}〕第\d{4}号$" }));
        let answer = ask(&site, &handheld, &request(&Stock::default()));
        assert_eq!(answer.blocks.len(), 5, "甬高新综执当罚 has seven characters");
        assert!(office(&site, "penalty_decision").is_ok());
        let why = office(&site, "prior_notice").unwrap_err();
        assert!(why.contains("document.number.pattern") && why.contains("罚先告"), "{why}");
        let blocks = account(&site, &head_of_all(&site), "FG-team-2026");
        assert_eq!(blocks, Vec::<Json>::new(), "no number was spent on it");
    }

    fn a_paper_becomes_a_document_of_the_same_number_and_a_moved_seal_is_told(site) {
        enter(&site);
        let boss = head_of_all(&site);
        let reviewer = site.log_in(&site.officer_of("reviewer", &[Role::Reviewer], "u1", Some(Scope::District), &[]));
        let (handheld, other) = (site.handheld("field"), site.handheld("other"));
        let mut stock = Stock::default();
        refill(&site, &handheld, &mut stock);
        let number = stock.take(sort("ZG"), "team", TODAY).unwrap();
        push(&site, &handheld, &visit(&handheld, record(1), &number));
        let made = documents(&site, &boss, record(1));
        let [(id, document)] = made.iter().collect::<Vec<_>>()[..] else { panic!("{made:?}") };
        assert_eq!((&document["no"], &document["paper"], &document["reason"]), (&json!(number.no), &json!("p1"), &Json::Null), "{id}: {document}");
        assert_eq!(notices(&site, &reviewer), Vec::<String>::new());
        // The next number with this one's seal, and this one's number and seal on another handheld.
        let next = stock.take(sort("ZG"), "team", TODAY).unwrap();
        push(&site, &handheld, &visit(&handheld, record(2), &NewCode { token: number.token.clone(), ..next.clone() }));
        push(&site, &other, &visit(&other, record(3), &number));
        let mut told = notices(&site, &reviewer);
        told.sort();
        assert_eq!(told, [2, 3].map(|n| format!("paper_seal_refused:{}:p1", record(n))));
        for n in [2, 3] {
            let made = documents(&site, &boss, record(n));
            let reason = made.values().next().unwrap()["reason"].as_str().unwrap().to_owned();
            assert!(reason.contains("未盖章"), "{reason}");
        }
        let block = &account(&site, &boss, "ZG-team-2026")[0];
        assert_eq!((block["used"].as_i64(), block["twice"].as_i64(), block["out"].as_i64()), (Some(1), Some(1), Some(18)), "{block}");
    }

    fn a_void_document_keeps_its_number_and_names_the_one_in_its_place(site) {
        enter(&site);
        let boss = head_of_all(&site);
        let handheld = site.handheld("field");
        let mut stock = Stock::default();
        refill(&site, &handheld, &mut stock);
        let number = stock.take(sort("ZG"), "team", TODAY).unwrap();
        push(&site, &handheld, &visit(&handheld, record(1), &number));
        let first = documents(&site, &boss, record(1)).into_keys().next().unwrap();
        let void = |reason: &str| site.post(&format!("/api/v1/records/{}/documents/{first}/void", record(1))).bearer_auth(&boss).json(&json!({ "reason": reason })).send().unwrap();
        assert_eq!(problem(void(" ")), (422, "invalid_field".into()));
        ok::<Json>(void("当事人名称有误"));
        ok::<Json>(void("当事人名称有误"));
        // A build without PDF numbers it and leaves the file to one that has it.
        site.post(&format!("/api/v1/records/{}/documents", record(1))).bearer_auth(&boss).json(&json!({ "type": "order_to_correct", "of": "o1" })).send().unwrap();
        let made = documents(&site, &boss, record(1));
        let second = made.keys().find(|id| **id != first).unwrap();
        assert_eq!((&made[&first]["state"], &made[&first]["replaced_by"], &made[&first]["reason"]), (&json!("void"), &json!(second), &json!("当事人名称有误")));
        assert_eq!((&made[&first]["no"], &made[second]["no"]), (&json!(number.no), &json!("甬高新综执责改字〔2026〕第0021号")));
        let blocks = account(&site, &boss, "ZG-team-2026");
        assert_eq!((&blocks[0]["void"], &blocks[0]["used"], &blocks[0]["out"]), (&json!(1), &json!(0), &json!(19)), "{blocks:?}");
        let gap = &blocks[0]["gaps"][0];
        assert_eq!((&gap["reason"], &gap["by"], &gap["records"]), (&json!("当事人名称有误"), &json!("officer:boss"), &json!([record(1)])));
        assert_eq!((&blocks[1]["used"], &blocks[1]["first"]), (&json!(1), &json!(21)));
    }

    fn every_number_of_a_document_is_one_of_used_void_out_or_unknown_whatever_was_played(site) {
        enter(&site);
        policy(&site, "document.number.block", json!({ "integer": 5 }));
        policy(&site, "document.number.refill", json!({ "integer": 2 }));
        let token = head_of_all(&site);
        let mut players: Vec<(Handheld, Stock)> = (0..3).map(|n| (site.handheld(&format!("field-{n}")), Stock::default())).collect();
        let mut played: BTreeMap<&str, [BTreeSet<i64>; 3]> = BTreeMap::new();
        let (mut next, mut chance, mut saved) = (1u128, 0x9e37_79b9_7f4a_7c15_u64, Vec::new());
        for turn in 0..150 {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            if turn == 75 {
                site.restart(&PROBE_V2);
            }
            let prefix = ["DF", "ZG"][(chance >> 20) as usize % 2];
            let [used, void, out] = played.entry(prefix).or_default();
            let (handheld, stock) = &mut players[(chance % 3) as usize];
            match (chance >> 8) % 10 {
                0 => drop(ask(&site, handheld, &request(stock))),
                1 | 2 => drop(refill(&site, handheld, stock)),
                3 => {
                    let number = office(&site, if prefix == "DF" { "spot_decision" } else { "order_to_correct" }).unwrap();
                    assert!(out.insert(number["seq"].as_i64().unwrap()), "{number} was given twice");
                }
                what => {
                    let Ok(number) = stock.take(sort(prefix), "team", TODAY) else { continue };
                    let seq = i64::from(number.seq);
                    match what {
                        4 => assert!(stock.spoil(&number.series, number.seq, "打印污损") && void.insert(seq)),
                        5 => assert!(out.insert(seq)),
                        6 => {
                            let body = json!({ "series": number.series, "seq": seq, "reason": "填写有误" });
                            assert_eq!(site.post("/api/v1/numbers/void").bearer_auth(&token).json(&body).send().unwrap().status(), 204);
                            assert!(void.insert(seq));
                        }
                        _ => {
                            push(&site, handheld, &visit(handheld, record(next), &number));
                            next += 1;
                            assert!(used.insert(seq), "{seq} was given twice");
                            saved.push(number);
                        }
                    }
                }
            }
        }
        for (handheld, stock) in &mut players {
            refill(&site, handheld, stock);
        }
        let gone: DeviceId = players[2].0.device;
        site.running().app.committer.run_blocking(Want::default(), move |store| ops::revoke_device(store, ops::SYSTEM, gone)).unwrap().unwrap();
        for (prefix, [used, void, out]) in &played {
            let series = Series::of(sort(prefix), "team", 2026).unwrap().to_string();
            let blocks = account(&site, &token, &series);
            let fates = fates(&blocks);
            assert!(fates.len() > 20 && used.len() > 8 && !void.is_empty() && !out.is_empty(), "the play was too short: {series} {fates:?}");
            assert_eq!(fates.keys().copied().collect::<Vec<_>>(), (1..=fates.len() as i64).collect::<Vec<_>>(), "no number is missing between blocks");
            let of = |fate: &str| fates.iter().filter(|(_, f)| *f == fate).map(|(n, _)| *n).collect::<BTreeSet<i64>>();
            assert_eq!((&of("used"), &of("void")), (used, void), "{series}");
            assert!(of("twice").is_empty() && of("lost").is_empty(), "{series}");
            let lost: BTreeSet<i64> = blocks.iter().filter(|b| b["device"] == json!(gone)).flat_map(|b| b["first"].as_i64().unwrap()..=b["last"].as_i64().unwrap()).collect();
            assert!(of("unknown").is_subset(&lost) && !of("unknown").is_empty(), "{series}: neither gap nor given again");
            assert!(out.iter().all(|n| fates[n] == if lost.contains(n) { "unknown" } else { "out" }), "{series}");
        }
    }

    fn after_a_restored_backup_no_number_of_a_document_is_given_again(site) {
        enter(&site);
        let token = head_of_all(&site);
        let (old, new) = (site.handheld("old"), site.handheld("new"));
        ask(&site, &new, &request(&Stock::default()));
        // Since the backup: a lease to one handheld, of which three numbers are on papers, and a number of the office.
        let mut stock = Stock::default();
        refill(&site, &old, &mut stock);
        let taken: Vec<NewCode> = (0..3).map(|_| stock.take(sort("ZG"), "team", TODAY).unwrap()).collect();
        assert_eq!((taken[0].seq, office(&site, "order_to_correct").unwrap()["seq"].as_u64()), (21, Some(41)));
        site.sql("DELETE FROM number_block WHERE first > 20");
        let book = site.running().app.law();
        site.running().app.committer.run_blocking(Want::default(), move |store| keep_back(store, &book.book)).unwrap();
        assert_eq!(site.audited("numbers.lost").len(), 5, "every series");
        push(&site, &old, &visit(&old, record(1), &taken[1]));
        let mut seen: BTreeSet<u32> = taken.iter().map(|code| code.seq).chain([41]).collect();
        let mut stolen = Stock::default();
        refill(&site, &new, &mut stolen);
        let answer = refill(&site, &old, &mut stock);
        assert!(answer.closed.iter().any(|block| block.series.to_string() == "ZG-team-2026" && block.first == 21), "{answer:?}");
        for stock in [&mut stolen, &mut stock] {
            for _ in 0..20 {
                let number = stock.take(sort("ZG"), "team", TODAY).unwrap();
                assert!(seen.insert(number.seq), "{} is given again", number.no);
            }
        }
        assert!(seen.insert(office(&site, "order_to_correct").unwrap()["seq"].as_u64().unwrap() as u32));
        let fates = fates(&account(&site, &token, "ZG-team-2026"));
        assert_eq!((&*fates[&21], &*fates[&22], &*fates[&23], &*fates[&41]), ("unknown", "used", "unknown", "unknown"), "neither gap nor given again");
        assert_eq!(fates.keys().copied().collect::<Vec<_>>(), (1..=fates.len() as i64).collect::<Vec<_>>());
    }
}
