//! Checks the SQL of a project without running it: all that is wrong, each with file, line and column.

use std::collections::BTreeMap;
use std::path::Path;

use futures::FutureExt;

use crate::current::Current;
use crate::engine::SqlLimits;
use crate::error::Error;
use crate::features::{FeatureSql, check_features};
use crate::future::LakeFuture;
use crate::ground::{Spill, check_relations};
use crate::publish;
use crate::raw::{State, TableState};
use crate::sources::{Source, pull};
use crate::sql_file::SqlFile;
use crate::sql_problem::SqlCheck;

/// The columns of all raw tables.
pub struct RawColumns(State);

impl RawColumns {
    /// Returns the columns of the last ingestion; `None` if there was none.
    pub fn of_data(data: &Path) -> Result<Option<RawColumns>, Error> {
        let state = publish::state(data, &Current::load(data)?)?;
        Ok((!state.tables.is_empty()).then_some(RawColumns(state)))
    }

    /// Reads the sources into a folder that is thrown away, and returns their columns.
    pub fn of_sources<'a>(
        sources: &'a BTreeMap<String, Source>,
        project: &'a Path,
        scratch: &'a Path,
        progress: &'a (dyn Fn(&str) + Sync),
    ) -> LakeFuture<'a, RawColumns> {
        async move { Ok(RawColumns(pull(sources, project, scratch, State::default(), progress).await?.all()?.state)) }
            .boxed()
    }

    /// Adds the tables of others.
    pub fn extend(&mut self, others: RawColumns) {
        self.0.tables.extend(others.0.tables);
    }

    /// Returns no columns.
    pub fn none() -> RawColumns {
        RawColumns(State::default())
    }

    /// Returns the names of the tables, such as `crm.leads`.
    pub fn tables(&self) -> Vec<String> {
        self.0.tables.keys().cloned().collect()
    }

    /// Returns the same tables without rows.
    fn empty(&self) -> State {
        let without_rows = |table: &TableState| TableState { parts: Vec::new(), ..table.clone() };
        let tables = self.0.tables.iter().map(|(name, table)| (name.clone(), without_rows(table))).collect();
        State { tables, ..State::default() }
    }
}

/// Checks `sources/*.sql` against the columns of the raw tables, and `features/*.sql` against those of the relations.
/// Nothing is run, and no row is read.
pub fn check_sql<'a>(
    raw: &'a RawColumns,
    sources: &'a [SqlFile],
    features: &'a FeatureSql,
    limits: &'a SqlLimits,
    scratch: &'a Path,
) -> LakeFuture<'a, SqlCheck> {
    async move {
        let mut check = SqlCheck::default();
        let spill = Spill::open(scratch)?;
        let relations =
            check_relations(&raw.empty(), sources, limits, spill.path(), scratch, &mut check.problems).await?;
        if let (Some(lead), Some(event)) = (&relations.lead, &relations.event) {
            check_features(features, lead, event, &mut check).await;
        }
        Ok(check)
    }
    .boxed()
}
