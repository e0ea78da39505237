//! From cells to rows of the book: headings, values, and the check of each kind.

use serde_json::{Map, Value as Json};
use sync_core::base::{Date, Validity};
use sync_core::catalogue::{any, parse_power_key};
use sync_core::dated::{Flaw, Kind, Row};

use super::column::{Blank, Column, MATTERS, POLICY_COLUMNS, POWER_COLUMNS, ROSTER, YEARS};
use super::report::{CellError, Shown, shown};
use super::sheet::{Cell, Line, Sheet};

/// What can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum What {
    /// 人员名册: officers with posts and certificates.
    Roster,
    /// 处罚事项: versions of matters.
    Matters,
    /// 职权: who holds which power.
    Powers,
    /// 年度日历: holidays and make-up working days.
    Years,
    /// 政策参数: policies.
    Policies,
}

impl What {
    /// All of them.
    pub const ALL: [What; 5] = [What::Roster, What::Matters, What::Powers, What::Years, What::Policies];

    /// The word in the URL.
    pub fn as_str(self) -> &'static str {
        match self {
            What::Roster => "roster",
            What::Matters => "matters",
            What::Powers => "powers",
            What::Years => "years",
            What::Policies => "policies",
        }
    }

    /// What a word means.
    pub fn parse(word: &str) -> Option<What> {
        What::ALL.into_iter().find(|what| what.as_str() == word)
    }

    /// Its name in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            What::Roster => "人员名册",
            What::Matters => "处罚事项",
            What::Powers => "职权",
            What::Years => "年度日历",
            What::Policies => "政策参数",
        }
    }

    /// Its columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            What::Roster => ROSTER,
            What::Matters => MATTERS,
            What::Powers => POWER_COLUMNS,
            What::Years => YEARS,
            What::Policies => POLICY_COLUMNS,
        }
    }

    /// The kind of its rows; the roster has several.
    pub fn kind(self) -> Option<Kind> {
        match self {
            What::Roster => None,
            What::Matters => Some(Kind::Matter),
            What::Powers => Some(Kind::Power),
            What::Years => Some(Kind::Year),
            What::Policies => Some(Kind::Policy),
        }
    }

    /// Whether digits of people may stand in the file.
    pub fn is_personal(self) -> bool {
        self == What::Roster
    }
}

/// The values of one line by path. What is absent in the file is absent here.
pub type Values = Map<String, Json>;

/// A sheet whose headings are understood, and what is wrong with it so far.
pub struct Reading<'s> {
    what: What,
    sheet: &'s Sheet,
    /// For each column of the sheet, which column it is.
    columns: Vec<Option<&'static Column>>,
    /// What is wrong.
    pub errors: Vec<CellError>,
}

impl<'s> Reading<'s> {
    /// Understands the headings. With an error here no line is read: its columns would be guessed.
    pub fn new(what: What, sheet: &'s Sheet) -> Reading<'s> {
        let mut reading = Reading { what, sheet, columns: Vec::new(), errors: Vec::new() };
        for (n, heading) in sheet.headings.iter().enumerate() {
            let column = what.columns().iter().find(|c| c.is_called(heading));
            let twice = column.is_some_and(|c| reading.columns.iter().flatten().any(|other: &&Column| other.path == c.path));
            if heading.is_empty() && !sheet.lines.iter().any(|line| line.cells.get(n).is_some_and(|cell| *cell != Cell::Text(String::new()))) {
                reading.columns.push(None);
                continue;
            }
            if column.is_none() {
                let known: Vec<&str> = what.columns().iter().map(|c| c.zh).collect();
                reading.error(1, heading, heading, format!("is no heading of this file; take the column out, or use one of {}", known.join(", ")));
            } else if twice {
                reading.error(1, heading, heading, "stands twice; take one column out");
            }
            reading.columns.push(column);
        }
        for column in what.columns().iter().filter(|c| c.is_needed()) {
            if !reading.columns.iter().flatten().any(|c| c.path == column.path) {
                reading.error(1, column.zh, "", format!("the column is missing; add the heading {} ({})", column.zh, column.en));
            }
        }
        reading
    }

    /// Notes what is wrong. Reasons never repeat a value.
    pub fn error(&mut self, row: usize, column: &str, value: &str, reason: impl Into<String>) {
        let of_person = self.what.columns().iter().any(|c| c.zh == column && matches!(c.path, "phone" | "citizen_id"));
        let general = if self.what.is_personal() { Shown::Masked } else { Shown::Plain };
        let value = shown(value, if of_person { Shown::Hidden } else { general });
        self.errors.push(CellError { sheet: self.sheet.name.clone(), row, column: shown(column, general), value, reason: reason.into() });
    }

    /// Notes what is wrong in the column of a path, with what stands there.
    pub fn error_at(&mut self, line: &Line, path: &str, reason: impl Into<String>) {
        let by_path =
            |path: &str| self.what.columns().iter().filter(|c| path == c.path || path.strip_prefix(c.path).is_some_and(|rest| rest.starts_with('.'))).max_by_key(|c| c.path.len());
        let column = by_path(path).or_else(|| self.what.columns().first().filter(|_| path == "key"));
        let value = column.map_or("", |c| self.text(line, c.path)).to_owned();
        self.error(line.number, column.map_or("", |c| c.zh), &value, reason);
    }

    fn text<'a>(&self, line: &'a Line, path: &str) -> &'a str {
        let at = self.columns.iter().position(|c| c.is_some_and(|c| c.path == path));
        match at.and_then(|n| line.cells.get(n)) {
            Some(Cell::Text(text) | Cell::Bad(text, _)) => text,
            None => "",
        }
    }

    /// Reads a line by its columns' forms; `None` if a cell is wrong.
    pub fn values(&mut self, line: &Line) -> Option<Values> {
        let before = self.errors.len();
        let mut values = Values::new();
        for (n, column) in self.columns.clone().into_iter().enumerate() {
            let Some(column) = column else { continue };
            match line.cells.get(n) {
                Some(Cell::Bad(value, why)) => {
                    let value = value.clone();
                    self.error(line.number, column.zh, &value, *why);
                }
                Some(Cell::Text(text)) if !text.is_empty() => match column.form.read(text, &|path| self.text(line, path)) {
                    Ok(value) => {
                        values.insert(column.path.to_owned(), value);
                    }
                    Err(reason) => self.error(line.number, column.zh, text, reason),
                },
                _ if column.is_needed() => self.error(line.number, column.zh, "", "is empty; give a value"),
                _ => {}
            }
        }
        for column in self.what.columns() {
            let of_blank = match column.blank {
                Blank::Empty => Json::Array(Vec::new()),
                Blank::No => false.into(),
                Blank::Absent | Blank::Refused => continue,
            };
            values.entry(column.path).or_insert(of_blank);
        }
        // Cells past the headings belong to no column.
        if line.cells.len() > self.columns.len() {
            self.error(line.number, "", "", "has more cells than the headings; take them out, or name their column");
        }
        (self.errors.len() == before).then_some(values)
    }

    /// Reads a line of a file of one kind as a row of the book.
    pub fn row(&mut self, line: &Line, kind: Kind) -> Option<Row> {
        let values = self.values(line)?;
        match assemble(kind, values) {
            Ok(row) => Some(row),
            Err(flaw) => {
                self.error_at(line, &flaw.field, flaw.why);
                None
            }
        }
    }
}

