//! The journal, also after it was cut off at any byte.

use std::path::Path;

use plumb_lead::{Complaint, Feedback, Prediction};

use super::capture_files::CaptureFiles;
use super::entry::StoredEntry;
use super::new_segment::{AsideSegment, NewSegment};
use super::segments::Segments;
use super::{Capture, Journal, JournalEntry, Payload, catch_up, line, new_segment, recover};
use crate::store::tests::{empty, hour_of_new_year, prediction};
use crate::store::{RecordedFlag, Store};

/// One call.
#[derive(Clone)]
struct Call {
    shadow: bool,
    predictions: Vec<Prediction>,
    capture: Option<Capture>,
}

fn call(id: &str) -> Call {
    Call { shadow: false, predictions: vec![prediction(id, &format!("lead of {id}"), 1, 0.5)], capture: None }
}

fn captured(id: &str) -> Call {
    let payload = |data: &str| Payload { content_type: "text/csv".into(), data: data.into() };
    let capture = Capture {
        endpoint: "won".into(),
        event_id: format!("event of {id}"),
        inference_id: Some("mine".into()),
        at: hour_of_new_year(3),
        input: payload("50,ads\n"),
        output: payload("0.5"),
    };
    Call { capture: Some(capture), ..call(id) }
}

async fn is_stored(store: &Store, id: &str) -> bool {
    store.prediction(id).await.expect("readable").is_some()
}

/// Writes a journal as a server that was killed leaves it.
fn leave_behind(data: &Path, name: &str, text: &str) {
    let folder = data.join("journal");
    std::fs::create_dir_all(&folder).expect("it can be made");
    std::fs::write(folder.join(format!("{name}.jsonl")), text).expect("it can be written");
}

fn lines(calls: &[Call]) -> String {
    let line = |call: &Call| String::from_utf8(line::write(&entry(call)).expect("JSON").0).expect("text");
    calls.iter().map(line).collect()
}

fn stored(call: &Call) -> StoredEntry {
    line::write(&entry(call)).expect("JSON").1
}

fn entry(call: &Call) -> JournalEntry<'_> {
    let Call { shadow, predictions, capture } = call;
    let capture = capture.as_ref();
    JournalEntry { variant: "AllTraffic", shadow: *shadow, event_id: None, first_row: 0, predictions, capture }
}

#[tokio::test]
async fn appended_predictions_are_in_the_database_after_settling() {
    let (store, folder) = empty().await;
    let journal = Journal::open(&store, folder.path()).await.expect("an empty folder");
    for index in 0..100 {
        journal.append(&entry(&call(&format!("p{index:03}")))).await.expect("the disk takes it");
    }
    journal.settle().await;
    for index in [0, 50, 99] {
        assert!(is_stored(&store, &format!("p{index:03}")).await, "{index}");
    }
}

#[test]
fn a_line_holds_the_whole_entry() {
    let mut shadow = call("p\n\"1\"");
    shadow.predictions.push(Prediction { interval: None, reasons: Vec::new(), ..prediction("p2", "p2", 3, 0.1) });
    shadow.shadow = true;
    for call in [shadow, captured("p3"), Call { predictions: Vec::new(), ..call("") }] {
        let text = lines(std::slice::from_ref(&call));
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let alone = serde_json::to_string(&call.predictions).expect("JSON");
        let alone: serde_json::Value = serde_json::from_str(&alone).expect("JSON");
        assert_eq!(value["predictions"], alone, "as each of them is written by itself");
        assert_eq!(line::read_all(text.as_bytes(), 0).expect("our own line"), [stored(&call)]);
    }
    assert!(line::read_all(b"{\"variant\":1}\n", 7).is_err_and(|error| error.to_string().contains("byte 7")));
}

#[test]
fn a_line_names_the_row_that_it_begins_with() {
    let call = call("p1");
    let (bytes, stored) = line::write(&JournalEntry { first_row: 3, ..entry(&call) }).expect("JSON");
    assert!(matches!(&stored, StoredEntry::Call { call, .. } if call.first_row == 3), "{stored:?}");
    assert_eq!(line::read_all(&bytes, 0).expect("our own line"), [stored]);
}

