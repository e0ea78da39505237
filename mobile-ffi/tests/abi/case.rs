//! Penalties on the spot without a network, over the C symbols: what stands against them, the decision that the party reads before
//! signing, its number, and what the server says of it afterwards.

use std::path::Path;

use serde_json::{Value as Json, json};
use sync_core::base::date::start_of;
use sync_core::catalogue::Matter;
use sync_core::dated::{Book, Kind};
use sync_core::record::Exception;
use zhifa_mobile::abi::host::Handheld;

use super::town::Town;

const YUAN: i64 = 100;
const AREA: &str = "nb-gaoxin";
/// A working day without a holiday near it: Wednesday.
const DAY: &str = "2026-11-18";

/// Two officers of a squad, with the law of the district and blocks of its organ's numbers.
struct Beat {
    town: Town,
    dir: tempfile::TempDir,
    chen: Handheld,
    book: Book,
}

fn book() -> Book {
    let mut book = Book::new();
    sync_core::fixtures::rows().unwrap().into_iter().for_each(|row| book.insert(row).unwrap());
    book
}

fn sync(handheld: &Handheld) {
    assert_eq!(handheld.sync(&json!({}), None, None).unwrap()["complete"], true);
}

/// A handheld of an officer of the enforcement team that has law and numbers.
fn equipped(town: &Town, dir: &Path, officer: &str) -> Handheld {
    town.state().organs.insert(officer.into(), "enforcement".into());
    town.state().areas.insert(officer.into(), [AREA.to_owned()].into());
    let (handheld, _) = town.handheld(dir, officer);
    sync(&handheld);
    handheld
}

impl Beat {
    fn new() -> Beat {
        let (town, dir, book) = (Town::new(), tempfile::tempdir().unwrap(), book());
        town.state().prefix = Some("甬高新综执".into());
        town.state().law.advance(book.clone());
        let chen = equipped(&town, dir.path(), "chen-yifan");
        Beat { town, dir, chen, book }
    }

    /// A matter of the team whose fine may be of so much.
    fn matter(&self, yuan: i64) -> String {
        let day = DAY.parse().unwrap();
        let allows = |m: &Matter| {
            m.case_allowed && m.fine.as_ref().is_some_and(|fine| serde_json::to_value(fine).unwrap()["shape"] == "fixed") && {
                let fine = serde_json::to_value(&m.fine).unwrap();
                fine["min"].as_i64().unwrap_or(0) <= yuan * YUAN && yuan * YUAN <= fine["max"].as_i64().unwrap_or(0)
            }
        };
        let held = |code: &&str| {
            let holder = self.chen.law_authority(&json!({ "matter": code, "area": AREA, "power": "penalty", "day": DAY })).unwrap();
            holder["holder"]["organ"] == "enforcement"
        };
        let mut codes = self.book.keys(Kind::Matter).filter(|code| self.book.get::<Matter>(code, day).is_some_and(|m| allows(&m)));
        codes.find(held).unwrap_or_else(|| panic!("no matter of the team with a fine of {yuan} yuan")).to_owned()
    }
}

/// A case as one officer works on it.
struct Work<'a> {
    handheld: &'a Handheld,
    record: String,
}

fn at(hours: i64) -> i64 {
    start_of(DAY.parse().unwrap()).0 + hours * 3_600_000
}

fn signature(by: &str) -> Json {
    json!({ "by": by, "h": 300, "strokes": [[20, 40, 120, 260, 200, 60], [300, 50, 420, 240]], "w": 600 })
}

