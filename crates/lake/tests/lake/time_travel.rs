//! Facts learned after `as_of` change no feature.

use chrono::{SubsecRound, TimeDelta};
use plumb_lake::{ground_status, with_ingestion_of_second};
use plumb_lead::{Observation, Table};
use proptest::prelude::*;

use crate::company::{Company, day, features};

/// A row of a relation, with the day on which it was learned.
type Row = (i64, String);

const FEATURES: &str = "SELECT
    count(e.at) AS events,
    count(e.at) FILTER (WHERE e.kind = 'reply') AS replies,
    sum(e.value) AS value,
    max(e.value) AS value_max,
    date_diff_days(as_of, max(e.at)) AS days_since_last,
    date_diff_days(min(e.at), l.created_at) AS days_to_first,
    l.industry AS industry,
    l.budget AS budget,
    outcome_rate('converted', l.industry) AS rate";

const LEADS: i64 = 5;

#[tokio::test]
async fn a_second_is_as_of_the_ingestion_that_began_in_it() {
    let company = Company::new(r#"{"id":"1","created_at":"2026-01-01"}"#, "", "");
    company.ingest().await;
    let status = ground_status(&company.data(), company.folder.path(), &Default::default(), &company.files);
    let ingested_at = status.expect("readable").expect("it is there").ingested_at;
    let second = ingested_at.trunc_subsecs(0);
    let moved = |time| with_ingestion_of_second(&company.data(), time).expect("readable");
    assert_eq!(moved(second), ingested_at);
    for other in [second - TimeDelta::seconds(1), second + TimeDelta::seconds(1), second + TimeDelta::nanoseconds(1)] {
        assert_eq!(moved(other), other);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn facts_learned_later_change_no_feature(
        versions in prop::collection::vec((0..LEADS, 0..40_i64, industry(), 0..9_u8), 0..20),
        events in prop::collection::vec((0..LEADS, 0..40_i64, 0..12_i64, kind(), 0..9_u8), 0..40),
        outcomes in prop::collection::vec((0..LEADS, 0..40_i64, 0..12_i64, any::<bool>()), 0..10),
        now in 0..40_i64,
    ) {
        let leads = leads(&versions);
        let events: Vec<Row> = events.iter().map(|(lead, at, late, kind, value)| {
            let row = format!(r#"{{"key":"lead:{lead}","kind":"{kind}","at":"{}","known_at":"{}","value":"{value}"}}"#,
                day(*at).to_rfc3339(), day(at + late).to_rfc3339());
            (at + late, row)
        }).collect();
        let outcomes: Vec<Row> = outcomes.iter().map(|(lead, at, late, positive)| {
            let positive = if *positive { "yes" } else { "no" };
            let row = format!(r#"{{"key":"lead:{lead}","target":"converted","positive":"{positive}","at":"{}","known_at":"{}"}}"#,
                day(*at).to_rfc3339(), day(at + late).to_rfc3339());
            (at + late, row)
        }).collect();
        let (all, known) = tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
            (table(&leads, &events, &outcomes, i64::MAX, now).await, table(&leads, &events, &outcomes, now, now).await)
        });
        prop_assert_eq!(bits(&all), bits(&known));
        // The comparison must not be empty: a known event is counted.
        let counted = bits(&all).iter().any(|cell| cell.starts_with("events=") && cell != "events=0");
        prop_assert_eq!(counted, events.iter().any(|(learned, _)| *learned <= now));
    }
}

/// Every lead exists from the first day; later versions change its fields.
fn leads(versions: &[(i64, i64, &'static str, u8)]) -> Vec<Row> {
    let first = (0..LEADS).map(|lead| (0, format!(r#"{{"id":"{lead}","created_at":"{}"}}"#, day(0).to_rfc3339())));
    let later = versions.iter().map(|(lead, known, industry, budget)| {
        let row = format!(
            r#"{{"id":"{lead}","created_at":"{}","known_at":"{}","industry":"{industry}","budget":"{budget}"}}"#,
            day(0).to_rfc3339(),
            day(*known).to_rfc3339()
        );
        (*known, row)
    });
    first.chain(later).collect()
}

async fn table(leads: &[Row], events: &[Row], outcomes: &[Row], learned_until: i64, now: i64) -> Table {
    let known = |rows: &[Row]| {
        let rows: Vec<&str> =
            rows.iter().filter(|(day, _)| *day <= learned_until).map(|(_, row)| row.as_str()).collect();
        rows.join("\n")
    };
    let company = Company::new(&known(leads), &known(events), &known(outcomes));
    let lake = company.lake().await;
    let observations: Vec<Observation> =
        (0..LEADS).map(|lead| Observation { lead_id: format!("lead:{lead}"), as_of: day(now) }).collect();
    lake.features(&features(FEATURES), &observations).await.expect("sound SQL")
}

fn bits(table: &Table) -> Vec<String> {
    // A missing value is not equal to itself, but it is written the same.
    let text = |values: &plumb_lead::Values, row| values.text(row).unwrap_or_else(|| "missing".into());
    table
        .columns()
        .iter()
        .flat_map(|column| (0..table.rows()).map(|row| format!("{}={}", column.name, text(&column.values, row))))
        .collect()
}

fn industry() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["fintech", "retail", "health"])
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["touch", "reply", "open"])
}
