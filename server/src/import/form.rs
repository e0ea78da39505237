//! How one value is written in a cell, read and printed. What is printed reads back as the same value.
//!
//! Lists stand in one cell, an entry a line. Whatever the short spelling cannot say is printed as JSON, which every
//! list and every policy also takes.

use serde_json::{Value as Json, json};
use sync_core::base::Date;
use sync_core::base::money::Fen;
use sync_core::law::policy::{self, Setting, Type};
use sync_core::law::{Period, Unit};

/// A choice: its code and what is written.
pub type Word = (&'static str, &'static str);

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Text,
    /// A day: 2024-01-01, 2024/1/1 or 2024年1月1日.
    Day,
    /// 是 or 否.
    Flag,
    /// One of these, in Chinese or by its code.
    Choice(&'static [Word]),
    /// Any of these, with 、 between them.
    Choices(&'static [Word]),
    /// Clauses, one a line: 《法律》第一条：条文.
    Clauses,
    /// Tiers of discretion, one a line: 情节｜下限｜上限.
    Tiers,
    /// A bound of a fine: yuan, or % or 倍 where `fine.shape` is a ratio.
    Bound,
    /// Days off, one a line: 2024-01-01 元旦.
    Holidays,
    /// Days, one a line.
    Days,
    /// The value of a policy, as the type of the policy in `key` says.
    Setting,
}

/// Other cells of the row, by path; empty where there is none.
pub type Row<'r, 't> = &'r (dyn Fn(&str) -> &'t str + 'r);

const UNITS: &[Word] = &[("working_days", "工作日"), ("calendar_days", "日"), ("months", "个月"), ("years", "年")];

fn one_of(words: &[Word], text: &str) -> Result<&'static str, String> {
    let found = words.iter().find(|(code, zh)| code.eq_ignore_ascii_case(text) || *zh == text);
    found.map(|(code, _)| *code).ok_or_else(|| format!("is none of {}", words.iter().map(|(_, zh)| *zh).collect::<Vec<_>>().join(", ")))
}

fn word(words: &[Word], code: &str) -> Option<&'static str> {
    words.iter().find(|(c, _)| *c == code).map(|(_, zh)| *zh)
}

/// Reads a day in the spellings of offices.
pub fn day(text: &str) -> Result<Date, String> {
    let wrong = || "is no day; write it as 2024-01-01".to_owned();
    let digits = text.trim_end_matches('日').replace(['年', '月', '/', '.'], "-");
    let compact = digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = if compact { [digits.get(..4), digits.get(4..6), digits.get(6..)].into_iter().flatten().collect() } else { digits.split('-').collect() };
    let &[year, month, of_month] = parts.as_slice() else { return Err(wrong()) };
    if year.len() != 4 || month.len() > 2 || of_month.len() > 2 {
        return Err(wrong());
    }
    let (year, month, of_month) = (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?, of_month.parse().map_err(|_| wrong())?);
    Date::new(year, month, of_month).map_err(|_| wrong())
}

fn ratio(text: &str) -> Result<i64, String> {
    let (number, unit) = if let Some(n) = text.strip_suffix('%') {
        (n, 100)
    } else if let Some(n) = text.strip_suffix('倍') {
        (n, 10_000)
    } else {
        return Err("is no ratio; write it with % or 倍".to_owned());
    };
    // Two decimals of a per cent, four of 倍: the parser of money knows two, which is enough for either.
    let hundredths = number.trim().parse::<Fen>().map_err(|e| e.to_string())?.0;
    hundredths.checked_mul(unit).map(|n| n / 100).ok_or_else(|| "is too large".to_owned())
}

fn bound(text: &str, shape: &str) -> Result<i64, String> {
    if shape == "比例" || shape == "ratio" {
        return ratio(text);
    }
    text.strip_suffix('元').unwrap_or(text).trim().parse::<Fen>().map(|fen| fen.0).map_err(|e| e.to_string())
}

fn print_bound(n: i64, is_ratio: bool) -> String {
    if !is_ratio {
        return plain(n);
    }
    if n % 10_000 == 0 && n != 0 { format!("{}倍", n / 10_000) } else { format!("{}%", plain(n)) }
}

