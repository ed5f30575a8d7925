//! The features taken apart: what is computed over the joined rows of an observation, and what of its results.
//!
//! The engine parses, resolves and types the SQL. Of its plan only one shape is let through, aggregates over the
//! joined rows and expressions over their results, because that is what [`crate::FeatureProgram`] runs.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{Column, DFSchema, DFSchemaRef};
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Aggregate, Expr, ExprSchemable, LogicalPlan, Projection};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::prelude::SessionContext;

use crate::select_list::{Feature, SelectList};
use crate::timestamp::timestamp_type;
use crate::{Error, SqlFile};

/// The features of a set of files, resolved and typed.
pub(crate) struct Plan {
    /// Functions and types, as the files were planned with.
    pub(crate) state: SessionState,
    /// The joined rows: the observation `o`, the lead's version `l` and an event `e`.
    pub(crate) joined: DFSchemaRef,
    /// Each aggregate over the joined rows, and the column that its result is.
    pub(crate) aggregates: Vec<(AggregateFunction, Arc<Field>)>,
    /// Each feature's name and its expression over `o`, `l` and the aggregates' results.
    pub(crate) outputs: Vec<(String, Expr)>,
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
    let features: Vec<&Feature> = lists.iter().flat_map(|list| &list.features).collect();
    let plan = match analysed(context, &features).await {
        Ok(plan) => plan,
        Err(error) => return Err(blame(context, files, lists, error).await),
    };
    let shape = take_apart(&plan, features.len()).map_err(|index| {
        let (file, feature) = feature_at(files, lists, index);
        file.wrong_at(
            feature.at,
            format!(
                "feature `{}`: expected aggregates of `e` and expressions of them and of `l`, \
                 without windows and subqueries",
                feature.name
            ),
        )
    })?;
    let state = context.state();
    let joined = shape.aggregate.input.schema().clone();
    let simplify = simplifier(&state, &joined);
    let mut aggregates = Vec::with_capacity(shape.aggregate.aggr_expr.len());
    let first = shape.aggregate.schema.fields().len() - shape.aggregate.aggr_expr.len();
    for (index, expr) in shape.aggregate.aggr_expr.iter().enumerate() {
        let field = shape.aggregate.schema.field(first + index);
        let aggregate = checked(expr, &joined).map_err(|problem| {
            let of_result = Column::new_unqualified(field.name());
            let index = shape.outputs.iter().position(|output| output.column_refs().contains(&of_result));
            let (file, feature) = feature_at(files, lists, index.unwrap_or(0));
            file.wrong_at(feature.at, format!("feature `{}`: {problem}", feature.name))
        })?;
        let aggregate = simplified(&simplify, aggregate).map_err(Error::engine("simplify the features"))?;
        aggregates.push((aggregate, field.clone()));
    }
    let simplify = simplifier(&state, &shape.aggregate.schema);
    let mut outputs = Vec::with_capacity(features.len());
    for (index, (expr, feature)) in shape.outputs.into_iter().zip(&features).enumerate() {
        let name = &feature.name;
        let expr = simplify.simplify(expr).map_err(Error::engine("simplify the features"))?;
        let kind = expr.get_type(&shape.aggregate.schema).map_err(Error::engine("type the features"))?;
        if !can_be_feature(&kind) {
            let (file, _) = feature_at(files, lists, index);
            return Err(file.wrong_at(
                feature.at,
                format!(
                    "feature `{name}` is of type {kind}: expected a number, a flag or text; \
                     turn a moment into days by `date_diff_days(as_of, ...)`"
                ),
            ));
        }
        outputs.push((name.clone(), expr));
    }
    Ok(Plan { state, joined, aggregates, outputs })
}

/// The moment and version join: all that a features file may leave out.
///
/// It is what the features mean. It is planned and taken apart; the rows are joined by [`crate::joined`].
pub(crate) fn query(features: &[&Feature]) -> String {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let items: Vec<String> =
        features.iter().map(|feature| format!("{} AS {}", feature.expression, quoted(&feature.name))).collect();
    let columns: BTreeSet<&String> = features.iter().flat_map(|feature| &feature.lead_columns).collect();
    let by: String = columns.into_iter().map(|column| format!(", l.{}", quoted(column))).collect();
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

/// The columns of `o`.
pub(crate) fn observation_schema() -> Schema {
    Schema::new(vec![
        Field::new("_row", DataType::Int64, false),
        Field::new("lead_id", DataType::Utf8, false),
        Field::new("as_of", timestamp_type(), false),
    ])
}

/// A plan of the one shape that is let through.
struct Shape<'a> {
    aggregate: &'a Aggregate,
    outputs: Vec<Expr>,
}

async fn analysed(context: &SessionContext, features: &[&Feature]) -> Result<LogicalPlan, DataFusionError> {
    let state = context.state();
    let plan = state.create_logical_plan(&query(features)).await?;
    state.analyzer().execute_and_check(plan, state.config_options(), |_, _| ())
}

