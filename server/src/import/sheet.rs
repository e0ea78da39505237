//! A file as rows of text: XLSX, or CSV in UTF-8 or GB18030.
//!
//! Nothing here is believed. An XLSX is inflated once and counted before it is read, because sizes that it declares may
//! lie; cells are streamed, because one cell in the last corner would make a full grid of the whole sheet; rows, columns
//! and characters have bounds. Deliberately absent: formulas (their last results are read), and sheets after the first.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader as _, Xlsx};

use crate::base::problem::Problem;

/// Most bytes of a file.
pub const MAX_FILE: usize = 10 * 1024 * 1024;
/// Most rows below the headings.
pub const MAX_ROWS: usize = 20_000;
/// Most columns.
const MAX_COLUMNS: usize = 60;
/// Most bytes of an XLSX, inflated; and most bytes of all cells together.
const MAX_INFLATED: u64 = 64 * 1024 * 1024;
/// Most bytes of one cell.
const MAX_CELL: usize = 64 * 1024;
/// Whole numbers beyond this are rounded by spreadsheets.
const EXACT: f64 = 1e15;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text, trimmed; empty for an empty cell.
    Text(String),
    /// Something that is no text one could rely on: what is shown, and why.
    Bad(String, &'static str),
}

impl Cell {
    fn is_empty(&self) -> bool {
        matches!(self, Cell::Text(text) if text.is_empty())
    }
}

/// A row that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the sheet, from 1, with the headings.
    pub number: usize,
    /// Its cells from the first column on; there may be fewer than headings.
    pub cells: Vec<Cell>,
}

/// A sheet: its first row names the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its name; `CSV` for a file without one.
    pub name: String,
    /// The headings, trimmed.
    pub headings: Vec<String>,
    /// The rows below.
    pub lines: Vec<Line>,
}

fn refuse(why: impl Into<String>) -> Problem {
    Problem::field("file", why)
}

/// Reads a file. The first bytes say which kind it is.
pub fn read(file: &[u8]) -> Result<Sheet, Problem> {
    if file.len() > MAX_FILE {
        return Err(Problem::new("body_too_large", format!("a file holds at most {} MiB; divide it", MAX_FILE >> 20)));
    }
    if file.is_empty() {
        return Err(refuse("the file is empty; send an XLSX or CSV file as the body"));
    }
    if file.starts_with(b"PK\x03\x04") {
        return xlsx(file);
    }
    if file.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(refuse("this is an old .xls file or one with a password; save it as .xlsx without a password"));
    }
    csv(&text(file)?)
}

/// Collects lines within the bounds.
struct Taker {
    headings: Option<Vec<String>>,
    lines: Vec<Line>,
    bytes: u64,
}

impl Taker {
    fn count(&mut self, cell: &str) -> Result<(), Problem> {
        self.bytes += cell.len() as u64;
        if cell.len() > MAX_CELL || self.bytes > MAX_INFLATED {
            return Err(refuse(format!("a cell holds at most {MAX_CELL} bytes, and all cells together {} MiB; divide the file", MAX_INFLATED >> 20)));
        }
        Ok(())
    }

    fn take(&mut self, number: usize, mut cells: Vec<Cell>) -> Result<(), Problem> {
        while cells.last().is_some_and(Cell::is_empty) {
            cells.pop();
        }
        if self.headings.is_none() {
            if cells.is_empty() {
                return Err(refuse("the first row is empty; it has to name the columns"));
            }
            self.headings = Some(cells.into_iter().map(|cell| if let Cell::Text(text) = cell { text } else { String::new() }).collect());
        } else if !cells.is_empty() {
            if self.lines.len() >= MAX_ROWS {
                return Err(refuse(format!("a file holds at most {MAX_ROWS} rows; divide it")));
            }
            self.lines.push(Line { number, cells });
        }
        Ok(())
    }

    fn done(self, name: String) -> Result<Sheet, Problem> {
        let headings = self.headings.ok_or_else(|| refuse("there is no row; the first one names the columns"))?;
        Ok(Sheet { name, headings, lines: self.lines })
    }
}

