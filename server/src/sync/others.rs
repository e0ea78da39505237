//! On PostgreSQL other servers may commit: hears of it, so that their commits are news here too.
//!
//! Only a hint. Whoever answers a request asks the head of the district itself ([`Live::current`]).

use std::sync::{Arc, Weak};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;

use super::live::Live;
use crate::base::db::{Conn, Db};

/// How often what was heard is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How long to wait before listening again after the connection was lost.
const AGAIN: Duration = Duration::from_secs(2);

/// Starts listening on a thread of its own, until `live` is dropped. Does nothing on SQLite.
pub fn listen(db: &Db, live: &Arc<Live>) -> std::io::Result<()> {
    if db.sole_writer() {
        return Ok(());
    }
    let (db, live) = (db.clone(), Arc::downgrade(live));
    std::thread::Builder::new().name("others".into()).spawn(move || {
        while live.strong_count() > 0 {
            if let Ok(Conn::Pg(mut c)) = db.conn()
                && let Err(cause) = hear(&mut c, &db, &live)
            {
                tracing::warn!(%cause, "listening to other servers was interrupted");
            }
            std::thread::sleep(AGAIN);
        }
    })?;
    Ok(())
}

fn hear(c: &mut PgConnection, db: &Db, live: &Weak<Live>) -> Result<(), super::store::StoreError> {
    c.batch_execute("LISTEN zhifa_news")?;
    loop {
        std::thread::sleep(LOOK);
        let Some(live) = live.upgrade() else { return Ok(()) };
        let mut heard = false;
        for notification in c.notifications_iter() {
            notification?;
            heard = true;
        }
        if heard {
            live.current(db)?;
        }
    }
}
