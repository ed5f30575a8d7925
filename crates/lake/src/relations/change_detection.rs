//! A history for leads that their source does not date.
//!
//! A file of leads that gives no `known_at` says how things are, and not since when. So it is asked as of each run of
//! `ingest` that learned something. What is heard first of a lead counts from the lead's creation, for nobody knows
//! better; what a later run hears differently counts from that run.

use std::collections::HashSet;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{concat_batches, filter_record_batch, is_not_null, is_null, take_record_batch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::prelude::SessionContext;
use sha2::{Digest, Sha256};

use super::rows::{Required, Rows, read_one, unite};
use super::tables::{Raw, Tables};
use crate::bits::hex;
use crate::engine::moments;
use crate::{Error, RejectedRow, SqlFile};

/// What all runs so far heard of the leads of one undated file. It is kept beside a version of the ground, so that the
/// next run needs to ask only for itself and the run before.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// The file's name.
    pub(crate) file: String,
    /// Hash of the file and of the raw rows that were asked.
    pub(crate) fingerprint: String,
    /// When the last run that is in it learned its rows.
    pub(crate) until: i64,
    /// The rows, in the columns of the file, dated where that is known.
    pub(crate) rows: RecordBatch,
}

/// Runs the files of leads and unites their rows; those without `known_at` with their histories.
pub(super) async fn read_leads(
    raw: &Raw<'_>,
    tables: &Tables,
    files: &[&SqlFile],
    required: &[Required],
    known: &[History],
    rejected: &mut Vec<RejectedRow>,
) -> Result<(Rows, Vec<History>), Error> {
    let (mut batches, mut histories) = (Vec::with_capacity(files.len()), Vec::new());
    for file in files {
        let now = read_one(tables, file, required, rejected).await?;
        let undated = is_null(known_at(&now)).map_err(Error::engine("find undated rows"))?;
        if undated.true_count() == 0 {
            batches.push(now);
            continue;
        }
        let known = known.iter().find(|known| known.file == file.name);
        let history = Reading { raw, file, required }.history(&tables.here, &now, known).await?;
        let dated = is_not_null(known_at(&now)).map_err(Error::engine("find dated rows"))?;
        let dated = filter_record_batch(&now, &dated).map_err(Error::engine("find dated rows"))?;
        batches.push(joined(&now.schema(), &[dated, history.rows.clone()])?);
        histories.push(history);
    }
    Ok((unite(files, batches)?, histories))
}

/// One undated file and what it is run over.
struct Reading<'a> {
    raw: &'a Raw<'a>,
    file: &'a SqlFile,
    required: &'a [Required],
}

impl Reading<'_> {
    async fn history(
        &self,
        context: &SessionContext,
        now: &RecordBatch,
        known: Option<&History>,
    ) -> Result<History, Error> {
        let tables = self.tables(context)?;
        let parts = || tables.iter().filter_map(|name| self.raw.state.tables.get(name)).flat_map(|table| &table.parts);
        let mut runs: Vec<i64> = parts().map(|part| part.learned_at).collect();
        runs.sort_unstable();
        runs.dedup();
        let last = runs.last().copied().unwrap_or(i64::MIN);
        let known = known.filter(|known| {
            known.fingerprint == self.fingerprint(&tables, known.until) && known.rows.schema() == now.schema()
        });
        let mut told = Told::new(now)?;
        if let Some(known) = known {
            told.resume(&known.rows, &self.rows_at(known.until).await?)?;
        }
        for run in runs.iter().copied().filter(|run| known.is_none_or(|known| *run > known.until)) {
            if run == last { told.hear(now, run)? } else { told.hear(&self.rows_at(run).await?, run)? }
        }
        if runs.is_empty() {
            told.hear(now, last)?;
        }
        Ok(History {
            file: self.file.name.clone(),
            fingerprint: self.fingerprint(&tables, last),
            until: last,
            rows: joined(&now.schema(), &told.history)?,
        })
    }

    async fn rows_at(&self, run: i64) -> Result<RecordBatch, Error> {
        let tables = self.raw.tables_at(run).await?;
        // What could not be read then was said then.
        read_one(&tables, self.file, self.required, &mut Vec::new()).await
    }

    /// Returns the names of the raw tables that the file reads.
    fn tables(&self, context: &SessionContext) -> Result<Vec<String>, Error> {
        let state = context.state();
        let wrong = |error: datafusion::error::DataFusionError| self.file.wrong(error.strip_backtrace());
        let dialect = state.config_options().sql_parser.dialect;
        let statement = state.sql_to_statement(&self.file.sql, &dialect).map_err(wrong)?;
        let references = state.resolve_table_references(&statement).map_err(wrong)?;
        let name = |table: &datafusion::common::TableReference| Some(format!("{}.{}", table.schema()?, table.table()));
        let mut tables: Vec<String> = references.iter().filter_map(name).collect();
        tables.sort();
        tables.dedup();
        Ok(tables)
    }

    fn fingerprint(&self, tables: &[String], until: i64) -> String {
        let mut hasher = Sha256::new();
        hasher.update(serde_json::to_vec(self.file).expect("texts become JSON"));
        for name in tables {
            let table = self.raw.state.tables.get(name);
            let parts: Vec<_> =
                table.iter().flat_map(|table| &table.parts).filter(|part| part.learned_at <= until).collect();
            hasher.update(serde_json::to_vec(&(name, parts)).expect("names and paths become JSON"));
        }
        hasher.update(env!("CARGO_PKG_VERSION"));
        hex(hasher.finalize())
    }
}

