//! Lists and figures over 50,000 visits: how many statements each asks the database, and that none reads what it need not.
//!
//! Every route that answers with a list or with figures is walked; one that is in neither table here fails the test, so that a new one is
//! found. On SQLite each statement's plan is looked at, on PostgreSQL the rows that the server says it read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use diesel::connection::{Connection as _, Instrumentation, InstrumentationEvent};
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use serde_json::Value as Json;
use sync_core::fixtures::scale::{Plan, officer, units};
use zhifa_server::base::db::Db;
use zhifa_server::bench::scale::load;
use zhifa_server::org::{Role, Scope};
use zhifa_server::routes::ROUTES;

use crate::harness::{Engine, Site, ok};

const VISITS: u64 = 50_000;
const CASES: u64 = 10_000;
/// Statements that a page of a list may ask at most, and figures, which ask for three periods.
const STATEMENTS: usize = 24;
/// Rows of tables and indexes that PostgreSQL may read for a page of fifty: some for each line that is shown, and for each that is out of reach.
const ROWS_READ: i64 = 4_000;
/// The same for the board, which counts the nearest two hundred of each of its five states beside the page, each with its line
/// and its reach; what is near is looked for among all that is open.
const BOARD_READ: i64 = 8_000;

/// Tables that grow with the work of a district.
const BIG: &[&str] = &[
    "audit",
    "case_party",
    "deadline",
    "fact",
    "feed",
    "held_deadline",
    "held_line",
    "ledger",
    "listing",
    "notice",
    "number_use",
    "object",
    "object_alias",
    "officer_time",
    "record",
    "repair",
    "stage_move",
    "visit_part",
];

/// A route with who asks and what: `{kind}` and the like filled in, without `limit`.
type Asked = (&'static str, &'static str, &'static [&'static str]);

/// Lists, and whoever may ask for them: `all` reaches the district, `unit` a unit, `own` what he takes part in himself; `auditor` reads the audit.
const LISTS: &[Asked] = &[
    (
        "/api/v1/lists/{kind}",
        "all",
        &[
            "visit?",
            "visit?stage=CLOSED&",
            "visit?stage=RECTIFYING&",
            "visit?from=2025-03-01&to=2025-03-31&",
            "visit?due_before=2026-09-22&",
            "visit?flagged=true&",
            "case?",
            "repair?",
            "site?",
        ],
    ),
    (
        "/api/v1/lists/{kind}",
        "unit",
        &[
            "visit?",
            "visit?stage=CLOSED&",
            "visit?stage=RECTIFYING&",
            "visit?from=2025-03-01&to=2025-03-31&",
            "visit?due_before=2026-09-22&",
            "visit?flagged=true&",
            "case?stage=CLOSED&",
            "repair?",
            "subject?",
        ],
    ),
    ("/api/v1/lists/{kind}", "own", &["visit?", "visit?stage=RECTIFYING&", "visit?from=2025-03-01&to=2025-03-31&", "subject?"]),
    ("/api/v1/cases", "all", &["?", "?unit=squad-juxian&", "?matter=UM-002&stage=CLOSED&", "?from=2025-03-01&to=2025-03-31&", "?party=910000000000000007&"]),
    ("/api/v1/cases", "unit", &["?", "?stage=CLUE&", "?unit=squad-juxian&", "?matter=UM-002&stage=CLOSED&", "?from=2025-03-01&to=2025-03-31&", "?party=910000000000000007&"]),
    ("/api/v1/cases", "own", &["?"]),
    ("/api/v1/repairs", "all", &["?", "?which=pending&", "?which=unapplied&", "?from=2025-03-01&to=2025-03-31&", "?unit=squad-juxian&"]),
    ("/api/v1/repairs", "unit", &["?", "?which=pending&", "?which=unapplied&"]),
    ("/api/v1/deadlines", "all", &["?", "?state=overdue&", "?state=near&", "?state=running&", "?state=done&", "?unit=squad-juxian&"]),
    ("/api/v1/deadlines", "unit", &["?", "?state=overdue&", "?state=near&", "?state=running&", "?state=done&", "?unit=squad-juxian&"]),
    ("/api/v1/deadlines", "own", &["?"]),
    ("/api/v1/overdue", "all", &["?"]),
    ("/api/v1/overdue", "unit", &["?"]),
    ("/api/v1/overdue", "own", &["?"]),
    ("/api/v1/queue", "all", &["?class=contested&", "?class=excepted&", "?class=quarantined&", "?class=parked&", "?class=missing&", "?class=notices&"]),
    ("/api/v1/objects", "all", &["?", "?kind=site&", "?list=none&", "?near=121.6,29.9,500&"]),
    (
        "/api/v1/figures/{code}/rows",
        "all",
        &["visits/rows?from=2025-03-01&to=2025-03-31&", "joint_share/rows?from=2025-01-01&to=2025-12-31&", "in_time/rows?from=2025-01-01&to=2025-12-31&"],
    ),
    ("/api/v1/figures/{code}/rows", "unit", &["visits/rows?from=2025-03-01&to=2025-03-31&"]),
    ("/api/v1/audit", "auditor", &["?", "?action=record.decided&", "?actor=officer:sc-office&"]),
    ("/api/v1/officers", "all", &["?"]),
    ("/api/v1/devices", "all", &["?"]),
    ("/api/v1/training/hours", "all", &["?year=2025&"]),
    ("/api/v1/certificates/ending", "all", &["?"]),
    ("/api/v1/cohandlings/lessons", "all", &["?matter=UM-001&"]),
    ("/api/v1/matchings", "all", &["?"]),
    ("/api/v1/draws", "all", &["?"]),
    ("/api/v1/public/decisions", "all", &["?"]),
    ("/p/decisions", "all", &["?"]),
    ("/public/draws", "all", &["?"]),
];

