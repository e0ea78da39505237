//! `GET /api/v1/audit`.

use actix_web::{HttpResponse, web};
use sync_core::base::OfficerId;

use super::search::{Page, Query, search};
use super::{ACTIONS, Deed};
use crate::access::{Access, ReadsAudit};
use crate::app::App;
use crate::base::problem::Problem;

/// A page of the audit, newest first. Searching is itself audited.
pub async fn list(access: Access<ReadsAudit>, query: web::Query<Query>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(access.app.audit(&access.actor.officer, query.into_inner()).await?))
}

impl App {
    /// A page of the audit for somebody, which notes that he looked.
    pub async fn audit(&self, reader: &OfficerId, query: Query) -> Result<Page, Problem> {
        if let Some(action) = query.action.as_deref().filter(|a| !ACTIONS.iter().any(|(code, ..)| code == a || (a.ends_with('.') && code.starts_with(*a)))) {
            return Err(Problem::field("action", format!("{action:.60} is no action; give a code such as officer.created, or a group such as login.")));
        }
        let asked = serde_json::json!({ "actor": query.actor, "action": query.action, "object": query.object, "from_ms": query.from_ms, "until_ms": query.until_ms });
        self.note(Deed::of(reader, "audit.read", "audit").with(asked)).await?;
        self.read(move |tx, district| search(tx, district, &query)).await
    }
}
