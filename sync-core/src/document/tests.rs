use super::*;
use proptest::prelude::*;
use serde_json::json;

const FRONT: &str = "code: site_record\ntitle_zh: 甲\nversion: 1\nfrom: 2021-07-15\nsource: 某法\nsealed: no\nleased: yes\nmasks: party.name=name, party.phone=phone\n\n";

fn template(body: &str) -> Result<Template, Flaw> {
    Template::parse(&format!("{FRONT}{body}"))
}

fn facts(more: serde_json::Value) -> serde_json::Value {
    let mut all = json!({"organ": {"name": "某局"}, "dated": "2024-09-27"});
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

fn blocks(body: &str, more: serde_json::Value) -> Vec<Block> {
    template(body).unwrap().render(&facts(more)).unwrap().blocks
}

#[test]
fn every_template_is_sound_and_agrees_with_its_type() {
    for (file, template) in templates() {
        let front = template.unwrap_or_else(|flaw| panic!("{file}: {flaw}")).front();
        let of = type_of(&front.code).unwrap_or_else(|| panic!("{file}: no type {}", front.code));
        assert_eq!(file, format!("{}.v{}", front.code, front.version));
        assert_eq!((front.zi.as_deref(), front.leased), (of.zi, of.leased), "{file}");
    }
}

#[test]
fn types_have_a_code_each_and_cover_the_forty() {
    for (at, one) in TYPES.iter().enumerate() {
        assert!(TYPES[..at].iter().all(|other| other.code != one.code), "{} twice", one.code);
    }
    for line in 1..=40 {
        assert!(TYPES.iter().any(|t| t.line == line), "line {line} of domain.md §8");
    }
}

#[test]
fn a_form_groups_its_rows_and_a_table_keeps_its_columns() {
    let body = "| 案由 | {{ a }} |\n|+ 当事人 |\n| 姓名 | 甲 | 电话 | 乙 |\n|+ |\n|# 意见 |\n[opinion 承办人 | 同意 | 张三 | 2024年1月1日]\n\n|= 号:1 | 名:3 |\n{% for e in l %}\n| {{ loop.index }} | {{ e }} |\n{% endfor %}\n";
    let got = blocks(body, json!({"a": "案", "l": ["x", "y"]}));
    let [Block::Form { rows }, Block::Table { columns, rows: lines }] = got.as_slice() else { panic!("{got:?}") };
    assert_eq!(rows.iter().map(Row::group).collect::<Vec<_>>(), [None, Some("当事人"), None, None]);
    assert_eq!(columns[1].width, 3);
    assert_eq!(lines, &[["1", "x"], ["2", "y"]]);
}

#[test]
fn what_is_missing_is_named() {
    let said = |body: &str, more| {
        let missing = template(body).unwrap().render(&facts(more)).unwrap_err();
        (missing.fact, missing.line)
    };
    assert_eq!(said("甲\n{{ party.name }}", json!({})), ("party.name".to_owned(), 11));
    assert_eq!(said("{{ party.name }}", json!({"party": {}})), ("party.name".to_owned(), 10));
    assert_eq!(said("{{ party.name }}", json!({"party": {"name": null}})), ("party.name".to_owned(), 10));
    assert_eq!(said("甲{{ fine | money }}", json!({})), ("fine | money".to_owned(), 10));
    assert_eq!(said("{% for e in evidence %}\n- {{ e }}\n{% endfor %}", json!({})).1, 10);
    assert_eq!(said("[sign 甲 | {{ id }}]", json!({"id": "s1"})), ("signatures.s1".to_owned(), 10));
    assert_eq!(template("甲").unwrap().render(&json!({"dated": "2024-01-01"})).unwrap_err().fact, "organ.name");
}

#[test]
fn what_may_be_absent_is_asked_for() {
    let body = "{% if a %}\n有\n{% else %}\n无\n{% endif %}\n{{ b | default(\"缺\") }}";
    assert_eq!(blocks(body, json!({})).len(), 2);
    assert_eq!(template(body).unwrap().render(&facts(json!({}))).unwrap().texts()[2..], ["无", "缺"]);
}

#[test]
fn a_flaw_says_its_line() {
    for (body, line, part) in [
        ("甲\n| a | b", 11, "ends with"),
        ("{% if a %}\n甲", 10, "end of"),
        ("{% for x in %}", 10, "unexpected"),
        ("甲\n{{ a", 11, "not closed"),
        ("{% set a %}\n甲\n{% endset %}", 12, "not part"),
        ("甲\u{3}", 10, "U+0003"),
        ("[stamp]", 10, "there is no"),
    ] {
        let flaw = template(body).unwrap_err();
        assert_eq!(flaw.line, line, "{body}: {flaw}");
        assert!(flaw.reason.contains(part), "{body}: {flaw}");
    }
    assert!(Template::parse("code: x\n\n甲").unwrap_err().reason.contains("missing"));
    assert!(Template::parse(&FRONT.replace("masks: party.name=name", "masks: party.name=hat")).unwrap_err().reason.contains("mask"));
}

#[test]
fn only_texts_and_whole_numbers_are_printed() {
    for value in [json!(true), json!(1.5), json!([1]), json!({"a": 1})] {
        assert!(template("{{ x }}").unwrap().render(&facts(json!({"x": value}))).is_err(), "{value}");
    }
}

#[test]
fn signatures_stand_side_by_side_with_their_strokes() {
    let got = blocks(
        "[sign 甲 | {{ id }}]\n[sign 乙]",
        json!({"id": "s1", "signatures": {"s1": {"by": "张三", "ms": 1_704_038_400_000i64, "w": 10, "h": 5, "strokes": [[0, 0, 10, 5]], "role": "party"}}}),
    );
    let [Block::Signatures { signatures }] = got.as_slice() else { panic!("{got:?}") };
    assert_eq!(signatures[0].day.as_deref(), Some("2024年1月1日"));
    assert_eq!(signatures[0].ink.as_ref().unwrap().strokes, [[0, 0, 10, 5]]);
    assert_eq!((signatures[1].label.as_str(), &signatures[1].ink), ("乙", &None));
    let outside = json!({"signatures": {"s1": {"w": 10, "h": 5, "strokes": [[0, 0, 11, 5]]}}});
    assert!(template("[sign 甲 | s1]").unwrap().render(&facts(outside)).is_err());
}

#[test]
fn the_public_reads_masks_wherever_the_text_stands() {
    let body = "{{ party.name }}的电话{{ party.phone }}\n{{ story }}";
    let all = |minor| facts(json!({"party": {"name": "张小明", "phone": "13800001234", "minor": minor}, "story": "张小明于某日留下13800001234"}));
    let template = template(body).unwrap();
    assert_eq!(template.render_masked(&all(false)).unwrap().texts()[2..], ["张某某的电话138******34", "张某某于某日留下138******34"]);
    assert_eq!(template.render_masked(&all(true)).unwrap().texts()[2..], ["***的电话***", "***于某日留下***"]);
}

#[test]
fn the_digest_changes_with_any_text() {
    let template = template("{{ x }}").unwrap();
    let digest = |x: &str| template.render(&facts(json!({"x": x}))).unwrap().digest();
    assert_eq!(digest("甲"), digest("甲"));
    assert_ne!(digest("甲"), digest("乙"));
}

#[test]
fn a_page_escapes_what_was_inserted() {
    let document = template("{{ x }}\n| a | {{ x }} |").unwrap().render(&facts(json!({"x": "<script>\"&"}))).unwrap();
    let page = html::page(&document);
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;&quot;&amp;"));
}

proptest! {
    #[test]
    fn any_text_stays_one_text(x in "\\PC{0,12}[|#\\[\\]!?>{}%\n\r\t\u{1}\u{2}\u{3}\u{4} -]{0,6}\\PC{1,12}") {
        let body = "甲{{ x }}乙\n| 标 | {{ x }} |\n\n- {{ x }}\n[sign {{ x }}]\n";
        let got = blocks(body, json!({"x": x}));
        prop_assert_eq!(got, vec![
            Block::Paragraph { style: Style::Body, text: format!("甲{x}乙") },
            Block::Form { rows: vec![Row::Cells { group: None, cells: vec![Cell { label: "标".to_owned(), value: x.clone() }] }] },
            Block::List { counted: false, items: vec![x.clone()] },
            Block::Signatures { signatures: vec![Signature { label: x, ..Signature::default() }] },
        ]);
    }
}
