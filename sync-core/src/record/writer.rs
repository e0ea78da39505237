//! Compact JSON piece by piece, for what is written often: values are canonical text already and need no serialiser.

use super::Dot;
use crate::base::DeviceId;

/// The text so far.
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    /// These bytes as they are.
    pub(super) fn text(&mut self, text: &str) -> &mut Writer {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// A value in `serde_json`'s compact form.
    pub(super) fn json<T: serde::Serialize>(&mut self, value: &T) -> serde_json::Result<&mut Writer> {
        serde_json::to_writer(&mut self.0, value)?;
        Ok(self)
    }

    /// Sixteen lower-case hex digits.
    pub(super) fn hex(&mut self, n: u64) -> &mut Writer {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.0.extend((0..16).rev().filter_map(|i| DIGITS.get((n >> (4 * i)) as usize & 15)));
        self
    }

    /// A list of dots; those of `own` are their numbers alone.
    pub(super) fn dots(&mut self, dots: &[Dot], own: Option<DeviceId>) -> serde_json::Result<&mut Writer> {
        self.text("[");
        for (n, dot) in dots.iter().enumerate() {
            self.text(if n == 0 { "" } else { "," });
            if own == Some(dot.device) {
                self.json(&dot.seq)?;
            } else {
                self.text("[\"").hex(dot.device.0).text("\",").json(&dot.seq)?.text("]");
            }
        }
        Ok(self.text("]"))
    }
}
