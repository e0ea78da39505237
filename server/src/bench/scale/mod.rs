//! Lists and figures over 10,000 visits and over as many as are asked for, side by side: what a page costs must not grow with the records.
//!
//! Two servers run at once, each over a database that [`load`] filled, and each page is asked of the one and of the other by turns, so that
//! whatever else the machine does falls on both. Pages are compared with how many lines they have: one that the small database cannot fill
//! says little, and is counted apart. A page is measured as its reader has it: over HTTP, with its token, to the last byte.
//!
//! Deliberately absent: other readers and writers at the same time, and a cold cache; both databases were read before.

mod load;
mod page;

pub use load::{Loaded, load};

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::pg::PgConnection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::base::Date;
use sync_core::fixtures::scale::{Plan, officer, units};
use sync_core::record::Bucket;

use super::Failure;
use super::client::{Client, request};
use super::measure::quantile;
use super::process::Server;
use super::site::Database;
use crate::app::App;
use crate::base::clock::SystemClock;
use crate::base::config::Config;
use crate::org::ops::{self, NewOfficer, SYSTEM};
use crate::org::{Role, Scope};
use crate::sync::store::Want;
use page::{Page, pages};

const PASSWORD: &str = "correct horse battery";
/// Visits and cases of the small database.
const SMALL: (u64, u64) = (10_000, 2_000);
/// Times that each page is asked for of each.
const TURNS: usize = 25;
/// Times that figures are asked for, which cost what their period holds.
const FIGURE_TURNS: usize = 5;
/// What a page may cost at most, in times of what it costs at 10,000 visits.
const MOST: f64 = 1.5;

/// What is noted of a database that is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// The commit of the newest change.
    commit: u64,
    /// The day as of which it was loaded.
    today: Date,
    /// Where it is, unless in its folder.
    url: Option<String>,
}

/// Loads a database: readers, the books, and the records.
fn fill(app: &App, (visits, cases): (u64, u64), (unit, own): (&str, &str), url: Option<String>) -> Result<Note, Failure> {
    actix_web::rt::System::new().block_on(app.load_fixtures("system")).map_err(|p| p.to_string())?;
    let hash = crate::auth::password::hash(PASSWORD).map_err(|p| p.to_string())?;
    for (id, scope) in [("sc-reader-all", Scope::District), ("sc-reader-unit", Scope::Unit), (own, Scope::Own)] {
        let new =
            NewOfficer { officer: id.parse()?, name: "虚构".into(), unit: unit.to_owned(), roles: vec![Role::Officer], scope: Some(scope), buckets: vec![Bucket::unit(unit)] };
        let hash = hash.clone();
        app.committer.run_blocking(Want::default(), move |store| ops::create_officer(store, SYSTEM, &new, &hash))?.map_err(|p| p.to_string())?;
    }
    let (plan, begun) = (Plan { seed: 1, visits, cases, today: app.today() }, Instant::now());
    let loaded = load(app, plan)?;
    app.end();
    println!("loaded {} records of {visits} visits and {cases} cases in {:.0} s", loaded.records, begun.elapsed().as_secs_f64());
    Ok(Note { commit: loaded.commit, today: plan.today, url })
}

