//! Push, pull, session, receipts and the log, on both engines.

use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::Digest;
use sync_core::base::merkle::verify_inclusion;
use sync_core::protocol::{Command, DEFAULT_LEASE_MS, DepositResponse, PullItem, PullPage, PushResponse, Receipt, SessionResponse};
use sync_core::record::SignedChange;
use sync_core::testing::PROBE_V2;

use zhifa_server::on;
use zhifa_server::org::ops;
use zhifa_server::schema::{command, pending_report};
use zhifa_server::sync::store::{StoreError, Want};

use crate::harness::{OLD, START, ok, problem, record};
use crate::on_both;

fn session(site: &crate::harness::Site, who: &crate::harness::Handheld, head: Option<(u64, Digest)>, receipt: Option<&sync_core::protocol::Signed>) -> SessionResponse {
    // As text, because a signed statement is its exact bytes and a JSON tree would sort them.
    let certificate = serde_json::to_string(&who.enrolled.as_ref().unwrap().certificate).unwrap();
    let receipt = receipt.map_or("null".to_owned(), |r| serde_json::to_string(r).unwrap());
    let head = serde_json::to_string(&head).unwrap();
    let body = format!("{{\"protocol\":1,\"app\":\"t\",\"schemas\":{{}},\"pending\":[],\"head\":{head},\"receipt\":{receipt},\"certificate\":{certificate}}}");
    ok(site.post("/sync/v1/session").bearer_auth(&who.token).body(body).send().unwrap())
}

