//! Sources that are scripts: new tokens, marks of deletes, and a source that is killed.

use std::fs;

use plumb_connectors::AirbyteConfig;
use serde_json::json;

use super::{read, source};
use crate::support::Collected;

/// Answers `discover`, and otherwise does what the rest of the script says. `$3` is the configuration, `$7` the state.
const DISCOVER: &str = r#"
[ "$1" = discover ] && {
  echo '{"type":"CATALOG","catalog":{"streams":[{"name":"leads","json_schema":{"properties":{"id":{},"name":{}}},
    "supported_sync_modes":["full_refresh","incremental"],"source_defined_cursor":true,
    "source_defined_primary_key":[["id"]]}]}}' | tr -d '\n'
  exit
}
record() { echo "{\"type\":\"RECORD\",\"record\":{\"stream\":\"leads\",\"data\":$1,\"emitted_at\":$2}}"; }
state() { echo "{\"type\":\"STATE\",\"state\":{\"type\":\"STREAM\",\"stream\":{\"stream_descriptor\":{\"name\":\"leads\"},\"stream_state\":{\"at\":$1}},\"sourceStats\":{\"recordCount\":$2.0}}}"; }
"#;

fn script(read: &str) -> AirbyteConfig {
    source(["sh", "-c", &format!("{DISCOVER}\n{read}"), "source"])
}

#[tokio::test]
async fn deletes_are_marked_and_rows_are_dated_by_the_source() {
    let config = script(
        r#"record '{"id":1,"name":"Ada"}' 1719374926474
           record '{"id":2,"name":"Bob","_ab_cdc_deleted_at":null}' 1719374926474
           record '{"id":1,"_ab_cdc_deleted_at":"2026-01-01T00:00:00Z"}' 99999999999999
           state 1 3"#,
    );
    let mut sink = Collected::default();
    read(&config, &mut sink).await.expect("it ends well");
    assert_eq!(sink.column("leads", "name"), ["Bob"]);
    assert_eq!(sink.rows[0].2.heard_at, Some(1_719_374_926_474_000));
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is later").as_micros();
    let heard_at = sink.rows[2].2.heard_at.expect("it has one");
    assert!(u128::try_from(heard_at).expect("it is later") <= now, "a clock that is ahead does not know the future");
}

#[tokio::test]
async fn exchanged_tokens_are_used_by_the_next_run_even_if_this_one_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = script(
        r#"cp "$3" "$COPY"
           echo '{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","connectorConfig":{"config":{"token":"second-token"}}}}'
           echo '{"type":"LOG","log":{"level":"INFO","message":"now it is second-token"}}'
           [ -z "$FAILS" ] || { echo 'second-token failed' >&2; exit 2; }"#,
    );
    config.config = json!({"token": "first-token"});
    let copy = folder.path().join("config.json");
    config.program.environment.insert("COPY".into(), copy.to_str().expect("a path of text").into());
    let mut failing = config.clone();
    failing.program.environment.insert("FAILS".into(), "yes".into());
    let mut sink = Collected::default();
    let error = read(&failing, &mut sink).await.expect_err("it fails");
    assert!(sink.progress.contains(&"INFO: now it is ***".to_owned()), "{:?}", sink.progress);
    assert_eq!(error.what, "`sh` failed with exit code 2; the last that it said:\n*** failed\n");
    read(&config, &mut sink).await.expect("it ends well");
    assert_eq!(fs::read_to_string(&copy).expect("it was copied"), r#"{"token":"second-token"}"#);
    config.config = json!({"token": "third-token"});
    read(&config, &mut sink).await.expect("it ends well");
    assert_eq!(
        fs::read_to_string(&copy).expect("it was copied"),
        r#"{"token":"third-token"}"#,
        "somebody has changed it"
    );
}

#[tokio::test]
async fn a_run_after_a_killed_one_has_all_rows() {
    let text = r#"
        at=0
        [ "$6" = --state ] && at=$(sed 's/.*"at":\([0-9]*\).*/\1/' "$7")
        since=$at
        while [ $at -lt 10 ]; do
          at=$((at + 1))
          record "{\"id\":$at,\"name\":\"lead $at\"}" 0
          if [ $((at % 3)) = 0 ]; then state $at $((at - since)); since=$at; fi
          if [ "$KILL_AT" = $at ]; then kill -9 $$; fi
        done
        state $at $((at - since))"#;
    let mut undisturbed = Collected::default();
    read(&script(text), &mut undisturbed).await.expect("it ends well");
    assert_eq!(undisturbed.tables["leads"].len(), 10);
    for at in 1..=10 {
        let mut killed = script(text);
        killed.program.environment.insert("KILL_AT".into(), at.to_string());
        let mut sink = Collected::default();
        let error = read(&killed, &mut sink).await.expect_err("it is killed");
        assert!(error.what.contains("signal 9"), "{error}");
        let given = sink.rows.len();
        let mut sink = sink.next_run();
        read(&script(text), &mut sink).await.expect("it is not killed");
        assert_eq!(sink.tables, undisturbed.tables, "killed after row {at}");
        assert!(given + sink.rows.len() <= 12, "at most two rows come once more");
    }
}

#[tokio::test]
async fn a_half_line_loses_a_row_and_so_its_state_is_not_kept() {
    let config = script(
        r#"record '{"id":1}' 0; state 1 1
           echo '{"type":"RECORD","record":{"stream":"leads","da'
           state 2 1"#,
    );
    let mut sink = Collected::default();
    let error = read(&config, &mut sink).await.expect_err("a row is missing");
    assert_eq!(error.what, "the source counts 1 rows of `leads` since its last state, and 0 have arrived");
    assert_eq!(sink.checkpoints.len(), 1);
}
