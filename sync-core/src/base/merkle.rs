//! A Merkle log as in RFC 6962 §2.1: appends, roots, inclusion and consistency proofs, and their checks.
//!
//! Nodes are named (level, index): level 0 holds the leaves' hashes, node (l, i) covers leaves
//! `i·2^l .. (i+1)·2^l` and exists once all of them do.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Digest;

/// The hash of a leaf: SHA-256 over 0x00 and the leaf's bytes. Our leaves are change hashes.
pub fn leaf_hash(leaf: &Digest) -> Digest {
    let mut h = Sha256::new();
    h.update([0]);
    h.update(leaf.0);
    Digest(h.finalize().into())
}

/// The hash of an inner node: SHA-256 over 0x01, left and right.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut h = Sha256::new();
    h.update([1]);
    h.update(left.0);
    h.update(right.0);
    Digest(h.finalize().into())
}

/// The root of the empty log: SHA-256 of nothing.
pub fn empty_root() -> Digest {
    Digest::plain(b"")
}

/// The right edge of a log: enough to append and to know the root.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Frontier {
    /// Number of leaves.
    pub size: u64,
    /// Roots of the complete subtrees, largest first: one per one-bit of `size`.
    pub peaks: Vec<Digest>,
}

/// A node that became complete by an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Complete {
    /// Its level; 0 is the leaf itself.
    pub level: u32,
    /// Its index at that level.
    pub index: u64,
    /// Its hash.
    pub hash: Digest,
}

