//! Tables of originals: what is being uploaded, what is there, who handed it in.

diesel::table! {
    upload (district, id) {
        district -> BigInt,
        id -> Text,
        owner -> Text,
        sha256 -> Binary,
        size -> BigInt,
        at -> BigInt,
        name -> Text,
        metadata -> Text,
        record -> Nullable<Binary>,
        begun_ms -> BigInt,
        expires_ms -> BigInt,
    }
}

diesel::table! {
    file (district, sha256) {
        district -> BigInt,
        sha256 -> Binary,
        size -> BigInt,
        mime -> Text,
        stored_ms -> BigInt,
    }
}

diesel::table! {
    file_holder (district, sha256, owner) {
        district -> BigInt,
        sha256 -> Binary,
        owner -> Text,
        at_ms -> BigInt,
    }
}

diesel::table! {
    file_given (district, record, sha256) {
        district -> BigInt,
        record -> Binary,
        sha256 -> Binary,
    }
}

diesel::table! {
    file_use (district, sha256, record) {
        district -> BigInt,
        sha256 -> Binary,
        record -> Binary,
    }
}

diesel::table! {
    file_thumbnail (district, sha256, record) {
        district -> BigInt,
        sha256 -> Binary,
        record -> Binary,
        jpeg -> Binary,
        at_ms -> BigInt,
    }
}

diesel::table! {
    file_custody (district, sha256, n) {
        district -> BigInt,
        sha256 -> Binary,
        n -> BigInt,
        what -> Text,
        at_ms -> BigInt,
        by_whom -> Text,
        record -> Nullable<Binary>,
        detail -> Text,
        alg -> Text,
        prev -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    file_todo (district, sha256) {
        district -> BigInt,
        sha256 -> Binary,
        after_ms -> BigInt,
        tries -> BigInt,
    }
}

diesel::table! {
    file_fact (district, sha256) {
        district -> BigInt,
        sha256 -> Binary,
        width -> Nullable<BigInt>,
        height -> Nullable<BigInt>,
        taken -> Nullable<Text>,
        taken_ms -> Nullable<BigInt>,
        lon_e7 -> Nullable<BigInt>,
        lat_e7 -> Nullable<BigInt>,
        device -> Nullable<Text>,
        look -> Nullable<BigInt>,
        problem -> Nullable<Text>,
        detail -> Nullable<Text>,
        done_ms -> BigInt,
    }
}

diesel::table! {
    file_band (district, quarter, bits, sha256) {
        district -> BigInt,
        quarter -> BigInt,
        bits -> BigInt,
        sha256 -> Binary,
        look -> BigInt,
    }
}

diesel::table! {
    file_alike (district, sha256, other) {
        district -> BigInt,
        sha256 -> Binary,
        other -> Binary,
        differ -> BigInt,
    }
}
