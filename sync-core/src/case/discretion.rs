//! What a fine may be and what it should be: the statutory range of the law that applies, the circumstances, the tier, the band
//! (`domain.md` §5.8; 行政处罚法 5, 28, 32–34).
//!
//! The engine suggests with reasons; an officer decides. All amounts are fen. Deliberately absent: which law applies
//! ([`super::law_choice`]), and what stands against a penalty ([`super::finding::penalty`]).

pub mod daily;

use serde::Serialize;
use serde_json::Value as Json;

use super::law_choice::refused;
use super::read::View;
use crate::base::money::Fen;
use crate::catalogue::matter::{Matter, PenaltyKind, Range, Shape, Tier};

/// What a circumstance does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// 从轻或者减轻: inside the range at its lower part, or below it.
    Lighter,
    /// 从重: inside the range at its upper part.
    Heavier,
}

/// A circumstance that the law names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Circumstance {
    /// Its word in `discretion.circumstances`.
    pub code: &'static str,
    /// What it does.
    pub effect: Effect,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// Statute article.
    pub basis: &'static str,
}

const fn lighter(code: &'static str, zh: &'static str, en: &'static str, basis: &'static str) -> Circumstance {
    Circumstance { code, effect: Effect::Lighter, zh, en, basis }
}

/// The circumstances of 行政处罚法 30 to 32 and 49, and the two that tiers of discretion commonly name.
pub const CIRCUMSTANCES: &[Circumstance] = &[
    lighter("minor", "已满十四周岁不满十八周岁", "Fourteen to seventeen years old", "行政处罚法第三十条"),
    lighter("impaired", "尚未完全丧失辨认或者控制自己行为能力的精神病人、智力残疾人", "Partly unable to discern or control the act", "行政处罚法第三十一条"),
    lighter("removed_harm", "主动消除或者减轻违法行为危害后果", "Removed or reduced the harm on one's own accord", "行政处罚法第三十二条第一项"),
    lighter("coerced", "受他人胁迫或者诱骗实施违法行为", "Coerced or induced by others", "行政处罚法第三十二条第二项"),
    lighter("confessed", "主动供述行政机关尚未掌握的违法行为", "Told of acts that the organ did not know", "行政处罚法第三十二条第三项"),
    lighter("merit", "配合行政机关查处违法行为有立功表现", "Helped to uncover violations", "行政处罚法第三十二条第四项"),
    lighter("by_law", "法律、法规、规章规定其他应当从轻或者减轻", "Another ground that a law, regulation or rule names", "行政处罚法第三十二条第五项"),
    Circumstance {
        code: "emergency", effect: Effect::Heavier, zh: "突发事件中违反应对措施", en: "Against measures in an emergency", basis: "行政处罚法第四十九条"
    },
    Circumstance {
        code: "repeated", effect: Effect::Heavier, zh: "多次实施同类违法行为", en: "The same kind of violation repeatedly", basis: "国办发〔2022〕27号（裁量权基准）"
    },
    Circumstance {
        code: "obstructed",
        effect: Effect::Heavier,
        zh: "阻碍、逃避检查或者毁灭证据",
        en: "Obstructed the inquiry or destroyed evidence",
        basis: "国办发〔2022〕27号（裁量权基准）",
    },
];

/// The circumstance of a word.
pub fn circumstance(code: &str) -> Option<&'static Circumstance> {
    CIRCUMSTANCES.iter().find(|one| one.code == code)
}

/// How heavily to punish, by the words of `case::LENIENCIES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Leniency {
    /// As usual.
    Standard,
    /// 从轻: the lower part of the range.
    Lighter,
    /// 减轻: below the range.
    Mitigated,
    /// 从重: the upper part of the range.
    Heavier,
}

impl Leniency {
    /// All of them.
    pub const ALL: &[Leniency] = &[Leniency::Standard, Leniency::Lighter, Leniency::Mitigated, Leniency::Heavier];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Leniency::Standard => "standard",
            Leniency::Lighter => "lighter",
            Leniency::Mitigated => "mitigated",
            Leniency::Heavier => "heavier",
        }
    }

    /// The one of a word.
    pub fn parse(word: &str) -> Option<Leniency> {
        Leniency::ALL.iter().copied().find(|one| one.as_str() == word)
    }
}

