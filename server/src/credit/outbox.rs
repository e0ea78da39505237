//! What the credit site has to be told (`outbox`): written with what it tells, sent afterwards, tried again until it is confirmed.
//!
//! A try is claimed before it is made, so that of several servers one makes it and a crash in between costs one wait. Grants are told
//! before what takes them back. Deliberately absent: telling twice under two keys; the other side knows a repetition by its key.

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::{Digest, RecordId, UtcMs};
use sync_core::credit::repair::{KIND, NAME, read, stage};
use sync_core::dated::Book;
use sync_core::org::{Unit, in_name_of};
use sync_core::record::{ActCall, Draft, Record};

use super::outward::Told;
use crate::app::App;
use crate::audit::Deed;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::on;
use crate::react::{self, put};
use crate::schema::outbox;
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Want, Working};

/// The credit site.
pub const TARGET: &str = "credit";
/// A repair was granted: stop showing the record.
pub const REPAIR: &str = "repair";
/// A repair was taken back: show the record again.
pub const RESTORE: &str = "restore";
/// The class of notices about what cannot be told.
pub const CLASS: &str = "outward_failing";

/// First wait after a try that failed, and the longest.
const FIRST_MS: i64 = 60_000;
const LONGEST_MS: i64 = 6 * 3_600_000;
/// Tries after which somebody is told.
const MANY: i64 = 8;
/// Messages of one look.
const STEP: i64 = 20;

/// A message as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub struct Message {
    /// The key of idempotency.
    pub id: String,
    /// The record that it is about.
    pub record: Vec<u8>,
    /// [`REPAIR`] or [`RESTORE`].
    pub action: String,
    /// What is sent, byte for byte.
    pub body: String,
    /// When it was written, UTC milliseconds.
    pub made_ms: i64,
    /// Tries so far.
    pub tries: i64,
    /// When it is tried next.
    pub next_ms: Option<i64>,
    /// When it was confirmed.
    pub done_ms: Option<i64>,
    /// The other side's receipt.
    pub receipt: Option<String>,
    /// What the last try met.
    pub error: Option<String>,
}

/// The key of a message: the same for the same grant of the same application.
pub fn key(repair: &Record, action: &str) -> String {
    let number = read(repair, "application").get("number").and_then(Json::as_i64).unwrap_or(0);
    let digest = Digest::tagged("zhifa.outbox.credit.v1", &[&repair.id.to_bytes(), action.as_bytes(), &number.to_be_bytes()]).to_string();
    format!("{action}-{}", digest.chars().take(32).collect::<String>())
}

/// What the credit site reads: version, key, action, decision, subject, category and rules.
fn body(repair: &Record, action: &str, book: &Book, now: UtcMs) -> Json {
    let text = |field: &str| read(repair, field).as_str().map(str::to_owned).unwrap_or_default();
    let (reckoned, result) = (read(repair, "reckoned"), read(repair, "result"));
    let today = sync_core::base::date::day_of(now);
    let organ = today.and_then(|day| in_name_of(book, &book.get::<Unit>(&text("unit"), day)?.organ, day));
    let at = |json: &Json| json.get("at_ms").and_then(Json::as_i64).and_then(|ms| sync_core::base::date::day_of(UtcMs(ms))).map(|day| day.to_string());
    let mut out = json!({
        "action": action, "approved": at(&result), "category": reckoned.get("category"), "decision": { "day": text("day"), "number": text("number") },
        "key": key(repair, action), "organ": organ.map(|(_, organ)| organ.name), "regime": reckoned.get("regime"),
        "subject": { "name": text("party.name"), "uscc": text("party.uscc") }, "v": 1,
    });
    if let (RESTORE, Some(members)) = (action, out.as_object_mut()) {
        let revocation = read(repair, "revocation");
        members.insert("revoked".into(), json!(at(&revocation)));
        members.insert("reason".into(), revocation.get("reason").cloned().unwrap_or_default());
    }
    out
}

