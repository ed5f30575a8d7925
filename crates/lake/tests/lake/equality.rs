//! The two evaluators give the same bits: for the demo's features and for generated ones, with late arrivals, ties in
//! time, missing values and leads to whom nothing happened.

pub(crate) mod generated;

use std::collections::HashMap;

use plumb_lake::{FeatureSql, Lake, SqlFile};
use plumb_lead::{Event, Lead, Observation, Table, Values};
use proptest::prelude::*;

use crate::company::{Company, day};
use crate::demo;

pub(crate) const LEADS: usize = 40;
pub(crate) const MOMENTS: [i64; 3] = [3, 9, 30];

/// The order in which these are added matters.
const FRACTIONS: [f64; 8] = [0.1, 0.7, -0.3, 1e16, -1e16, 3.3, 1e-9, 12.5];

proptest! {
    // Each case is a company of 40 leads at three moments: 7,680 rows of some fifty features, of which 896 are generated.
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn a_request_gets_the_bits_of_the_batch(
        leads in prop::collection::vec(lead(), LEADS),
        events in prop::collection::vec(event(&FRACTIONS), 0..1_500),
        outcomes in prop::collection::vec((0..LEADS, 0..20_i64, any::<bool>()), 0..60),
        sql in generated::features(14),
    ) {
        tokio::runtime::Runtime::new().expect("a runtime").block_on(check(&leads, &events, &outcomes, &sql))?;
    }
}

async fn check(
    leads: &[Vec<String>],
    events: &[String],
    outcomes: &[(usize, i64, bool)],
    generated: &str,
) -> Result<(), TestCaseError> {
    let company = company(leads, events, outcomes);
    let lake = company.lake().await;
    let mut sql = demo::features();
    sql.files.push(SqlFile { name: "features/4-generated.sql".into(), sql: generated.into() });
    let observations: Vec<Observation> = MOMENTS
        .iter()
        .flat_map(|moment| (0..LEADS).map(|lead| Observation { lead_id: format!("lead:{lead}"), as_of: day(*moment) }))
        .collect();
    let batch = lake.features(&sql, &observations).await.expect("sound SQL");
    let program = lake.prepare(&sql).await.expect("sound SQL");
    let known = Known::read(&lake).await;
    for (row, observation) in observations.iter().enumerate() {
        let (lead, events) = known.of(observation);
        let asked = program.features_of(lead, events, observation.as_of).expect("it fits the ground");
        for column in asked.columns() {
            let (of_batch, of_request) = (bits(&batch, &column.name, row), bits(&asked, &column.name, 0));
            prop_assert_eq!(
                of_batch,
                of_request,
                "{} of {:?} with {:?}\n{}",
                column.name,
                observation,
                events,
                generated
            );
        }
    }
    some_in_small_chunks(company.lake().await.in_chunks_of(5), &sql, &observations, &batch).await
}

/// The leads as they were known at each moment, and their events in any order, also those that were learned later.
struct Known {
    leads: HashMap<Observation, Lead>,
    events: HashMap<String, Vec<Event>>,
}

impl Known {
    async fn read(lake: &Lake) -> Known {
        let mut known = Known { leads: HashMap::new(), events: HashMap::new() };
        for as_of in MOMENTS.map(day) {
            for lead in lake.leads(as_of).await.expect("readable") {
                known.leads.insert(Observation { lead_id: lead.lead_id.clone(), as_of }, lead);
            }
        }
        let last = day(MOMENTS[MOMENTS.len() - 1] + 30);
        for lead_id in (0..LEADS).map(|lead| format!("lead:{lead}")) {
            let (_, mut events) = lake.lead(&lead_id, last).await.expect("readable").expect("known");
            events.reverse();
            known.events.insert(lead_id, events);
        }
        known
    }

    fn of(&self, observation: &Observation) -> (&Lead, &[Event]) {
        (&self.leads[observation], &self.events[&observation.lead_id])
    }
}

/// What else is asked about and how it is cut makes no difference.
async fn some_in_small_chunks(
    lake: Lake,
    sql: &FeatureSql,
    all: &[Observation],
    batch: &Table,
) -> Result<(), TestCaseError> {
    let asked: Vec<usize> = (0..all.len()).step_by(4).rev().collect();
    let some: Vec<Observation> = asked.iter().map(|row| all[*row].clone()).collect();
    let table = lake.features(sql, &some).await.expect("sound SQL");
    for column in table.columns() {
        for (row, of_all) in asked.iter().enumerate() {
            prop_assert_eq!(bits(&table, &column.name, row), bits(batch, &column.name, *of_all), "{}", column.name);
        }
    }
    Ok(())
}

