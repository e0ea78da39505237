//! Documents, identifiers, the offline platform, retention and training: `domain.md` §8, §9, §11, §12.

use super::super::known::Mark::{Doubtful, General, House, Text};
use super::super::known::PresetCell::{N, W};
use super::super::known::{Known, choice, choices, integer, integers, period, table, text};
use super::super::setting::{Column, ColumnType, Label};
use super::DAYS;
use crate::law::period::Period;

const GRID: &[Label] = &[("cm120", "CGCS2000 三度带，中央经线120°", "CGCS2000, 3° zone, central meridian 120°"), ("local", "地方坐标系", "A local grid")];
const TRACE: &[Label] =
    &[("strokes", "笔迹矢量", "Strokes"), ("photo", "照片或视频", "Photo or video"), ("device_key", "设备密钥", "Key of the device"), ("timestamp", "时间戳", "Timestamp")];
const ORIGINALS: &[Label] = &[("later", "等待非计费网络", "They wait for another network"), ("now", "立即上传", "They go at once")];
const FILES: &[Label] = &[
    ("simple", "简易程序案卷", "Files of simple cases"),
    ("general", "普通程序案卷", "Files of general cases"),
    ("major", "听证、复议、诉讼或重大案卷", "Files with hearing, review or litigation, or of major cases"),
    ("recording", "非证据音视频", "Recordings that are no evidence"),
    ("log", "日志", "Logs"),
];
const RETENTION: &[Column] = &[
    Column { key: "what", zh: "种类", en: "What", ty: ColumnType::Choice(FILES) },
    Column { key: "months", zh: "保管月数（0为永久）", en: "Months; 0 is for ever", ty: ColumnType::Integer { min: 0, max: 1_200, unit: "months" } },
];

pub(super) const POLICIES: &[Known] = &[
    text("document.cause.pattern", "案由格式", "Pattern of a case cause", "{party}{act}案", (1, 200)).by("“主体+行为+案”通行写法", General, "§8"),
    text("document.bank", "缴款去处", "Where fines are paid", "浙江省统一公共支付平台（凭缴款单码）或者代收机构", (1, 200)).by("行政处罚法第六十七条；本系统设定", House, "§5.7"),
    text("document.complaint_phone", "监督电话", "Telephone for complaints", "12345", (1, 60)).by("本系统设定", House, "§8"),
    text("document.court", "管辖法院", "Court in charge", "宁波市鄞州区人民法院", (1, 100)).by("行政诉讼法第十八条；本系统设定，须由法制机构确认", House, "§8"),
    integer("document.number.block", "文书编号一次发放数量", "Document numbers leased at once", 20, (1, 500), "numbers").by("本系统设定", House, "§8"),
    integer("document.number.refill", "文书编号补充余量", "Document numbers left when more are leased", 5, (0, 500), "numbers").by("本系统设定", House, "§8"),
    text("document.organ.address", "机关地址", "The organ's address", "宁波国家高新区管理委员会办公地", (1, 200)).by("本系统设定，须由使用单位填写", House, "§8"),
    text("document.organ.phone", "机关联系电话", "The organ's telephone", "12345", (1, 60)).by("本系统设定，须由使用单位填写", House, "§8"),
    text("document.review_organ", "行政复议机关", "Organ of administrative review", "宁波市人民政府", (1, 100)).by(
        "行政复议法第二十四条；本系统设定，须由法制机构确认",
        House,
        "§8",
    ),
    text("document.number.pattern", "文号格式", "Pattern of a document number", r"^[\u4e00-\u9fa5]{3,20}字〔20\d{2}〕第\d{4,5}号$", (1, 200)).by(
        "党政机关公文格式；本系统设定",
        House,
        "§8",
    ),
    text("certificate.pattern", "执法证号格式", "Pattern of a certificate number", r"^\d{11}$", (1, 200)).by("国家统一证号规则待核", Doubtful, "§9, §14.3"),
    text("area.platform_code", "平台中的区域代码", "The zone's code on the platform", "", (0, 64)).by("高新区无GB/T 2260代码；平台代码未知", Doubtful, "§9, §14.3"),
    text(
        "plate.pattern",
        "号牌格式",
        "Pattern of a plate",
        "^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]$",
        (1, 500),
    )
    .by("GA 36", General, "§9"),
    text("plate.pattern.new_energy_small", "小型新能源号牌序号格式", "Small new-energy plate after its prefix", r"^[A-HJK][A-HJ-NP-Z0-9]\d{4}$", (1, 500))
        .by("GA 36", General, "§9"),
    text("plate.pattern.new_energy_large", "大型新能源号牌序号格式", "Large new-energy plate after its prefix", r"^\d{5}[A-HJK]$", (1, 500)).by("GA 36", General, "§9"),
    choice("geo.cadastral_grid", "地籍数据坐标系", "Grid of cadastral data", "cm120", GRID).by("官方地籍数据坐标系待核", Doubtful, "§9"),
    choices("signature.trace", "手写签名的佐证", "What goes with a handwritten signature", &["strokes", "photo", "device_key", "timestamp"], TRACE).by(
        "电子签名法第十三、十四条",
        General,
        "§11",
    ),
    integers("certificate.alerts", "执法证到期提醒", "Alerts before a certificate ends", &[60, 30, 7], (0, 366), "days before").by("无规定；本系统设定", House, "§12"),
    integers("deadline.alerts", "期限到期提醒", "Alerts before a deadline", &[7, 3, 1], (0, 366), "days before").by("无规定；本系统设定", House, "§5.3"),
    integer("bundle.expiry", "离线任务包有效时间", "How long an offline bundle is good", 72, (1, 720), "hours").by("无规定；本系统设定", Doubtful, "§11"),
    period("number.lease", "离线文号租用期", "Lease of document numbers", Period::calendar_days(30), DAYS).by("无规定；本系统设定", House, "§8"),
    integer("handheld.lease", "掌上终端离线许可期", "How long a handheld may be read without contact", 30, (1, 365), "days").by("无规定；本系统设定", House, "§11"),
    choice("handheld.originals", "计费网络上传原件", "Originals over a network paid by volume", "later", ORIGINALS).by("无规定；本系统设定", House, "§11"),
    integer("evidence.alike", "相似图片的最大差异", "Bits by which alike pictures may differ", 5, (0, 7), "bits").by("无规定；本系统设定", House, "§11"),
    integer("evidence.camera.minutes", "相机时间与登记时间的允许差", "Minutes between camera and handheld", 30, (1, 1_440), "minutes").by("无规定；本系统设定", House, "§11"),
    integer("evidence.camera.metres", "相机位置与登记位置的允许差", "Metres between camera and handheld", 500, (10, 100_000), "metres").by("无规定；本系统设定", House, "§11"),
    integer("clock.doubt", "时钟存疑阈值", "Clock difference that is doubtful", 5, (1, 120), "minutes").by("无规定；本系统设定", House, "§11"),
    table("retention", "保管期限", "Retention", RETENTION, &[&[W("simple"), N(120)], &[W("general"), N(360)], &[W("major"), N(0)], &[W("recording"), N(6)], &[W("log"), N(6)]]).by(
        "档案法；网络安全法第二十一条（日志不少于六个月）；案卷年限为通行做法",
        General,
        "§11, §14.8",
    ),
    period("retention.assessment", "个人信息影响评估报告保管", "Retention of impact assessments", Period::years(3), (3, 100)).by("个人信息保护法第五十六条", Text, "§11"),
    integer("training.hours", "年度学时", "Hours of training a year", 60, (0, 1_000), "hours").by("行政执法人员培训通行要求", General, "§12"),
];
