//! The half-year of the report, played by the program itself: every figure it names, and one of each more, wherever figures are shown.

#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use calamine::{DataType as _, Reader as _, Xlsx};
use reqwest::blocking::{Client, Response};
use serde_json::{Value as Json, json};
use sync_core::base::UtcMs;
use zhifa_server::Running;
use zhifa_server::auth::totp::Factor;
use zhifa_server::base::clock::{Clock as _, SystemClock};
use zhifa_server::base::config::Config;

/// What the report says, as it names it.
const ARTICLE: [(&str, i64); 14] = [
    ("matters_held", 2_742),
    ("matters_before", 370),
    ("matters_listed", 1_523),
    ("joint_inspections", 3),
    ("sites_inspected", 6),
    ("invitations", 1),
    ("invited_departments", 4),
    ("invited_items", 8),
    ("opinions", 9),
    ("advice", 11),
    ("fast_cases", 6),
    ("repairs", 32),
    ("training_fields", 2),
    ("training_experts", 3),
];

fn story() -> Json {
    serde_json::from_str(include_str!("../../fixtures/scenario/gaoxin-2024.json")).unwrap()
}

/// Plays a story; gives what `--json` prints.
fn play(story: &Json, folder: &Path) -> Json {
    let file = folder.join("story.json");
    std::fs::write(&file, story.to_string()).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_zhifa"));
    program.args(["demo", "--exit", "--json", "--port", "0", "--scenario"]).arg(&file).arg("--data").arg(folder.join("data"));
    let done = program.env("RUST_LOG", "error").output().unwrap();
    assert!(done.status.success(), "{}\n{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// The server afterwards, and the head of the team who looks at it.
struct Office {
    running: Option<Running>,
    client: Client,
    token: String,
    /// The session of his browser.
    cookie: String,
    factor: Factor,
}

impl Office {
    fn open(folder: &Path) -> Office {
        let data = folder.join("data");
        let mut config = Config::local(&data);
        config.workers = Some(1);
        let running = actix_web::rt::System::new().block_on(zhifa_server::start(config)).unwrap();
        let secrets: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(data.join("second-factors.json")).unwrap()).unwrap();
        let factor = Factor::parse(&secrets["fang-jinghe"]).unwrap();
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut office = Office { running: Some(running), client, token: String::new(), cookie: String::new(), factor };
        let login = json!({ "officer": "fang-jinghe", "password": "demo-fang-jinghe-2026", "otp": office.code(0) });
        let answer: Json = office.client.post(office.url("/auth/login")).json(&login).send().unwrap().json().unwrap();
        office.token = answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        office.cookie = office.log_in_to_pages();
        office
    }

    /// Logs a browser in; gives the cookie of its session.
    fn log_in_to_pages(&self) -> String {
        let cookies = |answer: &Response| answer.headers().get_all("set-cookie").iter().map(|set| set.to_str().unwrap().split(';').next().unwrap().to_owned()).collect::<Vec<_>>();
        let form = self.client.get(self.url("/app/login")).send().unwrap();
        let before = cookies(&form).join("; ");
        let page = form.text().unwrap();
        let csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
        let body = format!("csrf={csrf}&officer=fang-jinghe&password=demo-fang-jinghe-2026&otp={}", self.code(1));
        let post = self.client.post(self.url("/app/login")).header("Cookie", before).header("Content-Type", "application/x-www-form-urlencoded").body(body);
        let answer = post.send().unwrap();
        assert_eq!(answer.status(), 303);
        cookies(&answer).into_iter().find(|cookie| cookie.starts_with("zhifa_session=")).unwrap()
    }

    /// The number that stands on the page of figures.
    fn on_page(&self, code: &str, query: &str) -> i64 {
        let answer = self.client.get(self.url(&format!("/app/figures?{query}"))).header("Cookie", &self.cookie).send().unwrap();
        assert_eq!(answer.status(), 200);
        let page = answer.text().unwrap();
        let line = page.split_once(&format!("<tr id=\"{code}\">")).unwrap().1.split_once("</tr>").unwrap().0;
        let shown = line.split_once("<a class=\"number\"").unwrap().1.split_once("<data value=\"").unwrap().1.split_once("\">").unwrap().1;
        shown.split_once('<').unwrap().0.replace([',', ' '], "").parse().unwrap_or_else(|_| panic!("{code}: {line}"))
    }

    /// The authenticator's code, so many steps from now.
    fn code(&self, steps: i64) -> String {
        self.factor.code(UtcMs(SystemClock.now().0 + steps * 30_000))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.as_ref().unwrap().url())
    }

    fn get(&self, path: &str) -> Response {
        let answer = self.client.get(self.url(path)).bearer_auth(&self.token).send().unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer
    }

    /// The rows behind a figure, all pages.
    fn rows(&self, code: &str, query: &str) -> Vec<Json> {
        let (mut out, mut after) = (Vec::new(), String::new());
        loop {
            let page: Json = self.get(&format!("/api/v1/figures/{code}/rows?{query}&limit=500{after}")).json().unwrap();
            out.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return out,
            }
        }
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            actix_web::rt::System::new().block_on(running.stop());
        }
    }
}

