//! Visits on days of squads: who goes when, what does not fit and why, and how far that can be from the best.
//!
//! Day by day, each squad takes of the visits whose range has begun those that end first, as long as officers and minutes last;
//! squads of fewer areas choose first. For equal visits and one squad that is optimal (earliest deadline first). A visit whose
//! range ends without a place is then given one by moving one other visit, if any such move is found within a fixed number of
//! tries. Everything is deterministic, and the work grows with the number of visits and of days.
//!
//! `bound` says how many visits no schedule could place: those that no squad can take, and, by areas whose squads are
//! shared, what exceeds the officers' minutes of disjoint stretches of days. The gap is what lies between. Deliberately absent: ways between sites
//! (minutes must include them), and wishes for days: the earliest day with room is taken.

mod bound;
mod slot;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use serde::{Deserialize, Serialize};

use super::day::{Day, date_of, number, within};
use super::{OpenDays, Reason, Visit};
use crate::base::Date;
use crate::base::ids::is_token;
use crate::dated::Flaw;
use slot::Slot;

/// How many visits that do not fit are passed over on a squad's day before the squad is taken for full.
const PASSED_OVER: usize = 16;
/// Most tries to place a visit by moving another.
const TRIES: usize = 2_000;

/// A squad and what it can do in a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Squad {
    /// Its code.
    pub id: String,
    /// Codes of the areas in which it works.
    pub areas: BTreeSet<String>,
    /// Certified officers on a day.
    pub officers: u8,
    /// Minutes of each officer on a day, ways included.
    pub minutes: u16,
    /// Days on which it does not work.
    #[serde(default)]
    pub closed: BTreeSet<Date>,
}

impl Squad {
    /// Everything that is wrong with it.
    pub fn flaws(&self) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        if !is_token(&self.id) {
            flaws.push(Flaw::new("id", "give 1 to 64 letters, digits, '.', '_' or '-'"));
        }
        if self.areas.is_empty() || self.areas.iter().any(|area| !is_token(area)) {
            flaws.push(Flaw::new("areas", "name at least one area by its code"));
        }
        if self.officers == 0 {
            flaws.push(Flaw::new("officers", "give at least 1"));
        }
        if !(1..=1_440).contains(&self.minutes) {
            flaws.push(Flaw::new("minutes", "give 1 to 1440"));
        }
        flaws
    }
}

/// A visit that has its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// The visit, by position in the proposal.
    pub visit: usize,
    /// The day.
    pub day: Date,
    /// The squad, by position.
    pub squad: usize,
    /// Minutes after the squad's day begins.
    pub start: u16,
    /// Why this day.
    pub why: Reason,
}

/// A visit without a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unplaced {
    /// The visit, by position in the proposal.
    pub visit: usize,
    /// Why.
    pub why: Reason,
}

/// Who goes when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Schedule {
    /// By visit.
    pub placed: Vec<Placed>,
    /// By visit.
    pub unplaced: Vec<Unplaced>,
    /// No schedule leaves fewer visits without a place.
    pub bound: usize,
}

impl Schedule {
    /// How many visits more than the bound have no place.
    pub fn gap(&self) -> usize {
        self.unplaced.len().saturating_sub(self.bound)
    }
}

/// A visit as the schedule sees it.
#[derive(Debug, Clone)]
struct Job {
    from: Day,
    to: Day,
    minutes: u32,
    officers: u8,
    before: Vec<(usize, i32)>,
    after: Vec<(usize, i32)>,
    squads: Vec<usize>,
}

/// Jobs that may begin: by last day, the longest first.
type Waiting = BinaryHeap<Reverse<(Day, Reverse<u32>, usize)>>;

struct Board<'a> {
    jobs: Vec<Job>,
    squads: &'a [Squad],
    closed: Vec<BTreeSet<Day>>,
    open: &'a [Day],
    slots: BTreeMap<(Day, usize), Slot>,
    place: Vec<Option<(Day, usize)>>,
    moved_for: BTreeMap<usize, usize>,
}

