//! Figures over HTTP: every number is counted from rows that can be looked at, moves with them, and is what the records say.

use serde_json::{Value as Json, json};
use zhifa_server::sync::store::Want;

use crate::harness::{ok, problem, record};
use crate::on_both;
use crate::town::{DAY, Town};

const OFFICERS: [&str; 2] = ["chen-yifan", "lin-xiaohe"];
const YEAR: &str = "from=2026-01-01&to=2026-12-31";

/// The figures of a period, by code.
fn figures(town: &Town<'_>, query: &str) -> impl Fn(&str) -> Json + use<> {
    let all = town.get("head", &format!("/api/v1/figures?{query}"))["figures"].as_array().unwrap().clone();
    move |code| all.iter().find(|f| f["code"] == code).unwrap_or_else(|| panic!("no {code}")).clone()
}

fn counted(town: &Town<'_>, query: &str, code: &str) -> i64 {
    figures(town, query)(code)["value"]["of"].as_i64().unwrap()
}

/// The rows behind a figure, page by page.
fn rows(town: &Town<'_>, query: &str, code: &str) -> Vec<Json> {
    let (mut out, mut after) = (Vec::new(), String::new());
    loop {
        let page = town.get("head", &format!("/api/v1/figures/{code}/rows?{query}&limit=3{after}"));
        out.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return out,
        }
    }
}

fn town(site: &crate::harness::Site) -> Town<'_> {
    let town = Town::new(site, &OFFICERS);
    for n in 1..=3 {
        town.begin("site", record(n), &[("name", json!(format!("工地{n}")))]);
    }
    town
}

fn recomputed(town: &Town<'_>) -> zhifa_server::figures::Recomputed {
    town.site.running().app.committer.run_blocking(Want::default(), zhifa_server::figures::recompute).unwrap()
}

