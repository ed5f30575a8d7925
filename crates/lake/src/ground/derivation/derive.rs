//! Derives the relations from the raw rows by `sources/*.sql`.
//!
//! The rows of each file are read once, matched to their leads and written aside by partition. Then each partition is
//! derived by itself, so that memory holds the keys of all leads and the rows of a few partitions.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use datafusion::arrow::array::{AsArray, RecordBatch};

use super::aside_folder::AsideFolder;
use super::change_detection::{LeadReading, LeadRows};
use super::ended_leads::EndedLeads;
use super::event_times::EarlyEvents;
use super::fact_rows::{FactRows, KnownLeads};
use super::identity::FoundKeys;
use super::key_notes::KeyNotes;
use super::lead_history::LeadHistory;
use super::outcome_times::OddTimes;
use super::partition::{Partition, RowsByPartition};
use super::partitions::Partitions;
use super::posted::built_in_files;
use super::queries::{Queries, RawRows};
use super::relation_columns::{event_columns, identity_columns, outcome_columns};
use super::relations::{Counts, Relations};
use super::undated::undated;
use crate::error::Error;
use crate::files::file_hash::for_each_file;
use crate::ground::shared_files::SharedFiles;
use crate::raw::RejectedRow;
use crate::sql_file::SqlFile;

/// Runs the SQL files over the raw rows. `known` are the histories of the last run. Files of the relations are added to
/// `shared`.
pub(crate) async fn derive(
    raw: RawRows<'_>,
    files: &[SqlFile],
    known: &[LeadHistory],
    shared: &SharedFiles,
) -> Result<Relations, Error> {
    let mut by_relation = by_relation(files)?;
    let queries = raw.queries(&files.iter().collect::<Vec<_>>()).await?;
    let built_in = built_in_files(&queries, raw.state, &by_relation).await?;
    for (relation, file) in &built_in {
        by_relation.entry(relation).or_default().push(file);
    }
    let (mut aside, mut rejected, mut found) = (AsideFolder::new(raw.spill)?, Vec::new(), FoundKeys::default());
    let lead_files = &by_relation["lead"];
    let mut leads: Vec<LeadRows> = Vec::with_capacity(lead_files.len());
    for file in lead_files {
        let (aside, found, rejected) = (&mut aside, &mut found, &mut rejected);
        let mut reading = LeadReading { raw: &raw, queries: &queries, known, shared, aside, found, rejected };
        leads.push(reading.read(file).await?);
    }
    let pair_files = by_relation.get("identity").map_or(&[][..], Vec::as_slice);
    let pair_keys = read_pairs(&queries, pair_files, &mut found, &mut rejected).await?;
    let identities = found.unite();
    let partitions = Partitions::of(&identities);
    let leads = leads.into_iter().map(|rows| rows.by_partition(&identities, &partitions, &mut aside));
    let leads = leads.collect::<Result<Vec<LeadRows>, Error>>()?;
    let known_leads = KnownLeads { identities: &identities, partitions: &partitions };
    let (event_files, outcome_files) = (&by_relation["event"], &by_relation["outcome"]);
    let columns = event_columns();
    let events = ("event", columns.as_slice());
    let events = FactRows::read(&queries, events, event_files, known_leads, &mut aside, &mut rejected).await?;
    let columns = outcome_columns();
    let outcomes = ("outcome", columns.as_slice());
    let outcomes = FactRows::read(&queries, outcomes, outcome_files, known_leads, &mut aside, &mut rejected).await?;
    let rows = RowsByPartition {
        identities: &identities,
        partitions: &partitions,
        lead_files,
        leads,
        event_files,
        events,
        outcome_files,
        outcomes,
        shared,
    };
    let derived = derive_partitions(&rows, partitions.len())?;
    let relations = relations(rows, derived, &pair_keys, rejected)?;
    shared.finish()?;
    Ok(relations)
}

/// Reads the pairs of keys that belong together.
async fn read_pairs(
    queries: &Queries,
    files: &[&SqlFile],
    found: &mut FoundKeys,
    rejected: &mut Vec<RejectedRow>,
) -> Result<KeyNotes, Error> {
    let mut keys = KeyNotes::default();
    for file in files {
        let mut take = |rows: RecordBatch| {
            keys.add(&rows);
            let (first, second) = (rows["key_a"].as_string::<i32>(), rows["key_b"].as_string::<i32>());
            for (first, second) in first.iter().zip(second) {
                if let (Some(first), Some(second)) = (first, second) {
                    found.add_pair(first, second);
                }
            }
            Ok(())
        };
        queries.each_batch(file, &identity_columns(), rejected, &mut take).await?;
    }
    Ok(keys)
}

/// Derives all partitions, on all cores.
fn derive_partitions(rows: &RowsByPartition<'_>, count: usize) -> Result<Vec<Partition>, Error> {
    let numbers: Vec<usize> = (0..count).collect();
    let derived: Vec<Mutex<Partition>> = numbers.iter().map(|_| Mutex::default()).collect();
    for_each_file(&numbers, |number| {
        let partition = rows.derive(*number as u32)?;
        *derived[*number].lock().unwrap_or_else(PoisonError::into_inner) = partition;
        Ok(())
    })?;
    Ok(derived.into_iter().map(|partition| partition.into_inner().unwrap_or_else(PoisonError::into_inner)).collect())
}

