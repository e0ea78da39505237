//! Reads a template, fills it with facts, and builds the model.

use std::collections::BTreeSet;
use std::ops::Range;

use minijinja::value::{Serde, Value as Inserted, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Deserialize;
use serde_json::Value;

use super::filters::{self, Mask};
use super::markup::{self, LINE, Line, Order};
use super::model::{Block, Cell, Column, Document, Ink, Row, Seal, Signature, Stamp};
use crate::base::{Date, Digest, UtcMs};

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Flaw {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub reason: String,
}

/// Why a document cannot be made of these facts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fact}: {reason} (line {line} of the template)")]
pub struct Missing {
    /// The expression of the template that found nothing it can print: `party.name`, `signatures.s1`.
    pub fact: String,
    /// Line of the template, from 1; 0 for what every document needs.
    pub line: usize,
    /// What is the matter.
    pub reason: String,
}

/// What a template says about itself, in the lines above its first empty line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Front {
    /// The type, as in [`TYPES`](super::TYPES).
    pub code: String,
    /// 字 of its numbers; absent if it has none.
    pub zi: Option<String>,
    /// Printed title.
    pub title: String,
    /// From 1.
    pub version: u32,
    /// First day of this version.
    pub from: Date,
    /// The article that asks for the document.
    pub source: String,
    /// Bears the organ's seal.
    pub sealed: bool,
    /// Handhelds may number it from a leased block.
    pub leased: bool,
    /// Facts that the public does not read as they are.
    pub masks: Vec<(String, Mask)>,
}

/// A template: read once, filled in often.
#[derive(Debug)]
pub struct Template {
    front: Front,
    env: Environment<'static>,
    source: String,
    /// How many lines stand before the body.
    body: usize,
}

const NAME: &str = "t";
const KEYS: &str = "code, zi, title_zh, version, from, source, sealed, leased, masks";

impl Template {
    /// Reads a template and checks every line of it.
    pub fn parse(text: &str) -> Result<Template, Flaw> {
        let (front, body) = front(text)?;
        let lines: Vec<&str> = text.lines().collect();
        let mut source = String::new();
        for (index, raw) in lines.iter().enumerate().skip(body) {
            let flaw = |reason: String| Flaw { line: index + 1, reason };
            if let Some(c) = raw.chars().find(|c| c.is_control() || *c == '\u{feff}') {
                return Err(flaw(format!("U+{:04X} may not stand in a template", u32::from(c))));
            }
            let (bare, tags) = bare(raw).map_err(flaw)?;
            for word in ["endset", "endfilter", "endmacro", "endcall", "autoescape", "include", "extends", "import"] {
                if tags.iter().any(|tag| tag.split_whitespace().any(|w| w.trim_matches('-') == word)) {
                    return Err(flaw(format!("'{word}' is not part of the language of templates")));
                }
            }
            let only_tags = !tags.is_empty() && bare.trim().is_empty();
            if !only_tags {
                markup::line(&bare).map_err(flaw)?;
            }
            // A line of tags alone leaves no line behind; every other says where it came from.
            let mark = if only_tags { 0 } else { index + 1 };
            source.push_str(&format!("{}{mark}{}{raw}\n", LINE.0, LINE.1));
        }
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        env.set_formatter(|out, _, value| Ok(out.write_str(&markup::shield(&printed(value)?))?));
        filters::add(&mut env);
        env.add_template_owned(NAME, source.clone()).map_err(|e| Flaw { line: e.line().unwrap_or(0) + body, reason: said(&e) })?;
        Ok(Template { front, env, source, body })
    }

    /// What it says about itself.
    pub fn front(&self) -> &Front {
        &self.front
    }

    /// The facts that it reads, with their members as far as they are spelt out (`party.name`), in order. What it reads of the
    /// elements of a list is not among them.
    pub fn needs(&self) -> BTreeSet<String> {
        let mut needs: BTreeSet<String> = self.env.get_template(NAME).map(|t| t.undeclared_variables(true).into_iter().collect()).unwrap_or_default();
        needs.extend(["dated", "organ.name"].map(str::to_owned));
        needs
    }

