//! The database's schema: numbered files of SQL, each applied once, by sqlx.
//!
//! Not by `sqlx::migrate!`: the macro would compile sqlx and its drivers a second time, for the compiler's own use. The
//! files are read at compile time all the same, by `include_str!`.

use std::borrow::Cow;

use anyhow::{Context, Result, bail};
use plumb_lead::migrate_card;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::SqlitePool;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, SqliteConnection};

use super::damage::RECOVERY;
use super::transaction::{self, MIGRATION_WAIT_MAX};

/// What each version adds, oldest first. A change of the schema is a new file, never an edit of an old one: databases
/// that have it would stay as they are, and sqlx refuses them by the file's checksum.
pub(super) const FILES: [(&str, &str); 11] = [
    ("predictions", include_str!("../../migrations/sqlite/0001_predictions.sql")),
    ("provenance and recent leads", include_str!("../../migrations/sqlite/0002_provenance_and_recent_leads.sql")),
    ("journal and variants", include_str!("../../migrations/sqlite/0003_journal_and_variants.sql")),
    ("score intervals", include_str!("../../migrations/sqlite/0004_score_intervals.sql")),
    ("ground truth", include_str!("../../migrations/sqlite/0005_ground_truth.sql")),
    ("plain names", include_str!("../../migrations/sqlite/0006_plain_names.sql")),
    ("pages and flags", include_str!("../../migrations/sqlite/0007_pages_and_flags.sql")),
    ("list columns", include_str!("../../migrations/sqlite/0008_list_columns.sql")),
    ("monitoring", include_str!("../../migrations/sqlite/0009_monitoring.sql")),
    ("schedule", include_str!("../../migrations/sqlite/0010_schedule.sql")),
    ("retraining", include_str!("../../migrations/sqlite/0011_retraining.sql")),
];

/// The version of this program's schema.
const NEWEST: i64 = FILES.len() as i64;

/// The version that gave the keys of stored model cards other names.
const PLAIN_NAMES: i64 = 6;

/// Brings a database's schema up to date.
pub(super) async fn run(writer: &SqlitePool) -> Result<()> {
    // One transaction for all of it. A second process that opens the file waits here, and then finds nothing to do.
    let mut transaction = transaction::begin(writer, MIGRATION_WAIT_MAX).await?;
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *transaction).await?;
    if found > NEWEST {
        bail!(newer(found));
    }
    if found > 0 && found < NEWEST {
        refuse_damage(&mut transaction).await?;
    }
    let migrator = migrator();
    // Programs before version 6 noted how far they were in `user_version` alone: sqlx has to mark those files as applied.
    // Later ones keep both, so that a program from before is the one to refuse what it does not know.
    // (`skip` and `run` are `run_direct` behind a trait, for which the compiler cannot see that the future may be sent to
    // another thread.)
    migrator.run_direct(Some(found), &mut *transaction, true).await.map_err(explained)?;
    migrator.run_direct(None, &mut *transaction, false).await.map_err(explained)?;
    if found < PLAIN_NAMES {
        rewrite_cards(&mut transaction).await?;
    }
    if found < NEWEST {
        transaction.execute(AssertSqlSafe(format!("PRAGMA user_version = {NEWEST}"))).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Returns an error if the database is damaged: rows would be copied, and their damage with them.
async fn refuse_damage(connection: &mut SqliteConnection) -> Result<()> {
    let problems: Vec<String> = sqlx::query_scalar("PRAGMA quick_check(20)").fetch_all(connection).await?;
    match problems.iter().all(|problem| problem == "ok") {
        true => Ok(()),
        false => bail!("it is damaged, so its schema is not brought up to date: {}; {RECOVERY}", problems.join("; ")),
    }
}

fn migrator() -> Migrator {
    let migration = |((what, sql), version): (&(&'static str, &'static str), i64)| {
        Migration::new(version, Cow::Borrowed(*what), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(FILES.iter().zip(1..).map(migration).collect())
}

/// Returns an error of sqlx's, with what to do about it.
fn explained(error: MigrateError) -> anyhow::Error {
    match error {
        MigrateError::VersionMissing(version) => anyhow::Error::msg(newer(version)),
        MigrateError::VersionMismatch(version) => anyhow::anyhow!(
            "version {version} of its schema is not the one that this program knows: \
             use the program that wrote it, or another data folder"
        ),
        other => anyhow::Error::new(other).context("its schema cannot be brought up to date"),
    }
}

fn newer(version: i64) -> String {
    format!(
        "its schema is version {version}, and this program knows versions up to {NEWEST}: \
         use the newer program that wrote it, or another data folder"
    )
}

/// Gives the keys of all stored model cards their present names.
async fn rewrite_cards(connection: &mut SqliteConnection) -> Result<()> {
    let cards: Vec<(String, String)> =
        sqlx::query_as("SELECT model_id, card_json FROM model").fetch_all(&mut *connection).await?;
    for (model_id, json) in cards {
        let card =
            serde_json::from_str(&json).with_context(|| format!("the card of model `{model_id}` is unreadable"))?;
        sqlx::query("UPDATE model SET card_json = ? WHERE model_id = ?")
            .bind(migrate_card(card).to_string())
            .bind(&model_id)
            .execute(&mut *connection)
            .await
            .with_context(|| format!("cannot rewrite the card of model `{model_id}`"))?;
    }
    Ok(())
}
