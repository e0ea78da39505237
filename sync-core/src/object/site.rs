//! The site: the object that several departments visit (a construction site, premises), with every name and
//! number under which each of them knows it.
//!
//! A site has no stages: it is reference for everyone in the district. Firms on site are named under `subjects.<record>`.

use crate::record::{Bucket, FieldRow, Kind, Policy, Record, Type};

const fn row(key: &'static str, ty: Type, zh: &'static str, en: &'static str) -> FieldRow {
    FieldRow::new(key, ty, zh, en)
}

static FIELDS: &[FieldRow] = &[
    row("address", Type::Text(200), "地址", "Address"),
    row("area", Type::Token, "所属区域", "Area"),
    row("contact.name", Type::Text(60), "联系人", "Contact").read_as(Policy::Latest).personal(),
    row("contact.phone", Type::Text(40), "联系电话", "Contact's telephone").read_as(Policy::Latest).personal(),
    row("joined_into", Type::Token, "并入的对象", "Joined into this site").read_as(Policy::Office),
    row("list", Type::Enum(super::LISTS), "监管名单", "List").read_as(Policy::Office),
    row("name", Type::Text(120), "名称", "Name"),
    row(
        "place",
        Type::Map(&[
            ("accuracy_cm", Type::Int(0, 100_000_000)),
            ("crs", Type::Enum(&["wgs84", "cgcs2000"])),
            ("lat_e7", Type::Int(-900_000_000, 900_000_000)),
            ("lon_e7", Type::Int(-1_800_000_000, 1_800_000_000)),
        ]),
        "位置",
        "Place, degrees × 10⁷",
    )
    .read_as(Policy::Latest),
    row("project_code", Type::Text(60), "投资项目代码", "Project code"),
    row("risk", Type::Enum(super::RISKS), "风险等级", "Risk").read_as(Policy::Severest),
    row("uscc", Type::Text(18), "统一社会信用代码", "Unified social credit code"),
];

static GROUPS: &[FieldRow] = &[
    row("aliases.*", super::ALIAS, "别名", "Aliases").read_as(Policy::Present),
    row("distinct.*", super::DISTINCT, "确认不是同一对象", "Known not to be the same").read_as(Policy::Office),
    row("notes.*", Type::Text(2_000), "备注", "Notes"),
    row("subjects.*", Type::Map(&[("name", Type::Text(120)), ("role", Type::Text(40)), ("uscc", Type::Text(18))]), "相关单位", "Firms on site").read_as(Policy::Present),
    row("tags.*", Type::Bool, "标签", "Tags").read_as(Policy::Present),
    row("units.*", Type::Bool, "主管单位", "Units in charge").read_as(Policy::Present),
];

fn buckets(_: &Record) -> Vec<Bucket> {
    vec![Bucket::reference()]
}

/// The kind `site`.
pub static KIND: Kind = Kind { name: "site", schema: 2, fields: FIELDS, groups: GROUPS, acts: &[], initial: "ACTIVE", buckets, upcasts: &[] };
