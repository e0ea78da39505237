//! The second factor (RFC 6238): binding it, logging in with it, losing it.

use reqwest::blocking::Response;
use serde_json::{Value as Json, json};
use sync_core::base::{OfficerId, UtcMs};
use zhifa_server::org::Role;

use crate::harness::{Engine, Handheld, PASSWORD, START, Site, ok, problem};
use crate::on_both;

fn begin(site: &Site, who: &OfficerId, password: &str, code: &str) -> Response {
    site.post("/auth/second-factor").json(&json!({ "officer": who, "password": password, "code": code })).send().unwrap()
}

fn confirm(site: &Site, who: &OfficerId, password: &str, otp: &str) -> Response {
    site.post("/auth/second-factor/confirm").json(&json!({ "officer": who, "password": password, "otp": otp })).send().unwrap()
}

on_both! {
    fn binding_takes_password_and_code_and_is_begun_again_at_will(site) {
        let (who, other) = (site.officer("rev", &[Role::Reviewer], &[]), site.officer("b", &[Role::Officer], &[]));
        assert_eq!(problem(confirm(&site, &who, PASSWORD, "000000")), (409, "conflict".into()), "nothing was begun");
        let code = site.code(&who);
        assert_eq!(problem(begin(&site, &who, "wrong password", &code)), (401, "bad_credentials".into()));
        assert_eq!(problem(begin(&site, &who, PASSWORD, "no such code")), (401, "bad_code".into()));
        assert_eq!(problem(begin(&site, &other, PASSWORD, &code)), (401, "bad_code".into()));
        let begun: Json = ok(begin(&site, &who, PASSWORD, &code));
        let secret = begun["secret"].as_str().unwrap();
        assert_eq!(begun["uri"], format!("otpauth://totp/Zhifa:rev?secret={secret}&issuer=Zhifa"));
        assert!(begun["qr"].as_str().unwrap().contains("<svg") && secret.len() == 32);
        let again: Json = ok(begin(&site, &who, PASSWORD, &code));
        assert_ne!(again["secret"], begun["secret"], "the window was closed; the code is still good");
        let factor = |begun: &Json| zhifa_server::auth::totp::Factor::parse(begun["secret"].as_str().unwrap()).unwrap();
        assert_eq!(problem(confirm(&site, &who, PASSWORD, &factor(&begun).code(START))), (401, "bad_credentials".into()), "that secret is replaced");
        assert_eq!(problem(site.try_log_in(&who, PASSWORD, Some(&factor(&again).code(START)))), (403, "second_factor_missing".into()), "not confirmed yet");
        assert_eq!(confirm(&site, &who, PASSWORD, &factor(&again).code(START)).status(), 204);
        assert_eq!(problem(begin(&site, &who, PASSWORD, &code)), (401, "bad_code".into()), "the code is used up");
        assert_eq!(problem(begin(&site, &who, PASSWORD, &site.code(&who))), (409, "conflict".into()), "it is bound");
        let actions = ["second_factor.begun", "second_factor.confirmed"].map(|a| site.audited(a).len());
        assert_eq!(actions, [2, 1]);
    }

    fn a_code_is_good_once_and_not_before_the_last_one_used(site) {
        let who = site.officer("rev", &[Role::Reviewer], &[]);
        site.bind(&who);
        let at = |steps: i64| site.otp_at(&who, UtcMs(START.0 + steps * 30_000));
        assert_eq!(problem(site.try_log_in(&who, PASSWORD, Some(&at(-1)))), (401, "bad_credentials".into()), "its confirmation used it");
        assert_eq!(site.try_log_in(&who, PASSWORD, Some(&at(1))).status(), 200);
        for used in [1, 0] {
            assert_eq!(problem(site.try_log_in(&who, PASSWORD, Some(&at(used)))), (401, "bad_credentials".into()), "{used}");
        }
        site.clock.advance(30_000);
        assert_eq!(site.try_log_in(&who, PASSWORD, Some(&at(2))).status(), 200);
    }

    fn a_code_is_good_one_step_early_or_late_and_no_more(site) {
        let who = site.officer("rev", &[Role::Reviewer], &[]);
        site.bind(&who);
        site.clock.advance(600_000);
        let at = |steps: i64| site.otp_at(&who, UtcMs(START.0 + 600_000 + steps * 30_000));
        for (steps, status) in [(-2, 401), (2, 401), (-1, 200), (0, 200), (1, 200)] {
            assert_eq!(site.try_log_in(&who, PASSWORD, Some(&at(steps))).status().as_u16(), status, "{steps} steps away");
        }
    }

    fn only_who_knows_the_password_hears_that_a_code_is_needed(site) {
        let who = site.officer("rev", &[Role::Reviewer], &[]);
        site.bind(&who);
        assert_eq!(problem(site.try_log_in(&who, "wrong password", None)), (401, "bad_credentials".into()));
        assert_eq!(problem(site.try_log_in(&who, PASSWORD, None)), (401, "second_factor_required".into()));
        assert_eq!(problem(site.try_log_in(&who, PASSWORD, Some("000000"))), (401, "bad_credentials".into()));
        assert_eq!(problem(site.try_log_in(&who, "wrong password", Some(&site.otp(&who)))), (401, "bad_credentials".into()));
    }

    fn whoever_gets_a_role_that_decides_needs_a_second_factor_from_then_on(site) {
        let admin = site.officer("sec", &[Role::SecurityAdmin], &[]);
        let token = site.log_in(&admin);
        let li = site.officer("li", &[Role::Officer], &[]);
        assert_eq!(site.try_log_in(&li, PASSWORD, None).status(), 200);
        let roles = json!({ "roles": ["officer", "reviewer"] });
        assert_eq!(site.post("/api/v1/officers/li/roles").bearer_auth(&token).json(&roles).send().unwrap().status(), 204);
        assert_eq!(problem(site.try_log_in(&li, PASSWORD, None)), (403, "second_factor_missing".into()));
        site.bind(&li);
        assert_eq!(site.try_log_in(&li, PASSWORD, Some(&site.otp(&li))).status(), 200);
    }

    fn a_lost_factor_is_reset_by_another_and_bound_again(site) {
        let (admin, who) = (site.officer("sec", &[Role::SecurityAdmin], &[]), site.officer("rev", &[Role::Reviewer], &[]));
        let token = site.log_in(&admin);
        let login = site.log_in_whole(&who);
        let cookie = login.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let reset = |whose: &str| site.post(&format!("/api/v1/officers/{whose}/second-factor/reset")).bearer_auth(&token).send().unwrap();
        assert_eq!(problem(reset("sec")), (403, "forbidden".into()), "nobody resets his own");
        assert_eq!(problem(reset("nobody")), (404, "not_found".into()));
        assert_eq!(reset("rev").status(), 204);
        assert_eq!(problem(site.post("/auth/refresh").header("Cookie", &cookie).send().unwrap()), (401, "token_expired".into()), "his log-ins are over");
        assert_eq!(problem(site.try_log_in(&who, PASSWORD, Some(&site.otp(&who)))), (403, "second_factor_missing".into()));
        site.bind(&who);
        assert_eq!(site.try_log_in(&who, PASSWORD, Some(&site.otp(&who))).status(), 200);
        assert_eq!((site.audited("second_factor.reset").len(), site.audited("second_factor.reset")[0].actor.as_str()), (1, "officer:sec"));
    }

    fn the_machine_itself_binds_one_for_who_cannot_ask_anybody(site) {
        let who = site.officer("sec", &[Role::SecurityAdmin], &[]);
        site.bind(&who);
        let fresh = site.running().app.bind_second_factor(&who).unwrap();
        assert_eq!(problem(site.try_log_in(&who, PASSWORD, Some(&site.otp(&who)))), (401, "bad_credentials".into()), "the old one is gone");
        assert_eq!(site.try_log_in(&who, PASSWORD, Some(&fresh.code(START))).status(), 200);
        assert_eq!(site.audited("second_factor.reset")[0].actor, "system");
    }
}

