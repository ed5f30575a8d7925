//! What is kept of the events of a version: the rows that the files of SQL gave, by their keys and by their ids, and what was
//! counted of all of them. The next run reads the rows of those leads that something new is of, and no others.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::aside_folder::AsideFolder;
use super::block_file::BlockFile;
use super::fact_totals::FactTotals;
use super::identity::Identities;
use super::kept_ids::{self, IdsAside};
use super::kept_keys;
use super::kept_rows::{self, KeptRowsAside, key_hash};
use super::key_notes::KeyNotes;
use super::lead_facts::FactCounts;
use super::lead_history::known_at;
use super::rules::RULES;
use super::shared_event_ids::id_hash;
use super::undated::undated;
use crate::error::Error;
use crate::files::file_hash::FileHash;
use crate::ground::kept_folder::KeptFolder;
use crate::hash::hex;
use crate::raw::{Part, RejectedRow, State};
use crate::sql_file::SqlFile;
use crate::timestamp::timestamp_type;

/// Of two files that follow each other, the earlier one has at least so many times the rows of the later one: so there are
/// few of them, and each row is written again a few times only.
const TIMES_AS_MANY: u64 = 4;

/// What is kept of the events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptEvents {
    /// The hash of the files of SQL, their tables and the rules.
    pub(super) fingerprint: String,
    /// A file for each file of SQL.
    pub(super) files: Vec<KeptFile>,
    /// The lead of each key.
    pub(super) keys: FileHash,
    /// The ids that several leads have.
    pub(super) shared_ids: BlockFile,
    pub(super) unmatched: BTreeMap<String, usize>,
    pub(super) of_test_leads: usize,
    /// Of all events.
    pub(super) counts: FactCounts,
    pub(super) key_notes: KeyNotes,
    pub(super) rejected: Vec<RejectedRow>,
}

/// The rows that a file of SQL gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptFile {
    /// The raw rows that it was run over.
    pub(super) parts: Vec<Part>,
    /// The columns of its rows.
    columns: Vec<(String, KeptKind)>,
    /// Its rows by their keys.
    pub(super) rows: Vec<BlockFile>,
    /// Its ids with their keys.
    pub(super) ids: Vec<BlockFile>,
    /// Rows without `known_at`.
    pub(super) undated: usize,
}

/// The types of the ground.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptKind {
    Text,
    Flag,
    Integer,
    Number,
    Time,
}

impl KeptEvents {
    /// Returns all files.
    pub(crate) fn all_files(&self) -> Vec<FileHash> {
        let of_files = self.files.iter().flat_map(|file| file.rows.iter().chain(&file.ids));
        let blocks = of_files.chain([&self.shared_ids]).map(|blocks| blocks.file.clone());
        blocks.chain([self.keys.clone()]).collect()
    }

    /// Returns it with the counts of all events.
    pub(super) fn with_counts(self, counts: FactCounts) -> KeptEvents {
        KeptEvents { counts, ..self }
    }

    /// Returns what was counted of all rows.
    pub(super) fn totals(&self, sql_files: &[&SqlFile]) -> FactTotals {
        let undated_of = |(kept, file): (&KeptFile, &&SqlFile)| undated("event", file, &kept.schema(), kept.undated);
        FactTotals {
            undated: self.files.iter().zip(sql_files).filter_map(undated_of).collect(),
            keys: self.key_notes.clone(),
            unmatched: self.unmatched.clone(),
            of_test_leads: self.of_test_leads,
            counts: self.counts,
        }
    }
}

impl KeptFile {
    /// Returns the columns of its rows.
    pub(super) fn schema(&self) -> SchemaRef {
        let fields = self.columns.iter().map(|(name, kind)| Field::new(name, kind.data_type(), true));
        Arc::new(Schema::new(fields.collect::<Vec<Field>>()))
    }

    /// Adds the rows of a later run.
    pub(super) fn add(&mut self, folder: &KeptFolder, later: KeptFile) -> Result<(), Error> {
        self.parts.extend(later.parts);
        self.undated += later.undated;
        self.rows.extend(later.rows);
        self.ids.extend(later.ids);
        let schema = self.schema();
        let unite_rows = |one: &BlockFile, other: &BlockFile| kept_rows::merge(folder, "rows", &schema, one, other);
        unite_small(&mut self.rows, unite_rows)?;
        unite_small(&mut self.ids, |one, other| kept_ids::merge(folder, "ids", one, other))
    }
}

impl KeptKind {
    fn of(data_type: &DataType) -> KeptKind {
        match data_type {
            DataType::Boolean => KeptKind::Flag,
            DataType::Int64 => KeptKind::Integer,
            DataType::Float64 => KeptKind::Number,
            DataType::Timestamp(..) => KeptKind::Time,
            _ => KeptKind::Text,
        }
    }

    fn data_type(self) -> DataType {
        match self {
            KeptKind::Text => DataType::Utf8,
            KeptKind::Flag => DataType::Boolean,
            KeptKind::Integer => DataType::Int64,
            KeptKind::Number => DataType::Float64,
            KeptKind::Time => timestamp_type(),
        }
    }
}

