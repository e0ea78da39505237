//! Numbers as people read them.

use crate::figures::count::{Figure, Value};
use crate::public::Lang;
use crate::web::words::words;

/// A whole number in groups of three digits.
pub fn whole(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::from(if n < 0 { "−" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Hundredths, with as many decimals as they need.
pub fn hundredths(h: i64) -> String {
    let (sign, n) = (if h < 0 { "−" } else { "" }, h.unsigned_abs());
    let head = whole(i64::try_from(n / 100).unwrap_or(i64::MAX));
    match n % 100 {
        0 => format!("{sign}{head}"),
        rest if rest % 10 == 0 => format!("{sign}{head}.{}", rest / 10),
        rest => format!("{sign}{head}.{rest:02}"),
    }
}

/// A number with the sign of what it is of: 12, 3.5, 50%.
pub fn of(value: &Value, measure: &str) -> Option<String> {
    let h = value.hundredths?;
    Some(match measure {
        "count" => whole(value.of),
        "share" => format!("{}%", hundredths(h)),
        _ => hundredths(h),
    })
}

/// How far a figure is from that of the year before; nothing if either has no number.
pub fn change(figure: &Figure, lang: Lang) -> Option<String> {
    let (now, then) = (figure.value?.hundredths?, figure.year_before?.hundredths?);
    let by = now.checked_sub(then)?;
    let sign = match by {
        0 => "±",
        1.. => "+",
        _ => "",
    };
    let unit = if figure.measure == "share" { format!(" {}", words(lang).points) } else { String::new() };
    Some(format!("{sign}{}{unit}", hundredths(by)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!([0, 7, 999, 1_000, 2_742, -1_234_567].map(whole), ["0", "7", "999", "1,000", "2,742", "−1,234,567"]);
        assert_eq!([0, 5, 50, 150, 1_234, -1, 274_200].map(hundredths), ["0", "0.05", "0.5", "1.5", "12.34", "−0.01", "2,742"]);
    }
}
