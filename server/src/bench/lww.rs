//! The floor of a merge: one (time, author) register a field, grow-only photo sets, a log, hand-written bytes.
//!
//! It has no chain, no signature, no causes, no disagreements and no field names. It is here so that the merge can be
//! given as a part of what the machine could do in the same minute.

use super::workload::{ADDRESSABLE, HEADERS, ITEMS};

const PHOTOS: usize = HEADERS + 2 * ITEMS;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    time: u64,
    author: u64,
    value: Box<[u8]>,
}

struct Op {
    field: usize,
    entry: Entry,
}

/// A record.
#[derive(Default)]
pub struct Doc {
    author: u64,
    clock: u64,
    registers: Vec<Entry>,
    photos: Vec<Vec<Entry>>,
    log: Vec<Op>,
}

fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 128 {
        out.push((n & 127) as u8 | 128);
        n >>= 7;
    }
    out.push(n as u8);
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self) -> u64 {
        let (mut n, mut shift) = (0, 0);
        while let Some((first, rest)) = self.0.split_first() {
            self.0 = rest;
            n |= u64::from(first & 127) << shift;
            if *first < 128 {
                break;
            }
            shift += 7;
        }
        n
    }

    fn bytes(&mut self) -> Box<[u8]> {
        let n = self.number() as usize;
        let (bytes, rest) = self.0.split_at_checked(n).unwrap_or_default();
        self.0 = rest;
        bytes.into()
    }

    fn entry(&mut self) -> Entry {
        Entry { time: self.number(), author: self.number(), value: self.bytes() }
    }

    fn entries(&mut self) -> Vec<Entry> {
        (0..self.number()).map(|_| self.entry()).collect()
    }
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry) {
    put(out, entry.time);
    put(out, entry.author);
    put(out, entry.value.len() as u64);
    out.extend_from_slice(&entry.value);
}

/// Where edit `j` of document `k` goes.
pub fn target(k: usize, j: usize) -> usize {
    (k * 7 + j * 11) % ADDRESSABLE
}

impl Doc {
    /// A record with these values in its registers.
    pub fn new<'v>(values: impl Iterator<Item = &'v str>) -> Doc {
        let entry = |v: &str| Entry { time: 1_780_000_000_000_000, author: 0, value: v.as_bytes().into() };
        let mut registers: Vec<Entry> = values.take(PHOTOS).map(entry).collect();
        registers.resize(PHOTOS, entry("\"\""));
        Doc { author: 0, clock: 1_780_000_000_000_000, registers, photos: vec![Vec::new(); ITEMS], log: Vec::new() }
    }

    /// Stored form.
    pub fn save(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, self.clock);
        put(&mut out, self.registers.len() as u64);
        self.registers.iter().for_each(|e| put_entry(&mut out, e));
        for photos in &self.photos {
            put(&mut out, photos.len() as u64);
            photos.iter().for_each(|e| put_entry(&mut out, e));
        }
        out
    }

    /// From the stored form, for an author.
    pub fn load(bytes: &[u8], author: u64) -> Doc {
        let mut r = Reader(bytes);
        let clock = r.number();
        let registers = r.entries();
        Doc { author, clock, registers, photos: (0..ITEMS).map(|_| r.entries()).collect(), log: Vec::new() }
    }

    fn apply(&mut self, op: Op) {
        self.clock = self.clock.max(op.entry.time);
        if let Some(register) = self.registers.get_mut(op.field) {
            if (op.entry.time, op.entry.author) > (register.time, register.author) {
                *register = op.entry.clone();
            }
        } else if let Some(photos) = self.photos.get_mut(op.field.saturating_sub(PHOTOS))
            && let Err(at) = photos.binary_search(&op.entry)
        {
            photos.insert(at, op.entry.clone());
        }
        self.log.push(op);
    }

    /// One edit.
    pub fn edit(&mut self, field: usize, value: &str) {
        let entry = Entry { time: self.clock + 1, author: self.author, value: value.as_bytes().into() };
        self.apply(Op { field, entry });
    }

    /// The log from entry `from` on.
    pub fn export(&self, from: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for op in self.log.iter().skip(from) {
            put(&mut out, op.field as u64);
            put_entry(&mut out, &op.entry);
        }
        out
    }

    /// Takes a log in.
    pub fn import(&mut self, bytes: &[u8]) {
        let mut r = Reader(bytes);
        while !r.0.is_empty() {
            let op = Op { field: r.number() as usize, entry: r.entry() };
            self.apply(op);
        }
    }
}
