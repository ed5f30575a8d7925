//! Plans the features: what is computed over the joined rows of an observation, and what over its results.
//!
//! The engine parses, resolves and types the SQL. Only one shape of its plan is accepted, aggregates over the joined rows
//! and expressions over their results, because that is what a feature program runs.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::{Column, DFSchemaRef};
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::prelude::SessionContext;

use super::aggregate::{checked, simplified};
use super::plan_shape::{PlanShape, plan_shape};
use super::query::{observation_schema, query};
use super::select_list::{Feature, SelectList};
use crate::engine::check_plan;
use crate::error::Error;
use crate::sql_file::SqlFile;

/// The features of a set of files, resolved and typed.
pub(crate) struct Plan {
    /// Functions and types, as the files were planned with.
    pub(crate) state: SessionState,
    /// The joined rows: the observation `o`, the lead's version `l` and an event `e`.
    pub(crate) joined: DFSchemaRef,
    /// Each aggregate over the joined rows, and the column of its result.
    pub(crate) aggregates: Vec<(AggregateFunction, Arc<Field>)>,
    /// Each feature's name and its expression over `o`, `l` and the aggregates' results.
    pub(crate) outputs: Vec<(String, Expr)>,
    /// Of each feature, the file, line and column of its expression.
    pub(crate) places: Vec<String>,
}

/// Plans the features over relations of these columns. `context` has the functions that they may use.
pub(crate) async fn plan(
    context: &SessionContext,
    files: &[SqlFile],
    lists: &[SelectList],
    lead: &Schema,
    event: &Schema,
) -> Result<Plan, Error> {
    for (name, schema) in [("observation", &observation_schema()), ("lead", lead), ("event", event)] {
        let table = MemTable::try_new(nullable(schema), vec![vec![]]).map_err(Error::engine("plan the features"))?;
        context.register_table(name, Arc::new(table)).map_err(Error::engine("plan the features"))?;
    }
    let definition = Definition { files, lists };
    let features: Vec<&Feature> = definition.features().map(|(_, feature)| feature).collect();
    let plan = match analysed(context, &features).await {
        Ok(plan) => plan,
        Err(error) => return Err(definition.blame(context, error).await),
    };
    let shape = plan_shape(&plan, features.len()).map_err(|index| {
        let expected = "expected aggregates of `e` and expressions of them and of `l`, without windows and subqueries";
        definition.error(index, expected)
    })?;
    let state = context.state();
    let joined = shape.aggregate.input.schema().clone();
    let aggregates = definition.aggregates(&state, &shape, &joined)?;
    let outputs = definition.outputs(&state, shape)?;
    let place = |(file, feature): (&SqlFile, &Feature)| file.place(feature.at);
    let places = definition.features().map(place).collect();
    Ok(Plan { state, joined, aggregates, outputs, places })
}

/// The files with their features, for messages.
struct Definition<'a> {
    files: &'a [SqlFile],
    lists: &'a [SelectList],
}

impl<'a> Definition<'a> {
    fn features(&self) -> impl Iterator<Item = (&'a SqlFile, &'a Feature)> + use<'a> {
        self.files
            .iter()
            .zip(self.lists)
            .flat_map(|(file, list)| list.features.iter().map(move |feature| (file, feature)))
    }

    /// Returns an error of the feature at a position.
    fn error(&self, index: usize, problem: impl std::fmt::Display) -> Error {
        let (file, feature) = self.features().nth(index).expect("the position of a feature");
        file.error_at(feature.at, format!("feature `{}`: {problem}", feature.name))
    }

    /// Finds the feature of an error: each is planned alone.
    async fn blame(&self, context: &SessionContext, error: DataFusionError) -> Error {
        for (index, (_, feature)) in self.features().enumerate() {
            if let Err(error) = analysed(context, &[feature]).await {
                return self.error(index, error.strip_backtrace());
            }
        }
        Error::engine("plan the features")(error)
    }

    /// Returns the aggregates, each with the column of its result.
    fn aggregates(
        &self,
        state: &SessionState,
        shape: &PlanShape<'_>,
        joined: &DFSchemaRef,
    ) -> Result<Vec<(AggregateFunction, Arc<Field>)>, Error> {
        let simplify = simplifier(state, joined);
        let PlanShape { aggregate, outputs } = shape;
        let mut aggregates = Vec::with_capacity(aggregate.aggr_expr.len());
        let first = aggregate.schema.fields().len() - aggregate.aggr_expr.len();
        for (index, expr) in aggregate.aggr_expr.iter().enumerate() {
            let field = aggregate.schema.field(first + index);
            let aggregate = checked(expr, joined).map_err(|problem| {
                let of_result = Column::new_unqualified(field.name());
                let index = outputs.iter().position(|output| output.column_refs().contains(&of_result));
                self.error(index.unwrap_or(0), problem)
            })?;
            let aggregate = simplified(&simplify, aggregate).map_err(Error::engine("simplify the features"))?;
            aggregates.push((aggregate, field.clone()));
        }
        Ok(aggregates)
    }

    /// Returns each feature's name and its expression over the results of the aggregates.
    fn outputs(&self, state: &SessionState, shape: PlanShape<'_>) -> Result<Vec<(String, Expr)>, Error> {
        let schema = &shape.aggregate.schema;
        let simplify = simplifier(state, schema);
        let mut outputs = Vec::with_capacity(shape.outputs.len());
        for (expr, (file, feature)) in shape.outputs.into_iter().zip(self.features()) {
            let name = &feature.name;
            let expr = simplify.simplify(expr).map_err(Error::engine("simplify the features"))?;
            let kind = expr.get_type(schema).map_err(Error::engine("type the features"))?;
            if !can_be_feature(&kind) {
                let problem = format!(
                    "feature `{name}` is of type {kind}: expected a number, a flag or text; \
                     turn a timestamp into days by `date_diff_days(as_of, ...)`"
                );
                return Err(file.error_at(feature.at, problem));
            }
            outputs.push((name.clone(), expr));
        }
        Ok(outputs)
    }
}

async fn analysed(context: &SessionContext, features: &[&Feature]) -> Result<LogicalPlan, DataFusionError> {
    let state = context.state();
    let plan = state.statement_to_plan(query(features)).await?;
    check_plan(&plan)?;
    state.analyzer().execute_and_check(plan, state.config_options(), |_, _| ())
}

fn can_be_feature(kind: &DataType) -> bool {
    let is_text = matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    is_text || kind.is_numeric() || matches!(kind, DataType::Boolean | DataType::Null)
}

fn simplifier(state: &SessionState, schema: &DFSchemaRef) -> ExprSimplifier {
    let context = SimplifyContext::builder()
        .with_schema(schema.clone())
        .with_config_options(state.config_options().clone())
        .build();
    ExprSimplifier::new(context)
}

/// A request's columns have the same types, but any value may be missing.
fn nullable(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
