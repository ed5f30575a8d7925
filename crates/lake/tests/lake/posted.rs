//! Rows that were posted to a server: each ingestion reads their files, and built-in SQL gives them to the relations.

use plumb_lake::{FieldKind, POSTED_EVENTS, POSTED_LEADS, PostedRelation, SqlFile, posted_folder};
use plumb_lead::FieldValue;

use crate::company::{Company, day};

const LEAD: &str = r#"{"id":"1","created_at":"2026-01-01","known_at":"2026-01-01","industry":"fintech","budget":"5"}"#;
const EVENT: &str = r#"{"key":"lead:1","event_id":"e1","kind":"reply","at":"2026-01-02","value":"1.5"}"#;

fn post(company: &Company, source: &str, file: &str, lines: &[String]) {
    let folder = posted_folder(&company.data(), source);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    std::fs::write(folder.join(file), lines.iter().map(|line| format!("{line}\n")).collect::<String>())
        .expect("the folder can be written");
}

/// Returns a line of an event of the lead, received on a day of January.
fn event(id: &str, received: u32, content: &str, fields: &str) -> String {
    format!(
        r#"{{"event_id":"{id}","lead_key":"lead:1","kind":"touch","at":"2026-01-02T00:00:00.000000Z","received_at":"2026-01-{received:02}T00:00:00.000000Z","written":{received}000,"content":"{content}","field":{{{fields}}}}}"#
    )
}

