//! Decisions in public: proposed once served, masked, corrected with the old text kept, withdrawn with reasons, never of minors.

use reqwest::blocking::{Client, Response};
use reqwest::redirect::Policy;
use serde_json::{Value as Json, json};
use sync_core::base::RecordId;

use crate::case_hearing::{noticed, set};
use crate::case_investigation::town;
use crate::credit::{TRIO, sealed};
use crate::harness::{Site, ok, problem, record};
use crate::on_both;
use crate::town::{Fields, Town};

fn on(town: &Town<'_>, desk: &str, id: RecordId, what: &str, body: &Json) -> Response {
    town.post(desk, &format!("/api/v1/cases/{id}/publication{what}"), body)
}

fn public(site: &Site, path: &str) -> Response {
    Client::builder().no_proxy().redirect(Policy::none()).build().unwrap().get(site.url(path)).send().unwrap()
}

/// A case that is decided; and served.
fn decided(town: &Town<'_>, n: u128, more: Fields<'_>) -> RecordId {
    let id = noticed(town, n, 20_000, more);
    set(town, id, &[("defence", json!({ "review": "采纳", "statement": "请求从轻" }))], Some("close_defence"));
    let opinion = json!({ "agrees": true, "at_ms": 5, "by": "head", "text": "同意" });
    set(town, id, &[("opinions.decide.head", opinion), ("decision_no", json!("甬高新综执罚决字〔2026〕第0007号"))], Some("decide"));
    id
}

fn served(town: &Town<'_>, n: u128, more: Fields<'_>) -> RecordId {
    let id = decided(town, n, more);
    serve(town, id);
    id
}

fn serve(town: &Town<'_>, id: RecordId) {
    // With the advice and the notice of credit repair, where the party is a firm.
    sealed(town, id, TRIO);
    let documents: Vec<&str> = TRIO.iter().map(|(document, _)| *document).collect();
    set(town, id, &[("served", json!({ "documents": documents, "received_ms": town.now(), "to": "张建国", "video": "v1", "way": "direct" }))], Some("serve"));
}

fn person() -> Vec<(&'static str, Json)> {
    vec![
        ("party.kind", json!("citizen")),
        ("party.name", json!("张建国")),
        ("party.id_no", json!("11010519491231002X")),
        ("party.phone", json!("13800001111")),
        ("title", json!("张建国<b>占道</b>案")),
    ]
}