/// Inflates every part once, within the bound, and keeps nothing: what calamine will inflate is no more than this.
fn weigh(file: &[u8]) -> Result<(), Problem> {
    let broken = |_| refuse("the XLSX file is broken; save it again");
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).map_err(broken)?;
    let mut left = MAX_INFLATED;
    for n in 0..archive.len() {
        let part = archive.by_index(n).map_err(broken)?;
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|_| refuse("the XLSX file is broken; save it again"))?;
        left = left.checked_sub(read).ok_or_else(|| refuse(format!("the XLSX file holds more than {} MiB inflated; divide it", MAX_INFLATED >> 20)))?;
    }
    Ok(())
}

fn xlsx(file: &[u8]) -> Result<Sheet, Problem> {
    weigh(file)?;
    let broken = |_| refuse("the XLSX file cannot be read; save it again as an ordinary workbook");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).map_err(broken)?;
    let name = book.sheet_names().first().cloned().ok_or_else(|| refuse("the workbook has no sheet"))?;
    let mut reader = book.worksheet_cells_reader(&name).map_err(broken)?;
    let mut taker = Taker { headings: None, lines: Vec::new(), bytes: 0 };
    let (mut row, mut cells): (u32, Vec<Cell>) = (0, Vec::new());
    while let Some(found) = reader.next_cell().map_err(broken)? {
        let (at, column) = found.get_position();
        let cell = shown(found.get_value());
        if cell.is_empty() {
            continue;
        }
        let column = column as usize;
        if column >= MAX_COLUMNS {
            return Err(refuse(format!("row {} has a value beyond column {MAX_COLUMNS}; take it out", u64::from(at) + 1)));
        }
        if at != row {
            if at < row {
                return Err(refuse("the sheet's rows are out of order; save it again"));
            }
            taker.take(row as usize + 1, std::mem::take(&mut cells))?;
            row = at;
        }
        let (Cell::Text(text) | Cell::Bad(text, _)) = &cell;
        taker.count(text)?;
        if cells.len() <= column {
            cells.resize(column + 1, Cell::Text(String::new()));
        }
        if let Some(place) = cells.get_mut(column) {
            *place = cell;
        }
    }
    taker.take(row as usize + 1, cells)?;
    taker.done(name)
}

fn shown(data: &DataRef<'_>) -> Cell {
    let text = |text: &str| Cell::Text(text.trim().to_owned());
    match data {
        DataRef::Empty => Cell::Text(String::new()),
        DataRef::String(s) => text(s),
        DataRef::SharedString(s) => text(s),
        DataRef::Int(n) => Cell::Text(n.to_string()),
        DataRef::Float(f) if f.fract() == 0.0 && f.abs() < EXACT => Cell::Text(format!("{f:.0}")),
        DataRef::Float(f) if f.fract() == 0.0 => {
            Cell::Bad(format!("{f:.0}"), "a number of more than 15 digits, whose last digits the spreadsheet has lost; format the column as text and enter it again")
        }
        DataRef::Float(f) => Cell::Text(f.to_string()),
        DataRef::Bool(true) => text("是"),
        DataRef::Bool(false) => text("否"),
        DataRef::DateTime(at) => {
            let (y, m, d, h, min, s, ms) = at.to_ymd_hms_milli();
            let day = format!("{y:04}-{m:02}-{d:02}");
            if (h, min, s, ms) == (0, 0, 0, 0) { Cell::Text(day) } else { Cell::Bad(format!("{day} {h:02}:{min:02}:{s:02}"), "a day with a time; give the day alone") }
        }
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => text(s),
        DataRef::Error(e) => Cell::Bad(e.to_string(), "an error of a formula; enter the value itself"),
    }
}

/// The text of a CSV file: UTF-8 with or without its mark, else GB18030, which spreadsheets in Chinese write.
fn text(file: &[u8]) -> Result<String, Problem> {
    let bytes = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    match encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => Ok(text.into_owned()),
        None => Err(refuse("the file is neither XLSX nor text in UTF-8 or GB18030; save it as .xlsx, or as CSV in UTF-8")),
    }
}

