//! Who holds a power on a day, whose a case is after a transfer, what a transfer changes, and where nobody holds.
//!
//! An area's own rows decide wherever it has any: then a day without one is a gap and not its parents' affair. An area that
//! has none of its own for a power falls back to its parents, nearest first, as a zone without a GB/T 2260 code lies in
//! districts that have one. Where parents equally near name different organs, the caller has to say which parent it is.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::power::{Pending, Power, PowerType, Scope, Transfer, parse_power_key, power_key};
use crate::base::{Date, Validity};
use crate::dated::{Book, Kind, Row};

/// Why an organ holds a power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A row of its own says so.
    Row,
    /// It comes with a transferred power to punish (浙江省综合行政执法条例 art 8).
    Related,
    /// The organ supervises what it may punish of its own, without a transfer (the same, art 16).
    Supervision,
}

/// Who holds a power on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The organ.
    pub organ: String,
    /// All of the matter or a part with its boundary.
    pub scope: Scope,
    /// The document.
    pub legal_doc: String,
    /// First day of the row.
    pub since: Date,
    /// The area whose row it is: the one asked about or an ancestor.
    pub area: String,
    /// Why.
    pub ground: Ground,
}

/// Why nobody holds a power on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum NoHolder {
    /// Neither the area nor an ancestor has a row.
    #[error("no organ was ever given this power in this area; enter who holds it")]
    Unknown,
    /// Nobody holds it between two rows.
    #[error("nobody holds this power from {from} up to {until}; enter who holds it on these days")]
    Gap {
        /// First day without a holder.
        from: Date,
        /// First day with one again.
        until: Date,
    },
    /// The first row begins later.
    #[error("this power is held from {from} on; nobody held it before")]
    NotYet {
        /// First day with a holder.
        from: Date,
    },
    /// The last row ended.
    #[error("this power ended with the day before {until}; enter who holds it now")]
    Ended {
        /// First day without a holder.
        until: Date,
    },
    /// Parents equally near name different organs.
    #[error("the area's parents give this power to different organs; ask for the parent in which the place lies")]
    Several {
        /// The organs, in order.
        organs: Vec<String>,
    },
}

/// What is read of an area here: the divisions that it lies in.
#[derive(Deserialize)]
struct Parents {
    #[serde(default)]
    parents: Vec<String>,
}

/// An area and all divisions that it lies in on a day, nearest first; each list holds those equally near. Loops end.
pub fn lineage(book: &Book, area: &str, day: Date) -> Vec<Vec<String>> {
    let mut seen = BTreeSet::from([area.to_owned()]);
    let mut levels = vec![vec![area.to_owned()]];
    while let Some(level) = levels.last() {
        let parents = |area: &String| book.at(Kind::Area, area, day).and_then(|row| serde_json::from_str::<Parents>(row.body.as_json()).ok());
        let next: Vec<String> = level.iter().filter_map(parents).flat_map(|area| area.parents).filter(|parent| seen.insert(parent.clone())).collect();
        if next.is_empty() {
            break;
        }
        levels.push(next);
    }
    levels
}

/// The row of an area's own, or why there is none on the day; `None` if the area has no row of its own at all.
fn own<'a>(book: &'a Book, matter: &str, area: &str, power: PowerType, day: Date) -> Option<Result<&'a Row, NoHolder>> {
    let key = power_key(matter, area, power);
    if let Some(row) = book.at(Kind::Power, &key, day) {
        return Some(Ok(row));
    }
    let ended = book.history(Kind::Power, &key).filter_map(|row| row.valid.until).rfind(|until| *until <= day);
    let next = book.history(Kind::Power, &key).map(|row| row.valid.from).find(|from| *from > day);
    Some(Err(match (ended, next) {
        (None, None) => return None,
        (Some(from), Some(until)) => NoHolder::Gap { from, until },
        (None, Some(from)) => NoHolder::NotYet { from },
        (Some(until), None) => NoHolder::Ended { until },
    }))
}

