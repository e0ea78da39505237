//! All indicators on one page, in groups, with charts; and the same as files.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use sync_core::base::Date;
use sync_core::figures::indicator;

use super::ask::Asked;
use super::chart::{Picture, Unit, columns, lying};
use super::number::{change, of};
use crate::access::ReadsRecords;
use crate::base::problem::Problem;
use crate::figures::count::{self, Figure, Period, Value};
use crate::figures::http as files;
use crate::figures::narrow::Query;
use crate::figures::series::{self, Month};
use crate::public::Lang;
use crate::web::layout::{Frame, answer};
use crate::web::session::Page;
use crate::web::words::Words;

/// Where the page is.
pub const PATH: &str = "/app/figures";

/// The groups of indicators in the order of the page: Chinese, English, codes.
const GROUPS: &[(&str, &str, &[&str])] = &[
    (
        "检查",
        "Inspection",
        &[
            "visits",
            "sites",
            "visits_per_firm",
            "frequency_drop",
            "joint",
            "joint_sites",
            "joint_objects",
            "joint_share",
            "spared",
            "planned_share",
            "off_site_share",
            "code_share",
            "warned_many",
            "warned_repeat",
            "warned_often",
            "firms_warned",
            "problem_share",
            "corrected_share",
            "support",
            "rating",
        ],
    ),
    ("邀约", "Invitations", &["invitations", "invited_departments", "invited_items", "opinions", "advice"]),
    (
        "办案",
        "Cases",
        &[
            "clues",
            "cases_filed",
            "cases_decided",
            "fast_cases",
            "fast_share",
            "fast_days",
            "ordinary_days",
            "first_share",
            "review_share",
            "court_share",
            "remedy_lost_share",
            "in_time",
        ],
    ),
    ("信用", "Credit", &["repair_open", "repair_applied", "repairs", "repair_days", "repairs_revoked", "assists"]),
    ("培训", "Training", &["training_courses", "training_fields", "training_experts", "training_hours", "training_goal_share", "quiz_share", "cohandlings", "cohandling_lessons"]),
    ("职权", "Powers", &["matters", "matters_listed"]),
];

/// A line of the page.
struct Line {
    code: &'static str,
    name: &'static str,
    formula: &'static str,
    source: &'static str,
    /// The rows; nothing where it cannot be narrowed so.
    to: String,
    /// The number; empty if there is none.
    now: String,
    value: i64,
    change: String,
    before: String,
    to_before: String,
    at_start: String,
    /// Why there is no number.
    why: String,
}

/// A group of lines.
struct Group {
    name: &'static str,
    lines: Vec<Line>,
}

/// A cell of a chart's table: the number as text, and the rows that it counts.
struct Cell {
    text: String,
    to: String,
}

/// A chart with its table.
struct Chart {
    id: &'static str,
    title: String,
    note: &'static str,
    /// Class and name of each series, if there are several.
    legend: Vec<(&'static str, &'static str)>,
    picture: Option<Picture>,
    /// Why there is no picture, beside that there is nothing to draw.
    why: String,
    first: &'static str,
    heads: Vec<&'static str>,
    rows: Vec<(String, Vec<Cell>)>,
}

#[derive(Template)]
#[template(path = "app/figures.html")]
struct FiguresPage<'a> {
    f: &'a Frame,
    w: &'static Words,
    path: &'static str,
    asked: &'a Asked,
    groups: Vec<Group>,
    charts: Vec<Chart>,
    csv: String,
    xlsx: String,
    nothing: bool,
}

/// The page.
pub async fn list(page: Page<ReadsRecords>, request: HttpRequest) -> HttpResponse {
    match shown(&page, &request).await {
        Ok(response) => response,
        Err(problem) => page.failed(&problem),
    }
}

