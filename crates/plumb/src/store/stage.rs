//! The stages of a target's models.

use std::str::FromStr;

use anyhow::{Error, bail};
use serde::Serialize;

/// What a model is to its target. A target has at most one model in each stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// It scores the target's leads.
    Champion,
    /// It is a candidate for champion.
    Challenger,
}

impl Stage {
    /// Returns the word used in JSON, in the store and on the page.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Stage::Champion => "champion",
            Stage::Challenger => "challenger",
        }
    }
}

impl FromStr for Stage {
    type Err = Error;

    fn from_str(word: &str) -> Result<Stage, Error> {
        match word {
            "champion" => Ok(Stage::Champion),
            "challenger" => Ok(Stage::Challenger),
            _ => bail!("`{word}` is not a stage: expected champion or challenger"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_read_from_its_word() {
        for stage in [Stage::Champion, Stage::Challenger] {
            assert_eq!(stage.word().parse::<Stage>().expect("its own word"), stage);
        }
        assert!("king".parse::<Stage>().expect_err("no stage").to_string().contains("expected champion or challenger"));
    }
}
