//! A district on loopback: the server's own engine over memory, behind just enough HTTP, with faults on demand.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::keys::{Ed25519, PublicKey, Signer};
use sync_core::base::{DeviceId, Digest, DistrictId, UtcMs, pack};
use sync_core::catalogue::pack::Source;
use sync_core::district::{Grant, OfficeWrite, Store, accept_checked, adopt, check_line, erased, office_write, pull, receipt_for, scope_of, session};
use sync_core::identity::CodeFormat;
use sync_core::number::{Block, SealToken, Series, Sort, Spoiled, Token};
use sync_core::protocol::{
    Bytes, Certificate, Command, Cursor, DEFAULT_LEASE_MS, DepositResponse, Disposition, EnrolRequest, Enrolled, LAW_PAGE_BYTES, LawManifest, Limits, NumbersRequest,
    NumbersResponse, PushResponse, SealImage, Signed, TokenRequest, enrol_digest, law_pages, nonce_digest,
};
use sync_core::record::{Bucket, Draft};
use sync_core::replica::frames;
use sync_core::schema::kinds;
use sync_core::testing::MemDistrict;
use zhifa_mobile::abi::host::Handheld;

pub const PIN: &str = "执法-123456";

/// What goes wrong with a request.
pub enum Fault {
    /// This status with this content type and body, and nothing done.
    Answer(u16, &'static str, &'static str),
    /// The request is carried out, its answer is lost.
    LoseAnswer,
    /// No answer until the town falls silent for good.
    Hang,
    /// Nothing, so that the next one meets the next request.
    None,
}

pub struct State {
    pub district: MemDistrict,
    signer: Ed25519,
    identity: age::x25519::Identity,
    certificates: BTreeMap<DeviceId, Signed>,
    tokens: BTreeMap<String, DeviceId>,
    /// Applied to the next requests of this path, in order.
    pub faults: BTreeMap<&'static str, VecDeque<Fault>>,
    /// Path and number of lines of every request.
    pub seen: Vec<(String, usize)>,
    /// What the next sessions are told of the lease.
    pub lease_ms: i64,
    /// Whether this server speaks of leases and deposits at all.
    pub old: bool,
    /// The book, and whose slice of it each officer is given; other officers are told that there is no such call.
    pub law: Source,
    pub areas: BTreeMap<String, BTreeSet<String>>,
    /// Bytes of rows in a page of the law.
    pub law_page: usize,
    /// The organ whose numbers each officer is leased; others are told that there are none for them.
    pub organs: BTreeMap<String, String>,
    /// Numbers in a block.
    pub block: u32,
    /// What was leased to whom.
    pub leased: Vec<(DeviceId, Block)>,
    /// How the organ's papers are numbered (代字); without it, only acts are.
    pub prefix: Option<String>,
    /// The organ's seal.
    pub seal: Option<Vec<u8>>,
    /// What handhelds said that they spoiled.
    pub spoiled: Vec<Spoiled>,
    hanging: Vec<TcpStream>,
}

/// Not made as a JSON tree, which would sort the members of what was signed.
#[derive(serde::Serialize)]
pub struct Page<'a> {
    pub certificates: Vec<&'a Signed>,
}

#[derive(Clone)]
pub struct Town {
    pub address: String,
    state: Arc<Mutex<State>>,
}

pub fn now() -> UtcMs {
    UtcMs(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64)
}

impl Town {
    pub fn new() -> Town {
        Town::signing_with([5; 32])
    }

    /// A town whose server has this key.
    pub fn signing_with(seed: [u8; 32]) -> Town {
        Town::of_district(DistrictId(1), seed)
    }

