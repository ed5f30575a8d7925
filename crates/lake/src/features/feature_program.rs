//! Features ready to be computed, and their computation for one lead.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::physical_expr::PhysicalExpr;
use plumb_lead::{Event, Lead, Table};

use super::definition::FeatureSql;
use super::feature_table::table_of;
use super::program::{Bound, EventOrder, Events, Join, Program, run_error, run_panicked};
use super::request::RequestColumns;
use crate::engine::caught;
use crate::error::Error;
use crate::timestamp::timestamp_array;

/// Features ready to be computed: their SQL is parsed, planned and compiled, and their rates are counted.
///
/// A program belongs to one version of the ground, whose columns and rates it has.
#[derive(Debug)]
pub struct FeatureProgram {
    #[cfg_attr(not(feature = "cluster"), expect(dead_code, reason = "it is sent to executors of a cluster only"))]
    pub(crate) sql: FeatureSql,
    pub(crate) program: Program,
    pub(super) lead: RequestColumns,
    pub(super) event: RequestColumns,
}

impl FeatureProgram {
    /// Returns the features of a lead and its events as of a time: one row, with the same bits as
    /// [`Lake::features`](crate::Lake::features) gives for a lead of the ground with these rows.
    ///
    /// The lead's fields count as known. A field or attribute that the ground has no column for is an error.
    pub fn features_of(&self, lead: &Lead, events: &[Event], as_of: DateTime<Utc>) -> Result<Table, Error> {
        self.features_at(lead, events, &[as_of])
    }

    /// Returns the features of a lead at several times, a row each.
    pub fn features_at(&self, lead: &Lead, events: &[Event], as_of: &[DateTime<Utc>]) -> Result<Table, Error> {
        let as_of: Vec<i64> = as_of.iter().map(DateTime::timestamp_micros).collect();
        let mut observed = Vec::with_capacity(self.program.observations.columns.fields().len());
        observed.push(timestamp_array(as_of.iter().map(|as_of| Some(*as_of))));
        observed.extend(self.lead.lead_arrays(lead, as_of.len())?);
        let events = Events {
            at: events.iter().map(|event| event.at.timestamp_micros()).collect(),
            known_at: events.iter().map(|event| event.known_at.timestamp_micros()).collect(),
            known_to: vec![i64::MAX; events.len()],
            columns: self.event.event_arrays(lead, events)?,
        };
        let compute = || {
            let mut rows: Vec<u32> = (0..events.at.len() as u32).collect();
            EventOrder::new(&events).sort(&mut rows);
            let mut join = Join::new(&events, self.program.start(as_of.len(), observed, Bound::REQUEST)?)?;
            for (observation, as_of) in as_of.iter().enumerate() {
                join.observe(observation, *as_of, &rows)?;
            }
            join.finish()
        };
        let doing = "compute the features of a lead";
        let computed = caught(compute).map_err(run_panicked(doing))?;
        self.table(&computed.map_err(run_error(doing))?)
    }

    /// Returns the features' columns as a table.
    pub(crate) fn table(&self, arrays: &[ArrayRef]) -> Result<Table, Error> {
        table_of(self.program.names.iter().map(String::as_str).zip(arrays))
    }

    /// Returns the features' columns as they are written to a file.
    pub(crate) fn fields(&self) -> Result<Vec<Field>, Error> {
        let program = &self.program;
        let field = |(name, output): (&String, &Arc<dyn PhysicalExpr>)| {
            let kind = match output.data_type(&program.results).map_err(Error::engine("type the features"))? {
                DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
                // Nothing but missing values.
                DataType::Null => DataType::Float64,
                kind => kind,
            };
            Ok(Field::new(name, kind, true))
        };
        program.names.iter().zip(&program.outputs).map(field).collect()
    }
}
