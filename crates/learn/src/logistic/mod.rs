//! Logistic regression.
//!
//! Numbers are standardised and clamped to the range of the training rows, so that one absurd value cannot make an absurd
//! score. Categories are one-hot, with rare levels pooled. A missing value has a weight of its own where training has
//! enough of them. The features' directions (`monotone`) constrain the weights of numbers and flags.
//!
//! Where the team has rules, their points are one more column (the scorecard), whose weight has a prior of what
//! points mean before anything was measured, and the other weights a prior around 0: the fewer labels there are, the closer
//! the regression is to the rules (docs/decisions/0013).

mod scorecard;
mod regression;
mod fit;
mod cold_start;

pub use regression::Logistic;
