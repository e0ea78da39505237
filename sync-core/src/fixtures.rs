//! The organisation, the checklists and the sites that come with the program, so that a machine that has only the
//! binary can show it at work.
//!
//! Checklists are real law, organs and sites are those of a published report; whatever is invented (officers,
//! addresses, places) is named as such in the file. Reading is strict: a fixture with a fault is refused by name.

pub mod catalogue;
pub mod credit;
pub mod law;
pub mod papers;
pub mod people;
pub mod plan;
pub mod scale;

use serde::Deserialize;
use std::collections::BTreeSet;

use crate::base::geo::Point;
use crate::base::ids::is_token;
use crate::base::{OfficerId, RecordId};
use crate::checklist::Template;

/// The organisation of the Ningbo High-tech Zone: `fixtures/organisation.json`.
pub const ORGANISATION: &str = include_str!("../../fixtures/organisation.json");

/// The departments' checklists for construction sites, by file name: `fixtures/checklists/*.json`.
pub const CHECKLISTS: &[(&str, &str)] = &[
    ("construction.json", include_str!("../../fixtures/checklists/construction.json")),
    ("ecology.json", include_str!("../../fixtures/checklists/ecology.json")),
    ("emergency.json", include_str!("../../fixtures/checklists/emergency.json")),
    ("enforcement.json", include_str!("../../fixtures/checklists/enforcement.json")),
    ("fire.json", include_str!("../../fixtures/checklists/fire.json")),
    ("labour.json", include_str!("../../fixtures/checklists/labour.json")),
    ("planning.json", include_str!("../../fixtures/checklists/planning.json")),
    ("traffic-police.json", include_str!("../../fixtures/checklists/traffic-police.json")),
    ("water.json", include_str!("../../fixtures/checklists/water.json")),
];

/// Why a fixture cannot be used: file, place, fault and remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {at}: {why}")]
pub struct BadFixture {
    /// The file.
    pub file: String,
    /// Where in it.
    pub at: String,
    /// What is wrong and what would be right.
    pub why: String,
}

/// An organ of the zone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organ {
    /// Its code; for a department also the part of a form that it signs.
    pub code: String,
    /// `committee`, `team`, `guidance`, `department` or `subdistrict`.
    pub kind: String,
    /// Name in Chinese.
    pub name: String,
    /// The organ above it, if any.
    #[serde(default)]
    pub parent: Option<String>,
    /// How the numbers of its documents begin (代字).
    #[serde(default)]
    pub prefix: Option<String>,
}

/// A unit: what an officer belongs to, and whose bucket holds its visits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its code.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// The organ it is part of.
    pub organ: String,
    /// The unit above it, if any.
    #[serde(default)]
    pub parent: Option<String>,
    /// The subdistrict it is posted to, if any.
    #[serde(default)]
    pub posted_to: Option<String>,
}

/// An officer. All officers of the fixtures are invented.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// Certificate number; empty for who has none.
    pub certificate: String,
    /// The department (organ) that he acts for.
    pub department: String,
    /// Key of the roster.
    pub id: String,
    /// Name in Chinese.
    pub name: String,
    /// Words of the roles of `domain.md` §1, such as `officer`, `auxiliary`, `squad_leader`, `system_admin`.
    pub roles: Vec<String>,
    /// His unit.
    pub unit: String,
}

/// Where a site is; degrees × 10⁷ in WGS 84, centimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SitePlace {
    /// Radius of uncertainty.
    pub accuracy_cm: i64,
    /// Latitude.
    pub lat_e7: i64,
    /// Longitude.
    pub lon_e7: i64,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Address as far as known.
    pub address: String,
    /// The id of its record, 32 hex digits.
    pub id: String,
    /// Name in Chinese.
    pub name: String,
    /// Where it is.
    pub place: SitePlace,
    /// The subdistrict it lies in.
    pub subdistrict: String,
}

/// The zone: a functional area without a GB/T 2260 code of its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Our own code.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// GB/T 2260 codes of the divisions it lies in.
    pub parents: Vec<String>,
}

/// Organs, units, officers and sites.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// The zone.
    pub area: Area,
    /// Which parts of the file are invented.
    pub invented: Vec<String>,
    /// Officers.
    pub officers: Vec<Officer>,
    /// Organs.
    pub organs: Vec<Organ>,
    /// Sites.
    pub sites: Vec<Site>,
    /// Where the rest comes from.
    pub source: String,
    /// Units.
    pub units: Vec<Unit>,
}