    /// The document that these facts make.
    pub fn render(&self, facts: &Value) -> Result<Document, Missing> {
        let need = |fact: &str, reason: &str| Missing { fact: fact.to_owned(), line: 0, reason: reason.to_owned() };
        let organ = facts.pointer("/organ/name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let organ = organ.ok_or_else(|| need("organ.name", "the organ that makes the document is not among the facts"))?;
        let dated = facts.get("dated").and_then(Value::as_str).and_then(|day| day.parse().ok());
        let dated = dated.ok_or_else(|| need("dated", "the day of the document (2024-09-27) is not among the facts"))?;
        let number = facts.get("number").and_then(Value::as_str).filter(|no| !no.is_empty());
        // Names of documents vary from place to place; the text does not.
        let called = facts.get("titles").and_then(|titles| titles.get(&self.front.code)).and_then(Value::as_str).filter(|title| !title.trim().is_empty());
        let template = self.env.get_template(NAME).map_err(|e| self.missing(&e))?;
        let filled = template.render(Inserted::from(Serde(facts))).map_err(|e| self.missing(&e))?;
        let document = Document {
            code: self.front.code.clone(),
            version: self.front.version,
            title: called.map_or_else(|| self.front.title.clone(), str::to_owned),
            organ: organ.to_owned(),
            number: number.map(str::to_owned),
            numbered: self.front.zi.is_some(),
            dated,
            blocks: Vec::new(),
            each_page: Vec::new(),
            foot: None,
        };
        let mut built = Build { facts, document, line: 0, group: None, ended: true };
        for raw in filled.lines() {
            let Some((number, text)) = raw.strip_prefix(LINE.0).and_then(|rest| rest.split_once(LINE.1)) else { continue };
            let number = number.parse().unwrap_or_default();
            if number == 0 {
                continue;
            }
            built.line = number;
            let line = markup::line(text).map_err(|reason| Missing { fact: "template".to_owned(), line: number, reason })?;
            built.add(line)?;
        }
        Ok(built.document)
    }

    /// The document as the public may read it: what `masks` names is masked, there and wherever else its text occurs. Of an
    /// object that says `minor: true` nothing is shown (`domain.md` §5.9).
    pub fn render_masked(&self, facts: &Value) -> Result<Document, Missing> {
        let mut facts = facts.clone();
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (path, mask) in &self.front.masks {
            let (owner, member) = path.rsplit_once('.').unwrap_or(("", path));
            let owner = if owner.is_empty() { String::new() } else { format!("/{}", owner.replace('.', "/")) };
            let Some(owner) = facts.pointer_mut(&owner) else { continue };
            let mask = if owner.get("minor") == Some(&Value::Bool(true)) { Mask::All } else { *mask };
            if let Some(Value::String(text)) = owner.get_mut(member).filter(|v| v.as_str().is_some_and(|t| !t.trim().is_empty())) {
                let masked = mask.over(text);
                pairs.push((std::mem::replace(text, masked.clone()), masked));
            }
        }
        // Longer ones first: a name may be part of an address.
        pairs.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        replace(&mut facts, &pairs);
        if let Some(signatures) = facts.get_mut("signatures").and_then(Value::as_object_mut) {
            signatures.values_mut().filter_map(Value::as_object_mut).for_each(|s| drop(s.remove("strokes")));
        }
        self.render(&facts)
    }

    fn missing(&self, error: &Error) -> Missing {
        let line = error.line().map_or(0, |line| line + self.body);
        let fact = error.range().and_then(|range| self.expression(range)).unwrap_or(&self.front.code).to_owned();
        Missing { fact, line, reason: said(error) }
    }

    /// What stands at a place of the source; for a filter, the whole placeholder that it is in.
    fn expression(&self, at: Range<usize>) -> Option<&str> {
        let (before, after) = (self.source.get(..at.start)?, self.source.get(at.end..)?);
        let whole = before.trim_end().ends_with('|').then(|| before.rfind("{{").zip(after.find("}}"))).flatten();
        let range = whole.map_or(at.clone(), |(from, to)| from + 2..at.end + to);
        self.source.get(range).map(str::trim).filter(|text| !text.is_empty())
    }
}

fn said(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::UndefinedError, None) => "is not among the facts".to_owned(),
        (_, Some(detail)) => detail.to_owned(),
        (kind, None) => kind.to_string(),
    }
}

