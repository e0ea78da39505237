//! People, handhelds and the audit as pages. Withdrawing a handheld is done here; everything else about them over the API so far.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use sync_core::base::date::clock_text;
use sync_core::base::{DeviceId, UtcMs};

use super::layout::{Frame, answer, filled, with_query};
use super::session::{Page, Posted, see};
use super::words::Words;
use crate::access::{People, ReadsAudit, ReadsPeople, SecurityAdmin};
use crate::audit::ACTIONS;
use crate::audit::search::Query as Search;
use crate::base::problem::Problem;
use crate::org::Role;
use crate::org::http::Page as Asked;
use crate::org::http::device::{OrderView, devices};
use crate::org::http::officer::officers;

/// Where people, handhelds and the audit are.
const OFFICERS: &str = "/app/officers";
const DEVICES: &str = "/app/devices";
const AUDIT: &str = "/app/audit";
/// Lines of a page.
const LINES: u32 = 50;

/// `?after=…`: where the list goes on; `?done`: something was done.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    after: Option<String>,
    done: Option<String>,
}

impl Query {
    fn asked(&self) -> Asked {
        Asked { after: self.after.clone(), limit: Some(LINES) }
    }
}

/// Where a list goes on, if it is as long as a page.
fn onward(path: &str, shown: usize, last: Option<String>) -> String {
    last.filter(|_| shown == LINES as usize).map(|last| with_query(path, &[("after", last)])).unwrap_or_default()
}

struct Person {
    id: String,
    name: String,
    unit: String,
    roles: String,
    factor: bool,
    suspended: String,
}

#[derive(Template)]
#[template(path = "app/officers.html")]
struct OfficersPage<'a> {
    f: &'a Frame,
    w: &'static Words,
    people: Vec<Person>,
    first: String,
    next: String,
}

/// `/app/officers`.
pub async fn people(page: Page<ReadsPeople>, query: web::Query<Query>) -> HttpResponse {
    let found = match officers(&page.app, page.actor.reach.clone(), query.asked()).await {
        Ok(found) => found,
        Err(problem) => return page.failed(&problem),
    };
    let lang = page.frame.lang;
    let role = |role: &Role| {
        let (zh, en) = role.words();
        lang.pick(zh, en)
    };
    let next = onward(OFFICERS, found.len(), found.last().map(|one| one.officer.clone()));
    let shown = found.into_iter().map(|one| Person {
        roles: one.roles.iter().map(role).collect::<Vec<_>>().join(lang.pick("、", ", ")),
        factor: one.second_factor,
        suspended: one.suspended_ms.map(|ms| clock_text(UtcMs(ms))).unwrap_or_default(),
        id: one.officer,
        name: one.name,
        unit: one.unit,
    });
    let first = query.after.as_ref().map(|_| OFFICERS.to_owned()).unwrap_or_default();
    answer(StatusCode::OK, &page.frame, &OfficersPage { f: &page.frame, w: page.frame.w, people: shown.collect(), first, next })
}

struct Handheld {
    id: String,
    label: String,
    officer: String,
    state: &'static str,
    active: bool,
    enrolled: String,
    seen: String,
    behind: bool,
    orders: Vec<(String, bool)>,
}

#[derive(Template)]
#[template(path = "app/devices.html")]
struct DevicesPage<'a> {
    f: &'a Frame,
    w: &'static Words,
    devices: Vec<Handheld>,
    withdraws: bool,
    done: bool,
    mistake: &'static str,
    first: String,
    next: String,
}

/// `/app/devices`.
pub async fn handhelds(page: Page<ReadsPeople>, query: web::Query<Query>) -> HttpResponse {
    listed(&page, &query, "", StatusCode::OK).await.unwrap_or_else(|problem| page.failed(&problem))
}

async fn listed<P: People>(page: &Page<P>, query: &Query, mistake: &'static str, status: StatusCode) -> Result<HttpResponse, Problem> {
    let w = page.frame.w;
    let found = devices(&page.app, page.actor.reach.clone(), query.asked()).await?;
    let next = onward(DEVICES, found.len(), found.last().map(|one| one.device.to_string()));
    let state = |state: &str| match state {
        "active" => w.v_active,
        "frozen" => w.v_frozen,
        _ => w.v_revoked,
    };
    let command = |order: &OrderView| serde_json::to_value(order.command).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    let shown = found.into_iter().map(|one| Handheld {
        state: state(&one.state),
        active: one.state != "revoked",
        enrolled: clock_text(UtcMs(one.enrolled_ms)),
        seen: one.last_session_ms.map(|ms| clock_text(UtcMs(ms))).unwrap_or_default(),
        behind: one.reported_head.is_some_and(|(head, _)| head > one.through_seq),
        orders: one.orders.iter().map(|order| (command(order), order.done_ms.is_some())).collect(),
        id: one.device.to_string(),
        label: one.label,
        officer: one.officer,
    });
    let page_of = DevicesPage {
        f: &page.frame,
        w,
        devices: shown.collect(),
        withdraws: page.actor.roles.iter().any(|role| SecurityAdmin::ROLES.contains(role)),
        done: query.done.is_some(),
        mistake,
        first: query.after.as_ref().map(|_| DEVICES.to_owned()).unwrap_or_default(),
        next,
    };
    Ok(answer(status, &page.frame, &page_of))
}

