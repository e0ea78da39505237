//! The account at the end: figures by `verify`, words by the players.

use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::cast::{Cast, PIN, password};
use super::play::Day;
use super::spot::Spot;
use super::{DemoOptions, Failure};

/// The account as `--json` prints it.
#[derive(Debug, Serialize)]
struct Figures {
    handhelds: u64,
    captured: u64,
    applied: u64,
    contested: u64,
    resolved: u64,
    duplicate: u64,
    parked: u64,
    quarantined: u64,
    lost: u64,
    receipts_verified: u64,
    replicas_equal: bool,
}

/// Somebody who can log in.
pub struct Person {
    /// What he does.
    pub does: &'static str,
    /// His id.
    pub id: String,
    /// His name.
    pub name: String,
    /// The secret of his authenticator.
    pub secret: String,
}

/// Says who can log in, and by which line; begins once the next code of the authenticators has come, so that the lines work as they stand.
pub fn log_ins(people: &[Person], url: &str) {
    std::thread::sleep(super::factor::until_next_code());
    println!();
    println!("Where to look (the server goes on at {url}; Ctrl-C ends it):");
    println!("  in a browser: {url}/app (code of the second factor: zhifa otp SECRET)");
    let token = r#"sed 's/.*"access_token":"\([^"]*\).*/\1/'"#;
    for Person { does, id, name, secret } in people.iter().rev() {
        println!("  {does}: {id} ({name}), password {}", password(id));
        let body = format!(r#"{{\"officer\":\"{id}\",\"password\":\"{}\",\"otp\":\"$(zhifa otp {secret})\"}}"#, password(id));
        println!("    TOKEN=$(curl -s {url}/auth/login -H 'content-type: application/json' -d \"{body}\" | {token})");
    }
}

/// What is told at the end.
pub struct Account {
    /// Whether every figure is as it must be.
    pub good: bool,
    figures: Figures,
    findings: Vec<String>,
    people: Vec<Person>,
    visit: String,
    case: Option<String>,
}

/// What `zhifa verify --json` says, as far as it is wanted here.
#[derive(Debug, Deserialize)]
struct Report {
    ok: bool,
    figures: Verified,
    findings: Vec<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Verified {
    handhelds: u64,
    captured: u64,
    applied: u64,
    contested: u64,
    resolved: u64,
    parked: u64,
    quarantined: u64,
    lost: u64,
    receipts_verified: u64,
    replicas_equal: bool,
}

/// Those who can log in in a browser.
fn people(cast: &Cast) -> Result<Vec<Person>, Failure> {
    let does = ["reviewer", "head", "administrator of the system", "administrator of security", "administrator of the audit"];
    let person = |(o, does): (&sync_core::fixtures::Officer, _)| Ok(Person { does, id: o.id.clone(), name: o.name.clone(), secret: cast.factors.secret(&o.id)?.to_owned() });
    [&cast.reviewer, &cast.head].into_iter().chain(&cast.administrators).zip(does).map(person).collect()
}

/// Says where the clash is that is left to whoever looks, and who may decide it.
pub fn leave(options: &DemoOptions, cast: &Cast, day: &Day, url: &str) -> Result<(), Failure> {
    let people = people(cast)?;
    if options.json {
        let person = |p: &Person| json!({ "does": p.does, "id": p.id, "name": p.name, "password": password(&p.id), "secret": p.secret });
        println!("{}", json!({ "people": people.iter().map(person).collect::<Vec<_>>(), "url": url, "visit": day.visit }));
        return Ok(());
    }
    log_ins(&people, url);
    println!("  The clash waits at {url}/app/records/{}/clash", day.visit);
    Ok(())
}

/// Runs `zhifa verify` as a process of its own: it reads the handhelds' stores and the server's database by itself.
pub fn draw_up(options: &DemoOptions, cast: &Cast, day: &Day) -> Result<Account, Failure> {
    let mut verify = Command::new(std::env::current_exe()?);
    verify.arg("verify").arg("--data").arg(&options.data).arg("--journals").arg(&cast.folder).arg("--json");
    let said = verify.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?.stdout;
    let report: Report = serde_json::from_slice(&said).map_err(|e| format!("zhifa verify gave no account: {e}"))?;
    let f = &report.figures;
    let figures = Figures {
        handhelds: f.handhelds,
        captured: f.captured,
        applied: f.applied,
        contested: f.contested,
        resolved: f.resolved,
        duplicate: day.repeats as u64,
        parked: f.parked,
        quarantined: f.quarantined,
        lost: f.lost,
        receipts_verified: f.receipts_verified,
        replicas_equal: f.replicas_equal,
    };
    let settled = figures.contested >= 1 && figures.resolved == figures.contested && !day.settled.is_empty();
    let good = report.ok && figures.lost == 0 && figures.replicas_equal && settled && figures.receipts_verified == figures.handhelds;
    let people = people(cast)?;
    let findings = report.findings.iter().map(ToString::to_string).collect();
    let case = match &day.spot {
        Some(Spot::Served { case, .. }) => Some(case.clone()),
        _ => None,
    };
    Ok(Account { good, figures, findings, people, visit: day.visit.clone(), case })
}

impl Account {
    /// Prints the account, as one JSON object or for people.
    pub fn print(&self, options: &DemoOptions, url: &str) {
        let f = &self.figures;
        if options.json {
            // Plain data: serialising it cannot fail.
            println!("{}", serde_json::to_string(f).unwrap_or_default());
            return;
        }
        println!();
        println!("The account, by `zhifa verify` from the handhelds' own stores and the server's database:");
        println!("  handhelds          {:>6}", f.handhelds);
        println!("  captured           {:>6}   changes, all acknowledged to their officers", f.captured);
        println!("  applied            {:>6}   the office's own among them", f.applied);
        println!("  contested          {:>6}   fields about which officers disagreed", f.contested);
        println!("  resolved           {:>6}   of them, by a reviewer, with a reason", f.resolved);
        println!("  duplicate          {:>6}   sent twice, taken once", f.duplicate);
        println!("  parked             {:>6}", f.parked);
        println!("  quarantined        {:>6}", f.quarantined);
        println!("  lost               {:>6}", f.lost);
        println!("  receipts verified  {:>6}   of {} handhelds", f.receipts_verified, f.handhelds);
        println!("  replicas equal     {:>6}", if f.replicas_equal { "yes" } else { "NO" });
        for finding in &self.findings {
            println!("  ! {finding}");
        }
        println!();
        println!("{}", if self.good { "Nothing was lost, and everybody has the same." } else { "Something is not as it must be; see above." });
        if options.exit {
            return;
        }
        log_ins(&self.people, url);
        println!("  With the reviewer's TOKEN (a code is good once; the next comes within 30 s):");
        println!("  the visit    curl -s {url}/api/v1/records/{} -H \"authorization: Bearer $TOKEN\"", self.visit);
        if let Some(case) = &self.case {
            println!("  the case     curl -s {url}/api/v1/cases/{case} -H \"authorization: Bearer $TOKEN\"");
            println!("  its decision curl -s {url}/api/v1/records/{case}/documents/spot_decision-1/file -H \"authorization: Bearer $TOKEN\" -o decision.pdf");
        }
        println!("  the queue    curl -s '{url}/api/v1/queue?class=contested' -H \"authorization: Bearer $TOKEN\"");
        println!("  handhelds    {} (PIN {PIN})", options.data.join("handhelds").display());
        println!("  verify       zhifa verify --data {} --journals {}", options.data.display(), options.data.join("handhelds").display());
    }
}
