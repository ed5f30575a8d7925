//! The leaves that a JSON Schema promises.

use serde_json::value::RawValue;

use crate::json_fields::{FIELDS_MAX, NAME_BYTES_MAX};
use crate::records::leaves::Path;
use crate::records::object::{Object, text_of};

/// How deep a schema is followed. Deeper fields get their columns when a record has them.
const DEPTH_MAX: usize = 16;

/// Returns the leaves that a schema promises. An object whose fields it does not tell is none: its fields get their columns
/// when a record has them, as all fields do that no schema has told of.
pub(crate) fn leaves(schema: &RawValue) -> Vec<Path> {
    let mut paths = Vec::new();
    if let Ok(object) = serde_json::from_str::<Object>(schema.get()) {
        add_properties(&mut Path::new(), &object, &mut paths);
    }
    paths.retain(|path| path.iter().map(|name| name.len() + 1).sum::<usize>() <= NAME_BYTES_MAX);
    paths
}

fn add_properties(path: &mut Path, schema: &Object, paths: &mut Vec<Path>) {
    for branch in ["anyOf", "oneOf", "allOf"] {
        for value in schema.read::<Vec<&RawValue>>(branch).unwrap_or_default() {
            if path.len() < DEPTH_MAX
                && let Ok(schema) = serde_json::from_str::<Object>(value.get())
            {
                add_properties(path, &schema, paths);
            }
        }
    }
    for (name, value) in schema.object("properties").unwrap_or_default().into_fields() {
        path.push(name.into_owned());
        add(path, value, paths);
        path.pop();
    }
}

fn add(path: &mut Path, value: &RawValue, paths: &mut Vec<Path>) {
    if path.len() > DEPTH_MAX || paths.len() >= FIELDS_MAX {
        return;
    }
    let schema: Object = serde_json::from_str(value.get()).unwrap_or_default();
    let before = paths.len();
    add_properties(path, &schema, paths);
    let has_fields = paths.len() > before;
    if !has_fields && !is_object(&schema) && !paths.contains(path) {
        paths.push(path.clone());
    }
}

/// Whether a value by this schema is an object or null, and nothing else.
fn is_object(schema: &Object) -> bool {
    let branches = ["anyOf", "oneOf"].iter().flat_map(|name| schema.read::<Vec<Object>>(name).unwrap_or_default());
    let mut types: Vec<String> = branches.flat_map(|branch| types(&branch)).chain(types(schema)).collect();
    types.retain(|name| name != "null");
    !types.is_empty() && types.iter().all(|name| name == "object")
}

fn types(schema: &Object) -> Vec<String> {
    let Some(value) = schema.get("type") else { return Vec::new() };
    match text_of(value) {
        Some(name) => vec![name.into_owned()],
        None => serde_json::from_str(value.get()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(schema: &str) -> Vec<String> {
        let schema: Box<RawValue> = serde_json::from_str(schema).expect("it is JSON");
        leaves(&schema).into_iter().map(|path| path.join(".")).collect()
    }

    #[test]
    fn leaves_are_found_in_objects_and_branches() {
        let schema = r#"{"type": "object", "properties": {
            "id": {"type": "integer"}, "any": {},
            "at": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "owner": {"type": ["null", "object"], "properties": {"name": {"type": "string"}, "tags": {"type": "array"}}},
            "either": {"anyOf": [{"type": "object", "properties": {"x": {"type": "string"}}}, {"type": "null"}]},
            "free": {"type": "object"}, "free_or_null": {"anyOf": [{"type": "object"}, {"type": "null"}]}}}"#;
        assert_eq!(names(schema), ["id", "any", "at", "owner.name", "owner.tags", "either.x"]);
    }

    #[test]
    fn a_schema_without_sense_promises_nothing() {
        for schema in
            ["{}", "[]", "1", r#"{"properties": 1}"#, r#"{"properties": {"a": {"properties": {}, "type": "object"}}}"#]
        {
            assert!(names(schema).is_empty(), "{schema}");
        }
    }
}