impl Board<'_> {
    fn slot(&mut self, day: Day, squad: usize) -> &mut Slot {
        let (officers, minutes) = self.squads.get(squad).map_or((0, 0), |squad| (squad.officers, squad.minutes));
        self.slots.entry((day, squad)).or_insert_with(|| Slot::new(officers, minutes))
    }

    fn works(&self, squad: usize, day: Day) -> bool {
        self.closed.get(squad).is_some_and(|closed| !closed.contains(&day))
    }

    /// Puts a job on a squad's day if there is room as it is.
    fn put(&mut self, n: usize, day: Day, squad: usize) -> bool {
        let Some((minutes, officers)) = self.jobs.get(n).map(|job| (job.minutes, job.officers)) else { return false };
        let put = self.slot(day, squad).put(n, minutes, officers);
        if put && let Some(place) = self.place.get_mut(n) {
            *place = Some((day, squad));
        }
        put
    }

    fn place_of(&self, n: usize) -> Option<(Day, usize)> {
        self.place.get(n).copied().flatten()
    }

    /// The days that a job's range and the places of the visits before and after it leave.
    fn days(&self, n: usize) -> Vec<Day> {
        let Some(job) = self.jobs.get(n) else { return Vec::new() };
        let earlier = job.before.iter().filter_map(|(other, gap)| Some(self.place_of(*other)?.0 + gap));
        let later = job.after.iter().filter_map(|(other, gap)| Some(self.place_of(*other)?.0 - gap));
        within(self.open, earlier.fold(job.from, Day::max), later.fold(job.to, Day::min)).to_vec()
    }

    /// Everything day by day.
    fn sweep(&mut self) {
        let mut order: Vec<usize> = (0..self.squads.len()).collect();
        order.sort_by_key(|squad| self.squads.get(*squad).map(|squad| (squad.areas.len(), &squad.id)));
        let mut begins: BTreeMap<Day, Vec<usize>> = BTreeMap::new();
        let mut ends: BTreeMap<Day, Vec<usize>> = BTreeMap::new();
        let mut waits: Vec<usize> = self.jobs.iter().map(|job| job.before.len()).collect();
        for (n, job) in self.jobs.iter().enumerate().filter(|(_, job)| !job.squads.is_empty()) {
            begins.entry(job.from).or_default().push(n);
            ends.entry(job.to).or_default().push(n);
        }
        // Visits that no squad can take keep nobody waiting.
        for (n, job) in self.jobs.iter().enumerate() {
            let gone = job.before.iter().filter(|(other, _)| self.jobs.get(*other).is_some_and(|job| job.squads.is_empty())).count();
            if let Some(waits) = waits.get_mut(n) {
                *waits -= gone;
            }
        }
        let mut heaps: Vec<Waiting> = vec![BinaryHeap::new(); self.squads.len()];
        let open = self.open;
        for day in open.iter().copied() {
            while let Some(begin) = begins.first_entry().filter(|begin| *begin.key() <= day) {
                for n in begin.remove() {
                    // A visit that waits for another, or must keep its distance from it, is entered again when it may begin.
                    let Some(job) = self.jobs.get(n).filter(|job| waits.get(n) == Some(&0) && job.from <= day) else { continue };
                    for squad in &job.squads {
                        if let Some(heap) = heaps.get_mut(*squad) {
                            heap.push(Reverse((job.to, Reverse(job.minutes), n)));
                        }
                    }
                }
            }
            let mut done = Vec::new();
            for squad in &order {
                let Some(mut heap) = heaps.get_mut(*squad).map(std::mem::take) else { continue };
                let mut passed = Vec::new();
                while passed.len() < PASSED_OVER && self.works(*squad, day) {
                    let Some(Reverse((to, work, n))) = heap.pop() else { break };
                    if self.place_of(n).is_some() || to < day {
                        continue;
                    }
                    if self.put(n, day, *squad) { done.push(n) } else { passed.push(Reverse((to, work, n))) }
                }
                heap.extend(passed);
                if let Some(place) = heaps.get_mut(*squad) {
                    *place = heap;
                }
            }
            while let Some(end) = ends.first_entry().filter(|end| *end.key() <= day) {
                done.extend(end.remove().into_iter().filter(|n| self.place_of(*n).is_none()));
            }
            for n in done {
                for (later, gap) in self.jobs.get(n).map(|job| job.after.clone()).unwrap_or_default() {
                    if let (Some(waits), Some(job)) = (waits.get_mut(later), self.jobs.get_mut(later)) {
                        *waits = waits.saturating_sub(1);
                        if self.place.get(n).is_some_and(Option::is_some) {
                            job.from = job.from.max(day + gap);
                        }
                        if *waits == 0 {
                            begins.entry(job.from.max(day + 1)).or_default().push(later);
                        }
                    }
                }
            }
        }
    }

    /// Finds a place for a job as it is, or by moving one other.
    fn squeeze(&mut self, n: usize) {
        let Some(squads) = self.jobs.get(n).map(|job| job.squads.clone()) else { return };
        let mut tries = 0;
        for day in self.days(n) {
            for squad in &squads {
                if !self.works(*squad, day) {
                    continue;
                }
                if self.put(n, day, *squad) {
                    return;
                }
                for other in self.slot(day, *squad).jobs() {
                    tries += 1;
                    if tries > TRIES {
                        return;
                    }
                    if self.swap(n, other, day, *squad) {
                        return;
                    }
                }
            }
        }
    }

    /// Moves `other` away from a squad's day, if that makes room there for `n` and there is another place for it.
    fn swap(&mut self, n: usize, other: usize, day: Day, squad: usize) -> bool {
        let work = |n: usize| self.jobs.get(n).map(|job| (n, job.minutes, job.officers));
        let kept: Vec<usize> = self.slots.get(&(day, squad)).map(Slot::jobs).unwrap_or_default().into_iter().filter(|job| *job != other).collect();
        let list: Vec<(usize, u32, u8)> = kept.into_iter().chain([n]).filter_map(work).collect();
        let (officers, minutes) = self.squads.get(squad).map_or((0, 0), |squad| (squad.officers, squad.minutes));
        let Some(packed) = Slot::pack(officers, minutes, list) else { return false };
        let Some(squads) = self.jobs.get(other).map(|job| job.squads.clone()) else { return false };
        for elsewhere in self.days(other) {
            for to in &squads {
                if (elsewhere, *to) != (day, squad) && self.works(*to, elsewhere) && self.put(other, elsewhere, *to) {
                    self.slots.insert((day, squad), packed);
                    if let Some(place) = self.place.get_mut(n) {
                        *place = Some((day, squad));
                    }
                    self.moved_for.insert(n, other);
                    return true;
                }
            }
        }
        false
    }
}

