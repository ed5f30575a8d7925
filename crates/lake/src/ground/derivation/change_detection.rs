//! Change detection: a history for leads whose source keeps none.
//!
//! A file of leads without `known_at` has today's values and not since when. So it is run as of each run of `ingest` that
//! brought rows. The first values of a lead count from the lead's creation, for nothing better is known; a value that a
//! later run changes or empties counts from that run, and a lead that a later run has no longer ends with it.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::{concat_batches, filter_record_batch, is_not_null, is_null};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::prelude::SessionContext;
use sha2::{Digest, Sha256};

use super::lead_history::{LeadChanges, LeadHistory, known_at};
use super::queries::{Queries, RawRows};
use super::query_rows::statement;
use super::relation_columns::RequiredColumn;
use super::source_rows::{SourceRows, read_one};
use crate::error::Error;
use crate::hash::hex;
use crate::raw::RejectedRow;
use crate::sql_file::SqlFile;

/// The rows of all files of leads.
pub(super) struct LeadRows {
    pub(super) rows: SourceRows,
    /// Of each row, whether it and those of its time have all that its file knows of the lead then: it is of a history.
    pub(super) is_whole: Vec<bool>,
    pub(super) histories: Vec<LeadHistory>,
}

/// Runs the files of leads and unites their rows; rows without `known_at` are replaced by their history.
pub(super) async fn read_leads(
    raw: &RawRows<'_>,
    queries: &Queries,
    files: &[&SqlFile],
    required: &[RequiredColumn],
    known: &[LeadHistory],
    rejected: &mut Vec<RejectedRow>,
) -> Result<LeadRows, Error> {
    let (mut batches, mut histories) = (Vec::with_capacity(files.len()), Vec::new());
    let mut is_whole = Vec::new();
    for file in files {
        let now = read_one(queries, file, required, rejected).await?;
        let undated = is_null(known_at(&now)).map_err(Error::engine("find undated rows"))?;
        // A file that has no row any more may have had some: that must not depend on whether the last history is at hand.
        if undated.true_count() == 0 && now.num_rows() > 0 {
            is_whole.resize(is_whole.len() + now.num_rows(), false);
            batches.push(now);
            continue;
        }
        let known = known.iter().find(|known| known.file == file.name);
        let history = UndatedFile { raw, file, required }.history(queries.local(file), &now, known).await?;
        let dated = is_not_null(known_at(&now)).map_err(Error::engine("find dated rows"))?;
        let dated = filter_record_batch(&now, &dated).map_err(Error::engine("find dated rows"))?;
        is_whole.resize(is_whole.len() + dated.num_rows(), false);
        is_whole.resize(is_whole.len() + history.rows.num_rows(), true);
        batches.push(concat(&now.schema(), &[dated, history.rows.clone()])?);
        histories.push(history);
    }
    Ok(LeadRows { rows: SourceRows::unite(files, batches)?, is_whole, histories })
}

/// Counts the changes of how a history is made, so that none is continued by other rules.
const RULES: u8 = 3;

/// One undated file and the raw rows that it is run over.
struct UndatedFile<'a> {
    raw: &'a RawRows<'a>,
    file: &'a SqlFile,
    required: &'a [RequiredColumn],
}

impl UndatedFile<'_> {
    /// Returns the history of the file's leads, continued from that of the last run if that is still valid.
    async fn history(
        &self,
        context: &SessionContext,
        now: &RecordBatch,
        known: Option<&LeadHistory>,
    ) -> Result<LeadHistory, Error> {
        let tables = self.tables(context)?;
        let parts = || tables.iter().filter_map(|name| self.raw.state.tables.get(name)).flat_map(|table| &table.parts);
        let mut runs: Vec<i64> = parts().map(|part| part.learned_at).collect();
        runs.sort_unstable();
        runs.dedup();
        let last = runs.last().copied().unwrap_or(i64::MIN);
        let known = known.filter(|known| {
            known.fingerprint == self.fingerprint(&tables, known.until) && known.rows.schema() == now.schema()
        });
        let mut changes = LeadChanges::new(now, self.accumulates(&tables))?;
        if let Some(known) = known {
            changes.resume(&known.rows, &self.rows_at(known.until).await?)?;
        }
        for run in runs.iter().copied().filter(|run| known.is_none_or(|known| *run > known.until)) {
            if run == last { changes.add_run(now, run)? } else { changes.add_run(&self.rows_at(run).await?, run)? }
        }
        if runs.is_empty() {
            changes.add_run(now, last)?;
        }
        Ok(LeadHistory {
            file: self.file.name.clone(),
            fingerprint: self.fingerprint(&tables, last),
            until: last,
            rows: concat(&now.schema(), changes.history())?,
        })
    }

    async fn rows_at(&self, run: i64) -> Result<RecordBatch, Error> {
        let queries = self.raw.queries_at(run, self.file).await?;
        // What was rejected then was reported then.
        read_one(&queries, self.file, self.required, &mut Vec::new()).await
    }

    /// Returns the names of the raw tables that the file reads.
    fn tables(&self, context: &SessionContext) -> Result<Vec<String>, Error> {
        let state = context.state();
        let failed = |error: datafusion::error::DataFusionError| self.file.error(error.strip_backtrace());
        let (statement, _) = statement(self.file)?;
        let references = state.resolve_table_references(&statement).map_err(failed)?;
        let name = |table: &datafusion::common::TableReference| Some(format!("{}.{}", table.schema()?, table.table()));
        let mut tables: Vec<String> = references.iter().filter_map(name).collect();
        tables.sort();
        tables.dedup();
        Ok(tables)
    }

    /// Returns whether the file shows a changed row beside what it was before.
    fn accumulates(&self, tables: &[String]) -> bool {
        let [name] = tables else { return false };
        self.raw.state.tables.get(name).is_some_and(|table| table.key.is_empty())
    }

    fn fingerprint(&self, tables: &[String], until: i64) -> String {
        let mut hasher = Sha256::new();
        hasher.update(serde_json::to_vec(self.file).expect("texts become JSON"));
        for name in tables {
            let table = self.raw.state.tables.get(name);
            let parts = table.iter().flat_map(|table| &table.parts).filter(|part| part.learned_at <= until);
            let parts: Vec<_> = parts.map(|part| part.identity()).collect();
            hasher.update(serde_json::to_vec(&(name, parts)).expect("names and paths become JSON"));
        }
        hasher.update(env!("CARGO_PKG_VERSION"));
        hasher.update([RULES, u8::from(self.accumulates(tables))]);
        hex(hasher.finalize())
    }
}

fn concat(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch, Error> {
    concat_batches(schema, batches).map_err(Error::engine("concatenate the history of leads"))
}
