//! A ring of points, and whether a point lies in it: by integers, so that every machine answers alike.

use serde::{Deserialize, Serialize};

use super::Point;

/// Most corners. So many fit into one row with days.
pub const MAX_POINTS: usize = 2_000;

/// A closed ring of 3 to 2,000 corners, in either direction, stored as a list of `[lon_e7, lat_e7]` without the first repeated at
/// the end. A ring that crosses itself is read by the even–odd rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Point>", into = "Vec<Point>")]
pub struct Polygon {
    corners: Vec<Point>,
}

/// Why points are no polygon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPolygon {
    /// Fewer than three, or more than [`MAX_POINTS`].
    #[error("{0} corners; give 3 to 2000")]
    Corners(usize),
    /// A corner stands twice in a row.
    #[error("corner {0} repeats the one before it; leave it out")]
    Repeated(usize),
    /// All corners lie on one line.
    #[error("all corners lie on one line; give corners that enclose an area")]
    Flat,
}

impl Polygon {
    /// A polygon of corners in order; the first may be repeated at the end, as files do.
    pub fn new(mut corners: Vec<Point>) -> Result<Polygon, BadPolygon> {
        if corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        if !(3..=MAX_POINTS).contains(&corners.len()) {
            return Err(BadPolygon::Corners(corners.len()));
        }
        if let Some(at) = corners.iter().zip(corners.iter().skip(1)).position(|(a, b)| a == b) {
            return Err(BadPolygon::Repeated(at + 2));
        }
        let flat = match &*corners {
            [a, b, rest @ ..] => rest.iter().all(|c| cross(a, b, c) == 0),
            _ => true,
        };
        if flat { Err(BadPolygon::Flat) } else { Ok(Polygon { corners }) }
    }

    /// The corners, each once.
    pub fn corners(&self) -> &[Point] {
        &self.corners
    }

    /// Whether a point lies inside or on the boundary.
    pub fn contains(&self, point: &Point) -> bool {
        let mut inside = false;
        for (a, b) in self.corners.iter().zip(self.corners.iter().cycle().skip(1)) {
            if on_edge(a, b, point) {
                return true;
            }
            // A ray to the east crosses edges that have one end above it and the other not above it.
            let (a_above, b_above) = (a.lat_e7 > point.lat_e7, b.lat_e7 > point.lat_e7);
            if a_above != b_above && (cross(a, b, point) > 0) == b_above {
                inside = !inside;
            }
        }
        inside
    }
}

/// Twice the area of the triangle: positive if `c` lies to the left of the way from `a` to `b`.
fn cross(a: &Point, b: &Point, c: &Point) -> i128 {
    let difference = |from: i64, to: i64| i128::from(to) - i128::from(from);
    difference(a.lon_e7, b.lon_e7) * difference(a.lat_e7, c.lat_e7) - difference(a.lat_e7, b.lat_e7) * difference(a.lon_e7, c.lon_e7)
}

fn on_edge(a: &Point, b: &Point, c: &Point) -> bool {
    let between = |a: i64, b: i64, c: i64| (a.min(b)..=a.max(b)).contains(&c);
    between(a.lon_e7, b.lon_e7, c.lon_e7) && between(a.lat_e7, b.lat_e7, c.lat_e7) && cross(a, b, c) == 0
}

impl TryFrom<Vec<Point>> for Polygon {
    type Error = BadPolygon;
    fn try_from(corners: Vec<Point>) -> Result<Polygon, BadPolygon> {
        Polygon::new(corners)
    }
}

