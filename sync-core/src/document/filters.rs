//! How values are written on documents: money, days, instants, numerals, and what the public may not read.

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

use crate::base::date::{Date, day_of, start_of};
use crate::base::money::Fen;
use crate::base::time::UtcMs;

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const NUMERALS: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// Figures to the fen with separators: `12,345.60元`.
pub fn money(amount: Fen) -> String {
    let plain = amount.to_string();
    let (sign, plain) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
    let (yuan, cents) = plain.split_once('.').unwrap_or((plain, "00"));
    let mut grouped = String::new();
    for (i, digit) in yuan.chars().enumerate() {
        if i > 0 && (yuan.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{cents}元")
}

/// Four digits in capitals without leading zeros: 1005 is 壹仟零伍.
fn section(n: u64) -> String {
    let mut out = String::new();
    let mut gap = false;
    for (unit, name) in [(1000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
        let digit = n / unit % 10;
        if digit == 0 {
            gap = !out.is_empty();
            continue;
        }
        if gap {
            out.push('零');
            gap = false;
        }
        out.push_str(DIGITS.get(digit as usize).copied().unwrap_or_default());
        out.push_str(name);
    }
    out
}

/// Whole yuan in capitals, without 元.
fn capitals(n: u64) -> String {
    if n == 0 {
        return "零".to_owned();
    }
    let mut out = String::new();
    let mut gap = false;
    for (power, name) in [(3u32, "万亿"), (2, "亿"), (1, "万"), (0, "")] {
        let part = n / 10_000u64.pow(power) % 10_000;
        if part == 0 {
            gap = !out.is_empty();
            continue;
        }
        // A zero between sections, and before a section that lacks its thousands (票据法: 中间有几个“0”时写一个“零”字).
        if !out.is_empty() && (gap || part < 1000) {
            out.push('零');
        }
        gap = false;
        out.push_str(&section(part));
        // 万亿 followed by 亿 says 亿 once: 壹万贰仟亿.
        let shared = power == 3 && !(n / 100_000_000).is_multiple_of(10_000);
        out.push_str(if shared { "万" } else { name });
    }
    out
}

/// Chinese capitals as on vouchers (支付结算办法 附一): 12,345.60 is 壹万贰仟叁佰肆拾伍元陆角整.
pub fn capital(amount: Fen) -> String {
    let sign = if amount.0 < 0 { "负" } else { "" };
    let fen = amount.0.unsigned_abs();
    let (yuan, jiao, cent) = (fen / 100, fen / 10 % 10, fen % 10);
    let digit = |d: u64| DIGITS.get(d as usize).copied().unwrap_or_default();
    let mut out = sign.to_owned();
    if yuan > 0 || fen == 0 {
        out.push_str(&capitals(yuan));
        out.push('元');
    }
    match (jiao, cent) {
        (0, 0) => out.push('整'),
        (jiao, 0) => out.push_str(&format!("{}角整", digit(jiao))),
        (0, cent) if yuan > 0 => out.push_str(&format!("零{}分", digit(cent))),
        (0, cent) => out.push_str(&format!("{}分", digit(cent))),
        (jiao, cent) => out.push_str(&format!("{}角{}分", digit(jiao), digit(cent))),
    }
    out
}

/// 2024年9月27日
pub fn day(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// 二〇二四年九月二十七日
pub fn day_in_numerals(day: Date) -> String {
    let year: String = day.year().to_string().chars().filter_map(|c| NUMERALS.get(c.to_digit(10)? as usize).copied()).collect();
    let part = |n: i8| numeral(u64::try_from(n).unwrap_or_default());
    format!("{year}年{}月{}日", part(day.month()), part(day.day()))
}

/// Counting numerals up to 99 (二十七), figures beyond.
pub fn numeral(n: u64) -> String {
    let digit = |d: u64| NUMERALS.get(d as usize).copied().map(String::from).unwrap_or_default();
    match n {
        0..=9 => digit(n),
        10..=99 => {
            let tens = if n < 20 { String::new() } else { digit(n / 10) };
            let ones = if n.is_multiple_of(10) { String::new() } else { digit(n % 10) };
            format!("{tens}十{ones}")
        }
        _ => n.to_string(),
    }
}

/// Asia/Shanghai to the minute: 2024年9月27日9时05分. `None` outside years −9999 to 9999.
pub fn instant(at: UtcMs) -> Option<String> {
    let date = day_of(at)?;
    let minutes = (at.0 - start_of(date).0) / 60_000;
    Some(format!("{}{}时{:02}分", day(date), minutes / 60, minutes % 60))
}

/// Which part of a text the public may not read (`domain.md` §5.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// A natural person's name: the family name and 某 for every other character, 张某某.
    Name,
    /// Number of an identity paper: first six and last four.
    Id,
    /// Telephone: first three and last two; nothing of a short one.
    Phone,
    /// Address: up to the district, town or subdistrict; nothing of street and number.
    Address,
    /// Bank account: last four.
    Account,
    /// Nothing is shown: minors, secrets.
    All,
}

/// Two-character family names, which are kept whole.
const COMPOUND: &[&str] =
    &["欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "夏侯", "令狐", "端木", "长孙", "宇文", "独孤", "南宫", "轩辕", "申屠", "闻人"];

impl Mask {
    /// By its name in a template: `name`, `id`, `phone`, `address`, `account`, `all`.
    pub fn by_name(name: &str) -> Option<Mask> {
        Some(match name {
            "name" => Mask::Name,
            "id" => Mask::Id,
            "phone" => Mask::Phone,
            "address" => Mask::Address,
            "account" => Mask::Account,
            "all" => Mask::All,
            _ => return None,
        })
    }

    /// The text as the public may read it.
    pub fn over(self, text: &str) -> String {
        let chars: Vec<char> = text.trim().chars().collect();
        let ends = |first: usize, last: usize| -> String {
            // What would show more than a third of a short text shows nothing of it.
            if chars.len() < first + last + 4 {
                return "*".repeat(chars.len());
            }
            chars.iter().enumerate().map(|(i, c)| if i < first || i >= chars.len() - last { *c } else { '*' }).collect()
        };
        match self {
            Mask::Name => {
                let kept = if chars.len() > 2 && COMPOUND.iter().any(|name| text.trim().starts_with(name)) { 2 } else { 1 };
                chars
                    .iter()
                    .enumerate()
                    .map(|(i, c)| {
                        if i < kept {
                            *c
                        } else if *c == '·' {
                            '·'
                        } else {
                            '某'
                        }
                    })
                    .collect()
            }
            Mask::Id => ends(6, 4),
            Mask::Phone => ends(3, 2),
            Mask::Account => ends(0, 4),
            Mask::Address => {
                let end = ["街道", "镇", "乡", "区", "县", "市"].iter().find_map(|part| text.find(part).map(|at| at + part.len()));
                format!("{}***", end.and_then(|end| text.get(..end)).unwrap_or_default())
            }
            Mask::All => "***".to_owned(),
        }
    }
}

fn wrong(what: &str, value: &Value) -> Error {
    let kind = if value.is_undefined() || value.is_none() { ErrorKind::UndefinedError } else { ErrorKind::InvalidOperation };
    let name = if kind == ErrorKind::UndefinedError { "nothing" } else { "something else" };
    Error::new(kind, format!("{what} was expected and there is {name}"))
}

fn fen(value: &Value) -> Result<Fen, Error> {
    if value.kind() != ValueKind::Number {
        return Err(wrong("an amount in fen", value));
    }
    i64::try_from(value.clone()).map(Fen).map_err(|_| wrong("an amount in fen", value))
}

fn date(value: &Value) -> Result<Date, Error> {
    let found = match value.as_str() {
        Some(text) => text.parse().ok(),
        None if value.kind() == ValueKind::Number => i64::try_from(value.clone()).ok().and_then(|ms| day_of(UtcMs(ms))),
        None => None,
    };
    found.ok_or_else(|| wrong("a day (2024-09-27) or an instant in milliseconds", value))
}

fn moment(value: &Value) -> Result<String, Error> {
    let ms = if value.kind() == ValueKind::Number { i64::try_from(value.clone()).ok() } else { None };
    ms.and_then(|ms| instant(UtcMs(ms))).ok_or_else(|| wrong("an instant in milliseconds", value))
}

fn masked(value: &Value, kind: Kwargs) -> Result<String, Error> {
    let name: String = kind.get("as")?;
    kind.assert_all_used()?;
    let mask = Mask::by_name(&name).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("there is no mask '{name}'")))?;
    value.as_str().map(|text| mask.over(text)).ok_or_else(|| wrong("a text to mask", value))
}

/// Gives an environment the filters of documents.
pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("money", |v: &Value| fen(v).map(money));
    env.add_filter("capital", |v: &Value| fen(v).map(capital));
    env.add_filter("day", |v: &Value| date(v).map(day));
    env.add_filter("day_zh", |v: &Value| date(v).map(day_in_numerals));
    env.add_filter("instant", |v: &Value| moment(v));
    env.add_filter("numeral", |v: &Value| u64::try_from(v.clone()).map(numeral).map_err(|_| wrong("a number", v)));
    env.add_filter("mask", |v: &Value, kind: Kwargs| masked(v, kind));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::date;

    /// Reads capitals back, independently of how they are written.
    fn read(text: &str) -> i64 {
        fn digit(c: char) -> Option<i64> {
            DIGITS.iter().position(|d| d.starts_with(c)).map(|d| d as i64)
        }
        fn whole(text: &str) -> i64 {
            for (name, unit) in [('亿', 100_000_000), ('万', 10_000)] {
                if let Some((before, after)) = text.split_once(name) {
                    return whole(before) * unit + whole(after);
                }
            }
            let (mut sum, mut last) = (0, 0);
            for c in text.chars() {
                let unit = [('仟', 1000), ('佰', 100), ('拾', 10)].iter().find(|(name, _)| *name == c).map(|(_, unit)| *unit);
                match unit {
                    Some(unit) => sum += std::mem::take(&mut last) * unit,
                    None => last = digit(c).unwrap(),
                }
            }
            sum + last
        }
        let (yuan, rest) = text.split_once('元').unwrap_or(("零", text));
        let part = |unit: char| rest.find(unit).and_then(|at| rest[..at].chars().next_back()).and_then(digit).unwrap_or(0);
        whole(yuan) * 100 + part('角') * 10 + part('分')
    }

    #[test]
    fn capitals_are_written_as_on_vouchers() {
        for (fen, text) in [
            (1_234_560, "壹万贰仟叁佰肆拾伍元陆角整"),
            (0, "零元整"),
            (5, "伍分"),
            (50, "伍角整"),
            (105, "壹元零伍分"),
            (1_000, "壹拾元整"),
            (100_500, "壹仟零伍元整"),
            (1_000_500, "壹万零伍元整"),
            (10_010_000, "壹拾万零壹佰元整"),
            (101_000_000, "壹佰零壹万元整"),
            (200_000, "贰仟元整"),
            (10_000_000_000, "壹亿元整"),
            (10_000_000_100, "壹亿零壹元整"),
            (-123, "负壹元贰角叁分"),
        ] {
            assert_eq!(capital(Fen(fen)), text);
        }
    }

    #[test]
    fn every_amount_up_to_a_million_yuan_is_read_back() {
        for fen in (0..2_000_000).chain((0..100_000_000).step_by(97)) {
            assert_eq!(read(&capital(Fen(fen))), fen, "{}", capital(Fen(fen)));
        }
    }

    #[test]
    fn figures_have_separators() {
        for (fen, text) in [(1_234_560, "12,345.60元"), (0, "0.00元"), (99, "0.99元"), (100_000, "1,000.00元"), (-12_345_678, "-123,456.78元")] {
            assert_eq!(money(Fen(fen)), text);
        }
    }

    #[test]
    fn days_and_instants() {
        assert_eq!(day(date(2024, 9, 27)), "2024年9月27日");
        assert_eq!(day_in_numerals(date(2024, 9, 27)), "二〇二四年九月二十七日");
        assert_eq!(day_in_numerals(date(2010, 10, 20)), "二〇一〇年十月二十日");
        assert_eq!(instant(UtcMs(1_704_038_400_000)).as_deref(), Some("2024年1月1日0时00分"));
        assert_eq!(instant(UtcMs(1_704_038_400_000 + 9 * 3_600_000 + 5 * 60_000)).as_deref(), Some("2024年1月1日9时05分"));
        assert_eq!((numeral(11), numeral(30), numeral(100)), ("十一".to_owned(), "三十".to_owned(), "100".to_owned()));
    }

    #[test]
    fn the_public_reads_no_more_than_it_may() {
        for (mask, text, shown) in [
            (Mask::Name, "张三", "张某"),
            (Mask::Name, "张小明", "张某某"),
            (Mask::Name, "欧阳明", "欧阳某"),
            (Mask::Name, "买买提·艾力", "买某某·某某"),
            (Mask::Id, "330203199001011234", "330203********1234"),
            (Mask::Id, "E1234567", "********"),
            (Mask::Phone, "13800001234", "138******34"),
            (Mask::Phone, "87654321", "********"),
            (Mask::Account, "6222021234567890123", "***************0123"),
            (Mask::Address, "浙江省宁波市鄞州区梅墟街道某路1号", "浙江省宁波市鄞州区梅墟街道***"),
            (Mask::Address, "某路1号", "***"),
            (Mask::All, "张三", "***"),
        ] {
            assert_eq!(mask.over(text), shown, "{text}");
        }
    }
}
