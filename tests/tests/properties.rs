//! Properties of merge: order does not matter, repeats do not matter, upgrades commute, views lose nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

use sync_core::base::{DeviceId, Digest, DistrictId, OfficerId, RecordId, Stamp, UtcMs};
use sync_core::district::{self, Checked, DeviceRow, DeviceState};
use sync_core::record::{
    ActCall, Applied, Change, Context, Dot, Edit, Kind, Kinds, Policy, Reading, Record, Register, SignedChange, Value, apply, change_hash, read, signing_input,
};
use sync_core::testing::{MemDistrict, PROBE_V1, PROBE_V2, TEST_ALG, probe_kinds, test_signature};

const ID: RecordId = RecordId(7);

/// Who writes, which fields and values, whom he has heard of before, and whether he begins.
type Step = (usize, Vec<(u8, u8)>, [bool; 3], bool);

/// A history of one record by three officers: each step names who writes, which fields, and whom he has heard of
/// before. Gives the changes as bytes, in one causal order.
fn history(steps: &[Step]) -> Vec<Vec<u8>> {
    let kind = &PROBE_V1;
    let officers: Vec<OfficerId> = (0..3).map(|i| format!("o{i}").parse().unwrap()).collect();
    let mut views: Vec<Record> = (0..3).map(|_| Record::new(ID, "probe", kind.initial)).collect();
    let mut known: Vec<Vec<usize>> = vec![Vec::new(); 3];
    let mut chains: Vec<(u64, Digest)> = vec![(0, Digest::ZERO); 3];
    let mut all: Vec<Vec<u8>> = Vec::new();
    for (who, edits, hears, begins) in steps {
        let who = *who;
        for (other, hears) in hears.iter().enumerate() {
            if *hears && other != who {
                for i in known[other].clone() {
                    if !known[who].contains(&i) {
                        known[who].push(i);
                    }
                }
            }
        }
        known[who].sort();
        views[who] = Record::new(ID, "probe", kind.initial);
        for i in known[who].clone() {
            let change = Change::decode(&all[i]).unwrap();
            assert!(matches!(apply(&mut views[who], kind, &change, Context { commit: 1, lenient: false }), Applied::Done(_)), "a causal order applies");
        }
        let device = DeviceId::handheld(who as u64 + 1);
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        for (a, b) in edits {
            let (key, value) = match a % 8 {
                0..=3 => (format!("checks.i{}", a % 4), ["{\"result\":\"ok\"}", "{\"result\":\"bad\"}", "{\"result\":\"na\"}"][usize::from(b % 3)].to_owned()),
                4 => ("risk".into(), ["\"low\"", "\"mid\"", "\"high\""][usize::from(b % 3)].to_owned()),
                5 => ("phone".into(), format!("\"{b}\"")),
                6 => (format!("photos.p{b}"), if b % 2 == 0 { "null".into() } else { "\"x\"".into() }),
                _ => (format!("members.o{}", b % 3), "true".into()),
            };
            fields.insert(key, value);
        }
        let seen = views[who].seen().clone();
        let edits: Vec<Edit<'_>> =
            fields.iter().map(|(k, v)| Edit { field: k, value: v, replaces: views[who].register(k).map(Register::dots).unwrap_or_default(), reason: None }).collect();
        let (seq, prev) = chains[who];
        let change = Change {
            device,
            seq: seq + 1,
            prev,
            record: ID,
            kind: "probe",
            schema: 1,
            prior: seen.get(device),
            after: seen.iter().filter(|d| d.device != device).collect(),
            time: Stamp { wall: 1, mono: 1, boot: 1, server: None, gnss: None },
            officer: officers[who].clone(),
            place: None,
            edits,
            act: begins.then(|| ActCall::new("begin")),
            needs: vec![],
        };
        if change.edits.is_empty() && change.act.is_none() {
            continue;
        }
        let bytes = change.encode().unwrap();
        chains[who] = (seq + 1, change_hash(&bytes));
        known[who].push(all.len());
        all.push(bytes);
    }
    all
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0..3usize, prop::collection::vec((any::<u8>(), any::<u8>()), 0..4), any::<[bool; 3]>(), any::<bool>()), 1..14)
}

