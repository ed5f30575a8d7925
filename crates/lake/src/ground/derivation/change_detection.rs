//! Change detection: a history for leads whose source keeps none.
//!
//! A file of leads without `known_at` has today's values and not since when. So it is run as of each run of `ingest` that
//! brought rows. The first values of a lead count from the lead's creation, for nothing better is known; a value that a
//! later run changes or empties counts from that run, and a lead that a later run has no longer ends with it.

use std::fs::File;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::{concat_batches, filter_record_batch, is_not_null};
use datafusion::arrow::datatypes::{Schema, SchemaRef, TimestampMicrosecondType};
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use sha2::{Digest, Sha256};

use super::aside_folder::AsideFolder;
use super::identity::{FoundKeys, Identities};
use super::lead_history::{LeadChanges, LeadHistory, PLACE, known_at, undated};
use super::order::ordered;
use super::partitions::Partitions;
use super::queries::{Queries, RawRows};
use super::query_rows::tables;
use super::relation_columns::lead_columns;
use super::rows_aside::RowsAside;
use super::source_rows::{SourceRows, with_leads};
use crate::error::Error;
use crate::ground::shared_files::SharedFiles;
use crate::hash::hex;
use crate::raw::RejectedRow;
use crate::sql_file::SqlFile;

/// The rows of a file of leads, written aside; of one without dates those of several runs.
pub(super) struct LeadRows {
    now: RowsAside,
    history: Option<UndatedRows>,
}

/// The rows of the leads of a partition, of all files.
pub(super) struct RowsOfLeads {
    pub(super) rows: SourceRows,
    /// Of each row, whether it and those of its time have all that its file knows of the lead then: it is of a history.
    pub(super) is_whole: Vec<bool>,
}

/// The rows of a file of leads in a partition.
pub(super) struct FileRowsOfLeads {
    /// First those with dates, then those of the history.
    pub(super) rows: RecordBatch,
    pub(super) dated: usize,
    /// The history as it is stored.
    pub(super) history: Option<RecordBatch>,
}

/// Counts the changes of how a history is made, so that none is continued by other rules.
const RULES: u8 = 3;

/// The rows of an undated file, run after run.
struct UndatedRows {
    /// Whether the file shows a changed row beside what it was before.
    accumulates: bool,
    /// Of the history that they will be.
    fingerprint: String,
    until: i64,
    /// The history so far, and the rows of its last run.
    known: Option<(RowsAside, RowsAside)>,
    /// The runs since then; the rows of the last are those of now.
    runs: Vec<(i64, Option<RowsAside>)>,
}

/// What is read into, and what from.
pub(super) struct LeadReading<'a> {
    pub(super) raw: &'a RawRows<'a>,
    pub(super) queries: &'a Queries,
    /// The histories of the last run.
    pub(super) known: &'a [LeadHistory],
    pub(super) shared: &'a SharedFiles,
    pub(super) aside: &'a mut AsideFolder,
    pub(super) found: &'a mut FoundKeys,
    pub(super) rejected: &'a mut Vec<RejectedRow>,
}

