//! The program in `tests/c`, built by the system's compilers and run as it is and under valgrind.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use sync_core::base::b64;
use sync_core::base::keys::{Ed25519, Signer};

use super::town::{PIN, Town};

pub struct Program {
    pub binary: PathBuf,
    _dir: tempfile::TempDir,
}

/// The folder that holds the shared library which this test run was built with.
fn library_dir() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.ancestors().skip(1).find(|dir| dir.join("libzhifa_mobile.so").exists()).expect("libzhifa_mobile.so beside the test").to_owned()
}

fn include_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/c").join(name)
}

fn succeeded(output: &Output) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr));
}

impl Program {
    /// Linked to the shared library.
    pub fn build() -> Program {
        let library = library_dir();
        Program::linked(&["-L".as_ref(), library.as_os_str(), "-lzhifa_mobile".as_ref(), "-lpthread".as_ref()], Some(&library))
    }

    /// With the library within it.
    pub fn build_static() -> Program {
        let archive = library_dir().join("libzhifa_mobile.a");
        Program::linked(&[archive.as_os_str(), "-lpthread".as_ref(), "-ldl".as_ref(), "-lm".as_ref()], None)
    }

    fn linked(libraries: &[&OsStr], search: Option<&Path>) -> Program {
        let dir = tempfile::tempdir().unwrap();
        let binary = dir.path().join("host");
        let mut cc = Command::new("cc");
        cc.args(["-std=c99", "-g", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]).arg("-I").arg(include_dir()).arg(source("host.c")).arg("-o").arg(&binary);
        cc.args(libraries);
        if let Some(search) = search {
            cc.arg(format!("-Wl,-rpath,{}", search.display()));
        }
        succeeded(&cc.output().expect("cc"));
        Program { binary, _dir: dir }
    }

    /// A command that runs the program, or runs it under another: with the library it was linked to, whatever else the
    /// search path of this test names.
    pub fn command(&self, under: Option<&str>) -> Command {
        let mut command = match under {
            Some(other) => Command::new(other),
            None => Command::new(&self.binary),
        };
        command.env_remove("LD_LIBRARY_PATH");
        command
    }

    fn arguments(town: &Town, dir: &Path) -> Vec<String> {
        super::law::give(town, "li");
        town.state().organs.insert("li".into(), "team".into());
        town.state().prefix = Some("甬高新综执".into());
        ["all", dir.to_str().unwrap(), PIN, &town.address, "one-time", "li", "pass"].map(str::to_owned).to_vec()
    }
}

#[test]
fn a_c_program_uses_every_function() {
    let (town, dir, program) = (Town::new(), tempfile::tempdir().unwrap(), Program::build());
    succeeded(&program.command(None).args(Program::arguments(&town, dir.path())).output().unwrap());
    let used = std::fs::read_to_string(source("host.c")).unwrap();
    let header = std::fs::read_to_string(include_dir().join("zhifa.h")).unwrap();
    let functions = header.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| w.starts_with("zhifa_"));
    let unused: Vec<&str> = functions.filter(|f| !used.contains(&format!("{f}("))).collect();
    assert!(unused.is_empty(), "not exercised: {unused:?}");
}

#[test]
fn the_static_library_serves_the_same_program() {
    let (town, dir, program) = (Town::new(), tempfile::tempdir().unwrap(), Program::build_static());
    succeeded(&program.command(None).args(Program::arguments(&town, dir.path())).output().unwrap());
}

#[test]
fn a_key_that_never_enters_the_process_signs_what_the_district_takes() {
    let (town, dir, program) = (Town::new(), tempfile::tempdir().unwrap(), Program::build());
    let keystore = Ed25519::from_seed(&[77; 32]);
    let (store, key) = (dir.path().join("store"), b64::encode(&keystore.public_key()));
    let mut command = program.command(None);
    command.args(["sign", store.to_str().unwrap(), PIN, &key, &town.address, "one-time", "li", "pass"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut answers = child.stdin.take().unwrap();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let signature = keystore.sign(&hex::decode(line.unwrap()).unwrap()).unwrap();
        writeln!(answers, "{}", hex::encode(signature)).unwrap();
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(town.state().district.ledger.len(), 1);
}

#[test]
fn valgrind_finds_nothing() {
    let (town, dir, program) = (Town::new(), tempfile::tempdir().unwrap(), Program::build());
    let mut valgrind = program.command(Some("valgrind"));
    valgrind.args(["--quiet", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite,possible"]);
    valgrind.arg(format!("--suppressions={}", source("valgrind.supp").display()));
    succeeded(&valgrind.arg(&program.binary).args(Program::arguments(&town, dir.path())).output().expect("valgrind"));
}

#[test]
fn the_header_serves_cpp() {
    let mut cpp = Command::new("g++");
    cpp.args(["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]).arg("-I").arg(include_dir()).arg(source("header.cpp"));
    succeeded(&cpp.output().expect("g++"));
}
