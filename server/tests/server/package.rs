//! Evidence packages: exported from a real case, checked offline, and bent in every way that somebody might.

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value as Json, json};
use sha2::Digest as _;
use sync_core::base::keys::{Ed25519, Signer as _};
use sync_core::base::{Digest, RecordId, b64};
use sync_core::protocol::{Bytes, Signed};
use zhifa_server::package::check::{Code, KeyState, Report, Trust, check};
use zhifa_server::package::stamp::Authority;
use zhifa_server::package::{ExportError, Exported, Keys, Manifest, Order, export};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::case_fast::{Scene, citizen, listed, town};
use crate::custody::visit_with_photo;
use crate::evidence::hand_in;
use crate::files::picture;
use crate::harness::{Site, ok};
use crate::on_both;
use zhifa_server::org::{Role, Scope};

/// Files of a package in their order.
type Files = Vec<(String, Vec<u8>)>;

/// A case that arose from a visit with a photo, with two exhibits of its own that are there and one that is awaited, and a sealed document.
fn case(site: &Site) -> RecordId {
    let town = town(site);
    let (visit, _) = visit_with_photo(&town, 0xe0, &picture(50, 30_000));
    let mut fields = citizen(&listed(site).remove(0));
    fields.push(("clue", json!({ "fact": "巡查发现", "found_ms": town.now(), "source": "inspection", "visit": visit })));
    let scene = Scene::begin(&town, 0xe5, &fields);
    let exhibit = |bytes: &[u8]| json!({ "by": "chen-yifan", "fact": "现场", "kind": "audiovisual", "second": "lin-xiaohe", "sha256": Digest::plain(bytes), "size": bytes.len(), "taken_ms": town.now() });
    let (one, two) = (picture(51, 40_000), picture(52, 40_000));
    scene.write("leader", &[("evidence.e2", exhibit(&one)), ("evidence.e3", exhibit(&two)), ("evidence.e4", exhibit(b"awaited"))]);
    for bytes in [&one, &two] {
        hand_in(site, &town.desks["leader"], bytes, Some(scene.id));
    }
    scene.approve("file");
    let made: Json = ok(town.post("leader", &format!("/api/v1/records/{}/documents", scene.id), &json!({ "type": "clue_registration" })));
    assert_eq!(made["document"]["state"], "sealed", "{made}");
    scene.id
}

fn make(site: &Site, case: RecordId, out: &Path, authority: Option<Authority>) -> Result<Exported, ExportError> {
    let app = site.running().app.clone();
    let order = Order { case, out: out.to_owned(), by: "leader".into(), authority };
    actix_web::rt::System::new().block_on(async { export(&app, &order).await })
}

fn trust(site: &Site) -> Trust {
    Trust { keys: vec![site.running().app.keys.receipt.public_key()], authorities: None }
}