on_both! {
    fn apl_48_a_decision_is_published_once_it_is_served_and_nothing_personal_is_left(site) {
        let town = town(&site);
        let fields: Vec<(&str, Json)> = person();
        // `begin` names the party itself; the later value of a field is the one that is sent.
        let id = decided(&town, 0xf1, &[]);
        set(&town, id, &fields, None);
        assert_eq!(problem(on(&town, "reviewer", id, "", &json!({}))).0, 409, "not served yet");
        assert!(town.get("reviewer", &format!("/api/v1/cases/{id}/publication"))["proposed"].is_null());
        serve(&town, id);
        let proposal = town.get("reviewer", &format!("/api/v1/cases/{id}/publication"));
        assert_eq!(proposal["proposed"]["party"], "张某某");
        assert!(proposal["due"].is_string(), "七个工作日: {proposal}");
        assert_eq!(problem(on(&town, "leader", id, "", &json!({}))).0, 403);
        let first: Json = ok(on(&town, "reviewer", id, "", &json!({})));
        assert_eq!((&first["version"], &first["state"]), (&json!(1), &json!("published")));
        assert_eq!(ok::<Json>(on(&town, "reviewer", id, "", &json!({}))), first, "the same again is the same");
        assert_eq!(town.field(id, "publicity")[0]["state"], "published");
        for (path, status) in [(format!("/p/decisions/{id}"), 200), ("/p/decisions".to_owned(), 200), (format!("/p/decisions/{id}?lang=en"), 200)] {
            let page = public(&site, &path);
            assert_eq!((page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()), (status, "text/html; charset=utf-8"));
            assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
            let text = page.text().unwrap();
            for secret in ["张建国", "11010519491231002X", "13800001111", "<b>占道"] {
                assert!(!text.contains(secret), "{path}: {secret}");
            }
            assert!(text.contains("张某某"), "{text}");
        }
        let json = public(&site, "/api/v1/public/decisions").text().unwrap();
        assert!(!json.contains("张建国") && json.contains("罚款200.00元"), "{json}");
        assert_eq!(public(&site, &format!("/p/decisions/{}", record(0x9999))).status(), 404);
        assert_eq!(public(&site, "/p/decisions/x").status(), 404);
        assert_eq!(public(&site, "/p/decisions?after=x").status(), 422);
        assert_eq!(public(&site, "/api/v1/public/decisions?after=x").status(), 422);
        assert_eq!(site.audited("case.published").len(), 1);
    }

    fn domain_5_9_a_correction_keeps_the_old_text_and_secrets_are_masked(site) {
        let town = town(&site);
        let id = served(&town, 0xf2, &[]);
        assert_eq!(problem(on(&town, "reviewer", id, "/correct", &json!({ "reason": "笔误" }))).0, 409, "nothing is published");
        ok::<Json>(on(&town, "reviewer", id, "", &json!({})));
        assert_eq!(problem(on(&town, "reviewer", id, "/correct", &json!({ "reason": "笔误" }))).0, 422, "nothing would change");
        let body = json!({ "reason": "面积笔误", "instead": { "facts": "占道堆放材料，面积二十平方米，配方K-7。" }, "secrets": ["配方K-7"] });
        let second: Json = ok(on(&town, "reviewer", id, "/correct", &body));
        assert_eq!((&second["version"], &second["state"]), (&json!(2), &json!("corrected")));
        assert_eq!(ok::<Json>(on(&town, "reviewer", id, "/correct", &body)), second);
        let versions = town.get("reviewer", &format!("/api/v1/cases/{id}/publication"));
        assert!(versions["versions"][0]["body"]["facts"].as_str().unwrap().contains("二百平方米"), "更正记录保留原文: {versions}");
        let page = public(&site, &format!("/p/decisions/{id}")).text().unwrap();
        assert!(page.contains("面积二十平方米") && page.contains("已更正") && page.contains("面积笔误"), "{page}");
        assert!(!page.contains("二百平方米") && !page.contains("K-7"), "what was wrong does not stay in view");
        // Versions are never changed nor removed.
        let list: Json = ok(public(&site, "/api/v1/public/decisions"));
        assert_eq!(list["items"].as_array().unwrap().len(), 1, "one line a decision");
    }

    fn apl_48_what_is_revoked_is_withdrawn_with_its_reason_in_view(site) {
        let town = town(&site);
        let id = served(&town, 0xf3, &[]);
        assert_eq!(problem(on(&town, "reviewer", id, "/withdraw", &json!({ "reason": "撤销" }))).0, 409);
        ok::<Json>(on(&town, "reviewer", id, "", &json!({})));
        let opinion = json!({ "agrees": true, "at_ms": 5, "by": "head", "text": "同意" });
        let ended = json!({ "at_ms": town.now(), "authority": "宁波市人民政府", "reason": "复议撤销" });
        set(&town, id, &[("opinions.revoke_decision.head", opinion), ("ended", ended)], Some("revoke_decision"));
        assert_eq!(problem(on(&town, "reviewer", id, "/correct", &json!({ "reason": "x", "instead": { "facts": "y" } }))).0, 409, "a revoked decision is not corrected");
        assert_eq!(problem(on(&town, "reviewer", id, "/withdraw", &json!({ "reason": "" }))).0, 422);
        let gone: Json = ok(on(&town, "reviewer", id, "/withdraw", &json!({ "reason": "行政复议决定撤销原处罚决定" })));
        assert_eq!((&gone["state"], &gone["version"]), (&json!("withdrawn"), &json!(2)));
        assert_eq!(ok::<Json>(on(&town, "reviewer", id, "/withdraw", &json!({ "reason": "行政复议决定撤销原处罚决定" }))), gone);
        assert_eq!(problem(on(&town, "reviewer", id, "", &json!({}))).0, 409, "nor published anew while it does not stand");
        assert_eq!(town.field(id, "publicity")[0]["state"], "withdrawn");
        let page = public(&site, &format!("/p/decisions/{id}")).text().unwrap();
        assert!(page.contains("本决定的公示已撤回") && page.contains("行政复议决定撤销原处罚决定") && page.contains("第0007号"), "{page}");
        assert!(!page.contains("甲建设") && !page.contains("占道堆放"), "what was taken back is not shown");
        let json: Json = ok(public(&site, &format!("/api/v1/public/decisions/{id}")));
        assert!(json["facts"].is_null() && json["reason"].is_string(), "{json}");
    }

    fn a_minor_is_never_published_and_pages_follow_one_another(site) {
        let town = town(&site);
        let id = served(&town, 0xf4, &[]);
        set(&town, id, &[("party.kind", json!("citizen")), ("party.birth", json!("2009-01-01")), ("act_date", json!("2026-09-01"))], None);
        assert_eq!(problem(on(&town, "head", id, "", &json!({}))).0, 409);
        let done: Json = ok(on(&town, "head", id, "", &json!({ "exempt": "当事人为未成年人" })));
        assert_eq!((&done["state"], town.field(id, "publicity")[0]["state"].as_str()), (&json!("exempt"), Some("exempt")));
        assert_eq!(public(&site, &format!("/p/decisions/{id}")).status(), 404);
        for n in 0xf5..0xf8 {
            let id = served(&town, n, &[]);
            ok::<Json>(on(&town, "reviewer", id, "", &json!({})));
        }
        let one: Json = ok(public(&site, "/api/v1/public/decisions?limit=2"));
        assert_eq!(one["items"].as_array().unwrap().len(), 2);
        let two: Json = ok(public(&site, &format!("/api/v1/public/decisions?limit=2&after={}", one["next"].as_str().unwrap())));
        assert_eq!((two["items"].as_array().unwrap().len(), &two["next"]), (1, &Json::Null));
        let ids: std::collections::BTreeSet<&str> = one["items"].as_array().unwrap().iter().chain(two["items"].as_array().unwrap()).map(|i| i["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 3);
    }
}
