//! The query of a SQL file, and its rows within the limits.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::tokenizer::Location;
use futures::TryStreamExt;

use crate::engine::{SelectOnly, SqlLimits, check_plan, select_only, sql_error, with_flag_codes};
use crate::error::Error;
use crate::sql_file::SqlFile;

/// The planned query of a file.
pub(super) struct Planned {
    pub(super) rows: DataFrame,
    /// Where the query begins.
    at: Location,
}

impl Planned {
    /// Returns an error of the engine as one of the file.
    pub(super) fn error(&self, file: &SqlFile, limits: &SqlLimits, error: &DataFusionError) -> Error {
        sql_error(file, self.at, limits, error)
    }
}

/// Plans a file, which is one SELECT.
pub(super) async fn planned(context: &SessionContext, file: &SqlFile, limits: &SqlLimits) -> Result<Planned, Error> {
    let (statement, at) = statement(file)?;
    let planned = async {
        let plan = context.state().statement_to_plan(statement).await?;
        check_plan(&plan)?;
        context.execute_logical_plan(with_flag_codes(plan)?).await
    };
    let rows = planned.await.map_err(|error| sql_error(file, at, limits, &error))?;
    Ok(Planned { rows, at })
}

/// Returns the statement of a file, which is one SELECT, and where it begins.
pub(super) fn statement(file: &SqlFile) -> Result<(Statement, Location), Error> {
    let SelectOnly { query, at } = select_only(file)?;
    Ok((Statement::Statement(Box::new(ast::Statement::Query(query))), at))
}

/// Returns the rows of what `shape` makes of a file's query. They count among its memory.
pub(super) async fn rows_of(
    context: &SessionContext,
    file: &SqlFile,
    limits: &SqlLimits,
    planned: Planned,
    shape: impl FnOnce(DataFrame) -> Result<DataFrame, DataFusionError>,
) -> Result<RecordBatch, Error> {
    let at = planned.at;
    let failed = |error: DataFusionError| sql_error(file, at, limits, &error);
    let rows = shape(planned.rows).map_err(failed)?;
    let schema = Arc::new(rows.schema().as_arrow().clone());
    let mut stream = rows.execute_stream().await.map_err(failed)?;
    let memory = MemoryConsumer::new("rows").register(&context.runtime_env().memory_pool);
    let (mut batches, mut count) = (Vec::new(), 0_u64);
    while let Some(batch) = stream.try_next().await.map_err(failed)? {
        count += batch.num_rows() as u64;
        if count > limits.rows {
            let expected = "join on keys and select fewer, or raise it";
            let limit = limits.rows;
            return Err(file
                .error_at(at, format!("it has more than {limit} rows, the `limits.rows` of plumb.toml: {expected}")));
        }
        memory.try_grow(bytes_of(&batch)).map_err(failed)?;
        batches.push(batch);
    }
    let schema = batches.first().map_or(schema, RecordBatch::schema);
    concat_batches(&schema, &batches).map_err(|error| failed(error.into()))
}

/// Returns the bytes of a batch's rows, without those of the columns that they are a part of.
fn bytes_of(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0)).sum()
}
