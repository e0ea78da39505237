//! The index beside the records: rebuilt to what it was, written where an older program kept none, and compared by `zhifa verify`.

use serde_json::json;
use sync_core::base::RecordId;
use zhifa_server::index;
use zhifa_server::sync::store::Want;
use zhifa_server::verify::finding::Code;
use zhifa_server::verify::{Options, verify};

use crate::draws::enter;
use crate::harness::{OLD, Site, kinds, record};
use crate::on_both;
use crate::town::Town;

const ORGAN: &str = "enforcement";
const OFFICERS: [&str; 2] = ["chen-yifan", "lin-xiaohe"];

/// A site joined into another that was entered after it, one that bears a number, and a visit to it that took place.
fn busy(site: &Site) -> RecordId {
    let town = Town::new(site, &OFFICERS);
    town.begin("site", record(1), &[("name", json!("新达工地"))]);
    town.begin("site", record(2), &[("name", json!("新达一期")), ("aliases.a", json!({ "kind": "permit", "value": "330201-2026-001" }))]);
    town.begin("site", record(3), &[("name", json!("别处"))]);
    town.visited(10, record(2), &[(ORGAN, "daily")], &OFFICERS, &[])
}

fn check(site: &mut Site) -> Vec<(Code, Option<RecordId>)> {
    if site.running.is_some() {
        site.stop();
    }
    let report = verify(&Options { database: site.config.database.clone(), ..Options::local(site.config.data.clone()) }).unwrap();
    report.findings.into_iter().map(|f| (f.code, f.record)).collect()
}

/// Starts it again.
fn start(site: &mut Site) {
    site.running = Some(zhifa_server::start_with(site.config.clone(), kinds(OLD), std::sync::Arc::new(site.clock.clone())).unwrap());
}

fn rebuild(site: &Site) -> index::Counts {
    site.running().app.committer.run_blocking(Want::default(), index::rebuild).unwrap()
}

/// Findings by code and record.
pub type Named = Vec<(Code, Option<RecordId>)>;

/// Bends the index past the server; gives what is found, and what is left of that after a rebuild.
fn bent(site: &mut Site, sql: &str) -> (Named, Named) {
    busy(site);
    bent_as_it_is(site, sql)
}

/// The same, with whatever is on the site already.
pub fn bent_as_it_is(site: &mut Site, sql: &str) -> (Named, Named) {
    assert_eq!(check(site), []);
    site.sql(sql);
    let found = check(site);
    start(site);
    rebuild(site);
    (found, check(site))
}

fn wrong(n: u128) -> Vec<(Code, Option<RecordId>)> {
    vec![(Code::IndexRowWrong, Some(record(n)))]
}

fn missing(n: u128) -> Vec<(Code, Option<RecordId>)> {
    vec![(Code::IndexRowMissing, Some(record(n)))]
}

/// A record's key in a statement.
fn key(site: &Site, n: u128) -> String {
    if site.config.database.is_some() { format!("'\\x{}'::bytea", record(n)) } else { format!("x'{}'", record(n)) }
}

