//! Alerts: what needs a person, and what became of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Something that needs a person: what, where, since when, what it costs, the likely cause and what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Alerts with the same key are the same: target, model, column and what happened to it.
    pub key: String,
    /// The target.
    pub target: String,
    /// The model that was the champion.
    pub model_id: String,
    /// The feature, `score`, or the target itself if it is about its outcomes or its rows.
    pub column: String,
    /// What happened.
    pub kind: AlertKind,
    /// What happened, with its figures, as a sentence.
    pub text: String,
    /// Where the move sits, as conditions of columns; `None` if it is everywhere or nobody looked.
    pub segment: Option<String>,
    /// The likely cause: alerts of one cause are shown together.
    pub cause: AlertCause,
    /// What to do.
    pub advice: String,
    /// What it concerns in leads and costs in money, where that can be said.
    pub cost: Option<AlertCost>,
    /// Start of the window in which it was first seen.
    pub since: DateTime<Utc>,
    /// Start of the newest window in which it was seen.
    pub last_seen: DateTime<Utc>,
    /// What became of it.
    pub state: AlertState,
    /// Who changed its state last; empty if the program did.
    pub changed_by: String,
    /// Until when it is muted.
    pub muted_until: Option<DateTime<Utc>>,
}

/// What an alert concerns and costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertCost {
    /// Leads a week.
    pub leads_a_week: f64,
    /// Money a week in the currency of the target's `cost`; `None` if the target has none. At most so much: as if each of
    /// these leads were decided wrongly as often as without a score.
    pub money_a_week: Option<f64>,
}

/// Defines an enum of words with `ALL`, `word` and `from_str`.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $what:literal, $expected:literal, { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// Returns the word used in JSON, in the store and on the page.
            pub fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;

            fn from_str(word: &str) -> Result<$name, Error> {
                $name::ALL.iter().copied().find(|known| known.word() == word).ok_or_else(|| Error::Word {
                    what: $what,
                    found: word.to_owned(),
                    expected: $expected,
                })
            }
        }
    };
}

words! {
    /// What happened.
    AlertKind,
    "kind of alert",
    "new_category, missing, drifted, segment, together, reasons, silent, volume, schema, rejects, outcomes, job",
    {
        /// A category came up that training never saw.
        NewCategory = "new_category",
        /// Values went missing, or came back.
        Missing = "missing",
        /// The distribution of a column differs from training.
        Drifted = "drifted",
        /// A segment of the rows differs.
        Segment = "segment",
        /// All columns together differ, each alone does not.
        Together = "together",
        /// Scores rest on other columns than in training.
        Reasons = "reasons",
        /// No rows came.
        Silent = "silent",
        /// Far more or fewer rows came than usual.
        Volume = "volume",
        /// A column is gone, new or of another type.
        Schema = "schema",
        /// More rows were rejected than usual.
        Rejects = "rejects",
        /// Outcomes differ from what scores expect.
        Outcomes = "outcomes",
        /// A job of the schedule came to nothing, or a source could not be read. It is about no model.
        Job = "job",
    }
}

words! {
    /// The likely cause.
    AlertCause,
    "cause of alerts",
    "source, schema, channel, criteria, population, promotion",
    {
        /// A source sends nothing, less, or rows that cannot be read.
        Source = "source",
        /// A field changed its type or meaning, or is not filled in any more.
        Schema = "schema",
        /// Leads come another way.
        Channel = "channel",
        /// The same leads are decided otherwise.
        Criteria = "criteria",
        /// Other people come.
        Population = "population",
        /// Another model was promoted.
        Promotion = "promotion",
    }
}

words! {
    /// What became of an alert.
    AlertState,
    "state of an alert",
    "open, acknowledged, muted, resolved, retired",
    {
        /// Nobody has said anything about it.
        Open = "open",
        /// Somebody knows.
        Acknowledged = "acknowledged",
        /// Somebody wants to hear nothing of it for a time.
        Muted = "muted",
        /// The move is gone.
        Resolved = "resolved",
        /// It was about a model that is the champion no more: history.
        Retired = "retired",
    }
}
