//! The roster: a line is a person with post and certificate. Who is not in the file stays as he is.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::base::ids::is_token;
use sync_core::base::{Date, OfficerId, Validity};
use sync_core::dated::{Edit, Kind, Row};
use sync_core::identity::{CertificateFormat, CertificateNumber, CitizenId};
use sync_core::org::{Certificate, HolderKind, Organ, Post, Unit};

use super::parse::{Reading, Values, take_day, take_text};
use super::people::{Change, People, Person};
use super::sheet::Line;
use crate::base::problem::Problem;
use crate::base::seal::Sealer;
use crate::org::Role;
use crate::org::ops::Particulars;
use crate::org::personal::Personal;

/// Most warnings of one report.
const MAX_WARNINGS: usize = 100;

/// What is known while a roster is read.
pub struct Roster<'a> {
    /// Who is there already.
    pub people: &'a People,
    /// Opens and seals what is personal.
    pub sealer: &'a Sealer,
    /// The day in Asia/Shanghai.
    pub today: Date,
    /// What becomes of people.
    pub changes: Vec<Change>,
    /// What should be looked at.
    pub warnings: Vec<String>,
    /// What certificate numbers look like today.
    format: CertificateFormat,
    seen: BTreeMap<String, usize>,
    certificates: BTreeMap<String, usize>,
}

/// How a person's roles are called in the file.
pub fn kind_of(roles: &[Role]) -> &'static str {
    if roles.contains(&Role::Auxiliary) {
        "auxiliary"
    } else if roles.contains(&Role::Officer) {
        "officer"
    } else {
        "other"
    }
}

/// What the program says of a field, without its code.
fn why(problem: &Problem) -> String {
    let text = problem.to_string();
    text.split_once(": ").map_or(text.clone(), |(_, detail)| detail.to_owned())
}

