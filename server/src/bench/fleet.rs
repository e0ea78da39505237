//! A server in a process of its own, and the handhelds that drive it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use sync_core::base::keys::Signer as _;
use sync_core::base::{OfficerId, b64};
use sync_core::protocol::{Bytes, EnrolRequest, enrol_digest, nonce_digest};
use sync_core::record::Bucket;

use super::Failure;
use super::author::Author;
use super::workload::UNIT;
use crate::app::App;
use crate::base::clock::SystemClock;
use crate::base::config::Config;
use crate::org::Role;
use crate::org::ops::{self, NewOfficer};
use crate::sync::store::Want;

/// A child process that serves.
pub struct Serving {
    child: Child,
    /// Its address.
    pub url: String,
}

impl Serving {
    /// `zhifa serve` on a data folder.
    pub fn zhifa(data: &Path, database: Option<&str>) -> Result<Serving, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).env("RUST_LOG", "error");
        if let Some(database) = database {
            command.args(["--database", database]);
        }
        Serving::start(command)
    }

    /// The store-and-forward server.
    pub fn floor(data: &Path) -> Result<Serving, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bench", "--floor"]).arg(data).env("RUST_LOG", "error");
        Serving::start(command)
    }

    fn start(mut command: Command) -> Result<Serving, Failure> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let url = line.trim().strip_prefix("listening on ").ok_or("the server did not start")?.to_owned();
        Ok(Serving { child, url })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, and waits.
    pub fn stop(mut self) -> Result<(), Failure> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // After `stop` there is nothing left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Enters officers `from..to` and enrols a handheld for each, before the server is started.
pub fn enrol(data: &Path, database: Option<&str>, from: u64, to: u64) -> Result<Vec<Author>, Failure> {
    let config = Config { database: database.map(str::to_owned), ..Config::local(data) };
    let app = App::open(&config, sync_core::schema::kinds(), Arc::new(SystemClock))?;
    let hash = crate::auth::password::hash("benchmark-2026")?;
    let mut out = Vec::new();
    for n in from..to {
        let author = Author::new(n)?;
        let buckets = vec![Bucket::unit(UNIT), Bucket::reference()];
        let new = NewOfficer { officer: author.officer.clone(), name: format!("Officer {n}"), unit: UNIT.into(), roles: vec![Role::Officer], buckets };
        let (who, kept): (OfficerId, String) = (author.officer.clone(), hash.clone());
        let code = format!("bench-{n:08}-{:08x}", author.device.0 & 0xffff_ffff);
        let entered = code.clone();
        app.committer.run_blocking(Want::default(), move |store| {
            // A second run on one database finds its officers there.
            let _known = ops::create_officer(store, &new, &kept)?;
            ops::issue_code(store, &who, &entered, 1)
        })??;
        let proof = Bytes(author.key.sign(&enrol_digest(&code, author.device).0)?);
        let request = EnrolRequest {
            code,
            officer: author.officer.clone(),
            password: "benchmark-2026".into(),
            device: author.device,
            alg: author.key.alg().into(),
            public_key: Bytes(author.key.public_key()),
            proof,
            label: format!("bench {n}"),
            continues: None,
        };
        actix_web::rt::System::new().block_on(app.enrol(request))?;
        out.push(author);
    }
    app.end();
    Ok(out)
}

/// A keep-alive connection that sends requests and reads whole answers: fast enough not to be what is measured.
pub struct Wire {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Wire {
    /// Connects to `http://host:port`.
    pub fn connect(url: &str) -> Result<Wire, Failure> {
        let stream = TcpStream::connect(url.trim_start_matches("http://"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Wire { stream: BufReader::with_capacity(1 << 16, stream), body: Vec::new() })
    }

    /// Sends a request as written and gives status and body.
    pub fn send(&mut self, request: &[u8]) -> Result<(u16, &[u8]), Failure> {
        self.stream.get_mut().write_all(request)?;
        let (mut status, mut length) = (0, 0);
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err("the server closed the connection".into());
            }
            let text = line.trim_end();
            if text.is_empty() {
                break;
            }
            if let Some(rest) = text.strip_prefix("HTTP/1.1 ") {
                status = rest.get(..3).unwrap_or_default().parse()?;
            } else if let Some(n) = text.to_ascii_lowercase().strip_prefix("content-length:") {
                length = n.trim().parse()?;
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)?;
        Ok((status, &self.body))
    }

