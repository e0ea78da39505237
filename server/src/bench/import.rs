//! The catalogue: a workbook of 2,742 matters shown and imported, and matters looked up as people type them.
//!
//! The import runs as `zhifa admin import` does, in this process over a fresh SQLite database: reading, checking,
//! comparing, writing with one entry of the audit a row. The look-up is what the route does, without HTTP.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use sync_core::dated::{Book, Kind, Row as DatedRow};
use sync_core::fixtures;

use super::Failure;
use super::measure::{own_rss, quantile, timed};
use super::report::Row;
use crate::app::App;
use crate::base::clock::SystemClock;
use crate::base::config::Config;
use crate::import::{Order, What, workbook_of};
use crate::law::find;
use crate::org::ops::SYSTEM;

/// How many matters the article speaks of.
const MATTERS: usize = 2_742;
/// Fresh databases; the median counts.
const RUNS: usize = 3;
/// Look-ups of each query.
const ROUNDS: usize = 500;
/// What people type: characters, initials, syllables, beginnings of codes, several words, and what is not there.
const QUERIES: [&str; 12] = ["道口", "dk", "dkbj", "daokou", "噪声", "zs", "UM-008", "SYN-", "未按规定", "wagd", "水 排放", "xyzzy"];

/// The first matters of the catalogue that comes with the program, each in its first version.
fn matters() -> Result<Book, Failure> {
    let mut seen = BTreeSet::new();
    let first = |row: &DatedRow| row.kind == Kind::Matter && seen.insert(row.key.clone());
    let rows: Vec<DatedRow> = fixtures::catalogue::rows()?.into_iter().filter(first).take(MATTERS).collect();
    let mut book = Book::new();
    for row in rows {
        book.insert(row)?;
    }
    if book.len() == MATTERS { Ok(book) } else { Err(format!("the fixtures have {} matters, not {MATTERS}", book.len()).into()) }
}

fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

/// Shows the differences of a workbook of 2,742 matters against an empty book, and imports it.
pub fn import() -> Result<Vec<Row>, Failure> {
    let system = actix_web::rt::System::new();
    let file = workbook_of(What::Matters, &matters()?)?;
    let (mut shown, mut applied) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let folder = tempfile::tempdir()?;
        let app = Arc::new(App::open(&Config::local(folder.path()), sync_core::schema::kinds(), Arc::new(SystemClock))?);
        let start = Instant::now();
        let report = system.block_on(app.import(SYSTEM, What::Matters, file.clone(), None))?;
        shown.push(start.elapsed().as_secs_f64());
        if let Some(error) = report.errors.first() {
            return Err(format!("row {} {}: {}", error.row, error.column, error.reason).into());
        }
        let order = Order { plan: report.plan, reason: "measured".into() };
        let start = Instant::now();
        let report = system.block_on(app.import(SYSTEM, What::Matters, file.clone(), Some(order)))?;
        applied.push(start.elapsed().as_secs_f64());
        if report.counts.added != MATTERS {
            return Err(format!("{} rows were imported, not {MATTERS}", report.counts.added).into());
        }
        app.end();
    }
    let row = |name, times: &mut [f64]| {
        let wall_s = median(times);
        let size = file.len() as f64 / MATTERS as f64;
        Row { wall_s, per_s: MATTERS as f64 / wall_s, wire_bytes_per_record: size, rss_mb: own_rss() as f64 / (1 << 20) as f64, ..Row::new(name, MATTERS) }
    };
    Ok(vec![row("import_shown", &mut shown), row("import_applied", &mut applied)])
}

/// Looks matters up in an index over 2,742 of them.
pub fn lookup() -> Result<Row, Failure> {
    let book = matters()?;
    let (build, index) = timed(|| find::matters(&book));
    let mut times = Vec::with_capacity(QUERIES.len() * ROUNDS);
    let mut hits = 0;
    let (cpu, ()) = timed(|| {
        for query in QUERIES.iter().cycle().take(QUERIES.len() * ROUNDS) {
            let start = Instant::now();
            hits += std::hint::black_box(index.search(query, 20)).len();
            times.push(start.elapsed().as_secs_f64());
        }
    });
    let n = times.len() as f64;
    let (p50, p99) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
    let more = json!({ "names": index.len(), "build_ms": build * 1e3, "p50_us": p50 * 1e6, "p99_us": p99 * 1e6, "hits": hits });
    Ok(Row { cpu_s_per_1000: cpu / n * 1e3, per_s: n / cpu, p50_ms: p50 * 1e3, p99_ms: p99 * 1e3, more, ..Row::new("lookup", MATTERS) })
}
