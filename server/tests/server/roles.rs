//! Every route as everybody: who is let in, and what the others are told; and what is out of reach.

use std::sync::LazyLock;

use reqwest::blocking::{Client, Response};
use reqwest::redirect::Policy;
use serde_json::{Value as Json, json};
use zhifa_server::access::PEOPLE;
use zhifa_server::base::token::DepositClaims;
use zhifa_server::org::{Role, Scope, ops};
use zhifa_server::routes::ROUTES;

use crate::harness::{Engine, Handheld, Site, ok, problem, record};
use crate::on_both;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Anonymous,
    Device,
    RevokedDevice,
    SuspendedOfficersDevice,
    DepositToken,
    Has(Role),
    SuspendedUser,
    /// Whose token was good sixteen minutes ago.
    ExpiredUser,
    ExpiredDevice,
}

/// What a permission answers to somebody; `None` stands for "let in", whatever the handler then says.
fn refusal(permission: &str, who: Who) -> Option<u16> {
    let is_device = matches!(who, Who::Device | Who::RevokedDevice | Who::SuspendedOfficersDevice);
    match permission {
        "public" => None,
        "device" => (!is_device).then_some(401),
        "device, not revoked" if who == Who::Device => None,
        "device, not revoked" => Some(if is_device { 403 } else { 401 }),
        "device, or writes records" => match who {
            _ if is_device => None,
            Who::Has(_) | Who::SuspendedUser => refusal("writes records", who),
            _ => Some(401),
        },
        "deposit" => (who != Who::DepositToken).then_some(401),
        // An enterprise is nobody of these.
        "portal" => Some(401),
        // A page asks for a session of its own, which no token is.
        of_pages if of_pages.starts_with("page: ") || of_pages.starts_with("form: ") => Some(303),
        of_people => {
            let roles = PEOPLE.iter().find(|p| p.0 == of_people).unwrap_or_else(|| panic!("a permission nobody described here: {of_people}")).1;
            match who {
                Who::Has(role) if roles.is_empty() || roles.contains(&role) => None,
                Who::Has(_) | Who::SuspendedUser => Some(403),
                _ => Some(401),
            }
        }
    }
}

