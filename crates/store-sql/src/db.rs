//! The SQLite engine: one writer thread, a few reader threads, or everything where it is called.
//!
//! Writers that wait at the same moment share one transaction and so one sync to disk, each within a savepoint of its own: it is
//! all or nothing for each caller, and nobody hears "done" before the commit is durable.

use crate::error::unavailable;
use crate::migrate::migrate;
use crate::tx::{Body, Tx};
use futures_util::FutureExt;
use issuesync_model::BoxFuture;
use issuesync_store::{Result, StoreError};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Reader threads of a file.
const READERS: usize = 2;
/// Writers that share one commit at most.
const GROUP_MAX: usize = 256;
/// Statements kept prepared per connection.
const STATEMENTS: usize = 128;

/// Told what became of the commit.
type Reply = Box<dyn FnOnce(Option<StoreError>) + Send>;
/// Runs a body within a savepoint, if there is a transaction; answers whether to keep it, and whom to tell.
type Job = Box<dyn FnOnce(Option<&Tx<'_>>) -> (bool, Reply) + Send>;

pub(crate) enum Db {
    /// A file behind threads.
    Threads { write: Sender<Job>, read: Sender<Job>, path: PathBuf },
    /// A connection behind a lock.
    Inline(Box<Mutex<Connection>>),
}

impl Db {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut writer = connect(path)?;
        writer.pragma_update(None, "journal_mode", "WAL").map_err(unavailable)?;
        // FULL: a commit that was answered survives a power cut too, which is what lets a delivery be acknowledged.
        writer.pragma_update(None, "synchronous", "FULL").map_err(unavailable)?;
        migrate(&mut writer)?;
        let (write, jobs) = channel();
        spawn("issuesync-write", move || write_loop(&writer, &jobs))?;
        let (read, jobs) = channel();
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..READERS {
            let reader = connect(path)?;
            reader.pragma_update(None, "query_only", true).map_err(unavailable)?;
            let jobs = Arc::clone(&jobs);
            spawn("issuesync-read", move || read_loop(&reader, &jobs))?;
        }
        Ok(Self::Threads { write, read, path: path.to_owned() })
    }

    pub(crate) fn memory() -> Result<Self> {
        let mut connection = Connection::open_in_memory().map_err(unavailable)?;
        set_up(&connection)?;
        migrate(&mut connection)?;
        Ok(Self::Inline(Box::new(Mutex::new(connection))))
    }

    /// Runs a body that writes, in a transaction.
    pub(crate) fn write<'s, T: Send + 'static>(
        &'s self,
        body: impl for<'a> FnOnce(&'a Tx<'a>) -> Body<'a, T> + Send + 'static,
    ) -> BoxFuture<'s, Result<T>> {
        match self {
            Self::Threads { write, .. } => send(write, body),
            Self::Inline(connection) => inline(connection, body),
        }
    }

    /// Runs a body that only reads, on one snapshot.
    pub(crate) fn read<'s, T: Send + 'static>(
        &'s self,
        body: impl for<'a> FnOnce(&'a Tx<'a>) -> Body<'a, T> + Send + 'static,
    ) -> BoxFuture<'s, Result<T>> {
        match self {
            Self::Threads { read, .. } => send(read, body),
            Self::Inline(connection) => inline(connection, body),
        }
    }

    pub(crate) async fn backup(&self, to: &Path) -> Result<()> {
        let Self::Threads { path, .. } = self else {
            return Err(StoreError::Unavailable("a database in memory has no backup".to_owned()));
        };
        let from = connect(path)?;
        from.backup("main", to, None::<fn(rusqlite::backup::Progress)>).map_err(unavailable)
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(body);
    started.map(drop).map_err(|error| StoreError::Unavailable(format!("a thread of the store did not start: {error}")))
}

fn connect(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path).map_err(unavailable)?;
    set_up(&connection)?;
    Ok(connection)
}

