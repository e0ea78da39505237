//! A photo of 12 megapixels: its facts read, and copies made of it, each in a process of its own so that its memory is its own.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use actix_web::web::Bytes;
use image::{ImageFormat, Rgb, RgbImage};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::picture::decode;

use super::Failure;
use super::measure::{quantile, timed};
use super::report::{Limits, Row};
use crate::base::press::Presses;
use crate::picture::Facts;
use crate::picture::copy::{Form, make};

/// Pixels.
const SIDES: (u32, u32) = (4_000, 3_000);
/// Runs of each step; their median counts.
const TURNS: usize = 5;
/// What is measured; `decode` is the least that any of the others needs, `public` the least that a copy as large as the photo needs.
const STEPS: [(&str, &str); 6] = [
    ("decode", "picture_decode"),
    ("facts", "picture_facts"),
    ("thumbnail", "picture_thumbnail"),
    ("view", "picture_view"),
    ("public", "picture_public"),
    ("watermarked", "picture_watermarked"),
];

/// What a step took.
#[derive(Debug, Serialize, Deserialize)]
struct Took {
    /// CPU milliseconds.
    cpu_ms: f64,
    /// Most memory of the process, in MiB.
    peak_mib: f64,
    /// Bytes of what came out.
    bytes: usize,
    /// Why nothing did.
    problem: Option<String>,
}

/// A photo as a camera might take one: surfaces, edges, and the grain of a sensor.
fn photo() -> Result<Vec<u8>, Failure> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let picture = RgbImage::from_fn(SIDES.0, SIDES.1, |x, y| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let grain = (state >> 60) as u8;
        let wall = u8::from((x / 500 + y / 375) % 2 == 0) * 60;
        let light = 50 + (x / 50) as u8 + wall;
        Rgb([light.saturating_add(grain), (light / 2 + (y / 40) as u8).saturating_add(grain), (180 - light / 2).saturating_sub(grain)])
    });
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, ImageFormat::Jpeg)?;
    Ok(out.into_inner())
}

/// Most memory that this process ever had, in MiB.
fn peak_mib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1_024.0
}

/// Does one step with a file, and says what it took as JSON: the process that [`run`] starts.
pub fn step(name: &str, file: &Path) -> Result<(), Failure> {
    let bytes = Bytes::from(std::fs::read(file)?);
    let mime = infer::get(&bytes).map_or("", |kind| kind.mime_type());
    let (seconds, (bytes, problem)) = match (name, Form::ALL.into_iter().find(|form| form.name() == name)) {
        ("decode", _) => timed(|| match decode(&bytes) {
            Ok(photo) => (photo.pixels.as_bytes().len(), None),
            Err(fault) => (0, Some(fault.code.to_owned())),
        }),
        ("facts", _) => timed(|| {
            let facts = Facts::of(mime, &bytes);
            (0, facts.problem.map(|(code, _)| code.to_owned()))
        }),
        (_, Some(form)) => {
            // Fonts are read once by a server.
            let face = match form {
                Form::Watermarked => Presses::usual().get()?.label(),
                _ => None,
            };
            let lines = ["拍摄时间：2026-03-05 09:30:00", "执法人员：陈一帆、林小禾", "记录：新达项目联合检查　XW-330200-enforcement-20260305-00001-I"].map(str::to_owned);
            timed(|| match make(&bytes, form, &lines, face.as_ref()) {
                Ok(jpeg) => (jpeg.len(), None),
                Err(fault) => (0, Some(fault.code.to_owned())),
            })
        }
        _ => return Err(format!("no step is called {name}").into()),
    };
    println!("{}", serde_json::to_string(&Took { cpu_ms: seconds * 1e3, peak_mib: peak_mib(), bytes, problem })?);
    Ok(())
}

/// Runs every step some times.
pub fn run() -> Result<Vec<Row>, Failure> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("photo.jpg");
    let photo = photo()?;
    std::fs::write(&file, &photo)?;
    let (mut rows, mut floor, mut bare): (Vec<Row>, f64, f64) = (Vec::new(), 0.0, 0.0);
    for (name, called) in STEPS {
        let (mut times, mut peak, mut bytes) = (Vec::new(), 0.0f64, 0);
        for _ in 0..TURNS {
            let done = Command::new(std::env::current_exe()?).args(["bench", "--picture", name]).arg(&file).output()?;
            if !done.status.success() {
                return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
            }
            let took: Took = serde_json::from_slice(&done.stdout)?;
            if let Some(problem) = took.problem {
                return Err(format!("{name}: {problem}").into());
            }
            times.push(took.cpu_ms);
            (peak, bytes) = (peak.max(took.peak_mib), took.bytes);
        }
        let median = quantile(&mut times, 0.5);
        match name {
            "decode" => floor = median,
            "public" => bare = median,
            _ => {}
        }
        let mut row = Row::new(called, TURNS);
        (row.cpu_s_per_1000, row.p50_ms, row.p99_ms, row.rss_mb) = (median, median, quantile(&mut times, 0.99), peak);
        (row.bytes_per_record, row.limits) = (bytes as f64, Limits { floor_cpu_s_per_1000: floor, ..Limits::default() });
        row.more = json!({ "photo_bytes": photo.len(), "of_decoding": median / floor, "beside_public_ms": median - bare });
        rows.push(row);
    }
    Ok(rows)
}
