//! Tables of visits and objects, and with them those of cases (`cases`), brought up to date from the records when they are asked.

use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeSet;
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId, UtcMs};
use sync_core::case;
use sync_core::index::{members, object_entry, parts};
use sync_core::law::policy::VisitKind;
use sync_core::object::{self, RISKS};
use sync_core::record::{Kind, Record, read_field};
use sync_core::replica::view;
use sync_core::visit;

use super::{StoreError, Tx};

type Out<T> = Result<T, StoreError>;

/// A visit to an object by an organ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visited {
    /// The visit.
    pub visit: RecordId,
    /// The organ.
    pub organ: String,
    /// Why.
    pub kind: VisitKind,
    /// The day on which officers checked in.
    pub day: Date,
    /// When, UTC milliseconds.
    pub ms: i64,
    /// Whether it named no subject.
    pub alone: bool,
    /// The visit that it was joined into.
    pub joined: Option<RecordId>,
}

/// Objects that are counted as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The least root.
    pub key: RecordId,
    /// All of them.
    pub members: BTreeSet<RecordId>,
    /// The highest risk that one of them is given; `low` if none is.
    pub risk: String,
}

pub(super) fn id_at(row: &Row<'_>, column: usize) -> rusqlite::Result<RecordId> {
    row.get::<_, [u8; 16]>(column).map(RecordId::from_bytes)
}

pub(super) fn id_or_none(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<RecordId>> {
    Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(RecordId::from_bytes))
}

/// When officers first checked in, as the record says it.
pub fn began(record: &Record) -> Option<i64> {
    let ms = |json: &serde_json::Value, member: &str| json.get(member).and_then(serde_json::Value::as_i64);
    let checked_in = members(record, "participants.").filter_map(|(_, p)| ms(&p, "checked_in_ms")).min();
    let urgent = || read_field(record, &visit::KIND, "urgent").value().and_then(|v| ms(&v.to_json(), "at_ms"));
    checked_in.or_else(urgent).or_else(|| read_field(record, &visit::KIND, "started_ms").value().and_then(|v| v.to_json().as_i64()))
}