fn unpack(package: &Path) -> Files {
    let mut zip = ZipArchive::new(std::fs::File::open(package).unwrap()).unwrap();
    (0..zip.len())
        .map(|at| {
            let mut entry = zip.by_index(at).unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (entry.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

fn pack(files: &Files, out: &Path) {
    let mut zip = ZipWriter::new(std::fs::File::create(out).unwrap());
    for (name, bytes) in files {
        zip.start_file(name.as_str(), SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

/// The report on a package that was bent.
fn bent(files: &Files, folder: &Path, trust: &Trust, bend: impl FnOnce(&mut Files)) -> Report {
    let mut files = files.clone();
    bend(&mut files);
    let path = folder.join("bent.zip");
    pack(&files, &path);
    check(&path, trust).unwrap()
}

fn at<'f>(files: &'f mut Files, name: &str) -> &'f mut Vec<u8> {
    files.iter_mut().find(|(path, _)| path == name).map(|(_, bytes)| bytes).unwrap()
}

/// Makes the manifest true of what is there, and signs it with another key, as somebody would who has none of the server's.
fn forge(files: &mut Files, key: &Ed25519) {
    let signed: Signed = serde_json::from_slice(at(files, "manifest.json")).unwrap();
    let mut manifest: Manifest = signed.unchecked().unwrap();
    manifest.key = Bytes(key.public_key());
    let mut keys: Keys = serde_json::from_slice(at(files, "keys.json")).unwrap();
    keys.server = Bytes(key.public_key());
    *at(files, "keys.json") = serde_json::to_vec(&keys).unwrap();
    manifest.files.retain(|listed| files.iter().any(|(path, _)| *path == listed.path));
    for listed in &mut manifest.files {
        let bytes = &files.iter().find(|(path, _)| *path == listed.path).unwrap().1;
        listed.size = bytes.len() as u64;
        listed.sha256 = hex::encode(sha2::Sha256::digest(bytes));
        listed.sm3 = hex::encode(sm3::Sm3::digest(bytes));
    }
    *at(files, "manifest.json") = serde_json::to_vec(&Signed::new(&manifest, key).unwrap()).unwrap();
}

fn codes(report: &Report) -> BTreeSet<Code> {
    report.findings.iter().map(|f| f.code).collect()
}

fn names(report: &Report, file: &str) -> bool {
    report.findings.iter().any(|f| f.file == file)
}

on_both! {
    fn a_package_is_whole_by_itself_and_every_byte_that_is_bent_in_it_is_named_by_its_file(site) {
        let id = case(&site);
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.zip");
        let done = make(&site, id, &out, None).unwrap();
        assert_eq!((done.documents, done.originals, done.absent.len()), (1, 3, 1), "{done:?}");
        assert!(matches!(make(&site, id, &out, None), Err(ExportError::Taken(_))), "nothing is written over");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        let trust = trust(&site);
        let clean = check(&out, &trust).unwrap();
        assert_eq!((clean.findings.as_slice(), clean.ok, clean.exit(), clean.originals, clean.absent.len()), (&[][..], true, 0, 3, 1));
        let files = unpack(&out);
        let page = String::from_utf8(files.iter().find(|(path, _)| path == "index.html").unwrap().1.clone()).unwrap();
        assert!(page.contains("证据包") && page.contains("not received yet") && !page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
        for folder in ["changes/", "proofs/", "receipts/", "documents/", "originals/", "custody/", "keys.json", "index.pdf", "manifest.json"] {
            assert!(files.iter().any(|(path, _)| path.starts_with(folder)), "{folder}");
        }
        // Nobody gave a key: said, and no success.
        let uncompared = check(&out, &Trust::default()).unwrap();
        assert_eq!((uncompared.key, uncompared.exit(), uncompared.ok), (KeyState::Uncompared, 3, false));
        assert!(uncompared.to_string().contains("NOT compared") && uncompared.to_string().contains(&uncompared.fingerprint));
        // Packed anew it is the same package; one byte in any of its files is named.
        assert_eq!(bent(&files, folder.path(), &trust, |_| ()).findings, []);
        let mut kinds = BTreeSet::new();
        for (n, (name, bytes)) in files.iter().enumerate() {
            // Of changes and proofs, which are many, one in three, and the first of each.
            if !kinds.insert(name.split('/').next().unwrap().to_owned()) && (name.starts_with("changes/") || name.starts_with("proofs/")) && n % 3 != 0 {
                continue;
            }
            for place in [0, bytes.len() / 2, bytes.len() - 1] {
                let report = bent(&files, folder.path(), &trust, |files| files[n].1[place] ^= 1);
                assert!(names(&report, name) && report.exit() == 1, "{name} at {place}: {report}");
            }
        }
        // The same without packing anew: the archive's own sum is wrong, and the file is named all the same.
        let mut raw = std::fs::read(&out).unwrap();
        let original = &files.iter().find(|(path, _)| path.starts_with("originals/")).unwrap();
        let start = raw.windows(64).position(|window| window == &original.1[100..164]).unwrap();
        raw[start + 10] ^= 0x20;
        std::fs::write(folder.path().join("raw.zip"), &raw).unwrap();
        assert!(names(&check(&folder.path().join("raw.zip"), &trust).unwrap(), &original.0));
        // One file less, one more.
        for n in [0, files.len() / 2, files.len() - 2] {
            let report = bent(&files, folder.path(), &trust, |files| drop(files.remove(n)));
            assert!(report.findings.iter().any(|f| f.code == Code::FileMissing && f.file == files[n].0), "{report}");
        }
        let report = bent(&files, folder.path(), &trust, |files| files.push(("originals/more.jpg".into(), b"more".to_vec())));
        assert!(report.findings.iter().any(|f| f.code == Code::FileExtra && f.file == "originals/more.jpg"), "{report}");
    }

    fn what_was_forged_as_a_whole_is_found_by_the_key_and_by_what_the_files_say_of_each_other(site) {
        let id = case(&site);
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.zip");
        make(&site, id, &out, None).unwrap();
        let (trust, files, other) = (trust(&site), unpack(&out), Ed25519::from_seed(&[9; 32]));
        let originals: Vec<usize> = (0..files.len()).filter(|n| files[*n].0.starts_with("originals/")).collect();
        let custody = files.iter().find(|(path, _)| path.starts_with("custody/")).unwrap().0.clone();
        let document = files.iter().find(|(path, _)| path.starts_with("documents/")).unwrap().0.clone();
        let change = files.iter().filter(|(path, _)| path.starts_with("changes/") && path != "changes/index.json").nth(1).unwrap().0.clone();
        let forged = |bend: &dyn Fn(&mut Files), trust: &Trust| {
            bent(&files, folder.path(), trust, |files| {
                bend(files);
                forge(files, &other);
            })
        };
        // Only signed anew: the key is not the one that is trusted, and the server's word inside is not that key's.
        let report = forged(&|_| (), &trust);
        assert_eq!((report.key, report.exit()), (KeyState::Unknown, 1));
        assert!(codes(&report).is_superset(&BTreeSet::from([Code::KeyUnknown, Code::ReceiptWrong, Code::CertificateWrong])), "{report}");
        assert!(!codes(&report).contains(&Code::ManifestForged));
        // Who trusts the forger's key still finds what does not fit.
        let fooled = Trust { keys: vec![other.public_key()], authorities: None };
        let report = forged(
            &|files| {
                let (a, b) = (files[originals[0]].1.clone(), files[originals[1]].1.clone());
                (files[originals[0]].1, files[originals[1]].1) = (b, a);
            },
            &fooled,
        );
        for n in &originals[..2] {
            assert!(report.findings.iter().any(|f| f.code == Code::OriginalSwapped && f.file == files[*n].0), "{report}");
        }
        // Without the forger's trouble the manifest says so as well.
        let report = bent(&files, folder.path(), &trust, |files| {
            let (a, b) = (files[originals[0]].1.clone(), files[originals[1]].1.clone());
            (files[originals[0]].1, files[originals[1]].1) = (b, a);
        });
        assert!(codes(&report).contains(&Code::FileAltered) && codes(&report).contains(&Code::OriginalSwapped), "{report}");
        for (which, wanted) in [(1, "event 2 is gone"), (usize::MAX, "it ends with event")] {
            let cut = |files: &mut Files| {
                let mut events: Vec<Json> = serde_json::from_slice(at(files, &custody)).unwrap();
                events.remove(which.min(events.len() - 1));
                *at(files, &custody) = serde_json::to_vec(&events).unwrap();
            };
            for report in [forged(&cut, &fooled), bent(&files, folder.path(), &trust, cut)] {
                assert!(report.findings.iter().any(|f| f.code == Code::CustodyBroken && f.file == custody && f.sentence.contains(wanted)), "{report}");
            }
        }
        let report = forged(&|files| at(files, &document).push(b'\n'), &fooled);
        assert!(report.findings.iter().any(|f| f.code == Code::DocumentAltered && f.file == document), "{report}");
        let report = forged(
            &|files| {
                let bytes = at(files, &change);
                let place = bytes.len() - 3;
                bytes[place] ^= 1;
            },
            &fooled,
        );
        assert!(report.findings.iter().any(|f| f.code == Code::SignatureInvalid && f.file == change), "{report}");
        // A change that is left out of everything.
        let report = forged(
            &|files| {
                let mut list: Vec<Json> = serde_json::from_slice(at(files, "changes/index.json")).unwrap();
                let gone = list.iter().position(|one| one["path"] == change.as_str()).unwrap();
                let gone = list.remove(gone);
                files.retain(|(path, _)| gone["path"] != path.as_str() && gone["proof"] != path.as_str());
                *at(files, "changes/index.json") = serde_json::to_vec(&list).unwrap();
            },
            &fooled,
        );
        assert!(codes(&report).contains(&Code::ChangeMissing), "{report}");
    }

    fn whoever_reviews_the_case_has_the_same_package_from_the_running_server(site) {
        let case = case(&site);
        let path = format!("/api/v1/cases/{case}/package");
        let desk = |id: &str, role: Role| site.log_in(&site.officer_of(id, &[role], "team-office", Some(Scope::District), &[]));
        let ask = |token: &str, path: &str| site.post(path).bearer_auth(token).send().unwrap();
        let reviewer = desk("packer", Role::Reviewer);
        let told = ask(&reviewer, &path);
        assert_eq!((told.status().as_u16(), told.headers()["content-type"].to_str().unwrap(), told.headers()["cache-control"].to_str().unwrap()), (200, "application/zip", "no-store"));
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("case.zip");
        std::fs::write(&out, told.bytes().unwrap()).unwrap();
        let report = check(&out, &trust(&site)).unwrap();
        assert!(report.findings.is_empty() && report.key == KeyState::Trusted, "{report}");
        assert_eq!(ask(&reviewer, &format!("/api/v1/cases/{}/package", RecordId(9))).status(), 404);
        let away = site.log_in(&site.officer_of("far", &[Role::Reviewer], "fire-unit", Some(Scope::Unit), &[]));
        assert_eq!(ask(&away, &path).status(), 404, "beyond his reach");
    }

    fn a_hostile_archive_is_refused_before_anything_is_inflated(site) {
        let id = case(&site);
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.zip");
        make(&site, id, &out, None).unwrap();
        let (trust, files) = (trust(&site), unpack(&out));
        for name in ["../../etc/passwd", "/etc/passwd", "a\\b", "文书.pdf", "a/./b"] {
            let report = bent(&files, folder.path(), &trust, |files| files.push((name.into(), b"x".to_vec())));
            assert_eq!(codes(&report), BTreeSet::from([Code::ArchiveRefused]), "{name}: {report}");
        }
        // A file that is much larger than what it stands as.
        let report = bent(&files, folder.path(), &trust, |files| files.push(("originals/bomb.bin".into(), vec![0; 300 << 20])));
        assert_eq!(codes(&report), BTreeSet::from([Code::ArchiveRefused]), "{report}");
        // Two entries of one name: written as another name of the same length, then renamed in place.
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files.iter().chain([&("keyt.json".to_owned(), b"{}".to_vec())]) {
            zip.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        let mut bytes = zip.finish().unwrap().into_inner();
        while let Some(place) = bytes.windows(9).position(|window| window == b"keyt.json") {
            bytes[place + 3] = b's';
        }
        let path = folder.path().join("double.zip");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(codes(&check(&path, &trust).unwrap()), BTreeSet::from([Code::ArchiveRefused]));
        for bytes in [&b""[..], b"PK", b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0", &bytes[..bytes.len() / 2]] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(codes(&check(&path, &trust).unwrap()), BTreeSet::from([Code::ArchiveRefused]));
        }
    }

    fn a_manifest_is_stamped_by_an_authority_and_without_one_the_package_says_so(site) {
        let id = case(&site);
        let folder = tempfile::tempdir().unwrap();
        let authority = Tsa::begin();
        let stamped = folder.path().join("stamped.zip");
        let asked = |trust: &Path| Some(Authority::new(&authority.url, Some(trust)).unwrap());
        let done = make(&site, id, &stamped, asked(&authority.folder.path().join("tsa.crt"))).unwrap();
        assert_eq!(done.no_stamp, None);
        let own = std::fs::read(authority.folder.path().join("tsa.crt")).unwrap();
        let with = |pem: Option<Vec<u8>>| Trust { authorities: pem, ..trust(&site) };
        let report = check(&stamped, &with(Some(own.clone()))).unwrap();
        assert!(report.ok && report.notes.is_empty() && report.stamped_ms.is_some(), "{report}");
        let report = check(&stamped, &with(None)).unwrap();
        assert!(report.ok && report.notes.len() == 1, "{report}");
        // Another authority's certificate does not prove it, neither afterwards nor when it is asked for.
        let stranger = Tsa::begin();
        let pem = std::fs::read(stranger.folder.path().join("tsa.crt")).unwrap();
        assert_eq!(codes(&check(&stamped, &with(Some(pem))).unwrap()), BTreeSet::from([Code::StampWrong]));
        let unproven = folder.path().join("unproven.zip");
        let done = make(&site, id, &unproven, asked(&stranger.folder.path().join("tsa.crt"))).unwrap();
        assert!(done.no_stamp.is_some());
        // The stamp of one package in another; a byte of it.
        let second = folder.path().join("second.zip");
        make(&site, id, &second, asked(&authority.folder.path().join("tsa.crt"))).unwrap();
        let (files, mut theirs) = (unpack(&second), unpack(&stamped));
        let token = at(&mut theirs, "timestamp.tsr").clone();
        let report = bent(&files, folder.path(), &with(Some(own.clone())), |files| *at(files, "timestamp.tsr") = token);
        assert!(report.findings.iter().any(|f| f.code == Code::StampWrong && f.sentence.contains("something else")), "{report}");
        let size = files.iter().find(|(path, _)| path == "timestamp.tsr").unwrap().1.len();
        for place in (0..size).step_by(97).chain([size - 1]) {
            let report = bent(&files, folder.path(), &with(Some(own.clone())), |files| at(files, "timestamp.tsr")[place] ^= 1);
            assert!(names(&report, "timestamp.tsr"), "at {place}: {report}");
        }
        let report = bent(&files, folder.path(), &with(None), |files| files.retain(|(path, _)| path != "timestamp.tsr"));
        assert!(report.findings.iter().any(|f| f.code == Code::FileMissing && f.file == "timestamp.tsr"), "{report}");
        // Nobody answers: the package is there and says so.
        let silent = Authority { url: "http://127.0.0.1:9/".into(), trust: None };
        let without = folder.path().join("without.zip");
        assert!(make(&site, id, &without, Some(silent)).unwrap().no_stamp.is_some());
        let report = check(&without, &with(None)).unwrap();
        assert!(report.ok && report.notes.iter().any(|note| note.starts_with("without a timestamp")), "{report}");
    }

    fn the_program_exports_by_number_or_id_and_checks_on_a_machine_without_a_database(site) {
        let id = case(&site);
        let key = b64::encode(&site.running().app.keys.receipt.public_key());
        let published = site.client.get(site.url("/.well-known/zhifa-keys")).send().unwrap().text().unwrap();
        site.stop();
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.zip");
        let run = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_zhifa"));
            let done = command.current_dir(folder.path()).args(arguments).output().unwrap();
            (done.status.code(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
        };
        let (data, out_text, id_text) = (site.config.data.display().to_string(), out.display().to_string(), id.to_string());
        let mut base = vec!["export-case", "--data", &data];
        if let Some(url) = &site.config.database {
            base.extend(["--database", url]);
        }
        let (code, said, why) = run(&[&base[..], &[id_text.as_str(), out_text.as_str()]].concat());
        assert_eq!(code, Some(0), "{said}{why}");
        assert!(said.contains("originals: 3") && said.contains("absent"), "{said}");
        assert_eq!(run(&[&base[..], &[id_text.as_str(), out_text.as_str()]].concat()).0, Some(1), "the place is taken");
        assert_eq!(run(&[&base[..], &["甬0号", "other.zip"]].concat()).0, Some(1), "no such case");
        assert_eq!(run(&["verify", "--package", &out_text, "--trust", &key]).0, Some(0));
        std::fs::write(folder.path().join("keys.json"), published).unwrap();
        let (code, said, _) = run(&["verify", "--package", &out_text, "--trust", "keys.json", "--json"]);
        assert_eq!((code, serde_json::from_str::<Json>(&said).unwrap()["key"].clone()), (Some(0), json!("trusted")));
        assert_eq!(run(&["verify", "--package", &out_text]).0, Some(3));
        let stranger = b64::encode(&Ed25519::from_seed(&[3; 32]).public_key());
        assert_eq!(run(&["verify", "--package", &out_text, "--trust", &stranger]).0, Some(1));
        assert_eq!(run(&["verify", "--package", "none.zip"]).0, Some(2));
    }
}

/// A timestamp authority: `openssl ts` behind a socket.
struct Tsa {
    folder: tempfile::TempDir,
    url: String,
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let done = Command::new("openssl").current_dir(folder).args(arguments).output().expect("openssl is installed");
    assert!(done.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

impl Tsa {
    fn begin() -> Tsa {
        let folder = tempfile::tempdir().unwrap();
        let config = "[req]\ndistinguished_name = dn\nprompt = no\nx509_extensions = ext\n[dn]\nCN = Test TSA\n[ext]\nbasicConstraints = critical,CA:false\n\
            keyUsage = critical,digitalSignature\nextendedKeyUsage = critical,timeStamping\nsubjectKeyIdentifier = hash\n\
            [tsa]\ndefault_tsa = here\n[here]\nserial = serial\nsigner_cert = tsa.crt\nsigner_key = tsa.key\nsigner_digest = sha256\n\
            default_policy = 1.2.3.4.1\ndigests = sha256\naccuracy = secs:1\nordering = no\ntsa_name = no\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n";
        std::fs::write(folder.path().join("tsa.cnf"), config).unwrap();
        std::fs::write(folder.path().join("serial"), "01\n").unwrap();
        openssl(folder.path(), &["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.crt", "-days", "30", "-config", "tsa.cnf"]);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let place: PathBuf = folder.path().to_owned();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") {
                    if stream.read(&mut byte).unwrap_or(0) == 0 {
                        break;
                    }
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).to_lowercase();
                let Some(size) = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok()) else { continue };
                let mut query = vec![0; size];
                stream.read_exact(&mut query).unwrap();
                std::fs::write(place.join("query.tsq"), &query).unwrap();
                openssl(&place, &["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-out", "reply.tsr"]);
                let reply = std::fs::read(place.join("reply.tsr")).unwrap();
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", reply.len()).unwrap();
                stream.write_all(&reply).unwrap();
            }
        });
        Tsa { folder, url }
    }
}
