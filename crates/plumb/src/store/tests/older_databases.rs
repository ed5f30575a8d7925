//! Databases that older programs wrote are taken over with all that is in them.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;

use plumb_lead::ModelKind;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, SqliteConnection};
use tempfile::TempDir;

use super::super::{Action, Stage, Variant, migrations};
use super::{Store, hour_of_new_year};

/// Each table of version 5, and what it is called now.
const TABLES: [(&str, &str); 14] = [
    ("prediction", "prediction"),
    ("lead_brief", "lead_brief"),
    ("alert", "alert"),
    ("watch_report", "monitor_report"),
    ("model", "model"),
    ("stage", "stage"),
    ("stage_change", "stage_change"),
    ("recent_lead", "recent_lead"),
    ("journal", "journal_segment"),
    ("variant", "variant"),
    ("variant_change", "variant_change"),
    ("shadow_prediction", "shadow_prediction"),
    ("event_prediction", "event_prediction"),
    ("truth", "ground_truth"),
];

/// Makes a database as a program wrote it that had so many of the files.
async fn older(folder: &TempDir, version: usize, rows: &'static str) -> SqliteConnection {
    let path = folder.path().join("plumb.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.expect("SQLite opens the file");
    for (_, sql) in &migrations::FILES[..version] {
        connection.execute(sqlx::raw_sql(*sql)).await.expect("it was applied by many");
    }
    let version = format!("PRAGMA user_version = {version}");
    connection.execute(AssertSqlSafe(version)).await.expect("a pragma");
    connection.execute(sqlx::raw_sql(rows)).await.expect("rows of that version");
    connection
}

/// Returns all rows of a table, as text, in their order.
async fn rows(connection: &mut SqliteConnection, table: &str) -> Vec<String> {
    let columns = format!("SELECT name FROM pragma_table_info('{table}')");
    let columns: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(columns)).fetch_all(&mut *connection).await.expect("columns");
    assert!(!columns.is_empty(), "there is no table `{table}`");
    let columns: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
    let query = format!("SELECT {} FROM {table} ORDER BY 1", columns.join(" || ' ' || "));
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(connection).await.expect("rows")
}

#[tokio::test]
async fn every_row_of_version_5_is_there_under_the_new_names() {
    let folder = TempDir::new().expect("a temporary folder");
    let mut connection = older(&folder, 5, include_str!("older_rows.sql")).await;
    let mut before = BTreeMap::new();
    for (old, new) in TABLES {
        before.insert(new, rows(&mut connection, old).await);
        assert!(!before[new].is_empty(), "`{old}` has no row to be lost");
    }
    connection.close().await.expect("SQLite closes the file");

    let store = Store::open(&folder.path().join("plumb.db")).await.expect("an older schema is brought up to date");
    let mut connection = store.writer.acquire().await.expect("a connection");
    let tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    let tables: i64 = sqlx::query_scalar(tables).fetch_one(&mut *connection).await.expect("a number");
    assert_eq!(tables, TABLES.len() as i64 + 7, "two that were made anew, four new ones, and the one of sqlx");
    let is_as_it_was = |name: &str| !["model", "lead_brief"].contains(&name);
    for (_, new) in TABLES.iter().filter(|(_, new)| is_as_it_was(new)) {
        let expected: Vec<String> =
            before[new].iter().map(|row| row.replace("{\"brought\":", "{\"overrides\":")).collect();
        assert_eq!(rows(&mut connection, new).await, expected, "{new}");
    }
    assert_eq!(rows(&mut connection, "model").await.len(), 2);
    let fields = r#"[["company","Analytical Engines"],["industry","fintech"],["channel","referral"]]"#;
    let briefs = [format!("'ada' 'Ada' 1767225600000000 '{fields}'"), "'bob' NULL 1767225600000000 '[]'".to_owned()];
    assert_eq!(rows(&mut connection, "lead_brief").await, briefs);
    drop(connection);
    it_is_read_by_todays_program(&store).await;

    drop(store);
    Store::open(&folder.path().join("plumb.db")).await.expect("a second time there is nothing to do");
}

