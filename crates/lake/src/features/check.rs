//! Checks `features/*.sql` without a ground: each feature is parsed, linted and planned alone, so that all problems are
//! found at once.

use std::collections::BTreeSet;

use datafusion::arrow::datatypes::Schema;

use super::definition::FeatureSql;
use super::rates::rate_without_tables;
use super::sql::{SelectList, Vocabulary, parse_each, plan};
use crate::engine::session;
use crate::sql_problem::{SqlCheck, SqlProblem};

/// Checks the features of all files over relations of these columns.
pub(crate) async fn check_features(sql: &FeatureSql, lead: &Schema, event: &Schema, check: &mut SqlCheck) {
    let mut names = BTreeSet::new();
    for file in &sql.files {
        let context = session();
        context.register_udf(rate_without_tables());
        let vocabulary = Vocabulary { lead, event, state: &context.state() };
        for parsed in parse_each(file, &vocabulary) {
            let feature = match parsed {
                Ok(feature) => feature,
                Err(error) => {
                    check.problems.push(SqlProblem::of(&error));
                    continue;
                }
            };
            let (name, at) = (feature.name.clone(), feature.at);
            if !names.insert(name.clone()) {
                let problem = format!("feature `{name}` is there twice: expected each name once");
                check.problems.push(SqlProblem::of(&file.error_at(at, problem)));
            }
            let place = file.place(at);
            check.rate_targets.extend(feature.rates.iter().map(|(target, _)| (target.clone(), place.clone())));
            let list = SelectList { features: vec![feature] };
            // A session of its own: the relations are registered in it.
            let context = session();
            context.register_udf(rate_without_tables());
            match plan(&context, std::slice::from_ref(file), &[list], lead, event).await {
                Ok(_) => check.features.push(name),
                Err(error) => check.problems.push(SqlProblem::of(&error)),
            }
        }
    }
}
