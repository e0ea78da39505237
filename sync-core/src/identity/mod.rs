//! Identifiers of the field: parsed, not validated twice. Who holds one of these types holds a checked one.
//!
//! Each is read by `FromStr`, which mends spelling (white space around, lower case, full width) and else says which character
//! is wrong and what may stand there ([`Fault`]). Each is stored as its text. What is personal (citizen ids, other papers) never
//! shows itself in `Debug` or `Display`; `reveal()` is the only way to the number.
//!
//! Deliberately absent: look-ups in registers. That a number is well-formed does not say that it was issued.

pub mod act_code;
pub mod certificate;
pub mod citizen_id;
pub mod document_number;
pub mod paper;
pub mod plate;
pub mod region;
mod text;
pub mod uscc;

pub use act_code::{ActCode, BadParts, BadPattern, CodeFormat};
pub use certificate::{BadFormat, CertificateFormat, CertificateNumber};
pub use citizen_id::CitizenId;
pub use document_number::{BadNumberFormat, DocumentNumber, NumberFormat};
pub use paper::{Paper, PaperKind};
pub use plate::{Plate, PlateNumber};
pub use region::RegionCode;
pub use text::Fault;
pub use uscc::Uscc;
