//! Reads the source tree: what the architecture leaves out has to stay out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sync_core::protocol::codes;
use sync_core::schema::kinds;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All files below a folder of the repository, with their paths from its root; build output and hidden folders left out.
fn files(folder: &str) -> Vec<(String, PathBuf)> {
    let mut out = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && name != ".git" {
                    open.push(path);
                }
            } else {
                let from_root = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                out.push((from_root, path));
            }
        }
    }
    out.sort();
    assert!(!out.is_empty());
    out
}

fn rust(folder: &str) -> Vec<(String, String)> {
    files(folder).into_iter().filter(|(name, _)| name.ends_with(".rs")).map(|(name, path)| (name, fs::read_to_string(path).unwrap())).collect()
}

/// Code without comments; string literals stay.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split_once("//").map_or(line, |(before, _)| if before.matches('"').count() % 2 == 0 { before } else { line })).collect::<Vec<_>>().join("\n")
}

/// Code without comments and without a test module at its end.
fn shipped(text: &str) -> String {
    let code = code(text);
    code.split_once("#[cfg(test)]\nmod tests {").map_or(code.clone(), |(before, _)| before.to_owned())
}

fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/") || name.contains("/walk/")
}

/// The words that follow `prefix` in a text, as far as they are identifiers.
fn words_after<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    let word = |rest: &'a str| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    text.match_indices(prefix).map(|(at, _)| word(&text[at + prefix.len()..])).filter(|w| !w.is_empty()).collect()
}

/// The string literals that are the first argument after `call`, white space aside.
fn codes_after(text: &str, call: &str) -> Vec<String> {
    text.match_indices(call).filter_map(|(at, _)| text[at + call.len()..].trim_start().strip_prefix('"')?.split_once('"').map(|(code, _)| code.to_owned())).collect()
}

#[test]
fn modules_of_the_core_import_to_their_left_only() {
    let lib = fs::read_to_string(root().join("sync-core/src/lib.rs")).unwrap();
    let line = lib.lines().find(|l| l.contains('→')).expect("lib.rs says the order of its modules");
    let order = line.split('`').nth(1).unwrap();
    let layers: Vec<Vec<&str>> = order.split('→').map(|layer| layer.split(',').map(str::trim).collect()).collect();
    let rank = |module: &str| layers.iter().position(|layer| layer.contains(&module));
    for module in words_after(&code(&lib), "pub mod ") {
        assert!(module == "testing" || rank(module).is_some(), "lib.rs does not say where {module} stands");
    }
    for (name, text) in rust("sync-core/src") {
        let module = name.trim_start_matches("sync-core/src/").split(['/', '.']).next().unwrap().to_owned();
        if module == "lib" || module == "testing" || is_test(&name) {
            continue;
        }
        let text = shipped(&text).replace("crate::{", "crate::");
        let tested = text.contains("#[cfg(feature = \"testing\")]");
        for imported in words_after(&text, "crate::").into_iter().filter(|w| *w != module) {
            let fits = if imported == "testing" { tested } else { rank(imported).is_none_or(|there| Some(there) < rank(&module)) };
            assert!(fits, "{name} imports {imported}, which does not stand to the left of {module} in: {order}");
        }
    }
}

#[test]
fn the_core_has_no_input_output_clock_or_chance() {
    for (name, text) in rust("sync-core/src").into_iter().filter(|(name, _)| !is_test(name)) {
        let text = shipped(&text);
        for absent in ["std::fs", "std::net", "std::env", "std::thread", "SystemTime", "Instant::now", "async fn", "tokio", "getrandom", "rand::", "println!", "eprintln!"] {
            assert!(!text.contains(absent), "{name} uses {absent}");
        }
    }
}

#[test]
fn the_record_knows_nothing_of_the_domain() {
    for (name, text) in rust("sync-core/src/record") {
        let text = shipped(&text);
        for word in ["\"visit\"", "\"site\"", "\"case\"", "answers.", "participants"] {
            assert!(!text.contains(word), "{name} names {word}");
        }
    }
}

#[test]
fn unsafe_code_stays_inside_the_abi() {
    for folder in ["sync-core", "server", "mobile-ffi", "tests"] {
        for (name, text) in rust(folder) {
            let inside = name.starts_with("mobile-ffi/src/abi/");
            // Put together here, so that this file does not find itself.
            let uses = [" {", " fn", " impl", " extern", "("].iter().any(|after| code(&text).contains(&format!("unsafe{after}")));
            assert!(inside || !uses, "{name} has unsafe code; it belongs in mobile-ffi/src/abi");
        }
    }
}