    /// A town of another district.
    pub fn of_district(district: DistrictId, seed: [u8; 32]) -> Town {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            district: MemDistrict::new(district),
            signer: Ed25519::from_seed(&seed),
            identity: age::x25519::Identity::generate(),
            certificates: BTreeMap::new(),
            tokens: BTreeMap::new(),
            faults: BTreeMap::new(),
            seen: Vec::new(),
            lease_ms: DEFAULT_LEASE_MS,
            old: false,
            law: Source::new(),
            areas: BTreeMap::new(),
            law_page: LAW_PAGE_BYTES,
            organs: BTreeMap::new(),
            block: 4,
            leased: Vec::new(),
            prefix: None,
            seal: None,
            spoiled: Vec::new(),
            hanging: Vec::new(),
        };
        let town = Town { address, state: Arc::new(Mutex::new(state)) };
        let serving = town.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let town = serving.clone();
                std::thread::spawn(move || town.serve(stream));
            }
        });
        town
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn fault(&self, path: &'static str, fault: Fault) {
        self.state().faults.entry(path).or_default().push_back(fault);
    }

    /// The input that enrols an officer here.
    pub fn enrol_input(&self, officer: &str) -> Json {
        json!({ "server": self.address, "code": "one-time", "officer": officer, "password": "pass", "label": "test" })
    }

    /// A handheld of `officer`, enrolled here.
    pub fn handheld(&self, dir: &Path, officer: &str) -> (Handheld, PathBuf) {
        let path = dir.join(officer);
        let handheld = Handheld::create(&path, PIN, &json!({})).unwrap();
        handheld.enrol(&self.enrol_input(officer)).unwrap();
        (handheld, path)
    }

    /// The certificates of all handhelds enrolled here.
    pub fn certificates(&self) -> Vec<Signed> {
        self.state().certificates.values().cloned().collect()
    }

    /// Lists an officer's certificates no more.
    pub fn forget(&self, officer: &str) {
        self.state().certificates.retain(|_, signed| signed.unchecked::<Certificate>().is_some_and(|c| c.officer.as_str() != officer));
    }

    /// Orders something of an officer's device.
    pub fn order(&self, officer: &str, number: u64, command: Command) {
        let mut state = self.state();
        let device = state.district.devices.values().find(|d| d.officer.as_str() == officer).unwrap().device;
        state.district.commands.entry(device).or_default().push((number, command));
    }

    /// Orders that an officer's devices have not acknowledged.
    pub fn open_orders(&self) -> usize {
        self.state().district.commands.values().map(Vec::len).sum()
    }

    /// Number and hash of the newest change that an officer's device said it has.
    pub fn reported_head(&self, officer: &str) -> Option<(u64, Digest)> {
        let state = self.state();
        let device = state.district.devices.values().find(|d| d.officer.as_str() == officer)?.device;
        state.district.journal_heads.get(&device).copied()
    }

    /// Something that the office writes.
    pub fn office(&self, draft: Draft) -> Disposition {
        let mut guard = self.state();
        let state = &mut *guard;
        let write = OfficeWrite { draft, officer: "head".parse().unwrap() };
        office_write(&mut state.district, &kinds(), &write, &state.signer, now()).unwrap().unwrap().1
    }

    /// Opens what was sealed to the server.
    pub fn unseal(&self, file: &[u8]) -> Vec<u8> {
        let packed = age::decrypt(&self.state().identity, file).unwrap();
        pack::unpack(&packed, 1 << 26).unwrap()
    }

    fn serve(&self, mut stream: TcpStream) {
        let Some((method_path, headers, body)) = read_request(&mut stream) else { return };
        let (path, query) = method_path.split_once('?').unwrap_or((&method_path, ""));
        let name = path.trim_start_matches("/sync/v1/");
        let fault = {
            let mut state = self.state();
            let lines = body.split(|b| *b == b'\n').count();
            state.seen.push((name.to_owned(), lines));
            state.faults.get_mut(name).and_then(VecDeque::pop_front)
        };
        match fault {
            Some(Fault::Answer(status, ty, text)) => answer(stream, status, ty, text.as_bytes()),
            Some(Fault::Hang) => self.state().hanging.push(stream),
            Some(Fault::LoseAnswer) => {
                self.state().handle(name, query, &headers, &body);
            }
            None | Some(Fault::None) => {
                let (status, json) = self.state().handle(name, query, &headers, &body);
                let ty = if status == 200 { "application/json" } else { "application/problem+json" };
                answer(stream, status, ty, &json);
            }
        }
    }
}

fn read_request(stream: &mut TcpStream) -> Option<(String, BTreeMap<String, String>, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        match stream.read(&mut chunk).ok()? {
            0 => return None,
            n => bytes.extend_from_slice(&chunk[..n]),
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: BTreeMap<String, String> = lines.filter_map(|l| l.split_once(": ")).map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())).collect();
    let length: usize = headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        match stream.read(&mut chunk).ok()? {
            0 => return None,
            n => body.extend_from_slice(&chunk[..n]),
        }
    }
    if headers.get("content-encoding").is_some_and(|e| e == "zstd") {
        body = pack::unpack(&body, 1 << 26).ok()?;
    }
    Some((path, headers, body))
}

fn answer(mut stream: TcpStream, status: u16, ty: &str, body: &[u8]) {
    let retry = if status == 503 { "retry-after: 77\r\n" } else { "" };
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {ty}\r\n{retry}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    // A client that was killed or cancelled is not there any more.
    let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).and_then(|()| stream.flush());
}

fn ok<T: serde::Serialize>(body: &T) -> (u16, Vec<u8>) {
    (200, serde_json::to_vec(body).unwrap())
}

fn problem(status: u16, code: &str) -> (u16, Vec<u8>) {
    (status, json!({ "code": code, "status": status }).to_string().into_bytes())
}

