//! Bad input: each kind of it gets exactly one disposition or problem code, and its bytes are in custody where the
//! rule says so.

use diesel::connection::Connection as _;
use diesel::prelude::*;
use serde_json::{Value as Json, json};
use sync_core::base::pack::{pack, unpack};
use sync_core::base::{Digest, Stamp};
use sync_core::record::{ActCall, SignedChange};

use crate::harness::{Bent, Handheld, Site, ok, problem, record};
use crate::on_both;

diesel::table! {
    custody (district, hash) {
        district -> BigInt,
        hash -> Binary,
        class -> Text,
        bytes -> Binary,
    }
}

/// The bytes in custody under a hash, and why they are there.
fn in_custody(site: &Site, hash: &Digest) -> Option<(String, Vec<u8>)> {
    let key = hash.0.to_vec();
    let query = custody::table.filter(custody::hash.eq(key)).select((custody::class, custody::bytes));
    let found: Option<(String, Vec<u8>)> = match &site.config.database {
        Some(url) => query.first(&mut diesel::PgConnection::establish(url).unwrap()).optional().unwrap(),
        None => {
            let path = site.config.data.join("zhifa.db");
            query.first(&mut diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap()).optional().unwrap()
        }
    };
    found.map(|(class, bytes)| (class, unpack(&bytes, 1 << 20).unwrap()))
}

/// The bytes of a change as a reviewer reads them from the ledger.
fn in_ledger(site: &Site, token: &str, dot: sync_core::record::Dot) -> Json {
    ok(site.get(&format!("/api/v1/changes/{dot}")).bearer_auth(token).send().unwrap())
}

fn reviewer(site: &Site) -> String {
    site.log_in(&site.officer("rev", &[zhifa_server::org::Role::Reviewer], &[]))
}

/// Pushes one line; gives its `unverified` code and hash.
fn unverified(site: &Site, who: &Handheld, line: Vec<u8>) -> (String, Digest) {
    let response: sync_core::protocol::PushResponse = ok(site.push_raw(who, line));
    let result = &response.results[0];
    assert!(result.dot.is_none() && result.disposition.is_none());
    (result.unverified.as_deref().unwrap().to_owned(), result.hash)
}

fn quarantined(site: &Site, who: &Handheld, change: &SignedChange) -> String {
    let disposition = site.push_one(who, change);
    assert_eq!(disposition["state"], "quarantined", "{disposition}");
    assert!(!disposition["detail"].as_str().unwrap().is_empty());
    disposition["code"].as_str().unwrap().to_owned()
}

