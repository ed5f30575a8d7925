//! `outcome_rate`: how often leads of a category came to an outcome, from what was known before a day.
//!
//! A lead counts as one (n) on the day on which its horizon has passed, and as a success (p) on the later of that day
//! and the day on which its outcome became known. So no lead is counted before all of its kind could be, and what a
//! day's rate says never changes when something is learned after that day.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, TimestampMicrosecondType};
use datafusion::common::DataFusionError;
use datafusion::common::runtime::SpawnedTask;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};

use crate::engine::day_of;
use crate::features::FeatureSql;
use crate::maturity::{self, AskedRates};
use crate::select_list::{Feature, SelectList};
use crate::timestamp::timestamp_type;
use crate::{Error, Lake, SqlFile};

/// How many leads of the overall rate are added to each category: the weight of what is known before it is seen.
/// A category of 20 leads is half itself and half the overall rate.
const PRIOR_LEADS: f64 = 20.0;

/// The rates of one target by one column.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    pub(crate) overall: Arc<History>,
    pub(crate) by_level: HashMap<String, History>,
}

/// One lead's part in a rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact {
    /// The day on which it counts.
    pub(crate) matured_day: i64,
    /// The day on which it counts as a success.
    pub(crate) success_day: Option<i64>,
}

/// Leads and successes that are new on each day, in blocks of days: of most categories something happens every day.
#[derive(Debug, Default)]
pub(crate) struct Days(BTreeMap<i64, [(u32, u32); DAYS_OF_BLOCK]>);

/// A block is as small as what the map itself needs for a day.
const DAYS_OF_BLOCK: usize = 16;

/// Running counts, a line a day on which something changed.
#[derive(Debug, Default)]
pub(crate) struct History {
    days: Vec<i64>,
    /// Leads and successes until the end of the day.
    counts: Vec<(f64, f64)>,
}

/// A category of which no outcome was known yet, so that `outcome_rate` gave the overall rate.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CategoryWithoutRate {
    /// The lead's column.
    pub column: String,
    /// Its value.
    pub level: String,
    /// How often it was asked for.
    pub rows: usize,
}

/// Counts of such categories, by column and level.
#[derive(Debug, Default)]
pub(crate) struct UnratedCounts(Mutex<BTreeMap<(String, String), usize>>);

/// So many of them are told apart: a column of free text has one a lead.
const UNRATED_MAX: usize = 1_000;

impl UnratedCounts {
    fn count(&self, column: &str, level: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() < UNRATED_MAX {
            *counts.entry((column.to_owned(), level.to_owned())).or_default() += 1;
        }
    }
}

/// Rates by target and column.
pub(crate) type RateTables = HashMap<(String, String), Arc<Rate>>;

impl Rate {
    /// Returns the rate known before a day, smoothed to the overall rate: `(p + m r) / (n + m)`.
    /// `None` as long as no lead has matured. With it comes how many leads of the category there were.
    fn before(&self, level: &str, day: i64) -> Option<(f64, f64)> {
        let (leads, successes) = self.overall.before(day);
        if leads == 0.0 {
            return None;
        }
        let overall = successes / leads;
        let (leads, successes) = self.by_level.get(level).map_or((0.0, 0.0), |history| history.before(day));
        Some(((successes + PRIOR_LEADS * overall) / (leads + PRIOR_LEADS), leads))
    }
}

impl History {
    pub(crate) fn new(days: &Days) -> History {
        let mut history = History::default();
        let (mut leads, mut successes) = (0.0, 0.0);
        for (block, counts) in &days.0 {
            for (day, (more_leads, more_successes)) in counts.iter().enumerate().filter(|(_, more)| **more != (0, 0)) {
                leads += f64::from(*more_leads);
                successes += f64::from(*more_successes);
                history.days.push(block * DAYS_OF_BLOCK as i64 + day as i64);
                history.counts.push((leads, successes));
            }
        }
        history
    }

