//! Finding matters, organs, units, areas and sites by what an officer types.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sync_core::base::Date;
use sync_core::catalogue::search::Hit;
use sync_core::catalogue::{PowerType, authority};
use sync_core::dated::Kind;
use sync_core::org::Organ;

use super::memory::{Law, NAMED, name_of};
use crate::device::error::{DeviceError, Result};
use crate::device::runtime::Device;

/// Most hits of one search.
const MAX_HITS: usize = 200;
/// Hits where nothing is said.
const HITS: usize = 20;
/// Longest query, in bytes.
const MAX_QUERY: usize = 400;

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// A matter of the catalogue.
    Matter,
    /// An organ.
    Organ,
    /// A unit.
    Unit,
    /// An area.
    Area,
    /// A site that records tell of.
    Site,
}

impl Found {
    fn of(kind: Kind) -> Option<Found> {
        match kind {
            Kind::Matter => Some(Found::Matter),
            Kind::Organ => Some(Found::Organ),
            Kind::Unit => Some(Found::Unit),
            Kind::Area => Some(Found::Area),
            Kind::Post | Kind::Certificate | Kind::Power | Kind::Transfer | Kind::Year | Kind::Policy | Kind::Guidance => None,
        }
    }
}

/// What to look for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchInput {
    /// Format of this object: 1, or left out.
    pub v: Option<u32>,
    /// Words: Chinese, pinyin, initials, or the beginning of a code. All must be found; without any, everything is.
    pub q: String,
    /// Only these; all if empty.
    pub kinds: Vec<Found>,
    /// The day on which it is in force; today if left out.
    pub day: Option<Date>,
    /// The area whose holder of the power to punish is told with a matter; the areas of the pack if left out.
    pub area: Option<String>,
    /// Hits, at most 200; 20 if left out.
    pub limit: Option<usize>,
}

impl Device {
    /// `{day, hits: [{kind, key, name, rank, organ?, highlights}]}`, best first.
    pub fn law_search(&self, input: &SearchInput) -> Result<Json> {
        self.may_read()?;
        let limit = match input.limit.unwrap_or(HITS) {
            n @ 1..=MAX_HITS => n,
            _ => return Err(DeviceError::argument("limit", format_args!("must be from 1 to {MAX_HITS}"))),
        };
        if input.q.len() > MAX_QUERY {
            return Err(DeviceError::argument("q", format_args!("longer than {MAX_QUERY} bytes")));
        }
        let wanted = |found: Found| input.kinds.is_empty() || input.kinds.contains(&found);
        let law = NAMED.into_iter().filter_map(Found::of).any(wanted).then(|| self.law()).transpose()?;
        let day = self.day_or_today(input.day, law.as_deref());
        let sites = wanted(Found::Site).then(|| self.sites()).transpose()?;

        let mut hits: Vec<(Found, Hit<'_>)> = Vec::new();
        for (kind, index) in law.iter().flat_map(|law| law.names()) {
            let Some(found) = Found::of(*kind).filter(|found| wanted(*found)) else { continue };
            let in_force = |hit: &Hit<'_>| law.as_ref().and_then(|law| name_of(law.book.at(*kind, hit.id, day)?)).is_some_and(|name| name == hit.name);
            hits.extend(index.search(&input.q, usize::MAX).into_iter().filter(in_force).take(limit).map(|hit| (found, hit)));
        }
        if let Some(sites) = &sites {
            let mut last = Vec::new();
            for hit in sites.index.search(&input.q, limit.saturating_mul(2)) {
                // A site may answer to several names; the best is shown.
                if !last.contains(&hit.id) {
                    last.push(hit.id);
                    hits.push((Found::Site, hit));
                }
            }
        }
        hits.sort_by_key(|(_, hit)| hit.rank);
        hits.truncate(limit);
        let shown = hits.iter().map(|(found, hit)| {
            let holder = law.as_ref().filter(|_| *found == Found::Matter).and_then(|law| holder(law, hit.id, input.area.as_deref(), day));
            json!({ "kind": found, "key": hit.id, "name": hit.name, "rank": hit.rank, "organ": holder, "highlights": highlights(hit.name, &input.q) })
        });
        Ok(json!({ "v": 1, "day": day, "hits": shown.collect::<Vec<_>>() }))
    }
}

/// Code and name of the organ that may punish in a matter.
fn holder(law: &Law, matter: &str, area: Option<&str>, day: Date) -> Option<Json> {
    let of = |area: &str| authority(&law.book, matter, area, PowerType::Penalty, day).ok();
    let holder = match area {
        Some(area) => of(area),
        None => law.areas.iter().find_map(|area| of(area)),
    }?;
    let name = law.book.get::<Organ>(&holder.organ, day).map(|organ| organ.name);
    Some(json!({ "key": holder.organ, "name": name }))
}

/// Where the words of a query stand in a name as they were typed: first character and number of characters. Words that were
/// found by their sound are not marked.
fn highlights(name: &str, query: &str) -> Vec<(usize, usize)> {
    let small = |text: &str| text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect::<Vec<char>>();
    let name = small(name);
    let mut out = Vec::new();
    for word in query.split_whitespace().map(small).filter(|word| !word.is_empty()) {
        if let Some(at) = name.windows(word.len()).position(|part| part == word) {
            out.push((at, word.len()));
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}
