//! Policies that are tables, read with their meaning.

use serde::{Deserialize, Serialize};

use super::setting::{Cell, TableRow};
use super::{Answer, PolicyError, get};
use crate::base::Date;
use crate::base::money::Fen;
use crate::dated::Book;
use crate::law::period::Period;
use crate::law::surcharge::{Base, Terms};

fn word<'a>(row: &'a TableRow, key: &str) -> &'a str {
    match row.get(key) {
        Some(Cell::Word(word)) => word,
        _ => "",
    }
}

fn number(row: &TableRow, key: &str) -> i64 {
    match row.get(key) {
        Some(Cell::Number(n)) => *n,
        _ => 0,
    }
}

/// Whether a row's scope is everything or one of these codes.
fn fits(row: &TableRow, key: &str, codes: &[&str]) -> bool {
    let scope = word(row, key);
    scope == "*" || codes.contains(&scope)
}

fn count(n: i64) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

/// Takes what a table says of one thing, or names what it lacks.
fn from_table<T>(book: &Book, key: &'static str, day: Date, what: impl FnOnce() -> String, find: impl FnOnce(&[TableRow]) -> Option<T>) -> Result<Answer<T>, PolicyError> {
    let answer = get::<Vec<TableRow>>(book, key, day)?;
    let found = find(&answer.value).ok_or_else(|| PolicyError::NoRow { key, what: what() })?;
    Ok(answer.map(|_| found))
}

/// Why a visit takes place, as the cap on visits distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitKind {
    /// 日常检查.
    Daily,
    /// 专项检查 of the organ's own.
    SpecialOwn,
    /// 专项检查 that a superior ordered.
    SpecialSuperior,
    /// 触发式检查: a complaint, a transfer, a data alert.
    Triggered,
    /// 邀约式检查.
    Appointment,
    /// 复查 of an order to correct.
    Recheck,
    /// 行政指导 by invitation: no inspection, so no cap has a column for it (`domain.md` §4).
    Guidance,
}

impl VisitKind {
    /// All kinds of inspection: the columns of a cap.
    pub const ALL: &[VisitKind] = &[VisitKind::Daily, VisitKind::SpecialOwn, VisitKind::SpecialSuperior, VisitKind::Triggered, VisitKind::Appointment, VisitKind::Recheck];

    /// The word that stands for it, also the column of `inspection.cap`.
    pub fn as_str(self) -> &'static str {
        match self {
            VisitKind::Daily => "daily",
            VisitKind::SpecialOwn => "special_own",
            VisitKind::SpecialSuperior => "special_superior",
            VisitKind::Triggered => "triggered",
            VisitKind::Appointment => "appointment",
            VisitKind::Recheck => "recheck",
            VisitKind::Guidance => "guidance",
        }
    }

    /// The kind of a word, guidance among them.
    pub fn parse(word: &str) -> Option<VisitKind> {
        VisitKind::ALL.iter().chain(&[VisitKind::Guidance]).copied().find(|kind| kind.as_str() == word)
    }

    /// Whether a visit of this kind is no inspection anew, so that it repeats none: a re-check, or guidance.
    pub fn repeats_nothing(self) -> bool {
        matches!(self, VisitKind::Recheck | VisitKind::Guidance)
    }
}

/// Which visits a year holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum YearBasis {
    /// 1 January to 31 December.
    Calendar,
    /// The twelve months up to the visit.
    Rolling,
}

/// The cap on one organ's visits to one firm (频次上限).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cap {
    /// Most visits a year.
    pub max: u32,
    /// Kinds of visits that count.
    pub counts: Vec<VisitKind>,
    /// Which year.
    pub year: YearBasis,
}

/// The cap on visits: the first row that fits area, domain and risk level. `area` and `domain` list codes from the nearest outwards.
pub fn cap(book: &Book, area: &[&str], domain: &[&str], risk: &str, day: Date) -> Result<Answer<Cap>, PolicyError> {
    let what = || format!("area {}, domain {}, risk {risk}", area.join("/"), domain.join("/"));
    from_table(book, "inspection.cap", day, what, |rows| {
        let row = rows.iter().find(|row| fits(row, "area", area) && fits(row, "domain", domain) && fits(row, "risk", &[risk]))?;
        let counts = VisitKind::ALL.iter().copied().filter(|kind| word(row, kind.as_str()) == "yes").collect();
        let year = if word(row, "year") == "rolling" { YearBasis::Rolling } else { YearBasis::Calendar };
        Some(Cap { max: u32::try_from(number(row, "max")).unwrap_or(0), counts, year })
    })
}

/// With what weights objects are drawn at random.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights(Vec<TableRow>);

impl Weights {
    /// The weight of an object: the first row that fits its risk and its credit. `None` if no row does.
    pub fn of(&self, risk: &str, credit: &str) -> Option<u32> {
        let row = self.0.iter().find(|row| fits(row, "risk", &[risk]) && fits(row, "credit", &[credit]))?;
        u32::try_from(number(row, "weight")).ok()
    }
}

