//! A view that was kept is the view that replaying everything gives.

use sync_core::base::{OfficerId, Stamp};
use sync_core::record::{Applied, Change, Context, Draft, apply};
use sync_core::replica::{Author, capture, shown_dots, view};
use sync_core::testing::TestSigner;

use super::*;

/// One officer's store under test and beside it the same in memory, which remembers no view; a colleague; the server.
struct World {
    open: Open,
    model: MemReplica,
    colleague: MemReplica,
    server: std::collections::BTreeMap<RecordId, Record>,
    random: Random,
}

/// A draft from what is shown, or from an older look at it.
fn draft(random: &mut Random, id: RecordId, shown: Option<&Record>) -> Draft {
    let field = ["unit", "phone", "members.a", "answers.x", "answers.y"][random.below(5) as usize];
    let value = match field {
        "members.a" => "true".to_owned(),
        "unit" | "phone" => format!("\"v{}\"", random.below(4)),
        _ => format!("{{\"result\":\"{}\"}}", ["ok", "bad"][random.below(2) as usize]),
    };
    let replaces = match random.below(3) {
        0 => vec![],
        _ => shown.map(|r| shown_dots(r, field)).unwrap_or_default(),
    };
    Draft { record: id, kind: "probe".into(), edits: vec![(field.parse().unwrap(), Value::parse(&value).unwrap(), replaces, None)], act: None, needs: vec![], place: None }
}

fn capture_on<S: Store>(store: &mut S, draft: &Draft) -> std::result::Result<Dot, S::Error> {
    let (signer, officer): (_, OfficerId) = (TestSigner(vec![1]), "li".parse().unwrap());
    let time = Stamp { wall: 1, mono: 1, boot: 1, server: None, gnss: None };
    Ok(capture(store, &probe_kinds(2), &Author { signer: &signer, officer: &officer }, draft, time)?.unwrap().dot)
}

impl World {
    fn new(seed: u64) -> World {
        let mut colleague = meta();
        colleague.device = DeviceId(8);
        World { open: open(), model: MemReplica::new(meta()), colleague: MemReplica::new(colleague), server: Default::default(), random: Random(seed * 7919) }
    }

