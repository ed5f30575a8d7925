//! One chunk of a batch: walks along its leads, reads what is known of them and runs the program, part after part.
//!
//! A part is as many leads as can be held with all of their events; of those before it only the features are kept.

use std::collections::HashMap;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, TimestampMicrosecondArray, UInt32Array, UInt32Builder, new_empty_array,
};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::FieldRef;
use datafusion::error::{DataFusionError, Result};
use plumb_lead::Observation;

use crate::engine::moments;
use crate::features::FeatureProgram;
use crate::joined::{EventOrder, Events, Join};
use crate::lead_order::{Files, Walk, lead_ids};
use crate::program::Program;

/// Features of some leads.
pub(crate) struct FeatureChunk {
    /// What was asked, in the order in which it was.
    pub(crate) observations: Vec<Observation>,
    /// The features, a column each, a row for each observation.
    pub(crate) columns: Vec<ArrayRef>,
}

/// Computes the features of these observations, which come in the order of their leads, at most so many at once unless
/// one lead has more.
pub(crate) fn features_of_chunk(
    files: &Files,
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
    let event_columns = columns_of(&["at", "known_at"], program.events.columns.fields());
    let mut versions = files.lead.walk(&first.lead_id, &last.lead_id, &version_columns)?;
    let mut events = files.event.walk(&first.lead_id, &last.lead_id, &event_columns)?;
    let mut parts = Vec::new();
    let mut rest = &observations[..];
    while !rest.is_empty() {
        let (part, later) = rest.split_at(end_of_leads(rest, part_observations));
        parts.push(features_of_part(program, part, &mut versions, &mut events)?);
        rest = later;
    }
    let columns = united(program, &parts)?;
    Ok(FeatureChunk { observations, columns })
}

/// Puts the features of several parts under each other.
pub(crate) fn united(program: &Program, parts: &[Vec<ArrayRef>]) -> Result<Vec<ArrayRef>> {
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

/// A walk never goes back, so what came too late would be taken for unknown.
fn check_order(observations: &[Observation]) -> Result<()> {
    match observations.windows(2).find(|pair| pair[0].lead_id > pair[1].lead_id) {
        None => Ok(()),
        Some(pair) => Err(DataFusionError::Execution(format!(
            "`{}` was asked for after `{}`: expected observations in the order of their leads",
            pair[1].lead_id, pair[0].lead_id
        ))),
    }
}

/// Returns where the first so many observations end, but never within a lead.
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
        columns: events.columns(event_columns),
    };
    events.sort(&EventOrder::new(&columns));

    let version_of = versions_known(&versions, &position_of, observations);
    let mut observed: Vec<ArrayRef> =
        vec![moments(observations.iter().map(|observation| Some(observation.as_of.timestamp_micros())))];
    for column in versions.columns(&program.observations.columns.fields()[1..]) {
        observed.push(take(&column, &version_of, None)?);
    }
    let mut join = Join::new(&columns, program.start(observations.len(), observed)?)?;
    for (index, observation) in observations.iter().enumerate() {
        join.observe(index, observation.as_of.timestamp_micros(), events.of(position_of[index]))?;
    }
    join.finish()
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

/// Rows of a relation, and which of them are whose.
struct RowsOfLeads {
    rows: RecordBatch,
    /// Where the rows of each position begin in `of_leads`; behind them begin those of leads that nobody asked about.
    starts: Vec<u32>,
    of_leads: Vec<u32>,
}

impl RowsOfLeads {
    /// Walks up to a lead, and gives every lead that has a position its rows.
    fn read(walk: &mut Walk, last: &str, positions: &HashMap<&str, u32>) -> Result<RowsOfLeads> {
        let batches = walk.up_to(last)?;
        let position_of = positions_of(&batches, positions);
        let mut starts = vec![0_u32; positions.len() + 2];
        position_of.iter().for_each(|position| starts[*position as usize + 1] += 1);
        for position in 1..starts.len() {
            starts[position] += starts[position - 1];
        }
        let mut next = starts.clone();
        let mut of_leads = vec![0_u32; position_of.len()];
        for (row, position) in position_of.iter().enumerate() {
            let next = &mut next[*position as usize];
            of_leads[*next as usize] = row as u32;
            *next += 1;
        }
        Ok(RowsOfLeads { rows: walk.united(&batches)?, starts, of_leads })
    }

    /// Returns the rows of the lead at a position.
    fn of(&self, position: usize) -> &[u32] {
        &self.of_leads[self.starts[position] as usize..self.starts[position + 1] as usize]
    }

    fn sort(&mut self, order: &EventOrder<'_>) {
        for bounds in self.starts[..self.starts.len() - 1].windows(2) {
            order.sort(&mut self.of_leads[bounds[0] as usize..bounds[1] as usize]);
        }
    }

    fn columns(&self, fields: &[FieldRef]) -> Vec<ArrayRef> {
        fields.iter().map(|field| self.rows[field.name().as_str()].clone()).collect()
    }

    fn micros(&self, name: &str) -> &TimestampMicrosecondArray {
        self.rows[name].as_primitive()
    }
}

/// Returns the position of each row's lead, or the number of positions if nobody asked about it.
fn positions_of(batches: &[RecordBatch], positions: &HashMap<&str, u32>) -> Vec<u32> {
    let mut position_of = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        let (keys, texts) = lead_ids(batch);
        // Rows of a lead follow each other.
        let mut before: Option<(u32, u32)> = None;
        for key in keys.values() {
            let position = match before {
                Some((known, position)) if known == *key => position,
                _ => positions.get(texts.value(*key as usize)).copied().unwrap_or(positions.len() as u32),
            };
            before = Some((*key, position));
            position_of.push(position);
        }
    }
    position_of
}

fn columns_of<'a>(needed: &[&'a str], used: &'a [FieldRef]) -> Vec<&'a str> {
    needed.iter().copied().chain(used.iter().map(|field| field.name().as_str())).collect()
}
