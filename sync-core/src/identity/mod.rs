//! Identifiers of the field: parsed, not validated twice.
