//! Uploads by tus: resumed, taken over, checked, compared, refused; across restarts; nobody learns what others have.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::blocking::Response;
use sync_core::base::Digest;
use sync_core::testing::PROBE_V2;

use crate::harness::{Engine, Handheld, Site, problem};
use crate::on_both;

/// A JPEG as far as its first bytes, and noise.
pub fn picture(seed: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 16];
    let mut state = seed | 1;
    while bytes.len() < size {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&state.to_be_bytes());
    }
    bytes.truncate(size);
    bytes
}

fn metadata(file: &[u8]) -> String {
    let pair = |key: &str, value: &str| format!("{key} {}", STANDARD.encode(value));
    [pair("sha256", &hex::encode(Digest::plain(file).0)), pair("filename", "现场.jpg"), pair("filetype", "image/jpeg")].join(",")
}

/// Somebody's uploads.
struct Client<'s> {
    site: &'s Site,
    token: String,
}

impl<'s> Client<'s> {
    fn of(site: &'s Site, handheld: &Handheld) -> Client<'s> {
        Client { site, token: handheld.token.clone() }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::blocking::RequestBuilder {
        self.site.client.request(method.parse().unwrap(), self.site.url(path)).bearer_auth(&self.token).header("Tus-Resumable", "1.0.0")
    }

    fn create(&self, file: &[u8]) -> Response {
        self.request("POST", "/files").header("Upload-Length", file.len()).header("Upload-Metadata", metadata(file)).send().unwrap()
    }

    fn begin(&self, file: &[u8]) -> String {
        let made = self.create(file);
        assert_eq!(made.status(), 201, "{made:?}");
        assert!(made.headers()["upload-expires"].to_str().unwrap().ends_with("GMT"));
        made.headers()["location"].to_str().unwrap().to_owned()
    }

    fn at(&self, upload: &str) -> Option<u64> {
        let told = self.request("HEAD", upload).send().unwrap();
        assert!(told.status() == 404 || told.headers()["cache-control"] == "no-store");
        told.headers().get("upload-offset").map(|at| at.to_str().unwrap().parse().unwrap())
    }

    fn piece(&self, upload: &str, at: usize, bytes: &[u8]) -> reqwest::blocking::RequestBuilder {
        self.request("PATCH", upload).header("Upload-Offset", at).header("Content-Type", "application/offset+octet-stream").body(bytes.to_vec())
    }

    fn send(&self, upload: &str, at: usize, bytes: &[u8]) -> Response {
        self.piece(upload, at, bytes).send().unwrap()
    }

    fn whole(&self, file: &[u8]) -> String {
        let upload = self.begin(file);
        let done = self.send(&upload, 0, file);
        assert_eq!((done.status().as_u16(), done.headers()["upload-offset"].to_str().unwrap()), (204, file.len().to_string().as_str()));
        upload
    }
}

/// What lies in the folder of files: parts, and whole ones with their bytes.
fn lying(site: &Site) -> (usize, Vec<Vec<u8>>) {
    let root = site.config.data.join("files");
    let parts = std::fs::read_dir(root.join("parts")).unwrap().count();
    let mut whole = Vec::new();
    for folder in std::fs::read_dir(root.join("whole")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(path.file_name().unwrap().to_str().unwrap(), hex::encode(Digest::plain(&bytes).0), "a file lies under its digest");
            whole.push(bytes);
        }
    }
    (parts, whole)
}

on_both! {
    fn pieces_become_a_file_in_their_order_only_and_a_restart_loses_none(site) {
        let handheld = site.handheld("field");
        let told = site.client.request("OPTIONS".parse().unwrap(), site.url("/files")).send().unwrap();
        assert_eq!((told.status().as_u16(), told.headers()["tus-extension"].to_str().unwrap()), (204, "creation,checksum,termination,expiration"));
        let file = picture(1, 700_000);
        let upload = {
            let client = Client::of(&site, &handheld);
            let upload = client.begin(&file);
            assert_eq!(client.at(&upload), Some(0));
            assert_eq!(client.send(&upload, 0, &file[..300_000]).status(), 204);
            assert_eq!(problem(client.send(&upload, 0, &file[..10])), (409, "upload_offset".into()));
            assert_eq!(problem(client.send(&upload, 400_000, &file[400_000..])), (409, "upload_offset".into()));
            assert_eq!(client.at(&upload), Some(300_000));
            assert_eq!(client.create(&file).headers()["location"], upload.as_str(), "the same file of the same officer is one upload");
            upload
        };
        site.restart(&PROBE_V2);
        let client = Client::of(&site, &handheld);
        assert_eq!(client.at(&upload), Some(300_000));
        assert_eq!(client.send(&upload, 300_000, &file[300_000..]).status(), 204);
        assert_eq!(client.at(&upload), Some(700_000), "a client that did not hear so is told");
        assert_eq!(client.send(&upload, 700_000, b"").status(), 204);
        assert_eq!(lying(&site), (0, vec![file.clone()]));
        // Handed in before: one request, and it is whole.
        assert_eq!(client.create(&file).headers()["upload-offset"], "700000");
        assert_eq!(problem(client.request("DELETE", &upload).send().unwrap()), (409, "conflict".into()), "evidence is not deleted");
        assert_eq!(site.audited("file.received").len(), 1);
    }

    fn every_answer_says_what_tus_wants_said(site) {
        let handheld = site.handheld("field");
        let client = Client::of(&site, &handheld);
        let file = picture(8, 90_000);
        let upload = client.begin(&file);
        let told = client.request("HEAD", &upload).send().unwrap();
        assert_eq!((told.headers()["upload-metadata"].to_str().unwrap(), told.headers()["upload-length"].to_str().unwrap()), (metadata(&file).as_str(), "90000"));
        let done = client.send(&upload, 0, &file[..40_000]);
        assert!(done.headers().contains_key("upload-expires") && done.headers()["tus-resumable"] == "1.0.0");
        // Refusals too, of whatever kind.
        for refused in [
            client.send(&upload, 1, &file),
            client.request("PATCH", "/files/00").header("Upload-Offset", 0).header("Content-Type", "application/offset+octet-stream").send().unwrap(),
            site.post("/files").header("Tus-Resumable", "1.0.0").send().unwrap(),
        ] {
            assert!(refused.status().is_client_error() && refused.headers()["tus-resumable"] == "1.0.0", "{refused:?}");
        }
        let other = site.client.patch(site.url(&upload)).bearer_auth(&client.token).header("Tus-Resumable", "0.2.2").send().unwrap();
        assert_eq!((other.status().as_u16(), other.headers()["tus-version"].to_str().unwrap()), (412, "1.0.0"));
        // Where only POST goes through.
        let by_post = |method: &str| client.request("POST", &upload).header("X-HTTP-Method-Override", method);
        assert_eq!(by_post("HEAD").send().unwrap().headers()["upload-offset"], "40000");
        assert_eq!(problem(by_post("PUT").send().unwrap()).0, 422);
        let rest = by_post("PATCH").header("Upload-Offset", 40_000).header("Content-Type", "application/offset+octet-stream").body(file[40_000..].to_vec());
        assert_eq!(rest.send().unwrap().status(), 204);
        assert_eq!(lying(&site), (0, vec![file]));
        let upload = client.begin(&picture(9, 10));
        assert_eq!(client.request("POST", &upload).header("X-HTTP-Method-Override", "DELETE").send().unwrap().status(), 204);
        assert_eq!(client.at(&upload), None);
    }

    fn nobody_learns_what_another_has_and_a_second_copy_is_not_kept(site) {
        let (one, two) = (site.handheld("one"), site.handheld("two"));
        let (first, second) = (Client::of(&site, &one), Client::of(&site, &two));
        let file = picture(2, 50_000);
        let upload = first.whole(&file);
        assert_eq!(second.at(&upload), None, "another's upload is as good as none");
        assert_eq!(problem(second.send(&upload, 0, &file)), (404, "not_found".into()));
        let made = second.create(&file);
        assert_eq!(made.headers()["upload-offset"], "0", "who has not handed it in is told nothing");
        second.whole(&file);
        assert_eq!(lying(&site), (0, vec![file]));
    }

    fn what_is_not_what_it_was_said_to_be_is_refused_and_leaves_nothing(site) {
        let handheld = site.handheld("field");
        let client = Client::of(&site, &handheld);
        let file = picture(3, 40_000);
        let upload = client.begin(&file);
        let mut other = file.clone();
        other[20_000] ^= 1;
        assert_eq!(problem(client.send(&upload, 0, &other)), (422, "digest_mismatch".into()));
        assert_eq!(client.at(&upload), None);
        for (bytes, code) in [(&b"<script>alert(1)</script>"[..], "file_type"), (&b"MZ\x90\0 a program"[..], "file_type")] {
            let upload = client.begin(bytes);
            assert_eq!(problem(client.send(&upload, 0, bytes)), (415, code.into()));
        }
        let upload = client.begin(&file);
        let right = STANDARD.encode(<sha1::Sha1 as sha1::Digest>::digest(&file[..10_000]));
        assert_eq!(problem(client.piece(&upload, 0, &file[..9_999]).header("Upload-Checksum", format!("sha1 {right}")).send().unwrap()), (460, "checksum_mismatch".into()));
        assert_eq!(client.at(&upload), Some(0), "a piece with a checksum is taken whole or not at all");
        assert_eq!(client.piece(&upload, 0, &file[..10_000]).header("Upload-Checksum", format!("sha1 {right}")).send().unwrap().status(), 204);
        assert_eq!(problem(client.send(&upload, 10_000, &picture(4, 40_000))).0, 422, "more than was announced");
        assert_eq!(client.request("DELETE", &upload).send().unwrap().status(), 204);
        assert_eq!(client.at(&upload), None);
        let refused = |request: reqwest::blocking::RequestBuilder| problem(request.send().unwrap());
        assert_eq!(refused(client.request("POST", "/files").header("Upload-Length", 0).header("Upload-Metadata", metadata(b""))).0, 422);
        assert_eq!(refused(client.request("POST", "/files").header("Upload-Length", 1i64 << 40).header("Upload-Metadata", metadata(b"x"))), (413, "body_too_large".into()));
        assert_eq!(refused(client.request("POST", "/files").header("Upload-Length", 5)).0, 422);
        assert_eq!(refused(site.post("/files").bearer_auth(&handheld.token)), (412, "tus_version".into()));
        assert_eq!(lying(&site), (0, vec![]));
    }
}

#[test]
fn a_broken_piece_counts_as_far_as_it_came_and_the_newest_connection_goes_on() {
    use std::io::{Read as _, Write as _};
    let site = Site::new(Engine::Sqlite);
    let handheld = site.handheld("field");
    let client = Client::of(&site, &handheld);
    let file = picture(5, 2_500_000);
    let upload = client.begin(&file);
    let connect = |bytes: &[u8], at: usize| {
        let mut stream = std::net::TcpStream::connect(site.running().address).unwrap();
        let head = format!(
            "PATCH {upload} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {at}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
            handheld.token,
            file.len() - at
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(bytes).unwrap();
        stream.flush().unwrap();
        stream
    };
    let arrived = |at_least: u64| {
        let began = std::time::Instant::now();
        loop {
            match client.at(&upload) {
                Some(at) if at >= at_least => return at,
                _ if began.elapsed().as_secs() > 30 => panic!("only {:?} arrived", client.at(&upload)),
                _ => std::thread::sleep(std::time::Duration::from_millis(50)),
            }
        }
    };
    // The phone dies in the middle.
    drop(connect(&file[..300_000], 0));
    let at = arrived(300_000) as usize;
    assert_eq!(at, 300_000);
    // It comes back on another connection while an old one is silent: the old one ends, what it had written stays.
    let mut silent = connect(&file[at..1_400_000], at);
    let part = site.config.data.join("files/parts").join(upload.rsplit('/').next().unwrap());
    let began = std::time::Instant::now();
    while std::fs::metadata(&part).unwrap().len() < 1_000_000 {
        assert!(began.elapsed().as_secs() < 30);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(problem(client.send(&upload, at, &file[at..])).1, "upload_offset", "what the silent one brought counts");
    let mut told = String::new();
    silent.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let _ = silent.read_to_string(&mut told);
    assert!(told.contains("upload_taken_over"), "{told}");
    let at = arrived(1_000_000) as usize;
    assert!(at <= 1_400_000);
    assert_eq!(client.send(&upload, at, &file[at..]).status(), 204);
    assert_eq!(lying(&site), (0, vec![file]));
}

#[test]
fn what_is_never_finished_goes_with_its_pieces_and_a_file_that_lies_there_already_is_found() {
    let site = Site::new(Engine::Sqlite);
    let handheld = site.handheld("field");
    let client = Client::of(&site, &handheld);
    let (file, other) = (picture(6, 30_000), picture(8, 30_000));
    let (upload, left) = (client.begin(&file), client.begin(&other));
    for (upload, file) in [(&upload, &file), (&left, &other)] {
        assert_eq!(client.send(upload, 0, &file[..10_000]).status(), 204);
    }
    // A server that ended between putting the file into its place and saying so.
    let root = site.config.data.join("files");
    let name = hex::encode(Digest::plain(&file).0);
    std::fs::create_dir_all(root.join("whole").join(&name[..2])).unwrap();
    std::fs::write(root.join("whole").join(&name[..2]).join(&name), &file).unwrap();
    std::fs::remove_file(root.join("parts").join(upload.rsplit('/').next().unwrap())).unwrap();
    assert_eq!(client.send(&upload, 10_000, &file[10_000..]).status(), 204);
    assert_eq!(client.at(&upload), Some(30_000));
    // Pieces of nothing, and an upload that nobody goes on with.
    std::fs::write(root.join("parts/feedfeed"), b"x").unwrap();
    let app = site.running().app.clone();
    let sweep = move || actix_web::rt::System::new().block_on(app.sweep_uploads()).unwrap();
    assert_eq!(sweep(), 1);
    site.clock.advance(8 * 24 * 3_600_000);
    assert_eq!(sweep(), 2, "the unfinished one, and what was known of the finished one");
    assert_eq!(lying(&site), (0, vec![file]));
}
