//! Matters: what may be punished, under which clauses, with what, and for how much (行政处罚事项).
//!
//! Each row is one version; its first and last day are those of its clauses. A code is opaque: twelve digits on the
//! province's list, an item's code where only the item is known. Deliberately absent: who holds the power ([`super::power`])
//! and which version applies to an act ([`super::choice`]).

use serde::{Deserialize, Serialize};

use crate::base::Validity;
use crate::dated::{Body, Flaw, Kind};

/// Most bytes of a matter's code.
pub const MAX_CODE: usize = 64;
/// What the name of every invented matter begins with.
pub const SYNTHETIC: &str = "【合成】";
/// Most clauses, tiers or other entries of one list.
const MAX_LIST: usize = 50;
/// Most characters of one text.
const MAX_TEXT: usize = 4000;

/// A clause of a law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// The law's title without the title marks 《》.
    pub law: String,
    /// Article, paragraph and item as they are cited: 第一千一百三十六条第一款第(五)项.
    pub article: String,
    /// Its words, where they are entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The kinds of penalty (行政处罚法 art 9), in the order of the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PenaltyKind {
    /// 警告.
    Warning,
    /// 通报批评.
    NoticeOfCriticism,
    /// 罚款.
    Fine,
    /// 没收违法所得、没收非法财物.
    Confiscate,
    /// 暂扣许可证件.
    SuspendLicence,
    /// 降低资质等级.
    LowerGrade,
    /// 吊销许可证件.
    RevokeLicence,
    /// 限制开展生产经营活动.
    RestrictBusiness,
    /// 责令停产停业.
    StopProduction,
    /// 责令关闭.
    Close,
    /// 限制从业.
    PracticeBan,
    /// 行政拘留: only of the police and of organs that a law names (art 18).
    Detention,
    /// Others that a law or an administrative regulation provides.
    Other,
}

/// When a penalty may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// With the violation itself.
    Immediate,
    /// After an order to correct has run out.
    AfterOverdue,
    /// When correction is refused.
    OnRefusal,
    /// The law says "may" (可以).
    Optional,
    /// No verified penal clause.
    None,
}

/// What the bounds of a fine count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Fen.
    Fixed,
    /// Ten-thousandths of the base: 1 % is 100, 倍 (one time) is 10,000.
    Ratio,
    /// Fen for each unit.
    PerUnit,
}

/// Bounds of a fine, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Lower bound; 0 where the law names none.
    pub min: i64,
    /// Upper bound.
    pub max: i64,
}

/// The statutory frame of a fine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fine {
    /// What the bounds count.
    pub shape: Shape,
    /// What is counted, in words of the table: `CNY`, `CNY_per_m3`, `percent`, `multiple`.
    pub unit: String,
    /// Lower bound; 0 where the law names none.
    pub min: i64,
    /// Upper bound.
    pub max: i64,
    /// What a ratio is taken of, or what is counted; absent for a fixed fine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
}

impl Fine {
    /// The bounds.
    pub fn range(&self) -> Range {
        Range { min: self.min, max: self.max }
    }
}

/// On whom a penalty may be imposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyType {
    /// 公民.
    Citizen,
    /// 个体工商户.
    SelfEmployed,
    /// 法人或者其他组织.
    Organisation,
}

/// One tier of discretion (裁量阶次): circumstances and the band of fines for them, in the fine's own count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Circumstances in words.
    pub circumstance: String,
    /// Lower bound, inclusive.
    pub min: i64,
    /// Upper bound, inclusive; neighbours share it.
    pub max: i64,
}

