//! `parse_number`, `parse_timestamp` and `parse_flag` in `sources/*.sql`: a text that cannot be read rejects its row.

use plumb_lake::SqlFile;

use crate::company::{Company, day};

const LEADS: &str = r#"{"id":"1","created_at":"31.01.2026","industry":"Ja","budget":"1.234,50 €"}
{"id":"2","created_at":"31.02.2026","industry":"Ja","budget":"1"}
{"id":"3","created_at":"01.02.2026","industry":"vielleicht","budget":"2"}
{"id":"4","created_at":"01.02.2026","industry":"nein","budget":"viel"}
{"id":"5","created_at":"01.02.2026","industry":"","budget":""}"#;

fn with_leads(sql: &str) -> Company {
    let mut company = Company::new(LEADS, "", "");
    company.files.retain(|file| file.name != "sources/identity.sql");
    let lead = company.files.iter_mut().find(|file| file.name == "sources/lead.sql").expect("leads have a file");
    *lead = SqlFile { name: lead.name.clone(), sql: sql.to_owned() };
    company
}

#[tokio::test]
async fn a_text_that_cannot_be_read_rejects_its_row() {
    let company = with_leads(
        "SELECT 'lead:' || id AS lead_key, parse_timestamp(created_at, 'day first', 'Europe/Berlin') AS created_at,
                parse_flag(industry) AS keen, parse_number(budget, 'decimal comma') / 10 AS tenth, _origin
         FROM leads.records WHERE _skip IS NULL",
    );
    let report = company.ingest().await;
    let rejected: Vec<String> =
        report.rejected.iter().map(|row| format!("{}:{} {}: {}", row.file, row.line, row.field, row.reason)).collect();
    let expected = [
        "leads.jsonl:3 created_at: `31.02.2026`: expected a date with the day first, as `31.12.2026` or `31/12/2026 17:30`",
        "leads.jsonl:4 keen: `vielleicht`: expected yes or no, true or false, 1 or 0, or the like in another language",
        "leads.jsonl:5 tenth: `viel`: expected a number with a decimal comma, as `1.234,56`",
    ];
    assert_eq!(rejected, expected);
    let lake = company.lake().await;
    let leads = lake.leads(day(400)).await.expect("readable");
    assert_eq!(leads.iter().map(|lead| lead.lead_id.as_str()).collect::<Vec<_>>(), ["lead:1", "lead:5"]);
    assert_eq!(leads[0].created_at.to_rfc3339(), "2026-01-30T23:00:00+00:00");
    let fields = format!("{:?}", leads[0].fields);
    assert!(fields.contains("123.45") && fields.contains("true"), "{fields}");
    assert!(!format!("{:?}", leads[1].fields).contains("NaN"), "an empty cell is missing");
    // The same rows are rejected again, and not reported as new.
    assert_eq!(company.ingest().await.rejected, []);
}

#[tokio::test]
async fn a_text_in_a_row_that_is_not_returned_is_reported() {
    let company = with_leads(
        "SELECT 'lead:' || id AS lead_key, '2026-01-01' AS created_at, _origin
         FROM leads.records WHERE _skip IS NULL AND parse_number(budget, 'decimal comma') < 1000",
    );
    let report = company.ingest().await;
    assert_eq!((report.counts.leads, report.rejected.len()), (2, 1), "{:?}", report.rejected);
    let row = &report.rejected[0];
    assert_eq!(row.file, "sources/lead.sql");
    assert!(
        row.reason.starts_with("`viel`: expected a number") && row.reason.contains("1 such cells"),
        "{}",
        row.reason
    );
}

#[tokio::test]
async fn an_unknown_form_is_an_error_with_its_names() {
    for (call, expected) in [
        ("parse_number(budget, 'german')", "unknown form 'german': expected 'decimal point' or 'decimal comma'"),
        ("parse_timestamp(created_at, 'us')", "unknown form 'us': expected 'year first', 'day first', 'month first'"),
        ("parse_timestamp(created_at, 'day first', 'Mars/Base')", "unknown time zone 'Mars/Base'"),
        ("parse_number(budget, industry)", "expected the form as a text in quotes"),
    ] {
        let sql = format!("SELECT id AS lead_key, '2026-01-01' AS created_at, {call} AS x FROM leads.records");
        let error = with_leads(&sql).try_ingest().await.expect_err(call).to_string();
        assert!(error.contains("sources/lead.sql") && error.contains(expected), "`{error}` does not say `{expected}`");
    }
}
