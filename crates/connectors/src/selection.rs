//! Which fields of an object are read.

use serde::{Deserialize, Serialize};

/// Which fields of an object are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Selection {
    /// All that the system has and shows to us.
    All,
    /// Those with these names.
    Named(Vec<String>),
}

impl Selection {
    /// Whether all that `other` asks for is asked for by this one too.
    pub(crate) fn covers(&self, other: &Selection) -> bool {
        match (self, other) {
            (Selection::All, _) => true,
            (Selection::Named(_), Selection::All) => false,
            (Selection::Named(names), Selection::Named(others)) => others.iter().all(|name| names.contains(name)),
        }
    }

    /// Returns the names that are chosen out of those that there are, in their order, and those that are not there.
    pub(crate) fn chosen(&self, there: &[String]) -> (Vec<String>, Vec<String>) {
        match self {
            Selection::All => (there.to_vec(), Vec::new()),
            Selection::Named(names) => {
                let missing = names.iter().filter(|name| !there.contains(name)).cloned().collect();
                (there.iter().filter(|name| names.contains(name)).cloned().collect(), missing)
            }
        }
    }
}
