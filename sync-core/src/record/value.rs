//! A value is its canonical JSON text: integers, strings, booleans, null, lists and maps.
//!
//! Canonical means what `serde_json` writes compactly with map keys in ascending byte order: so two
//! officers who record the same thing write the same bytes, and equality of values is equality of bytes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fmt;

/// Deepest nesting of lists and maps inside a value.
const MAX_DEPTH: usize = 8;

/// Integers stay within what every JSON reader holds exactly: ±(2^53 − 1).
const MAX_INT: i64 = 9_007_199_254_740_991;

/// Why a text is not a value, with the byte offset of the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at byte {at}")]
pub struct BadValue {
    /// What is wrong, as a short phrase.
    pub reason: &'static str,
    /// Offset into the text.
    pub at: usize,
}

/// An immutable canonical JSON text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(Box<str>);

impl Value {
    /// The cleared value.
    pub const NULL: &'static str = "null";

    /// Takes a text that must already be canonical.
    pub fn parse(text: &str) -> Result<Value, BadValue> {
        check_canonical(text)?;
        Ok(Value(text.into()))
    }

    /// Brings any JSON without floats into canonical form: key order, white space and escapes are mended.
    pub fn from_json(json: &serde_json::Value) -> Result<Value, BadValue> {
        // serde_json's map is ordered by key (no `preserve_order` in this workspace), hence canonical.
        Value::parse(&json.to_string())
    }

    /// A string value.
    pub fn text(text: &str) -> Value {
        Value(serde_json::Value::from(text).to_string().into())
    }

    /// An integer value.
    pub fn int(n: i64) -> Value {
        Value(n.to_string().into())
    }

    /// The cleared value.
    pub fn null() -> Value {
        Value(Self::NULL.into())
    }

    /// For texts that were checked when they entered (stored state, decoded changes).
    pub(crate) fn trusted(text: &str) -> Value {
        Value(text.into())
    }

    /// The canonical text.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// Whether this is the cleared value.
    pub fn is_null(&self) -> bool {
        &*self.0 == Self::NULL
    }

    /// As a `serde_json` tree, for views and guards.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// The text of a string value.
    pub fn as_text(&self) -> Option<String> {
        serde_json::from_str(&self.0).ok()
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).map_err(serde::ser::Error::custom)?.serialize(s)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(d)?;
        Value::parse(raw.get()).map_err(serde::de::Error::custom)
    }
}

/// Checks that a text is one canonical value, in one pass and without allocating.
pub(crate) fn check_canonical(text: &str) -> Result<(), BadValue> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    scan.value(0)?;
    if scan.at == scan.bytes.len() { Ok(()) } else { scan.fail("text after the value") }
}

/// Where the canonical value that begins at byte `at` of `text` ends.
pub(crate) fn canonical_end(text: &str, at: usize) -> Result<usize, BadValue> {
    let mut scan = Scan { bytes: text.as_bytes(), at };
    scan.value(0)?;
    Ok(scan.at)
}

/// The members of a canonical map, `("", value)` for the items of a canonical list, without allocating; for anything
/// else `None`.
pub(crate) fn members(text: &str) -> Option<Members<'_>> {
    let first = text.as_bytes().first()?;
    matches!(first, b'{' | b'[').then_some(Members { text, at: 1, map: *first == b'{' })
}

/// See [`members`]. Ends early where the text is not canonical.
pub(crate) struct Members<'a> {
    text: &'a str,
    at: usize,
    /// Whether it is a map and not a list.
    pub(crate) map: bool,
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let mut scan = Scan { bytes: self.text.as_bytes(), at: self.at };
        if scan.peek() == b',' {
            scan.at += 1;
        }
        if matches!(scan.peek(), b'}' | b']' | 0) {
            return None;
        }
        let mut key = "";
        if self.map {
            key = std::str::from_utf8(scan.string().ok()?).ok()?;
            scan.at += 1;
        }
        let start = scan.at;
        scan.value(0).ok()?;
        self.at = scan.at;
        Some((key, self.text.get(start..scan.at)?))
    }
}

