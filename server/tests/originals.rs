//! Originals from a handheld's store to the office and off the handheld, over networks that break, through kills and restarts.

#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::io::{Cursor, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::{ImageFormat, RgbImage};
use serde_json::{Value as Json, json};
use sync_core::base::{Digest, RecordId};
use sync_core::evidence;
use sync_core::protocol::Command;
use sync_core::record::Record;
use zhifa_mobile::abi::host::{CancelToken, Handheld, Request};
use zhifa_server::Running;
use zhifa_server::org::ops;
use zhifa_server::sync::store::Want;

/// A photo with noise in it, so that it has a size.
fn photo(seed: u32, side: u32) -> Vec<u8> {
    let mut state = seed | 1;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    let mut out = Cursor::new(Vec::new());
    RgbImage::from_fn(side, side, |_, _| image::Rgb([noise(), noise(), noise()])).write_to(&mut out, ImageFormat::Jpeg).unwrap();
    out.into_inner()
}

/// A server and a handheld with a visit.
struct Field {
    folder: tempfile::TempDir,
    running: Option<Running>,
    li: Option<Handheld>,
    visit: String,
}

impl Field {
    fn new() -> Field {
        let folder = tempfile::tempdir().unwrap();
        let running = common::serve(&folder.path().join("server"), None);
        let li = common::handheld(&running, &folder.path().join("li"), "li");
        assert_eq!(li.sync(&json!({}), None, None).unwrap()["complete"], true);
        let edits = json!([{ "field": "task", "value": "扬尘", "replaces": [] }, { "field": "unit", "value": "u1", "replaces": [] }]);
        let visit = li.capture(&json!({ "kind": "visit", "edits": edits })).unwrap()["record"].as_str().unwrap().to_owned();
        Field { folder, running: Some(running), li: Some(li), visit }
    }

    fn li(&self) -> &Handheld {
        self.li.as_ref().unwrap()
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    fn id(&self) -> RecordId {
        self.visit.parse().unwrap()
    }

    /// Registers a photo; gives its digest.
    fn register(&self, item: &str, bytes: &[u8]) -> Digest {
        let done = self.li().photo(&json!({ "record": self.visit, "kind": "visit", "item": item }), bytes).unwrap();
        evidence::digest(done["sha256"].as_str().unwrap()).unwrap()
    }

    fn sync(&self, input: &Json) -> Json {
        self.li().sync(input, None, None).unwrap()
    }

    fn originals(&self) -> Json {
        self.li().status().unwrap()["originals"].clone()
    }

    /// The visit as the office has it.
    fn record(&self) -> Record {
        let id = self.id();
        self.running().app.committer.run_blocking(Want::default(), move |store| store.look(id)).unwrap().unwrap()
    }

    /// What lies whole in the office's folder: each under its digest.
    fn whole(&self) -> Vec<Digest> {
        let mut out = Vec::new();
        for folder in std::fs::read_dir(self.folder.path().join("server/files/whole")).unwrap() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let digest = Digest::plain(&std::fs::read(&path).unwrap());
                assert_eq!(path.file_name().unwrap().to_str().unwrap(), hex::encode(digest.0));
                out.push(digest);
            }
        }
        out.sort();
        out
    }

    fn restart(&mut self) {
        actix_web::rt::System::new().block_on(self.running.take().unwrap().stop());
        self.running = Some(common::serve(&self.folder.path().join("server"), None));
    }

    fn reopen(&mut self) {
        self.li = None;
        self.li = Some(Handheld::open(&self.path(), common::PIN, &json!({})).unwrap());
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("li")
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            actix_web::rt::System::new().block_on(running.stop());
        }
    }
}

/// Stands between a handheld and the server, and cuts each connection after so many bytes from the handheld.
fn cutting(server: std::net::SocketAddr, after: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, cuts) = (format!("http://{}", listener.local_addr().unwrap()), Arc::new(AtomicUsize::new(0)));
    let counted = cuts.clone();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(client), Ok(office)) = (client, TcpStream::connect(server)) else { return };
            let (mut back, mut to) = (office.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut back, &mut to);
            });
            let (mut from, mut into, counted) = (client, office, counted.clone());
            std::thread::spawn(move || {
                let (mut buffer, mut seen) = ([0; 16_384], 0);
                while let Ok(read) = from.read(&mut buffer) {
                    seen += read;
                    if read == 0 || into.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                    if seen > after {
                        counted.fetch_add(1, Ordering::Relaxed);
                        break;
                    }
                }
                let _ = (from.shutdown(std::net::Shutdown::Both), into.shutdown(std::net::Shutdown::Both));
            });
        }
    });
    (address, cuts)
}

