//! Officers and office users: entering, particulars, roles and scope, suspension.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::base::OfficerId;
use sync_core::base::ids::is_token;
use sync_core::record::Bucket;

use super::family::end_families;
use super::grant::{bad_bucket, grant};
use super::{Op, json_text};
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::on;
use crate::org::role::incompatible;
use crate::org::{Role, Scope};
use crate::schema::officer;
use crate::sync::store::Working;

/// A new officer or office user.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOfficer {
    /// Key of the roster.
    pub officer: OfficerId,
    /// Name, at most 60 characters.
    pub name: String,
    /// Unit, a token.
    pub unit: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// How far his data reaches; what is usual for his roles if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Buckets granted from now on, beside the officer's own.
    #[serde(default)]
    pub buckets: Vec<Bucket>,
}

/// Most buckets of one officer in one request.
const MAX_BUCKETS: usize = 200;

/// Checks a name.
pub fn check_name(name: &str) -> Result<(), Problem> {
    if name.trim().is_empty() || name.chars().count() > 60 { Err(Problem::field("name", "give a name of 1 to 60 characters")) } else { Ok(()) }
}

/// Checks a unit's code.
pub fn check_unit(unit: &str) -> Result<(), Problem> {
    if is_token(unit) { Ok(()) } else { Err(Problem::field("unit", "a unit is 1 to 64 letters, digits, '.', '_' or '-'")) }
}

fn check(new: &NewOfficer) -> Result<(), Problem> {
    check_name(&new.name)?;
    check_unit(&new.unit)?;
    check_roles(&new.roles)?;
    if new.buckets.len() > MAX_BUCKETS {
        return Err(Problem::field("buckets", format!("at most {MAX_BUCKETS} in one request")));
    }
    new.buckets.iter().find_map(bad_bucket).map_or(Ok(()), Err)
}

/// Checks that these roles may be one person's.
pub fn check_roles(roles: &[Role]) -> Result<(), Problem> {
    incompatible(roles).map_or(Ok(()), |why| Err(Problem::field("roles", why)))
}

/// Enters an officer. `password_hash` is a PHC string of argon2id.
pub fn create_officer(store: &mut Working<'_, '_>, by: &str, new: &NewOfficer, password_hash: &str) -> Op<()> {
    if let Err(problem) = check(new) {
        return Ok(Err(problem));
    }
    let (district, now) = (store.district, store.now.0);
    let scope = new.scope.clone().unwrap_or_else(|| Scope::usual(&new.roles));
    let (roles_text, scope_text) = (json_text(&new.roles)?, json_text(&scope)?);
    let inserted = on!(store.tx, |c| diesel::insert_into(officer::table)
        .values((
            officer::district.eq(district),
            officer::id.eq(new.officer.as_str()),
            officer::name.eq(&new.name),
            officer::unit.eq(&new.unit),
            officer::password_hash.eq(password_hash),
            officer::roles.eq(&roles_text),
            officer::scope.eq(&scope_text),
            officer::created_ms.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    if inserted == 0 {
        return Ok(Err(Problem::new("conflict", "there is an officer of this id already; choose another, or change that one")));
    }
    store.note(Deed::by(by, "officer.created", format!("officer:{}", new.officer)).with(json!({ "unit": new.unit, "roles": new.roles, "scope": scope })));
    store.roster_written();
    for bucket in &new.buckets {
        if let Err(problem) = grant(store, by, &new.officer, bucket, None)? {
            return Ok(Err(problem));
        }
    }
    Ok(Ok(()))
}

/// What of an officer is changed; what is left out stays. `personal` is sealed by the caller.
#[derive(Debug, Clone, Default)]
pub struct Particulars {
    /// Name.
    pub name: Option<String>,
    /// Unit.
    pub unit: Option<String>,
    /// Phone, citizen id: sealed.
    pub personal: Option<Vec<u8>>,
}

/// Changes an officer's particulars.
pub fn change_particulars(store: &mut Working<'_, '_>, by: &str, who: &OfficerId, new: &Particulars) -> Op<()> {
    let checked = new.name.as_deref().map_or(Ok(()), check_name).and_then(|()| new.unit.as_deref().map_or(Ok(()), check_unit));
    if let Err(problem) = checked {
        return Ok(Err(problem));
    }
    let district = store.district;
    let row: Option<(String, String, Option<Vec<u8>>)> =
        on!(store.tx, |c| officer::table.find((district, who.as_str())).select((officer::name, officer::unit, officer::personal)).first(c).optional())?;
    let Some((name, unit, personal)) = row else { return Ok(Err(Problem::not_found("such officer"))) };
    let changed: Vec<&str> = [("name", new.name.is_some()), ("unit", new.unit.is_some()), ("personal", new.personal.is_some())].iter().filter(|c| c.1).map(|c| c.0).collect();
    let (name, unit, personal) = (new.name.clone().unwrap_or(name), new.unit.clone().unwrap_or(unit), new.personal.clone().or(personal));
    on!(store.tx, |c| diesel::update(officer::table.find((district, who.as_str())))
        .set((officer::name.eq(&name), officer::unit.eq(&unit), officer::personal.eq(&personal)))
        .execute(c))?;
    store.note(Deed::by(by, "officer.changed", format!("officer:{who}")).with(json!({ "fields": changed })));
    store.roster_written();
    Ok(Ok(()))
}

/// Gives somebody other roles and another scope. Nobody changes his own.
pub fn set_roles(store: &mut Working<'_, '_>, by: &OfficerId, who: &OfficerId, roles: &[Role], scope: Option<&Scope>) -> Op<()> {
    if by == who {
        return Ok(Err(Problem::new("forbidden", "nobody changes his own roles; ask another security administrator")));
    }
    if let Err(problem) = check_roles(roles) {
        return Ok(Err(problem));
    }
    let scope = scope.cloned().unwrap_or_else(|| Scope::usual(roles));
    let (district, roles_text, scope_text) = (store.district, json_text(&roles)?, json_text(&scope)?);
    let changed =
        on!(store.tx, |c| diesel::update(officer::table.find((district, who.as_str()))).set((officer::roles.eq(&roles_text), officer::scope.eq(&scope_text))).execute(c))?;
    if changed == 0 {
        return Ok(Err(Problem::not_found("such officer")));
    }
    store.note(Deed::of(by, "officer.roles", format!("officer:{who}")).with(json!({ "roles": roles, "scope": scope })));
    store.roster_written();
    Ok(Ok(()))
}

/// Suspends an officer, or lets him work again. What he sends while suspended goes to quarantine; his log-ins end.
pub fn suspend(store: &mut Working<'_, '_>, by: &str, who: &OfficerId, suspended: bool) -> Op<()> {
    let (district, now) = (store.district, store.now.0);
    let changed = on!(store.tx, |c| diesel::update(officer::table.find((district, who.as_str()))).set(officer::suspended_ms.eq(suspended.then_some(now))).execute(c))?;
    if changed == 0 {
        return Ok(Err(Problem::not_found("such officer")));
    }
    if suspended {
        end_families(store, who, None)?;
    }
    store.note(Deed::by(by, if suspended { "officer.suspended" } else { "officer.reinstated" }, format!("officer:{who}")));
    store.roster_written();
    Ok(Ok(()))
}
