//! From SHAP values to the few reasons that are told: the parts of one source field are added up, and the feature that
//! moved it most speaks for it, if it has something to say.

use std::collections::HashMap;

use plumb_lead::{FeatureSet, Language, Reason};
use plumb_learn::Model;

use super::sentences;

/// Reasons of one prediction: more are not read.
pub(crate) const REASONS_MAX: usize = 6;

/// In log-odds: less than this moves a score by less than a quarter of a percent.
const CONTRIBUTION_MIN: f64 = 0.01;

/// Which features are of the same source field, found out once for a model.
#[derive(Debug)]
pub(super) struct Fields {
    /// For each feature, the first one of its field.
    firsts: Vec<usize>,
}

impl Fields {
    pub(super) fn of(features: &FeatureSet) -> Fields {
        let mut known = HashMap::new();
        let features = features.features.iter().enumerate();
        Fields { firsts: features.map(|(index, feature)| *known.entry(feature.field()).or_insert(index)).collect() }
    }
}

/// One source field's part in a score.
struct Part {
    /// The first feature of the field.
    first: usize,
    contribution: f64,
}

/// Returns the most important reasons of a row, largest first; if any speaks for the lead and any against, both do.
/// A field of which nothing can be said is left out.
pub(super) fn of_row(
    (model, fields): (&Model, &Fields),
    row: &[f32],
    contributions: &[f64],
    reasons_max: usize,
    language: Language,
) -> Vec<Reason> {
    let mut parts = parts(fields, contributions);
    parts.retain(|part| part.contribution.abs() >= CONTRIBUTION_MIN);
    parts.sort_by(|one, other| other.contribution.abs().total_cmp(&one.contribution.abs()));
    let mut told = parts.iter().filter_map(|part| tell((model, fields), row, contributions, part, language));
    let mut reasons: Vec<Reason> = told.by_ref().take(reasons_max).collect();
    // The largest of the side that would be left out takes the last place. One reason alone is the largest, whatever side
    // it is on.
    if let [first, _, ..] = reasons.as_slice()
        && reasons.len() == reasons_max
    {
        let first_is_for = first.contribution > 0.0;
        let is_other = |contribution: f64| (contribution > 0.0) != first_is_for;
        if !reasons.iter().any(|reason| is_other(reason.contribution))
            && let Some(other) = told.find(|reason| is_other(reason.contribution))
        {
            reasons[reasons_max - 1] = other;
        }
    }
    reasons
}

/// Returns each field's part, in the order of their first features.
fn parts(fields: &Fields, contributions: &[f64]) -> Vec<Part> {
    let mut sums = vec![0.0; contributions.len()];
    for (first, contribution) in fields.firsts.iter().zip(contributions) {
        sums[*first] += contribution;
    }
    let firsts = fields.firsts.iter().enumerate().filter(|(index, first)| index == *first);
    firsts.map(|(first, _)| Part { first, contribution: sums[first] }).collect()
}

/// Returns the reason of a field: what the feature says that moved it most, of those that moved it to its own side, as a
/// sentence must not speak for the lead where its field speaks against it. `None` if none of them has anything to say.
fn tell(
    (model, fields): (&Model, &Fields),
    row: &[f32],
    contributions: &[f64],
    part: &Part,
    language: Language,
) -> Option<Reason> {
    let features = fields.firsts.iter().zip(contributions).enumerate();
    let speaks = |contribution: f64| contribution * part.contribution > 0.0;
    let mut speakers: Vec<(usize, f64)> = features
        .filter(|(_, (first, contribution))| **first == part.first && speaks(**contribution))
        .map(|(index, (_, contribution))| (index, *contribution))
        .collect();
    speakers.sort_by(|(_, one), (_, other)| other.abs().total_cmp(&one.abs()));
    speakers.into_iter().find_map(|(index, _)| {
        let feature = &model.features.features[index];
        Some(Reason {
            field: feature.field().to_owned(),
            text: sentences::of_feature(model, row, index, language)?,
            value: feature.text(row[index], language),
            contribution: part.contribution,
            actionable: feature.wording.actionable,
        })
    })
}
