//! Leads of one law, to be written in the ways of different programs.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::setup::program::{run, success};

/// A lead.
pub(super) struct Lead {
    pub(super) source: &'static str,
    /// In cents.
    pub(super) revenue: u64,
    pub(super) employees: u64,
    /// In tenths of a percent.
    pub(super) discount: u64,
    /// The day since the first of January 2025 on which it came.
    pub(super) day: u64,
    pub(super) won: bool,
}

/// Returns leads in the order in which they came: referrals and large deals are won more often.
pub(super) fn leads(count: usize) -> Vec<Lead> {
    let mut state = 987_654_321u64;
    let mut chance = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    (0..count)
        .map(|row| {
            let source = (chance() * 4.0) as usize;
            let revenue = 1_000.0 * (4.0 * chance()).exp();
            let employees = 1 + (chance() * chance() * 2_500.0) as u64;
            let discount = 25 * (chance() * 9.0) as u64;
            let margin = -1.9 + 0.45 * source as f64 + 0.02 * revenue / 1_000.0 + 0.004 * discount as f64;
            Lead {
                source: ["Ads", "Web", "Event", "Referral"][source],
                revenue: (100.0 * revenue) as u64,
                employees,
                discount,
                day: (row * 600 / count) as u64,
                won: chance() < 1.0 / (1.0 + (-margin).exp()),
            }
        })
        .collect()
}

/// Returns a number with two decimals in groups of thousands.
pub(super) fn grouped(cents: u64, thousands: char, decimal: char) -> String {
    let whole = grouped_whole(cents / 100, thousands);
    format!("{whole}{decimal}{:02}", cents % 100)
}

/// Returns a whole number in groups of thousands.
pub(super) fn grouped_whole(number: u64, thousands: char) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(thousands);
        }
        text.push(digit);
    }
    text
}

/// Returns the year, month and day of a day since the first of January 2025.
pub(super) fn date(day: u64) -> [u64; 3] {
    let months = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut year, mut rest) = (2025, day);
    loop {
        for (month, days) in months.into_iter().enumerate() {
            if rest < days {
                return [year, month as u64 + 1, rest + 1];
            }
            rest -= days;
        }
        year += 1;
    }
}

/// Returns the leads as a plain file under these names of the columns.
pub(super) fn plain(leads: &[Lead], names: &str) -> String {
    let mut text = format!("{names}\n");
    for Lead { source, revenue, employees, discount, won, .. } in leads {
        let (revenue, discount) = (*revenue as f64 / 100.0, *discount as f64 / 10.0);
        text.push_str(&format!("{source},{revenue},{employees},{discount},{}\n", if *won { "yes" } else { "no" }));
    }
    text
}

/// Returns a text in Windows-1252; what it has of other alphabets is none of it.
pub(super) fn windows_1252(text: &str) -> Vec<u8> {
    let byte = |letter: char| match letter {
        '€' => 0x80,
        letter => u8::try_from(u32::from(letter)).expect("a letter of Western Europe"),
    };
    text.chars().map(byte).collect()
}

/// Returns a folder with a file in it.
pub(super) fn folder(file: &str, bytes: impl AsRef<[u8]>) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join(file), bytes).expect("the file is written");
    folder
}

/// Runs `plumb quick` and returns its outcome.
#[track_caller]
pub(super) fn quick(folder: &Path, file: &str, arguments: &[&str]) -> Value {
    let printed = success(run(folder, &[&["quick", file, "--json"], arguments].concat()));
    serde_json::from_str(&printed).expect("one JSON document")
}

/// Runs `plumb quick` and returns its text.
#[track_caller]
pub(super) fn quick_text(folder: &Path, file: &str, arguments: &[&str]) -> String {
    success(run(folder, &[&["quick", file], arguments].concat()))
}

/// Returns the models of the leaderboard on rows in this order, without suspected leaks.
#[track_caller]
pub(super) fn models<'a>(outcome: &'a Value, order: &str) -> &'a Value {
    let groups = outcome["leaderboard"].as_array().expect("groups");
    let group = groups.iter().find(|group| group["order"] == order && group["with_suspects"] == false);
    &group.expect("the group is there")["models"]
}

/// Returns the best AUC on rows in this order.
#[track_caller]
pub(super) fn auc(outcome: &Value, order: &str) -> f64 {
    models(outcome, order)[0]["metrics"]["auc"]["value"].as_f64().expect("a number")
}

/// Returns the columns of a list in the outcome, such as `left_out`.
pub(super) fn columns<'a>(outcome: &'a Value, list: &str) -> Vec<&'a str> {
    let found = outcome[list].as_array().expect("a list");
    found.iter().map(|entry| entry["column"].as_str().expect("a name")).collect()
}

/// Returns what the report of reading says under a code.
pub(super) fn notes(outcome: &Value, code: &str) -> Vec<String> {
    let notes = outcome["reading"]["notes"].as_array().expect("notes");
    let of_code = notes.iter().filter(|note| note["code"] == code);
    of_code.map(|note| note["what"].as_str().expect("a sentence").to_owned()).collect()
}

/// Returns the names of the features of the saved model.
pub(super) fn features(data: &Path) -> Vec<String> {
    let file = fs::read_dir(data.join("models")).expect("the folder is there").next().expect("a model");
    let text = fs::read_to_string(file.expect("readable").path()).expect("readable");
    let artifact: Value = serde_json::from_str(&text).expect("JSON");
    let features = artifact["model"]["features"]["features"].as_array().expect("features");
    features.iter().map(|feature| feature["name"].as_str().expect("a name").to_owned()).collect()
}