fn csv(text: &str) -> Result<Sheet, Problem> {
    if text.contains('\0') {
        return Err(refuse("the file is no text; send XLSX or CSV"));
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut taker = Taker { headings: None, lines: Vec::new(), bytes: 0 };
    for (n, record) in reader.records().enumerate() {
        let record = record.map_err(|_| refuse(format!("row {} is no CSV; save the file again", n + 1)))?;
        if record.len() > MAX_COLUMNS {
            return Err(refuse(format!("row {} has more than {MAX_COLUMNS} columns; take them out", n + 1)));
        }
        let mut cells = Vec::with_capacity(record.len());
        for cell in &record {
            taker.count(cell)?;
            cells.push(Cell::Text(cell.trim().to_owned()));
        }
        taker.take(n + 1, cells)?;
    }
    taker.done("CSV".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
    use std::io::Write as _;

    fn said(result: Result<Sheet, Problem>) -> String {
        result.map(|sheet| format!("{sheet:?}")).unwrap_or_else(|e| e.to_string())
    }

    fn texts(cells: &[&str]) -> Vec<Cell> {
        cells.iter().map(|c| Cell::Text((*c).to_owned())).collect()
    }

    #[test]
    fn a_workbook_is_read_as_it_looks() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name("数据").unwrap();
        for (column, heading) in ["编码", " 名称 ", "日期", "金额"].iter().enumerate() {
            sheet.write_string(0, column as u16, *heading).unwrap();
        }
        sheet.write_string(1, 0, "007").unwrap().write_string(1, 1, " 道口保洁").unwrap();
        let day = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_with_format(1, 2, ExcelDateTime::from_ymd(2024, 1, 1).unwrap(), &day).unwrap().write_number(1, 3, 1234.5).unwrap();
        sheet.write_number(4, 0, 13_812_345_678.0).unwrap().write_number(4, 3, 330_203_199_001_011_234.0).unwrap();
        let read = read(&book.save_to_buffer().unwrap()).unwrap();
        assert_eq!((read.name.as_str(), read.headings.len(), read.lines.len()), ("数据", 4, 2));
        assert_eq!(read.headings[1], "名称");
        assert_eq!(read.lines[0], Line { number: 2, cells: texts(&["007", "道口保洁", "2024-01-01", "1234.5"]) });
        assert_eq!((read.lines[1].number, &read.lines[1].cells[0]), (5, &Cell::Text("13812345678".into())), "empty rows keep their numbers");
        assert!(matches!(&read.lines[1].cells[3], Cell::Bad(_, why) if why.contains("15 digits")), "a citizen id as a number has lost digits");
    }

    #[test]
    fn csv_is_read_in_the_encodings_of_offices() {
        let plain = "编码,名称\r\na,\"道口,保洁\"\r\n,\r\nb,沁河\r\n";
        let (gb, _, bad) = encoding_rs::GB18030.encode(plain);
        assert!(!bad);
        let utf8 = read(plain.as_bytes()).unwrap();
        assert_eq!(utf8.lines[0].cells, texts(&["a", "道口,保洁"]));
        assert_eq!(utf8.lines[1].number, 4);
        assert_eq!(read(&gb).unwrap(), utf8);
        assert_eq!(read(&[b"\xef\xbb\xbf", plain.as_bytes()].concat()).unwrap(), utf8);
        assert!(said(read(&[0xff, 0xff, 0xff])).contains("neither XLSX nor text"));
        assert!(said(read(b"")).contains("empty"));
    }

    #[test]
    fn a_file_that_swells_is_refused_before_it_does() {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).unwrap();
        let zeros = vec![0; 1 << 20];
        for _ in 0..80 {
            archive.write_all(&zeros).unwrap();
        }
        let bomb = archive.finish().unwrap().into_inner();
        assert!(bomb.len() < 1 << 20);
        assert!(said(read(&bomb)).contains("64 MiB inflated"));
    }

    #[test]
    fn a_cell_in_the_last_corner_costs_nothing() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "编码").unwrap().write_string(1_048_575, 16_383, "x").unwrap();
        assert!(said(read(&book.save_to_buffer().unwrap())).contains("beyond column"));
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "编码").unwrap().write_string(1_048_575, 0, "x").unwrap();
        assert_eq!(read(&book.save_to_buffer().unwrap()).unwrap().lines, [Line { number: 1_048_576, cells: texts(&["x"]) }]);
    }

    #[test]
    fn too_many_rows_and_broken_files_are_refused() {
        let rows = "编码\n".to_owned() + &"a\n".repeat(MAX_ROWS + 1);
        assert!(said(read(rows.as_bytes())).contains("at most 20000 rows"));
        assert!(said(read(b"PK\x03\x04 and nothing")).contains("broken"));
        assert!(said(read(&vec![b'a'; MAX_FILE + 1])).contains("10 MiB"));
        assert!(said(read(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1])).contains("old .xls"));
    }
}
