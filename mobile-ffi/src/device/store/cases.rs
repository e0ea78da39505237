//! Tables of cases and of officers' time, brought up to date from the records with those of visits.

use rusqlite::params;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::base::{Date, RecordId};
use sync_core::case::finding::{Elsewhere, Other};
use sync_core::case::party;
use sync_core::index::{Busy, busy, case_entry};
use sync_core::object::SUBJECT;
use sync_core::record::Record;

use super::visited::{id_at, id_or_none};
use super::{StoreError, Tx};

type Out<T> = Result<T, StoreError>;

/// Most cases of one party, and most entries of officers' time, that are looked at.
const MOST: usize = 500;

fn day(text: Option<String>) -> Out<Option<Date>> {
    text.map(|text| text.parse().map_err(|_| StoreError::Broken("day of a case"))).transpose()
}

impl Tx<'_> {
    pub(super) fn put_case(&mut self, record: &Record) -> Out<()> {
        let e = case_entry(record);
        let iso = |day: Option<Date>| day.map(|day| day.to_string());
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO case_line (record, matter, unit, stage, act_day, act_end, decided, fine_fen, punished, exemption, site) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        let (id, site) = (record.id.to_bytes(), e.site.map(|site| site.to_bytes()));
        insert.execute(params![id, e.matter, e.unit, record.stage(), iso(e.act_day), iso(e.act_end), iso(e.decided), e.fine_fen, e.punished, e.exemption, site])?;
        let mut insert = self.conn.prepare_cached("INSERT INTO case_party (party, record) VALUES (?1, ?2)")?;
        for party in &e.parties {
            insert.execute(params![party, id])?;
        }
        Ok(())
    }

    pub(super) fn put_times(&mut self, record: &Record) -> Out<()> {
        let mut insert = self.conn.prepare_cached("INSERT INTO officer_time (officer, record, entry, from_ms, until_ms) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for b in busy(record) {
            insert.execute(params![b.officer, record.id.to_bytes(), b.entry, b.from_ms, b.until_ms])?;
        }
        Ok(())
    }

    /// The keys under which cases of the party of this one stand: its own, and those of its family as far as it is known here.
    fn party_keys(&mut self, record: &Record) -> Out<BTreeSet<String>> {
        let mut keys = party::keys(record);
        let mut subjects = party::subjects(record);
        let numbers: Vec<String> = keys.iter().filter_map(|key| key.strip_prefix("uscc:")).map(|code| format!("{}/uscc/{code}", SUBJECT.name)).collect();
        let mut select = self.conn.prepare_cached("SELECT record FROM object_number WHERE number = ?1")?;
        for number in numbers {
            subjects.extend(select.query_map([number], |r| id_at(r, 0))?.collect::<Result<Vec<_>, _>>()?);
        }
        drop(select);
        let mut members = BTreeSet::new();
        for subject in subjects {
            if !members.contains(&subject) {
                members.extend(self.family(subject)?.members);
            }
        }
        let code = format!("{}/uscc/", SUBJECT.name);
        let mut select = self.conn.prepare_cached("SELECT number FROM object_number WHERE record = ?1")?;
        for member in members {
            keys.insert(party::of_subject(member));
            let numbers = select.query_map([member.to_bytes()], |r| r.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            keys.extend(numbers.iter().filter_map(|number| party::of_uscc(number.strip_prefix(&code)?)));
        }
        Ok(keys)
    }

    /// The other cases of a case's party that this store knows; `organ_of` names the organ of a unit, and `site` are the records
    /// that are one with this case's site.
    pub fn cases_beside(&mut self, record: &Record, organ_of: impl Fn(&str) -> Option<String>, site: Option<(RecordId, &BTreeSet<RecordId>)>) -> Out<Vec<Other>> {
        let sql = "SELECT l.record, matter, unit, stage, act_day, act_end, decided, fine_fen, punished, exemption, site \
                   FROM case_party p JOIN case_line l ON l.record = p.record WHERE p.party = ?1 AND l.record <> ?2 LIMIT ?3";
        let mut out: BTreeMap<RecordId, Other> = BTreeMap::new();
        let keys = self.party_keys(record)?;
        let mut select = self.conn.prepare_cached(sql)?;
        for key in keys {
            let mut rows = select.query(params![key, record.id.to_bytes(), i64::try_from(MOST).unwrap_or(i64::MAX)])?;
            while let Some(row) = rows.next()? {
                let (id, unit): (RecordId, String) = (id_at(row, 0)?, row.get(2)?);
                let theirs = id_or_none(row, 10)?;
                out.insert(
                    id,
                    Other {
                        record: id,
                        matter: row.get(1)?,
                        organ: organ_of(&unit).unwrap_or(unit),
                        stage: row.get(3)?,
                        act_day: day(row.get(4)?)?,
                        act_end: day(row.get(5)?)?,
                        decided: day(row.get(6)?)?,
                        fine_fen: row.get(7)?,
                        punished: row.get(8)?,
                        exemption: row.get(9)?,
                        site: match site {
                            Some((own, family)) if theirs.is_some_and(|theirs| family.contains(&theirs)) => Some(own),
                            _ => theirs,
                        },
                    },
                );
            }
        }
        Ok(out.into_values().collect())
    }

    /// What the officers of a record's inquiries, measures and check-ins did in other records while these lasted.
    pub fn times_beside(&mut self, record: &Record) -> Out<Vec<Elsewhere>> {
        let sql = "SELECT record, entry, from_ms, until_ms FROM officer_time WHERE officer = ?1 AND record <> ?2 AND from_ms <= ?4 AND until_ms >= ?3 LIMIT ?5";
        let mut select = self.conn.prepare_cached(sql)?;
        let mut out = BTreeMap::new();
        for Busy { officer, from_ms, until_ms, .. } in busy(record) {
            let mut rows = select.query(params![officer, record.id.to_bytes(), from_ms, until_ms, i64::try_from(MOST).unwrap_or(i64::MAX)])?;
            while let Some(row) = rows.next()? {
                let what = format!("{}/{}", id_at(row, 0)?, row.get::<_, String>(1)?);
                out.insert((officer.clone(), what.clone()), Elsewhere { officer: officer.clone(), what, from_ms: row.get(2)?, until_ms: row.get(3)? });
            }
        }
        Ok(out.into_values().collect())
    }
}
