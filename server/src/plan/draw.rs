//! Committing to a draw, drawing, and `zhifa verify-draw`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sync_core::base::Digest;
use sync_core::plan::draw::{Finding, List, Part, Transcript, commitment, draw, replay};

use super::{Failure, ended, file, json};

/// Draws a seed, keeps it in a new file that only its owner reads, and prints the commitment.
pub(super) fn commit(list: &Path, secret: &Path) -> Result<(), Failure> {
    let list: List = json(list)?;
    list.check()?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|e| format!("no random numbers: {e}"))?;
    let seed = Digest(seed);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut kept = options.open(secret).map_err(|e| format!("{}: {e}", secret.display()))?;
    writeln!(kept, "{seed}")?;
    kept.sync_all()?;
    println!("{}", commitment(&seed, &list.section_hashes().whole()));
    Ok(())
}

/// Draws with the kept seed and prints the transcript.
pub(super) fn draw_from(list: &Path, secret: &Path) -> Result<(), Failure> {
    let text = String::from_utf8(file(secret)?).map_err(|_| "the secret is no text")?;
    let seed = Digest::parse(text.trim()).ok_or_else(|| format!("{}: is no seed; give the file that `zhifa plan commit` wrote", secret.display()))?;
    println!("{}", serde_json::to_string_pretty(&draw(json(list)?, seed)?)?);
    Ok(())
}

/// `zhifa verify-draw`.
#[derive(Debug, clap::Args)]
pub struct VerifyDraw {
    /// The transcript as JSON, or the draw as it is published (`/public/draws/{id}`).
    transcript: PathBuf,
    /// The commitment that was published before the draw.
    #[arg(long)]
    commitment: Option<String>,
    /// Print what was found as one JSON object.
    #[arg(long)]
    json: bool,
}

impl VerifyDraw {
    /// Replays and says what is wrong. 0: nothing is; 1: something is; 2: it could not be read.
    pub fn run(&self) -> ExitCode {
        ended(self.verify())
    }

    fn verify(&self) -> Result<bool, Failure> {
        let read: serde_json::Value = json(&self.transcript)?;
        let transcript: Transcript = serde_json::from_value(read.get("transcript").cloned().unwrap_or(read)).map_err(|e| format!("{}: {e}", self.transcript.display()))?;
        let published = self.commitment.as_deref().map(|text| Digest::parse(text).ok_or("--commitment: give the 43 characters that were published")).transpose()?;
        let finding = match published {
            Some(published) if published != transcript.commitment => Some(Finding::Commitment),
            _ => replay(&transcript).err(),
        };
        if self.json {
            println!("{}", serde_json::json!({ "ok": finding.is_none(), "finding": finding }));
            return Ok(finding.is_none());
        }
        match &finding {
            None => println!("抽取结果与种子、名单和承诺值一致 The result is what seed, list and commitment give."),
            Some(finding) => println!("{} {finding}", chinese(finding)),
        }
        Ok(finding.is_none())
    }
}

fn chinese(finding: &Finding) -> String {
    let names = |parts: &[Part]| parts.iter().map(|part| part.zh()).collect::<Vec<_>>().join("、");
    match finding {
        Finding::Version { .. } => "版本不能识别。".into(),
        Finding::List(_) => "名单本身有误。".into(),
        Finding::Section { part } => format!("{}被改动。", part.zh()),
        Finding::Sections { parts } => format!("{}被改动。", names(parts)),
        Finding::ListHash => "名单哈希被改动。".into(),
        Finding::Commitment => "承诺值与公布的或应有的不一致。".into(),
        Finding::Seed => "种子或名单不是承诺时的。".into(),
        Finding::Result { at, .. } => format!("第{}个抽取结果被改动。", at + 1),
    }
}
