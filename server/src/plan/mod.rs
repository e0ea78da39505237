//! Plan coordination (计划统筹): what plans need beyond `record` ([`gate`], [`import`]), runs of matching with their proposals and
//! what becomes of them ([`http`]), and `zhifa plan` and `zhifa verify-draw`: the same (`sync_core::plan`) on files, without a database.
//!
//! `merge` reads the organs' entries and the squads and prints proposals, schedule, gap and figures; `example` writes entries
//! or squads to try it with; `commit` and `draw` make a random draw whose transcript `verify-draw` replays. Calendar and policies are those
//! that come with the program. Exit codes are those of `zhifa verify`: 0, nothing is wrong; 1, something is; 2, it could not be done.
//!
//! Deliberately absent: approval. What is printed is a proposal.

mod draw;
pub mod drawn;
pub mod gate;
pub mod http;
pub mod import;
pub mod matching;
mod objects;
mod print;
pub mod proposal;
mod read;
mod table;
mod task;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use sync_core::dated::Book;
use sync_core::fixtures;
use sync_core::law::policy;
use sync_core::law::{Calendar, Period};
use sync_core::plan::cap::Past;
use sync_core::plan::gain::total;
use sync_core::plan::{Entry, Gain, Ground, Language, Merged, OpenDays, Proposal, Schedule, Squad, merge, schedule};

use crate::import::report::CellError;

pub use draw::VerifyDraw;

/// Anything that keeps a command from doing its work.
type Failure = Box<dyn std::error::Error>;

/// `zhifa plan`.
#[derive(Debug, clap::Args)]
pub struct Call {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Propose the fewest visits for several organs' plans and fit them to squads.
    ///
    /// Columns, in any order: id 编号, organ 机关, matters 事项 (codes with ';' between), object 对象, area 区域, from 开始, to 截止,
    /// mode 方式 (on_site 现场, off_site 非现场), visits 次数, basis 依据, kind 类别 (daily 日常, special_own 本级专项,
    /// special_superior 上级专项, triggered 触发式, appointment 邀约式), risk 风险 (low 低, medium 中, high 高), minutes 分钟, officers 人数.
    Merge(Merge),
    /// Write a year's invented entries of five departments for 300 objects as CSV, or the squads that go with them.
    Example {
        /// Another seed gives other entries.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Write the squads, as JSON.
        #[arg(long)]
        squads: bool,
    },
    /// Draw a secret seed for a list and print the commitment to publish before the draw.
    Commit {
        /// The list, as JSON.
        list: PathBuf,
        /// Where to keep the seed until the draw; must not exist yet.
        #[arg(long)]
        secret: PathBuf,
    },
    /// Draw from a list and print the transcript, which reveals the seed.
    Draw {
        /// The list that was committed to.
        list: PathBuf,
        /// The seed that `commit` kept.
        #[arg(long)]
        secret: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct Merge {
    /// Entries: an XLSX or CSV file whose first row names the columns.
    entries: PathBuf,
    /// Squads: a JSON list of {id, areas, officers, minutes, closed}.
    #[arg(long)]
    squads: PathBuf,
    /// Visits that took place: a JSON list of {visit, organ, object, day, kind, checked_in}.
    #[arg(long)]
    past: Option<PathBuf>,
    /// Least days between two visits that one entry wants.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=366))]
    apart: u16,
    /// Print English instead of Chinese.
    #[arg(long)]
    english: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Everything that a merge found.
#[derive(Debug, Serialize)]
struct Report {
    entries: usize,
    merged: Merged,
    schedule: Schedule,
    gap: usize,
    gain: Gain,
    /// In hundredths of a percent.
    reduction: usize,
    proposals: Vec<Proposal>,
    squads: Vec<Squad>,
}

impl Call {
    /// Does what was asked for and prints it.
    pub fn run(&self) -> ExitCode {
        let done = match &self.what {
            What::Merge(options) => options.run(),
            What::Example { seed, squads } => example(*seed, *squads).map(|()| true),
            What::Commit { list, secret } => draw::commit(list, secret).map(|()| true),
            What::Draw { list, secret } => draw::draw_from(list, secret).map(|()| true),
        };
        ended(done)
    }
}

/// 0: nothing is wrong; 1: something is; 2: it could not be done.
fn ended(done: Result<bool, Failure>) -> ExitCode {
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(why) => {
            eprintln!("zhifa: {why}");
            ExitCode::from(2)
        }
    }
}

fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()).into())
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    serde_json::from_slice(&file(path)?).map_err(|e| format!("{}: {e}", path.display()).into())
}

