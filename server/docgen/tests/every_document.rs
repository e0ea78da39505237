//! Every type of document, of the sample case and visit, on paper: no glyph is missing, nothing is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail the test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use docgen::{FontSettings, Fonts, Press};
use sync_core::document::template_of;
use sync_core::fixtures::papers::sample;

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn every_type_is_drawn_with_every_character_of_its_model() {
    let press = Press::new(Fonts::load(&FontSettings::default()).unwrap_or_else(|e| panic!("{e}")));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("every_document");
    fs::create_dir_all(&folder).unwrap();
    let sample = sample().unwrap();
    for (sort, facts) in sample.all().unwrap() {
        let document = template_of(sort.code, sample.day).unwrap().render(&facts).unwrap_or_else(|missing| panic!("{}: {missing}", sort.code));
        let pdf = press.render(&document, &BTreeMap::new()).unwrap_or_else(|e| panic!("{}: {e}", sort.code));
        let file = folder.join(format!("{}.pdf", sort.code));
        fs::write(&file, &pdf.bytes).unwrap();
        let out = Command::new("pdftotext").arg(&file).arg("-").output().expect("pdftotext of the package poppler-utils");
        let all = bare(&String::from_utf8(out.stdout).unwrap());
        let count = |text: &str, c: char| text.chars().filter(|one| *one == c).count();
        for text in document.texts().into_iter().map(bare) {
            for c in text.chars() {
                assert!(count(&all, c) >= count(&text, c), "{}: {c} of “{text}” is not in {all}", sort.code);
            }
        }
        assert!(pdf.pages <= 4, "{} takes {} pages", sort.code, pdf.pages);
    }
}
