//! GCJ-02 (国测局坐标), the shifted system of maps published in China, and the one conversion out of it and into it.
//!
//! The formula is the public approximation; there is no official one. Its inverse is found by iteration.

use super::{BadPlace, Crs, E7, Place, Point};

/// A point as a public map shows it. Not stored, not measured: convert it with [`Place::from_gcj02`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gcj02 {
    lon_e7: i64,
    lat_e7: i64,
}

/// Major axis in metres and squared eccentricity of the ellipsoid that the formula uses (Krasovsky 1940).
const AXIS: f64 = 6_378_245.0;
const ECCENTRICITY: f64 = 0.006_693_421_622_965_943;

/// Steps of the inverse. Each shrinks the error about a hundredfold, so this is far more than enough.
const STEPS: usize = 10;

impl Gcj02 {
    /// A map's point: longitude and latitude, degrees × 10⁷.
    pub fn new(lon_e7: i64, lat_e7: i64) -> Result<Gcj02, BadPlace> {
        Point::new(lon_e7, lat_e7)?;
        Ok(Gcj02 { lon_e7, lat_e7 })
    }

    /// Where a point appears on a public map, for display only.
    pub fn of(point: Point) -> Gcj02 {
        let (lon, lat) = shifted(degrees(point.lon_e7()), degrees(point.lat_e7()));
        Gcj02 { lon_e7: e7(lon), lat_e7: e7(lat) }
    }

    /// Longitude on the map, degrees × 10⁷.
    pub fn lon_e7(&self) -> i64 {
        self.lon_e7
    }

    /// Latitude on the map, degrees × 10⁷.
    pub fn lat_e7(&self) -> i64 {
        self.lat_e7
    }
}

impl Place {
    /// The place in WGS 84 that a map shows at a point, within a metre by this formula; `accuracy_cm` as [`Place::new`] takes it.
    pub fn from_gcj02(map: Gcj02, accuracy_cm: i64) -> Result<Place, BadPlace> {
        let (lon, lat) = (degrees(map.lon_e7), degrees(map.lat_e7));
        let (mut guess_lon, mut guess_lat) = (lon, lat);
        for _ in 0..STEPS {
            let (shown_lon, shown_lat) = shifted(guess_lon, guess_lat);
            guess_lon += lon - shown_lon;
            guess_lat += lat - shown_lat;
        }
        Place::new(Point::new(e7(guess_lon), e7(guess_lat))?, Crs::Wgs84, accuracy_cm)
    }
}

fn degrees(e7: i64) -> f64 {
    e7 as f64 / E7
}

fn e7(degrees: f64) -> i64 {
    (degrees * E7).round() as i64
}

/// Outside this rectangle maps are not shifted.
fn is_shifted(lon: f64, lat: f64) -> bool {
    (72.004..=137.8347).contains(&lon) && (0.8293..=55.8271).contains(&lat)
}

/// Where the map shows a point; degrees.
fn shifted(lon: f64, lat: f64) -> (f64, f64) {
    if !is_shifted(lon, lat) {
        return (lon, lat);
    }
    let (east, north) = metres(lon - 105.0, lat - 35.0);
    let phi = lat.to_radians();
    let flat = 1.0 - ECCENTRICITY * phi.sin().powi(2);
    let root = flat.sqrt();
    let meridian = AXIS * (1.0 - ECCENTRICITY) / (flat * root);
    let parallel = AXIS / root * phi.cos();
    (lon + (east / parallel).to_degrees(), lat + (north / meridian).to_degrees())
}

/// The shift in metres eastwards and northwards, `x` and `y` in degrees from 105° E, 35° N.
fn metres(x: f64, y: f64) -> (f64, f64) {
    let wave = |amplitude: f64, turns: f64| amplitude * (turns * std::f64::consts::PI).sin();
    let ripple = (wave(20.0, 6.0 * x) + wave(20.0, 2.0 * x)) * 2.0 / 3.0;
    let root = x.abs().sqrt();
    let east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple;
    let east = east + (wave(20.0, x) + wave(40.0, x / 3.0)) * 2.0 / 3.0 + (wave(150.0, x / 12.0) + wave(300.0, x / 30.0)) * 2.0 / 3.0;
    let north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple;
    let north = north + (wave(20.0, y) + wave(40.0, y / 3.0)) * 2.0 / 3.0 + (wave(160.0, y / 12.0) + wave(320.0, y / 30.0)) * 2.0 / 3.0;
    (east, north)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(lon: f64, lat: f64) -> Point {
        Point::new(e7(lon), e7(lat)).unwrap()
    }

    #[test]
    fn the_published_example_of_the_public_formula() {
        // README of wandergis/coordtransform: wgs84togcj02(116.404, 39.915).
        let shown = Gcj02::of(point(116.404, 39.915));
        assert_eq!((shown.lon_e7(), shown.lat_e7()), (e7(116.41024449916938), e7(39.91640428150164)));
    }

    #[test]
    fn abroad_nothing_is_shifted() {
        let tokyo = point(139.74556, 35.65861);
        assert_eq!(Gcj02::new(tokyo.lon_e7(), tokyo.lat_e7()), Ok(Gcj02::of(tokyo)));
        assert_eq!(Gcj02::new(0, 900_000_001), Err(BadPlace::Latitude));
        assert_eq!(Gcj02::of(tokyo), Gcj02 { lon_e7: tokyo.lon_e7(), lat_e7: tokyo.lat_e7() });
        assert_eq!(Place::from_gcj02(Gcj02::of(tokyo), 0).unwrap().point(), tokyo);
    }

    #[test]
    fn the_shift_in_ningbo_is_of_the_size_that_domain_section_9_names() {
        let site = point(121.648, 29.902);
        let shown = Gcj02::of(site);
        let metres = site.metres_to(&Point::new(shown.lon_e7(), shown.lat_e7()).unwrap());
        assert!((100..=700).contains(&metres), "{metres}");
        assert_eq!(Place::from_gcj02(shown, 1_000).unwrap().crs(), Crs::Wgs84);
        assert_eq!(Place::from_gcj02(shown, -1), Err(BadPlace::Accuracy));
    }

    proptest! {
        #[test]
        fn there_and_back_is_less_than_a_metre(lon_e7 in 730_000_000i64..1_350_000_000, lat_e7 in 180_000_000i64..540_000_000) {
            let start = Point::new(lon_e7, lat_e7).unwrap();
            let back = Place::from_gcj02(Gcj02::of(start), 0).unwrap().point();
            // One metre is at least 90 units of latitude and of longitude.
            prop_assert!((back.lon_e7() - lon_e7).abs() <= 2 && (back.lat_e7() - lat_e7).abs() <= 2, "{start:?} {back:?}");
        }
    }
}
