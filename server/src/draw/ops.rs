//! Committing, drawing, and replacing an inspector, each over the open transaction of the committer.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde_json::json;
use sync_core::base::date::day_of;
use sync_core::base::{Date, Digest, OfficerId, RecordId};
use sync_core::law::policy;
use sync_core::org::{Organ, OrganKind};
use sync_core::plan::draw::{Drawn, Exclusion, Inspector, List, Object, Recusal, Transcript, Why, commitment, draw as run};

use super::compose::{number, objects as compose_objects};
use super::gather::{self, Person};
use super::view::{Stored, read};
use super::{Basis, Recused, Replaces, Rule};
use crate::audit::Deed;
use crate::base::db::Tx;
use crate::base::keys::ServerKeys;
use crate::base::problem::Problem;
use crate::law::live::Edition;
use crate::on;
use crate::org::ops::Op;
use crate::react::derived_id;
use crate::schema::draw;
use crate::sync::store::{StoreError, Working};

/// What the list says of every recusal; the reason is nobody else's business.
const RECUSED: &str = "依法回避 Recused (行政处罚法第四十三条)";

/// A seed, and the same sealed for the row of its draw.
pub struct Seed {
    /// 32 random bytes.
    pub plain: Digest,
    /// Sealed.
    pub sealed: Vec<u8>,
}

/// The name under which a draw's seed is sealed.
pub fn row_name(id: RecordId) -> String {
    format!("draw:{id}")
}

fn broken(why: impl std::fmt::Display) -> StoreError {
    StoreError::Broken(format!("draw: {why}"))
}

fn flawed<T>(field: &str, why: impl Into<String>) -> Op<T> {
    Ok(Err(Problem::field(field, why)))
}

/// Composes the list of a rule and commits to it. The same id with the same rule is answered with what there is.
pub fn commit(store: &mut Working<'_, '_>, by: &OfficerId, id: RecordId, rule: &Rule, seed: &Seed, law: &Edition) -> Op<RecordId> {
    if let Some(known) = read(store.tx, store.district, id)? {
        let same = known.basis()?.rule == *rule;
        return Ok(if same { Ok(id) } else { Err(Problem::new("conflict", "a draw of another rule has this id; choose another")) });
    }
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let day = rule.day.unwrap_or(today);
    let book = &law.book;
    if !["site", "subject"].contains(&&*rule.kind) {
        return flawed("kind", "is one of site, subject");
    }
    if rule.title.trim().is_empty() || rule.title.len() > 300 {
        return flawed("title", "say in 1 to 300 bytes which draw it is");
    }
    if day < today {
        return flawed("day", "is over; name the day for which the inspections are planned");
    }
    if rule.team < 2 {
        return flawed("team", "two inspectors at least inspect (行政处罚法第四十二条)");
    }
    let Some(organ) = book.get::<Organ>(&rule.organ, day) else { return flawed("organ", "is no organ on that day") };
    if organ.kind == OrganKind::Guidance && policy::get::<String>(book, "organ.guidance.powers", day).map_or(true, |answer| answer.value == "none") {
        return flawed("organ", "holds no power of inspection (浙江省综合行政执法条例第十二条); name a department or the team");
    }
    let (candidates, names, families) = gather::candidates(store, book, rule, day, id)?;
    let weights = match policy::random_weights(book, day) {
        Ok(weights) => weights.value,
        Err(why) => return Ok(Err(Problem::new("conflict", why.to_string()))),
    };
    let objects = match compose_objects(&candidates, &weights) {
        Ok(objects) => objects,
        Err(what) => return Ok(Err(Problem::new("conflict", format!("the policy inspection.random.weights has no row for {what}; complete it")))),
    };
    let eligible = objects.iter().filter(|object| object.excluded.is_none()).count();
    let Some(wanted) = number(rule.draw, eligible) else {
        return flawed("draw", format!("{eligible} of {} can be drawn; ask for 1 to {eligible}, or 1 to 100 percent", objects.len()));
    };
    let (people, left_out) = gather::people(store, book, &rule.organ, day)?;
    if people.len() < rule.team as usize {
        return flawed("team", format!("{} officers of the organ may act on that day", people.len()));
    }
    let mut recusals = rule.recusals.clone();
    if let Some(n) = recusals.iter().position(|r| r.reason.trim().is_empty() || r.reason.len() > 500) {
        return flawed(&format!("recusals.{n}.reason"), "give the reason in 1 to 500 bytes");
    }
    recusals.extend(gather::recusals(store)?);
    let on_list: BTreeSet<&str> = objects.iter().map(|object| &*object.key).collect();
    let of = |r: &Recused| Some((key_of(&people, &r.officer)?, Some(families.key(r.object).to_string()).filter(|key| on_list.contains(&**key))?));
    let pairs: BTreeSet<(String, String)> = recusals.iter().filter_map(of).collect();
    recusals.retain(|r| of(r).is_some());
    let inspectors = people.iter().map(|person| Inspector { key: person.key.clone(), most: rule.most.unwrap_or(wanted), excluded: None }).collect();
    let title = format!("{} ({} {day})", rule.title.trim(), rule.organ);
    let list = List { title, draw: wanted, team: rule.team, objects, inspectors, recusals: published(pairs) };
    let officers = people.into_iter().map(|person| (person.key, person.officer)).collect();
    let basis = Basis { rule: rule.clone(), day, law_rev: law.rev, officers, names, left_out, recusals, replaces: None };
    insert(store, by, id, &list, &basis, seed)
}

