//! The exact layout in which changes are written, read and written in one pass.
//!
//! [`read`] takes only what [`write`] makes: members in this order, no white space, no member that this version does
//! not know, no act. For anything else it says `None`, and the general reader decides what that is. Whatever it takes
//! the general reader takes too, and reads the same (tested).

use super::change::{MAX_ITEMS, Place};
use super::value::canonical_end;
use super::writer::Writer;
use super::{Change, Dot, Edit, FieldKey};
use crate::base::ids::hex64;
use crate::base::time::ServerContact;
use crate::base::{DeviceId, Digest, RecordId, Stamp, b64};

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// Steps over these bytes if they come next.
    fn eat(&mut self, what: &str) -> bool {
        let next = self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(what.as_bytes()));
        if next {
            self.at += what.len();
        }
        next
    }

    /// These bytes must come next.
    fn must(&mut self, what: &str) -> Option<()> {
        self.eat(what).then_some(())
    }

    /// An unsigned number of at most 18 digits.
    fn number(&mut self) -> Option<u64> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 || digits > 18 || (digits > 1 && rest.first() == Some(&b'0')) {
            return None;
        }
        let n = rest.iter().take(digits).fold(0u64, |n, b| n * 10 + u64::from(b - b'0'));
        self.at += digits;
        Some(n)
    }

    fn signed(&mut self) -> Option<i64> {
        let minus = self.eat("-");
        let n = self.number()?.cast_signed();
        if minus && n == 0 {
            return None;
        }
        Some(if minus { -n } else { n })
    }

    fn take(&mut self, n: usize) -> Option<&'a str> {
        let part = self.text.get(self.at..self.at + n)?;
        self.at += n;
        Some(part)
    }

    fn device(&mut self) -> Option<DeviceId> {
        self.take(16).and_then(hex64).map(DeviceId)
    }

    /// A string of at most 200 bytes without escapes, its opening quote already read, and the quote after it.
    fn plain(&mut self) -> Option<&'a str> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let end = rest.iter().take(200).position(|b| *b == b'"' || *b == b'\\' || *b < 0x20)?;
        if rest.get(end) != Some(&b'"') {
            return None;
        }
        let part = self.take(end)?;
        self.at += 1;
        Some(part)
    }

    /// `[["…",n],…]`, its opening bracket already read.
    fn dots(&mut self, own: Option<DeviceId>) -> Option<Vec<Dot>> {
        let mut out = Vec::new();
        if self.eat("]") {
            return Some(out);
        }
        loop {
            if self.eat("[\"") {
                let device = self.device()?;
                self.must("\",")?;
                out.push(Dot::new(device, self.number()?));
                self.must("]")?;
            } else {
                out.push(Dot::new(own?, self.number()?));
            }
            if out.len() > MAX_ITEMS {
                return None;
            }
            if !self.eat(",") {
                self.must("]")?;
                return Some(out);
            }
        }
    }

    fn stamp(&mut self) -> Option<Stamp> {
        self.must(",\"time\":{\"wall\":")?;
        let wall = self.signed()?;
        self.must(",\"mono\":")?;
        let mono = self.signed()?;
        self.must(",\"boot\":")?;
        let boot = self.number()?;
        let mut server = None;
        if self.eat(",\"server\":{\"at\":") {
            let at = self.signed()?;
            self.must(",\"mono\":")?;
            let mono = self.signed()?;
            self.must(",\"boot\":")?;
            server = Some(ServerContact { at, mono, boot: self.number()? });
            self.must("}")?;
        }
        let gnss = if self.eat(",\"gnss\":") { Some(self.signed()?) } else { None };
        self.must("}")?;
        Some(Stamp { wall, mono, boot, server, gnss })
    }

    fn place(&mut self) -> Option<Place> {
        let lon_e7 = self.signed()?;
        self.must(",\"lat_e7\":")?;
        let lat_e7 = self.signed()?;
        self.must(",\"accuracy_cm\":")?;
        let accuracy_cm = self.signed()?;
        self.must(",\"crs\":\"")?;
        let crs = self.plain()?.into();
        self.must("}")?;
        Some(Place { lon_e7, lat_e7, accuracy_cm, crs })
    }

    fn edit(&mut self, device: DeviceId) -> Option<Edit<'a>> {
        self.must("[\"")?;
        let field = self.plain()?;
        self.must(",")?;
        let start = self.at;
        self.at = canonical_end(self.text, start).ok()?;
        let value = self.text.get(start..self.at)?;
        self.must(",[")?;
        let replaces = self.dots(Some(device))?;
        self.must("]")?;
        FieldKey::is_valid(field).then_some(Edit { field, value, replaces, reason: None })
    }
}

