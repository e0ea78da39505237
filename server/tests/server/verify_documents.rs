//! `zhifa verify` on documents: models and files that are gone or exchanged are found by the digests that the record names.

use serde_json::{Value as Json, json};
use zhifa_server::verify::finding::Code;
use zhifa_server::verify::{Options, verify};

use crate::case_fast::{Scene, citizen, listed, town};
use crate::harness::{Site, ok, problem};
use crate::on_both;

fn check(site: &mut Site) -> Vec<Code> {
    if site.running.is_some() {
        site.stop();
    }
    let report = verify(&Options { database: site.config.database.clone(), ..Options::local(site.config.data.clone()) }).unwrap();
    report.findings.into_iter().map(|f| f.code).collect()
}

on_both! {
    fn a_document_that_was_exchanged_or_taken_away_is_named(site) {
        {
            let town = town(&site);
            let scene = Scene::begin(&town, 0xd0c1, &citizen(&listed(&site).remove(0)));
            scene.approve("file");
            let made: Json = ok(town.post("leader", &format!("/api/v1/records/{}/documents", scene.id), &json!({ "type": "clue_registration" })));
            assert_eq!(made["document"]["state"], "sealed", "{made}");
            let edits = json!({ "edits": [{ "field": "documents.x", "value": { "state": "sealed", "type": "penalty_decision" }, "replaces": [] }] });
            for desk in ["leader", "reviewer", "head"] {
                let (status, code) = problem(town.post(desk, &format!("/api/v1/records/{}/edits", scene.id), &edits));
                assert_eq!((status, &*code), (403, "forbidden"), "nobody says by hand that something was sealed: {desk}");
            }
        }
        assert_eq!(check(&mut site), []);
        let (postgres, nothing) = (site.config.database.is_some(), if site.config.database.is_some() { "'\\x00'" } else { "X'00'" });
        for table in ["document", "document_file"] {
            site.sql(&match postgres {
                true => format!("ALTER TABLE {table} DISABLE TRIGGER USER"),
                false => format!("DROP TRIGGER {table}_no_update; DROP TRIGGER {table}_no_delete"),
            });
        }
        site.sql(&format!("UPDATE document_file SET pdf = {nothing}"));
        assert_eq!(check(&mut site), [Code::DocumentAltered]);
        site.sql("DELETE FROM document_file");
        assert_eq!(check(&mut site), [Code::DocumentMissing]);
        site.sql("UPDATE document SET model = replace(model, '王某', '李某')");
        assert_eq!(check(&mut site), [Code::DocumentAltered, Code::DocumentMissing]);
        site.sql("DELETE FROM document");
        assert_eq!(check(&mut site), [Code::DocumentMissing, Code::DocumentMissing]);
    }
}
