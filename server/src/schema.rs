//! The tables of both migration trees, as diesel sees them. A test compares this list with both databases.
//!
//! Integers are `BIGINT` throughout: instants in UTC milliseconds, device ids and checksums as the same 64 bits
//! reinterpreted as signed, booleans excepted. Hashes and record ids are binary, JSON is text.

#![allow(missing_docs, reason = "the columns are described in the migrations")]

mod credit;
mod figures;
mod files;
mod held;
mod training;

pub use credit::{outbox, repair};
pub use figures::fact;
pub use files::{file, file_alike, file_band, file_custody, file_fact, file_given, file_holder, file_thumbnail, file_todo, file_use, upload};
pub use held::{held_deadline, held_line};
pub use training::{attendance, cohandling, course, course_part};

diesel::table! {
    head (district) {
        district -> BigInt,
        epoch -> BigInt,
        commit_seq -> BigInt,
        moves -> BigInt,
        log_size -> BigInt,
        log_peaks -> Binary,
        incarnation -> BigInt,
        office_seq -> BigInt,
        office_prev -> Binary,
        restored_at -> Nullable<BigInt>,
        roster -> BigInt,
    }
}

diesel::table! {
    officer (district, id) {
        district -> BigInt,
        id -> Text,
        name -> Text,
        unit -> Text,
        password_hash -> Text,
        roles -> Text,
        suspended_ms -> Nullable<BigInt>,
        created_ms -> BigInt,
        scope -> Text,
        personal -> Nullable<Binary>,
        totp -> Nullable<Binary>,
        totp_confirmed_ms -> Nullable<BigInt>,
        totp_step -> BigInt,
    }
}

