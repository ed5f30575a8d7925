//! How much later than its time a job begins, so that not all projects ask a system for its rows in the same second.

use chrono::TimeDelta;

use crate::timing::Timing;

/// Returns the seconds by which a project's job begins late, below `jitter`. They are the same each time, and the same for all
/// jobs of a project with the same timing, which stay in their order that way.
pub fn offset(project: &str, timing: &Timing, jitter: TimeDelta) -> TimeDelta {
    let seconds = jitter.num_seconds().max(0).unsigned_abs();
    if seconds == 0 {
        return TimeDelta::zero();
    }
    let chosen = hash(&format!("{project}\n{}", timing.text())) % seconds;
    TimeDelta::seconds(i64::try_from(chosen).unwrap_or(0))
}

/// FNV-1a with 64 bits (Fowler, Noll, Vo), and a last mixing of the bits: its low ones alone are close for close names.
fn hash(text: &str) -> u64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}
