//! Why a posted row is refused.

/// Why a row is refused.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// The field that it is about.
    pub(crate) field: String,
    /// What is wrong with it, and what was expected.
    pub(crate) problem: String,
}

impl Refusal {
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<String>) -> Refusal {
        Refusal { field: field.into(), problem: problem.into() }
    }
}