on_both! {
    fn a_truncated_line_is_kept_unverified_and_harms_no_other(site) {
        let a = site.handheld("a");
        let (one, two) = (a.begin(record(1)), a.write(record(2), &[("unit", "\"u1\"", &[])]));
        let cut = one.to_line()[..80].to_vec();
        let body = [cut.clone(), one.to_line(), two.to_line()].join(&b'\n');
        let response: sync_core::protocol::PushResponse = ok(site.push_raw(&a, body));
        assert_eq!(response.results[0].unverified.as_deref(), Some("not_a_line"));
        assert!(response.results[1..].iter().all(|r| r.disposition.as_ref().unwrap().state() == "applied"));
        assert_eq!(in_custody(&site, &response.results[0].hash), Some(("unverified".into(), cut)));
    }

    fn a_wrong_signature_takes_no_slot_and_is_kept(site) {
        let a = site.handheld("a");
        let good = a.begin(record(1));
        let mut forged = good.clone();
        forged.signature[3] ^= 1;
        let (code, hash) = unverified(&site, &a, forged.to_line());
        assert_eq!(code, "bad_signature");
        assert_eq!(in_custody(&site, &hash), Some(("unverified".into(), forged.to_line())));
        assert_eq!(site.push_one(&a, &good)["state"], "applied");
    }

    fn an_unknown_device_takes_no_slot(site) {
        let a = site.handheld("a");
        let stranger = Handheld::new("x".parse().unwrap());
        let (code, hash) = unverified(&site, &a, stranger.begin(record(1)).to_line());
        assert_eq!(code, "unknown_device");
        assert!(in_custody(&site, &hash).is_some());
    }

    fn a_change_without_a_dot_takes_no_slot(site) {
        let a = site.handheld("a");
        let (code, hash) = unverified(&site, &a, a.sign(b"{\"seq\":1}".to_vec()).to_line());
        assert_eq!(code, "no_dot");
        assert!(in_custody(&site, &hash).is_some());
    }

    fn an_oversized_change_takes_no_slot(site) {
        let a = site.handheld("a");
        let mut bytes = a.begin(record(1)).bytes;
        bytes.resize(300 * 1024, b' ');
        assert_eq!(unverified(&site, &a, a.sign(bytes).to_line()).0, "too_large");
    }

    fn signed_bytes_with_a_nul_are_in_the_ledgers_custody(site) {
        let (a, token) = (site.handheld("a"), reviewer(&site));
        let mut bytes = a.begin(record(1)).bytes;
        let at = bytes.len() - 1;
        bytes.insert(at, 0);
        assert_eq!(quarantined(&site, &a, &a.sign(bytes)), "malformed");
        let kept = in_ledger(&site, &token, a.dot(1));
        assert_eq!(kept["disposition"]["code"], "malformed");
    }

    fn a_nul_inside_a_text_is_quarantined_or_kept_as_it_is_but_never_lost(site) {
        let a = site.handheld("a");
        let change = a.begin(record(1));
        let text = String::from_utf8(change.bytes).unwrap().replace("\"u1\"", "\"u\\u0000\"");
        let disposition = site.push_one(&a, &a.sign(text.into_bytes()));
        assert_eq!(disposition["state"], "quarantined", "{disposition}");
    }

    fn bad_utf8_is_malformed_and_its_bytes_are_kept(site) {
        let (a, token) = (site.handheld("a"), reviewer(&site));
        let mut bytes = a.begin(record(1)).bytes;
        let at = bytes.windows(4).position(|w| w == b"\"u1\"").unwrap() + 1;
        bytes[at] = 0xff;
        let change = a.sign(bytes);
        assert_eq!(quarantined(&site, &a, &change), "malformed");
        let kept = in_ledger(&site, &token, a.dot(1));
        assert_eq!(kept["hash"], json!(change.hash()));
        assert!(kept.get("change").is_none());
    }

    fn a_wrong_chain_freezes_the_device_and_keeps_the_bytes(site) {
        let (a, token) = (site.handheld("a"), reviewer(&site));
        site.push(&a, &[a.begin(record(1))]);
        let bent = Bent { prev: Some(Digest::ZERO), ..Bent::default() };
        let broken = a.write_bent(record(1), &[("phone", "\"1\"", &[])], &bent);
        assert_eq!(quarantined(&site, &a, &broken), "chain_broken");
        assert_eq!(in_ledger(&site, &token, a.dot(2))["hash"], json!(broken.hash()));
        assert_eq!(quarantined(&site, &a, &a.write(record(1), &[("phone", "\"2\"", &[])])), "chain_frozen");
    }

    fn a_forked_number_freezes_both_branches_and_keeps_the_bytes(site) {
        let (a, token) = (site.handheld("a"), reviewer(&site));
        let twin = a.clone_store();
        let (mine, other) = (a.begin(record(1)), twin.begin(record(2)));
        assert_eq!(site.push_one(&a, &mine)["state"], "applied");
        assert_eq!(quarantined(&site, &twin, &other), "fork");
        assert_eq!(in_custody(&site, &other.hash()), Some(("fork".into(), other.to_line())));
        assert_eq!(quarantined(&site, &a, &a.write(record(1), &[("phone", "\"1\"", &[])])), "chain_frozen");
        let queue: Json = ok(site.get("/api/v1/queue?class=notices").bearer_auth(token).send().unwrap());
        let forks = queue["items"].as_array().unwrap().iter().filter(|i| i["class"] == "forked").count();
        assert_eq!(forks, 1);
    }

    fn an_unknown_kind_is_quarantined(site) {
        let (a, token) = (site.handheld("a"), reviewer(&site));
        let bent = Bent { kind: "spaceship", ..Bent::default() };
        assert_eq!(quarantined(&site, &a, &a.write_bent(record(1), &[("unit", "\"u1\"", &[])], &bent)), "unknown_kind");
        assert_eq!(in_ledger(&site, &token, a.dot(1))["change"]["kind"], "spaceship");
    }

    fn an_unknown_field_is_quarantined_with_its_whole_change(site) {
        let (a, token) = (site.handheld("a"), reviewer(&site));
        let change = a.write(record(1), &[("unit", "\"u1\"", &[]), ("wings", "2", &[])]);
        assert_eq!(quarantined(&site, &a, &change), "unknown_field");
        let (status, code) = problem(site.get(&format!("/api/v1/records/{}", record(1))).bearer_auth(token).send().unwrap());
        assert_eq!((status, code.as_str()), (404, "not_found"));
    }

    fn a_field_of_the_office_an_unknown_act_and_a_wrong_value_are_quarantined(site) {
        let a = site.handheld("a");
        site.push(&a, &[a.begin(record(1))]);
        assert_eq!(quarantined(&site, &a, &a.write(record(2), &[("deadline", "\"2027-01-01\"", &[])])), "office_only");
        assert_eq!(quarantined(&site, &a, &a.write(record(3), &[("phone", "7", &[])])), "invalid_value");
        let bent = Bent { act: Some(ActCall::new("launch")), ..Bent::default() };
        assert_eq!(quarantined(&site, &a, &a.write_bent(record(4), &[("unit", "\"u1\"", &[])], &bent)), "unknown_act");
    }

    fn an_absurd_clock_is_shown_and_not_refused(site) {
        let a = site.handheld("a");
        for (n, wall) in [(1, i64::MAX), (2, i64::MIN), (3, 0)] {
            let time = Stamp { wall, mono: i64::MAX, boot: u64::MAX, server: None, gnss: None };
            let change = a.write_bent(record(n), &[("unit", "\"u1\"", &[])], &Bent { time, ..Bent::default() });
            assert_eq!(site.push_one(&a, &change)["state"], "applied", "{wall}");
        }
    }

    fn a_foreign_scope_is_quarantined_and_released_by_a_reviewer(site) {
        let (a, token) = (site.handheld("a"), reviewer(&site));
        let change = a.write(record(1), &[("unit", "\"elsewhere\"", &[])]);
        assert_eq!(quarantined(&site, &a, &change), "foreign_scope");
        let released: Json = ok(site.post(&format!("/api/v1/changes/{}/release", a.dot(1))).bearer_auth(token).send().unwrap());
        assert_eq!(released["disposition"]["state"], "applied");
        assert_eq!(site.pull(&a, "")["moves"][0][1]["state"], "applied");
    }

    fn a_revoked_device_may_deliver_into_quarantine_and_fetch_nothing(site) {
        let a = site.handheld("a");
        let device = a.device;
        site.running().app.committer.run_blocking(Default::default(), move |s| zhifa_server::org::ops::revoke_device(s, "system", device)).unwrap().unwrap();
        let change = a.begin(record(1));
        assert_eq!(quarantined(&site, &a, &change), "device_revoked");
        let (status, code) = problem(site.get("/sync/v1/pull").bearer_auth(&a.token).send().unwrap());
        assert_eq!((status, code.as_str()), (403, "device_revoked"));
        assert!(!site.device_token(&a).is_empty());
    }

    fn a_suspended_officer_delivers_into_quarantine(site) {
        let a = site.handheld("a");
        site.suspend(&a.officer, true);
        assert_eq!(quarantined(&site, &a, &a.begin(record(1))), "officer_suspended");
        let (status, code) = problem(site.get("/sync/v1/pull").bearer_auth(&a.token).send().unwrap());
        assert_eq!((status, code.as_str()), (403, "forbidden"));
    }

    fn another_officers_name_is_quarantined(site) {
        let a = site.handheld("a");
        let liar = Handheld { officer: "b".parse().unwrap(), ..a.clone_store() };
        assert_eq!(quarantined(&site, &a, &liar.begin(record(1))), "officer_mismatch");
    }

    fn an_older_schema_is_read_as_it_is_written_now(site) {
        let a = site.handheld("a");
        let bent = Bent { schema: 1, ..Bent::default() };
        let change = a.write_bent(record(1), &[("unit", "\"u1\"", &[]), ("checks.x", "{\"result\":\"ok\"}", &[])], &bent);
        assert_eq!(site.push_one(&a, &change)["state"], "applied");
        let page = site.pull(&a, "");
        assert!(page.to_string().contains("answers.x"));
    }

    fn a_newer_schema_parks(site) {
        let a = site.handheld("a");
        let bent = Bent { schema: 9, ..Bent::default() };
        let change = a.write_bent(record(1), &[("unit", "\"u1\"", &[])], &bent);
        assert_eq!(site.push_one(&a, &change), json!({ "state": "parked", "schema": 9 }));
    }
}

