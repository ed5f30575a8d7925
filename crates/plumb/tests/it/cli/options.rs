//! Numbers and variables out of their range: errors of the arguments, and never a panic.

use std::process::Output;

use crate::setup::demo::Company;
use crate::setup::folder::write;
use crate::setup::program::{run, run_with};
use crate::setup::server::quick_folder;

/// Returns the exit code and what was printed on standard error.
fn ended(output: Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_number_out_of_its_range_is_an_error_of_the_arguments() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (arguments, expected) in [
        ("serve --working 9223372036854775808", "9223372036854775808 is not in 1..=65536"),
        ("serve --working 18446744073709551615", "is not in 1..=65536"),
        ("serve --working 18446744073709551616", "number too large"),
        ("serve --working 0", "0 is not in 1..=65536"),
        ("serve --waiting 18446744073709551615", "is not in 0..=1000000"),
        ("serve --deadline 18446744073709551615", "is not in 1..=86400"),
        ("serve --deadline 0", "0 is not in 1..=86400"),
        ("serve --port 65536", "65536 is not in 0..=65535"),
        ("score rows.csv --reasons 18446744073709551615", "is not in 0..=65535"),
        ("score --rows-at-once 18446744073709551615", "is not in 1..=1000000000"),
        ("score --rows-at-once 0", "0 is not in 1..=1000000000"),
        ("features --rows-at-once 18446744073709551615", "is not in 1..=1000000000"),
        ("verify --predictions 18446744073709551615", "is not in 1..=10000000"),
        ("train --workers 18446744073709551615", "is not in 1..=4096"),
        ("train --workers 2 --sample-rows 18446744073709551615", "is not in 1..=1000000000"),
        ("quick x.csv --target y --retrain-by z --newest 0", "0 is not in 1..=1000000000"),
        ("demo --leads 18446744073709551615", "is not in 1..=10000000"),
        ("cluster worker --job x --number 18446744073709551615", "is not in 0..=4096"),
        ("cluster worker --job x --number 0 --threads 18446744073709551615", "is not in 0..=4096"),
        ("train --as-of +262142-12-31", "is not a time"),
        ("train --as-of 0000-01-01", "with a year of four digits"),
        ("train --seed=-1", "invalid digit"),
    ] {
        let (code, error) = ended(run(folder.path(), &arguments.split(' ').collect::<Vec<_>>()));
        assert_eq!(code, Some(2), "{arguments}: {error}");
        assert!(error.contains(expected) && !error.contains("panicked"), "{arguments}: {error}");
    }
}

#[test]
fn the_largest_numbers_are_used() {
    let folder = quick_folder();
    let quick = |arguments: &str| {
        let arguments = format!("quick leads.csv --target won {arguments}");
        ended(run(folder.path(), &arguments.split(' ').collect::<Vec<_>>()))
    };
    assert_eq!(quick("--seed 18446744073709551615"), (Some(0), String::new()));
    let (code, error) = quick("--folds 18446744073709551615");
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("expected a number from 2 to the number of rows"), "{error}");
    write(folder.path(), "few.csv", "size,channel\n10,ads\n");
    let score = "score few.csv --data plumb-quick/leads --reasons 65535";
    let (code, error) = ended(run(folder.path(), &score.split(' ').collect::<Vec<_>>()));
    assert_eq!(code, Some(0), "{error}");

    let company = Company::of(100);
    company.plumb(&["ingest"]);
    for minutes in ["NaN", "inf", "0", "-1", "1e300", "10081"] {
        let (code, error) = ended(run(company.path(), &["train", &format!("--search-minutes={minutes}")]));
        assert_eq!(code, Some(1), "{minutes}: {error}");
        assert!(error.contains("expected a number over 0 and up to 10080, a week"), "{minutes}: {error}");
    }
    for time in ["0001-01-01", "9999-12-31T23:59:60Z"] {
        let (_, error) = ended(run(company.path(), &["train", "--target", "converted", "--as-of", time]));
        assert!(!error.contains("panicked"), "{time}: {error}");
    }
}

#[test]
fn a_wrong_log_filter_is_said_and_the_program_goes_on() {
    let folder = quick_folder();
    let quick = ["quick", "leads.csv", "--target", "won"];
    for (filter, expected) in [
        ("plumb=debgu", "PLUMB_LOG: `plumb=debgu` is left out: "),
        ("debgu", "PLUMB_LOG: `debgu` is left out: expected `off`, `error`, `warn`, `info`, `debug` or `trace`"),
    ] {
        let (code, error) = ended(run_with(folder.path(), &quick, &[("PLUMB_LOG", filter)]));
        assert_eq!(code, Some(0), "{error}");
        assert!(error.contains(expected) && error.lines().count() == 1, "{error}");
        let json = [("PLUMB_LOG", filter), ("PLUMB_LOG_FORMAT", "json")];
        let (_, error) = ended(run_with(folder.path(), &quick, &json));
        let line: serde_json::Value = serde_json::from_str(&error).expect("a line of JSON");
        assert!(line["message"].as_str().is_some_and(|message| message.starts_with("PLUMB_LOG: ")), "{error}");
    }
    assert_eq!(ended(run_with(folder.path(), &quick, &[("PLUMB_LOG", "error,plumb=info")])), (Some(0), String::new()));
}
