//! Entries as rows of a sheet.

use std::collections::BTreeSet;

use sync_core::base::Date;
use sync_core::dated::Book;
use sync_core::law::policy::{self, VisitKind};
use sync_core::plan::{Entry, Mode, Risk, Squad};

use super::Failure;
use crate::import::report::{CellError, MAX_ERRORS};
use crate::import::sheet::{self, Cell, Line, Sheet};

/// Columns by the field's name, with the Chinese heading that is understood as well.
const COLUMNS: [(&str, &str); 14] = [
    ("id", "编号"),
    ("organ", "机关"),
    ("matters", "事项"),
    ("object", "对象"),
    ("area", "区域"),
    ("from", "开始"),
    ("to", "截止"),
    ("mode", "方式"),
    ("visits", "次数"),
    ("basis", "依据"),
    ("kind", "类别"),
    ("risk", "风险"),
    ("minutes", "分钟"),
    ("officers", "人数"),
];

const MODES: &[(&str, &str, Mode)] = &[("on_site", "现场", Mode::OnSite), ("off_site", "非现场", Mode::OffSite)];
const RISKS: &[(&str, &str, Risk)] = &[("low", "低", Risk::Low), ("medium", "中", Risk::Medium), ("high", "高", Risk::High)];
const KINDS: &[(&str, &str, VisitKind)] = &[
    ("daily", "日常", VisitKind::Daily),
    ("special_own", "本级专项", VisitKind::SpecialOwn),
    ("special_superior", "上级专项", VisitKind::SpecialSuperior),
    ("triggered", "触发式", VisitKind::Triggered),
    ("appointment", "邀约式", VisitKind::Appointment),
];

/// A row with the places of the columns.
struct Row<'a> {
    sheet: &'a str,
    line: &'a Line,
    places: &'a [Option<usize>; 14],
    errors: Vec<CellError>,
}

impl Row<'_> {
    fn cell(&self, field: &str) -> Result<&str, (&str, &'static str)> {
        let place = COLUMNS.iter().position(|(name, _)| *name == field).and_then(|n| self.places.get(n).copied().flatten());
        match place.and_then(|at| self.line.cells.get(at)) {
            Some(Cell::Text(text)) => Ok(text),
            Some(Cell::Bad(shown, why)) => Err((shown, why)),
            None => Ok(""),
        }
    }

    fn wrong(&mut self, field: &str, reason: impl Into<String>) {
        let (Ok(value) | Err((value, _))) = self.cell(field);
        let error = CellError { sheet: self.sheet.to_owned(), row: self.line.number, column: field.to_owned(), value: value.to_owned(), reason: reason.into() };
        self.errors.push(error);
    }

    /// The text of a cell, or nothing with the fault noted.
    fn text(&mut self, field: &str) -> Option<String> {
        match self.cell(field) {
            Ok("") => self.wrong(field, "must not be empty"),
            Ok(text) => return Some(text.to_owned()),
            Err((_, why)) => self.wrong(field, why),
        }
        None
    }

    fn parsed<T>(&mut self, field: &str, remedy: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text(field)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.wrong(field, remedy);
        }
        parsed
    }

    fn word<T: Copy>(&mut self, field: &str, words: &[(&str, &str, T)]) -> Option<T> {
        let remedy = format!("give one of {}", words.iter().map(|(word, zh, _)| format!("{word} {zh}")).collect::<Vec<_>>().join(", "));
        self.parsed(field, &remedy, |text| words.iter().find(|(word, zh, _)| text == *word || text == *zh).map(|(.., value)| *value))
    }

    /// The entry; with what is wrong in its cells, nothing.
    fn entry(&mut self, least_officers: u8) -> Option<Entry> {
        let id = self.text("id");
        let organ = self.text("organ");
        let matters = self.text("matters").map(|text| text.split([';', '；']).map(|code| code.trim().to_owned()).collect());
        let object = self.text("object");
        let area = self.text("area");
        let day = |text: &str| text.parse::<Date>().ok();
        let from = self.parsed("from", "give a day as 2026-01-31", day);
        let to = self.parsed("to", "give a day as 2026-01-31", day);
        let mode = self.word("mode", MODES);
        let visits = self.parsed("visits", "give a whole number", |text| text.parse().ok());
        let basis = self.text("basis");
        let kind = self.word("kind", KINDS);
        let risk = self.word("risk", RISKS);
        let minutes = self.parsed("minutes", "give a whole number", |text| text.parse().ok());
        let officers = self.parsed("officers", "give a whole number", |text| text.parse().ok());
        let entry = Entry {
            id: id?,
            organ: organ?,
            matters: matters?,
            object: object?,
            area: area?,
            from: from?,
            to: to?,
            mode: mode?,
            visits: visits?,
            basis: basis?,
            kind: kind?,
            risk: risk?,
            minutes: minutes?,
            officers: officers?,
        };
        for flaw in entry.flaws(least_officers) {
            let column = flaw.field.split('.').next().unwrap_or_default().to_owned();
            self.wrong(&column, flaw.why);
        }
        self.errors.is_empty().then_some(entry)
    }
}

