//! `zhifa verify` on a real server and real handhelds: a sound database passes, and each way of bending it is named.

#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::PathBuf;

use common::PIN;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::keys::Ed25519;
use sync_core::base::merkle::Frontier;
use sync_core::base::pack::{pack, unpack};
use sync_core::base::{DeviceId, Digest, RecordId};
use sync_core::protocol::{Receipt, Signed};
use sync_core::record::{Dot, MAX_CHANGE_BYTES};
use sync_core::replica::Store as _;
use zhifa_mobile::abi::host::Handheld;
use zhifa_mobile::device::Device;
use zhifa_mobile::device::store::StoreError;
use zhifa_server::Running;
use zhifa_server::schema::{head, ledger, merkle_node};
use zhifa_server::verify::finding::{Code, Finding};
use zhifa_server::verify::{Options, Report, VerifyError, verify};

/// A server and two handhelds in one folder, whose officers disagreed once and settled it. Everything is delivered
/// and pulled.
struct Town {
    folder: tempfile::TempDir,
    database: Option<String>,
    running: Option<Running>,
    li: Option<Handheld>,
    wang: Option<Handheld>,
    site: RecordId,
    li_id: DeviceId,
}

fn sync(handheld: &Handheld) {
    assert_eq!(handheld.sync(&json!({}), None, None).unwrap()["complete"], true);
}

fn write(handheld: &Handheld, record: &RecordId, field: &str, value: &str) -> Dot {
    let view = handheld.view(&json!({ "record": record })).unwrap();
    let dots = view["fields"].get(field).map_or(json!([]), |f| f["dots"].clone());
    let edit = json!({ "field": field, "value": value, "replaces": dots });
    let done = handheld.capture(&json!({ "record": record, "kind": "site", "edits": [edit] })).unwrap();
    serde_json::from_value(done["dot"].clone()).unwrap()
}

fn new_site(handheld: &Handheld, name: &str) -> (RecordId, Dot) {
    let done = handheld.capture(&json!({ "kind": "site", "edits": [{ "field": "name", "value": name, "replaces": [] }] })).unwrap();
    (serde_json::from_value(done["record"].clone()).unwrap(), serde_json::from_value(done["dot"].clone()).unwrap())
}

impl Town {
    /// On SQLite.
    fn new() -> Town {
        Town::build(None, 0)
    }

    /// `more` changes beside the usual seven, on this database.
    fn build(database: Option<String>, more: usize) -> Town {
        let folder = tempfile::tempdir().unwrap();
        let running = common::serve(&folder.path().join("server"), database.clone());
        std::fs::create_dir(folder.path().join("journals")).unwrap();
        let mut town = Town { folder, database, running: Some(running), li: None, wang: None, site: RecordId(0), li_id: DeviceId(0) };
        let (li, wang) = (town.handheld("li"), town.handheld("wang"));
        let (site, first) = new_site(&li, "新达工地");
        let _second = new_site(&li, "聚贤街道道口");
        sync(&li);
        sync(&wang);
        write(&li, &site, "name", "新达工地一期");
        write(&wang, &site, "name", "新达工地二期");
        write(&wang, &site, "address", "聚贤路 1 号");
        for n in 0..more {
            new_site(&li, &format!("工地 {n}"));
        }
        for handheld in [&li, &wang, &li] {
            sync(handheld);
        }
        let clash = li.clashes(&json!({ "limit": 500 })).unwrap()["clashes"][0].clone();
        li.resolve(&json!({ "record": site, "field": "name", "value": "新达工地", "replaces": clash["replaces"], "reason": "以许可证为准" })).unwrap();
        write(&li, &site, "address", "聚贤路 1 号甲");
        for handheld in [&li, &wang] {
            sync(handheld);
        }
        town.li_id = first.device;
        town.site = site;
        (town.li, town.wang) = (Some(li), Some(wang));
        town
    }

    fn handheld(&self, officer: &str) -> Handheld {
        common::handheld(self.running.as_ref().unwrap(), &self.store(officer), officer)
    }

