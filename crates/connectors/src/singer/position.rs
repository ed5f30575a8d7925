//! The checkpoint of a tap: its own state, and beside it what we have to know of its versions and names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::records::Kept;
use crate::singer::versions::Versions;
use crate::sink::Checkpoint;

/// Where a tap goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    /// The value of the last STATE, as text: its numbers keep their digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    singer_state: Option<String>,
    /// What was activated, by stream.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) versions: BTreeMap<String, Versions>,
    /// The names of columns that are not the name of their only field, by stream.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) names: BTreeMap<String, Kept>,
}

impl Position {
    /// Reads a checkpoint.
    pub(crate) fn read(checkpoint: Option<&Checkpoint>) -> Result<Position, Error> {
        let Some(checkpoint) = checkpoint else { return Ok(Position::default()) };
        Position::deserialize(checkpoint).map_err(|error| {
            let way_out = "was the source another one before? Give it another name, under which it begins anew";
            Error::new(format!("the kept position is not one of a Singer tap: {error}"), way_out).because(error)
        })
    }

    /// Returns the tap's own state.
    pub(crate) fn state(&self) -> Option<&str> {
        self.singer_state.as_deref()
    }

    /// Sets the tap's own state.
    pub(crate) fn set_state(&mut self, state: &str) {
        self.singer_state = Some(state.to_owned());
    }

    /// Returns the checkpoint.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        serde_json::to_value(self).expect("texts, numbers and maps by text are JSON")
    }
}