/// Puts a value where its path says.
fn put(body: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => {
            body.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            if let Json::Object(inner) = body.entry(first).or_insert_with(|| Json::Object(Map::new())) {
                put(inner, rest, value);
            }
        }
    }
}

/// Takes a day out of the values.
pub fn take_day(values: &mut Values, path: &str) -> Option<Date> {
    values.remove(path).and_then(|v| serde_json::from_value(v).ok())
}

/// Takes a text out of the values.
pub fn take_text(values: &mut Values, path: &str) -> Option<String> {
    values.remove(path).and_then(|v| if let Json::String(text) = v { Some(text) } else { None })
}

fn assemble(kind: Kind, mut values: Values) -> Result<Row, Flaw> {
    let text = |values: &mut Values, path: &str| take_text(values, path).ok_or_else(|| Flaw::new(path, "is empty; give a value"));
    let mut valid = take_day(&mut values, "from").map(|from| Validity { from, until: take_day(&mut values, "until") });
    let key = match kind {
        Kind::Power => {
            let (matter, area) = (text(&mut values, "key.matter")?, text(&mut values, "key.area")?);
            let power = values.get("power").and_then(Json::as_str).unwrap_or_default().to_owned();
            // The scope is a word, or an object with the boundary of the part.
            let boundary = take_text(&mut values, "scope.part.boundary");
            let part = values.get("scope").and_then(Json::as_str) == Some("part");
            match (part, boundary) {
                (true, boundary) => {
                    values.insert("scope".into(), serde_json::json!({ "part": { "boundary": boundary.unwrap_or_default() } }));
                }
                (false, Some(_)) => return Err(Flaw::new("scope.part.boundary", "belongs to a part; choose 部分, or leave it out")),
                (false, None) => {}
            }
            format!("{matter}/{area}/{power}")
        }
        _ => text(&mut values, "key")?,
    };
    if kind == Kind::Year {
        let year: Option<i16> = key.parse().ok().filter(|_| key.len() == 4);
        let bounds = year.and_then(|year| Some((Date::new(year, 1, 1).ok()?, Date::new(year.checked_add(1)?, 1, 1).ok()?)));
        let (from, until) = bounds.ok_or_else(|| Flaw::new("key", "give the year in four digits"))?;
        valid = Some(Validity { from, until: Some(until) });
    }
    let valid = valid.ok_or_else(|| Flaw::new("from", "is empty; give the first day"))?;
    let mut body = Map::new();
    for (path, value) in values {
        put(&mut body, &path, value);
    }
    any::row(kind, &key, valid, &Json::Object(body))
}

/// The values of a row by path: what [`assemble`] takes.
pub fn spread(row: &Row, columns: &[Column]) -> Values {
    let body = row.body.to_json();
    let mut values: Values = columns.iter().filter_map(|c| Some((c.path.to_owned(), found(&body, c.path)?.clone()))).collect();
    values.insert("key".into(), (*row.key).into());
    values.insert("from".into(), row.valid.from.to_string().into());
    if let Some(until) = row.valid.until {
        values.insert("until".into(), until.to_string().into());
    }
    if let Some((matter, area, _)) = parse_power_key(&row.key).filter(|_| row.kind == Kind::Power) {
        values.insert("key.matter".into(), matter.into());
        values.insert("key.area".into(), area.into());
        if values.get("scope").is_some_and(Json::is_object) {
            values.insert("scope".into(), "part".into());
        }
    }
    values
}

fn found<'a>(body: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('.').try_fold(body, |value, part| value.get(part))
}
