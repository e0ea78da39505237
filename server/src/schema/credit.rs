//! Tables of credit repair and of what is told to systems outside.

use super::{feed, listing};

diesel::table! {
    repair (district, record) {
        district -> BigInt,
        record -> Binary,
        case_record -> Binary,
        unit -> Text,
        party -> Text,
        stage -> Text,
        decided_day -> Nullable<Text>,
        own_regime -> Text,
        regime -> Text,
        category -> Text,
        opens -> Nullable<Text>,
        latest -> Nullable<Text>,
        qualified_day -> Nullable<Text>,
        channel -> Nullable<Text>,
        applied_day -> Nullable<Text>,
        approved_day -> Nullable<Text>,
        synced_day -> Nullable<Text>,
        days -> Nullable<BigInt>,
    }
}

diesel::table! {
    outbox (district, id) {
        district -> BigInt,
        id -> Text,
        target -> Text,
        record -> Binary,
        action -> Text,
        body -> Text,
        made_ms -> BigInt,
        tries -> BigInt,
        next_ms -> Nullable<BigInt>,
        done_ms -> Nullable<BigInt>,
        receipt -> Nullable<Text>,
        error -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(feed, repair);
diesel::allow_tables_to_appear_in_same_query!(repair, listing);
