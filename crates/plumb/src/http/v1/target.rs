//! `?target=`, which several endpoints take.

use serde::Deserialize;
use utoipa::IntoParams;

/// The target; the first one by default.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct TargetQuery {
    /// A target of the project; the first one by default.
    #[param(nullable = false)]
    pub(in crate::http) target: Option<String>,
}
