//! `plumb init`: from tables of one's own to a project that ingests and trains.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::setup::folder::write;
use crate::setup::program::{failure, run, run_with, sqlite, success};

/// Writes three exports of so many leads, every third of which is won.
fn exports(folder: &Path, leads: usize) {
    let (mut people, mut acts, mut deals) = (
        "id,created_at,email,channel,lost_reason\n".to_owned(),
        "id,lead_id,kind,at,logged_at\n".to_owned(),
        "id,lead_id,result,decided_at\n".to_owned(),
    );
    for number in 1..=leads {
        let (day, won) = (1 + number % 28, number % 3 == 0);
        let month = 1 + number * 10 / (leads + 1);
        let (channel, reason) = if won { ("referral", "") } else { (["ads", "event"][number % 2], "price") };
        people +=
            &format!("{number},2025-{month:02}-{day:02}T08:00:00Z,p{number}@c{number}.example,{channel},{reason}\n");
        acts +=
            &format!("{number},{number},visit,2025-{month:02}-{day:02}T10:00:00Z,2025-{month:02}-{day:02}T10:00:00Z\n");
        let result = if won { "Won" } else { "Lost" };
        deals += &format!("{number},{number},{result},2025-{:02}-{day:02}T08:00:00Z\n", month + 1);
    }
    write(folder, "exports/leads.csv", &people);
    write(folder, "exports/activities.csv", &acts);
    write(folder, "exports/deals.csv", &deals);
}

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn three_exports_become_a_project_that_ingests_and_checks_without_an_error() {
    let folder = TempDir::new().expect("a temporary folder");
    exports(folder.path(), 300);
    let said = success(run(folder.path(), &["init", ".", "exports"]));
    for part in [
        "leads: 300 rows, leads:",
        "activities: 300 rows, events:",
        "deals: 300 rows, outcomes:",
        "target won: within 90 days",
        "left out: lost_reason: a reason is given when it is decided",
        "wrote plumb.toml:",
        "300 leads in 300 versions, 300 events, 300 outcomes",
        "  plumb train\n",
    ] {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
    assert!(read(folder.path(), "sources/event.activities.sql").contains("e.logged_at"));
    assert_eq!(read(folder.path(), ".gitignore"), "data/\n.env\n");
    let checked = success(run(folder.path(), &["check"]));
    assert!(checked.contains(" 0 errors, 0 warnings"), "{checked}");
}

#[test]
fn the_proposed_sql_reads_every_cell_that_the_look_at_the_files_could_read() {
    let folder = TempDir::new().expect("a temporary folder");
    let mut leads =
        "Lead ID,E-Mail,Angelegt am,Rückruf,Mitarbeiter,Umsatz,Fläche,Newsletter,Status,Entschieden am\n".to_owned();
    let months = ["Januar", "Februar", "März", "April", "Mai"];
    for number in 1..=200 {
        let (day, month) = (1 + number % 28, number % 5);
        leads += &format!(
            "L{number},p{number}@c{number}.example,{day}. {} 2025,2025/{}/{day},{},\"{}\",\"{},5 m²\",{},{},{day}. {} 2025\n",
            months[month],
            month + 2,
            ["14+", "3", "12"][number % 3],
            ["5k €", "1.200.000 €", "700,50 €", "1,2 Mio. €"][number % 4],
            number,
            ["igen", "nem"][number % 2],
            ["Gewonnen", "Verloren"][number % 2],
            ["Juni", "Juli"][number % 2],
        );
    }
    write(folder.path(), "leads.csv", &leads);
    let said = success(run(folder.path(), &["init", ".", "leads.csv", "--target", "won=Gewonnen", "--yes"]));
    assert!(said.contains("200 leads in 200 versions, 0 events, 200 outcomes"), "{said}");
    assert!(!said.contains("rejected"), "{said}");
    let sql = read(folder.path(), "sources/lead.sql");
    for part in ["'decimal comma, plus'", "'decimal comma, scale'", "'decimal comma, unit m²'", "'day first'"] {
        assert!(sql.contains(part), "`{part}` is not in:\n{sql}");
    }
}

#[test]
fn nothing_is_written_over() {
    let folder = TempDir::new().expect("a temporary folder");
    exports(folder.path(), 60);
    write(folder.path(), "sources/lead.sql", "SELECT 1");
    let error = failure(run(folder.path(), &["init", ".", "exports", "--no-ingest"]));
    assert!(error.contains("has `sources/lead.sql` already, and nothing is written over"), "{error}");
    assert!(!folder.path().join("plumb.toml").exists(), "nothing at all was written");
    let said = success(run(folder.path(), &["init", ".", "exports", "--no-ingest", "--only-missing"]));
    assert!(said.contains("kept sources/lead.sql: it was there already"), "{said}");
    assert_eq!(read(folder.path(), "sources/lead.sql"), "SELECT 1");
    assert!(folder.path().join("plumb.toml").exists());
}

#[test]
fn without_sources_or_an_outcome_the_error_says_the_way_out() {
    let folder = TempDir::new().expect("a temporary folder");
    let error = failure(run(folder.path(), &["init", "mine"]));
    assert!(error.contains("no sources: name files, a folder of files, or a database's address"), "{error}");
    write(
        folder.path(),
        "leads.csv",
        "id,created_at,status\n1,2025-01-01,new\n2,2025-01-02,open\n3,2025-01-03,new\n4,2025-01-04,open\n",
    );
    let error = failure(run(folder.path(), &["init", "mine", "leads.csv"]));
    assert!(error.contains("nothing says which leads were won") && error.contains("`new` (2)"), "{error}");
    let error = failure(run(folder.path(), &["init", "mine", "leads.csv", "--preset", "sap"]));
    assert!(error.contains("there is no preset `sap`: expected one of `fivetran`"), "{error}");
    assert!(!folder.path().join("mine").exists());
}

#[tokio::test]
async fn a_database_is_a_source_and_only_its_used_tables_are_named() {
    let folder = TempDir::new().expect("a temporary folder");
    let database = folder.path().join("crm.db");
    sqlite(
        &database,
        "CREATE TABLE leads (id INTEGER PRIMARY KEY, created_at TEXT, email TEXT, source TEXT, is_deleted BOOLEAN);
         CREATE TABLE deals (id INTEGER PRIMARY KEY, lead_id INTEGER, stage TEXT, closed_at TEXT);
         CREATE TABLE settings (name TEXT, theme TEXT);
         INSERT INTO leads VALUES (1, '2025-01-01 08:00:00', 'a@a.example', 'ads', 0), (2, '2025-01-02 08:00:00', 'b@b.example', 'web', 0),
           (3, '2025-01-03 08:00:00', 'c@c.example', 'ads', 1), (4, '2025-01-04 08:00:00', 'd@d.example', 'web', 0);
         INSERT INTO deals VALUES (1, 1, 'closed won', '2025-02-01 08:00:00'), (2, 2, 'closed lost', '2025-02-01 08:00:00'),
           (3, 4, 'proposal', NULL);
         INSERT INTO settings VALUES ('colour', 'dark');",
    )
    .await;
    let json = success(run(folder.path(), &["--json", "init", "mine", "--source", "crm=crm.db"]));
    let outcome: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(outcome["targets"][0]["name"], "won");
    assert_eq!(outcome["ingested"]["counts"]["leads"], 3, "the deleted lead is left out");
    let config = read(&folder.path().join("mine"), "plumb.toml");
    assert!(
        config.contains("tables = [\"deals\", \"leads\"]") && config.contains("crm.settings, 1 rows: not used"),
        "{config}"
    );
}

#[test]
fn a_password_is_in_no_file() {
    let folder = TempDir::new().expect("a temporary folder");
    // Nobody listens there: it fails before anything is written.
    let error = failure(run_with(folder.path(), &["init", "mine", "postgres://ada:s3cret@127.0.0.1:9/crm"], &[]));
    assert!(!error.contains("s3cret"), "{error}");
    assert!(!folder.path().join("mine").exists());
}
