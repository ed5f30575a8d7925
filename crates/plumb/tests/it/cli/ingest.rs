//! `plumb ingest` over all kinds of sources, run again, and on bad input.

use std::fs;

use insta::assert_snapshot;
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

use crate::setup::folder::write;
use crate::setup::program::{failure, run, run_with, sqlite, success};
use crate::setup::redaction::redacted;

/// The relations of a project whose leads are a table with `id` and `email`, and that has neither events nor outcomes.
pub(super) const NO_EVENTS: &str = "SELECT '' AS lead_key, '' AS kind, '' AS at, '' AS known_at WHERE false";
pub(super) const NO_OUTCOMES: &str =
    "SELECT '' AS lead_key, '' AS target, true AS positive, '' AS at, '' AS known_at WHERE false";

#[tokio::test]
async fn a_second_ingest_reads_only_new_rows() {
    let folder = project(
        "[source.crm]
         kind = \"sqlite\"
         url = \"crm.db\"
         cursor = { leads = \"updated_at\" }
         [source.marketing]
         kind = \"jsonl\"
         url = \"marketing/*.jsonl\"",
        "SELECT 'crm:' || id AS lead_key, '2026-01-01' AS created_at, updated_at AS known_at, email FROM crm.leads",
    );
    write(
        folder.path(),
        "sources/event.sql",
        "SELECT l.lead_key, m.kind AS kind, '2026-01-05' AS at, '2026-01-05' AS known_at
         FROM marketing.records m JOIN (SELECT 'crm:' || id AS lead_key, email FROM crm.leads) l ON l.email = m.email",
    );
    let crm = folder.path().join("crm.db");
    sqlite(
        &crm,
        "CREATE TABLE leads (id INTEGER PRIMARY KEY, email TEXT, budget REAL, updated_at TEXT);
         INSERT INTO leads VALUES (1, 'a@x.org', 10.5, '2026-01-01'), (2, 'b@x.org', NULL, '2026-01-02')",
    )
    .await;
    write(folder.path(), "marketing/2026-01.jsonl", "{\"email\":\"a@x.org\",\"kind\":\"opened\"}\n");
    let first = ingest(&folder);
    assert_snapshot!(first, @r"
    crm: 2 rows read, 2 new
    marketing: 1 rows read, 1 new
    2 leads in 2 versions, 1 events, 0 outcomes
    left out: 0 duplicates, 0 test leads with 0 rows
    ");

    sqlite(&crm, "UPDATE leads SET email = 'c@x.org', updated_at = '2026-01-03' WHERE id = 1").await;
    let grown = "{\"email\":\"a@x.org\",\"kind\":\"opened\"}\n{\"email\":\"b@x.org\",\"kind\":\"opened\"}\n";
    write(folder.path(), "marketing/2026-01.jsonl", grown);
    write(folder.path(), "marketing/2026-02.jsonl", "{\"email\":\"b@x.org\",\"kind\":\"clicked\"}\n");
    let second = ingest(&folder);
    // The event of the first file is gone with the address that it names.
    assert_snapshot!(second, @r"
    crm: 2 rows read, 1 new
    marketing: 2 rows read, 2 new
    2 leads in 2 versions, 2 events, 0 outcomes
    left out: 0 duplicates, 0 test leads with 0 rows
    ");
    assert_snapshot!(ingest(&folder), @r"
    crm: 2 rows read, 0 new
    marketing: 0 rows read, 0 new, 2 files unchanged
    nothing is new: 2 leads in 2 versions, 2 events, 0 outcomes
    left out: 0 duplicates, 0 test leads with 0 rows
    ");
}

#[tokio::test]
async fn the_demo_company_ingests_the_same_from_postgresql_as_from_sqlite() {
    let url = postgres_url();
    let mut connection = PgConnection::connect(&url).await.expect("the server answers");
    for statement in ["DROP DATABASE IF EXISTS demo_company", "CREATE DATABASE demo_company"] {
        connection.execute(statement).await.expect("the user may make databases");
    }
    let (server, _) = url.rsplit_once('/').expect("the address ends in a database");
    let url = format!("{server}/demo_company");
    let folder = TempDir::new().expect("a temporary folder");
    let company = |folder_name: &str, more: &[&str]| {
        let arguments = [&["demo", "--leads", "400", "--company-only", "--folder", folder_name], more].concat();
        success(run_with(folder.path(), &arguments, &[("INTERNAL_DB_URL", &url)]));
        success(run_with(&folder.path().join(folder_name), &["ingest"], &[("INTERNAL_DB_URL", &url)]))
    };
    let by_postgres = company("postgres", &["--internal-postgres"]);
    assert!(!folder.path().join("postgres/internal.db").exists());
    assert_eq!(by_postgres, company("sqlite", &[]));
    let unset = run(&folder.path().join("postgres"), &["ingest"]);
    let said = [unset.stdout.as_slice(), unset.stderr.as_slice()].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(!unset.status.success(), "a source was not read");
    assert!(said.contains("environment variable `INTERNAL_DB_URL` is not set"), "{said}");
}

#[tokio::test]
async fn rows_of_postgresql_are_ingested() {
    let mut connection = PgConnection::connect(&postgres_url()).await.expect("the server answers");
    connection
        .execute(
            "DROP TABLE IF EXISTS applications;
             CREATE TABLE applications (number text PRIMARY KEY, fee numeric, approved boolean, decided_at timestamptz);
             INSERT INTO applications VALUES ('A-1', 100.5, true, '2026-01-01T10:00:00+02'), ('A-2', NULL, NULL, NULL)",
        )
        .await
        .expect("the table is made");
    let folder = project(
        "[source.internal]
         kind = \"postgres\"
         url = \"${PLUMB_TEST_POSTGRES_URL}\"
         tables = [\"applications\"]
         cursor = { applications = \"decided_at\" }",
        "SELECT number AS lead_key, '2026-01-01' AS created_at, decided_at AS known_at, fee FROM internal.applications",
    );
    let first = ingest(&folder);
    assert!(first.starts_with("internal: 2 rows read, 2 new\n2 leads in 2 versions"), "{first}");
    connection
        .execute("INSERT INTO applications VALUES ('A-3', 7, false, '2026-02-01')")
        .await
        .expect("a row is added");
    let second = ingest(&folder);
    assert!(second.starts_with("internal: 3 rows read, 1 new\n3 leads in 3 versions"), "{second}");
}

#[test]
fn rows_of_parquet_are_ingested() {
    let first = project(
        "[source.sheet]\nkind = \"csv\"\nurl = \"sheet.csv\"",
        "SELECT id AS lead_key, created_at, created_at AS known_at, name, CAST(budget AS DOUBLE) AS budget FROM sheet.records",
    );
    write(first.path(), "sheet.csv", "id,name,budget,created_at\n1,Ada,10.5,2026-01-01\n2,Bob,,2026-01-02\n");
    ingest(&first);
    // What one project has made of its rows is a Parquet file like another.
    let report = std::fs::read(first.path().join("data/ground/000001/report.json")).expect("it is there");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    let lead = report["relations"]["lead"][0]["sha256"].as_str().expect("one file");
    let second = project(
        &format!(
            "[source.lake]\nkind = \"parquet\"\nurl = \"{}\"",
            first.path().join(format!("data/ground/files/{lead}.parquet")).display()
        ),
        "SELECT lead_id AS lead_key, created_at, known_from AS known_at, name, budget FROM lake.records",
    );
    assert_snapshot!(ingest(&second), @r"
    lake: 2 rows read, 2 new
    2 leads in 2 versions, 0 events, 0 outcomes
    left out: 0 duplicates, 0 test leads with 0 rows
    ");
    assert_snapshot!(ingest(&second), @r"
    lake: 0 rows read, 0 new, 1 files unchanged
    nothing is new: 2 leads in 2 versions, 0 events, 0 outcomes
    left out: 0 duplicates, 0 test leads with 0 rows
    ");
}

#[tokio::test]
async fn rejected_rows_are_listed_with_place_and_reason() {
    let folder = project(
        "[source.crm]
         kind = \"sqlite\"
         url = \"crm.db\"
         [source.marketing]
         kind = \"jsonl\"
         url = \"mail.jsonl\"
         allow_lost = 100
         [source.sheet]
         kind = \"csv\"
         url = \"sheet.csv\"
         allow_lost = 100",
        "SELECT id AS lead_key, '2026-01-01' AS created_at, '2026-01-01' AS known_at, name FROM sheet.records",
    );
    let crm = folder.path().join("crm.db");
    sqlite(&crm, "CREATE TABLE leads (id INTEGER PRIMARY KEY, budget REAL); INSERT INTO leads VALUES (1, 'lots')")
        .await;
    write(folder.path(), "mail.jsonl", "{\"email\":\"a@x.org\"}\n\n[1]\n{\"email\":\n");
    write(folder.path(), "sheet.csv", "id,name\n1,Ada\n2,Bob,x,y\n3,Cy\n");
    assert_snapshot!(ingest(&folder), @r"
    crm: 1 rows read, 0 new
    marketing: 1 rows read, 1 new
    sheet: 2 rows read, 2 new
    2 leads in 2 versions, 0 events, 0 outcomes
    left out: 0 duplicates, 0 test leads with 0 rows
    rejected: crm.leads, line 1, field `budget`: `lots` is no number that 64 bits hold without loss
    rejected: mail.jsonl, line 3: expected a JSON object
    rejected: mail.jsonl, line 4: not JSON: EOF while parsing a value at line 2 column 0
    rejected: sheet.csv, line 3: expected 2 cells, found 4: `x` is too many
    rejected: 4 rows in all, listed in data/runs/000001/rejects.csv
    ");
    assert_snapshot!(ingest(&folder), @r"
    crm: 1 rows read, 0 new
    marketing: 0 rows read, 0 new, 1 files unchanged
    sheet: 0 rows read, 0 new, 1 files unchanged
    nothing is new: 2 leads in 2 versions, 0 events, 0 outcomes
    left out: 0 duplicates, 0 test leads with 0 rows
    rejected: crm.leads, line 1, field `budget`: `lots` is no number that 64 bits hold without loss
    rejected: 4 rows in all, listed in data/runs/000001/rejects.csv
    ");
    assert_snapshot!(success(run(folder.path(), &["ingest", "--json"])), @r#"
    {
      "unchanged": true,
      "sources": [
        {
          "source": "crm",
          "rows_read": 1,
          "rows_new": 0,
          "files_unchanged": 0,
          "notes": []
        },
        {
          "source": "marketing",
          "rows_read": 0,
          "rows_new": 0,
          "files_unchanged": 1,
          "notes": []
        },
        {
          "source": "sheet",
          "rows_read": 0,
          "rows_new": 0,
          "files_unchanged": 1,
          "notes": []
        }
      ],
      "counts": {
        "leads": 2,
        "deleted_leads": 0,
        "lead_versions": 2,
        "events": 0,
        "outcomes": 0,
        "duplicates": 0,
        "ended_events": 0,
        "test_leads": 0,
        "rows_of_test_leads": 0,
        "unmatched_rows": 0,
        "shared_keys": 0
      },
      "undated": [],
      "notes": [],
      "rejected": [
        {
          "file": "crm.leads",
          "line": 1,
          "field": "budget",
          "reason": "`lots` is no number that 64 bits hold without loss"
        }
      ],
      "rejected_total": 4,
      "rejected_file": "data/runs/000001/rejects.csv",
      "unmatched_file": "data/ground/000001/unmatched.csv"
    }
    "#);
    let rejects =
        fs::read_to_string(folder.path().join("data/runs/000001/rejects.csv")).expect("the rejects are written");
    assert_snapshot!(rejects, @r#"
    file,line,field,reason
    crm.leads,1,budget,`lots` is no number that 64 bits hold without loss
    mail.jsonl,3,,expected a JSON object
    mail.jsonl,4,,not JSON: EOF while parsing a value at line 2 column 0
    sheet.csv,3,,"expected 2 cells, found 4: `x` is too many"
    "#);
}

#[test]
fn a_wrong_project_is_refused_with_the_reason() {
    assert_snapshot!(
        refusal("[source.crm]\nkind = \"sqlite\"\nurl = \"crm.db\""),
        @"error: cannot ingest the sources of `.`: source `crm`: no database file `./crm.db`; check `url` in plumb.toml; it is relative to the project folder"
    );
    assert_snapshot!(
        refusal("[source.m]\nkind = \"jsonl\"\nurl = \"mail/*.jsonl\""),
        @"error: cannot ingest the sources of `.`: source `m`: no file matches `./mail/*.jsonl`; check `url` in plumb.toml; it is relative to the project folder"
    );
    assert_snapshot!(
        refusal("[source.m]\nkind = \"oracle\"\nurl = \"x\""),
        @r"error: `./plumb.toml` is wrong: line 2, key `source.m.kind`: unknown variant `oracle`, expected one of `files`, `csv`, `jsonl`, `json`, `sheet`, `parquet`, `sqlite`, `postgres`, `mysql`, `singer`, `airbyte`, `hubspot`, `salesforce`"
    );
    assert_snapshot!(
        refusal("[source.m]\nkind = \"csv\"\nurl = \"x\"\ncolour = 1"),
        @"error: `./plumb.toml` is wrong: line 4, key `source.m.colour`: unknown field `colour`, expected one of `kind`, `url`, `command`, `arguments`, `config`, `catalog`, `discover`, `properties`, `metadata`, `strict_counts`, `environment`, `token`, `client_id`, `client_secret`, `refresh_token`, `objects`, `compare_keys`, `idle_timeout`, `tables`, `cursor`, `look_back`, `columns`, `allow_empty`, `gone`, `key`, `reading`, `allow_lost`, `time_limit`"
    );
    assert_snapshot!(
        refusal("[source.m]\nkind = \"postgres\"\nurl = \"${PLUMB_TEST_UNSET}\""),
        @"error: cannot ingest the sources of `.`: source `m`: environment variable `PLUMB_TEST_UNSET` is not set; export it where `plumb ingest` runs"
    );
    let empty = TempDir::new().expect("a temporary folder");
    assert_snapshot!(
        failure(run(empty.path(), &["ingest"])),
        @"error: cannot read `./plumb.toml`; run in a project folder, or name one by --project: No such file or directory (os error 2)"
    );
    write(empty.path(), "plumb.toml", "");
    assert_snapshot!(
        failure(run(empty.path(), &["ingest"])),
        @"error: cannot list `./sources`: No such file or directory (os error 2)"
    );
}

#[tokio::test]
async fn a_wrong_sql_file_is_named_in_the_error() {
    let folder = project(
        "[source.crm]\nkind = \"sqlite\"\nurl = \"crm.db\"",
        "SELECT id AS lead_key, colour AS created_at, '2026-01-01' AS known_at FROM crm.leads",
    );
    sqlite(&folder.path().join("crm.db"), "CREATE TABLE leads (id TEXT PRIMARY KEY)").await;
    assert_snapshot!(failure(run(folder.path(), &["ingest"])), @r"
    error: cannot ingest the sources of `.`: `sources/lead.sql:1:24`: Schema error: No field named colour.
    Valid fields are crm.leads.id, crm.leads._origin, crm.leads._learned_at.
    ");
}

#[test]
fn sql_that_writes_is_refused() {
    let folder = sheet("");
    let outside = folder.path().join("outside.csv");
    let sql = format!("-- leads\nCOPY (SELECT 1) TO '{}'", outside.display());
    write(folder.path(), "sources/lead.sql", &sql);
    assert_snapshot!(
        failure(run(folder.path(), &["ingest"])),
        @"error: cannot ingest the sources of `.`: `sources/lead.sql:2:1`: `COPY`: expected one SELECT and nothing else: the SQL of a project only reads"
    );
    write(folder.path(), "sources/lead.sql", "SELECT 1; DROP TABLE sheet.records");
    assert_snapshot!(
        failure(run(folder.path(), &["ingest"])),
        @"error: cannot ingest the sources of `.`: `sources/lead.sql:1:11`: a second statement begins here, with `DROP`: expected one SELECT and nothing else: the SQL of a project only reads"
    );
    assert!(!outside.exists());
}

#[test]
fn sql_without_end_is_stopped() {
    let folder = sheet("[limits]\ntime_s = 1\nmemory_mb = 64\nrows = 1000");
    let ands = format!("SELECT id FROM sheet.records WHERE\n  id = 'a'{}", " AND id = 'a'".repeat(10_000));
    for (sql, expected) in [
        ("SELECT n FROM range(1000000000000000) AS b(n)", "1:1`: it has more than 1000 rows, the `limits.rows` of"),
        (
            "SELECT count(*) AS n\nFROM range(1000000000000000)",
            "1:1`: it was stopped after 1 s, the `limits.time_s` of",
        ),
        ("SELECT\n  unnest(range(1000000000000000)) AS n", "2:10`: `range` would make a constant of about 7.1 PiB"),
        ("SELECT string_agg(repeat('x', 9999), '') AS t FROM range(1000000)", "1:1`: it needs more than 64 MiB"),
        (&ands, "2:130008`: it is nested too deep: expected at most 5000 words and signs without a comma"),
    ] {
        write(folder.path(), "sources/lead.sql", sql);
        let error = failure(run(folder.path(), &["ingest"]));
        let begin = format!("error: cannot ingest the sources of `.`: `sources/lead.sql:{expected}");
        assert!(error.starts_with(&begin), "{error}");
        assert_eq!(error.lines().count(), 1, "nothing but the error is said: {error}");
    }
    assert!(!folder.path().join("data/spill").exists());
    write(folder.path(), "plumb.toml", "[limits]\nrows = 0");
    assert_snapshot!(
        failure(run(folder.path(), &["ingest"])),
        @"error: `./plumb.toml` is wrong: key `limits.rows` is 0: expected more, or no such key for the default"
    );
}

/// Passes of the planner put each WITH into the next: a condition on the last would have 2^40 terms.
#[test]
fn a_planner_without_end_is_stopped() {
    let folder = sheet("[limits]\ntime_s = 1\nmemory_mb = 64");
    let mut sql = "WITH w0 AS (SELECT CAST(id AS BIGINT) AS n FROM sheet.records)".to_owned();
    for level in 1..=40 {
        sql += &format!(",\n  w{level} AS (SELECT n + n AS n FROM w{})", level - 1);
    }
    write(folder.path(), "sources/lead.sql", &format!("{sql}\nSELECT n FROM w40 WHERE n > 3 AND n < 5"));
    let error = failure(run(folder.path(), &["ingest"]));
    assert!(
        error.contains("`sources/lead.sql:1:1`: it was stopped after 1 s")
            || error.contains("it needs more than 64 MiB"),
        "{error}"
    );
}

/// Returns a project whose only source is a sheet with a row.
fn sheet(config: &str) -> TempDir {
    let folder = project(&format!("[source.sheet]\nkind = \"csv\"\nurl = \"sheet.csv\"\n{config}"), "");
    write(folder.path(), "sheet.csv", "id,name\n1,Ada\n");
    folder
}

fn postgres_url() -> String {
    std::env::var("PLUMB_TEST_POSTGRES_URL")
        .expect("PLUMB_TEST_POSTGRES_URL names a PostgreSQL server: run `cargo xtask test`, which starts one")
}

/// Returns the error of an ingestion into a project of this configuration.
#[track_caller]
fn refusal(config: &str) -> String {
    redacted(&failure(run(project(config, "SELECT 1").path(), &["ingest"])))
}

fn project(config: &str, leads: &str) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    write(folder.path(), "plumb.toml", config);
    write(folder.path(), "sources/lead.sql", leads);
    write(folder.path(), "sources/event.sql", NO_EVENTS);
    write(folder.path(), "sources/outcome.sql", NO_OUTCOMES);
    folder
}

#[track_caller]
fn ingest(folder: &TempDir) -> String {
    success(run(folder.path(), &["ingest"]))
}