impl From<Polygon> for Vec<Point> {
    fn from(polygon: Polygon) -> Vec<Point> {
        polygon.corners
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn points(corners: &[(i64, i64)]) -> Vec<Point> {
        corners.iter().map(|&(lon, lat)| Point::new(lon, lat).unwrap()).collect()
    }

    fn polygon(corners: &[(i64, i64)]) -> Polygon {
        Polygon::new(points(corners)).unwrap()
    }

    fn holds(polygon: &Polygon, lon: i64, lat: i64) -> bool {
        polygon.contains(&Point::new(lon, lat).unwrap())
    }

    #[test]
    fn inside_outside_and_the_boundary() {
        // The shape of an L: the inner corner is at (4, 4).
        let shape = polygon(&[(0, 0), (8, 0), (8, 4), (4, 4), (4, 8), (0, 8)]);
        for (lon, lat) in [(1, 1), (7, 3), (3, 7), (0, 0), (8, 4), (4, 4), (6, 4), (4, 6), (0, 5), (4, 0)] {
            assert!(holds(&shape, lon, lat), "{lon},{lat}");
        }
        for (lon, lat) in [(5, 5), (-1, 0), (9, 0), (9, 4), (-1, 4), (-1, 8), (5, 8), (8, 5), (0, 9), (0, -1)] {
            assert!(!holds(&shape, lon, lat), "{lon},{lat}");
        }
    }

    #[test]
    fn the_whole_earth_does_not_overflow() {
        let earth = polygon(&[(-1_800_000_000, -900_000_000), (1_800_000_000, -900_000_000), (1_800_000_000, 900_000_000), (-1_800_000_000, 900_000_000)]);
        assert!(holds(&earth, 1_216_480_000, 299_020_000) && holds(&earth, 1_800_000_000, 900_000_000));
        let half = polygon(&[(-1_800_000_000, -900_000_000), (1_800_000_000, 900_000_000), (-1_800_000_000, 900_000_000)]);
        assert!(holds(&half, 0, 0) && holds(&half, -1, 1) && holds(&half, -2, -1) && !holds(&half, 2, 0) && !holds(&half, 0, -1));
    }

    #[test]
    fn what_encloses_nothing_is_refused() {
        assert_eq!(Polygon::new(points(&[(0, 0), (1, 1)])), Err(BadPolygon::Corners(2)));
        assert_eq!(Polygon::new(points(&[(0, 0), (1, 1), (0, 0)])), Err(BadPolygon::Corners(2)), "the end repeats the beginning");
        assert_eq!(Polygon::new(points(&[(0, 0), (1, 1), (1, 1), (0, 2)])), Err(BadPolygon::Repeated(3)));
        assert_eq!(Polygon::new(points(&[(0, 0), (1, 1), (2, 2), (3, 3)])), Err(BadPolygon::Flat));
        let long: Vec<Point> = (0..=MAX_POINTS as i64).map(|n| Point::new(n, n * n).unwrap()).collect();
        assert_eq!(Polygon::new(long), Err(BadPolygon::Corners(MAX_POINTS + 1)));
        assert_eq!(Polygon::new(Vec::new()), Err(BadPolygon::Corners(0)));
    }

    #[test]
    fn it_is_stored_as_pairs_and_checked_when_read() {
        let shape = polygon(&[(0, 0), (8, 0), (8, 4), (0, 0)]);
        assert_eq!(serde_json::to_string(&shape).unwrap(), "[[0,0],[8,0],[8,4]]");
        assert_eq!(serde_json::from_str::<Polygon>("[[0,0],[8,0],[8,4],[0,0]]").unwrap(), shape);
        assert!(serde_json::from_str::<Polygon>("[[0,0],[8,0]]").is_err());
        assert!(serde_json::from_str::<Polygon>("[[0,0],[8,0],[8,900000001]]").is_err());
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_parity_of_triangles(corners in proptest::collection::vec((-8i64..8, -8i64..8), 3..9), lon in -9i64..9, lat in -9i64..9) {
            let Ok(shape) = Polygon::new(points(&corners)) else { return Ok(()) };
            let point = Point::new(lon, lat).unwrap();
            let ring = shape.corners();
            let on_boundary = (0..ring.len()).any(|i| on_edge(&ring[i], &ring[(i + 1) % ring.len()], &point));
            let fan: Vec<(&Point, &Point)> = (1..ring.len() - 1).map(|i| (&ring[i], &ring[i + 1])).collect();
            if on_boundary {
                prop_assert!(shape.contains(&point));
            } else if fan.iter().all(|(a, b)| !on_edge(&ring[0], a, &point) && !on_edge(&ring[0], b, &point)) {
                // Even–odd by another way: a point is inside if an odd number of the fan's triangles hold it.
                let held = fan.iter().filter(|(a, b)| {
                    let signs = [cross(&ring[0], a, &point), cross(a, b, &point), cross(b, &ring[0], &point)];
                    signs.iter().all(|s| *s > 0) || signs.iter().all(|s| *s < 0)
                });
                prop_assert_eq!(shape.contains(&point), held.count() % 2 == 1);
            }
        }
    }
}
