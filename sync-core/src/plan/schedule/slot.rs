//! One day of one squad: from when on each officer is free, and who goes where at which minute.
//!
//! A visit takes its officers at the same time, so hours are kept by officer; adding minutes up would promise more than can be done.

use std::cmp::Reverse;

/// A day of a squad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    /// When each officer is free, ascending.
    free_at: Vec<u32>,
    /// Minutes of the day.
    minutes: u32,
    /// Jobs with their first minutes.
    jobs: Vec<(usize, u32)>,
}

impl Slot {
    pub(super) fn new(officers: u8, minutes: u16) -> Slot {
        Slot { free_at: vec![0; usize::from(officers)], minutes: u32::from(minutes), jobs: Vec::new() }
    }

    /// Adds a job where its officers wait least for each other; false if there is no room.
    pub(super) fn put(&mut self, job: usize, minutes: u32, officers: u8) -> bool {
        let team = usize::from(officers.max(1));
        let idle = |team: &[u32]| team.last().map(|start| (team.iter().map(|free| start - free).sum::<u32>(), *start));
        let choices = self.free_at.windows(team).enumerate().filter_map(|(at, team)| idle(team).map(|(idle, start)| (idle, start, at)));
        let Some((_, start, at)) = choices.filter(|(_, start, _)| start + minutes <= self.minutes).min() else { return false };
        self.free_at.iter_mut().skip(at).take(team).for_each(|free| *free = start + minutes);
        self.free_at.sort_unstable();
        self.jobs.push((job, start));
        true
    }

    /// A day with these jobs (number, minutes, officers), the largest first; `None` if they do not fit so.
    pub(super) fn pack(officers: u8, minutes: u16, mut jobs: Vec<(usize, u32, u8)>) -> Option<Slot> {
        jobs.sort_by_key(|(job, minutes, officers)| (Reverse(*officers), Reverse(*minutes), *job));
        let mut slot = Slot::new(officers, minutes);
        jobs.into_iter().all(|(job, minutes, officers)| slot.put(job, minutes, officers)).then_some(slot)
    }

    pub(super) fn jobs(&self) -> Vec<usize> {
        self.jobs.iter().map(|(job, _)| *job).collect()
    }

    pub(super) fn start(&self, job: usize) -> Option<u16> {
        self.jobs.iter().find(|(other, _)| *other == job).and_then(|(_, start)| u16::try_from(*start).ok())
    }
}
