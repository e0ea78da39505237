//! Service (送达, 行政处罚法 61; 民事诉讼法 87–95): what each way needs, and the day on which it takes effect (`domain.md` §5.6).
//!
//! The entry on the record is what was done; its effect is reckoned when asked for. Deliberately absent: choosing a way, and writing.

use serde::Serialize;
use serde_json::Value as Json;

use super::read::View;
use crate::base::date::day_of;
use crate::base::{Date, UtcMs};
use crate::dated::Book;
use crate::law::policy;
use crate::law::{Calendar, Period, Side, deadline};

/// A way of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Way {
    /// Its word in `case::WAYS`.
    pub code: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// Statute article.
    pub basis: &'static str,
    /// On which day it takes effect, in Chinese.
    pub effective: &'static str,
}

/// All ways, in the order of `domain.md` §5.6.
pub static WAYS: &[Way] = &[
    Way { code: "direct", zh: "直接送达", en: "Direct", basis: "民事诉讼法 87, 88", effective: "受送达人在送达回证上签收的日期" },
    Way { code: "lien", zh: "留置送达", en: "Left with the party", basis: "民事诉讼法 89", effective: "文书留置的日期" },
    Way { code: "post", zh: "邮寄送达", en: "By post", basis: "民事诉讼法 91", effective: "回执上注明的收件日期" },
    Way {
        code: "electronic", zh: "电子送达", en: "Electronic", basis: "民事诉讼法 90; 行政处罚法 61 第二款", effective: "到达受送达人特定系统的日期"
    },
    Way { code: "public_notice", zh: "公告送达", en: "By public notice", basis: "民事诉讼法 95", effective: "自发出公告之日起经过三十日" },
];

/// The way of an entry.
pub fn way(served: &Json) -> Option<&'static Way> {
    let word = word(served, "way")?;
    WAYS.iter().find(|way| way.code == word)
}

fn word<'j>(served: &'j Json, member: &str) -> Option<&'j str> {
    served.get(member).and_then(Json::as_str).filter(|text| !text.trim().is_empty())
}

/// Something that an entry lacks for its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Lack {
    /// The member of the entry, or the field, that is to be filled in.
    pub member: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// Statute article.
    pub basis: &'static str,
}

const fn lack(member: &'static str, zh: &'static str, en: &'static str, basis: &'static str) -> Lack {
    Lack { member, zh, en, basis }
}

const WAY: Lack = lack("way", "未选择送达方式", "no way of service is chosen", "行政处罚法 61");
const RECEIVED: Lack = lack("received_ms", "没有收到的时间", "the time of receipt is missing", "民事诉讼法 87");
const TO: Lack = lack("to", "没有收件人", "who received it is missing", "民事诉讼法 87, 88");
const RELATION: Lack = lack("relation", "收件人不是当事人或者法定代表人，须注明关系", "who received it is not the party; say how he stands to it", "民事诉讼法 88");
const SIGNED: Lack = lack("signature", "没有签收，也没有录像", "neither a signature nor a video", "民事诉讼法 87");
const WITNESS: Lack = lack("witness", "留置送达没有见证人，也没有拍照录像", "neither a witness nor photo or video of leaving it", "民事诉讼法 89");
const TRACKING: Lack = lack("tracking", "没有邮件号码或者回执", "the number of the letter is missing", "民事诉讼法 91");
const SYSTEM: Lack = lack("system", "没有到达的系统，或者不是送达地址确认书上的系统", "the system is missing, or not the one that was agreed on", "民事诉讼法 90");
const AGREED: Lack =
    lack("service_address", "没有当事人签名同意电子送达的送达地址确认书", "no signed address for service that agrees to electronic service", "行政处罚法 61 第二款; 民事诉讼法 90");
const POSTED: Lack = lack("posted", "没有发出公告的日期", "the day of posting is missing", "民事诉讼法 95");
const WHY: Lack = lack("reason", "没有公告送达的原因和经过", "why and after what it was posted is missing", "民事诉讼法 95 第二款");