#[test]
fn a_code_enrols_or_binds_and_never_both() {
    let site = Site::new(Engine::Sqlite);
    let who = site.officer("rev", &[Role::Reviewer], &[]);
    let code = site.begin(&who);
    assert_eq!(confirm(&site, &who, PASSWORD, &site.otp(&who)).status(), 204);
    let enrol = |code: &str| site.post("/sync/v1/enrol").json(&Handheld::new(who.clone()).enrol_request(code)).send().unwrap();
    assert_eq!(problem(enrol(&code)), (401, "bad_code".into()));
    let other = site.officer("head", &[Role::Head], &[]);
    let code = site.code(&other);
    assert_eq!(site.post("/sync/v1/enrol").json(&Handheld::new(other.clone()).enrol_request(&code)).send().unwrap().status(), 200);
    assert_eq!(problem(begin(&site, &other, PASSWORD, &code)), (401, "bad_code".into()));
}

#[test]
fn the_secret_stands_nowhere_in_the_database_as_it_is() {
    use diesel::prelude::*;
    let site = Site::new(Engine::Sqlite);
    let who = site.officer("rev", &[Role::Reviewer], &[]);
    let secret = *site.running().app.bind_second_factor(&who).unwrap().secret();
    let path = site.config.data.join("zhifa.db");
    let mut db = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let sealed: Option<Vec<u8>> = zhifa_server::schema::officer::table.select(zhifa_server::schema::officer::totp).first(&mut db).unwrap();
    let sealed = sealed.unwrap();
    assert!(sealed.len() > 20 && !sealed.windows(20).any(|w| w == secret));
}
