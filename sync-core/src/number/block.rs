//! Blocks of numbers on a handheld, and what is taken from them: pure functions over a [`Stock`] that the caller keeps.
//!
//! A number is taken once, in the order of its block, and in the year of its series only. One that was taken and will never be on
//! a record is spoiled with a reason and told to the office. Deliberately absent: giving a number back. Between taking and giving back somebody
//! may have read it.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Series, Sort};
use crate::base::Date;
use crate::identity::{ActCode, BadParts, BadPattern, CodeFormat, Fault, RegionCode};

/// Most numbers of a block.
pub const MAX_BLOCK: u32 = 500;
/// Most blocks that a handheld holds: ten of each of five sorts, in December of two years; and most spoiled numbers of one request.
pub const MAX_BLOCKS: usize = 128;
/// Longest reason for a spoiled number, in characters.
pub const MAX_REASON: usize = 200;

/// Numbers of a series leased to one handheld, with everything that printing one needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The series.
    pub series: Series,
    /// The first number.
    pub first: u32,
    /// The last number.
    pub last: u32,
    /// Six digits of the region, if the organ has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionCode>,
    /// The layout of codes when it was leased (`inspection.code.pattern`); of documents, the organ's prefix (代字).
    pub pattern: String,
    /// What was signed for every number, in order: the token of a code, the [seal](super::SealToken) of a document.
    pub tokens: Vec<String>,
}

/// Which block: the first number is in no other of its series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockKey {
    /// The series.
    pub series: Series,
    /// The first number.
    pub first: u32,
}

/// How far a block has been used, as its handheld says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// The series.
    pub series: Series,
    /// The first number of the block.
    pub first: u32,
    /// The number that will be taken next; `last + 1` once there is none.
    pub next: u32,
}

/// A number that was taken and will never be on a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spoiled {
    /// The series.
    pub series: Series,
    /// The number.
    pub seq: u32,
    /// Why, in 1 to 200 characters.
    pub reason: String,
}

/// What a handheld has to number with. Kept by the caller; written in the transaction in which a number is used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    held: Vec<Held>,
    /// Spoiled numbers that the office has not yet noted.
    spoiled: Vec<Spoiled>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    block: Block,
    next: u32,
}

/// A number that was taken: the value of the field `code`, or the member `number` of a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCode {
    /// The code as printed.
    pub no: String,
    /// The number in its series.
    pub seq: u32,
    /// The series.
    pub series: Series,
    /// What the QR shows; of a document, its seal.
    pub token: String,
}

