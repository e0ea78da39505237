//! The columns of each file: heading in Chinese and English, how a value is written, an example, and what it is.

use super::form::{Form, Word};

/// What an empty cell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blank {
    /// It must not be empty.
    Refused,
    /// The field is not there.
    Absent,
    /// No entry.
    Empty,
    /// No.
    No,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The field of the body, as a path with dots; `key`, `from` and `until` are the row's own.
    pub path: &'static str,
    /// Heading in Chinese.
    pub zh: &'static str,
    /// Heading in English.
    pub en: &'static str,
    /// How values are written.
    pub form: Form,
    /// What an empty cell means.
    pub blank: Blank,
    /// An example.
    pub example: &'static str,
    /// What it is, for whoever fills it in.
    pub about: &'static str,
}

impl Column {
    const fn new(path: &'static str, zh: &'static str, en: &'static str, form: Form, blank: Blank, example: &'static str, about: &'static str) -> Column {
        Column { path, zh, en, form, blank, example, about }
    }

    /// Whether a heading means this column.
    pub fn is_called(&self, heading: &str) -> bool {
        let heading = heading.trim().trim_end_matches('*').trim();
        heading == self.zh || heading.eq_ignore_ascii_case(self.en)
    }

    /// Whether a file without it is refused.
    pub fn is_needed(&self) -> bool {
        self.blank == Blank::Refused
    }
}

use Blank::{Absent, Empty, No, Refused};
use Form::{Bound, Choice, Choices, Clauses, Day, Days, Flag, Holidays, Setting, Text, Tiers};

const FROM: Column = Column::new("from", "生效日", "valid from", Day, Refused, "2024-01-01", "自此日起有效");
const UNTIL: Column = Column::new("until", "失效日", "valid until", Day, Absent, "", "自此日起不再有效；空白为长期有效");

const KINDS: &[Word] = &[
    ("warning", "警告"),
    ("notice_of_criticism", "通报批评"),
    ("fine", "罚款"),
    ("confiscate", "没收"),
    ("suspend_licence", "暂扣许可证件"),
    ("lower_grade", "降低资质等级"),
    ("revoke_licence", "吊销许可证件"),
    ("restrict_business", "限制开展生产经营活动"),
    ("stop_production", "责令停产停业"),
    ("close", "责令关闭"),
    ("practice_ban", "限制从业"),
    ("detention", "行政拘留"),
    ("other", "其他"),
];
const TRIGGERS: &[Word] = &[("immediate", "直接处罚"), ("after_overdue", "逾期未改"), ("on_refusal", "拒不改正"), ("optional", "可以处罚"), ("none", "无罚则")];
const SHAPES: &[Word] = &[("fixed", "定额"), ("ratio", "比例"), ("per_unit", "按单位")];
const PARTIES: &[Word] = &[("citizen", "公民"), ("self_employed", "个体工商户"), ("organisation", "法人或者其他组织")];
const POWERS: &[Word] = &[("penalty", "行政处罚"), ("inspection", "行政检查"), ("coercion", "行政强制")];
const SCOPES: &[Word] = &[("whole", "全部"), ("part", "部分")];

/// Whom a line of the roster is about.
pub const PEOPLE: &[Word] = &[("officer", "执法人员"), ("auxiliary", "辅助人员"), ("other", "其他人员")];
/// What a certificate makes of its holder.
pub const HOLDERS: &[Word] = &[("officer", "执法人员"), ("auxiliary", "辅助人员"), ("supervisor", "执法监督员"), ("legal_reviewer", "法制审核员")];

