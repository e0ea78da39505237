//! Pictures over HTTP: what their bytes tell, copies for those who reach the record, and warnings about what was used elsewhere.

use std::io::Cursor;
use std::process::Command;
use std::time::{Duration, Instant};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value as Json, json};
use sync_core::base::{Digest, RecordId};
use zhifa_server::org::{Role, Scope};

use crate::evidence::{facts, hand_in};
use crate::harness::{Site, problem, record};
use crate::on_both;
use crate::town::Town;

const OFFICERS: [&str; 3] = ["chen-yifan", "lin-xiaohe", "jiang-haitao"];

/// Shapes on a ground, placed by a seed, as a photo of a site.
fn scene(seed: u32) -> DynamicImage {
    let shape = |n: u32, range: u32| (seed.wrapping_mul(2_654_435_761).rotate_left(n * 5) >> 8) % range;
    DynamicImage::ImageRgb8(RgbImage::from_fn(900, 600, |x, y| {
        let inside = |n: u32| x.abs_diff(shape(n, 860)) < 60 + shape(n + 1, 160) && y.abs_diff(shape(n + 2, 560)) < 40 + shape(n + 3, 140);
        let light = 40 + (x / 12) as u8 + if inside(1) { 90 } else { 0 } + if inside(3) { 60 } else { 0 };
        Rgb([light, light.saturating_sub((y / 8) as u8), light / 2])
    }))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn visit(town: &Town<'_>, n: u128, officers: &[&str]) -> RecordId {
    let (id, place) = (record(n), record(n + 0x1000));
    town.begin("site", place, &[("name", json!(format!("工地{n}"))), ("area", json!("nb-gaoxin"))]);
    town.approved(id, place, &[("enforcement", "special_own")], officers, &[("mode", json!("special")), ("task", json!("扬尘专项"))]);
    id
}

/// Names a file in a visit, and hands it in.
fn taken(town: &Town<'_>, officer: &str, id: RecordId, n: usize, mime: &str, bytes: &[u8]) {
    let mut told = facts(bytes, town.now());
    (told["mime"], told["by"]) = (json!(mime), json!(officer));
    town.done(officer, id, &[(&format!("photos.F-1.p{n}"), told)], None);
    hand_in(town.site, &town.handhelds[officer].token, bytes, Some(id));
}

/// The lines of a visit once the facts of all its files were read, as a desk sees them.
fn lines(site: &Site, token: &str, id: RecordId) -> Vec<Json> {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let page: Json = site.get(&format!("/api/v1/records/{id}/files")).bearer_auth(token).send().unwrap().json().unwrap();
        let items = page["items"].as_array().unwrap().clone();
        if items.iter().all(|line| line["facts"].is_object()) {
            return items;
        }
        assert!(Instant::now() < end, "facts were not read: {page}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn codes(line: &Json) -> Vec<&str> {
    line["warnings"].as_array().unwrap().iter().map(|w| w["code"].as_str().unwrap()).collect()
}

on_both! {
    fn copies_show_the_picture_leave_the_original_alone_and_stand_on_its_chain_when_they_leave_the_house(site) {
        let town = Town::new(&site, &OFFICERS);
        let id = visit(&town, 0x10, &["chen-yifan", "lin-xiaohe"]);
        let photo = encoded(&scene(1), ImageFormat::Jpeg);
        taken(&town, "chen-yifan", id, 1, "image/jpeg", &photo);
        let path = format!("/api/v1/records/{id}/files/{}", Digest::plain(&photo));
        let get = |form: &str| site.get(&format!("{path}/{form}")).bearer_auth(&town.desks["reviewer"]).send().unwrap();
        let shown = |form: &str| {
            let answer = get(form);
            assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap(), answer.headers()["x-content-type-options"].to_str().unwrap()), (200, "image/jpeg", "nosniff"));
            image::load_from_memory_with_format(&answer.bytes().unwrap(), ImageFormat::Jpeg).unwrap().into_rgb8()
        };
        assert_eq!((shown("thumbnail").dimensions(), shown("view").dimensions(), shown("public").dimensions()), ((320, 213), (900, 600), (900, 600)));
        let (plain, written) = (shown("public"), shown("watermarked"));
        let differs = |from: u32, to: u32| (from..to).flat_map(|y| (0..900).map(move |x| (x, y))).filter(|(x, y)| plain.get_pixel(*x, *y).0[0].abs_diff(written.get_pixel(*x, *y).0[0]) > 60).count();
        assert_eq!(differs(0, 400), 0, "the upper part is as it was");
        assert!(differs(500, 600) > 1_000, "words stand on the lower edge");
        if let Ok(folder) = std::env::var("ZHIFA_SEE") {
            std::fs::write(format!("{folder}/watermarked.jpg"), get("watermarked").bytes().unwrap()).unwrap();
        }
        // Once made it is kept, and stands on the chain once.
        assert_eq!(get("watermarked").bytes().unwrap(), get("watermarked").bytes().unwrap());
        let chain = town.get("reviewer", &format!("{path}/custody"));
        let whats: Vec<&str> = chain["items"].as_array().unwrap().iter().map(|e| e["what"].as_str().unwrap()).collect();
        assert_eq!(whats, ["captured", "received", "derived", "derived"]);
        let tag = get("view").headers()["etag"].clone();
        assert_eq!(site.get(&format!("{path}/view")).bearer_auth(&town.desks["reviewer"]).header("If-None-Match", tag).send().unwrap().status(), 304);
        let original = site.get(&path).bearer_auth(&town.desks["reviewer"]).send().unwrap().bytes().unwrap();
        assert_eq!(original, photo);
        // Only through a record that names it, for whoever reaches that record, and in forms that there are.
        assert_eq!(problem(get("large")), (404, "not_found".into()));
        let other = visit(&town, 0x11, &["chen-yifan", "lin-xiaohe"]);
        let elsewhere = format!("/api/v1/records/{other}/files/{}/view", Digest::plain(&photo));
        assert_eq!(problem(site.get(&elsewhere).bearer_auth(&town.desks["reviewer"]).send().unwrap()).0, 404);
        let away = site.log_in(&site.officer_of("away", &[Role::Reviewer], "fire-unit", Some(Scope::Unit), &[]));
        assert_eq!(problem(site.get(&format!("{path}/view")).bearer_auth(&away).send().unwrap()).0, 404);
        // Closed for everybody, small copies too.
        let sealed = town.post("reviewer", &format!("{path}/custody"), &json!({ "what": "sealed", "reason": "当事人申请回避期间" }));
        assert_eq!(sealed.status(), 200, "{}", sealed.text().unwrap());
        assert_eq!(problem(get("thumbnail")), (409, "evidence_sealed".into()));
    }

    fn what_the_bytes_tell_is_shown_and_what_is_odd_is_told(site) {
        let town = Town::new(&site, &OFFICERS);
        let id = visit(&town, 0x20, &["chen-yifan", "lin-xiaohe"]);
        let (jpeg, png) = (encoded(&scene(2), ImageFormat::Jpeg), encoded(&scene(3), ImageFormat::Png));
        let archive = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        let mixed = [&b"\x89PNG\r\n\x1a\n"[..], &encoded(&scene(7), ImageFormat::Jpeg)].concat();
        let files = [
            ("image/jpeg", jpeg.clone()),
            ("image/jpeg", png),
            ("image/jpeg", [&encoded(&scene(4), ImageFormat::Jpeg)[..], archive].concat()),
            ("image/jpeg", encoded(&scene(5), ImageFormat::Jpeg)[..5_000].to_vec()),
            ("image/heic", [&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], &[0; 400]].concat()),
            ("application/pdf", b"%PDF-1.7\n1 0 obj\n".to_vec()),
            ("image/png", mixed),
        ];
        for (n, (mime, bytes)) in files.iter().enumerate() {
            taken(&town, "chen-yifan", id, n, mime, bytes);
        }
        let lines = lines(&site, &town.desks["reviewer"], id);
        let told: Vec<Vec<&str>> = lines.iter().map(codes).collect();
        assert_eq!(told, [vec![], vec!["type_differs"], vec!["photo_second_file"], vec!["photo_broken"], vec!["photo_no_copy"], vec![], vec!["photo_broken"]]);
        assert_eq!((&lines[0]["facts"]["width"], &lines[0]["facts"]["height"]), (&json!(900), &json!(600)));
        assert_eq!((&lines[2]["warnings"][0]["found"], lines[2]["warnings"][0]["zh"].as_str()), (&json!("application/zip"), Some("图片中夹带另一种文件")));
        for (n, (_, bytes)) in files.iter().enumerate().skip(3) {
            let path = format!("/api/v1/records/{id}/files/{}/thumbnail", Digest::plain(bytes));
            assert_eq!(problem(site.get(&path).bearer_auth(&town.desks["reviewer"]).send().unwrap()), (404, "no_copy".into()), "{n}");
            let path = format!("/api/v1/records/{id}/files/{}", Digest::plain(bytes));
            assert_eq!(site.get(&path).bearer_auth(&town.desks["reviewer"]).send().unwrap().bytes().unwrap(), *bytes, "evidence stays as it was handed in");
        }
    }

    fn a_photo_that_was_used_before_is_told_and_the_other_record_only_to_those_who_reach_it(site) {
        let town = Town::new(&site, &OFFICERS);
        let (first, second) = (visit(&town, 0x30, &["chen-yifan", "lin-xiaohe"]), visit(&town, 0x31, &["chen-yifan", "lin-xiaohe"]));
        let photo = encoded(&scene(8), ImageFormat::Jpeg);
        let again = encoded(&scene(8).thumbnail(450, 300), ImageFormat::Jpeg);
        let another = encoded(&scene(9), ImageFormat::Jpeg);
        taken(&town, "chen-yifan", first, 1, "image/jpeg", &photo);
        taken(&town, "chen-yifan", first, 2, "image/jpeg", &another);
        assert_eq!(lines(&site, &town.desks["reviewer"], first).iter().map(|l| codes(l).len()).sum::<usize>(), 0);
        taken(&town, "chen-yifan", second, 1, "image/jpeg", &photo);
        taken(&town, "chen-yifan", second, 2, "image/jpeg", &again);
        let told = lines(&site, &town.desks["reviewer"], second);
        assert_eq!((codes(&told[0]), codes(&told[1])), (vec!["photo_elsewhere"], vec!["photo_alike"]));
        assert_eq!((&told[0]["warnings"][0]["record"], &told[0]["warnings"][0]["kind"]), (&json!(first), &json!("visit")));
        // Seen from the first record as well; the picture that is like none is told of nowhere.
        let back = lines(&site, &town.desks["reviewer"], first);
        assert_eq!((codes(&back[0]), codes(&back[1])), (vec!["photo_elsewhere", "photo_alike"], vec![]));
        // Somebody who reaches the second and not the first is told that there is one.
        let unit = town.officer("jiang-haitao").unit.clone();
        assert_ne!(unit, town.officer("chen-yifan").unit);
        let third = visit(&town, 0x32, &["jiang-haitao", "chen-yifan"]);
        taken(&town, "chen-yifan", third, 1, "image/jpeg", &photo);
        let near = site.log_in(&site.officer_of("near", &[Role::Reviewer], &unit, Some(Scope::Unit), &[]));
        let told = lines(&site, &near, third);
        assert!(codes(&told[0]).iter().all(|code| ["photo_elsewhere", "photo_alike"].contains(code)) && !codes(&told[0]).is_empty(), "{told:?}");
        assert!(told[0]["warnings"].as_array().unwrap().iter().all(|w| w["record"].is_null() && w["kind"].is_null()), "{told:?}");
    }

    fn before_the_original_comes_the_handhelds_thumbnail_stands_for_it(site) {
        let town = Town::new(&site, &OFFICERS);
        let id = visit(&town, 0x40, &["chen-yifan", "lin-xiaohe"]);
        let (photo, small) = (encoded(&scene(11), ImageFormat::Jpeg), encoded(&scene(11).thumbnail(320, 213), ImageFormat::Jpeg));
        town.done("chen-yifan", id, &[("photos.F-1.p1", facts(&photo, 5))], None);
        let line = json!({ "record": id, "sha256": Digest::plain(&photo), "jpeg": sync_core::protocol::Bytes(small.clone()) }).to_string();
        let sent = site.post("/sync/v1/thumbnails").bearer_auth(&town.handhelds["chen-yifan"].token).body(line).send().unwrap();
        assert_eq!(sent.json::<Json>().unwrap()["taken"], 1);
        let get = |form: &str| site.get(&format!("/api/v1/records/{id}/files/{}/{form}", Digest::plain(&photo))).bearer_auth(&town.desks["reviewer"]).send().unwrap();
        assert_eq!(get("thumbnail").bytes().unwrap(), small);
        assert_eq!(problem(get("view")).0, 404);
        hand_in(&site, &town.handhelds["chen-yifan"].token, &photo, Some(id));
        assert_ne!(get("thumbnail").bytes().unwrap(), small, "made of the original now");
        assert_eq!(get("view").status(), 200);
    }
}

