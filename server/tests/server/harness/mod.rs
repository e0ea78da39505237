//! A server on a fresh database of either engine, and the people and handhelds who use it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use diesel::connection::{Connection as _, SimpleConnection as _};
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value as Json, json};
use sync_core::base::keys::{Ed25519, PublicKey, Signer as _};
use sync_core::base::{DeviceId, Digest, OfficerId, RecordId, Stamp, UtcMs};
use sync_core::protocol::{Bytes, Enrolled, PushResponse, TokenRequest, TokenResponse, enrol_digest, nonce_digest};
use sync_core::record::{ActCall, Change, Dot, Edit, Kind, Kinds, SignedChange, change_hash, signing_input};
use sync_core::testing::{PROBE_V1, PROBE_V2};
use zhifa_server::auth::totp::Factor;
use zhifa_server::base::clock::SetClock;
use zhifa_server::base::config::Config;
use zhifa_server::org::ops::{self, NewOfficer, SYSTEM};
use zhifa_server::org::{Role, Scope};
use zhifa_server::sync::store::Want;
use zhifa_server::{Running, start_with};

/// Which engine a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Makes one test of each engine out of one body.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* fn $name:ident($site:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            fn test(engine: $crate::harness::Engine) {
                #[allow(unused_mut)]
                let mut $site = $crate::harness::Site::new(engine);
                $body
            }
            #[test]
            fn sqlite() {
                test($crate::harness::Engine::Sqlite);
            }
            #[test]
            fn postgres() {
                test($crate::harness::Engine::Postgres);
            }
        }
    )*};
}

pub const PASSWORD: &str = "correct horse battery";
pub const START: UtcMs = UtcMs(1_790_000_000_000);

/// The PostgreSQL server of the tests.
pub fn postgres_url() -> String {
    std::env::var("ZHIFA_TEST_POSTGRES")
        .expect("set ZHIFA_TEST_POSTGRES to the URL of a PostgreSQL server where tests may create databases, such as postgres://postgres@127.0.0.1:5432/postgres")
}

/// A fresh database on it.
pub fn postgres_database() -> String {
    let url = postgres_url();
    let name = format!("zhifa_test_{}", hex::encode(fresh::<8>()));
    let mut admin = diesel::PgConnection::establish(&url).expect("the PostgreSQL server of ZHIFA_TEST_POSTGRES answers");
    admin.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let (base, _) = url.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}

pub fn fresh<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    getrandom::fill(&mut out).unwrap();
    out
}

/// A running server.
pub struct Site {
    pub config: Config,
    pub clock: SetClock,
    pub running: Option<Running>,
    pub client: Client,
    factors: Factors,
    _data: Arc<tempfile::TempDir>,
}

/// The authenticators that people hold, each with the last step of which a code was used.
type Factors = Arc<Mutex<HashMap<OfficerId, (Factor, i64)>>>;

pub fn kinds(probe: &'static Kind) -> Kinds {
    let mut all: Vec<&'static Kind> = sync_core::schema::kinds().iter().collect();
    all.push(probe);
    Kinds::new(all)
}

impl Site {
    pub fn new(engine: Engine) -> Site {
        Site::with(engine, |_| {})
    }

