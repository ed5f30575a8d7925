//! The operational database: predictions, what was said of them, the models' stages, alerts and weekly reports.
//! One SQLite file, `plumb.db`, in the data folder. Storage writes what it is given: ids and times are made by callers.
//!
//! Durability: the file is in WAL mode with `synchronous = NORMAL`. A commit is in the operating system's hands when a
//! call returns, so what was acknowledged survives the program being killed at any moment. A power cut may lose the
//! last commits before it, never the file's consistency. What a server answers is safer: it is in its journal first.

mod insert;
mod feedback;
mod journal;
mod leads;
mod predictions;
mod recent;
mod stage;
mod stages;
mod truth;
mod variants;
mod watch;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Executor, Sqlite, Transaction};

pub(crate) use leads::LeadBrief;
pub(crate) use predictions::{BandCounts, PredictionRow};
pub(crate) use stage::Stage;
pub(crate) use stages::{Action, StageChange};
pub(crate) use truth::{Kept, Told, Truth};
pub(crate) use variants::Variant;

/// The schema's versions, oldest first. A change of the schema is a new entry, never an edit of an old one.
const MIGRATIONS: [&str; 5] = [
    include_str!("schema.sql"),
    include_str!("provenance.sql"),
    include_str!("serving.sql"),
    include_str!("interval.sql"),
    include_str!("truth.sql"),
];

/// How long a writer waits for another process (`plumb train` beside `plumb serve`) to finish its transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);

/// Connections that read at the same time; WAL lets them do so while somebody writes.
const READERS: u32 = 4;

/// Rows of one INSERT: with at most 11 values a row it stays far under SQLite's limit of 32,766 values a statement.
const ROWS_PER_INSERT: usize = 500;

/// The opened database. Cheap to clone: all clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    readers: SqlitePool,
    /// One connection, so that writers of this process queue here instead of meeting `database is locked`.
    writer: SqlitePool,
    /// A file that is written anew after each change of who answers.
    stamp: PathBuf,
}

/// A mark that is another after each change of who answers: cheap to look at, so that a server can do so at each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(Option<(SystemTime, u64)>);

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
        migrate(&writer).await.with_context(cannot)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await
            .with_context(cannot)?;
        Ok(Store { readers, writer, stamp: path.with_extension("stamp") })
    }

    /// Opens the database of a data folder that has one; a folder without is an error and stays as it is.
    pub(crate) async fn open_existing(path: &Path) -> Result<Store> {
        if !path.is_file() {
            bail!("there is no `{}`: expected a data folder that `plumb quick` or `plumb train` wrote", path.display());
        }
        Store::open(path).await
    }

    /// Returns the mark of who answers now.
    pub(crate) fn stamp(&self) -> Stamp {
        let found = std::fs::metadata(&self.stamp).ok();
        Stamp(found.and_then(|found| Some((found.modified().ok()?, found.ino()))))
    }

    /// Makes the mark another. The file is replaced, as its time alone may be the same twice.
    fn touch(&self) -> Result<()> {
        let cannot = || format!("cannot write `{}`", self.stamp.display());
        let draft = self.stamp.with_extension(format!("stamp.{}", std::process::id()));
        std::fs::write(&draft, uuid::Uuid::now_v7().to_string()).with_context(cannot)?;
        std::fs::rename(&draft, &self.stamp).with_context(cannot)
    }

    /// Begins a transaction that holds the write lock from its start: two processes then wait for each other instead
    /// of failing half-way.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.context("the operational database cannot be written")
    }
}

async fn migrate(writer: &SqlitePool) -> Result<()> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *transaction).await?;
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    if done > MIGRATIONS.len() {
        bail!(
            "its schema is version {found}, and this program knows versions up to {}: \
             use the newer program that wrote it, or another data folder",
            MIGRATIONS.len()
        );
    }
    for migration in &MIGRATIONS[done..] {
        transaction.execute(sqlx::raw_sql(*migration)).await?;
    }
    let version = format!("PRAGMA user_version = {}", MIGRATIONS.len());
    transaction.execute(sqlx::raw_sql(AssertSqlSafe(version))).await?;
    transaction.commit().await?;
    Ok(())
}

/// Returns a moment as it is stored. Anything finer than a microsecond is cut off.
fn stored(moment: DateTime<Utc>) -> i64 {
    moment.timestamp_micros()
}

fn moment(stored: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(stored).with_context(|| format!("`{stored}` is not a moment in microseconds"))
}

#[cfg(test)]
pub(crate) mod tests {
    use plumb_lead::{Band, Interval, Prediction, Provenance, Reason, Score};
    use tempfile::TempDir;

    use super::*;

    /// Returns an empty store and the folder that keeps it.
    pub(crate) async fn empty() -> (Store, TempDir) {
        let folder = TempDir::new().expect("a temporary folder");
        let store = Store::open(&folder.path().join("data/plumb.db")).await.expect("an empty folder can hold a store");
        (store, folder)
    }

    /// Returns a prediction of 1 January 2026 and the given hour.
    pub(crate) fn prediction(id: &str, lead_id: &str, hour: u32, score: f64) -> Prediction {
        let reason = Reason {
            field: "industry".into(),
            text: "industry: fintech".into(),
            value: Some("fintech".into()),
            contribution: 0.7,
            actionable: false,
        };
        let score = Score::new(score).expect("a probability");
        Prediction {
            prediction_id: id.into(),
            lead_id: lead_id.into(),
            target: "converted".into(),
            model_id: "cafe".into(),
            as_of: hour_of_new_year(hour),
            score,
            interval: Some(Interval { low: 0.01, high: 0.99 }),
            band: Band::of(score, 0.5),
            reasons: vec![reason],
            provenance: Provenance { ground: Some("f00d".into()), brought: Vec::new(), inputs: vec![Some(0.1), None] },
        }
    }

    pub(crate) fn hour_of_new_year(hour: u32) -> DateTime<Utc> {
        chrono::NaiveDate::from_ymd_opt(2026, 1, 1)
            .and_then(|day| day.and_hms_opt(hour, 0, 0))
            .expect("an hour of the day")
            .and_utc()
    }

    #[tokio::test]
    async fn what_was_written_is_there_when_opened_again() {
        let (store, folder) = empty().await;
        let said = prediction("p1", "ada", 1, 0.9);
        store.insert_predictions(std::slice::from_ref(&said)).await.expect("it is new");
        drop(store);
        let store = Store::open(&folder.path().join("data/plumb.db")).await.expect("it was made before");
        assert_eq!(store.prediction("p1").await.expect("readable"), Some(said));
    }

    #[tokio::test]
    async fn a_database_of_a_newer_program_is_refused() {
        let (store, folder) = empty().await;
        store.writer.execute("PRAGMA user_version = 9").await.expect("a pragma");
        let error = Store::open(&folder.path().join("data/plumb.db")).await.expect_err("9 is not known");
        let text = format!("{error:#}");
        assert!(text.contains("plumb.db") && text.contains("version 9") && text.contains("newer program"), "{text}");
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_named() {
        let folder = TempDir::new().expect("a temporary folder");
        let path = folder.path().join("plumb.db");
        std::fs::write(&path, "this is a letter to my aunt, and it is long enough to be looked at").expect("writable");
        let text = format!("{:#}", Store::open(&path).await.expect_err("it is a letter"));
        assert!(text.contains("plumb.db") && text.contains("not a database"), "{text}");
    }
}
