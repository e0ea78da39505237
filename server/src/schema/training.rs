//! Tables of training and of first cases that are handled with advice.

use super::{case_party, feed, listing, officer, stage_move};

diesel::table! {
    course (district, record) {
        district -> BigInt,
        record -> Binary,
        kind -> Text,
        level -> Text,
        domain -> Text,
        unit -> Text,
        stage -> Text,
        day -> Nullable<Text>,
        hours -> BigInt,
    }
}

diesel::table! {
    course_part (district, record, role, entry) {
        district -> BigInt,
        record -> Binary,
        role -> Text,
        entry -> Text,
        organ -> Text,
        domain -> Text,
        name -> Text,
        asked_day -> Nullable<Text>,
        accepted -> Nullable<Bool>,
    }
}

diesel::table! {
    attendance (district, record, officer) {
        district -> BigInt,
        record -> Binary,
        officer -> Text,
        day -> Nullable<Text>,
        signed_ms -> Nullable<BigInt>,
        word -> Nullable<Text>,
        right_answers -> Nullable<BigInt>,
        questions -> Nullable<BigInt>,
        hours -> Nullable<BigInt>,
    }
}

diesel::table! {
    cohandling (district, record) {
        district -> BigInt,
        record -> Binary,
        case_record -> Binary,
        unit -> Text,
        matter -> Text,
        domain -> Text,
        former -> Text,
        stage -> Text,
        lessons -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(feed, course);
diesel::allow_tables_to_appear_in_same_query!(feed, cohandling);
diesel::allow_tables_to_appear_in_same_query!(course, listing);
diesel::allow_tables_to_appear_in_same_query!(case_party, stage_move);
diesel::allow_tables_to_appear_in_same_query!(course, course_part);
diesel::allow_tables_to_appear_in_same_query!(course, attendance);
diesel::allow_tables_to_appear_in_same_query!(attendance, officer);
diesel::allow_tables_to_appear_in_same_query!(feed, course_part);
diesel::allow_tables_to_appear_in_same_query!(feed, attendance);
