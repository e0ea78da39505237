//! Records in a browser: lists, a case that is filed by opinion and act, a field that two people write, papers, deadlines, what handhelds hold.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;

use crate::harness::{Site, ok, record};
use crate::on_both;
use crate::town::{Town, matter_of};
use crate::web_figures::{Browser, between, csrf, gone, unescaped};

/// A browser of somebody of the town's office.
fn desk<'s>(site: &'s Site, id: &str) -> Browser<'s> {
    // The code that the town's own log-in took is good once.
    site.clock.advance(60_000);
    let (browser, who) = (Browser::new(site), id.parse().unwrap());
    browser.log_in(&who, &site.otp(&who));
    browser
}

fn clue(town: &Town<'_>, n: u128) -> RecordId {
    let body = json!({
        "record": record(n), "source": "complaint", "fact": "泥浆入河", "unit": "squad-juxian", "matter": matter_of("enforcement"), "act_date": "2026-09-21",
        "area": "nb-gaoxin", "party": { "kind": "organisation", "name": "宁波新达建设有限公司", "uscc": "91330201MA2GT0006Q" }
    });
    let done: Json = ok(town.post("reviewer", "/api/v1/cases", &body));
    assert_eq!(done["stage"], "CLUE", "{done}");
    record(n)
}

on_both! {
    fn a_case_is_filed_in_a_browser_by_opinion_and_act(site) {
        let town = Town::new(&site, &[]);
        let id = clue(&town, 1);
        let head = desk(&site, "head");
        let at = format!("/app/records/{id}");
        let list = head.page("/app/lists/case");
        assert!(list.contains(&format!("href=\"{at}\"")) && list.contains("线索"), "{list}");
        let page = head.page(&at);
        let token = csrf(&page);
        // What is missing is said, with the article, and the button is not there yet.
        assert!(page.contains("行政处罚法 54") && page.contains("/opinions\"") && !page.contains("name=\"act\" value=\"file\""), "{page}");
        let early = head.post(&format!("{at}/acts"), &[("csrf", &token), ("act", "file"), ("reason", "情况属实")]);
        assert_eq!(early.status(), 409);
        let early = early.text().unwrap();
        assert!(early.contains("role=\"alert\"") && early.contains("没有办成"), "{early}");
        assert_eq!(town.stage(id), "CLUE");
        let bare = head.post(&format!("{at}/opinions"), &[("csrf", &token), ("step", "file"), ("agrees", "yes"), ("text", " ")]);
        assert_eq!(bare.status(), 422);
        assert_eq!(gone(&head.post(&format!("{at}/opinions"), &[("csrf", &token), ("step", "file"), ("agrees", "yes"), ("text", "拟同意立案")])), format!("{at}?done=1"));
        let page = head.page(&format!("{at}?done=1"));
        assert!(page.contains("已保存") && page.contains("name=\"act\" value=\"file\"") && page.contains("拟同意立案"), "{page}");
        assert_eq!(gone(&head.post(&format!("{at}/acts"), &[("csrf", &token), ("act", "file"), ("reason", "情况属实")])), format!("{at}?done=1"));
        assert_eq!(town.stage(id), "FILED");
        // The list knows, by its filters; a day that is none is told and kept.
        assert!(head.page("/app/lists/case?stage=FILED").contains(&at) && !head.page("/app/lists/case?stage=CLUE").contains(&at));
        let bad = head.get("/app/lists/case?from=2026-02-30");
        assert_eq!(bad.status(), 422);
        assert!(bad.text().unwrap().contains("value=\"2026-02-30\" aria-invalid"));
        // Its deadlines stand on the board and on the record.
        let board = head.page("/app/deadlines");
        assert!(board.contains(&at) && head.page(&at).contains("id=\"deadlines\""), "{board}");
        assert!(head.page("/app/deadlines?state=done").contains(&at), "the time for filing is kept");
        // A paper that cannot be drawn up says what it lacks; one that is not known is refused.
        let none = head.post(&format!("{at}/documents"), &[("csrf", &token), ("sort", "penalty_decision"), ("of", "")]);
        assert!(none.status() == 409 && none.text().unwrap().contains("role=\"alert\""));
        assert_eq!(head.get(&format!("{at}/documents/preview?type=nothing")).status(), 422);
        // A form without its token, or of another step, does nothing.
        assert_eq!(head.post(&format!("{at}/acts"), &[("csrf", "x"), ("act", "investigate")]).status(), 403);
        assert_eq!(town.stage(id), "FILED");
    }

    fn a_field_is_written_against_what_its_form_showed(site) {
        let town = Town::new(&site, &[]);
        town.begin("site", record(2), &[("name", json!("新达工地")), ("area", json!("nb-gaoxin")), ("address", json!("旧址"))]);
        let (one, two) = (desk(&site, "reviewer"), desk(&site, "reviewer"));
        let at = format!("/app/records/{}", record(2));
        assert!(one.page(&at).contains("edit?key=address"));
        let edit = format!("{at}/edit");
        let form = |browser: &Browser<'_>| {
            let page = browser.page(&format!("{edit}?key=address"));
            (csrf(&page), unescaped(between(&page, "name=\"etag\" value=\"", "\"")))
        };
        let ((a, shown), (b, seen)) = (form(&one), form(&two));
        let send = |browser: &Browser<'_>, csrf: &str, etag: &str, value: &str| browser.post(&edit, &[("csrf", csrf), ("key", "address"), ("etag", etag), ("v", value), ("reason", "核实")]);
        assert_eq!(gone(&send(&one, &a, &shown, "<script>alert(3)</script>")), format!("{at}?done=1"));
        let page = one.page(&at);
        assert!(!page.contains("<script>alert(3)") && page.contains("&#60;script&#62;alert(3)"), "what people write is text");
        let late = send(&two, &b, &seen, "新址");
        assert_eq!(late.status(), 412);
        let late = late.text().unwrap();
        assert!(late.contains("&#60;script&#62;alert(3)") && late.contains(">新址</textarea>") | late.contains("value=\"新址\"") && late.contains("value=\"核实\""), "{late}");
        let etag = unescaped(between(&late, "name=\"etag\" value=\"", "\""));
        assert_eq!(gone(&send(&two, &b, &etag, "新址")), format!("{at}?done=1"));
        assert_eq!(town.field(record(2), "address"), [json!("新址")]);
        // A number that is none is named, and nothing is written.
        let place = two.page(&format!("{edit}?key=place"));
        let bad = two.post(&edit, &[("csrf", &b), ("key", "place"), ("etag", &unescaped(between(&place, "name=\"etag\" value=\"", "\""))), ("v.lon_e7", "东经"), ("v.lat_e7", "298700000")]);
        assert_eq!(bad.status(), 422);
        let bad = bad.text().unwrap();
        assert!(bad.contains("lon_e7 · 请填写整数") && bad.contains("value=\"东经\"") && bad.contains("value=\"298700000\""), "{bad}");
        assert!(town.field(record(2), "place").is_empty());
        // Cleared is gone.
        let (c, stands) = form(&two);
        assert_eq!(gone(&send(&two, &c, &stands, " ")), format!("{at}?done=1"));
        assert!(town.field(record(2), "address").is_empty());
        assert_eq!(two.get(&format!("{edit}?key=nothing.such")).status(), 422);
    }

    fn what_a_handheld_holds_is_shown_until_it_is_here(site) {
        let town = Town::new(&site, &["chen-yifan", "lin-xiaohe"]);
        town.begin("site", record(3), &[("name", json!("新达工地")), ("area", json!("nb-gaoxin"))]);
        let special = [("mode", json!("special")), ("task", json!("扬尘专项"))];
        town.approved(record(4), record(3), &[("enforcement", "special_own")], &["chen-yifan", "lin-xiaohe"], &special);
        let handheld = &town.handhelds["chen-yifan"];
        let session = |head: Json, pending: Json| {
            let certificate = &handheld.enrolled.as_ref().unwrap().certificate;
            let body = json!({ "protocol": 1, "app": "t", "schemas": {}, "head": head, "pending": pending, "certificate": certificate });
            ok::<Json>(site.post("/sync/v1/session").bearer_auth(site.device_token(handheld)).json(&body).send().unwrap())
        };
        let head = desk(&site, "head");
        let change = town.change("chen-yifan", record(4), &[("remarks.a", json!("围挡破损"))], None, town.now());
        session(json!([1, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]), json!([[record(4), 1]]));
        let at = format!("/app/records/{}", record(4));
        let (home, page) = (head.page("/app"), head.page(&at));
        assert!(home.contains("终端尚未送达") && home.contains(&at) && page.contains("chen-yifan"), "{home}");
        assert!(page.contains("终端尚有未送达的变更"), "{page}");
        // It comes, and nothing of it is said any more, though the handheld has not spoken since.
        site.push_one(handheld, &change);
        assert!(!head.page("/app").contains("终端尚未送达") && !head.page(&at).contains("终端尚有未送达的变更"));
    }
}
