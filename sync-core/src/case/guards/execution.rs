//! Guards from service to the archive (`domain.md` §5.6, §5.7).

use serde_json::Value as Json;

use super::{has, map, number, signed, standing, text, word, yes};
use crate::record::{Guard, GuardInput};

/// A service is complete by its own way's evidence.
pub(in crate::case) const SERVICE: Guard = Guard { code: "not_served", basis: "行政处罚法 61; 民事诉讼法 87–95", holds: |i| proven(i, &map(i, "served")) };

/// A decision reaches whoever is in scope together with the advice and the notice of credit repair, all sealed and on one receipt
/// (三书同达). Who is in scope the office reckons by the book and keeps in `companions`.
pub(in crate::case) const TOGETHER: Guard =
    Guard { code: "documents_apart", basis: "国办发〔2025〕22号；domain.md §7.1 (三书同达)", holds: |i| crate::case::together::on_one_receipt(i.record) };

/// What each way of service needs (`domain.md` §5.6).
fn proven(input: &GuardInput<'_>, served: &Json) -> bool {
    let received = number(served, "received_ms").is_some();
    match word(served, "way") {
        Some("direct") => received && has(served, "to") && (signed(input, word(served, "signature")) || has(served, "video")),
        Some("lien") => received && (has(served, "witness") || has(served, "video")),
        Some("post") => received && has(served, "tracking"),
        Some("electronic") => {
            let address = map(input, "service_address");
            received && has(served, "system") && yes(&address, "electronic") && signed(input, word(&address, "signature"))
        }
        Some("public_notice") => has(served, "posted") && has(served, "reason"),
        _ => false,
    }
}

pub(in crate::case) const PERFORMED_PAID: Guard =
    Guard { code: "not_performed", basis: "行政处罚法 66; 28 (责令改正)", holds: |i| yes(&map(i, "performed"), "corrected") && paid(i) >= due(i) };

pub(in crate::case) const PARTLY_PAID: Guard = Guard { code: "nothing_paid", basis: "行政处罚法 66", holds: |i| (1..due(i)).contains(&paid(i)) };

/// Fines and confiscations, in fen; surcharges are not in it.
fn due(input: &GuardInput<'_>) -> i64 {
    let sum = |json: &Json| if matches!(word(json, "kind"), Some("fine" | "confiscation")) { number(json, "amount_fen").unwrap_or(0) } else { 0 };
    standing(input, "penalties.").map(|(_, p)| sum(&p)).fold(sum(&map(input, "penalty")), i64::saturating_add)
}

/// What was paid towards them: the payments on record, and what was collected on the spot.
fn paid(input: &GuardInput<'_>) -> i64 {
    let payments = standing(input, "payments.").filter(|(_, p)| word(p, "for") != Some("surcharge")).filter_map(|(_, p)| number(&p, "amount_fen"));
    let told = number(&map(input, "performed"), "paid_fen").unwrap_or(0);
    payments.fold(number(&map(input, "collected"), "amount_fen").unwrap_or(0), i64::saturating_add).max(told)
}

pub(in crate::case) const URGED: Guard =
    Guard { code: "not_urged", basis: "行政强制法 54", holds: |i| number(&map(i, "urge"), "served_ms").is_some() && has(&map(i, "urge"), "way") };

pub(in crate::case) const COURT_APPLIED: Guard =
    Guard { code: "no_application", basis: "行政强制法 53, 55", holds: |i| number(&map(i, "court"), "applied_ms").is_some() && has(&map(i, "court"), "court") };

pub(in crate::case) const COURT_ENDED: Guard =
    Guard { code: "court_open", basis: "行政强制法 57–59", holds: |i| has(&map(i, "court"), "result") && number(&map(i, "court"), "ended_ms").is_some() };

/// Who undid it, on what authority, and why.
pub(in crate::case) const UNDONE: Guard =
    Guard { code: "no_authority", basis: "行政处罚法 75; 行政复议法 64, 65", holds: |i| has(&map(i, "ended"), "authority") && has(&map(i, "ended"), "reason") };

pub(in crate::case) const STANDSTILL: Guard = Guard {
    code: "no_standstill",
    basis: "domain.md §0.2 (中止须有记录)",
    holds: |i| standing(i, "standstills.").any(|(_, s)| word(&s, "ground") == Some("suspension") && has(&s, "from") && !has(&s, "until")),
};

pub(in crate::case) const STANDSTILL_OVER: Guard = Guard {
    code: "still_suspended",
    basis: "domain.md §0.2 (中止须有记录)",
    holds: |i| standing(i, "standstills.").filter(|(_, s)| word(s, "ground") == Some("suspension")).all(|(_, s)| has(&s, "until")),
};

pub(in crate::case) const ARCHIVED: Guard = Guard {
    code: "no_archive",
    basis: "档案法 37; domain.md §5.3 (13)",
    holds: |i| {
        let archive = map(i, "archive");
        number(&archive, "pages").is_some() && text(archive.get("digest").unwrap_or(&Json::Null))
    },
};
