//! S4: photos of a mebibyte by tus, beside a server that only writes a body to disk.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sync_core::base::Digest;

use super::client::{Client, request};
use super::measure::{Stretch, quantile, tree_mib};
use super::process::Server;
use super::report::{Limits, Row};
use super::site::Site;
use super::{Failure, limits};

/// Photos of a round, and bytes of each.
const PHOTOS: usize = 200;
const BYTES: usize = 1 << 20;
/// Uploads at a time.
const ACTIVE: usize = 8;
/// Rounds of floor and server in turn: the disk is not the same from one second to the next.
const ROUNDS: usize = 3;

/// A photo, with what is said of it when it is begun.
struct Photo {
    number: usize,
    metadata: String,
    bytes: Vec<u8>,
}

/// A photo as far as its first bytes, and noise that does not compress. Its digest is worked out here, not while the server is measured.
fn photo(number: usize) -> Photo {
    let seed = number as u64;
    let mut bytes = Vec::with_capacity(BYTES);
    bytes.extend_from_slice(&[0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F']);
    let mut state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x9e37_79b9_7f4a_7c15;
    while bytes.len() < BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    let metadata = format!("sha256 {}", STANDARD.encode(hex::encode(Digest::plain(&bytes).0)));
    Photo { number, metadata, bytes }
}

/// What a stretch of photos took.
#[derive(Default)]
struct Took {
    wall: f64,
    cpu: f64,
    times: Vec<f64>,
}

impl Took {
    fn mb_per_s(&self) -> f64 {
        self.times.len() as f64 * BYTES as f64 / 1e6 / self.wall
    }
}

/// Hands all photos in, eight at a time, each worker over a connection of its own.
fn run_round(took: &mut Took, to: SocketAddr, trees: Vec<u32>, photos: &[Photo], hand_in: &(dyn Fn(&mut Client, &Photo) -> Result<(), Failure> + Sync)) -> Result<(), Failure> {
    let queue = Mutex::new(photos.iter().collect::<Vec<_>>());
    let times = Mutex::new(Vec::new());
    let counted = Stretch::begin(trees);
    std::thread::scope(|scope| {
        let worker = || -> Result<(), Failure> {
            let mut client = Client::new(to)?;
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
            while let Some(photo) = next() {
                let start = Instant::now();
                hand_in(&mut client, photo)?;
                times.lock().unwrap_or_else(PoisonError::into_inner).push(start.elapsed().as_secs_f64() * 1e3);
            }
            Ok(())
        };
        let workers: Vec<_> = (0..ACTIVE).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|w| w.join().map_err(|_| Failure::from("a driver panicked"))?)
    })?;
    let (wall, cpu) = counted.end();
    (took.wall, took.cpu) = (took.wall + wall, took.cpu + cpu);
    took.times.append(&mut times.into_inner().unwrap_or_else(PoisonError::into_inner));
    Ok(())
}

fn to_floor(client: &mut Client, photo: &Photo) -> Result<(), Failure> {
    client.call(&request("PUT", &format!("/photo/{}", photo.number), &[], &photo.bytes)).map(|_| ())
}

/// As a handheld does it: begun, then handed in.
fn by_tus(client: &mut Client, bearer: &str, photo: &Photo) -> Result<(), Failure> {
    let length = photo.bytes.len().to_string();
    let head = [("Authorization", bearer), ("Tus-Resumable", "1.0.0"), ("Upload-Length", &length), ("Upload-Metadata", &photo.metadata)];
    client.call(&request("POST", "/files", &head, &[]))?;
    let upload = client.header("location").ok_or("an upload without an address")?;
    let head = [("Authorization", bearer), ("Tus-Resumable", "1.0.0"), ("Upload-Offset", "0"), ("Content-Type", "application/offset+octet-stream")];
    client.call(&request("PATCH", &upload, &head, &photo.bytes))?;
    match client.header("upload-offset") {
        Some(at) if at == length => Ok(()),
        at => Err(format!("an upload of {length} bytes stands at {at:?}").into()),
    }
}

/// Runs floor and server in turn, and gives what the server took.
pub fn run() -> Result<Row, Failure> {
    let folder = tempfile::tempdir()?;
    let fdatasync_per_s = limits::fdatasync_per_s(folder.path())?;
    let path = folder.path().to_str().ok_or("the temporary folder has no UTF-8 name")?;
    let least = Server::start(&["bench", "--floor", path])?;
    let site = Site::new(None, ACTIVE)?;
    let bearers: Vec<&str> = site.handhelds.iter().map(|handheld| handheld.bearer.as_str()).collect();
    let (mut floor, mut ours) = (Took::default(), Took::default());
    let before = tree_mib(site.server.pid());
    for round in 0..ROUNDS {
        let photos: Vec<Photo> = (0..PHOTOS).map(|n| photo(round * PHOTOS + n)).collect();
        run_round(&mut floor, least.address, vec![least.pid()], &photos, &to_floor)?;
        let hand_in = |client: &mut Client, photo: &Photo| by_tus(client, bearers.get(photo.number % ACTIVE).copied().unwrap_or_default(), photo);
        run_round(&mut ours, site.server.address, site.trees(), &photos, &hand_in)?;
    }
    let n = ours.times.len();
    let each = |took: &Took| took.cpu / n as f64 * 1e3;
    let mut row = Row::new("s4", n);
    (row.cpu_s_per_1000, row.wall_s, row.per_s, row.wire_bytes_per_record) = (each(&ours), ours.wall, n as f64 / ours.wall, BYTES as f64);
    (row.rss_mb, row.limits) = (tree_mib(site.server.pid()), Limits { fdatasync_per_s, floor_cpu_s_per_1000: each(&floor), ..Limits::default() });
    row.more = json!({
        "cpu_s_per_100": each(&ours) / 10.0,
        "floor_cpu_s_per_100": each(&floor) / 10.0,
        "of_floor": ours.cpu / floor.cpu,
        "mb_per_s": ours.mb_per_s(),
        "floor_mb_per_s": floor.mb_per_s(),
        "rss_mb_before": before,
        "floor_p50_ms": quantile(&mut floor.times, 0.5),
    });
    (row.p50_ms, row.p99_ms) = (quantile(&mut ours.times, 0.5), quantile(&mut ours.times, 0.99));
    Ok(row)
}
