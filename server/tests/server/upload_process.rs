//! Uploads to the program as it is shipped, in a process of its own: how much memory they take, and what happens where there is no room.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::blocking::{Body, Client, RequestBuilder};
use sha2::{Digest as _, Sha256};

const PASSWORD: &str = "correct horse battery";

/// A JPEG as far as its first bytes, and noise, made while it is read.
#[derive(Clone)]
struct Noise {
    at: u64,
    size: u64,
    state: u64,
}

impl Noise {
    fn new(seed: u64, size: u64) -> Noise {
        Noise { at: 0, size, state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    fn sha256(&self) -> String {
        let (mut hash, mut all) = (Sha256::new(), self.clone());
        std::io::copy(&mut all, &mut Hashing(&mut hash)).unwrap();
        hex::encode(hash.finalize())
    }
}

struct Hashing<'h>(&'h mut Sha256);

impl std::io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Read for Noise {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.at == 0 && out.len() >= 8 {
            out[..8].copy_from_slice(&[0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F']);
            self.at = 8;
            return Ok(8);
        }
        let most = out.len().min((self.size - self.at) as usize);
        // Whole words, but for the last.
        let most = if most >= 8 { most & !7 } else { most };
        for word in out[..most].chunks_mut(8) {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
            word.copy_from_slice(&self.state.to_le_bytes()[..word.len()]);
        }
        self.at += most as u64;
        Ok(most)
    }
}

struct Server {
    child: Child,
    url: String,
    token: String,
    client: Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Enters an officer, starts the program, behind these words of a shell, and logs him in.
    fn start(data: &Path, shell: &str) -> Server {
        let program = env!("CARGO_BIN_EXE_zhifa");
        let admin = ["create-officer", "field", "--name", "field", "--unit", "squad"];
        if !data.join("zhifa.db").exists() {
            let entered = Command::new(program).args(["admin", "--data"]).arg(data).args(admin).env("ZHIFA_PASSWORD", PASSWORD).output().unwrap();
            assert!(entered.status.success(), "{entered:?}");
        }
        let serve = format!("{shell} exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\"");
        let mut child = Command::new("sh").args(["-c", &serve, program]).arg(data).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        let client = Client::builder().timeout(std::time::Duration::from_secs(120)).build().unwrap();
        let login = client.post(format!("{url}/auth/login")).json(&serde_json::json!({ "officer": "field", "password": PASSWORD })).send().unwrap();
        let token = login.json::<serde_json::Value>().unwrap()["access_token"].as_str().unwrap().to_owned();
        Server { child, url, token, client }
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("{}{path}", self.url)).bearer_auth(&self.token).header("Tus-Resumable", "1.0.0")
    }

    fn begin(&self, file: &Noise) -> String {
        let metadata = format!("sha256 {}", STANDARD.encode(file.sha256()));
        let made = self.request("POST", "/files").header("Upload-Length", file.size).header("Upload-Metadata", metadata).send().unwrap();
        assert_eq!(made.status(), 201);
        made.headers()["location"].to_str().unwrap().to_owned()
    }

    fn send(&self, upload: &str, at: u64, file: &Noise) -> u16 {
        let mut rest = file.clone();
        std::io::copy(&mut (&mut rest).take(at), &mut std::io::sink()).unwrap();
        let piece = self.request("PATCH", upload).header("Upload-Offset", at).header("Content-Type", "application/offset+octet-stream");
        piece.body(Body::sized(rest, file.size - at)).send().unwrap().status().as_u16()
    }

    /// A line of what the system says of the process, in KiB.
    fn kib(&self, what: &str) -> u64 {
        let told = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = told.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

#[test]
fn memory_stays_flat_while_fifty_clients_upload_eight_megabytes_each() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), "");
    let one = Noise::new(1, 8 << 20);
    assert_eq!(server.send(&server.begin(&one), 0, &one), 204);
    let files: Vec<Noise> = (0..50).map(|n| Noise::new(100 + n, 8 << 20)).collect();
    let uploads: Vec<String> = files.iter().map(|file| server.begin(file)).collect();
    let before = server.kib("VmRSS");
    let together = Barrier::new(files.len());
    std::thread::scope(|scope| {
        for (file, upload) in files.iter().zip(&uploads) {
            let (server, together) = (&server, &together);
            scope.spawn(move || {
                together.wait();
                assert_eq!(server.send(upload, 0, file), 204);
            });
        }
    });
    let (peak, after) = (server.kib("VmHWM"), server.kib("VmRSS"));
    println!("resident before {} MiB, at most {} MiB, after {} MiB", before / 1024, peak / 1024, after / 1024);
    assert!(peak - before < 64 * 1024, "{before} KiB before, {peak} KiB at most");
}

#[test]
fn where_there_is_no_room_what_was_acknowledged_stays_and_goes_on_later() {
    let data = tempfile::tempdir().unwrap();
    let file = Noise::new(7, 6 << 20);
    let upload = {
        // No file may grow beyond 4 MiB; the system then says that there is no room for more.
        let server = Server::start(data.path(), "trap '' XFSZ; ulimit -f 8192;");
        let upload = server.begin(&file);
        assert_eq!(server.send(&upload, 0, &file), 507);
        let small = Noise::new(8, 1 << 20);
        assert_eq!(server.send(&server.begin(&small), 0, &small), 204, "others go on");
        upload
    };
    let server = Server::start(data.path(), "");
    let told = server.request("HEAD", &upload).send().unwrap();
    let at: u64 = told.headers()["upload-offset"].to_str().unwrap().parse().unwrap();
    assert_eq!(server.send(&upload, at, &file), 204);
    let name = file.sha256();
    let lies = data.path().join("files/whole").join(&name[..2]).join(&name);
    assert_eq!(hex::encode(Sha256::digest(std::fs::read(lies).unwrap())), name);
    assert_eq!(std::fs::read_dir(data.path().join("files/parts")).unwrap().count(), 0);
}
