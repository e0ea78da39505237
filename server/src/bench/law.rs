//! L: the whole catalogue on one handheld, through the C symbols: what travels, what the first lookup takes, and what each of
//! 2,000 takes then. The server runs in this process; its CPU is no part of the figures.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use sync_core::base::Validity;
use sync_core::base::date::date;
use sync_core::catalogue::Matter;
use sync_core::dated::{Book, Difference, Kind, Row as LawRow};
use sync_core::fixtures;
use zhifa_mobile::abi::host::Handheld;

use super::Failure;
use super::measure::{own_rss, quantile};
use super::report::Row;
use crate::base::clock::SystemClock;
use crate::base::config::Config;
use crate::law::ops::{Author, carry_out};
use crate::law::packs::{Asked, Pack};
use crate::org::Role;
use crate::org::ops::{self, NewOfficer, SYSTEM};
use crate::serve::{Running, start_with};
use crate::sync::store::Want;

/// Lookups that are timed.
const LOOKUPS: usize = 2_000;
const PIN: &str = "bench-123456";
const PASSWORD: &str = "correct horse battery";
const OFFICER: &str = "bench";

/// Syllables that stand in names of matters.
const PINYIN: [&str; 8] = ["nijiang", "daolu", "gongdi", "paifang", "shigong", "weijing", "chengshi", "lajiche"];

/// Runs it.
pub fn run() -> Result<Row, Failure> {
    let data = tempfile::tempdir()?;
    let running = start_with(Config::local(data.path().join("server")), sync_core::schema::kinds(), Arc::new(SystemClock))?;
    let measured = measure(&running, data.path());
    actix_web::rt::System::new().block_on(running.stop());
    measured
}

/// The book with which a district begins.
fn book() -> Result<Vec<LawRow>, Failure> {
    Ok(fixtures::catalogue::rows()?.into_iter().chain(fixtures::law::years()?).chain(fixtures::law::policies()?).collect())
}

fn decree(running: &Running, differences: Vec<Difference>) -> Result<(), Failure> {
    let (seen, author) = (running.app.law().rev, Author { actor: SYSTEM.into(), reason: "bench".into() });
    let done = running.app.committer.run_blocking(Want::default(), move |store| carry_out(store, seen, &differences, &author));
    Ok(done?.map(drop).map_err(|p| p.to_string())?)
}

fn enrol(running: &Running, store: &Path) -> Result<Handheld, Failure> {
    let hash = crate::auth::password::hash(PASSWORD).map_err(|p| p.to_string())?;
    let new = NewOfficer { officer: OFFICER.parse()?, name: "Bench".into(), unit: "bench".into(), roles: vec![Role::Officer], scope: None, buckets: Vec::new() };
    let code = "b".repeat(32);
    let kept = code.clone();
    let done = running.app.committer.run_blocking(Want::default(), move |store| {
        if let Err(problem) = ops::create_officer(store, SYSTEM, &new, &hash)? {
            return Ok(Err(problem));
        }
        Ok(ops::issue_code(store, SYSTEM, &new.officer, &kept, 1)?.map(drop))
    });
    done?.map_err(|p| p.to_string())?;
    let handheld = Handheld::create(store, PIN, &json!({}))?;
    handheld.enrol(&json!({ "server": running.url(), "code": code, "officer": OFFICER, "password": PASSWORD, "label": "bench" }))?;
    Ok(handheld)
}

/// The pack for whoever holds what `held` says.
fn pack(running: &Running, held: Option<&Json>) -> Result<Arc<Pack>, Failure> {
    let app = &running.app;
    let held = match held {
        None => None,
        Some(status) => {
            let areas = serde_json::from_value(status.get("areas").cloned().unwrap_or_default())?;
            let rev = status.get("rev").and_then(Json::as_u64).ok_or("no revision is held")?;
            Some((rev, sync_core::catalogue::pack::slice_name(&areas)))
        }
    };
    let (district, epoch, today) = (app.district, app.live.epoch(), app.today());
    let asked = Asked { district, epoch, today, officer: OFFICER.parse()?, unit: None, rev: app.law().rev, held };
    Ok(app.packs.get(&app.db, &app.keys.receipt, &asked).map_err(|p| p.to_string())?)
}

