//! Who may begin and edit records of a kind, and who may perform which act of the back office.

use sync_core::record::act_names;

use crate::base::problem::Problem;
use crate::org::Role;
use crate::org::Role::{Dispatcher, Head, HearingChair, Liaison, Officer, PanelMember, Reviewer, SectionHead, SquadLeader};

/// Kind, and who begins and edits its records.
pub const WRITERS: &[(&str, &[Role])] = &[
    ("site", &[Officer, SquadLeader, SectionHead, Dispatcher, Liaison, Reviewer]),
    ("subject", &[Officer, SquadLeader, SectionHead, Dispatcher, Liaison, Reviewer]),
    ("visit", &[SquadLeader, SectionHead, Dispatcher, Head, Reviewer]),
    ("case", &[SquadLeader, SectionHead, Head, Reviewer]),
    // Who writes which part of a plan, says `plan::gate`.
    ("plan", &[Liaison, Dispatcher, SectionHead, Reviewer, PanelMember, Head]),
    ("invitation", &[Dispatcher, Liaison]),
    ("liaison", &[Dispatcher, Liaison, Officer, SquadLeader, SectionHead, Head]),
    ("course", &[SquadLeader, SectionHead, Head, Reviewer, Dispatcher]),
    ("cohandling", &[SquadLeader, SectionHead, Head, Reviewer]),
    // The calls of `credit` write it.
    ("repair", &[]),
];

/// Those who say which objects are one, and which are on a list.
const CURATORS: &[Role] = &[Reviewer, SquadLeader, SectionHead, Dispatcher];

/// Kind, a field or a collection (ending in `.`) that not all of its writers may write, and who may.
const FIELDS: &[(&str, &str, &[Role])] = &[
    // What reactions and the calls of `case` write: days and number of a case, what is wrong with it, and whose voice said what.
    ("case", "archive", &[]),
    ("case", "case_no", &[]),
    ("case", "companions", &[]),
    ("case", "decided_date", &[]),
    // What was sealed and shown to the public is written by whoever sealed and published it.
    ("case", "documents.", &[]),
    ("case", "extensions.", &[]),
    ("case", "filed_date", &[]),
    ("case", "flags.", &[]),
    ("case", "instalments.", &[]),
    ("case", "opinions.", &[]),
    ("case", "overrides.", &[]),
    ("case", "publicity", &[]),
    ("case", "remedies.", &[]),
    ("case", "standstills.", &[]),
    // What `invitation` and `liaison` write by calls of their own.
    ("invitation", "declines.", &[]),
    ("invitation", "departments.", &[]),
    ("invitation", "due", &[]),
    ("invitation", "lead", &[]),
    ("invitation", "planned_date", &[]),
    ("invitation", "report", &[]),
    ("invitation", "unit", &[]),
    ("invitation", "visit", &[]),
    ("cohandling", "advisors.", &[]),
    ("cohandling", "case", &[]),
    ("cohandling", "day", &[]),
    ("cohandling", "deciders.", &[]),
    ("cohandling", "domain", &[]),
    ("cohandling", "former", &[]),
    ("cohandling", "former_unit", &[]),
    ("cohandling", "lessons.", &[]),
    ("cohandling", "matter", &[]),
    ("cohandling", "reply", &[]),
    ("cohandling", "request", &[]),
    ("cohandling", "title", &[]),
    ("cohandling", "transfer", &[]),
    ("cohandling", "unit", &[]),
    ("course", "attendance.", &[]),
    ("course", "credits.", &[]),
    ("course", "due", &[]),
    ("course", "invitations.", &[]),
    ("course", "questions.", &[]),
    ("course", "replies.", &[]),
    ("course", "results.", &[]),
    ("course", "verdicts.", &[]),
    ("liaison", "due", &[]),
    ("liaison", "organs.", &[]),
    ("liaison", "replies.", &[]),
    ("site", "distinct.", CURATORS),
    ("site", "joined_into", CURATORS),
    ("site", "list", CURATORS),
    ("subject", "credit", CURATORS),
    ("subject", "distinct.", CURATORS),
    ("subject", "joined_into", CURATORS),
    ("subject", "list", CURATORS),
    // What reactions and the calls of `visit` write: a flag is settled, an approval made up for, with what these calls ask.
    ("visit", "documents.", &[]),
    ("visit", "due", &[]),
    ("visit", "flags.", &[]),
    ("visit", "joined_into", &[]),
    ("visit", "overrides.", &[]),
    ("visit", "regularised", &[]),
    ("visit", "rulings.", &[]),
];

