//! What the data folder keeps is checked when a server starts, and on request.

use std::os::unix::fs::FileExt;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::setup::program::{change, column, failure, run, success};
use crate::setup::server::{Server, quick_folder};

const VERIFY: [&str; 4] = ["verify", "--database", "--data", "plumb-quick/leads"];

fn database(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("plumb-quick/leads/plumb.db")
}

/// Overwrites the page at which a table begins.
fn damage(database: &Path, page_of: &'static str) {
    change(database, "PRAGMA wal_checkpoint(TRUNCATE)");
    let page: u64 = column(database, page_of)[0].parse().expect("a number");
    let file = std::fs::OpenOptions::new().write(true).open(database).expect("it is there");
    file.write_all_at(&[0xa5; 4096], (page - 1) * 4096).expect("writable");
}

#[test]
fn a_damaged_database_is_refused_with_what_to_do_and_stays_as_it_is() {
    let folder = quick_folder();
    let server = Server::of_quick(&folder, &[], &[]);
    server.post("/v1/score", &json!({ "target": "won", "features": { "size": 50, "channel": "ads" } }));
    server.get("/v1/leads");
    server.stop();
    assert!(success(run(folder.path(), &VERIFY)).contains("0 problems"));
    damage(&database(&folder), "SELECT CAST(rootpage AS TEXT) FROM sqlite_schema WHERE name = 'prediction'");
    let before = std::fs::read(database(&folder)).expect("readable");
    for command in [&["serve", "--port", "0", "--data", "plumb-quick/leads"][..], &VERIFY] {
        let error = failure(run(folder.path(), command));
        assert!(error.contains("is damaged") && error.contains("nothing was changed"), "{error}");
        assert!(error.contains(".recover") && !error.to_lowercase().contains("delete"), "{error}");
    }
    assert!(std::fs::read(database(&folder)).expect("readable") == before, "not a byte is another");
}

#[test]
fn a_model_and_a_line_of_the_journal_that_cannot_be_read_are_named() {
    let folder = quick_folder();
    let data = folder.path().join("plumb-quick/leads");
    let model = column(&database(&folder), "SELECT model_id FROM model").swap_remove(0);
    std::fs::write(data.join(format!("models/{model}.json")), "{}").expect("writable");
    std::fs::create_dir_all(data.join("journal")).expect("it can be made");
    std::fs::write(data.join("journal/left.jsonl"), "{\"variant\":1}\n").expect("writable");
    let output = run(folder.path(), &[&VERIFY[..], &["--json"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let problems = report["problems"].to_string();
    assert!(problems.contains(&model) && problems.contains("left.jsonl") && problems.contains("byte 0"), "{report}");
    assert!(failure(output).contains("is damaged"));
}
