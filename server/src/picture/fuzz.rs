//! Whatever bytes somebody hands in, reading them ends, in bounded time and without a panic: real files, bent in many ways.
//!
//! `ZHIFA_FUZZ_CASES` says how many; what fails is printed with its number, which gives the same bytes again.

use std::io::Cursor;

use actix_web::web::Bytes;
use image::{ImageFormat, RgbImage};

use super::copy::{Form, make};
use super::facts::Facts;

/// Cases without a wish.
const CASES: u64 = 10_000;

/// Numbers that look like chance and come again.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 24
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next()).unwrap() % n.max(1)
    }
}

/// Small files of every kind that is read, with what cameras write beside the picture.
fn seeds() -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP]
        .into_iter()
        .map(|format| {
            let mut bytes = Cursor::new(Vec::new());
            RgbImage::from_fn(48, 40, |x, y| image::Rgb([(x * 5) as u8, (y * 6) as u8, (x * y) as u8])).write_to(&mut bytes, format).unwrap();
            bytes.into_inner()
        })
        .collect();
    let tiff = [
        &b"II\x2a\0\x08\0\0\0\x03\0"[..],
        b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0",
        b"\x0f\x01\x02\0\x06\0\0\0\x32\0\0\0",
        b"\x25\x88\x04\0\x01\0\0\0\x20\0\0\0",
        &[0; 4],
        b"Zhifa\0",
    ]
    .concat();
    let mut with_exif = out[0][..2].to_vec();
    with_exif.extend([0xff, 0xe1, 0, tiff.len() as u8 + 8]);
    with_exif.extend_from_slice(b"Exif\0\0");
    with_exif.extend(tiff);
    with_exif.extend_from_slice(&out[0][2..]);
    out.push(with_exif);
    let atom = |name: &[u8], inner: &[u8]| [&u32::try_from(inner.len() + 8).unwrap().to_be_bytes()[..], name, inner].concat();
    let head = [&[0; 12][..], &1_000u32.to_be_bytes(), &90_000u32.to_be_bytes(), &[0; 80]].concat();
    out.push([atom(b"ftyp", b"mp42\0\0\0\0mp42isom"), atom(b"moov", &atom(b"mvhd", &head)), atom(b"mdat", &[7; 40])].concat());
    let item = atom(b"meta", &[&[0; 4][..], &atom(b"hdlr", &[0; 24]), &atom(b"iinf", &[0, 0, 0, 0, 0, 1]), &atom(b"iloc", &[0; 16])].concat());
    out.push([atom(b"ftyp", b"heic\0\0\0\0mif1heic"), item].concat());
    out
}

/// Bends a file: bytes, bits, lengths, cuts, repeats, and pieces of others.
fn bend(bytes: &mut Vec<u8>, others: &[Vec<u8>], chance: &mut Chance) {
    for _ in 0..=chance.below(6) {
        if bytes.is_empty() {
            return;
        }
        let at = chance.below(bytes.len());
        match chance.below(8) {
            0 => bytes[at] ^= 1 << chance.below(8),
            1 => bytes[at] = [0, 0xff, 0x7f, 0x80][chance.below(4)],
            2 => bytes.truncate(at),
            3 => bytes.drain(at..(at + chance.below(40)).min(bytes.len())).for_each(drop),
            4 => {
                let piece: Vec<u8> = bytes[at..(at + chance.below(60)).min(bytes.len())].to_vec();
                let to = chance.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            5 => {
                let width = [2, 4, 8][chance.below(3)];
                let length = [0u64, 1, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX][chance.below(6)].to_be_bytes();
                for (n, byte) in length[8 - width..].iter().enumerate() {
                    if let Some(old) = bytes.get_mut(at + n) {
                        *old = *byte;
                    }
                }
            }
            6 => {
                let other = &others[chance.below(others.len())];
                let from = chance.below(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => bytes.extend(std::iter::repeat_n(chance.next() as u8, chance.below(200))),
        }
    }
}

#[test]
fn no_bytes_stop_the_reader() {
    let cases = std::env::var("ZHIFA_FUZZ_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES);
    let seeds = seeds();
    for (seed, mime) in seeds.iter().zip(["image/jpeg", "image/png", "image/webp", "image/jpeg", "video/mp4", "image/heif"]) {
        let facts = Facts::of(mime, &Bytes::from(seed.clone()));
        assert!(facts.problem.is_none_or(|(code, _)| code == "photo_no_copy"), "a seed of {mime} is sound");
    }
    let mut told = std::collections::BTreeMap::new();
    for case in 0..cases {
        let mut chance = Chance(case);
        let mut bytes = seeds[chance.below(seeds.len())].clone();
        bend(&mut bytes, &seeds, &mut chance);
        let Some(mime) = infer::get(&bytes).map(|kind| kind.mime_type()) else { continue };
        let bytes = Bytes::from(bytes);
        let read = std::panic::catch_unwind(|| {
            let facts = Facts::of(mime, &bytes);
            (facts.problem.map(|(code, _)| code), make(&bytes, Form::Thumbnail, &[], None).is_ok())
        });
        let (problem, shown) = read.unwrap_or_else(|_| panic!("case {case} ended the reader"));
        assert!(!(shown && problem == Some("photo_broken")), "case {case}: shown and said to be broken");
        *told.entry(problem).or_insert(0) += 1;
    }
    // The cases reach what they are for.
    for problem in [None, Some("photo_broken"), Some("photo_appended"), Some("photo_no_copy")] {
        assert!(cases < CASES || told.contains_key(&problem), "{problem:?}: {told:?}");
    }
}
