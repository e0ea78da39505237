//! What kinds, stages and acts are called, in Chinese and English. The names beside them are what is stored and sent.

/// A name and its words: Chinese, English.
type Word = (&'static str, &'static str, &'static str);

/// What kinds of record are called: name, Chinese, English.
const KINDS: &[Word] = &[
    ("site", "场所", "Site"),
    ("subject", "主体", "Subject"),
    ("visit", "现场检查", "Visit"),
    ("case", "案件", "Case"),
    ("plan", "检查计划", "Plan"),
    ("invitation", "邀约", "Invitation"),
    ("liaison", "协作配合", "Liaison"),
    ("repair", "信用修复", "Repair"),
    ("course", "培训", "Course"),
    ("cohandling", "首案共办", "Co-handling"),
];

/// Acts that every kind knows.
const ENGINE: &[Word] =
    &[("waive", "放弃等待", "Wait no more"), ("reopen", "重新开启", "Reopen"), ("confirm", "确认例外", "Confirm an exception"), ("revoke", "撤销例外", "Revoke an exception")];

/// What is said of one kind.
struct Words {
    kind: &'static str,
    stages: &'static [Word],
    acts: &'static [Word],
}

const WORDS: &[Words] = &[
    Words { kind: "site", stages: &[("ACTIVE", "在册", "On the roll")], acts: &[] },
    Words { kind: "subject", stages: &[("ACTIVE", "在册", "On the roll")], acts: &[] },
    Words {
        kind: "visit",
        stages: &[
            ("CREATED", "待批准", "Awaiting approval"),
            ("APPROVED", "已批准", "Approved"),
            ("NOTIFIED", "已通知", "Notified"),
            ("CHECKED_IN", "已到场", "Checked in"),
            ("RECORDING", "检查中", "Recording"),
            ("SIGNED", "已签字", "Signed"),
            ("RESULT_ISSUED", "已出结果", "Result issued"),
            ("RECTIFYING", "整改中", "Rectifying"),
            ("REVIEWED", "已复查", "Re-checked"),
            ("CLOSED", "已办结", "Closed"),
            ("CANCELLED", "已取消", "Cancelled"),
            ("ABORTED", "已中止", "Broken off"),
        ],
        acts: &[
            ("approve", "批准检查", "Approve"),
            ("notify", "发出通知", "Notify"),
            ("check_in", "到场签到", "Check in"),
            ("start_urgent", "紧急情况当场实施", "Start in urgency"),
            ("record", "开始记录", "Record"),
            ("sign", "部门签字", "Sign for a department"),
            ("party_sign", "当事人签字", "The party signs"),
            ("party_refuse", "当事人拒签", "The party refuses to sign"),
            ("issue_result", "出具结果", "Issue the result"),
            ("order", "责令改正", "Order to rectify"),
            ("review", "复查", "Re-check"),
            ("close", "办结", "Close"),
            ("raise_clue", "移送线索", "Raise a clue"),
            ("join", "并入", "Join"),
            ("cancel", "取消检查", "Cancel"),
            ("abort", "中止检查", "Break off"),
        ],
    },
    Words {
        kind: "case",
        stages: &[
            ("CLUE", "线索", "Clue"),
            ("FILED", "已立案", "Filed"),
            ("NOT_FILED", "不予立案", "Not filed"),
            ("TRANSFERRED", "已移送", "Transferred"),
            ("TO_POLICE", "移送公安", "With the police"),
            ("INVESTIGATING", "调查中", "Investigating"),
            ("INVESTIGATED", "调查终结", "Investigated"),
            ("CASE_REVIEWED", "已审核", "Reviewed"),
            ("LEGAL_REVIEWED", "已法制审核", "Legality reviewed"),
            ("PRE_NOTICED", "已告知", "Told beforehand"),
            ("DEFENCE_CLOSED", "陈述申辩期满", "Defence over"),
            ("HEARING", "听证中", "In hearing"),
            ("HEARD", "已听证", "Heard"),
            ("DISCUSSED", "已集体讨论", "Discussed"),
            ("DECIDED", "已决定", "Decided"),
            ("NOT_PUNISHED", "不予处罚", "Not punished"),
            ("NO_VIOLATION", "违法事实不成立", "No violation"),
            ("SERVED", "已送达", "Served"),
            ("PERFORMED", "已履行", "Performed"),
            ("PARTIAL", "部分履行", "Performed in part"),
            ("OVERDUE", "逾期未履行", "Overdue"),
            ("URGED", "已催告", "Urged"),
            ("COURT_APPLIED", "已申请法院强制执行", "Before the court"),
            ("ENFORCED", "强制执行完毕", "Enforced"),
            ("CLOSED", "已结案", "Closed"),
            ("ARCHIVED", "已归档", "Archived"),
            ("SUSPENDED", "中止调查", "Suspended"),
            ("TERMINATED", "终止调查", "Terminated"),
            ("WITHDRAWN", "撤销立案", "Withdrawn"),
            ("REVOKED", "决定已撤销", "Decision revoked"),
            ("CHANGED", "决定已变更", "Decision changed"),
            ("FAST_OFFERED", "已告知快速办理", "Fast procedure offered"),
            ("CONSENTED", "同意快速办理", "Fast procedure agreed"),
            ("FAST_RUNNING", "快速办理中", "Fast procedure"),
            ("CONVERTED_TO_NORMAL", "转为普通程序", "Back to the general procedure"),
        ],
        acts: &[
            ("file", "立案", "File"),
            ("not_file", "不予立案", "Do not file"),
            ("transfer", "移送其他机关", "Transfer"),
            ("to_police", "移送公安机关", "Transfer to the police"),
            ("take_back", "接回", "Take back"),
            ("punish_on_spot", "当场处罚", "Punish on the spot"),
            ("report_simple", "报备当场处罚", "Report a spot decision"),
            ("investigate", "开始调查", "Investigate"),
            ("resume_normal", "恢复普通程序", "Resume the general procedure"),
            ("conclude", "调查终结", "Conclude the investigation"),
            ("send_back", "退回补充调查", "Send back"),
            ("review_case", "案件审核通过", "Pass the review"),
            ("review_legality", "法制审核通过", "Pass the review of legality"),
            ("pre_notice", "处罚事先告知", "Tell beforehand"),
            ("notice_again", "重新告知", "Tell again"),
            ("close_defence", "结束陈述申辩", "Close the defence"),
            ("call_hearing", "组织听证", "Call a hearing"),
            ("hear", "听证结束", "Close the hearing"),
            ("forgo_hearing", "放弃听证", "Forgo the hearing"),
            ("discuss", "集体讨论", "Discuss"),
            ("decide", "作出处罚决定", "Decide"),
            ("not_punish", "决定不予处罚", "Decide not to punish"),
            ("find_none", "认定违法事实不成立", "Find no violation"),
            ("serve", "送达", "Serve"),
            ("perform", "履行完毕", "Performed"),
            ("part_perform", "部分履行", "Performed in part"),
            ("lapse", "逾期未履行", "Let lapse"),
            ("urge", "催告", "Urge"),
            ("apply_court", "申请法院强制执行", "Apply to the court"),
            ("end_enforcement", "强制执行完毕", "End the enforcement"),
            ("revoke_decision", "撤销决定", "Revoke the decision"),
            ("change_decision", "变更决定", "Change the decision"),
            ("suspend", "中止调查", "Suspend"),
            ("resume", "恢复调查", "Resume"),
            ("terminate", "终止调查", "Terminate"),
            ("withdraw", "撤销立案", "Withdraw"),
            ("close", "结案", "Close"),
            ("archive", "归档", "Archive"),
            ("offer_fast", "告知快速办理", "Offer the fast procedure"),
            ("consent_fast", "当事人同意快速办理", "The party agrees to the fast procedure"),
            ("run_fast", "启动快速办理", "Run the fast procedure"),
            ("withdraw_consent", "撤回同意", "Withdraw the agreement"),
            ("convert", "转为普通程序", "Convert to the general procedure"),
        ],
    },
    Words {
        kind: "plan",
        stages: &[
            ("DRAFT", "草案", "Draft"),
            ("SUBMITTED", "已提交", "Submitted"),
            ("MATCHING", "统筹中", "Matching"),
            ("LEGAL_REVIEW", "合法性审核", "Review of legality"),
            ("COLLECTIVE_DISCUSSION", "集体讨论", "Discussion"),
            ("APPROVED", "已批准", "Approved"),
            ("PUBLISHED", "已公布", "Published"),
            ("ADJUSTING", "调整中", "Adjusting"),
            ("EXECUTING", "执行中", "Under way"),
            ("CLOSED", "已结束", "Closed"),
        ],
        acts: &[
            ("submit", "提交", "Submit"),
            ("match", "开始统筹", "Match"),
            ("review", "送合法性审核", "Send to review"),
            ("discuss", "提交集体讨论", "Send to discussion"),
            ("approve", "批准", "Approve"),
            ("publish", "公布", "Publish"),
            ("adjust", "调整", "Adjust"),
            ("resubmit", "重新提交", "Submit again"),
            ("execute", "开始执行", "Begin"),
            ("close", "结束", "Close"),
            ("send_back", "退回", "Send back"),
        ],
    },
    Words {
        kind: "invitation",
        stages: &[
            ("SUBMITTED", "已提交", "Submitted"),
            ("ACCEPTED", "已受理", "Accepted"),
            ("REJECTED", "不予受理", "Rejected"),
            ("DISPATCHED", "已派单", "Dispatched"),
            ("DECLINED", "部门退单", "Declined"),
            ("CLAIMED", "已认领", "Claimed"),
            ("SCHEDULED", "已排期", "Scheduled"),
            ("ON_SITE", "现场服务", "On site"),
            ("REPORT_ISSUED", "已出报告", "Report issued"),
            ("RECTIFYING", "整改中", "Rectifying"),
            ("FOLLOWED_UP", "已回访", "Followed up"),
            ("RATED", "已评价", "Rated"),
            ("CLOSED", "已办结", "Closed"),
            ("WITHDRAWN", "已撤回", "Withdrawn"),
        ],
        acts: &[
            ("accept", "受理", "Accept"),
            ("reject", "不予受理", "Reject"),
            ("dispatch", "派单", "Dispatch"),
            ("claim", "认领", "Claim"),
            ("decline", "退单", "Decline"),
            ("assemble", "部门到齐", "All have claimed"),
            ("schedule", "排期", "Schedule"),
            ("arrive", "到场", "Arrive"),
            ("report", "出具报告", "Report"),
            ("rectify", "开始整改", "Rectify"),
            ("follow_up", "回访", "Follow up"),
            ("rate", "评价", "Rate"),
            ("close", "办结", "Close"),
            ("withdraw", "撤回", "Withdraw"),
        ],
    },
    Words {
        kind: "liaison",
        stages: &[("OPEN", "待答复", "Open"), ("ANSWERED", "已答复", "Answered"), ("CLOSED", "已办结", "Closed"), ("WITHDRAWN", "已撤回", "Withdrawn")],
        acts: &[("reply", "答复", "Reply"), ("complete", "完成配合", "Complete"), ("close", "办结", "Close"), ("withdraw", "撤回", "Withdraw")],
    },
    Words {
        kind: "repair",
        stages: &[
            ("NOT_ELIGIBLE", "尚不可申请", "Not eligible yet"),
            ("ELIGIBLE", "可申请", "Eligible"),
            ("APPLIED", "已申请", "Applied"),
            ("ACCEPTED", "已受理", "Accepted"),
            ("RETURNED", "退回补正", "Returned"),
            ("UNDER_REVIEW", "审查中", "Under review"),
            ("APPROVED", "准予修复", "Approved"),
            ("REFUSED", "不予修复", "Refused"),
            ("SYNCED", "已同步信用网站", "Shown on the credit site"),
            ("REVOKED", "修复已撤销", "Revoked"),
            ("CEASED", "已终结", "Ceased"),
        ],
        acts: &[
            ("qualify", "认定可申请", "Qualify"),
            ("disqualify", "认定不可申请", "Disqualify"),
            ("apply", "申请", "Apply"),
            ("accept", "受理", "Accept"),
            ("return", "退回补正", "Return"),
            ("review", "开始审查", "Review"),
            ("extend", "延长期限", "Extend"),
            ("approve", "准予修复", "Approve"),
            ("refuse", "不予修复", "Refuse"),
            ("sync", "同步信用网站", "Sync"),
            ("revoke_repair", "撤销修复", "Revoke"),
            ("cease", "终结", "Cease"),
        ],
    },
    Words {
        kind: "course",
        stages: &[
            ("PLANNED", "已计划", "Planned"),
            ("INVITED", "已邀请", "Invited"),
            ("CONFIRMED", "已确认", "Confirmed"),
            ("HELD", "已举办", "Held"),
            ("CLOSED", "已办结", "Closed"),
            ("CANCELLED", "已取消", "Cancelled"),
        ],
        acts: &[
            ("invite", "发出邀请", "Invite"),
            ("reply", "答复邀请", "Reply"),
            ("schedule", "确定时间", "Schedule"),
            ("hold", "举办", "Hold"),
            ("close", "办结", "Close"),
            ("cancel", "取消", "Cancel"),
        ],
    },
    Words {
        kind: "cohandling",
        stages: &[
            ("PROPOSED", "已建议", "Proposed"),
            ("ASKED", "已商请", "Asked"),
            ("AGREED", "已同意", "Agreed"),
            ("DECLINED", "已谢绝", "Declined"),
            ("FORGONE", "不再共办", "Forgone"),
            ("CONCLUDED", "已完成", "Concluded"),
        ],
        acts: &[("ask", "商请", "Ask"), ("forgo", "不共办", "Forgo"), ("agree", "同意", "Agree"), ("decline", "谢绝", "Decline"), ("conclude", "完成", "Conclude")],
    },
];

fn of(words: &'static [Word], name: &str) -> Option<(&'static str, &'static str)> {
    words.iter().find(|row| row.0 == name).map(|row| (row.1, row.2))
}

fn words(kind: &str) -> Option<&'static Words> {
    WORDS.iter().find(|row| row.kind == kind)
}

