//! The records: deterministic, byte for byte those by which other systems were measured, and their form as visits.
//!
//! Every record comes from SplitMix64 seeded with `device * 1_000_003 + number`, numbers drawn in the order of the
//! fields. [`Rec::line`] is the JSON line by which the generator is checked; [`Rec::fields`] is the visit: 25 header
//! fields, 60 answers, a note where there is one, and a register for each photo. Numbers with decimals become
//! integers in smaller units.

use std::fmt::Write as _;

use sync_core::base::RecordId;

const WORDS: [&str; 59] = [
    "valve", "pump", "panel", "crack", "rust", "leak", "seal", "bolt", "guard", "rail", "ladder", "exit", "sign", "lamp", "cable", "duct", "filter", "drain", "roof", "wall",
    "floor", "door", "hinge", "lock", "alarm", "hose", "tank", "gauge", "meter", "belt", "motor", "shaft", "loose", "worn", "broken", "missing", "blocked", "dirty", "damp",
    "clean", "intact", "repaired", "replaced", "checked", "tested", "near", "above", "below", "behind", "left", "right", "north", "south", "stair", "basement", "corridor",
    "loading", "dock", "office",
];
const STATUS: [&str; 4] = ["draft", "in_progress", "submitted", "approved"];
const WEATHER: [&str; 8] = ["clear", "cloudy", "rain", "snow", "fog", "wind", "hot", "cold"];
const RESULT: [&str; 3] = ["pass", "fail", "na"];
const ANSWER: [&str; 3] = ["ok", "bad", "na"];

/// Questions of the form.
pub const ITEMS: usize = 60;
/// Header fields.
pub const HEADERS: usize = 25;
/// Fields that an edit can hit: headers, results, notes, and one more photo per question.
pub const ADDRESSABLE: usize = HEADERS + 3 * ITEMS;
/// The unit whose visits these are.
pub const UNIT: &str = "zone-01";

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    fn below(&mut self, n: u64) -> i64 {
        (self.next() % n).cast_signed()
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        let at = self.next() % from.len() as u64;
        from.get(at as usize).copied().unwrap_or_default()
    }

    fn words(&mut self, least: u64, most: u64) -> String {
        let n = least + self.next() % (most - least + 1);
        (0..n).map(|_| self.pick(&WORDS)).collect::<Vec<_>>().join(" ")
    }
}

/// Every word with a capital letter.
fn title(text: &str) -> String {
    let capital = |word: &str| word.get(..1).map(str::to_ascii_uppercase).unwrap_or_default() + word.get(1..).unwrap_or_default();
    text.split(' ').map(capital).collect::<Vec<_>>().join(" ")
}

/// A header value.
enum Scalar {
    Text(String),
    Int(i64),
    /// So many units of 10^-places.
    Decimal(i64, u32),
    Bool(bool),
}

/// How a header value is written in a visit.
#[derive(Clone, Copy)]
enum Form {
    /// Text of at most so many characters.
    Text(usize),
    /// An integer: the units of the value times this.
    Times(i64),
    Bool,
    Date,
    Status,
    /// The record's id moves out of the fields; in its place stands the unit, which is the same in all records.
    Unit,
}

/// Header by header: its name in the JSON line, the field of the visit, and its form there. A visit's `case_no` is the
/// office's to write, so the number that a handheld gives stands in `task`.
const HEADER: [(&str, &str, Form); HEADERS] = [
    ("id", "unit", Form::Unit),
    ("case_no", "task", Form::Text(80)),
    ("status", "status", Form::Status),
    ("inspector_id", "lead", Form::Text(64)),
    ("site_id", "site", Form::Text(64)),
    ("site_name", "site.name", Form::Text(120)),
    ("address", "site.address", Form::Text(200)),
    ("city", "site.city", Form::Text(60)),
    ("postcode", "site.postcode", Form::Text(10)),
    ("lat", "site.lat_e7", Form::Times(10)),
    ("lon", "site.lon_e7", Form::Times(10)),
    ("accuracy_m", "site.accuracy_cm", Form::Times(10)),
    ("started_at", "started_ms", Form::Times(1)),
    ("finished_at", "finished_ms", Form::Times(1)),
    ("weather", "weather", Form::Text(20)),
    ("temperature_c", "temperature_dc", Form::Times(1)),
    ("humidity_pct", "humidity_pct", Form::Times(1)),
    ("permit_no", "permit_no", Form::Text(60)),
    ("risk_score", "risk_score", Form::Times(1)),
    ("occupancy", "occupancy", Form::Times(1)),
    ("contact_name", "contact.name", Form::Text(60)),
    ("contact_phone", "contact.phone", Form::Text(40)),
    ("follow_up", "follow_up", Form::Bool),
    ("follow_up_date", "follow_up_date", Form::Date),
    ("summary", "summary", Form::Text(4_000)),
];