/// One version of a matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    /// Name in Chinese.
    pub name: String,
    /// The field of law, by the code of the department that has it in charge.
    pub domain: String,
    /// The duties that are violated.
    pub violation: Vec<Clause>,
    /// The penal clauses.
    pub penalty: Vec<Clause>,
    /// What may be imposed, in the order of art 9, each once.
    pub kinds: Vec<PenaltyKind>,
    /// The frame of a fine. Absent with the kind `fine` where the amounts stand in a rule that is not entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fine: Option<Fine>,
    /// When a penalty may follow.
    pub trigger: Trigger,
    /// The bounds once an order to correct has run out or was refused, in the fine's own count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue: Option<Range>,
    /// On whom; empty where it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub party_types: Vec<PartyType>,
    /// Tiers of discretion, from the mildest; empty where none are published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// Why the tiers leave parts of the frame out, if they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_holes: Option<String>,
    /// Whether it is on the local list for fast handling (简案快办).
    pub fast_case: bool,
    /// When a minor violation is not punished (行政处罚法 art 33), in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minor_exempt: Option<String>,
    /// Whether a case may follow; otherwise only advice and an order to correct.
    pub case_allowed: bool,
    /// Whether it stands on the unified list of province and city; absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<bool>,
    /// Conditions in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// A doubt that the department's legal office has to settle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
    /// Invented, for trials and measurements: no law. Its name says so too.
    pub synthetic: bool,
    /// Where it comes from.
    pub source: String,
}

/// Whether a text can be a matter's code: 1 to 64 bytes without '/', white space or control characters.
pub fn is_code(code: &str) -> bool {
    !code.is_empty() && code.len() <= MAX_CODE && !code.chars().any(|c| c == '/' || c.is_whitespace() || c.is_control())
}

/// Checks that a text of a field says something and is not too long.
pub(super) fn text(field: &str, text: &str) -> Result<(), Flaw> {
    if text.trim().is_empty() {
        return Err(Flaw::new(field, "must not be empty"));
    }
    if text.chars().count() > MAX_TEXT {
        return Err(Flaw::new(field, format!("has more than {MAX_TEXT} characters; shorten it")));
    }
    Ok(())
}

fn list(field: &str, len: usize) -> Result<(), Flaw> {
    if len > MAX_LIST { Err(Flaw::new(field, format!("has more than {MAX_LIST} entries"))) } else { Ok(()) }
}

fn clauses(field: &str, clauses: &[Clause]) -> Result<(), Flaw> {
    list(field, clauses.len())?;
    for (n, clause) in clauses.iter().enumerate() {
        text(&format!("{field}.{n}.law"), &clause.law)?;
        if clause.law.contains(['《', '》']) {
            return Err(Flaw::new(format!("{field}.{n}.law"), "give the title without 《》"));
        }
        text(&format!("{field}.{n}.article"), &clause.article)?;
        if let Some(words) = &clause.text {
            text(&format!("{field}.{n}.text"), words)?;
        }
    }
    Ok(())
}

fn bounds(field: &str, range: Range) -> Result<(), Flaw> {
    if range.min < 0 {
        return Err(Flaw::new(format!("{field}.min"), "must not be negative; give 0 where the law names no lower bound"));
    }
    if range.max <= 0 || range.max < range.min {
        return Err(Flaw::new(format!("{field}.max"), "must be positive and not below min"));
    }
    Ok(())
}

impl Matter {
    /// Whether the power to punish it may be handed to another organ: not where it restricts personal freedom
    /// (行政处罚法 art 18 para 3).
    pub fn transferable(&self) -> bool {
        !self.kinds.contains(&PenaltyKind::Detention)
    }

    /// Whether a penalty may be imposed at all.
    pub fn punishable(&self) -> bool {
        self.trigger != Trigger::None && !self.kinds.is_empty()
    }

    fn check_fine(&self) -> Result<(), Flaw> {
        let Some(fine) = &self.fine else {
            return match (&self.overdue, self.tiers.is_empty()) {
                (Some(_), _) => Err(Flaw::new("overdue", "there is no fine whose bounds it would raise; give fine")),
                (None, false) => Err(Flaw::new("tiers", "there is no fine that they divide; give fine")),
                (None, true) => Ok(()),
            };
        };
        if !self.kinds.contains(&PenaltyKind::Fine) {
            return Err(Flaw::new("kinds", "a fine is given but the kind fine is not; add it or leave the fine out"));
        }
        text("fine.unit", &fine.unit)?;
        bounds("fine", fine.range())?;
        match (&fine.base, fine.shape) {
            (Some(_), Shape::Fixed) => return Err(Flaw::new("fine.base", "a fixed fine has none; leave it out or choose another shape")),
            (None, Shape::Ratio | Shape::PerUnit) => return Err(Flaw::new("fine.base", "say what the ratio is taken of, or what is counted")),
            (Some(base), _) => text("fine.base", base)?,
            (None, Shape::Fixed) => {}
        }
        if let Some(overdue) = self.overdue {
            bounds("overdue", overdue)?;
        }
        self.check_tiers(fine.range())
    }