/// Texts and whole numbers are printed; nothing else is a thing that a document says.
fn printed(value: &Inserted) -> Result<String, Error> {
    match (value.kind(), value.as_str()) {
        (_, Some(text)) => Ok(text.to_owned()),
        (ValueKind::Number, _) if value.is_integer() => Ok(value.to_string()),
        (ValueKind::Undefined | ValueKind::None, _) => Err(Error::from(ErrorKind::UndefinedError)),
        (kind, _) => Err(Error::new(ErrorKind::InvalidOperation, format!("is a {kind}; a document prints texts and whole numbers"))),
    }
}

fn replace(value: &mut Value, pairs: &[(String, String)]) {
    match value {
        Value::String(text) => {
            for (from, to) in pairs {
                if text.contains(from.as_str()) {
                    *text = text.replace(from.as_str(), to);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, pairs)),
        Value::Object(members) => members.values_mut().for_each(|member| replace(member, pairs)),
        _ => {}
    }
}

/// The line with every placeholder as one letter, and without tags and comments, which are given apart.
fn bare(raw: &str) -> Result<(String, Vec<&str>), String> {
    let (mut out, mut tags, mut rest) = (String::new(), Vec::new(), raw);
    while let Some(at) = [rest.find("{{"), rest.find("{%"), rest.find("{#")].into_iter().flatten().min() {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let close = if from.starts_with("{{") {
            "}}"
        } else if from.starts_with("{%") {
            "%}"
        } else {
            "#}"
        };
        let (inside, after) = from.get(2..).and_then(|f| f.split_once(close)).ok_or_else(|| format!("what is opened here is not closed by '{close}' in the same line"))?;
        match close {
            "}}" => out.push('x'),
            _ => tags.push(if close == "%}" { inside } else { "" }),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok((out, tags))
}

/// Reads the lines before the first empty one; also gives how many lines are before the body.
fn front(text: &str) -> Result<(Front, usize), Flaw> {
    let mut found: Vec<(&str, &str, usize)> = Vec::new();
    let mut body = 0;
    for (index, raw) in text.lines().enumerate() {
        body = index + 1;
        if raw.trim().is_empty() {
            break;
        }
        let flaw = |reason: &str| Flaw { line: index + 1, reason: reason.to_owned() };
        let (key, value) = raw.split_once(':').ok_or_else(|| flaw("the lines up to the first empty one say 'key: value'"))?;
        let key = key.trim();
        if !KEYS.split(", ").any(|known| known == key) {
            return Err(flaw(&format!("'{key}' is none of {KEYS}")));
        }
        if found.iter().any(|(known, ..)| *known == key) {
            return Err(flaw(&format!("'{key}' is given twice")));
        }
        found.push((key, value.trim(), index + 1));
    }
    let get = |key: &str| found.iter().find(|(known, ..)| *known == key).map(|(_, value, line)| (*value, *line));
    let need = |key: &str| get(key).filter(|(v, _)| !v.is_empty()).ok_or_else(|| Flaw { line: 1, reason: format!("'{key}' is missing above the first empty line") });
    let yes = |key: &str| match need(key)? {
        ("yes", _) => Ok(true),
        ("no", _) => Ok(false),
        (_, line) => Err(Flaw { line, reason: format!("'{key}' is yes or no") }),
    };
    let (version, at) = need("version")?;
    let version = version.parse().ok().filter(|v| (1..=1000).contains(v)).ok_or_else(|| Flaw { line: at, reason: "a version is a number from 1 to 1000".to_owned() })?;
    let (from, at) = need("from")?;
    let from = from.parse().map_err(|_| Flaw { line: at, reason: "'from' is a day such as 2021-07-15".to_owned() })?;
    let mut masks = Vec::new();
    if let Some((list, line)) = get("masks") {
        for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (path, mask) = part
                .split_once('=')
                .and_then(|(path, name)| Some((path, Mask::by_name(name)?)))
                .ok_or_else(|| Flaw { line, reason: format!("'{part}': write fact=mask, with a mask of name, id, phone, address, account, all") })?;
            masks.push((path.to_owned(), mask));
        }
    }
    let front = Front {
        code: need("code")?.0.to_owned(),
        zi: get("zi").map(|(v, _)| v.to_owned()).filter(|v| !v.is_empty()),
        title: need("title_zh")?.0.to_owned(),
        version,
        from,
        source: need("source")?.0.to_owned(),
        sealed: yes("sealed")?,
        leased: yes("leased")?,
        masks,
    };
    Ok((front, body))
}

/// A signature among the facts, as `signatures.*` of a record has it, with what only a document says.
#[derive(Deserialize)]
struct Signed {
    #[serde(alias = "by")]
    name: Option<String>,
    day: Option<Date>,
    ms: Option<i64>,
    refused: Option<String>,
    w: Option<u32>,
    h: Option<u32>,
    strokes: Option<Vec<Vec<u32>>>,
}

struct Build<'a> {
    facts: &'a Value,
    document: Document,
    line: usize,
    group: Option<String>,
    /// The block before is complete: a row, an item or a signature begins a new one.
    ended: bool,
}

impl Build<'_> {
    fn missing(&self, fact: impl Into<String>, reason: impl Into<String>) -> Missing {
        Missing { fact: fact.into(), line: self.line, reason: reason.into() }
    }

    fn push(&mut self, block: Block) {
        self.document.blocks.push(block);
        self.ended = true;
    }

    fn last(&mut self) -> Option<&mut Block> {
        if self.ended { None } else { self.document.blocks.last_mut() }
    }

    fn add(&mut self, line: Line) -> Result<(), Missing> {
        match line {
            Line::Blank => {
                self.ended = true;
                self.group = None;
            }
            Line::Heading(level, text) => self.push(Block::Heading { level, text }),
            Line::Text(style, text) => self.push(Block::Paragraph { style, text }),
            Line::PageBreak => self.push(Block::PageBreak),
            Line::Columns(columns) => {
                self.push(Block::Table { columns: columns.into_iter().map(|(title, width)| Column { title, width }).collect(), rows: Vec::new() });
                self.ended = false;
            }
            Line::Group(group) => self.group = group,
            Line::Head(text) => self.row(Row::Head { text }),
            Line::Row(cells) => self.cells(cells)?,
            Line::Item(counted, text) => match self.last() {
                Some(Block::List { counted: before, items }) if *before == counted => items.push(text),
                _ => {
                    self.push(Block::List { counted, items: vec![text] });
                    self.ended = false;
                }
            },
            Line::Question(question) => {
                self.push(Block::Exchange { question, answer: None });
                self.ended = false;
            }
            Line::Answer(text) => match self.last() {
                Some(Block::Exchange { answer: answer @ None, .. }) => *answer = Some(text),
                _ => return Err(self.missing("!", "an answer follows its question")),
            },
            Line::Order(order, args) => self.order(order, args)?,
        }
        Ok(())
    }

    fn row(&mut self, row: Row) {
        if let Some(Block::Form { rows }) = self.last() {
            rows.push(row);
        } else {
            self.push(Block::Form { rows: vec![row] });
            self.ended = false;
        }
    }

    fn cells(&mut self, cells: Vec<String>) -> Result<(), Missing> {
        let found = cells.len();
        if let Some(Block::Table { columns, rows }) = self.last() {
            let wanted = columns.len();
            if found != wanted {
                return Err(self.missing("|", format!("the table has {wanted} columns and this row {found}")));
            }
            rows.push(cells);
            return Ok(());
        }
        if !matches!(found, 2 | 4 | 6) {
            return Err(self.missing("|", format!("a row of a form has one to three labels with a value each, not {found} cells; a table begins with '|='")));
        }
        let mut pairs = Vec::new();
        let mut cells = cells.into_iter();
        while let (Some(label), Some(value)) = (cells.next(), cells.next()) {
            pairs.push(Cell { label, value });
        }
        let group = self.group.clone();
        self.row(Row::Cells { group, cells: pairs });
        Ok(())
    }

    fn order(&mut self, order: Order, args: Vec<String>) -> Result<(), Missing> {
        let mut args = args.into_iter();
        let mut next = || args.next().unwrap_or_default();
        match order {
            Order::Title => self.document.title = next(),
            Order::Foot => self.document.foot = Some(next()),
            Order::Qr => {
                let (text, caption) = (next(), next());
                self.push(Block::Qr { text, caption: Some(caption).filter(|c| !c.is_empty()) });
            }
            Order::EachPage => {
                let signature = self.signature(next(), &next())?;
                self.document.each_page.push(signature);
            }
            Order::Sign => {
                let signature = self.signature(next(), &next())?;
                match self.last() {
                    Some(Block::Signatures { signatures }) => signatures.push(signature),
                    _ => {
                        self.push(Block::Signatures { signatures: vec![signature] });
                        self.ended = false;
                    }
                }
            }
            Order::Opinion => {
                let (label, text, name, day, id) = (next(), next(), next(), next(), next());
                let mut signature = self.signature(String::new(), &id)?;
                let given = |text: String| Some(text).filter(|t| !t.is_empty());
                signature.name = given(name).or(signature.name);
                signature.day = given(day).or(signature.day);
                self.row(Row::Opinion { label, text, signature });
            }
            Order::Seal => {
                let (organ, day) = (next(), next());
                let stamp = self.stamp()?;
                let organ = if organ.is_empty() { self.document.organ.clone() } else { organ };
                let day = if day.is_empty() { filters::day(self.document.dated) } else { day };
                self.push(Block::Seal(Seal { organ, day, stamp }));
            }
        }
        Ok(())
    }

    fn stamp(&self) -> Result<Stamp, Missing> {
        let Some(seal) = self.facts.get("seal").filter(|seal| !seal.is_null()) else { return Ok(Stamp::Absent) };
        match seal.get("image").filter(|image| !image.is_null()) {
            None => Ok(Stamp::Drawn),
            Some(image) => image.as_str().and_then(Digest::parse).map(Stamp::Image).ok_or_else(|| self.missing("seal.image", "is no SHA-256 in 43 characters of URL-safe base64")),
        }
    }

    /// A place to sign; `id` is a member of the fact `signatures`, empty where nobody has signed yet.
    fn signature(&self, label: String, id: &str) -> Result<Signature, Missing> {
        if id.is_empty() {
            return Ok(Signature { label, ..Signature::default() });
        }
        let fact = format!("signatures.{id}");
        let Some(found) = self.facts.get("signatures").and_then(|all| all.get(id)) else { return Err(self.missing(fact, "is not among the facts")) };
        let signed: Signed =
            serde_json::from_value(found.clone()).map_err(|_| self.missing(&fact, "is no signature: {name, day or ms, w, h, strokes: [[x, y, x, y …] …]} or {name, refused}"))?;
        let day = signed.day.or_else(|| crate::base::date::day_of(UtcMs(signed.ms?))).map(filters::day);
        let ink = match (signed.strokes, signed.w, signed.h) {
            (Some(strokes), Some(w @ 1..), Some(h @ 1..)) => {
                let inside =
                    strokes.iter().all(|s| s.len().is_multiple_of(2) && s.chunks_exact(2).all(|p| p.first().is_some_and(|x| *x <= w) && p.last().is_some_and(|y| *y <= h)));
                if !inside {
                    return Err(self.missing(fact, "has a point outside its box of w × h"));
                }
                Some(Ink { w, h, strokes }).filter(|ink| ink.strokes.iter().any(|s| s.len() >= 4))
            }
            (Some(_), ..) => return Err(self.missing(fact, "has strokes without the size w × h of their box")),
            (None, ..) => None,
        };
        Ok(Signature { label, name: signed.name.filter(|n| !n.is_empty()), day, refused: signed.refused.filter(|r| !r.is_empty()), ink })
    }
}
