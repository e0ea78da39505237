//! Charts as SVG in the page, drawn here from numbers that the page shows anyway.
//!
//! The shapes are computed here and written by a template of ours rather than by a library of charts: text stays text, colours are classes of the
//! page's style sheet, so that dark mode and print need no second picture, and nothing needs a style attribute, which the policy forbids. The
//! crates that were looked at write their colours and fonts into the picture, or bring renderers of pixels. Each chart stands beside a table of
//! the same numbers. What is not known has no bar and no label; nought has a label.

use crate::web::figures::number::{hundredths, whole};

/// Width of a picture.
const WIDTH: f64 = 360.0;
/// Where the columns stand: left, right, top, bottom.
const PLOT: (f64, f64, f64, f64) = (40.0, 354.0, 20.0, 150.0);
/// Narrowest column that has room for its number above it.
const ROOM: f64 = 24.0;

/// What the numbers of a chart are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things; hundredths of them are not shown.
    Count,
    /// Per cent; the axis ends at 100.
    Share,
    /// Days, or so many for each.
    Plain,
}

impl Unit {
    fn text(self, h: i64) -> String {
        match self {
            Unit::Count => whole(h / 100),
            Unit::Share => format!("{}%", hundredths(round(h))),
            Unit::Plain => hundredths(round(h)),
        }
    }
}

/// To tenths: what is drawn needs no more.
fn round(h: i64) -> i64 {
    (h + 5).div_euclid(10) * 10
}

/// A rectangle with its number.
pub struct Bar {
    /// Which series: `a`, `b`.
    pub class: &'static str,
    /// Left.
    pub x: String,
    /// Top.
    pub y: String,
    /// Width.
    pub w: String,
    /// Height.
    pub h: String,
    /// Middle of the number.
    pub tx: String,
    /// Foot of the number.
    pub ty: String,
    /// The number; empty where there is no room.
    pub text: String,
}

/// A text at a place.
pub struct Mark {
    /// Where across.
    pub x: String,
    /// Where down.
    pub y: String,
    /// The text.
    pub text: String,
}

/// A picture.
pub struct Picture {
    /// Its height.
    pub height: i64,
    /// The bars.
    pub bars: Vec<Bar>,
    /// Lines across with their numbers.
    pub lines: Vec<Mark>,
    /// Texts below or above bars.
    pub names: Vec<Mark>,
    /// Class of the names: `under`, centred below columns; `over`, above lying bars.
    pub style: &'static str,
}

fn at(n: f64) -> String {
    format!("{n:.1}")
}

/// The smallest of 1, 2, 5, 10, 20 … that is not below, in hundredths.
fn top(most: i64) -> i64 {
    let mut step = 100;
    loop {
        for factor in [1, 2, 5] {
            if step * factor >= most {
                return step * factor;
            }
        }
        match step.checked_mul(10) {
            Some(next) if next < i64::MAX / 10 => step = next,
            _ => return most.max(1),
        }
    }
}

/// Columns side by side: for each name one of every series, in hundredths.
pub fn columns(names: &[String], series: &[Vec<Option<i64>>], unit: Unit) -> Option<Picture> {
    let (left, right, ceiling, floor) = PLOT;
    let most = series.iter().flatten().filter_map(|n| *n).max()?;
    let scale = if unit == Unit::Share { 10_000.max(most) } else { top(most) };
    let slot = (right - left) / names.len() as f64;
    let width = (slot * 0.76 / series.len() as f64).min(34.0);
    let group = width * series.len() as f64;
    let mut bars = Vec::new();
    for (of, (class, numbers)) in ["a", "b"].into_iter().zip(series).enumerate() {
        for (n, number) in numbers.iter().enumerate() {
            let Some(number) = *number else { continue };
            let high = (floor - ceiling) * number.max(0) as f64 / scale as f64;
            let x = left + slot * n as f64 + (slot - group) / 2.0 + width * of as f64;
            let gap = (width * 0.06).min(1.5);
            let text = if width >= ROOM || names.len() <= 8 && series.len() == 1 { unit.text(number) } else { String::new() };
            bars.push(Bar { class, x: at(x + gap), y: at(floor - high), w: at(width - 2.0 * gap), h: at(high), tx: at(x + width / 2.0), ty: at(floor - high - 4.0), text });
        }
    }
    let line = |part: i64| Mark { x: at(left - 5.0), y: at(floor - (floor - ceiling) * part as f64 / 2.0), text: unit.text(scale * part / 2) };
    // Half a thing is no mark of an axis that counts things.
    let parts: &[i64] = if unit == Unit::Count && scale % 200 != 0 { &[0, 2] } else { &[0, 1, 2] };
    let every = names.len().div_ceil(12);
    // A name of two lines: month, and the year that begins with it.
    let name = |(n, text): (usize, &String)| {
        let mark = move |(down, text): (i32, &str)| Mark { x: at(left + slot * (n as f64 + 0.5)), y: at(floor + 15.0 + 14.0 * f64::from(down)), text: text.to_owned() };
        (0..).zip(text.lines()).map(mark).collect::<Vec<_>>()
    };
    let names = names.iter().enumerate().filter(|(n, _)| n % every == 0).flat_map(name).collect();
    Some(Picture { height: 186, bars, lines: parts.iter().copied().map(line).collect(), names, style: "under" })
}

