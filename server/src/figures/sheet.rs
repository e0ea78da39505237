//! Figures as a workbook and as CSV: each number with its formula, its parts, and the year before.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, XlsxError};
use sync_core::base::Date;

use super::count::{Figure, Value};

/// Column titles and widths.
const COLUMNS: [(&str, u32); 11] = [
    ("代码 / Code", 20),
    ("指标", 20),
    ("Indicator", 30),
    ("本期 / Period", 12),
    ("分子 / Above the line", 12),
    ("分母 / Below the line", 12),
    ("上年同期 / Year before", 12),
    ("单位 / Unit", 10),
    ("计算公式", 40),
    ("Formula", 48),
    ("来源 / Source", 22),
];

fn unit(measure: &str) -> &'static str {
    match measure {
        "share" => "%",
        "days" => "日 / days",
        _ => "",
    }
}

/// The number as people write it: 12, 12.34, or nothing.
fn printed(value: Option<Value>) -> String {
    let Some(value) = value else { return String::new() };
    match (value.hundredths, value.in_all) {
        (None, _) => String::new(),
        (Some(_), None) => value.of.to_string(),
        (Some(h), Some(_)) => format!("{}{}.{:02}", if h < 0 { "-" } else { "" }, h.abs() / 100, h.abs() % 100),
    }
}

fn cells(figure: &Figure) -> [String; 11] {
    let parts = figure.value.and_then(|value| Some((value.of.to_string(), value.in_all?.to_string()))).unwrap_or_default();
    // Why there is no number stands beside how it would come about.
    let not_by = figure.not_by.join(", ");
    let [formula, formula_en] = match figure.not_by.as_slice() {
        [] => [figure.formula.to_owned(), figure.formula_en.to_owned()],
        _ => [format!("{}（不能按 {not_by} 筛选，故无数值）", figure.formula), format!("{} (no number: it cannot be narrowed by {not_by})", figure.formula_en)],
    };
    [
        figure.code.into(),
        figure.zh.into(),
        figure.en.into(),
        printed(figure.value),
        parts.0,
        parts.1,
        printed(figure.year_before),
        unit(figure.measure).into(),
        formula,
        formula_en,
        figure.source.into(),
    ]
}

/// An XLSX workbook; numbers are numbers.
pub fn workbook(figures: &[Figure], from: Date, to: Date) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let heading = Format::new().set_bold().set_background_color(Color::RGB(0xDD_EB_F7)).set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter).set_text_wrap();
    let text = Format::new().set_align(FormatAlign::Top).set_text_wrap();
    let sheet = workbook.add_worksheet().set_name("指标")?;
    sheet.set_freeze_panes(2, 2)?;
    sheet.write_string(0, 0, format!("统计期间 / Period: {from} – {to}"))?;
    for (n, (title, width)) in (0u16..).zip(COLUMNS) {
        sheet.set_column_width(n, width)?;
        sheet.write_string_with_format(1, n, title, &heading)?;
    }
    for (line, figure) in (2u32..).zip(figures) {
        for (n, cell) in (0u16..).zip(cells(figure)) {
            let number = (3..=6).contains(&n).then(|| cell.parse::<f64>().ok()).flatten();
            match number {
                Some(number) => sheet.write_number_with_format(line, n, number, &text)?,
                None => sheet.write_string_with_format(line, n, &cell, &text)?,
            };
        }
    }
    workbook.save_to_buffer()
}

/// CSV in UTF-8 with a byte order mark, as spreadsheets want it.
pub fn csv(figures: &[Figure]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(COLUMNS.map(|(title, _)| title))?;
    for figure in figures {
        writer.write_record(cells(figure))?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}
