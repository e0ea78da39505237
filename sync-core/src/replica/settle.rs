//! What leaves the overlay once the server's record covers it, and which own values do not stand then.

use super::{Event, NotTaken, Store, not_taken};
use crate::base::DeviceId;
use crate::protocol::Disposition;
use crate::record::{Candidate, Change, Record};

/// Takes out of the overlay what the server's record covers, and tells of own values that do not stand.
pub(super) fn settle<S: Store>(store: &mut S, record: &Record, events: &mut Vec<Event>) -> Result<(), S::Error> {
    let own = store.meta()?.device;
    for mut row in store.overlay(record.id)? {
        if !record.seen().covers(row.dot) {
            continue;
        }
        row.settled = true;
        if !matches!(row.disposition, Some(Disposition::Applied { .. } | Disposition::Dismissed { .. })) {
            row.disposition = Some(Disposition::Applied { commit: record.commit(), contested: vec![], excepted: vec![], refused: vec![] });
        }
        store.update(&row)?;
        if row.dot.device == own
            && let Some(signed) = store.signed(row.dot)?
            && let Ok(change) = Change::decode(&signed.bytes)
        {
            events.extend(not_taken(&change, record).into_iter().map(Event::NotTaken));
        }
    }
    Ok(())
}

/// After everything was pulled, what no mirror covers leaves the overlay where nobody here needs it any more: own work
/// that applied to a record which is not given to this device, and colleagues' work that the server holds (if it is
/// held up there, its author is told). Own work that is held up stays.
pub(super) fn settle_elsewhere<S: Store>(store: &mut S, own: DeviceId) -> Result<(), S::Error> {
    let mut after = 0;
    loop {
        let rows = store.unsettled_held(after, 500)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.order;
        for mut row in rows {
            let applied = matches!(row.disposition, Some(Disposition::Applied { .. }));
            if row.dot.device != own || (applied && store.mirror(row.record)?.is_none()) {
                row.settled = true;
                store.update(&row)?;
            }
        }
    }
}

/// This device's candidates that stand beside others in a mirrored record.
pub(super) fn disputed_by(record: &Record, own: DeviceId) -> Vec<(Box<str>, Candidate)> {
    let disputed = record.registers().filter(|(key, r)| !key.starts_with('$') && r.candidates().len() > 1);
    disputed.flat_map(|(key, r)| r.candidates().iter().filter(|c| c.dot.device == own).map(move |c| (key.into(), c.clone()))).collect()
}

/// Of those, the ones that were decided against: neither they, nor their value, nor a later one of their author stands.
pub(super) fn decided_against(disputed: Vec<(Box<str>, Candidate)>, now: &Record, own: DeviceId) -> impl Iterator<Item = NotTaken> {
    disputed.into_iter().filter_map(move |(field, mine)| {
        let standing = now.register(&field)?.candidates();
        let lost = !standing.iter().any(|c| c.dot.device == own || c.value == mine.value);
        let standing = standing.iter().map(|c| (c.dot, c.value.clone(), c.by.as_deref().cloned()));
        lost.then(|| NotTaken { dot: mine.dot, record: now.id, field, mine: mine.value, now: standing.collect() })
    })
}
