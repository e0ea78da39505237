//! `POST /sync/v1/numbers`: a handheld says how far its blocks are used and what it spoiled; the office leases what it lacks.
//!
//! The same request again gives the same blocks: one that the office leased and the handheld does not name is given once more, not
//! another in its stead.

use serde::{Deserialize, Serialize};

use super::Bytes;
use crate::base::Digest;
use crate::number::{Block, BlockKey, Series, Spoiled, Standing};

/// What a handheld has. At most `number::MAX_BLOCKS` of each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumbersRequest {
    /// Every block that it holds, with the number that comes next.
    pub have: Vec<Standing>,
    /// Numbers that will never be on a record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spoiled: Vec<Spoiled>,
    /// Prefixes of the sorts of documents that it can number; a handheld that says none numbers acts only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sorts: Vec<String>,
}

/// What the office gives. Unknown members are ignored: a later server may say more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumbersResponse {
    /// Blocks that the handheld does not have yet.
    #[serde(default)]
    pub blocks: Vec<Block>,
    /// Spoiled numbers that are now on record; the handheld need not tell them again.
    #[serde(default)]
    pub noted: Vec<(Series, u32)>,
    /// Images of the seals that these blocks bear.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seals: Vec<SealImage>,
    /// Blocks from which nothing more may be taken: their year is over, or all of them are accounted for.
    #[serde(default)]
    pub closed: Vec<BlockKey>,
}

/// The image of an organ's seal, as it comes with the numbers that bear it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealImage {
    /// SHA-256 of the PNG.
    pub digest: Digest,
    /// The PNG.
    pub png: Bytes,
}
