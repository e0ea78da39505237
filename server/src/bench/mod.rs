//! `zhifa bench`: how much work the program does for how much CPU, beside what the machine and others need.
//!
//! The workload is one that other merge engines and sync servers were measured by (`BENCHMARKS.md`). W1 to W3 run in
//! one thread through `sync_core::record`; S1 to S3 drive a server in a process of its own, with enrolled devices and
//! signed changes. CPU time is what counts; the clock is printed beside it. The figures mean something in a release build only.
//!
//! Deliberately absent: shortcuts past HTTP, the signature checks or the log; a server with other settings than `serve`.

mod author;
mod fleet;
mod limits;
mod lww;
mod measure;
mod merge;
mod report;
mod sync;
mod workload;

use std::path::{Path, PathBuf};

use report::Row;

/// Anything that ends a benchmark.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Workload {
    /// Merge both ways: one change a side, and one change an edit.
    W1,
    /// Changes applied one at a time, without and with signatures.
    W2,
    /// Cold load.
    W3,
    /// Push to a server, a change a record.
    S1,
    /// Push to a server, a change an answer.
    S1b,
    /// The first pull of a new handheld.
    S2,
    /// Pulls that find nothing new.
    S3,
}

/// Options of `zhifa bench`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// What to run; everything if nothing is named.
    #[arg(value_enum)]
    what: Vec<Workload>,
    /// `postgres://user@host/name` for S1 to S3, an empty database; SQLite without it.
    #[arg(long, env = "ZHIFA_DATABASE")]
    database: Option<String>,
    /// Records: W1 and W2 take at most 1,000 of them, W3 five times as many, S1b a tenth in 85 changes each.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    records: u32,
    /// One JSON object a workload.
    #[arg(long)]
    json: bool,
    /// Serves as the store-and-forward server that S1 to S3 are compared with.
    #[arg(long, hide = true)]
    floor: Option<PathBuf>,
    /// Loads the records of a file and says what that took: W3 runs itself so.
    #[arg(long, hide = true)]
    load: Option<PathBuf>,
}

/// Runs what is asked for and prints the figures.
pub fn run(options: &Options) -> Result<(), Failure> {
    if let Some(path) = &options.load {
        println!("{}", merge::load_file(path)?);
        return Ok(());
    }
    if let Some(folder) = &options.floor {
        return limits::serve_floor(folder);
    }
    let records = options.records as usize;
    let wanted = |w: Workload| options.what.is_empty() || options.what.contains(&w);
    let mut rows: Vec<Row> = Vec::new();
    if wanted(Workload::W1) {
        rows.push(merge::w1(records.min(1_000), false)?);
        rows.push(merge::w1(records.min(1_000), true)?);
    }
    if wanted(Workload::W2) {
        rows.extend(merge::w2(records.min(1_000))?);
    }
    if wanted(Workload::W3) {
        rows.push(merge::w3(records * 5)?);
    }
    let plan =
        sync::Plan { s1a: wanted(Workload::S1), s1b: wanted(Workload::S1b), s2: wanted(Workload::S2), s3: wanted(Workload::S3), records, database: options.database.as_deref() };
    if plan.s1a || plan.s1b || plan.s2 || plan.s3 {
        rows.extend(sync::run(plan)?);
    }
    if options.json {
        report::print_json(&rows)?;
    } else {
        report::print_table(&rows);
    }
    Ok(())
}

/// Bytes of a file.
fn sized(path: &Path) -> Result<u64, Failure> {
    Ok(std::fs::metadata(path)?.len())
}
