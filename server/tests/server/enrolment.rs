//! Becoming a handheld, and proving it.

use serde_json::{Value as Json, json};
use sync_core::base::Digest;
use sync_core::protocol::{Bytes, Certificate, Enrolled, Invitation};
use zhifa_server::org::Role;

use crate::harness::{Engine, Handheld, Site, ok, problem};
use crate::on_both;

on_both! {
    fn enrolment_gives_a_certificate_and_the_same_again_when_repeated(site) {
        let officer = site.officer("a", &[Role::Officer], &[]);
        let handheld = Handheld::new(officer.clone());
        let request = handheld.enrol_request(&site.code(&officer));
        let first: Enrolled = ok(site.post("/sync/v1/enrol").json(&request).send().unwrap());
        let second: Enrolled = ok(site.post("/sync/v1/enrol").json(&request).send().unwrap());
        assert_eq!(first, second);
        let enrolled = site.audited("device.enrolled");
        assert_eq!(enrolled.len(), 1, "once, however often it was asked");
        assert_eq!((enrolled[0].actor.as_str(), enrolled[0].object.clone()), ("officer:a", format!("device:{}", handheld.device)));
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
fn a_server_that_knows_its_address_invites_by_qr_code() {
    let site = Site::with(Engine::Sqlite, |config| config.public_url = Some("https://zhifa.example".into()));
    let (a, admin) = (site.officer("a", &[Role::Officer], &[]), site.log_in(&site.officer("sec", &[Role::SecurityAdmin], &[])));
    let issue = |site: &Site, admin: &str| -> Json { ok(site.post("/api/v1/officers/a/codes").bearer_auth(admin).json(&json!({ "hours": 1 })).send().unwrap()) };
    let issued = issue(&site, &admin);
    let invitation = Invitation::parse(issued["uri"].as_str().unwrap()).unwrap();
    assert_eq!((invitation.server.as_str(), &invitation.officer, invitation.code.as_str()), ("https://zhifa.example", &a, issued["code"].as_str().unwrap()));
    assert!(issued["qr"].as_str().unwrap().contains("<svg"));
    let request = Handheld::new(a).enrol_request(&invitation.code);
    let _: Enrolled = ok(site.post("/sync/v1/enrol").json(&request).send().unwrap());
    let plain = Site::new(Engine::Sqlite);
    plain.officer("a", &[Role::Officer], &[]);
    let issued = issue(&plain, &plain.log_in(&plain.officer("sec", &[Role::SecurityAdmin], &[])));
    assert!(issued.get("uri").is_none() && issued.get("qr").is_none(), "it cannot know where it is reached: {issued}");
}
