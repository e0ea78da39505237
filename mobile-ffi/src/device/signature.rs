//! Signatures on glass, made small enough for a change, and as a picture.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::visit::signature::{AIM, flat, points, svg, thin};

use super::capture::check_version;
use super::error::{DeviceError, Result};

/// Most bytes that may be asked for: what a change can take beside everything else.
const MAX_BYTES: usize = 128 * 1024;

/// What the pen reported.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThinInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// Strokes in the order in which they were drawn, each x, y, x, y …
    pub strokes: Vec<Vec<u32>>,
    /// Width of the box, from 1 to 65,535.
    pub w: u32,
    /// Height of the box.
    pub h: u32,
    /// Most bytes of the strokes as they are captured: from 64 to 131,072; 32,768 if left out.
    #[serde(default)]
    pub max_bytes: Option<usize>,
}

/// `{strokes, w, h, bytes, tolerance, points, points_before, svg}`: strokes as `signatures.*` takes them.
pub fn signature_thin(input: &ThinInput) -> Result<Json> {
    check_version(input.v)?;
    let max = input.max_bytes.unwrap_or(AIM);
    if !(64..=MAX_BYTES).contains(&max) {
        return Err(DeviceError::argument("max_bytes", format_args!("must be from 64 to {MAX_BYTES}")));
    }
    let drawn = points(&input.strokes).ok_or_else(|| DeviceError::argument("strokes", "a stroke has an x without its y; give x, y, x, y …"))?;
    let thinned = thin(&drawn, input.w, input.h, max).map_err(|why| DeviceError::argument("strokes", why))?;
    let count = |strokes: &[Vec<(u32, u32)>]| strokes.iter().map(Vec::len).sum::<usize>();
    Ok(json!({
        "v": 1, "strokes": flat(&thinned.strokes), "w": input.w, "h": input.h, "bytes": thinned.bytes, "tolerance": thinned.tolerance,
        "points": count(&thinned.strokes), "points_before": count(&drawn), "svg": svg(&thinned.strokes, input.w, input.h),
    }))
}