/// What was heard, run after run.
struct Told {
    converter: RowConverter,
    /// What the run before said, row by row.
    before: HashSet<Box<[u8]>>,
    /// The leads heard of so far.
    leads: HashSet<String>,
    history: Vec<RecordBatch>,
}

impl Told {
    fn new(like: &RecordBatch) -> Result<Told, Error> {
        let fields = said(like).iter().map(|array| SortField::new(array.data_type().clone())).collect();
        let converter = RowConverter::new(fields).map_err(Error::engine("compare rows of leads"))?;
        Ok(Told { converter, before: HashSet::new(), leads: HashSet::new(), history: Vec::new() })
    }

    /// Goes on from a history and what its last run said.
    fn resume(&mut self, history: &RecordBatch, before: &RecordBatch) -> Result<(), Error> {
        let before = undated(before)?;
        let contents =
            self.converter.convert_columns(&said(&before)).map_err(Error::engine("compare rows of leads"))?;
        self.before = contents.iter().map(|content| content.as_ref().into()).collect();
        self.leads = lead_keys(history).map(str::to_owned).collect();
        self.history.push(history.clone());
        Ok(())
    }

    /// Adds what a run says that the run before did not.
    fn hear(&mut self, rows: &RecordBatch, run: i64) -> Result<(), Error> {
        let doing = Error::engine::<ArrowError>;
        let rows = undated(rows)?;
        let contents = self.converter.convert_columns(&said(&rows)).map_err(doing("compare rows of leads"))?;
        let is_new = |row: &usize| !self.before.contains(contents.row(*row).as_ref());
        let new: UInt32Array = (0..rows.num_rows()).filter(is_new).map(|row| row as u32).collect();
        let new = take_record_batch(&rows, &new).map_err(doing("keep what changed"))?;
        let dates = lead_keys(&new).map(|lead| self.leads.contains(lead).then_some(run));
        self.history.push(dated(&new, moments(dates.collect::<Vec<_>>())).map_err(doing("date what changed"))?);
        self.leads.extend(lead_keys(&new).map(str::to_owned));
        self.before = contents.iter().map(|content| content.as_ref().into()).collect();
        Ok(())
    }
}

fn known_at(rows: &RecordBatch) -> &ArrayRef {
    rows.column_by_name("known_at").expect("required columns are there, in their type")
}

fn lead_keys(rows: &RecordBatch) -> impl Iterator<Item = &str> {
    rows["lead_key"].as_string::<i32>().iter().flatten()
}

fn undated(rows: &RecordBatch) -> Result<RecordBatch, Error> {
    let undated: BooleanArray = is_null(known_at(rows)).map_err(Error::engine("find undated rows"))?;
    filter_record_batch(rows, &undated).map_err(Error::engine("find undated rows"))
}

/// Returns the columns that say something of the lead: where a row was found may differ from run to run.
fn said(rows: &RecordBatch) -> Vec<ArrayRef> {
    let fields = rows.schema_ref().fields().iter().zip(rows.columns());
    fields
        .filter(|(field, _)| !["_origin", "known_at"].contains(&field.name().as_str()))
        .map(|(_, array)| array.clone())
        .collect()
}

fn dated(rows: &RecordBatch, dates: ArrayRef) -> Result<RecordBatch, ArrowError> {
    let position = rows.schema().index_of("known_at")?;
    let mut columns = rows.columns().to_vec();
    columns[position] = dates;
    RecordBatch::try_new(rows.schema(), columns)
}

fn joined(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch, Error> {
    concat_batches(schema, batches).map_err(Error::engine("join the history of leads"))
}
