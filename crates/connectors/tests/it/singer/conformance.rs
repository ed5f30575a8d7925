//! The streams that the Singer SDK tests targets with.

use std::collections::BTreeSet;
use std::path::PathBuf;

use plumb_connectors::Cell;

use super::{read_all, script};
use crate::support::{Collected, provided};

/// The streams, with the rows, the rejected rows and the states that they have. Checkpoints are one more.
const STREAMS: [(&str, usize, usize, usize); 20] = [
    ("array_data", 4, 0, 1),
    ("camelcase", 2, 0, 0),
    ("camelcase_complex_schema", 0, 0, 0),
    ("duplicate_records", 5, 0, 1),
    ("encoded_string_data", 28, 0, 1),
    ("invalid_schema", 0, 0, 0),
    ("multiple_state_messages", 12, 0, 5),
    ("no_primary_keys", 3, 0, 1),
    ("no_primary_keys_append", 5, 0, 1),
    ("optional_attributes", 4, 0, 1),
    ("pk_updates", 2, 0, 0),
    ("record_before_schema", 1, 1, 0),
    ("record_missing_fields", 2, 0, 1),
    ("record_missing_key_property", 0, 1, 0),
    ("record_missing_required_property", 1, 0, 0),
    ("schema_no_properties", 4, 0, 0),
    ("schema_updates", 6, 0, 1),
    ("special_chars_in_attributes", 1, 0, 0),
    ("user_location_data", 11, 0, 1),
    ("user_location_upsert_data", 14, 0, 1),
];

fn folder() -> PathBuf {
    let library = provided("PLUMB_TEST_SINGER_SDK").join("../lib");
    let python = library.read_dir().expect("an environment of Python").flatten().next().expect("one version").path();
    python.join("site-packages/singer_sdk/testing/target_test_streams")
}

/// Returns what a stream gives.
async fn stream(name: &str) -> Collected {
    let file = folder().join(format!("{name}.singer"));
    read_all(&script(&format!("exec cat '{}'", file.display()))).await
}

#[tokio::test]
async fn each_stream_has_its_rows_and_its_states() {
    let files = folder().read_dir().expect("the streams").flatten().map(|file| file.path());
    let names: BTreeSet<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "singer"))
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, STREAMS.map(|(name, ..)| name.to_owned()).into());
    for (name, rows, rejected, states) in STREAMS {
        let sink = stream(name).await;
        let given = (name, sink.rows.len(), sink.rejects.len(), sink.checkpoints.len() - 1);
        assert_eq!(given, (name, rows, rejected, states));
    }
}

#[tokio::test]
async fn cells_are_what_the_streams_say() {
    let sink = stream("array_data").await;
    assert_eq!(sink.column("test_array_data", "fruits")[0], r#"["apple","orange","pear"]"#);
    let sink = stream("duplicate_records").await;
    assert_eq!(sink.column("test_duplicate_records", "metric"), ["100", "20"]);
    let sink = stream("encoded_string_data").await;
    assert!(sink.column("test_strings", "info").contains(&"various \" \\ / \n escape sequences".to_owned()));
    assert!(sink.column("test_strings_in_objects", "info_value").contains(&"\0 A \u{1}".to_owned()));
    let sink = stream("schema_no_properties").await;
    assert_eq!(sink.rows[3].1["object_store_metric"], Cell::Text("2".into()), "of an object that no schema tells of");
    let sink = stream("special_chars_in_attributes").await;
    assert_eq!(sink.column("test:SpecialChars!in?attributes", "d_agent:os:version"), ["10.13.1"]);
    assert_eq!(sink.rows[0].2.heard_at, Some(1_541_199_424_841_020), "when the tap has read it");
}

#[tokio::test]
async fn a_stream_whose_schema_grows_has_all_columns() {
    let sink = stream("schema_updates").await;
    let columns: Vec<&str> =
        sink.streams["test_schema_updates"].columns.iter().map(|column| column.name.as_str()).collect();
    let mut sorted = columns.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["a1", "a2", "a3", "a4_id", "a4_value", "a5", "a6", "id"]);
    assert_eq!(sink.column("test_schema_updates", "a3"), ["NULL", "true", "false", "true", "false", "true"]);
}

#[tokio::test]
async fn records_that_are_no_rows_say_why() {
    let sink = stream("record_before_schema").await;
    assert_eq!(sink.rejects[0].3, "it came before the SCHEMA of its stream");
    let sink = stream("record_missing_key_property").await;
    let expected = ("test_record_missing_key_property".into(), 1, "id".into());
    let (stream, number, column, reason) = sink.rejects[0].clone();
    assert_eq!((stream, number, column), expected);
    assert_eq!(reason, "`id`, which is part of its key, is missing or null");
}
