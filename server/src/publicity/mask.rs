//! What of a decision everybody may read: names of natural persons, identity numbers, addresses, telephones, accounts and secrets are
//! masked, in its fields and wherever they stand in free text (`domain.md` §5.9; 行政处罚法 50; 个人信息保护法 28).
//!
//! Known values are found as they stand on the case; numbers that look like personal ones are masked whoever they belong to. A text
//! that hides a name by misspelling it is not found: whoever publishes reads what he publishes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sync_core::base::money::Fen;
use sync_core::base::{Date, UtcMs, date::day_of};
use sync_core::case::party;
use sync_core::case::read::View;
use sync_core::dated::Book;
use sync_core::document::{Mask, money};
use sync_core::identity::citizen_id::Age;
use sync_core::org::{Organ, Unit, in_name_of};

/// What is published of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Cause of the case.
    pub title: String,
    /// Number of the decision; empty if it has none.
    pub number: String,
    /// The party: an organisation by its name, a person by the family name.
    pub party: String,
    /// Unified social credit code of an organisation; empty otherwise.
    pub uscc: String,
    /// What was found.
    pub facts: String,
    /// What it rests on.
    pub basis: String,
    /// What was decided.
    pub outcome: String,
    /// Who decided.
    pub organ: String,
    /// The day of the decision.
    pub decided: String,
}

/// Whether the party was under eighteen when it acted: such a decision is never published.
pub fn is_minor(view: &View<'_>, today: Date) -> bool {
    if view.text("party.kind").as_deref() == Some("organisation") {
        return false;
    }
    let day = view.day("act_end").or_else(|| view.day("act_date")).or_else(|| view.day("decided_date")).unwrap_or(today);
    party::birth(view).and_then(|birth| Age::on(birth, day)).is_some_and(|age| matches!(age, Age::Under14 | Age::Under18))
}

/// What stands in a text and what stands there instead, the longest first.
pub struct Masker {
    known: Vec<(String, String)>,
    keep: String,
}

impl Masker {
    /// What a case holds that is nobody else's business; `secrets` are further texts, such as trade secrets.
    pub fn of(view: &View<'_>, secrets: &[String]) -> Masker {
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        let mut hide = |text: Option<String>, mask: Mask, least: usize| {
            if let Some(text) = text.map(|t| t.trim().to_owned()).filter(|t| t.chars().count() >= least) {
                let over = mask.over(&text);
                known.insert(text, over);
            }
        };
        let organisation = view.text("party.kind").as_deref() == Some("organisation");
        if !organisation {
            hide(view.text("party.name"), Mask::Name, 2);
        }
        hide(view.text("party.legal_rep"), Mask::Name, 2);
        hide(view.text("party.id_no"), Mask::Id, 4);
        hide(view.text("party.phone"), Mask::Phone, 4);
        hide(view.text("party.address"), Mask::Address, 4);
        hide(view.word("service_address", "address"), Mask::Address, 4);
        hide(view.word("pre_notice", "to"), Mask::Name, 2);
        for served in std::iter::once(view.json("served")).chain(view.all("services.").map(|(_, s)| s)) {
            hide(word(&served, "to"), Mask::Name, 2);
            hide(word(&served, "witness"), Mask::Name, 2);
        }
        for (_, inquiry) in view.all("inquiries.") {
            let young = inquiry.get("minor").and_then(Json::as_bool) == Some(true);
            hide(word(&inquiry, "name"), if young { Mask::All } else { Mask::Name }, 2);
            hide(word(&inquiry, "guardian"), if young { Mask::All } else { Mask::Name }, 2);
            hide(word(&inquiry, "id_no"), Mask::Id, 4);
        }
        view.all("signatures.").for_each(|(_, s)| hide(word(&s, "by"), Mask::Name, 2));
        view.all("measures.").for_each(|(_, m)| hide(word(&m, "witness"), Mask::Name, 2));
        secrets.iter().for_each(|secret| hide(Some(secret.clone()), Mask::All, 1));
        // An organisation that signed or was served by its own name is no person.
        if let Some(name) = view.text("party.name").filter(|_| organisation) {
            known.remove(name.trim());
        }
        let mut known: Vec<(String, String)> = known.into_iter().collect();
        known.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        Masker { known, keep: view.text("party.uscc").filter(|_| organisation).unwrap_or_default() }
    }

