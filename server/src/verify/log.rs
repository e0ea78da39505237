//! The Merkle log, recomputed from its leaves: right edge, kept inner nodes, and every root that a receipt named.

use std::collections::BTreeSet;

use diesel::prelude::*;
use sync_core::base::Digest;
use sync_core::base::merkle::{Frontier, Nodes, root_at};

use super::finding::{Code, Finding, Findings};
use super::ledger::Ledger;
use super::source::PAGE;
use super::{Ground, VerifyError};
use crate::on;
use crate::schema::{head, merkle_node, merkle_root};
use crate::sync::store::rows::{HeadRow, int, nat};

/// Every eighth level of inner nodes is kept.
const KEPT_LEVELS: u32 = 8;

/// All complete nodes of the log, or of its beginning up to the first leaf that is gone: 64 bytes a leaf.
#[derive(Default)]
pub struct Tree {
    levels: Vec<Vec<Digest>>,
}

/// A node that the tree has not.
#[derive(Debug)]
pub struct Absent;

impl Nodes for &Tree {
    type Error = Absent;
    fn node(&mut self, level: u32, index: u64) -> Result<Digest, Absent> {
        let row = self.levels.get(level as usize).ok_or(Absent)?;
        usize::try_from(index).ok().and_then(|i| row.get(i)).copied().ok_or(Absent)
    }
}

impl Tree {
    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |l| l.len() as u64)
    }

    /// The root of the first `size` leaves, if they are all here.
    pub fn root(&self, size: u64) -> Option<Digest> {
        root_at(&mut &*self, size).ok().filter(|_| size <= self.size())
    }

    fn push(&mut self, frontier: &mut Frontier, leaf: &Digest) {
        frontier.push(leaf, |node| {
            let level = node.level as usize;
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            if let Some(row) = self.levels.get_mut(level) {
                row.push(node.hash);
            }
        });
    }
}

/// Recomputes the log from the leaves of the ledger.
pub fn check(ground: &mut Ground<'_, '_>, ledger: &mut Ledger, found: &mut Findings) -> Result<Tree, VerifyError> {
    let district = ground.district;
    let row: HeadRow = on!(ground.tx, |c| head::table.find(district).select(HeadRow::as_select()).first(c))?;
    let size = nat(row.log_size);
    let mut leaves = std::mem::take(&mut ledger.leaves);
    leaves.sort_unstable();
    let (mut tree, mut frontier) = (Tree::default(), Frontier::default());
    let mut whole = true;
    let mut next = 0;
    for (leaf, hash) in leaves {
        if leaf >= size {
            found.add(Finding::new(Code::LeafBeyond, format!("leaf {leaf} is in the ledger, the head counts {size} leaves")));
            continue;
        }
        whole &= missing(next, leaf, found);
        next = leaf + 1;
        if whole {
            tree.push(&mut frontier, &hash);
        }
    }
    whole &= missing(next, size, found);
    if whole && row.log_peaks.as_slice() != frontier.peaks.iter().flat_map(|p| p.0).collect::<Vec<u8>>() {
        found.add(Finding::new(Code::FrontierAltered, format!("the right edge of the log of {size} leaves, as the head has it, is not that of its leaves")));
    }
    nodes(ground, &tree, whole, found)?;
    roots(ground, &tree, whole, found)?;
    Ok(tree)
}

/// Reports the leaves from `from` up to `to`, exclusive; says whether there are none.
fn missing(from: u64, to: u64, found: &mut Findings) -> bool {
    if from >= to {
        return true;
    }
    let leaves = if from + 1 == to { format!("leaf {from} of the log is") } else { format!("leaves {from} to {} of the log are", to - 1) };
    found.add(Finding::new(Code::LeafMissing, format!("{leaves} not in the ledger; nothing from there on can be recomputed")));
    false
}

fn nodes(ground: &mut Ground<'_, '_>, tree: &Tree, whole: bool, found: &mut Findings) -> Result<(), VerifyError> {
    let district = ground.district;
    let mut level = KEPT_LEVELS;
    let top = tree.levels.len().max(1) as u32;
    let strays: i64 = on!(ground.tx, |c| merkle_node::table
        .filter(merkle_node::district.eq(district))
        .filter(merkle_node::level.ge(i64::from(top)).or(merkle_node::level.lt(i64::from(KEPT_LEVELS))))
        .count()
        .get_result(c))?;
    if strays > 0 && whole {
        found.add(Finding::new(Code::NodeAltered, format!("{strays} inner nodes are stored at levels that a log of {} leaves has not", tree.size())));
    }
    while level < top {
        let computed = tree.levels.get(level as usize).map(Vec::as_slice).unwrap_or_default();
        let mut stored = BTreeSet::new();
        let mut at = -1;
        loop {
            let rows: Vec<(i64, Vec<u8>)> = on!(ground.tx, |c| merkle_node::table
                .filter(merkle_node::district.eq(district))
                .filter(merkle_node::level.eq(i64::from(level)))
                .filter(merkle_node::idx.gt(at))
                .order(merkle_node::idx)
                .limit(PAGE)
                .select((merkle_node::idx, merkle_node::hash))
                .load(c))?;
            let Some((last, _)) = rows.last() else { break };
            at = *last;
            for (idx, hash) in rows {
                stored.insert(nat(idx));
                match usize::try_from(idx).ok().and_then(|i| computed.get(i)) {
                    Some(true_hash) if true_hash.0 == hash.as_slice() => {}
                    None if !whole => {}
                    _ => found.add(Finding::new(Code::NodeAltered, format!("inner node {idx} at level {level} is not what its leaves give"))),
                }
            }
        }
        for idx in (0..computed.len() as u64).filter(|i| !stored.contains(i)) {
            found.add(Finding::new(Code::NodeMissing, format!("inner node {idx} at level {level} is gone")));
        }
        level += KEPT_LEVELS;
    }
    Ok(())
}

fn roots(ground: &mut Ground<'_, '_>, tree: &Tree, whole: bool, found: &mut Findings) -> Result<(), VerifyError> {
    let district = ground.district;
    let mut at = -1;
    loop {
        let rows: Vec<(i64, Vec<u8>)> = on!(ground.tx, |c| merkle_root::table
            .filter(merkle_root::district.eq(district))
            .filter(merkle_root::size.gt(at))
            .order(merkle_root::size)
            .limit(PAGE)
            .select((merkle_root::size, merkle_root::root))
            .load(c))?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        at = *last;
        for (size, root) in rows {
            match tree.root(nat(size)) {
                Some(computed) if computed.0 == root.as_slice() => {}
                None if !whole => {}
                None => found.add(Finding::new(Code::RootAltered, format!("a receipt named a root of {size} leaves, the log has {}", int(tree.size())))),
                Some(_) => found.add(Finding::new(Code::RootAltered, format!("the root that a receipt named for {size} leaves is not the root of those leaves"))),
            }
        }
    }
}
