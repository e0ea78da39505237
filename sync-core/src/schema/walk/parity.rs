//! What a handheld says of an act offline is what the server says of it when it comes in: for every row and every guard of every
//! kind, met and unmet, through capture and push as they are. The office's own acts are refused to handhelds by name.

use std::collections::BTreeMap;

use super::*;
use crate::base::UtcMs;
use crate::base::keys::{PublicKey, Signer as _};
use crate::district::{DeviceRow, DeviceState, FeedRow, Grant, OfficeWrite, Store as _, accept_checked, check_line, office_write};
use crate::protocol::{Bytes, Certificate, Cursor, Disposition, Enrolled, Limits, Signed};
use crate::record::{Bucket, Draft, Place, SignedChange, Unwritten, change_hash, signing_input};
use crate::replica::{Author, CaptureError, Meta, Mirror, Standing, Store as _, capture, view};
use crate::testing::{MemDistrict, MemReplica, TEST_ALG, TestSigner, test_signature};

const NOW: UtcMs = UtcMs(1_790_000_000_000);
const DISTRICT: DistrictId = DistrictId(1);

/// What one side says of an act: why its deed stands as an exception, why its request was refused, and where the record is then.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    excepted: Vec<Reason>,
    refused: Vec<Reason>,
    stage: String,
}

impl Said {
    fn reasons(&self) -> Vec<Reason> {
        self.excepted.iter().chain(&self.refused).cloned().collect()
    }
}

fn device() -> DeviceId {
    DeviceId::handheld(0x5)
}

fn server_key() -> TestSigner {
    TestSigner(b"server".to_vec())
}

fn key() -> TestSigner {
    TestSigner(b"handheld".to_vec())
}

fn stamp() -> Stamp {
    Stamp { wall: NOW.0, mono: 5, boot: 1, server: None, gnss: None }
}

/// A handheld whose mirror holds the record.
fn handheld(record: &Record, officer: &OfficerId) -> MemReplica {
    let certificate = Certificate {
        device: device(),
        officer: officer.clone(),
        district: DISTRICT,
        alg: TEST_ALG.into(),
        public_key: Bytes(key().public_key()),
        issued: NOW,
        first_prev: Digest::ZERO,
    };
    let enrolled = Enrolled {
        certificate: Signed::new(&certificate, &server_key()).unwrap(),
        server_alg: TEST_ALG.into(),
        server_key: Bytes(server_key().public_key()),
        server_recipient: String::new(),
        district: DISTRICT,
        epoch: 1,
    };
    let meta = Meta {
        device: device(),
        enrolled,
        seq: 0,
        head: Digest::ZERO,
        receipt: None,
        epoch: 1,
        cursor: Cursor::default(),
        refetching: Vec::new(),
        limits: Limits::default(),
        contact: None,
        done: Vec::new(),
        frozen: false,
        complete_sessions: 0,
        standing: Standing::default(),
    };
    let mut store = MemReplica::new(meta);
    store.put_mirror(&Mirror { record: record.clone(), buckets: BTreeMap::from([(Bucket::reference(), true)]) }).unwrap();
    store
}

/// A district that holds the same record and knows the handheld.
fn district(record: &Record, officer: &OfficerId) -> MemDistrict {
    let mut store = MemDistrict::new(DISTRICT);
    store.head.commit = 1_000_000;
    store.head.office_seq = record.seen().get(store.head.office());
    let row = DeviceRow {
        device: device(),
        officer: officer.clone(),
        alg: TEST_ALG.into(),
        public_key: key().public_key(),
        first_prev: Digest::ZERO,
        state: DeviceState::Active,
        through_seq: 0,
        head_hash: Digest::ZERO,
    };
    store.put_device(&row).unwrap();
    store.grants.insert(officer.clone(), vec![Grant { bucket: Bucket::reference(), from: UtcMs(0), until: None }]);
    store.put_record(record.clone()).unwrap();
    store.put_feed_row(&FeedRow { bucket: Bucket::reference(), record: record.id, entered: 1, last: 1, left: false }).unwrap();
    store
}

