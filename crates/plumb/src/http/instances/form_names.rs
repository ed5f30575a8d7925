//! The names by which the form of a JSON instance is recognised.

/// The names by which an object is an instance of another form than named features.
pub(super) const FORM_NAMES: [&str; 5] = ["features", "data", "lead", "lead_id", "events"];
