//! Who can be drawn: objects with weights, inspectors, recusals, and whoever is excluded with the reason.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::Digest;
use crate::base::ids::is_token;

/// Most objects, inspectors or recusals of a list.
pub const MOST: usize = 20_000;
/// Most weight of an object.
pub const MAX_WEIGHT: u32 = 1_000_000;
const MAX_TEXT: usize = 500;

/// Why somebody or something is not drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// 频次上限: the cap is reached.
    Cap,
    /// 无事不扰: on the list of those who are not disturbed.
    Undisturbed,
    /// 重点监管: inspected in any case, so not drawn.
    FullCoverage,
    /// No certificate that is valid on the day.
    Certificate,
    /// Away.
    Absent,
    /// Something else, told by the reason.
    Other,
}

/// An exclusion with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// What kind.
    pub why: Why,
    /// The reason.
    pub reason: String,
}

/// An object that could be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// Its resolved key.
    pub key: String,
    /// Its weight by risk and credit: twice the weight, twice the chance at each turn.
    pub weight: u32,
    /// Why it is not drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<Exclusion>,
}

/// A certified officer who could be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspector {
    /// His key.
    pub key: String,
    /// Most objects for him.
    pub most: u32,
    /// Why he is not drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<Exclusion>,
}

/// An inspector who must not inspect an object (回避).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recusal {
    /// Who.
    pub inspector: String,
    /// Which object.
    pub object: String,
    /// Why.
    pub reason: String,
}

/// Who can be drawn, and how many are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// Which draw it is: organ, plan, date.
    pub title: String,
    /// How many objects to draw.
    pub draw: u32,
    /// How many inspectors for each.
    pub team: u32,
    /// Objects, ascending by key.
    pub objects: Vec<Object>,
    /// Inspectors, ascending by key.
    pub inspectors: Vec<Inspector>,
    /// Recusals, ascending by inspector and object.
    pub recusals: Vec<Recusal>,
}

/// What is wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{at}: {why}")]
pub struct ListFlaw {
    /// Where, as a path with dots.
    pub at: String,
    /// Reason and remedy.
    pub why: &'static str,
}

/// Hashes of a list's sections, so that a change can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionHashes {
    /// Title and numbers.
    pub terms: Digest,
    /// Keys of objects and inspectors, and how many objects an inspector may have.
    pub candidates: Digest,
    /// Weights of objects.
    pub weights: Digest,
    /// Exclusions of objects and inspectors with their reasons.
    pub exclusions: Digest,
    /// Recusals with their reasons.
    pub recusals: Digest,
}

impl SectionHashes {
    /// The hash of the whole list.
    pub fn whole(&self) -> Digest {
        Digest::tagged("zhifa.draw.list.v1", &[&self.terms.0, &self.candidates.0, &self.weights.0, &self.exclusions.0, &self.recusals.0])
    }
}

/// The hash of what a section says, as compact JSON.
fn hash(section: &str, what: &impl Serialize) -> Digest {
    Digest::tagged(section, &[&serde_json::to_vec(what).unwrap_or_default()])
}

impl List {
    /// Whether it can be drawn from.
    pub fn check(&self) -> Result<(), ListFlaw> {
        let flaw = |at: String, why| Err(ListFlaw { at, why });
        let said = |text: &str| !text.trim().is_empty() && text.len() <= MAX_TEXT;
        if !said(&self.title) {
            return flaw("title".into(), "say in 1 to 500 bytes which draw it is");
        }
        if self.draw == 0 || self.team == 0 {
            return flaw(if self.draw == 0 { "draw" } else { "team" }.into(), "must be at least 1");
        }
        for (at, len) in [("objects", self.objects.len()), ("inspectors", self.inspectors.len()), ("recusals", self.recusals.len())] {
            if len > MOST {
                return flaw(at.into(), "a list has at most 20000; draw by area or field");
            }
        }
        let order = "stands out of order or twice; give each key once, ascending";
        for (n, object) in self.objects.iter().enumerate() {
            if !is_token(&object.key) || n.checked_sub(1).and_then(|n| self.objects.get(n)).is_some_and(|before| before.key >= object.key) {
                return flaw(format!("objects.{n}.key"), order);
            }
            if !(1..=MAX_WEIGHT).contains(&object.weight) {
                return flaw(format!("objects.{n}.weight"), "give 1 to 1000000; whoever must not be drawn is excluded with a reason");
            }
        }
        for (n, inspector) in self.inspectors.iter().enumerate() {
            if !is_token(&inspector.key) || n.checked_sub(1).and_then(|n| self.inspectors.get(n)).is_some_and(|before| before.key >= inspector.key) {
                return flaw(format!("inspectors.{n}.key"), order);
            }
        }
        let objects = self.objects.iter().enumerate().map(|(n, object)| ("objects", n, &object.excluded));
        let inspectors = self.inspectors.iter().enumerate().map(|(n, inspector)| ("inspectors", n, &inspector.excluded));
        for (section, n, excluded) in objects.chain(inspectors) {
            if excluded.as_ref().is_some_and(|exclusion| !said(&exclusion.reason)) {
                return flaw(format!("{section}.{n}.excluded.reason"), "give the reason in 1 to 500 bytes");
            }
        }
        let objects: BTreeSet<&str> = self.objects.iter().map(|object| &*object.key).collect();
        let inspectors: BTreeSet<&str> = self.inspectors.iter().map(|inspector| &*inspector.key).collect();
        let mut before: Option<(&str, &str)> = None;
        for (n, recusal) in self.recusals.iter().enumerate() {
            let key = (&*recusal.inspector, &*recusal.object);
            if before.is_some_and(|before| before >= key) {
                return flaw(format!("recusals.{n}"), order);
            }
            before = Some(key);
            if !inspectors.contains(key.0) || !objects.contains(key.1) {
                return flaw(format!("recusals.{n}"), "names an inspector or an object that is not on the list");
            }
            if !said(&recusal.reason) {
                return flaw(format!("recusals.{n}.reason"), "give the reason in 1 to 500 bytes");
            }
        }
        Ok(())
    }

    /// The hashes of its sections.
    pub fn section_hashes(&self) -> SectionHashes {
        let keys: Vec<&str> = self.objects.iter().map(|object| &*object.key).collect();
        let inspectors: Vec<(&str, u32)> = self.inspectors.iter().map(|inspector| (&*inspector.key, inspector.most)).collect();
        let weights: Vec<u32> = self.objects.iter().map(|object| object.weight).collect();
        let objects = self.objects.iter().filter_map(|object| Some(("object", &object.key, object.excluded.as_ref()?)));
        let excluded: Vec<_> = objects.chain(self.inspectors.iter().filter_map(|inspector| Some(("inspector", &inspector.key, inspector.excluded.as_ref()?)))).collect();
        SectionHashes {
            terms: hash("zhifa.draw.terms.v1", &(&self.title, self.draw, self.team)),
            candidates: hash("zhifa.draw.candidates.v1", &(keys, inspectors)),
            weights: hash("zhifa.draw.weights.v1", &weights),
            exclusions: hash("zhifa.draw.exclusions.v1", &excluded),
            recusals: hash("zhifa.draw.recusals.v1", &self.recusals),
        }
    }
}
