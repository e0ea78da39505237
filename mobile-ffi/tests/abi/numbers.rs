//! Numbers: leased after a session, taken offline in the transaction of their capture, accounted for whatever is killed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value as Json, json};
use sync_core::base::keys::{ED25519, Ed25519, PublicKey, Signer};
use sync_core::district::dismiss;
use sync_core::number::Token;
use sync_core::record::{Change, Dot};
use sync_core::replica::Store;
use zhifa_mobile::abi::host::Handheld;
use zhifa_mobile::device::{Code, Device};

use super::c_program::Program;
use super::town::{Fault, PIN, Town, now};

fn sync(handheld: &Handheld) {
    assert_eq!(handheld.sync(&json!({}), None, None).unwrap()["complete"], true);
}

/// A town in which Li is leased numbers of the team, and has been.
fn leased(dir: &Path) -> (Town, Handheld) {
    let town = Town::new();
    town.state().organs.insert("li".into(), "team".into());
    let (li, _) = town.handheld(dir, "li");
    sync(&li);
    (town, li)
}

/// A visit of Li's that asks for a number.
fn numbered() -> Json {
    let edits = json!([{ "field": "participants.li", "value": { "role": "officer" }, "replaces": [] }]);
    json!({ "kind": "visit", "edits": edits, "numbers": [{ "field": "code", "organ": "team" }] })
}

fn left(handheld: &Handheld) -> Json {
    handheld.numbers_status().unwrap()["series"][0]["left"].clone()
}

#[test]
fn a_session_brings_numbers_that_captures_take_offline_and_the_next_brings_more() {
    let dir = tempfile::tempdir().unwrap();
    let (town, li) = leased(dir.path());
    assert_eq!(left(&li), 4);
    assert!(li.numbers_status().unwrap()["told_day"].as_str().is_some_and(|day| day.len() == 10));
    for seq in 1..=3 {
        let done = li.capture(&numbered()).unwrap();
        let given = &done["numbers"][0];
        assert_eq!((&given["field"], &given["seq"]), (&json!("code"), &json!(seq)));
        let view = li.view(&json!({ "record": done["record"] })).unwrap();
        let value = &view["fields"]["code"]["value"];
        assert_eq!((&value["no"], &value["token"], &value["seq"]), (&given["no"], &given["token"], &json!(seq)), "{value}");
    }
    let status = li.numbers_status().unwrap();
    assert_eq!((&status["series"][0]["left"], &status["taken"]), (&json!(1), &json!(3)));
    sync(&li);
    assert_eq!(left(&li), 5, "another block, because fewer than two were left");
    assert_eq!(town.state().leased.len(), 2);
    sync(&li);
    let asked = || town.state().seen.iter().filter(|(path, _)| path == "numbers").count();
    let before = asked();
    sync(&li);
    assert_eq!(asked(), before, "nothing was taken since the office was told");
}

#[test]
fn an_answer_that_was_lost_brings_the_same_block_again() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    town.state().organs.insert("li".into(), "team".into());
    let (li, _) = town.handheld(dir.path(), "li");
    town.fault("numbers", Fault::LoseAnswer);
    sync(&li);
    assert_eq!(li.numbers_status().unwrap()["series"], json!([]));
    sync(&li);
    assert_eq!(left(&li), 4);
    assert_eq!(town.state().leased.len(), 1);
}

#[test]
fn where_none_is_left_nothing_is_captured_unless_the_capture_says_that_it_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (_town, li) = leased(dir.path());
    let mut other = numbered();
    other["numbers"][0]["organ"] = json!("fire");
    let refused = li.capture(&other).unwrap_err();
    assert_eq!((refused.code, &refused.detail["organ"]), (Code::NoNumber as i32, &json!("fire")));
    assert!(refused.message.contains("connect"), "{refused}");
    assert_eq!(li.status().unwrap()["captured"], 0);
    for _ in 0..4 {
        li.capture(&numbered()).unwrap();
    }
    assert_eq!(li.capture(&numbered()).unwrap_err().code, Code::NoNumber as i32);
    let mut going_on = numbered();
    going_on["numbers"][0]["or_none"] = json!(true);
    let done = li.capture(&going_on).unwrap();
    assert_eq!(done["numbers"][0]["no"], Json::Null);
    assert_eq!(li.view(&json!({ "record": done["record"] })).unwrap()["fields"].get("code"), None);
    assert_eq!(li.status().unwrap()["captured"], 5);
}

