//! The field day, step by step.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use sync_core::base::Digest;
use sync_core::checklist::{Answer, Outcome, Question};
use sync_core::fixtures::Officer;
use sync_core::record::Place;

use super::Failure;
use super::cast::{Cast, DEPARTMENTS, password};
use super::handheld::Entry;
use super::joint::{self, Crew, Plan};
use super::office::{Desk, Settled};
use super::player::Player;
use super::spot::{self, Spot};

/// The fact about which two departments disagree.
const DISPUTED: &str = "道口保洁";

/// What happened, as far as the handhelds and the reviewer can tell; the figures come from `verify`.
#[derive(Debug, Default)]
pub struct Day {
    /// The visit.
    pub visit: String,
    /// Departments' questions, answered offline.
    pub questions: usize,
    /// Of them asked of two departments and more, once.
    pub shared: usize,
    /// Captures acknowledged to the officer before the handheld was killed, and found after it was switched on again.
    pub killed: (usize, u64),
    /// Changes that travelled on a colleague's handheld.
    pub carried: usize,
    /// Changes sent again after their answer was lost, and known as repeats.
    pub repeats: usize,
    /// What the reviewer settled.
    pub settled: Vec<Settled>,
    /// Officers who were told that their value does not stand, and why.
    pub told: Vec<(String, String)>,
    /// The visit's stage at the end.
    pub stage: String,
    /// The penalty on the spot.
    pub spot: Option<Spot>,
}

fn pick(seed: u64, what: &str) -> u64 {
    Digest::tagged("zhifa.demo", &[&seed.to_be_bytes(), what.as_bytes()]).short()
}

/// Who answers a question: the first department of the cast that signs for it; both for the disputed fact.
fn answered_by(question: &Question, department: &str) -> bool {
    let signs = question.departments();
    if question.title.contains(DISPUTED) {
        return signs.contains(department);
    }
    DEPARTMENTS.iter().find(|d| signs.contains(**d)).is_some_and(|d| *d == department)
}

/// An officer's answer. The two departments that disagree do so on purpose, everything else is the seed's.
fn answer(seed: u64, question: &Question, department: &str) -> Answer {
    if question.title.contains(DISPUTED) {
        return Answer::plain(if department == "enforcement" { Outcome::Bad } else { Outcome::Ok });
    }
    match pick(seed, &question.code) % 100 {
        0..=7 => Answer::plain(Outcome::Bad),
        8..=19 => Answer::plain(Outcome::Na),
        20..=23 => Answer::unchecked("现场暂不具备检查条件"),
        _ => Answer::plain(Outcome::Ok),
    }
}

/// What one officer enters offline: answers, photos, here and there a note.
fn entries(seed: u64, cast: &Cast, department: &str) -> Vec<Entry> {
    let mut out = Vec::new();
    let place = cast.site.place;
    for question in cast.form.questions.iter().filter(|q| answered_by(q, department)) {
        let answer = answer(seed, question, department);
        let code = &question.code;
        out.push(Entry::Field(format!("answers.{code}"), answer.to_value().to_json()));
        if question.photo && answer.wants_photo() {
            let place = Place { lon_e7: place.lon_e7, lat_e7: place.lat_e7, accuracy_cm: place.accuracy_cm, crs: "wgs84".into() };
            out.push(Entry::Photo { item: code.clone(), motif: pick(seed, &format!("{code} {department}")), place });
        }
        if answer.result == Outcome::Bad {
            out.push(Entry::Field(format!("notes.{code}"), Json::from(format!("{}:现场发现问题,已当场指出", question.title))));
        }
    }
    out
}