/// A PNG whose header says other sides than its data have.
fn announcing(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(&scene(1).thumbnail(8, 8), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = png[12..29].iter().fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| (c >> 1) ^ (0xedb8_8320 & (c & 1).wrapping_neg())));
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
    png
}

/// What a process that reads this file says, and how much memory it took at most, in MiB.
#[cfg(feature = "demo")]
fn alone(step: &str, bytes: &[u8]) -> (Option<String>, f64) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_zhifa")).args(["bench", "--picture", step]).arg(file.path()).output().unwrap();
    assert!(done.status.success(), "{step}: {}", String::from_utf8_lossy(&done.stderr));
    let took: Json = serde_json::from_slice(&done.stdout).unwrap();
    (took["problem"].as_str().map(str::to_owned), took["peak_mib"].as_f64().unwrap())
}

#[test]
#[cfg(feature = "demo")]
fn bombs_are_named_and_take_little_memory_and_a_large_picture_takes_what_its_pixels_need() {
    let (_, idle) = alone("facts", b"%PDF-1.7");
    for (what, bytes) in [("sides", announcing(20_000, 20_000)), ("one side", announcing(1, u32::MAX >> 1)), ("over", announcing(20_001, 20_001))] {
        let (problem, peak) = alone("facts", &bytes);
        assert_eq!(problem.as_deref(), Some("photo_too_large"), "{what}");
        assert!(peak < idle + 8.0, "{what}: {peak} MiB, idle {idle}");
    }
    // 36 megapixels in a file that is a hundredth of that: a bomb that is within the limits, and costs what they say.
    let black = encoded(&DynamicImage::ImageLuma8(image::GrayImage::new(6_000, 6_000)), ImageFormat::Png);
    assert!(black.len() < 400_000, "{}", black.len());
    for step in ["facts", "thumbnail", "watermarked"] {
        let (problem, peak) = alone(step, &black);
        assert_eq!(problem, None, "{step}");
        assert!(peak < idle + 250.0, "{step}: {peak} MiB");
    }
}
