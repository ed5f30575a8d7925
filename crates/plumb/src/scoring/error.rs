//! Why something cannot be scored.

/// Why something cannot be scored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The sources do not know the lead, or did not at that time.
    #[error("there is no lead `{lead_id}`")]
    UnknownLead {
        /// The lead.
        lead_id: String,
    },
    /// The input does not fit the model: which field, and what was expected.
    #[error("{0}")]
    Input(String),
    /// The model was made from a plain table.
    #[error("the model was made from a plain table and knows no leads")]
    NotFromLeads,
    /// It failed where it should not.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<plumb_lake::Error> for Error {
    fn from(error: plumb_lake::Error) -> Error {
        match error {
            plumb_lake::Error::UnknownField { .. }
            | plumb_lake::Error::FieldType { .. }
            | plumb_lake::Error::TooLarge { .. } => Error::Input(error.to_string()),
            error => Error::Internal(error.into()),
        }
    }
}
