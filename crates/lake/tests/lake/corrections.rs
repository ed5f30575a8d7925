//! What a source takes back: emptied fields, corrected events, leads that are gone. Each holds until that was learned.

use chrono::{DateTime, Utc};
use plumb_lake::{GroundNoteCode, LabelSpec, Lake};
use plumb_lead::Lead;

use crate::company::{Company, day};

const FULL: &str = r#"{"id":"1","created_at":"2026-01-01","industry":"retail","budget":"5"}"#;
const EMPTIED: &str = r#"{"id":"1","created_at":"2026-01-01","industry":"retail"}"#;
const OTHER: &str = r#"{"id":"2","created_at":"2026-01-02","industry":"health","budget":"7"}"#;

async fn lead(lake: &Lake, id: &str, as_of: DateTime<Utc>) -> Option<Lead> {
    lake.lead(id, as_of).await.expect("readable").map(|(lead, _)| lead)
}

async fn field(lake: &Lake, id: &str, field: &str, as_of: DateTime<Utc>) -> String {
    format!("{:?}", lead(lake, id, as_of).await.expect("it is known").fields[field])
}

/// Ingests rows of leads with a key, one run after the other, and returns the lake and the times between the runs.
async fn runs(company: &mut Company, runs: &[&str]) -> (Lake, Vec<DateTime<Utc>>) {
    company.leads_are_keyed = true;
    let mut after = Vec::new();
    for rows in runs {
        company.write("leads", rows);
        company.ingest().await;
        after.push(Utc::now());
    }
    (company.lake().await, after)
}

#[tokio::test]
async fn an_emptied_field_is_missing_from_the_run_that_found_it_so() {
    let mut company = Company::new("", "", "");
    let (lake, after) = runs(&mut company, &[FULL, EMPTIED, FULL]).await;
    let mut budgets = Vec::new();
    for as_of in after {
        budgets.push(field(&lake, "lead:1", "budget", as_of).await);
        assert_eq!(field(&lake, "lead:1", "industry", as_of).await, "Text(\"retail\")");
    }
    assert_eq!(budgets, ["Number(5.0)", "Missing", "Number(5.0)"]);
    assert_eq!(field(&lake, "lead:1", "budget", day(1)).await, "Number(5.0)", "what was known before stays");
}

#[tokio::test]
async fn an_empty_field_of_one_record_hides_none_of_another_record_of_the_lead() {
    let mut company = Company::new("", "", "");
    company.identity("SELECT 'lead:1' AS key_a, 'lead:2' AS key_b");
    let poor = r#"{"id":"2","created_at":"2026-01-02"}"#;
    let (lake, after) = runs(&mut company, &[&format!("{FULL}\n{OTHER}"), &format!("{FULL}\n{poor}")]).await;
    assert_eq!(field(&lake, "lead:1", "budget", after[0]).await, "Number(7.0)", "the newer record's");
    assert_eq!(field(&lake, "lead:1", "budget", after[1]).await, "Number(5.0)", "all that is left");
}

#[tokio::test]
async fn a_dated_row_keeps_what_it_leaves_empty() {
    let first = r#"{"id":"1","created_at":"2026-01-01","known_at":"2026-01-01","industry":"retail","budget":"5"}"#;
    let second = r#"{"id":"1","known_at":"2026-01-03","industry":"health"}"#;
    let company = Company::new(&format!("{first}\n{second}"), "", "");
    let lake = company.lake().await;
    assert_eq!(field(&lake, "lead:1", "budget", day(3)).await, "Number(5.0)");
    assert_eq!(field(&lake, "lead:1", "industry", day(3)).await, "Text(\"health\")");
}

#[tokio::test]
async fn a_lead_that_is_gone_ends_with_the_run_that_found_it_so_and_keeps_its_past() {
    let mut company = Company::new("", "", "");
    company.leads_are_keyed = true;
    company.lead_sql("SELECT 'lead:' || id AS lead_key, created_at, industry FROM leads.records WHERE budget <> '0'");
    let hidden = r#"{"id":"2","created_at":"2026-01-02","industry":"health","budget":"0"}"#;
    let both = format!("{FULL}\n{OTHER}");
    let (lake, after) = runs(&mut company, &[&both, &format!("{FULL}\n{hidden}")]).await;
    assert!(lead(&lake, "lead:2", after[0]).await.is_some() && lead(&lake, "lead:2", after[1]).await.is_none());
    let label_spec = LabelSpec {
        target: "won".to_owned(),
        horizon: chrono::TimeDelta::days(3_650),
        ages: vec![chrono::TimeDelta::zero()],
    };
    let open = lake.open_leads(&label_spec, Utc::now()).await.expect("readable");
    assert_eq!(open.into_iter().map(|open| open.lead_id).collect::<Vec<_>>(), ["lead:1"]);
    let observed = lake.observations(&label_spec, day(0), Utc::now()).await.expect("readable");
    assert_eq!(observed.len(), 2, "what it was is still to be learned from");
    let counts = company.ingest().await.counts;
    assert_eq!((counts.leads, counts.deleted_leads), (2, 1));

    company.write("leads", &both);
    company.ingest().await;
    let back = company.lake().await;
    assert!(lead(&back, "lead:2", after[1]).await.is_none() && lead(&back, "lead:2", Utc::now()).await.is_some());
}