/// Bars that lie below each other, each under its name: a class, a name and hundredths.
pub fn lying(rows: &[(&'static str, String, Option<i64>)], unit: Unit) -> Option<Picture> {
    let most = rows.iter().filter_map(|(.., n)| *n).max()?;
    let (mut bars, mut names) = (Vec::new(), Vec::new());
    for (n, (class, name, number)) in rows.iter().enumerate() {
        let y = 44.0 * n as f64;
        names.push(Mark { x: at(0.0), y: at(y + 14.0), text: name.clone() });
        let Some(number) = *number else { continue };
        let wide = if most > 0 { (WIDTH - 64.0) * number.max(0) as f64 / most as f64 } else { 0.0 };
        bars.push(Bar { class, x: at(0.0), y: at(y + 20.0), w: at(wide.max(1.0)), h: at(18.0), tx: at(wide.max(1.0) + 6.0), ty: at(y + 34.0), text: unit.text(number) });
    }
    Some(Picture { height: 44 * i64::try_from(rows.len()).unwrap_or(1), bars, lines: Vec::new(), names, style: "over" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number_that_holds_the_highest_column() {
        assert_eq!([0, 1, 100, 101, 300, 700, 1_100, 99_900].map(top), [100, 100, 100, 200, 500, 1_000, 2_000, 100_000]);
        assert!(top(i64::MAX) > 0);
    }

    #[test]
    fn columns_stand_inside_the_picture_and_what_is_not_known_has_none() {
        let names: Vec<String> = (1..=120).map(|n| n.to_string()).collect();
        let numbers: Vec<Option<i64>> = (1..=120).map(|n| (n % 3 > 0).then_some(n * 100)).collect();
        let picture = columns(&names, &[numbers.clone(), numbers], Unit::Plain).unwrap();
        assert_eq!(picture.bars.len(), 160);
        for bar in &picture.bars {
            let [x, y, w, h] = [&bar.x, &bar.y, &bar.w, &bar.h].map(|n| n.parse::<f64>().unwrap());
            assert!(x >= PLOT.0 && x + w <= PLOT.1 + 0.2 && w > 0.0 && y >= PLOT.2 - 0.1 && y + h <= PLOT.3 + 0.2, "{x} {y} {w} {h}");
        }
        assert!(picture.names.len() <= 12);
        assert!(columns(&names, &[vec![None; 120]], Unit::Count).is_none());
        let share = columns(&["9".into()], &[vec![Some(3_333)]], Unit::Share).unwrap();
        assert_eq!((share.bars[0].text.as_str(), share.lines[2].text.as_str()), ("33.3%", "100%"));
    }

    #[test]
    fn lying_bars_are_as_long_as_their_numbers() {
        let picture = lying(&[("b", "可修复".into(), Some(400)), ("a", "已修复".into(), Some(100)), ("a", "无".into(), None)], Unit::Count).unwrap();
        assert_eq!((picture.bars.len(), picture.names.len(), picture.bars[0].w.as_str(), picture.bars[1].w.as_str()), (2, 3, "296.0", "74.0"));
        assert_eq!(picture.bars[1].text, "1");
    }
}
