//! Timestamps of somebody else's clock (RFC 3161): asked for by HTTP, checked offline.
//!
//! An authority gets the SHA-256 of the manifest and nothing else. Who trusts it says so by its certificates. A time with fractions of a second is not
//! read. Deliberately absent: lists of withdrawn certificates; whoever doubts one asks the authority.

use std::path::Path;
use std::time::Duration;

use cms::cert::x509::spki::AlgorithmIdentifier;
use der::asn1::{Int, OctetString};
use der::oid::ObjectIdentifier;
use der::{Any, Decode as _, Encode as _};
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509PurposeId};
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion, TstInfo};

/// SHA-256 (RFC 5754).
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// What a timestamp signs (RFC 3161 §2.4.2).
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// Most bytes of an answer.
const MOST: usize = 256 << 10;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who gives timestamps.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Where it is asked.
    pub url: String,
    /// Its certificates in PEM; without them an answer is kept unproven.
    pub trust: Option<Vec<u8>>,
}

impl Authority {
    /// An authority, with the certificates from a file.
    pub fn new(url: &str, trust: Option<&Path>) -> Result<Authority, StampError> {
        let trust = trust.map(|path| std::fs::read(path).map_err(|e| StampError::Trust(format!("{}: {e}", path.display())))).transpose()?;
        Ok(Authority { url: url.to_owned(), trust })
    }
}

/// Why there is no timestamp, or why it is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// No answer.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// It declined.
    #[error("the authority declined with status {0}")]
    Declined(u32),
    /// Not what RFC 3161 describes.
    #[error("not a timestamp: {0}")]
    Malformed(String),
    /// Of something else.
    #[error("the timestamp is of something else")]
    Imprint,
    /// An old answer.
    #[error("the answer is to another question")]
    Nonce,
    /// Not signed by whom it should be.
    #[error("the signature of the timestamp does not hold: {0}")]
    Signature(String),
    /// The file of trusted certificates.
    #[error("trusted certificates: {0}")]
    Trust(String),
}

fn malformed(why: impl std::fmt::Display) -> StampError {
    StampError::Malformed(why.to_string())
}

/// A timestamp that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// When it was given, UTC milliseconds.
    pub at_ms: i64,
    /// Whether its signer was traced to a trusted certificate.
    pub trusted: bool,
}

/// Asks for a timestamp of a digest, and checks the answer. Gives it as it came.
pub async fn ask(authority: &Authority, digest: &[u8; 32]) -> Result<Vec<u8>, StampError> {
    let mut random: [u8; 8] = crate::base::keys::random().map_err(|e| StampError::NoAnswer(e.to_string()))?;
    // A positive integer without leading zeros.
    random[0] = random[0] & 0x7f | 0x40;
    let nonce = Int::new(&random).map_err(malformed)?;
    let request = TimeStampReq {
        version: TspVersion::V1,
        message_imprint: MessageImprint {
            hash_algorithm: AlgorithmIdentifier { oid: SHA256, parameters: Some(Any::null()) },
            hashed_message: OctetString::new(digest.as_slice()).map_err(malformed)?,
        },
        req_policy: None,
        nonce: Some(nonce.clone()),
        cert_req: true,
        extensions: None,
    };
    let no_answer = |e: reqwest::Error| StampError::NoAnswer(e.without_url().to_string());
    let client = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build().map_err(no_answer)?;
    let body = request.to_der().map_err(malformed)?;
    let mut answer = client.post(&authority.url).header("Content-Type", "application/timestamp-query").body(body).send().await.map_err(no_answer)?;
    if !answer.status().is_success() {
        return Err(StampError::NoAnswer(format!("HTTP {}", answer.status().as_u16())));
    }
    let mut bytes = Vec::new();
    while let Some(step) = answer.chunk().await.map_err(no_answer)? {
        bytes.extend_from_slice(&step);
        if bytes.len() > MOST {
            return Err(malformed(format!("more than {MOST} bytes")));
        }
    }
    let (_, info) = opened(&bytes, digest, authority.trust.as_deref())?;
    if info.nonce != Some(nonce) {
        return Err(StampError::Nonce);
    }
    Ok(bytes)
}