async fn shown(page: &Page<ReadsRecords>, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = Asked::read(page, request, PATH).await?;
    let lang = page.frame.lang;
    let (mut groups, mut charts, mut status) = (Vec::new(), Vec::new(), StatusCode::UNPROCESSABLE_ENTITY);
    let mut nothing = false;
    if let Some(query) = asked.query.clone() {
        let (law, today, reach) = (page.app.law(), page.app.today(), page.actor.reach.clone());
        let read = page.app.read(move |tx, district| {
            let figures = count::figures(tx, district, &query, &reach, &law.book, today)?;
            Ok((figures, series::months(tx, district, &query, &reach, &law.book, today)?))
        });
        let (figures, months) = read.await?;
        // What is held is held without anything being done.
        nothing = figures
            .iter()
            .filter(|f| !matches!(f.code, "matters" | "matters_listed" | "training_goal_share"))
            .all(|f| f.value.is_none_or(|v| v.of == 0 && v.in_all.unwrap_or(0) == 0));
        groups = GROUPS.iter().map(|(zh, en, codes)| Group { name: lang.pick(zh, en), lines: lines(&figures, codes, &asked, lang) }).collect();
        charts = drawn(&figures, &months, &asked, lang);
        status = StatusCode::OK;
    }
    let (csv, xlsx) = (asked.link("/app/figures.csv"), asked.link("/app/figures.xlsx"));
    let frame = &page.frame;
    Ok(answer(status, frame, &FiguresPage { f: frame, w: frame.w, path: PATH, asked: &asked, groups, charts, csv, xlsx, nothing }))
}

/// The words of a filter.
pub fn dim(name: &str, w: &'static Words) -> &'static str {
    match name {
        "area" => w.area,
        "organ" => w.organ,
        "unit" => w.unit,
        "object" => w.object_short,
        _ => w.matter_short,
    }
}

fn lines(figures: &[Figure], codes: &[&str], asked: &Asked, lang: Lang) -> Vec<Line> {
    let w = crate::web::words::words(lang);
    let figures = codes.iter().filter_map(|code| figures.iter().find(|f| f.code == *code));
    let text = |value: Option<Value>, measure| value.and_then(|value| of(&value, measure)).unwrap_or_default();
    let line = |f: &Figure| {
        let why = match (f.not_by.as_slice(), f.value) {
            ([], Some(Value { hundredths: None, .. })) => w.nothing_to_divide.to_owned(),
            ([], _) => String::new(),
            (by, _) => format!("{}{}", w.not_by, by.iter().map(|name| dim(name, w)).collect::<Vec<_>>().join(lang.pick("、", ", "))),
        };
        let path = format!("{PATH}/{}", f.code);
        let before = asked.query.as_ref().map(Query::year_before);
        Line {
            code: f.code,
            name: lang.pick(f.zh, f.en),
            formula: lang.pick(f.formula, f.formula_en),
            source: f.source,
            to: if f.not_by.is_empty() { asked.link(&path) } else { String::new() },
            now: text(f.value, f.measure),
            value: f.value.and_then(|v| v.hundredths).unwrap_or_default(),
            change: change(f, lang).unwrap_or_default(),
            before: text(f.year_before, f.measure),
            to_before: before.map(|b| asked.link_of(&path, b.from, b.to)).unwrap_or_default(),
            at_start: text(f.at_start, f.measure),
            why,
        }
    };
    figures.map(line).collect()
}

/// What a chart by month shows.
struct Monthly {
    id: &'static str,
    /// What several indicators are called together; one alone by its name.
    together: Option<(&'static str, &'static str)>,
    codes: &'static [&'static str],
    unit: Unit,
}

const MONTHLY: &[Monthly] = &[
    Monthly { id: "chart-joint", together: None, codes: &["joint_share"], unit: Unit::Share },
    Monthly { id: "chart-spared", together: None, codes: &["spared"], unit: Unit::Count },
    Monthly { id: "chart-days", together: Some(("办案用时（日）", "Days of a case")), codes: &["fast_days", "ordinary_days"], unit: Unit::Plain },
    Monthly { id: "chart-time", together: None, codes: &["in_time"], unit: Unit::Share },
];

fn drawn(figures: &[Figure], months: &[Month], asked: &Asked, lang: Lang) -> Vec<Chart> {
    let mut charts = vec![per_firm(figures, asked, lang)];
    charts.extend(MONTHLY.iter().map(|monthly| by_month(monthly, figures, months, asked, lang)));
    charts.push(funnel(figures, asked, lang));
    charts
}

