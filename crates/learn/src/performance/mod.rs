//! Performance after training: what scores let expect before outcomes are there, and whether outcomes that come are those
//! that the scores let expect.
//!
//! Four questions are kept apart, and each part answers one:
//!
//! - [`Delay`]: how long outcomes take to come.
//! - [`watch()`]: do they come as often, and as late, as they used to? It is asked week after week for years, so the number
//!   of false alarms a year is what is held, and not the level of one test.
//! - [`expect`], [`adapt`]: what are AUC, precision, recall, F-beta and money, before the outcomes are there?
//! - [`test_calibration`]: are the scores of a window whose outcomes are there still probabilities?
//!
//! Time is counted in dates: a day is a number of days from any fixed date, an age is a difference of two dates.

mod awaited;
mod delay;
mod counts;
mod usual;
mod bets;
mod detector;
mod watch;
mod expected;
mod density_ratio;
mod adapted;
mod calibration_test;

pub use adapted::{Adapted, Reference, adapt, recalibrate};
pub use awaited::AwaitedLead;
pub use bets::Change;
pub use calibration_test::{CalibrationTest, ScoreSummary, summarise, test_calibration};
pub use counts::{Count, Dimension};
pub use delay::Delay;
pub use expected::{Performance, Terms, expect, probabilities_so_far};
pub use usual::{SegmentTolerance, Tolerance, Usual, UsualParams};
pub use watch::{Alarm, Stream, Watch, WatchParams, watch};