/// What a kind is called: Chinese, English.
pub fn kind_words(kind: &str) -> Option<(&'static str, &'static str)> {
    of(KINDS, kind)
}

/// What a stage of a kind is called: Chinese, English.
pub fn stage_words(kind: &str, stage: &str) -> Option<(&'static str, &'static str)> {
    of(words(kind)?.stages, stage)
}

/// The stages of a kind in the order of its work: name, Chinese, English.
pub fn stages(kind: &str) -> &'static [(&'static str, &'static str, &'static str)] {
    words(kind).map_or(&[], |words| words.stages)
}

/// What an act of a kind is called: Chinese, English.
pub fn act_words(kind: &str, act: &str) -> Option<(&'static str, &'static str)> {
    of(words(kind)?.acts, act).or_else(|| of(ENGINE, act))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::kinds;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_stage_and_act_is_called_something_and_nothing_else_is() {
        for kind in kinds().iter() {
            assert!(kind_words(kind.name).is_some(), "{}", kind.name);
            let ends = kind.acts.iter().flat_map(|row| row.from.iter().copied().chain(row.to));
            let there: BTreeSet<&str> = ends.chain([kind.initial]).collect();
            let said: BTreeSet<&str> = stages(kind.name).iter().map(|row| row.0).collect();
            assert_eq!(said, there, "stages of {}", kind.name);
            let there: BTreeSet<&str> = kind.acts.iter().map(|row| row.act).filter(|act| of(ENGINE, act).is_none()).collect();
            let said: BTreeSet<&str> = words(kind.name).into_iter().flat_map(|words| words.acts).map(|row| row.0).collect();
            assert_eq!(said, there, "acts of {}", kind.name);
            let spoken = |(_, zh, en): &Word| !zh.is_empty() && !en.is_empty();
            assert!(words(kind.name).is_some_and(|words| words.stages.iter().chain(words.acts).all(spoken)), "{}", kind.name);
        }
        assert_eq!(act_words("visit", "reopen"), Some(("重新开启", "Reopen")));
        assert_eq!(act_words("visit", "file"), None);
    }
}
