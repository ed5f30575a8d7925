//! Features of some observations, as a table.

use plumb_lead::{Observation, Table};

use super::chunk::FeatureChunk;
use crate::error::Error;
use crate::features::feature_program::FeatureProgram;

/// Features of some observations.
#[derive(Debug)]
pub struct FeatureBlock {
    /// The leads with their `as_of`.
    pub observations: Vec<Observation>,
    /// The features, a row for each observation.
    pub table: Table,
}

impl FeatureBlock {
    /// Returns a chunk as a table.
    pub(crate) fn of(program: &FeatureProgram, chunk: FeatureChunk) -> Result<FeatureBlock, Error> {
        let FeatureChunk { observations, columns } = chunk;
        Ok(FeatureBlock { observations, table: program.table(&columns)? })
    }
}
