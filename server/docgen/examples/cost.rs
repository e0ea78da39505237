//! What documents cost: `cargo run --release -p docgen --example cost [times]` draws each sample so often, each time with other words, and
//! prints milliseconds of the wall clock for one. Run it under `time` for those of the CPU.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::time::Instant;

use docgen::{FontSettings, Fonts, Press};

#[path = "../tests/samples/mod.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "samples of tests")]
mod samples;

fn main() -> Result<(), Box<dyn Error>> {
    let times: u32 = env::args().nth(1).map_or(Ok(50), |n| n.parse())?;
    let started = Instant::now();
    let press = Press::new(Fonts::load(&FontSettings::default())?);
    println!("fonts: {} ms", started.elapsed().as_millis());
    for mut document in [samples::form(), samples::penalty_decision(), samples::site_record()] {
        let (mut pages, mut bytes) = (0, 0);
        let started = Instant::now();
        for n in 0..times {
            // What was drawn before is remembered: each one has another number, as in life.
            document.number = Some(format!("甬高新综执罚决字〔2024〕第{n:04}号"));
            let pdf = press.render(&document, &BTreeMap::new())?;
            (pages, bytes) = (pdf.pages, pdf.bytes.len());
        }
        let each = started.elapsed().as_micros() / u128::from(times.max(1));
        println!("{}: {pages} pages, {} kB, {}.{:03} ms each", document.code, bytes / 1000, each / 1000, each % 1000);
    }
    Ok(())
}
