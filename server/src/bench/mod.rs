//! `zhifa bench`: how much work the program does for how much CPU, beside what the machine and others need.
//!
//! The workload is one that other merge engines and sync servers were measured by (`BENCHMARKS.md`). W1 to W3 run in
//! one thread through `sync_core::record`; S1 to S4 drive a server in a process of its own, with enrolled devices and
//! signed changes; the catalogue's import and look-up run in this process. CPU time is what counts; the clock is printed
//! beside it. The figures mean something in a release build only.
//!
//! Deliberately absent in S1 to S4: shortcuts past HTTP, the signature checks or the log; a server with other settings than `serve`.

mod author;
mod client;
mod floor;
mod import;
mod law;
mod limits;
mod lww;
mod measure;
mod merge;
mod photos;
mod picture;
mod plan;
mod process;
mod report;
pub mod scale;
mod site;
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
    /// Push, one change a record, and one change an answer.
    S1,
    /// First pull of everything.
    S2,
    /// Asking when nothing is new.
    S3,
    /// Photos by tus.
    S4,
    /// A photo of 12 megapixels: facts and copies.
    Picture,
    /// The law on a handheld: the whole catalogue, and looking it up there.
    Law,
    /// A workbook of 2,742 matters, shown and imported.
    Import,
    /// Looking matters up as people type them.
    Lookup,
    /// Merging and scheduling plans of 1,250 to 10,000 entries.
    Plan,
    /// Lists and figures over 10,000 visits and over many: runs only if it is named.
    Scale,
}

/// Options of `zhifa bench`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// What to run; everything if nothing is named.
    #[arg(value_enum)]
    what: Vec<Workload>,
    /// Records: W1 and W2 take at most 1,000 of them; W3 five times as many.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    records: u32,
    /// Visits of the large database of `scale`.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..=10_000_000))]
    visits: u64,
    /// Its cases.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1_000..=2_000_000))]
    cases: u64,
    /// A folder for the databases of `scale`: they are loaded there once, and measured there again the next time.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// One JSON object a workload.
    #[arg(long)]
    json: bool,
    /// URL of a PostgreSQL server on this machine where a database may be made for S1 and for `scale`: `postgres://user@host/name`.
    #[arg(long, env = "ZHIFA_BENCH_DATABASE")]
    database: Option<String>,
    /// Serves the floor from this folder: S1 to S4 run it beside the server.
    #[arg(long, hide = true)]
    floor: Option<PathBuf>,
    /// Does a step with a picture and says what that took: `picture` runs itself so.
    #[arg(long, hide = true, num_args = 2, value_names = ["STEP", "FILE"])]
    picture: Option<Vec<String>>,
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
    if let Some([step, file]) = options.picture.as_deref() {
        return picture::step(step, Path::new(file));
    }
    if let Some(folder) = &options.floor {
        return floor::serve(folder);
    }
    if options.what.contains(&Workload::Scale) {
        scale::run(options.visits, options.cases, options.database.as_deref(), options.keep.as_deref(), options.json)?;
        if options.what.len() == 1 {
            return Ok(());
        }
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
    if [Workload::S1, Workload::S2, Workload::S3].into_iter().any(wanted) {
        rows.extend(sync::run(records, &wanted, options.database.as_deref())?);
    }
    if wanted(Workload::S4) {
        rows.push(photos::run()?);
    }
    if wanted(Workload::Picture) {
        rows.extend(picture::run()?);
    }
    if wanted(Workload::Import) {
        rows.extend(import::import()?);
    }
    if wanted(Workload::Lookup) {
        rows.push(import::lookup()?);
    }
    if wanted(Workload::Law) {
        rows.push(law::run()?);
    }
    if wanted(Workload::Plan) {
        rows.extend(plan::run()?);
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
