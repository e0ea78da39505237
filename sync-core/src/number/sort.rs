//! What is numbered: the code of the act, and the types of documents that bear a 字 (`domain.md` §8).

use std::fmt;

use crate::identity::act_code::MAX_SEQ;
use crate::identity::{DocumentNumber, Fault};

/// What a series numbers. Sorts by its prefix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sort(&'static str);

/// A row of the table: the two letters that series begin with, the 字, the types of documents that share the series, whether
/// handhelds number from leased blocks, and what the 字 rests on.
struct Row(&'static str, &'static str, &'static [&'static str], bool, Source);

/// What a 字 rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `domain.md` §3.8: the code of the act.
    Act,
    /// Given in the table of `domain.md` §8.
    Listed,
    /// §8 lists the document and gives it no 字; it is served or filed as a decision of its own and so needs a number. To be confirmed by the client.
    Ours,
}

use Source::{Act, Listed, Ours};

/// 行政行为码 has a layout of its own and no 字.
const ACT: &str = "XW";
/// Highest number of a document: five digits at most are printed.
const MAX_DOCUMENT: u32 = 99_999;

const ROWS: &[Row] = &[
    Row(ACT, "", &[], true, Act),
    Row("BF", "不罚", &["no_penalty_decision"], false, Listed),
    Row("CB", "撤变", &["revision_decision"], false, Ours),
    Row("CG", "催", &["urging_letter"], false, Listed),
    Row("DC", "登处", &["registration_disposal"], false, Ours),
    Row("DF", "当罚", &["spot_decision"], true, Listed),
    Row("DL", "代履", &["substitute_decision"], false, Ours),
    Row("FG", "罚先告", &["prior_notice"], false, Listed),
    Row("FJ", "罚决", &["penalty_decision"], false, Listed),
    Row("FK", "封扣", &["release_decision", "sealing_decision"], false, Listed),
    Row("HG", "合规建", &["compliance_advice"], false, Listed),
    Row("JT", "检通", &["inspection_notice"], false, Listed),
    Row("LA", "立", &["filing_approval"], false, Listed),
    Row("QS", "强申", &["court_application"], false, Ours),
    Row("TG", "听告", &["hearing_offer"], false, Listed),
    Row("TT", "听通", &["hearing_notice"], false, Ours),
    Row("XD", "先登", &["registration_notice"], true, Listed),
    Row("XG", "信修告", &["repair_notice"], false, Listed),
    Row("XJ", "现检", &["site_record"], true, Listed),
    Row("YJ", "延缴", &["instalment_decision"], false, Ours),
    Row("YS", "移", &["transfer_letter"], false, Listed),
    Row("ZG", "责改", &["order_to_correct"], true, Listed),
    Row("ZY", "罪移", &["crime_transfer"], false, Ours),
];

impl Sort {
    /// The code of the act.
    pub const ACT: Sort = Sort(ACT);

    /// Every sort: the code of the act, then the documents in the order of their prefixes.
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

    /// For a sentence: ` (责改)`; nothing for the code of the act.
    pub(super) fn named(self) -> String {
        if self.zi().is_empty() { String::new() } else { format!(" ({})", self.zi()) }
    }

    /// What the 字 rests on.
    pub fn source(self) -> Source {
        self.row().map_or(Act, |row| row.4)
    }

    /// The highest number of a series: what its layout can print.
    pub fn most(self) -> u32 {
        if self.0 == ACT { MAX_SEQ } else { MAX_DOCUMENT }
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
    use proptest::prelude::*;

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
    fn the_characters_of_the_list_are_all_here_and_only_on_the_spot_is_leased() {
        let listed: Vec<&str> = Sort::all().filter(|sort| sort.source() == Listed).map(Sort::zi).collect();
        let mut of_section_8 = ["检通", "现检", "责改", "移", "立", "先登", "封扣", "罚先告", "听告", "当罚", "罚决", "不罚", "催", "合规建", "信修告"];
        let mut listed_sorted = listed.clone();
        listed_sorted.sort_unstable();
        of_section_8.sort_unstable();
        assert_eq!(listed_sorted, of_section_8, "domain.md §8");
        let leased: Vec<&str> = Sort::all().filter(|sort| sort.leased()).map(Sort::zi).collect();
        assert_eq!(leased, ["", "当罚", "先登", "现检", "责改"], "domain.md §8: 当场罚, 责改, 先登, 现检; and the code of the act");
        assert!(Sort::all().all(|sort| sort.zi().is_empty() == (sort == Sort::ACT) && Sort::with_prefix(sort.prefix()) == Some(sort)));
    }

    #[test]
    fn the_highest_number_is_the_last_that_prints() {
        for sort in Sort::all().filter(|sort| *sort != Sort::ACT) {
            assert!(sort.print("甬高新综执", 2026, sort.most()).is_ok() && sort.print("甬高新综执", 2026, sort.most() + 1).is_err(), "{sort:?}");
        }
    }

    #[test]
    fn a_number_is_printed_as_the_organ_writes_it() {
        let decision = Sort::of_document("penalty_decision").unwrap();
        assert_eq!(decision.print("甬高新综执", 2024, 1).unwrap(), "甬高新综执罚决字〔2024〕第0001号");
        assert_eq!(decision.print("甬高新综执", 2024, 12_345).unwrap(), "甬高新综执罚决字〔2024〕第12345号");
        assert!(decision.print("", 2024, 1).is_err(), "an organ without a prefix gives no numbers");
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(at in 1usize..ROWS.len(), organ in "[\u{4e00}-\u{9fa5}]{3,12}", year in 2000i16..2100, seq in 1u32..=MAX_DOCUMENT) {
            let sort = Sort::all().nth(at).unwrap();
            prop_assume!(sort != Sort::ACT);
            let printed = sort.print(&organ, year, seq).unwrap();
            let read: DocumentNumber = printed.parse().unwrap();
            prop_assert_eq!((read.prefix(), read.year(), read.sequence()), (&*format!("{organ}{}", sort.zi()), year, seq));
        }
    }
}
