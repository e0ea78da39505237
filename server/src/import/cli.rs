//! `zhifa admin import`: the same report, as lines of text.

use std::path::PathBuf;
use std::sync::Arc;

use super::apply::Order;
use super::parse::What;
use super::report::Report;
use crate::app::App;
use crate::base::problem::Problem;
use crate::org::ops::SYSTEM;

/// Options of `zhifa admin import`.
#[derive(Debug, Clone, clap::Args)]
pub struct Call {
    /// What the file is about.
    #[arg(value_enum)]
    what: What,
    /// An XLSX or CSV file.
    file: PathBuf,
    /// Carry out what would otherwise only be shown.
    #[arg(long)]
    apply: bool,
    /// Why; needed where days that have begun are changed.
    #[arg(long, default_value = "")]
    reason: String,
}

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The file.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// What the server says.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The file has errors.
    #[error("nothing was imported: correct the {0} cells above")]
    Faulty(usize),
}

impl Call {
    /// Shows what the file would change, and with `--apply` carries it out.
    pub async fn run(self, app: &Arc<App>) -> Result<(), CallError> {
        let file = std::fs::read(&self.file).map_err(|e| CallError::File(self.file.display().to_string(), e))?;
        let mut report = app.import(SYSTEM, self.what, file.clone(), None).await?;
        if self.apply && report.errors.is_empty() {
            let order = Order { plan: report.plan, reason: self.reason };
            report = app.import(SYSTEM, self.what, file, Some(order)).await?;
        }
        print(&report);
        if report.errors.is_empty() { Ok(()) } else { Err(CallError::Faulty(report.errors.len())) }
    }
}

fn print(report: &Report) {
    for error in &report.errors {
        println!("{}!{} {} \"{}\": {}", error.sheet, error.row, error.column, error.value, error.reason);
    }
    for warning in &report.warnings {
        println!("look at     {warning}");
    }
    for difference in &report.differences {
        println!("difference  {difference}");
    }
    let counts = report.counts;
    println!("file        {} rows of {}, SHA-256 {}", report.rows, report.what, report.sha256);
    println!("rows        {} added, {} changed, {} succeeded", counts.added, counts.changed, counts.succeeded);
    println!("officers    {} added, {} changed", counts.officers_added, counts.officers_changed);
    println!("book        revision {}, {}", report.rev, if report.applied { "imported" } else { "nothing was changed" });
}
