//! `POST /api/v1/plans/{id}/entries/{entry}/objects`: what a draw drew becomes entries of the plan that asked for it.
//!
//! The entry with the sampling rule stays, as what the others come from; it is not matched itself. Deliberately absent: choosing.
//! The objects are those of the draw, all of them, in its order.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sync_core::base::RecordId;
use sync_core::plan::kind::{KIND, expand, is_open, planned};
use sync_core::record::{Record, read_field};

use super::gate::{AUTHORS, within_bounds};
use super::import::{plan_within, write};
use crate::access::{Access, Writes};
use crate::base::problem::Problem;
use crate::draw::{ops, view};
use crate::object::families;
use crate::sync::store::Want;

/// Which draw.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    draw: RecordId,
}

fn organ_of(record: &Record) -> Option<String> {
    read_field(record, &KIND, "organ").value()?.as_text()
}

/// Enters what was drawn: 200 with how many entries there are of it. The same again changes nothing; 409 before the draw, for
/// a draw of another organ, and once another draw was entered.
pub async fn enter(access: Access<Writes>, which: web::Path<(RecordId, String)>, body: web::Json<Body>) -> Result<HttpResponse, Problem> {
    let ((id, entry), id_of_draw) = (which.into_inner(), body.into_inner().draw);
    let record = plan_within(&access, id).await?;
    if !access.actor.roles.iter().any(|role| AUTHORS.contains(role)) {
        return Err(Problem::new("forbidden", "entries of a plan are not written by your roles"));
    }
    if !is_open(record.stage()) {
        return Err(Problem::new("conflict", format!("entries are written in DRAFT and ADJUSTING; this plan is at {}; send it back first", record.stage())));
    }
    let standing = planned(&record);
    let rule = standing.iter().find(|(of, _)| *of == entry).and_then(|(_, planned)| planned.as_ref().ok()).filter(|planned| planned.sample.is_some()).cloned();
    let rule = rule.ok_or_else(|| Problem::not_found(&format!("entry {entry:.64} with a sampling rule in this plan")))?;
    let found = access.app.read(move |tx, district| {
        let Some(stored) = view::read(tx, district, id_of_draw)? else { return Ok(None) };
        let organ = stored.basis()?.rule.organ;
        let teams = ops::objects(tx, district, &stored)?;
        let all = families::all(tx, district)?;
        let area = |object: RecordId| all.about(all.key(object)).and_then(|about| about.area.clone()).unwrap_or_default();
        Ok(Some((organ, teams.map(|teams| teams.iter().map(|team| (team.object.to_string(), area(team.object))).collect::<Vec<_>>()))))
    });
    let (organ, drawn) = found.await?.ok_or_else(|| Problem::field("draw", "there is no such draw"))?;
    if organ_of(&record).as_ref() != Some(&organ) {
        return Err(Problem::new("conflict", format!("the draw is one of {organ}; name a draw of the plan's own organ")));
    }
    let drawn = drawn.ok_or_else(|| Problem::new("conflict", "nothing is drawn yet; draw first"))?;
    // An object without an area of its own lies in the area of the rule.
    let drawn: Vec<(String, String)> = drawn.into_iter().map(|(object, area)| (object, if area.is_empty() { rule.entry.area.clone() } else { area })).collect();
    let entries = expand(&rule, &drawn);
    let before: BTreeSet<&str> = standing.iter().map(|(of, _)| of.as_str()).filter(|of| of.strip_prefix(entry.as_str()).is_some_and(|rest| rest.starts_with('.'))).collect();
    if !before.is_empty() && entries.iter().any(|new| !standing.iter().any(|(of, planned)| *of == new.entry.id && planned.as_ref().ok() == Some(new))) {
        return Err(Problem::new("conflict", format!("{} entries of another draw stand under {entry:.64}; what was drawn is not drawn again until it suits", before.len())));
    }
    within_bounds(standing.len() - before.len() + entries.len())?;
    let (actor, keys, commit, made) = (access.actor, access.app.keys.clone(), record.commit(), entries.len());
    let detail = json!({ "entry": entry, "draw": id_of_draw, "added": made });
    let written = access.app.committer.run(Want { records: vec![id], ..Want::default() }, move |store| write(store, &actor, id, commit, &entries, &keys, &detail));
    written.await??;
    Ok(HttpResponse::Ok().json(json!({ "entries": made })))
}