/// Reads a change in the exact layout; `None` says nothing about whether it is good.
pub(super) fn read(bytes: &[u8]) -> Option<Change<'_>> {
    let mut r = Reader { text: std::str::from_utf8(bytes).ok()?, at: 0 };
    r.must("{\"v\":1,\"device\":\"")?;
    let device = r.device()?;
    r.must("\",\"seq\":")?;
    let seq = r.number()?;
    r.must(",\"prev\":\"")?;
    let prev = Digest(b64::decode_array(r.take(43)?)?);
    r.must("\",\"record\":\"")?;
    let (high, low) = (hex64(r.take(16)?)?, hex64(r.take(16)?)?);
    let record = RecordId(u128::from(high) << 64 | u128::from(low));
    r.must("\",\"kind\":\"")?;
    let kind = r.plain()?;
    r.must(",\"schema\":")?;
    let schema = u32::try_from(r.number()?).ok()?;
    let prior = if r.eat(",\"prior\":") { r.number()? } else { 0 };
    let after = if r.eat(",\"after\":[") { r.dots(None)? } else { Vec::new() };
    let time = r.stamp()?;
    r.must(",\"officer\":\"")?;
    let officer = r.plain()?.parse().ok()?;
    let place = if r.eat(",\"place\":{\"lon_e7\":") { Some(r.place()?) } else { None };
    r.must(",\"edits\":[")?;
    let mut edits = Vec::with_capacity((bytes.len() / 64).min(MAX_ITEMS));
    loop {
        edits.push(r.edit(device)?);
        if !r.eat(",") {
            break;
        }
    }
    r.must("]}")?;
    if r.at != bytes.len() {
        return None;
    }
    Some(Change { device, seq, prev, record, kind, schema, prior, after, time, officer, place, edits, act: None, needs: Vec::new() })
}

