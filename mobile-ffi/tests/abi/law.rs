//! The law on a handheld: what arrives, what is refused, and what it answers without a network.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value as Json, json};
use sync_core::base::Validity;
use sync_core::base::date::{Date, date};
use sync_core::base::keys::Ed25519;
use sync_core::catalogue::pack::sum;
use sync_core::catalogue::{PowerType, any, power_key};
use sync_core::dated::{Book, Kind, Row};
use sync_core::fixtures::catalogue;
use sync_core::protocol::{Command, LawManifest, LawPage, Signed};
use zhifa_mobile::abi::host::Handheld;
use zhifa_mobile::device::store::StoreError;
use zhifa_mobile::device::{AuthorityInput, Code, Device, GetInput, SearchInput};

use super::c_program::Program;
use super::town::{Fault, PIN, Town};

const BEGIN: Date = date(2022, 1, 1);
/// The day on which slurry changes hands.
const TRANSFER: Date = date(2024, 1, 1);

fn row(kind: Kind, key: &str, valid: Validity, body: &Json) -> Row {
    any::row(kind, key, valid, body).unwrap_or_else(|e| panic!("{key}: {e}"))
}

fn matter(code: &str, name: &str, max: i64) -> Row {
    let body = json!({
        "name": name, "domain": "city", "violation": [{ "law": "宁波市市容和环境卫生管理条例", "article": "第三十条" }], "penalty": [{ "law": "宁波市市容和环境卫生管理条例", "article": "第五十条" }], "kinds": ["fine"],
        "fine": { "shape": "fixed", "unit": "CNY", "min": 0, "max": max }, "trigger": "immediate", "fast_case": false, "case_allowed": true,
        "synthetic": true, "source": "测试",
    });
    row(Kind::Matter, code, Validity::from(BEGIN), &body)
}

fn power(matter: &str, area: &str, valid: Validity, organ: &str) -> Row {
    row(Kind::Power, &power_key(matter, area, PowerType::Penalty), valid, &json!({ "organ": organ, "power": "penalty", "scope": "whole", "legal_doc": "通知" }))
}

/// Two areas, three matters: slurry and trees in the zone, and boats far away.
fn rows() -> Vec<Row> {
    let since = Validity::from(BEGIN);
    vec![
        row(Kind::Area, "zone", since, &json!({ "functional": true, "name": "高新区", "parents": ["330211"] })),
        row(Kind::Area, "far", since, &json!({ "functional": true, "name": "远区", "parents": ["330225"] })),
        row(Kind::Organ, "team", since, &json!({ "kind": "department", "name": "综合行政执法队", "areas": ["zone"] })),
        row(Kind::Organ, "water", since, &json!({ "kind": "department", "name": "水利局", "areas": ["zone", "far"] })),
        matter("C-1", "【合成】工地泥浆未经沉淀排放", 50_000),
        matter("C-2", "【合成】砍伐城市树木", 30_000),
        matter("F-1", "【合成】船舶乱停", 20_000),
        power("C-1", "zone", Validity::between(BEGIN, TRANSFER).unwrap(), "water"),
        power("C-1", "zone", Validity::from(TRANSFER), "team"),
        power("C-2", "zone", since, "team"),
        power("F-1", "far", since, "water"),
    ]
}

fn book(rows: impl IntoIterator<Item = Row>) -> Book {
    let mut book = Book::new();
    rows.into_iter().for_each(|row| book.insert(row).unwrap());
    book
}

fn areas(codes: &[&str]) -> BTreeSet<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

/// An officer of this town works in the zone, under these rows.
pub fn give(town: &Town, officer: &str) {
    let mut state = town.state();
    state.areas.insert(officer.into(), areas(&["zone"]));
    state.law.advance(book(rows()));
}

struct Street {
    town: Town,
    li: Handheld,
    path: PathBuf,
    dir: tempfile::TempDir,
}

impl Street {
    /// Li works in the zone and has synchronised once.
    fn new() -> Street {
        Street::with(rows())
    }

    fn with(rows: Vec<Row>) -> Street {
        let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
        let (li, path) = town.handheld(dir.path(), "li");
        town.state().areas.insert("li".into(), areas(&["zone"]));
        let street = Street { town, li, path, dir };
        street.decree(rows);
        street.sync();
        street
    }