fn seconds<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<(f64, T), Failure> {
    let start = Instant::now();
    let out = work()?;
    Ok((start.elapsed().as_secs_f64(), out))
}

/// One matter of the catalogue, changed.
fn changed(rows: &[LawRow]) -> Result<Difference, Failure> {
    let before = rows.iter().find(|row| row.kind == Kind::Matter).ok_or("no matter")?.clone();
    let matter = Matter { note: Some("改".into()), ..before.typed().ok_or("no matter")? };
    let after = LawRow::new(&before.key, Validity { from: before.valid.from, until: before.valid.until }, &matter).map_err(|f| f.to_string())?;
    Ok(Difference::Changed { before, after })
}

fn measure(running: &Running, folder: &Path) -> Result<Row, Failure> {
    let rows = book()?;
    decree(running, rows.iter().map(|row| Difference::Added { row: row.clone() }).collect())?;
    let (build_s, whole) = seconds(|| pack(running, None))?;
    let handheld = enrol(running, &folder.join("store"))?;
    let before = own_rss();
    let (fetch_s, _) = seconds(|| Ok(handheld.sync(&json!({}), None, None)?))?;
    let held = handheld.law_status()?;
    let names = names(&rows)?;
    let (first_s, _) = seconds(|| Ok(handheld.law_search(&json!({ "q": "泥浆" }))?))?;
    let rss = own_rss().saturating_sub(before);
    let mut times = Vec::with_capacity(LOOKUPS);
    let (mut found, begin) = (0_u64, Instant::now());
    for n in 0..LOOKUPS {
        let input = json!({ "q": query(&names, n), "kinds": ["matter"] });
        let start = Instant::now();
        let answer = handheld.law_search(&input)?;
        times.push(ms(start.elapsed()));
        found += answer.get("hits").and_then(Json::as_array).map_or(0, |hits| hits.len() as u64);
    }
    let wall = begin.elapsed().as_secs_f64();
    decree(running, vec![changed(&rows)?])?;
    let delta = pack(running, Some(&held))?;
    let (delta_s, _) = seconds(|| Ok(handheld.sync(&json!({}), None, None)?))?;

    let mut row = Row::new("law", LOOKUPS);
    (row.wall_s, row.per_s) = (wall, LOOKUPS as f64 / wall);
    (row.p50_ms, row.p99_ms) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
    row.rss_mb = rss as f64 / f64::from(1 << 20);
    let sum = held.get("rows").and_then(Json::as_u64).unwrap_or(0);
    row.wire_bytes_per_record = whole.bytes() as f64 / sum.max(1) as f64;
    row.more = json!({
        "matters": names.len(), "rows": sum, "hits": found, "max_ms": quantile(&mut times, 1.0), "first_ms": first_s * 1e3,
        "whole_bytes": whole.bytes(), "whole_pages": whole.pages(), "delta_bytes": delta.bytes(), "build_ms": build_s * 1e3,
        "fetch_ms": fetch_s * 1e3, "fetch_delta_ms": delta_s * 1e3,
    });
    Ok(row)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Code and name of each matter in force.
fn names(rows: &[LawRow]) -> Result<Vec<(String, Vec<char>)>, Failure> {
    let mut book = Book::new();
    for row in rows {
        book.insert(row.clone())?;
    }
    let named = |row: &LawRow| Some((row.key.to_string(), row.typed::<Matter>()?.name.chars().collect()));
    Ok(book.in_force(Kind::Matter, date(2026, 11, 22)).filter_map(named).collect())
}

/// What somebody types: by turns a part of a name, initials, pinyin, and the beginning of a code.
fn query(names: &[(String, Vec<char>)], n: usize) -> String {
    let mix = (n as u64).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 24;
    let pick = mix as usize;
    let Some((code, name)) = names.get(pick % names.len().max(1)) else { return String::new() };
    match n % 4 {
        0 => name.iter().skip(4 + pick % name.len().saturating_sub(6).max(1)).take(2 + pick % 3).collect(),
        1 => (0..2 + pick % 3).map(|k| char::from(b'a' + (mix >> (5 * k)) as u8 % 26)).collect(),
        2 => PINYIN.get(pick % PINYIN.len()).copied().unwrap_or_default().to_owned(),
        _ => code.chars().take(3 + pick % code.len().max(1)).collect(),
    }
}
