//! What a file's bytes tell of it, within limits: its size in pixels, when, where and by what it was taken, and what is odd.
//!
//! What a camera writes beside the picture is a word of the camera's, not proof: it is compared with what the handheld captured, and told.

use std::fmt::Display;

use actix_web::web::Bytes;
use nom_exif::{EntryValue, ExifTag, GPSInfo, MediaKind, MediaParser, MediaSource, TrackInfoTag};
use sync_core::picture::{MAX_PHOTO_BYTES, decode};

use super::{look, second};

/// Most bytes of a file that is read for its facts; a larger one is left alone.
pub const MOST_READ: u64 = 64 << 20;
/// Longest text of a camera's that is kept, in characters.
const LONGEST: usize = 80;
/// What a camera without a zone means: 北京时间.
const ZONE_MS: i64 = 8 * 3_600_000;

/// What was read from a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Pixels, as it is shown.
    pub width: Option<u32>,
    /// Pixels, as it is shown.
    pub height: Option<u32>,
    /// When it was taken, as the camera wrote it.
    pub taken: Option<String>,
    /// The same as UTC milliseconds; without a zone it is taken for 北京时间.
    pub taken_ms: Option<i64>,
    /// Where it was taken: longitude and latitude, WGS-84, in 1e-7 degrees.
    pub place: Option<(i64, i64)>,
    /// Maker and model of the camera.
    pub device: Option<String>,
    /// What it looks like.
    pub look: Option<u64>,
    /// What is odd about it: a code, and what was found.
    pub problem: Option<(&'static str, String)>,
}

/// A text of somebody's for people to read: no controls, no marks that turn text round, no way to another folder.
fn plain(text: &str) -> Option<String> {
    let kept: String =
        text.chars().filter(|c| !c.is_control() && !"<>\"'`\\/".contains(*c) && !matches!(c, '\u{200e}'..='\u{202e}' | '\u{2066}'..='\u{2069}')).take(LONGEST).collect();
    let kept = kept.trim().to_owned();
    if kept.is_empty() { None } else { Some(kept) }
}

fn e7(degrees: f64) -> Option<i64> {
    degrees.is_finite().then(|| (degrees * 1e7).round() as i64)
}

impl Facts {
    /// Reads a file of a type that its first bytes tell. Never fails: what cannot be read is told in `problem`. Needs some 400 MB at worst.
    pub fn of(mime: &str, bytes: &Bytes) -> Facts {
        let mut facts = Facts::default();
        if mime.starts_with("image/") || mime.starts_with("video/") || mime == "audio/m4a" {
            facts.camera(bytes);
        }
        match mime {
            "image/jpeg" | "image/png" | "image/webp" => facts.picture(mime, bytes),
            "image/heif" | "image/heic" => facts.problem = Some(("photo_no_copy", "HEIC".to_owned())),
            _ => {}
        }
        facts
    }

    fn picture(&mut self, mime: &str, bytes: &[u8]) {
        match decode(bytes) {
            Ok(photo) => {
                let (width, height) = photo.shown();
                (self.width, self.height) = (Some(width), Some(height));
                let (mut small, orientation) = (super::copy::fit(photo.pixels, look_side(width, height)), photo.orientation);
                small.apply_orientation(orientation);
                self.look = look::of(&small);
                self.problem = second::second(mime, bytes);
            }
            Err(fault) => {
                let why = if bytes.len() > MAX_PHOTO_BYTES { format!("{} MiB", bytes.len() >> 20) } else { fault.why };
                self.problem = Some((fault.code, why));
            }
        }
    }

