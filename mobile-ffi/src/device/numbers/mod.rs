//! Numbers on a handheld: taken from leased blocks in the transaction of the capture that they go into, so that whatever is killed,
//! a number is on a change of the journal or still in the stock, and never in both.
//!
//! Deliberately absent: giving a number back, and a number without a capture.

mod code;
mod fetch;
mod seal;

pub use code::{CodeInput, VerifyInput};
pub use fetch::Fetch;
pub use seal::PaperSealInput;
pub(super) use seal::seal_on;

use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use sync_core::base::date::day_of;
use sync_core::base::{RecordId, UtcMs};
use sync_core::number::{NewCode, Series, Sort, Stock};
use sync_core::record::{Dot, Draft, FieldKey, Value};
use sync_core::replica::Store;

use super::capture::check_version;
use super::error::{Code, DeviceError, Result};
use super::runtime::{Device, HostTime, stamp};
use super::store::Tx;

/// Most numbers of one capture.
const MAX_NUMBERS: usize = 16;

/// A number to be taken, and the field that it goes into.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberInput {
    /// The field: `code` of a visit, or a paper that the capture writes (`papers.<id>`), which gets the member `number`.
    pub field: String,
    /// The organ whose series it is of.
    pub organ: String,
    /// The dots that the form showed in this field.
    #[serde(default)]
    pub replaces: Vec<Dot>,
    /// Whether the capture goes on without a number if there is none; without it, nothing is captured then.
    #[serde(default)]
    pub or_none: bool,
}

/// Which number will never be on a record.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpoilInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// Its series.
    pub series: Series,
    /// The number.
    pub seq: u32,
    /// Why.
    pub reason: String,
}

/// What became of each number that was asked for.
pub(super) struct Given {
    field: String,
    code: std::result::Result<NewCode, String>,
}

impl Given {
    fn to_json(&self) -> Json {
        match &self.code {
            Ok(code) => json!({ "field": self.field, "no": code.no, "series": code.series, "seq": code.seq, "token": code.token }),
            Err(why) => json!({ "field": self.field, "no": null, "why": why }),
        }
    }
}

/// What was given, for the capture's answer.
pub(super) fn given_json(given: &[Given]) -> Vec<Json> {
    given.iter().map(Given::to_json).collect()
}

/// Takes numbers on the day of the capture and writes them into its draft.
pub(super) fn take(tx: &mut Tx<'_>, draft: &mut Draft, wanted: &[NumberInput], time: Option<HostTime>) -> Result<Vec<Given>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut stock = tx.stock()?;
    let given = fill(tx, &mut stock, draft, wanted, time)?;
    tx.put_stock(&stock)?;
    Ok(given)
}

/// Writes the numbers that would be taken into a draft; the caller keeps the stock, or forgets it.
pub(super) fn fill(tx: &mut Tx<'_>, stock: &mut Stock, draft: &mut Draft, wanted: &[NumberInput], time: Option<HostTime>) -> Result<Vec<Given>> {
    if wanted.len() > MAX_NUMBERS {
        return Err(DeviceError::argument("numbers", format_args!("more than {MAX_NUMBERS} in one capture")));
    }
    let day = day_of(UtcMs(stamp(tx, time)?.wall)).ok_or_else(|| DeviceError::argument("time", "the day is beyond the calendar; set the clock"))?;
    let mut out = Vec::with_capacity(wanted.len());
    for number in wanted {
        let key: FieldKey = number.field.parse().map_err(|bad| DeviceError::argument("numbers.field", bad))?;
        let paper = paper_of(draft, &key)?;
        let sort = paper.as_ref().map_or(Ok(Sort::ACT), |(_, json)| sort_of(json))?;
        let code = match stock.take(sort, &number.organ, day) {
            Ok(code) => Ok(code),
            Err(none) if number.or_none => Err(none.to_string()),
            Err(none) => {
                let remedy = "or capture without it: the office gives one later";
                let detail = json!({ "code": "no_number", "organ": number.organ, "sort": sort.prefix(), "year": day.year() });
                return Err(DeviceError::new(Code::NoNumber, format!("numbers: {none}, {remedy}")).with(detail));
            }
        };
        if let Ok(code) = &code {
            let json = match &paper {
                Some((_, paper)) => with_number(paper, code),
                None => code.to_json(),
            };
            let value = Value::from_json(&json).map_err(|e| DeviceError::new(Code::Internal, e.to_string()))?;
            match paper.and_then(|(at, _)| draft.edits.get_mut(at)) {
                Some(edit) => edit.1 = value,
                None => draft.edits.push((key, value, number.replaces.clone(), None)),
            }
        }
        out.push(Given { field: number.field.clone(), code });
    }
    Ok(out)
}

