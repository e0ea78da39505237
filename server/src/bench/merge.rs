//! W1 to W3: merging, applying and loading records in one thread, through `sync_core::record` alone.

use std::hint::black_box;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;

use serde_json::json;
use sync_core::base::keys::PublicKey;
use sync_core::base::pack::{pack, unpack};
use sync_core::base::{Digest, RecordId};
use sync_core::district::{Checked, check_line};
use sync_core::record::{Applied, Change, Context, Kind, Kinds, Record, SignedChange, apply, signing_input};
use sync_core::schema::kinds;
use sync_core::visit;

use super::author::{Author, Seen};
use super::lww;
use super::measure::{own_rss, quantile, timed};
use super::report::Row;
use super::workload::{Field, Rec, edit};
use super::{Failure, sized};

const KIND: &Kind = &visit::KIND;
/// Inflated size that no record reaches.
const LIMIT: usize = 1 << 20;
/// Records of one device.
const EACH: u64 = 40;

/// Decodes, checks and applies a change, as every replica does.
fn take(record: &mut Record, bytes: &[u8], commit: u64) -> Result<(), Failure> {
    let change = Change::decode(bytes)?;
    KIND.check(&change)?;
    match apply(record, KIND, &change, Context { commit, lenient: false }) {
        Applied::Done(_) => Ok(()),
        Applied::Parked(missing) => Err(format!("a change of the workload waits for {missing:?}").into()),
    }
}

fn stored(record: &Record) -> Vec<u8> {
    pack(&record.to_state(KIND.schema), 1)
}

fn load(id: RecordId, bytes: &[u8], kinds: &Kinds) -> Result<Record, Failure> {
    Ok(Record::from_state(id, &unpack(bytes, LIMIT)?, kinds)?)
}

/// A record as its first author wrote it, in stored form, and the change that made it.
fn base(rec: &Rec, author: &mut Author) -> Result<(RecordId, Vec<u8>, SignedChange), Failure> {
    let id = rec.id();
    let mut record = Record::new(id, KIND.name, KIND.initial);
    let bytes = author.write(id, &rec.fields(), &Seen::default())?;
    take(&mut record, &bytes, 1)?;
    Ok((id, stored(&record), author.sign(bytes)?))
}

/// What A and B do to document `k` before they meet: 30 edits each, ten of them to the same fields.
fn sides(k: usize) -> [Vec<Field>; 2] {
    [(0..30).map(|j| edit(1, k, j)).collect(), (20..50).map(|j| edit(2, k, j)).collect()]
}

fn join(a: &[Vec<u8>], author: &Author) -> Result<Vec<u8>, Failure> {
    let lines: Vec<Vec<u8>> = a.iter().map(|b| author.sign(b.clone()).map(|s| s.to_line())).collect::<Result<_, _>>()?;
    Ok(lines.join(&b'\n'))
}

/// Writes one side's edits, in one change or one change an edit, and applies them. CPU seconds of writing and of applying.
fn write_side(record: &mut Record, author: &mut Author, fields: &[Field], each: bool) -> Result<(f64, f64, Vec<Vec<u8>>), Failure> {
    let (mut writing, mut applying, mut out) = (0.0, 0.0, Vec::new());
    for part in fields.chunks(if each { 1 } else { fields.len() }) {
        let change = author.draft(record.id, part, &Seen { record: Some(record), after: Vec::new() })?;
        let (cpu, bytes) = timed(|| author.seal(&change));
        let bytes = bytes?;
        writing += cpu;
        let (cpu, done) = timed(|| take(record, &bytes, Context::PENDING));
        done?;
        applying += cpu;
        out.push(bytes);
    }
    Ok((writing, applying, out))
}

