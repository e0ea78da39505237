//! What is wrong with a penalty on the spot (`domain.md` §5.2; 行政处罚法 51, 52, 68–71): its limit, its officers, its report, and what
//! was collected.
//!
//! The officers have acted by the time the office learns of it, so nothing here refuses anything: a finding bars the closing until a
//! reviewer has settled it. On a handheld the same is said before they act. Deliberately absent: what the record alone shows (kinds,
//! number, hearing, signature: guards), jurisdiction and limitation (`gate`), and the range of the fine (`penalty`).

use serde_json::Value as Json;

use super::{Code, Facts, Found, Topic, Weight};
use crate::base::date::day_of;
use crate::base::ids::OfficerId;
use crate::base::money::Fen;
use crate::base::{Date, UtcMs};
use crate::case::read::View;
use crate::case::stage;
use crate::law::policy;
use crate::law::{Calendar, Period, Side, deadline};
use crate::org::may_act;

/// The topic.
pub const TOPIC: Topic = Topic { codes: CODES, look };

/// The type of document that a penalty on the spot is given on.
pub const PAPER: &str = "spot_decision";

/// What a finding about the decision stands before.
const DECISION: &[&str] = &["punish_on_spot", "close"];
/// What a finding about what came after it stands before.
const AFTER: &[&str] = &["close"];

const fn block(code: &'static str, bars: &'static [&'static str], basis: &'static str, zh: &'static str, en: &'static str) -> Code {
    Code { code, weight: Weight::Block, bars, basis, zh, en }
}

const CODES: &[Code] = &[
    block("simple.bank_late", AFTER, "行政处罚法 71", "当场收缴的罚款未在期限内缴付银行", "What was collected on the spot did not reach the bank in time"),
    block(
        "simple.collection_not_allowed",
        AFTER,
        "行政处罚法 68, 69",
        "不符合当场收缴罚款的条件",
        "No ground for collecting on the spot: a small fine, later collection hard, or a remote place on the party's request",
    ),
    block("simple.collected_excess", AFTER, "行政处罚法 68", "当场收缴数额超过罚款数额", "More was collected than the fine"),
    block("simple.hand_in_late", AFTER, "行政处罚法 71", "当场收缴的罚款未在期限内交至行政机关", "What was collected on the spot was not handed in in time"),
    block("simple.no_receipt", AFTER, "行政处罚法 70", "当场收缴罚款未出具专用票据，当事人有权拒绝缴纳", "No official receipt for what was collected; the party may refuse to pay"),
    block("simple.officers", DECISION, "行政处罚法 42, 52", "当日持有效执法证件的执法人员少于两人", "Fewer than two officers whose certificates were valid on the day"),
    block(
        "simple.over_limit",
        DECISION,
        "行政处罚法 51 (公民二百元以下、法人或者其他组织三千元以下)",
        "罚款超过简易程序上限，应当适用普通程序",
        "The fine is above the limit of the simple procedure; the general procedure applies",
    ),
    block("simple.party_unknown", DECISION, "行政处罚法 51", "当事人类型未确定，无法核对简易程序上限", "The kind of party is not known, so the limit cannot be checked"),
    block("simple.unreported", AFTER, "行政处罚法 52 第三款 (报所属行政机关备案)", "当场处罚未在期限内报所属行政机关备案", "The penalty was not reported to the organ in time"),
];

/// Stages at which the simple procedure is over or never was.
const APART: &[&str] = &[stage::NOT_FILED, stage::TRANSFERRED, stage::TO_POLICE, stage::WITHDRAWN, stage::TERMINATED, stage::REVOKED, stage::ARCHIVED];

/// The day of the decision on the spot: of its paper, if one was drawn up.
pub fn decided(view: &View<'_>) -> Option<Date> {
    let paper = |json: &Json| (json.get("type").and_then(Json::as_str) == Some(PAPER)).then(|| json.get("at_ms").and_then(Json::as_i64)).flatten();
    view.all("papers.").filter_map(|(_, json)| paper(&json)).max().and_then(|ms| day_of(UtcMs(ms)))
}

/// Whether a case is, or is about to be, punished on the spot. One that was filed is not.
fn concerned(view: &View<'_>) -> bool {
    let named = view.text("procedure").as_deref() == Some("simple");
    let begun = view.stage() == stage::CLUE && view.json("simple").is_object();
    !APART.contains(&view.stage()) && view.day("filed_date").is_none() && (named || begun || decided(view).is_some())
}

fn look(view: &View<'_>, facts: &Facts<'_>, found: &mut Found) {
    if !concerned(view) {
        return;
    }
    let case = Case { view, facts, decided: decided(view) };
    case.limit(found);
    case.officers(found);
    if view.stage() != stage::CLUE {
        case.report(found);
    }
    case.collected(found);
}

struct Case<'a> {
    view: &'a View<'a>,
    facts: &'a Facts<'a>,
    decided: Option<Date>,
}

