//! Guidance on compliance, as a menu (菜单式合规指导, `domain.md` §7.1): for a group of matters, why the violation happens, which
//! clauses hold, what helps against it, and what an enterprise asks itself.
//!
//! A row has days like everything legal: the clauses change. Officers choose from it and add to it; what was chosen stands on the case.
//! Deliberately absent: compulsion. Advice binds nobody; what has to be corrected is ordered.

use serde::{Deserialize, Serialize};

use super::Matter;
use crate::base::ids::is_token;
use crate::base::{Date, Validity};
use crate::dated::{Body, Book, Flaw, Kind};

/// Most lines of a list.
const MOST: usize = 40;
/// Most characters of a line.
const LINE: usize = 300;

/// What is advised about a group of matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guidance {
    /// Why it happens.
    pub causes: Vec<String>,
    /// What an enterprise asks itself (自查清单).
    pub checks: Vec<String>,
    /// Clauses that hold beside the matter's own.
    #[serde(default)]
    pub clauses: Vec<String>,
    /// Codes of domains whose matters it is about; `*` for all.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Codes of matters, or their beginnings: `UM-` for all of them.
    #[serde(default)]
    pub matters: Vec<String>,
    /// What helps.
    pub measures: Vec<String>,
    /// What it is called.
    pub name: String,
    /// Where it comes from.
    pub source: String,
}

impl Guidance {
    /// Whether it is about a matter.
    pub fn is_about(&self, code: &str, domain: &str) -> bool {
        self.matters.iter().any(|beginning| code.starts_with(beginning.as_str())) || self.domains.iter().any(|one| one == "*" || one == domain)
    }
}

impl Body for Guidance {
    const KIND: Kind = Kind::Guidance;

    fn check(&self, key: &str, _valid: &Validity) -> Result<(), Flaw> {
        if !is_token(key) {
            return Err(Flaw::new("key", "give 1 to 64 letters, digits, '.', '_' or '-'"));
        }
        for (field, text) in [("name", &self.name), ("source", &self.source)] {
            if text.trim().is_empty() || text.chars().count() > LINE {
                return Err(Flaw::new(field, format!("give 1 to {LINE} characters")));
            }
        }
        for (field, list, may_be_empty) in [("causes", &self.causes, false), ("checks", &self.checks, false), ("clauses", &self.clauses, true), ("measures", &self.measures, false)]
        {
            if (list.is_empty() && !may_be_empty) || list.len() > MOST {
                return Err(Flaw::new(field, format!("give {} to {MOST} lines", u8::from(!may_be_empty))));
            }
            if let Some(n) = list.iter().position(|line| line.trim().is_empty() || line.chars().count() > LINE) {
                return Err(Flaw::new(format!("{field}.{n}"), format!("give 1 to {LINE} characters")));
            }
        }
        if self.domains.is_empty() && self.matters.is_empty() {
            return Err(Flaw::new("domains", "name domains or matters; '*' for all"));
        }
        let codes = self.domains.iter().filter(|code| *code != "*").chain(&self.matters);
        codes.into_iter().find(|code| !is_token(code)).map_or(Ok(()), |bad| Err(Flaw::new("matters", format!("'{bad:.64}' is no code"))))
    }
}

/// The menu for a matter on a day: rows that name the matter first, then those of its domain, then those for all; each with its key.
pub fn menu(book: &Book, code: &str, day: Date) -> Vec<(String, Guidance)> {
    let domain = book.get::<Matter>(code, day).map(|matter| matter.domain).unwrap_or_default();
    let rank = |g: &Guidance| {
        let named = g.matters.iter().any(|beginning| code.starts_with(beginning.as_str()));
        if named { 0 } else { 1 + u8::from(!g.domains.contains(&domain)) }
    };
    let rows = book.in_force(Kind::Guidance, day).filter_map(|row| Some((row.key.to_string(), row.typed::<Guidance>()?)));
    let mut out: Vec<(String, Guidance)> = rows.filter(|(_, guidance)| guidance.is_about(code, &domain)).collect();
    out.sort_by(|a, b| (rank(&a.1), &a.0).cmp(&(rank(&b.1), &b.0)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use crate::dated::Row;

    fn guidance(domains: &[&str], matters: &[&str]) -> Guidance {
        let words = |all: &[&str]| all.iter().map(|w| (*w).to_owned()).collect();
        Guidance {
            causes: words(&["管理不到位"]),
            checks: words(&["是否已培训"]),
            clauses: vec![],
            domains: words(domains),
            matters: words(matters),
            measures: words(&["建立台账"]),
            name: "通用".into(),
            source: "测试".into(),
        }
    }

    #[test]
    fn the_menu_begins_with_what_is_nearest_and_knows_its_days() {
        let mut book = Book::new();
        crate::fixtures::catalogue::rows().unwrap().into_iter().for_each(|row| book.insert(row).unwrap());
        let day = date(2026, 9, 21);
        let domain = book.get::<Matter>("UM-006", day).unwrap().domain;
        let valid = Validity::from(date(2024, 1, 1));
        for (key, body) in
            [("all", guidance(&["*"], &[])), ("domain", guidance(&[&domain], &[])), ("near", guidance(&[], &["UM-006"])), ("other", guidance(&["elsewhere"], &["EE-"]))]
        {
            book.insert(Row::new(key, valid, &body).unwrap()).unwrap();
        }
        let keys = |day| menu(&book, "UM-006", day).into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(keys(day), ["near", "domain", "all"]);
        assert_eq!(keys(date(2023, 12, 31)), [""; 0], "from its first day on");
    }

    #[test]
    fn a_row_without_lines_or_without_a_group_is_refused_by_field() {
        let valid = Validity::from(date(2024, 1, 1));
        let flaw = |body: &Guidance| Row::new("g", valid, body).unwrap_err().field;
        assert_eq!(flaw(&guidance(&[], &[])), "domains");
        assert_eq!(flaw(&Guidance { measures: vec![], ..guidance(&["*"], &[]) }), "measures");
        assert_eq!(flaw(&Guidance { checks: vec![" ".into()], ..guidance(&["*"], &[]) }), "checks.0");
        assert_eq!(flaw(&guidance(&["*"], &["no code"])), "matters");
    }
}
