//! Group commit, what cannot be committed, and what time may cure.

use std::sync::Arc;

use serde_json::json;
use sync_core::protocol::Receipt;
use zhifa_server::sync::committer::Failure;
use zhifa_server::sync::store::{StoreError, Want};

use crate::harness::{Engine, Site, problem, record};
use crate::on_both;

on_both! {
    fn many_handhelds_at_once_are_all_committed_and_numbered_densely(site) {
        let handhelds: Vec<_> = (0..8).map(|n| site.handheld(&format!("h{n}"))).collect();
        let site = Arc::new(site);
        let threads: Vec<_> = handhelds
            .into_iter()
            .enumerate()
            .map(|(n, h)| {
                let site = site.clone();
                std::thread::spawn(move || {
                    let mut commits = Vec::new();
                    for turn in 0..6u128 {
                        let change = h.begin(record(n as u128 * 100 + turn + 1));
                        commits.push(site.push_one(&h, &change)["commit"].as_u64().unwrap());
                    }
                    commits
                })
            })
            .collect();
        let mut commits: Vec<u64> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
        commits.sort_unstable();
        assert_eq!(commits, (1..=48).collect::<Vec<u64>>());
    }

    fn what_fails_twice_alone_is_quarantined_with_its_bytes_and_can_be_released(site) {
        let token = site.log_in(&site.officer("rev", &[zhifa_server::org::Role::Reviewer], &[]));
        let (a, b) = (site.handheld("a"), site.handheld("b"));
        site.push(&a, &[a.begin(record(1))]);
        site.restart(&sync_core::testing::PROBE_V2);
        site.sql("CREATE TABLE spare AS SELECT id, state FROM record; UPDATE record SET state = ''");
        let change = a.write(record(1), &[("phone", "\"1\"", &[])]);
        let failed = site.push(&a, std::slice::from_ref(&change));
        let disposition = serde_json::to_value(&failed.results[0].disposition).unwrap();
        assert_eq!((&disposition["state"], &disposition["code"]), (&json!("quarantined"), &json!("commit_failed")));
        let receipt: Receipt = failed.receipt.open(a.server.as_ref().unwrap()).unwrap();
        assert_eq!(receipt.through_seq, 2);
        assert_eq!(site.push_one(&b, &b.begin(record(2)))["state"], "applied");
        site.sql("UPDATE record SET state = (SELECT state FROM spare WHERE spare.id = record.id) WHERE id IN (SELECT id FROM spare)");
        let released = site.post(&format!("/api/v1/changes/{}/release", a.dot(2))).bearer_auth(token).send().unwrap();
        assert_eq!(crate::harness::ok::<serde_json::Value>(released)["disposition"]["state"], "applied");
    }

    fn a_panic_fails_its_own_request_and_no_other(site) {
        let app = site.running().app.clone();
        let failed: Result<(), Failure> = app.committer.run_blocking(Want::default(), |_| panic!("on purpose"));
        assert!(matches!(failed, Err(Failure::Failed(_))));
        let a = site.handheld("a");
        assert_eq!(site.push_one(&a, &a.begin(record(1)))["state"], "applied");
    }

    fn what_was_half_done_when_it_failed_is_not_there(site) {
        let app = site.running().app.clone();
        let who: sync_core::base::OfficerId = site.officer("x", &[zhifa_server::org::Role::Officer], &[]);
        let again = who.clone();
        let failed: Result<(), Failure> = app.committer.run_blocking(Want::default(), move |store| {
            zhifa_server::org::ops::suspend(store, "system", &again, true)?.unwrap();
            store.flush()?;
            Err(StoreError::Broken("on purpose".into()))
        });
        assert!(matches!(failed, Err(Failure::Failed(_))));
        assert!(!app.live.officer(&who).unwrap().suspended);
        let suspended = app.committer.run_blocking(Want::default(), move |store| sync_core::district::Store::suspended(store, &who)).unwrap();
        assert!(!suspended);
    }
}

#[test]
fn a_lost_connection_is_answered_with_retry_after_and_cured_by_repeating() {
    let site = Site::new(Engine::Postgres);
    let a = site.handheld("a");
    let change = a.begin(record(1));
    site.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    let line = change.to_line();
    let first = site.push_raw(&a, line.clone());
    if !first.status().is_success() {
        assert_eq!(first.headers()["retry-after"], "5");
        assert_eq!(problem(first), (503, "unavailable".into()));
    }
    let second = loop {
        let response = site.push_raw(&a, line.clone());
        if response.status().is_success() {
            break response;
        }
        assert_eq!(response.status(), 503);
    };
    let answer: sync_core::protocol::PushResponse = crate::harness::ok(second);
    assert_eq!(answer.results[0].disposition.as_ref().unwrap().state(), "applied");
}

#[test]
fn a_second_server_may_not_open_the_same_sqlite_folder() {
    let site = Site::new(Engine::Sqlite);
    let clock = Arc::new(site.clock.clone());
    let second = zhifa_server::start_with(site.config.clone(), sync_core::schema::kinds(), clock);
    assert!(second.err().unwrap().to_string().contains("another zhifa uses the data folder"));
}
