//! One-time passwords by time (RFC 6238): SHA-1, six digits, steps of 30 s, one step of skew to either side.
//!
//! These are the values that every authenticator app takes without asking. The clock is the caller's. Deliberately
//! absent: remembering which step was used; that is one column of the officer's row, compared when it is written.

use sync_core::base::{OfficerId, UtcMs};
use totp_rs::{Algorithm, Builder, Secret, Totp};

use crate::base::keys::random;
use crate::base::problem::Problem;

/// Bytes of a secret: as many as SHA-1 gives (RFC 4226 §4).
pub const SECRET_BYTES: usize = 20;
/// Seconds of a step.
const STEP_SECONDS: u64 = 30;

/// What an officer's authenticator and the server share.
pub struct Factor {
    secret: [u8; SECRET_BYTES],
    totp: Totp,
}

fn seconds(now: UtcMs) -> u64 {
    u64::try_from(now.0.div_euclid(1_000)).unwrap_or(0)
}

impl Factor {
    /// A new one with a random secret.
    pub fn fresh(officer: &OfficerId) -> Result<Factor, Problem> {
        Factor::new(random::<SECRET_BYTES>().map_err(Problem::internal)?, officer.as_str())
    }

    /// The one of this secret.
    pub fn new(secret: [u8; SECRET_BYTES], account: &str) -> Result<Factor, Problem> {
        let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1).with_step_duration(STEP_SECONDS);
        let totp = builder.with_secret(secret.to_vec()).with_issuer(Some("Zhifa")).with_account_name(account).build().map_err(Problem::internal)?;
        Ok(Factor { secret, totp })
    }

    /// The one of a secret in base 32, as a person was shown it; blanks and case do not matter.
    pub fn parse(text: &str) -> Result<Factor, Problem> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
        let wrong = || Problem::field("secret", "a secret is 32 letters and digits of base 32 (RFC 4648 §6)");
        let secret = Secret::try_from_base32(&text).map_err(|_| wrong())?;
        Factor::new(secret.as_ref().try_into().map_err(|_| wrong())?, "")
    }

    /// The secret's bytes.
    pub fn secret(&self) -> &[u8; SECRET_BYTES] {
        &self.secret
    }

    /// The secret in base 32, for typing it in.
    pub fn to_base32(&self) -> String {
        self.totp.secret().to_base32()
    }

    /// The `otpauth://` address that authenticator apps read.
    pub fn uri(&self) -> Result<String, Problem> {
        self.totp.to_url().map_err(Problem::internal)
    }

    /// The code of an instant.
    pub fn code(&self, now: UtcMs) -> String {
        self.totp.generate(seconds(now)).to_string()
    }

    /// The step of which this is the code, if that is the present one or a neighbour.
    pub fn step_of(&self, code: &str, now: UtcMs) -> Option<i64> {
        self.totp.check(code.trim(), seconds(now)).and_then(|step| i64::try_from(step).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfc() -> Factor {
        Factor::new(*b"12345678901234567890", "chen-yifan").unwrap()
    }

    #[test]
    fn rfc_6238_appendix_b_sha1() {
        // The appendix has eight digits; six are their last six (RFC 4226 §5.3).
        let vectors =
            [(59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"), (2_000_000_000, "69279037"), (20_000_000_000, "65353130")];
        for (at, eight) in vectors {
            let now = UtcMs(at * 1_000);
            assert_eq!(rfc().code(now), &eight[2..], "RFC 6238 appendix B at {at}");
            assert_eq!(rfc().step_of(&eight[2..], now), Some(at / 30), "RFC 6238 appendix B at {at}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_to_either_side_and_no_more() {
        let (factor, at) = (rfc(), UtcMs(1_111_111_110_000));
        let code = factor.code(at);
        let step = Some(1_111_111_110 / 30);
        for (shift, found) in [(-60_000, None), (-30_000, step), (0, step), (29_999, step), (30_000, step), (59_999, step), (60_000, None)] {
            assert_eq!(factor.step_of(&code, UtcMs(at.0 + shift)), found, "{shift} ms away");
        }
    }

    #[test]
    fn what_is_no_code_is_none() {
        for wrong in ["", "28708", "2870820", "+87082", "28708a", "二八七零八二"] {
            assert_eq!(rfc().step_of(wrong, UtcMs(59_000)), None, "{wrong}");
        }
        assert_eq!(rfc().step_of(" 287082 ", UtcMs(59_000)), Some(1));
    }

    #[test]
    fn a_secret_is_read_as_it_is_shown() {
        // RFC 4648 §6 of the RFC's secret.
        assert_eq!(rfc().to_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(Factor::parse("gezd gnbv gy3t qojq GEZD GNBV GY3T QOJQ").unwrap().secret(), rfc().secret());
        assert!(Factor::parse("GEZDGNBV").is_err() && Factor::parse("1").is_err());
        assert_eq!(rfc().uri().unwrap(), "otpauth://totp/Zhifa:chen-yifan?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Zhifa");
    }
}