#[test]
fn thumbnails_go_first_originals_wait_for_their_network_and_leave_the_handheld_when_the_office_says_so() {
    let field = Field::new();
    let photos = [photo(1, 500), photo(3, 700), photo(5, 300)];
    let digests: Vec<Digest> = photos.iter().map(|bytes| field.register("F-1", bytes)).collect();
    let bytes: usize = photos.iter().map(Vec::len).sum();
    assert_eq!(field.originals(), json!({ "kept": 3, "waiting": 3, "bytes": bytes, "refused": 0 }));
    let facts = field.li().view(&json!({ "record": field.visit, "fields": ["photos."] })).unwrap()["fields"].clone();
    assert!(facts.as_object().unwrap().values().all(|f| f["value"]["sm3"].as_str().unwrap().len() == 43), "{facts}");
    // Paid by volume: changes and thumbnails only, and nobody says that all is done.
    let report = field.sync(&json!({ "metered": true }));
    assert_eq!((&report["complete"], &report["files"]["sent"], &report["files"]["waiting"]), (&json!(true), &json!(0), &json!(3)), "{report}");
    assert_eq!(field.li().status().unwrap()["done"], false);
    assert_eq!(evidence::standing(&field.record()).awaited.len(), 3);
    let (id, wanted) = (field.id(), digests[0]);
    let small = field.running().app.db.read(|tx| zhifa_server::file::thumbnail::early(tx, 1, id, wanted)).unwrap().unwrap();
    assert_eq!(small, field.li().photo_thumbnail(&digests[0].to_string()).unwrap());
    // Another network: the originals.
    let mut phases = Vec::new();
    let mut told = |progress: Json| phases.push((progress["phase"].as_str().unwrap().to_owned(), progress["files"]["waiting_bytes"].as_u64().unwrap()));
    let report = field.li().sync(&json!({}), None, Some(&mut told)).unwrap();
    assert_eq!((&report["files"]["sent"], report["files"]["sent_bytes"].as_u64().unwrap() as usize, &report["files"]["waiting"]), (&json!(3), bytes, &json!(0)), "{report}");
    let waiting: Vec<u64> = phases.iter().filter(|(phase, _)| phase == "originals").map(|(_, waiting)| *waiting).collect();
    assert!(waiting.len() >= 6 && waiting.is_sorted_by(|a, b| a >= b) && !phases.iter().any(|(phase, _)| phase == "thumbnails"), "{phases:?}");
    let mut sorted = digests.clone();
    sorted.sort();
    assert_eq!(field.whole(), sorted);
    assert!(evidence::standing(&field.record()).is_complete());
    assert!(field.running().app.db.read(|tx| zhifa_server::file::thumbnail::early(tx, 1, id, wanted)).unwrap().is_none(), "the original is there");
    // Acknowledged is not yet said in the record: the copies stay until that has come back.
    assert_eq!(field.originals()["kept"], 3);
    assert_eq!(field.li().original(&digests[1].to_string(), 0).unwrap(), photos[1][..photos[1].len().min(1 << 20)]);
    field.sync(&json!({}));
    assert_eq!((field.originals()["kept"].as_u64(), field.li().status().unwrap()["done"].as_bool()), (Some(0), Some(true)));
    assert!(field.li().original(&digests[1].to_string(), 0).is_err());
    // The same photo again: the office has it, and nothing is kept or sent.
    field.register("F-2", &photos[0]);
    assert_eq!(field.originals()["kept"], 0);
    field.sync(&json!({}));
    assert!(evidence::standing(&field.record()).is_complete());
}

#[test]
fn networks_that_break_kills_and_restarts_cost_a_piece_at_most() {
    let mut field = Field::new();
    let photos: Vec<Vec<u8>> = (0..3).map(|n| photo(40 + 2 * n, 1_600)).collect();
    let digests: Vec<Digest> = photos.iter().map(|bytes| field.register("F-1", bytes)).collect();
    assert!(photos.iter().all(|bytes| bytes.len() > 1 << 20), "more than one piece each");
    let total: u64 = photos.iter().map(|bytes| bytes.len() as u64).sum();
    let (proxy, cuts) = cutting(field.running().address, 700_000);
    let mut rounds = 0;
    while field.originals()["waiting"] != 0 {
        rounds += 1;
        assert!(rounds < 60, "{}", field.originals());
        match rounds {
            // The server goes away and comes back elsewhere; the app is killed between two pieces.
            3 => field.restart(),
            5 => field.reopen(),
            _ => {}
        }
        let server = if rounds <= 2 { proxy.clone() } else { field.running().url() };
        if rounds == 4 {
            // Cancelled by the officer in the middle of the originals.
            let cancel = CancelToken::create().unwrap();
            let mut told = |progress: Json| {
                if progress["phase"] == "originals" && progress["files"]["sent_bytes"].as_u64().unwrap() > 1 << 20 {
                    cancel.trigger().unwrap();
                }
            };
            let error = field.li().sync(&json!({ "server": server }), Some(&cancel), Some(&mut told)).unwrap_err();
            assert_eq!(error.code, 503);
            assert!(field.originals()["bytes"].as_u64().unwrap() < total, "what was acknowledged is noted");
            continue;
        }
        field.sync(&json!({ "server": server }));
    }
    assert!(cuts.load(Ordering::Relaxed) >= 1, "the network did break");
    let mut sorted = digests;
    sorted.sort();
    assert_eq!(field.whole(), sorted);
    assert_eq!(std::fs::read_dir(field.folder.path().join("server/files/parts")).unwrap().count(), 0, "no piece lies about");
}

