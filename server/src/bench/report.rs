//! What a workload gave: as JSON, or as a line beside its target.

use serde::Serialize;
use serde_json::Value as Json;

/// One workload's figures; what a workload does not measure is 0.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// How many records, changes or requests it covers.
    pub records: usize,
    /// CPU seconds per 1,000 of them: of one thread (W), of the server's process tree (S).
    pub cpu_s_per_1000: f64,
    /// Seconds by the clock.
    pub wall_s: f64,
    /// How many a second: of CPU (W), by the clock (S).
    pub per_s: f64,
    /// Median of one, in milliseconds.
    pub p50_ms: f64,
    /// 99th part of a hundred, in milliseconds.
    pub p99_ms: f64,
    /// Bytes stored for each.
    pub bytes_per_record: f64,
    /// Bytes on the wire for each.
    pub wire_bytes_per_record: f64,
    /// Memory in MiB.
    pub rss_mb: f64,
    /// What the machine could do in the same run.
    pub limits: Limits,
    /// What only this workload measures.
    pub more: Json,
}

/// What the machine could do in the same run; 0 where it was not asked.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Limits {
    /// Appends of 4 KiB, each flushed, a second.
    pub fdatasync_per_s: f64,
    /// Rows of one record each a second, 40 a transaction, SQLite WAL, `synchronous=FULL`.
    pub sqlite_batch_rec_per_s: f64,
    /// Requests a second to an actix server that says hello, by the same driver.
    pub http_echo_per_s: f64,
    /// CPU seconds per 1,000 records of a server that only stores and forwards, for the same workload.
    pub floor_cpu_s_per_1000: f64,
}

impl Row {
    /// A row without figures.
    pub fn new(name: &'static str, records: usize) -> Row {
        Row {
            name,
            records,
            cpu_s_per_1000: 0.0,
            wall_s: 0.0,
            per_s: 0.0,
            p50_ms: 0.0,
            p99_ms: 0.0,
            bytes_per_record: 0.0,
            wire_bytes_per_record: 0.0,
            rss_mb: 0.0,
            limits: Limits::default(),
            more: Json::Null,
        }
    }

    fn other(&self, name: &str) -> f64 {
        self.more.get(name).and_then(Json::as_f64).unwrap_or(f64::NAN)
    }
}

/// Figures of the best other engine, measured on the same machine (`BENCHMARKS.md` says how).
const YRS_MERGE: f64 = 12_460.0;
const YRS_MERGE_EACH: f64 = 12_700.0;
const YRS_APPLY: f64 = 128_600.0;
const YRS_DELTA: f64 = 812.0;
const LORO_LOAD: f64 = 5_150.0;
const AUTOMERGE_STORED: f64 = 3_565.0;
const AUTOMERGE_HEAP_KIB: f64 = 51.0;
const KINTO_PUSH: f64 = 10.4;
const POUCHDB_PULL: f64 = 0.32;
const VERIFY_US: f64 = 36.0;

/// A figure beside its target.
struct Target {
    what: &'static str,
    figure: f64,
    bound: f64,
    /// Whether more is better.
    up: bool,
}

