//! Photos' facts through the C symbols: what is captured, what is refused, and that a refusal keeps nothing.

use std::io::Cursor;
use std::path::Path;

use image::{ImageFormat, RgbImage};
use serde_json::{Value as Json, json};
use sync_core::base::pack;
use zhifa_mobile::abi::host::Handheld;
use zhifa_mobile::device::Code;

use super::town::{PIN, Town};

pub fn photo(shade: u8) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    RgbImage::from_fn(640, 480, |x, y| image::Rgb([shade, x as u8, y as u8])).write_to(&mut out, ImageFormat::Jpeg).unwrap();
    out.into_inner()
}

pub fn new_visit(handheld: &Handheld) -> String {
    let done = handheld.capture(&json!({ "kind": "visit", "edits": [{ "field": "task", "value": "日常", "replaces": [] }] })).unwrap();
    done["record"].as_str().unwrap().to_owned()
}

pub fn register(handheld: &Handheld, visit: &str, photo: &[u8]) -> Json {
    let place = json!({ "lon_e7": 1_215_000_000, "lat_e7": 298_000_000, "accuracy_cm": 500, "crs": "cgcs2000" });
    handheld.photo(&json!({ "record": visit, "kind": "visit", "item": "HC-2", "taken_ms": 1_760_000_000_000i64, "place": place }), photo).unwrap()
}

fn captured(handheld: &Handheld) -> u64 {
    handheld.status().unwrap()["captured"].as_u64().unwrap()
}

fn enrolled(dir: &Path) -> (Town, Handheld) {
    let town = Town::new();
    let (li, _) = town.handheld(dir, "li");
    (town, li)
}

#[test]
fn a_photos_facts_are_those_of_its_bytes_and_survive_reopening() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let (li, path) = town.handheld(dir.path(), "li");
    let (visit, photo) = (new_visit(&li), photo(1));
    let done = register(&li, &visit, &photo);
    drop(li);
    let li = Handheld::open(&path, PIN, &json!({})).unwrap();
    let sha256 = sync_core::base::Digest::plain(&photo).to_string();
    let facts = li.view(&json!({ "record": visit })).unwrap()["fields"][done["field"].as_str().unwrap()]["value"].clone();
    let expected = json!({
        "by": "li", "lat_e7": 298_000_000, "lon_e7": 1_215_000_000, "mime": "image/jpeg", "sha256": sha256, "size": photo.len(), "sm3": facts["sm3"], "taken_ms": 1_760_000_000_000i64,
    });
    assert_eq!((&facts, facts["sm3"].as_str().unwrap().len()), (&expected, 43));
    assert!(li.original(&sha256, 0).unwrap() == photo, "the original is kept as it was captured");
    let kept = json!({ "kept": 1, "waiting": 1, "bytes": photo.len(), "refused": 0 });
    assert_eq!((&li.status().unwrap()["originals"], &li.status().unwrap()["done"]), (&kept, &json!(false)));
    let small = image::load_from_memory_with_format(&li.photo_thumbnail(&sha256).unwrap(), ImageFormat::Jpeg).unwrap();
    assert_eq!((small.width(), small.height()), (320, 240));
}

#[test]
fn the_same_file_twice_is_one_photo() {
    let dir = tempfile::tempdir().unwrap();
    let (_town, li) = enrolled(dir.path());
    let (visit, photo) = (new_visit(&li), photo(1));
    let (first, second) = (register(&li, &visit, &photo), register(&li, &visit, &photo));
    assert_eq!((&first["dot"], &first["known"], &second["known"]), (&second["dot"], &json!(false), &json!(true)));
    assert_eq!(captured(&li), 2);
    assert_eq!(li.status().unwrap()["originals"]["kept"], 1);
    let elsewhere = json!({ "record": visit, "kind": "visit", "item": "HC-3", "second": "wang", "elsewhere": true });
    let other = super::photos::photo(2);
    let done = li.photo(&elsewhere, &other).unwrap();
    assert_eq!(li.status().unwrap()["originals"]["kept"], 1, "the host hands it in");
    assert_eq!(li.view(&json!({ "record": visit })).unwrap()["fields"][done["field"].as_str().unwrap()]["value"]["second"], "wang");
}

#[test]
fn sm3_is_that_of_the_standard() {
    // GB/T 32905-2016, appendix A.1.
    let dir = tempfile::tempdir().unwrap();
    let (_town, li) = enrolled(dir.path());
    let path = dir.path().join("abc");
    std::fs::write(&path, b"abc").unwrap();
    let kept = li.keep(&json!({ "record": new_visit(&li) }), &path).unwrap();
    let sm3 = sync_core::evidence::digest("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0").unwrap();
    assert_eq!(kept["sm3"], sm3.to_string());
}

