//! The result of a search.

use std::collections::BTreeMap;

use plumb_lead::FeatureSet;

use super::hyperparameters::Hyperparameters;

/// What a search chose, enough to train the same trees on other rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tuned {
    pub(crate) hyperparameters: Hyperparameters,
    pub(crate) rounds: usize,
    /// Columns that are hidden from the trees, because they are time proxies.
    pub(crate) hidden: Vec<usize>,
    pub(super) loss: f64,
    pub(super) trials: usize,
}

impl Tuned {
    /// Returns the hyperparameters and the results of the search, by name.
    pub(crate) fn describe(&self, features: &FeatureSet) -> BTreeMap<String, String> {
        let mut described: BTreeMap<String, String> =
            self.hyperparameters.named().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        described.insert("categories".to_owned(), self.hyperparameters.encoding.word().to_owned());
        described.insert("rounds".to_owned(), self.rounds.to_string());
        described.insert("trials".to_owned(), self.trials.to_string());
        described.insert("loss_valid".to_owned(), format!("{:.5}", self.loss));
        let hidden: Vec<&str> = self.hidden.iter().map(|column| features.features[*column].name.as_str()).collect();
        if !hidden.is_empty() {
            described.insert("not_shown_to_trees".to_owned(), hidden.join(", "));
        }
        described
    }
}