diesel::table! {
    officer_grant (district, officer, bucket, from_ms) {
        district -> BigInt,
        officer -> Text,
        bucket -> Text,
        from_ms -> BigInt,
        until_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    device (district, id) {
        district -> BigInt,
        id -> BigInt,
        officer -> Text,
        alg -> Text,
        public_key -> Binary,
        first_prev -> Binary,
        state -> Text,
        frozen_from -> Nullable<BigInt>,
        through_seq -> BigInt,
        head_hash -> Binary,
        label -> Text,
        certificate -> Text,
        enrolled_ms -> BigInt,
    }
}

diesel::table! {
    enrolment_code (district, code_hash) {
        district -> BigInt,
        code_hash -> Binary,
        officer -> Text,
        expires_ms -> BigInt,
        used_device -> Nullable<BigInt>,
        used_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    ledger (district, device, seq) {
        district -> BigInt,
        device -> BigInt,
        seq -> BigInt,
        hash -> Binary,
        alg -> Text,
        signature -> Binary,
        bytes -> Binary,
        record -> Nullable<Binary>,
        leaf -> BigInt,
        received_ms -> BigInt,
        state -> Text,
        disposition -> Text,
        commit_seq -> Nullable<BigInt>,
        moved -> BigInt,
        released -> Bool,
    }
}

diesel::table! {
    parked (district, missing_device, missing_seq, device, seq) {
        district -> BigInt,
        missing_device -> BigInt,
        missing_seq -> BigInt,
        device -> BigInt,
        seq -> BigInt,
    }
}

diesel::table! {
    waived (district, device, seq) {
        district -> BigInt,
        device -> BigInt,
        seq -> BigInt,
    }
}

diesel::table! {
    record (district, id) {
        district -> BigInt,
        id -> Binary,
        kind -> Text,
        schema -> BigInt,
        state -> Binary,
        commit_seq -> BigInt,
        sum -> BigInt,
        contested -> BigInt,
        exceptions -> BigInt,
    }
}

diesel::table! {
    feed (district, bucket, record) {
        district -> BigInt,
        bucket -> Text,
        record -> Binary,
        entered -> BigInt,
        last -> BigInt,
        has_left -> Bool,
    }
}

diesel::table! {
    bucket_head (district, bucket) {
        district -> BigInt,
        bucket -> Text,
        last -> BigInt,
        sum -> BigInt,
    }
}

diesel::table! {
    merkle_node (district, level, idx) {
        district -> BigInt,
        level -> BigInt,
        idx -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    merkle_root (district, size) {
        district -> BigInt,
        size -> BigInt,
        root -> Binary,
    }
}

diesel::table! {
    custody (district, hash) {
        district -> BigInt,
        hash -> Binary,
        class -> Text,
        device -> Nullable<BigInt>,
        bytes -> Binary,
        received_ms -> BigInt,
    }
}

diesel::table! {
    notice (district, subject) {
        district -> BigInt,
        subject -> Text,
        class -> Text,
        raised_ms -> BigInt,
        done_ms -> Nullable<BigInt>,
        done_by -> Nullable<Text>,
    }
}

diesel::table! {
    pending (district, device, record) {
        district -> BigInt,
        device -> BigInt,
        record -> Binary,
        changes -> BigInt,
    }
}

diesel::table! {
    pending_report (district, device) {
        district -> BigInt,
        device -> BigInt,
        bytes -> BigInt,
        reported_ms -> BigInt,
        head_seq -> Nullable<BigInt>,
        head_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    command (district, device, number) {
        district -> BigInt,
        device -> BigInt,
        number -> BigInt,
        body -> Text,
        issued_ms -> BigInt,
        done_ms -> Nullable<BigInt>,
        told_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    refresh_family (district, family) {
        district -> BigInt,
        family -> Binary,
        officer -> Text,
        current_hash -> Binary,
        issued_ms -> BigInt,
        expires_ms -> BigInt,
        ended_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    dated (district, kind, key, from_day) {
        district -> BigInt,
        kind -> Text,
        key -> Text,
        from_day -> Text,
        until_day -> Nullable<Text>,
        body -> Text,
        hash -> Binary,
        rev -> BigInt,
    }
}

diesel::table! {
    dated_withdrawn (district, kind, key, from_day) {
        district -> BigInt,
        kind -> Text,
        key -> Text,
        from_day -> Text,
        rev -> BigInt,
    }
}

diesel::table! {
    law_head (district) {
        district -> BigInt,
        rev -> BigInt,
    }
}

diesel::table! {
    audit (district, seq) {
        district -> BigInt,
        seq -> BigInt,
        at_ms -> BigInt,
        actor -> Text,
        action -> Text,
        object -> Text,
        detail -> Text,
        hash -> Binary,
    }
}

diesel::table! {
    audit_head (district) {
        district -> BigInt,
        seq -> BigInt,
        hash -> Binary,
        alg -> Text,
        signature -> Binary,
    }
}

diesel::table! {
    login_failure (district, subject) {
        district -> BigInt,
        subject -> Text,
        failures -> BigInt,
        since_ms -> BigInt,
    }
}

// Subqueries by which lists keep to their reader's reach.

diesel::table! {
    listing (district, record) {
        district -> BigInt,
        record -> Binary,
        kind -> Text,
        stage -> Text,
        title -> Text,
        day -> Nullable<Text>,
        due -> Nullable<Text>,
        code -> Nullable<Text>,
        object -> Nullable<Binary>,
        flags -> BigInt,
        changed -> BigInt,
        awaits -> Nullable<Text>,
        matter -> Nullable<Text>,
        opens -> Nullable<Text>,
    }
}

diesel::table! {
    object (district, record) {
        district -> BigInt,
        record -> Binary,
        kind -> Text,
        name -> Text,
        area -> Nullable<Text>,
        list -> Nullable<Text>,
        risk -> Nullable<Text>,
        credit -> Nullable<Text>,
        lon_e7 -> Nullable<BigInt>,
        lat_e7 -> Nullable<BigInt>,
        joined -> Nullable<Binary>,
        root -> Binary,
        field_made -> Bool,
        apart -> Text,
    }
}

diesel::table! {
    object_alias (district, record, kind, value) {
        district -> BigInt,
        record -> Binary,
        kind -> Text,
        value -> Text,
    }
}

diesel::table! {
    visit_part (district, visit, organ, object) {
        district -> BigInt,
        visit -> Binary,
        organ -> Text,
        object -> Binary,
        alone -> Bool,
        kind -> Text,
        day -> Text,
        joined -> Nullable<Binary>,
        since -> BigInt,
    }
}

diesel::table! {
    stage_move (district, record, commit_seq) {
        district -> BigInt,
        record -> Binary,
        commit_seq -> BigInt,
        device -> BigInt,
        seq -> BigInt,
        from_stage -> Text,
        to_stage -> Text,
        earliest_ms -> BigInt,
        latest_ms -> BigInt,
        shown_ms -> BigInt,
    }
}

diesel::table! {
    matching (district, id) {
        district -> BigInt,
        id -> Binary,
        made_ms -> BigInt,
        made_by -> Text,
        first_day -> Text,
        last_day -> Text,
        law_rev -> BigInt,
        body -> Text,
        hash -> Binary,
    }
}

diesel::table! {
    proposal (district, matching, number) {
        district -> BigInt,
        matching -> Binary,
        number -> BigInt,
        object -> Binary,
        day -> Nullable<Text>,
        squad -> Nullable<Text>,
        lead -> Text,
        organs -> Text,
        body -> Text,
        outcome -> Text,
        decisions -> Text,
        visit -> Nullable<Binary>,
    }
}

diesel::table! {
    draw (district, id) {
        district -> BigInt,
        id -> Binary,
        title -> Text,
        basis -> Text,
        redraws -> Nullable<Binary>,
        list -> Text,
        commitment -> Binary,
        seed -> Binary,
        committed_ms -> BigInt,
        committed_by -> Text,
        transcript -> Nullable<Text>,
        drawn_ms -> Nullable<BigInt>,
        drawn_by -> Nullable<Text>,
    }
}

diesel::table! {
    number_block (district, series, first) {
        district -> BigInt,
        series -> Text,
        first -> BigInt,
        last -> BigInt,
        organ -> Text,
        device -> BigInt,
        leased_ms -> BigInt,
        closed_ms -> Nullable<BigInt>,
        closed_why -> Nullable<Text>,
    }
}

diesel::table! {
    number_use (district, series, seq, record) {
        district -> BigInt,
        series -> Text,
        seq -> BigInt,
        record -> Binary,
        number -> Text,
    }
}

diesel::table! {
    number_void (district, series, seq) {
        district -> BigInt,
        series -> Text,
        seq -> BigInt,
        reason -> Text,
        by_whom -> Text,
        at_ms -> BigInt,
    }
}

diesel::table! {
    case_party (district, record, party) {
        district -> BigInt,
        record -> Binary,
        party -> Text,
        matter -> Text,
        unit -> Text,
        stage -> Text,
        act_day -> Nullable<Text>,
        act_end -> Nullable<Text>,
        decided_day -> Nullable<Text>,
        fine_fen -> BigInt,
        punished -> Bool,
        exemption -> Nullable<Text>,
        site -> Nullable<Binary>,
    }
}

diesel::table! {
    officer_time (district, record, entry, officer) {
        district -> BigInt,
        officer -> Text,
        record -> Binary,
        entry -> Text,
        from_ms -> BigInt,
        until_ms -> BigInt,
    }
}

diesel::table! {
    deadline (district, record, code, about) {
        district -> BigInt,
        record -> Binary,
        code -> Text,
        about -> Text,
        kind -> Text,
        unit -> Text,
        began -> Text,
        due -> Nullable<Text>,
        at_ms -> Nullable<BigInt>,
        alert -> Nullable<Text>,
        done -> Nullable<Text>,
        stands -> Nullable<Text>,
        lapses -> Bool,
        rev -> BigInt,
    }
}

diesel::table! {
    document (district, record, id) {
        district -> BigInt,
        record -> Binary,
        id -> Text,
        sort -> Text,
        model -> Text,
        made_ms -> BigInt,
        made_by -> Text,
    }
}

diesel::table! {
    document_file (district, record, id) {
        district -> BigInt,
        record -> Binary,
        id -> Text,
        pdf -> Binary,
        sha256 -> Binary,
        pages -> BigInt,
        sealed_ms -> BigInt,
    }
}

diesel::table! {
    publication (district, record, version) {
        district -> BigInt,
        record -> Binary,
        version -> BigInt,
        state -> Text,
        title -> Text,
        day -> Text,
        body -> Text,
        reason -> Nullable<Text>,
        at_ms -> BigInt,
        by_whom -> Text,
    }
}

diesel::table! {
    seal_image (district, organ, valid_from, sha256, uploaded_ms) {
        district -> BigInt,
        organ -> Text,
        sha256 -> Binary,
        png -> Binary,
        valid_from -> Text,
        uploaded_ms -> BigInt,
        uploaded_by -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(device, officer, ledger);
diesel::allow_tables_to_appear_in_same_query!(file, file_todo);
diesel::allow_tables_to_appear_in_same_query!(record, feed, listing);
diesel::allow_tables_to_appear_in_same_query!(object, object_alias);
diesel::allow_tables_to_appear_in_same_query!(feed, visit_part);
diesel::allow_tables_to_appear_in_same_query!(feed, stage_move);
diesel::allow_tables_to_appear_in_same_query!(listing, stage_move);
diesel::allow_tables_to_appear_in_same_query!(number_block, number_use);
diesel::allow_tables_to_appear_in_same_query!(number_block, device);
diesel::allow_tables_to_appear_in_same_query!(number_block, officer);
diesel::allow_tables_to_appear_in_same_query!(officer, refresh_family);
diesel::allow_tables_to_appear_in_same_query!(feed, case_party);
diesel::allow_tables_to_appear_in_same_query!(case_party, listing);
diesel::allow_tables_to_appear_in_same_query!(feed, deadline);
diesel::allow_tables_to_appear_in_same_query!(deadline, listing);
diesel::allow_tables_to_appear_in_same_query!(feed, publication);
diesel::allow_tables_to_appear_in_same_query!(document, document_file);
diesel::allow_tables_to_appear_in_same_query!(pending, feed);
