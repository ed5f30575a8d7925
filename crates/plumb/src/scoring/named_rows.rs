//! Rows of named values, from a request or a file, as a table of a model's features.

use std::collections::BTreeMap;

use anyhow::Context;
use plumb_lead::{Column, FeatureKind, FeatureSet, FieldValue, MISSING_LEVEL, Table, Values};

use super::error::Error;

/// Returns the rows as a table of the model's features. A feature that a row does not name is missing; a name that is
/// no feature, and a value of another kind, are errors.
pub(crate) fn table_of(features: &FeatureSet, rows: &[BTreeMap<String, FieldValue>]) -> Result<Table, Error> {
    for name in rows.iter().flat_map(BTreeMap::keys) {
        if features.position(name).is_none() {
            let known: Vec<&str> = features.features.iter().map(|feature| feature.name.as_str()).collect();
            let known = known.join("`, `");
            return Err(Error::Input(format!("feature `{name}` is not known: expected one of `{known}`")));
        }
    }
    let columns = features.features.iter().map(|feature| {
        let cells = rows.iter().map(|row| row.get(&feature.name).unwrap_or(&FieldValue::Missing));
        let values = match feature.kind {
            FeatureKind::Number => cells.map(number).collect::<Option<_>>().map(Values::Number),
            FeatureKind::Flag => cells.map(flag).collect::<Option<_>>().map(Values::Flag),
            FeatureKind::Category { .. } => cells.map(word).collect::<Option<Vec<_>>>().map(categories),
        };
        let values = values.ok_or_else(|| wrong_kind(&feature.name, &feature.kind, rows))?;
        Ok(Column { name: feature.name.clone(), values })
    });
    let columns = columns.collect::<Result<Vec<_>, Error>>()?;
    Ok(Table::new(columns).context("columns of one list of rows differ in length")?)
}

fn number(value: &FieldValue) -> Option<f32> {
    match value {
        FieldValue::Missing => Some(f32::NAN),
        FieldValue::Number(number) => Some(*number as f32),
        FieldValue::Flag(_) | FieldValue::Text(_) => None,
    }
}

fn flag(value: &FieldValue) -> Option<f32> {
    match value {
        FieldValue::Missing => Some(f32::NAN),
        FieldValue::Flag(flag) => Some(f32::from(u8::from(*flag))),
        FieldValue::Number(number) if *number == 0.0 || *number == 1.0 => Some(*number as f32),
        FieldValue::Number(_) | FieldValue::Text(_) => None,
    }
}

fn word(value: &FieldValue) -> Option<Option<&str>> {
    match value {
        FieldValue::Missing => Some(None),
        FieldValue::Text(text) => Some(Some(text)),
        FieldValue::Flag(_) | FieldValue::Number(_) => None,
    }
}

fn categories(words: Vec<Option<&str>>) -> Values {
    let mut codes_of: BTreeMap<&str, u32> = BTreeMap::new();
    let mut levels = Vec::new();
    let codes = words.into_iter().map(|word| match word {
        None => MISSING_LEVEL,
        Some(word) => *codes_of.entry(word).or_insert_with(|| {
            levels.push(word.to_owned());
            levels.len() as u32 - 1
        }),
    });
    let codes = codes.collect();
    Values::Category { codes, levels }
}

/// Names the first row that does not fit.
fn wrong_kind(name: &str, kind: &FeatureKind, rows: &[BTreeMap<String, FieldValue>]) -> Error {
    let fits = |value: &FieldValue| match kind {
        FeatureKind::Number => number(value).is_some(),
        FeatureKind::Flag => flag(value).is_some(),
        FeatureKind::Category { .. } => word(value).is_some(),
    };
    let expected = match kind {
        FeatureKind::Number => "a number",
        FeatureKind::Flag => "true or false",
        FeatureKind::Category { .. } => "text",
    };
    let misfit = rows.iter().enumerate().find_map(|(row, values)| {
        let value = values.get(name).filter(|value| !fits(value))?;
        Some((row, serde_json::to_string(value).unwrap_or_default()))
    });
    let (row, found) = misfit.unwrap_or_default();
    Error::Input(format!("feature `{name}` of row {row} is `{found}`: expected {expected}"))
}

#[cfg(test)]
mod tests {
    use plumb_lead::{Feature, FeatureMessages};

    use super::*;

    fn features() -> FeatureSet {
        let feature = |name: &str, kind| Feature { name: name.into(), kind, messages: FeatureMessages::default() };
        let channel = FeatureKind::Category { levels: vec!["email".into()] };
        FeatureSet {
            features: vec![
                feature("age", FeatureKind::Number),
                feature("is_paid", FeatureKind::Flag),
                feature("channel", channel),
            ],
            languages: Vec::new(),
        }
    }

    fn row(json: &str) -> BTreeMap<String, FieldValue> {
        serde_json::from_str(json).expect("typed by hand")
    }

    #[test]
    fn features_that_a_row_does_not_name_are_missing() {
        let rows = [row(r#"{"age":30,"is_paid":true,"channel":"email"}"#), row(r#"{"is_paid":0,"channel":null}"#)];
        let table = table_of(&features(), &rows).expect("it fits");
        let text = |name: &str, row| table.column(name).expect("a feature").values.text(row);
        assert_eq!(
            ["age", "is_paid", "channel"].map(|name| text(name, 0)),
            ["30", "true", "email"].map(|text| Some(text.into()))
        );
        assert_eq!(["age", "is_paid", "channel"].map(|name| text(name, 1)), [None, Some("false".into()), None]);
    }

    #[test]
    fn values_that_do_not_fit_are_rejected_by_name() {
        for (json, expected) in [
            (r#"{"colour":"red"}"#, "feature `colour` is not known: expected one of `age`, `is_paid`, `channel`"),
            (r#"{"age":"old"}"#, "feature `age` of row 1 is `\"old\"`: expected a number"),
            (r#"{"is_paid":2}"#, "feature `is_paid` of row 1 is `2.0`: expected true or false"),
            (r#"{"channel":1}"#, "feature `channel` of row 1 is `1.0`: expected text"),
        ] {
            let error = table_of(&features(), &[row("{}"), row(json)]).expect_err("it does not fit");
            assert_eq!(error.to_string(), expected);
        }
    }
}
