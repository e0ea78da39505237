//! Finding a matter or a site by its name as people type it: Chinese words, pinyin, initials, or the beginning of a code.
//!
//! Capitals and full-width letters count as small ones. A character with several readings answers to each (重庆: "cq" and
//! "zq"). Characters without a reading, such as punctuation, are passed over by pinyin and initials. Several words must
//! all be found, in any order. Built once; a query allocates for itself and its hits, nothing for a name.
//!
//! Deliberately absent: typing errors. Law is looked up by what it says.

use std::collections::HashMap;
use std::ops::Range;

use pinyin::ToPinyinMulti;
use serde::Serialize;

/// Most words of a query that count; more are ignored.
const MAX_WORDS: usize = 8;
/// Longest word that is tried as pinyin: bytes.
const MAX_SPOKEN: usize = 64;

/// How well a name fits, best first. Of several words, the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// The whole name or code.
    Exact,
    /// The beginning of the name or code.
    Prefix,
    /// A part of the name.
    Substring,
    /// Full pinyin of the beginning; the last syllable may be unfinished.
    PinyinStart,
    /// Initials of the beginning.
    InitialsStart,
    /// Full pinyin of a part.
    Pinyin,
    /// Initials of a part.
    Initials,
}

/// Whether ids are codes that people type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    /// Codes: found by their beginning.
    Codes,
    /// Ids that nobody types, such as those of records.
    Hidden,
}

/// A name that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Hit<'a> {
    /// Its id.
    pub id: &'a str,
    /// The name as it was entered.
    pub name: &'a str,
    /// How well it fits.
    pub rank: Rank,
}

/// The readings of one character.
struct Sound {
    /// A bit for each letter or digit with which a reading begins.
    initials: u64,
    /// Its readings among all readings.
    readings: Range<u32>,
}

struct Entry {
    id: Box<str>,
    name: Box<str>,
    /// The id folded; empty if hidden.
    code: Box<str>,
    /// The name folded.
    text: Box<str>,
    /// The characters of the name, hashed to bits: what is missing here need not be looked for.
    letters: u64,
    /// All initials of the name.
    initials: u64,
    /// Its characters' sounds among all sounds.
    sounds: Range<u32>,
}

/// Names with ids, ready to be searched.
pub struct Index {
    entries: Vec<Entry>,
    sounds: Vec<Sound>,
    /// Indices of syllables.
    readings: Vec<u16>,
    syllables: Vec<Box<str>>,
}

/// One word of a query.
struct Word {
    text: String,
    letters: u64,
    /// The word as pinyin, if it can be one.
    spoken: Option<(Box<[u8]>, u64)>,
}

/// Width and capitals do not count.
fn fold(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
        _ => c,
    };
    text.chars().map(narrow).flat_map(char::to_lowercase).collect()
}

/// Pinyin in letters of a keyboard: ü is typed v, marks are left out.
fn typed(syllable: &str) -> String {
    let letter = |c: char| match c {
        'ü' => Some('v'),
        'ê' => Some('e'),
        'a'..='z' | '0'..='9' => Some(c),
        _ => None,
    };
    syllable.chars().filter_map(letter).collect()
}

/// The readings of a folded character, each once; a letter or digit reads as itself.
fn readings(c: char) -> Vec<String> {
    if c.is_ascii_alphanumeric() {
        return vec![c.to_string()];
    }
    let mut out = Vec::new();
    for reading in c.to_pinyin_multi().into_iter().flatten() {
        let reading = typed(reading.plain());
        if !reading.is_empty() && !out.contains(&reading) {
            out.push(reading);
        }
    }
    out
}

/// The bit of a letter or digit; none for anything else.
fn bit(byte: u8) -> u64 {
    match byte {
        b'a'..=b'z' => 1 << (byte - b'a'),
        b'0'..=b'9' => 1 << (byte - b'0' + 26),
        _ => 0,
    }
}

/// The bits of all characters of a text: a filter, so that two may share one.
fn letters(text: &str) -> u64 {
    text.chars().fold(0, |bits, c| bits | 1 << (u32::from(c).wrapping_mul(0x9e37_79b1) >> 26))
}

impl Word {
    fn new(text: &str) -> Word {
        let spoken = text.chars().all(|c| c.is_ascii_alphanumeric() || c == 'ü') && text.len() <= MAX_SPOKEN;
        let spoken = spoken.then(|| typed(text).into_bytes().into_boxed_slice()).filter(|spoken| !spoken.is_empty());
        Word { text: text.to_owned(), letters: letters(text), spoken: spoken.map(|s| (s.clone(), s.iter().fold(0, |bits, b| bits | bit(*b)))) }
    }
}

