//! `plumb quick` on files typed by a rule, on the two real files, and on bad input.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::setup::program::{self, failure, success};
use crate::setup::redaction::redacted_figures;

#[test]
fn a_suspected_leak_is_reported_and_left_out_of_the_model() {
    let folder = folder(&leads(600));
    let printed = quick(&folder, &["--target", "won"]);
    assert!(printed.contains("`call_seconds`: alone it ranks rows with an AUC of 1.00"), "{printed}");
    assert_snapshot!(redacted_figures(&printed));
    let model = fs::read_to_string(model_file(&folder.path().join("plumb-quick/leads"))).expect("the model is there");
    assert!(model.contains("\"channel\"") && !model.contains("call_seconds"));
}

#[test]
fn leave_out_and_keep_decide_which_columns_are_used() {
    let folder = folder(&leads(300));
    let without = quick(&folder, &["--target", "won", "--leave-out", "call_seconds,size", "--out", "without"]);
    assert_snapshot!(redacted_figures(&without));
    quick(&folder, &["--target", "won", "--keep", "call_seconds", "--out", "kept"]);
    let model = |name| fs::read_to_string(model_file(&folder.path().join(name))).expect("the model is there");
    assert!(!model("without").contains("\"size\"") && model("kept").contains("call_seconds"));
}

#[test]
fn the_same_file_and_seed_give_the_same_model() {
    let folder = folder(&leads(300));
    let model = |out: &str, seed| {
        quick(&folder, &["--target", "won", "--leave-out", "call_seconds", "--seed", seed, "--out", out]);
        let file = model_file(&folder.path().join(out));
        (file.file_name().map(ToOwned::to_owned), fs::read(&file).expect("the model is there"))
    };
    let first = model("first", "7");
    assert_eq!(first, model("second", "7"));
    assert_ne!(first, model("third", "8"));
}