    fn store(&self, officer: &str) -> PathBuf {
        self.folder.path().join("journals").join(format!("{officer}.zhifa"))
    }

    fn dot(&self, seq: u64) -> Dot {
        Dot::new(self.li_id, seq)
    }

    /// Ends server and handhelds, so that their files may be bent.
    fn close(&mut self) {
        (self.li, self.wang) = (None, None);
        if let Some(running) = self.running.take() {
            actix_web::rt::System::new().block_on(running.stop());
        }
    }

    fn db(&mut self) -> SqliteConnection {
        self.close();
        let path = self.folder.path().join("server").join("zhifa.db");
        SqliteConnection::establish(path.to_str().unwrap()).unwrap()
    }

    fn sql(&mut self, sql: &str) {
        self.db().batch_execute(sql).unwrap();
    }

    fn options(&self) -> Options {
        Options { database: self.database.clone(), ..Options::local(self.folder.path().join("server")) }
    }

    fn check_server(&self) -> Report {
        verify(&self.options()).unwrap()
    }

    fn check(&self) -> Report {
        let mut options = self.options();
        options.journals = vec![self.folder.path().join("journals")];
        options.pin = Some(PIN.into());
        verify(&options).unwrap()
    }

    /// A condition that names one change of li.
    fn row(&self, seq: u64) -> String {
        format!("device = {} AND seq = {seq}", self.li_id.0.cast_signed())
    }
}

/// A fresh database on the PostgreSQL server of the tests.
fn postgres() -> String {
    let url = std::env::var("ZHIFA_TEST_POSTGRES").expect("set ZHIFA_TEST_POSTGRES to the URL of a PostgreSQL server where tests may create databases");
    let name = format!("zhifa_verify_{:016x}", getrandom::u64().unwrap());
    PgConnection::establish(&url).unwrap().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    format!("{}/{name}", url.rsplit_once('/').unwrap().0)
}

#[track_caller]
fn named(report: &Report, code: Code) -> &Finding {
    assert!(!report.ok);
    report.findings.iter().find(|f| f.code == code).unwrap_or_else(|| panic!("no {code} in {:#?}", report.findings))
}

#[track_caller]
fn named_at(report: &Report, code: Code, dot: Dot) {
    assert!(!report.ok);
    let at = |f: &&Finding| f.code == code && (f.device, f.seq) == (Some(dot.device), Some(dot.seq));
    assert!(report.findings.iter().any(|f| at(&f)), "no {code} at {dot} in {:#?}", report.findings);
}

#[test]
fn a_sound_database_passes_with_its_handhelds_while_the_server_runs() {
    let town = Town::new();
    let report = town.check();
    assert!(report.ok, "{:#?}", report.findings);
    let figures = serde_json::to_value(&report.figures).unwrap();
    let expected = json!({
        "handhelds": 2, "captured": 7, "applied": 7, "contested": 1, "resolved": 1, "duplicate": 0, "parked": 0, "quarantined": 0,
        "dismissed": 0, "lost": 0, "pending": 0, "receipts_verified": 2, "replicas_equal": true,
        // Two officers with two grants and a code each, two enrolments, and the pages that they fetched.
        "audited": 17, "originals": 0,
    });
    assert_eq!(figures, expected);
}

#[test]
fn postgres_is_checked_as_sqlite_is() {
    let url = postgres();
    let town = Town::build(Some(url.clone()), 0);
    let report = town.check();
    assert!(report.ok, "{:#?}", report.findings);
    assert_eq!((report.figures.applied, report.figures.receipts_verified, report.figures.replicas_equal), (7, 2, true));
    PgConnection::establish(&url).unwrap().batch_execute(&format!("DELETE FROM ledger WHERE {}", town.row(4))).unwrap();
    named_at(&town.check(), Code::ChangeDeleted, town.dot(4));
}