/// The row that decides, and the area that it is of.
fn deciding<'a>(book: &'a Book, matter: &str, area: &str, power: PowerType, day: Date) -> Result<(&'a Row, Power, String), NoHolder> {
    for level in lineage(book, area, day) {
        let mut found: Vec<(&Row, Power, String)> = Vec::new();
        let mut absent = None;
        for area in level {
            match own(book, matter, &area, power, day) {
                // A body of a later version of the program names no organ that this one could answer for.
                Some(Ok(row)) => found.extend(row.typed::<Power>().map(|power| (row, power, area))),
                Some(Err(why)) => absent = Some(why),
                None => {}
            }
        }
        let organs: BTreeSet<&String> = found.iter().map(|(_, power, _)| &power.organ).collect();
        if organs.len() > 1 {
            return Err(NoHolder::Several { organs: organs.into_iter().cloned().collect() });
        }
        match (found.into_iter().next(), absent) {
            (Some(holder), _) => return Ok(holder),
            (None, Some(why)) => return Err(why),
            (None, None) => {}
        }
    }
    Err(NoHolder::Unknown)
}

/// Who holds a power in a matter and an area on a day.
///
/// Where no row gives inspection or coercion, the rule does: a transferred power to punish brings both
/// (浙江省综合行政执法条例 art 8), and an organ that may punish of its own also inspects.
pub fn authority(book: &Book, matter: &str, area: &str, power: PowerType, day: Date) -> Result<Holder, NoHolder> {
    let (row, body, area, ground) = match deciding(book, matter, area, power, day) {
        Ok((row, body, area)) => (row, body, area, Ground::Row),
        Err(NoHolder::Unknown) if power != PowerType::Penalty => {
            let (row, body, area) = deciding(book, matter, area, PowerType::Penalty, day)?;
            let ground = match (&body.transfer, power) {
                (Some(_), _) => Ground::Related,
                (None, PowerType::Inspection) => Ground::Supervision,
                (None, _) => return Err(NoHolder::Unknown),
            };
            (row, body, area, ground)
        }
        Err(why) => return Err(why),
    };
    Ok(Holder { organ: body.organ, scope: body.scope, legal_doc: body.legal_doc, since: row.valid.from, area, ground })
}

/// Who decides a case that was filed before a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseHolder {
    /// The organ that decides.
    pub organ: String,
    /// The organ that held the power on the day of filing.
    pub filed_with: String,
    /// The transfers of the power since, each with what it said of pending cases.
    pub passed: Vec<(String, Pending)>,
}

/// Who decides a case: the organ that held the power on the day of filing, unless a transfer since then said that pending
/// cases move. A row without a transfer, or one whose transfer is not in the book, moves no case.
pub fn case_authority(book: &Book, matter: &str, area: &str, filed_on: Date, today: Date) -> Result<CaseHolder, NoHolder> {
    let (row, body, area) = deciding(book, matter, area, PowerType::Penalty, filed_on)?;
    let mut case = CaseHolder { organ: body.organ.clone(), filed_with: body.organ.clone(), passed: Vec::new() };
    let mut holder = body.organ;
    let key = power_key(matter, &area, PowerType::Penalty);
    let later = book.history(Kind::Power, &key).filter(|next| next.valid.from > row.valid.from && next.valid.from <= today);
    for next in later {
        let Some(power) = next.typed::<Power>() else { continue };
        let before = std::mem::replace(&mut holder, power.organ);
        let Some(code) = power.transfer.filter(|_| before != holder) else { continue };
        let pending = book.get::<Transfer>(&code, next.valid.from).map_or(Pending::Stay, |transfer| transfer.pending);
        // A transfer moves the cases of the organ that gave; a case that an earlier one left behind is not among them.
        if pending == Pending::Move && case.organ == before {
            case.organ.clone_from(&holder);
        }
        case.passed.push((code, pending));
    }
    Ok(case)
}

/// One power that changes hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handover {
    /// First day of the new holder.
    pub day: Date,
    /// The matter.
    pub matter: String,
    /// The area.
    pub area: String,
    /// The power.
    pub power: PowerType,
    /// Who held it on the day before; absent if nobody did.
    pub from: Option<String>,
    /// Who holds it from the day on.
    pub to: String,
    /// All of the matter or a part.
    pub scope: Scope,
}

