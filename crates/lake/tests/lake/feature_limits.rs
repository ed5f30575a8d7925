//! Features over what a request sends: a value that would take the server's memory is an error with file, line and name.

use std::collections::BTreeMap;

use plumb_lake::Error;
use plumb_lead::{Event, FieldValue, Lead};

use crate::company::{Company, day, features};

/// Computes a feature of a lead with an industry, a budget and events, as a request does, and returns the error.
async fn error_of(expression: &str, industry: &str, budget: f64, events: usize) -> Error {
    let company = Company::new(
        r#"{"id":"1","created_at":"2026-01-01","industry":"Tech","budget":"1"}"#,
        r#"{"key":"lead:1","event_id":"1","kind":"call","at":"2026-01-02"}"#,
        "",
    );
    let lake = company.lake().await;
    let fields = BTreeMap::from([
        ("industry".to_owned(), FieldValue::Text(industry.to_owned())),
        ("budget".to_owned(), FieldValue::Number(budget)),
    ]);
    let lead = Lead { lead_id: "request".into(), created_at: day(0), fields };
    let event = |number: usize| Event {
        kind: format!("call {number}"),
        at: day(1),
        known_at: day(1),
        posted_id: None,
        attributes: BTreeMap::new(),
    };
    let events: Vec<Event> = (0..events).map(event).collect();
    let sql = features(&format!("SELECT count(e.at) AS events,\n  {expression} AS wrong"));
    lake.features_of(&sql, &lead, &events, day(9)).await.expect_err("it is too large")
}

#[track_caller]
fn check(error: &Error, place: &str, problem: &str) {
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
    let error = error.to_string();
    assert!(error.starts_with(&format!("`features/lead.sql:2:{place}`: feature `wrong`: {problem}")), "{error}");
}

#[tokio::test]
async fn a_number_of_a_request_makes_no_value_without_end() {
    let error = error_of("length(repeat(l.industry, CAST(l.budget AS BIGINT)))", "Tech", 1e12, 1).await;
    check(&error, "3", "`repeat` would make a value of about 3.6 TiB: expected at most 16 MiB");
    let error = error_of("max(cardinality(range(0, CAST(l.budget AS BIGINT))))", "Tech", 1e15, 1).await;
    check(&error, "3", "`range` would make a value of about 7.1 PiB");
    let error = error_of("sum(length(lpad(e.kind, CAST(l.budget AS BIGINT))))", "Tech", 2e9, 1).await;
    check(&error, "3", "`lpad` would make a value of about 7.5 GiB");
}

#[tokio::test]
async fn a_text_of_a_request_is_not_repeated_beside_each_event_without_end() {
    let text = "x".repeat(1 << 20);
    let limit = "would have more than 64 MiB of text: send shorter texts or fewer events";
    let error = error_of("max(upper(l.industry) || e.kind)", &text, 1.0, 1_000).await;
    check(&error, "3", "");
    assert!(error.to_string().ends_with(limit), "{error}");
    let error = error_of("string_agg(l.industry || e.kind, '/')", &text, 1.0, 1_000).await;
    assert!(error.to_string().ends_with(limit), "{error}");
    let ten = ["l.industry"; 100].join(" || ");
    let error = error_of(&ten, &text, 1.0, 1).await;
    check(&error, "3", &format!("it {limit}"));
}

#[tokio::test]
async fn an_error_of_the_engine_names_the_feature() {
    let error = error_of("CAST(l.industry AS BIGINT)", "Tech", 1.0, 1).await.to_string();
    let expected = "`features/lead.sql:2:8`: feature `wrong`: Arrow error: Cast error: Cannot cast string 'Tech'";
    assert!(error.starts_with(expected), "{error}");
    let error = error_of("sum(CAST(e.kind AS BIGINT))", "Tech", 1.0, 1).await.to_string();
    assert!(error.starts_with("`features/lead.sql:2:") && error.contains("`: feature `wrong`: "), "{error}");
}
