//! Features: one SQL definition, asked at many past moments for training or at one moment for one lead.
//!
//! The files are `SELECT` lists over a lead `l` and its events `e`. What is supplied here is what makes them true in
//! time: of the lead, the version known at `as_of`; of the events, those known by then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, UInt32Array};
use datafusion::arrow::compute::{cast, concat_batches, sort_to_indices, take};
use datafusion::arrow::datatypes::{DataType, Field, Float32Type, Schema, TimestampMicrosecondType};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use plumb_lead::{Column, Event, Lead, MISSING_LEVEL, Observation, Table, Values};
use serde::{Deserialize, Serialize};

use crate::engine::{day_of, moments, session};
use crate::moment::moment_type;
use crate::rates::{Fact, Rate, RateTables, outcome_rate};
use crate::select_list::{self, SelectList};
use crate::{Error, Lake, SqlFile};

/// The definition of all features: what a model keeps, so that it is asked the same as it was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FeatureSql {
    /// The files, in the order of their features.
    pub files: Vec<SqlFile>,
    /// For `outcome_rate`: seconds after creation within which an outcome of a target counts.
    pub horizons: BTreeMap<String, u64>,
}

impl Lake {
    /// Returns the features of these observations, a row each in their order, with numbers as `f32`.
    ///
    /// Nothing that was learned after an observation's `as_of` has any part in its row.
    pub async fn features(&self, sql: &FeatureSql, observations: &[Observation]) -> Result<Table, Error> {
        let lists = parse_all(sql)?;
        let context = self.context()?;
        self.register_rates(&context, sql, &lists).await?;
        run(&context, sql, &lists, observations).await
    }

    /// Returns the features of a lead that is not in the ground, as of a moment: one row.
    ///
    /// The lead's fields count as known. A field or attribute that the ground has no column for is an error.
    pub async fn features_of(
        &self,
        sql: &FeatureSql,
        lead: &Lead,
        events: &[Event],
        as_of: DateTime<Utc>,
    ) -> Result<Table, Error> {
        let lists = parse_all(sql)?;
        let context = session();
        let doing = Error::engine::<datafusion::error::DataFusionError>;
        let batches = [
            ("lead", crate::request::lead_batch(&self.lead_schema(), lead)?),
            ("event", crate::request::event_batch(&self.event_schema(), lead, events)?),
        ];
        for (name, batch) in batches {
            let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).map_err(doing("hold a request"))?;
            context.register_table(name, Arc::new(table)).map_err(doing("hold a request"))?;
        }
        self.register_rates(&context, sql, &lists).await?;
        let observation = Observation { lead_id: lead.lead_id.clone(), as_of };
        run(&context, sql, &lists, std::slice::from_ref(&observation)).await
    }

    async fn register_rates(
        &self,
        context: &SessionContext,
        sql: &FeatureSql,
        lists: &[SelectList],
    ) -> Result<(), Error> {
        let mut tables = RateTables::new();
        for (target, column) in lists.iter().flat_map(|list| &list.rates) {
            let key = (target.clone(), column.clone());
            if tables.contains_key(&key) {
                continue;
            }
            let horizon = *sql.horizons.get(target).ok_or_else(|| {
                let known: Vec<&str> = sql.horizons.keys().map(String::as_str).collect();
                let file = file_of(sql, lists, |list| list.rates.contains(&key));
                file.wrong(format!("outcome_rate of `{target}`: expected a target of plumb.toml: {}", known.join(", ")))
            })?;
            tables.insert(key, self.rate(target, column, horizon).await?);
        }
        context.register_udf(outcome_rate(tables));
        Ok(())
    }

    /// Returns the rates of a target by a column of the lead; made once for a version of the ground.
    async fn rate(&self, target: &str, column: &str, horizon: u64) -> Result<Arc<Rate>, Error> {
        let table_key = (target.to_owned(), column.to_owned());
        let known = |rates: &BTreeMap<(String, u64), RateTables>| {
            rates.get(&(target.to_owned(), horizon)).and_then(|tables| tables.get(&table_key)).cloned()
        };
        if let Some(rate) = known(&self.rates.lock().unwrap_or_else(std::sync::PoisonError::into_inner)) {
            return Ok(rate);
        }
        let rate = Arc::new(Rate::new(&self.facts(target, column, horizon).await?));
        let mut rates = self.rates.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
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

fn parse_all(sql: &FeatureSql) -> Result<Vec<SelectList>, Error> {
    let lists: Vec<SelectList> = sql.files.iter().map(select_list::parse).collect::<Result<_, _>>()?;
    let mut names = BTreeSet::new();
    for (file, list) in sql.files.iter().zip(&lists) {
        for (name, _) in &list.items {
            if !names.insert(name) {
                return Err(file.wrong(format!("feature `{name}` is there twice: expected each name once")));
            }
        }
    }
    Ok(lists)
}

fn file_of(sql: &FeatureSql, lists: &[SelectList], holds: impl Fn(&SelectList) -> bool) -> SqlFile {
    let index = lists.iter().position(holds).unwrap_or(0);
    sql.files[index].clone()
}

async fn run(
    context: &SessionContext,
    sql: &FeatureSql,
    lists: &[SelectList],
    observations: &[Observation],
) -> Result<Table, Error> {
    let doing = Error::engine::<datafusion::error::DataFusionError>;
    let table = observation_table(observations)?;
    context.register_table("observation", Arc::new(table)).map_err(doing("hold the observations"))?;
    let all: Vec<&SelectList> = lists.iter().collect();
    let rows = match context.sql(&query(&all)).await {
        Ok(rows) => rows,
        Err(error) => return Err(blame(context, sql, lists, error).await),
    };
    let schema = Arc::new(rows.schema().as_arrow().clone());
    let batches = rows.collect().await.map_err(doing("compute the features"))?;
    let batch = concat_batches(&schema, &batches).map_err(Error::engine("join the features"))?;
    to_table(sql, lists, &batch)
}

/// The moment and version join: all that a features file may leave out.
fn query(lists: &[&SelectList]) -> String {
    let items: Vec<String> = lists
        .iter()
        .flat_map(|list| &list.items)
        .map(|(name, expression)| format!("{expression} AS \"{}\"", name.replace('"', "\"\"")))
        .collect();
    let columns: BTreeSet<&String> = lists.iter().flat_map(|list| &list.lead_columns).collect();
    let by: String = columns.iter().map(|column| format!(", l.\"{}\"", column.replace('"', "\"\""))).collect();
    format!(
        "SELECT o._row AS _row, {items}
         FROM observation o
         LEFT JOIN lead l ON l.lead_id = o.lead_id AND l.known_from <= o.as_of
             AND (l.known_to IS NULL OR o.as_of < l.known_to)
         LEFT JOIN event e ON e.lead_id = o.lead_id AND e.known_at <= o.as_of
         GROUP BY o._row, o.lead_id, o.as_of{by}",
        items = items.join(", "),
    )
}

/// Finds the file of an error: each is planned alone.
async fn blame(
    context: &SessionContext,
    sql: &FeatureSql,
    lists: &[SelectList],
    error: datafusion::error::DataFusionError,
) -> Error {
    for (file, list) in sql.files.iter().zip(lists) {
        if let Err(error) = context.sql(&query(&[list])).await {
            return file.wrong(error.strip_backtrace());
        }
    }
    Error::engine("plan the features")(error)
}

fn observation_table(observations: &[Observation]) -> Result<MemTable, Error> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("_row", DataType::Int64, false),
        Field::new("lead_id", DataType::Utf8, false),
        Field::new("as_of", moment_type(), false),
    ]));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(0..observations.len() as i64)),
        Arc::new(StringArray::from_iter_values(observations.iter().map(|observation| &observation.lead_id))),
        moments(observations.iter().map(|observation| Some(observation.as_of.timestamp_micros()))),
    ];
    let batch = RecordBatch::try_new(schema.clone(), columns).map_err(Error::engine("hold the observations"))?;
    MemTable::try_new(schema, vec![vec![batch]]).map_err(Error::engine("hold the observations"))
}