/// Acts that need more than the record and a role, and the call that knows it.
const OF_FEATURES: &[(&str, &str, &str)] = &[
    ("case", "archive", "POST /api/v1/cases/{id}/archive"),
    ("invitation", "dispatch", "POST /api/v1/invitations/{id}/dispatch"),
    ("invitation", "claim", "POST /api/v1/invitations/{id}/claim"),
    ("invitation", "decline", "POST /api/v1/invitations/{id}/decline"),
    ("invitation", "schedule", "POST /api/v1/invitations/{id}/schedule"),
    ("invitation", "report", "POST /api/v1/invitations/{id}/report"),
    ("cohandling", "ask", "POST /api/v1/cohandlings/{id}/ask"),
    ("cohandling", "agree", "POST /api/v1/cohandlings/{id}/reply"),
    ("cohandling", "decline", "POST /api/v1/cohandlings/{id}/reply"),
    ("course", "invite", "POST /api/v1/courses/{id}/invite"),
    ("course", "reply", "POST /api/v1/courses/{id}/reply"),
    ("liaison", "reply", "POST /api/v1/liaisons/{id}/reply"),
    ("repair", "qualify", "GET /api/v1/repairs"),
    ("repair", "disqualify", "GET /api/v1/repairs"),
    ("repair", "apply", "POST /api/v1/repairs/{id}/apply"),
    ("repair", "accept", "POST /api/v1/repairs/{id}/accept"),
    ("repair", "return", "POST /api/v1/repairs/{id}/return"),
    ("repair", "review", "POST /api/v1/repairs/{id}/review"),
    ("repair", "extend", "POST /api/v1/repairs/{id}/extend"),
    ("repair", "approve", "POST /api/v1/repairs/{id}/decide"),
    ("repair", "refuse", "POST /api/v1/repairs/{id}/decide"),
    ("repair", "sync", "POST /api/v1/repairs/{id}/synced"),
    ("repair", "revoke_repair", "POST /api/v1/repairs/{id}/revoke"),
    ("repair", "cease", "GET /api/v1/repairs"),
    ("visit", "join", "POST /api/v1/visits/{id}/join"),
];

/// Those who decide on the review queue: `waive`, `confirm`, `revoke` and `reopen` of every kind.
const REVIEWERS: &[Role] = &[Reviewer, SquadLeader, SectionHead, Head];

