//! The main indicators told from the records field by field, by somebody who has read the definitions and none of the program's readings.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use sync_core::base::{Date, RecordId, UtcMs, date::day_of};
use sync_core::record::{Record, read_field};

/// A record as a bag of fields.
struct Bag<'r>(&'r Record);

impl Bag<'_> {
    /// What a field reads; nothing if it is contested.
    fn get(&self, key: &str) -> Json {
        read_field(self.0, super::kind(&self.0.kind), key).value().map(|v| v.to_json()).unwrap_or_default()
    }

    /// Everything that stands under a prefix.
    fn all(&self, prefix: &str) -> Vec<(String, Json)> {
        let mut out = Vec::new();
        for (key, register) in self.0.registers() {
            if let Some(rest) = key.strip_prefix(prefix) {
                out.extend(register.candidates().iter().map(|c| (rest.to_owned(), c.value.to_json())).filter(|(_, value)| !value.is_null()));
            }
        }
        out
    }

    /// The values that stand in a field.
    fn standing(&self, key: &str) -> Vec<Json> {
        self.0.register(key).into_iter().flat_map(|r| r.candidates()).map(|c| c.value.to_json()).filter(|v| !v.is_null()).collect()
    }

    fn day(&self, key: &str) -> Option<Date> {
        self.get(key).as_str()?.parse().ok()
    }
}

fn instant(json: &Json) -> Option<Date> {
    day_of(UtcMs(json.as_i64()?))
}

