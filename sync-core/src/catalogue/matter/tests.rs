//! What a matter is refused for, and its tiers.

use super::*;
use crate::base::date::date;
use crate::dated::Row;

/// 泥浆排入水体, 生态环境法典 art 1136: 100,000 to 1,000,000 yuan.
pub fn slurry() -> Matter {
    Matter {
        name: "向水体排放、倾倒泥浆".into(),
        domain: "ecology".into(),
        violation: vec![Clause { law: "生态环境法典".into(), article: "第三百零二条".into(), text: None }],
        penalty: vec![Clause { law: "生态环境法典".into(), article: "第一千一百三十六条第一款第(五)项".into(), text: None }],
        kinds: vec![PenaltyKind::Fine],
        fine: Some(Fine { shape: Shape::Fixed, unit: "CNY".into(), min: 10_000_000, max: 100_000_000, base: None }),
        trigger: Trigger::Immediate,
        overdue: None,
        party_types: vec![PartyType::Organisation],
        tiers: vec![],
        tier_holes: None,
        fast_case: false,
        minor_exempt: None,
        case_allowed: true,
        listed: None,
        note: None,
        doubt: None,
        synthetic: false,
        source: "test".into(),
    }
}

fn tier(min: i64, max: i64) -> Tier {
    Tier { circumstance: "一般".into(), min, max }
}

#[test]
fn a_matter_is_refused_by_field() {
    type Spoil = fn(&mut Matter);
    let cases: &[(&str, Spoil)] = &[
        ("name", |m| m.name = " ".into()),
        ("name", |m| m.synthetic = true),
        ("name", |m| m.name = "【合成】甲".into()),
        ("violation", |m| m.violation.clear()),
        ("violation.0.law", |m| m.violation = vec![Clause { law: "《水法》".into(), article: "第一条".into(), text: None }]),
        ("penalty", |m| m.penalty.clear()),
        ("kinds", |m| m.kinds = vec![PenaltyKind::Warning]),
        ("kinds.1", |m| m.kinds = vec![PenaltyKind::Fine, PenaltyKind::Warning]),
        ("kinds", |m| m.trigger = Trigger::None),
        ("fine.max", |m| m.fine.as_mut().unwrap().max = 1),
        ("fine.min", |m| m.fine.as_mut().unwrap().min = -1),
        ("fine.base", |m| m.fine.as_mut().unwrap().shape = Shape::Ratio),
        ("fine.base", |m| m.fine.as_mut().unwrap().base = Some("合同价款".into())),
        ("overdue.max", |m| m.overdue = Some(Range { min: 2, max: 1 })),
        ("overdue", |m| (m.fine, m.overdue) = (None, Some(Range { min: 1, max: 2 }))),
        ("case_allowed", |m| (m.kinds, m.fine, m.trigger) = (vec![], None, Trigger::None)),
    ];
    let valid = Validity::from(date(2026, 8, 15));
    assert!(Row::new("EE-012", valid, &slurry()).is_ok());
    for (field, spoil) in cases {
        let mut matter = slurry();
        spoil(&mut matter);
        assert_eq!(matter.check("EE-012", &valid).unwrap_err().field, *field, "{matter:?}");
    }
    for code in ["", "a/b", "a b", &"x".repeat(65)] {
        assert_eq!(slurry().check(code, &valid).unwrap_err().field, "key", "{code}");
    }
    assert!(is_code("330275012000"), "the province's twelve digits");
}

#[test]
fn tiers_lie_in_the_frame_in_order_and_without_unstated_holes() {
    let check =
        |tiers: Vec<Tier>, holes: Option<&str>| Matter { tiers, tier_holes: holes.map(Into::into), ..slurry() }.check("x", &Validity::from(date(2026, 8, 15))).map_err(|f| f.field);
    let (low, high) = (10_000_000, 100_000_000);
    assert_eq!(check(vec![tier(low, 40_000_000), tier(40_000_000, high)], None), Ok(()));
    assert_eq!(check(vec![tier(low - 1, high)], None), Err("tiers.0.min".into()));
    assert_eq!(check(vec![tier(low, high + 1)], None), Err("tiers.0.max".into()));
    assert_eq!(check(vec![tier(40_000_000, high), tier(low, 40_000_000)], None), Err("tiers.1.min".into()), "not ordered");
    assert_eq!(check(vec![tier(low, 50_000_000), tier(40_000_000, high)], None), Err("tiers.1.min".into()), "overlap");
    assert_eq!(check(vec![tier(low, 20_000_000), tier(30_000_000, high)], None), Err("tiers.1.min".into()), "a hole between");
    assert_eq!(check(vec![tier(low, 20_000_000)], None), Err("tiers.0.max".into()), "a hole at the end");
    assert_eq!(check(vec![tier(20_000_000, high)], None), Err("tiers.0.min".into()), "a hole at the start");
    assert_eq!(check(vec![tier(20_000_000, high)], Some("最轻档不予处罚")), Ok(()), "stated");
    assert_eq!(check(vec![tier(low, high)], Some("无")), Err("tier_holes".into()), "nothing to state");
}

#[test]
fn detention_stays_with_the_police_under_article_18() {
    let mut matter = slurry();
    assert!(matter.transferable());
    matter.kinds.push(PenaltyKind::Detention);
    assert!(!matter.transferable());
}
