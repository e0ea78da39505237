//! Reviews of a case and of its legality, hearings and discussions (`domain.md` §5.5): each call writes what was said and does the
//! act that follows from it.
//!
//! An unmet guard comes back among the refused reasons of the answer, a finding as `not_admitted`. A review may be done by a reviewer
//! of another organ whose scope reaches the case (浙江省综合行政执法条例 24); the review names the organ. Deliberately absent: the prior
//! notice and the defence, which are fields and acts that whoever handles the case writes.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use sync_core::base::date::{day_of, next};
use sync_core::base::{Date, OfficerId, RecordId};
use sync_core::case::finding::hearing::MOST_AGENTS;
use sync_core::case::{KIND, OUTCOMES, stage, standing};
use sync_core::law::policy;
use sync_core::org::{Unit, unit_of};
use sync_core::record::Record;

use super::investigation::{one, only};
use super::ops::{find, given, hand_in, not_his_own, put, words};
use crate::access::{Access, UserActor, Writes};
use crate::base::problem::Problem;
use crate::org::Role;
use crate::org::ops::Op;
use crate::react::Ground;
use crate::record::write::EditBody;
use crate::record::{Order, Written};
use crate::sync::store::Working;

/// Most members of a discussion.
const MOST_MEMBERS: usize = 64;
/// The entry of the time of a hearing, which does not count towards the days for the decision (`penalty.general.excluded`).
const STANDSTILL: &str = "standstills.hearing";

/// Refuses an act that does not lead on from where the case is.
fn open(record: &Record, act: &str) -> Result<(), Problem> {
    let from: BTreeSet<&str> = KIND.act(act).flat_map(|row| row.from).copied().collect();
    if from.contains(record.stage()) {
        return Ok(());
    }
    let stages = from.into_iter().collect::<Vec<_>>().join(", ");
    Err(Problem::new("conflict", format!("{act} leads on from {stages}; the case is at {}", record.stage())))
}

/// `POST /api/v1/cases/{id}/reviews`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewBody {
    which: Which,
    outcome: String,
    #[serde(default)]
    issues: String,
    opinion: String,
    /// Number of the certificate by which a legal reviewer is qualified (行政处罚法 58 第二款).
    #[serde(default)]
    certificate: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Which {
    Case,
    Legal,
}

impl Which {
    fn field(self) -> &'static str {
        if self == Which::Case { "case_review" } else { "legal_review" }
    }

    fn act(self) -> &'static str {
        if self == Which::Case { "review_case" } else { "review_legality" }
    }
}

fn review_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &ReviewBody, ground: &Ground<'_>) -> Op<Written> {
    let opinion = given!(words("opinion", &body.opinion, 4_000));
    let issues = body.issues.trim();
    if issues.chars().count() > 4_000 {
        return Ok(Err(Problem::field("issues", "at most 4000 characters")));
    }
    if !OUTCOMES.contains(&body.outcome.as_str()) {
        return Ok(Err(Problem::field("outcome", format!("one of {}", OUTCOMES.join(", ")))));
    }
    let certificate = given!(body.certificate.as_deref().map(|no| words("certificate", no, 40)).transpose());
    let legal = body.which == Which::Legal;
    if legal && certificate.is_none() {
        return Ok(Err(Problem::field("certificate", "name the certificate by which you review legality (行政处罚法 58 第二款)")));
    }
    let roles: &[Role] = if legal { &[Role::Reviewer] } else { &[Role::Reviewer, Role::SectionHead] };
    given!(only(actor, roles, if legal { "legality is reviewed by a legal reviewer" } else { "a case is reviewed by a reviewer or the head of a section" }));
    let record = given!(find(store, actor, id)?);
    given!(not_his_own(&record, actor));
    given!(open(&record, body.which.act()));
    let today = day_of(store.now).unwrap_or(Date::MAX);
    let organ = unit_of(&ground.law.book, &actor.officer, today).and_then(|unit| ground.law.book.get::<Unit>(&unit, today)).map(|unit| unit.organ);
    let mut review = Map::new();
    review.insert("at_ms".into(), store.now.0.into());
    review.insert("by".into(), json!(actor.officer));
    review.insert("opinion".into(), opinion.into());
    review.insert("outcome".into(), body.outcome.as_str().into());
    if !issues.is_empty() {
        review.insert("issues".into(), issues.into());
    }
    certificate.map(|no| review.insert("certificate".into(), no.into()));
    organ.map(|organ| review.insert("organ".into(), json!(organ)));
    let edits = vec![put(&record, body.which.field(), Json::Object(review), None)];
    // Agreeing leads on, a flaw leads back; whether to transfer is the head's.
    let back = KIND.act("send_back").any(|row| row.from.contains(&record.stage()));
    let act = match body.outcome.as_str() {
        "agree" => Some(body.which.act().to_owned()),
        "amend" | "return" | "wrong_procedure" if back => Some("send_back".to_owned()),
        _ => None,
    };
    let order = Order { edits, act, reason: Some(opinion.chars().take(600).collect()), ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.reviewed", json!({ "which": body.which.field(), "outcome": body.outcome }))
}