/// The act as a draft of the handheld.
fn draft(record: &Record, kind: &Kind, row: &ActRow, play: &Play<'_>, place: Option<&Place>) -> Draft {
    Draft { act: Some(call(record, row, play)), place: place.cloned(), ..Draft::of(record.id, kind.name) }
}

fn said(disposition: Disposition, stage: &str) -> Said {
    match disposition {
        Disposition::Applied { excepted, refused, .. } => Said { excepted, refused, stage: stage.to_owned() },
        other => panic!("it was not applied: {other:?}"),
    }
}

/// Captures offline and pushes what came of it; gives what each side said.
fn both(record: &Record, kind: &Kind, row: &ActRow, play: &Play<'_>, place: Option<&Place>) -> (Said, Said) {
    let officer: OfficerId = play.officer.parse().unwrap();
    let mut here = handheld(record, &officer);
    let captured = capture(&mut here, &kinds(), &Author { signer: &key(), officer: &officer }, &draft(record, kind, row, play, place), stamp()).unwrap().unwrap();
    let seen = view(&mut here, &kinds(), record.id).unwrap().unwrap();
    let offline = Said { excepted: captured.effect.excepted, refused: captured.effect.refused, stage: seen.stage().to_owned() };
    let line = here.journal[&captured.dot].1.to_line();
    let mut there = district(record, &officer);
    let keys = |_| PublicKey::new(TEST_ALG, &key().public_key());
    let line = check_line(&line, &keys);
    let pushed = accept_checked(&mut there, &kinds(), &[line], NOW).unwrap().remove(0);
    let stage = there.records[&record.id].stage().to_owned();
    (offline, said(pushed.disposition.unwrap(), &stage))
}

/// The same act by the office, at the server.
fn at_the_office(record: &Record, kind: &Kind, row: &ActRow, play: &Play<'_>) -> Said {
    let officer: OfficerId = play.officer.parse().unwrap();
    let mut there = district(record, &officer);
    let write = OfficeWrite { draft: draft(record, kind, row, play, None), officer };
    let (_, disposition) = office_write(&mut there, &kinds(), &write, &server_key(), NOW).unwrap().unwrap();
    said(disposition, there.records[&record.id].stage())
}

/// What a handheld says of an act that it may not even write, and what the server says of a handheld that did so all the same.
fn refused_to_handhelds(record: &Record, kind: &Kind, row: &ActRow, play: &Play<'_>, with: &str) {
    let officer: OfficerId = play.officer.parse().unwrap();
    let draft = draft(record, kind, row, play, None);
    match capture(&mut handheld(record, &officer), &kinds(), &Author { signer: &key(), officer: &officer }, &draft, stamp()).unwrap() {
        Err(CaptureError::Unwritten(Unwritten::Rejected(reject))) => assert_eq!(reject.code, with, "{}.{}", kind.name, row.act),
        other => panic!("{}.{} should be refused with {with}, and a handheld captured {other:?}", kind.name, row.act),
    }
    let mut forged = change(kind, device(), 1, play.officer, Vec::new(), draft.act);
    forged.prev = Digest::ZERO;
    let bytes = forged.encode().unwrap();
    let signed = SignedChange { alg: TEST_ALG.into(), signature: test_signature(&key().public_key(), &signing_input(&change_hash(&bytes))), bytes };
    let keys = |_| PublicKey::new(TEST_ALG, &key().public_key());
    let mut there = district(record, &officer);
    let pushed = accept_checked(&mut there, &kinds(), &[check_line(&signed.to_line(), &keys)], NOW).unwrap().remove(0);
    assert!(matches!(pushed.disposition, Some(Disposition::Quarantined { ref code, .. }) if **code == *with), "{}.{}: {:?}", kind.name, row.act, pushed.disposition);
    assert_eq!(there.records[&record.id].stage(), record.stage());
}