impl State {
    fn handle(&mut self, name: &str, query: &str, headers: &BTreeMap<String, String>, body: &[u8]) -> (u16, Vec<u8>) {
        let server = PublicKey::new(self.signer.alg(), &self.signer.public_key()).unwrap();
        match name {
            "enrol" => return self.enrol(body),
            "nonce" => return ok(&json!({ "nonce": format!("n{}", self.seen.len()) })),
            "token" => {
                let request: TokenRequest = serde_json::from_slice(body).unwrap();
                let Some(row) = adopt(&mut self.district, &request.certificate.unwrap(), &server).unwrap() else { return problem(401, "unauthorized") };
                let key = PublicKey::new(&row.alg, &row.public_key).unwrap();
                if !key.verify(&row.alg, &nonce_digest(&request.nonce).0, &request.signature.0) {
                    return problem(401, "unauthorized");
                }
                let token = format!("t{}", self.seen.len());
                self.tokens.insert(token.clone(), request.device);
                return ok(&json!({ "token": token, "expires_in": 900 }));
            }
            _ => {}
        }
        let token = headers.get("authorization").and_then(|a| a.strip_prefix("Bearer ")).unwrap_or_default();
        if name == "deposit" {
            let Some(device) = token.strip_prefix("deposit-").and_then(|d| d.parse().ok()) else { return problem(401, "unauthorized") };
            return self.deposit(device, query, body);
        }
        let Some(device) = self.tokens.get(token).copied() else { return problem(401, "unauthorized") };
        let kinds = kinds();
        match name {
            "session" => {
                let request = serde_json::from_slice(body).unwrap();
                let mut answer = session(&mut self.district, &kinds, device, &request, &self.signer, now()).unwrap().unwrap();
                if self.old {
                    let text = serde_json::to_string(&answer).unwrap();
                    let shorter = text.replace(&format!(",\"lease_ms\":{DEFAULT_LEASE_MS}"), "");
                    assert_ne!(text, shorter);
                    return (200, shorter.into_bytes());
                }
                answer.lease_ms = self.lease_ms;
                answer.deposit = Some(format!("deposit-{device}"));
                ok(&answer)
            }
            "push" => {
                let devices = self.district.devices.clone();
                let keys = |d| devices.get(&d).and_then(|row| PublicKey::new(&row.alg, &row.public_key));
                let lines: Vec<_> = body.split(|b| *b == b'\n').map(|line| check_line(line, &keys)).collect();
                let results = accept_checked(&mut self.district, &kinds, &lines, now()).unwrap();
                let receipt = receipt_for(&mut self.district, device, now(), &self.signer).unwrap().unwrap();
                ok(&PushResponse { results, receipt })
            }
            "pull" => {
                let cursor = Cursor::parse(query.strip_prefix("cursor=").unwrap_or_default()).unwrap();
                let officer = self.district.device(device).unwrap().unwrap().officer;
                let scope = scope_of(&mut self.district, &officer, now()).unwrap();
                (200, pull(&mut self.district, device, &scope, &cursor, &Limits::default()).unwrap().into_json())
            }
            "law" => self.law_page(device, query),
            "numbers" => self.numbers(device, &serde_json::from_slice(body).unwrap()),
            "certificates" => {
                let after = query.split('&').find_map(|q| q.strip_prefix("after=")).unwrap().parse().unwrap();
                let page: Vec<&Signed> = self.certificates.range(after..).filter(|(device, _)| **device > after).map(|(_, signed)| signed).collect();
                ok(&Page { certificates: page })
            }
            _ => problem(404, "not_found"),
        }
    }

    /// A page of the law, or what a server says that has none.
    fn law_page(&mut self, device: DeviceId, query: &str) -> (u16, Vec<u8>) {
        let officer = self.district.device(device).unwrap().unwrap().officer;
        let Some(areas) = self.areas.get(officer.as_str()) else { return problem(404, "not_found") };
        let value = |name: &str| query.split('&').find_map(|q| q.strip_prefix(name)).map(str::to_owned);
        let number = |name: &str| value(name).map(|n| n.parse::<u64>().unwrap());
        let manifest = self.law.manifest(self.district.head.district, day_of(now()).unwrap(), areas);
        let held = number("have=").filter(|_| value("slice=").and_then(|s| Digest::parse(&s)) == Some(manifest.slice));
        let signed = Signed::new(&LawManifest::new(self.district.head.epoch, &manifest), &self.signer).unwrap();
        let at = number("at=").filter(|_| number("of=") == Some(manifest.rev)).unwrap_or(0);
        let pages = law_pages(&signed, areas, self.law.delta(manifest, areas, held), self.law_page);
        ok(pages.iter().find(|page| page.at == at).unwrap_or(&pages[0]))
    }

