//! A server with officers and enrolled handhelds, all past the front door.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::pg::PgConnection;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use serde_json::json;
use sync_core::base::keys::Signer as _;
use sync_core::protocol::{Bytes, TokenResponse, enrol_digest, nonce_digest};
use sync_core::record::Bucket;
use tempfile::TempDir;

use super::author::Author;
use super::client::{Client, request};
use super::measure::{folder_bytes, parent_of};
use super::process::Server;
use super::workload::UNIT;
use super::{Failure, sized};
use crate::app::App;
use crate::base::clock::SystemClock;
use crate::base::config::Config;
use crate::org::Role;
use crate::org::ops::{self, NewOfficer, SYSTEM};
use crate::sync::store::Want;

const PASSWORD: &str = "correct horse battery";

/// An enrolled handheld with a token.
pub struct Handheld {
    /// Its chain and key.
    pub author: Author,
    /// What it shows with every call.
    pub bearer: String,
}

/// A running server, its data and its handhelds.
pub struct Site {
    /// The process.
    pub server: Server,
    /// The handhelds, in order of their numbers.
    pub handhelds: Vec<Handheld>,
    data: TempDir,
    database: Option<Database>,
}

/// A PostgreSQL database made for one run and dropped after it.
pub struct Database {
    admin: String,
    /// Its URL.
    pub url: String,
    name: String,
    /// The process that all of PostgreSQL descends from.
    root: u32,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

impl Database {
    /// Makes one on the server that `admin` leads to.
    pub fn create(admin: &str) -> Result<Database, Failure> {
        let (base, _) = admin.rsplit_once('/').ok_or("the URL of the database ends in /NAME")?;
        let name = format!("zhifa_bench_{:016x}", getrandom::u64()?);
        let mut c = PgConnection::establish(admin)?;
        c.batch_execute(&format!("CREATE DATABASE {name}"))?;
        let backend: Number = sql_query("SELECT pg_backend_pid()::bigint AS n").get_result(&mut c)?;
        let root = parent_of(u32::try_from(backend.n)?).ok_or("PostgreSQL must run on this machine, or its CPU cannot be counted")?;
        Ok(Database { admin: admin.to_owned(), url: format!("{base}/{name}"), name, root })
    }

    fn bytes(&self) -> Result<u64, Failure> {
        let mut c = PgConnection::establish(&self.url)?;
        c.batch_execute("CHECKPOINT")?;
        let size: Number = sql_query("SELECT pg_database_size(current_database()) AS n").get_result(&mut c)?;
        Ok(u64::try_from(size.n)?)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Left behind, it is in nobody's way: its name says whose it was.
        if let Ok(mut c) = PgConnection::establish(&self.admin) {
            let _ = c.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

impl Site {
    /// Makes data, officers and codes, starts the server and enrols one handheld for each officer.
    pub fn new(admin: Option<&str>, handhelds: usize) -> Result<Site, Failure> {
        let data = tempfile::tempdir()?;
        let database = admin.map(Database::create).transpose()?;
        let mut config = Config::local(data.path());
        config.database = database.as_ref().map(|d| d.url.clone());
        let mut authors = Vec::with_capacity(handhelds);
        let app = App::open(&config, sync_core::schema::kinds(), Arc::new(SystemClock))?;
        let hash = crate::auth::password::hash(PASSWORD).map_err(|p| p.to_string())?;
        for n in 0..handhelds {
            let author = Author::new(n as u64)?;
            let code = format!("{:032x}", n + 1);
            let new = NewOfficer {
                officer: author.officer.clone(),
                name: format!("Officer {n}"),
                unit: UNIT.into(),
                roles: vec![Role::Officer],
                scope: None,
                buckets: vec![Bucket::unit(UNIT)],
            };
            let (kept, who, hash) = (code.clone(), author.officer.clone(), hash.clone());
            let done = app.committer.run_blocking(Want::default(), move |store| {
                if let Err(problem) = ops::create_officer(store, SYSTEM, &new, &hash)? {
                    return Ok(Err(problem));
                }
                Ok(ops::issue_code(store, SYSTEM, &who, &kept, 1)?.map(|_| ()))
            });
            done?.map_err(|p| p.to_string())?;
            authors.push((author, code));
        }
        app.committer.stop();
        drop(app);
        let folder = data.path().to_str().ok_or("the temporary folder has no UTF-8 name")?;
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--data", folder];
        if let Some(database) = &database {
            arguments.extend(["--database", &database.url]);
        }
        let server = Server::start(&arguments)?;
        let mut client = Client::new(server.address)?;
        let handhelds = authors.into_iter().map(|(author, code)| enrol(&mut client, author, &code)).collect::<Result<_, _>>()?;
        Ok(Site { server, handhelds, data, database })
    }

    /// The process trees whose CPU this server costs.
    pub fn trees(&self) -> Vec<u32> {
        std::iter::once(self.server.pid()).chain(self.database.as_ref().map(|d| d.root)).collect()
    }

    /// Bytes on disk, the write-ahead log folded in.
    pub fn bytes(&self) -> Result<u64, Failure> {
        match &self.database {
            Some(database) => database.bytes(),
            None => folded(&self.data.path().join("zhifa.db")),
        }
    }
}

/// Bytes of a SQLite file once its write-ahead log is folded in.
pub fn folded(file: &Path) -> Result<u64, Failure> {
    let db = rusqlite::Connection::open(file)?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    drop(db);
    match file.parent() {
        Some(folder) if file.with_extension("db-wal").exists() && sized(&file.with_extension("db-wal"))? > 0 => folder_bytes(folder),
        _ => sized(file),
    }
}

fn post(client: &mut Client, path: &str, body: &serde_json::Value) -> Result<Vec<u8>, Failure> {
    let message = request("POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes());
    Ok(client.call(&message)?.to_vec())
}

fn enrol(client: &mut Client, mut author: Author, code: &str) -> Result<Handheld, Failure> {
    let device = author.device;
    let proof = Bytes(author.key.sign(&enrol_digest(code, device).0)?);
    let asked = json!({
        "code": code, "officer": author.officer, "password": PASSWORD, "device": device, "alg": author.key.alg(),
        "public_key": Bytes(author.key.public_key()), "proof": proof, "label": "bench",
    });
    post(client, "/sync/v1/enrol", &asked)?;
    let answer: serde_json::Value = serde_json::from_slice(&post(client, "/sync/v1/nonce", &json!({ "device": device }))?)?;
    let nonce = answer.get("nonce").and_then(serde_json::Value::as_str).ok_or("no nonce")?;
    let signature = Bytes(author.key.sign(&nonce_digest(nonce).0)?);
    let token: TokenResponse = serde_json::from_slice(&post(client, "/sync/v1/token", &json!({ "device": device, "nonce": nonce, "signature": signature }))?)?;
    author.contact = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    Ok(Handheld { author, bearer: format!("Bearer {}", token.token) })
}