/// A member of a discussion, and what he said.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewBody {
    member: OfficerId,
    name: String,
    view: String,
    #[serde(default)]
    against: bool,
}

/// `POST /api/v1/cases/{id}/discussion`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscussionBody {
    chair: OfficerId,
    place: String,
    recorder: String,
    decision: String,
    views: Vec<ViewBody>,
}

/// Everybody's view as he gave it, dissent among them; the votes are counted from the views (行政处罚法 57 第二款).
fn discussion_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &DiscussionBody, ground: &Ground<'_>) -> Op<Written> {
    let (place, recorder) = (given!(words("place", &body.place, 200)), given!(words("recorder", &body.recorder, 60)));
    let decision = given!(words("decision", &body.decision, 4_000));
    given!(only(actor, &[Role::Head], "a discussion is led, and its outcome entered, by the head"));
    let members: BTreeSet<&OfficerId> = body.views.iter().map(|v| &v.member).collect();
    if members.len() != body.views.len() || members.len() > MOST_MEMBERS {
        return Ok(Err(Problem::field("views", format!("every member once, at most {MOST_MEMBERS}"))));
    }
    if !members.contains(&body.chair) {
        return Ok(Err(Problem::field("chair", "is not among the members; enter his view too")));
    }
    let today = day_of(store.now).unwrap_or(Date::MAX);
    if let Ok(fewest) = policy::get::<i64>(&ground.law.book, "penalty.discussion.members", today)
        && (members.len() as i64) < fewest.value
    {
        return Ok(Err(Problem::field("views", format!("{} members took part; a discussion needs {} (penalty.discussion.members)", members.len(), fewest.value))));
    }
    let record = given!(find(store, actor, id)?);
    given!(open(&record, "discuss"));
    let against = body.views.iter().filter(|v| v.against).count();
    let discussion = json!({
        "at_ms": store.now.0, "chair": body.chair, "decision": decision, "members": members, "place": place, "recorder": recorder,
        "votes_against": against, "votes_for": members.len() - against,
    });
    let mut edits = vec![put(&record, "discussion", discussion, None)];
    for view in &body.views {
        let (name, said) = (given!(words("views.name", &view.name, 60)), given!(words("views.view", &view.view, 2_000)));
        edits.push(put(&record, format!("views.{}", view.member), json!({ "against": view.against, "name": name, "view": said }), None));
    }
    // Views of an earlier discussion stay in the ledger, not on this one.
    let gone = standing(&record, "views.").filter(|(who, _)| !body.views.iter().any(|v| v.member.as_str() == *who));
    edits.extend(gone.map(|(who, _)| put(&record, format!("views.{who}"), Json::Null, None)));
    let order = Order { edits, act: Some("discuss".to_owned()), ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.discussed", json!({ "members": members, "against": against }))
}

