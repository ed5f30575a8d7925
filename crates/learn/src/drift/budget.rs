//! The error budget: from the false alarms that a team accepts in a year to the threshold of each single test.
//!
//! The expected number of false alarms is the sum of the chances of all tests, however they depend on each other. So each test
//! gets its part of the budget, and no correction that only bounds the chance of *any* alarm is needed.

/// Weeks of a year.
const WEEKS: f64 = 365.25 / 7.0;

/// What is tested. Each has a share of the budget; together they spend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The distribution of each input and of the score.
    Columns,
    /// Segments of the rows.
    Segments,
    /// All inputs together.
    Together,
    /// Which inputs the scores rest on.
    Reasons,
    /// How many rows come.
    Volume,
    /// Outcomes against scores.
    Outcomes,
}

impl Watched {
    /// Everything that is tested.
    pub const ALL: [Watched; 6] =
        [Watched::Columns, Watched::Segments, Watched::Together, Watched::Reasons, Watched::Volume, Watched::Outcomes];

    /// Its share of the budget.
    fn share(self) -> f64 {
        match self {
            Watched::Columns => 0.4,
            Watched::Segments | Watched::Together | Watched::Reasons | Watched::Volume => 0.1,
            Watched::Outcomes => 0.2,
        }
    }
}

/// The false alarms that are accepted in a year, over all targets, columns, segments and weeks together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Alarms a year if nothing ever changes.
    pub false_alarms_a_year: f64,
    /// The targets that share it.
    pub targets: usize,
}

impl Budget {
    /// Returns the chance at which one of `tests` tests a week raises a false alarm.
    pub fn chance_a_test(&self, watched: Watched, tests: usize) -> f64 {
        self.chance_a_week(watched) / tests.max(1) as f64
    }

    /// Returns the false alarms of one target in one week.
    pub fn chance_a_week(&self, watched: Watched) -> f64 {
        self.false_alarms_a_year * watched.share() / WEEKS / self.targets.max(1) as f64
    }

    /// Returns the false alarms of one target in a year, for a test that is valid at any time.
    pub fn chance_a_year(&self, watched: Watched) -> f64 {
        self.false_alarms_a_year * watched.share() / self.targets.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_tests_of_a_year_spend_the_budget() {
        let budget = Budget { false_alarms_a_year: 2.0, targets: 3 };
        let spent: f64 =
            Watched::ALL.into_iter().map(|watched| 3.0 * WEEKS * 41.0 * budget.chance_a_test(watched, 41)).sum();
        assert!((spent - 2.0).abs() < 1e-9, "{spent}");
    }
}
