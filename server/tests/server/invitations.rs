//! Invitations from the firm's wish to the rating, on real items, through the back office and the departments' handhelds.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::{Value as Json, json};
use sync_core::base::{OfficerId, RecordId, Stamp};
use sync_core::checklist::{Question, compose};
use sync_core::fixtures;
use sync_core::record::ActCall;
use zhifa_server::org::{Role, Scope};

use crate::harness::{Bent, Engine, Handheld, Site, ok, problem, record};
use crate::on_both;

const SITE: u128 = 0x51;
const FIRM: u128 = 0x52;
const DAY_MS: i64 = 86_400_000;

/// The departments of the reported case with the units and officers of the fixtures.
const DEPARTMENTS: [(&str, &str, &str); 4] = [
    ("construction", "construction-unit", "he-junjie"),
    ("enforcement", "squad-juxian", "chen-yifan"),
    ("fire", "fire-unit", "ren-tianyu"),
    ("planning", "planning-unit", "lu-weidong"),
];

/// A district with its book, a site and a firm, the desk of the guidance office, and a liaison in each department.
struct Office {
    desk: OfficerId,
    head: OfficerId,
    field: Vec<Handheld>,
    /// Tokens as long as they are good: nobody logs in for every call.
    tokens: RefCell<HashMap<OfficerId, (i64, String)>>,
}

fn now(site: &Site) -> i64 {
    zhifa_server::base::clock::Clock::now(&site.clock).0
}

fn call(site: &Site, token: &str, path: &str, body: Json) -> reqwest::blocking::Response {
    site.post(path).bearer_auth(token).json(&body).send().unwrap()
}

fn done(site: &Site, token: &str, path: &str, body: Json) -> Json {
    ok(call(site, token, path, body))
}

impl Office {
    fn open(site: &Site) -> Office {
        actix_web::rt::System::new().block_on(site.running().app.load_fixtures("system")).unwrap();
        let desk = site.officer_of("ye-zhixing", &[Role::Dispatcher], "guidance-desk", None, &[]);
        let head = site.officer_of("fang-jinghe", &[Role::Head], "team-office", None, &[]);
        let mut field = Vec::new();
        for (organ, unit, officer) in DEPARTMENTS {
            field.push(site.handheld_of(officer, unit));
            site.officer_of(&format!("liaison-{organ}"), &[Role::Liaison], unit, Some(Scope::Unit), &[]);
        }
        let office = Office { desk, head, field, tokens: RefCell::default() };
        let token = office.token(site, &office.desk);
        let begin = |id: u128, kind: &str, fields: &[(&str, Json)]| {
            let edits: Vec<Json> = fields.iter().map(|(field, value)| json!({ "field": field, "value": value })).collect();
            done(site, &token, "/api/v1/records", json!({ "kind": kind, "record": record(id), "edits": edits }))
        };
        begin(FIRM, "subject", &[("name", json!("宁波某建设集团有限公司")), ("uscc", json!("91330201MA2GT0006Q"))]);
        begin(SITE, "site", &[("name", json!("新达工地")), ("area", json!("nb-gaoxin"))]);
        office
    }

    fn token(&self, site: &Site, who: &OfficerId) -> String {
        let now = now(site);
        let mut tokens = self.tokens.borrow_mut();
        match tokens.get(who).filter(|(at, _)| now - at < 600_000) {
            Some((_, token)) => token.clone(),
            None => {
                let token = site.log_in(who);
                tokens.insert(who.clone(), (now, token.clone()));
                token
            }
        }
    }

    /// New tokens for the handhelds, as they get them after a while.
    fn renew(&mut self, site: &Site) {
        self.field.iter_mut().for_each(|handheld| handheld.token = site.device_token(handheld));
    }

    fn desk(&self, site: &Site) -> String {
        self.token(site, &self.desk)
    }

    fn head(&self, site: &Site) -> String {
        self.token(site, &self.head)
    }

    /// The liaison of a department; enforcement's is that of the squad.
    fn liaison(&self, site: &Site, organ: &str) -> String {
        self.token(site, &format!("liaison-{organ}").parse().unwrap())
    }
}

