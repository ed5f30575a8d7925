//! Messages of sources, one after the other, and what reaches the sink.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::airbyte::catalog::ConfiguredCatalog;
use crate::airbyte::config::AirbyteConfig;
use crate::airbyte::messages::Messages;
use crate::airbyte::position::Position;
use crate::counting_sink::CountingSink;
use crate::error::Error;
use crate::line_protocol::LineProtocol;
use crate::process::{Program, Secrets};

const CATALOG: &str = r#"{"streams": [
    {"stream": {"name": "going", "json_schema": {"properties": {"id": {}}}}, "sync_mode": "incremental",
     "destination_sync_mode": "append_dedup", "primary_key": [["id"]]},
    {"stream": {"name": "whole", "json_schema": {"properties": {"id": {}}}}, "sync_mode": "full_refresh",
     "destination_sync_mode": "overwrite", "primary_key": [["id"]]}]}"#;

fn config() -> AirbyteConfig {
    let limit = Duration::from_secs(60);
    let program = Program {
        folder: None,
        command: vec!["source".into()],
        last_arguments: vec![],
        environment: [].into(),
        idle_timeout: limit,
        time_limit: limit,
    };
    AirbyteConfig {
        program,
        config: json!({"token": "first"}),
        catalog: None,
        streams: vec![],
        keys: [].into(),
        cursors: [].into(),
        has_strict_counts: true,
    }
}

/// Gives lines to a run that goes on from a checkpoint, and ends it. The first error is the outcome.
fn run(lines: &[Value], position: Position) -> (Result<(), Error>, CountingSink) {
    let (mut sink, config) = (CountingSink::default(), config());
    let catalog = ConfiguredCatalog::read(CATALOG).expect("it is one");
    let mut messages = Messages::new(&config, &catalog, position, Secrets::default());
    let outcome = lines.iter().try_for_each(|line| messages.line(line.to_string().as_bytes(), &mut sink).map(|_| ()));
    let outcome = outcome.and_then(|()| messages.finish(None, &mut sink));
    messages.notes(&mut sink);
    (outcome, sink)
}

fn row(stream: &str, id: u64) -> Value {
    json!({"type": "RECORD", "record": {"stream": stream, "namespace": null, "data": {"id": id}, "emitted_at": 1_719_374_926_474_u64}})
}

fn state(stream: &str, cursor: u64, count: Option<f64>) -> Value {
    let descriptor = json!({"name": stream, "namespace": null});
    let state = json!({"type": "STREAM", "stream": {"stream_descriptor": descriptor, "stream_state": {"at": cursor}}});
    let mut message = json!({"type": "STATE", "state": state});
    if let Some(count) = count {
        message["state"]["sourceStats"] = json!({"recordCount": count});
    }
    message
}

fn status(stream: &str, status: &str) -> Value {
    let status = json!({"stream_descriptor": {"name": stream}, "status": status});
    json!({"type": "TRACE", "trace": {"type": "STREAM_STATUS", "emitted_at": 0, "stream_status": status}})
}

#[test]
fn only_a_whole_stream_that_is_complete_deletes() {
    let (outcome, sink) = run(
        &[row("whole", 1), status("whole", "COMPLETE"), row("going", 1), status("going", "COMPLETE")],
        Position::default(),
    );
    assert_eq!((outcome.is_ok(), sink.rows, &sink.deleted[..]), (true, 2, &["whole".to_owned()][..]));
    let (outcome, sink) = run(&[row("whole", 1)], Position::default());
    assert!(outcome.is_ok() && sink.deleted.is_empty());
    assert!(sink.notes[0].contains("does not say that the stream is complete"), "{:?}", sink.notes);
    let (outcome, sink) = run(&[row("whole", 1), status("whole", "INCOMPLETE")], Position::default());
    assert!(sink.deleted.is_empty());
    assert!(outcome.expect_err("it is an error").what.contains("not complete: whole"));
}

#[test]
fn a_state_that_counts_more_rows_than_arrived_is_not_kept() {
    let (outcome, sink) = run(&[row("going", 1), row("going", 2), state("going", 2, Some(3.0))], Position::default());
    let error = outcome.expect_err("a row is missing").to_string();
    assert!(
        error.starts_with("the source counts 3 rows of `going` since its last state, and 2 have arrived"),
        "{error}"
    );
    assert!(sink.checkpoints.is_empty());
    let (outcome, sink) =
        run(&[row("going", 1), state("going", 1, Some(0.0)), state("going", 1, Some(0.0))], Position::default());
    assert!(outcome.is_ok() && sink.notes.len() == 2, "more rows are only said: {:?}", sink.notes);
}