fn jobs(visits: &[Visit], squads: &[Squad]) -> Vec<Job> {
    let mut by_area: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (n, squad) in squads.iter().enumerate() {
        squad.areas.iter().for_each(|area| by_area.entry(area).or_default().push(n));
    }
    let mut jobs: Vec<Job> = visits
        .iter()
        .map(|visit| {
            let fits = |n: &usize| squads.get(*n).is_some_and(|squad| squad.officers >= visit.officers && u32::from(squad.minutes) >= visit.minutes);
            let able = by_area.get(&*visit.area).into_iter().flatten().copied().filter(|n| fits(n)).collect();
            Job { from: number(visit.from), to: number(visit.to), minutes: visit.minutes, officers: visit.officers, before: visit.after.clone(), after: Vec::new(), squads: able }
        })
        .collect();
    for (n, visit) in visits.iter().enumerate() {
        for (before, gap) in &visit.after {
            if let Some(job) = jobs.get_mut(*before) {
                job.after.push((n, *gap));
            }
        }
    }
    jobs
}

/// Why a visit has no place.
fn why(visit: &Visit, job: &Job, board: &Board<'_>) -> Reason {
    let here: Vec<&Squad> = board.squads.iter().filter(|squad| squad.areas.contains(&visit.area)).collect();
    let strong: Vec<&&Squad> = here.iter().filter(|squad| squad.officers >= visit.officers).collect();
    let days = within(board.open, job.from, job.to);
    match () {
        () if here.is_empty() => Reason::NoSquad { area: visit.area.clone() },
        () if strong.is_empty() => Reason::TooFewOfficers { officers: visit.officers },
        () if job.squads.is_empty() => Reason::TooLong { minutes: visit.minutes },
        () if !days.iter().any(|day| job.squads.iter().any(|squad| board.works(*squad, *day))) => Reason::Closed { from: visit.from, to: visit.to },
        () => Reason::Full { from: visit.from, to: visit.to },
    }
}

/// Puts visits on days of squads. `open` must cover all ranges.
pub fn schedule(visits: &[Visit], squads: &[Squad], open: &OpenDays) -> Schedule {
    let jobs = jobs(visits, squads);
    let closed: Vec<BTreeSet<Day>> = squads.iter().map(|squad| squad.closed.iter().map(|day| number(*day)).collect()).collect();
    let bound = bound::bound(&jobs, squads, &closed, open.days());
    let ranges: Vec<Day> = jobs.iter().map(|job| job.from).collect();
    let mut board = Board { place: vec![None; jobs.len()], jobs, squads, closed, open: open.days(), slots: BTreeMap::new(), moved_for: BTreeMap::new() };
    board.sweep();
    // The sweep narrowed ranges by where it put the visits before; from here on those places are asked for themselves.
    board.jobs.iter_mut().zip(ranges).for_each(|(job, from)| job.from = from);
    let mut left: Vec<usize> = (0..visits.len()).filter(|n| board.place_of(*n).is_none()).collect();
    left.sort_by_key(|n| board.jobs.get(*n).map(|job| (job.to, job.minutes, *n)));
    for n in left {
        board.squeeze(n);
    }
    let mut found = Schedule { bound, ..Schedule::default() };
    for (n, (visit, job)) in visits.iter().zip(&board.jobs).enumerate() {
        match board.place_of(n) {
            None => found.unplaced.push(Unplaced { visit: n, why: why(visit, job, &board) }),
            Some((day, squad)) => {
                let start = board.slots.get(&(day, squad)).and_then(|slot| slot.start(n)).unwrap_or(0);
                let (name, day) = (squads.get(squad).map(|squad| squad.id.clone()).unwrap_or_default(), date_of(day));
                let moved = board.moved_for.get(&n).and_then(|other| visits.get(*other));
                let why = match moved {
                    Some(other) => Reason::Moved { squad: name, day, visit: other.id.clone() },
                    None => Reason::Day { squad: name, day },
                };
                found.placed.push(Placed { visit: n, day, squad, start, why });
            }
        }
    }
    found
}