#[tokio::test]
async fn entries_without_room_in_memory_are_read_from_the_file() {
    let (store, folder) = empty().await;
    let journal = Journal::open(&store, folder.path()).await.expect("an empty folder");
    let mut large = call("large");
    large.predictions[0].reasons[0].text = "x".repeat(9 << 20);
    for call in [call("before"), large, call("after")] {
        journal.append(&entry(&call)).await.expect("the disk takes it");
    }
    journal.settle().await;
    for id in ["before", "large", "after"] {
        assert!(is_stored(&store, id).await, "{id}");
    }
    assert_eq!(store.history_of_lead("lead of large", None, 9).await.expect("readable").len(), 1);
}

#[test]
fn buffered_entries_have_no_gap() {
    let segments = Segments::default();
    let grow = |bytes: u64, ids: &[&str]| segments.grow(bytes, ids.iter().map(|id| stored(&call(id))));
    let take = |name: &str| {
        let taken = segments.take(name);
        (taken.from, taken.until, taken.entries.len())
    };
    segments.begin("first".into(), None);
    grow(10, &["p1"]);
    grow(30, &["p2", "p3"]);
    assert_eq!(take("first"), (0, 30, 3));
    assert_eq!(take("first").2, 0);
    // More than there is room for, and what follows it, is only in the file.
    grow(40, &["p4"]);
    grow(40 + (8 << 20), &["p5"]);
    grow(41 + (8 << 20), &["p6"]);
    assert_eq!(take("first"), (30, 40, 1));
    grow(42 + (8 << 20), &["p7"]);
    assert_eq!(take("first"), (41 + (8 << 20), 42 + (8 << 20), 1));
    segments.begin("second".into(), None);
    grow(5, &["p8"]);
    assert_eq!((take("first").2, take("second")), (0, (0, 5, 1)));
    // The room is one for all segments together.
    grow(8 << 20, &["p9"]);
    segments.begin("third".into(), None);
    grow(8 << 20, &["p10"]);
    assert_eq!(take("third"), (0, 0, 0), "the second has all of it");
    segments.forget("first");
    assert_eq!(segments.all(), [("second".to_owned(), 8 << 20), ("third".to_owned(), 8 << 20)]);
}

#[tokio::test]
async fn a_segment_left_behind_is_loaded_once_wherever_it_was_cut_off() {
    let text = lines(&[call("p1"), call("p2"), captured("p3")]);
    let first = text.find('\n').expect("three lines") + 1;
    for end in [0, 1, first - 1, first, first + 1, text.len() - 1, text.len()] {
        let (store, folder) = empty().await;
        let whole = text[..end].matches('\n').count();
        leave_behind(folder.path(), "left", &text[..end]);
        for _start in 0..2 {
            Journal::open(&store, folder.path()).await.expect("it can be loaded");
            let found = [is_stored(&store, "p1").await, is_stored(&store, "p2").await, is_stored(&store, "p3").await];
            assert_eq!(found.iter().filter(|found| **found).count(), whole, "cut at {end}");
        }
        assert!(!folder.path().join("journal/left.jsonl").exists(), "it is loaded whole");
    }
}

#[tokio::test]
async fn a_segment_that_an_older_program_left_behind_is_loaded() {
    let (store, folder) = empty().await;
    // As the program wrote it whose tables had the names of version 5.
    let text = r#"{"variant":"AllTraffic","event_id":"mine","predictions":[{"prediction_id":"p1","lead_id":"ada","target":"converted","model_id":"cafe","as_of":"2026-01-01T01:00:00Z","score":0.25,"band":"C","reasons":[],"basis":{"ground":"f00d","brought":["lead.budget"],"inputs":[0.1,null]}}],"capture":null}
"#;
    leave_behind(folder.path(), "left", text);
    Journal::open(&store, folder.path()).await.expect("it can be loaded");
    let prediction = store.prediction("p1").await.expect("readable").expect("it was acknowledged");
    assert_eq!(prediction.provenance.overrides, ["lead.budget"]);
    assert_eq!(
        (prediction.provenance.ground.as_deref(), prediction.provenance.inputs),
        (Some("f00d"), vec![Some(0.1), None])
    );
}

