//! What is written into the three systems.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::{Connection, Row, SqliteConnection};

use super::PARAMS;
use crate::calendar::{self, END};
use crate::database::open_sqlite;
use crate::{Params, build};

#[tokio::test]
async fn the_same_seed_writes_the_same_rows() {
    let params = Params { leads: 600, ..PARAMS };
    let [first, second, other] = [tempfile::tempdir(), tempfile::tempdir(), tempfile::tempdir()]
        .map(|folder| folder.expect("a temporary folder"));
    let company = build(first.path(), &params, &|_, _, _| {}).await.expect("the company is built");
    let again = build(second.path(), &params, &|_, _, _| {}).await.expect("the company is built");
    let different = Params { seed: 8, leads: 600, ..PARAMS };
    build(other.path(), &different, &|_, _, _| {}).await.expect("the company is built");
    assert_eq!(company, again);
    let all = everything(first.path()).await;
    assert_eq!(all, everything(second.path()).await);
    assert_ne!(all, everything(other.path()).await);
    // Built over what an earlier attempt left, it is the same once more.
    build(second.path(), &params, &|_, _, _| {}).await.expect("the company is built again");
    assert_eq!(all, everything(second.path()).await);
}

/// Everything that was written, as text: files by name, tables by `database.table`.
async fn everything(folder: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let marketing = std::fs::read_dir(folder.join("marketing")).expect("the folder is there");
    let months = marketing.map(|entry| entry.expect("it can be read").path());
    for path in months.chain(["truth.csv", "plumb.toml"].map(|file| folder.join(file))) {
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        all.insert(path.file_name().expect("a file has a name").to_string_lossy().into_owned(), text);
    }
    for (database, table) in [
        ("crm.db", "accounts"),
        ("crm.db", "leads"),
        ("crm.db", "activities"),
        ("crm.db", "field_history"),
        ("internal.db", "applications"),
        ("internal.db", "decisions"),
        ("internal.db", "placements"),
    ] {
        let mut connection = open_sqlite(&folder.join(database)).await.expect("the database opens");
        all.insert(format!("{database}.{table}"), dump(&mut connection, table).await);
        connection.close().await.expect("the database closes");
    }
    all
}

async fn dump(connection: &mut SqliteConnection, table: &str) -> String {
    let columns: String = sqlx::query_scalar("SELECT group_concat(name, ', ') FROM pragma_table_info(?)")
        .bind(table)
        .fetch_one(&mut *connection)
        .await
        .expect("the table has columns");
    let sql = format!("SELECT json_array({columns}) FROM {table} ORDER BY 1");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await.expect("the table can be read");
    rows.iter().map(|row| row.get::<String, _>(0) + "\n").collect()
}

#[tokio::test]
async fn nothing_recorded_after_today_is_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let company = build(folder.path(), &Params { leads: 3000, ..PARAMS }, &|_, _, _| {}).await.expect("it is built");
    assert!(
        company.crm_records > 3000 && company.unmatched_applications > 0 && company.unreadable_lines > 0,
        "{company:?}"
    );
    assert!((15..30).contains(&(company.events / company.leads)), "{company:?}");
    let today = calendar::utc(END);
    for (table, column) in [("activities", "logged_at"), ("field_history", "recorded_at"), ("leads", "updated_at")] {
        let mut connection = open_sqlite(&folder.path().join("crm.db")).await.expect("the database opens");
        let sql = format!("SELECT max({column}) FROM {table}");
        let last: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await.expect("there are rows");
        assert!(last < today, "{table}.{column}: {last}");
    }
    let truth = std::fs::read_to_string(folder.path().join("truth.csv")).expect("the truth is written");
    assert_eq!(truth.lines().count(), 1 + 3000 * 3 * 2);
}

#[tokio::test]
async fn too_few_leads_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error =
        build(folder.path(), &Params { leads: 3, ..PARAMS }, &|_, _, _| {}).await.expect_err("three show nothing");
    assert_eq!(error.to_string(), "3 leads are too few: the demo company wants 100 or more");
}