/// The bits of a number or flag, the word of a category; `None` if it is missing.
fn bits(table: &Table, feature: &str, row: usize) -> Option<String> {
    match &table.column(feature).expect("the feature was asked for").values {
        Values::Number(numbers) | Values::Flag(numbers) => {
            Some(format!("{} {:08x}", numbers[row], numbers[row].to_bits()))
        }
        values => values.text(row),
    }
}

pub(crate) fn company(leads: &[Vec<String>], events: &[String], outcomes: &[(usize, i64, bool)]) -> Company {
    let leads: Vec<String> = leads
        .iter()
        .enumerate()
        .flat_map(|(lead, versions)| {
            let first = format!("{{\"id\":\"{lead}\",\"known_at\":\"{}\"", day(0).to_rfc3339());
            let later = versions.iter().map(move |version| format!("{{\"id\":\"{lead}\",{version}"));
            std::iter::once(first)
                .chain(later)
                .map(move |row| format!("{row},\"created_at\":\"{}\"}}", day(0).to_rfc3339()))
        })
        .collect();
    let outcomes: Vec<String> = outcomes
        .iter()
        .map(|(lead, at, approved)| {
            let target = if *approved { "approved" } else { "converted" };
            let at = day(*at).to_rfc3339();
            format!("{{\"key\":\"lead:{lead}\",\"target\":\"{target}\",\"positive\":\"yes\",\"at\":\"{at}\"}}")
        })
        .collect();
    let rows = [leads.join("\n"), events.join("\n"), outcomes.join("\n")];
    demo::company([&rows[0], &rows[1], &rows[2]])
}

/// The later versions of a lead.
pub(crate) fn lead() -> impl Strategy<Value = Vec<String>> {
    let version = (0..20_i64, prop::option::of(0..3_usize), prop::option::of(-3..3_000_i64), any::<u16>()).prop_map(
        |(known, word, number, choice)| {
            let mut fields = vec![format!("\"known_at\":\"{}\"", day(known).to_rfc3339())];
            if let Some(word) = word {
                fields.push(format!("\"channel\":\"{}\"", ["google_ads", "referral", "display"][word]));
                fields.push(format!("\"industry\":\"{}\"", ["fintech", "retail", "health"][word]));
                fields.push(format!("\"email\":\"{}\"", ["a@freemail.example", "b@x.org", "c@webmail.example"][word]));
            }
            if let Some(number) = number {
                fields.push(format!("\"employees\":\"{number}\",\"budget\":\"{}\"", number as f64 * 0.1));
                fields.push(format!("\"experience_years\":\"{}\"", number % 40));
            }
            if choice % 3 == 0 {
                fields.push(format!("\"first_outreach_at\":\"{}\"", day(i64::from(choice % 11)).to_rfc3339()));
                fields.push("\"work_permit\":\"yes\",\"phone\":\"1\",\"role\":\"engineer\"".into());
            }
            fields.join(",")
        },
    );
    prop::collection::vec(version, 0..4)
}

/// Events mostly fall on a few moments, so that many tie.
pub(crate) fn event(minutes: &[f64]) -> impl Strategy<Value = String> + use<> {
    let kind = prop::sample::select(vec!["touch", "reply", "interaction", "email_opened", "ad_click"]);
    let detail = prop::option::of(prop::sample::select(vec!["/pricing", "call", "meeting", ""]));
    let minutes = prop::option::of(prop::sample::select(minutes.to_vec()));
    let late = prop::sample::select(vec![0, 0, 0, 1, 24, 200]);
    (0..LEADS - 5, 0..12_i64 * 24, late, kind, detail, minutes, prop::option::of(0..5_i64)).prop_map(
        |(lead, hours, late, kind, detail, minutes, pages)| {
            let hours = if hours % 2 == 0 { hours / 48 * 48 } else { hours };
            let at = day(0) + chrono::TimeDelta::hours(hours);
            let known_at = at + chrono::TimeDelta::hours(late);
            let mut row = format!(
                "{{\"key\":\"lead:{lead}\",\"kind\":\"{kind}\",\"at\":\"{}\",\"known_at\":\"{}\"",
                at.to_rfc3339(),
                known_at.to_rfc3339()
            );
            if let Some(detail) = detail {
                row += &format!(",\"detail\":\"{detail}\"");
            }
            if let Some(minutes) = minutes {
                row += &format!(",\"minutes\":\"{minutes}\"");
            }
            if let Some(pages) = pages {
                row += &format!(",\"pages\":\"{pages}\"");
            }
            row + "}"
        },
    )
}
