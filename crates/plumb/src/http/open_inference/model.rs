//! The model that a path names, and perhaps its version.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;

use crate::http::app::App;
use crate::http::error::Error;
use crate::serving::RoutedVariant;

/// The parts of the path.
pub(super) type ModelPath = Result<Path<BTreeMap<String, String>>, PathRejection>;

/// Routes a request: to the version that is named, or one by weight.
pub(super) async fn route(app: &App, path: ModelPath) -> Result<RoutedVariant, Error> {
    let Path(path) = path?;
    let target = path.get("model").cloned().unwrap_or_default();
    let Some(version) = path.get("version") else { return Ok(app.engine.route(&target).await?) };
    let variants = app.engine.variants(&target).await?;
    match variants.by_model(version).cloned() {
        Some(variant) => Ok(RoutedVariant::new(variant, variants)),
        None => Err(Error::unknown_version(&target, version)),
    }
}
