//! One thread per district that runs whatever waits in one transaction: one flush to disk per group, not per request.
//!
//! A request that arrives while a transaction is being flushed shares the next one. Nobody is answered before the
//! commit is known. If a group fails, each request of it is tried alone; one that fails twice alone, for a reason that
//! repetition does not cure, takes its last resort (a push: quarantine `commit_failed`); what may be cured by time
//! (a full disk, a deadlock, a lost connection) is answered [`Failure::Unavailable`] and the sender keeps its copy.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use diesel::connection::SimpleConnection as _;
use sync_core::base::DistrictId;
use sync_core::record::Kinds;
use tokio::sync::oneshot;

use super::live::Live;
use super::store::{Memory, Outcome, StoreError, Want, Working};
use crate::base::clock::Clock;
use crate::base::db::{Conn, Db};
use crate::base::keys::ServerKeys;
use crate::base::problem::Problem;

/// Most requests in one group.
const GROUP: usize = 256;
/// Most requests that wait.
const QUEUE: usize = 2_048;

/// Why a request was not committed. Nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// May succeed later.
    #[error("not available for the moment: {0}")]
    Unavailable(String),
    /// Will not succeed as it stands.
    #[error("could not be committed: {0}")]
    Failed(String),
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        match failure {
            Failure::Unavailable(cause) => {
                tracing::warn!(%cause, "a commit was put off");
                Problem::unavailable("nothing was stored; keep what you sent and repeat it", 5)
            }
            Failure::Failed(cause) => Problem::internal(cause),
        }
    }
}

/// One request's work inside a transaction. May be run several times; only the last run counts.
trait Task: Send {
    fn want(&self) -> &Want;
    fn run(&mut self, store: &mut Working<'_, '_>) -> Result<(), StoreError>;
    fn last_resort(&mut self, store: &mut Working<'_, '_>) -> Result<bool, StoreError>;
    fn answer(self: Box<Self>, result: Result<(), Failure>);
}

type Run<T> = Box<dyn FnMut(&mut Working<'_, '_>) -> Result<T, StoreError> + Send>;

struct Job<T> {
    want: Want,
    run: Run<T>,
    last_resort: Option<Run<T>>,
    done: Option<T>,
    reply: oneshot::Sender<Result<T, Failure>>,
}

impl<T: Send> Task for Job<T> {
    fn want(&self) -> &Want {
        &self.want
    }

    fn run(&mut self, store: &mut Working<'_, '_>) -> Result<(), StoreError> {
        self.done = Some((self.run)(store)?);
        Ok(())
    }

    fn last_resort(&mut self, store: &mut Working<'_, '_>) -> Result<bool, StoreError> {
        let Some(run) = &mut self.last_resort else { return Ok(false) };
        self.done = Some(run(store)?);
        Ok(true)
    }

    fn answer(self: Box<Self>, result: Result<(), Failure>) {
        let answer = match (result, self.done) {
            (Ok(()), Some(done)) => Ok(done),
            (Ok(()), None) => Err(Failure::Failed("a task without a result".into())),
            (Err(failure), _) => Err(failure),
        };
        // A caller that has gone away needs no answer; what was committed stays committed.
        let _ = reply(self.reply, answer);
    }
}

fn reply<T>(to: oneshot::Sender<T>, answer: T) -> Result<(), T> {
    to.send(answer)
}

