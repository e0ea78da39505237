//! Entries as rows of a sheet: of several organs with resolved objects for the command line, of one organ's plan with objects
//! under any name or number that they are known by for the import.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::base::Date;
use sync_core::dated::Book;
use sync_core::law::policy::{self, VisitKind};
use sync_core::plan::kind::{Planned, Sampling};
use sync_core::plan::{Entry, Mode, Risk, Squad};

use super::Failure;
use super::objects::Resolved;
use crate::base::problem::Problem;
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

/// Columns of a plan's import, which may be left out: how many of a hundred objects are drawn where none is named, and of which.
const SAMPLING: [(&str, &str); 3] = [("percent", "抽查比例"), ("list", "抽查名单"), ("object_risk", "抽查风险")];
/// How many columns there are of both.
const WIDTH: usize = COLUMNS.len() + SAMPLING.len();

/// What a sheet is read as.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Form<'a> {
    /// The organ whose plan it is. Its column may then be left out, and sampling rules are understood.
    pub organ: Option<&'a str>,
    /// What the objects' names and numbers stand for; absent where they are keys already.
    pub objects: Option<&'a BTreeMap<String, Resolved>>,
}

impl Form<'_> {
    fn columns(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let sampling = if self.organ.is_some() { SAMPLING.len() } else { 0 };
        COLUMNS.into_iter().chain(SAMPLING.into_iter().take(sampling))
    }

    /// Whether a column has to be there.
    fn needs(&self, name: &str) -> bool {
        COLUMNS.iter().any(|(known, _)| *known == name) && !(self.organ.is_some() && name == "organ")
    }
}

const LISTS: &[(&str, &str, &str)] = &[("random", "随机抽查", "random"), ("key", "重点监管", "key")];
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
    places: &'a [Option<usize>; WIDTH],
    errors: Vec<CellError>,
}

impl Row<'_> {
    fn cell(&self, field: &str) -> Result<&str, (&str, &'static str)> {
        let place = COLUMNS.iter().chain(&SAMPLING).position(|(name, _)| *name == field).and_then(|n| self.places.get(n).copied().flatten());
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
    fn entry(&mut self, form: &Form<'_>, least_officers: u8) -> Option<Planned> {
        let id = self.text("id");
        let organ = self.organ(form);
        let matters = self.text("matters").map(|text| text.split([';', '；']).map(|code| code.trim().to_owned()).collect());
        let sample = self.sample();
        let object = if sample.is_some() { self.cell("object").ok().map(str::to_owned) } else { self.object(form) };
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
        let planned = Planned { entry, sample };
        for flaw in planned.flaws(least_officers) {
            let column = flaw.field.split('.').next().unwrap_or_default().to_owned();
            self.wrong(&column, flaw.why);
        }
        self.errors.is_empty().then_some(planned)
    }

    fn organ(&mut self, form: &Form<'_>) -> Option<String> {
        let Some(own) = form.organ else { return self.text("organ") };
        let other = self.cell("organ").is_ok_and(|text| !text.is_empty() && text != own);
        if other {
            self.wrong("organ", format!("this is a plan of {own}; leave the row to the other organ's plan"));
        }
        Some(own.to_owned())
    }

    /// The key of the object that the cell names.
    fn object(&mut self, form: &Form<'_>) -> Option<String> {
        let text = self.text("object")?;
        let Some(known) = form.objects else { return Some(text) };
        match known.get(&text) {
            Some(Resolved::One(object)) => return Some(object.record.to_string()),
            Some(Resolved::Several(several)) => {
                let shown: Vec<String> = several.iter().take(5).map(|object| format!("{} {}", object.name, object.record)).collect();
                self.wrong("object", format!("several objects are known by this: {}; give the record of the one that is meant", shown.join(", ")));
            }
            _ => self.wrong("object", "no site or subject is known by this name or number; correct it, or enter the object first"),
        }
        None
    }

    /// The sampling rule of a row that names how many are drawn.
    fn sample(&mut self) -> Option<Sampling> {
        let filled = |row: &Self, field: &str| row.cell(field).map_or(true, |text| !text.is_empty());
        if !filled(self, "percent") {
            for column in ["list", "object_risk"].into_iter().filter(|column| filled(self, column)).collect::<Vec<_>>() {
                self.wrong(column, "says of what is drawn; give percent 抽查比例 too, or leave it out");
            }
            return None;
        }
        let percent = self.parsed("percent", "give 1 to 100, with or without %", |text| text.trim_end_matches(['%', '％']).trim().parse().ok());
        let list = filled(self, "list").then(|| self.word("list", LISTS)).flatten().map(str::to_owned);
        let risk = filled(self, "object_risk").then(|| self.word("object_risk", RISKS)).flatten();
        Some(Sampling { list, percent: percent?, risk })
    }
}

