//! What officers do on their handhelds: capture, act, carry a colleague's work.

use std::collections::BTreeMap;

use sync_core::base::{Digest, RecordId, Stamp, b64};
use sync_core::record::{ActCall, Dot, Draft, FieldKey, Value, WHOLE, act_names, engine_key};
use sync_core::replica::{self, Author, capture, export_bundle, import_bundle, view, whole_seal};
use sync_core::testing::TestSigner;

use super::ops::{DEVICES, RECORDS};
use super::world::record_id;
use super::{Violation, World};

impl World {
    pub(super) fn stamp(&mut self, i: usize) -> Stamp {
        let now = self.now;
        let dev = self.dev(i);
        Stamp { wall: now + dev.skew, mono: now - dev.booted, boot: dev.boot, server: dev.store.meta.contact, gnss: None }
    }

    pub(super) fn captured(&mut self, i: usize, draft: &Draft, dies_at: Option<u32>) {
        let stamp = self.stamp(i);
        let dev = self.dev(i);
        let (signer, officer) = (TestSigner(dev.key.clone()), dev.officer.clone());
        let done = self.on_device(i, dies_at, |store, kinds, _| capture(store, kinds, &Author { signer: &signer, officer: &officer }, draft, stamp));
        let Some(Ok(captured)) = done else { return };
        let dev = self.dev(i);
        let hash = match dev.store.journal.get(&captured.dot) {
            Some((row, _)) => row.hash,
            None => return self.notice(Violation::new("kept", format!("{} was said to be kept and is not in the journal", captured.dot))),
        };
        let restored = dev.restored;
        if self.captured.insert((captured.dot, hash), i).is_some() {
            self.notice(Violation::new("one dot, one change", format!("{} was captured twice", captured.dot)));
        }
        if !restored {
            self.name(captured.dot, hash);
        }
    }

    /// A dot names one change for ever.
    pub fn name(&mut self, dot: Dot, hash: Digest) {
        if self.names.insert(dot, hash).is_some_and(|old| old != hash) {
            self.notice(Violation::new("one dot, one change", format!("{dot} names two changes")));
        }
    }

    /// Remembers the first violation seen in passing.
    pub fn notice(&mut self, violation: Violation) {
        self.noticed.get_or_insert(violation);
    }

    pub(super) fn capture(&mut self, device: usize, record: usize, picks: &[(u8, u8)], dies_at: Option<u32>) {
        let i = self.current(device);
        let id = record_id(record % RECORDS);
        let kinds = self.dev(i).kinds();
        let Ok(shown) = view(&mut self.dev(i).store, &kinds, id) else { return };
        let version = self.dev(i).version;
        let mut edits: BTreeMap<String, Value> = BTreeMap::new();
        if shown.is_none() {
            edits.insert("unit".into(), Value::text(&format!("u{}", record % 2)));
            edits.insert(format!("members.{}", self.dev(i).officer), boolean(true));
        }
        for &(a, b) in picks {
            self.serial += 1;
            let (field, value) = match a {
                0..=13 if version == 1 => (format!("checks.i{}", a % 6), answer(b)),
                0..=12 => (format!("answers.i{}", a % 6), answer(b)),
                13 => ("remarks.r".into(), Value::text(&format!("remark {}", self.serial))),
                14..=16 => (format!("photos.p{}", self.serial), Value::text("photo")),
                17 => ("phone".into(), Value::text(&format!("138{:08}", self.serial))),
                18..=19 => ("risk".into(), Value::text(["low", "mid", "high"].get(usize::from(b % 3)).copied().unwrap_or("low"))),
                20 => ("unit".into(), Value::text(&format!("u{}", b % 2))),
                21 => (format!("members.o{}", usize::from(b) % DEVICES), if b > 3 { Value::null() } else { boolean(true) }),
                _ => (format!("members.o{}", usize::from(b) % DEVICES), boolean(true)),
            };
            edits.insert(field, value);
        }
        let edits = edits.into_iter().filter_map(|(field, value)| {
            let replaces = shown.as_ref().map(|r| replica::shown_dots(r, &field)).unwrap_or_default();
            Some((field.parse::<FieldKey>().ok()?, value, replaces, None))
        });
        let draft = Draft { record: id, kind: "probe".into(), edits: edits.collect(), act: None, needs: vec![], place: None };
        self.captured(i, &draft, dies_at);
    }

    pub(super) fn act(&mut self, device: usize, record: usize, act: u8) {
        let i = self.current(device);
        let id = record_id(record % RECORDS);
        let kinds = self.dev(i).kinds();
        let Ok(Some(shown)) = view(&mut self.dev(i).store, &kinds, id) else { return };
        let Some(kind) = kinds.get("probe") else { return };
        let seals = shown.register(&engine_key::seal(WHOLE)).map(|r| r.dots()).unwrap_or_default();
        let call = match act % 4 {
            0 => ActCall::new("begin"),
            1 => ActCall { seal: Some(whole_seal(&shown, kind)), replaces: seals, ..ActCall::new("sign") },
            2 => ActCall::new("close"),
            _ => ActCall { reason: Some("again".into()), replaces: seals, ..ActCall::new(act_names::REOPEN) },
        };
        let draft = Draft { record: id, kind: "probe".into(), edits: vec![], act: Some(call), needs: vec![], place: None };
        self.captured(i, &draft, None);
    }

    pub(super) fn courier(&mut self, from: usize, to: usize, record: Option<usize>, dies_at: Option<u32>) {
        let (from, to) = (self.current(from), self.current(to));
        if from == to {
            return;
        }
        let records: Vec<RecordId> = record.map(|r| record_id(r % RECORDS)).into_iter().collect();
        let Some(bundle) = self.on_device(from, None, |store, _, _| export_bundle(store, &records)) else { return };
        let taken = self.on_device(to, dies_at, |store, _, _| import_bundle(store, &bundle));
        if let Some(Err(why)) = taken {
            self.notice(Violation::new("bundles are readable", why.to_string()));
        }
    }
}

fn answer(b: u8) -> Value {
    let text = match b % 5 {
        0 => r#"{"result":"ok"}"#.to_owned(),
        1 => r#"{"result":"bad"}"#.to_owned(),
        2 => r#"{"result":"na"}"#.to_owned(),
        n => format!(r#"{{"note":"{}","result":"bad"}}"#, b64::encode(&[n; 4])),
    };
    Value::parse(&text).unwrap_or_else(|_| Value::null())
}

/// A boolean value.
fn boolean(b: bool) -> Value {
    Value::parse(if b { "true" } else { "false" }).unwrap_or_else(|_| Value::null())
}
