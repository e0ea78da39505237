//! A text as a QR code (ISO/IEC 18004), drawn as SVG: read from glass in the sun, and from paper.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// Least side of the picture, in pixels.
const SIDE: u32 = 240;

/// The text holds more than the largest code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text does not fit a QR code: {0} bytes, at most 2,331")]
pub struct TooLong(pub usize);

/// An SVG image with its quiet zone, error correction M.
pub fn qr(text: &str) -> Result<String, TooLong> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| TooLong(text.len()))?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(SIDE, SIDE).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_picture_unless_it_is_too_long() {
        assert!(qr("zhifa").unwrap().contains("<svg"));
        assert_eq!(qr(&"x".repeat(2_332)), Err(TooLong(2_332)));
        assert!(qr(&"x".repeat(2_331)).is_ok());
    }
}
