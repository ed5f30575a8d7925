//! One chunk of a batch: walks along its leads and runs the program, part after part.
//!
//! A part is as many leads as can be held with all of their events; of earlier parts only the features are held.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array, UInt32Builder, new_empty_array};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::FieldRef;
use datafusion::error::{DataFusionError, Result};
use plumb_lead::Observation;

use super::rows_of_leads::RowsOfLeads;
use crate::features::feature_program::FeatureProgram;
use crate::features::program::{Bound, EventOrder, Events, Join, Program};
use crate::ground::{RelationFiles, Walk};
use crate::timestamp::timestamp_array;

/// Features of some leads.
pub(crate) struct FeatureChunk {
    /// The observations, in their order.
    pub(crate) observations: Vec<Observation>,
    /// The features, a column each, a row for each observation.
    pub(crate) columns: Vec<ArrayRef>,
}

/// Computes the features of these observations, which are in the order of their leads, at most so many at once unless one
/// lead has more.
pub(crate) fn features_of_chunk(
    files: &RelationFiles,
    program: &FeatureProgram,
    observations: Vec<Observation>,
    part_observations: usize,
) -> Result<FeatureChunk> {
    check_order(&observations)?;
    let program = &program.program;
    let (Some(first), Some(last)) = (observations.first(), observations.last()) else {
        return Ok(FeatureChunk { observations, columns: Vec::new() });
    };
    let version_columns = columns_of(&["known_from", "known_to"], &program.observations.columns.fields()[1..]);
    let event_columns = columns_of(&["at", "known_at", "known_to"], program.events.columns.fields());
    let mut versions = files.lead.walk(&first.lead_id, &last.lead_id, &version_columns)?;
    let mut events = files.event.walk(&first.lead_id, &last.lead_id, &event_columns)?;
    let mut parts = Vec::new();
    let mut rest = &observations[..];
    while !rest.is_empty() {
        let (part, later) = rest.split_at(end_of_leads(rest, part_observations));
        parts.push(features_of_part(program, part, &mut versions, &mut events)?);
        rest = later;
    }
    let columns = concat_parts(program, &parts)?;
    Ok(FeatureChunk { observations, columns })
}

/// Concatenates the features of several parts.
pub(crate) fn concat_parts(program: &Program, parts: &[Vec<ArrayRef>]) -> Result<Vec<ArrayRef>> {
    let mut columns = Vec::with_capacity(program.outputs.len());
    for (index, output) in program.outputs.iter().enumerate() {
        let pieces: Vec<&dyn Array> = parts.iter().map(|part| part[index].as_ref()).collect();
        columns.push(match pieces.is_empty() {
            true => new_empty_array(&output.data_type(&program.results)?),
            false => concat(&pieces)?,
        });
    }
    Ok(columns)
}

/// A walk never goes back, so a lead out of order would seem unknown.
fn check_order(observations: &[Observation]) -> Result<()> {
    match observations.windows(2).find(|pair| pair[0].lead_id > pair[1].lead_id) {
        None => Ok(()),
        Some(pair) => Err(DataFusionError::Execution(format!(
            "lead `{}` comes after `{}`: expected observations in the order of their leads",
            pair[1].lead_id, pair[0].lead_id
        ))),
    }
}

/// Returns the end of the first so many observations, but never within a lead.
fn end_of_leads(observations: &[Observation], at_least: usize) -> usize {
    let mut end = at_least.clamp(1, observations.len());
    while end < observations.len() && observations[end].lead_id == observations[end - 1].lead_id {
        end += 1;
    }
    end
}

fn features_of_part(
    program: &Program,
    observations: &[Observation],
    versions: &mut Walk,
    events: &mut Walk,
) -> Result<Vec<ArrayRef>> {
    let mut positions: HashMap<&str, u32> = HashMap::with_capacity(observations.len());
    let mut position_of = Vec::with_capacity(observations.len());
    for observation in observations {
        let next = positions.len() as u32;
        position_of.push(*positions.entry(&observation.lead_id).or_insert(next) as usize);
    }
    let last = observations.last().map_or("", |last| &last.lead_id);
    let versions = RowsOfLeads::read(versions, last, &positions)?;
    let mut events = RowsOfLeads::read(events, last, &positions)?;
    let event_columns = program.events.columns.fields();
    let columns = Events {
        at: events.micros("at").values().to_vec(),
        known_at: events.micros("known_at").values().to_vec(),
        known_to: events.ends(),
        columns: events.columns(event_columns),
    };
    events.sort(&EventOrder::new(&columns));

    let observed = observed_columns(program, observations, &versions, &position_of)?;
    let mut join = Join::new(&columns, program.start(observations.len(), observed, Bound::BATCH)?)?;
    for (index, observation) in observations.iter().enumerate() {
        join.observe(index, observation.as_of.timestamp_micros(), events.of(position_of[index]))?;
    }
    join.finish()
}

/// Returns `as_of` and the used columns of the lead's version that was known then.
fn observed_columns(
    program: &Program,
    observations: &[Observation],
    versions: &RowsOfLeads,
    position_of: &[usize],
) -> Result<Vec<ArrayRef>> {
    let version_of = versions_known(versions, position_of, observations);
    let as_of = observations.iter().map(|observation| Some(observation.as_of.timestamp_micros()));
    let mut observed: Vec<ArrayRef> = vec![timestamp_array(as_of)];
    for column in versions.columns(&program.observations.columns.fields()[1..]) {
        observed.push(take(&column, &version_of, None)?);
    }
    Ok(observed)
}

/// Returns the row of the version of its lead that was known at each observation.
fn versions_known(versions: &RowsOfLeads, position_of: &[usize], observations: &[Observation]) -> UInt32Array {
    let (from, to) = (versions.micros("known_from"), versions.micros("known_to"));
    let mut known = UInt32Builder::with_capacity(observations.len());
    for (observation, position) in observations.iter().zip(position_of) {
        let as_of = observation.as_of.timestamp_micros();
        let is_known = |row: &&u32| {
            let row = **row as usize;
            from.value(row) <= as_of && (to.is_null(row) || as_of < to.value(row))
        };
        known.append_option(versions.of(*position).iter().find(is_known).copied());
    }
    known.finish()
}

fn columns_of<'a>(needed: &[&'a str], used: &'a [FieldRef]) -> Vec<&'a str> {
    needed.iter().copied().chain(used.iter().map(|field| field.name().as_str())).collect()
}
