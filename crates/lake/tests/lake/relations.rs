//! From raw rows to relations: identities, duplicates, test leads, late facts, rejected and unmatched rows.

use crate::company::{Company, day};

#[tokio::test]
async fn two_records_of_one_person_are_one_lead() {
    let company = Company::new(
        r#"{"id":"1","email":"Ada <ADA+jobs@x.org>","created_at":"2026-01-02","industry":"fintech"}
{"id":"2","email":"ada@x.org","created_at":"2026-01-01"}
{"id":"3","email":"bob@x.org","created_at":"2026-01-01"}"#,
        r#"{"key":"email:ada@x.org","kind":"touch","at":"2026-01-03"}
{"key":"lead:1","kind":"reply","at":"2026-01-04","known_at":"2026-01-06"}
{"key":"email:nobody@x.org","kind":"touch","at":"2026-01-03"}"#,
        "",
    );
    let report = company.ingest().await;
    assert_eq!((report.counts.leads, report.counts.events, report.counts.unmatched_rows), (2, 2, 1));
    assert_eq!(
        std::fs::read_to_string(&report.unmatched_file).expect("the run wrote it"),
        "relation,key,rows\nevent,email:nobody@x.org,1\n"
    );

    let lake = company.lake().await;
    let (lead, events) =
        lake.lead("lead:2", day(4)).await.expect("readable").expect("the earliest record gives the lead its id");
    assert_eq!(lead.created_at, day(0));
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["touch"], "the reply became known on the sixth");
    assert_eq!(lake.lead("lead:1", day(4)).await.expect("readable"), None);
}

#[tokio::test]
async fn an_empty_field_keeps_its_earlier_value() {
    let company = Company::new(
        r#"{"id":"1","created_at":"2026-01-01","industry":"fintech","budget":"5"}
{"id":"1","created_at":"2026-01-01","known_at":"2026-01-03","industry":"retail"}"#,
        "",
        "",
    );
    let lake = company.lake().await;
    let industry = async |as_of| {
        let (lead, _) = lake.lead("lead:1", as_of).await.expect("readable").expect("known");
        format!("{:?} {:?}", lead.fields["industry"], lead.fields["budget"])
    };
    assert_eq!(industry(day(1)).await, "Text(\"fintech\") Number(5.0)");
    assert_eq!(industry(day(2)).await, "Text(\"retail\") Number(5.0)");
}

#[tokio::test]
async fn duplicates_and_test_leads_are_removed_and_counted() {
    let company = Company::new(
        r#"{"id":"1","created_at":"2026-01-01"}
{"id":"2","created_at":"2026-01-01","test":"yes"}"#,
        r#"{"key":"lead:1","event_id":"a","kind":"touch","at":"2026-01-03","known_at":"2026-01-05"}
{"key":"lead:1","event_id":"a","kind":"touch","at":"2026-01-03","known_at":"2026-01-04","value":"1"}
{"key":"lead:1","kind":"open","at":"2026-01-03","known_at":"2026-01-03"}
{"key":"lead:1","kind":"open","at":"2026-01-03","known_at":"2026-01-09"}
{"key":"lead:2","kind":"open","at":"2026-01-03"}"#,
        "",
    );
    let counts = company.ingest().await.counts;
    assert_eq!((counts.events, counts.duplicates, counts.test_leads, counts.rows_of_test_leads), (3, 1, 1, 1));
    assert_eq!(counts.ended_events, 1, "the first `a` holds until the second is learned");
}

#[tokio::test]
async fn rejected_rows_have_file_line_field_and_reason() {
    let company = Company::new(
        r#"{"id":"1","created_at":"2026-01-01"}
{"id":"2","created_at":"01/02/2026"}
{"id":"3"}"#,
        r#"{"key":"lead:1","kind":"touch"}"#,
        "",
    );
    let report = company.ingest().await;
    assert_eq!(report.rejected_total, 3);
    let rejects = std::fs::read_to_string(report.rejected_file).expect("the run wrote it");
    assert!(
        rejects.contains("leads.jsonl,3,created_at,\"`01/02/2026` is not a timestamp: expected year first"),
        "{rejects}"
    );
    assert!(rejects.contains("leads.jsonl,4,created_at,no version of this lead has `created_at`"), "{rejects}");
    assert!(rejects.contains("events.jsonl,2,at,missing: every row needs it"), "{rejects}");
}

#[tokio::test]
async fn a_run_without_new_rows_changes_nothing_and_a_new_row_is_added() {
    let company = Company::new(r#"{"id":"1","created_at":"2026-01-01"}"#, "", "");
    assert!(!company.ingest().await.unchanged);
    assert!(company.ingest().await.unchanged);
    company.write("events", r#"{"key":"lead:1","kind":"touch","at":"2026-01-03"}"#);
    let report = company.ingest().await;
    assert!(!report.unchanged);
    assert_eq!(report.counts.events, 1);
}

#[tokio::test]
async fn a_wrong_column_is_an_error_with_its_file() {
    let mut company = Company::new(r#"{"id":"1","created_at":"2026-01-01"}"#, "", "");
    company.files[0].sql = "SELECT colour AS lead_key FROM leads.records".into();
    let error = company.try_ingest().await.expect_err("there is no such column").to_string();
    assert!(error.contains("`sources/lead.sql:1:8`") && error.contains("colour"), "{error}");
    company.files[0].sql = "SELECT id AS lead_key, known_at FROM leads.records".into();
    let error = company.try_ingest().await.expect_err("created_at is needed").to_string();
    assert_eq!(error, "`sources/lead.sql`: no column `created_at`: expected it among lead_key, known_at");
}
