//! Copies of pictures: small ones to find them by, one to look at, one that says where it is from, and one that says nothing but what it shows.
//!
//! A copy is made when it is asked for and kept beside the original, under a name that is no digest; it is never evidence. None carries any
//! of what the camera wrote.

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::DynamicImage;
use sync_core::picture::{Decoded, Fault, THUMBNAIL_SIDE, decode, jpeg};

use super::draw;
use crate::base::press::Face;

/// Longer side of a copy to look at, in pixels.
pub const VIEW_SIDE: u32 = 1_600;

/// Most pixels of a copy.
const MOST_PIXELS: f64 = 64e6;

/// A kind of copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// At most 320 pixels a side.
    Thumbnail,
    /// At most 1,600 pixels a side.
    View,
    /// As large as the original, with time, place, officer and record written on it.
    Watermarked,
    /// As large as the original, without a word: for publicity (行政处罚法 48; 个人信息保护法 6).
    Public,
}

impl Form {
    /// All of them.
    pub const ALL: [Form; 4] = [Form::Thumbnail, Form::View, Form::Watermarked, Form::Public];

    /// Its name in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Form::Thumbnail => "thumbnail",
            Form::View => "view",
            Form::Watermarked => "watermarked",
            Form::Public => "public",
        }
    }

    /// Whether it leaves the house: its making stands on the chain of custody.
    pub const fn leaves(self) -> bool {
        matches!(self, Form::Watermarked | Form::Public)
    }
}

/// A picture with at most so many pixels a side; as it is if it has no more.
pub fn fit(picture: DynamicImage, side: u32) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    let longer = width.max(height);
    if longer <= side {
        return picture;
    }
    let scaled = |length: u32| u32::try_from(u64::from(length) * u64::from(side) / u64::from(longer)).unwrap_or(side).max(1);
    // In the pixels that it has: as RGB a large grey picture would take three times the memory.
    let mut small = DynamicImage::new(scaled(width), scaled(height), picture.color());
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    match Resizer::new().resize(&picture, &mut small, &options) {
        Ok(()) => small,
        // Pixels of a form that it does not know: the slower way.
        Err(_) => picture.thumbnail(side, side),
    }
}

/// The longer side of a copy that is as large as its original, or has [`MOST_PIXELS`].
fn largest(width: u32, height: u32) -> u32 {
    let pixels = f64::from(width) * f64::from(height);
    let longer = f64::from(width.max(height));
    if pixels <= MOST_PIXELS { width.max(height) } else { (longer * (MOST_PIXELS / pixels).sqrt()) as u32 }
}

/// Makes a copy of a photo. `lines` and `face` are for what is written on it.
pub fn make(bytes: &[u8], form: Form, lines: &[String], face: Option<&Face>) -> Result<Vec<u8>, Fault> {
    let Decoded { pixels, orientation, .. } = decode(bytes)?;
    let (side, quality) = match form {
        Form::Thumbnail => (THUMBNAIL_SIDE, 75),
        Form::View => (VIEW_SIDE, 82),
        Form::Watermarked | Form::Public => (largest(pixels.width(), pixels.height()), 88),
    };
    let mut picture = fit(pixels, side);
    picture.apply_orientation(orientation);
    if form == Form::Watermarked {
        let face = face.ok_or_else(|| Fault { code: "no_font", why: "no font is here to write on pictures with".to_owned() })?;
        let mut rgb = picture.into_rgb8();
        draw::label(&mut rgb, lines, face).map_err(|why| Fault { code: "no_font", why })?;
        picture = DynamicImage::ImageRgb8(rgb);
    }
    jpeg(&picture, quality)
}
