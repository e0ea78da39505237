//! What a photo's bytes are: type by content, size in pixels, and a small picture to show. Read alike by the handheld, before it is
//! captured, and by the office, after it came.
//!
//! Every allocation is bounded before it is made, so that a small file that unfolds to gigabytes is refused and not tried.

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Most bytes of a photo.
pub const MAX_PHOTO_BYTES: usize = 32 << 20;

/// Most pixels a side.
const MAX_SIDE: u32 = 20_000;

/// Most bytes of a decoded photo: about 130 megapixels.
const MAX_DECODED: u64 = 384 << 20;

/// Longest side of a thumbnail, in pixels.
pub const THUMBNAIL_SIDE: u32 = 320;

/// Of 100; a thumbnail is for finding a photo, not for looking at evidence.
const QUALITY: u8 = 75;

/// Why bytes are no photo that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Fault {
    /// `photo_empty`, `photo_too_large`, `photo_type` or `photo_broken`.
    pub code: &'static str,
    /// What is wrong, and what helps.
    pub why: String,
}

fn bad(code: &'static str, why: impl std::fmt::Display) -> Fault {
    Fault { code, why: why.to_string() }
}

fn too_large(why: impl std::fmt::Display) -> Fault {
    bad("photo_too_large", format_args!("{why}; take it at a lower resolution"))
}

fn broken(error: ImageError) -> Fault {
    match error {
        ImageError::Limits(e) => too_large(e),
        ImageError::Unsupported(e) => bad("photo_type", format_args!("{e}; take it as an ordinary JPEG, PNG or WebP")),
        e => bad("photo_broken", format_args!("cannot be decoded ({e}); take it again, or hand in the file as the camera wrote it")),
    }
}

/// A photo whose every pixel was decoded.
#[derive(Debug)]
pub struct Decoded {
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub mime: &'static str,
    /// The pixels as the camera wrote them.
    pub pixels: DynamicImage,
    /// How they are turned to be shown.
    pub orientation: Orientation,
}

impl Decoded {
    /// Width and height as the photo is to be shown.
    pub fn shown(&self) -> (u32, u32) {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        match self.orientation {
            Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => (height, width),
            _ => (width, height),
        }
    }
}

/// Pixels that a picture says it has, by its first bytes; 0 if they do not tell.
pub fn announced(bytes: &[u8]) -> u64 {
    let sides = image::guess_format(bytes).ok().and_then(|format| ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().ok());
    sides.map_or(0, |(width, height)| u64::from(width) * u64::from(height))
}

/// Decodes a photo within limits. The whole of it must decode: half a photo proves nothing.
pub fn decode(bytes: &[u8]) -> Result<Decoded, Fault> {
    if bytes.is_empty() {
        return Err(bad("photo_empty", "no bytes; hand in the file as the camera wrote it"));
    }
    if bytes.len() > MAX_PHOTO_BYTES {
        return Err(too_large(format_args!("larger than {} MiB", MAX_PHOTO_BYTES >> 20)));
    }
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => format,
        _ => return Err(bad("photo_type", "neither JPEG, PNG nor WebP by its content; set the camera to one of them (HEIC is not taken)")),
    };
    if format == ImageFormat::Jpeg && jpeg_end(bytes).is_none() {
        return Err(bad("photo_broken", "the JPEG ends in the middle; hand in the file as the camera wrote it"));
    }
    let mut limits = Limits::no_limits();
    (limits.max_image_width, limits.max_image_height, limits.max_alloc) = (Some(MAX_SIDE), Some(MAX_SIDE), Some(MAX_DECODED));
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    if decoder.total_bytes() > MAX_DECODED {
        let (width, height) = decoder.dimensions();
        return Err(too_large(format_args!("{width} × {height} pixels decode to more than {} MiB", MAX_DECODED >> 20)));
    }
    // A camera's broken EXIF is no reason to lose its photo.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let pixels = DynamicImage::from_decoder(decoder).map_err(broken)?;
    Ok(Decoded { mime: format.to_mime_type(), pixels, orientation })
}

/// A picture as a JPEG of this quality of 100, without any of what the camera wrote beside the pixels.
pub fn jpeg(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut out, quality);
    match picture.as_rgb8() {
        Some(rgb) => encoder.encode_image(rgb),
        None => encoder.encode_image(&picture.to_rgb8()),
    }
    .map_err(broken)?;
    Ok(out)
}

/// What was read from a photo's bytes.
#[derive(Debug)]
pub struct Picture {
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub mime: &'static str,
    /// Pixels, as the photo is to be shown.
    pub width: u32,
    /// Pixels, as the photo is to be shown.
    pub height: u32,
    /// A JPEG of at most [`THUMBNAIL_SIDE`] pixels a side, turned as the photo is to be shown.
    pub thumbnail: Vec<u8>,
}

