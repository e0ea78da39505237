//! Passwords, second factors, browser log-ins, enrolment and device tokens.
//!
//! Handhelds get short tokens by signing a nonce: a lost answer costs them nothing. Browsers get refresh tokens that
//! rotate; one that is used twice ends its family. Who decides or administers has a second factor beside his password.
//! Whoever guesses is slowed down by account and by address.

pub mod browser;
pub mod device;
pub mod enrol;
pub mod password;
mod prove;
pub mod second_factor;
pub mod secret;
pub mod throttle;
pub mod totp;
