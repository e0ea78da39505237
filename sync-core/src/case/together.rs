//! Three documents together (三书同达, `domain.md` §7.1): what has to reach a party with the decision, and whether one receipt has it all.
//!
//! Who is in scope is a matter of policy and of the day of the decision ([`companions`]); the office keeps the answer on the case, where the
//! guard of `serve` reads it, also on a handheld. Deliberately absent: the documents' contents and names, which are templates and policy.

use serde_json::{Value as Json, json};

use super::read::View;
use super::{stage, standing};
use crate::dated::Book;
use crate::law::policy;
use crate::record::{Record, read_field};

/// States in which a document is sealed.
const SEALED: &[&str] = &["sealed", "signed", "served"];
/// Types of a decision that punishes.
const DECISIONS: &[&str] = &["penalty_decision", "spot_decision", "revision_decision"];

/// Why a case is out of scope, a word of `credit.three_documents.excluded`; nothing while it is in scope.
fn excluded(view: &View<'_>, excluded: &[String]) -> Option<&'static str> {
    let kinds: Vec<String> =
        std::iter::once(view.json("penalty")).chain(view.all("penalties.").map(|(_, p)| p)).filter_map(|p| p.get("kind").and_then(Json::as_str).map(str::to_owned)).collect();
    let applies = |word: &str| match word {
        // A party of which nothing is known but a name is taken for a person; one with a credit code is none.
        "citizen" => view.text("party.kind").map_or_else(|| view.text("party.uscc").is_none(), |kind| kind == "citizen"),
        "simple" => view.text("procedure").as_deref() == Some("simple"),
        "warning_only" => !kinds.is_empty() && kinds.iter().all(|kind| matches!(kind.as_str(), "warning" | "criticism")),
        _ => false,
    };
    ["citizen", "simple", "warning_only"].into_iter().find(|word| excluded.iter().any(|one| one == word) && applies(word))
}

/// What has to be served with the decision of a case that waits for its service: the value of `companions`, or nothing where nothing has to.
pub fn companions(view: &View<'_>, book: &Book) -> Option<Json> {
    let decided = view.day("decided_date").filter(|_| [stage::DECIDED, stage::CHANGED].contains(&view.stage()))?;
    let words = |key: &str| policy::get::<Vec<String>>(book, key, decided).map(|answer| answer.value);
    // A policy that cannot be read asks for nothing less than its default.
    let documents = words("credit.three_documents").unwrap_or_else(|_| vec!["compliance_advice".into(), "repair_notice".into()]);
    let out = words("credit.three_documents.excluded").unwrap_or_default();
    if documents.is_empty() || excluded(view, &out).is_some() {
        return None;
    }
    let except: Vec<&str> = out.iter().map(String::as_str).filter(|word| *word == "public_notice").collect();
    Some(json!({ "day": decided.to_string(), "documents": documents, "except": except }))
}

/// The types that the service on record lacks: `decision`, or those that `companions` names. Empty where nothing is asked for.
pub fn missing(record: &Record) -> Vec<String> {
    let map = |key: &str| read_field(record, &super::KIND, key).value().map(|v| v.to_json()).unwrap_or_default();
    let (companions, served) = (map("companions"), map("served"));
    let words =
        |json: &Json, member: &str| -> Vec<String> { json.get(member).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect() };
    let needed = words(&companions, "documents");
    let way = served.get("way").and_then(Json::as_str);
    if needed.is_empty() || words(&companions, "except").iter().any(|except| Some(except.as_str()) == way) {
        return Vec::new();
    }
    let on_receipt = words(&served, "documents");
    let sealed = |sort: &dyn Fn(&str) -> bool| {
        standing(record, "documents.").any(|(id, document)| {
            let word = |member: &str| document.get(member).and_then(Json::as_str).unwrap_or_default();
            on_receipt.iter().any(|one| one == id) && SEALED.contains(&word("state")) && sort(word("type"))
        })
    };
    let decision = if sealed(&|sort| DECISIONS.contains(&sort)) { None } else { Some("decision".to_owned()) };
    decision.into_iter().chain(needed.into_iter().filter(|needed| !sealed(&|sort| sort == needed))).collect()
}

/// Whether one receipt has everything that has to be on it.
pub fn on_one_receipt(record: &Record) -> bool {
    missing(record).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::law_choice::tests::case_of;

    type Fields = Vec<(&'static str, Json)>;

    fn decided(more: Fields) -> Fields {
        let base: Fields = vec![
            ("decided_date", json!("2026-09-21")),
            ("party.kind", json!("organisation")),
            ("penalty", json!({ "amount_fen": 100_000, "kind": "fine" })),
            ("procedure", json!("general")),
        ];
        base.into_iter().filter(|(key, _)| !more.iter().any(|(other, _)| other == key)).chain(more.clone()).collect()
    }

    fn asks(more: Fields) -> Option<Json> {
        let record = case_of("DECIDED", &decided(more));
        let mut book = Book::new();
        crate::fixtures::law::policies().unwrap().into_iter().for_each(|row| book.insert(row).unwrap());
        companions(&View::of(&record), &book)
    }

    #[test]
    fn enterprises_get_three_documents_and_those_out_of_scope_do_not() {
        let asked = asks(vec![]).unwrap();
        assert_eq!(asked["documents"], json!(["compliance_advice", "repair_notice"]));
        assert_eq!(asked["except"], json!(["public_notice"]));
        assert!(asks(vec![("party.kind", json!("individual_business"))]).is_some());
        assert!(asks(vec![("party.kind", Json::Null), ("party.uscc", json!("91330201MA2AJ1XX0K"))]).is_some(), "a credit code says enough");
        assert!(asks(vec![("party.kind", Json::Null)]).is_none());
        assert!(asks(vec![("party.kind", json!("citizen"))]).is_none(), "natural persons");
        assert!(asks(vec![("procedure", json!("simple"))]).is_none(), "simple procedure");
        assert!(asks(vec![("penalty", json!({ "kind": "warning" }))]).is_none(), "a warning only");
        assert!(asks(vec![("penalty", json!({ "kind": "warning" })), ("penalties.p1", json!({ "amount_fen": 5, "kind": "fine" }))]).is_some(), "a warning and a fine");
        assert!(asks(vec![("decided_date", json!("2023-12-31"))]).is_none(), "before the mechanism began");
        assert!(asks(vec![("decided_date", json!("2024-01-01"))]).is_some());
    }

    fn lacks(served: &Json, states: [&str; 3]) -> Vec<String> {
        let document = |sort: &str, state: &str| json!({ "state": state, "type": sort });
        let fields = decided(vec![
            ("companions", json!({ "day": "2026-09-21", "documents": ["compliance_advice", "repair_notice"], "except": ["public_notice"] })),
            ("documents.a", document("penalty_decision", states[0])),
            ("documents.b", document("compliance_advice", states[1])),
            ("documents.c", document("repair_notice", states[2])),
            ("served", served.clone()),
        ]);
        missing(&case_of("DECIDED", &fields))
    }

    #[test]
    fn one_receipt_has_all_three_and_each_is_sealed() {
        let all = json!({ "documents": ["a", "b", "c"], "way": "direct" });
        assert!(lacks(&all, ["sealed", "signed", "served"]).is_empty());
        assert_eq!(lacks(&all, ["numbered", "sealed", "sealed"]), ["decision"]);
        assert_eq!(lacks(&all, ["sealed", "void", "draft"]), ["compliance_advice", "repair_notice"]);
        assert_eq!(lacks(&json!({ "documents": ["a", "b"], "way": "direct" }), ["sealed"; 3]), ["repair_notice"], "not on this receipt");
        assert_eq!(lacks(&json!({ "document": "a", "way": "direct" }), ["sealed"; 3]).len(), 3, "one document alone is not three");
        assert!(lacks(&json!({ "way": "public_notice" }), ["sealed"; 3]).is_empty(), "service by public notice");
    }
}
