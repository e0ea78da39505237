//! Who did what to what, and who read what is personal (GB/T 22239 level 3; 网络安全法 art 21: kept ≥ 6 months).
//!
//! Entries are appended in the transaction of what they tell of, each with a hash over the one before; the newest hash
//! is signed with the server's key. `zhifa verify` recomputes the chain, so that an entry that was removed, changed or
//! moved is named. Changes of records have a ledger of their own, signed by their authors; they are not told twice here.
//!
//! Deliberately absent: editing, deleting, and values of personal data. An entry names the object, not what stood in it.

pub mod http;
pub mod search;

use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value as Json;
use sync_core::base::keys::Signer;
use sync_core::base::{DeviceId, Digest, OfficerId, UtcMs};

use crate::base::db::{ROWS, Tx};
use crate::on;
use crate::schema::{audit, audit_head};
use crate::sync::store::StoreError;

/// Everything that is audited: code, Chinese, English. Codes are never renamed.
pub const ACTIONS: &[(&str, &str, &str)] = &[
    ("officer.created", "新增人员", "An officer was entered"),
    ("officer.changed", "变更人员信息", "An officer's particulars were changed"),
    ("officer.suspended", "暂停执法资格", "An officer was suspended"),
    ("officer.reinstated", "恢复执法资格", "An officer was reinstated"),
    ("officer.roles", "变更角色与数据范围", "Roles or data scope were changed"),
    ("file.custody", "原始文件保管流转", "An event of custody of an original was entered"),
    ("file.lost", "登记原始文件缺失", "It was put on record that a file never comes"),
    ("file.read", "调取原始文件", "An original was handed out"),
    ("file.received", "收到原始文件", "A file was received whole"),
    ("grant.given", "授予数据范围", "A bucket was granted"),
    ("grant.ended", "终止数据范围", "A grant was ended"),
    ("code.issued", "签发注册码", "A one-time code was issued"),
    ("device.enrolled", "设备注册", "A device was enrolled"),
    ("device.revoked", "注销设备", "A device was revoked"),
    ("device.ordered", "向设备下达指令", "An order was given to a device"),
    ("device.erased", "设备已擦除", "A device reported that it erased itself"),
    ("login.done", "登录", "Somebody logged in"),
    ("login.refused", "登录失败", "A log-in was refused"),
    ("login.ended", "退出登录", "A log-in was ended"),
    ("login.reused", "刷新令牌被重复使用", "A used refresh token came back: it was copied"),
    ("second_factor.begun", "开始绑定第二因子", "A second factor was begun"),
    ("second_factor.confirmed", "完成绑定第二因子", "A second factor was confirmed"),
    ("second_factor.reset", "重置第二因子", "A second factor was reset"),
    ("password.changed", "修改口令", "A password was changed"),
    ("personal.read", "读取个人信息", "Personal data was read"),
    ("record.pulled", "向终端下发记录", "Records were fetched by a handheld"),
    ("record.read", "查阅记录", "A record was read"),
    ("record.decided", "对记录作出处理", "A reviewer decided on a record"),
    ("object.joined", "并入检查对象", "An object was joined into another"),
    ("object.separated", "拆分检查对象", "An object was separated from the one it was joined into"),
    ("object.distinct", "确认不是同一对象", "Two objects were said to be two"),
    ("object.listed", "调整监管名单", "An object was put on a list, or taken off"),
    ("visit.overridden", "例外批准入企检查", "A visit was approved although something stood against it"),
    ("course.signed_in", "培训签到", "An officer signed in to a course"),
    ("course.answered", "培训测验", "An officer answered the quiz of a course"),
    ("numbers.leased", "发放号段", "Numbers were leased to a handheld"),
    ("numbers.void", "号码作废", "Numbers were made void"),
    ("numbers.lost", "号码灭失", "Numbers were lost with a handheld"),
    ("document.numbered", "文书编号", "A document was numbered"),
    ("document.sealed", "文书盖章", "A document was sealed"),
    ("document.signed", "文书签署", "A document was signed"),
    ("document.served", "文书送达", "A document was served"),
    ("document.void", "文书作废", "A document was made void"),
    ("document.file", "案卷组成", "The file of a case was put together"),
    ("seal.uploaded", "上传印章", "The image of a seal was uploaded"),
    ("visit.rated", "企业评价", "A visit was rated by whoever was visited"),
    ("visit.joined", "并入另一次检查", "A visit was joined into another"),
    ("visit.regularised", "补办紧急检查审批", "The approval of an urgent start was made up for"),
    ("visit.ruled", "答复延期整改申请", "An application for more time was answered"),
    ("visit.separated", "撤销检查并入", "A visit was taken apart from the one it was joined into"),
    ("visit.settled", "处理合规提示", "A flag of a visit was let stand"),
    ("case.archived", "案件归档", "The file of a case was archived"),
    ("case.exported", "导出证据包", "An evidence package of a case was made"),
    ("case.extended", "延长办案期限", "A period of a case was extended"),
    ("case.instalments", "批准分期缴纳罚款", "Instalments of a fine were granted"),
    ("case.paid", "登记缴款", "A payment was entered"),
    ("case.remedy", "登记复议诉讼", "A review or suit, or its end, was entered"),
    ("case.served", "登记送达", "A service was entered"),
    ("case.standstill", "登记不计入期限的时间", "Time that does not count was entered"),
    ("case.fast", "简案快办", "A step of fast handling was taken"),
    ("case.law_chosen", "选择适用法律", "The law of a case was chosen"),
    ("case.opinion", "案件审批意见", "An opinion on a step of a case was given"),
    ("case.penalty_proposed", "拟定处罚", "A penalty was proposed"),
    ("case.registered", "登记案件线索", "A clue was registered"),
    ("case.discussed", "案件集体讨论", "A case was discussed"),
    ("case.hearing", "听证", "A step of a hearing was taken"),
    ("case.published", "公示执法决定", "A decision was published, corrected or withdrawn"),
    ("case.reviewed", "案件审核", "A case or its legality was reviewed"),
    ("case.ruled", "处理措施和回避", "What was taken, or a recusal, was ruled on"),
    ("case.settled", "处理案件合规提示", "A finding on a case was let stand"),
    ("case.verified", "审查证据", "A piece of evidence was verified or excluded"),
    ("case.advised", "选定合规建议", "Advice on compliance was chosen"),
    ("case.assisted", "登记企业帮扶", "A visit to help was entered"),
    ("case.guided", "登记合规指导", "Guidance was given"),
    ("repair.access", "签发企业门户凭证", "An enterprise was given access to the portal"),
    ("repair.accepted", "受理或者退回信用修复申请", "An application for a repair was accepted or returned"),
    ("repair.applied", "提出信用修复申请", "A repair was applied for"),
    ("repair.decided", "信用修复决定", "A repair was granted or refused"),
    ("repair.extended", "延长信用修复办理期限", "The time for a result was extended"),
    ("repair.retold", "重新同步信用网站", "The credit site is told again"),
    ("repair.reviewed", "审核信用修复申请", "An application for a repair was taken under review"),
    ("repair.revoked", "撤销信用修复", "A repair was taken back"),
    ("repair.synced", "同步信用网站", "The credit site confirmed"),
    ("draw.committed", "承诺双随机抽取名单", "The list of a random draw was committed to"),
    ("draw.drawn", "双随机抽取", "A random draw was made"),
    ("change.released", "放行隔离变更", "A change was released from quarantine"),
    ("change.dismissed", "驳回变更", "A change was dismissed"),
    ("notice.done", "办结提示", "A notice was settled"),
    ("bundle.taken", "接收数据包", "A courier bundle was handed in"),
    ("dated.entered", "录入有效期条目", "Rows with days were entered"),
    ("dated.changed", "更正有效期条目", "A row with days was corrected"),
    ("dated.ended", "终止有效期条目", "A row with days was ended"),
    ("dated.withdrawn", "撤回未生效条目", "A row was withdrawn before its first day"),
    ("plan.imported", "导入计划条目", "Entries of a plan were imported"),
    ("matching.made", "统筹撮合", "Plans were matched"),
    ("proposal.decided", "处理撮合建议", "Somebody decided on a proposed visit"),
    ("proposal.tasked", "按撮合建议派发检查", "A visit was made of a proposal"),
    ("import.done", "导入", "A file was imported"),
    ("audit.read", "查询审计日志", "The audit was searched"),
];

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Who: `officer:…`, `device:…`, `system`, or `anonymous`.
    pub actor: String,
    /// What: a code of [`ACTIONS`].
    pub action: &'static str,
    /// To what: a kind and an id, such as `officer:chen-yifan`.
    pub object: String,
    /// More about it, without personal data.
    pub detail: Json,
}