fn set_up(connection: &Connection) -> Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection
        .execute_batch("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;")
        .map_err(unavailable)
}

fn gone() -> StoreError {
    StoreError::Unavailable("the store has stopped".to_owned())
}

fn send<'s, T: Send + 'static>(
    jobs: &'s Sender<Job>,
    body: impl for<'a> FnOnce(&'a Tx<'a>) -> Body<'a, T> + Send + 'static,
) -> BoxFuture<'s, Result<T>> {
    let (tell, told) = oneshot::channel();
    let job: Job = Box::new(move |tx| {
        let result = tx.map_or_else(|| Err(gone()), |tx| run(tx, body));
        let keep = result.is_ok();
        let reply: Reply = Box::new(move |failed| {
            let answer = match failed {
                Some(error) => result.and(Err(error)),
                None => result,
            };
            // Nobody listens when the caller was dropped; the commit stands all the same.
            drop(tell.send(answer));
        });
        (keep, reply)
    });
    let sent = jobs.send(job);
    Box::pin(async move {
        sent.map_err(|_| gone())?;
        told.await.map_err(|_| gone())?
    })
}

/// Polls a body once: on this engine nothing that it awaits is ever pending.
fn run<T>(tx: &Tx<'_>, body: impl for<'a> FnOnce(&'a Tx<'a>) -> Body<'a, T>) -> Result<T> {
    let ran = catch_unwind(AssertUnwindSafe(|| body(tx).now_or_never()));
    match ran {
        Ok(Some(result)) => result,
        Ok(None) => Err(StoreError::Unavailable("a transaction waited for something outside the database".to_owned())),
        Err(_) => Err(StoreError::Unavailable("a transaction failed inside issuesync; please report it".to_owned())),
    }
}

fn inline<'s, T: Send + 'static>(
    connection: &'s Mutex<Connection>,
    body: impl for<'a> FnOnce(&'a Tx<'a>) -> Body<'a, T> + Send + 'static,
) -> BoxFuture<'s, Result<T>> {
    let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
    let result = (|| {
        plain(&connection, "BEGIN")?;
        let result = run(&Tx { connection: &connection }, body);
        plain(&connection, if result.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        result
    })();
    Box::pin(std::future::ready(result))
}

fn write_loop(connection: &Connection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        while group.len() < GROUP_MAX
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        write_group(connection, group);
    }
}

/// Runs a statement that begins or ends something.
fn plain(connection: &Connection, sql: &'static str) -> Result<()> {
    connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(drop).map_err(unavailable)
}

/// Who writes alone needs no savepoint: the transaction is its own.
fn write_group(connection: &Connection, group: Vec<Job>) {
    let shared = group.len() > 1;
    let mut failed = plain(connection, "BEGIN IMMEDIATE").err();
    let mut replies: Vec<Reply> = Vec::with_capacity(group.len());
    let mut kept = false;
    for job in group {
        if shared {
            failed = failed.or_else(|| plain(connection, "SAVEPOINT job").err());
        }
        let tx = Tx { connection };
        let (keep, reply) = job(failed.is_none().then_some(&tx));
        kept |= keep;
        if shared && !keep {
            failed = failed.or_else(|| plain(connection, "ROLLBACK TO job").err());
        }
        if shared {
            failed = failed.or_else(|| plain(connection, "RELEASE job").err());
        }
        replies.push(reply);
    }
    if kept {
        failed = failed.or_else(|| plain(connection, "COMMIT").err());
    }
    if !connection.is_autocommit()
        && let Err(error) = plain(connection, "ROLLBACK")
    {
        tracing::error!(%error, "a failed transaction could not be rolled back");
    }
    for reply in replies {
        reply(failed.clone());
    }
}

fn read_loop(connection: &Connection, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let begun = plain(connection, "BEGIN").err();
        let tx = Tx { connection };
        let (_, reply) = job(begun.is_none().then_some(&tx));
        let ended = plain(connection, "COMMIT").err();
        reply(begun.or(ended));
    }
}
