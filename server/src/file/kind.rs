//! What a file is, by its first bytes: a name or a header is only what somebody said.

use crate::base::problem::Problem;

/// How many first bytes are looked at.
pub const HEAD: usize = 4_096;

/// What evidence may be: still pictures, films, sound, and papers.
const TAKEN: &[&str] = &[
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heif",
    "image/heic",
    "video/mp4",
    "video/quicktime",
    "audio/m4a",
    "audio/mpeg",
    "audio/x-wav",
    "audio/aac",
    "audio/amr",
    "application/pdf",
];

/// The type of a file, or why it is not taken.
pub fn of(head: &[u8]) -> Result<&'static str, Problem> {
    let refuse =
        |why: String| Err(Problem::new("file_type", format!("{why}; taken are photos (JPEG, PNG, WebP, HEIC), films (MP4, MOV), sound (M4A, MP3, WAV, AAC, AMR) and PDF")));
    if head.is_empty() {
        return refuse("the file is empty".into());
    }
    match infer::get(head) {
        Some(kind) => match TAKEN.iter().find(|taken| **taken == kind.mime_type()) {
            Some(taken) => Ok(taken),
            None => refuse(format!("the file is {}", kind.mime_type())),
        },
        None => refuse("nobody can tell what the file is".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        assert_eq!(of(&[0xff, 0xd8, 0xff, 0xe0, 0, 16]).unwrap(), "image/jpeg");
        assert_eq!(of(b"\x89PNG\r\n\x1a\n....").unwrap(), "image/png");
        assert_eq!(of(b"%PDF-1.7").unwrap(), "application/pdf");
        assert_eq!(of(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").unwrap(), "image/heif");
        for bad in [&b""[..], b"<script>alert(1)</script>", b"MZ\x90\0", b"\x7fELF", b"PK\x03\x04", b"GIF89a"] {
            assert_eq!(of(bad).unwrap_err().code(), "file_type");
        }
    }
}
