//! What is done from a record's page: acts, opinions, findings that are let stand, papers. Each is the API's own call.
//!
//! Success is 303 to the record; anything else is the record again with what stands against it and the words that were entered.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError as _, web};
use serde::Deserialize;
use sync_core::base::RecordId;
use sync_core::protocol::Disposition;
use sync_core::record::Reason;

use super::layout::{Frame, filled, told, with_query};
use super::record::{Said, again, unmet_words};
use super::session::{Page, Posted, see};
use crate::access::{Reviews, Writes};
use crate::base::problem::Problem;
use crate::case::ops as case_ops;
use crate::document::ops::{Step, Wanted};
use crate::record::next::Unmet;
use crate::record::{Order, Written};

/// Where an act's form went, and the words that it came with.
fn said<'a>(act: &'a str, words: &'a str) -> Said<'a> {
    Said { at: act, words, ..Said::default() }
}

fn done(id: RecordId) -> HttpResponse {
    see(&with_query(&format!("/app/records/{id}"), &[("done", "1")])).finish()
}

async fn wrong<P: crate::access::People>(page: &Page<P>, id: RecordId, mut said: Said<'_>, problem: &Problem) -> HttpResponse {
    said.mistake = told(&page.frame, problem);
    again(page, id, &said, problem.status_code()).await
}

fn reasons(refused: &[Reason], frame: &Frame) -> String {
    refused.iter().map(|reason| unmet_words(&Unmet::of(reason, ""), frame.lang)).collect::<Vec<_>>().join(frame.lang.pick("；", "; "))
}

async fn answered<P: crate::access::People>(page: &Page<P>, id: RecordId, mut said: Said<'_>, written: Result<Written, Problem>) -> HttpResponse {
    match written {
        Ok(Written { disposition: Disposition::Applied { refused, .. }, .. }) if !refused.is_empty() => {
            said.mistake = format!("{} {}", page.frame.w.a_refused, reasons(&refused, &page.frame));
            again(page, id, &said, StatusCode::CONFLICT).await
        }
        Ok(_) => done(id),
        Err(problem) => wrong(page, id, said, &problem).await,
    }
}

/// An act, and why.
#[derive(Debug, Deserialize)]
pub struct Act {
    #[serde(default)]
    act: String,
    #[serde(default)]
    part: String,
    #[serde(default)]
    reason: String,
}

/// `POST /app/records/{id}/acts`: an act of the record's stage.
pub async fn act(posted: Posted<Writes, Act>, which: web::Path<RecordId>) -> HttpResponse {
    let (id, Posted { page, form }) = (which.into_inner(), posted);
    let order = Order { act: Some(form.act.clone()), part: filled(&form.part), reason: filled(&form.reason), ..Order::of(id) };
    let written = page.app.write(page.actor.clone(), order).await;
    answered(&page, id, said(&form.act, &form.reason), written).await
}

/// An opinion on a step of a case.
#[derive(Debug, Deserialize)]
pub struct Opinion {
    #[serde(default)]
    step: String,
    #[serde(default)]
    agrees: String,
    #[serde(default)]
    text: String,
}

/// `POST /app/records/{id}/opinions`: an opinion on a step of a case, in the voice that the actor has.
pub async fn opinion(posted: Posted<Writes, Opinion>, which: web::Path<RecordId>) -> HttpResponse {
    let (id, Posted { page, form }) = (which.into_inner(), posted);
    let word = case_ops::Opinion { step: form.step.clone(), voice: None, agrees: form.agrees == "yes", text: form.text.clone(), late: None };
    let written = page.app.run_case(page.actor.clone(), vec![id], move |store, actor, ground| case_ops::opinion(store, actor, id, &word, ground)).await;
    answered(&page, id, said(&form.step, &form.text), written).await
}

/// Why a finding is let stand.
#[derive(Debug, Deserialize)]
pub struct Settle {
    #[serde(default)]
    key: String,
    #[serde(default)]
    reason: String,
}

/// `POST /app/records/{id}/settle`: lets a finding on a case stand.
pub async fn settle(posted: Posted<Reviews, Settle>, which: web::Path<RecordId>) -> HttpResponse {
    let (id, Posted { page, form }) = (which.into_inner(), posted);
    let (key, why) = (form.key.clone(), form.reason.clone());
    let written = page.app.run_case(page.actor.clone(), vec![id], move |store, actor, ground| case_ops::settle(store, actor, id, &key, &why, ground)).await;
    answered(&page, id, said(&form.key, &form.reason), written).await
}

/// A paper to draw up.
#[derive(Debug, Deserialize)]
pub struct Draw {
    #[serde(default)]
    sort: String,
    #[serde(default)]
    of: String,
}

/// `POST /app/records/{id}/documents`: draws a paper up, with its number and seal.
pub async fn draw_up(posted: Posted<Writes, Draw>, which: web::Path<RecordId>) -> HttpResponse {
    let (id, Posted { page, form }) = (which.into_inner(), posted);
    let wanted = Wanted { sort: form.sort.clone(), of: filled(&form.of), desk: serde_json::json!({}) };
    match page.app.draw_up(&page.actor, id, wanted).await {
        Ok(_) => done(id),
        Err(problem) => wrong(&page, id, said("papers", ""), &problem).await,
    }
}

/// What was done with a paper.
#[derive(Debug, Deserialize)]
pub struct Paper {
    #[serde(default)]
    step: String,
    #[serde(default)]
    reason: String,
}

/// `POST /app/records/{id}/documents/{document}`: signed, delivered now, or void.
pub async fn paper(posted: Posted<Writes, Paper>, path: web::Path<(RecordId, String)>) -> HttpResponse {
    let ((id, document), Posted { page, form }) = (path.into_inner(), posted);
    let step = match form.step.as_str() {
        "signed" => Step::Signed,
        "served" => Step::Served(page.app.now().0),
        "void" => Step::Void(form.reason.clone()),
        _ => return wrong(&page, id, said("papers", ""), &Problem::field("step", "one of signed, served, void")).await,
    };
    match page.app.document_step(&page.actor, id, document, step).await {
        Ok(_) => done(id),
        Err(problem) => wrong(&page, id, said("papers", &form.reason), &problem).await,
    }
}