#[tokio::test]
async fn a_part_that_was_loaded_is_not_loaded_again() {
    let (store, folder) = empty().await;
    let calls = [call("p1"), call("p2")];
    let text = lines(&calls);
    let first = text.find('\n').expect("two lines") as u64 + 1;
    let StoredEntry::Call { call: loaded, .. } = stored(&calls[0]) else { panic!("it is no flag") };
    store.load_journal("left", first, &[&loaded], &[]).await.expect("new");
    leave_behind(folder.path(), "left", &text);
    Journal::open(&store, folder.path()).await.expect("p1 would be a duplicate");
    assert!(is_stored(&store, "p2").await);
}

#[tokio::test]
async fn the_segment_of_a_running_server_is_left_alone() {
    let (store, folder) = empty().await;
    let first = Journal::open(&store, folder.path()).await.expect("an empty folder");
    let second = Journal::open(&store, folder.path()).await.expect("beside it");
    first.append(&entry(&call("p1"))).await.expect("its file is there still");
    second.append(&entry(&call("p2"))).await.expect("its file too");
    first.settle().await;
    second.settle().await;
    assert!(is_stored(&store, "p1").await && is_stored(&store, "p2").await);
}

#[tokio::test]
async fn a_server_that_starts_at_the_worst_moment_takes_no_file_of_another() {
    let (store, folder) = empty().await;
    let journal = folder.path().join("journal");
    std::fs::create_dir(&journal).expect("it can be made");
    let start = async || recover(&store, folder.path()).await.expect("nothing is in the way");
    // Another server starts after each step in which a file comes to be.
    let aside = AsideSegment::create(&journal).expect("writable");
    start().await;
    assert!(
        aside.lock().expect("a lock") && aside.publish().expect("renamed").is_none(),
        "it was taken for left aside"
    );
    let aside = AsideSegment::create(&journal).expect("writable");
    assert!(aside.lock().expect("a lock"), "nobody else has it");
    start().await;
    let segment = aside.publish().expect("renamed").expect("it is locked, and so stayed");
    start().await;
    let path = journal.join(format!("{}.jsonl", segment.name));
    assert!(new_segment::is_at(&segment.file, &path).expect("readable"), "it is there as it was");
    // A server that has opened the file and locks it only when it was loaded and removed has a file without a name.
    let opened = std::fs::File::open(&path).expect("it is there");
    drop(segment);
    start().await;
    opened.try_lock().expect("nobody has it");
    assert!(!path.exists() && !new_segment::is_at(&opened, &path).expect("readable"));
    let again = NewSegment::begin(&journal).expect("writable");
    assert_eq!(new_segment::list(&journal).expect("readable"), [journal.join(format!("{}.jsonl", again.name))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn servers_that_start_at_once_lose_nothing_and_load_nothing_twice() {
    for round in 0..10 {
        let (store, folder) = empty().await;
        for left in 0..3 {
            leave_behind(folder.path(), &format!("left{left}"), &lines(&[call(&format!("p{left}"))]));
        }
        let mut starts = tokio::task::JoinSet::new();
        for server in 0..6 {
            let (store, data) = (store.clone(), folder.path().to_owned());
            starts.spawn(async move {
                let journal = Journal::open(&store, &data).await.expect("it starts beside the others");
                for index in 0..5 {
                    journal.append(&entry(&call(&format!("s{server} {index}")))).await.expect("the disk takes it");
                }
                journal
            });
        }
        let journals = starts.join_all().await;
        for journal in &journals {
            journal.settle().await;
        }
        let found = store.newest_predictions("converted", 100).await.expect("readable");
        assert_eq!(found.len(), 3 + 6 * 5, "round {round}");
    }
}

#[tokio::test]
async fn a_segment_that_is_full_stays_locked_until_it_is_loaded() {
    let (store, folder) = empty().await;
    let journal = folder.path().join("journal");
    std::fs::create_dir(&journal).expect("it can be made");
    let segments = std::sync::Arc::new(Segments::default());
    let full = NewSegment::begin(&journal).expect("writable");
    std::fs::write(journal.join(format!("{}.jsonl", full.name)), lines(&[call("p1")])).expect("writable");
    segments.begin(full.name.clone(), Some(std::sync::Arc::new(full.file)));
    recover(&store, folder.path()).await.expect("it is left alone");
    assert!(!is_stored(&store, "p1").await);
    segments.forget(&full.name);
    recover(&store, folder.path()).await.expect("it was left behind");
    assert!(is_stored(&store, "p1").await);
}

fn flag(id: &str, prediction_id: &str) -> RecordedFlag {
    let feedback = Feedback {
        feedback_id: id.into(),
        prediction_id: prediction_id.into(),
        complaint: Complaint::TooHigh,
        comment: "\"prediction_id\":\"p9\"".into(),
        said_by: "rep 17".into(),
        said_at: hour_of_new_year(5),
    };
    RecordedFlag { lead_id: format!("lead of {prediction_id}"), feedback }
}

async fn flags_on(store: &Store, prediction_id: &str) -> usize {
    let all = store.feedback_of_lead(&format!("lead of {prediction_id}"), None, 99).await.expect("readable");
    all.len()
}

#[tokio::test]
async fn a_prediction_is_found_wherever_it_is_recorded() {
    let (store, folder) = empty().await;
    let own = Journal::open(&store, folder.path()).await.expect("an empty folder");
    let mut dark = call("dark");
    dark.shadow = true;
    // Another server has acknowledged these, and its loader has not come to them; it is at half of a line now.
    leave_behind(folder.path(), "other", &(lines(&[call("p1"), dark, call("p2")]) + "{\"variant\":\"All"));
    let other = std::fs::File::open(folder.path().join("journal/other.jsonl")).expect("it is there");
    other.lock().expect("as the other server holds it");
    own.append(&entry(&call("p3"))).await.expect("the disk takes it");
    own.append_flag(&flag("f1", "p3")).await.expect("the disk takes it");
    for id in ["p1", "p2", "p3"] {
        let found = own.recorded_prediction(id).await.expect("readable").expect("it was acknowledged");
        assert_eq!((found.lead_id, found.target), (format!("lead of {id}"), "converted".to_owned()));
    }
    for id in ["p9", "dark", "p", "", "\"", "f1"] {
        assert_eq!(own.recorded_prediction(id).await.expect("readable"), None, "`{id}`");
    }
    // The flag is loaded before its prediction, and belongs to it from the moment at which that is loaded.
    own.append_flag(&flag("f2", "p1")).await.expect("the disk takes it");
    own.settle().await;
    assert_eq!((flags_on(&store, "p3").await, flags_on(&store, "p1").await), (1, 0));
    drop(other);
    recover(&store, folder.path()).await.expect("the other server is gone");
    assert_eq!(flags_on(&store, "p1").await, 1);
    assert!(own.recorded_prediction("p2").await.expect("readable").is_some(), "it is in the database");
}

#[tokio::test]
async fn flags_left_behind_are_loaded_once_wherever_their_file_was_cut_off() {
    let write = |flag: &RecordedFlag| String::from_utf8(line::write_flag(flag).expect("JSON").0).expect("text");
    let first = lines(&[call("p1")]) + &write(&flag("f1", "p1"));
    let text = first.clone() + &write(&flag("f2", "p1"));
    for end in [first.len() - 1, first.len(), first.len() + 9, text.len() - 1, text.len()] {
        let (store, folder) = empty().await;
        leave_behind(folder.path(), "left", &text[..end]);
        let whole = text[..end].matches('\n').count() - 1;
        for _start in 0..2 {
            Journal::open(&store, folder.path()).await.expect("it can be loaded");
            assert_eq!(flags_on(&store, "p1").await, whole, "cut at {end}");
        }
        // The file comes back, as after a power cut: its prediction would be a duplicate, the flags alone are not.
        leave_behind(folder.path(), "back", &(write(&flag("f1", "p1")) + &write(&flag("f2", "p1"))));
        Journal::open(&store, folder.path()).await.expect("flags are loaded once");
        assert_eq!(flags_on(&store, "p1").await, 2);
    }
}

#[tokio::test]
async fn a_command_reads_what_servers_have_acknowledged_before_it_began() {
    let (store, folder) = empty().await;
    catch_up(&store, folder.path()).await.expect("there is no journal");
    leave_behind(folder.path(), "left", &lines(&[call("p1")]));
    let server = Journal::open(&store, folder.path()).await.expect("it loads what was left");
    leave_behind(folder.path(), "another", &lines(&[call("p2")]));
    server.append(&entry(&call("p3"))).await.expect("the disk takes it");
    server.append_flag(&flag("f1", "p3")).await.expect("the disk takes it");
    catch_up(&store, folder.path()).await.expect("the server loads its own");
    assert!(is_stored(&store, "p1").await && is_stored(&store, "p2").await && is_stored(&store, "p3").await);
    assert_eq!(flags_on(&store, "p3").await, 1);
}

#[tokio::test]
async fn a_server_forgets_files_that_are_gone() {
    let (store, folder) = empty().await;
    store.load_journal("gone", 7, &[], &[]).await.expect("as a server does");
    Journal::open(&store, folder.path()).await.expect("an empty folder");
    assert_eq!(store.journal_segments().await.expect("readable"), [""; 0]);
}

#[tokio::test]
async fn calls_are_captured_in_sagemakers_format_once() {
    let (store, folder) = empty().await;
    let file = folder.path().join("capture/won/AllTraffic/2026/01/01/03/left.jsonl");
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("it can be made");
    // A server wrote the first line and half of the second, and was killed before it could record so.
    leave_behind(folder.path(), "other", "");
    let mut captures = CaptureFiles::new(&folder.path().join("capture"), "left");
    captures.append(&[stored(&captured("p1"))]).expect("writable");
    let begun = std::fs::read_to_string(&file).expect("one line") + "{\"captureData\":{";
    std::fs::write(&file, begun).expect("writable");
    leave_behind(folder.path(), "left", &lines(&[captured("p1"), captured("p2")]));
    Journal::open(&store, folder.path()).await.expect("it can be loaded");
    let text = std::fs::read_to_string(&file).expect("two lines");
    let events: Vec<&str> =
        text.lines().filter_map(|line| line.split("\"eventId\":\"").nth(1)?.split('"').next()).collect();
    assert_eq!(events, ["event of p1", "event of p2"]);
    let line: serde_json::Value = serde_json::from_str(text.lines().next().expect("two lines")).expect("JSON");
    let expected = serde_json::json!({
        "captureData": {
            "endpointInput": { "observedContentType": "text/csv", "mode": "INPUT", "data": "50,ads\n", "encoding": "CSV" },
            "endpointOutput": { "observedContentType": "text/csv", "mode": "OUTPUT", "data": "0.5", "encoding": "CSV" },
        },
        "eventMetadata": {
            "eventId": "event of p1", "inferenceId": "mine", "inferenceTime": "2026-01-01T03:00:00Z",
        },
        "eventVersion": "0",
    });
    assert_eq!(line, expected);
}

#[tokio::test]
async fn lines_that_a_power_cut_has_torn_are_kept_aside_and_the_others_loaded() {
    let (store, folder) = empty().await;
    let whole = lines(&[call("p1"), call("p3")]);
    let (first, last) = whole.split_once('\n').expect("two lines");
    // The beginning of a line that was not forced yet is missing, and a line that was written after it is there.
    let torn = format!("{}\"p2\"}}]}}", "\0".repeat(512));
    leave_behind(folder.path(), "left", &format!("{first}\n{torn}\n{last}"));
    let _journal = Journal::open(&store, folder.path()).await.expect("what is torn is no obstacle");
    for (id, is_there) in [("p1", true), ("p2", false), ("p3", true)] {
        assert_eq!(is_stored(&store, id).await, is_there, "{id}");
    }
    let kept = std::fs::read(folder.path().join("journal/left-0.torn")).expect("it was kept");
    assert_eq!(kept, torn.as_bytes());
}
