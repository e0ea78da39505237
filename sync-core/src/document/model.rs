//! The document as data: what stands on the paper, in order, and nothing about where it came from.
//!
//! A PDF and a page on the handheld are drawn from this and never see a record. The JSON form is canonical: members in the
//! order of their declaration, absent ones left out, no floats. Equal documents have equal bytes and equal digests.

use serde::{Deserialize, Serialize};

use crate::base::{Date, Digest};

/// A document of a type, in one version of its template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The type, as in [`TYPES`](super::TYPES).
    pub code: String,
    /// Version of its template, from 1.
    pub version: u32,
    /// Printed title: 行政处罚决定书.
    pub title: String,
    /// Full name of the organ that makes it, printed above the title.
    pub organ: String,
    /// Its number in print (甬高新综执罚决字〔2024〕第0001号); absent where the type has none or it is still a draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Whether the type has a number at all: a draft of such a type leaves a gap for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub numbered: bool,
    /// The day of the document: of its decision, or of the draft. Also the date inside the PDF.
    pub dated: Date,
    /// What stands on it.
    pub blocks: Vec<Block>,
    /// Who signs at the foot of every page (逐页签名), for records of an inquiry or an inspection.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub each_page: Vec<Signature>,
    /// A line at the foot of the last page, such as 本文书一式两份.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foot: Option<String>,
}

/// One block. Texts may hold `\n`, which breaks the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// A heading inside the document.
    Heading {
        /// 1 (一、), 2 or 3.
        level: u8,
        /// Its text.
        text: String,
    },
    /// Running text.
    Paragraph {
        /// How it stands.
        style: Style,
        /// Its text.
        text: String,
    },
    /// A ruled form: labels beside what was filled in, and opinions.
    Form {
        /// Top to bottom.
        rows: Vec<Row>,
    },
    /// A ruled table whose header is repeated on every page.
    Table {
        /// Left to right.
        columns: Vec<Column>,
        /// Top to bottom, each with as many texts as there are columns.
        rows: Vec<Vec<String>>,
    },
    /// Items one below the other.
    List {
        /// Counted 1. 2. 3. instead of unmarked.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        counted: bool,
        /// Their texts.
        items: Vec<String>,
    },
    /// A question and its answer (问, 答).
    Exchange {
        /// What was asked.
        question: String,
        /// What was answered; absent for a statement without answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<String>,
    },
    /// Signatures side by side, each under its label.
    Signatures {
        /// Left to right, at most two in a line.
        signatures: Vec<Signature>,
    },
    /// Organ and day with the place of the organ's seal.
    Seal(Seal),
    /// A QR code.
    Qr {
        /// What it says.
        text: String,
        /// What stands below.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
    },
    /// What follows begins a page.
    PageBreak,
}

/// How running text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// First line indented by two characters.
    Body,
    /// Flush left: the addressee.
    Flush,
    /// Centred.
    Center,
    /// Flush right.
    Right,
    /// Small print.
    Note,
}

/// A row of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// Labels and values side by side.
    Cells {
        /// What this row and its neighbours of the same group stand under, printed once at their left (当事人).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// One to three, of equal width.
        cells: Vec<Cell>,
    },
    /// A line across the form that heads the rows below it.
    Head {
        /// Its text.
        text: String,
    },
    /// What somebody thought of it, signed (承办人意见, 审核意见).
    Opinion {
        /// Whose.
        label: String,
        /// The opinion; empty while none was given.
        text: String,
        /// With name, day and strokes; its label is empty.
        signature: Signature,
    },
}

/// A label and what was filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// 案由
    pub label: String,
    /// 擅自占用城市道路案; empty if not filled in.
    pub value: String,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its head.
    pub title: String,
    /// Its share of the width, from 1.
    pub width: u32,
}

/// A place to sign, signed or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Signature {
    /// Who signs: 当事人签名.
    pub label: String,
    /// Name in print.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Day of signing in print.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// Instead of a signature: 拒绝签名, with the reason and the witness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The strokes on glass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ink: Option<Ink>,
}

