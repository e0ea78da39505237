//! Finding objects: by any name or number, kind, area, list, and by what is nearby.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::RecordId;
use sync_core::base::geo::Point;
use sync_core::object::{Alias, AliasKind, LISTS, SITE, is_object};

use crate::base::db::{ROWS, Tx};
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops;
use crate::schema::{object, object_alias};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// Farthest that `near` looks, in metres.
const MAX_METRES: i64 = 50_000;

/// Filters; all that are given must hold. `after` is `next` of the page before.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Part of a name or a number, present or former, in any spelling.
    pub q: Option<String>,
    /// Only sites, or only subjects.
    pub kind: Option<String>,
    /// Only of this area.
    pub area: Option<String>,
    /// Only on this list (`left_alone`, `random`, `key`), or on none (`none`).
    pub list: Option<String>,
    /// `lon,lat,metres`: only what lies within so many metres of a place in degrees.
    pub near: Option<String>,
    /// Only what handhelds made and nobody in the office looked at.
    #[serde(default)]
    pub field_made: bool,
    /// Where to go on.
    pub after: Option<RecordId>,
    /// Lines of a page.
    pub limit: Option<u32>,
}

/// An object in a list.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The record.
    pub record: RecordId,
    /// `site` or `subject`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// The list that it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Its risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<String>,
    /// Its credit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit: Option<String>,
    /// Longitude and latitude, degrees × 10⁷.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Point>,
    /// What it was joined into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_into: Option<RecordId>,
    /// Where its joins end: itself if it was not joined.
    pub root: RecordId,
    /// Made on a handheld, and nobody in the office has looked at it.
    pub field_made: bool,
    /// Metres from the place that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metres: Option<i64>,
}

/// A page of lines.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The lines, in order of their ids. With `near` a page may hold fewer than asked for and still have a next one.
    pub items: Vec<Line>,
    /// What to send as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<RecordId>,
}

/// A place and how far around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    centre: Point,
    metres: i64,
}

impl Query {
    /// The filters, if they can be understood.
    pub fn check(&self) -> Result<(Option<String>, Option<Near>), Problem> {
        if self.kind.as_ref().is_some_and(|kind| !is_object(kind)) {
            return Err(Problem::field("kind", "give site or subject"));
        }
        if self.list.as_ref().is_some_and(|list| list != "none" && !LISTS.contains(&list.as_str())) {
            return Err(Problem::field("list", format!("give one of {}, or none", LISTS.join(", "))));
        }
        let near = self.near.as_deref().map(near).transpose()?;
        let Some(q) = &self.q else { return Ok((None, near)) };
        if q.chars().count() > 200 {
            return Err(Problem::field("q", "give at most 200 characters"));
        }
        // Only letters, digits and CJK signs are left, so nothing in it is a wildcard.
        let plain = Alias::new(AliasKind::Name, q).ok_or_else(|| Problem::field("q", "give a part of a name or a number"))?;
        Ok((Some(format!("%{}%", plain.value)), near))
    }
}

fn near(text: &str) -> Result<Near, Problem> {
    let wrong = || Problem::field("near", format!("give longitude,latitude,metres such as 121.63,29.9,200; at most {MAX_METRES} m"));
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let [lon, lat, metres] = parts.as_slice() else { return Err(wrong()) };
    let degrees = |text: &str| text.parse::<f64>().ok().filter(|d| d.abs() <= 180.0).map(|d| (d * 1e7).round() as i64);
    let centre = Point::new(degrees(lon).ok_or_else(wrong)?, degrees(lat).ok_or_else(wrong)?).map_err(|e| Problem::field("near", e.to_string()))?;
    let metres = metres.parse().ok().filter(|m| (1..=MAX_METRES).contains(m)).ok_or_else(wrong)?;
    Ok(Near { centre, metres })
}

impl Near {
    /// West, east, south and north of a box that holds the circle.
    fn bounds(&self) -> (i64, i64, i64, i64) {
        let (lon, lat) = (self.centre.lon_e7(), self.centre.lat_e7());
        let high = (self.metres + 1) * 91;
        let shrink = ((lat.abs() + high) as f64 / 1e7).min(89.9).to_radians().cos();
        let wide = (high as f64 / shrink).ceil() as i64;
        (lon - wide, lon + wide, lat - high, lat + high)
    }
}

/// A row of the index: the columns of [`COLUMNS`].
type Row = (Vec<u8>, String, String, Option<String>, Option<String>, Option<String>, Option<String>, Option<i64>, Option<i64>, Option<Vec<u8>>, Vec<u8>, bool);

