//! What the page says, in both languages.

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The language asked for; Chinese for anything but `en`.
    pub fn of(asked: Option<&str>) -> Lang {
        if asked == Some("en") { Lang::En } else { Lang::Zh }
    }

    /// The tag of HTML and HTTP.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// What stands in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    /// The one of two texts that is in this language.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $zh:literal, $en:literal;)*) => {
        /// Every fixed text of the page.
        #[derive(Debug)]
        pub struct Words {
            $($(#[$doc])* pub $name: &'static str,)*
        }
        static ZH: Words = Words { $($name: $zh,)* };
        static EN: Words = Words { $($name: $en,)* };

        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $zh, $en)),*];
    };
}

words! {
    /// Title of the page.
    title: "行政行为码", "Code of an administrative act";
    /// To the other language.
    other: "English", "中文";
    /// The verdict on a genuine code.
    genuine: "本码真实有效", "This code is genuine";
    /// Below the verdict.
    genuine_why: "由本地区行政执法机关签发，签名核验无误。", "It was issued by the enforcement authority of this district; its signature is right.";
    /// The verdict on any other.
    invalid: "无法核验：不是本系统签发的码", "Not genuine: this code was not issued here";
    /// What to do then.
    invalid_why: "请勿凭此码接受检查。请核对网址与二维码是否完整；如有人持此码要求检查，请拨打 12345 核实。", "Do not admit an inspection on it. Check that the address and the QR code are complete. If somebody asks for entry with this code, call 12345.";
    /// A number that was made void or lost.
    withdrawn: "此码已作废", "This code has been withdrawn";
    /// What to do then.
    withdrawn_why: "该号码已作废或随终端灭失，不得凭此码入企检查。如有人出示此码，请拨打 12345 核实。", "Its number is void, or was lost with a handheld. Nobody may inspect on it. If it is shown to you, call 12345.";
    /// Genuine, and nothing has arrived.
    waiting: "检查信息尚未上传", "The details have not arrived yet";
    /// What to do then.
    waiting_why: "此码由执法终端离线生成，检查信息将在终端联网后显示。请先查验执法证件，稍后再次扫码；有疑问请拨打 12345。", "The code was given by a handheld without a network; the details will be here once it has one. Ask for the certificates, and scan again later. If in doubt, call 12345.";
    /// Two inspections under one number.
    twice: "此码对应多次检查", "This code stands for more than one inspection";
    /// What to do then.
    twice_why: "同一号码被重复使用，正在核查。请要求执法人员出示执法证件，并拨打 12345 核实。", "One number was used more than once, which is being looked into. Ask the officers for their certificates, and call 12345.";
    /// Not approved yet.
    unapproved: "本次检查尚未批准。除紧急情况外，批准前不得入企检查；有疑问请拨打 12345。", "This inspection is not approved yet. But for an emergency, nobody may begin it before that. If in doubt, call 12345.";
    /// Cancelled.
    cancelled: "本次检查已取消，不得凭此码入企检查。", "This inspection was cancelled. Nobody may inspect on this code.";
    /// Broken off.
    aborted: "本次检查已中止。", "This inspection was broken off on site.";
    /// The printed code.
    code: "码号", "Code";
    /// Where it stands.
    stage: "办理进度", "Progress";
    /// Mode.
    mode: "检查方式", "Kind of inspection";
    /// Site.
    site: "检查对象", "Place";
    /// Planned day.
    planned: "计划日期", "Planned for";
    /// Organs.
    organs: "实施机关", "Authorities";
    /// Lead.
    lead: "牵头", "leads";
    /// Basis.
    basis: "依据", "Basis";
    /// Matters.
    matters: "检查事项", "Matters";
    /// Officers.
    officers: "执法人员", "Officers";
    /// Certificates.
    certificate: "执法证号", "Certificate";
    /// No certificate on record.
    no_certificate: "未登记执法证号", "no certificate on record";
    /// Nobody named yet.
    no_officers: "尚未指定执法人员。", "No officers are named yet.";
    /// Auxiliaries: before the number.
    auxiliaries: "随行辅助人员（不具有执法资格）人数：", "Assistants without powers of enforcement who come along: ";
    /// The right to refuse.
    refuse_title: "您的权利", "Your rights";
    /// The same.
    refuse: "执法人员应当主动出示执法证件和本码。未出示的，您有权拒绝接受检查（行政处罚法第五十五条）。", "Officers must show their certificates and this code unasked. If they do not, you may refuse the inspection (Administrative Penalty Law, art. 55).";
    /// To compare.
    compare: "请核对来人姓名、执法证号与上列是否一致；不一致的，请拨打 12345。", "Compare names and certificate numbers with those above. If they differ, call 12345.";
    /// Bans.
    bans: "入企检查“五个严禁”", "Five bans on inspections";
    /// Must-nots.
    must_nots: "入企检查“八个不得”", "Eight must-nots of inspections";
    /// The result.
    result: "检查结果", "Result";
    /// No conclusion in words.
    no_conclusion: "未填写结论。", "No conclusion in words.";
    /// Counts.
    examined: "检查项", "Items";
    /// ok
    ok: "符合", "met";
    /// bad
    bad: "不符合", "not met";
    /// na
    na: "不适用", "not applicable";
    /// unchecked
    unchecked: "未查", "not examined";
    /// Orders.
    orders: "责令改正", "Orders to correct";
    /// Deadline.
    deadline: "期限", "By";
    /// No deadline.
    no_deadline: "未定期限", "no day set";
    /// State of an order: done.
    corrected: "已改正", "corrected";
    /// State of an order: extended.
    extended: "已延期", "extended";
    /// State of an order: not done.
    not_corrected: "未改正", "not corrected";
    /// State of an order: open.
    open: "待复查", "to be re-checked";
    /// Rating.
    rate: "评价本次检查", "Rate this inspection";
    /// Who reads it.
    rate_hint: "评价提交给监督部门，不影响检查结果。请勿填写个人信息。", "Ratings go to the supervisors and do not change the result. Please leave out personal data.";
    /// Score.
    score: "满意度", "How satisfied are you?";
    /// Words.
    comment: "意见（选填，最多 500 字）", "Remarks (optional, up to 500 characters)";
    /// Button.
    send: "提交评价", "Send rating";
    /// Until when: before the day.
    rate_until: "可评价、修改至", "You can rate, or change your rating, until";
    /// Over.
    rate_over: "评价期已结束。", "The time for rating is over.";
    /// Thanks.
    thanks: "评价已提交，谢谢。", "Thank you. Your rating has been received.";
    /// Rated already: before the score.
    rated: "已评价：", "Rated: ";
    /// Too many.
    too_many: "提交过于频繁，请稍后再试。", "Too many ratings from this address. Please try again later.";
    /// Bad form: score.
    bad_score: "请选择 1 至 5 分。", "Please choose a score from 1 to 5.";
    /// Bad form: text.
    bad_text: "意见最多 500 字，请缩短后再提交。", "Remarks have at most 500 characters. Please shorten them and send again.";
    /// Not to be rated yet.
    rate_early: "检查结果告知后才能评价。", "A rating can be given once the result is issued.";
    /// Out of order.
    unavailable: "暂时无法查询", "Not available for the moment";
    /// What to do then.
    unavailable_why: "请稍后再试。急需核实的，请拨打 12345。", "Please try again later. If it is urgent, call 12345.";
    /// QR.
    show_qr: "显示二维码", "Show the QR code";
    /// Alternative text of the QR.
    qr_alt: "本页网址的二维码", "QR code of this page's address";
    /// Offline check.
    verify: "本码可离线核验：公钥见", "This code can be checked offline with the public key at";
    /// Scores in words.
    scores: "5 非常满意|4 满意|3 一般|2 不满意|1 非常不满意", "5 Very satisfied|4 Satisfied|3 Neither|2 Dissatisfied|1 Very dissatisfied";
}