async fn it_is_read_by_todays_program(store: &Store) {
    let latest = store.latest_predictions("converted", 10, None, None).await.expect("read");
    assert_eq!(latest.len(), 1, "bob is decided");
    assert_eq!(latest[0].provenance.inputs, [Some(0.1), None, Some(16_777_216.0)]);
    let bob = store.prediction("p2").await.expect("read").expect("it is there");
    assert_eq!(bob.provenance.overrides, ["lead.budget", "\"brought\\"]);
    assert_eq!(bob.provenance.inputs, [Some(0.3), Some(1e-40)]);
    assert_eq!(store.feedback_of_lead("ada", None, 9).await.expect("read").len(), 1);
    assert_eq!(store.lead_brief("bob").await.expect("read").map(|brief| brief.created_at), Some(hour_of_new_year(0)));
    assert_eq!(store.alerts("converted", None, 9).await.expect("read")[0].column, "channel");
    assert_eq!(store.monitor_reports("converted", None, 9).await.expect("read")[0].rows, 300);

    let card = store.card("cafe").await.expect("readable").expect("it is there");
    assert_eq!((card.kind, card.dataset.rows_censored, card.profits.len()), (ModelKind::Ensemble, 7, 1));
    assert_eq!((card.profits[0].model.value, card.settings.search_trials), (-10.5, Some(6)));
    assert_eq!(store.cards("approved", None, 9).await.expect("readable")[0].1.kind, ModelKind::Logistic);
    assert_eq!(store.model_in_stage("converted", Stage::Champion).await.expect("read").as_deref(), Some("cafe"));
    assert_eq!(store.stage_changes("converted").await.expect("read")[0].action, Action::Promote);
    assert_eq!(store.stage_revision().await.expect("read"), 5);
    let dark = Variant { name: "dark".into(), model_id: Some("cafe".into()), weight: 0.5, shadow: true };
    assert_eq!(store.variants("converted").await.expect("read"), [dark]);

    assert!(store.recent_lead("ada", "f00d").await.expect("read").is_some());
    assert_eq!(store.journal_loaded_bytes("segment").await.expect("read"), 4096);
    assert_eq!(store.labelled_predictions().await.expect("read").len(), 2);
    assert_eq!(store.unmatched_labels().await.expect("read")[0].labels, [false, true]);
}

#[tokio::test]
async fn a_database_of_any_older_version_is_brought_up_to_date() {
    let newest = i64::try_from(migrations::FILES.len()).expect("a few files");
    for version in 1..=7 {
        let folder = TempDir::new().expect("a temporary folder");
        let brief = "INSERT INTO lead_brief VALUES ('ada', 'Ada', 'Engines', NULL, NULL, 1767225600000000)";
        older(&folder, version, brief).await.close().await.expect("SQLite closes the file");
        let store = Store::open(&folder.path().join("plumb.db")).await.expect("an older schema");
        let brief = store.lead_brief("ada").await.expect("read").expect("it is there");
        let field = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
        let fields = [field("company", Some("Engines")), field("industry", None), field("channel", None)];
        assert_eq!(brief.fields, fields, "version {version}");
        assert_eq!(store.unmatched_labels().await.expect("read"), []);
        let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&store.readers).await.expect("a number");
        assert_eq!(found, newest, "so that an older program refuses it");
    }
}

#[tokio::test]
async fn two_processes_that_open_an_older_database_at_once_both_succeed() {
    let folder = TempDir::new().expect("a temporary folder");
    older(&folder, 5, include_str!("older_rows.sql")).await.close().await.expect("SQLite closes the file");
    let path = folder.path().join("plumb.db");
    let (one, other) = tokio::join!(Store::open(&path), Store::open(&path));
    for store in [one, other] {
        assert_eq!(store.expect("either waits").cards("converted", None, 9).await.expect("read").len(), 1);
    }
}

