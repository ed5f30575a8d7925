//! The leaves of a record: what is no object, by the names on the way to it.

use serde_json::value::RawValue;

use crate::json_fields::{FIELDS_MAX, NAME_BYTES_MAX};
use crate::records::object::{Object, text_of};

/// How many objects may lie within each other.
const DEPTH_MAX: usize = 64;

/// The names on the way to a leaf.
pub(crate) type Path = Vec<String>;

/// Returns the leaves of a record as text: texts without quotes, numbers, flags and lists as they were written; `None` is a
/// null. Long names, many fields and deep ones are refused, with why.
pub(crate) fn leaves(record: &RawValue) -> Result<Vec<(Path, Option<String>)>, String> {
    let mut leaves = Vec::new();
    if !record.get().starts_with('{') {
        return Err("it is no object".into());
    }
    add(&mut Path::new(), record, &mut leaves)?;
    Ok(leaves)
}

fn add(path: &mut Path, value: &RawValue, leaves: &mut Vec<(Path, Option<String>)>) -> Result<(), String> {
    if !value.get().starts_with('{') {
        leaves.push((path.clone(), text(value)?));
        return Ok(());
    }
    if path.len() > DEPTH_MAX {
        return Err(format!("more than {DEPTH_MAX} objects lie within each other"));
    }
    let object: Object = serde_json::from_str(value.get()).map_err(|error| error.to_string())?;
    for (name, value) in object.into_fields() {
        if leaves.len() >= FIELDS_MAX {
            return Err(format!("more than {FIELDS_MAX} fields: are values used as names of fields?"));
        }
        path.push(name.into_owned());
        let bytes: usize = path.iter().map(|name| name.len() + 1).sum();
        if bytes > NAME_BYTES_MAX {
            return Err(format!("a field has a name of {bytes} bytes: expected at most {NAME_BYTES_MAX}"));
        }
        add(path, value, leaves)?;
        path.pop();
    }
    Ok(())
}

fn text(value: &RawValue) -> Result<Option<String>, String> {
    match value.get().as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'"') => match text_of(value) {
            Some(text) => Ok(Some(text.into_owned())),
            None => Err("a text has half a character in it (a lone surrogate)".into()),
        },
        Some(b'[') => Ok(Some(without_spaces(value.get()))),
        _ => Ok(Some(value.get().to_owned())),
    }
}

/// Returns JSON without the spaces between its parts, which are the writer's and not the value's.
pub(crate) fn without_spaces(json: &str) -> String {
    let (mut is_text, mut is_escaped) = (false, false);
    json.chars()
        .filter(|character| {
            if *character == '"' && !is_escaped {
                is_text = !is_text;
            }
            is_escaped = is_text && *character == '\\' && !is_escaped;
            is_text || !character.is_ascii_whitespace()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(record: &str) -> Result<Vec<(String, Option<String>)>, String> {
        let record: Box<RawValue> = serde_json::from_str(record).expect("it is JSON");
        Ok(leaves(&record)?.into_iter().map(|(path, text)| (path.join("."), text)).collect())
    }

    #[test]
    fn leaves_are_texts_as_they_were_written() {
        let record = r#"{"id": 12345678901234567890, "e": 1.50, "t": "a\nb", "l": [1, "x y", {"z": 1.0}],
                         "n": null, "o": {"p": {"q": true}}, "empty": {}}"#;
        let expected = [
            ("id", Some("12345678901234567890")),
            ("e", Some("1.50")),
            ("t", Some("a\nb")),
            ("l", Some(r#"[1,"x y",{"z":1.0}]"#)),
            ("n", None),
            ("o.p.q", Some("true")),
        ];
        let expected: Vec<_> = expected.map(|(name, text)| (name.to_owned(), text.map(str::to_owned))).into();
        assert_eq!(named(record), Ok(expected));
    }

    #[test]
    fn what_is_too_deep_too_long_or_too_much_is_refused() {
        let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
        assert!(named(&deep).expect_err("it is deep").contains("within each other"));
        let long = format!("{{\"{}\":1}}", "a".repeat(600));
        assert!(named(&long).expect_err("it is long").contains("bytes"));
        let many: Vec<String> = (0..5_000).map(|number| format!("\"{number}\":1")).collect();
        assert!(named(&format!("{{{}}}", many.join(","))).expect_err("they are many").contains("4096 fields"));
        assert!(named("[1]").expect_err("it is a list").contains("no object"));
        assert!(named(r#"{"a":"\ud800"}"#).expect_err("it is half").contains("half a character"));
    }
}