/// What both officers see and write down: who, what, where.
fn facts(matter: &str) -> Vec<(&'static str, Json)> {
    vec![
        ("act_date", json!(DAY)),
        ("area", json!(AREA)),
        ("clue", json!({ "fact": "道口保洁不到位，车辆带泥上路", "found_ms": at(9), "source": "inspection" })),
        ("facts", json!("2026年11月18日，当事人在聚贤路施工工地出入口未采取保洁措施，车辆带泥上路，污染路面约二十米。")),
        ("found_date", json!(DAY)),
        ("handlers.chen-yifan", json!({ "certificate": "33990000001", "name": "陈一凡", "role": "lead" })),
        ("handlers.lin-xiaohe", json!({ "certificate": "33990000002", "name": "林小禾", "role": "officer" })),
        ("matter", json!(matter)),
        ("party.address", json!("宁波国家高新区聚贤路100号")),
        ("party.kind", json!("organisation")),
        ("party.legal_rep", json!("王建国")),
        ("party.name", json!("宁波某某建筑工程有限公司")),
        ("party.phone", json!("13800000000")),
        ("party.uscc", json!("91330201MA2AJ1XX0K")),
        ("place", json!("宁波国家高新区聚贤路新达工地道口")),
        ("procedure", json!("simple")),
        ("title", json!("宁波某某建筑工程有限公司车辆带泥上路案")),
        ("unit", json!("squad-juxian")),
    ]
}

fn heard() -> Json {
    json!({ "certificates_shown": true, "heard": true, "statement": "无异议，马上清洗" })
}

fn paper() -> Json {
    json!({ "at_ms": at(10), "by": "chen-yifan", "type": "spot_decision", "version": 1 })
}

fn fine(yuan: i64) -> Json {
    json!({ "amount_fen": yuan * YUAN, "basis": "《宁波市市容和环境卫生管理条例》第三十条", "kind": "fine", "surcharge_told": true })
}

