//! What a record says to statistics does not depend on the order in which its changes arrived.

use serde_json::{Value as Json, json};

use super::facts;
use crate::base::{DeviceId, Digest, OfficerId, RecordId, Stamp};
use crate::record::{Applied, Change, Context, Dot, Edit, Kind, Record, Register, Value, apply, change_hash};

const ID: RecordId = RecordId(7);

/// A sequence that is the same for the same seed.
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

/// A field that officers write at once, with one of three values.
fn field(rng: &mut Rng, kind: &str) -> (String, Json) {
    let n = rng.below(3);
    let at = [1_727_402_400_000_i64, 1_727_402_500_000, 1_735_660_800_000][n];
    let day = ["2024-09-27", "2024-12-31", "2025-01-01"][n];
    let organ = ["enforcement", "fire", "water"][n];
    let object = RecordId(100 + n as u128);
    let (key, value) = match kind {
        "visit" => match rng.below(13) {
            0 => (format!("organs.{organ}"), json!({ "kind": "daily", "plan": (["p", "q", "r"][rng.below(3)]) })),
            1 | 2 => ("participants.li".to_owned(), json!({ "checked_in_ms": at, "code_shown": n == 0, "department": organ, "role": "officer" })),
            3 => ("site".into(), json!(object)),
            4 => (format!("subjects.{object}"), json!({ "name": "甲" })),
            5 => ("mode".into(), json!(["daily", "guidance", "special"][n])),
            6 => ("task".into(), json!(["a", "b", "c"][n])),
            7 => ("answers.a".into(), json!({ "result": (["ok", "bad", "na"][n]) })),
            8 => ("orders.1".into(), json!({ "department": organ, "demand": "x" })),
            9 => ("unit".into(), json!(["u1", "u2", "u3"][n])),
            10 => ("source".into(), json!({ "kind": (["invitation", "complaint", "alert"][n]) })),
            11 => ("planned_date".into(), json!(day)),
            _ => ("tags.test".into(), json!(n == 0)),
        },
        "case" => match rng.below(7) {
            0 => ("found_date".into(), json!(day)),
            1 => ("site".into(), json!(object)),
            2 => ("party.subject".into(), json!(object)),
            3 => ("penalty".into(), json!({ "amount_fen": n, "kind": "fine" })),
            4 => ("exemption".into(), json!({ "clause": (["first_time", "no_fault", "minor_corrected"][n]) })),
            5 => ("assists.1".into(), json!({ "day": day, "help": "x" })),
            _ => ("clue".into(), json!({ "found_ms": at })),
        },
        "invitation" => match rng.below(3) {
            0 => ("day".into(), json!(day)),
            1 => ("site".into(), json!(object)),
            _ => ("firm".into(), json!(object)),
        },
        _ => match rng.below(4) {
            0 => ("day".into(), json!(day)),
            1 => ("lecturers.1".into(), json!({ "department": organ, "name": (["甲", "乙", "丙"][n]) })),
            2 => ("pass".into(), json!([50, 60, 100][n])),
            _ => ("kind".into(), json!(["monthly", "special", "friday_cloud"][n])),
        },
    };
    if rng.below(8) == 0 { (key, Json::Null) } else { (key, value) }
}

fn fresh(kind: &Kind) -> Record {
    Record::new(
        ID,
        kind.name,
        match kind.name {
            "visit" => "RECORDING",
            "case" => "SERVED",
            "invitation" => "CLAIMED",
            _ => "CLOSED",
        },
    )
}

/// Applies a change if it can be: it waits for what it builds on.
fn taken(record: &mut Record, kind: &Kind, bytes: &[u8], commit: u64) -> bool {
    matches!(apply(record, kind, &Change::decode(bytes).unwrap(), Context { commit, lenient: false }), Applied::Done(_))
}

/// What three officers write, each by what he has seen so far.
fn history(rng: &mut Rng, kind: &Kind) -> Vec<Vec<u8>> {
    let mut views: Vec<Record> = (0..3).map(|_| fresh(kind)).collect();
    let mut chains = [(0, Digest::ZERO); 3];
    let mut all: Vec<Vec<u8>> = Vec::new();
    for _ in 0..4 + rng.below(10) {
        let who = rng.below(3);
        if rng.below(3) == 0 {
            // He hears of everything.
            views[who] = fresh(kind);
            for bytes in &all {
                assert!(taken(&mut views[who], kind, bytes, 1));
            }
        }
        let device = DeviceId::handheld(who as u64 + 1);
        let officer: OfficerId = format!("o{who}").parse().unwrap();
        let mut fields: Vec<(String, Json)> = (0..=rng.below(2)).map(|_| field(rng, kind.name)).collect();
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        fields.dedup_by(|a, b| a.0 == b.0);
        let values: Vec<String> = fields.iter().map(|(_, value)| Value::from_json(value).unwrap().as_json().to_owned()).collect();
        let seen = views[who].seen().clone();
        let (seq, prev) = chains[who];
        let change = Change {
            device,
            seq: seq + 1,
            prev,
            record: ID,
            kind: kind.name,
            schema: kind.schema,
            prior: seen.get(device),
            after: seen.iter().filter(|d: &Dot| d.device != device).collect(),
            time: Stamp { wall: 1, mono: 1, boot: 1, server: None, gnss: None },
            officer,
            place: None,
            edits: fields
                .iter()
                .zip(&values)
                .map(|((field, _), value)| Edit { field, value, replaces: views[who].register(field).map(Register::dots).unwrap_or_default(), reason: None })
                .collect(),
            act: None,
            needs: vec![],
        };
        let bytes = change.encode().unwrap();
        chains[who] = (seq + 1, change_hash(&bytes));
        assert!(taken(&mut views[who], kind, &bytes, 1));
        all.push(bytes);
    }
    all
}

/// Delivers in a random order; what waits is tried again whenever something came in.
fn delivered(rng: &mut Rng, kind: &Kind, all: &[Vec<u8>]) -> Record {
    let mut left: Vec<&Vec<u8>> = all.iter().collect();
    let (mut record, mut waiting, mut commit) = (fresh(kind), Vec::new(), 0);
    while !left.is_empty() {
        waiting.push(left.swap_remove(rng.below(left.len())));
        while let Some(n) = waiting.iter().position(|bytes| taken(&mut record, kind, bytes, commit + 1)) {
            waiting.remove(n);
            commit += 1;
        }
    }
    assert!(waiting.is_empty());
    record
}

#[test]
fn facts_do_not_depend_on_the_order_in_which_changes_arrived() {
    let (mut said, mut contested) = (0, 0);
    for kind in [&crate::visit::KIND, &crate::case::KIND, &crate::invitation::KIND, &crate::training::course::KIND] {
        let name = kind.name;
        for seed in 0..300 {
            let rng = &mut Rng(seed);
            let all = history(rng, kind);
            let first = delivered(rng, kind, &all);
            said += facts(&first).len();
            contested += usize::from(first.registers().any(|(_, register)| register.candidates().len() > 1));
            for _ in 0..4 {
                assert_eq!(facts(&delivered(rng, kind, &all)), facts(&first), "{name}, seed {seed}");
            }
        }
    }
    assert!(said > 1_000 && contested > 100, "{said} facts, {contested} contested records");
}
