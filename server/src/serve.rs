//! Starting and stopping, the same for the program, for the demo and for tests.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App as Http, HttpServer, web};
use sync_core::record::Kinds;

use crate::access::hold;
use crate::app::{App, AppError};
use crate::base::body::refuse_encoded;
use crate::base::clock::{Clock, SystemClock};
use crate::base::config::Config;
use crate::base::problem::{extractors, no_route};
use crate::routes;

/// Seconds that open answers have left once the server stops.
const SHUTDOWN_SECONDS: u64 = 10;

/// A server that runs.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its parts, for calls past HTTP.
    pub app: Arc<App>,
    handle: ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Starts a server with the kinds of the program and the machine's clock. It runs on a thread of its own.
pub async fn start(config: Config) -> Result<Running, AppError> {
    start_with(config, sync_core::schema::kinds(), Arc::new(SystemClock))
}

/// Starts a server with other kinds or another clock. It runs on a thread of its own.
pub fn start_with(config: Config, kinds: Kinds, clock: Arc<dyn Clock>) -> Result<Running, AppError> {
    let app = Arc::new(App::open(&config, kinds, clock)?);
    let listener = TcpListener::bind(config.listen)?;
    let address = listener.local_addr()?;
    let (held, watched) = (app.clone(), app.clone());
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new().name("http".into()).spawn(move || {
        let outcome = actix_web::rt::System::new().block_on(async move {
            let mut server = HttpServer::new(move || {
                let routes = Http::new().app_data(hold(held.clone())).configure(extractors).configure(routes::register);
                routes.wrap(from_fn(refuse_encoded)).default_service(web::to(no_route))
            })
            .shutdown_timeout(SHUTDOWN_SECONDS)
            .disable_signals();
            if let Some(workers) = config.workers {
                server = server.workers(workers.clamp(1, 256));
            }
            actix_web::rt::spawn(crate::due::watch(watched.clone()));
            actix_web::rt::spawn(crate::credit::outbox::watch(watched.clone()));
            actix_web::rt::spawn(crate::file::watch::watch(watched.clone()));
            actix_web::rt::spawn(crate::picture::watch(watched.clone()));
            actix_web::rt::spawn(crate::document::draw::watch(watched));
            let server = server.listen(listener)?.run();
            // Nobody waits for the handle any more only if the starter itself has gone.
            let _ = sender.send(server.handle());
            server.await
        });
        if let Err(cause) = outcome {
            tracing::error!(%cause, "the HTTP server ended");
        }
    })?;
    let handle = receiver.recv().map_err(|_| AppError::Io(std::io::Error::other("the HTTP server did not start")))?;
    tracing::info!(%address, "listening");
    Ok(Running { address, app, handle, thread: Some(thread) })
}

impl Running {
    /// `http://address`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes nothing new, finishes what is under way, and ends.
    pub async fn stop(mut self) {
        self.app.begin_stop();
        // What reads in the background would outlive the server and hold its database.
        self.app.quiet().await;
        self.handle.stop(true).await;
        self.app.end();
        if let Some(thread) = self.thread.take() {
            // A panic of the HTTP thread has been logged by it.
            let _ = thread.join();
        }
    }
}

/// Waits for SIGTERM or Ctrl-C.
#[cfg(unix)]
pub async fn stop_signal() -> std::io::Result<()> {
    use actix_web::rt::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = actix_web::rt::signal::ctrl_c() => interrupted,
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub async fn stop_signal() -> std::io::Result<()> {
    actix_web::rt::signal::ctrl_c().await
}