/// The weights of random inspections: more for high risk and bad credit, fewer for good credit (`inspection.random.weights`).
pub fn random_weights(book: &Book, day: Date) -> Result<Answer<Weights>, PolicyError> {
    Ok(get::<Vec<TableRow>>(book, "inspection.random.weights", day)?.map(Weights))
}

/// Fines from which something follows: a hearing has to be offered (较大数额), or the fine is huge (巨额).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HearingThreshold {
    /// For persons.
    pub person: Fen,
    /// For organisations.
    pub organisation: Fen,
}

/// The lowest threshold of all rows that fit: a hearing too many does no harm, one too few voids the decision.
pub fn hearing_threshold(book: &Book, area: &[&str], domain: &[&str], day: Date) -> Result<Answer<HearingThreshold>, PolicyError> {
    let what = || format!("area {}, domain {}", area.join("/"), domain.join("/"));
    from_table(book, "penalty.hearing.threshold", day, what, |rows| {
        let fitting = || rows.iter().filter(|row| fits(row, "area", area) && fits(row, "domain", domain));
        let lowest = |key: &str| fitting().map(|row| Fen(number(row, key))).min();
        Some(HearingThreshold { person: lowest("person")?, organisation: lowest("organisation")? })
    })
}

/// How grave a record of dishonesty is (失信程度).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// 轻微.
    Minor,
    /// 一般.
    General,
    /// 严重.
    Serious,
}

impl Category {
    /// All of them, from the lightest.
    pub const ALL: &[Category] = &[Category::Minor, Category::General, Category::Serious];

    /// The word that stands for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Minor => "minor",
            Category::General => "general",
            Category::Serious => "serious",
        }
    }
}

/// The category of a decision with these measures: the gravest of them; each takes the first row that fits it.
pub fn credit_category(book: &Book, domain: &[&str], measures: &[&str], day: Date) -> Result<Answer<Category>, PolicyError> {
    let what = || format!("domain {}, measures {}", domain.join("/"), measures.join(", "));
    from_table(book, "credit.category", day, what, |rows| {
        let of = |measure: &str| {
            let row = rows.iter().find(|row| fits(row, "domain", domain) && ["any", measure].contains(&word(row, "measure")))?;
            Category::ALL.iter().copied().find(|category| category.as_str() == word(row, "category"))
        };
        // A measure without a row must not vanish behind the others.
        measures.iter().map(|measure| of(measure)).collect::<Option<Vec<_>>>()?.into_iter().max()
    })
}

/// From which fine on it is huge (巨额罚款), in fen: for persons, and for organisations. The first row that fits.
pub fn huge_fine(book: &Book, domain: &[&str], day: Date) -> Result<Answer<HearingThreshold>, PolicyError> {
    let what = || format!("domain {}", domain.join("/"));
    from_table(book, "credit.huge_fine", day, what, |rows| {
        let row = rows.iter().find(|row| fits(row, "domain", domain))?;
        Some(HearingThreshold { person: Fen(number(row, "person")), organisation: Fen(number(row, "organisation")) })
    })
}

/// Whether a record is displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// No.
    No,
    /// Only where the authority finds it necessary.
    IfNeeded,
    /// Yes.
    Yes,
}

/// How long a record is displayed (公示期).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Display {
    /// Whether at all.
    pub shown: Shown,
    /// Before this is over, no repair.
    pub shortest: Period,
    /// After this, the display ends by itself.
    pub longest: Period,
}

/// The periods of display of a category.
pub fn display(book: &Book, category: Category, day: Date) -> Result<Answer<Display>, PolicyError> {
    let what = || format!("category {}", category.as_str());
    from_table(book, "credit.display", day, what, |rows| {
        let row = rows.iter().find(|row| word(row, "category") == category.as_str())?;
        let shown = match word(row, "shown") {
            "yes" => Shown::Yes,
            "if_needed" => Shown::IfNeeded,
            _ => Shown::No,
        };
        let months = |key: &str| Period::months(count(number(row, key)));
        Some(Display { shown, shortest: months("min_months"), longest: months("max_months") })
    })
}

/// How long to keep something (`simple`, `general`, `major`, `recording`, `log`); `None` means for ever.
pub fn retention(book: &Book, what: &str, day: Date) -> Result<Answer<Option<Period>>, PolicyError> {
    from_table(
        book,
        "retention",
        day,
        || what.to_owned(),
        |rows| {
            let months = count(number(rows.iter().find(|row| word(row, "what") == what)?, "months"));
            Some((months > 0).then_some(Period::months(months)))
        },
    )
}

/// At what rate and on what base a surcharge is reckoned. The source is that of the base; in doubt if either is.
pub fn surcharge_terms(book: &Book, day: Date) -> Result<Answer<Terms>, PolicyError> {
    let rate = get::<i64>(book, "penalty.surcharge.rate", day)?;
    let base = get::<String>(book, "penalty.surcharge.base", day)?;
    let doubtful = rate.doubtful || base.doubtful;
    let percent = u8::try_from(rate.value).unwrap_or(u8::MAX);
    Ok(Answer { doubtful, ..base.map(|base| Terms { percent, base: if base == "whole_fine" { Base::WholeFine } else { Base::UnpaidPart } }) })
}