#[test]
fn no_rust_file_is_longer_than_600_lines() {
    let long: Vec<String> = ["sync-core", "server", "mobile-ffi", "tests"]
        .iter()
        .flat_map(|folder| rust(folder))
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > 600)
        .map(|(name, lines)| format!("{name}: {lines}"))
        .collect();
    assert!(long.is_empty(), "a file holds one thing: {long:#?}");
}

#[test]
fn every_public_code_is_in_its_table() {
    let quarantine: BTreeSet<&str> = codes::QUARANTINE.iter().map(|r| r.0).collect();
    let dismissed: BTreeSet<&str> = codes::DISMISSED.iter().map(|r| r.0).collect();
    let unverified: BTreeSet<&str> = codes::UNVERIFIED.iter().map(|r| r.0).collect();
    let problems: BTreeSet<&str> = codes::PROBLEMS.iter().map(|r| r.0).collect();
    let reasons: BTreeSet<&str> = codes::REASONS.iter().map(|r| r.0).collect();
    let mut looked = 0;
    for (name, text) in ["sync-core/src", "server/src", "mobile-ffi/src"].iter().flat_map(|folder| rust(folder)).filter(|(name, _)| !is_test(name)) {
        let text = shipped(&text);
        for (call, table) in [
            ("quarantined(", &quarantine),
            ("reject(", &quarantine),
            ("Reject { code: ", &quarantine),
            ("dismissed(", &dismissed),
            ("unverified(", &unverified),
            ("Problem::new(", &problems),
            ("Reason::new(", &reasons),
        ] {
            for code in codes_after(&text, call) {
                looked += 1;
                assert!(table.contains(&*code), "{name}: {code} is used after {call} and not in the table of protocol/codes.rs");
            }
        }
    }
    assert!(looked > 30, "only {looked} codes found: the calls have other names by now");
}

#[test]
fn every_guard_has_its_words_in_both_languages() {
    let kinds = kinds();
    let used: BTreeSet<&str> = kinds.iter().flat_map(|k| k.acts).flat_map(|a| a.guards).map(|g| g.code).collect();
    let of_the_engine = BTreeSet::from(["stage", "contested", "open_exception", "no_open_exception"]);
    let listed: BTreeSet<&str> = codes::REASONS.iter().map(|r| r.0).collect();
    assert_eq!(listed, used.union(&of_the_engine).copied().collect(), "protocol/codes.rs lists what is used and nothing else");
}

#[test]
fn every_fixture_is_used() {
    let sources: String = ["sync-core", "server", "mobile-ffi", "tests"].iter().flat_map(|folder| rust(folder)).map(|(_, text)| text).collect();
    for (name, _) in files("fixtures").into_iter().filter(|(name, _)| !name.ends_with(".md")) {
        assert!(sources.contains(&format!("{name}\")")), "nothing includes {name}");
    }
}

#[test]
fn the_server_writes_records_through_the_district_engine_only() {
    for (name, text) in rust("server/src").into_iter().filter(|(name, _)| !is_test(name) && !name.starts_with("server/src/sync/store/")) {
        let text = shipped(&text).split_whitespace().collect::<String>();
        for table in ["record", "ledger", "feed", "bucket_head", "merkle_node"] {
            for write in ["insert_into", "update", "delete", "insert_or_ignore_into", "replace_into"] {
                for prefix in ["(", "(schema::"] {
                    assert!(!text.contains(&format!("{write}{prefix}{table}::table")), "{name} writes the table {table}; hand a change to the committer");
                }
            }
        }
    }
}

#[test]
fn both_migration_trees_are_in_lockstep() {
    let tree = |backend: &str| -> BTreeSet<String> {
        let folder = format!("migrations/{backend}/");
        files(&folder).into_iter().map(|(name, _)| name.replace(&folder, "")).collect()
    };
    assert_eq!(tree("sqlite"), tree("postgres"));
}

#[test]
fn the_header_for_the_handheld_is_there() {
    let header = fs::read_to_string(root().join("mobile-ffi/include/zhifa.h")).expect("mobile-ffi/include/zhifa.h is generated and committed");
    assert!(header.contains("zhifa_"));
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    let places = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    for (name, path) in files(".") {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for place in places {
            let found = text.match_indices(place).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_' || c == '-' || c == '}'));
            assert!(!found, "{name} names a place below {place}");
        }
    }
}