/// Compares the answer to a query without filters.
pub fn compare(answer: &Json, records: &[Record], from: &str, to: &str) {
    let (from, to): (Date, Date) = (from.parse().unwrap(), to.parse().unwrap());
    let within = |day: Option<Date>| day.filter(|day| (from..=to).contains(day));
    let mut n: BTreeMap<&str, i64> = BTreeMap::new();
    let mut sets: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for record in records {
        let (bag, stage) = (Bag(record), record.stage());
        let mut add = |what: &'static str, many: usize| *n.entry(what).or_default() += i64::try_from(many).unwrap();
        match &*record.kind {
            "visit" => {
                if bag.standing("tags.test").contains(&Json::Bool(true)) {
                    continue;
                }
                let entered = bag.all("participants.").iter().filter_map(|(_, p)| p["checked_in_ms"].as_i64()).min();
                let day = entered.and_then(|ms| day_of(UtcMs(ms))).or_else(|| instant(&bag.get("urgent")["at_ms"])).or_else(|| bag.day("planned_date"));
                let Some(day) = within(day) else { continue };
                let mut organs: BTreeSet<String> = bag.all("organs.").into_iter().map(|(organ, _)| organ).collect();
                for (_, p) in bag.all("participants.").iter().filter(|(_, p)| !p["checked_in_ms"].is_null() && p["role"] != "auxiliary") {
                    organs.extend(p["department"].as_str().map(str::to_owned));
                }
                let mut objects: BTreeSet<String> = bag.all("subjects.").into_iter().filter(|(id, _)| id.parse::<RecordId>().is_ok()).map(|(id, _)| id).collect();
                if objects.is_empty() {
                    // A contested site stands for its first candidate.
                    objects.extend(bag.get("site").as_str().map(str::to_owned).or_else(|| bag.standing("site").first()?.as_str().map(str::to_owned)));
                }
                let joined = !bag.standing("joined_into").is_empty();
                let households = objects.len().max(1);
                if stage == "CANCELLED" {
                    add("spared", if joined { organs.len() * households } else { 0 });
                    continue;
                }
                if ["CREATED", "APPROVED", "NOTIFIED"].contains(&stage) || joined {
                    continue;
                }
                if bag.get("mode") != "guidance" && !organs.is_empty() {
                    add("visits", 1);
                    sets.entry("sites").or_default().extend(objects.iter().cloned());
                    add("problems", usize::from(bag.all("answers.").iter().any(|(_, a)| a["result"] == "bad")));
                    add("shown", usize::from(bag.all("participants.").iter().any(|(_, p)| p["code_shown"] == true)));
                    add("planned", usize::from(organs.iter().any(|organ| !bag.get(&format!("organs.{organ}"))["plan"].is_null())));
                    add("spared", (organs.len() - 1) * households);
                    if organs.len() > 1 {
                        add("joint_objects", households);
                        sets.entry("joint_sites").or_default().extend(objects.iter().cloned());
                        let task = bag.get("task").as_str().map_or_else(|| record.id.to_string(), |task| format!("{task}|{day}|{}", bag.get("unit")));
                        sets.entry("joint").or_default().insert(task);
                    }
                }
                let orders: BTreeSet<(String, String)> = bag.all("orders.").into_iter().map(|(id, order)| (id, order["department"].to_string())).collect();
                add("orders", orders.len());
                add("corrected", orders.iter().filter(|(id, _)| bag.get(&format!("rechecks.{id}"))["result"] == "corrected").count());
                if bag.get("source")["kind"] == "invitation" {
                    let examined: BTreeSet<String> = bag.all("answers.").into_iter().filter(|(_, a)| a["result"] == "ok" || a["result"] == "bad").map(|(id, _)| id).collect();
                    add("invited_items", examined.len());
                    add("invited_departments", organs.len());
                    for (what, prefix) in [("opinions", "opinions."), ("advice", "advice.")] {
                        add(what, bag.all(prefix).into_iter().map(|(id, one)| (id, one["department"].to_string())).collect::<BTreeSet<_>>().len());
                    }
                }
            }
            "invitation" => add("invitations", usize::from(stage != "WITHDRAWN" && within(bag.day("day")).is_some())),
            "case" => {
                add("cases_filed", usize::from(within(bag.day("filed_date")).is_some()));
                let undone = ["WITHDRAWN", "TERMINATED", "TRANSFERRED", "TO_POLICE", "NOT_FILED", "REVOKED"].contains(&stage);
                if within(bag.day("decided_date")).is_some() && !undone {
                    add("cases_decided", 1);
                    let fast = bag.get("fast");
                    add("fast_cases", usize::from(!fast["started_ms"].is_null() && fast["converted_ms"].is_null()));
                    add("first", usize::from(bag.get("exemption")["clause"] == "first_time"));
                }
                // Two people who wrote the same entry at once with two days: two visits, until it is settled.
                let assists: BTreeSet<(String, Option<Date>)> =
                    bag.all("assists.").into_iter().map(|(id, one)| (id, one["day"].as_str().and_then(|day| day.parse().ok()))).collect();
                add("assists", assists.into_iter().filter(|(_, day)| within(*day).is_some()).count());
            }
            "repair" => {
                let result = bag.get("result");
                add("repairs", usize::from(stage != "REVOKED" && result["approved"] == true && within(instant(&result["at_ms"])).is_some()));
                add("repairs_revoked", usize::from(stage == "REVOKED" && within(instant(&bag.get("revocation")["at_ms"])).is_some()));
                add("repair_applied", usize::from(within(instant(&bag.get("application")["at_ms"])).is_some()));
            }
            "course" if stage != "CANCELLED" => {
                // Of what stands twice, the last.
                let last = |prefix: &str| bag.all(prefix).into_iter().collect::<BTreeMap<String, Json>>();
                for (_, letter) in last("invitations.") {
                    if within(letter["asked_day"].as_str().and_then(|day| day.parse().ok())).is_some() {
                        sets.entry("training_fields").or_default().extend(letter["domain"].as_str().map(str::to_owned));
                    }
                }
                if ["HELD", "CLOSED"].contains(&stage) && within(bag.day("day")).is_some() {
                    add("training_courses", 1);
                    let outside = last("lecturers.").into_iter().filter(|(_, l)| l["department"].as_str().is_some_and(|d| !d.is_empty()));
                    sets.entry("training_experts").or_default().extend(outside.map(|(_, l)| format!("{}|{}", l["department"], l["name"])));
                    let hours: BTreeMap<String, i64> = last("credits.").into_iter().map(|(who, credit)| (who, credit["hours"].as_i64().unwrap_or(0))).collect();
                    add("training_hours", usize::try_from(hours.values().sum::<i64>()).unwrap());
                }
            }
            "cohandling" if ["AGREED", "CONCLUDED"].contains(&stage) => {
                let day = instant(&bag.get("reply")["ms"]).or_else(|| bag.day("day"));
                add("cohandlings", usize::from(within(day).is_some()));
            }
            _ => {}
        }
    }
    let said = |code: &str| answer["figures"].as_array().unwrap().iter().find(|f| f["code"] == code).unwrap_or_else(|| panic!("{code}"))["value"].clone();
    let n = |what: &str| n.get(what).copied().unwrap_or_default();
    for code in [
        "visits",
        "joint_objects",
        "spared",
        "invitations",
        "invited_items",
        "invited_departments",
        "opinions",
        "advice",
        "cases_filed",
        "cases_decided",
        "fast_cases",
        "assists",
        "repairs",
        "repairs_revoked",
        "repair_applied",
        "training_courses",
        "training_hours",
        "cohandlings",
    ] {
        assert_eq!(said(code)["of"], n(code), "{code} from {from} to {to}");
    }
    for code in ["sites", "joint", "joint_sites", "training_fields", "training_experts"] {
        assert_eq!(said(code)["of"], sets.get(code).map_or(0, BTreeSet::len), "{code} from {from} to {to}");
    }
    for (code, of, in_all) in [
        ("problem_share", "problems", "visits"),
        ("code_share", "shown", "visits"),
        ("planned_share", "planned", "visits"),
        ("corrected_share", "corrected", "orders"),
        ("first_share", "first", "cases_decided"),
    ] {
        assert_eq!((&said(code)["of"], &said(code)["in_all"]), (&n(of).into(), &n(in_all).into()), "{code} from {from} to {to}");
    }
}