    /// What the camera wrote, if it can be read. What cannot is as if it were not there.
    fn camera(&mut self, bytes: &Bytes) {
        let Ok(source) = MediaSource::from_memory(bytes.clone()) else { return };
        let mut parser = MediaParser::new();
        if source.kind() == MediaKind::Track {
            let Ok(track) = parser.parse_track(source) else { return };
            self.words(track.get(TrackInfoTag::Make), track.get(TrackInfoTag::Model));
            self.time(track.get(TrackInfoTag::CreateDate));
            self.place(track.gps_info());
            let side = |tag| track.get(tag).and_then(EntryValue::as_u32);
            (self.width, self.height) = (side(TrackInfoTag::Width), side(TrackInfoTag::Height));
        } else {
            let Ok(entries) = parser.parse_exif(source) else { return };
            let exif: nom_exif::Exif = entries.into();
            self.words(exif.get(ExifTag::Make), exif.get(ExifTag::Model));
            self.time(exif.get(ExifTag::DateTimeOriginal).or_else(|| exif.get(ExifTag::CreateDate)));
            self.place(exif.gps_info());
        }
    }

    fn words(&mut self, make: Option<&EntryValue>, model: Option<&EntryValue>) {
        let text = |value: Option<&EntryValue>| value.and_then(EntryValue::as_str).unwrap_or_default().to_owned();
        self.device = plain(&format!("{} {}", text(make), text(model)));
    }

    fn time(&mut self, value: Option<&EntryValue>) {
        let Some(time) = value.and_then(EntryValue::as_datetime) else { return };
        let (ms, text): (i64, String) = match time.aware() {
            Some(aware) => (aware.timestamp_millis(), said(&aware)),
            None => {
                let naive = time.into_naive();
                (naive.and_utc().timestamp_millis().saturating_sub(ZONE_MS), said(&naive))
            }
        };
        // A clock that was never set tells nothing.
        if ms > 0 {
            (self.taken_ms, self.taken) = (Some(ms), plain(&text));
        }
    }

    fn place(&mut self, gps: Option<&GPSInfo>) {
        let found = gps.and_then(|gps| Some((e7(gps.longitude_decimal()?)?, e7(gps.latitude_decimal()?)?)));
        // Receivers without a fix write zeros.
        self.place = found.filter(|(lon, lat)| (*lon, *lat) != (0, 0) && lon.abs() <= 1_800_000_000 && lat.abs() <= 900_000_000);
    }
}

fn said(time: &impl Display) -> String {
    time.to_string()
}