impl Case<'_> {
    /// The day of the decision; today while there is none.
    fn day(&self) -> Date {
        self.decided.or_else(|| self.view.day("decided_date")).unwrap_or(self.facts.today)
    }

    fn money(&self, key: &str) -> Option<Fen> {
        policy::get::<Fen>(self.facts.book, key, self.day()).ok().map(|said| said.value)
    }

    /// The last day of a period of an organ's own: the holiday at its end does not move it (`domain.md` §0.2).
    fn last_day(&self, key: &str, from: Date) -> Option<Date> {
        let period = policy::get::<Period>(self.facts.book, key, from).ok()?.value;
        deadline(&Calendar::of(self.facts.book), period, from, Side::Organ, &[]).ok()?.deadline().map(|end| end.unshifted_due)
    }

    /// Finds it where something was done, or is still to be done, after the last day.
    fn in_time(&self, found: &mut Found, code: &'static str, key: &str, from: Date, done: Option<Date>) {
        if let Some(last) = self.last_day(key, from).filter(|last| done.unwrap_or(self.facts.today) > *last) {
            found.add(code, "", done.map_or_else(|| format!("{last}"), |done| format!("{last}, {done}")));
        }
    }

    /// All fines together, by the kind of party; an individual business is what the policy says that it is.
    fn limit(&self, found: &mut Found) {
        let fine = self.view.fines();
        if fine.0 <= 0 {
            return;
        }
        let treated = || policy::get::<String>(self.facts.book, "penalty.simple.individual_business", self.day()).ok().map(|said| said.value);
        let kind = match self.view.text("party.kind") {
            Some(kind) if kind == "individual_business" => treated(),
            other => other,
        };
        let key = match kind.as_deref() {
            Some("citizen") => "penalty.simple.person",
            Some("organisation") => "penalty.simple.organisation",
            _ => return found.add("simple.party_unknown", "", ""),
        };
        if let Some(most) = self.money(key).filter(|most| fine.0 > most.0) {
            found.add("simple.over_limit", "", format!("{fine} > {most}"));
        }
    }

    /// Two officers with certificates in force on the day: what the record says of a certificate proves nothing.
    fn officers(&self, found: &mut Found) {
        let day = self.day();
        let judged = self.view.handlers().into_iter().map(|name| (name, self.fit(name, day)));
        let (fit, unfit): (Vec<_>, Vec<_>) = judged.partition(|(_, judged)| judged.is_ok());
        if fit.len() < 2 {
            let why: Vec<String> = unfit.into_iter().filter_map(|(name, judged)| Some(format!("{name}: {}", judged.err()?))).collect();
            found.add("simple.officers", "", format!("{day}: {} {}", fit.len(), why.join("; ")).trim_end());
        }
    }

    fn fit(&self, officer: &str, day: Date) -> Result<(), String> {
        let officer: OfficerId = officer.parse().map_err(|_| "not an id".to_owned())?;
        may_act(self.facts.book, &officer, day).map_err(|why| why.to_string())
    }

    fn report(&self, found: &mut Found) {
        self.in_time(found, "simple.unreported", "penalty.simple.report", self.day(), self.view.day_of("simple", "reported_ms"));
    }

    fn collected(&self, found: &mut Found) {
        let Some(amount) = self.view.number("collected", "amount_fen").filter(|fen| *fen > 0) else { return };
        let fine = self.view.fines();
        if amount > fine.0 {
            found.add("simple.collected_excess", "", format!("{} > {fine}", Fen(amount)));
        }
        let small = self.money("penalty.collect.limit").is_some_and(|most| fine.0 <= most.0);
        let allowed = match self.view.word("collected", "ground").as_deref() {
            Some("hard_later") => true,
            Some("remote") => self.view.yes("collected", "on_request"),
            _ => small,
        };
        if !(allowed || small) {
            found.add("simple.collection_not_allowed", "", format!("{fine}"));
        }
        if self.view.word("collected", "receipt").is_none() {
            found.add("simple.no_receipt", "", "");
        }
        let handed_in = self.view.day_of("collected", "handed_in_ms");
        let taken = self.view.day_of("collected", "at_ms").unwrap_or_else(|| self.day());
        self.in_time(found, "simple.hand_in_late", "penalty.collect.hand_in", taken, handed_in);
        if let Some(handed_in) = handed_in {
            self.in_time(found, "simple.bank_late", "penalty.collect.bank", handed_in, self.view.day_of("collected", "banked_ms"));
        }
    }
}

#[cfg(test)]
mod tests;