/// Reads a photo, and makes its thumbnail.
pub fn read(bytes: &[u8]) -> Result<Picture, Fault> {
    let photo = decode(bytes)?;
    let ((width, height), mime) = (photo.shown(), photo.mime);
    let full = photo.pixels;
    let mut small = if full.width().max(full.height()) > THUMBNAIL_SIDE { full.thumbnail(THUMBNAIL_SIDE, THUMBNAIL_SIDE) } else { full };
    small.apply_orientation(photo.orientation);
    Ok(Picture { mime, width, height, thumbnail: jpeg(&small, QUALITY)? })
}

/// Where the image data of a JPEG comes to its end marker (ITU-T T.81 §B.1.1.3): the bytes before what may be appended to it. `None` if the
/// segments before it do not follow one another, or if it never comes: the decoder fills what is missing with grey.
pub fn jpeg_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        match bytes.get(at..)? {
            [0xff, 0xff, ..] => at += 1,
            // Start of scan. Within image data 0xff is followed by zero or a restart marker; of a progressive picture by the segments of its
            // next scan, whose bytes may be any.
            [0xff, 0xda, ..] => {
                at += 2;
                at += bytes.get(at..)?.windows(2).position(|w| matches!(w, [0xff, marker] if *marker != 0 && *marker != 0xff && !(0xd0..=0xd7).contains(marker)))?;
            }
            [0xff, 0xd9, ..] => return Some(at + 2),
            [0xff, _, high, low, ..] => at += 2 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, (x ^ y) as u8]));
        let mut out = Cursor::new(Vec::new());
        picture.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    fn why(bytes: &[u8]) -> String {
        read(bytes).unwrap_err().code.to_owned()
    }

    /// A PNG header that announces these sides, and almost no data: the same chunk that a bomb begins with.
    fn announcing(width: u32, height: u32) -> Vec<u8> {
        let mut png = encoded(8, 8, ImageFormat::Png);
        png[16..20].copy_from_slice(&width.to_be_bytes());
        png[20..24].copy_from_slice(&height.to_be_bytes());
        let crc = png[12..29].iter().fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| (c >> 1) ^ (0xedb8_8320 & (c & 1).wrapping_neg())));
        png[29..33].copy_from_slice(&(!crc).to_be_bytes());
        png
    }

    #[test]
    fn the_three_types_are_known_by_their_content() {
        for (format, mime) in [(ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::Png, "image/png"), (ImageFormat::WebP, "image/webp")] {
            let picture = read(&encoded(800, 600, format)).unwrap();
            assert_eq!((picture.mime, picture.width, picture.height), (mime, 800, 600));
            let small = image::load_from_memory_with_format(&picture.thumbnail, ImageFormat::Jpeg).unwrap();
            assert_eq!((small.width(), small.height()), (320, 240));
        }
    }

    #[test]
    fn a_small_photo_is_not_enlarged() {
        let small = image::load_from_memory(&read(&encoded(20, 10, ImageFormat::Png)).unwrap().thumbnail).unwrap();
        assert_eq!((small.width(), small.height()), (20, 10));
    }

    #[test]
    fn a_photo_taken_upright_is_shown_upright() {
        let jpeg = encoded(40, 20, ImageFormat::Jpeg);
        let mut exif = b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
        exif.splice(0..0, jpeg[..2].iter().copied());
        exif.extend_from_slice(&jpeg[2..]);
        let picture = read(&exif).unwrap();
        let small = image::load_from_memory(&picture.thumbnail).unwrap();
        assert_eq!(((picture.width, picture.height), (small.width(), small.height())), ((20, 40), (20, 40)));
    }

    #[test]
    fn what_is_no_photo_is_refused_by_name() {
        assert_eq!(why(b""), "photo_empty");
        assert_eq!(why(b"%PDF-1.7"), "photo_type");
        assert_eq!(why(b"\0\0\0\x18ftypheic\0\0\0\0"), "photo_type");
        assert_eq!(why(&vec![0xff; MAX_PHOTO_BYTES + 1]), "photo_too_large");
    }

    #[test]
    fn a_body_of_another_type_than_its_first_bytes_is_refused() {
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        png.extend(encoded(20, 10, ImageFormat::Jpeg));
        assert_eq!(why(&png), "photo_broken");
    }

    #[test]
    fn half_a_photo_is_refused() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let whole = encoded(300, 200, format);
            assert_eq!(why(&whole[..whole.len() / 2]), "photo_broken", "{format:?}");
            assert_eq!(why(&whole[..12]), "photo_broken", "{format:?}");
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_unfolds() {
        assert_eq!(why(&announcing(20_000, 20_000)), "photo_too_large");
        assert_eq!(why(&announcing(20_001, 1)), "photo_too_large");
        assert_eq!(why(&announcing(1, u32::MAX >> 1)), "photo_too_large");
    }
}