/// A running server over a database of one size.
struct Side {
    server: Server,
    plan: Plan,
    commit: u64,
    /// How far each reader reaches, and who he is.
    readers: [(&'static str, String); 3],
    _data: Option<tempfile::TempDir>,
    _database: Option<Database>,
}

impl Side {
    fn new(admin: Option<&str>, visits: u64, cases: u64, keep: Option<&Path>) -> Result<Side, Failure> {
        let data = if keep.is_none() { Some(tempfile::tempdir()?) } else { None };
        let engine = if admin.is_some() { "postgres" } else { "sqlite" };
        let folder = match (&data, keep) {
            (Some(data), _) => data.path().to_owned(),
            (None, keep) => keep.unwrap_or_else(|| Path::new(".")).join(format!("{engine}-{visits}-{cases}")),
        };
        std::fs::create_dir_all(&folder)?;
        let note_at = folder.join("loaded.json");
        let loaded: Option<Note> = if note_at.exists() { Some(serde_json::from_slice(&std::fs::read(&note_at)?)?) } else { None };
        let (mut url, mut database) = (loaded.as_ref().and_then(|note| note.url.clone()), None);
        if let Some(admin) = admin.filter(|_| loaded.is_none()) {
            let made = Database::create(admin)?;
            url = Some(made.url.clone());
            // What is kept is not dropped behind the run.
            if keep.is_some() { std::mem::forget(made) } else { database = Some(made) }
        }
        let mut config = Config::local(&folder);
        config.database = url.clone();
        let unit = units()?.into_iter().next().ok_or("the file of the town names no unit")?;
        let own = officer(&unit, 0);
        let (commit, today) = match loaded {
            Some(note) => (note.commit, note.today),
            None => {
                let app = App::open(&config, sync_core::schema::kinds(), Arc::new(SystemClock))?;
                let note = fill(&app, (visits, cases), (&unit, &own), url.clone())?;
                std::fs::write(&note_at, serde_json::to_vec(&note)?)?;
                (note.commit, note.today)
            }
        };
        if let Some(url) = &url {
            // As the server's own would have by now.
            PgConnection::establish(url)?.batch_execute("VACUUM ANALYZE")?;
        }
        let plan = Plan { seed: 1, visits, cases, today };
        let folder = folder.to_str().ok_or("the folder has no UTF-8 name")?;
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--data", folder];
        if let Some(url) = &url {
            arguments.extend(["--database", url]);
        }
        let server = Server::start(&arguments)?;
        let readers = [("district", "sc-reader-all".to_owned()), ("unit", "sc-reader-unit".to_owned()), ("own", own)];
        Ok(Side { server, plan, commit, readers, _data: data, _database: database })
    }

    /// Logs a reader in, for one page: the last pages of a large run are asked for long after the first.
    fn bearer(&self, client: &mut Client, scope: usize) -> Result<String, Failure> {
        let officer = self.readers.get(scope).map(|reader| reader.1.as_str()).unwrap_or_default();
        let body = json!({ "officer": officer, "password": PASSWORD }).to_string();
        let answer = client.call(&request("POST", "/auth/login", &[("Content-Type", "application/json")], body.as_bytes()))?;
        let answer: serde_json::Value = serde_json::from_slice(answer)?;
        Ok(format!("Bearer {}", answer.get("access_token").and_then(serde_json::Value::as_str).ok_or("no token")?))
    }

    /// Milliseconds until a page is there, and how many lines it has.
    fn ask(client: &mut Client, bearer: &str, path: &str) -> Result<(f64, usize), Failure> {
        let message = request("GET", path, &[("Authorization", bearer)], &[]);
        let begun = Instant::now();
        let body = client.call(&message)?;
        let took = begun.elapsed().as_secs_f64() * 1e3;
        let body: serde_json::Value = serde_json::from_slice(body)?;
        let lines = ["items", "objects", "figures"].iter().find_map(|name| body.get(name)?.as_array()).map_or(0, Vec::len);
        Ok((took, lines))
    }
}

/// Loads both, asks for every page by turns, and prints what each costs.
pub fn run(visits: u64, cases: u64, database: Option<&str>, keep: Option<&Path>, as_json: bool) -> Result<(), Failure> {
    let small = Side::new(database, SMALL.0.min(visits), SMALL.1.min(cases), keep)?;
    let big = Side::new(database, visits, cases, keep)?;
    let (of_small, of_big) = (pages(&small.plan, small.commit), pages(&big.plan, big.commit));
    let mut sums: BTreeMap<bool, (usize, usize)> = BTreeMap::new();
    if !as_json {
        println!("{:<44} {:<9} {:>9} {:>9} {:>7} {:>9}", "page", "scope", "10k ms", "big ms", "times", "lines");
    }
    for (a, b) in of_small.iter().zip(&of_big) {
        for (n, (scope, _)) in small.readers.iter().enumerate() {
            let (mut first, mut second) = (Client::new(small.server.address)?, Client::new(big.server.address)?);
            let (few_as, many_as) = (small.bearer(&mut first, n)?, big.bearer(&mut second, n)?);
            let (mut few, mut many, mut lines) = (Vec::new(), Vec::new(), (0, 0));
            let turns = if a.is_list { TURNS } else { FIGURE_TURNS };
            // The first turn warms both.
            for turn in 0..=turns {
                if !a.is_list {
                    // Figures of much may take longer than a server keeps a connection on which nothing is asked.
                    (first, second) = (Client::new(small.server.address)?, Client::new(big.server.address)?);
                }
                let ((one, fewer), (two, more)) = (Side::ask(&mut first, &few_as, &a.path)?, Side::ask(&mut second, &many_as, &b.path)?);
                lines = (fewer, more);
                if turn > 0 {
                    few.push(one);
                    many.push(two);
                }
            }
            let (few, many) = (quantile(&mut few, 0.5), quantile(&mut many, 0.5));
            let times = many / few;
            if a.is_list {
                let (all, over) = sums.entry(lines.0 == lines.1).or_default();
                (*all, *over) = (*all + 1, *over + usize::from(times > MOST));
            }
            let Page { name, is_list, .. } = a;
            if as_json {
                println!("{}", json!({ "page": name, "scope": scope, "list": is_list, "small_ms": few, "big_ms": many, "times": times, "lines": lines }));
            } else {
                println!("{name:<44} {scope:<9} {few:>9.2} {many:>9.2} {times:>6.2}x {:>4}/{:<4}{}", lines.0, lines.1, if *is_list && times > MOST { "  OVER" } else { "" });
            }
        }
    }
    for (alike, (all, over)) in sums {
        let what = if alike { "equally many lines on both sides" } else { "more lines than the small database has for them" };
        println!("{all} pages of lists with {what}: {over} cost more than {MOST} times what they cost at {} visits", SMALL.0);
    }
    Ok(())
}
