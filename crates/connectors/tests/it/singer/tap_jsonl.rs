//! `tap-jsonl`: rows of files, with states by file, as messages and as files.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use plumb_connectors::SingerConfig;
use serde_json::json;

use super::{installed, read, read_all};
use crate::support::provided;

fn tap_jsonl(file: &Path) -> SingerConfig {
    let mut config = installed(&provided("PLUMB_TEST_TAP_JSONL"), "tap-jsonl");
    config.config = json!({"path": file, "stream_name": "leads", "primary_keys": ["id"]});
    config
}

/// Sets when a file was changed, in whole seconds: the tap drops what is less, and would read the file again.
fn set_time(file: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    fs::File::options().write(true).open(file).and_then(|file| file.set_modified(time)).expect("a time");
}

#[tokio::test]
async fn rows_come_once_and_changed_files_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("leads.jsonl");
    let rows = "{\"id\": 1, \"name\": \"Ada\", \"score\": 1.50, \"owner\": {\"team\": \"north\"}}\n{\"id\": 2, \"name\": null}\n";
    fs::write(&file, rows).expect("a file");
    set_time(&file, 1_800_000_000);
    let config = tap_jsonl(&file);
    let sink = read_all(&config).await;
    assert_eq!(
        (sink.column("leads", "name"), sink.column("leads", "owner_team")),
        (vec!["Ada".into(), "NULL".into()], vec!["north".into(), "NULL".into()])
    );
    assert_eq!(sink.streams["leads"].key, ["id"]);
    let mut sink = sink.next_run();
    read(&config, &mut sink).await.expect("it ends well");
    assert_eq!(sink.rows.len(), 0, "the file has not changed");
    fs::write(&file, "{\"id\": 2, \"name\": \"Bob\"}\n").expect("a file");
    set_time(&file, 1_800_000_100);
    let mut sink = sink.next_run();
    read(&config, &mut sink).await.expect("it ends well");
    assert_eq!(sink.column("leads", "name"), ["Ada", "Bob"]);
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
