//! Which objects may be one (`domain.md` §3.5): proposals with their evidence, for people to decide.
//!
//! Evidence is an identifying number that both bear, a name that both bear, or a place nearby under a similar name. Names and
//! places say nothing where numbers contradict: two firms of one name with two credit codes are two firms, two phases of a
//! site with two permits are two sites. A renamed object keeps its former name as an alias, so it is found under both.
//!
//! Objects are sorted into buckets by number, by name and by place, never compared all with all. A number or a name that very
//! many bear says nothing about any two of them; it is named in [`Found::crowded`] instead. Deliberately absent: joining
//! anything. Distances are hints to people here, as `base::geo` has it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Alias, AliasKind};
use crate::base::RecordId;
use crate::base::geo::Point;

/// Similarity of two names, in thousandths, from which objects nearby are proposed. No rule says how much: of this system's own making.
pub const SIMILAR: u32 = 500;
/// Most objects that share a number, a name or a neighbourhood and are still compared.
pub const MAX_BUCKET: usize = 32;

/// An object as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The record.
    pub record: RecordId,
    /// Where its joins end: objects of one root are one already.
    pub root: RecordId,
    /// Its names and numbers.
    pub aliases: Vec<Alias>,
    /// Where it is.
    pub place: Option<Point>,
    /// Objects of which somebody said that they are not this one.
    pub apart: BTreeSet<RecordId>,
}

/// Why two objects may be one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "evidence", rename_all = "snake_case")]
pub enum Evidence {
    /// Both bear a number that identifies.
    SameNumber {
        /// What it is of.
        kind: AliasKind,
        /// The number, normalised.
        value: String,
    },
    /// Both bear a name.
    SameName {
        /// The name, normalised.
        value: String,
    },
    /// They lie close together, under names that are alike.
    NearAndSimilar {
        /// Metres between them.
        metres: i64,
        /// How alike their names are ([`similarity`]), in thousandths.
        similarity: u32,
    },
}

/// Two objects that may be one; `one` is the lesser id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// The one.
    pub one: RecordId,
    /// The other.
    pub other: RecordId,
    /// Why, numbers first.
    pub evidence: BTreeSet<Evidence>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Found {
    /// The proposals, in order of their ids.
    pub proposals: Vec<Proposal>,
    /// Numbers and names that more than [`MAX_BUCKET`] objects bear.
    pub crowded: Vec<Alias>,
    /// Objects with more than [`MAX_BUCKET`] others around them, which were not compared by place.
    pub crowded_places: Vec<RecordId>,
    /// How many pairs were looked at.
    pub compared: usize,
}

/// Proposals among objects of one kind of record (`kind` is its name). `metres` is the policy `inspection.merge.distance`.
pub fn duplicates(kind: &str, entries: &[Entry], metres: i64) -> Found {
    let mut work = Work { kind, pairs: BTreeMap::new(), compared: 0 };
    let mut out = Found::default();
    let mut buckets: BTreeMap<&Alias, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        for alias in entry.aliases.iter().filter(|a| a.kind == AliasKind::Name || a.kind.identifies(kind)) {
            buckets.entry(alias).or_default().push(entry);
        }
    }
    for (alias, bucket) in buckets {
        if bucket.len() > MAX_BUCKET {
            out.crowded.push(alias.clone());
            continue;
        }
        for (at, one) in bucket.iter().enumerate() {
            for other in bucket.iter().skip(at + 1) {
                work.bear(one, other, alias);
            }
        }
    }
    out.crowded_places = work.places(entries, metres);
    out.compared = work.compared;
    out.proposals = work.pairs.into_iter().map(|((one, other), evidence)| Proposal { one, other, evidence }).collect();
    out
}

struct Work<'a> {
    kind: &'a str,
    pairs: BTreeMap<(RecordId, RecordId), BTreeSet<Evidence>>,
    compared: usize,
}

