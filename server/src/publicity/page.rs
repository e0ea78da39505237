//! Published decisions as HTML: templates that escape what they are given, no scripts, no cookies, nothing from elsewhere.
//!
//! Search engines are asked to stay away, as on every public page: a copy elsewhere would outlive a correction or a withdrawal.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError as _};
use askama::Template;

use super::mask::{Shown, day};
use super::read::{CORRECTED, Version, WITHDRAWN};
use crate::base::problem::Problem;
use crate::public::{Lang, STYLE, answer};

macro_rules! words {
    ($($name:ident: $zh:literal, $en:literal;)*) => {
        /// Every fixed text of these pages.
        struct Words { $($name: &'static str,)* }
        static ZH: Words = Words { $($name: $zh,)* };
        static EN: Words = Words { $($name: $en,)* };
    };
}

words! {
    title: "行政执法决定公示", "Published decisions";
    other: "English", "中文";
    intro: "依据《行政处罚法》第四十八条公示具有一定社会影响的行政处罚决定。自然人姓名等个人信息已作处理。", "Decisions of public concern are published under article 48 of the Administrative Penalty Law. Personal data are masked.";
    none: "尚无公示的决定。", "No decision has been published yet.";
    none_more: "没有更多决定。", "There are no more decisions.";
    next: "下一页", "Next page";
    back: "返回公示列表", "Back to the list";
    number: "决定书文号", "Decision no.";
    party: "当事人", "Party";
    uscc: "统一社会信用代码", "Credit code";
    facts: "违法事实", "Facts";
    basis: "处罚依据", "Basis";
    outcome: "决定内容", "Decision";
    organ: "作出机关", "Authority";
    decided: "决定日期", "Decided on";
    since: "公示日期", "Published on";
    corrected: "已更正", "Corrected";
    corrected_why: "本公示内容已更正，原文由机关留存。", "This text has been corrected; the authority keeps the earlier one.";
    withdrawn: "已撤回", "Withdrawn";
    withdrawn_title: "本决定的公示已撤回", "The publication of this decision was withdrawn";
    reason: "理由", "Reason";
    missing: "没有此项公示", "There is no such publication";
    missing_why: "该决定未公示，或者地址有误。", "The decision is not published, or the address is wrong.";
}

fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    }
}

/// What every page needs.
struct Frame {
    w: &'static Words,
    lang: &'static str,
    code: &'static str,
    other: &'static str,
    style: &'static str,
    /// This page's address without its language.
    here: String,
}

impl Frame {
    fn of(lang: Lang, here: String) -> Frame {
        let other = match lang {
            Lang::Zh => "en",
            Lang::En => "zh",
        };
        Frame { w: words(lang), lang: lang.tag(), code: lang.code(), other, style: STYLE, here }
    }
}

/// A line of the list.
struct Line {
    id: String,
    title: String,
    number: String,
    organ: String,
    decided: String,
    tag: &'static str,
    gone: bool,
}

#[derive(Template)]
#[template(path = "publicity/list.html")]
struct ListPage {
    f: Frame,
    lines: Vec<Line>,
    next: String,
    more: bool,
}

#[derive(Template)]
#[template(path = "publicity/decision.html")]
struct DecisionPage {
    f: Frame,
    shown: Shown,
    since: String,
    reason: String,
    corrected: bool,
    withdrawn: bool,
}

#[derive(Template)]
#[template(path = "publicity/missing.html")]
struct MissingPage {
    f: Frame,
}

fn failed(why: impl std::fmt::Display) -> HttpResponse {
    Problem::internal(why).error_response()
}

/// The list, a page of it.
pub fn list(lang: Lang, rows: &[Version], next: Option<String>, more: bool) -> HttpResponse {
    let w = words(lang);
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let (id, shown) = match (row.id(), row.shown()) {
            (Ok(id), Ok(shown)) => (id, shown),
            (Err(why), _) | (_, Err(why)) => return failed(why),
        };
        let gone = row.state == WITHDRAWN;
        let tag = match row.state.as_str() {
            WITHDRAWN => w.withdrawn,
            CORRECTED => w.corrected,
            _ => "",
        };
        let title = if gone { w.withdrawn_title.to_owned() } else { shown.title };
        lines.push(Line { id: id.to_string(), title, number: shown.number, organ: shown.organ, decided: shown.decided, tag, gone });
    }
    let page = ListPage { f: Frame::of(lang, "/p/decisions".to_owned()), lines, next: next.unwrap_or_default(), more };
    answer(StatusCode::OK, lang, page.render())
}

/// One decision; of a withdrawn one that, when and why.
pub fn decision(lang: Lang, version: &Version) -> HttpResponse {
    let (id, shown) = match (version.id(), version.shown()) {
        (Ok(id), Ok(shown)) => (id, shown),
        (Err(why), _) | (_, Err(why)) => return failed(why),
    };
    let page = DecisionPage {
        f: Frame::of(lang, format!("/p/decisions/{id}")),
        shown,
        since: day(version.at_ms),
        reason: version.reason.clone().unwrap_or_default(),
        corrected: version.state == CORRECTED,
        withdrawn: version.state == WITHDRAWN,
    };
    answer(StatusCode::OK, lang, page.render())
}

/// There is nothing here.
pub fn nothing(status: StatusCode, lang: Lang) -> HttpResponse {
    answer(status, lang, MissingPage { f: Frame::of(lang, "/p/decisions".to_owned()) }.render())
}
