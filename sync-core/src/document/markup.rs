//! The line markup of templates, after their placeholders were filled in: each line is one thing.
//!
//! What was inserted is shielded (see [`shield`]): to this parser it consists of letters only, so no name, however it is spelt,
//! can begin a row, close a bracket or break a line.

use super::model::Style;

const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';
/// Before and after the number of the line in the template from which a line of the filled-in text came.
pub(super) const LINE: (char, char) = ('\u{3}', '\u{4}');

/// One line of a filled-in template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing: ends a form, a table or a list.
    Blank,
    Heading(u8, String),
    Text(Style, String),
    /// `|= a:1 | b:2 |`: head of a table with shares of its width.
    Columns(Vec<(String, u32)>),
    /// `|+ a |`: what the rows below stand under; nothing ends it.
    Group(Option<String>),
    /// `|# a |`: a line across a form.
    Head(String),
    /// `| a | b |`
    Row(Vec<String>),
    /// `- a`, and `+ a` which is counted.
    Item(bool, String),
    Question(String),
    Answer(String),
    PageBreak,
    /// `[name a | b]`
    Order(Order, Vec<String>),
}

/// What a line in brackets orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Title,
    Sign,
    EachPage,
    Opinion,
    Seal,
    Qr,
    Foot,
}

/// Names of the orders, fewest and most arguments.
const ORDERS: &[(&str, Order, usize, usize)] = &[
    ("title", Order::Title, 1, 1),
    ("sign", Order::Sign, 1, 2),
    ("each-page", Order::EachPage, 1, 2),
    ("opinion", Order::Opinion, 1, 5),
    ("seal", Order::Seal, 0, 2),
    ("qr", Order::Qr, 1, 2),
    ("foot", Order::Foot, 1, 1),
];

/// Writes a value so that the markup sees letters only: everything that is white space, control or ASCII punctuation is spelt out.
pub(super) fn shield(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if c.is_whitespace() || c.is_control() || c.is_ascii_punctuation() {
            out.push(OPEN);
            out.push_str(&format!("{:x}", u32::from(c)));
            out.push(CLOSE);
        } else {
            out.push(c);
        }
    }
    out
}

/// The text that was shielded.
fn unshield(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        out.push_str(before);
        let (code, next) = after.split_once(CLOSE).unwrap_or((after, ""));
        out.extend(u32::from_str_radix(code, 16).ok().and_then(char::from_u32));
        rest = next;
    }
    out.push_str(rest);
    out
}

fn text(part: &str) -> String {
    unshield(part.trim())
}

/// Reads a line. The error says what is wrong with it.
pub(super) fn line(raw: &str) -> Result<Line, String> {
    let trimmed = raw.trim();
    if trimmed.is_empty() {
        return Ok(Line::Blank);
    }
    if trimmed == "---" {
        return Ok(Line::PageBreak);
    }
    if let Some(rest) = trimmed.strip_prefix('|') {
        return row(rest);
    }
    if let Some(rest) = trimmed.strip_prefix('[') {
        return order(rest);
    }
    for (mark, make) in MARKS {
        if let Some(rest) = trimmed.strip_prefix(mark) {
            return match rest.strip_prefix(' ') {
                Some(rest) => Ok(make(text(rest))),
                None if rest.is_empty() => Ok(make(String::new())),
                None => Err(format!("'{mark}' at the beginning of a line wants a space after it; to print the sign itself write '\\{mark}'")),
            };
        }
    }
    Ok(Line::Text(Style::Body, text(trimmed.strip_prefix('\\').unwrap_or(trimmed))))
}

