//! The divisions that an area lies in, nearest first: where a power is looked for if the area itself has none.

use std::collections::BTreeSet;

use crate::base::Date;
use crate::dated::{Book, Kind, Row};
use crate::identity::RegionCode;
use crate::org::{Area, Organ, OrganKind};

/// The prefecture of a county's GB/T 2260 code, the province of a prefecture's.
fn whole(code: &str) -> Option<String> {
    let region = code.parse::<RegionCode>().ok()?;
    let cut = |digits: usize, zeros: &str| region.as_str().get(..digits).map(|head| format!("{head}{zeros}")).filter(|whole| whole != code);
    cut(4, "00").or_else(|| cut(2, "0000"))
}

fn parents(row: &Row) -> impl Iterator<Item = String> + use<> {
    row.typed::<Area>().into_iter().flat_map(|area| area.parents).map(String::from)
}

/// Where a subdistrict (街道) lies that has no row of its own among the areas: sites and plans name it as their area.
fn around(book: &Book, code: &str, day: Date) -> impl Iterator<Item = String> + use<> {
    let subdistrict = book.get::<Organ>(code, day).filter(|organ| organ.kind == OrganKind::Subdistrict);
    subdistrict.into_iter().flat_map(|organ| organ.areas).map(String::from)
}

/// An area and all divisions that it lies in on a day, nearest first; each list holds those equally near. Parents need no
/// row of their own, and a subdistrict lies where its organ works. Circles end where they close.
pub fn lineage(book: &Book, area: &str, day: Date) -> Vec<Vec<String>> {
    let mut seen = BTreeSet::from([area.to_owned()]);
    let mut levels = vec![vec![area.to_owned()]];
    while let Some(level) = levels.last() {
        let above = level.iter().flat_map(|area| book.at(Kind::Area, area, day).into_iter().flat_map(parents).chain(around(book, area, day)).chain(whole(area)));
        let next: Vec<String> = above.filter(|parent| seen.insert(parent.clone())).collect();
        if next.is_empty() {
            break;
        }
        levels.push(next);
    }
    levels
}

/// The areas and everything that they have ever lain in.
pub(super) fn ever(book: &Book, areas: &BTreeSet<String>) -> BTreeSet<String> {
    let mut all = areas.clone();
    let mut open: Vec<String> = areas.iter().cloned().collect();
    while let Some(area) = open.pop() {
        let above = book.history(Kind::Area, &area).flat_map(parents).chain(whole(&area));
        open.extend(above.filter(|parent| all.insert(parent.clone())));
    }
    all
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::base::Validity;
    use crate::base::date::date;

    /// A row of an area.
    pub fn area_row(code: &str, parents: &[&str]) -> Row {
        let functional = code.parse::<RegionCode>().is_err();
        let body = Area { functional, name: code.into(), parents: parents.iter().map(|parent| (*parent).into()).collect(), polygon: None };
        Row::new(code, Validity::from(date(2020, 1, 1)), &body).unwrap()
    }

    #[test]
    fn a_zone_lies_in_its_districts_their_city_and_its_province() {
        let mut book = Book::new();
        book.insert(area_row("zone", &["330211", "330212"])).unwrap();
        let levels = lineage(&book, "zone", date(2024, 1, 1));
        assert_eq!(levels, [vec!["zone"], vec!["330211", "330212"], vec!["330200"], vec!["330000"]], "GB/T 2260");
        assert_eq!(ever(&book, &BTreeSet::from(["zone".to_owned()])).len(), 5);
        assert_eq!(lineage(&book, "zone", date(2019, 1, 1)), [vec!["zone"]], "before its first row");
    }

    #[test]
    fn a_subdistrict_lies_where_its_organ_works() {
        let mut book = Book::new();
        let organ = |kind| Organ { areas: vec!["zone".into()], kind, name: "聚贤街道".into(), parent: None, prefix: None, seal: None };
        book.insert(area_row("zone", &["330211"])).unwrap();
        for (code, kind) in [("juxian", OrganKind::Subdistrict), ("fire", OrganKind::Department)] {
            book.insert(Row::new(code, Validity::from(date(2020, 1, 1)), &organ(kind)).unwrap()).unwrap();
        }
        let day = date(2024, 1, 1);
        assert_eq!(lineage(&book, "juxian", day), [vec!["juxian"], vec!["zone"], vec!["330211"], vec!["330200"], vec!["330000"]]);
        assert_eq!(lineage(&book, "fire", day), [vec!["fire"]], "no other organ is an area");
    }
}
