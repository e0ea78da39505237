//! The simulation of `sync.md` §7: seeds, planted bugs, and every bug ever found as a short reproduction.

use std::collections::BTreeMap;

use sync_core::base::plant::{Bug, plant};
use zhifa_tests::sim::{account, plan, play, play_seed};

fn seeds() -> u64 {
    std::env::var("ZHIFA_SIMULATE").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000)
}

/// Plays seeds on all cores; the account of the lowest failing one is the message.
#[test]
fn no_seed_violates_an_oracle() {
    let (n, cores) = (seeds(), std::thread::available_parallelism().map_or(2, |n| n.get()) as u64);
    let failed: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..cores).map(|core| scope.spawn(move || (core..n).step_by(cores as usize).find_map(|seed| play_seed(seed).err().map(|v| account(seed, &v))))).collect();
        workers.into_iter().filter_map(|w| w.join().unwrap()).collect()
    });
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    println!("{n} seeds, 0 violations");
}

/// Each bug planted, one at a time, is caught within 300 seeds, and the list in the repository says by which oracle.
#[test]
fn every_planted_bug_is_caught() {
    let mut caught: BTreeMap<String, String> = BTreeMap::new();
    for bug in Bug::ALL {
        plant(Some(bug));
        let found = (0..300).find_map(|seed| {
            std::panic::catch_unwind(|| play_seed(seed)).map_or(Some((seed, "a slot is taken once".to_owned())), |r| r.err().map(|v| (seed, v.oracle.to_owned())))
        });
        plant(None);
        let (_, oracle) = found.unwrap_or_else(|| panic!("{bug:?} is not caught by 300 seeds"));
        caught.insert(format!("{bug:?}"), oracle);
    }
    let rows: Vec<String> = caught.iter().map(|(bug, oracle)| format!("| {bug} | {oracle} |")).collect();
    let listed: Vec<&str> = include_str!("../planted-bugs.md").lines().filter(|l| rows.iter().any(|r| l.starts_with(r))).collect();
    assert_eq!(listed.len(), rows.len(), "planted-bugs.md must have exactly these rows:\n{}", rows.join("\n"));
}

/// Every bug that the simulation ever found, as the shortest list of steps that showed it.
#[test]
fn found_bugs_stay_fixed() {
    use zhifa_tests::sim::{Fault, Op};
    let capture = |device, record, edits: &[(u8, u8)]| Op::Capture { device, record, edits: edits.to_vec(), dies_at: None };
    let found: Vec<(&str, Vec<Op>)> = vec![
        (
            "a record that changed while its bucket was paged through was told in part to a replica that never had it",
            vec![
                capture(3, 0, &[(10, 2), (20, 3)]),
                capture(3, 3, &[(19, 0), (19, 1), (12, 2)]),
                capture(2, 1, &[(22, 3)]),
                capture(3, 2, &[(17, 3), (22, 0)]),
                capture(3, 1, &[(3, 0), (19, 1)]),
            ],
        ),
        (
            "a delayed copy of an old session request froze an honest chain",
            vec![Op::Sync { device: 3, worker: 0, fault: Fault::AnswerLost }, capture(3, 1, &[(13, 1), (6, 2), (20, 1)]), Op::SyncFully { device: 3 }, Op::Replay { pick: 0 }],
        ),
        (
            "a record that left, entered and left a bucket between two pulls stayed with the replica",
            vec![
                capture(3, 3, &[(18, 0)]),
                Op::SyncFully { device: 3 },
                capture(2, 3, &[(21, 0)]),
                Op::Act { device: 3, record: 3, act: 2 },
                Op::Sync { device: 3, worker: 0, fault: Fault::TokenExpired },
                Op::Act { device: 2, record: 3, act: 1 },
            ],
        ),
        (
            "the office wrote on a restored server before any handheld told it, and reused its numbers",
            vec![
                capture(2, 1, &[(6, 0)]),
                Op::SyncFully { device: 2 },
                Op::ServerBackup,
                capture(1, 3, &[(0, 4), (15, 1)]),
                Op::Office { record: 1, day: 24 },
                Op::ServerRestore,
                Op::Office { record: 1, day: 18 },
            ],
        ),
        (
            "a lost answer left its author without word of a quarantine",
            vec![
                capture(1, 2, &[(1, 3), (8, 2), (17, 2)]),
                Op::SyncFully { device: 1 },
                Op::SyncFully { device: 0 },
                capture(0, 2, &[(20, 3), (6, 2), (23, 3)]),
                Op::Sync { device: 0, worker: 0, fault: Fault::None },
                Op::Sync { device: 0, worker: 0, fault: Fault::Truncated },
            ],
        ),
        (
            "a restored handheld took the other branch's numbers for its own",
            vec![
                Op::ServerBackup,
                capture(3, 2, &[(20, 0), (17, 1)]),
                Op::Sync { device: 3, worker: 0, fault: Fault::Duplicated },
                Op::Sync { device: 3, worker: 0, fault: Fault::None },
                Op::DeviceBackup { device: 3 },
                capture(3, 2, &[(19, 0)]),
                Op::ServerRestore,
                Op::Sync { device: 3, worker: 0, fault: Fault::None },
                Op::DeviceRestore { device: 3 },
                capture(3, 1, &[(13, 1), (7, 4)]),
                capture(3, 0, &[(17, 2), (20, 0), (11, 0)]),
            ],
        ),
        (
            "a restored server paged on from a cursor beyond its own end",
            vec![
                Op::Sync { device: 1, worker: 0, fault: Fault::Duplicated },
                Op::ServerBackup,
                capture(1, 0, &[(23, 2), (18, 2)]),
                Op::Sync { device: 1, worker: 0, fault: Fault::AnswerLost },
                Op::Sync { device: 1, worker: 0, fault: Fault::Duplicated },
                Op::ServerRestore,
                Op::SyncWithoutPush { device: 1 },
            ],
        ),
    ];
    for (what, ops) in found {
        if let Err(violation) = play(&ops) {
            panic!("again: {what}: {violation}");
        }
    }
}

/// Seeds are plans: the same list every time, and playing it twice ends in the same state.
#[test]
fn a_seed_is_reproducible() {
    for seed in 0..20 {
        assert_eq!(plan(seed), plan(seed));
        let (a, b) = (play(&plan(seed)), play(&plan(seed)));
        match (a, b) {
            (Ok(a), Ok(b)) => assert_eq!(a.server.store.head, b.server.store.head),
            (a, b) => assert_eq!(a.err(), b.err()),
        }
    }
}
