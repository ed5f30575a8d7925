//! `plumb score FILE`: rows of a file into scores, in each format, with rows that cannot be used, and with a run that
//! is ended half-way.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use serde_json::Value;
use tempfile::TempDir;

use crate::setup::folder::write;
use crate::setup::program::{failure, run, success};
use crate::setup::redaction::redacted;

/// More than the rows of two blocks, so that several are under way at a time.
const ROWS: usize = 20_000;

#[test]
fn a_file_is_scored_in_row_order_and_alike_in_every_format() {
    let folder = trained();
    write(folder.path(), "new.csv", &rows(ROWS));
    let score = |out: &str| {
        let arguments = ["score", "new.csv", "--data", "kept", "--id", "name", "--contributions", "--out", out];
        success(run(folder.path(), &arguments))
    };
    let printed = ["scores.csv", "scores.jsonl", "scores.parquet", "again.parquet"].map(score).concat();
    assert_snapshot!(redacted(&printed), @r"
    20000 rows scored by logistic `[id 1]` into scores.csv
    20000 rows scored by logistic `[id 1]` into scores.jsonl
    20000 rows scored by logistic `[id 1]` into scores.parquet
    20000 rows scored by logistic `[id 1]` into again.parquet
    ");
    let read = |name: &str| fs::read(folder.path().join(name)).expect("it is written");
    assert_eq!(read("scores.parquet"), read("again.parquet"), "threads change nothing");

    let csv = String::from_utf8(read("scores.csv")).expect("CSV is text");
    let json = String::from_utf8(read("scores.jsonl")).expect("JSON is text");
    assert!(
        csv.starts_with("row,id,score,band,reasons,base,contribution_size,contribution_channel\n1,lead 0,0."),
        "{csv:.99}"
    );
    assert_eq!((csv.lines().count(), json.lines().count()), (ROWS + 1, ROWS));
    for (at, (line, object)) in csv.lines().skip(1).zip(json.lines()).enumerate() {
        let object: Value = serde_json::from_str(object).expect("a line is an object");
        let begin = format!("{},{},{},", object["row"], object["id"].as_str().expect("a name"), object["score"]);
        assert!(line.starts_with(&begin), "{line} is not {begin}");
        assert_eq!((&object["row"], &object["id"]), (&Value::from(at + 1), &Value::from(format!("lead {at}"))));
        let contributions = object["contributions"].as_object().expect("an object");
        let last: Vec<&str> = line.rsplitn(4, ',').collect();
        assert_eq!(last[0], contributions["channel"].to_string());
        assert_eq!(last[2], object["base"].to_string());
        assert!(!object["reasons"].as_array().expect("a list").is_empty());
    }
}

#[test]
fn rejected_rows_are_listed_with_their_line_and_reason() {
    let folder = trained();
    let text = "name,size,channel\na,10,ads\n\nb,ten,ads\nc,10\nd,NA,fax\ne,20,email\n";
    write(folder.path(), "new.csv", text);
    let output = run(folder.path(), &["score", "new.csv", "--data", "kept", "--out", "scores.csv", "--reasons", "0"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    success(output);
    assert_snapshot!(error, @r"
    warning: 1 rows have fewer than 3 cells, the first in line 5: they are set aside (mend these lines: a line break may have cut them)
      `size`: 1 cells such as `NA` or `-` count as missing
    rejected: line 4: `size`: `ten`: expected a number
    rejected: line 5: expected 3 cells, found 2: it begins `c`
    rejected rows are listed in scores.csv.rejected.csv
      1 rows have `channel` = `fax`, which was not in the training data: it counts as missing
    ");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it is written");
    let numbers: Vec<String> =
        read("scores.csv").lines().map(|line| line.split(',').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(numbers, ["row", "1", "4", "5"], "rows keep their numbers");
    let aside = "row,line,column,reason\n2,4,size,`ten`: expected a number\n\
                 3,5,,\"expected 3 cells, found 2: it begins `c`\"\n";
    assert_eq!(read("scores.csv.rejected.csv"), aside);

    write(folder.path(), "new.csv", "name,size,channel\na,10,ads\n");
    success(run(folder.path(), &["score", "new.csv", "--data", "kept", "--out", "scores.csv"]));
    assert!(!folder.path().join("scores.csv.rejected.csv").exists(), "the list of the run before is gone");
}

#[test]
fn outcome_of_a_file_is_one_json_document() {
    let folder = trained();
    write(folder.path(), "new.csv", "name,size,channel\na,10,ads\nb,ten,ads\nc,20,fax\n");
    let score = ["score", "new.csv", "--data", "kept", "--json"];
    assert_snapshot!(
        failure(run(folder.path(), &score)),
        @"error: --json prints the outcome on standard output: name a file for the scores by --out"
    );
    let printed = success(run(folder.path(), &[&score[..], &["--out", "scores.csv"]].concat()));
    serde_json::from_str::<Value>(&printed).expect("standard output is one JSON document");
    assert_snapshot!("scores_of_a_file_as_json", redacted(&printed));
}

#[test]
fn a_file_that_cannot_be_scored_is_refused_and_leaves_no_output() {
    let folder = trained();
    let good = rows(3);
    let cases: [(&str, &[&str]); 7] = [
        ("name,size\na,1\n", &[]),
        (&good, &["--id", "nmae"]),
        (&good, &["--out", "scores.xlsx"]),
        (&good, &["--out", "no/such/folder.csv"]),
        ("name,size,channel\n", &[]),
        ("name,size,channel\na,ten,ads\n", &[]),
        ("PAR1, but no more of it", &[]),
    ];
    let refusal = |(text, arguments): (&str, &[&str])| {
        write(folder.path(), "new.csv", text);
        let before = ["score", "new.csv", "--data", "kept"];
        let out: &[&str] = if arguments.contains(&"--out") { &[] } else { &["--out", "scores.csv"] };
        let error = failure(run(folder.path(), &[&before, arguments, out].concat()));
        let left = names(folder.path());
        assert!(!left.iter().any(|name| name.contains("scores")), "{left:?} after `{error}`");
        error
    };
    assert_snapshot!(redacted(&cases.map(refusal).concat()), @r"
    error: cannot score `new.csv` by model `[id 1]`: `new.csv`: it has no column `channel`: expected a column for each of the model's 2 features; it has `name`, `size`
    error: cannot score `new.csv` by model `[id 1]`: `new.csv`: it has no column `nmae`: expected a column for each of the model's 2 features, and the one named by --id; it has `name`, `size`, `channel`, `won`
    error: --out `scores.xlsx`: expected a name that ends in `.csv`, `.jsonl` or `.parquet`
    error: cannot create `no/such/.folder.csv.unfinished`: No such file or directory (os error 2)
    error: cannot score `new.csv` by model `[id 1]`: `new.csv` has no rows under its header: expected at least one
    rejected: line 2: `size`: `ten`: expected a number
    error: `new.csv` has no rows that can be read; line 2: `size`: `ten`: expected a number
    error: cannot score `new.csv` by model `[id 1]`: `new.csv`: it is no whole Parquet file: it does not end as one does: it is cut short, or something else
    ");
    write(folder.path(), "new.csv", &good);
    let in_language =
        |language| failure(run(folder.path(), &["score", "new.csv", "--data", "kept", "--language", language]));
    assert_snapshot!(
        redacted(&in_language("de")),
        @"error: --language `de`: model `[id 1]` has reasons in the language of `features/*.toml` alone; `languages` in plumb.toml sets the languages of new models"
    );
    assert_snapshot!(in_language("xx"), @r"
    error: invalid value 'xx' for '--language <LANGUAGE>': `xx` is not a language: expected one of de, en, es, fr, it, nl, pt

    For more information, try '--help'.
    ");
    assert_snapshot!(
        redacted(&failure(run(folder.path(), &["score", "gone.csv", "--data", "kept"]))),
        @"error: cannot score `gone.csv` by model `[id 1]`: there is no file `gone.csv`"
    );
}

#[test]
fn a_killed_run_leaves_no_partial_file() {
    let folder = trained();
    write(folder.path(), "new.csv", &rows(ROWS));
    let a_folder = ["score", ".", "--data", "kept", "--out", "scores.csv"];
    assert_snapshot!(
        redacted(&failure(run(folder.path(), &a_folder))),
        @"error: cannot score `.` by model `[id 1]`: `.` is not a file: expected a table of rows"
    );

    // What a killed run leaves behind: a longer file, half written, that nobody holds.
    write(folder.path(), ".scores.csv.unfinished", &"x".repeat(10_000_000));
    success(run(folder.path(), &["score", "new.csv", "--data", "kept", "--out", "scores.csv"]));
    let scores = fs::read_to_string(folder.path().join("scores.csv")).expect("it is written");
    assert_eq!(scores.lines().count(), ROWS + 1);
    assert!(!names(folder.path()).iter().any(|name| name.contains("unfinished")));

    let mut child = Command::new(env!("CARGO_BIN_EXE_plumb"))
        .current_dir(folder.path())
        .args(["score", "new.csv", "--data", "kept", "--out", "killed.csv"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    // However far it came, the file is whole or absent.
    let killed = fs::read_to_string(folder.path().join("killed.csv")).ok();
    assert!(killed.is_none_or(|text| text == scores));
}

/// A folder with a model in `kept`.
fn trained() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "old.csv", &rows(600));
    let arguments = ["quick", "old.csv", "--target", "won", "--leave-out", "name", "--out", "kept"];
    success(run(folder.path(), &arguments));
    folder
}

/// Leads of a known kind: large companies and those that came by a referral are won more often.
fn rows(count: usize) -> String {
    let mut text = "name,size,channel,won\n".to_owned();
    let mut state = 12_345u64;
    let mut chance = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    for row in 0..count {
        let (size, channel) = ((chance() * 100.0) as u32, (chance() * 3.0) as usize);
        let won = chance() < 0.05 + 0.2 * channel as f64 + 0.003 * f64::from(size);
        let channel = ["ads", "email", "referral"][channel];
        text.push_str(&format!("lead {row},{size},{channel},{}\n", if won { "yes" } else { "no" }));
    }
    text
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    entries.map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned()).collect()
}
