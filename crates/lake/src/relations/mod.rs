//! From raw tables to the three relations: `sources/*.sql` say what the rows mean, this module whose they are.
//!
//! A file's name up to its first dot is its relation: `lead.sql`, `lead.history.sql`, `event.crm.sql`, `outcome.sql`
//! and `identity.sql`. Everything is derived from all raw rows again, so a corrected file corrects the past too.

mod raw_tables;
mod tables;
mod order;
mod rows;
mod change_detection;
mod identity;
mod leads;
mod facts;

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::DataType;

use crate::timestamp::timestamp_type;
use crate::{Error, RejectedRow, SqlFile};
use identity::Identities;
use rows::{Required, Rows};

pub(crate) use change_detection::History;
pub(crate) use tables::Raw;

/// What the sources say, unified.
pub(crate) struct Relations {
    pub(crate) lead: RecordBatch,
    pub(crate) event: RecordBatch,
    pub(crate) outcome: RecordBatch,
    pub(crate) rejected: Vec<RejectedRow>,
    /// `relation, key, rows` of everything that belongs to no lead.
    pub(crate) unmatched: Vec<(&'static str, String, usize)>,
    pub(crate) counts: Counts,
    pub(crate) undated: Vec<Undated>,
    /// What was heard of undated leads, for the next run.
    pub(crate) histories: Vec<History>,
}

/// Columns of which a source does not say since when they were known: what they say today may not have been known
/// then, so that a model may learn from the future.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Undated {
    /// The file of SQL, as in `sources/lead.sql`.
    pub file: String,
    /// `lead`, `event` or `outcome`.
    pub relation: String,
    /// The columns.
    pub columns: Vec<String>,
    /// Rows without `known_at`.
    pub rows: usize,
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

/// Runs the SQL files over the raw layer. `known` are the histories that the last run kept.
pub(crate) async fn derive(raw: Raw<'_>, files: &[SqlFile], known: &[History]) -> Result<Relations, Error> {
    let tables = raw.tables().await?;
    let by_relation = by_relation(files)?;
    let mut rejected = Vec::new();
    let lead_files = &by_relation["lead"];
    let (lead_rows, histories) =
        change_detection::read_leads(&raw, &tables, lead_files, &lead_columns(), known, &mut rejected).await?;
    let mut undated = undated("lead", lead_files, &lead_rows);
    let pairs = match by_relation.get("identity") {
        Some(files) => Some(rows::read(&tables, files, &identity_columns(), &mut rejected).await?),
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
        let rows: Rows = rows::read(&tables, &by_relation[relation], &columns, &mut rejected).await?;
        undated.extend(self::undated(relation, &by_relation[relation], &rows));
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
    Ok(Relations { lead: leads.versions, event, outcome, rejected, unmatched, counts, undated, histories })
}

/// Returns the files of a relation with rows that do not say when they were known.
fn undated(relation: &str, files: &[&SqlFile], rows: &Rows) -> Vec<Undated> {
    let known = rows.micros("known_at");
    let mut counts = vec![0; files.len()];
    for row in (0..known.len()).filter(|row| known.is_null(*row)) {
        counts[usize::from(rows.file_of[row])] += 1;
    }
    let counted = files.iter().zip(counts).zip(&rows.columns_of).filter(|((_, rows), _)| *rows > 0);
    counted
        .map(|((file, rows), columns)| Undated {
            file: file.name.clone(),
            relation: relation.to_owned(),
            columns: columns.iter().filter(|column| !IN_EVERY_FILE.contains(&column.as_str())).cloned().collect(),
            rows,
        })
        .collect()
}

/// Columns that name or date a row and tell nothing of its lead.
const IN_EVERY_FILE: [&str; 7] = ["lead_key", "event_id", "created_at", "at", "known_at", "is_test", "_origin"];

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
    Required { name, data_type, not_null: true, may_lack: false }
}

fn lead_columns() -> Vec<Required> {
    vec![
        needed("lead_key", DataType::Utf8),
        Required { name: "created_at", data_type: timestamp_type(), not_null: false, may_lack: false },
        Required { name: "known_at", data_type: timestamp_type(), not_null: false, may_lack: true },
    ]
}

fn identity_columns() -> Vec<Required> {
    // A pair with one side missing says nothing, and is no fault of its row.
    ["key_a", "key_b"].map(|name| Required { name, data_type: DataType::Utf8, not_null: false, may_lack: false }).into()
}

fn event_columns() -> Vec<Required> {
    vec![
        needed("lead_key", DataType::Utf8),
        needed("kind", DataType::Utf8),
        needed("at", timestamp_type()),
        Required { name: "known_at", data_type: timestamp_type(), not_null: false, may_lack: true },
    ]
}

fn outcome_columns() -> Vec<Required> {
    vec![
        needed("lead_key", DataType::Utf8),
        needed("target", DataType::Utf8),
        needed("positive", DataType::Boolean),
        needed("at", timestamp_type()),
        Required { name: "known_at", data_type: timestamp_type(), not_null: false, may_lack: true },
    ]
}
