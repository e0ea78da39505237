//! The fields that papers and documents are on a record: `papers.*` from the field, `documents.*` from the office.

use crate::record::Type;

/// States of a document (`domain.md` §8), in the order in which it passes them; a void one is replaced.
pub const STATES: &[&str] = &["draft", "approved", "numbered", "sealed", "signed", "served", "void"];

const MS: Type = Type::Int(0, 7_258_118_400_000);
/// Highest number of a series.
const SEQ: Type = Type::Int(1, 99_999_999);

/// What was drawn up on a handheld: a paper with a number of a leased block and the seal that came with it. `of` is what it is
/// about (an order's id), `sha256` the digest of the model that was shown.
pub const PAPER: Type = Type::Map(&[
    ("at_ms", MS),
    ("by", Type::Token),
    ("number", Type::Map(&[("no", Type::Text(80)), ("seal", Type::Text(400)), ("seq", SEQ), ("series", Type::Text(60))])),
    ("of", Type::Token),
    ("sha256", Type::Token),
    ("type", Type::Token),
    ("version", Type::Int(1, 1_000)),
]);

/// A document of the office: its number, what was sealed, and its state. `digest` is the SHA-256 of the PDF, `model` that of the
/// model it was drawn from.
pub const DOCUMENT: Type = Type::Map(&[
    ("at_ms", MS),
    ("by", Type::Token),
    ("digest", Type::Token),
    ("model", Type::Token),
    ("no", Type::Text(80)),
    ("of", Type::Token),
    ("pages", Type::Int(0, 10_000)),
    ("paper", Type::Token),
    ("reason", Type::Text(600)),
    ("replaced_by", Type::Token),
    ("seq", SEQ),
    ("series", Type::Text(60)),
    ("served_ms", MS),
    ("sm3", Type::Token),
    ("state", Type::Enum(STATES)),
    ("type", Type::Token),
    ("version", Type::Int(1, 1_000)),
]);
