//! How many visits no schedule can place.
//!
//! Visits that no squad of their area can take, or only on days on which all such squads are closed, have no place at all. The
//! others are taken by groups of areas that share squads. In a stretch of days, the visits whose ranges lie within it need
//! officers' minutes; what exceeds those that the squads have is at least as many visits as go into it at the largest. Ranges
//! within disjoint stretches belong to different visits, so the best set of disjoint stretches counts.

use std::collections::BTreeMap;

use super::{Job, Squad};
use crate::plan::day::{Day, within};

/// For each squad the number of its group: squads that share an area share a group.
fn groups(squads: &[Squad]) -> Vec<usize> {
    let mut group: Vec<usize> = (0..squads.len()).collect();
    let mut of_area: BTreeMap<&str, usize> = BTreeMap::new();
    for (n, squad) in squads.iter().enumerate() {
        for area in &squad.areas {
            let known = *of_area.entry(area).or_insert(n);
            let (a, b) = (group.get(known).copied(), group.get(n).copied());
            if let (Some(a), Some(b)) = (a, b) {
                group.iter_mut().filter(|group| **group == b).for_each(|group| *group = a);
            }
        }
    }
    group
}

/// The least number of visits without a place.
pub(super) fn bound(jobs: &[Job], squads: &[Squad], closed: &[std::collections::BTreeSet<Day>], open: &[Day]) -> usize {
    let works = |squad: usize, day: &Day| closed.get(squad).is_some_and(|closed| !closed.contains(day));
    let able: Vec<&Job> = jobs.iter().filter(|job| within(open, job.from, job.to).iter().any(|day| job.squads.iter().any(|squad| works(*squad, day)))).collect();
    let hopeless = jobs.len() - able.len();
    let groups = groups(squads);
    let mut by_group: BTreeMap<usize, Vec<&Job>> = BTreeMap::new();
    for job in able {
        if let Some(group) = job.squads.first().and_then(|squad| groups.get(*squad)) {
            by_group.entry(*group).or_default().push(job);
        }
    }
    let full: usize = by_group
        .into_iter()
        .map(|(group, jobs)| {
            let of_day = |day: &Day| -> u64 {
                let there = squads.iter().enumerate().filter(|(n, _)| groups.get(*n) == Some(&group) && works(*n, day));
                there.map(|(_, squad)| u64::from(squad.officers) * u64::from(squad.minutes)).sum()
            };
            crowded(&jobs, &open.iter().map(of_day).collect::<Vec<_>>(), open)
        })
        .sum();
    hopeless + full
}

/// The same for one group: the most of disjoint stretches, from the last day to the first.
fn crowded(jobs: &[&Job], capacity: &[u64], open: &[Day]) -> usize {
    let work = |job: &Job| u64::from(job.minutes) * u64::from(job.officers);
    let mut by_first: Vec<Vec<(usize, u64)>> = vec![Vec::new(); open.len()];
    for job in jobs {
        let first = open.partition_point(|day| *day < job.from);
        let last = open.partition_point(|day| *day <= job.to).saturating_sub(1);
        if let Some(list) = by_first.get_mut(first) {
            list.push((last, work(job)));
        }
    }
    let mut ending: Vec<u64> = vec![0; open.len()];
    let mut best: Vec<usize> = vec![0; open.len() + 1];
    let mut largest = 0;
    for (first, beginning) in by_first.iter().enumerate().rev() {
        for (last, work) in beginning {
            largest = largest.max(*work);
            if let Some(sum) = ending.get_mut(*last) {
                *sum += work;
            }
        }
        let (mut needed, mut there) = (0_u64, 0_u64);
        let mut found = best.get(first + 1).copied().unwrap_or(0);
        for (last, (sum, capacity)) in ending.iter().zip(capacity).enumerate().skip(first) {
            needed += sum;
            there += capacity;
            let lost = usize::try_from(needed.saturating_sub(there).div_ceil(largest.max(1))).unwrap_or(usize::MAX);
            found = found.max(lost + best.get(last + 1).copied().unwrap_or(0));
        }
        if let Some(place) = best.get_mut(first) {
            *place = found;
        }
    }
    best.first().copied().unwrap_or(0)
}