/// What a suggestion goes by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    /// Words of [`CIRCUMSTANCES`], and circumstances of tiers in the tiers' own words.
    pub circumstances: Vec<String>,
    /// The tier that was picked, from 0.
    pub tier: Option<usize>,
    /// What was picked; follows from the circumstances otherwise.
    pub leniency: Option<Leniency>,
    /// The base of a ratio in fen, or how many units there are.
    pub count: Option<i64>,
    /// A re-check found that an order to correct was not followed.
    pub refused: bool,
}

impl Input {
    /// What stands on a case.
    pub fn of(view: &View<'_>) -> Input {
        let discretion = view.json("discretion");
        let circumstances = discretion.get("circumstances").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect();
        Input {
            circumstances,
            tier: view.number("discretion", "tier").and_then(|n| usize::try_from(n).ok()),
            leniency: view.word("discretion", "leniency").as_deref().and_then(Leniency::parse),
            count: view.number("penalty", "count"),
            refused: refused(view) == Some(true),
        }
    }

    /// The circumstances that the law names and that were picked.
    fn statutory(&self) -> impl Iterator<Item = &'static Circumstance> {
        self.circumstances.iter().filter_map(|code| circumstance(code))
    }

    /// Whether a ground is among them on which the law lets a penalty go below the range (行政处罚法 30–32).
    pub fn may_mitigate(&self) -> bool {
        self.statutory().any(|one| one.effect == Effect::Lighter)
    }

    /// The leniency that was picked, or that follows from the circumstances.
    fn leniency(&self) -> Leniency {
        let has = |effect| self.statutory().any(|one| one.effect == effect);
        self.leniency.unwrap_or(match (has(Effect::Lighter), has(Effect::Heavier)) {
            (true, false) => Leniency::Lighter,
            (false, true) => Leniency::Heavier,
            _ => Leniency::Standard,
        })
    }
}

/// A step of the reasoning, in Chinese and English, with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Statute article or source.
    pub basis: String,
}

/// What is suggested. Bounds in fen, both inclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The statutory range.
    pub range: Range,
    /// It is that after an order to correct that was not followed.
    pub overdue: bool,
    /// The tier, from 0; absent where none is published or none fits.
    pub tier: Option<usize>,
    /// The tier's words.
    pub tier_words: Option<String>,
    /// How heavily to punish.
    pub leniency: Leniency,
    /// The band that is suggested.
    pub band: Range,
    /// Why, step by step.
    pub reasons: Vec<Reason>,
}

/// Why nothing is suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Silent {
    /// The clause provides no fine.
    #[error("the clause provides no fine")]
    NoFine,
    /// Its amounts stand in a rule that is not entered in the catalogue.
    #[error("the amounts stand in a rule that is not entered in the catalogue; have it entered")]
    NotEntered,
    /// A ratio needs its base, a fine for each unit their number.
    #[error("the fine is reckoned on a base or on units; enter penalty.count and the evidence of it")]
    Count,
    /// More than can be reckoned with.
    #[error("the base or the number of units is too large; check penalty.count")]
    TooLarge,
    /// There is no such tier.
    #[error("the clause has no such tier; choose one that it lists")]
    Tier,
    /// 减轻 has no ground in the law.
    #[error("a penalty below the range needs a ground of 行政处罚法 30 to 32 among the circumstances")]
    NoGround,
    /// There is nothing below a range that begins at nothing.
    #[error("the range has no lower bound, so nothing lies below it; choose lighter instead")]
    NothingBelow,
}