/// Delivers changes in any order; what parks is tried again whenever something came in. Commit numbers follow the order.
fn deliver(kind: &Kind, changes: &[Vec<u8>], order: &[usize]) -> Record {
    let mut record = Record::new(ID, "probe", kind.initial);
    let (mut waiting, mut commit): (Vec<usize>, u64) = (Vec::new(), 0);
    for &i in order {
        waiting.push(i);
        let mut progress = true;
        while progress {
            progress = false;
            for k in 0..waiting.len() {
                let change = Change::decode(&changes[waiting[k]]).unwrap();
                if matches!(apply(&mut record, kind, &change, Context { commit: commit + 1, lenient: false }), Applied::Done(_)) {
                    commit += 1;
                    waiting.remove(k);
                    progress = true;
                    break;
                }
            }
        }
    }
    assert!(waiting.is_empty(), "everything applies once everything is there");
    record
}

/// The fields of officers, without commit numbers.
fn fields(record: &Record) -> BTreeMap<String, Vec<(Dot, String)>> {
    record.registers().filter(|(k, _)| !k.starts_with('$')).map(|(k, r)| (k.to_owned(), r.candidates().iter().map(|c| (c.dot, c.value.as_json().to_owned())).collect())).collect()
}

fn shuffled(n: usize, seed: u64) -> Vec<usize> {
    let mut rng = zhifa_tests::sim::Rng::new(seed);
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, rng.below(i + 1));
    }
    order
}