on_both! {
    fn an_order_is_told_until_it_is_acknowledged_and_the_journal_head_is_kept(site) {
        let a = site.handheld("a");
        let (device, order) = (a.device, Command::DrainThenErase);
        let number = site.running().app.committer.run_blocking(Want::default(), move |store| ops::order(store, "test", device, order)).unwrap().unwrap();
        site.push(&a, &[a.begin(record(1)), a.begin(record(2))]);
        for _ in 0..2 {
            let answer = session(&site, &a, Some(a.head()), None);
            assert_eq!(answer.commands, [(number, order)]);
            assert!(answer.deposit.is_some());
        }
        let deposit = session(&site, &a, Some(a.head()), None).deposit.unwrap();
        type Row = (Option<i64>, Option<i64>, Option<i64>, Option<Vec<u8>>, i64);
        let rows = || -> Row {
            site.running().app.db.read::<_, StoreError>(|tx| {
                let (told, done) = on!(tx, |c| command::table.select((command::told_ms, command::done_ms)).first(c))?;
                let (seq, hash, bytes) = on!(tx, |c| pending_report::table.select((pending_report::head_seq, pending_report::head_hash, pending_report::bytes)).first(c))?;
                Ok((told, done, seq, hash, bytes))
            }).unwrap()
        };
        let (seq, hash) = a.head();
        assert_eq!(rows(), (Some(START.0), None, Some(2), Some(hash.0.to_vec()), 0));
        site.clock.advance(60_000);
        let words = format!("/sync/v1/deposit?order={number}&seq={}&hash={hash}", seq + 1);
        ok::<DepositResponse>(site.post(&words).bearer_auth(&deposit).send().unwrap());
        assert_eq!(rows(), (Some(START.0), Some(START.0 + 60_000), Some(3), Some(hash.0.to_vec()), 0));
        assert!(session(&site, &a, Some(a.head()), None).commands.is_empty());
    }

    fn the_lease_is_the_policys_and_nothing_for_who_may_not_read(site) {
        let a = site.handheld("a");
        assert_eq!(session(&site, &a, None, None).lease_ms, DEFAULT_LEASE_MS);
        let who = a.officer.clone();
        site.running().app.committer.run_blocking(Want::default(), move |store| ops::suspend(store, "test", &who, true)).unwrap().unwrap();
        assert_eq!(session(&site, &a, None, None).lease_ms, 0);
        let who = a.officer.clone();
        site.running().app.committer.run_blocking(Want::default(), move |store| ops::suspend(store, "test", &who, false)).unwrap().unwrap();
        let device = a.device;
        site.running().app.committer.run_blocking(Want::default(), move |store| ops::revoke_device(store, "test", device)).unwrap().unwrap();
        assert_eq!(session(&site, &a, None, None).lease_ms, 0);
    }

    fn a_change_is_applied_receipted_and_pulled_by_a_colleague(site) {
        let (a, b) = (site.handheld("a"), site.handheld("b"));
        let response = site.push(&a, &[a.begin(record(1)), a.write(record(1), &[("phone", "\"139\"", &[])])]);
        let states: Vec<&str> = response.results.iter().map(|r| r.disposition.as_ref().unwrap().state()).collect();
        assert_eq!(states, ["applied", "applied"]);
        let receipt: Receipt = response.receipt.open(a.server.as_ref().unwrap()).expect("signed by the server's key");
        assert_eq!((receipt.device, receipt.through_seq, receipt.log_size), (a.device, 2, 2));
        let page = site.pull(&b, "");
        assert_eq!(page["items"][0]["record"][1]["record"], record(1).to_string());
        assert_eq!(page["more"], false);
    }

    fn a_repeat_gets_the_present_disposition_and_changes_nothing(site) {
        let a = site.handheld("a");
        let change = a.begin(record(1));
        let first = site.push(&a, std::slice::from_ref(&change));
        let second = site.push(&a, &[change.clone(), change]);
        assert!(!first.results[0].repeat);
        assert!(second.results.iter().all(|r| r.repeat && r.disposition == first.results[0].disposition));
        let receipt: Receipt = second.receipt.unchecked().unwrap();
        assert_eq!(receipt.log_size, 1);
    }

    fn the_empty_page_from_memory_is_the_engines_own(site) {
        let (a, b) = (site.handheld("a"), site.handheld("b"));
        site.push(&a, &[a.begin(record(1))]);
        let first = site.pull(&b, "");
        let cursor = first["cursor"].as_str().unwrap();
        let again = site.pull(&b, cursor);
        assert_eq!(again["items"], json!([]));
        assert_eq!(again["cursor"], first["cursor"]);
        assert_eq!(again["sums"], first["sums"]);
        assert!(!again["sums"].as_object().unwrap().is_empty());
        site.push(&a, &[a.write(record(1), &[("phone", "\"1\"", &[])])]);
        let third = site.pull(&b, cursor);
        assert_eq!(third["items"][0]["record"][1]["whole"], false);
        assert_eq!(third["items"][0]["record"][1]["plain"][0][3]["phone"], "1");
    }

    fn what_arrives_before_its_cause_parks_and_is_applied_when_the_cause_comes(site) {
        let a = site.handheld("a");
        let (one, two, three) = (a.begin(record(1)), a.write(record(1), &[("phone", "\"1\"", &[])]), a.write(record(2), &[("unit", "\"u1\"", &[])]));
        assert_eq!(site.push_one(&a, &two)["state"], "parked");
        assert_eq!(site.push_one(&a, &three)["state"], "applied");
        let response = site.push(&a, &[one]);
        let receipt: Receipt = response.receipt.unchecked().unwrap();
        assert_eq!((receipt.through_seq, receipt.held.len()), (3, 0));
        assert_eq!(site.push_one(&a, &two)["state"], "applied");
        let page = site.pull(&a, "");
        assert_eq!(page["moves"][0][0], json!([a.device, 2]));
        assert_eq!(page["moves"][0][1]["state"], "applied");
    }

    fn a_receipt_names_what_is_held_beyond_a_gap(site) {
        let a = site.handheld("a");
        let changes: Vec<SignedChange> = (1..=5).map(|n| a.write(record(n), &[("unit", "\"u1\"", &[])])).collect();
        let response = site.push(&a, &[changes[0].clone(), changes[2].clone(), changes[4].clone()]);
        let receipt: Receipt = response.receipt.unchecked().unwrap();
        let held: Vec<_> = receipt.held.iter().map(|h| (h.0, h.1)).collect();
        assert_eq!((receipt.through_seq, held), (1, vec![(3, 3), (5, 5)]));
    }

    fn every_change_of_a_long_log_is_proved_in_it(site) {
        let a = site.handheld("a");
        let mut last: Option<PushResponse> = None;
        let mut hashes = Vec::new();
        for part in 0..6 {
            let changes: Vec<SignedChange> = (0..100).map(|n| a.write(record(part * 100 + n + 1), &[("unit", "\"u1\"", &[])])).collect();
            hashes.extend(changes.iter().map(SignedChange::hash));
            last = Some(site.push(&a, &changes));
        }
        let receipt: Receipt = last.unwrap().receipt.unchecked().unwrap();
        assert_eq!(receipt.log_size, 600);
        for seq in [1usize, 2, 255, 256, 257, 511, 512, 513, 600] {
            let proof: Json = ok(site.get(&format!("/sync/v1/log/proof?device={}&seq={seq}", a.device)).bearer_auth(&a.token).send().unwrap());
            let path: Vec<Digest> = serde_json::from_value(proof["path"].clone()).unwrap();
            assert_eq!(proof["log_root"], json!(receipt.log_root));
            assert!(verify_inclusion(&hashes[seq - 1], seq as u64 - 1, 600, &path, &receipt.log_root), "{seq}");
        }
        let (status, code) = problem(site.get(&format!("/sync/v1/log/proof?device={}&seq=9&size=3", a.device)).bearer_auth(&a.token).send().unwrap());
        assert_eq!((status, code.as_str()), (422, "invalid_field"));
    }

    fn a_session_tells_scope_and_limits_and_proves_that_the_log_grew(site) {
        let a = site.handheld("a");
        let first = site.push(&a, &[a.begin(record(1))]);
        site.push(&a, &[a.write(record(1), &[("phone", "\"1\"", &[])])]);
        let answer = session(&site, &a, Some(a.head()), Some(&first.receipt));
        let receipt: Receipt = answer.receipt.open(a.server.as_ref().unwrap()).unwrap();
        assert_eq!((answer.epoch, receipt.through_seq), (1, 2));
        assert_eq!(answer.scope.iter().map(|b| &*b.0).collect::<Vec<_>>(), ["o:a", "u:u1", "r"]);
        let old: Receipt = first.receipt.unchecked().unwrap();
        assert!(sync_core::base::merkle::verify_consistency(old.log_size, &old.log_root, receipt.log_size, &receipt.log_root, &answer.consistency));
    }

    fn a_restored_database_begins_a_new_epoch_and_takes_everything_again(site) {
        let a = site.handheld("a");
        let change = a.begin(record(1));
        let response = site.push(&a, std::slice::from_ref(&change));
        // Yesterday's backup: the log as it was before the change came.
        site.stop();
        site.sql("DELETE FROM ledger; DELETE FROM record; DELETE FROM feed; DELETE FROM bucket_head; DELETE FROM merkle_root; DELETE FROM device; \
                  UPDATE head SET commit_seq = 0, moves = 0, log_size = 0, log_peaks = ''");
        site.running = Some(zhifa_server::start_with(site.config.clone(), crate::harness::kinds(&PROBE_V2), std::sync::Arc::new(site.clock.clone())).unwrap());
        let token = site.device_token(&a);
        let a = crate::harness::Handheld { token, ..a };
        let answer = session(&site, &a, Some(a.head()), Some(&response.receipt));
        assert_eq!((answer.epoch, answer.restored_at), (2, Some(0)));
        let again = site.push(&a, &[change]);
        assert_eq!(again.results[0].disposition.as_ref().unwrap().state(), "applied");
        assert!(!again.results[0].repeat);
    }

    fn everything_is_there_after_a_restart(site) {
        let (a, b) = (site.handheld("a"), site.handheld("b"));
        let change = a.begin(record(1));
        site.push(&a, std::slice::from_ref(&change));
        let before = site.pull(&b, "");
        site.restart(&PROBE_V2);
        assert_eq!(site.pull(&b, ""), before);
        assert!(site.push(&a, &[change]).results[0].repeat);
    }

    fn a_newer_schema_waits_for_the_upgrade_of_the_server(site) {
        site.restart(OLD);
        let a = site.handheld("a");
        let change = a.write(record(1), &[("unit", "\"u1\"", &[]), ("remarks.x", "\"new\"", &[])]);
        assert_eq!(site.push_one(&a, &change), json!({ "state": "parked", "schema": 2 }));
        site.restart(&PROBE_V2);
        assert_eq!(site.push_one(&a, &change)["state"], "applied");
    }

    fn an_upgrade_of_the_server_rewrites_records_and_sums_still_agree(site) {
        site.restart(OLD);
        let a = site.handheld("a");
        let old = crate::harness::Bent { schema: 1, ..Default::default() };
        let change = a.write_bent(record(1), &[("unit", "\"u1\"", &[]), ("checks.x", "{\"result\":\"na\"}", &[])], &old);
        assert_eq!(site.push_one(&a, &change)["state"], "applied");
        site.restart(&PROBE_V2);
        let page: PullPage = ok(site.get("/sync/v1/pull").bearer_auth(&a.token).send().unwrap());
        let PullItem::Record(_, delta) = page.items[0].clone() else { panic!("a record") };
        let rebuilt = sync_core::record::Record::merge_delta(None, *delta);
        assert!(rebuilt.register("answers.x").is_some() && rebuilt.register("checks.x").is_none());
        assert_eq!(page.sums.values().next(), Some(&rebuilt.checksum()));
    }

    fn a_device_that_comes_back_older_is_challenged_and_then_frozen(site) {
        let a = site.handheld("a");
        let old = a.clone_store();
        site.push(&a, &[a.begin(record(1))]);
        let answer = session(&site, &old, None, None);
        assert!(answer.challenge.is_some());
        let body = json!({
            "protocol": 1, "app": "test", "schemas": {}, "head": null, "pending": [], "echo": answer.challenge,
            "certificate": old.enrolled.as_ref().unwrap().certificate,
        });
        let answer: Json = ok(site.post("/sync/v1/session").bearer_auth(&old.token).json(&body).send().unwrap());
        assert_eq!(answer["chain"], "frozen");
        let late = a.write(record(1), &[("phone", "\"1\"", &[])]);
        assert_eq!(site.push_one(&a, &late)["code"], "chain_frozen");
    }
}

