//! Who writes what at random: fields and acts of the real kinds, legal and illegal.

use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::base::date::day_of;

use crate::harness::record;

/// A sequence that is the same for the same seed.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    pub fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }
}

/// Kinds of record, and how many of each a run has.
pub const KINDS: &[(&str, u128)] = &[("visit", 6), ("case", 3), ("invitation", 2), ("repair", 2), ("course", 2), ("cohandling", 1), ("plan", 1)];
pub const ORGANS: &[&str] = &["enforcement", "water", "construction"];
pub const UNITS: &[&str] = &["squad-juxian", "squad-juxian", "squad-juxian", "squad-xinming", "water-unit"];
pub const AREAS: &[&str] = &["nb-gaoxin", "330212"];
pub const MATTERS: &[&str] = &["UM-008", "UM-009"];
/// Instants of three years.
const AT: &[i64] = &[1_735_660_800_000, 1_746_158_400_000, 1_767_196_800_000, 1_777_694_400_000, 1_790_000_000_000];

/// Two sites and two firms, which every run visits.
pub fn object(rng: &mut Rng) -> RecordId {
    record(1 + rng.below(4) as u128)
}

fn ms(rng: &mut Rng) -> i64 {
    AT[rng.below(AT.len())] + i64::try_from(rng.below(3)).unwrap() * 86_400_000
}

pub fn day(rng: &mut Rng) -> String {
    day_of(sync_core::base::UtcMs(ms(rng))).unwrap().to_string()
}

