//! Draws a model (JSON, by argument or on standard input) as a PDF: `cargo run -p docgen --example draw model.json out.pdf`.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;
use std::{env, fs};

use docgen::{Document, FontSettings, Fonts, Press};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (from, to) = args.next().zip(args.next()).ok_or("say: draw <model.json> <out.pdf> [times]")?;
    let times: u32 = args.next().map_or(Ok(1), |n| n.parse())?;
    let document: Document = serde_json::from_slice(&fs::read(from)?)?;
    let press = Press::new(Fonts::load(&FontSettings::default())?);
    let started = Instant::now();
    let mut pdf = press.render(&document, &BTreeMap::new())?;
    let first = started.elapsed();
    let started = Instant::now();
    for _ in 1..times {
        pdf = press.render(&document, &BTreeMap::new())?;
    }
    println!("{} pages, {} bytes; first {first:?}, then {:?} each", pdf.pages, pdf.bytes.len(), started.elapsed() / times.saturating_sub(1).max(1));
    fs::write(to, pdf.bytes)?;
    Ok(())
}
