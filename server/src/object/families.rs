//! The families of all objects at once, for what goes over the whole district. [`crate::index::family::family_of`] says the
//! same of one.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use sync_core::base::RecordId;
use sync_core::object::{AliasKind, RISKS};

use crate::base::db::Tx;
use crate::on;
use crate::schema::{object, object_alias};
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;

/// What is known of a family.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// Name of its key, or of the first member that has one.
    pub name: String,
    /// The kind of its records.
    pub kind: String,
    /// The area of the first member that names one.
    pub area: Option<String>,
    /// The highest risk that a member is given; `low` if none is.
    pub risk: String,
}

/// All families.
#[derive(Debug, Default)]
pub struct Families {
    key: BTreeMap<RecordId, RecordId>,
    about: BTreeMap<RecordId, About>,
}

impl Families {
    /// One family alone.
    pub fn of(key: RecordId, members: &BTreeSet<RecordId>, about: About) -> Families {
        Families { key: members.iter().map(|member| (*member, key)).collect(), about: BTreeMap::from([(key, about)]) }
    }

    /// The key of an object's family; its own id if the index does not know it.
    pub fn key(&self, object: RecordId) -> RecordId {
        self.key.get(&object).copied().unwrap_or(object)
    }

    /// Every object with the key of its family, in order of the objects.
    pub fn members(&self) -> impl Iterator<Item = (RecordId, RecordId)> + '_ {
        self.key.iter().map(|(object, key)| (*object, *key))
    }

    /// What is known of the family with this key.
    pub fn about(&self, key: RecordId) -> Option<&About> {
        self.about.get(&key)
    }
}

/// Sets that grow together: everything points to a representative.
#[derive(Default)]
struct Union(BTreeMap<RecordId, RecordId>);

impl Union {
    fn find(&mut self, of: RecordId) -> RecordId {
        let mut at = of;
        while let Some(next) = self.0.get(&at).copied().filter(|next| *next != at) {
            at = next;
        }
        let (end, mut at) = (at, of);
        while at != end {
            at = self.0.insert(at, end).unwrap_or(end);
        }
        end
    }

    /// The lesser representative stays, so that a set is always under its least member.
    fn join(&mut self, a: RecordId, b: RecordId) {
        let (a, b) = (self.find(a), self.find(b));
        self.0.insert(a.max(b), a.min(b));
    }
}

/// Reads the families of the district.
pub fn all(tx: &mut Tx<'_>, district: i64) -> Result<Families, StoreError> {
    type Row = (Vec<u8>, Vec<u8>, String, String, Option<String>, Option<String>);
    let columns = (object::record, object::root, object::kind, object::name, object::area, object::risk);
    let rows: Vec<Row> = on!(tx, |c| object::table.filter(object::district.eq(district)).order(object::record).select(columns).load(c))?;
    let identifying: Vec<&str> = AliasKind::ALL.iter().filter(|k| **k != AliasKind::Name).map(|k| k.as_str()).collect();
    let aliases: Vec<(Vec<u8>, String, String)> = on!(tx, |c| object_alias::table
        .filter(object_alias::district.eq(district))
        .filter(object_alias::kind.eq_any(identifying))
        .select((object_alias::record, object_alias::kind, object_alias::value))
        .load(c))?;
    let mut objects = BTreeMap::new();
    for (record, root, kind, name, area, risk) in rows {
        objects.insert(record_id(&record)?, (record_id(&root)?, kind, name, area, risk));
    }
    // Families are counted under their least root, not under their least member.
    let mut union = Union::default();
    let mut bearers: BTreeMap<(&str, AliasKind, String), RecordId> = BTreeMap::new();
    for (record, word, value) in aliases {
        let Some((root, kind, ..)) = objects.get(&record_id(&record)?) else { continue };
        let Some(alias) = AliasKind::parse(&word).filter(|alias| alias.identifies(kind)) else { continue };
        let first = *bearers.entry((kind, alias, value)).or_insert(*root);
        union.join(first, *root);
    }
    let mut out = Families::default();
    for (record, (root, kind, name, area, risk)) in &objects {
        let key = union.find(*root);
        out.key.insert(*record, key);
        let about = out.about.entry(key).or_insert_with(|| About { kind: kind.clone(), risk: "low".into(), ..About::default() });
        if about.name.is_empty() || *record == key {
            about.name.clone_from(name);
        }
        if about.area.is_none() {
            about.area.clone_from(area);
        }
        let rank = |word: &str| RISKS.iter().position(|r| *r == word);
        if let Some(risk) = risk.as_ref().filter(|risk| rank(risk) > rank(&about.risk)) {
            about.risk.clone_from(risk);
        }
    }
    Ok(out)
}