    /// Tiers lie in the frame, ascend without overlapping beyond a shared bound, and leave no hole unless one is stated.
    fn check_tiers(&self, frame: Range) -> Result<(), Flaw> {
        list("tiers", self.tiers.len())?;
        let mut reached = frame.min;
        let mut hole = None;
        for (n, tier) in self.tiers.iter().enumerate() {
            let at = |field: &str| format!("tiers.{n}.{field}");
            text(&at("circumstance"), &tier.circumstance)?;
            if tier.max < tier.min {
                return Err(Flaw::new(at("max"), "must not be below min"));
            }
            if tier.min < frame.min || tier.max > frame.max {
                return Err(Flaw::new(at(if tier.min < frame.min { "min" } else { "max" }), format!("lies outside the fine's bounds {} to {}", frame.min, frame.max)));
            }
            if tier.min < reached {
                return Err(Flaw::new(at("min"), format!("lies below {reached}, where the tier before ends; order the tiers from the mildest, without overlap")));
            }
            if tier.min > reached && hole.is_none() {
                hole = Some((at("min"), reached, tier.min));
            }
            reached = tier.max;
        }
        if !self.tiers.is_empty() && reached < frame.max && hole.is_none() {
            hole = Some((format!("tiers.{}.max", self.tiers.len().saturating_sub(1)), reached, frame.max));
        }
        match (hole, &self.tier_holes) {
            (Some((field, from, to)), None) => Err(Flaw::new(field, format!("no tier covers {from} to {to}; close the hole or state the reason in tier_holes"))),
            (None, Some(_)) => Err(Flaw::new("tier_holes", "the tiers leave no hole; leave it out")),
            (Some(_), Some(reason)) => text("tier_holes", reason),
            (None, None) => Ok(()),
        }
    }
}

impl Body for Matter {
    const KIND: Kind = Kind::Matter;

    fn check(&self, key: &str, _: &Validity) -> Result<(), Flaw> {
        if !is_code(key) {
            return Err(Flaw::new("key", format!("a matter's code has 1 to {MAX_CODE} bytes, without '/' and white space")));
        }
        text("name", &self.name)?;
        text("domain", &self.domain)?;
        text("source", &self.source)?;
        if self.synthetic != self.name.starts_with(SYNTHETIC) {
            return Err(Flaw::new("name", format!("begins with {SYNTHETIC} exactly if the matter is synthetic")));
        }
        clauses("violation", &self.violation)?;
        clauses("penalty", &self.penalty)?;
        if self.violation.is_empty() {
            return Err(Flaw::new("violation", "name at least one clause"));
        }
        for (n, pair) in self.kinds.windows(2).enumerate() {
            if let [a, b] = pair
                && a >= b
            {
                return Err(Flaw::new(format!("kinds.{}", n + 1), "give each kind once, in the order of 行政处罚法 art 9"));
            }
        }
        if self.trigger == Trigger::None && !self.kinds.is_empty() {
            return Err(Flaw::new("kinds", "without a penal clause nothing may be imposed; correct trigger or leave them out"));
        }
        if self.punishable() && self.penalty.is_empty() {
            return Err(Flaw::new("penalty", "name the penal clause (行政处罚法 art 38: no penalty without a basis)"));
        }
        if self.case_allowed && !self.punishable() {
            return Err(Flaw::new("case_allowed", "nothing may be imposed, so no case may follow; give kinds and trigger, or say false"));
        }
        self.check_fine()
    }
}

#[cfg(test)]
pub(crate) mod tests;
