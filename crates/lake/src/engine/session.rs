//! The engine's session and its settings.

use datafusion::prelude::{SessionConfig, SessionContext};

use super::sql_functions::functions;

/// Returns a session with our functions.
///
/// One partition: sums of fractions then always add in the same order, and the same rows give the same bytes.
pub(crate) fn session() -> SessionContext {
    let context = SessionContext::new_with_config(config(1));
    functions().into_iter().for_each(|function| context.register_udf(function));
    context
}

/// Returns the settings of a session. Text is plain `Utf8`, so that a schema does not depend on where a column came
/// from.
pub(crate) fn config(partitions: usize) -> SessionConfig {
    SessionConfig::new()
        .with_target_partitions(partitions)
        .with_information_schema(false)
        .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
        .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false)
}
