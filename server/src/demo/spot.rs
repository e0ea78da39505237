//! A penalty on the spot (行政处罚法 51, 52) at the gate, without a signal: two thousand yuan, from the clue to the report, on the lead's
//! handheld; then the office has the same paper, number and digest.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use sync_core::catalogue::Matter;
use sync_core::dated::Book;
use sync_core::fixtures::{self, Officer};

use super::Failure;
use super::cast::Cast;
use super::joint::met;
use super::office::Desk;
use super::player::Player;

/// Two thousand yuan, in fen: within what an organisation may be fined on the spot.
const FINE: i64 = 200_000;
/// The organ of the team, and the area.
const ORGAN: &str = "enforcement";
const AREA: &str = "nb-gaoxin";
/// 工地出入口路面未硬化、车辆清洗设施缺失致污水流溢、污染道路.
const MATTER: &str = "UM-008";
const FIRM: &str = "宁波新达建设工程有限公司（演示）";
const USCC: &str = "91330201MA2AJ1XX0K";
/// Longest wait for the file of the decision.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of it.
#[derive(Debug, Clone)]
pub enum Spot {
    /// Decided and served: number, stage, and the file's pages if this build draws files.
    Served {
        /// The case.
        case: String,
        /// The number of the decision.
        no: String,
        /// Pages of the PDF.
        pages: Option<i64>,
    },
    /// The handheld knew of a decision about the same act: there is no second fine.
    Fined,
}

/// A case on the lead's handheld.
struct Work<'p> {
    player: &'p mut Player,
    case: Option<String>,
}

impl Work<'_> {
    fn input(&self, fields: &[(&str, Json)], dots: &Json) -> Json {
        let replaced = |field: &str| dots.get(field).and_then(|f| f.get("dots")).cloned().unwrap_or_else(|| json!([]));
        let edits: Vec<Json> = fields.iter().map(|(field, value)| json!({ "field": field, "value": value, "replaces": replaced(field) })).collect();
        json!({ "record": self.case, "kind": "case", "edits": edits })
    }

    fn shown(&mut self) -> Result<Json, Failure> {
        match &self.case {
            None => Ok(Json::Null),
            Some(case) => Ok(self.player.ask(&json!({ "do": "view", "input": { "record": case, "seal": true } }))?),
        }
    }

    /// Captures these fields, citing what the screen showed.
    fn write(&mut self, fields: &[(&str, Json)], numbers: Json) -> Result<Json, Failure> {
        let shown = self.shown()?;
        let mut input = self.input(fields, shown.get("fields").unwrap_or(&Json::Null));
        put(&mut input, "numbers", numbers);
        let done = self.player.ask(&json!({ "do": "capture", "input": input }))?;
        self.case = done.get("record").and_then(Json::as_str).map(str::to_owned);
        Ok(done)
    }

    /// An act over what is shown.
    fn act(&mut self, name: &str) -> Result<(), Failure> {
        let seal = self.shown()?.get("seal").cloned().unwrap_or_default();
        let input = json!({ "record": self.case, "kind": "case", "act": { "name": name, "seal": seal } });
        met(name, &self.player.ask(&json!({ "do": "capture", "input": input }))?)
    }

    fn preview(&mut self) -> Result<Json, Failure> {
        let shown = self.player.ask(&json!({ "do": "preview", "input": { "record": self.case, "kind": "case", "paper": "d1" } }))?;
        match shown.get("missing") {
            Some(Json::Null) | None => Ok(shown),
            Some(missing) => Err(format!("the decision cannot be shown: {missing}").into()),
        }
    }

    fn field(&mut self, field: &str) -> Result<Json, Failure> {
        let shown = self.shown()?;
        Ok(shown.get("fields").and_then(|fields| fields.get(field)?.get("value")).cloned().unwrap_or_default())
    }
}

fn put(map: &mut Json, member: &str, value: Json) {
    if let Some(members) = map.as_object_mut().filter(|_| !value.is_null()) {
        members.insert(member.to_owned(), value);
    }
}

fn strokes() -> Json {
    json!([[120, 80, 180, 220, 240, 90], [300, 60, 300, 240], [360, 150, 470, 140, 500, 210]])
}

