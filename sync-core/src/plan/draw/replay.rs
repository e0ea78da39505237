//! Draws again from a published transcript, and names what is not as it was.

use serde::Serialize;

use super::{ListFlaw, Transcript, VERSION, commitment, outcome};

/// A part of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Title and numbers.
    Terms,
    /// Who could be drawn.
    Candidates,
    /// Weights.
    Weights,
    /// Exclusions and their reasons.
    Exclusions,
    /// Recusals and their reasons.
    Recusals,
}

impl Part {
    /// Its name in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Part::Terms => "抽取条件",
            Part::Candidates => "候选名单",
            Part::Weights => "权重",
            Part::Exclusions => "排除事由",
            Part::Recusals => "回避",
        }
    }
}

/// What is wrong with a transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Finding {
    /// Not a transcript of this version.
    #[error("version: {found} is unknown to this program; it reads version {VERSION}")]
    Version {
        /// What stands there.
        found: u32,
    },
    /// Nobody could have drawn from this list.
    #[error("list.{0}")]
    List(ListFlaw),
    /// A section of the list is not what its hash says.
    #[error("list: {part:?} (or its hash) was changed after the list was hashed")]
    Section {
        /// Which.
        part: Part,
    },
    /// Several sections are not what their hashes say.
    #[error("list: {parts:?} were changed after the list was hashed")]
    Sections {
        /// Which.
        parts: Vec<Part>,
    },
    /// The list's hash is not that of its sections.
    #[error("list_hash: is not the hash of the sections")]
    ListHash,
    /// The commitment is not that of seed and list, which give the result all the same.
    #[error("commitment: was changed; list and seed give the result that is told, but not this commitment")]
    Commitment,
    /// Seed or list are not those that were committed to.
    #[error("seed: seed or list are not those that the commitment was made for, and do not give the result")]
    Seed,
    /// The result is not what list and seed give.
    #[error("result.{at}: list and seed give {expected}, the transcript tells {found}")]
    Result {
        /// Where it first differs.
        at: usize,
        /// What should stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
}

/// Replays a draw: nothing if all is as it was, else the first thing that is not.
///
/// The commitment must be compared with the one that was published before the draw; whoever rewrites list, hashes, seed, commitment
/// and result together has made another draw, and only that comparison tells.
pub fn replay(transcript: &Transcript) -> Result<(), Finding> {
    if transcript.version != VERSION {
        return Err(Finding::Version { found: transcript.version });
    }
    let (is, says) = (transcript.list.section_hashes(), &transcript.hashes);
    let sections = [
        (Part::Terms, is.terms, says.terms),
        (Part::Candidates, is.candidates, says.candidates),
        (Part::Weights, is.weights, says.weights),
        (Part::Exclusions, is.exclusions, says.exclusions),
        (Part::Recusals, is.recusals, says.recusals),
    ];
    let changed: Vec<Part> = sections.iter().filter(|(_, is, says)| is != says).map(|(part, ..)| *part).collect();
    match &*changed {
        [] => (),
        [part] => return Err(Finding::Section { part: *part }),
        _ => return Err(Finding::Sections { parts: changed }),
    }
    transcript.list.check().map_err(Finding::List)?;
    if is.whole() != transcript.list_hash {
        return Err(Finding::ListHash);
    }
    let expected = outcome(&transcript.list, transcript.seed, transcript.list_hash);
    let committed = commitment(&transcript.seed, &transcript.list_hash) == transcript.commitment;
    if expected == transcript.result {
        return if committed { Ok(()) } else { Err(Finding::Commitment) };
    }
    if !committed {
        return Err(Finding::Seed);
    }
    let longest = expected.len().max(transcript.result.len());
    let at = (0..longest).find(|n| expected.get(*n) != transcript.result.get(*n)).unwrap_or(0);
    let told = |drawn: Option<&super::Drawn>| drawn.map_or_else(|| "nothing".to_owned(), |drawn| format!("{} with {}", drawn.object, drawn.inspectors.join(" and ")));
    Err(Finding::Result { at, expected: told(expected.get(at)), found: told(transcript.result.get(at)) })
}
