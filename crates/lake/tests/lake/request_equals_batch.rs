//! A request gets the same bits as the batch: for the demo's features and for generated ones, with late arrivals, ties in
//! time, missing values and leads without events.

use std::collections::HashMap;

use plumb_lake::{FeatureSql, Lake, SqlFile};
use plumb_lead::{Event, Lead, Observation, Table, Values};
use proptest::prelude::*;

use crate::company::day;
use crate::random_company::{AS_OF_DAYS, LEADS, company, event, lead};
use crate::{demo_project, generated};

/// The order in which these are added matters.
const FRACTIONS: [f64; 8] = [0.1, 0.7, -0.3, 1e16, -1e16, 3.3, 1e-9, 12.5];

proptest! {
    // Each case is a company of 40 leads at three times: 7,680 rows of some fifty features, of which 896 are generated.
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
    let mut sql = demo_project::features();
    sql.files.push(SqlFile { name: "features/4-generated.sql".into(), sql: generated.into() });
    let observations: Vec<Observation> = AS_OF_DAYS
        .iter()
        .flat_map(|as_of| (0..LEADS).map(|lead| Observation { lead_id: format!("lead:{lead}"), as_of: day(*as_of) }))
        .collect();
    let batch = lake.features(&sql, &observations).await.expect("sound SQL");
    let program = lake.prepare(&sql).await.expect("sound SQL");
    let known = Known::read(&lake).await;
    for (row, observation) in observations.iter().enumerate() {
        let (lead, events) = known.of(observation);
        let requested = program.features_of(lead, events, observation.as_of).expect("it fits the ground");
        for column in requested.columns() {
            let (of_batch, of_request) = (bits(&batch, &column.name, row), bits(&requested, &column.name, 0));
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

/// The leads as they were known at each time, and their events in any order, including those learned later.
struct Known {
    leads: HashMap<Observation, Lead>,
    events: HashMap<String, Vec<Event>>,
}

impl Known {
    async fn read(lake: &Lake) -> Known {
        let mut known = Known { leads: HashMap::new(), events: HashMap::new() };
        for as_of in AS_OF_DAYS.map(day) {
            for lead in lake.leads(as_of).await.expect("readable") {
                known.leads.insert(Observation { lead_id: lead.lead_id.clone(), as_of }, lead);
            }
        }
        let last = day(AS_OF_DAYS[AS_OF_DAYS.len() - 1] + 30);
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

/// Neither other observations nor the size of chunks make a difference.
async fn some_in_small_chunks(
    lake: Lake,
    sql: &FeatureSql,
    all: &[Observation],
    batch: &Table,
) -> Result<(), TestCaseError> {
    let chosen: Vec<usize> = (0..all.len()).step_by(4).rev().collect();
    let some: Vec<Observation> = chosen.iter().map(|row| all[*row].clone()).collect();
    let table = lake.features(sql, &some).await.expect("sound SQL");
    for column in table.columns() {
        for (row, of_all) in chosen.iter().enumerate() {
            prop_assert_eq!(bits(&table, &column.name, row), bits(batch, &column.name, *of_all), "{}", column.name);
        }
    }
    Ok(())
}

/// The bits of a number or flag, the word of a category; `None` if it is missing.
fn bits(table: &Table, feature: &str, row: usize) -> Option<String> {
    match &table.column(feature).expect("the feature is in the SQL").values {
        Values::Number(numbers) | Values::Flag(numbers) => {
            Some(format!("{} {:08x}", numbers[row], numbers[row].to_bits()))
        }
        values => values.text(row),
    }
}