impl<'a> Roster<'a> {
    /// Begins.
    pub fn new(people: &'a People, sealer: &'a Sealer, format: CertificateFormat, today: Date) -> Roster<'a> {
        Roster { people, sealer, today, changes: Vec::new(), warnings: Vec::new(), format, seen: BTreeMap::new(), certificates: BTreeMap::new() }
    }

    fn warn(&mut self, text: String) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(text);
        }
    }

    /// Takes a line in; what is wrong is noted in the reading.
    pub fn line(&mut self, reading: &mut Reading<'_>, edit: &mut Edit<'_>, line: &Line) -> Result<(), Problem> {
        let Some(mut values) = reading.values(line) else { return Ok(()) };
        let before = reading.errors.len();
        let Some(officer) = take_text(&mut values, "officer").and_then(|id| id.parse::<OfficerId>().ok()) else {
            reading.error_at(line, "officer", "is no id; give 1 to 64 letters, digits, '.', '_' or '-'");
            return Ok(());
        };
        if let Some(first) = self.seen.insert(officer.to_string(), line.number) {
            reading.error_at(line, "officer", format!("stands in row {first} already; give each person one row"));
        }
        let name = take_text(&mut values, "name").unwrap_or_default();
        if let Err(problem) = crate::org::ops::officer::check_name(&name) {
            reading.error_at(line, "name", why(&problem));
        }
        let kind = take_text(&mut values, "kind").unwrap_or_default();
        let known = self.people.0.get(officer.as_str());
        match known {
            None if kind == "other" => reading.error_at(line, "kind", "a new person is entered as 执法人员 or 辅助人员; the security administrator gives other roles afterwards"),
            Some(person) if kind_of(&person.roles) != kind => {
                reading.error_at(line, "kind", "is not what the person's roles say; leave it as it is, and let the security administrator change the roles");
            }
            _ => {}
        }
        let post = self.post(reading, edit, line, &officer, &mut values);
        let certificate = self.certificate(reading, edit, line, &officer, &kind, &mut values);
        let personal = self.personal(reading, line, &officer, known, &mut values)?;
        let Some(post) = post.filter(|_| reading.errors.len() == before) else { return Ok(()) };
        for (row, path) in [Some((post.clone(), "since")), certificate.map(|row| (row, "from"))].into_iter().flatten() {
            if let Err(clash) = edit.enter(&row) {
                reading.error_at(line, path, clash.to_string());
            }
        }
        let unit = post.typed::<Post>().map(|post| post.unit.to_string()).unwrap_or_default();
        // A post that begins later does not move anybody today.
        let begun = post.valid.contains(self.today);
        match known {
            None => {
                let role = if kind == "auxiliary" { Role::Auxiliary } else { Role::Officer };
                self.changes.push(Change::Enter { officer, name, unit, role, personal });
            }
            Some(person) => {
                let unit = (begun && person.unit != unit).then_some(unit);
                if unit.is_some() {
                    self.warn(format!("{officer}: the unit changes; what data he holds is granted by the security administrator"));
                }
                let particulars = Particulars { name: (person.name != name).then_some(name), unit, personal };
                if particulars.name.is_some() || particulars.unit.is_some() || particulars.personal.is_some() {
                    self.changes.push(Change::Amend { officer, particulars });
                }
            }
        }
        Ok(())
    }

    /// The person's post. One that says what holds already is taken as it stands.
    fn post(&self, reading: &mut Reading<'_>, edit: &Edit<'_>, line: &Line, officer: &OfficerId, values: &mut Values) -> Option<Row> {
        let since = take_day(values, "since");
        let day = since.unwrap_or(self.today);
        let unit = take_text(values, "unit").unwrap_or_default();
        let mut ok = true;
        if edit.after.get::<Unit>(&unit, day).is_none() {
            reading.error_at(line, "unit", format!("no unit of this code is in force on {day}; enter it first, or correct the code"));
            ok = false;
        }
        let mut organ = |path: &str| -> Option<Box<str>> {
            let code = take_text(values, path)?;
            if !is_token(&code) || edit.after.get::<Organ>(&code, day).is_none() {
                reading.error_at(line, path, format!("no organ of this code is in force on {day}; enter it first, or correct the code"));
                ok = false;
            }
            Some(code.into())
        };
        let (posted_to, command_org, liaison_of) = (organ("posted_to"), organ("command_org"), organ("liaison_of"));
        let body = Post { command_org, liaison_of, posted_to, unit: unit.into() };
        let there = edit.after.at(Kind::Post, officer.as_str(), day);
        if let Some(there) = there.filter(|row| (since.is_none() || since == Some(row.valid.from)) && row.typed::<Post>().as_ref() == Some(&body)) {
            return ok.then(|| there.clone());
        }
        // A post lasts until the next one that is entered already.
        let next = edit.after.history(Kind::Post, officer.as_str()).map(|row| row.valid.from).find(|from| *from > day);
        let until = there.filter(|row| row.valid.from == day).map_or(next, |row| row.valid.until);
        match Row::new(officer.as_str(), Validity { from: day, until }, &body) {
            Ok(row) => ok.then_some(row),
            Err(flaw) => {
                reading.error_at(line, &flaw.field, flaw.why);
                None
            }
        }
    }

    fn certificate(&mut self, reading: &mut Reading<'_>, edit: &Edit<'_>, line: &Line, officer: &OfficerId, kind: &str, values: &mut Values) -> Option<Row> {
        let number = take_text(values, "certificate");
        let (issuer, holder) = (take_text(values, "issuer"), take_text(values, "holder_kind"));
        let (areas, levels) = (take_text(values, "certificate_areas"), take_text(values, "certificate_levels"));
        let (from, until) = (take_day(values, "from"), take_day(values, "until"));
        let Some(number) = number else {
            if issuer.is_some() || holder.is_some() || from.is_some() || until.is_some() || areas.is_some() || levels.is_some() {
                reading.error_at(line, "certificate", "is empty, but the row says more about a certificate; give its number, or leave all of it out");
            }
            return None;
        };
        let number: CertificateNumber = match number.parse() {
            Ok(number) => number,
            Err(fault) => {
                reading.error_at(line, "certificate", fault.to_string());
                return None;
            }
        };
        if let Err(fault) = number.check(&self.format) {
            self.warn(format!("row {}: the certificate's number departs from the configured layout: {fault}", line.number));
        }
        if let Some(first) = self.certificates.insert(number.to_string(), line.number) {
            reading.error_at(line, "certificate", format!("stands in row {first} already; a certificate has one holder"));
        }
        let holder_kind = match holder.as_deref().unwrap_or(kind) {
            "officer" => HolderKind::Officer,
            "auxiliary" => HolderKind::Auxiliary,
            "supervisor" => HolderKind::Supervisor,
            "legal_reviewer" => HolderKind::LegalReviewer,
            _ => {
                reading.error_at(line, "holder_kind", "is empty; say what the certificate makes of its holder");
                return None;
            }
        };
        let Some(from) = from else {
            reading.error_at(line, "from", "is empty; give the first day on which the certificate is valid");
            return None;
        };
        let Some(issuer) = issuer else {
            reading.error_at(line, "issuer", "is empty; give the organ that issued the certificate");
            return None;
        };
        let valid = Validity { from, until };
        let others: BTreeSet<OfficerId> = edit.after.history(Kind::Certificate, number.as_str()).filter_map(|row| row.typed::<Certificate>()).map(|c| c.officer).collect();
        if others.iter().any(|other| other != officer) {
            reading.error_at(line, "certificate", "belongs to another person; correct the number");
        }
        let suspended =
            edit.after.at(Kind::Certificate, number.as_str(), from).filter(|row| row.valid.from == from).and_then(|row| row.typed::<Certificate>()).is_some_and(|c| c.suspended);
        let body = Certificate { areas, holder_kind, issuer, levels, officer: officer.clone(), suspended };
        match Row::new(number.as_str(), valid, &body) {
            Ok(row) => Some(row),
            Err(flaw) => {
                let path = match flaw.field.as_str() {
                    "areas" => "certificate_areas",
                    "levels" => "certificate_levels",
                    "key" => "certificate",
                    other => other,
                };
                reading.error_at(line, path, flaw.why);
                None
            }
        }
    }

    /// Phone and citizen id, sealed, if the file says something new. An empty cell leaves what is there.
    fn personal(&self, reading: &mut Reading<'_>, line: &Line, officer: &OfficerId, known: Option<&Person>, values: &mut Values) -> Result<Option<Vec<u8>>, Problem> {
        let (phone, citizen_id) = (take_text(values, "phone"), take_text(values, "citizen_id"));
        if phone.is_none() && citizen_id.is_none() {
            return Ok(None);
        }
        if let Err(problem) = (Personal { phone: phone.clone(), citizen_id: None }).check() {
            reading.error_at(line, "phone", why(&problem));
            return Ok(None);
        }
        let citizen_id = match citizen_id.map(|id| id.parse::<CitizenId>()).transpose() {
            Ok(id) => id.map(|id| id.reveal().to_owned()),
            Err(fault) => {
                reading.error_at(line, "citizen_id", fault.to_string());
                return Ok(None);
            }
        };
        let there = known.and_then(|person| person.personal.as_deref()).map(|sealed| Personal::open(self.sealer, officer, sealed)).transpose().map_err(Problem::internal)?;
        let there = there.unwrap_or_default();
        let new = Personal { phone: phone.or_else(|| there.phone.clone()), citizen_id: citizen_id.or_else(|| there.citizen_id.clone()) };
        if new == there { Ok(None) } else { new.seal(self.sealer, officer).map(Some).map_err(Problem::internal) }
    }
}
