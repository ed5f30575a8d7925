//! Data sets: frozen rows of features with their labels, what a model is trained on and what anybody may look at.
//!
//! ```text
//! datasets/3f2a91c0e4b7d815/rows.parquet    a row an observation, ordered by lead and moment
//! datasets/3f2a91c0e4b7d815/manifest.json   what it is and what it was made of
//! ```
//!
//! A data set is named by what its rows say (`hash`), so that freezing the same rows again changes nothing. `freeze`
//! writes one in bounded memory, `diff` says what differs between two.

mod diff;
mod freeze;
mod hash;
mod parts;

use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use plumb_lead::{Observation, Table};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::features::{FeatureSql, table_of};
pub use diff::{ColumnDifference, Difference, Differing, diff};
pub use parts::{Part, Parts, RowsFile, open, read_some};

/// Columns of a data set that are no features.
const NOT_FEATURES: [&str; 5] = ["lead_id", "as_of", "label", "label_known_at", "weight"];

/// The rows that are to be frozen; their features are added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatasetRows {
    /// Leads at moments, each once.
    pub observations: Vec<Observation>,
    /// What became of them, a row each.
    pub labels: Vec<bool>,
    /// When that was known; `None` if it is an opinion.
    pub label_known_at: Vec<Option<DateTime<Utc>>>,
    /// What each row counts in training.
    pub weights: Vec<f32>,
}

/// What a data set is and what it was made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The first sixteen digits of `logical_hash`.
    pub dataset_id: String,
    /// The target that the labels are of.
    pub target: String,
    /// Nothing that was learned later is in it.
    pub as_of: DateTime<Utc>,
    /// Rows.
    pub rows: usize,
    /// Leads that they are of.
    pub leads: usize,
    /// Rows with a positive label.
    pub positives: usize,
    /// Hash of what the rows say: of names, types and values, row by row. Neither how they are written nor the engine
    /// that computed them has any part in it.
    pub logical_hash: String,
    /// The columns, in their order.
    pub columns: Vec<ColumnManifest>,
    /// The features' definition.
    pub sql: FeatureSql,
    /// Hash of the raw rows and of the SQL that leads, events and outcomes were derived from.
    pub ground: String,
    /// The engine that computed and wrote it.
    pub engine: String,
    /// The program's version.
    pub program: String,
    /// Hash of the file `rows.parquet`.
    pub file_hash: String,
}

/// One column of a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnManifest {
    /// Its name, as in SQL.
    pub name: String,
    /// `text`, `number`, `integer`, `flag` or `moment`.
    pub kind: String,
    /// Rows without a value.
    pub missing: usize,
    /// Hash of its values.
    pub hash: String,
}

impl Manifest {
    /// Returns the columns that are features.
    pub fn features(&self) -> impl Iterator<Item = &ColumnManifest> {
        self.columns.iter().filter(|column| !NOT_FEATURES.contains(&column.name.as_str()))
    }
}

/// Returns the folder of a data set.
fn folder(data: &Path, dataset_id: &str) -> PathBuf {
    data.join("datasets").join(dataset_id)
}

/// Returns what there is, by target and moment.
pub fn list(data: &Path) -> Result<Vec<Manifest>, Error> {
    let datasets = data.join("datasets");
    let entries = match std::fs::read_dir(&datasets) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::file("list", &datasets)(error)),
    };
    let mut manifests = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::file("list", &datasets))?;
        // A name with a dot is left of a run that died: nothing was frozen there.
        if entry.file_name().to_str().is_some_and(|name| !name.starts_with('.')) {
            manifests.push(read_manifest(&entry.path())?);
        }
    }
    manifests.sort_by(|a: &Manifest, b| (&a.target, a.as_of, &a.dataset_id).cmp(&(&b.target, b.as_of, &b.dataset_id)));
    Ok(manifests)
}

/// Returns what a data set is, by its id or the beginning of it.
pub fn find(data: &Path, dataset_id: &str) -> Result<Manifest, Error> {
    let known = list(data)?;
    let mut matching = known.iter().filter(|manifest| manifest.dataset_id.starts_with(dataset_id));
    match (matching.next(), matching.next()) {
        (Some(only), None) => Ok(only.clone()),
        _ => Err(Error::NoDataset {
            dataset_id: dataset_id.to_owned(),
            known: known.into_iter().map(|manifest| manifest.dataset_id).collect(),
        }),
    }
}

/// Returns the features of a data set, a row each in the order of leads and moments, with numbers as `f32`.
///
/// A file that is not what its manifest says is refused.
pub fn read(data: &Path, manifest: &Manifest) -> Result<Table, Error> {
    let path = rows_path(data, manifest)?;
    let file = File::open(&path).map_err(Error::file("open", &path))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(Error::engine("open a data set"))?;
    let schema = builder.schema().clone();
    let reader = builder.build().map_err(Error::engine("read a data set"))?;
    let batches = reader.collect::<Result<Vec<RecordBatch>, _>>().map_err(Error::engine("read a data set"))?;
    let rows = concat_batches(&schema, &batches).map_err(Error::engine("read a data set"))?;
    let columns = schema.fields().iter().zip(rows.columns());
    table_of(columns.skip(NOT_FEATURES.len()).map(|(field, array)| (field.name().as_str(), array)))
}

/// Returns the path of a data set's rows, which are what the manifest says.
fn rows_path(data: &Path, manifest: &Manifest) -> Result<PathBuf, Error> {
    let path = folder(data, &manifest.dataset_id).join("rows.parquet");
    let found = hash::of_file(&path)?;
    if found != manifest.file_hash {
        return Err(Error::DatasetChanged { path, found, expected: manifest.file_hash.clone() });
    }
    Ok(path)
}

fn read_manifest(folder: &Path) -> Result<Manifest, Error> {
    let path = folder.join("manifest.json");
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    serde_json::from_str(&text).map_err(|error| Error::file("understand", &path)(std::io::Error::other(error)))
}
