//! What the pages say, in both languages.

use crate::public::Lang;

macro_rules! words {
    ($($name:ident: $zh:literal, $en:literal;)*) => {
        /// Every fixed text of the pages.
        #[derive(Debug)]
        pub struct Words {
            $(pub $name: &'static str,)*
        }
        static ZH: Words = Words { $($name: $zh,)* };
        static EN: Words = Words { $($name: $en,)* };

        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $zh, $en)),*];
    };
}

words! {
    product: "执法", "Zhifa";
    other: "English", "中文";
    skip: "跳到正文", "Skip to the content";
    menu: "主菜单", "Main menu";
    log_in: "登录", "Log in";
    log_out: "退出", "Log out";
    officer: "账号", "Account";
    password: "密码", "Password";
    otp: "动态口令（已绑定者）", "Code of the second factor, if you have one";
    bad_credentials: "账号、密码或者动态口令不正确。动态口令只能使用一次，请等待下一个。", "Account, password or code is not right. A code is good once; wait for the next one.";
    needs_otp: "该账号已绑定动态口令，请填写当前的六位数字。", "This account has a second factor: enter the six digits that it shows now.";
    no_factor: "您的岗位须绑定动态口令。请向安全管理员领取一次性代码，绑定后再登录。", "Your role needs a second factor. Ask the security administrator for a one-time code, bind one, and log in then.";
    too_many: "尝试次数过多，请十五分钟后再试。", "Too many tries. Wait a quarter of an hour.";
    suspended: "该账号已停用，请联系安全管理员。", "This account is suspended. Ask the security administrator.";
    foreign: "本页已过期或者不是从本站提交。请重新填写并提交。", "This form was too old, or was not sent from this site. Fill it in and send it again.";
    failed: "出错了", "Something went wrong";
    failed_why: "系统暂时无法完成，请稍后再试；仍不行的，请联系系统管理员。", "It cannot be done for the moment. Try again later, or ask the system administrator.";
    forbidden_why: "您的岗位没有查看或者办理此项的权限。如工作需要，请向安全管理员申请。", "Your roles do not permit this. If your work needs it, ask the security administrator.";
    missing_why: "没有这一页，或者地址有误。", "There is no such page, or the address is wrong.";
    home: "回到首页", "Back to the start";
    home_lead: "今天要办的事。", "What there is to do today.";
    queue: "复核", "Review";
    q_lead: "需要人来决定的都在这里；每一项都说明怎么办。", "Everything that needs somebody's word, each with what to do.";
    q_contested: "分歧", "Contested";
    q_contested_why: "两人各自写下不同的值，谁也没有看到对方的。打开后比较双方，选定一个并说明理由；在此之前，依赖它的步骤都要等待。", "Two people wrote different values, neither in sight of the other's. Open one, compare, decide and say why; what rests on it waits until then.";
    q_contested_none: "没有分歧。", "Nothing is contested.";
    q_excepted: "例外", "Exceptions";
    q_excepted_why: "现场已经做了、但条件不齐的行为。打开记录，确认或者撤销，并说明理由。", "Deeds that took place although something was missing. Open the record, then confirm or revoke, and say why.";
    q_excepted_none: "没有待确认的例外。", "No exception awaits anybody.";
    q_quarantined: "隔离", "Quarantine";
    q_quarantined_why: "已收到但不能直接适用的变更，原字节都在。放行后按正常途径处理；驳回须说明理由，作者看得到。", "Changes that arrived and may not apply as they are; their bytes are kept. Release one onto the ordinary road, or dismiss it with a reason, which its author is shown.";
    q_quarantined_none: "隔离区是空的。", "Nothing is in quarantine.";
    q_parked: "等待前序", "Waiting";
    q_parked_why: "它们依据的变更还没有到，到齐后自动适用。前序确已不可能到达的，可以驳回并说明理由。", "What they rest on has not come; they apply by themselves once it has. Dismiss one, with a reason, only if it never will.";
    q_parked_none: "没有在等待的变更。", "No change waits.";
    q_missing: "缺少的前序", "Missing";
    q_missing_why: "别的变更在等这些。通常在某台尚未联网的终端里：请联系持有人同步。", "Others wait for these. They are mostly on a handheld that has not been online: ask its holder to sync.";
    q_missing_none: "没有缺少的变更。", "No change is missing.";
    q_notices: "提示", "Notices";
    q_notices_why: "其他应当知道的事。看过并处理后，点“已处理”。", "Whatever else somebody should know. When it is seen to, take it off.";
    q_notices_none: "没有提示。", "There are no notices.";
    q_beyond: "本类涉及全区，您的数据范围不含。", "This concerns the whole district, which is beyond your reach.";
    q_fields: "个字段有分歧", "contested";
    q_deeds: "项例外", "exceptions";
    q_awaited: "项前序未到", "awaited";
    q_wait: "项在等待", "waiting for it";
    q_unreadable: "无法读取的变更", "A change that cannot be read";
    q_release: "放行", "Release";
    q_dismiss: "驳回", "Dismiss";
    q_dismiss_what: "驳回后该变更不再适用，原字节保留，作者会看到理由。", "It will not apply. Its bytes are kept, and its author is shown why.";
    q_done: "已处理", "Seen to";
    q_saved: "已保存。", "Saved.";
    q_since: "自", "since";
    q_classes: "类别", "Classes";
    keys: "快捷键：j、k 上下移动，回车打开", "Keys: j and k move, Enter opens";
    c_keys: "快捷键：数字选定，随后填写理由", "Keys: a number chooses, then say why";
    c_base: "双方改动之前的值", "What stood before";
    c_base_none: "此前没有值。", "Nothing stood before.";
    c_sides: "现有的值", "What stands now";
    c_written: "书写时间", "Written";
    c_received: "到达时间", "Arrived";
    c_within: "误差", "within";
    c_seconds: "秒", "s";
    c_minutes: "分钟", "min";
    c_doubt: "该终端的时钟可疑，时间仅供参考", "That handheld's clock is doubtful; take the time for a hint";
    c_said: "作者说明", "Its author says";
    c_take: "采用这一个", "Take this one";
    c_own: "都不对，改为", "Neither; write";
    c_reason: "理由（未被采用的一方会看到）", "Why (shown to whoever's value is not taken)";
    c_decide: "确定", "Decide";
    c_decided: "该字段没有分歧，可能已有人处理。", "This field is not contested; somebody may have decided it.";
    c_others: "本记录中其他有分歧的字段", "Other contested fields of this record";
    c_photos: "有关照片", "Pictures";
    c_empty: "（空）", "(empty)";
    c_yes: "是", "yes";
    c_no: "否", "no";
    c_no_choice: "请选定一个值。", "Choose a value.";
    c_no_own: "请填写要改为的值。", "Fill in the value that it should have.";
    c_no_reason: "请说明理由：未被采用的一方会看到。", "Say why: whoever's value is not taken is shown it.";
    c_changed: "填写期间这个字段有了新的值。下面是现在的值，请重新核对后再确定；您写的理由已保留。", "Other values stand by now. They are below; look again and decide. Your reason was kept.";
    c_masked: "您只能看到遮蔽后的内容，不能选定其中的值。", "You are shown this masked and cannot choose between its values.";
    c_reader: "您可以查看，由复核人员决定。", "You may look; reviewers decide.";
    back_queue: "返回复核", "Back to review";
    r_stage: "阶段", "Stage";
    r_fields: "字段", "Fields";
    r_evidence: "证据", "Evidence";
    r_evidence_none: "尚未列入证据。照片和录音录像由终端自动上传，也可以经接口上传后列入。", "No evidence yet. Handhelds hand in photos and recordings by themselves; others come over the API.";
    r_there: "原件已收到", "The original is here";
    r_awaited: "原件未到", "The original is awaited";
    r_lost: "原件不能到", "The original never comes";
    r_unsent: "终端尚有未送达的变更，以下可能不完整：", "Handhelds still hold changes of this record, so it may be incomplete:";
    r_changes: "项变更", "changes";
    r_said: "报告于", "reported";
    r_exceptions: "待确认的例外", "Exceptions that await a word";
    r_confirm: "确认", "Confirm";
    r_confirm_what: "确认后该行为有效，缺少的条件连同理由载入记录。", "The deed stands; what was missing is put on record with your reason.";
    r_revoke: "撤销", "Revoke";
    r_revoke_what: "撤销后该行为视为没有发生，阶段退回。", "The deed counts as never done, and the stage goes back.";
    r_reason: "理由", "Why";
    r_no_reason: "请说明理由。", "Say why.";
    r_contested: "有分歧，点此处理", "Contested: decide";
    r_watermarked: "水印副本", "Watermarked copy";
    records: "记录", "Records";
    l_kinds: "记录类别", "Kinds of record";
    l_from: "日期起", "From day";
    l_to: "日期止", "To day";
    l_due: "到期早于", "Due before";
    l_code: "编号", "Number";
    l_flagged: "只看有未处理提示的", "Only with open flags";
    l_flags: "项提示", "flags";
    l_by: "期限", "due";
    l_late: "已逾期", "overdue";
    l_none: "还没有此类记录。由终端或者经接口录入后，会出现在这里。", "There are none yet. They appear once handhelds or the API enter some.";
    l_none_here: "没有符合筛选条件的记录。可以放宽条件。", "None fits the filters. Widen them.";
    a_next: "下一步", "What comes next";
    a_missing: "还缺：", "Still lacking:";
    a_findings: "今天发现的问题", "What is wrong today";
    a_bars: "影响", "bars";
    a_settle: "说明理由后放行", "Let it stand, with a reason";
    a_settled: "已说明", "Let stand";
    a_opinion: "签署意见", "Give an opinion";
    a_agrees: "同意", "Agree";
    a_disagrees: "不同意", "Disagree";
    a_words: "意见内容", "In words";
    a_give: "提交意见", "Give it";
    a_reason: "理由（需要时填写）", "Why, if it needs saying";
    a_elsewhere: "此步骤需要另外填写的内容，暂由接口办理。", "This step needs more than a word; it is done over the API for now.";
    a_others: "此步骤不由您的岗位办理。", "Your roles do not perform this.";
    a_refused: "没有办成：", "It was not done:";
    d_deadlines: "期限", "Deadlines";
    d_lead: "最近到期的在前；每一行通向它的记录。", "The nearest first; every line leads to its record.";
    d_done: "已完成", "done";
    d_stands: "暂停计算或者无法计算", "stands still, or cannot be reckoned";
    d_overdue: "已逾期", "Overdue";
    d_near: "临近", "Near";
    d_running: "计算中", "Running";
    d_still: "暂停", "Standing still";
    d_open: "全部未完成", "All that is open";
    d_left: "天后到期", "days left";
    d_past: "天前到期", "days past";
    d_today: "今天到期", "due today";
    d_none: "没有期限。", "Nothing is due.";
    p_papers: "文书", "Documents";
    p_numbered: "已编号，待盖章", "Numbered, seal to come";
    p_sealed: "已盖章", "Sealed";
    p_signed: "已签收", "Signed";
    p_served: "已送达", "Served";
    p_void: "已作废", "Void";
    p_sign: "已签收", "Signed";
    p_serve: "现已送达", "Delivered now";
    p_avoid: "作废", "Make void";
    p_void_what: "作废后编号保留，不再使用。", "Its number stays with it and is never used again.";
    p_draw: "制作文书", "Draw up";
    p_of: "所涉事项编号（如责令、询问，可空）", "What it is about: an order, an inquiry; may be empty";
    p_draw_what: "制作时取号、盖章；记录中缺少的内容会逐项指出。", "It gets its number and seal; whatever the record lacks for it is named.";
    p_make: "制作", "Draw up";
    p_preview: "预览", "Preview";
    f_form: "联合检查表", "The joint form";
    f_ok: "符合", "in order";
    f_bad: "不符合", "fault";
    f_na: "不适用", "not applicable";
    f_unchecked: "未查", "not checked";
    f_open: "未答", "open";
    f_signed: "已签字", "signed";
    f_unsigned: "未签字", "not signed";
    f_photos: "张照片", "photos";
    a_nothing: "现在没有由您办理的步骤。", "There is nothing for you to do with it now.";
    a_rest: "其他步骤", "Other steps";
    r_parts: "项", "entries";
    o_officers: "人员", "People";
    o_lead: "岗位、数据范围和双因素情况。录入和变更经接口或者花名册办理。", "What they do, how far they see, and whether they have a second factor. They are entered over the API, or by a roster.";
    o_factor: "已绑定动态口令", "second factor bound";
    o_no_factor: "未绑定动态口令", "no second factor";
    o_suspended: "停用自", "suspended since";
    v_devices: "终端", "Handhelds";
    v_lead: "谁持有哪台终端，最近何时联网，是否还有没有送达的。", "Who holds which, when it was last online, and whether something has not come yet.";
    v_none: "还没有登记终端。", "No handheld is enrolled.";
    v_active: "在用", "in use";
    v_frozen: "已冻结", "frozen";
    v_revoked: "已注销", "withdrawn";
    v_behind: "尚有未送达的变更", "holds changes that have not come";
    v_enrolled: "登记于", "enrolled";
    v_seen: "最近联网", "last online";
    v_never: "尚未联网", "never online";
    v_waiting: "待执行", "waits";
    v_withdraw: "注销终端", "Withdraw";
    v_what: "注销后，该终端再也不能取得数据；它此后送来的变更进入隔离区，由复核人员决定，不会丢失。不能恢复，须重新登记。", "It gets nothing any more. What it still hands in goes to quarantine for a reviewer, and is not lost. It cannot be taken back: the handheld is enrolled anew.";
    v_sure: "确认注销", "Yes, withdraw it";
    v_unsure: "请勾选“确认注销”后再提交。", "Tick that you mean it, then send it again.";
    v_withdrawn: "已注销。", "It is withdrawn.";
    t_audit: "审计", "Audit";
    t_lead: "谁在何时做了什么；查询本身也会记入。", "Who did what, and when; looking is noted, too.";
    t_actor: "操作人（如 officer:chen-yifan）", "Who, such as officer:chen-yifan";
    t_action: "操作", "What";
    t_object: "对象（如 record:…）", "To what, such as record:…";
    t_none: "没有符合条件的记录。", "Nothing fits.";
    t_detail: "详情", "Details";
    m_catalogue: "事项", "Matters";
    m_lead: "按名称、拼音、首字母或者编码查找，可以查看任意一天有效的清单。", "By name, pinyin, initials or code, as the list stood on any day.";
    m_words: "名称、拼音或者编码", "Name, pinyin or code";
    m_as_of: "截至", "As of";
    m_none: "没有符合的事项。可以换一个词，或者换一天。", "No matter fits. Try another word, or another day.";
    m_no_case: "不能立案", "no case";
    m_synthetic: "合成数据", "synthetic";
    e_stands: "现有的值", "What stands now";
    e_reason: "修改原因（可空）", "Why, if it needs saying";
    e_empty: "清空即删除该值。", "Left empty, the value is removed.";
    e_save: "保存", "Save";
    e_back: "返回，不保存", "Back without saving";
    e_lines: "每行一项。", "One on each line.";
    e_is_json: "按 JSON 填写。", "Written as JSON.";
    e_number: "请填写整数。", "Give a whole number.";
    e_json: "不是有效的 JSON。", "This is no valid JSON.";
    e_changed: "填写期间这个字段有了新的值，已显示在上方。请核对后再保存；您填写的内容仍在下方。", "Another value stands by now; it is shown above. Look again and save; what you entered is below.";
    e_change: "修改", "Change";
    e_add: "填写其他字段", "Another field";
    e_part: "名称（仅限带“.”结尾的字段，如人员账号）", "Its name, for fields that end in a dot, such as an officer's account";
    e_open: "打开", "Open";
    today: "今天", "Today";
    h_waits: "等待您决定", "Waits for your word";
    h_more: "以上", "or more";
    h_quiet: "没有要办的事。", "There is nothing to do.";
    h_visits: "今天的检查", "Visits today";
    h_all: "查看今天的全部检查", "All visits of today";
    h_unsent: "终端尚未送达", "Still on handhelds";
    h_unsent_why: "这些记录还有变更在终端里，联网后自动送达。长时间未报告的，请联系持有人。", "Handhelds still hold changes of these; they arrive once online. Ask the holder of one that has been silent for long.";
    h_figures: "统计指标和图表", "Figures and charts";
    figures: "统计指标", "Figures";
    figures_lead: "每个数字都可以点开，看到它所计的每一条记录。", "Every number opens down to the rows that it counts.";
    period: "统计期间", "Period";
    from: "起", "From";
    to: "止", "To";
    this_month: "本月", "This month";
    this_quarter: "本季度", "This quarter";
    this_year: "今年", "This year";
    last_half: "上一个半年", "Last half-year";
    last_year: "去年", "Last year";
    filters: "筛选", "Filters";
    filter_on: "筛选条件", "Filtered by";
    area: "区域", "Area";
    organ: "机关", "Organ";
    unit: "单位", "Unit";
    object: "对象（名称或者编号）", "Site or subject (name or id)";
    object_short: "对象", "Object";
    matter: "事项（名称或者编码）", "Matter (name or code)";
    matter_short: "事项", "Matter";
    any: "全部", "Any";
    show: "查看", "Show";
    clear: "清除筛选", "Clear filters";
    bad_day: "请填写日期，如 2024-01-31。", "Give a day such as 2024-01-31.";
    bad_period: "止日早于起日，请更正。", "The last day is before the first.";
    long_period: "期间最长十年，请缩短。", "A period has ten years at most.";
    no_object: "没有找到这个对象。请换一个名称，或者从记录中点选。", "No such object. Try another name, or choose one from the rows.";
    many_objects: "有多个对象符合，请选择：", "Several fit; choose one:";
    no_matter: "没有找到这个事项。请换一个名称或者编码。", "No such matter. Try another name or code.";
    many_matters: "有多个事项符合，请选择：", "Several fit; choose one:";
    wrong_form: "筛选条件有误，请更正后再查看。", "Something in the filters is not right; correct it and show again.";
    indicator: "指标", "Indicator";
    now: "本期", "Period";
    before: "上年同期", "Year before";
    change: "较上年同期", "against the year before";
    at_start: "期初", "at the start";
    points: "个百分点", "points";
    formula: "公式", "Formula";
    source: "来源", "Source";
    not_by: "不能按此筛选：", "Cannot be narrowed by: ";
    nothing_to_divide: "无记录可计", "Nothing to divide by";
    export_csv: "下载 CSV", "Download CSV";
    export_xlsx: "下载 XLSX", "Download XLSX";
    exports: "导出", "Export";
    charts: "图表", "Charts";
    table: "数据表", "As a table";
    month: "月份", "Month";
    none_title: "这一期间没有任何记录", "Nothing was recorded in this period";
    none_why: "可能期间太短，或者筛选太窄。数字来自记录本身：现场检查、案件、邀约、修复、培训一经录入，即时计入。", "The period may be too short, or the filters too narrow. Numbers come from the records: a visit, case, invitation, repair or course counts as soon as it is entered.";
    widen: "放宽到近三年", "Widen to three years";
    no_chart: "本期没有可以成图的数据。", "There is nothing to draw in this period.";
    back: "返回全部指标", "All figures";
    above: "分子", "Above the line";
    below: "分母", "Below the line";
    both: "分子和分母", "Above and below";
    counted: "计入", "Counted";
    rows: "所计的记录", "Rows that it counts";
    rows_none: "没有所计的记录。可以放宽期间，或者去掉筛选。", "It counts no rows here. Widen the period, or drop a filter.";
    by_rows: "每条计一次", "each row once";
    by_records: "同一记录计一次", "each record once";
    by_pairs: "同一记录对同一对象计一次", "each record once for each object";
    by_objects: "同一对象计一次", "each object once";
    by_abouts: "同一名目计一次", "each thing that it is about once";
    by_sum: "数量相加", "amounts added up";
    several: "两个以上机关到过的对象，每个计一次", "objects to which more than one organ went, each once";
    amount: "数量", "Amount";
    about: "名目", "About";
    day: "日期", "Day";
    first_page: "从头看起", "First page";
    next_page: "下一页", "Next page";
    this_rows: "以下为本期的记录。", "The rows below are those of this period.";
    rows_before: "查看上年同期的记录", "Rows of the year before";
    met: "按期", "Met";
    missed: "逾期", "Missed";
    drop_filter: "去掉该筛选", "Drop that filter";
    unfit: "该指标所计的记录不含此项，不能据此筛选，因而没有数值。", "What this indicator counts does not know that, so it has no number under this filter.";
    only_this: "只看此对象", "Only this object";
}

/// The words of a language.
pub fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_something_of_everything() {
        for (name, zh, en) in ALL {
            assert!(!zh.trim().is_empty() && !en.trim().is_empty() && zh != en, "{name}");
        }
    }
}