/// Writes a message; the same one twice is one.
pub fn tell(store: &mut Working<'_, '_>, repair: &Record, action: &str, book: &Book) -> Result<(), StoreError> {
    let (district, now) = (store.district, store.now);
    let row = (
        outbox::district.eq(district),
        outbox::id.eq(key(repair, action)),
        outbox::target.eq(TARGET),
        outbox::record.eq(repair.id.to_bytes().to_vec()),
        outbox::action.eq(action.to_owned()),
        outbox::body.eq(body(repair, action, book, now).to_string()),
        outbox::made_ms.eq(now.0),
        outbox::tries.eq(0_i64),
        outbox::next_ms.eq(Some(now.0)),
    );
    on!(store.tx, |c| diesel::insert_into(outbox::table).values(&row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Notes that a message is confirmed, by whatever way.
pub fn settle(store: &mut Working<'_, '_>, id: &str, receipt: &str) -> Result<(), StoreError> {
    let (district, now) = (store.district, store.now.0);
    let row = outbox::table.find((district, id));
    let none: Option<i64> = None;
    let no_error: Option<String> = None;
    on!(store.tx, |c| diesel::update(row)
        .set((outbox::next_ms.eq(none), outbox::done_ms.eq(Some(now)), outbox::receipt.eq(Some(receipt)), outbox::error.eq(no_error.clone())))
        .execute(c))?;
    Ok(())
}

/// The messages about a record, oldest first.
pub fn of_record(tx: &mut Tx<'_>, district: i64, record: RecordId) -> Result<Vec<Message>, StoreError> {
    let key = record.to_bytes().to_vec();
    Ok(on!(tx, |c| outbox::table.filter(outbox::district.eq(district)).filter(outbox::record.eq(&key)).order((outbox::made_ms, outbox::id)).select(Message::as_select()).load(c))?)
}

/// How long to wait after so many tries: twice as long each time, and not all at the same instant.
fn wait_ms(tries: i64, id: &str) -> i64 {
    let doubled = FIRST_MS.saturating_mul(1_i64 << tries.clamp(1, 20).saturating_sub(1)).min(LONGEST_MS);
    let spread = i64::from(Digest::plain(id.as_bytes()).0.first().copied().unwrap_or(0));
    doubled.saturating_add(doubled / 10 * spread / 255)
}

/// Takes what is due and moves its next try on.
fn claim(store: &mut Working<'_, '_>) -> Result<Vec<Message>, StoreError> {
    let (district, now) = (store.district, store.now.0);
    let due: Vec<Message> = on!(store.tx, |c| outbox::table
        .filter(outbox::district.eq(district))
        .filter(outbox::target.eq(TARGET))
        .filter(outbox::next_ms.le(now))
        .order((outbox::next_ms, outbox::id))
        .limit(STEP)
        .select(Message::as_select())
        .load(c))?;
    let mut out = Vec::with_capacity(due.len());
    for mut message in due {
        // A site that has not heard of the grant yet hears of it first.
        let before: i64 = on!(store.tx, |c| outbox::table
            .filter(outbox::district.eq(district))
            .filter(outbox::record.eq(&message.record))
            .filter(outbox::made_ms.lt(message.made_ms))
            .filter(outbox::next_ms.is_not_null())
            .count()
            .get_result(c))?;
        message.tries += 1;
        let next = now.saturating_add(if before > 0 { FIRST_MS } else { wait_ms(message.tries, &message.id) });
        let row = outbox::table.find((district, &message.id));
        if before > 0 {
            on!(store.tx, |c| diesel::update(row).set(outbox::next_ms.eq(Some(next))).execute(c))?;
            continue;
        }
        on!(store.tx, |c| diesel::update(row).set((outbox::tries.eq(message.tries), outbox::next_ms.eq(Some(next)))).execute(c))?;
        out.push(message);
    }
    Ok(out)
}

/// Writes down what became of a try.
fn note(store: &mut Working<'_, '_>, message: &Message, told: &Told, keys: &crate::base::keys::ServerKeys) -> Result<(), StoreError> {
    let (district, now) = (store.district, store.now.0);
    let row = outbox::table.find((district, &message.id));
    let done: Option<Option<i64>> = on!(store.tx, |c| row.select(outbox::done_ms).first(c).optional())?;
    if done.flatten().is_some() {
        return Ok(());
    }
    match told {
        Told::Confirmed { receipt } => {
            settle(store, &message.id, receipt)?;
            let id = record_id(&message.record)?;
            let repair = store.look(id)?.filter(|record| *record.kind == *NAME && record.stage() == stage::APPROVED && message.action == REPAIR);
            if let Some(repair) = repair {
                let value = json!({ "at_ms": now, "key": message.id, "receipt": receipt });
                let edits = put(&repair, "synced", Some(&value)).into_iter().collect();
                react::write(store, Draft { edits, act: Some(ActCall::new("sync")), ..Draft::of(id, KIND.name) }, keys)?;
            }
            store.note(Deed::by("system", "repair.synced", format!("record:{id}")).with(json!({ "action": message.action, "tries": message.tries })));
        }
        Told::Refused { why } => {
            let none: Option<i64> = None;
            on!(store.tx, |c| diesel::update(row).set((outbox::next_ms.eq(none), outbox::error.eq(Some(why.clone())))).execute(c))?;
            store.raise(CLASS, format!("outbox:{}:refused", message.id));
        }
        Told::Failed { why, after_ms } => {
            let next = after_ms.map(|after| now.saturating_add(after.clamp(0, LONGEST_MS * 4)));
            on!(store.tx, |c| diesel::update(row).set(outbox::error.eq(Some(why.clone()))).execute(c))?;
            if let Some(next) = next {
                on!(store.tx, |c| diesel::update(row).set(outbox::next_ms.eq(Some(next))).execute(c))?;
            }
            if message.tries == MANY {
                store.raise(CLASS, format!("outbox:{}:tries", message.id));
            }
        }
    }
    Ok(())
}

/// Lets a message that was refused, or waits long, be tried at once.
pub fn again(store: &mut Working<'_, '_>, record: RecordId) -> Result<usize, StoreError> {
    let (district, now, key) = (store.district, store.now.0, record.to_bytes().to_vec());
    let open = outbox::table.filter(outbox::district.eq(district)).filter(outbox::record.eq(&key)).filter(outbox::done_ms.is_null());
    Ok(on!(store.tx, |c| diesel::update(open).set(outbox::next_ms.eq(Some(now))).execute(c))?)
}

impl App {
    /// Tells the credit site everything that is due; gives how many messages were tried. Nothing where no site is configured.
    pub async fn tell_outside(&self) -> Result<usize, Problem> {
        let Some(site) = &self.credit_site else { return Ok(0) };
        // Whoever comes second waits, and finds what the first left.
        let _telling = site.telling.lock().await;
        let mut tried = 0;
        loop {
            let claimed = self.committer.run(Want::default(), claim).await?;
            if claimed.is_empty() {
                return Ok(tried);
            }
            for message in claimed {
                let told = site.tell(&message.id, &message.body).await;
                let keys = self.keys.clone();
                let want = Want { records: vec![record_id(&message.record)?], ..Want::default() };
                self.committer.run(want, move |store| note(store, &message, &told, &keys)).await?;
                tried += 1;
            }
        }
    }
}

/// How often a running server looks whether something waits.
const EVERY: std::time::Duration = std::time::Duration::from_secs(30);

/// Tells what is due until the server stops.
pub async fn watch(app: std::sync::Arc<App>) {
    if app.credit_site.is_none() {
        return;
    }
    let mut stopping = app.stopping();
    loop {
        let told = tokio::select! {
            _ = stopping.changed() => return,
            told = app.tell_outside() => told,
        };
        if let Err(problem) = told {
            tracing::warn!(%problem, "the credit site could not be told; the next look tries again");
        }
        tokio::select! {
            _ = stopping.changed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_six_hours_and_are_spread() {
        let waits: Vec<i64> = (1..=12).map(|tries| wait_ms(tries, "repair-x")).collect();
        assert!(waits.is_sorted() && waits[0] >= FIRST_MS && waits[0] <= FIRST_MS * 11 / 10, "{waits:?}");
        assert!(waits[11] >= LONGEST_MS && waits[11] <= LONGEST_MS * 11 / 10, "{waits:?}");
        assert_ne!(wait_ms(5, "repair-x"), wait_ms(5, "repair-y"));
    }
}
