//! Files of rosters and catalogues: shown first, all or nothing, nothing personal told.

use reqwest::blocking::Response;
use rust_xlsxwriter::Workbook;
use serde_json::{Value as Json, json};
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use sync_core::dated::Kind;
use sync_core::testing::PROBE_V2;
use zhifa_server::org::Role;

use crate::harness::{Site, ok, problem};
use crate::on_both;

const ROSTER: &str = include_str!("../../../fixtures/import/roster.csv");
const MATTERS: &str = include_str!("../../../fixtures/import/matters.csv");

/// What stands in the roster and must stand nowhere else. The id is the example of GB 11643.
const SECRETS: [&str; 3] = ["13800138000", "11010519491231002X", "0574-87654321"];

fn admin(site: &Site, id: &str) -> String {
    actix_web::rt::System::new().block_on(site.running().app.load_fixtures("system")).unwrap();
    site.log_in(&site.officer(id, &[Role::SystemAdmin], &[]))
}

fn send(site: &Site, token: &str, what: &str, query: &str, file: impl Into<Vec<u8>>) -> Response {
    site.post(&format!("/api/v1/imports/{what}{query}")).bearer_auth(token).body(file.into()).send().unwrap()
}

fn preview(site: &Site, token: &str, what: &str, file: impl Into<Vec<u8>>) -> Json {
    ok(send(site, token, what, "", file))
}

fn apply(site: &Site, token: &str, what: &str, report: &Json, file: impl Into<Vec<u8>>) -> Response {
    send(site, token, what, &format!("?apply=true&plan={}&reason=roster%20of%20January", report["plan"].as_str().unwrap()), file)
}

fn rev(site: &Site) -> i64 {
    site.running().app.law().rev
}

fn officers(site: &Site, token: &str) -> Vec<Json> {
    let page: Json = ok(site.get("/api/v1/officers?limit=500").bearer_auth(token).send().unwrap());
    page["officers"].as_array().unwrap().clone()
}

