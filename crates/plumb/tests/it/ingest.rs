//! `plumb ingest` over all kinds of sources, run again, and on bad input.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tempfile::TempDir;

#[tokio::test]
async fn a_second_run_reads_only_what_is_new() {
    let folder = project(
        "[source.crm]
         kind = \"sqlite\"
         url = \"crm.db\"
         cursor = { leads = \"updated_at\" }
         [source.marketing]
         kind = \"jsonl\"
         url = \"marketing/*.jsonl\"",
    );
    sqlite(
        &folder,
        "CREATE TABLE leads (id INTEGER PRIMARY KEY, email TEXT, budget REAL, updated_at TEXT);
         INSERT INTO leads VALUES (1, 'a@x.org', 10.5, '2026-01-01'), (2, 'b@x.org', NULL, '2026-01-02')",
    )
    .await;
    write(&folder, "marketing/2026-01.jsonl", "{\"email\":\"a@x.org\",\"utm\":{\"source\":\"google\"}}\n");
    assert_eq!(ingest(&folder), "crm: 2 rows read, 2 new\nmarketing: 1 rows read, 1 new\n");

    sqlite(&folder, "UPDATE leads SET email = 'c@x.org', updated_at = '2026-01-03' WHERE id = 1").await;
    let grown =
        "{\"email\":\"a@x.org\",\"utm\":{\"source\":\"google\"}}\n{\"email\":\"b@x.org\",\"kind\":\"opened\"}\n";
    write(&folder, "marketing/2026-01.jsonl", grown);
    write(&folder, "marketing/2026-02.jsonl", "{\"email\":\"b@x.org\",\"kind\":\"clicked\"}\n");
    assert_eq!(ingest(&folder), "crm: 2 rows read, 1 new\nmarketing: 2 rows read, 2 new\n");
    assert_eq!(ingest(&folder), "crm: 1 rows read, 0 new\nmarketing: 0 rows read, 0 new, 2 files unchanged\n");
}

#[tokio::test]
async fn postgresql_is_read_like_any_other_system() {
    let url = std::env::var("PLUMB_TEST_POSTGRES_URL")
        .expect("PLUMB_TEST_POSTGRES_URL names a PostgreSQL server: run `cargo xtask test`, which starts one");
    let mut connection = PgConnection::connect(&url).await.expect("the server answers");
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
    );
    assert_eq!(ingest(&folder), "internal: 2 rows read, 2 new\n");
    connection
        .execute("INSERT INTO applications VALUES ('A-3', 7, false, '2026-02-01')")
        .await
        .expect("a row is added");
    assert_eq!(ingest(&folder), "internal: 2 rows read, 1 new\n");
}

#[tokio::test]
async fn bad_rows_are_kept_aside_with_their_place_and_reason() {
    let folder = project(
        "[source.crm]
         kind = \"sqlite\"
         url = \"crm.db\"
         [source.marketing]
         kind = \"jsonl\"
         url = \"mail.jsonl\"
         [source.sheet]
         kind = \"csv\"
         url = \"sheet.csv\"",
    );
    sqlite(&folder, "CREATE TABLE leads (id INTEGER PRIMARY KEY, budget REAL); INSERT INTO leads VALUES (1, 'lots')")
        .await;
    write(&folder, "mail.jsonl", "{\"email\":\"a@x.org\"}\n\n[1]\n{\"email\":\n");
    write(&folder, "sheet.csv", "id,name\n1,Ada\n2\n");
    for _ in 0..2 {
        let said = ingest(&folder);
        assert!(said.contains("4 rows are kept aside in "), "{said}");
    }
    let rejects = fs::read_to_string(folder.path().join("data/rejects.csv")).expect("the rejects are written");
    for expected in [
        "crm.leads,1,budget,`lots` is text in a column declared as Real",
        "mail.jsonl,3,,expected a JSON object",
        "mail.jsonl,4,,not JSON: ",
        "sheet.csv,3,,",
    ] {
        assert!(rejects.contains(expected), "{expected} is not in\n{rejects}");
    }
}

#[test]
fn what_is_wrong_with_a_project_is_named() {
    refuses("[source.crm]\nkind = \"sqlite\"\nurl = \"crm.db\"", "no database file");
    refuses("[source.m]\nkind = \"jsonl\"\nurl = \"mail/*.jsonl\"", "no file matches");
    refuses("[source.m]\nkind = \"oracle\"\nurl = \"x\"", "unknown variant `oracle`");
    refuses("[source.m]\nkind = \"csv\"\nurl = \"x\"\ncolour = 1", "unknown field `colour`");
    refuses("[source.m]\nkind = \"postgres\"\nurl = \"${PLUMB_TEST_UNSET}\"", "`PLUMB_TEST_UNSET` is not set");
    let empty = TempDir::new().expect("a temporary folder");
    assert!(text(&run(empty.path()).stderr).contains("run in a project folder"));
}

#[track_caller]
fn refuses(config: &str, expected: &str) {
    let folder = project(config);
    let output = run(folder.path());
    let said = text(&output.stderr);
    assert!(!output.status.success() && said.contains(expected), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

fn project(config: &str) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    write(&folder, "plumb.toml", config);
    folder
}

fn write(folder: &TempDir, file: &str, content: &str) {
    let path = folder.path().join(file);
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
    fs::write(path, content).expect("the file can be written");
}

async fn sqlite(folder: &TempDir, sql: &'static str) {
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("crm.db").display());
    let mut connection = SqliteConnection::connect(&url).await.expect("SQLite opens the file");
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.expect("the SQL is right");
    connection.close().await.expect("SQLite closes the file");
}

#[track_caller]
fn ingest(folder: &TempDir) -> String {
    let output = run(folder.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn run(folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plumb"))
        .args(["ingest", "--project"])
        .arg(folder)
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
