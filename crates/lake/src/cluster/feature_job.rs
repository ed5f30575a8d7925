//! Features of a chunk on a cluster: the client's side.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::UInt32Array;
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::error::ArrowError;
use plumb_lead::Observation;

use super::client::Cluster;
use super::functions;
use super::job_files::{FeatureJob, rows_of};
use super::version::VERSION;
use crate::bit_equality::first_difference;
use crate::error::Error;
use crate::features::{CHUNK_OBSERVATIONS, FeatureChunk, FeatureProgram, compute_chunk};
use crate::files::parquet_files::{read_parquet, write_parquet};
use crate::ground::Ground;

/// Rows of each chunk that are computed here too.
const ROWS_COMPARED: usize = 4;

/// How often a job runs before its failure counts: its executor may have died.
const ATTEMPTS: usize = 3;

impl Cluster {
    /// Returns the features of a chunk of observations, computed by an executor, with a sample compared.
    pub(crate) async fn features(
        &self,
        ground: &Ground,
        program: &Arc<FeatureProgram>,
        observations: Vec<Observation>,
    ) -> Result<FeatureChunk, Error> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let file = |content: &str| self.shared.path().join(format!("{number:06}-{content}.parquet"));
        let job = FeatureJob {
            program: VERSION.to_owned(),
            ground: std::path::absolute(ground.version()).map_err(Error::file("find", ground.version()))?,
            sql: program.sql.clone(),
            observations: file("observations"),
            features: file("features"),
        };
        write_parquet(&job.observations, &rows_of(&observations)?)?;
        self.run(&job).await?;
        let columns = read_parquet(&job.features)?.columns().to_vec();
        for path in [&job.observations, &job.features] {
            std::fs::remove_file(path).map_err(Error::file("remove", path))?;
        }
        let chunk = FeatureChunk { observations, columns };
        compare(ground, program, &chunk).await?;
        Ok(chunk)
    }

    async fn run(&self, job: &FeatureJob) -> Result<(), Error> {
        let text = serde_json::to_string(job).expect("paths and texts become JSON");
        let expression = format!("{}('{}')", functions::FEATURES, text.replace('\'', "''"));
        let mut attempts = 1;
        // If an executor dies after it wrote the features, only the message is lost: the file is there.
        while let Err(error) = self.evaluate(&expression, "compute features").await
            && !job.features.is_file()
        {
            if attempts == ATTEMPTS {
                return Err(error);
            }
            attempts += 1;
        }
        Ok(())
    }
}

/// Computes some rows of a chunk here, and refuses the chunk if any of them differs.
async fn compare(ground: &Ground, program: &Arc<FeatureProgram>, chunk: &FeatureChunk) -> Result<(), Error> {
    let step = chunk.observations.len().div_ceil(ROWS_COMPARED).max(1);
    let rows: Vec<u32> = (0..chunk.observations.len() as u32).step_by(step).collect();
    let sample: Vec<Observation> = rows.iter().map(|row| chunk.observations[*row as usize].clone()).collect();
    let expected = compute_chunk(ground, program, sample, CHUNK_OBSERVATIONS).await?;
    let rows = UInt32Array::from(rows);
    for (field, (found, expected)) in program.fields()?.iter().zip(chunk.columns.iter().zip(&expected.columns)) {
        let doing = Error::engine::<ArrowError>;
        let found = take(found, &rows, None).map_err(doing("compare features"))?;
        let expected = cast(expected, field.data_type()).map_err(doing("compare features"))?;
        if let Some(row) = first_difference(&found, &expected).map_err(doing("compare features"))? {
            let Observation { lead_id, as_of } = &chunk.observations[row * step];
            return Err(Error::ClusterDiffers {
                what: format!("feature `{}` of lead `{lead_id}` at {}", field.name(), as_of.to_rfc3339()),
            });
        }
    }
    Ok(())
}
