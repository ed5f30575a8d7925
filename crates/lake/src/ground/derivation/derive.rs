//! Derives the relations from the raw rows by `sources/*.sql`.

use std::collections::BTreeMap;

use super::event_times::event_note;
use super::identity::Identities;
use super::key_notes::key_notes;
use super::lead_history::LeadHistory;
use super::outcome_times::{OutcomeTimes, outcome_times};
use super::posted::built_in_files;
use super::queries::RawRows;
use super::relation_columns::{event_columns, identity_columns, lead_columns, outcome_columns};
use super::relations::{Counts, Relations};
use super::source_rows::SourceRows;
use super::undated::undated;
use super::{change_detection, lead_facts, leads};
use crate::error::Error;
use crate::sql_file::SqlFile;

/// Runs the SQL files over the raw rows. `known` are the histories of the last run.
pub(crate) async fn derive(raw: RawRows<'_>, files: &[SqlFile], known: &[LeadHistory]) -> Result<Relations, Error> {
    let mut by_relation = by_relation(files)?;
    let queries = raw.queries(&files.iter().collect::<Vec<_>>()).await?;
    let built_in = built_in_files(&queries, raw.state, &by_relation).await?;
    for (relation, file) in &built_in {
        by_relation.entry(relation).or_default().push(file);
    }
    let mut rejected = Vec::new();
    let lead_files = &by_relation["lead"];
    let with_history =
        change_detection::read_leads(&raw, &queries, lead_files, &lead_columns(), known, &mut rejected).await?;
    let lead_rows = &with_history.rows;
    let mut undated_files = undated("lead", lead_files, lead_rows);
    let mut notes = key_notes("lead", lead_rows);
    let pairs = match by_relation.get("identity") {
        Some(files) => Some(SourceRows::read(&queries, files, &identity_columns(), &mut rejected).await?),
        None => None,
    };
    notes.extend(pairs.iter().flat_map(|pairs| key_notes("identity", pairs)));
    let identities = Identities::resolve(lead_rows, pairs.as_ref());
    let mut leads = leads::versions(&with_history, lead_files, &identities, &mut rejected)?;
    notes.append(&mut leads.notes);
    let mut counts = Counts {
        leads: leads.leads,
        lead_versions: leads.versions.num_rows(),
        deleted_leads: leads.deleted_leads,
        test_leads: leads.test_leads.len(),
        shared_keys: identities.shared_keys.len(),
        ..Counts::default()
    };
    let mut unmatched: Vec<(&'static str, String, usize)> =
        identities.shared_keys.iter().map(|(key, leads)| ("identity", key.clone(), *leads)).collect();
    let mut relations = Vec::with_capacity(2);
    for (relation, columns) in [("event", event_columns()), ("outcome", outcome_columns())] {
        let files = &by_relation[relation];
        let rows = SourceRows::read(&queries, files, &columns, &mut rejected).await?;
        undated_files.extend(undated(relation, files, &rows));
        notes.extend(key_notes(relation, &rows));
        let facts = lead_facts::match_to_leads(&rows, &identities, &leads.test_leads)?;
        facts.add_to(&mut counts);
        notes.extend(facts.notes());
        unmatched.extend(facts.unmatched.into_iter().map(|(key, rows)| (relation, key, rows)));
        relations.push(facts.batch);
    }
    let outcome = relations.pop().expect("two relations were read");
    let event = relations.pop().expect("two relations were read");
    notes.extend(event_note(&event, &leads.versions));
    let OutcomeTimes { outcomes, notes: of_outcomes } = outcome_times(outcome, &leads.versions)?;
    let outcome = lead_facts::ordered(&outcomes)?;
    notes.extend(of_outcomes);
    counts.events = event.num_rows();
    counts.outcomes = outcome.num_rows();
    let (lead, histories) = (leads.versions, with_history.histories);
    Ok(Relations { lead, event, outcome, rejected, unmatched, counts, undated: undated_files, notes, histories })
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