/// Plays it on a handheld that has law and numbers, and looks at the office's copy.
pub fn punish(cast: &Cast, player: &mut Player, desk: &Desk, now_ms: i64, day: sync_core::base::Date) -> Result<Spot, Failure> {
    let organisation = fixtures::organisation()?;
    let team: Vec<&Officer> = organisation.officers.iter().filter(|o| o.department == ORGAN && o.roles.iter().any(|r| r == "officer")).take(2).collect();
    let [lead, second] = team[..] else { return Err("the fixtures have no two officers of the team".into()) };
    let mut book = Book::new();
    for row in fixtures::rows()? {
        book.insert(row).map_err(|e| e.to_string())?;
    }
    let matter = book.get::<Matter>(MATTER, day).ok_or("the fixtures have no matter UM-008")?;
    let basis: Vec<String> = matter.penalty.iter().map(|clause| format!("《{}》{}", clause.law, clause.article)).collect();
    let handler = |o: &Officer, role: &str| json!({ "certificate": o.certificate, "name": o.name, "role": role });
    let (first_key, second_key) = (format!("handlers.{}", lead.id), format!("handlers.{}", second.id));
    let today = day.to_string();
    let glass = |by: &str| json!({ "by": by, "h": 300, "ms": now_ms, "strokes": strokes(), "w": 600 });
    let mut simple = json!({ "certificates_shown": true, "heard": true, "statement": "无异议，立即清洗路面" });
    let fields = [
        ("act_date", json!(today)),
        ("area", json!(AREA)),
        ("clue", json!({ "fact": "车辆带泥驶出工地", "found_ms": now_ms, "source": "inspection" })),
        ("facts", json!("当事人在施工工地出入口未采取保洁措施，车辆带泥上路，污染路面约二十米，车辆清洗设施未启用。")),
        ("found_date", json!(today)),
        (&*first_key, handler(lead, "lead")),
        (&*second_key, handler(second, "officer")),
        ("matter", json!(MATTER)),
        ("party.address", json!(cast.site.address)),
        ("party.kind", json!("organisation")),
        ("party.legal_rep", json!("王建国")),
        ("party.name", json!(FIRM)),
        ("party.phone", json!("13800000000")),
        ("party.uscc", json!(USCC)),
        ("penalty", json!({ "amount_fen": FINE, "basis": basis.join("、"), "kind": "fine", "surcharge_told": true })),
        ("place", json!(format!("{}{}道口", cast.site.address, cast.site.name))),
        ("procedure", json!("simple")),
        ("simple", simple.clone()),
        ("site", json!(cast.site.id)),
        ("title", json!(format!("{FIRM}车辆带泥上路案"))),
        ("unit", json!(lead.unit)),
    ];
    let mut work = Work { player, case: None };
    let mut asked = work.input(&fields, &Json::Null);
    if let Some(members) = asked.as_object_mut() {
        members.remove("kind");
        members.remove("record");
    }
    let found = work.player.ask(&json!({ "do": "check", "input": asked }))?;
    let barring = |f: &&Json| f.get("bars").and_then(Json::as_array).is_some_and(|bars| bars.iter().any(|act| act == "punish_on_spot"));
    let against: Vec<&str> = found.get("findings").and_then(Json::as_array).into_iter().flatten().filter(barring).filter_map(|f| f.get("code")?.as_str()).collect();
    match against[..] {
        [] => {}
        ["double_fine"] => return Ok(Spot::Fined),
        _ => return Err(format!("the law stands against it: {found}").into()),
    }
    work.write(&fields, Json::Null)?;
    let paper = json!({ "at_ms": now_ms, "by": lead.id, "type": "spot_decision", "version": 1 });
    let done = work.write(&[("papers.d1", paper)], json!([{ "field": "papers.d1", "organ": ORGAN }]))?;
    let no = done.pointer("/numbers/0/no").and_then(Json::as_str).ok_or("no number of a decision was leased")?.to_owned();
    // Party and officers sign on glass; what was before their eyes is named by its digest.
    put(&mut simple, "signature", json!("party"));
    let signed = [("signatures.party", glass("王建国")), ("signatures.lead", glass(&lead.name)), ("signatures.second", glass(&second.name)), ("simple", simple.clone())];
    work.write(&signed, Json::Null)?;
    let read = work.preview()?;
    let digest = read.get("digest").cloned().unwrap_or_default();
    let mut shown = work.field("papers.d1")?;
    put(&mut shown, "sha256", digest.clone());
    work.write(&[("papers.d1", shown)], Json::Null)?;
    work.act("punish_on_spot")?;
    work.write(&[("served", json!({ "document": "d1", "received_ms": now_ms, "signature": "party", "to": "王建国", "way": "direct" }))], Json::Null)?;
    work.act("serve")?;
    put(&mut simple, "reported_ms", json!(now_ms));
    work.write(&[("simple", simple)], Json::Null)?;
    work.act("report_simple")?;
    let case = work.case.clone().ok_or("the capture gave no record")?;
    player.sync()?;
    let document = sealed(desk, &case)?;
    let stands = |member: &str| document.get(member).cloned().unwrap_or_default();
    if stands("no") != json!(no) || stands("model") != digest || !stands("reason").is_null() {
        return Err(format!("the office's decision is not the one that was signed: {document}, shown {digest}, {no}").into());
    }
    Ok(Spot::Served { case, no, pages: stands("pages").as_i64() })
}

/// The office's document of the paper: as a file, where this build draws files.
fn sealed(desk: &Desk, case: &str) -> Result<Json, Failure> {
    let (began, wanted) = (Instant::now(), if cfg!(feature = "pdf") { "sealed" } else { "numbered" });
    loop {
        let page = desk.get(&format!("/api/v1/records/{case}"))?;
        let fields = page.get("fields").and_then(Json::as_array).into_iter().flatten();
        let mut documents =
            fields.filter(|f| f.get("key").and_then(Json::as_str).is_some_and(|key| key.starts_with("documents."))).filter_map(|f| f.pointer("/candidates/0/value"));
        match documents.find(|d| d.get("paper").and_then(Json::as_str) == Some("d1")) {
            Some(document) if document.get("state").and_then(Json::as_str) == Some(wanted) => return Ok(document.clone()),
            other if began.elapsed() > PATIENCE => return Err(format!("the decision was not {wanted} within a minute: {other:?}").into()),
            _ => std::thread::sleep(Duration::from_millis(200)),
        }
    }
}
