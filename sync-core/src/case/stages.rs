//! The stage table of a case (`domain.md` §5.2, §5.3, §6), row by row.

use super::guards as g;
use super::stage::*;
use crate::record::{ActRow, Guard, Weight, Writer};

type Guards = &'static [Guard];

const fn office(act: &'static str, from: &'static [&'static str], to: &'static str, guards: Guards, basis: &'static str) -> ActRow {
    ActRow { act, from, to: Some(to), weight: Weight::Request, writer: Writer::Office, seals: false, relies_on: &[], guards, basis }
}

const fn anyone(act: &'static str, from: &'static [&'static str], to: &'static str, guards: Guards, basis: &'static str) -> ActRow {
    ActRow { writer: Writer::Anyone, ..office(act, from, to, guards, basis) }
}

const fn deed(act: &'static str, from: &'static [&'static str], to: &'static str, guards: Guards, basis: &'static str) -> ActRow {
    ActRow { weight: Weight::Deed, ..anyone(act, from, to, guards, basis) }
}

const fn stays(row: ActRow) -> ActRow {
    ActRow { to: None, ..row }
}

const fn sealing(row: ActRow, relies_on: &'static [&'static str]) -> ActRow {
    ActRow { seals: true, relies_on, ..row }
}

const fn relying(row: ActRow, relies_on: &'static [&'static str]) -> ActRow {
    ActRow { relies_on, ..row }
}

const PARTY: &[&str] = &["matter", "party.id_no", "party.kind", "party.name", "party.uscc"];
const MERITS: &[&str] = &["act_date", "facts", "law", "matter", "party.id_no", "party.kind", "party.name", "party.uscc", "penalty"];

/// Stages of an investigation under way.
const AT_WORK: &[&str] = &[FILED, INVESTIGATING, INVESTIGATED, CASE_REVIEWED, LEGAL_REVIEWED];
/// Stages before the decision from which the head can still turn another way.
const OPEN: &[&str] = &[FILED, INVESTIGATING, INVESTIGATED, CASE_REVIEWED, LEGAL_REVIEWED, PRE_NOTICED, DEFENCE_CLOSED, HEARD, DISCUSSED, FAST_RUNNING];
/// Stages at which everything for a decision is there.
const RIPE: &[&str] = &[DEFENCE_CLOSED, HEARD, DISCUSSED, FAST_RUNNING];
/// Stages at which it can be said that nothing is punished.
const JUDGED: &[&str] = &[INVESTIGATED, CASE_REVIEWED, LEGAL_REVIEWED, DEFENCE_CLOSED, HEARD, DISCUSSED, FAST_RUNNING];
/// Stages of a decision that binds.
const BINDING: &[&str] = &[SERVED, PERFORMED, PARTIAL, OVERDUE, URGED, COURT_APPLIED, ENFORCED, CLOSED];

pub(super) static ACTS: &[ActRow] = &[
    relying(
        office(
            "file",
            &[CLUE, CONVERTED],
            FILED,
            &[g::CLUE_ON_RECORD, g::DEVICE_REVIEWED, g::UNIT_NAMED, g::NOT_FILED_YET, g::OPINION, g::NOT_HIS_OWN, g::NOT_BARRED],
            "行政处罚法 54",
        ),
        PARTY,
    ),
    office("not_file", &[CLUE, CONVERTED], NOT_FILED, &[g::OPINION, g::NOT_HIS_OWN], "行政处罚法 54"),
    office("transfer", &[CLUE, FILED, INVESTIGATING, CONVERTED], TRANSFERRED, &[g::RECEIVER_NAMED, g::OPINION, g::NOT_HIS_OWN], "行政处罚法 22, 25, 27"),
    office("to_police", OPEN, TO_POLICE, &[g::CRIME_DECIDED, g::OPINION, g::NOT_HIS_OWN], "行政处罚法 27; 国务院令730"),
    office("to_police", &[CLUE, HEARING], TO_POLICE, &[g::CRIME_DECIDED, g::OPINION, g::NOT_HIS_OWN], "行政处罚法 27; 国务院令730"),
    office("take_back", &[TO_POLICE], INVESTIGATING, &[g::POLICE_DECLINED], "国务院令730 第八条, 第九条; 行政处罚法 27"),
    sealing(
        deed(
            "punish_on_spot",
            &[CLUE],
            DECIDED,
            &[
                g::CLUE_ON_RECORD,
                g::NOT_FILED_YET,
                g::TWO_HANDLERS,
                g::CERTIFICATES_SHOWN,
                g::FACTS,
                g::PENALTY,
                g::SIMPLE_KIND,
                g::HEARD_ON_SPOT,
                g::NUMBERED,
                g::SIGNED_OR_REFUSED,
            ],
            "行政处罚法 51, 52",
        ),
        MERITS,
    ),
    stays(anyone("report_simple", &[DECIDED, SERVED, PERFORMED], SERVED, &[g::REPORTED], "行政处罚法 52 第三款")),
    anyone("investigate", &[FILED], INVESTIGATING, &[g::TWO_HANDLERS], "行政处罚法 42, 43, 54"),
    anyone("resume_normal", &[CONVERTED], INVESTIGATING, &[g::TWO_HANDLERS, g::FILED_DATE], "domain.md §6 (转普通程序，期限连续计算)"),
    relying(
        anyone("conclude", &[INVESTIGATING], INVESTIGATED, &[g::RIGHTS_TOLD, g::FACTS, g::ELEMENTS_PROVEN, g::MEASURES_SETTLED, g::NOT_BARRED], "行政处罚法 40, 46, 57"),
        MERITS,
    ),
    office("send_back", &[INVESTIGATED, CASE_REVIEWED, LEGAL_REVIEWED, DEFENCE_CLOSED, HEARD, DISCUSSED], INVESTIGATING, &[g::REASON_GIVEN], "行政处罚法 58; domain.md §0.3"),
    office("review_case", &[INVESTIGATED], CASE_REVIEWED, &[g::CASE_REVIEWED, g::REVIEWER_APART], "行政处罚法 57"),
    office(
        "review_legality",
        &[CASE_REVIEWED],
        LEGAL_REVIEWED,
        &[g::LEGALLY_REVIEWED, g::LEGAL_REVIEWER_APART, g::LEGAL_REVIEWER_QUALIFIED],
        "行政处罚法 58; 浙江省综合行政执法条例 24",
    ),
    stays(office(
        "review_legality",
        &[DEFENCE_CLOSED, HEARD, DISCUSSED, FAST_RUNNING],
        LEGAL_REVIEWED,
        &[g::LEGALLY_REVIEWED, g::LEGAL_REVIEWER_APART, g::LEGAL_REVIEWER_QUALIFIED],
        "行政处罚法 58; 浙江省综合行政执法条例 24",
    )),
    sealing(
        deed("pre_notice", &[CASE_REVIEWED, LEGAL_REVIEWED], PRE_NOTICED, &[g::PENALTY, g::LAW_CHOSEN, g::DISCRETION, g::PRE_NOTICE, g::NOTICE_COMPLETE], "行政处罚法 44"),
        MERITS,
    ),
    sealing(
        stays(deed("pre_notice", &[FAST_RUNNING], PRE_NOTICED, &[g::PENALTY, g::LAW_CHOSEN, g::DISCRETION, g::PRE_NOTICE, g::NOTICE_COMPLETE], "行政处罚法 44; domain.md §6")),
        MERITS,
    ),
    sealing(
        deed(
            "notice_again",
            &[PRE_NOTICED, DEFENCE_CLOSED, HEARD, DISCUSSED],
            PRE_NOTICED,
            &[g::PENALTY, g::LAW_CHOSEN, g::DISCRETION, g::PRE_NOTICE, g::NOTICE_COMPLETE],
            "行政处罚法 44, 45",
        ),
        MERITS,
    ),
    relying(anyone("close_defence", &[PRE_NOTICED], DEFENCE_CLOSED, &[g::DEFENCE, g::HEARING_DONE, g::NOT_BARRED], "行政处罚法 45, 62, 64"), &["defence", "hearing"]),
    office("call_hearing", &[PRE_NOTICED], HEARING, &[g::HEARING_CALLED, g::CHAIR_APART, g::NOT_BARRED], "行政处罚法 63, 64"),
    office("hear", &[HEARING], HEARD, &[g::HEARING_RECORDED, g::CHAIR_APART], "行政处罚法 64, 65"),
    office("forgo_hearing", &[HEARING], DEFENCE_CLOSED, &[g::HEARING_FORGONE, g::REASON_GIVEN], "行政处罚法 64 (六)"),
    office("discuss", &[DEFENCE_CLOSED, HEARD], DISCUSSED, &[g::DISCUSSION, g::NOT_BARRED], "行政处罚法 57 第二款"),
    sealing(
        office(
            "decide",
            RIPE,
            DECIDED,
            &[
                g::PENALTY,
                g::LAW_CHOSEN,
                g::DISCRETION,
                g::PRE_NOTICE,
                g::DEFENCE,
                g::HEARING_DONE,
                g::NOT_HEAVIER,
                g::TWO_HANDLERS,
                g::LEGAL_REVIEW_IF_DUE,
                g::DISCUSSED_IF_WEIGHTY,
                g::CONSENT_STANDS,
                g::EVIDENCE_THERE,
                g::OPINION,
                g::NOT_HIS_OWN,
                g::NOT_BARRED,
            ],
            "行政处罚法 57, 59",
        ),
        MERITS,
    ),
    sealing(
        office(
            "not_punish",
            JUDGED,
            NOT_PUNISHED,
            &[g::EXEMPTION, g::EDUCATED, g::EVIDENCE_THERE, g::LEGAL_REVIEW_IF_DUE, g::OPINION, g::NOT_HIS_OWN, g::NOT_BARRED],
            "行政处罚法 33, 57",
        ),
        &["facts", "matter", "party.name"],
    ),
    office("find_none", JUDGED, NO_VIOLATION, &[g::EVIDENCE_THERE, g::OPINION, g::NOT_HIS_OWN], "行政处罚法 57 (三)"),
    relying(deed("serve", &[DECIDED, CHANGED], SERVED, &[g::SERVICE, g::TOGETHER], "行政处罚法 61"), &["served"]),
    stays(relying(deed("serve", &[NOT_PUNISHED], SERVED, &[g::SERVICE], "行政处罚法 61"), &["served"])),
    relying(office("perform", &[SERVED, PARTIAL, OVERDUE, URGED, COURT_APPLIED], PERFORMED, &[g::PERFORMED_PAID], "行政处罚法 66, 67"), &["performed"]),
    office("part_perform", &[SERVED], PARTIAL, &[g::PARTLY_PAID], "行政处罚法 66"),
    office("lapse", &[SERVED, PARTIAL], OVERDUE, &[g::NOT_BARRED], "行政处罚法 67, 72"),
    deed("urge", &[OVERDUE], URGED, &[g::URGED], "行政强制法 54"),
    sealing(office("apply_court", &[URGED], COURT_APPLIED, &[g::COURT_APPLIED, g::OPINION, g::NOT_HIS_OWN, g::NOT_BARRED], "行政强制法 53–55"), &["penalty", "served"]),
    office("end_enforcement", &[COURT_APPLIED], ENFORCED, &[g::COURT_ENDED], "行政强制法 57–59"),
    office("revoke_decision", BINDING, REVOKED, &[g::UNDONE, g::OPINION, g::NOT_HIS_OWN], "行政处罚法 75; 行政复议法 64"),
    sealing(
        office("change_decision", BINDING, CHANGED, &[g::UNDONE, g::PENALTY, g::NOT_HEAVIER, g::EVIDENCE_THERE, g::OPINION, g::NOT_HIS_OWN], "行政处罚法 75; 行政复议法 63"),
        MERITS,
    ),
    office("suspend", AT_WORK, SUSPENDED, &[g::STANDSTILL, g::OPINION, g::NOT_HIS_OWN], "domain.md §5.3 (中止)"),
    office("resume", &[SUSPENDED], INVESTIGATING, &[g::STANDSTILL_OVER, g::REASON_GIVEN], "domain.md §5.3 (恢复)"),
    office(
        "terminate",
        &[FILED, INVESTIGATING, INVESTIGATED, CASE_REVIEWED, LEGAL_REVIEWED, SUSPENDED],
        TERMINATED,
        &[g::REASON_GIVEN, g::OPINION, g::NOT_HIS_OWN],
        "domain.md §5.3 (终止)",
    ),
    office(
        "withdraw",
        &[FILED, INVESTIGATING, INVESTIGATED, SUSPENDED],
        WITHDRAWN,
        &[g::REASON_GIVEN, g::MEASURES_SETTLED, g::OPINION, g::NOT_HIS_OWN],
        "domain.md §5.3 (撤销立案)",
    ),
    sealing(
        office(
            "close",
            &[PERFORMED, ENFORCED, NOT_PUNISHED, NO_VIOLATION, TERMINATED, REVOKED, TO_POLICE],
            CLOSED,
            &[g::MEASURES_SETTLED, g::REPORTED_IF_SIMPLE, g::COLLECTED_BANKED, g::POLICE_ANSWERED, g::OPINION, g::NOT_HIS_OWN, g::NOT_BARRED],
            "domain.md §5.7",
        ),
        &["performed"],
    ),
    office("archive", &[CLOSED, NOT_FILED, WITHDRAWN, TRANSFERRED], ARCHIVED, &[g::ARCHIVED, g::EVIDENCE_THERE], "档案法 37; domain.md §5.3 (13)"),
    anyone("offer_fast", &[CLUE, FILED, INVESTIGATING], FAST_OFFERED, &[g::OFFERED, g::PARTY_KNOWN, g::UNDISPUTED, g::NOT_BARRED], "杭综法〔2024〕14号"),
    sealing(deed("consent_fast", &[FAST_OFFERED], CONSENTED, &[g::CONSENTED], "杭综法〔2024〕14号 (自愿适用)"), PARTY),
    office(
        "run_fast",
        &[CONSENTED],
        FAST_RUNNING,
        &[g::CONSENTED, g::TWO_HANDLERS, g::UNIT_NAMED, g::FACTS, g::OPINION, g::NOT_HIS_OWN, g::NOT_BARRED],
        "杭综法〔2024〕14号 (立案与处罚建议合并审批)",
    ),
    deed("withdraw_consent", &[CONSENTED, FAST_RUNNING], CONVERTED, &[g::WITHDRAWN], "杭综法〔2024〕14号 (同意可以撤回)"),
    anyone("convert", &[FAST_OFFERED, CONSENTED, FAST_RUNNING], CONVERTED, &[g::REASON_GIVEN], "domain.md §6 (转普通程序)"),
    office("reopen", &[DECIDED, SERVED, PERFORMED, CLOSED, ARCHIVED, REVOKED], INVESTIGATING, &[g::REASON_GIVEN], "sync.md §2"),
];
