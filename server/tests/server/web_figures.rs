//! The back office in a browser: logging in and out, whose forms are taken, and figures on a page that are those of the API.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::redirect::Policy;
use serde_json::json;
use sync_core::base::OfficerId;
use zhifa_server::org::{Role, Scope};
use zhifa_server::web::layout::{POLICY, pairs, with_query};

use crate::harness::{Engine, PASSWORD, Site, record};
use crate::on_both;
use crate::town::Town;

const OFFICERS: [&str; 2] = ["chen-yifan", "lin-xiaohe"];
const YEAR: &str = "from=2026-01-01&to=2026-12-31";

/// A browser with its cookies, that goes nowhere by itself.
pub struct Browser<'s> {
    site: &'s Site,
    client: Client,
    cookies: RefCell<BTreeMap<String, String>>,
}

impl<'s> Browser<'s> {
    pub fn new(site: &'s Site) -> Browser<'s> {
        Browser { site, client: Client::builder().no_proxy().redirect(Policy::none()).build().unwrap(), cookies: RefCell::default() }
    }

    fn send(&self, request: RequestBuilder) -> Response {
        let cookies: Vec<String> = self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header("Cookie", cookies.join("; ")).send().unwrap();
        for set in response.headers().get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        }
        response
    }

    pub fn get(&self, path: &str) -> Response {
        self.send(self.client.get(self.site.url(path)))
    }

    pub fn page(&self, path: &str) -> String {
        let response = self.get(path);
        assert_eq!(response.status(), 200, "{path}");
        response.text().unwrap()
    }

    /// Sends a form as a browser does from a page of this site.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.post_from(path, form, &[("Sec-Fetch-Site", "same-origin"), ("Origin", &self.site.url(""))])
    }

    fn post_from(&self, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Response {
        let body = with_query("", form).trim_start_matches('?').to_owned();
        let request = self.client.post(self.site.url(path)).header("Content-Type", "application/x-www-form-urlencoded").body(body);
        self.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
    }

    fn try_log_in(&self, officer: &OfficerId, password: &str, otp: &str, next: &str) -> Response {
        let csrf = csrf(&self.page(&with_query("/app/login", &[("next", next)])));
        self.post("/app/login", &[("csrf", &csrf), ("officer", officer.as_str()), ("password", password), ("otp", otp), ("next", next)])
    }

    /// Logs in; whoever needs a second factor has bound one.
    pub fn log_in(&self, officer: &OfficerId, otp: &str) -> &Self {
        assert_eq!(gone(&self.try_log_in(officer, PASSWORD, otp, "")), "/app");
        self
    }
}

/// Where an answer leads.
pub fn gone(response: &Response) -> String {
    assert_eq!(response.status(), 303, "{response:?}");
    response.headers()["location"].to_str().unwrap().to_owned()
}

pub fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap().0
}

pub fn csrf(page: &str) -> String {
    between(page, "name=\"csrf\" value=\"", "\"").to_owned()
}

pub fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&").replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'")
}

/// A browser of somebody of the town's team.
fn desk<'s>(site: &'s Site, id: &str, unit: &str, scope: Scope) -> Browser<'s> {
    let who = site.officer_of(id, &[Role::Officer], unit, Some(scope), &[]);
    let browser = Browser::new(site);
    browser.log_in(&who, "");
    browser
}

/// What a page shows of an indicator: its number in hundredths if it has one, its text, and where it leads.
fn shown(page: &str, code: &str) -> (Option<i64>, String, String) {
    let line = between(page, &format!("<tr id=\"{code}\">"), "</tr>");
    let Some((_, rest)) = line.split_once("class=\"number\" href=\"") else { return (None, String::new(), String::new()) };
    let (to, rest) = rest.split_once('"').unwrap();
    (Some(between(rest, "<data value=\"", "\"").parse().unwrap()), between(rest, "\">", "</data>").rsplit('>').next().unwrap().to_owned(), unescaped(to))
}

