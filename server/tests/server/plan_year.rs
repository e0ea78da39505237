//! Five departments' plans of a year over 300 sites, through the API: merged, scheduled, decided, made public, dispatched.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use sync_core::base::Date;
use sync_core::base::date::date;
use sync_core::dated::Book;
use sync_core::fixtures;
use sync_core::law::Calendar;
use sync_core::law::policy::cap;
use sync_core::plan::cap::{Past, Verdict, standing};
use sync_core::plan::day::number;
use sync_core::plan::stab::{Need, fewest};
use sync_core::plan::{Entry, Mode, OpenDays};

use crate::harness::{Engine, Site, ok, problem, record};
use crate::plans::{HEAD, Office, Place, begin, discussion, done, enter_sites, get, import, liaison, post, submission};

const ORGANS: [&str; 5] = ["construction", "ecology", "fire", "emergency", "water"];
const APART: u16 = 60;

fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// The entries of an organ as a file; its objects under their project codes.
fn file(entries: &[Entry], organ: &str) -> String {
    let mut out = format!("{HEAD}\n");
    for e in entries.iter().filter(|e| e.organ == organ) {
        let (mode, kind, risk) = (word(&e.mode), word(&e.kind), word(&e.risk));
        out +=
            &format!("{},{},{},{},{},{},{mode},{},{},{kind},{risk},{},{}\n", e.id, e.matters.join(";"), e.object, e.area, e.from, e.to, e.visits, e.basis, e.minutes, e.officers);
    }
    out
}

fn day(json: &Json) -> Date {
    json.as_str().unwrap_or_else(|| panic!("no day: {json}")).parse().unwrap()
}

/// All proposals, page by page.
fn all(site: &Site, token: &str, path: &str) -> Vec<Json> {
    let (mut out, mut after) = (Vec::new(), 0);
    loop {
        let page = get(site, token, &format!("{path}&after={after}&limit=400").replace("?&", "?"));
        out.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_i64() {
            Some(next) => after = next,
            None => return out,
        }
    }
}

/// Which days each entry is visited on, with enough days between two of them and all within its window.
fn satisfied(entries: &[Entry], proposals: &[Json]) {
    let mut days: BTreeMap<&str, BTreeSet<Date>> = BTreeMap::new();
    for proposal in proposals {
        for matched in proposal["matched"].as_array().unwrap() {
            assert!(days.entry(matched["entry"].as_str().unwrap()).or_default().insert(day(&proposal["day"])), "two visits for one entry on a day");
        }
    }
    for entry in entries.iter().filter(|entry| entry.mode == Mode::OnSite) {
        let own: Vec<Date> = days.remove(&*entry.id).unwrap_or_default().into_iter().collect();
        assert_eq!(own.len(), usize::from(entry.visits), "{}", entry.id);
        assert!(own.iter().all(|day| entry.from <= *day && *day <= entry.to), "{}", entry.id);
        assert!(own.windows(2).all(|two| number(two[1]) - number(two[0]) >= i32::from(APART)), "{}: {own:?}", entry.id);
    }
    assert!(days.is_empty(), "off-site entries need no visit: {days:?}");
}

/// No organ is over its cap at any object, judged visit by visit as a start on site would be.
fn within_caps(book: &Book, entries: &[Entry], proposals: &[Json]) {
    let entries: BTreeMap<&str, &Entry> = entries.iter().map(|entry| (&*entry.id, entry)).collect();
    let mut in_order: Vec<&Json> = proposals.iter().collect();
    in_order.sort_by_key(|proposal| day(&proposal["day"]));
    let mut past: BTreeMap<(String, String), Vec<Past>> = BTreeMap::new();
    for proposal in in_order {
        let (object, at) = (proposal["object"].as_str().unwrap(), day(&proposal["day"]));
        for organ in proposal["organs"].as_array().unwrap().iter().map(|o| o.as_str().unwrap()) {
            let own: Vec<&Entry> = proposal["matched"].as_array().unwrap().iter().map(|m| entries[m["entry"].as_str().unwrap()]).filter(|e| e.organ == organ).collect();
            let cap = cap(book, &[&own[0].area], &[], own[0].risk.as_str(), at).unwrap().value;
            let kind = own.iter().map(|e| e.kind).find(|kind| cap.counts.contains(kind)).unwrap_or(own[0].kind);
            let there = past.entry((object.to_owned(), organ.to_owned())).or_default();
            assert_ne!(standing(&cap, there.iter(), kind, at).verdict, Verdict::Blocked, "{organ} at {object}");
            there.push(Past { visit: format!("{object}{at}"), organ: organ.into(), object: object.into(), day: at, kind, checked_in: true });
        }
    }
}

