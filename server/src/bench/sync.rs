//! S1 to S3: pushing, the first pull, and asking when nothing is new, against a server in a process of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use sync_core::base::pack::{pack, unpack};
use sync_core::protocol::{Disposition, Limits as Advertised, PushResponse};
use sync_core::record::SignedChange;

use super::author::Seen;
use super::client::{Client, request};
use super::measure::{Stretch, quantile, tree_mib};
use super::process::Server;
use super::report::{Limits, Row};
use super::site::{Handheld, Site, folded};
use super::workload::Rec;
use super::{Failure, Workload, limits};

/// Devices that talk at the same time.
const ACTIVE: usize = 8;
/// Devices of the workload.
const DEVICES: usize = 50;
/// First pulls that are averaged: one is shorter than a few ticks of the CPU clock.
const PULLS: usize = 10;
/// How long nothing new is asked for.
const ASKING: Duration = Duration::from_secs(4);
/// Longest inflated page.
const PAGE: usize = 64 << 20;

/// What the floor and the machine did in the same run.
struct Beside {
    limits: Limits,
    push_floor: f64,
    push_floor_bytes: f64,
    pull_floor: f64,
    ask_floor: f64,
}

/// Runs what is wanted of S1a, S1b, S2 and S3; with a database also S1a on PostgreSQL.
pub fn run(records: usize, wanted: &dyn Fn(Workload) -> bool, database: Option<&str>) -> Result<Vec<Row>, Failure> {
    let beside = floor(records)?;
    let mut rows = Vec::new();
    let devices = DEVICES.min(records / 2);
    let each = records / devices;
    // One more handheld pulls; eight more push answer by answer.
    let mut site = Site::new(None, devices + 1 + ACTIVE)?;
    let empty = site.bytes()?;
    let mut s1a = push_records(&mut site, devices, each, "s1a")?;
    s1a.bytes_per_record = (site.bytes()? - empty) as f64 / s1a.records as f64;
    s1a.limits = Limits { floor_cpu_s_per_1000: beside.push_floor, ..beside.limits };
    s1a.more = json!({ "of_floor": s1a.cpu_s_per_1000 / beside.push_floor, "floor_bytes_per_record": beside.push_floor_bytes });
    let total = s1a.records;
    if wanted(Workload::S1) {
        rows.push(s1a);
    }
    let (mut s2, cursor) = pull_all(&site, devices, total)?;
    s2.limits = Limits { floor_cpu_s_per_1000: beside.pull_floor, ..beside.limits };
    s2.more = json!({ "of_floor": s2.cpu_s_per_1000 / beside.pull_floor });
    if wanted(Workload::S2) {
        rows.push(s2);
    }
    if wanted(Workload::S3) {
        let puller = handheld(&site, devices)?;
        let path = format!("/sync/v1/pull?cursor={cursor}");
        let ask = request("GET", &path, &[("Authorization", &puller.bearer), ("Accept-Encoding", "zstd")], &[]);
        let mut s3 = hammer("s3", site.server.address, site.trees(), &ask)?;
        s3.limits = beside.limits;
        s3.more = json!({ "floor_per_s": beside.ask_floor, "of_floor": s3.per_s / beside.ask_floor });
        rows.push(s3);
    }
    if wanted(Workload::S1) {
        rows.push(push_answers(&mut site, devices + 1, (records / 10).max(ACTIVE))?);
    }
    drop(site);
    if let Some(admin) = database.filter(|_| wanted(Workload::S1)) {
        let mut site = Site::new(Some(admin), devices)?;
        let empty = site.bytes()?;
        let mut row = push_records(&mut site, devices, each, "s1a_postgres")?;
        row.bytes_per_record = site.bytes()?.saturating_sub(empty) as f64 / row.records as f64;
        row.limits = beside.limits;
        rows.push(row);
    }
    Ok(rows)
}

fn handheld(site: &Site, n: usize) -> Result<&Handheld, Failure> {
    site.handhelds.get(n).ok_or_else(|| "a handheld is missing".into())
}