on_both! {
    fn a_rebuilt_index_is_the_one_that_was_written_step_by_step(site) {
        busy(&site);
        let counts = rebuild(&site);
        assert_eq!((counts.objects, counts.parts, counts.numbers), (3, 1, 1), "{counts}");
        assert!(counts.lines > 3 && counts.aliases > 3, "{counts}");
        assert_eq!(rebuild(&site), counts, "a second time changes nothing");
        assert_eq!(check(&mut site), []);
    }

    fn where_there_is_none_a_start_writes_it_and_old_visits_are_counted_by_what_their_officers_say(site) {
        let visit = busy(&site);
        site.stop();
        site.sql("DELETE FROM listing; DELETE FROM object; DELETE FROM object_alias; DELETE FROM visit_part; DELETE FROM stage_move; DELETE FROM number_use");
        start(&mut site);
        let day = sync_core::base::date::day_of(crate::harness::START).unwrap().to_string();
        let page = site.running().app.db.read(|tx| zhifa_server::visit::count::lines(tx, 1, &[record(2)].into(), false, day.parse().unwrap())).unwrap();
        assert_eq!(page.iter().map(|line| (line.visit, line.day.to_string(), line.since)).collect::<Vec<_>>(), [(visit, day, 0)]);
        assert_eq!(check(&mut site), []);
    }

    fn a_chain_of_joined_objects_is_one_family_in_whatever_order_it_is_written(site) {
        let town = Town::new(&site, &[]);
        enter(&town, 3, &[("name", json!("三期"))]);
        enter(&town, 2, &[("name", json!("二期")), ("joined_into", json!(record(3)))]);
        enter(&town, 1, &[("name", json!("一期")), ("joined_into", json!(record(2)))]);
        let family = || site.running().app.db.read(|tx| index::family::family_of(tx, 1, record(1))).unwrap();
        let before = family();
        assert_eq!((before.key, before.members.len()), (record(3), 3));
        // By id: what was joined comes before what it was joined into.
        rebuild(&site);
        assert_eq!(family(), before);
        assert_eq!(check(&mut site), []);
    }

    fn a_line_that_is_not_what_the_record_says_is_named(site) {
        let key = key(&site, 3);
        assert_eq!(bent(&mut site, &format!("UPDATE listing SET title = 'x' WHERE record = {key}")), (wrong(3), vec![]));
    }

    fn a_line_that_is_gone_is_named(site) {
        let key = key(&site, 3);
        assert_eq!(bent(&mut site, &format!("DELETE FROM listing WHERE record = {key}")), (missing(3), vec![]));
    }

    fn an_object_on_another_list_is_named(site) {
        let key = key(&site, 1);
        assert_eq!(bent(&mut site, &format!("UPDATE object SET list = 'left_alone' WHERE record = {key}")), (wrong(1), vec![]));
    }

    fn an_object_of_another_family_is_named(site) {
        let (one, other) = (key(&site, 1), key(&site, 3));
        assert_eq!(bent(&mut site, &format!("UPDATE object SET root = {other} WHERE record = {one}")), (wrong(1), vec![]));
    }

    fn a_number_that_an_object_does_not_bear_is_named(site) {
        let key = key(&site, 2);
        assert_eq!(bent(&mut site, &format!("UPDATE object_alias SET value = 'X' WHERE kind = 'permit' AND record = {key}")), (wrong(2), vec![]));
    }

    fn a_visit_that_is_counted_for_another_organ_is_named(site) {
        assert_eq!(bent(&mut site, "UPDATE visit_part SET organ = 'fire'"), (wrong(10), vec![]));
    }

    fn a_visit_that_is_not_counted_is_named(site) {
        assert_eq!(bent(&mut site, "DELETE FROM visit_part"), (wrong(10), vec![]));
    }

    fn a_number_that_is_not_in_the_account_is_named(site) {
        assert_eq!(bent(&mut site, "DELETE FROM number_use"), (missing(10), vec![]));
    }

    fn rows_of_a_record_that_is_not_there_are_named(site) {
        let (to, from) = (key(&site, 99), key(&site, 3));
        let sql = format!("INSERT INTO object_alias (district, record, kind, value) SELECT district, {to}, kind, value FROM object_alias WHERE record = {from}");
        assert_eq!(bent(&mut site, &sql), (wrong(99), vec![]));
    }

    fn a_move_that_no_change_made_or_made_otherwise_is_named(site) {
        busy(&site);
        site.stop();
        let (visit, first) = (key(&site, 10), "(SELECT max(commit_seq) FROM stage_move)");
        site.sql(&format!("UPDATE stage_move SET shown_ms = shown_ms - 86400000 WHERE commit_seq = {first} AND record = {visit}"));
        let found = check(&mut site);
        assert!(found.contains(&(Code::IndexRowWrong, Some(record(10)))), "{found:?}");
        site.sql(&format!("UPDATE stage_move SET shown_ms = shown_ms + 86400000, to_stage = 'CLOSED' WHERE commit_seq = {first} AND record = {visit}"));
        assert!(check(&mut site).contains(&(Code::IndexRowWrong, Some(record(10)))));
        site.sql(&format!("DELETE FROM stage_move WHERE commit_seq = {first}"));
        assert!(check(&mut site).contains(&(Code::IndexRowMissing, Some(record(10)))));
    }
}
