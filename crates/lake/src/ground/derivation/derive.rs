//! Derives the relations from the raw rows by `sources/*.sql`.
//!
//! The rows of each file are read once, matched to their leads and written aside by partition. Then each partition is
//! derived by itself, so that memory holds the keys of all leads and the rows of a few partitions. Of events, the new rows
//! alone are read where the SQL allows it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use datafusion::arrow::array::{AsArray, RecordBatch};

use super::aside_folder::AsideFolder;
use super::change_detection::{LeadReading, LeadRows};
use super::derived_partition::{DerivedPartition, EarlierPartitions};
use super::earlier_ground::EarlierGround;
use super::ended_leads::EndedLeads;
use super::event_reading::EventReading;
use super::event_times::EarlyEvents;
use super::events::EventsRead;
use super::fact_rows::{FactRows, KnownLeads};
use super::identity::FoundKeys;
use super::key_notes::KeyNotes;
use super::lead_facts::FactCounts;
use super::lead_history::LeadHistory;
use super::outcome_times::OddTimes;
use super::partition::RowsByPartition;
use super::partitions::Partitions;
use super::posted::built_in_files;
use super::queries::{Queries, RawRows};
use super::relation_columns::{identity_columns, outcome_columns};
use super::relations::Relations;
use super::undated::undated;
use crate::error::Error;
use crate::files::file_hash::for_each_file;
use crate::ground::kept_folder::KeptFolder;
use crate::ground::shared_files::SharedFiles;
use crate::raw::RejectedRow;
use crate::sql_file::SqlFile;

/// Runs the SQL files over the raw rows. Files of the relations are added to `shared`.
pub(crate) async fn derive(
    raw: RawRows<'_>,
    files: &[SqlFile],
    earlier: EarlierGround<'_>,
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
        let mut reading =
            LeadReading { raw: &raw, queries: &queries, known: earlier.histories, shared, aside, found, rejected };
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
    let reading = EventReading { raw: &raw, queries: &queries, files: event_files, leads: known_leads, earlier };
    let EventsRead { events, kept, run_over } = reading.read(&mut aside, &mut rejected).await?;
    let columns = outcome_columns();
    let outcomes = ("outcome", columns.as_slice());
    let outcomes =
        FactRows::read(&queries, outcomes, outcome_files, known_leads, &mut aside, &mut rejected, &mut []).await?;
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
        earlier: EarlierPartitions::of(earlier.partitions),
    };
    let derived = derive_partitions(&rows, partitions.len())?;
    let (mut relations, event_counts) = relations(rows, derived, &pair_keys, rejected)?;
    relations.kept = kept.map(|kept| kept.with_counts(event_counts));
    relations.run_over = run_over;
    shared.finish()?;
    earlier.folder.map_or(Ok(()), KeptFolder::finish)?;
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
fn derive_partitions(rows: &RowsByPartition<'_>, count: usize) -> Result<Vec<DerivedPartition>, Error> {
    let numbers: Vec<usize> = (0..count).collect();
    let derived: Vec<OnceLock<DerivedPartition>> = numbers.iter().map(|_| OnceLock::new()).collect();
    for_each_file(&numbers, |number| {
        let partition = rows.derive(*number as u32)?;
        derived[*number].get_or_init(|| partition);
        Ok(())
    })?;
    Ok(derived.into_iter().filter_map(OnceLock::into_inner).collect())
}

