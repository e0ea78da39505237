//! Documents (文书): one text per type, facts in, a [`Document`] out.
//!
//! ```text
//! template text + facts (JSON) ──engine──▶ Document ──▶ PDF/A on the server (crate docgen)
//!                                              └──────▶ HTML on the handheld (html)
//! ```
//!
//! Whoever draws a document sees the model, never a record; so what an offline handheld shows and what the office prints
//! is one thing with one [`digest`](Document::digest). Deliberately absent: the facts of a case (built where the case
//! is known), numbers and seals (given to it), and the layout of a page.
//!
//! # The language of templates
//!
//! A template never changes once it was used; a correction is a new version, `templates/<code>.v2.txt`, valid from its day.
//! Its first lines, up to the first empty one, are `key: value`:
//!
//! | key | |
//! |---|---|
//! | `code` | the type in [`TYPES`] |
//! | `zi` | 字 of its numbers; left out if it has none |
//! | `title_zh` | printed title |
//! | `version` | from 1 |
//! | `from` | first day of this version |
//! | `source` | the article that asks for the document |
//! | `sealed` | `yes`: bears the organ's seal |
//! | `leased` | `yes`: handhelds number it from leased blocks |
//! | `masks` | what the public may not read: `party.name=name, party.id=id, party.phone=phone`; masks are `name id phone address account all` |
//!
//! Below, **one line is one thing**; an empty line ends a form, a table or a list.
//!
//! | line | |
//! |---|---|
//! | `# 一、事实`, `## …`, `### …` | heading |
//! | `本机关认为……` | paragraph, first line indented |
//! | `> 当事人：` | paragraph flush left |
//! | `>> 2024年9月27日` | flush right |
//! | `^ 以下空白` | centred |
//! | `~ 注：……` | small print |
//! | `\| 案由 \| {{ cause }} \|` | row of a form: one to three labels, each with its value |
//! | `\|+ 当事人 \|` | the rows below stand under this label at their left, up to `\|+ \|` or an empty line |
//! | `\|# 检查情况 \|` | a line across the form |
//! | `[opinion 承办人意见 \| 意见 \| 姓名 \| 日期 \| 签名id]` | a row of a form: an opinion with its signature; all but the label may be empty or left out |
//! | `\|= 序号:1 \| 名称:4 \|` | head of a table with shares of its width; rows `\| a \| b \|` follow, with as many cells |
//! | `- 甲`, `+ 甲` | list; counted list |
//! | `? 问`, `! 答` | question, and its answer in the next line |
//! | `[sign 当事人签名 \| {{ id }}]` | place to sign; the id is a member of the fact `signatures`, empty while unsigned. Two in a row stand side by side |
//! | `[each-page 被询问人签名 \| {{ id }}]` | signed at the foot of every page |
//! | `[seal]`, `[seal 机关 \| 日期]` | organ and day, with the seal if the fact `seal` is there |
//! | `[qr 文字 \| 说明]` | QR code |
//! | `[title 不予立案审批表]` | another title than that of the type |
//! | `[foot 本文书一式两份]` | line at the foot of the last page |
//! | `---` | new page |
//! | `\- 甲` | a paragraph that begins with a sign |
//!
//! Placeholders are those of Jinja: `{{ party.name }}`, `{% if x %}…{% else %}…{% endif %}`, `{% for e in evidence %}…{% endfor %}`
//! (`loop.index` counts), `{# remark #}`, each closed in its own line. A line that holds tags alone leaves nothing behind. Only texts and
//! whole numbers are printed. **A fact that is not there is an error that names it**; `{% if x %}` and `{{ x | default("") }}` may ask
//! for what need not be there. What is inserted is text: no name can become a row, a bracket or a line of its own.
//!
//! Filters: `money` (fen → `12,345.60元`), `capital` (fen → 壹万贰仟叁佰肆拾伍元陆角整), `day` (2024年9月27日) and `day_zh` (二〇二四年九月二十七日) of a day
//! or an instant, `instant` (ms → 2024年9月27日9时05分), `numeral` (3 → 三), `mask(as="name")`; and Jinja's own `default`, `join`, `length`, `first`, `last` ….
//!
//! # Facts that every document reads
//!
//! `organ.name` (full name), `dated` (`2024-09-27`, the day of the document), and where they are there: `number` (as printed), `seal`
//! (`{}`, or `{"image": "<SHA-256 of the PNG>"}`), and `signatures`, an object by id: `{"name", "day" or "ms", "w", "h", "strokes": [[x, y, x, y …] …]}` as on
//! records, or `{"name", "refused": "拒绝签名，见证人……"}`.
//!
//! # Example
//!
//! ```
//! use sync_core::document::Template;
//!
//! let template = Template::parse(
//!     "code: penalty_decision\ntitle_zh: 行政处罚决定书\nzi: 罚决\nversion: 1\nfrom: 2021-07-15\nsource: 行政处罚法第五十九条\nsealed: yes\nleased: no\n\n\
//!      > 当事人：{{ party.name }}\n\
//!      决定处以罚款{{ fine | capital }}（{{ fine | money }}）。\n\
//!      {% if evidence %}\n\
//!      |= 序号:1 | 证据:5 |\n\
//!      {% for e in evidence %}\n\
//!      | {{ loop.index }} | {{ e }} |\n\
//!      {% endfor %}\n\
//!      {% endif %}\n\
//!      [seal]\n",
//! )?;
//! let facts = serde_json::json!({
//!     "organ": {"name": "某某执法局"}, "dated": "2024-09-27", "party": {"name": "某某|公司"}, "fine": 1_234_560, "evidence": ["照片三张"],
//! });
//! let document = template.render(&facts)?;
//! assert!(document.texts().contains(&"当事人：某某|公司"));
//! assert!(document.texts().contains(&"决定处以罚款壹万贰仟叁佰肆拾伍元陆角整（12,345.60元）。"));
//! let missing = template.render(&serde_json::json!({"organ": {"name": "某某执法局"}, "dated": "2024-09-27"})).unwrap_err();
//! assert_eq!((missing.fact.as_str(), missing.line), ("party.name", 10));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod engine;
pub mod facts;
mod filters;
pub mod html;
mod markup;
mod model;
mod templates;
mod types;

pub use engine::{Flaw, Front, Missing, Template};
pub use filters::{Mask, capital, day, day_in_numerals, instant, money, numeral};
pub use model::{Block, Cell, Column, Document, Ink, Row, Seal, Signature, Stamp, Style};
pub use templates::{template_of, template_version, templates};
pub use types::{DocumentType, Maker, TYPES, type_of};

#[cfg(test)]
mod tests;
