//! The store against the model in memory: the same calls must give the same answers, and survive reopening.

use sync_core::base::{DeviceId, Digest, DistrictId, RecordId};
use sync_core::protocol::{Bytes, Cursor, Disposition, Enrolled, Limits, Signed};
use sync_core::record::Register;
use sync_core::record::{Bucket, Candidate, Dot, Record, RecordDelta, RegisterDelta, Seen, SignedChange, Value};
use sync_core::replica::{Journal, JournalRow, Meta, Mirror, Standing, Store};
use sync_core::testing::{MemReplica, probe_kinds};

mod views;

use super::*;

const OWN: DeviceId = DeviceId(7);

fn meta() -> Meta {
    let signed = Signed { alg: "test".into(), signature: vec![1], text: "{}".into() };
    let enrolled = Enrolled { certificate: signed, server_alg: "test".into(), server_key: Bytes(vec![1]), server_recipient: "age1".into(), district: DistrictId(1), epoch: 1 };
    Meta {
        device: OWN,
        enrolled,
        seq: 0,
        head: Digest::ZERO,
        receipt: None,
        epoch: 1,
        cursor: Cursor::default(),
        refetching: vec![],
        limits: Limits::default(),
        contact: None,
        done: vec![],
        frozen: false,
        complete_sessions: 0,
        standing: Standing::default(),
    }
}

struct Open {
    dir: tempfile::TempDir,
    db: Db,
}

const KEY: [u8; 32] = [42; 32];

fn open() -> Open {
    let dir = tempfile::tempdir().unwrap();
    let mut db = Db::create(&dir.path().join("s"), &KEY, probe_kinds(2)).unwrap();
    db.write(|tx| tx.put_meta(&meta())).unwrap();
    Open { dir, db }
}

/// A small deterministic generator: the seed of a failing run is in the assertion.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

fn record(n: u64) -> RecordId {
    RecordId(u128::from(n) << 64 | 5)
}

fn mirror(random: &mut Random) -> Mirror {
    let id = record(random.below(4));
    let value = Value::int(random.below(1000) as i64);
    let candidate = Candidate { dot: Dot::new(DeviceId(9), 1 + random.below(3)), commit: 3, value, by: None };
    let registers = vec![RegisterDelta { key: "phone".into(), register: Register::from_parts(3, vec![candidate]) }];
    let delta = RecordDelta { record: id, kind: "probe".into(), stage: "open".into(), commit: 3, sum: 0, seen: Seen::default(), whole: true, registers };
    let mut buckets = std::collections::BTreeMap::new();
    for b in 0..3 {
        if random.below(2) == 0 {
            buckets.insert(Bucket::unit(&b.to_string()), random.below(2) == 0);
        }
    }
    Mirror { record: Record::merge_delta(None, delta), buckets }
}

/// One random call on both stores; both answers as text.
fn step<S: Store>(random: &mut Random, store: &mut S) -> String
where
    S::Error: std::fmt::Debug,
{
    let device = if random.below(2) == 0 { OWN } else { DeviceId(8 | 1 << 63) };
    let dot = Dot::new(device, 1 + random.below(12));
    let dispositions = [
        None,
        Some(Disposition::Applied { commit: 4, contested: vec![], excepted: vec![], refused: vec![] }),
        Some(Disposition::Parked { missing: vec![dot], schema: None }),
        Some(Disposition::quarantined("fork", "x")),
    ];
    let disposition = dispositions[random.below(4) as usize].clone();
    let row =
        JournalRow { dot, record: record(random.below(4)), hash: Digest([dot.seq as u8; 32]), held: random.below(2) == 0, settled: random.below(2) == 0, disposition, order: 0 };
    let signed = SignedChange { alg: "test".into(), signature: vec![3; 64], bytes: format!("change {dot}").repeat(20).into_bytes() };
    let bucket = Bucket::unit(&random.below(3).to_string());
    match random.below(21) {
        0..=3 => format!("{:?}", store.append(&row, &signed).unwrap()),
        4 => match store.journal(dot).unwrap() {
            Some(known) => format!("{:?}", store.update(&JournalRow { record: known.record, hash: known.hash, order: known.order, ..row }).unwrap()),
            None => String::new(),
        },
        5 => {
            let from = random.below(8);
            format!("{:?}", store.mark_own_held(&[(1, from), (from + 3, from + 3 + random.below(3))]).unwrap())
        }
        6 if random.below(6) == 0 => format!("{:?}", store.begin_epoch().unwrap()),
        7..=9 => format!("{:?}", store.put_mirror(&mirror(random)).unwrap()),
        10 => format!("{:?}", store.drop_mirror(row.record).unwrap()),
        11 => format!("{:?}", store.put_authored(row.record, dot.seq, &[dot].into_iter().collect()).unwrap()),
        12 => format!("{:?}", store.put_certificate(device, &Signed { alg: "test".into(), signature: vec![dot.seq as u8], text: "{\"a\":1}".into() }).unwrap()),
        13 => {
            let mut meta = store.meta().unwrap();
            meta.seq += 1;
            meta.done.push(meta.seq);
            format!("{:?}", store.put_meta(&meta).unwrap())
        }
        14 => format!("{:?}", store.put_thumbnail(Digest([random.below(3) as u8; 32]), &[dot.seq as u8]).unwrap()),
        _ => {
            let order = |rows: Vec<JournalRow>| rows.into_iter().map(|r| (r.dot, r.held, r.settled, r.disposition)).collect::<Vec<_>>();
            let undelivered = [Journal::Own, Journal::Carried].map(|which| order(store.undelivered(which, 0, 5).unwrap()));
            format!(
                "{:?} {:?} {:?} {undelivered:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                store.meta().unwrap(),
                store.journal(dot).unwrap().map(|r| (r.record, r.hash, r.held, r.settled, r.disposition)),
                store.signed(dot).unwrap(),
                order(store.overlay(row.record).unwrap()),
                (order(store.held_up().unwrap()), order(store.unsettled_held(0, 4).unwrap()), store.unanswered(2).unwrap()),
                store.pending().unwrap(),
                store.mirror(row.record).unwrap(),
                store.in_bucket(&bucket).unwrap(),
                store.bucket_sum(&bucket).unwrap(),
                (store.records(None, 3).unwrap(), store.records(Some(row.record), 3).unwrap()),
                store.authored(row.record).unwrap(),
                store.certificate(device).unwrap(),
                store.thumbnail(Digest([random.below(3) as u8; 32])).unwrap(),
            )
        }
    }
}

