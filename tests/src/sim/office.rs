//! What reviewers and the office do.

use sync_core::base::RecordId;
use sync_core::district::{self, OfficeWrite};
use sync_core::protocol::Disposition;
use sync_core::record::{ActCall, Dot, Draft, Exception, FieldKey, Value, act_names, unsettled_fields};
use sync_core::replica;
use sync_core::testing::probe_kinds;

use super::ops::RECORDS;
use super::world::{officer, record_id, server_key};
use super::{Violation, World};

impl World {
    pub(super) fn office(&mut self, record: RecordId, edits: Vec<(FieldKey, Value, Vec<Dot>, Option<String>)>, act: Option<ActCall>) -> bool {
        let write = OfficeWrite { draft: Draft { edits, act, ..Draft::of(record, "probe") }, officer: officer(99) };
        let done = self.on_server(None, |store, kinds, now| district::office_write(store, kinds, &write, &server_key(), now));
        self.name_ledger();
        match done {
            Some(Ok((_, Disposition::Applied { .. }))) => true,
            Some(Ok((dot, other))) => {
                self.notice(Violation::new("office changes apply", format!("{dot} is {}", other.state())));
                false
            }
            _ => false,
        }
    }

    /// A reviewer settles one contested field by choosing a value that he was shown.
    pub fn resolve(&mut self, pick: usize) -> bool {
        let kinds = probe_kinds(self.server.version);
        let mut open: Vec<(RecordId, String)> = Vec::new();
        for record in self.server.store.records.values() {
            let Some(kind) = kinds.get(&record.kind) else { continue };
            open.extend(unsettled_fields(record, kind).into_iter().filter(|f| !f.starts_with('$')).map(|f| (record.id, f.to_owned())));
        }
        let Some((id, field)) = open.get(pick % open.len().max(1)).cloned() else { return false };
        let Some(register) = self.server.store.records.get(&id).and_then(|r| r.register(&field)) else { return false };
        let candidates = register.candidates();
        let Some(chosen) = candidates.get(pick % candidates.len().max(1)) else { return false };
        let (value, dots) = (chosen.value.clone(), register.dots());
        let Ok(key) = field.parse() else { return false };
        self.office(id, vec![(key, value, dots, Some("looked at the photos".into()))], None)
    }

    pub(super) fn office_field(&mut self, record: usize, day: u8) {
        let id = record_id(record % RECORDS);
        let Some(shown) = self.server.store.records.get(&id) else { return };
        let dots = replica::shown_dots(shown, "deadline");
        if let Ok(key) = "deadline".parse() {
            self.office(id, vec![(key, Value::text(&format!("2026-03-{:02}", day % 28 + 1)), dots, None)], None);
        }
    }

    /// A reviewer looks at one change in quarantine.
    pub fn review(&mut self, pick: usize, dismiss: bool) -> bool {
        let held: Vec<Dot> = self.server.store.ledger.iter().filter(|(_, (e, _))| matches!(e.disposition, Disposition::Quarantined { .. })).map(|(d, _)| *d).collect();
        let Some(&dot) = held.get(pick % held.len().max(1)) else { return false };
        let frozen = matches!(&self.server.store.ledger.get(&dot).map(|e| &e.0.disposition), Some(Disposition::Quarantined { code, .. }) if code.starts_with("chain_"));
        let moved = self.on_server(
            None,
            |store, kinds, now| {
                if dismiss || frozen { district::dismiss(store, kinds, dot, "not usable", now) } else { district::release(store, kinds, dot, now) }
            },
        );
        moved.is_some_and(|m| m.is_ok())
    }

    /// A reviewer gives up waiting for one missing cause.
    pub fn waive(&mut self, pick: usize) -> bool {
        let waits: Vec<(RecordId, Dot)> = self
            .server
            .store
            .parked
            .iter()
            .filter_map(|(dot, missing)| Some((self.server.store.ledger.get(dot)?.0.record?, *missing.first()?)))
            .filter(|(_, m)| m.seq > 0)
            .collect();
        let Some(&(record, missing)) = waits.get(pick % waits.len().max(1)) else { return false };
        self.office(record, vec![], Some(ActCall::about(act_names::WAIVE, missing, "the phone drowned")))
    }

    /// A reviewer decides about one excepted deed.
    pub fn decide(&mut self, pick: usize, revoke: bool) -> bool {
        let open: Vec<(RecordId, Dot)> = self.server.store.records.values().flat_map(|r| Exception::open(r).into_iter().map(move |(dot, _)| (r.id, dot))).collect();
        let Some(&(record, dot)) = open.get(pick % open.len().max(1)) else { return false };
        let name = if revoke { act_names::REVOKE } else { act_names::CONFIRM };
        self.office(record, vec![], Some(ActCall::about(name, dot, "as found")))
    }
}
