//! Which handler a page has; the list of routes, with their permissions, stands with all others ([`crate::routes::ROUTES`]).

use actix_web::Route;
use actix_web::web::{get, post};

use super::{figures, home, layout, login, record, review};
use crate::picture::http::page_form;

/// The handler of a page.
pub fn handler(method: &str, path: &str) -> Option<Route> {
    Some(match (method, path) {
        ("GET", "/app") => get().to(home::home),
        ("GET", "/app/queue") => get().to(review::queue),
        ("GET", "/app/records/{id}") => get().to(record::record),
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
