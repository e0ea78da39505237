//! The fewest days that satisfy windows: interval stabbing with multiplicities and spacing.
//!
//! A need wants a number of days within its window, each pair of them `apart` days from each other. Going through the needs
//! by right end and adding to each the fewest new days, the latest possible, is optimal where a need wants one day or its
//! days only have to differ: a day further left serves no later need better. With a spacing of more than one day it is not
//! (1–10 once, 1–12 twice five days apart, 11–13 once: greedy takes three days, 7 and 12 suffice). There the answer
//! without spacing is a lower bound, and where greedy does not meet it an exact search over all days that can matter
//! decides. The search may give up on size; the bound then says how far the answer can be from the least.

use std::collections::{BTreeMap, BTreeSet};

use super::day::{Day, within};

/// Most days, and most states per day, of the exact search.
const MOST_CANDIDATES: usize = 400;
const MOST_STATES: usize = 4_000;

/// A number of days wanted in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// First day of the window.
    pub from: Day,
    /// Last day of the window; it belongs to it.
    pub to: Day,
    /// How many days.
    pub times: u32,
    /// Least difference between two of them; at least 1.
    pub apart: i32,
}

/// Days that satisfy all needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fewest {
    /// The days, ascending, with those that were fixed.
    pub days: Vec<Day>,
    /// No set of days that satisfies all needs is smaller than this.
    pub least: usize,
}

/// How many days, `apart` from each other, a need can have of these at most.
pub fn possible(days: &[Day], need: &Need) -> u32 {
    let (mut count, mut free_from) = (0, need.from);
    for day in within(days, need.from, need.to) {
        if *day >= free_from {
            count += 1;
            free_from = day.saturating_add(need.apart);
        }
    }
    count
}

/// The days for one need that add the fewest to those there are, the latest of such; fewer than wanted if there are not enough.
pub fn chain(open: &[Day], have: &BTreeSet<Day>, need: &Need) -> Vec<Day> {
    let days = within(open, need.from, need.to);
    if need.times == 1 {
        return have.range(need.from..=need.to).next_back().or(days.last()).copied().into_iter().collect();
    }
    // cost[j][i]: fewest new days when j days are chosen of the first i. The choice is read back from the right.
    let times = need.times.min(possible(days, need)) as usize;
    let mut cost = vec![vec![Some(0_u32); days.len() + 1]];
    let before: Vec<usize> = days.iter().map(|day| days.partition_point(|other| *other <= day.saturating_sub(need.apart))).collect();
    let taken = |cost: &[Vec<Option<u32>>], j: usize, i: usize| -> Option<u32> {
        let day = days.get(i.checked_sub(1)?)?;
        let rest = (*cost.get(j.checked_sub(1)?)?.get(*before.get(i - 1)?)?)?;
        Some(rest + u32::from(!have.contains(day)))
    };
    for j in 1..=times {
        let mut row = vec![None];
        for i in 1..=days.len() {
            let skipped = row.last().copied().flatten();
            row.push(match (taken(&cost, j, i), skipped) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            });
        }
        cost.push(row);
    }
    let (mut chosen, mut j, mut i) = (Vec::with_capacity(times), times, days.len());
    while j > 0 && i > 0 {
        let best = cost.get(j).and_then(|row| row.get(i)).copied().flatten();
        let take = taken(&cost, j, i);
        if take.is_some() && take == best {
            chosen.extend(days.get(i - 1));
            i = before.get(i - 1).copied().unwrap_or(0);
            j -= 1;
        } else {
            i -= 1;
        }
    }
    chosen.reverse();
    chosen
}

fn by_right_end(needs: &[Need]) -> Vec<&Need> {
    let mut order: Vec<&Need> = needs.iter().collect();
    order.sort_by_key(|need| (need.to, std::cmp::Reverse(need.from), need.times, need.apart));
    order
}

fn greedy(needs: &[Need], open: &[Day], fixed: &[Day]) -> BTreeSet<Day> {
    let mut have: BTreeSet<Day> = fixed.iter().copied().collect();
    for need in by_right_end(needs) {
        have.extend(chain(open, &have, need));
    }
    have
}

