//! `outcome_rate`: how often leads of a category came to an outcome, from what was known before a day.
//!
//! A lead counts as one (n) on the day on which its horizon has passed, and as a success (p) on the later of that day
//! and the day on which its outcome became known. So no lead is counted before all of its kind could be, and what a
//! day's rate says never changes when something is learned after that day.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimestampMicrosecondType};
use datafusion::common::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};

use crate::engine::day_of;
use crate::features::FeatureSql;
use crate::moment::moment_type;
use crate::select_list::SelectList;
use crate::{Error, Lake};

/// How many leads of the overall rate are added to each category: the weight of what is known before it is seen.
/// A category of 20 leads is half itself and half the overall rate.
const PRIOR_LEADS: f64 = 20.0;

/// The rates of one target by one column.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    overall: History,
    by_level: HashMap<String, History>,
}

/// One lead's part in a rate.
pub(crate) struct Fact {
    pub(crate) level: Option<String>,
    /// The day on which it counts.
    pub(crate) matured_day: i64,
    /// The day on which it counts as a success.
    pub(crate) success_day: Option<i64>,
}

/// Running counts, a line a day on which something changed.
#[derive(Debug, Default)]
struct History {
    days: Vec<i64>,
    leads: Vec<f64>,
    successes: Vec<f64>,
}

/// Rates by target and column.
pub(crate) type RateTables = HashMap<(String, String), Arc<Rate>>;

impl Rate {
    pub(crate) fn new(facts: &[Fact]) -> Rate {
        let mut all = BTreeMap::new();
        let mut by_level: HashMap<&str, BTreeMap<i64, (f64, f64)>> = HashMap::new();
        for fact in facts {
            count(&mut all, fact);
            if let Some(level) = &fact.level {
                count(by_level.entry(level).or_default(), fact);
            }
        }
        let by_level = by_level.into_iter().map(|(level, days)| (level.to_owned(), History::new(days))).collect();
        Rate { overall: History::new(all), by_level }
    }

    /// Returns the rate known before a day, smoothed to the overall rate: `(p + m r) / (n + m)`.
    /// `None` as long as no lead has matured.
    fn before(&self, level: &str, day: i64) -> Option<f64> {
        let (leads, successes) = self.overall.before(day);
        if leads == 0.0 {
            return None;
        }
        let overall = successes / leads;
        let (leads, successes) = self.by_level.get(level).map_or((0.0, 0.0), |history| history.before(day));
        Some((successes + PRIOR_LEADS * overall) / (leads + PRIOR_LEADS))
    }
}

impl History {
    fn new(changes: BTreeMap<i64, (f64, f64)>) -> History {
        let mut history = History::default();
        let (mut leads, mut successes) = (0.0, 0.0);
        for (day, (more_leads, more_successes)) in changes {
            leads += more_leads;
            successes += more_successes;
            history.days.push(day);
            history.leads.push(leads);
            history.successes.push(successes);
        }
        history
    }

    fn before(&self, day: i64) -> (f64, f64) {
        match self.days.partition_point(|known| *known < day) {
            0 => (0.0, 0.0),
            later => (self.leads[later - 1], self.successes[later - 1]),
        }
    }
}

fn count(days: &mut BTreeMap<i64, (f64, f64)>, fact: &Fact) {
    days.entry(fact.matured_day).or_default().0 += 1.0;
    if let Some(day) = fact.success_day {
        days.entry(day).or_default().1 += 1.0;
    }
}

impl Lake {
    /// Returns `outcome_rate` with the rates that these features ask for.
    pub(crate) async fn rates_of(&self, sql: &FeatureSql, lists: &[SelectList]) -> Result<ScalarUDF, Error> {
        let mut tables = RateTables::new();
        for (file, list) in sql.files.iter().zip(lists) {
            for feature in &list.features {
                for (target, column) in &feature.rates {
                    let horizon =
                        *sql.horizons.get(target).ok_or_else(|| {
                            let known: Vec<&str> = sql.horizons.keys().map(String::as_str).collect();
                            let known = known.join(", ");
                            let name = &feature.name;
                            file.wrong_at(feature.at, format!(
                            "feature `{name}`: outcome_rate of `{target}`: expected a target of plumb.toml: {known}"
                        ))
                        })?;
                    let rate = self.rate(target, column, horizon).await?;
                    tables.insert((target.clone(), column.clone()), rate);
                }
            }
        }
        Ok(outcome_rate(tables))
    }

    /// Returns the rates of a target by a column of the lead; made once for a version of the ground.
    async fn rate(&self, target: &str, column: &str, horizon: u64) -> Result<Arc<Rate>, Error> {
        let table_key = (target.to_owned(), column.to_owned());
        let known = |rates: &BTreeMap<(String, u64), RateTables>| {
            rates.get(&(target.to_owned(), horizon)).and_then(|tables| tables.get(&table_key)).cloned()
        };
        if let Some(rate) = known(&self.rates.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(rate);
        }
        let rate = Arc::new(Rate::new(&self.facts(target, column, horizon).await?));
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        rates.entry((target.to_owned(), horizon)).or_default().insert(table_key, rate.clone());
        Ok(rate)
    }

