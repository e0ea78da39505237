//! `/portal/v1/repairs…`: what an enterprise sees of its own repairs, and how it applies by itself.
//!
//! Its access is a token that an officer issues for one party; it names the party by the key under which its cases stand, and opens
//! nothing of anybody else: another firm's repair is not there. What comes in is written by the office, and the audit says that the
//! enterprise did it. Deliberately absent: accounts of enterprises, and files (their digests stand in the application).

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::credit::repair::NAME;
use sync_core::district::{OfficeWrite, office_write};
use sync_core::record::{ActCall, Draft, Value};

use super::apply::{ApplyBody, application, is_of, known};
use super::{list, view};
use crate::access::{Access, Permission, Writes};
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::base::token::{Bad, PortalClaims};
use crate::case::ops::given;
use crate::org::ops::{Op, SYSTEM};
use crate::react::Ground;
use crate::record::write::within;
use crate::record::{Written, who};
use crate::sync::store::{StoreError, Want, Working};

/// An enterprise, by the token that an officer issued for it. It is let in as the key of its party.
pub struct Portal;

impl Permission for Portal {
    type Actor = String;
    const NAME: &'static str = "portal";
    fn admit(app: &App, bearer: Option<&str>) -> Result<String, Problem> {
        let Some(token) = bearer else { return Err(Problem::new("unauthorized", "send Authorization: Bearer with the token of the portal")) };
        let claims: Result<PortalClaims, Bad> = app.tokens.read(token, app.now());
        claims.map(|claims| claims.sub).map_err(|bad| match bad {
            Bad::Expired => Problem::new("token_expired", "ask the organ that decided for a new one; it is free of charge"),
            Bad::Invalid => Problem::new("unauthorized", "the token is not one of this portal"),
        })
    }
}

/// `POST /api/v1/repairs/{id}/access`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessBody {
    /// Days for which it is good; 90 if left out.
    #[serde(default)]
    days: Option<u16>,
}

/// Most days for which a token is good: as long as a general record is displayed, and a month.
const MOST_DAYS: u16 = 400;

/// Issues the token with which an enterprise enters the portal: 200. 404 for a repair out of reach, 403 for whoever brings no applications in.
pub async fn issue(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<AccessBody>) -> Result<HttpResponse, Problem> {
    let (id, days, actor, app) = (which.into_inner(), body.days.unwrap_or(90), access.actor, access.app);
    if days == 0 || days > MOST_DAYS {
        return Err(Problem::field("days", format!("1 to {MOST_DAYS}")));
    }
    let refused = who::may_act(&actor.roles, NAME, "apply").err();
    let (may, reader) = (refused.is_none(), actor.clone());
    let found = app.committer.run(Want { records: vec![id], ..Want::default() }, move |store| {
        let record = store.look(id)?.filter(|record| *record.kind == *NAME);
        let reached = record.is_some() && within(store, &reader, id)?;
        let party = record.filter(|_| reached).map(|record| sync_core::index::repair_entry(&record).party);
        if party.is_some() && may {
            store.note(Deed::of(&reader.officer, "repair.access", format!("record:{id}")).with(json!({ "days": days })));
        }
        Ok::<_, StoreError>(party)
    });
    let party = found.await?.ok_or_else(|| Problem::not_found("such repair"))?;
    if let Some(refused) = refused {
        return Err(refused);
    }
    let token = app.tokens.make(PortalClaims { sub: party }, i64::from(days) * 86_400, app.now()).ok_or_else(|| Problem::internal("a token could not be made"))?;
    Ok(HttpResponse::Ok().json(json!({ "days": days, "token": token })))
}

/// `?after=&limit=`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    after: Option<RecordId>,
    limit: Option<u32>,
}

/// The party's repairs, a page: 200.
pub async fn list(access: Access<Portal>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    let (party, Query { after, limit }) = (access.actor, query.into_inner());
    let page = access.app.read(move |tx, district| list::of_party(tx, district, &party, after, limit)).await?;
    Ok(HttpResponse::Ok().json(page))
}

/// One of the party's repairs, with every condition and the day on which it opens: 200; 404 for another's.
pub async fn show(access: Access<Portal>, which: web::Path<RecordId>) -> Result<HttpResponse, Problem> {
    let (id, party, law) = (which.into_inner(), access.actor, access.app.law());
    let want = Want { records: vec![id], ..Want::default() };
    let found = access.app.committer.run(want, move |store| {
        let Some(found) = known(store, id, &law.book)?.filter(|found| is_of(&found.repair, &party)) else { return Ok(None) };
        store.note(Deed::by(format!("party:{}", digest(&party)), "record.read", format!("record:{id}")));
        Ok::<_, StoreError>(Some(view::for_party(&found, &law.book)))
    });
    let found = found.await?.ok_or_else(|| Problem::not_found("such repair"))?;
    Ok(HttpResponse::Ok().json(found))
}

/// A party in the audit: told apart, and not named.
fn digest(party: &str) -> String {
    sync_core::base::Digest::tagged("zhifa.party.audit.v1", &[party.as_bytes()]).to_string().chars().take(16).collect()
}

fn apply_op(store: &mut Working<'_, '_>, party: &str, id: RecordId, body: &ApplyBody, ground: &Ground<'_>) -> Op<Written> {
    let Some(record) = store.look(id)?.filter(|record| is_of(record, party)) else { return Ok(Err(Problem::not_found("such repair"))) };
    let edit = given!(application(store, id, body, None, ground)?);
    let Some(edit) = edit else {
        let before = crate::case::investigation::as_before(&record, "application");
        return Ok(before.ok_or_else(|| Problem::new("conflict", "the application changed meanwhile; read the repair again")));
    };
    let value = Value::from_json(&edit.value).map_err(|e| StoreError::Broken(e.to_string()))?;
    let field = edit.field.parse().map_err(|e| StoreError::Broken(format!("{e}")))?;
    let officer = SYSTEM.parse().map_err(|e| StoreError::Broken(format!("{e}")))?;
    let draft = Draft { edits: vec![(field, value, edit.replaces, None)], act: Some(ActCall::new("apply")), ..Draft::of(id, NAME) };
    let (kinds, now) = (store.kinds, store.now);
    match office_write(store, kinds, &OfficeWrite { draft, officer }, &ground.keys.receipt, now)? {
        Ok((dot, disposition)) => {
            store.note(Deed::by(format!("party:{}", digest(party)), "repair.applied", format!("record:{id}")).with(json!({ "channel": "portal" })));
            let stage = store.look(id)?.map(|record| record.stage().to_owned()).unwrap_or_default();
            Ok(Ok(Written { record: id, dot, disposition, stage }))
        }
        Err(why) => Ok(Err(Problem::from(why))),
    }
}

/// Applies: 200, the same again too. 409 `not_repairable` with each condition that is not met and the day on which it opens; 404 for another's.
pub async fn apply(access: Access<Portal>, which: web::Path<RecordId>, body: web::Json<ApplyBody>) -> Result<HttpResponse, Problem> {
    let (id, body, party) = (which.into_inner(), body.into_inner(), access.actor);
    let (keys, law) = (access.app.keys.clone(), access.app.law());
    let want = Want { records: vec![id], ..Want::default() };
    let done = access.app.committer.run(want, move |store| apply_op(store, &party, id, &body, &Ground { law: &law, keys: &keys }));
    let written = done.await??;
    let application: Json = json!({ "record": written.record, "stage": written.stage });
    Ok(HttpResponse::Ok().json(application))
}