/// The paper that a number goes into, and where in the draft it stands; `None` for a field that the number itself is.
fn paper_of(draft: &Draft, key: &FieldKey) -> Result<Option<(usize, Json)>> {
    if !key.as_str().starts_with("papers.") {
        return Ok(None);
    }
    let at = draft.edits.iter().position(|edit| edit.0 == *key);
    let at = at.ok_or_else(|| DeviceError::argument("numbers.field", format_args!("write {} in the same capture; its number goes into it", key.as_str())))?;
    Ok(draft.edits.get(at).map(|edit| (at, edit.1.to_json())))
}

/// What a paper is numbered as, by its type.
fn sort_of(paper: &Json) -> Result<Sort> {
    let code = paper.get("type").and_then(Json::as_str).unwrap_or_default();
    let sort = Sort::of_document(code).filter(|sort| sort.leased());
    sort.ok_or_else(|| DeviceError::argument("numbers.field", format_args!("the type {code:.60} is not numbered on handhelds; the office numbers it")))
}

fn with_number(paper: &Json, code: &NewCode) -> Json {
    let mut paper = paper.clone();
    if let Some(members) = paper.as_object_mut() {
        members.insert("number".into(), code.to_json());
    }
    paper
}

/// Notes the change that they went into, in the same transaction.
pub(super) fn note(tx: &mut Tx<'_>, record: RecordId, change: u64, given: &[Given]) -> Result<()> {
    for one in given {
        if let Ok(code) = &one.code {
            tx.number_taken(code, record, &one.field, change)?;
        }
    }
    Ok(())
}

/// A change was dismissed: what this handheld numbered in it will never be on its record.
pub(super) fn dismissed(tx: &mut Tx<'_>, change: Dot) -> Result<()> {
    let own = tx.meta()?.device == change.device;
    let numbers = if own { tx.numbers_of(change.seq)? } else { Vec::new() };
    if numbers.is_empty() {
        return Ok(());
    }
    let mut stock = tx.stock()?;
    for (series, seq) in numbers {
        stock.spoil(&series, seq, "变更未被采纳 (its change was dismissed)");
    }
    Ok(tx.put_stock(&stock)?)
}

impl Device {
    /// `{series: [{series, documents, organ, year, left, blocks}], taken, spoiled, told_day}`: what there is to number with. Counts only, so that it
    /// answers also where nothing may be read.
    pub fn numbers_status(&self) -> Result<Json> {
        self.is_there()?;
        self.read(|tx| -> Result<Json> {
            let stock = tx.stock()?;
            let mut blocks: BTreeMap<Series, Vec<Json>> = BTreeMap::new();
            for block in stock.standings() {
                blocks.entry(block.series).or_default().push(json!({ "first": block.first, "next": block.next }));
            }
            let series: Vec<Json> = blocks
                .into_iter()
                .map(|(series, blocks)| {
                    let left = stock.left(series.sort(), series.organ(), series.year());
                    json!({ "documents": series.sort().documents(), "organ": series.organ(), "year": series.year(), "left": left, "series": series, "blocks": blocks })
                })
                .collect();
            Ok(json!({ "v": 1, "series": series, "taken": tx.numbers_taken()?, "spoiled": stock.spoiled(), "told_day": fetch::told_day(tx)? }))
        })
    }

    /// Notes that a number taken here will never be on a record, to be told to the office with the next session: `{spoiled}`.
    pub fn number_spoil(&self, input: &SpoilInput) -> Result<Json> {
        check_version(input.v)?;
        self.may_capture()?;
        if input.reason.trim().is_empty() {
            return Err(DeviceError::argument("reason", "must not be empty: every number is accounted for"));
        }
        self.write(|tx| -> Result<Json> {
            let mut stock = tx.stock()?;
            if !stock.spoil(&input.series, input.seq, &input.reason) {
                return Err(DeviceError::argument("seq", "was not taken on this handheld, or its block is closed"));
            }
            tx.put_stock(&stock)?;
            Ok(json!({ "v": 1, "spoiled": stock.spoiled() }))
        })
    }
}
