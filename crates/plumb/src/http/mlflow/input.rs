//! The inputs of MLflow's callers: rows or columns under one of four names.

use std::collections::BTreeMap;
use std::fmt;

use plumb_lead::FieldValue;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::http::cost;
use crate::http::error::Error;
use crate::http::instances::{FeaturesInput, PlainValue, fast_mlflow, feature_names};
use crate::http::json;
use crate::http::limits::NAME_BYTES_MAX;
use crate::http::middleware::request_memory::RequestMemory;
use crate::serving::{InferenceRequest, Instance, RoutedVariant};

/// The names of an input; a body has one of them.
const NAMES: [&str; 4] = ["dataframe_split", "dataframe_records", "instances", "inputs"];

type Row = BTreeMap<String, FieldValue>;

/// A body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Parameters are for models that take some; ours take none, and MLflow's callers may send an empty object.
    #[serde(rename = "params")]
    _params: Option<IgnoredAny>,
    dataframe_split: Option<Split>,
    dataframe_records: Option<Vec<FeaturesInput>>,
    instances: Option<Vec<FeaturesInput>>,
    inputs: Option<Inputs>,
}

/// `{"columns": [names], "data": [[values]]}`, and an `index`, which is ignored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Split {
    #[serde(rename = "index")]
    _index: Option<IgnoredAny>,
    #[serde(default)]
    columns: Option<Vec<String>>,
    data: Vec<Vec<PlainValue>>,
}

/// Rows, or columns: `{"name": [a value a row]}`.
enum Inputs {
    Rows(Vec<FeaturesInput>),
    Columns(BTreeMap<String, Vec<PlainValue>>),
}

struct InputsVisitor;

impl<'de> Visitor<'de> for InputsVisitor {
    type Value = Inputs;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of rows, or an object of columns")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Inputs, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = list.next_element()? {
            rows.push(row);
        }
        Ok(Inputs::Rows(rows))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Inputs, A::Error> {
        let mut columns = BTreeMap::new();
        while let Some((name, values)) = map.next_entry()? {
            columns.insert(name, values);
        }
        Ok(Inputs::Columns(columns))
    }
}

impl<'de> Deserialize<'de> for Inputs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Inputs, D::Error> {
        deserializer.deserialize_any(InputsVisitor)
    }
}

/// Reads a body for the variant that scores it.
pub(in crate::http) fn read(
    body: &[u8],
    routed: &RoutedVariant,
    memory: &RequestMemory,
) -> Result<InferenceRequest, Error> {
    if routed.takes_rows()
        && let Some(rows) = fast_mlflow(body, routed.scorer(), memory)?
    {
        return Ok(InferenceRequest::Rows(rows, None));
    }
    // Rows are made of columns and of lists, beside the JSON that they come from.
    let values = memory.shape.commas + memory.shape.openings;
    let named = cost::NAMED_CELL_BYTES.saturating_mul(values);
    memory.need(memory.shape.json_bytes().saturating_add(named), || "the body's JSON".to_owned())?;
    let rows = rows(body, &feature_names(routed.scorer()))?;
    cost::check_rows(memory, rows.len())?;
    let instances = rows.into_iter().map(|features| Instance::Features { lead_id: None, features });
    Ok(InferenceRequest::Instances(instances.collect()))
}

/// Reads the rows of a body. `order` names the values of a row that is a list.
fn rows(body: &[u8], order: &[&str]) -> Result<Vec<Row>, Error> {
    let input: Input = json::read(json::parse(body)?, "")?;
    let Input { dataframe_split, dataframe_records, instances, inputs, .. } = input;
    let rows = match (dataframe_split, dataframe_records, instances, inputs) {
        (Some(split), None, None, None) => split_rows(split),
        (None, Some(rows), None, None) => by_name(rows, "dataframe_records", order),
        (None, None, Some(rows), None) => by_name(rows, "instances", order),
        (None, None, None, Some(Inputs::Rows(rows))) => by_name(rows, "inputs", order),
        (None, None, None, Some(Inputs::Columns(columns))) => column_rows(columns),
        _ => {
            let names = NAMES.join("`, `");
            Err(Error::request(format!("the body must have exactly one of the input fields `{names}`")))
        }
    }?;
    if rows.is_empty() { Err(Error::request("the input is empty: expected at least one row")) } else { Ok(rows) }
}

