//! What handhelds fetch of the book, made once for all who ask for the same: by slice and by the revision that they hold.
//!
//! Everything here is a cache of what is stored and falls with the book's revision, the district's epoch and the day. A
//! handheld gets the slice of the areas in which its officer's organ works; where the book does not know that, of all areas.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use diesel::prelude::*;
use sync_core::base::keys::Signer;
use sync_core::base::pack::pack;
use sync_core::base::{Date, Digest, DistrictId, OfficerId};
use sync_core::catalogue::pack::{Manifest, RowId, Source, slice_name};
use sync_core::catalogue::parse_power_key;
use sync_core::dated::{Book, Kind};
use sync_core::org::{self, Organ, Unit};
use sync_core::protocol::{LAW_PAGE_BYTES, LawManifest, Signed, law_pages};

use super::live::{day, kind, revision, rows_since};
use crate::base::db::{Db, Tx};
use crate::base::problem::Problem;
use crate::on;
use crate::schema::dated_withdrawn;
use crate::sync::store::StoreError;

/// Most packs kept: slices times revisions that handhelds still hold. Whoever comes beyond them costs a build.
const MAX_PACKS: usize = 64;
/// A small page is sent as it is.
const WORTH_PACKING: usize = 1_024;
/// Packed once and sent to many, so more work goes into it than into other answers.
const LEVEL: i32 = 9;

/// One page as it is sent.
pub struct Page {
    /// Entries before it.
    pub at: u64,
    /// Whether `bytes` are a zstd frame.
    pub packed: bool,
    /// JSON of a [`sync_core::protocol::LawPage`].
    pub bytes: Vec<u8>,
}

/// A pack in pages, at least one.
pub struct Pack {
    /// The revision to which it leads.
    pub rev: u64,
    pages: Vec<Page>,
}

impl Pack {
    /// How many pages there are.
    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Bytes that travel, headers aside.
    pub fn bytes(&self) -> usize {
        self.pages.iter().map(|page| page.bytes.len()).sum()
    }

    /// The page that begins after so many entries; the first one if none does.
    pub fn page(&self, at: u64) -> Option<&Page> {
        self.pages.iter().find(|page| page.at == at).or(self.pages.first())
    }
}

/// For whom: what is known of him, and which state he may be told of.
pub struct Asked {
    /// The district.
    pub district: DistrictId,
    /// Its epoch.
    pub epoch: u32,
    /// The day.
    pub today: Date,
    /// The officer.
    pub officer: OfficerId,
    /// The unit that the roster gives him.
    pub unit: Option<String>,
    /// The revision that the book has at least.
    pub rev: i64,
    /// The revision and the slice that his handheld holds.
    pub held: Option<(u64, Digest)>,
}

/// What packs are good for: epoch, revision, day.
type Stamp = (u32, u64, Date);

#[derive(Default)]
struct Kept {
    source: Option<Arc<Source>>,
    stamp: Option<Stamp>,
    /// By slice: rows and sum, which every pack of it promises.
    manifests: BTreeMap<Digest, Manifest>,
    packs: BTreeMap<(Digest, Option<u64>), Arc<Pack>>,
    builds: u64,
}

/// The packs of this process.
#[derive(Default)]
pub struct Packs(Mutex<Kept>);

impl Packs {
    /// The pack for somebody. Blocks the thread for as long as reading and packing take; who asks meanwhile waits for the same.
    pub fn get(&self, db: &Db, signer: &dyn Signer, asked: &Asked) -> Result<Arc<Pack>, Problem> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.source.clone().filter(|source| i64::try_from(source.rev()) == Ok(asked.rev));
        let source = match known {
            Some(source) => source,
            None => {
                let source = Arc::new(db.read(|tx| load(tx, i64::from(asked.district.0)))?);
                kept.source = Some(source.clone());
                source
            }
        };
        let stamp = (asked.epoch, source.rev(), asked.today);
        if kept.stamp != Some(stamp) {
            (kept.stamp, kept.manifests, kept.packs) = (Some(stamp), BTreeMap::new(), BTreeMap::new());
        }
        let areas = areas_of(source.book(), &asked.officer, asked.unit.as_deref(), asked.today);
        let slice = slice_name(&areas);
        let from = asked.held.filter(|(_, held)| *held == slice).map(|(rev, _)| rev).filter(|rev| *rev <= source.rev());
        if let Some(pack) = kept.packs.get(&(slice, from)) {
            return Ok(pack.clone());
        }
        if kept.packs.len() >= MAX_PACKS {
            kept.packs.clear();
        }
        let manifest = kept.manifests.entry(slice).or_insert_with(|| source.manifest(asked.district, asked.today, &areas)).clone();
        let signed = Signed::new(&LawManifest::new(asked.epoch, &manifest), signer).map_err(Problem::internal)?;
        let rev = manifest.rev;
        let pages = law_pages(&signed, &areas, source.delta(manifest, &areas, from), LAW_PAGE_BYTES);
        let pages = pages.iter().map(|page| Ok(sent(page.at, serde_json::to_vec(page).map_err(Problem::internal)?))).collect::<Result<_, Problem>>()?;
        let pack = Arc::new(Pack { rev, pages });
        kept.packs.insert((slice, from), pack.clone());
        kept.builds += 1;
        Ok(pack)
    }

    /// How many packs were made since the start.
    pub fn builds(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).builds
    }
}

