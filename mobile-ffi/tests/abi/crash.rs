//! A handheld that is killed at any moment keeps what it had acknowledged.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::json;
use sync_core::record::{Change, Dot};
use sync_core::replica::Store;
use zhifa_mobile::abi::host::Handheld;
use zhifa_mobile::device::Device;

use super::c_program::Program;
use super::town::{PIN, Town};

/// Words that a capture writes and no file may show.
const SECRET: &str = "道口保洁不符合";

#[test]
fn every_acknowledged_capture_survives_a_kill_and_no_number_is_used_twice() {
    let (town, dir, program) = (Town::new(), tempfile::tempdir().unwrap(), Program::build());
    let (li, path) = town.handheld(dir.path(), "li");
    drop(li);
    let mut acknowledged: Vec<u64> = Vec::new();
    let mut seed = 0x5eed_u64;
    for _round in 0..12 {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let after = (seed >> 33) % 40;
        let mut child = program.command(None).args(["loop", path.to_str().unwrap(), PIN, SECRET]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Killed after a number of acknowledgements and a number of turns of this loop: in the middle of anything.
        for _ in 0..after {
            acknowledged.push(lines.next().unwrap().unwrap().parse().unwrap());
        }
        for _ in 0..(seed >> 40) % 4_000 {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(lines.map_while(Result::ok).filter_map(|l| l.parse::<u64>().ok()));
        check(&path, &acknowledged);
    }
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        for plain in [SECRET.as_bytes(), b"SQLite format 3", PIN.as_bytes()] {
            assert!(!bytes.windows(plain.len()).any(|w| w == plain), "{}", file.display());
        }
    }
    let li = Handheld::open(&path, PIN, &json!({})).unwrap();
    assert_eq!(li.sync(&json!({}), None, None).unwrap()["complete"], true);
    assert_eq!(town.state().district.ledger.len() as u64, li.status().unwrap()["captured"]);
}

#[test]
fn a_kill_during_sync_loses_nothing_and_doubles_nothing() {
    let (town, dir, program) = (Town::new(), tempfile::tempdir().unwrap(), Program::build());
    let (li, path) = town.handheld(dir.path(), "li");
    drop(li);
    let (mut seed, mut captured) = (0x51c_u64, 0);
    for round in 0..12 {
        let li = Handheld::open(&path, PIN, &json!({})).unwrap();
        for n in 0..5 {
            li.capture(&json!({ "kind": "site", "edits": [{ "field": "name", "value": format!("{SECRET}{round}-{n}"), "replaces": [] }] })).unwrap();
            captured += 1;
        }
        drop(li);
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let before = town.state().seen.len();
        let mut child = program.command(None).args(["sync", path.to_str().unwrap(), PIN]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.next().unwrap().unwrap();
        // Killed after a number of its requests have come in, and a number of turns: before, within or after an answer.
        let requests = before + (seed >> 33) as usize % 7;
        while town.state().seen.len() < requests {
            std::thread::yield_now();
        }
        for _ in 0..(seed >> 40) % 400_000 {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        check(&path, &(1..=captured).collect::<Vec<_>>());
    }
    let li = Handheld::open(&path, PIN, &json!({})).unwrap();
    assert_eq!(li.sync(&json!({}), None, None).unwrap()["complete"], true);
    let status = li.status().unwrap();
    assert_eq!((&status["captured"], &status["unsent"], &status["done"]), (&json!(captured), &json!(0), &json!(true)));
    assert_eq!(town.state().district.ledger.len() as u64, captured);
}

/// Reopens the store and walks its chain: dense numbers, every `prev` the hash before, everything acknowledged.
fn check(path: &std::path::Path, acknowledged: &[u64]) {
    let device = Device::open(path, PIN, Default::default(), sync_core::schema::kinds()).unwrap();
    let (meta, chain) = device
        .read(|tx| -> Result<_, zhifa_mobile::device::store::StoreError> {
            let meta = tx.meta()?;
            let chain = (1..=meta.seq + 1).map(|seq| tx.signed(Dot::new(meta.device, seq))).collect::<Result<Vec<_>, _>>()?;
            Ok((meta, chain))
        })
        .unwrap();
    let mut prev = sync_core::base::Digest::ZERO;
    for (i, signed) in chain.iter().enumerate() {
        let seq = i as u64 + 1;
        let Some(signed) = signed else {
            assert_eq!(seq, meta.seq + 1, "a hole in the chain");
            continue;
        };
        let change = Change::decode(&signed.bytes).unwrap();
        assert_eq!((change.seq, change.prev), (seq, prev));
        prev = signed.hash();
    }
    assert_eq!(meta.head, prev);
    let mut sorted = acknowledged.to_vec();
    sorted.dedup();
    assert_eq!(sorted.len(), acknowledged.len(), "a number was given twice");
    assert!(acknowledged.iter().all(|seq| *seq <= meta.seq), "acknowledged and lost");
}
