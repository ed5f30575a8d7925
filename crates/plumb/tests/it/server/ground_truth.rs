//! `plumb ground-truth`: labels in SageMaker's format are matched with the predictions that they name, each once.

use std::path::Path;

use chrono::{TimeDelta, Utc};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::setup::folder::write;
use crate::setup::labels::line;
use crate::setup::program::{failure, run, success};
use crate::setup::redaction::redacted_figures;
use crate::setup::server::{Server, quick_folder};

#[test]
fn labels_measure_the_predictions_that_they_name() {
    let folder = quick_folder();
    let data = Path::new("plumb-quick/leads");
    let ground_truth =
        || success(run(folder.path(), &["ground-truth", "labels", "--data", &data.display().to_string()]));
    let (hour, later): (String, String) =
        [1, 2].map(|days| (Utc::now() + TimeDelta::days(days)).format("%Y/%m/%d/%H").to_string()).into();
    let file = |hour: &str, name: &str| format!("labels/won/AllTraffic/{hour}/{name}.jsonl");

    let server = Server::of_quick(&folder, &[], &[]);
    // Large and referred leads are won. One in ten is labelled otherwise, so that nothing is certain.
    let mut lines = String::new();
    for index in 0..60 {
        let (event, won) = (format!("lead {index}"), index % 2 == 0);
        server.invoke("won", "text/csv", Some(&event), if won { "95,referral" } else { "12,ads" });
        lines += &line(&event, if won != (index % 10 == 0) { "1" } else { "0" });
    }
    server.invoke("won", "text/csv", Some("two rows"), "95,referral\n12,ads");
    let nameless = server.invoke("won", "text/csv", None, "12,ads");
    server.stop();

    lines += &line("two rows", "1\n0");
    lines += "{\n";
    write(folder.path(), &file(&hour, "a"), &lines);
    write(
        folder.path(),
        &file(&hour, "b"),
        &[line("never sent", "1"), line(&nameless, "0"), line("lead 1", "maybe")].concat(),
    );
    let redacted = |printed: &str| redacted_figures(&printed.replace(&hour, "[hour]").replace(&later, "[later]"));
    let first = ground_truth();
    assert!(first.contains(&format!("event `{nameless}` names no stored prediction")), "{first}");
    assert_snapshot!(redacted(&first), @r"
    2 files, 63 events with labels: 63 new, 0 unchanged, 0 changed by a later line, 0 older than stored labels
    rejected: won/AllTraffic/[hour]/a.jsonl, line 62: is not ground truth: EOF while parsing an object at line 2 column 0; expected `groundTruthData.data` and `eventMetadata.eventId`
    rejected: won/AllTraffic/[hour]/b.jsonl, line 3: has label `maybe`: expected 1 or 0
    unmatched: won/AllTraffic/[hour]/b.jsonl, line 1: event `never sent` names no stored prediction
    unmatched: won/AllTraffic/[hour]/b.jsonl, line 2: event `[uuid 1]` names no stored prediction
    2 lines rejected, 2 events unmatched, listed in plumb-quick/leads/ground-truth.rejected.csv
    won, model [id 1], AllTraffic: 62 predictions with labels, 25 positive, [n] expected
      AUC [n] ([n] to [n]), log loss [n] ([n] to [n]), Brier [n] ([n] to [n])
      at the threshold [n]: precision [n] ([n] to [n]), recall [n] ([n] to [n])
    ");
    let rejected =
        std::fs::read_to_string(folder.path().join(data).join("ground-truth.rejected.csv")).expect("it was written");
    assert_eq!(rejected.lines().count(), 5, "{rejected}");

    // A second run changes nothing; a label of a later file wins.
    let again = ground_truth();
    assert_snapshot!(
        first_line(&again),
        @"2 files, 63 events with labels: 0 new, 63 unchanged, 0 changed by a later line, 0 older than stored labels"
    );
    assert_eq!(
        first.split_once(" unmatched, ").expect("a line").1,
        again.split_once(" unmatched, ").expect("a line").1
    );
    write(folder.path(), &file(&later, "c"), &[line("lead 3", "1"), line("two rows", "1")].concat());
    assert_snapshot!(redacted(&ground_truth()), @r"
    3 files, 65 events with labels: 0 new, 63 unchanged, 2 changed by a later line, 0 older than stored labels
    rejected: won/AllTraffic/[hour]/a.jsonl, line 62: is not ground truth: EOF while parsing an object at line 2 column 0; expected `groundTruthData.data` and `eventMetadata.eventId`
    rejected: won/AllTraffic/[hour]/b.jsonl, line 3: has label `maybe`: expected 1 or 0
    unmatched: won/AllTraffic/[hour]/b.jsonl, line 1: event `never sent` names no stored prediction
    unmatched: won/AllTraffic/[hour]/b.jsonl, line 2: event `[uuid 1]` names no stored prediction
    2 lines rejected, 2 events unmatched, listed in plumb-quick/leads/ground-truth.rejected.csv
    left out: `two rows` has another number of labels than of rows
    won, model [id 1], AllTraffic: 60 predictions with labels, 25 positive, [n] expected
      AUC [n] ([n] to [n]), log loss [n] ([n] to [n]), Brier [n] ([n] to [n])
      at the threshold [n]: precision [n] ([n] to [n]), recall [n] ([n] to [n])
    ");
    assert_snapshot!(
        first_line(&ground_truth()),
        @"3 files, 65 events with labels: 0 new, 63 unchanged, 0 changed by a later line, 2 older than stored labels"
    );
    let arguments = ["ground-truth", "labels", "--json", "--data", "plumb-quick/leads"];
    let printed = success(run(folder.path(), &arguments));
    serde_json::from_str::<Value>(&printed).expect("it is JSON");
    assert_snapshot!("ground_truth_as_json", redacted(&printed));
    let nowhere = ["ground-truth", "nowhere", "--data", "plumb-quick/leads"];
    assert_snapshot!(
        failure(run(folder.path(), &nowhere)),
        @"error: cannot read the ground truth in `nowhere`: cannot list `nowhere`: expected a folder of ground truth: No such file or directory (os error 2)"
    );
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[test]
fn captured_calls_are_matched_by_their_own_ids() {
    let folder = quick_folder();
    let server = Server::of_quick(&folder, &["--capture"], &[]);
    let event = server.invoke("won", "text/csv", None, "95,referral");
    server.invoke("won", "application/x-recordio-protobuf", Some("bytes"), RECORD);
    server.stop();
    let hour = (Utc::now() + TimeDelta::days(1)).format("%Y/%m/%d/%H").to_string();
    write(folder.path(), &format!("labels/{hour}/a.jsonl"), &(line(&event, "1") + &line("bytes", "1")));
    let printed = success(run(folder.path(), &["ground-truth", "labels", "--data", "plumb-quick/leads"]));
    assert_snapshot!(redacted_figures(&printed), @r"
    1 files, 2 events with labels: 2 new, 0 unchanged, 0 changed by a later line, 0 older than stored labels
    won, model [id 1], AllTraffic: 2 predictions with labels, 2 positive, [n] expected
      all labels are the same: nothing to measure
    ");

    let captured = lines_under(&folder.path().join("plumb-quick/leads/capture/won/AllTraffic"));
    let inputs: Vec<Value> = captured
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["captureData"]["endpointInput"].take())
        .collect();
    assert_eq!((&inputs[0]["encoding"], &inputs[0]["data"]), (&json!("CSV"), &json!("95,referral")));
    assert_eq!((&inputs[1]["encoding"], &inputs[1]["data"]), (&json!("BASE64"), &json!(RECORD_BASE64)));
}

/// A record whose features are an Int32Tensor of 95 and 2, the code of `referral`.
const RECORD: &[u8] = b"\x0a\x23\xd7\xce\x12\x00\x00\x00\x0a\x10\x0a\x06values\x12\x06\x3a\x04\x0a\x02\x5f\x02\x00\x00";
const RECORD_BASE64: &str = "CiPXzhIAAAAKEAoGdmFsdWVzEgY6BAoCXwIAAA==";

/// Returns the lines of all files under a folder.
fn lines_under(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).expect("calls were captured");
    let mut paths: Vec<std::path::PathBuf> = entries.map(|entry| entry.expect("listed").path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| if path.is_dir() { lines_under(&path) } else { std::fs::read_to_string(path).expect("readable") })
        .collect()
}