fn wish(id: u128, mode: &str) -> Json {
    json!({
        "record": record(id), "firm": record(FIRM), "site": record(SITE), "mode": mode,
        "topics": ["site-civilised", "fire-safety", "planning-check", "construction-waste"],
        "contact_name": "王工", "contact_phone": "13800000000", "wanted": ["2026-09-29"], "request": "开工前请帮忙把关",
        "attachments": [{ "mime": "application/pdf", "name": "自查表.pdf", "sha256": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "size": 1000 }],
    })
}

fn all_four() -> Json {
    let departments: Vec<Json> = DEPARTMENTS.iter().map(|(organ, unit, _)| json!({ "organ": organ, "unit": unit })).collect();
    json!({ "departments": departments })
}

fn of(n: u128, step: &str) -> String {
    format!("/api/v1/invitations/{}/{step}", record(n))
}

fn act(site: &Site, token: &str, n: u128, body: Json) -> Json {
    done(site, token, &format!("/api/v1/records/{}/acts", record(n)), body)
}

/// A field of a record as it reads, and its stage.
fn view(site: &Site, token: &str, id: RecordId) -> Json {
    ok(site.get(&format!("/api/v1/records/{id}")).bearer_auth(token).send().unwrap())
}

fn value(view: &Json, key: &str) -> Json {
    view["fields"].as_array().unwrap().iter().find(|f| f["key"] == key).map_or(Json::Null, |f| f["candidates"][0]["value"].clone())
}

fn due(site: &Site, token: &str, n: u128) -> Json {
    value(&view(site, token, record(n)), "due")["day"].clone()
}

/// Submitted, accepted, dispatched and claimed by all four; gives what is to be sent on.
fn claimed(site: &Site, office: &Office, n: u128, mode: &str) {
    let desk = office.desk(site);
    done(site, &desk, "/api/v1/invitations", wish(n, mode));
    assert_eq!(act(site, &desk, n, json!({ "act": "accept" }))["stage"], "ACCEPTED");
    assert_eq!(done(site, &desk, &of(n, "dispatch"), all_four())["stage"], "DISPATCHED");
    for (organ, _, officer) in DEPARTMENTS {
        done(site, &office.liaison(site, organ), &of(n, "claim"), json!({ "officer": officer }));
    }
    assert_eq!(view(site, &desk, record(n))["stage"], "CLAIMED");
}

/// The visit that an invitation led to.
fn visit_of(site: &Site, token: &str, n: u128) -> RecordId {
    value(&view(site, token, record(n)), "visit").as_str().unwrap().parse().unwrap()
}

/// Two real questions of each department's checklist, none of them asked twice.
fn eight_items() -> Vec<Question> {
    let templates: Vec<_> = fixtures::templates().unwrap().into_iter().filter(|t| DEPARTMENTS.iter().any(|d| d.0 == t.department)).collect();
    let form = compose(&templates).unwrap();
    let mut out: Vec<Question> = Vec::new();
    for (organ, ..) in DEPARTMENTS {
        let of_it = form.questions.iter().filter(|q| q.departments().contains(organ) && !out.contains(q)).take(2).cloned().collect::<Vec<_>>();
        assert_eq!(of_it.len(), 2, "{organ}");
        out.extend(of_it);
    }
    out
}

/// What a handheld writes on a visit: fields that it replaces nothing in, and an act.
fn push(site: &Site, handheld: &Handheld, visit: RecordId, fields: &[(String, Json)], act: Option<ActCall>) -> Json {
    let texts: Vec<(String, String)> = fields.iter().map(|(k, v)| (k.clone(), sync_core::record::Value::from_json(v).unwrap().as_json().to_owned())).collect();
    let edits: Vec<(&str, &str, &[_])> = texts.iter().map(|(k, v)| (k.as_str(), v.as_str(), &[] as &[_])).collect();
    let time = Stamp { wall: now(site), mono: 5, boot: 1, server: None, gnss: None };
    site.push_one(handheld, &handheld.write_bent(visit, &edits, &Bent { kind: "visit", act, time, ..Bent::default() }))
}

fn there(handheld: &Handheld, department: &str, at: i64) -> (String, Json) {
    let certificate = fixtures::organisation().unwrap().officer(handheld.officer.as_str()).unwrap().certificate.clone();
    (format!("participants.{}", handheld.officer), json!({ "certificate": certificate, "checked_in_ms": at, "code_shown": true, "department": department, "role": "officer" }))
}

