//! Every route, with its permission: the index of the system. A test walks all of them as everybody.

use std::sync::LazyLock;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, get, post, put};
use actix_web::{HttpResponse, Route};

use crate::access::{
    Access, AnyUser, CoordinatesPlans, DeviceReads, DeviceWrites, Dispatches, Permission, Public, ReadsAudit, ReadsPeople, ReadsQueue, ReadsRecords, Reviews, SecurityAdmin,
    SystemAdmin, Uploads, Writes,
};
use crate::audit::http as audit;
use crate::auth::{browser, device, enrol, second_factor, secret};
use crate::base::problem::no_method;
use crate::case::hearing as case_hearing;
use crate::case::http as cases;
use crate::case::investigation as case_investigation;
use crate::case::{board, deadline as case_deadline, execution as case_execution, fast as case_fast, penalty as case_penalty};
use crate::credit::portal::{self, Portal};
use crate::credit::{guidance, http as repairs};
use crate::custody::http as custody;
use crate::document::{http as documents, seal as seals};
use crate::draw::http as draws;
use crate::due;
use crate::figures::http as figures;
use crate::file::{http as files, record_http as record_files, thumbnail};
use crate::import::http as imports;
use crate::index::http as lists;
use crate::invitation::http as invitations;
use crate::law::http::{calendar, catalogue, dated, policy, transfer, write};
use crate::liaison::http as liaisons;
use crate::number::http as numbers;
use crate::number::keys::published;
use crate::object::http as objects;
use crate::org::http::{device as devices, officer as officers};
use crate::package::http as packages;
use crate::picture;
use crate::plan::{drawn as plan_drawn, http as plans, import as plan_import};
use crate::public;
use crate::publicity;
use crate::record::http as records;
use crate::review::{decide, queue, read};
use crate::sync::http::deposit::{self, Deposits};
use crate::sync::http::{bundle, law, news, proof, pull, push, salvage, session};
use crate::training::{certificates, cohandling as cohandlings, http as courses};
use crate::visit::http as visits;
use crate::web::routes as pages;

/// Method, path, permission.
pub type Row = (&'static str, &'static str, &'static str);

/// What a handler's permission is called in the list below.
pub const fn of<P: Permission>() -> &'static str {
    P::NAME
}

/// All routes with the permission that each handler's type names: calls, and pages.
pub static ROUTES: LazyLock<Vec<Row>> = LazyLock::new(|| [CALLS, pages::PAGES].concat());