const ROLES: &[&str] = &[
    "officer",
    "auxiliary",
    "squad_leader",
    "section_head",
    "reviewer",
    "head",
    "panel_member",
    "hearing_chair",
    "dispatcher",
    "liaison",
    "supervisor",
    "system_admin",
    "security_admin",
    "audit_admin",
];

/// Adds to a set of codes, refusing what is no token or stands there already.
fn enter<'a>(codes: &mut BTreeSet<&'a str>, code: &'a str) -> Result<(), (String, String)> {
    if !is_token(code) {
        return Err((code.into(), "a code must be 1 to 64 letters, digits, '.', '_' or '-'".into()));
    }
    if !codes.insert(code) {
        return Err((code.into(), "stands twice; each code names one thing".into()));
    }
    Ok(())
}

fn known(codes: &BTreeSet<&str>, at: &str, what: &str, code: &str) -> Result<(), (String, String)> {
    if codes.contains(code) { Ok(()) } else { Err((at.into(), format!("{what} {code} is not in this file; add it or correct the code"))) }
}

impl Organisation {
    /// Reads and checks an organisation file; `file` names it in the error.
    pub fn parse(file: &str, json: &str) -> Result<Organisation, BadFixture> {
        let bad = |(at, why): (String, String)| BadFixture { file: file.to_owned(), at, why };
        let organisation: Organisation = serde_json::from_str(json).map_err(|e| bad(("organisation".into(), e.to_string())))?;
        organisation.check().map_err(bad)?;
        Ok(organisation)
    }

    fn check(&self) -> Result<(), (String, String)> {
        let (mut organs, mut units, mut officers, mut sites, mut certificates) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for organ in &self.organs {
            enter(&mut organs, &organ.code)?;
        }
        for organ in &self.organs {
            if let Some(parent) = &organ.parent {
                known(&organs, &organ.code, "parent", parent)?;
            }
            if !["committee", "team", "guidance", "department", "subdistrict"].contains(&&*organ.kind) {
                return Err((organ.code.clone(), format!("kind {} is not one of committee, team, guidance, department, subdistrict", organ.kind)));
            }
        }
        for unit in &self.units {
            enter(&mut units, &unit.code)?;
            known(&organs, &unit.code, "organ", &unit.organ)?;
            if let Some(posted) = &unit.posted_to {
                known(&organs, &unit.code, "subdistrict", posted)?;
            }
        }
        for unit in &self.units {
            if let Some(parent) = &unit.parent {
                known(&units, &unit.code, "unit", parent)?;
            }
        }
        for officer in &self.officers {
            enter(&mut officers, &officer.id)?;
            officer.id.parse::<OfficerId>().map_err(|e| (officer.id.clone(), e.to_string()))?;
            known(&units, &officer.id, "unit", &officer.unit)?;
            known(&organs, &officer.id, "department", &officer.department)?;
            if let Some(role) = officer.roles.iter().find(|r| !ROLES.contains(&&***r)) {
                return Err((officer.id.clone(), format!("role {role} is not one of {}", ROLES.join(", "))));
            }
            let is = |role: &str| officer.roles.iter().any(|r| r == role);
            let certified = officer.certificate.len() == 11 && officer.certificate.bytes().all(|b| b.is_ascii_digit());
            let wrong = if certified { is("auxiliary") } else { is("officer") || !officer.certificate.is_empty() };
            if wrong {
                return Err((officer.id.clone(), "an officer has a certificate of 11 digits, an auxiliary has none".into()));
            }
            if certified && !certificates.insert(&officer.certificate) {
                return Err((officer.id.clone(), "certificate stands twice".into()));
            }
        }
        for site in &self.sites {
            enter(&mut sites, &site.id)?;
            site.id.parse::<RecordId>().map_err(|e| (site.name.clone(), e.to_string()))?;
            known(&organs, &site.name, "subdistrict", &site.subdistrict)?;
            if Point::new(site.place.lon_e7, site.place.lat_e7).map_or(true, |point| point.warn_outside_ningbo().is_some()) {
                return Err((site.name.clone(), "place lies outside Ningbo (120.9–122.3° E, 28.8–30.5° N); give degrees × 10⁷ in WGS 84".into()));
            }
        }
        Ok(())
    }

    /// The officer of this id.
    pub fn officer(&self, id: &str) -> Option<&Officer> {
        self.officers.iter().find(|o| o.id == id)
    }

    /// The organ of this code.
    pub fn organ(&self, code: &str) -> Option<&Organ> {
        self.organs.iter().find(|o| o.code == code)
    }
}

/// The organisation that comes with the program.
pub fn organisation() -> Result<Organisation, BadFixture> {
    Organisation::parse("organisation.json", ORGANISATION)
}

