//! The seal that comes with a leased number of a document: the server's word that this number, on this handheld, bears this organ's
//! seal (`domain.md` §8, §11).
//!
//! URL-safe base64 of one byte of version, the SHA-256 of the seal's image (32 zero bytes where the organ uploaded none), and 64 bytes of
//! Ed25519 over the tagged digest of these with district, series, number and handheld. What it is bound to is not in the text: it is read
//! from the paper that bears it, so a seal that was copied to another number or another handheld fails.

use super::Series;
use crate::base::keys::{ED25519, PublicKey, SignError, Signer};
use crate::base::{DeviceId, Digest, DistrictId, b64};

/// Domain tag of what is signed.
pub const SEAL_TAG: &str = "zhifa.number-seal.v1";
const VERSION: u8 = 1;
const SIGNATURE: usize = 64;

/// What a seal is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealToken {
    /// The district that gave the number.
    pub district: DistrictId,
    /// The series.
    pub series: Series,
    /// The number in it.
    pub seq: u32,
    /// The handheld that it was leased to.
    pub device: DeviceId,
}

/// Why a text is not this number's seal on this handheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSeal {
    /// Not of the form, or of a version that this program does not know.
    #[error("not a seal of a number")]
    Form,
    /// Signed for another number, another handheld, another image, or by another key.
    #[error("the seal is not that of this number on this handheld")]
    Bound,
}

impl SealToken {
    fn digest(&self, image: &[u8; 32]) -> [u8; 32] {
        let series = self.series.to_string();
        Digest::tagged(SEAL_TAG, &[&[VERSION], &self.district.0.to_be_bytes(), &self.device.0.to_be_bytes(), &self.seq.to_be_bytes(), image, series.as_bytes()]).0
    }

    /// The text that travels with the number. `image` is the digest of the organ's seal, if it uploaded one.
    pub fn sign(&self, image: Option<Digest>, signer: &dyn Signer) -> Result<String, SignError> {
        let image = image.unwrap_or(Digest::ZERO).0;
        let signature = signer.sign(&self.digest(&image))?;
        if signer.alg() != ED25519 || signature.len() != SIGNATURE {
            return Err(SignError("seals of numbers are signed with Ed25519".into()));
        }
        let mut bytes = vec![VERSION];
        bytes.extend(image);
        bytes.extend(signature);
        Ok(b64::encode(&bytes))
    }

    /// The image that a text puts on this number on this handheld, if `key` signed it; `None` within for a seal that is drawn.
    pub fn verify(&self, text: &str, key: &PublicKey) -> Result<Option<Digest>, BadSeal> {
        let bytes = b64::decode(text).ok_or(BadSeal::Form)?;
        let (version, rest) = bytes.split_first().ok_or(BadSeal::Form)?;
        let (image, signature) = rest.split_first_chunk::<32>().ok_or(BadSeal::Form)?;
        if *version != VERSION || signature.len() != SIGNATURE {
            return Err(BadSeal::Form);
        }
        if !key.verify(ED25519, &self.digest(image), signature) {
            return Err(BadSeal::Bound);
        }
        Ok(Some(Digest(*image)).filter(|digest| *digest != Digest::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::keys::Ed25519;

    fn bound(seq: u32, device: u64) -> SealToken {
        SealToken { district: DistrictId(1), series: "DF-enforcement-2026".parse().unwrap(), seq, device: DeviceId(device) }
    }

    #[test]
    fn a_seal_is_good_for_its_number_on_its_handheld_only() {
        let key = Ed25519::from_seed(&[7; 32]);
        let public = PublicKey::new(ED25519, &key.public_key()).unwrap();
        let image = Some(Digest::plain(b"png"));
        let text = bound(3, 5).sign(image, &key).unwrap();
        assert!(text.len() <= 200, "{}", text.len());
        assert_eq!(bound(3, 5).verify(&text, &public), Ok(image));
        assert_eq!(bound(4, 5).verify(&text, &public), Err(BadSeal::Bound), "another number");
        assert_eq!(bound(3, 6).verify(&text, &public), Err(BadSeal::Bound), "another handheld");
        assert_eq!(bound(3, 5).verify("AAAA", &public), Err(BadSeal::Form));
        let drawn = bound(3, 5).sign(None, &key).unwrap();
        assert_eq!(bound(3, 5).verify(&drawn, &public), Ok(None));
        let other = PublicKey::new(ED25519, &Ed25519::from_seed(&[8; 32]).public_key()).unwrap();
        assert_eq!(bound(3, 5).verify(&text, &other), Err(BadSeal::Bound), "another server");
    }
}
