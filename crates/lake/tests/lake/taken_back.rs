//! What is said of what a source takes back, and that it holds whatever else changes.

use chrono::{DateTime, TimeDelta, Utc};
use plumb_lake::{GroundNoteCode, IngestReport, LabelSpec, Lake};
use plumb_lead::{Event, FieldValue, Lead};

use crate::company::{Company, day};

const BOTH: &str = r#"{"id":"1","created_at":"2026-01-01","industry":"fintech","budget":"5"}"#;
const EMPTIED: &str = r#"{"id":"1","created_at":"2026-01-01","industry":"fintech","budget":""}"#;

async fn field(lake: &Lake, field: &str, as_of: DateTime<Utc>) -> FieldValue {
    let (lead, _) = lake.lead("lead:1", as_of).await.expect("readable").expect("the lead is there");
    lead.fields[field].clone()
}

fn notes(report: &IngestReport) -> Vec<(GroundNoteCode, u64)> {
    report.notes.iter().map(|note| (note.code, note.rows)).collect()
}

/// A company whose leads leave the list by their industry.
fn company_without_gone(leads: &str) -> Company {
    let mut company = Company::new(leads, "", "");
    company.leads_are_keyed = true;
    let file = company.files.iter_mut().find(|file| file.name == "sources/lead.sql").expect("leads have a file");
    file.sql.push_str(" AND industry IS DISTINCT FROM 'gone'");
    // An empty text is a missing one.
    file.sql = file.sql.replace("CAST(budget AS DOUBLE)", "TRY_CAST(budget AS DOUBLE)");
    company
}

#[tokio::test]
async fn a_field_that_a_run_finds_empty_is_missing_from_that_run_on() {
    for leads_are_keyed in [false, true] {
        let mut company = company_without_gone(BOTH);
        company.leads_are_keyed = leads_are_keyed;
        company.ingest().await;
        let between = Utc::now();
        company.write("leads", EMPTIED);
        let lake = company.lake().await;
        assert_eq!(field(&lake, "budget", between).await, FieldValue::Number(5.0));
        assert_eq!(field(&lake, "budget", Utc::now()).await, FieldValue::Missing);
        assert_eq!(field(&lake, "industry", Utc::now()).await, FieldValue::Text("fintech".into()));
    }
}

#[tokio::test]
async fn empty_cells_of_a_merged_record_do_not_erase_what_another_said() {
    let row = |id: &str, budget: &str, industry: &str| {
        format!(
            r#"{{"id":"{id}","email":"a@one.example","created_at":"2026-01-0{id}","budget":"{budget}","industry":"{industry}"}}"#
        )
    };
    let company = company_without_gone(&[row("1", "5000", "fintech"), row("2", "", "")].join("\n"));
    company.ingest().await;
    company.write("leads", &[row("1", "5000", "fintech"), row("2", "", "health")].join("\n"));
    let lake = company.lake().await;
    assert_eq!(field(&lake, "budget", Utc::now()).await, FieldValue::Number(5000.0));
    assert_eq!(field(&lake, "industry", Utc::now()).await, FieldValue::Text("health".into()));
    // The record that said it takes it back, and another change of its row does not make its old values new.
    company.write("leads", &[row("1", "", "fintech"), row("2", "", "health")].join("\n"));
    let lake = company.lake().await;
    assert_eq!(field(&lake, "budget", Utc::now()).await, FieldValue::Missing);
    assert_eq!(field(&lake, "industry", Utc::now()).await, FieldValue::Text("health".into()));
}

