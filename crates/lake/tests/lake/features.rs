//! `features/*.sql`: a few rows in, the expected table out.

use chrono::{TimeDelta, Utc};
use plumb_lake::{CategoryWithoutRate, LabelSpec};
use plumb_lead::{Event, FieldValue, Lead, Observation, Table};

use crate::company::{Company, day, features};

const LEADS: &str = r#"{"id":"1","created_at":"2026-01-01","industry":"fintech","budget":"5"}
{"id":"2","created_at":"2026-01-01","industry":"retail"}
{"id":"3","created_at":"2026-01-20","industry":"fintech"}"#;

const EVENTS: &str = r#"{"key":"lead:1","kind":"touch","at":"2026-01-02","value":"2"}
{"key":"lead:1","kind":"touch","at":"2026-01-03","known_at":"2026-01-05","value":"4"}
{"key":"lead:1","kind":"reply","at":"2026-01-02T12:00:00Z"}"#;

const OUTCOMES: &str = r#"{"key":"lead:1","target":"converted","positive":"yes","at":"2026-01-08","known_at":"2026-01-09"}
{"key":"lead:3","target":"converted","positive":"yes","at":"2026-01-29","known_at":"2026-01-29"}"#;

#[track_caller]
fn text(table: &Table, feature: &str) -> Vec<String> {
    let column = table.column(feature).expect("the feature is in the SQL");
    (0..table.rows()).map(|row| column.values.text(row).unwrap_or_else(|| "missing".into())).collect()
}

fn at(lead_id: &str, as_of: chrono::DateTime<Utc>) -> Observation {
    Observation { lead_id: lead_id.into(), as_of }
}

#[tokio::test]
async fn features_see_what_was_known_at_as_of() {
    let company = Company::new(LEADS, EVENTS, OUTCOMES);
    let lake = company.lake().await;
    let sql = features(
        "SELECT
            count(e.at) FILTER (WHERE e.kind = 'touch') AS touches,
            date_diff_days(as_of, max(e.at)) AS days_since_last,
            sum(e.value) AS value,
            bool_or(e.kind = 'reply') AS replied,
            l.industry AS industry,
            l.budget > 3 AS is_rich",
    );
    let observations = [at("lead:1", day(3)), at("lead:1", day(4)), at("lead:2", day(3)), at("lead:1", day(0))];
    let table = lake.features(&sql, &observations).await.expect("sound SQL");
    assert_eq!(text(&table, "touches"), ["1", "2", "0", "0"]);
    assert_eq!(text(&table, "days_since_last"), ["1.5", "2", "missing", "missing"]);
    assert_eq!(text(&table, "value"), ["2", "6", "missing", "missing"]);
    assert_eq!(text(&table, "replied"), ["true", "true", "missing", "missing"]);
    assert_eq!(text(&table, "industry"), ["fintech", "fintech", "retail", "fintech"]);
    assert_eq!(text(&table, "is_rich"), ["true", "true", "missing", "true"]);
}

#[tokio::test]
async fn a_lead_without_events_has_one_row_with_missing_event_columns() {
    let company = Company::new(LEADS, EVENTS, OUTCOMES);
    let lake = company.lake().await;
    let sql = features(
        "SELECT
            bool_or(e.kind = 'touch') AS touched,
            bool_or(e.kind IS NULL) AS quiet,
            bool_or(e.kind IS NULL OR e.kind = 'reply') AS quiet_or_replied,
            bool_or(e.kind = 'reply' AND e.at > as_of - INTERVAL '1 day') AS replied_lately,
            count(l.industry) FILTER (WHERE e.kind IS DISTINCT FROM 'touch') AS other_rows",
    );
    let table = lake.features(&sql, &[at("lead:1", day(2)), at("lead:2", day(2))]).await.expect("sound SQL");
    assert_eq!(text(&table, "touched"), ["true", "missing"]);
    assert_eq!(text(&table, "quiet"), ["false", "true"]);
    assert_eq!(text(&table, "quiet_or_replied"), ["true", "true"]);
    assert_eq!(text(&table, "replied_lately"), ["true", "missing"]);
    assert_eq!(text(&table, "other_rows"), ["1", "1"]);
}

