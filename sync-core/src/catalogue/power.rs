//! Powers: which organ may punish, inspect or coerce in a matter and an area, on which day (职权), and how powers change hands.
//!
//! One row is one holder for some days; rows of one power never overlap ([`crate::dated::Book`] refuses them), and days
//! between them are an alert. Deliberately absent: officers. A certificate counts across the province, the act belongs to
//! the organ that holds the power (浙江省综合行政执法条例 art 29).

use serde::{Deserialize, Serialize};

use super::matter::{Matter, is_code, text};
use crate::base::ids::is_token;
use crate::base::{Date, Validity};
use crate::dated::{Body, Book, Flaw, Kind, Row};

/// What an organ may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PowerType {
    /// 行政处罚.
    Penalty,
    /// 行政检查.
    Inspection,
    /// 行政强制.
    Coercion,
}

impl PowerType {
    /// All of them.
    pub const ALL: &[PowerType] = &[PowerType::Penalty, PowerType::Inspection, PowerType::Coercion];

    /// The word that stands for it in keys.
    pub fn as_str(self) -> &'static str {
        match self {
            PowerType::Penalty => "penalty",
            PowerType::Inspection => "inspection",
            PowerType::Coercion => "coercion",
        }
    }

    /// The power of a word.
    pub fn parse(word: &str) -> Option<PowerType> {
        PowerType::ALL.iter().copied().find(|power| power.as_str() == word)
    }
}

/// The key of a power's rows: `matter/area/power`.
pub fn power_key(matter: &str, area: &str, power: PowerType) -> String {
    format!("{matter}/{area}/{}", power.as_str())
}

/// Matter, area and power of a key.
pub fn parse_power_key(key: &str) -> Option<(&str, &str, PowerType)> {
    let (matter, rest) = key.split_once('/')?;
    let (area, power) = rest.split_once('/')?;
    Some((matter, area, PowerType::parse(power)?))
}

/// How much of a matter the organ holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Scope {
    /// 全部.
    Whole,
    /// 部分.
    Part {
        /// The written boundary of duties (职责边界): without one a part cannot be told from the rest.
        boundary: String,
    },
}

/// Who holds a power.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// The organ, by its code.
    pub organ: String,
    /// Which power; the same as in the key.
    pub power: PowerType,
    /// All of the matter or a part.
    pub scope: Scope,
    /// The document by which it holds it.
    pub legal_doc: String,
    /// The transfer that brought it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<String>,
}

impl Body for Power {
    const KIND: Kind = Kind::Power;

    fn check(&self, key: &str, _: &Validity) -> Result<(), Flaw> {
        let Some((matter, area, power)) = parse_power_key(key) else {
            return Err(Flaw::new("key", "must be matter/area/power, with the power one of penalty, inspection, coercion"));
        };
        if !is_code(matter) || !is_token(area) {
            return Err(Flaw::new("key", "names no matter's code or no area's code"));
        }
        if power != self.power {
            return Err(Flaw::new("power", format!("the key says {}; both must say the same", power.as_str())));
        }
        if !is_token(&self.organ) {
            return Err(Flaw::new("organ", "must be an organ's code: 1 to 64 letters, digits, '.', '_' or '-'"));
        }
        if let Scope::Part { boundary } = &self.scope {
            text("scope.part.boundary", boundary).map_err(|flaw| Flaw::new(flaw.field, "a part needs the written boundary of duties (职责边界)"))?;
        }
        if self.transfer.as_ref().is_some_and(|code| !is_token(code)) {
            return Err(Flaw::new("transfer", "must be a transfer's code: 1 to 64 letters, digits, '.', '_' or '-'"));
        }
        text("legal_doc", &self.legal_doc)
    }
}

/// What becomes of cases that were filed before a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pending {
    /// They stay with the organ that filed them. The default; which of the two applies is open in law and set by each transfer.
    #[default]
    Stay,
    /// They go with the power.
    Move,
}

/// An act by which powers change hands (职能划转); the key is its code, and power rows name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Name in Chinese.
    pub name: String,
    /// The day from which the receiving organ holds the powers.
    pub day: Date,
    /// The organ that gives, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The organ that receives.
    pub to: String,
    /// The area.
    pub area: String,
    /// The document.
    pub legal_doc: String,
    /// What becomes of pending cases.
    #[serde(default)]
    pub pending: Pending,
}

impl Body for Transfer {
    const KIND: Kind = Kind::Transfer;

    fn check(&self, key: &str, valid: &Validity) -> Result<(), Flaw> {
        for (field, code) in [("key", Some(key)), ("from", self.from.as_deref()), ("to", Some(&*self.to)), ("area", Some(&*self.area))] {
            if code.is_some_and(|code| !is_token(code)) {
                return Err(Flaw::new(field, "must be 1 to 64 letters, digits, '.', '_' or '-'"));
            }
        }
        if self.from.as_ref() == Some(&self.to) {
            return Err(Flaw::new("to", "must not be the organ that gives"));
        }
        if !valid.contains(self.day) {
            return Err(Flaw::new("day", "must lie within the days of the row"));
        }
        text("name", &self.name)?;
        text("legal_doc", &self.legal_doc)
    }
}

