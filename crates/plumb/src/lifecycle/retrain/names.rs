//! Names under which retraining acts.

/// In whose name the project's rule promotes and rolls back.
pub(crate) const BY_RULE: &str = "retrain, by the project's rule";

/// The variant that a challenger in the shadow serves as.
pub(super) const SHADOW_VARIANT: &str = "challenger-in-shadow";
