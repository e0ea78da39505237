//! Guessing is slowed down by account and by address, whichever server is asked.

use reqwest::blocking::Response;
use serde_json::{Value as Json, json};
use sync_core::base::OfficerId;
use zhifa_server::org::Role;

use crate::harness::{Engine, Handheld, PASSWORD, Site, problem};
use crate::on_both;

const WRONG: (u16, &str) = (401, "bad_credentials");
const WAIT: (u16, &str) = (429, "too_many_requests");

fn said(response: Response) -> (u16, String) {
    problem(response)
}

fn is(response: Response, wanted: (u16, &str)) {
    let (status, code) = said(response);
    assert_eq!((status, code.as_str()), wanted);
}

fn from(site: &Site, who: &OfficerId, password: &str, hops: &str) -> Response {
    site.post("/auth/login").header("X-Forwarded-For", hops).json(&json!({ "officer": who, "password": password })).send().unwrap()
}

on_both! {
    fn ten_failures_rest_an_account_for_fifteen_minutes_and_never_longer(site) {
        let who = site.officer("a", &[Role::Officer], &[]);
        for _ in 0..10 {
            is(site.try_log_in(&who, "wrong password", None), WRONG);
        }
        let refused = site.try_log_in(&who, PASSWORD, None);
        assert_eq!(refused.headers()["retry-after"], "901");
        is(refused, WAIT);
        site.clock.advance(14 * 60_000 + 59_000);
        for _ in 0..20 {
            is(site.try_log_in(&who, PASSWORD, None), WAIT);
        }
        site.clock.advance(1_000);
        assert_eq!(site.try_log_in(&who, PASSWORD, None).status(), 200, "refused tries prolong nothing");
    }

    fn a_success_clears_the_account(site) {
        let who = site.officer("a", &[Role::Officer], &[]);
        for _ in 0..3 {
            for _ in 0..9 {
                is(site.try_log_in(&who, "wrong password", None), WRONG);
            }
            assert_eq!(site.try_log_in(&who, PASSWORD, None).status(), 200);
        }
    }

    fn fifty_failures_rest_an_address_whatever_accounts_they_were_of(site) {
        let people: Vec<OfficerId> = (0..11).map(|n| format!("nobody-{n}").parse().unwrap()).collect();
        let who = site.officer("a", &[Role::Officer], &[]);
        for n in 0..50 {
            is(site.try_log_in(&people[n % 11], "wrong password", None), WRONG);
        }
        is(site.try_log_in(&who, PASSWORD, None), WAIT);
        site.clock.advance(15 * 60_000);
        assert_eq!(site.try_log_in(&who, PASSWORD, None).status(), 200);
    }

    fn enrolment_binding_and_first_passwords_share_the_account_s_tries(site) {
        let who = site.officer("a", &[Role::Officer], &[]);
        let code = site.code(&who);
        let post = |path: &str, body: &Json| site.post(path).json(body).send().unwrap();
        let wrong = json!({ "officer": who, "password": "wrong password", "code": code });
        let mut enrol = Handheld::new(who.clone()).enrol_request(&code);
        for _ in 0..3 {
            is(post("/auth/second-factor", &wrong), WRONG);
            is(post("/auth/first-password", &json!({ "officer": who, "code": "no such code", "password": "a new password" })), (401, "bad_code"));
            enrol["password"] = json!("wrong password");
            is(post("/sync/v1/enrol", &enrol), WRONG);
        }
        is(post("/auth/second-factor/confirm", &json!({ "officer": who, "password": "wrong password", "otp": "000000" })), WRONG);
        enrol["password"] = json!(PASSWORD);
        is(post("/sync/v1/enrol", &enrol), WAIT);
        is(site.try_log_in(&who, PASSWORD, None), WAIT);
    }

    fn refusals_are_audited_once_a_minute_for_one_account(site) {
        let who = site.officer("a", &[Role::Officer], &[]);
        for _ in 0..12 {
            site.try_log_in(&who, "wrong password", None);
        }
        site.try_log_in(&"correct-horse".parse().unwrap(), "wrong password", None);
        let refused = site.audited("login.refused");
        assert_eq!(refused.iter().map(|e| e.object.as_str()).collect::<Vec<_>>(), ["officer:a", "address:127.0.0.1"], "whoever is nobody is not named");
        assert!(refused.iter().all(|e| e.actor == "anonymous" && !e.detail.contains("horse") && e.detail.contains("\"why\":\"password\"")));
        site.clock.advance(60_000);
        site.try_log_in(&who, PASSWORD, None);
        let refused = site.audited("login.refused");
        assert!(refused.len() == 3 && refused[2].detail.contains("too_many"), "{refused:?}");
    }

    fn what_is_old_is_swept(site) {
        use diesel::prelude::*;
        for n in 0..5 {
            site.try_log_in(&format!("nobody-{n}").parse().unwrap(), "wrong password", None);
        }
        site.clock.advance(31 * 60_000);
        site.try_log_in(&"somebody".parse().unwrap(), "wrong password", None);
        let subjects = site.running().app.db.read(|tx| {
            Ok::<Vec<String>, diesel::result::Error>(zhifa_server::on!(tx, |c| zhifa_server::schema::login_failure::table
                .select(zhifa_server::schema::login_failure::subject)
                .order(zhifa_server::schema::login_failure::subject)
                .load(c))?)
        });
        assert_eq!(subjects.unwrap(), ["address:127.0.0.1", "officer:somebody"]);
    }
}

#[test]
fn two_servers_on_one_database_count_together() {
    let site = Site::new(Engine::Postgres);
    let (who, second) = (site.officer("a", &[Role::Officer], &[]), site.second());
    for n in 0..10 {
        is(if n % 2 == 0 { &site } else { &second }.try_log_in(&who, "wrong password", None), WRONG);
    }
    for server in [&site, &second] {
        is(server.try_log_in(&who, PASSWORD, None), WAIT);
    }
}

#[test]
fn many_tries_at_once_are_no_more_than_one_after_the_other() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let site = Site::new(engine);
        let who = site.officer("a", &[Role::Officer], &[]);
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..25).map(|_| scope.spawn(|| site.try_log_in(&who, "wrong password", None).status().as_u16())).collect();
            tries.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let count = |status| statuses.iter().filter(|s| **s == status).count();
        assert_eq!((count(401), count(429)), (10, 15), "{engine:?} {statuses:?}");
    }
}

#[test]
fn a_forwarded_address_counts_only_behind_a_proxy() {
    let plain = Site::new(Engine::Sqlite);
    let nobody = |n: usize| format!("nobody-{n}").parse::<OfficerId>().unwrap();
    for n in 0..50 {
        is(from(&plain, &nobody(n), "wrong password", &format!("192.0.2.{n}")), WRONG);
    }
    is(from(&plain, &nobody(50), "wrong password", "192.0.2.200"), WAIT);
    let proxied = Site::with(Engine::Sqlite, |config| config.behind_proxy = true);
    for n in 0..50 {
        is(from(&proxied, &nobody(n), "wrong password", &format!("192.0.2.{n}, 198.51.100.7")), WRONG);
    }
    is(from(&proxied, &nobody(50), "wrong password", "192.0.2.200, 198.51.100.7"), WAIT);
    is(from(&proxied, &nobody(51), "wrong password", "198.51.100.7, 192.0.2.1"), WRONG);
}