fn key_of(people: &[Person], officer: &OfficerId) -> Option<String> {
    people.iter().find(|person| person.officer == *officer).map(|person| person.key.clone())
}

fn published(pairs: BTreeSet<(String, String)>) -> Vec<Recusal> {
    pairs.into_iter().map(|(inspector, object)| Recusal { inspector, object, reason: RECUSED.into() }).collect()
}

/// Stores list and commitment. From here on the database takes no change of them.
fn insert(store: &mut Working<'_, '_>, by: &OfficerId, id: RecordId, list: &List, basis: &Basis, seed: &Seed) -> Op<RecordId> {
    if let Err(flaw) = list.check() {
        let field = if flaw.at == "title" { "title" } else { "rule" };
        return flawed(field, flaw.to_string());
    }
    let list_hash = list.section_hashes().whole();
    let row = (
        draw::district.eq(store.district),
        draw::id.eq(id.to_bytes().to_vec()),
        draw::title.eq(&list.title),
        draw::basis.eq(serde_json::to_string(basis).map_err(broken)?),
        draw::redraws.eq(basis.replaces.as_ref().map(|r| r.draw.to_bytes().to_vec())),
        draw::list.eq(serde_json::to_string(list).map_err(broken)?),
        draw::commitment.eq(commitment(&seed.plain, &list_hash).0.to_vec()),
        draw::seed.eq(&seed.sealed),
        draw::committed_ms.eq(store.now.0),
        draw::committed_by.eq(by.as_str()),
    );
    on!(store.tx, |c| diesel::insert_into(draw::table).values(row).execute(c))?;
    let excluded = list.objects.iter().filter(|object| object.excluded.is_some()).count();
    let detail = json!({ "list_hash": list_hash, "objects": list.objects.len(), "excluded": excluded, "inspectors": list.inspectors.len(), "left_out": basis.left_out.len(), "redraws": basis.replaces.as_ref().map(|r| r.draw) });
    store.note(Deed::of(by, "draw.committed", row_name(id)).with(detail));
    Ok(Ok(id))
}

/// Opens the seed and draws. Once: whoever asks again is told what was drawn.
pub fn draw(store: &mut Working<'_, '_>, by: &OfficerId, id: RecordId, keys: &ServerKeys) -> Op<RecordId> {
    let (district, key) = (store.district, id.to_bytes().to_vec());
    let Some(stored) = read(store.tx, district, id)? else { return Ok(Err(Problem::not_found("such draw"))) };
    if stored.transcript.is_some() {
        return Ok(Ok(id));
    }
    let sealed: Vec<u8> = on!(store.tx, |c| draw::table.find((district, &key)).select(draw::seed).first(c))?;
    let opened = keys.sealer.open(&row_name(id), &sealed).map_err(broken)?;
    let seed = opened.as_slice().try_into().map(Digest).map_err(|_| broken("the seed is not of 32 bytes"))?;
    let transcript = run(stored.list()?, seed).map_err(broken)?;
    if transcript.commitment.0 != stored.commitment.as_slice() {
        return Err(broken(format!("{id}: list and seed are not those that were committed to")));
    }
    let text = serde_json::to_string(&transcript).map_err(broken)?;
    let set = (draw::transcript.eq(text), draw::drawn_ms.eq(store.now.0), draw::drawn_by.eq(by.as_str()));
    on!(store.tx, |c| diesel::update(draw::table.find((district, &key))).set(set).execute(c))?;
    store.note(Deed::of(by, "draw.drawn", row_name(id)).with(json!({ "objects": transcript.result.len(), "list_hash": transcript.list_hash })));
    Ok(Ok(id))
}

/// An object that was drawn, with those who inspect it after all recusals.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Team {
    /// The object: the key of its family.
    pub object: RecordId,
    /// What it is called.
    pub name: String,
    /// Its inspectors.
    pub officers: Vec<OfficerId>,
}

fn officers_of(drawn: &Drawn, basis: &Basis) -> Vec<OfficerId> {
    drawn.inspectors.iter().filter_map(|key| basis.officers.get(key).cloned()).collect()
}

fn transcript_of(stored: &Stored) -> Result<Option<Transcript>, StoreError> {
    stored.transcript.as_deref().map(|text| serde_json::from_str(text).map_err(broken)).transpose()
}

