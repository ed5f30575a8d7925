//! Servers that are away or do not answer, and sinks that fail.

use std::future::Future;
use std::net::TcpListener;
use std::pin::Pin;
use std::time::Duration;

use plumb_connectors::{Cell, Checkpoint, DatabaseConfig, DatabaseKind, Error, Row, Sink, Stream, read_database};

use super::{check_error, failure, postgres, read, try_read};
use crate::support::Collected;

/// What is done at a row.
type Act = Box<dyn FnOnce() + Send>;

/// A sink that does something when its first row comes.
#[derive(Default)]
pub(super) struct Interrupted {
    pub(super) at_first_row: Option<Act>,
    pub(super) rows: u64,
    deleted: bool,
}

impl Sink for Interrupted {
    fn begin(&mut self, _: &Stream) -> Result<(), Error> {
        Ok(())
    }

    fn row(&mut self, _: &str, _: Row) -> Result<(), Error> {
        self.rows += 1;
        if let Some(act) = self.at_first_row.take() {
            act();
        }
        Ok(())
    }

    fn heard(&mut self, _: &str, _: &[Cell]) -> Result<(), Error> {
        Ok(())
    }

    fn reject(&mut self, _: &str, _: u64, _: &str, _: String) -> Result<(), Error> {
        Ok(())
    }

    fn delete_unheard(&mut self, _: &str) -> Result<(), Error> {
        self.deleted = true;
        Ok(())
    }

    fn checkpoint(&mut self, _: Checkpoint) -> Result<(), Error> {
        Ok(())
    }

    fn note(&mut self, _: &str, _: Option<&str>, _: u64, _: String, _: String) {}

    fn progress(&mut self, _: &str) {}
}

/// Runs something to its end on a thread of its own, while the caller waits.
pub(super) fn on_a_thread(url: String, act: impl FnOnce(String) -> Pin<Box<dyn Future<Output = ()>>> + Send + 'static) {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(act(url));
    };
    std::thread::spawn(run).join().expect("it runs");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    for (kind, scheme) in [(DatabaseKind::Postgres, "postgres"), (DatabaseKind::MySql, "mysql")] {
        let url = format!("{scheme}://user:secret@{address}/crm");
        let connect_timeout = Duration::from_millis(100);
        let config = DatabaseConfig { connect_timeout, ..DatabaseConfig::new(kind, url) };
        let error = failure(&config, Collected::default()).await;
        check_error(&error, "cannot connect: the database has not answered for 0.1 s", "can be reached");
        assert!(error.is_transient && !format!("{error:?} {config:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_server_that_is_away_may_come_back_and_a_wrong_password_does_not_help_itself() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    for (kind, scheme) in [(DatabaseKind::Postgres, "postgres"), (DatabaseKind::MySql, "mysql")] {
        let config = DatabaseConfig::new(kind, format!("{scheme}://user:secret@{address}/crm"));
        let error = failure(&config, Collected::default()).await;
        assert!(error.is_transient && error.what.starts_with("cannot connect"), "{error}");
    }
    let url = super::address("PLUMB_TEST_MYSQL_URL");
    let host = url.rsplit_once('@').expect("a host").1.to_owned();
    let url = format!("mysql://plumb:secret@{host}");
    let error = failure(&DatabaseConfig::new(DatabaseKind::MySql, url), Collected::default()).await;
    assert!(!error.is_transient && !error.what.contains("secret"), "{error}");
}

#[tokio::test]
async fn a_table_that_gives_no_row_in_time_is_named() {
    let sql = "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1);
        CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(60)::text AS waited;";
    let url = postgres("slow", sql).await;
    let statement_timeout = Duration::from_secs(2);
    let config = DatabaseConfig { statement_timeout, ..DatabaseConfig::new(DatabaseKind::Postgres, &url) };
    let error = failure_after_one(&config).await;
    check_error(&error, "cannot read table `slow`: the database has not answered for 2 s", "busy with");
    assert!(error.is_transient);
}

/// The tables before the one that fails are read whole.
async fn failure_after_one(config: &DatabaseConfig) -> Error {
    let (collected, outcome) = try_read(config, Collected::default()).await;
    assert!(collected.checkpoints.is_empty());
    outcome.expect_err("it fails")
}

#[tokio::test]
async fn a_panic_is_an_error_that_names_the_table() {
    let sql = "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1), (2);";
    let url = postgres("panic", sql).await;
    let mut sink = Interrupted { at_first_row: Some(Box::new(|| panic!("on purpose"))), ..Interrupted::default() };
    let config = DatabaseConfig::new(DatabaseKind::Postgres, &url);
    let error = read_database(&config, None, &mut sink).await.expect_err("it fails");
    check_error(&error, "reading table `a` failed in the program, at row 1, column `id`", "casts it to text");
    assert!(!sink.deleted);
}

#[tokio::test]
async fn a_connection_that_breaks_while_rows_come_deletes_nothing() {
    let sql = "CREATE TABLE a (id int PRIMARY KEY, text text);
        INSERT INTO a SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) n;";
    let url = postgres("broken", sql).await;
    let other = url.clone();
    let cut = move || {
        on_a_thread(other, |url| {
            Box::pin(async move {
                let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                           WHERE datname = current_database() AND pid <> pg_backend_pid()";
                super::run_postgres(&url, cut).await;
            })
        });
    };
    let mut sink = Interrupted { at_first_row: Some(Box::new(cut)), ..Interrupted::default() };
    let config = DatabaseConfig::new(DatabaseKind::Postgres, &url);
    let error = read_database(&config, None, &mut sink).await.expect_err("it fails");
    assert!(error.is_transient && error.what.contains("read table `a`"), "{error}");
    assert!(!sink.deleted);
}

#[tokio::test]
async fn a_checkpoint_of_another_program_is_refused() {
    let url = postgres("foreign", "CREATE TABLE a (id int PRIMARY KEY)").await;
    let config = DatabaseConfig::new(DatabaseKind::Postgres, &url);
    let mut collected = read(&config, Collected::default()).await;
    let checkpoint = serde_json::json!({ "version": 99, "tables": {} });
    let error = read_database(&config, Some(&checkpoint), &mut collected).await.expect_err("it is refused");
    check_error(&error, "has layout 99, expected 1", "newer");
}
