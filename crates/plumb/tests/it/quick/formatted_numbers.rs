//! Amounts, shares and grouped numbers as a CRM writes them, in training and in scoring.

use std::fs;
use std::path::Path;

use super::leads::{Lead, features, folder, grouped, grouped_whole, leads, models, plain, quick};
use crate::setup::program::{run, success};

const NAMES: &str = "Source,Amount,Employees,Discount,Won";

/// An amount below zero is in parentheses; the plain file has the same amounts with a sign.
fn formatted(leads: &[Lead]) -> String {
    let mut text = format!("{NAMES}\n");
    for Lead { source, revenue, employees, discount, won, .. } in leads {
        text.push_str(&format!(
            "{source},\"${}\",\"{}\",{}.{}%,{}\n",
            grouped(*revenue, ',', '.'),
            grouped_whole(*employees, ','),
            discount / 10,
            discount % 10,
            if *won { "TRUE" } else { "FALSE" }
        ));
    }
    text
}

#[test]
fn formatted_numbers_give_the_figures_of_plain_ones() {
    let leads = leads(900);
    let folder = folder("formatted.csv", formatted(&leads));
    fs::write(folder.path().join("plain.csv"), plain(&leads, NAMES)).expect("writable");
    let outcome = quick(folder.path(), "formatted.csv", &["--target", "Won"]);
    let reference = quick(folder.path(), "plain.csv", &["--target", "Won"]);
    assert_eq!(models(&outcome, "random"), models(&reference, "random"), "the same figures exactly");
    assert_eq!(features(&folder.path().join("plumb-quick/formatted")), ["Source", "Amount", "Employees", "Discount"]);
}

#[test]
fn parentheses_are_minus() {
    let (mut with, mut without) = ("balance,won\n".to_owned(), "balance,won\n".to_owned());
    for (row, lead) in leads(600).iter().enumerate() {
        let cents = lead.revenue % 200_000;
        let (won, amount) = (if lead.won { "yes" } else { "no" }, grouped(cents, ',', '.'));
        let is_minus = lead.won != (row % 3 == 0);
        with.push_str(&if is_minus { format!("\"(${amount})\",{won}\n") } else { format!("\"${amount}\",{won}\n") });
        let sign = if is_minus { "-" } else { "" };
        without.push_str(&format!("{sign}{}.{:02},{won}\n", cents / 100, cents % 100));
    }
    let folder = folder("with.csv", with);
    fs::write(folder.path().join("without.csv"), without).expect("writable");
    let outcomes =
        ["with.csv", "without.csv"].map(|file| quick(folder.path(), file, &["--target", "won", "--keep", "balance"]));
    assert_eq!(models(&outcomes[0], "random"), models(&outcomes[1], "random"));
}

#[test]
fn a_model_of_one_way_of_writing_scores_files_of_another() {
    let known = leads(900);
    let folder = folder("plain.csv", plain(&known, NAMES));
    fs::write(folder.path().join("formatted.csv"), formatted(&known)).expect("writable");
    for (trained, asked) in [("plain", "formatted"), ("formatted", "plain")] {
        let file = format!("{trained}.csv");
        quick(folder.path(), &file, &["--target", "Won", "--out", trained]);
        let expected = scores(folder.path(), &file, trained);
        assert_eq!(expected.lines().count(), 901);
        assert_eq!(
            scores(folder.path(), &format!("{asked}.csv"), trained),
            expected,
            "{asked} by the model of {trained}"
        );
    }
}

#[test]
fn a_cell_that_cannot_be_read_rejects_its_row_and_is_never_missing() {
    let folder = folder("plain.csv", plain(&leads(900), NAMES));
    quick(folder.path(), "plain.csv", &["--target", "Won", "--out", "kept"]);
    fs::write(
        folder.path().join("new.csv"),
        "Source,Amount,Employees,Discount\nWeb,about 100,5,0\nWeb,120,5,0\nWeb,80,6,2.5\n",
    )
    .expect("writable");
    let output = run(folder.path(), &["score", "new.csv", "--data", "kept", "--out", "scores.csv", "--reasons", "0"]);
    let notes = String::from_utf8_lossy(&output.stderr).into_owned();
    success(output);
    assert!(notes.contains("line 2") && notes.contains("`Amount`") && notes.contains("`about 100`"), "{notes}");
    let scores = fs::read_to_string(folder.path().join("scores.csv")).expect("written");
    assert_eq!(scores.lines().count(), 3, "{scores}");
}

fn scores(folder: &Path, file: &str, data: &str) -> String {
    success(run(folder, &["score", file, "--data", data, "--out", "scores.csv", "--reasons", "0"]));
    fs::read_to_string(folder.join("scores.csv")).expect("the scores are written")
}