/// Kind, act, and who performs it in the back office. A test holds that every act has a row.
pub const ACTS: &[(&str, &str, &[Role])] = &[
    // 入企检查方案由机关负责人批准 (国办发〔2024〕54号); leaders of squads and sections by his delegation.
    ("visit", "approve", &[Head, SquadLeader, SectionHead]),
    ("visit", "notify", &[SquadLeader, SectionHead, Head]),
    ("visit", "check_in", &[SquadLeader]),
    ("visit", "start_urgent", &[SquadLeader]),
    ("visit", "record", &[SquadLeader]),
    ("visit", "sign", &[SquadLeader]),
    ("visit", "party_sign", &[SquadLeader]),
    ("visit", "party_refuse", &[SquadLeader]),
    ("visit", "issue_result", &[SquadLeader, SectionHead, Head]),
    ("visit", "order", &[SquadLeader, SectionHead, Head]),
    ("visit", "review", &[SquadLeader, SectionHead, Reviewer]),
    ("visit", "close", &[SquadLeader, SectionHead, Reviewer, Head]),
    ("visit", "raise_clue", &[SquadLeader, SectionHead, Reviewer]),
    ("visit", "join", &[Reviewer, SquadLeader, SectionHead, Dispatcher]),
    ("visit", "cancel", &[SquadLeader, SectionHead, Head, Dispatcher]),
    ("visit", "abort", &[SquadLeader, SectionHead]),
    // 立案、处罚决定及其他重要步骤由机关负责人审批 (行政处罚法 54, 57; domain.md §0.3).
    ("case", "file", &[Head]),
    ("case", "not_file", &[Head]),
    ("case", "transfer", &[Head]),
    ("case", "to_police", &[Head]),
    ("case", "take_back", &[Head, SectionHead, SquadLeader]),
    ("case", "punish_on_spot", &[SquadLeader]),
    ("case", "report_simple", &[Head, SectionHead, SquadLeader, Reviewer]),
    ("case", "investigate", &[Head, SectionHead, SquadLeader]),
    ("case", "resume_normal", &[Head, SectionHead, SquadLeader]),
    ("case", "conclude", &[SectionHead, SquadLeader]),
    ("case", "send_back", &[Reviewer, SectionHead, Head]),
    ("case", "review_case", &[Reviewer, SectionHead]),
    ("case", "review_legality", &[Reviewer]),
    ("case", "pre_notice", &[Head, SectionHead, SquadLeader, Reviewer]),
    ("case", "notice_again", &[Head, SectionHead, SquadLeader, Reviewer]),
    ("case", "close_defence", &[Head, SectionHead, SquadLeader, Reviewer]),
    ("case", "call_hearing", &[Reviewer, Head]),
    ("case", "hear", &[Reviewer, Head, HearingChair]),
    ("case", "forgo_hearing", &[Reviewer, Head]),
    ("case", "discuss", &[Head]),
    ("case", "decide", &[Head]),
    ("case", "not_punish", &[Head]),
    ("case", "find_none", &[Head]),
    ("case", "serve", &[Head, SectionHead, SquadLeader, Reviewer]),
    ("case", "perform", &[Head, SectionHead, SquadLeader, Reviewer]),
    ("case", "part_perform", &[Head, SectionHead, SquadLeader, Reviewer]),
    ("case", "lapse", &[Head, SectionHead, SquadLeader, Reviewer]),
    ("case", "urge", &[Head, SectionHead, SquadLeader, Reviewer]),
    ("case", "apply_court", &[Head]),
    ("case", "end_enforcement", &[Head, SectionHead, SquadLeader, Reviewer]),
    ("case", "revoke_decision", &[Head]),
    ("case", "change_decision", &[Head]),
    ("case", "suspend", &[Head]),
    ("case", "resume", &[Head, SectionHead, SquadLeader]),
    ("case", "terminate", &[Head]),
    ("case", "withdraw", &[Head]),
    ("case", "close", &[Head]),
    ("case", "archive", &[Reviewer, SectionHead]),
    ("case", "offer_fast", &[Head, SectionHead, SquadLeader]),
    ("case", "consent_fast", &[Head, SectionHead, SquadLeader]),
    ("case", "run_fast", &[Head]),
    ("case", "withdraw_consent", &[Head, SectionHead, SquadLeader]),
    ("case", "convert", &[Head, SectionHead, SquadLeader, Reviewer]),
    ("plan", "submit", &[Liaison, Dispatcher, SectionHead]),
    ("plan", "match", &[Dispatcher]),
    ("plan", "review", &[Dispatcher]),
    ("plan", "discuss", &[Reviewer]),
    ("plan", "approve", &[Head]),
    ("plan", "publish", &[Dispatcher]),
    ("plan", "adjust", &[Dispatcher, Head]),
    ("plan", "resubmit", &[Liaison, Dispatcher, SectionHead]),
    ("plan", "execute", &[Dispatcher]),
    ("plan", "close", &[Dispatcher, Head]),
    ("plan", "send_back", &[Dispatcher, Reviewer, PanelMember, Head]),
    ("invitation", "accept", &[Dispatcher]),
    ("invitation", "reject", &[Dispatcher]),
    ("invitation", "dispatch", &[Dispatcher]),
    ("invitation", "claim", &[Liaison, Officer, SquadLeader, SectionHead]),
    ("invitation", "decline", &[Liaison, SquadLeader, SectionHead]),
    ("invitation", "assemble", &[Dispatcher]),
    ("invitation", "schedule", &[Dispatcher, Liaison]),
    ("invitation", "arrive", &[Dispatcher, Liaison, Officer]),
    ("invitation", "report", &[Dispatcher, Liaison]),
    ("invitation", "rectify", &[Dispatcher, Liaison]),
    ("invitation", "follow_up", &[Dispatcher, Liaison]),
    ("invitation", "rate", &[Dispatcher, Liaison]),
    ("invitation", "close", &[Dispatcher]),
    ("invitation", "withdraw", &[Dispatcher, Liaison]),
    ("liaison", "reply", &[Dispatcher, Liaison, Officer, SquadLeader, SectionHead, Head]),
    ("liaison", "complete", &[Dispatcher]),
    ("liaison", "close", &[Dispatcher, Liaison, SquadLeader, SectionHead, Head]),
    ("liaison", "withdraw", &[Dispatcher, Liaison, SquadLeader, SectionHead, Head]),
    ("course", "invite", &[SquadLeader, SectionHead, Head, Reviewer, Dispatcher]),
    ("course", "reply", &[Liaison, Officer, SquadLeader, SectionHead, Head]),
    ("course", "schedule", &[SquadLeader, SectionHead, Head, Reviewer, Dispatcher]),
    ("course", "hold", &[SquadLeader, SectionHead, Head, Reviewer, Dispatcher]),
    ("course", "close", &[SquadLeader, SectionHead, Head, Reviewer, Dispatcher]),
    ("course", "cancel", &[SquadLeader, SectionHead, Head, Reviewer, Dispatcher]),
    ("cohandling", "ask", &[Head]),
    ("cohandling", "forgo", &[Head]),
    ("cohandling", "agree", &[Liaison, SectionHead, Head]),
    ("cohandling", "decline", &[Liaison, SectionHead, Head]),
    ("cohandling", "conclude", &[SquadLeader, SectionHead, Head]),
    // 谁认定、谁修复 (国家发展改革委令2025年第36号): the organ of the decision accepts, reviews and decides.
    ("repair", "qualify", &[SectionHead, Reviewer]),
    ("repair", "disqualify", &[SectionHead, Reviewer]),
    ("repair", "apply", &[Officer, SquadLeader, SectionHead, Reviewer]),
    ("repair", "accept", &[SectionHead, Reviewer]),
    ("repair", "return", &[SectionHead, Reviewer]),
    ("repair", "review", &[SectionHead, Reviewer]),
    ("repair", "extend", &[Head]),
    ("repair", "approve", &[Head]),
    ("repair", "refuse", &[Head]),
    ("repair", "sync", &[SectionHead, Reviewer]),
    ("repair", "revoke_repair", &[Head]),
    ("repair", "cease", &[SectionHead, Reviewer]),
];

