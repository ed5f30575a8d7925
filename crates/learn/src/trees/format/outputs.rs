//! What the trees of a model add up to: one margin, or one for each of two classes.
//!
//! XGBoost's softmax of two classes is `p1 = exp(m1) / (exp(m0) + exp(m1)) = 1 / (1 + exp(-(m1 - m0)))`: the logistic function
//! of the difference of the margins. So such a model is one of one output, whose trees of class 0 count negatively.

/// What the trees of a model add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outputs {
    /// One margin.
    One,
    /// A margin of class 0 and one of class 1, whose difference counts.
    TwoClasses,
}

impl Outputs {
    /// Returns the outputs by XGBoost's parameters, or why they are not one score.
    pub(super) fn of(classes: &str, targets: &str, objective: &str) -> Result<Outputs, String> {
        match (classes, targets, objective) {
            ("0" | "1", "0" | "1", _) => Ok(Outputs::One),
            ("2", "0" | "1", "multi:softprob" | "multi:softmax") => Ok(Outputs::TwoClasses),
            _ => Err(format!(
                "a model of {classes} classes and {targets} targets, expected one output, or two classes by `multi:softprob`"
            )),
        }
    }

    /// Returns by what the leaves of a tree of this output are multiplied.
    pub(super) fn sign(self, output: i64) -> Result<f32, String> {
        match (self, output) {
            (Outputs::One, 0) | (Outputs::TwoClasses, 1) => Ok(1.0),
            (Outputs::TwoClasses, 0) => Ok(-1.0),
            (Outputs::One, _) => Err("trees of several outputs, expected one".to_owned()),
            (Outputs::TwoClasses, _) => Err(format!("a tree of class {output}, expected 0 or 1")),
        }
    }

    /// Returns the difference of the margins before any tree. One number is that of both classes; since 3.1 each may have its
    /// own, as `[5E-1,2E-1]`.
    pub(super) fn intercept(self, base_score: &str) -> Result<f64, String> {
        let bare = base_score.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(base_score);
        let margins: Option<Vec<f32>> = bare
            .split(',')
            .map(|margin| margin.trim().parse().ok().filter(|margin: &f32| margin.is_finite()))
            .collect();
        match (self, margins.as_deref()) {
            (Outputs::TwoClasses, Some([_])) => Ok(0.0),
            (Outputs::TwoClasses, Some([zero, one])) => Ok(f64::from(*one) - f64::from(*zero)),
            _ => Err(format!("`base_score` is `{base_score}`, expected a number, or one for each class")),
        }
    }
}