/// W1: both sides of a document write and export, and each takes in what the other wrote.
pub fn w1(records: usize, each: bool) -> Result<Row, Failure> {
    let kinds = kinds();
    let (mut first, mut a, mut b) = (Author::new(0)?, Author::new(1)?, Author::new(2)?);
    let (mut export, mut import, mut local, mut load_cpu, mut server) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let (mut delta, mut delta_signed, mut size_base, mut size_merged, mut log) = (0, 0, 0, 0, 0);
    let (mut per, mut converged, mut reference) = (Vec::new(), 0, 0.0);
    for (k, rec) in Rec::all(records as u64 / EACH + 1, EACH).take(records).enumerate() {
        let (id, start, origin) = base(&rec, &mut first)?;
        let (cpu, pair) = timed(|| (load(id, &start, &kinds), load(id, &start, &kinds)));
        load_cpu += cpu;
        let (mut left, mut right) = (pair.0?, pair.1?);
        let [ea, eb] = sides(k);
        let (xa, la, da) = write_side(&mut left, &mut a, &ea, each)?;
        let (xb, lb, db) = write_side(&mut right, &mut b, &eb, each)?;
        let (cpu, done) = timed(|| {
            db.iter().try_for_each(|c| take(&mut left, c, Context::PENDING))?;
            da.iter().try_for_each(|c| take(&mut right, c, Context::PENDING))
        });
        done?;
        (export, local, import) = (export + xa + xb, local + la + lb, import + cpu);
        per.push((xa + xb + cpu) * 1e6);
        // As the server does it: load, take both in, store.
        let (cpu, merged) = timed(|| -> Result<(Record, Vec<u8>), Failure> {
            let mut record = load(id, &start, &kinds)?;
            for (n, change) in da.iter().chain(&db).enumerate() {
                take(&mut record, change, 2 + n as u64)?;
            }
            let bytes = stored(&record);
            Ok((record, bytes))
        });
        server += cpu;
        let (record, merged) = merged?;
        converged += usize::from(left.checksum() == right.checksum() && left.checksum() == record.checksum() && record.checksum() == record.recompute_checksum());
        let (sent_a, sent_b) = (join(&da, &a)?, join(&db, &b)?);
        delta += pack(&[da.join(&b'\n'), db.join(&b'\n')].concat(), 3).len() / 2;
        delta_signed += pack(&sent_a, 3).len() + pack(&sent_b, 3).len();
        log += pack(&origin.bytes, 1).len() + da.iter().chain(&db).map(|c| pack(c, 1).len()).sum::<usize>();
        size_base += start.len();
        size_merged += merged.len();
        reference += lww_pair(k, &rec, &ea, &eb);
    }
    let n = records.max(1) as f64;
    let per_s = n / (export + import);
    let mut row = Row::new(if each { "w1_each" } else { "w1_one" }, records);
    row.cpu_s_per_1000 = (export + import) / n * 1e3;
    row.per_s = per_s;
    (row.p50_ms, row.p99_ms) = (quantile(&mut per, 0.5) / 1e3, quantile(&mut per, 0.99) / 1e3);
    row.bytes_per_record = size_merged as f64 / n;
    row.wire_bytes_per_record = delta_signed as f64 / n;
    row.more = json!({
        "export_us": export / n * 1e6, "import_us": import / n * 1e6, "apply_own_us": local / n * 1e6, "load_us": load_cpu / n / 2.0 * 1e6,
        "server_cycle_docs_per_s": n / server, "delta_bytes_signed": delta_signed as f64 / n / 2.0, "delta_bytes_both": delta as f64 / n,
        "stored_base_bytes": size_base as f64 / n, "stored_merged_bytes": size_merged as f64 / n, "stored_log_bytes": log as f64 / n,
        "converged": converged, "lww_docs_per_s": n / reference, "of_lww": per_s / (n / reference),
    });
    if converged != records {
        return Err(format!("W1: {} of {records} documents did not converge", records - converged).into());
    }
    Ok(row)
}

/// The same meeting on the reference floor: CPU seconds of two exports and two imports.
fn lww_pair(k: usize, rec: &Rec, ea: &[Field], eb: &[Field]) -> f64 {
    let fields = rec.fields();
    let start = lww::Doc::new(fields.iter().map(|f| f.1.as_str())).save();
    let (mut a, mut b) = (lww::Doc::load(&start, 1), lww::Doc::load(&start, 2));
    ea.iter().enumerate().for_each(|(j, e)| a.edit(lww::target(k, j), &e.1));
    eb.iter().enumerate().for_each(|(j, e)| b.edit(lww::target(k, 20 + j), &e.1));
    let (cpu, ()) = timed(|| {
        let (da, db) = (a.export(0), b.export(0));
        a.import(&db);
        b.import(&da);
    });
    black_box((a, b));
    cpu
}

/// Single edits of a third device to one document.
const OPS: usize = 100;

