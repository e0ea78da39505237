//! `GET /.well-known/zhifa-keys`: the key with which anybody can check tokens of codes, without asking again.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use serde::{Deserialize, Serialize};
use sync_core::base::keys::{ED25519, PublicKey, Signer as _};
use sync_core::base::{Digest, DistrictId, b64};
use sync_core::number::TOKEN_TAG;

use crate::access::{Access, Public};
use crate::base::keys::ServerKeys;

/// What is published. Members may be added; readers ignore those that they do not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The district whose numbers are signed.
    pub district: DistrictId,
    /// The keys.
    pub keys: Vec<PublishedKey>,
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedKey {
    /// The algorithm: `ed25519` (RFC 8032).
    pub alg: String,
    /// The first 16 characters of its SHA-256 in URL-safe base64, to tell keys apart.
    pub id: String,
    /// The 32 bytes in URL-safe base64.
    pub key: String,
    /// The domain tag of what it signs here.
    pub tag: String,
}

impl Published {
    /// The keys of this server.
    pub fn of(district: DistrictId, keys: &ServerKeys) -> Published {
        let public = keys.receipt.public_key();
        let id = Digest::plain(&public).to_string().chars().take(16).collect();
        Published { district, keys: vec![PublishedKey { alg: keys.receipt.alg().to_owned(), id, key: b64::encode(&public), tag: TOKEN_TAG.to_owned() }] }
    }

    /// The keys that sign tokens, ready for checking.
    pub fn usable(&self) -> Vec<PublicKey> {
        self.keys.iter().filter(|k| k.alg == ED25519 && k.tag == TOKEN_TAG).filter_map(|k| PublicKey::new(&k.alg, &b64::decode(&k.key)?)).collect()
    }
}

/// Publishes the keys.
pub async fn published(access: Access<Public>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=3600")).json(Published::of(access.app.district, &access.app.keys))
}
