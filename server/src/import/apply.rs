//! An import from end to end: worked out, and, where that is asked for, carried out in one transaction.

use std::sync::Arc;

use actix_web::web;
use serde_json::json;
use sync_core::base::Digest;

use super::parse::What;
use super::people::People;
use super::plan::{Plan, Present, work_out};
use super::report::Report;
use crate::app::App;
use crate::audit::Deed;
use crate::base::problem::Problem;
use crate::law::ops::{Author, carry_out};
use crate::org::ops::Op;
use crate::sync::store::{StoreError, Want, Working};

/// That what was shown is to take effect.
#[derive(Debug, Clone)]
pub struct Order {
    /// `plan` of the report that was shown.
    pub plan: Digest,
    /// Why, for the audit.
    pub reason: String,
}

impl App {
    /// Works a file out and, with an order, carries it out: all of it or nothing. With errors nothing is carried out and
    /// the report says so; a file, book or roster that is not the one that was shown is refused.
    pub async fn import(self: &Arc<App>, actor: &str, what: What, file: Vec<u8>, order: Option<Order>) -> Result<Report, Problem> {
        self.current().await?;
        let people = self.read(People::load).await?;
        let (app, edition, today) = (self.clone(), self.law(), self.today());
        let roster = people.digest();
        let plan = web::block(move || work_out(what, &file, &Present { edition: &edition, people: &people, sealer: &app.keys.sealer, today })).await??;
        let Some(order) = order.filter(|_| plan.report.errors.is_empty()) else { return Ok(plan.report) };
        if order.plan != plan.report.plan {
            return Err(Problem::new("precondition_failed", "file, book or roster are not those that were shown; look at the differences again"));
        }
        let author = Author { actor: actor.to_owned(), reason: order.reason };
        let Plan { mut report, differences, changes } = plan;
        if report.counts.is_nothing() {
            report.applied = true;
            return Ok(report);
        }
        let (seen, counts) = (report.rev, report.counts);
        let detail = json!({ "sha256": report.sha256, "rows": report.rows, "counts": counts, "reason": author.reason });
        let done = self.committer.run(Want::default(), move |store| {
            if !changes.is_empty() && People::load(store.tx, store.district)?.digest() != roster {
                return Ok(Err(Problem::new("precondition_failed", "the roster has changed since; look at the differences again")));
            }
            let rev = match carry_out(store, seen, &differences, &author)? {
                Ok(rev) => rev,
                Err(problem) => return Ok(Err(problem)),
            };
            for change in &changes {
                all_or_nothing(change.carry_out(store, &author.actor))?;
            }
            note(store, &author, what, &detail);
            Ok(Ok(rev))
        });
        report.rev = done.await??;
        report.applied = true;
        Ok(report)
    }
}

/// Once something is written, a problem must undo it: only a failed transaction does.
fn all_or_nothing(done: Op<()>) -> Result<(), StoreError> {
    done?.map_err(|problem| StoreError::Broken(format!("an import was worked out and could not be carried out: {problem}")))
}

fn note(store: &mut Working<'_, '_>, author: &Author, what: What, detail: &serde_json::Value) {
    store.note(Deed::by(&author.actor, "import.done", format!("import:{}", what.as_str())).with(detail.clone()));
}
