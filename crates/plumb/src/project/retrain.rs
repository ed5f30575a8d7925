//! When the project is retrained, what challenges the champion, and who promotes it: `[retrain]` as the rest of the program
//! has it.

use chrono::TimeDelta;
use plumb_lead::Recency;

use super::config::{Promote, RetrainConfig};
use super::span::Span;
use super::window::Window;

/// How the project is retrained.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Retrain {
    /// Who promotes a challenger.
    pub(crate) promote: Promote,
    /// So many leads need an outcome that is new.
    pub(crate) new_outcomes_min: usize,
    /// The least share of the champion's rows that a data set may have.
    pub(crate) rows_share_min: f64,
    /// How far back challengers look: for the first all kinds of models are fitted, for the others the kind that is chosen
    /// there. In one order, each once.
    pub(crate) recencies: Vec<Recency>,
    /// The chance that over all retrainings a challenger that is no better replaces a champion.
    pub(crate) risk: f64,
    /// How long after a promotion nothing else is promoted by itself.
    pub(crate) hold: TimeDelta,
    /// So many leads are scored in the shadow before a challenger is promoted.
    pub(crate) shadow_leads: usize,
}

impl From<&RetrainConfig> for Retrain {
    fn from(config: &RetrainConfig) -> Retrain {
        let windows = config.windows.iter().map(|window| match window {
            Window::All => Recency::default(),
            Window::Recent(span) => Recency { window_h: Some(hours(*span)), half_life_h: None },
        });
        let half_lives =
            config.half_lives.iter().map(|span| Recency { window_h: None, half_life_h: Some(hours(*span)) });
        let mut recencies: Vec<Recency> = windows.chain(half_lives).collect();
        recencies.sort();
        recencies.dedup();
        Retrain {
            promote: config.promote,
            new_outcomes_min: config.min_new_outcomes.max(1),
            rows_share_min: config.min_share_of_rows,
            recencies,
            risk: config.risk,
            hold: config.hold.0,
            shadow_leads: config.shadow_leads,
        }
    }
}

/// Returns the hours of a span of days; it was checked not to be longer than they can be counted.
fn hours(span: Span) -> u32 {
    u32::try_from(span.0.num_hours()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retrain(toml: &str) -> Retrain {
        Retrain::from(&toml::from_str::<RetrainConfig>(toml).expect("it is right"))
    }

    #[test]
    fn challengers_are_each_there_once_in_one_order() {
        let [written, turned] = [
            "windows = [\"365d\", \"all\", \"52w\"]\nhalf_lives = [\"365d\", \"180d\"]",
            "half_lives = [\"180d\", \"365d\"]\nwindows = [\"365d\", \"52w\", \"all\"]",
        ]
        .map(retrain);
        assert_eq!(written, turned);
        let words: Vec<String> = written.recencies.iter().map(|recency| recency.words()).collect();
        assert_eq!(
            words,
            [
                "all history",
                "half the weight every 180 days",
                "half the weight every 365 days",
                "the last 364 days",
                "the last 365 days"
            ]
        );
    }

    #[test]
    fn a_window_that_is_none_names_both_forms() {
        let error = toml::from_str::<RetrainConfig>("windows = [\"always\"]").expect_err("no window").to_string();
        assert!(error.contains("`90d`") && error.contains("or `all`"), "{error}");
    }
}
