//! Which candidate model to use: a more complex one has to be clearly better.

use std::collections::HashMap;

use plumb_lead::ModelKind;

/// The model that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    /// Its position.
    pub(crate) index: usize,
    /// Why, as a sentence with its figures.
    pub(crate) why: String,
}

/// Returns the simplest model that none of the more complex ones beats: by more than one standard error of the
/// difference in log loss, the rule of Breiman et al. (Classification and Regression Trees, 1984). The error counts
/// leads and not rows, because the rows of one lead are alike.
///
/// `candidates` are the kinds, simplest first, with their log loss on each row; `leads` holds the lead of each row.
pub(super) fn simplest_that_is_not_beaten(candidates: &[(ModelKind, &[f64])], leads: &[&str]) -> Choice {
    let mut best = 0;
    let mut comparisons = Vec::new();
    for (index, (kind, losses)) in candidates.iter().enumerate().skip(1) {
        let (kind_before, losses_before) = candidates[best];
        let errors = errors_lower(losses_before, losses, leads);
        comparisons.push(format!(
            "{} {:.4} against {} {:.4} ({errors:+.1} standard errors)",
            kind.word(),
            mean(losses),
            kind_before.word(),
            mean(losses_before),
        ));
        if errors > 1.0 {
            best = index;
        }
    }
    let chosen = candidates.get(best).map_or("no model", |(kind, _)| kind.word());
    let why = match comparisons.as_slice() {
        [] => format!("{chosen}: there is no other"),
        comparisons => format!("{chosen}, by log loss on {} later rows: {}", leads.len(), comparisons.join(", ")),
    };
    Choice { index: best, why }
}

/// Returns how many standard errors the loss falls by.
fn errors_lower(before: &[f64], after: &[f64], leads: &[&str]) -> f64 {
    let falls = falls_by_lead(before, after, leads);
    let mean = mean(&falls);
    let variance = falls.iter().map(|fall| (fall - mean).powi(2)).sum::<f64>();
    if variance > 0.0 { mean * falls.len() as f64 / variance.sqrt() } else { 0.0 }
}

/// Returns by how much the loss falls for each lead, over all of its rows, in ascending order: what is made of them has to be
/// the same each time.
pub(super) fn falls_by_lead(before: &[f64], after: &[f64], leads: &[&str]) -> Vec<f64> {
    let mut by_lead: HashMap<&str, f64> = HashMap::new();
    for ((before, after), lead) in before.iter().zip(after).zip(leads) {
        *by_lead.entry(lead).or_default() += before - after;
    }
    let mut falls: Vec<f64> = by_lead.into_values().collect();
    falls.sort_by(f64::total_cmp);
    falls
}

/// Returns the mean; 0 of nothing.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(losses: &[(ModelKind, &[f64])], leads: &[&str], expected: ModelKind) {
        let choice = simplest_that_is_not_beaten(losses, leads);
        assert_eq!(losses[choice.index].0, expected, "{}", choice.why);
        assert!(choice.why.starts_with(expected.word()), "{}", choice.why);
    }

    #[test]
    fn a_more_complex_model_has_to_win_clearly() {
        use ModelKind::{Logistic, Rules, Xgboost};
        let leads = ["a", "b", "c", "d"];
        let rules: &[f64] = &[0.5, 0.6, 0.4, 0.5];
        let better: &[f64] = &[0.4, 0.5, 0.3, 0.45];
        let by_chance: &[f64] = &[0.1, 0.7, 0.3, 0.6];
        check(&[(Rules, rules), (Logistic, better)], &leads, Logistic);
        check(&[(Rules, rules), (Logistic, by_chance)], &leads, Rules);
        check(&[(Rules, rules), (Logistic, better), (Xgboost, better)], &leads, Logistic);
        check(&[(Logistic, rules)], &leads, Logistic);
        // The same figures from a single lead prove nothing.
        check(&[(Rules, rules), (Logistic, better)], &["a"; 4], Rules);
    }
}
