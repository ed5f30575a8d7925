//! CSV rows as features of a model: by position, or by a header.

use std::collections::BTreeMap;

use plumb_lead::{Feature, FeatureKind, FieldValue};

use super::csv_cells::{self, CsvLayout, delimiter, order};
use super::fast_path;
use crate::http::cost;
use crate::http::error::Error;
use crate::http::middleware::request_memory::RequestMemory;
use crate::serving::{InferenceRequest, Instance, RoutedVariant};

/// Reads rows.
pub(super) fn read(
    body: &[u8],
    routed: &RoutedVariant,
    layout: CsvLayout,
    memory: &RequestMemory,
) -> Result<InferenceRequest, Error> {
    if routed.takes_rows()
        && let Some(rows) = fast_path::csv(body, layout, routed.scorer(), memory)?
    {
        return Ok(InferenceRequest::Rows(rows, None));
    }
    let features = &routed.scorer().artifact.model.features.features;
    let rows_max = memory.shape.lines.min(memory.limits.rows + 1);
    cost::need_for_names(memory, rows_max, cost::cells(rows_max, features))?;
    Ok(InferenceRequest::Instances(read_instances(body, features, layout, memory)?))
}

fn read_instances(
    body: &[u8],
    features: &[Feature],
    layout: CsvLayout,
    memory: &RequestMemory,
) -> Result<Vec<Instance>, Error> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Error::request(format!("the body is not UTF-8 at byte {}", error.valid_up_to())))?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut records = reader.records().enumerate();
    let not_csv = |line: usize, error: csv::Error| Error::request(format!("line {line} is not CSV: {error}"));
    let columns: Vec<&Feature> = match layout.header {
        false => features.iter().collect(),
        true => {
            let (_, names) = records.next().ok_or_else(Error::empty_body)?;
            named(features, &names.map_err(|error| not_csv(1, error))?, layout.labels)?
        }
    };
    let mut instances = Vec::new();
    for (index, record) in records {
        let line = index + 1;
        let record = record.map_err(|error| not_csv(line, error))?;
        cost::check_rows(memory, instances.len() + 1)?;
        instances.push(row(&record, &columns, layout.labels, line)?);
    }
    if instances.is_empty() { Err(Error::empty_body()) } else { Ok(instances) }
}

fn named<'a>(features: &'a [Feature], names: &csv::StringRecord, labels: usize) -> Result<Vec<&'a Feature>, Error> {
    let mut columns: Vec<&Feature> = Vec::new();
    for name in names.iter().skip(labels) {
        let feature = features.iter().find(|feature| feature.name == name);
        let feature =
            feature.ok_or_else(|| Error::field(name, "in the header is no feature").hint(order(features.iter())))?;
        if columns.iter().any(|column| column.name == name) {
            return Err(Error::field(name, "is in the header twice"));
        }
        columns.push(feature);
    }
    Ok(columns)
}

fn row(record: &csv::StringRecord, columns: &[&Feature], labels: usize, line: usize) -> Result<Instance, Error> {
    let expected = columns.len() + labels;
    if record.len() != expected {
        let message = format!("line {line} has {} cells: expected {expected}", record.len());
        return Err(Error::request(message).hint(order(columns.iter().copied())));
    }
    let cells = columns.iter().zip(record.iter().skip(labels)).map(|(feature, cell)| {
        let value = csv_cells::cell(&feature.kind, cell).ok_or_else(|| {
            let expected = match feature.kind {
                FeatureKind::Number => "a finite number that 32 bits can hold, or nothing if it is missing",
                _ => "a flag",
            };
            let error = Error::field(&feature.name, &format!("is `{cell}` in line {line}: expected {expected}"));
            if cell == feature.name { error.hint("send rows without a header, or `header=present`") } else { error }
        })?;
        Ok((feature.name.clone(), value.into()))
    });
    let features = cells.collect::<Result<BTreeMap<String, FieldValue>, Error>>()?;
    Ok(Instance::Features { lead_id: None, features })
}