/// Returns the relations of all partitions, with what was counted.
fn relations(
    rows: RowsByPartition<'_>,
    partitions: Vec<Partition>,
    pair_keys: &KeyNotes,
    rejected: Vec<RejectedRow>,
) -> Result<Relations, Error> {
    let RowsByPartition { identities, lead_files, leads, events, outcomes, shared, .. } = rows;
    let mut relations = Relations { rejected, ..Relations::default() };
    relations.counts = Counts {
        test_leads: identities.test_leads(),
        shared_keys: identities.shared_keys.len(),
        rows_of_test_leads: events.of_test_leads + outcomes.of_test_leads,
        unmatched_rows: events.unmatched.values().chain(outcomes.unmatched.values()).sum(),
        ..Counts::default()
    };
    let columns = partitions.first().map(|partition| partition.columns.clone()).unwrap_or_default();
    let mut histories: Vec<Option<LeadHistory>> =
        lead_files.iter().zip(&leads).map(|(file, rows)| rows.history(file)).collect();
    let (mut undated_rows, mut lead_keys) = (vec![0; leads.len()], KeyNotes::default());
    let (mut odd_times, mut early_events, mut ended) =
        (OddTimes::default(), EarlyEvents::default(), EndedLeads::default());
    let (mut event_counts, mut outcome_counts) = (events.moved_counts(), outcomes.moved_counts());
    for partition in partitions {
        relations.add(&partition);
        let of_files = histories.iter_mut().zip(partition.histories);
        of_files.for_each(|(history, file)| history.iter_mut().for_each(|history| history.files.extend(file.clone())));
        undated_rows.iter_mut().zip(&partition.undated).for_each(|(rows, more)| *rows += more);
        lead_keys.merge(partition.keys);
        event_counts.add(partition.events);
        outcome_counts.add(partition.outcomes);
        odd_times.merge(partition.odd_times);
        early_events.merge(partition.early_events);
        ended.merge(partition.ended);
        relations.rejected.extend(partition.rejected);
    }
    relations.counts.duplicates = event_counts.duplicates + outcome_counts.duplicates;
    relations.counts.ended_events = event_counts.ended + outcome_counts.ended;
    relations.histories = histories.into_iter().flatten().collect();
    for (list, columns) in relations.lists.all_mut().into_iter().zip(&columns) {
        if list.is_empty() {
            // Without rows, one file keeps the columns.
            list.push(shared.add(columns)?);
        }
    }
    let of_leads = lead_files.iter().zip(&leads).zip(undated_rows);
    relations.undated =
        of_leads.filter_map(|((file, of_file), rows)| undated("lead", file, &of_file.schema(), rows)).collect();
    relations.undated.extend(events.undated.into_iter().chain(outcomes.undated));
    relations.notes = lead_keys.notes("lead");
    relations.notes.extend(pair_keys.notes("identity"));
    relations.notes.extend(ended.notes(lead_files, relations.counts.leads));
    relations.notes.extend(events.keys.notes("event").into_iter().chain(event_counts.notes()));
    relations.notes.extend(outcomes.keys.notes("outcome").into_iter().chain(outcome_counts.notes()));
    relations.notes.extend(early_events.note().into_iter().chain(odd_times.notes()));
    let shared_keys = identities.shared_keys.iter().map(|(key, leads)| ("identity", key.clone(), *leads));
    let of_events = events.unmatched.into_iter().map(|(key, rows)| ("event", key, rows));
    let of_outcomes = outcomes.unmatched.into_iter().map(|(key, rows)| ("outcome", key, rows));
    relations.unmatched = shared_keys.chain(of_events).chain(of_outcomes).collect();
    Ok(relations)
}

impl Relations {
    /// Adds the files and counts of the next partition.
    fn add(&mut self, partition: &Partition) {
        for (list, file) in self.lists.all_mut().into_iter().zip(&partition.files) {
            list.extend(file.clone());
        }
        let counts = &mut self.counts;
        counts.leads += partition.leads;
        let [lead_versions, events, outcomes] = partition.rows;
        counts.lead_versions += lead_versions;
        counts.events += events;
        counts.outcomes += outcomes;
        counts.deleted_leads += partition.deleted_leads;
    }
}

/// Returns the files of each relation.
fn by_relation(files: &[SqlFile]) -> Result<BTreeMap<&str, Vec<&SqlFile>>, Error> {
    let mut by_relation: BTreeMap<&str, Vec<&SqlFile>> = BTreeMap::new();
    for file in files {
        let stem = file.name.rsplit('/').next().unwrap_or(&file.name);
        let relation = stem.split('.').next().unwrap_or(stem);
        if !["lead", "event", "outcome", "identity"].contains(&relation) {
            return Err(file.error(
                "no such relation: expected a file name that begins with `lead.`, `event.`, `outcome.` or `identity.`",
            ));
        }
        by_relation.entry(relation).or_default().push(file);
    }
    for relation in ["lead", "event", "outcome"] {
        if !by_relation.contains_key(relation) {
            let file = SqlFile { name: format!("sources/{relation}.sql"), sql: String::new() };
            return Err(file.error(format!("it does not exist: expected a SELECT of the `{relation}` relation")));
        }
    }
    Ok(by_relation)
}