#[tokio::test]
async fn a_card_that_cannot_be_migrated_is_named_and_nothing_is_changed() {
    let folder = TempDir::new().expect("a temporary folder");
    let model = "INSERT INTO model VALUES ('cafe', 'converted', '{\"half', 1)";
    older(&folder, 5, model).await.close().await.expect("SQLite closes the file");
    let path = folder.path().join("plumb.db");
    let error = format!("{:#}", Store::open(&path).await.expect_err("half a card"));
    assert!(error.contains("plumb.db") && error.contains("card of model `cafe` is unreadable"), "{error}");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = options.connect().await.expect("SQLite opens the file");
    assert_eq!(rows(&mut connection, "watch_report").await.len(), 0, "the table is there under its old name");
}

#[tokio::test]
async fn a_list_that_a_time_to_come_has_frozen_is_right_after_the_upgrade() {
    let folder = TempDir::new().expect("a temporary folder");
    // Ada was scored as of the year 9999, and since then as of today; bob is decided; eve came with requests alone.
    let frozen =
        "INSERT INTO prediction (prediction_id, lead_id, target, model_id, as_of, score, band, reasons_json) VALUES
          ('z', 'ada', 'converted', 'cafe', 253402214400000000, 0.01, 'D', '[]'),
          ('p1', 'ada', 'converted', 'cafe', 1767229200000000, 0.9, 'A', '[]'),
          ('p2', 'bob', 'converted', 'cafe', 1767229200000000, 0.8, 'A', '[]'),
          ('p3', 'eve', 'converted', 'cafe', 1767229200000000, 0.7, 'B', '[]'),
          ('p4', 'joe', 'converted', 'cafe', 1767229200000000, 0.6, 'B', '[]');
        INSERT INTO latest_prediction (target, lead_id, prediction_id, as_of, score, band) VALUES
          ('converted', 'ada', 'z', 253402214400000000, 0.01, 'D'),
          ('converted', 'bob', 'p2', 1767229200000000, 0.8, 'A'),
          ('converted', 'eve', 'p3', 1767229200000000, 0.7, 'B'),
          ('converted', 'joe', 'p4', 1767229200000000, 0.6, 'B');
        INSERT INTO decided_lead VALUES ('converted', 'bob');
        INSERT INTO lead_brief (lead_id, created_at) VALUES ('ada', 1), ('bob', 1), ('joe', 1);
        INSERT INTO feedback VALUES ('f1', 'z', 'too_low', 'they called us', 'rep 17', 1767232800000000);";
    older(&folder, 6, frozen).await.close().await.expect("SQLite closes the file");
    let store = Store::open(&folder.path().join("plumb.db")).await.expect("an older schema");
    let listed = store.latest_predictions("converted", 9, None, None).await.expect("read");
    let listed: Vec<&str> = listed.iter().map(|prediction| prediction.prediction_id.as_str()).collect();
    assert_eq!(listed, ["p1", "p4"]);
    assert_eq!(store.band_counts("converted").await.expect("read").total(), 2);
    assert_eq!(store.feedback_of_lead("ada", None, 9).await.expect("read")[0].2.prediction_id, "z");
    assert_eq!(store.deep_check().await.expect("checked"), [""; 0]);
}

#[tokio::test]
async fn a_damaged_database_stays_as_it_is() {
    let folder = TempDir::new().expect("a temporary folder");
    let mut connection = older(&folder, 5, include_str!("older_rows.sql")).await;
    let page = "SELECT rootpage FROM sqlite_schema WHERE name = 'feedback'";
    let page: i64 = sqlx::query_scalar(page).fetch_one(&mut connection).await.expect("a page");
    connection.close().await.expect("SQLite closes the file");
    let path = folder.path().join("plumb.db");
    let file = std::fs::OpenOptions::new().write(true).open(&path).expect("it is there");
    file.write_all_at(&[0xa5; 4096], (page as u64 - 1) * 4096).expect("writable");
    let error = format!("{:#}", Store::open(&path).await.expect_err("a page is lost"));
    assert!(error.contains("plumb.db") && error.contains("is damaged") && error.contains(".recover"), "{error}");
    let mut connection =
        sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.expect("SQLite opens the file");
    assert_eq!(rows(&mut connection, "watch_report").await.len(), 1, "the table is there under its old name");
}
