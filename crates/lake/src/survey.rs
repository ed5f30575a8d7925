//! A look at sources before there is a project: all of their tables, copied into a folder that is thrown away.

use std::collections::BTreeMap;
use std::path::Path;

use futures::FutureExt;
use plumb_tables::RecordSource;

use crate::future::LakeFuture;
use crate::raw::{self, State};
use crate::sources::{Source, pull};
use plumb_connectors::CellKind;

/// A table of a source.
pub struct SurveyedTable {
    /// The source's name.
    pub source: String,
    /// The table's name; `records` for files.
    pub table: String,
    /// The columns of the primary key that its database declares.
    pub key: Vec<String>,
    /// Its columns with their types in SQL.
    pub columns: Vec<(String, SurveyedKind)>,
    /// Its rows.
    pub records: Box<dyn RecordSource>,
}

/// The type of a raw column in SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurveyedKind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Real,
    /// Yes or no.
    Flag,
    /// A point in time.
    Timestamp,
}

/// Copies all rows of the sources into `scratch`, as an ingestion would, and returns their tables. They can be read as long
/// as the folder is there.
pub fn survey<'a>(
    sources: &'a BTreeMap<String, Source>,
    project: &'a Path,
    scratch: &'a Path,
    progress: &'a (dyn Fn(&str) + Sync),
) -> LakeFuture<'a, Vec<SurveyedTable>> {
    async move {
        let pulled = pull(sources, project, scratch, State::default(), progress).await?.all()?;
        let tables = pulled.state.tables.iter().map(|(name, table)| {
            let (source, called) = name.split_once('.').unwrap_or((name, ""));
            let columns = table.columns.iter().map(|(column, kind)| (column.clone(), kind_of(*kind))).collect();
            let records = Box::new(raw::records_of(scratch, name, table)?);
            Ok(SurveyedTable {
                source: source.to_owned(),
                table: called.to_owned(),
                key: table.key.clone(),
                columns,
                records,
            })
        });
        tables.collect()
    }
    .boxed()
}

fn kind_of(kind: CellKind) -> SurveyedKind {
    match kind {
        CellKind::Text => SurveyedKind::Text,
        CellKind::Integer => SurveyedKind::Integer,
        CellKind::Real => SurveyedKind::Real,
        CellKind::Flag => SurveyedKind::Flag,
        CellKind::Timestamp => SurveyedKind::Timestamp,
    }
}
