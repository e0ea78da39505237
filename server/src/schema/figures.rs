//! The table of what records say to statistics.

use super::{deadline, feed, listing, record};

diesel::table! {
    fact (district, record, n) {
        district -> BigInt,
        record -> Binary,
        n -> BigInt,
        what -> Text,
        about -> Text,
        day -> Text,
        organ -> Nullable<Text>,
        unit -> Nullable<Text>,
        area -> Nullable<Text>,
        object -> Nullable<Binary>,
        matter -> Nullable<Text>,
        pair -> Text,
        amount -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(fact, deadline);
diesel::allow_tables_to_appear_in_same_query!(fact, feed);
diesel::allow_tables_to_appear_in_same_query!(fact, listing);
diesel::allow_tables_to_appear_in_same_query!(fact, record);
