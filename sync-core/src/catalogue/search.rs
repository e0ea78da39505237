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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn index(names: &[&str]) -> Index {
        Index::new(Ids::Codes, names.iter().enumerate().map(|(n, name)| (format!("WR-00{n}"), *name)))
    }

    fn found<'a>(index: &'a Index, query: &str) -> Vec<(&'a str, Rank)> {
        index.search(query, 10).into_iter().map(|hit| (hit.name, hit.rank)).collect()
    }

    #[test]
    fn names_are_found_as_people_type_them() {
        let index = index(&["新达工地", "道口保洁", "重庆路改造", "绿化带", "ABC大厦", "长江路"]);
        for (query, name, rank) in [
            ("新达工地", "新达工地", Rank::Exact),
            ("新达", "新达工地", Rank::Prefix),
            ("工地", "新达工地", Rank::Substring),
            ("xd", "新达工地", Rank::InitialsStart),
            ("XD", "新达工地", Rank::InitialsStart),
            ("ＸＤ", "新达工地", Rank::InitialsStart),
            ("gd", "新达工地", Rank::Initials),
            ("dkbj", "道口保洁", Rank::InitialsStart),
            ("daokou", "道口保洁", Rank::PinyinStart),
            ("daokoub", "道口保洁", Rank::PinyinStart),
            ("baojie", "道口保洁", Rank::Pinyin),
            ("cq", "重庆路改造", Rank::InitialsStart),
            ("zq", "重庆路改造", Rank::InitialsStart),
            ("chongqing", "重庆路改造", Rank::PinyinStart),
            ("lvhua", "绿化带", Rank::PinyinStart),
            ("lühua", "绿化带", Rank::PinyinStart),
            ("ａbc", "ABC大厦", Rank::Prefix),
            ("ABCDS", "ABC大厦", Rank::InitialsStart),
            ("cjl", "长江路", Rank::InitialsStart),
            ("wr-003", "绿化带", Rank::Exact),
        ] {
            assert_eq!(found(&index, query), [(name, rank)], "{query}");
        }
        assert!(found(&index, "gdx").is_empty() && found(&index, "达新").is_empty());
        assert_eq!(index.search("WR-0", 3).len(), 3, "the limit");
        assert_eq!(index.search(" ", 10).len(), 6, "nothing typed, nothing left out");
    }

    #[test]
    fn better_hits_come_first_and_equal_ones_in_order() {
        let index = index(&["工地新达", "小道", "新达", "新达二期", "兴达", "xd"]);
        let names: Vec<&str> = found(&index, "xd").into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["xd", "小道", "新达", "新达二期", "兴达", "工地新达"]);
    }

    #[test]
    fn all_words_must_be_found() {
        let index = index(&["新达工地道口保洁", "新达工地", "道口保洁"]);
        assert_eq!(found(&index, "道口 xd"), [("新达工地道口保洁", Rank::InitialsStart)]);
        assert_eq!(found(&index, "　道口　保洁 ").len(), 2);
        assert!(found(&index, "道口 bbb").is_empty());
    }

    #[test]
    fn ids_of_records_are_not_found() {
        let index = Index::new(Ids::Hidden, [("dada0001", "新达工地")]);
        assert!(index.search("dada", 9).is_empty());
        assert_eq!(index.search("xinda", 9).first().map(|hit| hit.id), Some("dada0001"));
    }

    /// All ways to read the characters of a name from one of them on: of each its readings, or only their first letters.
    fn ways(chars: &[char], initials: bool) -> Vec<Vec<String>> {
        let mut out = vec![vec![]];
        for c in chars {
            let mut readings = readings(*c);
            if initials {
                readings.iter_mut().for_each(|r| r.truncate(1));
            }
            if !readings.is_empty() {
                out = out.iter().flat_map(|way| readings.iter().map(|r| way.iter().chain([r]).cloned().collect())).collect();
            }
        }
        out
    }

    /// What the rule says, spelt out.
    fn oracle(code: &str, name: &str, word: &str) -> Option<Rank> {
        let (text, code, word) = (fold(name), fold(code), fold(word));
        let chars: Vec<char> = text.chars().collect();
        let begins = |initials| {
            (0..chars.len())
                .map(|at| ways(&chars[at..], initials).iter().any(|way| !way.is_empty() && !readings(chars[at]).is_empty() && way.concat().starts_with(&word)))
                .collect::<Vec<_>>()
        };
        let latin = word.bytes().all(|b| b.is_ascii_alphanumeric());
        let (pinyin, initials) = if latin { (begins(false), begins(true)) } else { (vec![], vec![]) };
        // The beginning is the first character that has a reading.
        let first = chars.iter().position(|c| !readings(*c).is_empty()).unwrap_or(0);
        let at_start = |hits: &[bool]| hits.get(first).copied().unwrap_or_default();
        match () {
            () if text == word || code == word => Some(Rank::Exact),
            () if text.starts_with(&word) || code.starts_with(&word) => Some(Rank::Prefix),
            () if text.contains(&word) => Some(Rank::Substring),
            () if at_start(&pinyin) => Some(Rank::PinyinStart),
            () if at_start(&initials) => Some(Rank::InitialsStart),
            () if pinyin.contains(&true) => Some(Rank::Pinyin),
            () if initials.contains(&true) => Some(Rank::Initials),
            () => None,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
        #[test]
        fn no_name_is_missed_and_none_is_ranked_amiss(
            names in proptest::collection::vec("[重庆长新达工地道口保洁绿乐行（）AbＣ 9]{1,6}", 1..12),
            word in prop_oneof!["[a-z9]{1,4}", "[重庆长新达工地道口]{1,3}", Just("chongqing".to_owned()), Just("xinda".to_owned()), Just("le".to_owned()), Just("hanggo".to_owned())],
        ) {
            let codes: Vec<String> = (0..names.len()).map(|n| format!("C{n}")).collect();
            let index = Index::new(Ids::Codes, codes.iter().zip(&names));
            let mut expected: Vec<(Rank, usize)> = names.iter().enumerate().filter_map(|(n, name)| Some((oracle(&codes[n], name, &word)?, n))).collect();
            expected.sort_unstable();
            let got: Vec<(Rank, usize)> = index.search(&word, usize::MAX).iter().map(|hit| (hit.rank, hit.id[1..].parse().unwrap())).collect();
            prop_assert_eq!(got, expected, "{}", word);
        }
    }
}