/// How many bytes from the front are sure to stand for themselves in a string; eight at a time, so fewer than there are.
fn plain_bytes(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let zero_in = |x: u64| x.wrapping_sub(ONES) & !x & HIGH;
    let special = |part: &&[u8; 8]| {
        let x = u64::from_le_bytes(**part);
        let control = x.wrapping_sub(ONES * 0x20) & !x & HIGH;
        control | zero_in(x ^ (ONES * u64::from(b'"'))) | zero_in(x ^ (ONES * u64::from(b'\\'))) != 0
    };
    8 * bytes.as_chunks().0.iter().take_while(|part| !special(part)).count()
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn fail<T>(&self, reason: &'static str) -> Result<T, BadValue> {
        Err(BadValue { reason, at: self.at })
    }

    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn word(&mut self, word: &str) -> Result<(), BadValue> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            self.fail("not a value")
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), BadValue> {
        match self.peek() {
            b'"' => self.string().map(|_| ()),
            b'-' | b'0'..=b'9' => self.integer(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            b'[' | b'{' if depth >= MAX_DEPTH => self.fail("nested too deeply"),
            b'[' => self.list(depth),
            b'{' => self.map(depth),
            _ => self.fail("not a value"),
        }
    }

    fn list(&mut self, depth: usize) -> Result<(), BadValue> {
        self.at += 1;
        if self.peek() == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            match self.peek() {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fail("a list needs ',' or ']'"),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<(), BadValue> {
        self.at += 1;
        if self.peek() == b'}' {
            self.at += 1;
            return Ok(());
        }
        let mut last: Option<&'a [u8]> = None;
        loop {
            if self.peek() != b'"' {
                return self.fail("a map key must be a string");
            }
            let key = self.string()?;
            if key.contains(&b'\\') {
                return self.fail("a map key must need no escape");
            }
            if last.is_some_and(|l| l >= key) {
                return self.fail("map keys must be in ascending order and appear once");
            }
            last = Some(key);
            if self.peek() != b':' {
                return self.fail("a map key needs ':'");
            }
            self.at += 1;
            self.value(depth + 1)?;
            match self.peek() {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fail("a map needs ',' or '}'"),
            }
        }
    }

    fn integer(&mut self) -> Result<(), BadValue> {
        let start = self.at;
        if self.peek() == b'-' {
            self.at += 1;
        }
        let digits = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if matches!(self.peek(), b'.' | b'e' | b'E') {
            return self.fail("floats are not values: use an integer in a smaller unit, or a string");
        }
        let text = self.bytes.get(start..self.at).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default();
        let canonical = match text.strip_prefix('-') {
            Some(rest) => !rest.starts_with('0'),
            None => text == "0" || !text.starts_with('0'),
        };
        match text.parse::<i64>() {
            Ok(n) if canonical && self.at > digits && n.unsigned_abs() <= MAX_INT as u64 => Ok(()),
            _ => self.fail("not an integer between ±(2^53 − 1)"),
        }
    }

    /// Reads a string and returns what stands between its quotes.
    fn string(&mut self) -> Result<&'a [u8], BadValue> {
        self.at += 1;
        let start = self.at;
        self.at += plain_bytes(self.bytes.get(start..).unwrap_or_default());
        loop {
            match self.peek() {
                b'"' => {
                    let inner = self.bytes.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(inner);
                }
                b'\\' => self.escape()?,
                0..=0x1f => return self.fail("a control character, or the end, inside a string"),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), BadValue> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'b' | b't' | b'n' | b'f' | b'r') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => {
                let hex = self.bytes.get(self.at + 2..self.at + 6).and_then(|h| std::str::from_utf8(h).ok()).unwrap_or_default();
                match u8::from_str_radix(hex, 16) {
                    Ok(0) => self.fail("NUL is not text"),
                    Ok(0x08 | 0x09 | 0x0a | 0x0c | 0x0d) => self.fail("this control character has a short escape"),
                    Ok(c) if c < 0x20 && hex.len() == 4 && !hex.bytes().any(|b| b.is_ascii_uppercase()) => {
                        self.at += 6;
                        Ok(())
                    }
                    _ => self.fail("only control characters are escaped by number"),
                }
            }
            _ => self.fail("not an escape"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reason(text: &str) -> &'static str {
        Value::parse(text).map(|_| "").unwrap_or_else(|e| e.reason)
    }

    #[test]
    fn what_is_not_canonical_is_named() {
        for (bad, why) in [
            ("1.5", "floats"),
            ("1e3", "floats"),
            ("-0", "not an integer"),
            ("01", "not an integer"),
            ("9007199254740992", "not an integer"),
            ("{\"b\":1,\"a\":2}", "ascending"),
            ("{\"a\":1,\"a\":2}", "ascending"),
            ("[1, 2]", "not a value"),
            ("\"\\u0000\"", "NUL"),
            ("\"\\u0041\"", "only control"),
            ("\"\\u000a\"", "short escape"),
            ("\"\\/\"", "not an escape"),
            ("\"a", "end"),
            ("", "not a value"),
            ("nul", "not a value"),
            ("1 ", "text after"),
            ("[[[[[[[[[1]]]]]]]]]", "deeply"),
            ("{\"\\n\":1}", "escape"),
            ("{1:2}", "string"),
        ] {
            assert!(reason(bad).contains(why), "{bad}: {}", reason(bad));
        }
        for good in ["0", "-7", "\"新达工地\"", "\"\\u001f\\n\"", "{\"a\":[1,true,null],\"b\":{}}", "[[[[[[[[1]]]]]]]]", "\"\u{7f}\""] {
            assert_eq!(reason(good), "", "{good}");
        }
    }

    fn tree() -> impl Strategy<Value = serde_json::Value> {
        let leaf =
            prop_oneof![Just(serde_json::Value::Null), any::<bool>().prop_map(Into::into), (-MAX_INT..=MAX_INT).prop_map(Into::into), "[^\\x00]{0,12}".prop_map(Into::into),];
        leaf.prop_recursive(4, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::btree_map("[a-z_]{1,6}", inner, 0..5).prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_scanner_agrees_with_serde_json(tree in tree()) {
            let text = tree.to_string();
            prop_assert_eq!(Value::parse(&text).map(|v| v.to_json()), Ok(tree));
        }

        #[test]
        fn whatever_the_scanner_takes_serde_json_writes_the_same(text in "[\\[\\]{}\",:a\\\\0-9 n-]{0,16}") {
            if Value::parse(&text).is_ok() {
                let tree: serde_json::Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(tree.to_string(), text);
            }
        }
    }
}
