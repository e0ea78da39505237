//! The page behind the code of the act: what it shows when, what it never shows, and the rating.

use std::cell::Cell;

use reqwest::blocking::{Client, Response};
use reqwest::redirect::Policy;
use serde_json::{Value as Json, json};
use sync_core::base::{RecordId, UtcMs};
use sync_core::district::{OfficeWrite, office_write};
use sync_core::number::{NewCode, Sort, Stock};
use sync_core::record::{Draft, Value, read_field};
use zhifa_server::base::clock::Clock as _;
use zhifa_server::org::{Role, ops};
use zhifa_server::sync::store::Want;

use crate::harness::{Handheld, Site, ok, record};
use crate::numbers::{TODAY, enter_book, policy, refill};
use crate::on_both;

/// An office with a leader of unit `u1`, a handheld with numbers, and a browser.
struct Office<'a> {
    site: &'a Site,
    handheld: Handheld,
    token: String,
    stock: Cell<Stock>,
    browser: Client,
}

impl<'a> Office<'a> {
    fn new(site: &'a Site) -> Office<'a> {
        enter_book(site);
        let handheld = site.handheld("field");
        let mut stock = Stock::default();
        refill(site, &handheld, &mut stock);
        let leader = site.officer_of("leader", &[Role::SquadLeader], "u1", None, &["u:u1"]);
        let browser = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Office { site, handheld, token: site.log_in(&leader), stock: Cell::new(stock), browser }
    }

    fn code(&self) -> NewCode {
        let mut stock = self.stock.take();
        let code = stock.take(Sort::ACT, "team", TODAY).unwrap();
        self.stock.set(stock);
        code
    }

    fn begin(&self, id: RecordId, code: &NewCode, more: &[(&str, Json)]) {
        let mut fields = vec![
            ("unit", json!("u1")),
            ("code", code.to_json()),
            ("mode", json!("daily")),
            ("planned_date", json!("2026-09-23")),
            ("site.name", json!("新达工地<script>alert(1)</script>")),
            ("site.address", json!("剑兰路 8 号")),
            ("contact.name", json!("王联系")),
            ("contact.phone", json!("13800000000")),
            ("organs.fire", json!({ "basis": "消防法第五十三条", "kind": "daily", "matters": ["F-1"] })),
            ("organs.team", json!({ "basis": "浙江省综合行政执法条例第十四条", "kind": "daily", "matters": ["C-1"] })),
            ("participants.chen", json!({ "certificate": "33990000001", "department": "team", "name": "陈一帆", "role": "lead" })),
            ("participants.lin", json!({ "department": "fire", "name": "林小河", "role": "officer" })),
            ("participants.wu", json!({ "department": "team", "name": "吴辅助", "role": "auxiliary" })),
        ];
        fields.extend(more.iter().cloned());
        let edits: Vec<Json> = fields.iter().map(|(field, value)| json!({ "field": field, "value": value })).collect();
        let begun: Json = ok(self.site.post("/api/v1/records").bearer_auth(&self.token).json(&json!({ "kind": "visit", "record": id, "edits": edits })).send().unwrap());
        assert_eq!(begun["disposition"]["state"], "applied", "{begun}");
    }

    fn act(&self, id: RecordId, act: &str, edits: &[(&str, Json)], stage: &str) {
        let edits: Vec<Json> = edits.iter().map(|(field, value)| json!({ "field": field, "value": value })).collect();
        let body = json!({ "act": act, "edits": edits, "reason": "测试" });
        let acts = format!("/api/v1/records/{id}/acts");
        let mut done: Json = ok(self.site.post(&acts).bearer_auth(&self.token).json(&body).send().unwrap());
        // What the visit lacks is not what these tests are about: the reviewer lets it stand.
        if done["disposition"]["excepted"].is_array() {
            let confirm = json!({ "act": "confirm", "dot": done["dot"], "reason": "测试" });
            done = ok(self.site.post(&acts).bearer_auth(&self.token).json(&confirm).send().unwrap());
        }
        assert_eq!(done["stage"], stage, "{done}");
    }

    /// From begun to the result issued, with two items answered and an order.
    fn finish(&self, id: RecordId) {
        self.act(id, "start_urgent", &[], "CHECKED_IN");
        let item = |title: &str| json!({ "covers": ["i"], "departments": ["team"], "photo": false, "title": title });
        let form = json!({ "department": "team", "template": "t1", "title": "检查表", "version": 1 });
        self.act(id, "record", &[("form.t1", form), ("items.a", item("围挡")), ("items.b", item("消防通道"))], "RECORDING");
        let answers = [
            ("answers.a", json!({ "result": "ok" })),
            ("answers.b", json!({ "result": "bad" })),
            ("orders.o1", json!({ "basis": "行政处罚法第二十八条", "deadline": "2026-10-08", "demand": "向王联系说明并清理通道", "department": "fire", "items": ["b"] })),
            ("party", json!({ "name": "李当事", "refused": true, "role": "项目经理", "witness": "见证人" })),
        ];
        self.act(id, "party_refuse", &answers, "SIGNED");
        let result = json!({ "conclusion": "发现一项不符合，已责令改正。", "delivered_ms": 1_790_000_000_000_i64, "to": "李当事" });
        self.act(id, "issue_result", &[("result", result)], "RESULT_ISSUED");
    }

    fn get(&self, token: &str, query: &str) -> Response {
        self.browser.get(self.site.url(&format!("/c/{token}{query}"))).send().unwrap()
    }

    fn rate(&self, token: &str, form: &[(&str, &str)]) -> Response {
        let body: Vec<String> = form.iter().map(|(k, v)| format!("{k}={}", v.bytes().map(|b| format!("%{b:02X}")).collect::<String>())).collect();
        let url = self.site.url(&format!("/c/{token}/rating"));
        self.browser.post(url).header("content-type", "application/x-www-form-urlencoded").body(body.join("&")).send().unwrap()
    }

    /// The rating that stands on the record.
    fn standing(&self, id: RecordId) -> Option<Json> {
        let record = self.site.running().app.committer.run_blocking(Want::default(), move |store| store.look(id)).unwrap().unwrap();
        read_field(&record, &sync_core::visit::KIND, "ratings.page").value().map(|v| v.to_json())
    }
}

fn html(response: Response, status: u16) -> String {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    response.text().unwrap()
}

fn holds(text: &str, all: &[&str], none: &[&str]) {
    for part in all {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    for part in none {
        assert!(!text.contains(part), "{part} is in {text}");
    }
}

/// What concerns the party and nobody else.
const PERSONAL: &[&str] = &["王联系", "13800000000", "李当事", "见证人", "剑兰路", "说明并清理", "<script>"];

on_both! {
    fn before_entry_the_page_says_who_comes_on_what_basis_and_what_one_may_refuse(site) {
        let office = Office::new(&site);
        let code = office.code();
        office.begin(record(1), &code, &[]);
        let page = html(office.get(&code.token, ""), 200);
        let shown = ["本码真实有效", "综合行政执法队", "消防救援大队", "消防法第五十三条", "C-1", "陈一帆", "33990000001", "林小河", "未登记执法证号", "2026-09-23", &code.no, "第五十五条", "12345"];
        holds(&page, &shown, PERSONAL);
        holds(&page, &["新达工地&#60;script&#62;", "牵头"], &["吴辅助", "五个严禁", "<form", "检查结果"]);
        let english = html(office.get(&code.token, "?lang=en"), 200);
        holds(&english, &["lang=\"en\"", "This code is genuine", "art. 55", "no certificate on record", "Not approved yet", "class=\"verdict mind\""], &["本码真实有效"]);
        assert!(english.find("综合行政执法队") < english.find("消防救援大队"), "the lead stands first");
        policy(&site, "inspection.bans", json!({ "text": "一、严禁逐利检查；\n二、……" }));
        holds(&html(office.get(&code.token, ""), 200), &["五个严禁", "严禁逐利检查"], &["八个不得"]);
    }

    fn its_headers_let_nothing_else_in_and_nothing_out(site) {
        let office = Office::new(&site);
        let code = office.code();
        office.begin(record(1), &code, &[]);
        for response in [office.get(&code.token, ""), office.get("x", "")] {
            let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
            assert!(header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
            assert_eq!((header("referrer-policy").as_str(), header("cache-control").as_str()), ("no-referrer", "no-store"));
            assert_eq!((header("x-robots-tag").as_str(), header("x-content-type-options").as_str()), ("noindex, nofollow", "nosniff"));
            assert!(response.headers().get("set-cookie").is_none());
            let page = response.text().unwrap();
            holds(&page, &["<style>"], &["<script", "http://", "https://", "style=\""]);
        }
        let picture = office.get(&code.token, "/qr.svg");
        assert_eq!(picture.headers()["content-type"], "image/svg+xml");
        assert!(picture.text().unwrap().contains("<svg"));
        assert_eq!(office.get("x", "/qr.svg").status(), 404);
    }

    fn after_the_result_it_says_what_was_found_and_by_when(site) {
        let office = Office::new(&site);
        let code = office.code();
        office.begin(record(1), &code, &[]);
        office.finish(record(1));
        office.act(record(1), "order", &[], "RECTIFYING");
        let page = html(office.get(&code.token, ""), 200);
        holds(&page, &["发现一项不符合", "2026-10-08", "整改中", "待复查", "行政处罚法第二十八条", "<form method=\"post\""], PERSONAL);
        holds(&page, &["<dt>不符合</dt><dd>1</dd>", "<dt>检查项</dt><dd>2</dd>"], &["您的权利"]);
    }

    fn a_code_says_what_it_is_worth(site) {
        let office = Office::new(&site);
        let (waiting, void, lost) = (office.code(), office.code(), office.code());
        holds(&html(office.get(&waiting.token, ""), 200), &["本码真实有效", "检查信息尚未上传", "12345"], &[]);
        let altered = waiting.token.replacen(&waiting.token[40..41], if &waiting.token[40..41] == "A" { "B" } else { "A" }, 1);
        for token in ["x", &altered, &waiting.token[..100], &"A".repeat(500)] {
            holds(&html(office.get(token, ""), 404), &["不是本系统签发的码", "12345"], &["本码真实有效"]);
        }
        let mut stock = office.stock.take();
        assert!(stock.spoil(&void.series, void.seq, "打印污损"));
        refill(&site, &office.handheld, &mut stock);
        holds(&html(office.get(&void.token, ""), 410), &["此码已作废", "12345"], &["真实有效"]);
        holds(&html(office.get(&lost.token, ""), 200), &["检查信息尚未上传"], &[]);
        let device = office.handheld.device;
        site.running().app.committer.run_blocking(Want::default(), move |store| ops::revoke_device(store, ops::SYSTEM, device)).unwrap().unwrap();
        holds(&html(office.get(&lost.token, "?lang=en"), 410), &["withdrawn"], &[]);
    }

    fn a_number_of_two_visits_is_told_and_a_joined_one_is_not(site) {
        let office = Office::new(&site);
        let code = office.code();
        office.begin(record(1), &code, &[]);
        office.begin(record(2), &code, &[]);
        holds(&html(office.get(&code.token, ""), 200), &["此码对应多次检查"], &["陈一帆"]);
        let third = office.code();
        office.begin(record(3), &third, &[]);
        office.begin(record(4), &third, &[]);
        let keys = site.running().app.keys.clone();
        let joined = site.running().app.committer.run_blocking(Want::default(), move |store| {
            let edit = ("joined_into".parse().unwrap(), Value::from_json(&json!(record(3))).unwrap(), vec![], None);
            let (kinds, now, draft) = (store.kinds, store.now, Draft { edits: vec![edit], ..Draft::of(record(4), "visit") });
            office_write(store, kinds, &OfficeWrite { draft, officer: "system".parse().unwrap() }, &keys.receipt, now)
        });
        joined.unwrap().unwrap();
        holds(&html(office.get(&third.token, ""), 200), &["本码真实有效", "陈一帆"], &["此码对应多次检查"]);
    }

    fn a_cancelled_visit_is_no_ground_to_enter(site) {
        let office = Office::new(&site);
        let code = office.code();
        office.begin(record(1), &code, &[]);
        office.act(record(1), "cancel", &[], "CANCELLED");
        holds(&html(office.get(&code.token, ""), 200), &["本次检查已取消", "class=\"verdict bad\""], &[]);
    }

    fn a_visit_is_rated_once_and_again_for_thirty_days(site) {
        let office = Office::new(&site);
        let code = office.code();
        office.begin(record(1), &code, &[]);
        assert_eq!(html(office.rate(&code.token, &[("score", "5")]), 409).matches("检查结果告知后").count(), 0, "there is no form before the result");
        office.finish(record(1));
        assert_eq!(office.standing(record(1)), None);
        let done = office.rate(&code.token, &[("lang", "en"), ("score", "4"), ("text", "很好\r\n<b>专业</b>\u{0}")]);
        assert_eq!((done.status().as_u16(), done.headers()["location"].to_str().unwrap()), (303, format!("/c/{}?lang=en&rated=1", code.token).as_str()));
        let rated = office.standing(record(1)).unwrap();
        assert_eq!((rated["score"].as_i64(), rated["text"].as_str()), (Some(4), Some("很好\n<b>专业</b>")));
        holds(&html(office.get(&code.token, "?rated=1"), 200), &["评价已提交", "已评价：<span class=\"strong\">4</span>"], &["很好"]);
        // The same form again is the same rating; another one replaces it.
        site.clock.advance(60_000);
        office.rate(&code.token, &[("score", "4"), ("text", "很好\r\n<b>专业</b>")]);
        assert_eq!(office.standing(record(1)).unwrap()["ms"], rated["ms"]);
        assert_eq!(office.rate(&code.token, &[("score", "2")]).status(), 303);
        assert_eq!(office.standing(record(1)).unwrap()["score"], 2);
        assert_eq!(site.audited("visit.rated").len(), 2);
        site.clock.set(UtcMs(site.clock.now().0 + 31 * 86_400_000));
        holds(&html(office.rate(&code.token, &[("score", "1")]), 409), &["评价期已结束"], &["<form"]);
        assert_eq!(office.standing(record(1)).unwrap()["score"], 2);
    }

    fn a_form_that_is_filled_in_wrongly_keeps_what_was_typed(site) {
        let office = Office::new(&site);
        let code = office.code();
        office.begin(record(1), &code, &[]);
        office.finish(record(1));
        for score in ["", "0", "6", "x"] {
            holds(&html(office.rate(&code.token, &[("score", score), ("text", "等了\"两\"小时")]), 422), &["请选择 1 至 5 分", "等了&#34;两&#34;小时"], &[]);
        }
        holds(&html(office.rate(&code.token, &[("score", "3"), ("text", &"长".repeat(501))]), 422), &["最多 500 字"], &[]);
        assert_eq!(office.rate(&code.token, &[("score", "3"), ("text", &"长".repeat(500))]).status(), 303);
        assert_eq!(html(office.rate("x", &[("score", "3")]), 404).matches("<form").count(), 0);
        let huge = site.post(&format!("/c/{}/rating", code.token)).header("content-type", "application/x-www-form-urlencoded").body("score=3&text=".to_owned() + &"a".repeat(1 << 20));
        assert_eq!(huge.send().unwrap().status(), 422);
    }

    fn ratings_from_one_address_are_slowed_down(site) {
        let office = Office::new(&site);
        let code = office.code();
        office.begin(record(1), &code, &[]);
        office.finish(record(1));
        for n in 0..10 {
            assert_eq!(office.rate(&code.token, &[("score", ["1", "2"][n % 2])]).status(), 303, "{n}");
        }
        holds(&html(office.rate(&code.token, &[("score", "5")]), 429), &["提交过于频繁"], &[]);
        site.clock.advance(16 * 60_000);
        assert_eq!(office.rate(&code.token, &[("score", "5")]).status(), 303);
    }

    fn the_published_key_verifies_what_is_on_paper(site) {
        let office = Office::new(&site);
        let code = office.code();
        let published: zhifa_server::number::keys::Published = ok(site.get("/.well-known/zhifa-keys").send().unwrap());
        let keys = published.usable();
        let token = sync_core::number::Token::verify(&code.token, &keys[0]).unwrap();
        assert_eq!((token.district, token.seq), (published.district, code.seq));
    }
}