#[test]
fn a_capture_that_fails_leaves_its_number_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (_town, li) = leased(dir.path());
    for (field, value, code) in [("nonsense", json!(1), Code::Rejected), ("risk", json!("mild"), Code::Rejected), ("not a key", json!(1), Code::BadArgument)] {
        let mut bad = numbered();
        bad["edits"] = json!([{ "field": field, "value": value, "replaces": [] }]);
        assert_eq!(li.capture(&bad).unwrap_err().code, code as i32, "{field}");
    }
    let mut misplaced = numbered();
    misplaced["numbers"] = json!([{ "field": "code", "organ": "team" }, { "field": "summary", "organ": "team" }]);
    assert_eq!(li.capture(&misplaced).unwrap_err().code, Code::Rejected as i32, "no number goes into a summary");
    misplaced["numbers"] = json!(vec![json!({ "field": "code", "organ": "team" }); 17]);
    assert_eq!(li.capture(&misplaced).unwrap_err().code, Code::BadArgument as i32);
    assert_eq!((left(&li), &li.numbers_status().unwrap()["taken"]), (json!(4), &json!(0)));
    assert_eq!(li.capture(&numbered()).unwrap()["numbers"][0]["seq"], 1);
}

#[test]
fn the_code_is_shown_and_checked_without_a_network() {
    let dir = tempfile::tempdir().unwrap();
    let (town, li) = leased(dir.path());
    let done = li.capture(&numbered()).unwrap();
    let shown = li.code_qr(&json!({ "record": done["record"], "server": "https://zhifa.example" })).unwrap();
    let address = shown["address"].as_str().unwrap();
    assert_eq!(address, format!("https://zhifa.example/c/{}", done["numbers"][0]["token"].as_str().unwrap()));
    assert!(shown["svg"].as_str().unwrap().contains("<svg") && shown["no"] == done["numbers"][0]["no"]);
    let own = li.code_qr(&json!({ "record": done["record"] })).unwrap();
    assert!(own["address"].as_str().unwrap().starts_with(&town.address), "by default the server of enrolment");
    let seen = li.code_verify(&json!({ "scanned": address })).unwrap();
    let said = (&seen["genuine"], &seen["seq"], seen["series"].as_str().unwrap().starts_with("XW-team-"));
    assert_eq!(said, (&json!(true), &json!(1), true));
    let forged = Token { district: sync_core::base::DistrictId(1), series: "XW-team-2026".parse().unwrap(), seq: 1 }.sign(&Ed25519::from_seed(&[9; 32])).unwrap();
    for (scanned, why) in [(forged.as_str(), "signature"), ("https://zhifa.example/c/AAAA", "form"), ("", "form")] {
        let seen = li.code_verify(&json!({ "scanned": scanned })).unwrap();
        assert_eq!((&seen["genuine"], &seen["why"]), (&json!(false), &json!(why)), "{scanned}");
    }
    let bare = li.capture(&json!({ "kind": "visit", "edits": [{ "field": "task", "value": "无码", "replaces": [] }] })).unwrap();
    assert_eq!(li.code_qr(&json!({ "record": bare["record"] })).unwrap_err().code, Code::Unknown as i32);
}

#[test]
fn a_block_whose_tokens_are_not_the_offices_is_not_taken() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    town.state().organs.insert("li".into(), "team".into());
    let (li, _) = town.handheld(dir.path(), "li");
    // As if somebody between had put tokens of his own, or of another number, into the answer.
    town.fault("numbers", Fault::LoseAnswer);
    sync(&li);
    let genuine = town.state().leased[0].1.clone();
    let own = Ed25519::from_seed(&[9; 32]);
    let token = |seq| Token { district: sync_core::base::DistrictId(1), series: genuine.series.clone(), seq }.sign(&own).unwrap();
    town.state().leased[0].1.tokens = (genuine.first..=genuine.last).map(token).collect();
    sync(&li);
    assert_eq!(li.numbers_status().unwrap()["series"], json!([]));
    town.state().leased[0].1.tokens = genuine.tokens.iter().rev().cloned().collect();
    sync(&li);
    assert_eq!(li.numbers_status().unwrap()["series"], json!([]), "tokens of other numbers");
    town.state().leased[0].1 = genuine;
    sync(&li);
    assert_eq!(left(&li), 4);
}

#[test]
fn a_spoiled_number_is_told_to_the_office_until_it_is_noted() {
    let dir = tempfile::tempdir().unwrap();
    let (town, li) = leased(dir.path());
    let series = li.capture(&numbered()).unwrap()["numbers"][0]["series"].clone();
    let spoil = |seq: u32, reason: &str| li.number_spoil(&json!({ "series": series, "seq": seq, "reason": reason }));
    assert_eq!(spoil(2, "未取用").unwrap_err().code, Code::BadArgument as i32, "it was never taken");
    assert_eq!(spoil(1, " ").unwrap_err().code, Code::BadArgument as i32);
    assert_eq!(spoil(1, "打印错误").unwrap()["spoiled"][0]["seq"], 1);
    assert_eq!(spoil(1, "again").unwrap()["spoiled"].as_array().unwrap().len(), 1);
    town.fault("numbers", Fault::Answer(503, "text/html", "later"));
    sync(&li);
    assert_eq!(li.numbers_status().unwrap()["spoiled"].as_array().unwrap().len(), 1);
    sync(&li);
    assert_eq!(li.numbers_status().unwrap()["spoiled"], json!([]));
    let told: Vec<(u32, String)> = town.state().spoiled.iter().map(|s| (s.seq, s.reason.clone())).collect();
    assert_eq!(told, [(1, "打印错误".to_owned())]);
}