/// The way to a district's committer.
pub struct Committer {
    queue: Mutex<Option<SyncSender<Box<dyn Task>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Committer {
    /// Starts the thread.
    pub fn start(db: Db, district: DistrictId, kinds: Kinds, clock: Arc<dyn Clock>, live: Arc<Live>, keys: Arc<ServerKeys>) -> std::io::Result<Committer> {
        let (sender, receiver) = sync_channel(QUEUE);
        let worker = Worker { db, district: i64::from(district.0), kinds, clock, live, keys, memory: None, conn: None };
        let thread = std::thread::Builder::new().name(format!("committer-{}", district.0)).spawn(move || worker.work(&receiver))?;
        Ok(Committer { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    fn enqueue<T: Send + 'static>(&self, want: Want, run: Run<T>, last_resort: Option<Run<T>>) -> Result<oneshot::Receiver<Result<T, Failure>>, Failure> {
        let (sender, receiver) = oneshot::channel();
        let job = Box::new(Job { want, run, last_resort, done: None, reply: sender });
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queue.as_ref() else { return Err(Failure::Unavailable("the server is stopping".into())) };
        match queue.try_send(job) {
            Ok(()) => Ok(receiver),
            Err(TrySendError::Full(_)) => Err(Failure::Unavailable("too much is waiting".into())),
            Err(TrySendError::Disconnected(_)) => Err(Failure::Unavailable("the committer has stopped".into())),
        }
    }

    /// Runs work in the next group; returns once it is committed.
    pub async fn run<T: Send + 'static>(&self, want: Want, run: impl FnMut(&mut Working<'_, '_>) -> Result<T, StoreError> + Send + 'static) -> Result<T, Failure> {
        self.enqueue(want, Box::new(run), None)?.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// As [`Committer::run`], with a last resort for work that fails twice alone.
    pub async fn run_or<T: Send + 'static>(
        &self,
        want: Want,
        run: impl FnMut(&mut Working<'_, '_>) -> Result<T, StoreError> + Send + 'static,
        last_resort: impl FnMut(&mut Working<'_, '_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Failure> {
        self.enqueue(want, Box::new(run), Some(Box::new(last_resort)))?.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// As [`Committer::run`], blocking the calling thread: for start-up and commands, not for handlers.
    pub fn run_blocking<T: Send + 'static>(&self, want: Want, run: impl FnMut(&mut Working<'_, '_>) -> Result<T, StoreError> + Send + 'static) -> Result<T, Failure> {
        let answer = self.enqueue(want, Box::new(run), None)?;
        // On a thread of its own, because a thread that belongs to an async runtime may not wait so.
        let waited = std::thread::scope(|scope| scope.spawn(|| answer.blocking_recv()).join());
        waited.map_err(|_| stopped())?.unwrap_or_else(|_| Err(stopped()))
    }

    /// Takes nothing more, finishes what waits, and ends.
    pub fn stop(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A committer that panicked has already failed its callers by dropping their reply channels.
            let _ = thread.join();
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn stopped() -> Failure {
    Failure::Unavailable("the committer stopped before it answered".into())
}

struct Worker {
    db: Db,
    district: i64,
    kinds: Kinds,
    clock: Arc<dyn Clock>,
    live: Arc<Live>,
    keys: Arc<ServerKeys>,
    memory: Option<Memory>,
    conn: Option<Conn>,
}

/// Which of a task's roads is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Road {
    Ordinary,
    LastResort,
}

impl Worker {
    fn work(mut self, queue: &Receiver<Box<dyn Task>>) {
        while let Ok(first) = queue.recv() {
            let mut tasks = vec![first];
            while tasks.len() < GROUP
                && let Ok(next) = queue.try_recv()
            {
                tasks.push(next);
            }
            self.group(tasks);
        }
    }

    fn group(&mut self, mut tasks: Vec<Box<dyn Task>>) {
        if tasks.len() > 1 {
            match self.attempt(&mut tasks, Road::Ordinary) {
                Ok(()) => return tasks.into_iter().for_each(|t| t.answer(Ok(()))),
                Err(cause) => tracing::warn!(%cause, requests = tasks.len(), "a group failed; each request is tried alone"),
            }
        }
        for task in tasks {
            self.alone(task);
        }
    }

    fn alone(&mut self, task: Box<dyn Task>) {
        let mut task = [task];
        let mut result = self.attempt(&mut task, Road::Ordinary);
        if matches!(&result, Err(cause) if !cause.is_transient()) {
            result = self.attempt(&mut task, Road::Ordinary);
        }
        if let Err(cause) = &result
            && !cause.is_transient()
        {
            tracing::error!(%cause, "a request failed twice alone");
            let failed = Failure::Failed(cause.to_string());
            result = self.attempt(&mut task, Road::LastResort);
            if matches!(result, Err(StoreError::Db(diesel::result::Error::RollbackTransaction))) {
                let [task] = task;
                return task.answer(Err(failed));
            }
        }
        let [task] = task;
        task.answer(match result {
            Ok(()) => Ok(()),
            Err(cause) if cause.is_transient() => Err(Failure::Unavailable(cause.to_string())),
            Err(cause) => Err(Failure::Failed(cause.to_string())),
        });
    }

    /// One transaction over all tasks. On failure memory and connection are dropped: nothing is known any more.
    fn attempt(&mut self, tasks: &mut [Box<dyn Task>], road: Road) -> Result<(), StoreError> {
        let memory = self.memory.take().unwrap_or_default();
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.db.conn()?,
        };
        let (district, kinds, keys, live, now) = (self.district, &self.kinds, &self.keys, &self.live, self.clock.now());
        let sole_writer = self.db.sole_writer();
        let (memory, outcome) = conn.write(|tx| {
            let mut store = Working::begin(tx, district, kinds, now, memory, true)?;
            if !sole_writer {
                live.law.reload(store.tx, district)?;
            }
            let mut want = Want::default();
            tasks.iter().for_each(|t| want.add(t.want()));
            if road == Road::LastResort {
                // What cannot be read may be the very reason.
                want.records.clear();
            }
            store.prefetch(&want)?;
            for task in tasks.iter_mut() {
                let run = AssertUnwindSafe(|| match road {
                    Road::Ordinary => task.run(&mut store).map(|()| true),
                    Road::LastResort => task.last_resort(&mut store),
                });
                let done = catch_unwind(run).unwrap_or_else(|panic| Err(StoreError::Panicked(what(panic.as_ref()))))?;
                if !done {
                    return Err(StoreError::Db(diesel::result::Error::RollbackTransaction));
                }
            }
            crate::react::run(&mut store, &live.law.edition(), keys)?;
            store.audit(&keys.receipt)?;
            store.finish()
        })?;
        self.after_commit(&mut conn, &outcome);
        self.memory = Some(memory);
        self.conn = Some(conn);
        Ok(())
    }

    /// Tells everyone. A failure here makes nothing undone: it is logged, and readers ask the database.
    fn after_commit(&self, conn: &mut Conn, outcome: &Outcome) {
        if let Err(cause) = self.live.committed(&self.db, outcome) {
            tracing::error!(%cause, "what was committed could not be announced");
        }
        if let Conn::Pg(c) = conn
            && let Err(cause) = c.batch_execute("NOTIFY zhifa_news")
        {
            tracing::warn!(%cause, "other servers could not be told");
        }
    }
}

fn what(panic: &(dyn std::any::Any + Send)) -> String {
    panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}
