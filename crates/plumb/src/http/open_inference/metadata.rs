//! What a model takes and gives, and that it is ready.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use plumb_lead::FeatureKind;
use serde_json::{Value, json};

use super::model::{ModelPath, route};
use crate::http::app::App;
use crate::http::error::Error;

/// Returns that a model can score.
pub(super) async fn ready(State(app): State<Arc<App>>, path: ModelPath) -> Result<Json<Value>, Error> {
    app.check_ready().await?;
    let routed = route(&app, path).await?;
    Ok(Json(json!({ "name": routed.scorer().artifact.target, "ready": true })))
}

/// Returns the tensors that a model takes and gives.
pub(super) async fn get(State(app): State<Arc<App>>, path: ModelPath) -> Result<Json<Value>, Error> {
    let routed = route(&app, path).await?;
    let mut versions: Vec<&str> =
        routed.variants.all().iter().map(|variant| variant.scorer.model_id.as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    let artifact = &routed.scorer().artifact;
    let inputs = artifact.model.features.features.iter().map(|feature| {
        let datatype = match feature.kind {
            FeatureKind::Number => "FP64",
            FeatureKind::Flag => "BOOL",
            FeatureKind::Category { .. } => "BYTES",
        };
        json!({ "name": feature.name, "datatype": datatype, "shape": [-1, 1] })
    });
    Ok(Json(json!({
        "name": artifact.target, "versions": versions, "platform": "plumbline", "inputs": inputs.collect::<Vec<_>>(),
        "outputs": [
            { "name": "score", "datatype": "FP64", "shape": [-1, 1] },
            { "name": "reasons", "datatype": "BYTES", "shape": [-1, 1] },
        ],
    })))
}
