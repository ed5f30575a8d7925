//! A lead of a request in the columns of the ground: a field that does not fit is refused.
//!
//! Every field is checked, but only the columns that the features use become arrays.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray};
use datafusion::arrow::datatypes::{DataType, FieldRef, Schema};
use plumb_lead::{Event, FieldValue, Lead};

use crate::error::Error;
use crate::timestamp::{self, timestamp_array};

/// The columns of a relation, as a request fills them.
#[derive(Debug)]
pub(crate) struct RequestColumns {
    /// `lead` or `event`.
    relation: &'static str,
    /// The fields that a request may have, ordered by name.
    fields: Vec<RequestField>,
    /// The columns that are used, in order: of each the position in `fields`, or the name of one that is not a field.
    used: Vec<Result<usize, String>>,
}

#[derive(Debug)]
struct RequestField {
    name: String,
    data_type: DataType,
    is_used: bool,
}

/// Columns of `lead` that are not fields.
const OF_LEAD: [&str; 4] = ["lead_id", "created_at", "known_from", "known_to"];

/// Columns of `event` that are not attributes.
const OF_EVENT: [&str; 5] = ["lead_id", "kind", "at", "known_at", "known_to"];

impl RequestColumns {
    pub(crate) fn of_lead(schema: &Schema, used: &[FieldRef]) -> RequestColumns {
        RequestColumns::new("lead", schema, &OF_LEAD, used)
    }

    pub(crate) fn of_event(schema: &Schema, used: &[FieldRef]) -> RequestColumns {
        RequestColumns::new("event", schema, &OF_EVENT, used)
    }

    fn new(relation: &'static str, schema: &Schema, given: &[&str], used: &[FieldRef]) -> RequestColumns {
        let is_used = |name: &str| used.iter().any(|field| field.name() == name);
        let mut fields: Vec<RequestField> = schema
            .fields()
            .iter()
            .filter(|field| !given.contains(&field.name().as_str()))
            .map(|field| RequestField {
                name: field.name().clone(),
                data_type: field.data_type().clone(),
                is_used: is_used(field.name()),
            })
            .collect();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        let position = |used: &FieldRef| {
            fields.binary_search_by(|field| field.name.as_str().cmp(used.name())).map_err(|_| used.name().clone())
        };
        let used = used.iter().map(position).collect();
        RequestColumns { relation, fields, used }
    }

    /// Returns the lead's used columns, its row so many times.
    pub(crate) fn lead_arrays(&self, lead: &Lead, rows: usize) -> Result<Vec<ArrayRef>, Error> {
        let created_at = lead.created_at.timestamp_micros();
        self.arrays(&vec![&lead.fields; rows], |name| match name {
            "lead_id" => text(vec![Some(lead.lead_id.as_str()); rows]),
            "created_at" => timestamp_array(vec![Some(created_at); rows]),
            // A request's values have always been known.
            _ => timestamp_array(vec![None; rows]),
        })
    }

    /// Returns the events' used columns.
    pub(crate) fn event_arrays(&self, lead: &Lead, events: &[Event]) -> Result<Vec<ArrayRef>, Error> {
        let attributes: Vec<&BTreeMap<String, FieldValue>> = events.iter().map(|event| &event.attributes).collect();
        self.arrays(&attributes, |name| match name {
            "lead_id" => text(vec![Some(lead.lead_id.as_str()); events.len()]),
            "kind" => text(events.iter().map(|event| Some(event.kind.as_str())).collect()),
            "at" => timestamp_array(events.iter().map(|event| Some(event.at.timestamp_micros()))),
            _ => timestamp_array(events.iter().map(|event| Some(event.known_at.timestamp_micros()))),
        })
    }

    fn arrays(
        &self,
        rows: &[&BTreeMap<String, FieldValue>],
        given: impl Fn(&str) -> ArrayRef,
    ) -> Result<Vec<ArrayRef>, Error> {
        let values = self.values(rows)?;
        let of_field = |position: usize| &values[position * rows.len()..(position + 1) * rows.len()];
        for (position, field) in self.fields.iter().enumerate().filter(|(_, field)| !field.is_used) {
            for (row, value) in of_field(position).iter().enumerate() {
                fits(&field.data_type, value).map_err(|expected| self.wrong(position, row, value, expected))?;
            }
        }
        let arrays = self.used.iter().map(|used| match used {
            Err(name) => Ok(given(name)),
            Ok(position) => array(&self.fields[*position].data_type, of_field(*position))
                .map_err(|(row, expected)| self.wrong(*position, row, of_field(*position)[row], expected)),
        });
        arrays.collect()
    }