    /// The same write on both stores.
    fn both(&mut self, stored: impl FnOnce(&mut Tx<'_>), modelled: impl FnOnce(&mut MemReplica)) {
        let done: std::result::Result<(), StoreError> = self.open.db.write(|tx| {
            stored(tx);
            Ok(())
        });
        done.unwrap();
        modelled(&mut self.model);
    }

    fn import(to: &mut impl Store<Error: std::fmt::Debug>, row: &JournalRow, signed: &SignedChange) {
        to.append(&JournalRow { held: false, settled: false, disposition: None, order: 0, ..row.clone() }, signed).unwrap();
    }

    /// The server takes in what has its causes, of both.
    fn deliver(&mut self) {
        let kinds = probe_kinds(2);
        let kind = kinds.get("probe").unwrap();
        for (row, signed) in self.model.journal.values().chain(self.colleague.journal.values()) {
            let known = self.server.entry(row.record).or_insert_with(|| Record::new(row.record, kind.name, kind.initial));
            let change = Change::decode(&signed.bytes).unwrap();
            if self.random.below(2) == 0 && !known.seen().covers(row.dot) && known.seen().get(row.dot.device) == change.prior {
                let commit = known.commit().wrapping_add(1).max(1);
                let done = apply(known, kind, &change, Context { commit, lenient: false });
                assert!(matches!(done, Applied::Done(_) | Applied::Parked(_)));
            }
        }
    }

    fn step(&mut self) {
        let id = record(self.random.below(2));
        let kinds = probe_kinds(2);
        match self.random.below(16) {
            0..=5 => {
                let shown = view(&mut self.model, &kinds, id).unwrap();
                let draft = draft(&mut self.random, id, shown.as_ref());
                let expected = capture_on(&mut self.model, &draft).unwrap();
                let dot = self.open.db.write(|tx| capture_on(tx, &draft)).unwrap();
                assert_eq!(dot, expected);
            }
            6 | 7 => {
                let shown = view(&mut self.colleague, &kinds, id).unwrap();
                let draft = draft(&mut self.random, id, shown.as_ref());
                capture_on(&mut self.colleague, &draft).unwrap();
            }
            8 | 9 => {
                let theirs: Vec<_> = self.colleague.journal.values().cloned().collect();
                if !theirs.is_empty() {
                    let (row, signed) = &theirs[self.random.below(theirs.len() as u64) as usize];
                    self.both(|tx| World::import(tx, row, signed), |model| World::import(model, row, signed));
                }
            }
            10 => {
                for (row, signed) in self.model.journal.values() {
                    World::import(&mut self.colleague, row, signed);
                }
            }
            11 => {
                self.deliver();
                if let Some(known) = self.server.get(&id).filter(|r| r.seen().iter().next().is_some()) {
                    let mirror = Mirror { record: known.clone(), buckets: [(Bucket::unit("1"), true)].into() };
                    self.both(|tx| tx.put_mirror(&mirror).unwrap(), |model| model.put_mirror(&mirror).unwrap());
                }
            }
            12 => {
                let rows: Vec<JournalRow> = self.model.journal.values().map(|(row, _)| row.clone()).collect();
                if !rows.is_empty() {
                    let row = JournalRow { settled: self.random.below(2) == 0, ..rows[self.random.below(rows.len() as u64) as usize].clone() };
                    self.both(|tx| tx.update(&row).unwrap(), |model| model.update(&row).unwrap());
                }
            }
            13 if self.random.below(3) == 0 => self.both(|tx| tx.drop_mirror(id).unwrap(), |model| model.drop_mirror(id).unwrap()),
            14 if self.random.below(3) == 0 => self.both(|tx| tx.begin_epoch().unwrap(), |model| model.begin_epoch().unwrap()),
            _ => {
                // A capture that is undone.
                let draft = draft(&mut self.random, id, None);
                let failed: std::result::Result<(), StoreError> = self.open.db.write(|tx| capture_on(tx, &draft).and(Err(StoreError::Broken("test"))));
                assert!(failed.is_err());
            }
        }
    }
}

#[test]
fn a_kept_view_equals_a_fresh_replay_whatever_happened() {
    let (kinds, mut kept) = (probe_kinds(2), 0);
    for seed in 1..=24u64 {
        let mut world = World::new(seed);
        for step in 0..120 {
            world.step();
            for id in [record(0), record(1)] {
                let fresh = view(&mut world.model, &kinds, id).unwrap();
                let (was_kept, shown) = world.open.db.read(|tx| Ok::<_, StoreError>((tx.kept_view(id).is_some(), view(tx, &kinds, id)?))).unwrap();
                assert_eq!(shown, fresh, "seed {seed}, step {step}, kept: {was_kept}");
                kept += u64::from(was_kept);
            }
        }
    }
    assert!(kept > 1_000, "{kept} views were compared that had been kept");
}

#[test]
fn the_next_capture_finds_the_view_that_the_one_before_made() {
    let mut open = open();
    for n in 0..3 {
        let draft = draft(&mut Random(5), record(1), None);
        let (before, after) = open.db.write(|tx| Ok::<_, StoreError>((tx.kept_view(record(1)).is_some(), capture_on(tx, &draft)?))).unwrap();
        assert_eq!((before, after.seq), (n > 0, n + 1));
    }
}

#[test]
fn what_another_connection_commits_is_seen_at_once() {
    let Open { dir, mut db } = open();
    let kinds = probe_kinds(2);
    let mut other = Db::open(&dir.path().join("s"), &KEY, kinds.clone()).unwrap();
    for n in 1..=4u64 {
        let draft = draft(&mut Random(n), record(1), None);
        let (writes, reads) = if n % 2 == 0 { (&mut db, &mut other) } else { (&mut other, &mut db) };
        writes.write(|tx| capture_on(tx, &draft)).unwrap();
        let seen = reads.read(|tx| view(tx, &kinds, record(1))).unwrap().unwrap();
        assert_eq!(seen.seen().get(OWN), n);
    }
}
