//! What stands for and against a record as this handheld knows it: the acts that it stands before with the guards that are not met, and
//! what the law and the other records that are held here say. The same functions as at the server; what is said here is advice, since
//! the server may know of records that this handheld does not. Nothing is kept.

mod case;
mod paper;
mod visit;

pub use paper::PreviewInput;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId, UtcMs};
use sync_core::dated::{Book, Kind as Rows};
use sync_core::object::{self, SITE};
use sync_core::org::Area;
use sync_core::protocol::codes::REASONS;
use sync_core::record::{ActCall, Actor, Effect, Kind, Place, Prospect, Reason, Record, Weight, possible, read_field};
use sync_core::replica::{Store, rehearse, view};

use super::capture::{ActInput, CaptureInput, EditInput, check_version, rejected};
use super::error::{Code, DeviceError, Result};
use super::law::Law;
use super::numbers::{self, NumberInput};
use super::runtime::{Device, HostTime, officer, stamp};
use super::store::Tx;

/// Records that are brought up to date in one transaction.
const STEP: usize = 200;

/// Which record, and what is about to be done to it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The record; left out, one that is about to begin.
    #[serde(default)]
    pub record: Option<RecordId>,
    /// Writes that are judged as if they were captured.
    #[serde(default)]
    pub edits: Vec<EditInput>,
    /// The act that is about to be captured with them, tried.
    #[serde(default)]
    pub act: Option<ActInput>,
    /// Numbers that it would take; none is taken.
    #[serde(default)]
    pub numbers: Vec<NumberInput>,
    /// Where the officer stands.
    #[serde(default)]
    pub place: Option<Place>,
    /// The reason that he would give for an act.
    #[serde(default)]
    pub reason: Option<String>,
    /// When, where the host knows better than the system.
    #[serde(default)]
    pub time: Option<HostTime>,
    /// The day that book and other records are asked for: by default what the kind says, else today.
    #[serde(default)]
    pub day: Option<Date>,
}

/// A record as it would be.
struct After<'a> {
    record: Record,
    /// The law that is held, if any has arrived.
    law: Option<Arc<Law>>,
    /// The day that was asked for.
    asked: Option<Date>,
    /// Today by the host's clock.
    today: Date,
    /// What the act met; `None` if none was tried.
    effect: Option<Effect>,
    actor: Actor<'a>,
    reason: Option<&'a str>,
}

impl Device {
    /// Works on a record as if it had been captured, in a transaction of which nothing stays.
    fn rehearsed<T>(&self, input: CheckInput, kind: &'static Kind, then: impl FnOnce(&mut Tx<'_>, After<'_>) -> Result<T>) -> Result<T> {
        check_version(input.v)?;
        self.may_read()?;
        self.warm_records();
        let law = match self.law() {
            Ok(law) => Some(law),
            Err(e) if e.code == Code::Unknown => None,
            Err(e) => return Err(e),
        };
        let today = self.day_or_today(None, law.as_deref());
        let record = input.record.unwrap_or_else(|| RecordId::from_bytes([0; 16]));
        let (time, reason, asked, known, wanted) = (input.time, input.reason, input.day, input.record.is_some(), input.numbers);
        let draft =
            CaptureInput { v: None, record: Some(record), kind: kind.name.into(), edits: input.edits, act: input.act, needs: vec![], place: input.place, time, numbers: vec![] };
        let mut draft = draft.draft(record)?;
        let wall = time.map(|t| t.wall);
        self.write(|tx| -> Result<T> {
            let meta = tx.meta()?;
            let officer = officer(&meta)?;
            while tx.read_unread(STEP)? == STEP {}
            let before = view(tx, self.kinds(), record)?;
            if before.as_ref().is_some_and(|r| *r.kind != *kind.name) {
                return Err(DeviceError::argument("record", format_args!("is no {}; acts of other kinds are tried by capturing them", kind.name)));
            }
            if known && before.is_none() {
                return Err(DeviceError::new(Code::Unknown, "record: not known here; sync, or import the colleague's bundle"));
            }
            let mut stock = tx.stock()?;
            numbers::fill(tx, &mut stock, &mut draft, &wanted, time)?;
            let stamp = stamp(tx, time)?;
            let tried = draft.act.is_some();
            let (after, effect) =
                rehearse(tx, self.kinds(), &officer, &draft, stamp)?.map_err(rejected)?.unwrap_or_else(|| (Record::new(record, kind.name, kind.initial), Default::default()));
            let actor = Actor { device: meta.device, officer: &officer, place: draft.place.as_ref() };
            let today = wall.and_then(|ms| day_of(UtcMs(ms))).unwrap_or(today);
            then(tx, After { record: after, law, asked, today, effect: tried.then_some(effect), actor, reason: reason.as_deref() })
        })
    }

