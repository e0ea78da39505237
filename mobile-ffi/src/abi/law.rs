//! Looking the law up offline: each function takes one JSON object and gives one. A day is `"2026-11-22"`; where none is
//! given, the handheld's own day is taken, and the answer says which.

use super::data::{ZhifaBuffer, ZhifaSlice};
use super::device::{ZhifaDevice, device};
use super::error::ZhifaError;
use super::guard::{buffer, give_json, guard};
use super::record::call;

/// Finds by name or code: `{"q", "kinds"?: ["matter", "organ", "unit", "area", "site"], "day"?, "area"?, "limit"?}` gives
/// `{"day", "hits": [{"kind", "key", "name", "rank", "organ", "highlights"}]}`, best first. `q` is Chinese words, pinyin, their
/// initials, or the beginning of a code. `organ` (`{"key", "name"}`, or null) may punish in a matter on that day; `highlights` are pairs of
/// first character and length. Code 403 if no law has arrived yet.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_law_search(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::SearchInput| d.law_search(&i)) }
}

/// One thing: `{"kind", "key", "day"?}` gives `{"day", "row": {"from", "until", "body"}, "history": [rows]}`; `row` is null if none is in
/// force on the day. A matter's body has its clauses, penalties and fine. Code 403 if the law that is held does not know it.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_law_get(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::GetInput| d.law_get(&i)) }
}

/// Who holds a power: `{"matter", "area", "power": "penalty" | "inspection" | "coercion", "day"?}` gives `{"day", "holder", "name", "none"}`;
/// where nobody does, `holder` is null and `none` says why.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_law_authority(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::AuthorityInput| d.law_authority(&i)) }
}

/// Which law applies to an act: `{"matter", "act_start", "act_end"?, "refused"?, "decision"}` gives `{"choice", "none"}`. A choice has its `rule`,
/// the versions `then` and `now`, and what was compared; where there is no law to choose, `none` says why.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_law_choice(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::ChoiceInput| d.law_choice(&i)) }
}

/// When a period is over: `{"start", "period": {"count", "unit"} | {"rule", "days"}, "side": "party" | "organ", "suspensions"?}` gives
/// `{"outcome", "unknown_year"}`. Units: working_days, calendar_days, months, years. Rules: penalty, coercion, civil_procedure.
///
/// # Safety
/// Slices and `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_law_deadline(handle: *const ZhifaDevice, input: ZhifaSlice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    // SAFETY: handed through.
    unsafe { call(handle, input, out, |d, i: crate::device::DeadlineInput| d.law_deadline(&i)) }
}

/// Which law is held: `{"held", "epoch", "rev", "day", "age_days", "rows", "areas", "arriving", "refused"}`. `day` is the last on which the office
/// said that it is the newest; `refused` says why another was not taken: older, not_signed, sum, unreadable, too_large. Answers
/// also where nothing may be read.
///
/// # Safety
/// `out` as the header's rules say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zhifa_law_status(handle: *const ZhifaDevice, out: *mut ZhifaBuffer) -> *mut ZhifaError {
    guard(|| {
        // SAFETY: as promised.
        let out = unsafe { buffer(out, "out") }?;
        *out = give_json(&device(handle)?.law_status()?);
        Ok(())
    })
}