    async fn facts(&self, target: &str, column: &str, horizon: u64) -> Result<Vec<Fact>, Error> {
        let horizon = (horizon as i64).saturating_mul(1_000_000);
        let outcomes = self.read("outcome", &["lead_id", "target", "positive", "at", "known_at"]).await?;
        let moments_of =
            |batch: &RecordBatch, index: usize| batch.column(index).as_primitive::<TimestampMicrosecondType>().clone();
        let (at, known_at) = (moments_of(&outcomes, 3), moments_of(&outcomes, 4));
        let mut successes: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
        for row in 0..outcomes.num_rows() {
            if outcomes.column(1).as_string::<i32>().value(row) == target && outcomes.column(2).as_boolean().value(row)
            {
                let lead_id = outcomes.column(0).as_string::<i32>().value(row);
                successes.entry(lead_id).or_default().push((at.value(row), known_at.value(row)));
            }
        }
        let versions = self.read("lead", &["lead_id", "created_at", "known_from", "known_to", column]).await?;
        let levels = cast(versions.column(4), &DataType::Utf8).map_err(Error::engine("read a category"))?;
        let levels = levels.as_string::<i32>();
        let (created, from, to) = (moments_of(&versions, 1), moments_of(&versions, 2), moments_of(&versions, 3));
        let mut facts = Vec::new();
        for row in 0..versions.num_rows() {
            // The category is what the lead was known to be on the day on which it counts.
            let matured_at = created.value(row).saturating_add(horizon);
            if from.value(row) > matured_at || (to.is_valid(row) && to.value(row) <= matured_at) {
                continue;
            }
            let success = successes
                .get(versions.column(0).as_string::<i32>().value(row))
                .into_iter()
                .flatten()
                .filter(|(at, _)| *at > created.value(row) && *at <= matured_at)
                .map(|(_, known_at)| day_of(*known_at.max(&matured_at)))
                .min();
            facts.push(Fact {
                level: levels.is_valid(row).then(|| levels.value(row).to_owned()),
                matured_day: day_of(matured_at),
                success_day: success,
            });
        }
        Ok(facts)
    }
}

/// Returns the SQL function over these tables.
pub(crate) fn outcome_rate(tables: RateTables) -> ScalarUDF {
    create_udf(
        "outcome_rate",
        vec![DataType::Utf8, DataType::Utf8, DataType::Utf8, moment_type()],
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(move |args| look_up(&tables, args)),
    )
}

fn look_up(tables: &RateTables, args: &[ColumnarValue]) -> Result<ColumnarValue, DataFusionError> {
    let arrays = ColumnarValue::values_to_arrays(args)?;
    let (targets, columns) = (arrays[0].as_string::<i32>(), arrays[1].as_string::<i32>());
    let (levels, moments) = (arrays[2].as_string::<i32>(), arrays[3].as_primitive::<TimestampMicrosecondType>());
    let mut rates = Vec::with_capacity(levels.len());
    let table = match (targets.iter().next().flatten(), columns.iter().next().flatten()) {
        (Some(target), Some(column)) => tables
            .get(&(target.to_owned(), column.to_owned()))
            .ok_or_else(|| DataFusionError::Internal(format!("no rates of `{target}` by `{column}`")))?
            .clone(),
        _ => Arc::default(),
    };
    for row in 0..levels.len() {
        let known = levels.is_valid(row) && moments.is_valid(row);
        rates.push(if known { table.before(levels.value(row), day_of(moments.value(row))) } else { None });
    }
    let rates: ArrayRef = Arc::new(Float64Array::from(rates));
    Ok(ColumnarValue::Array(rates))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(level: &str, matured_day: i64, success_day: Option<i64>) -> Fact {
        Fact { level: Some(level.into()), matured_day, success_day }
    }

    #[test]
    fn a_rate_is_smoothed_to_the_overall_rate_of_the_days_before() {
        let rate = Rate::new(&[fact("fintech", 10, Some(10)), fact("fintech", 11, None), fact("retail", 11, None)]);
        assert_eq!(rate.before("fintech", 10), None, "on the day itself nothing is known yet");
        assert_eq!(rate.before("fintech", 11), Some((1.0 + 20.0) / 21.0));
        assert_eq!(rate.before("fintech", 12), Some((1.0 + 20.0 * (1.0 / 3.0)) / 22.0));
        assert_eq!(rate.before("never seen", 12), Some(1.0 / 3.0));
    }

    #[test]
    fn a_success_that_is_known_late_counts_late() {
        let rate = Rate::new(&[fact("fintech", 10, Some(15))]);
        assert_eq!(rate.before("fintech", 15), Some(0.0));
        assert_eq!(rate.before("fintech", 16), Some(1.0));
    }
}
