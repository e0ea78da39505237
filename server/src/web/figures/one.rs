//! One indicator: its number, how it comes about, and the rows that it counts, each with the side of the line on which it stands.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use sync_core::base::RecordId;
use sync_core::case::deadline::CLOCKS;
use sync_core::catalogue::Matter;
use sync_core::dated::Book;
use sync_core::figures::{By, Formula, Indicator, Term, indicator, known};
use sync_core::law::policy;
use sync_core::org::{Organ, Unit};

use super::ask::{Asked, names};
use super::list::{PATH, dim};
use super::number::{change, of, whole};
use crate::access::ReadsRecords;
use crate::base::problem::Problem;
use crate::figures::count::{self, Figure, Value};
use crate::figures::narrow::Query;
use crate::figures::rows::{self, Row};
use crate::index::deadline::{ORDER, STEP};
use crate::public::Lang;
use crate::web::layout::{Frame, answer};
use crate::web::session::Page;
use crate::web::words::{Words, words};

/// A row as it is shown.
struct Shown {
    record: String,
    side: &'static str,
    class: &'static str,
    title: String,
    what: String,
    day: String,
    organ: String,
    unit: String,
    object: String,
    object_id: String,
    to_object: String,
    matter: String,
    about: String,
    amount: i64,
}

/// A part of the formula with its number.
struct Part {
    side: &'static str,
    what: &'static str,
    how: &'static str,
    number: String,
}

#[derive(Template)]
#[template(path = "app/figure.html")]
struct FigurePage<'a> {
    f: &'a Frame,
    w: &'static Words,
    path: String,
    asked: &'a Asked,
    name: &'static str,
    formula: &'static str,
    source: &'static str,
    now: String,
    value: i64,
    change: String,
    before: String,
    at_start: String,
    /// The filters that do not apply: what they are called, and the address without them.
    unfit: Vec<(&'static str, String)>,
    parts: Vec<Part>,
    note: &'static str,
    to_before: String,
    back: String,
    rows: Vec<Shown>,
    next: String,
    first: String,
    has_query: bool,
}

/// The page of an indicator.
pub async fn one(page: Page<ReadsRecords>, request: HttpRequest, code: web::Path<String>) -> HttpResponse {
    let Some(indicator) = indicator(&code) else { return page.failed(&Problem::not_found("such indicator")) };
    match shown(&page, &request, indicator).await {
        Ok(response) => response,
        Err(problem) => page.failed(&problem),
    }
}