/// Figures: they read what their period holds, so they have no page.
const FIGURES: &[Asked] = &[
    ("/api/v1/figures", "all", &["?from=2025-03-01&to=2025-03-31", "?from=2025-01-01&to=2025-12-31"]),
    ("/api/v1/figures", "unit", &["?from=2025-03-01&to=2025-03-31"]),
    ("/api/v1/figures.csv", "all", &["?from=2025-03-01&to=2025-03-31"]),
    ("/api/v1/figures.xlsx", "all", &["?from=2025-03-01&to=2025-03-31"]),
    ("/api/v1/fast-share", "all", &["?from=2025-03-01&to=2025-03-31"]),
    ("/api/v1/training/figures", "all", &["?from=2025-03-01&to=2025-03-31"]),
];

/// Lists and figures that are not walked, each with the reason.
const APART: &[(&str, &str)] = &[
    ("/api/v1/objects/duplicates", "compares every object of a kind with every other: asked for by hand, and grows with the objects"),
    ("/api/v1/warnings", "judges all visits of two years by family: asked for by hand, and grows with the visits of its window"),
    ("/api/v1/liaison/figures", "reads the records of its period: requests between organs and the visits that gave support"),
    ("/api/v1/numbers", "an account of blocks, each read from first to last: grows with the numbers of a block"),
    ("/api/v1/draws/{id}/objects", "the list of one draw"),
    ("/api/v1/matchings/{id}/proposals", "the proposals of one matching"),
    ("/api/v1/records/{id}/documents", "the documents of one record"),
    ("/portal/v1/repairs", "the repairs of one party"),
];

/// One thing, or what the book in memory says.
fn is_no_list(path: &str) -> bool {
    const SINGLE: &[&str] =
        &["/.well-known/zhifa-keys", "/health", "/api/v1/me", "/api/v1/policies", "/api/v1/documents/types", "/api/v1/invitations/themes", "/c/{token}", "/c/{token}/qr.svg"];
    const BOOK: &[&str] = &["/api/v1/catalogue/", "/api/v1/calendar/", "/api/v1/dated/", "/api/v1/imports/", "/sync/v1/"];
    // Pages of the browser show what these routes show, by the same functions.
    let page = path.starts_with("/app");
    let one =
        ["{id}", "{dot}", "{document}", "{code}", "{organ}"].iter().any(|part| path.contains(part)) && !path.ends_with("/rows") && APART.iter().all(|(apart, _)| *apart != path);
    SINGLE.contains(&path) || BOOK.iter().any(|book| path.starts_with(book)) || one || page
}

#[test]
fn every_list_and_every_figure_is_walked() {
    let walked: BTreeSet<&str> = LISTS.iter().chain(FIGURES).map(|row| row.0).chain(APART.iter().map(|row| row.0)).collect();
    let known: BTreeSet<&str> = ROUTES.iter().filter(|row| row.0 == "GET").map(|row| row.1).collect();
    for path in &known {
        assert!(walked.contains(path) || is_no_list(path), "GET {path} is in no table of this test: is it a list, figures, or neither?");
    }
    for path in walked {
        assert!(known.contains(path), "there is no GET {path}");
    }
}

/// What the server asks the database.
#[derive(Clone, Default)]
struct Asking(Arc<Mutex<Vec<String>>>);