/// A row behind a number: record, object, what it is about, side, amount.
type Row = (String, String, String, String, i64);

/// The rows behind a number, page by page.
fn rows(browser: &Browser<'_>, to: &str) -> Vec<Row> {
    let (mut out, mut next) = (Vec::new(), format!("{to}&limit=3"));
    loop {
        let page = browser.page(&next);
        for item in page.split("<li data-record=\"").skip(1) {
            let of = |name: &str| unescaped(between(item, &format!("data-{name}=\""), "\""));
            let amount = between(item, "<data value=\"", "\"").parse().unwrap();
            out.push((item.split('"').next().unwrap().to_owned(), of("object"), of("about"), of("side"), amount));
        }
        match page.split_once("\" rel=\"next\"") {
            Some((before, _)) => next = unescaped(before.rsplit('"').next().unwrap()),
            None => return out,
        }
    }
}

on_both! {
    fn a_log_in_lasts_until_it_is_ended_and_leads_to_where_it_was_wanted(site) {
        let who = site.officer("li", &[Role::Officer], &[]);
        let browser = Browser::new(&site);
        let wanted = "/app/figures?from=2026-01-01&to=2026-06-30";
        let form = gone(&browser.get(wanted));
        assert_eq!(pairs(form.split_once('?').unwrap().1), [("next".to_owned(), wanted.to_owned())]);
        let page = browser.page(&form);
        assert!(unescaped(between(&page, "name=\"next\" value=\"", "\"")) == wanted && page.contains("<html lang=\"zh-CN\">"));
        let wrong = browser.try_log_in(&who, "wrong password", "", wanted);
        assert_eq!(wrong.status(), 401);
        let wrong = wrong.text().unwrap();
        assert!(wrong.contains("role=\"alert\"") && wrong.contains("value=\"li\"") && !wrong.contains("wrong password"), "the account is kept, the password is not");
        let in_vain: Vec<u16> = ["nobody", "no one at all", ""].iter().map(|id| {
            let token = csrf(&browser.page("/app/login"));
            browser.post("/app/login", &[("csrf", &token), ("officer", id), ("password", PASSWORD)]).status().as_u16()
        }).collect();
        assert_eq!(in_vain, [401, 401, 401]);
        let done = browser.try_log_in(&who, PASSWORD, "", wanted);
        let set: Vec<&str> = done.headers().get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).filter(|c| c.starts_with("zhifa_session=")).collect();
        assert!(set.len() == 1 && ["HttpOnly", "SameSite=Lax", "Path=/app", "Max-Age=43200"].iter().all(|a| set[0].contains(a)) && !set[0].contains("Secure"), "{set:?}");
        assert_eq!(gone(&done), wanted);
        let page = browser.page(wanted);
        assert!(page.contains("测试") && page.contains("title=\"li\""), "it says who is logged in");
        assert!(browser.page("/app").contains("/app/figures"));
        // Two pages side by side do not hinder each other, and a session is no key to the API.
        let session = browser.cookies.borrow()["zhifa_session"].clone();
        assert_eq!(browser.get(wanted).status(), 200);
        assert_eq!(browser.cookies.borrow()["zhifa_session"], session, "nothing turns");
        assert_eq!(site.get("/api/v1/me").bearer_auth(&session).send().unwrap().status(), 401);
        assert_eq!(site.post("/auth/refresh").header("Cookie", format!("zhifa_refresh={session}")).send().unwrap().status(), 401);
        // Log-out ends it, also for who kept the cookie.
        let token = csrf(&page);
        assert_eq!(gone(&browser.post("/app/logout", &[("csrf", &token)])), "/app/login");
        browser.cookies.borrow_mut().insert("zhifa_session".into(), session);
        assert!(gone(&browser.get("/app/figures")).starts_with("/app/login?next="));
        assert_eq!((site.audited("login.done").len(), site.audited("login.ended").len()), (1, 1));
        assert!(!site.audited("login.refused").is_empty());
        // Nobody is led away.
        for evil in ["https://evil.example/", "//evil.example", "/\\evil.example", "/app/../\\evil", "/app/login", "/figures"] {
            assert_eq!(gone(&browser.try_log_in(&who, PASSWORD, "", evil)), "/app", "{evil}");
        }
        // And it ends by itself.
        site.clock.advance(12 * 3_600_000);
        assert!(gone(&browser.get("/app/figures")).starts_with("/app/login?next="));
    }

    fn whoever_decides_logs_in_with_a_second_factor(site) {
        let who = site.officer("rev", &[Role::Reviewer], &[]);
        let browser = Browser::new(&site);
        let missing = browser.try_log_in(&who, PASSWORD, "", "");
        assert_eq!(missing.status(), 403);
        assert!(missing.text().unwrap().contains("须绑定动态口令"));
        site.bind(&who);
        let asked = browser.try_log_in(&who, PASSWORD, "", "");
        assert_eq!(asked.status(), 401);
        assert!(asked.text().unwrap().contains("id=\"otp\" name=\"otp\" inputmode=\"numeric\" autocomplete=\"one-time-code\" maxlength=\"12\" required aria-invalid=\"true\""));
        assert_eq!(browser.try_log_in(&who, PASSWORD, "000000", "").status(), 401);
        let code = site.otp(&who);
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert_eq!(gone(&browser.try_log_in(&who, PASSWORD, &spaced, "")), "/app");
        assert_eq!(Browser::new(&site).try_log_in(&who, PASSWORD, &code, "").status(), 401, "a code is good once");
    }

    fn suspension_another_password_and_roles_hold_from_the_next_page(site) {
        let security = site.log_in(&site.officer("sec", &[Role::SecurityAdmin], &[]));
        let who = site.officer("li", &[Role::Officer], &[]);
        let (browser, other) = (Browser::new(&site), Browser::new(&site));
        browser.log_in(&who, "");
        other.log_in(&who, "");
        assert_eq!(site.post("/api/v1/officers/li/roles").bearer_auth(&security).json(&json!({ "roles": ["security_admin"] })).send().unwrap().status(), 204);
        let refused = browser.get("/app/figures");
        assert_eq!((refused.status().as_u16(), refused.headers()["content-type"].to_str().unwrap()), (403, "text/html; charset=utf-8"));
        let refused = refused.text().unwrap();
        assert!(refused.contains("没有权限") && refused.contains("安全管理员") && refused.contains("title=\"li\""), "{refused}");
        assert_eq!(browser.get("/app").status(), 200, "the way in is everybody's");
        assert_eq!(site.post("/api/v1/officers/li/roles").bearer_auth(&security).json(&json!({ "roles": ["officer"] })).send().unwrap().status(), 204);
        assert_eq!(browser.get("/app/figures").status(), 200);
        assert_eq!(site.post("/api/v1/officers/li/suspension").bearer_auth(&security).json(&json!({ "suspended": true })).send().unwrap().status(), 204);
        for out in [&browser, &other] {
            assert!(gone(&out.get("/app/figures")).starts_with("/app/login?next="));
        }
        let suspended = browser.try_log_in(&who, PASSWORD, "", "");
        assert_eq!(suspended.status(), 403);
        assert!(suspended.text().unwrap().contains("已停用"));
        site.suspend(&who, false);
        assert!(gone(&browser.get("/app/figures")).starts_with("/app/login"), "reinstated he logs in anew");
    }

    fn a_form_is_taken_from_a_page_of_its_session_and_from_nowhere_else(site) {
        let (li, wu) = (site.officer("li", &[Role::Officer], &[]), site.officer("wu", &[Role::Officer], &[]));
        let (mine, his) = (Browser::new(&site), Browser::new(&site));
        mine.log_in(&li, "");
        his.log_in(&wu, "");
        let here = site.url("");
        let (token, foreign) = (csrf(&mine.page("/app/figures")), csrf(&his.page("/app/figures")));
        let before = csrf(&his.page("/app/login"));
        for bad in ["", "x", &foreign, &before, &format!("{token}x")] {
            assert_eq!(mine.post("/app/logout", &[("csrf", bad)]).status(), 403, "{bad}");
        }
        assert_eq!(mine.post("/app/logout", &[]).status(), 403);
        for (name, value) in [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Site", "none"), ("Origin", "https://evil.example"), ("Origin", "null")] {
            let refused = mine.post_from("/app/logout", &[("csrf", &token)], &[(name, value)]);
            assert_eq!(refused.status(), 403, "{name}: {value}");
            assert!(refused.text().unwrap().contains("role=\"alert\""));
        }
        assert_eq!(mine.get("/app/figures").status(), 200, "nothing of that logged him out");
        assert_eq!(gone(&mine.post_from("/app/logout", &[("csrf", &token)], &[("Origin", &here)])), "/app/login", "a browser that says less");
        // Nobody logs a browser in as somebody else: the form of the log-in is bound to the browser that it was shown to.
        let (fresh, shown) = (Browser::new(&site), csrf(&his.page("/app/login")));
        let form = [("officer", "li"), ("password", PASSWORD), ("csrf", &shown)];
        assert_eq!(fresh.post("/app/login", &form).status(), 403);
        fresh.page("/app/login");
        assert_eq!(fresh.post("/app/login", &form).status(), 403);
        let token = csrf(&fresh.page("/app/login"));
        let form = [("officer", "li"), ("password", PASSWORD), ("csrf", &token)];
        assert_eq!(fresh.post_from("/app/login", &form, &[("Sec-Fetch-Site", "cross-site")]).status(), 403);
        assert_eq!(gone(&fresh.post("/app/login", &form)), "/app");
    }

    fn every_number_on_the_page_is_the_apis_and_leads_to_the_rows_that_make_it(site) {
        let town = Town::new(&site, &OFFICERS);
        for n in 1..=3 {
            town.begin("site", record(n), &[("name", json!(format!("工地{n}")))]);
        }
        town.visited(10, record(1), &[("enforcement", "special_own"), ("water", "special_own")], &OFFICERS, &[]);
        town.visited(11, record(2), &[("enforcement", "daily")], &OFFICERS, &[]);
        let browser = desk(&site, "clerk", "team-office", Scope::District);
        for (query, few) in [(YEAR.to_owned(), false), (format!("{YEAR}&organ=water"), true), (format!("{YEAR}&object={}", record(2)), true), ("from=2027-01-01&to=2027-12-31".to_owned(), true)] {
            let figures = town.get("head", &format!("/api/v1/figures?{query}"))["figures"].as_array().unwrap().clone();
            let page = browser.page(&format!("/app/figures?{query}"));
            let mut numbers = 0;
            for figure in &figures {
                let (value, text, to) = shown(&page, figure["code"].as_str().unwrap());
                let code = figure["code"].as_str().unwrap();
                assert_eq!(value, figure["value"]["hundredths"].as_i64(), "{code} of {query}");
                let Some(value) = value else { continue };
                numbers += 1;
                if figure["measure"] == "count" {
                    assert_eq!(text.replace(',', "").parse::<i64>().unwrap() * 100, value, "{code}");
                }
                let one = browser.page(&to);
                assert_eq!(between(&one, "<p class=\"big\"><data value=\"", "\"").parse::<i64>().unwrap(), value, "{code}");
            }
            assert!(numbers > if few { 20 } else { 30 }, "{numbers}");
            // The files are the API's.
            let (csv, same) = (browser.get(&format!("/app/figures.csv?{query}")), site.get(&format!("/api/v1/figures.csv?{query}")).bearer_auth(&town.desks["head"]).send().unwrap());
            assert_eq!(csv.headers()["content-type"], same.headers()["content-type"]);
            assert_eq!(csv.text().unwrap(), same.text().unwrap());
            assert_eq!(browser.get(&format!("/app/figures.xlsx?{query}")).headers()["content-type"], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        }
        let page = browser.page(&format!("/app/figures?{YEAR}"));
        let behind = |code: &str| rows(&browser, &shown(&page, code).2);
        let distinct = |rows: &[Row], of: fn(&Row) -> String| rows.iter().map(of).collect::<BTreeSet<_>>().len() as i64;
        let number = |code: &str| shown(&page, code).0.unwrap();
        assert_eq!(number("visits"), 100 * distinct(&behind("visits"), |row| row.0.clone()));
        assert_eq!(number("sites"), 100 * distinct(&behind("sites"), |row| row.1.clone()));
        assert_eq!(number("joint"), 100 * distinct(&behind("joint"), |row| row.2.clone()));
        assert_eq!(number("spared"), 100 * behind("spared").len() as i64);
        let share = behind("joint_share");
        let side = |name: &str| share.iter().filter(|row| row.3 == name).map(|row| row.0.clone()).collect::<BTreeSet<_>>().len() as i64;
        assert_eq!((side("above"), side("below"), number("joint_share")), (1, 2, 5_000));
        let days = rows(&browser, &format!("/app/figures/in_time?{YEAR}"));
        let met: i64 = days.iter().map(|row| row.4).sum();
        assert!(days.is_empty() || number("in_time") == (met * 20_000 + days.len() as i64).div_euclid(2 * days.len() as i64), "{days:?}");
        // The charts are drawn from the same: by month, and the month leads to its rows.
        let joint = between(&page, "id=\"chart-joint\"", "</figure>");
        assert!(joint.contains("<svg") && joint.contains(">50%</a>"), "{joint}");
        let months = between(&page, "id=\"chart-spared\"", "</figure>");
        let total: i64 = months.split("<td class=\"n\"><a href=\"").skip(1).map(|cell| between(cell, "\">", "</a>").parse::<i64>().unwrap()).sum();
        assert_eq!((total * 100, months.matches("<tr>").count()), (number("spared"), 1 + 12));
        // What cannot be narrowed so has no number, says why, and its page leads back.
        let narrowed = browser.page(&format!("/app/figures?{YEAR}&matter={}", crate::town::matter_of("enforcement")));
        assert!(shown(&narrowed, "visits").0.is_none() && between(&narrowed, "<tr id=\"visits\">", "</tr>").contains("不能按此筛选：事项"));
        let unfit = browser.get(&format!("/app/figures/visits?{YEAR}&matter={}", crate::town::matter_of("enforcement")));
        assert_eq!(unfit.status(), 422);
        assert!(unfit.text().unwrap().contains(&format!("/app/figures/visits?{}", YEAR.replace('&', "&#38;"))));
        // An object is found by its name; of several that fit one is chosen.
        assert!(browser.page(&with_query("/app/figures", &[("from", "2026-01-01"), ("to", "2026-12-31"), ("object", "工地2")])).contains("<b>工地2</b>"));
        let several = browser.get(&with_query("/app/figures", &[("from", "2026-01-01"), ("to", "2026-12-31"), ("object", "工地")]));
        assert_eq!(several.status(), 422);
        let several = several.text().unwrap();
        assert!((1..=3).all(|n| several.contains(&format!("object={}", record(n)))) && several.contains("value=\"工地\""), "{several}");
        // Somebody of another unit sees nothing of it, and is told what to do.
        let stranger = desk(&site, "stranger", "squad-xinming", Scope::Unit);
        let page = stranger.page(&format!("/app/figures?{YEAR}"));
        assert!(shown(&page, "visits").0 == Some(0) && page.contains("这一期间没有任何记录") && rows(&stranger, &shown(&page, "visits").2).is_empty());
        assert_eq!(stranger.get(&format!("/app/figures/none?{YEAR}")).status(), 404);
    }

    fn what_is_wrong_with_a_question_stands_at_its_field_and_what_was_typed_stays(site) {
        let who = site.officer("li", &[Role::Officer], &[]);
        let browser = Browser::new(&site);
        browser.log_in(&who, "");
        for (query, at) in [
            ("from=2026-12-31&to=2026-01-01", "to-mistake"),
            ("from=1990-01-01&to=2026-01-01", "from-mistake"),
            ("from=x&to=2026-01-01", "from-mistake"),
            ("from=2026-01-01&to=2026-06-30&object=nothing", "object-mistake"),
            ("from=2026-01-01&to=2026-06-30&object=00000000000000000000000000000099", "object-mistake"),
            ("from=2026-01-01&to=2026-06-30&object=%21", "object-mistake"),
            ("from=2026-01-01&to=2026-06-30&matter=nothing", "matter-mistake"),
        ] {
            for path in ["/app/figures", "/app/figures/visits"] {
                let response = browser.get(&format!("{path}?{query}"));
                assert_eq!(response.status(), 422, "{path}?{query}");
                let page = response.text().unwrap();
                assert!(page.contains(&format!("id=\"{at}\"")) && page.contains(&format!("aria-describedby=\"{at}\"")), "{path}?{query}");
            }
        }
        let evil = browser.get(&with_query("/app/figures", &[("from", "\"><script>alert(1)</script>"), ("object", "<script>alert(2)</script>"), ("organ", "<script>alert(3)</script>")]));
        let evil = evil.text().unwrap();
        assert!(!evil.contains("<script") && evil.contains("alert(1)") && evil.contains("alert(2)") && evil.contains("alert(3)"));
        assert_eq!(browser.get("/app/figures?from=2026-01-01&from=2026-02-01&to=2026-06-30&what=ever").status(), 200, "the last word holds");
        assert_eq!(browser.get("/app/figures").status(), 200, "this year, if nothing is asked");
    }

    fn what_people_write_is_shown_as_they_wrote_it_and_does_nothing(site) {
        let town = Town::new(&site, &OFFICERS);
        let name = "<script>alert(1)</script>\"'&";
        town.begin("site", record(1), &[("name", json!(name))]);
        town.visited(10, record(1), &[("enforcement", "daily")], &OFFICERS, &[]);
        let browser = desk(&site, "clerk", "team-office", Scope::District);
        let page = browser.page(&format!("/app/figures/sites?{YEAR}"));
        assert!(!page.contains("<script") && page.contains(">&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;</a>"), "{page}");
        let narrowed = browser.page(&format!("/app/figures?{YEAR}&object={}", record(1)));
        assert!(!narrowed.contains("<script") && narrowed.contains("&#60;script&#62;"));
    }

    fn a_page_speaks_the_language_that_was_last_asked_for(site) {
        let who = site.officer("li", &[Role::Officer], &[]);
        let browser = Browser::new(&site);
        assert!(browser.page("/app/login").contains("<h1>登录</h1>"));
        assert!(browser.page("/app/login?lang=en").contains("<h1>Log in</h1>"));
        browser.log_in(&who, "");
        let page = browser.get(&format!("/app/figures?{YEAR}"));
        assert_eq!(page.headers()["content-language"], "en");
        let page = page.text().unwrap();
        assert!(page.contains("<html lang=\"en\">") && page.contains("Visits on site") && !page.contains("现场检查次数"));
        let other = unescaped(between(&page, "class=\"lang\" href=\"", "\""));
        assert_eq!(other, format!("/app/figures?{YEAR}&lang=zh"), "the switch keeps what is asked for");
        assert!(browser.page(&other).contains("现场检查次数") && browser.page("/app/figures").contains("现场检查次数"));
    }
}