impl Tx<'_> {
    /// Brings the rows of at most `limit` records up to date; gives how many were behind.
    pub fn read_unread(&mut self, limit: usize) -> Out<usize> {
        let mut select = self.conn.prepare_cached("SELECT record FROM unread ORDER BY record LIMIT ?1")?;
        let rows = select.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |r| id_at(r, 0))?;
        let behind: Vec<RecordId> = rows.collect::<Result<_, _>>()?;
        drop(select);
        for id in &behind {
            for sql in [
                "DELETE FROM visited WHERE visit = ?1",
                "DELETE FROM object WHERE record = ?1",
                "DELETE FROM object_number WHERE record = ?1",
                "DELETE FROM case_line WHERE record = ?1",
                "DELETE FROM case_party WHERE record = ?1",
                "DELETE FROM officer_time WHERE record = ?1",
                "DELETE FROM unread WHERE record = ?1",
            ] {
                self.conn.prepare_cached(sql)?.execute([id.to_bytes()])?;
            }
            let kinds = self.kinds;
            let record = match view(self, kinds, *id) {
                Ok(Some(record)) => record,
                // A broken record counts for nothing until it is fetched anew, which is a write that is noted.
                Ok(None) | Err(StoreError::Broken(_) | StoreError::State(_)) => continue,
                Err(e) => return Err(e),
            };
            if *record.kind == *visit::NAME {
                self.put_visited(&record)?;
                self.put_times(&record)?;
            } else if *record.kind == *case::NAME {
                self.put_case(&record)?;
                self.put_times(&record)?;
            } else if let Some(kind) = kinds.get(&record.kind).filter(|kind| object::is_object(kind.name)) {
                self.put_object(&record, kind)?;
            }
        }
        Ok(behind.len())
    }

    fn put_visited(&mut self, record: &Record) -> Out<()> {
        let parts = parts(record);
        let Some(ms) = began(record).filter(|_| parts.checked_in) else { return Ok(()) };
        let Some(day) = day_of(UtcMs(ms)) else { return Ok(()) };
        let alone = parts.subjects.is_empty();
        let site = parts.site.filter(|site| !parts.subjects.contains(site)).map(|site| (site, alone));
        let mut insert = self.conn.prepare_cached("INSERT INTO visited (visit, object, organ, kind, day, ms, alone, joined) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
        for (object, alone) in parts.subjects.iter().map(|subject| (*subject, false)).chain(site) {
            for (organ, kind) in &parts.organs {
                let joined = parts.joined.map(|j| j.to_bytes());
                insert.execute(params![record.id.to_bytes(), object.to_bytes(), organ, kind.as_str(), day.to_string(), ms, alone, joined])?;
            }
        }
        Ok(())
    }

    fn put_object(&mut self, record: &Record, kind: &Kind) -> Out<()> {
        let entry = object_entry(record, kind);
        let mut insert = self.conn.prepare_cached("INSERT INTO object (record, risk, joined) VALUES (?1, ?2, ?3)")?;
        insert.execute(params![record.id.to_bytes(), entry.risk, entry.joined.map(|j| j.to_bytes())])?;
        let mut insert = self.conn.prepare_cached("INSERT INTO object_number (record, number) VALUES (?1, ?2)")?;
        for alias in object::aliases(record).into_iter().filter(|alias| alias.kind.identifies(kind.name)) {
            insert.execute(params![record.id.to_bytes(), format!("{}/{}/{}", kind.name, alias.kind.as_str(), alias.value)])?;
        }
        Ok(())
    }

    /// Visits to these objects from one day to another, each organ's part once for an object.
    pub fn visits_to(&mut self, objects: &BTreeSet<RecordId>, first: Date, last: Date) -> Out<Vec<Visited>> {
        let mut select = self.conn.prepare_cached("SELECT visit, organ, kind, day, ms, alone, joined FROM visited WHERE object = ?1 AND day BETWEEN ?2 AND ?3")?;
        let mut out = Vec::new();
        for object in objects {
            let mut rows = select.query(params![object.to_bytes(), first.to_string(), last.to_string()])?;
            while let Some(row) = rows.next()? {
                let (kind, day): (String, String) = (row.get(2)?, row.get(3)?);
                out.push(Visited {
                    visit: id_at(row, 0)?,
                    organ: row.get(1)?,
                    kind: VisitKind::parse(&kind).unwrap_or(VisitKind::Daily),
                    day: day.parse().map_err(|_| StoreError::Broken("day of a visit"))?,
                    ms: row.get(4)?,
                    alone: row.get(5)?,
                    joined: id_or_none(row, 6)?,
                });
            }
        }
        Ok(out)
    }

    /// The family of an object, as far as it is known here: what was joined with it, and what bears a number that identifies it.
    pub fn family(&mut self, one: RecordId) -> Out<Family> {
        let (mut known, mut open) = (BTreeSet::from([one]), vec![one]);
        let (mut ends, mut risk) = (BTreeSet::new(), 0);
        while let Some(id) = open.pop() {
            let mut near = Vec::new();
            let mut select = self.conn.prepare_cached("SELECT risk, joined FROM object WHERE record = ?1")?;
            let row: Option<(Option<String>, Option<RecordId>)> = select.query_row([id.to_bytes()], |r| Ok((r.get(0)?, id_or_none(r, 1)?))).optional()?;
            drop(select);
            if let Some((word, joined)) = row {
                risk = risk.max(RISKS.iter().position(|r| Some(*r) == word.as_deref()).unwrap_or(0));
                let known_here = match joined {
                    Some(joined) => self.conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM object WHERE record = ?1)")?.query_row([joined.to_bytes()], |r| r.get(0))?,
                    None => false,
                };
                // Where a chain of `joined` ends, a family has its root.
                if known_here { near.extend(joined) } else { _ = ends.insert(id) }
            }
            let same = "SELECT b.record FROM object_number a JOIN object_number b ON b.number = a.number WHERE a.record = ?1";
            for sql in ["SELECT record FROM object WHERE joined = ?1", same] {
                let mut select = self.conn.prepare_cached(sql)?;
                near.extend(select.query_map([id.to_bytes()], |r| id_at(r, 0))?.collect::<Result<Vec<_>, _>>()?);
            }
            open.extend(near.into_iter().filter(|other| known.insert(*other)));
        }
        // Objects joined in a circle have no end: the least of them stands for it, as at the server.
        let key = ends.first().or(known.first()).copied().unwrap_or(one);
        Ok(Family { key, members: known, risk: RISKS.get(risk).copied().unwrap_or("low").to_owned() })
    }
}