/// The departments go in, answer eight items, give nine opinions, eleven suggestions and two pieces of support.
fn checks_up(site: &Site, office: &Office, visit: RecordId) {
    let now = now(site);
    let items = eight_items();
    let applied = |said: &Json| assert!(said["state"] == "applied" && said.get("excepted").is_none_or(|e| e.as_array().unwrap().is_empty()), "{said}");
    for (handheld, (organ, ..)) in office.field.iter().zip(DEPARTMENTS).skip(1) {
        applied(&push(site, handheld, visit, &[there(handheld, organ, now)], None));
    }
    let lead = &office.field[0];
    applied(&push(site, lead, visit, &[there(lead, DEPARTMENTS[0].0, now)], Some(ActCall::new("check_in"))));
    let mut form = vec![("form.h1".to_owned(), json!({ "department": "construction", "template": "site-construction", "title": "建设", "version": 1 }))];
    form.extend(items.iter().map(|q| {
        let covers: Vec<&str> = q.covers.iter().map(|c| &*c.code).collect();
        (format!("items.{}", q.code), json!({ "covers": covers, "departments": q.departments(), "photo": false, "title": q.title }))
    }));
    applied(&push(site, lead, visit, &form, Some(ActCall::new("record"))));
    let mut found = Vec::new();
    for (n, q) in items.iter().enumerate() {
        let result = if n < 5 { "bad" } else { "ok" };
        found.push((format!("answers.{}", q.code), json!({ "result": result })));
    }
    for n in 0..9 {
        let q = &items[n % 5];
        let opinion = json!({ "clause": q.covers[0].code, "deadline": "2026-10-16", "department": q.covers[0].department, "fact": q.covers[0].title, "item": q.code, "suggestion": "限期整改" });
        found.push((format!("opinions.{n}"), opinion));
    }
    for n in 0..11 {
        found.push((format!("advice.{n}"), json!({ "advice": "建立台账", "department": DEPARTMENTS[n % 4].0, "reference": "检查表", "risk": "资料不全" })));
    }
    for n in 0..2 {
        found.push((format!("support.{n}"), json!({ "by": "任天宇", "department": "fire", "ms": now, "text": "现场讲解灭火器使用" })));
    }
    applied(&push(site, lead, visit, &found, None));
}

