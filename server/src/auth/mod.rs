//! Passwords, browser log-ins, enrolment and device tokens.
//!
//! Handhelds get short tokens by signing a nonce: a lost answer costs them nothing. Browsers get refresh tokens that
//! rotate; one that is used twice ends its family.

pub mod browser;
pub mod device;
pub mod enrol;
pub mod password;
pub mod throttle;
