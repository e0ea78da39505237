//! What is asked for: a period and filters, read leniently, kept in the form with what is wrong, and turned into the query of the API.

use actix_web::HttpRequest;
use diesel::prelude::*;
use sync_core::base::{Date, RecordId, date::date};
use sync_core::catalogue::Matter;
use sync_core::dated::{Book, Kind};
use sync_core::org::{Area, Organ, Unit};

use crate::access::ReadsRecords;
use crate::base::db::Tx;
use crate::base::problem::Problem;
use crate::figures::narrow::Query;
use crate::object::search;
use crate::on;
use crate::schema::object;
use crate::sync::store::StoreError;
use crate::sync::store::rows::record_id;
use crate::web::layout::{pairs, with_query};
use crate::web::session::Page;
use crate::web::words::Words;

/// Most things to choose from where a name fits several.
const CHOICES: usize = 10;
/// Most characters of a filter.
const MAX: usize = 200;

/// A choice of a list.
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub text: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// A filter that is chosen from a list.
pub struct Select {
    /// Its name in the address.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// The choices.
    pub choices: Vec<Choice>,
}

/// A filter that is typed.
#[derive(Default)]
pub struct Typed {
    /// What stands in it.
    pub value: String,
    /// What is wrong with it.
    pub mistake: &'static str,
    /// What could be meant, each with the address that asks for it.
    pub choices: Vec<(String, String)>,
}

/// A link to a usual period.
pub struct Preset {
    /// What it is called.
    pub text: &'static str,
    /// Where it leads.
    pub to: String,
    /// Whether it is shown.
    pub here: bool,
}

/// What is asked for, as the form shows it.
pub struct Asked {
    /// The query, unless something is wrong.
    pub query: Option<Query>,
    /// What is asked for, as pairs of an address.
    pub pairs: Vec<(&'static str, String)>,
    /// First day.
    pub from: Typed,
    /// Last day.
    pub to: Typed,
    /// Area, organ, unit.
    pub selects: Vec<Select>,
    /// The object.
    pub object: Typed,
    /// The matter.
    pub matter: Typed,
    /// Usual periods.
    pub presets: Vec<Preset>,
    /// Filters that are given, in words: the filter's name in the address, its label, its value.
    pub given: Vec<(&'static str, &'static str, String)>,
    /// The address that widens the period to three years.
    pub wider: String,
    /// The address without filters.
    pub clear: String,
}

impl Asked {
    /// The address of a page that asks for the same.
    pub fn link(&self, path: &str) -> String {
        with_query(path, &self.pairs)
    }

    /// The same of another period.
    pub fn link_of(&self, path: &str, from: Date, to: Date) -> String {
        let rest = self.pairs.iter().filter(|(name, _)| !matches!(*name, "from" | "to"));
        let all: Vec<(&str, String)> = [("from", from.to_string()), ("to", to.to_string())].into_iter().chain(rest.cloned()).collect();
        with_query(path, &all)
    }

    /// The same without a filter.
    pub fn link_without(&self, path: &str, filter: &str) -> String {
        let rest: Vec<&(&str, String)> = self.pairs.iter().filter(|(name, _)| *name != filter).collect();
        with_query(path, &rest.into_iter().cloned().collect::<Vec<_>>())
    }

    /// The same with one filter more.
    pub fn link_with(&self, path: &str, filter: &'static str, value: &str) -> String {
        let rest = self.pairs.iter().filter(|(name, _)| *name != filter).cloned();
        with_query(path, &rest.chain([(filter, value.to_owned())]).collect::<Vec<_>>())
    }