on_both! {
    fn every_number_is_its_rows_and_moves_with_them(site) {
        let mut town = town(&site);
        assert_eq!((counted(&town, YEAR, "visits"), figures(&town, YEAR)("joint_share")["value"]["hundredths"].clone()), (0, Json::Null), "nothing to divide by");
        town.visited(10, record(1), &[("enforcement", "special_own"), ("water", "special_own")], &OFFICERS, &[]);
        town.later(40 * DAY);
        town.visited(11, record(2), &[("enforcement", "daily")], &OFFICERS, &[]);
        let now = figures(&town, YEAR);
        let value = |code: &str| now(code)["value"]["of"].as_i64().unwrap();
        assert_eq!(["visits", "sites", "joint", "joint_objects", "spared", "code_share"].map(value), [2, 2, 1, 1, 1, 2]);
        assert_eq!(now("joint_share")["value"], json!({ "of": 1, "in_all": 2, "hundredths": 5_000 }), "per cent, in hundredths");
        assert_eq!(now("visits_per_firm")["value"], json!({ "of": 2, "in_all": 2, "hundredths": 100 }));
        for code in ["visits", "joint", "spared", "frequency_drop"] {
            assert!(!now(code)["formula"].as_str().unwrap().is_empty() && !now(code)["formula_en"].as_str().unwrap().is_empty());
        }
        // Rows: as many distinct records as the count says, each with its title; a page at a time.
        let visits = rows(&town, YEAR, "visits");
        let records: std::collections::BTreeSet<&str> = visits.iter().map(|row| row["record"].as_str().unwrap()).collect();
        assert_eq!((visits.len(), records.len()), (3, 2), "a row for each organ: {visits:?}");
        assert!(visits.iter().all(|row| row["title"] == "工地" && row["what"] == "visit" && row["day"].as_str().unwrap() >= "2026-09-21"), "{visits:?}");
        assert_eq!(rows(&town, YEAR, "joint_share").len(), 2 + 3, "above and below the line");
        // Filters.
        for (query, visits) in [("organ=water", 1), ("organ=fire", 0), ("unit=squad-juxian", 2), ("unit=none", 0)] {
            assert_eq!(counted(&town, &format!("{YEAR}&{query}"), "visits"), visits, "{query}");
        }
        assert_eq!(counted(&town, &format!("{YEAR}&object={}", record(1)), "visits"), 1);
        assert_eq!(counted(&town, "from=2026-09-01&to=2026-09-30", "visits"), 1, "the first month");
        // The year after compares with this one.
        let next = figures(&town, "from=2027-01-01&to=2027-12-31");
        assert_eq!((&next("visits")["value"]["of"], &next("visits")["year_before"]["of"]), (&json!(0), &json!(2)));
        assert_eq!(next("frequency_drop")["value"], json!({ "of": 2, "in_all": 2, "hundredths": 10_000 }));
        // One more visit moves what it must, and nothing else.
        let before = town.get("head", &format!("/api/v1/figures?{YEAR}"));
        town.visited(12, record(3), &[("enforcement", "daily")], &OFFICERS, &[]);
        let after = town.get("head", &format!("/api/v1/figures?{YEAR}"));
        let of = |all: &Json, n: usize| all["figures"][n]["value"].clone();
        let moved: Vec<&str> = (0..before["figures"].as_array().unwrap().len()).filter(|n| of(&before, *n) != of(&after, *n)).map(|n| before["figures"][n]["code"].as_str().unwrap()).collect();
        assert_eq!(moved, ["visits", "visits_per_firm", "frequency_drop", "sites", "joint_share", "planned_share", "code_share", "problem_share"]);
    }

    fn matters_are_counted_from_the_book_of_the_last_day(site) {
        let town = town(&site);
        let held = |query: &str| counted(&town, query, "matters");
        let now = held(&format!("{YEAR}&organ=enforcement"));
        assert!(now > 0 && now <= held(YEAR), "{now}");
        assert_eq!(rows(&town, &format!("{YEAR}&organ=enforcement&area=nb-gaoxin"), "matters").len() as i64, held(&format!("{YEAR}&organ=enforcement&area=nb-gaoxin")));
    }

    fn matters_held_before_and_of_the_unified_list_are_counted_beside_them(site) {
        let town = town(&site);
        let query = "from=2024-01-01&to=2024-07-31&organ=enforcement";
        let now = figures(&town, query);
        assert_eq!(["matters", "matters_listed"].map(|code| now(code)["value"]["of"].clone()), [json!(2_742), json!(1_523)], "the report's numbers");
        assert_eq!(["matters", "matters_listed"].map(|code| now(code)["at_start"]["of"].clone()), [json!(370), json!(352)], "on the last day of the year before");
        assert_eq!((&now("matters")["year_before"]["of"], &now("visits")["at_start"]), (&json!(370), &Json::Null));
        // Where no organ is asked for, what other organs hold themselves is not counted as taken over.
        assert_eq!(counted(&town, "from=2024-01-01&to=2024-07-31", "matters"), 2_742);
        assert_eq!(town.get("head", &format!("/api/v1/figures/matters_listed/rows?{query}&limit=100"))["items"].as_array().unwrap().len(), 100);
        let one = town.get("head", &format!("/api/v1/figures/matters/rows?{query}&limit=1"))["items"][0]["matter"].as_str().unwrap().to_owned();
        assert_eq!(counted(&town, &format!("{query}&matter={one}"), "matters"), 1);
    }

    fn a_filter_applies_or_the_indicator_has_no_number_and_says_why(site) {
        let mut town = town(&site);
        town.visited(10, record(1), &[("enforcement", "special_own"), ("water", "special_own")], &OFFICERS, &[]);
        let by = figures(&town, &format!("{YEAR}&object={}", record(1)));
        assert_eq!((&by("visits")["value"]["of"], &by("visits")["not_by"]), (&json!(1), &Json::Null));
        for (code, query, dim) in [("matters", format!("object={}", record(1)), "object"), ("visits", "matter=UM-008".into(), "matter"), ("in_time", "area=nb-gaoxin".into(), "area")] {
            let figure = figures(&town, &format!("{YEAR}&{query}"))(code);
            assert_eq!((&figure["value"], &figure["year_before"], &figure["not_by"]), (&Json::Null, &Json::Null, &json!([dim])), "{code} {query}");
            let response = site.get(&format!("/api/v1/figures/{code}/rows?{YEAR}&{query}")).bearer_auth(&town.desks["head"]).send().unwrap();
            assert_eq!(response.status(), 422, "{code} {query}");
            let body: Json = response.json().unwrap();
            assert_eq!((&body["field"], body["detail"].as_str().unwrap().contains("leave the filter out")), (&json!(dim), true), "{body}");
            let csv = site.get(&format!("/api/v1/figures.csv?{YEAR}&{query}")).bearer_auth(&town.desks["head"]).send().unwrap().text().unwrap();
            let line = csv.lines().find(|line| line.starts_with(&format!("{code},"))).unwrap();
            assert!(line.contains(&format!("cannot be narrowed by {dim}")) && line.contains(",,,,"), "{line}");
        }
        // A deadline is its unit's organ's, and of the site that its record names.
        let clue = json!({ "fact": "x", "found_ms": town.now(), "source": "complaint" });
        town.begin("case", record(20), &[("unit", json!("squad-juxian")), ("site", json!(record(1))), ("title", json!("x")), ("clue", clue)]);
        town.later(60 * DAY);
        let missed = |query: &str| figures(&town, &format!("{YEAR}{query}"))("in_time")["value"]["in_all"].as_i64().unwrap();
        let all = missed("");
        assert!(all > 0, "nobody looked into the clue");
        assert_eq!(["&organ=enforcement", "&organ=fire", "&unit=squad-juxian", "&unit=fire-unit"].map(missed), [all, 0, all, 0]);
        assert_eq!([format!("&object={}", record(1)), format!("&object={}", record(2))].map(|query| missed(&query)), [all, 0]);
        assert_eq!(rows(&town, &format!("{YEAR}&organ=enforcement"), "in_time").len() as i64, all);
        assert!(rows(&town, &format!("{YEAR}&object={}", record(2)), "in_time").is_empty());
    }

    fn figures_go_out_as_sheets_with_the_same_numbers(site) {
        let town = town(&site);
        town.visited(10, record(1), &[("enforcement", "special_own"), ("water", "special_own")], &OFFICERS, &[]);
        let file = |name: &str| site.get(&format!("/api/v1/figures.{name}?{YEAR}")).bearer_auth(&town.desks["head"]).send().unwrap();
        let csv = file("csv").text().unwrap();
        let line = |code: &str| csv.lines().find(|line| line.starts_with(&format!("{code},"))).unwrap_or_else(|| panic!("{csv}")).to_owned();
        assert!(csv.starts_with('\u{feff}') && line("joint").contains(",1,"), "{csv}");
        assert!(line("joint_share").contains(",100.00,1,1,"), "{}", line("joint_share"));
        let xlsx = file("xlsx");
        assert_eq!(xlsx.headers()["content-type"], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        let cells = sheet(&xlsx.bytes().unwrap());
        let row = cells.iter().find(|row| row[0] == "joint").unwrap();
        assert_eq!((&*row[3], cells.len()), ("1", 2 + csv.lines().count() - 1), "every indicator, below a period and titles");
    }

    fn a_period_that_is_none_and_what_is_out_of_reach_are_refused(site) {
        let town = town(&site);
        for bad in ["from=2026-12-31&to=2026-01-01", "from=1990-01-01&to=2026-01-01", "from=2026-01-01", "from=x&to=2026-01-01"] {
            let (status, code) = problem(site.get(&format!("/api/v1/figures?{bad}")).bearer_auth(&town.desks["head"]).send().unwrap());
            assert!((400..=422).contains(&status), "{bad}: {status} {code}");
        }
        assert_eq!(problem(site.get(&format!("/api/v1/figures/none/rows?{YEAR}")).bearer_auth(&town.desks["head"]).send().unwrap()).0, 404);
        town.visited(10, record(1), &[("enforcement", "daily")], &OFFICERS, &[]);
        // Somebody of another unit sees nothing of it.
        let stranger = site.officer_of("stranger", &[zhifa_server::org::Role::SquadLeader], "squad-xinming", Some(zhifa_server::org::Scope::Unit), &[]);
        let desk = site.log_in(&stranger);
        let seen: Json = ok(site.get(&format!("/api/v1/figures?{YEAR}")).bearer_auth(&desk).send().unwrap());
        let visits = seen["figures"].as_array().unwrap().iter().find(|f| f["code"] == "visits").unwrap();
        assert_eq!(visits["value"]["of"], 0);
    }

    fn recomputing_agrees_and_finds_what_was_planted(site) {
        let town = town(&site);
        town.visited(10, record(1), &[("enforcement", "special_own"), ("water", "special_own")], &OFFICERS, &[]);
        let good = recomputed(&town);
        assert!(good.agrees() && good.facts > 4 && good.different == 0, "{good}");
        site.sql("UPDATE fact SET amount = 2 WHERE what = 'spared'");
        let wrong = recomputed(&town);
        assert_eq!((wrong.agrees(), wrong.first.clone()), (false, vec![record(10)]), "{wrong}");
        site.sql("DELETE FROM fact WHERE what = 'spared'");
        assert!(!recomputed(&town).agrees());
        town.site.running().app.committer.run_blocking(Want::default(), zhifa_server::index::rebuild).unwrap();
        assert!(recomputed(&town).agrees(), "written anew");
    }
}

/// The cells of the first sheet of a workbook.
fn sheet(file: &[u8]) -> Vec<Vec<String>> {
    use calamine::Reader as _;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(file.to_vec())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}
