//! What plans say: which of what was announced needs nobody to come (非现场).

use super::{Fact, Out, blank, text};
use crate::plan::Mode;
use crate::plan::kind::{KIND, planned};
use crate::record::{Record, read_field};

/// The entries of a plan that was published, each on its first day. An entry that two people wrote at once says nothing.
pub(super) fn of_plan(record: &Record, out: &mut Out) {
    // A plan that is being adjusted stays the one that was published.
    if read_field(record, &KIND, "published").value().and_then(|v| v.to_json().get("day").cloned()).is_none() {
        return;
    }
    let field = |key: &str| text(record, &KIND, key).filter(|text| !text.is_empty());
    for (id, entry) in planned(record).into_iter().filter_map(|(id, planned)| Some((id, planned.ok()?.entry))) {
        let area = Some(entry.area.to_string()).filter(|area| !area.is_empty());
        let row = |what| Fact { about: id.clone(), organ: field("organ"), unit: field("unit"), area: area.clone(), object: entry.object.parse().ok(), ..blank(what, entry.from) };
        out.insert(row("plan_entry"));
        if entry.mode == Mode::OffSite {
            out.insert(row("plan_off_site"));
        }
    }
}
