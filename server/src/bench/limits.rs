//! What the machine could do in the same minute: flushes to disk, and rows of SQLite.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::workload::Rec;
use super::{Failure, floor};

/// Longest stretch of each.
const LONGEST: Duration = Duration::from_secs(2);

/// Appends of 4 KiB, each flushed, a second.
pub fn fdatasync_per_s(folder: &Path) -> Result<f64, Failure> {
    let mut file = std::fs::File::create(folder.join("append"))?;
    let start = Instant::now();
    let mut n = 0;
    while n < 400 && start.elapsed() < LONGEST {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        n += 1;
    }
    Ok(f64::from(n) / start.elapsed().as_secs_f64())
}

/// Records a second into SQLite, 40 a transaction, WAL, `synchronous=FULL`.
pub fn sqlite_rows_per_s(folder: &Path) -> Result<f64, Failure> {
    let mut db = Connection::open(folder.join("limit.db"))?;
    db.execute_batch(floor::TABLE)?;
    let lines: Vec<String> = Rec::all(50, 40).map(|r| r.line()).collect();
    let start = Instant::now();
    let mut n = 0;
    for part in lines.chunks(40).take_while(|_| start.elapsed() < LONGEST) {
        let tx = db.transaction()?;
        {
            let mut insert = tx.prepare_cached("INSERT INTO r (id, body) VALUES (?1, ?2)")?;
            for line in part {
                insert.execute((line.get(7..43), line.as_bytes()))?;
                n += 1;
            }
        }
        tx.commit()?;
    }
    Ok(f64::from(n) / start.elapsed().as_secs_f64())
}