/// Writes a change in the exact layout. Values must be canonical, keys valid, the kind free of quotes: the caller has
/// seen to that.
pub(super) fn write(change: &Change<'_>) -> serde_json::Result<Vec<u8>> {
    let size: usize = change.edits.iter().map(|e| e.field.len() + e.value.len() + 40).sum();
    let mut w = Writer(Vec::with_capacity(size + 512));
    w.text("{\"v\":1,\"device\":\"").hex(change.device.0).text("\",\"seq\":").json(&change.seq)?;
    w.text(",\"prev\":\"").text(&b64::encode(&change.prev.0));
    w.text("\",\"record\":\"").hex((change.record.0 >> 64) as u64).hex(change.record.0 as u64);
    w.text("\",\"kind\":\"").text(change.kind).text("\",\"schema\":").json(&change.schema)?;
    if change.prior != 0 {
        w.text(",\"prior\":").json(&change.prior)?;
    }
    if !change.after.is_empty() {
        w.text(",\"after\":").dots(&change.after, None)?;
    }
    w.text(",\"time\":").json(&change.time)?.text(",\"officer\":\"").text(change.officer.as_str()).text("\"");
    if let Some(place) = &change.place {
        w.text(",\"place\":").json(place)?;
    }
    if !change.edits.is_empty() {
        for (n, edit) in change.edits.iter().enumerate() {
            w.text(if n == 0 { ",\"edits\":[[\"" } else { ",[\"" }).text(edit.field).text("\",").text(edit.value).text(",").dots(&edit.replaces, Some(change.device))?;
            if let Some(reason) = &edit.reason {
                w.text(",").json(reason)?;
            }
            w.text("]");
        }
        w.text("]");
    }
    if let Some(act) = &change.act {
        w.text(",\"act\":").json(act)?;
    }
    if !change.needs.is_empty() {
        w.text(",\"needs\":").dots(&change.needs, None)?;
    }
    w.text("}");
    Ok(w.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEVICE: DeviceId = DeviceId(0xab);

    fn dot() -> impl Strategy<Value = Dot> {
        (prop_oneof![Just(DEVICE), any::<u64>().prop_map(DeviceId)], 1..u64::from(u32::MAX)).prop_map(|(d, s)| Dot::new(d, s))
    }

    fn stamp() -> impl Strategy<Value = Stamp> {
        let server =
            prop::option::of((any::<i32>(), any::<i32>(), any::<u32>()).prop_map(|(at, mono, boot)| ServerContact { at: at.into(), mono: mono.into(), boot: boot.into() }));
        (any::<i64>(), any::<i32>(), any::<u64>(), server, prop::option::of(any::<i64>())).prop_map(|(wall, mono, boot, server, gnss)| Stamp {
            wall,
            mono: mono.into(),
            boot,
            server,
            gnss,
        })
    }

    type Written = (String, String, Vec<Dot>, Option<String>);

    fn edit() -> impl Strategy<Value = Written> {
        let value = prop_oneof![Just("null".to_owned()), "[^\\x00]{0,8}".prop_map(|t| serde_json::Value::from(t).to_string()), Just("{\"a\":[1,-2],\"b\":true}".to_owned())];
        ("[a-z]{1,3}\\.[A-Z0-9_-]{1,3}", value, prop::collection::vec(dot(), 0..3), prop::option::weighted(0.2, "[^\\x00]{0,6}"))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_the_same_by_both_readers(
            seq in 1u64..1 << 50, record in any::<u128>(), kind in "[a-z_]{0,8}", schema in any::<u32>(), after in prop::collection::vec(dot(), 0..3),
            time in stamp(), place in any::<bool>(), edits in prop::collection::vec(edit(), 1..4), cut in any::<prop::sample::Index>(), put in "[\\[\\]{}\",:0-9a ]{0,3}",
        ) {
            let edits: Vec<Edit<'_>> = edits.iter().map(|(f, v, r, why)| Edit { field: f, value: v, replaces: r.clone(), reason: why.as_deref().map(Into::into) }).collect();
            let place = place.then(|| Place { lon_e7: 1_215_000_000, lat_e7: -1, accuracy_cm: 0, crs: "wgs84".into() });
            let change = Change {
                device: DEVICE, seq, prev: Digest([7; 32]), record: RecordId(record), kind: &kind, schema, prior: seq - 1,
                after: after.into_iter().filter(|d| d.device != DEVICE).collect(), time, officer: "zj-1".parse().unwrap(), place, edits, act: None, needs: vec![],
            };
            let Ok(bytes) = change.encode() else { return Ok(()) };
            prop_assert_eq!(Change::decode_any(&bytes), Ok(change.clone()));
            prop_assert_eq!(Change::decode(&bytes), Ok(change.clone()));
            if let Some(quick) = read(&bytes) {
                prop_assert_eq!(quick, change);
            }
            // Bent somewhere: whatever the quick reader still takes, the general one takes and reads the same.
            let mut bent = bytes.clone();
            let at = cut.index(bent.len());
            bent.splice(at..(at + 1).min(bytes.len()), put.bytes());
            if let Some(quick) = read(&bent) {
                prop_assert_eq!(Change::decode_any(&bent), Ok(quick));
            }
        }
    }

    #[test]
    fn an_ordinary_capture_takes_the_short_way() {
        let time = Stamp { wall: 1, mono: -2, boot: 3, server: Some(ServerContact { at: 4, mono: 5, boot: 6 }), gnss: Some(7) };
        let place = Some(Place { lon_e7: 1, lat_e7: 2, accuracy_cm: 3, crs: "cgcs2000".into() });
        let replaces = vec![Dot::new(DEVICE, 1), Dot::new(DeviceId(1), 2)];
        let edits = vec![Edit { field: "answers.SW-03", value: "{\"result\":\"ok\"}", replaces, reason: None }];
        let after = vec![Dot::new(DeviceId(1), 2)];
        let (officer, record) = ("zj-1".parse().unwrap(), RecordId(9));
        let change =
            Change { device: DEVICE, seq: 3, prev: Digest::ZERO, record, kind: "visit", schema: 1, prior: 1, after, time, officer, place, edits, act: None, needs: vec![] };
        assert_eq!(read(&change.encode().unwrap()), Some(change));
    }
}
