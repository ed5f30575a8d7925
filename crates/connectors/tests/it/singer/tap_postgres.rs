//! `tap-postgres` beside a real server: rows that are changed, deleted and of many digits.

use std::path::PathBuf;
use std::process::Command;

use plumb_connectors::SingerConfig;
use serde_json::json;

use super::{installed, read, read_all};
use crate::support::provided;

/// A database of its own, dropped at the end.
struct Database {
    server: String,
    name: String,
}

impl Database {
    fn new(name: &str) -> Database {
        let server = std::env::var("PLUMB_TEST_POSTGRES_URL")
            .expect("PLUMB_TEST_POSTGRES_URL names a PostgreSQL server: run `cargo xtask test`, which starts one");
        let name = format!("tap_{name}_{}", std::process::id());
        sql(&server, &[&format!("DROP DATABASE IF EXISTS {name}"), &format!("CREATE DATABASE {name}")]);
        Database { server, name }
    }

    fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').expect("an address with a database");
        format!("{server}/{}", self.name)
    }

    fn run(&self, statements: &[&str]) {
        sql(&self.url(), statements);
    }

    fn tap(&self) -> SingerConfig {
        let mut config = installed(&provided("PLUMB_TEST_TAP_POSTGRES"), "tap-postgres");
        let mut url = self.url().replace("postgres://", "postgresql://");
        // The tap insists on a password, also where the server asks for none.
        let (user, host) = url.split_once('@').expect("an address with a user");
        if user.matches(':').count() == 1 {
            url = format!("{user}:unused@{host}");
        }
        config.config = json!({"sqlalchemy_url": url, "filter_schemas": ["public"]});
        config
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        sql(&self.server, &[&format!("DROP DATABASE {} WITH (FORCE)", self.name)]);
    }
}

/// Runs statements by the driver that comes with the tap.
fn sql(url: &str, statements: &[&str]) {
    let python: PathBuf = provided("PLUMB_TEST_TAP_POSTGRES").join("python");
    let program = "import sys, psycopg2\n\
                   connection = psycopg2.connect(sys.argv[1])\n\
                   connection.autocommit = True\n\
                   for statement in sys.argv[2:]: connection.cursor().execute(statement)\n";
    let output = Command::new(python).args(["-c", program, url]).args(statements).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const TABLE: &str = "CREATE TABLE leads (id numeric(20) PRIMARY KEY, name text, amount numeric(38, 4), score float8, \
                     updated_at timestamptz, doc jsonb, tags text[])";

#[tokio::test]
async fn a_whole_table_deletes_what_is_gone_and_keeps_digits() {
    let database = Database::new("whole");
    let first = "INSERT INTO leads VALUES (12345678901234567890, 'Ada', 12345678901234567890.1234, 'infinity', \
                 '2026-01-01', '{\"a\": {\"b\": 12345678901234567890}}', '{x,y}'), (2, 'Bob', 'NaN', 'NaN', NULL, '[1]', NULL)";
    database.run(&[TABLE, first]);
    let mut config = database.tap();
    config.config["emit_activate_version_messages"] = true.into();
    let sink = read_all(&config).await;
    let stream = &sink.streams["public-leads"];
    assert_eq!((&stream.key[..], stream.is_whole), (&["id".to_owned()][..], true));
    eprintln!("{:#?}", sink.tables);
    assert_eq!(sink.column("public-leads", "id"), ["12345678901234567890", "2"]);
    database.run(&["DELETE FROM leads WHERE id = 2", "UPDATE leads SET name = NULL"]);
    let mut sink = sink.next_run();
    read(&config, &mut sink).await.expect("it ends well");
    assert_eq!(sink.column("public-leads", "name"), ["NULL"]);
    assert_eq!(sink.deleted, ["public-leads"]);
}

#[tokio::test]
async fn a_table_with_a_replication_key_goes_on_where_it_was() {
    let database = Database::new("going");
    database.run(&[
        TABLE,
        "INSERT INTO leads (id, name, updated_at) VALUES (1, 'Ada', '2026-01-01'), (2, 'Bob', '2026-01-02')",
    ]);
    let mut config = database.tap();
    config.streams = vec!["public-leads".into()];
    let told = json!({"replication-method": "INCREMENTAL", "replication-key": "updated_at"});
    config.metadata = [("public-leads".to_owned(), told.as_object().expect("a map").clone())].into();
    let sink = read_all(&config).await;
    assert_eq!((sink.rows.len(), sink.streams["public-leads"].is_whole), (2, false));
    database.run(&["UPDATE leads SET name = 'Cleo', updated_at = '2026-01-03' WHERE id = 1"]);
    let mut sink = sink.next_run();
    read(&config, &mut sink).await.expect("it ends well");
    assert_eq!(sink.column("public-leads", "name"), ["Cleo", "Bob"]);
    assert_eq!(sink.rows.len(), 2, "the changed row, and the last one before it once more");
}

#[tokio::test]
async fn a_server_that_is_away_is_an_error_without_the_password() {
    let mut config = installed(&provided("PLUMB_TEST_TAP_POSTGRES"), "tap-postgres");
    config.config =
        json!({"host": "127.0.0.1", "port": 1, "user": "nobody", "password": "s3cret-word", "database": "none"});
    let mut sink = crate::support::Collected::default();
    let error = read(&config, &mut sink).await.expect_err("there is no server");
    assert!(error.what.starts_with("`tap-postgres` failed with exit code 1"), "{error}");
    assert!(!format!("{error:?} {sink:?}").contains("s3cret"), "{error:?} {sink:?}");
}
