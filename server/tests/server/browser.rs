//! Log-ins of browsers: refresh tokens, cookies, passwords.

use serde_json::{Value as Json, json};
use sync_core::base::OfficerId;
use zhifa_server::org::Role;

use crate::harness::{Engine, PASSWORD, Site, ok, problem};
use crate::on_both;

fn cookie(response: &reqwest::blocking::Response) -> String {
    response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

fn refresh(site: &Site, cookie: &str) -> reqwest::blocking::Response {
    site.post("/auth/refresh").header("Cookie", cookie).send().unwrap()
}

fn notices(site: &Site, token: &str) -> Vec<Json> {
    ok::<Json>(site.get("/api/v1/queue?class=notices").bearer_auth(token).send().unwrap())["items"].as_array().unwrap().clone()
}

on_both! {
    fn a_stolen_refresh_token_ends_its_family_and_raises_an_alarm(site) {
        let who = site.officer("rev", &[Role::Reviewer], &[]);
        let first = cookie(&site.log_in_whole(&who));
        let turned = refresh(&site, &first);
        let second = cookie(&turned);
        let access = ok::<Json>(turned)["access_token"].as_str().unwrap().to_owned();
        assert_eq!(ok::<Json>(site.get("/api/v1/me").bearer_auth(&access).send().unwrap())["officer"], "rev");
        assert!(notices(&site, &access).is_empty());
        assert_eq!(problem(refresh(&site, &first)), (401, "token_reused".into()));
        for ended in [&second, &first] {
            assert_eq!(problem(refresh(&site, ended)), (401, "token_expired".into()), "the family is over for thief and owner");
        }
        let found = notices(&site, &access);
        assert_eq!((found.len(), &found[0]["class"]), (1, &json!("token_reused")));
        let reused = site.audited("login.reused");
        let session = serde_json::from_str::<Json>(&reused[0].detail).unwrap()["session"].as_str().unwrap().to_owned();
        assert_eq!((reused.len(), reused[0].object.as_str()), (1, "officer:rev"));
        assert_eq!(found[0]["subject"], format!("token_reused:rev:{session}"));
        assert_eq!(session.len(), 8);
    }

    fn logging_out_ends_the_family_once(site) {
        let token = cookie(&site.log_in_whole(&site.officer("rev", &[Role::Reviewer], &[])));
        for _ in 0..2 {
            assert_eq!(site.post("/auth/logout").header("Cookie", &token).send().unwrap().status(), 204);
        }
        assert_eq!(problem(refresh(&site, &token)), (401, "token_expired".into()));
        assert_eq!((site.audited("login.done").len(), site.audited("login.ended").len()), (1, 1));
    }

    fn a_suspension_ends_log_ins_at_once_and_other_roles_hold_from_the_next_request(site) {
        let admin = site.log_in(&site.officer("sec", &[Role::SecurityAdmin], &[]));
        let who = site.officer("li", &[Role::Officer], &[]);
        let login = site.log_in_whole(&who);
        let (first, token) = (cookie(&login), ok::<Json>(login)["access_token"].as_str().unwrap().to_owned());
        assert_eq!(problem(site.get("/api/v1/queue?class=parked").bearer_auth(&token).send().unwrap()), (403, "forbidden".into()));
        let roles = json!({ "roles": ["officer", "squad_leader"] });
        assert_eq!(site.post("/api/v1/officers/li/roles").bearer_auth(&admin).json(&roles).send().unwrap().status(), 204);
        assert_eq!(site.get("/api/v1/queue?class=parked").bearer_auth(&token).send().unwrap().status(), 200);
        let suspend = json!({ "suspended": true });
        assert_eq!(site.post("/api/v1/officers/li/suspension").bearer_auth(&admin).json(&suspend).send().unwrap().status(), 204);
        assert_eq!(problem(site.get("/api/v1/me").bearer_auth(&token).send().unwrap()), (403, "forbidden".into()));
        site.suspend(&who, false);
        assert_eq!(problem(refresh(&site, &first)), (401, "token_expired".into()), "reinstated he logs in anew");
    }

    fn a_changed_password_ends_all_log_ins_but_the_one_that_changed_it(site) {
        let who = site.officer("li", &[Role::Officer], &[]);
        let (here, there) = (site.log_in_whole(&who), cookie(&site.log_in_whole(&who)));
        let (mine, token) = (cookie(&here), ok::<Json>(here)["access_token"].as_str().unwrap().to_owned());
        let change = |old: &str, new: &str| {
            site.post("/auth/password").bearer_auth(&token).header("Cookie", &mine).json(&json!({ "old": old, "new": new })).send().unwrap()
        };
        assert_eq!(problem(change("wrong password", "another password")), (401, "bad_credentials".into()));
        assert_eq!(problem(change(PASSWORD, "short")), (422, "invalid_field".into()));
        assert_eq!(change(PASSWORD, "another password").status(), 204);
        assert_eq!(problem(refresh(&site, &there)), (401, "token_expired".into()));
        assert_eq!(refresh(&site, &mine).status(), 200);
        assert_eq!(problem(site.try_log_in(&who, PASSWORD, None)), (401, "bad_credentials".into()));
        assert_eq!(site.try_log_in(&who, "another password", None).status(), 200);
        assert_eq!(site.audited("password.changed").len(), 1);
    }

    fn an_account_without_a_password_gets_one_by_a_code_that_is_good_once(site) {
        let who = site.officer("li", &[Role::Officer], &[]);
        site.sql("UPDATE officer SET password_hash = '!'");
        for guess in ["!", PASSWORD, ""] {
            assert_eq!(problem(site.try_log_in(&who, guess, None)), (401, "bad_credentials".into()), "{guess:?}");
        }
        let first = |who: &OfficerId, code: &str, password: &str| {
            site.post("/auth/first-password").json(&json!({ "officer": who, "code": code, "password": password })).send().unwrap()
        };
        let (code, other) = (site.code(&who), site.officer("wu", &[Role::Officer], &[]));
        assert_eq!(problem(first(&who, "no such code", "a new password")), (401, "bad_code".into()));
        assert_eq!(problem(first(&other, &code, "a new password")), (401, "bad_code".into()));
        assert_eq!(problem(first(&who, &code, "short")), (422, "invalid_field".into()));
        assert_eq!(first(&who, &code, "a new password").status(), 204);
        assert_eq!(problem(first(&who, &code, "yet another one")), (401, "bad_code".into()), "good once");
        assert_eq!(site.try_log_in(&who, "a new password", None).status(), 200);
        let forgotten = cookie(&site.try_log_in(&who, "a new password", None));
        assert_eq!(first(&who, &site.code(&who), "a third password").status(), 204);
        assert_eq!(problem(refresh(&site, &forgotten)), (401, "token_expired".into()));
        let late = site.code(&who);
        site.clock.advance(48 * 3_600_000);
        assert_eq!(problem(first(&who, &late, "a fourth password")), (401, "bad_code".into()), "expired");
        assert_eq!(site.audited("password.changed").len(), 2);
    }
}

#[test]
fn the_cookie_is_for_tls_only_where_the_server_knows_of_tls() {
    let attributes = |adjust: fn(&mut zhifa_server::base::config::Config)| {
        let site = Site::with(Engine::Sqlite, adjust);
        let login = site.log_in_whole(&site.officer("li", &[Role::Officer], &[]));
        login.headers()["set-cookie"].to_str().unwrap().split("; ").skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let plain = attributes(|_| {});
    assert!(plain.contains(&"HttpOnly".to_owned()) && plain.contains(&"SameSite=Strict".to_owned()) && !plain.contains(&"Secure".to_owned()), "{plain:?}");
    assert!(attributes(|c| c.public_url = Some("https://zhifa.example".into())).contains(&"Secure".to_owned()));
    assert!(attributes(|c| c.behind_proxy = true).contains(&"Secure".to_owned()));
}