/// The bounds of a fine in fen, for a base or a number of units: a lower bound is rounded up and an upper one down, so that what
/// lies within them lies within the law.
pub fn in_fen(shape: Shape, bounds: Range, count: Option<i64>) -> Result<Range, Silent> {
    if shape == Shape::Fixed {
        return Ok(bounds);
    }
    let count = i128::from(count.filter(|n| *n > 0).ok_or(Silent::Count)?);
    let whole = if shape == Shape::Ratio { 10_000 } else { 1 };
    let fen = |n: i64, up: i128| i64::try_from((i128::from(n) * count + up) / whole).map_err(|_| Silent::TooLarge);
    Ok(Range { min: fen(bounds.min, whole - 1)?, max: fen(bounds.max, 0)? })
}

/// The statutory range in fen, and whether it is that after an order that was not followed.
pub fn range(matter: &Matter, count: Option<i64>, refused: bool) -> Result<(Range, bool), Silent> {
    if !matter.kinds.contains(&PenaltyKind::Fine) {
        return Err(Silent::NoFine);
    }
    let fine = matter.fine.as_ref().ok_or(Silent::NotEntered)?;
    match matter.overdue.filter(|_| refused) {
        Some(overdue) => Ok((in_fen(fine.shape, overdue, count)?, true)),
        None => Ok((in_fen(fine.shape, fine.range(), count)?, false)),
    }
}

/// Suggests a band for a fine under a version of a matter.
pub fn suggest(matter: &Matter, input: &Input) -> Result<Suggestion, Silent> {
    let (range, overdue) = range(matter, input.count, input.refused)?;
    let leniency = input.leniency();
    let mut reasons = vec![range_reason(matter, range, overdue)];
    reasons.extend(input.statutory().map(|one| Reason { zh: one.zh.into(), en: one.en.into(), basis: one.basis.into() }));
    let out = |tier: Option<(usize, &Tier)>, band, reasons| Suggestion {
        range,
        overdue,
        tier: tier.map(|(n, _)| n),
        tier_words: tier.map(|(_, tier)| tier.circumstance.clone()),
        leniency,
        band,
        reasons,
    };
    if leniency == Leniency::Mitigated {
        if !input.may_mitigate() {
            return Err(Silent::NoGround);
        }
        let below = range.min.checked_sub(1).filter(|max| *max > 0).ok_or(Silent::NothingBelow)?;
        reasons.push(Reason { zh: "减轻处罚：在法定最低限以下。".into(), en: "Below the statutory minimum.".into(), basis: "行政处罚法第三十二条".into() });
        return Ok(out(None, Range { min: 0, max: below }, reasons));
    }
    match (pick(matter, input, leniency)?, overdue, &matter.fine) {
        (Some((n, tier)), false, Some(fine)) => {
            let band = in_fen(fine.shape, Range { min: tier.min, max: tier.max }, input.count)?;
            reasons.push(Reason {
                zh: format!("裁量阶次第{}档：{}", n + 1, tier.circumstance),
                en: format!("Tier {}: {}", n + 1, tier.circumstance),
                basis: "行政处罚法第三十四条（裁量基准）".into(),
            });
            Ok(out(Some((n, tier)), band, reasons))
        }
        _ => {
            reasons.push(part_reason(leniency, overdue));
            Ok(out(None, part(range, leniency), reasons))
        }
    }
}

/// The tier: the one that was picked, the one whose words were picked, the mildest for 从轻, the gravest for 从重, otherwise that in
/// the middle, the milder of two.
fn pick<'m>(matter: &'m Matter, input: &Input, leniency: Leniency) -> Result<Option<(usize, &'m Tier)>, Silent> {
    let tiers = &matter.tiers;
    let at = |n: usize| tiers.get(n).map(|tier| (n, tier));
    if let Some(n) = input.tier {
        return at(n).map(Some).ok_or(Silent::Tier);
    }
    let Some(last) = tiers.len().checked_sub(1) else { return Ok(None) };
    if let Some(n) = tiers.iter().position(|tier| input.circumstances.contains(&tier.circumstance)) {
        return Ok(at(n));
    }
    Ok(match leniency {
        Leniency::Lighter | Leniency::Mitigated => at(0),
        Leniency::Heavier => at(last),
        Leniency::Standard => at(last / 2),
    })
}

