//! The ensemble: the mean of logistic regression and boosted trees, in log-odds.
//!
//! The two err in different ways, the regression where effects bend or interact, the trees where a trend goes on beyond the
//! training rows, so their mean is often better than either. Contributions are means as well.

use plumb_lead::Matrix;
use serde::{Deserialize, Serialize};

use crate::boosted::Boosted;
use crate::error::Error;
use crate::explanation::Explanation;
use crate::logistic::Logistic;

/// A regression and trees, averaged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    logistic: Logistic,
    boosted: Boosted,
}

impl Ensemble {
    pub(crate) fn new(logistic: Logistic, boosted: Boosted) -> Ensemble {
        Ensemble { logistic, boosted }
    }

    /// Returns the mean of the log-odds of each row.
    pub fn margins(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        let (logistic, boosted) = (self.logistic.margins(matrix)?, self.boosted.margins(matrix)?);
        Ok(means(&logistic, &boosted))
    }

    /// Returns each feature's contribution to the mean.
    pub fn explain(&self, matrix: &Matrix) -> Result<Explanation, Error> {
        let (logistic, boosted) = (self.logistic.explain(matrix)?, self.boosted.explain(matrix)?);
        Ok(Explanation {
            base: f64::midpoint(logistic.base, boosted.base),
            columns: logistic.columns,
            contributions: means(&logistic.contributions, &boosted.contributions),
        })
    }

    /// Returns the variance of each row's log-odds that comes from the regression, which is half of them.
    pub(crate) fn variances(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        Ok(self.logistic.variances(matrix)?.into_iter().map(|variance| variance / 4.0).collect())
    }

    /// Returns why the stored parts do not fit a number of features; `None` if they do.
    pub(crate) fn problem(&self, features: usize) -> Option<String> {
        self.logistic.problem(features).or_else(|| self.boosted.problem(features))
    }
}

/// Returns the means of two lists of one length.
pub(crate) fn means(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(left, right)| f64::midpoint(*left, *right)).collect()
}
