//! `plumb ground-truth`: labels in SageMaker's format are matched with the predictions that they name, each once.

use std::path::Path;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::setup::folder::write;
use crate::setup::labels::line;
use crate::setup::program::{failure, run, success};
use crate::setup::server::{Server, quick_folder};

#[test]
fn labels_measure_the_predictions_that_they_name() {
    let folder = quick_folder();
    let data = Path::new("plumb-quick/leads");
    let ground_truth =
        || success(run(folder.path(), &["ground-truth", "labels", "--data", &data.display().to_string()]));
    let (hour, later) =
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
    let first = ground_truth();
    for expected in [
        "2 files, 63 events with labels: 63 new, 0 unchanged, 0 changed",
        &format!("rejected: won/AllTraffic/{hour}/a.jsonl, line 62: is not ground truth"),
        "line 3: has label `maybe`: expected 1 or 0",
        "event `never sent` names no stored prediction",
        &format!("event `{nameless}` names no stored prediction"),
        "2 lines rejected, 2 events unmatched, listed in plumb-quick/leads/ground-truth.rejected.csv",
        ", AllTraffic: 62 predictions with labels, 25 positive, ",
    ] {
        assert!(first.contains(expected), "`{expected}` is not in {first}");
    }
    let figures: Vec<&str> = first.split(['\n', ',']).filter(|part| part.contains(" to ")).collect();
    assert_eq!(figures.len(), 5, "AUC, log loss, Brier, precision and recall have intervals: {first}");
    let rejected =
        std::fs::read_to_string(folder.path().join(data).join("ground-truth.rejected.csv")).expect("it was written");
    assert_eq!(rejected.lines().count(), 5, "{rejected}");

    // A second run changes nothing; a label of a later file wins.
    let again = ground_truth();
    assert!(again.contains("63 events with labels: 0 new, 63 unchanged, 0 changed"), "{again}");
    assert_eq!(
        first.split_once(" unmatched, ").expect("a line").1,
        again.split_once(" unmatched, ").expect("a line").1
    );
    write(folder.path(), &file(&later, "c"), &[line("lead 3", "1"), line("two rows", "1")].concat());
    let changed = ground_truth();
    assert!(changed.contains("0 new, 63 unchanged, 2 changed by a later line, 0 older"), "{changed}");
    assert!(changed.contains("left out: `two rows` has another number of labels than of rows"), "{changed}");
    assert!(changed.contains(": 60 predictions with labels, 25 positive, "), "{changed}");
    assert!(ground_truth().contains("0 new, 63 unchanged, 0 changed by a later line, 2 older"));
    let arguments = ["ground-truth", "labels", "--json", "--data", "plumb-quick/leads"];
    let outcome: Value = serde_json::from_str(&success(run(folder.path(), &arguments))).expect("it is JSON");
    assert_eq!((&outcome["labels"]["outdated"], &outcome["late"]), (&json!(2), &json!(0)));
    assert_eq!(outcome["row_count_mismatches"], json!(["two rows"]));
    let model = &outcome["models"][0];
    assert_eq!(
        (&model["variant"], &model["rows"], &model["positives"]),
        (&json!("AllTraffic"), &json!(60), &json!(25))
    );
    assert!(model["metrics"]["auc"]["interval"]["low"].is_number(), "{outcome}");
    assert!(
        failure(run(folder.path(), &["ground-truth", "nowhere", "--data", &data.display().to_string()]))
            .contains("`nowhere`")
    );
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
    assert!(
        printed.contains(", AllTraffic: 2 predictions with labels, 2 positive, ")
            && printed.contains("nothing to measure"),
        "{printed}"
    );

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