/// Why no number can be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Exhausted {
    /// Nothing of this sort, organ and year was ever leased.
    #[error("no numbers{} of {organ} for {year} are on this handheld; connect it to the server once", .sort.named())]
    None {
        /// What was to be numbered.
        sort: Sort,
        /// The organ.
        organ: String,
        /// The year of the day asked for.
        year: i16,
    },
    /// All are used.
    #[error("all numbers of {series} on this handheld are used; connect it to the server for more")]
    Used {
        /// The series.
        series: Series,
    },
    /// The layout came out of order with the block.
    #[error("the layout of codes cannot be read: {0}")]
    Pattern(#[from] BadPattern),
    /// The layout asks for something that the block does not have.
    #[error(transparent)]
    Parts(#[from] BadParts),
    /// The organ's prefix came out of order with the block.
    #[error("the number cannot be printed: {0}")]
    Prefix(#[from] Fault),
}

impl Block {
    /// Whether it is whole: bounds in order, one token a number, a layout that can be read and prints every number.
    pub fn is_sound(&self) -> bool {
        let length = self.last.checked_sub(self.first).map_or(0, |n| n.saturating_add(1));
        self.first > 0 && (1..=MAX_BLOCK).contains(&length) && self.last <= self.series.sort().most() && self.tokens.len() == usize::try_from(length).unwrap_or(0) && self.prints()
    }

    /// Whether its layout, or its prefix, can be read.
    fn prints(&self) -> bool {
        let sort = self.series.sort();
        if sort == Sort::ACT { self.pattern.parse::<CodeFormat>().is_ok() } else { sort.print(&self.pattern, self.series.year(), self.first).is_ok() }
    }

    fn key(&self) -> BlockKey {
        BlockKey { series: self.series.clone(), first: self.first }
    }

    /// The code of one of its numbers on a day.
    pub fn code(&self, seq: u32, day: Date) -> Result<NewCode, Exhausted> {
        let none = || Exhausted::Used { series: self.series.clone() };
        let at = seq.checked_sub(self.first).and_then(|n| usize::try_from(n).ok()).ok_or_else(none)?;
        let token = self.tokens.get(at).cloned().ok_or_else(none)?;
        let sort = self.series.sort();
        if sort != Sort::ACT {
            let no = sort.print(&self.pattern, self.series.year(), seq)?;
            return Ok(NewCode { no, seq, series: self.series.clone(), token });
        }
        let format: CodeFormat = self.pattern.parse()?;
        let parts = ActCode { region: self.region, organ: self.series.organ().into(), year: self.series.year(), day: Some(day), seq };
        Ok(NewCode { no: format.print(&parts)?, seq, series: self.series.clone(), token })
    }
}

impl NewCode {
    /// The value of the field `code`; of a document, the member `number` of a paper.
    pub fn to_json(&self) -> Json {
        let signed = if self.series.sort() == Sort::ACT { "token" } else { "seal" };
        json!({ "no": self.no, "seq": self.seq, "series": self.series, signed: self.token })
    }
}

impl Stock {
    /// Takes the next number of a sort, of an organ, on a day. The stock is as before if there is none.
    pub fn take(&mut self, sort: Sort, organ: &str, day: Date) -> Result<NewCode, Exhausted> {
        let mine = |held: &&mut Held| held.block.series.sort() == sort && held.block.series.organ() == organ && held.block.series.year() == day.year();
        let mut last = None;
        // Lowest first, so that an older block is used up before a newer one is begun.
        for held in self.held.iter_mut().filter(mine) {
            if held.next <= held.block.last {
                let code = held.block.code(held.next, day)?;
                held.next += 1;
                return Ok(code);
            }
            last = Some(held.block.series.clone());
        }
        Err(last.map_or_else(|| Exhausted::None { sort, organ: organ.to_owned(), year: day.year() }, |series| Exhausted::Used { series }))
    }

    /// Notes that a number that was taken will never be on a record. False if it was not taken here, or no reason is given.
    pub fn spoil(&mut self, series: &Series, seq: u32, reason: &str) -> bool {
        let reason: String = reason.trim().chars().take(MAX_REASON).collect();
        let taken = self.held.iter().any(|h| h.block.series == *series && (h.block.first..h.next).contains(&seq));
        if !taken || reason.is_empty() {
            return false;
        }
        if !self.spoiled.iter().any(|s| s.series == *series && s.seq == seq) {
            self.spoiled.push(Spoiled { series: series.clone(), seq, reason });
        }
        true
    }

    /// Numbers of a sort that are left of an organ's year.
    pub fn left(&self, sort: Sort, organ: &str, year: i16) -> u32 {
        let of = |h: &&Held| h.block.series.sort() == sort && h.block.series.organ() == organ && h.block.series.year() == year;
        self.held.iter().filter(of).map(|h| (h.block.last + 1).saturating_sub(h.next)).sum()
    }

    /// How far each block has been used, to be told to the office.
    pub fn standings(&self) -> Vec<Standing> {
        self.held.iter().take(MAX_BLOCKS).map(|h| Standing { series: h.block.series.clone(), first: h.block.first, next: h.next }).collect()
    }

    /// Spoiled numbers that the office has not yet noted.
    pub fn spoiled(&self) -> &[Spoiled] {
        self.spoiled.get(..self.spoiled.len().min(MAX_BLOCKS)).unwrap_or_default()
    }

    /// Takes the office's answer in: new blocks, spoiled numbers that it has noted, blocks that are closed. A block that is held
    /// already, or is not whole, changes nothing.
    pub fn absorb(&mut self, blocks: Vec<Block>, noted: &[(Series, u32)], closed: &[BlockKey]) {
        for block in blocks.into_iter().filter(Block::is_sound) {
            if !self.held.iter().any(|h| h.block.key() == block.key()) {
                self.held.push(Held { next: block.first, block });
            }
        }
        self.spoiled.retain(|s| !noted.iter().any(|(series, seq)| *series == s.series && *seq == s.seq));
        self.held.retain(|h| !closed.contains(&h.block.key()));
        self.held.sort_by_key(|h| h.block.key());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn block(organ: &str, year: i16, first: u32, last: u32) -> Block {
        let tokens = (first..=last).map(|n| format!("token-{n}")).collect();
        Block { series: Series::new(organ, year).unwrap(), first, last, region: "330200".parse().ok(), pattern: CodeFormat::default().pattern().into(), tokens }
    }

    const MARCH: Date = date(2026, 3, 9);

    #[test]
    fn numbers_come_in_order_until_there_are_none() {
        let mut stock = Stock::default();
        assert_eq!(stock.take(Sort::ACT, "fire", MARCH), Err(Exhausted::None { sort: Sort::ACT, organ: "fire".into(), year: 2026 }));
        stock.absorb(vec![block("fire", 2026, 51, 52), block("fire", 2026, 7, 8), block("water", 2026, 1, 9)], &[], &[]);
        assert_eq!(stock.left(Sort::ACT, "fire", 2026), 4);
        let taken: Vec<u32> = (0..4).map(|_| stock.take(Sort::ACT, "fire", MARCH).unwrap().seq).collect();
        assert_eq!(taken, [7, 8, 51, 52]);
        let before = stock.clone();
        assert!(matches!(stock.take(Sort::ACT, "fire", MARCH), Err(Exhausted::Used { .. })));
        assert_eq!(stock, before);
    }

    #[test]
    fn a_code_names_the_day_and_its_token() {
        let mut stock = Stock::default();
        stock.absorb(vec![block("fire", 2026, 7, 8)], &[], &[]);
        let code = stock.take(Sort::ACT, "fire", MARCH).unwrap();
        assert!(code.no.starts_with("XW-330200-fire-20260309-00007-"), "{}", code.no);
        assert_eq!(code.to_json()["token"], "token-7");
        assert_eq!(code.to_json()["series"], "XW-fire-2026");
    }

    fn papers(sort: &str, organ: &str, first: u32, last: u32) -> Block {
        let series = Series::of(Sort::with_prefix(sort).unwrap(), organ, 2026).unwrap();
        Block { series, region: None, pattern: "甬高新综执".into(), ..block(organ, 2026, first, last) }
    }

    #[test]
    fn each_sort_has_numbers_of_its_own() {
        let [spot, order] = ["spot_decision", "order_to_correct"].map(|code| Sort::of_document(code).unwrap());
        let mut stock = Stock::default();
        stock.absorb(vec![papers("DF", "team", 1, 2), papers("ZG", "team", 41, 42), block("team", 2026, 1, 9)], &[], &[]);
        assert_eq!((stock.left(spot, "team", 2026), stock.left(order, "team", 2026), stock.left(Sort::ACT, "team", 2026)), (2, 2, 9));
        let taken = stock.take(spot, "team", MARCH).unwrap();
        assert_eq!(taken.no, "甬高新综执当罚字〔2026〕第0001号");
        assert_eq!(taken.to_json(), json!({ "no": taken.no, "seal": "token-1", "seq": 1, "series": "DF-team-2026" }), "a paper has a seal where a code has a token");
        assert_eq!(stock.take(order, "team", MARCH).unwrap().no, "甬高新综执责改字〔2026〕第0041号");
        assert_eq!(stock.take(Sort::ACT, "team", MARCH).unwrap().seq, 1);
        stock.take(spot, "team", MARCH).unwrap();
        assert!(matches!(stock.take(spot, "team", MARCH), Err(Exhausted::Used { .. })));
        let none = stock.take(Sort::of_document("site_record").unwrap(), "team", MARCH).unwrap_err();
        assert!(none.to_string().contains("现检"), "{none}");
        assert_eq!(stock.left(order, "team", 2026), 1, "what one sort lacks is not taken from another");
    }

    #[test]
    fn a_block_that_would_not_print_is_not_taken() {
        let mut stock = Stock::default();
        let beyond = papers("DF", "team", 99_999, 100_000);
        let latin = Block { pattern: "NB-team".into(), ..papers("DF", "team", 1, 2) };
        stock.absorb(vec![beyond, latin], &[], &[]);
        assert_eq!(stock, Stock::default());
    }

    #[test]
    fn a_stock_from_before_documents_had_numbers_reads_byte_for_byte() {
        let kept = r#"{"held":[{"block":{"series":"XW-fire-2026","first":7,"last":8,"region":"330200","pattern":"XW-{region6}-{organ}-{yyyymmdd}-{seq}-{check}","tokens":["a","b"]},"next":8}],"spoiled":[{"series":"XW-fire-2026","seq":7,"reason":"打印错误"}]}"#;
        let mut stock: Stock = serde_json::from_str(kept).unwrap();
        assert_eq!(serde_json::to_string(&stock).unwrap(), kept);
        let code = stock.take(Sort::ACT, "fire", MARCH).unwrap();
        assert_eq!(code.to_json()["token"], "b");
        assert!(code.no.starts_with("XW-330200-fire-20260309-00008-"), "{}", code.no);
    }

    #[test]
    fn the_series_of_a_year_ends_with_it() {
        let mut stock = Stock::default();
        stock.absorb(vec![block("fire", 2026, 1, 2)], &[], &[]);
        assert_eq!(stock.take(Sort::ACT, "fire", date(2027, 1, 1)), Err(Exhausted::None { sort: Sort::ACT, organ: "fire".into(), year: 2027 }));
        assert_eq!(stock.take(Sort::ACT, "fire", date(2026, 12, 31)).map(|c| c.seq), Ok(1));
    }

    #[test]
    fn only_what_was_taken_here_can_be_spoiled() {
        let mut stock = Stock::default();
        stock.absorb(vec![block("fire", 2026, 7, 8)], &[], &[]);
        let series = Series::new("fire", 2026).unwrap();
        assert!(!stock.spoil(&series, 7, "打印错误"), "not taken yet");
        stock.take(Sort::ACT, "fire", MARCH).unwrap();
        assert!(!stock.spoil(&series, 7, "  "));
        assert!(stock.spoil(&series, 7, "打印错误") && stock.spoil(&series, 7, "again"));
        assert_eq!(stock.spoiled(), [Spoiled { series: series.clone(), seq: 7, reason: "打印错误".into() }]);
        stock.absorb(vec![], &[(series, 7)], &[]);
        assert!(stock.spoiled().is_empty());
    }

    #[test]
    fn a_closed_block_gives_no_more_and_a_broken_one_nothing() {
        let mut stock = Stock::default();
        let mut broken = block("fire", 2026, 20, 22);
        broken.tokens.pop();
        let (backwards, unreadable) = (Block { first: 9, ..block("fire", 2026, 5, 5) }, Block { pattern: "{x}".into(), ..block("fire", 2026, 30, 30) });
        stock.absorb(vec![block("fire", 2026, 7, 8), broken, backwards, unreadable], &[], &[]);
        assert_eq!(stock.left(Sort::ACT, "fire", 2026), 2);
        stock.absorb(vec![], &[], &[BlockKey { series: Series::new("fire", 2026).unwrap(), first: 7 }]);
        assert_eq!(stock.left(Sort::ACT, "fire", 2026), 0);
    }

    proptest! {
        #[test]
        fn no_number_is_given_twice_whatever_answers_are_repeated(play in prop::collection::vec((0u8..6, 0u32..6, prop::sample::select(vec!["XW", "DF", "ZG"])), 1..80)) {
            let mut stock = Stock::default();
            let mut given = BTreeSet::new();
            for (what, n, prefix) in play {
                let sort = Sort::with_prefix(prefix).unwrap();
                let of = |first, last| if sort == Sort::ACT { block("fire", 2026, first, last) } else { papers(prefix, "fire", first, last) };
                let one = of(n * 5 + 1, n * 5 + 5);
                match what {
                    0 => stock.absorb(vec![one.clone(), one], &[], &[]),
                    1 => stock = serde_json::from_str(&serde_json::to_string(&stock).unwrap()).unwrap(),
                    _ => {
                        let before = stock.left(sort, "fire", 2026);
                        if let Ok(code) = stock.take(sort, "fire", MARCH) {
                            prop_assert_eq!(code.series.sort(), sort);
                            prop_assert!(given.insert((code.series, code.seq)), "{} twice", code.no);
                            prop_assert_eq!(stock.left(sort, "fire", 2026), before - 1);
                        } else {
                            prop_assert_eq!(before, 0);
                        }
                    }
                }
            }
        }
    }
}