    /// Returns the fields' values, field by field. Both sides are ordered by name, so they are merged.
    fn values<'a>(&self, rows: &[&'a BTreeMap<String, FieldValue>]) -> Result<Vec<&'a FieldValue>, Error> {
        let mut values: Vec<&FieldValue> = vec![&FieldValue::Missing; self.fields.len() * rows.len()];
        for (row, given) in rows.iter().enumerate() {
            let mut fields = self.fields.iter().enumerate();
            for (name, value) in *given {
                let Some((position, _)) = fields.find(|(_, field)| field.name == *name) else {
                    let known = self.fields.iter().map(|field| field.name.clone()).collect();
                    return Err(Error::UnknownField { relation: self.relation, row, field: name.clone(), known });
                };
                values[position * rows.len() + row] = value;
            }
        }
        Ok(values)
    }

    fn wrong(&self, position: usize, row: usize, value: &FieldValue, expected: &'static str) -> Error {
        Error::FieldType {
            relation: self.relation,
            row,
            field: self.fields[position].name.clone(),
            found: serde_json::to_string(value).unwrap_or_default(),
            expected,
        }
    }
}

const TIMESTAMP: &str = "a timestamp such as `2026-03-01T09:30:00Z`";

/// Checks that a value fits a column; if not, returns what would.
fn fits(data_type: &DataType, value: &FieldValue) -> Result<(), &'static str> {
    match data_type {
        DataType::Boolean => flag(value).map(|_| ()),
        DataType::Float64 => number(value).map(|_| ()),
        DataType::Int64 => whole(value).map(|_| ()),
        DataType::Timestamp(..) => micros(value).map(|_| ()),
        _ => category(value).map(|_| ()),
    }
}

/// Returns a column of values; if one does not fit, its row and what would.
fn array(data_type: &DataType, values: &[&FieldValue]) -> Result<ArrayRef, (usize, &'static str)> {
    Ok(match data_type {
        DataType::Boolean => Arc::new(BooleanArray::from(each(values, flag)?)),
        DataType::Float64 => Arc::new(Float64Array::from(each(values, number)?)),
        DataType::Int64 => Arc::new(Int64Array::from(each(values, whole)?)),
        DataType::Timestamp(..) => timestamp_array(each(values, micros)?),
        _ => text(each(values, category)?),
    })
}

fn each<'a, T>(
    values: &[&'a FieldValue],
    read: impl Fn(&'a FieldValue) -> Result<Option<T>, &'static str>,
) -> Result<Vec<Option<T>>, (usize, &'static str)> {
    values.iter().enumerate().map(|(row, value)| read(value).map_err(|expected| (row, expected))).collect()
}

fn flag(value: &FieldValue) -> Result<Option<bool>, &'static str> {
    match value {
        FieldValue::Missing => Ok(None),
        FieldValue::Flag(flag) => Ok(Some(*flag)),
        _ => Err("true or false"),
    }
}

fn number(value: &FieldValue) -> Result<Option<f64>, &'static str> {
    match value {
        FieldValue::Missing => Ok(None),
        FieldValue::Number(number) if number.is_finite() => Ok(Some(*number)),
        _ => Err("a number"),
    }
}

fn whole(value: &FieldValue) -> Result<Option<i64>, &'static str> {
    match number(value)? {
        Some(number) if number.fract() != 0.0 || number.abs() > 9e15 => Err("a whole number"),
        number => Ok(number.map(|number| number as i64)),
    }
}

fn micros(value: &FieldValue) -> Result<Option<i64>, &'static str> {
    match value {
        FieldValue::Missing => Ok(None),
        FieldValue::Text(text) => timestamp::parse(text).map(Some).ok_or(TIMESTAMP),
        _ => Err(TIMESTAMP),
    }
}

fn category(value: &FieldValue) -> Result<Option<&str>, &'static str> {
    match value {
        FieldValue::Missing => Ok(None),
        FieldValue::Text(text) => Ok(Some(text)),
        _ => Err("text"),
    }
}

fn text(texts: Vec<Option<&str>>) -> ArrayRef {
    Arc::new(StringArray::from(texts))
}