/// Hundredths with as many decimals as they need.
fn plain(n: i64) -> String {
    if n % 100 == 0 { (n / 100).to_string() } else { format!("{}.{:02}", n / 100, n % 100) }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn clause(line: &str) -> Result<Json, String> {
    let wrong = || format!("the line \"{line:.20}\" is no clause; write 《法律》第一条");
    let (law, rest) = line.strip_prefix('《').and_then(|rest| rest.split_once('》')).ok_or_else(wrong)?;
    let (article, text) = rest.split_once('：').map_or((rest, None), |(article, text)| (article, Some(text.trim())));
    let mut clause = json!({ "law": law.trim(), "article": article.trim() });
    if let (Some(text), Some(clause)) = (text, clause.as_object_mut()) {
        clause.insert("text".into(), text.into());
    }
    Ok(clause)
}

fn tier(line: &str, shape: &str) -> Result<Json, String> {
    let parts: Vec<&str> = line.split(['｜', '|']).map(str::trim).collect();
    let &[circumstance, min, max] = parts.as_slice() else { return Err(format!("the line \"{line:.20}\" is no tier; write 情节｜下限｜上限")) };
    Ok(json!({ "circumstance": circumstance, "min": bound(min, shape)?, "max": bound(max, shape)? }))
}

fn holiday(line: &str) -> Result<Json, String> {
    let (when, name) = line.split_once(char::is_whitespace).ok_or_else(|| format!("the line \"{line:.20}\" is no holiday; write 2024-01-01 元旦"))?;
    Ok(json!({ "day": day(when)?, "name": name.trim() }))
}

/// A choice of nothing, where an empty cell would be one that was forgotten.
const NONE: &str = "无";

fn setting(text: &str, key: &str) -> Result<Json, String> {
    let known = policy::known(key.split('@').next().unwrap_or_default()).ok_or("has no policy that says its type; correct the key")?;
    let split = |text: &str| text.split(['、', ',', '，', ';', '；']).map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect::<Vec<_>>();
    let number = |text: &str| text.parse::<i64>().map_err(|_| format!("\"{text:.20}\" is no whole number"));
    let setting = match known.ty {
        Type::Integer { .. } => Setting::Integer(number(text)?),
        Type::Integers { .. } => Setting::Integers(split(text).iter().map(|n| number(n)).collect::<Result<_, _>>()?),
        Type::Money { .. } => Setting::Money(text.strip_suffix('元').unwrap_or(text).parse().map_err(|e| format!("{e}"))?),
        Type::Text { .. } => Setting::Text(text.to_owned()),
        Type::Choice(_) => Setting::Choice(text.to_owned()),
        Type::Choices(_) => Setting::Choices(if text == NONE { Vec::new() } else { split(text) }),
        Type::Period { .. } => {
            let (count, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
            let unit = match one_of(UNITS, unit.trim())? {
                "working_days" => Unit::WorkingDays,
                "months" => Unit::Months,
                "years" => Unit::Years,
                _ => Unit::CalendarDays,
            };
            Setting::Period(Period { count: count.parse().map_err(|_| "is no period; write 15工作日, 15日, 3个月 or 2年".to_owned())?, unit })
        }
        Type::Table(_) => return Err("is a table; write it as JSON".to_owned()),
    };
    serde_json::to_value(setting).map_err(|e| e.to_string())
}

fn print_setting(value: &Json) -> Option<String> {
    let words = |list: &[String]| list.join("、");
    Some(match serde_json::from_value::<Setting>(value.clone()).ok()? {
        Setting::Integer(n) => n.to_string(),
        Setting::Integers(list) => words(&list.iter().map(i64::to_string).collect::<Vec<_>>()),
        Setting::Money(fen) => plain(fen.0),
        Setting::Text(text) | Setting::Choice(text) => text,
        Setting::Choices(list) if list.is_empty() => NONE.to_owned(),
        Setting::Choices(list) => words(&list),
        Setting::Period(period) => {
            let unit = serde_json::to_value(period.unit).ok()?;
            format!("{}{}", period.count, word(UNITS, unit.as_str()?)?)
        }
        Setting::Table(_) => return None,
    })
}

impl Form {
    /// The choices, where there are some.
    pub fn choices(self) -> Option<&'static [Word]> {
        match self {
            Form::Choice(words) | Form::Choices(words) => Some(words),
            _ => None,
        }
    }

    fn is_list(self) -> bool {
        matches!(self, Form::Choices(_) | Form::Clauses | Form::Tiers | Form::Holidays | Form::Days)
    }

    /// Reads a cell that is not empty. The reason says what is wrong and how to write it, and is put after the value.
    pub fn read(self, text: &str, row: Row<'_, '_>) -> Result<Json, String> {
        let json = (self.is_list() && text.starts_with('[')) || (self == Form::Setting && text.starts_with('{'));
        if json {
            return serde_json::from_str(text).map_err(|e| format!("is no JSON: {e}"));
        }
        match self {
            Form::Text => Ok(text.into()),
            Form::Day => Ok(json!(day(text)?)),
            Form::Flag => match text.to_ascii_lowercase().as_str() {
                "是" | "yes" | "true" | "1" => Ok(true.into()),
                "否" | "no" | "false" | "0" => Ok(false.into()),
                _ => Err("is neither 是 nor 否".to_owned()),
            },
            Form::Choice(words) => one_of(words, text).map(Json::from),
            Form::Choices(words) => text.split(['、', ',', '，', '\n']).map(str::trim).filter(|w| !w.is_empty()).map(|w| one_of(words, w).map(Json::from)).collect(),
            Form::Clauses => lines(text).map(clause).collect(),
            Form::Tiers => lines(text).map(|line| tier(line, row("fine.shape"))).collect(),
            Form::Bound => bound(text, row("fine.shape")).map(Json::from),
            Form::Holidays => lines(text).map(holiday).collect(),
            Form::Days => text.split(['、', ',', '，', '\n']).map(str::trim).filter(|w| !w.is_empty()).map(|w| day(w).map(|d| json!(d))).collect(),
            Form::Setting => setting(text, row("key")),
        }
    }

    /// Prints a value; `cells` gives what else of the row is printed already.
    pub fn print(self, value: &Json, row: Row<'_, '_>) -> String {
        let text = self.short(value, row).unwrap_or_default();
        // Where the short spelling loses something, JSON does not.
        if (self.is_list() || self == Form::Setting) && !value.as_array().is_some_and(Vec::is_empty) && self.read(&text, row).as_ref() != Ok(value) {
            return value.to_string();
        }
        text
    }

    fn short(self, value: &Json, row: Row<'_, '_>) -> Option<String> {
        let is_ratio = row("fine.shape") == "比例";
        let list = |print: &dyn Fn(&Json) -> Option<String>, between: &str| Some(value.as_array()?.iter().map(print).collect::<Option<Vec<_>>>()?.join(between));
        let text = |of: &Json, key: &str| of.get(key).and_then(Json::as_str).map(str::to_owned);
        match self {
            Form::Text | Form::Day => Some(value.as_str()?.to_owned()),
            Form::Flag => Some(if value.as_bool()? { "是" } else { "否" }.to_owned()),
            Form::Choice(words) => word(words, value.as_str()?).map(str::to_owned),
            Form::Choices(words) => list(&|w| word(words, w.as_str()?).map(str::to_owned), "、"),
            Form::Clauses => list(&|c| Some(format!("《{}》{}{}", text(c, "law")?, text(c, "article")?, text(c, "text").map(|t| format!("：{t}")).unwrap_or_default())), "\n"),
            Form::Tiers => {
                let bound = |t: &Json, key: &str| Some(print_bound(t.get(key)?.as_i64()?, is_ratio));
                list(&|t| Some(format!("{}｜{}｜{}", text(t, "circumstance")?, bound(t, "min")?, bound(t, "max")?)), "\n")
            }
            Form::Bound => Some(print_bound(value.as_i64()?, is_ratio)),
            Form::Holidays => list(&|h| Some(format!("{} {}", text(h, "day")?, text(h, "name")?)), "\n"),
            Form::Days => list(&|d| Some(d.as_str()?.to_owned()), "\n"),
            Form::Setting => print_setting(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use sync_core::base::date::date;

    const KINDS: &[Word] = &[("fine", "罚款"), ("warning", "警告")];

    fn row(shape: &'static str, key: &'static str) -> impl Fn(&str) -> &'static str {
        move |path| match path {
            "fine.shape" => shape,
            "key" => key,
            _ => "",
        }
    }

    #[test]
    fn days_are_read_as_offices_write_them() {
        for text in ["2024-01-09", "2024/1/9", "2024.01.09", "2024年1月9日", "20240109"] {
            assert_eq!(day(text), Ok(date(2024, 1, 9)), "{text}");
        }
        for text in ["2024-02-30", "24-1-1", "2024-13-01", "yesterday", "2024-1", "2024-01-001", ""] {
            assert!(day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_printed_reads_back_as_the_same() {
        let cases = [
            (Form::Text, json!("道口保洁"), "定额", "道口保洁"),
            (Form::Flag, json!(false), "定额", "否"),
            (Form::Choices(KINDS), json!(["warning", "fine"]), "定额", "警告、罚款"),
            (Form::Bound, json!(10_000_000), "定额", "100000"),
            (Form::Bound, json!(12_345), "定额", "123.45"),
            (Form::Bound, json!(50), "比例", "0.50%"),
            (Form::Bound, json!(30_000), "比例", "3倍"),
            (Form::Bound, json!(0), "比例", "0%"),
            (
                Form::Clauses,
                json!([{ "law": "水法", "article": "第八十五条" }, { "law": "水法", "article": "第一条", "text": "为了：甲" }]),
                "定额",
                "《水法》第八十五条\n《水法》第一条：为了：甲",
            ),
            (Form::Tiers, json!([{ "circumstance": "轻微", "min": 0, "max": 100_000 }]), "定额", "轻微｜0｜1000"),
            (Form::Holidays, json!([{ "day": "2024-01-01", "name": "元旦" }]), "定额", "2024-01-01 元旦"),
            (Form::Days, json!(["2024-02-04", "2024-02-18"]), "定额", "2024-02-04\n2024-02-18"),
        ];
        for (form, value, shape, text) in cases {
            let row = row(shape, "");
            assert_eq!(form.print(&value, &row), text);
            assert_eq!(form.read(text, &row), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_the_short_spelling_cannot_say_is_json() {
        let row = row("定额", "");
        let odd = json!([{ "law": "水法", "article": "第一条：甲" }, { "law": "水法", "article": "第二条", "text": "一\n二" }]);
        let printed = Form::Clauses.print(&odd, &row);
        assert!(printed.starts_with('['));
        assert_eq!(Form::Clauses.read(&printed, &row), Ok(odd));
    }

    #[test]
    fn every_policys_default_is_printed_and_read() {
        for known in policy::POLICIES.iter().copied().flatten() {
            let value = serde_json::to_value(known.default()).unwrap();
            let row = row("", known.key);
            let text = Form::Setting.print(&value, &row);
            if !text.is_empty() {
                assert_eq!(Form::Setting.read(&text, &row), Ok(value), "{}: {text}", known.key);
            }
        }
        assert_eq!(Form::Setting.read("15 工作日", &row("", "penalty.pay")), Ok(json!({ "period": { "count": 15, "unit": "working_days" } })));
    }

    #[test]
    fn a_wrong_cell_says_how_to_write_it() {
        let row = row("比例", "");
        for (form, text, why) in [
            (Form::Bound, "5", "% or 倍"),
            (Form::Flag, "maybe", "neither 是 nor 否"),
            (Form::Choice(KINDS), "拘留", "none of 罚款, 警告"),
            (Form::Clauses, "水法第一条", "write 《法律》第一条"),
            (Form::Tiers, "轻微 0 1000", "write 情节｜下限｜上限"),
            (Form::Holidays, "2024-01-01", "write 2024-01-01 元旦"),
        ] {
            assert!(form.read(text, &row).unwrap_err().contains(why), "{text}");
        }
    }
}
