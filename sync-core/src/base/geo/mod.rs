//! Places: integer coordinates (degrees × 10⁷) with their reference system.
//!
//! WGS 84 and CGCS2000 differ by centimetres and count as one here. GCJ-02, the shifted system of public maps, lies 100 to 700 m
//! beside both; it is a type of its own ([`Gcj02`]) that cannot be stored, measured or compared, and [`Place::from_gcj02`]
//! converts it once, at the edge. Floats stay inside the functions: they need trigonometry, whose last bit differs between
//! machines, so nothing that is merged or guarded may rest on [`Point::metres_to`]. Containment ([`Polygon`]) is exact.
//!
//! Deliberately absent: projected coordinates of the land register, and polygons across the 180th meridian.

mod gcj02;
mod polygon;

pub use gcj02::Gcj02;
pub use polygon::{BadPolygon, MAX_POINTS, Polygon};

use serde::{Deserialize, Serialize};

use super::UtcMs;

/// Mean radius of the earth in metres (IUGG, R₁).
const EARTH_METRES: f64 = 6_371_008.8;

/// Units of stored coordinates per degree.
pub(crate) const E7: f64 = 1e7;

/// Most centimetres of uncertainty that mean anything: 1,000 km.
const MAX_ACCURACY_CM: i64 = 100_000_000;

/// The reference system of a stored place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Crs {
    /// World Geodetic System 1984: what satellites say.
    Wgs84,
    /// China Geodetic Coordinate System 2000: what official surveys say.
    Cgcs2000,
}

/// What told the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// A satellite receiver.
    Gnss,
    /// Cells or wireless networks.
    Network,
    /// The device's own mixture.
    Fused,
    /// Someone put a pin on a map.
    Manual,
    /// A survey.
    Survey,
}

/// Why numbers are not coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPlace {
    /// Beyond ±180°.
    #[error("lon_e7 must be from -1800000000 to 1800000000 (degrees × 10⁷)")]
    Longitude,
    /// Beyond ±90°.
    #[error("lat_e7 must be from -900000000 to 900000000 (degrees × 10⁷); longitude and latitude may be exchanged")]
    Latitude,
    /// Negative, or more than 1,000 km.
    #[error("accuracy_cm must be from 0 to 100000000")]
    Accuracy,
}

/// A point in WGS 84 or CGCS2000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(i64, i64)", into = "(i64, i64)")]
pub struct Point {
    lon_e7: i64,
    lat_e7: i64,
}

impl Point {
    /// A point from longitude and latitude, degrees × 10⁷.
    pub fn new(lon_e7: i64, lat_e7: i64) -> Result<Point, BadPlace> {
        if !(-1_800_000_000..=1_800_000_000).contains(&lon_e7) {
            return Err(BadPlace::Longitude);
        }
        if !(-900_000_000..=900_000_000).contains(&lat_e7) {
            return Err(BadPlace::Latitude);
        }
        Ok(Point { lon_e7, lat_e7 })
    }

    /// Longitude, degrees × 10⁷.
    pub fn lon_e7(&self) -> i64 {
        self.lon_e7
    }

    /// Latitude, degrees × 10⁷.
    pub fn lat_e7(&self) -> i64 {
        self.lat_e7
    }

    /// Great-circle distance in whole metres by the haversine formula on a sphere; up to 0.6 % off the ellipsoid.
    /// For display and for hints to people; see the module.
    pub fn metres_to(&self, other: &Point) -> i64 {
        let radians = |e7: i64| (e7 as f64 / E7).to_radians();
        let (lat_a, lat_b) = (radians(self.lat_e7), radians(other.lat_e7));
        let half = |from: f64, to: f64| ((to - from) / 2.0).sin().powi(2);
        let h = half(lat_a, lat_b) + lat_a.cos() * lat_b.cos() * half(radians(self.lon_e7), radians(other.lon_e7));
        (2.0 * EARTH_METRES * h.clamp(0.0, 1.0).sqrt().asin()).round() as i64
    }

    /// Whether a place said to be in Ningbo is likely not to be; a warning, never a refusal.
    pub fn warn_outside_ningbo(&self) -> Option<OutsideNingbo> {
        (!NINGBO.contains(self.lon_e7, self.lat_e7)).then_some(OutsideNingbo)
    }
}

impl TryFrom<(i64, i64)> for Point {
    type Error = BadPlace;
    fn try_from((lon_e7, lat_e7): (i64, i64)) -> Result<Point, BadPlace> {
        Point::new(lon_e7, lat_e7)
    }
}

impl From<Point> for (i64, i64) {
    fn from(point: Point) -> (i64, i64) {
        (point.lon_e7, point.lat_e7)
    }
}

/// A rectangle of coordinates, edges included; degrees × 10⁷.
struct Bounds {
    west: i64,
    east: i64,
    south: i64,
    north: i64,
}

/// `domain.md` §9: longitude 120.9–122.3, latitude 28.8–30.5.
const NINGBO: Bounds = Bounds { west: 1_209_000_000, east: 1_223_000_000, south: 288_000_000, north: 305_000_000 };

impl Bounds {
    fn contains(&self, lon_e7: i64, lat_e7: i64) -> bool {
        (self.west..=self.east).contains(&lon_e7) && (self.south..=self.north).contains(&lat_e7)
    }
}

/// A place lies outside Ningbo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("outside Ningbo (120.9–122.3° E, 28.8–30.5° N); check the place on the map")]
pub struct OutsideNingbo;

