//! What a record's page shows of the way ahead: acts with what they lack, findings, deadlines, papers.

use sync_core::base::RecordId;
use sync_core::case;
use sync_core::case::deadline::{Due, deadlines};
use sync_core::case::read::View as Reading;
use sync_core::document::{DocumentType, TYPES};
use sync_core::record::Record;

use crate::access::UserActor;
use crate::app::App;
use crate::base::problem::Problem;
use crate::case::{gate, view};
use crate::document::{ops, when};
use crate::record::next::{Next, next, office};
use crate::record::write::within;
use crate::sync::store::{Memory, StoreError, Working};

/// Reasons that come with an act: who performs it, where, and why.
const GIVEN: &[&str] = &["flags_open", "no_reason", "outside_fence"];

/// A paper of the record.
pub struct Paper {
    /// Its id: `documents.<id>`.
    pub id: String,
    /// Its type, if this program knows it.
    pub sort: Option<&'static DocumentType>,
    /// Its number.
    pub no: String,
    /// `numbered`, `sealed`, `signed`, `served` or `void`.
    pub state: String,
}

/// The way ahead.
pub struct Ahead {
    /// The record as it stands.
    pub record: Record,
    /// Acts that may come next.
    pub next: Vec<Next>,
    /// What is wrong with a case today.
    pub findings: Vec<view::Wrong>,
    /// Deadlines of a case.
    pub deadlines: Vec<Due>,
    /// Papers that stand.
    pub papers: Vec<Paper>,
    /// Types of which one may be drawn up now.
    pub ripe: Vec<&'static DocumentType>,
}

fn papers(record: &Record) -> Vec<Paper> {
    let text = |value: &serde_json::Value, name: &str| value.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let paper = |(id, value): (&str, serde_json::Value)| Paper {
        id: id.to_owned(),
        sort: sync_core::document::type_of(&text(&value, "type")),
        no: text(&value, "no"),
        state: text(&value, "state"),
    };
    ops::standing(record).map(paper).collect()
}

impl App {
    /// The way ahead of a record within reach.
    pub async fn ahead(&self, actor: &UserActor, id: RecordId) -> Result<Ahead, Problem> {
        let (kinds, law, now, actor) = (self.kinds.clone(), self.law(), self.now(), actor.clone());
        let found = self.read(move |tx, district| {
            let mut store = Working::begin(tx, district, &kinds, now, Memory::default(), false)?;
            let Some(record) = store.look(id)? else { return Ok(None) };
            if !within(&mut store, &actor, id)? {
                return Ok(None);
            }
            let kind = crate::review::read::known_kind(&kinds, &record)?;
            let (office, mut findings, mut clocks) = (office(district), Vec::new(), Vec::new());
            let next = match kind.name == case::NAME {
                true => {
                    findings = view::wrongs(&record, &gate::judge(&mut store, &record, &law.book)?);
                    clocks = deadlines(&Reading::of(&record), &law.book);
                    view::ahead(&record, &findings, office, &actor.officer)
                }
                false => next(&record, kind, office, &actor.officer, &[], GIVEN),
            };
            let (papers, has) = (papers(&record), when::KINDS.contains(&kind.name));
            let ripe = TYPES.iter().filter(|sort| has && when::ripe(&record, sort).is_ok()).collect();
            Ok::<_, StoreError>(Some(Ahead { record, next, findings, deadlines: clocks, papers, ripe }))
        });
        found.await?.ok_or_else(|| Problem::not_found("such record"))
    }
}
