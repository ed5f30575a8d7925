//! From what was gathered to what is said.

mod share;
mod quantiles;
mod gathered;
mod numbers;
mod words;
mod calendar;
mod times;
mod columns;
mod labels;
mod bins;
mod target;
mod association;
mod correlations;
mod missing;
mod anomalies;
mod sample_table;
mod drift;
mod findings;

pub(crate) use gathered::TableStatistics;

use std::thread;

use plumb_learn::leaks::suspects;

use crate::error::Error;
use crate::options::Options;
use crate::outcome::{Duplicates, Profile};
use labels::Labels;

/// Returns the profile of a table, compared with another one if it is given.
pub(crate) fn describe(
    table: &TableStatistics,
    against: Option<&TableStatistics>,
    options: &Options,
) -> Result<Profile, Error> {
    let time = gathered::time_column(&table.columns, options.time.as_deref())?;
    let labels = options.target.as_ref().map(|choice| Labels::new(table, choice)).transpose()?;
    thread::scope(|scope| {
        // The correlations need about as long as everything else together.
        let correlations = scope.spawn(|| correlations::correlations(table));
        let target = labels.as_ref().map(|labels| target::target(table, labels, time)).transpose()?;
        let mut profile = Profile {
            rows: table.rows,
            sample_rows: table.lines.len() as u64,
            time: time.map(|column| table.columns[column].name.clone()),
            findings: Vec::new(),
            columns: table.columns.iter().map(|column| columns::column(table, column, target.as_ref())).collect(),
            missing: missing::missing(table, time),
            correlations: Default::default(),
            duplicates: Duplicates {
                rows: table.repeated.clone(),
                rows_but_identifiers: table.repeated_but_identifiers.clone(),
                people: table.people.clone(),
            },
            anomalies: anomalies::anomalies(table),
            drift: against.map(|against| drift::drift(table, against)).transpose()?,
            leaks: match &labels {
                Some(labels) => leaks(table, labels)?,
                None => Vec::new(),
            },
            target,
        };
        // A thread that panicked has said so; its panic goes on here.
        profile.correlations = correlations.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        profile.findings = findings::findings(&profile);
        Ok(profile)
    })
}

fn leaks(table: &TableStatistics, labels: &Labels) -> Result<Vec<plumb_lead::LeakEvidence>, Error> {
    let rows = labels.known_rows();
    let columns: Vec<usize> = (0..table.columns.len()).filter(|column| *column != labels.column).collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let sample = sample_table::table(table, &columns)?.select(&rows);
    let known: Vec<bool> = rows.iter().map(|row| labels.is_positive(*row)).collect();
    Ok(suspects(&sample, &known)?)
}