/// A place as stored: WGS 84 or CGCS2000 only. Field names are those of a change's place and of a site's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Place {
    point: Point,
    accuracy_cm: i64,
    crs: Crs,
    provider: Option<Provider>,
    at: Option<UtcMs>,
}

/// As stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    accuracy_cm: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<UtcMs>,
    crs: Crs,
    lat_e7: i64,
    lon_e7: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider: Option<Provider>,
}

impl Place {
    /// A place with its radius of uncertainty in centimetres (0 to 100,000,000).
    pub fn new(point: Point, crs: Crs, accuracy_cm: i64) -> Result<Place, BadPlace> {
        if !(0..=MAX_ACCURACY_CM).contains(&accuracy_cm) {
            return Err(BadPlace::Accuracy);
        }
        Ok(Place { point, accuracy_cm, crs, provider: None, at: None })
    }

    /// The same place with what told it.
    pub fn told_by(self, provider: Provider) -> Place {
        Place { provider: Some(provider), ..self }
    }

    /// The same place with the instant of the fix.
    pub fn fixed_at(self, at: UtcMs) -> Place {
        Place { at: Some(at), ..self }
    }

    /// Where it is.
    pub fn point(&self) -> Point {
        self.point
    }

    /// Radius of uncertainty in centimetres.
    pub fn accuracy_cm(&self) -> i64 {
        self.accuracy_cm
    }

    /// The system in which it was measured. Both kinds compare with each other.
    pub fn crs(&self) -> Crs {
        self.crs
    }

    /// What told it, if known.
    pub fn provider(&self) -> Option<Provider> {
        self.provider
    }

    /// When it was fixed, if known.
    pub fn at(&self) -> Option<UtcMs> {
        self.at
    }
}

impl TryFrom<Form> for Place {
    type Error = BadPlace;
    fn try_from(form: Form) -> Result<Place, BadPlace> {
        let place = Place::new(Point::new(form.lon_e7, form.lat_e7)?, form.crs, form.accuracy_cm)?;
        Ok(Place { provider: form.provider, at: form.at, ..place })
    }
}

impl From<Place> for Form {
    fn from(place: Place) -> Form {
        let Point { lon_e7, lat_e7 } = place.point;
        Form { accuracy_cm: place.accuracy_cm, at: place.at, crs: place.crs, lat_e7, lon_e7, provider: place.provider }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(lon: f64, lat: f64) -> Point {
        Point::new((lon * E7).round() as i64, (lat * E7).round() as i64).unwrap()
    }

    #[test]
    fn distances_are_those_of_the_sphere() {
        let quarter = EARTH_METRES * std::f64::consts::FRAC_PI_2;
        assert_eq!(point(0.0, 0.0).metres_to(&point(90.0, 0.0)), quarter.round() as i64);
        assert_eq!(point(0.0, 90.0).metres_to(&point(0.0, -90.0)), (2.0 * quarter).round() as i64);
        assert_eq!(point(121.0, 30.0).metres_to(&point(121.0, 31.0)), 111_195, "one degree of a meridian");
        assert_eq!(point(179.5, 0.0).metres_to(&point(-179.5, 0.0)), 111_195, "across the 180th meridian");
        assert_eq!(point(121.648, 29.902).metres_to(&point(121.648, 29.902)), 0);
    }

    #[test]
    fn outside_ningbo_is_a_warning() {
        assert_eq!(point(121.648, 29.902).warn_outside_ningbo(), None);
        assert_eq!(point(120.9, 28.8).warn_outside_ningbo(), None);
        assert_eq!(point(122.3, 30.5).warn_outside_ningbo(), None);
        assert_eq!(point(116.4, 39.9).warn_outside_ningbo(), Some(OutsideNingbo));
        for (lon_e7, lat_e7) in [(1_208_999_999, 299_000_000), (1_223_000_001, 299_000_000), (1_216_000_000, 287_999_999), (1_216_000_000, 305_000_001)] {
            assert!(Point::new(lon_e7, lat_e7).unwrap().warn_outside_ningbo().is_some());
        }
        assert_eq!(Point::new(299_020_000, 1_216_480_000), Err(BadPlace::Latitude));
    }

    #[test]
    fn a_place_is_stored_under_the_names_that_changes_and_sites_use() {
        let place = Place::new(point(121.648, 29.902), Crs::Cgcs2000, 500).unwrap();
        let json = serde_json::to_string(&place).unwrap();
        assert_eq!(json, r#"{"accuracy_cm":500,"crs":"cgcs2000","lat_e7":299020000,"lon_e7":1216480000}"#);
        assert_eq!(serde_json::from_str::<Place>(&json).unwrap(), place);
        let full = place.told_by(Provider::Gnss).fixed_at(UtcMs(5));
        assert_eq!(serde_json::from_str::<Place>(&serde_json::to_string(&full).unwrap()).unwrap(), full);
    }

    #[test]
    fn what_is_no_place_is_not_read() {
        for (from, to) in [("cgcs2000", "gcj02"), ("299020000", "900000001"), ("1216480000", "-1800000001"), ("500", "-1"), ("500", "1.5"), ("crs", "csr")] {
            let good = r#"{"accuracy_cm":500,"crs":"cgcs2000","lat_e7":299020000,"lon_e7":1216480000}"#;
            assert!(serde_json::from_str::<Place>(good).is_ok());
            assert!(serde_json::from_str::<Place>(&good.replacen(from, to, 1)).is_err(), "{to}");
        }
    }
}
