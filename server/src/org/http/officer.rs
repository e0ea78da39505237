//! `/api/v1/officers`.

use actix_web::{HttpResponse, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sync_core::base::{OfficerId, UtcMs, qr};
use sync_core::protocol::Invitation;
use sync_core::record::Bucket;

use super::{Page, new_code};
use crate::access::{Access, ReadsPeople, SecurityAdmin, SystemAdmin};
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::on;
use crate::org::ops::{self, NewOfficer, Particulars, SYSTEM};
use crate::org::personal::Personal;
use crate::org::reach::Reach;
use crate::org::{Role, Scope};
use crate::schema::officer;
use crate::sync::store::{StoreError, Want};

/// `POST /api/v1/officers`.
#[derive(Deserialize)]
pub struct CreateOfficer {
    #[serde(flatten)]
    officer: NewOfficer,
    password: String,
}

/// Enters an officer: 201, 409 if the id is taken. Roles that read or decide are given by the security administrator.
pub async fn create(access: Access<SystemAdmin>, body: web::Json<CreateOfficer>) -> Result<HttpResponse, Problem> {
    let CreateOfficer { officer, password } = body.into_inner();
    if let Some(role) = officer.roles.iter().find(|r| r.needs_second_factor()) {
        return Err(Problem::field("roles", format!("{role:?} is given by the security administrator; enter the person as officer, auxiliary or liaison first")));
    }
    if officer.scope.as_ref().is_some_and(|s| !matches!(s, Scope::Own | Scope::Unit)) {
        return Err(Problem::field("scope", "a scope beyond the own unit is given by the security administrator"));
    }
    if !access.actor.reach.takes("", &officer.unit) {
        return Err(Problem::field("unit", "this unit is out of your reach; ask an administrator of its area"));
    }
    access.app.create_officer(&access.actor.name(), officer, &password).await?;
    Ok(HttpResponse::Created().finish())
}

/// An officer, as everybody who works in the district may see him.
#[derive(Serialize)]
pub struct OfficerView {
    /// His id.
    pub officer: String,
    /// His name.
    pub name: String,
    /// His unit.
    pub unit: String,
    /// What he does.
    pub roles: Vec<Role>,
    /// How far he sees.
    pub scope: Scope,
    /// Since when he is suspended, UTC milliseconds.
    pub suspended_ms: Option<i64>,
    /// Whether he has a second factor.
    pub second_factor: bool,
}

type Row = (String, String, String, String, String, Option<i64>, Option<i64>);

fn view((officer, name, unit, roles, scope, suspended_ms, factor): Row) -> Result<OfficerView, StoreError> {
    let broken = |e: serde_json::Error| StoreError::Broken(format!("officer {officer}: {e}"));
    let (roles, scope) = (serde_json::from_str(&roles).map_err(broken)?, serde_json::from_str(&scope).map_err(broken)?);
    Ok(OfficerView { officer, name, unit, roles, scope, suspended_ms, second_factor: factor.is_some() })
}

/// Lists officers within reach, in order of id. Nothing here is hidden from anybody who works in the district.
pub async fn list(access: Access<ReadsPeople>, page: web::Query<Page>) -> Result<HttpResponse, Problem> {
    let officers = officers(&access.app, access.actor.reach, page.into_inner()).await?;
    let next = officers.last().map(|o| o.officer.clone());
    Ok(HttpResponse::Ok().json(serde_json::json!({ "officers": officers, "next": next })))
}

/// A page of officers within reach.
pub async fn officers(app: &App, reach: Reach, page: Page) -> Result<Vec<OfficerView>, Problem> {
    let officers = app.read(move |tx, district| {
        let rows: Vec<Row> = on!(tx, |c| {
            let mut q = officer::table
                .filter(officer::district.eq(district))
                .filter(officer::id.gt(page.after.as_deref().unwrap_or("")))
                .order(officer::id)
                .limit(ops::page(page.limit))
                .select((officer::id, officer::name, officer::unit, officer::roles, officer::scope, officer::suspended_ms, officer::totp_confirmed_ms))
                .into_boxed();
            if let Some((units, own)) = reach.units() {
                q = q.filter(officer::unit.eq_any(units).or(officer::id.eq(own.as_str().to_owned())));
            }
            q.load(c)
        })?;
        rows.into_iter().map(view).collect::<Result<Vec<_>, StoreError>>()
    });
    officers.await
}

#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    officer: OfficerView,
    personal: Personal,
    masked: bool,
}

/// Reads one officer within reach. Phone and citizen id are masked unless the reader's role needs them; reading them
/// unmasked is audited before they are shown.
pub async fn read(access: Access<ReadsPeople>, who: web::Path<OfficerId>) -> Result<HttpResponse, Problem> {
    let (app, actor, who) = (access.app, access.actor, who.into_inner());
    let key = who.clone();
    type Found = (Row, Option<Vec<u8>>);
    let found: Option<Found> = app
        .read(move |tx, district| {
            let columns = ((officer::id, officer::name, officer::unit, officer::roles, officer::scope, officer::suspended_ms, officer::totp_confirmed_ms), officer::personal);
            Ok(on!(tx, |c| officer::table.find((district, key.as_str())).select(columns).first(c).optional())?)
        })
        .await?;
    let (row, sealed) = found.filter(|(row, _)| actor.reach.takes(&row.0, &row.2)).ok_or_else(|| Problem::not_found("such officer"))?;
    let personal = sealed.map(|s| Personal::open(&app.keys.sealer, &who, &s)).transpose().map_err(Problem::internal)?.unwrap_or_default();
    let masked = !actor.reads_personal();
    if !masked && personal != Personal::default() {
        app.note(Deed::of(&actor.officer, "personal.read", format!("officer:{who}"))).await?;
    }
    let personal = if masked { personal.masked() } else { personal };
    Ok(HttpResponse::Ok().json(Whole { officer: view(row).map_err(Problem::from)?, personal, masked }))
}

