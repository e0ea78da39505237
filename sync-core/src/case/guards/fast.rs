//! Guards of 简案快办 (`domain.md` §6). Whether a case may be handled fast is a finding; here is what the record itself must show.

use super::{has, map, number, signed, text, word};
use crate::record::Guard;

pub(in crate::case) const OFFERED: Guard = Guard { code: "not_offered", basis: "杭综法〔2024〕14号", holds: |i| number(&map(i, "fast"), "offered_ms").is_some() };

/// 自愿适用同意书, signed.
pub(in crate::case) const CONSENTED: Guard = Guard {
    code: "no_consent",
    basis: "杭综法〔2024〕14号 (自愿适用)",
    holds: |i| {
        let fast = map(i, "fast");
        number(&fast, "consent_ms").is_some() && signed(i, word(&fast, "consent_signature")) && number(&fast, "withdrawn_ms").is_none()
    },
};

/// A waiver of statement and defence is explicit and written, also where steps are merged.
pub(in crate::case) const CONSENT_STANDS: Guard = Guard {
    code: "consent_withdrawn",
    basis: "杭综法〔2024〕14号 (同意可以撤回)",
    holds: |i| i.record.stage() != crate::case::stage::FAST_RUNNING || number(&map(i, "fast"), "withdrawn_ms").is_none(),
};

pub(in crate::case) const WITHDRAWN: Guard =
    Guard { code: "consent_not_withdrawn", basis: "杭综法〔2024〕14号 (同意可以撤回)", holds: |i| number(&map(i, "fast"), "withdrawn_ms").is_some() };

pub(in crate::case) const PARTY_KNOWN: Guard = Guard {
    code: "party_unknown",
    basis: "杭综法〔2024〕14号 (当事人明确)",
    holds: |i| text(&map(i, "party.name")) && text(&map(i, "party.kind")) && (text(&map(i, "party.uscc")) || text(&map(i, "party.id_no"))),
};

pub(in crate::case) const UNDISPUTED: Guard = Guard {
    code: "facts_disputed",
    basis: "杭综法〔2024〕14号 (事实清楚，无争议)",
    holds: |i| map(i, "fast").get("facts_disputed").and_then(|d| d.as_bool()) == Some(false) && has(&map(i, "clue"), "fact"),
};
