//! From SHAP values to sentences that a rep believes: the parts of one source field are added up, and the feature that
//! moved it most speaks for it.

use plumb_lead::{Feature, FeatureKind, Reason};
use plumb_learn::{Model, Predictor};

/// Reasons of one prediction: more are not read.
pub(crate) const REASONS_MAX: usize = 6;

/// In log-odds: less than this moves a score by less than a quarter of a percent.
const CONTRIBUTION_MIN: f64 = 0.01;

/// One source field's part in a score, and the feature that speaks for it.
struct Field<'a> {
    name: &'a str,
    contribution: f64,
    /// Index of the feature, and its contribution.
    speaker: (usize, f64),
}

/// Returns the most important reasons of a row, largest first; if any speaks for the lead and any against, both do.
pub(super) fn of_row(model: &Model, row: &[f32], contributions: &[f64], reasons_max: usize) -> Vec<Reason> {
    let mut fields = fields(model, contributions);
    fields.retain(|field| field.contribution.abs() >= CONTRIBUTION_MIN);
    fields.sort_by(|one, other| other.contribution.abs().total_cmp(&one.contribution.abs()));
    keep_both_sides(&mut fields, reasons_max);
    let reasons = fields.into_iter().map(|field| {
        let index = field.speaker.0;
        let feature = &model.features.features[index];
        Reason {
            field: field.name.to_owned(),
            text: sentence(model, row, index) + &points(model, row, index),
            value: feature.text(row[index]),
            contribution: field.contribution,
            actionable: feature.wording.actionable,
        }
    });
    reasons.collect()
}

fn fields<'a>(model: &'a Model, contributions: &[f64]) -> Vec<Field<'a>> {
    let mut fields: Vec<Field> = Vec::new();
    for (index, (feature, contribution)) in model.features.features.iter().zip(contributions).enumerate() {
        let speaker = (index, *contribution);
        match fields.iter_mut().find(|field| field.name == feature.field()) {
            None => fields.push(Field { name: feature.field(), contribution: *contribution, speaker }),
            Some(field) => {
                field.contribution += contribution;
                if contribution.abs() > field.speaker.1.abs() {
                    field.speaker = speaker;
                }
            }
        }
    }
    // A sentence must not speak for the lead where its field speaks against it.
    for field in &mut fields {
        let same_side = |contribution: f64| contribution * field.contribution > 0.0;
        if !same_side(field.speaker.1) {
            let others = model.features.features.iter().zip(contributions).enumerate();
            let speaker = others
                .filter(|(_, (feature, contribution))| feature.field() == field.name && same_side(**contribution))
                .max_by(|(_, (_, one)), (_, (_, other))| one.abs().total_cmp(&other.abs()));
            field.speaker = speaker.map_or(field.speaker, |(index, (_, contribution))| (index, *contribution));
        }
    }
    fields
}

/// Cuts the list, and lets the largest of the side that would be left out take the last place.
fn keep_both_sides(fields: &mut Vec<Field>, reasons_max: usize) {
    if fields.len() <= reasons_max {
        return;
    }
    let rest = fields.split_off(reasons_max);
    // One reason alone is the largest, whatever side it is on.
    let Some(last) = reasons_max.checked_sub(1).filter(|last| *last > 0) else { return };
    let first_is_for = fields[0].contribution > 0.0;
    if fields.iter().all(|field| (field.contribution > 0.0) == first_is_for)
        && let Some(other) = rest.into_iter().find(|field| (field.contribution > 0.0) != first_is_for)
    {
        fields[last] = other;
    }
}

/// Returns what a rep is told of a feature's value.
fn sentence(model: &Model, row: &[f32], index: usize) -> String {
    let feature = &model.features.features[index];
    let wording = &feature.wording;
    let value = row[index];
    let template = match feature.kind {
        _ if value.is_nan() => &wording.say_missing,
        FeatureKind::Flag if value == 0.0 => &wording.say_not,
        _ => &wording.say,
    };
    fill(template, &|placeholder| text_of(model, row, index, placeholder)).unwrap_or_else(|| plain(feature, value))
}

