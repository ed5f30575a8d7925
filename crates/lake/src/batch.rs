//! Features of many leads at many moments: chunk by chunk of leads, so that memory does not grow with their number.
//!
//! A chunk reads its leads and their events once, whatever the number of moments. Chunks know nothing of each other,
//! so they run side by side, and neither their size nor their number changes a bit of the result. They are a stream:
//! whoever wants a table of all of them keeps them, and whoever writes them away does not.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array, UInt32Builder, new_empty_array,
};
use datafusion::arrow::compute::{concat, concat_batches, take};
use datafusion::arrow::datatypes::{FieldRef, TimestampMicrosecondType};
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use datafusion::prelude::{SessionContext, col, lit};
use futures::{Stream, StreamExt, TryStreamExt};
use plumb_lead::{Observation, Table};

use crate::engine::moments;
use crate::features::{FeatureProgram, FeatureSql};
use crate::joined::{EventOrder, Events, Join};
use crate::{Error, Lake};

/// Chunks that are asked of a cluster at once; how many of them are computed at once is its own business.
const CLUSTER_CHUNKS: usize = 16;

/// Features of some leads.
pub(crate) struct FeatureChunk {
    /// What was asked, in the order in which it was.
    pub(crate) observations: Vec<Observation>,
    /// The features, a column each, a row for each observation.
    pub(crate) columns: Vec<ArrayRef>,
}

impl Lake {
    /// Returns the features of these observations, a row each in their order, with numbers as `f32`.
    ///
    /// Nothing that was learned after an observation's `as_of` has any part in its row.
    pub async fn features(&self, sql: &FeatureSql, observations: &[Observation]) -> Result<Table, Error> {
        let program = self.prepare(sql).await?;
        let mut order: Vec<u32> = (0..observations.len() as u32).collect();
        order.sort_by_key(|index| &observations[*index as usize]);
        let in_order = order.iter().map(|index| observations[*index as usize].clone());
        let parts: Vec<Vec<ArrayRef>> =
            self.feature_chunks(&program, in_order).map_ok(|chunk: FeatureChunk| chunk.columns).try_collect().await?;
        program.table(&reunite(&program, &parts, &order).map_err(Error::engine("join the features"))?)
    }