/// The fewest days that satisfy all needs, `fixed` among them; where days are fixed, few but not proven the fewest.
///
/// Every need must be possible on the open days ([`possible`]); of one that is not, as much as possible is satisfied.
pub fn fewest(needs: &[Need], open: &[Day], fixed: &[Day]) -> Fewest {
    let days = greedy(needs, open, fixed);
    if needs.iter().all(|need| need.times == 1 || need.apart <= 1) && fixed.is_empty() {
        return Fewest { least: days.len(), days: days.into_iter().collect() };
    }
    let differing: Vec<Need> = needs.iter().map(|need| Need { apart: 1, ..*need }).collect();
    let least = greedy(&differing, open, &[]).len();
    let days: Vec<Day> = days.into_iter().collect();
    if days.len() <= least || !fixed.is_empty() || needs.iter().any(|need| possible(open, need) < need.times) {
        return Fewest { days, least };
    }
    match search(needs, open, days.len()) {
        Search::Better(days) => Fewest { least: days.len(), days },
        Search::NoBetter => Fewest { least: days.len(), days },
        Search::GaveUp => Fewest { days, least },
    }
}

enum Search {
    Better(Vec<Day>),
    NoBetter,
    GaveUp,
}

/// All days that can matter: in some best answer every day lies as far right as it can, so it is the last open day of a
/// window, or the last that is `apart` before another such day.
fn candidates(needs: &[Need], open: &[Day]) -> BTreeSet<Day> {
    let last = |day: Day| open.get(..open.partition_point(|other| *other <= day)).and_then(<[Day]>::last).copied();
    let first = needs.iter().map(|need| need.from).min().unwrap_or(0);
    let aparts: BTreeSet<i32> = needs.iter().filter(|need| need.times > 1).map(|need| need.apart).collect();
    let mut found = BTreeSet::new();
    let mut todo: Vec<Day> = needs.iter().filter_map(|need| last(need.to)).collect();
    while let Some(day) = todo.pop() {
        if day >= first && found.len() <= MOST_CANDIDATES && found.insert(day) {
            todo.extend(aparts.iter().filter_map(|apart| last(day.saturating_sub(*apart))));
        }
    }
    found
}

/// Of a need: days counted so far, and the last of them while it still stands in the way of the next.
type Slot = (u32, Option<Day>);

