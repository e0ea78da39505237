//! Identifiers. All are made by whoever creates the thing, before its first contact with anyone else.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Why a text is not an identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct BadId {
    /// What would have been right, as a noun phrase.
    pub expected: &'static str,
}

/// One district: the unit of commit order, with one log, one office chain and one committer lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DistrictId(pub u32);

/// One device store of one officer, or (top bit set) the office chain of one district in one epoch.
///
/// 64 bits, text form 16 lower-case hex digits. Handheld ids are random with the top bit clear and
/// are checked for uniqueness by the server at enrolment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub u64);

const OFFICE_BIT: u64 = 1 << 63;

impl DeviceId {
    /// The id of a handheld made from 64 random bits.
    pub fn handheld(random: u64) -> DeviceId {
        DeviceId(random & !OFFICE_BIT)
    }

    /// The office chain of a district: 20 bits each of district and epoch, 23 of `incarnation`, which the caller draws
    /// at random whenever a server starts on a database. So a server that was restored, knowingly or not, cannot fork
    /// the chain that it wrote before.
    pub fn office(district: DistrictId, epoch: u32, incarnation: u32) -> DeviceId {
        let part = |n: u32, bits: u32| u64::from(n) & ((1 << bits) - 1);
        DeviceId(OFFICE_BIT | (part(district.0, 20) << 43) | (part(epoch, 20) << 23) | part(incarnation, 23))
    }

    /// Whether changes of this device are the office's own.
    pub fn is_office(self) -> bool {
        self.0 & OFFICE_BIT != 0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Reads exactly sixteen lower-case hex digits.
pub(crate) fn hex64(text: &str) -> Option<u64> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    if text.len() != 16 {
        return None;
    }
    text.bytes().try_fold(0, |n, b| Some(n << 4 | u64::from(digit(b)?)))
}

impl FromStr for DeviceId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        hex64(text).map(DeviceId).ok_or(BadId { expected: "a device id of 16 lower-case hex digits" })
    }
}

/// One replicated record. 128 bits (a UUID without hyphens), text form 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub u128);

impl RecordId {
    /// The sixteen bytes, big-endian, as stored.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The id stored as sixteen big-endian bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> RecordId {
        RecordId(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for RecordId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let halves = text.split_at_checked(16).and_then(|(high, low)| Some((hex64(high)?, hex64(low)?)));
        halves.map(|(high, low)| RecordId(u128::from(high) << 64 | u128::from(low))).ok_or(BadId { expected: "a record id of 32 lower-case hex digits" })
    }
}

/// Whether a text is a token: 1 to 64 characters of ASCII letters, digits, `.`, `_`, `-`.
pub fn is_token(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// One officer (or office user), by the key of the roster. A token of at most 64 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfficerId(Box<str>);

impl OfficerId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OfficerId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        if is_token(text) { Ok(OfficerId(text.into())) } else { Err(BadId { expected: "an officer id of 1 to 64 letters, digits, dots, hyphens or underscores" }) }
    }
}

impl fmt::Display for OfficerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OfficerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! as_text {
    ($($t:ty),*) => {$(
        impl Serialize for $t {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $t {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                <Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
as_text!(DeviceId, RecordId, OfficerId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_id_names_district_epoch_and_incarnation() {
        let ids = [(7, 1, 5), (7, 2, 5), (7, 1, 6), (8, 1, 5)].map(|(d, e, i)| DeviceId::office(DistrictId(d), e, i));
        assert!(ids.iter().all(|id| id.is_office()));
        assert_eq!(std::collections::BTreeSet::from(ids).len(), 4);
        assert!(!DeviceId::handheld(u64::MAX).is_office());
    }

    #[test]
    fn only_the_canonical_text_is_read() {
        let id = DeviceId(0x00ab);
        assert_eq!("00000000000000ab".parse(), Ok(id));
        for bad in ["00000000000000AB", "ab", "+0000000000000ab", "00000000000000abc", "０００００００"] {
            assert!(bad.parse::<DeviceId>().is_err(), "{bad}");
        }
        assert!("执法".parse::<OfficerId>().is_err());
        assert!("zj-0012".parse::<OfficerId>().is_ok());
    }
}
