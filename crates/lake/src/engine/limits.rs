//! Limits of a project's SQL: no file of it may take the machine's memory, or run for ever.
//!
//! Those of [`SqlLimits`] depend on how much data a company has, and are set in `plumb.toml`. The others are far beyond
//! what anybody writes by hand, and protect the stack and the planner.

use std::time::Duration;

/// Limits of each of `sources/*.sql`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlLimits {
    /// How long it may run.
    pub time: Duration,
    /// Bytes that its joins, sorts, aggregates and rows may have in memory. What can be written aside is, before that.
    pub memory_bytes: u64,
    /// Rows that it may return.
    pub rows: u64,
}

/// Half an hour: a file over a hundred million raw rows takes minutes.
const TIME: Duration = Duration::from_secs(30 * 60);

/// 2 GiB: ten million events of 200 bytes, on a machine of 4 GB.
const MEMORY_BYTES: u64 = 2 << 30;

/// A billion: more rows than memory holds, so that only a join without its condition gets there.
const ROWS: u64 = 1_000_000_000;

impl Default for SqlLimits {
    fn default() -> SqlLimits {
        SqlLimits { time: TIME, memory_bytes: MEMORY_BYTES, rows: ROWS }
    }
}

/// Bytes of a SQL file. The longest that we have seen have 20 kB.
pub(super) const FILE_BYTES_MAX: usize = 1 << 20;

/// Levels of an expression: `a AND b AND c` has two. Some passes of the engine recurse without a check of the stack, in
/// threads of 2 MiB; they were seen to need less than a kilobyte a level.
pub(super) const NESTING_MAX: usize = 500;

/// Words and signs between two commas, those around the same parentheses included. Each level of an expression has at
/// least two of them, so that even a parsed tree that is refused for its depth is shallow enough to be dropped: its
/// levels take some 200 bytes each of a stack of 2 MiB.
pub(super) const WORDS_MAX: usize = 5_000;

/// SELECTs and tables of a query, each `WITH` counted wherever it is used: the planner puts it in place there, so that
/// forty, each of which uses the one before twice, would be a plan of 2^40 parts.
pub(super) const PARTS_MAX: u64 = 1_000;

/// Bytes of a constant text or list: the engine repeats it in each row of a batch, of which there are 8,192.
pub(super) const CONSTANT_BYTES_MAX: u64 = 128 << 10;

/// Bytes of one value that a function makes longer than its arguments, as `repeat` does.
pub(super) const VALUE_BYTES_MAX: u64 = 16 << 20;

/// Bytes of all values that such a function makes in one batch.
pub(super) const BATCH_BYTES_MAX: u64 = 256 << 20;

/// Returns bytes as people write them: `2.0 GiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 || value.fract() == 0.0 {
        format!("{value:.0} {}", units[unit])
    } else {
        format!("{value:.1} {}", units[unit])
    }
}

/// Returns what is wrong with SQL that is nested deeper than a limit.
pub(super) fn too_deep(limit: String) -> String {
    format!(
        "it is nested too deep: expected at most {limit}; write `x IN (…)` for a chain of ORs, \
         or compute parts in a WITH or a subquery"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_a_unit_that_suits_them() {
        let written = [0, 1023, 1024, 1536, 2 << 30, u64::MAX].map(bytes);
        assert_eq!(written, ["0 bytes", "1023 bytes", "1 KiB", "1.5 KiB", "2 GiB", "16384 PiB"]);
    }
}
