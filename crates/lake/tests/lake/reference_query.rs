//! Features have the values of the engine's own query over the ground: join, filter by time, group.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::compute::{cast, concat_batches};
use datafusion::arrow::datatypes::{DataType, Float32Type, TimeUnit, TimestampMicrosecondType};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use plumb_lake::{FeatureSql, SqlFile};
use plumb_lead::{Observation, Values};
use proptest::prelude::*;

use crate::company::{Company, day, files_of};
use crate::generated;
use crate::random_company::{AS_OF_DAYS, LEADS, company, event, lead};

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]
    #[test]
    fn features_have_the_values_of_the_query(
        leads in prop::collection::vec(lead(), LEADS),
        // Sums of these are exact in any order.
        events in prop::collection::vec(event(&[0.5, -2.0, 3.25, 12.0]), 0..1_000),
        sql in generated::features(24),
    ) {
        let company = company(&leads, &events, &[]);
        tokio::runtime::Runtime::new().expect("a runtime").block_on(check(&company, &sql))?;
    }
}

async fn check(company: &Company, sql: &str) -> Result<(), TestCaseError> {
    let lake = company.lake().await;
    let files = vec![SqlFile { name: "features/generated.sql".into(), sql: sql.into() }];
    let sql_of = FeatureSql { files, horizons: Default::default() };
    let observations: Vec<Observation> = AS_OF_DAYS
        .iter()
        .flat_map(|as_of| (0..LEADS).map(|lead| Observation { lead_id: format!("lead:{lead}"), as_of: day(*as_of) }))
        .collect();
    let table = lake.features(&sql_of, &observations).await.expect("sound SQL");
    let query = query(company, sql, &observations).await.expect("sound SQL");
    // The engine's join keeps no order, so what depends on the order is not compared.
    let in_order = ["string_agg", "array_to_string", "first_value", "last_value"];
    let compared = |line: &str| !in_order.iter().any(|function| line.contains(function));
    let lines = sql.lines().skip(1).map(compared);
    for ((index, column), _) in table.columns().iter().enumerate().zip(lines).filter(|(_, compared)| *compared) {
        let expected = query.column(index + 1);
        for row in 0..observations.len() {
            let about = format!("{} of {:?}\n{sql}", column.name, observations[row]);
            match &column.values {
                Values::Number(found) | Values::Flag(found) => {
                    let expected = cast(expected, &DataType::Float32).expect("a number");
                    let expected = expected.as_primitive::<Float32Type>();
                    let expected = if expected.is_valid(row) { expected.value(row) } else { f32::NAN };
                    prop_assert!(is_close(found[row], expected), "{} is not {expected}: {about}", found[row]);
                }
                values => {
                    let expected = cast(expected, &DataType::Utf8).expect("text");
                    let expected: &StringArray = expected.as_string();
                    let expected = expected.is_valid(row).then(|| expected.value(row).to_owned());
                    prop_assert_eq!(values.text(row), expected, "{}", about);
                }
            }
        }
    }
    Ok(())
}

/// Variances and correlations differ a little in another order.
fn is_close(found: f32, expected: f32) -> bool {
    let scale = f32::max(1.0, expected.abs());
    found.to_bits() == expected.to_bits()
        || (found.is_nan() && expected.is_nan())
        || (found - expected).abs() < scale * 1e-4
}

async fn query(company: &Company, sql: &str, observations: &[Observation]) -> Result<RecordBatch> {
    let config = SessionConfig::new()
        .with_target_partitions(1)
        .set_bool("datafusion.execution.parquet.schema_force_view_types", false);
    let context = SessionContext::new_with_config(config);
    for relation in ["lead", "event"] {
        let [file] = files_of(&company.data(), 1, relation).try_into().expect("one partition");
        context.register_parquet(relation, file.display().to_string(), ParquetReadOptions::default()).await?;
    }
    context.register_batch("observation", observation_batch(observations)?)?;
    let timestamp = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    context.register_udf(create_udf(
        "date_diff_days",
        vec![timestamp.clone(), timestamp],
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(date_diff_days),
    ));
    let items = sql.trim_start_matches("SELECT").replace("as_of", "o.as_of");
    let columns = "created_at first_outreach_at industry channel budget employees work_permit";
    let by: String = columns.split(' ').map(|column| format!(", l.{column}")).collect();
    let query = format!(
        "SELECT o._row, {items} FROM observation o
         LEFT JOIN lead l ON l.lead_id = o.lead_id AND l.known_from <= o.as_of
             AND (l.known_to IS NULL OR o.as_of < l.known_to)
         LEFT JOIN event e ON e.lead_id = o.lead_id AND e.known_at <= o.as_of
             AND (e.known_to IS NULL OR o.as_of < e.known_to)
         GROUP BY o._row, o.as_of{by} ORDER BY o._row"
    );
    let batches = context.sql(&query).await?.collect().await?;
    Ok(concat_batches(&batches[0].schema(), &batches)?)
}

fn observation_batch(observations: &[Observation]) -> Result<RecordBatch> {
    let as_of = observations.iter().map(|observation| observation.as_of.timestamp_micros());
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("_row", Arc::new(Int64Array::from_iter_values(0..observations.len() as i64))),
        ("lead_id", Arc::new(StringArray::from_iter_values(observations.iter().map(|o| &o.lead_id)))),
        ("as_of", Arc::new(TimestampMicrosecondArray::from_iter_values(as_of).with_timezone("UTC"))),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn date_diff_days(args: &[ColumnarValue]) -> Result<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(args)?;
    let micros = |index: usize| arrays[index].as_primitive::<TimestampMicrosecondType>();
    let days: Float64Array =
        micros(0).iter().zip(micros(1)).map(|(later, earlier)| Some((later? - earlier?) as f64 / 86_400e6)).collect();
    Ok(ColumnarValue::Array(Arc::new(days)))
}