/// At no minute are more officers of a squad at work than it has, and nobody works longer than its day.
fn within_capacity(squads: &[sync_core::plan::Squad], proposals: &[Json]) {
    type Slot = (u64, u64, u64);
    let mut slots: BTreeMap<(&str, Date), Vec<Slot>> = BTreeMap::new();
    for p in proposals {
        let (start, minutes) = (p["start"].as_u64().unwrap(), p["minutes"].as_u64().unwrap());
        slots.entry((p["squad"].as_str().unwrap(), day(&p["day"]))).or_default().push((start, start + minutes, p["officers"].as_u64().unwrap()));
    }
    for ((squad, at), jobs) in slots {
        let squad = squads.iter().find(|s| s.id == squad).unwrap();
        assert!(jobs.iter().all(|(_, end, _)| *end <= u64::from(squad.minutes)), "{} on {at}", squad.id);
        for (start, ..) in &jobs {
            let busy: u64 = jobs.iter().filter(|(from, to, _)| from <= start && start < to).map(|(.., officers)| officers).sum();
            assert!(busy <= u64::from(squad.officers), "{} on {at} at minute {start}", squad.id);
        }
    }
}

/// The sum of each object's proven minimum by its entries alone.
fn provable_minimum(book: &Book, entries: &[Entry], proposals: &[Json]) {
    let open = OpenDays::of(&Calendar::of(book), date(2026, 1, 1), date(2026, 12, 31), &BTreeSet::new()).unwrap();
    let mut needs: BTreeMap<&str, Vec<Need>> = BTreeMap::new();
    for e in entries.iter().filter(|e| e.mode == Mode::OnSite) {
        needs.entry(&e.object).or_default().push(Need { from: number(e.from), to: number(e.to), times: u32::from(e.visits), apart: i32::from(APART) });
    }
    let mut made: BTreeMap<&str, usize> = BTreeMap::new();
    proposals.iter().for_each(|p| *made.entry(p["name"].as_str().unwrap()).or_default() += 1);
    for (object, needs) in needs {
        let found = fewest(&needs, open.days(), &[]);
        assert_eq!(found.days.len(), found.least, "{object}: the minimum is proven");
        assert_eq!(made.remove(&*format!("工地{object}")), Some(found.least), "{object}");
    }
    assert!(made.is_empty());
}

/// Five plans with their entries, all at MATCHING.
fn plans(site: &Site, office: &Office, entries: &[Entry]) -> (Vec<String>, BTreeMap<&'static str, String>) {
    let (mut plans, mut liaisons) = (Vec::new(), BTreeMap::new());
    for organ in ORGANS {
        let token = liaison(site, organ);
        let plan = begin(site, &token, organ);
        let report = import(site, &token, &plan, &file(entries, organ));
        assert_eq!(report["added"].as_u64().unwrap() as usize, entries.iter().filter(|e| e.organ == organ).count());
        done(site, &token, &plan, "submit", submission(), "SUBMITTED");
        done(site, &office.dispatcher, &plan, "match", None, "MATCHING");
        plans.push(plan);
        liaisons.insert(organ, token);
    }
    (plans, liaisons)
}

/// From MATCHING to PUBLISHED.
fn publish(site: &Site, office: &Office, plan: &str) {
    done(site, &office.dispatcher, plan, "review", None, "LEGAL_REVIEW");
    done(site, &office.reviewer, plan, "discuss", Some(("opinion.legal", json!({ "agree": true, "text": "同意" }))), "COLLECTIVE_DISCUSSION");
    let minutes = json!({ "edits": [{ "field": "opinion.discussion", "value": discussion(&["a", "b", "c"]).unwrap().1 }] });
    ok::<Json>(post(site, &office.panel, &format!("/api/v1/records/{plan}/edits"), &minutes));
    done(site, &office.head, plan, "approve", Some(("approval", json!({ "opinion": "同意" }))), "APPROVED");
    done(site, &office.dispatcher, plan, "publish", Some(("published", json!({ "day": "2025-12-30", "place": "管委会网站" }))), "PUBLISHED");
}