fn one_site() -> (Site, Handheld) {
    let site = Site::new(crate::harness::Engine::Sqlite);
    let a = site.handheld("a");
    (site, a)
}

fn push_packed(site: &Site, who: &Handheld, encoding: &str, body: Vec<u8>) -> (u16, String) {
    problem(site.post("/sync/v1/push").bearer_auth(&who.token).header("Content-Encoding", encoding).body(body).send().unwrap())
}

#[test]
fn a_bomb_is_refused_at_the_limit() {
    let (site, a) = one_site();
    let bomb = pack(&vec![b'x'; 256 << 20], 3);
    assert_eq!(push_packed(&site, &a, "zstd", bomb), (413, "body_too_large".into()));
}

#[test]
fn a_truncated_frame_is_broken_and_a_whole_one_is_taken() {
    let (site, a) = one_site();
    let body = pack(&a.begin(record(1)).to_line(), 3);
    assert_eq!(push_packed(&site, &a, "zstd", body[..body.len() - 5].to_vec()), (400, "body_broken".into()));
    let sent = site.post("/sync/v1/push").bearer_auth(&a.token).header("Content-Encoding", "zstd").body(body).send().unwrap();
    let response: sync_core::protocol::PushResponse = ok(sent);
    assert_eq!(response.results[0].disposition.as_ref().unwrap().state(), "applied");
}

