//! `POST /invocations` with JSON: rows as MLflow's scoring server takes them, and `{"predictions": [0.7]}` back.
//!
//! SageMaker's XGBoost container reads no JSON at this path, and MLflow's CSV has a header, which `header=present` in the
//! content type says; so the content type alone says whose caller it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use plumb_lead::FieldValue;
use serde_json::{Map, Value, json};

use super::App;
use super::error::Error;
use super::invoke::of_type;
use super::plain_rows;
use super::subject::{self, Asked, Subject};
use super::variants::Chosen;
use super::wire::{Fields, field_value};
use crate::scoring::Explained;

/// The forms of an input; a body has one of them.
const FORMS: [&str; 4] = ["dataframe_split", "dataframe_records", "instances", "inputs"];

type Row = BTreeMap<String, FieldValue>;

/// Says which program answers.
pub(super) async fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Scores the rows of a body.
pub(super) async fn evaluate(app: &Arc<App>, chosen: &Chosen, body: &[u8]) -> Result<Response, Error> {
    let scored = subject::score(app, chosen, read(body, chosen)?, app.now(), Explained::Not).await?;
    subject::keep(app, chosen, &scored, None).await?;
    let scores: Vec<f64> = scored.predictions.iter().map(|prediction| prediction.score.get()).collect();
    Ok(of_type("application/json", json!({ "predictions": scores }).to_string()))
}

/// Reads a body for the variant that answers.
pub(super) fn read(body: &[u8], chosen: &Chosen) -> Result<Asked, Error> {
    let plain = chosen.plain_rows(|scorer| plain_rows::mlflow(body, scorer));
    let subjects = || -> Result<Vec<Subject>, Error> {
        let rows = rows(body, &subject::feature_names(&chosen.answering.scorer))?;
        Ok(rows.into_iter().map(|features| Subject::Features { lead_id: None, features }).collect())
    };
    Asked::plain_or(plain, subjects)
}

/// Reads the rows of a body. `order` names the values of a row that is a list.
fn rows(body: &[u8], order: &[&str]) -> Result<Vec<Row>, Error> {
    let value: Value =
        serde_json::from_slice(body).map_err(|error| Error::request(format!("the body is not JSON: {error}")))?;
    let mut fields = Fields::of(value, "")?;
    // Parameters are for models that take some; ours take none, and MLflow's callers may send an empty object.
    fields.take("params");
    let mut forms: Vec<(&str, Value)> = FORMS.iter().filter_map(|form| Some((*form, fields.take(form)?))).collect();
    fields.no_more()?;
    let rows = match (forms.pop(), forms.is_empty()) {
        (Some(("dataframe_split", value)), true) => split(value),
        (Some(("inputs", Value::Object(columns))), true) => columns_of(columns, "inputs"),
        (Some((form, Value::Array(list))), true) => each(list, form, order),
        (Some((form, _)), true) => Err(Error::field(form, "is not a list: expected a list of rows")),
        _ => {
            let forms = FORMS.join("`, `");
            Err(Error::request(format!("the body must have exactly one of the input fields `{forms}`")))
        }
    }?;
    if rows.is_empty() { Err(Error::request("the input is empty: expected at least one row")) } else { Ok(rows) }
}

fn each(list: Vec<Value>, path: &str, order: &[&str]) -> Result<Vec<Row>, Error> {
    let rows = list.into_iter().enumerate().map(|(index, value)| {
        let path = format!("{path}[{index}]");
        match value {
            Value::Array(values) => positional(values, order, &path),
            value => Fields::of(value, &path)?.values(),
        }
    });
    rows.collect()
}

/// `{"columns": [names], "data": [[values]]}`, and an `index` that says nothing to us.
fn split(value: Value) -> Result<Vec<Row>, Error> {
    let mut fields = Fields::of(value, "dataframe_split")?;
    fields.take("index");
    let columns = fields.list("columns")?.unwrap_or_default();
    let data = fields.list("data")?.ok_or_else(|| Error::field("dataframe_split.data", "is missing"))?;
    fields.no_more()?;
    let names: Option<Vec<&str>> = columns.iter().map(Value::as_str).collect();
    let names = names.ok_or_else(|| Error::field("dataframe_split.columns", "is not a list of names"))?;
    let rows = data.into_iter().enumerate().map(|(index, row)| {
        let path = format!("dataframe_split.data[{index}]");
        match row {
            Value::Array(values) => positional(values, &names, &path),
            _ => Err(Error::field(path, "is not a list of values")),
        }
    });
    rows.collect()
}

/// `{"name": [a value a row]}`.
fn columns_of(columns: Map<String, Value>, path: &str) -> Result<Vec<Row>, Error> {
    let mut rows: Vec<Row> = Vec::new();
    let mut length = None;
    for (name, values) in columns {
        let path = format!("{path}.{name}");
        let Value::Array(values) = values else { return Err(Error::field(path, "is not a list of values")) };
        if *length.get_or_insert(values.len()) != values.len() {
            return Err(Error::field(path, "has another length than the columns before"));
        }
        rows.resize_with(values.len(), Row::new);
        for (row, value) in rows.iter_mut().zip(values) {
            row.insert(name.clone(), field_value(value, || path.clone())?);
        }
    }
    Ok(rows)
}

fn positional(values: Vec<Value>, order: &[&str], path: &str) -> Result<Row, Error> {
    if values.len() != order.len() {
        return Err(Error::field(path, &format!("has {} values: expected {}", values.len(), order.len())));
    }
    let named = order.iter().zip(values);
    named.map(|(name, value)| Ok(((*name).to_owned(), field_value(value, || format!("{path}.{name}"))?))).collect()
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
    fn all_forms_are_the_same_rows() {
        let rows = r#"[{"age":30.0,"channel":"email"},{"age":null,"channel":"fair"}]"#;
        check(r#"{"dataframe_split":{"columns":["age","channel"],"data":[[30,"email"],[null,"fair"]]}}"#, Ok(rows));
        check(r#"{"dataframe_records":[{"age":30,"channel":"email"},{"age":null,"channel":"fair"}]}"#, Ok(rows));
        check(r#"{"instances":[[30,"email"],{"channel":"fair","age":null}],"params":{}}"#, Ok(rows));
        check(r#"{"inputs":{"channel":["email","fair"],"age":[30,null]}}"#, Ok(rows));
        check(r#"{"inputs":[[30,"email"],[null,"fair"]]}"#, Ok(rows));
    }

    #[test]
    fn a_body_has_exactly_one_form() {
        check("[1]", Err("expected a JSON object"));
        check("{}", Err("exactly one of"));
        check(r#"{"inputs":[[1,"a"]],"instances":[[1,"a"]]}"#, Err("exactly one of"));
        check(r#"{"instances":[]}"#, Err("is empty"));
        check(r#"{"instances":3}"#, Err("is not a list"));
        check(r#"{"instances":[[1]]}"#, Err("`instances[0]` has 1 values: expected 2"));
        check(r#"{"inputs":{"age":[1,2],"channel":["a"]}}"#, Err("another length"));
        check(r#"{"dataframe_split":{"columns":[1],"data":[[1]]}}"#, Err("list of names"));
        check(r#"{"dataframe_split":{"columns":["age"]}}"#, Err("`dataframe_split.data` is missing"));
        check(r#"{"colour":1}"#, Err("`colour` is not known"));
    }
}