#[test]
fn every_call_answers_as_the_model_in_memory_does() {
    for seed in 1..=12u64 {
        let mut open = open();
        let mut model = MemReplica::new(meta());
        let (mut a, mut b) = (Random(seed * 7919), Random(seed * 7919));
        for call in 0..300 {
            let stored = open.db.write(|tx| Ok::<_, StoreError>(step(&mut a, tx))).unwrap();
            assert_eq!(stored, step(&mut b, &mut model), "seed {seed}, call {call}");
        }
    }
}

#[test]
fn what_a_failed_transaction_wrote_is_not_there() {
    let mut open = open();
    let failed: std::result::Result<(), StoreError> = open.db.write(|tx| {
        tx.put_authored(record(1), 9, &Seen::default())?;
        Err(StoreError::Broken("test"))
    });
    assert!(failed.is_err());
    assert_eq!(open.db.read(|tx| tx.authored(record(1))).unwrap().0, 0);
}

#[test]
fn a_reopened_store_holds_what_was_committed() {
    let Open { dir, mut db } = open();
    db.write(|tx| tx.put_authored(record(1), 9, &Seen::default())).unwrap();
    drop(db);
    let mut db = Db::open(&dir.path().join("s"), &KEY, probe_kinds(2)).unwrap();
    assert_eq!(db.read(|tx| tx.authored(record(1))).unwrap().0, 9);
}

#[test]
fn a_file_under_another_key_is_set_aside_untouched() {
    let Open { dir, db } = open();
    drop(db);
    let path = dir.path().join("s");
    let before = std::fs::read(&path).unwrap();
    let error = Db::open(&path, &[1; 32], probe_kinds(2)).err().unwrap();
    assert_eq!(error.code, Code::SetAside);
    let aside = PathBuf::from(error.detail["aside"].as_str().unwrap());
    assert_eq!(std::fs::read(&aside).unwrap(), before);
    assert!(!path.exists());
    assert_eq!(Db::open(&path, &KEY, probe_kinds(2)).err().unwrap().code, Code::Missing);
    assert!(Db::open(&aside, &KEY, probe_kinds(2)).is_ok(), "under its own key it is whole");
}

#[test]
fn a_store_of_a_later_version_is_left_alone() {
    let Open { dir, db } = open();
    db.conn.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    assert_eq!(Db::open(&dir.path().join("s"), &KEY, probe_kinds(2)).err().unwrap().code, Code::NewerStore);
    assert!(dir.path().join("s").exists());
}

#[test]
fn no_query_of_pending_work_scans_what_is_done() {
    let open = open();
    for (sql, index) in [
        ("SELECT ord FROM journal WHERE held = 0 AND device = 7 AND ord > 0 ORDER BY ord LIMIT 5", "journal_undelivered"),
        ("SELECT ord FROM journal WHERE held = 0 AND device <> 7 AND ord > 0 ORDER BY ord LIMIT 5", "journal_undelivered_all"),
        ("SELECT ord FROM journal WHERE settled = 0 AND record = x'00' ORDER BY ord", "journal_overlay"),
        ("SELECT ord FROM journal WHERE held = 1 AND settled = 0 AND ord > 0 ORDER BY ord LIMIT 5", "journal_unsettled_held"),
        ("SELECT seq FROM journal WHERE disposition IS NULL AND device = 7 ORDER BY seq", "journal_unanswered"),
        ("SELECT ord FROM journal WHERE held_up = 1 AND device = 7 ORDER BY ord LIMIT 10000", "journal_held_up"),
        ("UPDATE journal INDEXED BY journal_undelivered SET held = 1 WHERE held = 0 AND device = 7 AND seq BETWEEN 1 AND 9", "journal_undelivered"),
        ("SELECT record, count(*) FROM journal WHERE held = 0 AND device = 7 GROUP BY record", "journal_undelivered"),
    ] {
        let plan: Vec<String> = open.db.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap().query_map([], |r| r.get(3)).unwrap().map(|r| r.unwrap()).collect();
        assert!(plan.iter().any(|line| line.starts_with("SEARCH") && line.contains(index)), "{sql}: {plan:?}");
    }
}

#[test]
fn nothing_readable_lies_in_the_files() {
    let Open { dir, mut db } = open();
    let text = "道口保洁 plain words that must not be found";
    db.write(|tx| tx.put_setting("note", text)).unwrap();
    for path in companions(&dir.path().join("s")).iter().filter(|p| p.exists()) {
        let bytes = std::fs::read(path).unwrap();
        assert!(!bytes.windows(16).any(|w| w == &text.as_bytes()[..16] || w == b"SQLite format 3\0"), "{}", path.display());
    }
}