impl Asking {
    /// Listens at every connection of the pool that is not in use.
    fn listen(&self, db: &Db) {
        macro_rules! all {
            ($pool:expr) => {{
                let mut held = Vec::new();
                while let Ok(mut connection) = $pool.get_timeout(std::time::Duration::from_secs(1)) {
                    connection.set_instrumentation(self.clone());
                    held.push(connection);
                }
            }};
        }
        match db {
            Db::Pg(pool) => all!(pool),
            Db::Lite(pool) => all!(pool),
        }
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Instrumentation for Asking {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            if text.starts_with("SELECT") && text.contains(" FROM ") {
                self.0.lock().unwrap().push(text);
            }
        }
    }
}

#[derive(QueryableByName)]
struct Detail {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What is wrong with the plan of a statement on SQLite.
fn faults(connection: &mut diesel::SqliteConnection, asked: &str) -> Vec<String> {
    let text = asked.split(" -- binds").next().unwrap_or_default();
    let plan: Vec<Detail> = sql_query(format!("EXPLAIN QUERY PLAN {text}")).load(connection).unwrap();
    let lines: Vec<String> = plan.into_iter().map(|line| line.detail).collect();
    let limited = text.contains("LIMIT");
    let mut out = Vec::new();
    for line in &lines {
        let Some(table) = line.split(' ').nth(1).filter(|table| BIG.contains(table)) else {
            // What lies within a few hundred metres is read, as it has to be, and sorted.
            let around = lines.iter().any(|line| line.contains("object_by_place"));
            if line == "USE TEMP B-TREE FOR ORDER BY" && limited && !around && BIG.iter().any(|table| lines.iter().any(|line| line.starts_with(&format!("SEARCH {table} ")))) {
                out.push(format!("all are read and sorted before the first is shown: {lines:?}"));
            }
            continue;
        };
        let whole = line.ends_with("(district=?)") || line.ends_with("(district=? AND kind=?)");
        if line.starts_with("SCAN") {
            out.push(format!("{table} is read whole: {line}"));
        } else if whole && !limited {
            out.push(format!("{table} is read for the whole district: {line}"));
        }
    }
    out
}

/// Rows that PostgreSQL has read of tables and indexes so far.
fn rows_read(db: &Db) -> i64 {
    let Db::Pg(pool) = db else { return 0 };
    let mut held: Vec<_> = (0..pool.state().idle_connections).filter_map(|_| pool.try_get()).collect();
    for connection in &mut held {
        sql_query("SELECT pg_stat_force_next_flush()").execute(&mut **connection).unwrap();
    }
    let connection = held.first_mut().unwrap();
    let sum = "SELECT (SELECT COALESCE(SUM(seq_tup_read), 0) FROM pg_stat_user_tables)::bigint + (SELECT COALESCE(SUM(idx_tup_read), 0) FROM pg_stat_user_indexes)::bigint AS n";
    sql_query(sum).get_result::<Number>(&mut **connection).unwrap().n
}

struct Town {
    site: Site,
    asking: Asking,
    desks: Vec<(&'static str, String)>,
}

impl Town {
    fn new(engine: Engine) -> Town {
        let site = Site::new(engine);
        let app = site.running().app.clone();
        actix_web::rt::System::new().block_on(app.load_fixtures("system")).unwrap();
        let unit = units().unwrap()[0].clone();
        let mut desks = Vec::new();
        for (name, role, scope) in [("all", Role::Supervisor, Scope::District), ("unit", Role::SquadLeader, Scope::Unit), ("auditor", Role::AuditAdmin, Scope::District)] {
            let id = site.officer_of(&format!("sc-{name}"), &[role], &unit, Some(scope), &[]);
            desks.push((name, site.log_in(&id)));
        }
        let own = site.officer_of(&officer(&unit, 0), &[Role::Officer], &unit, Some(Scope::Own), &[]);
        desks.push(("own", site.log_in(&own)));
        let begun = std::time::Instant::now();
        let loaded = load(&app, Plan { seed: 1, visits: VISITS, cases: CASES, today: app.today() }).unwrap();
        println!("{} records in {:?}", loaded.records, begun.elapsed());
        if engine == Engine::Postgres {
            site.sql("VACUUM ANALYZE");
        }
        let asking = Asking::default();
        asking.listen(&app.db);
        Town { site, asking, desks }
    }

