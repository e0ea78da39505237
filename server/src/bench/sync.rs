//! S1 to S3: pushing, first pulls and empty pulls against a server in a process of its own.

use std::time::Duration;

use serde_json::json;
use sync_core::base::pack::{pack, unpack};
use tempfile::TempDir;

use super::Failure;
use super::author::{Author, Seen};
use super::fleet::{Serving, Wire, drive, enrol, hammer, request, token};
use super::limits;
use super::measure::{Stretch, folder_bytes, quantile, tree_mib};
use super::report::{Limits, Row};
use super::workload::Rec;

/// Records of one handheld.
const EACH: u64 = 40;
/// Handhelds that are active at once.
const ACTIVE: usize = 8;
/// Changes of one push in S1b.
const BATCH: usize = 500;
/// How long requests are hammered.
const HAMMER: Duration = Duration::from_secs(3);

/// What to run.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// Pushing, a change a record.
    pub s1a: bool,
    /// Pushing, a change an answer.
    pub s1b: bool,
    /// First pull.
    pub s2: bool,
    /// Nothing new.
    pub s3: bool,
    /// Records, a multiple of 40.
    pub records: usize,
    /// PostgreSQL instead of SQLite.
    pub database: Option<&'a str>,
}

/// Runs the plan.
pub fn run(plan: Plan<'_>) -> Result<Vec<Row>, Failure> {
    let devices = (plan.records as u64).div_ceil(EACH).max(1);
    let (limits, floor_echo) = measure_limits(devices)?;
    let mut rows = Vec::new();
    if plan.s1a || plan.s2 || plan.s3 {
        let folder = TempDir::new()?;
        let mut authors = enrol(folder.path(), plan.database, 0, devices + 1)?;
        let reader = authors.pop().ok_or("no reader")?;
        let serving = Serving::zhifa(folder.path(), plan.database)?;
        let before = folder_bytes(folder.path())?;
        let mut pushed = push(&serving, &mut authors, false, limits, plan.database)?;
        let pulled = first_pull(&serving, &reader, pushed.records, limits)?;
        let idle = nothing_new(&serving, &reader, floor_echo, limits)?;
        serving.stop()?;
        pushed.bytes_per_record = (folder_bytes(folder.path())?.saturating_sub(before)) as f64 / pushed.records as f64;
        rows.extend([(plan.s1a, pushed), (plan.s2, pulled), (plan.s3, idle)].into_iter().filter(|(wanted, _)| *wanted).map(|(_, row)| row));
    }
    if plan.s1b {
        let folder = TempDir::new()?;
        // A tenth of the records in 85 changes each is work enough.
        let mut authors = enrol(folder.path(), plan.database, 100_000, 100_000 + devices.div_ceil(10))?;
        let serving = Serving::zhifa(folder.path(), plan.database)?;
        rows.push(push(&serving, &mut authors, true, limits, plan.database)?);
        serving.stop()?;
    }
    Ok(rows)
}

/// The limits of this run, and how many "nothing new" a second the store-and-forward server answers.
fn measure_limits(devices: u64) -> Result<(Limits, f64), Failure> {
    let folder = TempDir::new()?;
    let lines: Vec<String> = Rec::all(devices, EACH).map(|r| r.line()).collect();
    let floor = Serving::floor(folder.path())?;
    let requests: Vec<Vec<u8>> = lines.chunks(EACH as usize).map(|part| request("POST", "/push", "", "", format!("[{}]", part.join(",")).as_bytes())).collect();
    let stretch = Stretch::begin(vec![floor.pid()]);
    drive(&floor.url, &requests, ACTIVE)?;
    let (_, cpu) = stretch.end();
    let (_, echo) = hammer(&floor.url, &request("GET", "/hello", "", "", b""), ACTIVE, HAMMER / 3)?;
    let (_, nothing) = hammer(&floor.url, &request("GET", "/pull?since=0&limit=1000", "", "", b""), ACTIVE, HAMMER)?;
    let limits = Limits {
        fdatasync_per_s: limits::flushes(folder.path())?,
        sqlite_batch_rec_per_s: limits::rows(folder.path(), &lines)?,
        http_echo_per_s: echo,
        floor_cpu_s_per_1000: cpu / lines.len() as f64 * 1e3,
    };
    Ok((limits, nothing))
}

/// The process trees whose CPU counts.
fn trees(serving: &Serving, database: Option<&str>) -> Vec<u32> {
    let mut trees = vec![serving.pid()];
    if database.is_some() {
        trees.extend(super::measure::root_named("postgres"));
    }
    trees
}

