//! One error type for the whole runtime. Its codes are public: numbers never change meaning and are never reused.

use serde_json::{Value, json};
use std::fmt;

/// What went wrong. Families leave gaps: 1xx the caller, 2xx the store, 3xx secrets, 4xx capture and enrolment,
/// 5xx the network, 6xx bundles, 9xx faults of this library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Code {
    /// A required pointer was null.
    Null = 100,
    /// Text was not UTF-8.
    BadUtf8 = 101,
    /// An input was larger than its limit.
    TooLarge = 102,
    /// An argument was not of the documented form.
    BadArgument = 103,
    /// The same thing is being done already.
    Busy = 104,
    /// The handle was closed, or never was one.
    Closed = 105,
    /// The device's database could not be read or written.
    Store = 200,
    /// The file could not be opened as a store and was set aside; `detail.aside` names where.
    SetAside = 201,
    /// A store exists already under this path.
    Exists = 202,
    /// There is no store under this path.
    Missing = 203,
    /// The disk is full: nothing was kept.
    DiskFull = 204,
    /// The store was written by a later version of the app.
    NewerStore = 205,
    /// The office ordered this store to be erased, and it is; `detail` says by which order and where its journal ended.
    Erased = 206,
    /// The PIN is not right.
    WrongPin = 300,
    /// Too many wrong PINs; `detail.retry_ms` says how long to wait.
    PinDelay = 301,
    /// The PIN does not meet the rule.
    WeakPin = 302,
    /// The key could not sign.
    Signing = 303,
    /// Nothing may be read for want of contact with the office: connect once. Capturing and delivering go on.
    LeaseLapsed = 304,
    /// The office locked this store: close it, and open it by the PIN.
    Locked = 305,
    /// The store is not enrolled.
    NotEnrolled = 400,
    /// What was to be captured is not valid.
    Rejected = 401,
    /// The chain was frozen by the server: no capture under it any more.
    Frozen = 402,
    /// No such record, field or change is known here.
    Unknown = 403,
    /// The store is enrolled already.
    Enrolled = 404,
    /// The bytes are not a photo that can be taken; `detail.code` says why: photo_empty, photo_type, photo_too_large, photo_broken.
    BadPhoto = 405,
    /// The office ordered this store to deliver everything and be erased: nothing more is captured or taken over.
    Ending = 406,
    /// No number is left on this handheld to be taken; `detail` names organ and year. Connect to the office for more, or capture without one.
    NoNumber = 407,
    /// The server could not be reached, or answered that it cannot serve now. Try again later.
    Offline = 500,
    /// The server refused the request; `detail` holds its problem document.
    Refused = 501,
    /// What answered is not the enrolled server (a captive portal, or a wrong address).
    NotTheServer = 502,
    /// The caller cancelled.
    Cancelled = 503,
    /// The file is not a bundle for this device.
    BadBundle = 600,
    /// A panic inside the library; the handle may be used further.
    Panic = 900,
    /// A fault of this library.
    Internal = 901,
}

impl Code {
    /// Every code, for the header and for wrappers.
    pub const ALL: [Code; 34] = [
        Code::Null,
        Code::BadUtf8,
        Code::TooLarge,
        Code::BadArgument,
        Code::Busy,
        Code::Closed,
        Code::Store,
        Code::SetAside,
        Code::Exists,
        Code::Missing,
        Code::DiskFull,
        Code::NewerStore,
        Code::Erased,
        Code::WrongPin,
        Code::PinDelay,
        Code::WeakPin,
        Code::Signing,
        Code::LeaseLapsed,
        Code::Locked,
        Code::NotEnrolled,
        Code::Rejected,
        Code::Frozen,
        Code::Unknown,
        Code::Enrolled,
        Code::BadPhoto,
        Code::Ending,
        Code::NoNumber,
        Code::Offline,
        Code::Refused,
        Code::NotTheServer,
        Code::Cancelled,
        Code::BadBundle,
        Code::Panic,
        Code::Internal,
    ];
}

/// A failure: a stable code, a sentence naming what, why and the remedy, and machine-readable detail.
///
/// Neither message nor detail holds personal data or secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceError {
    /// What went wrong.
    pub code: Code,
    /// For a log or a developer.
    pub message: String,
    /// A JSON object; empty where there is nothing to add.
    pub detail: Value,
}

impl DeviceError {
    /// An error without detail.
    pub fn new(code: Code, message: impl Into<String>) -> DeviceError {
        DeviceError { code, message: message.into(), detail: json!({}) }
    }

    /// An argument that is not of its documented form: names the argument, the reason and the remedy.
    pub fn argument(name: &str, why: impl fmt::Display) -> DeviceError {
        DeviceError { code: Code::BadArgument, message: format!("{name}: {why}"), detail: json!({ "argument": name }) }
    }

    /// The same error with detail.
    pub fn with(mut self, detail: Value) -> DeviceError {
        self.detail = detail;
        self
    }
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code as i32)
    }
}

impl std::error::Error for DeviceError {}

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, DeviceError>;