async fn shown(page: &Page<ReadsRecords>, request: &HttpRequest, indicator: &'static Indicator) -> Result<HttpResponse, Problem> {
    let path = format!("{PATH}/{}", indicator.code);
    let asked = Asked::read(page, request, &path).await?;
    let (lang, w) = (page.frame.lang, page.frame.w);
    let unfit: Vec<&str> = asked.query.as_ref().map(|query| query.unfit(indicator)).unwrap_or_default();
    let mut out = FigurePage {
        f: &page.frame,
        w,
        name: lang.pick(indicator.zh.0, indicator.en.0),
        formula: lang.pick(indicator.zh.1, indicator.en.1),
        source: indicator.source,
        now: String::new(),
        value: 0,
        change: String::new(),
        before: String::new(),
        at_start: String::new(),
        unfit: unfit.iter().map(|name| (dim(name, w), asked.link_without(&path, name))).collect(),
        parts: Vec::new(),
        note: "",
        to_before: String::new(),
        back: asked.link(PATH),
        rows: Vec::new(),
        next: String::new(),
        first: String::new(),
        has_query: asked.query.is_some(),
        asked: &asked,
        path: path.clone(),
    };
    let Some(query) = asked.query.clone().filter(|_| unfit.is_empty()) else {
        return Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, &page.frame, &out));
    };
    let (law, today, reach) = (page.app.law(), page.app.today(), page.actor.reach.clone());
    let (edition, asks) = (law.clone(), query.clone());
    let read = page.app.read(move |tx, district| {
        let figures = count::figures(tx, district, &asks, &reach, &edition.book, today)?;
        let rows = rows::rows(tx, district, indicator, &asks, &reach, &edition.book)?;
        let ids: Vec<RecordId> = rows.items.iter().filter_map(|row| row.object).collect();
        Ok((figures, names(tx, district, &ids)?, rows))
    });
    let (figures, names, rows) = read.await?;
    let names: BTreeMap<RecordId, String> = names.into_iter().collect();
    let found = figures.iter().find(|f| f.code == indicator.code).ok_or_else(|| Problem::internal("an indicator has no figure"))?;
    let text = |value: Option<Value>| value.and_then(|value| of(&value, found.measure)).unwrap_or_default();
    out.now = text(found.value);
    out.value = found.value.and_then(|v| v.hundredths).unwrap_or_default();
    out.change = change(found, lang).unwrap_or_default();
    out.before = text(found.year_before);
    out.at_start = text(found.at_start);
    out.parts = parts(indicator, found, lang);
    if matches!(indicator.formula, Formula::Drop(_)) {
        out.note = w.this_rows;
    }
    let before = query.year_before();
    out.to_before = asked.link_of(&path, before.from, before.to);
    let goal = policy::get::<i64>(&law.book, "training.hours", query.to).ok().map(|answer| answer.value);
    let sight = Sight { book: &law.book, query: &query, asked: &asked, path: &path, names: &names, goal, lang };
    out.rows = rows.items.iter().map(|row| sight.row(indicator, row)).collect();
    let with = |after: &str| {
        let limit = query.limit.map(|limit| ("limit", limit.to_string()));
        let pairs: Vec<(&str, String)> = asked.pairs.iter().cloned().chain(limit).chain((!after.is_empty()).then(|| ("after", after.to_owned()))).collect();
        crate::web::layout::with_query(&path, &pairs)
    };
    out.next = rows.next.map(|next| with(&next)).unwrap_or_default();
    out.first = query.after.as_ref().map(|_| with("")).unwrap_or_default();
    Ok(answer(StatusCode::OK, &page.frame, &out))
}

fn how(by: By, w: &'static Words) -> &'static str {
    match by {
        By::Rows => w.by_rows,
        By::Records => w.by_records,
        By::Pairs => w.by_pairs,
        By::Objects => w.by_objects,
        By::Abouts => w.by_abouts,
        By::Sum => w.by_sum,
    }
}

/// What stands above and below the line, each with its number.
fn parts(indicator: &Indicator, figure: &Figure, lang: Lang) -> Vec<Part> {
    let w = words(lang);
    let Some(value) = figure.value else { return Vec::new() };
    let fact = |what: &str| known(what).map(|fact| lang.pick(fact.zh, fact.en)).unwrap_or_default();
    let part = |side, term: Term, number: i64| Part { side, what: fact(term.what), how: how(term.by, w), number: whole(number) };
    let plain = |side, what, number: i64| Part { side, what, how: "", number: whole(number) };
    let in_all = value.in_all.unwrap_or(0);
    match indicator.formula {
        Formula::Count(term) => vec![part(w.counted, term, value.of)],
        Formula::Ratio(a, b) => vec![part(w.above, a, value.of), part(w.below, b, in_all)],
        Formula::Drop(term) => vec![part(w.now, term, in_all - value.of), part(w.before, term, in_all)],
        Formula::Several(what) => vec![Part { side: w.counted, what: fact(what), how: w.several, number: whole(value.of) }],
        Formula::InTime => vec![plain(w.above, w.met, value.of), plain(w.below, lang.pick("按期和逾期", "Met or missed"), in_all)],
        Formula::Matters | Formula::MattersListed => vec![plain(w.counted, lang.pick(indicator.zh.0, indicator.en.0), value.of)],
        Formula::HoursGoal => {
            vec![
                plain(w.above, lang.pick("达到年度学时目标的人员", "Officers who reached the yearly goal"), value.of),
                plain(w.below, lang.pick("全体人员", "All officers"), in_all),
            ]
        }
    }
}

/// What is needed to say a row.
struct Sight<'a> {
    book: &'a Book,
    query: &'a Query,
    asked: &'a Asked,
    path: &'a str,
    names: &'a BTreeMap<RecordId, String>,
    goal: Option<i64>,
    lang: Lang,
}