/// `POST /api/v1/cases/{id}/hearing`: a step of a hearing.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum HearingBody {
    /// The party asks for it, or did at an instant.
    Request {
        /// When; now if left out.
        #[serde(default)]
        at_ms: Option<i64>,
    },
    /// Time and place are told.
    Call {
        /// When it is held.
        at_ms: i64,
        /// Where.
        place: String,
        /// Who leads it: nobody who handles the case.
        chair: OfficerId,
        /// Who writes its record.
        recorder: OfficerId,
        /// Whether everybody may come.
        open: bool,
        /// Names of the party's agents.
        #[serde(default)]
        agents: Vec<String>,
    },
    /// It was held.
    Hear {
        /// What was said.
        record: String,
        /// What its chair thinks.
        opinion: String,
        /// Sound and vision of it.
        #[serde(default)]
        recording: Option<String>,
        /// Names of the party's agents who came.
        #[serde(default)]
        agents: Option<Vec<String>>,
    },
    /// The party stayed away without a reason, or took its request back.
    Forgo {
        /// `absent` or `withdrawn`.
        why: Why,
        /// In words.
        reason: String,
    },
}

/// Why there is no hearing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It did not come, without a good reason (行政处罚法 64 第六项).
    Absent,
    /// It took its request back.
    Withdrawn,
}

fn agents(names: &[String]) -> Result<Json, Problem> {
    if names.len() > MOST_AGENTS {
        return Err(Problem::field("agents", format!("a party has at most {MOST_AGENTS} agents (行政处罚法 64 第五项)")));
    }
    names.iter().map(|name| words("agents", name, 60)).collect::<Result<Vec<_>, _>>().map(|names| json!(names))
}

/// The end of the time that does not count, where it is open.
fn resumed(record: &Record, until: Date) -> Result<Option<EditBody>, Problem> {
    let Some(mut entry) = one(record, STANDSTILL)?.filter(|entry| entry.get("until").is_none()) else { return Ok(None) };
    if let Some(members) = entry.as_object_mut() {
        members.insert("until".into(), json!(until.to_string()));
    }
    Ok(Some(put(record, STANDSTILL, entry, None)))
}

