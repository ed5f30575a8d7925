//! The engine's session and its settings.

use std::path::Path;
use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};

use super::bounded_function::bounded_functions;
use super::limits::SqlLimits;
use super::parsing::{CellFaults, parsing_functions};
use super::sql_functions::functions;
use crate::error::Error;

/// Returns a session with our functions.
///
/// One partition: sums of fractions then always add in the same order, and the same rows give the same bytes.
pub(crate) fn session() -> SessionContext {
    with_functions(SessionContext::new_with_config(config(1)))
}

/// Returns the same session for SQL with limits. What is too large for memory is written into the folder `spill`. Its
/// functions that read texts note in `faults` what they cannot read.
pub(crate) fn limited_session(limits: &SqlLimits, spill: &Path, faults: &CellFaults) -> Result<SessionContext, Error> {
    let memory = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(memory)))
        .with_temp_file_path(spill)
        .build_arc()
        .map_err(Error::engine("start with limits"))?;
    let context = with_functions(SessionContext::new_with_config_rt(config(1), runtime));
    parsing_functions(faults).into_iter().for_each(|function| context.register_udf(function));
    Ok(context)
}

/// Registers our functions, and those with limits in the place of those without.
pub(crate) fn with_functions(context: SessionContext) -> SessionContext {
    let bounded = bounded_functions(&context.state());
    bounded.into_iter().chain(functions()).for_each(|function| context.register_udf(function));
    context
}

/// Returns the settings of a session. Text is plain `Utf8`, so that a schema does not depend on where a column came
/// from. Errors name the place in the SQL.
pub(crate) fn config(partitions: usize) -> SessionConfig {
    SessionConfig::new()
        .with_target_partitions(partitions)
        .with_information_schema(false)
        .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
        .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false)
        .set_bool("datafusion.sql_parser.collect_spans", true)
}

/// Refuses a plan that does more than read: the second fence, behind `select_only`.
pub(crate) fn check_plan(plan: &datafusion::logical_expr::LogicalPlan) -> Result<(), DataFusionError> {
    let only_reads = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    only_reads.verify_plan(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function of the list that the engine calls by another name now would be without its limit; and a table function
    /// that is new may read files.
    #[test]
    fn every_function_that_multiplies_is_found() {
        let context = session();
        let state = context.state();
        assert_eq!(bounded_functions(&state).len(), 17);
        assert_eq!(state.table_functions().len(), 2, "`range` and `generate_series`");
    }
}
