//! The reference of `plumb.toml`, made of the types and comments in `config`: a JSON Schema for editors, and tables for
//! `docs/configuration.md`. The tests below compare both with the committed files, and write them with
//! `PLUMB_WRITE_DOCS=1 cargo test --release --workspace --lib reference`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::config::Config;

/// Where the tables stand in the page.
const BEGIN: &str = "<!-- generated: keys of plumb.toml -->\n";
const END: &str = "<!-- end of generated -->";

/// Returns the JSON Schema of `plumb.toml`.
fn schema() -> Value {
    let mut settings = SchemaSettings::draft07();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<Config>().to_value();
    without_null(&mut schema);
    schema["title"] = "plumb.toml".into();
    schema.sort_all_objects();
    schema
}

/// TOML has no null: a key that may be absent has the schema of its value.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    fields.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
                choices.retain(|choice| choice["type"] != "null");
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    fields.remove("anyOf");
                    // The key's own comment is the one that counts.
                    for (name, value) in only {
                        fields.entry(name).or_insert(value);
                    }
                }
            }
            fields.retain(|name, value| name != "default" || !value.is_null());
            fields.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

/// Returns a table for each section of `plumb.toml`: every key with its type, its default and what it means.
fn tables() -> String {
    let schema = schema();
    let mut text = String::new();
    section(&mut text, "", &schema);
    text
}

/// Writes the table of a section, and then those of the sections in it.
fn section(text: &mut String, path: &str, schema: &Value) {
    let nothing = Map::new();
    let keys = schema["properties"].as_object().unwrap_or(&nothing);
    if path.is_empty() {
        text.push_str("\n### Keys at the top of the file\n");
    } else {
        write!(text, "\n### `[{path}]`\n\n{}\n", comment(schema)).expect("a string can be written");
    }
    text.push_str("\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n");
    for (key, value) in keys.iter().filter(|(_, value)| inner(path, value).is_none()) {
        let default = default_of(schema, key);
        let line = format!("| `{key}` | {} | {default} | {} |\n", type_of(value), comment(value));
        text.push_str(&line);
        // A table of few keys, which is written in one line, is described where it is.
        for (inner, field) in value["properties"].as_object().unwrap_or(&nothing) {
            let default = default_of(value, inner);
            let line = format!("| `{key}.{inner}` | {} | {default} | {} |\n", type_of(field), comment(field));
            text.push_str(&line);
        }
    }
    for (key, value) in keys {
        if let Some((suffix, schema)) = inner(path, value) {
            section(text, &format!("{key}{suffix}"), schema);
        }
    }
}

/// Returns the default of a key of a table.
fn default_of(table: &Value, key: &str) -> String {
    let is_required = table["required"].as_array().is_some_and(|required| required.contains(&key.into()));
    match &table["properties"][key]["default"] {
        Value::Null if is_required => "required".to_owned(),
        Value::Null => "none".to_owned(),
        default => format!("`{default}`"),
    }
}

/// Returns the schema of a section of its own, and what its heading has after the key: there are sections by name, and
/// single ones at the top. A table further down, such as `cost`, is written as `{ … }` in its section.
fn inner<'a>(path: &str, value: &'a Value) -> Option<(&'static str, &'a Value)> {
    let named = &value["additionalProperties"];
    if named["properties"].is_object() {
        return Some((".NAME", named));
    }
    (value["properties"].is_object() && path.is_empty()).then_some(("", value))
}

/// Returns what a key means, and what each of its words does.
fn comment(schema: &Value) -> String {
    let sentences =
        |schema: &Value| schema["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
    let mut text = sentences(schema);
    for choice in schema["oneOf"].as_array().into_iter().flatten() {
        write!(text, "<br>`{}`: {}", choice["const"], sentences(choice)).expect("a string can be written");
    }
    text
}

/// Returns the type of a key's value, in words.
fn type_of(schema: &Value) -> String {
    let quoted = |value: &Value| format!("`{value}`");
    let listed = |values: Vec<String>| match values.as_slice() {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        all => all.concat(),
    };
    if let Some(choices) = schema["oneOf"].as_array() {
        return listed(choices.iter().map(|choice| quoted(&choice["const"])).collect());
    }
    if let Some(words) = schema["enum"].as_array() {
        return listed(words.iter().map(quoted).collect());
    }
    if let Some(examples) = schema["examples"].as_array() {
        return format!("span of time, as {}", listed(examples.iter().map(quoted).collect()));
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", type_of(&schema["items"]).replace("span of", "spans of")),
        Some("object") if schema["properties"].is_object() => "table".to_owned(),
        Some("object") => format!("table: for a name, {}", type_of(&schema["additionalProperties"])),
        Some("string") if schema["format"] == "date-time" => "timestamp".to_owned(),
        Some("string") => "text".to_owned(),
        Some(other) => other.to_owned(),
        None => "any".to_owned(),
    }
}

fn docs(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file)
}

/// Compares a file with what it should hold, or writes it if that is asked for.
#[track_caller]
fn compare(file: &str, expected: &str) {
    let path = docs(file);
    if std::env::var_os("PLUMB_WRITE_DOCS").is_some() {
        std::fs::write(&path, expected).expect("the documents can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/{file} is not what the comments in project/config.rs say; write it anew with \
         `PLUMB_WRITE_DOCS=1 cargo test --release --workspace --lib reference`"
    );
}

#[test]
fn the_json_schema_is_up_to_date() {
    let text = serde_json::to_string_pretty(&schema()).expect("plain data") + "\n";
    compare("plumb.schema.json", &text);
}

#[test]
fn the_page_has_every_key() {
    let page = std::fs::read_to_string(docs("configuration.md")).expect("there is a page");
    let (before, rest) = page.split_once(BEGIN).expect("the page has a place for the tables");
    let (_, after) = rest.split_once(END).expect("the tables have an end");
    compare("configuration.md", &format!("{before}{BEGIN}{}\n{END}{after}", tables()));
}