/// A field of a kind with a value that its table takes.
pub fn field(rng: &mut Rng, kind: &str) -> (String, Json) {
    let (organ, at, on, object) = (rng.one(ORGANS), ms(rng), day(rng), object(rng));
    let n = ["1", "1", "2"][rng.below(3)];
    let yes = rng.chance(50);
    let (key, value): (String, Json) = match kind {
        "visit" => match rng.below(23) {
            0 | 1 => (format!("organs.{organ}"), if yes { json!({ "kind": "daily", "plan": "p" }) } else { json!({ "kind": "triggered" }) }),
            2 | 3 => {
                let who = rng.one(&["chen-yifan", "lin-xiaohe", "he-junjie"]);
                (
                    format!("participants.{who}"),
                    json!({ "certificate": "1", "checked_in_ms": at, "code_shown": yes, "department": organ, "name": "甲", "role": rng.one(&["officer", "auxiliary"]) }),
                )
            }
            4 => (format!("subjects.{object}"), json!({ "name": "甲" })),
            5 => ("site".into(), json!(object)),
            6 => ("area".into(), json!(rng.one(AREAS))),
            7 => ("unit".into(), json!(rng.one(UNITS))),
            8 => ("mode".into(), json!(rng.one(&["daily", "special", "guidance"]))),
            9 => ("task".into(), json!(rng.one(&["春季行动", "夏季行动"]))),
            10 => ("planned_date".into(), json!(on)),
            11 => (format!("answers.{}", rng.one(&["a", "b"])), json!({ "result": rng.one(&["ok", "bad", "na"]) })),
            12 => (format!("orders.{n}"), json!({ "deadline": on, "demand": "x", "department": organ })),
            13 => (format!("rechecks.{n}"), json!({ "done_ms": at, "result": rng.one(&["corrected", "not_corrected"]) })),
            14 => (format!("support.{n}"), json!({ "department": organ, "text": "x" })),
            15 => (format!("ratings.{n}"), json!({ "score": 1 + rng.below(5) })),
            16 => {
                let (code, about) = if yes { ("repeat", format!("{object}.x")) } else { ("cap_reached", format!("{organ}.{object}")) };
                // A reviewer let it stand, so that the admission leaves it alone.
                (format!("flags.{code}.{n}"), json!({ "about": about, "code": code, "settled": "x", "settled_by": "reviewer", "weight": "block" }))
            }
            17 => (format!("advice.{n}"), json!({ "advice": "x", "department": organ })),
            18 => (format!("opinions.{n}"), json!({ "department": organ, "fact": "x" })),
            19 => ("source".into(), json!({ "kind": rng.one(&["invitation", "complaint"]) })),
            20 => ("tags.test".into(), json!(yes)),
            21 => ("joined_into".into(), json!(object)),
            _ => ("items.a".into(), json!({ "departments": if yes { vec![organ] } else { ORGANS.to_vec() }, "title": "x" })),
        },
        "case" => match rng.below(15) {
            0 => ("found_date".into(), json!(on)),
            1 => ("filed_date".into(), json!(on)),
            2 | 3 => ("decided_date".into(), json!(on)),
            4 => ("site".into(), json!(object)),
            5 => ("party.subject".into(), json!(object)),
            6 => ("area".into(), json!(rng.one(AREAS))),
            7 => ("matter".into(), json!(rng.one(MATTERS))),
            8 => ("penalty".into(), json!({ "amount_fen": 100, "kind": rng.one(&["fine", "warning"]) })),
            9 => ("exemption".into(), json!({ "clause": rng.one(&["first_time", "no_fault"]) })),
            10 => ("fast".into(), if yes { json!({ "started_ms": at }) } else { json!({ "converted_ms": at, "started_ms": at }) }),
            11 => ("legal_review".into(), json!({ "at_ms": at, "outcome": "agree" })),
            12 => ("court".into(), json!({ "applied_ms": at })),
            13 => (format!("assists.{n}"), json!({ "day": on, "help": "x" })),
            _ => (format!("remedies.{n}"), json!({ "ended": on, "kind": "review", "outcome": rng.one(&["upheld", "changed", "revoked"]) })),
        },
        "invitation" => match rng.below(5) {
            0 | 1 => ("day".into(), json!(on)),
            2 => ("site".into(), json!(object)),
            3 => ("firm".into(), json!(object)),
            _ => ("area".into(), json!(rng.one(AREAS))),
        },
        "repair" => match rng.below(8) {
            0 | 1 => ("reckoned".into(), json!({ "corrected": true, "displayed": true, "duties": true, "opens": on, "stands": true })),
            2 => ("application".into(), json!({ "at_ms": at, "by": "x", "commitment": "x", "day": "2026-12-31", "public": true })),
            3 => ("result".into(), json!({ "approved": yes, "at_ms": at, "reason": "x" })),
            4 => ("subject".into(), json!(object)),
            5 => ("site".into(), json!(object)),
            6 => ("matter".into(), json!(rng.one(MATTERS))),
            _ => ("area".into(), json!(rng.one(AREAS))),
        },
        "course" => match rng.below(8) {
            0 => ("day".into(), json!(on)),
            1 => (format!("invitations.{organ}"), json!({ "asked_day": on, "domain": rng.one(&["water", "emergency"]) })),
            2 => (format!("replies.{organ}"), json!({ "accepted": yes, "ms": at })),
            3 => (format!("lecturers.{organ}-{n}"), json!({ "department": organ, "name": rng.one(&["甲", "乙", "丙"]) })),
            4 => (format!("results.{}", rng.one(&["chen-yifan", "lin-xiaohe"])), json!({ "right": rng.below(6), "total": 5 })),
            5 => (format!("credits.{}", rng.one(&["chen-yifan", "lin-xiaohe"])), json!({ "hours": rng.below(41) })),
            6 => ("pass".into(), json!(rng.one(&[&60, &100]))),
            _ => ("kind".into(), json!(rng.one(&["monthly", "special"]))),
        },
        "cohandling" => match rng.below(4) {
            0 => (format!("lessons.{n}"), json!({ "text": "x" })),
            1 => ("matter".into(), json!(rng.one(MATTERS))),
            2 => ("day".into(), json!(on)),
            _ => ("former".into(), json!(organ)),
        },
        _ => match rng.below(4) {
            0 => ("published".into(), json!({ "day": on, "place": "x" })),
            1 => ("organ".into(), json!(organ)),
            _ => {
                let mode = if yes { "off_site" } else { "on_site" };
                let entry = json!({ "area": rng.one(AREAS), "basis": "x", "from": on, "kind": "daily", "matters": ["UM-008"], "minutes": 60, "mode": mode, "object": object, "officers": 2, "risk": "low", "to": on, "visits": 1 });
                (format!("entries.{n}"), entry)
            }
        },
    };
    // Now and then somebody takes it back.
    if rng.chance(10) { (key, Json::Null) } else { (key, value) }
}

