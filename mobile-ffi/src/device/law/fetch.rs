//! Fetching the law, after a session, page by page; a page that arrived is kept, so a lost network costs the rest only.
//!
//! Whether it succeeds is no matter to the session. What is not believed is named in the store's settings until a pack is
//! taken again, for `zhifa_law_status`.

use sync_core::base::keys::PublicKey;
use sync_core::catalogue::pack::apply;
use sync_core::protocol::{LawManifest, LawPage, MAX_LAW_PAGES, MAX_LAW_ROWS, law_delta};
use sync_core::replica::Store;

use crate::device::store::{MAX_LAW_PAGE, StoreError, Tx};

/// Name of the setting that says why the last pack was refused.
pub(super) const REFUSED: &str = "law_refused";

/// Most requests of one session: a pack, and once more from the beginning.
const MAX_REQUESTS: usize = 2 * MAX_LAW_PAGES;

type Out<T> = Result<T, StoreError>;

/// Where the fetching of one session stands.
#[derive(Default)]
pub(in crate::device) struct Fetch {
    requests: usize,
    /// What came did not lead on from what is held: everything is asked for.
    whole: bool,
    over: bool,
}

/// What a page is to be measured by.
struct Held {
    manifest: LawManifest,
    areas: std::collections::BTreeSet<String>,
}

fn held(tx: &mut Tx<'_>) -> Out<Option<Held>> {
    let Some((signed, areas)) = tx.law_pack()? else { return Ok(None) };
    Ok(signed.unchecked::<LawManifest>().map(|manifest| Held { manifest, areas }))
}

impl Fetch {
    /// What to ask for; `None` if nothing more.
    pub(in crate::device) fn path(&mut self, tx: &mut Tx<'_>) -> Out<Option<String>> {
        if self.over || self.requests >= MAX_REQUESTS {
            return Ok(None);
        }
        // A revision of another epoch is of another history: nothing is built upon it.
        let epoch = tx.meta()?.epoch;
        let held = held(tx)?.map(|h| h.manifest).filter(|h| !self.whole && h.epoch == epoch);
        let mut query = Vec::new();
        if let Some(held) = &held {
            query.push(format!("have={}&slice={}", held.rev, held.slice));
        }
        if let Some((page, _)) = tx.last_law_page()? {
            let arriving: Option<LawManifest> = page.manifest.unchecked();
            match arriving.filter(|_| page.from == held.as_ref().map(|h| h.rev) || page.from.is_none()) {
                Some(arriving) => query.push(format!("of={}&at={}", arriving.rev, page.end())),
                None => tx.drop_law_pages()?,
            }
        }
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        Ok(Some(format!("/sync/v1/law{query}")))
    }

    /// No usable answer came: the rest comes with the next session.
    pub(in crate::device) fn failed(&mut self) {
        self.over = true;
    }

    /// Takes a page in.
    pub(in crate::device) fn on(&mut self, tx: &mut Tx<'_>, body: &[u8]) -> Out<()> {
        self.requests += 1;
        let enrolled = tx.meta()?.enrolled;
        let server = PublicKey::new(&enrolled.server_alg, &enrolled.server_key.0);
        let Ok(page) = serde_json::from_slice::<LawPage>(body) else { return self.refuse(tx, "unreadable") };
        let manifest = server.and_then(|server| page.manifest.open::<LawManifest>(&server)).filter(|m| m.district == enrolled.district && page.is_of(m));
        let Some(manifest) = manifest else { return self.refuse(tx, "not_signed") };
        if body.len() > MAX_LAW_PAGE || manifest.rows > MAX_LAW_ROWS {
            return self.refuse(tx, "too_large");
        }
        let held = held(tx)?;
        if held.as_ref().is_some_and(|held| manifest.is_older_than(&held.manifest)) {
            return self.refuse(tx, "older");
        }
        if page.is_nothing_new(&manifest) {
            return match held.filter(|held| held.manifest.same_rows(&manifest)) {
                Some(held) => {
                    if manifest.day > held.manifest.day {
                        tx.name_law(&page.manifest, &held.areas)?;
                    }
                    self.done(tx)
                }
                // The same number, other rows: the book went another way than the one that is here.
                None => self.again(tx, "sum"),
            };
        }
        self.arrived(tx, page, &manifest, held)
    }

    fn arrived(&mut self, tx: &mut Tx<'_>, page: LawPage, manifest: &LawManifest, held: Option<Held>) -> Out<()> {
        let before = if page.at == 0 { None } else { tx.last_law_page()? };
        match &before {
            None if page.at == 0 => tx.drop_law_pages()?,
            Some((last, count)) if last.end() == page.at && last.from == page.from && *count < MAX_LAW_PAGES => {
                let promised: Option<LawManifest> = last.manifest.unchecked();
                if !promised.is_some_and(|promised| promised.same_rows(manifest)) {
                    return self.again(tx, "changed");
                }
            }
            _ => return self.again(tx, "out_of_order"),
        }
        tx.add_law_page(&page)?;
        if page.more {
            // A page that brings nothing and promises more would never end.
            return if page.end() > page.at { Ok(()) } else { self.refuse(tx, "unreadable") };
        }
        let (signed, areas) = (page.manifest.clone(), page.areas.clone());
        let delta = law_delta(manifest, tx.law_pages()?);
        let before = tx.law_book()?;
        let mut book = before.clone();
        match apply(&mut book, held.map(|held| held.manifest.pack()).as_ref(), &areas, delta) {
            Ok(_) => {
                tx.put_law(&signed, &areas, &before, &book)?;
                self.done(tx)
            }
            Err(_) => self.again(tx, "sum"),
        }
    }

    fn done(&mut self, tx: &mut Tx<'_>) -> Out<()> {
        self.over = true;
        tx.put_setting(REFUSED, "")?;
        tx.drop_law_pages()
    }

    /// Asks for everything, once; what had arrived is worth nothing.
    fn again(&mut self, tx: &mut Tx<'_>, why: &str) -> Out<()> {
        if self.whole {
            return self.refuse(tx, why);
        }
        self.whole = true;
        tx.drop_law_pages()
    }

    fn refuse(&mut self, tx: &mut Tx<'_>, why: &str) -> Out<()> {
        self.over = true;
        tx.put_setting(REFUSED, why)?;
        tx.drop_law_pages()
    }
}
