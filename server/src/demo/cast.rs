//! Who takes part: officers of five departments with a handheld each, a reviewer, the three administrators.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use actix_web::rt::SystemRunner;
use sync_core::base::OfficerId;
use sync_core::checklist::{Item, JointForm, compose};
use sync_core::fixtures::{self, Officer, Site};
use sync_core::record::Bucket;

use super::Failure;
use super::factor::Factors;
use crate::Running;
use crate::org::Role;
use crate::org::ops::{NewOfficer, SYSTEM};

/// The departments of the joint visit, the lead first.
pub const DEPARTMENTS: [&str; 5] = ["enforcement", "water", "construction", "ecology", "traffic-police"];

/// The PIN of every handheld of the demo.
pub const PIN: &str = "271828";

/// A participant and his handheld.
pub struct Member {
    /// The officer.
    pub officer: Officer,
    /// His handheld's store.
    pub store: PathBuf,
    /// A fresh enrolment code, if the store is new.
    pub code: Option<String>,
}

/// Everybody and everything on stage.
pub struct Cast {
    /// The five, the lead first.
    pub members: Vec<Member>,
    /// Who settles what clashes.
    pub reviewer: Officer,
    /// Who approves visits: the head of the organ.
    pub head: Officer,
    /// The administrators of system, security and audit: three people.
    pub administrators: Vec<Officer>,
    /// The second factors of reviewer, head and administrators.
    pub factors: Factors,
    /// The site.
    pub site: Site,
    /// The joint form of the five departments' templates.
    pub form: JointForm,
    /// What each department inspects: the items of its checklist that are on the list of matters.
    pub matters: BTreeMap<String, Vec<String>>,
    /// Folder of the handhelds' stores.
    pub folder: PathBuf,
}

/// The demo password of an officer.
pub fn password(officer: &str) -> String {
    format!("demo-{officer}-2026")
}

impl Cast {
    /// Enters the book, officers, grants and codes at the server, and finds or prepares the handhelds' stores.
    pub fn assemble(system: &SystemRunner, running: &Running, data: &Path) -> Result<Cast, Failure> {
        system.block_on(running.app.load_fixtures(SYSTEM))?;
        let organisation = fixtures::organisation()?;
        let templates = fixtures::templates()?.into_iter().filter(|t| DEPARTMENTS.contains(&&*t.department)).collect::<Vec<_>>();
        let today = running.app.today().to_string();
        let listed = |item: &&Item| item.case_allowed && item.basis.effective_from.as_ref().is_none_or(|from| *from <= today);
        let matters = templates.iter().map(|t| (t.department.clone(), t.items.iter().filter(listed).map(|item| item.code.clone()).collect())).collect();
        let form = compose(&templates)?;
        let site = organisation.sites.iter().find(|s| s.name == "新达工地").cloned().ok_or("the fixtures have no 新达工地")?;
        let folder = data.join("handhelds");
        std::fs::create_dir_all(&folder)?;
        let mut members = Vec::new();
        let mut pins = BTreeMap::new();
        for department in DEPARTMENTS {
            let officer = organisation.officers.iter().find(|o| o.department == department && o.roles.iter().any(|r| r == "officer"));
            let officer = officer.cloned().ok_or_else(|| format!("the fixtures have no officer of {department}"))?;
            enter(system, running, &officer)?;
            let file = format!("{}.zhifa", officer.id);
            let store = folder.join(&file);
            pins.insert(file, PIN);
            let code = match store.exists() {
                true => None,
                false => Some(system.block_on(running.app.issue_code(SYSTEM, id(&officer)?, 1))?.0),
            };
            members.push(Member { officer, store, code });
        }
        std::fs::write(folder.join("pins.json"), serde_json::to_vec_pretty(&pins)?)?;
        let by_role = |role: &str| organisation.officers.iter().find(|o| o.roles.iter().any(|r| r == role)).cloned().ok_or_else(|| format!("the fixtures have no {role}"));
        let (reviewer, head) = (by_role("reviewer")?, by_role("head")?);
        let administrators = ["system_admin", "security_admin", "audit_admin"].into_iter().map(by_role).collect::<Result<Vec<_>, _>>()?;
        let mut factors = Factors::open(data, running.app.clock.clone())?;
        for officer in [&reviewer, &head].into_iter().chain(&administrators) {
            enter(system, running, officer)?;
            if !factors.has(&officer.id) {
                let (code, _) = system.block_on(running.app.issue_code(SYSTEM, id(officer)?, 1))?;
                factors.bind(&running.url(), &officer.id, &password(&officer.id), &code)?;
            }
        }
        Ok(Cast { members, reviewer, head, administrators, factors, site, form, matters, folder })
    }
}

fn id(officer: &Officer) -> Result<OfficerId, Failure> {
    Ok(officer.id.parse()?)
}

/// Enters an officer, unless an earlier run in this folder did.
fn enter(system: &SystemRunner, running: &Running, officer: &Officer) -> Result<(), Failure> {
    let roles: Vec<Role> = officer.roles.iter().filter_map(|r| serde_json::from_value(serde_json::Value::from(r.as_str())).ok()).collect();
    let new = NewOfficer {
        officer: id(officer)?,
        name: officer.name.clone(),
        unit: officer.unit.clone(),
        roles,
        scope: None,
        buckets: vec![Bucket::reference(), Bucket::unit(&officer.unit), Bucket::archive(&officer.unit)],
    };
    match system.block_on(running.app.create_officer(SYSTEM, new, &password(&officer.id))) {
        Err(problem) if problem.code() != "conflict" => Err(problem.into()),
        _ => Ok(()),
    }
}
