//! When to try again: jittered, exponential, bounded.

use std::time::Duration;

/// The shortest wait after a failure.
const FIRST: Duration = Duration::from_secs(30);
/// The longest.
const LAST: Duration = Duration::from_secs(15 * 60);

/// How long to wait after `failures` sessions in a row that did not end well (0: after a good one).
///
/// Doubles from 30 s to 15 min; `random` spreads it over the upper half, so that a team whose network came back
/// does not call all at once. A longer `Retry-After` is honoured up to a day. The host resets the count when
/// connectivity changes.
pub fn wait(failures: u32, retry_after_s: Option<u64>, random: u64) -> Duration {
    let full = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(5)).min(LAST);
    let full_ms = u64::try_from(full.as_millis()).unwrap_or(u64::MAX);
    let jittered = Duration::from_millis(full_ms / 2 + random % (full_ms / 2 + 1));
    let asked = Duration::from_secs(retry_after_s.unwrap_or(0).min(86_400));
    if failures == 0 { LAST.max(asked) } else { jittered.max(FIRST).max(asked) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_half_a_minute_to_a_quarter_of_an_hour() {
        for (failures, most) in [(1, 30), (2, 60), (3, 120), (5, 480), (6, 900), (60, 900)] {
            for random in [0, 7, u64::MAX] {
                let wait = wait(failures, None, random).as_secs();
                assert!((30..=most).contains(&wait) || (failures > 1 && wait >= most / 2 && wait <= most), "{failures}: {wait}");
            }
        }
    }

    #[test]
    fn a_longer_retry_after_is_honoured_up_to_a_day() {
        assert_eq!(wait(1, Some(7_200), 5).as_secs(), 7_200);
        assert_eq!(wait(0, Some(u64::MAX), 5).as_secs(), 86_400);
    }
}