    fn before(&self, day: i64) -> (f64, f64) {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else { return (0.0, 0.0) };
        // No day is there twice, so there are no more lines before a day than days have passed since the first, and
        // no more lines from it on than days are left. Where something changes every day nothing is left to search.
        let most = (day - first).clamp(0, self.days.len() as i64) as usize;
        let least = (self.days.len() as i64 - (last - day + 1).max(0)).clamp(0, most as i64) as usize;
        match least + self.days[least..most].partition_point(|known| *known < day) {
            0 => (0.0, 0.0),
            later => self.counts[later - 1],
        }
    }
}

impl Days {
    pub(crate) fn count(&mut self, fact: &Fact) {
        self.on(fact.matured_day).0 += 1;
        if let Some(day) = fact.success_day {
            self.on(day).1 += 1;
        }
    }

    fn on(&mut self, day: i64) -> &mut (u32, u32) {
        let days = DAYS_OF_BLOCK as i64;
        &mut self.0.entry(day.div_euclid(days)).or_default()[day.rem_euclid(days) as usize]
    }
}

impl Lake {
    /// Returns `outcome_rate` with the rates that these features ask for; made once for a version of the ground.
    pub(crate) async fn rates_of(&self, sql: &FeatureSql, lists: &[SelectList]) -> Result<ScalarUDF, Error> {
        let mut wanted: BTreeMap<(String, u64), BTreeSet<String>> = BTreeMap::new();
        for (file, list) in sql.files.iter().zip(lists) {
            for feature in &list.features {
                for (target, column) in &feature.rates {
                    let horizon = horizon_of(sql, file, feature, target)?;
                    wanted.entry((target.clone(), horizon)).or_default().insert(column.clone());
                }
            }
        }
        self.make_rates(&wanted).await?;
        let known = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let of_target = wanted.keys().filter_map(|key| known.get(key));
        Ok(outcome_rate(of_target.flat_map(|tables| tables.clone()).collect(), self.unrated.clone()))
    }

    /// Returns the categories that got the overall rate since this was asked last, because none of their leads'
    /// outcomes was known.
    pub fn take_categories_without_rate(&self) -> Vec<CategoryWithoutRate> {
        let counts = std::mem::take(&mut *self.unrated.0.lock().unwrap_or_else(PoisonError::into_inner));
        counts.into_iter().map(|((column, level), rows)| CategoryWithoutRate { column, level, rows }).collect()
    }

