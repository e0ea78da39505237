//! What a picture looks like, in 64 bits: a perceptual hash by the cosine transform, the same after scaling and compressing again.

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, GrayImage};
use image_hasher::{HashAlg, HasherConfig};

/// Side of the grey picture from which a look is worked out.
const SIDE: u32 = 64;
/// Standard deviation of grey below which a picture shows nothing by which it could be told from another: a dark frame, a white wall.
const LEAST: f64 = 4.0;

/// Bits by which two looks may differ and still be found: of four quarters one then differs by one bit at most.
pub const MOST_DIFFER: u32 = 7;

/// The look of a picture as it is shown; `None` of one that shows nothing.
pub fn of(picture: &DynamicImage) -> Option<u64> {
    let mut small = DynamicImage::ImageLuma8(GrayImage::new(SIDE, SIDE));
    let grey = DynamicImage::ImageLuma8(picture.to_luma8());
    Resizer::new().resize(&grey, &mut small, &ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))).ok()?;
    let grey = small.as_luma8()?;
    let count = f64::from(SIDE * SIDE);
    let mean = grey.iter().map(|g| f64::from(*g)).sum::<f64>() / count;
    let deviation = (grey.iter().map(|g| (f64::from(*g) - mean).powi(2)).sum::<f64>() / count).sqrt();
    if deviation < LEAST {
        return None;
    }
    let hash = HasherConfig::new().hash_size(8, 8).preproc_dct().hash_alg(HashAlg::Median).to_hasher().hash_image(grey);
    Some(u64::from_be_bytes(hash.as_bytes().try_into().ok()?))
}

/// The four quarters of a look.
pub fn quarters(look: u64) -> [i64; 4] {
    [48, 32, 16, 0].map(|shift| i64::from((look >> shift) as u16))
}

/// A quarter and all that differ from it by one bit.
pub fn near(quarter: i64) -> Vec<i64> {
    std::iter::once(quarter).chain((0..16).map(|bit| quarter ^ (1 << bit))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, Rgb, RgbImage};
    use std::io::Cursor;

    /// Some shapes on a ground, placed by a seed.
    fn scene(seed: u32) -> DynamicImage {
        let shape = |n: u32, range: u32| (seed.wrapping_mul(2_654_435_761).rotate_left(n * 5) >> 8) % range;
        DynamicImage::ImageRgb8(RgbImage::from_fn(640, 480, |x, y| {
            let inside = |n: u32| x.abs_diff(shape(n, 600)) < 40 + shape(n + 1, 120) && y.abs_diff(shape(n + 2, 440)) < 30 + shape(n + 3, 100);
            let light = 20 + (x / 16) as u8 + if inside(1) { 90 } else { 0 } + if inside(3) { 60 } else { 0 };
            Rgb([light, light.saturating_sub((y / 6) as u8), light / 2])
        }))
    }

    fn again(picture: &DynamicImage, side: u32, quality: u8) -> DynamicImage {
        let small = picture.thumbnail(side, side);
        image::load_from_memory_with_format(&sync_core::picture::jpeg(&small, quality).unwrap(), ImageFormat::Jpeg).unwrap()
    }

    #[test]
    fn a_picture_made_smaller_and_worse_looks_alike_and_another_does_not() {
        let looks: Vec<u64> = (1..9).map(|seed| of(&scene(seed)).unwrap()).collect();
        for (seed, look) in (1..9).zip(&looks) {
            for (side, quality) in [(320, 75), (500, 40), (640, 90)] {
                let differ = (of(&again(&scene(seed), side, quality)).unwrap() ^ look).count_ones();
                assert!(differ <= 4, "{seed}: {side} {quality} differs by {differ}");
            }
        }
        for (n, one) in looks.iter().enumerate() {
            for two in &looks[n + 1..] {
                assert!((one ^ two).count_ones() > MOST_DIFFER, "{one:x} {two:x}");
            }
        }
    }

    #[test]
    fn a_picture_of_nothing_has_no_look() {
        assert_eq!(of(&DynamicImage::ImageRgb8(RgbImage::from_pixel(300, 200, Rgb([3, 3, 3])))), None);
        let mut out = Cursor::new(Vec::new());
        RgbImage::from_pixel(10, 10, Rgb([255, 255, 255])).write_to(&mut out, ImageFormat::Png).unwrap();
        assert_eq!(of(&image::load_from_memory(&out.into_inner()).unwrap()), None);
    }

    #[test]
    fn looks_that_differ_by_few_bits_share_a_quarter_nearly() {
        let (one, mut state) = (0x0123_4567_89ab_cdef_u64, 7u64);
        for _ in 0..2_000 {
            let mut two = one;
            for _ in 0..MOST_DIFFER {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                two ^= 1 << (state >> 58);
            }
            let shared = quarters(one).iter().zip(quarters(two)).any(|(a, b)| near(*a).contains(&b));
            assert!(shared, "{two:x}");
        }
    }
}