/// Strokes in a box, in the units of `signatures.*`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ink {
    /// Width of the box, from 1.
    pub w: u32,
    /// Height of the box, from 1.
    pub h: u32,
    /// x, y, x, y … of each stroke, inside the box.
    pub strokes: Vec<Vec<u32>>,
}

/// The organ's name and day, with its seal across them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Full name of the organ.
    pub organ: String,
    /// Day in print.
    pub day: String,
    /// How it was sealed.
    pub stamp: Stamp,
}

/// The impression of a seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stamp {
    /// Not sealed: a draft, or sealed by hand on paper.
    Absent,
    /// Sealed by an organ that uploaded no image: a round seal with its name is drawn.
    Drawn,
    /// Sealed with the organ's own image: SHA-256 of the PNG, in the text form of [`Digest`].
    Image(Digest),
}

impl Document {
    /// The canonical JSON.
    pub fn to_json(&self) -> Vec<u8> {
        // Texts, integers and lists only: nothing in it can fail to be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// SHA-256 over the canonical JSON: what was shown, and what `papers.*.sha256` and `documents.*.model` name.
    pub fn digest(&self) -> Digest {
        Digest::tagged("zhifa-document-v1", &[&self.to_json()])
    }

    /// The images of seals that a PDF of it needs.
    pub fn seal_images(&self) -> impl Iterator<Item = Digest> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Seal(Seal { stamp: Stamp::Image(digest), .. }) => Some(*digest),
            _ => None,
        })
    }

    /// Every text on it, in reading order, as a search or a test wants it.
    pub fn texts(&self) -> Vec<&str> {
        let mut out = vec![self.organ.as_str(), self.title.as_str()];
        out.extend(self.number.as_deref());
        for block in &self.blocks {
            block.texts(&mut out);
        }
        self.each_page.iter().for_each(|signature| signature.texts(&mut out));
        out.extend(self.foot.as_deref());
        out.retain(|text| !text.is_empty());
        out
    }
}

impl Block {
    fn texts<'a>(&'a self, out: &mut Vec<&'a str>) {
        match self {
            Block::Heading { text, .. } | Block::Paragraph { text, .. } => out.push(text),
            Block::Form { rows } => rows.iter().for_each(|row| row.texts(out)),
            Block::Table { columns, rows } => {
                out.extend(columns.iter().map(|column| column.title.as_str()));
                out.extend(rows.iter().flatten().map(String::as_str));
            }
            Block::List { items, .. } => out.extend(items.iter().map(String::as_str)),
            Block::Exchange { question, answer } => {
                out.push(question);
                out.extend(answer.as_deref());
            }
            Block::Signatures { signatures } => signatures.iter().for_each(|signature| signature.texts(out)),
            Block::Seal(seal) => out.extend([seal.organ.as_str(), seal.day.as_str()]),
            Block::Qr { caption, .. } => out.extend(caption.as_deref()),
            Block::PageBreak => {}
        }
    }
}

impl Row {
    /// The label that it stands under, if any.
    pub fn group(&self) -> Option<&str> {
        match self {
            Row::Cells { group, .. } => group.as_deref(),
            Row::Head { .. } | Row::Opinion { .. } => None,
        }
    }

    fn texts<'a>(&'a self, out: &mut Vec<&'a str>) {
        match self {
            Row::Cells { group, cells } => {
                out.extend(group.as_deref());
                out.extend(cells.iter().flat_map(|cell| [cell.label.as_str(), cell.value.as_str()]));
            }
            Row::Head { text } => out.push(text),
            Row::Opinion { label, text, signature } => {
                out.extend([label.as_str(), text.as_str()]);
                signature.texts(out);
            }
        }
    }
}

impl Signature {
    fn texts<'a>(&'a self, out: &mut Vec<&'a str>) {
        out.push(&self.label);
        out.extend(self.name.as_deref());
        out.extend(self.refused.as_deref());
        out.extend(self.day.as_deref());
    }
}
