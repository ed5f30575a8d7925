//! Prepares features for a version of the ground: each definition is parsed, planned and compiled once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::definition::FeatureSql;
use super::feature_program::FeatureProgram;
use super::program::compile;
use super::rates::{CategoryWithoutRate, Rates};
use super::request::RequestColumns;
use super::sql::{Vocabulary, parse_all, plan};
use crate::engine::session;
use crate::error::Error;
use crate::ground::Ground;

/// The features prepared for a version of the ground.
#[derive(Default)]
pub(crate) struct PreparedFeatures {
    rates: Rates,
    programs: Mutex<HashMap<FeatureSql, Arc<FeatureProgram>>>,
}

impl PreparedFeatures {
    /// Returns the program of these features; compiled once.
    pub(crate) async fn prepare(&self, ground: &Ground, sql: &FeatureSql) -> Result<Arc<FeatureProgram>, Error> {
        let programs = || self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = programs().get(sql) {
            return Ok(program.clone());
        }
        let context = session();
        let (lead, event) = (ground.lead_schema(), ground.event_schema());
        let lists = parse_all(sql, &Vocabulary { lead: &lead, event: &event, state: &context.state() })?;
        context.register_udf(self.rates.outcome_rate(ground, sql, &lists).await?);
        let plan = plan(&context, &sql.files, &lists, &lead, &event).await?;
        let program = compile(&plan).map_err(Error::engine("compile the features"))?;
        let lead = RequestColumns::of_lead(&lead, &program.observations.columns.fields()[1..]);
        let event = RequestColumns::of_event(&event, program.events.columns.fields());
        let program = Arc::new(FeatureProgram { sql: sql.clone(), program, lead, event });
        programs().insert(sql.clone(), program.clone());
        Ok(program)
    }

    /// Returns the categories that got the overall rate since the last call, because no outcome of their leads was
    /// known.
    pub(crate) fn take_categories_without_rate(&self) -> Vec<CategoryWithoutRate> {
        self.rates.take_categories_without_rate()
    }
}
