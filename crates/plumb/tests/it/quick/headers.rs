//! Headers of every day: an index without a name, a comma at the end, a title above, a line break inside, a name twice.

use super::leads::{auc, columns, features, folder, leads, models, plain, quick, quick_text};

const NAMES: &str = "source,revenue,employees,discount,won";

/// Runs on the plain file and on a changed one, and compares the figures.
#[track_caller]
fn check(changed: &str, arguments: &[&str]) -> serde_json::Value {
    let reference = folder("leads.csv", plain(&leads(700), NAMES));
    let reference = quick(reference.path(), "leads.csv", &["--target", "won"]);
    let folder = folder("leads.csv", changed);
    let outcome = quick(folder.path(), "leads.csv", arguments);
    assert_eq!(outcome["reading"]["rows_read"], 700);
    assert_eq!(models(&outcome, "random"), models(&reference, "random"), "the same figures exactly");
    outcome
}

#[test]
fn a_column_without_a_name_that_counts_the_rows_is_no_feature() {
    let text = plain(&leads(700), NAMES);
    let numbered: String = text
        .lines()
        .enumerate()
        .map(|(line, row)| if line == 0 { format!(",{row}\n") } else { format!("{},{row}\n", line - 1) })
        .collect();
    let outcome = check(&numbered, &["--target", "won"]);
    let ignored = outcome["reading"]["plan"]["column"].as_array().expect("columns");
    assert!(ignored.iter().any(|column| column["kind"] == "ignored"), "{ignored:?}");
}

#[test]
fn a_comma_at_the_end_of_each_line_is_no_column() {
    let text = plain(&leads(700), NAMES).replace('\n', ",\n");
    check(&text, &["--target", "won"]);
}

#[test]
fn titles_above_the_header_are_passed_over() {
    let outcome =
        check(&format!("Leads of the quarter\nFor sales only\n\n{}", plain(&leads(700), NAMES)), &["--target", "won"]);
    assert_eq!(outcome["reading"]["plan"]["file"]["header"]["lines_above"], 3);
}

#[test]
fn a_line_break_in_a_name_is_part_of_it() {
    let names = "source,\"revenue\nof a year\",employees,discount,won";
    check(&plain(&leads(700), names), &["--target", "Won "]);
}

#[test]
fn a_second_column_of_the_target_s_name_is_a_leak_and_no_feature() {
    let text = plain(&leads(700), NAMES);
    let twice: String = text
        .lines()
        .enumerate()
        .map(|(line, row)| {
            let last = row.rsplit(',').next().expect("a cell");
            if line == 0 { format!("{row}, won \n") } else { format!("{row},{last}\n") }
        })
        .collect();
    let folder = folder("leads.csv", &twice);
    let outcome = quick(folder.path(), "leads.csv", &["--target", "won", "--out", "kept"]);
    let suspects = columns(&outcome, "suspects");
    assert!(suspects.len() == 1 && suspects[0].starts_with("won"), "{suspects:?}");
    assert_eq!(features(&folder.path().join("kept")), ["source", "revenue", "employees", "discount"]);
    assert!(auc(&outcome, "random") < 0.9, "{}", auc(&outcome, "random"));
    let printed = quick_text(folder.path(), "leads.csv", &["--target", "won"]);
    assert!(printed.contains("warning: suspected leaks"), "{printed}");
    let honest = printed.find("random rows, without").expect("the honest figures");
    assert!(honest < printed.find("not to be expected").expect("what the leak pretends"), "{printed}");
}
