//! What a scenario is told by: figures asked of the API, and what `verify` and `recompute` say of the whole.

use std::process::{Command, Stdio};

use serde_json::{Map, Value as Json, json};

use super::file::Scenario;
use super::stage::Stage;
use crate::demo::account::{Person, log_ins};
use crate::demo::cast::PIN;
use crate::demo::{DemoOptions, Failure};
use crate::figures::{Recomputed, recompute};
use crate::sync::store::Want;

/// A figure as it came out.
struct Line {
    key: String,
    zh: String,
    /// The call that gives it.
    path: String,
    counted: i64,
    says: Option<i64>,
}

/// What is told at the end.
pub struct Account {
    /// Whether nothing is missing, and every figure is what the report says where it says something.
    pub good: bool,
    lines: Vec<Line>,
    verified: Json,
    recomputed: Recomputed,
    handhelds: usize,
    people: Vec<Person>,
}

/// Asks for every figure, and has the database and the handhelds' stores proven.
pub fn draw_up(stage: &mut Stage<'_>, scenario: &Scenario, options: &DemoOptions, handhelds: usize) -> Result<Account, Failure> {
    let mut lines = Vec::new();
    for told in &scenario.article {
        let organ = told.organ.as_ref().map(|organ| format!("&organ={organ}")).unwrap_or_default();
        let path = format!("/api/v1/figures?from={}&to={}{organ}", told.from, told.to);
        let answer = stage.by("head")?.get(&path)?;
        let figures = answer.get("figures").and_then(Json::as_array).into_iter().flatten();
        let found = figures.filter(|f| f.get("code").and_then(Json::as_str) == Some(&told.figure)).find_map(|f| f.pointer("/value/of").and_then(Json::as_i64));
        let counted = found.ok_or_else(|| format!("article: {}: there is no figure {}", told.key, told.figure))?;
        lines.push(Line { key: told.key.clone(), zh: told.zh.clone(), path, counted, says: told.says });
    }
    let recomputed = stage.running.app.committer.run_blocking(Want::default(), recompute)?;
    let mut verify = Command::new(std::env::current_exe()?);
    verify.arg("verify").arg("--data").arg(&options.data).arg("--journals").arg(&stage.folder).arg("--json");
    let said = verify.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?.stdout;
    let verified: Json = serde_json::from_slice(&said).map_err(|e| format!("zhifa verify gave no account: {e}"))?;
    let sound = verified.get("ok") == Some(&Json::Bool(true)) && verified.pointer("/figures/lost") == Some(&json!(0)) && recomputed.agrees();
    let good = sound && lines.iter().all(|line| line.says.is_none_or(|says| says == line.counted));
    let mut people = Vec::new();
    for (role, does) in [("head", "head of the team"), ("reviewer", "reviewer"), ("dispatcher", "guidance office")] {
        let officer = stage.with_role(role, None)?;
        stage.desk(&officer)?;
        people.push(Person { does, id: officer.id.clone(), name: officer.name.clone(), secret: stage.secret(&officer.id)?.to_owned() });
    }
    Ok(Account { good, lines, verified, recomputed, handhelds, people })
}

impl Account {
    /// Prints the account, as one JSON object or for people.
    pub fn print(&self, options: &DemoOptions, url: &str) {
        let figures = self.verified.get("figures").cloned().unwrap_or_default();
        let findings = self.verified.get("findings").cloned().unwrap_or_default();
        if options.json {
            let article: Map<String, Json> = self.lines.iter().map(|line| (line.key.clone(), line.counted.into())).collect();
            println!("{}", json!({ "article": article, "findings": findings, "handhelds": self.handhelds, "recomputed": self.recomputed, "verified": figures }));
            return;
        }
        println!();
        println!("The figures, counted from rows by {url}/api/v1/figures (each opens down to its rows):");
        for line in &self.lines {
            let says = match line.says {
                Some(says) if says == line.counted => format!("{says}, as reported"),
                Some(says) => format!("REPORTED {says}"),
                None => String::new(),
            };
            println!("  {:<28} {:>6}   {says:<18} {}", line.key, line.counted, line.zh);
        }
        println!();
        let number = |name: &str| figures.get(name).cloned().unwrap_or_default();
        println!(
            "verify      lost {}, parked {}, quarantined {}, receipts verified {} of {} handhelds",
            number("lost"),
            number("parked"),
            number("quarantined"),
            number("receipts_verified"),
            self.handhelds
        );
        println!("recompute   {}", self.recomputed);
        for finding in findings.as_array().into_iter().flatten() {
            println!("  ! {finding}");
        }
        println!();
        println!("{}", if self.good { "Every figure is what the rows say." } else { "Something is not as it must be; see above." });
        if options.exit {
            return;
        }
        log_ins(&self.people, url);
        if let Some(line) = self.lines.first() {
            println!("  the figures  curl -s '{url}{}' -H \"authorization: Bearer $TOKEN\"", line.path);
        }
        println!("  the page     {url}/app/figures");
        println!("  handhelds    {} (PIN {PIN})", options.data.join("handhelds").display());
    }
}