#[test]
fn whole_streams_begin_anew_and_others_go_on() {
    let catalog = ConfiguredCatalog::read(CATALOG).expect("it is one");
    let file = |lines: &[Value]| {
        let (_, sink) = run(lines, Position::default());
        let position = Position::read(sink.checkpoints.last()).expect("it is one");
        position.state_file(&catalog).map(|text| serde_json::from_str::<Value>(&text).expect("it is JSON"))
    };
    let kept = file(&[state("going", 1, None), state("whole", 1, None), state("going", 2, None)]);
    assert_eq!(kept, Some(json!([state("going", 2, None)["state"]])));
    assert_eq!(file(&[state("whole", 1, None)]), None);
    let of = |name: &str| json!({"stream_descriptor": {"name": name}, "stream_state": {"x": 1}});
    let global = |streams: Vec<Value>| json!({"type": "GLOBAL", "global": {"shared_state": {"lsn": 1}, "stream_states": streams}});
    let message = json!({"type": "STATE", "state": global(vec![of("going"), of("whole")])});
    assert_eq!(file(&[message]), Some(json!([global(vec![of("going")])])));
    let legacy = json!({"type": "STATE", "state": {"type": "LEGACY", "data": {"going": {"at": 1}}}});
    assert_eq!(file(&[legacy]), Some(json!({"going": {"at": 1}})));
}

#[test]
fn a_new_configuration_is_kept_at_once_until_somebody_changes_the_given_one() {
    let given = json!({"token": "first"});
    let mut position = Position::default();
    position.expect_config(&given);
    let control = json!({"type": "CONTROL", "control": {"type": "CONNECTOR_CONFIG", "connectorConfig": {"config": {"token": "second"}}}});
    let error = json!({"type": "TRACE", "trace": {"type": "ERROR", "error": {"message": "down", "failure_type": "transient_error"}}});
    let (outcome, sink) = run(&[control, error], position);
    let outcome = outcome.expect_err("it has failed");
    assert!(outcome.is_transient && outcome.what.contains("`source` says: down"), "{outcome}");
    let read = |given: &Value| {
        let mut position = Position::read(sink.checkpoints.last()).expect("it is one");
        position.expect_config(given);
        position.config().map(str::to_owned)
    };
    assert_eq!(read(&given).as_deref(), Some(r#"{"token":"second"}"#));
    assert_eq!(read(&json!({"token": "third"})), None);
}

#[test]
fn values_that_the_source_has_changed_are_counted_by_field() {
    let mut changed = row("going", 1);
    changed["record"]["meta"] =
        json!({"changes": [{"field": "name", "change": "NULLED", "reason": "SOURCE_FIELD_SIZE_LIMITATION"}]});
    let (_, sink) = run(&[changed.clone(), changed, row("stranger", 1)], Position::default());
    assert_eq!((sink.rows, sink.notes.len()), (2, 3), "{:?}", sink.notes);
    let noted = |text: &str| sink.notes.iter().any(|note| note.starts_with(text));
    assert!(noted("2 the source itself has changed values of `name`: NULLED (SOURCE_FIELD_SIZE_LIMITATION)"));
    assert!(noted("1 rows of `stranger` came"));
}

/// Lines as a source may write them: messages of all types with parts left out or wrong, text; whole or cut.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let known = prop_oneof![
        Just(row("going", 1)),
        Just(row("whole", 1)),
        Just(row("other", 1)),
        Just(state("going", 1, None)),
        Just(status("whole", "COMPLETE")),
        Just(status("going", "RUNNING")),
        Just(json!({"type": "RECORD", "record": {"stream": "going", "data": {"x": 1}}})),
        Just(json!({"type": "LOG", "log": {"level": "INFO", "message": "m"}})),
        Just(json!({"type": "NEW"})),
        Just(json!({"type": "CONTROL"})),
        Just(json!({"type": "STATE", "state": {}})),
        Just(json!({"record": 1})),
    ];
    let message = known.prop_map(|message| message.to_string().into_bytes());
    let whole = prop_oneof![4 => message, 1 => prop::collection::vec(any::<u8>(), 0..40)];
    (whole, prop::option::weighted(0.2, any::<prop::sample::Index>())).prop_map(|(mut line, cut)| {
        if let Some(cut) = cut {
            line.truncate(cut.index(line.len() + 1));
        }
        line
    })
}

proptest! {
    #[test]
    fn every_line_is_a_row_a_rejected_row_a_message_or_counted(lines in prop::collection::vec(line(), 0..40)) {
        let (mut sink, config) = (CountingSink::default(), config());
        let catalog = ConfiguredCatalog::read(CATALOG).expect("it is one");
        let mut messages = Messages::new(&config, &catalog, Position::default(), Secrets::default());
        for line in &lines {
            messages.line(line, &mut sink).expect("the sink refuses nothing, and nothing is counted");
        }
        prop_assert_eq!(messages.tally.lines(), lines.len() as u64);
        prop_assert_eq!(messages.tally.rows, sink.rows);
        messages.finish(None, &mut sink).expect("the sink refuses nothing, and no error was told");
        messages.notes(&mut sink);
    }
}
