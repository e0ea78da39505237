//! An empty or filled file to begin with: the present rows under their headings, and a sheet that explains the columns.
//! What it holds, imported as it is, changes nothing.
//!
//! Phones and citizen ids are left out: whoever fills in a roster need not read them, and an empty cell leaves them alone.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, XlsxError};
use sync_core::base::Date;
use sync_core::dated::{Book, Kind, Row};
use sync_core::org::{Certificate, HolderKind, Post};

use super::column::Column;
use super::parse::{Values, What, spread};
use super::people::{People, Person};
use super::roster::kind_of;

/// Width of a column in characters: not less than its heading needs, not more than a page bears.
const WIDEST: usize = 48;

/// The workbook.
pub fn workbook(what: What, book: &Book, people: &People, today: Date) -> Result<Vec<u8>, XlsxError> {
    let columns = what.columns();
    let rows: Vec<Vec<String>> = present(what, book, people, today).iter().map(|values| print(columns, values)).collect();
    let mut workbook = Workbook::new();
    let heading = Format::new().set_bold().set_background_color(Color::RGB(0xDD_EB_F7)).set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter).set_text_wrap();
    // Text, so that no spreadsheet turns a code into a number or a day into its own count.
    let cell = Format::new().set_num_format("@").set_align(FormatAlign::Top).set_text_wrap();
    let sheet = workbook.add_worksheet().set_name("数据")?;
    sheet.set_freeze_panes(1, 1)?;
    for (n, column) in (0u16..).zip(columns) {
        let at = usize::from(n);
        let title = if column.is_needed() { format!("{}*", column.zh) } else { column.zh.to_owned() };
        let width = rows.iter().filter_map(|row| row.get(at)).flat_map(|text| text.lines()).map(wide).chain([wide(&title), wide(column.example)]).max().unwrap_or(0);
        sheet.set_column_width(n, (width + 2).min(WIDEST) as u32)?;
        sheet.set_column_format(n, &cell)?;
        sheet.write_string_with_format(0, n, &title, &heading)?;
        for (line, row) in (1u32..).zip(&rows) {
            if let Some(text) = row.get(at).filter(|text| !text.is_empty()) {
                sheet.write_string_with_format(line, n, text, &cell)?;
            }
        }
    }
    explain(&mut workbook, what, &heading)?;
    workbook.save_to_buffer()
}

/// The workbook of a book's rows of one kind.
pub fn workbook_of(what: What, book: &Book) -> Result<Vec<u8>, XlsxError> {
    workbook(what, book, &People::default(), Date::MIN)
}

fn explain(workbook: &mut Workbook, what: What, heading: &Format) -> Result<(), XlsxError> {
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let sheet = workbook.add_worksheet().set_name("说明")?;
    let titles = ["列 / Column", "英文 / English", "必填 / Required", "示例 / Example", "说明 / Meaning"];
    for (n, (title, width)) in (0u16..).zip(titles.iter().zip([20u32, 22, 16, 40, 60])) {
        sheet.set_column_width(n, width)?;
        sheet.write_string_with_format(0, n, *title, heading)?;
    }
    for (line, column) in (1u32..).zip(what.columns()) {
        let choices = column.form.choices().map(|words| words.iter().map(|(_, zh)| *zh).collect::<Vec<_>>().join("、"));
        let about = [Some(column.about.to_owned()).filter(|a| !a.is_empty()), choices.map(|c| format!("可选：{c}"))].into_iter().flatten().collect::<Vec<_>>().join("；");
        for (n, part) in (0u16..).zip([column.zh, column.en, if column.is_needed() { "是" } else { "" }, column.example, &about]) {
            sheet.write_string_with_format(line, n, part, &text)?;
        }
    }
    let note = format!("第一个工作表的第一行为列名（{}），中文或英文均可。先预览差异，再确认导入。", what.zh());
    sheet.write_string(u32::try_from(what.columns().len()).unwrap_or(0) + 2, 0, note)?;
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// How wide a text is: Chinese characters take two places.
fn wide(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn print(columns: &[Column], values: &Values) -> Vec<String> {
    let mut printed: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let text = values.get(column.path).map(|value| {
            let row = |path: &str| columns.iter().position(|c| c.path == path).and_then(|n| printed.get(n)).map_or("", String::as_str);
            column.form.print(value, &row)
        });
        printed.push(text.unwrap_or_default());
    }
    printed
}

fn present(what: What, book: &Book, people: &People, today: Date) -> Vec<Values> {
    match what.kind() {
        Some(kind) => book.of_kind(kind).map(|row| spread(row, what.columns())).collect(),
        None => {
            let mut certificates: BTreeMap<String, Vec<(&Row, Certificate)>> = BTreeMap::new();
            for (row, certificate) in book.of_kind(Kind::Certificate).filter_map(|row| Some((row, row.typed::<Certificate>()?))) {
                certificates.entry(certificate.officer.to_string()).or_default().push((row, certificate));
            }
            people.0.iter().map(|(id, person)| of_person(book, id, person, certificates.remove(id).unwrap_or_default(), today)).collect()
        }
    }
}

/// The row that holds on a day, else the next one, else the last.
fn nearest<T>(mut rows: Vec<(&Row, T)>, today: Date) -> Option<(&Row, T)> {
    rows.sort_by_key(|(row, _)| row.valid.from);
    let at = rows.iter().position(|(row, _)| row.valid.until.is_none_or(|until| today < until)).unwrap_or(rows.len().saturating_sub(1));
    rows.into_iter().nth(at)
}

fn of_person(book: &Book, id: &str, person: &Person, certificates: Vec<(&Row, Certificate)>, today: Date) -> Values {
    let mut values = Values::new();
    let mut set = |path: &str, value: Option<&str>| {
        if let Some(value) = value {
            values.insert(path.to_owned(), value.into());
        }
    };
    set("officer", Some(id));
    set("name", Some(&person.name));
    set("kind", Some(kind_of(&person.roles)));
    let posts = book.history(Kind::Post, id).filter_map(|row| Some((row, row.typed::<Post>()?))).collect();
    let post = nearest(posts, today);
    set("unit", Some(post.as_ref().map_or(&*person.unit, |(_, post)| &post.unit)));
    if let Some((row, post)) = post {
        set("since", Some(&row.valid.from.to_string()));
        set("posted_to", post.posted_to.as_deref());
        set("command_org", post.command_org.as_deref());
        set("liaison_of", post.liaison_of.as_deref());
    }
    if let Some((row, certificate)) = nearest(certificates, today) {
        set("certificate", Some(&row.key));
        let holder = match certificate.holder_kind {
            HolderKind::Officer => "officer",
            HolderKind::Auxiliary => "auxiliary",
            HolderKind::Supervisor => "supervisor",
            HolderKind::LegalReviewer => "legal_reviewer",
        };
        set("holder_kind", Some(holder));
        set("issuer", Some(&certificate.issuer));
        set("certificate_areas", certificate.areas.as_deref());
        set("certificate_levels", certificate.levels.as_deref());
        set("from", Some(&row.valid.from.to_string()));
        set("until", row.valid.until.map(|d| d.to_string()).as_deref());
    }
    values
}
