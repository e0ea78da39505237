//! The one function that changes a record.

use super::act::StoredSeal;
use super::register::{By, Candidate};
use super::view::{Reading, read_field};
use super::{ActCall, ActRow, Change, Dot, Edit, Exception, GuardInput, Kind, Reason, Record, Value, Weight, act_names, engine_key};
use crate::base::plant::{Bug, planted};

/// Why a change has to wait: these dots are not in yet.
pub type Missing = Vec<Dot>;

/// What applying a change did, beyond its writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effect {
    /// Fields it wrote that now read contested.
    pub contested: Vec<Box<str>>,
    /// Why its deed stands as an exception.
    pub excepted: Vec<Reason>,
    /// Why its request was refused; its edits stand.
    pub refused: Vec<Reason>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It is in.
    Done(Effect),
    /// It waits; the record is untouched.
    Parked(Missing),
}

/// How to apply.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// Commit number in the district; [`Context::PENDING`] on a device.
    pub commit: u64,
    /// Show a change although causes are missing: for the author's own view of his pending work only.
    pub lenient: bool,
}

impl Context {
    /// The commit number of what has none yet: newer than everything.
    pub const PENDING: u64 = u64::MAX;
}

/// The dots that `record` must have before `change` applies to it: the author's prior change, what he
/// had seen, and what he replaces.
fn missing(record: &Record, change: &Change<'_>) -> Missing {
    let mut out = Vec::new();
    if change.prior > 0 && record.seen().get(change.device) < change.prior && !planted(Bug::ApplyWithoutPrior) {
        out.push(Dot::new(change.device, change.prior));
    }
    let cited = change.edits.iter().flat_map(|e| &e.replaces).chain(change.act.iter().flat_map(|a| &a.replaces));
    for dot in change.after.iter().chain(cited.filter(|d| d.device != change.device)) {
        if !record.seen().covers(*dot) && !out.contains(dot) {
            out.push(*dot);
        }
    }
    out
}

/// Whether the record has passed this change by: its dot was waived before it came. Such a change goes
/// to custody; it may not apply any more, because others were applied as if it had never been.
///
/// Ask only for a change that the ledger has not applied: for one that is in, this is true as well.
pub fn waived_by(record: &Record, change: &Change<'_>) -> bool {
    record.seen().covers(change.dot())
}

/// Applies a change to its record, or says what it waits for.
///
/// `change` must have passed [`Kind::check`]. Fields come out equal in any causal order; the stage
/// follows the order of application. Nothing here can fail half-way.
pub fn apply(record: &mut Record, kind: &Kind, change: &Change<'_>, context: Context) -> Applied {
    if !context.lenient {
        let missing = missing(record, change);
        if !missing.is_empty() {
            return Applied::Parked(missing);
        }
    }
    let mut effect = Effect::default();
    let office = change.device.is_office();
    let mut written: Vec<Box<str>> = Vec::new();
    for edit in &change.edits {
        let upcast = (change.schema < kind.schema).then(|| kind.upcast(change.schema, edit.field, edit.value));
        let (key, value) = match &upcast {
            Some((key, value)) => (&**key, value.clone()),
            None => (edit.field, Value::trusted(edit.value)),
        };
        let by = (office || edit.reason.is_some()).then(|| Box::new(By { officer: change.officer.clone(), reason: edit.reason.as_deref().map(Into::into) }));
        let candidate = Candidate { dot: change.dot(), commit: context.commit, value, by };
        let planted = planted_replaces(record, key, edit);
        let replaces = planted.as_ref().unwrap_or(&edit.replaces);
        if record.write(key, replaces, Some(candidate), context.commit) > 1 {
            written.push(key.into());
        }
    }
    record.raise_seen(change.dot(), context.commit);
    effect.contested = written.into_iter().filter(|key| matches!(read_field(record, kind, key), Reading::Contested(_) | Reading::Unconfirmed(_))).collect();
    if let Some(act) = &change.act {
        perform(record, kind, change, act, context, &mut effect);
    }
    record.set_commit(context.commit);
    Applied::Done(effect)
}

/// What a write replaces while a bug is planted; always `None` outside tests.
fn planted_replaces(record: &Record, key: &str, edit: &Edit<'_>) -> Option<Vec<Dot>> {
    if !planted(Bug::FillReplacesAtCommit) && !planted(Bug::DropLosingCandidate) {
        return None;
    }
    let standing = record.register(key)?.dots();
    (planted(Bug::FillReplacesAtCommit) || standing.len() > edit.replaces.len()).then_some(standing)
}

