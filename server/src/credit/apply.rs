//! An application, whoever brings it in: the form, what stands against it, and the edits that it is.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use sync_core::base::date::day_of;
use sync_core::base::{Date, RecordId, UtcMs};
use sync_core::case::fast::{Condition, State};
use sync_core::case::read::View;
use sync_core::credit::condition::{OF_APPLICATION, conditions, opens};
use sync_core::credit::repair::{self, MATERIALS, NAME, OPEN, read, stage};
use sync_core::credit::{Assessment, assess};
use sync_core::dated::Book;
use sync_core::law::Calendar;
use sync_core::record::Record;

use crate::base::problem::Problem;
use crate::org::ops::Op;
use crate::react::{self, Ground};
use crate::record::write::EditBody;
use crate::sync::store::{StoreError, Working};

/// A file that goes with an application; the bytes stay where they were handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// A word of `credit.materials`.
    pub kind: String,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// What it is called.
    pub name: String,
    /// SHA-256 of its bytes, as a token.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// `POST …/apply`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyBody {
    /// The commitment (信用承诺), in words.
    pub commitment: String,
    /// That it may be made public; without it there is no repair.
    pub public: bool,
    /// What is handed in.
    pub materials: Vec<Material>,
    /// Whom to call.
    #[serde(default)]
    pub contact: Option<String>,
    /// His telephone.
    #[serde(default)]
    pub phone: Option<String>,
}

/// Most materials of an application.
const MOST: usize = 20;

impl ApplyBody {
    /// Refuses what no table would take, by field.
    fn check(&self) -> Result<(), Problem> {
        let text = |field: &str, text: &str, most: usize| {
            let n = text.trim().chars().count();
            if n == 0 || n > most { Err(Problem::field(field, format!("give 1 to {most} characters"))) } else { Ok(()) }
        };
        text("commitment", &self.commitment, 2_000)?;
        for (field, value, most) in [("contact", &self.contact, 60), ("phone", &self.phone, 40)] {
            value.as_deref().map(|value| text(field, value, most)).transpose()?;
        }
        if !self.public {
            return Err(Problem::field("public", "the commitment is made public, or there is no repair (公开作出信用承诺)"));
        }
        if self.materials.is_empty() || self.materials.len() > MOST {
            return Err(Problem::field("materials", format!("hand in 1 to {MOST} files")));
        }
        for (n, one) in self.materials.iter().enumerate() {
            let at = |member: &str| format!("materials.{n}.{member}");
            if !MATERIALS.contains(&one.kind.as_str()) {
                return Err(Problem::field(&at("kind"), format!("one of {}", MATERIALS.join(", "))));
            }
            text(&at("name"), &one.name, 120)?;
            if !sync_core::base::ids::is_token(&one.sha256) || one.size > 1 << 40 || one.mime.as_ref().is_some_and(|mime| mime.len() > 80) {
                return Err(Problem::field(&at("sha256"), "give the SHA-256 of the file as hex, its size in bytes and its media type"));
            }
        }
        Ok(())
    }
}

/// A repair with its case, and what the book says of it today.
pub struct Known {
    /// The repair.
    pub repair: Record,
    /// Its case.
    pub case: Record,
    /// Category, days and rules.
    pub found: Assessment,
    /// What an application needs.
    pub conditions: Vec<Condition>,
}

/// Reads a repair with its case; nothing if there is no such repair.
pub fn known(store: &mut Working<'_, '_>, id: RecordId, book: &Book) -> Result<Option<Known>, StoreError> {
    let Some(repair) = store.look(id)?.filter(|record| *record.kind == *NAME) else { return Ok(None) };
    let case: Option<RecordId> = read(&repair, "case").as_str().and_then(|id| id.parse().ok());
    let Some(case) = case.map(|id| store.look(id)).transpose()?.flatten() else { return Ok(None) };
    let (calendar, today) = (Calendar::of(book), day_of(store.now).unwrap_or(Date::MAX));
    let view = View::of(&case);
    let found = assess(&view, book, &calendar, today).map_err(StoreError::Broken)?;
    let Some(found) = found else { return Ok(None) };
    let conditions = conditions(&view, Some(&repair), &found, book, &calendar, today);
    Ok(Some(Known { repair, case, found, conditions }))
}