struct Item {
    result: usize,
    note: String,
    photos: Vec<String>,
}

/// One inspection.
pub struct Rec {
    scalars: Vec<Scalar>,
    items: Vec<Item>,
}

/// One field of a visit and its canonical value.
pub type Field = (String, String);

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn answer(item: usize, result: usize) -> Field {
    (format!("answers.q{item:03}"), format!("{{\"result\":\"{}\"}}", ANSWER.get(result % 3).copied().unwrap_or_default()))
}

fn photo(item: usize, id: &str) -> Field {
    (format!("photos.q{item:03}.{id}"), format!("{{\"sha256\":\"{id}\"}}"))
}

impl Rec {
    /// Record `number` of device `device`.
    pub fn new(device: u64, number: u64) -> Rec {
        let mut g = Rng(device * 1_000_003 + number);
        use Scalar::{Bool, Decimal, Int, Text};
        let g = &mut g;
        let scalars = vec![
            Text(format!("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", g.below(1 << 32), g.below(1 << 16), device & 0xfff, number & 0xfff, g.below(1 << 48))),
            Text(format!("C-{device:04}-{number:05}")),
            Text(g.pick(&STATUS).into()),
            Text(format!("u{device:04}")),
            Text(format!("s{:06}", g.below(1_000_000))),
            Text(g.words(2, 4)),
            Text(format!("{} {}", 1 + g.below(999), g.words(2, 3))),
            Text(title(g.pick(&WORDS)) + "ville"),
            Text(format!("{:05}", g.below(100_000))),
            Decimal(g.below(180_000_000) - 90_000_000, 6),
            Decimal(g.below(360_000_000) - 180_000_000, 6),
            Decimal(g.below(500), 1),
            Int(1_760_000_000_000 + g.below(10_000_000) * 1000),
            Int(1_770_000_000_000 + g.below(10_000_000) * 1000),
            Text(g.pick(&WEATHER).into()),
            Decimal(g.below(600) - 200, 1),
            Int(g.below(101)),
            Text(format!("P{:09}", g.below(1_000_000_000))),
            Int(g.below(1001)),
            Int(g.below(5000)),
            Text(title(&g.words(2, 2))),
            Text(format!("+1{:010}", g.below(10_000_000_000))),
            Bool(g.below(2) == 1),
            Text(format!("2026-{:02}-{:02}", 1 + g.below(12), 1 + g.below(28))),
            Text(g.words(8, 16)),
        ];
        let item = |_| {
            let result = (g.next() % 3) as usize;
            let note = if g.below(100) < 60 { g.words(4, 10) } else { String::new() };
            let photos = if g.below(100) < 15 { (0..=g.below(2)).map(|_| format!("{:016x}", g.next())).collect() } else { Vec::new() };
            Item { result, note, photos }
        };
        let items = (0..ITEMS).map(item).collect();
        Rec { scalars, items }
    }

    /// The records of `devices` devices with `each` records, device by device.
    pub fn all(devices: u64, each: u64) -> impl Iterator<Item = Rec> {
        (0..devices).flat_map(move |d| (0..each).map(move |m| Rec::new(d, m)))
    }

    /// The JSON line, as other systems store it.
    pub fn line(&self) -> String {
        let mut out = String::with_capacity(6_400);
        out.push('{');
        for ((name, ..), scalar) in HEADER.iter().zip(&self.scalars) {
            let value = match scalar {
                Scalar::Text(text) => quoted(text),
                Scalar::Int(n) => n.to_string(),
                Scalar::Decimal(units, places) => decimal(*units, *places),
                Scalar::Bool(b) => b.to_string(),
            };
            // Writing into a String cannot fail.
            let _ = write!(out, "\"{name}\":{value},");
        }
        out.push_str("\"checklist\":[");
        for (n, item) in self.items.iter().enumerate() {
            let photos: Vec<String> = item.photos.iter().map(|p| quoted(p)).collect();
            let result = RESULT.get(item.result).copied().unwrap_or_default();
            let comma = if n == 0 { "" } else { "," };
            let _ = write!(out, "{comma}{{\"item\":\"q{n:03}\",\"result\":\"{result}\",\"note\":{},\"photos\":[{}]}}", quoted(&item.note), photos.join(","));
        }
        out.push_str("]}");
        out
    }

    /// The visit's id.
    pub fn id(&self) -> RecordId {
        let text = match self.scalars.first() {
            Some(Scalar::Text(id)) => id.replace('-', ""),
            _ => String::new(),
        };
        RecordId(u128::from_str_radix(&text, 16).unwrap_or_default())
    }

