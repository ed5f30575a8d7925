//! Features: one SQL definition, asked at many past moments for training or at one moment for one lead.
//!
//! The files are `SELECT` lists over a lead `l` and its events `e`. What is supplied here is what makes them true in
//! time: of the lead, the version known at `as_of`; of the events, those known by then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float32Type, Float64Type, Int64Type};
use datafusion::physical_expr::PhysicalExpr;
use plumb_lead::{Column, Event, Lead, MISSING_LEVEL, Table, Values};
use serde::{Deserialize, Serialize};

use crate::compile::compile;
use crate::engine::{moments, session};
use crate::joined::{EventOrder, Events, Join};
use crate::lint::Vocabulary;
use crate::plan::plan;
use crate::program::Program;
use crate::request::RequestColumns;
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

/// Features ready to be asked: their SQL is parsed, planned and taken apart, and their rates are at hand.
///
/// It belongs to one version of the ground, whose columns and rates it knows.
#[derive(Debug)]
pub struct FeatureProgram {
    #[cfg_attr(not(feature = "cluster"), expect(dead_code, reason = "only a cluster is told it"))]
    pub(crate) sql: FeatureSql,
    pub(crate) program: Program,
    lead: RequestColumns,
    event: RequestColumns,
}

impl FeatureProgram {
    /// Returns the features of a lead and its events, as of a moment: one row, the same to the last bit as
    /// [`Lake::features`] gives for a lead of the ground that these are the rows of.
    ///
    /// The lead's fields count as known. A field or attribute that the ground has no column for is an error.
    pub fn features_of(&self, lead: &Lead, events: &[Event], as_of: DateTime<Utc>) -> Result<Table, Error> {
        self.features_at(lead, events, &[as_of])
    }

    /// Returns the features of a lead as of several moments, a row each.
    pub fn features_at(&self, lead: &Lead, events: &[Event], moments_asked: &[DateTime<Utc>]) -> Result<Table, Error> {
        let asked: Vec<i64> = moments_asked.iter().map(DateTime::timestamp_micros).collect();
        let mut observed = Vec::with_capacity(self.program.observations.columns.fields().len());
        observed.push(moments(asked.iter().map(|as_of| Some(*as_of))));
        observed.extend(self.lead.lead_arrays(lead, asked.len())?);
        let events = Events {
            at: events.iter().map(|event| event.at.timestamp_micros()).collect(),
            known_at: events.iter().map(|event| event.known_at.timestamp_micros()).collect(),
            columns: self.event.event_arrays(lead, events)?,
        };
        let compute = || {
            let mut rows: Vec<u32> = (0..events.at.len() as u32).collect();
            EventOrder::new(&events).sort(&mut rows);
            let mut join = Join::new(&events, self.program.start(asked.len(), observed)?)?;
            for (observation, as_of) in asked.iter().enumerate() {
                join.observe(observation, *as_of, &rows)?;
            }
            join.finish()
        };
        self.table(&compute().map_err(Error::engine("compute the features of a lead"))?)
    }

    /// Returns the features' columns as a table.
    pub(crate) fn table(&self, arrays: &[ArrayRef]) -> Result<Table, Error> {
        table_of(self.program.names.iter().map(String::as_str).zip(arrays))
    }

    /// Returns the features' columns as they are written to a file.
    pub(crate) fn fields(&self) -> Result<Vec<Field>, Error> {
        let program = &self.program;
        let field = |(name, output): (&String, &Arc<dyn PhysicalExpr>)| {
            let kind = match output.data_type(&program.results).map_err(Error::engine("type the features"))? {
                DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
                // Nothing but missing values.
                DataType::Null => DataType::Float64,
                kind => kind,
            };
            Ok(Field::new(name, kind, true))
        };
        program.names.iter().zip(&program.outputs).map(field).collect()
    }
}

impl Lake {
    /// Returns the features ready to be asked; made once for this version of the ground.
    pub async fn prepare(&self, sql: &FeatureSql) -> Result<Arc<FeatureProgram>, Error> {
        let programs = || self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = programs().get(sql) {
            return Ok(program.clone());
        }
        let context = session();
        let (lead, event) = (self.lead_schema(), self.event_schema());
        let lists = parse_all(sql, &Vocabulary { lead: &lead, event: &event, state: &context.state() })?;
        context.register_udf(self.rates_of(sql, &lists).await?);
        let plan = plan(&context, &sql.files, &lists, &lead, &event).await?;
        let program = compile(&plan).map_err(Error::engine("make the features ready"))?;
        let lead = RequestColumns::of_lead(&lead, &program.observations.columns.fields()[1..]);
        let event = RequestColumns::of_event(&event, program.events.columns.fields());
        let program = Arc::new(FeatureProgram { sql: sql.clone(), program, lead, event });
        programs().insert(sql.clone(), program.clone());
        Ok(program)
    }

    /// Returns the features of a lead that is not in the ground, as of a moment, as [`FeatureProgram::features_of`].
    pub async fn features_of(
        &self,
        sql: &FeatureSql,
        lead: &Lead,
        events: &[Event],
        as_of: DateTime<Utc>,
    ) -> Result<Table, Error> {
        self.prepare(sql).await?.features_of(lead, events, as_of)
    }
}

pub(crate) fn parse_all(sql: &FeatureSql, vocabulary: &Vocabulary<'_>) -> Result<Vec<SelectList>, Error> {
    let lists = sql.files.iter().map(|file| select_list::parse(file, vocabulary)).collect::<Result<Vec<_>, _>>()?;
    let mut names = BTreeSet::new();
    for (file, list) in sql.files.iter().zip(&lists) {
        for feature in &list.features {
            if !names.insert(&feature.name) {
                let problem = format!("feature `{}` is there twice: expected each name once", feature.name);
                return Err(file.wrong_at(feature.at, problem));
            }
        }
    }
    Ok(lists)
}

/// Returns named columns as a table.
pub(crate) fn table_of<'a>(columns: impl Iterator<Item = (&'a str, &'a ArrayRef)>) -> Result<Table, Error> {
    let columns = columns.map(|(name, array)| {
        let values = to_values(array).map_err(Error::engine("read the features"))?;
        Ok(Column { name: name.to_owned(), values })
    });
    Ok(Table::new(columns.collect::<Result<_, Error>>()?).expect("the columns of one run are of one length"))
}

/// Returns the values of a feature; the plan let only numbers, flags and text through.
fn to_values(array: &ArrayRef) -> Result<Values, datafusion::arrow::error::ArrowError> {
    Ok(match array.data_type() {
        DataType::Boolean => {
            let flags = array.as_boolean().iter();
            Values::Flag(flags.map(|flag| flag.map_or(f32::NAN, |flag| f32::from(u8::from(flag)))).collect())
        }
        DataType::Utf8 => to_category(array.as_string()),
        DataType::LargeUtf8 | DataType::Utf8View => to_category(cast(array, &DataType::Utf8)?.as_string()),
        DataType::Float64 => {
            let numbers = array.as_primitive::<Float64Type>().iter();
            Values::Number(numbers.map(|number| number.map_or(f32::NAN, |number| number as f32)).collect())
        }
        DataType::Int64 => {
            let numbers = array.as_primitive::<Int64Type>().iter();
            Values::Number(numbers.map(|number| number.map_or(f32::NAN, |number| number as f32)).collect())
        }
        _ => {
            let numbers = cast(array, &DataType::Float32)?;
            let numbers = numbers.as_primitive::<Float32Type>().iter();
            Values::Number(numbers.map(|number| number.unwrap_or(f32::NAN)).collect())
        }
    })
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
