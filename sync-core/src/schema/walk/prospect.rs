//! What is said of an act beforehand is what comes of it.

use super::*;
use crate::record::{Actor, possible};

/// What stands against a row's act, as it is said before anything is done.
fn beforehand(record: &Record, kind: &Kind, row: &ActRow, play: &Play<'_>) -> Vec<Reason> {
    let device = if row.writer == Writer::Office { office() } else { FIELD_DEVICE };
    let officer: OfficerId = play.officer.parse().unwrap();
    let all = possible(record, kind, &Actor { device, officer: &officer, place: None }, &call(record, row, play));
    let prospect = all.iter().find(|p| p.act == row.act).unwrap_or_else(|| panic!("{}.{} is not said to be possible", kind.name, row.act));
    assert_eq!((prospect.to, prospect.weight, prospect.seals), (row.to, row.weight, row.seals));
    let guard = |code: &str| row.guards.iter().find(|g| g.code == code).map_or("", |g| g.basis);
    assert!(prospect.against.iter().all(|(reason, basis)| *basis == guard(&reason.code)));
    prospect.against.iter().map(|(reason, _)| reason.clone()).collect()
}

#[test]
fn what_is_met_has_nothing_against_it() {
    each(|kind, row, stage, case| assert_eq!(beforehand(&prepared(kind, case, stage), kind, row, &Play::of(case)), [], "{}.{} from {stage}", kind.name, row.act));
}

#[test]
fn each_unmet_guard_is_said_beforehand() {
    each(|kind, row, stage, case| {
        for guard in row.guards.iter().filter(|guard| asked_from(case, guard.code, stage)) {
            let (record, play) = broken(kind, case, stage, guard.code);
            assert_eq!(beforehand(&record, kind, row, &play), [Reason::new(guard.code, "")], "{}.{} from {stage}", kind.name, row.act);
        }
    });
}

#[test]
fn nobody_is_told_of_acts_from_other_stages_or_of_the_offices() {
    let officer: OfficerId = "lead".parse().unwrap();
    for kind in kinds().iter() {
        for stage in kind.acts.iter().flat_map(|row| row.from).copied().chain(["ELSEWHERE"]) {
            let mut record = Record::new(RecordId(1), kind.name, kind.initial);
            record.set_stage(stage);
            let said: Vec<&str> = possible(&record, kind, &Actor { device: FIELD_DEVICE, officer: &officer, place: None }, &ActCall::new("")).iter().map(|p| p.act).collect();
            let fits = |row: &&ActRow| row.writer == Writer::Anyone && (row.from.is_empty() || row.from.contains(&stage));
            let mut expected: Vec<&str> = Vec::new();
            for row in kind.acts.iter().filter(fits) {
                if !expected.contains(&row.act) {
                    expected.push(row.act);
                }
            }
            assert_eq!(said, expected, "{} at {stage}", kind.name);
        }
    }
}
