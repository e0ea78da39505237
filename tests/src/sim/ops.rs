//! What can happen, and a plan of it for every seed.

use super::Rng;

/// Number of handhelds a world begins with.
pub const DEVICES: usize = 4;
/// Number of records that they work on.
pub const RECORDS: usize = 4;

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It never arrives.
    RequestLost,
    /// It is committed, the answer never arrives.
    AnswerLost,
    /// It arrives twice.
    Duplicated,
    /// The answer is cut.
    Truncated,
    /// The device dies at its n-th write while it takes the answer in.
    DeviceKilled(u32),
    /// The server dies at its n-th write, before the commit.
    ServerKilled(u32),
    /// The token has expired.
    TokenExpired,
    /// The server answers with an error it never used before.
    StrangeError,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Op {
    /// An officer writes one or more fields of what his handheld shows.
    Capture { device: usize, record: usize, edits: Vec<(u8, u8)>, dies_at: Option<u32> },
    /// An officer acts: begin, sign, close, reopen.
    Act { device: usize, record: usize, act: u8 },
    /// One request of a handheld's session.
    Sync { device: usize, worker: usize, fault: Fault },
    /// A whole session without faults.
    SyncFully { device: usize },
    /// A whole session in which every push fails.
    SyncWithoutPush { device: usize },
    /// A delayed copy of an earlier request arrives at last.
    Replay { pick: usize },
    /// One handheld's pending work travels on another.
    Courier { from: usize, to: usize, record: Option<usize>, dies_at: Option<u32> },
    /// A reviewer resolves one contested field.
    Resolve { pick: usize },
    /// The office writes a field of its own.
    Office { record: usize, day: u8 },
    /// A reviewer releases or dismisses something in quarantine.
    Review { pick: usize, dismiss: bool },
    /// A reviewer gives up waiting for a cause.
    Waive { pick: usize },
    /// A reviewer confirms or revokes an excepted deed.
    Decide { pick: usize, revoke: bool },
    /// An officer is suspended, or comes back.
    Suspend { device: usize, suspended: bool },
    /// An officer's unit grant begins or ends.
    Grant { device: usize, unit: u8, held: bool },
    /// The server is backed up.
    ServerBackup,
    /// The server is restored from its last backup.
    ServerRestore,
    /// A handheld's store is copied.
    DeviceBackup { device: usize },
    /// A handheld is restored from its copy.
    DeviceRestore { device: usize },
    /// A handheld is gone for ever; its officer gets a new one.
    Drown { device: usize },
    /// A handheld reboots, its clock jumps.
    Clock { device: usize, hours: i32 },
    /// The server's program learns the next schema.
    UpgradeServer,
    /// A handheld's program learns the next schema.
    UpgradeDevice { device: usize },
}

/// The plan of a seed. Each seed turns kinds of faults on and off (swarm), so that rare ones meet each other.
pub fn plan(seed: u64) -> Vec<Op> {
    let mut rng = Rng::new(seed);
    let on: Vec<bool> = (0..16).map(|_| rng.chance(55)).collect();
    let on = |i: usize| on.get(i).copied().unwrap_or(false);
    let steps = 60 + rng.below(120);
    let mut ops = Vec::with_capacity(steps);
    while ops.len() < steps {
        let device = rng.below(DEVICES);
        let record = rng.below(RECORDS);
        let dies = |rng: &mut Rng, on: bool| (on && rng.chance(15)).then(|| rng.below(6) as u32);
        ops.push(match rng.below(100) {
            0..=33 => {
                let edits = (0..1 + rng.below(3)).map(|_| (rng.below(24) as u8, rng.below(5) as u8)).collect();
                Op::Capture { device, record, edits, dies_at: dies(&mut rng, on(0)) }
            }
            34..=38 => Op::Act { device, record, act: rng.below(4) as u8 },
            39..=62 => {
                let fault = match rng.below(20) {
                    0..=1 if on(1) => Fault::RequestLost,
                    2..=4 if on(2) => Fault::AnswerLost,
                    5..=6 if on(3) => Fault::Duplicated,
                    7 if on(4) => Fault::Truncated,
                    8..=9 if on(0) => Fault::DeviceKilled(rng.below(12) as u32),
                    10..=11 if on(5) => Fault::ServerKilled(rng.below(30) as u32),
                    12 => Fault::TokenExpired,
                    13 => Fault::StrangeError,
                    _ => Fault::None,
                };
                Op::Sync { device, worker: if on(6) { rng.below(2) } else { 0 }, fault }
            }
            63..=70 => Op::SyncFully { device },
            71 => Op::SyncWithoutPush { device },
            72..=73 if on(3) => Op::Replay { pick: rng.below(64) },
            74..=76 if on(7) => Op::Courier { from: device, to: rng.below(DEVICES), record: rng.chance(50).then_some(record), dies_at: dies(&mut rng, on(0)) },
            77..=79 => Op::Resolve { pick: rng.below(16) },
            80..=81 => Op::Office { record, day: rng.below(28) as u8 },
            82..=83 => Op::Review { pick: rng.below(16), dismiss: rng.chance(25) },
            84 if on(8) => Op::Waive { pick: rng.below(16) },
            85 => Op::Decide { pick: rng.below(16), revoke: rng.chance(40) },
            86 if on(9) => Op::Suspend { device, suspended: rng.chance(60) },
            87..=88 if on(10) => Op::Grant { device, unit: rng.below(2) as u8, held: rng.chance(50) },
            89..=90 if on(11) => Op::ServerBackup,
            91 if on(11) => Op::ServerRestore,
            92 if on(12) => Op::DeviceBackup { device },
            93 if on(12) => Op::DeviceRestore { device },
            94 if on(13) => Op::Drown { device },
            95..=96 if on(14) => Op::Clock { device, hours: rng.below(2_000) as i32 - 1_000 },
            97 if on(15) => Op::UpgradeServer,
            98 if on(15) => Op::UpgradeDevice { device },
            _ => continue,
        });
    }
    ops
}
