//! What a reviewer does with a change in quarantine: release it onto the ordinary road, or dismiss it.

use super::Store;
use super::accept::Work;
use crate::base::UtcMs;
use crate::protocol::Disposition;
use crate::record::{Change, Dot, Kinds};

/// Why a reviewer's word changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// No change was received under this dot.
    #[error("no change was received as {0}")]
    Unknown(Dot),
    /// It stands elsewhere by now.
    #[error("it is {0}, not in quarantine or parked")]
    Settled(&'static str),
    /// A dismissal says why.
    #[error("give a reason")]
    NoReason,
}

/// Releases a change from quarantine: access is settled by the reviewer's word, everything else is checked again.
pub fn release<S: Store>(store: &mut S, kinds: &Kinds, dot: Dot, now: UtcMs) -> Result<Result<Disposition, ReviewError>, S::Error> {
    let mut work = Work::begin(store, kinds, now)?;
    let Some(mut entry) = work.store.entry(dot)? else { return Ok(Err(ReviewError::Unknown(dot))) };
    if !matches!(entry.disposition, Disposition::Quarantined { .. }) {
        return Ok(Err(ReviewError::Settled(entry.disposition.state())));
    }
    let Some(signed) = work.store.signed(dot)? else { return Ok(Err(ReviewError::Unknown(dot))) };
    let disposition = match Change::decode(&signed.bytes) {
        Err(why) => Disposition::quarantined("malformed", why.0.as_str()),
        Ok(change) => {
            entry.record = Some(change.record);
            work.try_apply(&change, true)?
        }
    };
    entry.released = true;
    work.move_to(dot, entry, disposition.clone())?;
    work.wake()?;
    work.finish()?;
    Ok(Ok(disposition))
}

/// Dismisses a change in quarantine or parked: it will not apply, its bytes are kept, its author is told why.
/// What waits for it needs a waiver of its own.
pub fn dismiss<S: Store>(store: &mut S, kinds: &Kinds, dot: Dot, reason: &str, now: UtcMs) -> Result<Result<Disposition, ReviewError>, S::Error> {
    if reason.trim().is_empty() {
        return Ok(Err(ReviewError::NoReason));
    }
    let mut work = Work::begin(store, kinds, now)?;
    let Some(entry) = work.store.entry(dot)? else { return Ok(Err(ReviewError::Unknown(dot))) };
    if entry.disposition.is_final() {
        return Ok(Err(ReviewError::Settled(entry.disposition.state())));
    }
    let disposition = Disposition::Dismissed { code: "reviewer".into(), reason: reason.into() };
    work.store.park(dot, &[])?;
    work.move_to(dot, entry, disposition.clone())?;
    work.finish()?;
    Ok(Ok(disposition))
}
