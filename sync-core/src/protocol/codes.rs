//! Stable public codes. Never renamed, never reused; the meaning of each stands beside it.

/// Why a change is in quarantine: custody by the office, releasable where the table says so.
pub const QUARANTINE: &[(&str, &str)] = &[
    ("malformed", "the signed bytes are not a change of a known format"),
    ("unknown_kind", "this server knows no such kind of record"),
    ("unknown_field", "the kind has no such field under the schema that the author's app names"),
    ("unknown_act", "the kind has no such act"),
    ("invalid_act", "the act lacks its reason, dot or seal"),
    ("invalid_value", "a value is not of its field's type"),
    ("office_only", "a handheld wrote what only the office may write"),
    ("kind_mismatch", "the record exists and is of another kind"),
    ("foreign_scope", "the officer held no scope over the record at any time of the capture"),
    ("officer_mismatch", "the change names another officer than its device's"),
    ("officer_suspended", "it arrived after the officer's suspension"),
    ("device_revoked", "it arrived after the device's revocation"),
    ("chain_broken", "its `prev` is not the hash of the device's previous change"),
    ("chain_frozen", "its device's chain is frozen since a fork"),
    ("fork", "another change was validly signed for the same slot"),
    ("commit_failed", "it could not be committed twice, alone; the bytes are kept"),
];

/// Why a change was dismissed: it will not apply, its bytes are kept.
pub const DISMISSED: &[(&str, &str)] = &[("waived", "a reviewer had declared it lost before it came"), ("reviewer", "a reviewer dismissed it, with a reason")];

/// Why a line of a push took no slot; the sender keeps its copy.
pub const UNVERIFIED: &[(&str, &str)] = &[
    ("not_a_line", "not of the form [\"alg\",\"signature\",change]"),
    ("no_dot", "the bytes do not begin with version, device and number"),
    ("too_large", "the change is larger than 256 KiB"),
    ("unknown_device", "no such device is enrolled here"),
    ("other_district", "the device belongs to another district"),
    ("bad_signature", "the signature is not the device key's"),
];

/// Why an act was refused, or why a deed stands as an exception: Chinese, English. `stage`, `contested` and
/// `open_exception` name the stage, field or dot in question; the rest are codes of guards.
pub const REASONS: &[(&str, &str, &str)] = &[
    ("stage", "当前阶段不能办理", "Not from the present stage"),
    ("contested", "存在未解决的分歧", "A field it relies on is contested"),
    ("open_exception", "有例外尚待确认", "An exception awaits a reviewer"),
    ("no_open_exception", "没有待确认的例外", "There is no such open exception"),
    ("no_site", "未填写检查对象", "No site is named"),
    ("no_unit", "未填写承办单位", "No unit is named"),
    ("no_notice", "未送达通知,也未记载不事先通知的理由", "No notice is served and no ground for none is on record"),
    ("two_officers", "持证执法人员不足两人", "Fewer than two certified officers"),
    ("code_not_shown", "未亮证亮码", "Nobody has shown certificate and code"),
    ("no_form", "未打开检查表单", "No form is pinned"),
    ("not_a_department", "签署部门不在表单内", "The part signed is no department of the form"),
    ("items_open", "有检查项未作结论,或未查未说明理由", "Items are open, or unchecked without a reason"),
    ("items_contested", "检查项结论存在分歧", "Items are contested"),
    ("photos_missing", "缺少必需的照片", "Photos are missing"),
    ("department_unsigned", "有部门尚未签署", "A department has not signed its items"),
    ("no_party", "现场负责人未签名", "The party on site is not named, or has refused"),
    ("no_witness", "拒签没有见证人或录像", "The refusal has neither witness nor video"),
    ("no_result", "检查结果未告知", "No result is delivered"),
    ("no_order", "责令改正缺少要求或期限", "An order lacks its demand or deadline"),
    ("recheck_missing", "有责令改正尚未复查", "An order has not been re-checked"),
    ("orders_open", "有责令改正尚未复查,不能直接办结", "Orders are open; they must be re-checked first"),
    ("not_the_lead", "只能由牵头人员办结", "Only the lead officer or the office closes"),
    ("no_clue", "没有线索记载", "No clue is on record"),
    ("no_reason", "未说明理由", "No reason is given"),
    ("no_plan", "无计划也无来源,不得检查", "Neither a plan nor a source that triggered it"),
    ("no_urgent_ground", "未说明紧急情况", "No ground of urgency is given"),
    ("no_code", "未生成行政行为码", "No code of the act is on record"),
    ("outside_fence", "不在检查地点围栏内,且未说明理由", "Outside the fence of the site, and no reason is given"),
    ("formalities_due", "紧急检查尚未补办审批", "The approval of an urgent inspection is not made up for"),
    ("flags_open", "有合规提示尚未处理", "Flags await a reviewer"),
    ("no_target", "未指明并入哪一次检查", "The visit to join is not named"),
    ("not_guidance", "不是指导服务,须先签字", "Not a visit of guidance: sign first"),
    ("guidance", "指导服务不得责令", "Guidance compels nobody"),
    ("not_of_department", "签署人不是该部门参加人员", "The signer does not take part for that department"),
    ("no_signature", "缺少现场负责人手写签名", "The signature of the party on site is missing"),
    ("no_opinion", "缺少审批意见", "The head's opinion is missing"),
    ("no_facts", "违法事实或当事人未查明", "Facts or party are not established"),
    ("no_evidence", "没有指明所证事实的证据", "No evidence that names the fact it proves"),
    ("no_penalty", "处罚种类、依据或金额不全", "Kind, basis or amount of the penalty is missing"),
    ("no_pre_notice", "未事先告知", "No prior notice is served"),
    ("defence_open", "陈述申辩未复核,也未放弃", "The defence is neither reviewed nor waived"),
    ("not_served", "决定书未送达", "The decision is not served"),
    ("not_performed", "未缴清或未改正", "Not paid in full, or not corrected"),
    ("no_organ", "未填写制定机关", "No organ is named"),
    ("no_window", "未填写计划期间", "First and last day of the plan are missing"),
    ("no_entries", "计划没有条目", "The plan has no entries"),
    ("entry_flawed", "计划条目不合规,或超出计划期间", "An entry is not sound, or lies outside the plan's days"),
    ("no_submission", "未提交,或条目变动、意见形成后未重新提交", "Not submitted, or not anew since an entry changed or an opinion was given"),
    ("entries_changed", "提交后条目有变动,须退回并重新提交", "Entries changed since the submission; send it back and submit it anew"),
    ("no_matching", "未参加统筹撮合", "It took part in no matching since it was submitted"),
    ("no_legal_opinion", "缺少同意的法制审核意见", "No legal opinion in favour, given upon the submission"),
    ("no_discussion", "缺少集体讨论记录,或未通过", "No minutes of a collective discussion that passed it"),
    ("own_submission", "不得审核、审批自己提交的计划", "Nobody reviews or approves what he submitted himself"),
    ("not_published", "未记载公布日期和方式", "Day and place of publication are missing"),
    ("not_reported", "缺少执行情况", "How the plan was carried out is missing"),
    ("no_firm", "未填写企业", "No firm is named"),
    ("no_topics", "未选择服务主题", "No theme is chosen"),
    ("no_mode", "未选择指导或者检查", "Neither guidance nor inspection is chosen"),
    ("no_department", "没有可派单的部门", "No department is left that is asked to come"),
    ("not_invited", "该部门未受邀", "This department is not invited"),
    ("no_claim", "没有认领记载或该部门已退单", "The claim is not on record, or the department declined"),
    ("no_decline", "没有退单理由或该部门已认领", "The refusal is not on record, or the department claimed"),
    ("unclaimed", "有受邀部门尚未认领", "An invited department has not claimed it"),
    ("no_date", "未约定上门日期", "No day is set for the visit"),
    ("no_lead", "牵头部门未指定或未认领", "No department that claimed it takes the lead"),
    ("no_visit", "尚未生成上门检查", "There is no visit for it yet"),
    ("no_report", "体检报告未出具", "The report is not on record"),
    ("no_opinions", "没有整改意见,无需整改", "There are no opinions, so nothing has to be corrected"),
    ("opinions_open", "有整改意见,须先整改", "There are opinions: they have to be corrected first"),
    ("no_follow_up", "没有回访记载", "The follow-up is not on record"),
    ("opinions_unaccounted", "回访与整改意见数不符", "The follow-up does not account for every opinion"),
    ("no_rating", "企业未评价", "The firm has not rated it"),
    ("not_asked", "未向该机关发出", "This organ was not asked"),
    ("no_reply", "没有答复内容", "The reply is not on record"),
    ("unanswered", "有机关尚未答复", "An organ has not replied"),
];

