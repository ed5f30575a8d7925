//! What is assumed where no outcome is known yet.

/// The assumed share of good leads: one in ten.
const ASSUMED_RATE: f64 = 0.1;

/// The standard deviation of the assumed log-odds: two of them reach from under 1 % to over 65 %.
pub(crate) const ASSUMED_SPREAD: f64 = 1.5;

/// The standard deviation of the effect of a standard deviation of points on the log-odds, which is assumed to be 1.
pub(crate) const SLOPE_SPREAD: f64 = 0.5;

/// Returns the log-odds of the assumed share.
pub(crate) fn assumed_log_odds() -> f64 {
    (ASSUMED_RATE / (1.0 - ASSUMED_RATE)).ln()
}
