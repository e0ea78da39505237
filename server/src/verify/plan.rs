//! Matchings are what was found, and draws replay to what was published.

use diesel::prelude::*;
use sync_core::base::RecordId;
use sync_core::plan::draw::{List, Transcript, replay};

use super::finding::{Code, Finding, Findings};
use super::{Ground, VerifyError};
use crate::on;
use crate::plan::matching;
use crate::schema::{draw, matching as runs};

fn name(id: &[u8]) -> String {
    <[u8; 16]>::try_from(id).map_or_else(|_| hex::encode(id), |bytes| RecordId::from_bytes(bytes).to_string())
}

/// Recomputes the hash of every matching, and replays every draw.
pub fn check(ground: &mut Ground<'_, '_>, found: &mut Findings) -> Result<(), VerifyError> {
    let district = ground.district;
    // One at a time: a run's body holds all its entries.
    let ids: Vec<Vec<u8>> = on!(ground.tx, |c| runs::table.filter(runs::district.eq(district)).order(runs::id).select(runs::id).load(c))?;
    for id in ids {
        let (body, hash): (String, Vec<u8>) = on!(ground.tx, |c| runs::table.find((district, &id)).select((runs::body, runs::hash)).first(c))?;
        if matching::hash(&body).0 != hash.as_slice() {
            found.add(Finding::new(Code::MatchingAltered, format!("matching {}: is not what was found", name(&id))));
        }
    }
    let ids: Vec<Vec<u8>> = on!(ground.tx, |c| draw::table.filter(draw::district.eq(district)).order(draw::id).select(draw::id).load(c))?;
    for id in ids {
        let columns = (draw::list, draw::commitment, draw::transcript);
        let (list, commitment, transcript): (String, Vec<u8>, Option<String>) = on!(ground.tx, |c| draw::table.find((district, &id)).select(columns).first(c))?;
        for what in wrong(&list, &commitment, transcript.as_deref()) {
            found.add(Finding::new(Code::DrawAltered, format!("draw {}: {what}", name(&id))));
        }
    }
    Ok(())
}

/// What is wrong with a draw as it is stored.
fn wrong(list: &str, commitment: &[u8], transcript: Option<&str>) -> Vec<String> {
    let Ok(list) = serde_json::from_str::<List>(list) else { return vec!["its list cannot be read".into()] };
    let Some(text) = transcript else { return Vec::new() };
    let Ok(transcript) = serde_json::from_str::<Transcript>(text) else { return vec!["its transcript cannot be read".into()] };
    let mut out = Vec::new();
    if commitment != transcript.commitment.0 {
        out.push("its commitment is not the one that was published".into());
    }
    if transcript.list.section_hashes().whole() != list.section_hashes().whole() {
        out.push("its list is not the one that was committed to".into());
    }
    out.extend(replay(&transcript).err().map(|finding| finding.to_string()));
    out
}
