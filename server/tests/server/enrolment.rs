//! Becoming a handheld, proving it, and logging in with a browser.

use serde_json::{Value as Json, json};
use sync_core::base::Digest;
use sync_core::protocol::{Bytes, Certificate, Enrolled};
use zhifa_server::org::Role;

use crate::harness::{Engine, Handheld, PASSWORD, Site, ok, problem};
use crate::on_both;

on_both! {
    fn enrolment_gives_a_certificate_and_the_same_again_when_repeated(site) {
        let officer = site.officer("a", &[Role::Officer], &[]);
        let handheld = Handheld::new(officer.clone());
        let request = handheld.enrol_request(&site.code(&officer));
        let first: Enrolled = ok(site.post("/sync/v1/enrol").json(&request).send().unwrap());
        let second: Enrolled = ok(site.post("/sync/v1/enrol").json(&request).send().unwrap());
        assert_eq!(first, second);
        let key = sync_core::base::keys::PublicKey::new(&first.server_alg, &first.server_key.0).unwrap();
        let certificate: Certificate = first.certificate.open(&key).unwrap();
        assert_eq!((certificate.device, certificate.first_prev), (handheld.device, Digest::ZERO));
        assert!(first.server_recipient.starts_with("age1"));
    }

    fn a_code_is_good_once_for_its_officer_until_it_expires(site) {
        let (a, b) = (site.officer("a", &[Role::Officer], &[]), site.officer("b", &[Role::Officer], &[]));
        let send = |request: &Json| problem(site.post("/sync/v1/enrol").json(request).send().unwrap());
        let code = site.code(&a);
        assert_eq!(send(&Handheld::new(b).enrol_request(&code)), (401, "bad_code".into()));
        let _: Enrolled = ok(site.post("/sync/v1/enrol").json(&Handheld::new(a.clone()).enrol_request(&code)).send().unwrap());
        assert_eq!(send(&Handheld::new(a.clone()).enrol_request(&code)), (401, "bad_code".into()));
        assert_eq!(send(&Handheld::new(a.clone()).enrol_request("no such code")), (401, "bad_code".into()));
        let late = site.code(&a);
        site.clock.advance(49 * 3_600_000);
        assert_eq!(send(&Handheld::new(a).enrol_request(&late)), (401, "bad_code".into()));
    }

    fn wrong_password_or_proof_enrols_nothing(site) {
        let a = site.officer("a", &[Role::Officer], &[]);
        let (code, handheld) = (site.code(&a), Handheld::new(a));
        let good = handheld.enrol_request(&code);
        let send = |request: &Json| problem(site.post("/sync/v1/enrol").json(request).send().unwrap());
        let mut bad = good.clone();
        bad["password"] = json!("wrong password");
        assert_eq!(send(&bad), (401, "bad_credentials".into()));
        let mut bad = good.clone();
        bad["proof"] = json!(Bytes(vec![0; 64]));
        assert_eq!(send(&bad), (422, "invalid_field".into()));
        let mut bad = good.clone();
        bad["extra"] = json!(1);
        assert_eq!(send(&bad), (422, "invalid_field".into()));
        let _: Enrolled = ok(site.post("/sync/v1/enrol").json(&good).send().unwrap());
    }

    fn certificates_of_colleagues_are_listed_in_pages(site) {
        let (a, b, c) = (site.handheld("a"), site.handheld("b"), site.handheld("c"));
        let mut devices = [a.device, b.device, c.device];
        devices.sort_unstable();
        let first: Json = ok(site.get("/sync/v1/certificates?limit=2").bearer_auth(&a.token).send().unwrap());
        assert_eq!(first["certificates"].as_array().unwrap().len(), 2);
        let next = first["next"].as_str().unwrap();
        assert_eq!(next, devices[1].to_string());
        let last: Json = ok(site.get(&format!("/sync/v1/certificates?limit=2&after={next}")).bearer_auth(&a.token).send().unwrap());
        assert_eq!((last["certificates"].as_array().unwrap().len(), &last["next"]), (1, &Json::Null));
    }
}

fn cookie(response: &reqwest::blocking::Response) -> String {
    response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

on_both! {
    fn a_refresh_token_used_twice_ends_its_family(site) {
        let who = site.officer("rev", &[Role::Reviewer], &[]);
        let login = site.post("/auth/login").json(&json!({ "officer": who, "password": PASSWORD })).send().unwrap();
        let first = cookie(&login);
        let refresh = |cookie: &str| site.post("/auth/refresh").header("Cookie", cookie).send().unwrap();
        let turned = refresh(&first);
        let second = cookie(&turned);
        let access = ok::<Json>(turned)["access_token"].as_str().unwrap().to_owned();
        assert_eq!(ok::<Json>(site.get("/api/v1/me").bearer_auth(access).send().unwrap())["officer"], "rev");
        assert_eq!(problem(refresh(&first)), (401, "token_reused".into()));
        assert_eq!(problem(refresh(&second)), (401, "token_expired".into()));
    }

    fn logging_out_ends_the_family(site) {
        let who = site.officer("rev", &[Role::Reviewer], &[]);
        let login = site.post("/auth/login").json(&json!({ "officer": who, "password": PASSWORD })).send().unwrap();
        let token = cookie(&login);
        assert_eq!(site.post("/auth/logout").header("Cookie", &token).send().unwrap().status(), 204);
        assert_eq!(problem(site.post("/auth/refresh").header("Cookie", &token).send().unwrap()), (401, "token_expired".into()));
    }
}

#[test]
fn a_nonce_signed_by_another_key_or_too_late_gives_no_token() {
    let site = Site::new(Engine::Sqlite);
    let (a, b) = (site.handheld("a"), site.handheld("b"));
    let impostor = Handheld { device: b.device, enrolled: None, ..a.clone_store() };
    let nonce: Json = ok(site.post("/sync/v1/nonce").json(&json!({ "device": b.device })).send().unwrap());
    let nonce = nonce["nonce"].as_str().unwrap();
    let signed = |h: &Handheld| {
        let signature = Bytes(sync_core::base::keys::Signer::sign(&h.key, &sync_core::protocol::nonce_digest(nonce).0).unwrap());
        site.post("/sync/v1/token").json(&json!({ "device": h.device, "nonce": nonce, "signature": signature })).send().unwrap()
    };
    assert_eq!(problem(signed(&impostor)), (401, "unauthorized".into()));
    site.clock.advance(121_000);
    assert_eq!(problem(signed(&b)), (401, "token_expired".into()));
}

#[test]
fn guessing_is_slowed_down() {
    let site = Site::new(Engine::Sqlite);
    let who = site.officer("a", &[Role::Officer], &[]);
    let attempt = |password: &str| site.post("/auth/login").json(&json!({ "officer": who, "password": password })).send().unwrap();
    for _ in 0..10 {
        assert_eq!(problem(attempt("wrong password")), (401, "bad_credentials".into()));
    }
    assert_eq!(problem(attempt(PASSWORD)), (429, "too_many_requests".into()));
    site.clock.advance(15 * 60_000);
    assert!(attempt(PASSWORD).status().is_success());
}