    /// The book says this from now on.
    fn decree(&self, rows: impl IntoIterator<Item = Row>) {
        self.town.state().law.advance(book(rows));
    }

    /// A session; it is complete whatever becomes of the law. Gives its requests for the law.
    fn sync(&self) -> usize {
        let before = self.asked();
        assert_eq!(self.li.sync(&json!({}), None, None).unwrap()["complete"], true);
        self.asked() - before
    }

    fn asked(&self) -> usize {
        self.town.state().seen.iter().filter(|(path, _)| path == "law").count()
    }

    fn status(&self) -> Json {
        self.li.law_status().unwrap()
    }

    fn found(&self, q: &str) -> Vec<String> {
        keys(&self.li.law_search(&json!({ "q": q, "kinds": ["matter"] })).unwrap())
    }

    /// The next answers are this text.
    fn answer(&self, texts: &[&str]) {
        for text in texts {
            self.town.fault("law", Fault::Answer(200, "application/json", (*text).to_owned().leak()));
        }
    }

    /// What the server would answer to a handheld without a pack.
    fn whole(&self) -> LawPage {
        let state = self.town.state();
        let manifest = state.law.manifest(state.district.head.district, date(2026, 11, 22), &areas(&["zone"]));
        let signed = Signed::new(&LawManifest::new(state.district.head.epoch, &manifest), &Ed25519::from_seed(&[5; 32])).unwrap();
        let delta = state.law.delta(manifest, &areas(&["zone"]), None);
        sync_core::protocol::law_pages(&signed, &areas(&["zone"]), delta, usize::MAX).remove(0)
    }
}

fn keys(answer: &Json) -> Vec<String> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["key"].as_str().unwrap().to_owned()).collect()
}

/// The pack that a store holds, checked against its manifest.
fn held(path: &Path) -> (LawManifest, Book) {
    let device = Device::open(path, PIN, Default::default(), sync_core::schema::kinds()).unwrap();
    let (pack, book) = device.read(|tx| Ok::<_, StoreError>((tx.law_pack()?, tx.law_book()?))).unwrap();
    let manifest: LawManifest = pack.unwrap().0.unchecked().unwrap();
    assert_eq!((manifest.rows, manifest.sum), (book.len() as u64, sum(book.iter())));
    (manifest, book)
}

#[test]
fn handhelds_of_different_areas_get_different_law() {
    let street = Street::new();
    let (wang, _) = street.town.handheld(street.dir.path(), "wang");
    street.town.state().areas.insert("wang".into(), areas(&["far"]));
    assert_eq!(wang.law_search(&json!({ "q": "" })).unwrap_err().code, Code::Unknown as i32);
    assert_eq!(wang.law_status().unwrap()["held"], false);
    wang.sync(&json!({}), None, None).unwrap();
    assert_eq!(street.found(""), ["C-1", "C-2"]);
    assert_eq!(keys(&wang.law_search(&json!({ "q": "", "kinds": ["matter"] })).unwrap()), ["F-1"]);
    assert_eq!((&street.status()["areas"], &wang.law_status().unwrap()["areas"]), (&json!(["zone"]), &json!(["far"])));
    assert_eq!(wang.law_get(&json!({ "kind": "matter", "key": "C-1" })).unwrap_err().code, Code::Unknown as i32);
}

#[test]
fn an_officer_who_moves_gets_the_law_of_where_he_went() {
    let street = Street::new();
    street.town.state().areas.insert("li".into(), areas(&["far"]));
    assert_eq!((street.sync(), street.found("")), (1, vec!["F-1".to_owned()]));
}

#[test]
fn a_delta_gives_what_a_whole_pack_gives_and_what_was_withdrawn_is_gone() {
    let street = Street::new();
    assert_eq!(street.sync(), 1, "nothing new is one request");
    let mut next = rows();
    next.retain(|row| &*row.key != "C-2" && &*row.key != "C-2/zone/penalty");
    next[4] = matter("C-1", "【合成】泥浆未经沉淀排放", 60_000);
    next.push(power("F-1", "zone", Validity::from(TRANSFER), "team"));
    street.decree(next);
    assert_eq!((street.sync(), street.found("")), (1, vec!["C-1".to_owned(), "F-1".to_owned()]));
    assert_eq!(street.li.law_get(&json!({ "kind": "matter", "key": "C-2" })).unwrap_err().code, Code::Unknown as i32);
    let (wang, other) = street.town.handheld(street.dir.path(), "wang");
    street.town.state().areas.insert("wang".into(), areas(&["zone"]));
    wang.sync(&json!({}), None, None).unwrap();
    let Street { li, path, .. } = street;
    drop((li, wang));
    assert_eq!(held(&path), held(&other));
}

