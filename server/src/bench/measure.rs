//! Clocks and counters: CPU time, because the machine is shared and wall clock says little.

use std::path::Path;
use std::time::{Duration, Instant};

use super::Failure;

/// CPU time of the calling thread.
pub fn thread_cpu() -> Duration {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(t.tv_sec.unsigned_abs(), u32::try_from(t.tv_nsec).unwrap_or(0))
}

/// CPU time of the calling thread that `f` takes, in seconds, and what it gives.
pub fn timed<T>(f: impl FnOnce() -> T) -> (f64, T) {
    let start = thread_cpu();
    let out = f();
    (thread_cpu().saturating_sub(start).as_secs_f64(), out)
}

/// Wall time and CPU time of a stretch of work of other processes.
pub struct Stretch {
    start: Instant,
    trees: Vec<u32>,
    cpu: f64,
}

impl Stretch {
    /// Begins to count the CPU of these process trees.
    pub fn begin(trees: Vec<u32>) -> Stretch {
        let cpu = trees.iter().map(|t| tree_cpu(*t)).sum();
        Stretch { start: Instant::now(), trees, cpu }
    }

    /// Wall seconds and CPU seconds since the beginning.
    pub fn end(&self) -> (f64, f64) {
        let wall = self.start.elapsed().as_secs_f64();
        (wall, self.trees.iter().map(|t| tree_cpu(*t)).sum::<f64>() - self.cpu)
    }
}

/// Processes of a tree, each with its statistics as in proc(5) from the third field on.
fn tree(root: u32) -> Vec<(u32, Vec<u64>)> {
    let mut all: Vec<(u32, Vec<u64>)> = std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|e| stat(&e.path())).collect();
    let mut out = Vec::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        open.extend(all.iter().filter(|(_, numbers)| numbers.get(1) == Some(&u64::from(parent))).map(|(pid, _)| *pid));
        out.extend(all.extract_if(.., |(pid, _)| *pid == parent));
    }
    out
}

fn stat(folder: &Path) -> Option<(u32, Vec<u64>)> {
    let pid = folder.file_name()?.to_str()?.parse().ok()?;
    let text = std::fs::read_to_string(folder.join("stat")).ok()?;
    // The command's name may hold anything; what follows its last parenthesis is numbers but for the state.
    let (_, rest) = text.rsplit_once(") ")?;
    Some((pid, rest.split(' ').map(|n| n.trim().parse().unwrap_or(0)).collect()))
}

/// User and system time of a process tree with its reaped children, in seconds; ticks are hundredths on Linux.
fn tree_cpu(root: u32) -> f64 {
    let ticks: u64 = tree(root).iter().flat_map(|(_, n)| n.get(11..15).unwrap_or_default().iter()).sum();
    ticks as f64 / 100.0
}

/// Proportional memory of a process tree, in MiB.
pub fn tree_mib(root: u32) -> f64 {
    let pss = |pid: u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        text.lines().find_map(|l| l.strip_prefix("Pss:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok())
    };
    tree(root).iter().filter_map(|(pid, _)| pss(*pid)).sum::<f64>() / 1024.0
}

/// The parent of a process.
pub fn parent_of(pid: u32) -> Option<u32> {
    let (_, numbers) = stat(Path::new(&format!("/proc/{pid}")))?;
    u32::try_from(*numbers.get(1)?).ok()
}

/// Resident memory of this process, in bytes.
pub fn own_rss() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 4096
}

/// Bytes of the files below a folder.
pub fn folder_bytes(folder: &Path) -> Result<u64, Failure> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        sum += if about.is_dir() { folder_bytes(&entry.path())? } else { about.len() };
    }
    Ok(sum)
}

/// The `p`-th part of the values, from 0 to 1.
pub fn quantile(values: &mut [f64], p: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len().saturating_sub(1) as f64 * p) as usize;
    values.get(at).copied().unwrap_or(0.0)
}