impl Index {
    /// An index over pairs of id and name, in the order in which equal hits are shown.
    pub fn new<I: AsRef<str>, N: AsRef<str>>(ids: Ids, pairs: impl IntoIterator<Item = (I, N)>) -> Index {
        let mut index = Index { entries: Vec::new(), sounds: Vec::new(), readings: Vec::new(), syllables: Vec::new() };
        // Names share most of their characters: each is read once.
        let mut known: HashMap<char, (u64, Range<u32>)> = HashMap::new();
        let mut syllables: HashMap<String, u16> = HashMap::new();
        for (id, name) in pairs {
            let (id, name) = (id.as_ref(), name.as_ref());
            let text = fold(name);
            let first = index.sounds.len() as u32;
            let mut all = 0;
            for c in text.chars() {
                let (initials, range) = known.entry(c).or_insert_with(|| index.read(c, &mut syllables)).clone();
                if !range.is_empty() {
                    all |= initials;
                    index.sounds.push(Sound { initials, readings: range });
                }
            }
            let code = if ids == Ids::Codes { fold(id) } else { String::new() };
            index.entries.push(Entry {
                id: id.into(),
                name: name.into(),
                code: code.into(),
                letters: letters(&text),
                text: text.into(),
                initials: all,
                sounds: first..index.sounds.len() as u32,
            });
        }
        index
    }

    /// Enters the readings of a character.
    fn read(&mut self, c: char, syllables: &mut HashMap<String, u16>) -> (u64, Range<u32>) {
        let first = self.readings.len() as u32;
        let mut initials = 0;
        for reading in readings(c) {
            initials |= reading.bytes().next().map_or(0, bit);
            let id = *syllables.entry(reading).or_insert_with_key(|reading| {
                self.syllables.push(reading.as_str().into());
                (self.syllables.len() - 1) as u16
            });
            self.readings.push(id);
        }
        (initials, first..self.readings.len() as u32)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The best `limit` hits: by rank, then in the order of entry. An empty query finds everything.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit<'_>> {
        let words: Vec<Word> = fold(query).split_whitespace().take(MAX_WORDS).map(Word::new).collect();
        let rank = |entry: &Entry| words.iter().try_fold(Rank::Exact, |worst, word| Some(worst.max(self.rank(entry, word)?)));
        let mut hits: Vec<(Rank, usize)> = self.entries.iter().enumerate().filter_map(|(n, entry)| Some((rank(entry)?, n))).collect();
        hits.sort_unstable();
        hits.truncate(limit);
        hits.into_iter().filter_map(|(rank, n)| self.entries.get(n).map(|entry| Hit { id: &entry.id, name: &entry.name, rank })).collect()
    }

    fn rank(&self, entry: &Entry, word: &Word) -> Option<Rank> {
        if *entry.code == *word.text || *entry.text == *word.text {
            return Some(Rank::Exact);
        }
        if entry.code.starts_with(&*word.text) || entry.text.starts_with(&*word.text) {
            return Some(Rank::Prefix);
        }
        if word.letters & !entry.letters == 0 && entry.text.contains(&*word.text) {
            return Some(Rank::Substring);
        }
        let (spoken, all) = word.spoken.as_ref()?;
        let first = bit(*spoken.first()?);
        if entry.initials & first == 0 {
            return None;
        }
        let sounds = self.sounds.get(entry.sounds.start as usize..entry.sounds.end as usize)?;
        let by_initials = all & !entry.initials == 0;
        let mut best = None;
        for at in 0..sounds.len() {
            let rest = sounds.get(at..).filter(|rest| rest.first().is_some_and(|sound| sound.initials & first != 0));
            let Some(rest) = rest else { continue };
            let start = at == 0;
            if self.reads(rest, spoken) {
                return Some(if start { Rank::PinyinStart } else { Rank::Pinyin });
            }
            if best.is_none() && by_initials && begin(rest, spoken) {
                if start {
                    return Some(Rank::InitialsStart);
                }
                best = Some(Rank::Initials);
            }
        }
        best
    }

    /// Whether the sounds, one reading of each, begin with these letters; the last syllable may be unfinished.
    fn reads(&self, sounds: &[Sound], letters: &[u8]) -> bool {
        let Some((sound, after)) = sounds.split_first() else { return letters.is_empty() };
        let range = sound.readings.start as usize..sound.readings.end as usize;
        let syllables = self.readings.get(range).unwrap_or_default().iter().filter_map(|id| self.syllables.get(usize::from(*id)));
        syllables.map(|syllable| syllable.as_bytes()).any(|syllable| match letters.strip_prefix(syllable) {
            Some(rest) => rest.is_empty() || self.reads(after, rest),
            None => syllable.starts_with(letters),
        })
    }
}

/// Whether the sounds begin with these initials, one each.
fn begin(sounds: &[Sound], initials: &[u8]) -> bool {
    initials.len() <= sounds.len() && initials.iter().zip(sounds).all(|(letter, sound)| sound.initials & bit(*letter) != 0)
}

#[cfg(test)]
mod tests;
