//! Documents to draw.

use serde_json::{Value, json};
use sync_core::document::{Block, Cell, Document, Row, Signature, template_of};

/// A document with these blocks and nothing else.
pub fn document(code: &str, blocks: Vec<Block>) -> Document {
    Document {
        code: code.to_owned(),
        version: 1,
        title: "某某文书".to_owned(),
        organ: "宁波国家高新技术产业开发区综合行政执法局".to_owned(),
        number: None,
        numbered: false,
        dated: "2024-09-27".parse().unwrap(),
        blocks,
        each_page: vec![],
        foot: None,
    }
}

fn signature(name: &str) -> Value {
    let strokes: Vec<Vec<u32>> = vec![
        (0..40).flat_map(|n| [40 + n * 6, 120 + (n * n) % 90]).collect(),
        vec![60, 60, 200, 70, 260, 200, 220, 260],
        (0..60).flat_map(|n| [300 + n * 5, (150.0 + 80.0 * (f64::from(n) / 6.0).sin()) as u32]).collect(),
        vec![500, 60, 520, 250],
    ];
    json!({"name": name, "day": "2024-09-27", "w": 800, "h": 300, "strokes": strokes})
}

/// From the template 行政处罚决定书, with a long party name and seven pieces of evidence.
pub fn penalty_decision() -> Document {
    let evidence: Vec<Value> = (1..=7).map(|n| json!({"name": format!("现场检查笔录及照片第{n}组"), "proves": "证明当事人未经批准，在扬帆路与江南路交叉口东北侧人行道上堆放建筑材料，占用城市道路面积共计36.5平方米"})).collect();
    let facts = json!({
        "organ": {"name": "宁波国家高新技术产业开发区综合行政执法局"},
        "dated": "2024-09-27",
        "number": "甬高新综执罚决字〔2024〕第0001号",
        "seal": {},
        "party": {"name": "宁波某某建设工程有限公司（试验样本|含竖线）", "id_label": "统一社会信用代码", "id": "91330201MA2AAAAA0X", "phone": "0574-87654321", "legal_rep": "张小明", "address": "浙江省宁波市高新区扬帆路999弄5号楼1203室"},
        "facts": "2024年8月20日9时30分，本机关执法人员在检查中发现，你（单位）未经批准，擅自在扬帆路与江南路交叉口东北侧人行道上堆放钢管、模板等建筑材料，占用城市道路。经现场测量，占用面积共计36.5平方米。本机关于2024年8月21日立案调查，先后制作现场检查笔录、询问笔录，调取了施工许可证、平面布置图等材料。经调查，你（单位）自2024年8月15日起占用该处道路至2024年8月22日止，期间未取得占用城市道路许可。你（单位）已于2024年8月22日自行清理完毕，经复查，现场已恢复原状。",
        "evidence": evidence,
        "defence": "本机关于2024年9月10日依法向你（单位）送达《行政处罚事先告知书》，告知拟作出行政处罚的内容及事实、理由、依据，以及依法享有的陈述、申辩权利。你（单位）在法定期限内未提出陈述、申辩意见。",
        "clause": "《城市道路管理条例》第三十一条第一款",
        "discretion": "鉴于你（单位）系首次违法，能够主动改正并消除影响，参照有关行政处罚裁量基准，属于较轻情形。",
        "basis": "《城市道路管理条例》第四十二条",
        "penalties": ["责令限期改正；", "罚款人民币壹万贰仟叁佰肆拾伍元陆角整（12,345.60元）。"],
        "fine": 1_234_560,
        "pay_days": 15,
        "bank": "中国工商银行宁波高新支行（账户：宁波市财政局非税收入专户，账号：3901110009000123456）",
        "review_organ": "宁波市人民政府",
        "court": "宁波市鄞州区人民法院",
        "code_url": "https://zhifa.example.gov.cn/c/AAECAwQFBgcICQoLDA0ODw",
    });
    template_of("penalty_decision", "2024-09-27".parse().unwrap()).unwrap().render(&facts).unwrap()
}

