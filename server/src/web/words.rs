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
    product: "知法", "Zhifa";
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
    three_years: "近三年", "Three years";
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
    year_days: "单位：日", "In days";
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
    how: "怎样计数", "How it is counted";
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
