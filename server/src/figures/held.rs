//! Matters that may be punished on a day, from the book.

use std::collections::BTreeMap;

use serde::Deserialize;
use sync_core::base::Date;
use sync_core::catalogue::{Matter, PowerType, holdings};
use sync_core::dated::{Book, Kind};
use sync_core::org::{Organ, OrganKind};

use super::narrow::Query;
use super::rows::{Page, Row};
use crate::org::ops;

/// What is asked of a matter's row.
#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    listed: Option<bool>,
}

/// The organs whose matters are counted where none is asked for: the team, and the organ in whose name it acts. Other organs keep
/// powers of their own, which are not those that the team took over.
fn own(book: &Book, day: Date) -> Vec<&str> {
    let own = |kind: OrganKind| matches!(kind, OrganKind::Team | OrganKind::Committee);
    book.in_force(Kind::Organ, day).filter(|row| row.typed::<Organ>().is_some_and(|organ| own(organ.kind))).map(|row| &*row.key).collect()
}

/// The matters of the last day of a period, each once, and whether it stands on the unified list: of the organ and the area that are asked
/// for, else of the team and of any area.
fn matters<'a>(book: &'a Book, query: &Query) -> BTreeMap<&'a str, bool> {
    let (own, any) = (own(book, query.to), query.organ.is_none());
    let of = |organ: &str| if any { own.is_empty() || own.contains(&organ) } else { query.organ.as_deref() == Some(organ) };
    let asked = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
    let held = holdings(book, PowerType::Penalty, query.to).filter(|h| of(&h.organ) && asked(&query.area, h.area) && asked(&query.matter, h.matter));
    let listed = |code: &str| book.at(Kind::Matter, code, query.to).and_then(|row| serde_json::from_str::<Listed>(row.body.as_json()).ok()?.listed) == Some(true);
    held.map(|h| h.matter).collect::<std::collections::BTreeSet<_>>().into_iter().map(|code| (code, listed(code))).collect()
}

/// How many are held, and how many of them stand on the unified list.
pub fn count(book: &Book, query: &Query) -> (i64, i64) {
    let matters = matters(book, query);
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    (number(matters.len()), number(matters.values().filter(|listed| **listed).count()))
}

/// The matters, in order of their codes, a page at a time; those of the unified list alone, or all.
pub fn rows(book: &Book, query: &Query, listed: bool) -> Page {
    let limit = usize::try_from(ops::page(query.limit)).unwrap_or(1);
    let row = |code: &str| Row {
        what: "matter".into(),
        record: None,
        title: book.get::<Matter>(code, query.to).map(|m| m.name).unwrap_or_default(),
        about: code.to_owned(),
        day: Some(query.to.to_string()),
        organ: query.organ.clone(),
        unit: None,
        object: None,
        matter: Some(code.to_owned()),
        amount: 1,
    };
    let after = query.after.as_deref().unwrap_or_default();
    let asked = matters(book, query).into_iter().filter(|(code, on_list)| *code > after && (*on_list || !listed));
    let items: Vec<Row> = asked.take(limit).map(|(code, _)| row(code)).collect();
    let next = items.last().filter(|_| items.len() == limit).map(|row| row.about.clone());
    Page { items, next }
}