    /// Leases a block when fewer than two numbers are left, and gives what was leased and did not arrive once more.
    fn numbers(&mut self, device: DeviceId, asked: &NumbersRequest) -> (u16, Vec<u8>) {
        let officer = self.district.device(device).unwrap().unwrap().officer;
        let Some(organ) = self.organs.get(officer.as_str()).cloned() else { return problem(409, "conflict") };
        let papers = Sort::all().filter(|sort| self.prefix.is_some() && asked.sorts.iter().any(|known| known == sort.prefix()));
        for sort in papers.chain([Sort::ACT]).collect::<Vec<_>>() {
            self.refill(device, asked, Series::of(sort, &organ, day_of(now()).unwrap().year()).unwrap());
        }
        let known = |block: &Block| asked.have.iter().any(|s| s.series == block.series && s.first == block.first);
        let blocks: Vec<Block> = self.leased.iter().filter(|(of, block)| *of == device && !known(block)).map(|(_, block)| block.clone()).collect();
        self.spoiled.extend(asked.spoiled.iter().cloned());
        let seals = self.seal.iter().filter(|_| !blocks.is_empty()).map(|png| SealImage { digest: Digest::plain(png), png: Bytes(png.clone()) }).collect();
        ok(&NumbersResponse { blocks, noted: asked.spoiled.iter().map(|s| (s.series.clone(), s.seq)).collect(), seals, closed: vec![] })
    }

    fn refill(&mut self, device: DeviceId, asked: &NumbersRequest, series: Series) {
        let next = |block: &Block| asked.have.iter().find(|s| s.series == block.series && s.first == block.first).map_or(block.first, |s| s.next);
        let left: u32 = self.leased.iter().filter(|(of, block)| *of == device && block.series == series).map(|(_, block)| block.last + 1 - next(block)).sum();
        if left >= 2 {
            return;
        }
        let (district, image) = (self.district.head.district, self.seal.as_ref().map(|png| Digest::plain(png)));
        let first = self.leased.iter().filter(|(_, b)| b.series == series).map(|(_, b)| b.last + 1).max().unwrap_or(1);
        let last = first + self.block - 1;
        let block = if series.sort() == Sort::ACT {
            let token = |seq| Token { district, series: series.clone(), seq }.sign(&self.signer).unwrap();
            Block { tokens: (first..=last).map(token).collect(), series, first, last, region: "330200".parse().ok(), pattern: CodeFormat::default().pattern().into() }
        } else {
            let seal = |seq| SealToken { district, series: series.clone(), seq, device }.sign(image, &self.signer).unwrap();
            Block { tokens: (first..=last).map(seal).collect(), series, first, last, region: None, pattern: self.prefix.clone().unwrap() }
        };
        self.leased.push((device, block));
    }

    fn deposit(&mut self, device: DeviceId, query: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let value = |name: &str| query.split('&').find_map(|q| q.strip_prefix(name)).map(str::to_owned);
        if let (Some(order), Some(seq), Some(hash)) = (value("order="), value("seq="), value("hash=")) {
            let head = (seq.parse().unwrap(), Digest::parse(&hash).unwrap());
            erased(&mut self.district, device, order.parse().unwrap(), head, now()).unwrap();
        }
        let devices = self.district.devices.clone();
        let keys = |d| devices.get(&d).and_then(|row| PublicKey::new(&row.alg, &row.public_key));
        let lines: Vec<_> = frames(body).map(|f| check_line(&age::decrypt(&self.identity, f.sealed).unwrap(), &keys)).collect();
        ok(&DepositResponse::of(&accept_checked(&mut self.district, &kinds(), &lines, now()).unwrap()))
    }

    fn enrol(&mut self, body: &[u8]) -> (u16, Vec<u8>) {
        let request: EnrolRequest = serde_json::from_slice(body).unwrap();
        let key = PublicKey::new(&request.alg, &request.public_key.0).unwrap();
        if request.password != "pass" || !key.verify(&request.alg, &enrol_digest(&request.code, request.device).0, &request.proof.0) {
            return problem(401, "bad_credentials");
        }
        let certificate = Certificate {
            device: request.device,
            officer: request.officer.clone(),
            district: self.district.head.district,
            alg: request.alg,
            public_key: request.public_key,
            issued: now(),
            first_prev: request.continues.unwrap_or(Digest::ZERO),
        };
        let certificate = Signed::new(&certificate, &self.signer).unwrap();
        self.certificates.insert(request.device, certificate.clone());
        let server = PublicKey::new(self.signer.alg(), &self.signer.public_key()).unwrap();
        adopt(&mut self.district, &certificate, &server).unwrap().unwrap();
        self.district.grants.insert(request.officer, vec![Grant { bucket: Bucket::reference(), from: UtcMs(0), until: None }]);
        ok(&Enrolled {
            certificate,
            server_alg: self.signer.alg().into(),
            server_key: Bytes(self.signer.public_key()),
            server_recipient: self.identity.to_public().to_string(),
            district: self.district.head.district,
            epoch: self.district.head.epoch,
        })
    }
}
