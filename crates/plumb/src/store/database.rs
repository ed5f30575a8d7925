//! The database's connections: how the file is opened, and how a transaction begins.
//!
//! Each purpose has connections of its own, so that none waits for another: a thousand people who page through lists keep
//! no request from being scored.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};

use super::transaction::{self, WRITE_WAIT_MAX};
use super::{damage, migrations};

/// How long opening waits for another process that opens the file, too.
const OPEN_BUSY_TIMEOUT: Duration = Duration::from_secs(15);

/// Between two transactions of a batch. Whoever waits asks several times in it, so nobody waits for more than the
/// transaction under way.
const TURN_OF_OTHERS: Duration = Duration::from_millis(10);

/// Connections for what requests and commands look up: each look takes microseconds. WAL lets them do so during a write.
const READERS: u32 = 4;

/// Connections for lists and histories: as many as there may be processors to spare for them beside scoring.
pub(crate) const LIST_READERS: u32 = 2;

/// Connections for models, stages and variants: those that lists can take at most, as they show models, too, and two more.
/// So there is one for whoever serves models, which reads only what has changed, and health waits for nobody.
const REGISTRY_READERS: u32 = LIST_READERS + 2;

/// How long one query of a list may take. A page of the largest list takes milliseconds.
pub(crate) const LIST_QUERY_TIME_MAX: Duration = Duration::from_secs(6);

/// Steps of SQLite's machine between two looks at the clock: some ten microseconds.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;

/// How long a reader waits for a connection. It has to be shorter than a caller's patience.
const READER_WAIT_MAX: Duration = Duration::from_secs(5);

/// Rows of one INSERT: with at most 11 values a row it stays far under SQLite's limit of 32,766 values a statement.
pub(super) const ROWS_PER_INSERT: usize = 500;

/// Rows that one transaction of a batch changes: it takes some ten milliseconds.
pub(super) const ROWS_PER_TRANSACTION: usize = 1_000;

/// The opened database. Cheap to clone: all clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    /// For what is looked up: predictions by id, leads of requests, and all that commands read.
    pub(super) readers: SqlitePool,
    /// For lists and histories. A query that takes too long is ended.
    pub(super) lists: SqlitePool,
    /// For the registry.
    pub(super) registry: SqlitePool,
    /// One connection, so that writers of this process queue here instead of meeting `database is locked`.
    pub(super) writer: SqlitePool,
    /// The file.
    pub(super) path: PathBuf,
    /// The file behind [`super::RegistryMarker`].
    pub(super) marker: PathBuf,
    /// What a check has found damaged.
    pub(super) damage: Arc<OnceLock<String>>,
}

impl Store {
    /// Opens the database of a data folder's `plumb.db`, makes it if need be, and brings an older schema up to date.
    /// A file that a newer program wrote is refused.
    pub(crate) async fn open(path: &Path) -> Result<Store> {
        if let Some(folder) = path.parent() {
            plumb_lake::create_folder(folder)?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What a commit has acknowledged is on the disk: a power cut may not take a promotion back.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(OPEN_BUSY_TIMEOUT);
        let cannot = || format!("cannot open the operational database `{}`", path.display());
        let one = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(WRITE_WAIT_MAX)
            .after_connect(|connection, _| Box::pin(transaction::ask_often(connection)));
        let writer = transaction::connect(one, &options, OPEN_BUSY_TIMEOUT)
            .await
            .map_err(|error| damage::with_recovery(error.into()))
            .with_context(cannot)?;
        migrations::run(&writer).await.map_err(damage::with_recovery).with_context(cannot)?;
        let options = options.read_only(true);
        let pool = |connections| SqlitePoolOptions::new().max_connections(connections).acquire_timeout(READER_WAIT_MAX);
        let readers = pool(READERS).connect_with(options.clone()).await.with_context(cannot)?;
        let registry = pool(REGISTRY_READERS).connect_lazy_with(options.clone());
        let lists = pool(LIST_READERS)
            .after_connect(|connection, _| Box::pin(limit_time(connection)))
            .before_acquire(|connection, _| Box::pin(async move { limit_time(connection).await.map(|()| true) }))
            .connect_lazy_with(options);
        let (marker, path) = (path.with_extension("stamp"), path.to_owned());
        Ok(Store { readers, lists, registry, writer, path, marker, damage: Arc::default() })
    }

    /// Opens the database of a data folder that has one; a folder without is an error and stays as it is.
    pub(crate) async fn open_existing(path: &Path) -> Result<Store> {
        if !path.is_file() {
            bail!("there is no `{}`: expected a data folder that `plumb quick` or `plumb train` wrote", path.display());
        }
        Store::open(path).await
    }

    /// Closes all connections, for tests that go on without this store.
    #[cfg(test)]
    pub(crate) async fn close(&self) {
        for pool in [&self.readers, &self.lists, &self.registry, &self.writer] {
            pool.close().await;
        }
    }

    /// Begins a transaction that holds the write lock from its start: two processes then wait for each other instead
    /// of failing half-way.
    pub(super) async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        transaction::begin(&self.writer, WRITE_WAIT_MAX).await.context("the operational database cannot be written")
    }

    /// Takes all connections but those of the registry and of the writer.
    #[cfg(test)]
    pub(crate) async fn hold_readers(&self) -> Vec<sqlx::pool::PoolConnection<Sqlite>> {
        let mut held = Vec::new();
        for (pool, connections) in [(&self.readers, READERS), (&self.lists, LIST_READERS)] {
            for _ in 0..connections {
                held.push(pool.acquire().await.expect("one is free"));
            }
        }
        held
    }

    /// Lets others write, between two transactions of a batch.
    pub(crate) async fn let_others_write(&self) {
        tokio::time::sleep(TURN_OF_OTHERS).await;
    }
}

/// Ends whatever a connection does for longer than [`LIST_QUERY_TIME_MAX`] from now.
async fn limit_time(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let begun = Instant::now();
    let mut handle = connection.lock_handle().await?;
    handle.set_progress_handler(STEPS_BETWEEN_LOOKS, move || begun.elapsed() < LIST_QUERY_TIME_MAX);
    Ok(())
}
