//! Walks every row of every stage table: guard met, allowed; unmet, refused or excepted with exactly its reason.

mod case;
mod cohandling;
mod course;
mod invitation;
mod liaison;
#[cfg(feature = "testing")]
mod parity;
mod plan;
mod prospect;
mod repair;
mod visit;

use serde_json::{Value as Json, json};

use super::kinds;
use crate::base::{DeviceId, Digest, DistrictId, OfficerId, RecordId, Stamp};
use crate::record::{ActCall, ActRow, Applied, Candidate, Change, Context, Dot, Edit, Effect, Kind, Policy, Reason, Record, SealBody, Value, Weight, Writer, apply, engine_key};

/// How a guard is made to fail.
enum Break {
    /// These fields are written anew; null clears them.
    Fields(&'static [(&'static str, &'static str)]),
    /// A second author writes another value into this field without having seen the first.
    Contest(&'static str, &'static str),
    /// No reason is given.
    NoReason,
    /// Somebody else acts.
    Officer(&'static str),
    /// These fields are written anew, and from this stage alone the guard asks for them.
    From(&'static str, &'static [(&'static str, &'static str)]),
    /// Somebody else acts, for another part.
    PartOf(&'static str, &'static str),
}

/// One act with everything met, and a way to break each of its guards.
struct Case {
    act: &'static str,
    part: Option<&'static str>,
    reason: Option<&'static str>,
    met: Vec<(&'static str, Json)>,
    breaks: Vec<(&'static str, Break)>,
}

fn case(act: &'static str, met: Vec<(&'static str, Json)>, breaks: Vec<(&'static str, Break)>) -> Case {
    Case { act, part: None, reason: None, met, breaks }
}

const FIELD_DEVICE: DeviceId = DeviceId(5);

fn office() -> DeviceId {
    DeviceId::office(DistrictId(1), 1, 0)
}

fn change<'a>(kind: &'a Kind, device: DeviceId, seq: u64, officer: &str, edits: Vec<Edit<'a>>, act: Option<ActCall>) -> Change<'a> {
    let time = Stamp { wall: 0, mono: 0, boot: 0, server: None, gnss: None };
    Change {
        device,
        seq,
        prev: Digest::tagged("test", &[]),
        record: RecordId(1),
        kind: kind.name,
        schema: kind.schema,
        prior: 0,
        after: Vec::new(),
        time,
        officer: officer.parse::<OfficerId>().unwrap(),
        place: None,
        edits,
        act,
        needs: Vec::new(),
    }
}

/// Writes these fields, checked against the tables: what is the office's by the office, everything else from a handheld of
/// its own. Keys of the engine are written directly.
fn write(record: &mut Record, kind: &Kind, seq: u64, fields: &[(&str, String)]) {
    for (key, value) in fields.iter().filter(|(k, _)| k.starts_with('$')) {
        record.write(key, &[], Some(Candidate { dot: Dot::new(office(), seq), commit: seq, value: Value::parse(value).unwrap(), by: None }), seq);
    }
    for (n, (key, value)) in (1000 * seq..).zip(fields.iter().filter(|(k, _)| !k.starts_with('$'))) {
        let device = if kind.field(key).is_some_and(|row| row.writer == Writer::Office) { office() } else { DeviceId(n) };
        let edit = Edit { field: key, value, replaces: record.register(key).map(|r| r.dots()).unwrap_or_default(), reason: None };
        let change = change(kind, device, n, "head", vec![edit], None);
        kind.check(&change).unwrap_or_else(|e| panic!("{}: {e}", kind.name));
        assert!(matches!(apply(record, kind, &change, Context { commit: n, lenient: false }), Applied::Done(_)));
    }
}

struct Play<'c> {
    officer: &'c str,
    part: Option<&'c str>,
    reason: Option<&'c str>,
}

impl Play<'static> {
    /// The case as it stands, played by the lead.
    fn of(case: &Case) -> Play<'static> {
        Play { officer: "lead", part: case.part, reason: case.reason }
    }
}

/// The record with the case's fields, at a stage.
fn prepared(kind: &Kind, case: &Case, stage: &str) -> Record {
    let mut record = Record::new(RecordId(1), kind.name, kind.initial);
    let fields: Vec<(&str, String)> = case.met.iter().map(|(k, v)| (*k, Value::from_json(v).unwrap().as_json().to_owned())).collect();
    write(&mut record, kind, 1, &fields);
    record.set_stage(stage);
    record
}

/// The act as it is called, with what it signs.
fn call(record: &Record, row: &ActRow, play: &Play<'_>) -> ActCall {
    let seal = row.seals.then(|| SealBody { covers: record.seen().iter().collect(), shown: Value::parse("{}").unwrap() });
    ActCall { part: play.part.map(Into::into), reason: play.reason.map(Into::into), seal, ..ActCall::new(row.act) }
}

fn act(record: &mut Record, kind: &Kind, row: &ActRow, play: &Play<'_>) -> Effect {
    let device = if row.writer == Writer::Office { office() } else { FIELD_DEVICE };
    let call = call(record, row, play);
    let change = change(kind, device, 9, play.officer, Vec::new(), Some(call));
    match apply(record, kind, &change, Context { commit: 9, lenient: false }) {
        Applied::Done(effect) => effect,
        Applied::Parked(missing) => panic!("parked for {missing:?}"),
    }
}

/// What came of it: the reasons of a refusal or an exception, as the row's weight says.
fn reasons(row: &ActRow, effect: Effect) -> Vec<Reason> {
    match row.weight {
        Weight::Request => {
            assert!(effect.excepted.is_empty());
            effect.refused
        }
        Weight::Deed => {
            assert!(effect.refused.is_empty());
            effect.excepted
        }
    }
}

fn cases(kind: &Kind) -> Vec<Case> {
    match kind.name {
        "visit" => visit::cases(),
        "case" => case::cases(),
        "plan" => plan::cases(),
        "invitation" => invitation::cases(),
        "liaison" => liaison::cases(),
        "repair" => repair::cases(),
        "course" => course::cases(),
        "cohandling" => cohandling::cases(),
        _ => Vec::new(),
    }
}

/// Every row with every stage that it starts from, and its case.
fn each(mut look: impl FnMut(&'static Kind, &'static ActRow, &'static str, &Case)) {
    for kind in kinds().iter() {
        let cases = cases(kind);
        for row in kind.acts {
            let case = cases.iter().find(|c| c.act == row.act).unwrap_or_else(|| panic!("{}.{} has no case", kind.name, row.act));
            // A row that starts from anywhere is walked from where the record begins.
            let from = if row.from.is_empty() { std::slice::from_ref(&kind.initial) } else { row.from };
            for stage in from {
                look(kind, row, stage, case);
            }
        }
    }
}

#[test]
fn every_row_and_every_guard_has_a_case() {
    let mut without = Vec::new();
    each(|kind, row, _, case| {
        for guard in row.guards.iter().filter(|g| !case.breaks.iter().any(|(code, _)| *code == g.code)) {
            without.push(format!("{}.{}: {}", kind.name, row.act, guard.code));
        }
    });
    assert!(without.is_empty(), "guards that no case breaks: {without:#?}");
    for kind in kinds().iter() {
        let unknown: Vec<_> = cases(kind).into_iter().map(|c| c.act).filter(|a| kind.act(a).next().is_none()).collect();
        assert!(unknown.is_empty(), "cases without a row: {unknown:?}");
    }
}

#[test]
fn what_is_met_is_allowed() {
    each(|kind, row, stage, case| {
        let mut record = prepared(kind, case, stage);
        let effect = act(&mut record, kind, row, &Play::of(case));
        assert_eq!(reasons(row, effect), [], "{}.{} from {stage}", kind.name, row.act);
        assert_eq!(record.stage(), row.to.unwrap_or(stage), "{}.{}", kind.name, row.act);
        if row.seals {
            let key = engine_key::seal(case.part.unwrap_or("whole"));
            assert!(record.register(&key).is_some_and(|r| !r.candidates().is_empty()), "{}.{} left no seal", kind.name, row.act);
        }
    });
}

/// Whether a guard asks anything from this stage.
fn asked_from(case: &Case, code: &str, stage: &str) -> bool {
    case.breaks.iter().all(|(broken, how)| *broken != code || !matches!(how, Break::From(only, _) if *only != stage))
}

/// A case in which nothing but one guard is unmet, with who then acts.
fn broken(kind: &Kind, case: &Case, stage: &str, code: &str) -> (Record, Play<'static>) {
    let (_, how) = case.breaks.iter().find(|(broken, _)| *broken == code).unwrap();
    let mut record = prepared(kind, case, stage);
    let mut play = Play::of(case);
    match how {
        Break::Fields(fields) => write(&mut record, kind, 2, &fields.iter().map(|(k, v)| (*k, (*v).to_owned())).collect::<Vec<_>>()),
        Break::From(_, fields) => write(&mut record, kind, 2, &fields.iter().map(|(k, v)| (*k, (*v).to_owned())).collect::<Vec<_>>()),
        Break::Contest(key, value) => {
            let other = Candidate { dot: Dot::new(DeviceId(77), 1), commit: 2, value: Value::parse(value).unwrap(), by: None };
            record.write(key, &[], Some(other), 2);
        }
        Break::NoReason => play.reason = Some(" "),
        Break::Officer(other) => play.officer = other,
        Break::PartOf(officer, part) => (play.officer, play.part) = (officer, Some(*part)),
    }
    (record, play)
}

#[test]
fn each_unmet_guard_is_the_only_reason_given() {
    each(|kind, row, stage, case| {
        for guard in row.guards.iter().filter(|guard| asked_from(case, guard.code, stage)) {
            let (mut record, play) = broken(kind, case, stage, guard.code);
            let effect = act(&mut record, kind, row, &play);
            assert_eq!(reasons(row, effect), [Reason::new(guard.code, "")], "{}.{} from {stage}", kind.name, row.act);
            assert_eq!(record.stage(), stage, "{}.{} moved although {} was not met", kind.name, row.act, guard.code);
        }
    });
}

#[test]
fn an_act_from_another_stage_names_the_stage() {
    for kind in kinds().iter() {
        for case in cases(kind) {
            let Some(row) = kind.act(case.act).next().filter(|row| !row.from.is_empty()) else { continue };
            let mut record = prepared(kind, &case, "ELSEWHERE");
            let effect = act(&mut record, kind, row, &Play::of(&case));
            assert_eq!(reasons(row, effect), [Reason::new("stage", "ELSEWHERE")], "{}.{}", kind.name, row.act);
        }
    }
}

#[test]
fn a_contested_field_blocks_every_act_that_relies_on_it() {
    each(|kind, row, stage, case| {
        for relied in row.relies_on {
            let key = if relied.ends_with('.') { format!("{relied}X-1") } else { (*relied).to_owned() };
            let mut record = prepared(kind, case, stage);
            for (seq, value) in [(3, Value::text("a")), (4, Value::text("b"))] {
                record.write(&key, &[], Some(Candidate { dot: Dot::new(DeviceId(77), seq), commit: seq, value, by: None }), seq);
            }
            let effect = act(&mut record, kind, row, &Play::of(case));
            let resolves_itself = matches!(kind.policy(&key), Policy::Latest | Policy::Present);
            assert!(!resolves_itself, "{}.{} relies on {relied}, which never contests", kind.name, row.act);
            let blocked = reasons(row, effect).contains(&Reason::new("contested", &key));
            // The most severe of several values reads, and waits to be confirmed; nobody waits for that.
            assert_eq!(blocked, kind.policy(&key) != Policy::Severest, "{}.{}: {relied}", kind.name, row.act);
            if blocked {
                assert_eq!(record.stage(), stage);
            }
        }
    });
}
