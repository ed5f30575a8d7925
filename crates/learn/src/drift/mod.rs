//! Drift: how far a window of rows is from the rows that a model was trained on.
//!
//! Two questions are kept apart: how large a move is (PSI, Jensen–Shannon), and whether it can be chance. A small window has
//! a large PSI by chance alone, and an alarm that means nothing is worse than none. So a column has moved only if its PSI is
//! large after the part that chance explains is subtracted, and larger than chance exceeds once in 10,000.

mod distance;
mod histogram;
mod baseline;

pub use baseline::{Baseline, baseline, compare};
