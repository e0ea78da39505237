//! Every route as everybody: who is let in, and what the others are told.

use reqwest::blocking::Response;
use serde_json::json;
use zhifa_server::org::Role;
use zhifa_server::routes::ROUTES;

use crate::harness::{Engine, Site, problem};

/// Who asks, in the order of the statuses below.
const EVERYBODY: [&str; 6] = ["anonymous", "device", "officer", "reviewer", "admin", "expired"];

/// What each permission answers to everybody; 0 stands for "let in", whatever the handler then says.
fn expected(permission: &str) -> [u16; 6] {
    match permission {
        "public" => [0, 0, 0, 0, 0, 0],
        "device" | "device, not revoked" => [401, 0, 401, 401, 401, 401],
        // Its token is given to handhelds only; tests/deposit.rs asks with one.
        "deposit" => [401, 401, 401, 401, 401, 401],
        "any user" => [401, 401, 0, 0, 0, 401],
        "reviewer or admin" => [401, 401, 403, 0, 0, 401],
        "admin" => [401, 401, 403, 403, 0, 401],
        other => panic!("a permission nobody described here: {other}"),
    }
}

/// What a handler answers to these requests of somebody whom it lets in.
fn inside(method: &str, path: &str) -> u16 {
    match (method, path) {
        ("GET", "/health" | "/sync/v1/pull" | "/sync/v1/news" | "/sync/v1/certificates" | "/api/v1/me" | "/api/v1/officers" | "/api/v1/devices") => 200,
        ("GET", "/api/v1/queue" | "/sync/v1/log/proof") => 422,
        ("GET", "/api/v1/records/{id}" | "/api/v1/changes/{dot}") => 404,
        ("POST", "/sync/v1/push") => 200,
        ("POST", "/sync/v1/bundle" | "/api/v1/bundles") => 400,
        ("POST", "/auth/logout") => 204,
        ("POST", "/auth/refresh") => 401,
        ("POST", "/api/v1/changes/{dot}/release" | "/api/v1/devices/{id}/revoke") => 404,
        _ => 422,
    }
}

fn ask(site: &Site, method: &str, path: &str, token: Option<&str>) -> Response {
    let path = path.replace("{dot}", "00000000000000ab.1").replace("{key}", "unit");
    let id = if path.contains("devices") { "00000000000000ab" } else { "0123456789abcdef0123456789abcdef" };
    let url = site.url(&path.replace("{id}", id));
    let request = site.client.request(method.parse().unwrap(), url);
    let request = match method {
        "GET" => request,
        _ if path.ends_with("/push") => request.body(Vec::new()),
        _ => request.json(&json!({})),
    };
    token.map_or_else(|| request.try_clone().unwrap(), |t| request.try_clone().unwrap().bearer_auth(t)).send().unwrap()
}

#[test]
fn every_route_answers_everybody_as_its_permission_says() {
    let site = Site::new(Engine::Sqlite);
    let handheld = site.handheld("field");
    let user = |id: &str, role| site.log_in(&site.officer(id, &[role], &[]));
    let (officer, reviewer, admin) = (user("o", Role::Officer), user("r", Role::Reviewer), user("adm", Role::Admin));
    let mut wrong = Vec::new();
    let mut check = |tokens: [Option<&str>; 6], only: &[usize]| {
        for (method, path, permission) in ROUTES {
            for &n in only {
                let status = ask(&site, method, path, tokens[n]).status().as_u16();
                let wanted = match expected(permission)[n] {
                    0 => inside(method, path),
                    refused => refused,
                };
                if status != wanted {
                    wrong.push(format!("{method} {path} as {}: {status}, not {wanted}", EVERYBODY[n]));
                }
            }
        }
    };
    check([None, Some(&handheld.token), Some(&officer), Some(&reviewer), Some(&admin), None], &[0, 1, 2, 3, 4]);
    let old = [handheld.token.as_str(), officer.as_str(), reviewer.as_str(), admin.as_str()];
    site.clock.advance(16 * 60_000);
    for token in old {
        check([None, None, None, None, None, Some(token)], &[5]);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
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
    let admin = site.log_in(&site.officer("adm", &[Role::Admin], &[]));
    assert_eq!(problem(site.get("/sync/v1/pull").bearer_auth(admin).send().unwrap()), (401, "unauthorized".into()));
    assert_eq!(problem(site.get("/api/v1/me").bearer_auth(&a.token).send().unwrap()), (401, "unauthorized".into()));
    assert_eq!(problem(site.get("/sync/v1/pull").bearer_auth("x.y.z").send().unwrap()), (401, "unauthorized".into()));
}
