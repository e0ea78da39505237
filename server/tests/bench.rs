//! `zhifa bench` runs, does the work it says it does, and says so in the agreed form. Times are not looked at.
#![cfg(feature = "demo")]

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value as Json;

/// What every workload prints, as others read it.
const NUMBERS: [&str; 9] = ["records", "cpu_s_per_1000", "wall_s", "per_s", "p50_ms", "p99_ms", "bytes_per_record", "wire_bytes_per_record", "rss_mb"];
const LIMITS: [&str; 4] = ["fdatasync_per_s", "sqlite_batch_rec_per_s", "http_echo_per_s", "floor_cpu_s_per_1000"];

#[test]
fn every_workload_runs_and_prints_one_object_of_the_agreed_shape() {
    let run = Command::new(env!("CARGO_BIN_EXE_zhifa"))
        .args(["bench", "w1", "w2", "w3", "s1", "s2", "s3", "import", "lookup", "plan", "picture", "--records", "100", "--json"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let rows: BTreeMap<String, Json> = String::from_utf8(run.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            let row: Json = serde_json::from_str(line).unwrap();
            (row["name"].as_str().unwrap().to_owned(), row)
        })
        .collect();
    let counts: BTreeMap<&str, u64> = rows.iter().map(|(name, row)| (name.as_str(), row["records"].as_u64().unwrap())).collect();
    let asked = counts["s3"];
    assert_eq!(
        counts,
        BTreeMap::from([
            ("w1_one", 100),
            ("w1_each", 100),
            ("w2", 10_000),
            ("w2_signed", 1_000),
            ("w3", 500),
            ("s1a", 100),
            ("s1b", 8 * 85),
            ("s2", 100),
            ("s3", asked),
            ("import_shown", 2_742),
            ("import_applied", 2_742),
            ("lookup", 2_742),
            ("picture_decode", 5),
            ("picture_facts", 5),
            ("picture_thumbnail", 5),
            ("picture_view", 5),
            ("picture_watermarked", 5),
            ("picture_public", 5),
            ("plan_1250", 1_250),
            ("plan_2500", 2_500),
            ("plan_5000", 5_000),
            ("plan_10000", 10_000)
        ])
    );
    assert!(asked > 0);
    for (name, row) in &rows {
        for number in NUMBERS {
            assert!(row[number].is_number(), "{name} has no {number}: {row}");
        }
        for limit in LIMITS {
            assert!(row["limits"][limit].is_number(), "{name} has no limit {limit}: {row}");
        }
    }
    assert_eq!(rows["w1_one"]["more"]["converged"], 100);
}
