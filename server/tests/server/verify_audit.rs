//! `zhifa verify` names what was done to the audit, or to rows with days, past the program.

use sync_core::base::Validity;
use sync_core::base::date::date;
use sync_core::dated::{Difference, Kind, Row};
use sync_core::record::Value;
use zhifa_server::law::ops::{Author, carry_out};
use zhifa_server::org::Role;
use zhifa_server::sync::store::Want;
use zhifa_server::verify::finding::Code;
use zhifa_server::verify::{Options, Report, verify};

use crate::harness::{Engine, Site};
use crate::on_both;

/// Six entries of the audit: five officers, and one organ in the book.
fn busy(site: &Site) {
    for n in 1..=5 {
        site.officer(&format!("officer-{n}"), &[Role::Officer], &[]);
    }
    let row = Row { kind: Kind::Organ, key: "enforcement".into(), valid: Validity::from(date(2023, 6, 1)), body: Value::text("body") };
    let author = Author { actor: "system".into(), reason: "test".into() };
    let done = site.running().app.committer.run_blocking(Want::default(), move |store| carry_out(store, 0, &[Difference::Added { row: row.clone() }], &author));
    assert_eq!(done.unwrap().unwrap(), 1);
}

fn check(site: &mut Site) -> Report {
    if site.running.is_some() {
        site.stop();
    }
    verify(&Options { database: site.config.database.clone(), ..Options::local(site.config.data.clone()) }).unwrap()
}

/// Does something to the audit that its triggers forbid.
fn bend(site: &mut Site, sql: &str) -> Report {
    site.stop();
    let on = if site.config.database.is_some() { (" ON audit", " ON audit") } else { ("", "") };
    site.sql(&format!("DROP TRIGGER audit_no_update{}; DROP TRIGGER audit_no_delete{}; {sql}", on.0, on.1));
    check(site)
}

fn found(report: &Report) -> Vec<(Code, &str)> {
    report.findings.iter().map(|f| (f.code, f.sentence.as_str())).collect()
}

on_both! {
    fn a_whole_audit_passes(site) {
        busy(&site);
        let report = check(&mut site);
        assert!(report.ok, "{:?}", report.findings);
        assert_eq!(report.figures.audited, 6);
    }

    fn the_store_itself_takes_no_change_of_an_entry(site) {
        busy(&site);
        site.stop();
        for sql in ["UPDATE audit SET detail = '' WHERE seq = 2", "DELETE FROM audit WHERE seq = 2"] {
            let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| site.sql(sql)));
            assert!(refused.is_err(), "{sql}");
        }
        assert!(check(&mut site).ok);
    }

    fn a_removed_entry_is_named(site) {
        busy(&site);
        let report = bend(&mut site, "DELETE FROM audit WHERE seq = 3");
        assert_eq!(found(&report), [(Code::AuditRemoved, "audit: entries 3 to 3 are gone")]);
    }

    fn removed_last_entries_are_named(site) {
        busy(&site);
        let report = bend(&mut site, "DELETE FROM audit WHERE seq > 4");
        assert_eq!(found(&report), [(Code::AuditRemoved, "audit: entries 5 to 6 are gone; the server signed that they were there")]);
    }

    fn a_changed_entry_is_named(site) {
        busy(&site);
        let report = bend(&mut site, "UPDATE audit SET actor = 'officer:somebody-else' WHERE seq = 3");
        assert_eq!(found(&report), [(Code::AuditAltered, "audit: entry 3 is not what was written")]);
    }

    fn entries_in_another_order_are_named(site) {
        busy(&site);
        let report = bend(&mut site, "UPDATE audit SET seq = 100 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 100");
        let codes = found(&report);
        assert!(codes.contains(&(Code::AuditMoved, "audit: the entry at 2 is the one that was written as 4")), "{codes:?}");
        assert!(codes.contains(&(Code::AuditMoved, "audit: the entry at 4 is the one that was written as 2")), "{codes:?}");
    }

    fn an_entry_written_past_the_server_is_named(site) {
        busy(&site);
        let report = bend(&mut site, "INSERT INTO audit SELECT district, 7, at_ms, actor, action, object, detail, hash FROM audit WHERE seq = 6");
        assert!(found(&report).iter().any(|f| f.0 == Code::AuditHeadWrong), "{:?}", report.findings);
        site.sql("UPDATE audit_head SET seq = 7");
        assert!(found(&check(&mut site)).iter().any(|f| f.1.contains("does not bear the server's signature")));
    }

    fn a_row_with_days_that_was_bent_is_named(site) {
        busy(&site);
        site.stop();
        site.sql("UPDATE dated SET body = '\"other\"'");
        assert_eq!(found(&check(&mut site)), [(Code::DatedAltered, "organ enforcement from 2023-06-01: is not what was entered")]);
    }

    fn the_store_itself_takes_no_two_rows_for_one_day(site) {
        busy(&site);
        site.stop();
        let second = "INSERT INTO dated SELECT district, kind, key, '2024-01-01', NULL, body, hash, rev FROM dated";
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| site.sql(second))).is_err());
        assert!(check(&mut site).ok);
        let on = if site.config.database.is_some() { " ON dated" } else { "" };
        site.sql(&format!("DROP TRIGGER dated_insert{on}; {second}"));
        assert!(found(&check(&mut site)).iter().any(|f| f.0 == Code::DatedOverlap));
    }
}

#[test]
fn what_is_done_is_in_the_audit_with_who_and_to_whom() {
    let site = Site::new(Engine::Sqlite);
    busy(&site);
    let page = site
        .running()
        .app
        .db
        .read(|tx| zhifa_server::audit::search::search(tx, 1, &serde_json::from_value(serde_json::json!({ "object": "organ:enforcement" })).unwrap()))
        .unwrap();
    let entry = &page.entries[0];
    assert_eq!((entry.actor.as_str(), entry.action.as_str()), ("system", "dated.entered"));
    assert!(entry.detail.contains("\"reason\":\"test\""), "{}", entry.detail);
}
