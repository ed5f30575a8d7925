//! Frozen data sets: list them, show what one was made of, compare two.

use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use plumb_lake::dataset::{self, ColumnDifference, Difference, Differing, Manifest};
use serde::Serialize;

/// A data set in short.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct DatasetSummary {
    /// The data set.
    pub(crate) dataset_id: String,
    /// The target of its labels.
    pub(crate) target: String,
    /// The timestamp after which nothing in it was learned.
    pub(crate) as_of: DateTime<Utc>,
    /// Rows.
    pub(crate) rows: usize,
    /// Leads in these rows.
    pub(crate) leads: usize,
    /// Rows with a positive label.
    pub(crate) positives: usize,
    /// Features of each row.
    pub(crate) features: usize,
}

/// The difference between two data sets.
#[derive(Debug, Serialize)]
pub(crate) struct DatasetDiff {
    /// The one.
    pub(crate) first: DatasetSummary,
    /// The other.
    pub(crate) second: DatasetSummary,
    /// What the two were made of and do not share.
    pub(crate) provenance: Vec<ProvenancePart>,
    /// Rows in the first alone, by lead and timestamp.
    pub(crate) rows_only_first: usize,
    /// Rows in the second alone.
    pub(crate) rows_only_second: usize,
    /// Rows in both.
    pub(crate) rows_both: usize,
    /// Columns that differ.
    pub(crate) columns: Vec<ColumnDiff>,
}

/// One of the things a data set is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProvenancePart {
    /// The version of the ground.
    Ground,
    /// The SQL of the features.
    FeatureSql,
    /// The query engine.
    Engine,
    /// The version of the program.
    Program,
}

/// A column that differs.
#[derive(Debug, Serialize)]
pub(crate) struct ColumnDiff {
    /// Its name.
    pub(crate) name: String,
    /// How it differs.
    #[serde(flatten)]
    pub(crate) change: ColumnChange,
}

/// How a column differs.
#[derive(Debug, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub(crate) enum ColumnChange {
    /// Only the first data set has it.
    OnlyFirst,
    /// Only the second data set has it.
    OnlySecond,
    /// The two have it with different types.
    Kind {
        /// Its type in the first.
        first: String,
        /// Its type in the second.
        second: String,
    },
    /// It has different values in rows that are in both.
    Values {
        /// How many rows.
        rows: usize,
        /// The lead of the first such row.
        lead_id: String,
        /// The timestamp of that row.
        as_of: String,
        /// Its value in the first; empty if missing.
        first: String,
        /// Its value in the second; empty if missing.
        second: String,
    },
}

/// Returns the data sets of a data folder, by target and timestamp.
pub(crate) fn list(data: &Path) -> Result<Vec<DatasetSummary>> {
    Ok(dataset::list(data)?.iter().map(DatasetSummary::of).collect())
}

/// Returns the manifest of the data set whose id begins with `dataset_id`.
pub(crate) fn show(data: &Path, dataset_id: &str) -> Result<Manifest> {
    Ok(dataset::find(data, dataset_id)?)
}

/// Compares two data sets, named by the beginnings of their ids.
pub(crate) async fn diff(data: &Path, first: &str, second: &str) -> Result<DatasetDiff> {
    let (first, second) = (dataset::find(data, first)?, dataset::find(data, second)?);
    let Difference { only_first, only_second, both, columns } = dataset::diff(data, &first, &second).await?;
    Ok(DatasetDiff {
        provenance: provenance_diff(&first, &second),
        rows_only_first: only_first,
        rows_only_second: only_second,
        rows_both: both,
        columns: columns.into_iter().map(ColumnDiff::from).collect(),
        first: DatasetSummary::of(&first),
        second: DatasetSummary::of(&second),
    })
}

fn provenance_diff(first: &Manifest, second: &Manifest) -> Vec<ProvenancePart> {
    let parts = [
        (ProvenancePart::Ground, first.ground == second.ground),
        (ProvenancePart::FeatureSql, first.sql == second.sql),
        (ProvenancePart::Engine, first.engine == second.engine),
        (ProvenancePart::Program, first.program == second.program),
    ];
    parts.into_iter().filter(|(_, same)| !same).map(|(part, _)| part).collect()
}

impl DatasetSummary {
    /// Returns the summary of a manifest.
    pub(crate) fn of(manifest: &Manifest) -> DatasetSummary {
        DatasetSummary {
            dataset_id: manifest.dataset_id.clone(),
            target: manifest.target.clone(),
            as_of: manifest.as_of,
            rows: manifest.rows,
            leads: manifest.leads,
            positives: manifest.positives,
            features: manifest.features().count(),
        }
    }
}

impl From<ColumnDifference> for ColumnDiff {
    fn from(ColumnDifference { name, what }: ColumnDifference) -> ColumnDiff {
        let change = match what {
            Differing::OnlyFirst => ColumnChange::OnlyFirst,
            Differing::OnlySecond => ColumnChange::OnlySecond,
            Differing::Kind(first, second) => {
                ColumnChange::Kind { first: first.to_string(), second: second.to_string() }
            }
            Differing::Values { rows, example: [lead_id, as_of, first, second] } => {
                ColumnChange::Values { rows, lead_id, as_of, first, second }
            }
        };
        ColumnDiff { name, change }
    }
}