/// What was drawn, in order, with the inspectors as they are after the draws that followed recusals. `None` before the draw.
pub fn objects(tx: &mut Tx<'_>, district: i64, stored: &Stored) -> Result<Option<Vec<Team>>, StoreError> {
    let Some(transcript) = transcript_of(stored)? else { return Ok(None) };
    let basis = stored.basis()?;
    let mut teams = Vec::with_capacity(transcript.result.len());
    for drawn in &transcript.result {
        let name = basis.names.get(&drawn.object).cloned().unwrap_or_default();
        teams.push(Team { object: drawn.object.parse().map_err(broken)?, name, officers: officers_of(drawn, &basis) });
    }
    for after in Stored::redraws(tx, district, stored.id()?)? {
        let basis = after.basis()?;
        let (Some(replaces), drawn) = (basis.replaces.clone(), transcript_of(&after)?) else { continue };
        let new = drawn.iter().flat_map(|t| &t.result).flat_map(|d| officers_of(d, &basis)).next();
        if let Some(team) = teams.iter_mut().find(|team| team.object == replaces.object) {
            // Whoever stands back is out at once; his place is filled by the draw.
            match (team.officers.iter().position(|o| *o == replaces.officer), new) {
                (Some(at), Some(new)) => team.officers.splice(at..=at, [new]).for_each(drop),
                (Some(at), None) => _ = team.officers.remove(at),
                (None, _) => {}
            }
        }
    }
    Ok(Some(teams))
}

/// Commits to a draw of one inspector in the place of one who stands back. The same recusal twice is one draw.
pub fn redraw(store: &mut Working<'_, '_>, by: &OfficerId, replaces: &Replaces, seed: impl FnOnce(RecordId) -> Result<Seed, Problem>, law: &Edition) -> Op<RecordId> {
    if replaces.reason.trim().is_empty() || replaces.reason.len() > 500 {
        return flawed("reason", "give the reason in 1 to 500 bytes");
    }
    let district = store.district;
    let Some(stored) = read(store.tx, district, replaces.draw)?.filter(|stored| stored.redraws.is_none()) else { return Ok(Err(Problem::not_found("such draw"))) };
    let id = derived_id("zhifa.redraw.v1", replaces.draw, &format!("{} {}", replaces.object, replaces.officer));
    if read(store.tx, district, id)?.is_some() {
        return Ok(Ok(id));
    }
    let Some(teams) = objects(store.tx, district, &stored)? else { return Ok(Err(Problem::new("conflict", "nothing is drawn yet; put the recusal into the rule of a new draw"))) };
    let Some(team) = teams.iter().find(|team| team.object == replaces.object) else { return flawed("object", "was not drawn; name one of the draw's objects") };
    if !team.officers.contains(&replaces.officer) {
        return flawed("officer", "does not inspect this object; name one of its inspectors");
    }
    let first = stored.basis()?;
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let day = first.day.max(today);
    let (people, left_out) = gather::people(store, &law.book, &first.rule.organ, day)?;
    let mut recused: BTreeMap<OfficerId, String> = first.recusals.iter().filter(|r| r.object == replaces.object).map(|r| (r.officer.clone(), r.reason.clone())).collect();
    for after in Stored::redraws(store.tx, district, replaces.draw)? {
        recused.extend(after.basis()?.replaces.filter(|r| r.object == replaces.object).map(|r| (r.officer, r.reason)));
    }
    recused.insert(replaces.officer.clone(), replaces.reason.clone());
    let key = replaces.object.to_string();
    let taken = Exclusion { why: Why::Other, reason: "已在该检查组 Already of this team".into() };
    let inspectors: Vec<Inspector> = people
        .iter()
        .map(|person| {
            let is_taken = team.officers.contains(&person.officer) && person.officer != replaces.officer;
            Inspector { key: person.key.clone(), most: 1, excluded: is_taken.then(|| taken.clone()) }
        })
        .collect();
    let pairs: BTreeSet<(String, String)> = people.iter().filter(|p| recused.contains_key(&p.officer)).map(|p| (p.key.clone(), key.clone())).collect();
    if !people.iter().any(|p| !recused.contains_key(&p.officer) && !team.officers.contains(&p.officer)) {
        return Ok(Err(Problem::new("conflict", "no other officer of the organ may act on that day; ask for officers of another organ (浙江省综合行政执法条例第二十九条)")));
    }
    let list = List {
        title: format!("回避补抽 Redraw {} {key}", replaces.draw),
        draw: 1,
        team: 1,
        objects: vec![Object { key: key.clone(), weight: 1, excluded: None }],
        inspectors,
        recusals: published(pairs),
    };
    let recusals = recused.into_iter().map(|(officer, reason)| Recused { officer, object: replaces.object, reason }).collect();
    let officers = people.into_iter().map(|person| (person.key, person.officer)).collect();
    let names = BTreeMap::from([(key, team.name.clone())]);
    let basis = Basis { day, law_rev: law.rev, officers, names, left_out, recusals, replaces: Some(replaces.clone()), rule: first.rule };
    match seed(id) {
        Ok(seed) => insert(store, by, id, &list, &basis, &seed),
        Err(problem) => Ok(Err(problem)),
    }
}
