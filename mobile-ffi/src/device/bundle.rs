//! Courier bundles as files: compressed, and for a carrier encrypted to the server, so that a lost phone shows
//! nothing that it carried. Thumbnails of the photos that the changes name travel along.

use age::x25519::Recipient;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::base::RecordId;
use sync_core::base::pack::{self, UnpackError};
use sync_core::replica::{BundleError, MAX_BUNDLE_BYTES, Store, export_bundle, import_bundle};

use super::error::{Code, DeviceError, Result};
use super::runtime::Device;

/// What to export, and for whom.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExportInput {
    /// Format of this object: 1, or left out.
    pub v: Option<u32>,
    /// Undelivered changes of these records and their causes; of all if empty.
    pub records: Vec<RecordId>,
    /// `true`: only the server can read it. `false`: a colleague can import it.
    pub sealed: bool,
}

/// First bytes of an age file.
const AGE: &[u8] = b"age-encryption.org/v1";

fn bad(why: impl Into<String>) -> DeviceError {
    DeviceError::new(Code::BadBundle, why)
}

impl Device {
    /// Writes undelivered changes to one file. They stay here as undelivered until the server acknowledges them.
    pub fn bundle_export(&self, input: &ExportInput) -> Result<Vec<u8>> {
        // What only the server can read may be handed on whenever it may be delivered.
        if input.sealed { self.is_there() } else { self.may_read() }?;
        if input.records.len() > 10_000 {
            return Err(DeviceError::argument("records", "more than 10,000; leave it empty for all"));
        }
        let (bundle, recipient) = self.read(|tx| -> Result<_> { Ok((export_bundle(tx, &input.records)?, tx.meta()?.enrolled.server_recipient)) })?;
        let packed = pack::pack(&bundle, 3);
        if !input.sealed {
            return Ok(packed);
        }
        let recipient: Recipient = recipient.parse().map_err(|e| DeviceError::new(Code::Internal, format!("the server's recipient key: {e}; use a bundle for colleagues")))?;
        age::encrypt(&recipient, &packed).map_err(|e| DeviceError::new(Code::Internal, format!("the bundle could not be encrypted: {e}")))
    }

    /// Takes a colleague's bundle in: what verifies is kept, shown at once, and delivered at the next sync.
    pub fn bundle_import(&self, file: &[u8]) -> Result<Json> {
        self.may_capture()?;
        if file.starts_with(AGE) {
            return Err(bad("this bundle is sealed to the server; hand it to the office, or ask for one for colleagues"));
        }
        let bundle = pack::unpack(file, MAX_BUNDLE_BYTES).map_err(|e| match e {
            UnpackError::TooLarge { .. } => bad("the bundle is larger than 64 MiB; ask for the records of one visit"),
            UnpackError::Broken => bad("the file is not a complete bundle; ask for it again"),
        })?;
        let report = self.write(|tx| -> Result<_> {
            import_bundle(tx, &bundle)?.map_err(|e| if e == BundleError::Ending { DeviceError::new(Code::Ending, e.to_string()) } else { bad(e.to_string()) })
        })?;
        Ok(
            json!({ "v": 1, "imported": report.imported, "known": report.known, "unverified": report.unverified, "conflicting": report.conflicting, "thumbnails": report.thumbnails }),
        )
    }
}