/// Returns what the team's rules give for a feature's value, in their own words: `: +15 points`. Nothing for other models.
fn points(model: &Model, row: &[f32], index: usize) -> String {
    let Predictor::Rules(rules) = &model.predictor else { return String::new() };
    let points = rules.points_of(&model.features, row, index);
    if points == 0.0 {
        return ": no points".to_owned();
    }
    let noun = if points.abs() == 1.0 { "point" } else { "points" };
    format!(": {points:+} {noun}")
}

/// The sentence of a feature that nobody worded.
fn plain(feature: &Feature, value: f32) -> String {
    format!("{}: {}", feature.label(), feature.text(value).unwrap_or_else(|| "unknown".to_owned()))
}

/// Fills in a template; `None` if it is empty or something in it is not known. What stands in round brackets is left out
/// rather than to lose the sentence.
fn fill(template: &str, text_of: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    if template.is_empty() {
        return None;
    }
    let mut filled = String::new();
    let mut rest = template;
    while let Some(open) = rest.find(['{', '(']) {
        filled.push_str(&rest[..open]);
        let in_brackets = rest[open..].starts_with('(');
        let end = open + rest[open..].find(if in_brackets { ')' } else { '}' })?;
        let inner = &rest[open + 1..end];
        match if in_brackets { fill(inner, text_of) } else { text_of(inner) } {
            Some(text) if in_brackets => filled.push_str(&format!("({text})")),
            Some(text) => filled.push_str(&text),
            None if in_brackets => filled.truncate(filled.trim_end().len()),
            None => return None,
        }
        rest = &rest[end + 1..];
    }
    filled.push_str(rest);
    Some(filled)
}

/// Returns the text of `value`, `average`, `other_feature` or `other_feature.average`, written as what follows the `|`.
fn text_of(model: &Model, row: &[f32], index: usize, placeholder: &str) -> Option<String> {
    let mut parts = placeholder.split('|');
    let name = parts.next()?;
    let (name, of_average) = match name.strip_suffix(".average") {
        Some(name) => (name, true),
        None if name == "average" => ("value", true),
        None => (name, false),
    };
    let index = if name == "value" { index } else { model.features.position(name)? };
    let feature = &model.features.features[index];
    let value = if of_average { model.averages[index] } else { row[index] };
    if value.is_nan() {
        return None;
    }
    match (parts.next(), parts.next()) {
        (None, _) => feature.text(value),
        (Some("percent"), _) => Some(percent(value)),
        (Some(one), Some(many)) => Some(match feature.text(value)?.as_str() {
            "0" => format!("no {many}"),
            "1" => format!("1 {one}"),
            count => format!("{count} {many}"),
        }),
        (Some(_), None) => None,
    }
}

/// Two digits are as much as a rate is known to.
fn percent(share: f32) -> String {
    let percent = 100.0 * share;
    if percent < 9.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(template: &str) -> Option<String> {
        fill(template, &|placeholder| match placeholder {
            "value" => Some("fintech".to_owned()),
            "value|call|calls" => Some("3 calls".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn a_template_is_filled_in() {
        assert_eq!(told("industry: {value}"), Some("industry: fintech".into()));
        assert_eq!(told("{value|call|calls} so far"), Some("3 calls so far".into()));
        assert_eq!(told("no placeholder (at all)"), Some("no placeholder (at all)".into()));
    }

    #[test]
    fn what_is_not_known_takes_its_brackets_with_it() {
        assert_eq!(told("industry: {value} ({rate|percent} convert)"), Some("industry: fintech".into()));
        assert_eq!(told("{rate|percent} convert"), None);
        assert_eq!(told(""), None);
        assert_eq!(told("a {broken template"), None);
    }
}