    /// Sends a request and reads its answer as JSON; anything but 200 is a failure.
    pub fn json(&mut self, request: &[u8]) -> Result<Json, Failure> {
        match self.send(request)? {
            (200, body) => Ok(serde_json::from_slice(body)?),
            (status, body) => Err(format!("{status}: {}", String::from_utf8_lossy(body)).into()),
        }
    }
}

/// A request as it goes over the wire.
pub fn request(method: &str, path: &str, token: &str, extra: &str, body: &[u8]) -> Vec<u8> {
    let authorization = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    let head = format!("{method} {path} HTTP/1.1\r\nhost: bench\r\n{authorization}{extra}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A token for a handheld, by nonce and signature.
pub fn token(wire: &mut Wire, author: &Author) -> Result<String, Failure> {
    let json_type = "content-type: application/json\r\n";
    let asked = wire.json(&request("POST", "/sync/v1/nonce", "", json_type, json!({ "device": author.device }).to_string().as_bytes()))?;
    let nonce = asked.get("nonce").and_then(Json::as_str).ok_or("no nonce")?.to_owned();
    let signature = b64::encode(&author.key.sign(&nonce_digest(&nonce).0)?);
    let body = json!({ "device": author.device, "nonce": nonce, "signature": signature }).to_string();
    let given = wire.json(&request("POST", "/sync/v1/token", "", json_type, body.as_bytes()))?;
    Ok(given.get("token").and_then(Json::as_str).ok_or("no token")?.to_owned())
}

/// Sends prepared requests by `workers` connections at once; gives the milliseconds of each.
pub fn drive(url: &str, requests: &[Vec<u8>], workers: usize) -> Result<Vec<f64>, Failure> {
    let next = AtomicU64::new(0);
    let parts = std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers)
            .map(|_| {
                scope.spawn(|| -> Result<Vec<f64>, Failure> {
                    let (mut wire, mut out) = (Wire::connect(url)?, Vec::new());
                    while let Some(request) = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).ok().and_then(|i| requests.get(i)) {
                        let start = Instant::now();
                        let (status, body) = wire.send(request)?;
                        if status != 200 {
                            return Err(format!("{status}: {}", String::from_utf8_lossy(body)).into());
                        }
                        out.push(start.elapsed().as_secs_f64() * 1e3);
                    }
                    Ok(out)
                })
            })
            .collect();
        running.into_iter().map(|r| r.join().map_err(|_| Failure::from("a driver panicked"))?).collect::<Result<Vec<_>, Failure>>()
    })?;
    Ok(parts.concat())
}

/// Sends one request over and over by `workers` connections for a while; gives how many a second.
pub fn hammer(url: &str, request: &[u8], workers: usize, length: Duration) -> Result<(u64, f64), Failure> {
    let sent = AtomicU64::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers)
            .map(|_| {
                scope.spawn(|| -> Result<(), Failure> {
                    let mut wire = Wire::connect(url)?;
                    while start.elapsed() < length {
                        let (status, _) = wire.send(request)?;
                        if status != 200 {
                            return Err(format!("status {status}").into());
                        }
                        sent.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        running.into_iter().try_for_each(|r| r.join().map_err(|_| Failure::from("a driver panicked"))?)
    })?;
    let n = sent.load(Ordering::Relaxed);
    Ok((n, n as f64 / start.elapsed().as_secs_f64()))
}
