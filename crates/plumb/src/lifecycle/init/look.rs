//! Looks at the tables of sources: what they hold, and how their files are read.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use plumb_lake::{SourceKind, SurveyedKind, SurveyedTable, survey};
use plumb_proposal::{SourceSpec, StoredKind, SummaryBuilder, TableName, TableSummary};
use plumb_tables::{FileFormat, FilePlan, Input, Note, ReadingPlan, TableReader, open_input};

use super::location::FoundSource;
use crate::lifecycle::progress::{OnProgress, Progress};

/// Rows that are summed up at once.
const BLOCK_ROWS: usize = 4_096;

/// The tables of the sources, and how they are read.
pub(crate) struct Looked {
    /// The sources for `plumb.toml`.
    pub(crate) sources: Vec<SourceSpec>,
    /// What the tables hold.
    pub(crate) tables: Vec<TableSummary>,
    /// What was found out about files, by source.
    pub(crate) notes: BTreeMap<String, Vec<Note>>,
    /// Environment variables that have to be set, with their values.
    pub(crate) secrets: Vec<(String, String)>,
}

/// Reads all tables once. They are copied into a folder that is thrown away.
pub(crate) async fn look(
    folder: &Path,
    found: BTreeMap<String, FoundSource>,
    progress: OnProgress<'_>,
) -> Result<Looked> {
    let mut looked = Looked { sources: Vec::new(), tables: Vec::new(), notes: BTreeMap::new(), secrets: Vec::new() };
    let mut to_read = BTreeMap::new();
    for (name, source) in found {
        let (reading, notes) = match &source.file {
            Some(file) => reading_of(&name, file)?,
            None => (None, Vec::new()),
        };
        looked.notes.insert(name.clone(), notes);
        looked.secrets.extend(source.secret);
        looked.sources.push(SourceSpec {
            name: name.clone(),
            kind: match source.source.kind {
                SourceKind::Sqlite => plumb_proposal::SourceKind::Sqlite,
                SourceKind::Postgres => plumb_proposal::SourceKind::Postgres,
                _ => plumb_proposal::SourceKind::Files,
            },
            url: source.url,
            reading,
            description: source.description,
        });
        to_read.insert(name, source.source);
    }
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let step = |name: &str| progress(Progress::Step(name));
    let tables = survey(&to_read, folder, scratch.path(), &step).await.context("cannot look at the sources")?;
    for table in tables {
        step(&format!("looking at {}.{}", table.source, table.table));
        let name = format!("{}.{}", table.source, table.table);
        let summary = tokio::task::block_in_place(|| summary_of(table));
        looked.tables.push(summary.with_context(|| format!("cannot look at `{name}`"))?);
    }
    Ok(looked)
}

/// A plan of reading: its file in the project, and the text.
type PlanFile = (String, String);

/// Returns the plan by which a file is read, as a file of the project, and what was found out. A file that says itself how
/// it is read needs none.
fn reading_of(name: &str, file: &Path) -> Result<(Option<PlanFile>, Vec<Note>)> {
    let input = Input::open(file)?;
    if is_parquet(file) {
        return Ok((None, Vec::new()));
    }
    let source = open_input(input, &FilePlan::default())?;
    if matches!(source.plan().format, Some(FileFormat::Json | FileFormat::Jsonl)) {
        return Ok((None, source.notes().to_vec()));
    }
    let reader = TableReader::open(source, &ReadingPlan::default())?;
    let plan = reader.plan().to_toml();
    let mut reader = reader;
    while reader.next_block(BLOCK_ROWS)?.is_some() {}
    Ok((Some((format!("reading/{name}.toml"), plan)), reader.report().notes))
}

fn is_parquet(file: &Path) -> bool {
    use std::io::Read;
    let mut head = [0; 4];
    std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == *b"PAR1"
}

fn summary_of(table: SurveyedTable) -> Result<TableSummary> {
    let SurveyedTable { source, table, key, columns, records } = table;
    let mut reader = TableReader::open(records, &ReadingPlan::default())?;
    let plans = reader.columns();
    let stored: Vec<StoredKind> = plans
        .iter()
        .map(|plan| {
            let kind = columns.iter().find(|(column, _)| *column == plan.name).map(|(_, kind)| *kind);
            match kind {
                Some(SurveyedKind::Integer) => StoredKind::Integer,
                Some(SurveyedKind::Real) => StoredKind::Real,
                Some(SurveyedKind::Flag) => StoredKind::Flag,
                Some(SurveyedKind::Timestamp) => StoredKind::Timestamp,
                Some(SurveyedKind::Text) | None => StoredKind::Text,
            }
        })
        .collect();
    let mut builder = SummaryBuilder::new(TableName { source, table }, &plans, &stored).declared_key(key);
    while let Some(block) = reader.next_block(BLOCK_ROWS)? {
        builder.add(&block);
    }
    Ok(builder.finish())
}
