//! A file of the project that is proposed.

use serde::Serialize;

/// A file of the project.
#[derive(Clone, Debug, Serialize)]
pub struct ProposedFile {
    /// Its path in the project.
    pub path: String,
    /// Its text.
    #[serde(skip)]
    pub text: String,
    /// What it is for.
    pub why: String,
}

impl ProposedFile {
    pub(crate) fn new(path: &str, text: String, why: &str) -> ProposedFile {
        ProposedFile { path: path.to_owned(), text, why: why.to_owned() }
    }
}
