//! The subject (市场主体): a firm or a person whom departments visit, whose yearly visits are capped.
//!
//! Like a site it has no stages and is reference for everyone in the district.

use crate::record::{Bucket, FieldRow, Kind, Policy, Record, Type};

const fn row(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    FieldRow::new(key, ty, zh, en)
}

static FIELDS: &[FieldRow] = &[
    row("address", Type::Text(200), "住所", "Address"),
    row("area", Type::Token, "所属区域", "Area"),
    row("contact.name", Type::Text(60), "联系人", "Contact").read_as(Policy::Latest).personal(),
    row("contact.phone", Type::Text(40), "联系电话", "Contact's telephone").read_as(Policy::Latest).personal(),
    row("credit", Type::Enum(super::CREDITS), "信用等级", "Credit").read_as(Policy::Office),
    row("joined_into", Type::Token, "并入的主体", "Joined into this subject").read_as(Policy::Office),
    row("kind", Type::Enum(&["citizen", "individual_business", "organisation"]), "主体类型", "Kind of subject"),
    row("legal_rep", Type::Text(60), "法定代表人", "Legal representative").personal(),
    row("list", Type::Enum(super::LISTS), "监管名单", "List").read_as(Policy::Office),
    row("name", Type::Text(120), "名称", "Name"),
    row("risk", Type::Enum(super::RISKS), "风险等级", "Risk").read_as(Policy::Severest),
    row("uscc", Type::Text(18), "统一社会信用代码", "Unified social credit code"),
];

static GROUPS: &[FieldRow] = &[
    row("aliases.*", super::ALIAS, "别名", "Aliases").read_as(Policy::Present),
    row("distinct.*", super::DISTINCT, "确认不是同一主体", "Known not to be the same").read_as(Policy::Office),
    row("notes.*", Type::Text(2_000), "备注", "Notes"),
    row("tags.*", Type::Bool, "标签", "Tags").read_as(Policy::Present),
];

fn buckets(_: &Record) -> Vec<Bucket> {
    vec![Bucket::reference()]
}

/// The kind `subject`.
pub static KIND: Kind = Kind { name: "subject", schema: 1, fields: FIELDS, groups: GROUPS, acts: &[], initial: "ACTIVE", buckets, upcasts: &[] };
