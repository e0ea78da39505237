//! Records as they were shown last, so that the next capture on a record need not replay all that is pending on it.
//!
//! A view is kept only for as long as nothing that it was made of has changed: writes through [`super::Tx`] forget it, a commit
//! of another connection forgets all, and so does whatever ends a transaction otherwise than by a commit.

use std::collections::VecDeque;
use sync_core::base::RecordId;
use sync_core::record::Record;

/// Most records kept: an officer works on one at a time, and looks at few others.
const MAX_VIEWS: usize = 8;

/// The views, the one used last at the end.
#[derive(Default)]
pub(super) struct Views {
    /// SQLite's counter of commits by other connections, when these views were made.
    version: i64,
    kept: VecDeque<Record>,
}

impl Views {
    /// Forgets all if another connection has committed since.
    pub(super) fn as_of(&mut self, version: i64) {
        if self.version != version {
            *self = Views { version, kept: VecDeque::new() };
        }
    }

    /// The view of a record.
    pub(super) fn get(&mut self, id: RecordId) -> Option<&Record> {
        let view = self.take(id)?;
        self.kept.push_back(view);
        self.kept.back()
    }

    /// Keeps a view in place of the one before.
    pub(super) fn put(&mut self, view: Record) {
        self.take(view.id);
        if self.kept.len() >= MAX_VIEWS {
            self.kept.pop_front();
        }
        self.kept.push_back(view);
    }

    /// Forgets the view of a record.
    pub(super) fn forget(&mut self, id: RecordId) {
        self.take(id);
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }

    fn take(&mut self, id: RecordId) -> Option<Record> {
        let at = self.kept.iter().position(|view| view.id == id)?;
        self.kept.remove(at)
    }
}
