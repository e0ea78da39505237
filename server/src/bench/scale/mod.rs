//! Lists and figures over 10,000 visits and over as many as are asked for, side by side: what a page costs must not grow with the records.
//!
//! Two servers run at once, each over a database that [`load`] filled, and each page is asked of the one and of the other by turns, so that
//! whatever else the machine does falls on both. A page is measured as its reader has it: over HTTP, with its token, to the last byte.
//!
//! Deliberately absent: other readers and writers at the same time, and a cold cache; both databases were read before.

mod load;
mod page;

pub use load::{Loaded, load};

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use sync_core::fixtures::scale::{Plan, units};
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

/// A running server over a database of one size.
struct Side {
    server: Server,
    plan: Plan,
    commit: u64,
    clients: [(&'static str, String); 2],
    _data: tempfile::TempDir,
    _database: Option<Database>,
}

impl Side {
    fn new(admin: Option<&str>, visits: u64, cases: u64) -> Result<Side, Failure> {
        let data = tempfile::tempdir()?;
        let database = admin.map(Database::create).transpose()?;
        let mut config = Config::local(data.path());
        config.database = database.as_ref().map(|d| d.url.clone());
        let app = App::open(&config, sync_core::schema::kinds(), Arc::new(SystemClock))?;
        actix_web::rt::System::new().block_on(app.load_fixtures("system")).map_err(|p| p.to_string())?;
        let unit = units()?.into_iter().next().ok_or("the file of the town names no unit")?;
        let hash = crate::auth::password::hash(PASSWORD).map_err(|p| p.to_string())?;
        for (id, scope) in [("sc-reader-all", Scope::District), ("sc-reader-unit", Scope::Unit)] {
            let new =
                NewOfficer { officer: id.parse()?, name: "虚构".into(), unit: unit.clone(), roles: vec![Role::Officer], scope: Some(scope), buckets: vec![Bucket::unit(&unit)] };
            let hash = hash.clone();
            app.committer.run_blocking(Want::default(), move |store| ops::create_officer(store, SYSTEM, &new, &hash))?.map_err(|p| p.to_string())?;
        }
        let (plan, begun) = (Plan { seed: 1, visits, cases, today: app.today() }, Instant::now());
        let loaded = load(&app, plan)?;
        app.end();
        drop(app);
        if let Some(database) = &database {
            // As the server's own would have by now.
            database.run("VACUUM ANALYZE")?;
        }
        println!("loaded {} records of {visits} visits and {cases} cases in {:.0} s", loaded.records, begun.elapsed().as_secs_f64());
        let folder = data.path().to_str().ok_or("the temporary folder has no UTF-8 name")?;
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--data", folder];
        if let Some(database) = &database {
            arguments.extend(["--database", &database.url]);
        }
        let server = Server::start(&arguments)?;
        let mut client = Client::new(server.address)?;
        let mut token = |officer: &str| -> Result<String, Failure> {
            let body = json!({ "officer": officer, "password": PASSWORD }).to_string();
            let answer = client.call(&request("POST", "/auth/login", &[("Content-Type", "application/json")], body.as_bytes()))?;
            let answer: serde_json::Value = serde_json::from_slice(answer)?;
            Ok(format!("Bearer {}", answer.get("access_token").and_then(serde_json::Value::as_str).ok_or("no token")?))
        };
        let clients = [("district", token("sc-reader-all")?), ("unit", token("sc-reader-unit")?)];
        Ok(Side { server, plan, commit: loaded.commit, clients, _data: data, _database: database })
    }

    /// Milliseconds until a page is there, and how many bytes it has.
    fn ask(&self, client: &mut Client, scope: usize, path: &str) -> Result<(f64, usize), Failure> {
        let bearer = self.clients.get(scope).map(|c| c.1.as_str()).unwrap_or_default();
        let message = request("GET", path, &[("Authorization", bearer)], &[]);
        let begun = Instant::now();
        let bytes = client.call(&message)?.len();
        Ok((begun.elapsed().as_secs_f64() * 1e3, bytes))
    }
}

/// Loads both, asks for every page by turns, and prints what each costs.
pub fn run(visits: u64, cases: u64, database: Option<&str>, as_json: bool) -> Result<(), Failure> {
    let small = Side::new(database, SMALL.0.min(visits), SMALL.1.min(cases))?;
    let big = Side::new(database, visits, cases)?;
    let (of_small, of_big) = (pages(&small.plan, small.commit), pages(&big.plan, big.commit));
    let (mut over, mut listed) = (0, 0);
    if !as_json {
        println!("{:<44} {:<9} {:>9} {:>9} {:>7}", "page", "scope", "10k ms", "big ms", "times");
    }
    for (a, b) in of_small.iter().zip(&of_big) {
        for (n, (scope, _)) in small.clients.iter().enumerate() {
            let (mut first, mut second) = (Client::new(small.server.address)?, Client::new(big.server.address)?);
            let (mut few, mut many) = (Vec::new(), Vec::new());
            let turns = if a.is_list { TURNS } else { FIGURE_TURNS };
            // The first turn warms both.
            for turn in 0..=turns {
                let (one, two) = (small.ask(&mut first, n, &a.path)?.0, big.ask(&mut second, n, &b.path)?.0);
                if turn > 0 {
                    few.push(one);
                    many.push(two);
                }
            }
            let (few, many) = (quantile(&mut few, 0.5), quantile(&mut many, 0.5));
            let times = many / few;
            if a.is_list {
                listed += 1;
                over += usize::from(times > MOST);
            }
            let Page { name, is_list, .. } = a;
            if as_json {
                println!("{}", json!({ "page": name, "scope": scope, "list": is_list, "small_ms": few, "big_ms": many, "times": times }));
            } else {
                println!("{name:<44} {scope:<9} {few:>9.2} {many:>9.2} {times:>6.2}x{}", if *is_list && times > MOST { "  OVER" } else { "" });
            }
        }
    }
    println!("{listed} list pages, {over} cost more than {MOST} times what they cost at {} visits", SMALL.0);
    Ok(())
}