on_both! {
    fn four_departments_eight_items_nine_opinions_eleven_suggestions(site) {
        let mut office = Office::open(&site);
        let desk = office.desk(&site);
        // Monday 21 September 2026, late in the evening. 中秋 is Friday the 25th, 国庆 begins on the 1st of October.
        done(&site, &desk, "/api/v1/invitations", wish(1, "guidance"));
        assert_eq!(due(&site, &desk, 1), "2026-09-23", "accepting: two working days");
        assert_eq!(act(&site, &desk, 1, json!({ "act": "accept" }))["stage"], "ACCEPTED");
        assert_eq!(due(&site, &desk, 1), "2026-09-22", "dispatching: one working day");
        assert_eq!(done(&site, &desk, &of(1, "dispatch"), all_four())["stage"], "DISPATCHED");
        assert_eq!(due(&site, &desk, 1), "2026-09-23", "claiming: two working days");
        for organ in ["construction", "enforcement", "fire"] {
            let officer = DEPARTMENTS.iter().find(|d| d.0 == organ).unwrap().2;
            assert_eq!(done(&site, &office.liaison(&site, organ), &of(1, "claim"), json!({ "officer": officer }))["stage"], "DISPATCHED");
        }
        // Planning declines on Thursday and is asked once more.
        site.clock.advance(3 * DAY_MS);
        let planning = office.liaison(&site, "planning");
        assert_eq!(problem(call(&site, &planning, &of(1, "decline"), json!({ "reason": " " }))), (422, "invalid_field".into()));
        assert_eq!(done(&site, &planning, &of(1, "decline"), json!({ "reason": "当周无人员" }))["stage"], "DECLINED");
        let desk = office.desk(&site);
        assert_eq!(due(&site, &desk, 1), "2026-09-28", "dispatching anew: one working day, 中秋 and the weekend are off");
        assert_eq!(problem(site.get(&format!("/api/v1/records/{}", record(1))).bearer_auth(&planning).send().unwrap()), (404, "not_found".into()), "who declined holds it no more");
        let anew = json!({ "departments": [{ "organ": "planning" }] });
        assert_eq!(done(&site, &desk, &of(1, "dispatch"), anew)["stage"], "DISPATCHED");
        assert_eq!(done(&site, &planning, &of(1, "claim"), json!({ "officer": "lu-weidong" }))["disposition"]["state"], "applied");
        let seen = view(&site, &desk, record(1));
        assert_eq!(seen["stage"], "CLAIMED", "the last claim assembles them");
        let refusals: Vec<&Json> = seen["fields"].as_array().unwrap().iter().filter(|f| f["key"].as_str().unwrap().starts_with("declines.planning.")).collect();
        assert_eq!(refusals.len(), 1, "the refusal stays on record");
        assert_eq!(refusals[0]["candidates"][0]["value"]["reason"], "当周无人员");
        assert_eq!(due(&site, &desk, 1), "2026-10-15", "visiting: ten working days around 中秋 and 国庆, the Saturday of 10 October is worked");
        assert_eq!(problem(call(&site, &desk, &of(1, "schedule"), json!({ "day": "2026-09-29", "lead": "water" }))), (422, "invalid_field".into()));
        assert_eq!(done(&site, &desk, &of(1, "schedule"), json!({ "day": "2026-09-29", "lead": "construction" }))["stage"], "SCHEDULED");
        let visit = visit_of(&site, &desk, 1);
        // Set anew for another day: the same visit moves.
        done(&site, &desk, &of(1, "schedule"), json!({ "day": "2026-09-30" }));
        assert_eq!(visit_of(&site, &desk, 1), visit);
        let head = office.head(&site);
        let seen = view(&site, &head, visit);
        let of_visit = |key: &str| value(&seen, key);
        assert_eq!((of_visit("mode"), of_visit("planned_date"), of_visit("unit")), (json!("guidance"), json!("2026-09-30"), json!("construction-unit")));
        assert_eq!((of_visit("source")["kind"].clone(), of_visit("source")["ref"].clone()), (json!("invitation"), json!(record(1))));
        assert!(DEPARTMENTS.iter().all(|(organ, _, officer)| of_visit(&format!("organs.{organ}"))["kind"] == "appointment" && of_visit(&format!("participants.{officer}"))["department"] == *organ));
        assert_eq!(act(&site, &head, visit.0, json!({ "act": "approve" }))["stage"], "APPROVED", "the wish does not replace the approval");
        site.clock.advance(6 * DAY_MS);
        assert_eq!(problem(call(&site, &office.desk(&site), &of(1, "report"), json!({ "summary": "太早" }))), (409, "conflict".into()));
        office.renew(&site);
        checks_up(&site, &office, visit);
        let desk = office.desk(&site);
        let seen = view(&site, &desk, record(1));
        assert_eq!((seen["stage"].as_str(), due(&site, &desk, 1)), (Some("ON_SITE"), json!("2026-10-13")), "reporting: five working days from the arrival on 30 September");
        assert_eq!(problem(call(&site, &desk, &of(1, "report"), json!({ "summary": "尚在现场" }))), (409, "conflict".into()), "the visit is still being recorded");
        let head = office.head(&site);
        let now = now(&site);
        let result = json!({ "act": "issue_result", "edits": [{ "field": "result", "value": { "conclusion": "五项需整改", "delivered_ms": now, "to": "王工" } }] });
        assert_eq!(act(&site, &head, visit.0, result)["stage"], "RESULT_ISSUED", "guidance makes no record of inspection");
        assert_eq!(done(&site, &desk, &of(1, "report"), json!({ "summary": "总体规范，五项需整改" }))["stage"], "REPORT_ISSUED");
        let report = value(&view(&site, &desk, record(1)), "report");
        assert_eq!((&report["items"], &report["opinions"], &report["advice"]), (&json!(8), &json!(9), &json!(11)));
        assert_eq!(due(&site, &desk, 1), "2026-10-30", "following up: thirty calendar days");
        assert_eq!(act(&site, &desk, 1, json!({ "act": "rectify" }))["stage"], "RECTIFYING");
        site.clock.advance(20 * DAY_MS);
        let desk = office.desk(&site);
        assert_eq!(due(&site, &desk, 1), "2026-10-30", "correcting prolongs nothing");
        let follow_up = |corrected: u32, replaces: Json| json!({ "act": "follow_up", "edits": [{ "field": "follow_up", "value": { "corrected": corrected, "done_ms": now, "open": 1, "text": "逐条复核" }, "replaces": replaces }] });
        let said = act(&site, &desk, 1, follow_up(7, json!([])));
        assert_eq!((&said["stage"], &said["disposition"]["refused"][0]["code"]), (&json!("RECTIFYING"), &json!("opinions_unaccounted")));
        assert_eq!(act(&site, &desk, 1, follow_up(8, json!([said["dot"]])))["stage"], "FOLLOWED_UP");
        assert_eq!(due(&site, &desk, 1), Json::Null);
        let rate = json!({ "act": "rate", "edits": [{ "field": "rating", "value": { "ms": now, "score": 5, "text": "一次上门解决多个问题" } }] });
        assert_eq!(act(&site, &desk, 1, rate)["stage"], "RATED");
        assert_eq!(act(&site, &desk, 1, json!({ "act": "close" }))["stage"], "CLOSED");
        assert_eq!(view(&site, &desk, record(1))["buckets"].as_array().unwrap().iter().filter(|b| b.as_str().unwrap().starts_with("a:")).count(), 5, "archives of desk and departments");
        guidance_is_outside_the_cap(&site, &desk, visit);
        let figures: Json = ok(site.get("/api/v1/liaison/figures?from=2026-09-30&to=2026-09-30").bearer_auth(&desk).send().unwrap());
        assert_eq!(figures["support"], json!({ "fire": 2 }));
    }
}