    /// Reads what stands in the address of a page at `path`.
    pub async fn read(page: &Page<ReadsRecords>, request: &HttpRequest, path: &str) -> Result<Asked, Problem> {
        let (law, today, w) = (page.app.law(), page.app.today(), page.frame.w);
        let sent = pairs(request.query_string());
        let text = |name: &str| {
            let value = sent.iter().rev().find(|(sent, _)| sent == name).map(|(_, value)| value.trim());
            value.unwrap_or_default().chars().filter(|c| !c.is_control()).take(MAX).collect::<String>()
        };
        let (mut from, mut to) = (Typed { value: text("from"), ..Typed::default() }, Typed { value: text("to"), ..Typed::default() });
        let first = day(&mut from, today.first_of_year(), w);
        let last = day(&mut to, today.max(first.unwrap_or(today)), w);
        let limit = text("limit").parse().ok();
        let after = Some(text("after")).filter(|after| !after.is_empty());
        let named = ["area", "organ", "unit"].map(|name| Some(text(name)).filter(|value| !value.is_empty()));
        let (object, object_name) = whose(page, text("object")).await?;
        let on = last.unwrap_or(today);
        let matter = which(&law.book, text("matter"), on);
        let [area, organ, unit] = named.clone();
        let mut query = None;
        if let (Some(from_day), Some(to_day)) = (first, last) {
            let asked = Query {
                from: from_day,
                to: to_day,
                area,
                organ,
                unit,
                object: object.as_ref().ok().copied().flatten(),
                matter: matter.as_ref().ok().cloned().flatten(),
                after,
                limit,
            };
            match asked.sound() {
                Ok(()) => query = Some(asked),
                Err(_) if to_day < from_day => to.mistake = w.bad_period,
                Err(_) => from.mistake = w.long_period,
            }
        }
        if object.is_err() || matter.is_err() {
            query = None;
        }
        let mut kept = vec![("from", from.value.clone()), ("to", to.value.clone())];
        kept.extend(["area", "organ", "unit"].into_iter().zip(&named).filter_map(|(name, value)| Some((name, value.clone()?))));
        if let Ok(Some(object)) = &object {
            kept.push(("object", object.to_string()));
        }
        if let Ok(Some(matter)) = &matter {
            kept.push(("matter", matter.clone()));
        }
        let [area, organ, unit] = &named;
        let selects = vec![
            select(&law.book, Kind::Area, ("area", w.area), area.as_deref(), on, w, |row| row.typed::<Area>().map(|a| a.name)),
            select(&law.book, Kind::Organ, ("organ", w.organ), organ.as_deref(), on, w, |row| row.typed::<Organ>().map(|o| o.name)),
            select(&law.book, Kind::Unit, ("unit", w.unit), unit.as_deref(), on, w, |row| row.typed::<Unit>().map(|u| u.name)),
        ];
        let mut given: Vec<(&str, &str, String)> = Vec::new();
        for select in &selects {
            given.extend(select.choices.iter().filter(|c| c.chosen && !c.value.is_empty()).map(|c| (select.name, select.label, c.text.clone())));
        }
        if let Ok(Some(object)) = &object {
            given.push(("object", w.object_short, object_name.clone().unwrap_or_else(|| object.to_string())));
        }
        if let Ok(Some(code)) = &matter {
            given.push(("matter", w.matter_short, law.book.get::<Matter>(code, on).map_or_else(|| code.clone(), |m| m.name)));
        }
        let mut asked = Asked {
            query,
            from,
            to,
            selects,
            object: Typed { value: text("object"), ..Typed::default() },
            matter: Typed { value: text("matter"), ..Typed::default() },
            presets: Vec::new(),
            given,
            wider: String::new(),
            clear: with_query(path, kept.get(..2).unwrap_or_default()),
            pairs: kept,
        };
        if let Err(fitting) = object {
            asked.object.mistake = if fitting.is_empty() { w.no_object } else { w.many_objects };
            asked.object.choices = fitting.into_iter().map(|(id, name)| (asked.link_with(path, "object", &id.to_string()), name)).collect();
        }
        if let Err(fitting) = matter {
            asked.matter.mistake = if fitting.is_empty() { w.no_matter } else { w.many_matters };
            asked.matter.choices = fitting.into_iter().map(|(code, name)| (asked.link_with(path, "matter", &code), format!("{code} {name}"))).collect();
        }
        let preset = |text, (from, to): (Date, Date)| Preset { text, to: asked.link_of(path, from, to), here: asked.query.as_ref().is_some_and(|q| (q.from, q.to) == (from, to)) };
        let presets = periods(today, w).into_iter().map(|(text, period)| preset(text, period)).collect();
        asked.wider = asked.link_of(path, years_before(today, 3), today);
        asked.presets = presets;
        Ok(asked)
    }
}

fn years_before(day: Date, years: i16) -> Date {
    date((day.year() - years).max(1), 1, 1)
}

/// The usual periods.
fn periods(today: Date, w: &'static Words) -> [(&'static str, (Date, Date)); 5] {
    let quarter = date(today.year(), (today.month() - 1) / 3 * 3 + 1, 1);
    let (year, before) = (today.year(), today.year() - 1);
    let half = if today.month() > 6 { (date(year, 1, 1), date(year, 6, 30)) } else { (date(before, 7, 1), date(before, 12, 31)) };
    [
        (w.this_month, (today.first_of_month(), today)),
        (w.this_quarter, (quarter, today)),
        (w.this_year, (today.first_of_year(), today)),
        (w.last_half, half),
        (w.last_year, (date(before, 1, 1), date(before, 12, 31))),
    ]
}

/// A day as it is typed; without one, the usual.
fn day(typed: &mut Typed, usual: Date, w: &'static Words) -> Option<Date> {
    if typed.value.is_empty() {
        typed.value = usual.to_string();
        return Some(usual);
    }
    let day = typed.value.parse::<Date>().ok().filter(|day| day.year() > 0);
    if day.is_none() {
        typed.mistake = w.bad_day;
    }
    day
}

type Chosen<T> = Result<Option<T>, Vec<(T, String)>>;

