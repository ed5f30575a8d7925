//! A column of dates divides the rows; dates of what comes after do not, and no group stands on both sides.

use super::leads::{columns, date, features, folder, leads, models, quick, quick_text};
use crate::setup::program::{failure, run};

/// Leads that came in order, in a file that is sorted by something else.
fn dated() -> String {
    let mut rows: Vec<String> = leads(900)
        .iter()
        .map(|lead| {
            let ([year, month, day], [later_year, later_month, later_day]) = (date(lead.day), date(lead.day + 40));
            format!(
                "{},{},{year}-{month:02}-{day:02} 10:{:02}:00,{later_year}-{later_month:02}-{later_day:02},{}\n",
                lead.source,
                lead.revenue / 100,
                lead.revenue % 60,
                if lead.won { "yes" } else { "no" }
            )
        })
        .collect();
    rows.sort();
    format!("source,revenue,created_at,last_changed,won\n{}", rows.concat())
}

#[test]
fn the_newest_rows_are_tested_by_the_column_that_says_when_a_lead_came() {
    let folder = folder("leads.csv", dated());
    let outcome = quick(folder.path(), "leads.csv", &["--target", "won", "--out", "kept"]);
    assert_eq!((&outcome["time"]["column"], &outcome["time"]["first"]), (&"created_at".into(), &"2025-01-01".into()));
    let first = &outcome["leaderboard"][0];
    assert!(first["order"] == "time" && first["with_suspects"] == false, "the figures to believe come first");
    let tested = first["models"][0]["metrics"]["rows"].as_u64().expect("a number");
    assert!((230..310).contains(&tested), "about 30 %: {tested}");
    assert_eq!(columns(&outcome, "left_out"), ["created_at", "last_changed"]);
    assert_eq!(features(&folder.path().join("kept")), ["source", "revenue"]);
    assert!(outcome["model"]["dataset"]["span"].is_array(), "{}", outcome["model"]["dataset"]);
    let printed = quick_text(folder.path(), "leads.csv", &["--target", "won"]);
    assert!(printed.contains("newest rows by created_at, from 2026-"), "{printed}");
}

#[test]
fn another_column_or_none_is_taken_on_request() {
    let folder = folder("leads.csv", dated());
    let other = quick(folder.path(), "leads.csv", &["--target", "won", "--time", "Last_Changed"]);
    assert_eq!((&other["time"]["column"], &other["time"]["why"]), (&"last_changed".into(), &"as chosen".into()));
    let none = quick(folder.path(), "leads.csv", &["--target", "won", "--time", "none"]);
    assert!(none["time"].is_null() && none["leaderboard"][0]["order"] == "random");
    let error = failure(run(folder.path(), &["quick", "leads.csv", "--target", "won", "--time", "revenue"]));
    assert!(error.contains("--time `revenue` is no column of dates"), "{error}");
    assert!(error.contains("`created_at`, `last_changed`"), "{error}");
}

#[test]
fn copies_of_rows_are_counted_and_stay_on_one_side() {
    let text = dated();
    let twice: String = text
        .lines()
        .enumerate()
        .flat_map(|(line, row)| vec![format!("{row}\n"); 1 + usize::from(line % 10 == 3)])
        .collect();
    let folder = folder("leads.csv", twice);
    let outcome = quick(folder.path(), "leads.csv", &["--target", "won"]);
    assert_eq!(outcome["groups"]["duplicates"], 90);
    let printed = quick_text(folder.path(), "leads.csv", &["--target", "won"]);
    assert!(printed.contains("duplicates: 90 rows are exact copies"), "{printed}");
}

#[test]
fn rows_of_one_person_stay_on_one_side_so_that_nobody_is_known_by_heart() {
    // A person's rows are all won or all lost, which their own numbers give away.
    let mut text = "e-mail,size,shade,won\n".to_owned();
    for row in 0..900 {
        let person = row * 7 % 300;
        text.push_str(&format!(
            "p{person}@example.com,{},{},{}\n",
            person * 37 % 1_000,
            row % 7,
            if person * 13 % 29 < 12 { "yes" } else { "no" }
        ));
    }
    let folder = folder("leads.csv", text);
    let auc = |arguments: &[&str]| {
        let outcome = quick(folder.path(), "leads.csv", &[&["--target", "won"], arguments].concat());
        let models = models(&outcome, "random").as_array().expect("models").clone();
        let trees = models.iter().find(|model| model["kind"] == "xgboost").expect("trees");
        (trees["metrics"]["auc"]["value"].as_f64().expect("a number"), outcome)
    };
    let (apart, outcome) = auc(&[]);
    assert_eq!((&outcome["groups"]["column"], &outcome["groups"]["rows_in_groups"]), (&"e-mail".into(), &900.into()));
    let (together, _) = auc(&["--group", "none"]);
    assert!(apart + 0.1 < together && together > 0.8, "apart {apart}, together {together}");
    let (chosen, _) = auc(&["--group", "E-Mail"]);
    assert_eq!(chosen, apart);
}