#[tokio::test]
async fn posted_events_and_fields_are_in_the_ground() {
    let company = Company::new(LEAD, EVENT, "");
    post(
        &company,
        POSTED_EVENTS,
        "a.jsonl",
        &[
            event("e1", 3, "aa", r#""value":0.1,"colour":"red""#),
            // Posted once more, and corrected.
            event("e1", 4, "aa", r#""value":0.1,"colour":"red""#),
            event("e2", 4, "bb", r#""value":1"#),
            event("e2", 5, "cc", r#""value":2.5"#),
        ],
    );
    let row = |day: u32, fields: &str| {
        format!(
            r#"{{"row_id":"{day}","lead_key":"lead:1","received_at":"2026-01-{day:02}T00:00:00.000000Z","written":1,"content":"a","field":{{{fields}}}}}"#
        )
    };
    post(&company, POSTED_LEADS, "a.jsonl", &[row(4, r#""budget":7"#), row(5, r#""industry":"retail""#)]);
    let lake = company.lake().await;
    let (lead, events) = lake.lead("lead:1", day(3)).await.expect("readable").expect("known");
    assert_eq!(lead.fields["budget"], FieldValue::Number(7.0), "{lead:?}");
    assert_eq!(lead.fields["industry"], FieldValue::Text("fintech".into()));
    let posted: Vec<_> = events.iter().filter(|event| event.posted_id.is_some()).collect();
    assert_eq!(posted.len(), 1, "the correction is not known yet: {events:?}");
    assert_eq!((posted[0].attributes["value"].clone(), posted[0].known_at), (FieldValue::Number(0.1), day(2)));
    let (lead, events) = lake.lead("lead:1", day(10)).await.expect("readable").expect("known");
    assert_eq!(lead.fields["industry"], FieldValue::Text("retail".into()));
    assert_eq!(lead.fields["budget"], FieldValue::Number(7.0));
    let known: Vec<_> = events.iter().map(|event| (event.posted_id.as_deref(), event.known_at)).collect();
    assert_eq!(known.len(), 3, "the source's own `e1` is another event: {events:?}");
    assert!(known.contains(&(None, day(1))) && known.contains(&(Some("e1"), day(2))), "{known:?}");
    assert!(known.contains(&(Some("e2"), day(4))), "the newest content counts: {known:?}");

    let kinds = lake.field_kinds(PostedRelation::Event);
    assert_eq!((kinds.get("value"), kinds.get("colour")), (Some(&FieldKind::Number), None));
    let bytes = std::fs::metadata(posted_folder(&company.data(), POSTED_EVENTS).join("a.jsonl")).expect("there").len();
    assert_eq!(lake.posted_bytes(POSTED_EVENTS).and_then(|files| files.get("a.jsonl")), Some(&bytes));
    let ids = ["lead:1", "lead:2"].map(str::to_owned);
    assert_eq!(lake.known_leads(&ids).await.expect("readable"), ["lead:1".to_owned()].into());
    assert!(company.ingest().await.unchanged);
}

#[tokio::test]
async fn a_project_with_sql_of_its_own_decides_what_posted_rows_are() {
    let mut company = Company::new(LEAD, EVENT, "");
    post(&company, POSTED_EVENTS, "a.jsonl", &[event("e1", 3, "aa", r#""colour":"red""#)]);
    let sql =
        "SELECT lead_key, kind || ' ' || field_colour AS kind, at, received_at AS known_at FROM posted_events.records";
    company.files.push(SqlFile { name: "sources/event.mine.sql".into(), sql: sql.into() });
    let lake = company.lake().await;
    let (_, events) = lake.lead("lead:1", day(10)).await.expect("readable").expect("known");
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["reply", "touch red"]);
}

#[tokio::test]
async fn sql_of_a_project_may_read_posted_rows_before_there_are_any() {
    let mut company = Company::new(LEAD, EVENT, "");
    let sql = "SELECT lead_key, kind, at, received_at AS known_at, others FROM posted_events.records";
    company.files.push(SqlFile { name: "sources/event.mine.sql".into(), sql: sql.into() });
    assert_eq!(company.ingest().await.counts.events, 1);
    post(&company, POSTED_EVENTS, "a.jsonl", &[event("e1", 3, "aa", r#""value":1"#)]);
    assert_eq!(company.ingest().await.counts.events, 2, "no row has `others`");
}

#[tokio::test]
async fn a_posted_value_that_fits_its_column_no_more_is_a_rejected_row() {
    let company = Company::new(LEAD, EVENT, "");
    let lines = [event("e1", 3, "aa", r#""value":"much""#), event("e2", 3, "bb", r#""value":1e-7"#), "{torn".into()];
    post(&company, POSTED_EVENTS, "a.jsonl", &lines);
    let report = company.ingest().await;
    let reasons: Vec<&str> = report.rejected.iter().map(|row| row.reason.as_str()).collect();
    assert_eq!(reasons.len(), 2, "{:?}", report.rejected);
    assert!(reasons.iter().any(|reason| reason.contains("much")), "{reasons:?}");
    let lake = company.lake().await;
    let (_, events) = lake.lead("lead:1", day(10)).await.expect("readable").expect("known");
    assert!(events.iter().any(|event| event.attributes["value"] == FieldValue::Number(1e-7)), "{events:?}");
}

/// Returns a line of what was said of a lead, received on a day of January.
fn said(lead: &str, received: u32, written: u32, what: &str) -> String {
    format!(
        r#"{{"row_id":"{written}","lead_key":"lead:{lead}",{what},"received_at":"2026-01-{received:02}T00:00:00.000000Z","written":{written}000,"content":"{written}","field":{{"budget":{written}}}}}"#
    )
}

#[tokio::test]
async fn a_posted_delete_holds_until_the_lead_is_restored() {
    let company = Company::new(LEAD, EVENT, "");
    let [deleted, restored] = [r#""deleted_at":"2026-01-04T00:00:00Z""#, r#""restored_at":"2026-01-07T00:00:00Z""#];
    let lines = [
        said("1", 5, 51, deleted),
        // A change that was made before, and came late.
        said("1", 6, 61, r#""said_at":"2026-01-03T00:00:00Z""#),
        said("1", 8, 81, restored),
        // Of two notices that came together the last one counts.
        said("1", 10, 11, deleted).replace("11000", "101000"),
        said("1", 10, 12, restored).replace("12000", "102000"),
    ];
    post(&company, POSTED_LEADS, "a.jsonl", &lines);
    let report = company.ingest().await;
    assert!(report.rejected.is_empty(), "{:?}", report.rejected);
    let lake = plumb_lake::Lake::open(&company.data()).await.expect("it was ingested");
    let mut is_there = Vec::new();
    for at in [3, 5, 6, 8, 10] {
        is_there.push(lake.lead("lead:1", day(at)).await.expect("readable").is_some());
    }
    assert_eq!(is_there, [true, false, false, true, true]);
}

#[tokio::test]
async fn leads_that_were_merged_by_posted_rows_are_one() {
    let second = LEAD.replace(r#""id":"1","created_at":"2026-01-01""#, r#""id":"2","created_at":"2025-12-01""#);
    let company = Company::new(&format!("{LEAD}\n{second}"), EVENT, "");
    post(&company, POSTED_LEADS, "a.jsonl", &[said("2", 5, 51, r#""merged_into":"lead:1""#)]);
    let report = company.ingest().await;
    assert!(report.rejected.is_empty(), "{:?}", report.rejected);
    assert_eq!(report.counts.leads, 1);
    let lake = plumb_lake::Lake::open(&company.data()).await.expect("it was ingested");
    let (lead, events) = lake.lead("lead:2", day(10)).await.expect("readable").expect("it was created first");
    assert_eq!((lead.created_at, events.len()), (day(-31), 1));
    assert_eq!(lead.fields["budget"], FieldValue::Number(5.0), "the row of the merge says only that");
}