/// An inspection of the same firm by one of the same departments finds no visit before it, neither counted nor near.
fn guidance_is_outside_the_cap(site: &Site, desk: &str, guidance: RecordId) {
    let fields = [
        ("unit", json!("fire-unit")),
        ("mode", json!("daily")),
        ("planned_date", json!("2026-10-21")),
        ("site", json!(record(SITE))),
        (&*format!("subjects.{}", record(FIRM)), json!({ "name": "宁波某建设集团有限公司" })),
        ("organs.fire", json!({ "kind": "daily", "plan": "plan-2026" })),
    ]
    .map(|(field, value)| json!({ "field": field, "value": value }));
    done(site, desk, "/api/v1/records", json!({ "kind": "visit", "record": record(0x77), "edits": fields }));
    let found: Json = ok(site.get(&format!("/api/v1/visits/{}/admission", record(0x77))).bearer_auth(desk).send().unwrap());
    let about: Vec<&Json> = found["findings"].as_array().unwrap().iter().filter(|f| ["cap_last", "cap_reached", "near", "repeat"].contains(&f["code"].as_str().unwrap())).collect();
    assert!(about.is_empty(), "{about:?} of {guidance}");
}

#[test]
fn an_inspection_by_invitation_is_approved_like_any_other() {
    let site = Site::new(Engine::Sqlite);
    let office = Office::open(&site);
    claimed(&site, &office, 1, "inspection");
    let desk = office.desk(&site);
    done(&site, &desk, &of(1, "schedule"), json!({ "day": "2026-09-29", "lead": "fire" }));
    let visit = visit_of(&site, &desk, 1);
    let head = office.head(&site);
    assert_eq!(value(&view(&site, &head, visit), "mode"), "appointment");
    let fire = &office.field[2];
    let said = push(&site, fire, visit, &[there(fire, "fire", 5)], Some(ActCall::new("check_in")));
    let codes: Vec<&str> = said["excepted"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"stage"), "nobody has approved it: {said}");
    assert_eq!(view(&site, &desk, record(1))["stage"], "SCHEDULED", "who is not on site has not arrived");
}

