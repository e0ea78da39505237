//! Who is on the roster already, as an import sees it, and what it would change there.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::{Digest, OfficerId};
use sync_core::record::Bucket;

use crate::auth::password::NO_PASSWORD;
use crate::base::db::Tx;
use crate::on;
use crate::org::ops::{NewOfficer, Op, Particulars, change_particulars, create_officer};
use crate::org::{Role, Scope};
use crate::schema::officer;
use crate::sync::store::{StoreError, Working};

/// Somebody on the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// Phone and citizen id, sealed.
    pub personal: Option<Vec<u8>>,
}

/// Everybody on the roster, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People(pub BTreeMap<String, Person>);

impl People {
    /// Reads all of them.
    pub fn load(tx: &mut Tx<'_>, district: i64) -> Result<People, StoreError> {
        type Row = (String, String, String, String, Option<Vec<u8>>);
        let rows: Vec<Row> =
            on!(tx, |c| officer::table.filter(officer::district.eq(district)).select((officer::id, officer::name, officer::unit, officer::roles, officer::personal)).load(c))?;
        let person = |(id, name, unit, roles, personal): Row| {
            let roles = serde_json::from_str(&roles).map_err(|e| StoreError::Broken(format!("officer {id}: {e}")))?;
            Ok((id, Person { name, unit, roles, personal }))
        };
        rows.into_iter().map(person).collect::<Result<_, StoreError>>().map(People)
    }

    /// Names the roster as it is.
    pub fn digest(&self) -> Digest {
        let mut bytes = Vec::new();
        for (id, person) in &self.0 {
            for part in [id.as_bytes(), person.name.as_bytes(), person.unit.as_bytes(), format!("{:?}", person.roles).as_bytes(), person.personal.as_deref().unwrap_or_default()] {
                bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
                bytes.extend_from_slice(part);
            }
        }
        Digest::tagged("zhifa.roster.v1", &[&bytes])
    }
}

/// What becomes of somebody.
#[derive(Debug, Clone)]
pub enum Change {
    /// He is entered, without a password: a security administrator's code is his way in.
    Enter {
        /// His id.
        officer: OfficerId,
        /// Name.
        name: String,
        /// Unit.
        unit: String,
        /// Officer or auxiliary.
        role: Role,
        /// Sealed, if the file has phone or citizen id.
        personal: Option<Vec<u8>>,
    },
    /// His particulars change; nobody is removed.
    Amend {
        /// His id.
        officer: OfficerId,
        /// What changes.
        particulars: Particulars,
    },
}

impl Change {
    /// As a report shows it: which fields, never what stands in them.
    pub fn shown(&self) -> Json {
        match self {
            Change::Enter { officer, unit, personal, .. } => json!({ "change": "officer_added", "officer": officer, "unit": unit, "personal": personal.is_some() }),
            Change::Amend { officer, particulars } => {
                let fields = [("name", particulars.name.is_some()), ("unit", particulars.unit.is_some()), ("personal", particulars.personal.is_some())];
                let fields: Vec<&str> = fields.iter().filter(|f| f.1).map(|f| f.0).collect();
                json!({ "change": "officer_changed", "officer": officer, "fields": fields })
            }
        }
    }

    /// Carries it out.
    pub fn carry_out(&self, store: &mut Working<'_, '_>, by: &str) -> Op<()> {
        match self {
            Change::Enter { officer, name, unit, role, personal } => {
                let buckets = vec![Bucket::reference(), Bucket::unit(unit), Bucket::archive(unit)];
                let new = NewOfficer { officer: officer.clone(), name: name.clone(), unit: unit.clone(), roles: vec![*role], scope: Some(Scope::Unit), buckets };
                if let Err(problem) = create_officer(store, by, &new, NO_PASSWORD)? {
                    return Ok(Err(problem));
                }
                match personal {
                    Some(sealed) => change_particulars(store, by, officer, &Particulars { personal: Some(sealed.clone()), ..Particulars::default() }),
                    None => Ok(Ok(())),
                }
            }
            Change::Amend { officer, particulars } => change_particulars(store, by, officer, particulars),
        }
    }
}