#[test]
fn a_tampered_page_leads_to_the_whole_pack_and_two_of_them_to_nothing() {
    let street = Street::new();
    let mut forged = street.whole();
    forged.put[4] = matter("C-1", "【合成】改", 1);
    let text = serde_json::to_string(&forged).unwrap();
    street.decree(rows().into_iter().take(10));
    let mut forged = street.whole();
    forged.put[4] = matter("C-1", "【合成】改", 1);
    let newer = serde_json::to_string(&forged).unwrap();
    assert_ne!(text, newer);
    let before = street.status();
    street.answer(&[&newer, &newer]);
    assert_eq!(street.sync(), 2);
    let after = street.status();
    assert_eq!((&after["rev"], &after["rows"], &after["refused"]), (&before["rev"], &before["rows"], &json!("sum")));
    assert_eq!(street.found("泥浆"), ["C-1"]);
    street.answer(&[&newer]);
    assert_eq!(street.sync(), 2, "the second answer was genuine");
    let after = street.status();
    assert_eq!((&after["rev"], &after["refused"]), (&json!(2), &Json::Null));
}

#[test]
fn what_the_enrolled_server_did_not_sign_is_not_taken() {
    let street = Street::new();
    street.decree(rows().into_iter().take(10));
    let genuine = street.whole();
    let manifest: LawManifest = genuine.manifest.unchecked().unwrap();
    let by_another = Signed::new(&manifest, &Ed25519::from_seed(&[6; 32])).unwrap();
    let raised = Signed { text: genuine.manifest.text.replace("\"rev\":2", "\"rev\":3").into(), ..genuine.manifest.clone() };
    assert_ne!(raised, genuine.manifest);
    let elsewhere = Signed::new(&LawManifest { district: sync_core::base::DistrictId(2), ..manifest }, &Ed25519::from_seed(&[5; 32])).unwrap();
    for manifest in [by_another, raised, elsewhere] {
        street.answer(&[&serde_json::to_string(&LawPage { manifest, ..genuine.clone() }).unwrap()]);
        assert_eq!(street.sync(), 1);
        let status = street.status();
        assert_eq!((&status["rev"], &status["refused"]), (&json!(1), &json!("not_signed")));
    }
    let other_areas = LawPage { areas: areas(&["far"]), ..genuine };
    street.answer(&[&serde_json::to_string(&other_areas).unwrap(), "<html>"]);
    street.sync();
    assert_eq!(street.status()["refused"], "not_signed");
    street.sync();
    assert_eq!((&street.status()["rev"], &street.status()["refused"]), (&json!(1), &json!("unreadable")));
    street.sync();
    assert_eq!((&street.status()["rev"], &street.status()["refused"]), (&json!(2), &Json::Null));
}

#[test]
fn a_replay_of_older_law_is_refused_and_a_restored_servers_is_not() {
    let street = Street::new();
    let older = serde_json::to_string(&street.whole()).unwrap();
    street.decree(rows().into_iter().take(10));
    street.sync();
    street.answer(&[&older]);
    street.sync();
    assert_eq!((&street.status()["rev"], &street.status()["refused"]), (&json!(2), &json!("older")));
    // The server was restored to before: a new epoch, in which the book has its first revision again.
    {
        let mut state = street.town.state();
        state.district.head.epoch += 1;
        state.law = Default::default();
    }
    street.decree(rows());
    street.sync();
    let status = street.status();
    assert_eq!((&status["epoch"], &status["rev"], &status["refused"]), (&json!(2), &json!(1), &Json::Null));
    assert_eq!(street.found(""), ["C-1", "C-2"]);
}

