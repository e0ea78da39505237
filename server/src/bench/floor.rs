//! The floor of a server: the least that durable store-and-forward can do (actix, SQLite in WAL, `synchronous=FULL`,
//! opaque JSON by id). No accounts, no signatures, no merge, no log.
//!
//! `POST /push` takes a JSON array of records, `GET /pull?since=&limit=` gives them back, `PUT /photo/{name}` writes a file, `GET /hello` says
//! hello.

use std::cell::RefCell;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use actix_web::error::ErrorInternalServerError;
use actix_web::{App, HttpResponse, HttpServer, web};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Failure;

/// Largest body of a push.
const LARGEST: usize = 8 << 20;

struct Floor {
    writer: Mutex<Connection>,
    file: PathBuf,
    folder: PathBuf,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    id: std::borrow::Cow<'a, str>,
}

#[derive(Deserialize)]
struct Query {
    since: i64,
    limit: i64,
}

thread_local!(static READER: RefCell<Option<Connection>> = const { RefCell::new(None) });

/// The table of records and the settings that every measurement of SQLite here shares.
pub const TABLE: &str = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS r (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, body BLOB)";

fn store(floor: &Floor, body: &[u8]) -> Result<usize, Failure> {
    let records: Vec<&RawValue> = serde_json::from_slice(body)?;
    let mut writer = floor.writer.lock().unwrap_or_else(PoisonError::into_inner);
    let tx = writer.transaction()?;
    {
        let mut insert = tx.prepare_cached("INSERT INTO r (id, body) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")?;
        for record in &records {
            let head: Head<'_> = serde_json::from_str(record.get())?;
            insert.execute((&*head.id, record.get().as_bytes()))?;
        }
    }
    tx.commit()?;
    Ok(records.len())
}

fn page(floor: &Floor, query: &Query) -> Result<Vec<u8>, Failure> {
    READER.with(|reader| {
        let mut reader = reader.borrow_mut();
        let reader = match reader.as_mut() {
            Some(open) => open,
            None => reader.insert(Connection::open(&floor.file)?),
        };
        let mut select = reader.prepare_cached("SELECT seq, body FROM r WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
        let mut rows = select.query((query.since, query.limit))?;
        let mut out = b"{\"records\":[".to_vec();
        let (mut n, mut last) = (0, query.since);
        while let Some(row) = rows.next()? {
            if n > 0 {
                out.push(b',');
            }
            last = row.get(0)?;
            out.extend_from_slice(row.get_ref(1)?.as_blob()?);
            n += 1;
        }
        out.extend_from_slice(format!("],\"next\":{last},\"more\":{}}}", n == query.limit).as_bytes());
        Ok(out)
    })
}

async fn push(floor: web::Data<Floor>, body: web::Bytes) -> actix_web::Result<HttpResponse> {
    let n = web::block(move || store(&floor, &body)).await?.map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().body(format!("{{\"ok\":{n}}}")))
}

async fn pull(floor: web::Data<Floor>, query: web::Query<Query>) -> actix_web::Result<HttpResponse> {
    let body = page(&floor, &query).map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}

/// A file as durable as files are: flushed, renamed, its folder flushed.
fn keep(folder: &Path, name: u64, body: &[u8]) -> std::io::Result<()> {
    let (part, whole) = (folder.join(format!("{name}.part")), folder.join(name.to_string()));
    let mut file = std::fs::File::create(&part)?;
    file.write_all(body)?;
    file.sync_data()?;
    std::fs::rename(part, whole)?;
    std::fs::File::open(folder)?.sync_all()
}

async fn photo(floor: web::Data<Floor>, name: web::Path<u64>, body: web::Bytes) -> actix_web::Result<HttpResponse> {
    web::block(move || keep(&floor.folder, *name, &body)).await??;
    Ok(HttpResponse::Created().finish())
}

/// Serves from `folder` until killed.
pub fn serve(folder: &Path) -> Result<(), Failure> {
    let file = folder.join("floor.db");
    let writer = Connection::open(&file)?;
    writer.execute_batch(TABLE)?;
    let floor = web::Data::new(Floor { writer: Mutex::new(writer), file, folder: folder.to_owned() });
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("listening on http://{}", listener.local_addr()?);
    actix_web::rt::System::new().block_on(async {
        let app = move || {
            let app = App::new().app_data(floor.clone()).app_data(web::PayloadConfig::new(LARGEST));
            let app = app.route("/photo/{name}", web::put().to(photo));
            app.route("/hello", web::get().to(async || "hello")).route("/push", web::post().to(push)).route("/pull", web::get().to(pull))
        };
        HttpServer::new(app).listen(listener)?.run().await
    })?;
    Ok(())
}
