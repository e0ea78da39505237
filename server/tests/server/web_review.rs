//! The review queue in a browser: what waits, a clash with all that is known of it, decisions, and forms that keep what was entered.

use serde_json::{Value as Json, json};
use sync_core::record::ActCall;
use zhifa_server::org::Role;
use zhifa_server::web::layout::with_query;

use crate::harness::{Bent, Handheld, Site, ok, record};
use crate::on_both;
use crate::web_figures::{Browser, between, csrf, gone, unescaped};

/// A reviewer at his desk.
fn reviewer(site: &Site) -> Browser<'_> {
    let who = site.officer("rev", &[Role::Reviewer], &[]);
    site.bind(&who);
    let browser = Browser::new(site);
    browser.log_in(&who, &site.otp(&who));
    browser
}

/// Two officers write different values, neither in sight of the other's.
fn clash(site: &Site, key: &str, [one, two]: [&str; 2]) -> (Handheld, Handheld) {
    let (a, b) = (site.handheld("a"), site.handheld("b"));
    site.push(&a, &[a.begin(record(1)), a.write(record(1), &[(key, one, &[])])]);
    let bent = Bent { after: vec![a.dot(1)], ..Bent::default() };
    assert_eq!(site.push_one(&b, &b.write_bent(record(1), &[(key, two, &[])], &bent))["contested"], json!([key]));
    (a, b)
}

fn api(site: &Site, token: &str) -> Json {
    ok(site.get(&format!("/api/v1/records/{}", record(1))).bearer_auth(token).send().unwrap())
}

fn etag(page: &str) -> String {
    unescaped(between(page, "name=\"etag\" value=\"", "\""))
}