#[test]
fn the_same_revision_with_other_rows_is_fetched_whole() {
    let street = Street::new();
    street.town.state().law = Default::default();
    street.decree(rows().into_iter().filter(|row| !row.key.starts_with("C-2")));
    assert_eq!((street.sync(), street.found("")), (2, vec!["C-1".to_owned()]));
}

#[test]
fn a_lost_page_is_asked_for_again_and_the_ones_before_are_kept() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = town.handheld(dir.path(), "li");
    town.state().areas.insert("li".into(), areas(&["zone"]));
    town.state().law_page = 400;
    let street = Street { town, li, path, dir };
    street.decree(rows());
    for fault in [Fault::None, Fault::None, Fault::LoseAnswer] {
        street.town.fault("law", fault);
    }
    assert_eq!(street.sync(), 3);
    let status = street.status();
    assert_eq!((&status["held"], status["arriving"]["entries"].as_u64().unwrap() >= 2), (&json!(false), true), "{status}");
    let rest = street.sync();
    let status = street.status();
    assert_eq!((&status["held"], &status["arriving"], &status["rows"]), (&json!(true), &Json::Null, &json!(9)));
    // The book changes between two sessions: what had arrived is of no use.
    street.town.state().law = Default::default();
    street.decree(rows());
    street.decree(rows().into_iter().map(|row| if &*row.key == "C-2" { matter("C-2", "【合成】伐树", 1) } else { row }));
    street.town.state().areas.insert("li".into(), areas(&["zone", "far"]));
    let whole = rest + 2;
    for fault in [Fault::None, Fault::Answer(500, "text/plain", "")] {
        street.town.fault("law", fault);
    }
    assert_eq!(street.sync(), 2);
    street.decree(rows());
    assert!(street.sync() >= whole, "from the beginning");
    assert_eq!((&street.status()["rev"], street.found("")), (&json!(3), vec!["C-1".to_owned(), "C-2".to_owned(), "F-1".to_owned()]));
}

#[test]
fn who_may_punish_is_answered_offline_on_either_side_of_a_transfer() {
    let street = Street::new();
    let holder = |day: Date| street.li.law_authority(&json!({ "matter": "C-1", "area": "zone", "power": "penalty", "day": day })).unwrap();
    let (eve, day) = (holder(TRANSFER.yesterday().unwrap()), holder(TRANSFER));
    assert_eq!((&eve["holder"]["organ"], &eve["name"]), (&json!("water"), &json!("水利局")));
    assert_eq!((&day["holder"]["organ"], &day["name"]), (&json!("team"), &json!("综合行政执法队")));
    assert_eq!(holder(BEGIN.yesterday().unwrap())["none"], json!({ "why": "not_yet", "from": BEGIN }));
    let shown = |day: Date| street.li.law_search(&json!({ "q": "泥浆", "day": day })).unwrap()["hits"][0]["organ"]["key"].clone();
    assert_eq!((shown(TRANSFER.yesterday().unwrap()), shown(TRANSFER)), (json!("water"), json!("team")));
    let inspects = street.li.law_authority(&json!({ "matter": "C-1", "area": "zone", "power": "inspection", "day": TRANSFER })).unwrap();
    assert_eq!(inspects["holder"]["ground"], "supervision", "浙江省综合行政执法条例 art 16");
}

#[test]
fn a_row_is_told_with_its_history_and_which_version_applies_to_an_act() {
    let mut all = rows();
    let change = date(2025, 7, 1);
    all[4].valid.until = Some(change);
    let mut lighter = matter("C-1", "【合成】泥浆排放", 10_000);
    lighter.valid = Validity::from(change);
    all.push(lighter);
    let street = Street::with(all);
    let on = |day: Date| street.li.law_get(&json!({ "kind": "matter", "key": "C-1", "day": day })).unwrap();
    assert_eq!(on(change.yesterday().unwrap())["row"]["body"]["fine"]["max"], 50_000);
    assert_eq!(on(change)["row"]["body"]["fine"]["max"], 10_000);
    assert_eq!(on(change)["row"]["body"]["violation"][0]["article"], "第三十条");
    assert_eq!((&on(change)["history"][0]["until"], on(change)["history"].as_array().unwrap().len()), (&json!(change), 2));
    assert_eq!(on(BEGIN.yesterday().unwrap())["row"], Json::Null);
    let name = |day: Date| street.li.law_search(&json!({ "q": "泥浆排放", "day": day, "kinds": ["matter"] })).unwrap()["hits"].as_array().unwrap().len();
    assert_eq!((name(change.yesterday().unwrap()), name(change)), (0, 1), "found by the name of the day");
    let choice = street.li.law_choice(&json!({ "matter": "C-1", "act_start": "2025-06-30", "decision": "2025-08-01" })).unwrap();
    assert_eq!(choice["choice"]["rule"], "new_is_lighter", "行政处罚法 art 37");
    let none = street.li.law_choice(&json!({ "matter": "C-1", "act_start": "2021-12-31", "decision": "2025-08-01" })).unwrap();
    assert_eq!(none["none"]["why"], "not_then");
}