/// What a handler answers to these requests of somebody whom it lets in.
fn inside(method: &str, path: &str) -> u16 {
    match (method, path) {
        ("GET", "/health" | "/sync/v1/pull" | "/sync/v1/news" | "/sync/v1/certificates" | "/api/v1/me" | "/api/v1/officers" | "/api/v1/devices" | "/api/v1/audit") => 200,
        ("GET", "/api/v1/objects" | "/api/v1/objects/duplicates" | "/api/v1/warnings") => 200,
        ("GET", "/api/v1/draws" | "/public/draws" | "/api/v1/public/decisions" | "/p/decisions") => 200,
        ("GET", "/api/v1/cases/{id}/publication" | "/api/v1/public/decisions/{id}" | "/p/decisions/{id}") => 404,
        ("GET", "/api/v1/draws/{id}" | "/api/v1/draws/{id}/objects" | "/public/draws/{id}") | ("POST", "/api/v1/draws/{id}/draw") => 404,
        ("GET", "/api/v1/objects/{id}") => 404,
        ("GET", "/api/v1/numbers" | "/.well-known/zhifa-keys") => 200,
        ("GET", "/c/{token}" | "/c/{token}/qr.svg") | ("POST", "/c/{token}/rating") => 404,
        ("GET", "/api/v1/deadlines" | "/api/v1/overdue" | "/api/v1/invitations/themes") => 200,
        ("GET", "/api/v1/cases/{id}/account") | ("POST", "/api/v1/cases/{id}/archive" | "/api/v1/cases/{id}/package") => 404,
        ("GET", "/api/v1/repairs") => 200,
        ("GET", "/api/v1/repairs/{id}" | "/api/v1/cases/{id}/advice" | "/api/v1/cases/{id}/follow-up") => 404,
        ("POST", "/api/v1/repairs/{id}/accept" | "/api/v1/repairs/{id}/review" | "/api/v1/repairs/{id}/tell-again" | "/api/v1/repairs/{id}/access") => 404,
        ("GET", "/api/v1/certificates/ending") => 200,
        ("GET", "/api/v1/courses/{id}/code" | "/api/v1/courses/{id}/quiz") | ("POST", "/api/v1/courses/{id}/credits") => 404,
        ("GET", "/api/v1/matchings") => 200,
        ("GET", "/api/v1/matchings/{id}" | "/api/v1/matchings/{id}/proposals") | ("POST", "/api/v1/plans/{id}/entries") => 404,
        ("POST", "/api/v1/matchings/{id}/proposals/{n}/decide" | "/api/v1/matchings/{id}/proposals/{n}/task") => 404,
        ("GET", "/api/v1/queue" | "/sync/v1/log/proof") => 422,
        ("GET", "/api/v1/records/{id}" | "/api/v1/changes/{dot}" | "/api/v1/officers/{id}") => 404,
        ("PUT", "/api/v1/officers/{id}") => 404,
        ("POST", "/sync/v1/push") => 200,
        ("POST", "/sync/v1/bundle" | "/api/v1/bundles" | "/sync/v1/deposit") => 400,
        // Nobody here speaks tus.
        (_, "/files" | "/files/{upload}") => {
            if method == "OPTIONS" {
                204
            } else {
                412
            }
        }
        ("POST", "/auth/logout") => 204,
        ("GET", "/app/login" | "/app/style.css" | "/app/keys.js") => 200,
        // The form of another site.
        ("POST", "/app/login") => 403,
        ("POST", "/auth/refresh") => 401,
        // Nothing has to be said for a decision to be published, but the case has to be there.
        ("POST", "/api/v1/cases/{id}/publication" | "/api/v1/cases/{id}/recusals/{officer}/ruling") => 404,
        ("GET", "/api/v1/documents/types" | "/api/v1/cases") => 200,
        (
            "GET",
            "/api/v1/records/{id}/files" | "/api/v1/records/{id}/files/{sha256}" | "/api/v1/records/{id}/files/{sha256}/custody" | "/api/v1/records/{id}/files/{sha256}/{form}",
        ) => 404,
        ("GET", "/api/v1/records/{id}/documents" | "/api/v1/records/{id}/documents/{document}/file" | "/api/v1/records/{id}/documents/{document}/model") => 404,
        ("POST", "/api/v1/records/{id}/documents/{document}/signed" | "/api/v1/records/{id}/dossier") => 404,
        (_, "/api/v1/organs/{organ}/seal") | ("GET", "/api/v1/cases/{id}" | "/api/v1/cases/{id}/fast" | "/api/v1/cases/{id}/penalty") => 404,
        ("POST", "/api/v1/cases/{id}/fast/run") => 404,
        ("POST", "/api/v1/changes/{dot}/release" | "/api/v1/devices/{id}/revoke" | "/api/v1/officers/{id}/second-factor/reset") => 404,
        _ => elsewhere(method, path),
    }
}

/// What the book of the law answers, empty as it is here.
fn elsewhere(method: &str, path: &str) -> u16 {
    match (method, path) {
        ("GET", "/sync/v1/law" | "/api/v1/policies" | "/api/v1/dated/{kind}" | "/api/v1/catalogue/search" | "/api/v1/catalogue/transfers" | "/api/v1/imports/{what}/template") => {
            200
        }
        ("GET", "/api/v1/dated/{kind}/{key}" | "/api/v1/catalogue/transfers/{code}") => 404,
        // No kind of record is called as the book calls organs, and nobody has made a visit or an invitation.
        ("GET", "/api/v1/lists/{kind}" | "/api/v1/visits/{id}" | "/api/v1/visits/{id}/admission") | ("POST", "/api/v1/invitations/{id}/claim") => 404,
        // What is wrong with a file is told in a report.
        ("POST", "/api/v1/imports/{what}") => 200,
        _ => 422,
    }
}

