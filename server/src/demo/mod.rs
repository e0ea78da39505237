//! `zhifa demo`: a field day at 新达工地, played by the real program on real data.
//!
//! The server runs in this process; every handheld is a child process (`zhifa handheld`) that works through the
//! exported C symbols and HTTP. The figures at the end come from `verify`, which reads the handhelds' stores and the
//! server's database and trusts none of the players.

mod account;
mod cast;
mod factor;
mod handheld;
mod joint;
mod office;
mod play;
mod player;
mod scenario;
mod spot;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::rt::SystemRunner;

use crate::Running;
use crate::base::clock::{Clock, SystemClock};
use crate::base::config::Config;

pub use handheld::{HandheldOptions, run as handheld};

/// Whatever ends the demo early, in words.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Options of `zhifa demo`.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoOptions {
    /// Folder of the demo: the server's database and keys, and the handhelds' stores.
    #[arg(long, default_value = "zhifa-demo")]
    pub data: PathBuf,
    /// Port on the loopback address; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Decides the answers, and where a handheld is killed.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// End after the account instead of serving on.
    #[arg(long)]
    pub exit: bool,
    /// Leave the clash to you: stop before the reviewer decides, and serve on.
    #[arg(long, conflicts_with_all = ["scenario", "exit"])]
    pub leave_clash: bool,
    /// Print the account as one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Play a story of months instead: `gaoxin-2024`, or a file like `fixtures/scenario/gaoxin-2024.json`.
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "seed")]
    pub scenario: Option<String>,
}

/// Plays the field day, or a scenario. Returns whether every figure is as it must be.
pub fn run(options: &DemoOptions) -> Result<bool, Failure> {
    if let Some(scenario) = &options.scenario {
        return scenario::run(options, scenario);
    }
    let say = |line: &str| {
        if !options.json {
            println!("{line}");
        }
    };
    let running = open(options, Arc::new(SystemClock))?;
    say(&format!("server      {} (embedded SQLite in {})", running.url(), options.data.display()));
    let system = actix_web::rt::System::new();
    let played = cast::Cast::assemble(&system, &running, &options.data)
        .and_then(|cast| play::field_day(&cast, &running.url(), options.seed, options.leave_clash, &say).map(|day| (cast, day)));
    if options.leave_clash {
        let told = played.and_then(|(cast, day)| account::leave(options, &cast, &day, &running.url())).map(|()| true);
        return close(options, &system, running, told);
    }
    let told = played.and_then(|(cast, day)| account::draw_up(options, &cast, &day)).map(|account| {
        account.print(options, &running.url());
        account.good
    });
    close(options, &system, running, told)
}

/// Starts the server of a demonstration by a clock.
fn open(options: &DemoOptions, clock: Arc<dyn Clock>) -> Result<Running, Failure> {
    let mut config = Config::local(&options.data);
    config.listen = SocketAddr::from(([127, 0, 0, 1], options.port));
    let why = |e| format!("the server could not start on port {}: {e}; choose another with --port", options.port);
    Ok(crate::start_with(config, sync_core::schema::kinds(), clock).map_err(why)?)
}

/// Serves on after the account, if that is wanted, and stops.
fn close(options: &DemoOptions, system: &SystemRunner, running: Running, told: Result<bool, Failure>) -> Result<bool, Failure> {
    let waited = if told.is_ok() && !options.exit { system.block_on(crate::serve::stop_signal()) } else { Ok(()) };
    system.block_on(running.stop());
    waited?;
    told
}
