//! Documents on paper: what the model says is what the page says, whole, in order, and the same every time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail the test")]

mod samples;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs};

use docgen::{Document, Dossier, FontSettings, Fonts, Pdf, Press, RenderError};
use samples::{document, form, penalty_decision, site_record};
use sync_core::base::Digest;
use sync_core::document::{Block, Column, Row, Seal, Signature, Stamp, Style};

static PRESS: LazyLock<Press> = LazyLock::new(|| Press::new(Fonts::load(&FontSettings::default()).unwrap_or_else(|e| panic!("{e}"))));

fn render(document: &Document) -> Pdf {
    let pdf = PRESS.render(document, &BTreeMap::new()).unwrap_or_else(|e| panic!("{}: {e}", document.code));
    assert!(pdf.bytes.windows(22).any(|w| w == b"pdfaid:conformance>U</"), "PDF/A-2u says so in its metadata");
    pdf
}

/// The pages as `pdftotext` (poppler-utils, `tests/run` installs it) reads them, without white space.
fn text(name: &str, pdf: &Pdf) -> Vec<String> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pdf"));
    fs::write(&file, &pdf.bytes).unwrap();
    let out = Command::new("pdftotext").arg(&file).arg("-").output().expect("pdftotext of the package poppler-utils");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let all = String::from_utf8(out.stdout).unwrap();
    let pages: Vec<String> = all.split_terminator('\u{c}').map(|page| page.chars().filter(|c| !c.is_whitespace()).collect()).collect();
    assert_eq!(pages.len(), pdf.pages, "{name}");
    pages
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Every text of the model is on the pages, character by character; what runs over several lines of neighbouring cells is looked for by
/// its characters.
fn says_all(document: &Document, pages: &[String]) {
    let all = pages.concat();
    for wanted in document.texts().into_iter().map(bare) {
        let short = wanted.chars().count() <= 4 || all.contains(&wanted);
        let letters = |text: &str| {
            let mut count: BTreeMap<char, usize> = BTreeMap::new();
            text.chars().for_each(|c| *count.entry(c).or_default() += 1);
            count
        };
        let there = letters(&all);
        assert!(short || letters(&wanted).iter().all(|(c, n)| there.get(c).is_some_and(|have| have >= n)), "{}: “{wanted}” is not in {all}", document.code);
    }
}

#[test]
fn a_decision_and_a_record_say_what_their_models_say() {
    for (name, document) in [("penalty_decision", penalty_decision()), ("site_record", site_record()), ("form", form())] {
        let pages = text(name, &render(&document));
        says_all(&document, &pages);
        let count = pages.len();
        for (at, page) in pages.iter().enumerate() {
            assert!(page.contains(&format!("第{}页共{count}页", at + 1)), "{name} page {}: {page}", at + 1);
        }
    }
}

#[test]
fn running_text_is_in_one_piece_and_in_order() {
    let decision = penalty_decision();
    let all = text("order", &render(&decision)).concat();
    let mut at = 0;
    for block in &decision.blocks {
        if let Block::Paragraph { text, .. } | Block::Heading { text, .. } = block {
            let wanted = bare(text);
            // A page ends within a paragraph: its halves are looked for.
            let half: String = wanted.chars().take(12).collect();
            at += all[at..].find(&half).unwrap_or_else(|| panic!("“{half}” is not in order"));
        }
    }
}

#[test]
fn the_head_of_a_table_is_on_each_of_its_pages() {
    let rows = (1..=90).map(|n| vec![n.to_string(), format!("证据第{n}号，现场照片及说明"), "证明占用城市道路的事实".to_owned()]).collect();
    let columns = [("序号", 1), ("证据名称", 5), ("证明的事实", 5)].map(|(title, width)| Column { title: title.to_owned(), width }).into();
    let document = document("long_table", vec![Block::Table { columns, rows }]);
    let pages = text("long_table", &render(&document));
    assert!(pages.len() >= 3, "{} pages", pages.len());
    for page in &pages {
        assert!(page.contains("序号证据名称证明的事实"), "{page}");
    }
    assert!((1..=90).all(|n| pages.concat().contains(&format!("证据第{n}号"))));
}