/// A word that the handheld is to be withdrawn.
#[derive(Debug, Deserialize)]
pub struct Withdrawal {
    #[serde(default)]
    sure: String,
}

/// `POST /app/devices/{id}/revoke`: withdraws a handheld, once it is said that this is meant.
pub async fn withdraw(posted: Posted<SecurityAdmin, Withdrawal>, which: web::Path<String>) -> HttpResponse {
    let Posted { page, form } = posted;
    if form.sure.is_empty() {
        let again = listed(&page, &Query::default(), page.frame.w.v_unsure, StatusCode::UNPROCESSABLE_ENTITY).await;
        return again.unwrap_or_else(|problem| page.failed(&problem));
    }
    let withdrawn = async {
        let device: DeviceId = which.parse().map_err(|_| Problem::not_found("such device"))?;
        page.actor.reach.device(&page.app, device).await?;
        page.app.revoke_device(&page.actor.name(), device).await
    };
    match withdrawn.await {
        Ok(()) => see(&with_query(DEVICES, &[("done", "1")])).finish(),
        Err(problem) => page.failed(&problem),
    }
}

/// What is looked for in the audit.
#[derive(Debug, Default, Deserialize)]
pub struct Looked {
    #[serde(default)]
    actor: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    object: String,
    before: Option<i64>,
}

struct Entry {
    seq: i64,
    at: String,
    actor: String,
    action: String,
    object: String,
    to: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "app/audit.html")]
struct AuditPage<'a> {
    f: &'a Frame,
    w: &'static Words,
    looked: &'a Looked,
    actions: Vec<(&'static str, &'static str, bool)>,
    entries: Vec<Entry>,
    first: String,
    next: String,
}

/// `/app/audit`.
pub async fn audit(page: Page<ReadsAudit>, looked: web::Query<Looked>) -> HttpResponse {
    searched(&page, &looked).await.unwrap_or_else(|problem| page.failed(&problem))
}

async fn searched(page: &Page<ReadsAudit>, looked: &Looked) -> Result<HttpResponse, Problem> {
    let lang = page.frame.lang;
    let (actor, action, object) = (filled(&looked.actor), filled(&looked.action), filled(&looked.object));
    let found = page.app.audit(&page.actor.officer, Search { actor, action, object, before: looked.before, limit: Some(LINES), ..Search::default() }).await?;
    let kept: Vec<(&str, String)> =
        [("actor", &looked.actor), ("action", &looked.action), ("object", &looked.object)].into_iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| (n, v.clone())).collect();
    let name = |code: &str| ACTIONS.iter().find(|row| row.0 == code).map_or_else(|| code.to_owned(), |row| lang.pick(row.1, row.2).to_owned());
    let reads = page.frame.who.as_ref().is_some_and(|who| who.figures);
    let entry = |one: crate::audit::Entry| Entry {
        seq: one.seq,
        at: clock_text(UtcMs(one.at_ms)),
        action: name(&one.action),
        to: one.object.strip_prefix("record:").filter(|_| reads).map(|id| format!("/app/records/{id}")).unwrap_or_default(),
        actor: one.actor,
        object: one.object,
        detail: if one.detail == "null" { String::new() } else { one.detail },
    };
    let out = AuditPage {
        f: &page.frame,
        w: page.frame.w,
        looked,
        actions: ACTIONS.iter().map(|row| (row.0, lang.pick(row.1, row.2), row.0 == looked.action)).collect(),
        entries: found.entries.into_iter().map(entry).collect(),
        first: looked.before.map(|_| with_query(AUDIT, &kept)).unwrap_or_default(),
        next: found.next.map(|next| with_query(AUDIT, &[kept.clone(), vec![("before", next.to_string())]].concat())).unwrap_or_default(),
    };
    Ok(answer(StatusCode::OK, &page.frame, &out))
}