/// The part of a range without tiers: its lower half, its upper half, or all of it.
fn part(range: Range, leniency: Leniency) -> Range {
    let middle = range.min + (range.max - range.min) / 2;
    match leniency {
        Leniency::Lighter => Range { max: middle, ..range },
        Leniency::Heavier => Range { min: middle, ..range },
        Leniency::Standard | Leniency::Mitigated => range,
    }
}

fn range_reason(matter: &Matter, range: Range, overdue: bool) -> Reason {
    let (after, since) = if overdue { ("责令改正后复查仍未改正，", "After an order to correct that was not followed, ") } else { ("", "") };
    Reason {
        zh: format!("{after}法定罚款幅度{}元至{}元。", Fen(range.min), Fen(range.max)),
        en: format!("{since}the statutory range is {} to {} yuan.", Fen(range.min), Fen(range.max)),
        basis: super::law_choice::cited(&matter.penalty),
    }
}

fn part_reason(leniency: Leniency, overdue: bool) -> Reason {
    let (why, because) = if overdue {
        ("裁量阶次不适用于拒不改正的幅度", "tiers do not divide the range after an order")
    } else {
        ("该事项没有公布裁量阶次", "no tiers are published for this matter")
    };
    let (zh, en) = match leniency {
        Leniency::Lighter => ("从轻：法定幅度的下半部", "the lower half of the range"),
        Leniency::Heavier => ("从重：法定幅度的上半部", "the upper half of the range"),
        Leniency::Standard | Leniency::Mitigated => ("在法定幅度内", "anywhere in the range"),
    };
    Reason { zh: format!("{why}；{zh}。"), en: format!("{because}; {en}."), basis: "行政处罚法第五条、第三十四条".into() }
}

/// How an amount stands to the statutory range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Within it, or below it on a ground of the law.
    Legal,
    /// Below it without such a ground.
    Below,
    /// Above it: never legal.
    Above,
}

/// The place of an amount.
pub fn place(amount: Fen, range: Range, mitigated: bool) -> Place {
    match amount.0 {
        fen if fen > range.max => Place::Above,
        fen if fen < range.min && !mitigated => Place::Below,
        _ => Place::Legal,
    }
}

/// The kind of the catalogue that a word of `case::PENALTIES` stands for.
pub fn kind(word: &str) -> Option<PenaltyKind> {
    Some(match word {
        "warning" => PenaltyKind::Warning,
        "criticism" => PenaltyKind::NoticeOfCriticism,
        "fine" => PenaltyKind::Fine,
        "confiscation" => PenaltyKind::Confiscate,
        "suspension" => PenaltyKind::SuspendLicence,
        "lower_grade" => PenaltyKind::LowerGrade,
        "revocation" => PenaltyKind::RevokeLicence,
        "restrict_business" => PenaltyKind::RestrictBusiness,
        "stop_production" => PenaltyKind::StopProduction,
        "close_down" => PenaltyKind::Close,
        "practice_ban" => PenaltyKind::PracticeBan,
        "other" => PenaltyKind::Other,
        _ => return None,
    })
}

/// Illegal gains that are to be confiscated: what was gained less what was given back (行政处罚法 28 第二款).
pub fn gains(view: &View<'_>) -> Fen {
    let gained = view.number("gains", "amount_fen").unwrap_or(0);
    Fen(gained.saturating_sub(view.number("gains", "refunded_fen").unwrap_or(0)).max(0))
}

/// All confiscations together.
pub fn confiscated(view: &View<'_>) -> Fen {
    let one = |json: &Json| if json.get("kind").and_then(Json::as_str) == Some("confiscation") { json.get("amount_fen").and_then(Json::as_i64).unwrap_or(0) } else { 0 };
    Fen(view.all("penalties.").map(|(_, p)| one(&p)).fold(one(&view.json("penalty")), i64::saturating_add))
}

/// The words of all penalties that are proposed.
pub fn proposed(view: &View<'_>) -> Vec<String> {
    let further = view.all("penalties.").filter_map(|(_, p)| p.get("kind").and_then(Json::as_str).map(str::to_owned));
    view.word("penalty", "kind").into_iter().chain(further).collect()
}

#[cfg(test)]
mod tests;
