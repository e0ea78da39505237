//! Files that are two at once: a picture that is also an archive, a document or a page, and pictures with something behind their end.
//!
//! Phones append pictures and short films to their photos; these are no matter. Everything else is told.

use sync_core::picture::jpeg_end;

/// How many first bytes readers of PDF look at for its beginning (ISO 32000-2 §7.5.2, implementation note).
const HEAD: usize = 1_024;
/// How far from the end an archive's directory may begin: its record and the longest comment (ZIP 4.3.16).
const ZIP_END: usize = 22 + 65_535;

/// What else a picture is: a code, and what was found.
pub fn second(mime: &str, bytes: &[u8]) -> Option<(&'static str, String)> {
    let end = match mime {
        "image/jpeg" => jpeg_end(bytes)?,
        "image/png" => png_end(bytes)?,
        "image/webp" => webp_end(bytes)?,
        _ => return None,
    };
    let head = bytes.get(..bytes.len().min(HEAD)).unwrap_or_default().to_ascii_lowercase();
    let begins = |what: &[u8]| head.windows(what.len()).any(|w| w == what);
    let archive = bytes.get(bytes.len().saturating_sub(ZIP_END)..).unwrap_or_default();
    let kind = if begins(b"%pdf-") {
        Some("application/pdf")
    } else if [&b"<script"[..], b"<html", b"<svg", b"<!doctype"].iter().any(|tag| begins(tag)) {
        Some("text/html")
    } else if archive.windows(4).any(|w| w == b"PK\x05\x06") {
        Some("application/zip")
    } else {
        None
    };
    if let Some(kind) = kind {
        return Some(("photo_second_file", kind.to_owned()));
    }
    let tail = bytes.get(end..).unwrap_or_default();
    // Fillers of cameras.
    let tail = tail.get(tail.iter().position(|b| *b != 0 && *b != 0xff)?..)?;
    match infer::get(bytes.get(end..).unwrap_or_default()).or_else(|| infer::get(tail)).map(|kind| kind.mime_type()) {
        Some("image/jpeg" | "video/mp4" | "video/quicktime" | "image/heif") => None,
        Some(other) => Some(("photo_second_file", other.to_owned())),
        None => Some(("photo_appended", tail.len().to_string())),
    }
}

/// Behind the end chunk of a PNG.
fn png_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 8;
    loop {
        let length = usize::try_from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()?;
        let name = bytes.get(at + 4..at + 8)?;
        at = at.checked_add(12)?.checked_add(length)?;
        if name == b"IEND" {
            return Some(at);
        }
    }
}

/// Behind the chunks of a WebP.
fn webp_end(bytes: &[u8]) -> Option<usize> {
    let length = usize::try_from(u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?)).ok()?;
    Some(8 + length + length % 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, RgbImage};
    use std::io::Cursor;

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        RgbImage::from_fn(60, 40, |x, y| image::Rgb([(x * 3) as u8, (y * 5) as u8, 90])).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    /// An empty archive.
    const ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

    #[test]
    fn an_ordinary_picture_is_one_thing() {
        for (format, mime) in [(ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::Png, "image/png"), (ImageFormat::WebP, "image/webp")] {
            assert_eq!(second(mime, &encoded(format)), None, "{mime}");
            let filled = [encoded(format), vec![0; 300]].concat();
            assert_eq!(second(mime, &filled), None, "{mime}");
        }
    }

    #[test]
    fn what_phones_append_is_no_matter() {
        let jpeg = encoded(ImageFormat::Jpeg);
        assert_eq!(second("image/jpeg", &[jpeg.clone(), jpeg.clone()].concat()), None);
        let film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
        assert_eq!(second("image/jpeg", &[jpeg, film].concat()), None);
    }

    #[test]
    fn archives_documents_pages_and_strange_tails_are_told() {
        for (format, mime) in [(ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::Png, "image/png"), (ImageFormat::WebP, "image/webp")] {
            let picture = encoded(format);
            let told = |tail: &[u8]| second(mime, &[&picture, tail].concat());
            assert_eq!(told(ZIP), Some(("photo_second_file", "application/zip".into())), "{mime}");
            assert_eq!(told(b"%PDF-1.7 somewhere behind"), Some(("photo_second_file", "application/pdf".into())), "{mime}");
            assert_eq!(told(b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff"), Some(("photo_second_file", "application/vnd.microsoft.portable-executable".into())), "{mime}");
            assert_eq!(told(b"hidden words"), Some(("photo_appended", "12".into())), "{mime}");
        }
        // In a comment of the JPEG, so that a reader of PDF or a browser finds it.
        let jpeg = encoded(ImageFormat::Jpeg);
        for (words, kind) in [(&b"%PDF-1.4"[..], "application/pdf"), (b"<script>alert(1)</script>", "text/html")] {
            let mut both = jpeg[..2].to_vec();
            both.extend([0xff, 0xfe, 0, words.len() as u8 + 2]);
            both.extend_from_slice(words);
            both.extend_from_slice(&jpeg[2..]);
            assert_eq!(second("image/jpeg", &both), Some(("photo_second_file", kind.into())));
        }
    }
}