#[test]
fn folds_and_retraining_are_measured_on_request() {
    // A season every 150 rows, in a file that counts as time order.
    let mut lines = leads(600).lines().map(str::to_owned).collect::<Vec<_>>();
    lines[0].push_str(";season");
    lines.iter_mut().skip(1).enumerate().for_each(|(row, line)| line.push_str(&format!(";s{}", row / 150)));
    let folder = folder(&lines.join("\n"));
    let printed = quick(&folder, &["--target", "won", "--folds", "3", "--retrain-by", "season", "--newest", "300"]);
    assert_snapshot!(redacted_figures(&printed));
    let error =
        |arguments: &[&str]| failure(run(folder.path(), "leads.csv", &[&["--target", "won"], arguments].concat()));
    assert_snapshot!(
        error(&["--folds", "1"]),
        @"error: --folds: parameter `folds` is `1`: expected a number from 2 to the number of rows"
    );
    assert_snapshot!(error(&["--retrain-by", "seson"]), @"error: there is no column `seson`; near it are `season`");
    assert_snapshot!(error(&["--newest", "9"]), @r"
    error: the following required arguments were not provided:
      --retrain-by <COLUMN>

    Usage: plumb quick --target <COLUMN> --retrain-by <COLUMN> --newest <ROWS> <FILE>

    For more information, try '--help'.
    ");
}

#[test]
fn unusable_rows_are_rejected_and_the_rest_is_used() {
    let mut text = leads(300);
    text.push_str("10;ads;5\n10;ads;5;\n10;ads;5;unknown\n");
    let printed = quick(&folder(&text), &["--target", "won"]);
    let (before_the_leaks, _) = printed.split_once("\n\n").expect("paragraphs");
    assert_snapshot!(before_the_leaks, @r#"
    leads.csv: 302 rows, 4 columns
    set aside: line 302: expected 4 cells, found 3: it begins `10`
    warning: 1 rows have fewer than 4 cells, the first in line 302: they are set aside (mend these lines: a line break may have cut them)
      cells are separated by `;`, and enclosed by `"` where they need to be
      `won`: `unknown` (1) taken as missing
    positive: `won` = yes (it says so, and `no` does not; choose with --positive); 107 of 300 rows, 35.7 %
      left out: 2 rows in which the target is missing
    "#);
}

#[test]
fn bad_input_is_refused_with_the_reason() {
    let leads = leads(100);
    let ten = format!("size,won\n{}", "1,yes\n2,no\n".repeat(5));
    let alone = format!("won\n{}", "yes\nno\n".repeat(20));
    let cases: [(&str, &[&str]); 11] = [
        (&ten, &["--target", "won"]),
        (&leads, &["--target", "wom"]),
        (&leads, &["--target", "revenue"]),
        (&leads, &["--target", "channel"]),
        (&leads, &["--target", "won", "--leave-out", "colour"]),
        (&leads, &["--target", "won", "--positive", "maybe"]),
        ("won\nyes\nno\n", &["--target", "won"]),
        ("a,won\n1,yes\n2,yes\n", &["--target", "won"]),
        ("", &["--target", "won"]),
        ("a,a\n1,2\n", &["--target", "a"]),
        (&alone, &["--target", "won"]),
    ];
    let refusal = |(text, arguments): (&str, &[&str])| {
        let folder = folder(text);
        let error = failure(run(folder.path(), "leads.csv", arguments));
        assert!(!folder.path().join("plumb-quick").exists(), "nothing is kept after `{error}`");
        error
    };
    assert_snapshot!(cases.map(refusal).concat(), @r#"
    error: target `won` is `no` in 5 rows only: expected at least 20 of each value, so that there are some to train on, to choose on and to test on
    error: there is no column `wom`; near it are `won`
    error: there is no column `revenue`; the columns are `size`, `channel`, `call_seconds`, `won`
    error: target `channel` has 3 values, and which of them are positive is not clear:
      37 rows `ads`
      32 rows `email`
      31 rows `referral`
    say which words are positive, and with --ignore which leads are still open; the others count as negative:
      plumb quick leads.csv --target channel --positive "WORDS"
    error: there is no column `colour`; the columns are `size`, `channel`, `call_seconds`, `won`
    error: --positive `maybe` does not occur: expected `no` or `yes`
    error: target `won` is `no` in 1 rows only: expected at least 20 of each value, so that there are some to train on, to choose on and to test on
    error: target `won` is `yes` in all 2 rows: expected two values, such as yes and no; there is nothing to tell apart
    error: `leads.csv` is empty: expected a line that names the columns, and a line for each row
    error: target `a` is `1` in all 1 rows: expected two values, such as yes and no; there is nothing to tell apart
    error: there is no column to learn from: `leads.csv` has the target `won` only; expected at least one other column
    "#);
    assert_snapshot!(
        failure(run(folder(&alone).path(), "gone.csv", &["--target", "won"])),
        @"error: there is no file `gone.csv`"
    );
}

/// Columns that say nothing, or too much, are put up with: the model is made, and its scores are numbers.
#[test]
fn empty_constant_and_infinite_columns_do_no_harm() {
    let mut lines: Vec<String> = leads(400).lines().map(str::to_owned).collect();
    lines[0].push_str(";absent;same;endless;name;blank_numbers");
    for (row, line) in lines.iter_mut().enumerate().skip(1) {
        let endless = ["inf", "-Infinity", "4", "NaN", "3"][row % 5];
        line.push_str(&format!(";;7;{endless};city {};{}", row % 250, if row % 3 == 0 { "" } else { "1.5" }));
    }
    let folder = folder(&lines.join("\n"));
    quick(&folder, &["--target", "won", "--leave-out", "call_seconds", "--out", "kept"]);
    let arguments = ["score", "leads.csv", "--data", "kept", "--out", "scores.csv"];
    success(program::run(folder.path(), &arguments));
    let scores = fs::read_to_string(folder.path().join("scores.csv")).expect("the scores are written");
    let scores: Vec<f64> = scores
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(1).and_then(|score| score.parse().ok()).expect("a score in the second column"))
        .collect();
    assert!(scores.len() == 400 && scores.iter().all(|score| (0.0..=1.0).contains(score)), "{scores:?}");
}

/// The ranges hold the figures of untuned models in the data sets' own README.
#[test]
fn leaks_and_drift_of_real_files_are_found() {
    let Some(data) = std::env::var_os("PLUMB_REAL_DATA").map(PathBuf::from) else {
        eprintln!("PLUMB_REAL_DATA is not set: the real files are absent, and this test ends here");
        return;
    };
    for (file, target, leak, random, in_order) in [
        ("bank-additional-full.csv", "y", "duration", 0.78..0.82, 0.58..0.68),
        ("online_shoppers_intention.csv", "Revenue", "PageValues", 0.73..0.81, 0.65..0.80),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = data.join(file);
        let printed = success(run(folder.path(), &path.to_string_lossy(), &["--target", target, "--out", "kept"]));
        let suspects: Vec<&str> = printed.lines().filter(|line| line.contains("; without it the AUC is")).collect();
        assert!(suspects.len() == 1 && suspects[0].contains(leak), "{suspects:?}");
        for kind in ["xgboost", "logistic"] {
            let auc = |heading: String| auc(&printed, &heading, kind);
            assert!(random.contains(&auc(format!("random rows, without {leak}"))), "{kind}, random:\n{printed}");
        }
        // On a world that moved the two may be far apart; the better one is about as good as others found it.
        let late = ["xgboost", "logistic"]
            .map(|kind| auc(&printed, &format!("in row order, the last 30 % tested, without {leak}"), kind));
        assert!(in_order.contains(&late[0].max(late[1])), "in order:\n{printed}");
        let is_warned = printed.contains("warning: on the last rows of the file the AUC is");
        assert!(is_warned || file != "bank-additional-full.csv", "the calls are of years that differ much: {printed}");
        let model = fs::read_to_string(model_file(&folder.path().join("kept"))).expect("the model is there");
        assert!(!model.contains(&format!("\"{leak}\"")));
        the_model_scores_its_own_file(&path, folder.path());
    }
}

/// The model that was kept scores the file that it came from, whose further columns it passes over.
#[track_caller]
fn the_model_scores_its_own_file(file: &Path, folder: &Path) {
    let arguments = ["score", &file.to_string_lossy(), "--data", "kept", "--out", "scores.csv"];
    let printed = success(program::run(folder, &arguments));
    assert!(printed.contains("rows scored by"), "{printed}");
    let scores = fs::read_to_string(folder.join("scores.csv")).expect("the scores are written");
    let rows = fs::read_to_string(file).expect("the file is text").lines().count() - 1;
    assert_eq!(scores.lines().count() - 1, rows, "a score a row");
    assert!(scores.starts_with("row,score,band,reasons\n1,0."), "{}", &scores[..80]);
}

/// The AUC of a kind of model under a heading of the leaderboard.
fn auc(printed: &str, heading: &str, kind: &str) -> f64 {
    let under = printed.lines().skip_while(|line| !line.starts_with(heading));
    let line = under.into_iter().find(|line| line.starts_with(kind)).expect("the heading and the kind are there");
    line.split_whitespace().nth(1).and_then(|cell| cell.parse().ok()).expect("the AUC is a number")
}

/// Leads of a known kind: referrals and large companies are won more often, and calls last longer once one is won.
fn leads(rows: usize) -> String {
    let mut text = "size;channel;call_seconds;won\n".to_owned();
    let mut state = 12_345u64;
    let mut chance = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    for _ in 0..rows {
        let (size, channel) = ((chance() * 100.0) as u32, (chance() * 3.0) as usize);
        let won = chance() < 0.05 + 0.2 * channel as f64 + 0.003 * f64::from(size);
        let seconds = if won { 300 } else { 100 } + (chance() * 100.0) as u32;
        let channel = ["ads", "email", "referral"][channel];
        text.push_str(&format!("{size};{channel};{seconds};{}\n", if won { "yes" } else { "no" }));
    }
    text
}

fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("leads.csv"), text).expect("the file is written");
    folder
}

fn quick(folder: &TempDir, arguments: &[&str]) -> String {
    success(run(folder.path(), "leads.csv", arguments))
}

fn run(folder: &Path, file: &str, arguments: &[&str]) -> Output {
    program::run(folder, &[&["quick", file], arguments].concat())
}

/// The only model in a data folder.
fn model_file(data: &Path) -> PathBuf {
    assert!(data.join("plumb.db").is_file());
    let files = fs::read_dir(data.join("models")).expect("the models' folder is there");
    let files: Vec<PathBuf> = files.map(|file| file.expect("a readable folder").path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.into_iter().next().expect("one file")
}
