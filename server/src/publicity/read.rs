//! Publications as they are stored, and as everybody reads them.

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::RecordId;

use super::mask::{Shown, day};
use crate::base::db::Tx;
use crate::on;
use crate::schema::publication;
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// States of a version.
pub const PUBLISHED: &str = "published";
/// A later text in the place of an earlier one.
pub const CORRECTED: &str = "corrected";
/// Taken back.
pub const WITHDRAWN: &str = "withdrawn";

diesel::alias!(publication as later: Later);

/// A version of a publication.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = publication)]
pub struct Version {
    pub district: i64,
    pub record: Vec<u8>,
    pub version: i64,
    pub state: String,
    pub title: String,
    pub day: String,
    pub body: String,
    pub reason: Option<String>,
    pub at_ms: i64,
    pub by_whom: String,
}

impl Version {
    /// What it showed.
    pub fn shown(&self) -> Result<Shown, StoreError> {
        serde_json::from_str(&self.body).map_err(|e| StoreError::Broken(format!("publication: body: {e}")))
    }

    /// Its decision.
    pub fn id(&self) -> Result<RecordId, StoreError> {
        record_id(&self.record)
    }

    /// For the office: with who and when.
    pub fn whole(&self) -> Result<Json, StoreError> {
        Ok(json!({
            "record": self.id()?, "version": self.version, "state": self.state, "title": self.title, "day": self.day, "body": self.shown()?,
            "reason": self.reason, "at_ms": self.at_ms, "by": self.by_whom,
        }))
    }

    /// For everybody: of a withdrawn one nothing but that, when and why.
    pub fn public(&self) -> Result<Json, StoreError> {
        let shown = self.shown()?;
        let mut out = json!({ "id": self.id()?, "state": self.state, "number": shown.number, "organ": shown.organ, "decided": shown.decided, "since": day(self.at_ms) });
        if let Some(members) = out.as_object_mut() {
            if let Some(reason) = &self.reason {
                members.insert("reason".into(), reason.as_str().into());
            }
            if self.state != WITHDRAWN {
                for (name, value) in
                    [("title", shown.title), ("party", shown.party), ("uscc", shown.uscc), ("facts", shown.facts), ("basis", shown.basis), ("outcome", shown.outcome)]
                {
                    members.insert(name.into(), value.into());
                }
            }
        }
        Ok(out)
    }
}

/// All versions of a decision, oldest first.
pub fn versions(tx: &mut Tx<'_>, district: i64, id: RecordId) -> Result<Vec<Version>, StoreError> {
    let key = id.to_bytes().to_vec();
    Ok(on!(tx, |c| publication::table
        .filter(publication::district.eq(district))
        .filter(publication::record.eq(&key))
        .order(publication::version)
        .select(Version::as_select())
        .load(c))?)
}

/// The newest version of a decision.
pub fn newest(tx: &mut Tx<'_>, district: i64, id: RecordId) -> Result<Option<Version>, StoreError> {
    let key = id.to_bytes().to_vec();
    Ok(on!(tx, |c| publication::table
        .filter(publication::district.eq(district))
        .filter(publication::record.eq(&key))
        .order(publication::version.desc())
        .select(Version::as_select())
        .first(c)
        .optional())?)
}

/// Where a page goes on.
pub type After = Option<(String, RecordId)>;

/// The newest version of every decision, the latest decisions first, and where the next page begins.
pub fn page(tx: &mut Tx<'_>, district: i64, after: &After, limit: i64) -> Result<(Vec<Version>, After), StoreError> {
    let rows: Vec<Version> = on!(tx, |c| {
        let newer = later
            .filter(later.field(publication::district).eq(publication::district))
            .filter(later.field(publication::record).eq(publication::record))
            .filter(later.field(publication::version).gt(publication::version));
        let mut query = publication::table
            .filter(publication::district.eq(district))
            .filter(diesel::dsl::not(diesel::dsl::exists(newer)))
            .order((publication::day.desc(), publication::record.desc()))
            .limit(limit)
            .select(Version::as_select())
            .into_boxed();
        if let Some((day, id)) = after {
            let key = id.to_bytes().to_vec();
            query = query.filter(publication::day.le(day)).filter(publication::day.lt(day).or(publication::record.lt(key)));
        }
        query.load(c)
    })?;
    let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= limit;
    let next = rows.last().filter(|_| full).map(|last| Ok::<_, StoreError>((last.day.clone(), last.id()?))).transpose()?;
    Ok((rows, next))
}