#[test]
fn unsent_work_is_pending_and_a_handheld_that_is_behind_is_not_equal_but_nothing_is_wrong() {
    let town = Town::new();
    write(town.wang.as_ref().unwrap(), &town.site, "address", "聚贤路 2 号");
    let report = town.check();
    assert!(report.ok, "{:#?}", report.findings);
    assert_eq!((report.figures.pending, report.figures.captured, report.figures.replicas_equal), (1, 8, true));
    sync(town.wang.as_ref().unwrap());
    let report = town.check();
    assert!(report.ok, "{:#?}", report.findings);
    assert_eq!((report.figures.pending, report.figures.replicas_equal), (0, false));
}

#[test]
fn an_acknowledged_change_that_was_deleted_is_named_and_counted_as_lost() {
    let mut town = Town::new();
    let dot = town.dot(4);
    town.sql(&format!("DELETE FROM ledger WHERE {}", town.row(4)));
    let report = town.check();
    named_at(&report, Code::ChangeDeleted, dot);
    named_at(&report, Code::SlotMissing, dot);
    assert_eq!(report.figures.lost, 1);
}

#[test]
fn a_server_that_forgot_its_newest_change_and_closed_its_log_over_the_gap_is_given_away_by_the_handheld() {
    let mut town = Town::new();
    let dot = town.dot(5);
    let (id, last, row) = (town.li_id.0.cast_signed(), town.row(4), town.row(5));
    town.sql(&format!(
        "UPDATE device SET through_seq = 4, head_hash = (SELECT hash FROM ledger WHERE {last}) WHERE id = {id};
         DELETE FROM ledger WHERE {row}; DELETE FROM merkle_root WHERE size > 6;"
    ));
    let mut db = town.db();
    let leaves: Vec<Vec<u8>> = ledger::table.order(ledger::leaf).select(ledger::hash).load(&mut db).unwrap();
    let mut log = Frontier::default();
    leaves.iter().for_each(|leaf| log.push(&Digest(leaf.as_slice().try_into().unwrap()), |_| {}));
    let peaks: Vec<u8> = log.peaks.iter().flat_map(|p| p.0).collect();
    diesel::update(head::table).set((head::log_size.eq(6), head::log_peaks.eq(peaks))).execute(&mut db).unwrap();
    let report = town.check();
    named_at(&report, Code::ChangeDeleted, dot);
    assert_eq!(named(&report, Code::LogRewritten).device, Some(town.li_id));
    let silent = [Code::LeafMissing, Code::FrontierAltered, Code::RootAltered, Code::SlotMissing, Code::DeviceHeadWrong];
    assert!(!report.findings.iter().any(|f| silent.contains(&f.code)), "{:#?}", report.findings);
}

#[test]
fn altered_bytes_are_named() {
    let mut town = Town::new();
    let dot = town.dot(2);
    let mut db = town.db();
    let key = (1i64, dot.device.0.cast_signed(), 2i64);
    let packed: Vec<u8> = ledger::table.find(key).select(ledger::bytes).first(&mut db).unwrap();
    let text = String::from_utf8(unpack(&packed, MAX_CHANGE_BYTES).unwrap()).unwrap();
    let bent = pack(text.replace("道口", "路口").as_bytes(), 1);
    diesel::update(ledger::table.find(key)).set(ledger::bytes.eq(bent)).execute(&mut db).unwrap();
    let report = town.check();
    named_at(&report, Code::ChangeAltered, dot);
    assert_eq!(report.figures.lost, 1);
    assert_eq!(named(&report, Code::ValueAltered).field.as_deref(), Some("name"));
}