/// The places of the columns, by heading.
fn places(sheet: &Sheet) -> Result<[Option<usize>; 14], Vec<CellError>> {
    let error = |column: &str, value: &str, reason: &str| CellError { sheet: sheet.name.clone(), row: 1, column: column.into(), value: value.into(), reason: reason.into() };
    let places = COLUMNS.map(|(name, zh)| sheet.headings.iter().position(|heading| heading == name || heading == zh));
    let mut errors: Vec<CellError> = COLUMNS
        .iter()
        .zip(places)
        .filter(|(_, place)| place.is_none())
        .map(|((name, zh), _)| error(name, "", &format!("the column is missing; its heading is {name} or {zh}")))
        .collect();
    for (n, heading) in sheet.headings.iter().enumerate().filter(|(n, heading)| !heading.is_empty() && !places.contains(&Some(*n))) {
        let twice = sheet.headings.iter().take(n).any(|before| before == heading);
        errors.push(error(heading, heading, if twice { "stands twice; leave one out" } else { "is no column of a plan; correct the heading or leave it out" }));
    }
    if errors.is_empty() { Ok(places) } else { Err(errors) }
}

/// The entries of an XLSX or CSV file, or what is wrong in its cells (at most [`MAX_ERRORS`]).
pub(super) fn entries(file: &[u8], book: &Book) -> Result<Result<Vec<Entry>, Vec<CellError>>, Failure> {
    let sheet = sheet::read(file)?;
    let places = match places(&sheet) {
        Ok(places) => places,
        Err(errors) => return Ok(Err(errors)),
    };
    let (mut entries, mut errors, mut ids): (Vec<Entry>, Vec<CellError>, BTreeSet<String>) = Default::default();
    for line in &sheet.lines {
        let mut row = Row { sheet: &sheet.name, line, places: &places, errors: Vec::new() };
        // How many officers are enough is policy of the day on which the window begins.
        let begins = row.cell("from").ok().and_then(|text| text.parse::<Date>().ok()).unwrap_or(Date::MAX);
        let least = policy::get::<i64>(book, "visit.officers", begins)?.value;
        if let Some(entry) = row.entry(u8::try_from(least).unwrap_or(u8::MAX)) {
            if ids.insert(entry.id.clone()) {
                entries.push(entry);
            } else {
                row.wrong("id", "stands twice; each entry has an id of its own");
            }
        }
        errors.append(&mut row.errors);
    }
    errors.truncate(MAX_ERRORS);
    Ok(if errors.is_empty() { Ok(entries) } else { Err(errors) })
}

/// The first thing that is wrong with squads, by place.
pub(super) fn check_squads(squads: &[Squad]) -> Result<(), String> {
    let mut ids = BTreeSet::new();
    for (n, squad) in squads.iter().enumerate() {
        if let Some(flaw) = squad.flaws().first() {
            return Err(format!("{n}.{flaw}"));
        }
        if !ids.insert(&squad.id) {
            return Err(format!("{n}.id: {} stands twice; each squad stands once", squad.id));
        }
    }
    Ok(())
}

/// Entries as CSV that [`entries`] reads.
pub(super) fn written(entries: &[Entry]) -> Result<String, Failure> {
    fn word<T: PartialEq>(words: &[(&'static str, &'static str, T)], value: &T) -> &'static str {
        words.iter().find(|(.., known)| known == value).map_or("", |(word, ..)| word)
    }
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(COLUMNS.map(|(name, _)| name))?;
    for e in entries {
        let (from, to, visits, minutes, officers) = (e.from.to_string(), e.to.to_string(), e.visits.to_string(), e.minutes.to_string(), e.officers.to_string());
        let (mode, kind, risk, matters) = (word(MODES, &e.mode), word(KINDS, &e.kind), word(RISKS, &e.risk), e.matters.join(";"));
        out.write_record([&e.id, &e.organ, &matters, &e.object, &e.area, &from, &to, mode, &visits, &e.basis, kind, risk, &minutes, &officers])?;
    }
    Ok(String::from_utf8(out.into_inner().map_err(|e| e.to_string())?)?)
}
