//! Makes cells of an object: nested objects joined by `_`, arrays as their text.

use super::scan::{members, unquoted};
use crate::records::limits::{COLUMNS_MAX, NAME_BYTES_MAX};

/// Levels of objects in objects.
const LEVELS_MAX: usize = 127;

/// The fields of an object, each with its name.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) fields: Vec<(String, String)>,
    /// Names that were there before.
    pub(super) repeated: u64,
}

/// Returns the fields of an object, which is valid JSON. A null is an empty text.
pub(super) fn flatten(object: &str) -> Result<Fields, String> {
    let mut fields = Fields::default();
    add(object, "", 0, &mut fields)?;
    let mut names: Vec<&str> = fields.fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    fields.repeated = names.windows(2).filter(|two| two[0] == two[1]).count() as u64;
    Ok(fields)
}

fn add(object: &str, prefix: &str, level: usize, fields: &mut Fields) -> Result<(), String> {
    if level > LEVELS_MAX {
        return Err(format!("has more than {LEVELS_MAX} levels of objects in objects"));
    }
    for (key, value) in members(object, 0) {
        let key = unquoted(&object[key])?;
        let bytes = prefix.len() + key.len();
        if bytes > NAME_BYTES_MAX {
            return Err(format!("has a field with a name of {bytes} bytes: expected at most {NAME_BYTES_MAX}"));
        }
        if fields.fields.len() >= COLUMNS_MAX {
            return Err(format!("has more than {COLUMNS_MAX} fields: are values used as names of fields?"));
        }
        let name = if prefix.is_empty() { key } else { format!("{prefix}_{key}") };
        let value = &object[value];
        match value.as_bytes().first() {
            Some(b'{') => add(value, &name, level + 1, fields)?,
            Some(b'"') => fields.fields.push((name, unquoted(value)?)),
            Some(b'n') => fields.fields.push((name, String::new())),
            _ => fields.fields.push((name, value.to_owned())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(object: &str, expected: &[(&str, &str)]) {
        let fields = flatten(object).expect("it is read").fields;
        let found: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn nested_objects_are_joined_and_arrays_stay_text() {
        check(
            "{\"a\":{\"b\":1,\"c\":{\"d\":\"x\"}},\"e\":[1, {\"f\":2}]}",
            &[("a_b", "1"), ("a_c_d", "x"), ("e", "[1, {\"f\":2}]")],
        );
    }

    #[test]
    fn numbers_keep_their_digits() {
        check(
            "{\"id\": 90071992547409920001, \"x\":1.50, \"y\":1e3}",
            &[("id", "90071992547409920001"), ("x", "1.50"), ("y", "1e3")],
        );
    }

    #[test]
    fn texts_lose_their_escapes() {
        check(
            "{\"a\\\"b\":\"x\\n\\u00fc}\\\\\",\"n\":null,\"t\":true}",
            &[("a\"b", "x\nü}\\"), ("n", ""), ("t", "true")],
        );
    }

    #[test]
    fn repeated_names_are_counted() {
        assert_eq!(flatten("{\"a\":1,\"a\":2,\"b\":{\"c\":1},\"b_c\":2}").expect("it is read").repeated, 2);
    }
}
