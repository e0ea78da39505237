//! A handheld as the demo drives it: a child process that may be killed at any moment.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};

use super::Failure;
use super::cast::PIN;

/// A running handheld.
pub struct Player {
    store: PathBuf,
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Player {
    /// Switches a handheld on.
    pub fn start(store: &Path) -> Result<Player, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("handheld")
            .arg("--store")
            .arg(store)
            .env("ZHIFA_PIN", PIN)
            .env("RUST_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let (orders, answers) = (child.stdin.take(), child.stdout.take());
        let (orders, answers) = orders.zip(answers).ok_or("a handheld's pipes are missing")?;
        Ok(Player { store: store.to_owned(), child, orders, answers: BufReader::new(answers) })
    }

    /// Gives an order without waiting.
    pub fn order(&mut self, order: &Json) -> Result<(), Failure> {
        writeln!(self.orders, "{order}")?;
        Ok(self.orders.flush()?)
    }

    /// The next line that the handheld says.
    pub fn line(&mut self) -> Result<Json, Failure> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(format!("the handheld {} ended", self.store.display()).into());
        }
        Ok(serde_json::from_str(&line)?)
    }

    /// Waits for the end of the order under way; gives its answer and how many captures were kept on the way.
    pub fn done(&mut self) -> Result<(Json, usize), Failure> {
        let mut kept = 0;
        loop {
            let line = self.line()?;
            if line.get("kept").is_some() {
                kept += 1;
            } else if let Some(answer) = line.get("ok") {
                return Ok((answer.clone(), kept));
            } else {
                let why = line.get("error").and_then(Json::as_str).unwrap_or("an answer that is none");
                return Err(format!("{}: {why}", self.store.display()).into());
            }
        }
    }

    /// Gives an order and waits for its answer.
    pub fn ask(&mut self, order: &Json) -> Result<Json, Failure> {
        self.order(order)?;
        Ok(self.done()?.0)
    }

    /// Syncs by the library's own transport; an incomplete session is a failure.
    pub fn sync(&mut self) -> Result<Json, Failure> {
        let report = self.ask(&json!({ "do": "sync", "input": {} }))?;
        match report.get("complete").and_then(Json::as_bool) {
            Some(true) => Ok(report),
            _ => Err(format!("{}: sync ended early: {}", self.store.display(), report.get("failure").unwrap_or(&Json::Null)).into()),
        }
    }

    /// SIGKILL: no chance to tidy up. Then the handheld is switched on again.
    pub fn kill_and_reopen(self) -> Result<Player, Failure> {
        let Player { store, mut child, .. } = self;
        child.kill()?;
        child.wait()?;
        Player::start(&store)
    }

    /// Switches the handheld off.
    pub fn stop(self) -> Result<(), Failure> {
        let Player { orders, mut child, .. } = self;
        drop(orders);
        match child.wait()?.success() {
            true => Ok(()),
            false => Err("a handheld ended badly".into()),
        }
    }
}
