//! Fairness metrics: whether calls fall differently on groups of leads, by the names and signs of SageMaker Clarify.
//!
//! For each value of a facet, such as a country, its rows are facet d and all others facet a. No metric decides what is fair;
//! they show where to look.

use plumb_lead::{FairnessMetrics, FeatureKind, FeatureSet, Matrix};

use crate::error::Error;

/// With fewer rows in a group its shares are chance.
const ROWS_MIN: usize = 50;

/// Returns the metrics of each value of each facet, in the order of the facets and values. A facet has to be a category or a
/// flag of the feature set; `called` is whether the score of each row is at or over the threshold.
pub fn measure(
    facets: &[String],
    features: &FeatureSet,
    matrix: &Matrix,
    labels: &[bool],
    called: &[bool],
) -> Result<Vec<FairnessMetrics>, Error> {
    for (what, found) in [("labels", labels.len()), ("calls", called.len())] {
        if found != matrix.rows {
            return Err(Error::Lengths { what, found, expected: matrix.rows });
        }
    }
    let mut measured = Vec::new();
    for facet in facets {
        let wrong = |expected| Error::Parameter { name: "facets", found: facet.clone(), expected };
        let column = features.position(facet).ok_or_else(|| wrong("the name of a feature"))?;
        let levels = match &features.features[column].kind {
            FeatureKind::Number => return Err(wrong("a feature that is a category or a flag, and no number")),
            FeatureKind::Flag => vec!["no".to_owned(), "yes".to_owned()],
            FeatureKind::Category { levels } => levels.clone(),
        };
        for (code, level) in levels.into_iter().enumerate() {
            let (mut of_level, mut others) = (Confusion::default(), Confusion::default());
            for (row, value) in matrix.column(column).enumerate() {
                // A lead with a missing facet is in neither group.
                if !value.is_nan() {
                    let group = if value as usize == code { &mut of_level } else { &mut others };
                    group.add(labels[row], called[row]);
                }
            }
            if of_level.rows() >= ROWS_MIN as f64 && others.rows() >= ROWS_MIN as f64 {
                measured.push(fairness(facet, level, &others, &of_level));
            }
        }
    }
    Ok(measured)
}

/// A confusion matrix.
#[derive(Clone, Copy, Debug, Default)]
struct Confusion {
    true_positives: f64,
    false_positives: f64,
    true_negatives: f64,
    false_negatives: f64,
}

impl Confusion {
    fn add(&mut self, label: bool, called: bool) {
        *match (label, called) {
            (true, true) => &mut self.true_positives,
            (false, true) => &mut self.false_positives,
            (false, false) => &mut self.true_negatives,
            (true, false) => &mut self.false_negatives,
        } += 1.0;
    }

    fn rows(&self) -> f64 {
        self.called() + self.not_called()
    }

    fn called(&self) -> f64 {
        self.true_positives + self.false_positives
    }

    fn not_called(&self) -> f64 {
        self.true_negatives + self.false_negatives
    }

    fn positives(&self) -> f64 {
        self.true_positives + self.false_negatives
    }

    fn negatives(&self) -> f64 {
        self.true_negatives + self.false_positives
    }
}

/// Returns the metrics of group `d`; `a` are the others. A share of no rows is `None`.
fn fairness(facet: &str, level: String, a: &Confusion, d: &Confusion) -> FairnessMetrics {
    let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let difference = |from: &Confusion, less: &Confusion, of: fn(&Confusion) -> (f64, f64)| {
        let share = |group: &Confusion| {
            let (part, whole) = of(group);
            ratio(part, whole)
        };
        Some(share(from)? - share(less)?)
    };
    FairnessMetrics {
        facet: facet.to_owned(),
        level,
        rows: d.rows() as usize,
        dppl: difference(a, d, |group| (group.called(), group.rows())),
        di: ratio(d.called() / d.rows(), a.called() / a.rows()),
        dca: difference(a, d, |group| (group.positives(), group.called())),
        dcr: difference(d, a, |group| (group.negatives(), group.not_called())),
        dar: difference(a, d, |group| (group.true_positives, group.called())),
        drr: difference(d, a, |group| (group.true_negatives, group.not_called())),
        rd: difference(a, d, |group| (group.true_positives, group.positives())),
        sd: difference(d, a, |group| (group.true_negatives, group.negatives())),
        ad: difference(a, d, |group| (group.true_positives + group.true_negatives, group.rows())),
        te: difference(d, a, |group| (group.false_negatives, group.false_positives)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference is smclarify 0.5 of PyPI, `smclarify.bias.metrics.posttraining`, with rows 0 to 7 as the sensitive
    /// facet, on these labels and predicted labels.
    #[test]
    fn metrics_agree_with_smclarify() {
        let labels = [1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0];
        let called = [1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1];
        let (mut a, mut d) = (Confusion::default(), Confusion::default());
        for (row, (label, called)) in labels.into_iter().zip(called).enumerate() {
            let group = if row < 8 { &mut d } else { &mut a };
            group.add(label == 1, called == 1);
        }
        let found = fairness("country", "FR".into(), &a, &d);
        for (name, found, expected) in [
            ("DPPL", found.dppl, -0.08333333333333331),
            ("DI", found.di, 1.2),
            ("DCA", found.dca, -0.19999999999999996),
            ("DCR", found.dcr, -0.1428571428571428),
            ("RD", found.rd, -0.25),
            ("DAR", found.dar, -0.35),
            ("DRR", found.drr, 0.0357142857142857),
            ("AD", found.ad, -0.16666666666666663),
            ("TE", found.te, 0.33333333333333337),
            ("SD", found.sd, 0.125),
        ] {
            let found = found.expect(name);
            assert!((found - expected).abs() < 1e-12, "{name}: {found}, expected {expected}");
        }
        let nothing = fairness("country", "FR".into(), &a, &Confusion { true_negatives: 60.0, ..Confusion::default() });
        assert_eq!((nothing.dar, nothing.rd, nothing.te), (None, None, None), "a share of nothing is not known");
    }
}
