//! Tables of lines under the name of whoever holds their record.

use super::{case_party, deadline, fact, feed, listing, repair};

diesel::table! {
    held_line (district, record, holder) {
        district -> BigInt,
        record -> Binary,
        holder -> Text,
        kind -> Text,
        stage -> Text,
        changed -> BigInt,
        day -> Nullable<Text>,
        due -> Nullable<Text>,
        awaits -> Nullable<Text>,
        matter -> Nullable<Text>,
        opens -> Nullable<Text>,
        flags -> BigInt,
    }
}

diesel::table! {
    held_deadline (district, record, holder, code, about) {
        district -> BigInt,
        record -> Binary,
        holder -> Text,
        code -> Text,
        about -> Text,
        done -> Bool,
        lapses -> Bool,
        due -> Nullable<Text>,
        alert -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(held_line, feed);
diesel::allow_tables_to_appear_in_same_query!(held_line, listing);
diesel::allow_tables_to_appear_in_same_query!(held_line, repair);
diesel::allow_tables_to_appear_in_same_query!(held_line, case_party);
diesel::allow_tables_to_appear_in_same_query!(held_deadline, feed);
diesel::allow_tables_to_appear_in_same_query!(held_deadline, deadline);
diesel::allow_tables_to_appear_in_same_query!(held_deadline, listing);
diesel::allow_tables_to_appear_in_same_query!(held_deadline, fact);
