//! A lead that comes with a request, brought into the columns of the ground: any field that does not fit is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use plumb_lead::{Event, FieldValue, Lead};

use crate::Error;
use crate::engine::moments;
use crate::moment;

/// Returns the lead as the one version that was always known.
pub(crate) fn lead_batch(schema: &SchemaRef, lead: &Lead) -> Result<RecordBatch, Error> {
    let created_at = lead.created_at.timestamp_micros();
    let given = |name: &str| match name {
        "lead_id" => Some(text(vec![Some(lead.lead_id.as_str())])),
        "created_at" => Some(moments([Some(created_at)])),
        "known_from" => Some(moments([Some(i64::MIN)])),
        "known_to" => Some(moments([None])),
        _ => None,
    };
    batch("lead", schema, given, &[&lead.fields])
}

/// Returns the events of a request.
pub(crate) fn event_batch(schema: &SchemaRef, lead: &Lead, events: &[Event]) -> Result<RecordBatch, Error> {
    let given = |name: &str| match name {
        "lead_id" => Some(text(events.iter().map(|_| Some(lead.lead_id.as_str())).collect())),
        "kind" => Some(text(events.iter().map(|event| Some(event.kind.as_str())).collect())),
        "at" => Some(moments(events.iter().map(|event| Some(event.at.timestamp_micros())))),
        "known_at" => Some(moments(events.iter().map(|event| Some(event.known_at.timestamp_micros())))),
        _ => None,
    };
    let attributes: Vec<&BTreeMap<String, FieldValue>> = events.iter().map(|event| &event.attributes).collect();
    batch("event", schema, given, &attributes)
}

fn batch(
    relation: &'static str,
    schema: &SchemaRef,
    given: impl Fn(&str) -> Option<ArrayRef>,
    rows: &[&BTreeMap<String, FieldValue>],
) -> Result<RecordBatch, Error> {
    let fields: Vec<&Field> = schema.fields().iter().map(AsRef::as_ref).collect();
    let free = |field: &&Field| given(field.name()).is_none();
    for (row, values) in rows.iter().enumerate() {
        for name in values.keys() {
            if !fields.iter().any(|field| field.name() == name && free(field)) {
                let known = fields.iter().filter(|field| free(field)).map(|field| field.name().clone()).collect();
                return Err(Error::UnknownField { relation, row, field: name.clone(), known });
            }
        }
    }
    let columns = fields
        .iter()
        .map(|field| given(field.name()).map_or_else(|| column(relation, field, rows), Ok))
        .collect::<Result<Vec<ArrayRef>, Error>>()?;
    // Nothing is promised of a request's columns but their types.
    let nullable: Vec<Field> = fields.iter().map(|field| (*field).clone().with_nullable(true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(nullable)), columns).map_err(Error::engine("hold a request"))
}

fn column(relation: &'static str, field: &Field, rows: &[&BTreeMap<String, FieldValue>]) -> Result<ArrayRef, Error> {
    let name = field.name();
    let wrong = |row: usize, expected: &'static str| Error::FieldType {
        relation,
        row,
        field: name.clone(),
        found: rows[row].get(name).map_or_else(String::new, |value| serde_json::to_string(value).unwrap_or_default()),
        expected,
    };
    let values = || rows.iter().map(|values| values.get(name).unwrap_or(&FieldValue::Missing)).enumerate();
    Ok(match field.data_type() {
        DataType::Boolean => {
            let flags = values().map(|(row, value)| match value {
                FieldValue::Missing => Ok(None),
                FieldValue::Flag(flag) => Ok(Some(*flag)),
                _ => Err(wrong(row, "true or false")),
            });
            Arc::new(BooleanArray::from(flags.collect::<Result<Vec<_>, _>>()?))
        }
        DataType::Int64 | DataType::Float64 => {
            let numbers = values()
                .map(|(row, value)| match value {
                    FieldValue::Missing => Ok(None),
                    FieldValue::Number(number) if number.is_finite() => Ok(Some(*number)),
                    _ => Err(wrong(row, "a number")),
                })
                .collect::<Result<Vec<_>, _>>()?;
            if field.data_type() == &DataType::Float64 {
                Arc::new(Float64Array::from(numbers))
            } else {
                whole(numbers).map_err(|row| wrong(row, "a whole number"))?
            }
        }
        DataType::Timestamp(..) => {
            let micros = values().map(|(row, value)| match value {
                FieldValue::Missing => Ok(None),
                FieldValue::Text(text) => {
                    moment::parse(text).map(Some).ok_or_else(|| wrong(row, "a moment such as `2026-03-01T09:30:00Z`"))
                }
                _ => Err(wrong(row, "a moment such as `2026-03-01T09:30:00Z`")),
            });
            moments(micros.collect::<Result<Vec<_>, _>>()?)
        }
        _ => {
            let texts = values().map(|(row, value)| match value {
                FieldValue::Missing => Ok(None),
                FieldValue::Text(text) => Ok(Some(text.as_str())),
                _ => Err(wrong(row, "text")),
            });
            text(texts.collect::<Result<Vec<_>, _>>()?)
        }
    })
}

fn whole(numbers: Vec<Option<f64>>) -> Result<ArrayRef, usize> {
    let whole = numbers.into_iter().enumerate().map(|(row, number)| match number {
        Some(number) if number.fract() != 0.0 || number.abs() > 9e15 => Err(row),
        number => Ok(number.map(|number| number as i64)),
    });
    Ok(Arc::new(Int64Array::from(whole.collect::<Result<Vec<_>, usize>>()?)))
}

fn text(texts: Vec<Option<&str>>) -> ArrayRef {
    Arc::new(StringArray::from(texts))
}
