//! Tensors, one a feature, turned into rows.

use std::collections::BTreeMap;

use plumb_lead::FieldValue;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::http::error::Error;
use crate::http::instances::{Text, usable};

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
pub(super) fn rows(inputs: Vec<TensorInput>) -> Result<Vec<BTreeMap<String, FieldValue>>, Error> {
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