/// A district that holds one device per officer, and the history as verified lines.
fn district(changes: &[Vec<u8>]) -> (MemDistrict, Kinds, Vec<Checked>) {
    let mut store = MemDistrict::new(DistrictId(1));
    for who in 1..=3u64 {
        let device = DeviceId::handheld(who);
        let officer: OfficerId = format!("o{}", who - 1).parse().unwrap();
        let grant = district::Grant { bucket: sync_core::record::Bucket::unit("u0"), from: UtcMs(0), until: None };
        store.grants.insert(officer.clone(), vec![grant]);
        let row =
            DeviceRow { device, officer, alg: TEST_ALG.into(), public_key: vec![1], first_prev: Digest::ZERO, state: DeviceState::Active, through_seq: 0, head_hash: Digest::ZERO };
        store.devices.insert(device, row);
    }
    let lines = changes.iter().map(|bytes| {
        let hash = change_hash(bytes);
        let signed = SignedChange { alg: TEST_ALG.into(), signature: test_signature(&[1], &signing_input(&hash)), bytes: bytes.clone() };
        Checked::Verified { dot: SignedChange::peek(bytes).unwrap(), hash, signed }
    });
    let lines = lines.collect();
    (store, probe_kinds(1), lines)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_causal_order_gives_the_same_fields(steps in steps(), a in any::<u64>(), b in any::<u64>()) {
        let changes = history(&steps);
        let one = deliver(&PROBE_V1, &changes, &shuffled(changes.len(), a));
        let other = deliver(&PROBE_V1, &changes, &shuffled(changes.len(), b));
        prop_assert_eq!(fields(&one), fields(&other));
        prop_assert_eq!(one.seen(), other.seen());
        prop_assert_eq!(one.checksum(), one.recompute_checksum());
    }

    #[test]
    fn one_commit_order_gives_the_same_record(steps in steps(), a in any::<u64>()) {
        let changes = history(&steps);
        let order = shuffled(changes.len(), a);
        prop_assert_eq!(deliver(&PROBE_V1, &changes, &order), deliver(&PROBE_V1, &changes, &order));
    }

    #[test]
    fn stored_state_reads_back_equal(steps in steps()) {
        let changes = history(&steps);
        let record = deliver(&PROBE_V1, &changes, &shuffled(changes.len(), 1));
        prop_assert_eq!(Record::from_state(ID, &record.to_state(1), &probe_kinds(1)).unwrap(), record);
    }

    #[test]
    fn taken_in_twice_is_taken_in_once(steps in steps(), a in any::<u64>()) {
        let changes = history(&steps);
        let (mut once, kinds, lines) = district(&changes);
        district::accept_checked(&mut once, &kinds, &lines, UtcMs(9)).unwrap();
        let (mut twice, _, _) = district(&changes);
        let mut repeated: Vec<Checked> = Vec::new();
        for i in shuffled(lines.len(), a) {
            repeated.push(lines[i].clone());
        }
        // In their own order first, so that commits are numbered alike; then all of them again, in any order.
        district::accept_checked(&mut twice, &kinds, &lines, UtcMs(9)).unwrap();
        let again = district::accept_checked(&mut twice, &kinds, &repeated, UtcMs(10)).unwrap();
        prop_assert!(again.iter().all(|r| r.repeat));
        prop_assert_eq!(once.records, twice.records);
        prop_assert_eq!(once.head, twice.head);
    }

    #[test]
    fn upcasts_commute_with_apply(steps in steps(), a in any::<u64>(), cut in any::<prop::sample::Index>()) {
        let changes = history(&steps);
        let order = shuffled(changes.len(), a);
        let old = deliver(&PROBE_V1, &changes, &order);
        let applied_then_upcast = Record::from_state(ID, &old.to_state(1), &probe_kinds(2)).unwrap();
        let upcast_then_applied = deliver(&PROBE_V2, &changes, &order);
        prop_assert_eq!(fields(&applied_then_upcast), fields(&upcast_then_applied));
        // And half-way: a server that upgrades between two changes.
        let causal: Vec<usize> = (0..changes.len()).collect();
        let (before, after) = causal.split_at(cut.index(causal.len() + 1));
        let mut record = Record::from_state(ID, &deliver(&PROBE_V1, &changes, before).to_state(1), &probe_kinds(2)).unwrap();
        for i in after {
            let change = Change::decode(&changes[*i]).unwrap();
            let applied = apply(&mut record, &PROBE_V2, &change, Context { commit: 99, lenient: false });
            prop_assert!(matches!(applied, Applied::Done(_)));
        }
        prop_assert_eq!(fields(&record), fields(&upcast_then_applied));
    }

    #[test]
    fn policies_never_drop_a_stored_candidate(steps in steps()) {
        let changes = history(&steps);
        let record = deliver(&PROBE_V1, &changes, &shuffled(changes.len(), 3));
        for (_, register) in record.registers() {
            let stored = register.clone();
            for policy in [Policy::Contest, Policy::Severest, Policy::Latest, Policy::Present, Policy::Office] {
                let reading = read(register, policy);
                let shown: BTreeSet<Dot> = match &reading {
                    Reading::Absent => BTreeSet::new(),
                    Reading::One(c) | Reading::Unconfirmed(c) => [c.dot].into(),
                    Reading::Contested(all) => all.iter().map(|c| c.dot).collect(),
                };
                prop_assert!(shown.iter().all(|d| stored.dots().contains(d)));
            }
            prop_assert_eq!(register, &stored);
            let distinct: BTreeSet<&str> = register.candidates().iter().map(|c| c.value.as_json()).collect();
            prop_assert_eq!(matches!(read(register, Policy::Contest), Reading::Contested(_)), distinct.len() > 1);
        }
    }

    #[test]
    fn decoding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in any::<prop::sample::Index>(), flip in any::<u8>()) {
        let _ = Change::decode(&bytes);
        let _ = SignedChange::from_line(&bytes);
        let sample = &history(&[(0, vec![(0, 1), (4, 2)], [false; 3], false)])[0];
        let mut altered = sample.clone();
        let at = cut.index(altered.len());
        altered[at] ^= flip;
        let _ = Change::decode(&altered);
        altered.truncate(at);
        let _ = Change::decode(&altered);
        let _ = Record::from_state(ID, &bytes, &probe_kinds(2));
        let _ = Value::parse(&String::from_utf8_lossy(&bytes));
    }
}

/// The bytes of format 1, frozen: this text must decode, and hash to this, for ever.
#[test]
fn a_change_of_format_1_is_read_for_ever() {
    let frozen = include_bytes!("../frozen/change-v1.json");
    let change = Change::decode(frozen).unwrap();
    assert_eq!(change.encode().unwrap(), frozen, "what this program writes has the frozen form");
    assert_eq!(change_hash(frozen).to_string(), include_str!("../frozen/change-v1.hash").trim());
    assert_eq!(change.edits.len(), 3);
    assert_eq!(change.dot().to_string(), "00000000000000ab.7");
}