fn ask(site: &Site, method: &str, path: &str, token: Option<&str>) -> Response {
    let path = path.replace("{dot}", "00000000000000ab.1").replace("{key}", "unit").replace("{kind}", "organ").replace("{what}", "roster").replace("{code}", "x");
    let id = if path.contains("devices") { "00000000000000ab" } else { "0123456789abcdef0123456789abcdef" };
    let url = site.url(&path.replace("{id}", id));
    static CLIENT: LazyLock<Client> = LazyLock::new(|| Client::builder().no_proxy().redirect(Policy::none()).build().unwrap());
    let request = CLIENT.request(method.parse().unwrap(), url);
    let request = match method {
        "GET" => request,
        _ if path.ends_with("/push") => request.body(Vec::new()),
        _ => request.json(&json!({})),
    };
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
    .send()
    .unwrap()
}

type People = Vec<(Who, Option<String>)>;

/// Everybody with his token, and those whose tokens will have expired.
fn everybody(site: &Site) -> (People, People) {
    let (field, revoked, suspended) = (site.handheld("field"), site.handheld("revoked"), site.handheld("suspended"));
    let deposit = site.running().app.tokens.make(DepositClaims { sub: field.device }, 3_600, crate::harness::START).unwrap();
    let mut all = vec![
        (Who::Anonymous, None),
        (Who::Device, Some(field.token.clone())),
        (Who::RevokedDevice, Some(revoked.token.clone())),
        (Who::SuspendedOfficersDevice, Some(suspended.token.clone())),
        (Who::DepositToken, Some(deposit)),
    ];
    for (n, role) in Role::ALL.iter().enumerate() {
        let token = site.log_in(&site.officer(&format!("person-{n}"), &[*role], &[]));
        all.push((Who::Has(*role), Some(token)));
    }
    let away = site.officer("away", &[Role::Head], &[]);
    all.push((Who::SuspendedUser, Some(site.log_in(&away))));
    site.suspend(&away, true);
    site.suspend(&suspended.officer, true);
    let device = revoked.device;
    site.running().app.committer.run_blocking(Default::default(), move |s| ops::revoke_device(s, ops::SYSTEM, device)).unwrap().unwrap();
    let mut old: Vec<_> = all.iter().filter(|(who, _)| matches!(who, Who::Has(_))).map(|(_, token)| (Who::ExpiredUser, token.clone())).collect();
    old.push((Who::ExpiredDevice, Some(field.token)));
    (all, old)
}

