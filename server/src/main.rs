//! The program `zhifa`.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use sync_core::base::{DeviceId, OfficerId};
use sync_core::record::Bucket;
use zhifa_server::app::App;
use zhifa_server::auth::totp::Factor;
use zhifa_server::base::clock::{Clock as _, SystemClock};
use zhifa_server::base::config::Config;
use zhifa_server::org::Role;
use zhifa_server::org::ops::{self, NewOfficer, SYSTEM};
use zhifa_server::sync::store::{Want, Working};

type Failure = Box<dyn std::error::Error>;

/// Sync, review and administration of comprehensive law enforcement.
#[derive(Parser)]
#[command(name = "zhifa", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve handhelds and browsers until stopped.
    Serve(Config),
    /// Play a field day at 新达工地 on real data, and tell what became of every change.
    #[cfg(feature = "demo")]
    Demo(zhifa_server::demo::DemoOptions),
    /// Be a handheld without a screen: orders in, answers out, as lines of JSON.
    #[cfg(feature = "demo")]
    #[command(hide = true)]
    Handheld(zhifa_server::demo::HandheldOptions),
    /// Prove from the database, and from handhelds' stores, that nothing was lost or bent.
    Verify(zhifa_server::verify::Call),
    /// Write a case with its evidence into one file that can be checked without this server.
    ExportCase(Box<zhifa_server::package::cli::ExportCase>),
    /// Propose the fewest visits for several organs' plans, and draw at random what anyone can replay.
    Plan(zhifa_server::plan::Call),
    /// Replay a random draw from its transcript, and name what was changed.
    VerifyDraw(zhifa_server::plan::VerifyDraw),
    /// Check the code of an act by the server's public key, without a network.
    VerifyCode(zhifa_server::number::cli::VerifyCode),
    /// Write the index beside the records anew from the records; on SQLite no server may be running.
    Reindex(Config),
    /// Work out anew from the records what the figures rest on, and name every difference; writes nothing.
    Recompute(Config),
    /// Work on officers, codes and devices without HTTP; on SQLite no server may be running.
    Admin(Admin),
    /// Print the present code of a second factor, by its secret in base 32: for demonstrations and recovery.
    Otp {
        /// The secret, as it was shown when the factor was bound.
        secret: String,
    },
    /// Measure how much work the program does for how much CPU.
    #[cfg(feature = "demo")]
    Bench(zhifa_server::bench::Options),
}

#[derive(Args)]
struct Admin {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Enter an officer; the password is read from the variable ZHIFA_PASSWORD.
    CreateOfficer {
        /// Key of the roster.
        officer: OfficerId,
        /// Name.
        #[arg(long)]
        name: String,
        /// Unit.
        #[arg(long)]
        unit: String,
        /// Roles; may be repeated.
        #[arg(long = "role", value_enum, default_values = ["officer"])]
        roles: Vec<Role>,
        /// Buckets granted from now on (`r`, `u:<unit>`, `a:<unit>`); may be repeated.
        #[arg(long = "bucket")]
        buckets: Vec<String>,
        /// The password.
        #[arg(long, env = "ZHIFA_PASSWORD", hide_env_values = true)]
        password: String,
    },
    /// Issue a one-time code: to enrol a handheld, bind a second factor or set a password. With --public-url the text of
    /// the QR code for enrolment is printed below it.
    IssueCode {
        /// For whom.
        officer: OfficerId,
        /// Hours for which it is good.
        #[arg(long, default_value_t = 48)]
        hours: u32,
    },
    /// Bind a fresh second factor in place of any other, for the first administrator and for one who lost his; prints
    /// the secret and its otpauth:// address once.
    BindSecondFactor {
        /// Whose.
        officer: OfficerId,
    },
    /// Grant a bucket from now on.
    Grant {
        /// To whom.
        officer: OfficerId,
        /// `r`, `u:<unit>` or `a:<unit>`.
        bucket: String,
    },
    /// Suspend an officer.
    Suspend {
        /// Whom.
        officer: OfficerId,
    },
    /// Let a suspended officer work again.
    Reinstate {
        /// Whom.
        officer: OfficerId,
    },
    /// Withdraw a device.
    RevokeDevice {
        /// Which.
        device: DeviceId,
    },
    /// Show what a roster or a part of the catalogue would change; with --apply import it.
    Import(zhifa_server::import::cli::Call),
    /// Enter the organisation, calendar, policies and catalogue that come with the program, once.
    LoadFixtures,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A server tells what it does; a command prints its result and, unless RUST_LOG says otherwise, only what is wrong.
    let level = if matches!(cli.command, Command::Serve(_)) { "info" } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| level.into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let outcome = match cli.command {
        Command::Serve(config) => serve(config),
        #[cfg(feature = "demo")]
        Command::Demo(options) => match zhifa_server::demo::run(&options) {
            Ok(true) => Ok(()),
            Ok(false) => Err("the account is not as it must be".into()),
            Err(why) => Err(why as Failure),
        },
        #[cfg(feature = "demo")]
        Command::Handheld(options) => zhifa_server::demo::handheld(&options).map_err(|why| why as Failure),
        Command::Verify(call) => return call.run(),
        Command::ExportCase(call) => call.run(),
        Command::Plan(call) => return call.run(),
        Command::VerifyDraw(call) => return call.run(),
        Command::VerifyCode(call) => return call.run(),
        Command::Reindex(config) => reindex(&config),
        Command::Recompute(config) => recompute(&config),
        Command::Admin(admin) => administer(admin),
        Command::Otp { secret } => otp(&secret),
        #[cfg(feature = "demo")]
        Command::Bench(options) => zhifa_server::bench::run(&options).map_err(|e| -> Failure { e }),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("zhifa: {why}");
            ExitCode::FAILURE
        }
    }
}