    /// The answer, and what was asked of the database for it.
    fn ask(&self, desk: &str, path: &str) -> (String, Vec<String>) {
        let token = &self.desks.iter().find(|(name, _)| *name == desk).unwrap().1;
        self.asking.take();
        let response = self.site.get(path).bearer_auth(token).send().unwrap();
        let status = response.status();
        let text = response.bytes().map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap();
        assert!(status.is_success(), "{path}: {status}: {text}");
        (text, self.asking.take())
    }
}

/// A route with its variable part, if it has one, replaced by what is asked for.
fn filled(route: &str, asked: &str) -> String {
    let rest = route.find('{').map_or(route, |at| &route[..at]);
    format!("{rest}{asked}")
}

fn walk(engine: Engine) {
    let town = Town::new(engine);
    let db = &town.site.running().app.db;
    let mut lite = (engine == Engine::Sqlite).then(|| diesel::SqliteConnection::establish(town.site.config.data.join("zhifa.db").to_str().unwrap()).unwrap());
    let mut wrong: Vec<String> = Vec::new();
    let mut check = |path: &str, asked: &[String]| {
        let Some(connection) = &mut lite else { return };
        let all: BTreeSet<&String> = asked.iter().collect();
        wrong.extend(all.into_iter().flat_map(|asked| faults(connection, asked).into_iter().map(|fault| format!("{path}: {fault}\n    {asked:.600}")).collect::<Vec<_>>()));
    };
    let mut counted: Vec<String> = Vec::new();
    for (route, desk, asked) in LISTS {
        for query in *asked {
            let path = filled(route, query);
            let (_, few) = town.ask(desk, &format!("{path}limit=5"));
            let before = rows_read(db);
            let (text, many) = town.ask(desk, &format!("{path}limit=50"));
            let read = rows_read(db) - before;
            println!("{desk} {path}: {} statements, {read} rows", many.len());
            check(&format!("{desk} {path}"), &many);
            if many.len() > STATEMENTS || many.len() > few.len() + 2 {
                counted.push(format!("{desk} {path}: {} statements for 5 lines, {} for 50", few.len(), many.len()));
            }
            if read > if *route == "/api/v1/deadlines" { BOARD_READ } else { ROWS_READ } {
                counted.push(format!("{desk} {path}: {read} rows read for {} bytes", text.len()));
            }
        }
    }
    for (route, desk, asked) in FIGURES {
        for query in *asked {
            let path = filled(route, query);
            let (_, statements) = town.ask(desk, &path);
            check(&format!("{desk} {path}"), &statements);
            if statements.len() > 2 * STATEMENTS {
                counted.push(format!("{desk} {path}: {} statements", statements.len()));
            }
        }
    }
    wrong.extend(counted);
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    // There is something to be listed and counted.
    let (text, _) = town.ask("unit", "/api/v1/lists/visit?limit=50");
    let page: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 50);
    let figures: Json = ok(town.site.get("/api/v1/figures?from=2025-01-01&to=2025-12-31").bearer_auth(&town.desks[0].1).send().unwrap());
    assert!(figures["figures"].as_array().unwrap().iter().any(|f| f["code"] == "visits" && f["value"]["of"].as_i64() > Some(5_000)), "{figures}");
    // Every page comes once, in order, whichever order that is, and figures count the rows that can be looked at.
    for (desk, path) in [
        ("all", "/api/v1/lists/visit?from=2025-03-01&to=2025-03-04&"),
        ("all", "/api/v1/lists/visit?flagged=true&"),
        ("all", "/api/v1/repairs?which=pending&"),
        ("all", "/api/v1/cases?from=2025-03-01&to=2025-03-20&"),
        ("unit", "/api/v1/lists/visit?from=2025-03-01&to=2025-03-20&"),
        ("unit", "/api/v1/lists/visit?stage=RECTIFYING&"),
        ("unit", "/api/v1/repairs?which=unapplied&"),
        ("unit", "/api/v1/cases?stage=URGED&"),
        ("own", "/api/v1/lists/visit?from=2025-03-01&to=2025-06-20&"),
    ] {
        let (mut seen, mut after, mut pages) = (BTreeSet::new(), String::new(), 0);
        loop {
            let (text, _) = town.ask(desk, &format!("{path}limit=7{after}"));
            let page: Json = serde_json::from_str(&text).unwrap();
            for item in page["items"].as_array().unwrap() {
                assert!(seen.insert(item["record"].as_str().unwrap().to_owned()), "{path}: {item} comes twice");
            }
            pages += 1;
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let (text, _) = town.ask(desk, &format!("{path}limit=500"));
        let whole: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(seen.len(), whole["items"].as_array().unwrap().len(), "{path}");
        assert!(pages > 1, "{path}: {pages} pages");
    }
}

#[test]
fn no_page_reads_what_it_need_not_sqlite() {
    walk(Engine::Sqlite);
}

#[test]
fn no_page_reads_what_it_need_not_postgres() {
    walk(Engine::Postgres);
}