#[test]
fn what_is_long_breaks_inside_its_cell() {
    let digest = "0123456789abcdef".repeat(8);
    let address = format!("https://example.com/{}", "path/".repeat(30));
    let columns = [("甲", 1), ("乙", 1), ("丙", 8)].map(|(title, width)| Column { title: title.to_owned(), width }).into();
    let document = document("long_words", vec![Block::Table { columns, rows: vec![vec![digest.clone(), address.clone(), "丙".to_owned()]] }]);
    let pdf = render(&document);
    let all = text("long_words", &pdf).concat();
    // Two columns are read line by line in turns: all their characters are there, and nothing was cut off at the edge.
    let count = |text: &str, c: char| text.chars().filter(|x| *x == c).count();
    for c in "0123456789abcdefhtps:/.xml".chars() {
        assert!(count(&all, c) >= count(&digest, c) + count(&address, c), "{c}");
    }
}

#[test]
fn a_rare_character_is_shown_and_one_that_no_font_has_is_named() {
    let said = |text: &str| PRESS.render(&document("glyph", vec![Block::Paragraph { style: Style::Body, text: text.to_owned() }]), &BTreeMap::new());
    let rare = said("当事人𠮷野龘").unwrap();
    assert!(text("rare", &rare).concat().contains("当事人𠮷野龘"));
    for c in ['\u{10FFFD}', '\u{200B}', '\u{7}'] {
        let error = said(&format!("一二三四五六七八九十当事人某{c}某住某处一二三四五")).unwrap_err();
        assert_eq!(error, RenderError::Glyph { character: c, around: format!("七八九十当事人某{c}某住某处一二三四") }, "{error}");
    }
}

#[test]
fn two_runs_give_the_same_bytes() {
    let decision = penalty_decision();
    let other = Press::new(Fonts::load(&FontSettings::default()).unwrap());
    assert!(render(&decision) == render(&decision));
    assert!(render(&decision) == other.render(&decision, &BTreeMap::new()).unwrap());
    let mut later = decision.clone();
    later.dated = "2024-10-08".parse().unwrap();
    assert!(render(&decision).bytes != render(&later).bytes);
}

#[test]
fn a_seal_with_an_image_wants_the_image() {
    let png = samples::red_png();
    let digest = Digest::plain(&png);
    let sealed = document("sealed", vec![Block::Seal(Seal { organ: "某局".to_owned(), day: "2024年9月27日".to_owned(), stamp: Stamp::Image(digest) })]);
    assert_eq!(PRESS.render(&sealed, &BTreeMap::new()), Err(RenderError::NoSeal(digest)));
    let with = PRESS.render(&sealed, &[(digest, png)].into()).unwrap();
    let mut plain = sealed.clone();
    plain.blocks = vec![Block::Seal(Seal { organ: "某局".to_owned(), day: "2024年9月27日".to_owned(), stamp: Stamp::Absent })];
    assert!(with.bytes.len() > render(&plain).bytes.len());
    assert!(matches!(PRESS.render(&sealed, &[(digest, b"no picture".to_vec())].into()), Err(RenderError::Layout(_))));
}

#[test]
fn a_seal_is_never_alone_on_a_page() {
    // Whatever the length of the text above it, the page of the seal has text of the last paragraph.
    for lines in 18..34 {
        let mut blocks: Vec<Block> = (0..lines).map(|n| Block::Paragraph { style: Style::Body, text: format!("第{n}段") }).collect();
        blocks.push(Block::Seal(Seal { organ: "某局".to_owned(), day: "2024年9月27日".to_owned(), stamp: Stamp::Drawn }));
        let pages = text(&format!("alone-{lines}"), &render(&document("alone", blocks)));
        let last = pages.last().unwrap();
        assert!(last.contains("2024年9月27日") && last.contains(&format!("第{}段", lines - 1)), "{lines}: {last}");
    }
}