fn sent(at: u64, text: Vec<u8>) -> Page {
    let packed = text.len() > WORTH_PACKING;
    Page { at, packed, bytes: if packed { pack(&text, LEVEL) } else { text } }
}

/// The book with the revision of every row, as it is stored.
fn load(tx: &mut Tx<'_>, district: i64) -> Result<Source, StoreError> {
    let count = |rev: i64| u64::try_from(rev).map_err(|_| StoreError::Broken(format!("dated: revision {rev}")));
    let rev = count(revision(tx, district)?)?;
    let rows = rows_since(tx, district, 0)?.into_iter().map(|(rev, row)| Ok((count(rev)?, row))).collect::<Result<Vec<_>, StoreError>>()?;
    let gone: Vec<(i64, String, String, String)> = on!(tx, |c| dated_withdrawn::table
        .filter(dated_withdrawn::district.eq(district))
        .select((dated_withdrawn::rev, dated_withdrawn::kind, dated_withdrawn::key, dated_withdrawn::from_day))
        .load(c))?;
    let named = |(rev, word, key, from): (i64, String, String, String)| -> Result<(u64, RowId), StoreError> { Ok((count(rev)?, (kind(&word)?, key.into(), day(&from)?))) };
    let gone = gone.into_iter().map(named).collect::<Result<Vec<_>, _>>()?;
    Source::load(rev, rows, gone).map_err(|e| StoreError::Broken(format!("dated: {e}")))
}

/// The areas of the organ for which an officer acts on a day, and of the one that commands him on site. All areas where the
/// book does not say: an officer without law in his hand is worse off than one with too much of it.
pub fn areas_of(book: &Book, officer: &OfficerId, unit: Option<&str>, day: Date) -> BTreeSet<String> {
    let unit = org::unit_of(book, officer, day).or_else(|| unit.map(Into::into)).and_then(|unit| book.get::<Unit>(&unit, day));
    let organs = unit.map(|unit| [unit.organ.clone(), org::commander_of(book, officer, day).unwrap_or_else(|| unit.commanded_by().into())]);
    let areas = organs.into_iter().flatten().filter_map(|organ| book.get::<Organ>(&organ, day)).flat_map(|organ| organ.areas);
    let areas: BTreeSet<String> = areas.map(String::from).collect();
    if !areas.is_empty() {
        return areas;
    }
    let named = book.keys(Kind::Power).filter_map(|key| parse_power_key(key).map(|(_, area, _)| area));
    book.keys(Kind::Area).chain(named).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use sync_core::base::Validity;
    use sync_core::base::date::date;
    use sync_core::catalogue::any;

    const TODAY: Date = date(2026, 11, 22);

    fn book() -> Book {
        let rows = [
            (Kind::Area, "zone", json!({ "functional": true, "name": "高新区", "parents": ["330211"] })),
            (Kind::Area, "street", json!({ "functional": true, "name": "街道辖区", "parents": ["zone"] })),
            (Kind::Organ, "committee", json!({ "kind": "committee", "name": "管委会" })),
            (Kind::Organ, "team", json!({ "kind": "team", "name": "执法队", "parent": "committee", "areas": ["zone"] })),
            (Kind::Organ, "juxian", json!({ "kind": "subdistrict", "name": "聚贤街道", "areas": ["street"] })),
            (Kind::Unit, "office", json!({ "kind": "headquarters", "name": "机关", "organ": "team" })),
            (Kind::Unit, "squad", json!({ "kind": "squad", "name": "中队", "organ": "team", "posted_to": "juxian" })),
            (Kind::Unit, "staff", json!({ "kind": "section", "name": "办公室", "organ": "committee" })),
            (Kind::Post, "li", json!({ "unit": "squad" })),
            (Kind::Post, "wang", json!({ "unit": "office" })),
            (Kind::Post, "zhao", json!({ "unit": "staff" })),
        ];
        let mut book = Book::new();
        for (kind, key, body) in rows {
            book.insert(any::row(kind, key, Validity::from(date(2024, 1, 1)), &body).unwrap()).unwrap();
        }
        book
    }

    #[test]
    fn an_officer_gets_the_areas_of_his_organ_and_of_who_commands_him() {
        let book = book();
        let areas = |who: &str, unit: Option<&str>, day| areas_of(&book, &who.parse().unwrap(), unit, day).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(areas("wang", None, TODAY), "zone");
        assert_eq!(areas("li", None, TODAY), "street zone", "ZJ Reg art 9: the subdistrict commands on site");
        assert_eq!(areas("nobody", Some("office"), TODAY), "zone", "the roster knows his unit");
        for (who, unit, day) in [("nobody", None, TODAY), ("nobody", Some("nowhere"), TODAY), ("zhao", None, TODAY), ("wang", None, date(2023, 12, 31))] {
            assert_eq!(areas(who, unit, day), "street zone", "{who}: where the book does not say, all");
        }
    }
}