    /// A text as everybody may read it.
    pub fn over(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        // One pass: what was masked is not looked at again.
        while let Some(c) = rest.chars().next() {
            if let Some((known, mask)) = self.known.iter().find(|(known, _)| rest.starts_with(known.as_str())) {
                out.push_str(mask);
                rest = rest.get(known.len()..).unwrap_or_default();
                continue;
            }
            let run = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-').len();
            if run > 0 {
                let (word, after) = rest.split_at(run);
                // A known text that begins inside the run, such as a licence plate, ends it.
                let cut =
                    word.char_indices().skip(1).map(|(at, _)| at).find(|at| self.known.iter().any(|(known, _)| rest.get(*at..).is_some_and(|r| r.starts_with(known.as_str()))));
                let (word, after) = cut.map_or((word, after), |at| rest.split_at(at));
                out.push_str(&self.number(word));
                rest = after;
                continue;
            }
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        out
    }

    /// A run of letters and digits: what looks like an identity number, a telephone or an account is masked.
    fn number(&self, word: &str) -> String {
        if !self.keep.is_empty() && word == self.keep {
            return word.to_owned();
        }
        let digits: String = word.chars().filter(char::is_ascii_digit).collect();
        let plain: String = word.chars().filter(|c| *c != '-').collect();
        let identity =
            plain.len() == 18 && plain.bytes().take(17).all(|b| b.is_ascii_digit()) && plain.bytes().last().is_some_and(|b| b.is_ascii_digit() || b.eq_ignore_ascii_case(&b'x'));
        let only_digits = digits.len() == plain.len();
        match digits.len() {
            _ if identity => Mask::Id.over(&plain),
            11 if only_digits && digits.starts_with('1') => Mask::Phone.over(&plain),
            10..=12 if only_digits && digits.starts_with('0') => Mask::Phone.over(&plain),
            15 if only_digits => Mask::Id.over(&plain),
            13..=30 if only_digits => Mask::Account.over(&plain),
            _ => word.to_owned(),
        }
    }
}

fn word(json: &Json, member: &str) -> Option<String> {
    json.get(member)?.as_str().map(str::to_owned)
}

/// The words of `case::PENALTIES`.
fn kind(word: &str) -> &'static str {
    match word {
        "warning" => "警告",
        "criticism" => "通报批评",
        "fine" => "罚款",
        "confiscation" => "没收违法所得、没收非法财物",
        "suspension" => "暂扣许可证件",
        "lower_grade" => "降低资质等级",
        "revocation" => "吊销许可证件",
        "restrict_business" => "限制开展生产经营活动",
        "stop_production" => "责令停产停业",
        "close_down" => "责令关闭",
        "practice_ban" => "限制从业",
        _ => "其他行政处罚",
    }
}

fn penalty(json: &Json) -> Option<String> {
    let mut text = kind(json.get("kind")?.as_str()?).to_owned();
    if let Some(fen) = json.get("amount_fen").and_then(Json::as_i64).filter(|fen| *fen > 0) {
        text.push_str(&money(Fen(fen)));
    }
    if let Some(detail) = word(json, "detail").filter(|d| !d.trim().is_empty()) {
        text.push_str(&format!("（{detail}）"));
    }
    Some(text)
}

/// What would be published of a case as it stands.
pub fn shown(view: &View<'_>, book: &Book, today: Date, secrets: &[String]) -> Shown {
    let masker = Masker::of(view, secrets);
    let decided = view.day("decided_date").or_else(|| view.day_of("simple", "reported_ms")).unwrap_or(today);
    let all = std::iter::once(view.json("penalty")).chain(view.all("penalties.").map(|(_, p)| p));
    let exempt = view.text("decided_date").filter(|_| view.word("exemption", "clause").is_some());
    let outcome = if exempt.is_some() {
        format!("不予行政处罚：{}", view.word("exemption", "reason").unwrap_or_default())
    } else {
        all.filter_map(|p| penalty(&p)).collect::<Vec<_>>().join("；")
    };
    let organ = view.text("unit").and_then(|unit| book.get::<Unit>(&unit, decided)).map(|unit| unit.organ);
    let named = organ.and_then(|organ| in_name_of(book, &organ, decided).map(|(_, organ)| organ.name).or_else(|| book.get::<Organ>(&organ, decided).map(|o| o.name)));
    let organisation = view.text("party.kind").as_deref() == Some("organisation");
    let name = view.text("party.name").unwrap_or_default();
    Shown {
        title: masker.over(&view.text("title").unwrap_or_else(|| "行政执法决定".to_owned())),
        number: view.text("decision_no").unwrap_or_default(),
        party: if organisation { name } else { Mask::Name.over(&name) },
        uscc: if organisation { view.text("party.uscc").unwrap_or_default() } else { String::new() },
        facts: masker.over(&view.text("facts").or_else(|| view.word("clue", "fact")).unwrap_or_default()),
        basis: masker.over(&view.word("penalty", "basis").or_else(|| view.text("law")).unwrap_or_default()),
        outcome: masker.over(&outcome),
        organ: named.unwrap_or_default(),
        decided: decided.to_string(),
    }
}

