//! Writing a package: one pass into a file beside its place, originals streamed and compared with their digests on the way.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sm3::Sm3;
use sync_core::base::RecordId;
use sync_core::base::date::day_of;
use sync_core::base::{Date, UtcMs};
use sync_core::protocol::{Bytes, Signed};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::gather::{Gathered, Held, gather};
use super::page::{self, Shown};
use super::stamp::{self, Authority};
use super::{FORMAT, Listed, Manifest, Original, State, path};
use crate::app::App;
use crate::base::problem::Problem;
use crate::document::{draw, row};
use crate::sync::store::Want;

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Nothing by this id.
    #[error("there is no case {0}")]
    NoCase(String),
    /// The place is taken.
    #[error("{0} is there already; name another file, or remove it")]
    Taken(String),
    /// The database or the store.
    #[error("{0}")]
    Server(Problem),
    /// The disk.
    #[error("{0}: {1}")]
    Disk(String, io::Error),
    /// The archive.
    #[error("the package could not be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The key did not sign, or something cannot be written as JSON.
    #[error("the package could not be written: {0}")]
    Write(String),
}

impl From<Problem> for ExportError {
    fn from(problem: Problem) -> ExportError {
        ExportError::Server(problem)
    }
}

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Order {
    /// The case.
    pub case: RecordId,
    /// Where the package goes.
    pub out: PathBuf,
    /// On whose account: an officer, or `system`.
    pub by: String,
    /// Who is asked for a timestamp.
    pub authority: Option<Authority>,
}

/// What was written.
#[derive(Debug, Clone, Serialize)]
pub struct Exported {
    /// Changes.
    pub changes: usize,
    /// Documents.
    pub documents: usize,
    /// Originals that are enclosed.
    pub originals: usize,
    /// Originals that are not, each with why.
    pub absent: Vec<Original>,
    /// Bytes of the package.
    pub size: u64,
    /// Why there is no timestamp although one was asked for.
    pub no_stamp: Option<String>,
}

struct Writer {
    zip: ZipWriter<BufWriter<File>>,
    listed: Vec<Listed>,
}