fn test(engine: Engine) {
    let site = Site::new(engine);
    let year = fixtures::plan::year(1).unwrap();
    let office = Office::of(&site);
    let names: BTreeMap<&str, (String, &str)> = year.entries.iter().map(|e| (&*e.object, (format!("工地{}", e.object), &*e.area))).collect();
    let codes: Vec<[(&str, &str); 1]> = names.keys().map(|code| [("project", *code)]).collect();
    let places: Vec<Place<'_>> = (1..).zip(names.values().zip(&codes)).map(|(n, ((name, area), codes))| Place { id: record(n), name, area, aliases: codes }).collect();
    assert_eq!(places.len(), 300);
    enter_sites(&site, &places);
    let (plans, liaisons) = plans(&site, &office, &year.entries);

    let wanted = json!({ "plans": plans, "first": "2026-01-01", "last": "2026-12-31", "apart": APART, "squads": year.squads });
    assert_eq!(problem(post(&site, &liaisons["fire"], "/api/v1/matchings", &wanted)), (403, "forbidden".into()));
    let run: Json = ok(post(&site, &office.dispatcher, "/api/v1/matchings", &wanted));
    let path = format!("/api/v1/matchings/{}", run["id"].as_str().unwrap());
    let proposals = all(&site, &office.dispatcher, &format!("{path}/proposals?"));
    let law = site.running().app.law();

    // Every entry, every cap, every squad's day, and no visit more than can be proven to be needed.
    assert_eq!((&run["unmet"], &run["unplaced"], &run["gap"]), (&json!([]), &json!(0), &json!(0)));
    satisfied(&year.entries, &proposals);
    within_caps(&law.book, &year.entries, &proposals);
    within_capacity(&year.squads, &proposals);
    provable_minimum(&law.book, &year.entries, &proposals);
    let before: usize = year.entries.iter().filter(|e| e.mode == Mode::OnSite).map(|e| usize::from(e.visits)).sum();
    assert_eq!(
        (run["proposed"]["before"].as_u64(), run["proposed"]["after"].as_u64(), run["least"].as_u64()),
        (Some(before as u64), Some(proposals.len() as u64), Some(proposals.len() as u64))
    );
    let reduction = (before - proposals.len()) * 10_000 / before;
    assert_eq!(run["proposed"]["reduction"].as_u64(), Some(reduction as u64));
    assert!(reduction > 4_000, "{reduction}: five plans of one year share more than that");
    println!("{before} visits before, {} after: {}.{:02} % fewer", proposals.len(), reduction / 100, reduction % 100);

    // Each proposal says why, in both languages; a department sees its own.
    let joint = proposals.iter().find(|p| p["organs"].as_array().unwrap().len() > 2 && p["organs"].to_string().contains("fire")).unwrap();
    let said = &joint["why"][0];
    assert!(said["zh"].as_str().unwrap().contains("合并为一次联合检查") && said["en"].as_str().unwrap().contains("one joint visit"), "{said}");
    let own = all(&site, &liaisons["fire"], &format!("{path}/proposals?"));
    assert!(own.len() < proposals.len() && own.iter().all(|p| p["organs"].to_string().contains("\"fire\"")), "{}", own.len());
    let at = joint["day"].as_str().unwrap();
    assert!(all(&site, &office.dispatcher, &format!("{path}/proposals?day={at}&squad={}", joint["squad"].as_str().unwrap())).iter().any(|p| p["number"] == joint["number"]));

    // 浙江省综合行政执法条例第十三条: who splits off says why, and speaks for himself alone.
    let word = |token: &str, number: &Json, body: &Json| post(&site, token, &format!("{path}/proposals/{number}/decide"), body);
    let entry = |organ: &str| joint["matched"].as_array().unwrap().iter().find(|m| m["organ"] == organ).unwrap()["entry"].clone();
    let other = joint["organs"].as_array().unwrap().iter().find(|o| **o != "fire").unwrap().as_str().unwrap();
    let split = |entry: Json, reason: &str| json!({ "outcome": "split", "entries": [entry], "reason": reason });
    assert_eq!(problem(word(&liaisons["fire"], &joint["number"], &split(entry("fire"), " "))), (422, "invalid_field".into()));
    assert_eq!(problem(word(&liaisons["fire"], &joint["number"], &split(entry(other), "条件不同"))), (422, "invalid_field".into()));
    assert_eq!(get(&site, &office.dispatcher, &path)["decided"], run["proposed"], "nothing was decided");
    ok::<Json>(word(&liaisons["fire"], &joint["number"], &split(entry("fire"), "须夜间检查")));
    ok::<Json>(word(&liaisons["fire"], &joint["number"], &split(entry("fire"), "须夜间检查")));
    let now = get(&site, &office.dispatcher, &path);
    assert_eq!(now["decided"]["after"].as_u64(), Some(proposals.len() as u64 + 1), "one visit more, however often it was said");
    assert!(now["decided"]["reduction"].as_u64() < run["proposed"]["reduction"].as_u64());
    let accept = json!({ "outcome": "accept" });
    let accepted: Json = ok(word(&office.dispatcher, &joint["number"], &accept));
    assert_eq!((&accepted["accepted"], &accepted["visit"], accepted["decisions"].as_array().unwrap().len()), (&json!(true), &json!(null), 2));
    let task = format!("{path}/proposals/{}/task", joint["number"]);
    assert_eq!(problem(post(&site, &office.dispatcher, &task, &json!({}))), (409, "conflict".into()), "the plans are not public yet");
    // A plan that was sent back is not matched.
    assert_eq!(problem(post(&site, &office.dispatcher, "/api/v1/matchings", &json!({ "plans": [record(9).to_string()] }))), (422, "invalid_field".into()));

    plans.iter().for_each(|plan| publish(&site, &office, plan));
    let made: Json = ok(post(&site, &office.dispatcher, &task, &json!({})));
    assert_eq!(made["visits"].as_array().unwrap().len(), 2, "those who go together, and fire by itself");
    assert_eq!(ok::<Json>(post(&site, &office.dispatcher, &task, &json!({}))), made, "made once");
    let listed = |token: &str| get(&site, token, "/api/v1/lists/visit")["items"].as_array().unwrap().clone();
    assert_eq!(listed(&office.dispatcher).len(), 2);
    let together = listed(&office.dispatcher).into_iter().find(|v| v["record"] == made["visits"][0]).unwrap();
    assert_eq!((&together["stage"], &together["day"], &together["title"]), (&json!("CREATED"), &joint["day"], &joint["name"]));
    assert_eq!(listed(&liaisons["fire"]).len(), 1, "its own visit is its unit's");
    let visit = get(&site, &office.dispatcher, &format!("/api/v1/records/{}", made["visits"][0].as_str().unwrap())).to_string();
    assert!(visit.contains(&format!("organs.{other}")) && !visit.contains("organs.fire"), "{visit}");

    // Once the plans are public, an acceptance makes the visit.
    let next = proposals.iter().find(|p| p["number"] != joint["number"]).unwrap();
    let accepted: Json = ok(word(&office.dispatcher, &next["number"], &accept));
    assert!(accepted["visit"].is_string(), "{accepted}");
    assert_eq!(problem(word(&office.dispatcher, &next["number"], &accept)), (409, "conflict".into()));
    assert_eq!((site.audited("matching.made").len(), site.audited("proposal.tasked").len()), (1, 3));
    done(&site, &office.dispatcher, &plans[0], "execute", None, "EXECUTING");
    done(&site, &office.dispatcher, &plans[0], "close", Some(("report", json!("一次检查已派发"))), "CLOSED");
}

#[test]
fn five_departments_year_over_300_sites_is_merged_to_the_provable_minimum_sqlite() {
    test(Engine::Sqlite);
}

#[test]
fn five_departments_year_over_300_sites_is_merged_to_the_provable_minimum_postgres() {
    test(Engine::Postgres);
}