#[test]
fn what_is_refused_captures_nothing_and_keeps_no_thumbnail() {
    let dir = tempfile::tempdir().unwrap();
    let (_town, li) = enrolled(dir.path());
    let (visit, photo) = (new_visit(&li), photo(1));
    let sha256 = sync_core::base::Digest::plain(&photo).to_string();
    let good = json!({ "record": visit, "kind": "visit", "item": "HC-2" });
    let altered = |name: &str, value: Json| {
        let mut input = good.clone();
        input[name] = value;
        input
    };
    for (input, bytes, code) in [
        (good.clone(), &photo[..0], Code::BadPhoto),
        (good.clone(), &photo[..photo.len() / 2], Code::BadPhoto),
        (good.clone(), &vec![0; (32 << 20) + 1][..], Code::TooLarge),
        (altered("item", json!("a.b")), &photo, Code::BadArgument),
        (altered("item", json!("")), &photo, Code::BadArgument),
        (altered("v", json!(2)), &photo, Code::BadArgument),
        (altered("mime", json!("image/png")), &photo, Code::BadArgument),
        (altered("taken_ms", json!(-1)), &photo, Code::Rejected),
        (altered("kind", json!("site")), &photo, Code::Rejected),
        (altered("record", json!("00000000000000000000000000000001")), &photo, Code::Unknown),
    ] {
        let error = li.photo(&input, bytes).expect_err("refused");
        assert_eq!(error.code, code as i32, "{input} {error}");
    }
    assert_eq!(captured(&li), 1);
    assert_eq!(li.photo_thumbnail(&sha256).expect_err("none").code, Code::Unknown as i32);
}

#[test]
fn a_colleague_sees_the_thumbnails_that_came_with_the_bundle() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let ((li, _), (wang, _)) = (town.handheld(dir.path(), "li"), town.handheld(dir.path(), "wang"));
    let visit = new_visit(&li);
    let done = register(&li, &visit, &photo(1));
    let sha256 = done["sha256"].as_str().unwrap();
    assert!(wang.photo_thumbnail(sha256).is_err());
    let report = wang.bundle_import(&li.bundle_export(&json!({})).unwrap()).unwrap();
    assert_eq!((report["imported"].as_array().unwrap().len(), &report["thumbnails"]), (2, &json!(1)));
    assert_eq!(wang.photo_thumbnail(sha256).unwrap(), li.photo_thumbnail(sha256).unwrap());
    let onward = wang.bundle_export(&json!({})).unwrap();
    let (zhao, _) = town.handheld(dir.path(), "zhao");
    assert_eq!(zhao.bundle_import(&onward).unwrap()["thumbnails"], 1, "whoever carries the change carries its thumbnail");
}

#[test]
fn a_thumbnail_that_no_verified_change_names_is_not_kept() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let ((li, _), (wang, _)) = (town.handheld(dir.path(), "li"), town.handheld(dir.path(), "wang"));
    let done = register(&li, &new_visit(&li), &photo(1));
    let text = String::from_utf8(pack::unpack(&li.bundle_export(&json!({})).unwrap(), 1 << 26).unwrap()).unwrap();
    let sha256 = done["sha256"].as_str().unwrap();
    let other = sync_core::base::Digest::plain(b"other").to_string();
    let (changes, thumbnail) = text.rsplit_once('\n').unwrap();
    for line in [thumbnail.replace(sha256, &other), thumbnail.replace("/9j", "AAA").replace("_9j", "AAA"), "{}".to_owned()] {
        assert_ne!(line, thumbnail);
        let report = wang.bundle_import(&pack::pack(format!("{changes}\n{line}").as_bytes(), 1)).unwrap();
        assert_eq!(report["thumbnails"], 0, "{line}");
        assert!([sha256, &other].iter().all(|photo| wang.photo_thumbnail(photo).is_err()));
    }
    let error = wang.bundle_import(&pack::pack(changes.as_bytes(), 1)).expect_err("one is missing");
    assert_eq!(error.code, Code::BadBundle as i32);
}

#[test]
fn a_bundle_of_before_there_were_thumbnails_is_read() {
    let (town, dir) = (Town::new(), tempfile::tempdir().unwrap());
    let ((li, _), (wang, _)) = (town.handheld(dir.path(), "li"), town.handheld(dir.path(), "wang"));
    register(&li, &new_visit(&li), &photo(1));
    let text = String::from_utf8(pack::unpack(&li.bundle_export(&json!({})).unwrap(), 1 << 26).unwrap()).unwrap();
    let (changes, _) = text.rsplit_once('\n').unwrap();
    let old = changes.replacen(",\"thumbnails\":1}", "}", 1);
    assert_ne!(old, changes);
    assert_eq!(wang.bundle_import(&pack::pack(old.as_bytes(), 1)).unwrap()["imported"].as_array().unwrap().len(), 2);
}
