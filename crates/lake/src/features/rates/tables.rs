//! The rates that features use, counted once for a version of the ground.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::common::DataFusionError;
use datafusion::common::runtime::SpawnedTask;
use datafusion::logical_expr::ScalarUDF;

use super::categories_without_rate::{CategoryWithoutRate, UnratedCounts};
use super::maturity::{RateSpec, count_rates};
use super::outcome_rate::{RateTables, outcome_rate};
use crate::error::Error;
use crate::features::definition::FeatureSql;
use crate::features::sql::{Feature, SelectList};
use crate::ground::Ground;
use crate::sql_file::SqlFile;

/// The wanted columns, by target and horizon in seconds.
type Wanted = BTreeMap<(String, u64), BTreeSet<String>>;

/// The rates counted so far.
#[derive(Default)]
pub(crate) struct Rates {
    /// By target and horizon in seconds.
    tables: Mutex<BTreeMap<(String, u64), RateTables>>,
    unrated: Arc<UnratedCounts>,
}

impl Rates {
    /// Returns `outcome_rate` with the rates that these features use.
    pub(crate) async fn outcome_rate(
        &self,
        ground: &Ground,
        sql: &FeatureSql,
        lists: &[SelectList],
    ) -> Result<ScalarUDF, Error> {
        let mut wanted = Wanted::new();
        for (file, list) in sql.files.iter().zip(lists) {
            for feature in &list.features {
                for (target, column) in &feature.rates {
                    let horizon = horizon_of(sql, file, feature, target)?;
                    wanted.entry((target.clone(), horizon)).or_default().insert(column.clone());
                }
            }
        }
        self.count_missing(ground, &wanted).await?;
        let known = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let of_target = wanted.keys().filter_map(|key| known.get(key));
        Ok(outcome_rate(of_target.flat_map(|tables| tables.clone()).collect(), self.unrated.clone()))
    }

    /// Returns the categories that got the overall rate since the last call.
    pub(crate) fn take_categories_without_rate(&self) -> Vec<CategoryWithoutRate> {
        self.unrated.take()
    }

    /// Counts the rates that are not counted yet, all in one walk along the leads.
    async fn count_missing(&self, ground: &Ground, wanted: &Wanted) -> Result<(), Error> {
        let missing = self.missing(wanted);
        if missing.is_empty() {
            return Ok(());
        }
        let (files, specs) = (ground.files.clone(), missing.clone());
        let counted = SpawnedTask::spawn_blocking(move || count_rates(&files, &specs)).join_unwind().await;
        ground.check_present()?;
        let counted = counted.map_err(|error| DataFusionError::External(Box::new(error))).flatten();
        let counted = counted.map_err(Error::engine("count the outcomes of leads"))?;
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        for (RateSpec { target, horizon, columns }, rates) in missing.into_iter().zip(counted) {
            let rates = columns.into_iter().zip(rates).map(|(column, rate)| ((target.clone(), column), Arc::new(rate)));
            tables.entry((target.clone(), horizon)).or_default().extend(rates);
        }
        Ok(())
    }

    fn missing(&self, wanted: &Wanted) -> Vec<RateSpec> {
        let known = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let mut missing = Vec::new();
        for ((target, horizon), columns) in wanted {
            let tables = known.get(&(target.clone(), *horizon));
            let is_known =
                |column: &String| tables.is_some_and(|tables| tables.contains_key(&(target.clone(), column.clone())));
            let columns: Vec<String> = columns.iter().filter(|column| !is_known(column)).cloned().collect();
            if !columns.is_empty() {
                missing.push(RateSpec { target: target.clone(), horizon: *horizon, columns });
            }
        }
        missing
    }
}

fn horizon_of(sql: &FeatureSql, file: &SqlFile, feature: &Feature, target: &str) -> Result<u64, Error> {
    sql.horizons.get(target).copied().ok_or_else(|| {
        let known: Vec<&str> = sql.horizons.keys().map(String::as_str).collect();
        let (name, known) = (&feature.name, known.join(", "));
        let expected = "expected a target of plumb.toml";
        file.error_at(feature.at, format!("feature `{name}`: outcome_rate of `{target}`: {expected}: {known}"))
    })
}
