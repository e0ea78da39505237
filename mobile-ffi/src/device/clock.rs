//! What the operating system knows of the time. A host with better knowledge hands in its own `Stamp`.

use rustix::time::{ClockId, clock_gettime};
use std::sync::OnceLock;
use sync_core::base::digest::Digest;

pub use sync_core::replica::Reading;

fn millis(id: ClockId) -> i64 {
    let t = clock_gettime(id);
    t.tv_sec.saturating_mul(1000).saturating_add(t.tv_nsec / 1_000_000)
}

/// The present reading.
pub fn now() -> Reading {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let mono = millis(ClockId::Boottime);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let mono = millis(ClockId::Monotonic);
    Reading { wall: millis(ClockId::Realtime), mono, boot: boot_id() }
}

/// The kernel's name of this boot. Where there is none, each process counts as a boot of its own: intervals
/// across restarts become wider, never wrong.
fn boot_id() -> u64 {
    static ID: OnceLock<u64> = OnceLock::new();
    *ID.get_or_init(|| match std::fs::read("/proc/sys/kernel/random/boot_id") {
        Ok(text) => Digest::plain(&text).short(),
        Err(_) => getrandom::u64().unwrap_or_else(|_| millis(ClockId::Realtime).unsigned_abs()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_boot_counts_forward() {
        let (a, b) = (now(), now());
        assert_eq!(a.boot, b.boot);
        assert!(b.mono >= a.mono && a.wall > 1_600_000_000_000);
    }
}
