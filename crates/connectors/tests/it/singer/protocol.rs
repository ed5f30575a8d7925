//! What a tap is given, and what its messages mean.

use std::fs;

use plumb_connectors::SingerConfig;
use serde_json::{Value, json};

use super::{read, read_all, script, tap};
use crate::support::Collected;

/// Prints a catalog when asked for it, and else copies the one that it is given by the flag in `$3`.
const DISCOVERS: &str = r#"
case "$*" in *--discover*) echo '{"streams":[
  {"tap_stream_id":"db-leads","stream":"leads","schema":{},"metadata":[]},{"tap_stream_id":"db-deals","schema":{}}]}'; exit;;
esac
echo "$3" > "$COPY/flag"; cp "$4" "$COPY/catalog"
"#;

fn discovering(folder: &tempfile::TempDir) -> SingerConfig {
    let mut config = tap(["sh", "-c", DISCOVERS, "tap"]);
    config.program.environment.insert("COPY".into(), folder.path().to_str().expect("a path of text").into());
    config
}

#[tokio::test]
async fn streams_are_selected_in_the_catalog_of_the_tap() {
    let folder = tempfile::tempdir().expect("a folder");
    let copied = |name: &str| fs::read_to_string(folder.path().join(name)).expect("the script has written it");
    let selected = || {
        let catalog: Value = serde_json::from_str(&copied("catalog")).expect("it is JSON");
        [0, 1].map(|number| catalog["streams"][number]["selected"] == true)
    };
    let mut config = discovering(&folder);
    read_all(&config).await;
    assert_eq!((copied("flag").trim(), selected()), ("--catalog", [true, true]));
    (config.streams, config.has_properties) = (vec!["leads".into()], true);
    read_all(&config).await;
    assert_eq!((copied("flag").trim(), selected()), ("--properties", [true, false]));
    config.streams = vec!["persons".into()];
    let error = read(&config, &mut Collected::default()).await.expect_err("there is none");
    let expected = "the catalog of `sh` cannot be used: there is no stream `persons`; there are: db-leads, db-deals";
    assert_eq!(error.what, expected);
}

#[tokio::test]
async fn a_catalog_of_ones_own_is_given_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("own.json");
    fs::write(&own, "{ \"streams\": [] }").expect("a file");
    let mut config = discovering(&folder);
    config.catalog = Some(own.clone());
    read_all(&config).await;
    assert_eq!(fs::read_to_string(folder.path().join("catalog")).expect("it was copied"), "{ \"streams\": [] }");
    fs::remove_file(&own).expect("it is there");
    let error = read(&config, &mut Collected::default()).await.expect_err("it is gone");
    assert!(error.what.starts_with("there is no catalog"), "{error}");
}

#[tokio::test]
async fn rows_are_dated_marked_and_emptied() {
    let config = script(
        r#"echo '{"type":"SCHEMA","stream":"a","key_properties":["id"],"schema":{"properties":{"id":{},"name":{}}}}'
           row() { echo "{\"type\":\"RECORD\",\"stream\":\"a\",\"record\":$1,\"time_extracted\":\"$2\"}"; }
           row '{"id":1,"name":"Ada"}' 2026-01-02T03:04:05.678901+01:00
           row '{"id":1,"name":null}' 2999-01-01T00:00:00Z
           row '{"id":2,"name":"Bob","_sdc_deleted_at":null}' yesterday
           row '{"id":3,"name":"Cleo"}' 2026-01-02T03:04:05Z
           row '{"id":3,"_sdc_deleted_at":"2026-01-02T03:04:05Z"}' 2026-01-02T03:04:05Z
           echo '{"type":"METRIC","value":NaN}'; echo "INFO 5 rows""#,
    );
    let sink = read_all(&config).await;
    assert_eq!(
        (sink.column("a", "id"), sink.column("a", "name")),
        (vec!["1".into(), "2".into()], vec!["NULL".into(), "Bob".into()])
    );
    assert_eq!(sink.rows[0].2.heard_at, Some(1_767_319_445_678_901));
    let now = i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is later").as_micros())
        .expect("it is near");
    let late = [1, 2].map(|number: usize| sink.rows[number].2.heard_at.expect("it has one"));
    assert!(
        late.iter().all(|heard_at| (1_767_319_445_678_901..=now).contains(heard_at)),
        "received in the end: {late:?}"
    );
    let deleted: Vec<bool> = sink.rows.iter().map(|(.., row)| row.is_deleted).collect();
    assert_eq!(deleted, [false, false, false, false, true]);
    let notes: Vec<&str> = sink.notes.iter().map(|(.., what)| what.as_str()).collect();
    assert_eq!(notes[1], "messages are of the type `METRIC`, which is unknown, and were left out");
    assert_eq!((sink.notes.len(), &sink.progress[..]), (2, &["INFO 5 rows".to_owned()][..]));
}

#[tokio::test]
async fn keys_of_ones_own_replace_those_of_the_tap() {
    let mut config = script(
        r#"echo '{"type":"SCHEMA","stream":"a","key_properties":[],"schema":{"properties":{"owner":{"properties":{"id":{}}}}}}'
           echo '{"type":"RECORD","stream":"a","record":{"owner":{"id":7},"n":1}}'
           echo '{"type":"RECORD","stream":"a","record":{"owner":{"id":7},"n":2}}'
           echo '{"type":"RECORD","stream":"a","record":{"n":3}}'"#,
    );
    config.keys = [("a".to_owned(), vec!["owner_id".to_owned()])].into();
    config.config = json!({});
    let sink = read_all(&config).await;
    assert_eq!(sink.column("a", "n"), ["2"]);
    assert_eq!(
        sink.rejects,
        [("a".into(), 3, "owner_id".into(), "`owner_id`, which is part of its key, is missing or null".into())]
    );
}