    /// A site whose server is told otherwise.
    pub fn with(engine: Engine, adjust: impl FnOnce(&mut Config)) -> Site {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::local(data.path());
        config.workers = Some(1);
        if engine == Engine::Postgres {
            config.database = Some(postgres_database());
        }
        adjust(&mut config);
        let clock = SetClock::at(START);
        let running = start_with(config.clone(), kinds(&PROBE_V2), Arc::new(clock.clone())).unwrap();
        Site { config, clock, running: Some(running), client: Client::builder().no_proxy().build().unwrap(), factors: Factors::default(), _data: Arc::new(data) }
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// Another process on the same PostgreSQL database, with the same keys.
    pub fn second(&self) -> Site {
        assert!(self.config.database.is_some(), "only PostgreSQL takes several servers");
        let running = start_with(self.config.clone(), kinds(&PROBE_V2), Arc::new(self.clock.clone())).unwrap();
        Site {
            config: self.config.clone(),
            clock: self.clock.clone(),
            running: Some(running),
            client: self.client.clone(),
            factors: self.factors.clone(),
            _data: self._data.clone(),
        }
    }

    pub fn stop(&mut self) {
        let running = self.running.take().unwrap();
        actix_web::rt::System::new().block_on(running.stop());
    }

    /// Stops and starts again, with this version of the probe.
    pub fn restart(&mut self, probe: &'static Kind) {
        self.stop();
        self.running = Some(start_with(self.config.clone(), kinds(probe), Arc::new(self.clock.clone())).unwrap());
    }

    /// Runs SQL past the server.
    pub fn sql(&self, sql: &str) {
        match &self.config.database {
            Some(url) => diesel::PgConnection::establish(url).unwrap().batch_execute(sql).unwrap(),
            None => {
                let path = self.config.data.join("zhifa.db");
                let mut connection = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                // The server writes beside it.
                connection.batch_execute("PRAGMA busy_timeout = 20000").unwrap();
                connection.batch_execute(sql).unwrap();
            }
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running().url())
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    /// Somebody of unit `u1`.
    pub fn officer(&self, id: &str, roles: &[Role], buckets: &[&str]) -> OfficerId {
        self.officer_of(id, roles, "u1", None, buckets)
    }

    /// Somebody of a unit, with a scope other than his roles' usual one if given.
    pub fn officer_of(&self, id: &str, roles: &[Role], unit: &str, scope: Option<Scope>, buckets: &[&str]) -> OfficerId {
        let officer: OfficerId = id.parse().unwrap();
        let hash = zhifa_server::auth::password::hash(PASSWORD).unwrap();
        let buckets = buckets.iter().map(|b| sync_core::record::Bucket((*b).into())).collect();
        let new = NewOfficer { officer: officer.clone(), name: "测试".into(), unit: unit.into(), roles: roles.to_vec(), scope, buckets };
        self.running().app.committer.run_blocking(Want::default(), move |store| ops::create_officer(store, SYSTEM, &new, &hash)).unwrap().unwrap();
        officer
    }

    pub fn suspend(&self, who: &OfficerId, suspended: bool) {
        let who = who.clone();
        self.running().app.committer.run_blocking(Want::default(), move |store| ops::suspend(store, SYSTEM, &who, suspended)).unwrap().unwrap();
    }

    pub fn code(&self, officer: &OfficerId) -> String {
        let code = hex::encode(fresh::<8>());
        let (who, kept) = (officer.clone(), code.clone());
        self.running().app.committer.run_blocking(Want::default(), move |store| ops::issue_code(store, SYSTEM, &who, &kept, 48)).unwrap().unwrap();
        code
    }

    /// An officer of unit `u1` with a handheld.
    pub fn handheld(&self, officer: &str) -> Handheld {
        self.handheld_of(officer, "u1")
    }

    /// An officer of a unit with a handheld.
    pub fn handheld_of(&self, officer: &str, unit: &str) -> Handheld {
        self.enrol(self.officer_of(officer, &[Role::Officer], unit, None, &[&format!("u:{unit}"), "r"]))
    }

    pub fn enrol(&self, officer: OfficerId) -> Handheld {
        let handheld = Handheld::new(officer);
        let request = handheld.enrol_request(&self.code(&handheld.officer));
        let response = self.post("/sync/v1/enrol").json(&request).send().unwrap();
        let enrolled: Enrolled = ok(response);
        let mut handheld = handheld;
        handheld.server = PublicKey::new(&enrolled.server_alg, &enrolled.server_key.0);
        handheld.enrolled = Some(enrolled);
        handheld.token = self.device_token(&handheld);
        handheld
    }

    pub fn device_token(&self, handheld: &Handheld) -> String {
        let nonce: Json = ok(self.post("/sync/v1/nonce").json(&json!({ "device": handheld.device })).send().unwrap());
        let nonce = nonce["nonce"].as_str().unwrap().to_owned();
        let signature = Bytes(handheld.key.sign(&nonce_digest(&nonce).0).unwrap());
        let certificate = handheld.enrolled.as_ref().map(|e| e.certificate.clone());
        let body = TokenRequest { device: handheld.device, nonce, signature, certificate };
        ok::<TokenResponse>(self.post("/sync/v1/token").json(&body).send().unwrap()).token
    }

    /// Tries to log in with what is given.
    pub fn try_log_in(&self, officer: &OfficerId, password: &str, otp: Option<&str>) -> Response {
        let mut body = json!({ "officer": officer, "password": password });
        if let Some(otp) = otp {
            body["otp"] = json!(otp);
        }
        self.post("/auth/login").json(&body).send().unwrap()
    }

    /// Logs in as a person does: whoever needs a second factor and has none binds one first.
    pub fn log_in_whole(&self, officer: &OfficerId) -> Response {
        // The lock is let go of before `otp` takes it.
        let bound = self.factors.lock().unwrap().contains_key(officer);
        let otp = bound.then(|| self.otp(officer));
        let response = self.try_log_in(officer, PASSWORD, otp.as_deref());
        if response.status() != 403 {
            return response;
        }
        assert_eq!(problem(response), (403, "second_factor_missing".into()));
        self.bind(officer);
        self.try_log_in(officer, PASSWORD, Some(&self.otp(officer)))
    }

    pub fn log_in(&self, officer: &OfficerId) -> String {
        ok::<Json>(self.log_in_whole(officer))["access_token"].as_str().unwrap().to_owned()
    }

    /// Begins to bind a second factor with a new one-time code; gives that code.
    pub fn begin(&self, officer: &OfficerId) -> String {
        let code = self.code(officer);
        let begun: Json = ok(self.post("/auth/second-factor").json(&json!({ "officer": officer, "password": PASSWORD, "code": code })).send().unwrap());
        let factor = Factor::parse(begun["secret"].as_str().unwrap()).unwrap();
        self.factors.lock().unwrap().insert(officer.clone(), (factor, 0));
        code
    }

    /// Binds a second factor as a person does.
    pub fn bind(&self, officer: &OfficerId) {
        self.begin(officer);
        let confirm = json!({ "officer": officer, "password": PASSWORD, "otp": self.otp(officer) });
        assert_eq!(self.post("/auth/second-factor/confirm").json(&confirm).send().unwrap().status(), 204);
    }

    /// A code of somebody's authenticator that was not used yet: of the step before, the present one, or the next.
    pub fn otp(&self, officer: &OfficerId) -> String {
        let mut factors = self.factors.lock().unwrap();
        let (factor, last) = factors.get_mut(officer).expect("a second factor was begun");
        let present = zhifa_server::base::clock::Clock::now(&self.clock).0 / 30_000;
        let step = (*last + 1).max(present - 1);
        assert!(step <= present + 1, "three codes of {officer} are used; move the clock on by 30 s");
        *last = step;
        factor.code(UtcMs(step * 30_000))
    }

    /// The code of an instant, whether used or not.
    pub fn otp_at(&self, officer: &OfficerId, at: UtcMs) -> String {
        self.factors.lock().unwrap()[officer].0.code(at)
    }

    /// What the audit holds of an action, or of all if none is named, oldest first.
    pub fn audited(&self, action: &str) -> Vec<zhifa_server::audit::Entry> {
        let query = serde_json::from_value(json!({ "action": (!action.is_empty()).then_some(action), "limit": 500 })).unwrap();
        let page = self.running().app.db.read(|tx| zhifa_server::audit::search::search(tx, 1, &query)).unwrap();
        page.entries.into_iter().rev().collect()
    }

    pub fn push_raw(&self, handheld: &Handheld, body: Vec<u8>) -> Response {
        self.post("/sync/v1/push").bearer_auth(&handheld.token).body(body).send().unwrap()
    }

    pub fn push(&self, handheld: &Handheld, changes: &[SignedChange]) -> PushResponse {
        let lines: Vec<Vec<u8>> = changes.iter().map(SignedChange::to_line).collect();
        ok(self.push_raw(handheld, lines.join(&b'\n')))
    }

    /// Pushes one change and gives its disposition as JSON.
    pub fn push_one(&self, handheld: &Handheld, change: &SignedChange) -> Json {
        let response = self.push(handheld, std::slice::from_ref(change));
        serde_json::to_value(&response.results[0].disposition).unwrap()
    }

    pub fn pull(&self, handheld: &Handheld, cursor: &str) -> Json {
        ok(self.get(&format!("/sync/v1/pull?cursor={cursor}")).bearer_auth(&handheld.token).send().unwrap())
    }
}

/// The body of a success.
pub fn ok<T: serde::de::DeserializeOwned>(response: Response) -> T {
    let status = response.status();
    let text = response.text().unwrap();
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// The code of a problem document, its status checked against its own word.
pub fn problem(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json", "status {status}");
    let body: Json = response.json().unwrap();
    assert_eq!(body["status"], status);
    (status, body["code"].as_str().unwrap().to_owned())
}

/// A handheld that writes its own chain.
pub struct Handheld {
    pub device: DeviceId,
    pub officer: OfficerId,
    pub key: Ed25519,
    pub token: String,
    pub enrolled: Option<Enrolled>,
    pub server: Option<PublicKey>,
    pub chain: RefCell<Chain>,
}

#[derive(Clone, Default)]
pub struct Chain {
    seq: u64,
    head: Option<Digest>,
    priors: HashMap<RecordId, u64>,
}

/// What a test may bend in a change.
#[derive(Clone)]
pub struct Bent {
    pub kind: &'static str,
    pub schema: u32,
    pub prior: Option<u64>,
    pub prev: Option<Digest>,
    pub after: Vec<Dot>,
    pub time: Stamp,
    pub act: Option<ActCall>,
}

impl Default for Bent {
    fn default() -> Bent {
        Bent { kind: "probe", schema: 2, prior: None, prev: None, after: vec![], time: Stamp { wall: START.0, mono: 5, boot: 1, server: None, gnss: None }, act: None }
    }
}

pub fn record(n: u128) -> RecordId {
    RecordId(n)
}

impl Handheld {
    pub fn new(officer: OfficerId) -> Handheld {
        let device = DeviceId::handheld(u64::from_be_bytes(fresh()));
        Handheld { device, officer, key: Ed25519::from_seed(&fresh()), token: String::new(), enrolled: None, server: None, chain: RefCell::default() }
    }

    pub fn enrol_request(&self, code: &str) -> Json {
        json!({
            "code": code,
            "officer": self.officer,
            "password": PASSWORD,
            "device": self.device,
            "alg": "ed25519",
            "public_key": Bytes(self.key.public_key()),
            "proof": Bytes(self.key.sign(&enrol_digest(code, self.device).0).unwrap()),
            "label": "测试机",
        })
    }

    pub fn dot(&self, seq: u64) -> Dot {
        Dot::new(self.device, seq)
    }

    /// The next change of this chain: field, JSON value, what it replaces.
    pub fn write(&self, record: RecordId, edits: &[(&str, &str, &[Dot])]) -> SignedChange {
        self.write_bent(record, edits, &Bent::default())
    }

    pub fn write_bent(&self, record: RecordId, edits: &[(&str, &str, &[Dot])], bent: &Bent) -> SignedChange {
        let mut chain = self.chain.borrow_mut();
        let change = Change {
            device: self.device,
            seq: chain.seq + 1,
            prev: bent.prev.or(chain.head).unwrap_or(Digest::ZERO),
            record,
            kind: bent.kind,
            schema: bent.schema,
            prior: bent.prior.unwrap_or_else(|| chain.priors.get(&record).copied().unwrap_or(0)),
            after: bent.after.clone(),
            time: bent.time.clone(),
            officer: self.officer.clone(),
            place: None,
            edits: edits.iter().map(|(field, value, replaces)| Edit { field, value, replaces: replaces.to_vec(), reason: None }).collect(),
            act: bent.act.clone(),
            needs: vec![],
        };
        let bytes = change.encode().unwrap();
        let signed = self.sign(bytes);
        chain.seq += 1;
        chain.head = Some(signed.hash());
        let seq = chain.seq;
        chain.priors.insert(record, seq);
        signed
    }

    /// Signs any bytes with this key.
    pub fn sign(&self, bytes: Vec<u8>) -> SignedChange {
        let hash = change_hash(&bytes);
        SignedChange { alg: "ed25519".into(), signature: self.key.sign(&signing_input(&hash)).unwrap(), bytes }
    }

    /// The first change on a record: unit `u1`, so that the unit's officers hold it.
    pub fn begin(&self, record: RecordId) -> SignedChange {
        self.write(record, &[("unit", "\"u1\"", &[])])
    }

    /// Number and hash of the newest change.
    pub fn head(&self) -> (u64, Digest) {
        let chain = self.chain.borrow();
        (chain.seq, chain.head.unwrap_or(Digest::ZERO))
    }

    /// A copy of the store as it is now: both will write the next number.
    pub fn clone_store(&self) -> Handheld {
        Handheld {
            device: self.device,
            officer: self.officer.clone(),
            key: Ed25519::from_seed(&self.key.seed()),
            token: self.token.clone(),
            enrolled: self.enrolled.clone(),
            server: self.server.clone(),
            chain: RefCell::new(self.chain.borrow().clone()),
        }
    }
}

/// The probe as an older program knew it.
pub const OLD: &Kind = &PROBE_V1;
