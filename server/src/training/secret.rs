//! What only the server knows of a course: the code that is on the screen, and the answers of a quiz.
//!
//! Both are HMAC-SHA-256 (RFC 2104) with a key derived from the server's own secret. A code holds for a minute and is good for whoever
//! notes it down then, so a handheld without a network can hand it in days later; it is judged by the hour at which it was noted.
//! Deliberately absent: a proof that it was not told to somebody else by telephone. Whoever holds the course sees who is in the room.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use sync_core::base::{Digest, RecordId};
use sync_core::training::course::OPTIONS;

use crate::base::keys::ServerKeys;

/// How long a code is on the screen.
pub const WINDOW_MS: i64 = 60_000;
/// How long before the course begins somebody may sign in.
pub const EARLY_MS: i64 = 30 * 60_000;
/// Digits of a code.
const DIGITS: usize = 8;

/// A secret for one use, from the server's own; `None` never happens, as HMAC takes keys of any length.
fn mac(keys: &ServerKeys, tag: &str, parts: &[&[u8]]) -> Option<[u8; 32]> {
    let mut own = Hmac::<Sha256>::new_from_slice(&keys.jwt).ok()?;
    own.update(tag.as_bytes());
    let mut mac = Hmac::<Sha256>::new_from_slice(&own.finalize().into_bytes()).ok()?;
    for part in parts {
        mac.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        mac.update(part);
    }
    Some(mac.finalize().into_bytes().into())
}

fn code_of(keys: &ServerKeys, course: RecordId, window: i64) -> Option<String> {
    let [a, b, c, d, e, f, g, h, ..] = mac(keys, "zhifa.training.sign-in.v1", &[&course.to_bytes(), &window.to_be_bytes()])?;
    let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 100_000_000;
    Some(format!("{number:0DIGITS$}"))
}

/// The code that is on the screen at an instant, and until when.
pub fn code_at(keys: &ServerKeys, course: RecordId, now_ms: i64) -> Option<(String, i64)> {
    let window = now_ms.div_euclid(WINDOW_MS);
    Some((code_of(keys, course, window)?, (window + 1) * WINDOW_MS))
}

/// What is to be said of a code that was noted at `signed_ms`, by a clock that may be wrong by `doubt_ms`; `hours` are those of the course.
pub fn verdict(keys: &ServerKeys, course: RecordId, hours: Option<(i64, i64)>, code: &str, signed_ms: i64, doubt_ms: i64) -> &'static str {
    let Some((from, until)) = hours.map(|(from, until)| (from.saturating_sub(EARLY_MS), until)).filter(|(from, until)| (*from..=*until).contains(&signed_ms)) else {
        return "outside";
    };
    let first = signed_ms.saturating_sub(doubt_ms).max(from).div_euclid(WINDOW_MS);
    let last = signed_ms.saturating_add(doubt_ms).min(until).div_euclid(WINDOW_MS);
    let shown = (first..=last).any(|window| code_of(keys, course, window).as_deref() == Some(code.trim()));
    if shown { "right" } else { "wrong_code" }
}

/// What stands in a question in place of its answer.
pub fn answer_key(keys: &ServerKeys, course: RecordId, question: &str, right: &[u8]) -> Option<String> {
    let mut set = right.to_vec();
    set.sort_unstable();
    set.dedup();
    mac(keys, "zhifa.training.answer.v1", &[&course.to_bytes(), question.as_bytes(), &set]).map(|bytes| Digest(bytes).to_string())
}

/// The right choice of a question, found among all of its options: only the server can.
pub fn reveal(keys: &ServerKeys, course: RecordId, question: &str, options: usize, key: &str) -> Option<Vec<u8>> {
    let options = u8::try_from(options.min(OPTIONS)).ok()?;
    let choice = |set: u16| (0..options).filter(move |option| set & (1 << option) != 0).collect::<Vec<u8>>();
    (1_u16..1 << options).map(choice).find(|set| answer_key(keys, course, question, set).as_deref() == Some(key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const COURSE: RecordId = RecordId(7);
    const FROM: i64 = 1_715_911_200_000;

    #[test]
    fn a_code_is_right_for_its_course_and_minute_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = ServerKeys::open(folder.path()).unwrap();
        let hours = Some((FROM, FROM + 7_200_000));
        let at = FROM + 600_000;
        let (code, until) = code_at(&keys, COURSE, at).unwrap();
        assert_eq!((code.len(), until), (8, at + WINDOW_MS), "the window begins with the minute");
        let said = |code: &str, ms: i64| verdict(&keys, COURSE, hours, code, ms, 300_000);
        assert_eq!([said(&code, at), said(&code, at + 300_000), said(&format!(" {code} "), at - 299_000)], ["right"; 3]);
        assert_eq!([said(&code, at + 420_000), said("00000000", at), said("", at)], ["wrong_code"; 3]);
        assert_eq!([said(&code, FROM - EARLY_MS - 1), said(&code, FROM + 7_200_001)], ["outside"; 2]);
        assert_eq!(verdict(&keys, RecordId(8), hours, &code, at, 300_000), "wrong_code");
        assert_eq!(verdict(&keys, COURSE, None, &code, at, 300_000), "outside");
    }

    #[test]
    fn an_answer_is_found_by_the_server_only_and_is_a_set() {
        let folder = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        let keys = ServerKeys::open(folder.path()).unwrap();
        let key = answer_key(&keys, COURSE, "1", &[2, 0]).unwrap();
        assert_eq!(answer_key(&keys, COURSE, "1", &[0, 2, 2]).as_deref(), Some(&*key));
        assert_eq!(reveal(&keys, COURSE, "1", 4, &key), Some(vec![0, 2]));
        assert_eq!(reveal(&keys, COURSE, "2", 4, &key), None, "the same choice of another question has another key");
        assert_eq!(reveal(&ServerKeys::open(other.path()).unwrap(), COURSE, "1", 4, &key), None);
    }
}
