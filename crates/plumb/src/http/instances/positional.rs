//! Positional features: rows of numbers alone, as libsvm and recordio-protobuf carry them. A category is given by its code,
//! which is the position of its level among the model's levels, from 0.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use plumb_lead::{Feature, FeatureKind, FieldValue};

use super::csv_cells::order;
use super::values::usable;
use crate::http::error::Error;
use crate::serving::Instance;

/// Levels that a message lists, each with its code.
const LEVELS_LISTED: usize = 12;

/// Returns a row as an instance. What is not there, and NaN, is missing. `place` is where the row stands in the body, such
/// as `line 3`.
pub(super) fn instance(
    features: &[Feature],
    place: &str,
    values: impl IntoIterator<Item = (usize, f64)>,
) -> Result<Instance, Error> {
    let mut row = BTreeMap::new();
    for (position, number) in values {
        let feature = features.get(position).ok_or_else(|| beyond(features, place, position))?;
        let value = value(&feature.kind, number).ok_or_else(|| wrong(feature, place, number))?;
        match row.entry(feature.name.clone()) {
            Entry::Vacant(free) => drop(free.insert(value)),
            Entry::Occupied(_) => return Err(Error::field(&feature.name, &format!("is in {place} twice"))),
        }
    }
    Ok(Instance::Features { lead_id: None, features: row })
}

/// Returns a number as a value of a feature's kind; `None` if it is none.
fn value(kind: &FeatureKind, number: f64) -> Option<FieldValue> {
    if number.is_nan() {
        return Some(FieldValue::Missing);
    }
    match kind {
        FeatureKind::Number => usable(number).map(FieldValue::Number),
        FeatureKind::Flag if number == 0.0 || number == 1.0 => Some(FieldValue::Flag(number == 1.0)),
        FeatureKind::Flag => None,
        FeatureKind::Category { levels } => {
            let code = number as usize;
            let level = levels.get(code).filter(|_| code as f64 == number)?;
            Some(FieldValue::Text(level.clone()))
        }
    }
}

fn beyond(features: &[Feature], place: &str, position: usize) -> Error {
    let last = features.len().saturating_sub(1);
    Error::request(format!("{place} has a value at position {position}, counted from 0: expected at most {last}"))
        .hint(order(features.iter()))
}

fn wrong(feature: &Feature, place: &str, number: f64) -> Error {
    let expected = match &feature.kind {
        FeatureKind::Number => "a finite number that 32 bits can hold, or nothing if it is missing".to_owned(),
        FeatureKind::Flag => "0 or 1".to_owned(),
        FeatureKind::Category { levels } => {
            let listed = levels.iter().take(LEVELS_LISTED).enumerate().map(|(code, level)| format!("{code} `{level}`"));
            let more = if levels.len() > LEVELS_LISTED { ", …" } else { "" };
            format!("the code of a category, {}{more}", listed.collect::<Vec<_>>().join(", "))
        }
    };
    Error::field(&feature.name, &format!("is `{number}` in {place}: expected {expected}"))
}
