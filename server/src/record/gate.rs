//! What the book and other records say against an act of the office, asked before it is written.

use serde_json::Value as Json;
use sync_core::admission::{Finding, Weight};
use sync_core::index::members;
use sync_core::record::Record;
use sync_core::visit;

use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::{self, Ground};
use crate::sync::store::Working;

/// Refuses an act that must not be, unless every block is overridden. Gives the findings that were let through.
///
/// `record` is the record with the order's edits in it, overrides among them.
pub fn admit(store: &mut Working<'_, '_>, record: &Record, act: &str, ground: &Ground<'_>) -> Op<Vec<Finding>> {
    if *record.kind != *visit::NAME || act != "approve" {
        return Ok(Ok(Vec::new()));
    }
    let found = react::visit::judge(store, record, ground)?;
    let overridden: Vec<String> = members(record, "overrides.").map(|(key, _)| format!("flags.{key}")).collect();
    let (through, against): (Vec<Finding>, Vec<Finding>) = found.into_iter().filter(|f| f.weight == Weight::Block).partition(|f| overridden.contains(&f.key()));
    if against.is_empty() {
        return Ok(Ok(through));
    }
    let list: Vec<String> = against.iter().map(|f| format!("{} {}", f.key().trim_start_matches("flags."), f.detail).trim().to_owned()).collect();
    Ok(Err(Problem::new("not_admitted", format!("{}; mend it, or send overrides with a reason for each", list.join("; ")))))
}

/// The findings as JSON: code, what it is about, weight, basis, detail, and both languages.
pub fn shown(findings: &[Finding]) -> Vec<Json> {
    let words = |code: &str| sync_core::admission::CODES.iter().find(|row| row.0 == code).map_or(("", ""), |row| (row.3, row.4));
    let one = |f: &Finding| serde_json::json!({ "code": f.code, "about": f.about, "key": f.key().trim_start_matches("flags."), "weight": f.weight, "basis": f.basis, "detail": f.detail, "zh": words(f.code).0, "en": words(f.code).1 });
    findings.iter().map(one).collect()
}