impl Sight<'_> {
    /// On which side of the line a row stands, and the class of that.
    fn side(&self, indicator: &Indicator, row: &Row) -> (&'static str, &'static str) {
        let w = words(self.lang);
        let (above, below, both) = ((w.above, "above"), (w.below, "below"), (w.both, "both"));
        match indicator.formula {
            Formula::Ratio(a, b) if a.what == b.what => both,
            Formula::Ratio(a, _) if a.what == row.what => above,
            Formula::Ratio(..) => below,
            Formula::InTime if row.amount > 0 => both,
            Formula::HoursGoal if self.goal.is_some_and(|goal| row.amount >= goal) => both,
            Formula::InTime | Formula::HoursGoal => below,
            Formula::Drop(_) => (w.now, "below"),
            Formula::Count(_) | Formula::Several(_) | Formula::Matters | Formula::MattersListed => (w.counted, "above"),
        }
    }

    fn row(&self, indicator: &Indicator, row: &Row) -> Shown {
        let (lang, w) = (self.lang, words(self.lang));
        let (side, class) = self.side(indicator, row);
        let on = row.day.as_ref().and_then(|day| day.parse().ok()).unwrap_or(self.query.to);
        let organ = row.organ.as_deref().map(|code| self.book.get::<Organ>(code, on).map_or_else(|| code.to_owned(), |organ| organ.name));
        let unit = row.unit.as_deref().map(|code| self.book.get::<Unit>(code, on).map_or_else(|| code.to_owned(), |unit| unit.name));
        let matter = row.matter.as_deref().map(|code| self.book.get::<Matter>(code, on).map_or_else(|| code.to_owned(), |matter| format!("{code} {}", matter.name)));
        let kept = |what: &str| {
            let done = if row.amount > 0 { w.met } else { w.missed };
            if lang == Lang::Zh { format!("{what}（{done}）") } else { format!("{what} ({done})") }
        };
        let what = match (known(&row.what), CLOCKS.iter().find(|clock| clock.code == row.what)) {
            (Some(fact), _) => lang.pick(fact.zh, fact.en).to_owned(),
            (None, Some(clock)) => kept(lang.pick(clock.zh, clock.en)),
            (None, None) if matches!(indicator.formula, Formula::InTime) => {
                let what = match row.what.as_str() {
                    STEP => lang.pick("下一步办理", "The next step"),
                    ORDER => lang.pick("责令改正", "An order to correct"),
                    other => other,
                };
                kept(what)
            }
            (None, None) => lang.pick(indicator.zh.0, indicator.en.0).to_owned(),
        };
        let object_id = row.object.map(|id| id.to_string()).unwrap_or_default();
        let by_object = indicator.formula.by().contains(&sync_core::figures::Dim::Object) && self.query.object.is_none();
        Shown {
            record: row.record.map(|id| id.to_string()).unwrap_or_default(),
            side,
            class,
            title: row.title.clone(),
            what,
            day: row.day.clone().unwrap_or_default(),
            organ: organ.unwrap_or_default(),
            unit: unit.unwrap_or_default(),
            object: row.object.map(|id| self.names.get(&id).cloned().unwrap_or_else(|| id.to_string())).unwrap_or_default(),
            to_object: if by_object && row.object.is_some() { self.asked.link_with(self.path, "object", &object_id) } else { String::new() },
            object_id,
            matter: matter.unwrap_or_default(),
            about: row.about.clone(),
            amount: row.amount,
        }
    }
}

#[cfg(test)]
mod tests {
    use sync_core::figures::INDICATORS;

    use super::*;

    #[test]
    fn every_indicator_says_of_what_it_is_made() {
        for indicator in INDICATORS {
            let value = Value { of: 1, in_all: Some(2), hundredths: Some(50) };
            let figure = Figure {
                code: indicator.code,
                zh: indicator.zh.0,
                en: indicator.en.0,
                formula: indicator.zh.1,
                formula_en: indicator.en.1,
                measure: count::measure(indicator.measure),
                source: indicator.source,
                value: Some(value),
                year_before: None,
                at_start: None,
                not_by: Vec::new(),
            };
            for lang in [Lang::Zh, Lang::En] {
                let parts = parts(indicator, &figure, lang);
                assert!(!parts.is_empty() && parts.iter().all(|p| !p.what.is_empty() && !p.side.is_empty()), "{}", indicator.code);
            }
        }
    }
}
