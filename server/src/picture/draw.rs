//! Words on a picture: a darkened strip along its lower edge, and light letters that are as large as the picture needs.

use ab_glyph::FontRef;
use image::{Rgb, RgbImage};
use imageproc::drawing::{draw_text_mut, text_size};

use crate::base::press::Face;

/// Letters' height as a part of the shorter side, and the least in pixels that can be read.
const PART: f32 = 0.028;
const LEAST: f32 = 13.0;
/// Most lines: a label is no report.
const MOST_LINES: usize = 12;
/// How light what lies under the strip stays, in 256ths.
const UNDER: u16 = 96;

/// Writes lines on the lower edge of a picture. A line that is wider than the picture goes on in the next.
pub fn label(picture: &mut RgbImage, lines: &[String], face: &Face) -> Result<(), String> {
    let font = FontRef::try_from_slice_and_index(face.data(), face.index()).map_err(|e| format!("the font for labels cannot be read: {e}"))?;
    let (width, height) = picture.dimensions();
    let size = (width.min(height) as f32 * PART).max(LEAST).round();
    let (margin, step) = ((size * 0.6) as u32, (size * 1.3) as u32);
    let room = width.saturating_sub(2 * margin).max(1);
    let mut wrapped = Vec::new();
    for line in lines {
        let mut rest: Vec<char> = line.chars().filter(|c| !c.is_control()).collect();
        while !rest.is_empty() {
            let fits = |n: usize| text_size(size, &font, &rest.iter().take(n).collect::<String>()).0 <= room;
            // Widths grow with letters, so the number that fits is found by halving.
            let (mut low, mut high) = (1, rest.len());
            while low < high {
                let middle = (low + high).div_ceil(2);
                if fits(middle) { low = middle } else { high = middle - 1 }
            }
            wrapped.push(rest.drain(..low).collect::<String>());
        }
    }
    wrapped.truncate(MOST_LINES);
    let strip = (step * u32::try_from(wrapped.len()).unwrap_or(0) + 2 * margin).min(height);
    let top = height - strip;
    // Rows follow one another in memory, from the top down.
    let under = top as usize * width as usize * 3;
    for light in picture.iter_mut().skip(under) {
        *light = ((u16::from(*light) * UNDER) >> 8) as u8;
    }
    for (n, line) in (0i32..).zip(&wrapped) {
        let y = i32::try_from(top + margin).unwrap_or(0) + n * i32::try_from(step).unwrap_or(0);
        draw_text_mut(picture, Rgb([255, 255, 255]), i32::try_from(margin).unwrap_or(0), y, size, &font, line);
    }
    Ok(())
}