/// Codes of problem documents (RFC 9457): HTTP status, title in Chinese and English.
pub const PROBLEMS: &[(&str, u16, &str, &str)] = &[
    ("bad_request", 400, "请求无法理解", "The request cannot be understood"),
    ("invalid_field", 422, "字段不合规", "A field is not valid"),
    ("body_too_large", 413, "请求体过大", "The body is too large"),
    ("body_broken", 400, "请求体损坏或不完整", "The body is broken or incomplete"),
    ("encoding_not_accepted", 415, "不接受该编码", "This encoding is not accepted here"),
    ("unauthorized", 401, "请先登录", "Log in first"),
    ("token_expired", 401, "登录已过期", "The token has expired"),
    ("token_reused", 401, "令牌被重复使用", "The token was used before"),
    ("bad_credentials", 401, "账号或口令不正确", "Account or password is not right"),
    ("second_factor_required", 401, "需要第二因子动态码", "A code of the second factor is needed"),
    ("second_factor_missing", 403, "尚未绑定第二因子", "A second factor must be bound first"),
    ("bad_code", 401, "注册码无效", "The enrolment code is not valid"),
    ("device_revoked", 403, "设备已注销", "The device is revoked"),
    ("forbidden", 403, "没有权限", "Not permitted"),
    ("not_found", 404, "未找到", "Not found"),
    ("method_not_allowed", 405, "不支持该方法", "The method is not allowed"),
    ("precondition_required", 428, "须注明所见版本", "Say which version you saw (If-Match)"),
    ("precondition_failed", 412, "所见版本已变化", "What you saw has changed"),
    ("conflict", 409, "状态冲突", "This conflicts with the present state"),
    ("not_admitted", 409, "不符合入企检查条件", "The conditions of an inspection are not met"),
    ("too_many_requests", 429, "请求过于频繁", "Too many requests"),
    ("internal", 500, "服务器内部错误", "Internal error"),
    ("unavailable", 503, "暂时无法服务", "Not available for the moment"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_code_stands_twice_in_its_table() {
        for table in [QUARANTINE, DISMISSED, UNVERIFIED] {
            assert_eq!(table.iter().map(|r| r.0).collect::<BTreeSet<_>>().len(), table.len());
        }
        assert_eq!(REASONS.iter().map(|r| r.0).collect::<BTreeSet<_>>().len(), REASONS.len());
        assert_eq!(PROBLEMS.iter().map(|r| r.0).collect::<BTreeSet<_>>().len(), PROBLEMS.len());
    }
}