/// The floor server and the machine's limits.
fn floor(records: usize) -> Result<Beside, Failure> {
    let folder = tempfile::tempdir()?;
    let fdatasync_per_s = limits::fdatasync_per_s(folder.path())?;
    let sqlite_batch_rec_per_s = limits::sqlite_rows_per_s(folder.path())?;
    let path = folder.path().to_str().ok_or("the temporary folder has no UTF-8 name")?;
    let server = Server::start(&["bench", "--floor", path])?;
    let hello = hammer("hello", server.address, vec![server.pid()], &request("GET", "/hello", &[], &[]))?;
    let devices = DEVICES.min(records / 2);
    let each = records / devices;
    let lines: Vec<String> = Rec::all(devices as u64, each as u64).map(|r| r.line()).collect();
    let bodies: Vec<Vec<u8>> = lines.chunks(each).map(|part| format!("[{}]", part.join(",")).into_bytes()).collect();
    let jobs = bodies.iter().map(|body| vec![request("POST", "/push?device=1", &[], body)]).collect();
    let pushed = push("floor", server.address, vec![server.pid()], jobs, lines.len(), &|_| Ok(()))?;
    let bytes = folded(&Path::new(path).join("floor.db"))? as f64 / lines.len() as f64;
    let mut client = Client::new(server.address)?;
    let counted = Stretch::begin(vec![server.pid()]);
    for _ in 0..PULLS {
        let mut since = 0u64;
        loop {
            let page: serde_json::Value = serde_json::from_slice(client.call(&request("GET", &format!("/pull?since={since}&limit=1000"), &[], &[]))?)?;
            since = page.get("next").and_then(serde_json::Value::as_u64).ok_or("a page without next")?;
            if page.get("more") == Some(&json!(false)) {
                break;
            }
        }
    }
    let (_, cpu) = counted.end();
    let nothing = request("GET", &format!("/pull?since={}&limit=1000", lines.len()), &[], &[]);
    let asked = hammer("floor", server.address, vec![server.pid()], &nothing)?;
    Ok(Beside {
        limits: Limits { fdatasync_per_s, sqlite_batch_rec_per_s, http_echo_per_s: hello.per_s, floor_cpu_s_per_1000: 0.0 },
        push_floor: pushed.cpu_s_per_1000,
        push_floor_bytes: bytes,
        pull_floor: cpu / (PULLS * lines.len()) as f64 * 1e3,
        ask_floor: asked.per_s,
    })
}

/// Sends every device's requests, eight devices at a time, each over a connection of its own.
fn push(name: &'static str, to: SocketAddr, trees: Vec<u32>, jobs: Vec<Vec<Vec<u8>>>, count: usize, check: &(dyn Fn(&[u8]) -> Result<(), Failure> + Sync)) -> Result<Row, Failure> {
    let wire: usize = jobs.iter().flatten().map(Vec::len).sum();
    let queue = Mutex::new(jobs);
    let times = Mutex::new(Vec::new());
    let root = trees.first().copied().unwrap_or_default();
    let counted = Stretch::begin(trees);
    std::thread::scope(|scope| {
        let worker = || -> Result<(), Failure> {
            while let Some(job) = next(&queue) {
                let mut client = Client::new(to)?;
                for message in job {
                    let start = Instant::now();
                    let answer = client.call(&message)?;
                    let took = start.elapsed().as_secs_f64() * 1e3;
                    check(answer)?;
                    times.lock().unwrap_or_else(PoisonError::into_inner).push(took);
                }
            }
            Ok(())
        };
        let workers: Vec<_> = (0..ACTIVE).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|w| w.join().map_err(|_| Failure::from("a driver panicked"))?)
    })?;
    let (wall, cpu) = counted.end();
    let mut times = times.into_inner().unwrap_or_else(PoisonError::into_inner);
    let n = count as f64;
    let mut row = Row::new(name, count);
    (row.cpu_s_per_1000, row.wall_s, row.per_s, row.wire_bytes_per_record) = (cpu / n * 1e3, wall, n / wall, wire as f64 / n);
    (row.p50_ms, row.p99_ms, row.rss_mb) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99), tree_mib(root));
    Ok(row)
}

fn next<T>(queue: &Mutex<Vec<T>>) -> Option<T> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

/// A push as a handheld sends it.
fn push_request(handheld: &Handheld, changes: &[SignedChange]) -> Vec<u8> {
    let lines: Vec<Vec<u8>> = changes.iter().map(SignedChange::to_line).collect();
    let body = pack(&lines.join(&b'\n'), 3);
    request("POST", "/sync/v1/push", &[("Authorization", &handheld.bearer), ("Content-Encoding", "zstd"), ("Accept-Encoding", "zstd")], &body)
}

/// Every change must be in: a push that is answered and parks or quarantines has done less than it was asked.
fn all_applied(answer: &[u8]) -> Result<(), Failure> {
    let inflated = if answer.first() == Some(&b'{') { answer.to_vec() } else { unpack(answer, PAGE)? };
    let response: PushResponse = serde_json::from_slice(&inflated)?;
    match response.results.iter().find(|r| r.repeat || !matches!(r.disposition, Some(Disposition::Applied { .. }))) {
        None => Ok(()),
        Some(other) => Err(format!("a change of the workload was not applied: {other:?}").into()),
    }
}

