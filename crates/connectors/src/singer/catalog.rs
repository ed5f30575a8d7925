//! The catalog of a tap: its streams, those of them that are wanted, and what it is told of them.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// A value as it was written: schemas have numbers of more digits than any type of ours.
type Fields = BTreeMap<String, Box<RawValue>>;

/// Which streams are wanted.
pub(crate) struct Choice<'a> {
    /// By their name or their `tap_stream_id`; empty is all.
    pub(crate) streams: &'a [String],
    /// What is written into the catalog, by the same names; `*` is all streams.
    pub(crate) metadata: &'a BTreeMap<String, Map<String, Value>>,
}

/// Returns the catalog with the wanted streams selected, and all their fields.
pub(crate) fn select(catalog: &[u8], choice: &Choice) -> Result<String, String> {
    let mut catalog: Fields =
        serde_json::from_slice(catalog).map_err(|error| format!("it is no JSON object: {error}"))?;
    let streams = catalog.get("streams").ok_or("it has no `streams`")?;
    let mut streams: Vec<Fields> =
        serde_json::from_str(streams.get()).map_err(|error| format!("its `streams` cannot be read: {error}"))?;
    let known: Vec<[String; 2]> = streams.iter().map(names).collect();
    for wanted in choice.streams.iter().chain(choice.metadata.keys()) {
        if wanted != "*" && !known.iter().flatten().any(|name| name == wanted) {
            let known: Vec<&str> = known.iter().map(|[id, _]| id.as_str()).collect();
            return Err(format!("there is no stream `{wanted}`; there are: {}", known.join(", ")));
        }
    }
    for (stream, names) in streams.iter_mut().zip(&known) {
        let is_wanted = choice.streams.is_empty() || names.iter().any(|name| choice.streams.contains(name));
        let told = choice.metadata.iter().filter(|(name, _)| *name == "*" || names.contains(name));
        let told: Map<String, Value> = told.flat_map(|(_, fields)| fields.clone()).collect();
        mark(stream, is_wanted, &told).map_err(|error| format!("the stream `{}` cannot be read: {error}", names[0]))?;
    }
    catalog.insert("streams".into(), raw(&streams)?);
    serde_json::to_string(&catalog).map_err(|error| error.to_string())
}

fn names(stream: &Fields) -> [String; 2] {
    ["tap_stream_id", "stream"].map(|field| {
        let value = stream.get(field).or_else(|| stream.get("stream")).or_else(|| stream.get("tap_stream_id"));
        value.and_then(|value| serde_json::from_str(value.get()).ok()).unwrap_or_default()
    })
}

/// Selects a stream, or not, in each of the three places in which taps of different ages look for it.
fn mark(stream: &mut Fields, is_wanted: bool, told: &Map<String, Value>) -> Result<(), String> {
    stream.insert("selected".into(), raw(&is_wanted)?);
    for (name, value) in told {
        let name = name.replace('-', "_");
        if ["replication_method", "replication_key", "key_properties"].contains(&name.as_str()) {
            stream.insert(name, raw(value)?);
        }
    }
    if let Some(schema) = stream.get("schema") {
        let mut schema: Fields = serde_json::from_str(schema.get()).map_err(|error| error.to_string())?;
        schema.insert("selected".into(), raw(&is_wanted)?);
        stream.insert("schema".into(), raw(&schema)?);
    }
    let metadata = stream.get("metadata").map(|metadata| serde_json::from_str(metadata.get()));
    let mut metadata: Vec<Value> = metadata.transpose().map_err(|error| error.to_string())?.unwrap_or_default();
    if !metadata.iter().any(|entry| entry["breadcrumb"] == json!([])) {
        metadata.push(json!({"breadcrumb": [], "metadata": {}}));
    }
    for entry in &mut metadata {
        let is_stream = entry["breadcrumb"] == json!([]);
        let Some(fields) = entry.get_mut("metadata").and_then(Value::as_object_mut) else { continue };
        if is_stream {
            fields.extend(told.clone());
        }
        if fields.get("inclusion").is_none_or(|inclusion| inclusion != "unsupported") {
            fields.insert("selected".into(), is_wanted.into());
        }
    }
    stream.insert("metadata".into(), raw(&metadata)?);
    Ok(())
}

fn raw(value: &impl serde::Serialize) -> Result<Box<RawValue>, String> {
    serde_json::value::to_raw_value(value).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CATALOG: &str = r#"{"streams": [
        {"tap_stream_id": "public-leads", "stream": "leads", "schema": {"properties": {"n": {"maximum": 12345678901234567890123}}},
         "metadata": [{"breadcrumb": ["properties", "n"], "metadata": {"inclusion": "available"}},
                      {"breadcrumb": ["properties", "x"], "metadata": {"inclusion": "unsupported"}}]},
        {"tap_stream_id": "b", "schema": {}}]}"#;

    fn selected(streams: &[&str], metadata: Value) -> Result<Value, String> {
        let streams: Vec<String> = streams.iter().map(|name| (*name).to_owned()).collect();
        let metadata = serde_json::from_value(metadata).expect("maps");
        let catalog = select(CATALOG.as_bytes(), &Choice { streams: &streams, metadata: &metadata })?;
        assert!(catalog.contains("12345678901234567890123"), "digits stay");
        Ok(serde_json::from_str(&catalog).expect("it is JSON"))
    }

    #[test]
    fn all_or_some_streams_are_selected_with_their_fields() {
        let all = selected(&[], json!({})).expect("it is one");
        assert!((0..2).all(|number| all["streams"][number]["selected"] == true));
        for name in ["leads", "public-leads"] {
            let one = selected(&[name], json!({})).expect("it is one");
            let of = |number: usize| one["streams"][number].clone();
            assert_eq!((&of(0)["schema"]["selected"], &of(1)["schema"]["selected"]), (&true.into(), &false.into()));
            let told: Vec<Value> =
                (0..3).map(|entry| of(0)["metadata"][entry]["metadata"]["selected"].clone()).collect();
            assert_eq!(told, [json!(true), Value::Null, json!(true)]);
            assert_eq!(of(1)["metadata"], json!([{"breadcrumb": [], "metadata": {"selected": false}}]));
        }
    }

    #[test]
    fn metadata_reaches_the_stream_and_an_unknown_one_is_refused() {
        let told = json!({"leads": {"replication-method": "INCREMENTAL", "replication-key": "n"}});
        let catalog = selected(&[], told).expect("it is one");
        assert_eq!(catalog["streams"][0]["replication_key"], "n");
        assert_eq!(catalog["streams"][0]["metadata"][2]["metadata"]["replication-method"], "INCREMENTAL");
        let error = selected(&["lead"], json!({})).expect_err("there is none");
        assert_eq!(error, "there is no stream `lead`; there are: public-leads, b");
        assert!(select(b"[]", &Choice { streams: &[], metadata: &BTreeMap::new() }).is_err());
    }
}
