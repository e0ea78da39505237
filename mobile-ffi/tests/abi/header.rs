//! The committed header is the one that the source makes.

use std::path::Path;

/// `abi/mod.rs` brings the modules below it.
const SOURCES: &[&str] = &["abi/mod.rs", "device/error.rs"];

#[test]
fn the_header_is_what_the_source_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(root.join("src").join(source));
    }
    let mut made = Vec::new();
    builder.generate().unwrap().write(&mut made);
    let path = root.join("include/zhifa.h");
    if std::env::var_os("ZHIFA_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read(&path).unwrap_or_default();
    assert!(kept == made, "include/zhifa.h is not what the source says; run this test with ZHIFA_BLESS=1 and review the difference");
}

#[test]
fn every_error_code_stands_in_the_header() {
    let header = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("include/zhifa.h")).unwrap();
    for code in zhifa_mobile::device::Code::ALL {
        assert!(header.contains(&format!("= {},", code as i32)), "{code:?}");
    }
}