/// Finds the feature of an error: each is planned alone.
async fn blame(context: &SessionContext, files: &[SqlFile], lists: &[SelectList], error: DataFusionError) -> Error {
    for (file, list) in files.iter().zip(lists) {
        for feature in &list.features {
            if let Err(error) = analysed(context, &[feature]).await {
                let problem = format!("feature `{}`: {}", feature.name, error.strip_backtrace());
                return file.wrong_at(feature.at, problem);
            }
        }
    }
    Error::engine("plan the features")(error)
}

/// Returns the parts of a plan, or the position of a feature that is of another shape.
fn take_apart(plan: &LogicalPlan, features: usize) -> Result<Shape<'_>, usize> {
    let LogicalPlan::Projection(Projection { input, expr, .. }) = plan else { return Err(0) };
    let unusual = |expr: &Expr| {
        expr.exists(|expr| {
            Ok(matches!(
                expr,
                Expr::WindowFunction(_)
                    | Expr::ScalarSubquery(_)
                    | Expr::Exists(_)
                    | Expr::InSubquery(_)
                    | Expr::SetComparison(_)
                    | Expr::OuterReferenceColumn(..)
                    | Expr::AggregateFunction(_)
                    | Expr::GroupingSet(_)
                    | Expr::Unnest(_)
            ))
        })
        .unwrap_or(true)
    };
    // The first is the observation's row.
    let exprs = &expr[1..];
    if let Some(index) = exprs.iter().position(unusual) {
        return Err(index);
    }
    let LogicalPlan::Aggregate(aggregate) = input.as_ref() else {
        let between = exprs.iter().position(|expr| expr.column_refs().iter().any(|column| column.relation.is_none()));
        return Err(between.unwrap_or(0));
    };
    let plain = aggregate.group_expr.iter().all(|expr| matches!(expr, Expr::Column(_)));
    if !plain || !matches!(aggregate.input.as_ref(), LogicalPlan::Join(_)) || exprs.len() != features {
        return Err(0);
    }
    Ok(Shape { aggregate, outputs: exprs.iter().map(|expr| expr.clone().unalias()).collect() })
}

/// Returns an aggregate that both evaluators give the same bits for, or why it is none.
fn checked(expr: &Expr, joined: &DFSchema) -> Result<AggregateFunction, String> {
    let Expr::AggregateFunction(aggregate) = expr.clone().unalias_nested().data else {
        return Err(format!("`{expr}`: expected an aggregate"));
    };
    let (name, params) = (aggregate.func.name(), &aggregate.params);
    let is_nested =
        |expr: &Expr| matches!(expr, Expr::AggregateFunction(_) | Expr::ScalarSubquery(_) | Expr::Exists(_));
    let mut parts = params.args.iter().chain(params.filter.as_deref());
    let problem = if parts.any(|part| part.exists(|expr| Ok(is_nested(expr))).unwrap_or(true)) {
        "expected no aggregate or subquery inside"
    } else if params.distinct && name != "count" {
        "expected DISTINCT in `count` only: of others the order in which values are met is not fixed"
    } else if params.distinct && !params.args.iter().all(|arg| arg.get_type(joined).is_ok_and(|kind| is_single(&kind)))
    {
        "expected a number, a moment, a flag or text to count DISTINCT"
    } else if !params.order_by.is_empty() && aggregate.func.order_sensitivity().hard_requires() {
        "expected no ORDER BY here: events come ordered by `at`"
    } else {
        return Ok(aggregate);
    };
    Err(format!("`{name}`: {problem}"))
}

/// Whether values of a type are single ones and no lists.
fn is_single(kind: &DataType) -> bool {
    kind.is_primitive() || kind.is_string() || matches!(kind, DataType::Boolean | DataType::Null)
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

/// Simplifies what an aggregate is given, never the aggregate: `sum(x + 1)` must stay this sum of fractions.
fn simplified(
    simplify: &ExprSimplifier,
    mut aggregate: AggregateFunction,
) -> Result<AggregateFunction, DataFusionError> {
    let params = &mut aggregate.params;
    params.args =
        std::mem::take(&mut params.args).into_iter().map(|arg| simplify.simplify(arg)).collect::<Result<_, _>>()?;
    params.filter = params.filter.take().map(|filter| simplify.simplify(*filter)).transpose()?.map(Box::new);
    Ok(aggregate)
}

fn feature_at<'a>(files: &'a [SqlFile], lists: &'a [SelectList], index: usize) -> (&'a SqlFile, &'a Feature) {
    let all = files.iter().zip(lists).flat_map(|(file, list)| list.features.iter().map(move |feature| (file, feature)));
    all.into_iter().nth(index).expect("the position of a feature")
}

/// Nothing is promised of a request's columns but their types.
fn nullable(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
