//! The fewest visits to each object that satisfy every entry (计划撮合).
//!
//! Per object the days come from [`stab`]: a proven minimum, or a bound beside the number. Then each organ is given the fewest
//! of those days for its own entries, so that its cap is strained least (one organ and one object: one visit in principle,
//! 浙江省综合行政执法条例第十三条). Where an organ would be over its cap only because of the others' days, its own choice of days is tried
//! first; what is over the cap all the same is listed, never dropped.
//!
//! Entries that share a day are one visit: joint, if they are of several organs. It may lie on any day that all their windows
//! share. The organ of the riskiest entry leads; among equals the one with more matters, then the one whose window ends first,
//! then the first by code, and the proposal says that the guidance office decides.
//!
//! An off-site entry needs no visit. Deliberately absent: squads and hours ([`super::schedule()`]).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::cap::{Past, Verdict, standing};
use super::day::{Day, date_of, number, within};
use super::stab::{self, Fewest, Need};
use super::{Entry, Mode, OpenDays, Reason, Risk};
use crate::base::Date;
use crate::catalogue::Matter;
use crate::catalogue::lineage::lineage;
use crate::dated::Book;
use crate::law::policy::{self, Cap, PolicyError, YearBasis};

/// What a merge goes by.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The book with the cap (`inspection.cap`).
    pub book: &'a Book,
    /// Days on which visits can be made; they must cover all windows.
    pub open: &'a OpenDays,
    /// Visits that took place.
    pub past: &'a [Past],
    /// Risk of objects by key, which the cap goes by; an object that is not there has the highest risk of an organ's entries.
    pub risks: &'a BTreeMap<String, Risk>,
    /// Least days between two visits that one entry wants.
    pub apart: u16,
    /// Within how many days two visits to an object are pointed out as near (`inspection.merge.window`).
    pub near: u16,
}

/// A proposed visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// Object, `#`, number at the object.
    pub id: String,
    /// The object.
    pub object: String,
    /// Its area.
    pub area: String,
    /// First day on which it may lie.
    pub from: Date,
    /// Last such day.
    pub to: Date,
    /// Entries that it satisfies: the matched set.
    pub entries: Vec<String>,
    /// Their organs, ascending.
    pub organs: Vec<String>,
    /// The organ that leads.
    pub lead: String,
    /// Highest risk of its entries.
    pub risk: Risk,
    /// Minutes on site: the sum over its entries. Shared questions make it less; how much, no plan says.
    pub minutes: u32,
    /// Officers at once: the most that an entry needs.
    pub officers: u8,
    /// Visits to the same object that come before it, by position in the proposal, and how many days at least.
    pub after: Vec<(usize, i32)>,
    /// Why these, why these days, who leads.
    pub why: Vec<Reason>,
}

impl Visit {
    /// Whether several organs take part.
    pub fn joint(&self) -> bool {
        self.organs.len() > 1
    }
}

/// An entry that is not, or not wholly, satisfied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmet {
    /// The entry.
    pub entry: String,
    /// Why.
    pub why: Reason,
}

/// A proposal for all objects.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Merged {
    /// Visits by object and day.
    pub visits: Vec<Visit>,
    /// What cannot be satisfied, with the reason.
    pub unmet: Vec<Unmet>,
    /// Sum over the objects of a bound below which no number of visits satisfies the entries that are satisfied.
    pub least: usize,
    /// Organ-visits that the satisfied entries would have been by themselves.
    pub before: usize,
}

/// Whose cap is asked for: an organ's entries at one object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Scope {
    area: String,
    /// Domains of the matters.
    domains: BTreeSet<String>,
    risk: Risk,
}

/// Caps by scope and day, and domains of matters, as far as they were asked for.
struct Caps<'a> {
    book: &'a Book,
    known: BTreeMap<(Scope, Day), Cap>,
    domains: BTreeMap<(&'a str, Day), Option<String>>,
}

impl<'a> Caps<'a> {
    /// The cap on a day: by the area and all that it lies in, by the domains of the matters, by risk, as the admission of the visit asks.
    fn get(&mut self, scope: &Scope, day: Day) -> Result<&Cap, PolicyError> {
        match self.known.entry((scope.clone(), day)) {
            std::collections::btree_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::btree_map::Entry::Vacant(free) => {
                let areas: Vec<String> = lineage(self.book, &scope.area, date_of(day)).into_iter().flatten().collect();
                let areas: Vec<&str> = areas.iter().map(String::as_str).collect();
                let domains: Vec<&str> = scope.domains.iter().map(String::as_str).collect();
                let cap = policy::cap(self.book, &areas, &domains, scope.risk.as_str(), date_of(day))?.value;
                Ok(free.insert(cap))
            }
        }
    }

