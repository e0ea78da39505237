//! The book's first content: what comes with the program, entered once.

use serde::Serialize;
use sync_core::dated::{Edit, Row};
use sync_core::fixtures;

use super::ops::{Author, carry_out};
use crate::app::App;
use crate::base::problem::Problem;
use crate::sync::store::Want;

/// What was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// The book's revision.
    pub rev: i64,
    /// How many rows were entered; none the second time.
    pub rows: usize,
}

impl App {
    /// Enters organisation, calendar, policies and catalogue of the program. A thing of which the book has any row already
    /// is left as it is, so that doing it again changes nothing, and nothing that an administrator did is undone.
    pub async fn load_fixtures(&self, actor: &str) -> Result<Loaded, Problem> {
        self.current().await?;
        let edition = self.law();
        let rows: Vec<Row> = fixtures::rows().map_err(Problem::internal)?;
        let mut edit = Edit::of(&edition.book);
        for row in rows.iter().filter(|row| edition.book.history(row.kind, &row.key).next().is_none()) {
            edit.enter(row).map_err(Problem::internal)?;
        }
        let differences = edit.differences();
        let (seen, count) = (edition.rev, differences.len());
        let author = Author { actor: actor.to_owned(), reason: "what comes with the program".to_owned() };
        let rev = self.committer.run(Want::default(), move |store| carry_out(store, seen, &differences, &author)).await??;
        Ok(Loaded { rev, rows: count })
    }
}