/// What stands against an application today, as a problem that names each condition with its fact, and the day on which it opens.
fn refused(known: &Known, book: &Book) -> Option<Problem> {
    let unmet: Vec<&Condition> = known.conditions.iter().filter(|one| !OF_APPLICATION.contains(&one.code) && one.state != State::Met).collect();
    if unmet.is_empty() {
        return None;
    }
    let said: Vec<String> = unmet.iter().map(|one| format!("{}: {}", one.zh, one.fact)).collect();
    let opens = opens(&known.found, book).map(|day| day.to_string());
    let listed: Vec<Json> =
        unmet.iter().map(|one| json!({ "basis": one.basis, "code": one.code, "en": one.en, "fact": one.fact, "opens": opens, "state": one.state, "zh": one.zh })).collect();
    Some(Problem::new("not_repairable", said.join("; ")).because(Json::Array(listed)))
}

/// The edit that an application is: `Ok(None)` where the same one waits already. A day that has come since anybody wrote is acted on first.
pub fn application(store: &mut Working<'_, '_>, id: RecordId, body: &ApplyBody, by: Option<&str>, ground: &Ground<'_>) -> Op<Option<EditBody>> {
    if let Err(problem) = body.check() {
        return Ok(Err(problem));
    }
    let book = &ground.law.book;
    let Some(found) = known(store, id, book)? else { return Ok(Err(Problem::not_found("such repair"))) };
    if [stage::NOT_ELIGIBLE, stage::ELIGIBLE].contains(&found.repair.stage()) {
        if let Some(problem) = refused(&found, book) {
            return Ok(Err(problem));
        }
        for draft in react::repair::react(store, &found.repair, ground)? {
            react::write(store, draft, ground.keys)?;
        }
    }
    let Some(repair) = store.look(id)? else { return Ok(Err(Problem::not_found("such repair"))) };
    let before = read(&repair, "application");
    let mut materials = body.materials.clone();
    materials.sort_by(|a, b| (&a.kind, &a.sha256).cmp(&(&b.kind, &b.sha256)));
    let number = before.get("number").and_then(Json::as_i64).unwrap_or(0).saturating_add(1).min(100);
    let day = day_of(UtcMs(store.now.0)).unwrap_or(Date::MAX);
    let mut value: Map<String, Json> = Map::new();
    value.insert("at_ms".into(), json!(store.now.0));
    value.insert("channel".into(), json!(if by.is_some() { "officer" } else { "portal" }));
    value.insert("commitment".into(), json!(body.commitment.trim()));
    value.insert("day".into(), json!(day.to_string()));
    value.insert("materials".into(), json!(materials));
    value.insert("number".into(), json!(number));
    value.insert("public".into(), json!(body.public));
    for (member, text) in [("by", by), ("contact", body.contact.as_deref()), ("phone", body.phone.as_deref())] {
        value.extend(text.map(|text| (member.to_owned(), json!(text.trim()))));
    }
    if repair.stage() == stage::APPLIED {
        let same = ["channel", "commitment", "materials"].iter().all(|member| before.get(*member) == value.get(*member));
        return Ok(if same { Ok(None) } else { Err(Problem::new("conflict", "another application waits for its acceptance; it has to be returned first")) });
    }
    if !OPEN.contains(&repair.stage()) {
        return Ok(Err(Problem::new("conflict", format!("the repair is at {}; an application is made at {}", repair.stage(), OPEN.join(", ")))));
    }
    if let Some(problem) = refused(&found, book) {
        return Ok(Err(problem));
    }
    let handed = |kind: &str| body.materials.iter().any(|one| one.kind == kind);
    let missing: Vec<&str> = found.found.materials.iter().map(String::as_str).filter(|kind| !handed(kind)).collect();
    if !missing.is_empty() {
        return Ok(Err(Problem::field("materials", format!("these are missing: {}", missing.join(", ")))));
    }
    let replaces = repair.register("application").map(|r| r.dots()).unwrap_or_default();
    Ok(Ok(Some(EditBody { field: "application".into(), value: Json::Object(value), replaces, reason: None })))
}

/// Whether a repair is one of a party's: by the key that its token names.
pub fn is_of(record: &Record, party: &str) -> bool {
    *record.kind == *repair::NAME && sync_core::index::repair_entry(record).party == party
}
