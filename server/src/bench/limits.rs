//! What the machine can do in the same run: flushes, batched rows, echoes, and a server that only stores and forwards.

use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Failure;

/// How long one of the simple limits is measured.
const STRETCH: Duration = Duration::from_millis(700);

/// Appends of 4 KiB a second, each flushed.
pub fn flushes(folder: &Path) -> Result<f64, Failure> {
    let mut file = std::fs::File::create(folder.join("flushes"))?;
    let (block, start, mut n) = ([7u8; 4096], Instant::now(), 0u32);
    while start.elapsed() < STRETCH {
        file.write_all(&block)?;
        file.sync_data()?;
        n += 1;
    }
    Ok(f64::from(n) / start.elapsed().as_secs_f64())
}

fn open(path: &Path) -> Result<Connection, Failure> {
    let db = Connection::open(path)?;
    db.execute_batch("pragma journal_mode=wal; pragma synchronous=full; create table if not exists r(seq integer primary key, id text unique, body blob)")?;
    Ok(db)
}

/// Rows of one record each a second, 40 a transaction.
pub fn rows(folder: &Path, lines: &[String]) -> Result<f64, Failure> {
    let mut db = open(&folder.join("rows.db"))?;
    let (start, mut n) = (Instant::now(), 0u32);
    for part in lines.chunks(40) {
        let tx = db.transaction()?;
        for line in part {
            tx.prepare_cached("insert into r(id, body) values(?1, ?2)")?.execute((n, line.as_bytes()))?;
            n += 1;
        }
        tx.commit()?;
    }
    Ok(f64::from(n) / start.elapsed().as_secs_f64())
}

struct Floor(Mutex<Connection>);

#[derive(Deserialize)]
struct Head {
    id: String,
}

/// Serves as the least that a durable sync server can do, until killed: no identity, no signature, no merge.
/// Prints `listening on URL`, as `serve` does.
pub fn serve_floor(folder: &Path) -> Result<(), Failure> {
    let state = web::Data::new(Floor(Mutex::new(open(&folder.join("floor.db"))?)));
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let app = App::new().app_data(state.clone()).app_data(web::PayloadConfig::new(8 << 20));
            app.route("/hello", web::get().to(|| async { "hello" })).route("/push", web::post().to(floor_push)).route("/pull", web::get().to(floor_pull))
        });
        let server = server.workers(2).bind(("127.0.0.1", 0))?;
        for address in server.addrs() {
            println!("listening on http://{address}");
        }
        server.run().await
    })?;
    Ok(())
}

async fn floor_push(floor: web::Data<Floor>, body: web::Bytes) -> HttpResponse {
    let store = move || -> Result<usize, Failure> {
        let records: Vec<&RawValue> = serde_json::from_slice(&body)?;
        let mut db = floor.0.lock().map_err(|_| "the floor's lock")?;
        let tx = db.transaction()?;
        for record in &records {
            let head: Head = serde_json::from_str(record.get())?;
            tx.prepare_cached("insert into r(id, body) values(?1, ?2) on conflict(id) do nothing")?.execute((head.id, record.get().as_bytes()))?;
        }
        tx.commit()?;
        Ok(records.len())
    };
    match web::block(store).await {
        Ok(Ok(n)) => HttpResponse::Ok().body(format!("{{\"ok\":{n}}}")),
        _ => HttpResponse::InternalServerError().finish(),
    }
}

/// Answers "nothing new" with one indexed read.
async fn floor_pull(floor: web::Data<Floor>) -> HttpResponse {
    let newest = floor.0.lock().ok().and_then(|db| db.query_row("select coalesce(max(seq), 0) from r", [], |r| r.get::<_, i64>(0)).ok());
    match newest {
        Some(newest) => HttpResponse::Ok().content_type("application/json").body(format!("{{\"records\":[],\"next\":{newest},\"more\":false}}")),
        None => HttpResponse::InternalServerError().finish(),
    }
}
