//! Figures under random runs: handhelds and office write what they may and what they may not, contest and cancel, hand in late and in
//! another order; every few groups what is kept agrees with what the records say, and in the end every number is what two ways of
//! counting that know nothing of the index say. Then differences are planted, and each is named by its record.
//!
//! `ZHIFA_FIGURES_SEEDS` says how many runs instead of the usual ones.

mod folded;
mod hand;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use sync_core::base::{RecordId, Stamp};
use sync_core::district::{OfficeWrite, dismiss, office_write, release};
use sync_core::figures::{FACTS, facts};
use sync_core::record::{ActCall, Dot, Draft, Record, SealBody, SignedChange, Value};
use zhifa_server::figures::{Recomputed, recompute};
use zhifa_server::sync::store::Want;
use zhifa_server::verify::{Options, verify};

use crate::harness::{Bent, Engine, Site, record};
use crate::town::Town;
use hand::{KINDS, Rng};

const OFFICERS: [&str; 3] = ["chen-yifan", "lin-xiaohe", "zhao-mingyuan"];
/// Steps of a run, and of a group after which everything is compared.
const STEPS: usize = 90;
const GROUP: usize = 30;

/// What a town's random runs need.
struct Play<'t, 's> {
    town: &'t Town<'s>,
    rng: Rng,
    /// Every record of every run.
    all: Vec<(RecordId, &'static str)>,
    /// Those of this run.
    own: Vec<(RecordId, &'static str)>,
    /// What a handheld has seen of a record, now or some time ago.
    views: BTreeMap<(&'static str, RecordId), Option<Record>>,
    /// What handhelds wrote and have not handed in, each in its own order.
    waiting: BTreeMap<&'static str, Vec<SignedChange>>,
}

fn kind(name: &str) -> &'static sync_core::record::Kind {
    sync_core::schema::kinds().get(name).unwrap()
}

impl Play<'_, '_> {
    /// An act of a kind, with a seal where its table wants one.
    fn act(rng: &mut Rng, of: &'static str, record: Option<&Record>) -> ActCall {
        let acts: BTreeSet<&str> = kind(of).acts.iter().map(|row| row.act).collect();
        let acts: Vec<&str> = acts.into_iter().collect();
        Self::called(of, rng.one(&acts), rng.chance(30).then_some("water"), record)
    }

    fn called(of: &str, name: &str, part: Option<&str>, record: Option<&Record>) -> ActCall {
        let seals = kind(of).acts.iter().any(|row| row.act == name && row.seals);
        let covers = record.map(|r| r.seen().iter().collect()).unwrap_or_default();
        let seal = seals.then(|| SealBody { covers, shown: Value::parse("{}").unwrap() });
        ActCall { part: part.map(Into::into), reason: Some("x".into()), seal, ..ActCall::new(name) }
    }

    /// The fields and the act of one step.
    fn step(&mut self, of: &'static str, record: Option<&Record>) -> (Vec<(String, Json)>, Option<ActCall>) {
        if self.rng.chance(60) {
            let way = hand::way(&mut self.rng, of);
            // Mostly the step that may come next, if any.
            let follows = |act: &str| record.is_some_and(|r| kind(of).acts.iter().any(|row| row.act == act && row.from.contains(&r.stage())));
            let next: Vec<usize> = (0..way.len()).filter(|n| follows(way[*n].0)).collect();
            let at = if next.is_empty() || self.rng.chance(20) { self.rng.below(way.len()) } else { next[self.rng.below(next.len())] };
            let (act, part, fields) = way[at].clone();
            return (fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(), Some(Self::called(of, act, part, record)));
        }
        let fields: BTreeMap<String, Json> = (0..1 + self.rng.below(7)).map(|_| hand::field(&mut self.rng, of)).collect();
        let act = self.rng.chance(15).then(|| Self::act(&mut self.rng, of, record));
        (fields.into_iter().collect(), act)
    }

    /// Somebody in the office writes: over what stands, or beside it.
    fn office(&mut self, id: RecordId, of: &'static str) {
        let record = self.town.look(id);
        let (fields, act) = self.step(of, record.as_ref());
        self.written(id, of, &fields, act);
    }

    /// Most visits of a run take place; some of one organ alone.
    fn enter(&mut self, id: RecordId) {
        let alone = self.rng.chance(40);
        for (act, part, fields) in hand::way(&mut self.rng, "visit").into_iter().take(2) {
            let fields: Vec<(String, Json)> = fields.into_iter().filter(|(key, _)| !alone || *key != "organs.water").map(|(key, value)| (key.to_owned(), value)).collect();
            let record = self.town.look(id);
            self.written(id, "visit", &fields, Some(Self::called("visit", act, part, record.as_ref())));
        }
    }

    fn written(&mut self, id: RecordId, of: &'static str, fields: &[(String, Json)], act: Option<ActCall>) {
        let record = self.town.look(id);
        let over = self.rng.chance(85);
        let dots = |key: &str| record.as_ref().and_then(|r| r.register(key)).map(|r| r.dots()).filter(|_| over).unwrap_or_default();
        let edits = fields.iter().map(|(key, value)| (key.parse().unwrap(), Value::from_json(value).unwrap(), dots(key), None)).collect();
        let draft = Draft { edits, act, ..Draft::of(id, of) };
        let app = &self.town.site.running().app;
        let keys = app.keys.clone();
        let officer: sync_core::base::OfficerId = "head".parse().unwrap();
        let written = move |store: &mut zhifa_server::sync::store::Working<'_, '_>| {
            let (kinds, now) = (store.kinds, store.now);
            // What the tables refuse is refused: nothing is kept of it.
            office_write(store, kinds, &OfficeWrite { draft: draft.clone(), officer: officer.clone() }, &keys.receipt, now).map(|_| ())
        };
        app.committer.run_blocking(Want::default(), written).unwrap();
    }

    /// A handheld writes by what it has seen, and keeps it.
    fn field_work(&mut self, id: RecordId, of: &'static str) {
        let who = self.rng.one(&OFFICERS);
        if self.rng.chance(60) || !self.views.contains_key(&(who, id)) {
            self.views.insert((who, id), self.town.look(id));
        }
        let record = self.views[&(who, id)].clone();
        let (fields, act) = self.step(of, record.as_ref());
        let handheld = &self.town.handhelds[who];
        let after: Vec<Dot> = record.iter().flat_map(|r| r.seen().iter()).filter(|d| d.device != handheld.device).collect();
        let values: Vec<String> = fields.iter().map(|(_, json)| Value::from_json(json).unwrap().as_json().to_owned()).collect();
        let dots: Vec<Vec<Dot>> = fields.iter().map(|(key, _)| record.as_ref().and_then(|r| r.register(key)).map(|r| r.dots()).unwrap_or_default()).collect();
        let edits: Vec<(&str, &str, &[Dot])> = fields.iter().zip(&values).zip(&dots).map(|(((key, _), value), dots)| (key.as_str(), value.as_str(), dots.as_slice())).collect();
        let time = Stamp { wall: self.town.now(), mono: 5, boot: 1, server: None, gnss: None };
        let change = handheld.write_bent(id, &edits, &Bent { kind: of, schema: kind(of).schema, after, time, act, ..Bent::default() });
        self.waiting.entry(who).or_default().push(change);
    }

    /// Some handhelds find a network, in any order; a reviewer looks at what was put aside.
    fn hand_in(&mut self, everything: bool) {
        let mut order = OFFICERS;
        if self.rng.chance(50) {
            order.reverse();
        }
        let mut aside: Vec<Dot> = Vec::new();
        for who in order {
            if !everything && self.rng.chance(50) {
                continue;
            }
            let changes = self.waiting.remove(who).unwrap_or_default();
            if changes.is_empty() {
                continue;
            }
            let answer = self.town.site.push(&self.town.handhelds[who], &changes);
            aside.extend(answer.results.iter().filter(|r| r.disposition.as_ref().is_some_and(|d| !d.is_final())).filter_map(|r| r.dot));
        }
        for dot in aside {
            let (let_in, now) = (self.rng.chance(50), everything || self.rng.chance(50));
            if !now {
                continue;
            }
            let decided = move |store: &mut zhifa_server::sync::store::Working<'_, '_>| {
                let (kinds, now) = (store.kinds, store.now);
                let done = if let_in { release(store, kinds, dot, now)? } else { dismiss(store, kinds, dot, "x", now)? };
                // What settled by itself meanwhile is nobody's any more.
                Ok(done.is_ok())
            };
            self.town.site.running().app.committer.run_blocking(Want::default(), decided).unwrap();
        }
    }

    /// One run: what it wrote is compared after each group.
    fn run(&mut self, seed: u64) {
        self.rng = Rng(seed);
        self.own = Vec::new();
        self.views.clear();
        for (name, many) in KINDS {
            let first = u128::from(seed) * 1_000 + 1_000 + self.own.len() as u128;
            self.own.extend((0..*many).map(|n| (record(first + n), *name)));
        }
        for (id, of) in self.own.clone() {
            self.all.push((id, of));
            let unit = self.rng.one(hand::UNITS);
            let draft = Draft { edits: vec![("unit".parse().unwrap(), Value::from_json(&json!(unit)).unwrap(), vec![], None)], ..Draft::of(id, of) };
            let keys = self.town.site.running().app.keys.clone();
            let begun = move |store: &mut zhifa_server::sync::store::Working<'_, '_>| {
                let (kinds, now) = (store.kinds, store.now);
                let done = office_write(store, kinds, &OfficeWrite { draft: draft.clone(), officer: "head".parse().unwrap() }, &keys.receipt, now)?;
                assert!(done.is_ok(), "{done:?}");
                Ok(())
            };
            self.town.site.running().app.committer.run_blocking(Want::default(), begun).unwrap();
            if of == "visit" && self.rng.chance(75) {
                self.enter(id);
            }
        }
        for step in 1..=STEPS {
            let (id, of) = self.own[self.rng.below(self.own.len())];
            // What only the office may write, a handheld writes seldom: it is refused.
            let field = ["visit", "case", "invitation"].contains(&of);
            if self.rng.chance(if field { 45 } else { 8 }) {
                self.field_work(id, of)
            } else {
                self.office(id, of)
            }
            if self.rng.chance(25) {
                self.hand_in(false);
            }
            if step % GROUP == 0 {
                let found = recomputed(self.town);
                assert!(found.agrees(), "seed {seed}, step {step}: {found}, {:?}", found.first);
            }
        }
        self.hand_in(true);
    }
}

fn recomputed(town: &Town<'_>) -> Recomputed {
    town.site.running().app.committer.run_blocking(Want::default(), recompute).unwrap()
}

fn runs(usual: u64) -> u64 {
    std::env::var("ZHIFA_FIGURES_SEEDS").map_or(usual, |text| text.parse().expect("ZHIFA_FIGURES_SEEDS is a number of runs"))
}

/// Queries that narrow in every way, alone and together.
fn queries(units: &[String]) -> Vec<Vec<(&'static str, String)>> {
    let object = |n: u128| ("object", record(n).to_string());
    let word = |dim: &'static str, word: &str| (dim, word.to_owned());
    let mut out = vec![vec![]];
    out.extend(hand::ORGANS.iter().map(|organ| vec![word("organ", organ)]));
    out.extend(hand::AREAS.iter().map(|area| vec![word("area", area)]));
    out.extend(units.iter().map(|unit| vec![word("unit", unit)]));
    out.extend((1..=4).map(|n| vec![object(n)]));
    out.extend(hand::MATTERS.iter().map(|matter| vec![word("matter", matter)]));
    out.push(vec![word("area", "nb-gaoxin"), object(1)]);
    out.push(vec![word("area", "330212"), word("organ", "enforcement"), object(2)]);
    out
}

fn test(engine: Engine, usual: u64) {
    let mut site = Site::new(engine);
    let all = {
        let town = Town::new(&site, &OFFICERS);
        let mut play = Play { town: &town, rng: Rng(0), all: Vec::new(), own: Vec::new(), views: BTreeMap::new(), waiting: BTreeMap::new() };
        for seed in 0..runs(usual) {
            play.run(seed);
        }
        let good = recomputed(&town);
        assert!(good.agrees(), "{good}, {:?}", good.first);
        let records: Vec<Record> = play.all.iter().filter_map(|(id, _)| town.look(*id)).collect();
        // The runs are about something: every kind of fact was said.
        let said: BTreeSet<&str> = records.iter().flat_map(facts).map(|fact| fact.what).collect();
        let unsaid: Vec<&str> = FACTS.iter().map(|fact| fact.name).filter(|name| !said.contains(name)).collect();
        assert!(runs(usual) < 40 || unsaid.is_empty(), "no run says {unsaid:?}");
        let units = folded::units(&town);
        let (mut numbers, mut nothing) = (0, 0);
        for (from, to) in [("2026-01-01", "2026-12-31"), ("2025-05-01", "2026-05-03")] {
            let all_units: Vec<String> = hand::UNITS.iter().map(|unit| (*unit).to_owned()).collect::<BTreeSet<_>>().into_iter().collect();
            for query in queries(&all_units) {
                let asked: String = query.iter().map(|(dim, value)| format!("&{dim}={value}")).collect();
                let answer = town.get("head", &format!("/api/v1/figures?from={from}&to={to}{asked}"));
                let (n, no) = folded::compare(&answer, &records, from, to, &query, &units);
                (numbers, nothing) = (numbers + n, nothing + no);
                if query.is_empty() {
                    told::compare(&answer, &records, from, to);
                }
            }
        }
        assert!(numbers > 500 && nothing > 100, "{numbers} numbers, {nothing} times none");
        records
    };
    // Planted differences: each is found, named by its record, and gone once the index is written anew.
    let with: Vec<RecordId> = all.iter().filter(|r| facts(r).len() > 1).map(|r| r.id).collect();
    let key = |id: RecordId| if engine == Engine::Postgres { format!("'\\x{id}'::bytea") } else { format!("x'{id}'") };
    let stranger = record(999_999_999);
    let planted = [
        (with[0], format!("DELETE FROM fact WHERE record = {} AND n = 1", key(with[0]))),
        (with[1], format!("UPDATE fact SET amount = amount + 1 WHERE record = {} AND n = 0", key(with[1]))),
        (with[2], format!("UPDATE fact SET day = '1999-01-01' WHERE record = {} AND n = 0", key(with[2]))),
        (with[3], format!("UPDATE fact SET organ = 'fire' WHERE record = {} AND n = 1", key(with[3]))),
        (
            stranger,
            format!(
                "INSERT INTO fact (district, record, n, what, about, day, organ, unit, area, object, matter, pair, amount) \
                 SELECT district, {}, n, what, about, day, organ, unit, area, object, matter, pair, amount FROM fact WHERE record = {} AND n = 0",
                key(stranger),
                key(with[4])
            ),
        ),
    ];
    let recomputed = |site: &Site| site.running().app.committer.run_blocking(Want::default(), recompute).unwrap();
    for (record, sql) in &planted {
        site.sql(sql);
        let found = recomputed(&site);
        assert_eq!((found.agrees(), found.different, found.first.as_slice()), (false, 1, [*record].as_slice()), "{sql}: {found}");
        site.running().app.committer.run_blocking(Want::default(), zhifa_server::index::rebuild).unwrap();
        assert!(recomputed(&site).agrees(), "{sql}");
    }
    // The walk over everything says the same: nothing is wrong; then all of them at once, each by name.
    let check = |site: &Site| verify(&Options { database: site.config.database.clone(), ..Options::local(site.config.data.clone()) }).unwrap().findings;
    site.stop();
    let found = check(&site);
    assert!(found.is_empty(), "{found:?}");
    for (_, sql) in &planted {
        site.sql(sql);
    }
    let named: BTreeSet<RecordId> = check(&site).into_iter().filter_map(|finding| finding.record).collect();
    assert_eq!(named, planted.iter().map(|(record, _)| *record).collect());
}

#[test]
fn random_runs_leave_every_figure_what_the_records_say_sqlite() {
    test(Engine::Sqlite, 40);
}

#[test]
fn random_runs_leave_every_figure_what_the_records_say_postgres() {
    test(Engine::Postgres, 4);
}