/// Whether one of these roles may begin and edit records of a kind.
pub fn may_write(roles: &[Role], kind: &str) -> Result<(), Problem> {
    let allowed = WRITERS.iter().find(|row| row.0 == kind).map_or(&[][..], |row| row.1);
    permit(roles, allowed, &format!("records of the kind {kind:.40} are written"))
}

/// Whether one of these roles may write a field of a kind that it may write.
pub fn may_edit(roles: &[Role], kind: &str, field: &str) -> Result<(), Problem> {
    let row = FIELDS.iter().find(|row| row.0 == kind && (row.1 == field || (row.1.ends_with('.') && field.starts_with(row.1))));
    row.map_or(Ok(()), |row| permit(roles, row.2, &format!("{field:.80} of the kind {kind:.40} is written")))
}

/// Whether one of these roles may perform an act.
pub fn may_act(roles: &[Role], kind: &str, act: &str) -> Result<(), Problem> {
    let of_all = [act_names::WAIVE, act_names::CONFIRM, act_names::REVOKE, act_names::REOPEN];
    let allowed = match ACTS.iter().find(|row| row.0 == kind && row.1 == act) {
        Some(row) => row.2,
        None if of_all.contains(&act) => REVIEWERS,
        None => &[],
    };
    permit(roles, allowed, &format!("{act:.40} is performed"))
}

/// Refuses an act that only a feature's own call can judge.
pub fn not_of_a_feature(kind: &str, act: &str) -> Result<(), Problem> {
    match OF_FEATURES.iter().find(|row| row.0 == kind && row.1 == act) {
        Some((.., call)) => Err(Problem::new("forbidden", format!("{act:.40} needs what this call does not ask; use {call}"))),
        None => Ok(()),
    }
}

fn permit(roles: &[Role], allowed: &[Role], what: &str) -> Result<(), Problem> {
    if roles.iter().any(|role| allowed.contains(role)) {
        return Ok(());
    }
    let names: Vec<String> = allowed.iter().map(|role| serde_json::to_value(role).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()).collect();
    let by = if names.is_empty() { "nobody in the back office".to_owned() } else { names.join(", ") };
    Err(Problem::new("forbidden", format!("{what} by: {by}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Writes;
    use sync_core::schema::kinds;

    #[test]
    fn every_act_has_one_row_and_every_row_an_act() {
        for kind in kinds().iter() {
            let acts: std::collections::BTreeSet<&str> = kind.acts.iter().map(|row| row.act).filter(|act| *act != act_names::REOPEN).collect();
            for act in acts {
                let rows = ACTS.iter().filter(|row| row.0 == kind.name && row.1 == act).count();
                assert_eq!(rows, 1, "{}.{act}", kind.name);
            }
            assert_eq!(WRITERS.iter().filter(|row| row.0 == kind.name).count(), 1, "{}", kind.name);
        }
        for (kind, act, roles) in ACTS {
            assert!(kinds().get(kind).is_some_and(|k| k.act(act).next().is_some()), "{kind}.{act} is no act");
            assert!(!roles.is_empty() && roles.iter().all(|r| Writes::ROLES.contains(r)), "{kind}.{act}");
        }
    }
}
