//! How a model was trained: what it takes to train it again, and what its fit chose.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How a model was trained. With the data set, the target, `as_of` and the seed it is all that a rebuild needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSettings {
    /// How many settings of the trees were tried; `None` for a model without trees of our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_trials: Option<usize>,
    /// How rows that memory does not hold were learned from; `None` if memory held them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_of_core: Option<OutOfCoreSettings>,
    /// How far back it looked, and how fast rows lost weight.
    #[serde(default, skip_serializing_if = "Recency::is_all")]
    pub recency: Recency,
    /// What the fit chose, by the names that its library uses.
    pub fit: BTreeMap<String, String>,
}

/// How far back a model looked, and how fast rows lost weight with their age. Both are counted from the newest row with an
/// outcome. Without either it has learned from all history alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recency {
    /// Hours back to the oldest rows that it learned from; `None` if there was no such end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_h: Option<u32>,
    /// Hours in which a row lost half of its weight; `None` if all weigh the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_life_h: Option<u32>,
}

/// How a model was trained on more rows than memory holds. Each of these has a part in the model's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutOfCoreSettings {
    /// How many workers shared the rows.
    pub workers: usize,
    /// The most rows of a sample.
    pub sample_rows: usize,
    /// Where workers kept the quantiles of their rows.
    pub quantiles: Quantiles,
}

/// Where workers keep the quantiles of their rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantiles {
    /// In memory.
    InMemory,
    /// On the disk.
    OnDisk,
}

impl Quantiles {
    /// Returns the words for people, and in the settings of a model's file.
    pub fn words(self) -> &'static str {
        match self {
            Quantiles::InMemory => "in memory",
            Quantiles::OnDisk => "on disk",
        }
    }
}

impl TrainingSettings {
    /// Returns every setting by its name, for people to read.
    pub fn named(&self) -> BTreeMap<String, String> {
        let mut named = self.fit.clone();
        if let Some(trials) = self.search_trials {
            named.insert("trials".to_owned(), trials.to_string());
        }
        if let Some(out_of_core) = self.out_of_core {
            named.extend(out_of_core.named());
        }
        if !self.recency.is_all() {
            named.insert("rows".to_owned(), self.recency.words());
        }
        named
    }
}

impl Recency {
    /// Returns whether all history was learned from alike.
    pub fn is_all(&self) -> bool {
        *self == Recency::default()
    }

    /// Returns the words for people.
    pub fn words(self) -> String {
        let span = |hours: u32| match hours % 24 {
            0 => format!("{} days", hours / 24),
            _ => format!("{hours} hours"),
        };
        let window = self.window_h.map(|window| format!("the last {}", span(window)));
        let half_life = self.half_life_h.map(|half_life| format!("half the weight every {}", span(half_life)));
        let words: Vec<String> = window.into_iter().chain(half_life).collect();
        if words.is_empty() { "all history".to_owned() } else { words.join(", ") }
    }
}

impl OutOfCoreSettings {
    /// Returns each setting by its name, for people to read.
    pub fn named(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("workers".to_owned(), self.workers.to_string()),
            ("sample_rows".to_owned(), self.sample_rows.to_string()),
            ("quantiles".to_owned(), self.quantiles.words().to_owned()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_stored_as_typed_json() {
        let out_of_core = OutOfCoreSettings { workers: 2, sample_rows: 1000, quantiles: Quantiles::OnDisk };
        let settings = TrainingSettings {
            search_trials: Some(6),
            out_of_core: Some(out_of_core),
            recency: Recency::default(),
            fit: BTreeMap::from([("max_depth".to_owned(), "4".to_owned())]),
        };
        let text = "{\"search_trials\":6,\"out_of_core\":{\"workers\":2,\"sample_rows\":1000,\"quantiles\":\"on_disk\"},\
                    \"fit\":{\"max_depth\":\"4\"}}";
        assert_eq!(serde_json::to_string(&settings).expect("plain data"), text);
        assert_eq!(serde_json::from_str::<TrainingSettings>(text).expect("our own"), settings);
        let named: Vec<String> = settings.named().into_iter().map(|(name, value)| format!("{name} {value}")).collect();
        assert_eq!(named, ["max_depth 4", "quantiles on disk", "sample_rows 1000", "trials 6", "workers 2"]);
    }

    #[test]
    fn recency_is_stored_where_there_is_any_and_has_words() {
        let recency = Recency { window_h: Some(365 * 24), half_life_h: Some(36) };
        let settings = TrainingSettings { recency, ..TrainingSettings::default() };
        let text = "{\"recency\":{\"window_h\":8760,\"half_life_h\":36},\"fit\":{}}";
        assert_eq!(serde_json::to_string(&settings).expect("plain data"), text);
        assert_eq!(serde_json::from_str::<TrainingSettings>(text).expect("our own"), settings);
        assert_eq!(settings.named()["rows"], "the last 365 days, half the weight every 36 hours");
        assert_eq!(Recency::default().words(), "all history");
    }
}