#[test]
fn nobody_claims_or_declines_for_another_department() {
    let site = Site::new(Engine::Sqlite);
    let office = Office::open(&site);
    let desk = office.desk(&site);
    done(&site, &desk, "/api/v1/invitations", wish(1, "guidance"));
    act(&site, &desk, 1, json!({ "act": "accept" }));
    done(&site, &desk, &of(1, "dispatch"), all_four());
    let fire = office.liaison(&site, "fire");
    for (step, body) in [("claim", json!({ "organ": "planning" })), ("decline", json!({ "organ": "planning", "reason": "不去" }))] {
        assert_eq!(problem(call(&site, &fire, &of(1, step), body)), (403, "forbidden".into()), "{step}");
    }
    assert_eq!(problem(call(&site, &desk, &of(1, "claim"), json!({ "organ": "fire" }))), (403, "forbidden".into()), "the guidance office claims for nobody");
    assert_eq!(problem(call(&site, &fire, &of(1, "claim"), json!({ "officer": "lu-weidong" }))), (422, "invalid_field".into()), "nor sends another's officer");
    let generic = json!({ "act": "claim", "part": "fire" });
    assert_eq!(problem(call(&site, &fire, &format!("/api/v1/records/{}/acts", record(1)), generic)), (403, "forbidden".into()), "nor on the generic road");
    let edit = json!({ "edits": [{ "field": "departments.planning", "value": { "claimed_ms": 5, "officer": "ren-tianyu", "unit": "fire-unit" } }] });
    assert_eq!(problem(call(&site, &fire, &format!("/api/v1/records/{}/edits", record(1)), edit)), (403, "forbidden".into()));
    done(&site, &fire, &of(1, "claim"), json!({ "officer": "ren-tianyu" }));
    assert_eq!(problem(call(&site, &fire, &of(1, "claim"), json!({ "officer": "ren-tianyu" }))), (409, "conflict".into()), "once is enough");
    assert_eq!(problem(call(&site, &fire, &of(1, "decline"), json!({ "reason": "反悔" }))), (409, "conflict".into()));
}

#[test]
fn what_is_not_in_the_book_is_not_dispatched_and_what_is_no_invitation_not_submitted() {
    let site = Site::new(Engine::Sqlite);
    let office = Office::open(&site);
    let desk = office.desk(&site);
    for (field, wrong) in [
        ("topics", json!(["no-such-theme"])),
        ("topics", json!([])),
        ("site", json!(record(0x99))),
        ("firm", json!(record(SITE))),
        ("uscc", json!("91330201MA2GT0006X")),
        ("wanted", json!(["2020-01-01"])),
        ("mode", json!("raid")),
    ] {
        let mut body = wish(1, "guidance");
        body[field] = wrong;
        assert_eq!(problem(call(&site, &desk, "/api/v1/invitations", body)), (422, "invalid_field".into()), "{field}");
    }
    assert_eq!(done(&site, &desk, "/api/v1/invitations", wish(1, "guidance"))["stage"], "SUBMITTED");
    assert_eq!(problem(call(&site, &desk, "/api/v1/invitations", wish(1, "guidance"))), (409, "conflict".into()), "the same request does nothing");
    assert_eq!(problem(call(&site, &desk, &of(1, "dispatch"), all_four())), (409, "conflict".into()), "it is not accepted yet");
    assert_eq!(value(&view(&site, &desk, record(1)), "departments.fire"), Json::Null, "and leaves nothing behind");
    let refused = act(&site, &desk, 1, json!({ "act": "reject" }));
    assert_eq!((&refused["stage"], &refused["disposition"]["refused"][0]["code"]), (&json!("SUBMITTED"), &json!("no_reason")));
    act(&site, &desk, 1, json!({ "act": "accept" }));
    for organ in ["no-such-organ", "guidance-office"] {
        let body = json!({ "departments": [{ "organ": organ }] });
        assert_eq!(problem(call(&site, &desk, &of(1, "dispatch"), body)), (422, "invalid_field".into()), "{organ}");
    }
    assert_eq!(problem(call(&site, &desk, &of(1, "dispatch"), json!({ "departments": [{ "organ": "fire", "unit": "water-unit" }] }))), (422, "invalid_field".into()));
    assert_eq!(problem(call(&site, &desk, &of(1, "dispatch"), json!({ "departments": [] }))), (422, "invalid_field".into()));
    let menu: Json = ok(site.get("/api/v1/invitations/themes").bearer_auth(&desk).send().unwrap());
    assert_eq!((menu["themes"].as_array().unwrap().len(), &menu["official"]), (13, &json!(false)));
}

#[test]
fn a_firm_that_withdraws_calls_the_visit_off() {
    let site = Site::new(Engine::Sqlite);
    let office = Office::open(&site);
    claimed(&site, &office, 1, "guidance");
    let desk = office.desk(&site);
    done(&site, &desk, &of(1, "schedule"), json!({ "day": "2026-09-29", "lead": "fire" }));
    let visit = visit_of(&site, &desk, 1);
    assert_eq!(act(&site, &desk, 1, json!({ "act": "withdraw" }))["stage"], "WITHDRAWN");
    let head = office.head(&site);
    assert_eq!(view(&site, &head, visit)["stage"], "CANCELLED");
    assert_eq!(due(&site, &desk, 1), Json::Null);
}

