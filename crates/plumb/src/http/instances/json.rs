//! JSON instances, as callers of InvokeEndpoint send them: `{"instances": [...]}`, one instance alone, or an instance a line.
//!
//! An instance is a list in the model's order, or an object: `{"features": list or names}`,
//! `{"data": {"features": {"values": list}}}`, `{"lead_id"}`, `{"lead", "events"}`, or names with values.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::fast_path;
use super::form_names::FORM_NAMES;
use super::named::{FeaturesInput, InstanceInput, feature_names};
use crate::http::cost;
use crate::http::error::Error;
use crate::http::json;
use crate::http::middleware::request_memory::RequestMemory;
use crate::serving::{InferenceRequest, Instance, RoutedVariant};

/// `{"data": {"features": {"values": list}}}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DataInput {
    data: DataFeatures,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DataFeatures {
    features: DataValues,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DataValues {
    values: Value,
}

/// Reads a body of JSON.
pub(super) fn read(
    body: &[u8],
    routed: &RoutedVariant,
    as_of: DateTime<Utc>,
    memory: &RequestMemory,
) -> Result<InferenceRequest, Error> {
    if routed.takes_rows()
        && let Some(rows) = fast_path::instances(body, routed.scorer(), memory)?
    {
        return Ok(InferenceRequest::Rows(rows, None));
    }
    memory.need_for_json()?;
    let parser = InstanceParser { order: feature_names(routed.scorer()), as_of, memory };
    let instances = match json::parse(body)? {
        Value::Object(mut fields) if fields.contains_key("instances") => {
            let instances = fields.remove("instances").unwrap_or_default();
            if let Some(other) = fields.keys().next() {
                return Err(Error::field(other.as_str(), "is not known beside `instances`"));
            }
            parser.list(instances)?
        }
        value => vec![parser.instance(value, "")?],
    };
    Ok(InferenceRequest::Instances(instances))
}

/// Reads an instance a line.
pub(super) fn read_lines(
    body: &[u8],
    routed: &RoutedVariant,
    as_of: DateTime<Utc>,
    memory: &RequestMemory,
) -> Result<InferenceRequest, Error> {
    if routed.takes_rows()
        && let Some(rows) = fast_path::json_lines(body, routed.scorer(), memory)?
    {
        return Ok(InferenceRequest::Rows(rows, None));
    }
    memory.need_for_json()?;
    let parser = InstanceParser { order: feature_names(routed.scorer()), as_of, memory };
    let lines = body.split(|byte| *byte == b'\n').enumerate();
    let filled = lines.filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace));
    let instances = filled.enumerate().map(|(row, (index, line))| {
        cost::check_rows(memory, row + 1)?;
        let place = format!("line {}", index + 1);
        let value =
            serde_json::from_slice(line).map_err(|error| Error::request(format!("{place} is not JSON: {error}")))?;
        parser.instance(value, &place)
    });
    Ok(InferenceRequest::Instances(instances.collect::<Result<_, Error>>()?))
}

struct InstanceParser<'a> {
    /// The names of the model's features, for lists.
    order: Vec<&'a str>,
    as_of: DateTime<Utc>,
    memory: &'a RequestMemory,
}

impl InstanceParser<'_> {
    fn list(&self, value: Value) -> Result<Vec<Instance>, Error> {
        match value {
            Value::Array(list) if !list.is_empty() => {
                cost::check_rows(self.memory, list.len())?;
                let each = list.into_iter().enumerate();
                each.map(|(row, instance)| self.instance(instance, &format!("instances[{row}]"))).collect()
            }
            Value::Array(_) => Err(Error::field("instances", "is empty: expected at least one row")),
            _ => Err(Error::field("instances", "is not a list: expected a list of rows")),
        }
    }

    fn instance(&self, value: Value, path: &str) -> Result<Instance, Error> {
        match &value {
            Value::Array(_) => self.features(value, path),
            Value::Object(fields) if !FORM_NAMES.iter().any(|name| fields.contains_key(*name)) => {
                self.features(value, path)
            }
            Value::Object(fields) if fields.get("data").is_some_and(|data| !data.is_null()) => {
                let DataInput { data: DataFeatures { features: DataValues { values } } } = json::read(value, path)?;
                self.instance(values, &format!("{path}.data.features.values"))
            }
            _ => {
                let mut value = value;
                if let Value::Object(fields) = &mut value {
                    fields.remove("data");
                }
                let instance = json::read::<InstanceInput>(value, path)?.into_instance(path, &self.order)?;
                check_created(&instance, path, self.as_of)?;
                Ok(instance)
            }
        }
    }

    fn features(&self, value: Value, path: &str) -> Result<Instance, Error> {
        let features = json::read::<FeaturesInput>(value, path)?.by_name(path, &self.order)?;
        Ok(Instance::Features { lead_id: None, features })
    }
}

/// Refuses a lead that was created after the time as of which it is scored. `path` is where its instance stands in the body.
pub(in crate::http) fn check_created(instance: &Instance, path: &str, as_of: DateTime<Utc>) -> Result<(), Error> {
    let Some(created_at) = instance.created_after(as_of) else { return Ok(()) };
    let field = if path.is_empty() { "lead.created_at".to_owned() } else { format!("{path}.lead.created_at") };
    let problem = format!("is {}, which is after `as_of` {}", created_at.to_rfc3339(), as_of.to_rfc3339());
    Err(Error::field(field, &problem))
}