/// The object of an id, or of a name that only one has, and its name; else those that have it.
async fn whose(page: &Page<ReadsRecords>, text: String) -> Result<(Chosen<RecordId>, Option<String>), Problem> {
    if text.is_empty() {
        return Ok((Ok(None), None));
    }
    if let Ok(id) = text.parse::<RecordId>() {
        let name = page.app.read(move |tx, district| names(tx, district, &[id])).await?.pop();
        return Ok(match name {
            Some((id, name)) => (Ok(Some(id)), Some(name)),
            None => (Err(Vec::new()), None),
        });
    }
    let query = search::Query { q: Some(text), limit: Some(CHOICES as u32), ..search::Query::default() };
    // What has no letter and no digit fits nothing.
    let Ok((pattern, near)) = query.check() else { return Ok((Err(Vec::new()), None)) };
    let mut found = page.app.read(move |tx, district| search::page(tx, district, &query, pattern.as_deref(), near)).await?.items;
    if found.len() == 1
        && let Some(line) = found.pop()
    {
        return Ok((Ok(Some(line.record)), Some(line.name)));
    }
    Ok((Err(found.into_iter().map(|line| (line.record, line.name)).collect()), None))
}

/// The names of objects.
pub fn names(tx: &mut Tx<'_>, district: i64, ids: &[RecordId]) -> Result<Vec<(RecordId, String)>, StoreError> {
    let keys: Vec<Vec<u8>> = ids.iter().map(|id| id.to_bytes().to_vec()).collect();
    let rows: Vec<(Vec<u8>, String)> =
        on!(tx, |c| object::table.filter(object::district.eq(district)).filter(object::record.eq_any(&keys)).select((object::record, object::name)).load(c))?;
    rows.into_iter().map(|(key, name)| Ok((record_id(&key)?, name))).collect()
}

/// The matter of a code, or of a name that only one has on a day; else those that have it.
fn which(book: &Book, text: String, on: Date) -> Chosen<String> {
    if text.is_empty() {
        return Ok(None);
    }
    if book.keys(Kind::Matter).any(|code| code == text) {
        return Ok(Some(text));
    }
    let fits = |row: &sync_core::dated::Row| Some((row.key.to_string(), row.typed::<Matter>()?.name)).filter(|(code, name)| name.contains(&text) || code.contains(&text));
    let mut found: Vec<(String, String)> = book.in_force(Kind::Matter, on).filter_map(fits).take(CHOICES).collect();
    match found.pop() {
        Some((code, _)) if found.is_empty() => Ok(Some(code)),
        last => Err(found.into_iter().chain(last).collect()),
    }
}

fn select(
    book: &Book,
    kind: Kind,
    (name, label): (&'static str, &'static str),
    chosen: Option<&str>,
    on: Date,
    w: &'static Words,
    called: impl Fn(&sync_core::dated::Row) -> Option<String>,
) -> Select {
    let mut choices = vec![Choice { value: String::new(), text: w.any.to_owned(), chosen: chosen.is_none() }];
    for row in book.in_force(kind, on) {
        choices.push(Choice { value: row.key.to_string(), text: called(row).unwrap_or_else(|| row.key.to_string()), chosen: chosen == Some(&*row.key) });
    }
    // One that is not in force that day was asked for all the same.
    if let Some(value) = chosen
        && !choices.iter().any(|choice| choice.chosen)
    {
        choices.push(Choice { value: value.to_owned(), text: value.to_owned(), chosen: true });
    }
    Select { name, label, choices }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::public::Lang;
    use crate::web::words::words;

    #[test]
    fn usual_periods_are_those_of_the_day() {
        let of = |today: Date| periods(today, words(Lang::Zh)).map(|(_, (from, to))| format!("{from}/{to}"));
        assert_eq!(of(date(2024, 6, 30)), ["2024-06-01/2024-06-30", "2024-04-01/2024-06-30", "2024-01-01/2024-06-30", "2023-07-01/2023-12-31", "2023-01-01/2023-12-31"]);
        assert_eq!(of(date(2024, 12, 5))[3], "2024-01-01/2024-06-30");
        assert_eq!(of(date(2024, 1, 1))[1], "2024-01-01/2024-01-01");
    }

    #[test]
    fn a_day_that_is_none_is_said_to_be_none() {
        let w = words(Lang::En);
        let read = |text: &str| {
            let mut typed = Typed { value: text.into(), ..Typed::default() };
            (day(&mut typed, date(2024, 1, 1), w), typed.mistake == w.bad_day)
        };
        assert_eq!(read(""), (Some(date(2024, 1, 1)), false));
        assert_eq!(read("2024-02-29"), (Some(date(2024, 2, 29)), false));
        for bad in ["2023-02-29", "yesterday", "2024", "<script>"] {
            assert_eq!(read(bad), (None, true), "{bad}");
        }
    }
}