fn to_table(sql: &FeatureSql, lists: &[SelectList], batch: &RecordBatch) -> Result<Table, Error> {
    let order: UInt32Array =
        sort_to_indices(batch.column(0), None, None).map_err(Error::engine("order the features"))?;
    let mut columns = Vec::with_capacity(batch.num_columns() - 1);
    let names = lists.iter().flat_map(|list| &list.items).map(|(name, _)| name);
    for (name, array) in names.zip(&batch.columns()[1..]) {
        let array = take(array, &order, None).map_err(Error::engine("order the features"))?;
        let values = to_values(&array).map_err(|kind| {
            let file = file_of(sql, lists, |list| list.items.iter().any(|(known, _)| known == name));
            file.wrong(format!(
                "feature `{name}` is of type {kind}: expected a number, a flag or text; \
                 turn a moment into days by `date_diff_days(as_of, ...)`"
            ))
        })?;
        columns.push(Column { name: name.clone(), values });
    }
    Ok(Table::new(columns).expect("the columns of one batch are of one length"))
}

/// Returns the values of an array, or the type that can be no feature.
fn to_values(array: &ArrayRef) -> Result<Values, String> {
    let kind = || array.data_type().to_string();
    match array.data_type() {
        DataType::Boolean => {
            let flags = array.as_boolean().iter();
            Ok(Values::Flag(flags.map(|flag| flag.map_or(f32::NAN, |flag| f32::from(u8::from(flag)))).collect()))
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let texts = cast(array, &DataType::Utf8).map_err(|_| kind())?;
            Ok(to_category(texts.as_string::<i32>()))
        }
        other if other.is_numeric() || other.is_null() => {
            let numbers = cast(array, &DataType::Float32).map_err(|_| kind())?;
            let numbers = numbers.as_primitive::<Float32Type>().iter();
            Ok(Values::Number(numbers.map(|number| number.unwrap_or(f32::NAN)).collect()))
        }
        _ => Err(kind()),
    }
}

fn to_category(texts: &StringArray) -> Values {
    let words: BTreeSet<&str> = texts.iter().flatten().collect();
    let levels: Vec<&str> = words.into_iter().collect();
    let code = |text: Option<&str>| {
        text.and_then(|text| levels.binary_search(&text).ok()).map_or(MISSING_LEVEL, |code| code as u32)
    };
    let codes = texts.iter().map(code).collect();
    Values::Category { codes, levels: levels.into_iter().map(str::to_owned).collect() }
}