/// From the template 现场检查笔录, signed by three.
pub fn site_record() -> Document {
    let findings: Vec<Value> = (1..=24)
        .map(|n| json!({"item": format!("第{n}项：施工现场出入口是否硬化并配备车辆冲洗设施"), "verdict": if n % 5 == 0 { "不符合" } else { "符合" }, "detail": if n % 5 == 0 { "出入口东侧约3米未硬化，冲洗平台沉淀池未清理" } else { "" }}))
        .collect();
    let facts = json!({
        "organ": {"name": "宁波国家高新技术产业开发区综合行政执法局"},
        "dated": "2024-09-27",
        "number": "甬高新综执现检字〔2024〕第0012号",
        "start_ms": 1_727_402_400_000i64, "end_ms": 1_727_408_100_000i64,
        "place": "高新区梅墟街道某某路项目工地（东经121.6543210度，北纬29.9012345度）",
        "object": {"name": "某某路商业综合体项目", "id": "330203202401010101"},
        "person": {"name": "李四", "id": "330203199001011234", "role": "项目经理", "phone": "13800001234"},
        "officers": [{"name": "王五", "certificate": "33020012345"}, {"name": "赵六", "certificate": "33020012346"}],
        "recorder": "赵六",
        "told": [
            {"said": "我们是宁波国家高新技术产业开发区综合行政执法局的执法人员，这是我们的执法证件，请你确认。", "answer": "已看清，没有异议。"},
            {"said": "现依法对你单位进行现场检查，请予配合。你享有陈述、申辩和申请回避的权利，是否申请执法人员回避？", "answer": "清楚，不申请回避。"},
        ],
        "paragraphs": ["执法人员在项目经理李四陪同下，依次检查了工地出入口、材料堆场、裸土覆盖及车辆冲洗设施。", "检查中拍摄照片12张、录像1段。"],
        "findings": findings,
        "photos": "共12张，编号P001至P012",
        "opinion": "情况属实，无异议。",
        "signers": [{"label": "被检查人", "id": "s1"}, {"label": "执法人员", "id": "s2"}, {"label": "见证人", "id": "s3"}],
        "signatures": {"s1": signature("李四"), "s2": signature("王五"), "s3": {"name": "某某社区", "day": "2024-09-27", "refused": "拒绝签名，见证人在场"}},
    });
    template_of("site_record", "2024-09-27".parse().unwrap()).unwrap().render(&facts).unwrap()
}

/// An approval form with one, two and three labels in a row, a group and opinions.
pub fn form() -> Document {
    let cell = |label: &str, value: &str| Cell { label: label.to_owned(), value: value.to_owned() };
    let row = |group: Option<&str>, cells: Vec<Cell>| Row::Cells { group: group.map(str::to_owned), cells };
    let opinion = |label: &str, text: &str, name: Option<&str>| Row::Opinion {
        label: label.to_owned(),
        text: text.to_owned(),
        signature: Signature { name: name.map(str::to_owned), day: name.map(|_| "2024年8月21日".to_owned()), ..Signature::default() },
    };
    let rows = vec![
        row(None, vec![cell("案由", "宁波某某建设工程有限公司擅自占用城市道路案")]),
        row(None, vec![cell("案件来源", "检查发现"), cell("发现时间", "2024年8月20日")]),
        row(Some("当事人"), vec![cell("名称", "宁波某某建设工程有限公司")]),
        row(Some("当事人"), vec![cell("法定代表人", "张小明"), cell("职务", "执行董事"), cell("电话", "0574-87654321")]),
        row(Some("当事人"), vec![cell("统一社会信用代码", "91330201MA2AAAAA0X"), cell("住所", "浙江省宁波市高新区扬帆路999弄5号楼1203室")]),
        Row::Head { text: "立案理由".to_owned() },
        row(None, vec![cell("案情摘要", &"检查中发现该单位未经批准占用城市道路堆放建筑材料。".repeat(12))]),
        opinion("承办人意见", "建议立案，由王五、赵六承办。", Some("王五、赵六")),
        opinion("承办机构负责人意见", "同意立案。", Some("孙七")),
        opinion("机关负责人意见", "", None),
    ];
    Document { title: "立案审批表".to_owned(), numbered: true, foot: Some("本表一式一份，存档。".to_owned()), ..document("form", vec![Block::Form { rows }]) }
}

/// A PNG of 64 × 64 red pixels: stored deflate blocks, so that no encoder is needed.
pub fn red_png() -> Vec<u8> {
    fn crc(data: &[u8]) -> u32 {
        !data.iter().fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 }))
    }
    let chunk = |name: &[u8], data: &[u8]| {
        let body = [name, data].concat();
        [&(data.len() as u32).to_be_bytes()[..], &body, &crc(&body).to_be_bytes()].concat()
    };
    let raw: Vec<u8> = (0..64).flat_map(|_| [0u8].into_iter().chain([200, 0, 0].into_iter().cycle().take(64 * 3))).collect();
    let (a, b) = raw.iter().fold((1u32, 0u32), |(a, b), byte| ((a + u32::from(*byte)) % 65_521, (b + a + u32::from(*byte)) % 65_521));
    let len = raw.len() as u16;
    let zlib = [&[0x78, 1, 1][..], &len.to_le_bytes(), &(!len).to_le_bytes(), &raw, &(b << 16 | a).to_be_bytes()].concat();
    let header = [&64u32.to_be_bytes()[..], &64u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &chunk(b"IDAT", &zlib), &chunk(b"IEND", &[])].concat()
}