#[test]
fn every_route_answers_everybody_as_its_permission_says() {
    let site = Site::new(Engine::Sqlite);
    let (all, old) = everybody(&site);
    assert_eq!(all.len(), 6 + Role::ALL.len());
    let mut wrong = Vec::new();
    let mut check = |people: &People| {
        for (method, path, permission) in ROUTES.iter() {
            for (who, token) in people {
                let status = ask(&site, method, path, token.as_deref()).status().as_u16();
                let wanted = refusal(permission, *who).unwrap_or_else(|| inside(method, path));
                if status != wanted {
                    wrong.push(format!("{method} {path} as {who:?}: {status}, not {wanted}"));
                }
            }
        }
    };
    check(&all);
    site.clock.advance(16 * 60_000);
    check(&old);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a page answers to somebody whom it lets in.
fn inside_page(path: &str) -> u16 {
    match path {
        "/app/figures/{code}" | "/app/records/{id}" | "/app/records/{id}/clash" | "/app/records/{id}/clash/{key}" => 404,
        "/app/records/{id}/files/{sha256}/{form}" | "/app/records/{id}/edit" | "/app/lists/{kind}" => 404,
        "/app/records/{id}/documents/preview" | "/app/records/{id}/documents/{document}/file" => 404,
        _ => 200,
    }
}

#[test]
fn every_page_answers_everybody_who_is_logged_in_as_its_permission_says() {
    let site = Site::new(Engine::Sqlite);
    let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let pages: Vec<_> = ROUTES.iter().filter_map(|(method, path, name)| Some((*method, *path, name.strip_prefix("page: ").or_else(|| name.strip_prefix("form: "))?))).collect();
    assert!(pages.len() >= 6 && ROUTES.iter().all(|r| !r.1.starts_with("/app") || r.2 == "public" || pages.iter().any(|p| p.1 == r.1)), "a page has a permission of pages");
    assert!(ROUTES.iter().all(|r| r.2.starts_with("form: ") == (r.0 == "POST" && r.1.starts_with("/app") && r.2 != "public")), "what a page sends is a form of it");
    for (n, role) in Role::ALL.iter().enumerate() {
        let who = site.officer(&format!("person-{n}"), &[*role], &[]);
        let needs = role.needs_second_factor();
        if needs {
            site.bind(&who);
        }
        let cookie = crate::web_figures::session(&site, &who, &if needs { site.otp(&who) } else { String::new() });
        for (method, path, permission) in &pages {
            let roles = PEOPLE.iter().find(|p| p.0 == *permission).unwrap().1;
            let let_in = roles.is_empty() || roles.contains(role);
            // Nobody's form is taken without its token.
            let wanted = if let_in && *method == "GET" { inside_page(path) } else { 403 };
            let request = client
                .request(method.parse().unwrap(), site.url(&path.replace("{code}", "x").replace("{id}", "0123456789abcdef0123456789abcdef").replace("{dot}", "00000000000000ab.1")))
                .header("Cookie", &cookie);
            let request = if *method == "GET" { request } else { request.header("Content-Type", "application/x-www-form-urlencoded").body("x=y") };
            assert_eq!(request.send().unwrap().status(), wanted, "{method} {path} as {role:?}");
        }
    }
}

#[test]
fn every_permission_of_people_stands_at_a_route_and_lets_somebody_in_and_somebody_not() {
    for (name, roles) in PEOPLE {
        assert!(ROUTES.iter().any(|r| r.2 == *name), "{name} stands at no route");
        assert!(roles.len() < Role::ALL.len(), "{name} is for everybody: say so by naming nobody");
    }
    let opens = |role: Role, path: &str| ROUTES.iter().filter(|r| r.1 == path).all(|r| PEOPLE.iter().any(|p| p.0 == r.2 && p.1.contains(&role)));
    for admin in [Role::SystemAdmin, Role::SecurityAdmin, Role::AuditAdmin] {
        assert!(!opens(admin, "/api/v1/records/{id}") && !opens(admin, "/api/v1/changes/{dot}/release"), "{admin:?} does no business");
    }
    assert!(!opens(Role::SystemAdmin, "/api/v1/audit") && !opens(Role::SecurityAdmin, "/api/v1/audit"));
    assert!(!opens(Role::SystemAdmin, "/api/v1/officers/{id}/roles") && !opens(Role::AuditAdmin, "/api/v1/officers/{id}/roles"));
}

fn statuses(site: &Site, token: &str, calls: &[(&str, String, Json)]) -> Vec<(String, u16)> {
    let call = |(method, path, body): &(&str, String, Json)| {
        let request = site.client.request(method.parse().unwrap(), site.url(path)).bearer_auth(token).header("If-Match", "\"\"");
        let request = if *method == "GET" { request } else { request.json(body) };
        (format!("{method} {path}"), request.send().unwrap().status().as_u16())
    };
    calls.iter().map(call).collect()
}

/// Two units, a handheld in each, a record and a change in quarantine of each.
fn two_units(site: &Site) -> (Handheld, Handheld) {
    let (one, two) = (site.handheld_of("li", "u1"), site.handheld_of("wu", "u2"));
    for (handheld, unit, n) in [(&one, "u1", 1), (&two, "u2", 2)] {
        let unit = format!("\"{unit}\"");
        assert_eq!(site.push_one(handheld, &handheld.write(record(n), &[("unit", &unit, &[])]))["state"], "applied");
        assert_eq!(site.push_one(handheld, &handheld.write(record(n + 10), &[("unit", "\"elsewhere\"", &[])]))["code"], "foreign_scope");
    }
    (one, two)
}

fn ids(page: &Json, list: &str, key: &str) -> Vec<String> {
    page[list].as_array().unwrap().iter().map(|i| i[key].as_str().map_or_else(|| i[key].to_string(), str::to_owned)).collect()
}

on_both! {
    fn what_is_out_of_reach_is_not_there(site) {
        let (one, two) = two_units(&site);
        let leader = site.log_in(&site.officer_of("boss", &[Role::SquadLeader], "u1", Some(Scope::Unit), &[]));
        let calls = |n: u128, handheld: &Handheld| {
            vec![
                ("GET", format!("/api/v1/records/{}", record(n)), Json::Null),
                ("PUT", format!("/api/v1/records/{}/fields/phone", record(n)), json!({ "value": "1", "reason": "电话核实" })),
                ("POST", format!("/api/v1/records/{}/acts", record(n)), json!({ "act": "reopen", "reason": "补充" })),
                ("GET", format!("/api/v1/changes/{}", handheld.dot(2)), Json::Null),
                ("GET", format!("/api/v1/officers/{}", handheld.officer), Json::Null),
                ("POST", format!("/api/v1/changes/{}/dismiss", handheld.dot(2)), json!({ "reason": "不属本区" })),
            ]
        };
        let far = statuses(&site, &leader, &calls(2, &two));
        assert!(far.iter().all(|(_, status)| *status == 404), "{far:?}");
        let near = statuses(&site, &leader, &calls(1, &one));
        assert!(near.iter().all(|(_, status)| *status != 404 && *status != 403), "{near:?}");
        for (path, class) in [("/api/v1/queue?class=notices", "notices"), ("/api/v1/queue?class=missing", "missing")] {
            assert_eq!(problem(site.get(path).bearer_auth(&leader).send().unwrap()), (403, "forbidden".into()), "{class} concern the whole district");
        }
    }

    fn administrators_change_what_is_within_reach_and_nothing_else(site) {
        let (one, two) = two_units(&site);
        let security = site.log_in(&site.officer_of("sec", &[Role::SecurityAdmin], "u1", Some(Scope::Unit), &[]));
        let system = site.log_in(&site.officer_of("sys", &[Role::SystemAdmin], "u1", Some(Scope::Unit), &[]));
        let of_security = |h: &Handheld| {
            vec![
                ("POST", format!("/api/v1/officers/{}/roles", h.officer), json!({ "roles": ["officer"] })),
                ("POST", format!("/api/v1/officers/{}/grants", h.officer), json!({ "bucket": "r" })),
                ("POST", format!("/api/v1/officers/{}/suspension", h.officer), json!({ "suspended": false })),
                ("POST", format!("/api/v1/officers/{}/codes", h.officer), json!({ "hours": 1 })),
                ("POST", format!("/api/v1/officers/{}/second-factor/reset", h.officer), json!({})),
                ("POST", format!("/api/v1/devices/{}/commands", h.device), json!({ "command": "lock" })),
                ("POST", format!("/api/v1/devices/{}/revoke", h.device), json!({})),
            ]
        };
        let of_system = |h: &Handheld| vec![("PUT", format!("/api/v1/officers/{}", h.officer), json!({ "name": "改名" }))];
        let far = [statuses(&site, &security, &of_security(&two)), statuses(&site, &system, &of_system(&two))].concat();
        assert!(far.iter().all(|(_, status)| *status == 404), "{far:?}");
        let near = [statuses(&site, &security, &of_security(&one)), statuses(&site, &system, &of_system(&one))].concat();
        assert!(near.iter().all(|(_, status)| (200..300).contains(status) || *status == 409), "{near:?}");
        let new = json!({ "officer": "new", "name": "新人", "unit": "u2", "roles": ["officer"], "password": "correct horse battery" });
        assert_eq!(problem(site.post("/api/v1/officers").bearer_auth(&system).json(&new).send().unwrap()), (422, "invalid_field".into()));
        let book = site.post("/api/v1/imports/roster").bearer_auth(&system).body("x").send().unwrap();
        assert_eq!(problem(book), (403, "forbidden".into()), "the roster and the book are the whole district's");
    }

    fn lists_hold_what_is_within_reach_and_nothing_else(site) {
        let (one, two) = two_units(&site);
        let leader = site.log_in(&site.officer_of("boss", &[Role::SquadLeader], "u1", Some(Scope::Unit), &[]));
        let head = site.log_in(&site.officer_of("head", &[Role::Head], "office", None, &[]));
        let get = |token: &str, path: &str| -> Json { ok(site.get(path).bearer_auth(token).send().unwrap()) };
        assert_eq!(ids(&get(&leader, "/api/v1/officers"), "officers", "officer"), ["boss", "li"]);
        assert_eq!(ids(&get(&head, "/api/v1/officers"), "officers", "officer"), ["boss", "head", "li", "wu"]);
        assert_eq!(ids(&get(&leader, "/api/v1/devices"), "devices", "device"), [one.device.to_string()]);
        assert_eq!(ids(&get(&head, "/api/v1/devices"), "devices", "device").len(), 2);
        let quarantined = |token: &str| ids(&get(token, "/api/v1/queue?class=quarantined"), "items", "dot");
        assert_eq!(quarantined(&leader), [json!(one.dot(2)).to_string()]);
        assert_eq!(quarantined(&head), [json!(one.dot(2)).to_string(), json!(two.dot(2)).to_string()]);
        let own = site.log_in(&site.officer_of("wang", &[Role::SectionHead], "u2", Some(Scope::Own), &[]));
        assert!(quarantined(&own).is_empty(), "his own scope holds neither his colleague's changes");
        assert_eq!(ids(&get(&own, "/api/v1/officers"), "officers", "officer"), ["wang"]);
    }

    fn contested_records_are_listed_to_whom_they_are_within_reach(site) {
        for (n, unit) in [(1, "u1"), (2, "u2")] {
            let (a, b) = (site.handheld_of(&format!("a{n}"), unit), site.handheld_of(&format!("b{n}"), unit));
            let text = format!("\"{unit}\"");
            site.push(&a, &[a.write(record(n), &[("unit", &text, &[])]), a.write(record(n), &[("answers.x", "{\"result\":\"ok\"}", &[])])]);
            let bent = crate::harness::Bent { after: vec![a.dot(1)], ..Default::default() };
            site.push_one(&b, &b.write_bent(record(n), &[("answers.x", "{\"result\":\"bad\"}", &[])], &bent));
        }
        let leader = site.log_in(&site.officer_of("boss", &[Role::SquadLeader], "u2", Some(Scope::Unit), &[]));
        let page: Json = ok(site.get("/api/v1/queue?class=contested").bearer_auth(&leader).send().unwrap());
        assert_eq!(ids(&page, "items", "record"), [record(2).to_string()]);
    }
}

#[test]
fn nothing_and_wrong_methods_are_problems_too() {
    let site = Site::new(Engine::Sqlite);
    assert_eq!(problem(site.get("/no/such/thing").send().unwrap()), (404, "not_found".into()));
    assert_eq!(problem(site.client.delete(site.url("/sync/v1/pull")).send().unwrap()), (405, "method_not_allowed".into()));
    assert_eq!(problem(site.post("/auth/login").body("{").header("Content-Type", "application/json").send().unwrap()), (400, "bad_request".into()));
    assert_eq!(problem(site.post("/auth/login").body("x").send().unwrap()), (400, "bad_request".into()));
    let large = format!("{{\"officer\":\"{}\"}}", "x".repeat(300 * 1024));
    assert_eq!(problem(site.post("/auth/login").body(large).header("Content-Type", "application/json").send().unwrap()), (413, "body_too_large".into()));
}

#[test]
fn a_token_for_one_use_is_none_for_another() {
    let site = Site::new(Engine::Sqlite);
    let a = site.handheld("a");
    let admin = site.log_in(&site.officer("adm", &[Role::SystemAdmin], &[]));
    assert_eq!(problem(site.get("/sync/v1/pull").bearer_auth(admin).send().unwrap()), (401, "unauthorized".into()));
    assert_eq!(problem(site.get("/api/v1/me").bearer_auth(&a.token).send().unwrap()), (401, "unauthorized".into()));
    assert_eq!(problem(site.get("/sync/v1/pull").bearer_auth("x.y.z").send().unwrap()), (401, "unauthorized".into()));
}
