//! The pages that are measured: lists at their first, a middle and their last page, and figures of a month and of a year.

use std::time::Duration;

use sync_core::fixtures::scale::Plan;

/// A page.
pub struct Page {
    /// What it is called.
    pub name: &'static str,
    /// Its path.
    pub path: String,
    /// Whether it is a page of a list, whose cost must not grow; figures cost what their period holds.
    pub is_list: bool,
}

/// The greatest id there is.
const LAST: &str = "ffffffffffffffffffffffffffffffff";
/// The least.
const FIRST: &str = "00000000000000000000000000000000";
/// Commits of some tens of visits.
const SOME: u64 = 600;

/// All pages over what was planned, of which the newest change has this commit.
pub fn pages(plan: &Plan, commit: u64) -> Vec<Page> {
    let list = |name, path: String| Page { name, path, is_list: true };
    let figure = |name, path: String| Page { name, path, is_list: false };
    let ago = |days: u64| plan.today.saturating_sub(Duration::from_secs(days * 86_400));
    // A month for figures; for lists half a year, so that also one officer's visits of it fill most of a page.
    let (month, end) = (ago(400), ago(372));
    let (first, middle, late) = (ago(550), ago(460), ago(490));
    let year = (ago(730), ago(366));
    // Objects come first, each with one change.
    let begin = 2 * (plan.visits / 25).max(20) + SOME;
    let half = commit / 2;
    vec![
        list("visits", "/api/v1/lists/visit?limit=50".into()),
        list("visits, a middle page", format!("/api/v1/lists/visit?limit=50&after={half}.{LAST}")),
        list("visits, the last page", format!("/api/v1/lists/visit?limit=50&after={begin}.{LAST}")),
        list("visits, closed", "/api/v1/lists/visit?limit=50&stage=CLOSED".into()),
        list("visits, closed, the last page", format!("/api/v1/lists/visit?limit=50&stage=CLOSED&after={begin}.{LAST}")),
        list("visits, rectifying", "/api/v1/lists/visit?limit=20&stage=RECTIFYING".into()),
        list("visits of half a year", format!("/api/v1/lists/visit?limit=50&from={first}&to={end}")),
        list("visits of half a year, a middle page", format!("/api/v1/lists/visit?limit=50&from={first}&to={end}&after={middle}.{LAST}")),
        list("visits of half a year, a late page", format!("/api/v1/lists/visit?limit=50&from={first}&to={end}&after={late}.{LAST}")),
        list("visits of half a year, closed", format!("/api/v1/lists/visit?limit=50&from={first}&to={end}&stage=CLOSED")),
        list("visits with open flags", "/api/v1/lists/visit?limit=20&flagged=true".into()),
        list("visits due", format!("/api/v1/lists/visit?limit=50&due_before={}", plan.today)),
        list("cases", "/api/v1/cases?limit=50".into()),
        list("cases, a middle page", format!("/api/v1/cases?limit=50&after={half}.{LAST}")),
        list("cases, the last page", format!("/api/v1/cases?limit=50&after={begin}.{LAST}")),
        list("cases of a unit", "/api/v1/cases?limit=50&unit=squad-juxian".into()),
        list("cases of a matter, decided", "/api/v1/cases?limit=20&matter=UM-002&stage=CLOSED".into()),
        list("cases of half a year", format!("/api/v1/cases?limit=50&from={first}&to={end}")),
        list("cases of a party", "/api/v1/cases?limit=50&party=910000000000000007".into()),
        list("repairs", "/api/v1/repairs?limit=50".into()),
        list("repairs, a middle page", format!("/api/v1/repairs?limit=50&after={}.{FIRST}", ago(600))),
        list("repairs, pending", "/api/v1/repairs?limit=50&which=pending".into()),
        list("repairs, nobody applied", "/api/v1/repairs?limit=20&which=unapplied".into()),
        list("deadlines", "/api/v1/deadlines?limit=50".into()),
        list("deadlines, overdue", "/api/v1/deadlines?limit=50&state=overdue".into()),
        list("deadlines, done", "/api/v1/deadlines?limit=50&state=done".into()),
        list("overdue", "/api/v1/overdue?limit=50".into()),
        list("objects", "/api/v1/objects?limit=50".into()),
        list("rows of the visits of half a year", format!("/api/v1/figures/visits/rows?limit=50&from={first}&to={end}")),
        list("rows of the visits of a year, late page", format!("/api/v1/figures/visits/rows?limit=50&from={}&to={}&after=visit.{}.{FIRST}.0", year.0, year.1, ago(380))),
        list("rows of what was done in time, a year", format!("/api/v1/figures/in_time/rows?limit=50&from={}&to={}", year.0, year.1)),
        figure("figures of a month", format!("/api/v1/figures?from={month}&to={end}")),
        figure("figures of a year", format!("/api/v1/figures?from={}&to={}", year.0, year.1)),
    ]
}
