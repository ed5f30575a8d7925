//! How many rows of a file may be set aside: a file that would lose more stops, instead of a part of it counting as the whole.

use super::source_pull::SourcePull;
use crate::error::Error;

/// Rejected rows that the error shows.
pub(super) const EXAMPLES: usize = 3;

/// The rows of one file, and how many of them were rejected.
pub(super) struct LostRows {
    pub(super) rows: u64,
    pub(super) lost: u64,
    /// Why the first ones were.
    pub(super) examples: Vec<String>,
}

impl LostRows {
    /// Refuses a file that loses more than its source allows.
    pub(super) fn check(&self, pull: &SourcePull<'_>, label: &str) -> Result<(), Error> {
        let percent = percent(self.lost, self.rows);
        if percent <= pull.source.allow_lost {
            return Ok(());
        }
        let problem = format!(
            "`{label}`: {} of {} rows ({percent} %) cannot be read: {}; none of them was taken, as at most {} % may be lost",
            self.lost,
            self.rows,
            self.examples.join("; "),
            pull.source.allow_lost
        );
        let hint = format!(
            "mend the file, or go on without these rows by `allow_lost = {percent}` under [source.{}] in plumb.toml",
            pull.name
        );
        Err(pull.error(problem, &hint))
    }
}

/// Returns a share in percent, rounded up to one digit after the point, so that what it allows is what was found.
fn percent(lost: u64, rows: u64) -> f64 {
    if lost == 0 { 0.0 } else { (lost as f64 / rows.max(lost) as f64 * 1_000.0).ceil() / 10.0 }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_share_is_rounded_up() {
        assert_eq!([percent(0, 0), percent(0, 9), percent(1, 3), percent(1, 100)], [0.0, 0.0, 33.4, 1.0]);
        assert_eq!([percent(1, 1), percent(1_001, 100_000)], [100.0, 1.1]);
    }
}