/// Plays one act on every side that may, and compares with the table.
fn compare(record: &Record, kind: &Kind, row: &ActRow, play: &Play<'_>, expected: &[Reason]) {
    let what = || format!("{}.{} from {}, {expected:?}", kind.name, row.act, record.stage());
    let moved = if expected.is_empty() { row.to.unwrap_or(record.stage()) } else { record.stage() };
    let check = |said: &Said| {
        assert_eq!(said.reasons(), expected, "{}", what());
        assert_eq!(said.stage, moved, "{}", what());
        assert!(if row.weight == Weight::Deed { said.refused.is_empty() } else { said.excepted.is_empty() }, "{}", what());
    };
    if row.writer == Writer::Office {
        refused_to_handhelds(record, kind, row, play, "office_only");
        if call(record, row, play).check().is_ok() {
            check(&at_the_office(record, kind, row, play));
        }
        return;
    }
    // Without its reason a reopening is no act at all: its form is refused before any guard is asked.
    if call(record, row, play).check().is_err() {
        refused_to_handhelds(record, kind, row, play, "invalid_act");
        return;
    }
    let (offline, server) = both(record, kind, row, play, None);
    assert_eq!(offline, server, "{}", what());
    check(&server);
}

#[test]
fn what_is_met_is_met_on_the_handheld_and_at_the_server() {
    each(|kind, row, stage, case| compare(&prepared(kind, case, stage), kind, row, &Play::of(case), &[]));
}

#[test]
fn each_unmet_guard_is_the_same_single_reason_on_the_handheld_and_at_the_server() {
    each(|kind, row, stage, case| {
        for guard in row.guards.iter().filter(|guard| asked_from(case, guard.code, stage)) {
            let (record, play) = broken(kind, case, stage, guard.code);
            compare(&record, kind, row, &play, &[Reason::new(guard.code, "")]);
        }
    });
}

#[test]
fn another_stage_is_named_alike_on_the_handheld_and_at_the_server() {
    for kind in kinds().iter() {
        for case in cases(kind) {
            let Some(row) = kind.act(case.act).next().filter(|row| !row.from.is_empty()) else { continue };
            compare(&prepared(kind, &case, "ELSEWHERE"), kind, row, &Play::of(&case), &[Reason::new("stage", "ELSEWHERE")]);
        }
    }
}

#[test]
fn what_an_office_act_lacks_is_said_the_same_when_the_field_act_is_the_offices() {
    // The back office may act in the field's place: the same guards, the same reasons.
    each(|kind, row, stage, case| {
        for guard in row.guards.iter().filter(|g| row.writer == Writer::Anyone && g.code != "not_the_lead") {
            let (record, play) = broken(kind, case, stage, guard.code);
            if call(&record, row, &play).check().is_err() {
                continue;
            }
            assert_eq!(at_the_office(&record, kind, row, &play).reasons(), [Reason::new(guard.code, "")], "{}.{} from {stage}", kind.name, row.act);
        }
    });
}

#[test]
fn the_fence_is_judged_by_the_place_of_the_change_or_overridden_with_a_reason() {
    let kind = kinds().get("visit").unwrap();
    let all = cases(kind);
    let case = all.iter().find(|c| c.act == "check_in").unwrap();
    let row = kind.act("check_in").find(|row| row.to.is_some()).unwrap();
    let (record, play) = broken(kind, case, row.from[0], "outside_fence");
    let at = |lat_e7: i64, accuracy_cm: i64| Place { lon_e7: 1_216_480_000, lat_e7, accuracy_cm, crs: "wgs84".into() };
    // One ten-thousandth of a degree of latitude is 11 m; the fence is 50 m wide.
    for (place, met) in [(at(299_020_000, 500), true), (at(299_024_000, 500), true), (at(299_026_000, 500), false), (at(299_026_000, 2_000), true), (at(299_200_000, 2_000), false)]
    {
        let (offline, server) = both(&record, kind, row, &play, Some(&place));
        assert_eq!(offline, server);
        assert_eq!(server.reasons().is_empty(), met, "{place:?}: {server:?}");
    }
    let (offline, server) = both(&record, kind, row, &Play { reason: Some("工地大门在围栏外，已拍照"), ..play }, Some(&at(299_200_000, 500)));
    assert_eq!(offline, server);
    assert_eq!((server.reasons(), &*server.stage), (vec![], "CHECKED_IN"));
}
