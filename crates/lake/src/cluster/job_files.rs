//! A feature job and its files in the shared folder, so that nothing large goes through the scheduler.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimestampMicrosecondType};
use plumb_lead::Observation;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::features::FeatureSql;
use crate::timestamp::{from_micros, timestamp_array, timestamp_type};

/// The features of a chunk of observations, to be computed by an executor.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FeatureJob {
    /// The version of the client's program.
    pub(super) program: String,
    /// The folder of a version of the ground.
    pub(super) ground: PathBuf,
    pub(super) sql: FeatureSql,
    /// The file of the observations.
    pub(super) observations: PathBuf,
    /// The file that the features are written to.
    pub(super) features: PathBuf,
}

/// Returns observations as the rows of a file.
pub(super) fn rows_of(observations: &[Observation]) -> Result<RecordBatch, Error> {
    let fields = vec![Field::new("lead_id", DataType::Utf8, false), Field::new("as_of", timestamp_type(), false)];
    let lead_ids = StringArray::from_iter_values(observations.iter().map(|observation| &observation.lead_id));
    let as_of = timestamp_array(observations.iter().map(|observation| Some(observation.as_of.timestamp_micros())));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(lead_ids), as_of])
        .map_err(Error::engine("write observations"))
}

/// Returns the observations of a file's rows.
pub(super) fn observations_of(rows: &RecordBatch) -> Vec<Observation> {
    let lead_ids = rows.column(0).as_string::<i32>();
    let as_of = rows.column(1).as_primitive::<TimestampMicrosecondType>();
    let observation =
        |row: usize| Observation { lead_id: lead_ids.value(row).to_owned(), as_of: from_micros(as_of.value(row)) };
    (0..rows.num_rows()).map(observation).collect()
}
