//! Money in fen.
