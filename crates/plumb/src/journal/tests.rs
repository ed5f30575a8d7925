//! The journal, and what is found after it was torn off anywhere.

use super::*;
use crate::store::tests::{empty, hour_of_new_year, prediction};

fn record(id: &str) -> Record {
    Record {
        variant: "AllTraffic".into(),
        shadow: false,
        event_id: None,
        predictions: vec![prediction(id, &format!("lead of {id}"), 1, 0.5)],
        capture: None,
    }
}

fn captured(id: &str) -> Record {
    let payload = |data: &str| capture::Payload { content_type: "text/csv".into(), data: data.into() };
    let capture = Capture {
        endpoint: "won".into(),
        event_id: format!("event of {id}"),
        inference_id: Some("mine".into()),
        at: hour_of_new_year(3),
        input: payload("50,ads\n"),
        output: payload("0.5"),
    };
    Record { capture: Some(capture), ..record(id) }
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

fn lines(records: &[Record]) -> String {
    records.iter().map(|record| serde_json::to_string(&said(record)).expect("JSON") + "\n").collect()
}

fn said(record: &Record) -> Said<'_> {
    let Record { variant, shadow, event_id, predictions, capture } = record;
    Said { variant, shadow: *shadow, event_id: event_id.as_deref(), predictions, capture: capture.as_ref() }
}

#[tokio::test]
async fn what_was_appended_is_in_the_database_after_a_while_and_at_once_for_who_asks() {
    let (store, folder) = empty().await;
    let journal = Journal::open(&store, folder.path()).await.expect("an empty folder");
    let records: Vec<Record> = (0..100).map(|index| record(&format!("p{index:03}"))).collect();
    for record in &records {
        journal.append(&said(record)).await.expect("the disk takes it");
    }
    journal.settle().await;
    for index in [0, 50, 99] {
        assert!(is_stored(&store, &format!("p{index:03}")).await, "{index}");
    }
}

#[tokio::test]
async fn what_a_server_left_behind_is_loaded_once_wherever_it_was_torn_off() {
    let text = lines(&[record("p1"), record("p2"), captured("p3")]);
    let first = text.find('\n').expect("three lines") + 1;
    for end in [0, 1, first - 1, first, first + 1, text.len() - 1, text.len()] {
        let (store, folder) = empty().await;
        let whole = text[..end].matches('\n').count();
        leave_behind(folder.path(), "left", &text[..end]);
        for _start in 0..2 {
            Journal::open(&store, folder.path()).await.expect("it can be loaded");
            let stored = [is_stored(&store, "p1").await, is_stored(&store, "p2").await, is_stored(&store, "p3").await];
            assert_eq!(stored.iter().filter(|stored| **stored).count(), whole, "cut at {end}");
        }
        assert!(!folder.path().join("journal/left.jsonl").exists(), "it is loaded whole");
    }
}

#[tokio::test]
async fn a_part_that_was_loaded_is_not_loaded_again() {
    let (store, folder) = empty().await;
    let records = [record("p1"), record("p2")];
    let text = lines(&records);
    let first = text.find('\n').expect("two lines") as u64 + 1;
    store.load_journal("left", first, &records[..1]).await.expect("new");
    leave_behind(folder.path(), "left", &text);
    Journal::open(&store, folder.path()).await.expect("p1 would be a duplicate");
    assert!(is_stored(&store, "p2").await);
}

#[tokio::test]
async fn a_living_servers_journal_is_left_alone() {
    let (store, folder) = empty().await;
    let first = Journal::open(&store, folder.path()).await.expect("an empty folder");
    let second = Journal::open(&store, folder.path()).await.expect("beside it");
    first.append(&said(&record("p1"))).await.expect("its file is there still");
    second.append(&said(&record("p2"))).await.expect("its file too");
    first.settle().await;
    second.settle().await;
    assert!(is_stored(&store, "p1").await && is_stored(&store, "p2").await);
}

#[tokio::test]
async fn calls_are_captured_in_sagemakers_format_once() {
    let (store, folder) = empty().await;
    let file = folder.path().join("capture/won/AllTraffic/2026/01/01/03/left.jsonl");
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("it can be made");
    // A server wrote the first line and half of the second, and was killed before it could note so.
    leave_behind(folder.path(), "other", "");
    let mut captures = capture::Captures::new(&folder.path().join("capture"), "left");
    captures.keep(&[captured("p1")]).expect("writable");
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
