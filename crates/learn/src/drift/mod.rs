//! Drift: how far a window of rows is from the rows that a model was trained on.
//!
//! Two questions are kept apart: how large a move is (PSI, Jensen–Shannon), and whether it can be chance. A small window has
//! a large PSI by chance alone, and an alarm that means nothing is worse than none. So a column has moved only if its PSI is
//! large after the part that chance explains is subtracted, and if its G statistic is larger than an error budget allows, given
//! how much the weeks of the training data differ from each other.

mod tails;
mod calendar;
mod budget;
mod distance;
mod between;
mod histogram;
mod counting;
mod novelty;
mod baseline;
mod comparison;
mod alarms;
mod volume;
mod segments;
mod together;
mod reasons;

pub use alarms::{Alarm, Change, alarms};
pub use baseline::{Baseline, DatedRows, baseline, baseline_by_week};
pub use budget::{Budget, Watched};
pub use calendar::week_of;
pub use comparison::{CHANCE, Window, compare, of_either};
pub use reasons::{NDCG_MIN, ReasonDrift, ndcg, reason_drift};
pub use segments::{MovedSegment, SegmentRows, moved_segments};
pub use together::{Together, together};
pub use volume::{Volume, WeekRows, volume};