fn broken(why: impl std::fmt::Display) -> ExportError {
    ExportError::Write(why.to_string())
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, ExportError> {
    serde_json::to_vec_pretty(value).map_err(broken)
}

impl Writer {
    fn options(method: CompressionMethod) -> SimpleFileOptions {
        SimpleFileOptions::default().compression_method(method).last_modified_time(DateTime::default()).unix_permissions(0o644)
    }

    /// A file that is listed.
    fn put(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError> {
        self.unlisted(path, bytes)?;
        let (sha256, sm3) = (hex::encode(Sha256::digest(bytes)), hex::encode(Sm3::digest(bytes)));
        self.listed.push(Listed { path: path.to_owned(), size: bytes.len() as u64, sha256, sm3 });
        Ok(())
    }

    fn unlisted(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError> {
        self.zip.start_file(path, Writer::options(CompressionMethod::Deflated).large_file(bytes.len() >= 0xf000_0000))?;
        self.zip.write_all(bytes).map_err(broken)
    }

    /// An original, as it lies in the store; `false`, and nothing of it, if that is not what was received.
    async fn original(&mut self, app: &App, held: &Held, path: &str) -> Result<bool, ExportError> {
        let cannot = |e: io::Error| ExportError::Disk(format!("original {}", held.original.sha256), e);
        if app.files.len(held.sha256).await.map_err(cannot)? != Some(held.size) {
            return Ok(false);
        }
        self.zip.start_file(path, Writer::options(CompressionMethod::Stored).large_file(held.size >= 0xf000_0000))?;
        let (mut sha256, mut sm3) = (Sha256::new(), Sm3::new());
        let mut steps = app.files.stream(held.sha256, 0..held.size).await.map_err(cannot)?;
        while let Some(step) = steps.next().await {
            let step = step.map_err(cannot)?;
            sha256.update(&step);
            sm3.update(&step);
            self.zip.write_all(&step).map_err(broken)?;
        }
        let sha256 = sha256.finalize();
        if sha256[..] != held.sha256.0[..] {
            self.zip.abort_file()?;
            return Ok(false);
        }
        self.listed.push(Listed { path: path.to_owned(), size: held.size, sha256: hex::encode(sha256), sm3: hex::encode(sm3.finalize()) });
        Ok(true)
    }
}

/// A file beside its place, which goes unless it is kept.
struct Beside {
    path: PathBuf,
    kept: bool,
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Writes the package of a case. The place must be free; nothing is there until all of it is.
pub async fn export(app: &App, order: &Order) -> Result<Exported, ExportError> {
    let place = order.out.display().to_string();
    if order.out.exists() {
        return Err(ExportError::Taken(place));
    }
    let (case, by, keys) = (order.case, order.by.clone(), app.keys.clone());
    let want = Want { records: vec![case], ..Want::default() };
    let gathered = app.committer.run(want, move |store| gather(store, case, &by, &keys)).await.map_err(Problem::from)?;
    let Some(gathered) = gathered else { return Err(ExportError::NoCase(case.to_string())) };
    let disk = |e: io::Error| ExportError::Disk(place.clone(), e);
    let mut name = order.out.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let mut beside = Beside { path: order.out.with_file_name(name), kept: true };
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&beside.path).map_err(disk)?;
    beside.kept = false;
    let mut writer = Writer { zip: ZipWriter::new(BufWriter::new(file)), listed: Vec::new() };
    let mut done = fill(app, order, gathered, &mut writer).await?;
    let file = writer.zip.finish()?.into_inner().map_err(broken)?;
    file.sync_all().map_err(disk)?;
    done.size = file.metadata().map_err(disk)?.len();
    settle(&beside.path, &order.out).map_err(|e| if e.kind() == io::ErrorKind::AlreadyExists { ExportError::Taken(place.clone()) } else { disk(e) })?;
    Ok(done)
}

/// Gives the file its name, unless something has it. File systems without links know no such step: there it is renamed if the place is free.
fn settle(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::hard_link(from, to) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Err(e),
        Err(_) if to.exists() => return Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => std::fs::rename(from, to)?,
    }
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

async fn fill(app: &App, order: &Order, gathered: Gathered, out: &mut Writer) -> Result<Exported, ExportError> {
    let Gathered { case, records, receipt, log_size, log_root, keys, changes, papers, mut originals, made_ms } = gathered;
    out.put(path::KEYS, &json(&keys)?)?;
    out.put(path::RECEIPT, &serde_json::to_vec(&receipt).map_err(broken)?)?;
    out.put(path::CHANGES, &json(&changes.iter().map(|piece| &piece.listed).collect::<Vec<_>>())?)?;
    for piece in &changes {
        out.put(&piece.listed.path, &piece.bytes)?;
    }
    for piece in &changes {
        out.put(&piece.listed.proof, &json(&piece.proof)?)?;
    }
    for paper in &papers {
        let (record, id) = (paper.record, paper.id.clone());
        let file = app.read(move |tx, district| row::file(tx, district, record, &id)).await?;
        let file = file.ok_or_else(|| broken(format!("document {} of record {record} is gone; run zhifa verify", paper.id)))?;
        out.put(&paper.path, &file.pdf)?;
    }
    for held in &mut originals {
        if let Some(place) = held.original.path.clone()
            && !out.original(app, held, &place).await?
        {
            (held.original.state, held.original.path) = (State::Damaged, None);
        }
    }
    for held in originals.iter().filter(|held| !held.chain.is_empty()) {
        out.put(&format!("custody/{}.json", held.original.sha256), &json(&held.chain)?)?;
    }
    let text = |key: &str| case.register(key).and_then(|r| r.candidates().first()?.value.as_text().map(|text| text.to_string()));
    let case_no = text("case_no");
    let shown = Shown {
        case: case.id,
        case_no: case_no.clone(),
        title: text("title"),
        stage: case.stage().to_owned(),
        made_ms,
        key: &keys.server.0,
        log_size,
        log_root,
        changes: &changes,
        papers: &papers,
        originals: &originals,
        stamp: order.authority.as_ref().map(|authority| authority.url.clone()),
    };
    out.put(path::PAGE, page::html(&shown).map_err(broken)?.as_bytes())?;
    // A machine without fonts makes packages all the same.
    if let Ok(press) = app.press() {
        let model = page::document(&shown, day_of(UtcMs(made_ms)).unwrap_or(Date::MAX));
        let drawn = actix_web::web::block(move || draw::draw(&press, &model, &BTreeMap::new())).await.map_err(broken)?;
        if let Ok(drawn) = drawn {
            out.put(path::PAPER, &drawn.pdf)?;
        }
    }
    let documents = papers.len();
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        district: app.district,
        case: case.id,
        case_no,
        records,
        made_ms,
        made_by: order.by.clone(),
        alg: keys.alg.clone(),
        key: Bytes(keys.server.0.clone()),
        log_size,
        log_root,
        files: std::mem::take(&mut out.listed),
        originals: originals.iter().map(|held| held.original.clone()).collect(),
        documents: papers,
        stamp_asked: order.authority.as_ref().map(|authority| authority.url.clone()),
    };
    let signed = serde_json::to_vec(&Signed::new(&manifest, &app.keys.receipt).map_err(broken)?).map_err(broken)?;
    out.unlisted(path::MANIFEST, &signed)?;
    let mut no_stamp = None;
    if let Some(authority) = &order.authority {
        match stamp::ask(authority, &Sha256::digest(&signed).into()).await {
            Ok(answer) => out.unlisted(path::STAMP, &answer)?,
            Err(why) => {
                let why = why.to_string();
                out.unlisted(path::NO_STAMP, format!("{}: {why}\n", authority.url).as_bytes())?;
                no_stamp = Some(why);
            }
        }
    }
    let absent: Vec<Original> = manifest.originals.iter().filter(|original| original.state != State::There).cloned().collect();
    Ok(Exported { changes: changes.len(), documents, originals: manifest.originals.len() - absent.len(), absent, size: 0, no_stamp })
}
