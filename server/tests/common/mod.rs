//! What tests with real handhelds share: a server in a folder, officers, and handhelds through the C symbols.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use sync_core::base::OfficerId;
use sync_core::record::Bucket;
use zhifa_mobile::abi::host::Handheld;
use zhifa_server::base::clock::SystemClock;
use zhifa_server::base::config::Config;
use zhifa_server::org::Role;
use zhifa_server::org::ops::{self, NewOfficer, SYSTEM};
use zhifa_server::sync::store::Want;
use zhifa_server::{Running, start_with};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";
/// Every handheld's PIN.
pub const PIN: &str = "执法-123456";

/// A server in a folder, on SQLite or on a database given.
pub fn serve(folder: &Path, database: Option<String>) -> Running {
    let mut config = Config::local(folder);
    config.workers = Some(1);
    config.database = database;
    start_with(config, sync_core::schema::kinds(), Arc::new(SystemClock)).unwrap()
}

/// An officer of unit u1.
pub fn officer(running: &Running, officer: &str, roles: Vec<Role>) -> OfficerId {
    let hash = zhifa_server::auth::password::hash(PASSWORD).unwrap();
    let id = officer.parse::<OfficerId>().unwrap();
    let new = NewOfficer { officer: id.clone(), name: "测试".into(), unit: "u1".into(), roles, scope: None, buckets: vec![Bucket::reference(), Bucket::unit("u1")] };
    running.app.committer.run_blocking(Want::default(), move |store| ops::create_officer(store, SYSTEM, &new, &hash)).unwrap().unwrap();
    id
}

/// A new officer's enrolled handheld.
pub fn handheld(running: &Running, store: &Path, name: &str) -> Handheld {
    let id = officer(running, name, vec![Role::Officer]);
    let code = format!("code-of-{name}");
    let kept = code.clone();
    running.app.committer.run_blocking(Want::default(), move |store| ops::issue_code(store, SYSTEM, &id, &kept, 48)).unwrap().unwrap();
    let handheld = Handheld::create(store, PIN, &json!({})).unwrap();
    handheld.enrol(&json!({ "server": running.url(), "code": code, "officer": name, "password": PASSWORD, "label": "测试机" })).unwrap();
    handheld
}

/// Logs in with a second factor that is bound at the server.
#[allow(dead_code, reason = "not every program of tests has somebody who decides")]
pub fn log_in(running: &Running, officer: &OfficerId) -> String {
    let now = zhifa_server::base::clock::Clock::now(&SystemClock);
    let otp = running.app.bind_second_factor(officer).unwrap().code(now);
    let login = json!({ "officer": officer, "password": PASSWORD, "otp": otp });
    let answer = reqwest::blocking::Client::new().post(format!("{}/auth/login", running.url())).json(&login).send().unwrap();
    answer.json::<serde_json::Value>().unwrap()["access_token"].as_str().unwrap().to_owned()
}