/// The places of the columns, by heading.
fn places(sheet: &Sheet, form: &Form<'_>) -> Result<[Option<usize>; WIDTH], Vec<CellError>> {
    let error = |column: &str, value: &str, reason: &str| CellError { sheet: sheet.name.clone(), row: 1, column: column.into(), value: value.into(), reason: reason.into() };
    let mut places = [None; WIDTH];
    let mut errors = Vec::new();
    for ((name, zh), place) in form.columns().zip(&mut places) {
        *place = sheet.headings.iter().position(|heading| heading == name || heading == zh);
        if place.is_none() && form.needs(name) {
            errors.push(error(name, "", &format!("the column is missing; its heading is {name} or {zh}")));
        }
    }
    for (n, heading) in sheet.headings.iter().enumerate().filter(|(n, heading)| !heading.is_empty() && !places.contains(&Some(*n))) {
        let twice = sheet.headings.iter().take(n).any(|before| before == heading);
        errors.push(error(heading, heading, if twice { "stands twice; leave one out" } else { "is no column of a plan; correct the heading or leave it out" }));
    }
    if errors.is_empty() { Ok(places) } else { Err(errors) }
}

/// The entries of an XLSX or CSV file, or what is wrong in its cells (at most [`MAX_ERRORS`]).
pub(super) fn entries(file: &[u8], book: &Book) -> Result<Result<Vec<Entry>, Vec<CellError>>, Failure> {
    let read = planned(&sheet::read(file)?, book, &Form::default())?;
    Ok(read.map(|all| all.into_iter().map(|planned| planned.entry).collect()))
}

/// What stands in the column of objects, each once.
pub(super) fn named(sheet: &Sheet) -> BTreeSet<String> {
    let at = sheet.headings.iter().position(|heading| COLUMNS.iter().any(|(name, zh)| *name == "object" && (heading == name || heading == zh)));
    let text = |line: &Line| match line.cells.get(at?)? {
        Cell::Text(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    sheet.lines.iter().filter_map(text).collect()
}

/// The entries of a sheet, or what is wrong in its cells (at most [`MAX_ERRORS`]).
pub(super) fn planned(sheet: &Sheet, book: &Book, form: &Form<'_>) -> Result<Result<Vec<Planned>, Vec<CellError>>, Problem> {
    let places = match places(sheet, form) {
        Ok(places) => places,
        Err(errors) => return Ok(Err(errors)),
    };
    let (mut entries, mut errors, mut ids): (Vec<Planned>, Vec<CellError>, BTreeSet<String>) = Default::default();
    for line in &sheet.lines {
        let mut row = Row { sheet: &sheet.name, line, places: &places, errors: Vec::new() };
        // How many officers are enough is policy of the day on which the window begins.
        let begins = row.cell("from").ok().and_then(|text| text.parse::<Date>().ok()).unwrap_or(Date::MAX);
        let least = policy::get::<i64>(book, "visit.officers", begins).map_err(|e| Problem::new("conflict", e.to_string()))?.value;
        if let Some(planned) = row.entry(form, u8::try_from(least).unwrap_or(u8::MAX)) {
            if ids.insert(planned.entry.id.clone()) {
                entries.push(planned);
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
