//! A kind of record made for tests: one field of every policy, a stage table with requests, deeds and seals, and
//! two versions of its field table.

use std::borrow::Cow;

use crate::record::{ActRow, Bucket, FieldRow, Guard, Kind, Kinds, Policy, Reading, Record, Type, Upcast, Value, Weight, Writer, read};

const fn row(key: &'static str, ty: Type, policy: Policy, writer: Writer) -> FieldRow {
    FieldRow { key, ty, policy, writer, zh: "试", en: "probe", personal: false }
}

const ANSWER: Type = Type::Map(&[("result", Type::Enum(&["ok", "bad", "na"])), ("note", Type::Text(200))]);

static FIELDS: &[FieldRow] = &[
    row("deadline", Type::Date, Policy::Office, Writer::Office),
    row("phone", Type::Text(40), Policy::Latest, Writer::Anyone),
    row("risk", Type::Enum(&["low", "mid", "high"]), Policy::Severest, Writer::Anyone),
    row("unit", Type::Token, Policy::Contest, Writer::Anyone),
];

static GROUPS_V1: &[FieldRow] = &[
    row("checks.*", ANSWER, Policy::Contest, Writer::Anyone),
    row("members.*", Type::Bool, Policy::Present, Writer::Anyone),
    row("photos.*", Type::Text(80), Policy::Present, Writer::Anyone),
];

static GROUPS_V2: &[FieldRow] = &[
    row("answers.*", ANSWER, Policy::Contest, Writer::Anyone),
    row("members.*", Type::Bool, Policy::Present, Writer::Anyone),
    row("photos.*", Type::Text(80), Policy::Present, Writer::Anyone),
    row("remarks.*", Type::Text(200), Policy::Contest, Writer::Anyone),
];

static ACTS: &[ActRow] = &[
    ActRow {
        act: "begin",
        from: &["open"],
        to: Some("working"),
        weight: Weight::Request,
        writer: Writer::Anyone,
        seals: false,
        relies_on: &["unit"],
        guards: &[Guard { code: "no_member", basis: "test", holds: |g| g.record.with_prefix("members.").any(|(_, r)| matches!(read(r, Policy::Present), Reading::One(_))) }],
        basis: "test",
    },
    ActRow {
        act: "sign",
        from: &["working"],
        to: Some("signed"),
        weight: Weight::Deed,
        writer: Writer::Anyone,
        seals: true,
        relies_on: &["answers.", "checks."],
        guards: &[],
        basis: "test",
    },
    ActRow {
        act: "close",
        from: &["signed"],
        to: Some("closed"),
        weight: Weight::Request,
        writer: Writer::Anyone,
        seals: false,
        relies_on: &["answers.", "checks."],
        guards: &[],
        basis: "test",
    },
    ActRow {
        act: "reopen",
        from: &["signed", "closed"],
        to: Some("working"),
        weight: Weight::Request,
        writer: Writer::Anyone,
        seals: false,
        relies_on: &[],
        guards: &[],
        basis: "test",
    },
];

fn buckets(record: &Record) -> Vec<Bucket> {
    let mut out = Vec::new();
    for (key, register) in record.with_prefix("members.") {
        if let Reading::One(_) = read(register, Policy::Present) {
            out.push(Bucket::officer(key.trim_start_matches("members.")));
        }
    }
    for c in record.register("unit").map(|r| r.candidates()).unwrap_or_default() {
        out.extend(c.value.as_text().map(|unit| if record.stage() == "closed" { Bucket::archive(&unit) } else { Bucket::unit(&unit) }));
    }
    out.sort();
    out.dedup();
    out
}

/// Version 1 of the field table.
pub static PROBE_V1: Kind = Kind { name: "probe", schema: 1, fields: FIELDS, groups: GROUPS_V1, acts: ACTS, initial: "open", buckets, upcasts: &[] };

/// Version 2: `checks.*` is called `answers.*`, the result `na` is written `ok` with a note.
pub static PROBE_V2: Kind = Kind {
    name: "probe",
    schema: 2,
    fields: FIELDS,
    groups: GROUPS_V2,
    acts: ACTS,
    initial: "open",
    buckets,
    upcasts: &[Upcast {
        to: 2,
        key: |key| match key.strip_prefix("checks.") {
            Some(rest) => Cow::Owned(format!("answers.{rest}")),
            None => Cow::Borrowed(key),
        },
        value: |key, value| {
            if key.starts_with("answers.") && value.as_json() == r#"{"result":"na"}"# { Value::parse(r#"{"note":"na","result":"ok"}"#).unwrap_or(value) } else { value }
        },
    }],
};

/// The registry of a program that knows the probe at version 1 or 2.
pub fn probe_kinds(version: u32) -> Kinds {
    Kinds::new(vec![if version == 1 { &PROBE_V1 } else { &PROBE_V2 }])
}
