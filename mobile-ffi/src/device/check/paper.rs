//! A document as it would be printed, before anything is captured: what the party reads before signing.
//!
//! The same templates, facts and engine as at the server, so that both come to one digest where both know the same; a paper carries
//! that digest to the office, which compares. Deliberately absent: names of the roster, since none is on a handheld, and files.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::{Date, RecordId, UtcMs, date::day_of};
use sync_core::document::facts::{More, desk, facts, only};
use sync_core::document::{Template, html, template_of};
use sync_core::org::{Unit, in_name_of};
use sync_core::record::{Kind, read_field};

use super::{After, CheckInput};
use crate::device::capture::EditInput;
use crate::device::error::{Code, DeviceError, Result};
use crate::device::numbers::{self, NumberInput};
use crate::device::runtime::{Device, HostTime};
use crate::device::store::Tx;

/// Which document of which record.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviewInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The record; left out, one that is about to begin.
    #[serde(default)]
    pub record: Option<RecordId>,
    /// Its kind.
    pub kind: String,
    /// Writes that are judged as if they were captured.
    #[serde(default)]
    pub edits: Vec<EditInput>,
    /// Numbers that they would take; none is taken.
    #[serde(default)]
    pub numbers: Vec<NumberInput>,
    /// The paper, `papers.<id>`: its type, number, day and what it is about.
    #[serde(default)]
    pub paper: Option<String>,
    /// The type, of a document that is no paper.
    #[serde(default, rename = "type")]
    pub sort: Option<String>,
    /// What it is about: the id of an order, a measure, an inquiry.
    #[serde(default)]
    pub of: Option<String>,
    /// When, where the host knows better than the system.
    #[serde(default)]
    pub time: Option<HostTime>,
}

/// What is drawn.
struct Wanted {
    sort: String,
    of: Option<String>,
    day: Date,
    number: Option<String>,
    seal: Option<Json>,
    template: &'static Template,
}

impl Device {
    /// `{type, title, version, number, digest, html, missing}`; see `zhifa_document_preview`.
    pub fn document_preview(&self, input: PreviewInput) -> Result<Json> {
        let kind: &'static Kind = [&sync_core::case::KIND, &sync_core::visit::KIND]
            .into_iter()
            .find(|kind| kind.name == input.kind)
            .ok_or_else(|| DeviceError::argument("kind", "must be case or visit: no other record has documents"))?;
        let (paper, sort, of) = (input.paper, input.sort, input.of);
        if paper.is_some() == sort.is_some() {
            return Err(DeviceError::argument("paper", "name either a paper of the record or a type"));
        }
        let check = CheckInput { v: input.v, record: input.record, edits: input.edits, numbers: input.numbers, time: input.time, ..CheckInput::default() };
        self.rehearsed(check, kind, |tx, after| {
            let law = after.law.clone().ok_or_else(|| DeviceError::new(Code::Unknown, "no law has arrived here yet; sync with the office once"))?;
            let wanted = match (&paper, sort) {
                (Some(id), _) => paper_of(tx, &after, kind, id)?,
                (None, sort) => draft(sort.unwrap_or_default(), of, after.today)?,
            };
            let unit = read_field(&after.record, kind, "unit").value().and_then(|v| v.as_text());
            let organ = unit.and_then(|unit| in_name_of(&law.book, &law.book.get::<Unit>(&unit, wanted.day)?.organ, wanted.day)).map(|(code, _)| code);
            let more = More { number: wanted.number.clone(), seal: wanted.seal, desk: desk(&law.book, organ.as_deref(), wanted.day), ..More::default() };
            let all = facts(&after.record, wanted.of.as_deref(), &law.book, wanted.day, &more);
            let front = wanted.template.front();
            let (document, missing) = match wanted.template.render(&only(wanted.template, all)) {
                Ok(document) => (Some(document), None),
                Err(missing) => (None, Some(json!({ "fact": missing.fact, "line": missing.line, "reason": missing.reason }))),
            };
            Ok(json!({
                "v": 1, "type": wanted.sort, "title": front.title, "version": front.version, "number": wanted.number,
                "digest": document.as_ref().map(|d| d.digest().to_string()), "html": document.as_ref().map(html::page), "missing": missing,
            }))
        })
    }
}

fn draft(sort: String, of: Option<String>, day: Date) -> Result<Wanted> {
    let template = template_of(&sort, day).ok_or_else(|| DeviceError::argument("type", format_args!("{sort:.60} has no template that is in force on {day}")))?;
    Ok(Wanted { sort, of, day, number: None, seal: template.front().sealed.then(|| json!({})).filter(|_| template.front().zi.is_none()), template })
}

/// A paper as it stands on the record, of the day on which it was drawn up.
fn paper_of(tx: &mut Tx<'_>, after: &After<'_>, kind: &'static Kind, id: &str) -> Result<Wanted> {
    let field = format!("papers.{id:.80}");
    let paper = read_field(&after.record, kind, &field).value().map(|v| v.to_json());
    let paper = paper.ok_or_else(|| DeviceError::new(Code::Unknown, "paper: not on this record, or written twice; settle the clash first"))?;
    let text = |member: &str| paper.get(member).and_then(Json::as_str).map(str::to_owned);
    let sort = text("type").ok_or_else(|| DeviceError::argument("paper", "has no type"))?;
    let day = paper.get("at_ms").and_then(Json::as_i64).and_then(|ms| day_of(UtcMs(ms))).unwrap_or(after.today);
    let template = template_of(&sort, day).ok_or_else(|| DeviceError::argument("paper", format_args!("{sort:.60} has no template that is in force on {day}")))?;
    let number = paper.get("number").and_then(|n| n.get("no")).and_then(Json::as_str).map(str::to_owned);
    let image = numbers::seal_on(tx, &after.record, &field, &paper)?;
    let stamp = |image: Option<sync_core::base::Digest>| image.map_or_else(|| json!({}), |digest| json!({ "image": digest.to_string() }));
    let seal = image.filter(|_| template.front().sealed).map(stamp);
    Ok(Wanted { sort, of: text("of"), day, number, seal, template })
}