/// The day of an instant as it is written.
pub fn day(ms: i64) -> String {
    day_of(UtcMs(ms)).map(|day| day.to_string()).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use serde_json::json;
    use sync_core::base::RecordId;
    use sync_core::base::date::date;
    use sync_core::record::{Record, Value};

    fn case(fields: &[(&str, Json)]) -> Record {
        let mut record = Record::new(RecordId(1), sync_core::case::NAME, sync_core::case::stage::SERVED);
        let edits: Vec<_> = fields.iter().map(|(key, value)| (key.parse().unwrap(), Value::from_json(value).unwrap(), vec![], None)).collect();
        record.preview(&edits);
        record
    }

    fn person() -> Vec<(&'static str, Json)> {
        vec![
            ("party.kind", json!("citizen")),
            ("party.name", json!("张建国")),
            ("party.id_no", json!("11010519491231002X")),
            ("party.phone", json!("13800001111")),
            ("party.address", json!("宁波市鄞州区梅墟街道剑兰路8号301室")),
            ("inquiries.i1", json!({ "name": "李小明", "minor": true })),
            ("title", json!("张建国擅自占用道路案")),
            (
                "facts",
                json!(
                    "张建国（身份证11010519491231002X，电话13800001111，住宁波市鄞州区梅墟街道剑兰路8号301室）与李小明占道经营；账号6222021001116245702，座机0574-87654321，另见13911112222。配方K-7属商业秘密。"
                ),
            ),
            ("penalty", json!({ "amount_fen": 20_000, "basis": "《宁波市城市市容和环境卫生管理条例》", "kind": "fine" })),
            ("decided_date", json!("2026-09-25")),
        ]
    }

    #[test]
    fn apl_48_nothing_personal_of_a_person_is_left_anywhere() {
        let record = case(&person());
        let shown = shown(&View::of(&record), &Book::new(), date(2026, 9, 30), &["配方K-7".to_owned()]);
        let all = serde_json::to_string(&shown).unwrap();
        for secret in ["张建国", "李小明", "11010519491231002X", "13800001111", "13911112222", "6222021001116245702", "87654321", "剑兰路", "301", "K-7"] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
        assert_eq!((&*shown.party, &*shown.title, &*shown.uscc), ("张某某", "张某某擅自占用道路案", ""));
        assert_eq!(shown.outcome, "罚款200.00元");
        assert!(shown.facts.contains("***占道经营") && shown.facts.contains("属商业秘密"), "{}", shown.facts);
    }

    #[test]
    fn apl_48_an_organisation_is_named_and_its_people_are_not() {
        let fields = [
            ("party.kind", json!("organisation")),
            ("party.name", json!("宁波甲建设有限公司")),
            ("party.legal_rep", json!("王建国")),
            ("party.uscc", json!("913302010000000000")),
            ("facts", json!("宁波甲建设有限公司（913302010000000000，法定代表人王建国）向河道排放泥浆约3000升，2026年9月21日。")),
            ("signatures.s", json!({ "by": "宁波甲建设有限公司", "h": 9, "strokes": [[1, 1, 2, 2]], "w": 9 })),
            ("penalty", json!({ "amount_fen": 2_000_000, "basis": "x", "kind": "fine" })),
            ("penalties.g", json!({ "amount_fen": 100, "kind": "confiscation" })),
        ];
        let record = case(&fields);
        let shown = shown(&View::of(&record), &Book::new(), date(2026, 9, 30), &[]);
        assert_eq!((&*shown.party, &*shown.uscc), ("宁波甲建设有限公司", "913302010000000000"));
        assert_eq!(shown.facts, "宁波甲建设有限公司（913302010000000000，法定代表人王某某）向河道排放泥浆约3000升，2026年9月21日。");
        assert_eq!(shown.outcome, "罚款20,000.00元；没收违法所得、没收非法财物1.00元");
    }

    #[test]
    fn apl_48_minors_are_never_published_by_their_age_when_they_acted() {
        let minor = |born: &str, kind: &str| {
            let fields = [("party.kind", json!(kind)), ("party.birth", json!(born)), ("act_date", json!("2026-09-01"))];
            is_minor(&View::of(&case(&fields)), date(2030, 1, 1))
        };
        assert!(minor("2008-09-01", "citizen"), "on the eighteenth birthday: years are full from the day after it");
        assert!(!minor("2008-08-31", "citizen"));
        assert!(minor("2015-01-01", "individual_business"));
        assert!(!minor("2015-01-01", "organisation"));
    }

    #[test]
    fn what_is_no_personal_number_stays() {
        let record = case(&[]);
        let masker = Masker::of(&View::of(&record), &[]);
        for text in ["甬高新综执罚决字〔2026〕第0001号", "2026-09-21", "GB 12523—2025", "12,345.60元", "K12+300", "约300米"] {
            assert_eq!(masker.over(text), text);
        }
        assert_eq!(masker.over("浙B12345"), "浙B12345");
        assert_eq!(masker.over("13800001111"), "138******11");
    }
}
