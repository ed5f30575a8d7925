//! `plumb profile` on files typed by a rule: what it says, what it writes, what it refuses.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::setup::demo::Company;
use crate::setup::folder::write;
use crate::setup::program::{failure, run, success};

/// Leads of a small company: referrals are won more often, a country is missing more and more, and a cell would like to be a
/// script.
fn leads(rows: usize, channel: &str) -> String {
    let mut text = "Lead ID,Created,Email,Channel,Seats,Country,Note,Stage\n".to_owned();
    for row in 0..rows {
        let referral = row % 4 == 0;
        let is_won = if referral { row % 8 == 0 } else { row % 20 == 1 };
        let country = if row > rows / 2 && row % 3 > 0 { "" } else { "Germany" };
        text.push_str(&format!(
            "L{row:05},2026-{:02}-{:02},p{}@example.org,{},{},{country},call <script>alert({row})</script>,{}\n",
            1 + row * 6 / rows,
            1 + row % 28,
            row % (rows - 3),
            if referral { "referral" } else { channel },
            row % 23,
            if is_won { "Won" } else { "Lost" },
        ));
    }
    text
}

fn folder(rows: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "leads.csv", &leads(rows, "ads"));
    folder
}

fn profile(folder: &Path, arguments: &[&str]) -> String {
    success(run(folder, &[&["profile"], arguments].concat()))
}

fn document(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&profile(folder, &[&["--json"], arguments].concat())).expect("it is one document")
}

#[test]
fn a_file_is_described_in_the_terminal_as_a_document_and_on_a_page() {
    let folder = folder(800);
    let printed = profile(folder.path(), &["leads.csv", "--target", "Stage", "--positive", "Won"]);
    for expected in ["leads.csv: 800 rows, 8 columns", "look at first", "target: `Stage` is Won (as asked)"] {
        assert!(printed.contains(expected), "`{expected}` is not in {printed}");
    }
    assert!(printed.lines().filter(|line| line.starts_with("Seats")).all(|line| line.chars().count() <= 100));
    let saved: Value = serde_json::from_str(
        &fs::read_to_string(folder.path().join("plumb-profile/leads.json")).expect("the document is there"),
    )
    .expect("it is JSON");
    assert_eq!(saved["profile"]["rows"], 800);
    let by_column = saved["profile"]["target"]["by_column"].as_array().expect("a list");
    let strongest: Vec<&Value> = by_column.iter().take(2).map(|column| &column["column"]).collect();
    assert!(strongest.contains(&&json!("Channel")), "{strongest:?}");
    assert_eq!(saved["profile"]["duplicates"]["people"][0]["found"]["more"], 3);
    let page = fs::read_to_string(folder.path().join("plumb-profile/leads.html")).expect("the page is there");
    assert!(page.contains("Content-Security-Policy") && !page.contains("<script>alert"));
    assert_eq!(page.matches("<script").count(), 1, "the page's own");
}

#[test]
fn the_same_file_and_seed_give_the_same_profile() {
    let folder = folder(400);
    let one = document(folder.path(), &["leads.csv", "--seed", "7"]);
    assert_eq!(one["profile"], document(folder.path(), &["leads.csv", "--seed", "7"])["profile"]);
}

#[test]
fn an_earlier_file_shows_what_has_moved() {
    let folder = folder(800);
    write(folder.path(), "new.csv", &leads(800, "tiktok"));
    let found = document(folder.path(), &["new.csv", "--against", "leads.csv", "--out", "moved.html"]);
    let channel = &found["profile"]["drift"]["columns"][0];
    assert_eq!((&channel["column"], &channel["verdict"]), (&"Channel".into(), &"drifted".into()));
    assert_eq!(channel["vanished"][0]["value"], "ads");
    assert!(folder.path().join("moved.html").is_file() && folder.path().join("moved.json").is_file());
}

#[test]
fn what_cannot_be_done_says_the_way_out() {
    let folder = folder(100);
    let refused = |arguments: &[&str], expected: &str| {
        let error = failure(run(folder.path(), &[&["profile"], arguments].concat()));
        assert!(error.contains(expected), "`{expected}` is not in {error}");
    };
    refused(&["leads.csv", "--target", "Won"], "there is no column `Won`");
    refused(&["leads.csv", "--target", "Stage", "--positive", "Signed"], "its values are `Lost`");
    refused(&["leads.csv", "--time", "Seats"], "column `Seats` is no time: expected one of `Created`");
    refused(&["leads.csv", "--out", "leads.json"], "expected the name of a page");
    refused(&["nothing.csv"], "there is no file `nothing.csv`");
    refused(&["."], "`.` is not a file");
}

#[test]
fn the_features_of_a_target_are_profiled_and_listed_by_a_server() {
    let company = Company::of(300);
    company.plumb(&["ingest"]);
    let printed = company.plumb(&["profile", "--features", "converted"]);
    assert!(printed.contains("features of `converted`") && printed.contains("target: `converted`"), "{printed}");
    assert!(company.path().join("data/profiles/features-converted.html").is_file());
    let server = company.serve();
    assert!(server.page("/data").contains("/data/features-converted"));
    assert!(server.page("/data/features-converted").contains("By column, the strongest first"));
}