/// Looks for an answer with fewer days than `bound`, day by day over all states of the needs.
fn search(needs: &[Need], open: &[Day], bound: usize) -> Search {
    let days: Vec<Day> = candidates(needs, open).into_iter().collect();
    if days.len() > MOST_CANDIDATES {
        return Search::GaveUp;
    }
    // Each node is a day and the node before it; 0 is the beginning.
    let mut nodes: Vec<(usize, Day)> = vec![(0, 0)];
    let mut layer: BTreeMap<Vec<Slot>, (usize, usize)> = BTreeMap::from([(vec![(0, None); needs.len()], (0, 0))]);
    for (n, day) in days.iter().enumerate() {
        let upcoming = days.get(n + 1).copied();
        let mut following: BTreeMap<Vec<Slot>, (usize, usize)> = BTreeMap::new();
        for (state, (count, node)) in layer {
            let mut taken = state.clone();
            let mut useful = false;
            for (need, slot) in needs.iter().zip(&mut taken) {
                let free = slot.1.is_none_or(|last| day - last >= need.apart);
                if (need.from..=need.to).contains(day) && slot.0 < need.times && free {
                    *slot = (slot.0 + 1, Some(*day));
                    useful = true;
                }
            }
            for (mut state, count, take) in [(state, count, false), (taken, count + 1, true)] {
                if take && !useful {
                    continue;
                }
                let mut missing = 0;
                let mut alive = true;
                for (need, slot) in needs.iter().zip(&mut state) {
                    let left = need.times - slot.0;
                    if left == 0 || slot.1.is_some_and(|last| upcoming.is_some_and(|day| day - last >= need.apart)) {
                        slot.1 = None;
                    }
                    alive &= left == 0 || upcoming.is_some_and(|day| day <= need.to);
                    missing = missing.max(left as usize);
                }
                if !alive || count + missing >= bound {
                    continue;
                }
                let known = following.get(&state).map_or(usize::MAX, |(count, _)| *count);
                if count < known {
                    let node = if take {
                        nodes.push((node, *day));
                        nodes.len() - 1
                    } else {
                        node
                    };
                    following.insert(state, (count, node));
                }
            }
        }
        if following.len() > MOST_STATES {
            return Search::GaveUp;
        }
        layer = following;
    }
    let Some((_, mut node)) = layer.into_values().min() else { return Search::NoBetter };
    let mut chosen = Vec::new();
    while let Some((before, day)) = nodes.get(node).copied().filter(|_| node > 0) {
        chosen.push(day);
        node = before;
    }
    chosen.reverse();
    Search::Better(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn need(from: Day, to: Day, times: u32, apart: i32) -> Need {
        Need { from, to, times, apart }
    }

    fn satisfied(days: &[Day], needs: &[Need]) -> bool {
        needs.iter().all(|need| possible(days, need) >= need.times)
    }

    /// The least number of open days that satisfy all needs, by trying every set of days.
    fn brute(needs: &[Need], open: &[Day]) -> Option<usize> {
        (0_u32..1 << open.len())
            .filter_map(|set| {
                let days: Vec<Day> = open.iter().enumerate().filter(|(n, _)| set & (1 << n) != 0).map(|(_, day)| *day).collect();
                satisfied(&days, needs).then_some(days.len())
            })
            .min()
    }

    #[test]
    fn where_spacing_matters_the_search_finds_what_greedy_misses() {
        let open: Vec<Day> = (1..=13).collect();
        let needs = [need(1, 10, 1, 5), need(1, 12, 2, 5), need(11, 13, 1, 5)];
        assert_eq!(greedy(&needs, &open, &[]).len(), 3);
        let answer = fewest(&needs, &open, &[]);
        assert_eq!((answer.days.len(), answer.least), (2, 2));
        assert!(satisfied(&answer.days, &needs));
    }

    #[test]
    fn fixed_days_are_used() {
        let open: Vec<Day> = (1..=20).collect();
        let answer = fewest(&[need(1, 10, 1, 1), need(8, 20, 2, 1)], &open, &[4]);
        assert_eq!(answer.days, [4, 19, 20]);
    }

    fn needs(apart: std::ops::RangeInclusive<i32>) -> impl Strategy<Value = Vec<Need>> {
        proptest::collection::vec((0i32..12, 0i32..12, 1u32..4), 1..6)
            .prop_flat_map(move |list| apart.clone().prop_map(move |apart| list.iter().map(|(a, b, times)| need(*a.min(b), *a.max(b), *times, apart)).collect()))
    }

    fn agrees(needs: &[Need], closed: u16) -> Result<(), TestCaseError> {
        let open: Vec<Day> = (0..12).filter(|day| closed & (1 << day) == 0).collect();
        let needs: Vec<Need> = needs.iter().copied().filter(|need| possible(&open, need) >= need.times).collect();
        let answer = fewest(&needs, &open, &[]);
        prop_assert!(satisfied(&answer.days, &needs));
        prop_assert!(answer.days.iter().all(|day| open.contains(day)), "a closed day was chosen");
        prop_assert_eq!(Some(answer.days.len()), brute(&needs, &open));
        prop_assert_eq!(answer.least, answer.days.len(), "it is proven");
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn greedy_by_right_end_is_the_least_of_all_sets_of_days(needs in needs(1..=1), closed in any::<u16>()) {
            agrees(&needs, closed & 0x333)?;
        }

        #[test]
        fn with_spacing_the_answer_is_the_least_of_all_sets_of_days(needs in needs(2..=5), closed in any::<u16>()) {
            agrees(&needs, closed & 0x111)?;
        }
    }
}
