//! Tables of the law: the pack that is held, and the pages of one that is arriving.

use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;
use sync_core::base::{Date, Validity, pack};
use sync_core::dated::{Book, Kind, Row};
use sync_core::protocol::{LawPage, Signed};
use sync_core::record::Value;

use super::{StoreError, Tx};

/// Largest inflated page.
pub const MAX_PAGE: usize = 4 << 20;

/// Level of what is stored: speed over size.
const LEVEL: i32 = 1;

type Out<T> = Result<T, StoreError>;

fn broken<E>(what: &'static str) -> impl Fn(E) -> StoreError {
    move |_| StoreError::Broken(what)
}

fn day(text: &str) -> Out<Date> {
    text.parse().map_err(broken("day of a row of the law"))
}

impl Tx<'_> {
    /// The signed manifest of the pack that is held, and the areas of its slice.
    pub fn law_pack(&mut self) -> Out<Option<(Signed, BTreeSet<String>)>> {
        let mut select = self.conn.prepare_cached("SELECT manifest, areas FROM law_pack WHERE id = 1")?;
        let found: Option<(String, String)> = select.query_row([], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
        let Some((manifest, areas)) = found else { return Ok(None) };
        let read = (serde_json::from_str(&manifest).map_err(broken("manifest of the law"))?, serde_json::from_str(&areas).map_err(broken("areas of the law"))?);
        Ok(Some(read))
    }

    /// Names the pack that is held: two that are named alike are the same.
    pub fn law_version(&mut self) -> Out<Option<String>> {
        let mut select = self.conn.prepare_cached("SELECT manifest FROM law_pack WHERE id = 1")?;
        Ok(select.query_row([], |r| r.get(0)).optional()?)
    }

    /// All rows of the pack that is held.
    pub fn law_book(&mut self) -> Out<Book> {
        let mut select = self.conn.prepare_cached("SELECT kind, key, from_day, until_day, body FROM law_row ORDER BY kind, key, from_day")?;
        let mut rows = select.query([])?;
        let mut book = Book::new();
        while let Some(row) = rows.next()? {
            let text = |column: usize| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
            let until = row.get_ref(3)?.as_str_or_null().map_err(rusqlite::Error::from)?;
            let row = Row {
                kind: Kind::parse(text(0)?).ok_or(StoreError::Broken("kind of a row of the law"))?,
                key: text(1)?.into(),
                valid: Validity { from: day(text(2)?)?, until: until.map(day).transpose()? },
                body: Value::parse(text(4)?).map_err(broken("row of the law"))?,
            };
            book.insert(row).map_err(broken("row of the law"))?;
        }
        Ok(book)
    }

    /// Keeps a pack in place of the one before, writing what differs; the pages it arrived in are dropped.
    pub fn put_law(&mut self, manifest: &Signed, areas: &BTreeSet<String>, before: &Book, after: &Book) -> Out<()> {
        let same = |book: &Book, row: &Row| book.at(row.kind, &row.key, row.valid.from) == Some(row);
        let mut delete = self.conn.prepare_cached("DELETE FROM law_row WHERE kind = ?1 AND key = ?2 AND from_day = ?3")?;
        for row in before.iter().filter(|row| !same(after, row)) {
            delete.execute(params![row.kind.as_str(), row.key, row.valid.from.to_string()])?;
        }
        let mut insert = self.conn.prepare_cached("INSERT INTO law_row (kind, key, from_day, until_day, body) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for row in after.iter().filter(|row| !same(before, row)) {
            let until = row.valid.until.map(|day| day.to_string());
            insert.execute(params![row.kind.as_str(), row.key, row.valid.from.to_string(), until, row.body.as_json()])?;
        }
        drop((delete, insert));
        self.name_law(manifest, areas)?;
        self.drop_law_pages()
    }

    /// Keeps a manifest for the rows that are held.
    pub fn name_law(&mut self, manifest: &Signed, areas: &BTreeSet<String>) -> Out<()> {
        let manifest = serde_json::to_string(manifest).map_err(broken("manifest to be written"))?;
        let areas = serde_json::to_string(areas).map_err(broken("areas to be written"))?;
        let sql = "INSERT INTO law_pack (id, manifest, areas) VALUES (1, ?1, ?2) ON CONFLICT (id) DO UPDATE SET manifest = excluded.manifest, areas = excluded.areas";
        self.conn.prepare_cached(sql)?.execute([manifest, areas])?;
        Ok(())
    }

    /// Keeps a page of a pack that is arriving.
    pub fn add_law_page(&mut self, page: &LawPage) -> Out<()> {
        let body = serde_json::to_vec(page).map_err(broken("page to be written"))?;
        let at = i64::try_from(page.at).map_err(broken("page to be written"))?;
        self.conn.prepare_cached("INSERT INTO law_page (at, body) VALUES (?1, ?2)")?.execute(params![at, pack::pack(&body, LEVEL)])?;
        Ok(())
    }

    /// The page that arrived last, and how many there are.
    pub fn last_law_page(&mut self) -> Out<Option<(LawPage, usize)>> {
        let mut select = self.conn.prepare_cached("SELECT body, (SELECT count(*) FROM law_page) FROM law_page ORDER BY at DESC LIMIT 1")?;
        let found: Option<(Vec<u8>, i64)> = select.query_row([], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
        found.map(|(body, count)| Ok((page(&body)?, usize::try_from(count).unwrap_or(usize::MAX)))).transpose()
    }

    /// All pages that have arrived, in order.
    pub fn law_pages(&mut self) -> Out<Vec<LawPage>> {
        let mut select = self.conn.prepare_cached("SELECT body FROM law_page ORDER BY at")?;
        let rows = select.query_map([], |r| r.get::<_, Vec<u8>>(0))?;
        rows.map(|body| page(&body?)).collect()
    }

    /// Forgets the pages that have arrived.
    pub fn drop_law_pages(&mut self) -> Out<()> {
        self.conn.prepare_cached("DELETE FROM law_page")?.execute([])?;
        Ok(())
    }

    /// Changes whenever what this store knows of records may have changed: the newest change known here, and how far was pulled.
    pub fn records_version(&mut self) -> Out<String> {
        let mut select = self.conn.prepare_cached("SELECT coalesce(max(ord), 0) FROM journal")?;
        let last: i64 = select.query_row([], |r| r.get(0))?;
        drop(select);
        let meta = sync_core::replica::Store::meta(self)?;
        serde_json::to_string(&(last, meta.epoch, &meta.cursor, &meta.refetching)).map_err(broken("cursor"))
    }
}

fn page(body: &[u8]) -> Out<LawPage> {
    let text = pack::unpack(body, MAX_PAGE * 2).map_err(broken("page of the law"))?;
    serde_json::from_slice(&text).map_err(broken("page of the law"))
}
