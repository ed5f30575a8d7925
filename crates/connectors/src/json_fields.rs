//! JSON objects as cells of text, by the names of their fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The longest name of a field, in bytes.
pub const NAME_BYTES_MAX: usize = 512;

/// How many fields an object may have.
pub const FIELDS_MAX: usize = 4_096;

/// Returns the fields of an object as text: nested ones joined by `_`, lists and numbers as JSON writes them; null is left
/// out. Long names and many fields are refused, with why.
pub fn flatten(object: Map<String, Value>) -> Result<BTreeMap<String, String>, String> {
    let mut fields = BTreeMap::new();
    add("", object, &mut fields)?;
    Ok(fields)
}

/// Adds the fields of an object, whose nesting the parser has limited. Long names and many fields are refused before they
/// are there: a short line can have a long name with many fields in it, and each would have that name.
fn add(prefix: &str, object: Map<String, Value>, fields: &mut BTreeMap<String, String>) -> Result<(), String> {
    for (key, value) in object {
        let bytes = prefix.len() + key.len();
        if bytes > NAME_BYTES_MAX {
            return Err(format!("a field has a name of {bytes} bytes: expected at most {NAME_BYTES_MAX}"));
        }
        if fields.len() > FIELDS_MAX {
            return Err(format!("more than {FIELDS_MAX} fields: are values used as names of fields?"));
        }
        let name = if prefix.is_empty() { key } else { format!("{prefix}_{key}") };
        match value {
            Value::Null => {}
            Value::String(text) => {
                fields.insert(name, text);
            }
            Value::Object(inner) => add(&name, inner, fields)?,
            other => {
                fields.insert(name, other.to_string());
            }
        }
    }
    Ok(())
}
