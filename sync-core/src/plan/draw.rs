//! 双随机: the weighted draw of objects and of inspectors that anyone can replay.
//!
//! Before the draw the organ publishes a commitment: plain SHA-256 over the 32 bytes of a secret seed and the 32 bytes of the
//! list's hash. After it the seed is revealed. Everything else follows from list and seed, so neither can be chosen to fit a
//! result, and [`replay()`] finds whatever was changed (浙江省综合行政执法条例第二十一条; 优化营商环境条例第五十四条).
//!
//! Objects are drawn without replacement, each time with a chance proportional to its weight; then, for each in turn, the wanted
//! number of inspectors with equal chances among those who are free for it. Who is excluded stays on the list with the reason.
//!
//! Deliberately absent: where weights come from, and the source of the seed: the caller draws 32 random bytes.

mod list;
mod replay;
mod stream;
#[cfg(test)]
mod tests;

pub use list::{Exclusion, Inspector, List, ListFlaw, Object, Recusal, SectionHashes, Why};
pub use replay::{Finding, Part, replay};
pub use stream::Stream;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::base::Digest;

/// The only version of transcripts.
pub const VERSION: u32 = 1;

/// An object that was drawn, with those who inspect it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// Key of the object.
    pub object: String,
    /// Keys of the inspectors in the order drawn; empty if too few were free for it.
    pub inspectors: Vec<String>,
}

/// Everything about a draw, for publication and replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// [`VERSION`].
    pub version: u32,
    /// Who could be drawn, and how many are.
    pub list: List,
    /// Hashes of the list's sections.
    pub hashes: SectionHashes,
    /// Hash of the list: of the hashes of its sections.
    pub list_hash: Digest,
    /// What was published before the draw.
    pub commitment: Digest,
    /// The seed, revealed.
    pub seed: Digest,
    /// What was drawn, in order.
    pub result: Vec<Drawn>,
}

/// What is published before the draw: plain SHA-256 over seed and list hash, 64 bytes.
pub fn commitment(seed: &Digest, list_hash: &Digest) -> Digest {
    Digest::plain(&[seed.0, list_hash.0].concat())
}

/// Draws from a list with a seed of 32 random bytes.
pub fn draw(list: List, seed: Digest) -> Result<Transcript, ListFlaw> {
    list.check()?;
    let hashes = list.section_hashes();
    let list_hash = hashes.whole();
    let result = outcome(&list, seed, list_hash);
    Ok(Transcript { version: VERSION, commitment: commitment(&seed, &list_hash), list, hashes, list_hash, seed, result })
}

/// What list and seed give.
fn outcome(list: &List, seed: Digest, list_hash: Digest) -> Vec<Drawn> {
    let mut stream = Stream::new(seed, list_hash);
    let mut pool: Vec<&Object> = list.objects.iter().filter(|object| object.excluded.is_none()).collect();
    let mut inspectors: BTreeMap<&str, u32> = list.inspectors.iter().filter(|inspector| inspector.excluded.is_none()).map(|inspector| (&*inspector.key, inspector.most)).collect();
    let recusals: BTreeSet<(&str, &str)> = list.recusals.iter().map(|recusal| (&*recusal.inspector, &*recusal.object)).collect();
    let mut result = Vec::new();
    while result.len() < list.draw as usize && !pool.is_empty() {
        let total: u64 = pool.iter().map(|object| u64::from(object.weight)).sum();
        let mut ticket = stream.below(total);
        let at = pool.iter().position(|object| {
            let hit = ticket < u64::from(object.weight);
            ticket = ticket.saturating_sub(u64::from(object.weight));
            hit
        });
        let object = pool.remove(at.unwrap_or(0));
        let mut free: Vec<&str> = inspectors.iter().filter(|(key, left)| **left > 0 && !recusals.contains(&(**key, &*object.key))).map(|(key, _)| *key).collect();
        let mut team = Vec::new();
        if free.len() >= list.team as usize {
            for _ in 0..list.team {
                let chosen = free.remove(usize::try_from(stream.below(free.len() as u64)).unwrap_or(0));
                if let Some(left) = inspectors.get_mut(chosen) {
                    *left -= 1;
                }
                team.push(chosen.to_owned());
            }
        }
        result.push(Drawn { object: object.key.clone(), inspectors: team });
    }
    result
}
