//! Computes a chunk in this process.

use std::sync::Arc;

use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use plumb_lead::Observation;

use super::chunk::{FeatureChunk, features_of_chunk};
use crate::engine::caught;
use crate::error::Error;
use crate::features::feature_program::FeatureProgram;
use crate::features::program::{run_error, run_panicked};
use crate::ground::Ground;

/// Observations of a chunk: even of leads with a thousand events each their texts fit into one column.
pub(crate) const CHUNK_OBSERVATIONS: usize = 32_768;

/// Parts of a chunk, of which one is held with all of its events. Larger parts were slower: their columns are no longer
/// in the cache when they are used.
const PARTS: usize = 32;

/// Computes the features of observations on a thread of the runtime. Chunks have about so many observations.
pub(crate) async fn compute_chunk(
    ground: &Ground,
    program: &Arc<FeatureProgram>,
    observations: Vec<Observation>,
    chunk_observations: usize,
) -> Result<FeatureChunk, Error> {
    let (files, program) = (ground.files.clone(), program.clone());
    let part_observations = chunk_observations.div_ceil(PARTS);
    // Not on the runtime's threads for blocking work: each of these many keeps memory for itself.
    let compute = async move { caught(|| features_of_chunk(&files, &program, observations, part_observations)) };
    let computed = SpawnedTask::spawn(compute).join_unwind().await;
    ground.check_present()?;
    let computed = computed.map_err(|error| DataFusionError::External(Box::new(error)));
    let doing = "compute the features";
    let chunk = computed.map_err(Error::engine(doing))?.map_err(run_panicked(doing))?;
    chunk.map_err(run_error(doing))
}
