//! Model cards of programs before version 6 of the schema: the same values, under the keys of today.

use serde_json::{Map, Value};

/// Returns a card with each renamed key, and each renamed word, as it is called now.
pub(super) fn with_plain_names(mut card: Value) -> Value {
    if let Some(fields) = card.as_object_mut() {
        rename(fields, "earnings", "profits");
        rename(fields, "bias", "fairness");
        if let Some(kind) = fields.get_mut("kind")
            && kind == "committee"
        {
            *kind = Value::from("ensemble");
        }
        if let Some(dataset) = fields.get_mut("dataset").and_then(Value::as_object_mut) {
            rename(dataset, "rows_immature", "rows_censored");
        }
    }
    card
}

fn rename(fields: &mut Map<String, Value>, old: &str, new: &str) {
    if let Some(value) = fields.remove(old) {
        fields.entry(new).or_insert(value);
    }
}
