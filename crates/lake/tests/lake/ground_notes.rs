//! What is said of keys and times that cannot be right, and how an outcome of a day without a time is read.

use chrono::TimeDelta;
use plumb_lake::{GroundNoteCode, LabelSpec};

use crate::company::{Company, day};

fn lead(id: &str, created_at: &str) -> String {
    format!(r#"{{"id":"{id}","created_at":"{created_at}"}}"#)
}

fn outcome(id: &str, positive: &str, at: &str) -> String {
    format!(r#"{{"key":"lead:{id}","target":"converted","positive":"{positive}","at":"{at}","known_at":"{at}"}}"#)
}

#[tokio::test]
async fn an_outcome_at_midnight_of_the_creation_day_is_after_the_creation() {
    let leads = ["1", "2", "3", "4"].map(|id| lead(id, "2026-01-05T10:00:00")).join("\n");
    let leads = format!("{leads}\n{}", lead("5", "2026-01-05"));
    let outcomes = [
        outcome("1", "yes", "2026-01-05"),
        outcome("2", "no", "2026-01-05T00:00:00"),
        outcome("3", "yes", "2026-01-04"),
        outcome("4", "yes", "2026-01-07"),
        outcome("5", "yes", "2026-01-05"),
    ]
    .join("\n");
    let company = Company::new(&leads, "", &outcomes);
    let report = company.ingest().await;
    let notes: Vec<_> = report.notes.iter().map(|note| (note.code, note.rows, note.of_rows)).collect();
    let expected = [(GroundNoteCode::OutcomeOnCreationDay, 3, 5), (GroundNoteCode::OutcomeBeforeCreation, 1, 5)];
    assert_eq!(notes, expected, "{:?}", report.notes);
    let before = &report.notes[1];
    assert!(before.what.contains("`lead:3`: created 2026-01-05 10:00:00, outcome 2026-01-04 00:00:00"), "{before:?}");
    assert!(before.way_out.contains("INTERVAL '1 day'"), "{before:?}");

    let lake = company.lake().await;
    let spec =
        LabelSpec { target: "converted".to_owned(), horizon: TimeDelta::days(10), ages: vec![TimeDelta::zero()] };
    let labels = lake.labels(&spec, day(60)).await.expect("readable");
    let labelled: Vec<(&str, bool)> =
        labels.observations.iter().map(|row| row.lead_id.as_str()).zip(labels.labels.iter().copied()).collect();
    assert_eq!(labelled, [("lead:5", true), ("lead:1", true), ("lead:2", false), ("lead:4", true)]);
    // What is wrong is said at each ingestion, until it is mended.
    assert_eq!(company.ingest().await.notes, report.notes);
}

#[tokio::test]
async fn an_outcome_of_the_creation_day_was_not_known_before_it_happened() {
    let company = Company::new(&lead("1", "2026-01-05T10:00:00"), "", &outcome("1", "yes", "2026-01-05"));
    let lake = company.lake().await;
    let spec =
        LabelSpec { target: "converted".to_owned(), horizon: TimeDelta::days(10), ages: vec![TimeDelta::zero()] };
    let noon = day(4) + TimeDelta::hours(12);
    assert_eq!(lake.open_leads(&spec, noon).await.expect("readable").len(), 1, "the day is not over");
    assert_eq!(lake.open_leads(&spec, day(6)).await.expect("readable").len(), 0);
}

#[tokio::test]
async fn ids_that_a_spreadsheet_has_rounded_are_said_with_those_that_share_one() {
    let ids = ["5.1234E+11", "5.1234E+11", "5.1235E+11", "512350000001"];
    let leads: Vec<String> = ids.iter().zip(1..).map(|(id, day)| lead(id, &format!("2026-01-0{day}"))).collect();
    let mut company = Company::new(&leads.join("\n"), "", "");
    company.files.retain(|file| file.name != "sources/identity.sql");
    let report = company.ingest().await;
    let [note] = report.notes.as_slice() else { panic!("one note: {:?}", report.notes) };
    assert_eq!(
        (note.code, note.relation.as_str(), note.column.as_str()),
        (GroundNoteCode::KeyRounded, "lead", "lead_key")
    );
    assert_eq!((note.rows, note.of_rows), (3, 4));
    assert!(note.what.contains("`5.1234E+11`: they share 2 different ids"), "{}", note.what);

    // With a key only the newest row of each is seen: that is said where the rows are read.
    company.leads_are_keyed = true;
    company.folder = tempfile::TempDir::new().expect("a temporary folder");
    ["events", "outcomes"].into_iter().for_each(|name| company.write(name, ""));
    company.write("leads", &leads.join("\n"));
    let report = company.ingest().await;
    let notes = &report.sources.iter().find(|source| source.source == "leads").expect("a source").notes;
    let [noted] = notes.as_slice() else { panic!("one note: {notes:?}") };
    assert_eq!(noted.note.count, 3);
    assert!(noted.note.what.contains("they share 2 different ones"), "{}", noted.note.what);
}
