//! From SHAP values to a few reasons: the contributions of one source field are added up, and the feature that moved it
//! most gives the sentence, if it has one.

use std::collections::HashMap;

use plumb_lead::{FeatureSet, Language, Reason};
use plumb_learn::Model;

use super::value_sentences;

/// Reasons of one prediction: more are not read.
pub(crate) const REASONS_MAX: usize = 6;

/// In log-odds: less than this moves a score by less than a quarter of a percent.
const CONTRIBUTION_MIN: f64 = 0.01;

/// Which features belong to the same source field, computed once for a model.
#[derive(Debug)]
pub(super) struct FieldGroups {
    /// For each feature, the first one of its field.
    firsts: Vec<usize>,
}

impl FieldGroups {
    pub(super) fn of(features: &FeatureSet) -> FieldGroups {
        let mut known = HashMap::new();
        let features = features.features.iter().enumerate();
        FieldGroups {
            firsts: features.map(|(index, feature)| *known.entry(feature.field()).or_insert(index)).collect(),
        }
    }
}

/// One source field's contribution to a score.
struct FieldContribution {
    /// The first feature of the field.
    first: usize,
    contribution: f64,
}

/// Returns the most important reasons of a row, largest first; if there are reasons for and against the lead, both sides
/// are among them. A field without a sentence is left out.
pub(super) fn of_row(
    (model, fields): (&Model, &FieldGroups),
    row: &[f32],
    contributions: &[f64],
    reasons_max: usize,
    language: Language,
) -> Vec<Reason> {
    let mut parts = parts(fields, contributions);
    parts.retain(|part| part.contribution.abs() >= CONTRIBUTION_MIN);
    parts.sort_by(|one, other| other.contribution.abs().total_cmp(&one.contribution.abs()));
    let mut sentences = parts.iter().filter_map(|part| reason((model, fields), row, contributions, part, language));
    let mut reasons: Vec<Reason> = sentences.by_ref().take(reasons_max).collect();
    // The largest of the side that would be left out takes the last place. A single reason is the largest of either side.
    if let [first, _, ..] = reasons.as_slice()
        && reasons.len() == reasons_max
    {
        let first_is_for = first.contribution > 0.0;
        let is_other = |contribution: f64| (contribution > 0.0) != first_is_for;
        if !reasons.iter().any(|reason| is_other(reason.contribution))
            && let Some(other) = sentences.find(|reason| is_other(reason.contribution))
        {
            reasons[reasons_max - 1] = other;
        }
    }
    reasons
}

/// Returns each field's contribution, in the order of their first features.
fn parts(fields: &FieldGroups, contributions: &[f64]) -> Vec<FieldContribution> {
    let mut sums = vec![0.0; contributions.len()];
    for (first, contribution) in fields.firsts.iter().zip(contributions) {
        sums[*first] += contribution;
    }
    let firsts = fields.firsts.iter().enumerate().filter(|(index, first)| index == *first);
    firsts.map(|(first, _)| FieldContribution { first, contribution: sums[first] }).collect()
}

/// Returns the reason of a field: the sentence of the feature that contributed most, of those that contributed in the
/// field's own direction, as a sentence must not speak for the lead where its field speaks against it. `None` if none of
/// them has a sentence.
fn reason(
    (model, fields): (&Model, &FieldGroups),
    row: &[f32],
    contributions: &[f64],
    part: &FieldContribution,
    language: Language,
) -> Option<Reason> {
    let features = fields.firsts.iter().zip(contributions).enumerate();
    let is_same_side = |contribution: f64| contribution * part.contribution > 0.0;
    let mut candidates: Vec<(usize, f64)> = features
        .filter(|(_, (first, contribution))| **first == part.first && is_same_side(**contribution))
        .map(|(index, (_, contribution))| (index, *contribution))
        .collect();
    candidates.sort_by(|(_, one), (_, other)| other.abs().total_cmp(&one.abs()));
    candidates.into_iter().find_map(|(index, _)| {
        let feature = &model.features.features[index];
        Some(Reason {
            field: feature.field().to_owned(),
            text: value_sentences::of_feature(model, row, index, language)?,
            value: feature.text(row[index], language),
            contribution: part.contribution,
            actionable: feature.messages.actionable,
        })
    })
}
