//! `zhifa handheld`: a handheld without a screen. Orders come as lines of JSON on standard input, answers go out as
//! lines of JSON; everything in between goes through the exported C symbols.

use std::cell::Cell;
use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sync_core::record::Place;
use zhifa_mobile::abi::host::Handheld;
use zhifa_mobile::device::clock;

use super::Failure;

/// Options of `zhifa handheld`.
#[derive(Debug, Clone, clap::Args)]
pub struct HandheldOptions {
    /// The store's file; made if there is none.
    #[arg(long)]
    pub store: PathBuf,
    /// The officer's PIN.
    #[arg(long, env = "ZHIFA_PIN", hide_env_values = true)]
    pub pin: String,
}

/// One order.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    /// Become a device of a district.
    Enrol { input: Json },
    /// Capture once, citing what the record shows in each field.
    Capture { input: Json },
    /// Capture a list of entries of one record, one by one; each is answered as soon as it is kept.
    CaptureEach { record: String, kind: String, entries: Vec<Entry> },
    /// Sign with what is shown.
    Sign { record: String, kind: String, act: Json, fields: Vec<String> },
    /// What stands against a case that is about to begin.
    Check { input: Json },
    /// A document before it is captured.
    Preview { input: Json },
    /// One record.
    View { input: Json },
    /// The joint form.
    Form { input: Json },
    /// Sync by the library's own transport.
    Sync { input: Json },
    /// Sync by our own requests; the first answer to every push is lost, and the push is sent again.
    SyncThroughTunnel { server: String },
    /// Write undelivered work to a file.
    Export { input: Json, file: PathBuf },
    /// Take a colleague's file in.
    Import { file: PathBuf },
    /// The truth about unsent work.
    Status,
    /// The host's wall clock from here on, UTC milliseconds: a host that knows the time better than the system says so with each capture.
    Clock { wall: i64 },
}

/// Something an officer enters.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A field and its value.
    Field(String, Json),
    /// A photo of an item, taken at a place; the motif stands for what is before the lens.
    Photo { item: String, motif: u64, place: Place },
}

/// What the camera gives: a JPEG of a few hundred pixels, drawn from the motif.
pub(super) fn picture(motif: u64) -> Result<Vec<u8>, Failure> {
    let [r, g, b, ..] = motif.to_be_bytes();
    let shade = |x: u32, y: u32, base: u8| base.wrapping_add((x / 8 + y / 6) as u8);
    let picture = image::RgbImage::from_fn(640, 480, |x, y| image::Rgb([shade(x, y, r), shade(y, x, g), shade(x, x, b)]));
    let mut jpeg = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut jpeg, image::ImageFormat::Jpeg)?;
    Ok(jpeg.into_inner())
}

/// The host's wall clock: where it was set to, and what the monotonic clock said then. The system's where it was never set.
#[derive(Default)]
struct Wall(Cell<Option<(i64, i64)>>);

impl Wall {
    fn set(&self, wall: i64) {
        self.0.set(Some((wall, clock::now().mono)));
    }

    /// Adds the time of a capture to what is handed in.
    fn time(&self, mut input: Json) -> Json {
        let now = clock::now();
        if let (Some((wall, mono)), Some(members)) = (self.0.get(), input.as_object_mut()) {
            members.insert("time".into(), json!({ "wall": wall + now.mono - mono, "mono": now.mono, "boot": now.boot }));
        }
        input
    }
}

/// Serves orders until standard input ends.
pub fn run(options: &HandheldOptions) -> Result<(), Failure> {
    let app = json!({ "app": concat!("zhifa-handheld/", env!("CARGO_PKG_VERSION")) });
    let handheld = match options.store.exists() {
        true => Handheld::open(&options.store, &options.pin, &app)?,
        false => Handheld::create(&options.store, &options.pin, &app)?,
    };
    let wall = Wall::default();
    for line in std::io::stdin().lock().lines() {
        let order = serde_json::from_str(&line?)?;
        let answer = match obey(&handheld, &wall, order) {
            Ok(answer) => json!({ "ok": answer }),
            Err(why) => json!({ "error": why.to_string() }),
        };
        tell(&answer)?;
    }
    handheld.close()?;
    Ok(())
}

fn tell(line: &Json) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

