//! Tensors, one a feature, turned into rows.

use std::collections::BTreeMap;

use plumb_lead::FieldValue;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::http::cost;
use crate::http::error::Error;
use crate::http::instances::{Text, usable};
use crate::http::limits::NAME_BYTES_MAX;
use crate::http::middleware::request_memory::RequestMemory;

/// One tensor of a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TensorInput {
    name: Text,
    datatype: Text,
    shape: Option<Vec<Value>>,
    data: Vec<Value>,
    #[serde(rename = "parameters")]
    _parameters: Option<IgnoredAny>,
}

/// Returns a row for each value of the tensors, which all have the same length.
pub(super) fn rows(
    inputs: Vec<TensorInput>,
    memory: &RequestMemory,
) -> Result<Vec<BTreeMap<String, FieldValue>>, Error> {
    need(&inputs, memory)?;
    let mut rows: Vec<BTreeMap<String, FieldValue>> = Vec::new();
    for (index, tensor) in inputs.into_iter().enumerate() {
        let path = format!("inputs[{index}]");
        let TensorInput { name: Text(name), datatype: Text(datatype), shape, data, .. } = tensor;
        let mut flat = Vec::new();
        flatten(data, &mut flat);
        let sizes: Option<Vec<u64>> = shape.unwrap_or_default().iter().map(Value::as_u64).collect();
        let length = flat.len() as u64;
        if !matches!(sizes.as_deref(), Some([rows] | [rows, 1]) if *rows == length) {
            let problem = format!("does not fit {length} values: expected [{length}] or [{length}, 1]");
            return Err(Error::field(format!("{path}.shape"), &problem));
        }
        if index > 0 && rows.len() != flat.len() {
            return Err(Error::field(path, "has another length than the tensors before"));
        }
        rows.resize_with(flat.len(), BTreeMap::new);
        for (row, value) in rows.iter_mut().zip(flat) {
            row.insert(name.clone(), cell(&value, &datatype, &path)?);
        }
    }
    if rows.is_empty() { Err(Error::field("inputs", "has no values")) } else { Ok(rows) }
}

/// Checks the size of what the tensors are made into, and reserves the memory for it beside the body's JSON.
fn need(inputs: &[TensorInput], memory: &RequestMemory) -> Result<(), Error> {
    for (index, TensorInput { name: Text(name), data, .. }) in inputs.iter().enumerate() {
        if name.len() > NAME_BYTES_MAX {
            let problem = format!("has {} bytes: expected at most {NAME_BYTES_MAX}", name.len());
            return Err(Error::field(format!("inputs[{index}].name"), &problem));
        }
        cost::check_rows(memory, length(data))?;
    }
    let cells: usize = inputs.iter().map(|tensor| length(&tensor.data)).sum();
    let named = cost::NAMED_CELL_BYTES.saturating_mul(cells);
    memory.need(memory.shape.json_bytes().saturating_add(named), || format!("{cells} values"))
}

/// Returns how many values nested lists have.
fn length(list: &[Value]) -> usize {
    let lengths = list.iter().map(|value| match value {
        Value::Array(inner) => length(inner),
        _ => 1,
    });
    lengths.sum()
}

/// Data may be nested as its shape, or flat. The JSON parser has bounded the depth.
fn flatten(list: Vec<Value>, flat: &mut Vec<Value>) {
    for value in list {
        match value {
            Value::Array(inner) => flatten(inner, flat),
            value => flat.push(value),
        }
    }
}

fn cell(value: &Value, datatype: &str, path: &str) -> Result<FieldValue, Error> {
    let cell = match (datatype, value) {
        (_, Value::Null) => Some(FieldValue::Missing),
        ("BOOL", Value::Bool(flag)) => Some(FieldValue::Flag(*flag)),
        ("BYTES", Value::String(text)) => Some(FieldValue::Text(text.clone())),
        ("FP16" | "FP32" | "FP64", Value::Number(number)) => number.as_f64().and_then(usable).map(FieldValue::Number),
        (kind, Value::Number(number)) if kind.starts_with("INT") || kind.starts_with("UINT") => {
            number.as_f64().filter(|number| number.fract() == 0.0).and_then(usable).map(FieldValue::Number)
        }
        _ => None,
    };
    cell.ok_or_else(|| Error::field(format!("{path}.data"), &format!("has `{value}`, which is no {datatype}")))
}