fn figure<'f>(figures: &'f [Figure], code: &str) -> Option<&'f Figure> {
    figures.iter().find(|f| f.code == code)
}

fn name(code: &str, lang: Lang) -> &'static str {
    indicator(code).map(|i| lang.pick(i.zh.0, i.en.0)).unwrap_or_default()
}

/// Why an indicator has no number under the filters.
fn unfit(figure: Option<&Figure>, lang: Lang) -> String {
    let w = crate::web::words::words(lang);
    let by: Vec<&str> = figure.into_iter().flat_map(|f| &f.not_by).map(|name| dim(name, w)).collect();
    if by.is_empty() { String::new() } else { format!("{}{}", w.not_by, by.join(lang.pick("、", ", "))) }
}

fn dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "—".to_owned())
}

/// Visits per enterprise beside those of the year before.
fn per_firm(figures: &[Figure], asked: &Asked, lang: Lang) -> Chart {
    let w = crate::web::words::words(lang);
    let found = figure(figures, "visits_per_firm");
    let path = format!("{PATH}/visits_per_firm");
    let (now, then) = (found.and_then(|f| f.value), found.and_then(|f| f.year_before));
    let cell = |value: Option<Value>, to: String| vec![Cell { text: dash(value.and_then(|v| of(&v, "mean"))), to }];
    let before = asked.query.as_ref().map(|q| q.year_before()).map(|b| asked.link_of(&path, b.from, b.to)).unwrap_or_default();
    let hundredths = |value: Option<Value>| value.and_then(|v| v.hundredths);
    Chart {
        id: "chart-firm",
        title: lang.pick("户均检查次数，与上年同期相比", "Visits per enterprise, against the year before").to_owned(),
        note: "",
        legend: Vec::new(),
        picture: lying(&[("b", w.before.to_owned(), hundredths(then)), ("a", w.now.to_owned(), hundredths(now))], Unit::Plain),
        why: unfit(found, lang),
        first: w.period,
        heads: vec![name("visits_per_firm", lang)],
        rows: vec![(w.before.to_owned(), cell(then, before)), (w.now.to_owned(), cell(now, asked.link(&path)))],
    }
}

/// A month as it stands below its column: with the year where one begins.
fn short(first: Date, is_first: bool, lang: Lang) -> String {
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = usize::try_from(first.month() - 1).ok().and_then(|n| names.get(n)).copied().unwrap_or_default();
    let month = match lang {
        Lang::Zh => format!("{}月", first.month()),
        Lang::En => month.to_owned(),
    };
    if is_first || first.month() == 1 { format!("{month}\n{}", first.year()) } else { month }
}

fn by_month(monthly: &Monthly, figures: &[Figure], months: &[Month], asked: &Asked, lang: Lang) -> Chart {
    let w = crate::web::words::words(lang);
    let nothing = Period::default();
    let called = monthly.together.map_or_else(|| monthly.codes.first().map(|code| name(code, lang)).unwrap_or_default(), |(zh, en)| lang.pick(zh, en));
    let why = monthly.codes.iter().map(|code| unfit(figure(figures, code), lang)).find(|why| !why.is_empty()).unwrap_or_default();
    let indicators: Vec<_> = monthly.codes.iter().filter_map(|code| indicator(code)).collect();
    let values: Vec<Vec<Value>> = indicators.iter().map(|i| months.iter().map(|month| month.period.value(i, &nothing)).collect()).collect();
    let numbers: Vec<Vec<Option<i64>>> = values.iter().map(|of| of.iter().map(|value| value.hundredths).collect()).collect();
    let drawable = numbers.iter().flatten().flatten().any(|n| *n > 0) || monthly.unit != Unit::Count && numbers.iter().flatten().any(Option::is_some);
    let names: Vec<String> = months.iter().enumerate().map(|(n, month)| short(month.first, n == 0, lang)).collect();
    let row = |(n, month): (usize, &Month)| {
        let (from, to) = asked.query.as_ref().map_or((month.first, month.first.last_of_month()), |q| (month.first.max(q.from), month.first.last_of_month().min(q.to)));
        let cell = |(i, values): (&&sync_core::figures::Indicator, &Vec<Value>)| {
            let value = values.get(n);
            Cell { text: dash(value.and_then(|v| of(v, count::measure(i.measure)))), to: asked.link_of(&format!("{PATH}/{}", i.code), from, to) }
        };
        (month.first.strftime("%Y-%m").to_string(), indicators.iter().zip(&values).map(cell).collect())
    };
    Chart {
        id: monthly.id,
        title: format!("{called}{}", lang.pick("，按月", ", by month")),
        note: "",
        legend: if monthly.codes.len() > 1 { ["a", "b"].into_iter().zip(monthly.codes.iter().map(|code| name(code, lang))).collect() } else { Vec::new() },
        picture: columns(&names, &numbers, monthly.unit).filter(|_| drawable && why.is_empty()),
        why,
        first: w.month,
        heads: monthly.codes.iter().map(|code| name(code, lang)).collect(),
        rows: months.iter().enumerate().map(row).collect(),
    }
}