/// 行政处罚事项: one line a version.
pub const MATTERS: &[Column] = &[
    Column::new("key", "事项编码", "code", Text, Refused, "330217012000", "省目录十二位编码，或检查事项编码"),
    Column::new("name", "事项名称", "name", Text, Refused, "向水体排放、倾倒泥浆", "与目录一致"),
    Column::new("domain", "领域", "domain", Text, Refused, "ecology", "主管部门代码"),
    Column::new("violation", "违法依据", "violation", Clauses, Refused, "《生态环境法典》第三百零二条", "一行一条；条文写在全角冒号之后"),
    Column::new("penalty", "处罚依据", "penalty", Clauses, Empty, "《生态环境法典》第一千一百三十六条", "一行一条"),
    Column::new("kinds", "处罚种类", "kinds", Choices(KINDS), Empty, "罚款、责令停产停业", "按行政处罚法第九条的顺序，以顿号分隔"),
    Column::new("trigger", "适用情形", "trigger", Choice(TRIGGERS), Refused, "直接处罚", "何时可以处罚"),
    Column::new("fine.shape", "罚款方式", "fine shape", Choice(SHAPES), Absent, "定额", "没有罚款幅度的留空"),
    Column::new("fine.unit", "罚款单位", "fine unit", Text, Absent, "CNY", "CNY、CNY_per_m3、percent、multiple 等"),
    Column::new("fine.min", "罚款下限", "fine min", Bound, Absent, "100000", "定额与按单位的写元，比例的写 5% 或 2倍；法律未定下限的写 0"),
    Column::new("fine.max", "罚款上限", "fine max", Bound, Absent, "1000000", "同上"),
    Column::new("fine.base", "罚款基数", "fine base", Text, Absent, "", "比例或按单位的，以何为基数"),
    Column::new("overdue.min", "逾期罚款下限", "overdue min", Bound, Absent, "", "责令改正逾期或者拒不改正的幅度"),
    Column::new("overdue.max", "逾期罚款上限", "overdue max", Bound, Absent, "", "同上"),
    Column::new("party_types", "当事人类型", "party types", Choices(PARTIES), Absent, "法人或者其他组织", "不明的留空"),
    Column::new("tiers", "裁量阶次", "tiers", Tiers, Absent, "", "一行一档，由轻到重：情节｜下限｜上限"),
    Column::new("tier_holes", "裁量缺档说明", "tier holes", Text, Absent, "", "阶次未覆盖全部幅度的，说明理由"),
    Column::new("fast_case", "简案快办", "fast case", Flag, No, "否", "是否列入简案快办清单"),
    Column::new("minor_exempt", "轻微不罚", "minor exempt", Text, Absent, "", "首违、轻微不予处罚的条件"),
    Column::new("case_allowed", "可以立案", "case allowed", Flag, Refused, "是", "否：只指导和责令改正"),
    Column::new("listed", "统一目录", "listed", Flag, Absent, "是", "是否在省市统一目录内；不明的留空"),
    Column::new("note", "备注", "note", Text, Absent, "", ""),
    Column::new("doubt", "存疑", "doubt", Text, Absent, "", "须由法制机构确认的疑问"),
    Column::new("synthetic", "合成", "synthetic", Flag, No, "否", "为演示而编造的写“是”，名称以【合成】开头"),
    Column::new("source", "来源", "source", Text, Refused, "省权力事项库 2026-10", "数据从何而来"),
    FROM,
    UNTIL,
];

/// 职权: who holds which power where.
pub const POWER_COLUMNS: &[Column] = &[
    Column::new("key.matter", "事项编码", "matter", Text, Refused, "330217012000", ""),
    Column::new("key.area", "区域", "area", Text, Refused, "nb-gaoxin", "区域代码"),
    Column::new("power", "职权类型", "power", Choice(POWERS), Refused, "行政处罚", ""),
    Column::new("organ", "行使机关", "organ", Text, Refused, "enforcement", "机关代码"),
    Column::new("scope", "范围", "scope", Choice(SCOPES), Refused, "全部", "全部或者部分"),
    Column::new("scope.part.boundary", "职责边界", "boundary", Text, Absent, "", "范围为部分的必须写明"),
    Column::new("legal_doc", "依据文件", "legal document", Text, Refused, "关于集中行使行政处罚权的通知", ""),
    Column::new("transfer", "划转批次", "transfer", Text, Absent, "", "因职能划转取得的，写批次代码"),
    FROM,
    UNTIL,
];

