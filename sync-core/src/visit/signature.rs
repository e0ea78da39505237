//! Signatures on glass as `signatures.*` holds them: thinned to a size, and drawn as an SVG path.
//!
//! A pen reports hundreds of points a second, most of them on a straight line between their neighbours. Thinning leaves out
//! points that lie within a tolerance of the line that remains (Ramer 1972; Douglas and Peucker 1973), begins with none and widens
//! it until everything fits. Deliberately absent: dropping a stroke, and judging whether it is somebody's signature.

use std::fmt::Write;

/// Most strokes of a signature, as the field table says.
pub const MAX_STROKES: usize = 128;
/// Most points of one stroke: its list holds x and y of each.
pub const MAX_POINTS: usize = 2_048;
/// Greatest coordinate and side of the box.
pub const MAX_SIDE: u32 = 65_535;
/// Size in bytes at which a signature is aimed, as it stands in a change: a change takes several, with photos' facts and answers
/// beside them, within 256 KiB.
pub const AIM: usize = 32 * 1024;

/// A point of a stroke: right and down from the upper left corner of the box.
pub type Point = (u32, u32);

/// Strokes that fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thinned {
    /// In the order in which they were drawn, each of at least two points.
    pub strokes: Vec<Vec<Point>>,
    /// How far a point that was left out may lie from the line that remains, in units of the box.
    pub tolerance: u32,
    /// Bytes of the list of strokes as it is written in a change.
    pub bytes: usize,
}

/// Why strokes are no signature. Each says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASignature {
    /// Nothing was drawn.
    #[error("nothing is drawn; ask for the signature")]
    Empty,
    /// More strokes than the field takes.
    #[error("more than 128 strokes; ask for the signature again")]
    Strokes,
    /// A point outside the box.
    #[error("a point lies outside the box of w × h; give strokes and box in the same units")]
    Outside,
    /// The box has no area, or is larger than coordinates go.
    #[error("w and h must be from 1 to 65535; scale box and strokes alike")]
    Box,
    /// Even its corners are more than the size asked for.
    #[error("it does not fit, however thin; ask for a larger size, or for the signature again")]
    Size,
}

/// Strokes thinned until their list takes at most `max_bytes`. A stroke of a single point becomes a dot, of two points.
pub fn thin(strokes: &[Vec<Point>], w: u32, h: u32, max_bytes: usize) -> Result<Thinned, NotASignature> {
    if !(1..=MAX_SIDE).contains(&w) || !(1..=MAX_SIDE).contains(&h) {
        return Err(NotASignature::Box);
    }
    if strokes.iter().flatten().any(|(x, y)| *x > w || *y > h) {
        return Err(NotASignature::Outside);
    }
    let drawn: Vec<&Vec<Point>> = strokes.iter().filter(|stroke| !stroke.is_empty()).collect();
    if drawn.is_empty() {
        return Err(NotASignature::Empty);
    }
    if drawn.len() > MAX_STROKES {
        return Err(NotASignature::Strokes);
    }
    let mut tolerance = 0;
    loop {
        let strokes: Vec<Vec<Point>> = drawn.iter().map(|stroke| line(stroke, tolerance)).collect();
        let bytes = size(&strokes);
        if bytes <= max_bytes && strokes.iter().all(|stroke| stroke.len() <= MAX_POINTS) {
            return Ok(Thinned { strokes, tolerance, bytes });
        }
        // Beyond the diagonal of the box nothing is left but the ends.
        if tolerance > w.saturating_add(h) {
            return Err(NotASignature::Size);
        }
        tolerance = if tolerance == 0 { 1 } else { tolerance.saturating_mul(2) };
    }
}

/// The points of a stroke that remain under a tolerance; its ends always do.
fn line(stroke: &[Point], tolerance: u32) -> Vec<Point> {
    let (Some(first), Some(last)) = (stroke.first(), stroke.last()) else { return Vec::new() };
    let mut keep: Vec<usize> = Vec::new();
    // Spans to look at, the left one on top, so that kept points come in order and no stroke is too long for the stack.
    let mut open: Vec<(usize, usize)> = vec![(0, stroke.len().saturating_sub(1))];
    while let Some((from, to)) = open.pop() {
        let inner = stroke.get(from.saturating_add(1)..to).unwrap_or_default();
        let (Some(a), Some(b)) = (stroke.get(from), stroke.get(to)) else { continue };
        let farthest = inner.iter().enumerate().map(|(n, p)| (distance_squared(*p, *a, *b), n)).max_by(|x, y| x.0.total_cmp(&y.0).then(y.1.cmp(&x.1)));
        match farthest {
            Some((square, n)) if square > f64::from(tolerance) * f64::from(tolerance) => {
                let middle = from + 1 + n;
                open.push((middle, to));
                open.push((from, middle));
            }
            _ => keep.push(to),
        }
    }
    let mut out = vec![*first];
    out.extend(keep.iter().filter_map(|at| stroke.get(*at)));
    if out.len() < 2 {
        out.push(*last);
    }
    out
}

/// Square of the distance of a point from the line between two others.
fn distance_squared(p: Point, a: Point, b: Point) -> f64 {
    let at = |q: Point| (f64::from(q.0), f64::from(q.1));
    let ((px, py), (ax, ay), (bx, by)) = (at(p), at(a), at(b));
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let along = if length == 0.0 { 0.0 } else { (((px - ax) * dx + (py - ay) * dy) / length).clamp(0.0, 1.0) };
    let (x, y) = (ax + along * dx - px, ay + along * dy - py);
    x * x + y * y
}

/// The list of strokes as a value of the field: x, y, x, y … of each.
pub fn flat(strokes: &[Vec<Point>]) -> Vec<Vec<u32>> {
    strokes.iter().map(|stroke| stroke.iter().flat_map(|(x, y)| [*x, *y]).collect()).collect()
}