/// What entering `rows` into `book` would hand over, in the order of day, matter and area. Rows of other kinds and rows that
/// leave a power with its holder are left out.
pub fn preview(book: &Book, rows: &[Row]) -> Vec<Handover> {
    let mut out: Vec<Handover> = rows
        .iter()
        .filter_map(|row| {
            let (matter, area, power) = parse_power_key(&row.key)?;
            let body = row.typed::<Power>()?;
            let eve = row.valid.from.yesterday().ok()?;
            let from = deciding(book, matter, area, power, eve).ok().map(|(_, before, _)| before.organ);
            let handed = from.as_ref() != Some(&body.organ);
            handed.then(|| Handover { day: row.valid.from, matter: matter.to_owned(), area: area.to_owned(), power, from, to: body.organ, scope: body.scope })
        })
        .collect();
    out.sort_by(|a, b| (a.day, &a.matter, &a.area, a.power).cmp(&(b.day, &b.matter, &b.area, b.power)));
    out
}

/// Days on which nobody holds a power that somebody held before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GapAlert {
    /// The matter.
    pub matter: String,
    /// The power.
    pub power: PowerType,
    /// The days; open if nobody is to hold it again.
    pub days: Validity,
}

/// Where powers of an area are held by nobody: between two rows, and after the last while the matter itself is in force.
pub fn gaps(book: &Book, area: &str) -> Vec<GapAlert> {
    let mut out = Vec::new();
    for key in book.keys(Kind::Power) {
        let Some((matter, _, power)) = parse_power_key(key).filter(|(_, a, _)| *a == area) else { continue };
        let last = book.history(Kind::Power, key).next_back().and_then(|row| row.valid.until);
        let lasting = last.filter(|until| book.history(Kind::Matter, matter).any(|row| row.valid.overlaps(&Validity::from(*until))));
        let days = book.gaps(Kind::Power, key).into_iter().chain(lasting.map(Validity::from));
        out.extend(days.map(|days| GapAlert { matter: matter.to_owned(), power, days }));
    }
    out
}

/// The one member of a power's body by which its rows are counted.
#[derive(Deserialize)]
struct Organ<'a> {
    #[serde(borrow)]
    organ: Cow<'a, str>,
}

