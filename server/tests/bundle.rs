//! Courier bundles from real handhelds, handed in to a real server as files.

#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod common;

use serde_json::{Value as Json, json};
use zhifa_mobile::abi::host::Handheld;
use zhifa_server::Running;
use zhifa_server::org::Role;

/// A server, a reviewer's token, and a handheld that captured a visit with a photo and has not synced since.
struct Field {
    _folder: tempfile::TempDir,
    running: Option<Running>,
    token: String,
    li: Handheld,
}

impl Field {
    fn new() -> Field {
        let folder = tempfile::tempdir().unwrap();
        let running = common::serve(&folder.path().join("server"), None);
        let judge = common::officer(&running, "judge", vec![Role::Reviewer]);
        let li = common::handheld(&running, &folder.path().join("li.zhifa"), "li");
        let token = common::log_in(&running, &judge);
        let edits = json!([
            { "field": "unit", "value": "u1", "replaces": [] },
            { "field": "participants.li", "value": { "department": "water" }, "replaces": [] },
        ]);
        let visit = li.capture(&json!({ "kind": "visit", "edits": edits })).unwrap()["record"].clone();
        let mut jpeg = std::io::Cursor::new(Vec::new());
        image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, 7])).write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
        li.photo(&json!({ "record": visit, "kind": "visit", "item": "WR-001" }), jpeg.get_ref()).unwrap();
        Field { token, _folder: folder, running: Some(running), li }
    }

    fn hand_in(&self, file: Vec<u8>) -> (u16, Json) {
        let url = format!("{}/api/v1/bundles", self.running.as_ref().unwrap().url());
        let answer = reqwest::blocking::Client::new().post(url).bearer_auth(&self.token).body(file).send().unwrap();
        (answer.status().as_u16(), answer.json().unwrap())
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            actix_web::rt::System::new().block_on(running.stop());
        }
    }
}

fn applied(answer: &Json) -> usize {
    answer["results"].as_array().unwrap().iter().filter(|r| r["disposition"]["state"] == "applied").count()
}

#[test]
fn a_bundle_sealed_to_the_server_is_opened_and_applied_and_its_author_has_nothing_left_to_send() {
    let field = Field::new();
    let sealed = field.li.bundle_export(&json!({ "sealed": true })).unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1"));
    let (status, answer) = field.hand_in(sealed.clone());
    assert_eq!((status, applied(&answer), answer["results"].as_array().unwrap().len()), (200, 2, 2), "{answer}");
    let (_, again) = field.hand_in(sealed);
    assert!(again["results"].as_array().unwrap().iter().all(|r| r["repeat"] == true));
    let report = field.li.sync(&json!({}), None, None).unwrap();
    assert_eq!((&report["complete"], &report["pushed"]), (&json!(true), &json!(0)), "the receipt of the session covers what the carrier brought");
    assert_eq!(field.li.status().unwrap()["done"], true);
}

#[test]
fn thumbnails_in_a_bundle_are_not_taken_for_changes() {
    let field = Field::new();
    let (status, answer) = field.hand_in(field.li.bundle_export(&json!({})).unwrap());
    assert_eq!((status, applied(&answer), answer["results"].as_array().unwrap().len()), (200, 2, 2), "{answer}");
}

#[test]
fn an_altered_a_cut_and_a_foreign_bundle_are_refused_by_name() {
    let (field, other) = (Field::new(), Field::new());
    let sealed = field.li.bundle_export(&json!({ "sealed": true })).unwrap();
    let mut altered = sealed.clone();
    let last = altered.len() - 1;
    altered[last] ^= 1;
    let cut = sealed[..sealed.len() / 2].to_vec();
    for file in [altered, cut, b"no bundle at all".to_vec(), Vec::new()] {
        let (status, answer) = field.hand_in(file);
        assert_eq!((status, &answer["code"]), (400, &json!("body_broken")), "{answer}");
    }
    let (status, answer) = other.hand_in(sealed);
    assert_eq!((status, &answer["code"]), (400, &json!("body_broken")), "sealed to another server: {answer}");
    assert_eq!(field.li.status().unwrap()["unsent"], 2, "the author keeps what nobody took");
}