impl Work<'_> {
    fn begin<'a>(handheld: &'a Handheld, fields: &[(&str, Json)]) -> Work<'a> {
        let edits: Vec<Json> = fields.iter().map(|(field, value)| json!({ "field": field, "value": value, "replaces": [] })).collect();
        let done = handheld.capture(&json!({ "kind": "case", "edits": edits })).unwrap();
        Work { handheld, record: done["record"].as_str().unwrap().to_owned() }
    }

    fn field(&self, field: &str) -> Json {
        self.handheld.view(&json!({ "record": self.record, "fields": [field] })).unwrap()["fields"][field].clone()
    }

    fn edits(&self, fields: &[(&str, Json)]) -> Json {
        let dots = |field: &str| self.field(field)["dots"].as_array().map_or(json!([]), |d| json!(d));
        fields.iter().map(|(field, value)| json!({ "field": field, "value": value, "replaces": dots(field) })).collect()
    }

    fn write(&self, fields: &[(&str, Json)]) -> Json {
        self.handheld.capture(&json!({ "record": self.record, "kind": "case", "edits": self.edits(fields) })).unwrap()
    }

    /// Does an act with these fields; gives what it did not meet.
    fn act(&self, fields: &[(&str, Json)], act: &str) -> Vec<String> {
        self.write(fields);
        let seal = self.handheld.view(&json!({ "record": self.record, "seal": true })).unwrap()["seal"].clone();
        let said = self.handheld.capture(&json!({ "record": self.record, "kind": "case", "edits": [], "act": { "name": act, "seal": seal } })).unwrap();
        [&said["excepted"], &said["refused"]].into_iter().flat_map(|all| all.as_array().unwrap()).map(|r| r["code"].as_str().unwrap().to_owned()).collect()
    }

    fn check(&self, fields: &[(&str, Json)]) -> Json {
        self.handheld.case_check(&json!({ "record": self.record, "edits": self.edits(fields), "day": DAY })).unwrap()
    }

    /// Codes of what bars an act.
    fn barring(&self, fields: &[(&str, Json)], act: &str) -> Vec<String> {
        let check = self.check(fields);
        let bars = |f: &&Json| f["weight"] != "warn" && f["bars"].as_array().unwrap().iter().any(|bar| bar == act);
        check["findings"].as_array().unwrap_or_else(|| panic!("{check}")).iter().filter(bars).map(|f| f["code"].as_str().unwrap().to_owned()).collect()
    }

    fn preview(&self, more: Json) -> Json {
        let mut input = json!({ "record": self.record, "kind": "case", "paper": "d1" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.handheld.document_preview(&input).unwrap()
    }

    fn stage(&self) -> Json {
        self.handheld.view(&json!({ "record": self.record })).unwrap()["stage"].clone()
    }

    /// Draws up the decision with the next number of the block.
    fn numbered(&self) -> Json {
        let edits = self.edits(&[("papers.d1", paper())]);
        let done = self.handheld.capture(&json!({ "record": self.record, "kind": "case", "edits": edits, "numbers": [{ "field": "papers.d1", "organ": "enforcement" }] }));
        done.unwrap()["numbers"][0].clone()
    }
}

fn left(handheld: &Handheld) -> i64 {
    let status = handheld.numbers_status().unwrap();
    let of = |row: &&Json| row["documents"].as_array().is_some_and(|types| types.iter().any(|sort| sort == "spot_decision"));
    status["series"].as_array().unwrap().iter().filter(of).map(|row| row["left"].as_i64().unwrap()).sum()
}

#[test]
fn two_thousand_yuan_on_the_spot_from_the_clue_to_the_report_without_a_network() {
    let beat = Beat::new();
    let requests = beat.town.state().seen.len();
    let work = Work::begin(&beat.chen, &facts(&beat.matter(2_000)));

    // Before: what it stands before, and what the law says.
    let nothing = work.check(&[]);
    let spot = nothing["acts"].as_array().unwrap().iter().find(|a| a["act"] == "punish_on_spot").unwrap();
    let codes: Vec<&str> = spot["against"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect();
    for code in ["certificates_not_shown", "not_heard", "no_number", "no_signature"] {
        assert!(codes.contains(&code), "{code}: {spot}");
    }
    assert_eq!((spot["met"].as_bool(), &spot["weight"], &nothing["stage"]), (Some(false), &json!("deed"), &json!("CLUE")));
    let limit = work.barring(&[("penalty", fine(3_001))], "punish_on_spot");
    assert!(limit.iter().any(|code| code == "simple.over_limit"), "行政处罚法 51: {limit:?}");
    let citizen = work.barring(&[("penalty", fine(2_000)), ("party.kind", json!("citizen"))], "punish_on_spot");
    assert!(citizen.iter().any(|code| code == "simple.over_limit"), "行政处罚法 51: {citizen:?}");
    assert_eq!(work.barring(&[("penalty", fine(2_000))], "punish_on_spot"), [""; 0], "{}", work.check(&[("penalty", fine(2_000))]));
    assert_eq!(work.field("penalty"), Json::Null, "checking keeps nothing");

    // The party reads the decision with its number before anything is kept.
    work.write(&[("penalty", fine(2_000)), ("simple", heard())]);
    let before = left(&beat.chen);
    let shown = work.preview(json!({ "edits": work.edits(&[("papers.d1", paper())]), "numbers": [{ "field": "papers.d1", "organ": "enforcement" }] }));
    let no = shown["number"].as_str().unwrap_or_else(|| panic!("{shown}")).to_owned();
    assert_eq!((&shown["missing"], left(&beat.chen)), (&Json::Null, before), "no number is taken by looking");
    let html = shown["html"].as_str().unwrap();
    for words in ["当场行政处罚决定书", &no, "宁波某某建筑工程有限公司", "贰仟元整", "2,000.00元", "无异议，马上清洗", "第三十条"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("<script") && !html.contains("src="), "one page, nothing loaded");
    if let Some(folder) = std::env::var_os("ZHIFA_KEEP_DOCUMENTS") {
        std::fs::write(Path::new(&folder).join("spot_decision.html"), html).unwrap();
    }

    // Number, signature, and the digest of what was signed.
    let number = work.numbered();
    assert_eq!((number["no"].as_str().unwrap(), left(&beat.chen)), (&*no, before - 1));
    let mut simple = heard();
    simple["signature"] = json!("party");
    work.write(&[("signatures.party", signature("王建国")), ("simple", simple.clone())]);
    let signed = work.preview(json!({}));
    assert_ne!(signed["digest"], shown["digest"], "a signature is on it");
    let mut shown = work.field("papers.d1")["value"].clone();
    shown["sha256"] = signed["digest"].clone();
    assert_eq!(work.act(&[("papers.d1", shown)], "punish_on_spot"), [""; 0]);
    assert_eq!(work.stage(), "DECIDED");
    assert_eq!(work.preview(json!({}))["digest"], signed["digest"], "what is decided is what was read");
    let served = json!({ "document": "d1", "received_ms": at(10), "signature": "party", "to": "王建国", "way": "direct" });
    assert_eq!(work.act(&[("served", served)], "serve"), [""; 0]);

    // Two thousand yuan are not collected on the spot; the report is.
    let taken = json!({ "amount_fen": 2_000 * YUAN, "at_ms": at(10), "ground": "small", "receipt": "P1" });
    let codes = work.barring(&[("collected", taken)], "close");
    assert!(codes.iter().any(|code| code == "simple.collection_not_allowed"), "行政处罚法 68: {codes:?}");
    simple["reported_ms"] = json!(at(17));
    assert_eq!(work.act(&[("simple", simple)], "report_simple"), [""; 0]);
    assert_eq!(work.stage(), "SERVED");
    assert_eq!(work.barring(&[], "close"), [""; 0]);
    assert_eq!(beat.town.state().seen.len(), requests, "nothing of this needed a network");

    sync(&beat.chen);
    let state = beat.town.state();
    let there = &state.district.records[&work.record.parse().unwrap()];
    assert_eq!((there.stage(), Exception::open(there)), ("SERVED", vec![]));
    assert_eq!(there.register("papers.d1").unwrap().candidates()[0].value.to_json()["number"]["no"], json!(no));
}

#[test]
fn a_warning_on_the_spot_whose_signature_is_refused_needs_a_witness() {
    let beat = Beat::new();
    let work = Work::begin(&beat.chen, &facts(&beat.matter(100)));
    let warning = json!({ "basis": "《宁波市市容和环境卫生管理条例》第三十条", "detail": "警告", "kind": "warning" });
    work.write(&[("penalty", warning), ("simple", heard())]);
    work.numbered();
    let mut refused = heard();
    refused["refused"] = json!(true);
    let spot = |simple: &Json| {
        let check = work.check(&[("simple", simple.clone())]);
        let acts = check["acts"].as_array().unwrap().iter().find(|a| a["act"] == "punish_on_spot").unwrap().clone();
        acts["against"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(spot(&refused), ["no_signature"], "行政处罚法 52");
    refused["witness"] = json!("居委会 张三");
    assert_eq!(spot(&refused), [""; 0]);
    let shown = work.preview(json!({ "edits": work.edits(&[("simple", refused.clone())]) }));
    assert!(shown["html"].as_str().unwrap_or_else(|| panic!("{shown}")).contains("警告"));
    assert_eq!(work.act(&[("simple", refused)], "punish_on_spot"), [""; 0]);
    assert_eq!(work.stage(), "DECIDED");
}

#[test]
fn what_a_document_lacks_is_named_and_what_cannot_be_drawn_is_refused() {
    let beat = Beat::new();
    let matter = beat.matter(2_000);
    let mut some = facts(&matter);
    some.retain(|(key, _)| *key != "party.name");
    let work = Work::begin(&beat.chen, &some);
    work.write(&[("papers.d1", paper()), ("penalty", fine(2_000)), ("simple", heard())]);
    let shown = work.preview(json!({}));
    assert_eq!((&shown["html"], &shown["digest"], &shown["missing"]["fact"]), (&Json::Null, &Json::Null, &json!("party.name")), "{shown}");
    let ask = |more: Json| beat.chen.document_preview(&more).unwrap_err();
    assert!(ask(json!({ "record": work.record, "kind": "case" })).message.contains("paper"));
    assert!(ask(json!({ "record": work.record, "kind": "site", "type": "spot_decision" })).message.contains("kind"));
    assert!(ask(json!({ "record": work.record, "kind": "case", "type": "no_such" })).message.contains("no_such"));
    assert!(ask(json!({ "record": work.record, "kind": "case", "paper": "d9" })).message.contains("not on this record"));
    // Without a network there may be no law yet: the check says so, and a paper cannot be drawn.
    let (bare, _) = beat.town.handheld(beat.dir.path(), "lin-xiaohe");
    let check = bare.case_check(&json!({ "edits": [{ "field": "title", "value": "某案", "replaces": [] }] })).unwrap();
    assert_eq!((&check["law"], &check["findings"], &check["stage"], &check["record"]), (&Json::Null, &Json::Null, &json!("CLUE"), &Json::Null));
    assert!(bare.document_preview(&json!({ "kind": "case", "type": "spot_decision" })).unwrap_err().message.contains("law"));
    assert!(bare.capture(&json!({ "kind": "case", "edits": [{ "field": "title", "value": "某案", "replaces": [] }] })).is_ok(), "capture is never held up by it");
}

#[test]
fn a_second_fine_for_one_act_is_told_where_the_first_is_known() {
    let beat = Beat::new();
    let matter = beat.matter(2_000);
    let first = Work::begin(&beat.chen, &facts(&matter));
    first.write(&[("penalty", fine(2_000)), ("simple", heard())]);
    first.numbered();
    let mut simple = heard();
    simple["signature"] = json!("party");
    assert_eq!(first.act(&[("signatures.party", signature("王建国")), ("simple", simple)], "punish_on_spot"), [""; 0]);
    let second = Work::begin(&beat.chen, &facts(&matter));
    let twice = second.barring(&[("penalty", fine(2_000))], "punish_on_spot");
    assert!(!twice.is_empty(), "行政处罚法 29: {}", second.check(&[("penalty", fine(2_000))]));
    let mut other = facts(&matter);
    other.retain(|(key, _)| *key != "party.uscc");
    other.push(("party.uscc", json!("91330201MA2GT0006Q")));
    let another = Work::begin(&beat.chen, &other);
    assert_eq!(another.barring(&[("penalty", fine(2_000))], "punish_on_spot"), [""; 0], "another firm");
}

#[test]
fn two_officers_on_one_case_merge_and_a_disputed_party_is_not_served() {
    let beat = Beat::new();
    let lin = equipped(&beat.town, beat.dir.path(), "lin-xiaohe");
    let chen = Work::begin(&beat.chen, &facts(&beat.matter(2_000)));
    lin.bundle_import(&beat.chen.bundle_export(&json!({ "records": [chen.record] })).unwrap()).unwrap();
    let theirs = Work { handheld: &lin, record: chen.record.clone() };
    chen.write(&[("penalty", fine(2_000)), ("simple", heard()), ("party.name", json!("宁波某某建设集团有限公司"))]);
    theirs.write(&[("evidence.e1", json!({ "by": "lin-xiaohe", "fact": "带泥路面", "kind": "audiovisual" })), ("party.name", json!("宁波某某建筑工程公司"))]);
    chen.numbered();
    sync(&beat.chen);
    sync(&lin);
    sync(&beat.chen);
    let name = chen.field("party.name");
    assert_eq!(name["candidates"].as_array().unwrap().len(), 2, "both are kept: {name}");
    assert!(chen.field("evidence.e1")["value"].is_object() && theirs.field("penalty")["value"].is_object(), "the rest merged");
    let mut simple = heard();
    simple["signature"] = json!("party");
    let against = chen.act(&[("signatures.party", signature("王建国")), ("simple", simple)], "punish_on_spot");
    assert!(against.iter().any(|code| code == "contested"), "{against:?}");
    let shown = chen.preview(json!({}));
    assert_eq!(shown["missing"]["fact"], "party.name", "a disputed name is on no paper: {shown}");
}