fn targets(row: &Row) -> Vec<Target> {
    let least = |what, figure, bound| Target { what, figure, bound, up: true };
    let most = |what, figure, bound| Target { what, figure, bound, up: false };
    let floor = row.limits.floor_cpu_s_per_1000;
    match row.name {
        "w1_one" => vec![
            least("merge both ways, documents/s of CPU, at least 4 x yrs", row.per_s, 4.0 * YRS_MERGE),
            most("delta of 30 edits, bytes, signed, at most 1.4 x yrs", row.other("delta_bytes_signed"), 1.4 * YRS_DELTA),
            most("stored bytes of a merged record, at most automerge", row.other("stored_merged_bytes"), AUTOMERGE_STORED),
        ],
        "w1_each" => vec![least("merge both ways, a change an edit, documents/s, at least 4 x yrs", row.per_s, 4.0 * YRS_MERGE_EACH)],
        "w2" => vec![least("changes applied one at a time, a second, at least 4 x yrs", row.per_s, 4.0 * YRS_APPLY)],
        "w2_signed" => vec![least("the same with signatures, at least 0.7 x bare check", row.per_s, 0.7 * row.other("bare_verify_per_s"))],
        "w3" => vec![
            least("cold load, documents/s of CPU, at least 4 x loro", row.per_s, 4.0 * LORO_LOAD),
            most("memory of a loaded record, KiB, at most automerge", row.other("heap_kib_per_record"), AUTOMERGE_HEAP_KIB),
        ],
        "s1a" => vec![
            most("push, server CPU s per 1,000 records, at most 3 x floor", row.cpu_s_per_1000, 3.0 * floor),
            most("disk bytes a record with the log, at most the JSON", row.bytes_per_record, 5_606.0),
        ],
        "s1a_postgres" => vec![most("push, server and PostgreSQL, at most 1/10 of Kinto", row.cpu_s_per_1000, KINTO_PUSH / 10.0)],
        "s1b" => vec![most("push, a change an answer, CPU us a change, at most the check + 60", row.cpu_s_per_1000 * 1e3, VERIFY_US + 60.0)],
        "s2" => vec![
            most("first pull, server CPU s per 1,000, at most 1/10 of PouchDB", row.cpu_s_per_1000, POUCHDB_PULL / 10.0),
            most("first pull, bytes a record on the wire", row.wire_bytes_per_record, 2.3e6 / 2_000.0),
        ],
        "s3" => vec![least("nothing new, requests/s, at least 0.5 x floor, authenticated", row.per_s, 0.5 * row.other("floor_per_s"))],
        "s4" => vec![
            most("photos of 1 MiB, server CPU s per 100, at most 2 x floor", row.other("cpu_s_per_100"), 2.0 * row.other("floor_cpu_s_per_100")),
            least("photos, MB/s, at least 0.8 x floor", row.other("mb_per_s"), 0.8 * row.other("floor_mb_per_s")),
        ],
        "picture_thumbnail" => vec![most("a thumbnail of 12 megapixels, CPU ms, at most 100", row.p50_ms, 100.0), most("its memory, MiB, at most 180", row.rss_mb, 180.0)],
        "picture_watermarked" => {
            vec![
                most("words on a copy of 12 megapixels, CPU ms beside the copy without, at most 25", row.other("beside_public_ms"), 25.0),
                most("its memory, MiB, at most 180", row.rss_mb, 180.0),
            ]
        }
        "lookup" => vec![most("a look-up over 2,742 matters, p99 ms, at most one frame of a screen", row.p99_ms, 1e3 / 60.0)],
        "law" => vec![
            most("a look-up over all matters on a handheld, p99 ms, at most one frame of a screen", row.p99_ms, 1e3 / 60.0),
            most("the slowest of them, ms, at most one frame of a screen", row.other("max_ms"), 1e3 / 60.0),
        ],
        "plan_2500" | "plan_5000" | "plan_10000" => vec![most("seconds for twice the entries, at most 2.5 x", row.other("times_of_half"), 2.5)],
        _ => Vec::new(),
    }
}

/// A number with as many places as matter.
fn short(n: f64) -> String {
    match n.abs() {
        a if a >= 1_000.0 => format!("{n:.0}"),
        a if a >= 10.0 => format!("{n:.1}"),
        _ => format!("{n:.4}"),
    }
}

/// Prints rows as JSON, one object a line.
pub fn print_json(rows: &[Row]) -> Result<(), serde_json::Error> {
    for row in rows {
        println!("{}", serde_json::to_string(row)?);
    }
    Ok(())
}

/// Prints rows for a reader: targets first, then everything.
pub fn print_table(rows: &[Row]) {
    for row in rows {
        for t in targets(row) {
            let met = if t.up { t.figure >= t.bound } else { t.figure <= t.bound };
            println!("{:<8} {:>9} ({} {:>9})  {:<13} {}", if met { "met" } else { "NOT MET" }, short(t.figure), if t.up { ">=" } else { "<=" }, short(t.bound), row.name, t.what);
        }
    }
    for row in rows {
        println!(
            "\n{}: {} records, CPU {} s per 1,000, {}/s, {:.2} s, p50 {} ms, p99 {} ms, stored {:.0} B, wire {:.0} B, memory {:.0} MiB",
            row.name,
            row.records,
            short(row.cpu_s_per_1000),
            short(row.per_s),
            row.wall_s,
            short(row.p50_ms),
            short(row.p99_ms),
            row.bytes_per_record,
            row.wire_bytes_per_record,
            row.rss_mb
        );
        let limits = row.limits;
        if limits.fdatasync_per_s > 0.0 {
            println!(
                "  limits: {:.0} fdatasync/s, {:.0} rows/s SQLite, {:.0} echo/s, floor {} CPU s per 1,000",
                limits.fdatasync_per_s,
                limits.sqlite_batch_rec_per_s,
                limits.http_echo_per_s,
                short(limits.floor_cpu_s_per_1000)
            );
        }
        for (name, value) in row.more.as_object().into_iter().flatten() {
            println!("  {name}: {}", value.as_f64().map_or_else(|| value.to_string(), short));
        }
    }
}
