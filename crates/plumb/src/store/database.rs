//! The database's connections: how the file is opened, and how a transaction begins.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};

use super::migrations;

/// How long a writer waits for another process (`plumb train` beside `plumb serve`) to finish its transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);

/// Connections that read at the same time; WAL lets them do so during a write.
const READERS: u32 = 4;

/// Rows of one INSERT: with at most 11 values a row it stays far under SQLite's limit of 32,766 values a statement.
pub(super) const ROWS_PER_INSERT: usize = 500;

/// The opened database. Cheap to clone: all clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(super) readers: SqlitePool,
    /// One connection, so that writers of this process queue here instead of meeting `database is locked`.
    pub(super) writer: SqlitePool,
    /// The file behind [`super::RegistryMarker`].
    pub(super) marker: PathBuf,
}

impl Store {
    /// Opens the database of a data folder's `plumb.db`, makes it if need be, and brings an older schema up to date.
    /// A file that a newer program wrote is refused.
    pub(crate) async fn open(path: &Path) -> Result<Store> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let cannot = || format!("cannot open the operational database `{}`", path.display());
        let writer =
            SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.with_context(cannot)?;
        migrations::run(&writer).await.with_context(cannot)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await
            .with_context(cannot)?;
        Ok(Store { readers, writer, marker: path.with_extension("stamp") })
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
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Begins a transaction that holds the write lock from its start: two processes then wait for each other instead
    /// of failing half-way.
    pub(super) async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.context("the operational database cannot be written")
    }
}