/// S1a: each device sends its records, one change each.
fn push_records(site: &mut Site, devices: usize, each: usize, name: &'static str) -> Result<Row, Failure> {
    let mut jobs = Vec::with_capacity(devices);
    for (d, handheld) in site.handhelds.iter_mut().enumerate().take(devices) {
        let mut changes = Vec::with_capacity(each);
        for m in 0..each {
            let rec = Rec::new(d as u64, m as u64);
            let bytes = handheld.author.write(rec.id(), &rec.fields(), &Seen::default())?;
            changes.push(handheld.author.sign(bytes)?);
        }
        jobs.push(vec![push_request(handheld, &changes)]);
    }
    push(name, site.server.address, site.trees(), jobs, devices * each, &all_applied)
}

/// S1b: records arrive answer by answer, a change each.
fn push_answers(site: &mut Site, from: usize, records: usize) -> Result<Row, Failure> {
    let most = Advertised::default().push_changes;
    let (mut jobs, mut count) = (Vec::new(), 0);
    for (n, handheld) in site.handhelds.iter_mut().enumerate().skip(from).take(ACTIVE) {
        let mut changes = Vec::new();
        for m in 0..records / ACTIVE {
            let rec = Rec::new((1_000 + n) as u64, m as u64);
            for step in rec.steps() {
                let bytes = handheld.author.write(rec.id(), &step, &Seen::default())?;
                changes.push(handheld.author.sign(bytes)?);
            }
        }
        count += changes.len();
        jobs.push(changes.chunks(most).map(|part| push_request(handheld, part)).collect());
    }
    let before = site.bytes()?;
    let mut row = push("s1b", site.server.address, site.trees(), jobs, count, &all_applied)?;
    row.bytes_per_record = (site.bytes()? - before) as f64 / count as f64;
    row.more = json!({ "cpu_us_per_change": row.cpu_s_per_1000 * 1e3 });
    Ok(row)
}

/// S2: a new device pulls everything, one page after another; gives the cursor at which it ends.
fn pull_all(site: &Site, puller: usize, records: usize) -> Result<(Row, String), Failure> {
    let puller = handheld(site, puller)?;
    let mut client = Client::new(site.server.address)?;
    let (mut times, mut wire, mut items, mut cursor) = (Vec::new(), 0, 0, String::new());
    let counted = Stretch::begin(site.trees());
    for _ in 0..PULLS {
        cursor.clear();
        loop {
            let path = format!("/sync/v1/pull?cursor={cursor}");
            let ask = request("GET", &path, &[("Authorization", &puller.bearer), ("Accept-Encoding", "zstd")], &[]);
            let start = Instant::now();
            let body = client.call(&ask)?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
            wire += body.len();
            let page = if body.first() == Some(&b'{') { body.to_vec() } else { unpack(body, PAGE)? };
            let page: serde_json::Value = serde_json::from_slice(&page)?;
            items += page.get("items").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
            cursor = page.get("cursor").and_then(serde_json::Value::as_str).ok_or("a page without cursor")?.to_owned();
            if page.get("more") == Some(&json!(false)) {
                break;
            }
        }
    }
    let (wall, cpu) = counted.end();
    if items != PULLS * records {
        return Err(format!("S2: {} records came, {records} are there", items / PULLS).into());
    }
    let n = items as f64;
    let mut row = Row::new("s2", records);
    (row.cpu_s_per_1000, row.wall_s, row.per_s, row.wire_bytes_per_record) = (cpu / n * 1e3, wall / PULLS as f64, n / wall, wire as f64 / n);
    (row.p50_ms, row.p99_ms, row.rss_mb) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99), tree_mib(site.server.pid()));
    Ok((row, cursor))
}

/// Sends one request over and over on eight connections from one thread, as wrk does.
fn hammer(name: &'static str, to: SocketAddr, trees: Vec<u32>, message: &[u8]) -> Result<Row, Failure> {
    let mut clients = (0..ACTIVE).map(|_| Client::new(to)).collect::<Result<Vec<_>, _>>()?;
    let (mut times, mut wire) = (Vec::new(), 0);
    let root = trees.first().copied().unwrap_or_default();
    let counted = Stretch::begin(trees);
    let start = Instant::now();
    while start.elapsed() < ASKING {
        let round = Instant::now();
        for client in &mut clients {
            client.send(message)?;
        }
        for client in &mut clients {
            wire += client.receive()?.len();
            times.push(round.elapsed().as_secs_f64() * 1e3);
        }
    }
    let (wall, cpu) = counted.end();
    let n = times.len() as f64;
    let mut row = Row::new(name, times.len());
    (row.cpu_s_per_1000, row.wall_s, row.per_s, row.wire_bytes_per_record) = (cpu / n * 1e3, wall, n / wall, wire as f64 / n);
    (row.p50_ms, row.p99_ms, row.rss_mb) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99), tree_mib(root));
    Ok(row)
}