#[tokio::test]
async fn an_event_that_is_not_known_yet_cannot_fail_a_feature() {
    let events = r#"{"key":"lead:1","kind":"touch","at":"2026-01-02","value":"4"}
{"key":"lead:1","kind":"touch","at":"2026-01-02","known_at":"2026-01-05","value":"0"}"#;
    let company = Company::new(LEADS, events, OUTCOMES);
    let lake = company.lake().await;
    let sql = features("SELECT sum(8 / CAST(e.value AS BIGINT)) AS shares");
    let table = lake.features(&sql, &[at("lead:1", day(3)), at("lead:2", day(9))]).await.expect("it is not known");
    assert_eq!(text(&table, "shares"), ["2", "missing"]);
    let error = lake.features(&sql, &[at("lead:1", day(4))]).await.expect_err("it is known");
    assert!(format!("{error:?}").contains("feature `shares`: Arrow error: Divide by zero"), "{error:?}");
}

#[tokio::test]
async fn a_rate_counts_only_the_days_before() {
    let company = Company::new(LEADS, EVENTS, OUTCOMES);
    let lake = company.lake().await;
    let sql = features("SELECT outcome_rate('converted', l.industry) AS rate");
    // Leads 1 and 2 mature on the eleventh: one of two converted, and it was of fintech.
    let observations = [at("lead:3", day(10)), at("lead:3", day(19)), at("lead:2", day(19))];
    let table = lake.features(&sql, &observations).await.expect("sound SQL");
    let (fintech, retail) = ((1.0 + 20.0 * 0.5) / 21.0_f32, (20.0 * 0.5) / 21.0_f32);
    assert_eq!(text(&table, "rate"), ["missing".to_owned(), fintech.to_string(), retail.to_string()]);
}

#[tokio::test]
async fn a_category_without_a_known_outcome_gets_the_overall_rate_and_is_counted() {
    let company = Company::new(
        r#"{"id":"1","created_at":"2026-01-01","industry":"fintech"}
{"id":"2","created_at":"2026-01-01","industry":"fintech"}
{"id":"3","created_at":"2026-01-20","industry":"space"}"#,
        "",
        r#"{"key":"lead:1","target":"converted","positive":"yes","at":"2026-01-03"}"#,
    );
    let lake = company.lake().await;
    let sql = features("SELECT outcome_rate('converted', l.industry) AS rate");
    let observations = ["lead:1", "lead:3"].map(|lead_id| at(lead_id, day(20)));
    let table = lake.features(&sql, &observations).await.expect("computed");
    assert_eq!(format!("{:?}", table.columns()[0].values), "Number([0.5, 0.5])");
    let counted = CategoryWithoutRate { column: "industry".into(), level: "space".into(), rows: 1 };
    assert_eq!(lake.take_categories_without_rate(), [counted]);
    assert_eq!(lake.take_categories_without_rate(), []);
}

#[tokio::test]
async fn a_lead_in_a_request_gets_the_features_of_the_same_lead_in_the_ground() {
    let company = Company::new(LEADS, EVENTS, OUTCOMES);
    let lake = company.lake().await;
    let sql = features(
        "SELECT count(e.at) AS events, sum(e.value) AS value, l.industry AS industry,
            outcome_rate('converted', l.industry) AS rate, date_diff_days(as_of, l.created_at) AS age",
    );
    let (lead, events) = lake.lead("lead:1", day(20)).await.expect("readable").expect("known");
    let requested = lake.features_of(&sql, &lead, &events, day(20)).await.expect("it fits the ground");
    let batch = lake.features(&sql, &[at("lead:1", day(20))]).await.expect("sound SQL");
    assert_eq!(requested, batch);
}