type Columns = (
    object::record,
    object::kind,
    object::name,
    object::area,
    object::list,
    object::risk,
    object::credit,
    object::lon_e7,
    object::lat_e7,
    object::joined,
    object::root,
    object::field_made,
);

const COLUMNS: Columns = (
    object::record,
    object::kind,
    object::name,
    object::area,
    object::list,
    object::risk,
    object::credit,
    object::lon_e7,
    object::lat_e7,
    object::joined,
    object::root,
    object::field_made,
);

fn line((record, kind, name, area, list, risk, credit, lon, lat, joined, root, field_made): Row) -> Result<Line, StoreError> {
    let place = lon.zip(lat).and_then(|(lon, lat)| Point::new(lon, lat).ok());
    let joined_into = joined.as_deref().map(record_id).transpose()?;
    Ok(Line { record: record_id(&record)?, kind, name, area, list, risk, credit, place, joined_into, root: record_id(&root)?, field_made, metres: None })
}

/// A page of objects. `pattern` and `near` are those of [`Query::check`].
pub fn page(tx: &mut Tx<'_>, district: i64, query: &Query, pattern: Option<&str>, near: Option<Near>) -> Result<Page, StoreError> {
    let limit = ops::page(query.limit);
    let rows: Vec<Row> = on!(tx, |c| {
        let mut q = object::table.filter(object::district.eq(district)).order(object::record).limit(limit).select(COLUMNS).into_boxed();
        if let Some(after) = query.after {
            q = q.filter(object::record.gt(after.to_bytes().to_vec()));
        }
        if let Some(kind) = &query.kind {
            q = q.filter(object::kind.eq(kind));
        }
        if let Some(area) = &query.area {
            q = q.filter(object::area.eq(area));
        }
        match query.list.as_deref() {
            Some("none") => q = q.filter(object::list.is_null()),
            Some(list) => q = q.filter(object::list.eq(list)),
            None => {}
        }
        if query.field_made {
            q = q.filter(object::field_made.eq(true));
        }
        if let Some(pattern) = pattern {
            let bearing = object_alias::table.filter(object_alias::district.eq(district)).filter(object_alias::value.like(pattern)).select(object_alias::record);
            q = q.filter(object::record.eq_any(bearing));
        }
        if let Some(near) = near {
            let (west, east, south, north) = near.bounds();
            q = q.filter(object::kind.eq(SITE.name)).filter(object::lat_e7.between(south, north)).filter(object::lon_e7.between(west, east));
        }
        q.load(c)
    })?;
    let full = rows.len() as i64 == limit;
    let mut items = rows.into_iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let next = items.last().filter(|_| full).map(|line| line.record);
    if let Some(near) = near {
        for line in &mut items {
            line.metres = line.place.map(|place| near.centre.metres_to(&place));
        }
        items.retain(|line| line.metres.is_some_and(|m| m <= near.metres));
    }
    Ok(Page { items, next })
}

/// The lines of these objects, in order of their ids; what the index does not know is left out.
pub fn lines(tx: &mut Tx<'_>, district: i64, ids: &[RecordId]) -> Result<Vec<Line>, StoreError> {
    let mut out = Vec::new();
    let keys: Vec<Vec<u8>> = ids.iter().map(|id| id.to_bytes().to_vec()).collect();
    for part in keys.chunks(ROWS) {
        let rows: Vec<Row> = on!(tx, |c| object::table.filter(object::district.eq(district)).filter(object::record.eq_any(part)).order(object::record).select(COLUMNS).load(c))?;
        out.extend(rows.into_iter().map(line).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_understood_is_named() {
        let query = |q: &str, near: &str| Query { q: Some(q.into()), near: Some(near.into()), ..Query::default() }.check().map_err(|p| p.code());
        assert!(query("新达%", "121.63, 29.9, 200").is_ok());
        for (q, near) in [("%_%", "121.63,29.9,200"), ("x", "121.63,29.9"), ("x", "29.9,121.63,200"), ("x", "121.63,29.9,0"), ("x", "NaN,29.9,9"), ("x", "121.63,29.9,50001")] {
            assert_eq!(query(q, near).err(), Some("invalid_field"), "{q} {near}");
        }
        let (pattern, near) = Query { q: Some("３３０２-99 x".into()), near: Some("-0.5,29.9,200".into()), ..Query::default() }.check().unwrap();
        assert_eq!((pattern.as_deref(), near.unwrap().centre.lon_e7()), (Some("%330299X%"), -5_000_000));
    }
}