    /// The scope of an organ's entries at one object; each matter is of the domain of the day on which its window begins.
    fn scope(&mut self, own: &[(usize, &'a Entry)], risks: &BTreeMap<String, Risk>) -> Scope {
        let mut domains = BTreeSet::new();
        for (entry, matter) in own.iter().flat_map(|(_, entry)| entry.matters.iter().map(move |matter| (entry, &**matter))) {
            let found = self.domains.entry((matter, entry.window().0)).or_insert_with(|| self.book.get::<Matter>(matter, entry.from).map(|matter| matter.domain));
            domains.extend(found.clone());
        }
        let area = own.first().map(|(_, entry)| entry.area.clone()).unwrap_or_default();
        let known = own.first().and_then(|(_, entry)| risks.get(&entry.object)).copied();
        Scope { area, domains, risk: known.or_else(|| own.iter().map(|(_, entry)| entry.risk).max()).unwrap_or(Risk::Low) }
    }
}

/// What an organ is given of an object's days.
struct Share<'a> {
    /// Its entries, each with its days.
    entries: Vec<(&'a Entry, Vec<Day>)>,
    /// Days that count against its cap.
    counted: Vec<Day>,
    /// Its entry that the cap leaves no room for: its place among the live, visits that count, most of them.
    over: Option<(usize, u32, u32)>,
    /// Days after which nothing is left of the year, and the cap.
    last: Vec<(Day, u32)>,
    /// Whether moving a day could break a rolling cap.
    pinned: bool,
}

fn need(entry: &Entry, apart: u16) -> Need {
    let (from, to) = entry.window();
    Need { from, to, times: u32::from(entry.visits), apart: i32::from(apart.max(1)) }
}

/// One object's entries and how they are judged.
struct Object<'a, 'b> {
    ground: &'b Ground<'a>,
    past: &'b BTreeMap<(&'a str, &'a str), Vec<&'a Past>>,
    caps: &'b mut Caps<'a>,
}

impl<'a> Object<'a, '_> {
    fn needs(&self, entries: &[&Entry]) -> Vec<Need> {
        entries.iter().map(|entry| need(entry, self.ground.apart)).collect()
    }

    /// Divides days among the organs, each as few as can be, those that count against its cap first.
    fn shares(&mut self, live: &[&'a Entry], days: &[Day]) -> Result<Vec<Share<'a>>, PolicyError> {
        let organs: BTreeSet<&str> = live.iter().map(|entry| &*entry.organ).collect();
        organs.into_iter().map(|organ| self.share(organ, live, days)).collect()
    }

    fn share(&mut self, organ: &str, live: &[&'a Entry], days: &[Day]) -> Result<Share<'a>, PolicyError> {
        let own: Vec<(usize, &'a Entry)> = live.iter().copied().enumerate().filter(|(_, entry)| *entry.organ == *organ).collect();
        let scope = self.caps.scope(&own, self.ground.risks);
        let (mut counting, mut others) = (Vec::new(), Vec::new());
        for (at, entry) in own {
            let counts = self.caps.get(&scope, entry.window().0)?.counts.contains(&entry.kind);
            if counts { counting.push((at, entry)) } else { others.push(entry) }
        }
        let counting_entries: Vec<&Entry> = counting.iter().map(|(_, entry)| *entry).collect();
        let counted = stab::fewest(&self.needs(&counting_entries), days, &[]).days;
        let all = stab::fewest(&self.needs(&others), days, &counted).days;
        let chosen = |entry: &'a Entry, days: &[Day]| (entry, stab::chain(days, &days.iter().copied().collect(), &need(entry, self.ground.apart)));
        let mut entries: Vec<(&Entry, Vec<Day>)> = counting.iter().map(|(_, entry)| chosen(entry, &counted)).collect();
        entries.extend(others.iter().map(|entry| chosen(entry, &all)));
        let mut share = Share { entries, counted, over: None, last: Vec::new(), pinned: false };
        if let Some((_, first)) = counting.first() {
            self.judge(&mut share, &counting, first, &scope)?;
        }
        Ok(share)
    }

    /// Holds the days that count against the cap, each together with those that took place and the others.
    fn judge(&mut self, share: &mut Share<'a>, counting: &[(usize, &'a Entry)], first: &Entry, scope: &Scope) -> Result<(), PolicyError> {
        let took_place = self.past.get(&(&*first.object, &*first.organ)).map(Vec::as_slice).unwrap_or_default();
        let planned: Vec<Past> = share
            .counted
            .iter()
            .map(|day| Past { visit: format!("#{day}"), organ: first.organ.clone(), object: first.object.clone(), day: date_of(*day), kind: first.kind, checked_in: true })
            .collect();
        let (mut over, mut pinned, mut last_days) = (None, false, Vec::new());
        let entries = &share.entries;
        let on = |day: Day| counting.iter().filter(move |(_, entry)| entries.iter().any(|(other, days)| other.id == entry.id && days.contains(&day)));
        for (n, day) in share.counted.iter().enumerate() {
            let cap = self.caps.get(scope, *day)?;
            let earlier = planned.iter().take(n);
            let found = standing(cap, took_place.iter().copied().chain(earlier), first.kind, date_of(*day));
            match found.verdict {
                Verdict::Blocked if over.is_none() => {
                    // Least is lost with the day of the lowest risk, on it with the entry that can wait longest.
                    let (begin, end) = super::cap::year_of(cap.year, date_of(*day));
                    let in_year = share.counted.iter().filter(|other| (begin..=end).contains(&date_of(**other)));
                    let weakest = in_year.min_by_key(|day| (on(**day).map(|(_, entry)| entry.risk).max(), on(**day).count(), std::cmp::Reverse(**day)));
                    let lost = weakest.and_then(|day| on(*day).min_by_key(|(_, entry)| (entry.risk, std::cmp::Reverse(entry.to), std::cmp::Reverse(&entry.id))));
                    over = lost.map(|(at, _)| (*at, found.used, found.max));
                }
                Verdict::Last => last_days.push((*day, found.max)),
                _ => (),
            }
            pinned |= cap.year == YearBasis::Rolling && took_place.len() + planned.len() > cap.max as usize;
        }
        (share.over, share.pinned, share.last) = (over, pinned, last_days);
        Ok(())
    }

    /// Days and shares of the entries; entries that the cap leaves no room for go from `live` to `unmet`.
    fn settle(&mut self, live: &mut Vec<&'a Entry>, unmet: &mut Vec<Unmet>) -> Result<(Fewest, Vec<Share<'a>>), PolicyError> {
        loop {
            let needs = self.needs(live);
            let found = stab::fewest(&needs, self.ground.open.days(), &[]);
            let shares = self.shares(live, &found.days)?;
            let over: BTreeSet<&str> = shares.iter().filter(|share| share.over.is_some()).filter_map(|share| Some(&*share.entries.first()?.0.organ)).collect();
            if over.is_empty() {
                return Ok((found, shares));
            }
            // What these organs would choose for themselves, and then as few as can be for the others.
            let own: Vec<&Entry> = live.iter().copied().filter(|entry| over.contains(&*entry.organ)).collect();
            let mut days = BTreeSet::new();
            for organ in &over {
                let entries: Vec<&Entry> = own.iter().copied().filter(|entry| *entry.organ == **organ).collect();
                days.extend(stab::fewest(&self.needs(&entries), self.ground.open.days(), &[]).days);
            }
            let fixed: Vec<Day> = days.into_iter().collect();
            let again = stab::fewest(&needs, self.ground.open.days(), &fixed);
            let shares = self.shares(live, &again.days)?;
            let Some((at, used, max)) = shares.iter().find_map(|share| share.over) else {
                return Ok((Fewest { least: found.least, ..again }, shares));
            };
            let lost = live.remove(at);
            unmet.push(Unmet { entry: lost.id.clone(), why: Reason::Cap { entry: lost.id.clone(), organ: lost.organ.clone(), used, max } });
        }
    }
}

/// Proposes visits for all entries. Entries must be sound ([`Entry::flaws`]).
pub fn merge(entries: &[Entry], ground: &Ground<'_>) -> Result<Merged, PolicyError> {
    let mut objects: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.mode == Mode::OnSite) {
        objects.entry(&entry.object).or_default().push(entry);
    }
    let mut past: BTreeMap<(&str, &str), Vec<&Past>> = BTreeMap::new();
    for visit in ground.past {
        past.entry((&visit.object, &visit.organ)).or_default().push(visit);
    }
    let mut caps = Caps { book: ground.book, known: BTreeMap::new(), domains: BTreeMap::new() };
    let mut merged = Merged::default();
    for (_, mut live) in objects {
        live.sort_by(|a, b| a.id.cmp(&b.id));
        let possible = |entry: &Entry| stab::possible(ground.open.days(), &need(entry, ground.apart));
        live.retain(|entry| {
            let (wanted, possible) = (u32::from(entry.visits), possible(entry));
            if possible < wanted {
                merged.unmet.push(Unmet { entry: entry.id.clone(), why: Reason::NoOpenDay { entry: entry.id.clone(), wanted, possible } });
            }
            possible >= wanted
        });
        let (found, shares) = Object { ground, past: &past, caps: &mut caps }.settle(&mut live, &mut merged.unmet)?;
        merged.before += live.iter().map(|entry| usize::from(entry.visits)).sum::<usize>();
        merged.least += found.least;
        propose(&shares, &found, ground, &mut merged.visits);
    }
    Ok(merged)
}

/// Writes an object's visits down.
fn propose(shares: &[Share<'_>], found: &Fewest, ground: &Ground<'_>, visits: &mut Vec<Visit>) {
    let mut by_day: BTreeMap<Day, Vec<(&Entry, usize)>> = BTreeMap::new();
    for (entry, days) in shares.iter().flat_map(|share| &share.entries) {
        for (n, day) in days.iter().enumerate() {
            by_day.entry(*day).or_default().push((entry, n));
        }
    }
    let ranges = ranges(&by_day, shares, ground);
    let begin = visits.len();
    for ((day, on_day), (from, to)) in by_day.iter().zip(&ranges) {
        let mut on_day = on_day.clone();
        on_day.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        let number_here = visits.len() - begin;
        let mut visit = describe(&on_day, date_of(*from), date_of(*to), number_here + 1, ground.apart);
        if let Some(before) = number_here.checked_sub(1).and_then(|n| visits.get(begin + n)) {
            let between = from - number(before.to);
            if (1..=i32::from(ground.near)).contains(&between) && !before.entries.iter().any(|entry| visit.entries.contains(entry)) {
                visit.why.push(Reason::Near { visit: before.id.clone(), days: between });
            }
            visit.after.push((begin + number_here - 1, 1));
        }
        for (entry, n) in &on_day {
            let earlier = n.checked_sub(1).and_then(|n| shares.iter().flat_map(|share| &share.entries).find(|(e, _)| e.id == entry.id)?.1.get(n).copied());
            if let Some(at) = earlier.and_then(|earlier| by_day.keys().position(|day| *day == earlier)) {
                visit.after.push((begin + at, i32::from(ground.apart.max(1))));
            }
        }
        visit.after.sort_unstable();
        visit.after.dedup();
        for share in shares {
            let organ = share.entries.first().map(|(entry, _)| entry.organ.clone()).unwrap_or_default();
            visit.why.extend(share.last.iter().filter(|(last, _)| last == day).map(|(_, max)| Reason::LastOfCap { organ: organ.clone(), max: *max }));
        }
        if by_day.len() > found.least {
            visit.why.push(Reason::NotProven { visits: by_day.len(), least: found.least });
        }
        visits.push(visit);
    }
}

/// The days on which each visit may lie: all windows of its entries, within the year of the cap, and so that every entry's
/// spacing can still be kept whatever day the visits before it take.
fn ranges(by_day: &BTreeMap<Day, Vec<(&Entry, usize)>>, shares: &[Share<'_>], ground: &Ground<'_>) -> Vec<(Day, Day)> {
    let open = ground.open.days();
    let mut ranges: Vec<(Day, Day)> = Vec::with_capacity(by_day.len());
    for (day, on_day) in by_day {
        let mut from = on_day.iter().map(|(entry, _)| entry.window().0).max().unwrap_or(*day);
        let mut to = on_day.iter().map(|(entry, _)| entry.window().1).min().unwrap_or(*day);
        for share in shares.iter().filter(|share| share.counted.contains(day)) {
            let (first, last) = super::cap::year_of(YearBasis::Calendar, date_of(*day));
            (from, to) = if share.pinned { (*day, *day) } else { (from.max(number(first)), to.min(number(last))) };
        }
        ranges.push((from, to));
    }
    let days: Vec<Day> = by_day.keys().copied().collect();
    let mut gaps: Vec<(usize, usize, i32)> = (1..days.len()).map(|n| (n - 1, n, 1)).collect();
    for (_, chain) in shares.iter().flat_map(|share| &share.entries) {
        for (before, after) in chain.iter().zip(chain.iter().skip(1)) {
            let at = |day: &Day| days.binary_search(day).unwrap_or(0);
            gaps.push((at(before), at(after), i32::from(ground.apart.max(1))));
        }
    }
    // Pairs in order of the later visit, so that one pass from the left and one from the right is enough.
    gaps.sort_by_key(|(before, after, _)| (*after, *before));
    let opened = |from: Day| open.get(open.partition_point(|day| *day < from)).copied().unwrap_or(from);
    let closed = |to: Day| within(open, Day::MIN, to).last().copied().unwrap_or(to);
    ranges.iter_mut().for_each(|range| *range = (opened(range.0), closed(range.1)));
    for (before, after, gap) in &gaps {
        let least = ranges.get(*before).map_or(Day::MIN, |range| range.0.saturating_add(*gap));
        if let Some(range) = ranges.get_mut(*after) {
            range.0 = range.0.max(opened(least));
        }
    }
    gaps.sort_by_key(|(before, after, _)| std::cmp::Reverse((*before, *after)));
    for (before, after, gap) in &gaps {
        let most = ranges.get(*after).map_or(Day::MAX, |range| range.1.saturating_sub(*gap));
        if let Some(range) = ranges.get_mut(*before) {
            range.1 = range.1.min(closed(most));
        }
    }
    ranges
}

/// A visit of these entries, each with which of its visits it is.
fn describe(on_day: &[(&Entry, usize)], from: Date, to: Date, n: usize, apart: u16) -> Visit {
    let entries: Vec<&Entry> = on_day.iter().map(|(entry, _)| *entry).collect();
    let organs: BTreeSet<&str> = entries.iter().map(|entry| &*entry.organ).collect();
    let organs: Vec<String> = organs.into_iter().map(str::to_owned).collect();
    let first = entries.first().copied();
    let risk = entries.iter().map(|entry| entry.risk).max().unwrap_or(Risk::Low);
    let mut riskiest: Vec<&Entry> = entries.iter().copied().filter(|entry| entry.risk == risk).collect();
    riskiest.sort_by_key(|entry| (std::cmp::Reverse(entry.matters.len()), entry.to, &entry.organ, &entry.id));
    let equals: BTreeSet<&str> = riskiest.iter().map(|entry| &*entry.organ).collect();
    let lead = riskiest.first().map(|entry| entry.organ.clone()).unwrap_or_default();
    let mut why = Vec::new();
    if organs.len() > 1 {
        why.push(Reason::Joint { organs: organs.clone(), from, to });
    }
    for organ in &organs {
        let own: Vec<String> = entries.iter().filter(|entry| entry.organ == *organ).map(|entry| entry.id.clone()).collect();
        if own.len() > 1 {
            why.push(Reason::OneOrgan { organ: organ.clone(), entries: own });
        }
    }
    match first.filter(|_| entries.len() == 1) {
        Some(entry) => why.push(Reason::Alone { entry: entry.id.clone() }),
        None => {
            let begins = entries.iter().max_by_key(|entry| (entry.from, std::cmp::Reverse(&entry.id)));
            let ends = entries.iter().min_by_key(|entry| (entry.to, &entry.id));
            if let (Some(begins), Some(ends)) = (begins, ends) {
                why.push(Reason::Bound { first: begins.id.clone(), last: ends.id.clone() });
            }
        }
    }
    for (entry, nth) in on_day.iter().filter(|(entry, _)| entry.visits > 1) {
        why.push(Reason::Repeat { entry: entry.id.clone(), nth: nth + 1, of: entry.visits, apart });
    }
    if equals.len() > 1 {
        why.push(Reason::LeadTie { organ: lead.clone(), organs: equals.into_iter().map(str::to_owned).collect(), risk });
    } else if organs.len() > 1 {
        why.extend(riskiest.first().map(|entry| Reason::Lead { organ: lead.clone(), entry: entry.id.clone(), risk }));
    }
    Visit {
        id: format!("{}#{n}", first.map(|entry| &*entry.object).unwrap_or_default()),
        object: first.map(|entry| entry.object.clone()).unwrap_or_default(),
        area: first.map(|entry| entry.area.clone()).unwrap_or_default(),
        from,
        to,
        entries: entries.iter().map(|entry| entry.id.clone()).collect(),
        organs,
        lead,
        risk,
        minutes: entries.iter().map(|entry| u32::from(entry.minutes)).sum(),
        officers: entries.iter().map(|entry| entry.officers).max().unwrap_or(0),
        after: Vec::new(),
        why,
    }
}

#[cfg(test)]
mod tests;
