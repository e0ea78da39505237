//! How the law reaches a handheld: `GET /sync/v1/law` answers with pages of a pack, each under the server's signed manifest.
//!
//! A handheld says which slice it holds and of which revision; what leads from there to the manifest's comes back, or the whole
//! pack. The rows themselves bear no signature: the manifest counts and sums them, so a page that was altered on the way is
//! found out when the last one is in, and the pack that was held stays. Pages are cut alike every time, so whoever lost the
//! network goes on at the page that is missing.
//!
//! Deliberately absent: a way back. A manifest older than the one held is a replay, whoever signed it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Body, Signed};
use crate::base::{Date, Digest, DistrictId};
use crate::catalogue::pack::{Delta, Manifest, RowId, slice_name};
use crate::dated::Row;

/// Bytes of rows in a page, inflated; a page holds at least one row.
pub const LAW_PAGE_BYTES: usize = 1 << 20;
/// Most rows of a pack: a handheld takes no more.
pub const MAX_LAW_ROWS: u64 = 100_000;
/// Most pages of a pack.
pub const MAX_LAW_PAGES: usize = 64;

/// What a slice of the book holds at a revision; the server signs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LawManifest {
    /// The district whose book it is.
    pub district: DistrictId,
    /// The district's epoch: revisions count within one, as a restored server begins again at an earlier one.
    pub epoch: u32,
    /// Revision of the book.
    pub rev: u64,
    /// The day in Asia/Shanghai on which the server said so: the pack is up to date as of then.
    pub day: Date,
    /// Which areas: [`slice_name`].
    pub slice: Digest,
    /// How many rows.
    pub rows: u64,
    /// Over all rows: [`crate::catalogue::pack::sum`].
    pub sum: Digest,
}

impl Body for LawManifest {
    const TAG: &'static str = "zhifa.law.v1";
}

impl LawManifest {
    /// The signed form of a pack's manifest.
    pub fn new(epoch: u32, manifest: &Manifest) -> LawManifest {
        let Manifest { district, rev, day, slice, rows, sum } = *manifest;
        LawManifest { district, epoch, rev, day, slice, rows, sum }
    }

    /// As the pack's own check takes it.
    pub fn pack(&self) -> Manifest {
        Manifest { district: self.district, rev: self.rev, day: self.day, slice: self.slice, rows: self.rows, sum: self.sum }
    }

    /// Whether it speaks of an earlier state of the book than another: then it is not taken in its place.
    pub fn is_older_than(&self, other: &LawManifest) -> bool {
        (self.epoch, self.rev) < (other.epoch, other.rev)
    }

    /// Whether both promise the same rows, whatever the day on which they were made.
    pub fn same_rows(&self, other: &LawManifest) -> bool {
        LawManifest { day: other.day, ..self.clone() } == *other
    }
}

/// One page of a pack. A page without rows that builds on the manifest's own revision says that nothing is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LawPage {
    /// A [`Signed`] [`LawManifest`]: what stands at the end of the last page.
    pub manifest: Signed,
    /// Whose slice it is; the manifest names them by [`slice_name`].
    pub areas: BTreeSet<String>,
    /// The revision that the pack builds on; a whole pack if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// Entries of the pack before this page, counting rows to put and rows to remove.
    pub at: u64,
    /// Rows to enter.
    pub put: Vec<Row>,
    /// Rows to take out; they come after all that is put.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<RowId>,
    /// Whether a page follows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

impl LawPage {
    /// Entries before the page that follows.
    pub fn end(&self) -> u64 {
        self.at + self.put.len() as u64 + self.removed.len() as u64
    }

    /// Whether its areas are those that the manifest names.
    pub fn is_of(&self, manifest: &LawManifest) -> bool {
        slice_name(&self.areas) == manifest.slice
    }

    /// Whether it says that the pack held at `rev` is the newest.
    pub fn is_nothing_new(&self, manifest: &LawManifest) -> bool {
        self.from == Some(manifest.rev) && self.put.is_empty() && self.removed.is_empty() && !self.more
    }
}

/// The bytes that an entry adds to a page, about: what limits pages need not be exact.
fn size<T: Serialize>(entry: &T) -> usize {
    serde_json::to_vec(entry).map_or(LAW_PAGE_BYTES, |text| text.len() + 1)
}

/// A pack in pages under its signed manifest, at least one.
pub fn law_pages(manifest: &Signed, areas: &BTreeSet<String>, delta: Delta, page_bytes: usize) -> Vec<LawPage> {
    let page = |at| LawPage { manifest: manifest.clone(), areas: areas.clone(), from: delta.from, at, put: Vec::new(), removed: Vec::new(), more: false };
    let mut pages = vec![page(0)];
    let mut full = 0;
    let mut next = |bytes: usize, enter: &mut dyn FnMut(&mut LawPage)| {
        let opens = pages.last().filter(|last| full + bytes > page_bytes && last.end() > last.at).map(LawPage::end);
        if let Some(at) = opens {
            pages.iter_mut().next_back().into_iter().for_each(|last| last.more = true);
            pages.push(page(at));
            full = 0;
        }
        full += bytes;
        pages.iter_mut().next_back().into_iter().for_each(enter);
    };
    for row in delta.put {
        let mut row = Some(row);
        next(row.as_ref().map_or(0, size), &mut |last| last.put.extend(row.take()));
    }
    for id in delta.removed {
        let mut id = Some(id);
        next(id.as_ref().map_or(0, size), &mut |last| last.removed.extend(id.take()));
    }
    pages
}

