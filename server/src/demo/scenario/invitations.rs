//! Sites, firms and invitations, at the desks.

use serde_json::{Value as Json, json};
use sync_core::base::Date;
use sync_core::fixtures::SitePlace;

use super::stage::Stage;
use crate::demo::Failure;

/// How well a site's place is known where the file says no more.
const ACCURACY_CM: i64 = 200_000;

/// A site as it was entered.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its record.
    pub record: String,
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Where it is.
    pub place: SitePlace,
}

impl Stage<'_> {
    /// A site is entered.
    pub fn enter_site(&mut self, key: &str, name: &str, address: &str, lat_e7: i64, lon_e7: i64) -> Result<(), Failure> {
        let fixed = json!({ "accuracy_cm": ACCURACY_CM, "crs": "wgs84", "lat_e7": lat_e7, "lon_e7": lon_e7 });
        let area = self.people.area.code.clone();
        let record = self.begin("reviewer", "site", &[("name", json!(name)), ("address", json!(address)), ("place", fixed), ("area", json!(area))])?;
        self.keep("site", key, record.clone())?;
        let place = SitePlace { accuracy_cm: ACCURACY_CM, lat_e7, lon_e7 };
        self.sites.insert(key.to_owned(), Site { record, name: name.to_owned(), address: address.to_owned(), place });
        Ok(())
    }

    /// A site of the file.
    pub fn site(&self, key: &str) -> Result<Site, Failure> {
        Ok(self.sites.get(key).cloned().ok_or_else(|| format!("there is no site `{key}` yet; an event before this one has to bring it"))?)
    }

    /// A firm is entered.
    pub fn enter_firm(&mut self, key: &str, name: &str, uscc: &str, address: &str) -> Result<(), Failure> {
        let record = self.begin("reviewer", "subject", &[("name", json!(name)), ("uscc", json!(uscc))])?;
        self.keep("firm", key, record)?;
        self.firms.insert(key.to_owned(), (name.to_owned(), uscc.to_owned(), address.to_owned()));
        Ok(())
    }

    fn step(&mut self, role: &str, invitation: &str, step: &str, body: &Json) -> Result<Json, Failure> {
        let record = self.record("invitation", invitation)?;
        self.by(role)?.call(&format!("/api/v1/invitations/{record}/{step}"), body)
    }

    fn invitation_act(&mut self, invitation: &str, act: &str, fields: super::stage::Fields<'_>) -> Result<(), Failure> {
        let record = self.record("invitation", invitation)?;
        self.act("dispatcher", &record, act, fields).map(drop)
    }

    /// A firm invites.
    pub fn invite(&mut self, key: &str, firm: &str, site: &str, topics: &[String], wanted: Date, request: &str) -> Result<(), Failure> {
        self.invited_to.insert(key.to_owned(), site.to_owned());
        let (firm, site) = (self.record("firm", firm)?, self.record("site", site)?);
        let body = json!({
            "firm": firm, "site": site, "mode": "guidance", "topics": topics, "contact_name": "王工", "contact_phone": "13800000000", "wanted": [wanted], "request": request
        });
        let done = self.by("dispatcher")?.call("/api/v1/invitations", &body)?;
        let record = done.get("record").and_then(Json::as_str).ok_or("the call gave no record")?.to_owned();
        self.keep("invitation", key, record)
    }

    /// The guidance office accepts, and asks departments.
    pub fn dispatch(&mut self, invitation: &str, organs: &[String]) -> Result<(), Failure> {
        self.invitation_act(invitation, "accept", &[])?;
        let mut departments = Vec::new();
        for organ in organs {
            departments.push(json!({ "organ": organ, "unit": self.with_role("officer", Some(organ))?.unit }));
        }
        self.step("dispatcher", invitation, "dispatch", &json!({ "departments": departments }))?;
        self.asked.insert(invitation.to_owned(), organs.to_vec());
        Ok(())
    }

    /// The departments that an invitation was given to, the lead first.
    pub fn departments(&self, invitation: &str) -> Result<Vec<String>, Failure> {
        Ok(self.asked.get(invitation).cloned().ok_or_else(|| format!("invitation `{invitation}` was not dispatched yet"))?)
    }

    /// A department says that it comes, and who.
    pub fn claim(&mut self, invitation: &str, organ: &str) -> Result<(), Failure> {
        let (record, officer, liaison) = (self.record("invitation", invitation)?, self.with_role("officer", Some(organ))?, self.with_role("liaison", Some(organ))?);
        self.enter(&officer)?;
        self.desk(&liaison)?.call(&format!("/api/v1/invitations/{record}/claim"), &json!({ "officer": officer.id })).map(drop)
    }

    /// The day is set; the visit that comes of it is approved by the head, as any other.
    pub fn schedule(&mut self, invitation: &str, day: Date, lead: &str) -> Result<(), Failure> {
        self.step("dispatcher", invitation, "schedule", &json!({ "day": day, "lead": lead }))?;
        if let Some(organs) = self.asked.get_mut(invitation) {
            organs.sort_by_key(|organ| organ != lead);
        }
        let record = self.record("invitation", invitation)?;
        let visit = self.field("dispatcher", &record, "visit")?.as_str().ok_or("the day brought no visit")?.to_owned();
        self.by("head")?.approve(&visit, "企业邀约，同意上门服务").map(drop)
    }

    /// The report goes out, and the firm begins to correct.
    pub fn report(&mut self, invitation: &str, summary: &str) -> Result<(), Failure> {
        self.step("dispatcher", invitation, "report", &json!({ "summary": summary }))?;
        self.invitation_act(invitation, "rectify", &[])
    }

    /// What became of the opinions, the firm's word, and the end.
    pub fn follow_up(&mut self, invitation: &str, text: &str, score: i64, word: &str) -> Result<(), Failure> {
        let (record, now) = (self.record("invitation", invitation)?, self.now());
        let report = self.field("dispatcher", &record, "report")?;
        let opinions = report.get("opinions").and_then(Json::as_i64).ok_or("the report names no opinions")?;
        self.invitation_act(invitation, "follow_up", &[("follow_up", json!({ "corrected": opinions, "done_ms": now, "open": 0, "text": text }))])?;
        self.invitation_act(invitation, "rate", &[("rating", json!({ "ms": now, "score": score, "text": word }))])?;
        self.invitation_act(invitation, "close", &[])
    }
}