#[test]
fn altered_bytes_with_a_fitting_hash_are_betrayed_by_signature_and_log() {
    let mut town = Town::new();
    let dot = town.dot(1);
    let mut db = town.db();
    let key = (1i64, dot.device.0.cast_signed(), 1i64);
    let packed: Vec<u8> = ledger::table.find(key).select(ledger::bytes).first(&mut db).unwrap();
    let text = String::from_utf8(unpack(&packed, MAX_CHANGE_BYTES).unwrap()).unwrap().replace("新达工地", "新远工地");
    let hash = sync_core::record::change_hash(text.as_bytes()).0.to_vec();
    diesel::update(ledger::table.find(key)).set((ledger::bytes.eq(pack(text.as_bytes(), 1)), ledger::hash.eq(hash))).execute(&mut db).unwrap();
    let report = town.check();
    named_at(&report, Code::SignatureInvalid, dot);
    named_at(&report, Code::ChangeAltered, dot);
    for code in [Code::FrontierAltered, Code::RootAltered, Code::LogRewritten] {
        named(&report, code);
    }
}

#[test]
fn a_doubled_change_is_named() {
    let mut town = Town::new();
    let row = town.row(2);
    town.sql(&format!(
        "INSERT INTO ledger SELECT district, device, 99, hash, alg, signature, bytes, record, (SELECT max(leaf) + 1 FROM ledger), received_ms, state, disposition, commit_seq, moved, released
         FROM ledger WHERE {row}"
    ));
    let report = town.check();
    named_at(&report, Code::ChangeDoubled, town.dot(99));
    named(&report, Code::LeafBeyond);
    named(&report, Code::CommitWrong);
}

#[test]
fn two_changes_whose_slots_were_swapped_are_named() {
    let mut town = Town::new();
    let (a, b) = (town.row(2), town.row(3));
    let spare = town.row(77);
    town.sql(&format!("UPDATE ledger SET seq = 77 WHERE {a}; UPDATE ledger SET seq = 2 WHERE {b}; UPDATE ledger SET seq = 3 WHERE {spare};"));
    let report = town.check();
    named_at(&report, Code::ChangeMoved, town.dot(2));
    named_at(&report, Code::ChangeMoved, town.dot(3));
    assert_eq!(report.figures.lost, 0, "the bytes are there, in the wrong slots");
}

#[test]
fn a_removed_leaf_is_named_without_any_handheld() {
    let mut town = Town::new();
    let row = town.row(3);
    town.sql(&format!("DELETE FROM ledger WHERE {row}"));
    let report = town.check_server();
    assert!(named(&report, Code::LeafMissing).sentence.contains("not in the ledger"));
    assert_eq!(report.figures.handhelds, 0);
}

#[test]
fn an_altered_and_a_removed_inner_node_are_named() {
    let mut town = Town::build(None, 256);
    let mut db = town.db();
    assert_eq!(merkle_node::table.count().get_result::<i64>(&mut db), Ok(1));
    diesel::update(merkle_node::table).set(merkle_node::hash.eq(vec![7u8; 32])).execute(&mut db).unwrap();
    named(&town.check_server(), Code::NodeAltered);
    diesel::delete(merkle_node::table).execute(&mut db).unwrap();
    named(&town.check_server(), Code::NodeMissing);
}

#[test]
fn an_altered_root_is_named() {
    let mut town = Town::new();
    town.sql("UPDATE merkle_root SET root = zeroblob(32) WHERE size = 2");
    let report = town.check_server();
    assert!(named(&report, Code::RootAltered).sentence.contains("2 leaves"));
}

#[test]
fn an_altered_record_is_named_with_its_field() {
    let mut town = Town::new();
    let site = town.site;
    town.sql(&format!("UPDATE record SET state = (SELECT state FROM record WHERE id <> X'{site}') WHERE id = X'{site}'"));
    let report = town.check();
    let altered: Vec<&str> = report.findings.iter().filter(|f| f.code == Code::RecordAltered && f.record == Some(site)).filter_map(|f| f.field.as_deref()).collect();
    assert_eq!(altered, ["address", "name"]);
    assert_eq!(named(&report, Code::ReplicaDiffers).record, Some(site));
    assert!(!report.figures.replicas_equal);
}

#[test]
fn an_altered_bucket_sum_is_named() {
    let mut town = Town::new();
    town.sql("UPDATE bucket_head SET sum = sum + 1 WHERE bucket = 'r'");
    let report = town.check();
    assert_eq!(report.findings.len(), 1);
    named(&report, Code::BucketSumWrong);
}