/// The longer side at which a look is worked out: one pass over the whole picture, the rest over little.
fn look_side(width: u32, height: u32) -> u32 {
    width.max(height).min(320)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, RgbImage};
    use std::io::Cursor;

    fn photo() -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        RgbImage::from_fn(400, 300, |x, y| image::Rgb([(x / 2) as u8, (y / 2) as u8, ((x * y) / 500) as u8])).write_to(&mut out, ImageFormat::Jpeg).unwrap();
        out.into_inner()
    }

    /// A TIFF entry: tag, type, count, value of four bytes.
    fn entry(tag: u16, ty: u16, count: u32, value: u32) -> Vec<u8> {
        [&tag.to_be_bytes()[..], &ty.to_be_bytes(), &count.to_be_bytes(), &value.to_be_bytes()].concat()
    }

    /// A photo with what a camera writes: maker, model, time with zone or without, place.
    fn with_exif(make: &str, time: &str, zone: Option<&str>, place: bool) -> Vec<u8> {
        let mut data = Vec::new();
        // The directories have fixed places; texts and numbers follow behind them.
        let (first, exif, gps, texts) = (8u32, 100u32, 200u32, 300u32);
        let mut put = |bytes: &[u8]| {
            let at = texts + data.len() as u32;
            data.extend_from_slice(bytes);
            (at, bytes.len() as u32)
        };
        let text = |t: &str| [t.as_bytes(), &[0; 5]].concat();
        let ((make_at, make_n), (time_at, time_n)) = (put(&text(make)), put(&text(time)));
        let zone = zone.map(|zone| put(&text(zone)));
        let degrees = |d: u32, m: u32, s: u32| [d, 1, m, 1, s, 100].iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>();
        let (lat, lon) = (put(&degrees(29, 52, 1_200)), put(&degrees(121, 33, 2_400)));
        let directory = |entries: &[Vec<u8>]| [&(entries.len() as u16).to_be_bytes()[..], &entries.concat(), &[0; 4]].concat();
        let mut one = vec![entry(0x010f, 2, make_n, make_at), entry(0x8769, 4, 1, exif)];
        if place {
            one.push(entry(0x8825, 4, 1, gps));
        }
        let mut two = vec![entry(0x9003, 2, time_n, time_at)];
        two.extend(zone.map(|(at, n)| entry(0x9011, 2, n, at)));
        let north = u32::from_be_bytes(*b"N\0\0\0");
        let east = u32::from_be_bytes(*b"E\0\0\0");
        let three = [entry(1, 2, 2, north), entry(2, 5, 3, lat.0), entry(3, 2, 2, east), entry(4, 5, 3, lon.0)];
        let mut tiff = vec![0; texts as usize];
        tiff[..8].copy_from_slice(b"MM\0\x2a\0\0\0\x08");
        for (at, bytes) in [(first, directory(&one)), (exif, directory(&two)), (gps, directory(&three))] {
            tiff[at as usize..at as usize + bytes.len()].copy_from_slice(&bytes);
        }
        tiff.extend(data);
        let jpeg = photo();
        let mut out = jpeg[..2].to_vec();
        out.extend([0xff, 0xe1]);
        out.extend((tiff.len() as u16 + 8).to_be_bytes());
        out.extend_from_slice(b"Exif\0\0");
        out.extend(tiff);
        out.extend_from_slice(&jpeg[2..]);
        out
    }

    fn read(bytes: Vec<u8>) -> Facts {
        let mime = infer::get(&bytes).unwrap().mime_type();
        Facts::of(mime, &Bytes::from(bytes))
    }

    #[test]
    fn a_cameras_words_are_read_with_its_zone_and_without() {
        let facts = read(with_exif("Zhifa", "2026:03:05 09:30:00", Some("+08:00"), true));
        assert_eq!((facts.width, facts.height, facts.problem.clone()), (Some(400), Some(300), None));
        assert_eq!(facts.taken_ms, Some(1_772_674_200_000));
        assert_eq!(facts.place, Some((1_215_566_667, 298_700_000)));
        assert_eq!(facts.device.as_deref(), Some("Zhifa"));
        let other = read(with_exif("Zhifa", "2026:03:05 09:30:00", Some("+00:00"), false));
        assert_eq!((other.taken_ms, other.place), (Some(1_772_674_200_000 + 8 * 3_600_000), None));
        let without = read(with_exif("Zhifa", "2026:03:05 09:30:00", None, false));
        assert_eq!(without.taken_ms, facts.taken_ms, "北京时间");
        assert!(facts.look.is_some() && facts.look == other.look);
    }

    #[test]
    fn names_of_paths_and_markup_in_a_cameras_words_are_words() {
        let facts = read(with_exif("../../etc/passwd <img src=x> \u{202e}gpj", "2026:03:05 09:30:00", None, false));
        assert_eq!(facts.device.as_deref(), Some("....etcpasswd img src=x gpj"));
        let facts = read(with_exif(&"长".repeat(300), "0000:00:00 00:00:00", None, false));
        assert_eq!((facts.device.map(|d| d.chars().count()), facts.taken_ms), (Some(80), None));
    }

    #[test]
    fn what_cannot_be_shown_says_why() {
        assert_eq!(read(photo()[..900].to_vec()).problem.map(|p| p.0), Some("photo_broken"));
        let heic = [&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], &[0; 64]].concat();
        assert_eq!(read(heic).problem.unwrap().0, "photo_no_copy");
        let mut mixed = b"\x89PNG\r\n\x1a\n".to_vec();
        mixed.extend(photo());
        assert_eq!(read(mixed).problem.unwrap().0, "photo_broken");
        assert_eq!(Facts::of("application/pdf", &Bytes::from_static(b"%PDF-1.7")).problem, None);
    }
}
