//! The law in memory: read from the store when it is first asked for, and again when another pack is there. One at a time,
//! of at most [`sync_core::protocol::MAX_LAW_ROWS`] rows.

use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use sync_core::base::{Date, RecordId, UtcMs, date};
use sync_core::catalogue::search::{Ids, Index};
use sync_core::dated::{Book, Kind, Row};
use sync_core::index::members;
use sync_core::law::Calendar;
use sync_core::object::AliasKind;
use sync_core::protocol::LawManifest;
use sync_core::record::read_field;
use sync_core::replica::{Store, view};

use crate::device::error::{Code, DeviceError, Result};
use crate::device::runtime::Device;
use crate::device::store::{StoreError, Tx};

/// Kinds of rows that are found by name, in the order in which equal hits are shown.
pub(super) const NAMED: [Kind; 4] = [Kind::Matter, Kind::Organ, Kind::Unit, Kind::Area];
/// Most sites that are found by name.
const MAX_SITES: usize = 20_000;
/// Records read at a time while sites are looked for.
const STEP: usize = 500;

/// What a device remembers of its law.
#[derive(Default)]
pub(in crate::device) struct Memory {
    law: Mutex<Option<Arc<Law>>>,
    sites: Mutex<Option<Arc<Sites>>>,
}

impl Memory {
    /// Forgets everything.
    pub(in crate::device) fn clear(&self) {
        *self.law.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.sites.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A pack, ready to be asked.
pub(in crate::device) struct Law {
    version: String,
    pub manifest: LawManifest,
    /// The areas of the slice.
    pub areas: BTreeSet<String>,
    pub book: Book,
    calendar: OnceLock<Calendar>,
    names: OnceLock<Vec<(Kind, Index)>>,
}

/// The names of the sites that records tell of.
pub(super) struct Sites {
    version: String,
    pub index: Index,
}

/// The one member of a body by which its row is found.
#[derive(Deserialize)]
struct Name<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// The name that a row gives its thing.
pub(super) fn name_of(row: &Row) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Name<'_>>(row.body.as_json()).ok().map(|body| body.name)
}

impl Law {
    fn read(tx: &mut Tx<'_>, version: String) -> std::result::Result<Law, StoreError> {
        let (signed, areas) = tx.law_pack()?.ok_or(StoreError::Broken("manifest of the law"))?;
        let manifest = signed.unchecked().ok_or(StoreError::Broken("manifest of the law"))?;
        Ok(Law { version, manifest, areas, book: tx.law_book()?, calendar: OnceLock::new(), names: OnceLock::new() })
    }

    /// The working days.
    pub fn calendar(&self) -> &Calendar {
        self.calendar.get_or_init(|| Calendar::of(&self.book))
    }

    /// Names by kind: each that a thing has or ever had, once.
    pub fn names(&self) -> &[(Kind, Index)] {
        self.names.get_or_init(|| NAMED.into_iter().map(|kind| (kind, self.index(kind))).collect())
    }

    fn index(&self, kind: Kind) -> Index {
        let mut pairs: Vec<(&str, Cow<'_, str>)> = Vec::new();
        for row in self.book.of_kind(kind) {
            let Some(name) = name_of(row) else { continue };
            // Rows of one thing stand together.
            if !pairs.iter().rev().take_while(|(key, _)| *key == &*row.key).any(|(_, known)| *known == name) {
                pairs.push((&row.key, name));
            }
        }
        Index::new(Ids::Codes, pairs)
    }
}

impl Device {
    /// Makes the law ready, so that nobody who looks something up waits for it. Without one there is nothing to make ready.
    pub(in crate::device) fn warm_law(&self) {
        if let Ok(law) = self.law() {
            law.names();
        }
    }

    /// The law as it is held.
    pub(in crate::device) fn law(&self) -> Result<Arc<Law>> {
        // Held while it is read, so that two who ask at once read it once.
        let mut kept = self.memory.law.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.as_ref().map(|law| law.version.clone());
        let read = self.read(|tx| -> Result<Option<Law>> {
            match tx.law_version()? {
                Some(version) if known.as_ref() == Some(&version) => Ok(None),
                Some(version) => Ok(Some(Law::read(tx, version)?)),
                None => Err(DeviceError::new(Code::Unknown, "no law has arrived here yet; sync with the office once")),
            }
        })?;
        if let Some(law) = read {
            *kept = Some(Arc::new(law));
        }
        kept.clone().ok_or_else(|| DeviceError::new(Code::Internal, "the law was read and is not there"))
    }

    /// The sites as records tell of them now.
    pub(super) fn sites(&self) -> Result<Arc<Sites>> {
        let mut kept = self.memory.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.as_ref().map(|sites| sites.version.clone());
        let read = self.read(|tx| -> Result<Option<Sites>> {
            let version = tx.records_version()?;
            if known.as_ref() == Some(&version) {
                return Ok(None);
            }
            Ok(Some(Sites { version, index: Index::new(Ids::Hidden, self.site_names(tx)?) }))
        })?;
        if let Some(sites) = read {
            *kept = Some(Arc::new(sites));
        }
        kept.clone().ok_or_else(|| DeviceError::new(Code::Internal, "sites were read and are not there"))
    }

    /// Record and name of each site, and each other name that it is known under.
    fn site_names(&self, tx: &mut Tx<'_>) -> Result<Vec<(String, String)>> {
        let Some(kind) = self.kinds().get("site") else { return Ok(Vec::new()) };
        let (mut out, mut after): (Vec<(String, String)>, Option<RecordId>) = (Vec::new(), None);
        loop {
            let ids = tx.records(after, STEP)?;
            after = ids.last().copied();
            for id in &ids {
                let Some(site) = view(tx, self.kinds(), *id)?.filter(|record| &*record.kind == kind.name) else { continue };
                let own = read_field(&site, kind, "name").value().and_then(|value| value.as_text());
                let others = members(&site, "aliases.").filter_map(|(_, alias)| {
                    let word = |member: &str| alias.get(member).and_then(serde_json::Value::as_str);
                    word("value").filter(|_| word("kind") == Some(AliasKind::Name.as_str())).map(str::to_owned)
                });
                out.extend(own.into_iter().chain(others).map(|name| (id.to_string(), name)));
            }
            if ids.len() < STEP || out.len() >= MAX_SITES {
                out.truncate(MAX_SITES);
                return Ok(out);
            }
        }
    }

    /// The day of an answer whose asker names none: the handheld's, unless its clock stands before the pack was made.
    pub(in crate::device) fn day_or_today(&self, day: Option<Date>, law: Option<&Law>) -> Date {
        let today = || date::day_of(UtcMs(self.now().wall)).unwrap_or(Date::MIN);
        day.unwrap_or_else(|| law.map_or_else(today, |law| today().max(law.manifest.day)))
    }
}