/// Strokes from a value of the field; `None` if one has an x without its y.
pub fn points(flat: &[Vec<u32>]) -> Option<Vec<Vec<Point>>> {
    let pair = |two: &[u32]| Some((*two.first()?, *two.get(1)?));
    flat.iter().map(|stroke| stroke.chunks(2).map(pair).collect()).collect()
}

fn size(strokes: &[Vec<Point>]) -> usize {
    let digits = |n: u32| n.checked_ilog10().map_or(1, |log| log as usize + 1);
    // A bracket; for each stroke its bracket and what follows it, for each number what follows it: a comma, or the bracket that closes.
    1 + strokes.iter().map(|stroke| 2 + stroke.iter().map(|(x, y)| digits(*x) + digits(*y) + 2).sum::<usize>()).sum::<usize>()
}

/// The path of an SVG in units of the box: `M` and `L` of absolute points, whatever a pen does.
pub fn path(strokes: &[Vec<Point>]) -> String {
    let mut out = String::new();
    for stroke in strokes {
        for (n, (x, y)) in stroke.iter().enumerate() {
            // Writing to a string does not fail.
            let _written = write!(out, "{}{x} {y}", if n == 0 { "M" } else { "L" });
        }
    }
    out
}

/// The whole picture, black on nothing, its lines as wide as a hundredth and a half of the box.
pub fn svg(strokes: &[Vec<Point>], w: u32, h: u32) -> String {
    let width = (w.max(h) * 3 / 200).max(1);
    let style = format!("fill=\"none\" stroke=\"#000\" stroke-width=\"{width}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"");
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\"><path d=\"{}\" {style}/></svg>", path(strokes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Type;

    /// A pen that goes round in waves.
    fn waves(points: u32) -> Vec<Point> {
        (0..points).map(|n| (n * 9_000 / points.max(1), (4_000.0 + 3_500.0 * (f64::from(n) * 0.01).sin()) as u32)).collect()
    }

    #[test]
    fn what_fits_loses_only_points_on_a_straight_line() {
        let strokes = vec![vec![(0, 0), (10, 10), (20, 20), (20, 40)], vec![(5, 5)]];
        let thinned = thin(&strokes, 100, 100, AIM).unwrap();
        assert_eq!(thinned.strokes, [vec![(0, 0), (20, 20), (20, 40)], vec![(5, 5), (5, 5)]]);
        assert_eq!((thinned.tolerance, thinned.bytes), (0, serde_json::to_string(&flat(&thinned.strokes)).unwrap().len()));
    }

    #[test]
    fn a_long_signature_fits_and_stays_within_its_tolerance() {
        let strokes: Vec<Vec<Point>> = (0..20).map(|_| waves(4_000)).collect();
        for max in [4_096, AIM] {
            let thinned = thin(&strokes, 10_000, 10_000, max).unwrap();
            assert_eq!(thinned.bytes, serde_json::to_string(&flat(&thinned.strokes)).unwrap().len());
            assert!(thinned.bytes <= max && thinned.tolerance > 0 && thinned.tolerance < 1_000, "{thinned:?}");
            let allowed = f64::from(thinned.tolerance).powi(2);
            let kept = &thinned.strokes[0];
            for p in &strokes[0] {
                let nearest = kept.windows(2).map(|w| distance_squared(*p, w[0], w[1])).fold(f64::MAX, f64::min);
                assert!(nearest <= allowed, "{p:?} lies {nearest} from the line");
            }
        }
    }

    #[test]
    fn what_comes_out_is_a_value_of_the_field_and_thins_to_itself() {
        let thinned = thin(&[waves(60_000)], 10_000, 10_000, usize::MAX).unwrap();
        assert!(thinned.strokes[0].len() <= MAX_POINTS);
        let Some(Type::Map(members)) = super::super::KIND.field("signatures.x").map(|row| row.ty) else { panic!("a map") };
        let ty = members.iter().find(|(name, _)| *name == "strokes").unwrap().1;
        assert_eq!(ty.check(&serde_json::to_string(&flat(&thinned.strokes)).unwrap()), Ok(()));
        assert_eq!(thin(&thinned.strokes, 10_000, 10_000, usize::MAX).unwrap().strokes, thinned.strokes);
        assert_eq!(points(&flat(&thinned.strokes)), Some(thinned.strokes));
        assert_eq!(points(&[vec![1, 2, 3]]), None);
    }

    #[test]
    fn what_is_no_signature_says_why() {
        let stroke = vec![vec![(1, 1), (2, 2)]];
        assert_eq!(thin(&[], 9, 9, AIM), Err(NotASignature::Empty));
        assert_eq!(thin(&[vec![]], 9, 9, AIM), Err(NotASignature::Empty));
        assert_eq!(thin(&stroke, 1, 1, AIM), Err(NotASignature::Outside));
        assert_eq!(thin(&stroke, 0, 9, AIM), Err(NotASignature::Box));
        assert_eq!(thin(&stroke, 9, MAX_SIDE + 1, AIM), Err(NotASignature::Box));
        assert_eq!(thin(&vec![stroke[0].clone(); MAX_STROKES + 1], 9, 9, AIM), Err(NotASignature::Strokes));
        assert_eq!(thin(&stroke, 9, 9, 5), Err(NotASignature::Size));
    }

    #[test]
    fn the_picture_is_the_strokes() {
        let strokes = [vec![(0, 0), (20, 20)], vec![(5, 5), (5, 5)]];
        assert_eq!(path(&strokes), "M0 0L20 20M5 5L5 5");
        assert!(svg(&strokes, 200, 100).starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 100\"><path d=\"M0 0L20 20M5 5L5 5\" fill=\"none\""));
    }
}