    /// Returns the features of these observations, part after part. They are asked for in the order of their leads
    /// and come in the order in which they were asked for.
    ///
    /// No more is held than the parts that are under way, one on each core, so whoever lets go of a part before it
    /// takes the next needs no more memory for more leads.
    pub(crate) fn feature_chunks<I>(
        &self,
        program: &Arc<FeatureProgram>,
        observations: I,
    ) -> impl Stream<Item = Result<FeatureChunk, Error>>
    where
        I: IntoIterator<Item = Observation>,
    {
        let program = program.clone();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let at_once = if self.cluster.is_some() { CLUSTER_CHUNKS } else { cores };
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
        let computing = SpawnedTask::spawn(features_of_chunk(self.context(), program.clone(), observations));
        let chunk = computing.join_unwind().await.map_err(|error| DataFusionError::External(Box::new(error))).flatten();
        let chunk = chunk.map_err(Error::engine("compute the features"))?;
        self.check_present()?;
        Ok(chunk)
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
    let program = &program.program;
    let mut columns = Vec::with_capacity(program.outputs.len());
    for (index, output) in program.outputs.iter().enumerate() {
        let pieces: Vec<&dyn Array> = parts.iter().map(|part| part[index].as_ref()).collect();
        columns.push(match pieces.is_empty() {
            true => new_empty_array(&output.data_type(&program.results)?),
            false => take(&concat(&pieces)?, &row_of, None)?,
        });
    }
    Ok(columns)
}

async fn features_of_chunk(
    context: SessionContext,
    program: Arc<FeatureProgram>,
    observations: Vec<Observation>,
) -> Result<FeatureChunk, DataFusionError> {
    let program = &program.program;
    let lead_ids = || observations.iter().map(|observation| observation.lead_id.as_str());
    let between = (lead_ids().min().unwrap_or_default(), lead_ids().max().unwrap_or_default());
    let lead_columns = &program.observed.fields()[1..];
    let versions = read(&context, "lead", between, &["known_from", "known_to"], lead_columns).await?;
    let event_columns = &program.joined.fields()[..program.event_columns];
    let events = read(&context, "event", between, &["at", "known_at"], event_columns).await?;

    let mut position_of: HashMap<&str, usize> = HashMap::new();
    for observation in &observations {
        let next = position_of.len();
        position_of.entry(&observation.lead_id).or_insert(next);
    }
    let versions_of = rows_by_lead(&versions, &position_of);
    let mut events_of = rows_by_lead(&events, &position_of);
    let events = Events {
        at: micros(&events, "at"),
        known_at: micros(&events, "known_at"),
        columns: columns(&events, event_columns),
    };
    let order = EventOrder::new(&events);
    events_of.iter_mut().for_each(|rows| order.sort(rows));

    let version_of = versions_known(&versions, &versions_of, &position_of, &observations);
    let mut observed: Vec<ArrayRef> =
        vec![moments(observations.iter().map(|observation| Some(observation.as_of.timestamp_micros())))];
    for column in columns(&versions, lead_columns) {
        observed.push(take(&column, &version_of, None)?);
    }
    let mut join = Join::new(&events, program.start(observations.len(), observed)?);
    for (index, observation) in observations.iter().enumerate() {
        let rows = &events_of[position_of[observation.lead_id.as_str()]];
        join.observe(index, observation.as_of.timestamp_micros(), rows)?;
    }
    let columns = join.finish()?;
    Ok(FeatureChunk { observations, columns })
}

/// Returns columns of a relation, of the leads in a range of ids. The ground is ordered by them, so that little more
/// is read.
async fn read(
    context: &SessionContext,
    table: &str,
    (first, last): (&str, &str),
    needed: &[&str],
    used: &[FieldRef],
) -> Result<RecordBatch, DataFusionError> {
    let mut names = vec!["lead_id"];
    for name in needed.iter().copied().chain(used.iter().map(|field| field.name().as_str())) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let in_range = col("lead_id").between(lit(first), lit(last));
    let rows = context.table(table).await?.filter(in_range)?.select_columns(&names)?;
    let schema = Arc::new(rows.schema().as_arrow().clone());
    Ok(concat_batches(&schema, &rows.collect().await?)?)
}

/// Returns the rows of each lead that is asked about, in the order of their positions.
fn rows_by_lead(batch: &RecordBatch, position_of: &HashMap<&str, usize>) -> Vec<Vec<u32>> {
    let lead_ids: &StringArray = batch["lead_id"].as_string();
    let mut rows_of: Vec<Vec<u32>> = vec![Vec::new(); position_of.len()];
    let mut before: Option<(&str, Option<usize>)> = None;
    for row in 0..lead_ids.len() {
        let lead_id = lead_ids.value(row);
        // Rows of a lead mostly follow each other.
        let position = match before {
            Some((known, position)) if known == lead_id => position,
            _ => position_of.get(lead_id).copied(),
        };
        before = Some((lead_id, position));
        if let Some(position) = position {
            rows_of[position].push(row as u32);
        }
    }
    rows_of
}

/// Returns the row of the version of its lead that was known at each observation.
fn versions_known(
    versions: &RecordBatch,
    versions_of: &[Vec<u32>],
    position_of: &HashMap<&str, usize>,
    observations: &[Observation],
) -> UInt32Array {
    let from = versions["known_from"].as_primitive::<TimestampMicrosecondType>();
    let to = versions["known_to"].as_primitive::<TimestampMicrosecondType>();
    let mut known = UInt32Builder::with_capacity(observations.len());
    for observation in observations {
        let as_of = observation.as_of.timestamp_micros();
        let is_known = |row: &&u32| {
            let row = **row as usize;
            from.value(row) <= as_of && (to.is_null(row) || as_of < to.value(row))
        };
        known.append_option(versions_of[position_of[observation.lead_id.as_str()]].iter().find(is_known).copied());
    }
    known.finish()
}

fn columns(batch: &RecordBatch, fields: &[FieldRef]) -> Vec<ArrayRef> {
    fields.iter().map(|field| batch[field.name().as_str()].clone()).collect()
}

fn micros(batch: &RecordBatch, name: &str) -> Vec<i64> {
    batch[name].as_primitive::<TimestampMicrosecondType>().values().to_vec()
}