impl Frontier {
    /// Appends a leaf; calls `complete` for each node that is complete from now on, the leaf first.
    pub fn push(&mut self, leaf: &Digest, mut complete: impl FnMut(Complete)) {
        let mut hash = leaf_hash(leaf);
        let mut index = self.size;
        let mut level = 0;
        complete(Complete { level, index, hash });
        while index & 1 == 1 {
            let left = self.peaks.pop().unwrap_or_default();
            hash = node_hash(&left, &hash);
            index >>= 1;
            level += 1;
            complete(Complete { level, index, hash });
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root of the log.
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => empty_root(),
            Some(last) => peaks.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

/// Gives the hash of a complete node (level, index).
pub trait Nodes {
    /// Why a node could not be had.
    type Error;
    /// The hash of node `index` at `level`.
    fn node(&mut self, level: u32, index: u64) -> Result<Digest, Self::Error>;
}

/// Hash of the tree over leaves `start .. start + size`, where `start` is a multiple of the largest power of two ≤ `size`.
fn subtree<N: Nodes>(nodes: &mut N, start: u64, size: u64) -> Result<Digest, N::Error> {
    if size == 0 {
        return Ok(empty_root());
    }
    if size.is_power_of_two() {
        let level = size.trailing_zeros();
        return nodes.node(level, start >> level);
    }
    let left = split(size);
    Ok(node_hash(&subtree(nodes, start, left)?, &subtree(nodes, start + left, size - left)?))
}

/// The largest power of two smaller than `size` (≥ 2).
fn split(size: u64) -> u64 {
    let half = size.next_power_of_two() >> 1;
    if half == size { half >> 1 } else { half }
}

/// The root of the first `size` leaves.
pub fn root_at<N: Nodes>(nodes: &mut N, size: u64) -> Result<Digest, N::Error> {
    subtree(nodes, 0, size)
}

/// The path that proves leaf `index` to be in the log of `size` leaves (RFC 6962 §2.1.1), leaf side first.
pub fn inclusion_proof<N: Nodes>(nodes: &mut N, index: u64, size: u64) -> Result<Vec<Digest>, N::Error> {
    let mut path = Vec::new();
    let (mut start, mut len) = (0, size);
    while len > 1 {
        let left = split(len);
        if index < start + left {
            path.push(subtree(nodes, start + left, len - left)?);
            len = left;
        } else {
            path.push(subtree(nodes, start, left)?);
            start += left;
            len -= left;
        }
    }
    path.reverse();
    Ok(path)
}

/// Whether `path` proves `leaf` to stand at `index` in the log of `size` leaves with this `root`.
pub fn verify_inclusion(leaf: &Digest, index: u64, size: u64, path: &[Digest], root: &Digest) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf_hash(leaf));
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// The path that proves the log of `old` leaves to be the beginning of the log of `new` leaves (RFC 6962 §2.1.2).
pub fn consistency_proof<N: Nodes>(nodes: &mut N, old: u64, new: u64) -> Result<Vec<Digest>, N::Error> {
    let mut path = Vec::new();
    if old == 0 || old >= new {
        return Ok(path);
    }
    let (mut start, mut len, mut old, mut whole) = (0, new, old, true);
    while old != len {
        let left = split(len);
        if old <= left {
            path.push(subtree(nodes, start + left, len - left)?);
            len = left;
        } else {
            path.push(subtree(nodes, start, left)?);
            start += left;
            len -= left;
            old -= left;
            whole = false;
        }
    }
    if !whole {
        path.push(subtree(nodes, start, len)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether `path` proves that the log (`old_size`, `old_root`) is the beginning of (`new_size`, `new_root`).
pub fn verify_consistency(old_size: u64, old_root: &Digest, new_size: u64, new_root: &Digest, path: &[Digest]) -> bool {
    if old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return path.is_empty() && old_root == new_root;
    }
    if old_size == 0 {
        return path.is_empty() && *old_root == empty_root();
    }
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let mut path = path.iter();
    let seed = if node == 0 { Some(*old_root) } else { path.next().copied() };
    let Some(seed) = seed else { return false };
    let (mut old_hash, mut new_hash) = (seed, seed);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[derive(Default)]
    struct Map(HashMap<(u32, u64), Digest>);
    impl Nodes for Map {
        type Error = ();
        fn node(&mut self, level: u32, index: u64) -> Result<Digest, ()> {
            self.0.get(&(level, index)).copied().ok_or(())
        }
    }

    fn log(n: u64) -> (Frontier, Map, Vec<Digest>, Vec<Digest>) {
        let (mut f, mut m, mut leaves, mut roots) = (Frontier::default(), Map::default(), vec![], vec![empty_root()]);
        for i in 0..n {
            let leaf = Digest::plain(&i.to_be_bytes());
            f.push(&leaf, |c| {
                m.0.insert((c.level, c.index), c.hash);
            });
            leaves.push(leaf);
            roots.push(f.root());
        }
        (f, m, leaves, roots)
    }

    /// Merkle tree hash straight from the definition of RFC 6962 §2.1.
    fn definition(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => empty_root(),
            [one] => leaf_hash(one),
            many => {
                let (l, r) = many.split_at(split(many.len() as u64) as usize);
                node_hash(&definition(l), &definition(r))
            }
        }
    }

    #[test]
    fn known_roots_of_rfc_6962() {
        // The empty log, and the well-known test log of Certificate Transparency with the empty leaf:
        // MTH({""}) = SHA-256(0x00).
        assert_eq!(hex::encode(empty_root().0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let mut h = Sha256::new();
        h.update([0]);
        assert_eq!(hex::encode(h.finalize()), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }

    #[test]
    fn all_proofs_of_all_small_logs_hold_and_no_altered_one_does() {
        let (_, mut nodes, leaves, roots) = log(40);
        for size in 1..=40u64 {
            let root = roots[size as usize];
            assert_eq!(root, definition(&leaves[..size as usize]));
            assert_eq!(root_at(&mut nodes, size), Ok(root));
            for i in 0..size {
                let path = inclusion_proof(&mut nodes, i, size).unwrap();
                assert!(verify_inclusion(&leaves[i as usize], i, size, &path, &root));
                assert!(!verify_inclusion(&leaves[i as usize], (i + 1) % 41, size, &path, &root) || size == 1 && i == 1);
                assert!(!verify_inclusion(&Digest::ZERO, i, size, &path, &root));
                for k in 0..path.len() {
                    let mut bad = path.clone();
                    bad[k].0[0] ^= 1;
                    assert!(!verify_inclusion(&leaves[i as usize], i, size, &bad, &root));
                }
            }
            for old in 0..=size {
                let path = consistency_proof(&mut nodes, old, size).unwrap();
                assert!(verify_consistency(old, &roots[old as usize], size, &root, &path), "{old} → {size}");
                let mut forged = roots[old as usize];
                forged.0[3] ^= 1;
                assert!(!verify_consistency(old, &forged, size, &root, &path));
            }
        }
    }
}
