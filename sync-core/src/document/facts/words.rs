//! What stands on paper for the words of the field tables.

type Words = &'static [(&'static str, &'static str)];

pub(super) const SOURCES: Words =
    &[("inspection", "检查发现"), ("complaint", "投诉举报"), ("transfer", "其他机关移送"), ("superior", "上级交办"), ("media", "媒体曝光"), ("device", "监控设备记录")];
pub(super) const PARTIES: Words = &[("citizen", "公民"), ("individual_business", "个体工商户"), ("organisation", "法人或者其他组织")];
pub(super) const EVIDENCE: Words = &[
    ("documentary", "书证"),
    ("physical", "物证"),
    ("audiovisual", "视听资料"),
    ("electronic", "电子数据"),
    ("testimony", "证人证言"),
    ("party_statement", "当事人陈述"),
    ("appraisal", "鉴定意见"),
    ("site_record", "勘验、现场笔录"),
];
pub(super) const MEASURES: Words = &[
    ("inspection", "现场勘验（检查）"),
    ("sampling", "抽样取证"),
    ("registration", "先行登记保存证据"),
    ("seizure", "查封（扣押）"),
    ("electronic_extraction", "提取电子数据"),
    ("appraisal", "委托鉴定（检测）"),
];
pub(super) const DISPOSALS: Words = &[
    ("returned", "退还当事人"),
    ("appraised", "送交鉴定（检测）"),
    ("sealed", "转为查封（扣押）"),
    ("confiscated", "依法没收"),
    ("transferred", "移送有关部门"),
    ("released", "解除"),
];
/// 行政处罚法第九条.
pub(super) const PENALTIES: Words = &[
    ("warning", "警告"),
    ("criticism", "通报批评"),
    ("fine", "罚款"),
    ("confiscation", "没收违法所得（非法财物）"),
    ("suspension", "暂扣许可证件"),
    ("lower_grade", "降低资质等级"),
    ("revocation", "吊销许可证件"),
    ("restrict_business", "限制开展生产经营活动"),
    ("stop_production", "责令停产停业"),
    ("close_down", "责令关闭"),
    ("practice_ban", "限制从业"),
    ("other", "其他行政处罚"),
];
pub(super) const OUTCOMES: Words = &[("agree", "同意"), ("amend", "建议修改"), ("return", "退回补充调查"), ("wrong_procedure", "纠正程序"), ("transfer", "移送")];
pub(super) const LENIENCIES: Words = &[("standard", ""), ("lighter", "从轻处罚"), ("mitigated", "减轻处罚"), ("heavier", "从重处罚")];
/// 行政处罚法第三十条、第三十一条、第三十三条、第三十六条.
pub(super) const EXEMPTIONS: Words = &[
    ("under_fourteen", "《中华人民共和国行政处罚法》第三十条"),
    ("no_capacity", "《中华人民共和国行政处罚法》第三十一条"),
    ("minor_corrected", "《中华人民共和国行政处罚法》第三十三条第一款"),
    ("no_fault", "《中华人民共和国行政处罚法》第三十三条第二款"),
    ("limitation", "《中华人民共和国行政处罚法》第三十六条"),
    ("first_time", "《中华人民共和国行政处罚法》第三十三条第一款（初次违法）"),
];
pub(super) const WAYS: Words = &[("direct", "直接送达"), ("electronic", "电子送达"), ("lien", "留置送达"), ("post", "邮寄送达"), ("public_notice", "公告送达")];
/// 行政处罚法第六十八条、第六十九条.
pub(super) const COLLECTIONS: Words = &[("small", "第六十八条第一项"), ("hard_later", "第六十八条第二项"), ("remote", "第六十九条")];
pub(super) const VOICES: Words = &[("handler", "承办人意见"), ("section", "承办机构意见"), ("reviewer", "案件审核意见"), ("legal", "法制审核意见"), ("head", "负责人审批意见")];
pub(super) const MODES: Words = &[("daily", "日常检查"), ("special", "专项检查"), ("triggered", "触发式检查"), ("appointment", "预约式检查"), ("guidance", "行政指导")];
pub(super) const VISIT_SOURCES: Words =
    &[("complaint", "投诉举报"), ("transfer", "转办交办"), ("superior", "上级部署"), ("alert", "数据预警"), ("invitation", "企业邀约"), ("recheck", "整改复查")];
pub(super) const RESULTS: Words = &[("ok", "符合"), ("bad", "不符合"), ("na", "不适用"), ("unchecked", "未检查")];
pub(super) const RECHECKS: Words = &[("corrected", "已改正"), ("extended", "延期改正"), ("not_corrected", "未改正"), ("refused", "拒不改正")];
/// 失信程度 (`domain.md` §7.2).
pub(super) const CATEGORIES: Words = &[("minor", "轻微"), ("general", "一般"), ("serious", "严重")];
pub(super) const MATERIALS: Words = &[
    ("performance", "已履行义务、纠正违法行为的证明材料"),
    ("commitment", "信用承诺书"),
    ("form", "信用修复申请书"),
    ("licence", "营业执照"),
    ("identity", "身份证明"),
    ("authorisation", "授权委托书"),
];

/// What a word says on paper; nothing for a word that is none of the table.
pub(super) fn said(table: Words, word: Option<&str>) -> Option<&'static str> {
    table.iter().find(|(known, _)| Some(*known) == word).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{case, visit};

    #[test]
    fn every_word_of_the_field_tables_is_said() {
        let all: [(&[&str], Words); 14] = [
            (case::SOURCES, SOURCES),
            (case::PARTIES, PARTIES),
            (case::EVIDENCE, EVIDENCE),
            (case::MEASURES, MEASURES),
            (case::DISPOSALS, DISPOSALS),
            (case::PENALTIES, PENALTIES),
            (case::OUTCOMES, OUTCOMES),
            (case::LENIENCIES, LENIENCIES),
            (case::EXEMPTIONS, EXEMPTIONS),
            (case::WAYS, WAYS),
            (case::COLLECTIONS, COLLECTIONS),
            (case::VOICES, VOICES),
            (visit::MODES, MODES),
            (visit::RESULTS, RESULTS),
        ];
        for (words, table) in all {
            assert_eq!(words.len(), table.len());
            assert!(words.iter().all(|word| said(table, Some(word)).is_some()), "{words:?}");
        }
        assert!(visit::SOURCES.iter().all(|word| said(VISIT_SOURCES, Some(word)).is_some()));
    }
}
