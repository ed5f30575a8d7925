//! From SHAP values to the few reasons that are told: the parts of one source field are added up, and the feature that
//! moved it most speaks for it, if it has something to say.

use plumb_lead::{Language, Reason};
use plumb_learn::Model;

use super::sentences;

/// Reasons of one prediction: more are not read.
pub(crate) const REASONS_MAX: usize = 6;

/// In log-odds: less than this moves a score by less than a quarter of a percent.
const CONTRIBUTION_MIN: f64 = 0.01;

/// One source field's part in a score.
struct Field<'a> {
    name: &'a str,
    contribution: f64,
}

/// Returns the most important reasons of a row, largest first; if any speaks for the lead and any against, both do.
/// A field of which nothing can be said is left out.
pub(super) fn of_row(
    model: &Model,
    row: &[f32],
    contributions: &[f64],
    reasons_max: usize,
    language: Language,
) -> Vec<Reason> {
    let mut fields = fields(model, contributions);
    fields.retain(|field| field.contribution.abs() >= CONTRIBUTION_MIN);
    fields.sort_by(|one, other| other.contribution.abs().total_cmp(&one.contribution.abs()));
    let mut told = fields.iter().filter_map(|field| tell(model, row, contributions, field, language));
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

fn fields<'a>(model: &'a Model, contributions: &[f64]) -> Vec<Field<'a>> {
    let mut fields: Vec<Field> = Vec::new();
    for (feature, contribution) in model.features.features.iter().zip(contributions) {
        match fields.iter_mut().find(|field| field.name == feature.field()) {
            None => fields.push(Field { name: feature.field(), contribution: *contribution }),
            Some(field) => field.contribution += contribution,
        }
    }
    fields
}

/// Returns the reason of a field: what the feature says that moved it most, of those that moved it to its own side, as a
/// sentence must not speak for the lead where its field speaks against it. `None` if none of them has anything to say.
fn tell(model: &Model, row: &[f32], contributions: &[f64], field: &Field<'_>, language: Language) -> Option<Reason> {
    let features = model.features.features.iter().zip(contributions).enumerate();
    let speaks = |contribution: f64| contribution * field.contribution > 0.0;
    let mut speakers: Vec<(usize, f64)> = features
        .filter(|(_, (feature, contribution))| feature.field() == field.name && speaks(**contribution))
        .map(|(index, (_, contribution))| (index, *contribution))
        .collect();
    speakers.sort_by(|(_, one), (_, other)| other.abs().total_cmp(&one.abs()));
    speakers.into_iter().find_map(|(index, _)| {
        let feature = &model.features.features[index];
        Some(Reason {
            field: field.name.to_owned(),
            text: sentences::of_feature(model, row, index, language)?,
            value: feature.text(row[index], language),
            contribution: field.contribution,
            actionable: feature.wording.actionable,
        })
    })
}