/// How many different things the rows of a figure are of, as its formula counts them.
fn distinct(key: &str, rows: &[Json]) -> i64 {
    let member = match key {
        "joint_inspections" | "training_fields" | "training_experts" => "about",
        "sites_inspected" => "object",
        "matters_held" | "matters_before" | "matters_listed" => "matter",
        "invitations" | "fast_cases" | "repairs" => "record",
        _ => return rows.len() as i64,
    };
    let named: std::collections::BTreeSet<String> = rows.iter().map(|row| row[member].to_string()).collect();
    named.len() as i64
}

/// Every figure stands alike in the account, the API, its rows, the sheets and on the page.
fn everywhere(story: &Json, account: &Json, office: &Office) {
    for told in story["article"].as_array().unwrap() {
        let text = |member: &str| told[member].as_str().unwrap_or_default();
        let (key, code, value) = (text("key"), text("figure"), account["article"][text("key")].as_i64().unwrap());
        let organ = told["organ"].as_str().map(|organ| format!("&organ={organ}")).unwrap_or_default();
        let query = format!("from={}&to={}{organ}", text("from"), text("to"));
        let answer: Json = office.get(&format!("/api/v1/figures?{query}")).json().unwrap();
        let figure = answer["figures"].as_array().unwrap().iter().find(|f| f["code"] == code).unwrap().clone();
        assert_eq!(figure["value"]["of"], value, "{key} by the API");
        assert_eq!(distinct(key, &office.rows(code, &query)), value, "{key} by its rows");
        assert_eq!(office.on_page(code, &query), value, "{key} on the page");
        let csv = office.get(&format!("/api/v1/figures.csv?{query}")).text().unwrap();
        let mut reader = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
        let line = reader.records().map(Result::unwrap).find(|line| &line[0] == code).unwrap();
        assert_eq!(line[3].parse::<i64>().unwrap(), value, "{key} in the CSV");
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(office.get(&format!("/api/v1/figures.xlsx?{query}")).bytes().unwrap().to_vec())).unwrap();
        let sheet = book.worksheet_range("指标").unwrap();
        let row = sheet.rows().find(|row| row[0].get_string() == Some(code)).unwrap();
        assert_eq!(row[3].to_string().parse::<f64>().unwrap(), value as f64, "{key} in the workbook");
    }
}

fn event(at: &str, what: &str, members: Json) -> Json {
    let mut event = members;
    event["at"] = json!(at);
    event["do"] = json!(what);
    event
}

