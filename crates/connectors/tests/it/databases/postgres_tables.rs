//! Which tables of PostgreSQL are read, and with which key.

use plumb_connectors::{DatabaseConfig, DatabaseKind};

use super::{check_error, check_note, failure, postgres, read, run_postgres};
use crate::support::Collected;

fn config(url: &str) -> DatabaseConfig {
    DatabaseConfig::new(DatabaseKind::Postgres, url)
}

/// Returns the address of a role that may log in and has no other right yet.
async fn role(url: &str, name: &str) -> String {
    let sql = format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
             CREATE ROLE {name} LOGIN PASSWORD 'secret-{name}'; END IF; END $$"
    );
    run_postgres(url, &sql).await;
    let host = url.rsplit_once('@').expect("a host").1;
    format!("postgres://{name}:secret-{name}@{host}")
}

fn names(collected: &Collected) -> Vec<&str> {
    collected.streams.keys().map(String::as_str).collect()
}

#[tokio::test]
async fn partitions_are_not_read_beside_their_parent_and_views_are_tables() {
    let sql = "
        CREATE TABLE leads (id int, region text, note text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
        CREATE TABLE leads_eu PARTITION OF leads FOR VALUES IN ('eu');
        CREATE TABLE leads_us PARTITION OF leads FOR VALUES IN ('us');
        CREATE TABLE base (id int PRIMARY KEY); CREATE TABLE heir (more text) INHERITS (base);
        INSERT INTO base VALUES (1); INSERT INTO heir VALUES (2, 'x');
        INSERT INTO leads VALUES (1, 'eu'), (2, 'us'), (3, 'eu');
        CREATE VIEW open AS SELECT id FROM leads WHERE id > 1;
        CREATE MATERIALIZED VIEW totals AS SELECT region, count(*) n FROM leads GROUP BY region;
        CREATE MATERIALIZED VIEW unfilled AS SELECT 1 AS one WITH NO DATA;
        CREATE SCHEMA sales; CREATE TABLE sales.leads (code text UNIQUE NOT NULL); INSERT INTO sales.leads VALUES ('a');";
    let url = postgres("tables", sql).await;
    let collected = read(&config(&url), Collected::default()).await;
    assert_eq!(names(&collected), ["base", "leads", "open", "totals"]);
    assert_eq!(collected.streams["leads"].key, ["id", "region"]);
    assert_eq!(collected.tables["leads"].len(), 3);
    assert_eq!(collected.tables["base"].len(), 2);
    assert_eq!(collected.tables["open"].len(), 2);
    check_note(&collected, "unfilled", 1, "was not filled yet");
    check_note(&collected, "heir", 1, "inherits from another");

    let tables = vec!["sales.leads".to_owned(), "leads_eu".to_owned()];
    let collected = read(&DatabaseConfig { tables, ..config(&url) }, Collected::default()).await;
    assert_eq!(names(&collected), ["leads_eu", "sales_leads"]);
    assert_eq!(collected.streams["sales_leads"].key, ["code"]);
    assert_eq!(collected.tables["leads_eu"].len(), 2);

    let collected = read(&config(&format!("{url}?options=-csearch_path%3Dsales,public")), Collected::default()).await;
    assert_eq!(collected.column("leads", "code"), ["a"], "the first schema of the path");

    let tables = vec!["nothing".to_owned()];
    let error = failure(&DatabaseConfig { tables, ..config(&url) }, Collected::default()).await;
    check_error(&error, "there is no table `nothing`", "schema.table");
}

#[tokio::test]
async fn a_role_that_may_only_read_sees_keys_and_is_told_what_it_does_not_see() {
    let sql = "
        CREATE TABLE leads (id int PRIMARY KEY, note text); INSERT INTO leads VALUES (1, 'x');
        CREATE TABLE secrets (id int PRIMARY KEY);
        CREATE TABLE partly (id int PRIMARY KEY, open text, closed text); INSERT INTO partly VALUES (1, 'o', 'c');
        CREATE SCHEMA shut; CREATE TABLE shut.leads (id int);
        CREATE TABLE ruled (id int PRIMARY KEY, owner text); INSERT INTO ruled VALUES (1, 'a'), (2, 'b');
        ALTER TABLE ruled ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON ruled USING (owner = 'a');";
    let url = postgres("roles", sql).await;
    let reader = role(&url, "plumb_reader").await;
    run_postgres(
        &url,
        "GRANT SELECT ON leads, ruled TO plumb_reader; GRANT SELECT (id, open) ON partly TO plumb_reader;
         REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public",
    )
    .await;
    let collected = read(&config(&reader), Collected::default()).await;
    assert_eq!(names(&collected), ["leads", "partly", "ruled"]);
    assert_eq!(collected.streams["leads"].key, ["id"]);
    check_note(&collected, "secrets", 1, "the role may not read table `secrets`");
    check_note(&collected, "partly", 1, "the role may not read column `closed`");
    check_note(&collected, "ruled", 1, "row level security");
    for (table, what, way_out) in [
        ("secrets", "the role may not read table `secrets`", "GRANT SELECT ON \"public\".\"secrets\""),
        ("shut.leads", "the role may not use schema `shut`", "GRANT USAGE ON SCHEMA \"shut\""),
    ] {
        let tables = vec![table.to_owned()];
        let error = failure(&DatabaseConfig { tables, ..config(&reader) }, Collected::default()).await;
        check_error(&error, what, way_out);
        assert!(!format!("{error:?}").contains("secret-"), "the password is told to nobody");
    }
    let columns = [("partly".to_owned(), ["closed".to_owned()].into())].into();
    let error = failure(&DatabaseConfig { columns, ..config(&reader) }, Collected::default()).await;
    check_error(&error, "table `partly` has no column `closed`", "GRANT the role SELECT on the column");
}

#[tokio::test]
async fn what_is_gone_or_has_changed_its_type_is_an_error_that_says_so() {
    let sql = "CREATE TABLE leads (id int PRIMARY KEY, score int, note text); INSERT INTO leads VALUES (1, 5, 'x');
        CREATE TABLE events (id int PRIMARY KEY);";
    let url = postgres("gone", sql).await;
    let first = read(&config(&url), Collected::default()).await;
    run_postgres(&url, "ALTER TABLE leads ALTER score TYPE text").await;
    let error = failure(&config(&url), first).await;
    check_error(&error, "column `score` of table `leads` has changed its type: it is `text`, was `integer`", "a view");

    let url = postgres("gone", sql).await;
    let first = read(&config(&url), Collected::default()).await;
    run_postgres(&url, "ALTER TABLE leads DROP score; ALTER TABLE leads ALTER id TYPE bigint").await;
    let (first, outcome) = super::try_read(&config(&url), first).await;
    check_error(&outcome.expect_err("a column is gone"), "column `score` of table `leads` is gone", "leads.score");
    let gone = ["leads.score".to_owned()].into();
    let second = read(&DatabaseConfig { gone, ..config(&url) }, first).await;
    assert_eq!(second.rows.len(), 1, "a wider type is the same");

    run_postgres(&url, "DROP TABLE events").await;
    let error = failure(&config(&url), second).await;
    check_error(&error, "table `events` is gone", "gone = [\"events\"]");
}
