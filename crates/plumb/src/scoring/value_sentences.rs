//! A feature's value as a sentence for a rep: the team's own, from `features/*.toml`, or, where there is none, the value
//! beside the average. A sentence without information is left out.

use plumb_lead::{FeatureKind, Language};
use plumb_learn::{Model, Predictor};

/// A number that is within this share of the average is the average, to a reader.
const AVERAGE_SHARE: f32 = 0.01;

/// Less than this is none, where there is a form for none: a third of a day ago is today.
const LEAST_COUNTED: f32 = 0.5;

/// Returns the sentence of a feature's value; `None` if it has none.
pub(super) fn of_feature(model: &Model, row: &[f32], index: usize, language: Language) -> Option<String> {
    let feature = &model.features.features[index];
    let (sentences, value) = (feature.sentences(language), row[index]);
    let template = match feature.kind {
        _ if !value.is_finite() => &sentences.say_missing,
        FeatureKind::Flag if value == 0.0 => &sentences.say_not,
        _ => &sentences.say,
    };
    let filled = fill(template, &|placeholder| text_of(model, row, index, placeholder, language));
    let text = filled.filter(|text| has_words(text)).or_else(|| plain(model, index, value, language))?;
    Some(text + &points(model, row, index, language))
}

/// A text without a single letter is a number without a meaning.
fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// The sentence of a feature without one of the team's own: the value beside the average, as `calls: 0` alone says as
/// little as `other: 0.0`. An average value has no sentence.
fn plain(model: &Model, index: usize, value: f32, language: Language) -> Option<String> {
    let (feature, average) = (&model.features.features[index], model.averages[index]);
    let (label, words) = (feature.label(language), language.words());
    let Some(text) = feature.text(value, language) else {
        // A category that training never saw is missing, too, so this has to be true of both.
        return Some(format!("{label}: {}", words.not_known));
    };
    match feature.kind {
        FeatureKind::Category { .. } => (!text.trim().is_empty()).then(|| format!("{label}: {text}")),
        _ if (value - average).abs() <= AVERAGE_SHARE * value.abs().max(average.abs()) => None,
        FeatureKind::Flag => Some(format!("{label}: {text} ({} {})", words.yes_for, language.percent(average))),
        FeatureKind::Number => Some(format!("{label}: {text} ({} {})", words.average, language.number(average))),
    }
}

/// Returns what the team's rules give for a feature's value, in their own words: `: +15 points`. Nothing for other models.
fn points(model: &Model, row: &[f32], index: usize, language: Language) -> String {
    let Predictor::Rules(rules) = &model.predictor else { return String::new() };
    let points = rules.points_of(&model.features, row, index);
    let [none, one, several] = language.words().points;
    if points == 0.0 {
        return format!(": {none}");
    }
    let noun = if points.abs() == 1.0 { one } else { several };
    format!(": {} {noun}", language.marked(format!("{points:+}")))
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
fn text_of(model: &Model, row: &[f32], index: usize, placeholder: &str, language: Language) -> Option<String> {
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
    let text = feature.text(value, language)?;
    match parts.collect::<Vec<_>>().as_slice() {
        [] => Some(text),
        ["percent"] => Some(language.percent(value)),
        ["month"] => {
            let month = (1..=12).find(|month| *month as f32 == value)?;
            Some(language.words().months[month - 1].to_owned())
        }
        [_] => None,
        [one, several, none @ ..] => Some(counted(&text, value, [*one, *several], none.first().copied(), language)),
    }
}

/// Returns so many of a thing: `3 calls`, or, where a form says by `#` where the number stands, `3 days ago`. The third
/// form, if there is one, says by itself that there is none.
fn counted(text: &str, count: f32, [one, several]: [&str; 2], none: Option<&str>, language: Language) -> String {
    if count.abs() < LEAST_COUNTED {
        match (none, language.words().none_of) {
            (Some(none), _) => return none.to_owned(),
            (None, Some(no)) if count == 0.0 && !several.contains('#') => return format!("{no} {several}"),
            (None, _) => {}
        }
    }
    let form = if language.is_singular(count) { one } else { several };
    if form.contains('#') { form.replace('#', text) } else { format!("{text} {form}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> Option<String> {
        fill(template, &|placeholder| match placeholder {
            "value" => Some("fintech".to_owned()),
            "value|call|calls" => Some("3 calls".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn a_template_is_filled_in() {
        assert_eq!(filled("industry: {value}"), Some("industry: fintech".into()));
        assert_eq!(filled("{value|call|calls} so far"), Some("3 calls so far".into()));
        assert_eq!(filled("no placeholder (at all)"), Some("no placeholder (at all)".into()));
    }

    #[test]
    fn unknown_placeholders_drop_their_brackets() {
        assert_eq!(filled("industry: {value} ({rate|percent} convert)"), Some("industry: fintech".into()));
        assert_eq!(filled("{rate|percent} convert"), None);
        assert_eq!(filled(""), None);
        assert_eq!(filled("a {broken template"), None);
    }

    #[track_caller]
    fn count(forms: [&str; 2], none: Option<&str>, language: Language, expected: [&str; 3]) {
        let counts = [0.0, 1.0, 2.5].map(|count| counted(&language.number(count), count, forms, none, language));
        assert_eq!(counts, expected);
    }

    #[test]
    fn counts_are_worded_by_their_language() {
        count(["call", "calls"], None, Language::En, ["no calls", "1 call", "2.5 calls"]);
        count(["# day ago", "# days ago"], Some("today"), Language::En, ["today", "1 day ago", "2.5 days ago"]);
        count(["# day ago", "# days ago"], None, Language::En, ["0 days ago", "1 day ago", "2.5 days ago"]);
        count(["Tag", "Tage"], None, Language::De, ["0 Tage", "1 Tag", "2,5 Tage"]);
        count(["jour", "jours"], None, Language::Fr, ["0 jour", "1 jour", "2,5 jours"]);
    }
}
