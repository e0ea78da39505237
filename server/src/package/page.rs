//! What a person reads first: a page without script and without anything from elsewhere, and the same on paper.

use askama::Template;
use sync_core::base::{Date, Digest, RecordId, UtcMs};
use sync_core::document::{Block, Column, Document, Style};

use super::gather::{Held, Piece};
use super::{Paper, fingerprint};

/// What is shown.
pub struct Shown<'a> {
    pub case: RecordId,
    pub case_no: Option<String>,
    pub title: Option<String>,
    pub stage: String,
    pub made_ms: i64,
    pub key: &'a [u8],
    pub log_size: u64,
    pub log_root: Digest,
    pub changes: &'a [Piece],
    pub papers: &'a [Paper],
    pub originals: &'a [Held],
    pub stamp: Option<String>,
}

#[derive(Template)]
#[template(path = "package.html")]
struct Page<'a> {
    heading: &'a str,
    number: String,
    made: String,
    fingerprint: String,
    s: &'a Shown<'a>,
}

impl Page<'_> {
    fn when(&self, ms: &i64) -> String {
        when(*ms)
    }
}

/// An instant in UTC, to the second.
fn when(ms: i64) -> String {
    let (days, rest) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000) / 1_000);
    let day = sync_core::base::date::day_of(UtcMs(days.saturating_mul(86_400_000))).unwrap_or(Date::MAX);
    format!("{day} {:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60)
}

impl Shown<'_> {
    fn number(&self) -> String {
        [self.case_no.as_deref(), self.title.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The page.
pub fn html(shown: &Shown<'_>) -> Result<String, askama::Error> {
    Page { heading: "证据包 Evidence package", number: shown.number(), made: when(shown.made_ms), fingerprint: fingerprint(shown.key), s: shown }.render()
}

/// The page on paper.
pub fn document(shown: &Shown<'_>, dated: Date) -> Document {
    let column = |title: &str, width| Column { title: title.to_owned(), width };
    let heading = |text: &str| Block::Heading { level: 1, text: text.to_owned() };
    let line = |text: String| Block::Paragraph { style: Style::Flush, text };
    // A digest in two halves: no line holds all of it.
    let halves = |digits: &str| digits.split_at_checked(32).map_or_else(|| digits.to_owned(), |(a, b)| format!("{a}\n{b}"));
    let mut blocks = vec![
        line(format!("案件:{} {}", shown.number(), shown.case)),
        line(format!("制作时间:{} UTC", when(shown.made_ms))),
        line(format!("服务器公钥指纹:\n{}", fingerprint(shown.key))),
        line(format!("日志:{} 项,根 {}", shown.log_size, shown.log_root)),
        heading("文书"),
        Block::List { counted: true, items: shown.papers.iter().map(|paper| paper.id.clone()).collect() },
        heading("证据原件"),
        Block::Table {
            columns: vec![column("SHA-256", 4), column("登记项", 3), column("状态", 2), column("字节", 1)],
            rows: shown
                .originals
                .iter()
                .map(|held| {
                    let named: Vec<&str> = held.original.named.iter().map(|(_, field)| field.as_str()).collect();
                    vec![halves(&held.original.sha256), named.join("\n"), held.original.state.words().0.to_owned(), held.size.to_string()]
                })
                .collect(),
        },
        heading("保管链"),
    ];
    for held in shown.originals.iter().filter(|held| !held.chain.is_empty()) {
        blocks.push(line(held.original.sha256.clone()));
        let rows = held.chain.iter().map(|event| {
            let (at, by, more) = match event.told() {
                Some(told) => (when(told.at_ms), told.by.clone(), told.detail.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join("\n")),
                None => (String::new(), String::new(), "另案事项,仅附摘要".to_owned()),
            };
            vec![event.n.to_string(), event.what.words().0.to_owned(), at, by, more]
        });
        blocks.push(Block::Table {
            columns: vec![column("序号", 1), column("事项", 2), column("时间(UTC)", 3), column("经手人", 2), column("说明", 4)], rows: rows.collect()
        });
    }
    blocks.push(line(format!("变更共 {} 项,逐项见 changes 目录。", shown.changes.len())));
    Document {
        code: "evidence_package".to_owned(),
        version: 1,
        title: "证据包清单".to_owned(),
        organ: String::new(),
        number: shown.case_no.clone(),
        numbered: false,
        dated,
        blocks,
        each_page: Vec::new(),
        foot: None,
    }
}
