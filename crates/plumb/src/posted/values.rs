//! Values of posted rows: plain values of JSON, whose texts an ingestion reads as the same values again.

use std::collections::BTreeMap;

use plumb_lake::FieldKind;
use plumb_lead::FieldValue;
use serde_json::{Map, Number, Value};

/// From here on a number is not written without its exponent or fraction.
const WHOLE_MAX: f64 = 9e15;

/// Returns a value in JSON. A whole number has no fraction, so that it can be read as one.
pub(super) fn json_value(value: &FieldValue) -> Value {
    match value {
        FieldValue::Missing => Value::Null,
        FieldValue::Flag(flag) => Value::Bool(*flag),
        FieldValue::Number(number) if number.fract() == 0.0 && number.abs() <= WHOLE_MAX && !is_minus_zero(*number) => {
            Value::from(*number as i64)
        }
        FieldValue::Number(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        FieldValue::Text(text) => Value::String(text.clone()),
    }
}

fn is_minus_zero(number: f64) -> bool {
    number == 0.0 && number.is_sign_negative()
}

/// Returns a plain value of JSON; `None` of a list or an object.
pub(super) fn field_value(value: &Value) -> Option<FieldValue> {
    Some(match value {
        Value::Null => FieldValue::Missing,
        Value::Bool(flag) => FieldValue::Flag(*flag),
        Value::Number(number) => FieldValue::Number(number.as_f64()?),
        Value::String(text) => FieldValue::Text(text.clone()),
        Value::Array(_) | Value::Object(_) => return None,
    })
}

/// Returns a value in the kind of its field, of a program that sends numbers and flags as text; `None` if it does not fit.
pub(super) fn fitting(kind: FieldKind, value: &FieldValue) -> Option<FieldValue> {
    let read = match (kind, value) {
        (FieldKind::Number | FieldKind::WholeNumber, FieldValue::Text(text)) => {
            FieldValue::Number(text.trim().parse().ok()?)
        }
        (FieldKind::Flag, FieldValue::Text(text)) => FieldValue::Flag(text.trim().to_ascii_lowercase().parse().ok()?),
        (FieldKind::Text, FieldValue::Number(_) | FieldValue::Flag(_)) => match json_value(value) {
            Value::Null => return None,
            plain => FieldValue::Text(plain.to_string()),
        },
        (_, value) => value.clone(),
    };
    kind.fits(&read).then_some(read)
}

/// Returns the plain values of an object, the names of nested ones joined by `_`, and the lists beside them. Of two values
/// that get one name the outer one stays, and the other is among the lists under its path.
pub(crate) fn flattened(object: Map<String, Value>) -> (BTreeMap<String, FieldValue>, BTreeMap<String, Value>) {
    let (mut fields, mut others, mut nested) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    nested.push((String::new(), String::new(), object));
    let mut next = 0;
    while let Some((prefix, path, object)) = nested.get_mut(next).map(std::mem::take) {
        next += 1;
        for (name, value) in object {
            let (flat, path) = match prefix.as_str() {
                "" => (name.clone(), name),
                prefix => (format!("{prefix}_{name}"), format!("{path}.{name}")),
            };
            match (value, fields.contains_key(&flat)) {
                (Value::Object(inner), _) => nested.push((flat, path, inner)),
                (Value::Array(list), _) => drop(others.insert(path, Value::Array(list))),
                (value, true) => drop(others.insert(path, value)),
                (value, false) => drop(field_value(&value).map(|value| fields.insert(flat, value))),
            }
        }
    }
    (fields, others)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_keep_every_bit() {
        for number in [0.0, -0.0, 1.0, -3.0, 0.1 + 0.2, 1e-310, 123_456_789.123_456_79, 9e15, 1e300, f64::MAX] {
            let text = json_value(&FieldValue::Number(number)).to_string();
            assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(number.to_bits()), "{text}");
        }
        assert_eq!(json_value(&FieldValue::Number(1_000.0)).to_string(), "1000");
    }

    #[test]
    fn nested_values_get_the_names_of_their_paths() {
        let object = json!({ "a_b": 1, "a": { "b": 2, "c": { "d": "x" } }, "list": [1], "none": null });
        let Value::Object(object) = object else { unreachable!("it is one") };
        let (fields, others) = flattened(object);
        let text = |text: &str| FieldValue::Text(text.to_owned());
        let expected = [("a_b", FieldValue::Number(1.0)), ("a_c_d", text("x")), ("none", FieldValue::Missing)];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value)).into());
        assert_eq!(others, [("a.b".to_owned(), json!(2)), ("list".to_owned(), json!([1]))].into());
    }

    #[test]
    fn texts_are_read_in_the_kind_of_their_field() {
        let text = |text: &str| FieldValue::Text(text.to_owned());
        assert_eq!(fitting(FieldKind::Number, &text("5.5")), Some(FieldValue::Number(5.5)));
        assert_eq!(fitting(FieldKind::WholeNumber, &text("5.5")), None);
        assert_eq!(fitting(FieldKind::Number, &text("")), None, "a field that is emptied is said to be unused");
        assert_eq!(fitting(FieldKind::Number, &text("inf")), None);
        assert_eq!(fitting(FieldKind::Flag, &text("True")), Some(FieldValue::Flag(true)));
        assert_eq!(fitting(FieldKind::Text, &FieldValue::Number(7.0)), Some(text("7")));
        assert_eq!(fitting(FieldKind::Timestamp, &text("yesterday")), None);
    }
}