/// Checks a power row against the rest of the book: a matter with detention never changes hands (行政处罚法 art 18 para 3),
/// and a row says the same as the transfer that it names. A matter or transfer that is not in the book is no flaw: lists
/// are imported in any order.
pub fn check_transfer(book: &Book, row: &Row) -> Result<(), Flaw> {
    let Some((matter, area, _)) = parse_power_key(&row.key).filter(|_| row.kind == Kind::Power) else { return Ok(()) };
    let Some(power) = row.typed::<Power>() else { return Ok(()) };
    let Some(code) = power.transfer else { return Ok(()) };
    let during = |version: &&Row| version.valid.overlaps(&row.valid);
    let stays = |version: &Row| version.typed::<Matter>().is_some_and(|matter| !matter.transferable());
    if book.history(Kind::Matter, matter).filter(during).any(stays) {
        return Err(Flaw::new("transfer", "the matter carries detention, which stays with the police (行政处罚法 art 18); leave it out of the transfer"));
    }
    let Some(transfer) = book.get::<Transfer>(&code, row.valid.from) else { return Ok(()) };
    let wrong = |field: &str, says: &dyn std::fmt::Display| Err(Flaw::new(field, format!("transfer {code} says {says}; both must say the same")));
    if transfer.to != power.organ {
        return wrong("organ", &transfer.to);
    }
    if transfer.area != area {
        return wrong("key", &transfer.area);
    }
    if transfer.day != row.valid.from {
        return wrong("from", &transfer.day);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use crate::catalogue::matter::PenaltyKind;
    use crate::catalogue::matter::tests::slurry;

    fn power(scope: Scope) -> Power {
        Power { organ: "enforcement".into(), power: PowerType::Penalty, scope, legal_doc: "通知".into(), transfer: Some("t1".into()) }
    }

    #[test]
    fn a_part_needs_its_written_boundary() {
        let valid = Validity::from(date(2024, 1, 1));
        let key = power_key("EE-012", "nb-gaoxin", PowerType::Penalty);
        assert_eq!(parse_power_key(&key), Some(("EE-012", "nb-gaoxin", PowerType::Penalty)));
        assert!(Row::new(&key, valid, &power(Scope::Whole)).is_ok());
        assert!(Row::new(&key, valid, &power(Scope::Part { boundary: "市政道路红线以内".into() })).is_ok());
        assert_eq!(Row::new(&key, valid, &power(Scope::Part { boundary: " ".into() })).unwrap_err().field, "scope.part.boundary");
        assert_eq!(Row::new("EE-012/nb-gaoxin/coercion", valid, &power(Scope::Whole)).unwrap_err().field, "power");
        assert_eq!(Row::new("EE-012/nb-gaoxin", valid, &power(Scope::Whole)).unwrap_err().field, "key");
    }

    #[test]
    fn a_matter_with_detention_never_changes_hands_under_article_18() {
        let mut book = Book::new();
        let mut matter = slurry();
        matter.kinds.push(PenaltyKind::Detention);
        book.insert(Row::new("D-1", Validity::from(date(2022, 1, 1)), &matter).unwrap()).unwrap();
        book.insert(Row::new("D-2", Validity::from(date(2022, 1, 1)), &slurry()).unwrap()).unwrap();
        let row = |code: &str, transfer: Option<&str>| {
            let body = Power { transfer: transfer.map(Into::into), ..power(Scope::Whole) };
            Row::new(&power_key(code, "nb-gaoxin", PowerType::Penalty), Validity::from(date(2024, 1, 1)), &body).unwrap()
        };
        assert_eq!(check_transfer(&book, &row("D-1", Some("t1"))).unwrap_err().field, "transfer");
        assert_eq!(check_transfer(&book, &row("D-1", None)), Ok(()), "the police hold it of their own");
        assert_eq!(check_transfer(&book, &row("D-2", Some("t1"))), Ok(()));
    }

    #[test]
    fn a_power_says_the_same_as_its_transfer() {
        let day = date(2024, 1, 1);
        let transfer =
            Transfer {
                name: "划转".into(), day, from: Some("water".into()), to: "enforcement".into(), area: "nb-gaoxin".into(), legal_doc: "通知".into(), pending: Pending::Stay
            };
        let mut book = Book::new();
        book.insert(Row::new("t1", Validity::from(day), &transfer).unwrap()).unwrap();
        let field = |area: &str, organ: &str, from| {
            let body = Power { organ: organ.into(), ..power(Scope::Whole) };
            check_transfer(&book, &Row::new(&power_key("EE-012", area, PowerType::Penalty), Validity::from(from), &body).unwrap()).map_err(|flaw| flaw.field)
        };
        assert_eq!(field("nb-gaoxin", "enforcement", day), Ok(()));
        assert_eq!(field("nb-gaoxin", "water", day), Err("organ".into()));
        assert_eq!(field("330211", "enforcement", day), Err("key".into()));
        assert_eq!(field("nb-gaoxin", "enforcement", date(2024, 2, 1)), Err("from".into()));
    }
}