type Mark = (&'static str, fn(String) -> Line);

/// What a line may begin with, longer marks first.
const MARKS: &[Mark] = &[
    ("###", |t| Line::Heading(3, t)),
    ("##", |t| Line::Heading(2, t)),
    ("#", |t| Line::Heading(1, t)),
    (">>", |t| Line::Text(Style::Right, t)),
    (">", |t| Line::Text(Style::Flush, t)),
    ("^", |t| Line::Text(Style::Center, t)),
    ("~", |t| Line::Text(Style::Note, t)),
    ("-", |t| Line::Item(false, t)),
    ("+", |t| Line::Item(true, t)),
    ("?", Line::Question),
    ("!", Line::Answer),
];

fn row(rest: &str) -> Result<Line, String> {
    let body = rest.strip_suffix('|').ok_or("a row ends with '|'")?;
    let cells = |body: &str| -> Vec<String> { body.split('|').map(text).collect() };
    if let Some(body) = body.strip_prefix('=') {
        let columns = body.split('|').map(column).collect::<Result<Vec<_>, _>>()?;
        return Ok(Line::Columns(columns));
    }
    let (sign, body) = match body.strip_prefix(['+', '#']) {
        Some(after) => (body.chars().next(), after),
        None => (None, body),
    };
    let mut cells = cells(body);
    match (sign, cells.len()) {
        (None, _) => Ok(Line::Row(cells)),
        (Some(sign), 1) => {
            let only = cells.pop().unwrap_or_default();
            Ok(if sign == '+' { Line::Group(Some(only).filter(|t| !t.is_empty())) } else { Line::Head(only) })
        }
        (Some(sign), n) => Err(format!("'|{sign}' takes one cell, not {n}")),
    }
}

fn column(raw: &str) -> Result<(String, u32), String> {
    let Some((title, width)) = raw.trim().rsplit_once(':') else { return Ok((text(raw), 1)) };
    match width.trim().parse() {
        Ok(share @ 1..=100) => Ok((text(title), share)),
        _ => Err(format!("'{width}' is no share of the width; give a number from 1 to 100 after ':'")),
    }
}

fn order(rest: &str) -> Result<Line, String> {
    let body = rest.strip_suffix(']').ok_or("a line that begins with '[' ends with ']'; to print a bracket write '\\['")?;
    let (name, args) = body.split_once([' ', '|']).unwrap_or((body, ""));
    let (_, order, least, most) = ORDERS
        .iter()
        .find(|(known, ..)| *known == name)
        .ok_or_else(|| format!("there is no [{name}]; there are: {}", ORDERS.iter().map(|(n, ..)| *n).collect::<Vec<_>>().join(", ")))?;
    let args: Vec<String> = if args.trim().is_empty() { Vec::new() } else { args.split('|').map(text).collect() };
    if (*least..=*most).contains(&args.len()) { Ok(Line::Order(*order, args)) } else { Err(format!("[{name}] takes {least} to {most} arguments, not {}", args.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_sign_makes_its_line() {
        let t = str::to_owned;
        for (raw, wanted) in [
            ("", Line::Blank),
            ("  ", Line::Blank),
            ("---", Line::PageBreak),
            ("# 一、违法事实", Line::Heading(1, t("一、违法事实"))),
            ("### 1.", Line::Heading(3, t("1."))),
            ("> 张某某：", Line::Text(Style::Flush, t("张某某："))),
            (">> 右", Line::Text(Style::Right, t("右"))),
            ("^ 中", Line::Text(Style::Center, t("中"))),
            ("~ 注", Line::Text(Style::Note, t("注"))),
            ("本机关认为", Line::Text(Style::Body, t("本机关认为"))),
            ("\\- 不是清单", Line::Text(Style::Body, t("- 不是清单"))),
            ("- 甲", Line::Item(false, t("甲"))),
            ("+ 乙", Line::Item(true, t("乙"))),
            ("? 问什么", Line::Question(t("问什么"))),
            ("! 答", Line::Answer(t("答"))),
            ("|= 序号 | 名称:4 |", Line::Columns(vec![(t("序号"), 1), (t("名称"), 4)])),
            ("|+ 当事人 |", Line::Group(Some(t("当事人")))),
            ("|+ |", Line::Group(None)),
            ("|# 现场情况 |", Line::Head(t("现场情况"))),
            ("| 案由 |  |", Line::Row(vec![t("案由"), t("")])),
            ("[seal]", Line::Order(Order::Seal, vec![])),
            ("[sign 当事人 | a1]", Line::Order(Order::Sign, vec![t("当事人"), t("a1")])),
            ("[opinion 意见 | 同意 | | ]", Line::Order(Order::Opinion, vec![t("意见"), t("同意"), t(""), t("")])),
        ] {
            assert_eq!(line(raw), Ok(wanted), "{raw}");
        }
    }

    #[test]
    fn a_line_that_means_nothing_is_refused() {
        for (raw, part) in [
            ("| a | b", "ends with '|'"),
            ("|+ a | b |", "one cell"),
            ("|= a:0 |", "share"),
            ("|= a:x |", "share"),
            ("[stamp]", "there is no [stamp]"),
            ("[sign]", "1 to 2"),
            ("[seal a | b | c]", "0 to 2"),
            ("[seal", "ends with ']'"),
            ("#一", "space after"),
        ] {
            let said = line(raw).unwrap_err();
            assert!(said.contains(part), "{raw}: {said}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shielded_comes_back(value: String) {
            prop_assert_eq!(unshield(&shield(&value)), value);
        }

        #[test]
        fn what_is_shielded_is_one_text_wherever_it_stands(value in "\\PC{1,20}|[|#>\\[\\]!?*~^\\\\\n\r\t =:+-]{1,12}|(---)") {
            let shielded = shield(&value);
            prop_assert!(!shielded.contains(['\n', '|', '[', ']', '#', ' ']));
            prop_assert_eq!(line(&shielded), Ok(Line::Text(Style::Body, value.clone())));
            prop_assert_eq!(line(&format!("| {shielded} | b |")), Ok(Line::Row(vec![value.clone(), "b".to_owned()])));
            prop_assert_eq!(line(&format!("[sign {shielded} | {shielded}]")), Ok(Line::Order(Order::Sign, vec![value.clone(), value])));
        }
    }
}