    /// Brings what is known of visits, cases and objects up to date, a few records at a time, so that nobody waits long for the store.
    /// What fails is read by whoever asks next.
    pub(super) fn warm_records(&self) {
        while matches!(self.write(|tx| tx.read_unread(STEP)), Ok(STEP)) {}
    }
}

impl After<'_> {
    /// The acts that it stands before, for a part of it.
    fn possible(&self, kind: &'static Kind, part: Option<&str>) -> Vec<Prospect> {
        possible(&self.record, kind, &self.actor, &ActCall { part: part.map(Into::into), reason: self.reason.map(Into::into), ..ActCall::new("") })
    }

    /// The answer: the same members for every kind.
    fn answer(&self, known: bool, day: Date, acts: Vec<Json>, findings: Option<Vec<Json>>) -> Json {
        let tried = self.effect.as_ref().map(|effect| {
            let against = |reasons: &[Reason]| reasons.iter().map(|r| reason_json(r, "")).collect::<Vec<_>>();
            json!({ "excepted": against(&effect.excepted), "refused": against(&effect.refused), "contested": effect.contested })
        });
        let law = self.law.as_ref().map(|law| json!({ "rev": law.manifest.rev, "day": law.manifest.day }));
        json!({
            "v": 1, "record": known.then_some(self.record.id), "stage": self.record.stage(), "tried": tried, "acts": acts, "law": law, "day": day, "findings": findings,
        })
    }
}

fn reason_json(reason: &Reason, basis: &str) -> Json {
    let (zh, en) = REASONS.iter().find(|row| row.0 == &*reason.code).map_or(("", ""), |row| (row.1, row.2));
    json!({ "code": reason.code, "about": reason.about, "basis": basis, "zh": zh, "en": en })
}

fn prospect_json(prospect: &Prospect, part: Option<&str>) -> Json {
    let against: Vec<Json> = prospect.against.iter().map(|(reason, basis)| reason_json(reason, basis)).collect();
    let weight = if prospect.weight == Weight::Deed { "deed" } else { "request" };
    json!({
        "act": prospect.act, "part": part, "to": prospect.to, "weight": weight, "seals": prospect.seals, "basis": prospect.basis,
        "met": against.is_empty(), "against": against,
    })
}

/// The area of a record: its own, its site's, or the district's.
fn area_of(tx: &mut Tx<'_>, record: &Record, kind: &'static Kind, site: Option<RecordId>, book: &Book, day: Date) -> Result<String> {
    let own = read_field(record, kind, "area").value().and_then(|v| v.as_text());
    let site = match site.filter(|_| own.is_none()) {
        Some(site) => view(tx, &sync_core::schema::kinds(), site)?.filter(|site| object::is_object(&site.kind)),
        None => None,
    };
    let area = own.map(|area| area.to_string()).or_else(|| sync_core::index::object_entry(site.as_ref()?, &SITE).area);
    Ok(area.unwrap_or_else(|| home(book, day)))
}

/// The district's own area: the first functional one of the book.
fn home(book: &Book, day: Date) -> String {
    let mut areas = book.in_force(Rows::Area, day).filter(|row| row.typed::<Area>().is_some_and(|area| area.functional));
    areas.next().map(|row| row.key.to_string()).unwrap_or_default()
}

/// Keys of a collection's members that stand, under another prefix.
fn keys_as(record: &Record, prefix: &str, other: &str) -> BTreeSet<String> {
    sync_core::index::members(record, prefix).map(|(key, _)| format!("{other}{key}")).collect()
}