/// What could be repaired, what was applied for, what was repaired.
fn funnel(figures: &[Figure], asked: &Asked, lang: Lang) -> Chart {
    let w = crate::web::words::words(lang);
    let steps = ["repair_open", "repair_applied", "repairs"];
    let number = |code: &str| figure(figures, code).and_then(|f| f.value).and_then(|v| v.hundredths);
    let bars: Vec<_> = steps.iter().map(|code| ("a", name(code, lang).to_owned(), number(code))).collect();
    let row = |code: &str| {
        let text = figure(figures, code).and_then(|f| f.value).and_then(|v| of(&v, "count"));
        (name(code, lang).to_owned(), vec![Cell { text: dash(text), to: asked.link(&format!("{PATH}/{code}")) }])
    };
    Chart {
        id: "chart-repair",
        title: lang.pick("信用修复：可修复、已申请、已修复", "Credit repair: could be, applied for, repaired").to_owned(),
        note: lang.pick("各步均为期内发生的数量；期内修复的，可能是期前申请的。", "Each is what happened in the period; what was repaired may have been applied for before."),
        legend: Vec::new(),
        picture: lying(&bars, Unit::Count).filter(|_| bars.iter().any(|(.., n)| n.is_some_and(|n| n > 0))),
        why: unfit(figure(figures, "repairs"), lang),
        first: w.indicator,
        heads: vec![w.now],
        rows: steps.iter().map(|code| row(code)).collect(),
    }
}

/// The figures as a workbook.
pub async fn workbook(page: Page<ReadsRecords>, request: HttpRequest) -> HttpResponse {
    let done = match asked(&page, &request).await {
        Ok(query) => files::as_workbook(&page.app, page.actor.clone(), query).await,
        Err(problem) => Err(problem),
    };
    done.unwrap_or_else(|problem| page.failed(&problem))
}

/// The figures as CSV.
pub async fn csv(page: Page<ReadsRecords>, request: HttpRequest) -> HttpResponse {
    let done = match asked(&page, &request).await {
        Ok(query) => files::as_csv(&page.app, page.actor.clone(), &query).await,
        Err(problem) => Err(problem),
    };
    done.unwrap_or_else(|problem| page.failed(&problem))
}

async fn asked(page: &Page<ReadsRecords>, request: &HttpRequest) -> Result<Query, Problem> {
    let asked = Asked::read(page, request, PATH).await?;
    asked.query.ok_or_else(|| Problem::field("query", "the period or a filter cannot be understood; open the page of figures, correct it, and download from there"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sync_core::figures::INDICATORS;

    use super::*;

    #[test]
    fn every_indicator_stands_in_one_group() {
        let grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, _, codes)| codes.iter().copied()).collect();
        let known: BTreeSet<&str> = INDICATORS.iter().map(|i| i.code).collect();
        assert_eq!((grouped.len(), grouped.iter().copied().collect::<BTreeSet<_>>()), (known.len(), known));
    }

    #[test]
    fn what_is_charted_is_an_indicator() {
        for code in MONTHLY.iter().flat_map(|m| m.codes) {
            assert!(indicator(code).is_some(), "{code}");
        }
    }
}