fn hearing_op(store: &mut Working<'_, '_>, actor: &UserActor, id: RecordId, body: &HearingBody, ground: &Ground<'_>) -> Op<Written> {
    let record = given!(find(store, actor, id)?);
    let before = given!(one(&record, "hearing")).unwrap_or_else(|| json!({}));
    let mut hearing = before.as_object().cloned().unwrap_or_default();
    let (now, today) = (store.now.0, day_of(store.now).unwrap_or(Date::MAX));
    let had = |member: &str| before.get(member).is_some();
    let mut more = Vec::new();
    let (act, reason) = match body {
        HearingBody::Request { at_ms } => {
            given!(only(actor, &[Role::Reviewer, Role::Head, Role::SectionHead, Role::SquadLeader, Role::Officer], "your roles take no requests for hearings"));
            let at = at_ms.unwrap_or(now);
            if at > now || at < 0 {
                return Ok(Err(Problem::field("at_ms", "lies in the future; enter when the party asked")));
            }
            if record.stage() != stage::PRE_NOTICED {
                return Ok(Err(Problem::new("conflict", format!("a hearing is asked for upon the notice; the case is at {}", record.stage()))));
            }
            if had("requested_ms") && before.get("withdrawn").and_then(Json::as_bool) != Some(true) {
                return Ok(Err(Problem::new("conflict", "the party has asked for a hearing")));
            }
            hearing.remove("withdrawn");
            hearing.insert("requested_ms".into(), at.into());
            (None, None)
        }
        HearingBody::Call { at_ms, place, chair, recorder, open: public, agents: names } => {
            given!(only(actor, &[Role::Reviewer, Role::Head], "a hearing is called by a reviewer or the head"));
            given!(open(&record, "call_hearing"));
            if !had("requested_ms") {
                return Ok(Err(Problem::new("conflict", "the party has not asked for a hearing (行政处罚法 64 第一项)")));
            }
            if *at_ms <= now {
                return Ok(Err(Problem::field("at_ms", "is past; a hearing is told seven working days before (行政处罚法 64 第二项)")));
            }
            hearing.insert("at_ms".into(), (*at_ms).into());
            hearing.insert("chair".into(), json!(chair));
            hearing.insert("notice_ms".into(), now.into());
            hearing.insert("open".into(), (*public).into());
            hearing.insert("place".into(), given!(words("place", place, 200)).into());
            hearing.insert("recorder".into(), json!(recorder));
            if !names.is_empty() {
                hearing.insert("agents".into(), given!(agents(names)));
            }
            let entry = json!({ "by": actor.officer, "from": today.to_string(), "ground": "hearing", "reason": "听证" });
            more.push(put(&record, STANDSTILL, entry, None));
            (Some("call_hearing"), None)
        }
        HearingBody::Hear { record: said, opinion, recording, agents: names } => {
            let chairs = before.get("chair").and_then(Json::as_str) == Some(actor.officer.as_str());
            if !chairs {
                given!(only(actor, &[Role::Reviewer, Role::Head], "the record of a hearing is entered by its chair, a reviewer or the head"));
            }
            given!(open(&record, "hear"));
            if before.get("at_ms").and_then(Json::as_i64).is_some_and(|at| at > now) {
                return Ok(Err(Problem::new("conflict", "the hearing has not been held yet")));
            }
            hearing.insert("ended_ms".into(), now.into());
            hearing.insert("record".into(), given!(words("record", said, 4_000)).into());
            hearing.insert("opinion".into(), given!(words("opinion", opinion, 4_000)).into());
            if let Some(recording) = recording {
                hearing.insert("recording".into(), given!(words("recording", recording, 64)).into());
            }
            if let Some(names) = names {
                hearing.insert("agents".into(), given!(agents(names)));
            }
            more.extend(given!(resumed(&record, next(today))));
            (Some("hear"), None)
        }
        HearingBody::Forgo { why, reason } => {
            given!(only(actor, &[Role::Reviewer, Role::Head], "that a hearing is forgone is entered by a reviewer or the head"));
            given!(open(&record, "forgo_hearing"));
            if *why == Why::Absent && before.get("at_ms").and_then(Json::as_i64).is_some_and(|at| at > now) {
                return Ok(Err(Problem::new("conflict", "the hearing is still to come, so nobody stayed away from it")));
            }
            hearing.insert(if *why == Why::Absent { "absent" } else { "withdrawn" }.into(), true.into());
            more.extend(given!(resumed(&record, next(today))));
            (Some("forgo_hearing"), Some(given!(words("reason", reason, 600)).to_owned()))
        }
    };
    let mut edits = vec![put(&record, "hearing", Json::Object(hearing), reason.as_deref())];
    edits.extend(more);
    let order = Order { edits, act: act.map(str::to_owned), reason, ..Order::of(id) };
    hand_in(store, actor, &order, ground, "case.hearing", json!({ "act": act }))
}

/// Reviews a case or its legality: 200 with what became of it; agreeing leads on, a flaw back to the investigation.
pub async fn review(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<ReviewBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| review_op(store, actor, id, &body, ground)).await
}

/// Enters a discussion with everybody's view: 200. 422 for too few members.
pub async fn discuss(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<DiscussionBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| discussion_op(store, actor, id, &body, ground)).await
}

/// Takes a step of a hearing: 200. 409 for one that does not follow.
pub async fn hearing(access: Access<Writes>, which: web::Path<RecordId>, body: web::Json<HearingBody>) -> Result<HttpResponse, Problem> {
    let (id, body) = (which.into_inner(), body.into_inner());
    access.app.case_op(access.actor, vec![id], move |store, actor, ground| hearing_op(store, actor, id, &body, ground)).await
}
