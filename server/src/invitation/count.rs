//! What a report counts: items examined, opinions, suggestions (`domain.md` §4).

use std::collections::BTreeSet;

use serde_json::Value as Json;
use sync_core::index::members;
use sync_core::record::Record;

/// What stands on a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Counted {
    /// Items that were looked at: answered 符合 or 不符合; neither 不适用 nor 未查 is looked at.
    pub items: usize,
    /// 整改意见.
    pub opinions: usize,
    /// 合规建议.
    pub advice: usize,
}

/// Counts a visit; what two officers wrote under one key is one.
pub fn counted(visit: &Record) -> Counted {
    let looked_at = |answer: &Json| matches!(answer.get("result").and_then(Json::as_str), Some("ok" | "bad"));
    let keys = |prefix| members(visit, prefix).map(|(key, _)| key).collect::<BTreeSet<_>>().len();
    let items = members(visit, "answers.").filter(|(_, answer)| looked_at(answer)).map(|(key, _)| key).collect::<BTreeSet<_>>().len();
    Counted { items, opinions: keys("opinions."), advice: keys("advice.") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::base::RecordId;
    use sync_core::record::Value;

    #[test]
    fn what_was_not_looked_at_is_not_examined_and_what_was_taken_back_is_not_counted() {
        let mut visit = Record::new(RecordId(1), "visit", "CREATED");
        let all = [
            ("answers.a", r#"{"result":"ok"}"#),
            ("answers.b", r#"{"result":"bad"}"#),
            ("answers.b", r#"{"result":"ok"}"#),
            ("answers.c", r#"{"result":"na"}"#),
            ("answers.d", r#"{"result":"unchecked"}"#),
            ("opinions.1", r#"{"fact":"x"}"#),
            ("opinions.2", "null"),
            ("advice.1", r#"{"advice":"x"}"#),
        ];
        let edits: Vec<_> = all.iter().map(|(key, value)| (key.parse().unwrap(), Value::parse(value).unwrap(), Vec::new(), None)).collect();
        visit.preview(&edits);
        assert_eq!(counted(&visit), Counted { items: 2, opinions: 1, advice: 1 });
    }
}
