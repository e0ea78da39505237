//! Files in, reports out.

use super::*;
use sync_core::plan::draw::Transcript;

fn read(csv: &str) -> Result<Vec<Entry>, Vec<CellError>> {
    read::entries(csv.as_bytes(), &law().unwrap().0).unwrap()
}

fn options() -> Merge {
    Merge { entries: PathBuf::new(), squads: PathBuf::new(), past: None, apart: 60, english: false, json: false }
}

fn report(entries: &[Entry], squads: Vec<Squad>) -> Report {
    let (book, calendar) = law().unwrap();
    options().report(entries, squads, &[], &book, &calendar).unwrap()
}

#[test]
fn the_example_is_read_back_as_it_was_written() {
    let year = fixtures::plan::year(1).unwrap();
    assert_eq!(read(&read::written(&year.entries).unwrap()).unwrap(), year.entries);
}

#[test]
fn the_report_of_the_example_says_the_reduction_in_both_languages() {
    let year = fixtures::plan::year(1).unwrap();
    let report = report(&year.entries, year.squads);
    assert_eq!(report.gain, Gain { before: report.merged.before, after: report.merged.visits.len() });
    let percent = format!("{}.{:02} %", report.reduction / 100, report.reduction % 100);
    let (zh, en) = (print::report(&report, Language::Chinese).unwrap(), print::report(&report, Language::English).unwrap());
    assert!(zh.contains(&format!("降幅{percent}")) && en.contains(&format!("reduction {percent}")), "{zh}");
    assert!(zh.contains("联合检查") && !zh.contains("construction,") && !zh.contains(['{', '}']));
    assert!(serde_json::to_value(&report).unwrap()["merged"]["visits"][0]["why"][0]["code"].is_string());
}

#[test]
fn chinese_headings_and_words_are_understood() {
    let csv = "编号,机关,事项,对象,区域,开始,截止,方式,次数,依据,类别,风险,分钟,人数\na,fire,FR-001；FR-002,GX-1,juxian,2026-01-05,2026-01-30,现场,1,年度检查计划,日常,高,60,2\n";
    let entries = read(csv).unwrap();
    assert_eq!((entries[0].matters.len(), entries[0].risk), (2, sync_core::plan::Risk::High));
}

#[test]
fn a_wrong_cell_is_named_by_row_column_value_and_reason() {
    let head = "id,organ,matters,object,area,from,to,mode,visits,basis,kind,risk,minutes,officers\n";
    let row = "a,fire,FR-001,GX-1,juxian,2026-01-05,2026-01-30,on_site,1,x,daily,low,60,2\n";
    let wrong = |row: &str| read(&format!("{head}{row}")).unwrap_err().into_iter().map(|e| (e.row, e.column, e.value)).collect::<Vec<_>>();
    let at = |column: &str, value: &str| (2, column.to_owned(), value.to_owned());
    assert_eq!(wrong(&row.replace("2026-01-05", "5.1.2026").replace("low", "none")), [at("from", "5.1.2026"), at("risk", "none")]);
    assert_eq!(wrong(&row.replace(",60,2", ",60,1")), [at("officers", "1")], "行政处罚法第四十二条");
    assert_eq!(wrong(&row.replace("GX-1", "")), [at("object", "")]);
    assert_eq!(wrong(&format!("{row}{row}")), [(3, "id".to_owned(), "a".to_owned())]);
    let headings = read(&format!("{}{row}", head.replace("risk", "rsk"))).unwrap_err();
    assert_eq!(headings.iter().map(|e| (e.row, &*e.column)).collect::<Vec<_>>(), [(1, "risk"), (1, "rsk")]);
}

#[test]
fn a_faulty_squad_is_named_by_its_place() {
    let squads = fixtures::plan::year(1).unwrap().squads;
    let twice: Vec<Squad> = squads.iter().take(1).chain(squads.iter().take(1)).cloned().collect();
    assert!(read::check_squads(&twice).unwrap_err().starts_with("1.id: "));
    assert!(read::check_squads(&[Squad { officers: 0, ..squads[0].clone() }]).unwrap_err().starts_with("0.officers: "));
}

#[test]
fn a_draw_goes_from_commitment_to_a_transcript_that_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let (list, secret) = (folder.path().join("list.json"), folder.path().join("secret"));
    let text = r#"{"title": "双随机", "draw": 1, "team": 2, "objects": [{"key": "GX-1", "weight": 1}, {"key": "GX-2", "weight": 3}], "inspectors": [{"key": "a", "most": 1}, {"key": "b", "most": 1}], "recusals": []}"#;
    std::fs::write(&list, text).unwrap();
    draw::commit(&list, &secret).unwrap();
    assert!(draw::commit(&list, &secret).is_err(), "a seed is never written over");
    draw::draw_from(&list, &secret).unwrap();
    let seed = sync_core::base::Digest::parse(std::fs::read_to_string(&secret).unwrap().trim()).unwrap();
    let transcript: Transcript = sync_core::plan::draw::draw(json(&list).unwrap(), seed).unwrap();
    assert_eq!(sync_core::plan::draw::replay(&transcript), Ok(()));
}