/// The texts of a language.
pub fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    }
}

/// Stages in words for the public, in the order of the stage table.
const STAGES: &[(&str, &str, &str)] = &[
    ("CREATED", "待批准", "Not approved yet"),
    ("APPROVED", "已批准，尚未入企", "Approved, not begun"),
    ("NOTIFIED", "已通知，尚未入企", "Notified, not begun"),
    ("CHECKED_IN", "已到场亮证亮码", "Officers on site"),
    ("RECORDING", "正在检查", "Under way"),
    ("SIGNED", "已签字，结果待告知", "Signed; result to follow"),
    ("RESULT_ISSUED", "结果已告知", "Result issued"),
    ("RECTIFYING", "整改中", "Being corrected"),
    ("REVIEWED", "已复查", "Re-checked"),
    ("CLOSED", "已办结", "Closed"),
    ("CANCELLED", "已取消", "Cancelled"),
    ("ABORTED", "已中止", "Broken off"),
];

const MODES: &[(&str, &str, &str)] = &[
    ("daily", "日常检查", "Routine inspection"),
    ("special", "专项检查", "Special inspection"),
    ("triggered", "触发式检查", "Inspection upon a lead"),
    ("appointment", "邀约检查", "Inspection by invitation"),
    ("guidance", "指导服务（非检查）", "Guidance, no inspection"),
];

fn find(table: &'static [(&str, &str, &str)], word: &str, lang: Lang) -> &'static str {
    table.iter().find(|row| row.0 == word).map_or("", |row| lang.pick(row.1, row.2))
}

/// A stage in words; empty for none that is known.
pub fn stage(word: &str, lang: Lang) -> &'static str {
    find(STAGES, word, lang)
}

/// A mode in words; empty for none that is known.
pub fn mode(word: &str, lang: Lang) -> &'static str {
    find(MODES, word, lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_and_mode_of_a_visit_has_its_words() {
        let acts = sync_core::visit::KIND.acts;
        for known in acts.iter().flat_map(|row| row.from.iter().copied().chain(row.to)) {
            assert!(!stage(known, Lang::Zh).is_empty() && !stage(known, Lang::En).is_empty(), "{known}");
        }
        for known in sync_core::visit::MODES {
            assert!(!mode(known, Lang::Zh).is_empty() && !mode(known, Lang::En).is_empty(), "{known}");
        }
    }

    #[test]
    fn both_languages_say_something_of_everything() {
        for (name, zh, en) in ALL {
            assert!(!zh.trim().is_empty() && !en.trim().is_empty() && zh != en, "{name}");
        }
        assert!([ZH.scores, EN.scores].iter().all(|s| s.split('|').count() == 5));
    }
}
