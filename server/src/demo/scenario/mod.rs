//! `zhifa demo --scenario`: a story of months, played on a clock that is set, through the public API and by handhelds.
//!
//! The server is the real one, and nothing but its clock is bent: every event goes in by the calls that people and handhelds use, in the
//! order of their time, and each day on the way the server looks for what the day brings. What the story is told by at the end is asked
//! of `GET /api/v1/figures`; `verify` and `recompute` prove the rest.

mod account;
mod cases;
mod courses;
mod file;
mod invitations;
mod stage;
mod visits;

use std::sync::Arc;

use sync_core::base::UtcMs;

use self::courses::Lesson;
use self::file::{Event, Scenario, What};
use self::stage::Stage;
use super::{DemoOptions, Failure, close, open};
use crate::base::clock::SetClock;

/// How long before the first event the server is set up.
const BEFORE_MS: i64 = 24 * 3_600_000;

/// Plays a scenario. Returns whether every figure is as it must be.
pub fn run(options: &DemoOptions, name: &str) -> Result<bool, Failure> {
    let scenario = Scenario::find(name)?;
    if options.data.join("zhifa.db").exists() {
        return Err(format!("{} holds a database already; a story begins in an empty folder: choose another with --data", options.data.display()).into());
    }
    let say = |line: &str| {
        if !options.json {
            println!("{line}");
        }
    };
    let (first, last) = scenario.events.first().zip(scenario.events.last()).ok_or("the scenario has no events")?;
    let clock = SetClock::at(UtcMs(first.at.ms().0 - BEFORE_MS));
    let running = open(options, Arc::new(clock.clone()))?;
    say(&format!("server      {} (embedded SQLite in {}), its clock set to {}", running.url(), options.data.display(), first.at.day));
    say(&format!("scenario    {}: {} events from {} to {}; {}", scenario.name, scenario.events.len(), first.at.day, last.at.day, scenario.source));
    let system = actix_web::rt::System::new();
    let told = play(&system, &running, clock.clone(), options, &scenario, &say).map(|account| {
        // Who looks around afterwards logs in with codes of the real present.
        clock.run();
        account.print(options, &running.url());
        account.good
    });
    close(options, &system, running, told)
}

fn play(
    system: &actix_web::rt::SystemRunner,
    running: &crate::Running,
    clock: SetClock,
    options: &DemoOptions,
    scenario: &Scenario,
    say: &dyn Fn(&str),
) -> Result<account::Account, Failure> {
    let mut stage = Stage::set(system, running, clock, &options.data, scenario)?;
    for (n, event) in scenario.events.iter().enumerate() {
        stage.pass(event.at);
        say(&format!("{}  {:>3}/{}  {}", event.at, n + 1, scenario.events.len(), headline(&event.what)));
        perform(&mut stage, event).map_err(|why| format!("event {} ({}, {}): {why}", n + 1, event.at, headline(&event.what)))?;
    }
    let handhelds = stage.strike()?;
    account::draw_up(&mut stage, scenario, options, handhelds)
}

/// An event in a line.
fn headline(what: &What) -> String {
    match what {
        What::Site { name, .. } => format!("site          {name}"),
        What::Firm { name, .. } => format!("firm          {name}"),
        What::JointVisit { task, site, organs, .. } => format!("joint visit   {site} by {} organs ({task})", organs.len()),
        What::Recheck { visit } => format!("recheck       {visit}"),
        What::Invite { key, firm, .. } => format!("invitation    {key} of {firm}"),
        What::Dispatch { invitation, organs } => format!("dispatch      {invitation} to {} departments", organs.len()),
        What::Claim { invitation, organ } => format!("claim         {invitation} by {organ}"),
        What::Schedule { invitation, day, .. } => format!("schedule      {invitation} for {day}"),
        What::CheckUp { invitation, items, opinions, advice, .. } => {
            format!("check-up      {invitation}: {} items, {} opinions, {} suggestions", items.len(), opinions.len(), advice.len())
        }
        What::Report { invitation, .. } => format!("report        {invitation}"),
        What::FollowUp { invitation, .. } => format!("follow-up     {invitation}"),
        What::Case { key, title, .. } => format!("case          {key}: {title}"),
        What::Decide { case } => format!("decision      {case}"),
        What::Serve { case, .. } => format!("three papers  {case}: decision, advice, notice on one receipt"),
        What::Repair { case } => format!("credit repair {case}"),
        What::FastCase { key, name, .. } => format!("fast case     {key}: {name}"),
        What::FastDecide { case } => format!("fast decision {case}"),
        What::Course { key, title, .. } => format!("lesson        {key}: {title}"),
        What::Letter { course, departments, .. } => format!("letter        {course} to {} departments", departments.len()),
        What::Reply { course, organ, lecturers, .. } => format!("reply         {course} of {organ}: {} lecturers", lecturers.len()),
        What::Hold { course, officers } => format!("lesson held   {course}, {} officers", officers.len()),
    }
}

fn perform(stage: &mut Stage<'_>, event: &Event) -> Result<(), Failure> {
    match &event.what {
        What::Site { key, name, address, lat_e7, lon_e7 } => stage.enter_site(key, name, address, *lat_e7, *lon_e7),
        What::Firm { key, name, uscc, address } => stage.enter_firm(key, name, uscc, address),
        What::JointVisit { key, task, site, organs, found } => stage.joint_visit(key, task, site, organs, found),
        What::Recheck { visit } => stage.recheck(visit),
        What::Invite { key, firm, site, topics, wanted, request } => stage.invite(key, firm, site, topics, *wanted, request),
        What::Dispatch { invitation, organs } => stage.dispatch(invitation, organs),
        What::Claim { invitation, organ } => stage.claim(invitation, organ),
        What::Schedule { invitation, day, lead } => stage.schedule(invitation, *day, lead),
        What::CheckUp { invitation, items, opinions, advice, support } => stage.check_up(invitation, items, opinions, advice, support),
        What::Report { invitation, summary } => stage.report(invitation, summary),
        What::FollowUp { invitation, text, score, word } => stage.follow_up(invitation, text, *score, word),
        What::Case { key, firm, matter, title, facts } => stage.case(key, firm, matter, title, facts),
        What::Decide { case } => stage.decide(case),
        What::Serve { case, measures } => stage.serve(case, measures),
        What::Repair { case } => stage.repair(case),
        What::FastCase { key, matter, name, id_no, address, facts } => stage.fast_case(key, matter, name, id_no, address, facts),
        What::FastDecide { case } => stage.fast_decide(case),
        What::Course { key, title, kind, domain, from, hours, place } => {
            let from = file::Moment::parse(from).ok_or_else(|| format!("from: `{from}` is no instant; write one like \"2024-05-17 09:00\""))?;
            stage.course(&Lesson { key, title, kind, domain, from_ms: from.ms().0, day: from.day.to_string(), hours: *hours, place })
        }
        What::Letter { course, departments, text, answer_by } => stage.letter(course, departments, text, &answer_by.to_string()),
        What::Reply { course, organ, lecturers, text } => stage.reply(course, organ, lecturers, text),
        What::Hold { course, officers } => stage.hold(course, officers),
    }
}
