//! The back office as pages: rendered here, in Chinese or English; a script adds keys, and nothing needs it.
//!
//! A page knows who is logged in by a cookie that names his log-in; the server looks with every request whether it still stands, so that whoever
//! is suspended, or logged out elsewhere, is out at once, and two pages loaded side by side do not turn a token under each other's feet
//! ([`session`]). A handler's type names the permission, as that of a call does: [`session::Page`] to look, [`session::Posted`] to write, which
//! takes nothing that did not come from a form of this session. Pages call what the API calls, so that both show the same; [`layout`] puts the
//! frame around and the headers that let nothing else in. Deliberately absent: rules of the domain, and a second way to count or to write.

pub mod act;
pub mod admin;
pub mod ahead;
pub mod catalogue;
pub mod deadlines;
pub mod edit;
pub mod figures;
pub mod form;
pub mod home;
pub mod layout;
pub mod lists;
pub mod login;
pub mod record;
pub mod review;
pub mod routes;
pub mod session;
mod words;
