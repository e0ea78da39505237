//! Custody of originals over HTTP: what is noted by itself, transfer, seal and opening, who may, and what `zhifa verify` finds.

use serde_json::{Value as Json, json};
use sync_core::base::{Digest, RecordId};
use sync_core::evidence::custody::{Event, check};
use zhifa_server::org::{Role, Scope};
use zhifa_server::verify::finding::Code;
use zhifa_server::verify::{Options, verify};

use crate::evidence::{facts, hand_in};
use crate::files::picture;
use crate::harness::{Site, ok, problem, record};
use crate::on_both;
use crate::town::Town;

const OFFICERS: [&str; 3] = ["chen-yifan", "lin-xiaohe", "jiang-haitao"];

/// A visit with one photo whose original is there, and the path of that photo.
pub fn visit_with_photo(town: &Town<'_>, n: u128, photo: &[u8]) -> (RecordId, String) {
    let (id, place) = (record(n), record(n + 0x1000));
    town.begin("site", place, &[("name", json!(format!("工地{n}"))), ("area", json!("nb-gaoxin"))]);
    town.approved(id, place, &[("enforcement", "special_own")], &["chen-yifan", "lin-xiaohe"], &[("mode", json!("special")), ("task", json!("扬尘专项"))]);
    let mut named = facts(photo, town.now());
    named["by"] = json!("chen-yifan");
    town.done("chen-yifan", id, &[("photos.F-1.p1", named)], None);
    hand_in(town.site, &town.handhelds["chen-yifan"].token, photo, Some(id));
    (id, format!("/api/v1/records/{id}/files/{}", Digest::plain(photo)))
}

fn chain(town: &Town<'_>, desk: &str, path: &str) -> Vec<Event> {
    let page = town.get(desk, &format!("{path}/custody"));
    serde_json::from_value(page["items"].clone()).unwrap()
}

fn whats(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.what.name()).collect()
}

fn read(town: &Town<'_>, desk: &str, path: &str) -> reqwest::blocking::Response {
    town.site.get(path).bearer_auth(&town.desks[desk]).send().unwrap()
}

fn findings(site: &mut Site) -> Vec<(Code, String)> {
    if site.running.is_some() {
        site.stop();
    }
    let report = verify(&Options { database: site.config.database.clone(), ..Options::local(site.config.data.clone()) }).unwrap();
    report.findings.into_iter().map(|f| (f.code, f.sentence)).collect()
}