impl LeadReading<'_> {
    /// Runs a file of leads, writes its rows aside, and finds their keys.
    pub(super) async fn read(&mut self, file: &SqlFile) -> Result<LeadRows, Error> {
        let (mut is_undated, mut count, found) = (false, 0, &mut *self.found);
        let mut take = |rows: RecordBatch| {
            is_undated |= known_at(&rows).null_count() > 0;
            count += rows.num_rows();
            add_leads(found, &rows);
            Ok(rows)
        };
        let now = self.aside.rows_of(self.queries, file, &lead_columns(), self.rejected, &mut take).await?;
        // A file that has no row any more may have had some: that must not depend on whether the last history is at hand.
        let history = if is_undated || count == 0 { Some(self.history(file, &now).await?) } else { None };
        Ok(LeadRows { now, history })
    }

    /// Reads the runs of an undated file, from the history of the last run on if that is still valid.
    async fn history(&mut self, file: &SqlFile, now: &RowsAside) -> Result<UndatedRows, Error> {
        let tables = tables(file, self.queries.local(file))?;
        let parts = || tables.iter().filter_map(|name| self.raw.state.tables.get(name)).flat_map(|table| &table.parts);
        let mut runs: Vec<i64> = parts().map(|part| part.learned_at).collect();
        runs.sort_unstable();
        runs.dedup();
        let last = runs.last().copied().unwrap_or(i64::MIN);
        let known = self.known.iter().find(|known| known.file == file.name);
        let known = known.filter(|known| known.fingerprint == self.fingerprint(file, &tables, known.until));
        let stored = match known {
            Some(known) => self.stored(known, &now.schema())?,
            None => None,
        };
        let known = known.filter(|_| stored.is_some());
        let mut later: Vec<(i64, Option<RowsAside>)> = Vec::new();
        for run in runs.iter().copied().filter(|run| known.is_none_or(|known| *run > known.until)) {
            let rows = if run == last { None } else { Some(self.rows_at(file, run).await?) };
            later.push((run, rows));
        }
        if runs.is_empty() {
            later.push((last, None));
        }
        let known = match (known, stored) {
            (Some(known), Some(stored)) => Some((stored, self.rows_at(file, known.until).await?)),
            _ => None,
        };
        let (accumulates, fingerprint) = (self.accumulates(&tables), self.fingerprint(file, &tables, last));
        Ok(UndatedRows { accumulates, fingerprint, until: last, known, runs: later })
    }

    /// Writes the rows of a run aside. Those with a date only tell that their lead was there.
    async fn rows_at(&mut self, file: &SqlFile, run: i64) -> Result<RowsAside, Error> {
        let (queries, found) = (self.raw.queries_at(run, file).await?, &mut *self.found);
        let mut take = |rows: RecordBatch| {
            add_leads(found, &undated(&rows)?);
            Ok(rows)
        };
        // What was rejected then was reported then.
        self.aside.rows_of(&queries, file, &lead_columns(), &mut Vec::new(), &mut take).await
    }

    /// Writes a stored history aside; `None` if it has other columns than the file has now.
    fn stored(&mut self, known: &LeadHistory, now: &Schema) -> Result<Option<RowsAside>, Error> {
        let mut aside: Option<RowsAside> = None;
        for file in &known.files {
            for rows in rows_of_file(&self.shared.path(file))? {
                let rows = rows.map_err(Error::engine("read the history of leads"))?;
                let fields = rows.schema_ref().fields();
                if !fields.iter().filter(|field| field.name() != PLACE).eq(now.fields()) {
                    return Ok(None);
                }
                add_leads(self.found, &rows);
                let count = rows.num_rows();
                let aside = aside.get_or_insert_with(|| self.aside.begin(rows.schema()));
                aside.push(rows, std::iter::repeat_n(0, count))?;
            }
        }
        aside.map(RowsAside::finish).transpose()
    }

    /// Returns whether a file over these tables shows a changed row beside what it was before.
    fn accumulates(&self, tables: &[String]) -> bool {
        let [name] = tables else { return false };
        self.raw.state.tables.get(name).is_some_and(|table| table.key.is_empty())
    }

    fn fingerprint(&self, file: &SqlFile, tables: &[String], until: i64) -> String {
        let mut hasher = Sha256::new();
        hasher.update(serde_json::to_vec(file).expect("texts become JSON"));
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

impl LeadRows {
    /// Sorts the rows by partition.
    pub(super) fn by_partition(
        self,
        identities: &Identities,
        partitions: &Partitions,
        aside: &mut AsideFolder,
    ) -> Result<LeadRows, Error> {
        let mut sorted = |rows| aside.by_partition(rows, identities, partitions);
        let now = sorted(self.now)?;
        let Some(UndatedRows { accumulates, fingerprint, until, known, runs }) = self.history else {
            return Ok(LeadRows { now, history: None });
        };
        let known = match known {
            Some((known, before)) => Some((sorted(known)?, sorted(before)?)),
            None => None,
        };
        let runs = runs.into_iter().map(|(run, rows)| Ok((run, rows.map(&mut sorted).transpose()?)));
        let runs = runs.collect::<Result<Vec<_>, Error>>()?;
        Ok(LeadRows { now, history: Some(UndatedRows { accumulates, fingerprint, until, known, runs }) })
    }

    /// Returns the rows of a partition; those of an undated file are replaced by their history.
    pub(super) fn of_partition(&self, partition: u32, identities: &Identities) -> Result<FileRowsOfLeads, Error> {
        let now = ordered(self.now.read(partition)?)?;
        let Some(UndatedRows { accumulates, known, runs, .. }) = &self.history else {
            return Ok(FileRowsOfLeads { dated: now.num_rows(), rows: matched(&now, identities)?, history: None });
        };
        let mut changes = LeadChanges::new(&now, *accumulates)?;
        if let Some((known, before)) = known {
            changes.resume(&known.read(partition)?, &before.read(partition)?)?;
        }
        for (run, rows) in runs {
            match rows {
                Some(rows) => changes.add_run(&ordered(rows.read(partition)?)?, *run)?,
                None => changes.add_run(&now, *run)?,
            }
        }
        let (history, stored) = changes.finish()?;
        let dated = is_not_null(known_at(&now)).map_err(Error::engine("find dated rows"))?;
        let dated = filter_record_batch(&now, &dated).map_err(Error::engine("find dated rows"))?;
        let rows = concat_batches(&now.schema(), [&dated, &history]);
        let rows = rows.map_err(Error::engine("unite the history of leads"))?;
        let rows = matched(&rows, identities)?;
        Ok(FileRowsOfLeads { rows, dated: dated.num_rows(), history: Some(stored) })
    }

    /// Returns the columns.
    pub(super) fn schema(&self) -> SchemaRef {
        self.now.schema()
    }

    /// Returns the history of a file's leads, without its files; `None` if its rows are dated.
    pub(super) fn history(&self, file: &SqlFile) -> Option<LeadHistory> {
        let UndatedRows { fingerprint, until, .. } = self.history.as_ref()?;
        let fingerprint = fingerprint.clone();
        Some(LeadHistory { file: file.name.clone(), fingerprint, until: *until, files: Vec::new() })
    }
}

fn matched(rows: &RecordBatch, identities: &Identities) -> Result<RecordBatch, Error> {
    let keys = rows["lead_key"].as_string::<i32>().iter().flatten();
    with_leads(rows, keys.map(|key| identities.lead_of(key).expect("every lead's key was found")).collect())
}

fn add_leads(found: &mut FoundKeys, rows: &RecordBatch) {
    let (keys, created) = (rows["lead_key"].as_string::<i32>(), &rows["created_at"]);
    let created = created.as_primitive::<TimestampMicrosecondType>();
    let tests = rows.column_by_name("is_test").and_then(|tests| tests.as_boolean_opt());
    for row in 0..rows.num_rows() {
        let created_at = created.is_valid(row).then(|| created.value(row));
        let is_test = tests.is_some_and(|tests| tests.is_valid(row) && tests.value(row));
        found.add_lead(keys.value(row), created_at, is_test);
    }
}

fn rows_of_file(path: &std::path::Path) -> Result<ParquetRecordBatchReader, Error> {
    let doing = "read the history of leads";
    let file = File::open(path).map_err(Error::file("open", path))?;
    ParquetRecordBatchReaderBuilder::try_new(file).and_then(|builder| builder.build()).map_err(Error::engine(doing))
}