/// Everything that an entry lacks for its way, by `domain.md` §5.6.
pub fn lacks(view: &View<'_>, served: &Json) -> Vec<Lack> {
    let received = served.get("received_ms").and_then(Json::as_i64).is_some();
    let needs: Vec<(bool, Lack)> = match word(served, "way") {
        Some("direct") => vec![
            (received, RECEIVED),
            (word(served, "to").is_some(), TO),
            (in_person(view, served), RELATION),
            (signed(view, word(served, "signature")) || word(served, "video").is_some(), SIGNED),
        ],
        Some("lien") => vec![(received, RECEIVED), (word(served, "witness").is_some() || word(served, "video").is_some(), WITNESS)],
        Some("post") => vec![(received, RECEIVED), (word(served, "tracking").is_some(), TRACKING)],
        Some("electronic") => {
            let agreed = view.yes("service_address", "electronic") && signed(view, view.word("service_address", "signature").as_deref());
            let named = view.word("service_address", "system");
            let there = word(served, "system").is_some_and(|system| named.as_deref().is_none_or(|named| named.trim() == system.trim()));
            vec![(received, RECEIVED), (there, SYSTEM), (agreed, AGREED)]
        }
        Some("public_notice") => vec![(day(served, "posted").is_some(), POSTED), (word(served, "reason").is_some(), WHY)],
        _ => vec![(false, WAY)],
    };
    needs.into_iter().filter(|(met, _)| !met).map(|(_, lack)| lack).collect()
}

/// Whether the party itself received it, or somebody whose standing is named. Of a party without a name nothing is asked.
fn in_person(view: &View<'_>, served: &Json) -> bool {
    let party: Vec<String> = ["party.name", "party.legal_rep"].into_iter().filter_map(|key| view.text(key)).collect();
    let to = word(served, "to").unwrap_or_default().trim();
    word(served, "relation").is_some() || to.is_empty() || party.is_empty() || party.iter().any(|name| name.trim() == to)
}

/// Whether a signature with a stroke stands under this id.
fn signed(view: &View<'_>, id: Option<&str>) -> bool {
    let strokes = |json: &Json| json.get("strokes").and_then(Json::as_array).is_some_and(|all| all.iter().any(|one| one.as_array().is_some_and(|points| points.len() >= 4)));
    id.is_some_and(|id| view.all("signatures.").any(|(key, signature)| key == id && strokes(&signature)))
}

fn day(served: &Json, member: &str) -> Option<Date> {
    served.get(member)?.as_str()?.parse().ok()
}

/// When a service takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// The day. What begins with the service begins on the day after.
    pub day: Date,
    /// The day on which the organ did its part: handed over, left, sent, posted.
    pub acted: Date,
    /// A year whose notice is not out had a part in it.
    pub provisional: bool,
}

/// The day on which a service takes effect: nothing where its own day is missing, `Err` where the calendar or the policy cannot say.
///
/// A public notice takes effect on the last day of its period, moved to a working day where it is none (民事诉讼法 85). An entry without
/// a way, from an older table, takes effect on the day of receipt.
pub fn effect(served: &Json, book: &Book, calendar: &Calendar) -> Result<Option<Effect>, String> {
    let at = |member: &str| served.get(member).and_then(Json::as_i64).and_then(|ms| day_of(UtcMs(ms)));
    if word(served, "way") != Some("public_notice") {
        return Ok(at("received_ms").map(|day| Effect { day, acted: at("at_ms").unwrap_or(day).min(day), provisional: false }));
    }
    let Some(posted) = day(served, "posted") else { return Ok(None) };
    let period = policy::get::<Period>(book, "service.public_notice", posted).map_err(|why| why.to_string())?.value;
    let end = deadline(calendar, period, posted, Side::Party, &[]).map_err(|why| why.to_string())?.deadline();
    Ok(end.map(|end| Effect { day: end.due, acted: posted, provisional: end.provisional }))
}

/// When the service of the decision takes effect.
pub fn of_decision(view: &View<'_>, book: &Book, calendar: &Calendar) -> Result<Option<Effect>, String> {
    effect(&view.json("served"), book, calendar)
}

#[cfg(test)]
mod tests;
