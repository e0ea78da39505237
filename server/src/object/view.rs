//! One object with everything that is known of it under all its names: its family, their aliases, the visits to them, and
//! the warnings that these raise.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value as Json;
use sync_core::base::{Date, RecordId};
use sync_core::index::members;
use sync_core::object::is_object;
use sync_core::record::Dot;

use super::families::About;
use super::search::{Line, lines};
use super::warnings::{self, Ground, Told};
use super::{families, visits};
use crate::index::family::family_of;
use crate::on;
use crate::org::reach::Reach;
use crate::schema::object_alias;
use crate::sync::store::rows::record_id;
use crate::sync::store::{StoreError, Working};

/// Somebody's word that another object is not this one.
#[derive(Debug, Serialize)]
pub struct Distinct {
    /// The other one.
    pub other: RecordId,
    /// Who said so, and why.
    pub said: Json,
}

/// An alias, and which members of the family bear it.
#[derive(Debug, Serialize)]
pub struct Borne {
    /// What it is of (`object::AliasKind`).
    pub kind: String,
    /// The name or number, normalised.
    pub value: String,
    /// Who bears it.
    pub objects: BTreeSet<RecordId>,
}

/// The dots that stand in fields on which people decide: what a decision replaces.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Of `joined_into`.
    pub joined_into: Vec<Dot>,
    /// Of `list`.
    pub list: Vec<Dot>,
}

/// An object with its family.
#[derive(Debug, Serialize)]
pub struct View {
    /// The object itself.
    #[serde(flatten)]
    pub line: Line,
    /// What a decision about it replaces.
    pub shown: Shown,
    /// What it is said not to be.
    pub distinct: Vec<Distinct>,
    /// The key under which the family's visits are counted.
    pub family: RecordId,
    /// All that were joined with it or share an identifying number, itself among them.
    pub members: Vec<Line>,
    /// Names and numbers of all of them.
    pub aliases: Vec<Borne>,
    /// Visits to all of them, newest first, within the reader's reach.
    pub visits: visits::Page,
    /// Warnings whose last visit is of this year.
    pub warnings: Vec<Told>,
}

/// Reads an object. `after` goes on among its visits.
pub fn view(
    store: &mut Working<'_, '_>,
    id: RecordId,
    (after, limit): (Option<(&str, RecordId)>, i64),
    reach: &Reach,
    ground: &Ground<'_>,
    today: Date,
) -> Result<Option<View>, StoreError> {
    let Some(record) = store.look(id)?.filter(|r| is_object(&r.kind)) else { return Ok(None) };
    let (tx, district) = (&mut *store.tx, store.district);
    let family = family_of(tx, district, id)?;
    let ids: Vec<RecordId> = family.members.iter().copied().collect();
    let members_of = lines(tx, district, &ids)?;
    let Some(line) = members_of.iter().find(|line| line.record == id).cloned() else { return Ok(None) };
    let keys: Vec<Vec<u8>> = ids.iter().map(|id| id.to_bytes().to_vec()).collect();
    let rows: Vec<(String, String, Vec<u8>)> = on!(tx, |c| object_alias::table
        .filter(object_alias::district.eq(district))
        .filter(object_alias::record.eq_any(&keys))
        .select((object_alias::kind, object_alias::value, object_alias::record))
        .load(c))?;
    let mut aliases: BTreeMap<(String, String), BTreeSet<RecordId>> = BTreeMap::new();
    for (kind, value, record) in rows {
        aliases.entry((kind, value)).or_default().insert(record_id(&record)?);
    }
    let visits = visits::page(tx, district, &family.members, after, limit, reach)?;
    let year = (Date::new(today.year(), 1, 1).unwrap_or(today), today);
    let about = About {
        name: members_of.iter().find(|m| m.record == family.key).or(members_of.first()).map(|m| m.name.clone()).unwrap_or_default(),
        kind: line.kind.clone(),
        area: members_of.iter().find_map(|m| m.area.clone()),
        risk: family.risk.clone(),
    };
    let families = families::Families::of(family.key, &family.members, about.clone());
    let past = warnings::by_family(tx, district, &families, Some(&family.members), year)?.remove(&family.key).unwrap_or_default();
    let dots = |key: &str| record.register(key).map(|r| r.dots()).unwrap_or_default();
    Ok(Some(View {
        line,
        shown: Shown { joined_into: dots("joined_into"), list: dots("list") },
        distinct: members(&record, "distinct.").filter_map(|(other, said)| Some(Distinct { other: other.parse().ok()?, said })).collect(),
        family: family.key,
        members: members_of,
        aliases: aliases.into_iter().map(|((kind, value), objects)| Borne { kind, value, objects }).collect(),
        visits,
        warnings: warnings::of_family(ground, family.key, &about, &past, year),
    }))
}