/// A workbook of these rows, the first of which names the columns.
fn xlsx(sheet: &str, rows: &[Vec<String>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let page = book.add_worksheet().set_name(sheet).unwrap();
    for (line, row) in (0u32..).zip(rows) {
        for (column, cell) in (0u16..).zip(row).filter(|(_, cell)| !cell.is_empty()) {
            page.write_string(line, column, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

fn cells(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Everything that the server logs while these tests run.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn keep_log() {
    // Another test of this program may have begun to keep it already.
    let _ = tracing_subscriber::fmt().with_env_filter("zhifa_server=trace,actix=debug").with_ansi(false).with_writer(|| Log).try_init();
}

on_both! {
    fn a_roster_is_shown_then_entered_and_then_there_is_nothing_left_to_do(site) {
        let token = admin(&site, "adm");
        let before = officers(&site, &token).len();
        let shown = preview(&site, &token, "roster", ROSTER);
        assert_eq!((&shown["errors"], &shown["applied"], shown["rows"].as_u64()), (&json!([]), &json!(false), Some(3)));
        assert_eq!((shown["counts"]["officers_added"].as_u64(), shown["counts"]["added"].as_u64()), (Some(3), Some(5)), "three posts and two certificates");
        assert_eq!((rev(&site), officers(&site, &token).len()), (1, before), "shown and nothing else");
        assert_eq!(problem(send(&site, &token, "roster", "?apply=true", ROSTER)), (428, "precondition_required".into()));
        let done: Json = ok(apply(&site, &token, "roster", &shown, ROSTER));
        assert_eq!((&done["applied"], done["rev"].as_i64()), (&json!(true), Some(2)));
        let after = officers(&site, &token);
        assert_eq!(after.len(), before + 3);
        let guo = after.iter().find(|o| o["officer"] == "guo-xiaofeng").unwrap();
        assert_eq!((&guo["unit"], &guo["roles"]), (&json!("squad-meixu"), &json!(["auxiliary"])));
        let book = &site.running().app.law().book;
        let day = "2026-09-21".parse().unwrap();
        assert_eq!(sync_core::org::commander_of(book, &"ding-wanqing".parse().unwrap(), day).as_deref(), Some("meixu"), "浙江省综合行政执法条例 art 9");
        assert!(sync_core::org::may_act(book, &"cheng-zhiyuan".parse().unwrap(), day).is_ok());
        assert!(sync_core::org::may_act(book, &"guo-xiaofeng".parse().unwrap(), day).is_err(), "浙江省综合行政执法条例 art 30: an auxiliary never acts");
        let audited = site.audited("import.done");
        assert_eq!((audited.len(), audited[0].object.as_str(), audited[0].actor.as_str()), (1, "import:roster", "officer:adm"));
        assert!(audited[0].detail.contains(shown["sha256"].as_str().unwrap()));
        let again = preview(&site, &token, "roster", ROSTER);
        assert!(again["differences"].as_array().unwrap().is_empty(), "{again}");
        // Entered without a password: nobody logs in before a code has set one.
        assert_eq!(problem(site.try_log_in(&"cheng-zhiyuan".parse().unwrap(), "!", None)), (401, "bad_credentials".into()));
    }

    fn one_bad_row_is_named_and_changes_nothing(site) {
        let token = admin(&site, "adm");
        let before = (rev(&site), officers(&site, &token).len(), site.audited("dated.entered").len());
        let mut rows = cells(ROSTER);
        rows[2][2] = "squad-nowhere".into();
        rows[3][5] = "110105194912310021".into();
        let file = xlsx("名册", &rows);
        let report = preview(&site, &token, "roster", file.clone());
        let errors = report["errors"].as_array().unwrap();
        let place = |n: usize| (errors[n]["sheet"].as_str().unwrap(), errors[n]["row"].as_u64().unwrap(), errors[n]["column"].as_str().unwrap(), errors[n]["value"].as_str().unwrap());
        assert_eq!(errors.len(), 2, "{report}");
        assert_eq!(place(0), ("名册", 3, "单位", "squad-nowhere"));
        assert!(errors[0]["reason"].as_str().unwrap().contains("no unit of this code is in force on 2026-01-01"));
        assert_eq!(place(1), ("名册", 4, "身份证号", "110*************21"), "GB 11643: the check character is X");
        assert!(errors[1]["reason"].as_str().unwrap().contains("character 18 is the check character"));
        let refused = apply(&site, &token, "roster", &report, file);
        assert_eq!(refused.status(), 422);
        assert_eq!(refused.json::<Json>().unwrap()["errors"], report["errors"], "the same report again");
        assert_eq!((rev(&site), officers(&site, &token).len(), site.audited("dated.entered").len()), before);

        let mut rows = cells("事项编码,事项名称,领域,违法依据,处罚依据,处罚种类,适用情形,罚款方式,罚款单位,罚款下限,罚款上限,可以立案,合成,来源,生效日");
        rows.push(cells("SYN-A,【合成】甲,water,《甲法》第一条,《甲法》第二条,罚款,直接处罚,定额,CNY,100,1000,是,是,synthetic,2026-01-01").remove(0));
        rows.push(cells("SYN-B,【合成】乙,water,《甲法》第一条,《甲法》第二条,罚款,直接处罚,定额,CNY,5000,1000,是,是,synthetic,2026-01-01").remove(0));
        let report = preview(&site, &token, "matters", xlsx("数据", &rows));
        let errors = report["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1);
        assert_eq!((&errors[0]["sheet"], &errors[0]["row"], &errors[0]["column"], &errors[0]["value"]), (&json!("数据"), &json!(3), &json!("罚款上限"), &json!("1000")));
        assert_eq!(apply(&site, &token, "matters", &report, xlsx("数据", &rows)).status(), 422);
        assert!(site.running().app.law().book.history(Kind::Matter, "SYN-A").next().is_none(), "the good row neither");
    }

    fn of_two_administrators_who_import_at_once_one_looks_again(site) {
        let one = admin(&site, "adm-1");
        let two = site.log_in(&site.officer("adm-2", &[Role::SystemAdmin], &[]));
        let other = MATTERS.replace("SYN-IMPORT-1", "SYN-IMPORT-3");
        let (first, second) = (preview(&site, &one, "matters", MATTERS), preview(&site, &two, "matters", other.clone()));
        let taken = std::thread::scope(|scope| {
            let a = scope.spawn(|| apply(&site, &one, "matters", &first, MATTERS).status().as_u16());
            let b = scope.spawn(|| apply(&site, &two, "matters", &second, other.clone()).status().as_u16());
            let mut statuses = [a.join().unwrap(), b.join().unwrap()];
            statuses.sort_unstable();
            statuses
        });
        assert_eq!(taken, [200, 412]);
        assert_eq!(rev(&site), 2);
        // Another file than the one that was shown is not taken either.
        let shown = preview(&site, &one, "matters", MATTERS);
        assert_eq!(problem(apply(&site, &one, "matters", &shown, MATTERS.replace("500", "600"))), (412, "precondition_failed".into()));
    }

    fn what_is_exported_and_imported_again_changes_nothing(site) {
        let token = admin(&site, "adm");
        let shown = preview(&site, &token, "roster", ROSTER);
        ok::<Json>(apply(&site, &token, "roster", &shown, ROSTER));
        let shown = preview(&site, &token, "matters", MATTERS);
        assert_eq!(shown["errors"], json!([]));
        ok::<Json>(apply(&site, &token, "matters", &shown, MATTERS));
        for what in ["roster", "matters", "powers", "years", "policies"] {
            let response = site.get(&format!("/api/v1/imports/{what}/template")).bearer_auth(&token).send().unwrap();
            assert_eq!(response.status(), 200);
            let file = response.bytes().unwrap().to_vec();
            let report = preview(&site, &token, what, file);
            // The accounts of the tests have a unit that is in no book.
            let errors: Vec<&Json> = report["errors"].as_array().unwrap().iter().filter(|e| !(what == "roster" && e["value"] == "u1")).collect();
            assert!(errors.is_empty(), "{what}: {errors:?}");
            assert!(report["rows"].as_u64().unwrap() > 2, "{what}");
            assert_eq!(report["differences"], json!([]), "{what}");
        }
    }

    fn a_catalogue_with_powers_shows_what_changes_hands(site) {
        let token = admin(&site, "adm");
        let shown = preview(&site, &token, "matters", MATTERS);
        ok::<Json>(apply(&site, &token, "matters", &shown, MATTERS));
        let head = "事项编码,区域,职权类型,行使机关,范围,职责边界,依据文件,生效日\n";
        let good = format!("{head}SYN-IMPORT-1,nb-gaoxin,行政处罚,water,全部,,通知,2026-01-01\nSYN-IMPORT-1,nb-gaoxin,行政处罚,enforcement,部分,红线以内,通知,2027-01-01\n");
        let shown = preview(&site, &token, "powers", good.clone());
        assert_eq!((&shown["errors"], &shown["counts"]["added"]), (&json!([]), &json!(2)), "{shown}");
        assert_eq!(shown["hands_over"].as_array().unwrap().iter().map(|h| (h["from"].clone(), h["to"].clone())).collect::<Vec<_>>(), [(json!(null), json!("water")), (json!("water"), json!("enforcement"))]);
        ok::<Json>(apply(&site, &token, "powers", &shown, good));
        let bad = format!("{head}SYN-IMPORT-2,nb-gaoxin,行政处罚,nobody,全部,,通知,2026-01-01\nNONE,nb-gaoxin,行政处罚,water,全部,,通知,2026-01-01\nSYN-IMPORT-2,nb-gaoxin,行政处罚,water,部分,,通知,2026-01-01\n");
        let report = preview(&site, &token, "powers", bad);
        let places: Vec<(u64, &str)> = report["errors"].as_array().unwrap().iter().map(|e| (e["row"].as_u64().unwrap(), e["column"].as_str().unwrap())).collect();
        assert_eq!(places, [(2, "行使机关"), (3, "事项编码"), (4, "职责边界")], "{report}");
    }

    fn nothing_personal_is_told_by_answers_errors_logs_or_the_audit(site) {
        keep_log();
        site.restart(&PROBE_V2);
        let token = admin(&site, "adm");
        let mut told = String::new();
        let shown = preview(&site, &token, "roster", ROSTER);
        told += &shown.to_string();
        told += &apply(&site, &token, "roster", &shown, ROSTER).text().unwrap();
        // Files that are wrong in ways that would tempt to repeat what stands in them.
        for (from, to) in [("11010519491231002X", "11010519491231002X1"), ("13800138000", "13800138000 (mobile)"), ("33990000101", "11010519491231002X,"), ("程致远", "13800138000"), ("cheng-zhiyuan", "0574-87654321 ")] {
            told += &send(&site, &token, "roster", "", ROSTER.replace(from, to)).text().unwrap();
        }
        told += &send(&site, &token, "roster", "", ROSTER.lines().skip(1).collect::<Vec<_>>().join("\n")).text().unwrap();
        told += &site.get("/api/v1/officers/cheng-zhiyuan").bearer_auth(&token).send().unwrap().text().unwrap();
        assert!(told.contains("138****8000"), "masked, it is shown");
        for action in ["import.done", "officer.created", "officer.changed", "dated.entered"] {
            told += &site.audited(action).iter().map(|e| format!("{} {}", e.object, e.detail)).collect::<String>();
        }
        let log = String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
        assert!(log.contains("listening"), "the log is kept");
        for secret in SECRETS {
            assert!(!told.contains(secret), "{secret} is told: {}", told.split(secret).next().unwrap_or_default().chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect::<String>());
            assert!(!log.contains(secret), "{secret} is logged");
        }
        let template = site.get("/api/v1/imports/roster/template").bearer_auth(&token).send().unwrap().bytes().unwrap();
        let report = preview(&site, &token, "roster", template.to_vec());
        // In full or masked; three of its digits may stand in a digest.
        for phone in ["13800138000", "138****8000"] {
            assert!(!report.to_string().contains(phone), "the export leaves phones out");
        }
    }

    fn what_is_no_file_of_this_kind_is_refused_with_its_reason(site) {
        let token = admin(&site, "adm");
        let reader = site.log_in(&site.officer("reader", &[Role::Officer], &[]));
        assert_eq!(problem(send(&site, &reader, "roster", "", ROSTER)), (403, "forbidden".into()));
        assert_eq!(problem(send(&site, &token, "people", "", ROSTER)), (404, "not_found".into()));
        assert_eq!(problem(send(&site, &token, "roster", "", "")), (422, "invalid_field".into()));
        assert_eq!(problem(send(&site, &token, "roster", "", b"PK\x03\x04 nothing".to_vec())), (422, "invalid_field".into()));
        assert_eq!(problem(send(&site, &token, "roster", "", vec![b'a'; 10 * 1024 * 1024 + 1])), (413, "body_too_large".into()));
        let headings = preview(&site, &token, "roster", "人员编号,姓名,电话,单位,单位\nx,y,1,z,z\n");
        let said: Vec<(u64, &str, &str)> = headings["errors"].as_array().unwrap().iter().map(|e| (e["row"].as_u64().unwrap(), e["column"].as_str().unwrap(), e["reason"].as_str().unwrap())).collect();
        assert_eq!(said.iter().map(|e| (e.0, e.1)).collect::<Vec<_>>(), [(1, "电话"), (1, "单位"), (1, "人员类别")]);
        assert!(said[0].2.contains("is no heading") && said[1].2.contains("twice") && said[2].2.contains("missing"));
        // Chinese spreadsheets write GB18030.
        let gb = include_bytes!("../../../fixtures/import/roster-gb18030.csv");
        let report = preview(&site, &token, "roster", gb.to_vec());
        assert_eq!((&report["errors"], &report["counts"]["officers_added"]), (&json!([]), &json!(3)));
    }
}