/// 年度日历: one line a year, whose days are its own.
pub const YEARS: &[Column] = &[
    Column::new("key", "年份", "year", Text, Refused, "2026", ""),
    Column::new("source", "来源", "source", Text, Refused, "国务院办公厅关于2026年部分节假日安排的通知", ""),
    Column::new("provisional", "暂定", "provisional", Flag, No, "否", "通知尚未发布的写“是”"),
    Column::new("holidays", "放假日", "holidays", Holidays, Empty, "2026-01-01 元旦", "一行一天"),
    Column::new("workdays", "调休上班日", "workdays", Days, Empty, "2026-02-14", "一行一天"),
];

/// 政策参数.
pub const POLICY_COLUMNS: &[Column] = &[
    Column::new("key", "参数", "key", Text, Refused, "penalty.pay", "参数代码，可加 @区域、@领域或 @机关"),
    Column::new("value", "取值", "value", Setting, Refused, "15日", "数字、元、15日、15工作日、3个月、代码；表格写 JSON"),
    Column::new("owner", "决定机构", "owner", Text, Refused, "法制科", ""),
    Column::new("source", "依据", "source", Text, Refused, "行政处罚法第六十七条第三款", ""),
    Column::new("note", "备注", "note", Text, Absent, "", ""),
    Column::new("doubt", "存疑", "doubt", Flag, No, "否", "据此得出的结果须标明存疑的写“是”"),
    FROM,
    UNTIL,
];

/// 人员名册: one line a person.
pub const ROSTER: &[Column] = &[
    Column::new("officer", "人员编号", "id", Text, Refused, "chen-yifan", "登录用的编号，小写字母、数字和 - _ ."),
    Column::new("name", "姓名", "name", Text, Refused, "陈一帆", ""),
    Column::new("unit", "单位", "unit", Text, Refused, "squad-juxian", "单位代码，须已录入"),
    Column::new("kind", "人员类别", "kind", Choice(PEOPLE), Refused, "执法人员", "新增的只能是执法人员或者辅助人员；其他角色由安全管理员授予"),
    Column::new("phone", "手机号", "phone", Text, Absent, "", "加密保存；空白为不变"),
    Column::new("citizen_id", "身份证号", "citizen id", Text, Absent, "", "加密保存；空白为不变；单元格须设为文本"),
    Column::new("since", "任职起始日", "post from", Day, Absent, "2026-01-01", "空白为今天"),
    Column::new("posted_to", "派驻", "posted to", Text, Absent, "", "本人单独派驻的机关代码"),
    Column::new("command_org", "现场指挥", "command org", Text, Absent, "", "派驻后由谁指挥；空白为派驻的机关"),
    Column::new("liaison_of", "联络部门", "liaison of", Text, Absent, "", "部门联络员所代表的机关代码"),
    Column::new("certificate", "执法证号", "certificate", Text, Absent, "33990000001", "单元格须设为文本"),
    Column::new("holder_kind", "证件类别", "certificate kind", Choice(HOLDERS), Absent, "执法人员", "空白与人员类别相同"),
    Column::new("issuer", "发证机关", "issuer", Text, Absent, "浙江省人民政府", "有证件的必填"),
    Column::new("certificate_areas", "执法区域", "certificate areas", Text, Absent, "", "证件所载"),
    Column::new("certificate_levels", "执法类别", "certificate levels", Text, Absent, "", "证件所载"),
    Column::new("from", "证件生效日", "valid from", Day, Absent, "2026-01-01", "有证件的必填"),
    Column::new("until", "证件失效日", "valid until", Day, Absent, "", "自此日起不再有效"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_heading_means_one_column_and_every_example_can_be_read() {
        for columns in [MATTERS, POWER_COLUMNS, YEARS, POLICY_COLUMNS, ROSTER] {
            let headings: BTreeSet<String> = columns.iter().flat_map(|c| [c.zh.to_owned(), c.en.to_ascii_lowercase()]).collect();
            assert_eq!(headings.len(), 2 * columns.len());
            let example = |path: &str| columns.iter().find(|c| c.path == path).map_or("", |c| c.example);
            for column in columns.iter().filter(|c| !c.example.is_empty()) {
                assert!(column.form.read(column.example, &example).is_ok(), "{}", column.en);
            }
        }
    }
}