#[test]
fn a_removed_feed_row_is_named() {
    let mut town = Town::new();
    let site = town.site;
    town.sql(&format!("DELETE FROM feed WHERE record = X'{site}'"));
    let report = town.check();
    assert_eq!(named(&report, Code::FeedRowMissing).record, Some(site));
    assert_eq!(named(&report, Code::ReplicaUnexplained).record, Some(site));
}

#[test]
fn a_forged_receipt_is_named() {
    let mut town = Town::new();
    town.close();
    let device = Device::open(&town.store("li"), PIN, Default::default(), sync_core::schema::kinds()).unwrap();
    device
        .write(|tx| -> Result<(), StoreError> {
            let mut meta = tx.meta()?;
            let mut receipt: Receipt = meta.receipt.as_ref().and_then(Signed::unchecked).unwrap();
            receipt.through_seq += 3;
            meta.receipt = Some(Signed::new(&receipt, &Ed25519::from_seed(&[9; 32])).unwrap());
            tx.put_meta(&meta)
        })
        .unwrap();
    drop(device);
    let report = town.check();
    assert_eq!(named(&report, Code::ReceiptForged).device, Some(town.li_id));
    assert_eq!(report.figures.receipts_verified, 1);
}

#[test]
fn a_certificate_that_does_not_fit_the_key_is_named() {
    let mut town = Town::new();
    let id = town.li_id.0.cast_signed();
    town.sql(&format!("UPDATE device SET public_key = (SELECT public_key FROM device WHERE id <> {id} LIMIT 1) WHERE id = {id}"));
    assert_eq!(named(&town.check_server(), Code::CertificateMismatch).device, Some(town.li_id));
}

#[test]
fn a_waiver_that_no_reviewer_wrote_is_named() {
    let mut town = Town::new();
    let (id, dot) = (town.li_id.0.cast_signed(), town.dot(9));
    town.sql(&format!("INSERT INTO waived VALUES (1, {id}, 9)"));
    named_at(&town.check_server(), Code::WaiverWrong, dot);
}

#[test]
fn a_store_that_the_pin_does_not_open_is_named_and_left_where_it_is() {
    let mut town = Town::new();
    town.close();
    let pins = json!({ "li.zhifa": PIN, "wang.zhifa": "not-the-pin" });
    std::fs::write(town.folder.path().join("journals").join("pins.json"), pins.to_string()).unwrap();
    let mut options = town.options();
    options.journals = vec![town.folder.path().join("journals")];
    let report = verify(&options).unwrap();
    assert!(named(&report, Code::HandheldUnreadable).sentence.contains("wang.zhifa"));
    assert!(town.store("wang").exists());
    assert_eq!((report.figures.handhelds, report.figures.receipts_verified, report.figures.replicas_equal), (2, 1, false));
}

#[test]
fn what_cannot_be_checked_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = verify(&Options::local(folder.path())).unwrap_err();
    assert!(matches!(&error, VerifyError::Key(..)) && error.to_string().contains("--data"), "{error}");
    let town = Town::new();
    let mut options = town.options();
    options.journals = vec![folder.path().to_owned()];
    options.pin = Some(PIN.into());
    let error = verify(&options).unwrap_err();
    assert!(error.to_string().contains("*.zhifa"), "{error}");
    options.district = 2;
    assert!(matches!(verify(&options), Err(VerifyError::NoDistrict(2))));
}

#[test]
fn the_report_is_one_object_of_stable_codes() {
    let mut town = Town::new();
    town.sql("UPDATE bucket_head SET sum = sum + 1 WHERE bucket = 'r'");
    let report: Json = serde_json::to_value(town.check_server()).unwrap();
    assert_eq!((&report["ok"], &report["findings"][0]["code"]), (&json!(false), &json!("bucket_sum_wrong")));
    assert!(report["findings"][0]["sentence"].as_str().unwrap().contains("bucket r"));
}
