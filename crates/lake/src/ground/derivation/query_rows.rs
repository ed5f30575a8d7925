//! The query of a SQL file, and its rows within the limits.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::tokenizer::Location;
use futures::TryStreamExt;

use super::rows_aside::bytes_of;
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

/// Returns the names of the raw tables that a file reads.
pub(super) fn tables(file: &SqlFile, context: &SessionContext) -> Result<Vec<String>, Error> {
    let state = context.state();
    let failed = |error: datafusion::error::DataFusionError| file.error(error.strip_backtrace());
    let (statement, _) = statement(file)?;
    let references = state.resolve_table_references(&statement).map_err(failed)?;
    let name = |table: &datafusion::common::TableReference| Some(format!("{}.{}", table.schema()?, table.table()));
    let mut tables: Vec<String> = references.iter().filter_map(name).collect();
    tables.sort();
    tables.dedup();
    Ok(tables)
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
    let rows = Planned { rows: shape(planned.rows).map_err(failed)?, at };
    let memory = MemoryConsumer::new("rows").register(&context.runtime_env().memory_pool);
    let mut rows = Batches::open(file, limits, rows).await?;
    let mut batches = Vec::new();
    while let Some(batch) = rows.next().await? {
        memory.try_grow(bytes_of(&batch)).map_err(failed)?;
        batches.push(batch);
    }
    let schema = batches.first().map(RecordBatch::schema).expect("there is at least one");
    concat_batches(&schema, &batches).map_err(|error| failed(error.into()))
}

/// The rows of a file's query, batch after batch: at least one, which may be empty.
pub(super) struct Batches<'a> {
    file: &'a SqlFile,
    limits: &'a SqlLimits,
    at: Location,
    stream: SendableRecordBatchStream,
    rows: u64,
    /// The columns, until a batch has come.
    columns: Option<SchemaRef>,
}

impl<'a> Batches<'a> {
    /// Starts the query.
    pub(super) async fn open(
        file: &'a SqlFile,
        limits: &'a SqlLimits,
        Planned { rows, at }: Planned,
    ) -> Result<Batches<'a>, Error> {
        let columns = Some(Arc::new(rows.schema().as_arrow().clone()));
        let stream = rows.execute_stream().await.map_err(|error| sql_error(file, at, limits, &error))?;
        Ok(Batches { file, limits, at, stream, rows: 0, columns })
    }

    /// Returns the next batch; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>, Error> {
        let batch = self.stream.try_next().await;
        let batch = batch.map_err(|error| sql_error(self.file, self.at, self.limits, &error))?;
        let columns = self.columns.take();
        let Some(batch) = batch else { return Ok(columns.map(RecordBatch::new_empty)) };
        self.rows += batch.num_rows() as u64;
        if self.rows > self.limits.rows {
            let expected = "join on keys and select fewer, or raise it";
            let problem =
                format!("it has more than {} rows, the `limits.rows` of plumb.toml: {expected}", self.limits.rows);
            return Err(self.file.error_at(self.at, problem));
        }
        Ok(Some(batch))
    }
}
