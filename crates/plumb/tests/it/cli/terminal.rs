//! What a terminal or a pipe gets: a reader that goes away, and names that would control a terminal.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::setup::demo::Company;
use crate::setup::folder::write;
use crate::setup::program::{column, failure, run, success};
use crate::setup::server::quick_folder;

/// Runs `plumb` with a reader that takes the first bytes and goes away, and returns whether it succeeded, and its errors.
fn with_reader_of(folder: &std::path::Path, arguments: &[&str], bytes: usize) -> (bool, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_plumb"))
        .current_dir(folder)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut output = process.stdout.take().expect("its output is caught");
    output.read_exact(&mut vec![0; bytes]).expect("it prints as much");
    drop(output);
    let output = process.wait_with_output().expect("it ends");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_reader_that_goes_away_ends_the_scores_of_a_file_quietly() {
    let folder = quick_folder();
    // More than a pipe holds, so that the program is at it when the reader goes.
    write(folder.path(), "many.csv", &format!("size,channel\n{}", "10,ads\n".repeat(100_000)));
    let score = ["score", "many.csv", "--data", "plumb-quick/leads"];
    assert_eq!(with_reader_of(folder.path(), &score, 100), (true, String::new()));
}

#[test]
fn a_reader_that_goes_away_does_not_end_the_work() {
    let company = Company::of(300);
    company.plumb(&["ingest"]);
    company.plumb(&["train", "--as-of", "2025-01-20"]);
    for arguments in [&["score"][..], &["score", "--json"], &["data", "list"], &["data", "list", "--json"]] {
        // Gone before the first line.
        assert_eq!(with_reader_of(company.path(), arguments, 0), (true, String::new()), "{arguments:?}");
    }
    let scored =
        column(&company.path().join("data/plumb.db"), "SELECT DISTINCT target FROM prediction ORDER BY target");
    assert_eq!(scored, ["approved", "converted"], "all targets were scored, though nobody read of it");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = ["demo", "--company-only", "--leads", "100", "--folder", "."];
    assert_eq!(with_reader_of(folder.path(), &demo, 0), (true, String::new()));
}

#[test]
fn a_full_disk_is_no_reader_that_goes_away() {
    let folder = quick_folder();
    write(folder.path(), "few.csv", "size,channel\n10,ads\n");
    let full = File::options().write(true).open("/dev/full").expect("the system has it");
    let mut score = Command::new(env!("CARGO_BIN_EXE_plumb"));
    let score = score.current_dir(folder.path()).args(["score", "few.csv", "--data", "plumb-quick/leads"]).stdout(full);
    let error = failure(score.output().expect("the program starts"));
    assert!(error.contains("cannot write the scores: No space left on device"), "{error}");
}

#[test]
fn names_cannot_control_the_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // It would clear the screen, ring, and turn the rest of the line around.
    let evil = "\u{1b}[2J\u{7}\u{202e}\u{9b}1m";
    let shown = "\\u{1b}[2J\\u{7}\\u{202e}\\u{9b}1m";
    let error = failure(run(folder.path(), &["quick", &format!("{evil}.csv"), "--target", "won"]));
    assert!(error.contains(&format!("there is no file `{shown}.csv`")), "{error}");

    let rows: String = (0..400)
        .map(|row| {
            format!("{},{},{}\n", row * 7 % 90, ["ads", "fair"][row % 2], ["yes", "no"][usize::from(row % 7 < 3)])
        })
        .collect();
    write(folder.path(), "leads.csv", &format!("size,{evil},won\n{rows}"));
    let printed = success(run(folder.path(), &["quick", "leads.csv", "--target", "won"]));
    let leaks = failure(run(folder.path(), &["quick", "leads.csv", "--target", "lost"]));
    assert!(leaks.contains(shown), "{leaks}");
    write(folder.path(), "new.csv", &format!("size,{evil}\n1,{evil}\n"));
    let output = run(folder.path(), &["score", "new.csv", "--data", "plumb-quick/leads", "--out", "scores.csv"]);
    let notes = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(notes.contains(&format!("1 rows have `{shown}` = `{shown}`")), "{notes}");
    for text in [printed, leaks, notes, error] {
        let controls = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
        assert!(!text.contains(controls), "{}", text.escape_debug());
    }
    let printed = success(run(folder.path(), &["quick", "leads.csv", "--target", "won", "--json"]));
    assert!(!printed.contains(['\u{9b}', '\u{202e}', '\u{1b}']), "{}", printed.escape_debug());
    let outcome: Value = serde_json::from_str(&printed).expect("it is JSON");
    assert!(outcome.to_string().contains('\u{202e}'), "a program reads the name as it is");
}