/// All rows that a new district's book begins with: organisation, calendar, policies, catalogue.
pub fn rows() -> Result<Vec<crate::dated::Row>, BadFixture> {
    Ok([people::rows()?, law::years()?, law::policies()?, catalogue::rows()?, credit::guidance()?].concat())
}

/// The checklists that come with the program, in the order of their file names.
pub fn templates() -> Result<Vec<Template>, BadFixture> {
    CHECKLISTS.iter().map(|(file, json)| Template::parse(json).map_err(|e| BadFixture { file: (*file).to_owned(), at: e.at, why: e.why })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checklist::compose;

    #[test]
    fn the_118_items_are_there_and_their_departments_are_organs() {
        let organisation = organisation().unwrap();
        let templates = templates().unwrap();
        assert_eq!(templates.iter().map(|t| t.items.len()).sum::<usize>(), 118);
        for template in &templates {
            assert!(organisation.organ(&template.department).is_some(), "{}", template.department);
            let acting = organisation.officers.iter().filter(|o| o.department == template.department && !o.certificate.is_empty()).count();
            assert!(acting >= 1, "nobody acts for {}", template.department);
        }
    }

    #[test]
    fn every_overlap_group_is_asked_once() {
        let templates = templates().unwrap();
        let form = compose(&templates).unwrap();
        let groups: BTreeSet<&String> = templates.iter().flat_map(|t| &t.items).flat_map(|i| &i.overlaps).collect();
        assert_eq!(groups.len(), 20);
        for group in groups {
            let questions: BTreeSet<&str> = templates.iter().flat_map(|t| &t.items).filter(|i| i.overlaps.contains(group)).map(|i| i.question()).collect();
            assert_eq!(questions.len(), 1, "{group}");
        }
        let exit = form.questions.iter().find(|q| q.title == "道口保洁").unwrap();
        assert_eq!(exit.covers.iter().map(|c| (&*c.code, &*c.department)).collect::<Vec<_>>(), [("HC-004", "construction"), ("UM-008", "enforcement")]);
        assert!(exit.photo);
    }

    #[test]
    fn the_largest_form_can_be_pinned_in_one_change() {
        let pin = compose(&templates().unwrap()).unwrap().pin();
        assert_eq!(pin.len(), 9 + 89, "nine templates, 118 items under 89 questions");
        let kind = &crate::visit::KIND;
        for (key, value) in &pin {
            let row = kind.field(key.as_str()).unwrap_or_else(|| panic!("{key} is no field of a visit"));
            assert_eq!(row.ty.check(value.as_json()), Ok(()), "{key}");
        }
        let bytes: usize = pin.iter().map(|(key, value)| key.as_str().len() + value.as_json().len() + 8).sum();
        assert!(bytes < crate::record::MAX_CHANGE_BYTES / 4, "{bytes} bytes leave too little room for what else a change carries");
    }

    #[test]
    fn the_article_is_represented() {
        let organisation = organisation().unwrap();
        let name = |code: &str| organisation.units.iter().find(|u| u.code == code).map(|u| u.name.clone()).unwrap_or_default();
        for (squad, place) in [("squad-juxian", "聚贤"), ("squad-xinming", "新明"), ("squad-meixu", "梅墟"), ("squad-guisi", "贵驷")] {
            assert!(name(squad).contains(place));
        }
        assert!(organisation.sites.iter().any(|s| s.name == "新达工地" && s.subdistrict == "juxian"));
        assert!(organisation.invented.iter().any(|i| i == "officers"), "invented people are named as such");
    }

    #[test]
    fn a_faulty_organisation_is_refused_by_name() {
        for (from, to, why) in [
            ("\"unit\": \"squad-juxian\"", "\"unit\": \"nowhere\"", "chen-yifan: unit nowhere is not in this file"),
            ("33990000002", "33990000001", "lin-xiaohe: certificate stands twice"),
            ("33990000001", "12", "chen-yifan: an officer has a certificate of 11 digits"),
            ("1216480000", "121648000", "新达工地: place lies outside Ningbo"),
            ("\"chen-yifan\"", "\"lin-xiaohe\"", "lin-xiaohe: stands twice"),
            ("\"officer\"\n", "\"chief\"\n", "chen-yifan: role chief"),
            ("\"area\"", "\"aera\"", "unknown field `aera`"),
        ] {
            let broken = ORGANISATION.replacen(from, to, 1);
            assert_ne!(broken, ORGANISATION, "{from}");
            let said = Organisation::parse("x.json", &broken).map(|_| String::new()).unwrap_or_else(|e| e.to_string());
            assert!(said.starts_with("x.json: ") && said.contains(why), "{said}");
        }
    }
}