impl Deed {
    /// What an officer did.
    pub fn of(officer: &OfficerId, action: &'static str, object: impl Into<String>) -> Deed {
        Deed::by(format!("officer:{officer}"), action, object)
    }

    /// What a device did.
    pub fn of_device(device: DeviceId, action: &'static str, object: impl Into<String>) -> Deed {
        Deed::by(format!("device:{device}"), action, object)
    }

    /// What somebody did.
    pub fn by(actor: impl Into<String>, action: &'static str, object: impl Into<String>) -> Deed {
        Deed { actor: actor.into(), action, object: object.into(), detail: Json::Null }
    }

    /// With more about it.
    pub fn with(self, detail: Json) -> Deed {
        Deed { detail, ..self }
    }
}

/// Longest actor or object, in characters; what is longer is cut, never refused.
const MAX_NAME: usize = 300;
/// Longest detail, in bytes.
const MAX_DETAIL: usize = 8 * 1024;

/// One entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Number in the district; dense, from 1.
    pub seq: i64,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub object: String,
    /// More, as JSON text.
    pub detail: String,
}

impl Entry {
    /// Its hash, after the entry before.
    pub fn hash(&self, before: &Digest) -> Digest {
        let text = serde_json::to_vec(&(self.seq, self.at_ms, &self.actor, &self.action, &self.object, &self.detail)).unwrap_or_default();
        Digest::tagged("zhifa.audit.v1", &[&before.0, &text])
    }
}