impl Work<'_> {
    fn note(&mut self, one: &Entry, other: &Entry, evidence: Evidence) {
        let pair = (one.record.min(other.record), one.record.max(other.record));
        self.pairs.entry(pair).or_default().insert(evidence);
    }

    /// Two objects that bear an alias.
    fn bear(&mut self, one: &Entry, other: &Entry, alias: &Alias) {
        self.compared += 1;
        if settled(one, other) {
            return;
        }
        match alias.kind {
            AliasKind::Name if !self.contradicted(one, other) => self.note(one, other, Evidence::SameName { value: alias.value.clone() }),
            AliasKind::Name => {}
            kind => self.note(one, other, Evidence::SameNumber { kind, value: alias.value.clone() }),
        }
    }

    /// Two objects of which at most one is not far from the other.
    fn near(&mut self, (one, at): (&Entry, &Point), (other, there): (&Entry, &Point), metres: i64) {
        self.compared += 1;
        if settled(one, other) {
            return;
        }
        let apart = at.metres_to(there);
        if apart > metres || self.contradicted(one, other) {
            return;
        }
        let names = |entry: &'_ Entry| entry.aliases.iter().filter(|a| a.kind == AliasKind::Name).map(|a| a.value.clone()).collect::<Vec<_>>();
        let best = names(one).iter().flat_map(|a| names(other).into_iter().map(move |b| similarity(a, &b))).max();
        if let Some(similarity) = best.filter(|s| *s >= SIMILAR) {
            self.note(one, other, Evidence::NearAndSimilar { metres: apart, similarity });
        }
    }

    /// Whether both bear numbers of one kind, none of them the same, and no number of another kind joins them.
    fn contradicted(&self, one: &Entry, other: &Entry) -> bool {
        let mut differ = false;
        for kind in AliasKind::ALL.iter().filter(|kind| kind.identifies(self.kind)) {
            let of = |entry: &'_ Entry| entry.aliases.iter().filter(|a| a.kind == *kind).cloned().collect::<BTreeSet<_>>();
            let (mine, theirs) = (of(one), of(other));
            if mine.intersection(&theirs).next().is_some() {
                return false;
            }
            differ |= !mine.is_empty() && !theirs.is_empty();
        }
        differ
    }

    /// Compares what lies within `metres`. Rows of latitude are sorted by longitude; each object looks eastwards in its own row
    /// and both ways in the next. Gives the objects with too many around them.
    fn places(&mut self, entries: &[Entry], metres: i64) -> Vec<RecordId> {
        // Distances are rounded: what counts as 50 m may be almost 51.
        let within = metres.max(0).saturating_add(1);
        let height = within.saturating_mul(E7_PER_METRE);
        let mut rows: BTreeMap<i64, Vec<(&Entry, Point)>> = BTreeMap::new();
        for entry in entries {
            if let Some(place) = entry.place {
                rows.entry(place.lat_e7().div_euclid(height)).or_default().push((entry, place));
            }
        }
        for row in rows.values_mut() {
            row.sort_by_key(|(entry, place)| (place.lon_e7(), entry.record));
        }
        let mut crowded = Vec::new();
        for (number, row) in &rows {
            let next = rows.get(&(number + 1)).map_or(&[][..], Vec::as_slice);
            for (at, (one, place)) in row.iter().enumerate() {
                let reach = reach_e7(place, height, within);
                let (west, east) = (place.lon_e7() - reach, place.lon_e7() + reach);
                let begins = next.partition_point(|(_, p)| p.lon_e7() < west);
                let own = row.iter().skip(at + 1).take_while(|(_, p)| p.lon_e7() <= east);
                let around = own.chain(next.iter().skip(begins).take_while(|(_, p)| p.lon_e7() <= east));
                let around: Vec<&(&Entry, Point)> = around.take(MAX_BUCKET + 1).collect();
                if around.len() > MAX_BUCKET {
                    crowded.push(one.record);
                    continue;
                }
                for (other, there) in around {
                    self.near((one, place), (other, there), metres);
                }
            }
        }
        crowded.sort_unstable();
        crowded
    }
}

/// Units of stored coordinates per metre of a meridian, rounded up.
const E7_PER_METRE: i64 = 91;

/// How far in longitude something within `metres` of a place can lie, in its own row or the next.
fn reach_e7(place: &Point, height: i64, metres: i64) -> i64 {
    let farthest = (place.lat_e7().abs() + 2 * height) as f64 / 1e7;
    let shrink = farthest.min(89.9).to_radians().cos();
    ((metres * E7_PER_METRE) as f64 / shrink).ceil() as i64
}

/// Whether nothing is to be proposed about two objects: they are the same record, joined already, or said to be two.
fn settled(one: &Entry, other: &Entry) -> bool {
    one.record == other.record || one.root == other.root || one.apart.contains(&other.record) || other.apart.contains(&one.record)
}

/// How alike two normalised names are, in thousandths: twice the pairs of neighbouring characters that both have over the
/// number of pairs of both (Dice). Names with other numerals are names of other things: 一期 is not 二期.
pub fn similarity(one: &str, other: &str) -> u32 {
    if one == other {
        return 1_000;
    }
    if numerals(one) != numerals(other) {
        return 0;
    }
    let (mut a, mut b) = (pairs(one), pairs(other));
    let all = a.len() + b.len();
    if all == 0 {
        return 0;
    }
    a.sort_unstable();
    b.sort_unstable();
    let (mut a, mut b, mut common) = (a.into_iter().peekable(), b.into_iter().peekable(), 0usize);
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => _ = a.next(),
            std::cmp::Ordering::Greater => _ = b.next(),
            std::cmp::Ordering::Equal => {
                common += 1;
                _ = (a.next(), b.next());
            }
        }
    }
    u32::try_from(2_000 * common / all).unwrap_or(1_000)
}

fn pairs(name: &str) -> Vec<(char, char)> {
    name.chars().zip(name.chars().skip(1)).collect()
}

/// The numerals of a name in order, Chinese ones as digits.
fn numerals(name: &str) -> Vec<char> {
    const CHINESE: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let digit = |c: char| {
        let chinese = CHINESE.iter().position(|n| *n == c).and_then(|n| char::from_digit(u32::try_from(n).ok()?, 10));
        chinese.or_else(|| (c.is_ascii_digit() || c == '十').then_some(c))
    };
    name.chars().filter_map(digit).collect()
}

#[cfg(test)]
mod tests;