    /// The visit, step by step as an officer fills it in: 25 header fields, then 60 answers with note and photos.
    pub fn steps(&self) -> Vec<Vec<Field>> {
        let header = HEADER.iter().zip(&self.scalars).map(|((_, key, form), scalar)| {
            let value = match (form, scalar) {
                (Form::Unit, _) => quoted(UNIT),
                (_, Scalar::Text(text)) => quoted(text),
                (Form::Times(factor), Scalar::Int(n) | Scalar::Decimal(n, _)) => (n * factor).to_string(),
                (_, Scalar::Int(n) | Scalar::Decimal(n, _)) => n.to_string(),
                (_, Scalar::Bool(b)) => b.to_string(),
            };
            vec![((*key).to_owned(), value)]
        });
        let items = self.items.iter().enumerate().map(|(n, item)| {
            let mut step = vec![answer(n, item.result)];
            if !item.note.is_empty() {
                step.push((format!("notes.q{n:03}"), quoted(&item.note)));
            }
            step.extend(item.photos.iter().map(|id| photo(n, id)));
            step
        });
        header.chain(items).collect()
    }

    /// The visit at once.
    pub fn fields(&self) -> Vec<Field> {
        self.steps().into_iter().flatten().collect()
    }
}

/// The shortest decimal text, with at least one place.
fn decimal(units: i64, places: u32) -> String {
    let (scale, size) = (10u64.pow(places), units.unsigned_abs());
    let fraction = format!("{:0width$}", size % scale, width = places as usize);
    let fraction = match fraction.trim_end_matches('0') {
        "" => "0",
        some => some,
    };
    format!("{}{}.{fraction}", if units < 0 { "-" } else { "" }, size / scale)
}

/// Edit number `j` of document `k` by author 1 (A), 2 (B) or 3 (the writer of a log): it hits field `(7k + 11j) mod 205`.
pub fn edit(author: usize, k: usize, j: usize) -> Field {
    let f = (k * 7 + j * 11) % ADDRESSABLE;
    if let Some((_, key, form)) = HEADER.get(f) {
        let text = format!("{}-{k:05}-{j:04}", ["Z", "A", "B", "C"].get(author).copied().unwrap_or_default());
        let value = match form {
            Form::Unit => quoted(&text),
            Form::Text(most) => quoted(text.get(text.len().saturating_sub(*most)..).unwrap_or_default()),
            Form::Times(_) => ((k + 3 * j + author) % 100).to_string(),
            Form::Bool => (k + j + author).is_multiple_of(2).to_string(),
            Form::Date => quoted(&format!("2026-{:02}-{:02}", 1 + (k + author) % 12, 1 + j % 28)),
            Form::Status => quoted(STATUS.get((k + j + author) % 4).copied().unwrap_or_default()),
        };
        return ((*key).to_owned(), value);
    }
    let (part, item) = ((f - HEADERS) / ITEMS, (f - HEADERS) % ITEMS);
    match part {
        0 => answer(item, k + j + author),
        1 => (format!("notes.q{item:03}"), quoted(&format!("note {j} by {author} rust near door {k:05} {j:04}"))),
        _ => photo(item, &format!("{author:02x}{j:06x}{k:08x}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};
    use std::collections::BTreeSet;

    #[test]
    fn the_records_are_byte_for_byte_the_common_ones() {
        let mut sha = Sha256::new();
        for rec in Rec::all(50, 40) {
            sha.update(rec.line().as_bytes());
            sha.update(b"\n");
        }
        assert_eq!(hex::encode(sha.finalize()), "b4fe4bd59691456e2da9aa1427060fbf9ee199cefc389f504167066c4bbac3d0");
    }

    #[test]
    fn a_visit_takes_every_field_and_every_edit() {
        let kind = sync_core::schema::kinds().get("visit").unwrap();
        for (k, rec) in Rec::all(2, 40).enumerate() {
            let edits = (0..ADDRESSABLE).map(|j| edit(1 + j % 3, k, j));
            for (key, value) in rec.fields().into_iter().chain(edits) {
                let row = kind.field(&key).unwrap_or_else(|| panic!("no field {key}"));
                row.ty.check(&value).unwrap_or_else(|why| panic!("{key} = {value}: {why}"));
            }
            assert_eq!(rec.steps().len(), HEADERS + ITEMS);
        }
        let hit: BTreeSet<String> = (0..ADDRESSABLE).map(|j| edit(1, 3, j).0).collect();
        assert_eq!(hit.len(), ADDRESSABLE);
    }
}