/// W2: single-edit changes, taken in one at a time: unsigned, and as pushed lines with their signatures checked.
pub fn w2(records: usize) -> Result<Vec<Row>, Failure> {
    let kinds = kinds();
    let (mut first, mut writer) = (Author::new(0)?, Author::new(3)?);
    let key = writer.public()?;
    let (mut docs, mut ops, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for (k, rec) in Rec::all(records as u64 / EACH + 1, EACH).take(records).enumerate() {
        let (id, start, _) = base(&rec, &mut first)?;
        let mut record = load(id, &start, &kinds)?;
        docs.push((id, start));
        let mut of_this = Vec::with_capacity(OPS);
        for j in 0..OPS {
            let bytes = writer.write(id, &[edit(3, k, j)], &Seen { record: Some(&record), after: Vec::new() })?;
            take(&mut record, &bytes, 2 + j as u64)?;
            of_this.push(bytes);
        }
        // Signing is slow and says nothing here beyond the first ten of each document.
        lines.push(of_this.iter().take(10).map(|b| writer.sign(b.clone()).map(|s| s.to_line())).collect::<Result<Vec<_>, _>>()?);
        ops.push(of_this);
    }
    let loaded = || docs.iter().map(|(id, bytes)| load(*id, bytes, &kinds)).collect::<Result<Vec<_>, _>>();
    let mut open = loaded()?;
    let (cpu, done) = timed(|| in_turns(records, OPS, |k, j, commit| take_at(&mut open, k, ops.get(k).and_then(|o| o.get(j)), commit)));
    done?;
    let total = records * OPS;
    let size: usize = ops.iter().flatten().map(Vec::len).sum();
    let mut plain = row_of_ops("w2", total, cpu);
    plain.bytes_per_record = size as f64 / total.max(1) as f64;
    let floor = lww_ops(records);
    plain.more = json!({ "lww_ops_per_s": floor, "of_lww": plain.per_s / floor });

    let mut open = loaded()?;
    let signed_ops = OPS.min(10);
    let keys = |device| (device == writer.device).then(|| key.clone());
    let (cpu, done) = timed(|| {
        in_turns(records, signed_ops, |k, j, commit| {
            let Some(line) = lines.get(k).and_then(|l| l.get(j)) else { return Ok(()) };
            match check_line(line, &keys) {
                Checked::Verified { signed, .. } => take_at(&mut open, k, Some(&signed.bytes), commit),
                Checked::Unverified { code, .. } => Err(format!("a line of the workload is {code}").into()),
            }
        })
    });
    done?;
    let mut signed = row_of_ops("w2_signed", records * signed_ops, cpu);
    let bare = bare_verify(&lines, &key)?;
    signed.wire_bytes_per_record = lines.iter().flatten().map(Vec::len).sum::<usize>() as f64 / (records * signed_ops).max(1) as f64;
    signed.more = json!({ "bare_verify_per_s": bare, "of_bare_verify": signed.per_s / bare });
    Ok(vec![plain, signed])
}

/// Operation i goes to document 7,919·i mod n, in order within a document.
fn in_turns(n: usize, each: usize, mut f: impl FnMut(usize, usize, u64) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut next = vec![0usize; n];
    for i in 0..n * each {
        let k = (i * 7_919) % n;
        let Some(j) = next.get_mut(k) else { continue };
        f(k, *j, 2 + i as u64)?;
        *j += 1;
    }
    Ok(())
}

fn take_at(open: &mut [Record], k: usize, change: Option<&Vec<u8>>, commit: u64) -> Result<(), Failure> {
    match (open.get_mut(k), change) {
        (Some(record), Some(change)) => take(record, change, commit),
        _ => Ok(()),
    }
}

fn row_of_ops(name: &'static str, total: usize, cpu: f64) -> Row {
    let mut row = Row::new(name, total);
    row.cpu_s_per_1000 = cpu / total.max(1) as f64 * 1e3;
    row.per_s = total as f64 / cpu;
    row
}

fn lww_ops(records: usize) -> f64 {
    let mut docs = Vec::new();
    let mut ops = Vec::new();
    for (k, rec) in Rec::all(records as u64 / EACH + 1, EACH).take(records).enumerate() {
        let fields = rec.fields();
        let mut doc = lww::Doc::new(fields.iter().map(|f| f.1.as_str()));
        docs.push(lww::Doc::load(&doc.save(), 9));
        let log: Vec<Vec<u8>> = (0..OPS)
            .map(|j| {
                doc.edit(lww::target(k, j), &edit(3, k, j).1);
                doc.export(j)
            })
            .collect();
        ops.push(log);
    }
    let (cpu, _) = timed(|| {
        in_turns(records, OPS, |k, j, _| {
            if let (Some(doc), Some(op)) = (docs.get_mut(k), ops.get(k).and_then(|o| o.get(j))) {
                doc.import(op);
            }
            Ok(())
        })
    });
    black_box(docs);
    (records * OPS) as f64 / cpu
}

/// Bare signature checks a second, over the same messages.
fn bare_verify(lines: &[Vec<Vec<u8>>], key: &PublicKey) -> Result<f64, Failure> {
    let signed: Vec<(String, [u8; 46], Vec<u8>)> = lines
        .iter()
        .flatten()
        .take(5_000)
        .filter_map(|l| SignedChange::from_line(l))
        .map(|s| {
            let hash: Digest = s.hash();
            (s.alg.to_string(), signing_input(&hash), s.signature)
        })
        .collect();
    let (cpu, good) = timed(|| signed.iter().filter(|(alg, message, signature)| key.verify(alg, message, signature)).count());
    if good == signed.len() { Ok(good as f64 / cpu) } else { Err("a signature of the workload does not hold".into()) }
}

/// W3: records loaded from stored bytes and kept, then all read out as JSON; in a process of its own, whose memory
/// is that of the records.
pub fn w3(records: usize) -> Result<Row, Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("records");
    let mut first = Author::new(0)?;
    let mut file = BufWriter::new(std::fs::File::create(&path)?);
    let (mut reference, mut reference_load) = (Vec::new(), 0.0);
    for rec in Rec::all(records as u64 / EACH + 1, EACH).take(records) {
        let (id, bytes, _) = base(&rec, &mut first)?;
        file.write_all(&id.to_bytes())?;
        file.write_all(&u32::try_from(bytes.len())?.to_be_bytes())?;
        file.write_all(&bytes)?;
        let fields = rec.fields();
        let saved = lww::Doc::new(fields.iter().map(|f| f.1.as_str())).save();
        let (cpu, doc) = timed(|| lww::Doc::load(&saved, 9));
        reference_load += cpu;
        reference.push(doc);
    }
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    black_box(reference);
    let output = std::process::Command::new(std::env::current_exe()?).args(["bench", "--load"]).arg(&path).output()?;
    if !output.status.success() {
        return Err(format!("W3: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let found: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let number = |name: &str| found.get(name).and_then(serde_json::Value::as_f64).unwrap_or(0.0);
    let n = records.max(1) as f64;
    let mut row = Row::new("w3", number("records") as usize);
    row.cpu_s_per_1000 = number("load_cpu_s") / n * 1e3;
    row.per_s = n / number("load_cpu_s");
    row.bytes_per_record = sized(&path)? as f64 / n - 20.0;
    row.rss_mb = number("rss_bytes") / 1e6;
    row.more = json!({
        "heap_kib_per_record": number("rss_bytes") / 1024.0 / n, "load_and_read_docs_per_s": n / (number("load_cpu_s") + number("read_cpu_s")),
        "lww_docs_per_s": n / reference_load, "of_lww": row.per_s / (n / reference_load),
    });
    Ok(row)
}

/// The other process of W3: loads the records of a file, and says what that took.
pub fn load_file(path: &Path) -> Result<serde_json::Value, Failure> {
    let kinds = kinds();
    let mut file = BufReader::new(std::fs::File::open(path)?);
    let mut records: Vec<Record> = Vec::with_capacity(1 << 14);
    let mut bytes = Vec::with_capacity(LIMIT);
    let mut head = [0u8; 20];
    let mut load_cpu = 0.0;
    let before = own_rss();
    while file.read_exact(&mut head).is_ok() {
        let (id, length) = head.split_at(16);
        let length = u32::from_be_bytes(length.try_into()?) as usize;
        bytes.resize(length, 0);
        file.read_exact(&mut bytes)?;
        let id = RecordId::from_bytes(id.try_into()?);
        let (cpu, record) = timed(|| load(id, &bytes, &kinds));
        load_cpu += cpu;
        records.push(record?);
    }
    let rss = own_rss().saturating_sub(before);
    let (read_cpu, ()) = timed(|| {
        for record in &records {
            let all: serde_json::Map<String, serde_json::Value> =
                record.registers().map(|(key, r)| (key.to_owned(), r.candidates().iter().map(|c| c.value.to_json()).collect())).collect();
            black_box(all);
        }
    });
    Ok(json!({ "records": records.len(), "load_cpu_s": load_cpu, "read_cpu_s": read_cpu, "rss_bytes": rss }))
}
