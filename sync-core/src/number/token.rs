//! What the QR of a code shows: a text that anybody can check against the server's public key, without a network.
//!
//! URL-safe base64 (RFC 4648 §5) of one byte of version, district and number in four bytes each, the series, and 64 bytes of Ed25519
//! over the tagged digest of all that: some 125 characters. Deliberately absent: anything about the act, and a day on which it ends;
//! whether a number was withdrawn is asked of the server.

use super::Series;
use crate::base::keys::{ED25519, PublicKey, SignError, Signer};
use crate::base::{Digest, DistrictId, b64};

/// Domain tag of what is signed.
pub const TOKEN_TAG: &str = "zhifa.act-code.v1";
/// Longest token, in characters; the series is the only part that varies.
pub const MAX_TOKEN: usize = 180;
const VERSION: u8 = 1;
const SIGNATURE: usize = 64;
/// What stands before the token in an address.
const PATH: &str = "/c/";

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token {
    /// The district that gave the number.
    pub district: DistrictId,
    /// The series.
    pub series: Series,
    /// The number in it.
    pub seq: u32,
}

/// Why a text is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// Not of the form, cut off, or of a version that this program does not know.
    #[error("not a token of a code: scan it again, whole")]
    Form,
    /// The signature is not this server's.
    #[error("the signature is not that of the key: the code was not given by this office")]
    Signature,
}

impl Token {
    fn payload(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.district.0.to_be_bytes());
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.series.to_string().as_bytes());
        bytes
    }

    /// The text for the QR, signed.
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SignError> {
        let mut bytes = self.payload();
        let signature = signer.sign(&Digest::tagged(TOKEN_TAG, &[&bytes]).0)?;
        if signer.alg() != ED25519 || signature.len() != SIGNATURE {
            return Err(SignError("tokens of codes are signed with Ed25519".into()));
        }
        bytes.extend(signature);
        Ok(b64::encode(&bytes))
    }

    /// What a text says, if `key` signed it.
    pub fn verify(text: &str, key: &PublicKey) -> Result<Token, BadToken> {
        let (token, payload, signature) = Token::split(text).ok_or(BadToken::Form)?;
        let signed = key.verify(ED25519, &Digest::tagged(TOKEN_TAG, &[&payload]).0, &signature);
        if signed { Ok(token) } else { Err(BadToken::Signature) }
    }

    fn split(text: &str) -> Option<(Token, Vec<u8>, Vec<u8>)> {
        if text.len() > MAX_TOKEN {
            return None;
        }
        let mut payload = b64::decode(text)?;
        let signature = payload.split_off(payload.len().checked_sub(SIGNATURE)?);
        let (version, rest) = payload.split_first()?;
        let (district, rest) = rest.split_first_chunk::<4>()?;
        let (seq, series) = rest.split_first_chunk::<4>()?;
        let series = std::str::from_utf8(series).ok()?.parse().ok()?;
        let token = Token { district: DistrictId(u32::from_be_bytes(*district)), series, seq: u32::from_be_bytes(*seq) };
        (*version == VERSION && token.seq > 0).then_some((token, payload, signature))
    }
}

/// The address that a QR shows: the server's public one and the token.
pub fn public_address(server: &str, token: &str) -> String {
    format!("{}{PATH}{token}", server.trim_end_matches('/'))
}

/// The token in what a scanner read: an address with `/c/`, or the token alone.
pub fn token_in(scanned: &str) -> &str {
    let text = scanned.trim();
    let token = text.rsplit_once(PATH).map_or(text, |(_, token)| token);
    token.split(['?', '#', '/']).next().unwrap_or(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::keys::Ed25519;
    use proptest::prelude::*;

    fn key(seed: u8) -> (Ed25519, PublicKey) {
        let key = Ed25519::from_seed(&[seed; 32]);
        let public = PublicKey::new(ED25519, &key.public_key()).unwrap();
        (key, public)
    }

    fn token(seq: u32) -> Token {
        Token { district: DistrictId(3), series: "XW-enforcement-2026".parse().unwrap(), seq }
    }

    #[test]
    fn a_token_is_short_and_says_district_series_and_number() {
        let (mine, public) = key(1);
        let text = token(12).sign(&mine).unwrap();
        assert!(text.len() <= 150, "{}", text.len());
        assert_eq!(Token::verify(&text, &public), Ok(token(12)));
        assert_eq!(Token::verify(&text, &key(2).1), Err(BadToken::Signature));
        let longest = Token { series: Series::new(&"x".repeat(52), 2026).unwrap(), ..token(99_999_999) }.sign(&mine).unwrap();
        assert!(longest.len() <= MAX_TOKEN, "{}", longest.len());
    }

    #[test]
    fn what_was_signed_for_something_else_is_no_token() {
        let (mine, public) = key(1);
        let payload = token(12).payload();
        let mut other = payload.clone();
        other.extend(mine.sign(&Digest::tagged("zhifa.receipt.v1", &[&payload]).0).unwrap());
        assert_eq!(Token::verify(&b64::encode(&other), &public), Err(BadToken::Signature));
        for text in ["", "x", "AAAA", &"A".repeat(MAX_TOKEN + 1), "不是"] {
            assert_eq!(Token::verify(text, &public), Err(BadToken::Form), "{text}");
        }
    }

    #[test]
    fn a_scanner_may_give_the_address() {
        let text = token(7).sign(&key(1).0).unwrap();
        let address = public_address("https://zhifa.example/", &text);
        assert_eq!(address, format!("https://zhifa.example/c/{text}"));
        for scanned in [address.clone(), format!(" {address}?lang=en\n"), format!("{address}/qr.svg"), text.clone()] {
            assert_eq!(token_in(&scanned), text, "{scanned}");
        }
    }

    proptest! {
        #[test]
        fn no_altered_token_is_genuine(seq in 1u32..=99_999_999, at in 0usize..150, to in "[A-Za-z0-9_-]") {
            let (mine, public) = key(1);
            let text = token(seq).sign(&mine).unwrap();
            let at = at % text.len();
            let mut altered = text.clone();
            altered.replace_range(at..at + 1, &to);
            prop_assume!(altered != text);
            prop_assert!(Token::verify(&altered, &public).is_err());
        }
    }
}
