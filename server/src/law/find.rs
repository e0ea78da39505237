//! The index over matters, kept beside the edition that it was made of.

use std::sync::{Arc, Mutex, PoisonError};

use sync_core::catalogue::search::{Ids, Index};
use sync_core::dated::{Book, Kind};

use super::live::Edition;

/// The newest index that was asked for.
#[derive(Default)]
pub struct Finder(Mutex<Option<(Arc<Edition>, Arc<Index>)>>);

impl Finder {
    /// The index of an edition; made when it is first asked for, some milliseconds for 3,000 matters.
    pub fn index(&self, edition: &Arc<Edition>) -> Arc<Index> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, index)) = kept.as_ref().filter(|(of, _)| Arc::ptr_eq(of, edition)) {
            debug_assert_eq!(of.rev, edition.rev);
            return index.clone();
        }
        let index = Arc::new(matters(&edition.book));
        *kept = Some((edition.clone(), index.clone()));
        index
    }
}

/// All matters by code and by every name that one of their versions has.
pub fn matters(book: &Book) -> Index {
    let mut pairs: Vec<(String, String)> = book.of_kind(Kind::Matter).filter_map(|row| Some((row.key.to_string(), row.body.to_json().get("name")?.as_str()?.to_owned()))).collect();
    pairs.dedup();
    Index::new(Ids::Codes, pairs)
}
