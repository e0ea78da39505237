//! Instants are UTC milliseconds; a device's time is evidence with an interval, never an ordering.

use serde::{Deserialize, Serialize};

/// A UTC instant in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
pub struct UtcMs(pub i64);

/// What a device knew about the time when it captured something. Milliseconds throughout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The device's wall clock.
    pub wall: i64,
    /// Milliseconds since this boot, which nobody can set.
    pub mono: i64,
    /// Names the boot that `mono` counts from.
    pub boot: u64,
    /// Server time at the last contact, with the monotonic reading at that moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerContact>,
    /// Satellite time, where the device had a fix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gnss: Option<i64>,
}

/// A moment at which device and server spoke: what the server said, and the device's own counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerContact {
    /// The server's clock.
    pub at: i64,
    /// The device's monotonic clock then.
    pub mono: i64,
    /// The boot it belongs to.
    pub boot: u64,
}

/// When something happened, as far as it can be known: both ends inclusive, with doubts named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// Not before.
    pub earliest: UtcMs,
    /// Not after.
    pub latest: UtcMs,
    /// The wall clock lies outside the interval by more than [`CLOCK_DOUBT_MS`]: shown, never refused.
    pub clock_doubtful: bool,
}

/// A wall clock further off than this is shown as doubtful (five minutes, `domain.md` §11).
pub const CLOCK_DOUBT_MS: i64 = 5 * 60 * 1000;

/// Allowance for the drift of a monotonic clock: 200 parts per million.
const DRIFT_PPM: i64 = 200;

/// Derives the interval in which a capture happened from monotonic time and the last server contact.
///
/// * Same boot as the last contact: server time plus elapsed monotonic time, ± drift.
/// * Another boot: not before the last contact, not after `received`.
/// * Never in contact: only `received` bounds it; the wall clock serves as the earliest guess if it
///   does not lie in the future.
///
/// A satellite time inside the bounds narrows the interval to ± 2 s. `received` is the server's clock
/// on arrival; all in UTC milliseconds.
pub fn interval(stamp: &Stamp, received: UtcMs) -> Interval {
    let received = received.0;
    let (mut earliest, mut latest) = match stamp.server {
        Some(c) if c.boot == stamp.boot && stamp.mono >= c.mono => {
            let elapsed = stamp.mono.saturating_sub(c.mono);
            let at = c.at.saturating_add(elapsed);
            let drift = (elapsed / 1_000_000).saturating_mul(DRIFT_PPM).saturating_add(2_000);
            (at.saturating_sub(drift), at.saturating_add(drift))
        }
        Some(c) => (c.at, received),
        None => (stamp.wall.min(received), received),
    };
    latest = latest.min(received).max(earliest.min(received));
    earliest = earliest.min(latest);
    if let Some(g) = stamp.gnss
        && (earliest..=latest).contains(&g)
    {
        earliest = earliest.max(g.saturating_sub(2_000));
        latest = latest.min(g.saturating_add(2_000));
    }
    let doubtful = stamp.wall < earliest.saturating_sub(CLOCK_DOUBT_MS) || stamp.wall > latest.saturating_add(CLOCK_DOUBT_MS);
    Interval { earliest: UtcMs(earliest), latest: UtcMs(latest), clock_doubtful: doubtful }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(wall: i64, mono: i64, boot: u64, server: Option<ServerContact>) -> Stamp {
        Stamp { wall, mono, boot, server, gnss: None }
    }

    #[test]
    fn the_same_boot_gives_a_narrow_interval_whatever_the_wall_says() {
        let c = ServerContact { at: 1_000_000, mono: 5_000, boot: 1 };
        let i = interval(&stamp(99_999_999_999, 65_000, 1, Some(c)), UtcMs(9_000_000));
        assert_eq!((i.earliest, i.latest), (UtcMs(1_058_000), UtcMs(1_062_000)));
        assert!(i.clock_doubtful);
    }

    #[test]
    fn another_boot_lies_between_contact_and_arrival() {
        let c = ServerContact { at: 1_000_000, mono: 5_000, boot: 1 };
        let i = interval(&stamp(1_500_000, 10, 2, Some(c)), UtcMs(2_000_000));
        assert_eq!((i.earliest, i.latest, i.clock_doubtful), (UtcMs(1_000_000), UtcMs(2_000_000), false));
    }

    #[test]
    fn an_absurd_clock_is_shown_not_believed() {
        let i = interval(&stamp(i64::MAX, 0, 0, None), UtcMs(2_000_000));
        assert_eq!((i.earliest, i.latest, i.clock_doubtful), (UtcMs(2_000_000), UtcMs(2_000_000), true));
        let c = ServerContact { at: i64::MAX, mono: i64::MIN, boot: 0 };
        let i = interval(&stamp(i64::MIN, i64::MAX, 0, Some(c)), UtcMs(5));
        assert!(i.earliest <= i.latest && i.clock_doubtful);
    }
}
