//! Rows that are deleted in the database.

use plumb_connectors::{DatabaseConfig, DatabaseKind};

use super::{check_error, check_note, postgres, read, run_postgres, settle, try_read, with_cursor};
use crate::support::Collected;

const LEADS: &str = "
    CREATE TABLE leads (id int PRIMARY KEY, budget numeric, updated_at timestamptz);
    INSERT INTO leads SELECT n, n, timestamptz '2026-01-01' + n * interval '1 hour' FROM generate_series(1, 100) n;";

#[tokio::test]
async fn all_keys_are_compared_on_request_and_otherwise_the_difference_is_said() {
    let url = postgres("deletes", LEADS).await;
    settle(&url).await;
    let config = with_cursor(DatabaseKind::Postgres, &url, "leads", "updated_at");
    let first = read(&config, Collected::default()).await;
    run_postgres(&url, "DELETE FROM leads WHERE id <= 10").await;
    let second = read(&config, first).await;
    check_note(&second, "leads", 10, "the table has 90 rows, 100 are known");
    assert_eq!(second.tables["leads"].len(), 100);
    let config = DatabaseConfig { compare_keys: ["leads".to_owned()].into(), ..config };
    let third = read(&config, second).await;
    assert_eq!((third.rows.len(), third.tables["leads"].len()), (1, 90));
    assert!(third.notes.is_empty(), "{:?}", third.notes);
}

#[tokio::test]
async fn an_emptied_table_is_an_error_until_somebody_says_that_it_may_be() {
    let url = postgres("emptied", LEADS).await;
    let config = DatabaseConfig::new(DatabaseKind::Postgres, &url);
    let first = read(&config, Collected::default()).await;
    run_postgres(&url, "TRUNCATE leads").await;
    let (first, outcome) = try_read(&config, first).await;
    check_error(
        &outcome.expect_err("it is empty"),
        "table `leads` has no rows, 100 are known",
        "allow_empty = [\"leads\"]",
    );
    assert_eq!(first.tables["leads"].len(), 100);
    let config = DatabaseConfig { allow_empty: ["leads".to_owned()].into(), ..config };
    assert!(read(&config, first).await.tables["leads"].is_empty());
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_there() {
    let url = postgres("rejected", LEADS).await;
    let config = DatabaseConfig::new(DatabaseKind::Postgres, &url);
    let first = read(&config, Collected::default()).await;
    run_postgres(&url, "UPDATE leads SET budget = 90071992547409920001 WHERE id = 7; DELETE FROM leads WHERE id = 8")
        .await;
    let second = read(&config, first).await;
    assert_eq!(second.rejects.len(), 1);
    let ids = second.column("leads", "id");
    assert!(ids.contains(&"Integer(7)".to_owned()) && !ids.contains(&"Integer(8)".to_owned()));
}