/// What the pages of one pack say together.
pub fn law_delta(manifest: &LawManifest, pages: impl IntoIterator<Item = LawPage>) -> Delta {
    let mut delta = Delta { manifest: manifest.pack(), from: None, put: Vec::new(), removed: Vec::new() };
    for page in pages {
        delta.from = page.from;
        delta.put.extend(page.put);
        delta.removed.extend(page.removed);
    }
    delta
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Validity;
    use crate::base::date::date;
    use crate::base::keys::{Ed25519, PublicKey, Signer};
    use crate::catalogue::pack::{Source, apply, sum};
    use crate::dated::{Book, Kind};
    use crate::record::Value;
    use proptest::prelude::*;

    fn manifest(rev: u64, rows: &[Row]) -> LawManifest {
        LawManifest { district: DistrictId(1), epoch: 1, rev, day: date(2026, 11, 22), slice: slice_name(&BTreeSet::new()), rows: rows.len() as u64, sum: sum(rows) }
    }

    fn row(n: usize, length: usize) -> Row {
        Row { kind: Kind::Organ, key: format!("o{n:04}").into(), valid: Validity::from(date(2020, 1, 1)), body: Value::text(&"字".repeat(length)) }
    }

    fn signed(manifest: &LawManifest) -> Signed {
        Signed::new(manifest, &Ed25519::from_seed(&[3; 32])).unwrap()
    }

    proptest! {
        #[test]
        fn pages_say_together_what_the_pack_says(lengths in proptest::collection::vec(0usize..400, 0..40), gone in 0usize..10, limit in 1usize..3_000) {
            let put: Vec<Row> = lengths.iter().enumerate().map(|(n, length)| row(n, *length)).collect();
            let removed: Vec<RowId> = (0..gone).map(|n| (Kind::Matter, format!("m{n}").into(), date(2020, 1, 1))).collect();
            let manifest = manifest(7, &put);
            let delta = Delta { manifest: manifest.pack(), from: Some(3), put, removed };
            let pages = law_pages(&signed(&manifest), &BTreeSet::new(), delta.clone(), limit);
            for (n, page) in pages.iter().enumerate() {
                let entries: usize = page.put.iter().map(size).sum::<usize>() + page.removed.iter().map(size).sum::<usize>();
                prop_assert!(entries <= limit || page.end() == page.at + 1, "no page is larger, unless by its only row");
                prop_assert_eq!(page.more, n + 1 < pages.len());
                prop_assert!(!page.more || page.end() > page.at);
                prop_assert_eq!(page.at, if n == 0 { 0 } else { pages[n - 1].end() });
                let text = serde_json::to_string(page).unwrap();
                prop_assert_eq!(&serde_json::from_str::<LawPage>(&text).unwrap(), page);
            }
            prop_assert_eq!(law_delta(&manifest, pages), delta);
        }
    }

    #[test]
    fn an_altered_page_is_found_out_by_the_signed_sum() {
        let areas = BTreeSet::new();
        let mut book = Book::new();
        (0..30).for_each(|n| book.insert(row(n, 10)).unwrap());
        let mut source = Source::new();
        source.advance(book);
        let pack = source.manifest(DistrictId(1), date(2026, 11, 22), &areas);
        let manifest = LawManifest::new(1, &pack);
        let mut pages = law_pages(&signed(&manifest), &areas, source.delta(pack, &areas, None), 500);
        assert!(pages.len() > 2);
        assert!(apply(&mut Book::new(), None, &areas, law_delta(&manifest, pages.clone())).is_ok());
        pages[1].put[0].body = Value::text("改");
        assert!(apply(&mut Book::new(), None, &areas, law_delta(&manifest, pages.clone())).is_err());
        pages.remove(1);
        assert!(apply(&mut Book::new(), None, &areas, law_delta(&manifest, pages)).is_err());
    }

    #[test]
    fn a_manifest_counts_under_its_own_servers_key_only() {
        let manifest = manifest(1, &[]);
        let key = |seed| PublicKey::new("ed25519", &Ed25519::from_seed(&[seed; 32]).public_key()).unwrap();
        assert_eq!(signed(&manifest).open(&key(3)), Some(manifest.clone()));
        assert_eq!(signed(&manifest).open::<LawManifest>(&key(4)), None);
        let mut altered = signed(&manifest);
        altered.text = altered.text.replace("\"rev\":1", "\"rev\":2").into();
        assert_eq!(altered.open::<LawManifest>(&key(3)), None);
    }

    #[test]
    fn older_is_what_an_earlier_epoch_or_revision_says() {
        let at = |epoch, rev| LawManifest { epoch, ..manifest(rev, &[]) };
        assert!(at(1, 9).is_older_than(&at(2, 1)) && at(2, 1).is_older_than(&at(2, 2)));
        assert!(!at(2, 1).is_older_than(&at(1, 9)) && !at(2, 2).is_older_than(&at(2, 2)));
        let later = LawManifest { day: date(2026, 11, 23), ..at(1, 1) };
        assert!(later.same_rows(&at(1, 1)) && !later.same_rows(&at(1, 2)));
    }
}