#[test]
fn two_servers_share_one_postgres_database() {
    let site = crate::harness::Site::new(crate::harness::Engine::Postgres);
    let other = site.second();
    let (a, b) = (site.handheld("a"), site.handheld("b"));
    site.push(&a, &[a.begin(record(1))]);
    let page = other.pull(&b, "");
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    other.push(&a, &[a.write(record(1), &[("phone", "\"1\"", &[])])]);
    site.push(&a, &[a.write(record(1), &[("phone", "\"2\"", &[a.dot(2)])])]);
    let page = other.pull(&b, page["cursor"].as_str().unwrap());
    assert_eq!(page["items"][0]["record"][1]["plain"][0][3]["phone"], "2");
}

#[test]
fn news_comes_when_there_is_something_to_pull_and_ends_when_the_server_stops() {
    use std::io::{BufRead as _, BufReader};
    let mut site = crate::harness::Site::new(crate::harness::Engine::Sqlite);
    let a = site.handheld("a");
    let response = site.get("/sync/v1/news").bearer_auth(&a.token).send().unwrap();
    let mut lines = BufReader::new(response).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "event: news");
    site.push(&a, &[a.begin(record(1))]);
    let more: Vec<String> = lines.by_ref().map(Result::unwrap).take(4).collect();
    assert!(more.contains(&"event: news".to_owned()), "{more:?}");
    site.stop();
    assert!(lines.all(|l| l.is_ok()));
}
