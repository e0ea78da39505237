//! A case: the acts that it stands before, and what the law and other cases that are held here say against it.

use serde_json::{Value as Json, json};
use sync_core::case;
use sync_core::case::finding::{self, Facts, Finding, TOPICS};
use sync_core::case::read::View;
use sync_core::dated::Book;
use sync_core::org::Unit;
use sync_core::record::Record;

use super::{After, CheckInput, area_of, prospect_json};
use crate::device::error::Result;
use crate::device::runtime::Device;
use crate::device::store::Tx;

impl Device {
    /// `{record, stage, tried, acts, law, day, findings}`; see `zhifa_case_check`.
    pub fn case_check(&self, input: CheckInput) -> Result<Json> {
        let known = input.record.is_some();
        self.rehearsed(input, &case::KIND, |tx, after| {
            let found = after.law.clone().map(|law| findings(tx, &after, &law.book)).transpose()?;
            let findings = found.map(|all| all.iter().map(|f| finding_json(f, &after.record)).collect());
            let acts = after.possible(&case::KIND, None).iter().map(|p| prospect_json(p, None)).collect();
            Ok(after.answer(known, after.asked.unwrap_or(after.today), acts, findings))
        })
    }
}

/// What is wrong with it as far as it is known here.
fn findings(tx: &mut Tx<'_>, after: &After<'_>, book: &Book) -> Result<Vec<Finding>> {
    let (view, today) = (View::of(&after.record), after.asked.unwrap_or(after.today));
    let site = view.text("site").and_then(|id| id.parse().ok());
    let area = area_of(tx, &after.record, &case::KIND, site, book, today)?;
    let organ_of = |unit: &str| book.get::<Unit>(unit, today).map(|unit| unit.organ.to_string());
    let family = site.map(|site| tx.family(site)).transpose()?;
    let others = tx.cases_beside(&after.record, organ_of, site.zip(family.as_ref().map(|family| &family.members)))?;
    let elsewhere = tx.times_beside(&after.record)?;
    let organ = view.text("unit").and_then(|unit| organ_of(&unit));
    Ok(finding::findings(&view, &Facts { book, area: &area, organ: organ.as_deref(), today, others: &others, elsewhere: &elsewhere }))
}

fn finding_json(finding: &Finding, record: &Record) -> Json {
    let (zh, en) = TOPICS.iter().flat_map(|topic| topic.codes).find(|row| row.code == finding.code).map_or(("", ""), |row| (row.zh, row.en));
    let key = finding.key();
    let settled = View::of(record).word(&key, "settled").is_some();
    json!({
        "code": finding.code, "about": finding.about, "key": key.trim_start_matches("flags."), "weight": finding.weight, "bars": finding.bars,
        "basis": finding.basis, "detail": finding.detail, "settled": settled, "zh": zh, "en": en,
    })
}