#[test]
fn a_visit_that_was_given_up_is_followed_by_another_on_another_day() {
    let site = Site::new(Engine::Sqlite);
    let office = Office::open(&site);
    claimed(&site, &office, 1, "guidance");
    let desk = office.desk(&site);
    done(&site, &desk, &of(1, "schedule"), json!({ "day": "2026-09-29", "lead": "fire" }));
    let first = visit_of(&site, &desk, 1);
    act(&site, &desk, first.0, json!({ "act": "cancel", "reason": "台风" }));
    assert_eq!(visit_of(&site, &desk, 1), first, "nothing follows by itself");
    done(&site, &desk, &of(1, "schedule"), json!({ "day": "2026-10-09" }));
    let second = visit_of(&site, &desk, 1);
    assert_ne!(second, first);
    assert_eq!(value(&view(&site, &office.head(&site), second), "planned_date"), "2026-10-09");
}

on_both! {
    fn what_is_overdue_is_raised_once(site) {
        let office = Office::open(&site);
        let desk = office.desk(&site);
        done(&site, &desk, "/api/v1/invitations", wish(1, "guidance"));
        let escalate = || actix_web::rt::System::new().block_on(site.running().app.escalate()).unwrap();
        assert_eq!(escalate(), 0);
        site.clock.advance(2 * DAY_MS);
        assert_eq!(escalate(), 0, "the last day is in time");
        site.clock.advance(DAY_MS);
        let desk = office.desk(&site);
        let overdue = |token: &str| -> Json { ok(site.get("/api/v1/overdue").bearer_auth(token).send().unwrap()) };
        assert_eq!(overdue(&desk)["items"][0].get("raised_ms"), None);
        assert_eq!((escalate(), escalate()), (1, 0));
        let page = overdue(&desk);
        assert_eq!((&page["items"][0]["record"], &page["items"][0]["due"], page["items"].as_array().unwrap().len()), (&json!(record(1)), &json!("2026-09-23"), 1));
        assert!(page["items"][0]["raised_ms"].is_i64());
        assert_eq!(overdue(&office.liaison(&site, "fire"))["items"], json!([]), "it is out of her reach");
        let listed: Json = ok(site.get("/api/v1/lists/invitation?due_before=2026-09-24").bearer_auth(&desk).send().unwrap());
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        let reviewer = site.log_in(&site.officer("rev", &[Role::Reviewer], &[]));
        let notices: Json = ok(site.get("/api/v1/queue?class=notices").bearer_auth(&reviewer).send().unwrap());
        assert_eq!(notices["items"][0]["subject"], format!("overdue:{}:SUBMITTED:2026-09-23", record(1)));
        act(&site, &desk, 1, json!({ "act": "reject", "reason": "不在服务范围" }));
        assert_eq!(overdue(&desk)["items"], json!([]), "what is over waits for nothing");
    }
}

#[test]
fn a_handheld_may_tell_of_the_arrival_after_the_office_has() {
    let site = Site::new(Engine::Sqlite);
    let office = Office::open(&site);
    claimed(&site, &office, 1, "guidance");
    let desk = office.desk(&site);
    done(&site, &desk, &of(1, "schedule"), json!({ "day": "2026-09-29", "lead": "construction" }));
    let visit = visit_of(&site, &desk, 1);
    act(&site, &office.head(&site), visit.0, json!({ "act": "approve" }));
    checks_up(&site, &office, visit);
    let fire = &office.field[2];
    let bent = Bent { kind: "invitation", schema: 1, act: Some(ActCall::new("arrive")), ..Bent::default() };
    let said = site.push_one(fire, &fire.write_bent(record(1), &[("notes.fire", "\"已到场\"", &[])], &bent));
    assert_eq!(said["state"], "applied", "{said}");
    assert!(said.get("excepted").is_none_or(|e| e.as_array().unwrap().is_empty()), "{said}");
    let office_writes = site.push_one(fire, &fire.write_bent(record(1), &[("report", "{\"summary\":\"x\"}", &[])], &Bent { kind: "invitation", schema: 1, ..Bent::default() }));
    assert_eq!(office_writes["code"], "office_only");
}