/// Unites the last two files as long as the earlier one is not much larger.
fn unite_small(
    files: &mut Vec<BlockFile>,
    unite: impl Fn(&BlockFile, &BlockFile) -> Result<BlockFile, Error>,
) -> Result<(), Error> {
    files.retain(|file| file.rows > 0);
    while let [.., one, other] = files.as_slice()
        && one.rows < TIMES_AS_MANY * other.rows
    {
        let united = unite(one, other)?;
        files.truncate(files.len() - 2);
        files.push(united);
    }
    Ok(())
}

/// Returns the hash of what kept rows depend on, beside the raw rows. `tables` has the raw table of each file.
pub(super) fn fingerprint(sql_files: &[&SqlFile], tables: &[String], state: &State) -> String {
    let mut hasher = Sha256::new();
    for (file, table) in sql_files.iter().zip(tables) {
        let of_table = state.tables.get(table).map(|table| (&table.columns, &table.key));
        let hashed = (&file.name, &file.sql, table, of_table);
        hasher.update(serde_json::to_vec(&hashed).expect("texts become JSON"));
    }
    hasher.update(env!("CARGO_PKG_VERSION"));
    hasher.update([RULES]);
    hex(hasher.finalize())
}

/// Keeps the rows of a file of events while they are read.
pub(super) struct Keeping<'a> {
    folder: &'a KeptFolder,
    /// The position of the file.
    index: u16,
    rows: Option<(KeptRowsAside, IdsAside, KeptFile)>,
}

/// Returns the ids of events.
pub(super) fn event_ids(rows: &RecordBatch) -> Option<&StringArray> {
    rows.column_by_name("event_id").and_then(|ids| ids.as_string_opt::<i32>())
}

impl<'a> Keeping<'a> {
    /// Begins to keep the rows of a file, by its position.
    pub(super) fn at(folder: &'a KeptFolder, index: u16) -> Keeping<'a> {
        Keeping { folder, index, rows: None }
    }

    /// Adds rows; at least once, even if there are none.
    pub(super) fn push(&mut self, rows: &RecordBatch, aside: &mut AsideFolder) -> Result<(), Error> {
        let begun = match self.rows.take() {
            Some(begun) => begun,
            None => {
                let fields = rows.schema_ref().fields().iter();
                let columns = fields.map(|field| (field.name().clone(), KeptKind::of(field.data_type()))).collect();
                let kept = KeptFile { parts: Vec::new(), columns, rows: Vec::new(), ids: Vec::new(), undated: 0 };
                let ids = IdsAside::new(aside.path(), &format!("kept-{}", self.index))?;
                (KeptRowsAside::new(aside, kept.schema()), ids, kept)
            }
        };
        let (kept_rows, kept_ids, kept) = self.rows.insert(begun);
        kept.undated += known_at(rows).null_count();
        kept_rows.push(rows.clone())?;
        let Some(ids) = event_ids(rows) else { return Ok(()) };
        let keys = rows["lead_key"].as_string::<i32>();
        let with_ids = ids.iter().zip(keys.iter().flatten()).filter_map(|(id, key)| Some((id?, key)));
        let mut entries = with_ids.map(|(id, key)| (id_hash(self.index, id), key_hash(key)));
        entries.try_for_each(|entry| kept_ids.add(entry))
    }

    /// Returns what is kept, given the raw parts that the file was run over; `None` if nothing was added.
    pub(super) fn finish(self, parts: Vec<Part>) -> Result<Option<KeptFile>, Error> {
        let Some((rows, ids, mut kept)) = self.rows else { return Ok(None) };
        kept.rows = vec![rows.finish(self.folder, "rows")?];
        kept.ids = vec![ids.finish(self.folder, "ids")?];
        [&mut kept.rows, &mut kept.ids].into_iter().for_each(|files| files.retain(|file| file.rows > 0));
        kept.parts = parts;
        Ok(Some(kept))
    }
}

/// Returns what is kept of events that were all read.
pub(super) fn kept_of_all(
    folder: &KeptFolder,
    fingerprint: String,
    files: Vec<KeptFile>,
    identities: &Identities,
    (totals, shared_ids): (&FactTotals, &HashSet<u128>),
    rejected: &[RejectedRow],
) -> Result<KeptEvents, Error> {
    Ok(KeptEvents {
        fingerprint,
        files,
        keys: kept_keys::keep(folder, identities)?,
        shared_ids: kept_ids::keep(folder, shared_ids)?,
        unmatched: totals.unmatched.clone(),
        of_test_leads: totals.of_test_leads,
        // Those of the partitions follow.
        counts: totals.counts,
        key_notes: totals.keys.clone(),
        rejected: rejected.to_vec(),
    })
}

/// Returns whether rejected rows are those of single rows: neither of a text in no row that a query returns, nor of a row
/// that does not say where it is from.
pub(super) fn are_of_rows(rejected: &[RejectedRow], sql_files: &[&SqlFile]) -> bool {
    !rejected.iter().any(|row| sql_files.iter().any(|file| row.file == file.name))
}
