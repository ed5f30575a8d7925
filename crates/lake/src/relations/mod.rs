//! From raw tables to the three relations: `sources/*.sql` say what the rows mean, this module whose they are.
//!
//! A file's name up to its first dot is its relation: `lead.sql`, `lead.history.sql`, `event.crm.sql`, `outcome.sql`
//! and `identity.sql`. Everything is derived from all raw rows again, so a corrected file corrects the past too.

mod raw_tables;
mod rows;
mod identity;
mod leads;
mod facts;

use std::collections::BTreeMap;
use std::path::Path;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;

use crate::engine::session;
use crate::moment::moment_type;
use crate::raw::State;
use crate::{Error, Rejected, SqlFile};
use identity::Identities;
use rows::{Required, Rows};

/// What the sources say, unified.
pub(crate) struct Relations {
    pub(crate) lead: RecordBatch,
    pub(crate) event: RecordBatch,
    pub(crate) outcome: RecordBatch,
    pub(crate) rejected: Vec<Rejected>,
    /// `relation, key, rows` of everything that belongs to no lead.
    pub(crate) unmatched: Vec<(&'static str, String, usize)>,
    pub(crate) counts: Counts,
}

/// What was counted on the way to the relations.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Leads, after identities were unified.
    pub leads: usize,
    /// Versions of leads: each a span of time in which nothing new was learned.
    pub lead_versions: usize,
    /// Events under a lead.
    pub events: usize,
    /// Outcomes under a lead.
    pub outcomes: usize,
    /// Events and outcomes that were there already.
    pub duplicates: usize,
    /// Leads that were tests, left out.
    pub test_leads: usize,
    /// Events and outcomes of test leads, left out.
    pub rows_of_test_leads: usize,
    /// Events and outcomes that belong to no lead.
    pub unmatched_rows: usize,
    /// Keys, such as a shared mailbox, that tie together so many leads that they were passed over.
    pub shared_keys: usize,
}

/// Runs the SQL files over the raw layer.
pub(crate) async fn derive(raw_folder: &Path, state: &State, files: &[SqlFile]) -> Result<Relations, Error> {
    let context = session();
    raw_tables::register(&context, raw_folder, state).await?;
    let by_relation = by_relation(files)?;
    let mut rejected = Vec::new();
    let lead_files = &by_relation["lead"];
    let lead_rows = rows::read(&context, lead_files, &lead_columns(), &mut rejected).await?;
    let pairs = match by_relation.get("identity") {
        Some(files) => Some(rows::read(&context, files, &identity_columns(), &mut rejected).await?),
        None => None,
    };
    let identities = Identities::resolve(&lead_rows, pairs.as_ref());
    let leads = leads::versions(&lead_rows, lead_files, &identities, &mut rejected)?;
    let mut counts = Counts {
        leads: leads.leads,
        lead_versions: leads.versions.num_rows(),
        test_leads: leads.test_leads.len(),
        shared_keys: identities.shared_keys.len(),
        ..Counts::default()
    };
    let mut unmatched: Vec<(&'static str, String, usize)> =
        identities.shared_keys.iter().map(|(key, leads)| ("identity", key.clone(), *leads)).collect();
    let mut facts = Vec::with_capacity(2);
    for (relation, columns) in [("event", event_columns()), ("outcome", outcome_columns())] {
        let rows: Rows = rows::read(&context, &by_relation[relation], &columns, &mut rejected).await?;
        let found = facts::under_leads(&rows, &identities, &leads.test_leads)?;
        counts.duplicates += found.duplicates;
        counts.rows_of_test_leads += found.of_test_leads;
        counts.unmatched_rows += found.unmatched.values().sum::<usize>();
        unmatched.extend(found.unmatched.into_iter().map(|(key, rows)| (relation, key, rows)));
        facts.push(found.batch);
    }
    let outcome = facts.pop().expect("two relations were read");
    let event = facts.pop().expect("two relations were read");
    counts.events = event.num_rows();
    counts.outcomes = outcome.num_rows();
    Ok(Relations { lead: leads.versions, event, outcome, rejected, unmatched, counts })
}

fn by_relation(files: &[SqlFile]) -> Result<BTreeMap<&str, Vec<&SqlFile>>, Error> {
    let mut by_relation: BTreeMap<&str, Vec<&SqlFile>> = BTreeMap::new();
    for file in files {
        let stem = file.name.rsplit('/').next().unwrap_or(&file.name);
        let relation = stem.split('.').next().unwrap_or(stem);
        if !["lead", "event", "outcome", "identity"].contains(&relation) {
            return Err(file.wrong(
                "no such relation: expected a file name that begins with `lead.`, `event.`, `outcome.` or `identity.`",
            ));
        }
        by_relation.entry(relation).or_default().push(file);
    }
    for relation in ["lead", "event", "outcome"] {
        if !by_relation.contains_key(relation) {
            let file = SqlFile { name: format!("sources/{relation}.sql"), sql: String::new() };
            return Err(file.wrong(format!("not there: expected a SELECT of the `{relation}` relation")));
        }
    }
    Ok(by_relation)
}

fn needed(name: &'static str, data_type: DataType) -> Required {
    Required { name, data_type, not_null: true }
}

fn lead_columns() -> Vec<Required> {
    vec![
        needed("lead_key", DataType::Utf8),
        Required { name: "created_at", data_type: moment_type(), not_null: false },
        Required { name: "known_at", data_type: moment_type(), not_null: false },
    ]
}

fn identity_columns() -> Vec<Required> {
    // A pair with one side missing says nothing, and is no fault of its row.
    ["key_a", "key_b"].map(|name| Required { name, data_type: DataType::Utf8, not_null: false }).into()
}

fn event_columns() -> Vec<Required> {
    vec![
        needed("lead_key", DataType::Utf8),
        needed("kind", DataType::Utf8),
        needed("at", moment_type()),
        Required { name: "known_at", data_type: moment_type(), not_null: false },
    ]
}

fn outcome_columns() -> Vec<Required> {
    vec![
        needed("lead_key", DataType::Utf8),
        needed("target", DataType::Utf8),
        needed("positive", DataType::Boolean),
        needed("at", moment_type()),
        Required { name: "known_at", data_type: moment_type(), not_null: false },
    ]
}
