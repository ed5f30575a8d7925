//! `GET /v1/models`: the cards of a target's models, newest first, its variants, and the history of its stages.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use chrono::{DateTime, Utc};
use plumb_lead::ModelCard;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, Schema, Type};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, SchemaFormat};

use super::errors::{Failed, Refused};
use super::page_query::TargetPageQuery;
use crate::http::app::App;
use crate::http::cursor::{self, ListPart};
use crate::http::error::Error;
use crate::registry;
use crate::store::{StageChange, StoredOrder};

/// The models of a target.
#[derive(Serialize, ToSchema)]
pub(super) struct ModelList {
    /// The target.
    target: String,
    /// Its variants.
    variants: Vec<VariantResponse>,
    /// The model that answers.
    #[schema(required)]
    champion: Option<String>,
    /// The model that may replace it.
    #[schema(required)]
    challenger: Option<String>,
    /// The cards of models, the one added last first.
    #[schema(schema_with = cards_schema)]
    models: Vec<ModelCard>,
    /// The last changes of stages, oldest first.
    history: Vec<StageChangeResponse>,
    /// What `after` is for earlier models and changes; null if there are none.
    #[schema(required)]
    next: Option<String>,
}

/// A variant of a target.
#[derive(Serialize, ToSchema)]
#[schema(as = Variant)]
struct VariantResponse {
    /// Its name.
    name: String,
    /// Its model.
    #[schema(required)]
    model_id: Option<String>,
    /// Its share of the requests, against the others' weights.
    #[schema(minimum = 0)]
    weight: f64,
    /// Whether its predictions are recorded but not sent.
    shadow: bool,
}

/// A change of a model's stage.
#[derive(Serialize, ToSchema)]
#[schema(as = StageChange)]
struct StageChangeResponse {
    /// What was done.
    action: &'static str,
    /// The model.
    model_id: String,
    /// Who did it.
    by: String,
    /// Why.
    why: String,
    /// When.
    at: DateTime<Utc>,
}

/// Returns the schema of model cards, of which callers may rely on a few fields: the others are as the model's kind has them.
fn cards_schema() -> RefOr<Schema> {
    let text = |description: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    let format = Some(SchemaFormat::KnownFormat(KnownFormat::DateTime));
    let card = ObjectBuilder::new()
        .description(Some("What was measured of a model, as it is stored."))
        .property("model_id", text("The hash of the model's file."))
        .property("target", text("The target it predicts."))
        .property("kind", text("The kind of model."))
        .property("as_of", text("What was learned later was not used.").format(format))
        .required("model_id")
        .required("target")
        .required("kind")
        .required("as_of")
        .additional_properties(Some(AdditionalProperties::FreeForm(true)));
    let cards: Schema =
        card.to_array_builder().description(Some("The cards of models, the one added last first.")).build().into();
    cards.into()
}

/// Show the models of a target
#[utoipa::path(
    get, path = "/v1/models", operation_id = "listModels",
    params(TargetPageQuery),
    responses(
        (status = 200, description = "Model cards, newest first, and the variants.", body = ModelList),
        (status = "4XX", response = Refused),
        (status = "5XX", response = Failed),
    ),
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    query: Result<Query<TargetPageQuery>, QueryRejection>,
) -> Result<Json<ModelList>, Error> {
    let Query(query) = query?;
    let (limit, after) = query.read()?;
    let (models_before, changes_before) = after.unwrap_or((StoredOrder::MAX, StoredOrder::MAX));
    let target = app.engine.existing_target(query.target.as_deref()).await?;
    let store = app.engine.store();
    let champion = registry::champion(store, &target).await?.map(|card| card.model_id);
    let challenger = registry::challenger(store, &target).await?.map(|card| card.model_id);
    let models = registry::cards(store, &target, Some(models_before), limit + 1).await?;
    let models = ListPart::new(models, limit, models_before, |(order, _)| *order);
    let changes = registry::history(store, &target, Some(changes_before), limit + 1).await?;
    let changes = ListPart::new(changes, limit, changes_before, |(order, _)| *order);
    let has_more = models.has_more || changes.has_more;
    let next = has_more.then(|| cursor::write(&(models.end, changes.end)));
    let models = models.items.into_iter().map(|(_, card)| card).collect();
    let history = changes.items.into_iter().rev().map(|(_, change)| StageChangeResponse::from(change)).collect();
    let variants = registry::variants(store, &target).await?.into_iter().map(|variant| VariantResponse {
        name: variant.name,
        model_id: variant.model_id.or_else(|| champion.clone()),
        weight: variant.weight,
        shadow: variant.shadow,
    });
    Ok(Json(ModelList { target, variants: variants.collect(), champion, challenger, models, history, next }))
}

impl From<StageChange> for StageChangeResponse {
    fn from(change: StageChange) -> StageChangeResponse {
        StageChangeResponse {
            action: change.action.word(),
            model_id: change.model_id,
            by: change.changed_by,
            why: change.why,
            at: change.changed_at,
        }
    }
}