#[test]
fn deadlines_are_reckoned_with_the_years_of_the_pack() {
    let mut all = rows();
    all.extend(sync_core::fixtures::law::years().unwrap());
    let street = Street::with(all);
    let ends = |period: Json| street.li.law_deadline(&json!({ "start": "2024-09-27", "period": period, "side": "party" })).unwrap();
    assert_eq!(ends(json!({ "rule": "penalty", "days": 5 }))["outcome"]["due"], "2024-10-10", "行政处罚法 art 85: working days");
    assert_eq!(ends(json!({ "count": 15, "unit": "calendar_days" }))["outcome"]["due"], "2024-10-12", "a make-up Saturday is worked");
    assert_eq!(ends(json!({ "count": 10, "unit": "years" }))["unknown_year"], 2034);
}

#[test]
fn sites_are_found_by_every_name_that_records_give_them() {
    let street = Street::new();
    let edit = |field: &str, value: &str| json!({ "field": field, "value": value, "replaces": [] });
    let alias = |kind: &str, value: &str| json!({ "field": format!("aliases.{kind}"), "value": { "kind": kind, "value": value }, "replaces": [] });
    let done = street.li.capture(&json!({ "kind": "site", "edits": [edit("name", "新达工地"), alias("name", "道口保洁"), alias("permit", "330299-1")] })).unwrap();
    for q in ["xd", "新达", "dkbj"] {
        assert_eq!(keys(&street.li.law_search(&json!({ "q": q, "kinds": ["site"] })).unwrap()), [done["record"].as_str().unwrap()], "{q}");
    }
    street.li.capture(&json!({ "kind": "site", "edits": [edit("name", "兴达")] })).unwrap();
    assert_eq!(keys(&street.li.law_search(&json!({ "q": "xd", "kinds": ["site"] })).unwrap()).len(), 2, "what was captured since is found");
    let marked = street.li.law_search(&json!({ "q": "城市 SHU", "kinds": ["matter", "site"] })).unwrap();
    assert_eq!((keys(&marked), &marked["hits"][0]["highlights"]), (vec!["C-2".to_owned()], &json!([[6, 2]])));
}

#[test]
fn a_lapsed_or_locked_store_answers_no_question_of_law() {
    let street = Street::new();
    let Street { town, li, path, .. } = &street;
    let codes = |device: &Device| {
        let get: GetInput = serde_json::from_value(json!({ "kind": "matter", "key": "C-1" })).unwrap();
        let authority: AuthorityInput = serde_json::from_value(json!({ "matter": "C-1", "area": "zone", "power": "penalty" })).unwrap();
        let choice = serde_json::from_value(json!({ "matter": "C-1", "act_start": TRANSFER, "decision": TRANSFER })).unwrap();
        let deadline = serde_json::from_value(json!({ "start": TRANSFER, "period": { "count": 3, "unit": "calendar_days" }, "side": "organ" })).unwrap();
        let search = device.law_search(&SearchInput::default()).map(drop);
        let all =
            [search, device.law_get(&get).map(drop), device.law_authority(&authority).map(drop), device.law_choice(&choice).map(drop), device.law_deadline(&deadline).map(drop)];
        assert_eq!(device.law_status().unwrap()["held"], true, "what is held is no secret");
        all.map(|answer| answer.err().map(|e| e.code))
    };
    let device = Device::open(path, PIN, Default::default(), sync_core::schema::kinds()).unwrap();
    assert_eq!(codes(&device), [None; 5]);
    let now = zhifa_mobile::device::clock::now();
    let later = sync_core::replica::Reading { wall: now.wall + 31 * 86_400_000, mono: now.mono + 31 * 86_400_000, ..now };
    device.set_clock(std::sync::Arc::new(move || later));
    assert_eq!(codes(&device), [Some(Code::LeaseLapsed); 5]);
    drop(device);
    town.order("li", 1, Command::Lock);
    let _ = li.sync(&json!({}), None, None);
    assert_eq!(li.law_search(&json!({ "q": "" })).unwrap_err().code, Code::Locked as i32);
}