/// Checks an answer offline: that it is of this digest, that its signature holds, and, with trusted certificates (PEM), whose it is.
pub fn check(answer: &[u8], digest: &[u8; 32], trust: Option<&[u8]>) -> Result<Stamp, StampError> {
    Ok(opened(answer, digest, trust)?.0)
}

fn opened(answer: &[u8], digest: &[u8; 32], trust: Option<&[u8]>) -> Result<(Stamp, TstInfo), StampError> {
    let response = TimeStampResp::from_der(answer).map_err(malformed)?;
    let status = response.status.status as u32;
    // Granted as asked: what was granted with changes is not what was asked for.
    if status != 0 {
        return Err(StampError::Declined(status));
    }
    let token = response.time_stamp_token.ok_or_else(|| malformed("no token"))?.to_der().map_err(malformed)?;
    let signature = |e: openssl::error::ErrorStack| StampError::Signature(e.errors().last().and_then(|e| e.reason()).unwrap_or("unknown").to_owned());
    let mut token = CmsContentInfo::from_der(&token).map_err(signature)?;
    // The signature first, so that nothing of what is not signed is believed.
    let mut content = Vec::new();
    let flags = CMSOptions::BINARY | CMSOptions::NO_SIGNER_CERT_VERIFY;
    token.verify(None, None, None, Some(&mut content), flags).map_err(signature)?;
    let info = TstInfo::from_der(&content).map_err(malformed)?;
    if info.message_imprint.hash_algorithm.oid != SHA256 || info.message_imprint.hashed_message.as_bytes() != digest {
        return Err(StampError::Imprint);
    }
    let since = info.gen_time.to_unix_duration();
    if let Some(pem) = trust {
        // As of when it was given: the signer's certificate may have ended since.
        let store = trusted(pem, since.as_secs())?;
        token.verify(None, Some(&store), None, None, CMSOptions::BINARY).map_err(signature)?;
    }
    if kind_of(&answer_token(answer)?)? != TST_INFO {
        return Err(malformed("what is signed is no timestamp"));
    }
    Ok((Stamp { at_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX), trusted: trust.is_some() }, info))
}

fn answer_token(answer: &[u8]) -> Result<Vec<u8>, StampError> {
    let token = TimeStampResp::from_der(answer).map_err(malformed)?.time_stamp_token.ok_or_else(|| malformed("no token"))?;
    token.content.to_der().map_err(malformed)
}

/// The type of what is signed.
fn kind_of(signed: &[u8]) -> Result<ObjectIdentifier, StampError> {
    Ok(cms::signed_data::SignedData::from_der(signed).map_err(malformed)?.encap_content_info.econtent_type)
}

fn trusted(pem: &[u8], at: u64) -> Result<X509Store, StampError> {
    let trust = |e: openssl::error::ErrorStack| StampError::Trust(e.errors().last().and_then(|e| e.reason()).unwrap_or("unreadable").to_owned());
    let certificates = X509::stack_from_pem(pem).map_err(trust)?;
    if certificates.is_empty() {
        return Err(StampError::Trust("no certificate in PEM".to_owned()));
    }
    let mut builder = X509StoreBuilder::new().map_err(trust)?;
    for certificate in certificates {
        builder.add_cert(certificate).map_err(trust)?;
    }
    let mut param = X509VerifyParam::new().map_err(trust)?;
    param.set_purpose(X509PurposeId::TIMESTAMP_SIGN).map_err(trust)?;
    param.set_time(i64::try_from(at).unwrap_or(i64::MAX));
    builder.set_param(&param).map_err(trust)?;
    Ok(builder.build())
}