#[tokio::test]
async fn a_lead_that_a_run_no_longer_finds_ends_with_that_run_and_may_come_back() {
    let gone = BOTH.replace("fintech", "gone");
    let other = r#"{"id":"2","created_at":"2026-01-01","industry":"retail","budget":"7"}"#;
    let spec = LabelSpec { target: "won".into(), horizon: TimeDelta::days(100_000), ages: Vec::new() };
    let company = company_without_gone(&format!("{BOTH}\n{other}"));
    assert_eq!(notes(&company.ingest().await), []);
    let between = Utc::now();
    company.write("leads", &format!("{gone}\n{other}"));
    let report = company.ingest().await;
    assert_eq!(notes(&report), [(GroundNoteCode::LeadGone, 1)]);
    assert!(report.notes[0].what.contains("1 leads are no longer in sources/lead.sql, such as `lead:1`"), "{report:?}");
    let lake = Lake::open(&company.data()).await.expect("it was ingested");
    assert_eq!(field(&lake, "budget", between).await, FieldValue::Number(5.0));
    assert_eq!(lake.lead("lead:1", Utc::now()).await.expect("readable"), None);
    assert_eq!(lake.open_leads(&spec, Utc::now()).await.expect("readable").len(), 1);

    company.write("leads", &format!("{EMPTIED}\n{other}"));
    assert_eq!(notes(&company.ingest().await), []);
    let lake = Lake::open(&company.data()).await.expect("it was ingested");
    assert_eq!(field(&lake, "budget", Utc::now()).await, FieldValue::Missing);
    // All at once: the file has no row any more.
    company.write("leads", &[gone.as_str(), &other.replace("retail", "gone")].join("\n"));
    assert_eq!(notes(&company.ingest().await), [(GroundNoteCode::LeadGone, 2)]);
    std::fs::remove_dir_all(company.data().join("ground")).expect("it was written");
    let report = company.ingest().await;
    assert_eq!((report.counts.leads, notes(&report)), (2, vec![(GroundNoteCode::LeadGone, 2)]), "derived anew");
}

/// A value that another change of its row only repeats is no newer for it.
#[tokio::test]
async fn a_repeated_value_does_not_hide_a_newer_one_of_another_record() {
    let row = |id: &str, budget: &str, industry: &str| {
        format!(
            r#"{{"id":"{id}","email":"a@one.example","created_at":"2026-01-01","budget":"{budget}","industry":"{industry}"}}"#
        )
    };
    let company = company_without_gone(&[row("1", "5", "retail"), row("2", "6", "retail")].join("\n"));
    company.ingest().await;
    company.write("leads", &[row("1", "5", "retail"), row("2", "7", "retail")].join("\n"));
    company.ingest().await;
    company.write("leads", &[row("1", "5", "health"), row("2", "7", "retail")].join("\n"));
    let lake = company.lake().await;
    assert_eq!(field(&lake, "budget", Utc::now()).await, FieldValue::Number(7.0));
    assert_eq!(field(&lake, "industry", Utc::now()).await, FieldValue::Text("health".into()));
}

#[tokio::test]
async fn a_lead_that_one_of_two_files_no_longer_has_is_still_there() {
    let mut company = company_without_gone(BOTH);
    let sql = "SELECT 'lead:' || id AS lead_key, created_at, CAST(budget AS DOUBLE) * 2 AS score FROM leads.records
               WHERE budget = '5'";
    company.files.push(plumb_lake::SqlFile { name: "sources/lead.score.sql".into(), sql: sql.into() });
    company.ingest().await;
    company.write("leads", &BOTH.replace('5', "6"));
    let report = company.ingest().await;
    assert_eq!((report.counts.deleted_leads, notes(&report)), (0, Vec::new()));
    let lake = Lake::open(&company.data()).await.expect("it was ingested");
    assert_eq!(field(&lake, "budget", Utc::now()).await, FieldValue::Number(6.0));
}