on_both! {
    fn what_is_done_with_an_original_stands_on_its_chain_and_a_seal_hands_it_out_to_nobody(site) {
        let town = Town::new(&site, &OFFICERS);
        let photo = picture(40, 30_000);
        let (id, path) = visit_with_photo(&town, 0xc0, &photo);
        assert_eq!(read(&town, "reviewer", &path).bytes().unwrap(), photo);
        let events = chain(&town, "reviewer", &path);
        assert_eq!(whats(&events), ["captured", "received", "read"]);
        assert_eq!(check(Digest::plain(&photo), &events), []);
        assert_eq!(events.iter().map(|e| e.told().unwrap().by.as_str()).collect::<Vec<_>>(), ["chen-yifan", "chen-yifan", "reviewer"]);
        assert!(events.iter().all(|e| e.told().unwrap().record == Some(id)));
        // A part that does not begin at the beginning belongs to the reading of a moment ago.
        let part = site.get(&path).bearer_auth(&town.desks["reviewer"]).header("Range", "bytes=10-20").send().unwrap();
        assert_eq!(part.status(), 206);
        assert_eq!(chain(&town, "reviewer", &path).len(), 3);
        let custody = format!("{path}/custody");
        let put = |desk: &str, body: Json| town.post(desk, &custody, &body);
        for (body, field) in [
            (json!({ "what": "read", "reason": "x" }), "what"),
            (json!({ "what": "sealed", "reason": " " }), "reason"),
            (json!({ "what": "transferred", "reason": "移送" }), "to"),
            (json!({ "what": "sealed", "reason": "x", "to": "公安" }), "to"),
        ] {
            let response = put("reviewer", body);
            assert_eq!(response.status(), 422);
            assert_eq!(response.json::<Json>().unwrap()["field"], field);
        }
        assert_eq!(problem(put("reviewer", json!({ "what": "opened", "reason": "复核" }))), (409, "conflict".into()));
        let first: Json = ok(put("reviewer", json!({ "what": "sealed", "reason": "移交前封存" })));
        let again: Json = ok(put("reviewer", json!({ "what": "sealed", "reason": "移交前封存" })));
        assert_eq!(first, again, "the same again writes nothing");
        assert_eq!(problem(put("reviewer", json!({ "what": "sealed", "reason": "再次封存" }))), (409, "conflict".into()));
        assert_eq!(problem(put("reviewer", json!({ "what": "transferred", "reason": "移送", "to": "公安" }))), (409, "evidence_sealed".into()));
        for range in [None, Some("bytes=0-10"), Some("bytes=100-200")] {
            let request = site.get(&path).bearer_auth(&town.desks["head"]);
            let request = range.iter().fold(request, |request, range| request.header("Range", *range));
            assert_eq!(problem(request.send().unwrap()), (409, "evidence_sealed".into()));
        }
        assert_eq!(town.get("reviewer", &custody)["sealed"], 4);
        ok::<Json>(put("reviewer", json!({ "what": "opened", "reason": "复核" })));
        ok::<Json>(put("reviewer", json!({ "what": "transferred", "reason": "移送", "to": "公安机关" })));
        assert_eq!(read(&town, "head", &path).status(), 200);
        let events = chain(&town, "reviewer", &path);
        assert_eq!(whats(&events), ["captured", "received", "read", "sealed", "opened", "transferred", "read"]);
        assert_eq!(check(Digest::plain(&photo), &events), []);
        let page = town.get("reviewer", &format!("{custody}?limit=2&after=1"));
        assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (2, &json!(3)));
    }

    fn who_neither_handles_nor_reviews_seals_nothing_and_of_other_records_nothing_is_told(site) {
        let mut town = Town::new(&site, &OFFICERS);
        let photo = picture(41, 20_000);
        let (_, path) = visit_with_photo(&town, 0xc1, &photo);
        // The same photo on another visit, which others reach.
        let (_, other) = visit_with_photo(&town, 0xc2, &photo);
        assert_eq!(read(&town, "reviewer", &other).status(), 200);
        let stranger = site.officer_of("stranger", &[Role::Officer], "squad-meixu", Some(Scope::Own), &[]);
        town.desks.insert("stranger", site.log_in(&stranger));
        assert_eq!(problem(read(&town, "stranger", &format!("{path}/custody"))).0, 404);
        let body = json!({ "what": "sealed", "reason": "x" });
        assert_eq!(problem(town.post("stranger", &format!("{path}/custody"), &body)).0, 404);
        // Who reaches the record and neither handles nor reviews it.
        let clerk = site.officer_of("clerk", &[Role::Officer], "squad-juxian", Some(Scope::District), &[]);
        town.desks.insert("clerk", site.log_in(&clerk));
        assert_eq!(problem(town.post("clerk", &format!("{path}/custody"), &body)), (403, "forbidden".into()));
        // Sealed for one record, it is opened there.
        ok::<Json>(town.post("reviewer", &format!("{path}/custody"), &body));
        let opening = json!({ "what": "opened", "reason": "x" });
        assert_eq!(problem(town.post("reviewer", &format!("{other}/custody"), &opening)), (409, "conflict".into()));
        ok::<Json>(town.post("reviewer", &format!("{path}/custody"), &opening));
    }

    fn a_chain_that_was_bent_in_the_database_is_named(site) {
        {
            let town = Town::new(&site, &OFFICERS);
            let (_, path) = visit_with_photo(&town, 0xc3, &picture(42, 20_000));
            assert_eq!(read(&town, "reviewer", &path).status(), 200);
        }
        assert_eq!(findings(&mut site), []);
        let postgres = site.config.database.is_some();
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| site.sql("DELETE FROM file_custody"))).is_err(), "the table refuses it");
        site.sql(match postgres {
            true => "ALTER TABLE file_custody DISABLE TRIGGER USER",
            false => "DROP TRIGGER file_custody_no_update; DROP TRIGGER file_custody_no_delete",
        });
        site.sql("CREATE TABLE kept AS SELECT * FROM file_custody");
        let restore = "DELETE FROM file_custody; INSERT INTO file_custody SELECT * FROM kept";
        for (bend, wanted) in [
            ("UPDATE file_custody SET by_whom = 'lin-xiaohe' WHERE n = 2", "event 2 is not what was written"),
            ("DELETE FROM file_custody WHERE n = 2", "event 2 is gone"),
            ("DELETE FROM file_custody WHERE n = 3", "events 3 to 3 are gone, which the audit has"),
            ("DELETE FROM file_custody", "all 3 events are gone"),
        ] {
            site.sql(bend);
            let found = findings(&mut site);
            assert!(!found.is_empty() && found.iter().all(|(code, _)| *code == Code::CustodyAltered), "{bend}: {found:?}");
            assert!(found.iter().any(|(_, sentence)| sentence.contains(wanted)), "{bend}: {found:?}");
            site.sql(restore);
        }
        assert_eq!(findings(&mut site), []);
    }
}