#[test]
fn an_oversized_body_and_too_many_changes_are_refused() {
    let (site, a) = one_site();
    assert_eq!(problem(site.push_raw(&a, vec![b'x'; (4 << 20) + 1])), (413, "body_too_large".into()));
    assert_eq!(problem(site.push_raw(&a, "x\n".repeat(501).into_bytes())), (413, "body_too_large".into()));
}

#[test]
fn compressed_bodies_are_refused_wherever_nothing_inflates_them() {
    let (site, a) = one_site();
    for encoding in ["zstd", "gzip", "br"] {
        let sent = site.post("/auth/login").header("Content-Encoding", encoding).body(pack(b"{}", 3)).send().unwrap();
        assert_eq!(problem(sent), (415, "encoding_not_accepted".into()));
    }
    assert_eq!(push_packed(&site, &a, "gzip", vec![1, 2, 3]), (415, "encoding_not_accepted".into()));
}

#[test]
fn broken_cursors_limits_and_queries_name_what_is_wrong() {
    let (site, a) = one_site();
    for query in ["cursor=%00", "cursor=abc", "limit=0", "limit=x", "colour=red"] {
        let (status, code) = problem(site.get(&format!("/sync/v1/pull?{query}")).bearer_auth(&a.token).send().unwrap());
        assert_eq!((status, code.as_str()), (422, "invalid_field"), "{query}");
    }
}
