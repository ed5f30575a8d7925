//! `GET /v1/models?target=`: the cards of a target's models, newest first, and who put which into its stage. A card is
//! answered as it is stored.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::App;
use super::error::Error;
use crate::registry;

/// `?target=`; the first target unless one is named.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Asked {
    pub(super) target: Option<String>,
}

pub(super) async fn get(
    State(app): State<Arc<App>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Value>, Error> {
    let Query(asked) = asked?;
    let target = app.target(asked.target.as_deref()).await?.ok_or_else(|| Error::unknown_target("", &[]))?;
    let champion = registry::champion(&app.store, &target).await?.map(|card| card.model_id);
    let challenger = registry::challenger(&app.store, &target).await?.map(|card| card.model_id);
    let cards = registry::cards(&app.store, &target).await?;
    let history: Vec<Value> = registry::history(&app.store, &target)
        .await?
        .into_iter()
        .map(|change| {
            json!({
                "action": change.action.word(), "model_id": change.model_id, "by": change.changed_by,
                "why": change.why, "at": change.changed_at,
            })
        })
        .collect();
    let variants = registry::variants(&app.store, &target).await?;
    let variants: Vec<Value> = variants
        .into_iter()
        .map(|variant| {
            let model_id = variant.model_id.or_else(|| champion.clone());
            json!({ "name": variant.name, "model_id": model_id, "weight": variant.weight, "shadow": variant.shadow })
        })
        .collect();
    Ok(Json(json!({
        "target": target, "variants": variants, "champion": champion, "challenger": challenger, "models": cards, "history": history,
    })))
}