fn obey(handheld: &Handheld, wall: &Wall, order: Order) -> Result<Json, Failure> {
    Ok(match order {
        Order::Enrol { input } => handheld.enrol(&input)?,
        Order::Capture { input } => handheld.capture(&wall.time(input))?,
        Order::CaptureEach { record, kind, entries } => {
            for entry in entries {
                let kept = match entry {
                    Entry::Field(field, value) => {
                        let replaces = dots(handheld, &record, &field)?;
                        handheld.capture(&wall.time(json!({ "record": record, "kind": kind, "edits": [{ "field": field, "value": value, "replaces": replaces }] })))?
                    }
                    Entry::Photo { item, motif, place } => handheld.photo(&wall.time(json!({ "record": record, "kind": kind, "item": item, "place": place })), &picture(motif)?)?,
                };
                tell(&json!({ "kept": kept.get("dot") }))?;
            }
            Json::Null
        }
        Order::Sign { record, kind, mut act, fields } => {
            let shown = handheld.view(&json!({ "record": record, "fields": fields, "seal": true }))?;
            let part = act.get("part").and_then(Json::as_str).unwrap_or("whole").to_owned();
            let standing = shown.pointer(&format!("/seals/$seal.{part}")).cloned().unwrap_or_else(|| json!([]));
            if let (Some(act), Some(seal)) = (act.as_object_mut(), shown.get("seal")) {
                act.insert("seal".into(), seal.clone());
                act.insert("replaces".into(), standing);
            }
            handheld.capture(&wall.time(json!({ "record": record, "kind": kind, "act": act })))?
        }
        Order::Check { input } => handheld.case_check(&wall.time(input))?,
        Order::Preview { input } => handheld.document_preview(&wall.time(input))?,
        Order::View { input } => handheld.view(&input)?,
        Order::Form { input } => handheld.form(&input)?,
        Order::Sync { input } => handheld.sync(&input, None, None)?,
        Order::SyncThroughTunnel { server } => through_tunnel(handheld, &server)?,
        Order::Export { input, file } => {
            let bundle = handheld.bundle_export(&input)?;
            std::fs::write(&file, &bundle)?;
            json!({ "bytes": bundle.len() })
        }
        Order::Import { file } => handheld.bundle_import(&std::fs::read(&file)?)?,
        Order::Status => handheld.status()?,
        Order::Clock { wall: now } => {
            wall.set(now);
            Json::Null
        }
    })
}

/// The dots that a field shows.
fn dots(handheld: &Handheld, record: &str, field: &str) -> Result<Json, Failure> {
    let shown = handheld.view(&json!({ "record": record, "fields": [field] }))?;
    Ok(shown.get("fields").and_then(|f| f.get(field)).and_then(|f| f.get("dots")).cloned().unwrap_or_else(|| json!([])))
}

/// A host that does HTTP itself, in a place where answers get lost.
fn through_tunnel(handheld: &Handheld, server: &str) -> Result<Json, Failure> {
    let client = reqwest::blocking::Client::builder().build()?;
    let mut repeats = 0;
    let mut requests = 0;
    while let Some(request) = handheld.sync_next()? {
        let text = |name: &str| request.head.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        let send = || -> Result<reqwest::blocking::Response, Failure> {
            let method = text("method").parse::<reqwest::Method>()?;
            let mut call = client.request(method, format!("{server}{}", text("path"))).body(request.body.clone());
            for (name, value) in request.head.get("headers").and_then(Json::as_object).into_iter().flatten() {
                call = call.header(name, value.as_str().unwrap_or_default());
            }
            Ok(call.send()?)
        };
        let pushing = text("path").ends_with("/push");
        if pushing {
            // Taken in by the server; the answer never reaches the handheld.
            send()?.bytes()?;
            requests += 1;
        }
        let answer = send()?;
        requests += 1;
        let status = answer.status().as_u16();
        let headers: serde_json::Map<String, Json> = answer.headers().iter().filter_map(|(n, v)| Some((n.to_string(), Json::from(v.to_str().ok()?)))).collect();
        let body = answer.bytes()?;
        if pushing {
            let results: Json = serde_json::from_slice(&body).unwrap_or_default();
            let results = results.get("results").and_then(Json::as_array).cloned().unwrap_or_default();
            repeats += results.iter().filter(|r| r.get("repeat") == Some(&Json::Bool(true))).count();
        }
        handheld.sync_answer(status, &Json::Object(headers), &body)?;
    }
    Ok(json!({ "complete": true, "requests": requests, "repeats": repeats }))
}
