//! What the processes of a simulation do: ingestions of a source that grows, and readers of the ground.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{Field, Schema};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::expectations::Expectations;
use crate::current::Current;
use crate::error::Error;
use crate::files::parquet_files::read_parquet;
use crate::ground::{Origin, RelationLists, Relations, SharedFiles, Version};
use crate::ingest::GROUND_AREA;
use crate::lock::{DataLock, IfLocked};
use crate::publish::{self, NewGround, publish};
use crate::raw::{self, RawTable, State};
use crate::timestamp::timestamp_array;
use plumb_connectors::{Cell, CellKind};

/// The source and the table that are ingested.
pub(super) const TABLE: &str = "crm.leads";

/// Ingestions, or looks at the ground, of one life.
const STEPS: usize = 3;

/// One life of a process.
pub(super) struct Actor<'a> {
    pub(super) data: &'a Path,
    pub(super) expectations: &'a Expectations,
    pub(super) seed: u64,
}

impl Actor<'_> {
    /// Ingests the source, again and again. One that fails is told to the user; what counted before still does.
    pub(super) fn ingest(self) {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        for _ in 0..STEPS {
            let rows = self.expectations.grow_source(random.random_range(1..50));
            if let Ok(Some(read)) = self.ingest_until(rows) {
                self.expectations.acknowledge(read);
            }
        }
    }

    /// Ingests the rows of the source up to a number, in the steps of an ingestion but for the SQL, and returns up to
    /// which row it has read; `None` if another process holds the lock.
    fn ingest_until(&self, rows: i64) -> Result<Option<i64>, Error> {
        let lock = match DataLock::acquire(self.data, GROUND_AREA, IfLocked::Refuse, &|_| ()) {
            Err(Error::Locked { .. }) => return Ok(None),
            lock => lock?,
        };
        let _alone = self.expectations.enter();
        let data = lock.data();
        let before = Current::load(data)?;
        let known = publish::state(data, &before)?;
        publish::remove_leftovers(data, &before, &known)?;
        let raw_folder = data.join("raw");
        raw::check_parts(&raw_folder, &known)?;
        let mut state = State { run: known.run + 1, learned_at: known.learned_at + 1, ..known };
        let read = pull_rows(&raw_folder, &mut state, rows)?;
        let version = Version::current(data)?;
        let shared = SharedFiles::open(data, version.iter().flat_map(Version::shared))?;
        let origin = Origin { derived_from: read.to_string(), source_sql: BTreeMap::new() };
        let ground = NewGround::Derived(Box::new(relations(read, &shared)?), origin);
        publish(data, &before, &state, ground)?;
        publish::remove_older(data, &before)?;
        Ok(Some(read))
    }

    /// Opens the ground and reads it after others had their turns.
    pub(super) fn read(self) {
        for _ in 0..STEPS {
            let Ok(Some(version)) = Version::current(self.data) else { continue };
            for _ in 0..20 {
                // A lock that is tried is a moment for others.
                let _ = DataLock::acquire(self.data, "reader", IfLocked::Refuse, &|_| ());
            }
            let lead = version.files_of("lead").and_then(|files| read_parquet(&files[0]));
            if let Err(error) = lead
                && !plumb_simulation::is_dead()
            {
                self.expectations.break_because(format!("a version in use is gone: {error}"));
            }
        }
    }
}

/// Adds the rows after the cursor to the raw table, and returns the last.
fn pull_rows(raw_folder: &Path, state: &mut State, rows: i64) -> Result<i64, Error> {
    let cursor = cursor(state);
    let columns = vec![("id".to_owned(), CellKind::Integer)];
    let mut table = RawTable::open("crm", "leads", columns, vec!["id".to_owned()], raw_folder, state)?;
    for id in cursor + 1..=rows {
        table.push(vec![Cell::Integer(id)], format!("crm:leads:{id}"))?;
    }
    let read = rows.max(cursor);
    table.finish(state)?;
    state.checkpoints.insert("crm".to_owned(), read.into());
    Ok(read)
}

/// Returns up to which row the source was read.
pub(super) fn cursor(state: &State) -> i64 {
    state.checkpoints.get("crm").and_then(serde_json::Value::as_i64).unwrap_or(0)
}

/// Writes relations that tell up to which row they were derived.
fn relations(read: i64, shared: &SharedFiles) -> Result<Relations, Error> {
    let add = |name: &str, column: ArrayRef| {
        let schema = Schema::new(vec![Field::new(name, column.data_type().clone(), true)]);
        let rows = RecordBatch::try_new(Arc::new(schema), vec![column]).expect("the column is of its own type");
        Ok::<_, Error>(vec![shared.add(&rows)?])
    };
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=read));
    // Those of the events are the same in all versions.
    let lists = RelationLists {
        lead: add("lead_id", ids.clone())?,
        event: add("at", timestamp_array(std::iter::repeat_n(Some(0), 3)))?,
        outcome: add("lead_id", ids)?,
    };
    shared.finish()?;
    Ok(Relations { lists, ..Relations::default() })
}