#[test]
fn a_file_of_any_kind_is_kept_by_its_path_and_one_that_the_office_does_not_take_stays_and_is_named() {
    let field = Field::new();
    let (film, text) = (field.folder.path().join("现场.mp4"), field.folder.path().join("记录.txt"));
    let mut bytes = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41".to_vec();
    bytes.extend((0..5_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8));
    std::fs::write(&film, &bytes).unwrap();
    std::fs::write(&text, "不是证据").unwrap();
    let kept = field.li().keep(&json!({ "record": field.visit, "mime": "video/mp4" }), &film).unwrap();
    assert_eq!((kept["sha256"].as_str().unwrap(), kept["size"].as_u64()), (Digest::plain(&bytes).to_string().as_str(), Some(bytes.len() as u64)));
    field.li().keep(&json!({ "record": field.visit }), &text).unwrap();
    std::fs::remove_file(&film).unwrap();
    assert_eq!(field.li().keep(&json!({ "record": field.visit }), &film).unwrap_err().code, zhifa_mobile::device::Code::BadArgument as i32, "the path is named");
    let edit = json!([{ "field": "photos.F-1.film", "value": { "mime": "video/mp4", "sha256": kept["sha256"], "size": kept["size"], "sm3": kept["sm3"] }, "replaces": [] }]);
    field.li().capture(&json!({ "record": field.visit, "kind": "visit", "edits": edit })).unwrap();
    let report = field.sync(&json!({}));
    assert_eq!((&report["files"]["sent"], &report["files"]["refused"]), (&json!(1), &json!(1)), "{report}");
    assert_eq!(field.whole(), [Digest::plain(&bytes)]);
    assert!(evidence::received(&field.record(), Digest::plain(&bytes)));
    field.sync(&json!({}));
    let left = field.li().originals(&json!({})).unwrap();
    assert_eq!((left["originals"].as_array().unwrap().len(), &left["originals"][0]["problem"], &left["originals"][0]["name"]), (1, &json!("file_type"), &json!("记录.txt")));
    assert_eq!(field.li().status().unwrap()["done"], false, "somebody must look at it");
}

#[test]
fn a_host_that_does_http_itself_uploads_by_the_same_requests() {
    let field = Field::new();
    let bytes = photo(9, 1_500);
    let digest = field.register("F-1", &bytes);
    let client = reqwest::blocking::Client::new();
    let session = || {
        let mut methods = Vec::new();
        while let Some(Request { head, body }) = field.li().sync_next().unwrap() {
            methods.push(head["method"].as_str().unwrap().to_owned());
            let mut request = client.request(head["method"].as_str().unwrap().parse().unwrap(), format!("{}{}", field.running().url(), head["path"].as_str().unwrap()));
            for (name, value) in head["headers"].as_object().unwrap() {
                request = request.header(name, value.as_str().unwrap());
            }
            let answer = request.body(body).send().unwrap();
            let headers: serde_json::Map<String, Json> = answer.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().into())).collect();
            let status = answer.status().as_u16();
            field.li().sync_answer(status, &headers.into(), &answer.bytes().unwrap()).unwrap();
        }
        methods
    };
    field.li().metered(true).unwrap();
    assert!(!session().contains(&"PATCH".to_owned()));
    field.li().metered(false).unwrap();
    assert_eq!(session().iter().filter(|method| *method == "PATCH").count(), bytes.len().div_ceil(1 << 20));
    assert_eq!(field.whole(), [digest]);
    session();
    assert_eq!(field.originals()["kept"], 0);
}

#[test]
fn a_handheld_that_is_called_in_gives_its_originals_before_it_erases() {
    let field = Field::new();
    field.register("F-1", &photo(5, 400));
    let device = field.li().status().unwrap()["device"].as_str().unwrap().parse().unwrap();
    field.running().app.committer.run_blocking(Want::default(), move |store| ops::order(store, "test", device, Command::DrainThenErase)).unwrap().unwrap();
    let report = field.sync(&json!({ "metered": true }));
    assert_eq!((&report["erased"], &report["files"]["waiting"]), (&Json::Null, &json!(1)), "an original is work too: {report}");
    field.sync(&json!({ "metered": true }));
    assert_eq!(field.originals()["waiting"], 1);
    assert_eq!(field.sync(&json!({}))["files"]["waiting"], 0);
    let report = field.sync(&json!({}));
    assert!(!report["erased"].is_null(), "{report}");
    assert_eq!(field.whole().len(), 1);
}
