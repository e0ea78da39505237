//! Tokens: HS256, short-lived, bound to one audience, with the key's id in the header.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sync_core::base::{DeviceId, Digest, OfficerId, UtcMs};

/// Seconds for which a device token is good.
pub const DEVICE_SECONDS: i64 = 15 * 60;
/// Seconds for which a browser's access token is good.
pub const USER_SECONDS: i64 = 15 * 60;
/// Seconds for which a nonce is good.
pub const NONCE_SECONDS: i64 = 2 * 60;

/// Seconds for which a deposit token is good: 90 days. It only hands in, so it may outlast an officer's absence.
pub const DEPOSIT_SECONDS: i64 = 90 * 86_400;

/// What a token is good for; a token of one audience is none of another.
pub trait Claims: Serialize + DeserializeOwned {
    /// The audience.
    const AUDIENCE: &'static str;
}

/// What a device's token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceClaims {
    /// The device.
    pub sub: DeviceId,
}

impl Claims for DeviceClaims {
    const AUDIENCE: &'static str = "zhifa-device";
}

/// What a token says that hands in sealed copies and can do nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepositClaims {
    /// The device beside whose store it lies.
    pub sub: DeviceId,
}

impl Claims for DepositClaims {
    const AUDIENCE: &'static str = "zhifa-deposit";
}

/// What a token says with which an enterprise enters the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalClaims {
    /// The key of its party (`case::party`).
    pub sub: String,
}

impl Claims for PortalClaims {
    const AUDIENCE: &'static str = "zhifa-portal";
}

/// What a browser's access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserClaims {
    /// The user.
    pub sub: OfficerId,
}

impl Claims for UserClaims {
    const AUDIENCE: &'static str = "zhifa-web";
}

/// A nonce to be signed by a device key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonceClaims {
    /// Random, so that no two nonces are alike.
    pub jti: String,
}

impl Claims for NonceClaims {
    const AUDIENCE: &'static str = "zhifa-nonce";
}

/// A proof that a refresh token stands for: its family and number within it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshClaims {
    /// The family, hex.
    pub fam: String,
    /// Random; its hash is kept by the server.
    pub jti: String,
}

impl Claims for RefreshClaims {
    const AUDIENCE: &'static str = "zhifa-refresh";
}

/// What the cookie says by which pages know who is logged in: a log-in, which the server ends when it likes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageClaims {
    /// The family, hex.
    pub fam: String,
}

impl Claims for PageClaims {
    const AUDIENCE: &'static str = "zhifa-page";
}

/// What stands in a form, so that no other site can send one in somebody's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormClaims {
    /// The session that it belongs to.
    pub of: String,
}

impl Claims for FormClaims {
    const AUDIENCE: &'static str = "zhifa-form";
}

#[derive(Serialize, Deserialize)]
struct Envelope<C> {
    aud: String,
    exp: i64,
    iat: i64,
    dis: u32,
    #[serde(flatten)]
    claims: C,
}

/// Why a token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// Its time is over.
    Expired,
    /// Not ours, not for this, or altered.
    Invalid,
}

/// Makes and reads tokens of one district.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    header: Header,
    district: u32,
}

impl Tokens {
    /// Tokens under this secret.
    pub fn new(secret: &[u8; 32], district: u32) -> Tokens {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(hex::encode(Digest::tagged("zhifa.kid.v1", &[secret]).short().to_be_bytes()));
        Tokens { encoding: EncodingKey::from_secret(secret), decoding: DecodingKey::from_secret(secret), header, district }
    }

    /// Makes a token that is good for so many seconds from `now`.
    pub fn make<C: Claims>(&self, claims: C, seconds: i64, now: UtcMs) -> Option<String> {
        let iat = now.0.div_euclid(1000);
        let envelope = Envelope { aud: C::AUDIENCE.to_owned(), exp: iat + seconds, iat, dis: self.district, claims };
        jsonwebtoken::encode(&self.header, &envelope, &self.encoding).ok()
    }

    /// Reads a token.
    pub fn read<C: Claims>(&self, token: &str, now: UtcMs) -> Result<C, Bad> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[C::AUDIENCE]);
        // The expiry is compared with our own clock below, which tests may set.
        validation.validate_exp = false;
        let data = jsonwebtoken::decode::<Envelope<C>>(token.as_bytes(), &self.decoding, &validation).map_err(|_| Bad::Invalid)?;
        if data.claims.dis != self.district {
            return Err(Bad::Invalid);
        }
        if data.claims.exp <= now.0.div_euclid(1000) { Err(Bad::Expired) } else { Ok(data.claims.claims) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> DeviceClaims {
        DeviceClaims { sub: DeviceId::handheld(7) }
    }

    #[test]
    fn a_token_is_good_for_its_audience_its_district_and_its_time() {
        let tokens = Tokens::new(&[1; 32], 1);
        let text = tokens.make(device(), 60, UtcMs(1_000_000)).unwrap();
        assert_eq!(tokens.read::<DeviceClaims>(&text, UtcMs(1_059_000)), Ok(device()));
        assert_eq!(tokens.read::<DeviceClaims>(&text, UtcMs(1_060_000)), Err(Bad::Expired));
        assert_eq!(tokens.read::<NonceClaims>(&text, UtcMs(1_000_000)), Err(Bad::Invalid));
        assert_eq!(Tokens::new(&[1; 32], 2).read::<DeviceClaims>(&text, UtcMs(1_000_000)), Err(Bad::Invalid));
        assert_eq!(Tokens::new(&[2; 32], 1).read::<DeviceClaims>(&text, UtcMs(1_000_000)), Err(Bad::Invalid));
    }
}
