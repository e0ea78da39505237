//! The offline lease: for how long a store may be read without the office having been heard.
//!
//! Time is counted so that setting the clock back prolongs nothing: within a boot by the monotonic clock, across
//! boots by how far the wall clock passed its highest reading ever seen. A wall clock set forward uses the lease up,
//! until the next contact begins a new one.
//!
//! Deliberately absent: what lapses with it. A lease says that reading ends; capturing and delivering never do.

use serde::{Deserialize, Serialize};

/// A reading of a device's clocks. Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// UTC since 1970.
    pub wall: i64,
    /// Since boot, sleep included where the system can tell.
    pub mono: i64,
    /// Names the boot that `mono` counts from.
    pub boot: u64,
}

/// What was granted at the last contact, and how much of it is used up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// For how long, in milliseconds; nothing may be read with 0.
    pub length_ms: i64,
    /// The wall clock at the contact, or the server's if that was ahead.
    pub from: i64,
    /// Milliseconds used up as of `seen`. Never goes down.
    pub used_ms: i64,
    /// The last observation, its wall clock the highest of all.
    pub seen: Reading,
}

impl Lease {
    /// A lease granted now by a server whose clock says `server_ms`.
    pub fn begin(length_ms: i64, server_ms: i64, now: Reading) -> Lease {
        let from = now.wall.max(server_ms);
        Lease { length_ms, from, used_ms: 0, seen: Reading { wall: from, ..now } }
    }

    /// Counts the time up to now.
    pub fn observe(&mut self, now: Reading) {
        let same_boot = now.boot == self.seen.boot;
        let passed = if same_boot { now.mono.saturating_sub(self.seen.mono) } else { now.wall.saturating_sub(self.seen.wall) };
        let by_wall = now.wall.saturating_sub(self.from);
        self.used_ms = self.used_ms.saturating_add(passed.max(0)).max(by_wall);
        // Two threads may bring their readings in the wrong order.
        let mono = if same_boot { now.mono.max(self.seen.mono) } else { now.mono };
        self.seen = Reading { wall: now.wall.max(self.seen.wall), mono, boot: now.boot };
    }

    /// Milliseconds left as of the last observation; 0 once it has lapsed.
    pub fn left_ms(&self) -> i64 {
        self.length_ms.saturating_sub(self.used_ms).max(0)
    }

    /// Whether nothing is left.
    pub fn has_lapsed(&self) -> bool {
        self.left_ms() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = 86_400_000;
    const START: i64 = 1_790_000_000_000;

    fn at(day: i64, mono_day: i64, boot: u64) -> Reading {
        Reading { wall: START + day * DAY, mono: mono_day * DAY, boot }
    }

    fn after(readings: &[Reading]) -> Lease {
        let mut lease = Lease::begin(30 * DAY, START, at(0, 0, 1));
        readings.iter().for_each(|r| lease.observe(*r));
        lease
    }

    #[test]
    fn it_lapses_after_its_days_whether_the_device_ran_or_was_off() {
        assert_eq!(after(&[at(29, 29, 1)]).left_ms(), DAY);
        assert!(after(&[at(30, 30, 1)]).has_lapsed());
        assert_eq!(after(&[at(29, 0, 2)]).left_ms(), DAY);
        assert!(after(&[at(30, 0, 2)]).has_lapsed());
    }

    #[test]
    fn setting_the_clock_back_prolongs_nothing() {
        assert!(after(&[at(0, 30, 1)]).has_lapsed(), "the monotonic clock counts on");
        assert_eq!(after(&[at(29, 29, 1), at(0, 0, 2)]).left_ms(), DAY, "what was seen once counts for good");
        assert!(after(&[at(29, 29, 1), at(0, 0, 2), at(1, 1, 2)]).has_lapsed(), "and the new boot counts from there");
    }

    #[test]
    fn a_device_that_wakes_in_1970_has_not_used_its_lease_up() {
        let wrong = Reading { wall: 1_000, mono: 0, boot: 2 };
        assert_eq!(after(&[wrong, at(1, 0, 3)]).left_ms(), 29 * DAY);
        let mut lease = Lease::begin(30 * DAY, START, Reading { wall: 5, mono: 0, boot: 1 });
        lease.observe(at(1, 1, 1));
        assert_eq!(lease.left_ms(), 29 * DAY, "the clock was put right after the contact");
    }

    #[test]
    fn a_lease_of_nothing_lets_nothing_be_read() {
        assert!(Lease::begin(0, START, at(0, 0, 1)).has_lapsed());
    }

    proptest! {
        /// Whatever the wall clock was set to: at least the running time of every boot is counted, and never less than before.
        #[test]
        fn no_setting_of_the_clock_gives_more_than_the_running_time_leaves(steps in proptest::collection::vec((any::<bool>(), 0i64..DAY, -400i64..400), 1..60)) {
            let mut lease = Lease::begin(30 * DAY, START, at(0, 0, 0));
            let (mut boot, mut mono, mut ran, mut used) = (0, 0, 0i64, 0);
            for (reboots, runs, set_to_day) in steps {
                if reboots {
                    (boot, mono) = (boot + 1, 0);
                    lease.observe(Reading { wall: START + set_to_day * DAY, mono, boot });
                }
                mono += runs;
                ran += runs;
                lease.observe(Reading { wall: START + set_to_day * DAY, mono, boot });
                prop_assert!(lease.used_ms >= ran && lease.used_ms >= used);
                used = lease.used_ms;
            }
        }
    }
}
