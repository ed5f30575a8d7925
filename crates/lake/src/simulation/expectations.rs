//! What a data folder must hold after whatever has happened to its ingestions.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;

use super::actors::{TABLE, cursor};
use crate::current::Current;
use crate::error::Error;
use crate::files::parquet_files::read_parquet;
use crate::ground::Version;
use crate::publish;
use crate::raw;

/// What was done, and the first thing that was found broken.
#[derive(Default)]
pub(super) struct Expectations {
    facts: Mutex<Facts>,
}

#[derive(Default)]
struct Facts {
    /// Rows of the source; their ids are 1, 2 and so on.
    source_rows: i64,
    /// Up to which row an ingestion has said that it has read.
    acknowledged: i64,
    /// Processes that hold the lock.
    holders: usize,
    broken: Option<String>,
}

/// A process that holds the lock.
pub(super) struct Holder<'a>(&'a Expectations);

impl Expectations {
    /// Adds rows to the source, and returns how many it has.
    pub(super) fn grow_source(&self, rows: i64) -> i64 {
        let mut facts = self.lock();
        facts.source_rows += rows;
        facts.source_rows
    }

    /// Records that an ingestion was acknowledged, unless its process was dead by then.
    pub(super) fn acknowledge(&self, read: i64) {
        if !plumb_simulation::is_dead() {
            let mut facts = self.lock();
            facts.acknowledged = facts.acknowledged.max(read);
        }
    }

    /// Records that a process holds the lock, until what is returned is dropped.
    pub(super) fn enter(&self) -> Holder<'_> {
        let mut facts = self.lock();
        facts.holders += 1;
        if facts.holders > 1 {
            facts.broken.get_or_insert("two processes hold the lock".to_owned());
        }
        Holder(self)
    }

    /// Records what was found broken.
    pub(super) fn break_because(&self, what: String) {
        self.lock().broken.get_or_insert(what);
    }

    /// Returns what was found broken.
    pub(super) fn broken(&self) -> Option<String> {
        self.lock().broken.clone()
    }

    /// Looks whether the data folder holds what it must.
    pub(super) fn check(&self, data: &Path) {
        match self.try_check(data) {
            Ok(None) => {}
            Ok(Some(broken)) => self.break_because(broken),
            Err(error) => self.break_because(format!("it cannot be read: {error}")),
        }
    }

    fn try_check(&self, data: &Path) -> Result<Option<String>, Error> {
        let current = Current::load(data)?;
        let state = publish::state(data, &current)?;
        let raw_folder = data.join("raw");
        raw::check_parts(&raw_folder, &state)?;
        let mut ids = Vec::new();
        for part in state.tables.get(TABLE).map(|table| table.parts.as_slice()).unwrap_or_default() {
            let rows = read_parquet(&raw_folder.join(&part.path))?;
            ids.extend_from_slice(rows["id"].as_primitive::<Int64Type>().values());
        }
        let cursor = cursor(&state);
        let Facts { source_rows, acknowledged, .. } = *self.lock();
        if !ids.iter().copied().eq(1..=cursor) {
            return Ok(Some(format!("the cursor is {cursor}, and the rows are {ids:?}")));
        }
        if cursor < acknowledged || cursor > source_rows {
            return Ok(Some(format!("{cursor} rows are there, {acknowledged} were acknowledged of {source_rows}")));
        }
        let version = Version::current(data)?;
        let leads = match &version {
            Some(version) => read_parquet(&version.files_of("lead")?[0])?.num_rows() as i64,
            None => 0,
        };
        Ok((leads != cursor).then(|| format!("the ground has {leads} rows, and the raw rows are {cursor}")))
    }

    fn lock(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Holder<'_> {
    fn drop(&mut self) {
        self.0.lock().holders -= 1;
    }
}
