//! What can go wrong while a system is read: one struct, for every message has the same parts.

/// Why a system cannot be read, or not further.
#[derive(Debug, thiserror::Error)]
#[error("{what}; {way_out}")]
pub struct Error {
    /// What went wrong and where: the table, the column, what was expected. It never has a secret.
    pub what: String,
    /// What to do.
    pub way_out: String,
    /// Whether the same may succeed later without any change: the system is away, or busy.
    pub is_transient: bool,
    /// The error below, if there is one.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Returns an error that stays until somebody does something.
    pub fn new(what: impl Into<String>, way_out: impl Into<String>) -> Error {
        Error { what: what.into(), way_out: way_out.into(), is_transient: false, source: None }
    }

    /// Returns an error that may go away.
    pub fn transient(what: impl Into<String>, way_out: impl Into<String>) -> Error {
        Error { is_transient: true, ..Error::new(what, way_out) }
    }

    /// Returns the same with the error below it.
    pub fn because(self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error { source: Some(source.into()), ..self }
    }
}
