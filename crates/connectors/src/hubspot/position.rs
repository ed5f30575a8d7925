//! How far HubSpot was read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::hubspot::config::{HubspotObject, LOOK_BACK};
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
    /// What was read of each record.
    pub(crate) fields: FieldsRead,
    pub(crate) step: Step,
}

/// What is read of each record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FieldsRead {
    properties: Selection,
    history: Selection,
    associations: Vec<String>,
}

/// What comes next. Times are milliseconds since 1970, by HubSpot's clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "step")]
pub(crate) enum Step {
    /// All records by their ids, after one of them.
    List { after: Option<String>, started_at: i64, archived_since: Option<i64> },
    /// The records that were changed from one time to another; with an id, those of exactly the first time after that id.
    Search { from: i64, after_id: Option<String>, until: i64, archived_since: Option<i64> },
    /// The archived records. `from` is where the next search begins.
    Archived { after: Option<String>, started_at: i64, from: i64, archived_since: Option<i64> },
    /// Nothing, in this run.
    Done { from: i64, archived_since: i64 },
}

impl Positions {
    pub(crate) fn read(checkpoint: Option<&Checkpoint>) -> Result<Positions, Error> {
        let Some(checkpoint) = checkpoint else { return Ok(Positions::default()) };
        Deserialize::deserialize(checkpoint).map_err(|error| {
            let what = format!("the position that was kept is none of HubSpot's: {error}");
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
}

impl FieldsRead {
    pub(crate) fn of(object: &HubspotObject) -> FieldsRead {
        let HubspotObject { properties, history, associations, .. } = object.clone();
        FieldsRead { properties, history, associations }
    }

    /// Whether all that `other` asks for was read too.
    pub(crate) fn covers(&self, other: &FieldsRead) -> bool {
        self.properties.covers(&other.properties)
            && self.history.covers(&other.history)
            && other.associations.iter().all(|object| self.associations.contains(object))
    }
}

impl Step {
    pub(crate) fn list(started_at: i64, archived_since: Option<i64>) -> Step {
        Step::List { after: None, started_at, archived_since }
    }

    /// Returns the search for what was changed since a time until now.
    pub(crate) fn search(since: i64, now: i64, archived_since: Option<i64>) -> Step {
        let from = since - LOOK_BACK.num_milliseconds();
        Step::Search { from, after_id: None, until: now, archived_since }
    }

    /// Returns since when archived records are not known; `None` is all.
    pub(crate) fn archived_since(&self) -> Option<i64> {
        match self {
            Step::List { archived_since, .. }
            | Step::Search { archived_since, .. }
            | Step::Archived { archived_since, .. } => *archived_since,
            Step::Done { archived_since, .. } => Some(*archived_since),
        }
    }

    /// Returns the step of the next run: one that is done goes on with a search, and one that was interrupted where it was.
    pub(crate) fn resumed(self, now: i64) -> Step {
        match self {
            // `from` has the look-back in it.
            Step::Done { from, archived_since } => {
                Step::Search { from, after_id: None, until: now.max(from), archived_since: Some(archived_since) }
            }
            other => other,
        }
    }
}
