//! How far Salesforce was read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::salesforce::config::LOOK_BACK;
use crate::selection::Selection;
use crate::sink::Checkpoint;

/// The positions of all objects.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Positions {
    pub(crate) objects: BTreeMap<String, Position>,
}

/// How far an object was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The fields that were read of each record.
    pub(crate) fields: Selection,
    pub(crate) step: Step,
}

/// What comes next. Times are milliseconds since 1970, by Salesforce's clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "step")]
pub(crate) enum Step {
    /// The records that were changed from one time until another, after one of them. Without `from`, all.
    Query { from: Option<i64>, until: i64, after: Option<Place>, deleted_since: i64 },
    /// The deletes since a time. `from` is where the next query begins.
    Deleted { since: i64, from: i64 },
    /// Nothing, in this run.
    Done { from: i64, deleted_since: i64 },
}

/// A record's place in the order of a query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// When it was changed.
    pub(crate) at: i64,
    pub(crate) id: String,
}

impl Positions {
    pub(crate) fn read(checkpoint: Option<&Checkpoint>) -> Result<Positions, Error> {
        let Some(checkpoint) = checkpoint else { return Ok(Positions::default()) };
        Deserialize::deserialize(checkpoint).map_err(|error| {
            let what = format!("the position that was kept is none of Salesforce's: {error}");
            Error::new(
                what,
                "was the kind of the source changed? give it another name, and its rows are read from the beginning",
            )
        })
    }

    pub(crate) fn written(&self) -> Result<Checkpoint, Error> {
        serde_json::to_value(self)
            .map_err(|error| Error::new(format!("the position cannot be written: {error}"), "report this"))
    }

    /// Sets the next step of an object.
    pub(crate) fn set(&mut self, object: &str, step: Step) {
        if let Some(position) = self.objects.get_mut(object) {
            position.step = step;
        }
    }
}

impl Step {
    /// Returns the step that reads all.
    pub(crate) fn all(now: i64, deleted_since: i64) -> Step {
        Step::Query { from: None, until: now, after: None, deleted_since }
    }

    /// Returns since when deletes are not known.
    pub(crate) fn deleted_since(&self) -> i64 {
        match self {
            Step::Query { deleted_since, .. } | Step::Done { deleted_since, .. } => *deleted_since,
            Step::Deleted { since, .. } => *since,
        }
    }

    /// Returns the step of the next run: one that is done goes on with a query, and one that was interrupted where it was.
    pub(crate) fn resumed(self, now: i64) -> Step {
        match self {
            Step::Done { from, deleted_since } => {
                let from = from - LOOK_BACK.num_milliseconds();
                Step::Query { from: Some(from), until: now.max(from), after: None, deleted_since }
            }
            other => other,
        }
    }
}
