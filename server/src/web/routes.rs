//! The routes of pages, with their permissions: a part of all ([`crate::routes::ROUTES`]).

use actix_web::Route;
use actix_web::web::{get, post};

use super::{act, admin, catalogue, deadlines, edit, figures, home, layout, lists, login, record, review};
use crate::access::{AnyUser, People, Public, ReadsAudit, ReadsPeople, ReadsQueue, ReadsRecords, Reviews, SecurityAdmin, Writes};
use crate::document::http::{page_file, page_preview};
use crate::picture::http::page_form;
use crate::routes::{Row, of};

/// What the permission of a page is called, for whoever is logged in in a browser.
const fn page<P: People>() -> &'static str {
    P::PAGE
}

/// The same of a form of a page.
const fn form<P: People>() -> &'static str {
    P::FORM
}

/// All pages and what they send.
pub const PAGES: &[Row] = &[
    ("GET", "/app", page::<AnyUser>()),
    ("GET", "/app/queue", page::<ReadsQueue>()),
    ("GET", "/app/records/{id}", page::<ReadsRecords>()),
    ("GET", "/app/lists/{kind}", page::<ReadsRecords>()),
    ("GET", "/app/deadlines", page::<ReadsRecords>()),
    ("GET", "/app/catalogue", page::<AnyUser>()),
    ("GET", "/app/officers", page::<ReadsPeople>()),
    ("GET", "/app/devices", page::<ReadsPeople>()),
    ("POST", "/app/devices/{id}/revoke", form::<SecurityAdmin>()),
    ("GET", "/app/audit", page::<ReadsAudit>()),
    ("GET", "/app/records/{id}/edit", page::<Writes>()),
    ("POST", "/app/records/{id}/edit", form::<Writes>()),
    ("POST", "/app/records/{id}/acts", form::<Writes>()),
    ("POST", "/app/records/{id}/opinions", form::<Writes>()),
    ("POST", "/app/records/{id}/settle", form::<Reviews>()),
    ("POST", "/app/records/{id}/documents", form::<Writes>()),
    ("GET", "/app/records/{id}/documents/preview", page::<ReadsRecords>()),
    ("POST", "/app/records/{id}/documents/{document}", form::<Writes>()),
    ("GET", "/app/records/{id}/documents/{document}/file", page::<ReadsRecords>()),
    ("GET", "/app/records/{id}/clash", page::<ReadsQueue>()),
    ("GET", "/app/records/{id}/clash/{key}", page::<ReadsQueue>()),
    ("POST", "/app/records/{id}/clash/{key}", form::<Reviews>()),
    ("POST", "/app/records/{id}/exceptions/{dot}", form::<Reviews>()),
    ("GET", "/app/records/{id}/files/{sha256}/{form}", page::<ReadsRecords>()),
    ("POST", "/app/changes/{dot}/release", form::<Reviews>()),
    ("POST", "/app/changes/{dot}/dismiss", form::<Reviews>()),
    ("POST", "/app/notices/done", form::<Reviews>()),
    ("GET", "/app/keys.js", of::<Public>()),
    ("GET", "/app/style.css", of::<Public>()),
    ("GET", "/app/login", of::<Public>()),
    ("POST", "/app/login", of::<Public>()),
    ("POST", "/app/logout", form::<AnyUser>()),
    ("GET", "/app/figures", page::<ReadsRecords>()),
    ("GET", "/app/figures.csv", page::<ReadsRecords>()),
    ("GET", "/app/figures.xlsx", page::<ReadsRecords>()),
    ("GET", "/app/figures/{code}", page::<ReadsRecords>()),
];

/// The handler of a page.
pub fn handler(method: &str, path: &str) -> Option<Route> {
    Some(match (method, path) {
        ("GET", "/app") => get().to(home::home),
        ("GET", "/app/queue") => get().to(review::queue),
        ("GET", "/app/records/{id}") => get().to(record::record),
        ("GET", "/app/lists/{kind}") => get().to(lists::list),
        ("GET", "/app/deadlines") => get().to(deadlines::board),
        ("GET", "/app/catalogue") => get().to(catalogue::search),
        ("GET", "/app/officers") => get().to(admin::people),
        ("GET", "/app/devices") => get().to(admin::handhelds),
        ("POST", "/app/devices/{id}/revoke") => post().to(admin::withdraw),
        ("GET", "/app/audit") => get().to(admin::audit),
        ("GET", "/app/records/{id}/edit") => get().to(edit::form),
        ("POST", "/app/records/{id}/edit") => post().to(edit::save),
        ("POST", "/app/records/{id}/acts") => post().to(act::act),
        ("POST", "/app/records/{id}/opinions") => post().to(act::opinion),
        ("POST", "/app/records/{id}/settle") => post().to(act::settle),
        ("POST", "/app/records/{id}/documents") => post().to(act::draw_up),
        ("GET", "/app/records/{id}/documents/preview") => get().to(page_preview),
        ("POST", "/app/records/{id}/documents/{document}") => post().to(act::paper),
        ("GET", "/app/records/{id}/documents/{document}/file") => get().to(page_file),
        ("GET", "/app/records/{id}/clash") => get().to(review::first),
        ("GET", "/app/records/{id}/clash/{key}") => get().to(review::clash),
        ("POST", "/app/records/{id}/clash/{key}") => post().to(review::decide),
        ("POST", "/app/records/{id}/exceptions/{dot}") => post().to(record::exception),
        ("GET", "/app/records/{id}/files/{sha256}/{form}") => get().to(page_form),
        ("POST", "/app/changes/{dot}/release") => post().to(review::release),
        ("POST", "/app/changes/{dot}/dismiss") => post().to(review::dismiss),
        ("POST", "/app/notices/done") => post().to(review::notice_done),
        ("GET", "/app/keys.js") => get().to(layout::keys),
        ("GET", "/app/style.css") => get().to(layout::style),
        ("GET", "/app/login") => get().to(login::form),
        ("POST", "/app/login") => post().to(login::log_in),
        ("POST", "/app/logout") => post().to(login::log_out),
        ("GET", "/app/figures") => get().to(figures::list),
        ("GET", "/app/figures.csv") => get().to(figures::csv),
        ("GET", "/app/figures.xlsx") => get().to(figures::workbook),
        ("GET", "/app/figures/{code}") => get().to(figures::one),
        _ => return None,
    })
}
