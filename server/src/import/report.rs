//! What an import would do or has done, and what is wrong with the file, cell by cell.

use serde::Serialize;
use serde_json::Value as Json;
use sync_core::base::Digest;
use sync_core::catalogue::holder::Handover;
use sync_core::dated::Difference;

/// Most errors of one report.
pub const MAX_ERRORS: usize = 1_000;
/// Most differences that a report shows; it counts all.
pub const SHOWN: usize = 200;

/// What is wrong in one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CellError {
    /// The sheet.
    pub sheet: String,
    /// The row as the spreadsheet numbers it, with the headings; 1 for a heading.
    pub row: usize,
    /// The column's heading; empty if the row as a whole is wrong.
    pub column: String,
    /// What stands in the cell; digits of people are masked.
    pub value: String,
    /// Reason and remedy.
    pub reason: String,
}

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// New rows.
    pub added: usize,
    /// Rows whose content changes.
    pub changed: usize,
    /// Rows that end because a newer one begins.
    pub succeeded: usize,
    /// Rows taken out before their first day.
    pub withdrawn: usize,
    /// Officers who are new.
    pub officers_added: usize,
    /// Officers whose particulars change.
    pub officers_changed: usize,
}

impl Counts {
    /// Counts differences.
    pub fn of(differences: &[Difference]) -> Counts {
        let mut counts = Counts::default();
        for difference in differences {
            *match difference {
                Difference::Added { .. } => &mut counts.added,
                Difference::Changed { .. } => &mut counts.changed,
                Difference::Succeeded { .. } => &mut counts.succeeded,
                Difference::Withdrawn { .. } => &mut counts.withdrawn,
            } += 1;
        }
        counts
    }

    /// Whether nothing would change.
    pub fn is_nothing(&self) -> bool {
        *self == Counts::default()
    }
}

/// The answer to an import.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// What was imported.
    pub what: &'static str,
    /// Names file, book and roster as they were looked at; `apply` wants it.
    pub plan: Digest,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The book's revision: as it was looked at, or as it is now if the import took effect.
    pub rev: i64,
    /// Rows of the file.
    pub rows: usize,
    /// How many differences there are.
    pub counts: Counts,
    /// The first differences, of officers and then of rows.
    pub differences: Vec<Json>,
    /// The first powers that would change hands, by day.
    pub hands_over: Vec<Handover>,
    /// What is wrong, in order of rows and columns; at most [`MAX_ERRORS`].
    pub errors: Vec<CellError>,
    /// What should be looked at and hinders nothing.
    pub warnings: Vec<String>,
    /// Whether it takes effect only with a reason, because days are changed that have begun.
    pub reason_needed: bool,
    /// Whether it took effect.
    pub applied: bool,
}

/// A text in which every long run of digits is masked but for its first three and last two: such runs name people.
pub fn masked(text: &str) -> String {
    const LONG: usize = 9;
    let chars: Vec<char> = text.chars().collect();
    let digit = |c: &char| c.is_numeric() || matches!(c, 'x' | 'X' | '-' | ' ' | '\u{a0}' | '\u{3000}');
    let mut out = String::with_capacity(text.len());
    let mut rest = chars.as_slice();
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|c| digit(c)).count();
        let (run, after) = rest.split_at(run.max(1).min(rest.len()));
        let digits = run.iter().filter(|c| c.is_numeric()).count();
        if digit(first) && digits >= LONG {
            out.extend(run.iter().enumerate().map(|(n, c)| if n < 3 || n + 2 >= run.len() { *c } else { '*' }));
        } else {
            out.extend(run);
        }
        rest = after;
    }
    out
}

/// How much of a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All of it.
    Plain,
    /// Not what could be a number of a person.
    Masked,
    /// Its first three and last two characters.
    Hidden,
}

/// A value as a report shows it: at most 60 characters.
pub fn shown(text: &str, how: Shown) -> String {
    let n = text.chars().count();
    let text = match how {
        Shown::Plain => text.to_owned(),
        Shown::Masked => masked(text),
        Shown::Hidden => text.chars().enumerate().map(|(i, c)| if n > 7 && (i < 3 || i + 2 >= n) { c } else { '*' }).collect(),
    };
    if text.chars().count() <= 60 { text } else { text.chars().take(59).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_people_are_masked_wherever_they_stand() {
        assert_eq!(masked("13812345678"), "138******78");
        assert_eq!(masked("11010519491231002X"), "110*************2X");
        assert_eq!(masked("电话：138 1234 5678。"), "电话：138********78。");
        assert_eq!(masked("１３８１２３４５６７８"), "１３８******７８", "full width too");
        assert_eq!(masked("2024-13-01"), "2024-13-01", "a day is not masked");
        assert_eq!(masked("squad-juxian 12"), "squad-juxian 12");
        assert_eq!(shown(&"长".repeat(100), Shown::Plain).chars().count(), 60);
        assert_eq!((shown("call 5550", Shown::Hidden), shown("5550123", Shown::Hidden)), ("cal****50".into(), "*******".into()));
    }
}