/// Plays the day; with `until_clash` only until the reviewer's word is wanted.
pub fn field_day(cast: &Cast, url: &str, seed: u64, until_clash: bool, say: &dyn Fn(&str)) -> Result<Day, Failure> {
    let mut day = Day { questions: cast.form.questions.len(), shared: cast.form.questions.iter().filter(|q| q.departments().len() > 1).count(), ..Day::default() };
    let mut players: BTreeMap<&str, Player> = BTreeMap::new();
    for (member, department) in cast.members.iter().zip(DEPARTMENTS) {
        let mut player = Player::start(&member.store)?;
        if let Some(code) = &member.code {
            let officer = &member.officer;
            let input = json!({ "server": url, "code": code, "officer": officer.id, "password": password(&officer.id), "label": format!("演示机 {}", officer.name) });
            player.ask(&json!({ "do": "enrol", "input": input }))?;
        }
        player.ask(&json!({ "do": "sync", "input": { "server": url } }))?;
        players.insert(department, player);
    }
    say(&format!("handhelds   {} officers of 综合执法, 水利, 住建, 生态环境, 交警, each with an encrypted store of his own", players.len()));
    let now_ms = system_ms()?;
    let desk = Desk::log_in(url, &cast.reviewer.id, &password(&cast.reviewer.id), &cast.factors)?;
    let head = Desk::log_in(url, &cast.head.id, &password(&cast.head.id), &cast.factors)?;
    let fixed = json!({ "accuracy_cm": cast.site.place.accuracy_cm, "crs": "wgs84", "lat_e7": cast.site.place.lat_e7, "lon_e7": cast.site.place.lon_e7 });
    desk.enter("site", &cast.site.id, &[("name", cast.site.name.as_str().into()), ("address", cast.site.address.as_str().into()), ("place", fixed)])?;
    let officers: Vec<Officer> = cast.members.iter().map(|member| member.officer.clone()).collect();
    let plan = Plan {
        site: &cast.site.id,
        name: &cast.site.name,
        address: &cast.site.address,
        place: cast.site.place,
        task: "“综合查一次”联合检查",
        officers: &officers,
        form: &cast.form,
        matters: &cast.matters,
        now_ms,
    };
    day.visit = joint::prepare(&plan, &mut Team { players: &mut players, head: &head })?;
    say(&format!(
        "visit       {} ({}): one joint form, {} questions, {} of them shared by several departments and asked once",
        cast.site.name, day.visit, day.questions, day.shared
    ));
    offline(cast, seed, &mut players, &mut day)?;
    say(&format!("offline     all answer at once; the traffic police's handheld is killed after {} kept captures and has {} when it is back", day.killed.0, day.killed.1));
    upload(cast, url, &mut players, &mut day)?;
    say(&format!("upload      {} changes of 生态环境 travel on a colleague's handheld; {} of 水利 are sent again after a lost answer", day.carried, day.repeats));
    if until_clash {
        everybody_leaves(players)?;
        return Ok(day);
    }
    settle(cast, &desk, &mut players, &mut day)?;
    for clash in &day.settled {
        let stood: Vec<String> = clash.values.iter().map(|(who, value)| format!("{who}: {value}")).collect();
        say(&format!("clash       {} — {} → {}", clash.field, stood.join(" / "), clash.chosen));
    }
    for (who, why) in &day.told {
        say(&format!("told        {who}: {why}"));
    }
    joint::sign(&officers, &day.visit, &mut Team { players: &mut players, head: &head })?;
    let shown = player(&mut players, "water")?.ask(&json!({ "do": "view", "input": { "record": day.visit, "fields": ["site.name"] } }))?;
    day.stage = shown.get("stage").and_then(Json::as_str).unwrap_or("?").to_owned();
    say(&format!("signed      every department signed its part, the party signed the whole; the visit is {}", day.stage));
    let lead = player(&mut players, "enforcement")?;
    day.spot = Some(spot::punish(cast, lead, &desk, now_ms, sync_core::base::date::day_of(sync_core::base::UtcMs(now_ms)).ok_or("the clock is beyond the calendar")?)?);
    match &day.spot {
        Some(Spot::Served { no, pages, .. }) => {
            let file = pages.map_or_else(String::new, |pages| format!("; sealed by the office as a PDF of {pages} page{}", if pages == 1 { "" } else { "s" }));
            say(&format!("on the spot {no}: 2,000 yuan, read, numbered, signed, served and reported offline, the same digest on the glass and at the office{file}"));
        }
        Some(Spot::Fined) => say("on the spot the handheld knows of the fine of the run before: the same act is not fined twice (行政处罚法 29)"),
        None => {}
    }
    // The office sealed the decision after the lead had gone: everybody has it now.
    everybody_leaves(players)?;
    Ok(day)
}

/// Everybody syncs once more and puts the handheld away.
fn everybody_leaves(players: BTreeMap<&str, Player>) -> Result<(), Failure> {
    for mut player in players.into_values() {
        player.sync()?;
        player.stop()?;
    }
    Ok(())
}

fn system_ms() -> Result<i64, Failure> {
    Ok(i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis())?)
}

fn player<'a>(players: &'a mut BTreeMap<&str, Player>, department: &str) -> Result<&'a mut Player, Failure> {
    players.get_mut(department).ok_or_else(|| format!("nobody of {department} is here").into())
}

/// The officers with their handhelds, and the desk of the head.
struct Team<'t, 'p> {
    players: &'t mut BTreeMap<&'p str, Player>,
    head: &'t Desk,
}

impl Crew for Team<'_, '_> {
    fn player(&mut self, department: &str) -> Result<&mut Player, Failure> {
        player(self.players, department)
    }