#[tokio::test]
async fn a_lead_whose_rows_get_dates_is_not_gone() {
    let other = r#"{"id":"2","created_at":"2026-01-01"}"#;
    let company = company_without_gone(&format!("{BOTH}\n{other}"));
    company.ingest().await;
    let dated = BOTH.replace(r#""industry""#, r#""known_at":"2026-01-02","industry""#);
    company.write("leads", &format!("{dated}\n{other}"));
    let report = company.ingest().await;
    assert_eq!((report.counts.deleted_leads, notes(&report)), (0, Vec::new()));
    let lake = Lake::open(&company.data()).await.expect("it was ingested");
    assert_eq!(field(&lake, "budget", Utc::now()).await, FieldValue::Number(5.0));
}

#[tokio::test]
async fn a_smaller_export_ends_no_lead() {
    let second = r#"{"id":"2","created_at":"2026-01-05","industry":"health"}"#;
    for leads_are_keyed in [false, true] {
        let mut company = company_without_gone(BOTH);
        company.leads_are_keyed = leads_are_keyed;
        company.ingest().await;
        company.write("leads", second);
        let report = company.ingest().await;
        assert_eq!((notes(&report), report.counts.leads), (Vec::new(), 2));
        let lake = Lake::open(&company.data()).await.expect("it was ingested");
        assert_eq!(field(&lake, "budget", Utc::now()).await, FieldValue::Number(5.0));
    }
}

#[tokio::test]
async fn a_lead_with_deleted_at_ends_then_and_keeps_its_past() {
    let mut company = company_without_gone(
        r#"{"id":"1","created_at":"2026-01-01","industry":"fintech","budget":"5","test":"2026-01-04"}
{"id":"2","created_at":"2026-01-02","known_at":"2026-01-03","budget":"6","test":"2026-01-03"}
{"id":"3","created_at":"2026-01-02","budget":"6","test":""}"#,
    );
    let file = company.files.iter_mut().find(|file| file.name == "sources/lead.sql").expect("leads have a file");
    file.sql = file.sql.replace("test = 'yes' AS is_test", "parse_timestamp(test) AS deleted_at");
    let report = company.ingest().await;
    assert_eq!(notes(&report), [(GroundNoteCode::LeadDeleted, 1), (GroundNoteCode::LeadDeletedAtFirst, 1)]);
    assert_eq!((report.counts.leads, report.counts.lead_versions), (3, 2));
    let lake = Lake::open(&company.data()).await.expect("it was ingested");
    assert_eq!(field(&lake, "budget", day(2)).await, FieldValue::Number(5.0));
    assert_eq!(lake.lead("lead:1", day(3)).await.expect("readable"), None);
    assert!(lake.lead("lead:3", day(9)).await.expect("readable").is_some());
}

/// The law of time: what was known at a time is the same however often the sources change afterwards, and whether the
/// history was continued or derived anew.
#[tokio::test]
async fn what_was_known_stays_whatever_is_emptied_deleted_and_brought_back() {
    let mut state = 16_u64;
    let mut pick = |count: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % count
    };
    for _ in 0..3 {
        let mut rows = || {
            let rows = (0..6).map(|id| {
                let industry = ["gone", "fintech", "retail", ""][pick(4)];
                let budget = ["", "5", "6"][pick(3)];
                let email = ["a@one.example", "b@two.example"][id % 2];
                format!(
                    r#"{{"id":"{id}","email":"{email}","created_at":"2026-01-0{}","industry":"{industry}","budget":"{budget}"}}"#,
                    1 + id
                )
            });
            rows.collect::<Vec<_>>().join("\n")
        };
        // Everybody is there once: a lead that comes later counts from its creation.
        let company = company_without_gone(&rows().replace("gone", "health"));
        company.ingest().await;
        let mut known: Vec<(DateTime<Utc>, Known)> = Vec::new();
        for _ in 0..5 {
            let lake = Lake::open(&company.data()).await.expect("it was ingested");
            let now = Utc::now();
            known.push((now, all(&lake, now).await));
            company.write("leads", &rows());
            company.ingest().await;
            expect_known(&company, &known).await;
        }
        std::fs::remove_dir_all(company.data().join("ground")).expect("it was written");
        company.ingest().await;
        expect_known(&company, &known).await;
    }
}

/// Each lead of the company as it was known at a time.
type Known = Vec<Option<(Lead, Vec<Event>)>>;

async fn all(lake: &Lake, as_of: DateTime<Utc>) -> Known {
    let mut leads = Vec::new();
    for id in 0..6 {
        leads.push(lake.lead(&format!("lead:{id}"), as_of).await.expect("readable"));
    }
    leads
}

async fn expect_known(company: &Company, known: &[(DateTime<Utc>, Known)]) {
    let lake = Lake::open(&company.data()).await.expect("it was ingested");
    for (as_of, leads) in known {
        assert_eq!(&all(&lake, *as_of).await, leads, "as of {as_of}");
    }
}

#[tokio::test]
async fn events_before_their_leads_creation_are_counted_and_stay() {
    let company = Company::new(
        r#"{"id":"1","created_at":"2026-01-05T10:00:00"}"#,
        r#"{"key":"lead:1","kind":"form","at":"2026-01-05"}
{"key":"lead:1","kind":"visit","at":"2026-01-03T08:00:00"}
{"key":"lead:1","kind":"call","at":"2026-01-06"}"#,
        "",
    );
    let report = company.ingest().await;
    assert_eq!(notes(&report), [(GroundNoteCode::EventBeforeCreation, 2)]);
    assert_eq!(report.counts.events, 3);
    assert!(report.notes[0].what.contains("1 of them at midnight of that day"), "{:?}", report.notes);
}