/// S1a: a change a record, 40 a request. S1b: a change an answer or header field, 500 a request.
fn push(serving: &Serving, authors: &mut [Author], each_answer: bool, limits: Limits, database: Option<&str>) -> Result<Row, Failure> {
    let mut requests = Vec::new();
    let (mut units, mut wire_bytes) = (0, 0);
    for (n, author) in authors.iter_mut().enumerate() {
        let token = token(&mut Wire::connect(&serving.url)?, author)?;
        let mut lines = Vec::new();
        for m in 0..EACH {
            let rec = Rec::new(n as u64 + if each_answer { 100_000 } else { 0 }, m);
            let mut parts = if each_answer { rec.steps() } else { vec![rec.fields()] };
            // The unit first: it is what gives its officer the right to the new record.
            parts.sort_by_key(|p| !p.iter().any(|(field, _)| field == "unit"));
            for part in parts {
                let bytes = author.write(rec.id(), &part, &Seen::default())?;
                lines.push(author.sign(bytes)?.to_line());
            }
        }
        units += lines.len();
        for part in lines.chunks(if each_answer { BATCH } else { EACH as usize }) {
            let body = pack(&part.join(&b'\n'), 3);
            wire_bytes += body.len();
            requests.push(request("POST", "/sync/v1/push", &token, "content-type: application/x-ndjson\r\ncontent-encoding: zstd\r\n", &body));
        }
    }
    let stretch = Stretch::begin(trees(serving, database));
    // Requests of one handheld keep their order only on one connection; with a change a record any order is right.
    let mut times = drive(&serving.url, &requests, if each_answer { 1 } else { ACTIVE })?;
    let (wall, cpu) = stretch.end();
    let name = match (each_answer, database) {
        (true, _) => "s1b",
        (false, Some(_)) => "s1a_postgres",
        (false, None) => "s1a",
    };
    Ok(Row {
        cpu_s_per_1000: cpu / units as f64 * 1e3,
        wall_s: wall,
        per_s: units as f64 / wall,
        p50_ms: quantile(&mut times, 0.5),
        p99_ms: quantile(&mut times, 0.99),
        wire_bytes_per_record: wire_bytes as f64 / units as f64,
        rss_mb: tree_mib(serving.pid()),
        limits,
        ..Row::new(name, units)
    })
}

/// S2: a new handheld fetches everything, page by page.
fn first_pull(serving: &Serving, reader: &Author, records: usize, limits: Limits) -> Result<Row, Failure> {
    let mut wire = Wire::connect(&serving.url)?;
    let token = token(&mut wire, reader)?;
    let stretch = Stretch::begin(vec![serving.pid()]);
    let (mut cursor, mut bytes, mut told, mut times) = (String::new(), 0, 0, Vec::new());
    loop {
        let start = std::time::Instant::now();
        let (status, body) = wire.send(&request("GET", &format!("/sync/v1/pull?cursor={cursor}"), &token, "accept-encoding: zstd\r\n", b""))?;
        if status != 200 {
            return Err(format!("pull: {status}").into());
        }
        bytes += body.len();
        let text = if body.first() == Some(&b'{') { body.to_vec() } else { unpack(body, 64 << 20)? };
        times.push(start.elapsed().as_secs_f64() * 1e3);
        let page: sync_core::protocol::PullPage = serde_json::from_slice(&text)?;
        told += page.items.len();
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    let (wall, cpu) = stretch.end();
    if told != records {
        return Err(format!("{records} records were pushed, {told} pulled").into());
    }
    Ok(Row {
        cpu_s_per_1000: cpu / told as f64 * 1e3,
        wall_s: wall,
        per_s: told as f64 / wall,
        p50_ms: quantile(&mut times, 0.5),
        p99_ms: quantile(&mut times, 0.99),
        wire_bytes_per_record: bytes as f64 / told as f64,
        rss_mb: tree_mib(serving.pid()),
        limits,
        ..Row::new("s2", told)
    })
}

/// S3: is there anything new? There is not.
fn nothing_new(serving: &Serving, reader: &Author, floor_per_s: f64, limits: Limits) -> Result<Row, Failure> {
    let mut wire = Wire::connect(&serving.url)?;
    let token = token(&mut wire, reader)?;
    let mut cursor = String::new();
    loop {
        let (_, body) = wire.send(&request("GET", &format!("/sync/v1/pull?cursor={cursor}"), &token, "", b""))?;
        let page: sync_core::protocol::PullPage = serde_json::from_slice(body)?;
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    let empty = request("GET", &format!("/sync/v1/pull?cursor={cursor}"), &token, "", b"");
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = std::time::Instant::now();
        wire.send(&empty)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let stretch = Stretch::begin(vec![serving.pid()]);
    let (sent, per_s) = hammer(&serving.url, &empty, ACTIVE, HAMMER)?;
    let (wall, cpu) = stretch.end();
    Ok(Row {
        cpu_s_per_1000: cpu / sent as f64 * 1e3,
        wall_s: wall,
        per_s,
        p50_ms: quantile(&mut times, 0.5),
        p99_ms: quantile(&mut times, 0.99),
        rss_mb: tree_mib(serving.pid()),
        limits,
        more: json!({ "floor_per_s": floor_per_s }),
        ..Row::new("s3", usize::try_from(sent)?)
    })
}
