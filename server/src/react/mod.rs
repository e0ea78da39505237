//! What the office adds to records by itself, as changes of its own in the same transaction: flags of the admission, the
//! fence and the code of an approved visit, cases out of clues, days and numbers of cases, the day by which something is due.
//!
//! A reaction is a function of the record, the book and other records. It gives drafts and writes nothing; [`run`] hands them
//! in on the ordinary road, so that they are in the log, signed, and reach every handheld. One that finds everything as it
//! should be gives none. Deliberately absent: reacting to what did not change, and undoing what somebody wrote.

pub mod case;
pub mod invitation;
pub mod liaison;
pub mod object;
pub mod paper;
pub mod repair;
pub mod training;
pub mod visit;

use serde_json::Value as Json;
use sync_core::base::{Digest, RecordId};
use sync_core::district::{OfficeWrite, office_write};
use sync_core::record::{Draft, FieldKey, Record, Value};

use crate::base::keys::ServerKeys;
use crate::file::of_record;
use crate::law::live::Edition;
use crate::org::ops::SYSTEM;
use crate::sync::store::{StoreError, Working};

/// What reactions go by.
pub struct Ground<'a> {
    /// The book.
    pub law: &'a Edition,
    /// The server's keys.
    pub keys: &'a ServerKeys,
}

/// Looks at a record that changed; gives what the office writes, into it or beside it.
type Reaction = fn(&mut Working<'_, '_>, &Record, &Ground<'_>) -> Result<Vec<Draft>, StoreError>;

/// A digest of what a reaction rests on.
type Basis = fn(&Record) -> Digest;

/// Kind, what its reaction rests on, and the reaction. A kind may have several.
const REACTIONS: &[(&str, Basis, Reaction)] = &[
    (sync_core::object::SITE.name, object::basis, object::react),
    (sync_core::object::SUBJECT.name, object::basis, object::react),
    (sync_core::visit::NAME, visit::basis, visit::react),
    (sync_core::visit::NAME, of_record::basis, of_record::react),
    (sync_core::visit::NAME, invitation::basis_of_visit, invitation::follow_visit),
    (sync_core::visit::NAME, paper::basis, paper::react),
    (sync_core::case::NAME, case::basis, case::react),
    (sync_core::case::NAME, of_record::basis, of_record::react),
    (sync_core::case::NAME, paper::basis, paper::react),
    (sync_core::case::NAME, case::basis, repair::follow_case),
    (sync_core::credit::repair::NAME, repair::basis, repair::react),
    (sync_core::invitation::NAME, invitation::basis, invitation::react),
    (sync_core::liaison::NAME, liaison::basis, liaison::react),
    (sync_core::training::course::NAME, training::basis_of_course, training::react_course),
    (sync_core::case::NAME, training::basis_of_case, training::follow_case),
];

/// Rounds after which reactions to reactions end.
const ROUNDS: usize = 4;

/// A digest of what the reactions to a record rest on; equal ones need no second look.
pub fn basis(record: &Record) -> Digest {
    let all: Vec<Digest> = REACTIONS.iter().filter(|row| *row.0 == *record.kind).map(|row| (row.1)(record)).collect();
    let parts: Vec<&[u8]> = all.iter().map(|digest| digest.0.as_slice()).collect();
    if parts.is_empty() { Digest::ZERO } else { Digest::tagged("zhifa.react.v1", &parts) }
}

/// Lets everything react that was stirred in this transaction, and then reckons anew by when what is due.
pub fn run(store: &mut Working<'_, '_>, law: &Edition, keys: &ServerKeys) -> Result<(), StoreError> {
    let ground = Ground { law, keys };
    for _ in 0..ROUNDS {
        let stirred = store.stirred();
        if stirred.is_empty() {
            break;
        }
        for id in stirred {
            let Some(record) = store.look(id)? else { continue };
            let mut drafts = Vec::new();
            for (_, _, react) in REACTIONS.iter().filter(|row| *row.0 == *record.kind) {
                drafts.extend(react(store, &record, &ground)?);
            }
            for draft in drafts {
                write(store, draft, keys)?;
            }
        }
    }
    crate::index::deadline::follow(store, law)
}

/// Hands a draft of the office's own in.
pub fn write(store: &mut Working<'_, '_>, draft: Draft, keys: &ServerKeys) -> Result<(), StoreError> {
    let officer = SYSTEM.parse().map_err(|e| StoreError::Broken(format!("{e}")))?;
    let (kinds, now) = (store.kinds, store.now);
    match office_write(store, kinds, &OfficeWrite { draft, officer }, &keys.receipt, now)? {
        Ok(_) => Ok(()),
        // A draft of ours that the tables refuse is a fault of the program; what somebody sent must not fail for it.
        Err(why) => {
            tracing::error!(%why, "a reaction could not be written");
            Ok(())
        }
    }
}

/// An edit that puts a value in the place of everything that stands in a field; `None` if it stands there already.
pub fn put(record: &Record, key: &str, value: Option<&Json>) -> Option<(FieldKey, Value, Vec<sync_core::record::Dot>, Option<String>)> {
    let value = value.map_or_else(|| Some(Value::null()), |json| Value::from_json(json).ok())?;
    let register = record.register(key);
    let standing = register.map(|r| r.candidates()).unwrap_or_default();
    let already = match standing {
        [] => value.is_null(),
        [one] => one.value == value,
        _ => false,
    };
    if already {
        return None;
    }
    Some((key.parse().ok()?, value, register.map(|r| r.dots()).unwrap_or_default(), None))
}

/// The id of a record that follows from another one: the same for the same cause, whoever asks and however often.
pub fn derived_id(what: &str, cause: RecordId, part: &str) -> RecordId {
    let digest = Digest::tagged(what, &[&cause.to_bytes(), part.as_bytes()]);
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.0).for_each(|(to, from)| *to = from);
    RecordId::from_bytes(bytes)
}
