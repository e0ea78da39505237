//! What is numbered: the code of the act, and the types of documents that bear a 字 (`domain.md` §8).

use std::fmt;

use crate::identity::{DocumentNumber, Fault};

/// What a series numbers. Sorts by its prefix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sort(&'static str);

/// A row of the table: the two letters that series begin with, the 字, the types of documents that share the series, and whether
/// handhelds number from leased blocks.
struct Row(&'static str, &'static str, &'static [&'static str], bool);

/// 行政行为码 has a layout of its own and no 字.
const ACT: &str = "XW";

const ROWS: &[Row] = &[
    Row(ACT, "", &[], true),
    Row("BF", "不罚", &["no_penalty_decision"], false),
    Row("CB", "撤变", &["revision_decision"], false),
    Row("CG", "催", &["urging_letter"], false),
    Row("DC", "登处", &["registration_disposal"], false),
    Row("DF", "当罚", &["spot_decision"], true),
    Row("DL", "代履", &["substitute_decision"], false),
    Row("FG", "罚先告", &["prior_notice"], false),
    Row("FJ", "罚决", &["penalty_decision"], false),
    Row("FK", "封扣", &["release_decision", "sealing_decision"], false),
    Row("HG", "合规建", &["compliance_advice"], false),
    Row("JT", "检通", &["inspection_notice"], false),
    Row("LA", "立", &["filing_approval"], false),
    Row("QS", "强申", &["court_application"], false),
    Row("TG", "听告", &["hearing_offer"], false),
    Row("TT", "听通", &["hearing_notice"], false),
    Row("XD", "先登", &["registration_notice"], true),
    Row("XG", "信修告", &["repair_notice"], false),
    Row("XJ", "现检", &["site_record"], true),
    Row("YJ", "延缴", &["instalment_decision"], false),
    Row("YS", "移", &["transfer_letter"], false),
    Row("ZG", "责改", &["order_to_correct"], true),
    Row("ZY", "罪移", &["crime_transfer"], false),
];

impl Sort {
    /// The code of the act.
    pub const ACT: Sort = Sort(ACT);

    /// Every sort, in the order of the prefixes.
    pub fn all() -> impl Iterator<Item = Sort> {
        ROWS.iter().map(|row| Sort(row.0))
    }

    /// The sort with a prefix.
    pub fn with_prefix(prefix: &str) -> Option<Sort> {
        ROWS.iter().find(|row| row.0 == prefix).map(|row| Sort(row.0))
    }

    /// The sort of a type of document; `None` if it has no number.
    pub fn of_document(code: &str) -> Option<Sort> {
        ROWS.iter().find(|row| row.2.contains(&code)).map(|row| Sort(row.0))
    }

    fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.0 == self.0)
    }

    /// The two letters.
    pub fn prefix(self) -> &'static str {
        self.0
    }

    /// The 字; empty for the code of the act.
    pub fn zi(self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    /// The types of documents that it numbers.
    pub fn documents(self) -> &'static [&'static str] {
        self.row().map_or(&[], |row| row.2)
    }

    /// Whether handhelds number from leased blocks.
    pub fn leased(self) -> bool {
        self.row().is_some_and(|row| row.3)
    }

    /// A number as printed: of an organ with a prefix (代字), in a year. The error says what is wrong with the prefix or the number.
    pub fn print(self, organ: &str, year: i16, seq: u32) -> Result<String, Fault> {
        DocumentNumber::new(&format!("{organ}{}", self.zi()), year, seq).map(|number| number.as_str().to_owned())
    }
}

impl fmt::Debug for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_ascend_and_no_document_has_two() {
        assert!(ROWS.iter().skip(1).is_sorted_by(|a, b| a.0 < b.0));
        assert!(ROWS.iter().all(|row| row.0.len() == 2 && row.0.bytes().all(|b| b.is_ascii_uppercase())));
        let mut all: Vec<&str> = ROWS.iter().flat_map(|row| row.2).copied().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_number_is_printed_as_the_organ_writes_it() {
        let decision = Sort::of_document("penalty_decision").unwrap();
        assert_eq!(decision.print("甬高新综执", 2024, 1).unwrap(), "甬高新综执罚决字〔2024〕第0001号");
        assert_eq!(decision.print("甬高新综执", 2024, 12_345).unwrap(), "甬高新综执罚决字〔2024〕第12345号");
        assert!(decision.print("", 2024, 1).is_err(), "an organ without a prefix gives no numbers");
    }
}