#[test]
fn a_long_last_paragraph_runs_over_pages_to_its_seal() {
    let long: String = (0..900).map(|n| format!("{n}、")).collect();
    let seal = Seal { organ: "某局".to_owned(), day: "2024年9月27日".to_owned(), stamp: Stamp::Drawn };
    let blocks = vec![Block::Heading { level: 1, text: "一、事实".to_owned() }, Block::Paragraph { style: Style::Body, text: long.clone() }, Block::Seal(seal)];
    let pages = text("long_last", &render(&document("long_last", blocks)));
    assert!(pages.len() > 2 && pages[0].contains("0、1、2、") && pages.last().unwrap().contains("898、899、"), "{pages:?}");
    let digits = |text: &str| text.chars().filter(|c| c == &'、').count();
    assert_eq!(pages.iter().map(|page| digits(page)).sum::<usize>(), 901, "with that of the heading");
}

#[test]
fn a_file_has_a_cover_a_list_with_pages_and_bookmarks() {
    let titled = |title: &str, blocks: Vec<Block>| Document { title: title.to_owned(), ..document("part", blocks) };
    let line = |n: usize| Block::Paragraph { style: Style::Body, text: format!("第{n}段") };
    let list = |rows: usize| {
        let columns = [("序号", 1), ("文书名称", 6), (docgen::PAGES, 2)].map(|(title, width)| Column { title: title.to_owned(), width }).into();
        titled("卷内文件目录", vec![Block::Table { columns, rows: (1..=rows).map(|n| vec![n.to_string(), format!("文书{n}"), String::new()]).collect() }])
    };
    let (cover, note) = (titled("卷宗", vec![Block::Form { rows: vec![Row::Head { text: "案卷".to_owned() }] }]), titled("备考表", vec![line(1)]));
    let (long, short) = (titled("立案审批表", (0..60).map(line).collect()), penalty_decision());
    let list3 = list(3);
    let dossier = Dossier { cover: &cover, list: &list3, documents: vec![&long, &short, &long], note: &note };
    let pdf = PRESS.dossier(&dossier, &BTreeMap::new()).unwrap();
    let pages = text("dossier", &pdf);
    let (of_long, of_short) = (render(&long).pages, render(&short).pages);
    assert_eq!(pages.len(), 2 + 2 * of_long + of_short + 1);
    let wanted = [format!("1文书11-{of_long}"), format!("2文书2{}-{}", of_long + 1, of_long + of_short), format!("3文书3{}-{}", of_long + of_short + 1, 2 * of_long + of_short)];
    assert!(wanted.iter().all(|row| pages[1].contains(row)), "{wanted:?} in {}", pages[1]);
    assert!(pages[2 + of_long].starts_with(&(of_long + 1).to_string()), "{}", pages[2 + of_long]);
    assert!(pdf.bytes.windows(9).any(|w| w == b"/Outlines"));
    assert!(pdf == PRESS.dossier(&dossier, &BTreeMap::new()).unwrap());
    let list2 = list(2);
    assert!(matches!(PRESS.dossier(&Dossier { list: &list2, ..dossier }, &BTreeMap::new()), Err(RenderError::Layout(_))));
}

#[test]
fn empty_and_odd_models_are_drawn() {
    for blocks in [
        vec![],
        vec![Block::PageBreak, Block::PageBreak],
        vec![Block::Table { columns: vec![Column { title: "甲".to_owned(), width: 1 }], rows: vec![] }],
        vec![Block::Signatures { signatures: vec![Signature::default(); 5] }],
        vec![Block::List { counted: true, items: vec![String::new()] }],
        vec![Block::Paragraph { style: Style::Note, text: "甲\r\n\r\n\t乙\n".to_owned() }],
        vec![Block::Heading { level: 3, text: String::new() }, Block::Exchange { question: "问#[*_$".to_owned(), answer: None }],
    ] {
        render(&document("odd", blocks));
    }
}