/// Two officers who enter, each by his signature, with a code.
fn entering(at: i64) -> Vec<(&'static str, Json)> {
    let here = |by: &str| json!({ "certificate": "1", "checked_in_ms": at, "code_shown": true, "cosign": by, "department": "enforcement", "role": "officer" });
    let signed = |by: &str| json!({ "by": by, "h": 300, "role": "officer", "strokes": [[1, 1, 50, 90], [70, 70, 90, 20]], "w": 600 });
    vec![
        ("code", json!({ "no": "XW-1", "seq": 1, "series": "XW" })),
        ("participants.chen-yifan", here("a")),
        ("participants.lin-xiaohe", here("b")),
        ("signatures.a", signed("a")),
        ("signatures.b", signed("b")),
    ]
}

/// A step on the way of a kind: the act, the part it concerns, and what it needs on the record.
pub type Step = (&'static str, Option<&'static str>, Vec<(&'static str, Json)>);

/// The way of a kind, step by step.
pub fn way(rng: &mut Rng, kind: &str) -> Vec<Step> {
    let (at, on) = (ms(rng), day(rng));
    match kind {
        "visit" => vec![
            ("approve", None, vec![("site.name", json!("x")), ("organs.enforcement", json!({ "kind": "daily", "plan": "p" })), ("organs.water", json!({ "kind": "daily" }))]),
            ("check_in", None, entering(at)),
            ("cancel", None, vec![]),
            ("abort", None, vec![]),
        ],
        "case" => vec![("not_file", None, vec![("opinion", json!("x"))]), ("transfer", None, vec![("opinion", json!("x")), ("transferred", json!({ "to": "water" }))])],
        "invitation" => vec![("withdraw", None, vec![])],
        "repair" => vec![
            (
                "qualify",
                None,
                vec![("reckoned", json!({ "corrected": true, "displayed": true, "duties": true, "opens": on, "stands": true })), ("qualified", json!({ "day": "2026-12-31" }))],
            ),
            ("apply", None, vec![("application", json!({ "at_ms": at, "by": "x", "commitment": "x", "day": "2026-12-31", "public": true }))]),
            ("accept", None, vec![("acceptance", json!({ "accepted": true, "at_ms": at }))]),
            ("review", None, vec![("review", json!({ "at_ms": at, "by": "y" }))]),
            ("approve", None, vec![("result", json!({ "approved": true, "at_ms": at + 86_400_000 }))]),
            ("revoke_repair", None, vec![("revocation", json!({ "at_ms": at + 172_800_000, "evidence": "x", "reason": "x" }))]),
        ],
        "course" => vec![
            ("invite", None, vec![("invitations.water", json!({ "asked_day": on, "domain": "water" }))]),
            ("reply", Some("water"), vec![("replies.water", json!({ "accepted": true, "ms": at })), ("lecturers.water-1", json!({ "department": "water", "name": "甲" }))]),
            (
                "schedule",
                None,
                vec![
                    ("day", json!(on)),
                    ("from_ms", json!(at)),
                    ("hours", json!(2)),
                    ("kind", json!("monthly")),
                    ("lecturers.own-1", json!({ "name": "丁" })),
                    ("place", json!("x")),
                    ("title", json!("x")),
                    ("until_ms", json!(at + 1)),
                ],
            ),
            ("hold", None, vec![("verdicts.chen-yifan", json!({ "word": "right" }))]),
            ("close", None, vec![("credits.chen-yifan", json!({ "hours": 2 }))]),
        ],
        "cohandling" => vec![
            ("ask", None, vec![("former", json!("water")), ("former_unit", json!("water-unit")), ("request", json!({ "text": "x" }))]),
            ("agree", None, vec![("advisors.w", json!({ "department": "water", "name": "甲" })), ("reply", json!({ "agreed": true, "ms": at }))]),
            ("conclude", None, vec![("lessons.1", json!({ "text": "x" }))]),
        ],
        _ => vec![("submit", None, vec![("submitted", json!({ "day": on }))])],
    }
}