    fn head(&mut self) -> Result<&Desk, Failure> {
        Ok(self.head)
    }
}

/// In the basement: everybody answers at once, without a signal. One handheld is killed in the middle.
fn offline(cast: &Cast, seed: u64, players: &mut BTreeMap<&str, Player>, day: &mut Day) -> Result<(), Failure> {
    let unlucky = "traffic-police";
    let order = |entries: &[Entry]| json!({ "do": "capture_each", "record": day.visit, "kind": "visit", "entries": entries });
    for department in DEPARTMENTS {
        player(players, department)?.order(&order(&entries(seed, cast, department)))?;
    }
    let mut victim = players.remove(unlucky).ok_or("nobody of the traffic police is here")?;
    let before = 1 + usize::try_from(pick(seed, "kill") % 6)?;
    let mut kept = 0;
    while kept < before {
        if victim.line()?.get("kept").is_none() {
            break;
        }
        kept += 1;
    }
    let mut victim = victim.kill_and_reopen()?;
    let answered = victim.ask(&json!({ "do": "form", "input": { "record": day.visit } }))?;
    let status = victim.ask(&json!({ "do": "status" }))?;
    day.killed = (kept, status.get("unsent").and_then(Json::as_u64).unwrap_or(0));
    if day.killed.1 < kept as u64 {
        return Err(format!("{kept} captures were kept, {} are there after the kill", day.killed.1).into());
    }
    let photos = victim.ask(&json!({ "do": "view", "input": { "record": day.visit, "fields": ["photos.", "notes."] } }))?;
    let answered = |code: &str| {
        let mut questions = answered.get("questions").and_then(Json::as_array).into_iter().flatten();
        questions.any(|q| q.get("code").and_then(Json::as_str) == Some(code) && q.get("reading").and_then(Json::as_str) != Some("open"))
    };
    let there = |prefix: &str| photos.get("fields").and_then(Json::as_object).is_some_and(|f| f.keys().any(|k| k.starts_with(prefix)));
    let done = |entry: &Entry| match entry {
        Entry::Field(field, _) => field.strip_prefix("answers.").is_some_and(answered) || there(field),
        Entry::Photo { item, .. } => there(&format!("photos.{item}.")),
    };
    let rest: Vec<Entry> = entries(seed, cast, unlucky).into_iter().filter(|entry| !done(entry)).collect();
    victim.order(&order(&rest))?;
    victim.done()?;
    players.insert(unlucky, victim);
    for department in DEPARTMENTS.into_iter().filter(|d| *d != unlucky) {
        player(players, department)?.done()?;
    }
    Ok(())
}

/// Back in the street. 生态环境 has no signal: a colleague carries its work. 水利 loses the answer to its upload.
fn upload(cast: &Cast, url: &str, players: &mut BTreeMap<&str, Player>, day: &mut Day) -> Result<(), Failure> {
    let bundle = cast.folder.join("ecology.zhifa-bundle");
    player(players, "ecology")?.ask(&json!({ "do": "export", "input": { "records": [day.visit] }, "file": bundle }))?;
    let taken = player(players, "construction")?.ask(&json!({ "do": "import", "file": bundle }))?;
    std::fs::remove_file(&bundle)?;
    day.carried = taken.get("imported").and_then(Json::as_array).map_or(0, Vec::len);
    let tunnel = player(players, "water")?.ask(&json!({ "do": "sync_through_tunnel", "server": url }))?;
    day.repeats = tunnel.get("repeats").and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    for department in ["construction", "traffic-police", "enforcement"] {
        player(players, department)?.sync()?;
    }
    Ok(())
}

/// The reviewer looks at what clashes; everybody pulls, and whose value does not stand is told so.
fn settle(cast: &Cast, desk: &Desk, players: &mut BTreeMap<&str, Player>, day: &mut Day) -> Result<(), Failure> {
    for department in DEPARTMENTS {
        player(players, department)?.sync()?;
    }
    day.settled = desk.settle(&day.visit, "调阅两份现场照片,道口有明显泥水外流,以不符合为准")?;
    for (member, department) in cast.members.iter().zip(DEPARTMENTS) {
        let report = player(players, department)?.sync()?;
        for event in report.get("events").and_then(Json::as_array).into_iter().flatten() {
            if event.get("event").and_then(Json::as_str) == Some("not_taken") {
                let why = event.pointer("/now/0/2/reason").or_else(|| event.pointer("/now/0/by/reason")).and_then(Json::as_str).unwrap_or("");
                let field = event.get("field").and_then(Json::as_str).unwrap_or_default();
                day.told.push((member.officer.name.clone(), format!("{field}: your value was not taken, because: {why}")));
            }
        }
    }
    Ok(())
}
