//! 双随机 in the database: who can be drawn is read from the index and the book, the seed is committed to before it is used, and
//! anyone replays the result (浙江省综合行政执法条例第二十一条; 优化营商环境条例第五十四条; `sync_core::plan::draw`).
//!
//! Two acts. The first composes the list (`gather`, [`compose`]), draws a seed, seals it with the server's key and publishes list and
//! commitment ([`ops::commit`]); the second, later, opens the seed and draws, once ([`ops::draw`]). The database takes no change of
//! what was committed to. An inspector who has to stand back after the draw is replaced by a draw of its own with a new seed and its
//! own commitment ([`ops::redraw`]), not from the rest of the first stream: that seed is public, so everybody would know beforehand who
//! comes next, and could recuse accordingly.
//!
//! What is published names objects by their ids and inspectors by their certificates: not why somebody is recused, nor who of the organ
//! may not act. Deliberately absent: plans and visits of what was drawn; they take the ids from [`ops::objects`].

pub mod compose;
mod gather;
pub mod http;
pub mod ops;
pub mod view;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync_core::base::{Date, OfficerId, RecordId};

/// How many objects are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// So many.
    Count(u32),
    /// So many of a hundred that can be drawn, rounded up.
    Percent(u32),
}

/// An inspector who must not inspect an object (行政处罚法第四十三条).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recused {
    /// Who.
    pub officer: OfficerId,
    /// Which object, by any record of its family.
    pub object: RecordId,
    /// Why; not published.
    pub reason: String,
}

/// What is drawn from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which draw it is, in words.
    pub title: String,
    /// `site` or `subject`.
    pub kind: String,
    /// Only in this area and what lies in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// How many.
    pub draw: Amount,
    /// Inspectors for each object; two at least (行政处罚法第四十二条).
    pub team: u32,
    /// The organ that inspects.
    pub organ: String,
    /// The matters that it is about: their domains decide which cap holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matters: Vec<String>,
    /// The day for which it is planned, by which caps and certificates are judged; today if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// Most objects for one inspector; no bound if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// Who is recused from what, beside the recusals that stand on open visits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recusals: Vec<Recused>,
}

/// Somebody of the organ who is not on the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Who.
    pub officer: OfficerId,
    /// Why he may not act.
    pub why: String,
}

/// Which inspector of which draw is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaces {
    /// The draw.
    pub draw: RecordId,
    /// The object that was drawn.
    pub object: RecordId,
    /// Who stands back.
    pub officer: OfficerId,
    /// Why; not published.
    pub reason: String,
}

/// What a list was composed from and who stands behind its keys: kept, not published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The rule.
    pub rule: Rule,
    /// The day by which it was judged.
    pub day: Date,
    /// Revision of the book.
    pub law_rev: i64,
    /// Officers by the key of an inspector.
    pub officers: BTreeMap<String, OfficerId>,
    /// Names by the key of an object.
    pub names: BTreeMap<String, String>,
    /// Those of the organ who may not act on the day.
    pub left_out: Vec<LeftOut>,
    /// Recusals with their reasons, those from open visits among them.
    pub recusals: Vec<Recused>,
    /// The inspector whom it replaces, if it is a draw after a recusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replaces>,
}
