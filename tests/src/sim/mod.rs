//! Seeded simulation of a district: handhelds, one server, one clock, and everything that can go wrong between them.
//!
//! *Components*: the real engines of `sync-core` over stores in memory; the real wire bytes; a test signature.
//! *Faults*: request lost, answer lost after the commit, duplicated, delayed and repeated, truncated; device killed or
//! disk full between any two writes; server killed before its commit; clock jumps and reboots; token expired; officer
//! suspended; scope changed; server restored from backup; device restored; device drowned; schema bumped on either
//! side; two sync workers at once; courier bundles; causes waived; pushes failing for long.
//! *Not failures*: which of two contested values a reviewer picks; the order in which devices come by.
//!
//! A seed gives a list of [`Op`]s; a failing list is shrunk by leaving ops out.

mod field;
mod heal;
mod network;
mod office;
mod ops;
mod oracle;
mod rng;
mod world;

pub use ops::{Fault, Op, plan};
pub use oracle::Violation;
pub use rng::Rng;
pub use world::World;

/// Plays a list of ops, heals everything, and asks every oracle.
pub fn play(ops: &[Op]) -> Result<World, Violation> {
    let mut world = World::default();
    for op in ops {
        world.step(op)?;
        world.check_always()?;
    }
    world.heal()?;
    world.check_healed()?;
    Ok(world)
}

/// Plays a seed.
pub fn play_seed(seed: u64) -> Result<World, Violation> {
    play(&plan(seed))
}

/// Leaves out ops as long as the list still fails; returns a list from which no single op can be left out.
pub fn shrink(ops: Vec<Op>) -> Vec<Op> {
    let mut ops = ops;
    let mut chunk = ops.len().div_ceil(2).max(1);
    loop {
        let mut start = 0;
        let mut shorter = false;
        while start < ops.len() {
            let mut candidate = ops.clone();
            candidate.drain(start..(start + chunk).min(ops.len()));
            if play(&candidate).is_err() {
                ops = candidate;
                shorter = true;
            } else {
                start += chunk;
            }
        }
        if chunk == 1 && !shorter {
            return ops;
        }
        chunk = if shorter { chunk } else { chunk.div_ceil(2) }.max(1);
    }
}

/// A failing seed as a readable account: what was violated, and the shortest list of steps that still does.
pub fn account(seed: u64, violation: &Violation) -> String {
    let ops = shrink(plan(seed));
    let steps: Vec<String> = ops.iter().enumerate().map(|(i, op)| format!("  {:>3}. {op:?}", i + 1)).collect();
    let last = play(&ops).err().unwrap_or_else(|| violation.clone());
    format!("seed {seed}: {violation}\nshrunk to {} steps ({last}):\n{}", ops.len(), steps.join("\n"))
}
