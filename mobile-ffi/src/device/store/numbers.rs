//! Tables of numbers: the stock that is left, and what was taken from it.

use rusqlite::{OptionalExtension, params};
use sync_core::base::RecordId;
use sync_core::number::{NewCode, Series, Stock};

use super::{StoreError, Tx};

type Out<T> = Result<T, StoreError>;

impl Tx<'_> {
    /// What there is to number with.
    pub fn stock(&mut self) -> Out<Stock> {
        let body: Option<String> = self.conn.prepare_cached("SELECT body FROM stock WHERE id = 1")?.query_row([], |r| r.get(0)).optional()?;
        body.map_or_else(|| Ok(Stock::default()), |body| serde_json::from_str(&body).map_err(|_| StoreError::Broken("stock of numbers")))
    }

    /// Keeps what there is to number with.
    pub fn put_stock(&mut self, stock: &Stock) -> Out<()> {
        let body = serde_json::to_string(stock).map_err(|_| StoreError::Broken("stock to be written"))?;
        self.conn.prepare_cached("INSERT INTO stock (id, body) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET body = excluded.body")?.execute([body])?;
        Ok(())
    }

    /// Notes the change that a number went into. Fails if the number went into one before.
    pub fn number_taken(&mut self, code: &NewCode, record: RecordId, field: &str, change: u64) -> Out<()> {
        let mut insert = self.conn.prepare_cached("INSERT INTO number_taken (series, number, record, field, change) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        insert.execute(params![code.series.to_string(), code.seq, record.to_bytes(), field, change.cast_signed()])?;
        Ok(())
    }

    /// The numbers that went into an own change.
    pub fn numbers_of(&mut self, change: u64) -> Out<Vec<(Series, u32)>> {
        let mut select = self.conn.prepare_cached("SELECT series, number FROM number_taken WHERE change = ?1 ORDER BY series, number")?;
        let rows = select.query_map([change.cast_signed()], |r| Ok((r.get::<_, String>(0)?, r.get::<_, u32>(1)?)))?;
        rows.map(|row| row.map_err(StoreError::from).and_then(|(series, number)| Ok((series.parse().map_err(|_| StoreError::Broken("series"))?, number)))).collect()
    }

    /// How many numbers went into changes.
    pub fn numbers_taken(&mut self) -> Out<u64> {
        let mut select = self.conn.prepare_cached("SELECT count(*) FROM number_taken")?;
        Ok(select.query_row([], |r| r.get::<_, i64>(0))?.cast_unsigned())
    }
}
