//! Checks of the database file: quickly, whether its pages can be read and are in order, and deeply, whether indexes and
//! references agree with the rows.

use anyhow::{Context, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use super::damage;
use super::database::Store;

/// Problems of a kind that are listed: the first say what is the matter.
const PROBLEMS_MAX: usize = 20;

impl Store {
    /// Reads the whole file, and returns what is damaged. It takes as long as the disk takes to read the file.
    pub(crate) async fn quick_check(&self) -> Result<Vec<String>> {
        let mut connection = self.connection_for_check().await?;
        let found = pragma(&mut connection, "quick_check").await;
        close(connection).await;
        found
    }

    /// Reads the whole file, compares each index with its table and each reference with what it refers to, and returns what
    /// does not agree. It takes several times as long as a quick check.
    pub(crate) async fn deep_check(&self) -> Result<Vec<String>> {
        let mut connection = self.connection_for_check().await?;
        let found = deep_check(&mut connection).await;
        close(connection).await;
        found
    }

    /// Remembers that the file is damaged, as a check has found that went on while the server ran.
    pub(crate) fn set_damage(&self, what: String) {
        // The first that was found stays.
        let _ = self.damage.set(what);
    }

    /// Returns what is damaged, if a check has found something: a server is not ready then.
    pub(crate) fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    /// Returns a connection of its own, so that nobody waits for the check.
    async fn connection_for_check(&self) -> Result<SqliteConnection> {
        let options = SqliteConnectOptions::new().filename(&self.path).read_only(true);
        options.connect().await.with_context(|| format!("cannot open `{}` to check it", self.path.display()))
    }
}

async fn deep_check(connection: &mut SqliteConnection) -> Result<Vec<String>> {
    let mut problems = pragma(connection, "integrity_check").await?;
    if !problems.is_empty() {
        return Ok(problems);
    }
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *connection).await;
    for row in broken.context("cannot check the references of the database")?.iter().take(PROBLEMS_MAX) {
        let (table, to): (String, String) = (row.try_get(0)?, row.try_get(2)?);
        let number: Option<i64> = row.try_get(1)?;
        let number = number.map_or_else(|| "a row".to_owned(), |number| format!("row {number}"));
        problems.push(format!("{number} of `{table}` refers to a row of `{to}` that is not there"));
    }
    let sizes: Vec<(String, i64, String)> = sqlx::query_as(
        "SELECT target, list, band FROM (
           SELECT target, list, band, leads FROM list_size WHERE leads <> 0
           EXCEPT SELECT target, list, band, count(*) FROM latest_prediction GROUP BY target, list, band
         ) UNION SELECT target, list, band FROM (
           SELECT target, list, band, count(*) FROM latest_prediction GROUP BY target, list, band
           EXCEPT SELECT target, list, band, leads FROM list_size
         ) LIMIT 20",
    )
    .fetch_all(&mut *connection)
    .await
    .context("cannot count the lists of the database")?;
    let size =
        |(target, _, band)| format!("the list of `{target}` has another number of leads in band {band} than is noted");
    problems.extend(sizes.into_iter().map(size));
    Ok(problems)
}

async fn pragma(connection: &mut SqliteConnection, check: &str) -> Result<Vec<String>> {
    let query = AssertSqlSafe(format!("PRAGMA {check}({PROBLEMS_MAX})"));
    match sqlx::query_scalar(query).fetch_all(connection).await {
        Ok(lines) => Ok(lines.into_iter().filter(|line: &String| line != "ok").collect()),
        // A page that SQLite needs even for this.
        Err(error) if damage::is_damage(&error) => Ok(vec![error.to_string()]),
        Err(error) => Err(error).context("the database cannot be checked"),
    }
}

async fn close(connection: SqliteConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!("a connection was not closed in order: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use sqlx::Executor;

    use super::super::tests::{empty, prediction};

    #[tokio::test]
    async fn a_sound_database_has_no_problem() {
        let (store, _folder) = empty().await;
        store.insert_predictions(&[prediction("p1", "ada", 1, 0.5)]).await.expect("new");
        assert_eq!(store.quick_check().await.expect("checked"), [""; 0]);
        assert_eq!(store.deep_check().await.expect("checked"), [""; 0]);
        assert_eq!(store.damage(), None);
    }

    #[tokio::test]
    async fn a_page_that_was_overwritten_is_found() {
        let (store, folder) = empty().await;
        let all: Vec<_> = (0..300).map(|row| prediction(&format!("p{row}"), &format!("lead {row}"), 1, 0.5)).collect();
        store.insert_predictions(&all).await.expect("new");
        store.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("nobody reads");
        let path = folder.path().join("data/plumb.db");
        let file = std::fs::OpenOptions::new().write(true).open(&path).expect("it is there");
        let page: i64 = sqlx::query_scalar("SELECT rootpage FROM sqlite_schema WHERE name = 'prediction'")
            .fetch_one(&store.readers)
            .await
            .expect("a page");
        file.write_all_at(&[0xa5; 4096], (page as u64 - 1) * 4096).expect("writable");
        let problems = store.quick_check().await.expect("checked");
        assert!(!problems.is_empty());
        store.set_damage(problems.join("; "));
        assert!(store.clone().damage().is_some());
    }

    #[tokio::test]
    async fn a_deep_check_finds_rows_that_do_not_agree() {
        let (store, _folder) = empty().await;
        store.insert_predictions(&[prediction("p1", "ada", 1, 0.5)]).await.expect("new");
        let wrong = "PRAGMA foreign_keys = OFF; DELETE FROM prediction; UPDATE list_size SET leads = 7";
        store.writer.execute(sqlx::raw_sql(wrong)).await.expect("SQL");
        assert_eq!(store.quick_check().await.expect("checked"), [""; 0]);
        let problems = store.deep_check().await.expect("checked");
        assert!(problems.iter().any(|problem| problem.contains("`prediction` that is not there")), "{problems:?}");
        assert!(problems.iter().any(|problem| problem.contains("list of `converted`")), "{problems:?}");
    }
}