/// What the server signs: the newest entry of a district.
pub fn head_digest(district: i64, seq: i64, hash: &Digest) -> Digest {
    Digest::tagged("zhifa.audit.head.v1", &[&district.to_be_bytes(), &seq.to_be_bytes(), &hash.0])
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_NAME).collect()
}

/// Appends what happened, in order, and signs the new head. The district's head is locked by the caller's transaction.
pub fn append(tx: &mut Tx<'_>, district: i64, now: UtcMs, signer: &dyn Signer, deeds: Vec<Deed>) -> Result<(), StoreError> {
    if deeds.is_empty() {
        return Ok(());
    }
    let last: Option<(i64, Vec<u8>)> = on!(tx, |c| audit_head::table.find(district).select((audit_head::seq, audit_head::hash)).first(c).optional())?;
    let (mut seq, mut hash) = match last {
        Some((seq, hash)) => (seq, hash.try_into().map(Digest).map_err(|_| StoreError::Broken("the audit's head is no hash".into()))?),
        None => (0, Digest::ZERO),
    };
    let mut rows = Vec::with_capacity(deeds.len());
    for deed in deeds {
        seq += 1;
        let mut detail = if deed.detail.is_null() { String::new() } else { deed.detail.to_string() };
        if detail.len() > MAX_DETAIL {
            detail = format!("{{\"cut\":true,\"sha256\":\"{}\"}}", Digest::plain(detail.as_bytes()));
        }
        let entry = Entry { seq, at_ms: now.0, actor: cut(&deed.actor), action: deed.action.to_owned(), object: cut(&deed.object), detail };
        hash = entry.hash(&hash);
        rows.push((
            audit::district.eq(district),
            audit::seq.eq(entry.seq),
            audit::at_ms.eq(entry.at_ms),
            audit::actor.eq(entry.actor),
            audit::action.eq(entry.action),
            audit::object.eq(entry.object),
            audit::detail.eq(entry.detail),
            audit::hash.eq(hash.0.to_vec()),
        ));
    }
    for part in rows.chunks(ROWS) {
        on!(tx, |c| diesel::insert_into(audit::table).values(part).execute(c))?;
    }
    let signature = signer.sign(&head_digest(district, seq, &hash).0).map_err(|e| StoreError::Broken(format!("the audit's head could not be signed: {e}")))?;
    let head = (audit_head::seq.eq(seq), audit_head::hash.eq(hash.0.to_vec()), audit_head::alg.eq(signer.alg()), audit_head::signature.eq(signature));
    on!(tx, |c| diesel::insert_into(audit_head::table)
        .values((audit_head::district.eq(district), head.clone()))
        .on_conflict(audit_head::district)
        .do_update()
        .set(head.clone())
        .execute(c))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_one_row_and_two_names() {
        let codes: std::collections::BTreeSet<_> = ACTIONS.iter().map(|a| a.0).collect();
        assert_eq!(codes.len(), ACTIONS.len());
        assert!(ACTIONS.iter().all(|(_, zh, en)| !zh.is_empty() && en.is_ascii() && !en.is_empty()));
    }

    #[test]
    fn an_entrys_hash_covers_every_part_and_the_one_before() {
        let entry = Entry { seq: 1, at_ms: 5, actor: "officer:a".into(), action: "login.done".into(), object: "x".into(), detail: String::new() };
        let hash = entry.hash(&Digest::ZERO);
        let others = [
            Entry { seq: 2, ..entry.clone() },
            Entry { at_ms: 6, ..entry.clone() },
            Entry { actor: "officer:b".into(), ..entry.clone() },
            Entry { action: "login.refused".into(), ..entry.clone() },
            Entry { object: "y".into(), ..entry.clone() },
            Entry { detail: "{}".into(), ..entry.clone() },
        ];
        assert!(others.iter().all(|o| o.hash(&Digest::ZERO) != hash));
        assert_ne!(entry.hash(&hash), hash);
    }
}
