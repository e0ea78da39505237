//! Draws as they are stored, and as they are shown: to the office with everything, to the public without people.

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Digest, RecordId, UtcMs};
use sync_core::dated::Book;
use sync_core::law::{Calendar, Period, Side, deadline, policy};
use sync_core::plan::draw::List;

use super::Basis;
use crate::base::db::Tx;
use crate::on;
use crate::schema::draw;
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// A draw as it is stored, without its seed.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = draw)]
pub struct Stored {
    id: Vec<u8>,
    title: String,
    basis: String,
    pub(super) redraws: Option<Vec<u8>>,
    list: String,
    pub(super) commitment: Vec<u8>,
    pub(super) committed_ms: i64,
    committed_by: String,
    pub(super) transcript: Option<String>,
    drawn_ms: Option<i64>,
    drawn_by: Option<String>,
}

fn parsed<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Broken(format!("draw: {what}: {e}")))
}

/// One draw.
pub fn read(tx: &mut Tx<'_>, district: i64, id: RecordId) -> Result<Option<Stored>, StoreError> {
    Ok(on!(tx, |c| draw::table.find((district, id.to_bytes().to_vec())).select(Stored::as_select()).first(c).optional())?)
}

/// Draws after an instant and id, newest first.
pub fn page(tx: &mut Tx<'_>, district: i64, after: Option<(i64, RecordId)>, limit: i64) -> Result<Vec<Stored>, StoreError> {
    Ok(on!(tx, |c| {
        let mut q = draw::table.filter(draw::district.eq(district)).order((draw::committed_ms.desc(), draw::id.desc())).limit(limit).select(Stored::as_select()).into_boxed();
        if let Some((at, id)) = after {
            q = q.filter(draw::committed_ms.lt(at).or(draw::committed_ms.eq(at).and(draw::id.lt(id.to_bytes().to_vec()))));
        }
        q.load(c)
    })?)
}

impl Stored {
    /// The draws that followed recusals from one, oldest first.
    pub fn redraws(tx: &mut Tx<'_>, district: i64, of: RecordId) -> Result<Vec<Stored>, StoreError> {
        Ok(on!(tx, |c| draw::table
            .filter(draw::district.eq(district))
            .filter(draw::redraws.eq(of.to_bytes().to_vec()))
            .order((draw::committed_ms, draw::id))
            .select(Stored::as_select())
            .load(c))?)
    }

    /// Its id.
    pub fn id(&self) -> Result<RecordId, StoreError> {
        record_id(&self.id)
    }

    /// What its list was composed from.
    pub fn basis(&self) -> Result<Basis, StoreError> {
        parsed("basis", &self.basis)
    }

    /// Its list.
    pub fn list(&self) -> Result<List, StoreError> {
        parsed("list", &self.list)
    }

    /// What a list of draws says of it, to everybody. `publish_by`: the day by which the results of the inspections are to be
    /// published; absent before the draw, and while the calendar of the year is not known.
    pub fn line(&self, book: &Book) -> Result<Json, StoreError> {
        let list = self.list()?;
        let commitment: Digest = self.commitment.as_slice().try_into().map(Digest).unwrap_or_default();
        let of = self.redraws.as_deref().map(record_id).transpose()?;
        Ok(json!({
            "id": self.id()?,
            "title": self.title,
            "state": if self.transcript.is_some() { "drawn" } else { "committed" },
            "commitment": commitment,
            "list_hash": list.section_hashes().whole(),
            "objects": list.objects.len(),
            "eligible": list.objects.iter().filter(|object| object.excluded.is_none()).count(),
            "inspectors": list.inspectors.len(),
            "draw": list.draw,
            "team": list.team,
            "redraws": of,
            "committed_ms": self.committed_ms,
            "drawn_ms": self.drawn_ms,
            "publish_by": self.drawn_ms.and_then(|at| publish_by(book, UtcMs(at))),
        }))
    }

    /// Everything that is published: the list with the commitment before the draw; after it the transcript, which `zhifa verify-draw`
    /// replays, and what was drawn by name.
    pub fn public(&self, book: &Book) -> Result<Json, StoreError> {
        let mut shown = self.line(book)?;
        match &self.transcript {
            None => put(&mut shown, "list", parsed("list", &self.list)?),
            Some(text) => {
                let transcript: Json = parsed("transcript", text)?;
                let basis = self.basis()?;
                let drawn = transcript.get("result").and_then(Json::as_array).into_iter().flatten().filter_map(|d| d.get("object")?.as_str());
                let named: Vec<Json> = drawn.map(|key| json!({ "object": key, "name": basis.names.get(key) })).collect();
                put(&mut shown, "drawn", Json::Array(named));
                put(&mut shown, "transcript", transcript);
            }
        }
        Ok(shown)
    }

    /// What the office sees beside that: who did it, by which rule, and whom the keys stand for.
    pub fn whole(&self, book: &Book) -> Result<Json, StoreError> {
        let mut shown = self.public(book)?;
        put(&mut shown, "committed_by", json!(self.committed_by));
        put(&mut shown, "drawn_by", json!(self.drawn_by));
        put(&mut shown, "basis", parsed("basis", &self.basis)?);
        Ok(shown)
    }
}

fn put(json: &mut Json, key: &str, value: Json) {
    if let Some(map) = json.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

/// Twenty working days after the draw, unless the policy of the day says otherwise (`inspection.random.publish`).
fn publish_by(book: &Book, drawn: UtcMs) -> Option<sync_core::base::Date> {
    let day = day_of(drawn)?;
    let period = policy::get::<Period>(book, "inspection.random.publish", day).ok()?.value;
    Some(deadline(&Calendar::of(book), period, day, Side::Organ, &[]).ok()?.deadline()?.due)
}