/// The catalogue that comes with the program, in the areas that it is of.
fn catalogue() -> (Vec<Row>, BTreeSet<String>) {
    let rows = catalogue::rows().unwrap();
    let areas = rows.iter().filter_map(|row| sync_core::catalogue::parse_power_key(&row.key).map(|(_, area, _)| area.to_owned())).collect();
    (rows, areas)
}

#[test]
fn all_matters_are_found_on_a_handheld_as_the_core_finds_them() {
    let (rows, all) = catalogue();
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = town.handheld(dir.path(), "li");
    town.state().areas.insert("li".into(), all);
    let street = Street { town, li, path, dir };
    street.decree(rows.clone());
    let pages = street.sync();
    assert!(pages > 1, "a whole pack comes in pages");
    let day = date(2026, 11, 22);
    let whole = book(rows);
    let names: Vec<(&str, String)> =
        whole.in_force(Kind::Matter, day).map(|row| (&*row.key, serde_json::from_str::<Json>(row.body.as_json()).unwrap()["name"].as_str().unwrap().to_owned())).collect();
    assert!(names.len() >= 2_742, "what the team holds and what others hold: {}", names.len());
    let index = sync_core::catalogue::search::Index::new(sync_core::catalogue::search::Ids::Codes, names.iter().map(|(key, name)| (*key, name)));
    for q in ["泥浆", "道路", "nj", "wjpf", "SW", "shuiliju", "绿化 sh", "没有这样的事项"] {
        let expected: Vec<&str> = index.search(q, 200).iter().map(|hit| hit.id).collect();
        assert_eq!(keys(&street.li.law_search(&json!({ "q": q, "kinds": ["matter"], "day": day, "limit": 200 })).unwrap()), expected, "{q}");
    }
    assert_eq!(keys(&street.li.law_search(&json!({ "q": "", "kinds": ["matter"], "day": day, "limit": 200 })).unwrap()).len(), 200);
}

#[test]
fn a_kill_at_any_moment_leaves_one_whole_pack() {
    let (rows, all) = catalogue();
    let (town, dir, program) = (Town::new(), tempfile::tempdir().unwrap(), Program::build());
    let (li, path) = town.handheld(dir.path(), "li");
    town.state().areas.insert("li".into(), all);
    let street = Street { town, li, path, dir };
    street.decree(rows.clone());
    street.sync();
    let Street { town, path, .. } = &street;
    let mut seed = 0x1a3_u64;
    let mut revs = Vec::new();
    for round in 0..10 {
        // Every matter differs from the round before, so that much is written.
        let next = rows.iter().cloned().map(|row| if row.kind == Kind::Matter { renoted(row, round) } else { row });
        town.state().law.advance(book(next));
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let mut requests = street.asked() + 1 + (seed >> 33) as usize % 5;
        if round == 0 {
            // Once for certain between two pages.
            [Fault::None, Fault::Hang].into_iter().for_each(|fault| town.fault("law", fault));
            requests = street.asked() + 2;
        }
        let mut child = program.command(None).args(["sync", path.to_str().unwrap(), PIN]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.next().unwrap().unwrap();
        while street.asked() < requests && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        for _ in 0..(seed >> 40) % 40_000_000 {
            std::hint::spin_loop();
        }
        let _gone = child.kill();
        child.wait().unwrap();
        revs.push(held(path).0.rev);
    }
    street.sync();
    drop(street.li);
    assert_eq!((revs[0], held(&street.path).0.rev), (1, 11), "{revs:?}");
}

fn renoted(row: Row, round: u32) -> Row {
    let mut body: Json = serde_json::from_str(row.body.as_json()).unwrap();
    body["note"] = json!(format!("第{round}次"));
    any::row(row.kind, &row.key, row.valid, &body).unwrap()
}