/// The story with one repair, one site, one opinion and one fast case more.
fn one_more(mut story: Json) -> Json {
    let events = story["events"].as_array_mut().unwrap();
    let check_up = events.iter_mut().find(|e| e["do"] == "check_up").unwrap();
    check_up["opinions"].as_array_mut().unwrap().push(json!({ "item": "FR-005", "fact": "消火栓标识缺失", "suggestion": "补设标识" }));
    let firm = json!({ "key": "f-more", "name": "【虚构】宁波又一家建设有限公司", "uscc": "91330201MA2AJ1XX0K", "address": "宁波国家高新区（虚构）99号" });
    let fast = json!({ "key": "q-more", "matter": "SYN-ENFORCEMENT-0079", "name": "吴某", "id_no": "11010519491231002X", "address": "宁波市（虚构）", "facts": "当事人实施了事项所列行为。" });
    let site = json!({ "key": "s-more", "name": "【虚构】又一处工地", "address": "聚贤街道（虚构）", "lat_e7": 299_000_100, "lon_e7": 1_216_500_100 });
    let visit = json!({ "key": "v-more", "task": "高新区2024年第3次联合检查", "site": "s-more", "organs": ["enforcement", "construction"], "found": [] });
    let title = "【虚构】宁波又一家建设有限公司擅自占用城市道路堆放材料案";
    events.extend([
        event("2024-03-01 09:45", "firm", firm),
        event("2024-03-01 14:00", "case", json!({ "key": "c-more", "firm": "f-more", "matter": "UM-011", "title": title, "facts": "当事人未经批准占用城市道路堆放建筑材料。" })),
        event("2024-03-12 15:00", "decide", json!({ "case": "c-more" })),
        event("2024-03-14 10:00", "serve", json!({ "case": "c-more", "measures": ["每周自查一次"] })),
        event("2024-06-18 14:00", "repair", json!({ "case": "c-more" })),
        event("2024-06-05 08:00", "site", site),
        event("2024-06-05 17:00", "joint_visit", visit),
        event("2024-06-18 10:20", "fast_case", fast),
        event("2024-06-19 15:20", "fast_decide", json!({ "case": "q-more" })),
    ]);
    events.sort_by(|a, b| a["at"].as_str().cmp(&b["at"].as_str()));
    for told in story["article"].as_array_mut().unwrap() {
        told.as_object_mut().unwrap().remove("says");
    }
    story
}

#[test]
fn the_half_year_of_the_report_is_told_alike_wherever_figures_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let account = play(&story(), folder.path());
    for (key, says) in ARTICLE {
        assert_eq!(account["article"][key], says, "{key}: {account}");
    }
    assert_eq!(account["article"].as_object().unwrap().len(), ARTICLE.len());
    let verified = &account["verified"];
    assert_eq!((&verified["lost"], &verified["parked"], &verified["quarantined"], &verified["replicas_equal"]), (&json!(0), &json!(0), &json!(0), &json!(true)), "{account}");
    assert_eq!((&account["recomputed"]["different"], &account["recomputed"]["facts"]), (&json!(0), &account["recomputed"]["kept"]));
    assert!(account["handhelds"].as_u64().unwrap() >= 6 && account["findings"] == json!([]), "{account}");
    everywhere(&story(), &account, &Office::open(folder.path()));
}

#[test]
fn one_repair_one_site_one_opinion_and_one_fast_case_more_move_these_figures_by_one_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let more = one_more(story());
    let account = play(&more, folder.path());
    for (key, says) in ARTICLE {
        let moved = i64::from(["repairs", "sites_inspected", "opinions", "fast_cases"].contains(&key));
        assert_eq!(account["article"][key], says + moved, "{key}: {account}");
    }
    let office = Office::open(folder.path());
    everywhere(&more, &account, &office);
    // Each figure moved by what was added: it is among the rows, under its own name.
    for (code, query, title) in
        [("repairs", "from=2024-06-18&to=2024-06-18", "又一家"), ("sites", "from=2024-06-05&to=2024-06-05", "又一处"), ("fast_cases", "from=2024-06-19&to=2024-06-19", "吴某")]
    {
        let rows = office.rows(code, query);
        assert!(rows.iter().any(|row| row["title"].as_str().unwrap().contains(title)), "{code}: {rows:?}");
    }
}

#[test]
fn a_story_that_cannot_be_played_says_where_and_a_folder_that_is_taken_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let refused = |story: &Json| {
        let file = folder.path().join("story.json");
        std::fs::write(&file, story.to_string()).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_zhifa"));
        program.args(["demo", "--exit", "--json", "--port", "0", "--scenario"]).arg(&file).arg("--data").arg(&data);
        let done = program.env("RUST_LOG", "error").output().unwrap();
        assert!(!done.status.success());
        String::from_utf8(done.stderr).unwrap()
    };
    let mut story = story();
    story["events"] = json!([event("2024-01-02 09:00", "recheck", json!({ "visit": "none" }))]);
    let said = refused(&story);
    assert!(said.contains("event 1 (2024-01-02 09:00") && said.contains("there is no visit `none` yet"), "{said}");
    assert!(refused(&story).contains("holds a database already"), "a story begins in an empty folder");
    story["events"] = json!([event("2024-01-02 09:00", "dance", json!({}))]);
    assert!(refused(&story).contains("unknown variant `dance`"));
}
