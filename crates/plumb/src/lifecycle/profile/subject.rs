//! What is profiled, and how its rows are found.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::{MISSING_LEVEL, Observation, Table, Values};
use plumb_tables::{Block, ColumnPlan, ColumnReading, ColumnValues, DateOrder, NumberForm, RecordSource, Texts};

use crate::lifecycle::reading::name_of;
use crate::lifecycle::workspace::{ProjectPaths, Workspace};

/// What is profiled.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// A file, or standard input for `-`.
    File(PathBuf),
    /// The raw rows of a table of a source, such as `crm.leads`.
    RawTable(String),
    /// A relation of the ground: `lead`, `event` or `outcome`.
    Relation(String),
    /// The features of a target, of labelled rows, with the label as the target.
    Features(String),
}

/// A table that is in memory already, in blocks.
pub(super) struct BlocksOfFeatures {
    pub(super) columns: Vec<ColumnPlan>,
    pub(super) blocks: Vec<Block>,
}

impl Subject {
    /// Returns a name for it, as messages and the page have it.
    pub(super) fn title(&self) -> String {
        match self {
            Subject::File(location) if location == Path::new("-") => "standard input".to_owned(),
            Subject::File(location) => location.display().to_string(),
            Subject::RawTable(name) => format!("raw rows of `{name}`"),
            Subject::Relation(name) => format!("relation `{name}` of the ground"),
            Subject::Features(target) => format!("features of `{target}`"),
        }
    }

    /// Returns a name for what is written of it.
    pub(super) fn name(&self) -> String {
        match self {
            Subject::File(location) => name_of(location),
            Subject::RawTable(name) => format!("source-{name}"),
            Subject::Relation(name) => format!("ground-{name}"),
            Subject::Features(target) => format!("features-{target}"),
        }
    }
}

/// Returns the rows of a table of the data folder as records; `None` for a subject of another kind.
pub(super) async fn records_of(subject: &Subject, paths: &ProjectPaths) -> Result<Option<Box<dyn RecordSource>>> {
    match subject {
        Subject::RawTable(name) => {
            let (data, name) = (paths.data.clone(), name.clone());
            let records = tokio::task::spawn_blocking(move || plumb_lake::raw_table_records(&data, &name));
            Ok(Some(records.await.context("reading the raw rows ended early")??))
        }
        Subject::Relation(name) => {
            let workspace = Workspace::open(paths).await?;
            Ok(Some(workspace.lake.relation_records(name)?))
        }
        Subject::File(_) | Subject::Features(_) => Ok(None),
    }
}

/// Returns the labelled rows of a target with their features: the lead, the time at which it is observed, each feature as it
/// was known then, and the label under the target's name.
pub(super) async fn features_of(workspace: &Workspace, target: &str, as_of: DateTime<Utc>) -> Result<BlocksOfFeatures> {
    let labelled = workspace.lake.labels(&workspace.project.label_spec(target)?, as_of).await?;
    let table = workspace
        .lake
        .features(&workspace.project.feature_sql()?, &labelled.observations)
        .await
        .with_context(|| format!("cannot compute the features of `{target}`"))?;
    Ok(blocks_of(&labelled.observations, table, &labelled.labels, target))
}

fn blocks_of(observations: &[Observation], table: Table, labels: &[bool], target: &str) -> BlocksOfFeatures {
    let mut leads = Texts::default();
    observations.iter().for_each(|observation| leads.push(Some(&observation.lead_id)));
    let times = observations.iter().map(|observation| observation.as_of.timestamp_micros()).collect();
    let time = ColumnReading::Timestamp { order: DateOrder::YearMonthDay, days_only: false };
    let mut columns = vec![plan("lead_id", ColumnReading::Identifier), plan("as_of", time)];
    let mut values = vec![ColumnValues::Text(leads), ColumnValues::Timestamp(times)];
    for column in table.columns() {
        let (reading, of_column) = column_of(&column.values);
        columns.push(plan(&column.name, reading));
        values.push(of_column);
    }
    let yes_no = ColumnReading::Flag { yes: vec!["yes".to_owned()], no: vec!["no".to_owned()] };
    columns.push(plan(target, yes_no));
    values.push(ColumnValues::Flag(labels.iter().map(|label| f32::from(u8::from(*label))).collect()));
    let lines = (1..=observations.len() as u64).collect();
    BlocksOfFeatures { columns, blocks: vec![Block { lines, columns: values }] }
}

fn column_of(values: &Values) -> (ColumnReading, ColumnValues) {
    match values {
        Values::Number(numbers) => {
            let numbers = numbers.iter().map(|number| f64::from(*number)).collect();
            (ColumnReading::Number(NumberForm::default()), ColumnValues::Number(numbers))
        }
        Values::Flag(flags) => {
            let words = |word: &str| vec![word.to_owned()];
            (ColumnReading::Flag { yes: words("yes"), no: words("no") }, ColumnValues::Flag(flags.clone()))
        }
        Values::Category { codes, levels } => {
            let mut texts = Texts::default();
            for code in codes {
                let level = (*code != MISSING_LEVEL).then(|| levels.get(*code as usize)).flatten();
                texts.push(level.map(String::as_str));
            }
            (ColumnReading::Category, ColumnValues::Text(texts))
        }
    }
}

fn plan(name: &str, reading: ColumnReading) -> ColumnPlan {
    ColumnPlan { name: name.to_owned(), reading, missing: Vec::new(), merge_spellings: false }
}
