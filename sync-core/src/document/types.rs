//! The types of documents (`domain.md` §8).

/// Who makes a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// The officers, on a handheld or at a desk.
    Officer,
    /// Officers draw it up, and somebody else decides in it.
    Approver,
    /// The office, in the organ's name.
    Organ,
}

/// A type of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentType {
    /// Stable name: file of its template, `type` of `papers.*` and `documents.*`.
    pub code: &'static str,
    /// Its line in `domain.md` §8; 0 where the table lists it with no line of its own.
    pub line: u8,
    /// 字 of its numbers; `None` if it has none.
    pub zi: Option<&'static str>,
    /// Printed title.
    pub title_zh: &'static str,
    /// In English.
    pub title_en: &'static str,
    /// Who makes it.
    pub maker: Maker,
    /// Handhelds number it from leased blocks.
    pub leased: bool,
    /// What asks for it.
    pub statute: &'static str,
}

const fn t(code: &'static str, line: u8, zi: &'static str, title_zh: &'static str, title_en: &'static str, maker: Maker, statute: &'static str) -> DocumentType {
    let zi = if zi.is_empty() { None } else { Some(zi) };
    DocumentType { code, line, zi, title_zh, title_en, maker, leased: false, statute }
}

const fn leased(t: DocumentType) -> DocumentType {
    DocumentType { leased: true, ..t }
}

use Maker::{Approver, Officer, Organ};

