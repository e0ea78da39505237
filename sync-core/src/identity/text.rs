//! What all identifiers share: the spelling that is read, the fault that is told, and text that hides what is personal.

use serde::{Deserialize, Deserializer};
use std::str::FromStr;

/// Why a text is not the identifier asked for. Positions count characters from 1 in the text without the white space around it.
///
/// A fault shows one character at most, so that it may be logged even where the identifier may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Too short, too long or empty.
    #[error("has {found} characters; give {expected}")]
    Length {
        /// How many characters there are.
        found: usize,
        /// What would be right.
        expected: &'static str,
    },
    /// A character that may not stand there.
    #[error("character {position} is {found:?}; give {expected}")]
    At {
        /// Which character, from 1.
        position: usize,
        /// What stands there.
        found: char,
        /// What may stand there.
        expected: &'static str,
    },
    /// The check character does not fit the others: one of them, or the order of two, is wrong.
    #[error("character {position} is the check character {found:?}, but the others ask for '{expected}'; compare all of them with the original")]
    Check {
        /// Which character, from 1.
        position: usize,
        /// What stands there.
        found: char,
        /// What the others ask for.
        expected: char,
    },
    /// Several characters that are each allowed and together are not.
    #[error("characters {from} to {to}: give {expected}")]
    Span {
        /// The first, from 1.
        from: usize,
        /// The last, from 1.
        to: usize,
        /// What would be right.
        expected: &'static str,
    },
}

/// Half width for full-width letters, digits and signs (U+FF01 to U+FF5E); anything else as it is.
pub(super) fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    }
}

/// The characters of a code as registers write them: without white space around, in half width and upper case.
pub(super) fn normal(text: &str) -> Vec<char> {
    text.trim().chars().map(|c| half_width(c).to_ascii_uppercase()).collect()
}

/// Exactly `N` characters, each one that `allowed` takes at its index (from 0); otherwise says what it expects there.
pub(super) fn fixed<const N: usize>(text: &str, length: &'static str, allowed: impl Fn(usize, char) -> Result<(), &'static str>) -> Result<[u8; N], Fault> {
    let chars = normal(text);
    // A wrong character is told before a wrong length: it is the likelier slip, and its place is known.
    for (index, &found) in chars.iter().enumerate().take(N) {
        allowed(index, found).map_err(|expected| Fault::At { position: index + 1, found, expected })?;
    }
    let bytes: Option<Vec<u8>> = chars.iter().map(|&c| u8::try_from(c).ok()).collect();
    bytes.and_then(|bytes| <[u8; N]>::try_from(bytes).ok()).ok_or(Fault::Length { found: chars.len(), expected: length })
}

/// The text of checked ASCII bytes.
pub(super) fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// Reads an identifier from a text of any format, without keeping the text in the error.
pub(super) fn deserialize<'de, T: FromStr<Err = Fault>, D: Deserializer<'de>>(d: D) -> Result<T, D::Error> {
    <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
}

macro_rules! as_text {
    ($($t:ty => $text:expr),* $(,)?) => {$(
        impl serde::Serialize for $t {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                let text: fn(&$t) -> &str = $text;
                s.serialize_str(text(self))
            }
        }
        impl<'de> serde::Deserialize<'de> for $t {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                $crate::identity::text::deserialize(d)
            }
        }
    )*};
}
pub(super) use as_text;