on_both! {
    fn a_clash_is_found_from_the_way_in_compared_and_decided_with_a_reason(site) {
        let (a, b) = clash(&site, "answers.x", ["{\"result\":\"ok\"}", "{\"result\":\"bad\"}"]);
        let desk = reviewer(&site);
        let home = desk.page("/app");
        assert!(home.contains("<b class=\"number\">1</b>") && home.contains("/app/queue?class=contested"), "{home}");
        let queue = desk.page("/app/queue?class=contested");
        let path = format!("/app/records/{}/clash", record(1));
        assert!(queue.contains(&format!("href=\"{path}\"")), "{queue}");
        let at = gone(&desk.get(&path));
        assert_eq!(at, format!("{path}/answers.x"));
        let page = desk.page(&at);
        for told in ["result", "ok", "bad", &a.dot(2).to_string(), &b.dot(1).to_string(), "此前没有值", "测试"] {
            assert!(page.contains(told), "{told}: {page}");
        }
        if let Ok(folder) = std::env::var("ZHIFA_SEE") {
            for (name, page) in [("home", &home), ("queue", &queue), ("clash", &page), ("record", &desk.page(&format!("/app/records/{}", record(1))))] {
                std::fs::write(format!("{folder}/{name}.html"), page).unwrap();
            }
        }
        // One script of our own by its address, and none in the page.
        assert!(page.matches("<script").count() == 1 && page.contains("<script src=\"/app/keys.js?") && !page.contains(" onclick=") && !page.contains(" style="));
        let script = desk.get(between(&page, "<script src=\"", "\""));
        assert_eq!(script.headers()["content-type"].to_str().unwrap(), "text/javascript; charset=utf-8");
        assert!(page.len() + script.text().unwrap().len() < 100_000);
        let (token, shown) = (csrf(&page), etag(&page));
        let send = |choice: &str, reason: &str| desk.post(&at, &[("csrf", &token), ("etag", &shown), ("choice", choice), ("reason", reason)]);
        // What is missing is said at its place, and what was entered is kept.
        let again = send(&b.dot(1).to_string(), " ");
        assert_eq!(again.status(), 422);
        let again = again.text().unwrap();
        assert!(again.contains("请说明理由") && again.contains(&format!("value=\"{}\" checked", b.dot(1))), "{again}");
        let again = send("", "看照片为准").text().unwrap();
        assert!(again.contains("请选定一个值") && again.contains("value=\"看照片为准\""), "{again}");
        assert_eq!(send("own", "x").status(), 422, "a map is not written by hand");
        assert_eq!(gone(&send(&b.dot(1).to_string(), "看照片为准")), path);
        assert_eq!(gone(&desk.get(&path)), "/app/queue?class=contested&done=1");
        // Sent twice, or after somebody else: nothing is written, and the page says so.
        assert_eq!(send(&b.dot(1).to_string(), "看照片为准").status(), 422);
        let view = api(&site, &site.log_in(&"rev".parse().unwrap()));
        let field = view["fields"].as_array().unwrap().iter().find(|f| f["key"] == "answers.x").unwrap().clone();
        assert_eq!((&field["reading"], &field["candidates"][0]["value"], &field["candidates"][0]["reason"]), (&json!("one"), &json!({ "result": "bad" }), &json!("看照片为准")));
        assert!(desk.page(&at).contains("没有分歧"));
        assert!(desk.page("/app").contains("没有要办的事"));
    }

    fn a_text_may_be_written_anew_and_a_value_that_came_meanwhile_is_shown(site) {
        let (_, b) = clash(&site, "remarks.a", ["\"13800000001\"", "\"<script>alert(2)</script>\""]);
        let desk = reviewer(&site);
        let at = format!("/app/records/{}/clash/remarks.a", record(1));
        let page = desk.page(&at);
        assert!(!page.contains("<script>alert") && page.contains("&#60;script&#62;alert(2)"), "what people write is text");
        let (token, shown) = (csrf(&page), etag(&page));
        // A third value arrives while the reviewer thinks.
        let c = site.handheld("c");
        let bent = Bent { after: vec![b.dot(1)], ..Bent::default() };
        site.push_one(&c, &c.write_bent(record(1), &[("remarks.a", "\"13800000003\"", &[])], &bent));
        let send = |etag: &str, own: &str| desk.post(&at, &[("csrf", &token), ("etag", etag), ("choice", "own"), ("own", own), ("reason", "电话核实")]);
        let late = send(&shown, "13800000009");
        assert_eq!(late.status(), 412);
        let late = late.text().unwrap();
        assert!(late.contains("13800000003") && late.contains("value=\"13800000009\"") && late.contains("value=\"电话核实\""), "{late}");
        assert_eq!(send(&etag(&late), " ").status(), 422);
        assert_eq!(gone(&send(&etag(&late), "13800000009")), format!("/app/records/{}/clash", record(1)));
        let view = api(&site, &site.log_in(&"rev".parse().unwrap()));
        assert!(view["fields"].as_array().unwrap().iter().any(|f| f["key"] == "remarks.a" && f["candidates"][0]["value"] == "13800000009"));
    }

    fn an_exception_is_confirmed_on_the_records_page_and_quarantine_is_worked_in_the_queue(site) {
        let a = site.handheld("a");
        site.push(&a, &[a.begin(record(1))]);
        let bent = Bent { act: Some(ActCall::new("sign")), ..Bent::default() };
        site.push_one(&a, &a.write_bent(record(1), &[("phone", "\"1\"", &[])], &bent));
        let desk = reviewer(&site);
        assert!(desk.page("/app/queue?class=excepted").contains(&format!("/app/records/{}", record(1))));
        let at = format!("/app/records/{}", record(1));
        let page = desk.page(&at);
        let (token, form) = (csrf(&page), format!("{at}/exceptions/{}", a.dot(2)));
        assert!(page.contains(&form), "{page}");
        let bare = desk.post(&form, &[("csrf", &token), ("act", "confirm"), ("reason", " ")]);
        assert!(bare.status() == 422 && bare.text().unwrap().contains("请说明理由"));
        assert_eq!(gone(&desk.post(&form, &[("csrf", &token), ("act", "confirm"), ("reason", "情况属实")])), at);
        assert!(!desk.page(&at).contains("/exceptions/"));
        // Of a suspended officer: in quarantine until somebody decides.
        site.suspend(&"a".parse().unwrap(), true);
        site.push(&a, &[a.write(record(1), &[("risk", "\"high\"", &[])]), a.write(record(1), &[("phone", "\"2\"", &[])])]);
        let queue = desk.page("/app/queue?class=quarantined");
        assert_eq!(queue.matches("data-dot=").count(), 2, "{queue}");
        let token = csrf(&queue);
        assert_eq!(gone(&desk.post(&format!("/app/changes/{}/release", a.dot(3)), &[("csrf", &token)])), "/app/queue?class=quarantined&done=1");
        assert_eq!(desk.post(&format!("/app/changes/{}/dismiss", a.dot(4)), &[("csrf", &token), ("reason", "")]).status(), 422);
        assert_eq!(gone(&desk.post(&format!("/app/changes/{}/dismiss", a.dot(4)), &[("csrf", &token), ("reason", "停职期间")])), "/app/queue?class=quarantined&done=1");
        assert!(desk.page("/app/queue?class=quarantined").contains("隔离区是空的"));
        // Notices, with whatever their subject holds.
        let notices = desk.page("/app/queue?class=notices");
        for subject in notices.split("name=\"subject\" value=\"").skip(1).map(|rest| unescaped(rest.split('"').next().unwrap())) {
            assert_eq!(gone(&desk.post("/app/notices/done", &[("csrf", &token), ("subject", &subject)])), "/app/queue?class=notices&done=1");
        }
        assert!(desk.page("/app/queue?class=notices").contains("没有提示"));
    }

    fn whoever_only_reads_decides_nothing_and_what_is_beyond_reach_is_not_there(site) {
        clash(&site, "remarks.a", ["\"1\"", "\"2\""]);
        let who = site.officer("sup", &[Role::Supervisor], &[]);
        let desk = Browser::new(&site);
        site.bind(&who);
        desk.log_in(&who, &site.otp(&who));
        let at = format!("/app/records/{}/clash/remarks.a", record(1));
        let page = desk.page(&at);
        assert!(!page.contains("name=\"choice\"") && page.contains("由复核人员决定"), "{page}");
        assert!(page.contains("1") && desk.page(&with_query(&at, &[("lang", "en")])).contains("reviewers decide"));
        let form = [("csrf", csrf(&page)), ("etag", etag(&page)), ("choice", "own".into()), ("own", "3".into()), ("reason", "x".into())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(desk.post(&at, &form).status(), 403);
        let far = site.officer_of("far", &[Role::SquadLeader], "elsewhere", Some(zhifa_server::org::Scope::Unit), &[]);
        let desk = Browser::new(&site);
        site.bind(&far);
        desk.log_in(&far, &site.otp(&far));
        for path in [at.clone(), format!("/app/records/{}", record(1)), format!("/app/records/{}/clash", record(1))] {
            assert_eq!(desk.get(&path).status(), 404, "{path}");
        }
        assert!(desk.page("/app/queue").contains("没有分歧") && desk.page("/app/queue?class=notices").contains("数据范围"));
    }
}
