//! How long things take, in whole days.

use super::distributions::{convolve, gamma};

/// The distributions of the three waits and of their sum.
pub(crate) struct Waits {
    /// From the end of the first week to the conversion.
    pub(crate) conversion: Vec<f64>,
    /// From the conversion to the application; never the same day.
    pub(crate) application: Vec<f64>,
    /// From the application to the decision; never the same day.
    pub(crate) decision: Vec<f64>,
    /// From the end of the first week to the decision.
    pub(crate) total: Vec<f64>,
}

impl Waits {
    /// Returns the company's waits: gamma curves of means 26, 5 and 9 days, cut off at 150, 25 and 35.
    pub(crate) fn new() -> Waits {
        let conversion = gamma(1.6, 16.0, 0, 150);
        let application = gamma(1.5, 3.5, 1, 25);
        let decision = gamma(2.5, 3.5, 1, 35);
        let total = convolve(&convolve(&conversion, &application), &decision);
        Waits { conversion, application, decision, total }
    }
}