/// Prints a text; a reader that has gone away is an error and no panic.
fn say(text: &str) -> Result<(), Failure> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

/// The calendar and the policies that come with the program.
fn law() -> Result<(Book, Calendar), Failure> {
    let mut book = Book::new();
    for row in fixtures::law::policies()?.into_iter().chain(fixtures::law::years()?) {
        book.insert(row)?;
    }
    let calendar = Calendar::of(&book);
    Ok((book, calendar))
}

impl Merge {
    fn run(&self) -> Result<bool, Failure> {
        let (book, calendar) = law()?;
        let entries = match read::entries(&file(&self.entries)?, &book)? {
            Ok(entries) => entries,
            Err(errors) => return print_errors(&errors, self.json),
        };
        let squads: Vec<Squad> = json(&self.squads)?;
        read::check_squads(&squads).map_err(|why| format!("{}: {why}", self.squads.display()))?;
        let past: Vec<Past> = self.past.as_deref().map(json).transpose()?.unwrap_or_default();
        let report = self.report(&entries, squads, &past, &book, &calendar)?;
        if self.json {
            say(&(serde_json::to_string(&report)? + "\n"))?;
        } else {
            say(&print::report(&report, if self.english { Language::English } else { Language::Chinese })?)?;
        }
        Ok(report.merged.unmet.is_empty() && report.schedule.unplaced.is_empty())
    }

    fn report(&self, entries: &[Entry], squads: Vec<Squad>, past: &[Past], book: &Book, calendar: &Calendar) -> Result<Report, Failure> {
        let first = entries.iter().map(|entry| entry.from).min().ok_or("the file has no entries")?;
        let last = entries.iter().map(|entry| entry.to).max().unwrap_or(first);
        let open = OpenDays::of(calendar, first, last, &BTreeSet::new())?;
        let near = policy::get::<Period>(book, "inspection.merge.window", first)?.value.count;
        let merged = merge(entries, &Ground { book, open: &open, past, risks: &BTreeMap::new(), apart: self.apart, near })?;
        let schedule = schedule(&merged.visits, &squads, &open);
        let organ = |id: &str| entries.iter().find(|entry| entry.id == id).map(|entry| entry.organ.clone()).unwrap_or_default();
        let proposals: Vec<Proposal> = merged.visits.iter().map(|visit| Proposal::of(visit, organ)).collect();
        let gain = total(&proposals);
        Ok(Report { entries: entries.len(), gap: schedule.gap(), reduction: gain.reduction(), gain, merged, schedule, proposals, squads })
    }
}

fn print_errors(errors: &[CellError], json: bool) -> Result<bool, Failure> {
    if json {
        say(&(serde_json::to_string(&serde_json::json!({ "errors": errors }))? + "\n"))?;
    } else {
        for error in errors {
            say(&format!("{}!{} {} \"{}\": {}\n", error.sheet, error.row, error.column, error.value, error.reason))?;
        }
    }
    Ok(false)
}

fn example(seed: u64, squads: bool) -> Result<(), Failure> {
    let year = fixtures::plan::year(seed)?;
    if squads {
        return say(&(serde_json::to_string_pretty(&year.squads)? + "\n"));
    }
    say(&read::written(&year.entries)?)
}

#[cfg(test)]
mod tests;