#[tokio::test]
async fn a_request_field_that_does_not_fit_is_refused() {
    let company = Company::new(LEADS, EVENTS, OUTCOMES);
    let lake = company.lake().await;
    let sql = features("SELECT l.industry AS industry");
    let lead = |field: &str, value: FieldValue| Lead {
        lead_id: "new".into(),
        created_at: day(0),
        fields: [(field.to_owned(), value)].into(),
    };
    let refused = async |lead: Lead, events: &[Event]| {
        lake.features_of(&sql, &lead, events, day(1)).await.expect_err("it does not fit").to_string()
    };
    let error = refused(lead("colour", FieldValue::Text("red".into())), &[]).await;
    assert_eq!(error, "lead 0 of the request: unknown field `colour`: expected one of budget, industry");
    let error = refused(lead("budget", FieldValue::Text("lots".into())), &[]).await;
    assert_eq!(error, "lead 0 of the request: field `budget` is `\"lots\"`: expected a number");
    let event = Event {
        kind: "touch".into(),
        at: day(0),
        known_at: day(0),
        posted_id: None,
        attributes: [("value".to_owned(), FieldValue::Flag(true))].into(),
    };
    let error = refused(lead("budget", FieldValue::Number(1.0)), &[event]).await;
    assert_eq!(error, "event 0 of the request: field `value` is `true`: expected a number");
}

#[tokio::test]
async fn a_mistake_in_a_features_file_is_an_error_with_its_file() {
    let company = Company::new(LEADS, EVENTS, OUTCOMES);
    let lake = company.lake().await;
    let check = async |sql: &str, expected: &str| {
        let error = lake.features(&features(sql), &[at("lead:1", day(3))]).await.expect_err("it is wrong").to_string();
        assert!(error.starts_with("`features/lead.sql") && error.contains(expected), "{error}");
    };
    check("SELECT l.colour AS colour", "colour").await;
    check("SELECT count(e.at)", "feature 1 has no name").await;
    check("SELECT l.industry AS i FROM lead l", "expected one `SELECT").await;
    check("SELECT 1 AS a, 2 AS a", "`a` is there twice").await;
    check("SELECT max(e.at) AS last", "turn a timestamp into days").await;
    check("SELECT outcome_rate('paid', l.industry) AS r", "expected a target of plumb.toml: converted").await;
    check("SELECT outcome_rate(l.industry) AS r", "expected `outcome_rate('target', l.column)`").await;
    check("SELEKT 1", "SELEKT").await;
}

#[tokio::test]
async fn a_lead_too_young_to_tell_is_censored() {
    let company = Company::new(LEADS, EVENTS, OUTCOMES);
    let lake = company.lake().await;
    let label_spec = LabelSpec {
        target: "converted".into(),
        horizon: TimeDelta::days(10),
        ages: vec![TimeDelta::zero(), TimeDelta::days(8)],
    };
    let labels = lake.labels(&label_spec, day(25)).await.expect("readable");
    let rows: Vec<(&str, bool)> = labels
        .observations
        .iter()
        .zip(&labels.labels)
        .map(|(observation, label)| (observation.lead_id.as_str(), *label))
        .collect();
    // Lead 1 had converted by its eighth day and is asked about once; lead 3 is too young.
    assert_eq!(rows, [("lead:1", true), ("lead:2", false), ("lead:2", false)]);
    assert_eq!(labels.censored, 1);
    assert_eq!(labels.label_known_at[0], day(10));

    let open = lake.open_leads(&label_spec, day(22)).await.expect("readable");
    assert_eq!(open, [at("lead:3", day(22))], "lead 2 is past its horizon, lead 1 has its outcome");
}

#[tokio::test]
async fn a_removed_ground_is_an_error_and_not_an_empty_one() {
    let lake = Company::new(LEADS, EVENTS, OUTCOMES).lake().await;
    // The company's folder went with it.
    let sql = features("SELECT l.industry AS industry");
    let error = lake.features(&sql, &[at("lead:1", day(3))]).await.expect_err("nothing is there").to_string();
    assert!(error.contains("000001` was removed since it was opened"), "{error}");
    assert!(lake.lead("lead:1", day(3)).await.is_err() && lake.newest().await.is_err());
}
