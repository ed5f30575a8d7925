//! `tap-jsonl`: rows of files, with states by file, as messages and as files.

use std::fs;
use std::path::Path;

use plumb_connectors::SingerConfig;
use serde_json::json;

use super::{installed, read, read_all};
use crate::support::provided;

fn tap_jsonl(file: &Path) -> SingerConfig {
    let mut config = installed(&provided("PLUMB_TEST_TAP_JSONL"), "tap-jsonl");
    config.config = json!({"path": file, "stream_name": "leads", "primary_keys": ["id"]});
    config
}

#[tokio::test]
async fn rows_of_a_file_come_with_their_key_and_the_state_goes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("leads.jsonl");
    let rows = r#"{"id": 1, "name": "Ada", "score": 1.5, "owner": {"team": "north"}}
                  {"id": 2, "name": null}"#;
    fs::write(&file, rows).expect("a file");
    let config = tap_jsonl(&file);
    let sink = read_all(&config).await;
    assert_eq!(sink.column("leads", "name"), ["Ada", "NULL"]);
    assert_eq!(sink.column("leads", "owner_team"), ["north", "NULL"]);
    assert_eq!(sink.streams["leads"].key, ["id"]);
    fs::write(&file, "{\"id\": 2, \"name\": \"Bob\"}\n").expect("a file");
    let mut sink = sink.next_run();
    let last = sink.checkpoints.last().cloned();
    let states = sink.checkpoints.len();
    read(&config, &mut sink).await.expect("it ends well");
    assert_eq!(sink.column("leads", "name"), ["Ada", "Bob"]);
    assert_eq!(sink.checkpoints.get(states), last.as_ref(), "the tap begins with the state that it was given");
}

#[tokio::test]
async fn rows_that_the_tap_puts_into_files_are_read_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("leads.jsonl");
    fs::write(&file, "{\"id\": 1, \"name\": \"Ada\"}\n{\"id\": 2, \"name\": \"Bob\"}\n").expect("a file");
    let batches = folder.path().join("a folder");
    fs::create_dir(&batches).expect("a folder");
    let root = format!("file://{}", batches.display());
    let mut config = tap_jsonl(&file);
    config.config["batch_config"] =
        json!({"encoding": {"format": "jsonl", "compression": "gzip"}, "storage": {"root": root, "prefix": "b-"}});
    let sink = read_all(&config).await;
    assert_eq!(sink.column("leads", "name"), ["Ada", "Bob"], "{:?}", sink.progress);
    assert!(batches.read_dir().expect("the folder").count() > 0, "the files are left to who has asked for them");
}
