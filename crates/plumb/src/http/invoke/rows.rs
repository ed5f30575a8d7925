//! The bodies that are read, each by its own reader, which the content type chooses and nothing else:
//!
//! - `text/csv`: a row a line, positional, no header, an empty cell is missing. `label_size=1` says that a label comes
//!   first, `header=present` that the first line has the features' names, in any order.
//! - `application/json`: `{"instances": [...]}`, or one instance alone.
//! - `application/jsonlines`: an instance a line.
//! - `text/libsvm` and `application/x-recordio-protobuf`: numbers by position, categories by their code.
//!
//! An instance is a list in the model's order, or an object: `{"features": list or names}`,
//! `{"data": {"features": {"values": list}}}`, `{"lead_id"}`, `{"lead", "events"}`, or names with values.

use chrono::{DateTime, Utc};
use plumb_lead::{Feature, FeatureSet};
use serde_json::{Map, Value};

use super::form::Form;
use super::{libsvm, recordio};
use crate::http::error::Error;
use crate::http::subject::{self, Asked, Subject};
use crate::http::variants::Chosen;
use crate::http::wire::Fields;
use crate::http::{csv_rows, plain_rows};

/// The words by which an instance says what it is; without one of them it is named features.
pub(in crate::http) const WORDS: [&str; 5] = ["features", "data", "lead", "lead_id", "events"];

/// Reads a body for the variant that answers. The form is the one in which it is answered if the caller does not mind.
pub(in crate::http) fn read(
    content_type: Option<&str>,
    body: &[u8],
    chosen: &Chosen,
    as_of: DateTime<Utc>,
) -> Result<(Asked, Form), Error> {
    let mut parts = content_type.unwrap_or_default().split(';').map(|part| part.trim().to_ascii_lowercase());
    let kind = parts.next().unwrap_or_default();
    let features = &chosen.answering.scorer.artifact.model.features;
    let reader = Reader { features, as_of };
    match kind.as_str() {
        "text/csv" => {
            let layout = csv_rows::Layout::of_parameters(parts)?;
            let plain = chosen.plain_rows(|scorer| plain_rows::csv(body, layout, scorer));
            Ok((Asked::plain_or(plain, || csv_rows::read(body, &features.features, layout))?, Form::Csv))
        }
        "application/json" => {
            let plain = chosen.plain_rows(|scorer| plain_rows::instances(body, scorer));
            Ok((Asked::plain_or(plain, || reader.json(body))?, Form::Json))
        }
        "application/jsonlines" | "application/x-jsonlines" => {
            let plain = chosen.plain_rows(|scorer| plain_rows::json_lines(body, scorer));
            Ok((Asked::plain_or(plain, || reader.json_lines(body))?, Form::JsonLines))
        }
        // Such a caller who does not mind is answered by CSV, as the XGBoost container does.
        "text/libsvm" | "text/x-libsvm" => {
            let first = libsvm::first_index(parts)?;
            Ok((Asked::Subjects(libsvm::read(body, &features.features, first)?), Form::Csv))
        }
        "application/x-recordio-protobuf" => {
            Ok((Asked::Subjects(recordio::read(body, &features.features)?), Form::Csv))
        }
        _ => Err(Error::content_type(
            content_type,
            "CSV (text/csv), JSON (application/json), JSON Lines (application/jsonlines), libsvm (text/libsvm) or \
             RecordIO (application/x-recordio-protobuf)",
        )),
    }
}

struct Reader<'a> {
    features: &'a FeatureSet,
    as_of: DateTime<Utc>,
}

impl Reader<'_> {
    fn json(&self, body: &[u8]) -> Result<Vec<Subject>, Error> {
        let value =
            serde_json::from_slice(body).map_err(|error| Error::request(format!("the body is not JSON: {error}")))?;
        match value {
            Value::Object(mut fields) if fields.contains_key("instances") => {
                let instances = fields.remove("instances").unwrap_or_default();
                if let Some(other) = fields.keys().next() {
                    return Err(Error::field(other.as_str(), "is not known beside `instances`"));
                }
                self.instances(instances)
            }
            value => Ok(vec![self.instance(value, "")?]),
        }
    }

    fn json_lines(&self, body: &[u8]) -> Result<Vec<Subject>, Error> {
        let lines = body.split(|byte| *byte == b'\n').enumerate();
        let filled = lines.filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace));
        let subjects = filled.map(|(index, line)| {
            let place = format!("line {}", index + 1);
            let value = serde_json::from_slice(line)
                .map_err(|error| Error::request(format!("{place} is not JSON: {error}")))?;
            self.instance(value, &place)
        });
        subjects.collect()
    }

    fn instances(&self, value: Value) -> Result<Vec<Subject>, Error> {
        match value {
            Value::Array(list) if !list.is_empty() => {
                let each = list.into_iter().enumerate();
                each.map(|(row, instance)| self.instance(instance, &format!("instances[{row}]"))).collect()
            }
            Value::Array(_) => Err(Error::field("instances", "is empty: expected at least one row")),
            _ => Err(Error::field("instances", "is not a list: expected a list of rows")),
        }
    }

    fn instance(&self, value: Value, path: &str) -> Result<Subject, Error> {
        let value = match value {
            list @ Value::Array(_) => Map::from_iter([("features".to_owned(), list)]).into(),
            Value::Object(fields) if !WORDS.iter().any(|word| fields.contains_key(*word)) => {
                Map::from_iter([("features".to_owned(), Value::Object(fields))]).into()
            }
            other => other,
        };
        let mut fields = Fields::of(value, path)?;
        if let Some(mut data) = fields.object("data")? {
            let mut inner =
                data.object("features")?.ok_or_else(|| Error::field(data.path_of("features"), "is missing"))?;
            let values = inner.take("values").ok_or_else(|| Error::field(inner.path_of("values"), "is missing"))?;
            inner.no_more()?;
            data.no_more()?;
            fields.no_more()?;
            return self.instance(values, &format!("{path}.data.features.values"));
        }
        let order: Vec<&str> = self.features.features.iter().map(|feature: &Feature| feature.name.as_str()).collect();
        let subject = Subject::read(&mut fields, &order)?;
        fields.no_more()?;
        subject::check_created(&subject, path, self.as_of)?;
        Ok(subject)
    }
}
