//! Messages of taps, one after the other, and what reaches the sink.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::counting_sink::CountingSink;
use crate::line_protocol::LineProtocol;
use crate::process::Secrets;
use crate::singer::messages::Messages;
use crate::singer::position::Position;

/// Gives lines to a run that goes on from a checkpoint, and ends it well.
fn run(lines: &[Value], checkpoint: Option<&Value>) -> CountingSink {
    let mut sink = CountingSink::default();
    let position = Position::read(checkpoint).expect("it is a position of ours");
    let mut messages = Messages::new([].into(), position, Secrets::default());
    for line in lines {
        messages.line(line.to_string().as_bytes(), &mut sink).expect("the sink refuses nothing");
    }
    messages.finish(&mut sink).expect("the sink refuses nothing");
    messages.notes(&mut sink);
    assert_eq!(messages.tally.lines(), lines.len() as u64);
    sink
}

fn schema(stream: &str) -> Value {
    json!({"type": "SCHEMA", "stream": stream, "key_properties": ["id"], "schema": {"properties": {"id": {"type": "integer"}}}})
}

fn row(id: u64, version: Option<i64>) -> Value {
    json!({"type": "record", "stream": "a", "record": {"id": id}, "version": version})
}

fn activate(version: i64) -> Value {
    json!({"type": "ACTIVATE_VERSION", "stream": "a", "version": version})
}

#[test]
fn a_version_deletes_once_whether_it_is_activated_before_its_rows_or_after() {
    for lines in [
        [schema("a"), activate(7), row(1, Some(7)), row(2, Some(7))],
        [schema("a"), row(1, Some(7)), row(2, Some(7)), activate(7)],
        [schema("a"), activate(7), row(1, None), row(2, None)],
    ] {
        let first = run(&lines, None);
        assert_eq!((first.rows, &first.deleted[..]), (2, &["a".to_owned()][..]));
        assert!(run(&lines, first.checkpoints.last()).deleted.is_empty(), "the same version deletes nothing");
    }
}

#[test]
fn an_empty_table_deletes_all() {
    assert_eq!(run(&[schema("a"), activate(1)], None).deleted, ["a"]);
}

#[test]
fn a_version_in_two_runs_deletes_nothing_and_says_so() {
    let state = json!({"type": "STATE", "value": {"at": 1}});
    let first = run(&[schema("a"), row(1, Some(7)), state], None);
    let second = run(&[schema("a"), row(2, Some(7)), activate(7)], first.checkpoints.first());
    assert!(second.deleted.is_empty());
    assert!(second.notes[0].contains("several runs"), "{:?}", second.notes);
    let third = run(&[schema("a"), row(2, Some(8)), activate(8)], second.checkpoints.last());
    assert_eq!(third.deleted, ["a"]);
}

#[test]
fn a_row_that_cannot_be_read_is_not_called_deleted() {
    let without_key = json!({"type": "RECORD", "stream": "a", "record": {"id": null}, "version": 7});
    let sink = run(&[schema("a"), row(1, Some(7)), without_key, activate(7)], None);
    assert_eq!((sink.rows, sink.rejected, sink.deleted.len()), (1, 1, 0));
    assert!(sink.notes[0].contains("nothing was called deleted"), "{:?}", sink.notes);
}

#[test]
fn the_state_is_kept_whole_with_its_digits() {
    let mut sink = CountingSink::default();
    let mut messages = Messages::new([].into(), Position::default(), Secrets::default());
    let state = r#"{"z":12345678901234567890123,"a":1.50}"#;
    messages.line(format!(r#"{{"type":"STATE","value":{state}}}"#).as_bytes(), &mut sink).expect("it is kept");
    let position = Position::read(sink.checkpoints.last()).expect("it is one");
    assert_eq!(position.state(), Some(state));
}

#[test]
fn two_fields_of_one_name_keep_their_columns_whatever_comes_first() {
    let record = |record: Value| json!({"type": "RECORD", "stream": "a", "record": record});
    let nested = record(json!({"id": 1, "owner": {"name": "nested"}}));
    let flat = record(json!({"id": 1, "owner_name": "flat"}));
    let names =
        |sink: &CountingSink| sink.streams["a"].columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    let first = run(&[schema("a"), nested, flat.clone()], None);
    assert_eq!(names(&first), ["id", "owner_name", "owner_name__2"]);
    assert_eq!(first.notes, ["1 the field `owner_name` is in the column `owner_name__2`: its name is another field's"]);
    assert_eq!(names(&run(&[schema("a"), flat], first.checkpoints.last())), ["id", "owner_name__2"]);
    let both = record(json!({"owner": {"name": "nested"}, "owner_name": "flat", "id": 1}));
    assert_eq!(names(&run(&[schema("a"), both], None)), ["id", "owner_name", "owner__name"]);
}

#[test]
fn another_key_in_mid_stream_is_refused() {
    let mut sink = CountingSink::default();
    let mut messages = Messages::new([].into(), Position::default(), Secrets::default());
    for line in [schema("a"), row(1, None)] {
        messages.line(line.to_string().as_bytes(), &mut sink).expect("it is fine");
    }
    let other = json!({"type": "SCHEMA", "stream": "a", "key_properties": ["name"], "schema": {}});
    let error = messages.line(other.to_string().as_bytes(), &mut sink).expect_err("it has another key");
    assert_eq!(
        error.to_string(),
        "the key of `a` was (id) and is (name) in the middle of a run; say which it is by `key`"
    );
}

/// Lines as a tap may write them: messages of all types with parts left out, other JSON, text; whole or cut.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(json!(null)),
        Just(json!("a")),
        Just(json!("b")),
        Just(json!(7)),
        Just(json!({"id": 1, "x": {"y": [1]}})),
        Just(json!({"id": null})),
        Just(json!(["id"])),
        Just(json!([])),
        Just(json!({"properties": {"id": {}, "x_y": {}}})),
    ];
    let kind = prop_oneof![
        Just("SCHEMA"),
        Just("RECORD"),
        Just("record"),
        Just("STATE"),
        Just("ACTIVATE_VERSION"),
        Just("OTHER"),
        Just("")
    ];
    let names = ["stream", "record", "schema", "key_properties", "value", "version", "time_extracted"];
    let message =
        (kind, prop::collection::vec((prop::sample::select(names.to_vec()), part), 0..7)).prop_map(|(kind, parts)| {
            let mut message = json!({"type": kind, "stream": "a", "schema": {"properties": {"id": {}}}});
            for (name, part) in parts {
                message[name] = part;
            }
            message.to_string().into_bytes()
        });
    let whole =
        prop_oneof![4 => message, 1 => prop::collection::vec(any::<u8>(), 0..40), 1 => Just(b"INFO done".to_vec())];
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
        let mut sink = CountingSink::default();
        let mut messages = Messages::new([].into(), Position::default(), Secrets::default());
        for (number, line) in lines.iter().enumerate() {
            // A stream whose key changes is the one thing that is refused.
            if messages.line(line, &mut sink).is_err() {
                break;
            }
            prop_assert_eq!(messages.tally.lines(), number as u64 + 1);
        }
        prop_assert_eq!(messages.tally.rows, sink.rows);
        messages.finish(&mut sink).expect("the sink refuses nothing");
        messages.notes(&mut sink);
    }
}
