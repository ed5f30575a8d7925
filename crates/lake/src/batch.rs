//! Features of many leads at many moments: chunk by chunk of leads, so that memory does not grow with their number.
//!
//! A chunk reads its leads and their events once, whatever the number of moments. Chunks know nothing of each other,
//! so they run side by side, and neither their size nor their number changes a bit of the result. They are a stream:
//! whoever wants a table of all of them keeps them, and whoever writes them away does not.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use futures::{Stream, StreamExt, TryStreamExt};
use plumb_lead::{Observation, Table};

use crate::chunk::{FeatureChunk, features_of_chunk, united};
use crate::features::{FeatureProgram, FeatureSql};
use crate::{Error, Lake};

/// Chunks that are asked of a cluster at once; how many of them are computed at once is its own business.
const CLUSTER_CHUNKS: usize = 16;

/// Parts of a chunk, of which one is held with all of its events. Larger parts were slower: their columns are no longer
/// in the cache when they are used.
const PARTS: usize = 32;

/// Features of some observations.
#[derive(Debug)]
pub struct FeatureBlock {
    /// Whose they are, and as of when.
    pub observations: Vec<Observation>,
    /// The features, a row for each observation.
    pub table: Table,
}

impl Lake {
    /// Returns the features of these observations, block after block, with numbers as `f32`. They are asked for in the
    /// order of their leads and come in the order in which they were asked for.
    ///
    /// Memory does not grow with their number, as long as the caller lets go of the blocks.
    pub async fn feature_blocks<I>(
        &self,
        sql: &FeatureSql,
        observations: I,
    ) -> Result<impl Stream<Item = Result<FeatureBlock, Error>> + use<'_, I>, Error>
    where
        I: IntoIterator<Item = Observation>,
    {
        let program = self.prepare(sql).await?;
        let chunks = self.feature_chunks(&program, observations);
        Ok(chunks.map(move |chunk| {
            let FeatureChunk { observations, columns } = chunk?;
            Ok(FeatureBlock { observations, table: program.table(&columns)? })
        }))
    }

    /// Returns the features of these observations, a row each in their order, with numbers as `f32`.
    ///
    /// Nothing that was learned after an observation's `as_of` has any part in its row.
    pub async fn features(&self, sql: &FeatureSql, observations: &[Observation]) -> Result<Table, Error> {
        let program = self.prepare(sql).await?;
        let mut order: Vec<u32> = (0..observations.len() as u32).collect();
        order.sort_by_key(|index| &observations[*index as usize]);
        let in_order = order.iter().copied().map(|index: u32| observations[index as usize].clone());
        let parts: Vec<Vec<ArrayRef>> =
            self.feature_chunks(&program, in_order).map_ok(|chunk: FeatureChunk| chunk.columns).try_collect().await?;
        program.table(&reunite(&program, &parts, &order).map_err(Error::engine("join the features"))?)
    }

    /// Returns the features of these observations, chunk after chunk. They are asked for in the order of their leads
    /// and come in the order in which they were asked for.
    ///
    /// No more is held than the chunks that are under way, one on each core, so whoever lets go of a chunk before it
    /// takes the next needs no more memory for more leads.
    pub(crate) fn feature_chunks<I>(
        &self,
        program: &Arc<FeatureProgram>,
        observations: I,
    ) -> impl Stream<Item = Result<FeatureChunk, Error>> + use<'_, I>
    where
        I: IntoIterator<Item = Observation>,
    {
        let program = program.clone();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // One more than cores, so that none of them waits while somebody writes a chunk away.
        let at_once = if self.cluster.is_some() { CLUSTER_CHUNKS } else { cores + 1 };
        futures::stream::iter(chunks(observations, self.chunk_observations))
            .map(move |chunk| {
                let program = program.clone();
                async move {
                    match &self.cluster {
                        Some(cluster) => cluster.features(self, &program, chunk).await,
                        None => self.feature_chunk(&program, chunk).await,
                    }
                }
            })
            .buffered(at_once)
    }

    /// Returns the features of observations, computed here, on a thread of the runtime's.
    pub(crate) async fn feature_chunk(
        &self,
        program: &Arc<FeatureProgram>,
        observations: Vec<Observation>,
    ) -> Result<FeatureChunk, Error> {
        let (files, program) = (self.files.clone(), program.clone());
        let part_observations = self.chunk_observations.div_ceil(PARTS);
        // Not on threads of its own for work that blocks: each of these many keeps memory for itself.
        let compute = async move { features_of_chunk(&files, &program, observations, part_observations) };
        let computed = SpawnedTask::spawn(compute).join_unwind().await;
        self.check_present()?;
        let chunk = computed.map_err(|error| DataFusionError::External(Box::new(error))).flatten();
        chunk.map_err(Error::engine("compute the features"))
    }
}

/// Cuts observations that are in the order of leads, never within a lead.
fn chunks(
    observations: impl IntoIterator<Item = Observation>,
    chunk_observations: usize,
) -> impl Iterator<Item = Vec<Observation>> {
    let mut observations = observations.into_iter().peekable();
    std::iter::from_fn(move || {
        let mut chunk: Vec<Observation> = vec![observations.next()?];
        while let Some(next) = observations.next_if(|next| {
            chunk.len() < chunk_observations || chunk.last().is_some_and(|last| last.lead_id == next.lead_id)
        }) {
            chunk.push(next);
        }
        Some(chunk)
    })
}

/// Puts the chunks' rows back into the order in which they were asked for.
fn reunite(program: &FeatureProgram, parts: &[Vec<ArrayRef>], order: &[u32]) -> Result<Vec<ArrayRef>, DataFusionError> {
    let mut row_of = vec![0_u32; order.len()];
    for (row, index) in order.iter().enumerate() {
        row_of[*index as usize] = row as u32;
    }
    let row_of = UInt32Array::from(row_of);
    let columns = united(&program.program, parts)?;
    columns.iter().map(|column| Ok(take(column, &row_of, None)?)).collect()
}