    /// Makes those of these rates that were not asked for before, all in one walk along the leads.
    async fn make_rates(&self, wanted: &BTreeMap<(String, u64), BTreeSet<String>>) -> Result<(), Error> {
        let rates = || self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let mut asked = Vec::new();
        for ((target, horizon), columns) in wanted {
            let key = (target.clone(), *horizon);
            let is_known = |column: &String| {
                rates().get(&key).is_some_and(|tables| tables.contains_key(&(target.clone(), column.clone())))
            };
            let columns: Vec<String> = columns.iter().filter(|column| !is_known(column)).cloned().collect();
            if !columns.is_empty() {
                asked.push(AskedRates { target: target.clone(), horizon: *horizon, columns });
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        let (files, questions) = (self.files.clone(), asked.clone());
        let counted = SpawnedTask::spawn_blocking(move || maturity::count(&files, &questions)).join_unwind().await;
        self.check_present()?;
        let counted = counted.map_err(|error| DataFusionError::External(Box::new(error))).flatten();
        let counted = counted.map_err(Error::engine("count what became of leads"))?;
        for (AskedRates { target, horizon, columns }, made) in asked.into_iter().zip(counted) {
            let mut rates = rates();
            let tables = rates.entry((target.clone(), horizon)).or_default();
            tables
                .extend(columns.into_iter().zip(made).map(|(column, rate)| ((target.clone(), column), Arc::new(rate))));
        }
        Ok(())
    }
}

fn horizon_of(sql: &FeatureSql, file: &SqlFile, feature: &Feature, target: &str) -> Result<u64, Error> {
    sql.horizons.get(target).copied().ok_or_else(|| {
        let known: Vec<&str> = sql.horizons.keys().map(String::as_str).collect();
        let (name, known) = (&feature.name, known.join(", "));
        let expected = "expected a target of plumb.toml";
        file.wrong_at(feature.at, format!("feature `{name}`: outcome_rate of `{target}`: {expected}: {known}"))
    })
}

/// Returns the SQL function over these tables.
pub(crate) fn outcome_rate(tables: RateTables, unrated: Arc<UnratedCounts>) -> ScalarUDF {
    create_udf(
        "outcome_rate",
        vec![DataType::Utf8, DataType::Utf8, DataType::Utf8, timestamp_type()],
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(move |args| look_up(&tables, &unrated, args)),
    )
}

fn look_up(
    tables: &RateTables,
    unrated: &UnratedCounts,
    args: &[ColumnarValue],
) -> Result<ColumnarValue, DataFusionError> {
    let arrays = ColumnarValue::values_to_arrays(args)?;
    let (targets, columns) = (arrays[0].as_string::<i32>(), arrays[1].as_string::<i32>());
    let (levels, moments) = (arrays[2].as_string::<i32>(), arrays[3].as_primitive::<TimestampMicrosecondType>());
    let mut rates = Vec::with_capacity(levels.len());
    let (Some(target), Some(column)) = (targets.iter().next().flatten(), columns.iter().next().flatten()) else {
        return Ok(ColumnarValue::Array(Arc::new(Float64Array::new_null(levels.len()))));
    };
    let table = tables
        .get(&(target.to_owned(), column.to_owned()))
        .ok_or_else(|| DataFusionError::Internal(format!("no rates of `{target}` by `{column}`")))?;
    for row in 0..levels.len() {
        let known = levels.is_valid(row) && moments.is_valid(row);
        let found = if known { table.before(levels.value(row), day_of(moments.value(row))) } else { None };
        if let Some((_, 0.0)) = found {
            unrated.count(column, levels.value(row));
        }
        rates.push(found.map(|(rate, _)| rate));
    }
    let rates: ArrayRef = Arc::new(Float64Array::from(rates));
    Ok(ColumnarValue::Array(rates))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(facts: &[(&str, i64, Option<i64>)]) -> Rate {
        let (mut all, mut by_level) = (Days::default(), HashMap::<String, Days>::new());
        for (level, matured_day, success_day) in facts {
            let fact = Fact { matured_day: *matured_day, success_day: *success_day };
            all.count(&fact);
            by_level.entry((*level).to_owned()).or_default().count(&fact);
        }
        let by_level = by_level.into_iter().map(|(level, days)| (level, History::new(&days))).collect();
        Rate { overall: Arc::new(History::new(&all)), by_level }
    }

    #[test]
    fn a_rate_is_smoothed_to_the_overall_rate_of_the_days_before() {
        let rate = rate(&[("fintech", 10, Some(10)), ("fintech", 11, None), ("retail", 11, None)]);
        assert_eq!(rate.before("fintech", 10), None, "on the day itself nothing is known yet");
        assert_eq!(rate.before("fintech", 11).map(|(rate, _)| rate), Some((1.0 + 20.0) / 21.0));
        assert_eq!(rate.before("fintech", 12).map(|(rate, _)| rate), Some((1.0 + 20.0 * (1.0 / 3.0)) / 22.0));
        assert_eq!(rate.before("never seen", 12).map(|(rate, _)| rate), Some(1.0 / 3.0));
    }

    #[test]
    fn a_day_is_found_among_gaps_and_without_any() {
        let maturing_on = |days: &[i64]| {
            let mut counted = Days::default();
            days.iter().for_each(|day| counted.count(&Fact { matured_day: *day, success_day: None }));
            History::new(&counted)
        };
        for days in [&[-40, -17, -16, -1, 0, 15, 16, 200, 201][..], &[5, 6, 7, 8], &[3], &[]] {
            for day in -60..260 {
                let expected = days.iter().filter(|known| **known < day).count() as f64;
                assert_eq!(maturing_on(days).before(day), (expected, 0.0), "{days:?} before {day}");
            }
        }
    }

    #[test]
    fn a_success_that_is_known_late_counts_late() {
        let rate = rate(&[("fintech", 10, Some(15))]);
        assert_eq!(rate.before("fintech", 15).map(|(rate, _)| rate), Some(0.0));
        assert_eq!(rate.before("fintech", 16).map(|(rate, _)| rate), Some(1.0));
    }
}