/// The matters in which an organ holds a power on a day by rows of the area itself, in order of their codes.
pub fn held<'a>(book: &'a Book, organ: &str, area: &str, power: PowerType, day: Date) -> impl Iterator<Item = (&'a str, &'a Row)> {
    book.in_force(Kind::Power, day).filter_map(move |row| {
        let (matter, ..) = parse_power_key(&row.key).filter(|(_, a, p)| *a == area && *p == power)?;
        let held = serde_json::from_str::<Organ<'_>>(row.body.as_json()).is_ok_and(|body| body.organ == organ);
        held.then_some((matter, row))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;
    use crate::record::Value;

    const REFORM: Date = date(2024, 1, 1);

    fn power(matter: &str, area: &str, kind: PowerType, valid: Validity, organ: &str, transfer: Option<&str>) -> Row {
        let body = Power { organ: organ.into(), power: kind, scope: Scope::Whole, legal_doc: "文件".into(), transfer: transfer.map(Into::into) };
        Row::new(&power_key(matter, area, kind), valid, &body).unwrap()
    }

    fn penalty(matter: &str, valid: Validity, organ: &str, transfer: Option<&str>) -> Row {
        power(matter, "zone", PowerType::Penalty, valid, organ, transfer)
    }

    fn transfer(code: &str, from: &str, to: &str, day: Date, pending: Pending) -> Row {
        let body = Transfer { name: "划转".into(), day, from: Some(from.into()), to: to.into(), area: "zone".into(), legal_doc: "通知".into(), pending };
        Row::new(code, Validity::from(day), &body).unwrap()
    }

    fn area(code: &str, parents: &[&str]) -> Row {
        let body = Value::from_json(&serde_json::json!({ "name": code, "parents": parents })).unwrap();
        Row { kind: Kind::Area, key: code.into(), valid: Validity::from(date(2020, 1, 1)), body }
    }

    fn book(rows: impl IntoIterator<Item = Row>) -> Book {
        let mut book = Book::new();
        for row in rows {
            book.insert(row).unwrap();
        }
        book
    }

    fn until(day: Date) -> Validity {
        Validity::between(date(2022, 1, 1), day).unwrap()
    }

    /// A power that goes from the water department to the team on 2024-01-01.
    fn handed(pending: Pending) -> Book {
        book([penalty("m", until(REFORM), "water", None), penalty("m", Validity::from(REFORM), "team", Some("t1")), transfer("t1", "water", "team", REFORM, pending)])
    }

    #[test]
    fn the_holder_changes_with_the_day_of_the_transfer() {
        let book = handed(Pending::Stay);
        let on = |day| authority(&book, "m", "zone", PowerType::Penalty, day);
        assert_eq!(on(date(2023, 12, 31)).unwrap().organ, "water");
        assert_eq!(on(REFORM).map(|h| (h.organ, h.since, h.ground)), Ok(("team".into(), REFORM, Ground::Row)));
        assert_eq!(on(date(2021, 12, 31)), Err(NoHolder::NotYet { from: date(2022, 1, 1) }));
        assert_eq!(authority(&book, "other", "zone", PowerType::Penalty, REFORM), Err(NoHolder::Unknown));
    }

    #[test]
    fn a_transferred_power_to_punish_brings_inspection_and_coercion_under_article_8() {
        let book = handed(Pending::Stay);
        let on = |power, day| authority(&book, "m", "zone", power, day).map(|h| (h.organ, h.ground));
        for power in [PowerType::Inspection, PowerType::Coercion] {
            assert_eq!(on(power, REFORM), Ok(("team".into(), Ground::Related)));
        }
        let eve = date(2023, 12, 31);
        assert_eq!(on(PowerType::Inspection, eve), Ok(("water".into(), Ground::Supervision)));
        assert_eq!(on(PowerType::Coercion, eve), Err(NoHolder::Unknown), "coercion needs a row where nothing was transferred");
    }

    #[test]
    fn a_row_of_inspection_goes_before_the_rule() {
        let mut book = handed(Pending::Stay);
        book.insert(power("m", "zone", PowerType::Inspection, Validity::from(REFORM), "water", None)).unwrap();
        assert_eq!(authority(&book, "m", "zone", PowerType::Inspection, REFORM).map(|h| (h.organ, h.ground)), Ok(("water".into(), Ground::Row)));
    }

    #[test]
    fn gaps_are_named_and_alerted() {
        let (end, again, over) = (date(2024, 1, 1), date(2024, 2, 1), date(2025, 1, 1));
        let mut book = book([penalty("m", until(end), "water", None), penalty("m", Validity::between(again, over).unwrap(), "team", None)]);
        let on = |day| authority(&book, "m", "zone", PowerType::Penalty, day);
        assert_eq!(on(date(2024, 1, 31)), Err(NoHolder::Gap { from: end, until: again }));
        assert_eq!(on(again).unwrap().organ, "team");
        assert_eq!(on(over), Err(NoHolder::Ended { until: over }));
        let alert = |days| GapAlert { matter: "m".into(), power: PowerType::Penalty, days };
        let between = alert(Validity::between(end, again).unwrap());
        assert_eq!(gaps(&book, "zone"), [between.clone()], "a matter that is not in force any more needs no holder");
        book.insert(Row::new("m", Validity::from(date(2022, 1, 1)), &super::super::matter::tests::slurry()).unwrap()).unwrap();
        assert_eq!(gaps(&book, "zone"), [between, alert(Validity::from(over))]);
        assert!(gaps(&book, "elsewhere").is_empty());
    }

    #[test]
    fn an_area_without_a_row_of_its_own_falls_back_to_its_parents() {
        let in_area = |area: &str, organ: &str, valid| power("m", area, PowerType::Penalty, valid, organ, None);
        let since = Validity::from(date(2022, 1, 1));
        let areas = [area("zone", &["330211", "330212"]), area("330211", &["330200"]), area("330212", &["330200"]), area("330200", &["zone"])];
        let ask = |rows: &[Row]| authority(&book(areas.iter().chain(rows).cloned()), "m", "zone", PowerType::Penalty, REFORM).map(|h| (h.organ, h.area));
        assert_eq!(ask(&[]), Err(NoHolder::Unknown), "a loop among areas ends");
        let (city, one, two) = (in_area("330200", "city", since), in_area("330211", "one", since), in_area("330212", "two", since));
        assert_eq!(ask(std::slice::from_ref(&city)), Ok(("city".into(), "330200".into())));
        assert_eq!(ask(&[city.clone(), one.clone()]), Ok(("one".into(), "330211".into())), "the nearer goes first");
        assert_eq!(ask(&[one, two]), Err(NoHolder::Several { organs: vec!["one".into(), "two".into()] }));
        let own = in_area("zone", "team", Validity::from(date(2024, 6, 1)));
        assert_eq!(ask(&[city, own]), Err(NoHolder::NotYet { from: date(2024, 6, 1) }), "an area with rows of its own does not fall back");
    }

    #[test]
    fn a_pending_case_stays_or_moves_as_the_transfer_says() {
        let filed = date(2023, 11, 1);
        let decide = |pending, filed, today| case_authority(&handed(pending), "m", "zone", filed, today).unwrap();
        let stays = decide(Pending::Stay, filed, date(2024, 3, 1));
        assert_eq!((&*stays.organ, &*stays.filed_with), ("water", "water"));
        assert_eq!(stays.passed, [("t1".to_owned(), Pending::Stay)]);
        let moves = decide(Pending::Move, filed, date(2024, 3, 1));
        assert_eq!((&*moves.organ, &*moves.filed_with), ("team", "water"));
        assert_eq!(decide(Pending::Move, filed, date(2023, 12, 31)).organ, "water", "not before the day of the transfer");
        assert_eq!(decide(Pending::Move, REFORM, date(2024, 3, 1)).passed, [], "filed after it");
        assert!(case_authority(&handed(Pending::Move), "m", "zone", date(2021, 1, 1), REFORM).is_err(), "nobody could file it");
    }

    #[test]
    fn a_case_left_behind_is_not_moved_by_a_later_transfer() {
        let second = date(2024, 7, 1);
        let mut book = handed(Pending::Stay);
        let mut first = book.remove(Kind::Power, &power_key("m", "zone", PowerType::Penalty), REFORM).unwrap();
        first.valid.until = Some(second);
        for row in [first, penalty("m", Validity::from(second), "street", Some("t2")), transfer("t2", "team", "street", second, Pending::Move)] {
            book.insert(row).unwrap();
        }
        let organ = |filed| case_authority(&book, "m", "zone", filed, second).unwrap().organ;
        assert_eq!(organ(date(2023, 11, 1)), "water");
        assert_eq!(organ(date(2024, 2, 1)), "street");
    }

    #[test]
    fn a_transfer_is_previewed_before_it_is_entered() {
        let book = book([penalty("b", until(REFORM), "water", None), penalty("a", Validity::from(date(2022, 1, 1)), "team", None)]);
        let rows = [
            penalty("c", Validity::from(REFORM), "team", Some("t1")),
            penalty("b", Validity::from(REFORM), "team", Some("t1")),
            penalty("a", Validity::from(REFORM), "team", Some("t1")),
            transfer("t1", "water", "team", REFORM, Pending::Stay),
        ];
        let seen: Vec<(String, Option<String>, String)> = preview(&book, &rows).into_iter().map(|h| (h.matter, h.from, h.to)).collect();
        assert_eq!(seen, [("b".into(), Some("water".into()), "team".into()), ("c".into(), None, "team".into())], "the team has a already");
    }

    #[test]
    fn what_an_organ_holds_is_counted_by_area_power_and_day() {
        let mut book = handed(Pending::Stay);
        book.insert(power("m", "elsewhere", PowerType::Penalty, Validity::from(REFORM), "team", None)).unwrap();
        book.insert(power("m", "zone", PowerType::Coercion, Validity::from(REFORM), "team", None)).unwrap();
        let count = |organ, day| held(&book, organ, "zone", PowerType::Penalty, day).count();
        assert_eq!((count("water", date(2023, 12, 31)), count("team", date(2023, 12, 31))), (1, 0));
        assert_eq!((count("water", REFORM), count("team", REFORM)), (0, 1));
        assert_eq!(held(&book, "team", "zone", PowerType::Penalty, REFORM).map(|(matter, _)| matter).collect::<Vec<_>>(), ["m"]);
    }
}