/// Every type, in the order of `domain.md` §8.
pub const TYPES: &[DocumentType] = &[
    t("inspection_approval", 1, "", "行政检查审批表", "Approval of an inspection", Approver, "国办发〔2024〕54号"),
    t("inspection_notice", 2, "检通", "行政检查通知书", "Notice of inspection", Organ, "国办发〔2024〕54号"),
    leased(t("site_record", 3, "现检", "现场检查笔录", "Record of an on-site inspection", Officer, "行政处罚法第五十五条")),
    t("inspection_result", 4, "", "行政检查结果告知书", "Result of an inspection", Organ, "国办发〔2024〕54号"),
    leased(t("order_to_correct", 5, "责改", "责令（限期）改正通知书", "Order to correct", Officer, "行政处罚法第二十八条")),
    t("recheck_record", 6, "", "改正复查记录", "Record of a re-check", Officer, "行政处罚法第二十八条"),
    t("clue_registration", 7, "", "案件来源登记表", "Registration of a clue", Officer, "行政处罚法第五十四条"),
    t("transfer_letter", 7, "移", "案件（线索）移送函", "Transfer of a clue or a case", Organ, "行政处罚法第二十二条至第二十五条"),
    t("filing_approval", 8, "立", "立案审批表", "Approval of filing", Approver, "行政处罚法第五十四条"),
    t("rights_notice", 9, "", "当事人权利义务及申请回避告知书", "Rights and duties, recusal", Officer, "行政处罚法第四十三条、第四十四条"),
    t("inquiry_notice", 10, "", "询问通知书", "Summons to an inquiry", Officer, "行政处罚法第五十五条"),
    t("inquiry_record", 11, "", "询问笔录", "Record of an inquiry", Officer, "行政处罚法第五十五条"),
    t("scene_record", 12, "", "现场勘验笔录", "Record of a survey of the scene", Officer, "行政处罚法第四十六条"),
    t("sampling_notice", 13, "", "抽样取证通知书", "Sampling of evidence", Officer, "行政处罚法第五十六条"),
    t("registration_approval", 14, "", "先行登记保存证据审批表", "Approval of registering evidence", Approver, "行政处罚法第五十六条"),
    leased(t("registration_notice", 15, "先登", "先行登记保存证据通知书", "Registration of evidence", Officer, "行政处罚法第五十六条")),
    t("registration_disposal", 16, "登处", "先行登记保存证据处理决定书", "Disposal of registered evidence", Organ, "行政处罚法第五十六条"),
    t("sealing_decision", 17, "封扣", "查封（扣押）决定书", "Sealing or seizure", Organ, "行政强制法第二十四条"),
    t("release_decision", 17, "封扣", "解除查封（扣押）决定书", "Release of what was sealed or seized", Organ, "行政强制法第二十八条"),
    t("electronic_record", 18, "", "电子数据提取笔录", "Record of taking electronic data", Officer, "行政处罚法第四十六条"),
    t("appraisal_request", 19, "", "鉴定（检测）委托书", "Request for an appraisal", Organ, "行政处罚法第四十六条"),
    t("appraisal_result", 19, "", "鉴定（检测）结果告知书", "Result of an appraisal", Organ, "行政处罚法第四十六条"),
    t("investigation_report", 20, "", "案件调查终结报告", "Report on the investigation", Approver, "行政处罚法第五十七条"),
    t("legal_review", 21, "", "行政处罚决定法制审核意见书", "Legal review", Approver, "行政处罚法第五十八条"),
    t("prior_notice", 22, "罚先告", "行政处罚事先告知书", "Prior notice of a penalty", Organ, "行政处罚法第四十四条"),
    t("hearing_offer", 23, "听告", "行政处罚听证告知书", "Offer of a hearing", Organ, "行政处罚法第六十三条"),
    t("statement_record", 24, "", "陈述申辩笔录", "Record of statement and defence", Officer, "行政处罚法第四十五条"),
    t("statement_review", 24, "", "陈述申辩复核意见书", "Review of statement and defence", Approver, "行政处罚法第四十五条"),
    t("hearing_notice", 25, "听通", "行政处罚听证通知书", "Summons to a hearing", Organ, "行政处罚法第六十四条"),
    t("hearing_record", 25, "", "行政处罚听证笔录", "Record of a hearing", Officer, "行政处罚法第六十四条"),
    t("hearing_report", 25, "", "行政处罚听证报告", "Report on a hearing", Approver, "行政处罚法第六十五条"),
    t("discussion_record", 26, "", "重大案件集体讨论记录", "Record of a collective discussion", Officer, "行政处罚法第五十七条"),
    t("penalty_approval", 27, "", "行政处罚决定审批表", "Approval of a decision", Approver, "行政处罚法第五十七条"),
    leased(t("spot_decision", 28, "当罚", "当场行政处罚决定书", "Penalty on the spot", Officer, "行政处罚法第五十二条")),
    t("penalty_decision", 29, "罚决", "行政处罚决定书", "Penalty decision", Organ, "行政处罚法第五十九条"),
    t("no_penalty_decision", 30, "不罚", "不予行政处罚决定书", "Decision not to punish", Organ, "行政处罚法第三十三条、第五十七条"),
    t("address_confirmation", 31, "", "送达地址确认书", "Confirmation of the address for service", Officer, "行政处罚法第六十一条"),
    t("service_receipt", 31, "", "送达回证", "Receipt of service", Officer, "民事诉讼法第八十七条"),
    t("instalment_approval", 32, "", "延期（分期）缴纳罚款审批表", "Approval of paying later or in parts", Approver, "行政处罚法第六十六条"),
    t("instalment_decision", 32, "延缴", "延期（分期）缴纳罚款决定书", "Decision on paying later or in parts", Organ, "行政处罚法第六十六条"),
    t("urging_letter", 33, "催", "履行行政处罚决定催告书", "Demand to perform", Organ, "行政强制法第三十五条、第五十四条"),
    t("court_application", 34, "强申", "行政强制执行申请书", "Application to the court", Organ, "行政强制法第五十五条"),
    t("substitute_decision", 34, "代履", "代履行决定书", "Decision on substitute performance", Organ, "行政强制法第五十一条"),
    t("crime_transfer", 35, "罪移", "涉嫌犯罪案件移送书", "Transfer of a suspected crime", Organ, "国务院令第730号第六条"),
    t("stay_approval", 36, "", "案件中止（终止、撤销）审批表", "Approval of stay, end or withdrawal", Approver, "行政处罚法第五十七条"),
    t("closing_approval", 37, "", "结案审批表", "Approval of closing", Approver, "行政处罚法第五十七条"),
    t("compliance_advice", 38, "合规建", "行政合规建议书", "Advice on compliance", Organ, "浙江省行政合规指导清单制度"),
    t("repair_notice", 39, "信修告", "信用修复告知书", "Notice of credit repair", Organ, "国办发〔2025〕22号"),
    t("file_cover", 40, "", "行政处罚案件卷宗", "Cover of the file", Officer, "档案法第十四条"),
    t("file_list", 40, "", "卷内文件目录", "List of the file", Officer, "档案法第十四条"),
    t("file_note", 40, "", "卷内备考表", "Note at the end of the file", Officer, "档案法第十四条"),
    t("fast_consent", 0, "", "自愿适用简案快办程序同意书", "Consent to fast handling", Officer, "杭综法〔2024〕14号"),
    t("training_invitation", 0, "", "培训邀请函", "Invitation to teach", Organ, "浙江省综合行政执法条例第十二条"),
    t("revision_decision", 0, "撤变", "撤销（变更）行政处罚决定书", "Decision to revoke or change a penalty", Organ, "行政处罚法第七十五条"),
];

/// A type by its code.
pub fn type_of(code: &str) -> Option<&'static DocumentType> {
    TYPES.iter().find(|t| t.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Sort;

    #[test]
    fn a_type_has_the_characters_of_its_series_and_is_leased_with_it() {
        for known in TYPES {
            let sort = Sort::of_document(known.code);
            assert_eq!((known.zi, known.leased), (sort.map(Sort::zi), sort.is_some_and(Sort::leased)), "{}", known.code);
        }
        for code in Sort::all().flat_map(Sort::documents) {
            assert!(type_of(code).is_some(), "{code} is numbered and is no type");
        }
    }
}