#[tokio::test]
async fn a_lead_ends_when_its_source_says_that_it_was_deleted() {
    let mut company = Company::new("", "", "");
    company.lead_sql(
        "SELECT 'lead:' || id AS lead_key, created_at, known_at, industry,
                CASE WHEN test = 'deleted' THEN known_at END AS deleted_at
         FROM leads.records WHERE _skip IS NULL",
    );
    let first = r#"{"id":"1","created_at":"2026-01-01","known_at":"2026-01-01","industry":"retail"}"#;
    let deleted = r#"{"id":"1","known_at":"2026-01-03","test":"deleted"}"#;
    company.write("leads", &format!("{first}\n{deleted}"));
    let lake = company.lake().await;
    assert!(lead(&lake, "lead:1", day(1)).await.is_some());
    assert!(lead(&lake, "lead:1", day(2)).await.is_none());
}

#[tokio::test]
async fn a_corrected_event_holds_until_its_correction_was_learned() {
    let first =
        r#"{"key":"lead:1","event_id":"e","kind":"call","at":"2026-01-02","known_at":"2026-01-02","value":"1"}"#;
    let again =
        r#"{"key":"lead:1","event_id":"e","kind":"call","at":"2026-01-02","known_at":"2026-01-03","value":"1"}"#;
    let other =
        r#"{"key":"lead:1","event_id":"e","kind":"call","at":"2026-01-02","known_at":"2026-01-05","value":"9"}"#;
    let company = Company::new(FULL, &[first, again, other].join("\n"), "");
    let report = company.ingest().await;
    assert_eq!((report.counts.events, report.counts.ended_events, report.counts.duplicates), (2, 1, 1));
    let lake = company.lake().await;
    for (as_of, value) in [(day(1), 1.0), (day(3), 1.0), (day(4), 9.0), (day(9), 9.0)] {
        let (_, events) = lake.lead("lead:1", as_of).await.expect("readable").expect("known");
        let values: Vec<String> = events.iter().map(|event| format!("{:?}", event.attributes["value"])).collect();
        assert_eq!(values, [format!("Number({value:?})")], "as of {as_of}");
    }
    let recent = lake.recent_leads(&["lead:1".to_owned()]).await.expect("readable");
    assert_eq!((recent[0].events.len(), recent[0].known_from), (1, day(4)), "what was before is in the ground alone");
}

#[tokio::test]
async fn events_of_one_id_that_nothing_dates_apart_are_counted_and_told() {
    let first = r#"{"key":"lead:1","event_id":"e","kind":"call","at":"2026-01-02","value":"1"}"#;
    let other = r#"{"key":"lead:1","event_id":"e","kind":"call","at":"2026-01-02","value":"9"}"#;
    let report = Company::new(FULL, &format!("{first}\n{other}"), "").ingest().await;
    assert_eq!((report.counts.events, report.counts.duplicates), (1, 0));
    let note = report.notes.iter().find(|note| note.code == GroundNoteCode::EventContradicted).expect("it is told");
    assert_eq!((note.rows, note.of_rows), (1, 2));
}

#[tokio::test]
async fn a_file_that_names_changed_at_sees_all_versions_of_a_row() {
    let mut company = Company::new("", "", "");
    company.lead_sql(
        "SELECT 'lead:' || id AS lead_key, created_at, COALESCE(_changed_at, parse_timestamp(created_at)) AS known_at,
                CAST(budget AS DOUBLE) AS budget
         FROM leads.records WHERE _skip IS NULL",
    );
    let changed = r#"{"id":"1","created_at":"2026-01-01","industry":"retail","budget":"6"}"#;
    let (lake, after) = runs(&mut company, &[FULL, changed]).await;
    assert_eq!(field(&lake, "lead:1", "budget", day(1)).await, "Number(5.0)");
    assert_eq!(field(&lake, "lead:1", "budget", after[0]).await, "Number(5.0)");
    assert_eq!(field(&lake, "lead:1", "budget", after[1]).await, "Number(6.0)");
}