#[test]
fn the_number_of_a_change_that_was_dismissed_is_spoiled() {
    let dir = tempfile::tempdir().unwrap();
    let (town, li) = leased(dir.path());
    // A visit in which Li takes no part is none of his, and waits for a reviewer.
    let strange = json!({ "kind": "visit", "edits": [{ "field": "task", "value": "他队任务", "replaces": [] }], "numbers": [{ "field": "code", "organ": "team" }] });
    let dot: Dot = serde_json::from_value(li.capture(&strange).unwrap()["dot"].clone()).unwrap();
    li.capture(&numbered()).unwrap();
    sync(&li);
    assert_eq!(li.status().unwrap()["quarantined"], 1);
    assert!(town.state().spoiled.is_empty());
    dismiss(&mut town.state().district, &sync_core::schema::kinds(), dot, "不属于其任务", now()).unwrap().unwrap();
    sync(&li);
    let told: Vec<u32> = town.state().spoiled.iter().map(|s| s.seq).collect();
    assert_eq!(told, [1], "and the other, which is on a record, is not");
    assert_eq!(li.numbers_status().unwrap()["spoiled"], json!([]));
}

#[test]
fn a_killed_handheld_gives_no_number_twice_and_loses_none() {
    killed("number", "code", |code| Some(code.clone()));
}

#[test]
fn nor_does_one_that_is_killed_while_it_draws_up_decisions_on_the_spot() {
    killed("paper", "papers.d1", |paper| paper.get("number").cloned());
}

/// A handheld that takes numbers into a field until it is killed, again and again; `of` reads the number there.
fn killed(mode: &str, field: &str, of: fn(&Json) -> Option<Json>) {
    let (town, dir, program) = (Town::new(), tempfile::tempdir().unwrap(), Program::build());
    town.state().organs.insert("li".into(), "team".into());
    town.state().prefix = Some("甬高新综执".into());
    town.state().block = 400;
    let (li, path) = town.handheld(dir.path(), "li");
    sync(&li);
    drop(li);
    let mut seed = 0xc0de_u64;
    for _round in 0..10 {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let mut child = program.command(None).args([mode, path.to_str().unwrap(), PIN, "team"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for _ in 0..(seed >> 33) % 20 {
            lines.next().unwrap().unwrap();
        }
        for _ in 0..(seed >> 40) % 4_000 {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        account(&path, field, of);
    }
    let li = Handheld::open(&path, PIN, &json!({})).unwrap();
    let taken = li.numbers_status().unwrap()["taken"].as_u64().unwrap();
    assert!(taken > 20, "{taken}");
    sync(&li);
    let state = town.state();
    let number = |record: &sync_core::record::Record| of(&record.register(field)?.candidates()[0].value.to_json());
    let arrived: Vec<Json> = state.district.records.values().filter_map(number).collect();
    let key = PublicKey::new(ED25519, &Ed25519::from_seed(&[5; 32]).public_key()).unwrap();
    let seq = |n: &Json| n["token"].as_str().map_or_else(|| n["seq"].as_u64().unwrap() as u32, |token| Token::verify(token, &key).unwrap().seq);
    let seqs: BTreeSet<u32> = arrived.iter().map(seq).collect();
    assert_eq!((arrived.len() as u64, seqs), (taken, (1..=taken as u32).collect()), "every number that was taken is on exactly one record");
}

/// In every store that a kill leaves, the numbers on changes are those below the next one, each once.
fn account(path: &Path, field: &str, of: fn(&Json) -> Option<Json>) {
    let device = Device::open(path, PIN, Default::default(), sync_core::schema::kinds()).unwrap();
    let (numbers, next) = device
        .read(|tx| -> Result<_, zhifa_mobile::device::store::StoreError> {
            let meta = tx.meta()?;
            let mut numbers = Vec::new();
            for seq in 1..=meta.seq {
                let signed = tx.signed(Dot::new(meta.device, seq))?.unwrap();
                let change = Change::decode(&signed.bytes).unwrap();
                let written = change.edits.iter().filter(|e| e.field == field).map(|e| of(&serde_json::from_str(e.value).unwrap()).unwrap());
                numbers.extend(written.map(|n| (n["series"].as_str().unwrap().to_owned(), n["seq"].as_u64().unwrap() as u32)));
            }
            let mut next = |series: &str| tx.stock().map(|stock| stock.standings().iter().find(|s| s.series.to_string() == series).unwrap().next);
            let next = numbers.first().map(|(series, _)| next(series)).transpose()?.unwrap_or(1);
            Ok((numbers.into_iter().map(|(_, seq)| seq).collect::<Vec<_>>(), next))
        })
        .unwrap();
    assert_eq!(numbers, (1..next).collect::<Vec<_>>());
}