/// `PUT /api/v1/officers/{id}`: what is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    name: Option<String>,
    unit: Option<String>,
    personal: Option<Personal>,
}

/// Changes an officer's particulars: 204.
pub async fn change(access: Access<SystemAdmin>, who: web::Path<OfficerId>, body: web::Json<Change>) -> Result<HttpResponse, Problem> {
    let (app, who, body) = (access.app, who.into_inner(), body.into_inner());
    access.actor.reach.officer(&app, &who).await?;
    let personal = match &body.personal {
        Some(personal) => {
            personal.check()?;
            Some(personal.seal(&app.keys.sealer, &who).map_err(Problem::internal)?)
        }
        None => None,
    };
    let (by, new) = (access.actor.name(), Particulars { name: body.name, unit: body.unit, personal });
    app.committer.run(Want::default(), move |store| ops::change_particulars(store, &by, &who, &new)).await??;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/officers/{id}/roles`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolesBody {
    roles: Vec<Role>,
    #[serde(default)]
    scope: Option<Scope>,
}

/// Gives somebody other roles and another scope: 204. Takes effect with his next request.
pub async fn roles(access: Access<SecurityAdmin>, who: web::Path<OfficerId>, body: web::Json<RolesBody>) -> Result<HttpResponse, Problem> {
    access.actor.reach.officer(&access.app, &who).await?;
    let (by, who, body) = (access.actor.officer, who.into_inner(), body.into_inner());
    access.app.committer.run(Want::default(), move |store| ops::set_roles(store, &by, &who, &body.roles, body.scope.as_ref())).await??;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/officers/{id}/grants`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantBody {
    bucket: Bucket,
    #[serde(default)]
    end: bool,
}

/// Grants a bucket from now on, or ends the grant now: 204.
pub async fn grant(access: Access<SecurityAdmin>, who: web::Path<OfficerId>, body: web::Json<GrantBody>) -> Result<HttpResponse, Problem> {
    access.actor.reach.officer(&access.app, &who).await?;
    let (by, who, body) = (access.actor.name(), who.into_inner(), body.into_inner());
    let done = access.app.committer.run(Want::default(), move |store| {
        let until = body.end.then_some(store.now);
        ops::grant(store, &by, &who, &body.bucket, until)
    });
    done.await??;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/officers/{id}/suspension`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    suspended: bool,
}

/// Suspends an officer or lets him work again: 204.
pub async fn suspend(access: Access<SecurityAdmin>, who: web::Path<OfficerId>, body: web::Json<Suspension>) -> Result<HttpResponse, Problem> {
    access.actor.reach.officer(&access.app, &who).await?;
    access.app.suspend_officer(&access.actor.name(), who.into_inner(), body.suspended).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/officers/{id}/codes`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeBody {
    hours: u32,
}

/// Issues a one-time code, for a handheld, a second factor or a first password: 201. It is shown once and kept only by
/// its hash. Where the server knows its public address, an invitation to enrol comes with it, as text and as QR code.
pub async fn issue_code(access: Access<SecurityAdmin>, who: web::Path<OfficerId>, body: web::Json<CodeBody>) -> Result<HttpResponse, Problem> {
    let who = who.into_inner();
    access.actor.reach.officer(&access.app, &who).await?;
    let (code, expires) = access.app.issue_code(&access.actor.name(), who.clone(), body.hours).await?;
    let uri = access.app.invitation(&who, &code);
    let qr = uri.as_deref().map(qr).transpose().map_err(Problem::internal)?;
    Ok(HttpResponse::Created().json(Issued { code, expires_ms: expires.0, uri, qr }))
}

#[derive(Serialize)]
struct Issued {
    code: String,
    expires_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qr: Option<String>,
}

impl App {
    /// The invitation to enrol with a code, if this server knows its public address.
    pub fn invitation(&self, officer: &OfficerId, code: &str) -> Option<String> {
        let server = self.public_url.clone()?;
        Some(Invitation { server, officer: officer.clone(), code: code.to_owned() }.to_text())
    }

    /// Enters an officer with a password.
    pub async fn create_officer(&self, by: &str, new: NewOfficer, password: &str) -> Result<(), Problem> {
        let (hash, by) = (self.passwords.hash(password).await?, by.to_owned());
        self.committer.run(Want::default(), move |store| ops::create_officer(store, &by, &new, &hash)).await?
    }

    /// Grants a bucket to an officer from now on.
    pub async fn grant(&self, who: OfficerId, bucket: Bucket) -> Result<(), Problem> {
        self.committer.run(Want::default(), move |store| ops::grant(store, SYSTEM, &who, &bucket, None)).await?
    }

    /// Issues a one-time code; gives it and when it expires.
    pub async fn issue_code(&self, by: &str, who: OfficerId, hours: u32) -> Result<(String, UtcMs), Problem> {
        let (code, by) = (new_code()?, by.to_owned());
        let kept = code.clone();
        let expires = self.committer.run(Want::default(), move |store| ops::issue_code(store, &by, &who, &kept, hours)).await??;
        Ok((code, expires))
    }

    /// Suspends an officer, or lets him work again.
    pub async fn suspend_officer(&self, by: &str, who: OfficerId, suspended: bool) -> Result<(), Problem> {
        let by = by.to_owned();
        self.committer.run(Want::default(), move |store| ops::suspend(store, &by, &who, suspended)).await?
    }
}