/// Returns the relations of all partitions, with what was counted; that of all events apart.
fn relations(
    rows: RowsByPartition<'_>,
    partitions: Vec<DerivedPartition>,
    pair_keys: &KeyNotes,
    rejected: Vec<RejectedRow>,
) -> Result<(Relations, FactCounts), Error> {
    let mut relations = Relations { rejected, ..Relations::default() };
    let mut found = FoundInPartitions::new(&rows);
    for partition in &partitions {
        relations.add(partition);
        found.add(partition);
    }
    for (relation, list) in relations.lists.all_mut().into_iter().enumerate() {
        if list.is_empty() {
            // Without rows, one file keeps the columns.
            list.push(rows.shared.add(&rows.columns()?[relation])?);
        }
    }
    let FoundInPartitions { histories, undated_rows, lead_keys, early_events, odd_times, ended, events, outcomes } =
        found;
    let (event_counts, outcome_counts) = (events, outcomes);
    let RowsByPartition { identities, lead_files, leads, events, outcomes, .. } = rows;
    let (events, outcomes) = (events.totals(), &outcomes.totals);
    let counts = &mut relations.counts;
    counts.test_leads = identities.test_leads();
    counts.shared_keys = identities.shared_keys.len();
    counts.rows_of_test_leads = events.of_test_leads + outcomes.of_test_leads;
    counts.unmatched_rows = events.unmatched.values().chain(outcomes.unmatched.values()).sum();
    counts.duplicates = event_counts.duplicates + outcome_counts.duplicates;
    counts.ended_events = event_counts.ended + outcome_counts.ended;
    relations.histories = histories.into_iter().flatten().collect();
    let of_leads = lead_files.iter().zip(&leads).zip(undated_rows);
    relations.undated =
        of_leads.filter_map(|((file, of_file), rows)| undated("lead", file, &of_file.schema(), rows)).collect();
    relations.undated.extend(events.undated.iter().chain(&outcomes.undated).cloned());
    relations.notes = lead_keys.notes("lead");
    relations.notes.extend(pair_keys.notes("identity"));
    relations.notes.extend(ended.notes(lead_files, relations.counts.leads));
    relations.notes.extend(events.keys.notes("event").into_iter().chain(event_counts.notes()));
    relations.notes.extend(outcomes.keys.notes("outcome").into_iter().chain(outcome_counts.notes()));
    relations.notes.extend(early_events.note().into_iter().chain(odd_times.notes()));
    let shared_keys = identities.shared_keys.iter().map(|(key, leads)| ("identity", key.clone(), *leads));
    let of_events = events.unmatched.iter().map(|(key, rows)| ("event", key.clone(), *rows));
    let of_outcomes = outcomes.unmatched.iter().map(|(key, rows)| ("outcome", key.clone(), *rows));
    relations.unmatched = shared_keys.chain(of_events).chain(of_outcomes).collect();
    relations.partitions = partitions;
    // In one order, in whatever steps the rows came.
    relations.rejected.sort_by(|one, other| one.place().cmp(&other.place()));
    Ok((relations, event_counts))
}

/// What was found in the partitions.
struct FoundInPartitions {
    /// The history of each file of leads, if it is undated.
    histories: Vec<Option<LeadHistory>>,
    /// Rows without `known_at` of each file of leads.
    undated_rows: Vec<usize>,
    lead_keys: KeyNotes,
    early_events: EarlyEvents,
    odd_times: OddTimes,
    ended: EndedLeads,
    events: FactCounts,
    outcomes: FactCounts,
}

impl FoundInPartitions {
    fn new(rows: &RowsByPartition<'_>) -> FoundInPartitions {
        FoundInPartitions {
            histories: rows.lead_files.iter().zip(&rows.leads).map(|(file, rows)| rows.history(file)).collect(),
            undated_rows: vec![0; rows.leads.len()],
            lead_keys: KeyNotes::default(),
            early_events: EarlyEvents::default(),
            odd_times: OddTimes::default(),
            ended: EndedLeads::default(),
            events: rows.events.totals().counts,
            outcomes: rows.outcomes.totals.counts,
        }
    }

    /// Adds what was found in the next partition.
    fn add(&mut self, DerivedPartition { leads, events, outcomes, .. }: &DerivedPartition) {
        for (history, file) in self.histories.iter_mut().zip(&leads.histories) {
            history.iter_mut().for_each(|history| history.files.extend(file.clone()));
        }
        self.undated_rows.iter_mut().zip(&leads.undated).for_each(|(rows, more)| *rows += more);
        self.lead_keys.merge(leads.keys.clone());
        self.ended.merge(leads.ended.clone());
        self.events.add(events.counts);
        self.early_events.merge(events.times.clone());
        self.outcomes.add(outcomes.counts);
        self.odd_times.merge(outcomes.times.clone());
    }
}

impl Relations {
    /// Adds the files and counts of the next partition.
    fn add(&mut self, DerivedPartition { leads, events, outcomes, .. }: &DerivedPartition) {
        let of_relations = [&leads.versions, &events.facts, &outcomes.facts];
        self.lists.all_mut().into_iter().zip(of_relations).for_each(|(list, rows)| list.extend(rows.file.clone()));
        self.rejected.extend(leads.rejected.iter().cloned());
        let counts = &mut self.counts;
        counts.leads += leads.leads;
        counts.deleted_leads += leads.deleted_leads;
        counts.lead_versions += leads.versions.rows;
        counts.events += events.facts.rows;
        counts.outcomes += outcomes.facts.rows;
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
