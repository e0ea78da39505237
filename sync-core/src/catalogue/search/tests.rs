//! What people type, and a search spelt out as the oracle.

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
