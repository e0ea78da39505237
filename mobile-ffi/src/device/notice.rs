//! What an officer has yet to be shown: his value was not taken, his change is held up, an order of the office.
//!
//! Notices are kept in the same transaction as what they tell of, and stay until the app says that they were shown.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync_core::protocol::Disposition;
use sync_core::replica::Event;

use super::error::{DeviceError, Result};
use super::runtime::Device;

/// Most notices of a page.
const MAX_PAGE: usize = 500;

/// Which notices.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeInput {
    /// Format of this object: 1, or left out.
    pub v: Option<u32>,
    /// Those after this number.
    pub after: u64,
    /// At most so many, 500 at most; 100 if left out.
    pub limit: Option<usize>,
}

/// Up to which number they were shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownInput {
    /// Format of this object: 1, or left out.
    #[serde(default)]
    pub v: Option<u32>,
    /// The number of the last one shown.
    pub through: u64,
}

/// Whether an event must not be lost if the app is killed before it showed it.
pub(super) fn is_for_the_officer(event: &Event) -> bool {
    match event {
        Event::NotTaken(_) | Event::ChainFrozen | Event::Order(..) | Event::LogRewritten | Event::ServerRestored { .. } => true,
        Event::Disposed(_, Disposition::Quarantined { .. } | Disposition::Dismissed { .. } | Disposition::Parked { .. }) => true,
        Event::Disposed(_, Disposition::Applied { excepted, refused, .. }) => !excepted.is_empty() || !refused.is_empty(),
        Event::Acknowledged(_) | Event::Refetching(_) | Event::Updated(_) | Event::Gone(_) | Event::Failed(_) => false,
    }
}

impl Device {
    /// Notices not yet shown, oldest first: `{notices: [{number, notice}], next}`.
    pub fn notices(&self, input: &NoticeInput) -> Result<Json> {
        let limit = match input.limit.unwrap_or(100) {
            n @ 1..=MAX_PAGE => n,
            _ => return Err(DeviceError::argument("limit", format_args!("must be from 1 to {MAX_PAGE}"))),
        };
        self.may_read()?;
        let page = self.read(|tx| -> Result<_> { Ok(tx.notices(input.after, limit)?) })?;
        let next = if page.len() == limit { page.last().map(|(number, _)| *number) } else { None };
        let notices: Vec<Json> = page.into_iter().map(|(number, body)| json!({ "number": number, "notice": serde_json::from_str::<Json>(&body).unwrap_or_default() })).collect();
        Ok(json!({ "v": 1, "notices": notices, "next": next }))
    }

    /// The app has shown the notices up to this number; they are forgotten: `{forgotten}`.
    pub fn notices_shown(&self, input: &ShownInput) -> Result<Json> {
        self.may_read()?;
        let forgotten = self.write(|tx| -> Result<_> { Ok(tx.drop_notices(input.through)?) })?;
        Ok(json!({ "v": 1, "forgotten": forgotten }))
    }
}
