//! URL-safe base64 without padding (RFC 4648 §5), the one text form of keys, digests and signatures.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Encodes bytes; 32 bytes become 43 characters.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes text; `None` for anything that is not canonical unpadded URL-safe base64.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Decodes text of exactly `N` bytes.
pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0u8; N];
    let n = URL_SAFE_NO_PAD.decode_slice(text, &mut out).ok()?;
    (n == N).then_some(out)
}