fn by_name(rows: Vec<FeaturesInput>, name: &str, order: &[&str]) -> Result<Vec<Row>, Error> {
    let rows = rows.into_iter().enumerate();
    rows.map(|(index, row)| row.by_name(&format!("{name}[{index}]"), order)).collect()
}

/// A column's name is repeated in each of its rows.
fn check_name(name: &str, place: &str) -> Result<(), Error> {
    if name.len() > NAME_BYTES_MAX {
        let problem = format!("has a name of {} bytes: expected at most {NAME_BYTES_MAX}", name.len());
        return Err(Error::field(place, &problem));
    }
    Ok(())
}

fn split_rows(split: Split) -> Result<Vec<Row>, Error> {
    let names = split.columns.unwrap_or_default();
    names.iter().try_for_each(|name| check_name(name, "dataframe_split.columns"))?;
    let rows = split.data.into_iter().enumerate().map(|(index, values)| {
        if values.len() != names.len() {
            let problem = format!("has {} values: expected {}", values.len(), names.len());
            return Err(Error::field(format!("dataframe_split.data[{index}]"), &problem));
        }
        Ok(names.iter().cloned().zip(values.into_iter().map(|PlainValue(value)| value)).collect())
    });
    rows.collect()
}

fn column_rows(columns: BTreeMap<String, Vec<PlainValue>>) -> Result<Vec<Row>, Error> {
    let mut rows: Vec<Row> = Vec::new();
    let mut length = None;
    for (name, values) in columns {
        check_name(&name, "inputs")?;
        if *length.get_or_insert(values.len()) != values.len() {
            let path = format!("inputs.{name}");
            return Err(Error::field(path, "has another length than the columns before"));
        }
        rows.resize_with(values.len(), Row::new);
        for (row, PlainValue(value)) in rows.iter_mut().zip(values) {
            row.insert(name.clone(), value);
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Result<&str, &str>) {
        let found = rows(body.as_bytes(), &["age", "channel"]);
        let found =
            found.map(|rows| serde_json::to_string(&rows).expect("plain values")).map_err(|error| error.message);
        match expected {
            Ok(expected) => assert_eq!(found.as_deref(), Ok(expected), "{body}"),
            Err(part) => assert!(found.as_ref().is_err_and(|message| message.contains(part)), "{body}: {found:?}"),
        }
    }

    #[test]
    fn all_inputs_give_the_same_rows() {
        let rows = r#"[{"age":30.0,"channel":"email"},{"age":null,"channel":"fair"}]"#;
        check(r#"{"dataframe_split":{"columns":["age","channel"],"data":[[30,"email"],[null,"fair"]]}}"#, Ok(rows));
        check(r#"{"dataframe_records":[{"age":30,"channel":"email"},{"age":null,"channel":"fair"}]}"#, Ok(rows));
        check(r#"{"instances":[[30,"email"],{"channel":"fair","age":null}],"params":{}}"#, Ok(rows));
        check(r#"{"inputs":{"channel":["email","fair"],"age":[30,null]}}"#, Ok(rows));
        check(r#"{"inputs":[[30,"email"],[null,"fair"]]}"#, Ok(rows));
    }

    #[test]
    fn a_body_has_exactly_one_input() {
        check("[1]", Err("expected an object"));
        check("{}", Err("exactly one of"));
        check(r#"{"inputs":[[1,"a"]],"instances":[[1,"a"]]}"#, Err("exactly one of"));
        check(r#"{"instances":[]}"#, Err("is empty"));
        check(r#"{"instances":3}"#, Err("`instances` is a number: expected a list"));
        check(r#"{"instances":[[1]]}"#, Err("`instances[0]` has 1 values: expected the model's 2 features"));
        check(r#"{"inputs":{"age":[1,2],"channel":["a"]}}"#, Err("another length"));
        check(
            r#"{"dataframe_split":{"columns":[1],"data":[[1]]}}"#,
            Err("`dataframe_split.columns[0]` is a number: expected text"),
        );
        check(r#"{"dataframe_split":{"columns":["age"]}}"#, Err("`dataframe_split.data` is missing"));
        check(r#"{"colour":1}"#, Err("`colour` is not known"));
    }
}
