//! A document as a page for the handheld: what the party reads before signing.
//!
//! One self-contained page without scripts, links or anything loaded. Images of seals are not in it: the place of a seal says
//! that it is sealed. The PDF is the document; this is how it is shown.

use super::model::{Block, Document, Ink, Row, Signature, Stamp, Style};

const CSS: &str = "body{font:17px/1.7 serif;max-width:44em;margin:1em auto;padding:0 1em;overflow-wrap:anywhere}h1,.o,.c{text-align:center}h1{font-size:1.5em;margin:.2em 0}\
.o{font-size:1.1em}.n,.r{text-align:right}p{margin:.3em 0;white-space:pre-wrap}p.b{text-indent:2em}small{display:block;white-space:pre-wrap}table{width:100%;border-collapse:collapse;margin:.6em 0}\
th,td{border:1px solid #333;padding:.3em .5em;vertical-align:top;white-space:pre-wrap}th{font-weight:normal;background:#f4f4f4;text-align:center}.s{display:inline-block;width:48%;margin:.6em 0;vertical-align:top}\
svg{height:3em;max-width:100%;vertical-align:middle}.q svg{height:8em}.seal{text-align:right;margin:1.5em 0}.seal b{color:#c00;border:2px solid #c00;border-radius:50%;padding:.4em}hr{border:0;border-top:1px dashed #999}";

/// The whole page.
pub fn page(document: &Document) -> String {
    let mut out = Page(String::with_capacity(8 * 1024));
    out.raw("<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
    out.text(&document.title);
    out.raw("</title><style>");
    out.raw(CSS);
    out.raw("</style></head><body>");
    out.tag("p class=\"o\"", &document.organ);
    out.tag("h1", &document.title);
    if let Some(number) = &document.number {
        out.tag("p class=\"n\"", number);
    }
    document.blocks.iter().for_each(|block| out.block(block));
    for signature in &document.each_page {
        out.signature(signature);
    }
    if let Some(foot) = &document.foot {
        out.tag("small", foot);
    }
    out.raw("</body></html>");
    out.0
}

struct Page(String);

impl Page {
    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                other => self.0.push(other),
            }
        }
    }

    fn tag(&mut self, open: &str, text: &str) {
        let name = open.split(' ').next().unwrap_or(open);
        self.raw("<");
        self.raw(open);
        self.raw(">");
        self.text(text);
        self.raw("</");
        self.raw(name);
        self.raw(">");
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading { level, text } => self.tag(if *level == 1 { "h2" } else { "h3" }, text),
            Block::Paragraph { style, text } => self.tag(
                match style {
                    Style::Body => "p class=\"b\"",
                    Style::Flush => "p",
                    Style::Center => "p class=\"c\"",
                    Style::Right => "p class=\"r\"",
                    Style::Note => "small",
                },
                text,
            ),
            Block::Form { rows } => {
                self.raw("<table>");
                let mut before: Option<&str> = None;
                for (index, row) in rows.iter().enumerate() {
                    let group = row.group();
                    let span = rows.iter().skip(index).take_while(|r| r.group() == group).count();
                    self.row(row, group.filter(|_| group != before).map(|name| (name, span)));
                    before = group;
                }
                self.raw("</table>");
            }
            Block::Table { columns, rows } => {
                self.raw("<table><thead><tr>");
                columns.iter().for_each(|column| self.tag("th", &column.title));
                self.raw("</tr></thead><tbody>");
                for row in rows {
                    self.raw("<tr>");
                    row.iter().for_each(|cell| self.tag("td", cell));
                    self.raw("</tr>");
                }
                self.raw("</tbody></table>");
            }
            Block::List { counted, items } => {
                let list = if *counted { "ol" } else { "ul" };
                self.raw(&format!("<{list}>"));
                items.iter().for_each(|item| self.tag("li", item));
                self.raw(&format!("</{list}>"));
            }
            Block::Exchange { question, answer } => {
                self.tag("p", &format!("问：{question}"));
                if let Some(answer) = answer {
                    self.tag("p", &format!("答：{answer}"));
                }
            }
            Block::Signatures { signatures } => signatures.iter().for_each(|signature| self.signature(signature)),
            Block::Seal(seal) => {
                self.raw("<div class=\"seal\">");
                if seal.stamp != Stamp::Absent {
                    self.tag("b", "印");
                }
                self.tag("p", &seal.organ);
                self.tag("p", &seal.day);
                self.raw("</div>");
            }
            Block::Qr { text, caption } => {
                self.raw("<div class=\"q\">");
                match crate::base::qr(text) {
                    Ok(svg) => self.raw(&svg),
                    Err(_) => self.tag("p", text),
                }
                self.tag("small", caption.as_deref().unwrap_or_default());
                self.raw("</div>");
            }
            Block::PageBreak => self.raw("<hr>"),
        }
    }

    /// A row under its group's label, which the first of its rows bears over `span` rows. A row has seven columns.
    fn row(&mut self, row: &Row, head: Option<(&str, usize)>) {
        self.raw("<tr>");
        if let Some((name, span)) = head {
            self.tag(&format!("th rowspan=\"{span}\""), name);
        }
        match row {
            Row::Head { text } => self.tag("th colspan=\"13\"", text),
            Row::Cells { group, cells } => {
                let share = 12 / cells.len().max(1);
                for (index, cell) in cells.iter().enumerate() {
                    self.tag("th", &cell.label);
                    // Without a group's label the first label stands where it would.
                    let more = usize::from(group.is_none() && index == 0);
                    self.tag(&format!("td colspan=\"{}\"", share - 1 + more), &cell.value);
                }
            }
            Row::Opinion { label, text, signature } => {
                self.tag("th", label);
                self.raw("<td colspan=\"12\">");
                self.tag("p", text);
                self.signature(signature);
                self.raw("</td>");
            }
        }
        self.raw("</tr>");
    }

    fn signature(&mut self, signature: &Signature) {
        self.raw("<div class=\"s\">");
        if !signature.label.is_empty() {
            self.text(&signature.label);
            self.raw("：");
        }
        match &signature.ink {
            Some(ink) => self.ink(ink),
            None => self.text(signature.refused.as_deref().or(signature.name.as_deref()).unwrap_or("＿＿＿＿＿＿")),
        }
        if let Some(day) = &signature.day {
            self.tag("p", day);
        }
        self.raw("</div>");
    }

    fn ink(&mut self, ink: &Ink) {
        self.raw(&format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\">", ink.w, ink.h));
        for stroke in &ink.strokes {
            let points: Vec<String> = stroke.chunks_exact(2).map(|p| p.iter().map(u32::to_string).collect::<Vec<_>>().join(",")).collect();
            let width = (ink.h / 40).max(1);
            self.raw(&format!("<polyline points=\"{}\" fill=\"none\" stroke=\"#000\" stroke-width=\"{width}\" stroke-linecap=\"round\"/>", points.join(" ")));
        }
        self.raw("</svg>");
    }
}