fn serve(config: Config) -> Result<(), Failure> {
    actix_web::rt::System::new().block_on(async {
        let running = zhifa_server::start(config).await?;
        println!("listening on {}", running.url());
        zhifa_server::stop_signal().await?;
        tracing::info!("stopping");
        running.stop().await;
        Ok(())
    })
}

fn reindex(config: &Config) -> Result<(), Failure> {
    let app = App::open(config, sync_core::schema::kinds(), std::sync::Arc::new(SystemClock))?;
    println!("{}", app.committer.run_blocking(Want::default(), zhifa_server::index::rebuild)?);
    Ok(())
}

fn recompute(config: &Config) -> Result<(), Failure> {
    let app = App::open(config, sync_core::schema::kinds(), std::sync::Arc::new(SystemClock))?;
    let done = app.committer.run_blocking(Want::default(), zhifa_server::figures::recompute)?;
    println!("{done}");
    for record in &done.first {
        println!("  {record}");
    }
    if done.agrees() { Ok(()) } else { Err("figures are not what the records say; zhifa reindex writes them anew".into()) }
}

fn otp(secret: &str) -> Result<(), Failure> {
    println!("{}", Factor::parse(secret)?.code(SystemClock.now()));
    Ok(())
}

fn administer(admin: Admin) -> Result<(), Failure> {
    let app = App::open(&admin.config, sync_core::schema::kinds(), std::sync::Arc::new(SystemClock))?;
    match admin.what {
        What::CreateOfficer { officer, name, unit, roles, buckets, password } => {
            let hash = zhifa_server::auth::password::hash(&password)?;
            let buckets = buckets.into_iter().map(|b| Bucket(b.into())).collect();
            let new = NewOfficer { officer, name, unit, roles, scope: None, buckets };
            run(&app, move |store| ops::create_officer(store, SYSTEM, &new, &hash))
        }
        What::IssueCode { officer, hours } => {
            let code = zhifa_server::org::http::new_code()?;
            let (kept, who) = (code.clone(), officer.clone());
            run(&app, move |store| ops::issue_code(store, SYSTEM, &who, &kept, hours))?;
            println!("{code}");
            if let Some(uri) = app.invitation(&officer, &code) {
                println!("{uri}");
            }
            Ok(())
        }
        What::BindSecondFactor { officer } => {
            let factor = app.bind_second_factor(&officer)?;
            println!("{}\n{}", factor.to_base32(), factor.uri()?);
            Ok(())
        }
        What::Grant { officer, bucket } => {
            let bucket = Bucket(bucket.into());
            run(&app, move |store| ops::grant(store, SYSTEM, &officer, &bucket, None))
        }
        What::Suspend { officer } => run(&app, move |store| ops::suspend(store, SYSTEM, &officer, true)),
        What::Reinstate { officer } => run(&app, move |store| ops::suspend(store, SYSTEM, &officer, false)),
        What::RevokeDevice { device } => run(&app, move |store| ops::revoke_device(store, SYSTEM, device)),
        What::Import(call) => Ok(actix_web::rt::System::new().block_on(call.run(&std::sync::Arc::new(app)))?),
        What::LoadFixtures => {
            let loaded = actix_web::rt::System::new().block_on(app.load_fixtures(SYSTEM))?;
            println!("{} rows entered; the book is at revision {}", loaded.rows, loaded.rev);
            Ok(())
        }
    }
}

fn run<T: Send + 'static>(app: &App, f: impl FnMut(&mut Working<'_, '_>) -> ops::Op<T> + Send + 'static) -> Result<(), Failure> {
    app.committer.run_blocking(Want::default(), f)??;
    Ok(())
}
