//! Predictions, their reasons, and the feedback on them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Band, Error, Interval, Score};

/// A score given to a lead at a time by a model, with its reasons if they were requested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Its own id, a UUID of version 7.
    pub prediction_id: String,
    /// The lead; a caller's own name for one that is not in the ground; the prediction's id for a row without a name.
    pub lead_id: String,
    /// The target, as in `plumb.toml`.
    pub target: String,
    /// The model that gave it: the content hash of its file.
    pub model_id: String,
    /// The time at which it observes the lead.
    pub as_of: DateTime<Utc>,
    /// The calibrated probability.
    pub score: Score,
    /// The 95 % interval of the probability, by what the model learned from; `None` if the model does not give one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// The score's range.
    pub band: Band,
    /// The most important reasons, for and against, largest first. Empty if the caller requested the score alone: they
    /// follow from the inputs in `provenance`.
    pub reasons: Vec<Reason>,
    /// Where its inputs come from.
    pub provenance: Provenance,
}

/// Where a prediction's inputs come from, stored so that it can be computed again and compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The version of the ground that its rows are from: the hash of what that was derived from. `None` if the
    /// rows came with the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// Fields of a known lead that the request overrode: its values were used and not those of the sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<String>,
    /// The model's inputs, in the order of its features; `None` is missing, a category is its code.
    pub inputs: Vec<Option<f32>>,
}

/// One source field's part in a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The source field, as in `features/*.toml`.
    pub field: String,
    /// The sentence a rep reads.
    pub text: String,
    /// Its value as people write it; `None` if missing.
    pub value: Option<String>,
    /// Its SHAP value in log-odds: over 0 is for the lead, under 0 against.
    pub contribution: f64,
    /// Whether a rep can do something about it.
    pub actionable: bool,
}

/// A person's complaint about a prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// Its own id, a UUID of version 7.
    pub feedback_id: String,
    /// The prediction it is about.
    pub prediction_id: String,
    /// What is wrong.
    pub complaint: Complaint,
    /// A few words of the person's own.
    pub comment: String,
    /// The person.
    pub said_by: String,
    /// When.
    pub said_at: DateTime<Utc>,
}

/// What a rep can flag as wrong with a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Complaint {
    /// The lead is better than its score.
    TooLow,
    /// The lead is worse than its score.
    TooHigh,
    /// The score rests on data that is wrong.
    WrongData,
    /// This is no lead: a test, a duplicate, a competitor.
    NotALead,
}

impl Complaint {
    /// All complaints, in the order in which a page offers them.
    pub const ALL: [Complaint; 4] = [Complaint::TooLow, Complaint::TooHigh, Complaint::WrongData, Complaint::NotALead];

    /// Returns the word used in JSON and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Complaint::TooLow => "too_low",
            Complaint::TooHigh => "too_high",
            Complaint::WrongData => "wrong_data",
            Complaint::NotALead => "not_a_lead",
        }
    }

    /// Returns the sentence that a rep chooses.
    pub fn label(self) -> &'static str {
        match self {
            Complaint::TooLow => "The lead is better than this score",
            Complaint::TooHigh => "The lead is worse than this score",
            Complaint::WrongData => "The score rests on wrong data",
            Complaint::NotALead => "This is not a lead",
        }
    }
}

impl std::str::FromStr for Complaint {
    type Err = Error;

    fn from_str(word: &str) -> Result<Complaint, Error> {
        Complaint::ALL.into_iter().find(|complaint| complaint.word() == word).ok_or_else(|| Error::Word {
            what: "complaint",
            found: word.to_owned(),
            expected: "too_low, too_high, wrong_data, not_a_lead",
        })
    }
}