/// Performs the act of a change whose edits are in.
fn perform(record: &mut Record, kind: &Kind, change: &Change<'_>, act: &ActCall, context: Context, effect: &mut Effect) {
    let mark =
        |value: Value| Candidate { dot: change.dot(), commit: context.commit, value, by: Some(Box::new(By { officer: change.officer.clone(), reason: act.reason.clone() })) };
    match (&*act.name, act.dot) {
        (act_names::WAIVE, Some(dot)) => {
            record.write(&engine_key::waived(dot), &[], Some(mark(Value::trusted("true"))), context.commit);
            record.raise_seen(dot, context.commit);
        }
        (act_names::REOPEN, _) => {
            record.write(&engine_key::seal(act.part()), &act.replaces, None, context.commit);
            run_row(record, kind, change, act, context, effect);
        }
        (name @ (act_names::CONFIRM | act_names::REVOKE), Some(dot)) => {
            let key = engine_key::exception(dot);
            let open = Exception::open(record).into_iter().find(|(d, _)| *d == dot);
            let Some((_, exception)) = open else {
                effect.refused.push(Reason::new("no_open_exception", &dot.to_string()));
                return;
            };
            record.write(&key, &[dot], None, context.commit);
            if name == act_names::CONFIRM {
                if let Some(to) = &exception.to {
                    record.set_stage(to);
                }
            } else {
                let sealed: Vec<String> = record.with_prefix(engine_key::SEALS).filter(|(_, r)| r.dots().contains(&dot)).map(|(k, _)| k.to_owned()).collect();
                for key in sealed {
                    record.write(&key, &[dot], None, context.commit);
                }
            }
        }
        _ => run_row(record, kind, change, act, context, effect),
    }
}

/// What stands against an act by one row of the stage table, in the order in which it is told.
pub(super) fn unmet(record: &Record, kind: &Kind, row: &ActRow, change: &Change<'_>, act: &ActCall) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if !row.starts_from(record.stage()) {
        reasons.push(Reason::new("stage", record.stage()));
    }
    reasons.extend(Exception::open(record).into_iter().map(|(dot, _)| Reason::new("open_exception", &dot.to_string())));
    for relied in row.relies_on {
        let fields = record.with_prefix(relied).filter(|(key, _)| relied.ends_with('.') || key == relied);
        reasons.extend(fields.filter(|(key, _)| matches!(read_field(record, kind, key), Reading::Contested(_))).map(|(key, _)| Reason::new("contested", key)));
    }
    let input = GuardInput { record, kind, change, act };
    reasons.extend(row.guards.iter().filter(|g| !(g.holds)(&input)).map(|g| Reason::new(g.code, "")));
    reasons
}

/// Walks the stage table.
fn run_row(record: &mut Record, kind: &Kind, change: &Change<'_>, act: &ActCall, context: Context, effect: &mut Effect) {
    let stage = record.stage().to_owned();
    let fits = |row: &&ActRow| row.starts_from(&stage);
    // `check` has seen that the act exists; `reopen` may have no row of its own.
    let Some(row) = kind.act(&act.name).find(fits).or_else(|| kind.act(&act.name).next()) else { return };
    let reasons = unmet(record, kind, row, change, act);
    let seal = act.seal.as_ref().filter(|_| row.seals).map(|s| stored_seal(&act.name, s));
    let met = reasons.is_empty();
    if !met && row.weight == Weight::Request {
        effect.refused = reasons;
        return;
    }
    let candidate = |value| Candidate { dot: change.dot(), commit: context.commit, value, by: None };
    if let Some(seal) = seal {
        record.write(&engine_key::seal(act.part()), &act.replaces, Some(candidate(seal)), context.commit);
    }
    if met {
        if let Some(to) = row.to {
            record.set_stage(to);
        }
    } else {
        let exception = Exception { act: act.name.clone(), to: row.to.map(Into::into), reasons: reasons.clone() };
        if let Ok(value) = serde_json::to_value(&exception).map(|v| Value::from_json(&v)) {
            record.write(&engine_key::exception(change.dot()), &[], value.ok().map(candidate), context.commit);
        }
        effect.excepted = reasons;
    }
}

fn stored_seal(act: &str, body: &super::SealBody) -> Value {
    let shown = serde_json::from_str(body.shown.as_json()).unwrap_or_default();
    let stored = StoredSeal { act: act.into(), covers: body.covers.clone(), shown };
    serde_json::to_value(&stored).ok().and_then(|v| Value::from_json(&v).ok()).unwrap_or_else(Value::null)
}