#[test]
fn a_page_lets_nothing_in_but_its_own_style() {
    let site = Site::new(Engine::Sqlite);
    let browser = Browser::new(&site);
    browser.log_in(&site.officer("li", &[Role::Officer], &[]), "");
    assert_eq!(POLICY, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    for path in ["/app", "/app/login", "/app/figures", "/app/figures/visits", "/app/figures/none", "/app/figures?from=x"] {
        let response = browser.get(path);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-security-policy"), POLICY, "{path}");
        assert_eq!((header("cache-control"), header("x-content-type-options"), header("referrer-policy")), ("no-store".into(), "nosniff".into(), "same-origin".into()));
        let page = response.text().unwrap();
        for foreign in ["<script", " style=", " onclick=", "javascript:", "http://", "https://", "src="] {
            assert!(!page.contains(foreign), "{path}: {foreign}");
        }
        for once in ["<h1>", "<main ", "<title>", "class=\"skip\""] {
            assert_eq!(page.matches(once).count(), 1, "{path}: {once}");
        }
        // Every field has its label, and nothing bears a name twice.
        let ids: Vec<&str> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{path}: {ids:?}");
        for field in page.split("<input ").chain(page.split("<select ")).filter(|rest| rest.starts_with("id=\"")) {
            let id = between(field, "id=\"", "\"");
            assert!(page.contains(&format!("<label for=\"{id}\">")), "{path}: {id}");
        }
        let style = between(&page, "<link rel=\"stylesheet\" href=\"", "\"");
        let sheet = browser.get(style);
        assert_eq!((sheet.status().as_u16(), sheet.headers()["cache-control"].to_str().unwrap()), (200, "public, max-age=31536000, immutable"));
        assert!(page.len() + sheet.text().unwrap().len() < 150 * 1024, "{path}: {}", page.len());
    }
}

#[test]
fn cookies_are_for_tls_only_where_the_server_knows_of_tls_and_its_public_address_is_an_origin() {
    let site = Site::with(Engine::Sqlite, |config| config.public_url = Some("https://zhifa.example/office".into()));
    let who = site.officer("li", &[Role::Officer], &[]);
    let browser = Browser::new(&site);
    let token = csrf(&browser.page("/app/login"));
    let form = [("officer", who.as_str()), ("password", PASSWORD), ("csrf", &token)];
    for evil in ["https://zhifa.example.evil", "https://zhifa", "http://zhifa.example"] {
        assert_eq!(browser.post_from("/app/login", &form, &[("Origin", evil)]).status(), 403, "{evil}");
    }
    let done = browser.post_from("/app/login", &form, &[("Origin", "https://zhifa.example")]);
    assert_eq!(gone(&done), "/app");
    let cookies: Vec<&str> = done.headers().get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect();
    assert!(cookies.len() == 2 && cookies.iter().all(|c| c.contains("Secure") && c.contains("HttpOnly")), "{cookies:?}");
}

#[test]
fn whoever_guesses_at_the_form_is_slowed_down_as_at_the_call() {
    let site = Site::new(Engine::Sqlite);
    let who = site.officer("li", &[Role::Officer], &[]);
    let browser = Browser::new(&site);
    for _ in 0..zhifa_server::auth::throttle::ACCOUNT_LIMIT {
        assert_eq!(browser.try_log_in(&who, "wrong password", "", "").status(), 401);
    }
    let refused = browser.try_log_in(&who, PASSWORD, "", "");
    assert_eq!(refused.status(), 429);
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 60 && refused.text().unwrap().contains("十五分钟"));
    assert_eq!(site.try_log_in(&who, PASSWORD, None).status(), 429, "they are counted together");
}

/// Where a page leads, over all roles: for the test that walks every route.
pub fn session(site: &Site, officer: &OfficerId, otp: &str) -> String {
    let browser = Browser::new(site);
    browser.log_in(officer, otp);
    let cookie = browser.cookies.borrow()["zhifa_session"].clone();
    format!("zhifa_session={cookie}")
}