const CALLS: &[Row] = &[
    // Whether the program is up.
    ("GET", "/health", of::<Public>()),
    // Handhelds: becoming one, proving it.
    ("POST", "/sync/v1/enrol", of::<Public>()),
    ("POST", "/sync/v1/nonce", of::<Public>()),
    ("POST", "/sync/v1/token", of::<Public>()),
    // Handing in: open to revoked devices and suspended officers, whose work goes to custody.
    ("POST", "/sync/v1/session", of::<DeviceWrites>()),
    ("POST", "/sync/v1/push", of::<DeviceWrites>()),
    ("POST", "/sync/v1/salvage", of::<DeviceWrites>()),
    ("POST", "/sync/v1/bundle", of::<DeviceWrites>()),
    ("POST", "/sync/v1/deposit", of::<Deposits>()),
    ("POST", "/api/v1/bundles", of::<Reviews>()),
    // Fetching.
    ("GET", "/sync/v1/pull", of::<DeviceReads>()),
    ("GET", "/sync/v1/news", of::<DeviceReads>()),
    ("GET", "/sync/v1/log/proof", of::<DeviceReads>()),
    ("GET", "/sync/v1/certificates", of::<DeviceReads>()),
    ("GET", "/sync/v1/law", of::<DeviceReads>()),
    ("POST", "/sync/v1/numbers", of::<DeviceReads>()),
    ("POST", "/sync/v1/thumbnails", of::<Uploads>()),
    // Browsers: log-in with rotating refresh tokens.
    ("OPTIONS", "/files", of::<Public>()),
    ("POST", "/files", of::<Uploads>()),
    ("HEAD", "/files/{upload}", of::<Uploads>()),
    ("PATCH", "/files/{upload}", of::<Uploads>()),
    ("DELETE", "/files/{upload}", of::<Uploads>()),
    ("POST", "/files/{upload}", of::<Uploads>()),
    ("POST", "/auth/login", of::<Public>()),
    ("POST", "/auth/refresh", of::<Public>()),
    ("POST", "/auth/logout", of::<Public>()),
    ("POST", "/auth/second-factor", of::<Public>()),
    ("POST", "/auth/second-factor/confirm", of::<Public>()),
    ("POST", "/auth/first-password", of::<Public>()),
    ("POST", "/auth/password", of::<AnyUser>()),
    ("GET", "/api/v1/me", of::<AnyUser>()),
    // Review: what waits for a human, and his word on it.
    ("GET", "/api/v1/queue", of::<ReadsQueue>()),
    ("GET", "/api/v1/records/{id}", of::<ReadsRecords>()),
    ("PUT", "/api/v1/records/{id}/fields/{key}", of::<Reviews>()),
    ("POST", "/api/v1/records", of::<Writes>()),
    ("POST", "/api/v1/records/{id}/edits", of::<Writes>()),
    ("POST", "/api/v1/records/{id}/acts", of::<Writes>()),
    ("GET", "/api/v1/lists/{kind}", of::<ReadsRecords>()),
    ("GET", "/api/v1/figures", of::<ReadsRecords>()),
    ("GET", "/api/v1/figures.csv", of::<ReadsRecords>()),
    ("GET", "/api/v1/figures.xlsx", of::<ReadsRecords>()),
    ("GET", "/api/v1/figures/{code}/rows", of::<ReadsRecords>()),
    ("GET", "/api/v1/visits/{id}", of::<ReadsRecords>()),
    ("GET", "/api/v1/overdue", of::<ReadsRecords>()),
    ("GET", "/api/v1/visits/{id}/admission", of::<ReadsRecords>()),
    // Documents of cases and visits, and the organs' seals.
    ("GET", "/api/v1/documents/types", of::<AnyUser>()),
    ("POST", "/api/v1/cases/{id}/package", of::<Reviews>()),
    ("GET", "/api/v1/records/{id}/files", of::<ReadsRecords>()),
    ("GET", "/api/v1/records/{id}/files/{sha256}", of::<ReadsRecords>()),
    ("GET", "/api/v1/records/{id}/files/{sha256}/custody", of::<ReadsRecords>()),
    ("POST", "/api/v1/records/{id}/files/{sha256}/custody", of::<Writes>()),
    ("POST", "/api/v1/records/{id}/files/{sha256}/lost", of::<Reviews>()),
    ("GET", "/api/v1/records/{id}/files/{sha256}/{form}", of::<ReadsRecords>()),
    ("GET", "/api/v1/records/{id}/documents", of::<ReadsRecords>()),
    ("POST", "/api/v1/records/{id}/documents", of::<Writes>()),
    ("GET", "/api/v1/records/{id}/documents/preview", of::<ReadsRecords>()),
    ("GET", "/api/v1/records/{id}/documents/{document}/file", of::<ReadsRecords>()),
    ("GET", "/api/v1/records/{id}/documents/{document}/model", of::<ReadsRecords>()),
    ("POST", "/api/v1/records/{id}/documents/{document}/signed", of::<Writes>()),
    ("POST", "/api/v1/records/{id}/documents/{document}/served", of::<Writes>()),
    ("POST", "/api/v1/records/{id}/documents/{document}/void", of::<Writes>()),
    ("POST", "/api/v1/records/{id}/dossier", of::<Writes>()),
    ("GET", "/api/v1/organs/{organ}/seal", of::<ReadsRecords>()),
    ("POST", "/api/v1/organs/{organ}/seal", of::<SystemAdmin>()),
    // Invitations of firms, and requests between organs.
    ("GET", "/api/v1/invitations/themes", of::<AnyUser>()),
    ("POST", "/api/v1/invitations", of::<Writes>()),
    ("POST", "/api/v1/invitations/{id}/dispatch", of::<Writes>()),
    ("POST", "/api/v1/invitations/{id}/claim", of::<Writes>()),
    ("POST", "/api/v1/invitations/{id}/decline", of::<Writes>()),
    ("POST", "/api/v1/invitations/{id}/schedule", of::<Writes>()),
    ("POST", "/api/v1/invitations/{id}/report", of::<Writes>()),
    ("POST", "/api/v1/liaisons", of::<Writes>()),
    ("POST", "/api/v1/liaisons/{id}/reply", of::<Writes>()),
    ("GET", "/api/v1/liaison/figures", of::<ReadsRecords>()),
    ("POST", "/api/v1/courses", of::<Writes>()),
    ("POST", "/api/v1/courses/{id}/invite", of::<Writes>()),
    ("POST", "/api/v1/courses/{id}/reply", of::<Writes>()),
    ("POST", "/api/v1/courses/{id}/questions", of::<Writes>()),
    ("GET", "/api/v1/courses/{id}/code", of::<Writes>()),
    ("POST", "/api/v1/courses/{id}/sign-in", of::<AnyUser>()),
    ("GET", "/api/v1/courses/{id}/quiz", of::<AnyUser>()),
    ("POST", "/api/v1/courses/{id}/quiz", of::<AnyUser>()),
    ("POST", "/api/v1/courses/{id}/credits", of::<Writes>()),
    ("GET", "/api/v1/training/hours", of::<ReadsPeople>()),
    ("GET", "/api/v1/training/figures", of::<ReadsRecords>()),
    ("GET", "/api/v1/certificates/ending", of::<ReadsPeople>()),
    ("GET", "/api/v1/cohandlings/lessons", of::<ReadsRecords>()),
    ("POST", "/api/v1/cohandlings/{id}/ask", of::<Writes>()),
    ("POST", "/api/v1/cohandlings/{id}/reply", of::<Writes>()),
    ("POST", "/api/v1/cohandlings/{id}/lessons", of::<Writes>()),
    ("POST", "/api/v1/visits/{id}/flags/{key}/settle", of::<Reviews>()),
    ("POST", "/api/v1/visits/{id}/join", of::<Writes>()),
    ("POST", "/api/v1/visits/{id}/separate", of::<Writes>()),
    ("POST", "/api/v1/visits/{id}/regularise", of::<Writes>()),
    ("POST", "/api/v1/visits/{id}/rulings/{extension}", of::<Reviews>()),
    // Cases.
    ("GET", "/api/v1/cases", of::<ReadsRecords>()),
    ("POST", "/api/v1/cases", of::<Writes>()),
    ("GET", "/api/v1/cases/{id}", of::<ReadsRecords>()),
    ("POST", "/api/v1/cases/{id}/opinions", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/flags/{key}/settle", of::<Reviews>()),
    ("POST", "/api/v1/cases/{id}/measures/{measure}/approval", of::<Reviews>()),
    ("POST", "/api/v1/cases/{id}/measures/{measure}/rulings", of::<Reviews>()),
    ("POST", "/api/v1/cases/{id}/recusals/{officer}/ruling", of::<Reviews>()),
    ("POST", "/api/v1/cases/{id}/evidence/{evidence}/verify", of::<Reviews>()),
    ("POST", "/api/v1/cases/{id}/reviews", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/discussion", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/hearing", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/extensions", of::<Reviews>()),
    ("POST", "/api/v1/cases/{id}/standstills", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/standstills/{standstill}/end", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/services", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/payments", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/instalments", of::<Reviews>()),
    ("POST", "/api/v1/cases/{id}/remedies", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/remedies/{remedy}/end", of::<Writes>()),
    ("GET", "/api/v1/cases/{id}/account", of::<ReadsRecords>()),
    ("POST", "/api/v1/cases/{id}/archive", of::<Writes>()),
    // What is due, of every kind of record.
    // What follows a penalty: advice, visits to help, credit repair; and the portal of enterprises.
    ("GET", "/api/v1/cases/{id}/advice", of::<ReadsRecords>()),
    ("POST", "/api/v1/cases/{id}/advice", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/guidance", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/assists", of::<Writes>()),
    ("GET", "/api/v1/cases/{id}/follow-up", of::<ReadsRecords>()),
    ("GET", "/api/v1/repairs", of::<ReadsRecords>()),
    ("GET", "/api/v1/repairs/{id}", of::<ReadsRecords>()),
    ("POST", "/api/v1/repairs/{id}/apply", of::<Writes>()),
    ("POST", "/api/v1/repairs/{id}/accept", of::<Writes>()),
    ("POST", "/api/v1/repairs/{id}/return", of::<Writes>()),
    ("POST", "/api/v1/repairs/{id}/review", of::<Writes>()),
    ("POST", "/api/v1/repairs/{id}/extend", of::<Writes>()),
    ("POST", "/api/v1/repairs/{id}/decide", of::<Writes>()),
    ("POST", "/api/v1/repairs/{id}/synced", of::<Writes>()),
    ("POST", "/api/v1/repairs/{id}/revoke", of::<Writes>()),
    ("POST", "/api/v1/repairs/{id}/tell-again", of::<Writes>()),
    ("POST", "/api/v1/repairs/{id}/access", of::<Writes>()),
    ("GET", "/portal/v1/repairs", of::<Portal>()),
    ("GET", "/portal/v1/repairs/{id}", of::<Portal>()),
    ("POST", "/portal/v1/repairs/{id}/apply", of::<Portal>()),
    ("GET", "/api/v1/deadlines", of::<ReadsRecords>()),
    // Publicity of decisions.
    ("GET", "/api/v1/cases/{id}/publication", of::<ReadsRecords>()),
    ("POST", "/api/v1/cases/{id}/publication", of::<Reviews>()),
    ("POST", "/api/v1/cases/{id}/publication/correct", of::<Reviews>()),
    ("POST", "/api/v1/cases/{id}/publication/withdraw", of::<Reviews>()),
    ("GET", "/api/v1/public/decisions", of::<Public>()),
    ("GET", "/api/v1/public/decisions/{id}", of::<Public>()),
    ("GET", "/p/decisions", of::<Public>()),
    ("GET", "/p/decisions/{id}", of::<Public>()),
    ("GET", "/api/v1/cases/{id}/penalty", of::<ReadsRecords>()),
    ("POST", "/api/v1/cases/{id}/penalty", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/law-choice", of::<Writes>()),
    ("GET", "/api/v1/cases/{id}/fast", of::<ReadsRecords>()),
    ("POST", "/api/v1/cases/{id}/fast/offer", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/fast/consent", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/fast/run", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/fast/withdraw", of::<Writes>()),
    ("POST", "/api/v1/cases/{id}/fast/convert", of::<Writes>()),
    ("GET", "/api/v1/fast-share", of::<ReadsRecords>()),
    // Sites and subjects: found, joined, kept apart, listed, warned for.
    ("GET", "/api/v1/objects", of::<ReadsRecords>()),
    ("GET", "/api/v1/objects/duplicates", of::<ReadsRecords>()),
    ("GET", "/api/v1/objects/{id}", of::<ReadsRecords>()),
    ("POST", "/api/v1/objects/{id}/join", of::<Writes>()),
    ("POST", "/api/v1/objects/{id}/separate", of::<Writes>()),
    ("POST", "/api/v1/objects/{id}/distinct", of::<Writes>()),
    ("POST", "/api/v1/objects/{id}/list", of::<Writes>()),
    ("GET", "/api/v1/warnings", of::<ReadsRecords>()),
    ("GET", "/api/v1/changes/{dot}", of::<ReadsQueue>()),
    ("POST", "/api/v1/changes/{dot}/release", of::<Reviews>()),
    ("POST", "/api/v1/changes/{dot}/dismiss", of::<Reviews>()),
    ("POST", "/api/v1/notices/done", of::<Reviews>()),
    // Administration.
    ("GET", "/api/v1/officers", of::<ReadsPeople>()),
    ("POST", "/api/v1/officers", of::<SystemAdmin>()),
    ("GET", "/api/v1/officers/{id}", of::<ReadsPeople>()),
    ("PUT", "/api/v1/officers/{id}", of::<SystemAdmin>()),
    ("POST", "/api/v1/officers/{id}/roles", of::<SecurityAdmin>()),
    ("POST", "/api/v1/officers/{id}/grants", of::<SecurityAdmin>()),
    ("POST", "/api/v1/officers/{id}/suspension", of::<SecurityAdmin>()),
    ("POST", "/api/v1/officers/{id}/codes", of::<SecurityAdmin>()),
    ("POST", "/api/v1/officers/{id}/second-factor/reset", of::<SecurityAdmin>()),
    ("GET", "/api/v1/devices", of::<ReadsPeople>()),
    ("POST", "/api/v1/devices/{id}/revoke", of::<SecurityAdmin>()),
    ("POST", "/api/v1/devices/{id}/commands", of::<SecurityAdmin>()),
    // The book of everything that has days.
    ("GET", "/api/v1/dated/{kind}", of::<AnyUser>()),
    ("GET", "/api/v1/dated/{kind}/{key}", of::<AnyUser>()),
    ("PUT", "/api/v1/dated/{kind}/{key}", of::<SystemAdmin>()),
    ("POST", "/api/v1/dated/{kind}/{key}/end", of::<SystemAdmin>()),
    ("POST", "/api/v1/dated/{kind}/{key}/withdraw", of::<SystemAdmin>()),
    ("GET", "/api/v1/catalogue/search", of::<AnyUser>()),
    ("GET", "/api/v1/catalogue/authority", of::<AnyUser>()),
    ("GET", "/api/v1/catalogue/choice", of::<AnyUser>()),
    ("GET", "/api/v1/catalogue/held", of::<AnyUser>()),
    ("GET", "/api/v1/catalogue/gaps", of::<AnyUser>()),
    ("GET", "/api/v1/catalogue/transfers", of::<AnyUser>()),
    ("GET", "/api/v1/catalogue/transfers/{code}", of::<AnyUser>()),
    ("GET", "/api/v1/calendar/deadline", of::<AnyUser>()),
    ("GET", "/api/v1/policies", of::<AnyUser>()),
    ("POST", "/api/v1/imports/{what}", of::<SystemAdmin>()),
    ("GET", "/api/v1/imports/{what}/template", of::<SystemAdmin>()),
    // Running numbers and the code of the act.
    ("GET", "/api/v1/numbers", of::<ReadsQueue>()),
    ("POST", "/api/v1/numbers/void", of::<Reviews>()),
    ("GET", "/api/v1/codes/{code}", of::<ReadsRecords>()),
    ("GET", "/.well-known/zhifa-keys", of::<Public>()),
    ("GET", "/c/{token}", of::<Public>()),
    ("POST", "/c/{token}/rating", of::<Public>()),
    ("GET", "/c/{token}/qr.svg", of::<Public>()),
    // Plans: entries from a file, matching, proposals.
    ("POST", "/api/v1/plans/{id}/entries", of::<Writes>()),
    ("POST", "/api/v1/plans/{id}/entries/{entry}/objects", of::<Writes>()),
    ("GET", "/api/v1/matchings", of::<ReadsRecords>()),
    ("POST", "/api/v1/matchings", of::<Dispatches>()),
    ("GET", "/api/v1/matchings/{id}", of::<ReadsRecords>()),
    ("GET", "/api/v1/matchings/{id}/proposals", of::<ReadsRecords>()),
    ("POST", "/api/v1/matchings/{id}/proposals/{n}/decide", of::<CoordinatesPlans>()),
    ("POST", "/api/v1/matchings/{id}/proposals/{n}/task", of::<Dispatches>()),
    // 双随机: committed to, then drawn; published either way.
    ("POST", "/api/v1/draws", of::<Dispatches>()),
    ("GET", "/api/v1/draws", of::<ReadsRecords>()),
    ("GET", "/api/v1/draws/{id}", of::<ReadsRecords>()),
    ("POST", "/api/v1/draws/{id}/draw", of::<Dispatches>()),
    ("POST", "/api/v1/draws/{id}/redraw", of::<Dispatches>()),
    ("GET", "/api/v1/draws/{id}/objects", of::<ReadsRecords>()),
    ("GET", "/public/draws", of::<Public>()),
    ("GET", "/public/draws/{id}", of::<Public>()),
    // Supervision.
    ("GET", "/api/v1/audit", of::<ReadsAudit>()),
];

fn handler(method: &str, path: &str) -> Option<Route> {
    Some(match (method, path) {
        ("GET", "/health") => get().to(health),
        ("POST", "/sync/v1/enrol") => post().to(enrol::enrol),
        ("POST", "/sync/v1/nonce") => post().to(device::nonce),
        ("POST", "/sync/v1/token") => post().to(device::token),
        ("POST", "/sync/v1/session") => post().to(session::session),
        ("POST", "/sync/v1/push") => post().to(push::push),
        ("POST", "/sync/v1/salvage") => post().to(salvage::salvage),
        ("POST", "/sync/v1/bundle") => post().to(bundle::carried),
        ("POST", "/sync/v1/deposit") => post().to(deposit::deposit),
        ("POST", "/api/v1/bundles") => post().to(bundle::handed_in),
        ("GET", "/sync/v1/pull") => get().to(pull::pull),
        ("GET", "/sync/v1/news") => get().to(news::news),
        ("GET", "/sync/v1/log/proof") => get().to(proof::proof),
        ("GET", "/sync/v1/certificates") => get().to(proof::certificates),
        ("GET", "/sync/v1/law") => get().to(law::law),
        ("POST", "/sync/v1/numbers") => post().to(numbers::numbers),
        ("POST", "/sync/v1/thumbnails") => post().to(thumbnail::take),
        ("OPTIONS", "/files") => web::method(Method::OPTIONS).to(files::options),
        ("POST", "/files") => post().to(files::create),
        ("HEAD", "/files/{upload}") => web::head().to(files::head),
        ("PATCH", "/files/{upload}") => web::patch().to(files::patch),
        ("DELETE", "/files/{upload}") => web::delete().to(files::delete),
        ("POST", "/files/{upload}") => post().to(files::overridden),
        ("POST", "/auth/login") => post().to(browser::login),
        ("POST", "/auth/refresh") => post().to(browser::refresh),
        ("POST", "/auth/logout") => post().to(browser::logout),
        ("POST", "/auth/second-factor") => post().to(second_factor::begin),
        ("POST", "/auth/second-factor/confirm") => post().to(second_factor::confirm),
        ("POST", "/auth/first-password") => post().to(secret::first),
        ("POST", "/auth/password") => post().to(secret::change),
        ("GET", "/api/v1/me") => get().to(browser::me),
        ("GET", "/api/v1/queue") => get().to(queue::queue),
        ("GET", "/api/v1/records/{id}") => get().to(read::record),
        ("PUT", "/api/v1/records/{id}/fields/{key}") => put().to(decide::put_field),
        ("POST", "/api/v1/records") => post().to(records::begin),
        ("POST", "/api/v1/records/{id}/edits") => post().to(records::edit),
        ("POST", "/api/v1/records/{id}/acts") => post().to(records::act),
        ("GET", "/api/v1/lists/{kind}") => get().to(lists::list),
        ("GET", "/api/v1/figures") => get().to(figures::list),
        ("GET", "/api/v1/figures.csv") => get().to(figures::csv),
        ("GET", "/api/v1/figures.xlsx") => get().to(figures::workbook),
        ("GET", "/api/v1/figures/{code}/rows") => get().to(figures::rows),
        ("GET", "/api/v1/documents/types") => get().to(documents::types),
        ("POST", "/api/v1/cases/{id}/package") => post().to(packages::package),
        ("GET", "/api/v1/records/{id}/files") => get().to(record_files::list),
        ("GET", "/api/v1/records/{id}/files/{sha256}/{form}") => get().to(picture::http::form),
        ("GET", "/api/v1/records/{id}/files/{sha256}") => get().to(record_files::original),
        ("GET", "/api/v1/records/{id}/files/{sha256}/custody") => get().to(custody::chain),
        ("POST", "/api/v1/records/{id}/files/{sha256}/custody") => post().to(custody::put),
        ("POST", "/api/v1/records/{id}/files/{sha256}/lost") => post().to(record_files::lost),
        ("GET", "/api/v1/records/{id}/documents") => get().to(documents::list),
        ("POST", "/api/v1/records/{id}/documents") => post().to(documents::make),
        ("GET", "/api/v1/records/{id}/documents/preview") => get().to(documents::preview),
        ("GET", "/api/v1/records/{id}/documents/{document}/file") => get().to(documents::file),
        ("GET", "/api/v1/records/{id}/documents/{document}/model") => get().to(documents::model),
        ("POST", "/api/v1/records/{id}/documents/{document}/signed") => post().to(documents::signed),
        ("POST", "/api/v1/records/{id}/documents/{document}/served") => post().to(documents::served),
        ("POST", "/api/v1/records/{id}/documents/{document}/void") => post().to(documents::void),
        ("POST", "/api/v1/records/{id}/dossier") => post().to(documents::file_of_case),
        ("GET", "/api/v1/organs/{organ}/seal") => get().to(seals::show),
        ("POST", "/api/v1/organs/{organ}/seal") => post().to(seals::upload),
        ("GET", "/api/v1/visits/{id}") => get().to(visits::show),
        ("GET", "/api/v1/overdue") => get().to(due::overdue),
        ("GET", "/api/v1/invitations/themes") => get().to(invitations::themes),
        ("POST", "/api/v1/invitations") => post().to(invitations::submit),
        ("POST", "/api/v1/invitations/{id}/dispatch") => post().to(invitations::dispatch),
        ("POST", "/api/v1/invitations/{id}/claim") => post().to(invitations::claim),
        ("POST", "/api/v1/invitations/{id}/decline") => post().to(invitations::decline),
        ("POST", "/api/v1/invitations/{id}/schedule") => post().to(invitations::schedule),
        ("POST", "/api/v1/invitations/{id}/report") => post().to(invitations::report),
        ("POST", "/api/v1/liaisons") => post().to(liaisons::ask),
        ("POST", "/api/v1/liaisons/{id}/reply") => post().to(liaisons::reply),
        ("GET", "/api/v1/liaison/figures") => get().to(liaisons::figures),
        ("POST", "/api/v1/courses") => post().to(courses::plan),
        ("POST", "/api/v1/courses/{id}/invite") => post().to(courses::invite),
        ("POST", "/api/v1/courses/{id}/reply") => post().to(courses::reply),
        ("POST", "/api/v1/courses/{id}/questions") => post().to(courses::questions),
        ("GET", "/api/v1/courses/{id}/code") => get().to(courses::code),
        ("POST", "/api/v1/courses/{id}/sign-in") => post().to(courses::sign_in),
        ("GET", "/api/v1/courses/{id}/quiz") => get().to(courses::quiz),
        ("POST", "/api/v1/courses/{id}/quiz") => post().to(courses::answer),
        ("POST", "/api/v1/courses/{id}/credits") => post().to(courses::credit),
        ("GET", "/api/v1/training/hours") => get().to(courses::hours),
        ("GET", "/api/v1/training/figures") => get().to(courses::figures),
        ("GET", "/api/v1/certificates/ending") => get().to(certificates::list),
        ("GET", "/api/v1/cohandlings/lessons") => get().to(cohandlings::lessons),
        ("POST", "/api/v1/cohandlings/{id}/ask") => post().to(cohandlings::ask),
        ("POST", "/api/v1/cohandlings/{id}/reply") => post().to(cohandlings::reply),
        ("POST", "/api/v1/cohandlings/{id}/lessons") => post().to(cohandlings::lesson),
        ("GET", "/api/v1/visits/{id}/admission") => get().to(records::admission),
        ("POST", "/api/v1/visits/{id}/flags/{key}/settle") => post().to(visits::settle),
        ("POST", "/api/v1/visits/{id}/join") => post().to(visits::join),
        ("POST", "/api/v1/visits/{id}/separate") => post().to(visits::separate),
        ("POST", "/api/v1/visits/{id}/regularise") => post().to(visits::regularise),
        ("POST", "/api/v1/visits/{id}/rulings/{extension}") => post().to(visits::rule),
        ("GET", "/api/v1/cases") => get().to(cases::list),
        ("POST", "/api/v1/cases") => post().to(cases::register),
        ("GET", "/api/v1/cases/{id}") => get().to(cases::show),
        ("POST", "/api/v1/cases/{id}/opinions") => post().to(cases::opinion),
        ("POST", "/api/v1/cases/{id}/flags/{key}/settle") => post().to(cases::settle),
        ("POST", "/api/v1/cases/{id}/measures/{measure}/approval") => post().to(case_investigation::approve),
        ("POST", "/api/v1/cases/{id}/measures/{measure}/rulings") => post().to(case_investigation::rule),
        ("POST", "/api/v1/cases/{id}/recusals/{officer}/ruling") => post().to(case_investigation::recusal),
        ("POST", "/api/v1/cases/{id}/evidence/{evidence}/verify") => post().to(case_investigation::verify),
        ("POST", "/api/v1/cases/{id}/reviews") => post().to(case_hearing::review),
        ("POST", "/api/v1/cases/{id}/discussion") => post().to(case_hearing::discuss),
        ("POST", "/api/v1/cases/{id}/hearing") => post().to(case_hearing::hearing),
        ("POST", "/api/v1/cases/{id}/extensions") => post().to(case_deadline::extend),
        ("POST", "/api/v1/cases/{id}/standstills") => post().to(case_deadline::stop),
        ("POST", "/api/v1/cases/{id}/standstills/{standstill}/end") => post().to(case_deadline::go_on),
        ("POST", "/api/v1/cases/{id}/services") => post().to(case_execution::serve),
        ("POST", "/api/v1/cases/{id}/payments") => post().to(case_execution::pay),
        ("POST", "/api/v1/cases/{id}/instalments") => post().to(case_execution::divide),
        ("POST", "/api/v1/cases/{id}/remedies") => post().to(case_execution::remedy),
        ("POST", "/api/v1/cases/{id}/remedies/{remedy}/end") => post().to(case_execution::remedy_end),
        ("GET", "/api/v1/cases/{id}/account") => get().to(case_execution::owed),
        ("POST", "/api/v1/cases/{id}/archive") => post().to(case_execution::archive),
        ("GET", "/api/v1/cases/{id}/advice") => get().to(guidance::show),
        ("POST", "/api/v1/cases/{id}/advice") => post().to(guidance::advise),
        ("POST", "/api/v1/cases/{id}/guidance") => post().to(guidance::guided),
        ("POST", "/api/v1/cases/{id}/assists") => post().to(guidance::assist),
        ("GET", "/api/v1/cases/{id}/follow-up") => get().to(guidance::follow_up),
        ("GET", "/api/v1/repairs") => get().to(repairs::list),
        ("GET", "/api/v1/repairs/{id}") => get().to(repairs::show),
        ("POST", "/api/v1/repairs/{id}/apply") => post().to(repairs::apply),
        ("POST", "/api/v1/repairs/{id}/accept") => post().to(repairs::accept),
        ("POST", "/api/v1/repairs/{id}/return") => post().to(repairs::send_back),
        ("POST", "/api/v1/repairs/{id}/review") => post().to(repairs::review),
        ("POST", "/api/v1/repairs/{id}/extend") => post().to(repairs::extend),
        ("POST", "/api/v1/repairs/{id}/decide") => post().to(repairs::decide),
        ("POST", "/api/v1/repairs/{id}/synced") => post().to(repairs::synced),
        ("POST", "/api/v1/repairs/{id}/revoke") => post().to(repairs::revoke),
        ("POST", "/api/v1/repairs/{id}/tell-again") => post().to(repairs::again),
        ("POST", "/api/v1/repairs/{id}/access") => post().to(portal::issue),
        ("GET", "/portal/v1/repairs") => get().to(portal::list),
        ("GET", "/portal/v1/repairs/{id}") => get().to(portal::show),
        ("POST", "/portal/v1/repairs/{id}/apply") => post().to(portal::apply),
        ("GET", "/api/v1/deadlines") => get().to(board::board),
        ("GET", "/api/v1/cases/{id}/publication") => get().to(publicity::show),
        ("POST", "/api/v1/cases/{id}/publication") => post().to(publicity::publish),
        ("POST", "/api/v1/cases/{id}/publication/correct") => post().to(publicity::correct),
        ("POST", "/api/v1/cases/{id}/publication/withdraw") => post().to(publicity::withdraw),
        ("GET", "/api/v1/public/decisions") => get().to(publicity::decisions_json),
        ("GET", "/api/v1/public/decisions/{id}") => get().to(publicity::decision_json),
        ("GET", "/p/decisions") => get().to(publicity::decisions),
        ("GET", "/p/decisions/{id}") => get().to(publicity::decision),
        ("GET", "/api/v1/cases/{id}/penalty") => get().to(case_penalty::show),
        ("POST", "/api/v1/cases/{id}/penalty") => post().to(case_penalty::propose),
        ("POST", "/api/v1/cases/{id}/law-choice") => post().to(case_penalty::choose),
        ("GET", "/api/v1/cases/{id}/fast") => get().to(case_fast::show),
        ("POST", "/api/v1/cases/{id}/fast/offer") => post().to(case_fast::offer),
        ("POST", "/api/v1/cases/{id}/fast/consent") => post().to(case_fast::consent),
        ("POST", "/api/v1/cases/{id}/fast/run") => post().to(case_fast::run),
        ("POST", "/api/v1/cases/{id}/fast/withdraw") => post().to(case_fast::withdraw),
        ("POST", "/api/v1/cases/{id}/fast/convert") => post().to(case_fast::convert),
        ("GET", "/api/v1/fast-share") => get().to(case_fast::share),
        ("GET", "/api/v1/objects") => get().to(objects::list),
        ("GET", "/api/v1/objects/duplicates") => get().to(objects::pairs),
        ("GET", "/api/v1/objects/{id}") => get().to(objects::one),
        ("POST", "/api/v1/objects/{id}/join") => post().to(objects::join),
        ("POST", "/api/v1/objects/{id}/separate") => post().to(objects::separate),
        ("POST", "/api/v1/objects/{id}/distinct") => post().to(objects::distinct),
        ("POST", "/api/v1/objects/{id}/list") => post().to(objects::put_on_list),
        ("GET", "/api/v1/warnings") => get().to(objects::warned),
        ("GET", "/api/v1/changes/{dot}") => get().to(read::change),
        ("POST", "/api/v1/changes/{dot}/release") => post().to(decide::release),
        ("POST", "/api/v1/changes/{dot}/dismiss") => post().to(decide::dismiss),
        ("POST", "/api/v1/notices/done") => post().to(decide::notice_done),
        ("GET", "/api/v1/officers") => get().to(officers::list),
        ("POST", "/api/v1/officers") => post().to(officers::create),
        ("GET", "/api/v1/officers/{id}") => get().to(officers::read),
        ("PUT", "/api/v1/officers/{id}") => put().to(officers::change),
        ("POST", "/api/v1/officers/{id}/roles") => post().to(officers::roles),
        ("POST", "/api/v1/officers/{id}/grants") => post().to(officers::grant),
        ("POST", "/api/v1/officers/{id}/suspension") => post().to(officers::suspend),
        ("POST", "/api/v1/officers/{id}/codes") => post().to(officers::issue_code),
        ("POST", "/api/v1/officers/{id}/second-factor/reset") => post().to(second_factor::reset),
        ("GET", "/api/v1/devices") => get().to(devices::list),
        ("POST", "/api/v1/devices/{id}/revoke") => post().to(devices::revoke),
        ("POST", "/api/v1/devices/{id}/commands") => post().to(devices::order),
        ("GET", "/api/v1/dated/{kind}") => get().to(dated::list),
        ("GET", "/api/v1/dated/{kind}/{key}") => get().to(dated::history),
        ("PUT", "/api/v1/dated/{kind}/{key}") => put().to(write::enter),
        ("POST", "/api/v1/dated/{kind}/{key}/end") => post().to(write::end),
        ("POST", "/api/v1/dated/{kind}/{key}/withdraw") => post().to(write::withdraw),
        ("GET", "/api/v1/catalogue/search") => get().to(catalogue::search),
        ("GET", "/api/v1/catalogue/authority") => get().to(catalogue::authority),
        ("GET", "/api/v1/catalogue/choice") => get().to(catalogue::choice),
        ("GET", "/api/v1/catalogue/held") => get().to(catalogue::held),
        ("GET", "/api/v1/catalogue/gaps") => get().to(catalogue::gaps),
        ("GET", "/api/v1/catalogue/transfers") => get().to(transfer::list),
        ("GET", "/api/v1/catalogue/transfers/{code}") => get().to(transfer::show),
        ("GET", "/api/v1/calendar/deadline") => get().to(calendar::deadline),
        ("GET", "/api/v1/policies") => get().to(policy::list),
        ("POST", "/api/v1/imports/{what}") => post().to(imports::import),
        ("GET", "/api/v1/imports/{what}/template") => get().to(imports::template),
        ("GET", "/api/v1/numbers") => get().to(numbers::list),
        ("POST", "/api/v1/numbers/void") => post().to(numbers::void),
        ("GET", "/api/v1/codes/{code}") => get().to(numbers::by_code),
        ("GET", "/.well-known/zhifa-keys") => get().to(published),
        ("POST", "/api/v1/draws") => post().to(draws::commit),
        ("GET", "/api/v1/draws") => get().to(draws::list),
        ("GET", "/api/v1/draws/{id}") => get().to(draws::read),
        ("POST", "/api/v1/draws/{id}/draw") => post().to(draws::draw),
        ("POST", "/api/v1/draws/{id}/redraw") => post().to(draws::redraw),
        ("GET", "/api/v1/draws/{id}/objects") => get().to(draws::objects),
        ("GET", "/public/draws") => get().to(draws::public_list),
        ("GET", "/public/draws/{id}") => get().to(draws::public),
        ("GET", "/c/{token}") => get().to(public::page),
        ("POST", "/c/{token}/rating") => post().to(public::rate),
        ("GET", "/c/{token}/qr.svg") => get().to(public::picture),
        ("POST", "/api/v1/plans/{id}/entries") => post().to(plan_import::import),
        ("POST", "/api/v1/plans/{id}/entries/{entry}/objects") => post().to(plan_drawn::enter),
        ("GET", "/api/v1/matchings") => get().to(plans::list),
        ("POST", "/api/v1/matchings") => post().to(plans::make),
        ("GET", "/api/v1/matchings/{id}") => get().to(plans::read),
        ("GET", "/api/v1/matchings/{id}/proposals") => get().to(plans::proposals),
        ("POST", "/api/v1/matchings/{id}/proposals/{n}/decide") => post().to(plans::decide),
        ("POST", "/api/v1/matchings/{id}/proposals/{n}/task") => post().to(plans::make_task),
        ("GET", "/api/v1/audit") => get().to(audit::list),
        _ => return pages::handler(method, path),
    })
}

/// Registers all routes.
pub fn register(config: &mut ServiceConfig) {
    let mut paths: Vec<&str> = ROUTES.iter().map(|r| r.1).collect();
    paths.dedup();
    for path in paths {
        let mut resource = web::resource(path);
        for route in ROUTES.iter().filter(|r| r.1 == path).filter_map(|r| handler(r.0, r.1)) {
            resource = resource.route(route);
        }
        let resource = resource.default_service(web::to(no_method));
        if path.starts_with("/files") {
            config.service(resource.wrap(from_fn(files::speak)));
        } else {
            config.service(resource);
        }
    }
}

/// Says that the program is up, and nothing else.
async fn health(_: Access<Public>) -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "up" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_route_has_a_handler() {
        for (method, path, _) in ROUTES.iter() {
            assert!(handler(method, path).is_some(), "{method} {path}");
        }
    }
}
