//! `zhifa verify-code`: checks a code's token against a public key, without network and database.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sync_core::base::b64;
use sync_core::base::keys::{ED25519, PublicKey};
use sync_core::number::{Token, token_in};

use super::keys::Published;

/// What to check, and by which key.
#[derive(Debug, Args)]
pub struct VerifyCode {
    /// The token, or the whole address from the QR code.
    token: String,
    /// The server's public key: 43 characters of URL-safe base64, or a file saved from /.well-known/zhifa-keys.
    #[arg(long)]
    key: String,
}

impl VerifyCode {
    /// Prints what the token says and ends with 0, or says why it is not genuine and ends with 1.
    pub fn run(self) -> ExitCode {
        match self.verify() {
            Ok(token) => {
                println!("genuine\tdistrict {}\tseries {}\tnumber {}", token.district.0, token.series, token.seq);
                ExitCode::SUCCESS
            }
            Err(why) => {
                eprintln!("zhifa: {why}");
                ExitCode::FAILURE
            }
        }
    }

    fn verify(&self) -> Result<Token, String> {
        let keys = self.keys()?;
        let token = token_in(&self.token);
        let mut last = "the file names no key that signs codes".to_owned();
        for key in &keys {
            match Token::verify(token, key) {
                Ok(token) => return Ok(token),
                Err(why) => last = why.to_string(),
            }
        }
        Err(last)
    }

    fn keys(&self) -> Result<Vec<PublicKey>, String> {
        if let Some(key) = b64::decode(&self.key).and_then(|raw| PublicKey::new(ED25519, &raw)) {
            return Ok(vec![key]);
        }
        let path = PathBuf::from(&self.key);
        let text = std::fs::read_to_string(&path).map_err(|e| format!("--key is neither a key of 43 characters nor a file that can be read: {e}"))?;
        let published: Published = serde_json::from_str(&text).map_err(|e| format!("{} is not what /.well-known/zhifa-keys gives: {e}", path.display()))?;
        Ok(published.usable())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::keys::ServerKeys;
    use sync_core::base::DistrictId;
    use sync_core::base::keys::Signer as _;

    #[test]
    fn a_token_is_checked_by_a_key_or_a_saved_file() {
        let folder = tempfile::tempdir().unwrap();
        let keys = ServerKeys::open(folder.path()).unwrap();
        let file = folder.path().join("zhifa-keys.json");
        std::fs::write(&file, serde_json::to_string(&Published::of(DistrictId(1), &keys)).unwrap()).unwrap();
        let token = Token { district: DistrictId(1), series: "XW-fire-2026".parse().unwrap(), seq: 4 };
        let text = token.sign(&keys.receipt).unwrap();
        let check = |token: &str, key: &str| VerifyCode { token: token.into(), key: key.into() }.verify();
        for key in [b64::encode(&keys.receipt.public_key()), file.display().to_string()] {
            assert_eq!(check(&text, &key), Ok(token.clone()));
            assert_eq!(check(&format!("https://zhifa.example/c/{text}?lang=en"), &key), Ok(token.clone()));
            assert!(check(&text.replacen('A', "B", 1), &key).is_err());
        }
        let other = ServerKeys::open(&folder.path().join("other")).unwrap();
        assert!(check(&text, &b64::encode(&other.receipt.public_key())).unwrap_err().contains("not given by this office"));
        assert!(check(&text, "no-such-file").unwrap_err().contains("neither a key"));
    }
}
